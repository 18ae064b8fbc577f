//! What `tom show` says: facts, outcomes, what is needed, and where the two readings of the rules differ.

use super::outcome::{Evaluator, YES};
use super::state::{State, states};
use crate::model::{Class, Deployment, Framework, Level, OutcomeKind, ProfileName, RiskId};

/// An outcome in both readings.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OutcomeLine {
    /// Its id.
    pub id: String,
    /// What sort.
    pub kind: OutcomeKind,
    /// In words.
    pub title: String,
    /// The role, for a signatory.
    pub role: Option<String>,
    /// In the `strict` profile; none where it has no such outcome.
    pub strict: Option<String>,
    /// In the `sheet` profile.
    pub sheet: Option<String>,
}

impl OutcomeLine {
    /// Whether the two readings differ where both say something.
    pub fn differs(&self) -> bool {
        matches!((&self.strict, &self.sheet), (Some(strict), Some(sheet)) if strict != sheet)
    }

    /// Whether the strict reading calls for it.
    pub fn is_called_for(&self) -> bool {
        self.strict.as_deref() == Some(YES)
    }
}

/// A risk in a line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RiskLine {
    /// Its id.
    pub id: RiskId,
    /// Its title.
    pub title: String,
    /// Class before mitigation.
    pub initial: Option<Class>,
    /// Class after mitigation.
    pub residual: Option<Class>,
    /// Who has spoken for it.
    pub state: State,
}

/// Everything that `tom show` says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Overview {
    /// The folder's name.
    pub name: String,
    /// The id for life.
    pub id: String,
    /// The title.
    pub title: String,
    /// Deployment or baseline.
    pub kind: String,
    /// The framework.
    pub framework: String,
    /// The parent's name.
    pub derived_from: Option<String>,
    /// The headline's facts: title and answer.
    pub facts: Vec<(String, String)>,
    /// Every outcome in both readings.
    pub outcomes: Vec<OutcomeLine>,
    /// MUST items that are not met, by id and title: reported to the authority.
    pub not_met: Vec<(String, String)>,
    /// MUST items that are answered as not applicable: listed for the approver.
    pub not_applicable: Vec<(String, String)>,
    /// Risks by id.
    pub risks: Vec<RiskLine>,
    /// How many answers and risks have each state.
    pub states: Vec<(State, usize)>,
    /// How many of the unanswered ones are needed.
    pub to_answer: usize,
}

/// Every outcome in both readings, in the strict profile's order.
pub fn outcome_lines(framework: &Framework, deployment: &Deployment) -> Vec<OutcomeLine> {
    let strict = Evaluator::new(framework, deployment, ProfileName::Strict);
    let sheet = Evaluator::new(framework, deployment, ProfileName::Sheet);
    let line = |outcome: &crate::model::Outcome| OutcomeLine {
        id: outcome.id.to_string(),
        kind: outcome.kind,
        title: outcome.title.clone(),
        role: outcome.role.clone(),
        strict: strict.value(outcome.id.as_str()).map(str::to_owned),
        sheet: sheet.value(outcome.id.as_str()).map(str::to_owned),
    };
    let only_in_sheet = |outcome: &&crate::model::Outcome| strict.value(outcome.id.as_str()).is_none();
    let rest = framework.outcomes(ProfileName::Sheet).iter().filter(only_in_sheet);
    framework.outcomes(ProfileName::Strict).iter().chain(rest).map(line).collect()
}

/// The MUST items that are answered with a text.
pub fn musts_answered(framework: &Framework, deployment: &Deployment, text: &str) -> Vec<(String, String)> {
    framework
        .items()
        .filter(|item| {
            item.level == Some(Level::Must) && deployment.text(&item.id).eq_ignore_ascii_case(text)
        })
        .map(|item| (item.id.to_string(), item.title.clone()))
        .collect()
}

/// An overview of a deployment.
pub fn overview(framework: &Framework, deployment: &Deployment) -> Overview {
    let head = &framework.headline;
    let facts = [
        &head.application,
        &head.organisation,
        &head.organisation_code,
        &head.product,
        &head.product_version,
        &head.supplier,
        &head.supplier_code,
    ]
    .into_iter()
    .filter_map(|id| Some((framework.item(id.as_str())?.title.clone(), deployment.text(id))))
    .collect();
    let states = states(deployment, framework);
    let risks = states
        .risks
        .iter()
        .map(|risk| RiskLine {
            id: risk.id.clone(),
            title: risk.risk.title.clone(),
            initial: risk.risk.initial.as_ref().and_then(|rating| framework.matrix.class(rating)),
            residual: risk.risk.residual.as_ref().and_then(|rating| framework.matrix.class(rating)),
            state: risk.state,
        })
        .collect();
    Overview {
        name: deployment.name.to_string(),
        id: deployment.meta.id.to_string(),
        title: deployment.meta.title.clone(),
        kind: deployment.meta.kind.to_string(),
        framework: deployment.meta.framework.to_string(),
        derived_from: deployment.meta.derived_from.as_ref().map(|lineage| lineage.deployment.to_string()),
        facts,
        outcomes: outcome_lines(framework, deployment),
        not_met: musts_answered(framework, deployment, "No"),
        not_applicable: musts_answered(framework, deployment, "N/A"),
        risks,
        states: states.counts(),
        to_answer: states.to_answer(),
    }
}
