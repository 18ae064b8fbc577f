//! What a deployment says to an item.

use super::canon::{Set, Sink, map, maybe};
use super::{Canonical, Date, Digest, ItemId, Key, PartyId};
use std::collections::BTreeMap;

/// The value of an answer, by the item's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, prose, a note, a choice, an ODS code.
    Text(String),
    /// Several texts; their order means nothing.
    Texts(Vec<String>),
    /// A calendar date.
    Date(Date),
    /// A whole number.
    Number(i64),
}

impl Value {
    /// The text of a text value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The date of a date value.
    pub fn as_date(&self) -> Option<Date> {
        match self {
            Self::Date(date) => Some(*date),
            _ => None,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Texts(texts) => f.write_str(&texts.join("; ")),
            Self::Date(date) => date.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl Canonical for Value {
    fn write(&self, out: &mut dyn Sink) {
        match self {
            Self::Text(text) => text.write(out),
            Self::Texts(texts) => match Set::of(texts) {
                Some(set) => set.write(out),
                None => texts.as_slice().write(out),
            },
            Self::Date(date) => date.write(out),
            Self::Number(number) => number.write(out),
        }
    }
}

/// A row of a people, dates or table answer: values by column.
pub type Row = BTreeMap<String, Value>;

/// A party stands by an answer or a risk, as it was when they said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Who spoke.
    pub by: String,
    /// When.
    pub on: Date,
    /// Short digest of the content that they spoke for.
    pub digest: String,
    /// Short digests of the facts that it rests on, as they were.
    pub given: BTreeMap<ItemId, String>,
    /// What they added.
    pub note: Option<String>,
}

/// All of it, as it was said.
impl Canonical for Confirmation {
    fn write(&self, out: &mut dyn Sink) {
        map(
            out,
            [
                ("by", Some(&self.by)),
                ("digest", Some(&self.digest)),
                ("given", Some(&self.given)),
                ("note", maybe(&self.note)),
                ("on", Some(&self.on)),
            ],
        );
    }
}

/// An answer with everything that came with it. The empty answer is the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The answer itself.
    pub value: Option<Value>,
    /// Rows of a people, dates or table item, by key.
    pub rows: BTreeMap<Key, Row>,
    /// Remarks in prose.
    pub notes: Option<String>,
    /// Where it can be seen to be true: `path:`, `https:` or `ref:`. The order means nothing.
    pub evidence: Vec<String>,
    /// Who stands by it.
    pub confirmed: BTreeMap<PartyId, Confirmation>,
}

impl Answer {
    /// Whether nobody has said anything. Notes or evidence alone are something to stand by.
    pub fn is_empty(&self) -> bool {
        self.is_unanswered() && self.notes.is_none() && self.evidence.is_empty()
    }

    /// Whether the question itself is still open.
    pub fn is_unanswered(&self) -> bool {
        self.value.is_none() && self.rows.is_empty()
    }

    /// The content without the confirmations: what a derivation carries and a difference compares.
    #[must_use]
    pub fn content(&self) -> Self {
        Self { confirmed: BTreeMap::new(), ..self.clone() }
    }

    /// The digest of the content; confirmations hold its short form.
    pub fn content_digest(&self) -> Digest {
        self.digest()
    }
}

/// Answer, rows, notes and evidence; never the confirmations.
impl Canonical for Answer {
    fn write(&self, out: &mut dyn Sink) {
        let evidence = Set::of(&self.evidence);
        let rows = (!self.rows.is_empty()).then_some(&self.rows);
        map(
            out,
            [
                ("answer", maybe(&self.value)),
                ("evidence", maybe(&evidence)),
                ("notes", maybe(&self.notes)),
                ("rows", maybe(&rows)),
            ],
        );
    }
}
