use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::decided::{Judging, decided};
use crate::diag::{Error, Label};
use crate::exchange::{
    Asked, Provenance, Seat, Selection, TableContext, TableForm, table_files, tables, write_hazard_log,
    write_workbook,
};
use crate::model::{Deployment, DeploymentName, Framework, PartyId};
use crate::ops::policy::{keys, office};
use crate::ops::scope::phase_digest;
use crate::ops::stage::Query;
use crate::ops::state::states;
use crate::project::Project;
use crate::store::{Repo, Writer};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Export an assessment as a workbook, a hazard log, or tables
///
/// The workbook is for people without git: in the checklist's order, with drop-downs, and locked but for the answers. `tom import` merges it
/// when it comes back: exactly what was edited changes. Tables (csv, json, parquet) are for analysis; `schema.json` beside them says what each
/// column means.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom export acme-eastmoor --to eastmoor.xlsx
  tom export acme-eastmoor --party deployer --todo --to for-eastmoor.xlsx
  tom export --all --party deployer --todo --to out/
  tom export acme-eastmoor --format hazard-log-xlsx --to hazards.xlsx
  tom export --all --format parquet --to lake/")]
pub struct Args {
    /// The deployments
    #[arg(required_unless_present = "all")]
    deployments: Vec<String>,

    /// Every deployment
    #[arg(long, conflicts_with = "deployments")]
    all: bool,

    /// The form of the export
    #[arg(long, value_enum, default_value_t = Form::Xlsx)]
    format: Form,

    /// The file to write; for tables, and for workbooks of several deployments, the folder
    #[arg(long, value_name = "PATH")]
    to: PathBuf,

    /// Workbook: only what this party answers, confirms or owns
    #[arg(long)]
    party: Option<PartyId>,

    /// Workbook: only what is still to be done
    #[arg(long)]
    todo: bool,

    /// Tables: take names and contact details along
    #[arg(long)]
    with_personal: bool,

    /// Tables as csv: leave texts as they are that a spreadsheet would run as formulas
    #[arg(long)]
    raw: bool,

    /// Export it as it was at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A workbook to fill in and send back.
    Xlsx,
    /// The risks, a hazard a row.
    HazardLogXlsx,
    /// Tables, one file each.
    Csv,
    /// Tables, one file each.
    Json,
    /// Tables, one folder each, with a file for each deployment.
    Parquet,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    super::refuse_within(context, &repo, &args.to)?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    match args.format {
        Form::Xlsx | Form::HazardLogXlsx => files(args, context, &repo, &project)?,
        Form::Csv => several(args, context, &repo, &project, TableForm::Csv { raw: args.raw })?,
        Form::Json => several(args, context, &repo, &project, TableForm::Json)?,
        Form::Parquet => several(args, context, &repo, &project, TableForm::Parquet)?,
    }
    Ok(Outcome::Clean)
}

/// A file for each deployment: the one that `--to` names, or with several one in that folder.
fn files(args: &Args, context: &Context, repo: &Repo, project: &Project) -> Result<(), Error> {
    let names = names(args, project)?;
    if let [name] = &names[..]
        && !args.all
    {
        return write(context, &args.to, &file(args, context, repo, project, name)?, args.dry_run);
    }
    for name in &names {
        let to = args.to.join(format!("{name}.xlsx"));
        write(context, &to, &file(args, context, repo, project, name)?, args.dry_run)?;
    }
    Ok(())
}

/// The deployments that are asked for.
fn names(args: &Args, project: &Project) -> Result<Vec<DeploymentName>, Error> {
    if args.all {
        return Ok(project.deployments()?.0);
    }
    args.deployments.iter().map(|name| super::name(name)).collect()
}

/// The file of one deployment.
fn file(
    args: &Args,
    context: &Context,
    repo: &Repo,
    project: &Project,
    name: &DeploymentName,
) -> Result<Vec<u8>, Error> {
    let (deployment, framework) = super::sound(project, name)?;
    if let Some(party) = args.party.as_ref().filter(|party| framework.party(party.as_str()).is_none()) {
        return Err(Error::new(&USAGE, format!("the framework has no party `{party}`")));
    }
    let provenance = provenance(repo, name, args.rev.as_deref())?;
    if args.format == Form::HazardLogXlsx {
        return write_hazard_log(&framework, &deployment, &provenance);
    }
    let selection = Selection { party: args.party.clone(), todo: args.todo };
    let asked = asked(args, context, repo, project, (&deployment, &framework))?;
    write_workbook(&framework, project.settings(), &deployment, &selection, &asked, &provenance)
}

/// What is asked beside the form: open queries, and of a party its decisions that are still missing.
fn asked(
    args: &Args,
    context: &Context,
    repo: &Repo,
    project: &Project,
    (deployment, framework): (&Deployment, &Framework),
) -> Result<Asked, Error> {
    let keys = keys(project.settings())?;
    let judging = Judging { project, keys: &keys, as_of: context.today() };
    let states = states(deployment, framework);
    let at = (repo, args.rev.as_deref());
    decided(judging, at, project.store(), (deployment, framework, &states), |decided| {
        let is_theirs = |query: &Query| {
            let Some(party) = &args.party else { return true };
            let risk = deployment.risks.get(query.address.subject.as_str());
            match framework.item(&query.address.subject) {
                Some(item) => item.parties.contains(party) || item.confirmed_by.contains(party),
                None => risk.is_none_or(|risk| risk.owner == *party),
            }
        };
        let queries = decided.standing.queries.iter().filter(|query| is_theirs(query)).cloned().collect();
        let mut seats = Vec::new();
        for report in decided.reports {
            let Some(phase) = framework.phase(report.phase) else { continue };
            let digest = phase_digest(deployment, framework, phase, decided.case.files);
            let missing = report.needs.iter().filter(|need| need.met.is_none()).flat_map(|need| &need.roles);
            let offices = missing.filter_map(|role| office(phase, project.settings(), role));
            let own = offices.filter(|office| args.party.is_some() && office.party == args.party);
            seats.extend(own.map(|office| Seat { phase: phase.number, office, digest }));
        }
        let mut seen = BTreeSet::new();
        seats.retain(|seat: &Seat| seen.insert((seat.phase, seat.office.role.clone())));
        Ok(Asked { queries, seats })
    })
}

/// Tables of several deployments.
fn several(
    args: &Args,
    context: &Context,
    repo: &Repo,
    project: &Project,
    form: TableForm,
) -> Result<(), Error> {
    let mut loaded = Vec::new();
    for name in &names(args, project)? {
        let (deployment, framework) = super::sound(project, name)?;
        let provenance = provenance(repo, name, args.rev.as_deref())?;
        loaded.push((deployment, framework, provenance.commit.filter(|_| !provenance.is_draft)));
    }
    let contexts: Vec<TableContext<'_>> = loaded
        .iter()
        .map(|(deployment, framework, commit)| TableContext {
            deployment,
            framework,
            commit: commit.clone(),
            with_personal: args.with_personal,
        })
        .collect();
    if args.raw {
        context.tell(
            "warning: `--raw` leaves texts as they are; do not open the files with a spreadsheet program",
        );
    }
    let writer = Writer::unlocked(context.folder.join(&args.to));
    for (path, bytes) in table_files(&tables(&contexts), form)? {
        let shown = args.to.join(&path);
        if args.dry_run {
            context.print(format!("would write {}\n", shown.display()));
        } else {
            writer.write(&path, &bytes)?;
            context.print(format!("wrote {}\n", shown.display()));
        }
    }
    Ok(())
}

/// The commit that a deployment is exported from.
fn provenance(repo: &Repo, name: &DeploymentName, rev: Option<&str>) -> Result<Provenance, Error> {
    let (commit, is_draft) = super::last_change(repo, name, rev)?;
    Ok(Provenance {
        seconds: commit.as_ref().map(|commit| commit.seconds).unwrap_or_default(),
        commit: commit.map(|commit| commit.id),
        is_draft,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Writes one file where it was asked for.
fn write(context: &Context, to: &std::path::Path, bytes: &[u8], is_dry: bool) -> Result<(), Error> {
    let target = context.folder.join(to);
    let name = target.file_name().and_then(|name| name.to_str());
    let (Some(name), Some(folder)) = (name, target.parent()) else {
        return Err(Error::new(&USAGE, "`--to` names no file").at(Label::file(to.display().to_string())));
    };
    if is_dry {
        context.print(format!("would write {}\n", to.display()));
        return Ok(());
    }
    Writer::unlocked(folder).write(name, bytes)?;
    context.print(format!("wrote {}\n", to.display()));
    Ok(())
}
