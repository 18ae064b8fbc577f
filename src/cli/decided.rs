//! A deployment's decisions and record, read and judged as they are.

use crate::diag::Error;
use crate::model::{Date, Deployment, DeploymentName, Framework};
use crate::ops::author::last_author;
use crate::ops::policy::Keys;
use crate::ops::ready::{self, approved};
use crate::ops::stage::{Standing, standing};
use crate::ops::state::States;
use crate::ops::verify::{Case, Judgement, PhaseReport, judge, phases};
use crate::project::{Project, papers};
use crate::store::{Repo, Signature, Store};
use std::collections::BTreeSet;

/// What decisions are judged by, the same for every deployment of a run.
#[derive(Clone, Copy)]
pub(super) struct Judging<'j> {
    /// Its settings say who may decide, its frameworks what its history means.
    pub(super) project: &'j Project,
    pub(super) keys: &'j Keys,
    pub(super) as_of: Date,
}

/// A deployment with its decisions and its record.
pub(super) struct Decided<'d> {
    pub(super) case: &'d Case<'d>,
    pub(super) judgement: &'d Judgement<'d>,
    /// Where its decisions leave each phase.
    pub(super) reports: &'d [PhaseReport],
    pub(super) standing: Standing,
}

/// Reads and judges what a deployment has. `repo` and revision tell who changed the content last, where the policy asks for that.
///
/// # Errors
/// What cannot be read, and a record that cannot be understood: where it stands would then not be known.
pub(super) fn decided<T>(
    judging: Judging<'_>,
    at: (&Repo, Option<&str>),
    store: &dyn Store,
    (deployment, framework, states): (&Deployment, &Framework, &States<'_>),
    then: impl FnOnce(&Decided<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (settings, as_of) = (judging.project.settings(), judging.as_of);
    let is_ready = |phase: u8, approved: &BTreeSet<u8>| {
        let grounds = ready::Grounds { settings, approved, as_of: Some(as_of) };
        ready::is_ready(deployment, framework, states, phase, grounds)
    };
    decided_where(judging, at, store, (deployment, framework), &is_ready, then)
}

/// The same, for a caller who knows which phases are ready, told which ones are approved.
pub(super) fn decided_where<T>(
    judging: Judging<'_>,
    at: (&Repo, Option<&str>),
    store: &dyn Store,
    of: (&Deployment, &Framework),
    is_ready: &dyn Fn(u8, &BTreeSet<u8>) -> bool,
    then: impl FnOnce(&Decided<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    judged(judging, at, store, of, |case, judgement, reports| {
        if let Some(error) = judgement.unrecorded.iter().find(|finding| finding.is_error()) {
            return Err(error.clone().into());
        }
        let approved = approved(reports);
        let is_ready = |phase| is_ready(phase, &approved);
        let standing = standing(case, &judgement.statements, reports, judgement.record, &is_ready);
        then(&Decided { case, judgement, reports, standing })
    })
}

/// Reads the statements of a deployment and judges them.
pub(super) fn judged<T>(
    Judging { project, keys, as_of }: Judging<'_>,
    at: (&Repo, Option<&str>),
    store: &dyn Store,
    (deployment, framework): (&Deployment, &Framework),
    then: impl FnOnce(&Case<'_>, &Judgement<'_>, &[PhaseReport]) -> Result<T, Error>,
) -> Result<T, Error> {
    let papers =
        papers(store, Some((at.0, at.1.unwrap_or("HEAD"))), &deployment.name)?.among(project, deployment);
    let case = Case::of(deployment, framework, project.settings(), keys, &papers.evidence, as_of);
    let judgement = judge(&case, &papers)?;
    then(&case, &judgement, &reports(project, at, &case, &judgement)?)
}

/// Where the decisions of a deployment leave each phase.
pub(super) fn reports(
    project: &Project,
    at: (&Repo, Option<&str>),
    case: &Case<'_>,
    judgement: &Judgement<'_>,
) -> Result<Vec<PhaseReport>, Error> {
    let is_undecided = judgement.statements.is_empty();
    let author = author_where_asked(project, at, &case.deployment.name, is_undecided)?;
    Ok(phases(case, judgement, author.as_ref()))
}

/// Who changed the content last, where the policy asks for that of decisions that there are.
pub(super) fn author_where_asked(
    project: &Project,
    (repo, revision): (&Repo, Option<&str>),
    name: &DeploymentName,
    is_undecided: bool,
) -> Result<Option<Signature>, Error> {
    match project.settings().policy.author_apart && !is_undecided {
        true => author(repo, project, revision, name),
        false => Ok(None),
    }
}

/// Who changed the content last; none where nothing has been committed.
pub(super) fn author(
    repo: &Repo,
    project: &Project,
    revision: Option<&str>,
    name: &DeploymentName,
) -> Result<Option<Signature>, Error> {
    if repo.is_unborn() && revision.is_none() {
        return Ok(None);
    }
    last_author(repo, project, revision.unwrap_or("HEAD"), name)
}
