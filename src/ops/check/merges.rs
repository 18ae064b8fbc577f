//! Merge commits, held against the merge by meaning: forges and clones without tom's driver merge by lines.

use super::label;
use crate::diag::{Code, Finding, Severity};
use crate::model::{Deployment, DeploymentName, Framework};
use crate::ops::merge::{Change, Known, Place, Side, Subject, Why, file_of, is_voice, merge, why_not};

/// A merge commit says something that neither side did, or hides what both sides changed.
pub(super) static NOT_BOTH: Code = Code {
    id: "TOM-0514",
    severity: Severity::Error,
    title: "a merge says something else than its two sides",
    explain: "A merge by lines can give a file that reads well and is wrong: a rating with the severity of one side and the likelihood of the other, an answer beside notes \
that were written for another one, a lower rating beside a mitigation that the other side took away, a confirmation that holds again. `tom check --merges` merges the two sides of each merge commit again, by meaning, \
and reports where the commit differs; `A...B` looks at the merge of two branches before it is made. Look at both sides, set the field to what it should be, or confirm it as it is, and commit that: \
what was set or confirmed after the merge is reported no more. \
`tom git install` lets git merge by meaning in a clone.",
};

/// A merge commit could not be looked at.
pub(super) static NOT_LOOKED_AT: Code = Code {
    id: "TOM-0516",
    severity: Severity::Error,
    title: "a merge commit was not looked at",
    explain: "`tom check --merges` merges the two sides of a merge commit again. One with more than two parents, or whose sides have no common ancestor, cannot be merged again, and \
nobody knows whether it says what its sides say. Compare it with each of its parents by `tom diff PARENT..COMMIT`. A range that begins after it leaves it out.",
};

/// A merge commit that was not looked at, and why.
pub fn not_looked_at(commit: &str, why: &str) -> Finding {
    Finding::new(&NOT_LOOKED_AT, format!("the merge commit {commit} was not looked at: {why}"))
        .help(format!("compare it with each of its parents, by `tom diff {commit}^1..{commit}` and so on"))
}

/// A deployment that both sides of a merge changed is not in the merge.
pub fn deployment_gone(name: &DeploymentName, merge: &str) -> Finding {
    Finding::new(&NOT_BOTH, format!("`{name}` is gone in {merge}, although both sides changed it"))
        .as_severity(Severity::Warning)
        .help("if it was to go, nothing is to be done; otherwise bring it back from one of the sides")
}

/// A deployment in a merge, and what it was merged from.
pub struct Merging<'a> {
    /// The merge, as people name it.
    pub merge: &'a str,
    /// What to do about a finding.
    pub help: &'a str,
    /// The common ancestor; none where the deployment was not there.
    pub base: Option<&'a Deployment>,
    /// The first parent's.
    pub left: &'a Deployment,
    /// The second parent's.
    pub right: &'a Deployment,
    /// The commit's own.
    pub actual: &'a Deployment,
    /// What it became by the end of what is looked at; none where the merge is that end.
    pub since: Option<&'a Deployment>,
    /// The framework of all of them.
    pub framework: &'a Framework,
    /// Whether a file is exactly what git's merge by lines gives, so that nobody looked at it.
    pub is_by_lines: &'a dyn Fn(&str) -> bool,
}

/// What a merge says that the merge by meaning does not. Where somebody had to decide and did, that is no finding.
pub fn merging(merging: &Merging<'_>) -> Vec<Finding> {
    let Merging { framework, left, right, actual, .. } = merging;
    let empty = crate::ops::merge::Content::default();
    let base = merging.base.map_or_else(|| Side::from(&empty), Side::from);
    let merged = merge(framework, base, (*left).into(), (*right).into());
    let content = merged.applied_to((*left).into());
    let folder = crate::project::folder_of(&actual.name);
    let mut findings = Vec::new();
    let by_lines = |place: &Place| (merging.is_by_lines)(&file_of(&folder, framework, place));
    let words = |side: Side<'_>, place: &Place| match side.at(place) {
        None => "(nothing)".to_owned(),
        // A log is for everybody who may read the repository's runs.
        Some(_) if is_personal(framework, place) => "(personal data, not shown)".to_owned(),
        Some(field) => field.to_string(),
    };
    let mut report = |place: &Place, what: &str, severity: Severity| {
        if merging.since.is_some_and(|since| was_looked_at(place, actual, since)) {
            return;
        }
        let address = place.address();
        let finding = Finding::new(&NOT_BOTH, format!("{what} at `{address}` in {}", merging.merge))
            .as_severity(severity)
            .at(label(actual, framework, &address));
        let notes = awoken(merging, place).unwrap_or_else(|| {
            vec![
                format!("one side has: {}", words((*left).into(), place)),
                format!("the other has: {}", words((*right).into(), place)),
                format!("the merge has: {}", words((*actual).into(), place)),
            ]
        });
        findings.push(notes.into_iter().fold(finding, Finding::note).help(merging.help));
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
        if is_gone
            && matches!(conflict.why, Why::LeftDeleted | Why::LeftGone | Why::RightDeleted | Why::Withdrawn)
        {
            let what = format!("a risk is gone ({})", conflict.why.as_str());
            report(&conflict.place, &what, Severity::Warning);
        }
    }
    for change in merge(framework, (&content).into(), (&content).into(), (*actual).into()).changes {
        let was_asked = merged.conflicts.iter().any(|conflict| {
            change.place.is_within(&conflict.place) || conflict.place.is_within(&change.place)
        });
        if !was_asked {
            let is_by_lines = by_lines(&change.place);
            let severity = if is_by_lines { Severity::Error } else { Severity::Warning };
            report(&change.place, what_of(merging, &change), severity);
        }
    }
    findings
}

fn is_personal(framework: &Framework, place: &Place) -> bool {
    match &place.subject {
        Subject::Answer(slot) => framework.item(slot.item.as_str()).is_some_and(|item| item.personal),
        Subject::Risk(_) => false,
    }
}

fn what_of(merging: &Merging<'_>, change: &Change) -> &'static str {
    match awoken(merging, &change.place) {
        Some(_) => "what held on neither side holds",
        None => "something else than both sides say stands",
    }
}

/// Whether somebody set or confirmed what a merge left at a place.
fn was_looked_at(place: &Place, merged: &Deployment, since: &Deployment) -> bool {
    let is_set = Side::from(merged).at(place) != Side::from(since).at(place);
    is_set
        || match &place.subject {
            Subject::Answer(slot) => {
                let confirmed = |d: &Deployment| d.answers.get(slot).map(|answer| answer.confirmed.clone());
                confirmed(merged) != confirmed(since)
            }
            Subject::Risk(id) => {
                let confirmed = |d: &Deployment| d.risks.get(id).map(|risk| risk.confirmed.clone());
                confirmed(merged) != confirmed(since)
            }
        }
}

/// Why a confirmation or acceptance that holds now held on neither side; none where that is not so.
fn awoken(merging: &Merging<'_>, place: &Place) -> Option<Vec<String>> {
    let Merging { framework, left, right, actual, .. } = merging;
    let is_said = is_voice(place) || (place.is_safety() && place.field == ["acceptance"]);
    if !is_said {
        return None;
    }
    let known = Known::of([*left, *right].map(Side::from));
    let why_not = |side: &Deployment| why_not(framework, &known, side.into(), place);
    if why_not(actual).is_some() {
        return None;
    }
    let (here, there) = (why_not(left)?, why_not(right)?);
    let said = Side::from(*actual).at(place)?;
    Some(vec![
        format!("it is {said}"),
        format!("it did not hold on one side: {}", here.join(", ")),
        format!("nor on the other: {}", there.join(", ")),
    ])
}
