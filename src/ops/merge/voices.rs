//! Confirmations and acceptances after a merge: never more than a side said.

use super::field::{self, Field, Place, Subject};
use super::{Change, Content, Side, apply};
use crate::model::{Canonical, Confirmation, Framework, ItemId, PartyId, Risk};
use crate::ops::accept;
use crate::ops::state::fact_among;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a place holds a confirmation.
pub fn is_voice(place: &Place) -> bool {
    place.field.len() >= 2 && place.field[place.field.len() - 2] == "confirmed"
}

/// Chooses between rivals, and takes away what would hold over the merged content and held on neither side.
pub(super) fn settle(
    framework: &Framework,
    left: Side<'_>,
    right: Side<'_>,
    rivals: &[(Place, Confirmation, Confirmation)],
    changes: &mut Vec<Change>,
) {
    let content = apply(left, changes);
    for (place, here, there) in rivals {
        let wanted = subject_digest(Side::from(&content), place);
        let rank = |c: &Confirmation| {
            (
                Some(&c.digest) == wanted.as_ref(),
                c.on,
                c.by.clone(),
                c.digest.clone(),
                c.given.clone(),
                c.note.clone(),
            )
        };
        if rank(there) > rank(here) {
            let (before, after) = (here.clone(), there.clone());
            changes.push(Change {
                place: place.clone(),
                before: Some(Field::Confirmation(before)),
                after: Some(Field::Confirmation(after)),
            });
        }
    }
    let content = apply(left, changes);
    for place in touched(&content, changes) {
        let merged = held(framework, Side::from(&content), &place);
        let was_held = |side: Side<'_>| held(framework, side, &place) == merged;
        if merged.is_some() && !was_held(left) && !was_held(right) {
            changes.retain(|change| change.place != place);
            match changes.iter_mut().find(|change| change.is_whole() && place.is_within(&change.place)) {
                // It came inside a whole risk or mitigation.
                Some(outer) => field::silence(outer.after.as_mut(), &place.field[outer.place.field.len()..]),
                None => {
                    let before = left.at(&place);
                    changes.extend(before.map(|before| Change { place, before: Some(before), after: None }));
                }
            }
        }
    }
    changes.sort_by(|a, b| a.place.cmp(&b.place));
}

/// The places of confirmations and acceptances that changes could make hold: of what changed, and of what rests on it.
fn touched(content: &Content, changes: &[Change]) -> Vec<Place> {
    let subjects: BTreeSet<&Subject> = changes.iter().map(|change| &change.place.subject).collect();
    let facts: BTreeSet<&ItemId> = subjects
        .iter()
        .filter_map(|subject| if let Subject::Answer(slot) = subject { Some(&slot.item) } else { None })
        .collect();
    let rests = |c: &Confirmation| c.given.keys().any(|fact| facts.contains(fact));
    let mut places = Vec::new();
    let mut look = |subject: &Subject, field: &[&str], confirmed: &BTreeMap<PartyId, Confirmation>| {
        let is_touched = subjects.contains(subject);
        for (party, _) in confirmed.iter().filter(|(_, c)| is_touched || rests(c)) {
            let field =
                field.iter().copied().chain(["confirmed", party.as_str()]).map(str::to_owned).collect();
            places.push(Place { subject: subject.clone(), field });
        }
    };
    for (slot, answer) in &content.answers {
        look(&Subject::Answer(slot.clone()), &[], &answer.confirmed);
    }
    for (id, risk) in &content.risks {
        let subject = Subject::Risk(id.clone());
        look(&subject, &[], &risk.confirmed);
        for (key, mitigation) in &risk.mitigations {
            look(&subject, &["mitigations", key.as_str()], &mitigation.confirmed);
        }
    }
    let accepted = content.risks.iter().filter(|(_, risk)| risk.acceptance.is_some());
    let accepted = accepted.map(|(id, _)| Place::in_risk(id, &["acceptance"]));
    places.extend(accepted.filter(|place| subjects.contains(&place.subject)));
    places
}

/// The confirmation or acceptance at a place, if it holds on a side.
fn held(framework: &Framework, side: Side<'_>, place: &Place) -> Option<Held> {
    look(framework, side, place).ok()
}

/// Why a confirmation or acceptance does not hold on a side: the ids of the facts that differ, or what it is for. None where it holds.
pub fn why_not(framework: &Framework, side: Side<'_>, place: &Place) -> Option<Vec<String>> {
    look(framework, side, place).err()
}

fn look(framework: &Framework, side: Side<'_>, place: &Place) -> Result<Held, Vec<String>> {
    let absent = || vec!["it is not there".to_owned()];
    if let (Subject::Risk(id), [field]) = (&place.subject, &place.field[..])
        && field == "acceptance"
    {
        let risk: &Risk = side.risks.get(id).ok_or_else(absent)?;
        return match (&risk.acceptance, accept::holds(risk, framework)) {
            (None, _) => Err(absent()),
            (Some(_), false) => Err(vec!["what was accepted differs".to_owned()]),
            (accepted, true) => Ok(Held::Accepted(accepted.clone())),
        };
    }
    let Some(Field::Confirmation(confirmation)) = side.at(place) else { return Err(absent()) };
    if Some(&confirmation.digest) != subject_digest(side, place).as_ref() {
        return Err(vec!["what it confirms differs".to_owned()]);
    }
    let rests_on: BTreeSet<&ItemId> = match &place.subject {
        Subject::Answer(slot) => {
            framework.item(slot.item.as_str()).map(|item| item.depends_on.iter().collect())
        }
        Subject::Risk(id) if place.field.len() == 2 => {
            side.risks.get(id).map(|risk| risk.depends_on.iter().collect())
        }
        Subject::Risk(_) => None,
    }
    .unwrap_or_default();
    // A fact that is still empty changes nothing.
    let still = |fact: &&ItemId| {
        let was = confirmation.given.get(*fact);
        fact_among(side.answers, framework, fact).is_none_or(|now| was.is_some_and(|was| now.is_short(was)))
    };
    let facts: BTreeSet<&ItemId> = confirmation.given.keys().chain(rests_on).collect();
    let differing: Vec<String> =
        facts.into_iter().filter(|fact| !still(fact)).map(|fact| format!("{fact} differs")).collect();
    if differing.is_empty() { Ok(Held::Confirmed(confirmation.clone())) } else { Err(differing) }
}

#[derive(PartialEq)]
enum Held {
    Confirmed(Confirmation),
    Accepted(Option<crate::model::Acceptance>),
}

/// The short digest of what a confirmation at a place is for.
fn subject_digest(side: Side<'_>, place: &Place) -> Option<String> {
    match &place.subject {
        Subject::Answer(slot) => side.answers.get(slot).map(|answer| answer.content_digest().short()),
        Subject::Risk(id) => {
            let risk = side.risks.get(id)?;
            match &place.field[..] {
                [group, key, ..] if group == "mitigations" => {
                    risk.mitigations.get(key.as_str()).map(|mitigation| mitigation.digest().short())
                }
                _ => Some(risk.content_digest().short()),
            }
        }
    }
}
