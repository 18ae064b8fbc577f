//! The risk register, as readers of a hazard log know it.

use super::words::day;
use super::{Audience, Line, RatingView, Source};
use crate::model::{Acceptance, Risk, RiskId, TransferReceipt};
use crate::ops::accept::holds;
use crate::ops::confirm::Entry;
use crate::ops::handover::receipt_holds;
use crate::ops::spoken::Spoken;
use crate::ops::state::{RiskState, State, may_act};
use schemars::JsonSchema;
use serde::Serialize;

/// A cause for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CauseView {
    /// `C1`
    pub key: String,
    /// How the hazard can come about.
    pub text: String,
    /// The mitigations that act on it.
    pub mitigations: Vec<String>,
}

/// A mitigation for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MitigationView {
    /// `M1`
    pub key: String,
    /// design, test, training or process.
    pub kind: String,
    /// Who does it.
    pub owner: String,
    /// What it is.
    pub text: String,
    /// How far it has got.
    pub status: String,
    /// Why it was not adopted.
    pub reason: Option<String>,
    /// The causes that it acts on.
    pub causes: Vec<String>,
    /// Where it can be seen.
    pub evidence: Vec<String>,
    /// Whether its owner stands by it, in words.
    pub stands: String,
}

/// A risk's ratings as they came from the parent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReceivedView {
    /// Before mitigation.
    pub initial: Option<RatingView>,
    /// After mitigation.
    pub residual: Option<RatingView>,
    /// Whether either differs here.
    pub differs: bool,
}

/// Somebody accepted the residual risk.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AcceptanceView {
    /// Whether it still speaks of the risk as it is.
    pub holds: bool,
    /// The residual class that was accepted.
    pub class: crate::model::Class,
    /// Who accepted it and in which role, where the audience may know.
    pub by: Option<String>,
    /// Whether that is only claimed: the settings list nobody of that name in that role.
    pub is_claimed: bool,
    /// How it came, where whoever brought it in may not say it: then it is only claimed, too.
    pub brought: Option<String>,
    /// When.
    pub on: String,
    /// Until when.
    pub until: Option<String>,
    /// Whether that day has passed, as of the day of the content.
    pub has_run_out: bool,
    /// Why.
    pub reason: String,
}

/// The risk, or a duty in it, passed to another party.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TransferView {
    /// To whom.
    pub to: String,
    /// What they have to do.
    pub duty: Option<String>,
    /// What they said to it; without it nobody has taken it on.
    pub receipt: Option<String>,
}

/// A risk for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RiskView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The title of its section.
    pub section: String,
    /// Who owns it.
    pub owner: String,
    /// open, closed, transferred.
    pub status: String,
    /// What can go wrong.
    pub hazard: String,
    /// What that would do.
    pub effect: String,
    /// How it can come about.
    pub causes: Vec<CauseView>,
    /// Before mitigation.
    pub initial: Option<RatingView>,
    /// After mitigation.
    pub residual: Option<RatingView>,
    /// The ratings as they came from the parent; none where the risk was found here.
    pub received: Option<ReceivedView>,
    /// `carried`, `carried, changed here`, `found here` or `its own`.
    pub origin: &'static str,
    /// Its mitigations.
    pub mitigations: Vec<MitigationView>,
    /// The answers that it rests on: item and title.
    pub rests_on: Vec<Line>,
    /// Who accepted the residual risk.
    pub acceptance: Option<AcceptanceView>,
    /// To whom it passed.
    pub transfer: Option<TransferView>,
    /// Who has spoken for it.
    pub state: State,
    /// The same in words.
    pub stands: String,
}

impl Source<'_> {
    pub(super) fn register(&self) -> Vec<RiskView> {
        self.states.risks.iter().map(|state| self.risk(state)).collect()
    }

    fn risk(&self, state: &RiskState<'_>) -> RiskView {
        let risk = state.risk;
        let received = self.deployment.received.as_deref();
        // What was found here and offered to the parent stands under what was received, too.
        let is_own = state.id.prefix() == self.deployment.meta.risk_prefix;
        let before = received.and_then(|received| received.risks.get(state.id)).filter(|_| !is_own);
        let origin = match before {
            _ if !self.deployment.is_received_intact => "not known",
            None if received.is_some() => "found here",
            Some(before) if before.content() != risk.content() => "carried, changed here",
            Some(_) => "carried",
            None => "its own",
        };
        let section = self.framework.section(risk.section.as_str());
        let (party, stand) = &state.whole;
        RiskView {
            id: state.id.to_string(),
            title: self.text(&risk.title),
            section: section.map_or_else(|| risk.section.to_string(), |section| section.title.clone()),
            owner: self.label(&risk.owner),
            status: risk.status.to_string(),
            hazard: self.text(&risk.hazard),
            effect: self.text(&risk.effect),
            causes: self.causes(risk),
            initial: risk.initial.as_ref().map(|rating| self.rating(rating)),
            residual: risk.residual.as_ref().map(|rating| self.rating(rating)),
            received: before.map(|before| ReceivedView {
                initial: before.initial.as_ref().map(|rating| self.rating(rating)),
                residual: before.residual.as_ref().map(|rating| self.rating(rating)),
                differs: before.initial != risk.initial || before.residual != risk.residual,
            }),
            origin,
            mitigations: self.mitigations(state),
            rests_on: risk
                .depends_on
                .iter()
                .map(|id| Line {
                    label: id.to_string(),
                    text: self.framework.item(id.as_str()).map(|item| item.title.clone()).unwrap_or_default(),
                })
                .collect(),
            acceptance: risk
                .acceptance
                .as_ref()
                .map(|acceptance| self.acceptance(state.id, risk, acceptance)),
            transfer: risk.transfer.as_ref().map(|transfer| TransferView {
                to: self.label(&transfer.to),
                duty: transfer.duty.as_deref().map(|text| self.text(text)),
                receipt: transfer.receipt.as_ref().map(|receipt| self.receipt(state.id, risk, receipt)),
            }),
            state: state.state,
            stands: self.stand(&Entry::Risk(state.id.clone()), party, stand),
        }
    }

    fn causes(&self, risk: &Risk) -> Vec<CauseView> {
        risk.causes
            .iter()
            .map(|(key, cause)| CauseView {
                key: key.to_string(),
                text: self.text(&cause.text),
                mitigations: risk
                    .mitigations
                    .iter()
                    .filter(|(_, mitigation)| mitigation.causes.contains(key))
                    .map(|(key, _)| key.to_string())
                    .collect(),
            })
            .collect()
    }

    fn mitigations(&self, state: &RiskState<'_>) -> Vec<MitigationView> {
        state
            .risk
            .mitigations
            .iter()
            .map(|(key, m)| MitigationView {
                key: key.to_string(),
                kind: m.kind.to_string(),
                owner: self.label(&m.owner),
                text: self.text(&m.text),
                status: m.status.to_string(),
                reason: m.reason.as_deref().map(|reason| self.text(reason)),
                causes: m.causes.iter().map(ToString::to_string).collect(),
                evidence: self.texts(&m.evidence),
                stands: match state.mitigations.get(key) {
                    Some((party, stand)) => {
                        self.stand(&Entry::Mitigation(state.id.clone(), (*key).clone()), party, stand)
                    }
                    None => String::new(),
                },
            })
            .collect()
    }

    fn receipt(&self, id: &RiskId, risk: &Risk, receipt: &TransferReceipt) -> String {
        let by =
            if self.audience == Audience::Public { String::new() } else { format!(" by {}", receipt.by) };
        let mut words = format!("{}{by} on {}", receipt.says, day(receipt.on));
        if let Some(reason) = &receipt.reason {
            words += &format!(": {reason}");
        }
        if let Some(why) = self.foreign(&Spoken::Reply(id.clone())) {
            words += &format!("; {why} (claimed)");
        }
        if !receipt_holds(risk, receipt) {
            words += ", of the risk as it was then; it has changed since";
        }
        self.text(&words)
    }

    fn acceptance(&self, id: &RiskId, risk: &Risk, acceptance: &Acceptance) -> AcceptanceView {
        let role = self.framework.label(&acceptance.role);
        AcceptanceView {
            holds: holds(risk, self.framework),
            class: acceptance.class,
            by: (self.audience != Audience::Public).then(|| format!("{}, {role}", acceptance.by)),
            is_claimed: !may_act(
                self.settings,
                self.deployment,
                self.framework,
                &acceptance.role,
                &acceptance.by,
            ),
            brought: self.foreign(&Spoken::Acceptance(id.clone())).map(str::to_owned),
            on: acceptance.on.to_string(),
            until: acceptance.until.map(|day| day.to_string()),
            has_run_out: acceptance.until.zip(self.as_of).is_some_and(|(until, as_of)| until < as_of),
            reason: self.text(&acceptance.reason),
        }
    }
}
