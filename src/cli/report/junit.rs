//! Findings as JUnit XML: a test case a deployment, and one for what belongs to none.
//!
//! Pages of test results list cases by name and follow each from run to run, so a case is a deployment, which stays, and
//! not a finding, which goes.

use super::check::Report;
use super::{Source, draw, visible};
use crate::cli::words::counted;
use crate::diag::Finding;
use crate::project::folder_of;
use std::fmt::Write;

/// The case of findings in no deployment: settings, frameworks, what stands among them.
const REPOSITORY: &str = "repository";

/// The whole document.
pub(super) fn suite(report: &Report<'_>, source: &Source<'_>) -> String {
    let folders: Vec<String> = report.deployments.iter().map(|name| folder_of(name) + "/").collect();
    let owner = |finding: &Finding| {
        let file = finding.primary.as_ref().map_or("", |label| label.file.as_str());
        folders.iter().position(|folder| file.starts_with(folder.as_str()))
    };
    let mut cases = vec![(REPOSITORY, Vec::new())];
    cases.extend(report.deployments.iter().map(|name| (name.as_str(), Vec::new())));
    for finding in report.findings {
        cases[owner(finding).map_or(0, |at| at + 1)].1.push(finding);
    }
    let fails = |finding: &&Finding| finding.severity >= report.fails_from;
    let failures = cases.iter().filter(|(_, found)| found.iter().any(fails)).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", cases.len());
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tom check\" {counts}>\n  \
         <testsuite name=\"tom check\" {counts} skipped=\"0\">\n"
    );
    for (name, found) in &cases {
        let (failing, others): (Vec<&Finding>, Vec<&Finding>) = found.iter().partition(|f| fails(f));
        let _ = write!(out, "    <testcase classname=\"tom.check\" name=\"{}\"", text(name));
        if found.is_empty() {
            out += "/>\n";
            continue;
        }
        out += ">\n";
        if let Some(first) = failing.first() {
            let message = format!("{}: {}", counted(failing.len(), "finding", "findings"), first.message);
            let _ = writeln!(
                out,
                "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                text(first.code.id),
                text(&message),
                text(&drawn(&failing, source))
            );
        }
        if !others.is_empty() {
            let _ = writeln!(out, "      <system-out>{}</system-out>", text(&drawn(&others, source)));
        }
        out += "    </testcase>\n";
    }
    out + "  </testsuite>\n</testsuites>\n"
}

/// The findings as people see them, without colour.
fn drawn(findings: &[&Finding], source: &Source<'_>) -> String {
    let styled: String = findings.iter().map(|finding| draw(finding, source, 100)).collect();
    anstream::adapter::strip_str(&styled).to_string()
}

/// Text in XML 1.0, in an element or an attribute. Characters that XML cannot hold are shown as what they are.
fn text(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            c => out.push(c),
        }
    }
    out
}
