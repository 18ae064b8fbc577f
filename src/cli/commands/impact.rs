use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::decided::{Judging, judged};
use crate::cli::report::one_line;
use crate::cli::words::{BOLD, heading, named, short, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Address, Class, Deployment, Framework};
use crate::ops::claims::Claims;
use crate::ops::impact::{Impact, any_change, of_any_change, of_change, voided};
use crate::ops::policy::keys;
use crate::ops::ready::new_gaps;
use crate::ops::set::{Assignment, apply, is_item, refuse_said, risk_edits, slot_of, understand};
use crate::project::{Project, folder_of};
use crate::syntax::{Document, edit, read_risk};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Say what a change would put in doubt, before it is made
///
/// With a value: which states, classes and outcomes would be different, what would be needed, and which acceptances and decisions would be void. Without: what any change
/// would put in doubt or make void, and which outcomes and conditions read these entries.
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
    let (mut impact, after) = impact(&args.changes, &project, &deployment, &framework)?;
    let settings = project.settings();
    let claims = |deployment| Claims::of(settings, deployment, &framework, &BTreeMap::new());
    impact.claimed = claims(&after).besides(&claims(&deployment));
    let with_values = args.changes.iter().any(|change| change.contains('='));
    if with_values {
        impact.gaps = new_gaps(&deployment, &after, &framework, settings);
    }
    let keys = keys(settings)?;
    let judging = Judging { project: &project, keys: &keys, as_of: context.today() };
    let at = (&repo, None);
    impact.decisions = judged(judging, at, project.store(), (&deployment, &framework), |_, before, _| {
        judged(judging, at, project.store(), (&after, &framework), |_, after, _| Ok(voided(before, after)))
    })?;
    match args.format {
        Format::Json => context.print_json(&Output::of(Body { impact })),
        Format::Text => {
            context.print(text(&impact, with_values, context.width));
        }
    }
    Ok(Outcome::Clean)
}

fn impact(
    changes: &[String],
    project: &Project,
    deployment: &Deployment,
    framework: &Framework,
) -> Result<(Impact, Deployment), Error> {
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
        refuse_said(&address)?;
        if is_item(framework, &address) {
            items.insert(slot_of(framework, &address)?.1.item);
        } else {
            risks.insert(super::risk_of(deployment, framework, &address)?.0.to_string());
        }
    }
    match (has_values, items.is_empty() && risks.is_empty()) {
        (true, true) => Ok((of_change(framework, deployment, &after.deployment), after.deployment)),
        (false, _) => {
            let after = any_change(deployment, &items, &risks);
            Ok((of_any_change(framework, deployment, &items, &risks), after))
        }
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
        let changes = risk_edits(self.framework, risk, &assignment.address, &assignment.value)?;
        let file = format!("{}/risks/{id}.toml", folder_of(&self.deployment.name));
        let mut bytes = match self.files.remove(&file) {
            Some(bytes) => bytes,
            None => self.project.store().read(&file)?.unwrap_or_default(),
        };
        for change in &changes {
            bytes = edit(&file, &bytes, change)?;
        }
        let read = read_risk(&Document::parse(&file, &bytes)?, self.framework).0;
        let id = id.clone();
        self.deployment.risks.extend(read.map(|risk| (id, risk)));
        self.files.insert(file, bytes);
        Ok(())
    }
}

fn text(impact: &Impact, with_values: bool, width: usize) -> String {
    let mut out = String::new();
    if impact == &Impact::default() {
        return if with_values {
            "no state, class or outcome would change, and nothing would be void\n".to_owned()
        } else {
            "nothing that is confirmed, accepted or decided rests on it, and no outcome or condition reads it\n".to_owned()
        };
    }
    let class = |class: Option<Class>| class.map_or("not rated".to_owned(), |class| format!("class {class}"));
    for moved in &impact.classes {
        let _ = writeln!(out, "  {}: {} → {}", moved.address, class(moved.before), class(moved.after));
    }
    if !impact.doubts.is_empty() {
        let _ = write!(out, "{}", heading(&format!("States that would change ({})", impact.doubts.len())));
        for doubt in &impact.doubts {
            let moved = format!("{} → {}", doubt.before, doubt.after);
            let line = format!("  {:<14} {moved:<27} ", doubt.address.to_string());
            let room = width.saturating_sub(line.chars().count());
            let _ = match room < 20 {
                true => writeln!(out, "{}\n      {}", line.trim_end(), short(&doubt.title, width - 6)),
                false => writeln!(out, "{line}{}", short(&doubt.title, room.min(35))),
            };
        }
    }
    let mut part = |title: &str, count: usize, lines: Vec<String>| {
        if !lines.is_empty() {
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = write!(out, "{gap}{}", heading(&format!("{title} ({count})")));
            lines.iter().for_each(|line| {
                let _ = writeln!(out, "{}", wrapped(&one_line(line), 2, width));
            });
        }
    };
    let lines = impact.conditions.iter().map(|one| {
        let address = one.address.as_ref().map(|address| format!("{address}  ")).unwrap_or_default();
        format!("{address}{}: {}", short(&one.title, 38), one.change)
    });
    part("By condition", impact.conditions.len(), lines.collect());
    let lines = impact
        .acceptances
        .iter()
        .map(|one| format!("{}  class {} accepted by {} as {}", one.address, one.class, one.by, one.role));
    part("Acceptances that would be void", impact.acceptances.len(), lines.collect());
    let lines = impact.decisions.iter().map(|one| {
        let over = match with_values {
            true => format!(", over {}", one.changed.join(", ")),
            false => String::new(),
        };
        format!("phase {}: {} by {} ({}) on {}{over}", one.phase, one.outcome, one.by, one.role, one.on)
    });
    part("Decisions that would be void", impact.decisions.len(), lines.collect());
    let lines = impact.gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.turn));
    part("Missing then", impact.gaps.len(), lines.collect());
    let claimed = (!impact.claimed.is_empty()).then(|| {
        format!("whoever spoke for it would not be listed for that here: {}", named(&impact.claimed))
    });
    part("Only claimed then", impact.claimed.len(), claimed.into_iter().collect());
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
