//! tom's own workbook: written for people without git, and read back as a three-way merge.
//!
//! Every line carries its address in a hidden first column and every column its field in a hidden first row, so that lines
//! can be moved, sorted and inserted. What was exported lies in a sheet that does not show: the base of the merge.

mod asked;
mod draw;
mod form;
mod read;
mod styles;
mod write;

pub use asked::{Asked, Reply, Seat, question};
pub(super) use draw::{Lists, Page, refused};
pub use form::Selection;
pub use read::{Accepts, NOT_OURS, Returned, Stands, deployment_of, is_own, read_own};
pub(super) use styles::Styles;
pub use write::{Provenance, write_workbook};

/// The sheet that holds what was exported.
const CARRIED: &str = "tom";
/// The sheet that holds what drop-downs offer.
const LISTS: &str = "lists";
/// The form of the workbook; another number is not read.
const VERSION: &str = "1";

/// What stands in the place of the key of a row that does not exist yet.
const NEW: &str = "new";

/// The fields that a section's columns hold, by the words of the hidden first row.
mod field {
    pub(super) const ADDRESS: &str = "address";
    pub(super) const ANSWER: &str = "answer";
    pub(super) const NOTES: &str = "notes";
    pub(super) const EVIDENCE: &str = "evidence";
    /// Followed by the party.
    pub(super) const CONFIRM: &str = "confirm.";
}
