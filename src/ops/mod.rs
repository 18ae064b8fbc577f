//! What tom does, as functions over loaded values: no files, no clock, no terminal.

pub mod check;
pub mod confirm;
pub mod derive;
pub mod diff;
pub mod outcome;
pub mod set;
pub mod show;
pub mod state;

/// Every code of this room.
pub const CODES: &[&[&crate::diag::Code]] = &[check::CODES, &[&confirm::CANNOT_CONFIRM, &set::CANNOT_SET]];
