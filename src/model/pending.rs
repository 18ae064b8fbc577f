//! An update or import that waits for decisions: what `conflicts.toml` holds.

use super::{Date, DeploymentName, Key, PermanentId, Received, Refusal, Revision};
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

/// Where a workbook came from, for what is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file's name.
    pub file: String,
    /// Its SHA-256 digest.
    pub digest: String,
    /// Who sent it, where that is known.
    pub sender: Option<String>,
    /// The day of the import.
    pub on: Date,
}

impl Origin {
    /// In words, for a note or an entry of the history.
    pub fn words(&self) -> String {
        let sender = self.sender.as_ref().map(|sender| format!(", sent by {sender}")).unwrap_or_default();
        format!("{} ({}{sender})", self.file, self.digest)
    }
}

/// A workbook whose answers are to be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workbook {
    /// Where it came from.
    pub origin: Origin,
    /// Whether it is a checklist: what it says is the base of the next import.
    pub is_checklist: bool,
    /// Entries of the document's history that come with it.
    pub history: BTreeMap<Key, Revision>,
    /// What its sender began with.
    pub base: Received,
}

/// Where what comes is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The parent hands it over.
    Parent {
        /// The parent's name.
        deployment: DeploymentName,
        /// The parent's permanent id.
        id: PermanentId,
        /// Where the parent was seen.
        commit: Option<String>,
    },
    /// Somebody sent it.
    Workbook(Box<Workbook>),
    /// Another organisation handed the deployment over.
    HandOver {
        /// What they call it.
        deployment: DeploymentName,
        /// The digest of the hand-over's manifest.
        digest: String,
    },
}

impl Source {
    /// The parent's name, or the file's.
    pub fn name(&self) -> &str {
        match self {
            Self::Parent { deployment, .. } | Self::HandOver { deployment, .. } => deployment.as_str(),
            Self::Workbook(workbook) => &workbook.origin.file,
        }
    }
}

/// What an update or import waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Where what comes is from.
    pub from: String,
    /// The addresses that nobody has decided; none where it only has to be finished.
    pub open: Vec<String>,
}

/// An update or import that waits for decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Where what comes is from.
    pub source: Source,
    /// Digest of the answers and risks here that the conflicts were found for.
    pub left: String,
    /// The conflicts by address.
    pub conflicts: BTreeMap<String, Undecided>,
    /// What was refused with this update, by address.
    pub refused: BTreeMap<String, Refusal>,
    /// What comes.
    pub received: Received,
}

impl Pending {
    /// The conflicts that nobody has decided, by address.
    pub fn open(&self) -> impl Iterator<Item = (&String, &Undecided)> {
        self.conflicts.iter().filter(|(_, conflict)| conflict.decision.is_none())
    }

    /// What it waits for.
    pub fn waiting(&self) -> Waiting {
        Waiting {
            from: self.source.name().to_owned(),
            open: self.open().map(|(address, _)| address.clone()).collect(),
        }
    }
}
