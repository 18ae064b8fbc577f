//! `tom lineage D --of ADDRESS`: one report over everybody who comes from D.

use super::Body;
use super::survey::{ask, tree};
use super::text::refusal;
use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::cli::words::{counted, heading, short, wrapped};
use crate::diag::Error;
use crate::model::{Address, DeploymentName};
use crate::ops::lineage::{Asked, Came, Reach, Read, Refused, held, obstacle, reaches};
use crate::ops::merge::Place;
use crate::project::Project;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How far one thing has come.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Report {
    /// What was asked about.
    of: String,
    /// It in words.
    what: String,
    /// The deployment that it is followed from.
    from: DeploymentName,
    /// How many descendants there are of each.
    counts: BTreeMap<Reach, usize>,
    /// Every descendant, parents before children.
    descendants: Vec<Descendant>,
}

/// How far it came to one descendant.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Descendant {
    deployment: DeploymentName,
    reach: Reach,
    /// How far it has got here: a mitigation's status, a risk's status and residual class.
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
    /// The ancestor at which it stopped, or that found it or adapted it first.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<DeploymentName>,
    /// What differs from what was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

pub(super) fn run(
    project: &Project,
    context: &Context,
    top: &DeploymentName,
    of: &Address,
    is_json: bool,
) -> Result<Outcome, Error> {
    let (giver, framework) = super::super::sound(project, top)?;
    let place = Place::of(&framework, of)
        .ok_or_else(|| Error::new(&USAGE, format!("`{of}` names no risk or answer")))?;
    let read = Read { deployment: &giver, framework: &framework, received: None, pending: None };
    let asked = Asked::of(read, place).ok_or_else(|| {
        Error::new(&USAGE, format!("`{top}` hands over nothing at `{of}`"))
            .note("answers that each organisation gives for itself are not handed over")
            .help(format!("`tom show {top} {}` shows what there is", of.subject))
    })?;
    let (tree, _) = tree(project)?;
    let beneath: Vec<&DeploymentName> = tree.beneath(top).into_iter().skip(1).map(|(_, name)| name).collect();
    let answers = ask(context, project, &tree, &beneath, |sound, parent| match parent {
        Some(Ok(parent)) => {
            let read = sound.read();
            match (obstacle(read, parent.giver().deployment()), &read.deployment.received) {
                (None, Some(base)) => Ok(held(&asked, read, &parent.giver().hands_over(base).received)),
                (why, _) => Err(why.unwrap_or_default()),
            }
        }
        Some(Err(why)) => Err(why.clone()),
        None => Err("its parent is not here".to_owned()),
    })?;
    let mut answers: BTreeMap<_, _> =
        answers.into_iter().map(|(name, answer)| (name, answer.and_then(|inner| inner))).collect();
    let order = beneath.iter().filter_map(|name| {
        let answer = answers.remove(*name)?;
        Some((*name, tree.parent_here(name), answer))
    });
    let mut came = reaches(&asked, top, order.collect::<Vec<_>>());
    let descendants: Vec<Descendant> = beneath
        .into_iter()
        .filter_map(|name| {
            let Came { reach, refused, through, differs, notes, state } = came.remove(name)?;
            Some(Descendant { deployment: name.clone(), reach, state, refused, through, differs, notes })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for one in &descendants {
        *counts.entry(one.reach).or_default() += 1;
    }
    let report =
        Report { of: of.to_string(), what: asked.in_words(), from: top.clone(), counts, descendants };
    if is_json {
        context.print_json(&Output::of(Body::Reach(report)));
    } else {
        context.print(text(&report, context.width));
    }
    Ok(Outcome::Clean)
}

fn text(report: &Report, width: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}",
        wrapped(&format!("{} of {}: {}", report.of, report.from, short(&report.what, 300)), 0, width)
    );
    for reach in Reach::ALL {
        let of: Vec<&Descendant> = report.descendants.iter().filter(|one| one.reach == reach).collect();
        if of.is_empty() {
            continue;
        }
        let _ = write!(out, "\n{}", heading(&format!("{}: {}", capital(reach.as_str()), of.len())));
        // Those of whom there is no more to say stand side by side.
        let mut plain: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in of {
            let said = says(one);
            if said.is_empty() {
                plain.entry(&one.state).or_default().push(one.deployment.as_str());
            } else {
                let _ = writeln!(out, "{}", wrapped(&format!("{}: {said}", one.deployment), 2, width));
            }
        }
        for (state, names) in plain {
            let state = if state.is_empty() { String::new() } else { format!("{state}: ") };
            let _ = writeln!(out, "{}", wrapped(&format!("{state}{}", names.join(", ")), 2, width));
        }
    }
    let parts: Vec<String> = Reach::ALL
        .into_iter()
        .filter_map(|reach| report.counts.get(&reach).map(|count| format!("{}: {count}", reach.as_str())))
        .collect();
    let line = match counted(report.descendants.len(), "descendant", "descendants") {
        none if parts.is_empty() => none,
        count => format!("{count}; {}", parts.join("; ")),
    };
    let _ = writeln!(out, "\n{}", wrapped(&line, 0, width));
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What there is to say of one, beyond how far it came.
fn says(one: &Descendant) -> String {
    let mut parts = Vec::new();
    parts.extend(one.refused.as_ref().map(refusal));
    parts.extend(one.through.as_ref().map(|through| match one.reach {
        Reach::Adapted => format!("as {through} has it"),
        _ => format!("see {through}"),
    }));
    if !one.differs.is_empty() && one.through.is_none() {
        parts.push(format!("differs in {}", one.differs.join(", ")));
    }
    parts.extend(one.notes.iter().cloned());
    parts.join("; ")
}
