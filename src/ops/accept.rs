//! Somebody accepts a residual risk, in a role that may.

use crate::diag::{Code, Error, Severity};
use crate::model::{Acceptance, Class, Date, Deployment, Framework, Risk, RiskId, RiskStatus, Settings};

/// The risk cannot be accepted so.
pub static CANNOT_ACCEPT: Code = Code {
    id: "TOM-0933",
    severity: Severity::Error,
    title: "a residual risk cannot be accepted so",
    explain: "An acceptance says that somebody who may do so lives with the residual risk as it is rated now. The risk has to be open and rated, and \
`[policy.accept]` in `tom.toml` says up to which class each role may accept. An acceptance is void as soon as the risk's class or content changes.",
};

/// Whether an acceptance still speaks of the risk as it is.
pub fn holds(risk: &Risk, framework: &Framework) -> bool {
    let class = risk.residual.as_ref().and_then(|rating| framework.matrix.class(rating));
    risk.acceptance
        .as_ref()
        .is_some_and(|a| Some(a.class) == class && a.digest == risk.content_digest().short())
}

/// Whether the policy lets a role accept a class.
pub fn may(settings: &Settings, role: &str, class: Class) -> bool {
    settings.policy.accept.get(role).is_some_and(|most| class <= *most)
}

/// Who accepts, in which role, until when, and why.
#[derive(Debug, Clone)]
pub struct Accepting {
    /// Their name.
    pub by: String,
    /// Their role.
    pub role: String,
    /// Today.
    pub on: Date,
    /// The last day on which it holds.
    pub until: Date,
    /// Why.
    pub reason: String,
}

/// The acceptance of a risk as it is.
pub fn accept(
    deployment: &Deployment,
    framework: &Framework,
    settings: &Settings,
    id: &RiskId,
    who: &Accepting,
) -> Result<Acceptance, Error> {
    let refuse = |why: String| Error::new(&CANNOT_ACCEPT, format!("`{id}` cannot be accepted: {why}"));
    let risk = deployment.risks.get(id).ok_or_else(|| refuse("there is no such risk".to_owned()))?;
    if risk.status != RiskStatus::Open {
        return Err(refuse(format!("it is {}, and only an open risk is lived with", risk.status)));
    }
    let class = risk.residual.as_ref().and_then(|rating| framework.matrix.class(rating));
    let class = class.ok_or_else(|| refuse("it has no residual class".to_owned()))?;
    match settings.policy.accept.get(&who.role) {
        None => {
            let known: Vec<&str> = settings.policy.accept.keys().map(String::as_str).collect();
            let error = refuse(format!("the policy does not let a {} accept anything", who.role));
            return Err(if known.is_empty() {
                error.help("say in `tom.toml` which role may accept up to which class: `[policy.accept]`, `siro = 3`")
            } else {
                error.note(format!("roles that may accept: {}", known.join(", ")))
            });
        }
        Some(most) if class > *most => {
            return Err(refuse(format!(
                "its residual class is {class}, and a {} may accept up to {most}",
                who.role
            )));
        }
        Some(_) => {}
    }
    if who.until < who.on {
        return Err(refuse(format!("{} is past", who.until)));
    }
    Ok(Acceptance {
        by: who.by.clone(),
        role: who.role.clone(),
        class,
        digest: risk.content_digest().short(),
        on: who.on,
        until: Some(who.until),
        reason: who.reason.clone(),
    })
}
