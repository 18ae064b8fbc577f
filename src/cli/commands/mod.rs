//! One file a command: its arguments, and a page that loads, calls one operation and shows the result.

pub(super) mod accept;
pub(super) mod adopt;
pub(super) mod baseline;
pub(super) mod blame;
pub(super) mod check;
pub(super) mod confirm;
pub(super) mod decide;
pub(super) mod demo;
pub(super) mod derive;
pub(super) mod diff;
pub(super) mod explain;
pub(super) mod export;
pub(super) mod fmt;
pub(super) mod git;
pub(super) mod hand_over;
pub(super) mod impact;
pub(super) mod import;
pub(super) mod import_risks;
pub(super) mod init;
pub(super) mod lineage;
pub(super) mod list;
pub(super) mod log;
pub(super) mod merge_driver;
pub(super) mod new;
pub(super) mod offer;
pub(super) mod receive;
pub(super) mod record;
pub(super) mod render;
pub(super) mod resolve;
pub(super) mod set;
pub(super) mod show;
pub(super) mod status;
pub(super) mod todo;
pub(super) mod transfer;
pub(super) mod update;
pub(super) mod upgrade;
pub(super) mod verify;
mod workbook;

use super::Outcome;
use super::args::Command;
use super::codes::{UNCOMMITTED, USAGE};
use super::context::Context;
use super::words::counted;
use crate::diag::{Error, Label, nearest};
use crate::model::{
    Address, AddressError, Deployment, DeploymentName, Framework, PartyId, Risk, RiskId, Settings,
};
use crate::ops::past::Past;
use crate::ops::state::may_speak;
use crate::project::{APPROVALS, ASSESSMENTS, FRAMEWORKS, Project, RECORD, SETTINGS, folder_of};
use crate::store::{Commit, Repo};
use crate::syntax::is_hidden;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// What is done in a limited child.
pub(super) const TASKS: &[super::child::Task] =
    &[workbook::TASK, receive::TASK, hand_over::TASK, super::packs::CHILD_TASK];

/// Runs a command.
pub(super) fn run(command: Command, context: &Context) -> Result<Outcome, Error> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::New(args) => new::run(&args, context),
        Command::Derive(args) => derive::run(&args, context),
        Command::Adopt(args) => adopt::run(&args, context),
        Command::Baseline(args) => baseline::run(&args, context),
        Command::Update(args) => update::run(&args, context),
        Command::Resolve(args) => resolve::run(&args, context),
        Command::MergeDriver(args) => merge_driver::run(&args, context),
        Command::Lineage(args) => lineage::run(&args, context),
        Command::Offer(args) => offer::run(&args, context),
        Command::HandOver(args) => hand_over::run(&args, context),
        Command::Receive(args) => receive::run(&args, context),
        Command::Set(args) => set::run(&args, context),
        Command::Confirm(args) => confirm::run(&args, context),
        Command::Accept(args) => accept::run(&args, context),
        Command::Transfer(args) => transfer::run(&args, context),
        Command::Decide(args) => {
            crate::store::hold_objects_against_ids();
            decide::run(&args, context)
        }
        Command::Record(args) => record::run(&args, context),
        Command::Verify(args) => {
            crate::store::hold_objects_against_ids();
            verify::run(&args, context)
        }
        Command::Impact(args) => impact::run(&args, context),
        Command::Todo(args) => todo::run(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Diff(args) => diff::run(&args, context),
        Command::Fmt(args) => fmt::run(&args, context),
        Command::Git(args) => git::run(&args, context),
        Command::Log(args) => log::run(&args, context),
        Command::Blame(args) => blame::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Render(args) => {
            crate::store::hold_objects_against_ids();
            render::run(&args, context)
        }
        Command::Export(args) => export::run(&args, context),
        Command::Import(args) => import::run(&args, context),
        Command::ImportRisks(args) => import_risks::run(&args, context),
        Command::Explain(args) => explain::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
    }
}

/// A name from the command line.
fn name(text: &str) -> Result<DeploymentName, Error> {
    DeploymentName::new(text).map_err(|error| {
        Error::new(&USAGE, error.to_string()).help("`tom list` shows the deployments that there are")
    })
}

/// A deployment without errors in its files, and its framework.
fn sound(project: &Project, name: &DeploymentName) -> Result<(Deployment, Arc<Framework>), Error> {
    project.load(name)?.sound()
}

/// The risk that an address is about.
fn risk_of<'d>(
    deployment: &'d Deployment,
    framework: &Framework,
    address: &Address,
) -> Result<(&'d RiskId, &'d Risk), Error> {
    let found = deployment.risks.iter().find(|(id, _)| id.as_str() == address.subject);
    found.ok_or_else(|| {
        if deployment.unread.contains(&address.subject) {
            let message =
                format!("the file of `{}` in `{}` cannot be read", address.subject, deployment.name);
            return Error::new(&USAGE, message)
                .help(format!("`tom check {}` says what is wrong with it", deployment.name));
        }
        let known = framework.items().map(|item| item.id.as_str());
        let known = known.chain(deployment.risks.keys().map(RiskId::as_str));
        let message = format!("`{}` has no item or risk `{}`", deployment.name, address.subject);
        let error = Error::new(&USAGE, message);
        let is_new_risk =
            RiskId::new(address.subject.as_str()).is_ok_and(|id| id.prefix() == deployment.meta.risk_prefix);
        match nearest(&address.subject, known) {
            _ if is_new_risk => error.help(format!(
                "a new risk is written as a file, `{}/risks/{}.toml`: the guide's chapter on risks shows one",
                folder_of(&deployment.name),
                address.subject
            )),
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        }
    })
}

/// Refuses to write results among the files that tom reads, where they would be taken for part of an assessment.
fn refuse_within(context: &Context, repo: &Repo, to: &Path) -> Result<(), Error> {
    let Some(root) = repo.work_tree().and_then(|root| root.canonicalize().ok()) else { return Ok(()) };
    let place = context.folder.join(to);
    let there = place
        .ancestors()
        .find_map(|above| Some(above.canonicalize().ok()?.join(place.strip_prefix(above).ok()?)));
    let is_within = |folder: &&str| there.as_ref().is_some_and(|there| there.starts_with(root.join(folder)));
    match [ASSESSMENTS, FRAMEWORKS].into_iter().find(is_within) {
        Some(folder) => Err(Error::new(&USAGE, format!("`{}` is in `{folder}/`", to.display()))
            .note("whatever stands there is read as part of an assessment or framework")
            .help("write somewhere else, as in `packs`")),
        None => Ok(()),
    }
}

/// A phase from the command line, which some framework has.
fn phase(project: &Project, asked: Option<u8>) -> Result<Option<u8>, Error> {
    let known = phases(project);
    match asked.filter(|phase| !known.contains(phase)) {
        None => Ok(asked),
        Some(phase) => Err(Error::new(&USAGE, format!("there is no phase {phase}"))
            .help(format!("there are: {}", listed(&known)))),
    }
}

/// The phases of every framework here.
fn phases(project: &Project) -> BTreeSet<u8> {
    project.frameworks().flat_map(|framework| framework.phases.iter().map(|phase| phase.number)).collect()
}

/// A word from the command line that has to be one of those that are known.
fn known<'k>(what: &str, word: &str, known: impl IntoIterator<Item = &'k str>) -> Result<(), Error> {
    let known: BTreeSet<&str> = known.into_iter().collect();
    if known.contains(word) {
        return Ok(());
    }
    let error = Error::new(&USAGE, format!("there is no {what} `{}`", word.escape_debug()));
    let error = match nearest(word, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    };
    Err(if known.is_empty() { error } else { error.note(format!("there are: {}", listed(&known))) })
}

fn listed(known: &BTreeSet<impl ToString>) -> String {
    known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Every role that a framework's outcomes ask for or that the settings know.
fn roles(project: &Project) -> impl Iterator<Item = &str> {
    let asked = project.frameworks().flat_map(|framework| framework.roles());
    let settings = project.settings();
    let people = settings.people.values().flat_map(|person| person.roles.iter().map(String::as_str));
    let phases = project.frameworks().flat_map(|framework| &framework.phases);
    let decide = phases.flat_map(|phase| phase.roles.iter().map(|role| role.role.as_str()));
    let added = settings
        .policy
        .phases
        .values()
        .flat_map(|added| added.all_of.iter().chain(added.any_of.iter().flatten()).map(String::as_str));
    let accept = settings.policy.accept.keys().map(String::as_str);
    asked.chain(people).chain(accept).chain(decide).chain(added)
}

/// Where all deployments are listed.
const HISTORY_NOT_READ: &str =
    "note: whose commits brought in what people say is not looked at: name a deployment";

/// What git remembers of a deployment; nothing where nothing was committed.
pub(super) fn past<'a>(
    repo: &'a Repo,
    deployment: &'a Deployment,
    framework: &'a Framework,
    revision: Option<&str>,
) -> Option<Past<'a>> {
    Past::of(repo, revision.unwrap_or("HEAD"), deployment, framework).ok()
}

/// The commit that last changed a deployment, and whether something in its folder is not committed.
fn last_change(
    repo: &Repo,
    name: &DeploymentName,
    revision: Option<&str>,
) -> Result<(Option<Commit>, bool), Error> {
    let folder = folder_of(name);
    let commit = if repo.is_unborn() { None } else { repo.last_change(revision.unwrap_or("HEAD"), &folder)? };
    let is_draft = commit.is_none() || (revision.is_none() && !repo.uncommitted(&folder)?.is_empty());
    Ok((commit, is_draft))
}

/// Who speaks: the name that was given, or git's user.
fn speaker(by: Option<&String>, repo: &Repo) -> Result<String, Error> {
    let by = by.cloned().or_else(|| repo.identity().map(|who| who.name)).ok_or_else(|| {
        Error::new(&USAGE, "nobody is named").help("say who it is with `--by`, or set git's `user.name`")
    })?;
    plain("name", &by)
}

/// Tells whoever confirms for a party without being listed for it that this is a claim.
fn tell_if_claimed(
    context: &Context,
    settings: &Settings,
    deployment: &Deployment,
    framework: &Framework,
    (party, by): (&PartyId, &str),
) {
    if !may_speak(settings, deployment, framework, party, by) {
        context.tell(format!(
            "note: `{by}` is not listed in tom.toml for {party}: the confirmation is only claimed"
        ));
    }
}

/// Words for a file from the command line, which a reader has to be able to see.
fn plain(what: &str, text: &str) -> Result<String, Error> {
    match text.chars().find(|c| is_hidden(*c) || *c == '\n') {
        Some(c) => {
            let message = format!("the {what} has a character that cannot be seen: U+{:04X}", u32::from(c));
            Err(Error::new(&USAGE, message).help("remove it"))
        }
        None if text.trim().is_empty() => Err(Error::new(&USAGE, format!("the {what} is empty"))),
        None => Ok(text.trim().to_owned()),
    }
}

/// Makes sure that what stands in the work tree is what is committed, and so what is decided over or sent off.
fn committed(repo: &Repo, project: &Project, name: &DeploymentName) -> Result<(), Error> {
    let folder = folder_of(name);
    let mut changed = repo.uncommitted(&folder)?;
    // Statements and events are not decided over, and several may wait for one commit.
    changed.retain(|path| {
        !path.starts_with(&format!("{folder}/{APPROVALS}/")) && *path != format!("{folder}/{RECORD}")
    });
    changed.extend(repo.uncommitted(SETTINGS)?);
    let pinned = project.meta(name)?.framework;
    changed.extend(repo.uncommitted(&format!("frameworks/{}/{}", pinned.id, pinned.version))?);
    let Some(first) = changed.first() else { return Ok(()) };
    let message =
        format!("{} not committed, `{first}` first", counted(changed.len(), "file is", "files are"));
    Err(Error::new(&UNCOMMITTED, message)
        .at(Label::file(first))
        .help("it is over what is committed: commit the changes, or take them back"))
}

/// Options of the form `ITEM=TEXT`.
fn pairs(option: &str, texts: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: &String| {
        let (left, right) = text.split_once('=').ok_or_else(|| {
            Error::new(&USAGE, format!("`--{option}` takes ITEM=TEXT, not `{}`", text.escape_debug()))
        })?;
        Ok((left.trim().to_owned(), plain(option, right)?))
    };
    texts.iter().map(pair).collect()
}

/// The same where what stands before the `=` is an address.
fn by_address(option: &str, texts: &[String]) -> Result<BTreeMap<Address, String>, Error> {
    let of = |(address, text): (String, String)| {
        let address = address.parse().map_err(|error: AddressError| Error::new(&USAGE, error.to_string()))?;
        Ok((address, text))
    };
    pairs(option, texts)?.into_iter().map(of).collect()
}
