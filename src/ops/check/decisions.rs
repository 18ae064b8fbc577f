//! Decisions that do not count, or no longer, and decisions that are not there.

use crate::diag::{Code, Finding, Label, Severity};
use crate::model::Digest;
use crate::ops::verify::{Judged, Judgement, Problem};

/// A decision that never counted.
pub(super) static NO_DECISION: Code = Code {
    id: "TOM-0804",
    severity: Severity::Error,
    title: "a decision does not count",
    explain: "Its signature is not one of the person who is named, they do not hold the role, it was made for another deployment, it contradicts itself, or its key had run out \
and nothing shows that it was signed before. The finding says which. `tom verify` tells more. A statement is never mended: let whoever may decide make a new one. \
Of somebody who has left: keep them listed, with `valid-before` on their key, and what was committed by then goes on counting. Or let somebody who holds the role take the statement back \
(`tom decide --withdraw`), a refusal or a withdrawal too once its author has left; until then a refusal keeps its phase open.",
};

/// A decision that no longer stands.
pub(super) static VOID: Code = Code {
    id: "TOM-0805",
    severity: Severity::Warning,
    title: "a decision is void or has run out",
    explain: "What it was over has changed since, or the day has passed until which it held. Whoever decided did not see what stands there now, so they have to decide anew. Taking the change back \
makes the decision valid again, because it is over content and nothing else.",
};

/// A statement is gone.
pub(super) static MISSING: Code = Code {
    id: "TOM-0807",
    severity: Severity::Error,
    title: "a statement is missing that a later one names",
    explain: "Every statement names those before it, so that one that is taken away is noticed. Nobody knows what the missing one says: it may be a rejection or a withdrawal. \
Until it is back, no phase is approved. git has it, if it was ever committed.",
};

/// A decision is not shown well enough.
pub(super) static UNSHOWN: Code = Code {
    id: "TOM-0808",
    severity: Severity::Warning,
    title: "a decision does not count, because no signature shows it",
    explain: "The policy in `tom.toml` counts only decisions that are signed (`signatures = \"required\"`). This one has no signature beside it, or was only written down for \
somebody. If its `.sig` was lost, restore it from git. A rejection or a withdrawal that is not shown keeps its phase open all the same.",
};

/// What there is to say about a deployment's decisions.
pub fn decisions(judgement: &Judgement<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        judgement.statements.iter().filter_map(|one| finding(one).or_else(|| unshown(one))).collect();
    findings.extend(judgement.missing.iter().filter_map(|id| missing(*id, judgement)));
    findings
}

/// A statement that is named and is not there.
fn missing(id: Digest, judgement: &Judgement<'_>) -> Option<Finding> {
    let by = judgement.statements.iter().find(|one| one.held.statement.prev.contains(&id))?;
    let message = format!("the statement {} is missing, which a later one names", &id.hex()[..12]);
    Some(
        Finding::new(&MISSING, message)
            .at(Label::value(&by.held.path, ["prev"]))
            .help("find it in git: `git log --diff-filter=D -- 'assessments/*/approvals'`, and put it back"),
    )
}

/// A decision that stands, and that the policy does not count.
fn unshown(one: &Judged<'_>) -> Option<Finding> {
    if !one.stands() || one.is_enough {
        return None;
    }
    let says = &one.held.statement;
    let how = one.trust.as_str();
    let message =
        format!("the decision of {} as {} in phase {} is only {how}", says.by, says.role, says.phase);
    Some(
        Finding::new(&UNSHOWN, message)
            .at(Label::file(&one.held.path))
            .note("the policy counts only decisions that are signed")
            .help("put its signature back, or let them decide anew with `--key`"),
    )
}

fn finding(one: &Judged<'_>) -> Option<Finding> {
    let reason = one.reasons.first().filter(|_| !one.is_over() && !one.is_idle())?;
    let says = &one.held.statement;
    let code = match reason.problem {
        problem if problem.is_grave() || one.is_unasked() => &NO_DECISION,
        _ => &VOID,
    };
    let word = reason.problem.as_str();
    let is = if reason.problem.is_grave() || one.is_unasked() {
        format!("does not count: {word}")
    } else {
        format!("is {word}")
    };
    let message = format!("the decision of {} as {} in phase {} {is}", says.by, says.role, says.phase);
    let mut finding = Finding::new(code, message).at(Label::file(&one.held.path)).note(reason.why.clone());
    if !reason.leaves.is_empty() {
        let shown: Vec<&str> = reason.leaves.iter().take(5).map(String::as_str).collect();
        let more = if reason.leaves.len() > 5 { " …" } else { "" };
        finding = finding.note(format!("changed: {}{more}", shown.join(", ")));
    }
    Some(match (reason.problem, one.is_no()) {
        (_, true) if one.is_unasked() => finding.help(
            "it says No, and keeps its phase open: let them take it back, or somebody who decides in the phase, saying why (`tom decide --withdraw`)",
        ),
        (Problem::WrongRole, false) => finding.help(
            "list them in the role again, or let somebody who holds it take the statement back (`tom decide --withdraw`) and decide anew",
        ),
        (Problem::WrongRole, true) => finding.help(
            "it says No, and keeps its phase open: list them in the role again, or let somebody who holds it take it back, saying why (`tom decide --withdraw`)",
        ),
        (Problem::UnprovenTime, true) => finding.help(
            "it says No, and keeps its phase open; once its author has left, somebody else who holds the role can take it back, saying why (`tom decide --withdraw`)",
        ),
        (Problem::UnprovenTime, false) => finding.help(
            "where the history is not all here, fetch it first (`git fetch --unshallow`); otherwise whoever may decide makes a new statement",
        ),
        _ => finding.help("`tom verify` tells more; whoever may decide makes a new statement"),
    })
}
