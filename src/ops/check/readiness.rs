//! What is still open, and who has spoken without being listed.

use super::Subject;
use crate::diag::{Code, Finding, Severity};
use crate::ops::state::{AnswerState, Stand, State, may_speak, states};

/// Somebody spoke whom the settings do not list.
pub(super) static CLAIMED: Code = Code {
    id: "TOM-0601",
    severity: Severity::Note,
    title: "a confirmation is only claimed",
    explain: "The name under `by` is not listed in `tom.toml` for that party, or is listed for another organisation. The confirmation may be \
right, but nothing shows that this person may speak for the party. Add them under `[people]`, or have somebody who is listed confirm.",
};

/// Answers and risks are still open.
pub(super) static OPEN: Code = Code {
    id: "TOM-0602",
    severity: Severity::Note,
    title: "answers or risks are still open",
    explain: "They are unanswered, proposed or stale. That is how an assessment grows, so it is only counted here; `tom check --ready PHASE` \
makes an error of each one that the phase needs.",
};

/// A phase lacks something.
pub(super) static NOT_READY: Code = Code {
    id: "TOM-0603",
    severity: Severity::Error,
    title: "a phase is not ready",
    explain: "A phase is ready when every answer that it needs is confirmed, answered or not applicable, every risk is confirmed (phase 2), and nothing \
that the outcomes ask for is open. Each finding names one thing that is missing, and whose turn it is.",
};

pub(super) fn claims(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut claimed = std::collections::BTreeMap::<(String, String), Vec<crate::model::Address>>::new();
    let mut look = |party: &crate::model::PartyId, by: &str, address: crate::model::Address| {
        if !may_speak(subject.settings, subject.deployment, subject.framework, party, by) {
            claimed.entry((party.to_string(), by.to_owned())).or_default().push(address);
        }
    };
    for (slot, answer) in &subject.deployment.answers {
        for (party, confirmation) in &answer.confirmed {
            look(party, &confirmation.by, slot.address().then("confirmed").then(party.as_str()).then("by"));
        }
    }
    for (id, risk) in &subject.deployment.risks {
        let at = crate::model::Address::of(id);
        for (party, confirmation) in &risk.confirmed {
            look(party, &confirmation.by, at.clone().then("confirmed").then(party.as_str()).then("by"));
        }
        for (key, mitigation) in &risk.mitigations {
            for (party, confirmation) in &mitigation.confirmed {
                let at = at.clone().then("mitigations").then(key.as_str()).then("confirmed");
                look(party, &confirmation.by, at.then(party.as_str()).then("by"));
            }
        }
    }
    for ((party, by), addresses) in claimed {
        let Some(first) = addresses.first() else { continue };
        findings.push(
            Finding::new(
                &CLAIMED,
                format!(
                    "`{by}` confirms {} for {party}, and is not listed for it",
                    counted(addresses.len(), "entry", "entries")
                ),
            )
            .at(subject.label(first).saying("the first of them"))
            .help("list them in `tom.toml`, with party and organisation"),
        );
    }
}

pub(super) fn open(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let states = states(subject.deployment, subject.framework);
    if let Some(number) = subject.ready {
        let needs_risks =
            subject.framework.phases.iter().any(|phase| phase.number == number && phase.needs_risks);
        for answer in
            states.answers.iter().filter(|a| a.is_needed && a.item.phase <= number && !a.state.is_settled())
        {
            findings.push(
                Finding::new(
                    &NOT_READY,
                    format!("phase {number} needs `{}`, which is {}", answer.slot, answer.state),
                )
                .at(subject.slot(&answer.slot, &["answer"]))
                .note(answer.item.title.clone())
                .help(turn(answer)),
            );
        }
        for risk in states.risks.iter().filter(|risk| needs_risks && !risk.state.is_settled()) {
            findings.push(
                Finding::new(
                    &NOT_READY,
                    format!("phase {number} needs the risk `{}`, which is {}", risk.id, risk.state),
                )
                .at(subject.risk(risk.id, &["title"]))
                .help(format!(
                    "{} confirms it as a whole, and each mitigation's owner the mitigation",
                    risk.whole.0
                )),
            );
        }
        return;
    }
    let open: Vec<String> = states
        .counts()
        .into_iter()
        .filter(|(state, _)| matches!(state, State::Unanswered | State::Proposed | State::Stale))
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if !open.is_empty() {
        findings.push(
            Finding::new(&OPEN, format!("`{}` is still open: {}", subject.deployment.name, open.join(", ")))
                .help(format!("`tom show {}` gives an overview", subject.deployment.name)),
        );
    }
}

/// Whose turn it is, and to do what.
fn turn(answer: &AnswerState<'_>) -> String {
    let names = |parties: Vec<&str>| parties.join(" and ");
    match answer.state {
        State::Unanswered => {
            format!("{} answers it", names(answer.item.parties.iter().map(|party| party.as_str()).collect()))
        }
        _ => {
            let open = answer
                .parties
                .iter()
                .filter(|(_, stand)| *stand != Stand::Stands)
                .map(|(party, _)| party.as_str());
            format!("{} confirms it", names(open.collect()))
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
