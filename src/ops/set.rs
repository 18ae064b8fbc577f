//! Assignments to addresses: `IGA-03=Yes`, `IGA-03.notes=…`, `CO-01.rows.executive.email=…`.

use crate::diag::{Code, Error, Severity, nearest};
use crate::model::{
    Address, Answer, Date, Framework, Item, ItemId, ItemType, Key, MitigationKind, MitigationStatus, Risk,
    RiskStatus, Slot, Value,
};
use crate::syntax::{Edit, quoted, read_value};
use std::collections::BTreeMap;

/// An assignment does not fit.
pub static CANNOT_SET: Code = Code {
    id: "TOM-0932",
    severity: Severity::Error,
    title: "a value cannot be put there",
    explain: "The address names nothing that can be set, or the value is not of the item's type. `tom explain ITEM` shows what an item \
takes. Decisions and outcomes are never typed.",
};

/// What is to be changed, and to what.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Where.
    pub address: Address,
    /// The value, in plain words.
    pub value: String,
}

impl std::str::FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, value) = text.split_once('=').ok_or("write it as ITEM=VALUE")?;
        let address =
            address.trim().parse().map_err(|error: crate::model::AddressError| error.to_string())?;
        Ok(Self { address, value: value.to_owned() })
    }
}

/// An assignment that was understood.
#[derive(Debug, Clone)]
pub enum Change {
    /// An answer's value.
    Value(Slot, Value),
    /// An answer's notes.
    Notes(Slot, String),
    /// One more piece of evidence.
    Evidence(Slot, String),
    /// A cell of a row.
    Cell(Slot, Key, String, Value),
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(&CANNOT_SET, message)
}

/// The item and slot that an address names.
pub fn slot_of<'f>(framework: &'f Framework, address: &Address) -> Result<(&'f Item, Slot), Error> {
    let Some(item) = framework.item(&address.subject) else {
        let error = refuse(format!("the framework has no item `{}`", address.subject));
        return Err(match nearest(&address.subject, framework.items().map(|item| item.id.as_str())) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        });
    };
    if !item.is_answered() {
        return Err(refuse(format!(
            "`{}` is {}, never typed",
            item.id,
            if item.on_derive.as_str() == "computed" { "computed" } else { "decided by approvers" }
        )));
    }
    let block = address.row.as_ref().map(|(block, _)| block);
    if item.repeats.as_ref() != block {
        return Err(match &item.repeats {
            Some(block) => refuse(format!("`{}` repeats: name a row", item.id))
                .help(format!("write `{block}.KEY.{}`", item.id)),
            None => refuse(format!("`{}` does not repeat", item.id)).help(format!("write `{}`", item.id)),
        });
    }
    Ok((item, Slot { item: item.id.clone(), row: address.row.clone() }))
}

/// Understands an assignment to an answer.
pub fn understand(framework: &Framework, assignment: &Assignment) -> Result<Change, Error> {
    let (item, slot) = slot_of(framework, &assignment.address)?;
    let field: Vec<&str> = assignment.address.field.iter().map(String::as_str).collect();
    let value = assignment.value.trim();
    if value.is_empty() {
        return Err(refuse(format!("the value for `{}` is empty", assignment.address)));
    }
    match field[..] {
        [] | ["answer"] if item.has_rows() => {
            let columns: Vec<&str> = item.columns.iter().map(|column| column.id.as_str()).collect();
            Err(refuse(format!("`{slot}` has rows, not one answer"))
                .help(format!("write `{slot}.rows.KEY.COLUMN=…`, with a column of: {}", columns.join(", "))))
        }
        [] | ["answer"] => Ok(Change::Value(slot, typed(item, value)?)),
        ["notes"] => Ok(Change::Notes(slot, value.to_owned())),
        ["evidence"] => Ok(Change::Evidence(slot, value.to_owned())),
        ["rows", key, column] if item.has_rows() => {
            let Some(found) = item.columns.iter().find(|known| known.id == *column) else {
                let columns: Vec<&str> = item.columns.iter().map(|column| column.id.as_str()).collect();
                return Err(refuse(format!("`{}` has no column `{column}`", item.id))
                    .help(format!("it has: {}", columns.join(", "))));
            };
            let as_item = Item { kind_of_answer: found.kind, options: found.options.clone(), ..item.clone() };
            let key = Key::new(key).map_err(|error| refuse(error.to_string()))?;
            Ok(Change::Cell(slot, key, (*column).to_owned(), typed(&as_item, value)?))
        }
        _ => Err(refuse(format!("`{}` names nothing that can be set", assignment.address))
            .help("an answer has `notes`, `evidence` and, where it repeats, `rows.KEY.COLUMN`")),
    }
}

/// A value in plain words as a value of the item's type.
fn typed(item: &Item, text: &str) -> Result<Value, Error> {
    match item.kind_of_answer {
        ItemType::Texts => Ok(Value::Texts(
            text.split(';').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect(),
        )),
        ItemType::Date if text.parse::<Date>().is_err() => {
            let message = format!("`{}` for `{}` is no date", text.escape_debug(), item.id);
            return Err(refuse(message).help("write it as in 2026-12-31"));
        }
        ItemType::Number if text.parse::<i64>().is_err() => {
            let message = format!("`{}` for `{}` is no whole number", text.escape_debug(), item.id);
            return Err(refuse(message).help("write it in digits, as in 1200"));
        }
        ItemType::Date | ItemType::Number => read_value(item, text),
        _ => read_value(item, &quoted(text)),
    }
    .map_err(|findings| {
        let Some(first) = findings.into_iter().next() else {
            return refuse(format!("`{text}` is no value for `{}`", item.id));
        };
        let mut error = refuse(format!("`{}` for `{}`: {}", text.escape_debug(), item.id, first.message));
        for help in first.help.into_iter().chain(first.notes) {
            error = error.help(help);
        }
        error
    })
}

/// Applies a change to answers. A value that changes leaves confirmations as they are; they turn stale by themselves.
pub fn apply(answers: &mut BTreeMap<Slot, Answer>, change: Change) {
    match change {
        Change::Value(slot, value) => answers.entry(slot).or_default().value = Some(value),
        Change::Notes(slot, notes) => answers.entry(slot).or_default().notes = Some(notes),
        Change::Evidence(slot, evidence) => {
            let list = &mut answers.entry(slot).or_default().evidence;
            if !list.contains(&evidence) {
                list.push(evidence);
            }
        }
        Change::Cell(slot, key, column, value) => {
            answers.entry(slot).or_default().rows.entry(key).or_default().insert(column, value);
        }
    }
}

/// The edit of a section's file that makes a change.
pub fn edit_of(change: &Change, answers: &BTreeMap<Slot, Answer>) -> Edit {
    let route = |slot: &Slot, field: &[&str]| {
        let mut route = Vec::new();
        if let Some((block, key)) = &slot.row {
            route.extend([block.to_string(), key.to_string()]);
        }
        route.push(slot.item.to_string());
        route.extend(field.iter().map(|part| (*part).to_owned()));
        route
    };
    match change {
        Change::Value(slot, value) => Edit::Set(route(slot, &["answer"]), value.clone()),
        Change::Notes(slot, notes) => Edit::Set(route(slot, &["notes"]), Value::Text(notes.clone())),
        Change::Evidence(slot, evidence) => {
            let mut list = answers.get(slot).map(|answer| answer.evidence.clone()).unwrap_or_default();
            if !list.contains(evidence) {
                list.push(evidence.clone());
            }
            Edit::SetTexts(route(slot, &["evidence"]), list)
        }
        Change::Cell(slot, key, column, value) => {
            Edit::Set(route(slot, &["rows", key.as_str(), column]), value.clone())
        }
    }
}

/// The slot that a change is about.
pub fn slot(change: &Change) -> &Slot {
    match change {
        Change::Value(slot, _)
        | Change::Notes(slot, _)
        | Change::Evidence(slot, _)
        | Change::Cell(slot, ..) => slot,
    }
}

/// Understands an assignment to a field of a risk, as edits of its file. A rating is one field, `Major, Low`, or either word of it.
pub fn risk_edits(
    framework: &Framework,
    risk: &Risk,
    address: &Address,
    value: &str,
) -> Result<Vec<Edit>, Error> {
    let matrix = &framework.matrix;
    let text = |value: &str| Ok(vec![Edit::Set(address.field.clone(), Value::Text(value.to_owned()))]);
    let one_of = |value: &str, known: Vec<&str>| {
        if known.contains(&value) {
            return Ok(());
        }
        let error = refuse(format!("`{address}` cannot be `{}`", value.escape_debug()))
            .note(format!("it is one of: {}", known.join(", ")));
        Err(match nearest(value, known) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        })
    };
    let word = |known: Vec<&str>| one_of(value, known).and_then(|()| text(value));
    let severity = || matrix.severity.iter().map(String::as_str).collect();
    let likelihood = || matrix.likelihood.iter().map(String::as_str).collect();
    let parties = || framework.parties.iter().map(|party| party.id.as_str()).collect();
    let field: Vec<&str> = address.field.iter().map(String::as_str).collect();
    match field[..] {
        ["title" | "hazard" | "effect"] => text(value),
        ["status"] => word(RiskStatus::ALL.iter().map(|status| status.as_str()).collect()),
        ["owner"] => word(parties()),
        ["depends-on"] => {
            let facts = value.split(',').map(|fact| fact.trim().to_owned()).filter(|fact| !fact.is_empty());
            let facts: Vec<String> = facts.collect();
            let items = || framework.items().map(|item| item.id.as_str());
            match facts.iter().find(|fact| framework.item(fact).is_none()) {
                None => Ok(vec![Edit::SetTexts(address.field.clone(), facts)]),
                Some(fact) => {
                    let error = refuse(format!("the framework has no item `{}`", fact.escape_debug()));
                    Err(match nearest(fact, items()) {
                        Some(near) => error.help(format!("did you mean `{near}`?")),
                        None => error.help("a risk rests on answers: name their items, with commas between"),
                    })
                }
            }
        }
        ["initial" | "residual"] => {
            let (first, second) = value.split_once(',').ok_or_else(|| {
                refuse(format!("`{}` is no rating", value.escape_debug()))
                    .help("write it as `SEVERITY, LIKELIHOOD`, as in `Major, Very Low`")
            })?;
            let (first, second) = (first.trim(), second.trim());
            one_of(first, severity())?;
            one_of(second, likelihood())?;
            let put = |name: &str, word: &str| {
                Edit::Set(address.clone().then(name).field, Value::Text(word.to_owned()))
            };
            Ok(vec![put("severity", first), put("likelihood", second)])
        }
        ["initial" | "residual", "severity"] => word(severity()),
        ["initial" | "residual", "likelihood"] => word(likelihood()),
        ["causes", key, "text"] if risk.causes.contains_key(key) => text(value),
        ["mitigations", key, "text" | "reason"] if risk.mitigations.contains_key(key) => text(value),
        ["mitigations", key, "owner"] if risk.mitigations.contains_key(key) => word(parties()),
        ["mitigations", key, "kind"] if risk.mitigations.contains_key(key) => {
            word(MitigationKind::ALL.iter().map(|kind| kind.as_str()).collect())
        }
        ["mitigations", key, "status"] if risk.mitigations.contains_key(key) => {
            word(MitigationStatus::ALL.iter().map(|status| status.as_str()).collect())
        }
        _ => Err(refuse(format!("`{address}` names nothing in this risk that can be set"))
            .help("a risk has `title`, `hazard`, `effect`, `status`, `owner`, `depends-on`, `initial`, `residual`, `mitigations.M1.status` …; causes and mitigations are added in its file")),
    }
}

/// Refuses an address of what somebody said to an answer or risk: it is given with a name, never typed.
pub fn refuse_said(address: &Address) -> Result<(), Error> {
    let field: Vec<&str> = address.field.iter().map(String::as_str).collect();
    match field[..] {
        ["confirmed", ..] | ["mitigations", _, "confirmed", ..] => {
            Err(refuse(format!("`{address}` is somebody's word")).help("`tom confirm` gives it"))
        }
        ["acceptance", ..] => {
            Err(refuse(format!("`{address}` is somebody's word")).help("`tom accept` gives it"))
        }
        ["transfer", "receipt", ..] => {
            Err(refuse(format!("`{address}` is somebody's word")).help("`tom transfer` gives it"))
        }
        _ => Ok(()),
    }
}

/// Whether an address is about an item rather than a risk.
pub fn is_item(framework: &Framework, address: &Address) -> bool {
    ItemId::new(address.subject.clone()).is_ok_and(|id| framework.item(id.as_str()).is_some())
}
