//! What became of a workbook: for people and for machines.

use super::decisions::Recorded;
use crate::cli::output::Output;
use crate::cli::words::{BAD, BOLD, OPEN, counted, short, styled, wrapped};
use crate::exchange::{Compared, Fate, Told};
use crate::model::{Address, DeploymentName, Origin, SectionId};
use crate::ops::merge::{Change, Merged};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    /// The assessment.
    pub(super) deployment: DeploymentName,
    /// The workbook's name.
    file: String,
    /// Its SHA-256 digest.
    digest: String,
    /// Who sent it, where that was said.
    sender: Option<String>,
    /// Whether the assessment was left as it is: it was asked for, or somebody has to decide first.
    pub(super) dry_run: bool,
    /// In whose name it is committed, where that was asked for.
    pub(super) author: Option<String>,
    /// The commit of what was written.
    pub(super) commit: Option<String>,
    /// Every cell that is not empty, in the workbook's order.
    pub(super) cells: Vec<Told>,
    /// Decisions that approvers wrote into it, recorded as statements.
    pub(super) decisions: Vec<Recorded>,
    /// What changes in the assessment; confirmations are told with their cells.
    changes: Vec<Changed>,
    /// What was changed here and in the workbook, differently.
    conflicts: Vec<Conflict>,
    /// Lines that were exported and that the workbook has no more; what they say stays.
    pub(super) gone_lines: Vec<Address>,
    /// What the checklist's formulas say beside what tom computes.
    pub(super) outcomes: Vec<Compared>,
    /// Sections whose sheet is not in the workbook.
    pub(super) missing_sheets: Vec<SectionId>,
    /// Whether nobody can tell which rows and columns the workbook hides.
    hides_unknown: bool,
}

/// A field that changes.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Changed {
    /// The field.
    address: String,
    /// What changes, in words.
    what: String,
}

/// What was changed on both sides.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Conflict {
    /// The field.
    address: String,
    /// Why somebody has to decide.
    why: String,
}

impl Body {
    /// The report of a workbook of which nothing was said yet.
    pub(super) fn new(deployment: &DeploymentName, origin: &Origin, hides_unknown: bool) -> Self {
        Self {
            deployment: deployment.clone(),
            file: origin.file.clone(),
            digest: origin.digest.clone(),
            sender: origin.sender.clone(),
            dry_run: false,
            author: None,
            commit: None,
            cells: Vec::new(),
            decisions: Vec::new(),
            changes: Vec::new(),
            conflicts: Vec::new(),
            gone_lines: Vec::new(),
            outcomes: Vec::new(),
            missing_sheets: Vec::new(),
            hides_unknown,
        }
    }

    /// Says what a merge changes, and what somebody has to decide first.
    pub(super) fn tell(&mut self, merged: &Merged) {
        self.changes = merged.changes.iter().filter(|change| !change.is_voice()).map(Changed::of).collect();
        let each = merged.conflicts.iter();
        let conflict =
            each.map(|c| Conflict { address: c.place.address().to_string(), why: c.why.as_str().to_owned() });
        self.conflicts = conflict.collect();
        self.dry_run |= !merged.is_clean();
    }

    /// Whether nothing has to be decided before it is imported.
    pub(super) fn waits_for_nobody(&self) -> bool {
        self.conflicts.is_empty()
    }

    /// Whether everything could be imported.
    pub(super) fn is_whole(&self) -> bool {
        self.conflicts.is_empty()
            && !self.cells.iter().any(|told| matches!(told.fate, Fate::NotImported { .. }))
    }

    /// For machines.
    pub(super) fn into_json(self) -> Output<Self> {
        Output::of(self)
    }

    /// For people; `all` lists every cell.
    pub(super) fn text(&self, all: bool, width: usize) -> String {
        let verb = if self.dry_run { "would import" } else { "imported" };
        let taken = self.cells.iter().filter(|told| told.fate.is_taken()).count();
        let cells = counted(self.cells.len(), "cell", "cells");
        let mut out = format!("{verb} {taken} of {cells} into {}\n", styled(BOLD, self.deployment.as_str()));
        // What was taken stands first, then what was not; the most of each first.
        let mut counts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for fate in self.cells.iter().map(|told| &told.fate) {
            *counts.entry((!fate.is_taken(), fate.title())).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|((is_left, _), count)| (*is_left, std::cmp::Reverse(*count)));
        for ((_, title), count) in counts {
            let _ = writeln!(out, "  {count:>4}  {title}");
        }
        self.decided(width, &mut out);
        self.what_both_changed(width, &mut out);
        let mut list = |heading: String, wanted: &dyn Fn(&Told) -> Option<String>| {
            let told: Vec<_> = self.cells.iter().filter_map(|told| Some((wanted(told)?, told))).collect();
            // What is said of several cells in a row is said once, beneath the last of them.
            let lines = told.chunk_by(|(one, _), (other, _)| one == other).map(|cells| {
                let each: String = cells.iter().map(|(_, told)| line(told)).collect();
                match cells.first() {
                    Some((why, _)) if !why.is_empty() => each + &wrapped(why, 6, width) + "\n",
                    _ => each,
                }
            });
            let lines: String = lines.collect();
            if !lines.is_empty() {
                let _ = write!(out, "\n{heading}\n{lines}");
            }
        };
        list(styled(BAD, "not imported:"), &|told| match &told.fate {
            Fate::NotImported { why } => Some(why.clone()),
            _ => None,
        });
        list("read as:".to_owned(), &|told| match &told.fate {
            Fate::Imported { address, remark: Some(remark) } => Some(format!("{address}: {remark}")),
            _ => None,
        });
        list(styled(OPEN, "hidden in the workbook, and read like the rest:"), &|told| {
            let is_listed = matches!(told.fate, Fate::NotImported { .. });
            (told.hidden && !is_listed && told.fate.says_something()).then(|| fate(&told.fate))
        });
        if all {
            list("every other cell:".to_owned(), &|told| match &told.fate {
                Fate::Imported { remark: Some(_), .. } | Fate::NotImported { .. } => None,
                other => Some(fate(other)),
            });
        }
        self.outcomes(width, &mut out);
        if !self.missing_sheets.is_empty() {
            let names: Vec<&str> = self.missing_sheets.iter().map(SectionId::as_str).collect();
            let text = format!("sheets that the workbook does not have: {}", names.join(", "));
            let _ = writeln!(out, "\n{}", wrapped(&text, 0, width));
        }
        if self.hides_unknown {
            out += "\nwhether the workbook hides rows or columns cannot be told\n";
        }
        let committed = match (&self.author, &self.commit) {
            (Some(author), Some(commit)) => format!("committed {} in the name of {author}", &commit[..12]),
            (Some(author), None) if self.dry_run => format!("would commit that in the name of {author}"),
            (Some(_), None) => "nothing was written, so nothing is committed".to_owned(),
            (None, _) => return out,
        };
        let _ = writeln!(out, "\n{}", wrapped(&committed, 0, width));
        out
    }

    /// Decisions that are recorded, and what they are worth here.
    fn decided(&self, width: usize, out: &mut String) {
        if self.decisions.is_empty() {
            return;
        }
        let verb = if self.dry_run { "would record" } else { "recorded" };
        let _ = writeln!(out, "\n{verb}, with the workbook as what shows it:");
        for Recorded { phase, role, by, on, outcome, file, now, .. } in &self.decisions {
            let text = format!("phase {phase}, {role}: {outcome}, by {by} on {on}");
            let _ = writeln!(out, "{}\n{}", wrapped(&text, 2, width), wrapped(file, 6, width));
            let why = match now.as_str() {
                "recorded" => continue,
                "void" => "it is void: the assessment differs from what was decided over".to_owned(),
                _ => format!("it is {now}"),
            };
            let _ = writeln!(out, "{}", wrapped(&why, 6, width));
        }
        if let Some(one) = self.decisions.iter().find(|one| !one.is_kept) {
            let evidence = &one.evidence;
            let _ = writeln!(out, "{}", wrapped(&format!("commit `{evidence}` too"), 2, width));
        }
        let next = format!("`tom verify {}` says what each phase still needs", self.deployment);
        let _ = writeln!(out, "{}", wrapped(&next, 2, width));
    }

    fn what_both_changed(&self, width: usize, out: &mut String) {
        if !self.changes.is_empty() {
            let heading = if self.dry_run { "would change:" } else { "changed:" };
            let _ = writeln!(out, "\n{}", styled(BOLD, heading));
            for Changed { address, what } in &self.changes {
                let what = short(what, width.saturating_sub(address.chars().count() + 4).max(24));
                let _ = writeln!(out, "{}", wrapped(&format!("{address}  {what}"), 2, width));
            }
        }
        if !self.conflicts.is_empty() {
            let heading = "changed here and in the workbook, differently; nothing else was written:";
            let _ = writeln!(out, "\n{}", styled(BAD, heading));
            for Conflict { address, why } in &self.conflicts {
                let _ = writeln!(out, "{}", wrapped(&format!("{address}: {why}"), 2, width));
            }
            let name = &self.deployment;
            let next = format!(
                "`tom resolve {name}` lists both sides; decide each with `tom resolve {name} ADDRESS` and \
                 `--ours`, `--theirs` or `--value VALUE`: the last decision imports the workbook"
            );
            let _ = writeln!(out, "{}", wrapped(&next, 2, width));
        }
        if !self.gone_lines.is_empty() {
            let names: Vec<String> = self.gone_lines.iter().map(ToString::to_string).collect();
            let heading = "lines that the workbook has no more; what they say stays:";
            let _ = writeln!(out, "\n{}\n{}", styled(OPEN, heading), wrapped(&names.join(", "), 2, width));
        }
    }

    fn outcomes(&self, width: usize, out: &mut String) {
        let differing: Vec<_> =
            self.outcomes.iter().filter_map(|outcome| Some((outcome, outcome.why.as_ref()?))).collect();
        if !differing.is_empty() {
            let heading = "outcomes that differ from what the workbook holds:";
            let _ = writeln!(out, "\n{}", styled(OPEN, heading));
        }
        for (Compared { cell, id, workbook, sheet, .. }, why) in differing {
            let text = format!("{cell}  {id}: workbook {workbook}, rules {sheet}");
            let _ = writeln!(out, "{}\n{}", wrapped(&text, 2, width), wrapped(why, 6, width));
        }
    }
}

impl Changed {
    fn of(change: &Change) -> Self {
        Self { address: change.place.address().to_string(), what: change.in_words() }
    }
}

/// A cell.
fn line(told: &Told) -> String {
    let hidden = if told.hidden { " (hidden)" } else { "" };
    format!("  {}!{}{hidden}  {}\n", short(&told.sheet, 31), told.cell, short(&told.text, 40))
}

fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Imported { address, .. } => address.to_string(),
        Fate::Confirmed { address, party } => format!("{address} confirmed for {party}"),
        Fate::Recorded { what } => what.clone(),
        Fate::Decided { phase, role } => format!("phase {phase}, {role}: recorded as a decision"),
        other => other.title().to_owned(),
    }
}
