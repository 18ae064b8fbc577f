//! A repository's settings: `tom.toml`.

use super::{Class, FrameworkRef, Key, PartyId};
use std::collections::BTreeMap;

/// Somebody who answers, confirms or decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As it stands in confirmations.
    pub name: String,
    /// For git's identity.
    pub email: Option<String>,
    /// The party that they may speak for.
    pub party: PartyId,
    /// The code of their organisation: a deployer's person speaks for that organisation's deployments only.
    pub organisation: Option<String>,
    /// `clinical-safety-officer`, `siro` …
    pub roles: Vec<String>,
}

/// Everybody by key, with ways to find them: a large programme lists thousands of people, and asks for some at every deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    by_key: BTreeMap<Key, Person>,
    by_name: BTreeMap<String, Vec<Key>>,
    /// Of an organisation; without a name, those of none.
    by_organisation: BTreeMap<Option<String>, Vec<Key>>,
    not_deployers: Vec<Key>,
}

impl People {
    /// Those of a name.
    pub fn named<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p Person> + use<'p> {
        self.by_name.get(name).into_iter().flatten().filter_map(|key| self.by_key.get(key))
    }

    /// Those of an organisation, by its code.
    pub fn of_organisation<'p>(&'p self, code: &str) -> impl Iterator<Item = &'p Person> + use<'p> {
        self.found(Some(code)).filter_map(|key| self.by_key.get(key))
    }

    /// Those who can act for the deployments of an organisation: its own people, those of no organisation, and those of other parties.
    pub fn around<'p>(&'p self, code: &str) -> impl Iterator<Item = &'p Person> + use<'p> {
        let mut keys: Vec<&Key> =
            self.found(Some(code)).chain(self.found(None)).chain(&self.not_deployers).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().filter_map(|key| self.by_key.get(key))
    }

    fn found<'p>(&'p self, code: Option<&str>) -> impl Iterator<Item = &'p Key> + use<'p> {
        self.by_organisation.get(&code.map(str::to_owned)).into_iter().flatten()
    }
}

impl From<BTreeMap<Key, Person>> for People {
    fn from(by_key: BTreeMap<Key, Person>) -> Self {
        let mut people = Self::default();
        people.extend(by_key);
        people
    }
}

/// A key that is there already keeps its person.
impl Extend<(Key, Person)> for People {
    fn extend<T: IntoIterator<Item = (Key, Person)>>(&mut self, people: T) {
        for (key, person) in people {
            if self.by_key.contains_key(&key) {
                continue;
            }
            self.by_name.entry(person.name.clone()).or_default().push(key.clone());
            self.by_organisation.entry(person.organisation.clone()).or_default().push(key.clone());
            if person.party.as_str() != "deployer" {
                self.not_deployers.push(key.clone());
            }
            self.by_key.insert(key, person);
        }
    }
}

impl std::ops::Deref for People {
    type Target = BTreeMap<Key, Person>;

    fn deref(&self) -> &Self::Target {
        &self.by_key
    }
}

/// What `tom.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The framework of new deployments.
    pub framework: FrameworkRef,
    /// People by key.
    pub people: People,
    /// The highest residual class that a role may accept.
    pub accept: BTreeMap<String, Class>,
    /// The kinds of change that a review does not let pass.
    pub fail_on: Vec<String>,
}
