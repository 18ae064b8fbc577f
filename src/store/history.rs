//! The past of a folder: how it changed from commit to commit, and which commit brought something in.

use super::commits::parents;
use super::git::{Repo, Signature, revision_error};
use crate::diag::Error;
use git2::{Commit, ErrorCode, ObjectType, Oid};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::path::Path;

/// How many commits are looked at before the search is given up: what was not found by then is unknown.
const MOST_COMMITS: usize = 20_000;

/// A commit, with the folder as it was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    seconds: i64,
    commit: Oid,
    /// The folder's tree; none where there was no such folder.
    folder: Option<Oid>,
}

/// Who made a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The commit's full id.
    pub commit: String,
    /// Its author, as git's configuration named them.
    pub author: Signature,
}

/// The past of one folder.
pub struct History<'r> {
    repo: &'r Repo,
    folder: String,
}

impl<'r> History<'r> {
    /// The past of a folder.
    pub fn of(repo: &'r Repo, folder: impl Into<String>) -> Self {
        Self { repo, folder: folder.into() }
    }

    /// The folder as it is at a revision.
    pub fn at(&self, revision: &str) -> Result<Moment, Error> {
        self.moment(&self.repo.named(revision)?).map_err(|error| revision_error(revision, &error))
    }

    /// The folder as it was at a commit, by its id; none where that is not here.
    pub fn of_commit(&self, id: &str) -> Option<Moment> {
        let commit = self.repo.git().find_commit(Oid::from_str(id).ok()?).ok()?;
        self.moment(&commit).ok()
    }

    fn moment(&self, commit: &Commit<'_>) -> Result<Moment, git2::Error> {
        let folder = match commit.tree()?.get_path(Path::new(&self.folder)) {
            Ok(entry) => Some(entry.id()),
            Err(error) if error.code() == ErrorCode::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Moment { seconds: commit.time().seconds(), commit: commit.id(), folder })
    }

    /// The moments just before one. None where history ends there without having begun, as in a shallow clone.
    pub fn before(&self, moment: Moment) -> Option<Vec<Moment>> {
        let git = self.repo.git();
        let commit = git.find_commit(moment.commit).ok()?;
        parents(&commit).map(|id| self.moment(&git.find_commit(id).ok()?).ok()).collect()
    }

    /// The moments at which the folder had become what it then was, newest first.
    pub fn changes(&self, from: Moment) -> impl Iterator<Item = Moment> {
        let mut queue = BinaryHeap::from([from]);
        let mut seen = BTreeSet::from([from.commit]);
        std::iter::from_fn(move || {
            while let Some(moment) = queue.pop() {
                let before = self.before(moment).unwrap_or_default();
                let same = before.iter().find(|parent| parent.folder == moment.folder);
                let next = same.map_or(before.as_slice(), std::slice::from_ref);
                let is_change = same.is_none();
                if seen.len() < MOST_COMMITS {
                    queue.extend(next.iter().filter(|parent| seen.insert(parent.commit)));
                }
                if is_change {
                    return Some(moment);
                }
            }
            None
        })
    }

    /// For each thing that a moment holds, the commit that brought it in: from parent to parent as long as one of them holds it too. What
    /// history does not show is left out.
    pub fn origins<K: Ord + Clone>(
        &self,
        from: Moment,
        wanted: BTreeSet<K>,
        mut holds: impl FnMut(Moment, &K) -> bool,
    ) -> BTreeMap<K, Origin> {
        let mut found = BTreeMap::new();
        let mut open =
            vec![(from, wanted.into_iter().filter(|key| holds(from, key)).collect::<BTreeSet<K>>())];
        let mut steps = 0;
        while let Some((moment, mut keys)) = open.pop() {
            steps += 1;
            if keys.is_empty() || steps > MOST_COMMITS {
                continue;
            }
            let Some(before) = self.before(moment) else { continue };
            if let Some(same) = before.iter().find(|parent| parent.folder == moment.folder) {
                open.push((*same, keys));
                continue;
            }
            for parent in before {
                let (there, rest) = keys.into_iter().partition(|key| holds(parent, key));
                open.push((parent, there));
                keys = rest;
            }
            if let Some(origin) = self.origin(moment) {
                found.extend(keys.into_iter().map(|key| (key, origin.clone())));
            }
        }
        found
    }

    fn origin(&self, moment: Moment) -> Option<Origin> {
        let commit = self.repo.git().find_commit(moment.commit).ok()?;
        let author = commit.author();
        let author =
            Signature { name: author.name().ok()?.to_owned(), email: author.email().ok()?.to_owned() };
        Some(Origin { commit: moment.commit.to_string(), author })
    }

    /// The id of a file's bytes in the folder at a moment, which is the same as long as they are.
    pub fn version(&self, moment: Moment, file: &str) -> Option<Version> {
        let tree = self.repo.git().find_tree(moment.folder?).ok()?;
        let entry = tree.get_path(Path::new(file)).ok()?;
        (entry.kind() == Some(ObjectType::Blob)).then(|| Version(entry.id()))
    }

    /// The bytes of a version; none where they are too many, or not there.
    pub fn read(&self, version: Version) -> Option<Vec<u8>> {
        let odb = self.repo.git().odb().ok()?;
        let (size, _) = super::packs::header(&odb, version.0).ok()?;
        if size as u64 > super::MAX_FILE {
            return None;
        }
        Some(odb.read(version.0).ok()?.data().to_vec())
    }
}

impl Moment {
    /// The commit's full id.
    pub fn id(&self) -> String {
        self.commit.to_string()
    }

    /// Whether the folder was there.
    pub fn has_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// The commit's id, short, as it is shown to people.
    pub fn short(&self) -> String {
        self.commit.to_string().chars().take(12).collect()
    }
}

/// A version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Oid);
