//! What is still open, and who has spoken without being listed.

use super::Subject;
use crate::diag::{Code, Finding, Severity};
use crate::ops::ready::{Grounds, gaps};
use crate::ops::spoken::Spoken;
use crate::ops::state::{State, claimed, states_under};
use crate::ops::words::counted;
use std::collections::BTreeMap;

/// Somebody spoke whom the settings do not list.
pub(super) static CLAIMED: Code = Code {
    id: "TOM-0601",
    severity: Severity::Note,
    title: "a confirmation or acceptance is only claimed",
    explain: "The name under `by` is not listed in `tom.toml` for that party or role, or is listed for another organisation. What they say may be \
right, but nothing shows that this person may say it. Add them under `[people]`, or have somebody who is listed confirm or accept. Whose commit brought something in is not looked at \
here: `tom status DEPLOYMENT`, `tom show DEPLOYMENT ADDRESS` and packs read git's history for it, and call a confirmation, acceptance or reply claimed that somebody \
brought in who may not say it.",
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
    explain: "A phase is ready when every answer that it needs is confirmed, answered or not applicable, every risk is confirmed (phase 2), nothing \
that the outcomes ask for is open, and no answer says that an earlier phase was approved while no decision does (have it decided, or recorded with \
`tom decide --recorded-for`). Each finding names one thing that is missing, and whose turn it is.",
};

pub(super) fn claims(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for ((voice, by), all) in claimed(subject.settings, subject.deployment, subject.framework) {
        let mut kinds = BTreeMap::<(&str, [&str; 2], &str, &str), Vec<&Spoken>>::new();
        for spoken in &all {
            let told = match spoken {
                Spoken::Confirmation(..) => ("confirms", ["entry", "entries"], "for", "party"),
                Spoken::Acceptance(_) => ("accepts", ["risk", "risks"], "as", "role"),
                Spoken::Reply(_) => ("replies to", ["transfer", "transfers"], "for", "party"),
            };
            kinds.entry(told).or_default().push(spoken);
        }
        for ((does, [one, many], as_what, listed), all) in kinds {
            let count = counted(all.len(), one, many);
            let what = format!("`{by}` {does} {count} {as_what} {voice}, and is not listed for it");
            let first = all[0].address().then("by");
            findings.push(
                Finding::new(&CLAIMED, what)
                    .at(subject.label(&first).saying("the first of them"))
                    .help(format!("list them in `tom.toml`, with {listed} and organisation")),
            );
        }
    }
}

pub(super) fn open(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let states = states_under(subject.deployment, subject.framework, subject.strict);
    if let Some(phase) = subject.ready {
        let (settings, approved) = (subject.settings, subject.approved);
        let grounds = Grounds { settings, approved, as_of: Some(subject.as_of) };
        for gap in gaps(subject.deployment, subject.framework, &states, phase, grounds) {
            let mut finding =
                Finding::new(&NOT_READY, format!("phase {phase} is not ready: {}", gap.what)).help(gap.turn);
            finding = match &gap.address {
                Some(address) => finding.at(subject.label(address)),
                None => finding.at(subject.meta(&[])),
            };
            findings.push(if gap.why.is_empty() { finding } else { finding.note(gap.why) });
        }
        return;
    }
    // An optional item that nobody has answered is not open: nobody waits for it.
    let answers =
        states.answers.iter().filter(|a| a.is_needed || a.state != State::Unanswered).map(|a| a.state);
    let all: Vec<State> = answers.chain(states.risks.iter().map(|risk| risk.state)).collect();
    let open: Vec<String> = State::ALL
        .into_iter()
        .filter(|state| !state.is_settled())
        .map(|state| (all.iter().filter(|s| **s == state).count(), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    if !open.is_empty() {
        let of_what = if subject.deployment.unread.is_empty() { "" } else { ", in what could be read" };
        let name = &subject.deployment.name;
        findings.push(
            Finding::new(&OPEN, format!("`{name}` is still open{of_what}: {}", open.join(", ")))
                .help(format!("`tom show {}` gives an overview", subject.deployment.name)),
        );
    }
}
