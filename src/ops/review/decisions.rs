//! What a change does to decisions and to the record.

use super::{Change, Kind, Reviewed};
use crate::model::{Digest, Effect, Record};
use crate::ops::record::in_words;
use crate::ops::verify::{Judged, Problem, Reason, Trust};
use std::collections::BTreeMap;

/// A statement as one side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    what: String,
    /// Whether nothing keeps it from counting, and it is shown well enough; a refusal need not be.
    counts: bool,
    /// What keeps it from counting, gravest first.
    why: Vec<(Problem, String)>,
    trust: Trust,
}

impl Told {
    /// What there is to tell of statements, by digest.
    pub fn of(judged: &[Judged<'_>]) -> BTreeMap<Digest, Self> {
        let told = |one: &Judged<'_>| {
            let says = &one.held.statement;
            let what = match (&says.outcome, &says.withdraws) {
                (Some(outcome), _) => outcome.clone(),
                (None, Some(other)) => format!("withdraws {}", &other.hex()[..12]),
                (None, None) => String::new(),
            };
            let leaves = |leaves: &[String]| match leaves {
                [] => String::new(),
                leaves => format!(" ({})", leaves.iter().take(5).cloned().collect::<Vec<_>>().join(", ")),
            };
            // Other reasons name people, and what is told here may be public.
            let why = |r: &Reason| match r.problem {
                Problem::Void | Problem::Expired => format!(": {}{}", r.why, leaves(&r.leaves)),
                _ => String::new(),
            };
            let why = one
                .reasons
                .iter()
                .map(|r| (r.problem, format!("{}{}", r.problem.as_str(), why(r))))
                .collect();
            let under = match says.conditions.len() {
                0 => String::new(),
                1 => ", under 1 condition".to_owned(),
                count => format!(", under {count} conditions"),
            };
            let what = format!("phase {} {}: {what}{under}", says.phase, says.role);
            let is_enough = one.is_enough || !one.effect.is_some_and(Effect::approves);
            Self { what, counts: one.stands() && is_enough, why, trust: one.trust }
        };
        judged.iter().map(|one| (one.held.id, told(one))).collect()
    }
}

/// What one side has decided and recorded.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Its statements, judged by the people of the left side: a branch cannot make its own count.
    pub statements: BTreeMap<Digest, Told>,
    /// The same, judged by the right side's people, where they are others.
    pub own: Option<BTreeMap<Digest, Told>>,
    /// Its record.
    pub record: Record,
}

/// What is said of a statement that is not there any more.
const GONE: &str = "its statement is gone";
/// What is said of an event that is not there any more.
const REMOVED: &str = "a recorded event was removed";

/// Why a statement that counted does not, or is shown less well; none where neither is so.
fn fallen(before: &Told, now: Option<&Told>) -> Option<String> {
    let Some(now) = now else { return Some(GONE.to_owned()) };
    // What is shown less well is told whatever else became of it: whoever could take a signature away could add what seems to take its place.
    if now.trust >= before.trust {
        // Whoever decided anew said what holds now; that is told of the new statement.
        let is_replaced =
            !now.why.is_empty() && now.why.iter().all(|(problem, _)| *problem == Problem::Superseded);
        if is_replaced || now.counts {
            return None;
        }
    }
    let is_less = now.trust < before.trust || now.why.is_empty();
    let less = is_less.then(|| {
        let is_unsigned = !now.counts && now.why.is_empty();
        let counts = if is_unsigned { ", and the policy asks for a signature" } else { "" };
        format!("it was {}, and is only {}{counts}", before.trust.as_str(), now.trust.as_str())
    });
    let why = now.why.iter().map(|(_, why)| why.clone());
    Some(less.into_iter().chain(why).collect::<Vec<_>>().join("; "))
}

/// Adds to reviews what another commit that the two sides have in common had, and counts less or is gone: branches that were merged crosswise have several.
pub fn gone(reviewed: &mut Vec<Reviewed>, others: Vec<Reviewed>) {
    let is_gone = |change: &Change| {
        change.kind == Kind::ApprovalVoid || (change.kind == Kind::Event && change.says == REMOVED)
    };
    for mut other in others {
        other.changes.retain(is_gone);
        if other.changes.is_empty() {
            continue;
        }
        match reviewed.iter_mut().find(|known| known.name == other.name) {
            Some(known) => {
                let new =
                    |change: &Change| known.changes.iter().all(|old| old.fingerprint != change.fingerprint);
                other.changes.retain(new);
                known.changes.append(&mut other.changes);
                known.changes.sort_by_key(|change| change.kind);
            }
            None => reviewed.push(other),
        }
    }
}

/// Adds what became of decisions and of the record to what was reviewed.
pub fn decisions(reviewed: &mut Reviewed, before: &Said, after: &Said) {
    let mut changes = Vec::new();
    let (left, right) = (&before.statements, &after.statements);
    let void = |told: &Told, id: Digest, says: &str| {
        Change::new(Kind::ApprovalVoid, None, &told.what).saying(format!("{says} [{}]", short(id)))
    };
    for (id, told) in left.iter().filter(|(_, told)| told.counts) {
        changes.extend(fallen(told, right.get(id)).map(|says| void(told, *id, &says)));
    }
    for (id, told) in right.iter().filter(|(_, told)| told.counts) {
        let Some(own) = after.own.as_ref().and_then(|own| own.get(id)) else { continue };
        changes.extend(fallen(told, Some(own)).map(|says| {
            void(told, *id, &format!("by the people and the policy that this change brings: {says}"))
        }));
    }
    for (id, now) in right.iter().filter(|(id, _)| !left.contains_key(*id)) {
        let state = match now.why.first() {
            None if now.counts => now.trust.as_str().to_owned(),
            None => format!("does not count, it is only {}", now.trust.as_str()),
            Some((_, why)) => format!("does not count, {why}"),
        };
        changes
            .push(Change::new(Kind::Decision, None, &now.what).saying(format!("{state} [{}]", short(*id))));
    }
    let (was, is) = (&before.record, &after.record);
    for (key, event) in &is.events {
        match was.events.get(key) {
            Some(before) if before == event => {}
            Some(_) => changes
                .push(Change::new(Kind::Event, None, in_words(event)).saying("a recorded event was changed")),
            None => changes
                .push(Change::new(Kind::Event, None, in_words(event)).saying(format!("on {}", event.on))),
        }
    }
    for event in was.events.iter().filter(|(key, _)| !is.events.contains_key(*key)).map(|(_, event)| event) {
        changes.push(Change::new(Kind::Event, None, in_words(event)).saying(REMOVED));
    }
    let whole = reviewed.id.as_ref().map(ToString::to_string).unwrap_or_default();
    reviewed.changes.extend(changes.into_iter().map(|change| change.named(&whole)));
    reviewed.changes.sort_by_key(|change| change.kind);
}

fn short(id: Digest) -> String {
    id.hex()[..12].to_owned()
}
