//! What became of an update, in words and for machines.

use super::{Report, What};
use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, GOOD, OPEN, counted, named as in_brief, short, styled, wrapped};
use crate::model::{Date, Pending, Undecided};
use crate::ops::diff::{Piece, words};
use crate::ops::merge::{Change, Field, Merged};
use crate::ops::update::risks_of;
use crate::ops::words::and;
use std::collections::{BTreeMap, BTreeSet};
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
                let took = match applied.changes.is_empty() && applied.refused.is_empty() {
                    true => {
                        let be = if is_dry { "would be" } else { "was" };
                        format!("nothing comes from {parent}; `received.toml` {be} brought up to it")
                    }
                    false => took(&applied.changes, parent.as_str(), is_dry),
                };
                let _ = writeln!(out, "{}: {took}", styled(BOLD, name.as_str()));
                if !is_long {
                    out += &changes(&applied.changes, !is_dry, context.width);
                }
                for address in &applied.refused {
                    let _ = writeln!(out, "  refused, and remembered: {address}");
                }
            }
            What::Conflicts(pending, merged) => {
                let head = counted(pending.conflicts.len(), "conflict", "conflicts");
                let rest =
                    if is_dry { "nothing was changed" } else { "nothing was changed, see conflicts.toml" };
                let line = format!("{name}: {head} with {parent}; {rest}");
                let gap = if line.chars().count() > context.width { "\n  " } else { " " };
                let (bold, head) = (styled(BOLD, name.as_str()), styled(BAD, head));
                let _ = writeln!(out, "{bold}: {head} with {parent};{gap}{rest}");
                for (address, conflict) in in_safety_order(pending, merged) {
                    out += &conflict_in_words(address, conflict, context.width);
                }
                if !merged.changes.is_empty() {
                    let come = if merged.changes.len() == 1 { "comes" } else { "come" };
                    let _ =
                        writeln!(out, "  {} {come} too, once these are decided:", amount(&merged.changes));
                    out += &changes(&merged.changes, false, context.width);
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
        let next = "next: look at it with `git diff` or `tom diff`, commit it, and `tom todo` says who confirms what";
        let _ = writeln!(out, "{}", wrapped(next, 0, context.width));
    }
    out
}

/// What came, in a few words.
pub(in crate::cli::commands) fn took(changes: &[Change], from: &str, is_dry: bool) -> String {
    if changes.is_empty() {
        return format!("nothing comes from {from}; what stands here stays");
    }
    let took = if is_dry { "would take" } else { "took" };
    let but = if changes.iter().all(Change::is_voice) { "nothing but " } else { "" };
    format!("{took} {but}{} from {from}", amount(changes))
}

/// `1 change and 2 confirmations`: content first; what goes or gives way of the others is a change of them.
pub(in crate::cli::commands) fn amount(changes: &[Change]) -> String {
    let voices: Vec<&Change> = changes.iter().filter(|change| change.is_voice()).collect();
    let content = changes.len() - voices.len();
    let names = match voices.iter().all(|change| change.before.is_none()) {
        true => ("confirmation", "confirmations"),
        false => ("change of a confirmation", "changes of confirmations"),
    };
    let content = (content > 0 || voices.is_empty()).then(|| counted(content, "change", "changes"));
    let voices = (!voices.is_empty()).then(|| counted(voices.len(), names.0, names.1));
    and(&content.into_iter().chain(voices).collect::<Vec<_>>())
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

/// Every change, risks first; `is_done` tells whether they were made.
pub(in crate::cli::commands) fn changes(changes: &[Change], is_done: bool, width: usize) -> String {
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
    out += &voices(changes, is_done, width);
    out
}

/// Confirmations that come, counted; those that go or give way, by name: somebody stood by that.
pub(in crate::cli::commands) fn voices(changes: &[Change], is_done: bool, width: usize) -> String {
    let voices: Vec<&Change> = changes.iter().filter(|change| change.is_voice()).collect();
    let mut out = String::new();
    let came: Vec<&Change> = voices.iter().copied().filter(|change| change.before.is_none()).collect();
    if !came.is_empty() {
        let parties: BTreeSet<&str> =
            came.iter().filter_map(|change| change.place.field.last()).map(String::as_str).collect();
        let count = counted(came.len(), "confirmation", "confirmations");
        let parties: Vec<&str> = parties.into_iter().collect();
        let came = if is_done { "came" } else { "would come" };
        let _ =
            writeln!(out, "{}", wrapped(&format!("{count} of the {} {came} along", and(&parties)), 2, width));
    }
    let mut named = |[done, to_come]: [&str; 2], is_meant: fn(&Change) -> bool| {
        let of: Vec<&Change> = voices.iter().copied().filter(|change| is_meant(change)).collect();
        if !of.is_empty() {
            let count = counted(of.len(), "confirmation", "confirmations");
            let line = format!("{count} {}: {}", if is_done { done } else { to_come }, by_person(&of));
            let _ = writeln!(out, "{}", wrapped(&line, 2, width));
        }
    };
    named(["went", "would go"], |change| change.after.is_none());
    named(["gave way to another", "would give way to another"], |change| {
        change.before.is_some() && change.after.is_some()
    });
    out
}

/// What stood there: `IGA-03, IGA-04 and 12 more (supplier, by Jo Marsh)`, for each party and person; with the day where it is one.
fn by_person(changes: &[&Change]) -> String {
    let mut said = BTreeMap::<(String, String), (Vec<String>, BTreeSet<Date>)>::new();
    for change in changes {
        let Some(Field::Confirmation(was)) = &change.before else { continue };
        let mut address = change.place.address();
        let party = address.field.pop().unwrap_or_default();
        address.field.pop();
        let (addresses, days) = said.entry((party, was.by.clone())).or_default();
        addresses.push(address.to_string());
        days.insert(was.on);
    }
    let told = said.into_iter().map(|((party, by), (addresses, days))| {
        let on = days.first().filter(|_| days.len() == 1).map(|day| format!(" on {day}")).unwrap_or_default();
        format!("{} ({party}, by {by}{on})", in_brief(&addresses))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// A conflict with its sides beneath one another and what differs marked, without colour alone.
pub(in crate::cli::commands) fn conflict_in_words(
    address: &str,
    conflict: &Undecided,
    width: usize,
) -> String {
    let fits = address.chars().count() + conflict.why.chars().count() + 4 <= width;
    let mut out = match fits {
        true => format!("  {}  {}\n", styled(BOLD, address), conflict.why),
        false => format!("  {}\n{}\n", styled(BOLD, address), wrapped(&conflict.why, 4, width)),
    };
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
