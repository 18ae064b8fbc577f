//! The commits of a repository, seen through the names of trees: what did not change is known to be the same without being
//! read. [`super::History`] is narrower: one folder that keeps its name.

use super::behind::{merge_base, not_behind};
use super::git::{kind_of, revision_error};
use super::packs::header;
use super::worktree::too_large;
use super::{EntryKind, MAX_FILE, Repo, UNREADABLE};
use crate::diag::{Error, Label};
use git2::{ObjectType, Oid, Repository, Sort};
use std::collections::BTreeSet;
use std::path::Path;

/// The name of a commit, tree or file. Equal names mean equal content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId(Oid);

impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A commit as history shows it.
#[derive(Debug, Clone)]
pub struct PastCommit {
    /// Its name.
    pub id: ObjectId,
    /// The commits before it, as far as they are here.
    pub parents: Vec<ObjectId>,
    /// Whether a commit before it is not here, as in a shallow clone.
    pub is_cut: bool,
    /// Who wrote it.
    pub author: String,
    /// The author's address.
    pub email: String,
    /// When it was written, in seconds since 1970.
    pub seconds: i64,
    /// The first line of its message.
    pub subject: String,
}

/// A view of the past. It belongs to one thread.
pub struct Commits<'r> {
    git: &'r Repository,
}

impl Repo {
    /// When a commit was made, in seconds since 1970, by the clock of whoever made it; none where it is not here.
    pub fn made(&self, id: &str) -> Option<i64> {
        let commit = self.git().find_commit(Oid::from_str(id).ok()?).ok()?;
        Some(commit.time().seconds())
    }

    /// Those of some commits that are neither a revision nor one that it is built on, as far as the history is here.
    pub fn not_behind<'i>(&self, revision: &str, ids: &BTreeSet<&'i str>) -> Result<Vec<&'i str>, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let tip = self.named(revision)?.id();
        let named = ids.iter().filter_map(|id| Oid::from_str(id).ok()).collect();
        let gone = not_behind(self.git(), tip, named).map_err(fail)?;
        let is_gone = |id: &&str| Oid::from_str(id).map_or(true, |id| gone.contains(&id));
        Ok(ids.iter().copied().filter(is_gone).collect())
    }

    /// The past of this repository.
    pub fn commits(&self) -> Commits<'_> {
        Commits { git: self.git() }
    }
}

fn unreadable(what: impl std::fmt::Display, error: &git2::Error) -> Error {
    Error::new(&UNREADABLE, format!("cannot read {what} from git: {}", error.message()))
}

/// Whether a commit before this one is not here. git leaves out the parents at the edge of a shallow clone; the commit itself still names them.
pub(super) fn is_cut(git: &Repository, commit: &git2::Commit<'_>) -> bool {
    parents(commit).any(|parent| git.find_commit(parent).is_err())
}

/// The parents that a commit's own bytes name, whatever grafts or a shallow boundary say instead.
pub(super) fn parents(commit: &git2::Commit<'_>) -> impl Iterator<Item = Oid> {
    let lines = commit.raw_header_bytes().split(|byte| *byte == b'\n');
    let named = lines.filter_map(|line| line.strip_prefix(b"parent "));
    named.filter_map(|id| Oid::from_str(str::from_utf8(id).ok()?).ok())
}

impl Commits<'_> {
    /// The commit that a revision names.
    pub fn commit_of(&self, revision: &str) -> Result<ObjectId, Error> {
        super::packs::sound(self.git.commondir())?;
        let object = self.git.revparse_single(revision).and_then(|object| object.peel_to_commit());
        object.map(|commit| ObjectId(commit.id())).map_err(|error| revision_error(revision, &error))
    }

    /// Every commit from one back, each before those that it follows.
    pub fn walk(&self, from: ObjectId) -> Result<Vec<ObjectId>, Error> {
        let walk = || -> Result<Vec<ObjectId>, git2::Error> {
            let mut walk = self.git.revwalk()?;
            walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
            walk.push(from.0)?;
            walk.map(|id| id.map(ObjectId)).collect()
        };
        walk().map_err(|error| unreadable("the history", &error))
    }

    /// A commit.
    pub fn commit(&self, id: ObjectId) -> Result<PastCommit, Error> {
        let commit = self.git.find_commit(id.0).map_err(|error| unreadable(id, &error))?;
        let is_here = |parent: &Oid| self.git.find_commit(*parent).is_ok();
        let parents: Vec<ObjectId> = parents(&commit).filter(is_here).map(ObjectId).collect();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(PastCommit {
            id,
            is_cut: is_cut(self.git, &commit),
            parents,
            author: text(commit.author().name_bytes()),
            email: text(commit.author().email_bytes()),
            seconds: commit.author().when().seconds(),
            subject: text(commit.summary_bytes().unwrap_or_default()),
        })
    }

    /// The newest commit that two have in common.
    pub fn base(&self, left: ObjectId, right: ObjectId) -> Result<Option<ObjectId>, Error> {
        let base = merge_base(self.git, left.0, right.0);
        base.map(|id| id.map(ObjectId)).map_err(|error| unreadable("the history", &error))
    }

    /// Whether a commit of a name is here.
    pub fn find(&self, id: &str) -> Option<ObjectId> {
        let id = Oid::from_str(id).ok()?;
        self.git.find_commit(id).ok().map(|commit| ObjectId(commit.id()))
    }

    /// The folder at a path of a commit.
    pub fn folder(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
        self.at_path(commit, path, EntryKind::Folder)
    }

    /// The file at a path of a commit.
    pub fn file(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
        self.at_path(commit, path, EntryKind::File)
    }

    fn at_path(&self, commit: ObjectId, path: &str, kind: EntryKind) -> Result<Option<ObjectId>, Error> {
        let tree = self.git.find_commit(commit.0).and_then(|commit| commit.tree());
        let tree = tree.map_err(|error| unreadable(commit, &error))?;
        match tree.get_path(Path::new(path)) {
            Ok(entry) if kind_of(entry.filemode()) == kind => Ok(Some(ObjectId(entry.id()))),
            Ok(_) => Ok(None),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(unreadable(format!("`{path}`"), &error)),
        }
    }

    /// The entry of a name in a folder.
    pub fn entry(&self, folder: ObjectId, name: &str) -> Result<Option<ObjectId>, Error> {
        let tree = self.git.find_tree(folder.0).map_err(|error| unreadable(folder, &error))?;
        Ok(tree.get_name(name).map(|entry| ObjectId(entry.id())))
    }

    /// Everything in a folder.
    pub fn entries(&self, folder: ObjectId) -> Result<Vec<(String, EntryKind, ObjectId)>, Error> {
        let tree = self.git.find_tree(folder.0).map_err(|error| unreadable(folder, &error))?;
        let entries = tree.iter().map(|entry| {
            let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
            (name, kind_of(entry.filemode()), ObjectId(entry.id()))
        });
        Ok(entries.collect())
    }

    /// The bytes of a file, whose size is looked at first.
    pub fn read(&self, id: ObjectId, path: &str) -> Result<Vec<u8>, Error> {
        let fail = |error: git2::Error| unreadable(format!("`{path}`"), &error).at(Label::file(path));
        let odb = self.git.odb().map_err(fail)?;
        let (size, kind) = header(&odb, id.0).map_err(fail)?;
        if kind != ObjectType::Blob || size as u64 > MAX_FILE {
            return Err(too_large(path, size as u64, MAX_FILE));
        }
        Ok(odb.read(id.0).map_err(fail)?.data().to_vec())
    }
}
