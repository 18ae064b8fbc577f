//! The result for people.

use super::Verified;
use crate::cli::report::{self, one_line};
use crate::cli::words::{BAD, GOOD, OPEN, counted, styled, wrapped, wrapped_whole};
use crate::model::{Act, Settings};
use crate::ops::verify::{Judged, PhaseStatus, Trust};

fn effect_of(one: &Judged<'_>) -> String {
    let says = &one.held.statement;
    match (&says.act, &says.outcome) {
        (Act::Withdraw, _) => {
            let of = says.withdraws.map(|id| id.hex()[..12].to_owned()).unwrap_or_default();
            format!("withdraws {of}")
        }
        (_, Some(outcome)) => outcome.clone(),
        _ => "decides nothing".to_owned(),
    }
}

fn time_of(one: &Judged<'_>) -> String {
    match one.observed {
        Some(time) => {
            format!("{} (stated), there by {} (observed)", one.held.statement.time.day(), time.day())
        }
        None => format!("{} (stated)", one.held.statement.time.day()),
    }
}

/// How wide the column of roles is.
const ROLES: usize = 26;

/// A text of a file, after what it is, in lines that fit.
fn said(what: &str, text: &str, indent: usize, width: usize) -> String {
    wrapped_whole(&one_line(&format!("{what}{text}")), indent, width) + "\n"
}

/// How many leaves or gaps are listed before the rest is counted.
const MOST_LISTED: usize = 12;

pub(super) fn to_text(verified: &Verified<'_>, settings: &Settings, width: usize) -> String {
    let mut out = format!("{}, as of {}\n", verified.name, verified.as_of);
    for (phase, gaps) in &verified.phases {
        let style = match phase.status {
            PhaseStatus::Approved | PhaseStatus::Conditional => GOOD,
            PhaseStatus::Rejected => BAD,
            _ => OPEN,
        };
        let is_approved = matches!(phase.status, PhaseStatus::Approved | PhaseStatus::Conditional);
        let trust = phase.trust.filter(|_| is_approved);
        let trust = trust.map(|trust| format!(" ({})", trust.as_str())).unwrap_or_default();
        let status = styled(style, phase.status.as_str());
        out += &format!("\nphase {}  {}: {status}{trust}\n", phase.phase, one_line(&phase.title));
        for need in &phase.needs {
            let roles = one_line(&need.roles.join(" or "));
            let state = match &need.met {
                Some(met) => format!("{}, {}", met.by, met.trust.as_str()),
                None if need.people.is_empty() => "missing, and nobody is listed for it".to_owned(),
                None => format!("missing: {}", need.people.join(", ")),
            };
            let state = wrapped(&one_line(&state), ROLES + 3, width);
            out += &format!("  {roles:<ROLES$} {}\n", state.trim_start());
        }
        phase.lacks.iter().for_each(|lack| out += &said("lacks: ", lack, 2, width));
        phase.notes.iter().for_each(|note| out += &said("note: ", note, 2, width));
        if gaps.is_empty() {
            let claimed = match verified.claimed.get(&phase.phase).copied().unwrap_or_default() {
                0 => String::new(),
                claimed => format!(", {claimed} only claimed"),
            };
            out += &format!("  confirmations and acceptances: all hold{claimed}\n");
        } else {
            let count = counted(gaps.len(), "thing is", "things are");
            out += &format!("  confirmations and acceptances: {count} open now\n");
            for gap in gaps.iter().take(3) {
                out += &said("", &gap.what, 4, width);
            }
        }
    }
    if !verified.statements.is_empty() {
        out += "\nstatements\n";
    }
    for one in &verified.statements {
        out += &statement_text(one, settings, width);
    }
    for finding in &verified.broken {
        out += &format!("\n{}", report::draw(finding, &|_| None, width));
    }
    out += &wrong(&verified.wrong, width);
    if !verified.unknown.is_empty() {
        out += "\ncannot be known here\n";
        verified.unknown.iter().for_each(|what| out += &said("", what, 2, width));
    }
    out + "\n"
}

/// What is wrong with no statement that is here.
pub(super) fn wrong(wrong: &[String], width: usize) -> String {
    let lines: String = wrong.iter().map(|what| said("", what, 2, width)).collect();
    if lines.is_empty() { lines } else { format!("\nwrong\n{lines}") }
}

fn statement_text(one: &Judged<'_>, settings: &Settings, width: usize) -> String {
    let says = &one.held.statement;
    let is_unsigned = settings.policy.signatures_required && one.trust != Trust::Verified;
    let style = match one.reasons.first() {
        None if is_unsigned => OPEN,
        None => GOOD,
        Some(reason) if reason.problem.is_grave() && !one.is_over() => BAD,
        Some(_) => OPEN,
    };
    let mut out = format!(
        "  {} {} phase {} {}: {}\n",
        &one.held.id.hex()[..12],
        styled(style, format!("{:<13}", one.word())),
        says.phase,
        one_line(&says.role),
        one_line(&effect_of(one)),
    );
    let mut how = format!("{}, {}; {}", says.by, one.trust.as_str(), time_of(one));
    if let Some(verified) = &one.verified {
        how += &format!("; key {}", verified.fingerprint());
    }
    if let Some(recording) = &says.recorded {
        how += &format!("; recorded by {} from {}", recording.by, recording.evidence);
    }
    out += &said("", &how, 4, width);
    if is_unsigned && one.reasons.is_empty() {
        let why = format!("the policy asks for a signature, and this is {}", one.trust.as_str());
        out += &said("does not count: ", &why, 4, width);
    }
    for reason in &one.reasons {
        out += &said(&format!("{}: ", reason.problem.as_str()), &reason.why, 4, width);
        for leaf in reason.leaves.iter().take(MOST_LISTED) {
            out += &format!("      {}\n", one_line(leaf));
        }
        if reason.leaves.len() > MOST_LISTED {
            let more = reason.leaves.len() - MOST_LISTED;
            out += &format!("      and {more} more: `--format json` has them all\n");
        }
    }
    for condition in says.conditions.values() {
        out += &said("condition: ", condition, 4, width);
    }
    if let Some(expires) = says.expires {
        out += &format!("    expires {expires}\n");
    }
    out
}
