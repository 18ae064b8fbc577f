use crate::cli::context::Context;
use crate::cli::decided::{Judging, decided};
use crate::cli::words::{BOLD, DIM, counted, heading, short, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::{At, Error};
use crate::model::{Deployment, DeploymentName, Framework, PartyId};
use crate::ops::check::label;
use crate::ops::claims::Claims;
use crate::ops::policy::keys;
use crate::ops::state::states;
use crate::ops::todo::{Task, todo};
use crate::ops::waiting::waiting;
use crate::project::Project;
use crate::syntax::locate;
use std::fmt::Write;

/// List what there is to do, and whose turn it is
///
/// Queries of whoever decides; what is unanswered, not confirmed or changed since, risks to rate, mitigations to put in place, documents and signatories, and what runs out soon;
/// by party, with file and line.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom todo acme-eastmoor\n  tom todo acme-eastmoor --party deployer --phase 1\n  tom todo --role siro\n  tom todo acme-eastmoor --due 90 --format json\n\nExit codes: 1 if a deployment could not be read."
)]
pub struct Args {
    /// The deployments; all of them if none is given
    deployments: Vec<String>,

    /// Only what this party has to do
    #[arg(long)]
    party: Option<PartyId>,

    /// Only what this phase needs
    #[arg(long, value_name = "PHASE")]
    phase: Option<u8>,

    /// Only what somebody in this role has to do
    #[arg(long)]
    role: Option<String>,

    /// What runs out within so many days too
    #[arg(long, value_name = "DAYS", default_value_t = 60)]
    due: i64,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, None)?;
    let names = match &args.deployments[..] {
        [] => project.deployments()?.0,
        names => names.iter().map(|text| super::name(text)).collect::<Result<_, _>>()?,
    };
    let mut lists = Vec::new();
    if let Some(party) = &args.party {
        let parties = project.frameworks().flat_map(|framework| &framework.parties);
        super::known("party", party.as_str(), parties.map(|party| party.id.as_str()))?;
    }
    if let Some(role) = &args.role {
        super::known("role", role, super::roles(&project))?;
    }
    let phase = super::phase(&project, args.phase)?;
    let keys = keys(project.settings())?;
    let judging = Judging { project: &project, keys: &keys, as_of: context.today() };
    let mut outcome = Outcome::Clean;
    for name in &names {
        let (deployment, framework) = match super::sound(&project, name) {
            Ok(sound) => sound,
            // One that cannot be read does not hide what there is to do in the others.
            Err(_) if args.deployments.is_empty() => {
                context.tell(format!("`{name}` cannot be read; see `tom check {name}`"));
                outcome = Outcome::Found;
                continue;
            }
            Err(error) => return Err(error),
        };
        let states = states(&deployment, &framework);
        let of = (&deployment, &*framework, &states);
        let (standing, decisions) = decided(judging, (&repo, None), project.store(), of, |decided| {
            let phases = &decided.standing.phases;
            let waiting = waiting(decided.case, decided.judgement, decided.reports, phases);
            Ok((decided.standing.clone(), waiting))
        })?;
        let mut tasks =
            todo(&deployment, &framework, project.settings(), &standing, context.today(), args.due);
        tasks.extend(decisions);
        tasks.sort_by(|a, b| (&a.party, a.deed).cmp(&(&b.party, b.deed)));
        let tasks: Vec<Task> = tasks
            .into_iter()
            .filter(|task| args.party.as_ref().is_none_or(|party| party.as_str() == task.party))
            .filter(|task| phase.is_none_or(|phase| task.phase <= phase))
            .filter(|task| args.role.as_ref().is_none_or(|role| task.role.as_ref() == Some(role)))
            .collect();
        // History is read only where deployments are named: over all of them it would take long.
        let past = match args.deployments.is_empty() {
            true => None,
            false => super::past(&repo, &deployment, &framework, None),
        };
        let foreign = past.map(|past| past.foreign(project.settings(), project.store())).unwrap_or_default();
        let claimed = Claims::of(project.settings(), &deployment, &framework, &foreign);
        lists.push((deployment, framework, tasks, claimed));
    }
    match args.format {
        Format::Json => {
            let all = lists.iter().map(|(deployment, framework, tasks, claimed)| List {
                claimed: claimed.count(),
                ..list(&project, deployment, framework, tasks)
            });
            context.print_json(&Output::of(Body { deployments: all.collect() }));
        }
        Format::Text => {
            // Where one kind of thing is asked for over all deployments, those without it are not what was asked for.
            let is_picked = args.party.is_some() || args.phase.is_some() || args.role.is_some();
            let is_asked = |tasks: &[Task]| !tasks.is_empty() || !is_picked || !args.deployments.is_empty();
            let asked: Vec<_> = lists.iter().filter(|(_, _, tasks, _)| is_asked(tasks)).collect();
            if asked.is_empty() {
                context.print("nothing to do\n");
            }
            for (deployment, framework, tasks, claimed) in asked {
                context.print(text(&project, deployment, framework, tasks, context.width));
                if let Some(what) = claimed.in_words().filter(|_| !is_picked) {
                    let line = format!("{what}: see `tom status {}`", deployment.name);
                    context.print(wrapped(&line, 0, context.width) + "\n\n");
                }
            }
            if args.deployments.is_empty() && !is_picked {
                context.tell(super::HISTORY_NOT_READ);
            }
        }
    }
    Ok(outcome)
}

/// The file and line of what a task is about.
fn place(
    project: &Project,
    deployment: &Deployment,
    framework: &Framework,
    task: &Task,
) -> Option<(String, usize)> {
    let label = label(deployment, framework, task.address.as_ref()?);
    let text = String::from_utf8(project.store().read(&label.file).ok()??).ok()?;
    let line = match &label.at {
        At::File => 1,
        at => locate(&text, at).map_or(1, |position| position.line),
    };
    Some((label.file, line))
}

fn text(
    project: &Project,
    deployment: &Deployment,
    framework: &Framework,
    tasks: &[Task],
    width: usize,
) -> String {
    let mut out =
        heading(&format!("{}: {}", deployment.name, counted(tasks.len(), "thing to do", "things to do")));
    let mut last = None;
    for task in tasks {
        if last != Some((&task.party, task.deed)) {
            let count =
                tasks.iter().filter(|other| (&other.party, other.deed) == (&task.party, task.deed)).count();
            let _ = writeln!(
                out,
                "\n{} {}",
                styled(BOLD, &task.party),
                styled(BOLD, format!("{} ({count})", task.deed.title()))
            );
            last = Some((&task.party, task.deed));
        }
        let address = task.address.as_ref().map(|address| format!("{address}  ")).unwrap_or_default();
        let room = 70usize.saturating_sub(address.chars().count()).max(20);
        let _ = write!(out, "  {address}{}", short(&task.title, room));
        if let Some((file, line)) = place(project, deployment, framework, task) {
            let _ = write!(out, "\n      {}", styled(DIM, format!("{file}:{line}")));
        }
        if !task.why.is_empty() {
            let _ = write!(out, "\n{}", styled(DIM, wrapped(&task.why, 6, width)));
        }
        out.push('\n');
    }
    out.push('\n');
    out
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// The deployments that were asked for.
    deployments: Vec<List>,
}

/// What there is to do in one deployment.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct List {
    deployment: DeploymentName,
    tasks: Vec<Placed>,
    /// How many confirmations and acceptances are only claimed; whose commits brought them in is looked at only where deployments were named.
    claimed: usize,
}

/// A task with the line that it is about.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Placed {
    task: Task,
    file: Option<String>,
    line: Option<usize>,
}

fn list(project: &Project, deployment: &Deployment, framework: &Framework, tasks: &[Task]) -> List {
    let placed = |task: &Task| {
        let (file, line) = place(project, deployment, framework, task).unzip();
        Placed { task: task.clone(), file, line }
    };
    List { deployment: deployment.name.clone(), tasks: tasks.iter().map(placed).collect(), claimed: 0 }
}
