//! Conflicts that no single field shows: the two edits agree with the file's form and contradict each other in what they say of a risk.

use super::field::{Field, Place, class_of};
use super::{Change, Conflict, Merged, Side, Why, apply};
use crate::model::{Framework, Key, Merge3, Risk, RiskId, RiskStatus};
use crate::ops::diff::is_weaker;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn conflicts(
    framework: &Framework,
    open: &BTreeMap<&RiskId, BTreeSet<&Key>>,
    [base, left, right]: [Side<'_>; 3],
    merged: &mut Merged,
) {
    // However the conflicts that are there already are decided: a mitigation that somebody keeps needs its causes.
    let with_theirs = merged.conflicts.iter().map(Conflict::taking_right);
    let with_theirs: Vec<Change> = merged.changes.iter().cloned().chain(with_theirs).collect();
    let outcomes = [apply(left, &merged.changes), apply(left, &with_theirs)];
    for id in open.keys() {
        let (Some(here), Some(there)) = (left.risks.get(*id), right.risks.get(*id)) else { continue };
        let mut found: Vec<(Place, Why)> = Vec::new();
        if let Some(was) = base.risks.get(*id) {
            let less = |side: &Risk, other: &Risk| {
                if is_worse(framework, was, other) { eased(framework, was, side) } else { Vec::new() }
            };
            let fields = less(here, there).into_iter().chain(less(there, here));
            found.extend(fields.map(|field| (Place::in_risk(id, &[field]), Why::LessAndMore)));
        }
        let known: BTreeSet<_> = dangling(here).union(&dangling(there)).cloned().collect();
        let new = outcomes.iter().filter_map(|content| content.risks.get(*id)).flat_map(dangling);
        let new: BTreeSet<Key> = new.filter(|one| !known.contains(one)).map(|(_, cause)| cause).collect();
        found.extend(
            new.iter().map(|cause| (Place::in_risk(id, &["causes", cause.as_str()]), Why::CauseInUse)),
        );
        for (place, why) in found {
            let sides = Merge3 { base: base.at(&place), left: left.at(&place), right: right.at(&place) };
            if sides.left != sides.right && !merged.conflicts.iter().any(|conflict| conflict.place == place) {
                merged.changes.retain(|change| change.place != place);
                merged.conflicts.push(Conflict { place, sides, why });
            }
        }
    }
    merged.conflicts.sort_by(|a, b| a.place.cmp(&b.place));
}

/// The fields in which a side says that a risk is less than it was.
fn eased(framework: &Framework, was: &Risk, is: &Risk) -> Vec<&'static str> {
    let class = |rating: &Option<crate::model::Rating>| {
        class_of(framework, rating.clone().map(Field::Rating).as_ref())
    };
    let lower = |was, is| matches!((class(was), class(is)), (Some(was), Some(is)) if is < was);
    let mut fields = Vec::new();
    fields.extend(lower(&was.initial, &is.initial).then_some("initial"));
    fields.extend(lower(&was.residual, &is.residual).then_some("residual"));
    fields.extend((was.status == RiskStatus::Open && is.status != RiskStatus::Open).then_some("status"));
    fields
}

/// Whether a side finds a risk worse than it was.
fn is_worse(framework: &Framework, was: &Risk, is: &Risk) -> bool {
    let raised = !eased(framework, is, was).is_empty();
    let has_cause_more = is.causes.keys().any(|key| !was.causes.contains_key(key));
    let has_less = was
        .mitigations
        .iter()
        .any(|(key, before)| is.mitigations.get(key).is_none_or(|now| is_weaker(before, now)));
    raised || has_cause_more || has_less
}

/// The causes that mitigations act on and that are not there.
fn dangling(risk: &Risk) -> BTreeSet<(Key, Key)> {
    let all = risk
        .mitigations
        .iter()
        .flat_map(|(key, m)| m.causes.iter().map(move |cause| (key.clone(), cause.clone())));
    all.filter(|(_, cause)| !risk.causes.contains_key(cause)).collect()
}
