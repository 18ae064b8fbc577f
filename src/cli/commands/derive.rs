use super::new::{checked_prefix, create, files_of, free_id, new_name};
use crate::cli::codes::{UNCOMMITTED, USAGE};
use crate::cli::context::Context;
use crate::cli::words::{BOLD, OPEN, counted, short, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::{Error, Label};
use crate::model::{
    Address, Deployment, DeploymentName, Framework, ItemType, Needed, OnDerive, PartyId, PermanentId, Slot,
};
use crate::ops::confirm::{Voice, answer as confirm_answer};
use crate::ops::derive::{Derived, Fate, LeftOver, Request, derive, drop_of_other_supplier, prefix_stem};
use crate::ops::outcome::Evaluator;
use crate::ops::set::{Assignment, apply, slot, understand};
use crate::ops::state::State;
use crate::project::{NO_DEPLOYMENT, Project, folder_of};
use crate::store::{EntryKind, Repo, Store, read_outside};
use crate::syntax::{Document, read_answers_file};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

/// Derive a new deployment from a prior one
///
/// Carries what stays the same (answers marked `keep`, risks and mitigations), leaves empty what is the new organisation's own, and says what
/// became of everything. The parent is read as it is committed. The new folder appears whole or not at all.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom derive acme-northfield acme-eastmoor
  tom derive acme-northfield acme-eastmoor --at v1.2 \\
      --set BD-02=\"Eastmoor Hospitals\" --set BD-03=XEM01 --set BD-24.rows.go-live.date=2027-09-01
  tom derive acme-5-1 acme-eastmoor --answers eastmoor.toml --party deployer --by \"Ann Lee\"

An answers file has the form of a section's file, with items of any section.")]
pub struct Args {
    /// The deployment to derive from
    parent: String,

    /// The new folder's name in `assessments/`
    new: String,

    /// Read the parent at this revision
    #[arg(long, value_name = "REV")]
    at: Option<String>,

    /// Answer an item; may be given many times
    #[arg(long = "set", value_name = "ITEM=VALUE")]
    set: Vec<Assignment>,

    /// Answer the items in this file
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,

    /// Confirm what is given here for this party
    #[arg(long, requires = "by")]
    party: Option<PartyId>,

    /// Who confirms
    #[arg(long, value_name = "NAME", requires = "party")]
    by: Option<String>,

    /// What the assessment is called
    #[arg(long)]
    title: Option<String>,

    /// The prefix of risks that are found here
    #[arg(long, value_name = "PREFIX")]
    risk_prefix: Option<String>,

    /// Carry notes and evidence that only the parent's deployer wrote
    #[arg(long)]
    keep_notes: bool,

    /// Ask no questions, even on a terminal
    #[arg(long)]
    no_input: bool,

    /// The permanent id, to make the same repository again; made at random if not given
    #[arg(long, value_name = "ID", hide_short_help = true)]
    id: Option<PermanentId>,

    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let here = context.sound_project(&repo, None)?;
    let (parent_name, name) = (super::name(&args.parent)?, new_name(&here, &args.new)?);
    let (there, commit) = committed(&repo, &here, &parent_name, args.at.as_deref())?;
    let (parent, framework) = super::sound(&there, &parent_name)?;
    // The new deployment pins the framework that lies in the work tree; it has to be the parent's.
    let vendored = here.framework(&parent.meta.framework)?;
    let taken_prefixes = match &args.risk_prefix {
        None => here.prefixes(&prefix_stem(&name))?,
        // Parent and child with one prefix would soon have two risks with one id.
        Some(prefix) if here.prefixes(prefix)?.contains(prefix) => {
            return Err(Error::new(
                &USAGE,
                format!("another deployment's risks begin with `{prefix}` already"),
            )
            .help("choose another prefix, or leave `--risk-prefix` out and tom finds one"));
        }
        Some(_) => Vec::new(),
    };
    let request = Request {
        name,
        id: free_id(&here, args.id.as_ref(), context)?,
        title: args.title.as_deref().map(|title| super::plain("title", title)).transpose()?,
        risk_prefix: args.risk_prefix.as_deref().map(checked_prefix).transpose()?,
        commit: Some(commit),
        keep_notes: args.keep_notes,
        taken_prefixes,
    };
    let mut derived = derive(&parent, &framework, here.settings(), request);
    derived.deployment.meta.framework = vendored.reference();
    let given = answer(args, context, &framework, &mut derived.deployment)?;
    drop_of_other_supplier(&mut derived, &parent, &framework);
    confirm(args, context, &framework, &mut derived.deployment, &given)?;
    if args.dry_run {
        let is_told = args.format == Format::Text;
        for (path, _) in files_of(&derived.deployment, &framework).iter().filter(|_| is_told) {
            context.print(format!("would write {}/{path}\n", folder_of(&derived.deployment.name)));
        }
    } else {
        create(&context.writer(&repo)?, &derived.deployment, &framework, &[])?;
    }
    match args.format {
        Format::Json => context.print_json(&Output::of(Body::from(&derived))),
        Format::Text => context.print(report(&derived, &framework, context, args.dry_run)),
    }
    Ok(Outcome::Clean)
}

/// The project as it is committed, and the commit: `--at`, or HEAD when nothing in the parent's folder differs from it.
pub(super) fn committed(
    repo: &Repo,
    here: &Project,
    parent: &crate::model::DeploymentName,
    at: Option<&str>,
) -> Result<(Project, String), Error> {
    let folder = folder_of(parent);
    let revision = at.unwrap_or("HEAD");
    if at.is_none() {
        if !here.has(parent)? {
            return Err(here.unknown(parent.as_str()));
        }
        if repo.is_unborn() {
            return Err(Error::new(&UNCOMMITTED, "nothing has been committed in this repository yet")
                .at(Label::file(&folder))
                .note("what comes from a parent is what is committed there")
                .help(format!("commit `{folder}` first")));
        }
        // Comparing one folder is cheaper than reading an index of all; the index decides where something differs.
        let as_committed = is_same(here.store(), &repo.at("HEAD")?, &folder)?;
        let changed = if as_committed { Vec::new() } else { repo.uncommitted(&folder)? };
        if !changed.is_empty() && repo.at("HEAD")?.entries(&folder)?.is_empty() {
            return Err(Error::new(&UNCOMMITTED, format!("`{parent}` is not committed yet"))
                .at(Label::file(&folder))
                .note("what comes from a parent is what is committed there")
                .help(format!("commit `{folder}` first")));
        }
        if let Some(first) = changed.first() {
            return Err(Error::new(&UNCOMMITTED, format!("`{parent}` has changes that are not committed"))
                .at(Label::file(first))
                .note(
                    counted(changed.len(), "of its files differs", "of its files differ")
                        + " from the last commit",
                )
                .help("commit them, or take what is committed with `--at HEAD`"));
        }
    }
    let store = repo.at(revision)?;
    let commit = store.commit().id.clone();
    let (project, findings) = here.reopen(Box::new(store))?;
    if let Some(finding) = findings.into_iter().find(crate::diag::Finding::is_error) {
        return Err(finding.into());
    }
    if !project.has(parent)? {
        let then = format!("at revision `{revision}` ({})", &commit[..12]);
        return Err(if here.has(parent)? {
            Error::new(&NO_DEPLOYMENT, format!("there was no deployment `{parent}` {then}"))
                .help(format!("`tom log {parent}` tells since when there is"))
        } else {
            project.unknown(parent.as_str()).note(then)
        });
    }
    Ok((project, commit))
}

/// Whether a folder holds the same files here and there, byte for byte, and nothing else.
fn is_same(here: &dyn Store, there: &dyn Store, folder: &str) -> Result<bool, Error> {
    let entries = there.entries(folder)?;
    if here.entries(folder)? != entries {
        return Ok(false);
    }
    for entry in entries {
        let path = format!("{folder}/{}", entry.name);
        let same = match entry.kind {
            EntryKind::Folder => is_same(here, there, &path)?,
            EntryKind::File => here.read(&path)? == there.read(&path)?,
            _ => false,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Puts in what was given: the answers file, then `--set`, then questions on a terminal. Returns the slots that were answered.
fn answer(
    args: &Args,
    context: &Context,
    framework: &Framework,
    deployment: &mut Deployment,
) -> Result<BTreeSet<Slot>, Error> {
    let mut given = BTreeSet::new();
    if let Some(path) = &args.answers {
        let shown = path.display().to_string();
        let bytes = read_outside(&context.folder.join(path), &shown)?;
        let document = Document::parse(&shown, &bytes)?;
        let (answers, findings) = read_answers_file(&document, framework);
        if let Some(finding) = findings.into_iter().find(crate::diag::Finding::is_error) {
            return Err(finding.into());
        }
        for (slot, answer) in answers {
            given.insert(slot.clone());
            // Confirmations that hold for the old content stay beside it and turn stale by themselves.
            let confirmed =
                deployment.answers.get(&slot).map(|old| old.confirmed.clone()).unwrap_or_default();
            let merged = crate::model::Answer {
                confirmed: if answer.confirmed.is_empty() { confirmed } else { answer.confirmed.clone() },
                ..answer
            };
            deployment.answers.insert(slot, merged);
        }
    }
    let mut said = BTreeSet::new();
    for assignment in &args.set {
        if !said.insert(&assignment.address) {
            return Err(Error::new(&USAGE, format!("`{}` is set twice", assignment.address))
                .help("give one value for each"));
        }
        let change = understand(framework, assignment)?;
        given.insert(slot(&change).clone());
        apply(&mut deployment.answers, change);
    }
    let is_silent = args.set.is_empty() && args.answers.is_none();
    if is_silent && context.can_ask && !args.no_input && !args.dry_run {
        questions(context, framework, deployment, &mut given);
    }
    Ok(given)
}

/// Asks for the organisation's own short answers of phase 1. An empty line leaves one open.
fn questions(
    context: &Context,
    framework: &Framework,
    deployment: &mut Deployment,
    given: &mut BTreeSet<Slot>,
) {
    context
        .tell("The new organisation's own details. Press Enter to leave one open, Ctrl-D to stop asking.\n");
    let short_types = [ItemType::Text, ItemType::Texts, ItemType::OdsCode, ItemType::Date, ItemType::Choice];
    let asked = framework.items().filter(|item| {
        item.phase == 1
            && item.on_derive != OnDerive::Keep
            && item.repeats.is_none()
            && item.is_answered()
            && short_types.contains(&item.kind_of_answer)
    });
    for item in asked {
        let evaluator = Evaluator::new(framework, deployment, crate::model::ProfileName::Strict);
        // What only may be needed is asked for once the answer that decides it is known.
        let is_needed = match &item.needed {
            Needed::Always => true,
            Needed::If(condition) => evaluator.test(condition) == Some(true),
            Needed::Optional | Needed::Never => false,
        };
        if !(is_needed && evaluator.applies(item)) {
            continue;
        }
        drop(evaluator);
        let form = match item.kind_of_answer {
            ItemType::Choice => format!(" ({})", item.options.join(" | ")),
            ItemType::Date => " (as in 2026-11-20)".to_owned(),
            _ => String::new(),
        };
        loop {
            let Some(line) = context.ask(&format!("{} {}{form}:", item.id, item.title)) else { return };
            if line.is_empty() {
                break;
            }
            let assignment = Assignment { address: crate::model::Address::of(&item.id), value: line };
            match understand(framework, &assignment) {
                Ok(change) => {
                    given.insert(slot(&change).clone());
                    apply(&mut deployment.answers, change);
                    break;
                }
                Err(error) => context.say_error(&error),
            }
        }
    }
}

/// Confirms what was given for a party, where the framework asks that party.
fn confirm(
    args: &Args,
    context: &Context,
    framework: &Framework,
    deployment: &mut Deployment,
    given: &BTreeSet<Slot>,
) -> Result<(), Error> {
    let (Some(party), Some(by)) = (&args.party, &args.by) else { return Ok(()) };
    if framework.party(party.as_str()).is_none() {
        return Err(Error::new(&USAGE, format!("the framework has no party `{party}`")));
    }
    let by = super::plain("name", by)?;
    let voice = Voice { party: party.clone(), by, on: context.today(), note: None };
    for slot in given {
        let asked = framework.item(slot.item.as_str()).is_some_and(|item| item.confirmed_by.contains(party));
        let is_answered = deployment.answers.get(slot).is_some_and(|answer| !answer.is_unanswered());
        if asked && is_answered {
            match confirm_answer(deployment, framework, slot, &voice) {
                Ok(confirmation) => {
                    if let Some(answer) = deployment.answers.get_mut(slot) {
                        answer.confirmed.insert(party.clone(), confirmation);
                    }
                }
                Err(error) => context.tell(format!("not confirmed: {}", error.finding().message)),
            }
        }
    }
    Ok(())
}

fn of_fate(derived: &Derived, fate: Fate) -> Vec<&crate::model::Address> {
    derived.fates.iter().filter(|(_, found)| **found == fate).map(|(address, _)| address).collect()
}

fn report(derived: &Derived, framework: &Framework, context: &Context, is_dry: bool) -> String {
    let deployment = &derived.deployment;
    let mut out = String::new();
    let parent = deployment
        .meta
        .derived_from
        .as_ref()
        .map(|lineage| lineage.deployment.to_string())
        .unwrap_or_default();
    let verb = if is_dry { "would derive" } else { "derived" };
    let _ = writeln!(out, "{} {} from {parent}", verb, styled(BOLD, deployment.name.as_str()));
    let carried = deployment.received.as_ref().map_or(0, |received| received.answers.len());
    let subjects = |fate: Fate| {
        of_fate(derived, fate).into_iter().map(|address| address.subject.clone()).collect::<BTreeSet<_>>()
    };
    let line = |count: usize, text: &str| format!("  {count:>4}  {text}\n");
    out += &line(carried, "carried: answers");
    out += &line(deployment.risks.len(), "carried: risks, each to be confirmed by the new owner");
    let rest: [(Fate, &str); 7] = [
        (Fate::Ask, "start empty: answers that are the organisation's own"),
        (Fate::Reset, "start empty: answers that belong to the parent's own process"),
        (Fate::LeftBehind, "left behind: fields that only the parent's deployer wrote"),
        (
            Fate::ConfirmationDropped,
            "not carried: confirmations of the parent's deployer, of whole risks, or of what changed",
        ),
        (Fate::Reopened, "open again: risks"),
        (Fate::OnlyProposed, "only proposed here: mitigations that are not the supplier's"),
        (Fate::NotCarried, "not carried: acceptances and transfers"),
    ];
    for (fate, text) in rest {
        let addresses = of_fate(derived, fate);
        let count =
            if matches!(fate, Fate::Ask | Fate::Reset) { subjects(fate).len() } else { addresses.len() };
        if count == 0 {
            continue;
        }
        out += &line(count, text);
        if !matches!(fate, Fate::Ask | Fate::Reset | Fate::ConfirmationDropped) {
            out += &(wrapped(&by_subject(&addresses), 8, context.width) + "\n");
        }
    }
    if !derived.left_over.is_empty() {
        let _ = writeln!(
            out,
            "\n{}",
            styled(
                OPEN,
                format!(
                    "{} still name the parent's organisation or people:",
                    counted(derived.left_over.len(), "carried text", "carried texts")
                )
            )
        );
        for over in &derived.left_over {
            let _ = writeln!(out, "  {}  names `{}`", over.address, short(&over.name, 40));
        }
    }
    if !derived.open_in_parent.is_empty() {
        let names: Vec<String> =
            derived.open_in_parent.iter().map(|(address, state)| format!("{address} {state}")).collect();
        let _ = writeln!(
            out,
            "\n{}",
            styled(OPEN, format!("open in {parent} itself: {}", counted(names.len(), "entry", "entries")))
        );
        out += &(wrapped(&short_list(&names, 12), 2, context.width) + "\n");
    }
    let to_answer = crate::ops::state::states(deployment, framework).to_answer();
    let _ = writeln!(out, "\nto answer now: {}", counted(to_answer, "needed item", "needed items"));
    if !is_dry {
        let (folder, name) = (folder_of(&deployment.name), &deployment.name);
        let next = format!("next: fill in {folder}/*.toml, then `tom check {name}` and `tom diff {name}`");
        let _ = writeln!(out, "{}", wrapped(&next, 0, context.width));
    }
    out
}

/// Addresses with what they share said once: `HAZ-002 (M3, M4); OG-05 (evidence, notes)`.
fn by_subject(addresses: &[&crate::model::Address]) -> String {
    let mut subjects: std::collections::BTreeMap<&str, BTreeSet<&str>> = std::collections::BTreeMap::new();
    for address in addresses {
        let field = address.field.iter().map(String::as_str).find(|part| *part != "mitigations");
        subjects.entry(&address.subject).or_default().extend(field);
    }
    let lines = subjects.into_iter().map(|(subject, fields)| {
        format!("{subject} ({})", fields.into_iter().collect::<Vec<_>>().join(", "))
    });
    lines.collect::<Vec<_>>().join("; ")
}

fn short_list(names: &[String], most: usize) -> String {
    if names.len() <= most {
        return names.join(", ");
    }
    format!("{} and {} more", names[..most].join(", "), names.len() - most)
}

/// What a derivation made, and what became of each field of the parent.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    deployment: DeploymentName,
    /// Its permanent id.
    id: PermanentId,
    folder: String,
    fates: Vec<Became>,
    /// Carried texts that still name the parent's organisation or its people.
    left_over: Vec<LeftOver>,
    open_in_parent: Vec<Open>,
}

/// What became of a field of the parent.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Became {
    address: Address,
    fate: Fate,
}

/// What is not settled in the parent itself.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Open {
    address: Address,
    state: State,
}

impl From<&Derived> for Body {
    fn from(derived: &Derived) -> Self {
        let fates = derived.fates.iter();
        let open = derived.open_in_parent.iter().cloned();
        Self {
            deployment: derived.deployment.name.clone(),
            id: derived.deployment.meta.id.clone(),
            folder: folder_of(&derived.deployment.name),
            fates: fates.map(|(address, fate)| Became { address: address.clone(), fate: *fate }).collect(),
            left_over: derived.left_over.clone(),
            open_in_parent: open.map(|(address, state)| Open { address, state }).collect(),
        }
    }
}
