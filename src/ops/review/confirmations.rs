//! Who stood by what anew. A confirmation changes no content, and makes a phase ready: a reviewer has to see whose hand it was.

use super::{Authors, Base, Change, ChangedBy, Kind};
use crate::model::{Address, Confirmation, PartyId, Tree};
use crate::ops::check::label;
use crate::ops::state::Speakers;
use std::collections::{BTreeMap, BTreeSet};

type All<'d> = BTreeMap<(Address, &'d PartyId), &'d Confirmation>;

/// Every confirmation by what it is of and for whom.
fn all<'d>(base: Base<'d>) -> All<'d> {
    let mut all = All::new();
    let mut add = |address: Address, confirmed: &'d BTreeMap<PartyId, Confirmation>| {
        all.extend(confirmed.iter().map(|(party, given)| ((address.clone(), party), given)));
    };
    for (slot, answer) in &base.deployment.answers {
        add(slot.address(), &answer.confirmed);
    }
    for (id, risk) in &base.deployment.risks {
        add(Address::of(id), &risk.confirmed);
        for (key, mitigation) in &risk.mitigations {
            add(Address::of(id).then("mitigations").then(key.as_str()), &mitigation.confirmed);
        }
    }
    all
}

/// New and other confirmations, a change for each party.
pub(super) fn confirmations(before: Base<'_>, after: Base<'_>, authors: &Authors<'_>) -> Vec<Change> {
    let (was, is) = (all(before), all(after));
    let mut new = BTreeMap::<&PartyId, Vec<(&Address, &Confirmation)>>::new();
    for ((address, party), given) in &is {
        if was.get(&(address.clone(), *party)) != Some(given) {
            new.entry(party).or_default().push((address, given));
        }
    }
    let speakers = Speakers::of(authors.settings, after.deployment, after.framework);
    new.into_iter()
        .map(|(party, given)| {
            let unlisted = given.iter().filter(|(_, given)| !speakers.may(party, &given.by)).count();
            let files: BTreeSet<String> = given
                .iter()
                .map(|(address, _)| label(after.deployment, after.framework, address).file)
                .collect();
            let digests = given.iter().map(|(_, given)| Tree::text(format!("{} {}", given.digest, given.by)));
            let digest = super::fingerprint(&Tree::List(digests.collect()));
            let mut says = format!("{} newly confirmed", given.len());
            if unlisted > 0 {
                says += &format!(", {unlisted} of them by somebody who is not listed for it");
            }
            says += &in_words(party, &authors.on(&files));
            let addresses: Vec<String> = given.iter().map(|(address, _)| address.to_string()).collect();
            Change::new(Kind::Confirmed, None, format!("by the {party}"))
                .saying(format!("{says} [{digest}]"))
                .with("of", None, Some(addresses.join(", ")))
                .of(vec![party.clone()])
        })
        .collect()
}

/// Whose commits brought them, where that is not the party itself.
fn in_words(party: &PartyId, by: &ChangedBy) -> String {
    let others = by.parties.iter().filter(|other| *other != party).map(|other| format!("the {other}"));
    let unknown = by.has_unknown.then(|| "somebody who is not listed".to_owned());
    let all: Vec<String> = others.chain(unknown).collect();
    if all.is_empty() { String::new() } else { format!("; brought in by {}", all.join(" and ")) }
}
