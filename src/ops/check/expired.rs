//! What has run out, and acceptances that no longer speak of the risk as it is.

use super::Subject;
use crate::diag::{Code, Finding, Severity};
use crate::model::{Address, Date};
use crate::ops::accept::holds;
use crate::ops::expiry::expiries;
use crate::ops::spoken;
use crate::ops::words::counted;
use std::collections::BTreeMap;

/// Something has run out.
pub(super) static EXPIRED: Code = Code {
    id: "TOM-0604",
    severity: Severity::Warning,
    title: "something has run out",
    explain: "A contract, a yearly statement or the acceptance of a risk held until a day that has passed. Renew it and enter the new date. The check \
looks at today; `--as-of DATE` looks at another day, so that the result can be had again.",
};

/// An acceptance of something else.
pub(super) static ACCEPTANCE_VOID: Code = Code {
    id: "TOM-0605",
    severity: Severity::Warning,
    title: "an acceptance no longer speaks of the risk as it is",
    explain: "Somebody accepted the residual risk as it was. Its class or its content has changed since, so nobody has accepted it as it is now. Have it \
accepted again with `tom accept`, or remove the acceptance.",
};

/// An acceptance by somebody who may not.
pub(super) static MAY_NOT_ACCEPT: Code = Code {
    id: "TOM-0606",
    severity: Severity::Error,
    title: "a risk was accepted in a role that may not",
    explain: "`[policy.accept]` in `tom.toml` says up to which residual class each role may accept. The acceptance names a role that the policy does not list, or a \
class above that role's. Somebody who may has to accept the risk.",
};

/// Something is dated after the day of the check.
pub(super) static DATED_AHEAD: Code = Code {
    id: "TOM-0607",
    severity: Severity::Warning,
    title: "a confirmation or acceptance is dated after the day of the check",
    explain: "Nobody can have confirmed or accepted something on a day that is still to come: the date was mistyped, or a clock is wrong. Where two confirmations say the same, a merge takes \
the later one, so such a date would win for ever. Confirm it again, or have it accepted again. The check looks at today; with `--as-of DATE` it looks at that day, and what was said since is dated after it.",
};

/// Grouped by whose word it is and when: the first place and how many there are.
pub(super) fn dated_ahead(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut ahead = BTreeMap::<(String, Date), Vec<Address>>::new();
    spoken::each(subject.deployment.into(), |said, at| {
        if said.on() > subject.as_of {
            ahead.entry((said.by().to_owned(), said.on())).or_default().push(at().address().then("on"));
        }
    });
    for ((by, on), places) in ahead {
        let what = counted(places.len(), "entry", "entries");
        let message = format!("what `{by}` says of {what} is dated {on}, which is after {}", subject.as_of);
        let finding = Finding::new(&DATED_AHEAD, message)
            .help("mend the date by saying it again: `tom confirm --again`, `tom accept`");
        findings.push(finding.at(subject.label(&places[0])));
    }
}

pub(super) fn answers(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let expired = expiries(subject.deployment, subject.framework, subject.as_of)
        .into_iter()
        .filter(|expiry| expiry.days_left < 0);
    for expiry in expired {
        findings.push(
            Finding::new(&EXPIRED, format!("`{}` ran out on {}", expiry.address, expiry.until))
                .at(subject.label(&expiry.address))
                .note(expiry.title)
                .help("renew it and enter the new date"),
        );
    }
}

pub(super) fn acceptances(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (id, risk) in &subject.deployment.risks {
        let Some(acceptance) = &risk.acceptance else { continue };
        if !holds(risk, subject.framework) {
            findings.push(
                Finding::new(
                    &ACCEPTANCE_VOID,
                    format!("`{id}` has changed since {} accepted it on {}", acceptance.by, acceptance.on),
                )
                .at(subject.risk(id, &["acceptance"]))
                .help(format!("have it accepted again: `tom accept {} {id}`", subject.deployment.name)),
            );
        }
        let most = subject.settings.policy.accept.get(&acceptance.role);
        if most.is_none_or(|most| acceptance.class > *most) {
            let policy = most.map_or_else(
                || format!("the policy does not let a {} accept anything", acceptance.role),
                |most| format!("a {} may accept up to class {most}", acceptance.role),
            );
            findings.push(
                Finding::new(
                    &MAY_NOT_ACCEPT,
                    format!(
                        "`{id}` was accepted in class {} by {}, who may not",
                        acceptance.class, acceptance.by
                    ),
                )
                .at(subject.risk(id, &["acceptance", "role"]))
                .note(policy),
            );
        }
    }
}
