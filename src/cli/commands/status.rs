mod throughput;

use crate::cli::beside::alike_together;
use crate::cli::context::Context;
use crate::cli::decided::{Judging, decided, decided_where};
use crate::cli::report::one_line;
use crate::cli::words::{BAD, BOLD, DIM, GOOD, counted, heading, named, short, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Address, Date, Deployment, DeploymentName, Framework, Kind, PartyId, PermanentId};
use crate::ops::brought::Brought;
use crate::ops::claims::Claims;
use crate::ops::policy::keys;
use crate::ops::ready::{Gap, Grounds, claimed_in, gaps, is_ready};
use crate::ops::spoken::{Spoken, counts};
use crate::ops::stage::{PhaseStage, PhaseStanding, Stage, Standing};
use crate::ops::state::{Speakers, Stand, State, States, states};
use crate::project::{Loader, Project};
use crate::store::Repo;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

pub(in crate::cli) use throughput::Body as ThroughputBody;

/// Show how far each phase has got, and where each deployment stands
///
/// With a deployment: its stage and what going live lacks, progress by phase, party and section, what keeps each phase from being ready, and confirmations that a commit of somebody who
/// speaks for another party brought in, as far as git's history goes. Without: a table of all deployments; their history is not read.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom status\n  tom status acme-eastmoor\n  tom status acme-eastmoor --check --phase 1\n  tom status --behind           who lags, in CI\n  tom status --throughput       what each product may ask for\n\nExit codes: with --check, 1 if a phase that was asked for is not ready; with --behind, 1 if somebody is behind or that cannot be said."
)]
pub struct Args {
    /// The deployment; all of them if none is given
    deployment: Option<String>,

    /// Only this phase
    #[arg(long, value_name = "PHASE")]
    phase: Option<u8>,

    /// The day as of which things have run out; today if not given
    #[arg(long, value_name = "DATE", conflicts_with = "behind")]
    as_of: Option<Date>,

    /// Exit with 1 if a phase is not ready
    #[arg(long)]
    check: bool,

    /// Name those who have not looked at something of their parent's, and exit with 1 if there are any; JSON as for `tom lineage`
    #[arg(long, conflicts_with_all = ["phase", "check"])]
    behind: bool,

    /// Sum the throughput of each product over its deployments
    #[arg(long, conflicts_with_all = ["deployment", "phase", "check", "behind"])]
    throughput: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How far one phase of one deployment has got.
struct Progress {
    phase: u8,
    settled: usize,
    claimed: usize,
    needed: usize,
    is_ready: bool,
    /// What keeps it from being ready, where that is told.
    gaps: Vec<Gap>,
}

/// Which phases are asked for, and as of which day.
#[derive(Clone, Copy)]
struct Asked {
    only: Option<u8>,
    as_of: Date,
}

fn progress(
    deployment: &Deployment,
    framework: &Framework,
    states: &States<'_>,
    speakers: &Speakers<'_>,
    (only, with_gaps): (Option<u8>, bool),
    grounds: Grounds<'_>,
) -> Vec<Progress> {
    let phases = framework.phases.iter().filter(|phase| only.is_none_or(|only| only == phase.number));
    phases
        .map(|phase| {
            let answers = states
                .answers
                .iter()
                .filter(|a| a.is_needed && framework.is_due(a.item, phase.number))
                .map(|a| a.state);
            let risks = states.risks.iter().filter(|_| phase.needs_risks).map(|risk| risk.state);
            let all: Vec<State> = answers.chain(risks).collect();
            let gaps = with_gaps.then(|| gaps(deployment, framework, states, phase.number, grounds));
            Progress {
                phase: phase.number,
                settled: all.iter().filter(|state| state.is_settled()).count(),
                needed: all.len(),
                claimed: claimed_in(states, speakers, framework, phase.number).count(),
                is_ready: match &gaps {
                    Some(gaps) => gaps.is_empty(),
                    None => is_ready(deployment, framework, states, phase.number, grounds),
                },
                gaps: gaps.unwrap_or_default(),
            }
        })
        .collect()
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, None)?;
    if args.behind {
        let is_json = args.format == Format::Json;
        let is_behind = super::lineage::behind(&project, context, args.deployment.as_deref(), is_json)?;
        return Ok(if is_behind { Outcome::Found } else { Outcome::Clean });
    }
    if args.throughput {
        return throughput::run(args.format, context, &repo, &project);
    }
    let asked = Asked {
        only: super::phase(&project, args.phase)?,
        as_of: args.as_of.unwrap_or_else(|| context.today()),
    };
    let is_ready = match &args.deployment {
        Some(name) => one(args, context, &repo, &project, (name, asked))?,
        None => all(args, context, &repo, &project, asked)?,
    };
    Ok(if args.check && !is_ready { Outcome::Found } else { Outcome::Clean })
}

/// One deployment in full; whether it is ready.
fn one(
    args: &Args,
    context: &Context,
    repo: &Repo,
    project: &Project,
    (name, asked): (&str, Asked),
) -> Result<bool, Error> {
    let (deployment, framework) = super::sound(project, &super::name(name)?)?;
    let settings = project.settings();
    let states = states(&deployment, &framework);
    let keys = keys(settings)?;
    let judging = Judging { project, keys: &keys, as_of: asked.as_of };
    let loaded = (&deployment, &*framework, &states);
    let standing =
        decided(judging, (repo, None), project.store(), loaded, |decided| Ok(decided.standing.clone()))?;
    let past = super::past(repo, &deployment, &framework, None);
    let foreign = past.map(|past| past.foreign(settings, project.store())).unwrap_or_default();
    let brought: BTreeSet<Spoken> = foreign.keys().cloned().collect();
    let speakers = Speakers::of(settings, &deployment, &framework).knowing(&brought);
    let grounds = Grounds { settings, approved: &standing.approved, as_of: Some(asked.as_of) };
    let progress = progress(&deployment, &framework, &states, &speakers, (asked.only, true), grounds);
    match args.format {
        Format::Json => {
            let brought = foreign.iter().filter_map(|(spoken, brought)| {
                Some(BroughtIn {
                    address: spoken.name(),
                    party: spoken.party(&deployment)?,
                    commit: brought.origin().commit.clone(),
                    author: brought.origin().author.name.clone(),
                    hand_over: brought.hand_over(),
                })
            });
            let of = Of { brought_in: Some(brought.collect()), ..of(&deployment, &progress, &standing) };
            context.print_json(&Output::of(Body { deployments: vec![Row::Read(Box::new(of))] }));
        }
        Format::Text => {
            context.print(page(&deployment, &framework, &states, &progress, &standing, context));
            let claims = Claims::of(settings, &deployment, &framework, &foreign);
            if let Some(what) = claims.in_words() {
                let see = format!(": see `tom check {}`", deployment.name);
                let line = what + if claims.has_unlisted() { &see } else { "" };
                context.print(format!("\n{}\n", wrapped(&line, 0, context.width)));
            }
            context.print(brought_in(&deployment, &foreign, context.width));
        }
    }
    Ok(progress.iter().all(|phase| phase.is_ready))
}

/// A deployment's line in the table.
struct InBrief {
    is_ready: bool,
    open: Vec<(State, usize)>,
    stage: String,
    bars: Vec<String>,
    /// Only for JSON: a thousand deployments have a great many gaps.
    full: Option<Of>,
}

/// A table of all deployments; whether every one is ready.
fn all(args: &Args, context: &Context, repo: &Repo, project: &Project, asked: Asked) -> Result<bool, Error> {
    let (names, _) = project.deployments()?;
    let settings = project.settings();
    let keys = keys(settings)?;
    let judging = Judging { project, keys: &keys, as_of: asked.as_of };
    let home = repo.home();
    let begin = || Ok((project.loader()?, home.open()?));
    let brief =
        |(loader, repo): &mut (Loader<'_>, Repo), name: &DeploymentName| -> Result<Option<InBrief>, Error> {
            Ok(match loader.load(name)?.sound() {
                Ok((deployment, framework)) => {
                    let states = states(&deployment, &framework);
                    let speakers = Speakers::of(settings, &deployment, &framework);
                    let known = OnceCell::new();
                    let all = |approved: &BTreeSet<u8>| {
                        let grounds = Grounds { settings, approved, as_of: Some(asked.as_of) };
                        let told = (asked.only, args.format == Format::Json);
                        progress(&deployment, &framework, &states, &speakers, told, grounds)
                    };
                    let lacks_nothing = |phase: u8, approved: &BTreeSet<u8>| {
                        let all = known.get_or_init(|| all(approved));
                        match all.iter().find(|progress| progress.phase == phase) {
                            Some(progress) => progress.is_ready,
                            None => {
                                let grounds = Grounds { settings, approved, as_of: Some(asked.as_of) };
                                is_ready(&deployment, &framework, &states, phase, grounds)
                            }
                        }
                    };
                    let (at, loaded) = ((&*repo, None), (&deployment, &*framework));
                    let standing =
                        decided_where(judging, at, loader.store(), loaded, &lacks_nothing, |decided| {
                            Ok(decided.standing.clone())
                        });
                    let Ok(standing) = standing else { return Ok(None) };
                    let progress = known.get_or_init(|| all(&standing.approved));
                    Some(InBrief {
                        stage: stage(&deployment, &standing),
                        is_ready: progress.iter().all(|phase| phase.is_ready),
                        open: states.open(),
                        bars: progress.iter().map(|phase| bar(phase, 5)).collect(),
                        full: (args.format == Format::Json).then(|| of(&deployment, progress, &standing)),
                    })
                }
                // What is wrong with it is for `tom check` to say; here it is only not known.
                Err(_) => None,
            })
        };
    let rows = alike_together(context, &names, |name| project.likeness(name), begin, brief)?;
    let rows: Vec<(&DeploymentName, Option<InBrief>)> = names.iter().zip(rows).collect();
    let is_ready = rows.iter().all(|(_, row)| row.as_ref().is_some_and(|row| row.is_ready));
    if args.format == Format::Json {
        let row = |(name, row): (&DeploymentName, Option<InBrief>)| match row.and_then(|row| row.full) {
            Some(of) => Row::Read(Box::new(of)),
            None => {
                let error = "it cannot be read; see `tom check`".to_owned();
                Row::Unread { deployment: name.clone(), error }
            }
        };
        context.print_json(&Output::of(Body { deployments: rows.into_iter().map(row).collect() }));
        return Ok(is_ready);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(context.width).unwrap_or(80));
    let phases =
        super::phases(project).into_iter().filter(|phase| asked.only.is_none_or(|only| only == *phase));
    let phases = phases.map(|phase| format!("PHASE {phase}"));
    table.set_header(
        ["NAME".to_owned()].into_iter().chain(phases).chain(["STAGE".to_owned(), "OPEN".to_owned()]),
    );
    for (name, row) in &rows {
        let Some(row) = row else {
            table.add_row([name.to_string(), "cannot be read; see `tom check`".to_owned()]);
            continue;
        };
        let open: Vec<String> = row.open.iter().map(|(state, count)| format!("{count} {state}")).collect();
        table.add_row(
            [name.to_string()]
                .into_iter()
                .chain(row.bars.iter().cloned())
                .chain([row.stage.clone(), open.join(", ")]),
        );
    }
    // A name that is torn is no name to copy.
    if let Some(names) = table.column_mut(0) {
        // One that is longer than half of a line would tear everything else.
        let longest = rows.iter().map(|(name, _)| name.as_str().len()).max().unwrap_or_default();
        names.set_constraint(match longest * 2 <= context.width {
            true => ColumnConstraint::ContentWidth,
            false => ColumnConstraint::UpperBoundary(Width::Percentage(50)),
        });
    }
    context.print(table.trim_fmt() + "\n");
    context.tell(super::HISTORY_NOT_READ);
    Ok(is_ready)
}

/// `█████░░░░░ 42/80`, with the word where the phase is ready.
fn bar(progress: &Progress, width: usize) -> String {
    let filled = (progress.settled * width).checked_div(progress.needed).unwrap_or(width);
    // A bar is full only when nothing is missing.
    let filled = if progress.is_ready { width } else { filled.min(width - 1) };
    let word = if progress.is_ready { " ready" } else { "" };
    let claimed =
        if progress.claimed > 0 { format!(", {} only claimed", progress.claimed) } else { String::new() };
    format!(
        "{}{} {}/{}{word}{claimed}",
        "█".repeat(filled),
        "░".repeat(width - filled),
        progress.settled,
        progress.needed
    )
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// The deployments that were asked for.
    deployments: Vec<Row>,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
enum Row {
    /// A deployment.
    Read(Box<Of>),
    /// One that cannot be read.
    Unread { deployment: DeploymentName, error: String },
}

/// How far a deployment has got.
#[derive(Clone, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Of {
    deployment: DeploymentName,
    id: PermanentId,
    kind: Kind,
    /// Whether every phase that was asked for is ready.
    ready: bool,
    phases: Vec<PhaseOf>,
    /// Where it stands in its process, and what going live lacks.
    standing: Standing,
    /// What somebody brought in who may not have said it; absent where history was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    brought_in: Option<Vec<BroughtIn>>,
}

/// A confirmation, acceptance or reply with the commit that brought it in.
#[derive(Clone, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct BroughtIn {
    address: Address,
    /// The party whose people may say it.
    party: PartyId,
    commit: String,
    author: String,
    /// The number of the hand-over that it came with, where it came with one that does not show whose word it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    hand_over: Option<u32>,
}

/// How far a phase has got.
#[derive(Clone, serde::Serialize, schemars::JsonSchema)]
struct PhaseOf {
    phase: u8,
    ready: bool,
    settled: usize,
    /// How many of the settled rest on a confirmation by somebody whom `tom.toml` does not list, or that somebody brought in
    /// who may not have said it: that only where `brought-in` is there.
    claimed: usize,
    needed: usize,
    gaps: Vec<Gap>,
}

fn of(deployment: &Deployment, progress: &[Progress], standing: &Standing) -> Of {
    let phase = |phase: &Progress| PhaseOf {
        phase: phase.phase,
        ready: phase.is_ready,
        settled: phase.settled,
        claimed: phase.claimed,
        needed: phase.needed,
        gaps: phase.gaps.clone(),
    };
    Of {
        deployment: deployment.name.clone(),
        id: deployment.meta.id.clone(),
        kind: deployment.meta.kind,
        ready: progress.iter().all(|phase| phase.is_ready),
        phases: progress.iter().map(phase).collect(),
        standing: standing.clone(),
        brought_in: None,
    }
}

/// What is only claimed because of how it came, what came alike together.
fn brought_in(deployment: &Deployment, foreign: &BTreeMap<Spoken, Brought>, width: usize) -> String {
    let mut alike = BTreeMap::<String, Vec<(&Spoken, &Brought)>>::new();
    for (spoken, brought) in foreign {
        alike.entry(brought.in_words(deployment, spoken, "it")).or_default().push((spoken, brought));
    }
    let mut out = String::new();
    for (why, all) in alike {
        let Some((spoken, brought)) = all.first() else { continue };
        if brought.hand_over().is_some() {
            let count = counts(all.iter().map(|(spoken, _)| *spoken));
            let line = brought.in_words(deployment, spoken, &count);
            let _ = writeln!(out, "\n{}", wrapped(&line, 0, width));
            let mend = match brought.is_signed() {
                true => "a hand-over that was signed by somebody who may say it shows it",
                false => "a hand-over that its sender signed shows whose word it is",
            };
            let _ = writeln!(out, "{}", wrapped(mend, 2, width));
        } else {
            let names: Vec<Address> = all.iter().map(|(spoken, _)| spoken.name()).collect();
            let _ = writeln!(out, "\n{}", wrapped(&format!("claimed only: {}", named(&names)), 0, width));
            let _ = writeln!(out, "{}", wrapped(&why, 2, width));
        }
    }
    out
}

fn page(
    deployment: &Deployment,
    framework: &Framework,
    states: &States<'_>,
    progress: &[Progress],
    standing: &Standing,
    context: &Context,
) -> String {
    let is_in_process = !is_only_derived_from(deployment, standing);
    let stage = match is_in_process {
        true => format!("stage: {}", standing.in_full()),
        false => {
            "a baseline: deployments derive from it; what is theirs to say is not counted here".to_owned()
        }
    };
    let mut out =
        format!("{}\n{}\n", styled(BOLD, &deployment.meta.title), wrapped(&stage, 0, context.width));
    for phase in progress {
        let title = framework.phases.iter().find(|p| p.number == phase.phase).map_or("", |p| &p.title);
        let _ = write!(out, "\n{}", heading(&format!("Phase {}: {title}", phase.phase)));
        let _ = writeln!(out, "  {}", bar(phase, 10));
        let stands = standing.phases.iter().find(|stands| is_in_process && stands.phase == phase.phase);
        out += &stands.map(|stands| phase_in_words(stands, context.width)).unwrap_or_default();
        if phase.is_ready {
            let _ =
                writeln!(out, "  {}", styled(GOOD, "ready: every answer and risk that it needs is settled"));
        } else {
            let _ = writeln!(
                out,
                "  {}",
                styled(
                    BAD,
                    format!(
                        "not ready: {}",
                        counted(phase.gaps.len(), "thing is missing", "things are missing")
                    )
                )
            );
            for gap in phase.gaps.iter().take(12) {
                let _ =
                    writeln!(out, "{}", wrapped(&format!("{}; {}", gap.what, gap.turn), 4, context.width));
                if !gap.why.is_empty() {
                    let _ = writeln!(out, "{}", styled(DIM, wrapped(&gap.why, 6, context.width)));
                }
            }
            if phase.gaps.len() > 12 {
                let _ =
                    writeln!(out, "    … and {} more: `tom todo {}`", phase.gaps.len() - 12, deployment.name);
            }
        }
    }
    if is_in_process {
        out += &lacks(standing, context.width);
    }
    let _ = write!(out, "\n{}", heading("By section"));
    for section in framework.sections.iter().filter(|section| section.is_answered()) {
        let of: Vec<State> = states
            .answers
            .iter()
            .filter(|a| a.item.section == section.id && a.is_needed)
            .map(|a| a.state)
            .collect();
        let _ = writeln!(out, "  {:<38} {}", short(&section.title, 37), small_bar(&of));
    }
    let risks: Vec<State> = states.risks.iter().map(|risk| risk.state).collect();
    let _ = writeln!(out, "  {:<38} {}", "Risks", small_bar(&risks));
    let _ = write!(out, "\n{}", heading("By party: confirmed of what each has to stand by"));
    for party in &framework.parties {
        let answers = states.answers.iter().filter(|a| a.is_needed).flat_map(|a| &a.parties);
        let mut of: Vec<&Stand> =
            answers.filter(|(id, _)| **id == party.id).map(|(_, stand)| stand).collect();
        of.extend(states.risks.iter().filter(|risk| risk.whole.0 == party.id).map(|risk| &risk.whole.1));
        of.extend(
            states
                .risks
                .iter()
                .flat_map(|risk| risk.mitigations.values())
                .filter(|(id, _)| **id == party.id)
                .map(|(_, stand)| stand),
        );
        if !of.is_empty() {
            let done = of.iter().filter(|stand| ***stand == Stand::Stands).count();
            let _ = writeln!(out, "  {:<38} {}", short(&party.label, 37), counted_bar(done, of.len()));
        }
    }
    out
}

/// The stage in a line. A baseline that nobody sent off is in no process.
fn stage(deployment: &Deployment, standing: &Standing) -> String {
    if is_only_derived_from(deployment, standing) { "baseline".to_owned() } else { standing.in_brief() }
}

/// Whether it is a baseline, and nothing of it was ever sent off or decided.
fn is_only_derived_from(deployment: &Deployment, standing: &Standing) -> bool {
    let is_new = |phase: &PhaseStanding| matches!(phase.stage, PhaseStage::Draft | PhaseStage::Ready);
    deployment.meta.kind == Kind::Baseline && standing.phases.iter().all(is_new)
}

/// What was decided and sent off of a phase, and who has to approve it.
fn phase_in_words(stands: &PhaseStanding, width: usize) -> String {
    let since = stands.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
    let version = stands.version.map(|version| format!("; version {version} was sent off last"));
    let line = format!("{}{since}{}", stands.in_words(), version.unwrap_or_default());
    let mut out = wrapped(&line, 2, width) + "\n";
    for void in stands.void.iter().chain(&stands.withdrawn) {
        out += &(styled(BAD, wrapped(&one_line(void), 2, width)) + "\n");
    }
    if !stands.waits_for.is_empty() {
        out += &(wrapped(&one_line(&format!("has to approve: {}", stands.waits_for.join("; "))), 2, width)
            + "\n");
    }
    for lack in &stands.lacks {
        out += &(wrapped(&one_line(&format!("lacks: {lack}")), 2, width) + "\n");
    }
    out
}

/// What going live, or staying live, lacks.
fn lacks(standing: &Standing, width: usize) -> String {
    let title = match standing.stage {
        Stage::Withdrawn | Stage::Ended => return String::new(),
        stage if stage.is_live() => "It is live, and lacks",
        _ => "Before going live",
    };
    if standing.lacks.is_empty() && standing.stage.is_live() {
        return String::new();
    }
    let mut out = format!("\n{}", heading(title));
    for guard in &standing.lacks {
        let _ = writeln!(out, "{}", wrapped(&one_line(&guard.what), 2, width));
        let _ = writeln!(out, "{}", styled(DIM, wrapped(&one_line(&guard.turn), 4, width)));
    }
    if standing.lacks.is_empty() {
        out += "  nothing is missing\n";
    }
    out
}

fn small_bar(states: &[State]) -> String {
    counted_bar(states.iter().filter(|state| state.is_settled()).count(), states.len())
}

fn counted_bar(done: usize, all: usize) -> String {
    let filled = (done * 10).checked_div(all).unwrap_or(10);
    format!("{}{} {done}/{all}", "█".repeat(filled), "░".repeat(10 - filled))
}
