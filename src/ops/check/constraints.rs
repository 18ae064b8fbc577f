//! Answers that contradict one another, or the framework.

use super::Subject;
use crate::diag::{Code, Finding, Severity};
use crate::model::Slot;
use crate::ops::show::musts_answered;

/// Answers contradict one another.
pub(super) static CONTRADICTION: Code = Code {
    id: "TOM-0401",
    severity: Severity::Error,
    title: "answers contradict one another",
    explain: "The framework has constraints that hold between answers: exactly one topology, contracts that end after they \
start and cover the go-live date, accountability that agrees with the contracts. A constraint is silent while one of its answers is missing. \
The finding says which answers to compare.",
};

/// A MUST is answered with No.
pub(super) static NOT_MET: Code = Code {
    id: "TOM-0402",
    severity: Severity::Note,
    title: "a requirement that has to be met is not met",
    explain: "A MUST that is answered with No does not make the file wrong, but it is reported formally to the authority, which may refuse \
the connection. It is listed in the pack.",
};

pub(super) fn framework_constraints(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for constraint in &subject.framework.constraints {
        if subject.strict.test(&constraint.must) == Some(false) {
            let severity = if constraint.is_error { Severity::Error } else { Severity::Warning };
            let others = constraint.must.items().into_iter().filter(|id| *id != constraint.item);
            let mut finding = Finding::new(&CONTRADICTION, constraint.message.clone())
                .as_severity(severity)
                .at(subject.slot(&Slot::of(&constraint.item), &["answer"]))
                .help(constraint.help.clone());
            let present: Vec<String> = others
                .filter(|id| subject.deployment.answer(id).is_some())
                .map(|id| format!("`{id}` is `{}`", subject.deployment.text(&id)))
                .filter(|text| !text.ends_with("``"))
                .collect();
            if !present.is_empty() {
                finding = finding.note(present.join(", "));
            }
            findings.push(finding);
        }
    }
}

pub(super) fn musts_not_met(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (id, title) in musts_answered(subject.framework, subject.deployment, "No") {
        if let Ok(id) = crate::model::ItemId::new(id) {
            findings.push(
                Finding::new(
                    &NOT_MET,
                    format!("`{id}` has to be met and is not: it is reported to the authority"),
                )
                .at(subject.slot(&Slot::of(&id), &["answer"]))
                .note(title),
            );
        }
    }
}
