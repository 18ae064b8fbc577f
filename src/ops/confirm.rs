//! A party stands by an answer, a risk or a mitigation, as it is now.

use super::outcome::Evaluator;
use super::state::{given, is_fact_empty, risk_owner};
use crate::diag::{Code, Error, Severity};
use crate::model::{
    Canonical, Confirmation, Date, Deployment, Framework, ItemId, Key, PartyId, ProfileName, RiskId, Slot,
};

/// The confirmation would not be worth anything.
pub static CANNOT_CONFIRM: Code = Code {
    id: "TOM-0931",
    severity: Severity::Error,
    title: "something cannot be confirmed",
    explain: "A confirmation says that a party stands by something as it is now. It is refused where there is nothing to stand by, where the \
framework does not ask this party, and while a needed fact that the answer rests on is still unanswered: nobody could know what they \
were confirming.",
};

/// Who confirms, when, and what they add.
#[derive(Debug, Clone)]
pub struct Voice {
    /// The party that they speak for.
    pub party: PartyId,
    /// Their name.
    pub by: String,
    /// Today.
    pub on: Date,
    /// What they add.
    pub note: Option<String>,
}

impl Voice {
    fn says(
        &self,
        digest: String,
        deployment: &Deployment,
        framework: &Framework,
        facts: &[ItemId],
    ) -> Confirmation {
        Confirmation {
            by: self.by.clone(),
            on: self.on,
            digest,
            given: given(deployment, framework, facts),
            note: self.note.clone(),
        }
    }
}

fn refuse(what: impl std::fmt::Display, why: impl Into<String>) -> Error {
    Error::new(&CANNOT_CONFIRM, format!("`{what}` cannot be confirmed: {}", why.into()))
}

/// The confirmation of an answer.
pub fn answer(
    deployment: &Deployment,
    framework: &Framework,
    slot: &Slot,
    voice: &Voice,
) -> Result<Confirmation, Error> {
    let item =
        framework.item(slot.item.as_str()).ok_or_else(|| refuse(slot, "the framework has no such item"))?;
    if !item.confirmed_by.contains(&voice.party) {
        let asked: Vec<&str> = item.confirmed_by.iter().map(PartyId::as_str).collect();
        let who = if asked.is_empty() {
            "nobody has to confirm it".to_owned()
        } else {
            format!("it is confirmed by {}", asked.join(" and "))
        };
        return Err(refuse(slot, format!("{who}, not by {}", voice.party)));
    }
    let Some(content) = deployment.answers.get(slot).filter(|answer| !answer.is_unanswered()) else {
        return Err(refuse(slot, "it is unanswered"));
    };
    facts_are_answered(slot, deployment, framework, &item.depends_on)?;
    Ok(voice.says(content.content_digest().short(), deployment, framework, &item.depends_on))
}

/// The confirmation of a risk as a whole.
pub fn risk(
    deployment: &Deployment,
    framework: &Framework,
    id: &RiskId,
    voice: &Voice,
) -> Result<Confirmation, Error> {
    let risk = deployment.risks.get(id).ok_or_else(|| refuse(id, "there is no such risk"))?;
    let owner = risk_owner(deployment);
    if voice.party != owner {
        return Err(refuse(id, format!("a risk as a whole is confirmed by {owner}, not by {}", voice.party))
            .help(format!("confirm a mitigation that the party owns: `{id}.mitigations.M1`")));
    }
    if risk.initial.is_none() || risk.residual.is_none() {
        return Err(refuse(id, "it is not rated"));
    }
    facts_are_answered(id, deployment, framework, &risk.depends_on)?;
    Ok(voice.says(risk.content_digest().short(), deployment, framework, &risk.depends_on))
}

/// The confirmation of a mitigation by its owner.
pub fn mitigation(
    deployment: &Deployment,
    framework: &Framework,
    id: &RiskId,
    key: &Key,
    voice: &Voice,
) -> Result<Confirmation, Error> {
    let what = format!("{id}.mitigations.{key}");
    let found = deployment.risks.get(id).and_then(|risk| risk.mitigations.get(key));
    let mitigation = found.ok_or_else(|| refuse(&what, "there is no such mitigation"))?;
    if mitigation.owner != voice.party {
        return Err(refuse(&what, format!("it is owned by {}, not by {}", mitigation.owner, voice.party)));
    }
    Ok(voice.says(mitigation.digest().short(), deployment, framework, &[]))
}

fn facts_are_answered(
    what: impl std::fmt::Display,
    deployment: &Deployment,
    framework: &Framework,
    facts: &[ItemId],
) -> Result<(), Error> {
    let evaluator = Evaluator::new(framework, deployment, ProfileName::Strict);
    let open: Vec<String> = facts
        .iter()
        .filter(|fact| {
            let needed = framework
                .item(fact.as_str())
                .is_some_and(|item| evaluator.applies(item) && evaluator.needed(item));
            needed && is_fact_empty(deployment, framework, fact)
        })
        .map(|fact| format!("`{fact}`"))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(refuse(what, format!("it rests on {}, which is unanswered", open.join(" and ")))
        .help("answer that first"))
}
