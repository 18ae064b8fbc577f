//! What tom does, as functions over loaded values: no files, no clock, no terminal.

pub mod accept;
pub mod adopt;
pub mod arrival;
pub mod author;
pub mod baseline;
pub mod brought;
pub mod check;
pub mod claims;
pub mod confirm;
pub mod decide;
pub mod derive;
pub mod detail;
pub mod diff;
pub mod expiry;
pub mod fields;
pub mod handover;
pub mod history;
pub mod impact;
pub mod lineage;
pub mod merge;
pub mod outcome;
pub mod past;
pub mod policy;
pub mod ready;
pub mod reason;
pub mod record;
pub mod review;
pub mod scope;
pub mod set;
pub mod show;
pub mod signature;
pub mod spoken;
pub mod stage;
pub mod state;
pub mod todo;
pub mod update;
pub mod upgrade;
pub mod verify;
pub mod waiting;
pub mod words;

/// Every code of this room.
pub const CODES: &[&[&crate::diag::Code]] = &[
    check::CODES,
    review::CODES,
    &[
        &accept::CANNOT_ACCEPT,
        &confirm::CANNOT_CONFIRM,
        &decide::CANNOT_DECIDE,
        &history::NO_HISTORY,
        &policy::BAD_KEY,
        &policy::UNKNOWN,
        &policy::TWICE,
        &set::CANNOT_SET,
    ],
    update::CODES,
    upgrade::CODES,
    &[&adopt::CANNOT_ADOPT, &baseline::CANNOT_DRAFT],
    merge::CODES,
    handover::CODES,
    lineage::CODES,
];
