//! Changes as edits of files: one entry each, every other byte of the left file as it was.

use super::field::{Field, Subject};
use super::{Change, Place};
use crate::diag::Error;
use crate::model::{
    Answer, Confirmation, Framework, Mitigation, PartyId, Rating, Row, Transfer, TransferReceipt, Value,
};
use crate::syntax::{Edit, edit, route_of, write_risk};
use std::collections::BTreeMap;

/// A file as it is to be; none where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// Its bytes.
    pub after: Option<Vec<u8>>,
}

/// The file of a place, in a deployment's folder.
pub fn file_of(folder: &str, framework: &Framework, place: &Place) -> String {
    match &place.subject {
        Subject::Risk(id) => format!("{folder}/risks/{id}.toml"),
        Subject::Answer(slot) => {
            let section = framework.item(slot.item.as_str()).map(|item| item.section.to_string());
            format!("{folder}/{}.toml", section.unwrap_or_default())
        }
    }
}

/// The files of a folder with changes made.
///
/// # Errors
///
/// Where a file cannot be read, or would not be TOML any more.
pub fn files(
    folder: &str,
    framework: &Framework,
    changes: &[Change],
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Vec<FileChange>, Error> {
    let mut by_file: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_file.entry(file_of(folder, framework, &change.place)).or_default().push(change);
    }
    let mut files = Vec::new();
    for (path, changes) in by_file {
        let before = read(&path)?;
        let after = splice(&path, before.clone(), &changes)?;
        if before != after {
            files.push(FileChange { path, after });
        }
    }
    Ok(files)
}

/// One file with changes made; none where it goes.
///
/// # Errors
///
/// Where the file is not TOML, or would not be any more.
pub fn splice(file: &str, bytes: Option<Vec<u8>>, changes: &[&Change]) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = bytes;
    for change in changes {
        match (&change.after, change.place.field.is_empty()) {
            (Some(Field::Risk(risk)), true) => bytes = Some(write_risk(risk).into_bytes()),
            (None, true) if change.place.is_safety() => bytes = None,
            _ => {
                let mut now = bytes.unwrap_or_default();
                for one in edits_of(change) {
                    now = edit(file, &now, &one)?;
                }
                bytes = Some(now);
            }
        }
    }
    Ok(bytes)
}

/// The edits that make a change, fewest first: what stays is not written anew.
fn edits_of(change: &Change) -> Vec<Edit> {
    let route = route_of(&change.place.address(), change.place.is_safety());
    let mut edits = Edits { route, edits: Vec::new() };
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if std::mem::discriminant(before) != std::mem::discriminant(after) => {
            edits.edits.push(Edit::Remove(edits.route.clone()));
            edits.field(None, after);
        }
        (before, Some(after)) => edits.field(before.as_ref(), after),
        (Some(Field::Answer(before)), None) => edits.answer(Some(before), &Answer::default()),
        (Some(Field::Status(..)), None) | (None, None) => {}
        (Some(_), None) => edits.edits.push(Edit::Remove(edits.route.clone())),
    }
    edits.edits
}

struct Edits {
    route: Vec<String>,
    edits: Vec<Edit>,
}

impl Edits {
    fn at(&self, key: &str) -> Vec<String> {
        self.route.iter().cloned().chain([key.to_owned()]).collect()
    }

    /// Sets a key, or takes it away, where it differs.
    fn value(&mut self, key: &str, before: Option<Value>, after: Option<Value>) {
        if before == after {
            return;
        }
        let route = self.at(key);
        self.edits.push(match after {
            Some(value) => Edit::Set(route, value),
            None => Edit::Remove(route),
        });
    }

    fn text(&mut self, key: &str, before: Option<&String>, after: Option<&String>) {
        let value = |text: Option<&String>| text.cloned().map(Value::Text);
        self.value(key, value(before), value(after));
    }

    fn list(&mut self, key: &str, before: &[String], after: &[String]) {
        let value = |texts: &[String]| (!texts.is_empty()).then(|| Value::Texts(texts.to_vec()));
        self.value(key, value(before), value(after));
    }

    fn field(&mut self, before: Option<&Field>, after: &Field) {
        match (before, after) {
            (Some(Field::Answer(before)), Field::Answer(after)) => self.answer(Some(before), after),
            (_, Field::Answer(after)) => self.answer(None, after),
            (before, Field::Row(after)) => {
                self.row(if let Some(Field::Row(before)) = before { Some(before) } else { None }, after);
            }
            (_, Field::Text(text)) if self.route.first().is_some_and(|group| group == "causes") => {
                self.text("text", None, Some(text));
            }
            (_, Field::Text(text)) => {
                self.edits.push(Edit::Set(self.route.clone(), Value::Text(text.clone())))
            }
            (_, Field::Set(texts)) => {
                self.edits.push(Edit::Set(self.route.clone(), Value::Texts(texts.clone())))
            }
            (Some(Field::Rating(before)), Field::Rating(after)) => self.rating(Some(before), after),
            (_, Field::Rating(after)) => self.rating(None, after),
            (_, Field::Status(status, reason)) => {
                // The status stands beside its reason, in the mitigation's own table.
                let here = self.route.clone();
                self.route.pop();
                self.text("status", None, Some(&status.to_string()));
                let before = if let Some(Field::Status(_, reason)) = before { reason.as_ref() } else { None };
                self.text("reason", before, reason.as_ref());
                self.route = here;
            }
            (before, Field::Transfer(after)) => {
                self.transfer(
                    if let Some(Field::Transfer(before)) = before { Some(before) } else { None },
                    after,
                );
            }
            (_, Field::Acceptance(after)) => self.edits.push(Edit::Accept(after.clone())),
            (_, Field::Confirmation(after)) => self.confirmation(after),
            (before, Field::Mitigation(after)) => {
                if before.is_some() {
                    self.edits.push(Edit::Remove(self.route.clone()));
                }
                self.mitigation(after);
            }
            (_, Field::Risk(_)) => {} // a file of its own
        }
    }

    fn answer(&mut self, before: Option<&Answer>, after: &Answer) {
        let empty = Answer::default();
        let before = before.unwrap_or(&empty);
        self.value("answer", before.value.clone(), after.value.clone());
        self.text("notes", before.notes.as_ref(), after.notes.as_ref());
        self.list("evidence", &before.evidence, &after.evidence);
    }

    fn row(&mut self, before: Option<&Row>, after: &Row) {
        let empty = Row::new();
        let before = before.unwrap_or(&empty);
        let columns: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for column in columns {
            self.value(column, before.get(column).cloned(), after.get(column).cloned());
        }
    }

    fn rating(&mut self, before: Option<&Rating>, after: &Rating) {
        self.text("severity", before.map(|rating| &rating.severity), Some(&after.severity));
        self.text("likelihood", before.map(|rating| &rating.likelihood), Some(&after.likelihood));
    }

    fn transfer(&mut self, before: Option<&Transfer>, after: &Transfer) {
        let to = |transfer: &Transfer| transfer.to.to_string();
        self.text("to", before.map(to).as_ref(), Some(&to(after)));
        self.text("duty", before.and_then(|transfer| transfer.duty.as_ref()), after.duty.as_ref());
        let was = before.and_then(|transfer| transfer.receipt.as_ref());
        if was == after.receipt.as_ref() {
            return;
        }
        let route: Vec<String> = self.route.iter().cloned().chain(["receipt".to_owned()]).collect();
        if was.is_some() {
            self.edits.push(Edit::Remove(route.clone()));
        }
        self.edits.extend(after.receipt.iter().flat_map(|receipt| receipt_edits(&route, receipt)));
    }

    fn confirmation(&mut self, after: &Confirmation) {
        self.edits.push(Edit::Confirm(self.route.clone(), after.clone()));
    }

    fn mitigation(&mut self, after: &Mitigation) {
        let texts = |all: &[crate::model::Key]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        self.text("kind", None, Some(&after.kind.to_string()));
        self.text("owner", None, Some(&after.owner.to_string()));
        self.list("causes", &[], &texts(&after.causes));
        self.text("text", None, Some(&after.text));
        self.text("status", None, Some(&after.status.to_string()));
        self.text("reason", None, after.reason.as_ref());
        self.list("evidence", &[], &after.evidence);
        let confirmed: Vec<(&PartyId, &Confirmation)> = after.confirmed.iter().collect();
        for (party, confirmation) in confirmed {
            let route =
                self.route.iter().cloned().chain(["confirmed".to_owned(), party.to_string()]).collect();
            self.edits.push(Edit::Confirm(route, confirmation.clone()));
        }
    }
}

/// What a party says to a transfer, at its route.
pub fn receipt_edits(route: &[String], receipt: &TransferReceipt) -> Vec<Edit> {
    let at = |key: &str| route.iter().cloned().chain([key.to_owned()]).collect::<Vec<_>>();
    let text = |key: &str, text: &str| Edit::Set(at(key), Value::Text(text.to_owned()));
    let mut edits = vec![
        text("says", receipt.says.as_str()),
        text("by", &receipt.by),
        Edit::Set(at("on"), Value::Date(receipt.on)),
        text("digest", &receipt.digest),
    ];
    edits.extend(receipt.reason.iter().map(|reason| text("reason", reason)));
    edits
}
