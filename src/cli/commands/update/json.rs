//! What became of an update, for machines.

use super::{Report, What};
use crate::model::{Address, DeploymentName};
use crate::ops::merge::{Change, Conflict, Field};

/// What became of an update.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// Every deployment that was looked at, parents before children.
    deployments: Vec<One>,
}

/// One deployment.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct One {
    deployment: DeploymentName,
    /// The deployment that hands over.
    parent: DeploymentName,
    result: Became,
    /// What comes from the parent, risks first; where there are conflicts, once these are decided.
    changes: Vec<Changed>,
    /// What somebody has to decide.
    conflicts: Vec<Asked>,
    /// The addresses that were refused, and are remembered.
    refused: Vec<String>,
    /// What an earlier update left to decide, and the parent offers no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<String>,
}

/// In one word.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Became {
    /// Nothing that is carried differs by meaning.
    UpToDate,
    /// Everything is decided.
    Applied,
    /// Somebody has to decide; nothing but `conflicts.toml` was written.
    Conflicts,
    /// The parent itself waits for decisions.
    Waits,
}

/// A change that comes from the parent.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Changed {
    address: Address,
    /// Whether it is about a risk.
    safety: bool,
    /// What stands here; absent where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// What is to stand here; absent where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// A field that both sides changed.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Asked {
    address: Address,
    /// Whether it is about a risk.
    safety: bool,
    why: &'static str,
    /// What was received before; absent where there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    /// What stands here.
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<String>,
    /// What the parent hands over.
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<String>,
}

impl From<&[Report]> for Body {
    fn from(reports: &[Report]) -> Self {
        Self { deployments: reports.iter().map(One::of).collect() }
    }
}

impl One {
    fn of(Report { name, parent, result }: &Report) -> Self {
        let mut one = Self {
            deployment: name.clone(),
            parent: parent.clone(),
            result: Became::UpToDate,
            changes: Vec::new(),
            conflicts: Vec::new(),
            refused: Vec::new(),
            withdrawn: Vec::new(),
        };
        match result {
            What::UpToDate => {}
            What::Withdrawn(before) => {
                one.withdrawn = before.conflicts.keys().chain(before.refused.keys()).cloned().collect();
            }
            What::Applied(applied) => {
                one.result = Became::Applied;
                one.changes = applied.changes.iter().map(Changed::of).collect();
                one.refused.clone_from(&applied.refused);
            }
            What::Conflicts(pending, merged) => {
                one.result = Became::Conflicts;
                one.changes = merged.changes.iter().map(Changed::of).collect();
                one.conflicts = merged.conflicts.iter().map(Asked::of).collect();
                one.refused = pending.refused.keys().cloned().collect();
            }
            What::WaitsFor(_) => one.result = Became::Waits,
        }
        one
    }
}

impl Changed {
    fn of(change: &Change) -> Self {
        let text = |field: &Option<Field>| field.as_ref().map(ToString::to_string);
        Self {
            address: change.place.address(),
            safety: change.place.is_safety(),
            before: text(&change.before),
            after: text(&change.after),
        }
    }
}

impl Asked {
    fn of(conflict: &Conflict) -> Self {
        let words = conflict.in_words();
        Self {
            address: conflict.place.address(),
            safety: conflict.place.is_safety(),
            why: conflict.why.as_str(),
            base: words.base,
            ours: words.left,
            theirs: words.right,
        }
    }
}
