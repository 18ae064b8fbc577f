//! An assessment as fields by place: what a merge decides about one by one, and what a conflict is addressed by.

use super::Content;
use crate::model::{
    Acceptance, Address, Answer, Canonical, Cause, Class, Confirmation, Framework, ItemId, Key, Mitigation,
    MitigationKind, MitigationStatus, PartyId, Rating, Risk, RiskId, RiskStatus, Row, SectionId, Sink, Slot,
    Transfer, Tree,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a place is in. Risks come first wherever places are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A risk.
    Risk(RiskId),
    /// An answer.
    Answer(Slot),
}

/// Where a field stands. An address alone does not say whether it is in a risk or in an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The risk or the answer.
    pub subject: Subject,
    /// The field in it, outermost first; empty for the whole.
    pub field: Vec<String>,
}

impl Place {
    /// A place in a risk.
    pub fn in_risk(id: &RiskId, field: &[&str]) -> Self {
        Self {
            subject: Subject::Risk(id.clone()),
            field: field.iter().map(|part| (*part).to_owned()).collect(),
        }
    }

    /// A place in an answer.
    pub fn in_answer(slot: &Slot, field: &[&str]) -> Self {
        Self {
            subject: Subject::Answer(slot.clone()),
            field: field.iter().map(|part| (*part).to_owned()).collect(),
        }
    }

    /// Its address.
    pub fn address(&self) -> Address {
        let whole = match &self.subject {
            Subject::Risk(id) => Address::of(id),
            Subject::Answer(slot) => slot.address(),
        };
        self.field.iter().fold(whole, |address, part| address.then(part))
    }

    /// The place of an address. An id that the framework has is an answer's.
    pub fn of(framework: &Framework, address: &Address) -> Option<Self> {
        let subject = match framework.item(&address.subject) {
            Some(item) => Subject::Answer(Slot { item: item.id.clone(), row: address.row.clone() }),
            None => Subject::Risk(RiskId::new(address.subject.clone()).ok()?),
        };
        Some(Self { subject, field: address.field.clone() })
    }

    /// Whether it is about a risk.
    pub fn is_safety(&self) -> bool {
        matches!(self.subject, Subject::Risk(_))
    }

    /// Whether it is a whole risk or a whole mitigation.
    pub fn is_hazard_or_control(&self) -> bool {
        let is_control = self.field.len() == 2 && self.field[0] == "mitigations";
        self.is_safety() && (self.field.is_empty() || is_control)
    }

    /// Whether it is this place, or in it.
    pub fn is_within(&self, outer: &Self) -> bool {
        self.subject == outer.subject && self.field.starts_with(&outer.field)
    }

    fn parts(&self) -> Vec<&str> {
        self.field.iter().map(String::as_str).collect()
    }
}

/// What stands at a place. It is merged whole, never mixed from two sides.
#[derive(Debug, Clone)]
pub enum Field {
    /// An answer with its notes and evidence; rows and confirmations are fields of their own.
    Answer(Answer),
    /// A row of an answer.
    Row(Row),
    /// Prose, or a word of a closed set.
    Text(String),
    /// Texts whose order means nothing; merged as a set.
    Set(Vec<String>),
    /// Severity and likelihood: one field, because mixing two edits can give a class below both.
    Rating(Rating),
    /// How far a mitigation has got, with the reason for not adopting it.
    Status(MitigationStatus, Option<String>),
    /// To whom a risk passed.
    Transfer(Transfer),
    /// Who accepted the residual risk.
    Acceptance(Acceptance),
    /// Who stands by something.
    Confirmation(Confirmation),
    /// A whole mitigation, where not every side has it.
    Mitigation(Mitigation),
    /// A whole risk, where not every side has it.
    Risk(Box<Risk>),
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Answer(a), Self::Answer(b)) => a.encode() == b.encode(),
            (Self::Row(a), Self::Row(b)) => a.encode() == b.encode(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Set(a), Self::Set(b)) => set(a) == set(b),
            (Self::Rating(a), Self::Rating(b)) => a == b,
            (Self::Status(a, why_a), Self::Status(b, why_b)) => a == b && why_a == why_b,
            (Self::Transfer(a), Self::Transfer(b)) => a == b,
            (Self::Acceptance(a), Self::Acceptance(b)) => a == b,
            (Self::Confirmation(a), Self::Confirmation(b)) => a == b,
            (Self::Mitigation(a), Self::Mitigation(b)) => {
                a.encode() == b.encode() && a.confirmed == b.confirmed
            }
            (Self::Risk(a), Self::Risk(b)) => {
                let said = |risk: &Risk| -> Vec<BTreeMap<PartyId, Confirmation>> {
                    risk.mitigations
                        .values()
                        .map(|m| m.confirmed.clone())
                        .chain([risk.confirmed.clone()])
                        .collect()
                };
                a.encode() == b.encode()
                    && said(a) == said(b)
                    && a.acceptance == b.acceptance
                    && a.transfer == b.transfer
            }
            _ => false,
        }
    }
}

fn set(texts: &[String]) -> BTreeSet<&String> {
    texts.iter().collect()
}

/// What was said, whatever it is about: what a refusal remembers the digest of.
impl Canonical for Field {
    fn write(&self, out: &mut dyn Sink) {
        let words = |parts: &[&dyn std::fmt::Display]| {
            Tree::List(parts.iter().map(|part| Tree::text(part.to_string())).collect())
        };
        match self {
            Self::Answer(answer) => answer.write(out),
            Self::Row(row) => row.write(out),
            Self::Text(text) => text.write(out),
            Self::Set(texts) => Tree::List(set(texts).into_iter().map(Tree::text).collect()).write(out),
            Self::Rating(rating) => rating.write(out),
            Self::Status(status, reason) => {
                words(&[status, &reason.as_deref().unwrap_or_default()]).write(out)
            }
            Self::Transfer(transfer) => words(&[transfer]).write(out),
            Self::Acceptance(a) => words(&[&a.by, &a.role, &a.class, &a.digest, &a.on, &a.reason]).write(out),
            Self::Confirmation(c) => words(&[&c.by, &c.on, &c.digest]).write(out),
            Self::Mitigation(mitigation) => mitigation.write(out),
            Self::Risk(risk) => risk.write(out),
        }
    }
}

impl std::fmt::Display for Field {
    /// In words, as people compare it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = match self {
            Self::Answer(answer) => answer
                .value
                .iter()
                .map(ToString::to_string)
                .chain(answer.notes.iter().map(|notes| format!("notes: {notes}")))
                .chain(
                    (!answer.evidence.is_empty())
                        .then(|| format!("evidence: {}", answer.evidence.join("; "))),
                )
                .collect(),
            Self::Row(row) => row.iter().map(|(column, value)| format!("{column}: {value}")).collect(),
            Self::Text(text) => vec![text.clone()],
            Self::Set(texts) => vec![texts.join("; ")],
            Self::Rating(rating) => vec![format!("{}, {}", rating.severity, rating.likelihood)],
            Self::Status(status, None) => vec![status.to_string()],
            Self::Status(status, Some(reason)) => vec![format!("{status}: {reason}")],
            Self::Transfer(transfer) => vec![transfer.to_string()],
            Self::Acceptance(a) => {
                vec![format!("class {} by {} ({}) on {}: {}", a.class, a.by, a.role, a.on, a.reason)]
            }
            Self::Confirmation(confirmation) => {
                vec![format!("by {} on {}", confirmation.by, confirmation.on)]
            }
            Self::Mitigation(m) => vec![format!("{}, {}, {}: {}", m.kind, m.owner, m.status, m.text)],
            Self::Risk(risk) => {
                let rating = |name: &str, rating: &Option<Rating>| {
                    rating.as_ref().map(|r| format!("{name}: {}, {}", r.severity, r.likelihood))
                };
                [Some(risk.title.clone()), Some(risk.hazard.clone()), Some(risk.effect.clone())]
                    .into_iter()
                    .chain([rating("initial", &risk.initial), rating("residual", &risk.residual)])
                    .flatten()
                    .collect()
            }
        };
        f.write_str(&lines.join("\n"))
    }
}

/// The fields of an answer.
pub(super) fn of_answer(fields: &mut BTreeMap<Place, Field>, slot: &Slot, answer: &Answer) {
    let head = Answer { rows: BTreeMap::new(), confirmed: BTreeMap::new(), ..answer.clone() };
    if !head.is_empty() {
        fields.insert(Place::in_answer(slot, &[]), Field::Answer(head));
    }
    for (key, row) in &answer.rows {
        fields.insert(Place::in_answer(slot, &["rows", key.as_str()]), Field::Row(row.clone()));
    }
    for (party, confirmation) in &answer.confirmed {
        let place = Place::in_answer(slot, &["confirmed", party.as_str()]);
        fields.insert(place, Field::Confirmation(confirmation.clone()));
    }
}

/// The fields of a risk; mitigations that are not `open` are fields as a whole.
pub(super) fn of_risk(fields: &mut BTreeMap<Place, Field>, id: &RiskId, risk: &Risk, open: &BTreeSet<&Key>) {
    let mut put = |field: &[&str], value: Option<Field>| {
        fields.extend(value.map(|value| (Place::in_risk(id, field), value)));
    };
    let text = |text: &dyn std::fmt::Display| Some(Field::Text(text.to_string()));
    put(&["title"], text(&risk.title));
    put(&["section"], text(&risk.section));
    put(&["owner"], text(&risk.owner));
    put(&["status"], text(&risk.status));
    put(&["hazard"], text(&risk.hazard));
    put(&["effect"], text(&risk.effect));
    put(&["depends-on"], set_of(&risk.depends_on));
    put(&["initial"], risk.initial.clone().map(Field::Rating));
    put(&["residual"], risk.residual.clone().map(Field::Rating));
    put(&["transfer"], risk.transfer.clone().map(Field::Transfer));
    put(&["acceptance"], risk.acceptance.clone().map(Field::Acceptance));
    for (key, cause) in &risk.causes {
        put(&["causes", key.as_str()], text(&cause.text));
    }
    for (party, confirmation) in &risk.confirmed {
        put(&["confirmed", party.as_str()], Some(Field::Confirmation(confirmation.clone())));
    }
    for (key, m) in &risk.mitigations {
        let mut put_in = |rest: &[&str], value: Option<Field>| {
            put(&[&["mitigations", key.as_str()], rest].concat(), value);
        };
        if open.contains(key) {
            of_mitigation(&mut put_in, m);
        } else {
            put_in(&[], Some(Field::Mitigation(m.clone())));
        }
    }
}

fn of_mitigation(put: &mut dyn FnMut(&[&str], Option<Field>), m: &Mitigation) {
    let text = |text: &dyn std::fmt::Display| Some(Field::Text(text.to_string()));
    put(&["kind"], text(&m.kind));
    put(&["owner"], text(&m.owner));
    put(&["text"], text(&m.text));
    put(&["causes"], set_of(&m.causes));
    put(&["evidence"], set_of(&m.evidence));
    put(&["status"], Some(Field::Status(m.status, m.reason.clone())));
    for (party, confirmation) in &m.confirmed {
        put(&["confirmed", party.as_str()], Some(Field::Confirmation(confirmation.clone())));
    }
}

/// What a whole risk or mitigation says, field by field, without who stands by it; none for any other field.
pub(super) fn parts(whole: &Field) -> Option<BTreeMap<Vec<String>, Field>> {
    let mut parts = BTreeMap::new();
    match whole {
        Field::Risk(risk) => {
            let mut fields = BTreeMap::new();
            let anywhere = RiskId::new("WHOLE-1").ok()?;
            of_risk(&mut fields, &anywhere, risk, &risk.mitigations.keys().collect());
            parts.extend(fields.into_iter().map(|(place, field)| (place.field, field)));
        }
        Field::Mitigation(mitigation) => {
            let mut put = |field: &[&str], value: Option<Field>| {
                let field = field.iter().map(|part| (*part).to_owned()).collect();
                parts.extend(value.map(|value| (field, value)));
            };
            of_mitigation(&mut put, mitigation);
        }
        _ => return None,
    }
    parts.retain(|_, field| !matches!(field, Field::Confirmation(_) | Field::Acceptance(_)));
    Some(parts)
}

fn set_of(texts: &[impl ToString]) -> Option<Field> {
    (!texts.is_empty()).then(|| Field::Set(texts.iter().map(ToString::to_string).collect()))
}

/// Puts a field into an assessment, or takes it away. False where it does not fit there.
pub(super) fn put(content: &mut Content, place: &Place, value: Option<&Field>) -> bool {
    match &place.subject {
        Subject::Answer(slot) => {
            let answer = content.answers.entry(slot.clone()).or_default();
            let fits = put_in_answer(answer, &place.parts(), value).is_some();
            content.answers.retain(|_, answer| *answer != Answer::default());
            fits
        }
        Subject::Risk(id) if place.field.is_empty() => match value {
            None => content.risks.remove(id).is_some(),
            Some(Field::Risk(risk)) => {
                content.risks.insert(id.clone(), (**risk).clone());
                true
            }
            Some(_) => false,
        },
        Subject::Risk(id) => {
            content.risks.get_mut(id).and_then(|risk| put_in_risk(risk, &place.parts(), value)).is_some()
        }
    }
}

fn put_in_answer(answer: &mut Answer, field: &[&str], value: Option<&Field>) -> Option<()> {
    match (field, value) {
        ([], None) => *answer = Answer { value: None, notes: None, evidence: Vec::new(), ..answer.clone() },
        ([], Some(Field::Answer(new))) => {
            *answer =
                Answer { rows: answer.rows.clone(), confirmed: answer.confirmed.clone(), ..new.clone() };
        }
        (["rows", key], None) => drop(answer.rows.remove(*key)),
        (["rows", key], Some(Field::Row(row))) => drop(answer.rows.insert(Key::new(*key).ok()?, row.clone())),
        (["confirmed", party], value) => put_confirmation(&mut answer.confirmed, party, value)?,
        _ => return None,
    }
    Some(())
}

fn put_confirmation(
    confirmed: &mut BTreeMap<PartyId, Confirmation>,
    party: &str,
    value: Option<&Field>,
) -> Option<()> {
    match value {
        None => drop(confirmed.remove(party)),
        Some(Field::Confirmation(new)) => drop(confirmed.insert(PartyId::new(party).ok()?, new.clone())),
        Some(_) => return None,
    }
    Some(())
}

fn word<T: Copy>(all: &[T], word: fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|one| word(*one) == text)
}

fn ids<T>(texts: &[String], make: impl Fn(String) -> Option<T>) -> Option<Vec<T>> {
    texts.iter().cloned().map(make).collect()
}

fn put_in_risk(risk: &mut Risk, field: &[&str], value: Option<&Field>) -> Option<()> {
    match (field, value) {
        (["title"], Some(Field::Text(text))) => risk.title.clone_from(text),
        (["section"], Some(Field::Text(text))) => risk.section = SectionId::new(text).ok()?,
        (["owner"], Some(Field::Text(text))) => risk.owner = PartyId::new(text).ok()?,
        (["status"], Some(Field::Text(text))) => {
            risk.status = word(RiskStatus::ALL, RiskStatus::as_str, text)?
        }
        (["hazard"], Some(Field::Text(text))) => risk.hazard.clone_from(text),
        (["effect"], Some(Field::Text(text))) => risk.effect.clone_from(text),
        (["depends-on"], value) => risk.depends_on = ids(texts(value)?, |text| ItemId::new(text).ok())?,
        (["initial"], None) => risk.initial = None,
        (["initial"], Some(Field::Rating(rating))) => risk.initial = Some(rating.clone()),
        (["residual"], None) => risk.residual = None,
        (["residual"], Some(Field::Rating(rating))) => risk.residual = Some(rating.clone()),
        (["transfer"], None) => risk.transfer = None,
        (["transfer"], Some(Field::Transfer(transfer))) => risk.transfer = Some(transfer.clone()),
        (["acceptance"], None) => risk.acceptance = None,
        (["acceptance"], Some(Field::Acceptance(acceptance))) => risk.acceptance = Some(acceptance.clone()),
        (["causes", key], None) => drop(risk.causes.remove(*key)),
        (["causes", key], Some(Field::Text(text))) => {
            risk.causes.insert(Key::new(*key).ok()?, Cause { text: text.clone() });
        }
        (["confirmed", party], value) => put_confirmation(&mut risk.confirmed, party, value)?,
        (["mitigations", key], None) => drop(risk.mitigations.remove(*key)),
        (["mitigations", key], Some(Field::Mitigation(mitigation))) => {
            risk.mitigations.insert(Key::new(*key).ok()?, mitigation.clone());
        }
        (["mitigations", key, rest @ ..], value) => {
            put_in_mitigation(risk.mitigations.get_mut(*key)?, rest, value)?;
        }
        _ => return None,
    }
    Some(())
}

fn put_in_mitigation(mitigation: &mut Mitigation, field: &[&str], value: Option<&Field>) -> Option<()> {
    match (field, value) {
        (["kind"], Some(Field::Text(text))) => {
            mitigation.kind = word(MitigationKind::ALL, MitigationKind::as_str, text)?;
        }
        (["owner"], Some(Field::Text(text))) => mitigation.owner = PartyId::new(text).ok()?,
        (["text"], Some(Field::Text(text))) => mitigation.text.clone_from(text),
        (["causes"], value) => mitigation.causes = ids(texts(value)?, |text| Key::new(text).ok())?,
        (["evidence"], value) => mitigation.evidence = texts(value)?.to_vec(),
        (["status"], Some(Field::Status(status, reason))) => {
            mitigation.status = *status;
            mitigation.reason.clone_from(reason);
        }
        (["confirmed", party], value) => put_confirmation(&mut mitigation.confirmed, party, value)?,
        _ => return None,
    }
    Some(())
}

/// Takes a confirmation or acceptance out of a whole risk or mitigation.
pub(super) fn silence(whole: Option<&mut Field>, field: &[String]) {
    let field: Vec<&str> = field.iter().map(String::as_str).collect();
    match whole {
        Some(Field::Risk(risk)) => drop(put_in_risk(risk, &field, None)),
        Some(Field::Mitigation(mitigation)) => drop(put_in_mitigation(mitigation, &field, None)),
        _ => {}
    }
}

fn texts(value: Option<&Field>) -> Option<&[String]> {
    match value {
        None => Some(&[]),
        Some(Field::Set(texts)) => Some(texts),
        Some(_) => None,
    }
}

/// The class of a field that is a rating.
pub(super) fn class_of(framework: &Framework, field: Option<&Field>) -> Option<Class> {
    match field {
        Some(Field::Rating(rating)) => framework.matrix.class(rating),
        _ => None,
    }
}
