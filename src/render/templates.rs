//! Templates by name: the built-in ones, and a repository's own in their place.

use super::OwnTemplate;
use crate::model::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// Templates by name.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Templates {
    builtin: BTreeMap<String, String>,
    own: BTreeMap<String, String>,
    fonts: BTreeMap<String, Vec<u8>>,
}

impl Templates {
    /// Adds a template of tom's.
    pub fn add(&mut self, name: impl Into<String>, source: impl Into<String>) {
        self.builtin.insert(name.into(), source.into());
    }

    /// Adds a template of the repository's own. One that says the same as tom's is tom's.
    pub fn add_own(&mut self, name: impl Into<String>, source: impl Into<String>) {
        let (name, source) = (name.into(), source.into());
        if self.builtin.get(&name) != Some(&source) {
            self.own.insert(name, source);
        }
    }

    /// Adds a font of the repository's own.
    pub fn add_font(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.fonts.insert(name.into(), bytes);
    }

    /// The repository's own, of the engine that reads files with these endings.
    pub fn own(&self, endings: &[&str]) -> Vec<OwnTemplate> {
        let own = |name: String, bytes: &[u8]| OwnTemplate { name, digest: Digest::of_bytes(bytes).short() };
        let sources = self.own.iter().filter(|(name, _)| is_of(name, endings));
        // Fonts are read by the PDF engine, and are not tom's either.
        let fonts = self.fonts.iter().filter(|_| endings.contains(&".typ"));
        let sources = sources.map(|(name, source)| own(name.clone(), source.as_bytes()));
        sources.chain(fonts.map(|(name, bytes)| own(format!("fonts/{name}"), bytes))).collect()
    }

    /// tom's own, whatever the repository has.
    pub(super) fn builtin(&self, endings: &'static [&str]) -> impl Iterator<Item = (&str, &str)> {
        let all = self.builtin.iter().filter(|(name, _)| is_of(name, endings));
        all.map(|(name, source)| (name.as_str(), source.as_str()))
    }

    /// Each template as it is used.
    pub(super) fn used(&self, endings: &'static [&str]) -> impl Iterator<Item = (&str, &str)> {
        let kept = self.builtin.iter().filter(|(name, _)| !self.own.contains_key(*name));
        let all = kept.chain(&self.own).filter(|(name, _)| is_of(name, endings));
        all.map(|(name, source)| (name.as_str(), source.as_str()))
    }

    /// Fonts of the repository's own by name.
    #[cfg(feature = "pdf")]
    pub(super) fn fonts(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fonts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}

fn is_of(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name.ends_with(ending))
}

/// What helps somebody whose template names something that a pack does not have.
pub(super) fn known_in(
    pack: &serde_json::Value,
    wanted: &str,
    error: crate::diag::Error,
) -> crate::diag::Error {
    let mut all = BTreeSet::new();
    keys_of(pack, &mut all);
    let error = match crate::diag::nearest(wanted, all.iter().copied()).filter(|near| *near != wanted) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    };
    let top: Vec<&str> =
        pack.as_object().into_iter().flat_map(|fields| fields.keys()).map(String::as_str).collect();
    error.note(format!("a pack has: {}", top.join(", "))).note(
        "`docs/schemas/pack.schema.json` says what each of these has; `tom render --format json` shows it",
    )
}

/// Every key in a value.
fn keys_of<'v>(value: &'v serde_json::Value, all: &mut BTreeSet<&'v str>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, inner) in fields {
                all.insert(key);
                keys_of(inner, all);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys_of(item, all)),
        _ => {}
    }
}
