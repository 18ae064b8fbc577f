//! Findings as SARIF 2.1.0 (OASIS, 27 March 2020), as code scanning reads it.

use super::{Region, Source, fingerprint, region, visible};
use crate::diag::{Code, Finding, Label};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What our fingerprints are called; a new way of making them gets a new name.
const FINGERPRINT: &str = "tomFinding/v1";

/// The whole log: one run, with the rules that it found something about.
pub(super) fn log(findings: &[Finding], source: &Source<'_>) -> Value {
    let rules: BTreeMap<&str, &Code> =
        findings.iter().map(|finding| (finding.code.id, finding.code)).collect();
    let ids: Vec<&str> = rules.keys().copied().collect();
    // Code scanning refuses a result without a place; what is about all files stands at the settings.
    // Findings that say the same of the same place are counted, so that each keeps an id of its own.
    let nowhere = Label::file(crate::project::SETTINGS);
    let mut twins: BTreeMap<String, usize> = BTreeMap::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let print = fingerprint(finding, source);
            let twin = twins.entry(print.clone()).and_modify(|count| *count += 1).or_insert(1);
            json!({
                "ruleId": finding.code.id,
                "ruleIndex": ids.iter().position(|id| *id == finding.code.id),
                "level": finding.severity.as_str(),
                "message": { "text": message(finding) },
                "locations": [location(finding.primary.as_ref().unwrap_or(&nowhere), source)],
                "relatedLocations": finding.related.iter().map(|label| location(label, source)).collect::<Vec<_>>(),
                "partialFingerprints": { FINGERPRINT: format!("{print}:{twin}") },
            })
        })
        .collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tom",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            // A check that could not be done writes no log at all.
            "invocations": [{ "executionSuccessful": true }],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "the top of the repository" } } },
            "results": results,
        }],
    })
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "name": name(code.title),
        "shortDescription": { "text": code.title },
        "fullDescription": { "text": code.explain },
        "help": { "text": format!("{}\n\n`tom explain {}` shows this page.", code.explain, code.id) },
        "defaultConfiguration": { "level": code.severity.as_str() },
    })
}

/// `AnAnswerIsNotOneOfItsOptions`: viewers show a rule's name as one word.
fn name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

fn message(finding: &Finding) -> String {
    let rest = finding.notes.iter().map(|note| format!("note: {note}"));
    let rest = rest.chain(finding.help.iter().map(|help| format!("help: {help}")));
    std::iter::once(finding.message.clone())
        .chain(rest)
        .map(|line| visible(&line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Places of a log, with the names that the format gives them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Lines {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

fn location(label: &Label, source: &Source<'_>) -> Value {
    // Viewers need a line: a finding about a whole file stands at its first.
    let Region { line, column, end_line, end_column } =
        region(label, source).unwrap_or(Region { line: 1, column: 1, end_line: 1, end_column: 1 });
    let lines = Lines { start_line: line, start_column: column, end_line, end_column };
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&label.file), "uriBaseId": "%SRCROOT%" },
            "region": lines,
        },
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": visible(&label.text) });
    }
    location
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
