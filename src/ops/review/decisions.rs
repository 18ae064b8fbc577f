//! What a change does to decisions and to the record.

use super::{Change, Kind, Reviewed};
use crate::model::{Digest, Record};
use crate::ops::record::in_words;
use crate::ops::verify::{Judged, Problem, Reason};
use std::collections::BTreeMap;

/// A statement as one side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    what: String,
    stands: bool,
    /// What keeps it from counting, gravest first.
    why: Vec<(Problem, String)>,
    trust: &'static str,
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
            let what = format!("phase {} {}: {what}", says.phase, says.role);
            Self { what, stands: one.stands(), why, trust: one.trust.as_str() }
        };
        judged.iter().map(|one| (one.held.id, told(one))).collect()
    }
}

/// Adds what became of decisions and of the record to what was reviewed. Statements of the left side are judged by its own policy, and
/// those of the right by the left's too, so that a branch cannot make its own count.
pub fn decisions(
    reviewed: &mut Reviewed,
    (left, right): (&BTreeMap<Digest, Told>, &BTreeMap<Digest, Told>),
    (was, is): (&Record, &Record),
) {
    let mut changes = Vec::new();
    for (id, before) in left.iter().filter(|(_, before)| before.stands) {
        let says = match right.get(id) {
            Some(now) if now.stands => continue,
            // Whoever decided anew said what holds now; that is told of the new statement.
            Some(now) if now.why.iter().all(|(problem, _)| *problem == Problem::Superseded) => continue,
            Some(now) => {
                let why: Vec<&str> = now.why.iter().map(|(_, why)| why.as_str()).collect();
                why.join("; ")
            }
            None => "its statement is gone".to_owned(),
        };
        changes.push(
            Change::new(Kind::ApprovalVoid, None, &before.what).saying(format!("{says} [{}]", short(*id))),
        );
    }
    for (id, now) in right.iter().filter(|(id, _)| !left.contains_key(*id)) {
        let state = match now.why.first() {
            None => now.trust.to_owned(),
            Some((_, why)) => format!("does not count, {why}"),
        };
        changes
            .push(Change::new(Kind::Decision, None, &now.what).saying(format!("{state} [{}]", short(*id))));
    }
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
        changes.push(Change::new(Kind::Event, None, in_words(event)).saying("a recorded event was removed"));
    }
    let whole = reviewed.id.as_ref().map(ToString::to_string).unwrap_or_default();
    reviewed.changes.extend(changes.into_iter().map(|change| change.named(&whole)));
    reviewed.changes.sort_by_key(|change| change.kind);
}

fn short(id: Digest) -> String {
    id.hex()[..12].to_owned()
}
