//! What a change would put in doubt, before anyone makes it.

use super::accept;
use super::diff::OutcomeChange;
use super::outcome::Evaluator;
use super::ready::Gap;
use super::state::{AnswerState, Stand, State, states};
use super::verify::{Judgement, Problem};
use super::words::and;
use crate::model::{
    Address, Answer, Class, Condition, Deployment, Framework, ItemId, Needed, ProfileName, Rating, RiskId,
    Slot,
};
use std::collections::{BTreeMap, BTreeSet};

/// Something whose state would change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Doubt {
    /// What.
    pub address: Address,
    /// In words.
    pub title: String,
    /// Its state now.
    pub before: State,
    /// What it would be.
    pub after: State,
}

/// A risk's class that would be another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ClassMove {
    /// The rating: `HAZ-004.residual`.
    pub address: Address,
    /// Its class now; none where it is not rated.
    pub before: Option<Class>,
    /// What it would be.
    pub after: Option<Class>,
}

/// Something that hangs on a condition, and what would come of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Conditioned {
    /// An item, by its address; none for a party.
    pub address: Option<Address>,
    /// In words.
    pub title: String,
    /// `needed then`, `not needed then`, or, where no value is given, what may change.
    pub change: String,
}

/// An acceptance of a residual risk that would not hold any more.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Accepted {
    /// The acceptance: `HAZ-006.acceptance`.
    pub address: Address,
    /// Who accepted.
    pub by: String,
    /// In which role.
    pub role: String,
    /// The class that they accepted.
    pub class: Class,
}

/// A decision that would not hold any more.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Voided {
    /// The phase.
    pub phase: u8,
    /// The role.
    pub role: String,
    /// Who decided.
    pub by: String,
    /// When.
    pub on: String,
    /// What was decided.
    pub outcome: String,
    /// What it covers of what would change; where no value is given, what any change is tried with.
    pub changed: Vec<String>,
}

/// What a change would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Impact {
    /// Answers and risks whose state would change.
    pub doubts: Vec<Doubt>,
    /// Classes that would change.
    pub classes: Vec<ClassMove>,
    /// Outcomes that would change, or, where no value is given, that read what changes.
    pub outcomes: Vec<OutcomeChange>,
    /// What would be needed or not because of it, or may be.
    pub conditions: Vec<Conditioned>,
    /// Acceptances that would be void.
    pub acceptances: Vec<Accepted>,
    /// Decisions that would be void.
    pub decisions: Vec<Voided>,
    /// What risks and signatories would lack that they do not lack now.
    pub gaps: Vec<Gap>,
    /// What would rest on a word that is only claimed, because other people speak here.
    pub claimed: Vec<Address>,
}

/// The decisions that stand now and would be void after a change.
pub fn voided(before: &Judgement<'_>, after: &Judgement<'_>) -> Vec<Voided> {
    let stands = |id| before.statements.iter().any(|one| one.held.id == id && one.counts());
    let is_void = |problem: Problem| problem == Problem::Void;
    let after = after.statements.iter().filter(|one| one.reasons.iter().any(|r| is_void(r.problem)));
    after
        .filter(|one| stands(one.held.id))
        .map(|one| {
            let says = &one.held.statement;
            Voided {
                phase: says.phase,
                role: says.role.clone(),
                by: says.by.clone(),
                on: says.time.day().to_string(),
                outcome: says.outcome.clone().unwrap_or_default(),
                changed: one.changed().map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// The deployment with some change of these items and risks: what any change of them would void is found with it.
pub fn any_change(deployment: &Deployment, items: &BTreeSet<ItemId>, risks: &BTreeSet<String>) -> Deployment {
    let mut changed = deployment.clone();
    let other = |text: Option<&String>| format!("{} …", text.map_or("", String::as_str));
    for id in items {
        if !changed.answers.keys().any(|slot| slot.item == *id) {
            changed.answers.insert(Slot::of(id), Answer::default());
        }
        for (_, answer) in changed.answers.iter_mut().filter(|(slot, _)| slot.item == *id) {
            answer.notes = Some(other(answer.notes.as_ref()));
        }
    }
    for (_, risk) in changed.risks.iter_mut().filter(|(id, _)| risks.contains(id.as_str())) {
        risk.effect = other(Some(&risk.effect));
    }
    changed
}

/// The acceptances that hold now and would not after a change.
fn acceptances(framework: &Framework, before: &Deployment, after: &Deployment) -> Vec<Accepted> {
    let holds = |deployment: &Deployment, id: &RiskId| {
        deployment.risks.get(id).is_some_and(|risk| accept::holds(risk, framework))
    };
    let lost = before.risks.iter().filter(|(id, _)| holds(before, id) && !holds(after, id));
    lost.filter_map(|(id, risk)| {
        let accepted = risk.acceptance.as_ref()?;
        Some(Accepted {
            address: Address::of(id).then("acceptance"),
            by: accepted.by.clone(),
            role: accepted.role.clone(),
            class: accepted.class,
        })
    })
    .collect()
}

/// Compares the deployment with itself after the change.
pub fn of_change(framework: &Framework, before: &Deployment, after: &Deployment) -> Impact {
    let mut impact = Impact::default();
    let (old, new) = (states(before, framework), states(after, framework));
    let evaluator = |deployment| Evaluator::new(framework, deployment, ProfileName::Strict);
    let lacks = (evaluator(before), evaluator(after));
    let known: BTreeMap<&Slot, &AnswerState<'_>> = old.answers.iter().map(|a| (&a.slot, a)).collect();
    for answer in &new.answers {
        let then = known.get(&answer.slot);
        // What was not there before, as in a new row, was not needed.
        let was_needed = then.is_some_and(|then| then.is_needed);
        if was_needed != answer.is_needed {
            let change = if was_needed { "not needed then" } else { "needed then" };
            impact.conditions.push(Conditioned {
                address: Some(answer.slot.address()),
                title: answer.item.title.clone(),
                change: change.to_owned(),
            });
        }
        if lacks.1.lacks_note(answer.item, &answer.slot) && !lacks.0.lacks_note(answer.item, &answer.slot) {
            impact.conditions.push(Conditioned {
                address: Some(answer.slot.address()),
                title: answer.item.title.clone(),
                change: "needs a note then".to_owned(),
            });
        }
        let was = then.map_or(State::Unanswered, |a| a.state);
        if was != answer.state {
            impact.doubts.push(Doubt {
                address: answer.slot.address(),
                title: answer.item.title.clone(),
                before: was,
                after: answer.state,
            });
        }
    }
    for risk in &new.risks {
        let was = old.risks.iter().find(|r| r.id == risk.id).map_or(State::Proposed, |r| r.state);
        if was != risk.state {
            impact.doubts.push(Doubt {
                address: Address::of(risk.id),
                title: risk.risk.title.clone(),
                before: was,
                after: risk.state,
            });
        }
    }
    for (id, risk) in &after.risks {
        let Some(was) = before.risks.get(id) else { continue };
        let class =
            |rating: &Option<Rating>| rating.as_ref().and_then(|rating| framework.matrix.class(rating));
        for (name, old, new) in
            [("initial", &was.initial, &risk.initial), ("residual", &was.residual, &risk.residual)]
        {
            let (before, after) = (class(old), class(new));
            if before != after {
                impact.classes.push(ClassMove { address: Address::of(id).then(name), before, after });
            }
        }
    }
    impact.acceptances = acceptances(framework, before, after);
    impact.outcomes = super::diff::outcome_changes(framework, &before.answers, &after.answers);
    impact
}

/// What any change of some items would put in doubt: what is confirmed over them and rests on them, the outcomes and conditions that read them,
/// and acceptances.
pub fn of_any_change(
    framework: &Framework,
    deployment: &Deployment,
    items: &BTreeSet<ItemId>,
    risks: &BTreeSet<String>,
) -> Impact {
    let mut impact = Impact::default();
    let now = states(deployment, framework);
    let stands = |stand: &Stand| *stand == Stand::Stands;
    for answer in now.answers.iter().filter(|answer| answer.parties.iter().any(|(_, stand)| stands(stand))) {
        if items.contains(&answer.item.id) || answer.item.depends_on.iter().any(|fact| items.contains(fact)) {
            let address = answer.slot.address();
            impact.doubts.push(Doubt {
                address,
                title: answer.item.title.clone(),
                before: answer.state,
                after: State::Stale,
            });
        }
    }
    for risk in &now.risks {
        let whole = stands(&risk.whole.1);
        let spoken = whole || risk.mitigations.values().any(|(_, stand)| stands(stand));
        let rests = risk.risk.depends_on.iter().any(|fact| items.contains(fact));
        if (spoken && risks.contains(risk.id.as_str())) || (whole && rests) {
            let (address, title) = (Address::of(risk.id), risk.risk.title.clone());
            impact.doubts.push(Doubt { address, title, before: risk.state, after: State::Stale });
        }
    }
    let evaluator = Evaluator::new(framework, deployment, ProfileName::Strict);
    let mut reading = BTreeSet::new();
    for (outcome, value) in evaluator.outcomes() {
        let reads = |condition: &Condition| {
            condition.items().iter().any(|id| items.contains(id))
                || condition.outcomes().iter().any(|id| reading.contains(id))
        };
        if outcome.cases.iter().any(|case| reads(&case.when)) {
            reading.insert(outcome.id.clone());
            impact.outcomes.push(OutcomeChange {
                id: outcome.id.to_string(),
                title: outcome.title.clone(),
                before: value.to_owned(),
                after: "may change".to_owned(),
            });
        }
    }
    let reads = |condition: &Condition| {
        condition.items().iter().any(|id| items.contains(id))
            || condition.outcomes().iter().any(|id| reading.contains(id))
    };
    impact.conditions = conditions(framework, &evaluator, reads);
    impact.acceptances = acceptances(framework, deployment, &any_change(deployment, items, risks));
    impact
}

/// What hangs on conditions that read what changes.
fn conditions(
    framework: &Framework,
    evaluator: &Evaluator<'_>,
    reads: impl Fn(&Condition) -> bool,
) -> Vec<Conditioned> {
    let mut found = Vec::new();
    for party in framework.parties.iter().filter(|party| party.takes_part.as_ref().is_some_and(&reads)) {
        let takes_part = if evaluator.takes_part(&party.id) { "takes part now" } else { "takes no part now" };
        let change = format!("whether it takes part may change; it {takes_part}");
        found.push(Conditioned { address: None, title: party.label.clone(), change });
    }
    for item in framework.items().filter(|item| item.is_answered()) {
        let needed = match &item.needed {
            Needed::If(condition) => reads(condition),
            Needed::Always | Needed::Optional | Needed::Never => false,
        };
        let hangs = [
            ("whether it applies", item.applies.as_ref().is_some_and(&reads)),
            ("whether it is needed", needed),
            ("whether it needs a note", item.needs_note.as_ref().is_some_and(&reads)),
        ];
        let hangs: Vec<&str> = hangs.into_iter().filter(|(_, reads)| *reads).map(|(what, _)| what).collect();
        if !hangs.is_empty() {
            found.push(Conditioned {
                address: Some(Address::of(&item.id)),
                title: item.title.clone(),
                change: format!("{} may change", and(&hangs)),
            });
        }
    }
    found
}
