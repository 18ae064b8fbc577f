//! A deployment's decisions and record, read and judged as they are.

use crate::diag::{Error, Finding};
use crate::model::{Date, Deployment, Framework, Record, Settings};
use crate::ops::policy::Keys;
use crate::ops::ready::gaps;
use crate::ops::stage::{Standing, standing};
use crate::ops::state::States;
use crate::ops::verify::{Case, Judgement, judge, phases};
use crate::project::{APPROVALS, EvidenceFiles, RECORD, folder_of, record, statements};
use crate::store::{Repo, Store};

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
    let is_ready = |phase: u8| gaps(deployment, framework, settings, states, phase, Some(as_of)).is_empty();
    decided_where(judging, at, store, (deployment, framework), &is_ready, then)
}

/// The same, for a caller who knows which phases are ready.
pub(super) fn decided_where<T>(
    judging: Judging<'_>,
    (repo, revision): (&Repo, Option<&str>),
    store: &dyn Store,
    (deployment, framework): (&Deployment, &Framework),
    is_ready: &dyn Fn(u8) -> bool,
    then: impl FnOnce(&Decided<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let Judging { settings, keys, as_of } = judging;
    let (held, broken) = statements(store, &deployment.name)?;
    let (record, findings) = record(store, &deployment.name)?;
    if let Some(error) = findings.into_iter().find(Finding::is_error) {
        return Err(error.into());
    }
    let evidence = EvidenceFiles::of(store);
    let files = |path: &str| evidence.digest(path);
    let case = Case::of(deployment, framework, settings, keys, &files, as_of);
    let judgement = judge(&case, &held, &broken);
    if let Some(error) = evidence.errors().into_iter().next() {
        return Err(error);
    }
    let author =
        match settings.policy.author_apart && !held.is_empty() && !(repo.is_unborn() && revision.is_none()) {
            true => {
                let except = [APPROVALS, RECORD];
                repo.last_author(revision.unwrap_or("HEAD"), &folder_of(&deployment.name), &except)?
            }
            false => None,
        };
    let reports = phases(&case, &judgement, author.as_ref());
    let standing = standing(&case, &judgement.statements, &reports, &record, is_ready);
    let broken = judgement.doubts.len();
    then(&Decided { case: &case, judgement: &judgement, record: &record, standing, broken })
}
