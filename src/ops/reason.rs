//! Why an answer or a risk is in its state, in words.

use super::confirm::Entry;
use super::state::{AnswerState, RiskState, Stand, State, fact_among};
use super::words::and;
use crate::model::{Confirmation, Deployment, Framework, ItemId, PartyId};

/// `, since Jo Marsh confirmed for the supplier on 2026-11-02`.
fn since(party: &PartyId, confirmation: Option<&Confirmation>) -> String {
    confirmation
        .map_or_else(String::new, |c| format!(" since {} confirmed for the {party} on {}", c.by, c.on))
}

fn stale(of: Of<'_>, entry: &Entry, party: &PartyId, stand: &Stand, content: &str) -> Option<String> {
    let confirmation = entry.confirmation(of.0, party);
    match stand {
        Stand::ContentChanged => Some(format!("{content} changed{}", since(party, confirmation))),
        Stand::FactsChanged(facts) => {
            let by = confirmation.map_or("nobody", |confirmation| &confirmation.by);
            let on = confirmation.map_or_else(String::new, |confirmation| format!(" on {}", confirmation.on));
            Some(apart(of, entry, party, facts).in_words(
                &since(party, confirmation),
                &format!("{by} confirmed for the {party}{on}"),
                &format!("{by} did not name when confirming for the {party}"),
            ))
        }
        Stand::Stands | Stand::Missing => None,
    }
}

/// Facts that are not what a confirmation names.
#[derive(Debug, Default)]
pub struct Apart<'f> {
    /// They were that here, and are not any more.
    pub changed: Vec<&'f str>,
    /// They came along with the confirmation as it names them, and were changed here: before or after it was given.
    pub here: Vec<&'f str>,
    /// The confirmation came along from where they are that. They never were that here.
    pub other: Vec<&'f str>,
    /// It says nothing of them.
    pub new: Vec<&'f str>,
}

impl Apart<'_> {
    /// In words: `since` follows what changed, `confirmed` is who did, and `not_named` ends what they did not name.
    pub fn in_words(&self, since: &str, confirmed: &str, not_named: &str) -> String {
        let is =
            |facts: &[&str], one: &'static str, many: &'static str| if facts.len() == 1 { one } else { many };
        let Self { changed, here, other, new } = self;
        let told = [
            (changed, format!("{} changed{since}", and(changed))),
            (
                here,
                format!(
                    "{} {} changed here, and {confirmed} over what came",
                    and(here),
                    is(here, "was", "were")
                ),
            ),
            (
                other,
                format!(
                    "{} {} here than where {confirmed}",
                    and(other),
                    is(other, "is another", "are others")
                ),
            ),
            (new, format!("it rests on {} now, which {not_named}", and(new))),
        ];
        let told = told.into_iter().filter(|(facts, _)| !facts.is_empty()).map(|(_, words)| words);
        told.collect::<Vec<_>>().join("; ")
    }
}

/// A deployment with its framework.
type Of<'a> = (&'a Deployment, &'a Framework);

/// Tells facts apart by how they came not to be what a confirmation names.
pub fn apart<'f>(
    (deployment, framework): Of<'_>,
    entry: &Entry,
    party: &PartyId,
    facts: &'f [ItemId],
) -> Apart<'f> {
    let confirmation = entry.confirmation(deployment, party);
    let received = deployment.received.as_deref().filter(|_| entry.is_carried(deployment, party));
    let mut apart = Apart::default();
    for fact in facts {
        let given = confirmation.and_then(|confirmation| confirmation.given.get(fact));
        let came = received.and_then(|received| fact_among(&received.answers, framework, fact));
        let list = match (given, received) {
            (None, _) if confirmation.is_some() => &mut apart.new,
            (Some(given), Some(_)) if came.is_some_and(|came| came.is_short(given)) => &mut apart.here,
            (_, Some(_)) => &mut apart.other,
            (_, None) => &mut apart.changed,
        };
        list.push(fact.as_str());
    }
    apart
}

/// How one party stands to something, in words; `what` is `the answer`, `the risk` …
pub fn of_stand(of: Of<'_>, entry: &Entry, party: &PartyId, stand: &Stand, what: &str) -> String {
    match (stand, entry.confirmation(of.0, party)) {
        (Stand::Stands, Some(c)) => format!("{what}: {} confirmed for the {party} on {}", c.by, c.on),
        (Stand::Missing, _) => format!("{what}: the {party} has not confirmed"),
        _ => stale(of, entry, party, stand, what).unwrap_or_default(),
    }
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
pub fn of_answer(of: Of<'_>, answer: &AnswerState<'_>) -> String {
    let deployment = of.0;
    match answer.state {
        State::Stale => {
            let entry = Entry::Answer(answer.slot.clone());
            let reasons = answer
                .parties
                .iter()
                .filter_map(|(party, stand)| stale(of, &entry, party, stand, "the answer"));
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
pub fn of_risk(of: Of<'_>, risk: &RiskState<'_>) -> String {
    let deployment = of.0;
    let (party, stand) = &risk.whole;
    match risk.state {
        State::Stale => {
            let whole = stale(of, &Entry::Risk(risk.id.clone()), party, stand, "the risk");
            let parts = risk.mitigations.iter().filter_map(|(key, (owner, stand))| {
                let entry = Entry::Mitigation(risk.id.clone(), (*key).clone());
                stale(of, &entry, owner, stand, &format!("mitigation {key}"))
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
