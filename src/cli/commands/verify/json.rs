//! The result for machines.

use super::Verified;
use super::hand_over::HandOverJson;
use super::pack::PackJson;
use crate::cli::report::check::FindingJson;
use crate::diag::Error;
use crate::model::{Act, DeploymentName, Digest, Effect, ItemId, Moment, PartyId};
use crate::ops::ready::Gap;
use crate::ops::signature;
use crate::ops::verify::{Judged, PhaseReport, Reason, TimeSource, Trust};
use std::collections::BTreeMap;

/// What was verified.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    /// Whether everything stands.
    pub(super) status: Status,
    /// Each deployment.
    pub(super) deployments: Vec<DeploymentJson>,
    /// Each pack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) packs: Vec<PackJson>,
    /// Each hand-over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hand_overs: Vec<HandOverJson>,
    /// What is wrong, and is in no deployment that is here.
    pub(super) wrong: Vec<String>,
    /// Deployments that could not be verified.
    pub(super) unverified: Vec<Unverified>,
    /// Why nothing was verified, where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<FindingJson>,
}

impl Body {
    /// What is told where the work was not done.
    pub(super) fn not_done(error: &Error) -> Self {
        Self {
            status: Status::Error,
            deployments: Vec::new(),
            packs: Vec::new(),
            hand_overs: Vec::new(),
            wrong: Vec::new(),
            unverified: Vec::new(),
            error: Some(FindingJson::of(error.finding(), &|_| None)),
        }
    }
}

/// A deployment that could not be verified.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Unverified {
    deployment: DeploymentName,
    /// The error's code.
    code: String,
    /// Why.
    message: String,
}

impl Unverified {
    pub(super) fn of(name: &DeploymentName, error: &Error) -> Self {
        let finding = error.finding();
        Self { deployment: name.clone(), code: finding.code.id.to_owned(), message: finding.message.clone() }
    }
}

/// Whether everything stands.
#[derive(Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    /// Everything does.
    Clean,
    /// Something does not.
    Found,
    /// Something could not be verified: what is told is not all.
    Error,
}

/// A deployment's decisions.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DeploymentJson {
    deployment: DeploymentName,
    /// The day as of which it is told what has run out.
    as_of: String,
    /// Where each phase stands.
    phases: Vec<PhaseJson>,
    /// Each statement that can be read.
    statements: Vec<StatementJson>,
    /// Statements that no other names: give them as `--anchor` later.
    heads: Vec<Digest>,
    /// Statements, and the record, that cannot be relied on as files.
    broken: Vec<FindingJson>,
    /// Statements that others name and that are not among those that could be read.
    missing: Vec<Digest>,
    /// What is wrong with the statements as a whole.
    wrong: Vec<String>,
    /// What cannot be known here.
    unknown: Vec<String>,
}

/// A phase, with what it lacks beside decisions.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct PhaseJson {
    #[serde(flatten)]
    report: PhaseReport,
    /// Confirmations, acceptances and answers that are open now.
    open_now: Vec<Gap>,
    /// How many of its answers and risks rest on confirmations by people whom the settings do not list for it.
    claimed: usize,
}

/// A statement, judged.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct StatementJson {
    /// The digest of its bytes.
    digest: Digest,
    file: String,
    phase: u8,
    role: String,
    party: PartyId,
    by: String,
    act: Act,
    outcome: Option<String>,
    withdraws: Option<Digest>,
    /// Whether it says that the author of what it withdraws had left.
    has_left: bool,
    effect: Option<Effect>,
    /// The gravest problem, otherwise `valid`, `recorded` or `claimed`.
    state: &'static str,
    /// Whether nothing keeps it from counting.
    stands: bool,
    trust: Trust,
    /// What keeps it from counting, the gravest first.
    reasons: Vec<Reason>,
    /// The digest of each scope that it is over.
    scopes: BTreeMap<String, Digest>,
    leaves_open: Vec<ItemId>,
    conditions: Vec<String>,
    queries: BTreeMap<String, String>,
    /// The fingerprint of the key that signed it.
    key: Option<String>,
    /// When, as it says itself.
    time: Moment,
    time_source: TimeSource,
    /// When the trusted base had it.
    observed: Option<Moment>,
    expires: Option<String>,
    prev: Vec<Digest>,
    framework: String,
    framework_digest: Option<String>,
    policy: Digest,
    /// Whether the policy was another when it was made.
    other_policy: bool,
    commit: Option<String>,
    recorded_by: Option<String>,
    evidence: Option<String>,
}

pub(super) fn to_json(verified: &Verified<'_>) -> DeploymentJson {
    let phases = verified.phases.iter();
    DeploymentJson {
        deployment: verified.name.clone(),
        as_of: verified.as_of.to_string(),
        phases: phases
            .map(|(report, gaps)| PhaseJson {
                report: report.clone(),
                open_now: gaps.clone(),
                claimed: verified.claimed.get(&report.phase).copied().unwrap_or_default(),
            })
            .collect(),
        statements: verified.statements.iter().map(statement).collect(),
        heads: verified.heads.clone(),
        broken: verified.broken.iter().map(|finding| FindingJson::of(finding, &|_| None)).collect(),
        missing: verified.missing.iter().copied().collect(),
        wrong: verified.wrong.clone(),
        unknown: verified.unknown.clone(),
    }
}

fn statement(one: &Judged<'_>) -> StatementJson {
    let says = &one.held.statement;
    let scopes = says.scopes.iter().map(|(scope, seal)| (scope.to_string(), seal.digest));
    let queries = says.queries.iter().map(|(address, text)| (address.to_string(), text.clone()));
    let recorded = says.recorded.as_ref();
    StatementJson {
        digest: one.held.id,
        file: one.held.path.clone(),
        phase: says.phase,
        role: says.role.clone(),
        party: says.party.clone(),
        by: says.by.clone(),
        act: says.act,
        outcome: says.outcome.clone(),
        withdraws: says.withdraws,
        has_left: says.has_left,
        effect: one.effect,
        state: one.word(),
        stands: one.stands(),
        trust: one.trust,
        reasons: one.reasons.clone(),
        scopes: scopes.collect(),
        leaves_open: says.leaves_open.clone(),
        conditions: says.conditions.values().cloned().collect(),
        queries: queries.collect(),
        key: one.verified.as_ref().map(signature::Verified::fingerprint).map(str::to_owned),
        time: says.time,
        time_source: if one.observed.is_some() { TimeSource::Observed } else { TimeSource::Stated },
        observed: one.observed,
        expires: says.expires.map(|day| day.to_string()),
        prev: says.prev.clone(),
        framework: says.framework.to_string(),
        framework_digest: says.framework.digest.clone(),
        policy: says.policy,
        other_policy: one.other_policy,
        commit: says.commit.clone(),
        recorded_by: recorded.map(|recording| recording.by.clone()),
        evidence: recorded.map(|recording| recording.evidence.clone()),
    }
}
