//! Two states of a repository side by side: which folders and files differ, and who changed them. Nothing that is equal is read, nothing is
//! checked out, nothing is written.

use super::behind::merge_bases;
use super::commits::{is_cut, parents};
use super::git::{Commit, GitStore, Repo, Signature, kind_of, likeness_of};
use super::home::Home;
use super::packs::header;
use super::worktree::too_large;
use super::{Entry, EntryKind, MAX_FILE, NO_REVISION, NOT_A_FILE, Store, UNREADABLE};
use crate::diag::{Error, Label};
use git2::{DiffOptions, ObjectType, Oid, Repository, Tree};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The right side of a comparison; the left one is always a revision, or nothing.
#[derive(Clone, Copy)]
pub enum Right<'a> {
    /// Another revision.
    Revision(&'a GitStore),
    /// What would be committed.
    Index,
    /// The files in the work tree, ignored ones too.
    WorkTree,
}

/// What a commit did to a file.
#[derive(Debug, Clone)]
pub struct Touch {
    /// The commit.
    pub commit: Commit,
    /// Its author, as the commit says.
    pub author: Signature,
    /// The file.
    pub path: String,
    /// What it was before; none where it is new.
    pub before: Option<Blob>,
    /// What the commit made of it; none where it is gone.
    pub after: Option<Blob>,
}

/// The name of a file's content in git.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob(Oid);

fn in_common_none(left: &str, right: &str) -> Error {
    let (left, right) = (left.escape_debug(), right.escape_debug());
    Error::new(&NO_REVISION, format!("`{left}` and `{right}` have no commit in common here"))
}

fn unreadable(error: &git2::Error) -> Error {
    Error::new(&UNREADABLE, format!("cannot compare: {}", error.message()))
}

impl Repo {
    /// The newest commit that two revisions have in common.
    pub fn merge_base(&self, left: &str, right: &str) -> Result<Commit, Error> {
        let bases = self.merge_bases(left, right)?;
        bases.into_iter().next().ok_or_else(|| in_common_none(left, right))
    }

    /// The commits that two revisions have in common and that are behind no other such, the newest first: more than one where branches were merged
    /// crosswise. There is at least one.
    pub fn merge_bases(&self, left: &str, right: &str) -> Result<Vec<Commit>, Error> {
        let (left_at, right_at) = (self.at(left)?, self.at(right)?);
        let id = |store: &GitStore| Oid::from_str(&store.commit().id).map_err(|error| unreadable(&error));
        let fail = || {
            let error = in_common_none(left, right);
            if self.git().is_shallow() {
                error.note("this clone is shallow: it lacks older commits").help(match self.remote_branch(
                    left,
                ) {
                    Some((remote, branch)) => format!(
                        "`git fetch --deepen=100 {remote} {branch}` until they meet, or `git fetch --unshallow {remote}`"
                    ),
                    None => "`git fetch --deepen=100` until they meet, or `git fetch --unshallow`".to_owned(),
                })
            } else {
                let (left, right) = (left.escape_debug(), right.escape_debug());
                error.help(format!(
                    "they began apart: only `tom diff {left}..{right}` compares them, as they are"
                ))
            }
        };
        let bases =
            merge_bases(self.git(), id(&left_at)?, id(&right_at)?).map_err(|error| unreadable(&error))?;
        if bases.is_empty() {
            return Err(fail());
        }
        bases.iter().map(|base| Ok(self.at(&base.to_string())?.commit().clone())).collect()
    }

    /// What to fetch so that a revision is here; none where nobody can tell.
    pub(super) fn fetch_help(&self, revision: &str) -> Option<String> {
        let is_shallow = self.git().is_shallow();
        if revision.contains(['~', '^', '@', ':']) {
            return is_shallow
                .then(|| "this clone is shallow: `git fetch --unshallow` gets older commits".to_owned());
        }
        let (remote, branch) = self.remote_branch(revision)?;
        if revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some(format!("if the remote has it: `git fetch {remote} {revision}`"));
        }
        let fetch = format!("git fetch {remote} +{branch}:refs/remotes/{remote}/{branch}");
        let then = if revision.starts_with(&format!("{remote}/")) {
            String::new()
        } else {
            format!(", then say `{remote}/{branch}`")
        };
        Some(format!("if it is a branch of `{remote}`: `{fetch}`{then}"))
    }

    /// A revision as a remote and a branch of it. Only names that may stand in a line of shell.
    fn remote_branch(&self, revision: &str) -> Option<(String, String)> {
        let is_plain = |text: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
            !text.is_empty() && !text.starts_with('-') && text.chars().all(allowed)
        };
        let remotes = self.git().remotes().ok()?;
        let names: Vec<String> = (0..remotes.len())
            .filter_map(|at| remotes.get(at).ok().flatten().map(str::to_owned))
            .filter(|name| is_plain(name))
            .collect();
        if !is_plain(revision) {
            return None;
        }
        let split = names.iter().find_map(|name| {
            revision
                .strip_prefix(name.as_str())?
                .strip_prefix('/')
                .map(|rest| (name.clone(), rest.to_owned()))
        });
        let first = || names.iter().find(|name| *name == "origin").or(names.first());
        split.or_else(|| Some((first()?.clone(), revision.to_owned())))
    }

    /// What would be committed, as files.
    pub fn index(&self) -> Result<IndexStore, Error> {
        let index = self.git().index().map_err(|error| unreadable(&error))?;
        if index.has_conflicts() {
            return Err(Error::new(
                &UNREADABLE,
                "a merge is not finished: some files have conflicts in the index",
            )
            .help("resolve them and `git add` the files"));
        }
        let entries = index.iter().filter_map(|entry| {
            Some((String::from_utf8(entry.path).ok()?, (entry.id, kind_of(i32::try_from(entry.mode).ok()?))))
        });
        let files = Arc::new(entries.collect());
        Ok(IndexStore { git: Mutex::new(reopen(&self.home)?), files, home: self.home.clone() })
    }

    /// The paths that differ beneath some folders or files. Where a whole folder is on one side only, the folder stands for
    /// what is in it, with `/` at its end.
    pub fn differing(
        &self,
        left: Option<&GitStore>,
        right: Right<'_>,
        beneath: &[&str],
    ) -> Result<BTreeSet<String>, Error> {
        let git = self.git();
        let tree =
            left.map(|left| git.find_tree(left.tree())).transpose().map_err(|error| unreadable(&error))?;
        let mut options = DiffOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(true);
        options.recurse_ignored_dirs(true).disable_pathspec_match(true).ignore_submodules(true);
        options.include_typechange(true).skip_binary_check(true).update_index(false);
        beneath.iter().for_each(|path| {
            options.pathspec(path);
        });
        let diff = match right {
            Right::Revision(right) => {
                let right = git.find_tree(right.tree()).map_err(|error| unreadable(&error))?;
                let mut paths = BTreeSet::new();
                for path in beneath {
                    let at = |tree: Option<&Tree<'_>>| {
                        tree.and_then(|t| t.get_name(path).map(|e| (e.id(), e.filemode())))
                    };
                    let (old, new) = (at(tree.as_ref()), at(Some(&right)));
                    let mut found = |path: String, old: Option<Node>, new: Option<Node>| {
                        let end = if is_folder(old) || is_folder(new) { "/" } else { "" };
                        paths.insert(path + end);
                        Ok(())
                    };
                    differ(git, path, old, new, &mut found).map_err(|error| unreadable(&error))?;
                }
                return Ok(paths);
            }
            Right::Index => git.diff_tree_to_index(tree.as_ref(), None, Some(&mut options)),
            Right::WorkTree => git.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options)),
        };
        let diff = diff.map_err(|error| unreadable(&error))?;
        let files = diff.deltas().flat_map(|delta| {
            [delta.old_file().path_bytes(), delta.new_file().path_bytes()]
                .map(|path| path.map(<[u8]>::to_vec))
        });
        Ok(files.flatten().map(|path| String::from_utf8_lossy(&path).into_owned()).collect())
    }

    /// Whether anything that is committed on the left differs outside of some folders or files at the top.
    pub fn differs_beside(
        &self,
        left: Option<&GitStore>,
        right: Right<'_>,
        beneath: &[&str],
    ) -> Result<bool, Error> {
        let Some(left) = left else { return Ok(false) };
        let git = self.git();
        let left = git.find_tree(left.tree()).map_err(|error| unreadable(&error))?;
        let is_beside = |path: &[u8]| {
            let top = path.split(|byte| *byte == b'/').next().unwrap_or_default();
            !beneath.iter().any(|name| name.as_bytes() == top)
        };
        let mut options = DiffOptions::new();
        options.ignore_submodules(true).include_typechange(true).skip_binary_check(true).update_index(false);
        let diff = match right {
            Right::Revision(right) => {
                let right = git.find_tree(right.tree()).map_err(|error| unreadable(&error))?;
                return Ok(left.iter().filter(|entry| is_beside(entry.name_bytes())).any(|entry| {
                    entry.name().ok().and_then(|name| right.get_name(name)).map(|e| e.id())
                        != Some(entry.id())
                }));
            }
            Right::Index => git.diff_tree_to_index(Some(&left), None, Some(&mut options)),
            Right::WorkTree => git.diff_tree_to_workdir_with_index(Some(&left), Some(&mut options)),
        };
        let diff = diff.map_err(|error| unreadable(&error))?;
        Ok(diff.deltas().any(|delta| delta.old_file().path_bytes().is_some_and(is_beside)))
    }

    /// What commits did to the files beneath a folder at the top, newest first: those that `until` has behind it and none of `since` has. None where the
    /// clone is shallow and lacks some of them, so that nobody can tell.
    pub fn touches(
        &self,
        since: &[&Commit],
        until: &Commit,
        beneath: &str,
    ) -> Result<Option<Vec<Touch>>, Error> {
        self.walk(since, until, beneath).map_err(|error| unreadable(&error))
    }

    fn walk(
        &self,
        since: &[&Commit],
        until: &Commit,
        beneath: &str,
    ) -> Result<Option<Vec<Touch>>, git2::Error> {
        let git = self.git();
        let mut walk = git.revwalk()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
        walk.push(Oid::from_str(&until.id)?)?;
        for commit in since {
            walk.hide(Oid::from_str(&commit.id)?)?;
        }
        let mut touches = Vec::new();
        for id in walk {
            let commit = git.find_commit(id?)?;
            if is_cut(git, &commit) {
                return Ok(None);
            }
            let found = of_commit(git, &commit, beneath)?;
            if found.is_empty() {
                continue;
            }
            let author = commit.author();
            let author = Signature {
                name: author.name().unwrap_or_default().to_owned(),
                email: author.email().unwrap_or_default().to_owned(),
            };
            let made = Commit { id: commit.id().to_string(), seconds: commit.time().seconds() };
            touches.extend(found.into_iter().map(|(path, (before, after))| Touch {
                commit: made.clone(),
                author: author.clone(),
                path,
                before: before.map(Blob),
                after: after.map(Blob),
            }));
        }
        Ok(Some(touches))
    }

    /// The bytes of a file's content.
    pub fn blob(&self, blob: Blob, path: &str) -> Result<Vec<u8>, Error> {
        read_blob(self.git(), blob.0, path, MAX_FILE)
    }
}

type Change = (Option<Oid>, Option<Oid>);

/// The files that a commit changed against each of its parents: what a merge merely took from one side is no work of its author's.
fn of_commit(
    git: &Repository,
    commit: &git2::Commit<'_>,
    beneath: &str,
) -> Result<BTreeMap<String, Change>, git2::Error> {
    let at = |tree: &Tree<'_>| tree.get_name(beneath).map(|entry| (entry.id(), entry.filemode()));
    let after = at(&commit.tree()?);
    let mut parents: Vec<Option<git2::Commit<'_>>> =
        parents(commit).map(|id| git.find_commit(id).map(Some)).collect::<Result<_, _>>()?;
    if parents.is_empty() {
        parents.push(None);
    }
    let mut all: Option<BTreeMap<String, Change>> = None;
    for parent in parents {
        let before = parent.map(|parent| parent.tree()).transpose()?.as_ref().and_then(at);
        let mut changes = BTreeMap::<String, Change>::new();
        differ(git, beneath, before, after, &mut |path, before, after| {
            files(git, &path, before, &mut |path, id| changes.entry(path).or_default().0 = Some(id))?;
            files(git, &path, after, &mut |path, id| changes.entry(path).or_default().1 = Some(id))
        })?;
        all = Some(match all {
            None => changes,
            Some(known) => known.into_iter().filter(|(path, _)| changes.contains_key(path)).collect(),
        });
    }
    Ok(all.unwrap_or_default())
}

/// An object with its mode.
type Node = (Oid, i32);

fn is_folder(node: Option<Node>) -> bool {
    node.is_some_and(|(_, mode)| kind_of(mode) == EntryKind::Folder)
}

/// The files of a node: itself, or what is in it.
fn files(
    git: &Repository,
    path: &str,
    node: Option<Node>,
    found: &mut dyn FnMut(String, Oid),
) -> Result<(), git2::Error> {
    let Some((id, _)) = node else { return Ok(()) };
    if !is_folder(node) {
        found(path.to_owned(), id);
        return Ok(());
    }
    for entry in &git.find_tree(id)? {
        let name = String::from_utf8_lossy(entry.name_bytes());
        files(git, &format!("{path}/{name}"), Some((entry.id(), entry.filemode())), found)?;
    }
    Ok(())
}

/// What is told of a path where two trees differ.
type Found<'f> = dyn FnMut(String, Option<Node>, Option<Node>) -> Result<(), git2::Error> + 'f;

/// Walks two trees side by side, into folders that differ and are on both sides.
fn differ(
    git: &Repository,
    path: &str,
    left: Option<Node>,
    right: Option<Node>,
    found: &mut Found<'_>,
) -> Result<(), git2::Error> {
    if left == right {
        return Ok(());
    }
    let (Some((left_id, _)), Some((right_id, _)), true, true) =
        (left, right, is_folder(left), is_folder(right))
    else {
        return found(path.to_owned(), left, right);
    };
    let (left, right) = (git.find_tree(left_id)?, git.find_tree(right_id)?);
    let (mut old, mut new) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => {
                in_tree(a.name_bytes(), a.filemode()).cmp(in_tree(b.name_bytes(), b.filemode()))
            }
        };
        let a = if order == Ordering::Greater { None } else { old.next() };
        let b = if order == Ordering::Less { None } else { new.next() };
        let node = |entry: &git2::TreeEntry<'_>| (entry.id(), entry.filemode());
        let (before, after) = (a.as_ref().map(node), b.as_ref().map(node));
        if before != after {
            let name = a
                .as_ref()
                .or(b.as_ref())
                .map(|entry| String::from_utf8_lossy(entry.name_bytes()).into_owned());
            differ(git, &format!("{path}/{}", name.unwrap_or_default()), before, after, found)?;
        }
    }
}

/// A name as git orders the entries of a tree: a folder as if a `/` followed.
fn in_tree(name: &[u8], mode: i32) -> impl Iterator<Item = u8> + '_ {
    let end = (kind_of(mode) == EntryKind::Folder).then_some(b'/');
    name.iter().copied().chain(end)
}

fn reopen(home: &Home) -> Result<Repository, Error> {
    home.git().map_err(|error| unreadable(&error))
}

fn read_blob(git: &Repository, id: Oid, path: &str, most: u64) -> Result<Vec<u8>, Error> {
    let fail = |error: git2::Error| {
        Error::new(&UNREADABLE, format!("cannot read `{path}` from git: {}", error.message()))
            .at(Label::file(path))
    };
    let odb = git.odb().map_err(fail)?;
    // The header tells the size before anything is inflated.
    let (size, kind) = header(&odb, id).map_err(fail)?;
    if kind != ObjectType::Blob || size as u64 > most {
        return Err(too_large(path, size as u64, most));
    }
    Ok(odb.read(id).map_err(fail)?.data().to_vec())
}

/// The files that would be committed.
pub struct IndexStore {
    git: Mutex<Repository>,
    files: Arc<BTreeMap<String, (Oid, EntryKind)>>,
    home: Home,
}

impl Store for IndexStore {
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries: BTreeMap<&str, EntryKind> = BTreeMap::new();
        let beneath = self
            .files
            .range(prefix.clone()..)
            .map_while(|(path, (_, kind))| Some((path.strip_prefix(&prefix)?, *kind)));
        for (rest, kind) in beneath {
            match rest.split_once('/') {
                Some((name, _)) => entries.insert(name, EntryKind::Folder),
                None => entries.insert(rest, kind),
            };
        }
        Ok(entries.into_iter().map(|(name, kind)| Entry { name: name.to_owned(), kind }).collect())
    }

    fn read_up_to(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        match self.files.get(file) {
            None => Ok(None),
            Some((id, EntryKind::File)) => {
                read_blob(&self.git.lock().unwrap_or_else(PoisonError::into_inner), *id, file, most).map(Some)
            }
            Some(_) => {
                Err(Error::new(&NOT_A_FILE, format!("`{file}` is not a regular file")).at(Label::file(file)))
            }
        }
    }

    fn likeness(&self, file: &str) -> Option<u64> {
        self.files.get(file).map(|(id, _)| likeness_of(*id))
    }

    fn fork(&self) -> Result<Box<dyn Store>, Error> {
        let git = Mutex::new(reopen(&self.home)?);
        Ok(Box::new(Self { git, files: self.files.clone(), home: self.home.clone() }))
    }
}
