//! The past of one deployment: the commits that touched its folder, through renames, and its files as they were.

use super::{ASSESSMENTS, NO_DEPLOYMENT, Project, folder_of};
use crate::diag::{Error, Finding};
use crate::model::{Answer, DeploymentName, Framework, Meta, PermanentId, Risk, RiskId, Slot};
use crate::store::{Commits, EntryKind, ObjectId, PastCommit, Repo, Signature};
use crate::syntax::{Document, read_meta, read_risk, read_section};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A deployment's folder at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// What it was called.
    pub name: DeploymentName,
    /// What was in it.
    pub tree: ObjectId,
}

/// The folder before a step.
#[derive(Debug, Clone)]
pub struct Before {
    /// The folder.
    pub folder: Folder,
    /// The step that made it what it is, among all steps.
    pub step: usize,
}

/// A commit that changed the folder.
#[derive(Debug, Clone)]
pub struct Step {
    /// The commit.
    pub commit: PastCommit,
    /// The folder as it left it.
    pub folder: Folder,
    /// The folder before it, for each commit before it that had one; none where it made the folder.
    pub before: Vec<Before>,
}

/// The commits that changed a folder, each before those that it follows.
#[derive(Debug, Clone)]
pub struct Steps {
    /// All of them.
    pub all: Vec<Step>,
    /// The one that made the folder what it is where the walk began.
    pub newest: usize,
}

/// Which files matter to a question about the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// All of them.
    All,
    /// The one of this path in the folder: `ig.toml`, `risks/HAZ-004.toml`.
    One(String),
}

/// What files of a deployment said.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Answers by slot.
    pub answers: BTreeMap<Slot, Answer>,
    /// Risks by id.
    pub risks: BTreeMap<RiskId, Risk>,
    /// Files that could not be read, or only in part.
    pub unread: Vec<String>,
}

/// Reads the past of deployments.
pub struct Past<'r> {
    project: &'r Project,
    history: Commits<'r>,
    metas: RefCell<BTreeMap<ObjectId, Option<Arc<Meta>>>>,
    // By folder and file, because a risk of the same bytes has another name in another file.
    files: RefCell<BTreeMap<(ObjectId, String), Arc<Said>>>,
}

impl<'r> Past<'r> {
    /// The past of a repository, read with the frameworks of a project.
    pub fn new(repo: &'r Repo, project: &'r Project) -> Self {
        Self { project, history: repo.commits(), metas: RefCell::default(), files: RefCell::default() }
    }

    /// The commit that a revision names.
    pub fn commit_of(&self, revision: &str) -> Result<ObjectId, Error> {
        self.history.commit_of(revision)
    }

    /// A commit of this name, if it is here.
    pub fn find(&self, id: &str) -> Option<ObjectId> {
        self.history.find(id)
    }

    /// The commits that changed a deployment, from one back, each before those that it follows.
    pub fn steps(&self, from: ObjectId, name: &DeploymentName) -> Result<Steps, Error> {
        let Some(first) = self.history.folder(from, &folder_of(name))? else {
            let short = from.to_string();
            return Err(Error::new(
                &NO_DEPLOYMENT,
                format!("there is no deployment `{name}` at {}", &short[..12]),
            )
            .help(
                "history is read from commits: commit the deployment first, or name a commit with `--rev`",
            ));
        };
        let id = self.meta(first)?.map(|meta| meta.id.clone());
        let commits = self.history.walk(from)?;
        let mut folders = BTreeMap::from([(from, Folder { name: name.clone(), tree: first })]);
        let mut touched = Vec::new();
        let mut quiet: BTreeMap<ObjectId, ObjectId> = BTreeMap::new();
        for at in &commits {
            let Some(folder) = folders.get(at).cloned() else { continue };
            let commit = self.history.commit(*at)?;
            let mut before = Vec::new();
            for parent in &commit.parents {
                if let Some(found) = self.same_in(*parent, *at, &folder, id.as_ref())? {
                    folders.insert(*parent, found.clone());
                    before.push((*parent, found));
                }
            }
            match before.first() {
                Some((parent, _)) if before.iter().all(|(_, other)| *other == folder) => {
                    quiet.insert(*at, *parent);
                }
                _ => touched.push((commit, folder, before)),
            }
        }
        let numbers: BTreeMap<ObjectId, usize> =
            touched.iter().enumerate().map(|(number, (commit, ..))| (commit.id, number)).collect();
        // A commit that changed nothing has what the step before it made.
        let step_of = |mut at: ObjectId| loop {
            match (numbers.get(&at), quiet.get(&at)) {
                (Some(number), _) => return *number,
                (None, Some(parent)) => at = *parent,
                (None, None) => return numbers.len(),
            }
        };
        let steps = touched.iter().map(|(commit, folder, before)| Step {
            commit: commit.clone(),
            folder: folder.clone(),
            before: before
                .iter()
                .map(|(parent, folder)| Before { folder: folder.clone(), step: step_of(*parent) })
                .collect(),
        });
        Ok(Steps { all: steps.collect(), newest: step_of(from) })
    }

    /// The folder of a name at a commit.
    pub fn tree(&self, commit: ObjectId, name: &DeploymentName) -> Result<Option<ObjectId>, Error> {
        self.history.folder(commit, &folder_of(name))
    }

    /// The folder where the sides of a merge parted; none where they have nothing in common.
    pub fn base(&self, merge: &PastCommit, folder: &Folder) -> Result<Option<ObjectId>, Error> {
        let [left, right] = merge.parents[..] else { return Ok(None) };
        let Some(base) = self.history.base(left, right)? else { return Ok(None) };
        let id = self.meta(folder.tree)?.map(|meta| meta.id.clone());
        Ok(self.same_in(base, merge.id, folder, id.as_ref())?.map(|folder| folder.tree))
    }

    /// The folder in a parent that is the same deployment as the one in a commit: of the same name, or renamed.
    fn same_in(
        &self,
        parent: ObjectId,
        commit: ObjectId,
        folder: &Folder,
        id: Option<&PermanentId>,
    ) -> Result<Option<Folder>, Error> {
        let is_same = |tree: ObjectId| -> Result<bool, Error> {
            Ok(tree == folder.tree || self.meta(tree)?.is_none_or(|meta| Some(&meta.id) == id))
        };
        if let Some(tree) = self.history.folder(parent, &folder_of(&folder.name))?
            && is_same(tree)?
        {
            return Ok(Some(Folder { name: folder.name.clone(), tree }));
        }
        let list = |at| -> Result<Vec<_>, Error> {
            let all =
                self.history.folder(at, ASSESSMENTS)?.map(|tree| self.history.entries(tree)).transpose()?;
            Ok(all.unwrap_or_default())
        };
        let now: BTreeSet<(String, ObjectId)> =
            list(commit)?.into_iter().map(|(name, _, id)| (name, id)).collect();
        // Only what this commit took away or changed can have been renamed.
        for (name, kind, tree) in list(parent)? {
            if kind != EntryKind::Folder || now.contains(&(name.clone(), tree)) {
                continue;
            }
            if (tree == folder.tree || self.meta(tree)?.is_some_and(|meta| Some(&meta.id) == id))
                && let Ok(name) = DeploymentName::new(&name)
            {
                return Ok(Some(Folder { name, tree }));
            }
        }
        Ok(None)
    }

    /// Who made a deployment what it says at a commit: the author of the newest one before which no parent has the same, as `is_same` tells of two
    /// commits, each with the folder as it is there. None where there is no such deployment, or the history is not all here.
    pub fn last_change(
        &self,
        from: ObjectId,
        name: &DeploymentName,
        is_same: &dyn Fn((ObjectId, ObjectId), (ObjectId, ObjectId)) -> Result<bool, Error>,
    ) -> Result<Option<Signature>, Error> {
        let Some(tree) = self.history.folder(from, &folder_of(name))? else { return Ok(None) };
        let id = self.meta(tree)?.map(|meta| meta.id.clone());
        let (mut at, mut folder) = (from, Folder { name: name.clone(), tree });
        'commits: loop {
            let commit = self.history.commit(at)?;
            for parent in &commit.parents {
                let Some(found) = self.same_in(*parent, at, &folder, id.as_ref())? else { continue };
                if is_same((*parent, found.tree), (at, folder.tree))? {
                    (at, folder) = (*parent, found);
                    continue 'commits;
                }
            }
            let author = Signature { name: commit.author, email: commit.email };
            return Ok(Some(author).filter(|_| !commit.is_cut));
        }
    }

    /// The file at a path of a commit.
    pub fn file(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
        self.history.file(commit, path)
    }

    /// The name at a commit of the deployment with a permanent id. The name that it is thought to have is tried first.
    pub fn name_of(
        &self,
        commit: ObjectId,
        likely: &DeploymentName,
        id: &PermanentId,
    ) -> Result<Option<DeploymentName>, Error> {
        let is_it = |tree| -> Result<bool, Error> { Ok(self.meta(tree)?.is_some_and(|meta| meta.id == *id)) };
        if let Some(tree) = self.history.folder(commit, &folder_of(likely))?
            && is_it(tree)?
        {
            return Ok(Some(likely.clone()));
        }
        let Some(all) = self.history.folder(commit, ASSESSMENTS)? else { return Ok(None) };
        for (name, kind, tree) in self.history.entries(all)? {
            if kind == EntryKind::Folder
                && is_it(tree)?
                && let Ok(name) = DeploymentName::new(&name)
            {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// What a deployment was at a folder's state; none where its file could not be read.
    pub fn meta(&self, tree: ObjectId) -> Result<Option<Arc<Meta>>, Error> {
        let Some(file) = self.history.entry(tree, "deployment.toml")? else { return Ok(None) };
        if let Some(known) = self.metas.borrow().get(&file) {
            return Ok(known.clone());
        }
        let bytes = self.history.read(file, "deployment.toml")?;
        let meta =
            Document::parse("deployment.toml", &bytes).ok().and_then(|document| read_meta(&document).0);
        let meta = meta.map(Arc::new);
        self.metas.borrow_mut().insert(file, meta.clone());
        Ok(meta)
    }

    /// The framework that a deployment followed at a folder's state, if it is here.
    pub fn framework(&self, tree: ObjectId) -> Result<Option<Arc<Framework>>, Error> {
        Ok(self.meta(tree)?.and_then(|meta| self.project.framework(&meta.framework).ok()))
    }

    /// The files of a scope in a folder.
    fn files(&self, tree: ObjectId, scope: &Files) -> Result<BTreeMap<String, ObjectId>, Error> {
        let mut files = BTreeMap::new();
        for (name, kind, id) in self.history.entries(tree)? {
            match kind {
                EntryKind::File => drop(files.insert(name, id)),
                EntryKind::Folder if name == "risks" => {
                    let inner = self.history.entries(id)?.into_iter();
                    files.extend(inner.map(|(inner, _, id)| (format!("risks/{inner}"), id)));
                }
                _ => {}
            }
        }
        if let Files::One(only) = scope {
            files.retain(|name, _| name == only);
        }
        Ok(files)
    }

    /// What the files of a scope said in two states of the folder, those apart that are the same in both.
    pub fn both(&self, left: ObjectId, right: ObjectId, scope: &Files) -> Result<(Said, Said), Error> {
        let (before, after) = (self.files(left, scope)?, self.files(right, scope)?);
        let differing = |files: &BTreeMap<String, ObjectId>, others: &BTreeMap<String, ObjectId>| {
            let differing = files.iter().filter(|(name, id)| others.get(*name) != Some(*id));
            differing.map(|(name, id)| (name.clone(), *id)).collect::<Vec<_>>()
        };
        Ok((self.read(left, differing(&before, &after))?, self.read(right, differing(&after, &before))?))
    }

    /// Whether something else was received between two states of the folder.
    pub fn received_again(&self, left: ObjectId, right: ObjectId) -> Result<bool, Error> {
        let digest = |tree: ObjectId| -> Result<Option<String>, Error> {
            Ok(self.meta(tree)?.and_then(|meta| Some(meta.derived_from.as_ref()?.received.clone())))
        };
        let (before, after) = (digest(left)?, digest(right)?);
        Ok(before.is_some() && after.is_some() && before != after)
    }

    /// What the files of a scope said.
    pub fn said(&self, tree: ObjectId, scope: &Files) -> Result<Said, Error> {
        self.read(tree, self.files(tree, scope)?.into_iter().collect())
    }

    fn read(&self, tree: ObjectId, files: Vec<(String, ObjectId)>) -> Result<Said, Error> {
        let framework = self.framework(tree)?;
        let mut all = Said::default();
        for (name, id) in files.into_iter().filter(|(name, _)| name.ends_with(".toml")) {
            if [
                "deployment.toml",
                "received.toml",
                super::RECORD,
                super::ASIDE,
                super::CONFLICTS,
                super::IMPORTED,
            ]
            .contains(&name.as_str())
            {
                continue;
            }
            let Some(framework) = &framework else {
                all.unread.push(name);
                continue;
            };
            let known = self.files.borrow().get(&(id, name.clone())).cloned();
            let said = match known {
                Some(said) => said,
                None => {
                    let said = Arc::new(read(framework, &name, &self.history.read(id, &name)?));
                    self.files.borrow_mut().insert((id, name), said.clone());
                    said
                }
            };
            all.answers.extend(said.answers.clone());
            all.risks.extend(said.risks.clone());
            all.unread.extend(said.unread.clone());
        }
        Ok(all)
    }
}

/// What one file says.
fn read(framework: &Framework, name: &str, bytes: &[u8]) -> Said {
    let mut said = Said::default();
    let Ok(document) = Document::parse(name, bytes) else {
        said.unread.push(name.to_owned());
        return said;
    };
    let stem = name.trim_end_matches(".toml");
    let findings = match (stem.strip_prefix("risks/").map(RiskId::new), framework.section(stem)) {
        (Some(Ok(id)), _) => {
            let (risk, findings) = read_risk(&document, framework);
            said.risks.extend(risk.map(|risk| (id, risk)));
            findings
        }
        (None, Some(section)) => {
            let (answers, findings) = read_section(&document, framework, section);
            said.answers = answers;
            findings
        }
        _ => Vec::new(),
    };
    if findings.iter().any(Finding::is_error) {
        said.unread.push(name.to_owned());
    }
    said
}
