//! Other organisations' names, codes and people where they do not belong.

use crate::diag::{Code, Finding, Label, Severity};
use crate::model::{Deployment, Framework, Settings};
use crate::ops::derive::names_of;
use std::collections::BTreeMap;

/// A file names another organisation.
pub static LEAK: Code = Code {
    id: "TOM-1104",
    severity: Severity::Warning,
    title: "a file names another organisation, or one of its people",
    explain: "`tom check --leaks`, and `tom hand-over` before it writes anything, look through every text for names, codes and people of the other deployments' organisations in this repository. A supplier \
serves many, and what stands about one is not for another. Reword the text, or leave the file out. A word may be a name and mean something else: `tom hand-over --allow-names` goes on once somebody has looked at each.",
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

/// Every line of some files that names one of the names; files that are no text are passed over.
pub fn leaks<'f>(names: &Names, files: impl IntoIterator<Item = (String, &'f [u8])>) -> Vec<Finding> {
    let mut folded: Vec<(String, &String, &String)> =
        names.iter().map(|(name, of)| (name.to_lowercase(), name, of)).collect();
    // As they stand in a page or a workbook.
    let escaped = folded.iter().map(|(folded, name, of)| (in_markup(folded), *name, *of));
    let escaped: Vec<_> = escaped.filter(|(escaped, name, _)| *escaped != name.to_lowercase()).collect();
    folded.extend(escaped);
    let mut found = Vec::new();
    for (file, bytes) in files {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let lower = text.to_lowercase();
        // Most files name none.
        let there: Vec<_> = folded.iter().filter(|(name, ..)| lower.contains(name.as_str())).collect();
        if there.is_empty() {
            continue;
        }
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let here = start..start + line.trim_end().len();
            start += line.len();
            let lower = line.to_lowercase();
            // The longest name that stands there says most.
            let hit = there
                .iter()
                .filter(|(name, ..)| crate::ops::derive::has_word(&lower, name))
                .max_by_key(|(name, ..)| name.len());
            if let Some((_, name, of)) = hit {
                found.push(
                    Finding::new(
                        &LEAK,
                        format!("`{}` belongs to the organisation of `{of}`", name.escape_debug()),
                    )
                    .at(Label::bytes(&file, here)),
                );
            }
        }
    }
    found
}
