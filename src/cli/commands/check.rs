use crate::cli::context::Context;
use crate::cli::words::{BAD, GOOD, OPEN, counted, styled};
use crate::cli::{Outcome, args::Format, report};
use crate::diag::{Error, Finding, Severity};
use crate::model::{Deployment, DeploymentName, Received};
use crate::ops::check::{Kin, Subject, across, check};
use crate::ops::derive::{LeftOver, left_over, names_of};
use crate::project::{Loader, Project};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Report what is wrong
///
/// Reads everything and reports findings with the line that each is about: syntax, unknown keys and ids, types, options, contradictions, the risk
/// matrix, lineage. Open answers are counted, not errors; `--ready` makes errors of those that a phase needs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom check                        everything
  tom check acme-eastmoor          one deployment
  tom check acme-eastmoor --ready 1
  tom check --deny warnings --format json

Exit codes: 0 no errors, 1 errors found, 2 the check was not done.")]
pub struct Args {
    /// The deployments; all of them if none is given
    deployments: Vec<String>,

    /// Make errors of what this phase still needs
    #[arg(long, value_name = "PHASE", value_parser = clap::value_parser!(u8).range(1..=2))]
    ready: Option<u8>,

    /// Check the files at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Exit with 1 for these too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,

    /// How to write the findings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What counts as an error besides errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    /// Warnings.
    Warnings,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let (project, mut findings) = context.project(&repo, args.rev.as_deref())?;
    let (mut names, found) = project.deployments()?;
    if args.deployments.is_empty() {
        findings.extend(found);
        if names.is_empty() {
            return Err(Error::new(&crate::project::NO_DEPLOYMENT, "there is no deployment to check")
                .help("make one with `tom new`"));
        }
    } else {
        names = args.deployments.iter().map(|text| super::name(text)).collect::<Result<_, _>>()?;
    }
    let checked = check_all(&project, &names, args.ready, context)?;
    let kin: Vec<Kin> = checked.iter().filter_map(|(_, kin)| kin.clone()).collect();
    let count = checked.len();
    findings.extend(checked.into_iter().flat_map(|(findings, _)| findings));
    findings.extend(across(&kin));
    show(args, context, &project, &findings, count);
    let fails = |finding: &Finding| match args.deny {
        Some(Deny::Warnings) => finding.severity >= Severity::Warning,
        None => finding.is_error(),
    };
    Ok(if findings.iter().any(fails) { Outcome::Found } else { Outcome::Clean })
}

/// What was found in a deployment, and its kin where it could be read.
type Checked = (Vec<Finding>, Option<Kin>);

fn check_all(
    project: &Project,
    names: &[DeploymentName],
    ready: Option<u8>,
    context: &Context,
) -> Result<Vec<Checked>, Error> {
    let bar = ProgressBar::with_draw_target(
        Some(names.len() as u64),
        if context.can_ask { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
    );
    // Nobody wants a bar on work that is over before they see it.
    if names.len() < 200 {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.set_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} deployments")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let families = Families::default();
    // A piece of neighbours keeps siblings together, which share what they received.
    let pieces: Vec<&[DeploymentName]> =
        names.chunks(names.len().div_ceil(rayon::current_num_threads() * 4).max(1)).collect();
    let done: Result<Vec<Vec<_>>, Error> = pieces
        .par_iter()
        .map(|piece| {
            let mut worker =
                Worker { project, loader: project.loader()?, families: &families, carried: None };
            piece.iter().map(|name| worker.check(name, ready).inspect(|_| bar.inc(1))).collect()
        })
        .collect();
    bar.finish_and_clear();
    Ok(done?.into_iter().flatten().collect())
}

/// The names that identify each parent's organisation, looked up once.
#[derive(Default)]
struct Families {
    names: Mutex<BTreeMap<DeploymentName, Arc<Vec<String>>>>,
}

impl Families {
    fn names(
        &self,
        project: &Project,
        loader: &mut Loader<'_>,
        parent: &crate::model::Lineage,
    ) -> Arc<Vec<String>> {
        let known = self.names.lock().ok().and_then(|names| names.get(&parent.deployment).cloned());
        known.unwrap_or_else(|| {
            // A parent in another repository, or under another name, tells nothing.
            let found = loader
                .load(&parent.deployment)
                .ok()
                .and_then(|loaded| loaded.deployment.zip(loaded.framework));
            let names = found
                .filter(|(deployment, _)| deployment.meta.id == parent.id)
                .map(|(deployment, framework)| names_of(&deployment, &framework, project.settings()))
                .unwrap_or_default();
            let names = Arc::new(names);
            if let Ok(mut all) = self.names.lock() {
                all.insert(parent.deployment.clone(), names.clone());
            }
            names
        })
    }
}

/// What one thread needs to check deployments one after the other.
struct Worker<'p> {
    project: &'p Project,
    loader: Loader<'p>,
    families: &'p Families,
    /// What the last received content still names; siblings share it.
    carried: Option<(Arc<Received>, Vec<LeftOver>)>,
}

impl Worker<'_> {
    fn check(&mut self, name: &DeploymentName, ready: Option<u8>) -> Result<Checked, Error> {
        let loaded = self.loader.load(name)?;
        let mut findings = loaded.findings;
        let (Some(deployment), Some(framework)) = (loaded.deployment, loaded.framework) else {
            return Ok((findings, None));
        };
        let left_over = self.left_over(&deployment);
        let store = self.loader.store();
        let exists = |path: &str| {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            store.entries(folder).is_ok_and(|entries| {
                entries.iter().any(|entry| entry.name == name && entry.kind == crate::store::EntryKind::File)
            })
        };
        let subject = Subject {
            deployment: &deployment,
            framework: &framework,
            settings: self.project.settings(),
            exists: &exists,
            left_over: &left_over,
            ready,
        };
        findings.extend(check(&subject));
        Ok((findings, Some(Kin::of(&deployment))))
    }

    /// Carried texts that named the parent when they came and still say the same.
    fn left_over(&mut self, deployment: &Deployment) -> Vec<LeftOver> {
        let (Some(lineage), Some(received)) = (&deployment.meta.derived_from, &deployment.received) else {
            return Vec::new();
        };
        if self.carried.as_ref().is_none_or(|(last, _)| !Arc::ptr_eq(last, received)) {
            let names = self.families.names(self.project, &mut self.loader, lineage);
            self.carried = Some((received.clone(), left_over(&names, &received.answers, &received.risks)));
        }
        let Some((_, came)) = self.carried.as_ref().filter(|(_, came)| !came.is_empty()) else {
            return Vec::new();
        };
        let names = self.families.names(self.project, &mut self.loader, lineage);
        let here: Vec<LeftOver> = left_over(&names, &deployment.answers, &deployment.risks);
        came.iter().filter(|over| here.contains(over)).cloned().collect()
    }
}

fn show(args: &Args, context: &Context, project: &Project, findings: &[Finding], count: usize) {
    let source = |file: &str| {
        project.store().read(file).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok())
    };
    let of = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings, notes) = (of(Severity::Error), of(Severity::Warning), of(Severity::Note));
    if args.format == Format::Json {
        let list: Vec<_> = findings.iter().map(|finding| report::to_json(finding, &source)).collect();
        context.print_json(&serde_json::json!({
            "schema-version": 1,
            "tool-version": env!("CARGO_PKG_VERSION"),
            "status": if errors > 0 { "errors" } else { "clean" },
            "deployments": count,
            "errors": errors,
            "warnings": warnings,
            "notes": notes,
            "findings": list,
        }));
        return;
    }
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in sorted {
        context.print(report::draw(finding, &source, context.width));
    }
    let style = if errors > 0 {
        BAD
    } else if warnings > 0 {
        OPEN
    } else {
        GOOD
    };
    let verdict = if errors > 0 { "found" } else { "no errors" };
    context.print(format!(
        "{}: {} checked, {}, {}, {}\n",
        styled(style, verdict),
        counted(count, "deployment", "deployments"),
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
        counted(notes, "note", "notes"),
    ));
}
