//! A repository's settings: `tom.toml`.

use super::canon::Sink;
use super::{Canonical, Class, FrameworkRef, Key, PartyId, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

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
    /// The keys that they sign with: lines as in OpenSSH's `allowed_signers`, without the principals.
    pub keys: Vec<String>,
}

impl Person {
    /// Whether they can act for the deployments of an organisation, as [`People::around`] finds them.
    pub fn acts_around(&self, code: &str) -> bool {
        self.party.as_str() != super::DEPLOYER || self.organisation.as_ref().is_none_or(|own| own == code)
    }
}

/// What the policy asks of a phase, besides what the framework and its outcomes ask: never less.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhasePolicy {
    /// Roles that have to approve, each of them.
    pub all_of: BTreeSet<String>,
    /// Of each list, one role that has to approve.
    pub any_of: Vec<BTreeSet<String>>,
    /// How many different people have to approve.
    pub people: usize,
}

/// Who may decide what, and how it has to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// The highest residual class that a role may accept.
    pub accept: BTreeMap<String, Class>,
    /// Whether only signed decisions count.
    pub signatures_required: bool,
    /// Whether nobody may approve in two phases of a deployment.
    pub phases_apart: bool,
    /// Whether whoever last changed the content must not be the only one who approves it.
    pub author_apart: bool,
    /// The parties whose hand-overs and receipts are taken in only with the signature of a listed key of whoever sent them.
    pub signed_hand_overs: BTreeSet<PartyId>,
    /// What each phase needs.
    pub phases: BTreeMap<u8, PhasePolicy>,
}

/// Everybody by key, with ways to find them: a large programme lists thousands of people, and asks for some at every deployment.
#[derive(Debug, Clone, Default)]
pub struct People {
    by_key: BTreeMap<Key, Person>,
    by_name: Way<String>,
    /// In small letters.
    by_email: Way<String>,
    /// Of an organisation; without a name, those of none.
    by_organisation: Way<Option<String>>,
    not_deployers: OnceLock<Vec<Key>>,
}

/// A way to find people by something else than their key, made when it is first taken.
type Way<K> = OnceLock<BTreeMap<K, Vec<Key>>>;

impl People {
    /// Those of a name.
    pub fn named<'p>(&'p self, name: &str) -> impl Iterator<Item = (&'p Key, &'p Person)> + use<'p> {
        let way = self.way(&self.by_name, |person| Some(person.name.clone()));
        self.all(way.get(name).into_iter().flatten())
    }

    /// Those with an e-mail address, in large letters or small.
    pub fn with_email<'p>(&'p self, email: &str) -> impl Iterator<Item = (&'p Key, &'p Person)> + use<'p> {
        let way = self.way(&self.by_email, |person| person.email.as_ref().map(|e| e.to_ascii_lowercase()));
        self.all(way.get(&email.to_ascii_lowercase()).into_iter().flatten())
    }

    /// The one name by which somebody is counted: who is listed twice under one e-mail address is one person, whatever else the entries say.
    pub fn one_of<'n>(&'n self, name: &'n str) -> &'n str {
        let (mut known, mut open) = (BTreeSet::from([name]), vec![name]);
        while let Some(name) = open.pop() {
            let emails = self.named(name).filter_map(|(_, person)| person.email.as_deref());
            for (_, person) in emails.flat_map(|email| self.with_email(email)) {
                if known.insert(&person.name) {
                    open.push(&person.name);
                }
            }
        }
        known.pop_first().unwrap_or(name)
    }

    /// Those of an organisation, by its code.
    pub fn of_organisation<'p>(
        &'p self,
        code: &str,
    ) -> impl Iterator<Item = (&'p Key, &'p Person)> + use<'p> {
        self.all(self.found(Some(code)))
    }

    /// Those who can act for the deployments of an organisation: its own people, those of no organisation, and those of other parties.
    pub fn around<'p>(&'p self, code: &str) -> impl Iterator<Item = (&'p Key, &'p Person)> + use<'p> {
        let others = self.not_deployers.get_or_init(|| {
            let others = self.by_key.iter().filter(|(_, person)| person.party.as_str() != super::DEPLOYER);
            others.map(|(key, _)| key.clone()).collect()
        });
        let mut keys: Vec<&Key> = self.found(Some(code)).chain(self.found(None)).chain(others).collect();
        keys.sort_unstable();
        keys.dedup();
        self.all(keys)
    }

    fn found<'p>(&'p self, code: Option<&str>) -> impl Iterator<Item = &'p Key> + use<'p> {
        let way = self.way(&self.by_organisation, |person| Some(person.organisation.clone()));
        way.get(&code.map(str::to_owned)).into_iter().flatten()
    }

    fn way<'p, K: Ord>(
        &'p self,
        way: &'p Way<K>,
        of: impl Fn(&Person) -> Option<K>,
    ) -> &'p BTreeMap<K, Vec<Key>> {
        way.get_or_init(|| {
            let mut found = BTreeMap::<K, Vec<Key>>::new();
            for (key, person) in &self.by_key {
                if let Some(of) = of(person) {
                    found.entry(of).or_default().push(key.clone());
                }
            }
            found
        })
    }

    fn all<'p>(
        &'p self,
        keys: impl IntoIterator<Item = &'p Key>,
    ) -> impl Iterator<Item = (&'p Key, &'p Person)> {
        keys.into_iter().filter_map(|key| self.by_key.get_key_value(key))
    }
}

impl PartialEq for People {
    fn eq(&self, other: &Self) -> bool {
        self.by_key == other.by_key
    }
}

impl Eq for People {}

impl From<BTreeMap<Key, Person>> for People {
    fn from(by_key: BTreeMap<Key, Person>) -> Self {
        Self { by_key, ..Self::default() }
    }
}

/// A key that is there already keeps its person.
impl Extend<(Key, Person)> for People {
    fn extend<T: IntoIterator<Item = (Key, Person)>>(&mut self, people: T) {
        let mut by_key = std::mem::take(&mut self.by_key);
        for (key, person) in people {
            by_key.entry(key).or_insert(person);
        }
        *self = by_key.into();
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
    /// Who may decide what.
    pub policy: Policy,
    /// The kinds of change that a review does not let pass.
    pub fail_on: Vec<String>,
}

impl Canonical for Person {
    fn write(&self, out: &mut dyn Sink) {
        self.tree().write(out);
    }
}

impl Person {
    fn tree(&self) -> Tree {
        Tree::map([
            ("name", Some(Tree::text(&self.name))),
            ("email", self.email.as_ref().map(Tree::text)),
            ("party", Some(Tree::text(self.party.as_str()))),
            ("organisation", self.organisation.as_ref().map(Tree::text)),
            ("roles", Tree::set(&self.roles)),
            ("keys", Tree::set(&self.keys)),
        ])
    }
}

impl Canonical for Policy {
    fn write(&self, out: &mut dyn Sink) {
        self.tree().write(out);
    }
}

impl Policy {
    fn tree(&self) -> Tree {
        let accept = self.accept.iter().map(|(role, class)| (role.clone(), Tree::Integer(i64::from(*class))));
        let phases = self.phases.iter().map(|(number, phase)| {
            let any_of = phase.any_of.iter().map(|roles| Tree::set(roles).unwrap_or(Tree::List(Vec::new())));
            let tree = Tree::map([
                ("all-of", Tree::set(&phase.all_of)),
                ("any-of", Some(Tree::List(any_of.collect()))),
                ("people", i64::try_from(phase.people).ok().map(Tree::Integer)),
            ]);
            (number.to_string(), tree)
        });
        let signed: Vec<String> = self.signed_hand_overs.iter().map(ToString::to_string).collect();
        Tree::map([
            ("accept", Some(Tree::Map(accept.collect()))),
            ("signatures-required", Some(Tree::Truth(self.signatures_required))),
            ("phases-apart", Some(Tree::Truth(self.phases_apart))),
            ("author-apart", Some(Tree::Truth(self.author_apart))),
            ("signed-hand-overs", Tree::set(&signed)),
            ("phases", Some(Tree::Map(phases.collect()))),
        ])
    }
}

/// People and policy: what a statement names as the policy that it was decided under.
impl Canonical for Settings {
    fn write(&self, out: &mut dyn Sink) {
        self.tree().write(out);
    }
}

impl Settings {
    fn tree(&self) -> Tree {
        let people = self.people.iter().map(|(key, person)| (key.to_string(), person.tree()));
        Tree::map([("people", Some(Tree::Map(people.collect()))), ("policy", Some(self.policy.tree()))])
    }
}
