//! What the history had and is not here any more as it was: statements, their signatures and evidence, and events.

use crate::diag::{Error, Finding};
use crate::model::{Deployment, DeploymentName, Digest, PermanentId, Record};
use crate::ops::verify::{Judged, Trust};
use crate::project::{
    APPROVALS, ASSESSMENTS, EvidenceFiles, Held, Project, RECORD, folder_of, record, statements,
};
use crate::store::{GitStore, Repo, Store};
use crate::syntax::{Document, read_meta, read_statement};
use std::collections::BTreeMap;

/// What was taken away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Statement,
    /// The signature of a statement; whether another stands there now.
    Signature(bool),
    /// A file that shows a decision that was written down for somebody.
    Evidence(String),
    /// An event by its key; whether it says something else now.
    Event(String, bool),
}

/// Something that a commit had and that is not here any more as it was.
pub(super) struct Taken {
    what: What,
    /// The file that had it: of a statement, or of the record.
    path: String,
    commit: String,
    /// The deployment that it was made for; none where it cannot be read.
    deployment: Option<PermanentId>,
    /// The statement, where there is one.
    statement: Option<Digest>,
}

impl Taken {
    /// Whether it is a deployment's: by the permanent id, so that a renamed folder hides nothing, or by the folder in which it stood.
    pub(super) fn is_of(&self, deployment: &Deployment) -> bool {
        let folder = format!("{}/", folder_of(&deployment.name));
        self.deployment.as_ref() == Some(&deployment.meta.id) || self.path.starts_with(&folder)
    }

    /// Whether it does no harm: a decision that was signed anew is shown as well as before.
    pub(super) fn is_made_good(&self, judged: &[Judged<'_>]) -> bool {
        let is_verified =
            |one: &Judged<'_>| Some(one.held.id) == self.statement && one.trust == Trust::Verified;
        self.what == What::Signature(true) && judged.iter().any(is_verified)
    }

    pub(super) fn in_words(&self) -> String {
        let Self { path, commit, .. } = self;
        let commit = &commit[..12];
        match &self.what {
            What::Statement => format!("{path} was removed; commit {commit} still had it"),
            What::Signature(false) => format!("{path}.sig was removed; commit {commit} still had it"),
            What::Signature(true) => format!("{path}.sig is not the signature that commit {commit} had"),
            What::Evidence(file) => {
                format!(
                    "{file}, which shows {path}, is gone or was changed; commit {commit} had it as it was"
                )
            }
            What::Event(key, false) => format!("{key} was removed from {path}; commit {commit} still had it"),
            What::Event(key, true) => {
                format!("{key} of {path} was changed; commit {commit} had it as it was")
            }
        }
    }

    /// The same, of one whose deployment is not here any more either. What happened to it matters to nobody then.
    pub(super) fn without_deployment(&self) -> Option<String> {
        let is_event = matches!(self.what, What::Event(..));
        (!is_event).then(|| format!("{}, with its deployment", self.in_words()))
    }
}

/// What was taken away since some commits, each told once: since one that is looked back to through all that lies between, and since those where the
/// base was left.
///
/// # Errors
/// What cannot be read, and a history that is not all here.
pub(super) fn taken(
    repo: &Repo,
    project: &Project,
    (since, parted, revision): (Option<&str>, &[String], &str),
) -> Result<Vec<Taken>, Error> {
    let here = here(project)?;
    let mut all = since.map(|since| removed(repo, &here, (since, revision))).transpose()?.unwrap_or_default();
    for commit in parted {
        all.extend(removed_since(repo, project, &here, commit)?);
    }
    let mut told: Vec<Taken> = Vec::new();
    for one in all {
        let is_same = |other: &Taken| (&other.what, &other.path) == (&one.what, &one.path);
        if !told.iter().any(is_same) {
            told.push(one);
        }
    }
    Ok(told)
}

/// The statements and signatures that stood in some commit between two revisions, and do not stand where they would count now: in the deployment that
/// they were made for.
fn removed(repo: &Repo, here: &Here, between: (&str, &str)) -> Result<Vec<Taken>, Error> {
    let is_gone = |file: &str| match file.strip_suffix(".sig") {
        Some(of) => here.get(of).is_some_and(|held| held.signature.is_none()),
        None => file.ends_with(".toml") && !here.contains_key(file),
    };
    let stood = repo.stood(between, (ASSESSMENTS, APPROVALS), &is_gone)?;
    Ok(stood
        .into_iter()
        .map(|stood| {
            let commit = stood.commit;
            if let Some(path) = stood.path.strip_suffix(".sig") {
                let is_it = |held: &&Held| held.path.rsplit('/').next() == path.rsplit('/').next();
                let deployment = here.values().find(is_it).map(|held| held.statement.deployment.clone());
                let what = What::Signature(false);
                return Taken { what, path: path.to_owned(), commit, deployment, statement: None };
            }
            let read =
                Document::parse(&stood.path, &stood.bytes).ok().map(|document| read_statement(&document));
            let sound = read.filter(|(_, findings)| !findings.iter().any(Finding::is_error));
            let deployment = sound.and_then(|(statement, _)| statement).map(|statement| statement.deployment);
            Taken { what: What::Statement, path: stood.path, commit, deployment, statement: None }
        })
        .collect())
}

/// The same of one commit alone: what stood in it, with the evidence that statements name, and what was recorded.
fn removed_since(repo: &Repo, project: &Project, here: &Here, commit: &str) -> Result<Vec<Taken>, Error> {
    let then = repo.at(commit)?;
    let (before, now) = (EvidenceFiles::of(&then), EvidenceFiles::of(project.store()));
    let mut taken = Vec::new();
    for folder in then.entries(ASSESSMENTS)? {
        let Ok(name) = DeploymentName::new(&folder.name) else { continue };
        let approvals = format!("{}/{APPROVALS}/", folder_of(&name));
        for held in statements(&then, &name)?.0 {
            let file = held.path.strip_prefix(&approvals).unwrap_or_default();
            let what = what_became_of(&held, here.get(file), (&before, &now));
            taken.extend(what.map(|what| Taken {
                what,
                path: held.path,
                commit: commit.to_owned(),
                deployment: Some(held.statement.deployment),
                statement: Some(held.id),
            }));
        }
        taken.extend(events(&then, project, &name)?);
    }
    match before.errors().into_iter().chain(now.errors()).next() {
        Some(error) => Err(error),
        None => Ok(taken),
    }
}

/// What was taken away of a statement; none where it is as it was.
fn what_became_of(
    was: &Held,
    is: Option<&Held>,
    (before, now): (&EvidenceFiles<'_>, &EvidenceFiles<'_>),
) -> Option<What> {
    let Some(is) = is else { return Some(What::Statement) };
    if was.signature.is_some() && was.signature != is.signature {
        return Some(What::Signature(is.signature.is_some()));
    }
    let shows = was.statement.recorded.as_ref()?;
    let stood = before.digest(&shows.evidence) == Some(shows.digest);
    let stands = now.digest(&shows.evidence) == Some(shows.digest);
    (stood && !stands).then(|| What::Evidence(shows.evidence.clone()))
}

/// The events of a commit's record that are not recorded here as they were, by what they say: a merge may have given one another number.
fn events(then: &GitStore, project: &Project, name: &DeploymentName) -> Result<Vec<Taken>, Error> {
    let path = format!("{}/{RECORD}", folder_of(name));
    if then.read(&path)? == project.store().read(&path)? {
        return Ok(Vec::new());
    }
    let id = id_of(then, name)?;
    let own = id.as_ref().and_then(|id| project.of_id(id).first()).unwrap_or(name);
    let (now, findings) = record(project.store(), own)?;
    // A record that cannot be read is told as such.
    if findings.iter().any(Finding::is_error) {
        return Ok(Vec::new());
    }
    let (was, commit): (Record, _) = (record(then, name)?.0, &then.commit().id);
    let gone = was.events.iter().filter(|(_, event)| !now.events.values().any(|other| other == *event));
    let taken = gone.map(|(key, _)| Taken {
        what: What::Event(key.to_string(), now.events.contains_key(key)),
        path: path.clone(),
        commit: commit.clone(),
        deployment: id.clone(),
        statement: None,
    });
    Ok(taken.collect())
}

/// The permanent id that a deployment had in a commit; none where it cannot be read.
fn id_of(then: &GitStore, name: &DeploymentName) -> Result<Option<PermanentId>, Error> {
    let path = format!("{}/deployment.toml", folder_of(name));
    let Some(bytes) = then.read(&path)? else { return Ok(None) };
    let document = Document::parse(&path, &bytes).ok();
    Ok(document.and_then(|document| read_meta(&document).0).map(|meta| meta.id))
}

/// The statements that count where they stand, by phase and name.
type Here = BTreeMap<String, Held>;

fn here(project: &Project) -> Result<Here, Error> {
    let mut here = Here::new();
    for name in project.deployments()?.0 {
        let approvals = format!("{}/{APPROVALS}/", folder_of(&name));
        // A deployment that cannot be read is for whoever asks for it to say; its statements stand all the same.
        let id = project.meta(&name).ok().map(|meta| meta.id);
        let counts = |held: &Held| id.as_ref().is_none_or(|id| held.statement.deployment == *id);
        for held in statements(project.store(), &name)?.0.into_iter().filter(counts) {
            if let Some(file) = held.path.strip_prefix(&approvals).map(str::to_owned) {
                here.insert(file, held);
            }
        }
    }
    Ok(here)
}
