//! What git's history says about files: when they first stood there, and what went away.
//!
//! Replacement refs are not followed (libgit2 does not know them), grafts neither: a commit's parent is the one that its own bytes name. Objects
//! are held against their ids where [`hold_objects_against_ids`](super::hold_objects_against_ids) was asked for. What could bend a history for other
//! programs is told by [`Repo::bent`], so that whoever relies on the history can say so.

use super::NO_REVISION;
use super::commits::parents;
use super::git::{Repo, revision_error};
use crate::diag::Error;
use git2::{Commit, ErrorCode, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A walk along first parents, and whether it came to the beginning.
struct Walk<'r> {
    commits: Vec<Commit<'r>>,
    is_whole: bool,
}

/// When a file came into a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduced {
    /// In seconds since 1970, never before a commit that it is built on.
    pub seconds: i64,
    /// The commit.
    pub commit: String,
}

/// A file that stood in some commit of a stretch of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stood {
    /// Its path then.
    pub path: String,
    /// The newest commit in which it stood.
    pub commit: String,
    /// What was in it.
    pub bytes: Vec<u8>,
}

impl Repo {
    /// Whether commits are missing because the clone is shallow.
    pub fn is_shallow(&self) -> bool {
        self.git().is_shallow()
    }

    /// What stands in the repository that shows other programs another history than the one that was made: replacement refs, grafts.
    pub fn bent(&self) -> Vec<String> {
        let mut found = Vec::new();
        let common = self.common_dir();
        let replaced = self.git().references_glob("refs/replace/*").map(Iterator::count).unwrap_or_default();
        if replaced > 0 {
            let (refs, were) = if replaced == 1 { ("ref", "was") } else { ("refs", "were") };
            found.push(format!("{replaced} replacement {refs}, which {were} not followed"));
        }
        let has = |file: &str| std::fs::metadata(common.join(file)).is_ok_and(|meta| meta.len() > 0);
        if has("info/grafts") {
            found.push("grafts, which were not followed".to_owned());
        }
        if has("objects/info/alternates") {
            found.push("alternates: objects from elsewhere, each held against its id".to_owned());
        }
        found
    }

    /// When each file beneath a folder came into a history: the first commit, along first parents, from which on it stood there. A commit says
    /// itself when it was made, so its time is never taken to be before that of any commit that it is built on. None where the
    /// history is not all here, so that nobody knows.
    pub fn introduced(
        &self,
        revision: &str,
        folder: &str,
    ) -> Result<Option<BTreeMap<String, Introduced>>, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let walk = self.first_parents(revision, None)?;
        let Some(newest) = walk.commits.first() else { return Ok(None) };
        if !walk.is_whole {
            return Ok(None);
        }
        let mut open = files(self, newest, folder).map_err(fail)?;
        let mut times: BTreeMap<String, Introduced> = BTreeMap::new();
        let mut latest = i64::MIN;
        let mut by: Vec<i64> = Vec::new();
        for commit in walk.commits.iter().rev() {
            latest = latest.max(commit.time().seconds());
            by.push(latest);
        }
        for (commit, time) in walk.commits.iter().zip(by.into_iter().rev()) {
            let here = files(self, commit, folder).map_err(fail)?;
            open.retain(|file| here.contains(file));
            let since = Introduced { seconds: time, commit: commit.id().to_string() };
            times.extend(open.iter().map(|file| (file.clone(), since.clone())));
            if open.is_empty() {
                break;
            }
        }
        Ok(Some(times))
    }

    /// Whether a file ever stood in a history, along first parents; none where that is not all here, so that nobody knows.
    pub fn ever_had(&self, revision: &str, path: &str) -> Result<Option<bool>, Error> {
        let walk = self.first_parents(revision, None)?;
        for commit in &walk.commits {
            match commit.tree().and_then(|tree| tree.get_path(Path::new(path)).map(drop)) {
                Ok(()) => return Ok(Some(true)),
                Err(error) if error.code() == ErrorCode::NotFound => {}
                Err(error) => return Err(revision_error(revision, &error)),
            }
        }
        Ok(walk.is_whole.then_some(false))
    }

    /// The files beneath `root/*/inner` that stood in some commit between two revisions and are asked for by `wanted`, which is given the part of
    /// the path after `inner/`. A file that stood under several names of the folder is told once.
    ///
    /// # Errors
    /// What cannot be read, and a history that is not all here: nobody knows then what is gone.
    pub fn stood(
        &self,
        (since, revision): (&str, &str),
        (root, inner): (&str, &str),
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Stood>, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let walk = self.first_parents(revision, Some(since))?;
        if !walk.is_whole {
            let since = since.escape_debug();
            let message =
                format!("the history back to `{since}` is not all here, so nobody knows what is gone");
            return Err(Error::new(&NO_REVISION, message).help("fetch it: `git fetch --unshallow`"));
        }
        let mut stood = Vec::new();
        let (mut known, mut told) = (BTreeSet::new(), BTreeSet::new());
        for commit in &walk.commits {
            let Some(folders) = subtree(self, commit, root).map_err(fail)? else { continue };
            if !known.insert(folders.id()) {
                continue;
            }
            for folder in folders.iter().filter(|entry| entry.kind() == Some(git2::ObjectType::Tree)) {
                let name = String::from_utf8_lossy(folder.name_bytes()).into_owned();
                let within = format!("{root}/{name}/{inner}");
                let Some(tree) = subtree(self, commit, &within).map_err(fail)? else { continue };
                if !known.insert(tree.id()) {
                    continue;
                }
                for (file, id) in blobs(&tree).map_err(fail)? {
                    if !wanted(&file) || !told.insert(file.clone()) {
                        continue;
                    }
                    let bytes = self.git().find_blob(id).map_err(fail)?.content().to_vec();
                    let path = format!("{within}/{file}");
                    stood.push(Stood { path, commit: commit.id().to_string(), bytes });
                }
            }
        }
        Ok(stood)
    }

    /// The commits from a revision back along first parents, up to and with another where one is named.
    fn first_parents(&self, revision: &str, until: Option<&str>) -> Result<Walk<'_>, Error> {
        let until = until.map(|name| self.named(name)).transpose()?.map(|commit| commit.id());
        let mut commits = vec![self.named(revision)?];
        loop {
            let here = &commits[commits.len() - 1];
            if Some(here.id()) == until {
                return Ok(Walk { commits, is_whole: true });
            }
            let Some(parent) = parents(here).next() else {
                if let Some(until) = until {
                    let message =
                        format!("{until} is not among the commits before `{}`", revision.escape_debug());
                    return Err(Error::new(&NO_REVISION, message)
                        .help("name a commit that the branch was built on, along first parents"));
                }
                return Ok(Walk { commits, is_whole: true });
            };
            match self.git().find_commit(parent) {
                Ok(parent) => commits.push(parent),
                // A shallow clone ends here.
                Err(error) if error.code() == ErrorCode::NotFound => {
                    return Ok(Walk { commits, is_whole: false });
                }
                Err(error) => return Err(revision_error(revision, &error)),
            }
        }
    }
}

fn subtree<'r>(repo: &'r Repo, commit: &Commit<'r>, folder: &str) -> Result<Option<Tree<'r>>, git2::Error> {
    match commit.tree()?.get_path(Path::new(folder)) {
        Ok(entry) => match entry.kind() {
            Some(git2::ObjectType::Tree) => repo.git().find_tree(entry.id()).map(Some),
            _ => Ok(None),
        },
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The files beneath a folder by path, folders in folders with them.
fn files(repo: &Repo, commit: &Commit<'_>, folder: &str) -> Result<BTreeSet<String>, git2::Error> {
    match subtree(repo, commit, folder)? {
        Some(tree) => Ok(blobs(&tree)?.into_keys().collect()),
        None => Ok(BTreeSet::new()),
    }
}

/// The files in a tree, folders in folders with them.
fn blobs(tree: &Tree<'_>) -> Result<BTreeMap<String, git2::Oid>, git2::Error> {
    let mut files = BTreeMap::new();
    tree.walk(git2::TreeWalkMode::PreOrder, |above, entry| {
        if entry.kind() == Some(git2::ObjectType::Blob) {
            files.insert(format!("{above}{}", String::from_utf8_lossy(entry.name_bytes())), entry.id());
        }
        git2::TreeWalkResult::Ok
    })?;
    Ok(files)
}
