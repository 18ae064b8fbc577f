//! What an update reads of parents and bases, what it refuses to touch, and the files that it writes.

use crate::cli::codes::UNCOMMITTED;
use crate::cli::words::counted;
use crate::diag::{Error, Label};
use crate::model::{Deployment, DeploymentName, Framework};
use crate::ops::arrival::history_edits;
use crate::ops::merge::files;
use crate::ops::update::{Applied, CANNOT_UPDATE, Giver, meta_edits};
use crate::project::{CONFLICTS, IMPORTED, Project, folder_of};
use crate::store::{Replacement, Repo, Store};
use crate::syntax::{edit, write_imported, write_received};
use std::collections::BTreeMap;

pub(in crate::cli::commands) fn refuse_dirty<'a>(
    targets: impl IntoIterator<Item = &'a DeploymentName>,
    dirty: &[String],
) -> Result<(), Error> {
    for name in targets {
        let folder = format!("{}/", folder_of(name));
        // What an earlier update left to decide is tom's own, and is written anew.
        let conflicts = format!("{folder}{CONFLICTS}");
        let changed: Vec<&String> =
            dirty.iter().filter(|path| path.starts_with(&folder) && **path != conflicts).collect();
        if let Some(first) = changed.first() {
            return Err(Error::new(&CANNOT_UPDATE, format!("`{name}` has changes that are not committed"))
                .at(Label::file(first.as_str()))
                .note(format!(
                    "{} from the last commit",
                    counted(changed.len(), "of its files differs", "of its files differ")
                ))
                .help("commit them, or say `--allow-dirty`"));
        }
    }
    Ok(())
}

pub(in crate::cli::commands) fn refuse_edited_base(deployment: &Deployment) -> Result<(), Error> {
    if deployment.is_received_intact {
        return Ok(());
    }
    let file = format!("{}/received.toml", folder_of(&deployment.name));
    Err(Error::new(
        &CANNOT_UPDATE,
        format!("`received.toml` of `{}` is not what was received", deployment.name),
    )
    .at(Label::file(file))
    .note("it is the base of the merge: with another one, edits would be lost or made up")
    .help("restore it from git"))
}

/// Reads parents as they are committed.
pub(super) struct Parents<'a> {
    repo: &'a Repo,
    here: &'a Project,
    at: Option<&'a str>,
    dirty: &'a [String],
    opened: Option<(Project, String)>,
    /// Whoever hands over: as it is committed, or as it was updated a moment ago. None waits for decisions itself.
    pub(super) givers: BTreeMap<DeploymentName, Option<Giver>>,
}

impl<'a> Parents<'a> {
    /// Parents at a revision, or else at the last commit.
    pub(super) fn new(repo: &'a Repo, here: &'a Project, at: Option<&'a str>, dirty: &'a [String]) -> Self {
        Self { repo, here, at, dirty, opened: None, givers: BTreeMap::new() }
    }

    /// Makes a parent ready to hand over. Where no revision is named it must have no changes that are not committed.
    pub(super) fn load(&mut self, name: &DeploymentName) -> Result<(), Error> {
        if self.givers.contains_key(name) {
            return Ok(());
        }
        if self.at.is_none() {
            let folder = format!("{}/", folder_of(name));
            if !self.here.has(name)? {
                return Err(self.here.unknown(name.as_str()));
            }
            if let Some(first) = self.dirty.iter().find(|path| path.starts_with(&folder)) {
                return Err(Error::new(&UNCOMMITTED, format!("`{name}` has changes that are not committed"))
                    .at(Label::file(first))
                    .note("an update reads what is committed of the parent")
                    .help("commit them, or update from what is committed with `--at HEAD`"));
            }
        }
        if self.opened.is_none() {
            let store = self.repo.at(self.at.unwrap_or("HEAD"))?;
            let commit = store.commit().id.clone();
            let (project, findings) = Project::open(Box::new(store))?;
            if let Some(finding) = findings.into_iter().find(crate::diag::Finding::is_error) {
                return Err(finding.into());
            }
            self.opened = Some((project, commit));
        }
        let Some((project, commit)) = &self.opened else { unreachable!("it was opened above") };
        let (deployment, framework) = project.load(name)?.sound()?;
        let giver = Giver::new(deployment, framework, Some(commit.clone()));
        self.givers.insert(name.clone(), Some(giver));
        Ok(())
    }
}

/// Every file that an update changes.
pub(in crate::cli::commands) fn replacements_of(
    store: &dyn Store,
    before: &Deployment,
    applied: &Applied,
    framework: &Framework,
) -> Result<Vec<Replacement>, Error> {
    let folder = folder_of(&before.name);
    let changed = files(&folder, framework, &applied.changes, |path| store.read(path))?;
    let mut all: Vec<Replacement> =
        changed.into_iter().map(|file| Replacement { path: file.path, after: file.after }).collect();
    let after = &applied.deployment;
    let mut edits = history_edits(before, after);
    if let (Some(old), Some(new)) = (&before.meta.derived_from, &after.meta.derived_from) {
        edits.extend(meta_edits(old, new));
    }
    if !edits.is_empty() {
        let path = format!("{folder}/deployment.toml");
        let mut bytes = store.read(&path)?.unwrap_or_default();
        for change in edits {
            bytes = edit(&path, &bytes, &change)?;
        }
        all.push(Replacement { path, after: Some(bytes) });
    }
    if let Some(imported) = after.imported.as_ref().filter(|new| before.imported.as_ref() != Some(new)) {
        let text = write_imported(imported, framework);
        all.push(Replacement { path: format!("{folder}/{IMPORTED}"), after: Some(text.into_bytes()) });
    }
    if let Some(received) = &after.received {
        let text = write_received(received, framework);
        all.push(Replacement { path: format!("{folder}/received.toml"), after: Some(text.into_bytes()) });
    }
    let conflicts = format!("{folder}/{CONFLICTS}");
    if store.read(&conflicts)?.is_some() {
        all.push(Replacement { path: conflicts, after: None });
    }
    Ok(all)
}
