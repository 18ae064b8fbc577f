//! Answers to questions that a later version of the framework asks no more, or asks otherwise: kept for readers, read by no rule.

use super::risk::words;
use super::{Answer, Slot};

words! {
    /// Why an answer found no place in a later version.
    AsideWhy {
        /// The question is asked no more.
        Withdrawn = "withdrawn",
        /// Several answers became one, and they differ.
        Differs = "differs",
        /// The later question takes another form of answer.
        DoesNotFit = "does not fit",
    }
}

/// An answer that an upgrade set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The version that it was given under.
    pub version: String,
    /// Where it stood.
    pub slot: Slot,
    /// The item's name then.
    pub title: String,
    /// What was asked then.
    pub asks: String,
    /// Whether it holds personal data.
    pub personal: bool,
    /// Why it was set aside.
    pub why: AsideWhy,
    /// Where somebody has to answer anew, knowing it; empty where nothing is asked any more.
    pub answers: Vec<Slot>,
    /// What was said, without confirmations.
    pub said: Answer,
}
