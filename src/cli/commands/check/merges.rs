//! `tom check --merges`: the merges of a range against the merge by meaning.

use super::Args;
use crate::cli::Outcome;
use crate::cli::context::Context;
use crate::cli::report::check::Report;
use crate::diag::{Error, Finding};
use crate::model::{Deployment, DeploymentName, Framework, PermanentId};
use crate::ops::check::{Merging, deployment_gone, merging, not_looked_at};
use crate::project::{ASSESSMENTS, FRAMEWORKS, Project, SETTINGS, folder_of};
use crate::store::{MemoryStore, MergeCommit, Repo};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) fn run(args: &Args, range: &str, repo: &Repo, context: &Context) -> Result<Outcome, Error> {
    let merges = repo.merges(range, ASSESSMENTS)?;
    let end = range.rsplit("..").next().filter(|end| !end.is_empty()).unwrap_or("HEAD");
    let end = Project::open(Box::new(repo.at(end)?))?.0;
    let wanted: Vec<DeploymentName> =
        args.deployments.iter().map(|text| super::super::name(text)).collect::<Result<_, _>>()?;
    let (mut findings, mut names) = (Vec::new(), BTreeSet::new());
    for merge in &merges.commits {
        let look = Look::of(repo, merge, range)?;
        for (id, sides) in look.both_changed()? {
            let name = look.name_of(&id, &sides);
            if wanted.is_empty() || wanted.contains(&name) {
                findings.extend(look.at(&id, &name, &sides, &end)?);
                names.insert(name);
            }
        }
    }
    findings.extend(merges.others.iter().map(|(commit, why)| not_looked_at(&commit[..12], why)));
    let (project, _) = context.project(repo, if repo.work_tree().is_some() { None } else { Some("HEAD") })?;
    let report = Report {
        findings: &findings,
        deployments: &names.into_iter().collect::<Vec<_>>(),
        fails_from: super::fails_from(args),
        merges: Some(merges.commits.len()),
    };
    Ok(report.show(args.format, &project, context))
}

/// What the folder of a deployment is called on each side; the base may not have it.
struct Sides {
    base: Option<DeploymentName>,
    left: DeploymentName,
    right: DeploymentName,
}

/// A merge that is looked at.
struct Look<'r> {
    repo: &'r Repo,
    merge: &'r MergeCommit,
    base: Project,
    left: Project,
    right: Project,
    /// The commit's own; none where it is to come.
    actual: Option<Project>,
    words: String,
}

impl<'r> Look<'r> {
    fn of(repo: &'r Repo, merge: &'r MergeCommit, range: &str) -> Result<Self, Error> {
        let open =
            |revision: &str| -> Result<Project, Error> { Ok(Project::open(Box::new(repo.at(revision)?))?.0) };
        let words = match &merge.id {
            Some(id) => format!("the merge commit {}", &id[..12]),
            None => format!("the merge of {}, as git would make it by lines", range.replace("...", " and ")),
        };
        let actual = merge.id.as_deref().map(open).transpose()?;
        let (base, left, right) = (open(&merge.base)?, open(&merge.left)?, open(&merge.right)?);
        Ok(Self { repo, merge, base, left, right, actual, words })
    }

    /// The deployments that both sides changed, by permanent id: a folder may have got another name.
    fn both_changed(&self) -> Result<BTreeMap<PermanentId, Sides>, Error> {
        let Self { merge, base, left, right, .. } = self;
        let folder = |revision: &str, name: &DeploymentName| self.repo.folder_id(revision, &folder_of(name));
        let mut names: BTreeSet<DeploymentName> = BTreeSet::new();
        for project in [base, left, right] {
            names.extend(project.deployments()?.0);
        }
        // Whatever is the same under the same name on all sides needs no look.
        names.retain(|name| {
            let here = folder(&merge.left, name);
            here != folder(&merge.base, name) || here != folder(&merge.right, name)
        });
        let by_id = |project: &Project| -> Result<BTreeMap<PermanentId, DeploymentName>, Error> {
            let here = names.iter().filter_map(|name| match project.has(name) {
                Ok(true) => Some(project.meta(name).map(|meta| (meta.id, name.clone()))),
                Ok(false) => None,
                Err(error) => Some(Err(error)),
            });
            here.collect()
        };
        let (mut was, here, mut there) = (by_id(base)?, by_id(left)?, by_id(right)?);
        let mut both = BTreeMap::new();
        for (id, left) in here {
            let (base, Some(right)) = (was.remove(&id), there.remove(&id)) else { continue };
            let before = base.as_ref().and_then(|name| folder(&merge.base, name));
            let (ours, theirs) = (folder(&merge.left, &left), folder(&merge.right, &right));
            if ours != before && theirs != before && ours != theirs {
                both.insert(id, Sides { base, left, right });
            }
        }
        Ok(both)
    }

    /// What the deployment is called in the merge; as on the side that renamed it, where the merge does not have it.
    fn name_of(&self, id: &PermanentId, sides: &Sides) -> DeploymentName {
        let renamed =
            if sides.base.as_ref() == Some(&sides.left) { sides.right.clone() } else { sides.left.clone() };
        let is_it = |name: &DeploymentName| {
            self.actual.as_ref().is_some_and(|actual| actual.meta(name).is_ok_and(|meta| meta.id == *id))
        };
        let likely = [&renamed, &sides.left, &sides.right].into_iter().find(|name| is_it(name)).cloned();
        let elsewhere = || {
            let actual = self.actual.as_ref()?;
            actual.deployments().ok()?.0.into_iter().find(|name| is_it(name))
        };
        likely.or_else(elsewhere).unwrap_or(renamed)
    }

    /// The findings of one deployment.
    fn at(
        &self,
        id: &PermanentId,
        name: &DeploymentName,
        sides: &Sides,
        end: &Project,
    ) -> Result<Vec<Finding>, Error> {
        let load = |project: &Project, name: &DeploymentName| -> Result<_, Error> {
            let loaded = project.load(name)?;
            match (loaded.deployment, loaded.framework) {
                (Some(deployment), Some(framework)) => Ok((deployment, framework)),
                // What a side could not say cannot be held against the merge; `tom check --rev` reports it.
                _ => Err(loaded
                    .findings
                    .into_iter()
                    .next()
                    .map_or_else(|| project.unknown(name.as_str()), Error::from)),
            }
        };
        let base = sides.base.as_ref().map(|name| load(&self.base, name)).transpose()?;
        let (left, right) = (load(&self.left, &sides.left)?.0, load(&self.right, &sides.right)?.0);
        let (virtual_one, asked);
        let actual = match &self.actual {
            Some(actual) => {
                asked = BTreeSet::new();
                actual
            }
            None => {
                (virtual_one, asked) = self.by_lines(name, sides)?;
                &virtual_one
            }
        };
        if !actual.has(name)? {
            return Ok(vec![deployment_gone(name, &self.words)]);
        }
        let loaded = actual.load(name)?;
        let (Some(now), Some(framework)): (Option<Deployment>, Option<Arc<Framework>>) =
            (loaded.deployment, loaded.framework)
        else {
            return Ok(loaded.findings);
        };
        let texts = |file: &str| self.texts(file, name, sides);
        let is_by_lines = |file: &str| {
            let [base, left, right] = texts(file);
            let now = actual.store().read(file).ok().flatten().unwrap_or_default();
            self.repo.merge_by_lines(&base, &left, &right).is_some_and(|merged| merged == now)
        };
        let help = match self.merge.id {
            Some(_) => {
                "look at both sides, set the field to what it should be or confirm it as it is, and commit that"
            }
            None => "merge by meaning, with `tom git install`, or set the field before the merge",
        };
        // Under another name it was not looked at since, as far as this tells.
        let since = match self.merge.id {
            Some(_) if end.has(name)? => end.load(name)?.deployment.filter(|end| end.meta.id == *id),
            _ => None,
        };
        let mut findings = merging(&Merging {
            merge: &self.words,
            help,
            base: base.as_ref().map(|(base, _)| base),
            left: &left,
            right: &right,
            actual: &now,
            since: since.as_ref(),
            framework: &framework,
            is_by_lines: &is_by_lines,
        });
        // Where git would stop, somebody decides.
        findings.retain(|finding| finding.primary.as_ref().is_none_or(|at| !asked.contains(&at.file)));
        Ok(findings)
    }

    /// A file of the deployment on each side; empty where it is not there.
    fn texts(&self, file: &str, name: &DeploymentName, sides: &Sides) -> [Vec<u8>; 3] {
        let rest = file.strip_prefix(&folder_of(name)).unwrap_or(file);
        let read = |project: &Project, name: Option<&DeploymentName>| {
            let path = name.map(|name| folder_of(name) + rest)?;
            project.store().read(&path).ok().flatten()
        };
        let [base, left, right] = [
            read(&self.base, sides.base.as_ref()),
            read(&self.left, Some(&sides.left)),
            read(&self.right, Some(&sides.right)),
        ];
        [base.unwrap_or_default(), left.unwrap_or_default(), right.unwrap_or_default()]
    }

    /// The deployment as git's merge by lines would leave it, and the files that it would stop at.
    fn by_lines(&self, name: &DeploymentName, sides: &Sides) -> Result<(Project, BTreeSet<String>), Error> {
        let folder = |name: &DeploymentName| Some(folder_of(name));
        let own = [sides.base.as_ref().and_then(folder), folder(&sides.left), folder(&sides.right)];
        let same = |path: &str| [Some(path.to_owned()), Some(path.to_owned()), Some(path.to_owned())];
        let mut files = BTreeMap::new();
        let mut stops = BTreeSet::new();
        for (folders, into) in [(own, folder_of(name)), (same(FRAMEWORKS), FRAMEWORKS.to_owned())] {
            for rest in self.all_files(&folders)? {
                self.merge_file(&mut files, &mut stops, &folders, &into, &rest)?;
            }
        }
        self.merge_file(&mut files, &mut stops, &same(SETTINGS), SETTINGS, "")?;
        Ok((Project::open(Box::new(MemoryStore::from_iter(files)))?.0, stops))
    }

    /// Every file beneath a folder on any side, from that folder on.
    fn all_files(&self, folders: &[Option<String>; 3]) -> Result<BTreeSet<String>, Error> {
        let mut all = BTreeSet::new();
        for (project, folder) in [&self.base, &self.left, &self.right].into_iter().zip(folders) {
            let Some(folder) = folder else { continue };
            let files = project.store().files(folder)?;
            all.extend(files.iter().filter_map(|path| path.strip_prefix(folder.as_str())).map(str::to_owned));
        }
        Ok(all)
    }

    fn merge_file(
        &self,
        files: &mut BTreeMap<String, Vec<u8>>,
        stops: &mut BTreeSet<String>,
        folders: &[Option<String>; 3],
        into: &str,
        rest: &str,
    ) -> Result<(), Error> {
        let read = |project: &Project, folder: &Option<String>| match folder {
            Some(folder) => project.store().read(&format!("{folder}{rest}")),
            None => Ok(None),
        };
        let [was, here, there] = folders;
        let (was, here, there) = (read(&self.base, was)?, read(&self.left, here)?, read(&self.right, there)?);
        let path = format!("{into}{rest}");
        let merged = if here == there || there == was {
            here
        } else if here == was {
            there
        } else {
            let merged = match (&here, &there) {
                (Some(here), Some(there)) => self.repo.merge_by_lines(&was.unwrap_or_default(), here, there),
                // Taken away here, changed there.
                _ => None,
            };
            if merged.is_none() {
                stops.insert(path.clone());
            }
            merged.or(here)
        };
        files.extend(merged.map(|bytes| (path, bytes)));
        Ok(())
    }
}
