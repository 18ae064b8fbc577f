//! What follows from a change: outcomes, states, decisions, and what others would have to take over.

use super::{Base, Change, Kind};
use crate::model::{
    Address, Canonical, Deployment, Framework, Outcome, OutcomeKind, PartyId, ProfileName, Received, RiskId,
    Slot,
};
use crate::ops::confirm::Entry;
use crate::ops::derive::hand_over;
use crate::ops::diff::OutcomeChange;
use crate::ops::outcome::{Evaluator, INCOMPLETE, YES};
use crate::ops::reason::apart;
use crate::ops::state::{Stand, State, States, states_under};
use crate::ops::words::and;
use std::collections::BTreeMap;

/// A deployment with what the rules and the confirmations say of it, computed once.
pub(super) struct Under<'a> {
    base: Base<'a>,
    evaluator: Evaluator<'a>,
    states: States<'a>,
}

impl<'a> Under<'a> {
    pub(super) fn of(base: Base<'a>) -> Self {
        let evaluator = Evaluator::new(base.framework, base.deployment, ProfileName::Strict);
        let states = states_under(base.deployment, base.framework, &evaluator);
        Self { base, evaluator, states }
    }
}

impl Under<'_> {
    /// How many needed answers nobody has given yet.
    pub(super) fn to_answer(&self) -> usize {
        self.states.to_answer()
    }
}

/// How bad a value is that frameworks give their outcomes, from good to bad. A number counts for itself.
const RANKS: [(&str, i64); 11] = [
    ("NO", 0),
    ("N/A", 0),
    ("PASS", 0),
    ("SHOULD", 1),
    ("SUBMIT_FOR_AUDIT", 1),
    ("CHECK", 2),
    (INCOMPLETE, 2),
    ("MUST", 3),
    ("SUBMIT_FOR_APPROVAL", 3),
    ("YES", 3),
    ("FAIL", 4),
];

/// Whether a value is worse than another. What cannot be compared counts as worse, so that nobody overlooks it.
fn is_worse(before: &str, after: &str) -> bool {
    let rank = |value: &str| {
        let known = RANKS.iter().find(|(word, _)| *word == value).map(|(_, rank)| *rank);
        known.or_else(|| value.parse().ok())
    };
    // A level that was a number and cannot be computed any more is worse whatever the number was.
    if after == INCOMPLETE || before == INCOMPLETE {
        return after == INCOMPLETE || rank(after).is_none_or(|rank| rank > 1);
    }
    match (rank(before), rank(after)) {
        (Some(before), Some(after)) => after > before,
        _ => true,
    }
}

fn outcome(outcome: &Outcome, before: &str, after: &str) -> Change {
    let kind = match outcome.kind {
        OutcomeKind::Document | OutcomeKind::Signatory | OutcomeKind::Action if after == YES => Kind::Needed,
        OutcomeKind::Result | OutcomeKind::Level if is_worse(before, after) => Kind::OutcomeWorse,
        _ if after == INCOMPLETE => Kind::OutcomeWorse,
        _ => Kind::Outcome,
    };
    let says = match outcome.kind {
        OutcomeKind::Document => "document",
        OutcomeKind::Signatory => "signatory",
        OutcomeKind::Action => "action",
        OutcomeKind::Notice => "notice",
        OutcomeKind::Result | OutcomeKind::Level => "",
    };
    let change = Change::new(kind, outcome.item.as_ref().map(Address::of), &outcome.title).saying(says);
    change.with("", Some(before.to_owned()), Some(after.to_owned()))
}

/// The outcomes that differ, each under its own framework.
pub(super) fn outcomes(before: Option<&Under<'_>>, after: &Under<'_>) -> Vec<Change> {
    let was: BTreeMap<&str, &str> = before
        .into_iter()
        .flat_map(|under| under.evaluator.outcomes())
        .map(|(outcome, value)| (outcome.id.as_str(), value))
        .collect();
    let now = after.evaluator.outcomes();
    now.filter_map(|(found, value)| {
        let before = *was.get(found.id.as_str())?;
        (before != value).then(|| outcome(found, before, value))
    })
    .collect()
}

/// The outcomes that differ from what the received content alone decides.
pub(super) fn outcomes_since_received(received: &Received, after: &Under<'_>) -> Vec<Change> {
    let left = Evaluator::of_answers(after.base.framework, &received.answers, ProfileName::Strict);
    let both = left.outcomes().zip(after.evaluator.outcomes());
    both.filter(|((_, before), (_, after))| before != after)
        .filter(|((_, before), (found, after))| {
            let change = OutcomeChange {
                id: found.id.to_string(),
                title: String::new(),
                before: (*before).to_owned(),
                after: (*after).to_owned(),
            };
            change.is_decided()
        })
        .map(|((_, before), (found, after))| outcome(found, before, after))
        .collect()
}

/// Stands for parties until it is known which they are.
const WHO: &str = "\u{0}";

/// What confirmations have lost, without anybody's name: `BD-22 changed after the deployer and the supplier confirmed`.
fn fallen<'s>(
    base: Base<'_>,
    stands: impl Iterator<Item = (Entry, &'s PartyId, &'s Stand, String)>,
) -> String {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (entry, party, stand, content) in stands {
        let after = format!(" after {WHO} confirmed");
        let why = match stand {
            Stand::ContentChanged => format!("{content} changed{after}"),
            Stand::FactsChanged(facts) => apart((base.deployment, base.framework), &entry, party, facts)
                .in_words(&after, &format!("{WHO} confirmed"), &format!("{WHO} did not name")),
            Stand::Stands | Stand::Missing => continue,
        };
        let party = format!("the {party}");
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, parties)) => parties.push(party),
            None => reasons.push((why, vec![party])),
        }
    }
    let told = reasons.into_iter().map(|(why, parties)| why.replace(WHO, &and(&parties)));
    told.collect::<Vec<_>>().join("; ")
}

/// What turned stale, and what was settled and is not any more.
pub(super) fn states(before: Option<&Under<'_>>, after: &Under<'_>) -> Vec<Change> {
    let mut answers: BTreeMap<&Slot, State> = BTreeMap::new();
    let mut risks: BTreeMap<&RiskId, State> = BTreeMap::new();
    if let Some(under) = before {
        answers.extend(under.states.answers.iter().map(|a| (&a.slot, a.state)));
        risks.extend(under.states.risks.iter().map(|r| (r.id, r.state)));
    }
    let mut changes = Vec::new();
    for answer in &after.states.answers {
        let was = answers.get(&answer.slot).copied();
        let entry = || Entry::Answer(answer.slot.clone());
        let stands = answer.parties.iter();
        let says = || {
            let stands = stands.clone();
            let stands = stands.map(|(party, stand)| (entry(), *party, stand, "the answer".to_owned()));
            fallen(after.base, stands)
        };
        if let Some((kind, says)) = turn(was, answer.state, says) {
            let change = Change::new(kind, Some(answer.slot.address()), &answer.item.title);
            let mut change = change.saying(says).of(answer.item.parties.clone());
            change.section = Some(answer.item.section.clone());
            changes.push(change);
        }
    }
    for risk in &after.states.risks {
        let says = || {
            let (party, stand) = &risk.whole;
            let parts = risk.mitigations.iter();
            let parts = parts.map(|(key, (owner, stand))| {
                let entry = Entry::Mitigation(risk.id.clone(), (*key).clone());
                (entry, *owner, stand, format!("mitigation {key}"))
            });
            let whole = (Entry::Risk(risk.id.clone()), party, stand, "the risk".to_owned());
            fallen(after.base, std::iter::once(whole).chain(parts))
        };
        if let Some((kind, says)) = turn(risks.get(risk.id).copied(), risk.state, says) {
            changes.push(Change::new(kind, Some(Address::of(risk.id)), &risk.risk.title).saying(says));
        }
    }
    changes
}

fn turn(was: Option<State>, is: State, why: impl Fn() -> String) -> Option<(Kind, String)> {
    match (was, is) {
        (Some(was), is) if was == is => None,
        (_, State::Stale) => Some((Kind::Stale, why())),
        (Some(was), is) if was.is_settled() && !is.is_settled() => {
            Some((Kind::Unconfirmed, format!("was {was}, is {is}")))
        }
        _ => None,
    }
}

/// What a deployment that was derived from a changed one would have to take over; none where nothing that it received is concerned.
pub fn descendant(before: Option<Base<'_>>, after: Base<'_>, child: &Deployment) -> Option<Change> {
    let received = child.received.as_deref()?;
    let handed = |base: Base<'_>| hand_over(base.deployment, base.framework, false).received;
    let (old, new) = (before.map(handed).unwrap_or_default(), handed(after));
    let count = |differ: &mut dyn Iterator<Item = bool>| differ.filter(|differs| *differs).count();
    let answers = count(
        &mut old.answers.keys().chain(new.answers.keys().filter(|slot| !old.answers.contains_key(slot))).map(
            |slot| {
                let now = new.answers.get(slot).map(Canonical::encode);
                old.answers.get(slot).map(Canonical::encode) != now
                    && received.answers.get(slot).map(Canonical::encode) != now
            },
        ),
    );
    let risks = count(
        &mut old.risks.keys().chain(new.risks.keys().filter(|id| !old.risks.contains_key(*id))).map(|id| {
            let now = new.risks.get(id).map(Canonical::encode);
            old.risks.get(id).map(Canonical::encode) != now
                && received.risks.get(id).map(Canonical::encode) != now
        }),
    );
    if answers + risks == 0 {
        return None;
    }
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let counts = [(answers, "answer"), (risks, "risk")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| plural(*count, word));
    let says = format!(
        "{} that it received {} now",
        counts.collect::<Vec<_>>().join(" and "),
        if answers + risks == 1 { "differs" } else { "differ" }
    );
    let change = Change::new(Kind::Descendant, None, child.name.as_str()).saying(says);
    Some(change.named(after.deployment.meta.id.as_str()))
}

/// Frameworks are told apart by what they mean.
pub(super) fn is_other(before: &Framework, after: &Framework) -> bool {
    before.digest != after.digest
}
