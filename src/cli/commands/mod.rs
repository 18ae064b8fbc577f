//! One file a command: its arguments, and a page that loads, calls one operation and shows the result.

pub(super) mod check;
pub(super) mod confirm;
pub(super) mod demo;
pub(super) mod derive;
pub(super) mod diff;
pub(super) mod explain;
pub(super) mod init;
pub(super) mod list;
pub(super) mod new;
pub(super) mod render;
pub(super) mod set;
pub(super) mod show;

use super::Outcome;
use super::args::Command;
use super::codes::USAGE;
use super::context::Context;
use crate::diag::Error;
use crate::model::{Deployment, DeploymentName, Framework};
use crate::project::Project;
use std::sync::Arc;

/// Runs a command.
pub(super) fn run(command: Command, context: &Context) -> Result<Outcome, Error> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::New(args) => new::run(&args, context),
        Command::Derive(args) => derive::run(&args, context),
        Command::Set(args) => set::run(&args, context),
        Command::Confirm(args) => confirm::run(&args, context),
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
