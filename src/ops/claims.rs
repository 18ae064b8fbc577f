//! How much is only claimed: said in the name of people who are not listed for it, or brought in by somebody of another party.

use super::confirm::Entry;
use super::state::claimed;
use super::words::and;
use crate::model::{Address, Deployment, Framework, PartyId, Settings};
use crate::store::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// What is only claimed, each once, however many reasons there are.
#[derive(Debug, Default)]
pub struct Claims {
    unlisted: BTreeSet<Address>,
    brought: BTreeSet<Address>,
}

impl Claims {
    /// What is claimed in a deployment, with what somebody else's commit brought in, where history was read.
    pub fn of(
        settings: &Settings,
        deployment: &Deployment,
        framework: &Framework,
        foreign: &BTreeMap<(Entry, PartyId), Origin>,
    ) -> Self {
        let unlisted = claimed(settings, deployment, framework).into_values().flatten().collect();
        let at = |(entry, party): &(Entry, PartyId)| {
            entry.address().then("confirmed").then(party.as_str()).then("by")
        };
        Self { unlisted, brought: foreign.keys().map(at).collect() }
    }

    fn all(&self) -> BTreeSet<&Address> {
        self.unlisted.union(&self.brought).collect()
    }

    /// What is claimed besides what others are: the entries.
    pub fn besides(&self, others: &Self) -> Vec<Address> {
        let entry = |address: &Address| {
            let part = |field: &String| matches!(field.as_str(), "confirmed" | "acceptance" | "transfer");
            let at = address.field.iter().position(part).unwrap_or(address.field.len());
            Address { field: address.field[..at].to_vec(), ..address.clone() }
        };
        let known = others.all();
        let new: BTreeSet<Address> =
            self.all().into_iter().filter(|one| !known.contains(one)).map(entry).collect();
        new.into_iter().collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all().len()
    }

    /// Whether there is one whose giver is not listed.
    pub fn has_unlisted(&self) -> bool {
        !self.unlisted.is_empty()
    }

    /// `2 confirmations and 1 acceptance are only claimed`; none where nothing is.
    pub fn in_words(&self) -> Option<String> {
        let mut kinds = BTreeMap::<usize, usize>::new();
        for address in self.all() {
            let is_in = |field: &str| address.field.iter().any(|part| part == field);
            let kind = if is_in("confirmed") { 0 } else { 1 + usize::from(!is_in("acceptance")) };
            *kinds.entry(kind).or_default() += 1;
        }
        let names = [
            ("confirmation", "confirmations"),
            ("acceptance", "acceptances"),
            ("reply to a transfer", "replies to transfers"),
        ];
        let told = |(kind, count): (&usize, &usize)| {
            let (one, many) = names[*kind];
            format!("{count} {}", if *count == 1 { one } else { many })
        };
        let told: Vec<String> = kinds.iter().map(told).collect();
        let is = if self.count() == 1 { "is" } else { "are" };
        (!told.is_empty()).then(|| format!("{} {is} only claimed", and(&told)))
    }
}
