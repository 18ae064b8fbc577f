//! Where a published checklist keeps its answers: framework data, by which a workbook is read.

use super::{ItemId, OutcomeId, PartyId, SectionId};
use std::collections::{BTreeMap, BTreeSet};

/// A heading with the rows under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetGroup {
    /// Words that stand in the heading.
    pub words: String,
    /// Words that stand in the label of each item's row.
    pub rows: BTreeMap<ItemId, String>,
}

/// A place that is found by a word to the left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The words.
    pub words: String,
    /// Which of the cells with them, counted from 1.
    pub nth: usize,
}

/// A table, found by the headings of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetTable {
    /// Which of those that share a row of headings, counted from 1.
    pub nth: usize,
    /// Words of the heading of each column.
    pub columns: BTreeMap<String, String>,
}

/// The sheet of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetPlan {
    /// Words of the sheet's name.
    pub sheet: String,
    /// Words of the heading of each column: `label`, `answer`, `notes`, `actioned-by` …
    pub columns: BTreeMap<String, String>,
    /// Groups in order; items that print their ids are in none.
    pub groups: Vec<SheetGroup>,
    /// Items whose cell stands to the right of a word.
    pub beside: BTreeMap<ItemId, Beside>,
    /// Items that are tables.
    pub tables: BTreeMap<ItemId, SheetTable>,
}

/// A cell that a formula of the checklist fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetOutcome {
    /// The outcome of the profile `sheet` that says the same.
    pub id: OutcomeId,
    /// The section whose sheet it stands in.
    pub section: SectionId,
    /// Words of the heading of its row.
    pub words: String,
    /// The column; `beside` is the next cell, `here` the heading itself.
    pub column: String,
    /// How many rows below the heading.
    pub below: u32,
    /// Words that stand for a value; without them a text begins with it, or stands for yes.
    pub values: BTreeMap<String, String>,
}

/// The history of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetHistory {
    /// Words of the sheet's name.
    pub sheet: String,
    /// Words of the heading of each column: `version`, `on`, `by`, `text`.
    pub columns: BTreeMap<String, String>,
}

/// Everything that `sheet.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetMap {
    /// Words of cells that are no answers.
    pub placeholders: Vec<String>,
    /// The words between a name and whom they act for.
    pub on_behalf_of: String,
    /// Words of whom somebody acts for.
    pub parties: BTreeMap<PartyId, String>,
    /// What the form is preset with; where all of them are as preset, nobody has chosen.
    pub presets: BTreeMap<ItemId, String>,
    /// The history of the document.
    pub history: Option<SheetHistory>,
    /// The sheets by section.
    pub sections: BTreeMap<SectionId, SheetPlan>,
    /// Words of the texts that stand for a phase's outcomes; of several that fit, the one with the most words.
    pub phase_outcomes: BTreeMap<String, String>,
    /// What formulas say.
    pub outcomes: Vec<SheetOutcome>,
    /// Short digests of the words that the form itself prints.
    pub form: BTreeSet<String>,
}
