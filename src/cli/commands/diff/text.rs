//! A review in a terminal: 80 columns, a sign and a word beside every colour.

use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, DIM, GOOD, OPEN, counted, heading, short, styled, wrapped};
use crate::model::Address;
use crate::ops::diff::{FieldChange, Piece, Way};
use crate::ops::review::{Change, Kind, Part, Problem, Review, Reviewed, Status, Text};
use anstyle::Style;
use std::fmt::Write;

/// The whole review.
pub(super) fn text(review: &Review, context: &Context) -> String {
    let end = |end: &crate::ops::review::End| {
        let commit = end.commit.as_ref().map(|id| format!(" ({})", &id[..id.len().min(12)]));
        styled(BOLD, format!("{}{}", end.name, commit.unwrap_or_default()))
    };
    let mut out = format!("{} → {}\n", end(&review.left), end(&review.right));
    let (style, status) = match review.status {
        Status::Unchanged => (GOOD, "unchanged: nothing differs"),
        Status::Changed => (BOLD, "changed"),
        Status::Error => (BAD, "error: something could not be read, so this is not all"),
    };
    let _ = writeln!(out, "{} {}", styled(style, status), styled(DIM, format!("[report {}]", review.digest)));
    for gate in &review.gates {
        let (style, says) = if gate.count > 0 {
            (BAD, format!("✗ stopped by {}", gate.count))
        } else {
            (GOOD, "✓ none".to_owned())
        };
        let _ = writeln!(out, "{} {}: {}", styled(style, says), gate.kind, gate.kind.title());
    }
    problems(&mut out, &review.problems, context);
    if !review.repository.is_empty() {
        let _ = write!(out, "\n{}", heading("Framework and policy"));
        review.repository.iter().for_each(|change| plain(&mut out, change, context));
    }
    let is_whole = review.deployments.len() == 1 && review.deployments[0].right == review.right.name;
    let is_between_states = review.left.commit.is_some() || review.right.commit.is_some() || !is_whole;
    for reviewed in &review.deployments {
        deployment(&mut out, reviewed, is_between_states, context);
    }
    for note in &review.notes {
        let _ = writeln!(out, "{}", styled(DIM, note));
    }
    out
}

fn problems(out: &mut String, problems: &[Problem], context: &Context) {
    for problem in problems {
        let place = problem.file.as_ref().map(|file| format!(" in {file}")).unwrap_or_default();
        let says =
            format!("! cannot be read at {}{place}: [{}] {}", problem.side, problem.code, problem.message);
        let _ = writeln!(out, "{}", paint(BAD, &wrapped(&says, 2, context.width)));
    }
}

fn paint(style: Style, text: &str) -> String {
    text.lines().map(|line| styled(style, line)).collect::<Vec<_>>().join("\n")
}

fn deployment(out: &mut String, reviewed: &Reviewed, with_name: bool, context: &Context) {
    if with_name {
        let way = if reviewed.problems.is_empty() { reviewed.way.as_str() } else { "not read" };
        let _ = writeln!(
            out,
            "\n{} {way} {}",
            styled(BOLD, format!("── {}", reviewed.name)),
            styled(DIM, short(&reviewed.title, 50))
        );
    }
    problems(out, &reviewed.problems, context);
    for part in Part::ALL {
        let changes = reviewed.part(part);
        if changes.is_empty() {
            continue;
        }
        let count = match part {
            Part::Risks => {
                let subjects: std::collections::BTreeSet<_> =
                    changes.iter().filter_map(|change| Some(&change.address.as_ref()?.subject)).collect();
                subjects.len()
            }
            _ => changes.len(),
        };
        let _ = write!(out, "\n{}", heading(&format!("{} ({count})", part.title())));
        match part {
            Part::Risks => risks(out, reviewed, &changes, context),
            Part::Context | Part::Answers => answers(out, &changes, context),
            Part::Outcomes => changes.iter().for_each(|change| outcome(out, change)),
            Part::Doubt => doubts(out, reviewed, context),
            _ => changes.iter().for_each(|change| plain(out, change, context)),
        }
    }
    if reviewed.unanswered > 0 && reviewed.problems.is_empty() {
        let items = counted(reviewed.unanswered, "needed item is", "needed items are");
        let _ = writeln!(out, "\n{}", styled(DIM, format!("{items} not yet answered")));
    }
}

fn name_of(change: &Change) -> String {
    styled(DIM, format!("[{}]", change.fingerprint))
}

/// A change that is a line: what it is about, what happened, before and after.
fn plain(out: &mut String, change: &Change, context: &Context) {
    let address = change.address.as_ref().map(|address| format!("{address} ")).unwrap_or_default();
    let says = if change.says.is_empty() { String::new() } else { format!(": {}", change.says) };
    let sign = if change.kind == Kind::ApprovalVoid { "✗ holds no longer: " } else { "" };
    let line = wrapped(&format!("{sign}{address}{}{says}", change.title), 2, context.width - 13);
    let _ = writeln!(out, "{line} {}", name_of(change));
    change.texts.iter().for_each(|text| text_lines(out, text, 4, context));
}

fn outcome(out: &mut String, change: &Change) {
    let (style, sign) = match change.kind {
        Kind::OutcomeWorse => (BAD, "✗ worse: "),
        Kind::Needed => (OPEN, "! newly needed: "),
        _ => (GOOD, "· "),
    };
    let what = if change.says.is_empty() { String::new() } else { format!(" ({})", change.says) };
    let text = change.texts.first();
    let value = |text: Option<&String>| text.cloned().unwrap_or_default();
    let _ = writeln!(
        out,
        "  {}{}{what}: {} → {} {}",
        styled(style, sign),
        short(&change.title, 46),
        value(text.and_then(|text| text.before.as_ref())),
        styled(BOLD, value(text.and_then(|text| text.after.as_ref()))),
        name_of(change)
    );
}

/// Those that are in doubt for one reason stand together.
fn doubts(out: &mut String, reviewed: &Reviewed, context: &Context) {
    for (says, list) in reviewed.doubts() {
        let _ = writeln!(out, "{}", wrapped(says, 2, context.width));
        let addresses: Vec<String> = list
            .iter()
            .map(|change| {
                let address = change.address.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{address} [{}]", change.fingerprint)
            })
            .collect();
        let _ = writeln!(out, "{}", wrapped(&addresses.join(", "), 4, context.width));
    }
}

fn answers(out: &mut String, changes: &[&Change], context: &Context) {
    let mut section = None;
    for change in changes {
        if section != Some(&change.section) {
            section = Some(&change.section);
            let name = change.section.as_ref().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(out, "{}", styled(DIM, name));
        }
        let parties: Vec<&str> = change.parties.iter().map(|party| party.as_str()).collect();
        let address = change.address.as_ref().map(ToString::to_string).unwrap_or_default();
        let room = context.width.saturating_sub(address.len() + parties.join(", ").len() + 20).max(12);
        let _ = writeln!(
            out,
            "  {} {} {} {}",
            styled(BOLD, &address),
            short(&change.title, room),
            styled(DIM, format!("({})", parties.join(", "))),
            name_of(change)
        );
        change.texts.iter().for_each(|text| text_lines(out, text, 4, context));
    }
}

/// A field's change, as other commands show it too.
pub(in crate::cli::commands) fn field_lines(
    out: &mut String,
    whole: &Address,
    field: &FieldChange,
    context: &Context,
) {
    text_lines(out, &Text::of(whole, field), 4, context);
}

/// A text's change: what is new after `+`, what is gone after `-`, a change of words within one text.
fn text_lines(out: &mut String, text: &Text, indent: usize, context: &Context) {
    let label = match text.label.as_str() {
        "" | "answer" => String::new(),
        label => format!("{label}: "),
    };
    let mut line = |sign: &str, style, text: &str| {
        let lines = wrapped(&format!("{sign} {label}{}", paragraphs(text)), indent, context.width);
        let _ = writeln!(out, "{}", paint(style, &lines));
    };
    match (&text.before, &text.after) {
        (Some(_), Some(_)) if text.is_mixed() => {
            let marked = paragraphs(&marked(&text.words));
            let mixed = wrapped(&format!("~ {label}{marked}"), indent, context.width);
            let _ = writeln!(out, "{mixed}");
        }
        (before, after) => {
            before.iter().for_each(|before| line("-", BAD, before));
            after.iter().for_each(|after| line("+", GOOD, after));
        }
    }
}

/// Prose whose lines were broken to suit a file, a line a paragraph.
fn paragraphs(text: &str) -> String {
    let joined = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    joined.collect::<Vec<_>>().join("\n")
}

/// One text with its changes marked: `[-gone-]` and `{+new+}`. Long stretches that stayed are cut.
fn marked(pieces: &[Piece]) -> String {
    let last = pieces.len().saturating_sub(1);
    pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| match piece {
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("{{+{text}+}}"),
            Piece::Same(text) => middle(text, at == 0, at == last),
        })
        .collect()
}

fn middle(text: &str, is_first: bool, is_last: bool) -> String {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    if words.len() <= 16 {
        return text.to_owned();
    }
    let head = if is_first { String::new() } else { words[..6].concat() };
    let tail = if is_last { String::new() } else { words[words.len() - 6..].concat() };
    format!("{head}… {tail}")
}

fn risks(out: &mut String, reviewed: &Reviewed, changes: &[&Change], context: &Context) {
    let mut last = None;
    for change in changes {
        let Some(address) = &change.address else { continue };
        if last != Some(&address.subject) {
            last = Some(&address.subject);
            let moved = reviewed.risks.iter().find(|risk| risk.id.as_str() == address.subject);
            let way = moved.map_or(Way::Changed, |moved| moved.way);
            let _ = writeln!(
                out,
                "  {} {} {}",
                styled(BOLD, &address.subject),
                way.as_str(),
                short(&change.title, 60)
            );
        }
        let key = address.field.get(1).map(String::as_str).unwrap_or_default();
        let part = address.field.first().map(String::as_str).unwrap_or_default();
        let (style, says) = match change.kind {
            Kind::RiskIncrease => (BAD, format!("{} ▲ higher", change.says)),
            Kind::RiskDecrease => (GOOD, format!("{} ▼ lower", change.says)),
            Kind::LostRating => (BAD, format!("{} ! no rating any more", change.says)),
            Kind::Rating => (BOLD, change.says.clone()),
            Kind::AddedRisk => (BOLD, format!("+ {}", change.says)),
            Kind::RemovedRisk => (BAD, format!("- {}", change.says)),
            Kind::ClosedRisk => (OPEN, "! no longer open".to_owned()),
            Kind::AddedMitigation => (GOOD, format!("+ mitigation {key} added")),
            Kind::RemovedMitigation => (BAD, format!("- mitigation {key} removed")),
            Kind::WeakenedMitigation => (BAD, format!("! mitigation {key} weakened: {}", change.says)),
            Kind::ChangedMitigation => (BOLD, format!("~ mitigation {key} changed")),
            Kind::Acceptance => (OPEN, format!("! {}", change.says)),
            _ => (BOLD, if part.is_empty() { "~ its words".to_owned() } else { format!("~ {part}") }),
        };
        let _ = writeln!(out, "    {} {}", styled(style, says), name_of(change));
        change.texts.iter().for_each(|text| text_lines(out, text, 6, context));
    }
}
