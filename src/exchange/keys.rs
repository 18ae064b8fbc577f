//! Keys and ids for what comes in without one.

use crate::model::{Deployment, Item, ItemType, Key, RiskId};
use std::collections::BTreeSet;

/// Words as a key: `Interface lead` is `interface-lead`.
fn slug(words: &str) -> String {
    let mut slug = String::new();
    for c in words.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// A key from words, or from another word where they make none, that is not taken yet.
pub(super) fn free(words: &str, otherwise: &str, taken: &BTreeSet<Key>) -> Key {
    let slug = slug(words);
    let stem = if slug.is_empty() { otherwise.to_owned() } else { slug };
    let numbered = (2..).map(|number| format!("{stem}-{number}"));
    std::iter::once(stem.clone())
        .chain(numbered)
        .filter_map(|text| Key::new(text).ok())
        .find(|key| !taken.contains(key))
        .unwrap_or_else(|| unreachable!("numbers do not end"))
}

/// The key of a new row. For people it comes from the role, never from the name; for a date from what happens then.
pub(super) fn of_row<'t>(item: &Item, text: impl Fn(&str) -> &'t str, taken: &BTreeSet<Key>) -> Key {
    match item.kind_of_answer {
        ItemType::People => free(text("job-title"), "person", taken),
        ItemType::Dates => free(text("what"), "date", taken),
        _ => {
            let first = item.columns.first().map_or("", |column| text(&column.id));
            free(first, "row", taken)
        }
    }
}

/// The next risk id with a deployment's own prefix.
pub(super) fn free_risk(right: &Deployment, left: &Deployment) -> RiskId {
    let prefix = &left.meta.risk_prefix;
    let received = left.received.iter().flat_map(|received| received.risks.keys());
    let refused = left.meta.derived_from.iter().flat_map(|lineage| lineage.refused.keys());
    let known = right.risks.keys().chain(left.risks.keys()).chain(received).map(RiskId::as_str);
    let last = known
        .chain(refused.map(String::as_str))
        .filter_map(|id| id.strip_prefix(prefix.as_str())?.strip_prefix('-')?.parse::<u32>().ok())
        .max();
    let next = last.unwrap_or_default() + 1;
    RiskId::new(format!("{prefix}-{next:03}"))
        .unwrap_or_else(|_| unreachable!("a prefix makes well-formed ids"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_words_and_are_free() {
        let taken = BTreeSet::from([Key::new("interface-lead").unwrap()]);
        assert_eq!(free("Interface  Lead!", "person", &taken).as_str(), "interface-lead-2");
        assert_eq!(free("…", "person", &taken).as_str(), "person");
    }
}
