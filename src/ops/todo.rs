//! What there is to do, and whose turn it is.

use super::confirm::Entry;
use super::expiry::expiries;
use super::outcome::Evaluator;
use super::policy::{electors, needs, office};
use super::ready::{Grounds, attach_it, besides, list_somebody, open_outcomes};
use super::reason;
use super::stage::{Query, Standing};
use super::state::{Stand, State, risk_owner, states};
use crate::model::{
    Address, DEPLOYER, Date, Deployment, Framework, Kind, MitigationStatus, OutcomeKind, PartyId,
    ProfileName, RiskStatus, Settings, TransferWord,
};
use std::collections::BTreeSet;

/// What sort of thing there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Answer a query of whoever decides.
    Reply,
    /// Decide, or decide anew.
    Decide,
    /// See to a condition of an approval.
    Meet,
    /// Answer a needed item.
    Answer,
    /// Add the note that an answer needs.
    Note,
    /// Rate a risk.
    Rate,
    /// Put a mitigation in place, or decide against it.
    PutInPlace,
    /// Confirm what nobody has confirmed yet.
    Confirm,
    /// Look again at what is not any more what was confirmed, or not here.
    ConfirmAgain,
    /// Attach a document that the outcomes ask for.
    Attach,
    /// Find somebody to sign.
    FindSignatory,
    /// Put right what keeps a phase from being ready.
    Settle,
    /// Renew what runs out.
    Renew,
}

impl Deed {
    /// The heading over such things.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reply => "to reply to: queries",
            Self::Decide => "to decide",
            Self::Meet => "to see to: conditions of approvals",
            Self::Answer => "to answer",
            Self::Note => "to explain in a note",
            Self::Rate => "to rate",
            Self::PutInPlace => "to put in place, or decide against",
            Self::Confirm => "to confirm",
            Self::ConfirmAgain => "to look at again",
            Self::Attach => "to attach",
            Self::FindSignatory => "to sign: name somebody",
            Self::Settle => "to settle",
            Self::Renew => "to renew",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Task {
    /// Whose turn it is.
    pub party: String,
    /// What sort of thing.
    pub deed: Deed,
    /// What it is about.
    pub address: Option<Address>,
    /// In words.
    pub title: String,
    /// Why; may be empty.
    pub why: String,
    /// The phase that needs it.
    pub phase: u8,
    /// The role that has to act, where one is asked for.
    pub role: Option<String>,
}

/// Why a party has to look again at what it confirmed; empty where it has not spoken yet.
fn again(of: (&Deployment, &Framework), entry: &Entry, party: &PartyId, stand: &Stand, what: &str) -> String {
    match stand {
        Stand::Missing => String::new(),
        _ => reason::of_stand(of, entry, party, stand, what),
    }
}

/// A query, for whoever answers what it is about.
fn reply(deployment: &Deployment, framework: &Framework, query: &Query) -> Task {
    let subject = &query.address.subject;
    let item = framework.item(subject).and_then(|item| item.parties.first());
    let risk = || deployment.risks.iter().find(|(id, _)| id.as_str() == subject).map(|(_, risk)| &risk.owner);
    Task {
        party: item.or_else(risk).map_or(DEPLOYER, PartyId::as_str).to_owned(),
        deed: Deed::Reply,
        address: Some(query.address.clone()),
        title: query.text.clone(),
        why: format!("{} asked on {}; `tom record {} reply` answers", query.by, query.on, deployment.name),
        phase: query.phase,
        role: None,
    }
}

/// The party that has to say whether it takes a risk on.
fn asked_to_take<'d>(deployment: &'d Deployment, address: &Address) -> Option<&'d PartyId> {
    let (_, risk) = deployment.risks.iter().find(|(id, _)| id.as_str() == address.subject)?;
    let transfer = risk.transfer.as_ref().filter(|_| address.field == ["transfer"])?;
    // Who refused has spoken: the owner has to find another way.
    let has_refused = transfer.receipt.as_ref().is_some_and(|receipt| {
        receipt.says == TransferWord::Refused && super::handover::receipt_holds(risk, receipt)
    });
    (!has_refused).then_some(&transfer.to)
}

/// Roles that a phase needs an approval of and that nobody holds, of phases that are not approved. What outcomes ask for stands there already.
fn nobody_holds(
    deployment: &Deployment,
    framework: &Framework,
    settings: &Settings,
    standing: &Standing,
    asked: &[Task],
) -> Vec<Task> {
    if deployment.meta.kind == Kind::Baseline {
        return Vec::new(); // whoever deploys it finds them
    }
    let mut known: BTreeSet<String> = asked.iter().filter_map(|task| task.role.clone()).collect();
    let mut tasks = Vec::new();
    for phase in framework.phases.iter().filter(|phase| !standing.approved.contains(&phase.number)) {
        for need in needs(deployment, framework, phase, settings.policy.phases.get(&phase.number)) {
            let offices: Vec<_> =
                need.roles.iter().filter_map(|role| office(phase, settings, role)).collect();
            let is_held = |office| !electors(settings, deployment, framework, office).is_empty();
            if offices.iter().any(is_held) {
                continue;
            }
            for office in offices.into_iter().filter(|office| known.insert(office.role.clone())) {
                tasks.push(Task {
                    party: office.party.as_ref().map_or(DEPLOYER, PartyId::as_str).to_owned(),
                    deed: Deed::FindSignatory,
                    address: None,
                    title: framework.label(&office.role).to_owned(),
                    why: format!(
                        "phase {} needs an approval as {}, and nobody is listed for it: list somebody in \
                         `tom.toml` with the role `{}`",
                        phase.number,
                        need.roles.join(" or "),
                        office.role
                    ),
                    phase: phase.number,
                    role: Some(office.role),
                });
            }
        }
    }
    tasks
}

/// Everything that there is to do in a deployment, with the queries that are open and what runs out within some days of a day.
pub fn todo(
    deployment: &Deployment,
    framework: &Framework,
    settings: &Settings,
    standing: &Standing,
    as_of: Date,
    due: i64,
) -> Vec<Task> {
    let mut tasks: Vec<Task> =
        standing.queries.iter().map(|query| reply(deployment, framework, query)).collect();
    let states = states(deployment, framework);
    let evaluator = Evaluator::new(framework, deployment, ProfileName::Strict);
    for answer in &states.answers {
        let task = |party: &str, deed: Deed, why: String| Task {
            party: party.to_owned(),
            deed,
            address: Some(answer.slot.address()),
            title: answer.item.title.clone(),
            why,
            phase: answer.item.phase,
            role: None,
        };
        if answer.state == State::Unanswered && answer.is_needed {
            tasks.extend(
                answer.item.parties.iter().map(|party| task(party.as_str(), Deed::Answer, String::new())),
            );
        }
        if evaluator.lacks_note(answer.item, &answer.slot) {
            tasks.extend(
                answer.item.parties.iter().map(|party| task(party.as_str(), Deed::Note, String::new())),
            );
        }
        if matches!(answer.state, State::Proposed | State::Stale) {
            for (party, stand) in answer.parties.iter().filter(|(_, stand)| *stand != Stand::Stands) {
                let deed = if *stand == Stand::Missing { Deed::Confirm } else { Deed::ConfirmAgain };
                let entry = Entry::Answer(answer.slot.clone());
                let why = again((deployment, framework), &entry, party, stand, "the answer");
                tasks.push(task(party.as_str(), deed, why));
            }
        }
    }
    for risk in &states.risks {
        let task = |party: &str, deed: Deed, address: Address, title: &str, why: String| Task {
            party: party.to_owned(),
            deed,
            address: Some(address),
            title: title.to_owned(),
            why,
            phase: 2,
            role: None,
        };
        let whole = Address::of(risk.id);
        let (party, stand) = &risk.whole;
        if risk.risk.initial.is_none() || risk.risk.residual.is_none() {
            tasks.push(task(party.as_str(), Deed::Rate, whole.clone(), &risk.risk.title, String::new()));
        } else if *stand != Stand::Stands {
            let deed = if *stand == Stand::Missing { Deed::Confirm } else { Deed::ConfirmAgain };
            let why = again((deployment, framework), &Entry::Risk(risk.id.clone()), party, stand, "the risk");
            tasks.push(task(party.as_str(), deed, whole.clone(), &risk.risk.title, why));
        }
        for (key, mitigation) in &risk.risk.mitigations {
            let at = whole.clone().then("mitigations").then(key.as_str());
            let is_open = matches!(mitigation.status, MitigationStatus::Proposed | MitigationStatus::Planned);
            if is_open && risk.risk.status == RiskStatus::Open {
                tasks.push(task(
                    mitigation.owner.as_str(),
                    Deed::PutInPlace,
                    at.clone(),
                    &mitigation.text,
                    format!("it is {}", mitigation.status),
                ));
            }
            if let Some((owner, stand)) =
                risk.mitigations.get(key).filter(|(_, stand)| *stand != Stand::Stands)
            {
                let deed = if *stand == Stand::Missing { Deed::Confirm } else { Deed::ConfirmAgain };
                let entry = Entry::Mitigation(risk.id.clone(), key.clone());
                let why = again((deployment, framework), &entry, owner, stand, "the mitigation");
                tasks.push(task(owner.as_str(), deed, at, &mitigation.text, why));
            }
        }
    }
    for outcome in open_outcomes(deployment, framework, settings, &evaluator) {
        let (deed, why) = match outcome.kind {
            OutcomeKind::Document => (Deed::Attach, attach_it(outcome)),
            OutcomeKind::Action => (Deed::Attach, String::new()),
            OutcomeKind::Signatory => {
                (Deed::FindSignatory, format!("nobody is listed for it: {}", list_somebody(outcome)))
            }
            // What cannot be computed waits for answers, which stand above.
            _ => continue,
        };
        tasks.push(Task {
            party: DEPLOYER.to_owned(),
            deed,
            address: outcome.evidence.as_ref().map(|attached| Address::of(&attached.item)),
            title: outcome.title.clone(),
            why,
            phase: 2,
            role: outcome.role.clone(),
        });
    }
    tasks.extend(nobody_holds(deployment, framework, settings, standing, &tasks));
    let owner = risk_owner(deployment);
    let grounds = Grounds { settings, approved: &standing.approved, as_of: Some(as_of) };
    let mut known = BTreeSet::new();
    for phase in &framework.phases {
        for gap in besides(deployment, framework, &evaluator, phase.number, grounds) {
            if !known.insert((gap.address.clone(), gap.what.clone())) {
                continue; // an earlier phase lacks it already
            }
            if tasks.iter().any(|task| task.deed == Deed::Rate && task.address == gap.address) {
                continue; // to rate it is there already
            }
            let item = gap.address.as_ref().and_then(|address| framework.item(&address.subject));
            let party = item.and_then(|item| item.parties.first());
            let party = party.or_else(|| asked_to_take(deployment, gap.address.as_ref()?)).unwrap_or(&owner);
            tasks.push(Task {
                party: party.to_string(),
                deed: Deed::Settle,
                address: gap.address,
                title: gap.what,
                why: gap.turn,
                phase: phase.number,
                role: None,
            });
        }
    }
    for expiry in expiries(deployment, framework, as_of).into_iter().filter(|expiry| expiry.days_left <= due)
    {
        let item = framework.item(&expiry.address.subject);
        let party = item.and_then(|item| item.parties.first());
        let accepted = deployment.risks.iter().find(|(id, _)| id.as_str() == expiry.address.subject);
        let acceptance = accepted.and_then(|(_, risk)| risk.acceptance.as_ref());
        let with_risks =
            framework.phases.iter().find(|phase| phase.needs_risks).map_or(1, |phase| phase.number);
        let why = if expiry.days_left < 0 {
            format!("it ran out on {}", expiry.until)
        } else {
            format!("it runs out on {}", expiry.until)
        };
        tasks.push(Task {
            party: party.unwrap_or(&owner).to_string(),
            deed: Deed::Renew,
            address: Some(expiry.address),
            title: expiry.title,
            why,
            phase: item.map_or(with_risks, |item| item.phase),
            role: acceptance.map(|acceptance| acceptance.role.clone()),
        });
    }
    tasks.retain(|task| PartyId::new(&task.party).is_ok_and(|party| evaluator.takes_part(&party)));
    tasks.sort_by(|a, b| (&a.party, a.deed).cmp(&(&b.party, b.deed)));
    tasks
}
