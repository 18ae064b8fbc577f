//! What keeps a phase from being ready. Nothing else decides it: check, status and packs all ask here.

use super::expiry::{Expiry, expiries};
use super::outcome::{Evaluator, INCOMPLETE, YES};
use super::reason;
use super::state::{AnswerState, Speakers, Stand, State, States, holders, may_act};
use super::verify::{PhaseReport, PhaseStatus};
use super::words::and;
use crate::model::{
    Address, Attached, Class, Date, Deployment, DeploymentName, Framework, Item, Key, Kind, Outcome,
    OutcomeKind, PartyId, ProfileName, Rating, Risk, RiskId, RiskStatus, Settings,
};
use std::collections::BTreeSet;

/// Something that a phase lacks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Gap {
    /// What it is about; none for an outcome.
    pub address: Option<Address>,
    /// What is missing: ``IGA-03` is stale`.
    pub what: String,
    /// Why it is as it is; may be empty.
    pub why: String,
    /// Whose turn it is, and to do what.
    pub turn: String,
}

/// What readiness is judged by, besides the assessment.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// Who may do what.
    pub settings: &'a Settings,
    /// The phases that decisions show to be approved: see [`approved`].
    pub approved: &'a BTreeSet<u8>,
    /// The day as of which things run out; where it is not known, nothing is said of that.
    pub as_of: Option<Date>,
}

/// The phases that their decisions approve.
pub fn approved(reports: &[PhaseReport]) -> BTreeSet<u8> {
    let is_approved = |status| matches!(status, PhaseStatus::Approved | PhaseStatus::Conditional);
    reports.iter().filter(|report| is_approved(report.status)).map(|report| report.phase).collect()
}

/// Whether a phase lacks nothing. [`gaps`] says what it lacks and why, which costs more.
pub fn is_ready(
    deployment: &Deployment,
    framework: &Framework,
    states: &States<'_>,
    phase: u8,
    grounds: Grounds<'_>,
) -> bool {
    let is_open =
        |a: &AnswerState<'_>| a.is_needed && framework.is_due(a.item, phase) && !a.state.is_settled();
    !states.answers.iter().any(is_open) && gaps(deployment, framework, states, phase, grounds).is_empty()
}

/// Everything that a phase lacks, in framework order. Empty means ready.
pub fn gaps(
    deployment: &Deployment,
    framework: &Framework,
    states: &States<'_>,
    phase: u8,
    grounds: Grounds<'_>,
) -> Vec<Gap> {
    let Grounds { settings, as_of, .. } = grounds;
    let mut gaps = Vec::new();
    let evaluator = Evaluator::new(framework, deployment, ProfileName::Strict);
    for answer in states.answers.iter().filter(|a| a.is_needed && framework.is_due(a.item, phase)) {
        let gap = |what, why, turn| Gap { address: Some(answer.slot.address()), what, why, turn };
        if !answer.state.is_settled() {
            let turn = if answer.state == State::Unanswered {
                turn_of(answering(answer.item, &evaluator), "answers it", "answer it")
            } else {
                let open = answer.parties.iter().filter(|(_, stand)| *stand != Stand::Stands);
                turn_of(open.map(|(party, _)| *party).collect(), "confirms it", "confirm it")
            };
            let what = format!("`{}` is {}", answer.slot, answer.state);
            gaps.push(gap(what, reason::of_answer((deployment, framework), answer), turn));
        }
        if evaluator.lacks_note(answer.item, &answer.slot) {
            let parties = answering(answer.item, &evaluator);
            let turn = turn_of(parties, "says why in its notes", "say why in its notes");
            gaps.push(gap(
                format!("`{}` lacks the note that its answer needs", answer.slot),
                String::new(),
                turn,
            ));
        }
    }
    let needs_risks = framework.phases.iter().any(|p| p.number == phase && p.needs_risks);
    for risk in states.risks.iter().filter(|risk| needs_risks && !risk.state.is_settled()) {
        gaps.push(Gap {
            address: Some(Address::of(risk.id)),
            what: format!("the risk `{}` is {}", risk.id, risk.state),
            why: reason::of_risk((deployment, framework), risk),
            turn: format!(
                "{} confirms it as a whole, and each mitigation's owner the mitigation",
                risk.whole.0
            ),
        });
    }
    gaps.extend(besides(deployment, framework, &evaluator, phase, grounds));
    gaps.extend(run_out(deployment, framework, &evaluator, phase, needs_risks, as_of));
    if needs_risks {
        gaps.extend(
            open_outcomes(deployment, framework, settings, &evaluator)
                .into_iter()
                .map(|outcome| outcome_gap(outcome, &evaluator)),
        );
    }
    gaps
}

/// What a phase lacks besides answers and confirmations, outcomes, and what runs out: files that cannot be read, risks that nobody may live
/// with, and answers that contradict one another.
pub fn besides(
    deployment: &Deployment,
    framework: &Framework,
    evaluator: &Evaluator<'_>,
    phase: u8,
    Grounds { settings, approved, .. }: Grounds<'_>,
) -> Vec<Gap> {
    let unread = |id: &String| Gap {
        address: None,
        what: format!("`{id}` cannot be read"),
        why: String::new(),
        turn: "see the finding about its file".to_owned(),
    };
    let mut gaps: Vec<Gap> = deployment.unread.iter().map(unread).collect();
    gaps.extend(arrival_gaps(deployment));
    if framework.phases.iter().any(|p| p.number == phase && p.needs_risks) {
        gaps.extend(risk_gaps(deployment, framework, settings));
    }
    gaps.extend(said_approved(deployment, framework, phase, approved));
    for constraint in framework.constraints.iter().filter(|constraint| constraint.is_error) {
        let is_due = framework.item(constraint.item.as_str()).is_some_and(|item| item.phase <= phase);
        if is_due && evaluator.test(&constraint.must) == Some(false) {
            gaps.push(Gap {
                address: Some(Address::of(&constraint.item)),
                what: constraint.message.clone(),
                why: String::new(),
                turn: constraint.help.clone(),
            });
        }
    }
    gaps
}

/// Answers that say that an earlier phase was approved, where no decisions show it.
fn said_approved(
    deployment: &Deployment,
    framework: &Framework,
    phase: u8,
    approved: &BTreeSet<u8>,
) -> Vec<Gap> {
    let Some(phase) = framework.phase(phase) else { return Vec::new() };
    let says = |item| deployment.answer(item).and_then(|answer| answer.value.as_ref()?.as_text());
    let untrue = phase
        .says_approved
        .iter()
        .filter(|(item, earlier)| says(item) == Some("Yes") && !approved.contains(earlier));
    untrue
        .map(|(item, earlier)| Gap {
            address: Some(Address::of(item)),
            what: format!("`{item}` says that phase {earlier} was approved, and no decisions here show it"),
            why: String::new(),
            turn: format!(
                "have phase {earlier} decided, or what was decided recorded: `tom verify {}` says what it \
                 still needs",
                deployment.name
            ),
        })
        .collect()
}

/// What came from a parent or workbook and is not as it should be.
fn arrival_gaps(deployment: &Deployment) -> Vec<Gap> {
    let gap = |address: Option<Address>, what: String, turn: String| Gap {
        address,
        what,
        why: String::new(),
        turn,
    };
    let name = &deployment.name;
    let mut gaps = Vec::new();
    if !deployment.is_received_intact && !deployment.unread.iter().any(|id| id == "received") {
        let what =
            "what was received is missing or was edited, so nobody can tell what is local and what went";
        gaps.push(gap(None, what.to_owned(), "restore `received.toml` from git".to_owned()));
    }
    if let Some(waiting) = &deployment.waiting {
        for address in &waiting.open {
            let what = format!("what comes from `{}` waits for a decision at `{address}`", waiting.from);
            gaps.push(gap(address.parse().ok(), what, format!("`tom resolve {name} {address}` decides it")));
        }
        if waiting.open.is_empty() {
            let what = format!("what comes from `{}` is decided and not brought in", waiting.from);
            gaps.push(gap(None, what, format!("`tom resolve {name}` finishes it")));
        }
    }
    gaps
}

/// What counts as settled in a phase although a confirmation that it rests on is only claimed, as far as the speakers are known: by whom
/// the settings list, and by whose commits brought confirmations in where history was read.
pub fn claimed_in<'s>(
    states: &'s States<'_>,
    speakers: &'s Speakers<'_>,
    framework: &'s Framework,
    phase: u8,
) -> impl Iterator<Item = Address> + 's {
    let needs_risks = framework.phases.iter().any(|p| p.number == phase && p.needs_risks);
    let answers = states.answers.iter().filter(move |a| {
        a.is_needed && framework.is_due(a.item, phase) && a.state.is_settled() && speakers.is_claimed(a)
    });
    let risks = states
        .risks
        .iter()
        .filter(move |risk| needs_risks && risk.state.is_settled() && speakers.is_risk_claimed(risk));
    answers.map(|answer| answer.slot.address()).chain(risks.map(|risk| Address::of(risk.id)))
}

/// The outcomes that ask for something which is not there: a result that cannot be computed yet, an action that is open, a document that
/// is not attached, a signatory whom nobody knows.
pub fn open_outcomes<'f>(
    deployment: &Deployment,
    framework: &'f Framework,
    settings: &Settings,
    evaluator: &Evaluator<'f>,
) -> Vec<&'f Outcome> {
    if deployment.meta.kind == Kind::Baseline {
        return Vec::new(); // what outcomes ask for is asked of whoever deploys
    }
    let is_open = |(outcome, value): &(&Outcome, &str)| match outcome.kind {
        OutcomeKind::Result | OutcomeKind::Level => *value == INCOMPLETE,
        OutcomeKind::Action => *value == YES,
        OutcomeKind::Document => *value == YES && !is_attached(deployment, outcome),
        OutcomeKind::Signatory => {
            let role = outcome.role.as_ref();
            *value == YES
                && role.is_none_or(|role| holders(settings, deployment, framework, role).next().is_none())
        }
        OutcomeKind::Notice => false,
    };
    evaluator.outcomes().filter(is_open).map(|(outcome, _)| outcome).collect()
}

/// Whether a document that an outcome asks for is among the evidence where the framework wants it. One that the framework gives no place
/// is settled by the answers that asked for it alone.
fn is_attached(deployment: &Deployment, outcome: &Outcome) -> bool {
    let Some(attached) = &outcome.evidence else { return false };
    deployment.answer(&attached.item).is_some_and(|answer| attached.is_among(&answer.evidence))
}

fn outcome_gap(outcome: &Outcome, evaluator: &Evaluator<'_>) -> Gap {
    let (what, turn) = match outcome.kind {
        OutcomeKind::Signatory => {
            (format!("nobody is named who can sign: {}", outcome.title), list_somebody(outcome))
        }
        OutcomeKind::Document => {
            (format!("a document is not attached: {}", outcome.title), attach_it(outcome))
        }
        OutcomeKind::Action => (outcome.title.clone(), reads(outcome)),
        _ => (format!("{} cannot be computed yet", outcome.title), waits_for(outcome, evaluator)),
    };
    let address = outcome.evidence.as_ref().map(|attached| Address::of(&attached.item));
    Gap { address, what, why: String::new(), turn }
}

/// How a signatory is named.
pub fn list_somebody(outcome: &Outcome) -> String {
    let role = outcome.role.as_deref().unwrap_or_default();
    format!("list somebody in `tom.toml` with the role `{role}`")
}

/// Where a document has to be named.
pub fn attach_it(outcome: &Outcome) -> String {
    match &outcome.evidence {
        Some(Attached { item, naming: Some(words) }) => {
            format!("name it in the evidence of `{item}`, in a line that says `{words}`")
        }
        Some(Attached { item, naming: None }) => format!("name it in the evidence of `{item}`"),
        None => reads(outcome),
    }
}

fn reads(outcome: &Outcome) -> String {
    let items: Vec<String> = outcome.items().into_iter().map(|id| format!("`{id}`")).collect();
    if items.is_empty() {
        "it reads other outcomes".to_owned()
    } else {
        format!("it reads {}", items.join(", "))
    }
}

/// What a result cannot be computed without.
fn waits_for(outcome: &Outcome, evaluator: &Evaluator<'_>) -> String {
    let open = outcome.items().into_iter().filter(|id| evaluator.is_open(id));
    let open: Vec<String> = open.map(|id| format!("`{id}`")).collect();
    if open.is_empty() { reads(outcome) } else { format!("it waits for {}", open.join(", ")) }
}

/// What the risks and signatories lack after a change that they do not lack before it.
pub fn new_gaps(
    before: &Deployment,
    after: &Deployment,
    framework: &Framework,
    settings: &Settings,
) -> Vec<Gap> {
    let all = |deployment: &Deployment| {
        let evaluator = Evaluator::new(framework, deployment, ProfileName::Strict);
        let open = open_outcomes(deployment, framework, settings, &evaluator).into_iter();
        let signatories = open.filter(|outcome| outcome.kind == OutcomeKind::Signatory);
        let signatories = signatories.map(|outcome| outcome_gap(outcome, &evaluator));
        let mut gaps = risk_gaps(deployment, framework, settings);
        gaps.extend(signatories);
        gaps
    };
    let known = all(before);
    all(after).into_iter().filter(|gap| !known.contains(gap)).collect()
}

/// What keeps the risks from being ready, besides who has spoken for them.
fn risk_gaps(deployment: &Deployment, framework: &Framework, settings: &Settings) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut add = |address: Address, what: String, turn: &str| {
        gaps.push(Gap { address: Some(address), what, why: String::new(), turn: turn.to_owned() });
    };
    let matrix = &framework.matrix;
    let worst = matrix.acceptability.keys().max();
    for (id, risk) in &deployment.risks {
        if let Some(what) = ill_rated(framework, id, risk) {
            add(Address::of(id), what, "rate it");
        }
        let class = risk.residual.as_ref().and_then(|rating| matrix.class(rating));
        let rule = class.and_then(|class| Some((class, matrix.acceptability.get(&class)?)));
        let is_open = risk.status == RiskStatus::Open;
        if is_open && class.is_some() && class.as_ref() == worst {
            add(
                Address::of(id).then("residual"),
                format!("the risk `{id}` stays in the worst class"),
                "reduce it",
            );
        }
        if let Some((what, turn)) = super::handover::open_transfer(id, risk) {
            add(Address::of(id).then("transfer"), what, &turn);
        }
        match &risk.acceptance {
            Some(_) if !super::accept::holds(risk, framework) => {
                let what = format!("the acceptance of `{id}` speaks of the risk as it was");
                let turn = match rule.filter(|(_, rule)| is_open && rule.needs_acceptance) {
                    Some((class, _)) => who_may_accept(settings, class),
                    None => "remove the acceptance, or have it accepted again".to_owned(),
                };
                add(Address::of(id).then("acceptance"), what, &turn);
            }
            Some(acceptance) if !super::accept::may(settings, &acceptance.role, acceptance.class) => {
                let what = format!("`{id}` was accepted in a role that may not: {}", acceptance.role);
                let turn = who_may_accept(settings, acceptance.class);
                add(Address::of(id).then("acceptance"), what, &turn);
            }
            Some(acceptance)
                if !may_act(settings, deployment, framework, &acceptance.role, &acceptance.by) =>
            {
                let (by, role) = (&acceptance.by, &acceptance.role);
                let what =
                    format!("`{id}` was accepted by {by}, and `tom.toml` does not list them as {role} here");
                let turn = format!("a {role} accepts it, or list {by} in that role");
                add(Address::of(id).then("acceptance"), what, &turn);
            }
            Some(acceptance) if acceptance.until.is_none() => {
                let what = format!("the acceptance of `{id}` does not say until when it holds");
                add(Address::of(id).then("acceptance"), what, "have it accepted again, until a day");
            }
            Some(_) => {}
            None => {
                // A baseline's risks are accepted by whoever deploys it.
                let is_asked = is_open && deployment.meta.kind == Kind::Deployment;
                if let Some((class, rule)) = rule.filter(|(_, rule)| is_asked && rule.needs_acceptance) {
                    let what =
                        format!("nobody has accepted `{id}`, which stays in class {class} ({})", rule.label);
                    add(Address::of(id).then("acceptance"), what, &who_may_accept(settings, class));
                }
            }
        }
    }
    for gone in gone(deployment) {
        add(gone.address(), format!("{gone} was received and is gone"), &gone.mend(&deployment.name));
    }
    gaps
}

/// What is wrong with the ratings of a risk: without its classes nobody can say whether somebody may live with it.
fn ill_rated(framework: &Framework, id: &RiskId, risk: &Risk) -> Option<String> {
    let class = |rating: &Option<Rating>| rating.as_ref().and_then(|rating| framework.matrix.class(rating));
    match (class(&risk.initial), class(&risk.residual)) {
        (Some(before), Some(after)) if after > before => {
            Some(format!("`{id}` is rated higher after its mitigations than before"))
        }
        (Some(_), Some(_)) => None,
        (None, _) => Some(format!("`{id}` has no class before its mitigations")),
        (_, None) => Some(format!("`{id}` has no class after its mitigations")),
    }
}

fn who_may_accept(settings: &Settings, class: Class) -> String {
    let may = |role: &&String| super::accept::may(settings, role, class);
    let roles: Vec<&str> = settings.policy.accept.keys().filter(may).map(String::as_str).collect();
    if roles.is_empty() {
        return format!("reduce it: the policy lets no role accept class {class}");
    }
    format!("reduce it, or a {} accepts it with `tom accept`", roles.join(" or a "))
}

/// What a phase needs and has run out: answers that hold for a time, and acceptances.
fn run_out(
    deployment: &Deployment,
    framework: &Framework,
    evaluator: &Evaluator<'_>,
    phase: u8,
    needs_risks: bool,
    as_of: Option<Date>,
) -> Vec<Gap> {
    let Some(as_of) = as_of else { return Vec::new() };
    let is_due = |expiry: &Expiry| match framework.item(&expiry.address.subject) {
        Some(item) => framework.is_due(item, phase) && evaluator.applies(item) && evaluator.needed(item),
        None => needs_risks,
    };
    let gone = expiries(deployment, framework, as_of).into_iter();
    gone.filter(|expiry| expiry.days_left < 0 && is_due(expiry))
        .map(|expiry| Gap {
            what: format!("`{}` ran out on {}", expiry.address, expiry.until),
            address: Some(expiry.address),
            why: expiry.title,
            turn: "renew it and enter the new date".to_owned(),
        })
        .collect()
}

/// A risk or mitigation that was received and is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// A whole risk.
    Risk(RiskId),
    /// A mitigation of a risk that is there.
    Mitigation(RiskId, Key),
}

impl Gone {
    /// Where it was.
    pub fn address(&self) -> Address {
        match self {
            Self::Risk(id) => Address::of(id),
            Self::Mitigation(id, key) => Address::of(id).then("mitigations").then(key.as_str()),
        }
    }

    /// What to do about it in a deployment.
    pub fn mend(&self, name: &DeploymentName) -> String {
        let folder = crate::project::folder_of(name);
        match self {
            Self::Risk(id) => {
                format!("restore `{folder}/risks/{id}.toml`, and close the risk if it cannot arise here")
            }
            Self::Mitigation(..) => {
                "restore it, and say in its status and reason that it is not done here".to_owned()
            }
        }
    }
}

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Risk(id) => write!(f, "the risk `{id}`"),
            Self::Mitigation(id, key) => write!(f, "the mitigation `{key}` of `{id}`"),
        }
    }
}

/// What was received of risks, is not there any more, and was not refused.
pub fn gone(deployment: &Deployment) -> Vec<Gone> {
    let Some(received) = &deployment.received else { return Vec::new() };
    let refused = deployment.meta.derived_from.as_ref().map(|lineage| &lineage.refused);
    let is_refused =
        |gone: &Gone| refused.is_some_and(|refused| refused.contains_key(&gone.address().to_string()));
    let is_unread = |id: &RiskId| deployment.unread.iter().any(|name| name == id.as_str() || name == "risks");
    let mut all = Vec::new();
    for (id, came) in &received.risks {
        match deployment.risks.get(id) {
            Some(here) => all.extend(
                came.mitigations
                    .keys()
                    .filter(|key| !here.mitigations.contains_key(*key))
                    .map(|key| Gone::Mitigation(id.clone(), key.clone())),
            ),
            None if is_unread(id) => {}
            None => all.push(Gone::Risk(id.clone())),
        }
    }
    all.retain(|gone| !is_refused(gone));
    all
}

/// Whose answer an item asks for.
fn answering<'i>(item: &'i Item, evaluator: &Evaluator<'_>) -> Vec<&'i PartyId> {
    item.parties.iter().filter(|party| evaluator.takes_part(party)).collect()
}

fn turn_of(parties: Vec<&PartyId>, one: &str, many: &str) -> String {
    let names: Vec<&str> = parties.into_iter().map(PartyId::as_str).collect();
    format!("{} {}", and(&names), if names.len() == 1 { one } else { many })
}
