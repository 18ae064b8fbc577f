//! Everything that happened to a deployment: events and decisions, in order.

use crate::cli::context::Context;
use crate::cli::decided::{Decided, Judging, decided};
use crate::cli::report::one_line;
use crate::cli::words::{heading, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Act, Date, DeploymentName, Digest, Moment};
use crate::ops::policy::keys;
use crate::ops::record::in_words;
use crate::ops::stage::Standing;
use crate::ops::state::states;
use crate::ops::verify::{Judged, Trust};
use crate::store::Repo;

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    deployment: DeploymentName,
    /// Where it stands.
    standing: Standing,
    /// What happened, in order.
    entries: Vec<Entry>,
}

/// Something that happened.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    /// The day.
    on: String,
    /// The moment that it was written down, or that the statement says.
    time: Moment,
    /// An event's kind; `decided` and `took-back` for statements.
    kind: &'static str,
    /// In words.
    what: String,
    /// Who.
    by: String,
    phase: Option<u8>,
    /// The digest of what was submitted, or of the statement.
    digest: Option<Digest>,
    /// For a statement: how it stands now.
    state: Option<&'static str>,
    /// For a statement: how it is shown to be its author's.
    trust: Option<Trust>,
}

pub(super) fn show(
    name: &DeploymentName,
    format: Format,
    context: &Context,
    repo: &Repo,
) -> Result<Outcome, Error> {
    let project = context.sound_project(repo, None)?;
    let (deployment, framework) = super::super::sound(&project, name)?;
    let states = states(&deployment, &framework);
    let keys = keys(project.settings())?;
    let judging = Judging { project: &project, keys: &keys, as_of: context.today() };
    decided(judging, (repo, None), project.store(), (&deployment, &framework, &states), |decided| {
        let entries = entries(decided);
        match format {
            Format::Json => {
                let (deployment, standing) = (name.clone(), decided.standing.clone());
                context.print_json(&Output::of(Body { deployment, standing, entries }));
            }
            Format::Text => context.print(text(name, decided, &entries, context.width)),
        }
        Ok(Outcome::Clean)
    })
}

fn entries(decided: &Decided<'_>) -> Vec<Entry> {
    let mut all: Vec<((Date, Moment), Entry)> = Vec::new();
    for event in decided.judgement.record.in_order() {
        let entry = Entry {
            on: event.on.to_string(),
            time: event.time,
            kind: event.kind.as_str(),
            what: in_words(event),
            by: event.by.clone(),
            phase: event.phase,
            digest: event.digest,
            state: None,
            trust: None,
        };
        all.push(((event.on, event.time), entry));
    }
    for one in &decided.judgement.statements {
        let says = &one.held.statement;
        let entry = Entry {
            on: says.time.day().to_string(),
            time: says.time,
            kind: if says.act == Act::Decide { "decided" } else { "took-back" },
            what: of_statement(one),
            by: says.by.clone(),
            phase: Some(says.phase),
            digest: Some(one.held.id),
            state: Some(one.word()),
            trust: Some(one.trust),
        };
        all.push(((says.time.day(), says.time), entry));
    }
    all.sort_by_key(|(when, _)| *when);
    all.into_iter().map(|(_, entry)| entry).collect()
}

fn of_statement(one: &Judged<'_>) -> String {
    let says = &one.held.statement;
    let id = &one.held.id.hex()[..12];
    let what = match (&says.outcome, &says.withdraws) {
        (Some(outcome), _) => outcome.clone(),
        (None, Some(other)) => format!("took back {}", &other.hex()[..12]),
        (None, None) => "nothing".to_owned(),
    };
    // `valid` says that it is verified; every other word says nothing of that.
    let trust = if one.word() == "valid" { "verified" } else { one.trust.as_str() };
    let state = if one.stands() { trust.to_owned() } else { format!("{}; {trust}", one.word()) };
    format!("phase {} {}: {what} ({state}) {id}", says.phase, says.role)
}

fn text(name: &DeploymentName, decided: &Decided<'_>, entries: &[Entry], width: usize) -> String {
    let mut out = heading(&format!("{name}: {}", decided.standing.in_brief()));
    for entry in entries {
        let line = format!("{}  {} — {}", entry.on, one_line(&entry.what), one_line(&entry.by));
        out += &hanging(&line, width);
    }
    if entries.is_empty() {
        out += "  nothing has been decided or recorded\n";
    }
    for doubt in &decided.judgement.doubts {
        out += &format!("  {}\n", one_line(doubt));
    }
    out
}

/// A line whose later lines stand under its text, not under its date.
fn hanging(line: &str, width: usize) -> String {
    let mut lines = wrapped(line, 2, width.saturating_sub(12)).lines().map(str::to_owned).collect::<Vec<_>>();
    for later in lines.iter_mut().skip(1) {
        later.insert_str(0, "            ");
    }
    lines.join("\n") + "\n"
}
