//! What can be said on the command line.

use super::commands;
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
    Init(commands::init::Args),
    /// Start an empty deployment, or a supplier's baseline
    New(commands::new::Args),
    /// Derive a new deployment from a prior one
    Derive(commands::derive::Args),
    /// Link a deployment that was made without `tom derive` to a parent
    Adopt(commands::adopt::Args),
    /// Draft a supplier's baseline from what several deployments agree on
    Baseline(commands::baseline::Args),
    /// Bring what the parent gained into derived deployments
    Update(commands::update::Args),
    /// Decide what an update could not
    Resolve(commands::resolve::Args),
    /// Show who is derived from whom, and who is how far behind
    Lineage(commands::lineage::Args),
    /// Offer a risk or mitigation that was found here to the parent
    Offer(commands::offer::Args),
    /// Hand a deployment over to an organisation that shares no repository
    HandOver(commands::hand_over::Args),
    /// Take in what was handed over
    Receive(commands::receive::Args),
    /// Answer an item, or change a field of a risk
    Set(commands::set::Args),
    /// Stand by answers and risks for a party
    Confirm(commands::confirm::Args),
    /// Accept a residual risk, in a role that may
    Accept(commands::accept::Args),
    /// Pass a risk or a duty to another party, or say whether it is taken on
    Transfer(commands::transfer::Args),
    /// Decide on a phase, in a role that may
    #[command(alias = "approve")]
    Decide(commands::decide::Args),
    /// Record what happened around the decisions, or show what did
    Record(commands::record::Args),
    /// Verify decisions: whether each stands, and what a phase still needs
    Verify(commands::verify::Args),
    /// Say what a change would put in doubt, before it is made
    Impact(commands::impact::Args),
    /// List what there is to do, and whose turn it is
    Todo(commands::todo::Args),
    /// Show how far each phase has got
    Status(commands::status::Args),
    /// Report what is wrong
    Check(commands::check::Args),
    /// Show what differs, by meaning
    Diff(commands::diff::Args),
    /// Write files in their one form, without touching meaning or comments
    Fmt(commands::fmt::Args),
    /// Teach git to show what changed by meaning
    Git(commands::git::Args),
    /// Tell the history of a deployment, a risk or an answer
    Log(commands::log::Args),
    /// Say who last changed what each field means
    Blame(commands::blame::Args),
    /// Show facts, outcomes, and what is needed
    Show(commands::show::Args),
    /// List the deployments
    List(commands::list::Args),
    /// Render approval packs
    Render(commands::render::Args),
    /// Export an assessment as a workbook, a hazard log, or tables
    Export(commands::export::Args),
    /// Import a filled-in checklist, or a workbook that comes back
    Import(commands::import::Args),
    /// Import a hazard log
    ImportRisks(commands::import_risks::Args),
    /// Explain a code or an item
    Explain(commands::explain::Args),
    /// Merge a file for git, by meaning
    MergeDriver(commands::merge_driver::Args),
    /// Build an example repository and walk through it
    Demo(commands::demo::Args),
}
