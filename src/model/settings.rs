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

/// What `tom.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The framework of new deployments.
    pub framework: FrameworkRef,
    /// People by key.
    pub people: BTreeMap<Key, Person>,
    /// The highest residual class that a role may accept.
    pub accept: BTreeMap<String, Class>,
}
