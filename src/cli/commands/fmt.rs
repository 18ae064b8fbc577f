use crate::cli::Outcome;
use crate::cli::codes::{UNCOMMITTED, USAGE};
use crate::cli::context::Context;
use crate::cli::words::counted;
use crate::diag::{Error, Finding, Label};
use crate::model::{DeploymentName, Framework};
use crate::project::{ASSESSMENTS, Project, SETTINGS, folder_of};
use crate::store::{EntryKind, Repo};
use crate::syntax::{CANNOT_FORMAT, Form, format};
use std::collections::BTreeSet;
use std::path::{Component, Path};

/// Write files in their one form, without touching meaning or comments
///
/// Keys in the order of the format, items in that of the framework, one way of quoting, blank lines and line ends. Before a file is written, tom makes
/// sure that it means the same as before and has the same comments. Statements and what was received are never touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom fmt                                   every deployment, and tom.toml
  tom fmt acme-northfield                   one deployment
  tom fmt assessments/acme-northfield/ig.toml
  tom fmt --check                           change nothing; exit with 1 if something would change

Exit codes: 0 done, or with --check nothing to do; 1 with --check, something would change; 2 not done.")]
pub struct Args {
    /// Deployments, files or folders; everything if none is given
    what: Vec<String>,

    /// Change nothing, and exit with 1 if something would change
    #[arg(long)]
    check: bool,

    /// Say what would change, and write nothing
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,

    /// Format files with changes that are not committed, too
    #[arg(long)]
    allow_dirty: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let writes = !args.check && !args.dry_run;
    // The lock is taken before anything is read, so that nothing can change between reading and writing.
    let writer = if writes { Some(context.writer(&repo)?) } else { None };
    let project = context.sound_project(&repo, None)?;
    let mut changed = Vec::new();
    let (mut broken, mut in_form) = (0, 0);
    let (files, named) = files(args, &project, &repo, context)?;
    for path in &files {
        match formatted(&project, path) {
            Ok(Some(Formatted { after, is_change: true })) => changed.push((path, after)),
            Ok(Some(_)) => in_form += 1,
            Ok(None) if named.contains(path) => {
                context
                    .tell(format!("{path} is left as it is: tom alone writes it, or nobody knows its form"));
            }
            Ok(None) => {}
            Err(error) => {
                broken += 1;
                context.say_error(&error);
            }
        }
    }
    if writes && !args.allow_dirty {
        refuse_uncommitted(&repo, changed.iter().map(|(path, _)| path.as_str()))?;
    }
    for (path, after) in &changed {
        match &writer {
            Some(writer) => {
                writer.write(path, after.as_bytes())?;
                context.print(format!("formatted {path}\n"));
            }
            None => context.print(format!("would format {path}\n")),
        }
    }
    if changed.is_empty() && broken == 0 {
        context.tell(format!("{} in form", counted(in_form, "file is", "files are")));
    }
    if broken > 0 {
        let count = counted(broken, "file", "files");
        return Err(Error::new(&CANNOT_FORMAT, format!("{count} could not be formatted"))
            .note("their reasons stand above; they were left as they are"));
    }
    Ok(if args.check && !changed.is_empty() { Outcome::Found } else { Outcome::Clean })
}

/// A rewritten file could not be told from somebody's own changes of it.
fn refuse_uncommitted<'p>(repo: &Repo, mut changed: impl Iterator<Item = &'p str>) -> Result<(), Error> {
    let uncommitted: BTreeSet<String> =
        repo.uncommitted(ASSESSMENTS)?.into_iter().chain(repo.uncommitted(SETTINGS)?).collect();
    match changed.find(|path| uncommitted.contains(*path)) {
        None => Ok(()),
        Some(path) => Err(Error::new(&UNCOMMITTED, format!("`{path}` has changes that are not committed"))
            .at(Label::file(path))
            .help("commit them first, or format them all the same with `--allow-dirty`")),
    }
}

/// A file in its form.
struct Formatted {
    after: String,
    is_change: bool,
}

/// A file in its form; none where it is no file that tom formats.
fn formatted(project: &Project, path: &str) -> Result<Option<Formatted>, Error> {
    let Some(bytes) = project.store().read(path)? else { return Ok(None) };
    let after = if path == SETTINGS {
        format(path, &bytes, Form::Settings)?
    } else {
        let Some((name, file)) = deployment_of(path) else { return Ok(None) };
        if file == "deployment.toml" {
            format(path, &bytes, Form::Meta)?
        } else {
            let framework = project.framework(&project.meta(&name)?.framework)?;
            match form(&framework, file) {
                Some(form) => format(path, &bytes, form)?,
                None => return Ok(None),
            }
        }
    };
    Ok(Some(Formatted { is_change: after.as_bytes() != bytes, after }))
}

/// The deployment and the file in its folder that a path names.
fn deployment_of(path: &str) -> Option<(DeploymentName, &str)> {
    let (name, file) = path.strip_prefix(ASSESSMENTS)?.strip_prefix('/')?.split_once('/')?;
    Some((DeploymentName::new(name).ok()?, file))
}

/// What sort of file it is; none for what tom alone writes, and for what it does not know.
fn form<'f>(framework: &'f Framework, file: &str) -> Option<Form<'f>> {
    let stem = file.strip_suffix(".toml")?;
    match stem.strip_prefix("risks/") {
        Some(_) => Some(Form::Risk(framework)),
        None => framework
            .section(stem)
            .filter(|section| section.is_answered())
            .map(|section| Form::Section(framework, section)),
    }
}

/// The files that are meant, by path from the repository's root; and those of them that were named each by itself.
fn files(
    args: &Args,
    project: &Project,
    repo: &Repo,
    context: &Context,
) -> Result<(BTreeSet<String>, BTreeSet<String>), Error> {
    let (mut files, mut named) = (BTreeSet::new(), BTreeSet::new());
    let names = project.deployments()?.0;
    if args.what.is_empty() {
        files.insert(SETTINGS.to_owned());
        names.iter().try_for_each(|name| beneath(project, &folder_of(name), &mut files))?;
        return Ok((files, named));
    }
    let root = context.work_tree(repo)?;
    for text in &args.what {
        if names.iter().any(|name| name.as_str() == text) {
            beneath(project, &folder_of(&super::name(text)?), &mut files)?;
            continue;
        }
        let path = within(&root, &context.folder, text)?;
        match project.store().entries(&path) {
            Ok(entries) if !entries.is_empty() => beneath(project, &path, &mut files)?,
            _ if project.store().read(&path)?.is_some() => {
                files.insert(path.clone());
                named.insert(path);
            }
            _ => {
                return Err(Error::new(&USAGE, format!("`{text}` is no deployment, file or folder here"))
                    .help("`tom list` shows the deployments that there are"));
            }
        }
    }
    Ok((files, named))
}

/// The TOML files of a folder.
fn beneath(project: &Project, folder: &str, files: &mut BTreeSet<String>) -> Result<(), Error> {
    for entry in project.store().entries(folder)?.into_iter().filter(|entry| !entry.name.starts_with('.')) {
        let path = if folder.is_empty() { entry.name } else { format!("{folder}/{}", entry.name) };
        match entry.kind {
            EntryKind::Folder => beneath(project, &path, files)?,
            EntryKind::File if path.ends_with(".toml") => drop(files.insert(path)),
            _ => {}
        }
    }
    Ok(())
}

/// A path from the command line as one from the repository's root.
pub(super) fn within(root: &Path, folder: &Path, text: &str) -> Result<String, Error> {
    let outside = || {
        Error::from(
            Finding::new(&USAGE, format!("`{text}` is not in this repository")).help("name a file inside it"),
        )
    };
    let absolute = |path: &Path| path.canonicalize().map_err(|_| outside());
    let path = absolute(&folder.join(text))?;
    let inner = path.strip_prefix(absolute(root)?).map_err(|_| outside())?;
    let parts: Option<Vec<&str>> = inner
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/")).ok_or_else(outside)
}
