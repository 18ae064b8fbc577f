//! A deployment's decisions and record, read and judged as they are.

use crate::diag::{Error, Finding};
use crate::model::{Date, Deployment, Framework, Record, Settings};
use crate::ops::policy::Keys;
use crate::ops::ready::{self, approved, gaps};
use crate::ops::stage::{Standing, standing};
use crate::ops::state::States;
use crate::ops::verify::{Case, Judgement, PhaseReport, judge, phases};
use crate::project::{APPROVALS, EvidenceFiles, RECORD, folder_of, record, statements};
use crate::store::{Repo, Signature, Store};
use std::collections::BTreeSet;

/// What decisions are judged by, the same for every deployment of a run.
#[derive(Clone, Copy)]
pub(super) struct Judging<'j> {
    pub(super) settings: &'j Settings,
    pub(super) keys: &'j Keys,
    pub(super) as_of: Date,
}

/// A deployment with its decisions and its record.
pub(super) struct Decided<'d> {
    pub(super) case: &'d Case<'d>,
    pub(super) judgement: &'d Judgement<'d>,
    pub(super) record: &'d Record,
    pub(super) standing: Standing,
    /// How many statements are missing or cannot be relied on as files, so that no phase is approved.
    pub(super) broken: usize,
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
    let Judging { settings, as_of, .. } = judging;
    let is_ready = |phase: u8, approved: &BTreeSet<u8>| {
        let grounds = ready::Grounds { settings, approved, as_of: Some(as_of) };
        gaps(deployment, framework, states, phase, grounds).is_empty()
    };
    decided_where(judging, at, store, (deployment, framework), &is_ready, then)
}

/// The same, for a caller who knows which phases are ready, told which ones are approved.
pub(super) fn decided_where<T>(
    judging: Judging<'_>,
    (repo, revision): (&Repo, Option<&str>),
    store: &dyn Store,
    (deployment, framework): (&Deployment, &Framework),
    is_ready: &dyn Fn(u8, &BTreeSet<u8>) -> bool,
    then: impl FnOnce(&Decided<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (record, findings) = record(store, &deployment.name)?;
    if let Some(error) = findings.into_iter().find(Finding::is_error) {
        return Err(error.into());
    }
    judged(judging, (repo, revision), store, (deployment, framework), |case, judgement, reports| {
        let approved = approved(reports);
        let is_ready = |phase| is_ready(phase, &approved);
        let standing = standing(case, &judgement.statements, reports, &record, &is_ready);
        let broken = judgement.doubts.len();
        then(&Decided { case, judgement, record: &record, standing, broken })
    })
}

/// The phases of a deployment that its decisions approve.
///
/// # Errors
/// What cannot be read.
pub(super) fn approved_phases(
    judging: Judging<'_>,
    at: (&Repo, Option<&str>),
    store: &dyn Store,
    of: (&Deployment, &Framework),
) -> Result<BTreeSet<u8>, Error> {
    judged(judging, at, store, of, |_, _, reports| Ok(approved(reports)))
}

/// Who changed the content last, where the policy asks for that of decisions that there are.
pub(super) fn author(
    settings: &Settings,
    (repo, revision): (&Repo, Option<&str>),
    deployment: &Deployment,
    is_undecided: bool,
) -> Result<Option<Signature>, Error> {
    if !settings.policy.author_apart || is_undecided || (repo.is_unborn() && revision.is_none()) {
        return Ok(None);
    }
    repo.last_author(revision.unwrap_or("HEAD"), &folder_of(&deployment.name), &[APPROVALS, RECORD])
}

/// Reads the statements of a deployment and judges them.
pub(super) fn judged<T>(
    Judging { settings, keys, as_of }: Judging<'_>,
    (repo, revision): (&Repo, Option<&str>),
    store: &dyn Store,
    (deployment, framework): (&Deployment, &Framework),
    then: impl FnOnce(&Case<'_>, &Judgement<'_>, &[PhaseReport]) -> Result<T, Error>,
) -> Result<T, Error> {
    let (held, broken) = statements(store, &deployment.name)?;
    let evidence = EvidenceFiles::of(store);
    let files = |path: &str| evidence.digest(path);
    let case = Case::of(deployment, framework, settings, keys, &files, as_of);
    let judgement = judge(&case, &held, &broken);
    if let Some(error) = evidence.errors().into_iter().next() {
        return Err(error);
    }
    let author = author(settings, (repo, revision), deployment, held.is_empty())?;
    let reports = phases(&case, &judgement, author.as_ref());
    then(&case, &judgement, &reports)
}
