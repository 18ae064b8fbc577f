//! Merge commits with their sides, and what git's own merge by lines gives.

use super::NO_REVISION;
use super::behind::merge_base;
use super::commits::{is_cut, parents};
use super::git::{Repo, revision_error};
use crate::diag::Error;
use git2::Oid;
use std::collections::BTreeSet;
use std::path::Path;

/// A merge of two sides: a commit, or one that is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeCommit {
    /// Its full id; none where it is to come.
    pub id: Option<String>,
    /// The common ancestor of its parents.
    pub base: String,
    /// Its first parent.
    pub left: String,
    /// Its second parent.
    pub right: String,
}

/// The merges of a range.
#[derive(Debug, Default)]
pub struct Merges {
    /// Those of two parents, with the common ancestor that git would take; last the one to come, for `A...B`.
    pub commits: Vec<MergeCommit>,
    /// The ids of those that cannot be merged again, and why.
    pub others: Vec<(String, &'static str)>,
}

impl Repo {
    /// The merge commits of a range: of `A..B` those that B has and A has not, of `A...B` the same and the merge of the two that is to come, of one
    /// revision all that it has behind it. Where the parents of a commit do not differ beneath a folder, it is left out if it could not be merged again.
    ///
    /// # Errors
    ///
    /// Where a revision is not here, and where the clone is too shallow for anybody to know.
    pub fn merges(&self, range: &str, beneath: &str) -> Result<Merges, Error> {
        let to_come = range.split_once("...");
        let (since, until) = match to_come.or_else(|| range.split_once("..")) {
            Some((since, until)) => (Some(or_head(since)), or_head(until)),
            None => (None, range),
        };
        let until_id = commit_id(&self.at(until)?);
        let since_id = since.map(|since| self.at(since).map(|store| commit_id(&store))).transpose()?;
        let fail = |error: git2::Error| revision_error(range, &error);
        let id = |text: &str| Oid::from_str(text).map_err(fail);
        let mut merges = Merges::default();
        let since_oid = since_id.as_deref().map(id).transpose()?;
        for commit in self.between(range, &[id(&until_id)?], since_oid)? {
            let parents: Vec<Oid> = parents(&commit).collect();
            let id = commit.id().to_string();
            match parents[..] {
                [] | [_] => {}
                [left, right] => match merge_base(self.git(), left, right).map_err(fail)? {
                    Some(base) => {
                        if self.git().is_shallow() {
                            self.between(range, &[left, right], Some(base))?;
                        }
                        let (base, left, right) = (base.to_string(), left.to_string(), right.to_string());
                        merges.commits.push(MergeCommit { id: Some(id), base, left, right });
                    }
                    None if self.differ(&parents, beneath) => {
                        merges.others.push((id, "its sides have no common ancestor"));
                    }
                    None => {}
                },
                _ if self.differ(&parents, beneath) => {
                    merges.others.push((id, "it has more than two parents"));
                }
                _ => {}
            }
        }
        if let (Some(_), Some(since), Some(left)) = (to_come, since, since_id) {
            let base = self.merge_base(since, until)?.id;
            if base != left && base != until_id {
                merges.commits.push(MergeCommit { id: None, base, left, right: until_id });
            }
        }
        Ok(merges)
    }

    /// The commits that some have behind them and another has not; an error where some of them are not in this clone.
    fn between(
        &self,
        range: &str,
        until: &[Oid],
        since: Option<Oid>,
    ) -> Result<Vec<git2::Commit<'_>>, Error> {
        let fail = |error: git2::Error| revision_error(range, &error);
        let mut walk = self.git().revwalk().map_err(fail)?;
        until.iter().try_for_each(|id| walk.push(*id)).map_err(fail)?;
        since.map_or(Ok(()), |id| walk.hide(id)).map_err(fail)?;
        let mut commits = Vec::new();
        for id in walk {
            let commit = id.and_then(|id| self.git().find_commit(id)).map_err(fail)?;
            if is_cut(self.git(), &commit) {
                let short: String = commit.id().to_string().chars().take(12).collect();
                return Err(Error::new(
                    &NO_REVISION,
                    format!("not all merge commits of `{}` are here", range.escape_debug()),
                )
                .note(format!("this clone is shallow: what is before {short} is missing"))
                .help("`git fetch --unshallow`, then try again"));
            }
            commits.push(commit);
        }
        Ok(commits)
    }

    /// Whether commits that have a folder differ in it.
    fn differ(&self, commits: &[Oid], folder: &str) -> bool {
        let folders = commits.iter().filter_map(|id| {
            let tree = self.git().find_commit(*id).and_then(|commit| commit.tree()).ok()?;
            Some(tree.get_path(Path::new(folder)).ok()?.id())
        });
        folders.collect::<BTreeSet<_>>().len() > 1
    }

    /// What identifies a folder's content at a revision; none where there is none.
    pub fn folder_id(&self, revision: &str, folder: &str) -> Option<String> {
        let tree = self.git().revparse_single(revision).ok()?.peel_to_tree().ok()?;
        Some(tree.get_path(Path::new(folder)).ok()?.id().to_string())
    }

    /// Git's own merge of three texts by lines, where it finds no conflict.
    pub fn merge_by_lines(&self, base: &[u8], left: &[u8], right: &[u8]) -> Option<Vec<u8>> {
        let (mut old, mut here, mut there) =
            (git2::MergeFileInput::new(), git2::MergeFileInput::new(), git2::MergeFileInput::new());
        old.content(base);
        here.content(left);
        there.content(right);
        let merged = git2::merge_file(&old, &here, &there, None).ok()?;
        merged.is_automergeable().then(|| merged.content().to_vec())
    }
}

/// An end of a range that is left out is what is checked out.
fn or_head(revision: &str) -> &str {
    if revision.is_empty() { "HEAD" } else { revision }
}

fn commit_id(store: &super::GitStore) -> String {
    store.commit().id.clone()
}
