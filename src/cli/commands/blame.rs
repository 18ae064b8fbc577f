use super::log::{Asked, commit_line, field_name, history_project};
use crate::cli::Outcome;
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::cli::words::{BOLD, DIM, short, styled};
use crate::diag::Error;
use crate::model::{Address, DeploymentName};
use crate::ops::history::{Blamed, blame};
use crate::project::Past;
use std::fmt::Write;

/// Say who last changed what each field of a risk or an answer means
///
/// By field: what it says, and the commit that last changed that. Reformatting does not count; what came from a parent as it was is told of the
/// parent's commit.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom blame acme-northfield HAZ-004\n  tom blame acme-northfield IGA-03 --format json"
)]
pub struct Args {
    /// The deployment
    deployment: String,

    /// A risk, an item, or a field of one
    address: Address,

    /// As it is at this revision
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    rev: String,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = history_project(&repo, &args.rev, context)?;
    let past = Past::new(&repo, &project);
    let asked = Asked::new(&past, &project, (&args.deployment, Some(&args.address), &args.rev))?;
    let mut fields = blame(&past, asked.from, &asked.name, &asked.question)?;
    if fields.is_empty() {
        return Err(asked.nothing(&past));
    }
    match args.format {
        Format::Json => {
            fields.sort_by(|a, b| a.address.cmp(&b.address));
            let address = args.address.clone();
            context.print_json(&Output::of(Body { deployment: asked.name, address, fields }));
        }
        Format::Text => context.print(text(&fields, &asked, context)),
    }
    Ok(Outcome::Clean)
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// Which deployment was asked for.
    deployment: DeploymentName,
    /// What in it was asked for.
    address: Address,
    /// Each field, in the order of their addresses.
    fields: Vec<Blamed>,
}

/// The fields under the commit that each has to thank, newest first.
fn text(fields: &[Blamed], asked: &Asked, context: &Context) -> String {
    let mut groups: Vec<(&Blamed, Vec<&Blamed>)> = Vec::new();
    for field in fields {
        let same = |known: &&Blamed| known.commit == field.commit && known.deployment == field.deployment;
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, group)) => group.push(field),
            None => groups.push((field, vec![field])),
        }
    }
    let mut out = String::new();
    for (first, group) in groups {
        let mut remarks = Vec::new();
        if first.deployment != asked.name {
            remarks.push(format!("in {}", first.deployment));
        }
        if first.is_cut {
            remarks.push("or earlier: what came before is not here or cannot be read".to_owned());
        }
        let _ = writeln!(out, "{}", commit_line(&first.commit));
        for remark in remarks {
            let _ = writeln!(out, "    {}", styled(DIM, remark));
        }
        for field in group {
            // Rows of a block are told apart by their keys.
            let row = field.address.row.as_ref().map(|(_, key)| format!("{key}: ")).unwrap_or_default();
            let name = format!("{row}{}", field_name(&field.address));
            let room = context.width.saturating_sub(name.chars().count() + 7).max(20);
            let _ = writeln!(out, "    {} = {}", styled(BOLD, &name), short(&field.value, room));
        }
    }
    out
}
