//! What became of every cell of a workbook.

use super::grid::{Book, Cell, Place};
use crate::model::{Address, PartyId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of a cell that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum Fate {
    /// It went to this field.
    Imported {
        /// The field.
        address: Address,
        /// How it was read, where that is not plain.
        #[serde(skip_serializing_if = "Option::is_none")]
        remark: Option<String>,
    },
    /// A party stands by what is beside it.
    Confirmed {
        /// What.
        address: Address,
        /// The party.
        party: PartyId,
    },
    /// It is kept beside the answers: the document's history, what approvers wrote.
    Recorded {
        /// As what.
        what: String,
    },
    /// An approver's decision: recorded as a statement, with the workbook as what shows it.
    Decided {
        /// The phase.
        phase: u8,
        /// The role in which it was taken.
        role: String,
    },
    /// The field says the same as before.
    Unchanged,
    /// It is the form's own text.
    Form,
    /// It stands for an answer that nobody has given yet.
    Placeholder,
    /// A formula gave it; it is compared with what tom computes.
    Computed,
    /// It could not be understood, and is in no file.
    NotImported {
        /// Why.
        why: String,
    },
}

impl Fate {
    /// The heading over such cells.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Imported { .. } => "taken over",
            Self::Confirmed { .. } => "a party's confirmation",
            Self::Recorded { .. } => "kept for the record",
            Self::Decided { .. } => "an approver's decision, recorded",
            Self::Unchanged => "as it was",
            Self::Form => "the form's own text",
            Self::Placeholder => "a placeholder, no answer",
            Self::Computed => "a formula's result, which tom computes itself",
            Self::NotImported { .. } => "not imported",
        }
    }

    /// Whether the assessment has something from it: an answer, a voice, a decision, an entry of its history.
    pub fn is_taken(&self) -> bool {
        matches!(
            self,
            Self::Imported { .. } | Self::Confirmed { .. } | Self::Recorded { .. } | Self::Decided { .. }
        )
    }

    /// Whether somebody said something with the cell.
    pub fn says_something(&self) -> bool {
        !matches!(self, Self::Unchanged | Self::Form | Self::Placeholder | Self::Computed)
    }
}

/// A cell with its fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// The sheet.
    pub sheet: String,
    /// The cell, as in `E9`.
    pub cell: String,
    /// What stands there.
    pub text: String,
    /// Whether its row, its column or its sheet does not show.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The fates of a workbook's cells. The first that is given stays.
#[derive(Debug, Clone, Default)]
pub struct Fates {
    by_cell: BTreeMap<(usize, Place), Fate>,
}

impl Fates {
    /// Gives a cell its fate.
    pub(super) fn give(&mut self, sheet: usize, place: Place, fate: Fate) {
        self.by_cell.entry((sheet, place)).or_insert(fate);
    }

    /// Gives a cell another fate than it had.
    pub(super) fn change(&mut self, sheet: usize, place: Place, fate: Fate) {
        self.by_cell.insert((sheet, place), fate);
    }

    /// Gives a cell that could not be understood its fate.
    pub(super) fn refuse(&mut self, sheet: usize, place: Place, why: impl Into<String>) {
        self.change(sheet, place, Fate::NotImported { why: why.into() });
    }

    /// Whether a cell could not be understood.
    pub(super) fn is_refused(&self, sheet: usize, place: Place) -> bool {
        matches!(self.by_cell.get(&(sheet, place)), Some(Fate::NotImported { .. }))
    }

    /// Says that an acceptance cannot be.
    pub fn refuse_acceptance(&mut self, wish: &super::own::Accepts, why: impl Into<String>) {
        self.refuse(wish.cell.0, wish.cell.1, why);
    }

    /// Says of every field that was imported and is no news that it is as it was.
    pub fn settle(&mut self, is_news: impl Fn(&Address) -> bool) {
        for fate in self.by_cell.values_mut() {
            if matches!(fate, Fate::Imported { address, .. } if !is_news(address)) {
                *fate = Fate::Unchanged;
            }
        }
    }

    /// Gives every cell that has no fate yet one.
    pub(super) fn rest(&mut self, book: &Book, fate: impl Fn(usize, Place, &Cell) -> Fate) {
        for (number, sheet) in book.sheets.iter().enumerate() {
            for (place, cell) in &sheet.cells {
                self.by_cell.entry((number, *place)).or_insert_with(|| fate(number, *place, cell));
            }
        }
    }

    /// Every cell with its fate, in the workbook's order.
    pub fn told(&self, book: &Book) -> Vec<Told> {
        let told = self.by_cell.iter().filter_map(|((number, place), fate)| {
            let sheet = book.sheets.get(*number)?;
            let cell = sheet.cells.get(place)?;
            Some(Told {
                sheet: sheet.name.clone(),
                cell: place.to_string(),
                text: cell.content.text(),
                hidden: cell.is_hidden,
                fate: fate.clone(),
            })
        });
        told.collect()
    }
}
