//! What became of an update, in words and for machines.

use super::{Report, What};
use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, GOOD, OPEN, counted, short, styled, wrapped};
use crate::model::{Pending, Undecided};
use crate::ops::diff::{Piece, words};
use crate::ops::merge::{Change, Merged};
use crate::ops::update::risks_of;
use crate::ops::words::and;
use std::fmt::Write;

pub(super) fn show(reports: &[Report], context: &Context, is_dry: bool) -> String {
    let mut out = String::new();
    let is_long = reports.len() > 20;
    let mut quiet = 0;
    for Report { name, parent, result } in reports {
        match result {
            What::UpToDate if is_long => quiet += 1,
            What::UpToDate => {
                let _ = writeln!(out, "{}: up to date with {parent}", styled(BOLD, name.as_str()));
            }
            What::Withdrawn(before) => {
                let _ = writeln!(out, "{}: up to date with {parent}", styled(BOLD, name.as_str()));
                out += &withdrawn(before, context.width, is_dry);
            }
            What::Applied(applied) => {
                let took = took(applied.changes.len(), parent.as_str(), is_dry);
                let _ = writeln!(out, "{}: {took}", styled(BOLD, name.as_str()));
                if !is_long {
                    out += &changes(&applied.changes, context.width);
                }
                for address in &applied.refused {
                    let _ = writeln!(out, "  refused, and remembered: {address}");
                }
            }
            What::Conflicts(pending, merged) => {
                let head = counted(pending.conflicts.len(), "conflict", "conflicts");
                let _ = writeln!(
                    out,
                    "{}: {} with {parent}; nothing was changed{}",
                    styled(BOLD, name.as_str()),
                    styled(BAD, head),
                    if is_dry { "" } else { ", see conflicts.toml" }
                );
                for (address, conflict) in in_safety_order(pending, merged) {
                    out += &conflict_in_words(address, conflict, context.width);
                }
                if !merged.changes.is_empty() {
                    let count = counted(merged.changes.len(), "change comes", "changes come");
                    let _ = writeln!(out, "  {count} too, once these are decided:");
                    out += &changes(&merged.changes, context.width);
                }
                let first = in_safety_order(pending, merged).next().map(|(address, _)| address.clone());
                let each = format!(
                    "decide each: `tom resolve {name} {} --ours`, `--theirs` or `--value VALUE`",
                    first.unwrap_or_default()
                );
                let _ = writeln!(out, "{}", wrapped(&each, 2, context.width));
            }
            What::WaitsFor(above) => {
                let _ = writeln!(out, "{}: waits until {above} is decided", styled(BOLD, name.as_str()));
            }
        }
    }
    let count = |test: fn(&What) -> bool| reports.iter().filter(|report| test(&report.result)).count();
    let (applied, conflicts, waiting) = (
        count(|r| matches!(r, What::Applied(_))),
        count(|r| matches!(r, What::Conflicts(..))),
        count(|r| matches!(r, What::WaitsFor(_))),
    );
    if reports.len() > 1 {
        let style = if conflicts > 0 { OPEN } else { GOOD };
        let done = if is_dry { "would be updated" } else { "updated" };
        let up = reports.len() - applied - conflicts - waiting;
        debug_assert!(!is_long || quiet <= up);
        let _ = writeln!(
            out,
            "{}: {applied} {done}, {up} up to date, {conflicts} with conflicts, {waiting} waiting",
            styled(style, counted(reports.len(), "deployment", "deployments"))
        );
    }
    if applied > 0 && !is_dry {
        let _ = writeln!(
            out,
            "next: look at it with `git diff` or `tom diff`, commit it, and `tom todo` says who confirms what"
        );
    }
    out
}

/// What came, in a few words.
pub(in crate::cli::commands) fn took(changes: usize, from: &str, is_dry: bool) -> String {
    match (changes, is_dry) {
        (0, _) => format!("nothing comes from {from}; what stands here stays"),
        (_, true) => format!("would take {} from {from}", counted(changes, "change", "changes")),
        (_, false) => format!("took {} from {from}", counted(changes, "change", "changes")),
    }
}

/// What waited, and is offered no more.
fn withdrawn(before: &Pending, width: usize, is_dry: bool) -> String {
    let be = if is_dry { "would be" } else { "was" };
    let mut out =
        format!("  conflicts.toml {be} removed: {} offers no more what it held\n", before.source.name());
    let addresses = |keys: Vec<&str>| wrapped(&keys.join(", "), 6, width);
    let decided: Vec<&str> = before.conflicts.keys().map(String::as_str).collect();
    let _ = writeln!(out, "    to decide:\n{}", addresses(decided));
    if !before.refused.is_empty() {
        let refused: Vec<&str> = before.refused.keys().map(String::as_str).collect();
        let _ = writeln!(out, "    refused:\n{}", addresses(refused));
    }
    out
}

/// Conflicts with those of risks first.
pub(in crate::cli::commands) fn in_safety_order<'p>(
    pending: &'p Pending,
    merged: &'p Merged,
) -> impl Iterator<Item = (&'p String, &'p Undecided)> {
    merged
        .conflicts
        .iter()
        .filter_map(|conflict| pending.conflicts.get_key_value(&conflict.place.address().to_string()))
}

pub(in crate::cli::commands) fn changes(changes: &[Change], width: usize) -> String {
    let mut out = String::new();
    let risks = risks_of(changes).len();
    if risks > 0 {
        let _ = writeln!(out, "  safety: {}", counted(risks, "risk", "risks"));
    }
    let mut is_safety = true;
    for change in changes.iter().filter(|change| !change.is_voice()) {
        if is_safety && !change.place.is_safety() {
            is_safety = false;
            let _ = writeln!(out, "  answers:");
        }
        let _ = writeln!(
            out,
            "    {}  {}",
            change.place.address(),
            short(&change.in_words(), width.saturating_sub(34).max(24))
        );
    }
    out += &voices(changes, width);
    out
}

/// Confirmations and acceptances that come, counted; those that go or give way, by name: somebody stood by that.
fn voices(changes: &[Change], width: usize) -> String {
    let voices = || changes.iter().filter(|change| change.is_voice());
    let of = |change: &Change| {
        let mut address = change.place.address();
        let party = address.field.pop().unwrap_or_default();
        address.field.pop();
        let was = change.before.as_ref().map(|before| format!(", {before}")).unwrap_or_default();
        (party.clone(), format!("{address} ({party}{was})"))
    };
    let mut out = String::new();
    let came: Vec<(String, String)> = voices().filter(|change| change.before.is_none()).map(of).collect();
    if !came.is_empty() {
        let parties: std::collections::BTreeSet<&str> =
            came.iter().map(|(party, _)| party.as_str()).collect();
        let count = counted(came.len(), "confirmation", "confirmations");
        let parties: Vec<&str> = parties.into_iter().collect();
        let _ = writeln!(out, "  {count} of the {} came along", and(&parties));
    }
    let mut named = |one: &str, many: &str, is_meant: fn(&Change) -> bool| {
        let of: Vec<String> = voices().filter(|change| is_meant(change)).map(|c| of(c).1).collect();
        if !of.is_empty() {
            let line = format!("{}: {}", counted(of.len(), one, many), of.join("; "));
            let _ = writeln!(out, "{}", wrapped(&line, 2, width));
        }
    };
    named("confirmation went", "confirmations went", |change| change.after.is_none());
    named("confirmation gave way to another", "confirmations gave way to others", |change| {
        change.before.is_some() && change.after.is_some()
    });
    out
}

/// A conflict with its sides beneath one another and what differs marked, without colour alone.
pub(in crate::cli::commands) fn conflict_in_words(
    address: &str,
    conflict: &Undecided,
    width: usize,
) -> String {
    let mut out = format!("  {}  {}\n", styled(BOLD, address), conflict.why);
    // What was there before is what both are held against; where there was nothing, theirs is held against ours.
    let side = |text: &Option<String>, before: &Option<String>| match (text, before) {
        (None, _) => "(nothing)".to_owned(),
        (Some(text), None) => text.clone(),
        (Some(text), Some(before)) => marked(before, text),
    };
    let lines = [
        ("before:", side(&conflict.base, &None)),
        ("ours:", side(&conflict.left, &conflict.base)),
        ("theirs:", side(&conflict.right, conflict.base.as_ref().map_or(&conflict.left, |_| &conflict.base))),
    ];
    for (label, text) in lines {
        let _ = writeln!(out, "    {label:<8}{}", wrapped(&text, 12, width).trim_start());
    }
    if let Some(decision) = &conflict.decision {
        let decided = match decision {
            crate::model::Decision::Ours(_) => "ours".to_owned(),
            crate::model::Decision::Theirs => "theirs".to_owned(),
            crate::model::Decision::Value(value) => format!("`{}`", short(value, 60)),
        };
        let _ = writeln!(out, "    decided: {decided}");
    }
    out
}

fn marked(before: &str, after: &str) -> String {
    words(before, after)
        .into_iter()
        .map(|piece| match piece {
            Piece::Same(text) => text,
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("{{+{text}+}}"),
        })
        .collect()
}
