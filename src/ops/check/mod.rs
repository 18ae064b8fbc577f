//! What is wrong with a deployment beyond the form of its files. One rule, one file, with its codes and their explanations.
//!
//! To add a rule: write `src/ops/check/RULE.rs` with a `Code` and a function from [`Subject`] to findings, name both in `RULES` and
//! [`CODES`], and add a golden case in `tests/golden/`. A test fails while one of them is missing.

mod answers;
mod attributes;
mod constraints;
mod decisions;
mod expired;
mod lineage;
mod merges;
mod readiness;
mod risks;

use super::outcome::Evaluator;
use crate::diag::{Code, Finding, Label};
use crate::model::{Address, Date, Deployment, Digest, Framework, Settings, Slot};
use std::collections::BTreeSet;

pub use attributes::{WATCHED, attributes, could_hide};
pub use decisions::decisions;
pub use lineage::{Kin, RECEIVED_CHANGED, across};
pub use merges::{Merging, deployment_gone, merging, not_looked_at};

/// What the rules look at.
pub struct Subject<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// Its framework.
    pub framework: &'a Framework,
    /// The strict outcomes.
    pub strict: &'a Evaluator<'a>,
    /// What `tom.toml` says.
    pub settings: &'a Settings,
    /// Whether a file of the repository exists.
    pub exists: &'a dyn Fn(&str) -> bool,
    /// The digest of what was received.
    pub received: Option<Digest>,
    /// An update that waits for decisions.
    pub pending: Option<&'a crate::model::Pending>,
    /// Carried texts that named the parent's organisation when they came.
    pub left_over: &'a [super::derive::LeftOver],
    /// The day as of which things run out.
    pub as_of: Date,
    /// The phase that has to be ready, if one was asked for.
    pub ready: Option<u8>,
    /// The phases that decisions show to be approved; only known where a phase has to be ready.
    pub approved: &'a BTreeSet<u8>,
}

impl Subject<'_> {
    /// The file and place of an address.
    pub fn label(&self, address: &Address) -> Label {
        label(self.deployment, self.framework, address)
    }

    /// The place of an answer, or of one of its fields.
    pub fn slot(&self, slot: &Slot, field: &[&str]) -> Label {
        self.label(&field.iter().fold(slot.address(), |address, part| address.then(*part)))
    }

    /// The place of a risk's field.
    pub fn risk(&self, id: &crate::model::RiskId, field: &[&str]) -> Label {
        risk_label(self.deployment, &field.iter().fold(Address::of(id), |address, part| address.then(*part)))
    }

    /// The place of a field of `deployment.toml`.
    pub fn meta(&self, route: &[&str]) -> Label {
        Label::value(
            format!("{}/deployment.toml", crate::project::folder_of(&self.deployment.name)),
            route.iter().copied(),
        )
    }
}

/// The file and place of an address in a deployment. A risk that has the id of an item is still a risk.
pub fn label(deployment: &Deployment, framework: &Framework, address: &Address) -> Label {
    match framework.item(&address.subject) {
        Some(item) => {
            let file = format!("{}/{}.toml", crate::project::folder_of(&deployment.name), item.section);
            Label::value(file, crate::syntax::route_of(address, false))
        }
        None => risk_label(deployment, address),
    }
}

fn risk_label(deployment: &Deployment, address: &Address) -> Label {
    let file = format!("{}/risks/{}.toml", crate::project::folder_of(&deployment.name), address.subject);
    Label::value(file, crate::syntax::route_of(address, true))
}

type Rule = fn(&Subject<'_>, &mut Vec<Finding>);

/// Every rule over one deployment, in the order of its findings.
const RULES: &[Rule] = &[
    answers::missing_notes,
    answers::missing_evidence,
    constraints::framework_constraints,
    constraints::musts_not_met,
    risks::ratings,
    risks::references,
    risks::causes,
    risks::mitigations,
    risks::copies,
    risks::prefixes,
    lineage::received,
    lineage::undecided,
    lineage::gone,
    lineage::left_over,
    lineage::asides,
    expired::answers,
    expired::acceptances,
    expired::dated_ahead,
    readiness::claims,
    readiness::open,
];

/// Every code that the rules give.
pub const CODES: &[&Code] = &[
    &attributes::HIDDEN,
    &answers::NOTE_MISSING,
    &answers::EVIDENCE_MISSING,
    &constraints::CONTRADICTION,
    &constraints::NOT_MET,
    &risks::NOT_A_WORD,
    &risks::NOT_RATED,
    &risks::HIGHER_AFTER,
    &risks::LOWER_WITHOUT,
    &risks::UNACCEPTABLE,
    &risks::DANGLING,
    &risks::UNCOVERED,
    &risks::NO_REASON,
    &risks::COPY,
    &risks::ITEM_ID,
    &risks::FOREIGN_PREFIX,
    &lineage::UNDECIDED,
    &merges::NOT_BOTH,
    &merges::NOT_LOOKED_AT,
    &lineage::NO_RECEIVED,
    &lineage::RECEIVED_CHANGED,
    &lineage::NAMES_PARENT,
    &lineage::GONE,
    &lineage::SAME_ID,
    &lineage::CIRCLE,
    &lineage::SAME_PREFIX,
    &expired::EXPIRED,
    &expired::ACCEPTANCE_VOID,
    &expired::MAY_NOT_ACCEPT,
    &expired::DATED_AHEAD,
    &readiness::CLAIMED,
    &readiness::OPEN,
    &readiness::NOT_READY,
    &decisions::NO_DECISION,
    &decisions::VOID,
    &decisions::MISSING,
    &decisions::UNSHOWN,
];

/// Everything that the rules find in one deployment.
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        rule(subject, &mut findings);
    }
    findings
}
