//! One deployment's changes, from two states of it.

use super::confirmations::confirmations;
use super::consequences::{self, Under};
use super::{Authors, Change, ChangedBy, Kind, Reviewed, RiskMove, Text};
use crate::model::{
    Address, Class, Deployment, Framework, Meta, PartyId, Rating, Received, RiskStatus, Slot,
};
use crate::ops::diff::{
    AcceptanceChange, AnswerChange, ClassMove, Difference, FieldChange, MitigationChange, RiskChange, Side,
    Way, acceptances, contents,
};

/// A deployment as it is at one end, with the framework that it follows there.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// Its framework.
    pub framework: &'a Framework,
}

/// What changed in a deployment that is on both sides, or between two deployments.
pub fn changed(
    before: Base<'_>,
    after: Base<'_>,
    names: (&str, &str),
    authors: Option<&Authors<'_>>,
) -> Reviewed {
    let (old, new) = (before.deployment, after.deployment);
    let difference = contents((before.framework, after.framework), &Side::of(old), &Side::of(new));
    let is_same = authors.is_some() || old.meta.id == new.meta.id;
    let mut changes = identity(&old.meta, &new.meta, is_same);
    if is_same && old.name != new.name {
        let change = Change::new(Kind::RenamedDeployment, None, "Folder");
        changes.push(change.with("", Some(old.name.to_string()), Some(new.name.to_string())));
    }
    let (left, right) = (Under::of(before), Under::of(after));
    let by =
        |section: &_, slot: &Slot| authors.map(|authors| authors.of(&[&old.name, &new.name], section, slot));
    changes.extend(of_contents(after.framework, &difference, &by));
    changes.extend(acceptances(&old.risks, &new.risks).iter().map(of_acceptance));
    changes.extend(consequences::outcomes(Some(&left), &right));
    changes.extend(consequences::states(Some(&left), &right));
    changes.extend(authors.into_iter().flat_map(|authors| confirmations(before, after, authors)));
    finish(new, Way::Changed, names, &difference, changes, right.to_answer())
}

/// What is in a deployment besides what it received, or all of it where it received nothing. `is_new` says that the deployment itself is a
/// change.
pub fn added(after: Base<'_>, right: &str, is_new: bool) -> Reviewed {
    let deployment = after.deployment;
    let nothing = Received::default();
    let received = deployment.received.as_deref().unwrap_or(&nothing);
    let parent = deployment.meta.derived_from.as_ref().map(|lineage| lineage.deployment.as_str());
    let left = parent.map_or_else(|| "nothing".to_owned(), |parent| format!("received from {parent}"));
    let side = Side { name: left.clone(), answers: &received.answers, risks: &received.risks, meta: None };
    let difference = contents((after.framework, after.framework), &side, &Side::of(deployment));
    let mut changes = Vec::new();
    if is_new {
        let origin =
            parent.map_or_else(|| "derived from nothing".to_owned(), |p| format!("derived from {p}"));
        changes.push(Change::new(Kind::AddedDeployment, None, &deployment.meta.title).saying(origin));
    }
    changes.extend(of_contents(after.framework, &difference, &|_, _| None));
    changes.extend(acceptances(&received.risks, &deployment.risks).iter().map(of_acceptance));
    let under = Under::of(after);
    changes.extend(consequences::outcomes_since_received(received, &under));
    changes.extend(consequences::states(None, &under));
    let way = if is_new { Way::Added } else { Way::Changed };
    finish(deployment, way, (&left, right), &difference, changes, under.to_answer())
}

/// A deployment that is gone.
pub fn removed(before: Base<'_>, left: &str) -> Reviewed {
    let deployment = before.deployment;
    let open = deployment.risks.values().filter(|risk| risk.status == RiskStatus::Open).count();
    let says = format!(
        "{} answers and {} risks go with it, {open} of them open",
        deployment.answers.len(),
        deployment.risks.len()
    );
    let change = Change::new(Kind::RemovedDeployment, None, &deployment.meta.title).saying(says);
    finish(deployment, Way::Removed, (left, "nothing"), &Difference::default(), vec![change], 0)
}

fn finish(
    deployment: &Deployment,
    way: Way,
    (left, right): (&str, &str),
    difference: &Difference,
    mut changes: Vec<Change>,
    unanswered: usize,
) -> Reviewed {
    changes.sort_by_key(|change| change.kind);
    let id = &deployment.meta.id;
    let changes = changes.into_iter().map(|change| change.named(id.as_str())).collect();
    Reviewed {
        name: deployment.name.clone(),
        id: Some(id.clone()),
        title: deployment.meta.title.clone(),
        way,
        left: left.to_owned(),
        right: right.to_owned(),
        risks: difference.risks.iter().filter_map(risk_move).collect(),
        changes,
        unanswered,
        problems: Vec::new(),
    }
}

/// What a deployment itself is.
fn identity(old: &Meta, new: &Meta, is_same: bool) -> Vec<Change> {
    let parent = |meta: &Meta| {
        meta.derived_from.as_ref().map(|lineage| format!("{} ({})", lineage.deployment, lineage.id))
    };
    let received = |meta: &Meta| meta.derived_from.as_ref().map(|lineage| lineage.received.clone());
    let framework = |meta: &Meta| {
        let digest = meta.framework.digest.as_ref().map(|digest| format!(" {digest}")).unwrap_or_default();
        Some(format!("{}{digest}", meta.framework))
    };
    let rows = [
        (Kind::Framework, "Framework", framework(old), framework(new), true),
        (Kind::Identity, "Permanent id", Some(old.id.to_string()), Some(new.id.to_string()), is_same),
        (Kind::Identity, "Title", Some(old.title.clone()), Some(new.title.clone()), true),
        (Kind::Identity, "Kind", Some(old.kind.to_string()), Some(new.kind.to_string()), true),
        (Kind::Identity, "Parent", parent(old), parent(new), is_same),
        (Kind::Identity, "What it received", received(old), received(new), is_same),
        (
            Kind::Identity,
            "Prefix of its risks",
            Some(old.risk_prefix.clone()),
            Some(new.risk_prefix.clone()),
            is_same,
        ),
    ];
    let differ = rows.into_iter().filter(|(_, _, before, after, counts)| *counts && before != after);
    differ
        .map(|(kind, title, before, after, _)| Change::new(kind, None, title).with("", before, after))
        .collect()
}

/// Who changed the answer of a slot of a section, where that is asked.
type By<'a> = dyn Fn(&crate::model::SectionId, &Slot) -> Option<ChangedBy> + 'a;

fn of_contents(framework: &Framework, difference: &Difference, by: &By<'_>) -> Vec<Change> {
    let mut changes: Vec<Change> = difference.risks.iter().flat_map(of_risk).collect();
    for (kind, answers) in [(Kind::Context, &difference.context), (Kind::Answer, &difference.answers)] {
        for answer in answers {
            let change = of_answer(framework, kind, answer, by);
            changes.extend(other_party(&change));
            changes.push(change);
        }
    }
    changes
}

fn of_answer(framework: &Framework, kind: Kind, answer: &AnswerChange, by: &By<'_>) -> Change {
    let mut change =
        Change::new(kind, Some(answer.address.clone()), &answer.title).of(answer.parties.clone());
    change.texts = answer.fields.iter().map(|field| Text::of(&answer.address, field)).collect();
    change.section = Some(answer.section.clone());
    let item = framework.item(&answer.address.subject);
    change.is_personal = item.is_some_and(|item| item.personal);
    if let Some(item) = item {
        change.changed_by =
            by(&answer.section, &Slot { item: item.id.clone(), row: answer.address.row.clone() });
    }
    change
}

/// A change of its own where somebody of another party changed an answer.
fn other_party(change: &Change) -> Option<Change> {
    let by = change.changed_by.as_ref()?;
    let others: Vec<&str> =
        by.parties.iter().filter(|party| !change.parties.contains(party)).map(PartyId::as_str).collect();
    if others.is_empty() || change.parties.is_empty() {
        return None;
    }
    let whose: Vec<&str> = change.parties.iter().map(PartyId::as_str).collect();
    let says =
        format!("an answer of the {}, changed by the {}", whose.join(" and "), others.join(" and the "));
    let mut told = Change::new(Kind::OtherParty, change.address.clone(), &change.title).saying(says);
    told.parties.clone_from(&change.parties);
    told.section.clone_from(&change.section);
    Some(told)
}

fn class(class: Option<Class>) -> String {
    class.map_or_else(|| "no class".to_owned(), |class| format!("class {class}"))
}

fn rating(rating: Option<&Rating>) -> Option<String> {
    rating.map(|rating| format!("{}, {}", rating.severity, rating.likelihood))
}

fn of_risk(risk: &RiskChange) -> Vec<Change> {
    let whole = Address::of(&risk.id);
    let at = |part: &str| Some(whole.clone().then(part));
    let classes = || {
        format!(
            "initial {}, residual {}",
            class_of(&risk.initial, risk.way),
            class_of(&risk.residual, risk.way)
        )
    };
    match risk.way {
        Way::Added => {
            return vec![Change::new(Kind::AddedRisk, Some(whole.clone()), &risk.title).saying(classes())];
        }
        Way::Removed => {
            return vec![Change::new(Kind::RemovedRisk, Some(whole.clone()), &risk.title).saying(classes())];
        }
        Way::Changed => {}
    }
    let mut changes = Vec::new();
    for (part, moved) in [("initial", &risk.initial), ("residual", &risk.residual)] {
        if !moved.is_change() {
            continue;
        }
        let kind = match (moved.class_before, moved.class_after) {
            (Some(before), Some(after)) if after > before => Kind::RiskIncrease,
            (Some(before), Some(after)) if after < before => Kind::RiskDecrease,
            (Some(_), None) => Kind::LostRating,
            _ => Kind::Rating,
        };
        let says = format!("{part}: {} → {}", class(moved.class_before), class(moved.class_after));
        let change = Change::new(kind, at(part), &risk.title).saying(says);
        changes.push(change.with("", rating(moved.before.as_ref()), rating(moved.after.as_ref())));
    }
    changes.extend(risk.mitigations.iter().map(|mitigation| of_mitigation(risk, mitigation)));
    let (status, rest): (Vec<&FieldChange>, Vec<&FieldChange>) = risk
        .fields
        .iter()
        .partition(|field| field.address.field.first().is_some_and(|name| name == "status"));
    for field in status {
        let is_open = field.after.as_deref() == Some(RiskStatus::Open.as_str());
        let kind = if is_open { Kind::ChangedRisk } else { Kind::ClosedRisk };
        changes.push(Change::new(kind, at("status"), &risk.title).with(
            "",
            field.before.clone(),
            field.after.clone(),
        ));
    }
    if !rest.is_empty() {
        let mut change = Change::new(Kind::ChangedRisk, Some(whole.clone()), &risk.title);
        change.texts = rest.into_iter().map(|field| Text::of(&whole, field)).collect();
        changes.push(change);
    }
    if changes.is_empty() {
        // The meaning differs and no field that is told does: say so rather than nothing.
        changes.push(Change::new(Kind::ChangedRisk, Some(whole), &risk.title).saying("it differs"));
    }
    changes
}

fn class_of(moved: &ClassMove, way: Way) -> String {
    class(if way == Way::Removed { moved.class_before } else { moved.class_after })
}

fn of_mitigation(risk: &RiskChange, mitigation: &MitigationChange) -> Change {
    let whole = Address::of(&risk.id).then("mitigations").then(mitigation.key.as_str());
    let kind = match mitigation.way {
        Way::Added => Kind::AddedMitigation,
        Way::Removed => Kind::RemovedMitigation,
        Way::Changed if mitigation.is_weakened => Kind::WeakenedMitigation,
        Way::Changed => Kind::ChangedMitigation,
    };
    let mut change = Change::new(kind, Some(whole.clone()), &risk.title).saying(mitigation.weaker.join(", "));
    change.texts = match mitigation.way {
        Way::Added => vec![Text::new("text", None, Some(mitigation.text.clone()))],
        Way::Removed => vec![Text::new("text", Some(mitigation.text.clone()), None)],
        Way::Changed => mitigation.fields.iter().map(|field| Text::of(&whole, field)).collect(),
    };
    change
}

fn of_acceptance(acceptance: &AcceptanceChange) -> Change {
    let says = match (&acceptance.before, &acceptance.after) {
        (None, _) => "accepted",
        (_, None) => "no longer accepted",
        _ => "accepted otherwise",
    };
    Change::new(Kind::Acceptance, Some(Address::of(&acceptance.id).then("acceptance")), &acceptance.title)
        .saying(says)
        .with("", acceptance.before.clone(), acceptance.after.clone())
}

/// A risk's place in the table of movements; none where only its words changed.
fn risk_move(risk: &RiskChange) -> Option<RiskMove> {
    let of = |way: Way| risk.mitigations.iter().filter(|m| m.way == way).count();
    let moved = RiskMove {
        id: risk.id.clone(),
        title: risk.title.clone(),
        way: risk.way,
        initial: risk.initial.clone(),
        residual: risk.residual.clone(),
        added: of(Way::Added),
        removed: of(Way::Removed),
        weakened: risk.mitigations.iter().filter(|m| m.is_weakened).count(),
    };
    let is_move = risk.way != Way::Changed
        || risk.initial.is_change()
        || risk.residual.is_change()
        || moved.added + moved.removed + moved.weakened > 0;
    is_move.then_some(moved)
}
