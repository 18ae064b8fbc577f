use crate::cli::context::Context;
use crate::cli::{Outcome, args::Format};
use crate::diag::Error;
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

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let (names, _) = project.deployments()?;
    let metas = project.metas(&names)?;
    if args.format == Format::Json {
        let rows: Vec<_> = names
            .iter()
            .zip(&metas)
            .map(|(name, meta)| {
                serde_json::json!({
                    "name": name, "id": meta.id, "title": meta.title, "kind": meta.kind.to_string(),
                    "framework": meta.framework.to_string(),
                    "derived-from": meta.derived_from.as_ref().map(|lineage| lineage.deployment.to_string()),
                })
            })
            .collect();
        context.print_json(&serde_json::json!({ "schema-version": 1, "deployments": rows }));
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
        let parent =
            meta.derived_from.as_ref().map(|lineage| lineage.deployment.to_string()).unwrap_or_default();
        table.add_row([
            name.to_string(),
            meta.kind.to_string(),
            parent,
            crate::cli::report::visible(&meta.title),
        ]);
    }
    context.print(table.trim_fmt() + "\n");
    Ok(Outcome::Clean)
}
