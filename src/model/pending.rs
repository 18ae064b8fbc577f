//! An update that waits for decisions: what `conflicts.toml` holds.

use super::{Date, DeploymentName, PermanentId, Received, Refusal};
use std::collections::BTreeMap;

/// What was decided about one conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// What stands here stays; with a reason, it is remembered as refused.
    Ours(Option<Reason>),
    /// What comes is taken.
    Theirs,
    /// Neither: this value.
    Value(String),
}

/// Why something that was offered is refused, by whom, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// When.
    pub on: Date,
}

/// One conflict, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Why somebody has to decide.
    pub why: String,
    /// What was received before.
    pub base: Option<String>,
    /// What stands here.
    pub left: Option<String>,
    /// What comes.
    pub right: Option<String>,
    /// What was decided.
    pub decision: Option<Decision>,
}

/// An update that waits for decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The parent's name.
    pub parent: DeploymentName,
    /// The parent's permanent id.
    pub id: PermanentId,
    /// Where the parent was seen.
    pub commit: Option<String>,
    /// Digest of the answers and risks here that the conflicts were found for.
    pub left: String,
    /// The conflicts by address.
    pub conflicts: BTreeMap<String, Undecided>,
    /// What was refused with this update, by address.
    pub refused: BTreeMap<String, Refusal>,
    /// What the parent hands over now.
    pub received: Received,
}
