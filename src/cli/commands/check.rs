pub(super) mod attributes;
mod leaks;
mod merges;

use crate::cli::beside::alike_together;
use crate::cli::codes::EDITED_FRAMEWORK;
use crate::cli::context::Context;
use crate::cli::decided::reports;
use crate::cli::report::check::{Format, Report, not_done};
use crate::cli::{Outcome, embedded};
use crate::diag::{Error, Finding, Label, Severity};
use crate::model::{Date, Deployment, DeploymentName, Digest, ProfileName};
use crate::ops::check::{Kin, Subject, across, check, decisions};
use crate::ops::derive::{LeftOver, left_over, names_it, names_of, text_at};
use crate::ops::outcome::Evaluator;
use crate::ops::policy::{Keys, keys};
use crate::ops::ready;
use crate::ops::verify::{Case, judge};
use crate::project::{Loader, Project, framework_files, papers};
use crate::store::{EntryKind, Home, Repo, Store};
use crate::syntax::{FrameworkFile, read_framework};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Report what is wrong
///
/// Reads everything and reports findings with the line that each is about: syntax, unknown keys and ids, types, options, contradictions, the risk
/// matrix, lineage. Open answers are counted, not errors; `--ready` makes errors of those that a phase needs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom check                        everything
  tom check acme-eastmoor          one deployment
  tom check acme-eastmoor --ready 1
  tom check --base origin/main     by the target branch's people, policy and frameworks
  tom check --deny warnings --format json
  tom check --format sarif > tom.sarif
  tom check --leaks                are other organisations named anywhere
  tom check --leaks northfield.zip the same, in a hand-over
  tom check --merges main..HEAD    did a merge by lines mix what two branches say
  tom check --merges main...HEAD   the same, and would the merge of the two; also before a squash or rebase

Exit codes: 0 no errors, 1 errors found, 2 the check was not done.")]
pub struct Args {
    /// The deployments, or with `--leaks` files of hand-overs; all deployments if none is given
    deployments: Vec<String>,

    /// Make errors of what this phase still needs
    #[arg(long, value_name = "PHASE")]
    ready: Option<u8>,

    /// What has run out by this day; today if not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,

    /// Check the files at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Take people, keys, policy and frameworks from this revision, which you trust
    ///
    /// A version of a framework that it does not have stays as it is here.
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// Hold the merges of this range against a merge by meaning, instead of checking the files
    ///
    /// `A..B` are the merge commits that B has and A has not; `A...B` these and the merge of the two that is to come, as git would make it by lines: a squash or a rebase
    /// leaves no merge commit to look at later. One revision stands for every merge commit that it has behind it.
    #[arg(long, value_name = "RANGE", conflicts_with_all = ["ready", "as_of", "rev", "base"])]
    merges: Option<String>,

    /// Look for other organisations' names, codes and people too
    #[arg(long, conflicts_with = "merges")]
    leaks: bool,

    /// Exit with 1 for these too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,

    /// How to write the findings
    #[arg(long, value_enum, default_value_t = Format::Text, long_help = Format::HELP)]
    format: Format,
}

/// What counts as an error besides errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    /// Warnings.
    Warnings,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    run_or_fail(args, context).inspect_err(|error| not_done(args.format, error, context))
}

fn run_or_fail(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    if let Some(range) = &args.merges {
        return merges::run(args, range, &repo, context);
    }
    let (project, mut findings) = match &args.base {
        Some(base) => context.project_by(&repo, args.rev.as_deref(), base)?,
        None => context.project(&repo, args.rev.as_deref())?,
    };
    if args.leaks
        && !args.deployments.is_empty()
        && args.deployments.iter().all(|text| super::receive::is_file(text))
    {
        for file in &args.deployments {
            findings.extend(leaks::of_file(&project, context, file)?);
        }
        return Ok(show(args, &project, &findings, &[], context));
    }
    findings.extend(edited_frameworks(&project)?);
    findings.extend(crate::ops::review::check_policy(project.settings()));
    findings.extend(crate::ops::policy::twice(project.settings()));
    let frameworks = project.frameworks().map(|framework| &**framework);
    findings.extend(crate::ops::policy::unknown(project.settings(), frameworks));
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
    // A key that cannot be used is said once; what it signed is then signed by nobody whom tom knows.
    let keys = keys(project.settings()).unwrap_or_else(|error| {
        findings.push(error.finding().clone());
        Keys::default()
    });
    if args.rev.is_none() {
        findings.extend(attributes::findings(&project, &repo, &names)?);
    }
    let ready = super::phase(&project, args.ready)?;
    let asked = Asked { ready, as_of: args.as_of.unwrap_or_else(|| context.today()) };
    let at = (args.rev.as_deref(), args.base.as_deref());
    let checked = check_all(&project, (&repo.home(), at), &names, asked, &keys, context)?;
    let mut kin: Vec<Kin> = checked.iter().filter_map(|(_, kin)| kin.clone()).collect();
    // A copy is found beside what it was copied from, which may not have been asked for.
    let asked_for: BTreeSet<_> = names.iter().collect();
    let others = project.deployments()?.0.into_iter().filter(|name| !asked_for.contains(name));
    kin.extend(others.filter_map(|name| Some(Kin::of_meta(&name, &project.meta(&name).ok()?))));
    findings.extend(checked.into_iter().flat_map(|(findings, _)| findings));
    findings.extend(across(&kin));
    if args.leaks {
        findings.extend(super::hand_over::leaks_of(&project, &names)?);
    }
    Ok(show(args, &project, &findings, &names, context))
}

/// Prints everything before the exit code is decided.
fn show(
    args: &Args,
    project: &Project,
    findings: &[Finding],
    deployments: &[DeploymentName],
    context: &Context,
) -> Outcome {
    Report { findings, deployments, fails_from: fails_from(args), merges: None }.show(
        args.format,
        project,
        context,
    )
}

/// The least severity that fails the check.
fn fails_from(args: &Args) -> Severity {
    match args.deny {
        Some(Deny::Warnings) => Severity::Warning,
        None => Severity::Error,
    }
}

/// A finding for each framework in the repository that differs in meaning from the one of its version inside tom.
fn edited_frameworks(project: &Project) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for framework in project.frameworks() {
        let (id, version) = (&framework.id, &framework.version);
        let folder = format!("frameworks/{id}/{version}");
        let ours = embedded::framework(id, version);
        let theirs = framework_files(project.store(), &folder)?;
        let bytes = |files: &[FrameworkFile]| {
            files.iter().map(|file| (file.name.clone(), file.bytes.clone())).collect::<BTreeMap<_, _>>()
        };
        // Parsing tells meaning from form; equal bytes need none.
        if ours.is_empty() || bytes(&ours) == bytes(&theirs) {
            continue;
        }
        if read_framework(&folder, &ours).0.is_none_or(|embedded| embedded.digest != framework.digest) {
            findings.push(
                Finding::new(
                    &EDITED_FRAMEWORK,
                    format!("the framework {id} {version} in this repository is not the published one"),
                )
                .at(Label::file(format!("{folder}/framework.toml")))
                .help("give an edited framework a version of its own, or put the published one back"),
            );
        }
    }
    Ok(findings)
}

/// What the check is asked for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    ready: Option<u8>,
    as_of: Date,
}

/// What was found in a deployment, and its kin where it could be read.
type Checked = (Vec<Finding>, Option<Kin>);

fn check_all(
    project: &Project,
    (home, (revision, base)): (&Home, (Option<&str>, Option<&str>)),
    names: &[DeploymentName],
    asked: Asked,
    keys: &Keys,
    context: &Context,
) -> Result<Vec<Checked>, Error> {
    let families = Families::default();
    let begin = || {
        let loader = project.loader()?;
        Ok(Worker {
            project,
            loader,
            families: &families,
            keys,
            evidence: Evidence::default(),
            repo: home.open()?,
            revision,
            base,
        })
    };
    alike_together(
        context,
        names,
        |name| project.likeness(name),
        begin,
        |worker, name| worker.check(name, asked),
    )
}

/// The names that identify each parent's organisation, looked up once.
#[derive(Default)]
struct Families {
    names: Mutex<BTreeMap<DeploymentName, Arc<Vec<String>>>>,
    /// What received content names, by its digest; siblings share it.
    carried: Mutex<BTreeMap<Digest, Arc<Vec<LeftOver>>>>,
}

/// How many of those are kept, so that memory stays flat.
const MOST_CARRIED: usize = 16;

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

/// The files of folders that hold evidence. Deployments name the same ones again and again.
#[derive(Default)]
struct Evidence {
    folders: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Evidence {
    fn exists(&self, store: &dyn Store, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut folders = self.folders.borrow_mut();
        if !folders.contains_key(folder) {
            let entries = store.entries(folder).unwrap_or_default();
            let files = entries.into_iter().filter(|entry| entry.kind == EntryKind::File);
            if folders.len() >= 64 {
                folders.clear();
            }
            folders.insert(folder.to_owned(), files.map(|entry| entry.name).collect());
        }
        folders.get(folder).is_some_and(|files| files.contains(name))
    }
}

/// What one thread needs to check deployments one after the other.
struct Worker<'p> {
    project: &'p Project,
    loader: Loader<'p>,
    families: &'p Families,
    keys: &'p Keys,
    evidence: Evidence,
    repo: Repo,
    revision: Option<&'p str>,
    /// Whose history tells when statements were there, where one is named.
    base: Option<&'p str>,
}

impl Worker<'_> {
    fn check(&mut self, name: &DeploymentName, asked: Asked) -> Result<Checked, Error> {
        let loaded = self.loader.load(name)?;
        let mut findings = loaded.findings;
        let (Some(deployment), Some(framework)) = (loaded.deployment, loaded.framework) else {
            return Ok((findings, None));
        };
        let left_over = self.left_over(&deployment, loaded.received);
        let store = self.loader.store();
        let evidence = &self.evidence;
        let exists = |path: &str| evidence.exists(store, path);
        let strict = Evaluator::new(&framework, &deployment, ProfileName::Strict);
        // What cannot be read of one deployment does not hide what is wrong with the others.
        let (mut of_papers, mut approved) = (Vec::new(), BTreeSet::new());
        let history = self.base.or(self.revision).unwrap_or("HEAD");
        let judged = papers(store, Some((&self.repo, history)), name).and_then(|papers| {
            // Others of the same permanent id are found apart; only readiness asks for them here.
            let papers = match asked.ready {
                Some(_) => papers.among(self.project, &deployment),
                None => papers,
            };
            of_papers.extend(papers.broken.iter().chain(&papers.unrecorded).cloned());
            let (settings, files) = (self.project.settings(), &papers.evidence);
            let case = Case::of(&deployment, &framework, settings, self.keys, files, asked.as_of);
            let judgement = judge(&case, &papers)?;
            of_papers.extend(decisions(&judgement));
            if asked.ready.is_some() {
                // What cannot be known of the author shows nothing.
                let reports = reports(self.project, (&self.repo, self.revision), &case, &judgement);
                approved = ready::approved(&reports.unwrap_or_default());
            }
            Ok(())
        });
        of_papers.extend(judged.err().map(|error| error.finding().clone()));
        let subject = Subject {
            deployment: &deployment,
            framework: &framework,
            strict: &strict,
            received: loaded.received,
            pending: loaded.pending.as_deref(),
            settings: self.project.settings(),
            exists: &exists,
            left_over: &left_over,
            as_of: asked.as_of,
            ready: asked.ready,
            approved: &approved,
        };
        findings.extend(check(&subject));
        findings.extend(of_papers);
        // Many of them are held until all can be shown in order.
        findings.shrink_to_fit();
        Ok((findings, Some(Kin::of(&deployment))))
    }

    /// Carried texts that named the parent when they came and still say the same.
    fn left_over(&mut self, deployment: &Deployment, digest: Option<Digest>) -> Vec<LeftOver> {
        let (Some(lineage), Some(received), Some(digest)) =
            (&deployment.meta.derived_from, &deployment.received, digest)
        else {
            return Vec::new();
        };
        let carried = || self.families.carried.lock().unwrap_or_else(PoisonError::into_inner);
        let known = carried().get(&digest).cloned();
        let came = match known {
            Some(came) => came,
            None => {
                let names = self.families.names(self.project, &mut self.loader, lineage);
                let came = Arc::new(left_over(&names, &received.answers, &received.risks));
                let mut carried = carried();
                if carried.len() >= MOST_CARRIED {
                    carried.clear();
                }
                carried.insert(digest, came.clone());
                came
            }
        };
        // The text may have been reworded here, or the whole entry be gone.
        let still = |over: &&LeftOver| {
            text_at(deployment, &over.address).is_some_and(|text| names_it(&text, &over.name))
        };
        came.iter().filter(still).cloned().collect()
    }
}
