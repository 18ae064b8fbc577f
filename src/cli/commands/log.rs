use crate::cli::args::Format;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::cli::words::{BOLD, DIM, GOOD, OPEN, counted, short, styled, wrapped};
use crate::cli::{Outcome, commands::diff};
use crate::diag::Error;
use crate::model::{Address, DeploymentName, Framework};
use crate::ops::diff::FieldChange;
use crate::ops::history::{Commit, Entry, Log, NO_HISTORY, Question, What, askable, log};
use crate::project::{Past, Project};
use crate::store::{ObjectId, Repo};
use std::fmt::Write;
use std::sync::Arc;

/// Tell the history of a deployment, a risk or an answer
///
/// Newest first: which commit, when, by whom, and what moved by meaning; reformatting shows nothing. It follows the deployment through renames of its
/// folder, and a risk or a carried answer into the deployment that it was derived from, and says why it goes back no further.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom log acme-northfield                           the whole deployment
  tom log acme-northfield HAZ-004                   one risk, back to the ancestor in which it began
  tom log acme-northfield HAZ-004.residual          one field
  tom log acme-northfield IGA-03 --format json")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// A risk, an item, or a field of one
    address: Option<Address>,

    /// Tell it from this revision back
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    rev: String,

    /// How to write the history
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How many fields of one commit are shown in text when nothing in particular was asked for.
const MOST_SHOWN: usize = 12;

/// What log and blame have to know before they begin.
pub(super) struct Asked {
    pub(super) from: ObjectId,
    pub(super) name: DeploymentName,
    pub(super) question: Question,
    address: Option<Address>,
    framework: Arc<Framework>,
}

impl Asked {
    pub(super) fn new(
        past: &Past<'_>,
        project: &Project,
        (deployment, address, rev): (&str, Option<&Address>, &str),
    ) -> Result<Self, Error> {
        let name = super::name(deployment)?;
        if let Some(other) =
            address.and_then(|address| address.deployment.as_ref()).filter(|other| **other != name)
        {
            return Err(Error::new(&USAGE, format!("`{other}` is another deployment than `{name}`"))
                .help("name the deployment once"));
        }
        let from = past.commit_of(rev)?;
        let tree = past
            .tree(from, &name)?
            .ok_or_else(|| project.unknown(name.as_str()).note(format!("at {rev}")))?;
        let framework = past.framework(tree)?.ok_or_else(|| {
            Error::new(
                &crate::project::NO_FRAMEWORK,
                format!("the framework of `{name}` at {rev} cannot be used"),
            )
        })?;
        let address = address.map(|address| Address { deployment: None, ..address.clone() });
        Ok(Self { from, name, question: Question::new(&framework, address.clone()), address, framework })
    }

    /// Whether the address names neither the deployment nor an item of its framework: a risk, or a slip.
    fn is_unknown(&self) -> bool {
        self.address.as_ref().is_some_and(|address| self.framework.item(&address.subject).is_none())
    }

    /// The error for something that there is no history of.
    pub(super) fn nothing(&self, past: &Past<'_>) -> Error {
        let address = self.address.as_ref().map(ToString::to_string).unwrap_or_default();
        let (there, is_unread) = match askable(past, self.from, &self.name, &self.question) {
            Ok(found) => found,
            Err(error) => return error,
        };
        if is_unread {
            let message = format!("the file of `{address}` in `{}` cannot be read at that commit", self.name);
            return Error::new(&NO_HISTORY, message).help(format!(
                "`tom check {}` says what is wrong with it; `--rev` names an earlier commit",
                self.name
            ));
        }
        let items = self.framework.items().map(|item| item.id.as_str());
        let known = items.chain(there.iter().map(String::as_str));
        let error = Error::new(&NO_HISTORY, format!("`{}` has no `{address}` in its commits", self.name));
        match crate::diag::nearest(&address, known).filter(|near| *near != address) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("what is not committed yet has no history"),
        }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = history_project(&repo, &args.rev, context)?;
    let past = Past::new(&repo, &project);
    let asked = Asked::new(&past, &project, (&args.deployment, args.address.as_ref(), &args.rev))?;
    let log = log(&past, asked.from, &asked.name, &asked.question)?;
    if asked.is_unknown()
        && log.entries.iter().all(|entry| entry.fields.is_empty() && entry.unread.is_empty())
    {
        return Err(asked.nothing(&past));
    }
    match args.format {
        Format::Json => {
            context.print_json(&Output::of(Body { deployment: asked.name, address: asked.address, log }));
        }
        Format::Text => context.print(text(&log, &asked, context)),
    }
    Ok(Outcome::Clean)
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// Which deployment was asked for.
    deployment: DeploymentName,
    /// What in it was asked for; null for all of it.
    address: Option<Address>,
    /// Its history.
    log: Log,
}

/// The project whose frameworks the past is read with: that of the revision.
pub(super) fn history_project(repo: &Repo, rev: &str, context: &Context) -> Result<Project, Error> {
    context.sound_project(repo, Some(rev))
}

fn text(log: &Log, asked: &Asked, context: &Context) -> String {
    let subject = asked.address.as_ref().map(|address| format!("{address} in ")).unwrap_or_default();
    let mut out = format!("{}\n", styled(BOLD, format!("{subject}{}", asked.name)));
    let mut name = &asked.name;
    for entry in &log.entries {
        if entry.deployment != *name {
            name = &entry.deployment;
            let _ = write!(out, "\n{}\n", styled(BOLD, format!("{subject}{name}")));
        }
        out += &entry_text(entry, asked, context);
    }
    for end in &log.ends {
        let _ = writeln!(
            out,
            "\n{}",
            styled(DIM, wrapped(&format!("No further: {}.", end.text), 0, context.width))
        );
    }
    out
}

/// `9f3c2d1a0b4e  2026-11-20  Jo Marsh  Lower the likelihood`
pub(super) fn commit_line(commit: &Commit) -> String {
    format!(
        "{}  {}  {}  {}",
        styled(OPEN, &commit.id[..12]),
        commit.date,
        short(&commit.author, 24),
        short(&commit.subject, 60)
    )
}

fn entry_text(entry: &Entry, asked: &Asked, context: &Context) -> String {
    let mut out = format!("\n{}\n", commit_line(&entry.commit));
    let what = match entry.what {
        What::Created => Some("made, from no other deployment"),
        What::Oldest => Some("the oldest commit that is here; what it says may be older"),
        What::Derived if entry.fields.is_empty() => Some("derived; it came as it was"),
        What::Derived if entry.fields.iter().all(|field| field.before.is_none()) => Some("derived"),
        What::Derived => Some("derived; what differs from what it was derived from:"),
        What::Updated => Some("with an update of what was received"),
        What::Merged => Some("a merge; what does not follow from its sides:"),
        What::Changed => None,
    };
    if let Some(what) = what {
        let _ = writeln!(out, "    {}", styled(DIM, what));
    }
    if let Some(before) = &entry.renamed_from {
        let _ = writeln!(out, "    the folder was called {before} before");
    }
    for file in &entry.unread {
        let line = format!("{file} has errors here or before: what moved in it is not known in whole");
        let _ = writeln!(out, "    {}", styled(OPEN, line));
    }
    // Where everything is new, `tom show` and the file itself tell it better.
    let is_all_new = entry.fields.len() > 3 && entry.fields.iter().all(|field| field.before.is_none());
    let count = counted(entry.fields.len(), "field", "fields");
    match entry.what {
        What::Created | What::Derived if is_all_new => {
            let _ = writeln!(out, "    it begins here, with {count}");
            return out;
        }
        What::Oldest if is_all_new => {
            let _ = writeln!(out, "    it has {count} here");
            return out;
        }
        _ => {}
    }
    let most = if asked.address.is_none() { MOST_SHOWN } else { usize::MAX };
    for field in entry.fields.iter().take(most) {
        field_text(&mut out, field, asked, context);
    }
    if entry.fields.len() > most {
        let _ = writeln!(out, "    and {} more: `--format json` has them all", entry.fields.len() - most);
    }
    out
}

fn field_text(out: &mut String, field: &FieldChange, asked: &Asked, context: &Context) {
    let is_short = |text: &String| text.len() <= 40 && !text.contains('\n');
    match (&field.before, &field.after) {
        // Words of a list read better as a whole.
        (Some(before), Some(after)) if is_short(before) && is_short(after) => {
            let line = format!("~ {}: {before} → {after}", name_of(&field.address, asked));
            let _ = writeln!(out, "{}", styled(GOOD, wrapped(&line, 4, context.width)));
        }
        _ => {
            let whole = Address { field: Vec::new(), ..field.address.clone() };
            if asked.address.is_none() {
                // Without the subject nobody would know what it is about.
                let _ = writeln!(out, "  {}", styled(BOLD, whole.to_string()));
            }
            diff::field_lines(out, &whole, field, context);
        }
    }
}

/// The name of a field, without the subject where one was asked for.
fn name_of(address: &Address, asked: &Asked) -> String {
    match &asked.address {
        Some(_) => field_name(address),
        None => address.to_string(),
    }
}

/// `mitigations.M1.status`; the answer itself has no field.
pub(super) fn field_name(address: &Address) -> String {
    if address.field.is_empty() { "answer".to_owned() } else { address.field.join(".") }
}
