use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, DIM, GOOD, counted, heading, short, styled, wrapped};
use crate::cli::{Outcome, args::Format};
use crate::diag::Error;
use crate::model::{Deployment, Framework, PartyId, Settings};
use crate::ops::confirm::Entry;
use crate::ops::ready::{Gap, gaps};
use crate::ops::reason::of_origin;
use crate::ops::state::{Stand, State, States, claimed, states};
use crate::store::Origin;
use comfy_table::{ContentArrangement, Table, presets};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Show how far each phase has got
///
/// With a deployment: progress by phase, party and section, what keeps each phase from being ready, and confirmations that a commit of somebody who
/// speaks for another party brought in, as far as git's history goes. Without: a table of all deployments; their history is not read.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom status\n  tom status acme-eastmoor\n  tom status acme-eastmoor --check --phase 1\n\nExit codes: with --check, 1 if a phase that was asked for is not ready."
)]
pub struct Args {
    /// The deployment; all of them if none is given
    deployment: Option<String>,

    /// Only this phase
    #[arg(long, value_name = "PHASE")]
    phase: Option<u8>,

    /// Exit with 1 if a phase is not ready
    #[arg(long)]
    check: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How far one phase of one deployment has got.
struct Progress {
    phase: u8,
    settled: usize,
    needed: usize,
    gaps: Vec<Gap>,
}

fn progress(
    deployment: &Deployment,
    framework: &Framework,
    settings: &Settings,
    states: &States<'_>,
    only: Option<u8>,
) -> Vec<Progress> {
    let phases = framework.phases.iter().filter(|phase| only.is_none_or(|only| only == phase.number));
    phases
        .map(|phase| {
            let answers = states
                .answers
                .iter()
                .filter(|a| a.is_needed && a.item.phase <= phase.number)
                .map(|a| a.state);
            let risks = states.risks.iter().filter(|_| phase.needs_risks).map(|risk| risk.state);
            let all: Vec<State> = answers.chain(risks).collect();
            Progress {
                phase: phase.number,
                settled: all.iter().filter(|state| state.is_settled()).count(),
                needed: all.len(),
                gaps: gaps(deployment, framework, settings, states, phase.number),
            }
        })
        .collect()
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, None)?;
    let only = super::phase(&project, args.phase)?;
    let is_ready = match &args.deployment {
        Some(name) => {
            let (deployment, framework) = super::sound(&project, &super::name(name)?)?;
            let states = states(&deployment, &framework);
            let progress = progress(&deployment, &framework, project.settings(), &states, only);
            match args.format {
                Format::Json => context.print_json(&serde_json::json!({ "schema-version": 1, "deployments": [json(&deployment, &progress)] })),
                Format::Text => {
                    context.print(page(&deployment, &framework, &states, &progress, context));
                    let claimed = claimed(project.settings(), &deployment, &framework);
                    let count: usize = claimed.values().map(Vec::len).sum();
                    if count > 0 {
                        let what = counted(count, "confirmation is", "confirmations are");
                        context.print(format!("\n{what} only claimed: see `tom check {}`\n", deployment.name));
                    }
                    let past = super::past(&repo, &deployment, &framework, None);
                    let foreign = past.map(|past| past.foreign(project.settings())).unwrap_or_default();
                    context.print(brought_in(&foreign, context.width));
                },
            }
            progress.iter().all(|phase| phase.gaps.is_empty())
        }
        None => {
            let (names, _) = project.deployments()?;
            let pieces: Vec<&[_]> =
                names.chunks(names.len().div_ceil(rayon::current_num_threads() * 4).max(1)).collect();
            let rows: Result<Vec<Vec<_>>, Error> = pieces
                .par_iter()
                .map(|piece| {
                    let mut loader = project.loader()?;
                    let row = |name| match loader.load(name)?.sound() {
                        Ok((deployment, framework)) => {
                            let states = states(&deployment, &framework);
                            let progress =
                                progress(&deployment, &framework, project.settings(), &states, only);
                            // A thousand deployments have a great many gaps; only JSON needs them later.
                            let is_ready = progress.iter().all(|phase| phase.gaps.is_empty());
                            let json = (args.format == Format::Json).then(|| json(&deployment, &progress));
                            Ok((
                                name,
                                Some((
                                    is_ready,
                                    json,
                                    states.counts(),
                                    progress.iter().map(bar).collect::<Vec<_>>(),
                                )),
                            ))
                        }
                        // What is wrong with it is for `tom check` to say; here it is only not known.
                        Err(_) => Ok((name, None)),
                    };
                    piece.iter().map(row).collect()
                })
                .collect();
            let rows: Vec<_> = rows?.into_iter().flatten().collect();
            if args.format == Format::Json {
                let all = rows.iter().map(|(name, row)| match row {
                    Some((_, Some(json), ..)) => json.clone(),
                    _ => serde_json::json!({ "deployment": name, "error": "it cannot be read; see `tom check`" }),
                });
                context.print_json(
                    &serde_json::json!({ "schema-version": 1, "deployments": all.collect::<Vec<_>>() }),
                );
            } else {
                let mut table = Table::new();
                table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
                table.set_width(u16::try_from(context.width).unwrap_or(80));
                let phases = super::phases(&project)
                    .into_iter()
                    .filter(|phase| only.is_none_or(|only| only == *phase));
                let phases = phases.map(|phase| format!("PHASE {phase}"));
                table.set_header(["NAME".to_owned()].into_iter().chain(phases).chain(["OPEN".to_owned()]));
                for (name, row) in &rows {
                    let Some((_, _, counts, bars)) = row else {
                        table.add_row([name.to_string(), "cannot be read; see `tom check`".to_owned()]);
                        continue;
                    };
                    let open: Vec<String> = counts
                        .iter()
                        .filter(|(state, _)| !state.is_settled())
                        .map(|(state, count)| format!("{count} {state}"))
                        .collect();
                    table.add_row(
                        [name.to_string()].into_iter().chain(bars.iter().cloned()).chain([open.join(", ")]),
                    );
                }
                context.print(table.trim_fmt() + "\n");
            }
            rows.iter().all(|(_, row)| row.as_ref().is_some_and(|(is_ready, ..)| *is_ready))
        }
    };
    Ok(if args.check && !is_ready { Outcome::Found } else { Outcome::Clean })
}

/// `█████░░░░░ 42/80`, with the word where the phase is ready.
fn bar(progress: &Progress) -> String {
    let filled = (progress.settled * 10).checked_div(progress.needed).unwrap_or(10);
    // A bar is full only when nothing is missing.
    let filled = if progress.gaps.is_empty() { 10 } else { filled.min(9) };
    let word = if progress.gaps.is_empty() { " ready" } else { "" };
    format!(
        "{}{} {}/{}{word}",
        "█".repeat(filled),
        "░".repeat(10 - filled),
        progress.settled,
        progress.needed
    )
}

fn json(deployment: &Deployment, progress: &[Progress]) -> serde_json::Value {
    let phases: Vec<_> = progress
        .iter()
        .map(|phase| {
            serde_json::json!({
                "phase": phase.phase, "ready": phase.gaps.is_empty(), "settled": phase.settled, "needed": phase.needed, "gaps": phase.gaps,
            })
        })
        .collect();
    serde_json::json!({
        "deployment": deployment.name, "id": deployment.meta.id, "kind": deployment.meta.kind.to_string(),
        "ready": progress.iter().all(|phase| phase.gaps.is_empty()), "phases": phases,
    })
}

/// Confirmations that are only claimed because of whose commit brought them in, by commit.
fn brought_in(foreign: &BTreeMap<(Entry, PartyId), Origin>, width: usize) -> String {
    let mut commits = BTreeMap::<String, Vec<String>>::new();
    for ((entry, party), origin) in foreign {
        commits.entry(of_origin(origin, party)).or_default().push(entry.address().to_string());
    }
    let mut out = String::new();
    for (why, addresses) in commits {
        let _ = writeln!(out, "\n{}", wrapped(&format!("claimed only: {}", addresses.join(", ")), 0, width));
        let _ = writeln!(out, "{}", wrapped(&why, 2, width));
    }
    out
}

fn page(
    deployment: &Deployment,
    framework: &Framework,
    states: &States<'_>,
    progress: &[Progress],
    context: &Context,
) -> String {
    let mut out = format!("{}\n", styled(BOLD, &deployment.meta.title));
    for phase in progress {
        let title = framework.phases.iter().find(|p| p.number == phase.phase).map_or("", |p| &p.title);
        let _ = write!(out, "\n{}", heading(&format!("Phase {}: {title}", phase.phase)));
        let _ = writeln!(out, "  {}", bar(phase));
        if phase.gaps.is_empty() {
            let _ =
                writeln!(out, "  {}", styled(GOOD, "ready: every answer and risk that it needs is settled"));
        } else {
            let _ = writeln!(
                out,
                "  {}",
                styled(
                    BAD,
                    format!(
                        "not ready: {}",
                        counted(phase.gaps.len(), "thing is missing", "things are missing")
                    )
                )
            );
            for gap in phase.gaps.iter().take(12) {
                let _ =
                    writeln!(out, "{}", wrapped(&format!("{}; {}", gap.what, gap.turn), 4, context.width));
                if !gap.why.is_empty() {
                    let _ = writeln!(out, "{}", styled(DIM, wrapped(&gap.why, 6, context.width)));
                }
            }
            if phase.gaps.len() > 12 {
                let _ =
                    writeln!(out, "    … and {} more: `tom todo {}`", phase.gaps.len() - 12, deployment.name);
            }
        }
    }
    let _ = write!(out, "\n{}", heading("By section"));
    for section in framework.sections.iter().filter(|section| section.is_answered()) {
        let of: Vec<State> = states
            .answers
            .iter()
            .filter(|a| a.item.section == section.id && a.is_needed)
            .map(|a| a.state)
            .collect();
        let _ = writeln!(out, "  {:<38} {}", short(&section.title, 37), small_bar(&of));
    }
    let risks: Vec<State> = states.risks.iter().map(|risk| risk.state).collect();
    let _ = writeln!(out, "  {:<38} {}", "Risks", small_bar(&risks));
    let _ = write!(out, "\n{}", heading("By party: confirmed of what each has to stand by"));
    for party in &framework.parties {
        let answers = states.answers.iter().filter(|a| a.is_needed).flat_map(|a| &a.parties);
        let mut of: Vec<&Stand> =
            answers.filter(|(id, _)| **id == party.id).map(|(_, stand)| stand).collect();
        of.extend(states.risks.iter().filter(|risk| risk.whole.0 == party.id).map(|risk| &risk.whole.1));
        of.extend(
            states
                .risks
                .iter()
                .flat_map(|risk| risk.mitigations.values())
                .filter(|(id, _)| **id == party.id)
                .map(|(_, stand)| stand),
        );
        if !of.is_empty() {
            let done = of.iter().filter(|stand| ***stand == Stand::Stands).count();
            let _ = writeln!(out, "  {:<38} {}", short(&party.label, 37), counted_bar(done, of.len()));
        }
    }
    out
}

fn small_bar(states: &[State]) -> String {
    counted_bar(states.iter().filter(|state| state.is_settled()).count(), states.len())
}

fn counted_bar(done: usize, all: usize) -> String {
    let filled = (done * 10).checked_div(all).unwrap_or(10);
    format!("{}{} {done}/{all}", "█".repeat(filled), "░".repeat(10 - filled))
}
