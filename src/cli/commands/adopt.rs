use super::derive::committed;
use super::lineage;
use super::update::refuse_dirty;
use crate::cli::context::Context;
use crate::cli::words::{BOLD, OPEN, counted, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{DeploymentName, RiskId, Value};
use crate::ops::adopt::{Adopted, adopt};
use crate::ops::merge::Place;
use crate::project::{ASSESSMENTS, folder_of};
use crate::store::Replacement;
use crate::syntax::{Edit, edit, write_received};
use std::fmt::Write;

/// Link a deployment that was made without `tom derive` to a parent
///
/// Where both say the same, it counts as received; where they differ, what stands here is local and stays. What only the parent has comes with the
/// next `tom update`. Nothing is confirmed, and no answer or risk is touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom adopt northfield --parent acme-5-1 --dry-run
  tom adopt northfield --parent acme-5-1")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// The deployment that it is to come from
    #[arg(long, value_name = "PARENT")]
    parent: String,

    /// Read the parent at this revision
    #[arg(long, value_name = "REV")]
    at: Option<String>,

    /// Link a deployment with changes that are not committed too
    #[arg(long)]
    allow_dirty: bool,

    /// Say what would count as received and what as local, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let here = context.sound_project(&repo, None)?;
    let (name, parent_name) = (super::name(&args.deployment)?, super::name(&args.parent)?);
    let (deployment, framework) = super::sound(&here, &name)?;
    if !args.allow_dirty && !args.dry_run {
        refuse_dirty(std::slice::from_ref(&name), &repo.uncommitted(ASSESSMENTS)?)?;
    }
    let (there, commit) = committed(&repo, &here, &parent_name, args.at.as_deref())?;
    let (parent, _) = super::sound(&there, &parent_name)?;
    let (tree, _) = lineage::tree(&here)?;
    let adopted = adopt(&deployment, &parent, &framework, &tree, commit)?;
    if let Some(writer) = writer {
        let folder = folder_of(&name);
        let mut replacements = Vec::new();
        if let (Some(lineage), Some(received)) =
            (&adopted.deployment.meta.derived_from, &adopted.deployment.received)
        {
            let path = format!("{folder}/deployment.toml");
            let mut bytes = here.store().read(&path)?.unwrap_or_default();
            let entries = [
                ("deployment", Some(lineage.deployment.as_str())),
                ("id", Some(lineage.id.as_str())),
                ("received", Some(lineage.received.as_str())),
                ("confirmations", lineage.confirmations.as_deref()),
                ("commit", lineage.commit.as_deref()),
            ];
            for (key, text) in entries.into_iter().filter_map(|(key, text)| Some((key, text?))) {
                let route = vec!["derived-from".to_owned(), key.to_owned()];
                bytes = edit(&path, &bytes, &Edit::Set(route, Value::Text(text.to_owned())))?;
            }
            replacements.push(Replacement { path, after: Some(bytes) });
            let text = write_received(received, &framework);
            let path = format!("{folder}/received.toml");
            replacements.push(Replacement { path, after: Some(text.into_bytes()) });
        }
        writer.replace_all(&replacements)?;
    }
    match args.format {
        Format::Json => context.print_json(&Output::of(Body::of(&adopted, parent_name))),
        Format::Text => context.print(show(&adopted, &parent_name, context.width, args.dry_run)),
    }
    Ok(Outcome::Clean)
}

fn texts(places: &[Place]) -> Vec<String> {
    places.iter().map(|place| place.address().to_string()).collect()
}

fn show(adopted: &Adopted, parent: &DeploymentName, width: usize, is_dry: bool) -> String {
    let verb = if is_dry { "would come" } else { "comes" };
    let mut out = format!("{} {verb} from {parent}\n", styled(BOLD, adopted.deployment.name.as_str()));
    let _ = writeln!(out, "  {:>4}  carried: fields that say the same in both", adopted.carried);
    let parts = [
        (&adopted.local, "local: fields that differ, or that the parent does not have"),
        (&adopted.to_come, "to come: what only the parent has, with the next `tom update`"),
    ];
    for (places, what) in parts {
        let _ = writeln!(out, "  {:>4}  {what}", places.len());
        if !places.is_empty() {
            out += &(wrapped(&texts(places).join(", "), 8, width) + "\n");
        }
    }
    if !adopted.doubtful.is_empty() {
        let ids: Vec<String> = adopted.doubtful.iter().map(ToString::to_string).collect();
        let head = counted(ids.len(), "risk has", "risks have");
        let line =
            format!("{head} another title or hazard under the same id: look whether they are the same");
        let _ = writeln!(out, "\n{}\n{}", styled(OPEN, line), wrapped(&ids.join(", "), 2, width));
    }
    if !is_dry {
        let next = format!("next: commit it, then `tom update {} --dry-run`", adopted.deployment.name);
        let _ = writeln!(out, "\n{}", wrapped(&next, 0, width));
    }
    out
}

/// What two deployments have in common.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    deployment: DeploymentName,
    parent: DeploymentName,
    /// How many fields say the same in both.
    carried: usize,
    /// Fields that differ, or that the parent does not have.
    local: Vec<String>,
    /// What only the parent has: it comes with the next update.
    to_come: Vec<String>,
    /// Risks with another title or hazard under the same id.
    doubtful: Vec<RiskId>,
}

impl Body {
    fn of(adopted: &Adopted, parent: DeploymentName) -> Self {
        Self {
            deployment: adopted.deployment.name.clone(),
            parent,
            carried: adopted.carried,
            local: texts(&adopted.local),
            to_come: texts(&adopted.to_come),
            doubtful: adopted.doubtful.clone(),
        }
    }
}
