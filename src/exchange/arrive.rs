//! What came in a workbook becomes part of an assessment: confirmations that hold for what their givers saw.

use super::fate::{Fate, Fates};
use super::own::Stands;
use crate::model::{Canonical, Confirmation, Date, Deployment, Framework, ItemId, PartyId, RiskId, Slot};
use crate::ops::confirm::{Voice, answer, mitigation, risk};
use std::collections::BTreeMap;

/// Where a workbook came from, for what is kept beside a confirmation.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file's name.
    pub file: String,
    /// Its SHA-256 digest.
    pub digest: String,
    /// Who sent it, where that is known.
    pub sender: Option<String>,
    /// The day of the import.
    pub on: Date,
}

impl Origin {
    /// In words, for a note or an entry of the history.
    pub fn words(&self) -> String {
        let sender = self.sender.as_ref().map(|sender| format!(", sent by {sender}")).unwrap_or_default();
        format!("{} ({}{sender})", self.file, self.digest)
    }
}

/// What the givers of confirmations saw, where that may differ from the assessment as it is now.
#[derive(Debug, Clone)]
pub struct Seen<'s> {
    /// The assessment as the workbook has it.
    pub sent: &'s Deployment,
    /// The facts that things rest on, as the workbook has them.
    pub facts: BTreeMap<ItemId, String>,
}

impl Seen<'_> {
    /// Whether something says here what it said in the workbook.
    fn is_same(&self, now: &Deployment, stand: &Stands) -> bool {
        let answer = |d: &Deployment| {
            let item = ItemId::new(stand.address.subject.clone()).ok()?;
            let slot = Slot { item, row: stand.address.row.clone() };
            Some(d.answers.get(&slot)?.content_digest())
        };
        let risk = |d: &Deployment| {
            let risk = d.risks.get(stand.address.subject.as_str())?;
            match stand.address.field.get(1) {
                Some(key) => Some(risk.mitigations.get(key.as_str())?.digest()),
                None => Some(risk.content_digest()),
            }
        };
        answer(now) == answer(self.sent) && risk(now) == risk(self.sent)
    }
}

/// Puts confirmations into an assessment as far as they can hold there, and gives their cells a fate.
pub fn confirm(
    framework: &Framework,
    deployment: &mut Deployment,
    stands: &[Stands],
    seen: Option<&Seen<'_>>,
    origin: &Origin,
    fates: &mut Fates,
) {
    for stand in stands {
        let (number, place) = stand.cell;
        let voice = Voice {
            party: stand.party.clone(),
            by: stand.by.clone(),
            on: origin.on,
            note: Some(format!("named in {}", origin.words())),
        };
        if seen.is_some_and(|seen| !seen.is_same(deployment, stand)) {
            fates.refuse(number, place, "it says something else here now; somebody has to look at it again");
            continue;
        }
        match one(framework, deployment, stand, &voice, seen.map(|seen| &seen.facts)) {
            Ok(()) => {
                let (address, party) = (stand.address.clone(), stand.party.clone());
                fates.change(number, place, Fate::Confirmed { address, party });
            }
            Err(why) => fates.refuse(number, place, why),
        }
    }
}

fn one(
    framework: &Framework,
    deployment: &mut Deployment,
    stand: &Stands,
    voice: &Voice,
    facts: Option<&BTreeMap<ItemId, String>>,
) -> Result<(), String> {
    if stand.by.chars().any(|c| crate::syntax::is_hidden(c) || c == '\n') {
        return Err("the name has a character that cannot be seen".to_owned());
    }
    let why = |error: crate::diag::Error| error.finding().message.clone();
    let given = |mut confirmation: Confirmation| {
        for (fact, digest) in &mut confirmation.given {
            if let Some(shown) = facts.and_then(|facts| facts.get(fact)) {
                digest.clone_from(shown);
            }
        }
        confirmation
    };
    if let Some(item) = framework.item(&stand.address.subject) {
        let slot = Slot { item: item.id.clone(), row: stand.address.row.clone() };
        let confirmation = given(answer(deployment, framework, &slot, voice).map_err(why)?);
        let answer = deployment.answers.get_mut(&slot).ok_or("it is unanswered")?;
        put(&mut answer.confirmed, &stand.party, confirmation);
        return Ok(());
    }
    let id = RiskId::new(stand.address.subject.clone()).map_err(|error| error.to_string())?;
    let key = stand.address.field.get(1).and_then(|key| crate::model::Key::new(key.clone()).ok());
    let confirmation = match &key {
        Some(key) => mitigation(deployment, framework, &id, key, voice),
        None => risk(deployment, framework, &id, voice),
    };
    let confirmation = given(confirmation.map_err(why)?);
    let risk = deployment.risks.get_mut(&id).ok_or("there is no such risk")?;
    let confirmed = match key {
        Some(key) => &mut risk.mitigations.get_mut(&key).ok_or("there is no such mitigation")?.confirmed,
        None => &mut risk.confirmed,
    };
    put(confirmed, &stand.party, confirmation);
    Ok(())
}

/// One that says the same as the one that is there changes nothing.
fn put(confirmed: &mut BTreeMap<PartyId, Confirmation>, party: &PartyId, new: Confirmation) {
    let is_known = confirmed
        .get(party)
        .is_some_and(|old| old.by == new.by && old.digest == new.digest && old.given == new.given);
    if !is_known {
        confirmed.insert(party.clone(), new);
    }
}

/// The short digest of a fact as the workbook has it, for facts that it changed itself.
pub fn changed_facts(
    base: &Deployment,
    right: &Deployment,
    framework: &Framework,
) -> BTreeMap<ItemId, String> {
    let changed = framework.items().filter(|item| {
        let tree = |d: &Deployment| {
            d.slots(item)
                .iter()
                .filter_map(|slot| d.answers.get(slot))
                .map(|answer| answer.digest())
                .collect::<Vec<_>>()
        };
        tree(base) != tree(right)
    });
    let ids: Vec<ItemId> = changed.map(|item| item.id.clone()).collect();
    crate::ops::state::given(right, framework, &ids)
}
