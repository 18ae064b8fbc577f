//! A repository, and the files as they are at one of its revisions.

use super::beneath::linked;
use super::worktree::too_large;
use super::{Entry, EntryKind, MAX_FILE, NO_REPOSITORY, NO_REVISION, NOT_A_FILE, Store, UNREADABLE};
use crate::diag::{Error, Label};
use git2::{ErrorCode, ObjectType, Oid, Repository, StatusOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A git repository.
pub struct Repo {
    git: Repository,
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

fn revision_error(revision: &str, error: &git2::Error) -> Error {
    Error::new(
        &NO_REVISION,
        format!("cannot read revision `{}`: {}", revision.escape_debug(), error.message()),
    )
}

impl Repo {
    /// The repository that a folder is in.
    pub fn discover(folder: &Path) -> Result<Self, Error> {
        let git = Repository::discover(folder).map_err(|error| {
            let finding = Error::new(
                &NO_REPOSITORY,
                match error.code() {
                    ErrorCode::NotFound => format!("`{}` is in no git repository", folder.display()),
                    _ => format!(
                        "cannot open the git repository of `{}`: {}",
                        folder.display(),
                        error.message()
                    ),
                },
            );
            match error.message() {
                text if text.contains("refstorage") => {
                    finding.help("reftable repositories are not supported: use `git init --ref-format=files`")
                }
                text if text.contains("objectformat") || text.contains("object format") => finding
                    .help("SHA-256 repositories are not supported: use `git init --object-format=sha1`"),
                text if text.contains("owner") => finding.help(format!(
                    "if you trust it: `git config --global --add safe.directory {}`",
                    folder.display()
                )),
                _ => finding.help("make one with `tom init`, or call tom from inside one"),
            }
        })?;
        Ok(Self { git })
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

    /// The files at a revision.
    pub fn at(&self, revision: &str) -> Result<GitStore, Error> {
        let object = self.git.revparse_single(revision).map_err(|error| {
            let known = revision_error(revision, &error);
            if self.is_unborn() {
                known.help("nothing has been committed in this repository yet")
            } else {
                known
            }
        })?;
        let commit = object.peel_to_commit().map_err(|error| revision_error(revision, &error))?;
        let tree = commit.tree_id();
        let git = Repository::open(self.git.path()).map_err(|error| revision_error(revision, &error))?;
        let seconds = commit.time().seconds();
        Ok(GitStore { git: Mutex::new(git), tree, commit: Commit { id: commit.id().to_string(), seconds } })
    }

    /// The paths beneath a folder that differ from what is committed, ignored files apart.
    pub fn uncommitted(&self, folder: &str) -> Result<Vec<String>, Error> {
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .pathspec(folder)
            .disable_pathspec_match(true);
        options.update_index(false);
        let statuses = self.git.statuses(Some(&mut options)).map_err(|error| {
            Error::new(&UNREADABLE, format!("cannot compare with the commit: {}", error.message()))
        })?;
        Ok(statuses.iter().filter_map(|status| status.path().ok().map(str::to_owned)).collect())
    }

    /// The newest commit, from a revision back along first parents, that changed a folder.
    pub fn last_change(&self, revision: &str, folder: &str) -> Result<Option<Commit>, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let mut commit = self.git.revparse_single(revision).and_then(|o| o.peel_to_commit()).map_err(fail)?;
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
            let Ok(parent) = commit.parent(0) else { return Ok(Some(found)) };
            if entry(&parent).map_err(fail)? != Some(here) {
                return Ok(Some(found));
            }
            commit = parent;
        }
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
    git: Mutex<Repository>,
    tree: Oid,
    commit: Commit,
}

impl GitStore {
    /// The commit that the files are read from.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    fn error(&self, path: &str, error: &git2::Error) -> Error {
        let commit = &self.commit.id[..12];
        Error::new(&UNREADABLE, format!("cannot read `{path}` at {commit}: {}", error.message()))
            .at(Label::file(path))
    }

    fn git(&self) -> MutexGuard<'_, Repository> {
        self.git.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, path: &str) -> Result<Option<(Oid, EntryKind)>, Error> {
        let git = self.git();
        let tree = git.find_tree(self.tree).map_err(|error| self.error(path, &error))?;
        match tree.get_path(Path::new(path)) {
            Ok(entry) => Ok(Some((entry.id(), kind_of(entry.filemode())))),
            Err(error) if error.code() == ErrorCode::NotFound => match link_above(&tree, path) {
                Some(link) => Err(linked(link)),
                None => Ok(None),
            },
            Err(error) => Err(self.error(path, &error)),
        }
    }
}

/// The folder on the way to a path that is a link.
fn link_above<'p>(tree: &git2::Tree<'_>, path: &'p str) -> Option<&'p str> {
    let mut folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    folders.find(|folder| {
        let entry = tree.get_path(Path::new(folder));
        entry.is_ok_and(|entry| kind_of(entry.filemode()) == EntryKind::Link)
    })
}

fn kind_of(mode: i32) -> EntryKind {
    match mode & 0o170_000 {
        0o040_000 => EntryKind::Folder,
        0o120_000 => EntryKind::Link,
        0o100_000 => EntryKind::File,
        _ => EntryKind::Other,
    }
}

impl Store for GitStore {
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let tree = if folder.is_empty() {
            self.tree
        } else {
            match self.find(folder)? {
                Some((id, EntryKind::Folder)) => id,
                Some((_, EntryKind::Link)) => return Err(linked(folder)),
                _ => return Ok(Vec::new()),
            }
        };
        let git = self.git();
        let tree = git.find_tree(tree).map_err(|error| self.error(folder, &error))?;
        let mut entries: Vec<Entry> = tree
            .iter()
            .map(|entry| Entry {
                name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
                kind: kind_of(entry.filemode()),
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        let id = match self.find(file)? {
            None => return Ok(None),
            Some((id, EntryKind::File)) => id,
            Some(_) => {
                return Err(
                    Error::new(&NOT_A_FILE, format!("`{file}` is not a regular file")).at(Label::file(file))
                );
            }
        };
        // The header tells the size before anything is inflated.
        let git = self.git();
        let odb = git.odb().map_err(|error| self.error(file, &error))?;
        let (size, kind) = odb.read_header(id).map_err(|error| self.error(file, &error))?;
        if kind != ObjectType::Blob || size as u64 > MAX_FILE {
            return Err(too_large(file, size as u64));
        }
        let object = odb.read(id).map_err(|error| self.error(file, &error))?;
        Ok(Some(object.data().to_vec()))
    }

    fn fork(&self) -> Result<Box<dyn Store>, Error> {
        let git = Repository::open(self.git().path()).map_err(|error| self.error("", &error))?;
        Ok(Box::new(Self { git: Mutex::new(git), tree: self.tree, commit: self.commit.clone() }))
    }
}
