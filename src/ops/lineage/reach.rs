//! How far one change has come: who has it, who adapted or refused it and why, who has not looked.

use super::{Read, Refused, refusals, undecided};
use crate::model::{
    Canonical, Deployment, DeploymentName, Framework, Kind, Meta, MitigationStatus, Pending, Received,
};
use crate::ops::derive::hand_over;
use crate::ops::merge::{Field, Place, Side, Subject, merge};
use std::collections::BTreeMap;

/// How far something came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Its parent has it, and it has not looked.
    NotLooked,
    /// An update waits for decisions.
    Undecided,
    /// It came, and was taken away here without a reason.
    TakenAway,
    /// Refused, with a reason.
    Refused,
    /// It stopped at an ancestor, so it was never offered here.
    Stopped,
    /// It was found here, and offered to the parent: it goes the other way.
    Found,
    /// It is here, in other words or with another rating.
    Adapted,
    /// It is here as it was given; how far it has got here may differ.
    Has,
    /// It cannot be said, and why.
    Unknown,
}

impl Reach {
    /// Every value, those that somebody has to look at first.
    pub const ALL: [Self; 9] = [
        Self::NotLooked,
        Self::Undecided,
        Self::TakenAway,
        Self::Unknown,
        Self::Stopped,
        Self::Refused,
        Self::Found,
        Self::Adapted,
        Self::Has,
    ];

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotLooked => "has not looked",
            Self::Undecided => "has to decide",
            Self::TakenAway => "took it away",
            Self::Refused => "refused it",
            Self::Stopped => "never reached",
            Self::Found => "found it",
            Self::Adapted => "adapted it",
            Self::Has => "has it",
            Self::Unknown => "not known",
        }
    }
}

/// A field of a deployment that is asked about.
#[derive(Debug, Clone)]
pub struct Asked {
    place: Place,
    given: Received,
    digest: String,
}

impl Asked {
    /// A field as a deployment hands it over now; none where it hands over nothing there.
    pub fn of(read: Read<'_>, place: Place) -> Option<Self> {
        let given = handed(read.deployment.into(), &read.deployment.meta, read.framework, &place);
        let digest = digest(&given, &place)?;
        Some(Self { place, given, digest })
    }

    /// Where it stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// It in words.
    pub fn in_words(&self) -> String {
        match Side::from(&self.given).at(&self.place) {
            Some(Field::Mitigation(mitigation)) => mitigation.text,
            Some(Field::Risk(risk)) => risk.title,
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }
}

/// What one descendant holds of a field, in the form in which it would be handed over: without confirmations, and without how far its own
/// measures have got.
#[derive(Debug, Clone)]
pub struct Held {
    here: Option<String>,
    received: Option<String>,
    offered: Option<String>,
    refused: Option<Refused>,
    waits: Option<Vec<String>>,
    differs: Vec<String>,
    state: String,
    is_own: bool,
}

/// How far it came to one descendant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// How far.
    pub reach: Reach,
    /// Why it was refused, or why it is not known.
    pub refused: Option<Refused>,
    /// The ancestor at which it stopped, or that found or adapted it.
    pub through: Option<DeploymentName>,
    /// The fields that differ from what was given.
    pub differs: Vec<String>,
    /// Where an update waits for decisions, or what keeps it from being known.
    pub notes: Vec<String>,
    /// How far it has got here: a measure's status, a risk's rating.
    pub state: String,
}

/// Looks at one descendant.
pub fn held(asked: &Asked, read: Read<'_>, parent: &Received) -> Held {
    let Read { deployment, framework, .. } = read;
    let place = &asked.place;
    let form = |side: Side<'_>| handed(side, &deployment.meta, framework, place);
    let mine = form(deployment.into());
    let received = deployment.received.as_ref().map(|received| form((&**received).into()));
    let here = digest(&mine, place);
    let mut state = String::new();
    let mut refused = refusals(deployment).into_iter().find(|refusal| {
        let outer = refusal.address.parse().ok().and_then(|address| Place::of(framework, &address));
        outer.is_some_and(|outer| place.is_within(&outer))
    });
    match Side::from(deployment).at(place) {
        Some(Field::Mitigation(mitigation)) => {
            state = mitigation.status.to_string();
            if mitigation.status == MitigationStatus::NotAdopted {
                let reason = mitigation.reason.unwrap_or_default();
                let address = place.address().to_string();
                refused = Some(Refused { address, reason, by: None, on: None });
            }
        }
        Some(Field::Risk(risk)) => {
            state = risk.status.to_string();
            if let Some(class) = risk.residual.as_ref().and_then(|rating| framework.matrix.class(rating)) {
                state += &format!(", class {class}");
            }
        }
        _ => {}
    }
    let differs = if here.as_ref() == Some(&asked.digest) {
        Vec::new()
    } else {
        differences(framework, &asked.given, &mine, place)
    };
    Held {
        here,
        received: received.and_then(|received| digest(&received, place)),
        offered: digest(&form(parent.into()), place),
        refused,
        waits: read.pending.map(|pending| waits_there(pending, framework, place)),
        differs,
        state,
        is_own: is_found(place, deployment),
    }
}

/// Whether a whole risk was found in a deployment. Of a mitigation nothing tells where it was found first.
fn is_found(place: &Place, deployment: &Deployment) -> bool {
    let is_own = |id: &crate::model::RiskId| id.prefix() == deployment.meta.risk_prefix;
    place.field.is_empty() && matches!(&place.subject, Subject::Risk(id) if is_own(id))
}

/// What an update has to decide at a place, or in it; or that it waits for something else.
fn waits_there(pending: &Pending, framework: &Framework, place: &Place) -> Vec<String> {
    let is_there = |address: &String| {
        let at = address.parse().ok().and_then(|address| Place::of(framework, &address));
        at.is_some_and(|at| at.is_within(place) || place.is_within(&at))
    };
    let there: Vec<String> = undecided(pending).into_iter().filter(is_there).collect();
    if there.is_empty() {
        vec!["the update that brings it waits for other decisions".to_owned()]
    } else {
        there
    }
}

fn differences(framework: &Framework, given: &Received, here: &Received, place: &Place) -> Vec<String> {
    let (given, here) = (given.into(), here.into());
    let changes = merge(framework, given, given, here).changes;
    // Who has confirmed it is nobody's to adapt.
    let content = changes.iter().filter(|change| !change.is_voice());
    let within = content.filter(|change| change.place.is_within(place) || place.is_within(&change.place));
    within.map(|change| change.place.address().to_string()).collect()
}

/// What a side would hand over of a place to another deployer.
fn handed(side: Side<'_>, meta: &Meta, framework: &Framework, place: &Place) -> Received {
    let (mut answers, mut risks) = (BTreeMap::new(), BTreeMap::new());
    match &place.subject {
        Subject::Risk(id) => {
            risks.extend(side.risks.get_key_value(id.as_str()).map(|(id, risk)| (id.clone(), risk.clone())));
        }
        Subject::Answer(slot) => {
            answers.extend(side.answers.get_key_value(slot).map(|(slot, a)| (slot.clone(), a.clone())));
        }
    }
    // Whatever a baseline or `--keep-notes` hands over beyond it is nobody's to adapt.
    let meta = Meta { kind: Kind::Deployment, history: BTreeMap::new(), derived_from: None, ..meta.clone() };
    let Ok(name) = DeploymentName::new("asked") else { return Received::default() };
    let slim = Deployment { answers, risks, ..Deployment::empty(name, meta) };
    hand_over(&slim, framework, false).received
}

fn digest(content: &Received, place: &Place) -> Option<String> {
    Side::from(content).at(place).map(|field| field.digest().to_string())
}

/// How far something came, for each descendant; parents come before their children in `order`.
pub fn reaches<'n>(
    asked: &Asked,
    top: &DeploymentName,
    order: impl IntoIterator<Item = (&'n DeploymentName, Option<&'n DeploymentName>, Result<Held, String>)>,
) -> BTreeMap<DeploymentName, Came> {
    let mut came: BTreeMap<DeploymentName, Came> = BTreeMap::new();
    for (name, parent, held) in order {
        let above = parent.filter(|parent| *parent != top).map(|parent| (parent, came.get(parent)));
        let one = match held {
            Err(why) => Came { notes: vec![why], ..plain(Reach::Unknown) },
            Ok(held) => settle(asked, held, above),
        };
        came.insert(name.clone(), one);
    }
    came
}

fn plain(reach: Reach) -> Came {
    Came { reach, refused: None, through: None, differs: Vec::new(), notes: Vec::new(), state: String::new() }
}

/// How far it came to a descendant. `above` is its parent, unless that is where it came from, and how far it came there.
fn settle(asked: &Asked, held: Held, above: Option<(&DeploymentName, Option<&Came>)>) -> Came {
    let Held { here, received, offered, refused, waits, differs, state, is_own } = held;
    let is_here = here.is_some();
    let came = |reach| Came { state: state.clone(), ..plain(reach) };
    let has_looked = received == offered;
    if refused.is_some() && (has_looked || refused.as_ref().is_some_and(|refused| refused.by.is_none())) {
        return Came { refused, ..came(Reach::Refused) };
    }
    if here.as_deref() == Some(&asked.digest) {
        return came(Reach::Has);
    }
    if !has_looked {
        let reach = if waits.is_some() { Reach::Undecided } else { Reach::NotLooked };
        let earlier = is_here.then(|| "it has an earlier version".to_owned());
        let before = refused.map(|refused| format!("it refused an earlier version: {}", refused.reason));
        let notes = earlier.into_iter().chain(before).chain(waits.into_iter().flatten()).collect();
        return Came { notes, ..came(reach) };
    }
    if here != received {
        let reach = match (is_here, is_own) {
            (true, true) => Reach::Found,
            (true, false) => Reach::Adapted,
            (false, _) => Reach::TakenAway,
        };
        return Came { differs, ..came(reach) };
    }
    // It is as its parent has it.
    match above {
        Some((parent, Some(up))) => {
            let through = up.through.clone().or_else(|| Some(parent.clone()));
            let reach = match up.reach {
                Reach::Adapted | Reach::Found => Reach::Adapted,
                Reach::Unknown => Reach::Unknown,
                _ => Reach::Stopped,
            };
            Came { through, differs, ..came(reach) }
        }
        _ => Came { notes: vec!["its parent could not be looked at".to_owned()], ..came(Reach::Unknown) },
    }
}
