//! The deployments that two states of a repository have, side by side.

use super::load::{Loaded, Loader};
use super::{ASSESSMENTS, NOT_A_DEPLOYMENT, Project};
use crate::diag::{Error, Finding, Label};
use crate::model::{DeploymentName, PermanentId};
use std::collections::{BTreeMap, BTreeSet};

/// A deployment on both sides, or on one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its folder on the left.
    pub left: Option<DeploymentName>,
    /// Its folder on the right; another one where it was renamed.
    pub right: Option<DeploymentName>,
    /// The files beneath that differ, where the folder is the same; otherwise nobody looked.
    pub differing: Option<BTreeSet<String>>,
}

impl Pair {
    /// Its folder now or, where it is gone, before.
    pub fn name(&self) -> Option<&DeploymentName> {
        self.right.as_ref().or(self.left.as_ref())
    }
}

/// Pairs the deployments that the differing paths touch: by permanent id, so that a renamed folder is the same deployment; where that fails by
/// folder. Findings say what else stands among them.
pub fn pairs(
    left: Option<&Project>,
    right: &Project,
    paths: &BTreeSet<String>,
) -> Result<(Vec<Pair>, Vec<Finding>), Error> {
    let mut touched: BTreeMap<DeploymentName, BTreeSet<String>> = BTreeMap::new();
    let mut findings = Vec::new();
    for path in paths {
        let Some(beneath) = path.strip_prefix(ASSESSMENTS) else { continue };
        let (folder, rest) = match beneath.trim_start_matches('/').split_once('/') {
            Some((folder, rest)) => (folder, rest),
            None => (beneath.trim_start_matches('/'), ""),
        };
        if folder.is_empty() {
            // The whole of `assessments/` is on one side only.
            for project in left.into_iter().chain([right]) {
                let (names, found) = project.deployments()?;
                findings.extend(found);
                names.into_iter().for_each(|name| {
                    touched.entry(name).or_default();
                });
            }
            continue;
        }
        let is_text = !beneath.trim_start_matches('/').contains('/') && folder.ends_with(".md");
        if folder.starts_with('.') || is_text {
            continue;
        }
        match DeploymentName::new(folder) {
            Ok(name) => {
                touched.entry(name).or_default().insert(rest.to_owned());
            }
            Err(error) => {
                let place = format!("{ASSESSMENTS}/{folder}");
                findings.push(Finding::new(&NOT_A_DEPLOYMENT, error.to_string()).at(Label::file(place)));
            }
        }
    }
    let mut matched = Vec::new();
    let mut before: BTreeMap<DeploymentName, Option<PermanentId>> = BTreeMap::new();
    let mut after = BTreeMap::new();
    for (name, differing) in touched {
        let has = |project: &Project| project.has(&name);
        let (was, is) = (left.map(has).transpose()?.unwrap_or(false), has(right)?);
        if was && is && !differing.iter().any(|file| file.is_empty() || file == "deployment.toml") {
            matched.push(Pair { left: Some(name.clone()), right: Some(name), differing: Some(differing) });
            continue;
        }
        let id = |project: &Project| project.meta(&name).ok().map(|meta| meta.id);
        if was {
            before.insert(name.clone(), left.and_then(id));
        }
        if is {
            after.insert(name.clone(), (id(right), differing));
        }
    }
    for (name, (id, differing)) in after {
        let once = |id: &PermanentId| {
            let mut same = before.iter().filter(|(_, other)| other.as_ref() == Some(id));
            same.next().map(|(name, _)| name.clone()).filter(|_| same.next().is_none())
        };
        let same_folder = before.contains_key(&name).then(|| name.clone());
        let left = match before.get(&name) {
            Some(other) if *other == id => same_folder,
            _ => id.as_ref().and_then(once).or(same_folder),
        };
        left.iter().for_each(|left| {
            before.remove(left);
        });
        let is_there = left.as_ref() == Some(&name);
        matched.push(Pair { left, right: Some(name), differing: is_there.then_some(differing) });
    }
    matched.extend(before.into_keys().map(|name| Pair { left: Some(name), right: None, differing: None }));
    matched.sort_by(|a, b| a.name().cmp(&b.name()));
    Ok((matched, findings))
}

/// Both sides of a pair, as they were read. What is equal on both sides is read once.
pub fn load_pair(
    pair: &Pair,
    left: Option<&mut Loader<'_>>,
    right: &mut Loader<'_>,
) -> Result<(Option<Loaded>, Option<Loaded>), Error> {
    let before = match (left, &pair.left) {
        (Some(loader), Some(name)) => Some(loader.load(name)?),
        _ => None,
    };
    let after = match (&pair.right, &before, &pair.differing) {
        (None, ..) => None,
        (Some(name), Some(twin), Some(differing)) => Some(right.load_beside(name, twin, differing)?),
        (Some(name), ..) => Some(right.load(name)?),
    };
    Ok((before, after))
}
