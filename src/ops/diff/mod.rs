//! What changed between two states of an assessment, by meaning: form, order and comments show nothing.

mod risks;
mod words;

use super::outcome::Evaluator;
use crate::model::{
    Address, Answer, Canonical, Deployment, Framework, Item, ItemId, ItemKind, Kind, Meta, OnDerive, PartyId,
    ProfileName, Received, SectionId, Slot,
};
use std::collections::{BTreeMap, BTreeSet};

pub(in crate::ops) use risks::is_weaker;
pub use risks::{AcceptanceChange, ClassMove, MitigationChange, RiskChange, Way, acceptances};
pub(super) use risks::{mitigation_changes, risk_changes};
pub use words::{Piece, Words, words};

/// The two sides of a comparison, and what is compared.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// What the side is called: `received from acme-5-1`, `acme-northfield`.
    pub name: String,
    /// Its answers.
    pub answers: &'a BTreeMap<Slot, Answer>,
    /// Its risks.
    pub risks: &'a BTreeMap<crate::model::RiskId, crate::model::Risk>,
    /// What it is, where it is a deployment.
    pub meta: Option<&'a Meta>,
}

impl<'a> Side<'a> {
    /// A deployment as it is.
    pub fn of(deployment: &'a Deployment) -> Self {
        Self {
            name: deployment.name.to_string(),
            answers: &deployment.answers,
            risks: &deployment.risks,
            meta: Some(&deployment.meta),
        }
    }

    /// What a deployment received.
    pub fn received(parent: &str, received: &'a Received) -> Self {
        Self {
            name: format!("received from {parent}"),
            answers: &received.answers,
            risks: &received.risks,
            meta: None,
        }
    }
}

/// A field of an answer that changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FieldChange {
    /// Where.
    pub address: Address,
    /// What stood there.
    pub before: Option<String>,
    /// What stands there now.
    pub after: Option<String>,
}

/// An answer that changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AnswerChange {
    /// The whole answer's address.
    pub address: Address,
    /// The item's title.
    pub title: String,
    /// Its section.
    pub section: SectionId,
    /// Whose answer it is.
    pub parties: Vec<PartyId>,
    /// What changed in it.
    pub fields: Vec<FieldChange>,
}

/// An outcome that changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OutcomeChange {
    /// The outcome.
    pub id: String,
    /// In words.
    pub title: String,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub after: String,
}

impl OutcomeChange {
    /// Whether it says something although the left side is only what was received: it was known there, or asks for something here.
    pub fn is_decided(&self) -> bool {
        let asks = ["FAIL", "CHECK", "SUBMIT_FOR_APPROVAL"].contains(&self.after.as_str());
        self.before != super::outcome::INCOMPLETE || asks
    }
}

/// Everything that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// What the left side is called.
    pub left: String,
    /// What the right side is called.
    pub right: String,
    /// Title, framework, kind: what the deployments themselves are.
    pub meta: Vec<MetaChange>,
    /// Answers that are the organisation's own, or its process's.
    pub context: Vec<AnswerChange>,
    /// Risks that were added, removed or changed.
    pub risks: Vec<RiskChange>,
    /// Carried answers that changed.
    pub answers: Vec<AnswerChange>,
    /// Outcomes that changed; empty where the left side is no whole deployment.
    pub outcomes: Vec<OutcomeChange>,
    /// What was confirmed and is in doubt now, on the right: where, and why.
    pub stale: Vec<Stale>,
    /// How many needed answers nobody has given yet on the right: never a removal.
    pub unanswered: usize,
}

/// Something that was confirmed and is in doubt now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Stale {
    /// What.
    pub address: Address,
    /// In words.
    pub title: String,
    /// What changed since who confirmed it.
    pub why: String,
}

/// Adds what is open in the deployment on the right: what is stale, with the reason of each, and how much is not answered yet.
pub fn add_open(difference: &mut Difference, deployment: &Deployment, framework: &Framework) {
    let states = super::state::states(deployment, framework);
    difference.unanswered = states.to_answer();
    difference.stale = stale((deployment, framework), &states);
}

fn stale(of: (&Deployment, &Framework), states: &super::state::States<'_>) -> Vec<Stale> {
    use super::{reason, state};
    let answers = states.answers.iter().filter(|a| a.state == state::State::Stale).map(|a| Stale {
        address: a.slot.address(),
        title: a.item.title.clone(),
        why: reason::of_answer(of, a),
    });
    let risks = states.risks.iter().filter(|r| r.state == state::State::Stale).map(|r| Stale {
        address: Address::of(r.id),
        title: r.risk.title.clone(),
        why: reason::of_risk(of, r),
    });
    answers.chain(risks).collect()
}

/// Something about the deployments themselves that differs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MetaChange {
    /// What.
    pub what: String,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub after: String,
}

impl Difference {
    /// Whether nothing differs. What is not answered yet is no difference.
    pub fn is_empty(&self) -> bool {
        self.meta.is_empty()
            && self.context.is_empty()
            && self.risks.is_empty()
            && self.answers.is_empty()
            && self.outcomes.is_empty()
    }

    /// Whether some risk is rated higher, initially or residually, than it was.
    pub fn has_risk_increase(&self) -> bool {
        self.risks.iter().any(RiskChange::is_increase)
    }
}

/// Compares two sides under one framework.
pub fn diff(framework: &Framework, left: &Side<'_>, right: &Side<'_>) -> Difference {
    let mut difference = contents((framework, framework), left, right);
    if let (Some(before), Some(after)) = (left.meta, right.meta)
        && before.kind == after.kind
    {
        difference.outcomes = outcome_changes(framework, left.answers, right.answers);
    } else if left.meta.is_none() {
        // What was received alone is not a whole deployment, so only the outcomes that it decides can be compared.
        difference.outcomes = outcome_changes(framework, left.answers, right.answers)
            .into_iter()
            .filter(OutcomeChange::is_decided)
            .collect();
    }
    difference
}

/// Compares what two sides say, each under its own framework, and leaves out what follows from it.
pub fn contents((old, new): (&Framework, &Framework), left: &Side<'_>, right: &Side<'_>) -> Difference {
    let mut difference =
        Difference { left: left.name.clone(), right: right.name.clone(), ..Difference::default() };
    if let (Some(before), Some(after)) = (left.meta, right.meta) {
        difference.meta = meta_changes(before, after);
    }
    let against_received = left.meta.is_none();
    let empty = Answer::default();
    let mut slots: BTreeMap<&ItemId, Vec<&Slot>> = BTreeMap::new();
    let of_right = right.answers.keys().filter(|slot| !left.answers.contains_key(*slot));
    for slot in left.answers.keys().chain(of_right) {
        // Nearly all are equal in every word.
        if left.answers.get(slot) != right.answers.get(slot) {
            slots.entry(&slot.item).or_default().push(slot);
        }
    }
    slots.values_mut().for_each(|slots| slots.sort());
    let gone = old.items().filter(|item| new.item(item.id.as_str()).is_none());
    let answered = |item: &&Item| !matches!(item.kind, ItemKind::Decision | ItemKind::Outcome);
    for item in new.items().chain(gone).filter(answered) {
        let is_local = item.on_derive != OnDerive::Keep;
        for slot in slots.get(&item.id).into_iter().flatten() {
            let before = left.answers.get(slot).unwrap_or(&empty);
            let after = right.answers.get(slot).unwrap_or(&empty);
            // Against what was received, an item that starts empty and still is has not been removed.
            if before.encode() == after.encode() || (against_received && is_local && after.is_empty()) {
                continue;
            }
            let change = AnswerChange {
                address: slot.address(),
                title: item.title.clone(),
                section: item.section.clone(),
                parties: item.parties.clone(),
                fields: answer_changes(slot, before, after),
            };
            if is_local { difference.context.push(change) } else { difference.answers.push(change) }
        }
    }
    difference.risks = risks::changes((&old.matrix, &new.matrix), left.risks, right.risks);
    difference
}

fn meta_changes(before: &Meta, after: &Meta) -> Vec<MetaChange> {
    let kind = |kind: Kind| kind.to_string();
    let rows = [
        ("title", before.title.clone(), after.title.clone()),
        ("kind", kind(before.kind), kind(after.kind)),
        ("framework", before.framework.to_string(), after.framework.to_string()),
    ];
    rows.into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| MetaChange { what: what.to_owned(), before, after })
        .collect()
}

/// The outcomes whose value differs between two sets of answers.
pub fn outcome_changes(
    framework: &Framework,
    before: &BTreeMap<Slot, Answer>,
    after: &BTreeMap<Slot, Answer>,
) -> Vec<OutcomeChange> {
    let left = Evaluator::of_answers(framework, before, ProfileName::Strict);
    let right = Evaluator::of_answers(framework, after, ProfileName::Strict);
    left.outcomes()
        .zip(right.outcomes())
        .filter(|((_, before), (_, after))| before != after)
        .map(|((outcome, before), (_, after))| OutcomeChange {
            id: outcome.id.to_string(),
            title: outcome.title.clone(),
            before: before.to_owned(),
            after: after.to_owned(),
        })
        .collect()
}

/// The fields of an answer that differ.
pub(super) fn answer_changes(slot: &Slot, before: &Answer, after: &Answer) -> Vec<FieldChange> {
    let (old, new) = (fields(slot, before), fields(slot, after));
    let addresses: BTreeSet<&Address> = old.keys().chain(new.keys()).collect();
    addresses
        .into_iter()
        .filter(|address| old.get(*address) != new.get(*address))
        .map(|address| FieldChange {
            address: address.clone(),
            before: old.get(address).cloned(),
            after: new.get(address).cloned(),
        })
        .collect()
}

/// Every text of an answer by address; evidence sorted, because its order means nothing.
fn fields(slot: &Slot, answer: &Answer) -> BTreeMap<Address, String> {
    let mut sorted = answer.clone();
    sorted.evidence.sort();
    sorted.evidence.dedup();
    if let Some(crate::model::Value::Texts(texts)) = &mut sorted.value {
        texts.sort();
    }
    super::derive::texts_of(slot, &sorted).into_iter().collect()
}
