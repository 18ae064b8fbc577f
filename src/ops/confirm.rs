//! A party stands by an answer, a risk or a mitigation, as it is now.

use super::merge::Side;
use super::outcome::Evaluator;
use super::set::slot_of;
use super::state::{given, risk_owner};
use super::words::and;
use crate::diag::{Code, Error, Severity, nearest};
use crate::model::{
    Address, Answer, Canonical, Confirmation, DEPLOYER, Date, Deployment, Framework, ItemId, Key, Kind,
    PartyId, ProfileName, RiskId, Slot,
};

/// The confirmation would not be worth anything.
pub static CANNOT_CONFIRM: Code = Code {
    id: "TOM-0931",
    severity: Severity::Error,
    title: "something cannot be confirmed",
    explain: "A confirmation says that a party stands by something as it is now. It is refused where there is nothing to stand by, where the \
framework does not ask this party, and while a needed fact that the answer rests on is still unanswered: nobody could know what they \
were confirming.",
};

/// Something that a party stands by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// An answer.
    Answer(Slot),
    /// A risk as a whole.
    Risk(RiskId),
    /// A mitigation of a risk.
    Mitigation(RiskId, Key),
}

impl Entry {
    /// Its address.
    pub fn address(&self) -> Address {
        match self {
            Self::Answer(slot) => slot.address(),
            Self::Risk(id) => Address::of(id),
            Self::Mitigation(id, key) => Address::of(id).then("mitigations").then(key.as_str()),
        }
    }

    /// What an address names.
    pub fn of(address: &Address, deployment: &Deployment, framework: &Framework) -> Result<Self, Error> {
        let id = RiskId::new(address.subject.clone()).ok().filter(|id| deployment.risks.contains_key(id));
        let field: Vec<&str> = address.field.iter().map(String::as_str).collect();
        match (id, &field[..]) {
            (Some(id), []) => Ok(Self::Risk(id)),
            (Some(id), ["mitigations", key]) => {
                Ok(Self::Mitigation(id, Key::new(*key).map_err(|error| refuse(address, error.to_string()))?))
            }
            (None, []) => slot_of(framework, address)
                .map(|(_, slot)| Self::Answer(slot))
                .map_err(|error| near_risk(address, deployment, framework).unwrap_or(error)),
            _ => {
                Err(refuse(address, "it is a field: answers, risks and mitigations are confirmed as a whole"))
            }
        }
    }

    /// What a party said to it.
    pub fn confirmation<'d>(&self, deployment: &'d Deployment, party: &PartyId) -> Option<&'d Confirmation> {
        self.confirmation_in(deployment.into(), party)
    }

    /// The same of what stands elsewhere, or stood.
    pub fn confirmation_in<'s>(&self, side: Side<'s>, party: &PartyId) -> Option<&'s Confirmation> {
        match self {
            Self::Answer(slot) => side.answers.get(slot)?.confirmed.get(party),
            Self::Risk(id) => side.risks.get(id)?.confirmed.get(party),
            Self::Mitigation(id, key) => side.risks.get(id)?.mitigations.get(key)?.confirmed.get(party),
        }
    }

    /// Whether what a party says to it here came along from the parent, as far as the deployment's own files say. What was edited shows of
    /// nothing that it did; whether what they say is so, [`Past::foreign`](super::past::Past::foreign) asks the parent.
    pub fn is_carried(&self, deployment: &Deployment, party: &PartyId) -> bool {
        let base = deployment.received.as_deref().filter(|_| deployment.is_received_intact);
        let came = base.and_then(|base| self.confirmation_in(base.into(), party));
        came.is_some() && came == self.confirmation(deployment, party)
    }
}

/// The confirmation of an entry.
pub fn entry(
    deployment: &Deployment,
    framework: &Framework,
    entry: &Entry,
    voice: &Voice,
) -> Result<Confirmation, Error> {
    match entry {
        Entry::Answer(slot) => answer(deployment, framework, slot, voice),
        Entry::Risk(id) => risk(deployment, framework, id, voice),
        Entry::Mitigation(id, key) => mitigation(deployment, framework, id, key, voice),
    }
}

/// Who confirms, when, and what they add.
#[derive(Debug, Clone)]
pub struct Voice {
    /// The party that they speak for.
    pub party: PartyId,
    /// Their name.
    pub by: String,
    /// Today.
    pub on: Date,
    /// What they add.
    pub note: Option<String>,
}

impl Voice {
    fn says(
        &self,
        digest: String,
        deployment: &Deployment,
        framework: &Framework,
        facts: &[ItemId],
    ) -> Confirmation {
        Confirmation {
            by: self.by.clone(),
            on: self.on,
            digest,
            given: given(deployment, framework, facts),
            note: self.note.clone(),
        }
    }
}

/// The error for what is neither an item nor a risk, where a risk has a name like it.
fn near_risk(address: &Address, deployment: &Deployment, framework: &Framework) -> Option<Error> {
    let ids = deployment.risks.keys().map(RiskId::as_str);
    let ids = ids.chain(framework.items().map(|item| item.id.as_str()));
    let near = nearest(&address.subject, ids).filter(|_| framework.item(&address.subject).is_none())?;
    let what = format!("`{}` is no item and no risk here", address.subject);
    Some(Error::new(&CANNOT_CONFIRM, what).help(format!("did you mean `{near}`?")))
}

fn refuse(what: impl std::fmt::Display, why: impl Into<String>) -> Error {
    Error::new(&CANNOT_CONFIRM, format!("`{what}` cannot be confirmed: {}", why.into()))
}

/// The confirmation of an answer.
pub fn answer(
    deployment: &Deployment,
    framework: &Framework,
    slot: &Slot,
    voice: &Voice,
) -> Result<Confirmation, Error> {
    let item =
        framework.item(slot.item.as_str()).ok_or_else(|| refuse(slot, "the framework has no such item"))?;
    if !item.confirmed_by.contains(&voice.party) {
        let asked: Vec<&str> = item.confirmed_by.iter().map(PartyId::as_str).collect();
        let who = if asked.is_empty() {
            format!("nobody has to confirm it, so it waits for no {}", voice.party)
        } else {
            format!("it is confirmed by {}, not by {}", and(&asked), voice.party)
        };
        return Err(refuse(slot, who));
    }
    if deployment.meta.kind == Kind::Baseline && voice.party.as_str() == DEPLOYER {
        return Err(refuse(slot, format!("the {} confirms it where the system is deployed", voice.party)));
    }
    let Some(content) = deployment.answers.get(slot).filter(|answer| !answer.is_unanswered()) else {
        return Err(refuse(slot, "it is unanswered"));
    };
    facts_are_answered(slot, deployment, framework, &item.depends_on)?;
    Ok(voice.says(content.content_digest().short(), deployment, framework, &item.depends_on))
}

/// The confirmation of a risk as a whole.
pub fn risk(
    deployment: &Deployment,
    framework: &Framework,
    id: &RiskId,
    voice: &Voice,
) -> Result<Confirmation, Error> {
    let risk = deployment.risks.get(id).ok_or_else(|| refuse(id, "there is no such risk"))?;
    let owner = risk_owner(deployment);
    if voice.party != owner {
        let error = refuse(id, format!("a risk as a whole is confirmed by {owner}, not by {}", voice.party));
        // What others own in a baseline, they confirm where they deploy it.
        let own = risk.mitigations.iter().filter(|_| deployment.meta.kind == Kind::Deployment);
        let mut own = own.filter(|(_, mitigation)| mitigation.owner == voice.party);
        return Err(match own.next() {
            Some((key, _)) => {
                error.help(format!("confirm a mitigation that the party owns: `{id}.mitigations.{key}`"))
            }
            None => error,
        });
    }
    if risk.initial.is_none() || risk.residual.is_none() {
        return Err(refuse(id, "it is not rated"));
    }
    facts_are_answered(id, deployment, framework, &risk.depends_on)?;
    Ok(voice.says(risk.content_digest().short(), deployment, framework, &risk.depends_on))
}

/// The confirmation of a mitigation by its owner.
pub fn mitigation(
    deployment: &Deployment,
    framework: &Framework,
    id: &RiskId,
    key: &Key,
    voice: &Voice,
) -> Result<Confirmation, Error> {
    let what = format!("{id}.mitigations.{key}");
    let found = deployment.risks.get(id).and_then(|risk| risk.mitigations.get(key));
    let mitigation = found.ok_or_else(|| refuse(&what, "there is no such mitigation"))?;
    if mitigation.owner != voice.party {
        return Err(refuse(&what, format!("it is owned by {}, not by {}", mitigation.owner, voice.party)));
    }
    // A baseline's mitigations that are for others are theirs to confirm where they deploy it.
    if deployment.meta.kind == Kind::Baseline && voice.party != risk_owner(deployment) {
        return Err(refuse(&what, format!("{} confirms it where the system is deployed", voice.party)));
    }
    Ok(voice.says(mitigation.digest().short(), deployment, framework, &[]))
}

fn facts_are_answered(
    what: impl std::fmt::Display,
    deployment: &Deployment,
    framework: &Framework,
    facts: &[ItemId],
) -> Result<(), Error> {
    let evaluator = Evaluator::new(framework, deployment, ProfileName::Strict);
    let open: Vec<String> = facts
        .iter()
        .filter(|fact| {
            let needed = framework
                .item(fact.as_str())
                .is_some_and(|item| evaluator.applies(item) && evaluator.needed(item));
            let is_said = |(slot, answer): (&Slot, &Answer)| slot.item == **fact && !answer.is_unanswered();
            needed && !deployment.answers.iter().any(is_said)
        })
        .map(|fact| format!("`{fact}`"))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(refuse(what, format!("it rests on {}, which is unanswered", and(&open))).help("answer that first"))
}
