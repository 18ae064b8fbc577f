//! Merge commits, held against the merge by meaning: forges and clones without tom's driver merge by lines.

use super::label;
use crate::diag::{Code, Finding, Severity};
use crate::model::{Deployment, Framework};
use crate::ops::merge::{Place, Side, Why, file_of, merge};

/// A merge commit says something that neither side did, or hides what both sides changed.
pub(super) static NOT_BOTH: Code = Code {
    id: "TOM-0514",
    severity: Severity::Error,
    title: "a merge commit says something else than its two sides",
    explain: "A merge by lines can give a file that reads well and is wrong: a rating with the severity of one side and the likelihood of the other, an answer beside notes \
that were written for another one, a lower rating beside a mitigation that the other side took away, a confirmation that holds again. `tom check --merges` merges the two sides of each merge commit again, by meaning, \
and reports where the commit differs. Look at both sides, set the field to what it should be, and commit that. \
`tom git install` lets git merge by meaning in a clone.",
};

/// A deployment in a merge commit, and what it was merged from.
pub struct Merging<'a> {
    /// The commit, as people name it.
    pub commit: &'a str,
    /// The common ancestor; none where the deployment was not there.
    pub base: Option<&'a Deployment>,
    /// The first parent's.
    pub left: &'a Deployment,
    /// The second parent's.
    pub right: &'a Deployment,
    /// The commit's own.
    pub actual: &'a Deployment,
    /// The framework of all of them.
    pub framework: &'a Framework,
    /// Whether a file is exactly what git's merge by lines gives, so that nobody looked at it.
    pub is_by_lines: &'a dyn Fn(&str) -> bool,
}

/// What a merge commit says that the merge by meaning does not. Where somebody had to decide and did, that is no finding.
pub fn merging(merging: &Merging<'_>) -> Vec<Finding> {
    let Merging { framework, left, right, actual, .. } = merging;
    let empty = crate::ops::merge::Content::default();
    let base = merging.base.map_or_else(|| Side::from(&empty), Side::from);
    let merged = merge(framework, base, (*left).into(), (*right).into());
    let content = merged.applied_to((*left).into());
    let folder = crate::project::folder_of(&actual.name);
    let mut findings = Vec::new();
    let by_lines = |place: &Place| (merging.is_by_lines)(&file_of(&folder, framework, place));
    let words = |side: Side<'_>, place: &Place| {
        side.at(place).map_or("(nothing)".to_owned(), |field| field.to_string())
    };
    let mut report = |place: &Place, what: &str, severity: Severity| {
        let address = place.address();
        findings.push(
            Finding::new(&NOT_BOTH, format!("{what} at `{address}` in the merge commit {}", merging.commit))
                .as_severity(severity)
                .at(label(actual, framework, &address))
                .note(format!("one side has: {}", words((*left).into(), place)))
                .note(format!("the other has: {}", words((*right).into(), place)))
                .note(format!("the merge has: {}", words((*actual).into(), place)))
                .help("look at both sides, set the field to what it should be, and commit that"),
        );
    };
    for conflict in merged.conflicts.iter().filter(|conflict| by_lines(&conflict.place)) {
        report(
            &conflict.place,
            &format!("nobody decided, although {}:", conflict.why.as_str()),
            Severity::Error,
        );
    }
    // Git takes a file for a renamed one that looks like it, and then sees no conflict where one side took a risk away.
    for conflict in merged
        .conflicts
        .iter()
        .filter(|conflict| conflict.place.is_safety() && conflict.place.field.is_empty())
    {
        let is_gone = Side::from(*actual).at(&conflict.place).is_none();
        if is_gone && matches!(conflict.why, Why::LeftDeleted | Why::RightDeleted) {
            report(&conflict.place, "a risk is gone that one side had changed,", Severity::Warning);
        }
    }
    for change in merge(framework, (&content).into(), (&content).into(), (*actual).into()).changes {
        let was_asked = merged.conflicts.iter().any(|conflict| {
            change.place.is_within(&conflict.place) || conflict.place.is_within(&change.place)
        });
        if !was_asked {
            let is_by_lines = by_lines(&change.place);
            let severity = if is_by_lines { Severity::Error } else { Severity::Warning };
            report(&change.place, "something else than both sides say stands", severity);
        }
    }
    findings
}
