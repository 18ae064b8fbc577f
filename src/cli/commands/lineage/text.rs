//! The tree in a terminal of 80 columns.

use super::Row;
use crate::cli::words::{BAD, BOLD, DIM, GOOD, OPEN, counted, short, styled, wrapped};
use crate::ops::lineage::{Level, Missing, Refused};
use anstyle::Style;
use std::fmt::Write;

/// Things of one deployment that are listed before they are only counted.
const MOST_LISTED: usize = 8;
/// Deployments up to which each is told in detail.
const MOST_IN_DETAIL: usize = 40;

fn style(level: Level) -> Style {
    match level {
        Level::Root | Level::ParentElsewhere => DIM,
        Level::Level => GOOD,
        Level::ParentBehind | Level::ParentUnknown => OPEN,
        Level::Behind | Level::Undecided | Level::Unknown => BAD,
    }
}

/// How a deployment stands, in a few words.
pub(super) fn says(row: &Row) -> String {
    let mut says = row.level.as_str().to_owned();
    match row.level {
        Level::Behind => says = format!("behind by {}", count(&row.missing)),
        Level::Undecided => {
            says = match row.undecided.len() {
                0 => "has to finish an update".to_owned(),
                open => format!("has to decide {}", counted(open, "conflict", "conflicts")),
            }
        }
        Level::ParentElsewhere => {
            if let Some(parent) = &row.parent {
                says = format!("from {} ({}), not here", parent.deployment, parent.id);
            }
        }
        _ => {}
    }
    if !row.refused.is_empty() {
        let _ = write!(says, "; {} refused", row.refused.len());
    }
    says
}

/// `2 in risks, 1 in answers`.
fn count(missing: &[Missing]) -> String {
    let safety = missing.iter().filter(|one| one.safety).count();
    let others = missing.len() - safety;
    let parts = [(safety, "in risks"), (others, "in answers")];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// How many there are of each level, in a sentence.
pub(super) fn summary(rows: &[Row]) -> String {
    const LEVELS: [Level; 8] = [
        Level::Behind,
        Level::Undecided,
        Level::ParentBehind,
        Level::Unknown,
        Level::ParentUnknown,
        Level::Level,
        Level::ParentElsewhere,
        Level::Root,
    ];
    let of = |level: Level| rows.iter().filter(|row| row.level == level).count();
    let parts: Vec<String> = LEVELS
        .into_iter()
        .filter(|level| of(*level) > 0)
        .map(|level| match of(level) {
            1 => format!("1 {}", level.as_str()),
            many => format!("{many} {}", level.as_str().replace("its parent", "their parents")),
        })
        .collect();
    format!("{}: {}", counted(rows.len(), "deployment", "deployments"), parts.join("; "))
}

pub(super) fn tree(rows: &[Row], width: usize) -> String {
    let mut out = String::new();
    let is_brief = rows.len() > MOST_IN_DETAIL;
    let branches = branches(rows);
    for (index, (row, (branch, trunk))) in rows.iter().zip(branches).enumerate() {
        let has_children = rows.get(index + 1).is_some_and(|next| next.depth > row.depth);
        let trunk = trunk + if has_children { "│   " } else { "    " };
        let says = says(row);
        let head = format!("{branch}{}", row.deployment);
        if head.chars().count() + 2 + says.chars().count() <= width {
            let _ = writeln!(
                out,
                "{branch}{}  {}",
                styled(BOLD, row.deployment.as_str()),
                styled(style(row.level), says)
            );
        } else {
            let _ = writeln!(out, "{branch}{}", styled(BOLD, row.deployment.as_str()));
            let room = width.saturating_sub(trunk.chars().count()).max(24);
            for line in wrapped(&says, 0, room).lines() {
                let _ = writeln!(out, "{trunk}{}", styled(style(row.level), line));
            }
        }
        if !is_brief {
            let room = width.saturating_sub(trunk.chars().count()).max(24);
            for line in details(row, room) {
                let _ = writeln!(out, "{trunk}{line}");
            }
        }
    }
    let _ = writeln!(out, "\n{}", wrapped(&summary(rows), 0, width));
    out
}

/// What goes before each name, and before the lines beneath it.
fn branches(rows: &[Row]) -> Vec<(String, String)> {
    // Whether another of the same generation follows, before one of an earlier one does.
    let mut follows: Vec<bool> = Vec::new();
    let mut is_last = vec![true; rows.len()];
    for (index, row) in rows.iter().enumerate().rev() {
        follows.truncate(row.depth + 1);
        follows.resize(row.depth + 1, false);
        is_last[index] = !follows[row.depth];
        follows[row.depth] = true;
    }
    let mut trunks: Vec<&str> = Vec::new();
    let mut branches = Vec::new();
    for (row, is_last) in rows.iter().zip(is_last) {
        trunks.truncate(row.depth.saturating_sub(1));
        // Beyond a dozen generations the depth is said in a number, so that a line still fits.
        let deep = |trunks: &[&str]| match trunks.len() {
            0..=12 => trunks.concat(),
            more => format!("{}({more}) ", trunks[..10].concat()),
        };
        if row.depth == 0 {
            branches.push((String::new(), String::new()));
            continue;
        }
        let before = deep(&trunks);
        branches.push((
            format!("{before}{}", if is_last { "└─ " } else { "├─ " }),
            format!("{before}{}", if is_last { "   " } else { "│  " }),
        ));
        trunks.push(if is_last { "   " } else { "│  " });
    }
    branches
}

fn details(row: &Row, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |text: String| lines.extend(wrapped(&text, 0, width).lines().map(str::to_owned));
    if let Some(why) = &row.why {
        add(why.clone());
    }
    let room = width.saturating_sub(2);
    for one in row.missing.iter().take(MOST_LISTED) {
        let asks = if one.asks { " (an update will ask)" } else { "" };
        add(short(&format!("{}  {}", one.address, one.what), room.saturating_sub(asks.len())) + asks);
    }
    if row.missing.len() > MOST_LISTED {
        add(format!(
            "… and {} more: `tom update {} --dry-run`",
            row.missing.len() - MOST_LISTED,
            row.deployment
        ));
    }
    if !row.undecided.is_empty() {
        add(format!("to decide: {}", row.undecided.join(", ")));
    }
    for refused in &row.refused {
        add(refusal(refused));
    }
    lines
}

/// A refusal in a sentence.
pub(super) fn refusal(refused: &Refused) -> String {
    let who = match (&refused.by, &refused.on) {
        (Some(by), Some(on)) => format!(" ({by}, {on})"),
        _ => String::new(),
    };
    format!("refused {}: {}{who}", refused.address, refused.reason)
}

pub(super) fn behind(rows: &[Row], width: usize) -> String {
    let mut out = String::new();
    let late: Vec<&Row> = rows.iter().filter(|row| row.level.is_behind()).collect();
    for row in &late {
        let head =
            format!("{}: {}", styled(BOLD, row.deployment.as_str()), styled(style(row.level), says(row)));
        let _ = writeln!(out, "{head}");
        if late.len() <= MOST_IN_DETAIL {
            for line in details(row, width.saturating_sub(4)) {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    let elsewhere = rows.iter().filter(|row| row.level == Level::ParentElsewhere).count();
    if elsewhere > 0 {
        let what = counted(elsewhere, "deployment comes", "deployments come");
        let text = format!("{what} from a parent that is not here: nobody here knows how far behind");
        let _ = writeln!(out, "{}", wrapped(&text, 0, width));
    }
    let derived = rows.iter().filter(|row| row.level != Level::Root).count();
    let line = if late.is_empty() {
        styled(
            GOOD,
            format!(
                "{}: nobody is known to be behind",
                counted(derived, "derived deployment", "derived deployments")
            ),
        )
    } else {
        // Of one that cannot be read nobody knows whether it is derived.
        let of = match rows.iter().any(|row| row.level == Level::Unknown) {
            true => format!("{} deployments", rows.len()),
            false => format!("{derived} derived deployments"),
        };
        styled(BAD, format!("{} of {of} to look at", late.len()))
    };
    let _ = writeln!(out, "{line}");
    out
}
