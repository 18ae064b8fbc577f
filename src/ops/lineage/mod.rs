//! Who comes from whom, how far each is behind its parent in meaning, and how far one change has come.

mod offer;
mod reach;
mod tree;

use super::update::{Giver, offers};
use crate::diag::Code;
use crate::model::{Deployment, Digest, Framework, Pending, Received};

pub use offer::{CANNOT_OFFER, Offer, Offered, offer};
pub use reach::{Asked, Came, Held, Reach, held, reaches};
pub use tree::{Parent, Tree};

/// Every code of lineage.
pub const CODES: &[&Code] = &[&CANNOT_OFFER];

/// Where a deployment stands against its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It was not derived.
    Root,
    /// It has looked at everything that its parent would hand over now.
    Level,
    /// It has looked at everything of its parent's, which itself is behind or has to decide.
    ParentBehind,
    /// It has looked at everything of its parent's, of which it is not known how it stands.
    ParentUnknown,
    /// Its parent would hand over something that it has not looked at.
    Behind,
    /// An update waits for decisions.
    Undecided,
    /// Its parent is not in this repository: nobody here knows.
    ParentElsewhere,
    /// It cannot be said, and why.
    Unknown,
}

impl Level {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "not derived",
            Self::Level => "level with its parent",
            Self::ParentBehind => "level with its parent, which is behind",
            Self::ParentUnknown => "level with its parent, of which it is not known",
            Self::Behind => "behind",
            Self::Undecided => "has to decide",
            Self::ParentElsewhere => "parent not here",
            Self::Unknown => "not known",
        }
    }

    /// Whether somebody has to look: it is behind, or nobody can say that it is not.
    pub fn is_behind(self) -> bool {
        !matches!(self, Self::Root | Self::Level | Self::ParentElsewhere)
    }
}

/// Something of the parent's that a deployment has not looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Missing {
    /// Where.
    pub address: String,
    /// Whether it is about a risk.
    pub safety: bool,
    /// What is new, gone or changed.
    pub what: String,
    /// Whether an update would have to ask, because both sides changed it or a risk goes.
    pub asks: bool,
}

/// Something of the parent's that was refused, and is not asked again until the parent changes it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Refused {
    /// Where.
    pub address: String,
    /// Why.
    pub reason: String,
    /// By whom; absent where only a reason is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When; absent where only a reason is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

/// How a deployment stands against its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// In one word.
    pub level: Level,
    /// What it has not looked at, risks first.
    pub missing: Vec<Missing>,
    /// Where an update waits for a decision.
    pub undecided: Vec<String>,
    /// What it refused.
    pub refused: Vec<Refused>,
    /// Why it is not known.
    pub why: Option<String>,
}

impl Standing {
    /// Nothing but a level.
    pub fn of(level: Level) -> Self {
        Self { level, missing: Vec::new(), undecided: Vec::new(), refused: Vec::new(), why: None }
    }

    /// Not known, for a reason.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..Self::of(Level::Unknown) }
    }
}

/// A deployment as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// Its framework.
    pub framework: &'a Framework,
    /// The digest of what it received.
    pub received: Option<Digest>,
    /// An update that waits for decisions.
    pub pending: Option<&'a Pending>,
}

/// Every refusal that a deployment remembers.
fn refusals(deployment: &Deployment) -> Vec<Refused> {
    let lineage = deployment.meta.derived_from.iter();
    let all = lineage.flat_map(|lineage| &lineage.refused).map(|(address, refusal)| Refused {
        address: address.clone(),
        reason: refusal.reason.clone(),
        by: Some(refusal.by.clone()),
        on: Some(refusal.on.to_string()),
    });
    all.collect()
}

/// Why a merge with the parent's cannot be trusted; none where it can.
pub fn obstacle(read: Read<'_>, parent: &Deployment) -> Option<String> {
    read.deployment.meta.derived_from.as_ref()?;
    if parent.meta.framework != read.deployment.meta.framework {
        return Some(format!(
            "it follows {}, and its parent {}",
            read.deployment.meta.framework, parent.meta.framework
        ));
    }
    (!read.deployment.is_received_intact)
        .then(|| "`received.toml` is missing or is not what was received; see `tom check`".to_owned())
}

/// How a derived deployment stands against what its parent hands over now.
pub fn standing(read: Read<'_>, parent: &Giver, base: &Received) -> Standing {
    let refused = refusals(read.deployment);
    if let Some(why) = obstacle(read, parent.deployment()) {
        return Standing { refused, ..Standing::unknown(why) };
    }
    let coming = parent.hands_over(base);
    let missing = if read.received.as_ref() == Some(&coming.digest) {
        Vec::new()
    } else {
        match offers(read.deployment, read.framework, coming) {
            Ok(merged) => missing(&merged),
            Err(error) => {
                return Standing { refused, ..Standing::unknown(error.finding().message.clone()) };
            }
        }
    };
    let undecided: Vec<String> = read.pending.iter().flat_map(|pending| undecided(pending)).collect();
    let level = match (read.pending.is_some(), missing.is_empty()) {
        (true, _) => Level::Undecided,
        (false, true) => Level::Level,
        (false, false) => Level::Behind,
    };
    Standing { level, missing, undecided, refused, why: None }
}

/// The addresses that wait for a decision.
fn undecided(pending: &Pending) -> Vec<String> {
    pending.waiting().open
}

fn missing(merged: &super::merge::Merged) -> Vec<Missing> {
    let entry = |place: &super::merge::Place, what: String, asks| Missing {
        address: place.address().to_string(),
        safety: place.is_safety(),
        what,
        asks,
    };
    let come = merged.changes.iter().filter(|change| !change.is_voice());
    let come = come.map(|change| (&change.place, entry(&change.place, change.in_words(), false)));
    let asked = merged
        .conflicts
        .iter()
        .map(|conflict| (&conflict.place, entry(&conflict.place, conflict.taking_right().in_words(), true)));
    let mut all: Vec<_> = come.chain(asked).collect();
    all.sort_by(|a, b| a.0.cmp(b.0));
    all.into_iter().map(|(_, entry)| entry).collect()
}
