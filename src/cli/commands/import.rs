mod again;
mod decisions;
mod replies;
mod report;
mod returned;

use super::new::{checked_prefix, create, free_id};
use crate::cli::Outcome;
use crate::cli::args::Format;
use crate::cli::codes::{UNCOMMITTED, USAGE};
use crate::cli::commit::{Author, can_commit, commit};
use crate::cli::context::Context;
use crate::diag::{Error, Label};
use crate::exchange::{Approval, Book, Fates, Formulas, Lost, Reply, confirm, is_own, read_checklist};
use crate::model::{
    Date, Deployment, DeploymentName, Framework, FrameworkRef, Key, Kind, Meta, Origin, Pending, PermanentId,
    Received, Revision, SheetMap, Workbook,
};
use crate::ops::arrival::arrive;
use crate::ops::derive::{free_prefix, prefix_stem};
use crate::ops::merge::Merged;
use crate::ops::update::Updated;
use crate::project::{CONFLICTS, Held, Project, folder_of};
use crate::store::{Replacement, Repo, Writer};
use crate::syntax::{Document, SHEET_MAP, read_sheet_map, write_conflicts};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use decisions::{Desk, Given};
pub(in crate::cli) use report::Body;

/// Import a filled-in checklist, or a workbook of tom's own that comes back
///
/// A workbook that `tom export` wrote is merged: exactly what was edited since changes; where somebody changed the same here, it is a conflict for
/// `tom resolve`, and nothing else is written. From a checklist a new deployment is made; a newer one of it is merged against what the last one said. The answers are found by the ids, headings and labels of the checklist, so that inserted rows and other versions of it land too. A name under
/// "Actioned By" is that party's confirmation. The report says what became of every cell; the exit code is 1 where something could not be
/// imported.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom import tom-eastmoor.xls --as acme-eastmoor --dry-run
  tom import tom-eastmoor.xls --as acme-eastmoor --sender \"Ann Lee\"
  tom import eastmoor.xlsx --sender \"Ann Lee\"
  tom import eastmoor.xlsx --author \"Ann Lee <ann.lee@eastmoor.example>\"")]
pub struct Args {
    /// The workbook: .xlsx or .xls
    file: PathBuf,

    /// The deployment; a workbook of tom's own knows it
    #[arg(long = "as", value_name = "DEPLOYMENT")]
    deployment: Option<String>,

    /// Who sent it; kept with the confirmations that it brings
    #[arg(long, value_name = "NAME")]
    sender: Option<String>,

    /// Who sent it, in whose name what the import wrote is committed: that and nothing else, by git's user
    #[arg(long, value_name = "NAME <MAIL>", conflicts_with_all = ["sender", "allow_dirty"])]
    author: Option<Author>,

    /// What a new assessment is called
    #[arg(long)]
    title: Option<String>,

    /// The prefix of risks that are found in a new assessment
    #[arg(long, value_name = "PREFIX")]
    risk_prefix: Option<String>,

    /// The permanent id of a new assessment, to make the same repository again; made at random if not given
    #[arg(long, value_name = "ID", hide_short_help = true)]
    id: Option<PermanentId>,

    /// What becomes of an answer that a formula gives
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Formulas::Cached)]
    formulas: Formulas,

    /// Import into a deployment with changes that are not committed too
    #[arg(long)]
    allow_dirty: bool,

    /// List every cell, also the form's own text
    #[arg(long)]
    cells: bool,

    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    if args.author.is_some() {
        can_commit(context, &repo)?;
    }
    let author = args.author.as_ref().map(|author| author.name.as_str());
    let (book, origin) = super::workbook::open(context, &args.file, args.sender.as_deref().or(author))?;
    if is_own(&book) {
        return returned::run(args, context, &repo, &book, origin);
    }
    let name = args.deployment.as_deref().ok_or_else(|| {
        Error::new(&USAGE, "a checklist does not say which assessment it is").help("name one with `--as`")
    })?;
    let name = super::name(name)?;
    let project = context.sound_project(&repo, None)?;
    if project.has(&name)? {
        return again::run(args, context, &repo, &book, origin, &name);
    }
    let framework = project.framework(&project.settings().framework)?;
    let map = sheet_map(&project, &project.settings().framework)?;
    let new = empty(meta(args, context, &project, &framework, &name)?, &name);
    let read = read_checklist(&book, &map, &framework, new, args.formulas);
    let (mut deployment, mut fates) = (read.right, read.fates);
    confirm(&framework, &mut deployment, &read.stands, None, &origin, &mut fates);
    deployment.imported =
        Some(Arc::new(Received { answers: deployment.answers.clone(), risks: deployment.risks.clone() }));
    let changed = last_change(&deployment.meta.history);
    let entry = recorded(&deployment.meta.history, &origin);
    deployment.meta.history.extend(entry);
    let desk = Desk { context, repo: &repo, project: &project, file: &args.file, origin: &origin };
    let given = Given { approvals: read.approvals, over: None, lost: read.lost, changed, fates: &mut fates };
    let (statements, decisions) = desk.record(&deployment, &framework, given)?;
    if !args.dry_run {
        create(&context.writer(&repo)?, &deployment, &framework, &statements)?;
    }
    let mut report = Body::new(&deployment.name, &origin, book.hides_unknown);
    report.cells = fates.told(&book);
    report.decisions = decisions;
    report.dry_run = args.dry_run;
    report.outcomes = read.outcomes;
    report.missing_sheets = read.missing;
    finish(report, args, context, &repo, &origin)
}

/// An assessment into which a workbook is imported, locked before it is read, so that nothing can change between reading and writing.
struct Existing<'r> {
    repo: &'r Repo,
    writer: Writer,
    project: Project,
    left: Deployment,
    framework: Arc<Framework>,
    pending: Option<Box<Pending>>,
}

/// A workbook that was read.
struct Arrived<'b> {
    workbook: Workbook,
    says: Received,
    report: Body,
    book: &'b Book,
    fates: Fates,
    replies: Vec<Reply>,
    approvals: Vec<Approval>,
    lost: Lost,
    /// What the workbook says, where that is what its approvers decided over.
    over: Option<Deployment>,
    /// The last day on which a checklist says that it was changed.
    changed: Option<Date>,
}

impl<'r> Existing<'r> {
    fn open(args: &Args, context: &Context, repo: &'r Repo, name: &DeploymentName) -> Result<Self, Error> {
        let writer = context.writer(repo)?;
        let project = context.sound_project(repo, None)?;
        let loaded = project.load(name)?;
        let pending = loaded.pending.clone();
        let (left, framework) = loaded.sound()?;
        let folder = folder_of(name);
        // What an earlier import left to decide is tom's own, and is written anew.
        let conflicts = format!("{folder}/{CONFLICTS}");
        let changed = repo.uncommitted(&folder)?;
        let mut changed = changed.iter().filter(|path| **path != conflicts);
        if let Some(first) = changed.next().filter(|_| !args.allow_dirty && !args.dry_run) {
            return Err(Error::new(&UNCOMMITTED, format!("`{name}` has changes that are not committed"))
                .at(Label::file(first))
                .help("commit them first, so that git can undo the import, or say `--allow-dirty`"));
        }
        Ok(Self { repo, writer, project, left, framework, pending })
    }

    /// Merges what the workbook says, and writes it, or what somebody has to decide first.
    fn take(self, args: &Args, context: &Context, arrived: Arrived<'_>) -> Result<Outcome, Error> {
        let Arrived { workbook, says, mut report, book, mut fates, replies, approvals, lost, over, changed } =
            arrived;
        let (left, framework) = (&self.left, &*self.framework);
        let origin = workbook.origin.clone();
        let (files, merged) = match arrive(left, framework, workbook, says, self.pending.as_deref())? {
            Updated::UpToDate => (Vec::new(), Merged::default()),
            Updated::Applied(applied) => {
                let store = self.project.store();
                let mut files = super::update::replacements_of(store, left, &applied, framework)?;
                let desk = Desk {
                    context,
                    repo: self.repo,
                    project: &self.project,
                    file: &args.file,
                    origin: &origin,
                };
                let given = Given { approvals, over, lost, changed, fates: &mut fates };
                let (statements, decisions) = desk.record(&applied.deployment, framework, given)?;
                let statement = |held: Held| Replacement { path: held.path, after: Some(held.bytes) };
                files.extend(statements.into_iter().map(statement));
                files.extend(desk.answer(store, &applied.deployment, framework, &replies, &mut fates)?);
                report.decisions = decisions;
                (files, Merged { changes: applied.changes, conflicts: Vec::new() })
            }
            Updated::Waits(pending, merged) => {
                let why =
                    "what the workbook changes waits for somebody to decide; import it again after that";
                approvals.iter().for_each(|approval| fates.refuse_decision(approval, why));
                replies.iter().for_each(|reply| fates.refuse_reply(reply, why));
                let path = format!("{}/{CONFLICTS}", folder_of(&left.name));
                let text = write_conflicts(&pending, &left.name, framework);
                (vec![Replacement { path, after: Some(text.into_bytes()) }], merged)
            }
        };
        report.cells = fates.told(book);
        if !args.dry_run {
            self.writer.replace_all(&files)?;
        }
        // A hook of git's may want the lock.
        drop(self.writer);
        report.dry_run = args.dry_run;
        report.tell(&merged);
        finish(report, args, context, self.repo, &origin)
    }
}

/// Commits what was written, where that is asked for and nothing waits for somebody to decide, and shows the report.
fn finish(
    mut report: Body,
    args: &Args,
    context: &Context,
    repo: &Repo,
    origin: &Origin,
) -> Result<Outcome, Error> {
    let mut done = Ok(());
    if let Some(author) = args.author.as_ref().filter(|_| report.waits_for_nobody()) {
        report.author = Some(author.to_string());
        let paths = repo.uncommitted(&folder_of(&report.deployment))?;
        if !args.dry_run && !paths.is_empty() {
            let message =
                format!("Import {} into {}\n\nFrom {}.", origin.file, report.deployment, origin.words());
            done = commit(context, repo, &paths, author, &message).map(|id| report.commit = Some(id));
        }
    }
    let outcome = show(report, args, context);
    done.map(|()| outcome)
}

/// Prints a report, and says what the exit code is.
fn show(report: Body, args: &Args, context: &Context) -> Outcome {
    let outcome = if report.is_whole() { Outcome::Clean } else { Outcome::Found };
    match args.format {
        Format::Json => context.print_json(&report.into_json()),
        Format::Text => context.print(report.text(args.cells, context.width)),
    }
    outcome
}

/// Where the framework's checklist keeps its answers.
fn sheet_map(project: &Project, framework: &FrameworkRef) -> Result<SheetMap, Error> {
    let path = format!("frameworks/{}/{}/{SHEET_MAP}", framework.id, framework.version);
    let bytes = project.store().read(&path)?.ok_or_else(|| {
        Error::new(
            &USAGE,
            format!("the framework {framework} does not say where a checklist keeps its answers"),
        )
        .help(format!("`{path}` is missing; `tom init` in an empty folder shows what it should be"))
    })?;
    let (map, findings) = read_sheet_map(&Document::parse(&path, &bytes)?);
    match findings.into_iter().find(crate::diag::Finding::is_error) {
        Some(finding) => Err(finding.into()),
        None => Ok(map),
    }
}

/// The head of a new assessment.
fn meta(
    args: &Args,
    context: &Context,
    project: &Project,
    framework: &Framework,
    name: &DeploymentName,
) -> Result<Meta, Error> {
    let risk_prefix = match &args.risk_prefix {
        Some(prefix) => checked_prefix(prefix)?,
        None => free_prefix(name, &project.prefixes(&prefix_stem(name))?),
    };
    Ok(Meta {
        id: free_id(project, args.id.as_ref(), context)?,
        title: super::plain("title", args.title.as_deref().unwrap_or(name.as_str()))?,
        kind: Kind::Deployment,
        framework: framework.reference(),
        risk_prefix,
        derived_from: None,
        history: BTreeMap::new(),
    })
}

/// The last day of a document's history.
fn last_change(history: &BTreeMap<Key, Revision>) -> Option<Date> {
    history.values().map(|entry| entry.on).max()
}

/// The entry of a document's history that says that a workbook was imported.
fn recorded(history: &BTreeMap<Key, Revision>, origin: &Origin) -> Option<(Key, Revision)> {
    let keys = (1..)
        .map(|n| if n == 1 { format!("import-{}", origin.on) } else { format!("import-{}-{n}", origin.on) });
    let key = keys.filter_map(|key| Key::new(key).ok()).find(|key| !history.contains_key(key))?;
    let by = origin.sender.clone().unwrap_or_else(|| "not named".to_owned());
    Some((key, Revision { on: origin.on, by, text: format!("imported from {}", origin.words()) }))
}

/// An assessment without answers and without a history.
fn empty(meta: Meta, name: &DeploymentName) -> Deployment {
    Deployment::empty(name.clone(), Meta { history: BTreeMap::new(), ..meta })
}
