use crate::cli::context::Context;
use crate::cli::report::visible;
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{DeploymentName, Kind, Meta, PermanentId};
use comfy_table::{ContentArrangement, Table, presets};

/// List the deployments
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tom list\n  tom list --format json")]
pub struct Args {
    /// How to write the list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// List those at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// The deployments by name.
    deployments: Vec<Row>,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
enum Row {
    /// A deployment.
    #[serde(rename_all = "kebab-case")]
    Read {
        name: DeploymentName,
        id: PermanentId,
        title: String,
        kind: Kind,
        framework: String,
        derived_from: Option<String>,
    },
    /// One that cannot be read.
    Unread { name: DeploymentName, error: String },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let (names, _) = project.deployments()?;
    let metas: Vec<_> = names.iter().map(|name| project.meta(name)).collect();
    let parent = |meta: &Meta| meta.derived_from.as_ref().map(|lineage| lineage.deployment.to_string());
    if args.format == Format::Json {
        let row = |(name, meta): (&DeploymentName, &Result<Meta, Error>)| match meta {
            Ok(meta) => Row::Read {
                name: name.clone(),
                id: meta.id.clone(),
                title: meta.title.clone(),
                kind: meta.kind,
                framework: meta.framework.to_string(),
                derived_from: parent(meta),
            },
            Err(error) => Row::Unread { name: name.clone(), error: error.to_string() },
        };
        let deployments = names.iter().zip(&metas).map(row).collect();
        context.print_json(&Output::of(Body { deployments }));
        return Ok(Outcome::Clean);
    }
    if names.is_empty() {
        context.tell("there is no deployment yet; `tom new NAME` makes one");
        return Ok(Outcome::Clean);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(context.width).unwrap_or(80)).set_header([
        "NAME",
        "KIND",
        "DERIVED FROM",
        "TITLE",
    ]);
    for (name, meta) in names.iter().zip(&metas) {
        table.add_row(match meta {
            Ok(meta) => [
                name.to_string(),
                meta.kind.to_string(),
                parent(meta).unwrap_or_default(),
                visible(&meta.title),
            ],
            Err(_) => [
                name.to_string(),
                "cannot be read".to_owned(),
                String::new(),
                format!("see `tom check {name}`"),
            ],
        });
    }
    context.print(table.trim_fmt() + "\n");
    Ok(Outcome::Clean)
}
