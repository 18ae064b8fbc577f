//! Answers that lack something beside them.

use super::Subject;
use crate::diag::{Code, Finding, Severity};

/// An answer lacks its notes.
pub(super) static NOTE_MISSING: Code = Code {
    id: "TOM-0210",
    severity: Severity::Warning,
    title: "an answer needs a note beside it",
    explain: "A No, a not-applicable, an `Other` or an unusual choice says too little alone: the approver has to know what is done \
instead, or why the question does not arise. Add `notes` to the answer. Which answers need a note is in the framework (`needs-note`).",
};

/// A file named as evidence is not there.
pub(super) static EVIDENCE_MISSING: Code = Code {
    id: "TOM-0211",
    severity: Severity::Error,
    title: "a file that is named as evidence does not exist",
    explain: "`path:` names a file in this repository, from its root. A pack that points to a file that is not there would claim evidence \
that nobody can look at. Commit the file, or mend the path.",
};

pub(super) fn missing_notes(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (slot, answer) in &subject.deployment.answers {
        let Some(item) = subject.framework.item(slot.item.as_str()) else { continue };
        if subject.strict.lacks_note(item, slot) {
            let value = answer.value.as_ref().map(ToString::to_string).unwrap_or_default();
            findings.push(
                Finding::new(&NOTE_MISSING, format!("`{value}` to `{slot}` needs a note"))
                    .at(subject.slot(slot, &["answer"]).saying("the answer stands alone"))
                    .note(item.title.clone())
                    .help("add `notes` that say what is done instead, or why it does not apply"),
            );
        }
    }
}

pub(super) fn missing_evidence(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut look = |evidence: &[String], label: &dyn Fn() -> crate::diag::Label| {
        for path in evidence.iter().filter_map(|text| text.strip_prefix("path:")) {
            if !(subject.exists)(path) {
                findings
                    .push(Finding::new(&EVIDENCE_MISSING, format!("there is no file `{path}`")).at(label()));
            }
        }
    };
    for (slot, answer) in &subject.deployment.answers {
        look(&answer.evidence, &|| subject.slot(slot, &["evidence"]));
    }
    for (id, risk) in &subject.deployment.risks {
        for (key, mitigation) in &risk.mitigations {
            look(&mitigation.evidence, &|| subject.risk(id, &["mitigations", key.as_str(), "evidence"]));
        }
    }
}
