//! Drafts a baseline from what several deployments agree on.
//!
//! Everything goes through what each of them would hand over, so that nothing of an organisation's own comes along, and is taken only where all say the same.
//! Nothing is confirmed. A residual rating is left open where a mitigation was left out: it was given for more than the draft has.

use super::derive::{LeftOver, hand_over, left_over, names_of};
use crate::diag::{Code, Error, Severity};
use crate::model::{
    Address, Answer, Canonical, Deployment, DeploymentName, Framework, Kind, Meta, PermanentId, Received,
    Risk, RiskId, Settings, Slot,
};
use std::collections::{BTreeMap, BTreeSet};

/// The baseline cannot be drafted.
pub static CANNOT_DRAFT: Code = Code {
    id: "TOM-0560",
    severity: Severity::Error,
    title: "a baseline cannot be drafted so",
    explain: "`tom baseline D… NEW` takes what two or more deployments agree on, and makes a baseline of it. They have to follow the same version of the same \
framework; the last name is that of the new baseline.",
};

/// What the new baseline is called.
#[derive(Debug, Clone)]
pub struct Naming {
    /// Its folder's name.
    pub name: DeploymentName,
    /// Its id for life.
    pub id: PermanentId,
    /// Its title.
    pub title: String,
    /// The prefix of its own risks.
    pub risk_prefix: String,
}

/// A draft, with what it does not say.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The baseline.
    pub deployment: Deployment,
    /// Where the deployments say different things, or not all of them say something.
    pub differ: Vec<Address>,
    /// What they agree on and what names an organisation or its people, and was left out.
    pub left_out: Vec<LeftOver>,
}

/// Drafts a baseline.
///
/// # Errors
///
/// Where there are fewer than two deployments, or they follow different frameworks.
pub fn draft(
    of: &[Deployment],
    framework: &Framework,
    settings: &Settings,
    naming: Naming,
) -> Result<Draft, Error> {
    let refuse = |why: String| Error::new(&CANNOT_DRAFT, why);
    let names: BTreeSet<&DeploymentName> = of.iter().map(|deployment| &deployment.name).collect();
    if names.len() < 2 {
        return Err(refuse("one deployment agrees with itself only".to_owned())
            .help("name two or more, and the new baseline last; `tom derive` starts from one"));
    }
    let pin = &of[0].meta.framework;
    if let Some(other) = of.iter().find(|deployment| deployment.meta.framework != *pin) {
        let why = format!("`{}` and `{}` follow different frameworks", of[0].name, other.name);
        return Err(
            refuse(why).help("bring them to the same version first, with `tom update --framework FROM TO`")
        );
    }
    let handed: Vec<Received> =
        of.iter().map(|deployment| hand_over(deployment, framework, false).received).collect();
    let mut differ = Vec::new();
    let mut answers = answers(&handed, &mut differ);
    let mut risks = risks(&handed, &mut differ);
    let names: BTreeSet<String> =
        of.iter().flat_map(|deployment| names_of(deployment, framework, settings)).collect();
    let names: Vec<String> = names.into_iter().collect();
    let left_out = left_over(&names, &answers, &risks);
    for over in &left_out {
        leave_out(&over.address, &mut answers, &mut risks);
    }
    let meta = Meta {
        id: naming.id,
        title: naming.title,
        kind: Kind::Baseline,
        framework: pin.clone(),
        risk_prefix: naming.risk_prefix,
        derived_from: None,
        history: BTreeMap::new(),
    };
    let deployment = Deployment { answers, risks, ..Deployment::empty(naming.name, meta) };
    Ok(Draft { deployment, differ, left_out })
}

/// The one value that all have; none where one has another, or none.
fn common<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

fn answers(handed: &[Received], differ: &mut Vec<Address>) -> BTreeMap<Slot, Answer> {
    let slots: BTreeSet<&Slot> = handed.iter().flat_map(|one| one.answers.keys()).collect();
    let empty = Answer::default();
    let mut answers = BTreeMap::new();
    for slot in slots {
        let all: Vec<&Answer> = handed.iter().map(|one| one.answers.get(slot).unwrap_or(&empty)).collect();
        if all.iter().all(|answer| answer.is_empty()) {
            continue;
        }
        let at = slot.address();
        if common(all.iter().map(|answer| answer.encode())).is_some() {
            answers.insert(slot.clone(), all[0].content());
            continue;
        }
        let value = common(all.iter().map(|answer| answer.value.clone())).flatten();
        let rows = all[0].rows.iter().filter(|(key, row)| all.iter().all(|a| a.rows.get(*key) == Some(row)));
        let rows: BTreeMap<_, _> = rows.map(|(key, row)| (key.clone(), row.clone())).collect();
        // What they say is agreed on, what they add is not: the addition stays out.
        differ.push(if value.is_some() { at.then("notes") } else { at });
        if value.is_some() || !rows.is_empty() {
            answers.insert(slot.clone(), Answer { value, rows, ..Answer::default() });
        }
    }
    answers
}

fn risks(handed: &[Received], differ: &mut Vec<Address>) -> BTreeMap<RiskId, Risk> {
    let ids: BTreeSet<&RiskId> = handed.iter().flat_map(|one| one.risks.keys()).collect();
    let mut risks = BTreeMap::new();
    for id in ids {
        let all: Option<Vec<&Risk>> = handed.iter().map(|one| one.risks.get(id)).collect();
        match all.as_deref().and_then(|all| risk(id, all, differ)) {
            Some(risk) => drop(risks.insert(id.clone(), risk)),
            None => differ.push(Address::of(id)),
        }
    }
    risks
}

/// What all say of a risk; none where they do not mean the same hazard.
fn risk(id: &RiskId, all: &[&Risk], differ: &mut Vec<Address>) -> Option<Risk> {
    let first =
        common(all.iter().map(|risk| (&risk.title, &risk.section, &risk.owner, &risk.hazard, &risk.effect)))
            .and(all.first())?;
    let at = Address::of(id);
    let keys = |differ: &mut Vec<Address>,
                group: &str,
                keys: BTreeSet<&crate::model::Key>,
                agree: &dyn Fn(&crate::model::Key) -> bool| {
        let (kept, gone): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| agree(key));
        differ.extend(gone.iter().map(|key| at.clone().then(group).then(key.as_str())));
        (kept.into_iter().cloned().collect::<BTreeSet<_>>(), !gone.is_empty())
    };
    let causes = all.iter().flat_map(|risk| risk.causes.keys()).collect();
    let (causes, _) = keys(differ, "causes", causes, &|key| {
        common(all.iter().map(|risk| risk.causes.get(key))).flatten().is_some()
    });
    let measures = all.iter().flat_map(|risk| risk.mitigations.keys()).collect();
    let (measures, is_less) = keys(differ, "mitigations", measures, &|key| {
        common(all.iter().map(|risk| risk.mitigations.get(key).map(Canonical::encode))).flatten().is_some()
    });
    let mut agreed = Risk { confirmed: BTreeMap::new(), ..(*first).clone() };
    agreed.causes.retain(|key, _| causes.contains(key));
    agreed.mitigations.retain(|key, _| measures.contains(key));
    for mitigation in agreed.mitigations.values_mut() {
        mitigation.confirmed.clear();
        mitigation.causes.retain(|cause| causes.contains(cause));
    }
    agreed.depends_on.retain(|fact| all.iter().all(|risk| risk.depends_on.contains(fact)));
    if all.iter().any(|risk| risk.depends_on.len() != agreed.depends_on.len()) {
        differ.push(at.clone().then("depends-on"));
    }
    if common(all.iter().map(|risk| &risk.initial)).is_none() {
        agreed.initial = None;
        differ.push(at.clone().then("initial"));
    }
    if is_less || common(all.iter().map(|risk| &risk.residual)).is_none() {
        agreed.residual = None;
        differ.push(at.clone().then("residual"));
    }
    Some(agreed)
}

/// Takes out what names an organisation: the answer, the cause or mitigation, or the whole risk.
fn leave_out(address: &Address, answers: &mut BTreeMap<Slot, Answer>, risks: &mut BTreeMap<RiskId, Risk>) {
    let id = RiskId::new(address.subject.clone()).ok().filter(|id| risks.contains_key(id));
    let Some(id) = id else {
        answers.retain(|slot, _| {
            let at = slot.address();
            at.subject != address.subject || at.row != address.row
        });
        return;
    };
    match (&address.field[..], risks.get_mut(&id)) {
        ([group, key, ..], Some(risk)) if group == "mitigations" => {
            risk.mitigations.remove(key.as_str());
            // It was rated with that mitigation.
            risk.residual = None;
        }
        ([group, key, ..], Some(risk)) if group == "causes" => {
            risk.causes.remove(key.as_str());
            risk.mitigations.values_mut().for_each(|m| m.causes.retain(|cause| cause.as_str() != key));
        }
        _ => drop(risks.remove(&id)),
    }
}
