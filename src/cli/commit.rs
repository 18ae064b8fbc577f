//! Commits what a command wrote, under somebody's name. `git` itself does it, so that hooks and the configuration of signatures hold.

use super::codes::{UNCOMMITTED, USAGE};
use super::context::Context;
use crate::diag::{Error, Label};
use crate::store::{Repo, UNWRITABLE};
use std::process::Command;

/// Whose name a commit is to carry, as in `Ann Lee <ann.lee@southmere.example>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) name: String,
    email: String,
}

impl std::str::FromStr for Author {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write it as in `Ann Lee <ann.lee@southmere.example>`".to_owned();
        let (name, email) =
            text.trim().strip_suffix('>').and_then(|text| text.split_once('<')).ok_or_else(wrong)?;
        let (name, email) = (name.trim(), email.trim());
        let is_plain = |text: &str| {
            !text.is_empty()
                && !text.contains(['<', '>', '\n'])
                && !text.chars().any(crate::syntax::is_hidden)
        };
        let is_email = email.contains('@') && !email.contains(' ');
        if !is_plain(name) || !is_plain(email) || !is_email {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), email: email.to_owned() })
    }
}

impl std::fmt::Display for Author {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// Makes sure, before anything is written, that a commit of exactly that can follow.
///
/// # Errors
/// Where git knows nobody to commit as, something else is staged, or a merge or the like is under way.
pub(super) fn can_commit(context: &Context, repo: &Repo) -> Result<(), Error> {
    // What git would make up from the machine's names is nobody.
    let known =
        git(context, repo)?.args(["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]).output();
    if !known.map_err(|error| cannot_start(&error))?.status.success() {
        return Err(Error::new(&USAGE, "git does not know who commits")
            .help("set git's `user.name` and `user.email`; `--author` says only who wrote it"));
    }
    if repo.is_in_the_middle() {
        return Err(Error::new(&USAGE, "a merge, a rebase or the like is under way")
            .help("finish it first, or import without `--author`"));
    }
    if let Some(first) = repo.staged()?.first() {
        return Err(Error::new(
            &UNCOMMITTED,
            format!("`{first}` is staged already, and would be committed too"),
        )
        .at(Label::file(first))
        .help("commit it first, or take it out with `git restore --staged`"));
    }
    Ok(())
}

fn git(context: &Context, repo: &Repo) -> Result<Command, Error> {
    let mut command = Command::new("git");
    command.current_dir(context.work_tree(repo)?);
    Ok(command)
}

fn cannot_start(error: &std::io::Error) -> Error {
    Error::new(&USAGE, format!("`git` cannot be started ({error})"))
        .help("`--author` commits with git itself; without it, nothing is committed")
}

/// Commits these paths and nothing else; gives the commit's id.
///
/// # Errors
/// What git says, such as a hook that refuses. The files are written all the same.
pub(super) fn commit(
    context: &Context,
    repo: &Repo,
    paths: &[String],
    author: &Author,
    message: &str,
) -> Result<String, Error> {
    let run = |args: &[&str]| -> Result<(), Error> {
        let mut command = git(context, repo)?;
        let output = command.arg("--literal-pathspecs").args(args).arg("--").args(paths).output();
        let output = output.map_err(|error| cannot_start(&error))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let message = format!("the import is written, and was not committed: {}", said.trim());
        Err(Error::new(&UNWRITABLE, message).help("put right what stands in the way, and commit it yourself"))
    };
    run(&["add"])?;
    run(&["commit", "--quiet", "--message", message, "--author", &author.to_string()])?;
    Ok(repo.at("HEAD")?.commit().id.clone())
}
