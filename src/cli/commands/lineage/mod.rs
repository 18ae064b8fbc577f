mod reach;
mod survey;
mod text;

use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::packs::builtin_templates;
use crate::cli::{Outcome, output::Output};
use crate::diag::Error;
use crate::model::{Address, DeploymentName, Kind, PermanentId};
use crate::ops::lineage::{Level, Missing, Parent, Refused, Standing, Tree};
use crate::project::Project;
use crate::render::{Family, Relative, family_html, family_svg};
use clap::ValueEnum;
use std::collections::BTreeMap;

pub(super) use survey::tree;

/// Show who is derived from whom, and who is how far behind
///
/// The tree of derivations by permanent ids, so that a renamed folder is found. Behind is whoever has not looked at something that the parent would hand
/// over now: a new approval, a new confirmation or a reformatted file makes nobody behind. With `--of`, how far one risk, mitigation or answer has come
/// to everybody who is derived from D: who has it, who found or adapted it, who refused it and why, who has not looked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom lineage
  tom lineage acme-northfield                            it and what comes from it
  tom lineage acme-5-1 --of HAZ-009.mitigations.M2       how far one mitigation has come
  tom lineage --format html > lineage.html

`tom status --behind` exits with 1 where somebody is behind.")]
pub struct Args {
    /// Where to begin; every tree if none is given
    deployment: Option<String>,

    /// How far this came from D
    #[arg(long, value_name = "ADDRESS", requires = "deployment")]
    of: Option<Address>,

    /// Read everything at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How the tree is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines, with a version.
    Json,
    /// A page with the picture and every detail.
    Html,
    /// The picture alone.
    Svg,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let top = args.deployment.as_deref().map(|name| known(&project, name)).transpose()?;
    if let (Some(of), Some(top)) = (&args.of, &top) {
        let is_json = match args.format {
            Format::Text => false,
            Format::Json => true,
            _ => {
                return Err(Error::new(&USAGE, "with `--of` there are text and json, and no picture"));
            }
        };
        return reach::run(&project, context, top, of, is_json);
    }
    let rows = rows(context, &project, top.as_ref())?;
    match args.format {
        Format::Text => context.print(text::tree(&rows, context.width)),
        Format::Json => context.print_json(&Output::of(Body::Tree { deployments: rows })),
        Format::Html | Format::Svg => {
            let family = family(&rows, top.as_ref());
            let lay_out = if args.format == Format::Html { family_html } else { family_svg };
            context.print(lay_out(&family, &builtin_templates())?);
        }
    }
    Ok(Outcome::Clean)
}

/// `tom status --behind`: those who are behind, and whether there are any.
pub(super) fn behind(
    project: &Project,
    context: &Context,
    only: Option<&str>,
    is_json: bool,
) -> Result<bool, Error> {
    let only = only.map(|name| known(project, name)).transpose()?;
    let mut rows = rows(context, project, only.as_ref())?;
    if let Some(only) = only {
        rows.retain(|row| row.deployment == only);
    }
    let is_behind = rows.iter().any(|row| row.level.is_behind());
    if is_json {
        context.print_json(&Output::of(Body::Tree { deployments: rows }));
    } else {
        context.print(text::behind(&rows, context.width));
    }
    Ok(is_behind)
}

fn known(project: &Project, text: &str) -> Result<DeploymentName, Error> {
    let name = super::name(text)?;
    if project.has(&name)? { Ok(name) } else { Err(project.unknown(text)) }
}

/// Every deployment of the tree, parents before children.
fn rows(context: &Context, project: &Project, top: Option<&DeploymentName>) -> Result<Vec<Row>, Error> {
    let (tree, unread) = survey::tree(project)?;
    let order = match top {
        Some(top) => tree.beneath(top),
        None => tree.all(),
    };
    // How the ancestors stand is needed to say how those beneath do.
    let mut names: Vec<&DeploymentName> = top.map(|top| tree.above(top)).unwrap_or_default();
    names.extend(order.iter().map(|(_, name)| *name));
    let mut standings = survey::standings(context, project, &tree, &names)?;
    let mut rows: Vec<Row> =
        order.into_iter().filter_map(|(depth, name)| row(&tree, depth, name, &mut standings)).collect();
    for name in unread.into_iter().filter(|name| top.is_none_or(|top| top == name)) {
        rows.push(Row {
            deployment: name.clone(),
            id: None,
            title: None,
            kind: None,
            depth: 0,
            parent: None,
            level: Level::Unknown,
            why: Some(format!("its `deployment.toml` cannot be read; see `tom check {name}`")),
            missing: Vec::new(),
            undecided: Vec::new(),
            refused: Vec::new(),
        });
    }
    Ok(rows)
}

fn row(
    tree: &Tree,
    depth: usize,
    name: &DeploymentName,
    standings: &mut BTreeMap<DeploymentName, Standing>,
) -> Option<Row> {
    let meta = tree.meta(name)?;
    let standing = standings.remove(name)?;
    let parent = match tree.parent(name) {
        Parent::None => None,
        Parent::Here(parent) => tree.meta(parent).map(|meta| (parent.clone(), meta.id.clone(), true)),
        Parent::Elsewhere(parent, id) | Parent::Ambiguous(parent, id) => {
            Some((parent.clone(), id.clone(), false))
        }
    };
    Some(Row {
        deployment: name.clone(),
        id: Some(meta.id.clone()),
        title: Some(meta.title.clone()),
        kind: Some(meta.kind),
        depth,
        parent: parent.map(|(deployment, id, here)| ParentOf { deployment, id, here }),
        level: standing.level,
        why: standing.why,
        missing: standing.missing,
        undecided: standing.undecided,
        refused: standing.refused,
    })
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub(in crate::cli) enum Body {
    /// The tree of derivations.
    Tree {
        /// Parents before children.
        deployments: Vec<Row>,
    },
    /// How far one thing has come.
    Reach(reach::Report),
}

/// A deployment in the tree.
#[derive(Clone, serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Row {
    deployment: DeploymentName,
    /// Its permanent id; absent where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<PermanentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    /// How many generations beneath the first of this tree.
    depth: usize,
    /// What it was derived from; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<ParentOf>,
    /// How it stands against its parent.
    level: Level,
    /// Why it is not known, or who has to move first.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What it has not looked at, risks first.
    missing: Vec<Missing>,
    /// Where an update waits for decisions.
    undecided: Vec<String>,
    /// What it refused.
    refused: Vec<Refused>,
}

/// A parent.
#[derive(Clone, serde::Serialize, schemars::JsonSchema)]
struct ParentOf {
    /// Its name; where it is not here, its name when this was derived.
    deployment: DeploymentName,
    id: PermanentId,
    /// Whether it is in this repository, once.
    here: bool,
}

/// The tree as the picture shows it.
fn family(rows: &[Row], top: Option<&DeploymentName>) -> Family {
    let relatives = rows.iter().map(|row| Relative {
        name: row.deployment.to_string(),
        title: row.title.clone().unwrap_or_default(),
        depth: row.depth,
        level: row.level,
        says: text::says(row),
        missing: row.missing.clone(),
        undecided: row.undecided.clone(),
        refused: row.refused.clone(),
    });
    Family::of(
        top.map(ToString::to_string),
        relatives.collect(),
        text::summary(rows),
        env!("CARGO_PKG_VERSION"),
    )
}
