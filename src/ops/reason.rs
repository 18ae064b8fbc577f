//! Why an answer or a risk is in its state, in words.

use super::state::{AnswerState, RiskState, Stand, State};
use super::words::and;
use crate::model::{Confirmation, Deployment, ItemId, PartyId};
use crate::store::Origin;

/// `, since Jo Marsh confirmed for the supplier on 2026-11-02`.
fn since(party: &PartyId, confirmation: Option<&Confirmation>) -> String {
    confirmation
        .map_or_else(String::new, |c| format!(" since {} confirmed for the {party} on {}", c.by, c.on))
}

fn stale(
    party: &PartyId,
    stand: &Stand,
    confirmation: Option<&Confirmation>,
    content: &str,
) -> Option<String> {
    match stand {
        Stand::ContentChanged => Some(format!("{content} changed{}", since(party, confirmation))),
        Stand::FactsChanged(facts) => {
            let (new, changed) = unnamed(facts, confirmation);
            let changed = (!changed.is_empty())
                .then(|| format!("{} changed{}", and(&changed), since(party, confirmation)));
            let by = confirmation.map_or("nobody", |confirmation| &confirmation.by);
            let new = (!new.is_empty()).then(|| {
                format!(
                    "it rests on {} now, which {by} did not name when confirming for the {party}",
                    and(&new)
                )
            });
            Some(changed.into_iter().chain(new).collect::<Vec<_>>().join("; "))
        }
        Stand::Stands | Stand::Missing => None,
    }
}

/// Facts that a confirmation says nothing of, and those that are not any more what it names.
pub fn unnamed<'f>(facts: &'f [ItemId], confirmation: Option<&Confirmation>) -> (Vec<&'f str>, Vec<&'f str>) {
    let is_named = |fact: &&ItemId| confirmation.is_none_or(|c| c.given.contains_key(*fact));
    let (changed, new): (Vec<&ItemId>, Vec<&ItemId>) = facts.iter().partition(is_named);
    let ids = |facts: Vec<&'f ItemId>| facts.into_iter().map(ItemId::as_str).collect();
    (ids(new), ids(changed))
}

/// How one party stands to something, in words; `what` is `the answer`, `the risk` …
pub fn of_stand(party: &PartyId, stand: &Stand, confirmation: Option<&Confirmation>, what: &str) -> String {
    match (stand, confirmation) {
        (Stand::Stands, Some(c)) => format!("{what}: {} confirmed for the {party} on {}", c.by, c.on),
        (Stand::Missing, _) => format!("{what}: the {party} has not confirmed"),
        _ => stale(party, stand, confirmation, what).unwrap_or_default(),
    }
}

/// Whose commit brought in a confirmation for a party that its author does not speak for.
pub fn of_origin(origin: &Origin, party: &PartyId) -> String {
    let commit: String = origin.commit.chars().take(12).collect();
    format!("commit {commit} of {} brought it in, who does not speak for the {party}", origin.author.name)
}

fn not_confirmed<'p>(parties: impl Iterator<Item = &'p PartyId>) -> String {
    let parties: Vec<String> = parties.map(|party| format!("the {party}")).collect();
    match parties.len() {
        1 => format!("{} has not confirmed", parties.concat()),
        _ => format!("{} have not confirmed", and(&parties)),
    }
}

/// Where something came from: `carried from acme-5-1, `.
fn origin(deployment: &Deployment, is_carried: bool) -> String {
    match &deployment.meta.derived_from {
        Some(lineage) if is_carried => format!("carried from {}, ", lineage.deployment),
        _ => String::new(),
    }
}

/// Why an answer is in its state; empty where there is nothing to say.
pub fn of_answer(deployment: &Deployment, answer: &AnswerState<'_>) -> String {
    let confirmation = |party: &PartyId| answer.answer.and_then(|answer| answer.confirmed.get(party));
    match answer.state {
        State::Stale => {
            let reasons = answer
                .parties
                .iter()
                .filter_map(|(party, stand)| stale(party, stand, confirmation(party), "the answer"));
            reasons.collect::<Vec<_>>().join("; ")
        }
        State::Proposed => {
            let came = deployment.received.as_ref().and_then(|received| received.answers.get(&answer.slot));
            let is_carried =
                came.map(crate::model::Answer::content) == answer.answer.map(crate::model::Answer::content);
            let missing =
                answer.parties.iter().filter(|(_, stand)| *stand == Stand::Missing).map(|(party, _)| *party);
            format!("{}{}", origin(deployment, is_carried), not_confirmed(missing))
        }
        _ => String::new(),
    }
}

/// Why a risk is in its state; empty where there is nothing to say.
pub fn of_risk(deployment: &Deployment, risk: &RiskState<'_>) -> String {
    let (party, stand) = &risk.whole;
    match risk.state {
        State::Stale => {
            let whole = stale(party, stand, risk.risk.confirmed.get(party), "the risk");
            let parts = risk.mitigations.iter().filter_map(|(key, (owner, stand))| {
                let confirmation = risk.risk.mitigations.get(*key).and_then(|m| m.confirmed.get(*owner));
                stale(owner, stand, confirmation, &format!("mitigation {key}"))
            });
            whole.into_iter().chain(parts).collect::<Vec<_>>().join("; ")
        }
        State::Proposed => {
            let is_carried = deployment.received.as_ref().is_some_and(|received| {
                received.risks.get(risk.id).map(crate::model::Risk::content) == Some(risk.risk.content())
            });
            let owners = risk
                .mitigations
                .values()
                .filter(|(_, stand)| *stand == Stand::Missing)
                .map(|(owner, _)| *owner);
            let whole = (*stand == Stand::Missing).then_some(party);
            let missing: std::collections::BTreeSet<&PartyId> = whole.into_iter().chain(owners).collect();
            format!("{}{}", origin(deployment, is_carried), not_confirmed(missing.into_iter()))
        }
        _ => String::new(),
    }
}
