//! Who stood by what anew. A confirmation changes no content, and makes a phase ready: a reviewer has to see whose hand it was.

use super::{Authors, Base, Change, ChangedBy, Kind};
use crate::model::{Address, Confirmation, PartyId, Tree};
use crate::ops::check::label;
use crate::ops::spoken::{self, Said};
use crate::ops::state::Speakers;
use std::collections::{BTreeMap, BTreeSet};

/// New and other confirmations, a change for each party.
pub(super) fn confirmations(before: Base<'_>, after: Base<'_>, authors: &Authors<'_>) -> Vec<Change> {
    let mut new = BTreeMap::<PartyId, BTreeMap<Address, &Confirmation>>::new();
    spoken::each(after.deployment.into(), |said, at| {
        if let Said::Confirmation(party, given) = said
            && at().said(before.deployment.into()) != Some(said)
        {
            new.entry(party.clone()).or_default().insert(at().entry().address(), given);
        }
    });
    let speakers = Speakers::of(authors.settings, after.deployment, after.framework);
    new.iter()
        .map(|(party, given)| {
            let unlisted = given.values().filter(|given| !speakers.may(party, &given.by)).count();
            let file = |address| label(after.deployment, after.framework, address).file;
            let files: BTreeSet<String> = given.keys().map(file).collect();
            let digests = given.values().map(|given| Tree::text(format!("{} {}", given.digest, given.by)));
            let digest = super::fingerprint(&Tree::List(digests.collect()));
            let mut says = format!("{} newly confirmed", given.len());
            if unlisted > 0 {
                says += &format!(", {unlisted} of them by somebody who is not listed for it");
            }
            says += &in_words(party, &authors.on(&files));
            let addresses: Vec<String> = given.keys().map(Address::to_string).collect();
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
