//! Makes statements: decides, or takes an earlier decision back.

use super::policy::{Office, contradiction, effect, electors, office, offices, outcomes, phase_outcome};
use super::ready::{self, gaps};
use super::scope::{left_open, phase_digest, seal};
use super::stage::{no_agreement, not_in_place};
use super::state::states;
use super::verify::{A_DAY, Case, Judged, Judgement, author_would_lack, phases};
use crate::diag::{Code, Error, Severity};
use crate::model::{
    Act, Address, Canonical, Date, Digest, Effect, ItemId, Key, Moment, Person, Phase, Recording, Statement,
    Verdict,
};
use crate::project::Held;
use crate::store::Signature;
use std::collections::{BTreeMap, BTreeSet};

/// The decision cannot be taken so.
pub static CANNOT_DECIDE: Code = Code {
    id: "TOM-0934",
    severity: Severity::Error,
    title: "a decision cannot be taken so",
    explain: "A decision is taken by somebody whom `tom.toml` lists in a role that decides in the phase, over content that is committed, in a phase that is ready; only a \
rejection or a return needs no readiness, and what an imported checklist says was decided earlier. Verdicts and outcome have to agree with each other, and the digest that is typed has to be the one that is shown. Nothing was written.",
};

/// What somebody decides.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The outcome.
    pub outcome: String,
    /// Verdicts by item.
    pub verdicts: BTreeMap<ItemId, Verdict>,
    /// What has to be seen to.
    pub conditions: BTreeMap<Key, String>,
    /// Questions, by what they are about.
    pub queries: BTreeMap<Address, String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Wish {
    /// To decide.
    Decide(Decision),
    /// To take back the statement whose digest begins so.
    Withdraw(String),
}

/// Who decides, where and when.
#[derive(Debug, Clone)]
pub struct Voice {
    /// The phase.
    pub phase: u8,
    /// In which role.
    pub role: String,
    /// Who.
    pub by: String,
    /// When.
    pub time: Moment,
    /// The commit that the content was read from.
    pub commit: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Set where somebody else writes it down for them.
    pub recorded: Option<Recording>,
}

/// A statement that is ready to be signed and written.
#[derive(Debug, Clone)]
pub struct Proposal<'a> {
    /// The statement.
    pub statement: Statement,
    /// What its outcome does; none for a withdrawal.
    pub effect: Option<Effect>,
    /// Who decides, as the settings list them.
    pub person: &'a Person,
    /// Their key in the settings.
    pub key: &'a Key,
    /// What this role decided last, if anything.
    pub last: Option<&'a Held>,
    /// The leaves that changed since.
    pub changed: Vec<String>,
    /// What the approver should know before they agree.
    pub notes: Vec<String>,
    /// The digest that an approver compares with their pack; none for a withdrawal.
    pub digest: Option<Digest>,
}

fn refuse(why: impl Into<String>) -> Error {
    Error::new(&CANNOT_DECIDE, why)
}

/// The statement that somebody would make. `author` is who last changed the content, where the policy asks for that.
///
/// # Errors
/// [`CANNOT_DECIDE`] with the reason.
pub fn propose<'a>(
    case: &'a Case<'_>,
    judgement: &Judgement<'a>,
    author: Option<&Signature>,
    voice: &Voice,
    wish: &Wish,
) -> Result<Proposal<'a>, Error> {
    let mut proposal = transcribe(case, judgement, voice, wish)?;
    let says = &proposal.statement;
    match proposal.effect {
        Some(effect) if effect.approves() => {
            let (phase, _) = seat(case, voice)?;
            ready(case, phase, &ready::approved(&phases(case, judgement, author)))?;
            apart(case, judgement, phase, voice)?;
            let lacks = author_would_lack(case, judgement, author, (phase.number, &voice.by));
            proposal.notes.extend(lacks.map(|what| {
                format!("the policy keeps approvers apart from authors: with this, {what}, and the phase stays open")
            }));
        }
        Some(_) if says.reason.is_none() && says.queries.is_empty() && !has_reasons(says) => {
            return Err(refuse("a rejection or return says why").help("add `--reason`, or `--query ITEM=…`"));
        }
        _ => {}
    }
    Ok(proposal)
}

/// Whether a verdict says why it is as it is.
fn has_reasons(statement: &Statement) -> bool {
    statement.verdicts.values().any(|verdict| verdict.reason.is_some())
}

/// The statement of a decision that was taken elsewhere, whether or not the phase is ready here and a rejection says why: what a phase lacks
/// all the same is for [`super::verify`] to say.
///
/// # Errors
/// [`CANNOT_DECIDE`] with the reason.
pub fn transcribe<'a>(
    case: &'a Case<'_>,
    judgement: &Judgement<'a>,
    voice: &Voice,
    wish: &Wish,
) -> Result<Proposal<'a>, Error> {
    let (phase, office) = match (seat(case, voice), wish, case.rules.phase(voice.phase)) {
        (Err(_), Wish::Withdraw(_), Some(phase)) if is_unasked(judgement, voice) => {
            (phase, Office::unasked(&voice.role))
        }
        (seat, ..) => seat?,
    };
    let (key, person) = who(case, &office, voice)?;
    let mut statement = Statement {
        deployment: case.deployment.meta.id.clone(),
        phase: phase.number,
        role: office.role.clone(),
        party: person.party.clone(),
        by: voice.by.clone(),
        act: Act::Decide,
        outcome: None,
        withdraws: None,
        has_left: false,
        reason: voice.reason.clone(),
        verdicts: BTreeMap::new(),
        conditions: BTreeMap::new(),
        queries: BTreeMap::new(),
        expires: None,
        leaves_open: Vec::new(),
        prev: before(judgement, voice.time),
        framework: case.framework.reference(),
        policy: case.settings.digest(),
        time: voice.time,
        commit: voice.commit.clone(),
        recorded: voice.recorded.clone(),
        scopes: BTreeMap::new(),
    };
    let last = judgement
        .statements
        .iter()
        .filter(|one| one.held.statement.phase == phase.number && one.held.statement.role == office.role)
        .filter(|one| decided_once(one))
        .max_by_key(|one| (one.held.statement.time, one.held.id))
        .map(|one| one.held);
    let decision = match wish {
        Wish::Withdraw(start) => {
            statement.act = Act::Withdraw;
            let is_asked = seat(case, voice).is_ok();
            if statement.reason.is_none() {
                return Err(refuse("a withdrawal says why").help("add `--reason`"));
            }
            let one = withdrawn(judgement, &statement, is_asked, start)?;
            statement.withdraws = Some(one.held.id);
            statement.has_left = one.is_no() && one.has_left(statement.time);
            return Ok(Proposal {
                statement,
                effect: None,
                person,
                key,
                last,
                changed: Vec::new(),
                notes: Vec::new(),
                digest: None,
            });
        }
        Wish::Decide(decision) => decision,
    };
    let effect = agreed(case, &office, voice, decision)?;
    statement.outcome = Some(decision.outcome.clone());
    statement.verdicts = decision.verdicts.clone();
    statement.conditions = decision.conditions.clone();
    statement.queries = decision.queries.clone();
    statement.expires = decision.expires;
    statement.leaves_open = open_items(case, judgement, &office, &decision.outcome);
    for scope in &office.scope {
        let sealed = seal(case.deployment, case.framework, *scope, &statement.leaves_open, case.files);
        statement.scopes.insert(*scope, sealed);
    }
    let changed = last.map(|last| since(last, &statement)).unwrap_or_default();
    let digest = Some(phase_digest(case.deployment, case.framework, phase, case.files));
    let mut notes: Vec<String> =
        match phase_outcome(case.rules, &decision.outcome).filter(|_| !office.verdicts.is_empty()) {
            Some(outcome) => {
                not_in_place(case, outcome).map(|agreement| no_agreement(outcome, agreement)).collect()
            }
            None => Vec::new(),
        };
    if case.settings.policy.signatures_required && voice.recorded.is_some() {
        notes.push("the policy counts only decisions that are signed: what is recorded for somebody approves nothing".to_owned());
    }
    Ok(Proposal { statement, effect: Some(effect), person, key, last, changed, notes, digest })
}

/// Whether a decision counted when it was made, whatever came of it since.
pub fn decided_once(one: &Judged<'_>) -> bool {
    let is_good = one.reasons.iter().all(|reason| !reason.problem.is_grave());
    one.held.statement.act == Act::Decide && one.is_enough && is_good
}

/// The statements that one made at this moment can come after. One that is written down long after it was made comes after none that is
/// younger.
fn before(judgement: &Judgement<'_>, time: Moment) -> Vec<Digest> {
    let is_younger = |id: &Digest| {
        let times =
            judgement.statements.iter().filter(|one| one.held.id == *id).map(|one| one.held.statement.time);
        times.max().is_some_and(|known| known.0 > time.0 + A_DAY)
    };
    judgement.heads.iter().copied().filter(|id| !is_younger(id)).collect()
}

/// The leaves that differ between what was decided over last and now.
fn since(last: &Held, now: &Statement) -> Vec<String> {
    let pairs = now.scopes.iter().filter_map(|(scope, seal)| Some((last.statement.scopes.get(scope)?, seal)));
    let mut changed: Vec<String> = pairs.flat_map(|(was, now)| was.changed(now)).collect();
    changed.sort();
    changed.dedup();
    changed
}

/// Whether something was said in a role that the phase does not ask any more: it can still be taken back in it.
fn is_unasked(judgement: &Judgement<'_>, voice: &Voice) -> bool {
    let is_of = |one: &Judged<'_>| one.is_of(voice.phase, &voice.role, false);
    judgement.statements.iter().any(|one| is_of(one) && one.is_unasked())
}

fn seat<'c>(case: &'c Case<'_>, voice: &Voice) -> Result<(&'c Phase, Office), Error> {
    let phase = case.rules.phase(voice.phase).ok_or_else(|| {
        let known: Vec<String> = case.rules.phases.iter().map(|phase| phase.number.to_string()).collect();
        refuse(format!("there is no phase {}", voice.phase)).note(format!("phases: {}", known.join(", ")))
    })?;
    let office = office(phase, case.settings, &voice.role).ok_or_else(|| {
        let known = offices(phase, case.settings);
        let error = refuse(format!("the role `{}` decides nothing in phase {}", voice.role, voice.phase));
        match crate::diag::nearest(&voice.role, known.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.note(format!("roles that do: {}", known.join(", "))),
        }
    })?;
    Ok((phase, office))
}

fn who<'c>(case: &Case<'c>, office: &Office, voice: &Voice) -> Result<(&'c Key, &'c Person), Error> {
    let electors = electors(case.settings, case.deployment, case.framework, office);
    let named: Vec<String> = electors.iter().map(|(_, person)| person.name.clone()).collect();
    electors.into_iter().find(|(_, person)| person.name == voice.by).ok_or_else(|| {
        let party = office.party.as_ref().map(|party| format!(" for {party}")).unwrap_or_default();
        let message = format!("`{}` is not listed in `tom.toml` as {}{party} here", voice.by, office.role);
        let error = refuse(message).help("list them under `[people]` with this role, and commit that");
        if named.is_empty() { error } else { error.note(format!("listed: {}", named.join(", "))) }
    })
}

fn withdrawn<'j, 'a>(
    judgement: &'j Judgement<'a>,
    own: &Statement,
    is_asked: bool,
    start: &str,
) -> Result<&'j Judged<'a>, Error> {
    let start = start.strip_prefix("sha256:").unwrap_or(start);
    let fits = |one: &&Judged<'_>| start.len() >= 8 && one.held.id.hex().starts_with(start);
    let mut found = judgement.statements.iter().filter(fits);
    let (Some(one), None) = (found.next(), found.next()) else {
        return Err(refuse(format!("`{}` names no one statement", start.escape_debug()))
            .help("give at least eight digits of its digest, as `tom verify` shows it"));
    };
    let says = &one.held.statement;
    if !one.is_of(own.phase, &own.role, is_asked) {
        let message =
            format!("it was made in phase {} as {}, and is withdrawn as such", says.phase, says.role);
        return Err(refuse(message));
    }
    // Otherwise one holder of a role could silence another.
    if one.may_be_withdrawn(own, || one.has_left(own.time)) {
        return Ok(one);
    }
    if says.act == Act::Withdraw {
        return Err(refuse(format!("it takes another back itself, and {} has not left", says.by))
            .help("decide anew instead"));
    }
    let why = format!("it says No, and only {} takes that back, while they hold the role", says.by);
    Err(refuse(why).help(format!(
        "once they have left, take them out of the role in `tom.toml`, or give their keys a `valid-before`: then somebody else who is {} can",
        says.role
    )))
}

/// What the outcome does, if everything that goes with it agrees.
fn agreed(case: &Case<'_>, office: &Office, voice: &Voice, decision: &Decision) -> Result<Effect, Error> {
    if let Some(why) = contradiction(case.rules, office, &decision.outcome, &decision.verdicts) {
        return Err(refuse(why).note(format!("outcomes: {}", outcomes(case.rules, office).join(", "))));
    }
    let effect = effect(case.rules, office, &decision.outcome)
        .ok_or_else(|| refuse(format!("`{}` is no outcome", decision.outcome)))?;
    if !effect.approves() && !decision.conditions.is_empty() {
        return Err(refuse("only an approval has conditions").help("put them as queries: `--query ITEM=…`"));
    }
    if let Some(unknown) = decision.queries.keys().find(|address| !can_be_asked_about(case, address)) {
        return Err(refuse(format!("there is no item or risk `{}` to ask about", unknown.subject)));
    }
    if decision.expires.is_some_and(|day| day < voice.time.day()) {
        return Err(refuse("the day on which it would expire has passed"));
    }
    Ok(effect)
}

/// Whether an address is in an item or a risk that there is.
pub(super) fn can_be_asked_about(case: &Case<'_>, address: &Address) -> bool {
    case.framework.item(&address.subject).is_some()
        || case.deployment.risks.keys().any(|id| id.as_str() == address.subject)
}

/// How many gaps an error names.
const GAPS_SHOWN: usize = 5;

fn ready(case: &Case<'_>, phase: &Phase, approved: &BTreeSet<u8>) -> Result<(), Error> {
    let states = states(case.deployment, case.framework);
    let grounds = ready::Grounds { settings: case.settings, approved, as_of: Some(case.as_of) };
    let gaps = gaps(case.deployment, case.framework, &states, phase.number, grounds);
    if gaps.is_empty() {
        return Ok(());
    }
    let mut error = refuse(format!("phase {} is not ready: {} left", phase.number, things(gaps.len())));
    for gap in gaps.iter().take(GAPS_SHOWN) {
        error = error.note(format!("{} ({})", gap.what, gap.turn));
    }
    let name = &case.deployment.name;
    Err(error.help(format!(
        "`tom check {name} --ready {}` shows everything that is missing; a rejection or a return needs no readiness",
        phase.number
    )))
}

pub(super) fn things(count: usize) -> String {
    if count == 1 { "1 thing is".to_owned() } else { format!("{count} things are") }
}

fn apart(case: &Case<'_>, judgement: &Judgement<'_>, phase: &Phase, voice: &Voice) -> Result<(), Error> {
    let people = &case.settings.people;
    let other = judgement.statements.iter().find(|one| {
        let says = &one.held.statement;
        one.counts()
            && people.one_of(&says.by) == people.one_of(&voice.by)
            && says.phase != phase.number
            && one.effect.is_some_and(Effect::approves)
    });
    match other.filter(|_| case.settings.policy.phases_apart) {
        Some(other) => Err(refuse(format!(
            "{} has approved in phase {}, and the policy keeps the phases apart",
            voice.by, other.held.statement.phase
        ))),
        None => Ok(()),
    }
}

/// The items that may be filled in after this decision: what its own outcome leaves open, or one that stands in another phase.
fn open_items(case: &Case<'_>, judgement: &Judgement<'_>, office: &Office, outcome: &str) -> Vec<ItemId> {
    let own = Some(outcome).filter(|_| !office.verdicts.is_empty());
    let standing =
        judgement.statements.iter().filter(|one| one.counts() && one.effect.is_some_and(Effect::approves));
    let others = standing.filter_map(|one| one.held.statement.outcome.as_deref());
    let covers = |id: &ItemId| {
        let item = case.framework.item(id.as_str());
        item.is_some_and(|item| item.scope.iter().any(|scope| office.scope.contains(scope)))
    };
    let mut items: Vec<ItemId> = own
        .into_iter()
        .chain(others)
        .filter_map(|outcome| phase_outcome(case.rules, outcome))
        .flat_map(|outcome| left_open(case.deployment, case.framework, outcome))
        .filter(covers)
        .collect();
    items.sort();
    items.dedup();
    items
}
