//! Statements that the history had and that are not here any more.

use crate::diag::{Error, Finding};
use crate::model::{Deployment, DeploymentName, PermanentId};
use crate::project::{APPROVALS, ASSESSMENTS, Project, folder_of, statements};
use crate::store::{Repo, Store};
use crate::syntax::{Document, read_statement};
use std::collections::BTreeSet;

/// A statement that was taken away.
pub(super) struct Taken {
    path: String,
    commit: String,
    /// The deployment that it was made for; none where it cannot be read.
    deployment: Option<PermanentId>,
}

impl Taken {
    /// Whether it is a deployment's: by the permanent id, so that a renamed folder hides nothing, or by the folder in which it stood.
    pub(super) fn is_of(&self, deployment: &Deployment) -> bool {
        let folder = format!("{}/", folder_of(&deployment.name));
        self.deployment.as_ref() == Some(&deployment.meta.id) || self.path.starts_with(&folder)
    }

    pub(super) fn in_words(&self) -> String {
        format!("{} was removed; commit {} still had it", self.path, &self.commit[..12])
    }

    /// The same, of one whose deployment is not here any more either.
    pub(super) fn without_deployment(&self) -> String {
        format!("{}, with its deployment", self.in_words())
    }
}

/// The statements that stood in some commit between two revisions, and do not stand where they would count now: in the deployment that they
/// were made for.
pub(super) fn removed(
    repo: &Repo,
    project: &Project,
    names: &[DeploymentName],
    between: (&str, &str),
) -> Result<Vec<Taken>, Error> {
    let here = here(project, names)?;
    let is_gone = |file: &str| file.ends_with(".toml") && !here.contains(file);
    let stood = repo.stood(between, (ASSESSMENTS, APPROVALS), &is_gone)?;
    Ok(stood
        .into_iter()
        .map(|stood| {
            let read =
                Document::parse(&stood.path, &stood.bytes).ok().map(|document| read_statement(&document));
            let sound = read.filter(|(_, findings)| !findings.iter().any(Finding::is_error));
            let deployment = sound.and_then(|(statement, _)| statement).map(|statement| statement.deployment);
            Taken { path: stood.path, commit: stood.commit, deployment }
        })
        .collect())
}

/// The same of one commit alone: the statements that stood in it.
pub(super) fn removed_since(
    repo: &Repo,
    project: &Project,
    names: &[DeploymentName],
    commit: &str,
) -> Result<Vec<Taken>, Error> {
    let (then, here) = (repo.at(commit)?, here(project, names)?);
    let mut taken = Vec::new();
    for folder in then.entries(ASSESSMENTS)? {
        let Ok(name) = DeploymentName::new(&folder.name) else { continue };
        let approvals = format!("{}/{APPROVALS}/", folder_of(&name));
        let held = statements(&then, &name)?.0.into_iter();
        let gone =
            held.filter(|held| held.path.strip_prefix(&approvals).is_none_or(|file| !here.contains(file)));
        taken.extend(gone.map(|held| Taken {
            path: held.path,
            commit: commit.to_owned(),
            deployment: Some(held.statement.deployment),
        }));
    }
    Ok(taken)
}

/// The statements that count where they stand, by phase and name.
fn here(project: &Project, names: &[DeploymentName]) -> Result<BTreeSet<String>, Error> {
    let mut here = BTreeSet::new();
    for name in names {
        let approvals = format!("{}/{APPROVALS}/", folder_of(name));
        // A deployment that cannot be read is for whoever asks for it to say; its statements stand all the same.
        let id = project.meta(name).ok().map(|meta| meta.id);
        let held = statements(project.store(), name)?.0;
        let counts = held.iter().filter(|held| id.as_ref().is_none_or(|id| held.statement.deployment == *id));
        here.extend(counts.filter_map(|held| held.path.strip_prefix(&approvals)).map(str::to_owned));
    }
    Ok(here)
}
