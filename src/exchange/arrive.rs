//! What came in a workbook becomes part of an assessment: confirmations that hold for what their givers saw.

use super::fate::{Fate, Fates};
use super::own::Stands;
use crate::model::{
    Canonical, Confirmation, Deployment, Framework, ItemId, Origin, PartyId, Received, RiskId, Slot,
};
use crate::ops::confirm::{Voice, answer, mitigation, risk};
use std::collections::BTreeMap;

/// What the givers of confirmations saw, where that may differ from the assessment as it is now.
#[derive(Debug, Clone)]
pub struct Seen<'s> {
    /// The assessment as it is to be, with what came meanwhile.
    pub here: &'s Deployment,
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
        answer(now) == answer(self.here) && risk(now) == risk(self.here)
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

/// Puts the names of a checklist into what it says. A name that stood there when it was imported last says nothing anew: what it confirmed
/// then is kept as it was, and is stale where the answer, or what that rests on, has changed since.
pub fn confirm_again(
    framework: &Framework,
    says: &mut Deployment,
    (base, left): (&Received, &Deployment),
    stands: &[Stands],
    origin: &Origin,
    fates: &mut Fates,
) {
    let mut new = Vec::new();
    for stand in stands {
        let slot = ItemId::new(stand.address.subject.clone())
            .map(|item| Slot { item, row: stand.address.row.clone() });
        let known = slot.ok().and_then(|slot| {
            let was = base.answers.get(&slot)?;
            let confirmation = was.confirmed.get(&stand.party).filter(|known| known.by == stand.by)?;
            Some((slot, was.content_digest(), confirmation.clone()))
        });
        let Some((slot, digest, confirmation)) = known else {
            new.push(stand.clone());
            continue;
        };
        let Some(answer) = says.answers.get_mut(&slot) else { continue };
        if answer.content_digest() == digest {
            fates.change(stand.cell.0, stand.cell.1, Fate::Unchanged);
        } else {
            let why =
                "the name stood there before the answer was changed; whoever it is has to confirm it again";
            fates.refuse(stand.cell.0, stand.cell.1, why);
        }
        answer.confirmed.insert(stand.party.clone(), confirmation);
    }
    confirm(framework, says, &new, None, origin, fates);
    // What is here already is not said anew.
    for (slot, answer) in &mut says.answers {
        for (party, said) in &mut answer.confirmed {
            let here = left.answers.get(slot).and_then(|answer| answer.confirmed.get(party));
            if let Some(here) = here.filter(|here| is_same(here, said)) {
                said.clone_from(here);
            }
        }
    }
}

fn is_same(old: &Confirmation, new: &Confirmation) -> bool {
    old.by == new.by && old.digest == new.digest && old.given == new.given
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
    if !confirmed.get(party).is_some_and(|old| is_same(old, &new)) {
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
