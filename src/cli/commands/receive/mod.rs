mod files;
mod receipt;
mod signed;
mod text;

use super::update::refuse_dirty;
use crate::cli::child::{self, Limits, Task};
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::{Error, Label};
use crate::exchange::handover::{Carried, HandOver, open};
use crate::exchange::{MOST_HAND_OVER, NOT_WHOLE};
use crate::model::{Deployment, DeploymentName, End, Framework, Ledger, Manifest, Purpose, Source};
use crate::ops::handover::{
    CANNOT_RECEIVE, Claim, Incoming, Place, Received, Settled, Signed, end_of, end_of_person, place, receive,
};
use crate::project::{ASSESSMENTS, Project, SETTINGS, came_from, ledgers};
use crate::store::{Replacement, Repo, Store, WorkTree, read_outside_up_to};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) use receipt::SIGNATURE;
pub(super) use signed::in_words;

/// Take in what was handed over, or a receipt for what was sent
///
/// Makes sure of every byte first, then merges by meaning into the deployment with the same permanent id, or makes it. What nobody can decide for you is written
/// to `conflicts.toml` and nothing else: decide with `tom resolve`, then receive the file again. Receiving a file twice changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom receive acme-northfield-to-deployer-xnf01-1.zip --dry-run
  tom receive acme-northfield-to-deployer-xnf01-1.zip
  tom receive acme-5-1-to-deployer-3.zip --as acme
  tom receive acme-northfield-receipt-1.toml      somebody says that yours arrived

Exit codes: 0 taken in or there already, 1 conflicts, 2 the work was not done.")]
pub struct Args {
    /// The file, as it came
    file: PathBuf,

    /// The name of the deployment here, where it is new; the sender's name for it if not given
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,

    /// Who receives it; git's user name if not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Merge into a deployment with changes that are not committed too
    #[arg(long)]
    allow_dirty: bool,

    /// Say what it would bring, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Whether a hand-over is sound is found out in a limited child first.
pub(super) const TASK: Task = ("reading a hand-over", try_open);

/// An ordinary hand-over needs a tenth of it.
const LIMITS: Limits = Limits { time: Duration::from_secs(2), memory: 512 << 20, output: 1 << 10 };

fn try_open(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    open(bytes).map(|_| Vec::new())
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Body {
    /// The deployment here.
    deployment: DeploymentName,
    /// Who sent it.
    from: String,
    /// The sender's number.
    number: u32,
    /// The digest of the manifest.
    digest: String,
    /// The fingerprint of the key that signed it, where it is listed here for the sender.
    verified: Option<String>,
    /// Why the signature that it has does not count here.
    unverified: Option<String>,
    /// new, merged, again, conflicts or receipt.
    result: &'static str,
    /// The fields that change.
    changes: Vec<Changed>,
    /// The fields that somebody has to decide.
    conflicts: Vec<Conflicting>,
    /// Confirmations and acceptances in the receiver's own name that nobody here gave, and that are left out.
    own_voices: Vec<String>,
    /// What stays as it is here although the other side has something else.
    kept: Vec<String>,
    /// The files that are written, or would be.
    files: Vec<String>,
}

/// A field that changes.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Changed {
    /// Where.
    address: String,
    /// What was there.
    before: Option<String>,
    /// What will be.
    after: Option<String>,
}

/// A field that somebody has to decide.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Conflicting {
    /// Where.
    address: String,
    /// Why.
    why: String,
    /// What both had.
    base: Option<String>,
    /// What stands here.
    ours: Option<String>,
    /// What came.
    theirs: Option<String>,
}

/// What a hand-over meets here.
struct Here {
    store: WorkTree,
    project: Option<Project>,
    /// The deployment with its id.
    deployment: Option<Deployment>,
    pending: Option<Box<crate::model::Pending>>,
    name: DeploymentName,
    ledgers: BTreeMap<String, Ledger>,
    /// Who receives it, and for whom.
    by: String,
    /// Whether it is signed, and what that is worth here.
    signed: Signed,
}

/// What is done with it.
enum Done {
    Again,
    New,
    Merged(Box<Received>),
    Waits(Box<crate::model::Pending>, crate::ops::merge::Merged),
}

/// Whether a word of the command line names a hand-over's file: no deployment's name has a full stop.
pub(super) fn is_file(word: &str) -> bool {
    Path::new(word).extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"))
}

/// A hand-over's file, opened in a limited child first.
pub(super) fn open_file(context: &Context, file: &Path) -> Result<HandOver, Error> {
    let shown = file.display().to_string();
    let bytes = read_outside_up_to(&context.folder.join(file), &shown, MOST_HAND_OVER)?;
    whole(&bytes, &shown)
}

fn whole(bytes: &[u8], shown: &str) -> Result<HandOver, Error> {
    child::run(TASK.0, bytes, LIMITS).map_err(|error| error.at(Label::file(shown)))?;
    open(bytes)
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let shown = args.file.display().to_string();
    let bytes = read_outside_up_to(&context.folder.join(&args.file), &shown, MOST_HAND_OVER)?;
    if !bytes.starts_with(b"PK") {
        return receipt::receive(args, context, &shown, &bytes);
    }
    let over = whole(&bytes, &shown)?;
    let Some(carried) = &over.carried else {
        return Err(Error::new(
            &NOT_WHOLE,
            "this hand-over is for everybody to read: it carries no assessment",
        )
        .at(Label::file(&shown))
        .help("unpack it and open the pages in `packs/` in a browser"));
    };
    let repo = repository(args, context)?;
    let writer = match (&repo, args.dry_run) {
        (Some(repo), false) => Some(context.writer(repo)?),
        _ => None,
    };
    let here = here(args, context, repo.as_ref(), &over)?;
    let done = decide(args, repo.as_ref(), &here, &over, carried)?;
    let replacements = match &done {
        // The same hand-over may come again with a signature.
        Done::Again if here.signed.key().is_some() => files::signature(&over).collect(),
        Done::Again => Vec::new(),
        Done::Waits(pending, _) => vec![files::conflicts(&here, carried, pending)],
        Done::New => files::of_new(&here, &over, carried, context.today())?,
        Done::Merged(received) => files::of_merged(&here, &over, carried, received, context.today())?,
    };
    let replacements = files::that_differ(&here, replacements)?;
    if let Some(writer) = writer {
        writer.replace_all(&replacements)?;
    }
    let body = body(&here, &over, &done, &replacements);
    match args.format {
        Format::Json => context.print_json(&Output::of(body)),
        Format::Text => context.print(text::show(&here, &over, &done, &body, context.width, args.dry_run)),
    }
    Ok(if matches!(done, Done::Waits(..)) { Outcome::Found } else { Outcome::Clean })
}

/// The repository at hand. An empty folder becomes one, because whoever receives their first hand-over has none.
fn repository(args: &Args, context: &Context) -> Result<Option<Repo>, Error> {
    match Repo::discover(&context.folder) {
        Ok(repo) => Ok(Some(repo)),
        Err(error) => {
            let given = context.folder.join(&args.file).canonicalize().ok();
            let is_other = |entry: std::fs::DirEntry| entry.path().canonicalize().ok() != given;
            let is_empty = std::fs::read_dir(&context.folder)
                .is_ok_and(|entries| !entries.filter_map(Result::ok).any(is_other));
            match (is_empty, args.dry_run) {
                (false, _) => Err(error),
                (true, true) => Ok(None),
                (true, false) => Repo::init(&context.folder).map(Some),
            }
        }
    }
}

fn here(args: &Args, context: &Context, repo: Option<&Repo>, over: &HandOver) -> Result<Here, Error> {
    let manifest = &over.manifest;
    let root = match repo {
        Some(repo) => context.work_tree(repo)?,
        None => context.folder.clone(),
    };
    let store = WorkTree::new(root);
    let is_project = store.read(SETTINGS)?.is_some();
    let project = match repo {
        Some(repo) if is_project => Some(context.sound_project(repo, None)?),
        _ => None,
    };
    let by = match (repo, &args.by) {
        (Some(repo), by) => super::speaker(by.as_ref(), repo)?,
        (None, Some(by)) => super::plain("name", by)?,
        (None, None) => "nobody yet".to_owned(),
    };
    if let Some(project) = &project
        && let Ok(me) = end_of_person(project.settings(), &by)
        && !manifest.to.means(&me)
    {
        return Err(Error::new(
            &CANNOT_RECEIVE,
            format!("this was handed over to {}, and `{by}` speaks for {me}", manifest.to),
        )
        .help("tell the sender that it went astray; or say who receives it with `--by`"));
    }
    let asked = args.name.as_deref().map(super::name).transpose()?;
    let known = match &project {
        Some(project) => of_id(project, over)?,
        None => None,
    };
    let name = match (&known, asked) {
        (Some(known), Some(asked)) if *known != asked => {
            return Err(
                Error::new(&USAGE, format!("it is here already, as `{known}`")).help("leave `--as` out")
            );
        }
        (Some(known), _) => known.clone(),
        (None, asked) => asked.unwrap_or_else(|| manifest.name.clone()),
    };
    let settings = project.as_ref().map(Project::settings);
    let signed = sent_by(manifest).signed(settings, &over.signed, over.signature.as_deref())?;
    signed::demand(sent_by(manifest), settings, &signed)?;
    let ledgers = ledgers(&store, &manifest.id)?;
    let mut here = Here { store, project, deployment: None, pending: None, name, ledgers, by, signed };
    let Some(project) = &here.project else { return Ok(here) };
    if known.is_some() {
        let loaded = project.load(&here.name)?;
        here.pending = loaded.pending.clone();
        here.deployment = Some(loaded.sound()?.0);
    } else if project.has(&here.name)? {
        return Err(Error::new(
            &crate::store::EXISTS,
            format!("another deployment here is called `{}`", here.name),
        )
        .help("choose a name for this one with `--as`"));
    }
    Ok(here)
}

/// Who is said to have sent a hand-over.
pub(super) fn sent_by(manifest: &Manifest) -> Claim<'_> {
    Claim { purpose: Purpose::HandOver, by: &manifest.by, of: &manifest.from, on: manifest.on }
}

/// The deployment with the hand-over's id.
fn of_id(project: &Project, over: &HandOver) -> Result<Option<DeploymentName>, Error> {
    // One that cannot be read may be the one: then nobody knows, and it has to be mended first.
    for name in project.deployments()?.0 {
        if project.meta(&name)?.id == over.manifest.id {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// What becomes of it.
fn decide(
    args: &Args,
    repo: Option<&Repo>,
    here: &Here,
    over: &HandOver,
    carried: &Carried,
) -> Result<Done, Error> {
    let (manifest, digest) = (&over.manifest, over.digest.as_str());
    if place(manifest, digest, &here.ledgers)? == Place::Again && here.deployment.is_some() {
        return Ok(Done::Again);
    }
    refuse_other_framework(here, &carried.framework)?;
    let Some(deployment) = &here.deployment else { return Ok(Done::New) };
    refuse_stranger(deployment, &carried.framework, &manifest.from)?;
    let waits = here.pending.as_ref().map(|pending| &pending.source);
    if let Some(other) =
        waits.filter(|source| !matches!(source, Source::HandOver { digest: of, .. } if of == digest))
    {
        let what =
            format!("`{}` still waits for decisions about what came from `{}`", here.name, other.name());
        return Err(
            Error::new(&CANNOT_RECEIVE, what).help(format!("decide them first: `tom resolve {}`", here.name))
        );
    }
    if let (Some(repo), false, false) = (repo, args.allow_dirty, args.dry_run) {
        refuse_dirty(std::slice::from_ref(&here.name), &repo.uncommitted(ASSESSMENTS)?)?;
    }
    let last = came_from(&here.store, &manifest.id, &manifest.from, &carried.framework)?;
    let incoming = Incoming { manifest, digest, theirs: &carried.deployment, base: carried.base.as_ref() };
    let settled = receive(
        deployment,
        &carried.framework,
        incoming,
        &here.ledgers,
        last.as_ref(),
        here.pending.as_deref(),
    )?;
    Ok(match settled {
        Settled::Merged(received) => Done::Merged(received),
        Settled::Waits(pending, merged) => Done::Waits(pending, merged),
    })
}

/// An assessment is handed over by its own parties: whoever speaks for another trust, with whatever signature, does not speak for this one.
fn refuse_stranger(here: &Deployment, framework: &Framework, from: &End) -> Result<(), Error> {
    let expected = end_of(here, framework, &from.party);
    if expected.means(from) {
        return Ok(());
    }
    Err(Error::new(
        &CANNOT_RECEIVE,
        format!("it comes from {from}, and `{}` here is an assessment of {expected}", here.name),
    )
    .help("ask whoever sent it; where the organisation has another code by now, set that here first"))
}

/// The framework of the same version has to be the same here.
fn refuse_other_framework(here: &Here, framework: &Framework) -> Result<(), Error> {
    let Some(project) = &here.project else { return Ok(()) };
    let is_same =
        |known: &&std::sync::Arc<Framework>| known.id == framework.id && known.version == framework.version;
    match project.frameworks().find(is_same) {
        Some(known) if known.digest != framework.digest => Err(Error::new(
            &CANNOT_RECEIVE,
            format!("the framework {} {} here is not the one of the hand-over", known.id, known.version),
        )
        .note(format!("here it has {}", known.digest))
        .note(format!("there it has {}", framework.digest))
        .help("one of the two was edited: the same answers may stand beside other questions")),
        _ => Ok(()),
    }
}

fn body(here: &Here, over: &HandOver, done: &Done, files: &[Replacement]) -> Body {
    let words = |field: &Option<crate::ops::merge::Field>| field.as_ref().map(ToString::to_string);
    let changed = |change: &crate::ops::merge::Change| Changed {
        address: change.place.address().to_string(),
        before: words(&change.before),
        after: words(&change.after),
    };
    let mut body = Body {
        deployment: here.name.clone(),
        from: over.manifest.from.to_string(),
        number: over.manifest.number,
        digest: over.digest.clone(),
        verified: here.signed.key(),
        unverified: here.signed.doubt(),
        result: match done {
            Done::Again => "again",
            Done::New => "new",
            Done::Merged(_) => "merged",
            Done::Waits(..) => "conflicts",
        },
        changes: Vec::new(),
        conflicts: Vec::new(),
        own_voices: Vec::new(),
        kept: Vec::new(),
        files: files.iter().map(|file| file.path.clone()).collect(),
    };
    match done {
        Done::Merged(received) => {
            body.changes = received.changes.iter().map(changed).collect();
            body.own_voices.clone_from(&received.own_voices);
            body.kept.clone_from(&received.kept);
        }
        Done::Waits(_, merged) => {
            body.changes = merged.changes.iter().map(changed).collect();
            body.conflicts = merged
                .conflicts
                .iter()
                .map(|conflict| Conflicting {
                    address: conflict.place.address().to_string(),
                    why: conflict.why.as_str().to_owned(),
                    base: words(&conflict.sides.base),
                    ours: words(&conflict.sides.left),
                    theirs: words(&conflict.sides.right),
                })
                .collect();
        }
        Done::Again | Done::New => {}
    }
    body
}
