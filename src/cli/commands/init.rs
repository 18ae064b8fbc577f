mod ci;

use crate::cli::context::Context;
use crate::cli::{Outcome, embedded};
use crate::diag::Error;
use crate::model::{FrameworkRef, People, Settings};
use crate::store::{Repo, Store, WorkTree, Writer};
use crate::syntax::write_settings;
use std::path::PathBuf;

/// Put tom into a repository: settings, the framework, attributes
///
/// Makes a git repository where there is none. Nothing that is already there is overwritten, so it can be run again at any time.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom init                 in the repository at hand\n  tom init assessments-uk  in a new folder
  tom init --ci github --from acme/tom@0123456789abcdef0123456789abcdef01234567"
)]
pub struct Args {
    /// The folder; the one at hand if none is given
    dir: Option<PathBuf>,

    /// Write workflows too, which check each pull request and tell what it changes
    #[arg(long, value_enum, value_name = "FORGE")]
    ci: Option<ci::Forge>,

    /// The commit of tom that workflows build: `OWNER/REPOSITORY@COMMIT`, for GitLab `https://HOST/PATH@COMMIT`
    #[arg(long, value_name = "REPO@COMMIT", requires = "ci")]
    from: Option<String>,

    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The framework of new repositories.
pub(super) const DEFAULT_FRAMEWORK: (&str, &str) = ("smsp-tom", "0.10");

/// What git has to know about the files.
const ATTRIBUTES: &[&str] = &["*.toml text eol=lf", "assessments/*/approvals/** -text"];

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let workflows =
        args.ci.map(|forge| ci::workflows(forge, args.from.as_deref())).transpose()?.unwrap_or_default();
    let folder = args.dir.as_ref().map_or_else(|| context.folder.clone(), |dir| context.folder.join(dir));
    let repo = Repo::find(&folder)?.filter(|repo| args.dir.is_none() || same(repo, &folder));
    if args.dry_run {
        let root = repo.as_ref().and_then(Repo::work_tree).unwrap_or_else(|| folder.clone());
        if repo.is_none() {
            context.print(format!("would make a git repository in `{}`\n", root.display()));
        }
        let store = WorkTree::new(root);
        for (path, _) in missing(&store, true)? {
            context.print(format!("would write {path}\n"));
        }
        for (path, _) in absent(&store, workflows, context)? {
            context.print(format!("would write {path}\n"));
        }
        return Ok(Outcome::Clean);
    }
    let is_new = repo.is_none();
    let repo = repo.map_or_else(|| Repo::init(&folder), Ok)?;
    let root = context.work_tree(&repo)?;
    let writer = Writer::locked(&root, context.lock(&repo)?);
    let store = WorkTree::new(&root);
    let mut written = install(&store, &writer)?;
    for (path, bytes) in absent(&store, workflows, context)? {
        writer.write(path, &bytes)?;
        written.push(path.to_owned());
    }
    if is_new {
        context.print(format!("made a git repository in {}\n", root.display()));
    }
    for path in &written {
        context.print(format!("wrote {path}\n"));
    }
    if written.is_empty() {
        context.print("everything is already there\n");
    }
    if args.ci == Some(ci::Forge::Gitlab) {
        context.tell("to use it, write in .gitlab-ci.yml: include: [{ local: .gitlab/tom.yml }]");
    }
    if let Err(error) = context.sound_project(&repo, None) {
        context.tell("what was there already is kept, and tom cannot work with it:");
        context.say_error(&error);
        return Ok(Outcome::Found);
    }
    context.tell("next: `tom new NAME` starts an assessment, `tom demo DIR` shows a worked one");
    Ok(Outcome::Clean)
}

fn same(repo: &Repo, folder: &std::path::Path) -> bool {
    let top = repo.work_tree().and_then(|top| top.canonicalize().ok());
    top.is_some() && top == folder.canonicalize().ok()
}

/// Of these files those that are not there; says which of the others say something else, and are kept.
fn absent<'p>(
    store: &WorkTree,
    files: Vec<(&'p str, Vec<u8>)>,
    context: &Context,
) -> Result<Vec<(&'p str, Vec<u8>)>, Error> {
    let mut absent = Vec::new();
    for (path, bytes) in files {
        match store.read(path)? {
            None => absent.push((path, bytes)),
            Some(there) if there == bytes => {}
            Some(_) => context.tell(format!("kept {path}, which differs; remove it to have it written anew")),
        }
    }
    Ok(absent)
}

/// Writes what is missing; returns the paths written.
pub(super) fn install(store: &WorkTree, writer: &Writer) -> Result<Vec<String>, Error> {
    let mut written = Vec::new();
    let (id, version) = DEFAULT_FRAMEWORK;
    let folder = format!("frameworks/{id}/{version}");
    if store.entries(&folder)?.is_empty() {
        let files = embedded::framework(id, version);
        writer
            .create_folder(&folder, files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())))?;
        written.push(format!("{folder}/"));
    }
    for (path, bytes) in missing(store, false)? {
        // Attributes may be there with other lines, which stay.
        writer.write(&path, &bytes)?;
        written.push(path);
    }
    Ok(written)
}

fn missing(store: &WorkTree, with_framework: bool) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    let (id, version) = DEFAULT_FRAMEWORK;
    let folder = format!("frameworks/{id}/{version}");
    if with_framework && store.entries(&folder)?.is_empty() {
        files.push((format!("{folder}/"), Vec::new()));
    }
    if store.read(crate::project::SETTINGS)?.is_none() {
        let framework = FrameworkRef { id: id.to_owned(), version: version.to_owned(), digest: None };
        let policy = crate::model::Policy { signatures_required: true, ..Default::default() };
        let settings = Settings { framework, people: People::default(), policy, fail_on: Vec::new() };
        files.push((crate::project::SETTINGS.to_owned(), write_settings(&settings).into_bytes()));
    }
    files.extend(attributes(store)?.map(|bytes| (".gitattributes".to_owned(), bytes)));
    Ok(files)
}

/// What git has to know about the files, where it does not yet.
pub(super) fn attributes(store: &WorkTree) -> Result<Option<Vec<u8>>, Error> {
    let there = store.read(".gitattributes")?.unwrap_or_default();
    Ok(with_lines(&there, ATTRIBUTES))
}

/// A file of lines with those that it lacks at its end; none where it has them all.
pub(super) fn with_lines(bytes: &[u8], wanted: &[&str]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let lacks = |line: &&&str| !text.lines().any(|there| there.trim() == **line);
    let new: Vec<&str> = wanted.iter().filter(lacks).copied().collect();
    let gap = if bytes.is_empty() || bytes.ends_with(b"\n") { "" } else { "\n" };
    let added = format!("{gap}{}\n", new.join("\n")).into_bytes();
    (!new.is_empty()).then(|| [bytes, added.as_slice()].concat())
}
