//! A conflict in words: what people compare before they decide.

use super::Conflict;
use super::field::{Field, parts};
use crate::model::Merge3;
use std::collections::{BTreeMap, BTreeSet};

type Parts = BTreeMap<Vec<String>, Field>;

impl Conflict {
    /// Each side in words. Of a whole risk or mitigation, what it is called, and the fields in which the sides that have it differ.
    pub fn in_words(&self) -> Merge3<String> {
        let Merge3 { base, left, right } = &self.sides;
        let sides: Vec<Parts> = [base, left, right].into_iter().flatten().filter_map(parts).collect();
        let keys: BTreeSet<&Vec<String>> = sides.iter().flat_map(BTreeMap::keys).collect();
        let differs = |key: &&&Vec<String>| sides.iter().any(|side| side.get(**key) != sides[0].get(**key));
        let differing: Vec<&Vec<String>> = keys.iter().filter(differs).copied().collect();
        let words = |side: &Option<Field>| side.as_ref().map(|side| in_words(side, &differing));
        Merge3 { base: words(base), left: words(left), right: words(right) }
    }
}

fn in_words(side: &Field, differing: &[&Vec<String>]) -> String {
    let Some(parts) = parts(side).filter(|_| !differing.is_empty()) else { return side.to_string() };
    let is_name = |key: &&Vec<String>| matches!(&key[..], [only] if only == "title" || only == "text");
    let name = parts.keys().filter(is_name).filter(|key| !differing.contains(key));
    let lines = name.chain(differing.iter().copied()).map(|key| {
        let value = parts.get(key).map_or_else(|| "(nothing)".to_owned(), ToString::to_string);
        format!("{}: {value}", key.join("."))
    });
    lines.collect::<Vec<_>>().join("\n")
}
