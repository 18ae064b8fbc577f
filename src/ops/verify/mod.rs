//! What every statement of a deployment is worth now: whether it stands, how it is shown, and what a phase still needs.
//!
//! Two questions are kept apart. *Trust* is how the decision is shown to be its author's: verified by a signature, recorded with
//! evidence, or only claimed. *Problems* are what keeps it from counting, such as content that changed since.

mod phases;
mod replace;

use super::policy::{self, Keys, Office};
use super::scope::{Files, seal};
use super::signature::{self, SigningKey, Verified};
use crate::diag::{Error, Finding};
use crate::model::{
    Act, Date, Deployment, DeploymentName, Digest, Effect, Framework, ItemId, Key, Moment, Purpose, Record,
    Scope, Seal, Settings, Statement,
};
use crate::project::{Held, Papers, Seen};
use replace::Author;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub use phases::{Met, NeedReport, PhaseReport, PhaseStatus, author_would_lack, phases};

/// How a decision is shown to be its author's, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The file says so, and nothing else does.
    Claimed,
    /// Somebody wrote it down for them, with evidence that is still there as it was.
    Recorded,
    /// A key of theirs signed exactly these bytes.
    Verified,
}

impl Trust {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Recorded => "recorded",
            Self::Verified => "verified",
        }
    }
}

/// What keeps a statement from counting; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// It was made for another deployment.
    Replayed,
    /// Its signature is none, is over something else, or was made with another key.
    WrongKey,
    /// Who decided does not hold the role.
    WrongRole,
    /// It contradicts itself, or covers less than its role decides over.
    Contradictory,
    /// Its key ran out or was revoked, and nothing but its own word says that it was signed before.
    UnprovenTime,
    /// The phase does not ask the role any more: an approval counts for nothing, a refusal is not lost.
    NotAsked,
    /// It was taken back.
    Withdrawn,
    /// The same person decided anew.
    Superseded,
    /// What it is over has changed.
    Void,
    /// It held until a day that has passed.
    Expired,
}

impl Problem {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::WrongKey => "wrong key",
            Self::WrongRole => "wrong role",
            Self::Contradictory => "contradictory",
            Self::UnprovenTime => "unproven time",
            Self::NotAsked => "role not asked",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::Void => "void",
            Self::Expired => "expired",
        }
    }

    /// Whether it speaks against the statement as such; otherwise the statement was good once.
    pub fn is_grave(self) -> bool {
        self <= Self::UnprovenTime
    }
}

/// A problem with what it comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Reason {
    /// What is wrong.
    pub problem: Problem,
    /// Why.
    pub why: String,
    /// The leaves that changed, where some did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<String>,
}

/// Where the time of a statement is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeSource {
    /// The statement says so.
    Stated,
    /// The trusted base's history had it by then.
    Observed,
}

/// A statement, judged.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// The statement with its bytes.
    pub held: &'a Held,
    /// How it is shown to be its author's.
    pub trust: Trust,
    /// What keeps it from counting, the gravest first; empty where it stands.
    pub reasons: Vec<Reason>,
    /// Whether the policy lets a decision count that is shown so.
    pub is_enough: bool,
    /// What its outcome does; none for a withdrawal.
    pub effect: Option<Effect>,
    /// The key that signed it.
    pub verified: Option<Verified>,
    /// When it is known to have been there by, if not only from itself.
    pub observed: Option<Moment>,
    /// Whether policy or framework were others when it was made.
    pub other_policy: bool,
    author: Author,
}

impl Judged<'_> {
    /// Whether nothing keeps it from counting.
    pub fn stands(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Whether it counts: nothing keeps it from that, and it is shown as the policy asks.
    pub fn counts(&self) -> bool {
        self.stands() && self.is_enough
    }

    /// Whether it was good when it was made: at most its content has changed since, or its day has passed.
    pub fn was_good(&self) -> bool {
        let only = |problem| matches!(problem, Problem::Void | Problem::Expired);
        self.reasons.iter().all(|reason| only(reason.problem))
    }

    /// Whether it counted when it was made.
    pub fn counted(&self) -> bool {
        self.was_good() && self.is_enough
    }

    /// Whether it ended as decisions do: taken back, or decided anew. What else would speak against it, such as that its author is not listed any
    /// more, asks nothing of anybody then.
    pub fn is_over(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason.problem, Problem::Withdrawn | Problem::Superseded))
    }

    /// Whether the phase does not ask its role any more.
    pub fn is_unasked(&self) -> bool {
        self.reasons.iter().any(|reason| reason.problem == Problem::NotAsked)
    }

    /// Whether it says nothing any more: of a role that is not asked, and no refusal of what stands there now.
    pub fn is_idle(&self) -> bool {
        let is_mild = |problem: Problem| !problem.is_grave() || problem == Problem::WrongRole;
        let has_ended = |reason: &Reason| matches!(reason.problem, Problem::Void | Problem::Expired);
        let is_no_more = self.held.statement.act == Act::Withdraw
            || self.effect.is_some_and(Effect::approves)
            || self.reasons.iter().any(has_ended);
        self.is_unasked() && is_no_more && self.reasons.iter().all(|reason| is_mild(reason.problem))
    }

    /// Whether it is an approval that would count, had nobody taken it back.
    pub fn is_withdrawn_approval(&self) -> bool {
        let only = |problem| matches!(problem, Problem::Withdrawn | Problem::Void | Problem::Expired);
        self.is_enough
            && self.effect.is_some_and(Effect::approves)
            && self.reasons.iter().any(|reason| reason.problem == Problem::Withdrawn)
            && self.reasons.iter().all(|reason| only(reason.problem))
    }

    /// Whether nobody has to see to it: it counts, it ended as decisions do, or its role is not asked any more. What was good once can be let pass.
    pub fn is_in_order(&self, allow_void: bool) -> bool {
        self.counts() || self.is_over() || self.is_idle() || (allow_void && self.counted())
    }

    /// Where it stands, in a word: the gravest problem, otherwise how it is shown.
    pub fn word(&self) -> &'static str {
        match self.reasons.first() {
            Some(reason) => reason.problem.as_str(),
            None if self.trust == Trust::Verified => "valid",
            None => self.trust.as_str(),
        }
    }

    /// The leaves that changed since.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().flat_map(|reason| &reason.leaves).map(String::as_str)
    }
}

/// What statements are judged by.
pub struct Case<'a> {
    /// The deployment as it is.
    pub deployment: &'a Deployment,
    /// Its framework: what the content means.
    pub framework: &'a Framework,
    /// The framework that says who decides; the trusted one where there is a base.
    pub rules: &'a Framework,
    /// The settings that say who holds which role; the trusted ones where there is a base.
    pub settings: &'a Settings,
    /// Everybody's keys.
    pub keys: &'a Keys,
    /// The files of the repository.
    pub files: &'a dyn Files,
    /// The day as of which things run out.
    pub as_of: Date,
}

/// Everything that a deployment's papers come to: the statements, judged, in the order of their files; what is missing or broken among them; and the
/// record.
pub struct Judgement<'a> {
    /// Each statement.
    pub statements: Vec<Judged<'a>>,
    /// Digests of statements that others name and that are not there.
    pub missing: BTreeSet<Digest>,
    /// Statements that no other names: what the next one names, and what an anchor is.
    pub heads: Vec<Digest>,
    /// What keeps every phase open: statements that are missing or cannot be relied on, which may be refusals, and another deployment that they
    /// could be of.
    pub doubts: Vec<String>,
    /// What is wrong with files of statements.
    pub broken: &'a [Finding],
    /// Other deployments of the same permanent id.
    pub twins: &'a [DeploymentName],
    /// What happened; nothing where it could not be read.
    pub record: &'a Record,
    /// What is wrong with the record.
    pub unrecorded: &'a [Finding],
}

impl<'a> Case<'a> {
    /// A deployment as it is, judged by what stands beside it.
    pub fn of(
        deployment: &'a Deployment,
        framework: &'a Framework,
        settings: &'a Settings,
        keys: &'a Keys,
        files: &'a dyn Files,
        as_of: Date,
    ) -> Self {
        Self { deployment, framework, rules: framework, settings, keys, files, as_of }
    }
}

/// Whether the policy lets a decision count that is shown so.
fn is_enough(settings: &Settings, trust: Trust) -> bool {
    !settings.policy.signatures_required || trust == Trust::Verified
}

/// How far the clocks of honest people may be apart, in seconds.
pub const A_DAY: i64 = 86_400;

/// Judges what was decided of a deployment: the one way from papers to what they are worth. What cannot be read among them is carried along, because
/// it may be a refusal.
///
/// # Errors
/// Evidence that cannot be read, or a history: it has not changed, or it was there, nobody knows, so nothing is said.
pub fn judge<'a>(case: &Case<'_>, papers: &'a Papers<'_>) -> Result<Judgement<'a>, Error> {
    let Papers { held, broken, record, unrecorded, evidence, commits, seen, twins } = papers;
    let judge = Judge { case, seen, seals: RefCell::default() };
    let mut statements: Vec<Judged<'a>> = held.iter().map(|held| judge.alone(held)).collect();
    let before = ancestors(held);
    let times: BTreeMap<Digest, Moment> = held.iter().map(|h| (h.id, h.statement.time)).collect();
    for one in &mut statements {
        let named = one.held.statement.prev.iter().filter_map(|id| times.get(id));
        if named.max().is_some_and(|latest| one.held.statement.time.0 + A_DAY < latest.0) {
            let why = "it says that it is older than a statement that it names".to_owned();
            one.reasons.push(Reason { problem: Problem::UnprovenTime, why, leaves: Vec::new() });
        }
    }
    for one in &mut statements {
        let says = &one.held.statement;
        let commit = says.commit.as_ref().and_then(|id| Some((id, *commits.get(id)?)));
        if let Some((id, made)) = commit.filter(|(_, made)| says.time.0 + A_DAY < made.0) {
            let short = id.get(..12).unwrap_or(id);
            let why =
                format!("it says that it was made at {}, and names the commit {short} of {made}", says.time);
            one.reasons.push(Reason { problem: Problem::UnprovenTime, why, leaves: Vec::new() });
        }
    }
    let later = replace::replaced(&judge, &statements, &before);
    for (one, reason) in statements.iter_mut().zip(later) {
        one.reasons.extend(reason);
        one.reasons.sort_by_key(|reason| reason.problem);
    }
    let there: BTreeSet<Digest> = held.iter().map(|held| held.id).collect();
    let named: BTreeSet<Digest> = held.iter().flat_map(|held| held.statement.prev.iter().copied()).collect();
    let missing: BTreeSet<Digest> = named.difference(&there).copied().collect();
    if let Some(error) = evidence.errors().into_iter().chain(seen.error()).next() {
        return Err(error);
    }
    Ok(Judgement {
        statements,
        doubts: doubts(&missing, broken).into_iter().chain(of_one_id(&case.deployment.name, twins)).collect(),
        missing,
        heads: there.difference(&named).copied().collect(),
        broken,
        twins,
        record,
        unrecorded,
    })
}

/// What is to be said where other deployments have the same permanent id, by which statements bind.
pub fn of_one_id(name: &DeploymentName, twins: &[DeploymentName]) -> Option<String> {
    let names: BTreeSet<&str> = twins.iter().chain([name]).map(DeploymentName::as_str).collect();
    let names = Vec::from_iter(names).join(", ");
    (!twins.is_empty())
        .then(|| format!("{names} have the same permanent id: which was decided on is not known"))
}

/// What nobody can read, and could be a refusal.
fn doubts(missing: &BTreeSet<Digest>, broken: &[Finding]) -> Vec<String> {
    let missing = missing.iter().map(|id| {
        format!("the statement {} is missing, which others name: it may be a refusal", &id.hex()[..12])
    });
    let files = broken.iter().filter(|finding| finding.is_error()).map(|finding| {
        let file = finding.primary.as_ref().map_or("a statement", |label| label.file.as_str());
        format!("{file} cannot be relied on: it may be a refusal")
    });
    let files: BTreeSet<String> = files.collect();
    missing.chain(files).collect()
}

/// For each statement those that it comes after: named by it, or by one that it names.
fn ancestors(held: &[Held]) -> BTreeMap<Digest, BTreeSet<Digest>> {
    let prev: BTreeMap<Digest, &[Digest]> =
        held.iter().map(|held| (held.id, held.statement.prev.as_slice())).collect();
    let of = |id: Digest| {
        let mut all = BTreeSet::new();
        let mut open: Vec<Digest> = prev.get(&id).map(|ids| ids.to_vec()).unwrap_or_default();
        while let Some(next) = open.pop() {
            if all.insert(next) {
                open.extend(prev.get(&next).copied().unwrap_or_default());
            }
        }
        all
    };
    held.iter().map(|held| (held.id, of(held.id))).collect()
}

/// The end of a day: what happens on it has happened then.
fn end_of(day: Date) -> Moment {
    day.checked_add(crate::model::days(1)).map_or(Moment(i64::MAX), Moment::start_of)
}

struct Judge<'c> {
    case: &'c Case<'c>,
    /// When a history that is relied on had each statement.
    seen: &'c Seen<'c>,
    /// Seals over the content as it is, by scope and what was left open; most statements share one.
    seals: RefCell<BTreeMap<(Scope, Vec<ItemId>), Seal>>,
}

impl Judge<'_> {
    /// Judges a statement by itself.
    fn alone<'a>(&self, held: &'a Held) -> Judged<'a> {
        let case = self.case;
        let says = &held.statement;
        let mut reasons = Vec::new();
        let mut add = |problem, why: String, leaves: Vec<String>| {
            reasons.push(Reason { problem, why, leaves });
        };
        if says.deployment != case.deployment.meta.id {
            let why = format!("it was made for the deployment {}", says.deployment);
            add(Problem::Replayed, why, Vec::new());
        }
        let asked = case.rules.phase(says.phase).and_then(|p| policy::office(p, case.settings, &says.role));
        let own = self.authors(case.settings, says);
        if own.is_empty() {
            let why = format!("`{}` is not listed in `tom.toml` as {} here", says.by, says.role);
            add(Problem::WrongRole, why, Vec::new());
        }
        if asked.is_none() {
            let why = format!("the role `{}` decides nothing in phase {}", says.role, says.phase);
            add(Problem::NotAsked, why, Vec::new());
        }
        let mut keys: Vec<&SigningKey> = own.iter().filter_map(|id| case.keys.get(*id)).flatten().collect();
        let author = Author::of(!own.is_empty(), &keys);
        for why in self.contradictions(held, asked.as_ref()) {
            add(Problem::Contradictory, why, Vec::new());
        }
        let mut recorder_is_listed = false;
        if let Some(recording) = &says.recorded {
            let recorders = || case.settings.people.named(&recording.by);
            recorder_is_listed = recorders().next().is_some();
            keys = recorders().filter_map(|(id, _)| case.keys.get(id)).flatten().collect();
        }
        let (mut verified, mut observed) = (None, None);
        // Whose key it would have to be is not known of somebody who is not listed.
        let is_listed = !reasons.iter().any(|reason| reason.problem == Problem::WrongRole);
        if let Some(bytes) = held.signature.as_ref().filter(|_| is_listed) {
            match signature::verify(Purpose::Statement, &held.bytes, bytes, keys) {
                Ok(known) => {
                    // Only a key that runs out makes it necessary to ask. Nothing was there before it was made.
                    let runs_out = known.limits().is_some_and(|limits| limits.before().is_some());
                    let seen = runs_out.then(|| self.seen.by(&held.path)).flatten();
                    observed = seen.map(|seen| seen.max(says.time));
                    reasons.extend(self.time(held, &known, observed));
                    verified = Some(known);
                }
                Err(why) => reasons.push(Reason { problem: Problem::WrongKey, why, leaves: Vec::new() }),
            }
        }
        let mut add = |problem, why: String, leaves: Vec<String>| {
            reasons.push(Reason { problem, why, leaves });
        };
        let trust = match &says.recorded {
            Some(recording) if case.files.digest(&recording.evidence) == Some(recording.digest) => {
                // What somebody wrote down whom nobody knows is not more than a claim.
                if recorder_is_listed { Trust::Recorded } else { Trust::Claimed }
            }
            Some(recording) => {
                let why = format!("its evidence `{}` is gone or was changed", recording.evidence);
                add(Problem::Contradictory, why, Vec::new());
                Trust::Claimed
            }
            None if verified.is_some() => Trust::Verified,
            None => Trust::Claimed,
        };
        let tomorrow =
            case.as_of.checked_add(crate::model::days(2)).map_or(i64::MAX, |day| Moment::start_of(day).0);
        if says.time.0 >= tomorrow {
            let why = format!("it says that it was made at {}, which is still to come", says.time);
            add(Problem::UnprovenTime, why, Vec::new());
        }
        if says.act == Act::Decide {
            for (scope, sealed) in &says.scopes {
                if let Some((why, leaves)) = self.void(*scope, sealed, &says.leaves_open) {
                    add(Problem::Void, why, leaves);
                }
            }
            if let Some(expires) = says.expires.filter(|expires| *expires < case.as_of) {
                add(Problem::Expired, format!("it held until {expires}"), Vec::new());
            }
        }
        let effect = says
            .outcome
            .as_ref()
            .and_then(|outcome| match &asked {
                Some(office) => policy::effect(case.rules, office, outcome),
                None => policy::effect_of_any(case.rules, outcome),
            })
            .map(|effect| effect.under(&says.conditions));
        let other_policy = says.policy != case.keys.policy(case.settings);
        let is_enough = is_enough(case.settings, trust);
        Judged { held, trust, reasons, is_enough, effect, verified, observed, other_policy, author }
    }

    /// Whoever could have made a statement, by those settings: they are listed so, in its role and for its party.
    fn authors<'s>(&self, settings: &'s Settings, says: &Statement) -> Vec<&'s Key> {
        let case = self.case;
        let asked =
            case.rules.phase(says.phase).and_then(|phase| policy::office(phase, settings, &says.role));
        let office = asked.unwrap_or_else(|| Office::unasked(&says.role));
        let electors = policy::electors(settings, case.deployment, case.framework, &office).into_iter();
        let own = electors.filter(|(_, person)| person.name == says.by && person.party == says.party);
        own.map(|(id, _)| id).collect()
    }

    /// Whether the author of a statement had left when a withdrawal of it was made: by the settings at hand, or by those of the commit with which the
    /// history had the withdrawal. They may have come back since.
    fn had_left(&self, one: &Judged<'_>, withdrawal: &Judged<'_>) -> bool {
        let at = withdrawal.held.statement.time;
        let had_left = |then: Settings| {
            let keys = policy::keys(&then).ok()?;
            let own = self.authors(&then, &one.held.statement);
            let own_keys: Vec<&SigningKey> = own.iter().filter_map(|id| keys.get(*id)).flatten().collect();
            Some(Author::of(!own.is_empty(), &own_keys).has_left(at))
        };
        one.has_left(at) || self.seen.settings_then(&withdrawal.held.path).and_then(had_left).unwrap_or(false)
    }

    /// Whether a statement is or was signed. Where no history tells, it may have been.
    fn was_signed(&self, one: &Judged<'_>) -> bool {
        one.held.signature.is_some() || self.seen.ever_had(&format!("{}.sig", one.held.path)) != Some(false)
    }

    /// What a statement says that cannot be. Whether a decision is whole cannot be told of a role that is not asked any more.
    fn contradictions(&self, held: &Held, office: Option<&Office>) -> Vec<String> {
        let says = &held.statement;
        if says.act == Act::Withdraw {
            let is_whole = says.withdraws.is_some() && says.outcome.is_none() && says.scopes.is_empty();
            return if is_whole { Vec::new() } else { vec!["it withdraws and decides at once".to_owned()] };
        }
        let Some(office) = office else { return Vec::new() };
        let mut found = Vec::new();
        match &says.outcome {
            None => found.push("it decides nothing".to_owned()),
            Some(outcome) => {
                found.extend(policy::contradiction(self.case.rules, office, outcome, &says.verdicts));
            }
        }
        if says.withdraws.is_some() {
            found.push("it withdraws and decides at once".to_owned());
        }
        for scope in office.scope.iter().filter(|scope| !says.scopes.contains_key(*scope)) {
            found.push(format!("it does not cover the scope {scope}, which its role decides over"));
        }
        for (scope, _) in says.scopes.iter().filter(|(scope, sealed)| !sealed.is_whole(**scope)) {
            found.push(format!("the leaves of its scope {scope} are not those of its digest"));
        }
        let may_stay_open: BTreeSet<&ItemId> =
            self.case.rules.phase_outcomes.iter().flat_map(|outcome| &outcome.leaves_open).collect();
        for id in says.leaves_open.iter().filter(|id| !may_stay_open.contains(id)) {
            found.push(format!("it leaves `{id}` open, which no outcome does"));
        }
        found
    }

    /// Why a seal is not over the content as it is, with the leaves that differ.
    fn void(&self, scope: Scope, sealed: &Seal, left_open: &[ItemId]) -> Option<(String, Vec<String>)> {
        let case = self.case;
        let mut seals = self.seals.borrow_mut();
        let now = seals
            .entry((scope, left_open.to_vec()))
            .or_insert_with(|| seal(case.deployment, case.framework, scope, left_open, case.files));
        if now.digest == sealed.digest {
            return None;
        }
        let leaves = sealed.changed(now);
        let why = match leaves.len() {
            0 => format!("something in the scope {scope} has changed, in a leaf that cannot be named"),
            1 => format!("1 leaf of the scope {scope} has changed"),
            count => format!("{count} leaves of the scope {scope} have changed"),
        };
        Some((why, leaves))
    }

    /// What a key's limits in time say against a statement. Its own word for when it was signed is not enough once the key has run
    /// out: whoever holds the key can write any time.
    fn time(&self, held: &Held, known: &Verified, observed: Option<Moment>) -> Option<Reason> {
        let limits = known.limits()?;
        let reason = |problem, why: String| Some(Reason { problem, why, leaves: Vec::new() });
        let stated = held.statement.time;
        if !limits.hold(stated) {
            return reason(
                Problem::WrongKey,
                format!("its key was not valid at {stated}, when it says it was made"),
            );
        }
        let is_known = |time: Moment| limits.before().is_none_or(|before| time < before);
        if is_known(end_of(self.case.as_of)) || observed.is_some_and(is_known) {
            return None;
        }
        let why =
            format!("its key has run out, and only the statement itself says that it was made at {stated}");
        let why = match self.seen.is_cut_off() {
            true => {
                format!("{why}; the history is not all here: `git fetch --unshallow` gets what may show it")
            }
            false => why,
        };
        reason(Problem::UnprovenTime, why)
    }
}
