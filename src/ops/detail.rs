//! One answer, risk or mitigation in full: what it says, what it rests on, and how each party stands to it.

use super::brought::Brought;
use super::confirm::Entry;
use super::derive::texts_of;
use super::outcome::Evaluator;
use super::past::{Past, Told};
use super::reason;
use super::spoken::Spoken;
use super::state::{Stand, State, States, may_act, may_speak};
use crate::model::{
    Acceptance, Address, Answer, Canonical, Confirmation, Deployment, Digest, Framework, Item, ItemId,
    Mitigation, PartyId, ProfileName, Rating, Risk, RiskId, Settings, Slot,
};
use std::collections::BTreeMap;

/// A field with what it says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Field {
    /// `answer`, `notes`, `rows.go-live.date`, `M1 text`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// A fact beneath it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Fact {
    /// The item.
    pub item: ItemId,
    /// In words.
    pub title: String,
    /// What it says; empty while it is unanswered.
    pub fields: Vec<Field>,
}

/// How a party stands to it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Standing {
    /// The party.
    pub party: PartyId,
    /// Whether it stands by it as it is.
    pub stands: bool,
    /// The same in words.
    pub words: String,
    /// What they added.
    pub note: Option<String>,
    /// Why the confirmation is only claimed, where it is.
    pub claimed: Vec<String>,
    /// What changed since, as it was then.
    pub told: Vec<Told>,
}

/// Everything that there is to say of one thing that somebody stands by.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Detail {
    /// Where.
    pub address: Address,
    /// In words.
    pub title: String,
    /// What it asks; empty for a risk.
    pub asks: String,
    /// Where it stands; a mitigation has the state of its risk.
    pub state: State,
    /// Whether it came from another deployment, and is still as it came; none where it is this one's own.
    pub received: Option<String>,
    /// What it says.
    pub fields: Vec<Field>,
    /// What it rests on.
    pub rests_on: Vec<Fact>,
    /// How each party stands to it that has to.
    pub parties: Vec<Standing>,
    /// Who has to confirm it once it is answered.
    pub awaits: Vec<PartyId>,
}

/// What has to be known to tell of something in full.
pub struct Teller<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// Its framework.
    pub framework: &'a Framework,
    /// Who may speak.
    pub settings: &'a Settings,
    /// The states of everything in it.
    pub states: &'a States<'a>,
    /// What git remembers; none where nothing was committed.
    pub past: Option<&'a Past<'a>>,
    /// What somebody brought in who may not have said it.
    pub foreign: BTreeMap<Spoken, Brought>,
}

impl Teller<'_> {
    /// One thing in full; none where it is not there.
    pub fn tell(&self, entry: &Entry) -> Option<Detail> {
        match entry {
            Entry::Answer(slot) => {
                let state = self.states.answers.iter().find(|answer| answer.slot == *slot)?;
                let fields = state.answer.map(|answer| fields(texts_of(slot, answer))).unwrap_or_default();
                let standing =
                    |(party, stand): &(&PartyId, Stand)| self.standing(entry, party, stand, "the answer");
                Some(Detail {
                    address: slot.address(),
                    title: state.item.title.clone(),
                    asks: state.item.asks.clone(),
                    state: state.state,
                    received: self.answer_received(slot),
                    fields,
                    rests_on: self.facts(&state.item.depends_on),
                    parties: state.parties.iter().map(standing).collect(),
                    awaits: if state.parties.is_empty() { self.asked(state.item) } else { Vec::new() },
                })
            }
            Entry::Risk(id) => {
                let state = self.states.risks.iter().find(|risk| risk.id == id)?;
                let mut parties = vec![self.standing(entry, &state.whole.0, &state.whole.1, "the risk")];
                parties.extend(state.mitigations.iter().map(|(key, (owner, stand))| {
                    let part = Entry::Mitigation(id.clone(), (*key).clone());
                    self.standing(&part, owner, stand, &format!("mitigation {key}"))
                }));
                Some(Detail {
                    address: entry.address(),
                    title: state.risk.title.clone(),
                    asks: String::new(),
                    state: state.state,
                    received: self.risk_came(id, state.risk),
                    fields: self.risk(id, state.risk),
                    rests_on: self.facts(&state.risk.depends_on),
                    parties,
                    awaits: Vec::new(),
                })
            }
            Entry::Mitigation(id, key) => {
                let state = self.states.risks.iter().find(|risk| risk.id == id)?;
                let mitigation = state.risk.mitigations.get(key)?;
                let mut fields = self.mitigation("", state.risk, mitigation);
                fields.extend(self.ratings(id, state.risk));
                let came = self.risk_received(id).and_then(|risk| risk.mitigations.get(key));
                let (owner, stand) = match state.mitigations.get(key) {
                    Some((owner, stand)) => (*owner, stand),
                    None => (&mitigation.owner, &Stand::Missing),
                };
                Some(Detail {
                    address: entry.address(),
                    title: format!("mitigation {key} of: {}", state.risk.title),
                    asks: String::new(),
                    state: state.state,
                    received: self.came(came.map(Canonical::digest), mitigation.digest()),
                    fields,
                    rests_on: Vec::new(),
                    parties: vec![self.standing(entry, owner, stand, "the mitigation")],
                    awaits: Vec::new(),
                })
            }
        }
    }

    /// The parties that confirm an answer and take part.
    fn asked(&self, item: &Item) -> Vec<PartyId> {
        let evaluator = Evaluator::new(self.framework, self.deployment, ProfileName::Strict);
        item.confirmed_by.iter().filter(|party| evaluator.takes_part(party)).cloned().collect()
    }

    fn standing(&self, entry: &Entry, party: &PartyId, stand: &Stand, what: &str) -> Standing {
        let confirmation = entry.confirmation(self.deployment, party);
        let told = match (self.past, confirmation) {
            (Some(past), Some(confirmation)) => past.told(entry, confirmation, stand),
            _ => Vec::new(),
        };
        Standing {
            party: party.clone(),
            stands: *stand == Stand::Stands,
            words: reason::of_stand((self.deployment, self.framework), entry, party, stand, what),
            note: confirmation.and_then(|confirmation| confirmation.note.clone()),
            claimed: confirmation.map(|c| self.claimed(entry, party, c)).unwrap_or_default(),
            told,
        }
    }

    fn claimed(&self, entry: &Entry, party: &PartyId, confirmation: &Confirmation) -> Vec<String> {
        let mut why = Vec::new();
        let by = &confirmation.by;
        if !may_speak(self.settings, self.deployment, self.framework, party, by) {
            why.push(format!("`{by}` is not listed in tom.toml for the {party}"));
        }
        why.extend(self.brought(&Spoken::Confirmation(entry.clone(), party.clone())));
        why
    }

    /// How something came whose bringer may not have said it.
    fn brought(&self, spoken: &Spoken) -> Option<String> {
        self.foreign.get(spoken).map(|brought| brought.in_words(self.deployment, spoken, "it"))
    }

    fn facts(&self, ids: &[ItemId]) -> Vec<Fact> {
        let fact = |id: &ItemId| {
            let item = self.framework.item(id.as_str())?;
            let slots = self.deployment.slots(item);
            let many = item.repeats.is_some();
            let texts = slots.iter().filter_map(|slot| Some((slot, self.deployment.answers.get(slot)?)));
            let fields = texts.flat_map(|(slot, answer)| {
                let texts = texts_of(slot, answer).into_iter();
                texts.map(move |(address, text)| Field {
                    name: if many { address.to_string() } else { name_of(&address) },
                    text,
                })
            });
            Some(Fact { item: id.clone(), title: item.title.clone(), fields: fields.collect() })
        };
        ids.iter().filter_map(fact).collect()
    }

    fn answer_received(&self, slot: &Slot) -> Option<String> {
        let came = self.deployment.received.as_ref()?.answers.get(slot).filter(|answer| !answer.is_empty());
        let here = self.deployment.answers.get(slot).map(Answer::content_digest);
        self.came(
            came.map(Answer::content_digest),
            here.unwrap_or_else(|| Answer::default().content_digest()),
        )
    }

    fn risk_received(&self, id: &RiskId) -> Option<&Risk> {
        self.deployment.received.as_ref()?.risks.get(id)
    }

    /// Where something came from, and whether it is as it came.
    fn came(&self, received: Option<Digest>, here: Digest) -> Option<String> {
        let parent = &self.deployment.meta.derived_from.as_ref()?.deployment;
        Some(match received? == here {
            true => format!("carried from {parent}, as it is"),
            false => format!("received from {parent}, and changed here"),
        })
    }

    /// The same of a risk. What was found here and offered to the parent stands under what was received, too.
    fn risk_came(&self, id: &RiskId, risk: &Risk) -> Option<String> {
        let received = self.risk_received(id).map(Risk::content_digest);
        let meta = &self.deployment.meta;
        match &meta.derived_from {
            Some(parent) if received.is_some() && id.prefix() == meta.risk_prefix => {
                Some(format!("found here, and offered to {}", parent.deployment))
            }
            _ => self.came(received, risk.content_digest()),
        }
    }

    /// Both ratings, each with the received one beside it where that is another.
    fn ratings(&self, id: &RiskId, risk: &Risk) -> Vec<Field> {
        let words = |rating: &Option<Rating>| match rating {
            None => "not rated".to_owned(),
            Some(rating) => {
                let class = self.framework.matrix.class(rating);
                let class = class.map_or_else(|| "no class".to_owned(), |class| format!("class {class}"));
                format!("{}, {}: {class}", rating.severity, rating.likelihood)
            }
        };
        let received = self.risk_received(id);
        let rating = |name: &str, of: fn(&Risk) -> &Option<Rating>| {
            let came = received.map(of).filter(|came| *came != of(risk));
            let came = came.map(|came| format!(" (received: {})", words(came))).unwrap_or_default();
            Field { name: name.to_owned(), text: words(of(risk)) + &came }
        };
        vec![rating("initial", |risk| &risk.initial), rating("residual", |risk| &risk.residual)]
    }

    fn risk(&self, id: &RiskId, risk: &Risk) -> Vec<Field> {
        let mut fields = vec![field("hazard", &risk.hazard), field("effect", &risk.effect)];
        fields.extend(risk.causes.iter().map(|(key, cause)| field(format!("cause {key}"), &cause.text)));
        fields.extend(self.ratings(id, risk));
        for (key, mitigation) in &risk.mitigations {
            fields.extend(self.mitigation(&format!("{key} "), risk, mitigation));
        }
        fields.push(field("status", risk.status.as_str()));
        fields.extend(risk.transfer.as_ref().map(|transfer| {
            let why = self.brought(&Spoken::Reply(id.clone()));
            let why = why.map(|why| format!(" (claimed only: {why})")).unwrap_or_default();
            field("transfer", &format!("{transfer}{why}"))
        }));
        fields.extend(
            risk.acceptance
                .as_ref()
                .map(|acceptance| field("accepted", &self.accepted(id, risk, acceptance))),
        );
        fields
    }

    /// An acceptance, and what is wrong with it.
    fn accepted(&self, id: &RiskId, risk: &Risk, acceptance: &Acceptance) -> String {
        let Acceptance { by, role, class, on, until, reason, .. } = acceptance;
        let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
        let mut text = format!("class {class} by {by} as {role} on {on}{until}: {reason}");
        if !may_act(self.settings, self.deployment, self.framework, role, by) {
            text += &format!(" (claimed only: `{by}` is not listed in tom.toml as {role})");
        }
        if let Some(why) = self.brought(&Spoken::Acceptance(id.clone())) {
            text += &format!(" (claimed only: {why})");
        }
        if !super::accept::holds(risk, self.framework) {
            text += " (void: the risk has changed since)";
        }
        text
    }

    fn mitigation(&self, before: &str, risk: &Risk, mitigation: &Mitigation) -> Vec<Field> {
        let field = |name: &str, text: &str| field(format!("{before}{name}"), text);
        let about = format!("{}, {}, by the {}", mitigation.status, mitigation.kind, mitigation.owner);
        let mut fields = vec![field("measure", &mitigation.text), field("status", &about)];
        if before.is_empty() {
            let causes = mitigation.causes.iter().filter_map(|key| Some((key, risk.causes.get(key)?)));
            fields.extend(causes.map(|(key, cause)| field(&format!("against {key}"), &cause.text)));
        } else if !mitigation.causes.is_empty() {
            let causes: Vec<&str> = mitigation.causes.iter().map(|key| key.as_str()).collect();
            fields.push(field("against", &causes.join(", ")));
        }
        fields.extend(mitigation.reason.as_ref().map(|reason| field("reason", reason)));
        fields.extend(mitigation.evidence.iter().map(|line| field("evidence", line)));
        fields
    }
}

fn field(name: impl Into<String>, text: &str) -> Field {
    Field { name: name.into(), text: text.to_owned() }
}

fn fields(texts: Vec<(Address, String)>) -> Vec<Field> {
    texts.into_iter().map(|(address, text)| Field { name: name_of(&address), text }).collect()
}

/// The field of an address: `answer` for the whole.
fn name_of(address: &Address) -> String {
    if address.field.is_empty() { "answer".to_owned() } else { address.field.join(".") }
}
