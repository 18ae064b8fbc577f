use crate::cli::Outcome;
use crate::cli::context::Context;
use crate::diag::Error;
use crate::model::{DeploymentName, Framework};
use crate::ops::merge::{FileMerge, NOT_MERGED, Texts, merge_file};
use crate::project::Project;
use crate::store::{Repo, Store, WorkTree, Writer, read_outside};
use std::path::PathBuf;
use std::sync::Arc;

/// Merge a file for git, by meaning
///
/// Git calls this in `merge`, `rebase`, `cherry-pick` and `stash` once `tom git install` has registered it. Two edits of different fields merge, whatever lines they are
/// on; two edits of one field, the two halves of a rating, or an answer and its notes never mix: they stand in the file between conflict markers, and `tom check`
/// refuses it until somebody decides.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 merged, 1 conflicts are in the file, 129 and more not done: the file is as it was, and git stops."
)]
pub struct Args {
    /// The common ancestor (%O)
    base: PathBuf,

    /// Our side, which the result replaces (%A)
    ours: PathBuf,

    /// Their side (%B)
    theirs: PathBuf,

    /// How many characters a conflict marker has (%L)
    marker: usize,

    /// The file's path in the repository (%P)
    path: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let path = &args.path;
    let read = |file: &PathBuf| read_outside(&context.folder.join(file), path);
    let (base, left, right) = (read(&args.base)?, read(&args.ours)?, read(&args.theirs)?);
    let framework = framework(&repo, path);
    let texts = Texts { base: &base, left: &left, right: &right };
    let by_lines = |texts: Texts<'_>| repo.merge_by_lines(texts.base, texts.left, texts.right);
    let merged = merge_file(path, framework.as_deref(), texts, &by_lines, args.marker)?;
    let (bytes, conflicts) = match merged {
        FileMerge::Clean(bytes) => (bytes, None),
        FileMerge::Conflict(bytes, places) => (bytes, Some(places)),
    };
    let target = context.folder.join(&args.ours);
    let (folder, name) = match (target.parent(), target.file_name().and_then(|name| name.to_str())) {
        (Some(folder), Some(name)) => (folder.to_path_buf(), name),
        _ => return Err(Error::new(&NOT_MERGED, format!("`{}` is no file", target.display()))),
    };
    Writer::unlocked(folder).write(name, &bytes)?;
    let Some(places) = conflicts else { return Ok(Outcome::Clean) };
    context.tell(format!("tom: both sides changed, in {path}: {}", places.join(", ")));
    context.tell(
        "tom: `git diff --no-textconv` shows both; `tom check` refuses the file until somebody decided",
    );
    Ok(Outcome::Found)
}

/// The framework of the deployment that a file belongs to: as it is committed here, or else as it lies in the work tree.
fn framework(repo: &Repo, path: &str) -> Option<Arc<Framework>> {
    let name = path
        .strip_prefix("assessments/")?
        .split('/')
        .next()
        .and_then(|name| DeploymentName::new(name).ok())?;
    let committed = repo.at("HEAD").ok().map(|store| Box::new(store) as Box<dyn Store>);
    let lying = repo.work_tree().map(|root| Box::new(WorkTree::new(root)) as Box<dyn Store>);
    committed.into_iter().chain(lying).find_map(|store| {
        let (project, _) = Project::open(store).ok()?;
        let pinned = project.meta(&name).map(|meta| meta.framework);
        project.framework(&pinned.unwrap_or_else(|_| project.settings().framework.clone())).ok()
    })
}
