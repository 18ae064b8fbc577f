//! One file a command: its arguments, and a page that loads, calls one operation and shows the result.

pub(super) mod accept;
pub(super) mod check;
pub(super) mod confirm;
pub(super) mod demo;
pub(super) mod derive;
pub(super) mod diff;
pub(super) mod explain;
pub(super) mod impact;
pub(super) mod init;
pub(super) mod list;
pub(super) mod new;
pub(super) mod render;
pub(super) mod set;
pub(super) mod show;
pub(super) mod status;
pub(super) mod todo;

use super::Outcome;
use super::args::Command;
use super::codes::USAGE;
use super::context::Context;
use crate::diag::Error;
use crate::model::{Deployment, DeploymentName, Framework};
use crate::project::Project;
use crate::store::Repo;
use crate::syntax::is_hidden;
use std::sync::Arc;

/// Runs a command.
pub(super) fn run(command: Command, context: &Context) -> Result<Outcome, Error> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::New(args) => new::run(&args, context),
        Command::Derive(args) => derive::run(&args, context),
        Command::Set(args) => set::run(&args, context),
        Command::Confirm(args) => confirm::run(&args, context),
        Command::Accept(args) => accept::run(&args, context),
        Command::Impact(args) => impact::run(&args, context),
        Command::Todo(args) => todo::run(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Diff(args) => diff::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Render(args) => render::run(&args, context),
        Command::Explain(args) => explain::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
    }
}

/// A name from the command line.
fn name(text: &str) -> Result<DeploymentName, Error> {
    DeploymentName::new(text).map_err(|error| {
        Error::new(&USAGE, error.to_string()).help("`tom list` shows the deployments that there are")
    })
}

/// A deployment without errors in its files, and its framework.
fn sound(project: &Project, name: &DeploymentName) -> Result<(Deployment, Arc<Framework>), Error> {
    project.load(name)?.sound()
}

/// Who speaks: the name that was given, or git's user.
fn speaker(by: Option<&String>, repo: &Repo) -> Result<String, Error> {
    let by = by.cloned().or_else(|| repo.identity().map(|who| who.name)).ok_or_else(|| {
        Error::new(&USAGE, "nobody is named").help("say who it is with `--by`, or set git's `user.name`")
    })?;
    plain("name", &by)
}

/// Words for a file from the command line, which a reader has to be able to see.
fn plain(what: &str, text: &str) -> Result<String, Error> {
    match text.chars().find(|c| is_hidden(*c) || *c == '\n') {
        Some(c) => {
            let message = format!("the {what} has a character that cannot be seen: U+{:04X}", u32::from(c));
            Err(Error::new(&USAGE, message).help("remove it"))
        }
        None if text.trim().is_empty() => Err(Error::new(&USAGE, format!("the {what} is empty"))),
        None => Ok(text.trim().to_owned()),
    }
}
