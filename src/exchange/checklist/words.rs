//! Words of cells: how headings, labels and the form's own texts are recognised.

use crate::model::{Digest, Framework, SheetMap};
use std::collections::BTreeSet;

/// A text as its words in small letters: `Organisation(s) ` is `organisation s`.
pub(in crate::exchange) fn words(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether all of the wanted words stand in a text.
pub(in crate::exchange) fn has(text: &str, wanted: &str) -> bool {
    let there: Vec<&str> = text.split(' ').collect();
    !wanted.is_empty() && wanted.split(' ').all(|word| there.contains(&word))
}

/// The texts that a form prints itself.
pub(super) struct Form {
    digests: BTreeSet<String>,
    ours: BTreeSet<String>,
}

impl Form {
    pub(super) fn new(map: &SheetMap, framework: &Framework) -> Self {
        let of_items = framework.items().flat_map(|item| [&item.title, &item.asks, &item.group]);
        let of_sections = framework.sections.iter().map(|section| &section.title);
        let ids = framework.items().map(|item| words(item.id.as_str()));
        let ours = of_items.chain(of_sections).map(|text| words(text)).chain(ids).collect();
        Self { digests: map.form.clone(), ours }
    }

    /// Whether the form prints this text.
    pub(super) fn prints(&self, text: &str) -> bool {
        let words = words(text);
        words.is_empty()
            || self.ours.contains(&words)
            || self.digests.contains(&Digest::of_bytes(words.as_bytes()).hex()[..12])
    }
}

/// What a cell says where an answer, or a name, is expected.
pub(super) enum Said {
    /// Nothing: the form's own words for "nobody has answered yet".
    Placeholder,
    /// A text, and the words after "on behalf of".
    Text(String, Option<String>),
}

/// Takes the form's own words away from a text. What somebody wrote is never cut, unless the form's dots stand before its words.
pub(super) fn said(map: &SheetMap, text: &str, is_name: bool) -> Said {
    let plain = words(text);
    let is_placeholder = |placeholder: &String| {
        plain == *placeholder || (placeholder.contains(' ') && plain.starts_with(&format!("{placeholder} ")))
    };
    if map.placeholders.iter().any(is_placeholder) {
        return Said::Placeholder;
    }
    let Some(at) = find(text, &map.on_behalf_of) else { return Said::Text(text.to_owned(), None) };
    let (before, after) = (&text[..at], &text[at + map.on_behalf_of.len()..]);
    let dots: &[char] = &['.', '…', ' ', '\n', '\t'];
    let name = before.trim_end_matches(dots).trim();
    let has_dots = before.trim_end().ends_with(['.', '…']);
    if words(before).is_empty() {
        return Said::Placeholder;
    }
    if is_name || has_dots {
        return Said::Text(name.to_owned(), Some(words(after)));
    }
    Said::Text(text.to_owned(), None)
}

/// Where a phrase stands in a text, whatever its case.
fn find(text: &str, phrase: &str) -> Option<usize> {
    (!phrase.is_empty())
        .then(|| {
            text.char_indices().map(|(at, _)| at).find(|at| {
                text.get(*at..*at + phrase.len()).is_some_and(|part| part.eq_ignore_ascii_case(phrase))
            })
        })
        .flatten()
}
