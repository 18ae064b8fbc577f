//! Where a deployment comes from, and what it still carries from there.

use super::Subject;
use crate::diag::{Code, Finding, Label, Severity};
use crate::model::{Deployment, DeploymentName, Meta, PermanentId};
use crate::ops::ready::Gone;
use crate::ops::upgrade::{UNSETTLED, is_unsettled};
use std::collections::BTreeMap;

/// A derived deployment without what it received, or the other way round.
pub(super) static NO_RECEIVED: Code = Code {
    id: "TOM-0501",
    severity: Severity::Error,
    title: "what a deployment received is missing",
    explain: "A derived deployment has `received.toml`: what came from the parent, as it came. Without it nobody can tell what is local, \
and the next update has no base to merge from. Restore the file from git.",
};

/// What was received was edited.
pub static RECEIVED_CHANGED: Code = Code {
    id: "TOM-0502",
    severity: Severity::Error,
    title: "what a deployment received was changed",
    explain: "A digest in `deployment.toml`, of what was received or of the confirmations that came along, and `received.toml` differ. That file is tom's own; an edit of it would make a local \
change, or somebody's word, look inherited. Restore the file from git.",
};

/// A carried text names the parent's organisation.
pub(super) static NAMES_PARENT: Code = Code {
    id: "TOM-0503",
    severity: Severity::Warning,
    title: "a carried text names the organisation that it came from",
    explain: "The text was written for another organisation and still names it, its code or one of its people. It may be wrong \
here, and it tells readers about somebody else. Reword it for this organisation.",
};

/// Two deployments with one id.
pub(super) static SAME_ID: Code = Code {
    id: "TOM-0504",
    severity: Severity::Error,
    title: "two deployments have the same permanent id",
    explain: "Statements bind to the permanent id, so an approval of one would count for the other. It comes from copying a folder: use \
`tom derive` instead, or give the copy an id of its own before anybody decides on it.",
};

/// A deployment that comes from itself.
pub(super) static CIRCLE: Code = Code {
    id: "TOM-0505",
    severity: Severity::Error,
    title: "deployments are derived from one another in a circle",
    explain: "Following `derived-from` leads back to the start. Mend the `id` under `derived-from`.",
};

/// Parent and child with one prefix.
pub(super) static SAME_PREFIX: Code = Code {
    id: "TOM-0506",
    severity: Severity::Warning,
    title: "two deployments give risks the same prefix",
    explain: "Risks keep their id when they travel to other deployments, so two deployments with one `risk-prefix` can give the same id to different risks. Choose \
another prefix for the one that has no risks of its own yet.",
};

pub(super) fn received(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let deployment = subject.deployment;
    if deployment.unread.iter().any(|name| name == "received") {
        return; // reading it has a finding of its own
    }
    match (&deployment.meta.derived_from, &deployment.received) {
        (Some(_), None) => findings.push(
            Finding::new(&NO_RECEIVED, "the deployment is derived, and `received.toml` is missing")
                .at(subject.meta(&["derived-from"]))
                .help("restore the file from git"),
        ),
        (None, Some(_)) => findings.push(
            Finding::new(&NO_RECEIVED, "`received.toml` is there, and `deployment.toml` names no parent")
                .at(subject.meta(&["derived-from"])),
        ),
        (Some(lineage), Some(_))
            if subject.received.is_some_and(|digest| lineage.received != digest.to_string()) =>
        {
            findings.push(
                Finding::new(&RECEIVED_CHANGED, "`received.toml` is not what was received")
                    .at(subject.meta(&["derived-from", "received"]))
                    .help("restore `received.toml` from git"),
            )
        }
        (Some(_), Some(_)) if !deployment.is_received_intact => findings.push(
            Finding::new(&RECEIVED_CHANGED, "confirmations in `received.toml` are not those that came along")
                .at(subject.meta(&["derived-from", "confirmations"]))
                .help("restore `received.toml` from git"),
        ),
        _ => {}
    }
}

/// An update waits for decisions.
pub(super) static UNDECIDED: Code = Code {
    id: "TOM-0510",
    severity: Severity::Error,
    title: "an update or import waits for decisions",
    explain: "`tom update` found fields that both the deployment and its parent changed, or `tom import` fields that were changed here and in the workbook. It changed nothing, and \
wrote them to `conflicts.toml` with what stood there before, what stands here and what comes. Until they are decided, what comes has not arrived, perhaps improvements of risks and \
mitigations. Decide each with `tom resolve`; the last decision brings all of it and removes the file.",
};

pub(super) fn undecided(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(pending) = subject.pending else { return };
    let name = &subject.deployment.name;
    let file = format!("{}/{}", crate::project::folder_of(name), crate::project::CONFLICTS);
    let mut any = false;
    for (address, conflict) in pending.open() {
        any = true;
        findings.push(
            Finding::new(&UNDECIDED, format!("`{address}` waits for a decision: {}", conflict.why))
                .at(Label::value(&file, ["conflicts", address]))
                .help(format!("`tom resolve {name} {address} --ours` or `--theirs` or `--value VALUE`")),
        );
    }
    if !any {
        findings.push(
            Finding::new(&UNDECIDED, format!("what comes from `{}` was not finished", pending.source.name()))
                .at(Label::file(&file))
                .help(format!("`tom resolve {name}` finishes it")),
        );
    }
}

/// A received risk or mitigation is gone.
pub(super) static GONE: Code = Code {
    id: "TOM-0507",
    severity: Severity::Error,
    title: "a risk or mitigation that was received is gone",
    explain: "It came from the parent, and is not there any more. A hazard does not go away because a file does: readers of the pack would believe that there is none, or \
that nothing was ever done about it. Restore it. Close the risk in its file if it cannot arise here; say in the mitigation's status and reason that it is not done here.",
};

pub(super) fn gone(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gone in crate::ops::ready::gone(subject.deployment) {
        let folder = crate::project::folder_of(&subject.deployment.name);
        let route = match &gone {
            Gone::Risk(id) => vec!["risks".to_owned(), id.to_string()],
            Gone::Mitigation(id, key) => {
                ["risks", id.as_str(), "mitigations", key.as_str()].map(str::to_owned).to_vec()
            }
        };
        findings.push(
            Finding::new(&GONE, format!("{gone} was received and is gone"))
                .at(Label::value(format!("{folder}/received.toml"), route))
                .help(gone.mend(&subject.deployment.name)),
        );
    }
}

pub(super) fn left_over(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for over in subject.left_over {
        findings.push(
            Finding::new(&NAMES_PARENT, format!("`{}` still names `{}`", over.address, over.name))
                .at(subject.label(&over.address))
                .help("reword it for this organisation"),
        );
    }
}

pub(super) fn asides(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let deployment = subject.deployment;
    let file = format!("{}/{}", crate::project::folder_of(&deployment.name), crate::project::ASIDE);
    for aside in deployment.asides.iter().filter(|aside| is_unsettled(aside, &deployment.answers)) {
        let wanted: Vec<String> = aside.answers.iter().map(|slot| format!("`{slot}`")).collect();
        let message = format!("`{}` of {} was set aside: {}", aside.slot, aside.version, aside.why);
        findings.push(
            Finding::new(&UNSETTLED, message)
                .at(Label::value(&file, [aside.version.clone(), aside.slot.to_string()]))
                .help(format!("read what it says, and answer {}", wanted.join(", "))),
        );
    }
}

/// What one deployment has to do with others.
#[derive(Debug, Clone)]
pub struct Kin {
    name: DeploymentName,
    id: PermanentId,
    parent: Option<PermanentId>,
    prefix: String,
}

impl Kin {
    /// The kin of a deployment.
    pub fn of(deployment: &Deployment) -> Self {
        Self::of_meta(&deployment.name, &deployment.meta)
    }

    /// The kin of a deployment of which only the head was read.
    pub fn of_meta(name: &DeploymentName, meta: &Meta) -> Self {
        Self {
            name: name.clone(),
            id: meta.id.clone(),
            parent: meta.derived_from.as_ref().map(|lineage| lineage.id.clone()),
            prefix: meta.risk_prefix.clone(),
        }
    }

    fn label(&self, route: &[&str]) -> Label {
        Label::value(
            format!("{}/deployment.toml", crate::project::folder_of(&self.name)),
            route.iter().copied(),
        )
    }
}

/// `a` is derived from `b`, which is derived from `a`.
fn in_a_circle(name: &DeploymentName, between: &[&DeploymentName]) -> String {
    if between.is_empty() {
        return format!("`{name}` is derived from itself");
    }
    let chain: String = between.iter().map(|parent| format!("`{parent}`, which is derived from ")).collect();
    format!("`{name}` is derived from {chain}`{name}`")
}

/// What is wrong between deployments.
pub fn across(kin: &[Kin]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_id: BTreeMap<&PermanentId, &Kin> = BTreeMap::new();
    let mut by_prefix: BTreeMap<&str, &Kin> = BTreeMap::new();
    for one in kin {
        if let Some(first) = by_id.insert(&one.id, one) {
            findings.push(
                Finding::new(
                    &SAME_ID,
                    format!("`{}` and `{}` have the same permanent id", first.name, one.name),
                )
                .at(one.label(&["id"]))
                .with(first.label(&["id"]))
                .help(
                    "make a copy with `tom derive`, or give it an id of its own before anybody decides on it",
                ),
            );
        }
        if let Some(first) = by_prefix.insert(&one.prefix, one) {
            findings.push(
                Finding::new(
                    &SAME_PREFIX,
                    format!(
                        "`{}` and `{}` both give risks the prefix `{}`",
                        first.name, one.name, one.prefix
                    ),
                )
                .at(one.label(&["risk-prefix"]))
                .with(first.label(&["risk-prefix"]))
                .help("choose another prefix for the one that has no risks of its own yet"),
            );
        }
    }
    for one in kin {
        let mut at = one;
        let mut between = Vec::new();
        for _ in 0..kin.len() {
            match at.parent.as_ref().and_then(|parent| by_id.get(parent)) {
                Some(parent) if parent.id == one.id => {
                    findings.push(
                        Finding::new(&CIRCLE, in_a_circle(&one.name, &between))
                            .at(one.label(&["derived-from", "id"]))
                            .help("mend the `id` under `derived-from`, or restore the file from git"),
                    );
                    break;
                }
                Some(parent) => {
                    between.push(&parent.name);
                    at = parent;
                }
                None => break,
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_told_link_by_link() {
        let [a, b] = ["a", "b"].map(|name| DeploymentName::new(name).unwrap());
        assert_eq!(in_a_circle(&a, &[]), "`a` is derived from itself");
        assert_eq!(in_a_circle(&a, &[&b]), "`a` is derived from `b`, which is derived from `a`");
    }
}
