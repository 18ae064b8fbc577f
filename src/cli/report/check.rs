//! What `tom check` found, in each of its formats.

use super::{Source, draw, fingerprint, github, junit, one_line, region, sarif};
use crate::cli::Outcome;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::cli::words::{BAD, GOOD, OPEN, counted, styled};
use crate::diag::{Error, Finding, Severity};
use crate::model::DeploymentName;
use crate::project::Project;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How the findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people, with the line and a caret
    Text,
    /// For machines, with a published schema
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// JUnit XML, a test case a deployment
    Junit,
}

impl Format {
    /// What `--help` says of them.
    pub(in crate::cli) const HELP: &'static str = "How to write the findings. `text` is for people; `json` has everything; `sarif` is for code \
scanning; `github` writes annotations, at most ten of each sort, as the runner shows no more; `junit` has a test case a deployment";
}

/// How many findings of one file are drawn; a broken file can have thousands, and nobody reads them.
const MOST_SHOWN: usize = 50;

/// What a check found, and in what.
pub(in crate::cli) struct Report<'a> {
    /// Everything that was found.
    pub(in crate::cli) findings: &'a [Finding],
    /// What was checked.
    pub(in crate::cli) deployments: &'a [DeploymentName],
    /// The least severity that fails the check.
    pub(in crate::cli) fails_from: Severity,
    /// How many merges were looked at, where they were and not the files.
    pub(in crate::cli) merges: Option<usize>,
}

impl Report<'_> {
    /// Writes all of it to standard output, and says how the check ended.
    pub(in crate::cli) fn show(&self, format: Format, project: &Project, context: &Context) -> Outcome {
        // Findings of one file stand together, so the last file that was read serves most of them.
        let last = RefCell::new((String::new(), None::<String>));
        let source = |file: &str| {
            if last.borrow().0 != file {
                let text =
                    project.store().read(file).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
                *last.borrow_mut() = (file.to_owned(), text);
            }
            last.borrow().1.clone()
        };
        match format {
            Format::Text => self.text(&source, context),
            Format::Json => context.print_json(&Output::of(self.body(&source))),
            Format::Sarif => context.print_json(&sarif::log(self.findings, &source)),
            Format::Github => context.print(github::commands(self, &source)),
            Format::Junit => context.print(junit::suite(self, &source)),
        }
        if self.failing().next().is_some() { Outcome::Found } else { Outcome::Clean }
    }

    /// How many findings of a severity there are.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The findings that fail the check.
    pub(super) fn failing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity >= self.fails_from)
    }

    /// `3 deployments checked, 1 error, 0 warnings, 2 notes`
    pub(super) fn summary(&self) -> String {
        let deployments = counted(self.deployments.len(), "deployment", "deployments");
        let looked_at = match self.merges {
            None => format!("{deployments} checked"),
            Some(merges) => {
                format!(
                    "{} looked at, {deployments} changed by both sides",
                    counted(merges, "merge", "merges")
                )
            }
        };
        format!(
            "{looked_at}, {}, {}, {}",
            counted(self.count(Severity::Error), "error", "errors"),
            counted(self.count(Severity::Warning), "warning", "warnings"),
            counted(self.count(Severity::Note), "note", "notes"),
        )
    }

    fn text(&self, source: &Source<'_>, context: &Context) {
        let mut sorted: Vec<&Finding> = self.findings.iter().collect();
        sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in sorted {
            let file = finding.primary.as_ref().map_or("", |label| label.file.as_str());
            let count = shown.entry(file).or_default();
            *count += 1;
            if file.is_empty() || *count <= MOST_SHOWN {
                context.print(draw(finding, source, context.width));
            }
        }
        for (file, count) in shown.into_iter().filter(|(file, count)| !file.is_empty() && *count > MOST_SHOWN)
        {
            context.print(format!(
                "{} more in {}: `--format json` has them all\n\n",
                count - MOST_SHOWN,
                one_line(file)
            ));
        }
        let has_errors = self.count(Severity::Error) > 0;
        let style = if has_errors {
            BAD
        } else if self.count(Severity::Warning) > 0 {
            OPEN
        } else {
            GOOD
        };
        let verdict = if has_errors { "found" } else { "no errors" };
        context.print(format!("{}: {}\n", styled(style, verdict), self.summary()));
    }

    fn body(&self, source: &Source<'_>) -> Body {
        Body {
            status: if self.failing().next().is_some() { Status::Found } else { Status::Clean },
            deployments: self.deployments.len(),
            merges: self.merges,
            errors: self.count(Severity::Error),
            warnings: self.count(Severity::Warning),
            notes: self.count(Severity::Note),
            findings: self.findings.iter().map(|finding| FindingJson::of(finding, source)).collect(),
        }
    }
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// How the check ended.
    status: Status,
    /// How many deployments were checked.
    deployments: usize,
    /// How many merges were looked at, with `--merges`; `deployments` are those that both sides of one changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    merges: Option<usize>,
    /// How many errors there are.
    errors: usize,
    /// How many warnings.
    warnings: usize,
    /// How many notes.
    notes: usize,
    /// Everything that was found.
    findings: Vec<FindingJson>,
}

/// Tells machines that a check was not done. The other forms have no word for it, and people read it as an error.
pub(in crate::cli) fn not_done(format: Format, error: &Error, context: &Context) {
    if format == Format::Json {
        context.print_json(&Output::of(Body {
            status: Status::Error,
            deployments: 0,
            merges: None,
            errors: 1,
            warnings: 0,
            notes: 0,
            findings: vec![FindingJson::of(error.finding(), &|_| None)],
        }));
    }
}

/// How a check ended.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    /// Nothing fails it.
    Clean,
    /// An error, or with `--deny` something less, fails it; the exit code is 1.
    Found,
    /// It was not done, and `findings` says why; the exit code is 2.
    Error,
}

/// A finding.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct FindingJson {
    /// Its sort, which `tom explain` explains.
    code: &'static str,
    /// How much it matters.
    severity: Severity,
    /// What is wrong.
    message: String,
    /// The file, from the repository's root.
    file: Option<String>,
    /// The line, from one.
    line: Option<usize>,
    /// The column in characters, from one.
    column: Option<usize>,
    /// Why.
    notes: Vec<String>,
    /// What to do.
    help: Vec<String>,
    /// A short id that stays the same while other things change.
    fingerprint: String,
}

impl FindingJson {
    /// A finding, with the place that it points at.
    pub(in crate::cli) fn of(finding: &Finding, source: &Source<'_>) -> Self {
        let place = finding.primary.as_ref();
        let region = place.and_then(|label| region(label, source));
        Self {
            code: finding.code.id,
            severity: finding.severity,
            message: finding.message.clone(),
            file: place.map(|label| label.file.clone()),
            line: region.map(|region| region.line),
            column: region.map(|region| region.column),
            notes: finding.notes.clone(),
            help: finding.help.clone(),
            fingerprint: fingerprint(finding, source),
        }
    }
}
