mod hand_over;
mod history;
mod json;
mod pack;
mod text;

use crate::cli::context::Context;
use crate::cli::decided::author;
use crate::cli::output::Output;
use crate::cli::words::counted;
use crate::cli::{Outcome, args::Format};
use crate::diag::{Error, Finding};
use crate::model::{Date, Deployment, DeploymentName, Digest, Framework, Settings};
use crate::ops::policy::{Keys, keys};
use crate::ops::ready::{self, Gap, claimed_in, gaps};
use crate::ops::state::{Speakers, states};
use crate::ops::verify::{Case, Judged, PhaseReport, judge, of_one_id, phases};
use crate::project::{Papers, Project, papers};
use crate::store::Repo;
use history::{Taken, taken};
use json::{Status, Unverified, to_json};
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
  tom verify --all --base origin/main --allow-void  in CI
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
    ///
    /// What stood where it parted from what is verified, and is not here any more as it was, is told too: statements, their signatures and evidence, and
    /// events of the record.
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// What has run out by this day; today if not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,

    /// The digest of a statement that must be there; may be given more than once
    #[arg(long, value_name = "DIGEST")]
    anchor: Vec<String>,

    /// Tell decisions that are void or have run out, and do not fail because of them
    ///
    /// They were good once: what they were over has changed, or their day has passed. Decisions that never counted, or that were removed, fail all the same.
    #[arg(long)]
    allow_void: bool,

    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A deployment, verified.
struct Verified<'a> {
    name: DeploymentName,
    as_of: Date,
    statements: Vec<Judged<'a>>,
    broken: Vec<Finding>,
    missing: BTreeSet<Digest>,
    heads: Vec<Digest>,
    phases: Vec<(PhaseReport, Vec<Gap>)>,
    /// How much of what is settled in each phase is only claimed, by the people of the settings.
    claimed: BTreeMap<u8, usize>,
    /// What is wrong with the set of statements as a whole.
    wrong: Vec<String>,
    /// What cannot be known here.
    unknown: Vec<String>,
}

impl Verified<'_> {
    fn is_clean(&self, allow_void: bool) -> bool {
        let statements = || self.statements.iter().all(|one| one.is_in_order(allow_void));
        self.broken.is_empty() && self.wrong.is_empty() && statements()
    }
}

/// Where people, keys and roles are taken from.
struct Trusted {
    project: Option<Project>,
    keys: Keys,
    /// The commits where what is verified parted from the base: several where branches were merged crosswise.
    parted: Vec<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    run_or_fail(args, context).inspect_err(|error| {
        if args.format == Format::Json {
            context.print_json(&Output::of(Body::not_done(error)));
        }
    })
}

fn run_or_fail(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let are_all_zips = !args.all && args.deployments.iter().all(|word| super::receive::is_file(word));
    if are_all_zips && !hand_over::is_anything_here(context)? {
        return hand_over::alone(args, context);
    }
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let base = args.base.as_deref().map(|base| context.sound_project(&repo, Some(base))).transpose()?;
    let settings = base.as_ref().unwrap_or(&project).settings().clone();
    let revision = args.rev.as_deref().unwrap_or("HEAD");
    // Whose people and keys are relied on, by their history it is known when statements were there.
    let history = args.base.as_deref().unwrap_or(revision);
    let (zips, words): (Vec<&String>, Vec<&String>) =
        args.deployments.iter().partition(|word| super::receive::is_file(word));
    let (files, words): (Vec<&String>, Vec<&String>) =
        words.into_iter().partition(|word| pack::is_pack(word));
    // Where nobody can tell what was removed, nothing is verified; a pack alone asks for no history.
    let looks_back = args.all || !words.is_empty();
    let parted = args.base.as_deref().filter(|_| looks_back);
    let parted = parted.map(|base| repo.merge_bases(base, revision)).transpose()?.unwrap_or_default();
    let parted = parted.into_iter().map(|commit| commit.id).collect();
    let trusted = Trusted { keys: keys(&settings)?, project: base, parted };
    let (all, findings) = project.deployments()?;
    let names = if args.all {
        all.clone()
    } else {
        words.into_iter().map(|text| super::name(text)).collect::<Result<_, _>>()?
    };
    // What is wrong with no deployment that is here.
    let mut wrong: Vec<String> =
        findings.into_iter().filter(|_| args.all).map(|finding| finding.message).collect();
    let mut taken = match !args.all && names.is_empty() {
        true => Vec::new(),
        false => taken(&repo, &project, (args.since.as_deref(), &trusted.parted, revision))?,
    };
    let mut anchors = Anchors::of(&args.anchor)?;
    let mut clean = true;
    let mut unverified = Vec::new();
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
        let mut one = || -> Result<(), Error> {
            let papers = papers(project.store(), Some((&repo, history)), name)?;
            anchors.find(&papers.held);
            let (deployment, framework) = super::sound(&project, name)?;
            let papers = papers.among(&project, &deployment);
            let taken: Vec<Taken> = taken.extract_if(.., |one| one.is_of(&deployment)).collect();
            if args.all && papers.held.is_empty() && papers.sound().is_ok() && taken.is_empty() {
                return Ok(());
            }
            let content = Content {
                project: Some(&project),
                deployment: &deployment,
                framework: &framework,
                taken: &taken,
            };
            let verified = verify(args, context, Some(&repo), &trusted, &settings, &content, &papers)?;
            clean &= verified.is_clean(args.allow_void);
            match args.format {
                Format::Json => json.push(to_json(&verified)),
                Format::Text => context.print(to_text(&verified, &settings, context.width)),
            }
            Ok(())
        };
        match one() {
            Err(error) if args.all => {
                context.tell(crate::cli::report::draw(error.finding(), &|_| None, context.width));
                unverified.push(Unverified::of(name, &error));
            }
            other => other?,
        }
    }
    if args.all {
        wrong.extend(taken.iter().filter_map(Taken::without_deployment));
    }
    if args.all {
        wrong.extend(anchors.missing());
    }
    clean &= wrong.is_empty();
    let outcome = match (unverified.is_empty(), clean) {
        (false, _) => Outcome::NotAll,
        (true, true) => Outcome::Clean,
        (true, false) => Outcome::Found,
    };
    if args.format == Format::Json {
        let status = match outcome {
            Outcome::Clean => Status::Clean,
            Outcome::NotAll => Status::Error,
            _ => Status::Found,
        };
        context.print_json(&Output::of(Body {
            status,
            deployments: json,
            packs,
            hand_overs: overs,
            wrong,
            unverified,
            error: None,
        }));
    } else {
        if args.all && names.is_empty() {
            context.print("there are no deployments\n");
        }
        context.print(text::wrong(&wrong, context.width));
    }
    Ok(outcome)
}

/// The deployment with its framework.
struct Content<'a> {
    /// Whose history tells who wrote it; none in a hand-over.
    project: Option<&'a Project>,
    deployment: &'a Deployment,
    framework: &'a Framework,
    /// Statements of it that were taken away.
    taken: &'a [Taken],
}

fn verify<'h>(
    args: &Args,
    context: &Context,
    repo: Option<&Repo>,
    trusted: &Trusted,
    settings: &Settings,
    content: &Content<'_>,
    papers: &'h Papers<'_>,
) -> Result<Verified<'h>, Error> {
    let name = &content.deployment.name;
    let (mut unknown, mut doubts) = (Vec::new(), Vec::new());
    let rules = match &trusted.project {
        None => None,
        Some(base) => match base.framework(&content.deployment.meta.framework) {
            Ok(framework) => Some(framework),
            // A branch that brings its own framework would say itself who decides.
            Err(_) => {
                let framework = &content.deployment.meta.framework;
                doubts.push(format!(
                    "the base does not have the framework {framework}, so who has to decide is not known there"
                ));
                None
            }
        },
    };
    let case = Case {
        deployment: content.deployment,
        framework: content.framework,
        rules: rules.as_deref().unwrap_or(content.framework),
        settings,
        keys: &trusted.keys,
        files: &papers.evidence,
        as_of: args.as_of.unwrap_or_else(|| context.today()),
    };
    let mut judgement = judge(&case, papers)?;
    judgement.doubts.extend(doubts.iter().cloned());
    let author = match content.project.filter(|_| !papers.held.is_empty()).zip(repo) {
        None => None,
        Some((project, repo)) => author(repo, project, args.rev.as_deref(), name)?,
    };
    let reports = phases(&case, &judgement, author.as_ref());
    let states = states(content.deployment, content.framework);
    let approved = ready::approved(&reports);
    let grounds = ready::Grounds { settings, approved: &approved, as_of: Some(case.as_of) };
    let revision = args.rev.as_deref();
    let past = repo
        .and_then(|repo| crate::cli::commands::past(repo, content.deployment, content.framework, revision));
    let store = content.project.map(Project::store);
    let brought = past.zip(store).map(|(past, store)| past.foreign(settings, store).into_keys().collect());
    let brought = brought.unwrap_or_default();
    let speakers = Speakers::of(settings, content.deployment, content.framework).knowing(&brought);
    let claims = |phase: u8| claimed_in(&states, &speakers, content.framework, phase).count();
    let claimed = reports.iter().map(|report| (report.phase, claims(report.phase))).collect();
    let phases = reports
        .into_iter()
        .map(|report| {
            let gaps = gaps(content.deployment, content.framework, &states, report.phase, grounds);
            (report, gaps)
        })
        .collect();
    let mut wrong: Vec<String> = judgement
        .missing
        .iter()
        .map(|id| format!("a statement that others name is not among those that can be read: {id}"))
        .collect();
    // With all deployments an anchor may be any one's.
    if !args.all {
        let mut anchors = Anchors::of(&args.anchor)?;
        anchors.find(&papers.held);
        wrong.extend(anchors.missing());
    }
    wrong.extend(of_one_id(name, &papers.twins));
    wrong.extend(doubts);
    let taken = content.taken.iter().filter(|taken| !taken.is_made_good(&judgement.statements));
    wrong.extend(taken.map(Taken::in_words));
    match repo {
        Some(repo) => {
            unknown.extend(not_known(args, repo, &trusted.parted));
            unknown.extend(not_behind(repo, args.rev.as_deref(), papers)?);
        }
        None => unknown.push(
            "a hand-over carries no history: decisions that were removed before it was made could be missing, and nobody knows who wrote what"
                .to_owned(),
        ),
    }
    Ok(Verified {
        name: name.clone(),
        as_of: case.as_of,
        statements: judgement.statements,
        broken: judgement.broken.iter().chain(judgement.unrecorded).cloned().collect(),
        missing: judgement.missing,
        heads: judgement.heads,
        phases,
        claimed,
        wrong,
        unknown,
    })
}

/// Statements that must be there, and whether they were found.
struct Anchors(BTreeMap<String, bool>);

impl Anchors {
    fn of(anchors: &[String]) -> Result<Self, Error> {
        let digits = anchors.iter().map(|anchor| {
            let digits = anchor.strip_prefix("sha256:").unwrap_or(anchor).to_lowercase();
            if digits.len() < 12 || digits.len() > 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            {
                let message = format!("`{}` is no digest of a statement", anchor.escape_debug());
                return Err(Error::new(&crate::cli::codes::USAGE, message)
                    .help("give at least twelve digits of it, as `tom verify` shows it"));
            }
            Ok((digits, false))
        });
        digits.collect::<Result<_, _>>().map(Self)
    }

    /// Looks among statements.
    fn find(&mut self, held: &[crate::project::Held]) {
        for (digits, is_here) in &mut self.0 {
            *is_here |= held.iter().any(|held| held.id.hex().starts_with(digits.as_str()));
        }
    }

    /// Those that were not found.
    fn missing(&self) -> Vec<String> {
        let missing = self.0.iter().filter(|(_, is_here)| !**is_here);
        missing.map(|(digits, _)| format!("the anchor {digits} names a statement that is not here")).collect()
    }
}

/// Commits that statements name and that the history does not have: it was rewritten, or is not all here. What a statement is over is its content.
fn not_behind(repo: &Repo, revision: Option<&str>, papers: &Papers<'_>) -> Result<Option<String>, Error> {
    let named: BTreeSet<&str> =
        papers.held.iter().filter_map(|held| held.statement.commit.as_deref()).collect();
    let gone = match revision {
        None if repo.is_unborn() => named.into_iter().collect(),
        revision => repo.not_behind(revision.unwrap_or("HEAD"), &named)?,
    };
    let short: Vec<&str> = gone.iter().map(|commit| commit.get(..12).unwrap_or(commit)).collect();
    let (count, short) = (counted(gone.len(), "commit", "commits"), short.join(", "));
    let why = match (repo.is_shallow(), gone.len()) {
        (_, 0) => return Ok(None),
        (true, _) => "cannot be looked for: the clone is shallow",
        (false, 1) => "is not in this history",
        (false, _) => "are not in this history",
    };
    let content = "what decisions are over is held against their content alone";
    Ok(Some(format!("{count} that decisions name {why} ({short}); {content}")))
}

/// What the history could tell and was not asked, or cannot tell.
fn not_known(args: &Args, repo: &Repo, parted: &[String]) -> Vec<String> {
    let mut unknown: Vec<String> =
        repo.bent().into_iter().map(|what| format!("the repository has {what}")).collect();
    if args.since.is_none() && args.anchor.is_empty() {
        let shallow = if repo.is_shallow() { ", and the clone is shallow" } else { "" };
        let ids: Vec<&str> = parted.iter().map(|id| &id[..12]).collect();
        let since = match &ids[..] {
            [] => String::new(),
            ids => format!(" that were removed before {}", ids.join(" and ")),
        };
        unknown.push(format!(
            "no `--anchor` or `--since` was given{shallow}: later decisions{since} could be missing"
        ));
    }
    if args.base.is_none() {
        unknown.push(
            "no `--base` was given: people, keys and policy are taken from the files at hand, and when decisions were there from their history".to_owned(),
        );
    }
    unknown
}
