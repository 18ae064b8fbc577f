use crate::cli::codes::{self, USAGE};
use crate::cli::context::Context;
use crate::cli::words::{BOLD, DIM, styled, wrapped};
use crate::cli::{Outcome, embedded};
use crate::diag::{Error, nearest};
use crate::model::{Framework, Item, Needed};
use crate::syntax::read_framework;
use std::fmt::Write;

/// A code that reports of earlier versions still name, and the one that says it now.
const FORMER: (&str, &str) = ("TOM-0806", "TOM-0603");

/// Explain a code or an item
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom explain TOM-0204   what a finding means, and what to do\n  tom explain IGA-03     what an item asks, and why\n  tom explain --all      every code in a line"
)]
pub struct Args {
    /// A code such as `TOM-0204`, or an item such as `IGA-03`
    #[arg(required_unless_present = "all")]
    what: Option<String>,

    /// List every code
    #[arg(long)]
    all: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let Some(what) = args.what.as_deref().filter(|_| !args.all) else {
        for code in codes::all() {
            context.print(format!("{}  {:<7}  {}\n", code.id, code.severity.as_str(), code.title));
        }
        return Ok(Outcome::Clean);
    };
    let (former, now) = FORMER;
    if what.eq_ignore_ascii_case(former) {
        context.print(format!("{former} is part of {now} now.\n\n"));
    }
    let asked = if what.eq_ignore_ascii_case(former) { now } else { what };
    if let Some(code) = codes::find(asked) {
        let head = format!("{} ({}): {}", code.id, code.severity.as_str(), code.title);
        context.print(format!("{}\n\n{}\n", styled(BOLD, head), wrapped(code.explain, 0, context.width)));
        return Ok(Outcome::Clean);
    }
    let framework = framework(context)?;
    match framework.items().find(|item| item.id.as_str().eq_ignore_ascii_case(what)) {
        Some(item) => context.print(page(&framework, item, context.width)),
        None => {
            let items = framework.items().map(|item| item.id.as_str());
            let known = items.chain(codes::all().into_iter().map(|code| code.id)).collect::<Vec<_>>();
            let error = Error::new(&USAGE, format!("there is no code or item `{}`", what.escape_debug()));
            return Err(match nearest(what, known) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("`tom explain --all` lists every code"),
            });
        }
    }
    Ok(Outcome::Clean)
}

/// The repository's framework; outside a repository, the one inside the binary.
fn framework(context: &Context) -> Result<Framework, Error> {
    if let Ok(project) = context.repo().and_then(|repo| context.sound_project(&repo, None)) {
        return project.framework(&project.settings().framework).map(|framework| (*framework).clone());
    }
    let (id, version) = super::init::DEFAULT_FRAMEWORK;
    let (framework, findings) = read_framework("frameworks", &embedded::framework(id, version));
    framework.ok_or_else(|| match findings.into_iter().next() {
        Some(finding) => finding.into(),
        None => Error::new(&USAGE, "the framework inside tom cannot be read"),
    })
}

fn page(framework: &Framework, item: &Item, width: usize) -> String {
    let mut out = String::new();
    let section = framework.section(item.section.as_str()).map_or("", |section| &section.title);
    let _ = writeln!(
        out,
        "{}\n{}\n",
        styled(BOLD, format!("{} {}", item.id, item.title)),
        styled(DIM, format!("{section} › {}", item.group))
    );
    for (label, text) in [("Asks", &item.asks), ("Why", &item.why), ("Good evidence", &item.good_evidence)] {
        let _ = writeln!(out, "{}\n{}\n", styled(BOLD, label), wrapped(text, 2, width));
    }
    let parties = |ids: &[crate::model::PartyId]| {
        ids.iter().map(|id| framework.party_label(id)).collect::<Vec<_>>().join(", ")
    };
    let mut facts = vec![(
        "Kind",
        item.level.map_or(item.kind.to_string(), |level| {
            format!("{}, {}", item.kind, level.as_str().to_uppercase())
        }),
    )];
    facts.push((
        "Answer",
        if item.options.is_empty() { item.kind_of_answer.to_string() } else { item.options.join(" | ") },
    ));
    facts.push(("Answered by", parties(&item.parties)));
    facts.push(("Confirmed by", parties(&item.confirmed_by)));
    facts.push((
        "Needed",
        match &item.needed {
            Needed::Always => format!("always, from phase {}", item.phase),
            Needed::Optional => "no".to_owned(),
            Needed::Never => String::new(),
            Needed::If(condition) => format!("depends on {}, from phase {}", names(condition), item.phase),
        },
    ));
    facts.push((
        "On derive",
        match item.on_derive.as_str() {
            "ask" => "the organisation's own: starts empty".to_owned(),
            "reset" => "belongs to one deployment's process: starts empty".to_owned(),
            "keep" => "carried".to_owned(),
            _ => String::new(),
        },
    ));
    facts.push(("Rests on", item.depends_on.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
    facts.push((
        "Covered by",
        item.scope.iter().map(|scope| format!("{scope} decisions")).collect::<Vec<_>>().join(", "),
    ));
    facts.push(("In the sheet", format!("{}, row {}", item.cells.sheet, item.cells.row)));
    for (label, text) in facts.iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(out, "{label:<13} {text}");
    }
    out
}

fn names(condition: &crate::model::Condition) -> String {
    let items = condition.items().into_iter().map(|id| id.to_string());
    let outcomes = condition.outcomes().into_iter().map(|id| id.to_string());
    items.chain(outcomes).collect::<Vec<_>>().join(", ")
}
