mod hand_over;
mod json;
mod pack;
mod text;

use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::cli::{Outcome, args::Format};
use crate::diag::{Error, Finding};
use crate::model::{Date, Deployment, DeploymentName, Digest, Framework, Moment, Settings};
use crate::ops::policy::{Keys, keys};
use crate::ops::ready::{Gap, gaps};
use crate::ops::state::states;
use crate::ops::verify::{Case, Judged, PhaseReport, Problem, is_enough, judge, phases};
use crate::project::{APPROVALS, EvidenceFiles, Project, RECORD, folder_of, statements};
use crate::store::{Repo, Store};
use json::{Status, to_json};
use std::collections::{BTreeMap, BTreeSet};
use text::to_text;

pub(in crate::cli) use json::Body;
pub(in crate::cli) use pack::NO_STAMP;

/// Verify decisions, a pack or a hand-over: whether each stands, and what a phase still needs
///
/// Computes everything anew from the files, without network or other programs. For each statement: whether its content is still the same, who signed
/// it, and whether they may. *Verified* is signed by a listed key, *recorded* is written down for somebody with evidence, *claimed* is neither. What
/// cannot be known from what is here is said, never assumed.
///
/// A pack's file (.html, .pdf, .json) is found by the stamp inside it, rendered again in memory and compared: with the content here, and where that has changed with
/// the commit that it names. A hand-over (.zip) is opened as `tom receive` opens it, and nothing is written: whether every byte is as it was sent, who
/// signed it, where it stands among those that were exchanged, and the decisions in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom verify acme-northfield
  tom verify --all --rev main
  tom verify acme-northfield --base origin/main     roles and keys as the target branch has them
  tom verify acme-northfield --since v1.0           also look for decisions that were removed
  tom verify acme-northfield --anchor sha256:3f2a…  a statement that must be there
  tom verify acme-northfield-phase-2.pdf            whether a pack is of this content
  tom verify acme-northfield-to-deployer-1.zip      a hand-over, before it is received

Exit codes: 0 everything stands, 1 something does not, 2 the work was not done.")]
pub struct Args {
    /// The deployments, or files of packs and hand-overs
    #[arg(value_name = "DEPLOYMENT|FILE", required_unless_present = "all")]
    deployments: Vec<String>,

    /// Every deployment
    #[arg(long, conflicts_with = "deployments")]
    all: bool,

    /// The files at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Look back to this revision for statements that were removed
    #[arg(long, value_name = "REV")]
    since: Option<String>,

    /// Take people, keys, policy and roles from this revision, which you trust
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// What has run out by this day; today if not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,

    /// The digest of a statement that must be there; may be given more than once
    #[arg(long, value_name = "DIGEST")]
    anchor: Vec<String>,

    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A deployment, verified.
struct Verified<'a> {
    name: DeploymentName,
    statements: Vec<Judged<'a>>,
    broken: Vec<Finding>,
    missing: BTreeSet<Digest>,
    heads: Vec<Digest>,
    phases: Vec<(PhaseReport, Vec<Gap>)>,
    /// What is wrong with the set of statements as a whole.
    wrong: Vec<String>,
    /// What cannot be known here.
    unknown: Vec<String>,
}

impl Verified<'_> {
    fn is_clean(&self, policy: &Settings) -> bool {
        let is_fine = |one: &Judged<'_>| {
            let enough = is_enough(policy, one.trust);
            match one.reasons.first() {
                None => enough,
                // These ended as decisions do.
                Some(reason) => matches!(reason.problem, Problem::Withdrawn | Problem::Superseded),
            }
        };
        self.broken.is_empty() && self.wrong.is_empty() && self.statements.iter().all(is_fine)
    }
}

/// Where people, keys and roles are taken from.
struct Trusted {
    project: Option<Project>,
    keys: Keys,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let are_all_zips = !args.all && args.deployments.iter().all(|word| super::receive::is_file(word));
    if are_all_zips && !hand_over::is_anything_here(context)? {
        return hand_over::alone(args, context);
    }
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let base = args.base.as_deref().map(|base| context.sound_project(&repo, Some(base))).transpose()?;
    let settings = base.as_ref().unwrap_or(&project).settings().clone();
    let trusted = Trusted { keys: keys(&settings)?, project: base };
    let (zips, words): (Vec<&String>, Vec<&String>) =
        args.deployments.iter().partition(|word| super::receive::is_file(word));
    let (files, words): (Vec<&String>, Vec<&String>) =
        words.into_iter().partition(|word| pack::is_pack(word));
    let names = if args.all {
        project.deployments()?.0
    } else {
        words.into_iter().map(|text| super::name(text)).collect::<Result<_, _>>()?
    };
    let mut clean = true;
    let mut json = Vec::new();
    let mut packs = Vec::new();
    let mut overs = Vec::new();
    for file in &files {
        let pack = pack::verify(context, &repo, &project, args.rev.as_deref(), file)?;
        clean &= pack.status() == Status::Clean;
        match args.format {
            Format::Json => packs.push(pack),
            Format::Text => context.print(pack::to_text(&pack, context.width)),
        }
    }
    for file in zips {
        let here = hand_over::Here { project: &project, trusted: &trusted, settings: &settings };
        let over = hand_over::verify(args, context, Some(here), file)?;
        clean &= over.is_clean();
        overs.push(over);
    }
    for name in &names {
        let (deployment, framework) = super::sound(&project, name)?;
        let (held, findings) = statements(project.store(), name)?;
        if args.all && held.is_empty() && findings.is_empty() {
            continue;
        }
        let content = Content { deployment: &deployment, framework: &framework };
        let store = project.store();
        let verified =
            verify(args, context, Some(&repo), store, &trusted, &settings, &content, &held, findings)?;
        clean &= verified.is_clean(&settings);
        match args.format {
            Format::Json => json.push(to_json(&verified)),
            Format::Text => context.print(to_text(&verified, &settings, context.width)),
        }
    }
    if args.format == Format::Json {
        let status = if clean { Status::Clean } else { Status::Found };
        context.print_json(&Output::of(Body { status, deployments: json, packs, hand_overs: overs }));
    } else if args.all && names.is_empty() {
        context.print("there are no deployments\n");
    }
    Ok(if clean { Outcome::Clean } else { Outcome::Found })
}

/// The deployment with its framework.
struct Content<'a> {
    deployment: &'a Deployment,
    framework: &'a Framework,
}

#[expect(clippy::too_many_arguments, reason = "everything that a verdict rests on is named")]
fn verify<'h>(
    args: &Args,
    context: &Context,
    repo: Option<&Repo>,
    store: &dyn Store,
    trusted: &Trusted,
    settings: &Settings,
    content: &Content<'_>,
    held: &'h [crate::project::Held],
    broken: Vec<Finding>,
) -> Result<Verified<'h>, Error> {
    let name = &content.deployment.name;
    let folder = folder_of(name);
    let approvals = format!("{folder}/{APPROVALS}");
    let mut unknown = Vec::new();
    let rules = match &trusted.project {
        None => None,
        Some(base) => match base.framework(&content.deployment.meta.framework) {
            Ok(framework) => Some(framework),
            Err(_) => {
                unknown.push(
                    "the base does not have this framework: who decides is taken from the content".into(),
                );
                None
            }
        },
    };
    let limited = trusted.keys.values().flatten().any(|key| key.is_limited());
    let seen = match &args.base {
        Some(base) if limited => {
            repo.map(|repo| seen(repo, base, &approvals)).transpose()?.unwrap_or_default()
        }
        _ => BTreeMap::new(),
    };
    let evidence = EvidenceFiles::of(store);
    let files = |path: &str| evidence.digest(path);
    let case = Case {
        deployment: content.deployment,
        framework: content.framework,
        rules: rules.as_deref().unwrap_or(content.framework),
        settings,
        keys: &trusted.keys,
        files: &files,
        as_of: args.as_of.unwrap_or_else(|| context.today()),
        seen: &seen,
    };
    let judgement = judge(&case, held);
    // Evidence that cannot be read has not changed: nobody knows, so nothing is said.
    if let Some(error) = evidence.errors().into_iter().next() {
        return Err(error);
    }
    let revision = args.rev.as_deref().unwrap_or("HEAD");
    let author = match repo.filter(|repo| !repo.is_unborn() || args.rev.is_some()) {
        None => None,
        Some(repo) => repo.last_author(revision, &folder, &[APPROVALS, RECORD])?,
    };
    let reports = phases(&case, &judgement.statements, author.as_ref());
    let states = states(content.deployment, content.framework);
    let phases = reports
        .into_iter()
        .map(|report| {
            let gaps = gaps(
                content.deployment,
                content.framework,
                settings,
                &states,
                report.phase,
                Some(case.as_of),
            );
            (report, gaps)
        })
        .collect();
    let mut wrong: Vec<String> = judgement
        .missing
        .iter()
        .map(|id| format!("a statement that others name is not among those that can be read: {id}"))
        .collect();
    wrong.extend(anchors(&args.anchor, held)?);
    match repo {
        Some(repo) => history(args, repo, revision, &approvals, held, &mut wrong, &mut unknown)?,
        None => unknown.push(
            "a hand-over carries no history: decisions that were removed before it was made could be missing, and nobody knows who wrote what"
                .to_owned(),
        ),
    }
    Ok(Verified {
        name: name.clone(),
        statements: judgement.statements,
        broken,
        missing: judgement.missing,
        heads: judgement.heads,
        phases,
        wrong,
        unknown,
    })
}

/// When the trusted base's history had each statement.
fn seen(repo: &Repo, base: &str, approvals: &str) -> Result<BTreeMap<String, Moment>, Error> {
    let times = repo.introduced(base, approvals)?;
    Ok(times.into_iter().map(|(file, seconds)| (format!("{approvals}/{file}"), Moment(seconds))).collect())
}

/// Anchors that are not among the statements.
fn anchors(anchors: &[String], held: &[crate::project::Held]) -> Result<Vec<String>, Error> {
    let mut wrong = Vec::new();
    for anchor in anchors {
        let digits = anchor.strip_prefix("sha256:").unwrap_or(anchor).to_lowercase();
        if digits.len() < 12 || digits.len() > 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let message = format!("`{}` is no digest of a statement", anchor.escape_debug());
            return Err(Error::new(&crate::cli::codes::USAGE, message)
                .help("give at least twelve digits of it, as `tom verify` shows it"));
        }
        if !held.iter().any(|held| held.id.hex().starts_with(&digits)) {
            wrong.push(format!("the anchor {digits} names a statement that is not here"));
        }
    }
    Ok(wrong)
}

/// What the history tells of statements that were removed, and what it cannot tell.
fn history(
    args: &Args,
    repo: &Repo,
    revision: &str,
    approvals: &str,
    held: &[crate::project::Held],
    wrong: &mut Vec<String>,
    unknown: &mut Vec<String>,
) -> Result<(), Error> {
    unknown.extend(repo.bent().into_iter().map(|what| format!("the repository has {what}")));
    if let Some(since) = &args.since {
        let now = held
            .iter()
            .filter_map(|held| held.path.strip_prefix(approvals))
            .map(|path| path.trim_start_matches('/').to_owned());
        let gone = repo.gone(since, revision, approvals, &now.collect())?;
        for (file, commit) in gone.files.iter().filter(|(file, _)| file.ends_with(".toml")) {
            wrong.push(format!("{file} was removed; commit {} still had it", &commit[..12]));
        }
        if !gone.is_whole {
            unknown.push(format!("the clone is shallow, so history back to {since} is not all here"));
        }
    } else if args.anchor.is_empty() {
        let shallow = if repo.is_shallow() { ", and the clone is shallow" } else { "" };
        unknown
            .push(format!("no `--anchor` or `--since` was given{shallow}: later decisions could be missing"));
    }
    if args.base.is_none() {
        unknown.push(
            "no `--base` was given: people, keys and policy are taken from the files at hand".to_owned(),
        );
    }
    Ok(())
}
