use crate::cli::Outcome;
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::cli::words::{BAD, BOLD, OPEN, counted, short, styled, wrapped};
use crate::diag::Error;
use crate::exchange::{Book, Brought, Defaults, Log, bring, built_in_map, hazard_map, map_names, read_log};
use crate::model::{Address, Framework, HazardMap, RiskId, SectionId, Value};
use crate::ops::state::risk_owner;
use crate::project::folder_of;
use crate::store::{Replacement, read_outside};
use crate::syntax::{Edit, edit, route_of, write_risk};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Import a hazard log
///
/// A hazard keeps its number: `4` becomes `HAZ-004` with the prefix `HAZ`. What the log words differently is brought in; ratings and states that
/// somebody gave here stay; what the log has no more is listed and stays. Mistakes of the log are reported and not taken over. The exit code is 1
/// where something needs a look.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Built-in maps: unscored (a hazard a row, for the receiver to rate), scored (a hazard a row, rated before and after, four columns \
of mitigations), mitigations (a mitigation a row). Without `--map` the one that fits best is taken.

Examples:
  tom import-risks log-v1.xlsx --as acme-5-1 --prefix HAZ --dry-run
  tom import-risks log-v1.xlsx --as acme-5-1 --prefix HAZ --map unscored
  tom import-risks ours.xlsx --as acme-5-1 --map our-columns.toml"
)]
pub struct Args {
    /// The hazard log: .xlsx or .xls
    file: PathBuf,

    /// The deployment
    #[arg(long = "as", value_name = "DEPLOYMENT")]
    deployment: String,

    /// The map of its columns: a built-in one, or a file
    #[arg(long, value_name = "MAP")]
    map: Option<String>,

    /// The prefix of the ids; the deployment's own if not given
    #[arg(long)]
    prefix: Option<String>,

    /// Say what would come, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let (book, origin) = super::workbook::open(context, &args.file, None)?;
    // The lock is taken before the assessment is read, so that nothing can change between reading and writing.
    let writer = context.writer(&repo)?;
    let project = context.sound_project(&repo, None)?;
    let (deployment, framework) = super::sound(&project, &name)?;
    let prefix = args.prefix.as_deref().map(super::new::checked_prefix).transpose()?;
    let defaults = Defaults {
        prefix: prefix.unwrap_or_else(|| deployment.meta.risk_prefix.clone()),
        owner: risk_owner(&deployment),
        section: section(&framework)?,
    };
    let log = read(args, context, &book, &framework, &defaults)?;
    let brought = bring(&deployment.risks, &log);
    let folder = folder_of(&name);
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (id, risk) in &brought.added {
        files.insert(format!("{folder}/risks/{id}.toml"), write_risk(risk).into_bytes());
    }
    for (address, (_, text)) in &brought.changed {
        let file = format!("{folder}/risks/{}.toml", address.subject);
        let bytes = match files.remove(&file) {
            Some(bytes) => bytes,
            None => project.store().read(&file)?.unwrap_or_default(),
        };
        let route = route_of(address, true);
        let is_list = address.field.last().is_some_and(|part| part == "evidence" || part == "causes");
        let change = if is_list {
            Edit::SetTexts(route, text.split('\n').map(str::to_owned).collect())
        } else {
            Edit::Set(route, Value::Text(text.clone()))
        };
        files.insert(file.clone(), edit(&file, &bytes, &change)?);
    }
    if !args.dry_run {
        let files = files.into_iter().map(|(path, bytes)| Replacement { path, after: Some(bytes) });
        writer.replace_all(&files.collect::<Vec<_>>())?;
    }
    let hidden = hidden(&book);
    let is_whole = log.faults.is_empty()
        && log.left_out.is_empty()
        && brought.kept.is_empty()
        && brought.gone.is_empty();
    match args.format {
        Format::Json => {
            context.print_json(&Output::of(Body::of(log, brought, origin.digest, hidden, args.dry_run)))
        }
        Format::Text => context.print(text(&log, &brought, &hidden, args.dry_run, context.width)),
    }
    Ok(if is_whole { Outcome::Clean } else { Outcome::Found })
}

/// What the workbook hides, sheet by sheet.
fn hidden(book: &Book) -> Vec<String> {
    let each = book.sheets.iter().filter_map(|sheet| {
        let parts = sheet.hidden();
        (!parts.is_empty()).then(|| format!("{}: {}", sheet.name, parts.join(", ")))
    });
    let unknown = book.hides_unknown.then(|| "which rows and columns, cannot be told".to_owned());
    each.chain(unknown).collect()
}

/// The section that hazards belong to.
fn section(framework: &Framework) -> Result<SectionId, Error> {
    let section = framework.section("clinical-safety").or_else(|| framework.sections.first());
    section
        .map(|section| section.id.clone())
        .ok_or_else(|| Error::new(&crate::cli::codes::USAGE, "the framework has no section for risks"))
}

/// The log by the map that was named, or by the first that fits.
fn read(
    args: &Args,
    context: &Context,
    book: &Book,
    framework: &Framework,
    defaults: &Defaults,
) -> Result<Log, Error> {
    if let Some(wanted) = &args.map {
        let map: HazardMap = match built_in_map(wanted) {
            Some(map) => map?,
            None => hazard_map(wanted, &read_outside(&context.folder.join(wanted), wanted)?)?,
        };
        return read_log(book, &map, framework, defaults);
    }
    let (mut best, mut last): (Option<(&str, Log)>, Option<Error>) = (None, None);
    for name in map_names() {
        match built_in_map(name).map(|map| map.and_then(|map| read_log(book, &map, framework, defaults))) {
            // The map that leaves the least out fits best.
            Some(Ok(log))
                if best.as_ref().is_none_or(|(_, known)| log.left_out.len() < known.left_out.len()) =>
            {
                best = Some((name, log));
            }
            Some(Err(error)) => last = Some(error),
            _ => {}
        }
    }
    if let Some((name, log)) = best {
        context.tell(format!("read with the map `{name}`"));
        return Ok(log);
    }
    Err(last.unwrap_or_else(|| Error::new(&crate::cli::codes::USAGE, "there is no map")))
}

fn text(log: &Log, brought: &Brought, hidden: &[String], is_dry: bool, width: usize) -> String {
    let verb = if is_dry { "would bring" } else { "brought" };
    let mut out = format!(
        "{verb} {} new and {} changed of {} in the log\n",
        styled(BOLD, brought.added.len().to_string()),
        styled(BOLD, brought.changed_risks().len().to_string()),
        counted(log.risks.len(), "hazard", "hazards")
    );
    let mut list = |heading: String, lines: Vec<String>| {
        if !lines.is_empty() {
            let lines: Vec<String> = lines.iter().map(|line| wrapped(line, 2, width)).collect();
            out += &format!("\n{heading}\n{}\n", lines.join("\n"));
        }
    };
    list(
        "new:".to_owned(),
        brought.added.iter().map(|(id, risk)| format!("{id}  {}", short(&risk.title, 60))).collect(),
    );
    let changed = brought.changed.iter().map(|(address, (before, after))| match before {
        Some(before) => format!("{address}: {} → {}", short(before, 60), short(after, 60)),
        None => format!("{address}: {}", short(after, 60)),
    });
    list("worded differently:".to_owned(), changed.collect());
    let kept = brought.kept.iter().map(|(address, (here, there))| {
        format!("{address}: here {}, in the log {}", short(here, 40), short(there, 40))
    });
    list(styled(OPEN, "said otherwise here, and kept:"), kept.collect());
    list(
        styled(OPEN, "no more in the log, and kept here; close them if they can no longer arise:"),
        brought.gone.iter().map(RiskId::to_string).collect(),
    );
    list(styled(BAD, "mistakes in the log:"), log.faults.iter().map(|fault| fault.message.clone()).collect());
    list(styled(OPEN, "not imported:"), log.left_out.iter().map(|line| short(line, 200)).collect());
    list(styled(OPEN, "hidden in the workbook, and read like the rest:"), hidden.to_vec());
    if !log.other_sheets.is_empty() {
        out += &format!("\nsheets without hazards, not read: {}\n", short(&log.other_sheets.join(", "), 200));
    }
    out
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    /// The SHA-256 digest of the log.
    digest: String,
    /// Whether nothing was to be written.
    dry_run: bool,
    /// How many hazards the log has.
    hazards: usize,
    /// Risks that are new.
    added: Vec<RiskId>,
    /// What the log words differently.
    changed: Vec<Reworded>,
    /// What was said otherwise here, and stays.
    kept: Vec<Kept>,
    /// Risks that the log has no more; they stay.
    gone: Vec<RiskId>,
    /// Mistakes in the log, which are not taken over.
    mistakes: Vec<String>,
    /// What was left out, and why.
    not_imported: Vec<String>,
    /// Sheets without hazards, which were not read.
    other_sheets: Vec<String>,
    /// Rows and columns that the workbook hides, which were read like the rest.
    hidden: Vec<String>,
}

/// A text that the log words differently.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Reworded {
    /// The field.
    address: Address,
    /// What it said; null where it is new.
    before: Option<String>,
    /// What it says now.
    after: String,
}

/// A text that was said otherwise here.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Kept {
    /// The field.
    address: Address,
    /// What it says here.
    here: String,
    /// What the log says.
    log: String,
}

impl Body {
    fn of(log: Log, brought: Brought, digest: String, hidden: Vec<String>, dry_run: bool) -> Self {
        let changed = brought.changed.into_iter();
        let kept = brought.kept.into_iter();
        Self {
            digest,
            dry_run,
            hazards: log.risks.len(),
            added: brought.added.into_keys().collect(),
            changed: changed.map(|(address, (before, after))| Reworded { address, before, after }).collect(),
            kept: kept.map(|(address, (here, log))| Kept { address, here, log }).collect(),
            gone: brought.gone,
            mistakes: log.faults.into_iter().map(|fault| fault.message).collect(),
            not_imported: log.left_out,
            other_sheets: log.other_sheets,
            hidden,
        }
    }
}
