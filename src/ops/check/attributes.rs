//! What git does to files on their way in and out, and what it shows of them.

use crate::diag::{Code, Finding, Label, Severity};
use crate::store::Attribute;
use std::collections::BTreeMap;

/// An attribute hides changes, or changes files.
pub(super) static HIDDEN: Code = Code {
    id: "TOM-0107",
    severity: Severity::Error,
    title: "git is told to hide or change files of an assessment",
    explain: "Attributes (`.gitattributes`, `.git/info/attributes`) say what git does with a file. `-diff`, `binary` and `linguist-generated` hide its changes from whoever reviews them; \
`filter`, `ident` and `working-tree-encoding` make git hold something else than what tom reads and signs; `merge=union` and others of their kind merge by lines what has to be decided. \
Statements in `approvals/` have to be `-text`, because their signatures are over their bytes. `git check-attr -a FILE` says which line it is; take it out.",
};

/// The attributes that are looked at.
pub const WATCHED: [&str; 7] =
    ["diff", "linguist-generated", "filter", "ident", "working-tree-encoding", "merge", "text"];

/// Why a file must not have an attribute with this value; none where it may.
fn harm(path: &str, name: &str, value: &Attribute) -> Option<&'static str> {
    let is_on = !matches!(value, Attribute::Unspecified | Attribute::Unset);
    let is_value =
        |allowed: &[&str]| matches!(value, Attribute::Value(text) if allowed.contains(&text.as_str()));
    match name {
        "diff" => (*value == Attribute::Unset).then_some("its changes are not shown"),
        "linguist-generated" => (is_on && !is_value(&["false"]))
            .then_some("forges fold its changes away as if nobody had to read them"),
        "filter" | "ident" | "working-tree-encoding" => {
            is_on.then_some("git holds something else than what is in the file")
        }
        "merge" => {
            let is_safe =
                matches!(value, Attribute::Unspecified | Attribute::Set) || is_value(&["tom", "text"]);
            (!is_safe).then_some("its merges are decided by nobody")
        }
        "text" => {
            let may_change = is_on && path.contains("/approvals/");
            may_change.then_some("git may change its bytes, and its signature is over them")
        }
        _ => None,
    }
}

/// Whether a line of a file of attributes could say something that must not be: only then every file has to be looked at.
pub fn could_hide(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(pattern) = words.next().filter(|pattern| !pattern.starts_with('#')) else { return false };
    pattern.starts_with("[attr]")
        || words.any(|word| {
            let name = word.trim_start_matches(['-', '!']).split('=').next().unwrap_or_default();
            let is_ours = ["diff=tom", "merge=tom", "text", "-text", "text=auto"].contains(&word);
            let is_here = name == "binary" || WATCHED.contains(&name);
            is_here && (!is_ours || (word != "-text" && name == "text" && pattern.contains("approvals")))
        })
}

/// A finding for each attribute with a value that must not be, over all files that have it.
pub fn attributes(files: &[(String, &'static str, Attribute)]) -> Vec<Finding> {
    let mut by_value: BTreeMap<(&str, String, &str), Vec<&str>> = BTreeMap::new();
    for (path, name, value) in files {
        if let Some(why) = harm(path, name, value) {
            let shown = match value {
                Attribute::Unspecified | Attribute::Set => format!("`{name}`"),
                Attribute::Unset => format!("`-{name}`"),
                Attribute::Value(text) => format!("`{name}={text}`"),
            };
            by_value.entry((name, shown, why)).or_default().push(path);
        }
    }
    let finding = |((_, shown, why), paths): (_, Vec<&str>)| {
        let more = match paths.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        Finding::new(&HIDDEN, format!("git has {shown} for `{}`{more}: {why}", paths[0]))
            .at(Label::file(".gitattributes"))
            .help(format!("`git check-attr -a {}` says where from; take that line out", paths[0]))
    };
    by_value.into_iter().map(finding).collect()
}
