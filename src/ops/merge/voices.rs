//! Confirmations and acceptances after a merge: never more than a side said.

use super::field::{self, Field, Place, Subject};
use super::{Change, Content, Side, apply};
use crate::model::{Canonical, Confirmation, Framework, ItemId, PartyId, Risk};
use crate::ops::accept;
use crate::ops::state::{fact_among, has_changed};
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
    let known = Known::of([left, right]);
    let content = apply(left, changes);
    for (place, here, there) in rivals {
        // What held where it was said and holds over the merged content, its facts included, goes before what does not, however late that was said.
        let rank = |said: Side<'_>, c: &Confirmation| {
            let holds = |side: Side<'_>| stands(framework, &known, side, place, c).is_ok();
            (
                holds(said) && holds(Side::from(&content)),
                c.on,
                c.by.clone(),
                c.digest.clone(),
                c.given.clone(),
                c.note.clone(),
            )
        };
        if rank(right, there) > rank(left, here) {
            let (before, after) = (here.clone(), there.clone());
            changes.push(Change {
                place: place.clone(),
                before: Some(Field::Confirmation(before)),
                after: Some(Field::Confirmation(after)),
            });
        }
    }
    let content = apply(left, changes);
    for place in touched(framework, &content, changes) {
        let held = |side: Side<'_>| look(framework, &known, side, &place).ok();
        let merged = held(Side::from(&content));
        let was_held = |side: Side<'_>| held(side) == merged;
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
fn touched(framework: &Framework, content: &Content, changes: &[Change]) -> Vec<Place> {
    let subjects: BTreeSet<&Subject> = changes.iter().map(|change| &change.place.subject).collect();
    let facts: BTreeSet<&ItemId> = subjects
        .iter()
        .filter_map(|subject| if let Subject::Answer(slot) = subject { Some(&slot.item) } else { None })
        .collect();
    // By what was given then, and by what it rests on now.
    let rests = |c: &Confirmation| c.given.keys().any(|fact| facts.contains(fact));
    let mut places = Vec::new();
    let mut look =
        |subject: &Subject, field: &[&str], confirmed: &BTreeMap<PartyId, Confirmation>, on: &[ItemId]| {
            let is_touched = subjects.contains(subject) || on.iter().any(|fact| facts.contains(fact));
            for (party, _) in confirmed.iter().filter(|(_, c)| is_touched || rests(c)) {
                let field =
                    field.iter().copied().chain(["confirmed", party.as_str()]).map(str::to_owned).collect();
                places.push(Place { subject: subject.clone(), field });
            }
        };
    for (slot, answer) in &content.answers {
        let on = framework.item(slot.item.as_str()).map_or(&[][..], |item| &item.depends_on);
        look(&Subject::Answer(slot.clone()), &[], &answer.confirmed, on);
    }
    for (id, risk) in &content.risks {
        let subject = Subject::Risk(id.clone());
        look(&subject, &[], &risk.confirmed, &risk.depends_on);
        for (key, mitigation) in &risk.mitigations {
            look(&subject, &["mitigations", key.as_str()], &mitigation.confirmed, &[]);
        }
    }
    let accepted = content.risks.iter().filter(|(_, risk)| risk.acceptance.is_some());
    let accepted = accepted.map(|(id, _)| Place::in_risk(id, &["acceptance"]));
    places.extend(accepted.filter(|place| subjects.contains(&place.subject)));
    places
}

/// The facts that sides reach. A merge of one file sees the facts of that file alone: one that no side has is not known there, and objects
/// to nothing; one that a side has and another does not was emptied.
pub struct Known(BTreeSet<ItemId>);

impl Known {
    /// What any of the sides says.
    pub fn of<'s>(sides: impl IntoIterator<Item = Side<'s>>) -> Self {
        let said = sides.into_iter().flat_map(|side| side.answers.iter());
        Self(said.filter(|(_, answer)| !answer.is_empty()).map(|(slot, _)| slot.item.clone()).collect())
    }
}

/// Why a confirmation or acceptance does not hold on a side: the ids of the facts that differ, or what it is for. None where it holds.
pub fn why_not(framework: &Framework, known: &Known, side: Side<'_>, place: &Place) -> Option<Vec<String>> {
    look(framework, known, side, place).err()
}

fn look(framework: &Framework, known: &Known, side: Side<'_>, place: &Place) -> Result<Held, Vec<String>> {
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
    stands(framework, known, side, place, &confirmation)?;
    Ok(Held::Confirmed(confirmation))
}

/// Whether a confirmation would hold at a place of a side, or why not.
fn stands(
    framework: &Framework,
    known: &Known,
    side: Side<'_>,
    place: &Place,
    confirmation: &Confirmation,
) -> Result<(), Vec<String>> {
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
    let differs = |fact: &&ItemId| {
        let now = fact_among(side.answers, framework, fact);
        has_changed(confirmation.given.get(*fact), now, || !known.0.contains(*fact))
    };
    let facts: BTreeSet<&ItemId> = confirmation.given.keys().chain(rests_on).collect();
    let differing: Vec<String> =
        facts.into_iter().filter(differs).map(|fact| format!("{fact} differs")).collect();
    if differing.is_empty() { Ok(()) } else { Err(differing) }
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
