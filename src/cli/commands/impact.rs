use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::words::{BOLD, heading, short, styled};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Address, Deployment, Framework, ItemId, RiskId};
use crate::ops::impact::{Impact, of_any_change, of_change};
use crate::ops::set::{Assignment, apply, is_item, understand};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Say what a change would put in doubt, before it is made
///
/// With a value: which states and outcomes would be different. Without: what is confirmed over these entries and rests on them, and which outcomes read them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom impact acme-northfield BD-22\n  tom impact acme-northfield IGA-10=None CSQ-2=Yes"
)]
pub struct Args {
    /// The deployment
    deployment: String,

    /// What would change, and to what
    #[arg(required = true, value_name = "ADDRESS[=VALUE]")]
    changes: Vec<String>,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// What would come of the change.
    impact: Impact,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, None)?;
    let (deployment, framework) = super::sound(&project, &super::name(&args.deployment)?)?;
    let impact = impact(&args.changes, &deployment, &framework)?;
    match args.format {
        Format::Json => context.print_json(&Output::of(Body { impact })),
        Format::Text => context.print(text(&impact)),
    }
    Ok(Outcome::Clean)
}

fn impact(changes: &[String], deployment: &Deployment, framework: &Framework) -> Result<Impact, Error> {
    let (mut items, mut risks) = (BTreeSet::new(), BTreeSet::new());
    let mut after = deployment.clone();
    let mut has_values = false;
    for change in changes {
        if change.contains('=') {
            let assignment: Assignment = change.parse().map_err(|error: String| Error::new(&USAGE, error))?;
            apply(&mut after.answers, understand(framework, &assignment)?);
            has_values = true;
            continue;
        }
        let address: Address = change
            .parse()
            .map_err(|error: crate::model::AddressError| Error::new(&USAGE, error.to_string()))?;
        if is_item(framework, &address) {
            items.extend(ItemId::new(address.subject.clone()));
        } else if RiskId::new(address.subject.clone()).is_ok_and(|id| deployment.risks.contains_key(&id)) {
            risks.insert(address.subject.clone());
        } else {
            return Err(Error::new(
                &USAGE,
                format!("`{}` has no item or risk `{}`", deployment.name, address.subject),
            ));
        }
    }
    match (has_values, items.is_empty() && risks.is_empty()) {
        (true, true) => Ok(of_change(framework, deployment, &after)),
        (false, _) => Ok(of_any_change(framework, deployment, &items, &risks)),
        (true, false) => Err(Error::new(&USAGE, "give a value for each entry, or for none")),
    }
}

fn text(impact: &Impact) -> String {
    let mut out = String::new();
    if impact.doubts.is_empty() && impact.outcomes.is_empty() {
        return "nothing would change\n".to_owned();
    }
    if !impact.doubts.is_empty() {
        let _ = write!(out, "{}", heading(&format!("In doubt ({})", impact.doubts.len())));
        for doubt in &impact.doubts {
            let moved = format!("{} → {}", doubt.before, doubt.after);
            let _ = writeln!(
                out,
                "  {:<14} {:<24} {}",
                doubt.address.to_string(),
                moved,
                short(&doubt.title, 38)
            );
        }
    }
    if !impact.outcomes.is_empty() {
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = write!(out, "{gap}{}", heading(&format!("Outcomes ({})", impact.outcomes.len())));
        for change in &impact.outcomes {
            let _ = writeln!(
                out,
                "  {}: {} → {}",
                short(&change.title, 48),
                change.before,
                styled(BOLD, &change.after)
            );
        }
    }
    out
}
