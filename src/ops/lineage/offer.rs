//! Offers what was found here to the parent, so that everybody who comes from it can have it.

use crate::diag::{Code, Error, Severity, nearest};
use crate::model::{
    Address, Canonical, Deployment, Framework, Key, Mitigation, MitigationStatus, Received, Risk, RiskId,
    RiskStatus, Settings,
};
use crate::ops::derive::{LeftOver, hand_over, left_over, names_of};
use crate::ops::merge::{Change, Field, Place, apply};
use crate::ops::update::{base_of, took_notes};
use std::collections::BTreeMap;

/// The offer cannot be made.
pub static CANNOT_OFFER: Code = Code {
    id: "TOM-0519",
    severity: Severity::Error,
    title: "something cannot be offered to the parent so",
    explain: "`tom offer` writes a risk or a mitigation that was found here into the parent's folder, under its own id, for the parent's owner to review: open, each measure only \
proposed, without confirmations, acceptances, evidence, and reasons. The deployment has to be derived from a parent in this repository, and the parent must not have another thing \
under the same id. Texts that name this organisation, its code or its people would travel to everybody who is derived from the parent: reword them first.",
};

/// What to offer.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The risk.
    pub risk: RiskId,
    /// Only this mitigation of it.
    pub mitigation: Option<Key>,
}

/// What an offer would write.
#[derive(Debug, Clone)]
pub struct Offered {
    /// What the parent gains.
    pub changes: Vec<Change>,
    /// What the giver received, as though this had come from the parent: so its next update knows it for the same thing.
    pub received: Received,
    /// The giver's own, which stays with it.
    pub stays: Vec<Address>,
    /// Offered texts that name the giver's organisation or its people.
    pub named: Vec<LeftOver>,
}

/// Makes an offer; none where the parent has it already.
///
/// # Errors
///
/// Where there is no such thing here, or the parent has another one under its id.
pub fn offer(
    giver: &Deployment,
    parent: &Deployment,
    framework: &Framework,
    settings: &Settings,
    offer: &Offer,
) -> Result<Option<Offered>, Error> {
    let mut received = base_of(giver)?.clone();
    let id = &offer.risk;
    let risk = giver.risks.get(id).ok_or_else(|| {
        let known = giver.risks.keys().map(RiskId::as_str);
        let error = Error::new(&CANNOT_OFFER, format!("`{}` has no risk `{id}`", giver.name));
        match nearest(id.as_str(), known) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("`tom show {}` lists its risks", giver.name)),
        }
    })?;
    let offered = proposed(risk);
    let there = parent.risks.get(id);
    let (changes, whole) = match &offer.mitigation {
        None => (whole_risk(giver, parent, id, &offered)?, offered.clone()),
        Some(key) => one_mitigation(giver, parent, id, key, &offered)?,
    };
    let Some(changes) = changes else { return Ok(None) };
    let named = left_over(
        &names_of(giver, framework, settings),
        &BTreeMap::new(),
        &BTreeMap::from([(id.clone(), whole.clone())]),
    );
    let named =
        named.into_iter().filter(|over| there.is_none() || is_within(&over.address, &whole)).collect();
    // The giver's base gains what the parent would hand over of it.
    let content = apply(parent.into(), &changes);
    let after = Deployment { answers: content.answers, risks: content.risks, ..parent.clone() };
    let over = hand_over(&after, framework, took_notes(parent, framework, &received)).received;
    let Some(handed) = over.risks.get(id) else { return Ok(None) };
    match received.risks.get_mut(id) {
        Some(base) if there.is_some() => {
            for (key, cause) in &whole.causes {
                base.causes.entry(key.clone()).or_insert_with(|| cause.clone());
            }
            for key in whole.mitigations.keys() {
                let from = handed.mitigations.get_key_value(key);
                base.mitigations.extend(from.map(|(key, mitigation)| (key.clone(), mitigation.clone())));
            }
        }
        None if there.is_some() => {
            let what = format!("`{}` did not receive `{id}` from `{}`", giver.name, parent.name);
            return Err(Error::new(&CANNOT_OFFER, what)
                .help(format!("`tom update {}` first, so that both speak of the same risk", giver.name)));
        }
        _ => drop(received.risks.insert(id.clone(), handed.clone())),
    }
    let stays = stays(id, risk, &whole, offer.mitigation.is_none());
    Ok(Some(Offered { changes, received, stays, named }))
}

/// Whether an address is of a cause or mitigation that is offered.
fn is_within(address: &Address, whole: &Risk) -> bool {
    match address.field.as_slice() {
        [group, key, ..] if group == "mitigations" => whole.mitigations.contains_key(key.as_str()),
        [group, key, ..] if group == "causes" => whole.causes.contains_key(key.as_str()),
        _ => false,
    }
}

/// The form in which something is offered: nobody has spoken for it, and nothing is done yet.
fn proposed(risk: &Risk) -> Risk {
    let mitigation = |mitigation: &Mitigation| Mitigation {
        status: MitigationStatus::Proposed,
        reason: None,
        evidence: Vec::new(),
        confirmed: BTreeMap::new(),
        ..mitigation.clone()
    };
    Risk {
        status: RiskStatus::Open,
        confirmed: BTreeMap::new(),
        acceptance: None,
        transfer: None,
        mitigations: risk.mitigations.iter().map(|(key, m)| (key.clone(), mitigation(m))).collect(),
        ..risk.clone()
    }
}

fn whole_risk(
    giver: &Deployment,
    parent: &Deployment,
    id: &RiskId,
    offered: &Risk,
) -> Result<Option<Vec<Change>>, Error> {
    let Some(there) = parent.risks.get(id) else {
        let after = Some(Field::Risk(Box::new(offered.clone())));
        return Ok(Some(vec![Change { place: Place::in_risk(id, &[]), before: None, after }]));
    };
    if proposed(there).digest() == offered.digest() {
        return Ok(None);
    }
    let local: Vec<&str> = offered
        .mitigations
        .keys()
        .filter(|key| !there.mitigations.contains_key(*key))
        .map(Key::as_str)
        .collect();
    let error =
        Error::new(&CANNOT_OFFER, format!("`{}` has a risk `{id}`, which says other things", parent.name));
    Err(if local.is_empty() {
        error.help(format!("`tom diff {} {}` shows how they differ", parent.name, giver.name))
    } else {
        error.help(format!("offer a mitigation of it with `--mitigation`; local ones: {}", local.join(", ")))
    })
}

/// The changes for one mitigation, and the part of the risk that they are about.
fn one_mitigation(
    giver: &Deployment,
    parent: &Deployment,
    id: &RiskId,
    key: &Key,
    offered: &Risk,
) -> Result<(Option<Vec<Change>>, Risk), Error> {
    let mitigation = offered.mitigations.get(key).ok_or_else(|| {
        let known = offered.mitigations.keys().map(Key::as_str).collect::<Vec<_>>().join(", ");
        Error::new(&CANNOT_OFFER, format!("`{id}` has no mitigation `{key}` in `{}`", giver.name))
            .help(format!("there are: {known}"))
    })?;
    let there = parent.risks.get(id).ok_or_else(|| {
        Error::new(&CANNOT_OFFER, format!("`{}` has no risk `{id}`", parent.name))
            .help(format!("offer the risk with all that belongs to it: `tom offer {} {id}`", giver.name))
    })?;
    let mut part = Risk {
        causes: BTreeMap::new(),
        mitigations: BTreeMap::from([(key.clone(), mitigation.clone())]),
        ..offered.clone()
    };
    if let Some(known) = proposed(there).mitigations.get(key) {
        if known.digest() == mitigation.digest() {
            return Ok((None, part));
        }
        let what = format!("`{}` has another mitigation `{key}` of `{id}`", parent.name);
        return Err(Error::new(&CANNOT_OFFER, what)
            .help("give yours a key of its own, so that both can be told apart, and offer it again"));
    }
    let mut changes = Vec::new();
    let wanted = mitigation.causes.iter().filter_map(|cause| offered.causes.get_key_value(cause));
    for (cause_key, cause) in wanted {
        match there.causes.get(cause_key) {
            Some(known) if known == cause => {}
            Some(_) => {
                let what = format!("the cause `{cause_key}` of `{id}` is another one in `{}`", parent.name);
                return Err(Error::new(&CANNOT_OFFER, what).note(format!("`{key}` acts on it")).help(
                    "give your cause a key of its own, or take up the parent's words with `tom update`",
                ));
            }
            None => {
                part.causes.insert(cause_key.clone(), cause.clone());
                changes.push(Change {
                    place: Place::in_risk(id, &["causes", cause_key.as_str()]),
                    before: None,
                    after: Some(Field::Text(cause.text.clone())),
                });
            }
        }
    }
    changes.push(Change {
        place: Place::in_risk(id, &["mitigations", key.as_str()]),
        before: None,
        after: Some(Field::Mitigation(mitigation.clone())),
    });
    Ok((Some(changes), part))
}

/// What belongs to the giver alone.
fn stays(id: &RiskId, risk: &Risk, part: &Risk, is_whole: bool) -> Vec<Address> {
    let at = Address::of(id);
    let mut stays = Vec::new();
    if is_whole {
        let fields = [
            ("status", risk.status != RiskStatus::Open),
            ("acceptance", risk.acceptance.is_some()),
            ("transfer", risk.transfer.is_some()),
            ("confirmed", !risk.confirmed.is_empty()),
        ];
        stays.extend(fields.iter().filter(|(_, there)| *there).map(|(field, _)| at.clone().then(*field)));
    }
    for (key, mitigation) in risk.mitigations.iter().filter(|(key, _)| part.mitigations.contains_key(*key)) {
        let at = at.clone().then("mitigations").then(key.as_str());
        let fields = [
            ("status", mitigation.status != MitigationStatus::Proposed),
            ("reason", mitigation.reason.is_some()),
            ("evidence", !mitigation.evidence.is_empty()),
            ("confirmed", !mitigation.confirmed.is_empty()),
        ];
        stays.extend(fields.iter().filter(|(_, there)| *there).map(|(field, _)| at.clone().then(*field)));
    }
    stays
}
