//! `tom check --merges`: the merge commits of a range against the merge by meaning.

use super::Args;
use crate::cli::Outcome;
use crate::cli::context::Context;
use crate::diag::{Error, Finding};
use crate::model::{Deployment, DeploymentName, Framework};
use crate::ops::check::{Merging, merging};
use crate::project::{Project, folder_of};
use crate::store::{MergeCommit, Repo};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) fn run(args: &Args, range: &str, repo: &Repo, context: &Context) -> Result<Outcome, Error> {
    let (merges, others) = repo.merges(range)?;
    let wanted: Vec<DeploymentName> =
        args.deployments.iter().map(|text| super::super::name(text)).collect::<Result<_, _>>()?;
    let (mut findings, mut names) = (Vec::new(), BTreeSet::new());
    for merge in &merges {
        let (found, looked_at) = of_commit(repo, merge, &wanted)?;
        findings.extend(found);
        names.extend(looked_at);
    }
    if others > 0 {
        context.tell(format!(
            "not looked at: {} with more than two parents, or without a common ancestor",
            crate::cli::words::counted(others, "merge commit", "merge commits")
        ));
    }
    let (project, _) = context.project(repo, if repo.work_tree().is_some() { None } else { Some("HEAD") })?;
    Ok(super::show(args, &project, &findings, &names.into_iter().collect::<Vec<_>>(), context))
}

/// The findings of one merge commit, and the deployments that both of its sides changed.
fn of_commit(
    repo: &Repo,
    merge: &MergeCommit,
    wanted: &[DeploymentName],
) -> Result<(Vec<Finding>, Vec<DeploymentName>), Error> {
    let open =
        |revision: &str| -> Result<Project, Error> { Ok(Project::open(Box::new(repo.at(revision)?))?.0) };
    let actual = open(&merge.id)?;
    let (mut findings, mut names) = (Vec::new(), Vec::new());
    let mut sides: Option<[Project; 3]> = None;
    for name in actual.deployments()?.0 {
        let id = |revision: &str| repo.folder_id(revision, &folder_of(&name));
        let (was, here, there) = (id(&merge.base), id(&merge.left), id(&merge.right));
        let both_changed = here.is_some() && there.is_some() && here != was && there != was && here != there;
        if !both_changed || !(wanted.is_empty() || wanted.contains(&name)) {
            continue;
        }
        if sides.is_none() {
            sides = Some([open(&merge.base)?, open(&merge.left)?, open(&merge.right)?]);
        }
        let Some([base, left, right]) = &sides else { continue };
        names.push(name.clone());
        let load = |project: &Project| -> Result<(Deployment, Arc<Framework>), Error> {
            let loaded = project.load(&name)?;
            // What a side could not say cannot be held against the merge; `tom check --rev` reports it.
            match (loaded.deployment, loaded.framework) {
                (Some(deployment), Some(framework)) => Ok((deployment, framework)),
                _ => Err(loaded
                    .findings
                    .into_iter()
                    .next()
                    .map_or_else(|| project.unknown(name.as_str()), Error::from)),
            }
        };
        let before = if was.is_some() { Some(load(base)?.0) } else { None };
        let ((here, _), (there, _), (now, framework)) = (load(left)?, load(right)?, load(&actual)?);
        let is_by_lines = |file: &str| {
            let read = |project: &Project| project.store().read(file).ok().flatten().unwrap_or_default();
            let now = read(&actual);
            repo.merge_by_lines(&read(base), &read(left), &read(right)).is_some_and(|merged| merged == now)
        };
        findings.extend(merging(&Merging {
            commit: &merge.id[..12],
            base: before.as_ref(),
            left: &here,
            right: &there,
            actual: &now,
            framework: &framework,
            is_by_lines: &is_by_lines,
        }));
    }
    Ok((findings, names))
}
