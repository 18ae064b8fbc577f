//! What git's history says about files: who changed them last, when they first stood there, and what went away.
//!
//! Replacement refs are not followed (libgit2 does not know them), objects are held against their ids when they are read. What else can bend a
//! history is told by [`Repo::bent`], so that whoever relies on the history can say so.

use super::git::{Repo, revision_error};
use super::{NO_REVISION, Signature};
use crate::diag::Error;
use git2::{Commit, ErrorCode, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A walk along first parents, and whether it came to the beginning.
struct Walk<'r> {
    commits: Vec<Commit<'r>>,
    is_whole: bool,
}

/// What went away from a folder in a stretch of history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    /// File names, each with a commit in which it still stood.
    pub files: BTreeMap<String, String>,
    /// Whether the stretch could be read to its end.
    pub is_whole: bool,
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
            found.push(format!("{replaced} replacement refs, which were not followed"));
        }
        let has = |file: &str| std::fs::metadata(common.join(file)).is_ok_and(|meta| meta.len() > 0);
        if has("info/grafts") {
            found.push("grafts, which can hide commits".to_owned());
        }
        if has("objects/info/alternates") {
            found.push("alternates: objects from elsewhere, each held against its id".to_owned());
        }
        found
    }

    /// The author of the newest commit that changed what is in a folder, apart from some of its entries; none where that cannot be
    /// known because the clone is shallow.
    pub fn last_author(
        &self,
        revision: &str,
        folder: &str,
        except: &[&str],
    ) -> Result<Option<Signature>, Error> {
        let entries = |commit: &Commit<'_>| -> Result<BTreeMap<Vec<u8>, git2::Oid>, git2::Error> {
            let tree = subtree(self, commit, folder)?;
            let all = tree
                .iter()
                .flat_map(|tree| tree.iter().map(|e| (e.name_bytes().to_vec(), e.id())).collect::<Vec<_>>());
            Ok(all.filter(|(name, _)| !except.iter().any(|skip| skip.as_bytes() == *name)).collect())
        };
        let fail = |error: git2::Error| revision_error(revision, &error);
        let walk = self.first_parents(revision, None)?;
        for pair in walk.commits.windows(2) {
            if entries(&pair[0]).map_err(fail)? != entries(&pair[1]).map_err(fail)? {
                return Ok(signature(&pair[0]));
            }
        }
        Ok(walk.commits.last().filter(|_| walk.is_whole).and_then(signature))
    }

    /// When each file beneath a folder came into a history: the time of the first commit, along first parents, from which on it stood there.
    pub fn introduced(&self, revision: &str, folder: &str) -> Result<BTreeMap<String, i64>, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let walk = self.first_parents(revision, None)?;
        let Some(newest) = walk.commits.first() else { return Ok(BTreeMap::new()) };
        let mut open = files(self, newest, folder).map_err(fail)?;
        let mut times: BTreeMap<String, i64> = BTreeMap::new();
        for commit in &walk.commits {
            let here = files(self, commit, folder).map_err(fail)?;
            open.retain(|file| here.contains(file));
            times.extend(open.iter().map(|file| (file.clone(), commit.time().seconds())));
            if open.is_empty() {
                break;
            }
        }
        Ok(times)
    }

    /// The files beneath a folder that stood in some commit between two revisions and do not stand in `now`.
    pub fn gone(
        &self,
        since: &str,
        revision: &str,
        folder: &str,
        now: &BTreeSet<String>,
    ) -> Result<Gone, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let walk = self.first_parents(revision, Some(since))?;
        let mut gone = Gone { files: BTreeMap::new(), is_whole: walk.is_whole };
        let mut last = None;
        for commit in &walk.commits {
            let tree = subtree(self, commit, folder).map_err(fail)?.map(|tree| tree.id());
            if last.replace(tree) == Some(tree) {
                continue;
            }
            let here = files(self, commit, folder).map_err(fail)?;
            for file in here.into_iter().filter(|file| !now.contains(file)) {
                gone.files.entry(file).or_insert_with(|| commit.id().to_string());
            }
        }
        Ok(gone)
    }

    /// The commits from a revision back along first parents, up to and with another where one is named.
    fn first_parents(&self, revision: &str, until: Option<&str>) -> Result<Walk<'_>, Error> {
        let commit_of = |name: &str| {
            let object = self.git().revparse_single(name).and_then(|object| object.peel_to_commit());
            object.map_err(|error| revision_error(name, &error))
        };
        let until = until.map(commit_of).transpose()?.map(|commit| commit.id());
        let mut commits = vec![commit_of(revision)?];
        loop {
            let here = &commits[commits.len() - 1];
            if Some(here.id()) == until {
                return Ok(Walk { commits, is_whole: true });
            }
            if here.parent_count() == 0 {
                // A shallow clone cuts the parents off, so that its oldest commit looks like the first of all.
                let is_whole = !self.is_shallow();
                if let (Some(until), true) = (until, is_whole) {
                    let message =
                        format!("{until} is not among the commits before `{}`", revision.escape_debug());
                    return Err(Error::new(&NO_REVISION, message)
                        .help("name a commit that the branch was built on, along first parents"));
                }
                return Ok(Walk { commits, is_whole });
            }
            match here.parent(0) {
                Ok(parent) => commits.push(parent),
                Err(_) => return Ok(Walk { commits, is_whole: false }),
            }
        }
    }
}

fn signature(commit: &Commit<'_>) -> Option<Signature> {
    let author = commit.author();
    Some(Signature { name: author.name().ok()?.to_owned(), email: author.email().ok()?.to_owned() })
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
    let mut files = BTreeSet::new();
    if let Some(tree) = subtree(repo, commit, folder)? {
        tree.walk(git2::TreeWalkMode::PreOrder, |above, entry| {
            if entry.kind() == Some(git2::ObjectType::Blob) {
                files.insert(format!("{above}{}", String::from_utf8_lossy(entry.name_bytes())));
            }
            git2::TreeWalkResult::Ok
        })?;
    }
    Ok(files)
}
