use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::words::{BOLD, heading, short, styled};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Address, Class, Deployment, Framework};
use crate::ops::impact::{Impact, of_any_change, of_change};
use crate::ops::set::{Assignment, apply, is_item, risk_edit, slot_of, understand};
use crate::project::{Project, folder_of};
use crate::syntax::{Document, edit, read_risk};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Say what a change would put in doubt, before it is made
///
/// With a value: which states and outcomes would be different. Without: what is confirmed over these entries and rests on them, and which outcomes read them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom impact acme-northfield BD-22\n  tom impact acme-northfield IGA-10=None CSQ-2=Yes\n  tom impact acme-northfield HAZ-004.residual.likelihood=High"
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
    let impact = impact(&args.changes, &project, &deployment, &framework)?;
    match args.format {
        Format::Json => context.print_json(&Output::of(Body { impact })),
        Format::Text => context.print(text(&impact, args.changes.iter().any(|change| change.contains('=')))),
    }
    Ok(Outcome::Clean)
}

fn impact(
    changes: &[String],
    project: &Project,
    deployment: &Deployment,
    framework: &Framework,
) -> Result<Impact, Error> {
    let (mut items, mut risks) = (BTreeSet::new(), BTreeSet::new());
    let mut after = Changed { project, framework, deployment: deployment.clone(), files: BTreeMap::new() };
    let mut has_values = false;
    for change in changes {
        if change.contains('=') {
            after.make(&change.parse().map_err(|error: String| Error::new(&USAGE, error))?)?;
            has_values = true;
            continue;
        }
        let address: Address = change
            .parse()
            .map_err(|error: crate::model::AddressError| Error::new(&USAGE, error.to_string()))?;
        if is_item(framework, &address) {
            items.insert(slot_of(framework, &address)?.1.item);
        } else {
            risks.insert(super::risk_of(deployment, framework, &address)?.0.to_string());
        }
    }
    match (has_values, items.is_empty() && risks.is_empty()) {
        (true, true) => Ok(of_change(framework, deployment, &after.deployment)),
        (false, _) => Ok(of_any_change(framework, deployment, &items, &risks)),
        (true, false) => Err(Error::new(&USAGE, "give a value for each entry, or for none")),
    }
}

/// A deployment with changes that nobody has written.
struct Changed<'a> {
    project: &'a Project,
    framework: &'a Framework,
    deployment: Deployment,
    /// The files of risks that were changed.
    files: BTreeMap<String, Vec<u8>>,
}

impl Changed<'_> {
    /// Makes a change as `tom set` would.
    fn make(&mut self, assignment: &Assignment) -> Result<(), Error> {
        if is_item(self.framework, &assignment.address) {
            apply(&mut self.deployment.answers, understand(self.framework, assignment)?);
            return Ok(());
        }
        let (id, risk) = super::risk_of(&self.deployment, self.framework, &assignment.address)?;
        let change = risk_edit(self.framework, risk, &assignment.address, &assignment.value)?;
        let file = format!("{}/risks/{id}.toml", folder_of(&self.deployment.name));
        let bytes = match self.files.remove(&file) {
            Some(bytes) => bytes,
            None => self.project.store().read(&file)?.unwrap_or_default(),
        };
        let bytes = edit(&file, &bytes, &change)?;
        let read = read_risk(&Document::parse(&file, &bytes)?, self.framework).0;
        let id = id.clone();
        self.deployment.risks.extend(read.map(|risk| (id, risk)));
        self.files.insert(file, bytes);
        Ok(())
    }
}

fn text(impact: &Impact, with_values: bool) -> String {
    let mut out = String::new();
    if impact == &Impact::default() {
        return if with_values {
            "no state, class or outcome would change\n".to_owned()
        } else {
            "nothing that is confirmed rests on it, and no outcome reads it\n".to_owned()
        };
    }
    let class = |class: Option<Class>| class.map_or("not rated".to_owned(), |class| format!("class {class}"));
    for moved in &impact.classes {
        let _ = writeln!(out, "  {}: {} → {}", moved.address, class(moved.before), class(moved.after));
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
