//! Other organisations' names, codes and people where they do not belong.

use crate::diag::{Code, Finding, Label, Severity};
use crate::model::{Deployment, Framework, Settings};
use crate::ops::derive::{names_of, one_spaced, words_at};
use std::collections::BTreeMap;

/// A file names another organisation.
pub static LEAK: Code = Code {
    id: "TOM-1104",
    severity: Severity::Warning,
    title: "a file names another organisation, or one of its people",
    explain: "`tom check --leaks`, and `tom hand-over` before it writes anything, look through every text for names, codes and people of the other deployments' organisations in this repository. A supplier \
serves many, and what stands about one is not for another. Reword the text, or leave the file out. A word may be a name and mean something else: `tom hand-over --allow-names` goes on once somebody has looked at each.",
};

/// A file was not looked into.
pub static NOT_LOOKED_INTO: Code = Code {
    id: "TOM-1106",
    severity: Severity::Warning,
    title: "a file was not looked into for names",
    explain: "`tom check --leaks` reads texts, workbooks and the text of PDFs. What is in a picture, in another sort of file, or in a PDF whose letters do not say which they are, it cannot \
know, and does not say that it is clean. Look into the file yourself before it goes to anybody.",
};

/// The names of organisations and their people, each with the deployment that it belongs to.
pub type Names = BTreeMap<String, String>;

/// The names of other deployments' organisations that a deployment does not have itself.
pub fn others<'d>(
    own: &Deployment,
    others: impl IntoIterator<Item = (&'d Deployment, &'d Framework)>,
    framework: &Framework,
    settings: &Settings,
) -> Names {
    let code = own.text(&framework.headline.organisation_code);
    let mine: Vec<String> =
        names_of(own, framework, settings).iter().map(|name| name.to_lowercase()).collect();
    let mut names = Names::new();
    for (other, framework) in others {
        let its = other.text(&framework.headline.organisation_code);
        if other.meta.id == own.meta.id || its.is_empty() || its == code {
            continue;
        }
        for name in names_of(other, framework, settings) {
            if !mine.contains(&name.to_lowercase()) {
                names.entry(name).or_insert_with(|| other.name.to_string());
            }
        }
    }
    names
}

/// A name as markup has it.
fn in_markup(name: &str) -> String {
    name.replace('&', "&amp;")
        .replace('\'', "&#x27;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Every line of some files on which one of the names begins; files that are no text are passed over.
pub fn leaks<'f>(wanted: &[Wanted<'_>], files: impl IntoIterator<Item = (String, &'f [u8])>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, bytes) in files {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let lower = text.to_lowercase();
        // Most files name none. A name may be broken over two lines, and its longest word is not.
        let there: Vec<_> = wanted.iter().filter(|one| lower.contains(&one.longest_word)).collect();
        if there.is_empty() {
            continue;
        }
        let (folded, places) = folded(text);
        let mut hits: Vec<(usize, &Wanted<'_>)> = Vec::new();
        for one in there {
            hits.extend(words_at(&folded, &one.folded).map(|at| (places[at], one)));
        }
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            let here = hits.iter().filter(|(at, _)| (start..end).contains(at));
            // The longest name that stands there says most.
            if let Some((_, Wanted { name, of, .. })) = here.max_by_key(|(_, one)| one.folded.len()) {
                let message = format!("`{}` belongs to the organisation of `{of}`", name.escape_debug());
                let label = Label::bytes(&file, start..start + line.trim_end().len());
                found.push(Finding::new(&LEAK, message).at(label));
            }
            start = end;
        }
    }
    found
}

/// A name that is looked for.
#[derive(Debug)]
pub struct Wanted<'n> {
    folded: String,
    longest_word: String,
    name: &'n str,
    of: &'n str,
}

/// The names as they are looked for: in small letters, and as they stand in a page or a workbook.
pub fn wanted(names: &Names) -> Vec<Wanted<'_>> {
    let mut all = Vec::new();
    for (name, of) in names {
        let plain = one_spaced(name);
        let escaped = Some(in_markup(&plain)).filter(|escaped| *escaped != plain);
        for folded in [Some(plain), escaped].into_iter().flatten() {
            let longest_word = folded.split(' ').max_by_key(|word| word.len()).unwrap_or_default().to_owned();
            all.push(Wanted { folded, longest_word, name, of });
        }
    }
    all
}

/// A text in small letters with one space for every white space, and where each of its bytes comes from.
fn folded(text: &str) -> (String, Vec<usize>) {
    let (mut out, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
                places.push(at);
            }
            continue;
        }
        out.extend(c.to_lowercase());
        places.resize(out.len(), at);
    }
    (out, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whatever_its_case_and_wherever_its_line_ends() {
        let names = Names::from([("Helen O'Hara".to_owned(), "one".to_owned())]);
        let lines = |text: &str| {
            let found = leaks(&wanted(&names), [("f".to_owned(), text.as_bytes())]);
            found.into_iter().map(|one| format!("{:?}", one.primary.unwrap())).collect::<Vec<_>>().len()
        };
        assert_eq!(lines("asked helen o'hara, and HELEN  O'HARA\nand\nHelen\n  O'Hara."), 2);
        assert_eq!(lines("<p>Helen O&#x27;Hara</p>"), 1);
        assert_eq!(lines("Helen O'Haran, and Helen, and O'Hara"), 0);
    }
}
