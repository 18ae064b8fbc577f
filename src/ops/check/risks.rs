//! Risks: ratings that the matrix knows, references that lead somewhere, measures against every cause.

use super::Subject;
use crate::diag::{Code, Finding, Severity, nearest};
use crate::model::{MitigationStatus, Rating, RiskStatus};
use std::collections::BTreeMap;

/// A word that the matrix does not have.
pub(super) static NOT_A_WORD: Code = Code {
    id: "TOM-0301",
    severity: Severity::Error,
    title: "a rating uses a word that the matrix does not have",
    explain: "Severity and likelihood are the standard's words, spelt as in the framework's matrix, because the class is computed from them. \
A rating with another word has no class at all.",
};

/// Nobody has rated the risk.
pub(super) static NOT_RATED: Code = Code {
    id: "TOM-0302",
    severity: Severity::Warning,
    title: "a risk is not rated",
    explain: "A risk has an initial rating, before its mitigations, and a residual one, after them. Without both it has no class, and \
nobody can confirm or accept it.",
};

/// The mitigations make it worse.
pub(super) static HIGHER_AFTER: Code = Code {
    id: "TOM-0303",
    severity: Severity::Error,
    title: "a risk is rated higher after its mitigations than before",
    explain: "The residual class is above the initial one. In published hazard logs this has nearly always been a rating in the wrong column. \
Compare both ratings.",
};

/// Lower without a reason.
pub(super) static LOWER_WITHOUT: Code = Code {
    id: "TOM-0304",
    severity: Severity::Warning,
    title: "a risk is rated lower without anything that makes it so",
    explain: "The residual class is below the initial one, but no mitigation is in place, planned or proposed. Name what lowers the risk, or rate it as it is.",
};

/// Class 5 remains.
pub(super) static UNACCEPTABLE: Code = Code {
    id: "TOM-0305",
    severity: Severity::Warning,
    title: "a risk stays unacceptable",
    explain: "The residual class is the highest. The framework's matrix says what that means: a deployment with such a risk does not go live.",
};

/// A reference to nothing.
pub(super) static DANGLING: Code = Code {
    id: "TOM-0306",
    severity: Severity::Error,
    title: "a risk refers to something that does not exist",
    explain: "A mitigation names causes of its own risk, `depends-on` names items of the framework, `owner` and `transfer.to` a party, `section` a section. \
The finding names the nearest that there is.",
};

/// A cause that nothing is done about.
pub(super) static UNCOVERED: Code = Code {
    id: "TOM-0307",
    severity: Severity::Warning,
    title: "a cause has no mitigation",
    explain: "Every cause of an open risk needs a measure that acts on it, or the risk has to say why none is needed. A mitigation that was not \
adopted does not count.",
};

/// Not adopted, and nobody knows why.
pub(super) static NO_REASON: Code = Code {
    id: "TOM-0308",
    severity: Severity::Error,
    title: "a mitigation was not adopted, and nobody says why",
    explain: "Deciding against a measure is a decision of the risk's owner. Give the `reason`: the approver, and the next organisation that derives from \
this assessment, have to judge it.",
};

/// The same hazard twice.
pub(super) static COPY: Code = Code {
    id: "TOM-0309",
    severity: Severity::Warning,
    title: "two risks say the same",
    explain: "Two risks have the same hazard text. In spreadsheets this comes from dragging a cell. Merge them, or say how they differ.",
};

/// A risk with the id of an item.
pub(super) static ITEM_ID: Code = Code {
    id: "TOM-0310",
    severity: Severity::Error,
    title: "a risk has the id of an item",
    explain: "An address such as `IGA-03.notes` has to mean one thing. Choose another id for the risk; the deployment's `risk-prefix` keeps ids apart.",
};

/// A local risk without the local prefix.
pub(super) static FOREIGN_PREFIX: Code = Code {
    id: "TOM-0311",
    severity: Severity::Warning,
    title: "a risk that was found here does not carry the prefix of here",
    explain: "Risk ids carry the prefix of the deployment in which they were found, so that parent and child never give the same id to two risks. \
Rename the risk's file to the prefix in `deployment.toml` with the next free number.",
};

pub(super) fn ratings(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let matrix = &subject.framework.matrix;
    for (id, risk) in &subject.deployment.risks {
        for (name, rating) in [("initial", &risk.initial), ("residual", &risk.residual)] {
            let Some(rating) = rating else {
                findings.push(
                    Finding::new(&NOT_RATED, format!("`{id}` has no {name} rating"))
                        .at(subject.risk(id, &[name])),
                );
                continue;
            };
            words(subject, findings, id, name, rating);
        }
        let class = |rating: &Option<Rating>| rating.as_ref().and_then(|rating| matrix.class(rating));
        let (Some(before), Some(after)) = (class(&risk.initial), class(&risk.residual)) else { continue };
        let adopted = risk.mitigations.values().any(|m| m.status != MitigationStatus::NotAdopted);
        let at = || subject.risk(id, &["residual"]).saying(format!("class {after}"));
        let initial = || subject.risk(id, &["initial"]).saying(format!("class {before}"));
        if after > before {
            findings.push(
                Finding::new(
                    &HIGHER_AFTER,
                    format!("`{id}` is rated higher after its mitigations than before"),
                )
                .at(at())
                .with(initial()),
            );
        }
        if after < before && !adopted {
            findings.push(
                Finding::new(
                    &LOWER_WITHOUT,
                    format!("`{id}` is rated lower after mitigations, and has none"),
                )
                .at(at())
                .with(initial())
                .help("name the mitigation, or rate the risk as it is"),
            );
        }
        if risk.status == RiskStatus::Open && matrix.acceptability.keys().max() == Some(&after) {
            let rule = matrix.acceptability.get(&after).map(|a| a.rule.clone()).unwrap_or_default();
            findings.push(
                Finding::new(&UNACCEPTABLE, format!("`{id}` stays in class {after}")).at(at()).note(rule),
            );
        }
    }
}

fn words(
    subject: &Subject<'_>,
    findings: &mut Vec<Finding>,
    id: &crate::model::RiskId,
    name: &str,
    rating: &Rating,
) {
    let matrix = &subject.framework.matrix;
    for (key, word, known) in [
        ("severity", &rating.severity, &matrix.severity),
        ("likelihood", &rating.likelihood, &matrix.likelihood),
    ] {
        if !known.contains(word) {
            let mut finding = Finding::new(&NOT_A_WORD, format!("`{word}` is no {key} of the matrix"))
                .at(subject.risk(id, &[name, key]))
                .note(format!("it has: {}", known.join(", ")));
            if let Some(near) = nearest(word, known.iter().map(String::as_str)) {
                finding = finding.help(format!("did you mean `{near}`?"));
            }
            findings.push(finding);
        }
    }
}

pub(super) fn references(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let framework = subject.framework;
    let parties: Vec<&str> = framework.parties.iter().map(|party| party.id.as_str()).collect();
    let sections: Vec<&str> = framework.sections.iter().map(|section| section.id.as_str()).collect();
    for (id, risk) in &subject.deployment.risks {
        let mut dangling = |what: &str, name: &str, known: Vec<&str>, route: &[&str]| {
            if known.contains(&name) {
                return;
            }
            let finding =
                Finding::new(&DANGLING, format!("`{id}` names the {what} `{name}`, which does not exist"))
                    .at(subject.risk(id, route));
            findings.push(match nearest(name, known) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding,
            });
        };
        dangling("section", risk.section.as_str(), sections.clone(), &["section"]);
        dangling("party", risk.owner.as_str(), parties.clone(), &["owner"]);
        for fact in risk.depends_on.iter().filter(|fact| framework.item(fact.as_str()).is_none()) {
            dangling(
                "item",
                fact.as_str(),
                framework.items().map(|item| item.id.as_str()).collect(),
                &["depends-on"],
            );
        }
        if let Some(transfer) = &risk.transfer {
            dangling("party", transfer.to.as_str(), parties.clone(), &["transfer", "to"]);
        }
        let causes: Vec<&str> = risk.causes.keys().map(crate::model::Key::as_str).collect();
        for (key, mitigation) in &risk.mitigations {
            dangling(
                "party",
                mitigation.owner.as_str(),
                parties.clone(),
                &["mitigations", key.as_str(), "owner"],
            );
            for cause in &mitigation.causes {
                dangling("cause", cause.as_str(), causes.clone(), &["mitigations", key.as_str(), "causes"]);
            }
        }
        if framework.item(id.as_str()).is_some() {
            findings.push(
                Finding::new(&ITEM_ID, format!("the risk `{id}` has the id of an item"))
                    .at(subject.risk(id, &[]))
                    .help("rename its file"),
            );
        }
    }
}

pub(super) fn causes(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (id, risk) in subject.deployment.risks.iter().filter(|(_, risk)| risk.status == RiskStatus::Open) {
        for key in risk.causes.keys() {
            let acted_on = |m: &&crate::model::Mitigation| {
                m.status != MitigationStatus::NotAdopted && m.causes.contains(key)
            };
            if !risk.mitigations.values().any(|m| acted_on(&m)) {
                findings.push(
                    Finding::new(&UNCOVERED, format!("the cause `{key}` of `{id}` has no mitigation"))
                        .at(subject.risk(id, &["causes", key.as_str(), "text"]))
                        .help(format!("name `{key}` under `causes` of a mitigation, or add one")),
                );
            }
        }
    }
}

pub(super) fn mitigations(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (id, risk) in &subject.deployment.risks {
        for (key, mitigation) in &risk.mitigations {
            if mitigation.status == MitigationStatus::NotAdopted && mitigation.reason.is_none() {
                findings.push(
                    Finding::new(
                        &NO_REASON,
                        format!("`{id}.mitigations.{key}` was not adopted, without a reason"),
                    )
                    .at(subject.risk(id, &["mitigations", key.as_str(), "status"]))
                    .help("add `reason`"),
                );
            }
        }
    }
}

pub(super) fn copies(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut seen = BTreeMap::new();
    for (id, risk) in &subject.deployment.risks {
        if let Some(first) = seen.insert(&risk.hazard, id) {
            findings.push(
                Finding::new(&COPY, format!("`{first}` and `{id}` describe the same hazard"))
                    .at(subject.risk(id, &["hazard"]))
                    .with(subject.risk(first, &["hazard"]).saying("the same words")),
            );
        }
    }
}

pub(super) fn prefixes(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let deployment = subject.deployment;
    let Some(received) = &deployment.received else { return };
    for id in deployment.risks.keys() {
        if !received.risks.contains_key(id) && id.prefix() != deployment.meta.risk_prefix {
            findings.push(
                Finding::new(
                    &FOREIGN_PREFIX,
                    format!(
                        "`{id}` was found here and does not begin with `{}`",
                        deployment.meta.risk_prefix
                    ),
                )
                .at(subject.risk(id, &[]))
                .with(subject.meta(&["risk-prefix"]).saying("the prefix of risks that are found here")),
            );
        }
    }
}
