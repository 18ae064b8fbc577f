//! A repository, and the files as they are at one of its revisions.

use super::beneath::{linked, split};
use super::commits::parents;
use super::home::Home;
use super::packs::header;
use super::worktree::too_large;
use super::{Entry, EntryKind, NO_REPOSITORY, NO_REVISION, NOT_A_FILE, Store, UNREADABLE};
use crate::diag::{Error, Label};
use git2::{ErrorCode, ObjectType, Oid, Repository, StatusOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

static HOLD_AGAINST_IDS: AtomicBool = AtomicBool::new(false);

/// From now on every object of git's is held against its id when it is read, in repositories that are opened after this: for commands that
/// say what something is worth.
pub fn hold_objects_against_ids() {
    HOLD_AGAINST_IDS.store(true, Ordering::Relaxed);
}

/// A git repository.
pub struct Repo {
    pub(super) git: Repository,
    pub(super) home: Home,
}

/// A commit, as packs and lineage name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub seconds: i64,
}

/// A name and an address, as git's configuration has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

pub(super) fn revision_error(revision: &str, error: &git2::Error) -> Error {
    Error::new(
        &NO_REVISION,
        format!("cannot read revision `{}`: {}", revision.escape_debug(), error.message()),
    )
}

pub(super) fn not_opened(folder: &Path, error: &git2::Error) -> Error {
    let place = folder.display();
    let finding = Error::new(
        &NO_REPOSITORY,
        match error.code() {
            ErrorCode::NotFound if !folder.exists() => {
                return Error::new(&NO_REPOSITORY, format!("there is no folder `{place}`"));
            }
            ErrorCode::NotFound => format!("`{place}` is in no git repository"),
            _ => format!("cannot open the git repository of `{place}`: {}", error.message()),
        },
    );
    match error.message() {
        text if text.contains("refstorage") => {
            finding.help("reftable repositories are not supported: use `git init --ref-format=files`")
        }
        text if text.contains("objectformat") || text.contains("object format") => {
            finding.help("SHA-256 repositories are not supported: use `git init --object-format=sha1`")
        }
        text if text.contains("not owned") => {
            finding.help(format!("if you trust it: `git config --global --add safe.directory {place}`"))
        }
        _ => finding.help("make one with `tom init`, or call tom from inside one"),
    }
}

fn located(folder: &Path) -> Result<Repository, git2::Error> {
    // As git itself: objects are guarded by the checksums of their compression, and hashing each again
    // would be a quarter of the cost of reading a revision. `git fsck` does that, and whoever decides or verifies.
    git2::opts::strict_hash_verification(HOLD_AGAINST_IDS.load(Ordering::Relaxed));
    Repository::discover(folder)
}

fn unset(key: &str, error: &git2::Error) -> Error {
    Error::new(&super::UNWRITABLE, format!("cannot read or write git's setting `{key}`: {}", error.message()))
}

impl Repo {
    /// The repository that a folder is in.
    pub fn discover(folder: &Path) -> Result<Self, Error> {
        located(folder).map_err(|error| not_opened(folder, &error)).and_then(Self::of)
    }

    /// The repository that a folder is in, if it is in one.
    pub fn find(folder: &Path) -> Result<Option<Self>, Error> {
        match located(folder) {
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(not_opened(folder, &error)),
            Ok(git) => Self::of(git).map(Some),
        }
    }

    fn of(git: Repository) -> Result<Self, Error> {
        if HOLD_AGAINST_IDS.load(Ordering::Relaxed) {
            super::packs::sound(git.commondir())?;
        }
        let home = Home::of(&git);
        Ok(Self { git, home })
    }

    /// A new repository in a folder. It is built beside and moved into place, so that it is there whole or not at all.
    pub fn init(folder: &Path) -> Result<Self, Error> {
        let place = folder.display();
        let fail = |why: &dyn std::fmt::Display| {
            Error::new(&NO_REPOSITORY, format!("cannot make a git repository in `{place}`: {why}"))
        };
        let beside = folder.join(format!("{}{}-git", super::write::UNFINISHED, std::process::id()));
        let build = || -> Result<(), Error> {
            std::fs::create_dir_all(&beside).map_err(|error| fail(&error))?;
            let mut options = git2::RepositoryInitOptions::new();
            options.initial_head("main").external_template(false);
            Repository::init_opts(&beside, &options).map_err(|error| fail(&error.message()))?;
            std::fs::rename(beside.join(".git"), folder.join(".git")).map_err(|error| fail(&error))
        };
        let built = build();
        let _ = std::fs::remove_dir_all(&beside);
        built?;
        Self::discover(folder)
    }

    /// The repository as git2 knows it.
    pub(super) fn git(&self) -> &Repository {
        &self.git
    }

    /// The file of the SSH key that git's configuration signs with.
    pub fn signing_key(&self) -> Option<PathBuf> {
        let config = self.git.config().ok()?;
        let is_ssh = config.get_string("gpg.format").is_ok_and(|format| format == "ssh");
        let key = config.get_path("user.signingkey").ok().filter(|_| is_ssh)?;
        // A key that stands there itself, rather than its file, is no file's name.
        let text = key.to_string_lossy();
        (!text.starts_with("key::") && !text.contains(' ')).then_some(key)
    }

    /// The top of the work tree; none in a bare repository.
    pub fn work_tree(&self) -> Option<PathBuf> {
        self.git.workdir().map(Path::to_path_buf)
    }

    /// The folder that all work trees of the repository share, where locks stand.
    pub fn common_dir(&self) -> PathBuf {
        self.git.commondir().to_path_buf()
    }

    /// Whether nothing has been committed yet.
    pub fn is_unborn(&self) -> bool {
        self.git.head().is_err()
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// [`NO_REVISION`], with what to fetch where that can be told.
    pub(super) fn named(&self, revision: &str) -> Result<git2::Commit<'_>, Error> {
        let object = self.git.revparse_single(revision).map_err(|error| {
            let known = revision_error(revision, &error);
            if self.is_unborn() {
                return known.help("nothing has been committed in this repository yet");
            }
            match self.fetch_help(revision) {
                Some(help) => known.help(help),
                None => known,
            }
        })?;
        object.peel_to_commit().map_err(|error| revision_error(revision, &error))
    }

    /// The files at a revision.
    pub fn at(&self, revision: &str) -> Result<GitStore, Error> {
        super::packs::sound(self.git.commondir())?;
        let commit = self.named(revision)?;
        let tree = commit.tree_id();
        let git = self.home.git().map_err(|error| revision_error(revision, &error))?;
        let seconds = commit.time().seconds();
        let commit = Commit { id: commit.id().to_string(), seconds };
        let view = Mutex::new(View { git, listed: Vec::new() });
        Ok(GitStore { view, tree, commit, home: self.home.clone() })
    }

    /// The paths beneath a folder that differ from what is committed, ignored files apart.
    pub fn uncommitted(&self, folder: &str) -> Result<Vec<String>, Error> {
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).disable_pathspec_match(true);
        if !folder.is_empty() {
            options.pathspec(folder);
        }
        options.update_index(false);
        let statuses = self.git.statuses(Some(&mut options)).map_err(|error| {
            Error::new(&UNREADABLE, format!("cannot compare with the commit: {}", error.message()))
        })?;
        Ok(statuses.iter().filter_map(|status| status.path().ok().map(str::to_owned)).collect())
    }

    /// The paths that differ between the index and what is committed.
    pub fn staged(&self) -> Result<Vec<String>, Error> {
        let mut options = StatusOptions::new();
        options.show(git2::StatusShow::Index).update_index(false);
        let statuses = self.git.statuses(Some(&mut options)).map_err(|error| {
            Error::new(&UNREADABLE, format!("cannot compare with the commit: {}", error.message()))
        })?;
        Ok(statuses.iter().filter_map(|status| status.path().ok().map(str::to_owned)).collect())
    }

    /// Whether a merge, a rebase or the like is under way.
    pub fn is_in_the_middle(&self) -> bool {
        self.git.state() != git2::RepositoryState::Clean
    }

    /// The newest commit, from a revision back along first parents, that changed a folder.
    pub fn last_change(&self, revision: &str, folder: &str) -> Result<Option<Commit>, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let mut commit = self.named(revision)?;
        let entry = |commit: &git2::Commit<'_>| -> Result<Option<Oid>, git2::Error> {
            match commit.tree()?.get_path(Path::new(folder)) {
                Ok(entry) => Ok(Some(entry.id())),
                Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        let Some(here) = entry(&commit).map_err(fail)? else { return Ok(None) };
        loop {
            let found = Commit { id: commit.id().to_string(), seconds: commit.time().seconds() };
            // The parent may be missing in a shallow clone: what is known is the commit in hand.
            let before = parents(&commit).next();
            let Some(Ok(parent)) = before.map(|id| self.git.find_commit(id)) else { return Ok(Some(found)) };
            if entry(&parent).map_err(fail)? != Some(here) {
                return Ok(Some(found));
            }
            commit = parent;
        }
    }

    /// A setting of this repository alone; none where only a wider configuration has it, or nobody.
    pub fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        match self.local_config().and_then(|config| config.get_string(key)) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(unset(key, &error)),
        }
    }

    /// Gives a setting of this repository alone a value, or takes it away.
    pub fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), Error> {
        let done = self.local_config().and_then(|mut config| match value {
            Some(value) => config.set_str(key, value),
            None => config.remove(key),
        });
        done.map_err(|error| unset(key, &error))
    }

    fn local_config(&self) -> Result<git2::Config, git2::Error> {
        self.git.config()?.open_level(git2::ConfigLevel::Local)
    }

    /// The identity that git's configuration gives.
    pub fn identity(&self) -> Option<Signature> {
        let signature = self.git.signature().ok()?;
        Some(Signature { name: signature.name().ok()?.to_owned(), email: signature.email().ok()?.to_owned() })
    }

    /// Commits everything in the work tree; returns the commit's id.
    pub fn commit_all(&self, message: &str, by: &Signature, seconds: i64) -> Result<String, Error> {
        let commit = || -> Result<Oid, git2::Error> {
            let mut index = self.git.index()?;
            index.add_all(["*"], git2::IndexAddOption::DEFAULT, None)?;
            index.update_all(["*"], None)?;
            index.write()?;
            let tree = self.git.find_tree(index.write_tree()?)?;
            let who = git2::Signature::new(&by.name, &by.email, &git2::Time::new(seconds, 0))?;
            let parent = self.git.head().ok().map(|head| head.peel_to_commit()).transpose()?;
            self.git.commit(Some("HEAD"), &who, &who, message, &tree, &parent.iter().collect::<Vec<_>>())
        };
        commit()
            .map(|id| id.to_string())
            .map_err(|error| Error::new(&super::UNWRITABLE, format!("cannot commit: {}", error.message())))
    }
}

/// The files at one revision.
pub struct GitStore {
    // A repository belongs to one thread at a time; [`Store::fork`] gives another thread its own.
    view: Mutex<View>,
    tree: Oid,
    commit: Commit,
    home: Home,
}

/// A repository, and the folders on the way to the last path that was looked up: the next one shares most of them.
struct View {
    git: Repository,
    /// Each with its name; the first is the root.
    listed: Vec<(String, Vec<Listed>)>,
}

/// An entry of a folder at a revision.
struct Listed {
    name: String,
    id: Oid,
    kind: EntryKind,
}

/// What stands where a folder is looked for.
enum Way {
    Folder,
    Missing,
    /// A link, on the way or at its end.
    Link(String),
}

impl View {
    fn list(&self, tree: Oid) -> Result<Vec<Listed>, git2::Error> {
        let tree = self.git.find_tree(tree)?;
        let listed = tree.iter().map(|entry| Listed {
            name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
            id: entry.id(),
            kind: kind_of(entry.filemode()),
        });
        let mut listed: Vec<Listed> = listed.collect();
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(listed)
    }

    /// Lists the folders on the way to one, so that it is the last of them.
    fn go(&mut self, root: Oid, folder: &str) -> Result<Way, git2::Error> {
        let parts: Vec<&str> =
            std::iter::once("").chain(folder.split('/').filter(|part| !part.is_empty())).collect();
        let known = parts.iter().zip(&self.listed).take_while(|(part, (name, _))| *part == name).count();
        self.listed.truncate(known);
        for (depth, part) in parts.iter().enumerate().skip(known) {
            let tree = match self.listed.last() {
                None => root,
                Some((_, above)) => match find(above, part) {
                    Some(Listed { id, kind: EntryKind::Folder, .. }) => *id,
                    Some(Listed { kind: EntryKind::Link, .. }) => {
                        return Ok(Way::Link(parts[1..=depth].join("/")));
                    }
                    _ => return Ok(Way::Missing),
                },
            };
            let listed = self.list(tree)?;
            self.listed.push(((*part).to_owned(), listed));
        }
        Ok(Way::Folder)
    }

    /// The entries of the folder that was gone to.
    fn here(&self) -> &[Listed] {
        self.listed.last().map_or(&[], |(_, entries)| entries)
    }
}

fn find<'l>(entries: &'l [Listed], name: &str) -> Option<&'l Listed> {
    let at = entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
    entries.get(at)
}

impl GitStore {
    /// The commit that the files are read from.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The tree of its files.
    pub(super) fn tree(&self) -> Oid {
        self.tree
    }

    fn error(&self, path: &str, error: &git2::Error) -> Error {
        let commit = &self.commit.id[..12];
        Error::new(&UNREADABLE, format!("cannot read `{path}` at {commit}: {}", error.message()))
            .at(Label::file(path))
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The beginning of an id, as [`Store::likeness`] gives it.
pub(super) fn likeness_of(id: Oid) -> u64 {
    id.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

pub(super) fn kind_of(mode: i32) -> EntryKind {
    match mode & 0o170_000 {
        0o040_000 => EntryKind::Folder,
        0o120_000 => EntryKind::Link,
        0o100_000 => EntryKind::File,
        _ => EntryKind::Other,
    }
}

impl Store for GitStore {
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let mut view = self.view();
        match view.go(self.tree, folder).map_err(|error| self.error(folder, &error))? {
            Way::Link(at) => Err(linked(&at)),
            Way::Missing => Ok(Vec::new()),
            Way::Folder => Ok(view
                .here()
                .iter()
                .map(|entry| Entry { name: entry.name.clone(), kind: entry.kind })
                .collect()),
        }
    }

    fn read_up_to(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let mut view = self.view();
        let (folder, name) = split(file);
        let id = match view.go(self.tree, folder).map_err(|error| self.error(file, &error))? {
            Way::Link(at) => return Err(linked(&at)),
            Way::Missing => return Ok(None),
            Way::Folder => match find(view.here(), name) {
                None => return Ok(None),
                Some(Listed { id, kind: EntryKind::File, .. }) => *id,
                Some(_) => {
                    return Err(Error::new(&NOT_A_FILE, format!("`{file}` is not a regular file"))
                        .at(Label::file(file)));
                }
            },
        };
        // The header tells the size before anything is inflated.
        let odb = view.git.odb().map_err(|error| self.error(file, &error))?;
        let (size, kind) = header(&odb, id).map_err(|error| self.error(file, &error))?;
        if kind != ObjectType::Blob || size as u64 > most {
            return Err(too_large(file, size as u64, most));
        }
        let object = odb.read(id).map_err(|error| self.error(file, &error))?;
        Ok(Some(object.data().to_vec()))
    }

    fn likeness(&self, file: &str) -> Option<u64> {
        let mut view = self.view();
        let (folder, name) = split(file);
        match view.go(self.tree, folder).ok()? {
            Way::Folder => find(view.here(), name).map(|entry| likeness_of(entry.id)),
            Way::Missing | Way::Link(_) => None,
        }
    }

    fn fork(&self) -> Result<Box<dyn Store>, Error> {
        let git = self.home.git().map_err(|error| self.error("", &error))?;
        let view = Mutex::new(View { git, listed: Vec::new() });
        Ok(Box::new(Self { view, tree: self.tree, commit: self.commit.clone(), home: self.home.clone() }))
    }
}
