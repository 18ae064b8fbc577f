use super::init::with_lines;
use crate::cli::Outcome;
use crate::cli::context::Context;
use crate::cli::report::visible;
use crate::diag::Error;
use crate::store::{Repo, Store, WorkTree, Writer, read_outside};
use crate::syntax::listing;
use std::path::{Path, PathBuf};

/// Teach git to show and to merge what changed by meaning
///
/// `tom git install` makes `git diff`, `git log -p` and `git show` compare what the files of an assessment say, address by address, so that reformatting,
/// reordering and comments show nothing, and `git merge`, `rebase`, `cherry-pick` and `stash` merge it so, by `tom merge-driver`. It writes this repository's own configuration, never the global one, and adds a line to `.gitattributes`. Where
/// tom is not on the path, git shows the files as they are, and stops where it would have to merge one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom git install              git diff, git log -p, git show and git merge speak in meaning
  tom git install --dry-run
  tom git uninstall            takes the configuration away again
  git diff --no-textconv       shows the files as they are, once")]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Set this repository up
    Install {
        /// Say what would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the configuration away again; `.gitattributes` keeps its line, which means nothing then
    Uninstall {
        /// Say what would be taken away, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write what a file says as a plain list; git calls this
    Textconv {
        /// The file, of which git makes a copy
        file: PathBuf,
    },
}

/// What git is told. A driver more is a line more.
///
/// A text conversion and not a command of our own for the whole difference: it serves `git diff`, `git log -p`, `git show` and `git blame` alike, keeps git's
/// own options, colours and pager, and cannot hide a change that it does not understand. git gives up the whole difference when a conversion fails, so
/// this one shows the file itself where tom is missing or fails.
///
/// The merge driver: git takes every exit code up to 128 for a conflict and goes on with our side alone, so whatever is neither a merge nor a conflict, a
/// missing tom too, has to be more. Of several common ancestors git makes one up, and there nothing may leave markers.
const SETTINGS: &[(&str, &str)] = &[
    ("diff.tom.textconv", "f() { tom git textconv \"$1\" 2>/dev/null || cat \"$1\"; }; f"),
    ("merge.tom.name", "tom: assessments by meaning"),
    ("merge.tom.driver", "tom merge-driver %O %A %B %L %P; s=$?; test $s -le 1 || exit 129; exit $s"),
    ("merge.tom.recursive", "binary"),
];

/// Which files it is for.
const ATTRIBUTES: &[&str] =
    &["assessments/**/*.toml diff=tom", "assessments/**/*.toml merge=tom", "tom.toml merge=tom"];

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    match &args.what {
        What::Install { dry_run } => install(&context.repo()?, *dry_run, context),
        What::Uninstall { dry_run } => uninstall(&context.repo()?, *dry_run, context),
        What::Textconv { file } => textconv(file, context),
    }
}

fn install(repo: &Repo, dry_run: bool, context: &Context) -> Result<Outcome, Error> {
    let root = context.work_tree(repo)?;
    let (project, _) = context.project(repo, None)?;
    let writer: Option<Writer> = if dry_run { None } else { Some(context.writer(repo)?) };
    let mut is_there = true;
    for (key, value) in SETTINGS {
        let known = repo.setting(key)?;
        if known.as_deref() == Some(*value) {
            continue;
        }
        is_there = false;
        // Somebody's own choice is not ours to overwrite.
        if let Some(known) = known {
            context.tell(format!("kept git's setting {key}, which is `{}`", visible(&known)));
        } else if writer.is_some() {
            repo.set_setting(key, Some(value))?;
            context.print(format!("set {key} in this repository's configuration\n"));
        } else {
            context.print(format!("would set {key} in this repository's configuration\n"));
        }
    }
    let path = ".gitattributes";
    if let Some(bytes) = with_lines(&WorkTree::new(&root).read(path)?.unwrap_or_default(), ATTRIBUTES) {
        is_there = false;
        match &writer {
            Some(writer) => {
                writer.write(path, &bytes)?;
                context.print(format!("wrote {path}\n"));
            }
            None => context.print(format!("would write {path}\n")),
        }
    }
    if is_there {
        context.print("everything is already there\n");
    }
    for finding in super::check::attributes::findings(&project, repo, &project.deployments()?.0)? {
        context.say_error(&finding.into());
    }
    Ok(Outcome::Clean)
}

fn uninstall(repo: &Repo, dry_run: bool, context: &Context) -> Result<Outcome, Error> {
    let mut is_gone = true;
    for (key, value) in SETTINGS {
        if repo.setting(key)?.as_deref() != Some(*value) {
            continue;
        }
        is_gone = false;
        if dry_run {
            context.print(format!("would take {key} out of this repository's configuration\n"));
        } else {
            repo.set_setting(key, None)?;
            context.print(format!("took {key} out of this repository's configuration\n"));
        }
    }
    if is_gone {
        context.print("there is nothing of tom's in this repository's configuration\n");
    }
    Ok(Outcome::Clean)
}

/// What a file says; the file as it is where it is no TOML, so that nothing is ever hidden.
fn textconv(file: &Path, context: &Context) -> Result<Outcome, Error> {
    let shown = file.display().to_string();
    let bytes = read_outside(&context.folder.join(file), &shown)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = listing(&name, &bytes).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    context.print(visible(&text));
    Ok(Outcome::Clean)
}
