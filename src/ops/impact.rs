//! What a change would put in doubt, before anyone makes it.

use super::diff::OutcomeChange;
use super::outcome::Evaluator;
use super::state::{Stand, State, states};
use crate::model::{Address, Class, Condition, Deployment, Framework, ItemId, ProfileName, Rating};
use std::collections::BTreeSet;

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
}

/// Compares the deployment with itself after the change.
pub fn of_change(framework: &Framework, before: &Deployment, after: &Deployment) -> Impact {
    let mut impact = Impact::default();
    let (old, new) = (states(before, framework), states(after, framework));
    for answer in &new.answers {
        let was = old.answers.iter().find(|a| a.slot == answer.slot).map_or(State::Unanswered, |a| a.state);
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
    impact.outcomes = super::diff::outcome_changes(framework, &before.answers, &after.answers);
    impact
}

/// What any change of some items would put in doubt: what is confirmed over them and rests on them, and the outcomes that read them.
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
    for risk in now.risks.iter().filter(|risk| stands(&risk.whole.1)) {
        if risks.contains(risk.id.as_str()) || risk.risk.depends_on.iter().any(|fact| items.contains(fact)) {
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
    impact
}
