//! What a hand-over brought, for people.

use super::super::update::{amount, changes, conflict_in_words, in_safety_order};
use super::{Body, Done, Here, in_words, sent_by};
use crate::cli::report::one_line;
use crate::cli::words::{BAD, BOLD, OPEN, counted, styled, wrapped};
use crate::exchange::handover::HandOver;
use std::fmt::Write;

pub(super) fn show(
    here: &Here,
    over: &HandOver,
    done: &Done,
    body: &Body,
    width: usize,
    is_dry: bool,
) -> String {
    let manifest = &over.manifest;
    let mut out = format!(
        "{}: hand-over {} of {} from {}\n  {}\n",
        styled(BOLD, here.name.as_str()),
        manifest.number,
        manifest.on,
        manifest.from,
        over.digest
    );
    out += &in_words(sent_by(manifest), &here.signed, width);
    match done {
        Done::Again => {
            let what = match (body.files.is_empty(), is_dry) {
                (true, _) => "nothing changes",
                (false, true) => "its signature would be kept",
                (false, false) => "its signature is kept now",
            };
            let _ = writeln!(out, "it was received already: {what}");
        }
        Done::New => {
            let verb = if is_dry { "would be made" } else { "was made" };
            let _ = writeln!(
                out,
                "it is new here, and {verb} with {}",
                counted(body.files.len(), "file", "files")
            );
        }
        Done::Merged(received) => {
            let verb = if is_dry { "would take" } else { "took" };
            let _ = writeln!(out, "{verb} {}", amount(&received.changes));
            out += &changes(&received.changes, !is_dry, width);
            if let Some(title) = &received.title {
                let _ = writeln!(out, "  title: {}", one_line(title));
            }
            let statements: Vec<String> = body.files.iter().filter_map(|path| statement(path)).collect();
            list(&mut out, "decisions that came:", &statements, width);
            if body.files.iter().any(|path| path.ends_with("/record.toml")) {
                let _ = writeln!(out, "  events came: `tom record {}` tells them", here.name);
            }
            list(
                &mut out,
                "in your own name, given by nobody here, and left out:",
                &received.own_voices,
                width,
            );
            list(&mut out, "different there; what stands here stays:", &received.kept, width);
        }
        Done::Waits(pending, merged) => {
            let head = counted(pending.conflicts.len(), "conflict", "conflicts");
            let rest = if is_dry { "" } else { ", see conflicts.toml" };
            let _ = writeln!(out, "{}; nothing was changed{rest}", styled(BAD, head));
            for (address, conflict) in in_safety_order(pending, merged) {
                out += &conflict_in_words(address, conflict, width);
            }
            if !merged.changes.is_empty() {
                let come = if merged.changes.len() == 1 { "comes" } else { "come" };
                let _ = writeln!(out, "  {} {come} too, once these are decided:", amount(&merged.changes));
                out += &changes(&merged.changes, false, width);
            }
            let first = in_safety_order(pending, merged).next().map(|(address, _)| address.clone());
            let each = format!(
                "decide each: `tom resolve {} {} --ours`, `--theirs` or `--value VALUE`, then receive the file again",
                here.name,
                first.unwrap_or_default()
            );
            let _ = writeln!(out, "{}", wrapped(&each, 2, width));
        }
    }
    let others: Vec<String> = body.files.iter().filter(|path| is_beside(path)).cloned().collect();
    if !others.is_empty() && !matches!(done, Done::Waits(..)) {
        let verb = if is_dry { "files beside it would be written" } else { "files beside it were written" };
        list(&mut out, &format!("{verb}:"), &folded(&others), width);
    }
    if !is_dry && matches!(done, Done::New | Done::Merged(_)) {
        let next = format!(
            "next: look at it with `git diff`, and commit it; a receipt for the sender:\n`tom hand-over {} --to {} --receipt`",
            here.name, manifest.from.party
        );
        let _ = writeln!(out, "{}", wrapped(&next, 0, width));
    }
    out
}

/// The phase and role of a statement's file.
fn statement(path: &str) -> Option<String> {
    let (_, rest) = path.strip_suffix(".toml")?.split_once("/approvals/")?;
    let (phase, file) = rest.split_once('/')?;
    let (role, digest) = file.rsplit_once('-')?;
    Some(format!("phase {phase}, {role} ({digest})"))
}

/// Whether a path is none of the assessment's or the ledger's.
fn is_beside(path: &str) -> bool {
    !["assessments/", "exchanges/"].iter().any(|top| path.starts_with(top))
}

/// Paths, those of a framework as one.
fn folded(paths: &[String]) -> Vec<String> {
    let mut folded: Vec<String> = paths
        .iter()
        .map(|path| match path.splitn(4, '/').collect::<Vec<_>>()[..] {
            ["frameworks", id, version, _] => format!("frameworks/{id}/{version}/"),
            _ => path.clone(),
        })
        .collect();
    folded.dedup();
    folded
}

fn list(out: &mut String, head: &str, lines: &[String], width: usize) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {}", styled(OPEN, head));
    for line in lines {
        let _ = writeln!(out, "{}", wrapped(&one_line(line), 4, width));
    }
}
