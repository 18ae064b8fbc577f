use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::packs::{self, Asked, Done, Rendered};
use crate::cli::report::one_line;
use crate::cli::words::counted;
use crate::cli::{Outcome, embedded};
use crate::diag::Error;
use crate::model::DeploymentName;
use crate::project::{ASSESSMENTS, FRAMEWORKS, Project, SETTINGS};
use crate::render::stamp::Since;
use crate::render::{Audience, PackFormat, PackKind};
use crate::store::{Repo, Writer};
use std::path::PathBuf;

/// Render approval packs
///
/// Each pack is one HTML file with everything inside, and the same as a PDF for archives (PDF/A-2a, PDF/UA-1). What has not changed since
/// it was rendered is left as it is. Templates in the repository's `templates/` take the place of the built-in ones.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Packs:\n  phase-1, phase-2   what the approvers of a phase read\n  changes            what differs from what was received, or with --since or --since-decision from an\n                     earlier state\n  hazard-log         the risk register alone\n  lineage            where the assessment comes from, and what came from it\n\nExamples:\n  tom render acme-northfield --to packs\n  tom render acme-northfield --to packs --pack hazard-log,changes --audience internal\n  tom render acme-northfield --to packs --pack changes --since v1.2\n  tom render acme-northfield --to packs --pack changes --since-decision siro\n  tom render --all --to packs --pack all\n  tom render --changed main --to packs\n  tom render --eject templates"
)]
pub struct Args {
    /// The deployments
    #[arg(value_name = "DEPLOYMENT", required_unless_present_any = ["all", "changed", "eject"])]
    deployments: Vec<String>,

    /// Every deployment
    #[arg(long, conflicts_with_all = ["deployments", "changed"])]
    all: bool,

    /// Those that differ from this revision
    #[arg(long, value_name = "REV", conflicts_with = "deployments")]
    changed: Option<String>,

    /// The folder to write into
    #[arg(long, value_name = "DIR", required_unless_present = "eject")]
    to: Option<PathBuf>,

    /// Only these packs, or all; phase-1 and phase-2 unless said otherwise
    #[arg(long = "pack", value_name = "PACK", value_delimiter = ',', value_parser = ["phase-1", "phase-2", "changes", "hazard-log", "lineage", "all"])]
    packs: Vec<String>,

    /// The formats; HTML and PDF unless said otherwise
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',', value_enum)]
    formats: Vec<PackFormat>,

    /// Who will read it: public leaves out personal data, internal contact details
    #[arg(long, value_enum, default_value_t = Audience::Public)]
    audience: Audience,

    /// Render it as it was at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Compare the changes with the deployment's own state at this revision
    #[arg(long, value_name = "REV")]
    since: Option<String>,

    /// Compare the changes with what this role decided over last, in any phase or in one
    #[arg(long, value_name = "ROLE[@PHASE]", conflicts_with = "since")]
    since_decision: Option<String>,

    /// Write the built-in templates into this folder, to start your own from, and render nothing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["deployments", "all", "changed"])]
    eject: Option<PathBuf>,

    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    if let Some(folder) = &args.eject {
        return eject(folder, args.dry_run, context);
    }
    let to = args.to.as_ref().ok_or_else(|| Error::new(&USAGE, "no folder is named: `--to DIR`"))?;
    let repo = context.repo()?;
    super::refuse_within(context, &repo, to)?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let asked = Asked {
        names: names(args, &repo, &project)?,
        kinds: kinds(&args.packs),
        is_chosen: is_chosen(args),
        formats: if args.formats.is_empty() { PackFormat::usual() } else { args.formats.clone() },
        audience: args.audience,
        revision: args.rev.clone(),
        since: match (&args.since, &args.since_decision) {
            (_, Some(role)) => Some(Since::Decision(role.clone())),
            (Some(since), None) => Some(Since::Revision(since.clone())),
            (None, None) => None,
        },
        to: context.folder.join(to),
        is_rehearsal: args.dry_run,
    };
    let (rendered, failed) = packs::render(context, &repo, &project, &asked)?;
    let mut written = 0;
    for Rendered { path, done } in &rendered {
        let shown = to.join(path);
        match done {
            Done::Written if args.dry_run => context.print(format!("would write {}\n", shown.display())),
            Done::Written => context.print(format!("wrote {}\n", shown.display())),
            Done::Unchanged => context.print(format!("unchanged {}\n", shown.display())),
        }
        written += usize::from(*done == Done::Written);
    }
    if !args.dry_run && !rendered.is_empty() {
        let unchanged = rendered.len() - written;
        let rest = if unchanged > 0 { format!(", {unchanged} unchanged") } else { String::new() };
        context.tell(format!("{} written{rest}", counted(written, "file", "files")));
    }
    if let (Some(base), true, true) = (&args.changed, rendered.is_empty(), failed.is_empty()) {
        context.tell(format!("nothing is to render: no deployment differs from `{}`", one_line(base)));
    }
    failed.iter().for_each(|error| context.say_error(error));
    Ok(if failed.is_empty() { Outcome::Clean } else { Outcome::NotAll })
}

fn names(args: &Args, repo: &Repo, project: &Project) -> Result<Vec<DeploymentName>, Error> {
    if !args.all && args.changed.is_none() {
        return args.deployments.iter().map(|text| super::name(text)).collect();
    }
    let (all, findings) = project.deployments()?;
    if let Some(finding) = findings.into_iter().find(crate::diag::Finding::is_error) {
        return Err(finding.into());
    }
    let Some(base) = &args.changed else { return Ok(all) };
    let to = args.rev.as_deref().unwrap_or("HEAD");
    // What every pack rests on has changed: so may every pack.
    let shared = [FRAMEWORKS, "templates", SETTINGS];
    let mut top = repo.changed_between(base, to, "")?;
    let mut changed = repo.changed_between(base, to, ASSESSMENTS)?;
    if args.rev.is_none() {
        let loose = repo.uncommitted("")?;
        let entries = loose.iter().filter_map(|path| path.strip_prefix(ASSESSMENTS)?.split('/').nth(1));
        changed.extend(entries.map(str::to_owned));
        top.extend(loose.iter().filter_map(|path| path.split('/').next()).map(str::to_owned));
    }
    if shared.iter().any(|name| top.iter().any(|changed| changed == name)) {
        return Ok(all);
    }
    Ok(all.into_iter().filter(|name| changed.iter().any(|changed| changed == name.as_str())).collect())
}

/// Whether somebody waits for just this: then there has to be something to show.
fn is_chosen(args: &Args) -> bool {
    let are_packs_named = !args.packs.is_empty() && !args.packs.iter().any(|pack| pack == "all");
    let is_earlier_named = args.since.is_some() || args.since_decision.is_some();
    are_packs_named || (is_earlier_named && !args.deployments.is_empty())
}

fn kinds(packs: &[String]) -> Vec<PackKind> {
    let is_asked = |kind: &PackKind| match packs {
        [] => kind.phase().is_some(),
        packs => packs.iter().any(|pack| pack == "all" || pack == kind.name()),
    };
    PackKind::ALL.into_iter().filter(is_asked).collect()
}

/// Writes the built-in templates. What stands there already is left alone.
fn eject(folder: &std::path::Path, is_rehearsal: bool, context: &Context) -> Result<Outcome, Error> {
    let writer = Writer::unlocked(context.folder.join(folder));
    // These are tom's whatever a repository has.
    let kept =
        ["diff.html", "family.html", "family.svg", "index.html", "main.typ", "own-annex.html", "pack.js"];
    for file in embedded::templates().into_iter().filter(|file| !kept.contains(&file.path.as_str())) {
        let shown = folder.join(&file.path);
        if !is_rehearsal {
            writer.create(&file.path, file.bytes)?;
        }
        context.print(format!(
            "{} {}\n",
            if is_rehearsal { "would write" } else { "wrote" },
            shown.display()
        ));
    }
    context.tell("keep those that you change in `templates/`, and remove the others: tom's own are used in their place");
    Ok(Outcome::Clean)
}
