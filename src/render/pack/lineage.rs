//! Where an assessment comes from, and what came from it, as far as the repository knows.

use super::Source;
use crate::model::{Canonical, Deployment, DeploymentName, Kind, Meta, PermanentId};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// A deployment of the repository, as its family sees it: never its answers.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its folder's name.
    pub name: DeploymentName,
    /// What it is.
    pub meta: Meta,
}

impl From<&Deployment> for Member {
    fn from(deployment: &Deployment) -> Self {
        Self { name: deployment.name.clone(), meta: deployment.meta.clone() }
    }
}

/// A relative for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RelativeView {
    /// Its folder's name.
    pub name: String,
    /// How far down the tree it stands; the root is 0.
    pub depth: usize,
    /// `deployment` or `baseline`.
    pub kind: &'static str,
    /// Its framework.
    pub framework: String,
    /// Whether it is the one that the pack is about.
    pub is_this: bool,
    /// Whether the repository has it; otherwise only its name is known.
    pub is_here: bool,
    /// The name of the one that it was derived from.
    pub parent: Option<String>,
    /// The commit at which the parent was seen.
    pub commit: Option<String>,
}

/// The tree of derivations that an assessment stands in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LineageView {
    /// The tree, each after the one that it was derived from.
    pub tree: Vec<RelativeView>,
    /// How many answers came from the parent.
    pub answers_received: usize,
    /// How many of them differ here.
    pub answers_changed: usize,
    /// How many risks came from the parent.
    pub risks_received: usize,
    /// How many of them differ here.
    pub risks_changed: usize,
    /// Risks that were found here.
    pub risks_found: Vec<String>,
    /// The digest of what was received.
    pub received: Option<String>,
    /// What the parent offered and was refused: where, and why.
    pub refused: Vec<super::Line>,
}

impl Source<'_> {
    pub(super) fn lineage(&self, family: &[Member]) -> LineageView {
        let deployment = self.deployment;
        let empty = crate::model::Received::default();
        let received = deployment.received.as_deref().unwrap_or(&empty);
        let answers_changed = received.answers.iter().filter(|(slot, before)| {
            deployment.answers.get(*slot).map(Canonical::digest) != Some(before.digest())
        });
        let risks_changed = received
            .risks
            .iter()
            .filter(|(id, before)| deployment.risks.get(*id).map(Canonical::digest) != Some(before.digest()));
        let found = deployment.risks.keys().filter(|id| !received.risks.contains_key(*id));
        let lineage = deployment.meta.derived_from.as_ref();
        let refused = lineage.iter().flat_map(|lineage| &lineage.refused);
        LineageView {
            tree: tree(deployment, family),
            answers_received: received.answers.len(),
            answers_changed: answers_changed.count(),
            risks_received: received.risks.len(),
            risks_changed: risks_changed.count(),
            risks_found: lineage.map(|_| found.map(ToString::to_string).collect()).unwrap_or_default(),
            received: lineage.map(|lineage| lineage.received.clone()),
            refused: refused
                .map(|(address, refusal)| super::Line {
                    label: address.clone(),
                    text: self.text(&refusal.reason),
                })
                .collect(),
        }
    }
}

/// The tree from the oldest ancestor that is known down to every descendant, depth first, by name.
fn tree(deployment: &Deployment, family: &[Member]) -> Vec<RelativeView> {
    let find = |id: &PermanentId| family.iter().find(|relative| relative.meta.id == *id);
    let this = Member::from(deployment);
    let (mut root, mut seen) = (&this, BTreeSet::from([&this.meta.id]));
    while let Some(parent) = root.meta.derived_from.as_ref().and_then(|lineage| find(&lineage.id)) {
        if !seen.insert(&parent.meta.id) {
            break; // a circle, which check reports
        }
        root = parent;
    }
    let mut out = Vec::new();
    // The oldest that is here may have come from one that is not: its name is all that is known.
    let depth = root.meta.derived_from.as_ref().map_or(0, |lineage| {
        out.push(RelativeView {
            name: lineage.deployment.to_string(),
            depth: 0,
            kind: "not known",
            framework: String::new(),
            is_this: false,
            is_here: false,
            parent: None,
            commit: None,
        });
        1
    });
    descend(root, depth, &this, family, &mut BTreeSet::new(), &mut out);
    out
}

fn descend<'f>(
    at: &'f Member,
    depth: usize,
    this: &Member,
    family: &'f [Member],
    seen: &mut BTreeSet<&'f PermanentId>,
    out: &mut Vec<RelativeView>,
) {
    if !seen.insert(&at.meta.id) {
        return;
    }
    let lineage = at.meta.derived_from.as_ref();
    out.push(RelativeView {
        name: at.name.to_string(),
        depth,
        kind: if at.meta.kind == Kind::Baseline { "baseline" } else { "deployment" },
        framework: at.meta.framework.to_string(),
        is_this: at.meta.id == this.meta.id,
        is_here: true,
        parent: lineage.map(|lineage| lineage.deployment.to_string()),
        commit: lineage.and_then(|lineage| lineage.commit.as_ref()).map(|id| id.chars().take(12).collect()),
    });
    let mut children: Vec<&Member> = family
        .iter()
        .filter(|other| other.meta.derived_from.as_ref().is_some_and(|lineage| lineage.id == at.meta.id))
        .collect();
    children.sort_by(|a, b| a.name.cmp(&b.name));
    for child in children {
        descend(child, depth + 1, this, family, seen, out);
    }
}
