//! When folders last changed, for many of them in one walk.

use super::Commit;
use super::git::{Repo, revision_error};
use crate::diag::Error;
use std::collections::BTreeMap;
use std::path::Path;

/// The entries of a folder with the ids of what they hold.
type Entries = BTreeMap<String, git2::Oid>;

impl Repo {
    /// For each entry of a folder, the newest commit, from a revision back along first parents, that changed it.
    pub fn last_changes(&self, revision: &str, folder: &str) -> Result<BTreeMap<String, Commit>, Error> {
        let fail = |error: git2::Error| revision_error(revision, &error);
        let mut commit =
            self.git().revparse_single(revision).and_then(|o| o.peel_to_commit()).map_err(fail)?;
        let (mut id, mut here) = self.entries_at(&commit, folder).map_err(fail)?;
        let mut open: Vec<String> = here.keys().cloned().collect();
        let mut found = BTreeMap::new();
        while !open.is_empty() {
            // The parent may be missing in a shallow clone: what is known is the commit in hand.
            let parent = commit.parent(0).ok();
            let (parent_id, before) = match &parent {
                // The same folder has the same id: there is nothing to compare.
                Some(parent) => match self.folder_at(parent, folder).map_err(fail)? {
                    same if same == id => (id, here.clone()),
                    _ => self.entries_at(parent, folder).map_err(fail)?,
                },
                None => (None, Entries::new()),
            };
            open.retain(|name| {
                let is_same = parent.is_some() && before.get(name) == here.get(name);
                if !is_same {
                    let seconds = commit.time().seconds();
                    found.insert(name.clone(), Commit { id: commit.id().to_string(), seconds });
                }
                is_same
            });
            let Some(parent) = parent else { break };
            (commit, id, here) = (parent, parent_id, before);
        }
        Ok(found)
    }

    /// The entries of a folder that differ between two revisions, or are in only one of them.
    pub fn changed_between(&self, from: &str, to: &str, folder: &str) -> Result<Vec<String>, Error> {
        let entries = |revision: &str| -> Result<Entries, Error> {
            let fail = |error: git2::Error| revision_error(revision, &error);
            let commit =
                self.git().revparse_single(revision).and_then(|o| o.peel_to_commit()).map_err(fail)?;
            self.entries_at(&commit, folder).map(|(_, entries)| entries).map_err(fail)
        };
        let (before, after) = (entries(from)?, entries(to)?);
        let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        Ok(names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect())
    }

    fn folder_at(&self, commit: &git2::Commit<'_>, folder: &str) -> Result<Option<git2::Oid>, git2::Error> {
        if folder.is_empty() {
            return Ok(Some(commit.tree_id()));
        }
        match commit.tree()?.get_path(Path::new(folder)) {
            Ok(entry) => Ok(Some(entry.id())),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn entries_at(
        &self,
        commit: &git2::Commit<'_>,
        folder: &str,
    ) -> Result<(Option<git2::Oid>, Entries), git2::Error> {
        let id = self.folder_at(commit, folder)?;
        let Some(tree) = id.and_then(|id| self.git().find_tree(id).ok()) else {
            return Ok((id, Entries::new()));
        };
        let entries =
            tree.iter().map(|entry| (String::from_utf8_lossy(entry.name_bytes()).into_owned(), entry.id()));
        Ok((id, entries.collect()))
    }
}
