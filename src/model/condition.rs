//! Conditions: the whole rule language. Data without loops, so that the items a rule reads are known
//! without running it.

use super::{Address, Date, ItemId, OutcomeId};
use std::collections::BTreeSet;

/// A test of answers and outcomes, true, false or unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// True when one of them is.
    Any(Vec<Condition>),
    /// True when all of them are.
    All(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
    /// A test of one item or outcome.
    Is(Subject, Test),
    /// An item test that holds in at least one row of the item's block. False when there is no row.
    AnyRow(Box<Condition>),
    /// An item test that holds in every row of the item's block. True when there is no row.
    AllRows(Box<Condition>),
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An item's answer.
    Item(ItemId),
    /// An outcome's value.
    Outcome(OutcomeId),
}

/// What a test asks. Texts are compared as the spreadsheet does: without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The value is this text.
    Is(String),
    /// The value is there and is not this text.
    IsNot(String),
    /// The value is one of these texts.
    In(Vec<String>),
    /// There is no answer, or, with `false`, there is one. Never unknown.
    Blank(bool),
    /// The answer has notes. Never unknown.
    Noted(bool),
    /// The answer has evidence. Never unknown.
    Evidenced(bool),
    /// The value is a number at least this large.
    AtLeast(i64),
    /// The date is before another.
    Before(DateRef),
    /// The date is after another.
    After(DateRef),
    /// The span from this date until that item's covers a date.
    Covers(ItemId, DateRef),
}

/// A date to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateRef {
    /// This day.
    On(Date),
    /// The date that stands at an address: `CA-04`, or `BD-24.rows.go-live.date`.
    At(Address),
}

impl Condition {
    /// Every item that the condition reads, of itself or in a date that it compares with.
    pub fn items(&self) -> BTreeSet<ItemId> {
        let mut found = BTreeSet::new();
        self.visit(&mut |subject, test| {
            if let Subject::Item(id) = subject {
                found.insert(id.clone());
            }
            let date = match test {
                Test::Before(date) | Test::After(date) => Some(date),
                Test::Covers(until, date) => {
                    found.insert(until.clone());
                    Some(date)
                }
                _ => None,
            };
            if let Some(DateRef::At(address)) = date
                && let Ok(id) = ItemId::new(address.subject.clone())
            {
                found.insert(id);
            }
        });
        found
    }

    /// Every outcome that the condition reads.
    pub fn outcomes(&self) -> BTreeSet<OutcomeId> {
        let mut found = BTreeSet::new();
        self.visit(&mut |subject, _| {
            if let Subject::Outcome(id) = subject {
                found.insert(id.clone());
            }
        });
        found
    }

    fn visit(&self, see: &mut impl FnMut(&Subject, &Test)) {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.visit(see)),
            Self::Not(part) | Self::AnyRow(part) | Self::AllRows(part) => part.visit(see),
            Self::Is(subject, test) => see(subject, test),
        }
    }
}
