//! What a decision is over: the leaves of a scope, and the seal over them.
//!
//! A leaf is one value with its address. In a scope are: the framework; of every answer to an item of the scope, each value that an
//! answer's canonical tree has; in the scope *assessment* also every value of every risk, and the content of each file that the
//! answers and mitigations in it name as `path:` evidence. Not in it are answers to items without a scope, confirmations, acceptances,
//! lineage, history, and what a conditional outcome left open. `docs/guide/decisions.md` has the table.

use crate::model::{
    Canonical, Deployment, Digest, Framework, ItemId, Phase, PhaseOutcome, Scope, Seal, Tree,
};
use crate::project::EvidenceFiles;
use std::collections::{BTreeMap, BTreeSet};

/// The files of the repository, by what is in them.
pub trait Files {
    /// The digest of a file; none where there is no such file, or it cannot be read.
    fn digest(&self, path: &str) -> Option<Digest>;
}

impl Files for EvidenceFiles<'_> {
    fn digest(&self, path: &str) -> Option<Digest> {
        EvidenceFiles::digest(self, path)
    }
}

impl<F: Fn(&str) -> Option<Digest>> Files for F {
    fn digest(&self, path: &str) -> Option<Digest> {
        self(path)
    }
}

/// The seal over a scope as it is now.
pub fn seal(
    deployment: &Deployment,
    framework: &Framework,
    scope: Scope,
    left_open: &[ItemId],
    files: &dyn Files,
) -> Seal {
    Seal::of(scope, &leaves(deployment, framework, scope, left_open, files))
}

/// The digest that everybody compares who decides in a phase: over all that its scopes hold, whatever a role's own part of it is and
/// whatever an outcome leaves open.
pub fn phase_digest(
    deployment: &Deployment,
    framework: &Framework,
    phase: &Phase,
    files: &dyn Files,
) -> Digest {
    let of = |scope: &Scope| {
        (scope.to_string(), Tree::text(seal(deployment, framework, *scope, &[], files).digest.to_string()))
    };
    Tree::map([
        ("type", Some(Tree::text("tom-phase/v1"))),
        ("deployment", Some(Tree::text(deployment.meta.id.as_str()))),
        ("phase", Some(Tree::text(phase.number.to_string()))),
        ("scopes", Some(Tree::Map(phase.scope.iter().map(of).collect()))),
    ])
    .digest()
}

/// The leaves of a scope by address.
pub fn leaves(
    deployment: &Deployment,
    framework: &Framework,
    scope: Scope,
    left_open: &[ItemId],
    files: &dyn Files,
) -> BTreeMap<String, Tree> {
    let mut leaves = BTreeMap::new();
    let pinned = format!("{} {} {}", framework.id, framework.version, framework.digest);
    leaves.insert("framework".to_owned(), Tree::Text(pinned));
    let mut evidence = BTreeSet::new();
    for (slot, answer) in &deployment.answers {
        let item = framework.item(slot.item.as_str());
        if item.is_some_and(|item| item.scope.contains(&scope)) && !left_open.contains(&slot.item) {
            flatten(&slot.to_string(), Tree::of(answer), &mut leaves);
            evidence.extend(&answer.evidence);
        }
    }
    if scope == Scope::Assessment {
        for (id, risk) in &deployment.risks {
            flatten(id.as_str(), Tree::of(risk), &mut leaves);
            evidence.extend(risk.mitigations.values().flat_map(|mitigation| &mitigation.evidence));
        }
        for path in evidence.into_iter().filter_map(|evidence| evidence.strip_prefix("path:")) {
            let content =
                files.digest(path).map_or(Tree::Truth(false), |digest| Tree::Text(digest.to_string()));
            leaves.insert(format!("path:{path}"), content);
        }
    }
    leaves
}

/// Every value of a tree with its route. A map is its values; an empty one says nothing.
fn flatten(route: &str, tree: Tree, leaves: &mut BTreeMap<String, Tree>) {
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries {
                flatten(&format!("{route}.{key}"), value, leaves);
            }
        }
        value => drop(leaves.insert(route.to_owned(), value)),
    }
}

/// Of the items that an outcome leaves open, those that stand open now: unanswered, or answered other than Yes where Yes can be said.
/// What is answered already is decided over like everything else.
pub fn left_open(deployment: &Deployment, framework: &Framework, outcome: &PhaseOutcome) -> Vec<ItemId> {
    let is_open = |id: &&ItemId| {
        let says_yes =
            framework.item(id.as_str()).is_some_and(|item| item.options.iter().any(|o| o == "Yes"));
        let answer = deployment.answer(id).filter(|answer| !answer.is_unanswered());
        answer.is_none() || says_yes && deployment.text(id) != "Yes"
    };
    outcome.leaves_open.iter().filter(is_open).cloned().collect()
}
