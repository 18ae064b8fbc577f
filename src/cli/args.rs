//! What can be said on the command line.

use super::commands;
use super::late::Late;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Assessments as code: derive a deployment from a prior one, see what is local, render the approval pack.
#[derive(Debug, Parser)]
#[command(
    name = "tom",
    version,
    about,
    max_term_width = 100,
    after_help = "Begin with:\n  tom demo DIR           build an example repository and walk through it\n  tom init               put tom into this repository\n  tom derive PARENT NEW  make the next organisation's assessment\n\nExit codes: 0 clean, 1 errors or differences found, 2 the work was not done."
)]
pub struct Cli {
    /// Run as if tom had been started in this folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,

    /// Colour: only on a terminal, always, or never (`NO_COLOR` is respected)
    #[arg(long, value_enum, default_value_t = Colour::Auto, global = true, value_name = "WHEN", hide_possible_values = true)]
    pub color: Colour,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For machines, with a version.
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put tom into a repository: settings, the framework, attributes
    Init(Late<commands::init::Args>),
    /// Start an empty deployment, or a supplier's baseline
    New(Late<commands::new::Args>),
    /// Derive a new deployment from a prior one
    Derive(Late<commands::derive::Args>),
    /// Link a deployment that was made without `tom derive` to a parent
    Adopt(Late<commands::adopt::Args>),
    /// Draft a supplier's baseline from what several deployments agree on
    Baseline(Late<commands::baseline::Args>),
    /// Bring what the parent gained into derived deployments
    Update(Late<commands::update::Args>),
    /// Decide what an update could not
    Resolve(Late<commands::resolve::Args>),
    /// Show who is derived from whom, and who is how far behind
    Lineage(Late<commands::lineage::Args>),
    /// Offer a risk or mitigation that was found here to the parent
    Offer(Late<commands::offer::Args>),
    /// Hand a deployment over to an organisation that shares no repository
    HandOver(Late<commands::hand_over::Args>),
    /// Take in what was handed over
    Receive(Late<commands::receive::Args>),
    /// Answer an item, or change a field of a risk
    Set(Late<commands::set::Args>),
    /// Stand by answers and risks for a party
    Confirm(Late<commands::confirm::Args>),
    /// Accept a residual risk, in a role that may
    Accept(Late<commands::accept::Args>),
    /// Pass a risk or a duty to another party, or say whether it is taken on
    Transfer(Late<commands::transfer::Args>),
    /// Decide on a phase, in a role that may
    #[command(alias = "approve")]
    Decide(Late<commands::decide::Args>),
    /// Record what happened around the decisions, or show what did
    Record(Late<commands::record::Args>),
    /// Verify decisions: whether each stands, and what a phase still needs
    Verify(Late<commands::verify::Args>),
    /// Say what a change would put in doubt, before it is made
    Impact(Late<commands::impact::Args>),
    /// List what there is to do, and whose turn it is
    Todo(Late<commands::todo::Args>),
    /// Show how far each phase has got
    Status(Late<commands::status::Args>),
    /// Report what is wrong
    Check(Late<commands::check::Args>),
    /// Show what differs, by meaning
    Diff(Late<commands::diff::Args>),
    /// Write files in their one form, without touching meaning or comments
    Fmt(Late<commands::fmt::Args>),
    /// Teach git to show what changed by meaning
    Git(Late<commands::git::Args>),
    /// Tell the history of a deployment, a risk or an answer
    Log(Late<commands::log::Args>),
    /// Say who last changed what each field means
    Blame(Late<commands::blame::Args>),
    /// Show facts, outcomes, and what is needed
    Show(Late<commands::show::Args>),
    /// List the deployments
    List(Late<commands::list::Args>),
    /// Render approval packs
    Render(Late<commands::render::Args>),
    /// Export an assessment as a workbook, a hazard log, or tables
    Export(Late<commands::export::Args>),
    /// Import a filled-in checklist, or a workbook that comes back
    Import(Late<commands::import::Args>),
    /// Import a hazard log
    ImportRisks(Late<commands::import_risks::Args>),
    /// Explain a code or an item
    Explain(Late<commands::explain::Args>),
    /// Merge a file for git, by meaning
    MergeDriver(Late<commands::merge_driver::Args>),
    /// Build an example repository and walk through it
    Demo(Late<commands::demo::Args>),
}
