//! One answer, risk or mitigation in full, for people.

use super::words::{BAD, BOLD, DIM, GOOD, OPEN, styled, wrapped};
use crate::ops::detail::{Detail, Field, Standing};
use std::fmt::Write;

/// What it says and what it rests on.
pub(super) fn content(detail: &Detail, width: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", wrapped(&format!("{}  {}", detail.address, detail.title), 0, width));
    if let Some(received) = &detail.received {
        let _ = writeln!(out, "{}", styled(DIM, wrapped(received, 2, width)));
    }
    if detail.fields.is_empty() {
        out += "  nothing is said yet\n";
    }
    fields(&mut out, &detail.fields, 2, width);
    for fact in &detail.rests_on {
        let _ = writeln!(
            out,
            "{}",
            styled(DIM, wrapped(&format!("rests on {}  {}", fact.item, fact.title), 2, width))
        );
        if fact.fields.is_empty() {
            out += "    unanswered\n";
        }
        fields(&mut out, &fact.fields, 4, width);
    }
    out
}

fn fields(out: &mut String, fields: &[Field], indent: usize, width: usize) {
    for field in fields {
        let text = if field.name.ends_with("evidence") { field.text.clone() } else { flowing(&field.text) };
        let _ = writeln!(out, "{}", wrapped(&format!("{}: {text}", field.name), indent, width));
    }
}

/// Prose whose lines were broken for a file, as paragraphs.
fn flowing(text: &str) -> String {
    text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n")
}

/// How a party stands to it, with what was there when it last spoke.
pub(super) fn standing(standing: &Standing, width: usize) -> String {
    let mut out = String::new();
    let style = if standing.stands { GOOD } else { OPEN };
    let sign = if standing.stands { "✓" } else { "·" };
    let _ = writeln!(out, "{}", styled(style, wrapped(&format!("{sign} {}", standing.words), 2, width)));
    for told in &standing.told {
        let said = match &told.said {
            Some(said) => format!("{} said: {}", told.address, flowing(said)),
            None => format!("{} said nothing", told.address),
        };
        let _ = writeln!(out, "{}", wrapped(&said, 6, width));
    }
    if let Some(commit) = standing.told.first().map(|told| &told.commit) {
        let _ = writeln!(out, "{}", styled(DIM, format!("      (as it was in commit {commit})")));
    }
    if let Some(note) = &standing.note {
        let _ = writeln!(out, "{}", styled(DIM, wrapped(&format!("note: {note}"), 6, width)));
    }
    for why in &standing.claimed {
        let _ = writeln!(out, "{}", styled(BAD, wrapped(&format!("claimed only: {why}"), 6, width)));
    }
    out
}

/// All of it.
pub(super) fn page(detail: &Detail, width: usize) -> String {
    let mut out = content(detail, width);
    if !detail.asks.is_empty() {
        let _ = writeln!(out, "{}", styled(DIM, wrapped(&format!("asks: {}", detail.asks), 2, width)));
    }
    let _ = writeln!(out, "\n{}", styled(BOLD, detail.state.to_string()));
    for party in &detail.parties {
        out += &standing(party, width);
    }
    if !detail.awaits.is_empty() {
        let parties: Vec<&str> = detail.awaits.iter().map(|party| party.as_str()).collect();
        let _ = writeln!(out, "  once it is answered, to be confirmed by: {}", parties.join(", "));
    } else if detail.parties.is_empty() {
        out += "  nobody has to confirm it\n";
    }
    out
}
