//! What decisions leave to do: phases that wait for them, those that do not hold any more, and conditions that are not met.

use super::outcome::Evaluator;
use super::stage::{PhaseStage, PhaseStanding, Process, in_words};
use super::todo::{Deed, Task};
use super::verify::{Case, Judged, Judgement, PhaseReport};
use crate::model::{DEPLOYER, Effect, ProfileName};

/// What there is to do before every phase is approved, and everything that approvals ask for is there.
pub fn waiting(
    case: &Case<'_>,
    judgement: &Judgement<'_>,
    reports: &[PhaseReport],
    standing: &[PhaseStanding],
) -> Vec<Task> {
    let mut tasks = Vec::new();
    for (report, stands) in reports.iter().zip(standing) {
        tasks.extend(decisions(case, judgement, report, stands));
        tasks.extend(after_refusal(case, judgement, stands));
    }
    tasks.extend(conditions(case, judgement));
    tasks
}

/// The decisions that a phase waits for: where one has become void, and where everybody else has done their part.
fn decisions(
    case: &Case<'_>,
    judgement: &Judgement<'_>,
    report: &PhaseReport,
    stands: &PhaseStanding,
) -> Vec<Task> {
    let number = report.phase;
    let phase = case.rules.phase(number);
    let is_turn = matches!(stands.stage, PhaseStage::Ready | PhaseStage::Signed | PhaseStage::Submitted);
    let open = report.needs.iter().filter(|need| need.met.is_none());
    open.filter_map(|need| {
        let fallen = judgement.statements.iter().find(|one| {
            let says = &one.held.statement;
            says.phase == number
                && need.roles.contains(&says.role)
                && one.effect.is_some_and(Effect::approves)
                && ((!one.stands() && one.counted()) || one.is_withdrawn_approval())
        });
        let why = match (fallen, &need.people[..]) {
            (Some(one), _) => in_words(one),
            (None, _) if !is_turn => return None,
            // To find somebody comes first, and is a task of its own.
            (None, []) => return None,
            (None, people) => people.join(" or "),
        };
        let party =
            phase.into_iter().flat_map(|phase| &phase.roles).find(|role| need.roles.contains(&role.role));
        Some(Task {
            party: party.map_or(DEPLOYER, |role| role.party.as_str()).to_owned(),
            deed: Deed::Decide,
            address: None,
            title: format!("phase {number}, as {}", need.roles.join(" or ")),
            why,
            phase: number,
            role: need.roles.first().cloned(),
        })
    })
    .collect()
}

/// Whose turn it is after a phase was refused: the deployer's until it was sent off anew, then that of whoever refused.
fn after_refusal(case: &Case<'_>, judgement: &Judgement<'_>, stands: &PhaseStanding) -> Vec<Task> {
    let (name, phase) = (&case.deployment.name, stands.phase);
    let task = |party: &str, deed: Deed, title: String, why: String, role: Option<String>| Task {
        party: party.to_owned(),
        deed,
        address: None,
        title,
        why,
        phase,
        role,
    };
    if matches!(stands.stage, PhaseStage::Rejected | PhaseStage::Returned) {
        let title = format!("phase {phase} was {}", stands.stage.as_str());
        let why = format!(
            "see to what was found, then send it off anew: `tom record {name} submit --phase {phase}`"
        );
        return vec![task(DEPLOYER, Deed::Settle, title, why, None)];
    }
    let refusals = judgement.statements.iter().filter(|one| {
        let refuses = one.effect.and_then(Effect::refusal).is_some();
        one.held.statement.phase == phase && one.counts() && refuses
    });
    let of = |one: &Judged<'_>| {
        let says = &one.held.statement;
        let title = format!("phase {phase}, as {}", says.role);
        let why = format!("what {} refused stands until {}", says.by, one.stands_until(case.as_of));
        task(says.party.as_str(), Deed::Decide, title, why, Some(says.role.clone()))
    };
    refusals.map(of).collect()
}

/// What approvals that stand ask for, and nothing shows yet.
fn conditions(case: &Case<'_>, judgement: &Judgement<'_>) -> Vec<Task> {
    let process = Process { case, judged: &judgement.statements, record: judgement.record };
    let evaluator = Evaluator::new(case.framework, case.deployment, ProfileName::Strict);
    let task = |title: &str, why: String, phase: u8| Task {
        party: DEPLOYER.to_owned(),
        deed: Deed::Meet,
        address: None,
        title: title.to_owned(),
        why,
        phase,
        role: None,
    };
    let open =
        process.conditions().into_iter().filter(|(.., condition)| evaluator.test(condition) != Some(true));
    let of_outcomes = open.map(|(says, title, condition)| {
        let items: Vec<String> = condition.items().iter().map(ToString::to_string).collect();
        task(title, format!("see to {}", items.join(", ")), says.phase)
    });
    let own = process.own_conditions().map(|(says, condition)| {
        let why = format!(
            "{} as {} approved under it; once it is met, they decide anew without it",
            says.by, says.role
        );
        task(condition, why, says.phase)
    });
    of_outcomes.chain(own).collect()
}
