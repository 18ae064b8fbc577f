use crate::cli::context::Context;
use crate::cli::words::counted;
use crate::cli::{Outcome, embedded};
use crate::diag::Error;
use crate::model::{DeploymentName, date_of};
use crate::project::{Project, folder_of};
use crate::render::{Audience, PackKind, Provenance, Templates, html, pack};
use crate::store::{Repo, Writer};
use std::path::PathBuf;

/// Render approval packs
///
/// One HTML file a phase, with everything inside, to read on a screen, with a screen reader or on paper. Templates in the repository's
/// `templates/` override the built-in ones.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom render acme-northfield --to packs\n  tom render acme-northfield --to packs --pack phase-1 --audience internal\n  tom render acme-northfield --to packs --rev v1.2"
)]
pub struct Args {
    /// The deployments
    #[arg(required = true)]
    deployments: Vec<String>,

    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    to: PathBuf,

    /// Only this pack: phase-1 or phase-2
    #[arg(long, value_name = "PACK", value_parser = ["phase-1", "phase-2"])]
    pack: Option<String>,

    /// Who will read it: public leaves out personal data, internal contact details
    #[arg(long, value_enum, default_value_t = Audience::Public)]
    audience: Audience,

    /// Render it as it was at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let kinds: Vec<PackKind> = PackKind::ALL
        .into_iter()
        .filter(|kind| args.pack.as_deref().is_none_or(|only| only == kind.name()))
        .collect();
    let mut files = Vec::new();
    for text in &args.deployments {
        let name = super::name(text)?;
        files.extend(render(context, &repo, &project, &name, &kinds, args.audience, args.rev.as_deref())?);
    }
    let writer = Writer::unlocked(context.folder.join(&args.to));
    for (path, bytes) in &files {
        let shown = args.to.join(path);
        if args.dry_run {
            context.print(format!("would write {}\n", shown.display()));
        } else {
            writer.write(path, bytes)?;
            context.print(format!("wrote {}\n", shown.display()));
        }
    }
    if !args.dry_run {
        context.tell(format!("{} rendered", counted(files.len(), "pack", "packs")));
    }
    Ok(Outcome::Clean)
}

/// The packs of a deployment by file name.
pub(super) fn render(
    context: &Context,
    repo: &Repo,
    project: &Project,
    name: &DeploymentName,
    kinds: &[PackKind],
    audience: Audience,
    rev: Option<&str>,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let (deployment, framework) = super::sound(project, name)?;
    let folder = folder_of(name);
    let commit = if repo.is_unborn() { None } else { repo.last_change(rev.unwrap_or("HEAD"), &folder)? };
    let is_draft = commit.is_none() || (rev.is_none() && !repo.uncommitted(&folder)?.is_empty());
    let provenance = Provenance {
        date: context
            .source_date()
            .or(commit.as_ref().map(|commit| commit.seconds))
            .map(|seconds| date_of(seconds).to_string()),
        commit: commit.map(|commit| commit.id),
        is_draft,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        foreign: super::past(repo, &deployment, &framework, rev)
            .map(|past| past.foreign(project.settings()).into_keys().collect())
            .unwrap_or_default(),
    };
    let templates = templates(project)?;
    kinds
        .iter()
        .map(|kind| {
            let pack = pack(&framework, project.settings(), &deployment, *kind, audience, provenance.clone());
            Ok((format!("{name}-{}.html", kind.name()), html(&pack, &templates)?.into_bytes()))
        })
        .collect()
}

/// The built-in templates, overridden by the repository's own.
pub(super) fn templates(project: &Project) -> Result<Templates, Error> {
    let mut templates = Templates::default();
    for file in embedded::templates() {
        templates.add(file.path, String::from_utf8_lossy(file.bytes));
    }
    for entry in project.store().entries("templates")? {
        let path = format!("templates/{}", entry.name);
        if (entry.name.ends_with(".html") || entry.name.ends_with(".css"))
            && let Some(bytes) = project.store().read(&path)?
        {
            let source = String::from_utf8(bytes).map_err(|_| {
                Error::new(&crate::render::BAD_TEMPLATE, format!("`{path}` is not UTF-8 text"))
            })?;
            templates.add(entry.name, source);
        }
    }
    Ok(templates)
}
