use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::detail;
use crate::cli::words::{BAD, BOLD, DIM, GOOD, OPEN, counted, heading, short, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Address, OutcomeKind};
use crate::ops::confirm::Entry;
use crate::ops::detail::{Detail, Teller};
use crate::ops::outcome::INCOMPLETE;
use crate::ops::show::{OutcomeLine, Overview, overview};
use crate::ops::state::{State, states};
use std::fmt::Write;

/// Show facts, outcomes, and what is needed
///
/// Outcomes are computed from the answers each time, in two readings: `strict` is what the checklist's guidance means, `sheet` what the
/// spreadsheet computes. Where they differ, both are shown.
///
/// With an address, one answer, risk or mitigation in full. Git's history is read for it: what something said when it was confirmed, and whether a
/// commit of somebody who speaks for another party brought a confirmation in. In a shallow clone neither can be known, and is not said.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom show acme-northfield\n  tom show acme-northfield IGA-03\n  tom show acme-northfield HAZ-004.mitigations.M1\n  tom show acme-northfield --format json"
)]
pub struct Args {
    /// The deployment
    deployment: String,

    /// One answer, risk or mitigation in full: who stands by it, and what it said when they confirmed
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,

    /// Show it at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// Facts, outcomes and risks; not there where an address was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    overview: Option<Overview>,
    /// What was asked for, in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let (deployment, framework) = super::sound(&project, &super::name(&args.deployment)?)?;
    if let Some(address) = &args.address {
        let entry = Entry::of(address, &deployment, &framework)?;
        let states = states(&deployment, &framework);
        let past = super::past(&repo, &deployment, &framework, args.rev.as_deref());
        let foreign =
            past.as_ref().map(|past| past.foreign(project.settings(), project.store())).unwrap_or_default();
        let settings = project.settings();
        let (deployment, framework, states, past) = (&deployment, &*framework, &states, past.as_ref());
        let teller = Teller { deployment, framework, settings, states, past, foreign };
        let detail = teller
            .tell(&entry)
            .ok_or_else(|| Error::new(&USAGE, format!("`{}` has no `{address}`", args.deployment)))?;
        match args.format {
            Format::Json => context.print_json(&Output::of(Body { overview: None, detail: Some(detail) })),
            Format::Text => context.print(detail::page(&detail, context.width)),
        }
        return Ok(Outcome::Clean);
    }
    let overview = overview(&framework, &deployment);
    match args.format {
        Format::Json => context.print_json(&Output::of(Body { overview: Some(overview), detail: None })),
        Format::Text => context.print(text(&overview, context)),
    }
    Ok(Outcome::Clean)
}

fn text(overview: &Overview, context: &Context) -> String {
    let mut out = format!("{}\n", styled(BOLD, &overview.title));
    let parent =
        overview.derived_from.as_ref().map(|parent| format!(", derived from {parent}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "{}\n",
        styled(
            DIM,
            wrapped(
                &format!(
                    "{} · {}{parent} · {} · {}",
                    overview.name, overview.kind, overview.framework, overview.id
                ),
                0,
                context.width
            )
        )
    );
    for (label, value) in overview.facts.iter().filter(|(_, value)| !value.is_empty()) {
        let value = wrapped(value, 38, context.width);
        let _ = writeln!(out, "{:<38}{}", short(label, 37), value.trim_start());
    }
    let _ = write!(out, "\n{}", heading("Outcomes"));
    for line in
        overview.outcomes.iter().filter(|line| matches!(line.kind, OutcomeKind::Result | OutcomeKind::Level))
    {
        let _ = writeln!(out, "  {:<60} {}", short(&line.title, 59), value(line));
    }
    let kinds = [
        (OutcomeKind::Document, "Documents needed"),
        (OutcomeKind::Signatory, "Signatories needed"),
        (OutcomeKind::Action, "Open actions"),
        (OutcomeKind::Notice, "Notices"),
    ];
    for (kind, title) in kinds {
        let lines: Vec<_> =
            overview.outcomes.iter().filter(|line| line.kind == kind && line.is_called_for()).collect();
        let unknown = overview
            .outcomes
            .iter()
            .filter(|line| line.kind == kind && line.strict.as_deref() == Some(INCOMPLETE))
            .count();
        if lines.is_empty() && (unknown == 0 || kind == OutcomeKind::Notice) {
            continue;
        }
        let _ = writeln!(out, "\n{}", styled(BOLD, title));
        for line in lines {
            let _ = writeln!(out, "  {}", line.title);
        }
        if unknown > 0 && kind != OutcomeKind::Notice {
            let _ = writeln!(
                out,
                "  {}",
                styled(
                    OPEN,
                    format!(
                        "{} known yet: answers, or notes beside them, are missing",
                        counted(unknown, "more is not", "more are not")
                    )
                )
            );
        }
    }
    for (title, list) in [
        ("MUST items that are not met: reported to the authority", &overview.not_met),
        ("MUST items that do not apply: listed for the approver", &overview.not_applicable),
    ] {
        if !list.is_empty() {
            let _ = writeln!(out, "\n{}", styled(BOLD, title));
            for (id, title) in list {
                let _ = writeln!(out, "  {id} {title}");
            }
        }
    }
    let differing: Vec<_> = overview.outcomes.iter().filter(|line| line.differs()).collect();
    let _ = write!(out, "\n{}", heading("Where the spreadsheet says something else"));
    if differing.is_empty() {
        out += "  nowhere\n";
    }
    for line in differing {
        let (strict, sheet) = (line.strict.as_deref().unwrap_or("-"), line.sheet.as_deref().unwrap_or("-"));
        let _ = writeln!(out, "  {:<52} {strict:<12} sheet: {sheet}", short(&line.title, 51));
    }
    if !overview.risks.is_empty() {
        let _ = write!(out, "\n{}", heading("Risks: class before → after mitigation"));
        for risk in &overview.risks {
            let class = |class: Option<u8>| class.map_or_else(|| "?".to_owned(), |class| class.to_string());
            let _ = writeln!(
                out,
                "  {:<9} {} → {}  {:<44} {}",
                risk.id,
                class(risk.initial),
                class(risk.residual),
                short(&risk.title, 43),
                risk.state
            );
        }
    }
    let _ = write!(out, "\n{}", heading("Who has spoken"));
    for (state, count) in &overview.states {
        let needed = match state {
            State::Unanswered => format!(", {} of them needed", overview.to_answer),
            _ => String::new(),
        };
        let _ = writeln!(out, "  {count:>4}  {state}{needed}");
    }
    out
}

fn value(line: &OutcomeLine) -> String {
    let value = line.strict.as_deref().unwrap_or("-");
    let style = match value {
        "PASS" | "SUBMIT_FOR_AUDIT" => GOOD,
        "FAIL" | "CHECK" | "SUBMIT_FOR_APPROVAL" => BAD,
        INCOMPLETE => OPEN,
        _ => BOLD,
    };
    styled(style, value)
}
