//! What somebody is said to have said in a deployment: confirmations, acceptances of risks, and replies to transfers.
//!
//! The one collection of them, and the one rule for who may have brought one in.

use super::confirm::Entry;
use super::merge::Side;
use super::state::{acts_as, risk_owner, speaks_for};
use super::words::{and, counted};
use crate::model::{
    Acceptance, Address, Confirmation, Date, Deployment, Framework, PartyId, Person, RiskId, TransferReceipt,
};

/// Where somebody speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spoken {
    /// A party stands by something.
    Confirmation(Entry, PartyId),
    /// Somebody accepts a residual risk.
    Acceptance(RiskId),
    /// A party says whether it takes on what passes to it.
    Reply(RiskId),
}

/// What is said there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// For a party.
    Confirmation(&'a PartyId, &'a Confirmation),
    /// In a role.
    Acceptance(&'a Acceptance),
    /// For the party that a risk or a duty passes to.
    Reply(&'a PartyId, &'a TransferReceipt),
}

impl<'a> Said<'a> {
    /// Who is said to have said it.
    pub fn by(self) -> &'a str {
        match self {
            Self::Confirmation(_, confirmation) => &confirmation.by,
            Self::Acceptance(acceptance) => &acceptance.by,
            Self::Reply(_, receipt) => &receipt.by,
        }
    }

    /// On which day.
    pub fn on(self) -> Date {
        match self {
            Self::Confirmation(_, confirmation) => confirmation.on,
            Self::Acceptance(acceptance) => acceptance.on,
            Self::Reply(_, receipt) => receipt.on,
        }
    }

    /// The party or role in which it is said.
    pub fn voice(self) -> &'a str {
        match self {
            Self::Confirmation(party, _) | Self::Reply(party, _) => party.as_str(),
            Self::Acceptance(acceptance) => &acceptance.role,
        }
    }
}

/// Looks at everything that is said, with where: that is only made where it is wanted.
pub fn each<'a>(side: Side<'a>, mut look: impl FnMut(Said<'a>, &dyn Fn() -> Spoken)) {
    for (slot, answer) in side.answers {
        for (party, confirmation) in &answer.confirmed {
            let at = || Spoken::Confirmation(Entry::Answer(slot.clone()), party.clone());
            look(Said::Confirmation(party, confirmation), &at);
        }
    }
    for (id, risk) in side.risks {
        for (party, confirmation) in &risk.confirmed {
            let at = || Spoken::Confirmation(Entry::Risk(id.clone()), party.clone());
            look(Said::Confirmation(party, confirmation), &at);
        }
        for (key, mitigation) in &risk.mitigations {
            for (party, confirmation) in &mitigation.confirmed {
                let entry = || Entry::Mitigation(id.clone(), key.clone());
                let at = || Spoken::Confirmation(entry(), party.clone());
                look(Said::Confirmation(party, confirmation), &at);
            }
        }
        if let Some(acceptance) = &risk.acceptance {
            look(Said::Acceptance(acceptance), &|| Spoken::Acceptance(id.clone()));
        }
        if let Some((party, receipt)) =
            risk.transfer.as_ref().and_then(|transfer| Some((&transfer.to, transfer.receipt.as_ref()?)))
        {
            look(Said::Reply(party, receipt), &|| Spoken::Reply(id.clone()));
        }
    }
}

impl Spoken {
    /// What is said there on one side; none where nothing is.
    pub fn said<'a>(&'a self, side: Side<'a>) -> Option<Said<'a>> {
        match self {
            Self::Confirmation(entry, party) => {
                Some(Said::Confirmation(party, entry.confirmation_in(side, party)?))
            }
            Self::Acceptance(id) => Some(Said::Acceptance(side.risks.get(id)?.acceptance.as_ref()?)),
            Self::Reply(id) => {
                let transfer = side.risks.get(id)?.transfer.as_ref()?;
                Some(Said::Reply(&transfer.to, transfer.receipt.as_ref()?))
            }
        }
    }

    /// What it is said of: an answer, a risk or a mitigation.
    pub fn entry(&self) -> Entry {
        match self {
            Self::Confirmation(entry, _) => entry.clone(),
            Self::Acceptance(id) | Self::Reply(id) => Entry::Risk(id.clone()),
        }
    }

    /// Where it stands: `IGA-03.confirmed.supplier`, `HAZ-006.acceptance`.
    pub fn address(&self) -> Address {
        let entry = self.entry().address();
        match self {
            Self::Confirmation(_, party) => entry.then("confirmed").then(party.as_str()),
            Self::Acceptance(_) => entry.then("acceptance"),
            Self::Reply(_) => entry.then("transfer").then("receipt"),
        }
    }

    /// How it is called in a list: a confirmation by what it is of, the others by where they stand.
    pub fn name(&self) -> Address {
        match self {
            Self::Confirmation(entry, _) => entry.address(),
            Self::Acceptance(_) | Self::Reply(_) => self.address(),
        }
    }

    /// The party whose people may say it; none where nothing is said.
    pub fn party(&self, deployment: &Deployment) -> Option<PartyId> {
        Some(match self.said(deployment.into())? {
            Said::Confirmation(party, _) | Said::Reply(party, _) => party.clone(),
            // Whoever runs the service accepts its risks.
            Said::Acceptance(_) => risk_owner(deployment),
        })
    }

    /// Whether a person whom the settings list may have brought it in: somebody of the party that speaks, and of an acceptance somebody in the
    /// role.
    pub fn may_come_from(&self, person: &Person, deployment: &Deployment, framework: &Framework) -> bool {
        match self.said(deployment.into()) {
            None => true,
            Some(Said::Confirmation(party, _) | Said::Reply(party, _)) => {
                speaks_for(person, deployment, framework, party)
            }
            Some(Said::Acceptance(acceptance)) => acts_as(person, deployment, framework, &acceptance.role),
        }
    }
}

/// `2 confirmations, 1 acceptance and 1 reply to a transfer`; empty for nothing.
pub fn counts<'s>(all: impl IntoIterator<Item = &'s Spoken>) -> String {
    let mut kinds = [0; 3];
    for one in all {
        kinds[match one {
            Spoken::Confirmation(..) => 0,
            Spoken::Acceptance(_) => 1,
            Spoken::Reply(_) => 2,
        }] += 1;
    }
    let names = [
        ("confirmation", "confirmations"),
        ("acceptance", "acceptances"),
        ("reply to a transfer", "replies to transfers"),
    ];
    let told = kinds.into_iter().zip(names).filter(|(count, _)| *count > 0);
    and(&told.map(|(count, (one, many))| counted(count, one, many)).collect::<Vec<_>>())
}
