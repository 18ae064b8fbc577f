//! The fields of an assessment as addresses and texts: what a workbook shows, and what comes back from it.

use crate::diag::Finding;
use crate::model::{
    Address, Answer, Deployment, Framework, Item, ItemType, Key, Mitigation, MitigationKind,
    MitigationStatus, PartyId, Rating, Risk, RiskId, RiskStatus, Slot, Value,
};
use crate::syntax::{is_hidden, quoted, read_value};
use std::collections::BTreeMap;

/// Texts by address.
pub type Fields = BTreeMap<Address, String>;

/// A text as it is compared: without the spaces at its ends, with line feeds for line ends.
pub(super) fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// A value as a person reads and types it; several texts stand on a line each.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Texts(texts) => texts.join("\n"),
        other => other.to_string(),
    }
}

/// The value that a person typed, by the form of the answer.
pub(super) fn value_of(item: &Item, kind: ItemType, options: &[String], text: &str) -> Result<Value, String> {
    let text = plain(text);
    if kind == ItemType::Texts {
        let texts: Vec<String> =
            text.split('\n').map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        return Ok(Value::Texts(texts));
    }
    let like = Item { kind_of_answer: kind, options: options.to_vec(), ..item.clone() };
    let literal = match kind {
        ItemType::Number | ItemType::Date => text.clone(),
        // Options are offered in one spelling; a reader's other case is the same choice.
        ItemType::Choice => {
            let option = options.iter().find(|option| option.eq_ignore_ascii_case(&text));
            quoted(option.unwrap_or(&text))
        }
        _ => quoted(&text),
    };
    read_value(&like, &literal).map_err(|findings| why(&findings, &text))
}

fn why(findings: &[Finding], text: &str) -> String {
    let Some(first) = findings.first() else { return format!("`{text}` cannot be read") };
    let notes: Vec<&str> = first.notes.iter().chain(&first.help).map(String::as_str).collect();
    if notes.is_empty() { first.message.clone() } else { format!("{} ({})", first.message, notes.join("; ")) }
}

/// A text that a reader sees as it is. What cannot be seen has no place in an assessment.
fn seen(text: &str) -> Result<String, String> {
    let text = plain(text);
    match text.chars().find(|c| is_hidden(*c)) {
        Some(c) => Err(format!("the text has a character that cannot be seen: U+{:04X}", u32::from(c))),
        None => Ok(text),
    }
}

/// The fields of an answer.
pub(super) fn of_answer(slot: &Slot, answer: &Answer) -> Fields {
    let at = slot.address();
    let mut fields = Fields::new();
    fields.extend(answer.value.as_ref().map(|value| (at.clone(), text_of(value))));
    fields.extend(answer.notes.as_ref().map(|notes| (at.clone().then("notes"), notes.clone())));
    if !answer.evidence.is_empty() {
        fields.insert(at.clone().then("evidence"), answer.evidence.join("\n"));
    }
    for (key, row) in &answer.rows {
        for (column, value) in row {
            fields.insert(at.clone().then("rows").then(key.as_str()).then(column), text_of(value));
        }
    }
    fields
}

/// The fields of a risk that a workbook can change.
pub(super) fn of_risk(id: &RiskId, risk: &Risk) -> Fields {
    let at = Address::of(id);
    let mut fields = Fields::new();
    let mut put = |route: &[&str], text: &str| {
        if !text.is_empty() {
            let address = route.iter().fold(at.clone(), |address, part| address.then(*part));
            fields.insert(address, text.to_owned());
        }
    };
    put(&["title"], &risk.title);
    put(&["status"], risk.status.as_str());
    put(&["hazard"], &risk.hazard);
    put(&["effect"], &risk.effect);
    for (name, rating) in [("initial", &risk.initial), ("residual", &risk.residual)] {
        if let Some(rating) = rating {
            put(&[name, "severity"], &rating.severity);
            put(&[name, "likelihood"], &rating.likelihood);
        }
    }
    for (key, cause) in &risk.causes {
        put(&["causes", key.as_str(), "text"], &cause.text);
    }
    for (key, mitigation) in &risk.mitigations {
        let mut put = |field: &str, text: &str| put(&["mitigations", key.as_str(), field], text);
        let causes: Vec<&str> = mitigation.causes.iter().map(Key::as_str).collect();
        put("kind", mitigation.kind.as_str());
        put("owner", mitigation.owner.as_str());
        put("causes", &causes.join("\n"));
        put("text", &mitigation.text);
        put("status", mitigation.status.as_str());
        put("reason", mitigation.reason.as_deref().unwrap_or_default());
        put("evidence", &mitigation.evidence.join("\n"));
    }
    fields
}

/// Every field of an assessment.
pub fn fields(deployment: &Deployment) -> Fields {
    let answers = deployment.answers.iter().flat_map(|(slot, answer)| of_answer(slot, answer));
    let risks = deployment.risks.iter().flat_map(|(id, risk)| of_risk(id, risk));
    answers.chain(risks).collect()
}

/// Puts a field into an assessment, or takes it out where there is no text. The error says why it cannot be there.
pub fn put(
    framework: &Framework,
    deployment: &mut Deployment,
    address: &Address,
    text: Option<&str>,
) -> Result<(), String> {
    if framework.item(&address.subject).is_some() {
        return put_answer(framework, deployment, address, text);
    }
    let id = RiskId::new(address.subject.clone()).map_err(|error| error.to_string())?;
    let risk = deployment.risks.get_mut(&id).ok_or_else(|| format!("there is no risk `{id}`"))?;
    put_risk(framework, risk, address, text)
}

fn lines(text: &str) -> Vec<String> {
    text.split('\n').map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn put_answer(
    framework: &Framework,
    deployment: &mut Deployment,
    address: &Address,
    text: Option<&str>,
) -> Result<(), String> {
    let (item, slot) = crate::ops::set::slot_of(framework, address).map_err(|error| error.to_string())?;
    let field: Vec<&str> = address.field.iter().map(String::as_str).collect();
    let mut answer = deployment.answers.get(&slot).cloned().unwrap_or_default();
    match field[..] {
        [] if item.has_rows() => return Err(format!("`{}` has rows, not one answer", item.id)),
        [] => {
            let value = text.map(|text| value_of(item, item.kind_of_answer, &item.options, text));
            answer.value = value.transpose()?;
        }
        ["notes"] => answer.notes = text.map(seen).transpose()?,
        ["evidence"] => {
            answer.evidence = text.map(seen).transpose()?.as_deref().map(lines).unwrap_or_default();
            if let Some(bad) = answer.evidence.iter().find(|e| !is_evidence(e)) {
                return Err(format!("evidence is named as `path:`, `https:` or `ref:`, not `{bad}`"));
            }
        }
        ["rows", key, column] => {
            let column = item
                .columns
                .iter()
                .find(|known| known.id == column)
                .ok_or_else(|| format!("`{}` has no column `{column}`", item.id))?;
            let key = Key::new(key).map_err(|error| error.to_string())?;
            let value = text.map(|text| value_of(item, column.kind, &column.options, text)).transpose()?;
            let row = answer.rows.entry(key.clone()).or_default();
            match value {
                Some(value) => drop(row.insert(column.id.clone(), value)),
                None => drop(row.remove(&column.id)),
            }
            answer.rows.retain(|_, row| !row.is_empty());
        }
        _ => return Err(format!("`{address}` names nothing in an answer")),
    }
    if answer == Answer::default() {
        deployment.answers.remove(&slot);
    } else {
        deployment.answers.insert(slot, answer);
    }
    Ok(())
}

fn is_evidence(text: &str) -> bool {
    ["path:", "https:", "ref:"].iter().any(|form| text.starts_with(form) && text.len() > form.len())
}

fn word<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, String> {
    all.iter().copied().find(|known| name(*known).eq_ignore_ascii_case(text)).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|known| name(*known)).collect();
        format!("`{text}` is not one of: {}", known.join(", "))
    })
}

fn put_risk(
    framework: &Framework,
    risk: &mut Risk,
    address: &Address,
    text: Option<&str>,
) -> Result<(), String> {
    let needed = || seen(text.ok_or_else(|| format!("`{address}` cannot be empty"))?);
    let field: Vec<&str> = address.field.iter().map(String::as_str).collect();
    match field[..] {
        ["title"] => risk.title = needed()?,
        ["hazard"] => risk.hazard = needed()?,
        ["effect"] => risk.effect = needed()?,
        ["status"] => risk.status = word(RiskStatus::ALL, RiskStatus::as_str, &needed()?)?,
        ["initial", part] => put_rating(framework, &mut risk.initial, part, text)?,
        ["residual", part] => put_rating(framework, &mut risk.residual, part, text)?,
        ["causes", key, "text"] => {
            let key = Key::new(key).map_err(|error| error.to_string())?;
            risk.causes.insert(key, crate::model::Cause { text: needed()? });
        }
        ["mitigations", key, part] => {
            let mitigation =
                risk.mitigations.get_mut(key).ok_or_else(|| format!("there is no mitigation `{key}`"))?;
            put_mitigation(framework, mitigation, part, text, address)?;
        }
        _ => return Err(format!("`{address}` names nothing in a risk")),
    }
    Ok(())
}

/// A rating is whole or not there: while one word is missing the other waits in the empty place of it.
fn put_rating(
    framework: &Framework,
    rating: &mut Option<Rating>,
    part: &str,
    text: Option<&str>,
) -> Result<(), String> {
    let words = match part {
        "severity" => &framework.matrix.severity,
        "likelihood" => &framework.matrix.likelihood,
        _ => return Err(format!("a rating has no `{part}`")),
    };
    let word = match text.map(plain) {
        None => String::new(),
        Some(text) => words
            .iter()
            .find(|word| word.eq_ignore_ascii_case(&text))
            .cloned()
            .ok_or_else(|| format!("`{text}` is not one of: {}", words.join(", ")))?,
    };
    let mut whole = rating.clone().unwrap_or(Rating { severity: String::new(), likelihood: String::new() });
    if part == "severity" {
        whole.severity = word
    } else {
        whole.likelihood = word
    }
    let is_empty = whole.severity.is_empty() && whole.likelihood.is_empty();
    *rating = (!is_empty).then_some(whole);
    Ok(())
}

/// Whether a rating has both of its words.
pub(super) fn is_whole(rating: Option<&Rating>) -> bool {
    rating.is_none_or(|rating| !rating.severity.is_empty() && !rating.likelihood.is_empty())
}

fn put_mitigation(
    framework: &Framework,
    mitigation: &mut Mitigation,
    part: &str,
    text: Option<&str>,
    address: &Address,
) -> Result<(), String> {
    let text = text.map(seen).transpose()?;
    let needed = || text.clone().ok_or_else(|| format!("`{address}` cannot be empty"));
    match part {
        "kind" => mitigation.kind = word(MitigationKind::ALL, MitigationKind::as_str, &needed()?)?,
        "status" => mitigation.status = word(MitigationStatus::ALL, MitigationStatus::as_str, &needed()?)?,
        "owner" => mitigation.owner = party(framework, &needed()?)?,
        "text" => mitigation.text = needed()?,
        "reason" => mitigation.reason = text,
        "evidence" => {
            mitigation.evidence = text.as_deref().map(lines).unwrap_or_default();
            if let Some(bad) = mitigation.evidence.iter().find(|e| !is_evidence(e)) {
                return Err(format!("evidence is named as `path:`, `https:` or `ref:`, not `{bad}`"));
            }
        }
        "causes" => {
            let keys = text.as_deref().map(lines).unwrap_or_default();
            mitigation.causes = keys
                .into_iter()
                .map(Key::new)
                .collect::<Result<_, _>>()
                .map_err(|error| error.to_string())?;
        }
        _ => return Err(format!("a mitigation has no `{part}`")),
    }
    Ok(())
}

/// A party by its id or by what readers call it.
pub(super) fn party(framework: &Framework, text: &str) -> Result<PartyId, String> {
    let found = framework
        .parties
        .iter()
        .find(|party| party.id.as_str().eq_ignore_ascii_case(text) || party.label.eq_ignore_ascii_case(text));
    found.map(|party| party.id.clone()).ok_or_else(|| {
        let known: Vec<&str> = framework.parties.iter().map(|party| party.id.as_str()).collect();
        format!("`{text}` is not one of: {}", known.join(", "))
    })
}
