//! Why an answer or a risk is in its state, in words.

use super::confirm::Entry;
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
    deployment: &Deployment,
    entry: &Entry,
    party: &PartyId,
    stand: &Stand,
    content: &str,
) -> Option<String> {
    let confirmation = entry.confirmation(deployment, party);
    match stand {
        Stand::ContentChanged => Some(format!("{content} changed{}", since(party, confirmation))),
        Stand::FactsChanged(facts) => {
            let Apart { changed, other, new } = apart(deployment, entry, party, facts);
            let changed = (!changed.is_empty())
                .then(|| format!("{} changed{}", and(&changed), since(party, confirmation)));
            let by = confirmation.map_or("nobody", |confirmation| &confirmation.by);
            let on = confirmation.map_or_else(String::new, |confirmation| format!(" on {}", confirmation.on));
            let other = (!other.is_empty()).then(|| {
                let is = if other.len() == 1 { "is another" } else { "are others" };
                format!("{} {is} here than where {by} confirmed for the {party}{on}", and(&other))
            });
            let new = (!new.is_empty()).then(|| {
                format!(
                    "it rests on {} now, which {by} did not name when confirming for the {party}",
                    and(&new)
                )
            });
            Some(changed.into_iter().chain(other).chain(new).collect::<Vec<_>>().join("; "))
        }
        Stand::Stands | Stand::Missing => None,
    }
}

/// Facts that are not what a confirmation names.
#[derive(Debug, Default)]
pub struct Apart<'f> {
    /// They were that here, and are not any more.
    pub changed: Vec<&'f str>,
    /// The confirmation came along from where they were that. When they came to be another here, nothing tells.
    pub other: Vec<&'f str>,
    /// It says nothing of them.
    pub new: Vec<&'f str>,
}

/// Tells facts apart by how they came not to be what a confirmation names.
pub fn apart<'f>(deployment: &Deployment, entry: &Entry, party: &PartyId, facts: &'f [ItemId]) -> Apart<'f> {
    let confirmation = entry.confirmation(deployment, party);
    let is_carried = entry.is_carried(deployment, party);
    let mut apart = Apart::default();
    for fact in facts {
        let list = match confirmation.is_none_or(|confirmation| confirmation.given.contains_key(fact)) {
            false => &mut apart.new,
            true if is_carried => &mut apart.other,
            true => &mut apart.changed,
        };
        list.push(fact.as_str());
    }
    apart
}

/// How one party stands to something, in words; `what` is `the answer`, `the risk` …
pub fn of_stand(
    deployment: &Deployment,
    entry: &Entry,
    party: &PartyId,
    stand: &Stand,
    what: &str,
) -> String {
    match (stand, entry.confirmation(deployment, party)) {
        (Stand::Stands, Some(c)) => format!("{what}: {} confirmed for the {party} on {}", c.by, c.on),
        (Stand::Missing, _) => format!("{what}: the {party} has not confirmed"),
        _ => stale(deployment, entry, party, stand, what).unwrap_or_default(),
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
    match answer.state {
        State::Stale => {
            let entry = Entry::Answer(answer.slot.clone());
            let reasons = answer
                .parties
                .iter()
                .filter_map(|(party, stand)| stale(deployment, &entry, party, stand, "the answer"));
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
            let whole = stale(deployment, &Entry::Risk(risk.id.clone()), party, stand, "the risk");
            let parts = risk.mitigations.iter().filter_map(|(key, (owner, stand))| {
                let entry = Entry::Mitigation(risk.id.clone(), (*key).clone());
                stale(deployment, &entry, owner, stand, &format!("mitigation {key}"))
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
