//! Brings what a parent gained into a descendant: base is what was received, left the descendant, right what the parent
//! would hand over now. What arrives is for its new owner to confirm.

use super::derive::{hand_over, only_deployers};
use super::merge::{self, Change, Conflict, Merged, Place, Side, Subject, Why};
use crate::diag::{Code, Error, Label, Severity};
use crate::model::{
    Canonical, Decision, Deployment, DeploymentName, Digest, Framework, Kind, Lineage, OnDerive, Pending,
    PermanentId, Reason, Received, Refusal, RiskId, SUPPLIER, Slot, Source, Undecided,
};
use crate::project::{CONFLICTS, folder_of};
use crate::syntax::Edit;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The update cannot be done.
pub static CANNOT_UPDATE: Code = Code {
    id: "TOM-0511",
    severity: Severity::Error,
    title: "a deployment cannot be updated so",
    explain: "An update merges what the parent would hand over now into a derived deployment, against what it received before. The deployment has to be derived, \
its parent has to be in this repository under its permanent id, both have to follow the same framework, and its folder must have no changes that are not \
committed (or say `--allow-dirty`), so that what the update did can be seen and undone with git. With `--onto` the new parent must not be the deployment itself or come from it. An update that waits for decisions has to be decided or given up before one from another parent.",
};

/// A decision does not fit.
pub static CANNOT_RESOLVE: Code = Code {
    id: "TOM-0512",
    severity: Severity::Error,
    title: "a conflict cannot be decided so",
    explain: "`conflicts.toml` holds the fields that an update could not decide, and the answers and risks that they were found for. A decision needs the address of \
one of them, and the deployment as it was then: if it was changed since, run `tom update` again, which keeps the decisions that still fit.",
};

/// Every code of updates.
pub const CODES: &[&Code] = &[&CANNOT_UPDATE, &CANNOT_RESOLVE];

/// What a parent hands over now.
#[derive(Debug, Clone)]
pub struct Coming {
    /// The parent's name.
    pub parent: DeploymentName,
    /// The parent's permanent id.
    pub id: PermanentId,
    /// The commit that it was read from; none where it was updated a moment ago.
    pub commit: Option<String>,
    /// What it hands over.
    pub received: Arc<Received>,
    /// The digest of that.
    pub digest: Digest,
    /// The code of the parent's supplier.
    pub supplier: String,
}

/// Whoever hands over, with what it hands over: computed once for all its children.
#[derive(Debug)]
pub struct Giver {
    deployment: Deployment,
    framework: Arc<Framework>,
    commit: Option<String>,
    /// Without and with the notes of its deployer.
    comings: [OnceLock<Coming>; 2],
}

impl Giver {
    /// A deployment as it was read at a commit; none where it was updated a moment ago.
    pub fn new(deployment: Deployment, framework: Arc<Framework>, commit: Option<String>) -> Self {
        Self { deployment, framework, commit, comings: Default::default() }
    }

    /// The deployment.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Its framework.
    pub fn framework(&self) -> &Framework {
        &self.framework
    }

    /// What it hands over to somebody who received `base` before: with the notes of its deployer if they took them then.
    pub fn hands_over(&self, base: &Received) -> &Coming {
        let Self { deployment, framework, commit, comings } = self;
        let with_notes = took_notes(deployment, framework, base);
        comings[usize::from(with_notes)].get_or_init(|| {
            let received = hand_over(deployment, framework, with_notes).received;
            Coming {
                parent: deployment.name.clone(),
                id: deployment.meta.id.clone(),
                commit: commit.clone(),
                digest: received.digest(),
                received: Arc::new(received),
                supplier: deployment.text(&framework.headline.supplier_code),
            }
        })
    }
}

/// Whether something was received that only comes with `--keep-notes`.
pub(super) fn took_notes(parent: &Deployment, framework: &Framework, base: &Received) -> bool {
    let is_noted = |(slot, answer): (&Slot, &crate::model::Answer)| {
        (answer.notes.is_some() || !answer.evidence.is_empty())
            && framework
                .item(slot.item.as_str())
                .is_some_and(|item| item.on_derive == OnDerive::Keep && only_deployers(item))
    };
    let is_shown = |risk: &crate::model::Risk| {
        risk.mitigations.values().any(|m| m.owner.as_str() != SUPPLIER && !m.evidence.is_empty())
    };
    parent.meta.kind == Kind::Deployment
        && (base.answers.iter().any(is_noted) || base.risks.values().any(is_shown))
}

/// Places that are refused, and why.
#[derive(Debug, Clone, Default)]
pub struct Refusing {
    /// Where.
    pub places: Vec<Place>,
    /// Why, by whom and when; there where something is refused.
    pub reason: Option<Reason>,
    /// Whether several deployments are updated: one to which nothing is offered there has nothing to refuse.
    pub is_wide: bool,
}

/// What became of an update.
#[derive(Debug, Clone)]
pub enum Updated {
    /// Nothing that is carried differs by meaning, and no confirmation comes or goes. What an earlier update left to decide is offered no more.
    UpToDate,
    /// Everything is decided.
    Applied(Box<Applied>),
    /// Somebody has to decide.
    Waits(Box<Pending>, Merged),
}

/// An update that is to be written.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The deployment with the update in it.
    pub deployment: Deployment,
    /// The changes of its answers and risks, risks first.
    pub changes: Vec<Change>,
    /// The addresses that were refused, and are remembered.
    pub refused: Vec<String>,
}

fn lineage(deployment: &Deployment) -> Result<(&Lineage, &Received), Error> {
    let name = &deployment.name;
    match (&deployment.meta.derived_from, &deployment.received) {
        (Some(lineage), Some(received)) => Ok((lineage, received)),
        _ => Err(Error::new(&CANNOT_UPDATE, format!("`{name}` is not derived from another deployment"))
            .help("`tom derive` makes a deployment that can be updated")),
    }
}

/// Something else waits for decisions.
pub(super) fn waits_for(deployment: &Deployment, from: &str) -> Error {
    let name = &deployment.name;
    Error::new(&CANNOT_UPDATE, format!("`{name}` waits for decisions about what came from `{from}`"))
        .help(format!("`tom resolve {name}` decides them; to drop them, delete its `conflicts.toml`"))
}

/// What a deployment received; an error where it is not derived.
pub fn base_of(deployment: &Deployment) -> Result<&Received, Error> {
    lineage(deployment).map(|(_, received)| received)
}

/// What a parent would bring now; nothing but confirmations where what is carried differs only in form.
///
/// # Errors
///
/// Where the deployment is not derived.
pub fn offers(deployment: &Deployment, framework: &Framework, coming: &Coming) -> Result<Merged, Error> {
    let base = base_of(deployment)?;
    let right = for_here(deployment, framework, coming);
    Ok(offered(framework, base.into(), deployment.into(), (&right).into()))
}

/// Updates a deployment. `before` is an earlier update that still waits: its decisions and refusals are kept where they fit.
///
/// # Errors
///
/// Where the deployment is not derived or is the parent itself, where nothing is offered at a place that is refused, and where an update from
/// another parent waits for decisions, which would be lost.
pub fn update(
    deployment: &Deployment,
    framework: &Framework,
    coming: &Coming,
    refusing: &Refusing,
    before: Option<&Pending>,
) -> Result<Updated, Error> {
    let (lineage, base) = lineage(deployment)?;
    if deployment.meta.id == coming.id {
        return Err(circle(&deployment.name, &coming.parent));
    }
    match before.map(|before| &before.source) {
        Some(Source::Parent { deployment: other, id, .. }) if *id != coming.id && lineage.id == coming.id => {
            return Err(waits_for_another(&deployment.name, other));
        }
        Some(other @ (Source::Workbook(_) | Source::HandOver { .. })) => {
            return Err(waits_for(deployment, other.name()));
        }
        _ => {}
    }
    let is_level = lineage.id == coming.id && base.digest() == coming.digest;
    // The base and its confirmations move together, also where nothing comes of it here.
    let is_same = is_level && *base == *coming.received && lineage.confirmations.is_some();
    if is_same && refusing.places.is_empty() {
        return Ok(Updated::UpToDate);
    }
    let right = for_here(deployment, framework, coming);
    let (base, left, right) = (Side::from(base), Side::from(deployment), Side::from(&right));
    let mut merged = offered(framework, base, left, right);
    let earlier =
        before.map(|before| refused_before(deployment, framework, before, &merged)).unwrap_or_default();
    let still_open = |place: &Place, refusal: &Refusal| digest_at(right, place) == refusal.digest;
    let mut refused = BTreeMap::new();
    for (place, refusal) in earlier.into_iter().filter(|(place, refusal)| still_open(place, refusal)) {
        if leave_out(&mut merged, &place) {
            refused.insert(place.address().to_string(), refusal);
        }
    }
    let mut has_refused = false;
    for place in &refusing.places {
        let is_known = refused.contains_key(&place.address().to_string());
        if !leave_out(&mut merged, place) && !is_known {
            if refusing.is_wide {
                continue;
            }
            let what = format!(
                "`{}` offers `{}` nothing new at `{}`",
                coming.parent,
                deployment.name,
                place.address()
            );
            return Err(Error::new(&CANNOT_UPDATE, what)
                .note("only what the parent changed since the last update can be refused")
                .help(format!("`tom update {} --dry-run` lists it", deployment.name)));
        }
        has_refused = true;
        if let Some(said) = &refusing.reason {
            refused.insert(place.address().to_string(), refusal(right, place, said));
        }
    }
    if is_same && !has_refused {
        return Ok(Updated::UpToDate);
    }
    if merged.is_clean() {
        let changes = merged.changes;
        return Ok(Updated::Applied(Box::new(applied(deployment, framework, coming, changes, refused))));
    }
    let pending = Pending {
        source: Source::Parent {
            deployment: coming.parent.clone(),
            id: coming.id.clone(),
            commit: coming.commit.clone(),
        },
        left: digest_of(deployment),
        conflicts: told_of_refusals(deployment, undecided(&merged, before)),
        refused,
        received: (*coming.received).clone(),
    };
    Ok(Updated::Waits(Box::new(pending), merged))
}

/// What was refused here before, with a reason, was not just taken away.
fn told_of_refusals(
    deployment: &Deployment,
    mut conflicts: BTreeMap<String, Undecided>,
) -> BTreeMap<String, Undecided> {
    let refused = deployment.meta.derived_from.iter().flat_map(|lineage| &lineage.refused);
    for (address, refusal) in refused {
        if let Some(conflict) = conflicts.get_mut(address).filter(|conflict| conflict.left.is_none()) {
            conflict.why = format!(
                "refused here by {} on {} ({}), changed there since",
                refusal.by, refusal.on, refusal.reason
            );
        }
    }
    conflicts
}

/// The conflicts of a merge; what was decided before is kept where it fits.
pub(super) fn undecided(merged: &Merged, before: Option<&Pending>) -> BTreeMap<String, Undecided> {
    let each = merged.conflicts.iter().map(|conflict| {
        let mut undecided = in_words(conflict);
        let address = conflict.place.address().to_string();
        let known = before.and_then(|before| before.conflicts.get(&address));
        undecided.decision = known
            .filter(|known| {
                let why = undecided.why.clone();
                Undecided { decision: None, why, ..(*known).clone() } == undecided
            })
            .and_then(|known| known.decision.clone());
        (address, undecided)
    });
    each.collect()
}

/// The parent is the deployment itself, or comes from it.
pub fn circle(name: &DeploymentName, parent: &DeploymentName) -> Error {
    let what = if name == parent {
        format!("`{name}` cannot be its own parent")
    } else {
        format!("`{parent}` is `{name}` or comes from it: they would form a circle")
    };
    Error::new(&CANNOT_UPDATE, what).help("`tom lineage` shows who comes from whom")
}

fn waits_for_another(name: &DeploymentName, other: &DeploymentName) -> Error {
    Error::new(&CANNOT_UPDATE, format!("an update of `{name}` from `{other}` waits for decisions"))
        .at(Label::file(format!("{}/{CONFLICTS}", folder_of(name))))
        .note("an update from another parent would lose what was decided and refused in it")
        .help(format!(
            "decide with `tom resolve {name}`, go on with `tom update {name} --onto {other}`, or remove that file to give it up"
        ))
}

/// Takes what is at a place, or in it, out of a merge. False where nothing is.
fn leave_out(merged: &mut Merged, place: &Place) -> bool {
    let count = merged.changes.len() + merged.conflicts.len();
    merged.changes.retain(|change| !change.place.is_within(place));
    merged.conflicts.retain(|conflict| !conflict.place.is_within(place));
    merged.changes.len() + merged.conflicts.len() < count
}

/// What was refused while an update waits: with it, or in a conflict that is no longer one, because what stood here went.
fn refused_before(
    deployment: &Deployment,
    framework: &Framework,
    before: &Pending,
    merged: &Merged,
) -> Vec<(Place, Refusal)> {
    let place = |address: &str| Place::of(framework, &address.parse().ok()?);
    let Some(coming) = coming_again(deployment, framework, before) else { return Vec::new() };
    let right = for_here(deployment, framework, &coming);
    let decided = before.conflicts.iter().filter_map(|(address, conflict)| match &conflict.decision {
        Some(Decision::Ours(Some(said))) => {
            let place = place(address).filter(|place| merged.conflicts.iter().all(|c| c.place != *place))?;
            let refusal = refusal((&right).into(), &place, said);
            Some((place, refusal))
        }
        _ => None,
    });
    let refused =
        before.refused.iter().filter_map(|(address, refusal)| Some((place(address)?, refusal.clone())));
    refused.chain(decided).collect()
}

/// Every field on each side, in words.
fn in_words(conflict: &Conflict) -> Undecided {
    let words = conflict.in_words();
    let told = |text: Option<String>| text.filter(|text| !text.is_empty());
    Undecided {
        why: conflict.why.as_str().to_owned(),
        base: told(words.base),
        left: told(words.left),
        right: told(words.right),
        decision: None,
    }
}

/// The merge, in which nothing takes a whole risk or mitigation away without being asked.
pub(super) fn offered(framework: &Framework, base: Side<'_>, left: Side<'_>, right: Side<'_>) -> Merged {
    let mut merged = merge::merge(framework, base, left, right);
    let is_withdrawn = |change: &Change| change.place.is_hazard_or_control() && change.after.is_none();
    let (gone, changes) = merged.changes.into_iter().partition(is_withdrawn);
    merged.changes = changes;
    merged.conflicts.extend(Vec::<Change>::into_iter(gone).map(|change| {
        let sides = crate::model::Merge3 { base: base.at(&change.place), left: change.before, right: None };
        Conflict { place: change.place, sides, why: Why::Withdrawn }
    }));
    merged.conflicts.sort_by(|a, b| a.place.cmp(&b.place));
    merged
}

/// What comes, as far as it may count here: another supplier's confirmations do not.
fn for_here(deployment: &Deployment, framework: &Framework, coming: &Coming) -> Received {
    let mut right = (*coming.received).clone();
    if deployment.text(&framework.headline.supplier_code) != coming.supplier {
        let is_other = |party: &crate::model::PartyId| party.as_str() != SUPPLIER;
        right.answers.values_mut().for_each(|answer| answer.confirmed.retain(|party, _| is_other(party)));
        let mitigations = right.risks.values_mut().flat_map(|risk| risk.mitigations.values_mut());
        mitigations.for_each(|mitigation| mitigation.confirmed.retain(|party, _| is_other(party)));
    }
    right
}

fn refusal(right: Side<'_>, place: &Place, said: &Reason) -> Refusal {
    Refusal { digest: digest_at(right, place), reason: said.reason.clone(), by: said.by.clone(), on: said.on }
}

/// The short digest of what stands at a place; of nothing where nothing does.
pub(super) fn digest_at(side: Side<'_>, place: &Place) -> String {
    side.at(place)
        .map_or_else(|| crate::model::Tree::List(Vec::new()).digest(), |field| field.digest())
        .short()
}

/// The digest of a deployment's answers and risks.
pub fn digest_of(deployment: &Deployment) -> String {
    let content = Received { answers: deployment.answers.clone(), risks: deployment.risks.clone() };
    content.digest().to_string()
}

fn applied(
    deployment: &Deployment,
    framework: &Framework,
    coming: &Coming,
    changes: Vec<Change>,
    new_refusals: BTreeMap<String, Refusal>,
) -> Applied {
    let content = merge::apply(deployment.into(), &changes);
    let mut after = Deployment { answers: content.answers, risks: content.risks, ..deployment.clone() };
    let mut refused = after.meta.derived_from.take().map(|lineage| lineage.refused).unwrap_or_default();
    // A refusal is of what was offered then; once the parent changed that again, it was decided anew.
    refused.retain(|address, refusal| {
        let place = address.parse().ok().and_then(|address| Place::of(framework, &address));
        place.is_some_and(|place| digest_at((&*coming.received).into(), &place) == refusal.digest)
    });
    let addresses = new_refusals.keys().cloned().collect();
    refused.extend(new_refusals);
    after.meta.derived_from = Some(Lineage {
        deployment: coming.parent.clone(),
        id: coming.id.clone(),
        received: coming.digest.to_string(),
        confirmations: Some(coming.received.confirmations().to_string()),
        commit: coming.commit.clone(),
        refused,
    });
    after.received = Some(coming.received.clone());
    (after.is_received_intact, after.waiting) = (true, None);
    Applied { deployment: after, changes, refused: addresses }
}

/// Puts a decision into an update that waits.
///
/// # Errors
///
/// Where there is no such conflict, the value does not fit, or taking nothing needs a reason.
pub fn decide(
    deployment: &Deployment,
    framework: &Framework,
    pending: &mut Pending,
    place: &Place,
    decision: Decision,
) -> Result<(), Error> {
    let address = place.address().to_string();
    let Some(undecided) = pending.conflicts.get(&address) else {
        let error = Error::new(&CANNOT_RESOLVE, format!("`{address}` is not among the conflicts"));
        let known = pending.conflicts.keys().map(String::as_str).collect::<Vec<_>>();
        return Err(match crate::diag::nearest(&address, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.note(format!("undecided: {}", known.join(", "))),
        });
    };
    let from_parent = matches!(pending.source, Source::Parent { .. });
    if let Decision::Value(value) = &decision {
        let none = Received::default();
        let base = match &pending.source {
            Source::Parent { .. } => base_of(deployment)?,
            Source::Workbook(workbook) => &workbook.base,
            Source::HandOver { .. } => &none,
        };
        let sides = [Side::from(deployment), Side::from(&pending.received), Side::from(base)];
        merge::typed(framework, place, sides, value)?;
    }
    if !from_parent && matches!(decision, Decision::Ours(Some(_))) {
        return Err(Error::new(&CANNOT_RESOLVE, "a reason is remembered only for what a parent offers")
            .help("keep what stands here with `--ours` alone, and say why in its notes"));
    }
    let is_absent = from_parent && place.is_hazard_or_control() && undecided.left.is_none();
    if is_absent && decision == Decision::Ours(None) {
        let what = if place.field.is_empty() { "risk" } else { "mitigation" };
        return Err(Error::new(
            &CANNOT_RESOLVE,
            format!("`{address}` is a {what}: leaving it out needs a reason"),
        )
        .help("say why with `--reason`, and who says so with `--by`"));
    }
    refuse_changed(deployment, pending)?;
    let found = pending.conflicts.get_mut(&address);
    found.into_iter().for_each(|conflict| conflict.decision = Some(decision.clone()));
    Ok(())
}

/// Refuses to go on where the deployment is not the one that the conflicts were found for.
fn refuse_changed(deployment: &Deployment, pending: &Pending) -> Result<(), Error> {
    if pending.left == digest_of(deployment) {
        return Ok(());
    }
    let name = &deployment.name;
    let again = match &pending.source {
        Source::Parent { .. } => format!("run `tom update {name}` again"),
        Source::Workbook(workbook) => format!("import `{}` again", workbook.origin.file),
        Source::HandOver { .. } => "receive the hand-over again".to_owned(),
    };
    Err(Error::new(&CANNOT_RESOLVE, format!("`{name}` was changed since its conflicts were found"))
        .help(format!("{again}; decisions that still fit are kept")))
}

/// The update, once every conflict is decided; none while one is not.
pub fn finish(
    deployment: &Deployment,
    framework: &Framework,
    pending: &Pending,
) -> Result<Option<Applied>, Error> {
    refuse_changed(deployment, pending)?;
    if pending.open().next().is_some() {
        return Ok(None);
    }
    let Some(coming) = coming_again(deployment, framework, pending) else {
        return super::arrival::finish(deployment, framework, pending);
    };
    let base = base_of(deployment)?;
    let right = for_here(deployment, framework, &coming);
    let (base, left, right) = (Side::from(base), Side::from(deployment), Side::from(&right));
    let mut refused = pending.refused.clone();
    let decisions = decisions((deployment, framework), pending, (base, left, right), &mut refused)?;
    let mut changes = merge::decided(framework, (base, left, right), decisions);
    changes.retain(|change| !is_refused(framework, &refused, &change.place));
    Ok(Some(applied(deployment, framework, &coming, changes, refused)))
}

/// Whether a place is one that is refused, or in one.
fn is_refused(framework: &Framework, refused: &BTreeMap<String, Refusal>, place: &Place) -> bool {
    refused.keys().any(|address| {
        let outer = address.parse().ok().and_then(|address| Place::of(framework, &address));
        outer.is_some_and(|outer| place.is_within(&outer))
    })
}

/// What was decided, as changes of left; what was refused with a reason is added.
pub(super) fn decisions(
    (deployment, framework): (&Deployment, &Framework),
    pending: &Pending,
    (base, left, right): (Side<'_>, Side<'_>, Side<'_>),
    refused: &mut BTreeMap<String, Refusal>,
) -> Result<Vec<Change>, Error> {
    let mut decisions = Vec::new();
    for conflict in &offered(framework, base, left, right).conflicts {
        let address = conflict.place.address().to_string();
        let decision = pending.conflicts.get(&address).and_then(|known| known.decision.as_ref());
        let left_as_is = Change {
            place: conflict.place.clone(),
            before: conflict.sides.left.clone(),
            after: conflict.sides.left.clone(),
        };
        decisions.push(match decision {
            Some(Decision::Theirs) => conflict.taking_right(),
            Some(Decision::Value(value)) => {
                let after = merge::typed(framework, &conflict.place, [left, right, base], value)?;
                Change { after: Some(after), ..left_as_is }
            }
            Some(Decision::Ours(said)) => {
                if let Some(said) = said {
                    refused.insert(address, refusal(right, &conflict.place, said));
                }
                left_as_is
            }
            None if is_refused(framework, &pending.refused, &conflict.place) => left_as_is,
            None => {
                let what = format!("`{address}` is undecided, and not in `conflicts.toml`");
                return Err(Error::new(&CANNOT_RESOLVE, what).help(format!(
                    "run `tom update {}` again; decisions that still fit are kept",
                    deployment.name
                )));
            }
        });
    }
    Ok(decisions)
}

/// What an update that waits has from the parent; none where a workbook waits.
fn coming_again(deployment: &Deployment, framework: &Framework, pending: &Pending) -> Option<Coming> {
    let Source::Parent { deployment: parent, id, commit } = &pending.source else { return None };
    // The parent's own supplier is not known here any more; its code is carried like any answer.
    let code = Slot::of(&framework.headline.supplier_code);
    let carried = pending.received.answers.get(&code).and_then(|answer| answer.value.as_ref());
    Some(Coming {
        parent: parent.clone(),
        id: id.clone(),
        commit: commit.clone(),
        digest: pending.received.digest(),
        received: Arc::new(pending.received.clone()),
        supplier: carried
            .map_or_else(|| deployment.text(&framework.headline.supplier_code), ToString::to_string),
    })
}

/// The edits of `deployment.toml` that an update makes.
pub fn meta_edits(before: &Lineage, after: &Lineage) -> Vec<Edit> {
    let route = |keys: &[&str]| -> Vec<String> {
        ["derived-from"].iter().chain(keys).map(|key| (*key).to_owned()).collect()
    };
    let text = |text: &str| crate::model::Value::Text(text.to_owned());
    let mut edits = Vec::new();
    let mut set = |keys: &[&str], before: Option<&str>, after: Option<&str>| {
        if before != after {
            edits.push(
                after.map_or_else(|| Edit::Remove(route(keys)), |after| Edit::Set(route(keys), text(after))),
            );
        }
    };
    set(&["deployment"], Some(before.deployment.as_str()), Some(after.deployment.as_str()));
    set(&["id"], Some(before.id.as_str()), Some(after.id.as_str()));
    set(&["received"], Some(&before.received), Some(&after.received));
    set(&["confirmations"], before.confirmations.as_deref(), after.confirmations.as_deref());
    set(&["commit"], before.commit.as_deref(), after.commit.as_deref());
    for address in before.refused.keys().filter(|address| !after.refused.contains_key(*address)) {
        edits.push(Edit::Remove(route(&["refused", address])));
    }
    for (address, refusal) in &after.refused {
        if before.refused.get(address) != Some(refusal) {
            edits.push(Edit::Remove(route(&["refused", address])));
            edits.push(Edit::Set(route(&["refused", address, "digest"]), text(&refusal.digest)));
            edits.push(Edit::Set(route(&["refused", address, "reason"]), text(&refusal.reason)));
            edits.push(Edit::Set(route(&["refused", address, "by"]), text(&refusal.by)));
            edits.push(Edit::Set(route(&["refused", address, "on"]), crate::model::Value::Date(refusal.on)));
        }
    }
    edits
}

/// The risks whose content changes, each once.
pub fn risks_of(changes: &[Change]) -> Vec<&RiskId> {
    let mut ids: Vec<&RiskId> = changes
        .iter()
        .filter(|change| !change.is_voice())
        .filter_map(|change| if let Subject::Risk(id) = &change.place.subject { Some(id) } else { None })
        .collect();
    ids.dedup();
    ids
}
