//! How much is only claimed: said in the name of people who are not listed for it, or brought in by somebody who may not say it.

use super::brought::Brought;
use super::spoken::{Spoken, counts};
use super::state::claimed;
use crate::model::{Address, Deployment, Framework, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// What is only claimed, each once, however many reasons there are.
#[derive(Debug, Default)]
pub struct Claims {
    unlisted: BTreeSet<Spoken>,
    brought: BTreeSet<Spoken>,
}

impl Claims {
    /// What is claimed in a deployment, with what somebody else brought in, where history was read.
    pub fn of(
        settings: &Settings,
        deployment: &Deployment,
        framework: &Framework,
        foreign: &BTreeMap<Spoken, Brought>,
    ) -> Self {
        let unlisted = claimed(settings, deployment, framework).into_values().flatten().collect();
        Self { unlisted, brought: foreign.keys().cloned().collect() }
    }

    fn all(&self) -> BTreeSet<&Spoken> {
        self.unlisted.union(&self.brought).collect()
    }

    /// What is claimed besides what others are: the entries.
    pub fn besides(&self, others: &Self) -> Vec<Address> {
        let known = others.all();
        let new = self.all().into_iter().filter(|one| !known.contains(one));
        new.map(|one| one.entry().address()).collect::<BTreeSet<Address>>().into_iter().collect()
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
        let is = if self.count() == 1 { "is" } else { "are" };
        (self.count() > 0).then(|| format!("{} {is} only claimed", counts(self.all())))
    }
}
