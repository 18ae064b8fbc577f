//! Findings as commands of a GitHub workflow: `::error file=…,line=…::message`.
//!
//! The runner takes every line that begins with `::` for a command, so each line here is made of our own words and
//! escaped text: no text from a file can begin a line. It shows ten annotations of each sort a step and drops the rest
//! silently, so the tenth says how many are left.

use super::check::Report;
use super::{Source, region, visible};
use crate::diag::{Finding, Severity};
use std::fmt::Write;

/// How many annotations of a sort the runner takes from one step.
const CAP: usize = 10;

/// All annotations, and a last line with the counts.
pub(super) fn commands(report: &Report<'_>, source: &Source<'_>) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let found: Vec<&Finding> =
            report.findings.iter().filter(|finding| finding.severity == severity).collect();
        let shown = if found.len() > CAP { CAP - 1 } else { found.len() };
        for finding in &found[..shown] {
            annotate(&mut out, finding, source);
        }
        if found.len() > shown {
            let left = found.len() - shown;
            let _ = writeln!(
                out,
                "::{} title=tom::{left} more of this sort are not shown here; `tom check` lists them all",
                command(severity)
            );
        }
    }
    out + "tom check: " + &report.summary() + "\n"
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn annotate(out: &mut String, finding: &Finding, source: &Source<'_>) {
    let mut properties = Vec::new();
    if let Some(label) = &finding.primary {
        properties.push(format!("file={}", property(&label.file)));
        if let Some(place) = region(label, source) {
            properties.push(format!("line={},endLine={}", place.line, place.end_line));
            if place.line == place.end_line {
                properties.push(format!("col={},endColumn={}", place.column, place.end_column));
            }
        }
    }
    properties.push(format!("title={}", property(&format!("{}: {}", finding.code.id, finding.code.title))));
    let lines = std::iter::once(&finding.message).chain(&finding.notes).chain(&finding.help);
    let message = lines.map(|line| visible(line)).collect::<Vec<_>>().join("\n");
    let _ = writeln!(out, "::{} {}::{}", command(finding.severity), properties.join(","), data(&message));
}

/// Text after the second `::`, as the runner's own toolkit escapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}
