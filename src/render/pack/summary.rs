//! Readiness, and what the rules make of the answers.

use super::{Audience, Line, Source};
use crate::model::{OutcomeKind, ProfileName, Slot};
use crate::ops::outcome::{Evaluator, INCOMPLETE, YES};
use crate::ops::ready::{Gap, Grounds, claimed_in, gaps};
use crate::ops::show::{musts_answered, outcome_lines};
use crate::ops::state::{AnswerState, Speakers, State};
use schemars::JsonSchema;
use serde::Serialize;

/// Whether a phase has everything that it needs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Readiness {
    /// Whether nothing is missing or open.
    pub is_ready: bool,
    /// What is missing or open.
    pub gaps: Vec<GapView>,
    /// How many needed answers of the phase, and risks, have each state.
    pub progress: Vec<Progress>,
    /// How many of those rest on what is only claimed: said by somebody whom the settings do not list for it, or brought in by somebody
    /// who may not say it.
    pub claimed: usize,
    /// The day as of which nothing that it needs had run out; none where no day is known, and nothing is said of that.
    pub as_of: Option<String>,
}

/// Something that is missing or open.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GapView {
    /// The answer or risk that it is about; empty for an outcome.
    pub address: String,
    /// What that is called.
    pub title: String,
    /// What is wrong, and why.
    pub text: String,
}

/// How many have a state.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Progress {
    /// The state.
    pub state: State,
    /// The same in words.
    pub label: &'static str,
    /// How many.
    pub count: usize,
}

/// What the rules say of the whole.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    /// Outcomes by what they say.
    pub outcomes: Outcomes,
    /// MUST items answered No.
    pub not_met: Vec<Line>,
    /// MUST items answered N/A.
    pub not_applicable: Vec<Line>,
    /// The phase's decisions, in words.
    pub decisions: Vec<Line>,
}

/// An outcome.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutcomeView {
    /// Its id.
    pub id: String,
    /// In words.
    pub title: String,
    /// Its value in the strict reading.
    pub value: String,
    /// Good, bad, or neither, for the sign that stands beside the value.
    pub tone: &'static str,
    /// What the spreadsheet says, where it differs.
    pub sheet: Option<String>,
    /// Whether the spreadsheet computes it at all.
    pub is_in_sheet: bool,
    /// The role, for a signatory.
    pub role: Option<String>,
}

/// Outcomes by what they say.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Outcomes {
    /// Results of groups of answers, and levels.
    pub results: Vec<OutcomeView>,
    /// Documents that are needed.
    pub documents: Vec<OutcomeView>,
    /// People who have to sign.
    pub signatories: Vec<OutcomeView>,
    /// What is still to be done.
    pub actions: Vec<OutcomeView>,
    /// What the reader is told.
    pub notices: Vec<OutcomeView>,
    /// Documents, signatories and actions that cannot be known yet.
    pub unknown: Vec<OutcomeView>,
    /// What only the spreadsheet calls for.
    pub sheet_only: Vec<OutcomeView>,
    /// Whether the spreadsheet would say something else somewhere.
    pub differs_from_sheet: bool,
}

impl Source<'_> {
    pub(super) fn readiness(&self, phase: u8, with_risks: bool) -> Readiness {
        let (deployment, framework) = (self.deployment, self.framework);
        let (settings, states) = (self.settings, &self.states);
        let approved = &self.decided.standing.approved;
        let grounds = Grounds { settings, approved, as_of: self.as_of };
        let mut gaps = gaps(deployment, framework, states, phase, grounds);
        let speakers = Speakers::of(settings, deployment, framework).knowing(&self.claimed);
        if self.audience == Audience::Public {
            // Why something is open names those who spoke.
            gaps.iter_mut().for_each(|gap| gap.why.clear());
        }
        Readiness {
            is_ready: gaps.is_empty(),
            gaps: gaps
                .into_iter()
                .map(|gap| GapView {
                    title: gap
                        .address
                        .as_ref()
                        .map(|address| self.title_of(&address.subject))
                        .unwrap_or_default(),
                    text: self.text(&said_of(&gap)),
                    address: gap.address.map(|address| address.to_string()).unwrap_or_default(),
                })
                .collect(),
            progress: self.progress(phase, with_risks),
            claimed: claimed_in(states, &speakers, framework, phase).count(),
            as_of: self.as_of.map(|date| date.to_string()),
        }
    }

    /// What an item or a risk is called.
    fn title_of(&self, subject: &str) -> String {
        let risk = self.deployment.risks.iter().find(|(id, _)| id.as_str() == subject);
        match (self.framework.item(subject), risk) {
            (Some(item), _) => item.title.clone(),
            (None, Some((_, risk))) => self.text(&risk.title),
            (None, None) => String::new(),
        }
    }

    /// The needed answers up to this phase, and the risks where the phase needs them.
    fn progress(&self, phase: u8, with_risks: bool) -> Vec<Progress> {
        let is_due = |a: &&AnswerState<'_>| a.is_needed && self.framework.is_due(a.item, phase);
        let answers = self.states.answers.iter().filter(is_due).map(|a| a.state);
        let risks = self.states.risks.iter().filter(|_| with_risks).map(|risk| risk.state);
        let all: Vec<State> = answers.chain(risks).collect();
        State::ALL
            .into_iter()
            .map(|state| Progress {
                state,
                label: state.as_str(),
                count: all.iter().filter(|s| **s == state).count(),
            })
            .filter(|progress| progress.count > 0)
            .collect()
    }

    pub(super) fn summary(&self) -> Summary {
        let evaluator = Evaluator::new(self.framework, self.deployment, ProfileName::Strict);
        let lacks_note = |id: &str| {
            self.framework.item(id).is_some_and(|item| evaluator.lacks_note(item, &Slot::of(&item.id)))
        };
        let musts = |text: &str| {
            musts_answered(self.framework, self.deployment, text)
                .into_iter()
                .map(|(label, title)| Line {
                    text: if lacks_note(&label) {
                        format!("{title} (no explanation is given)")
                    } else {
                        title
                    },
                    label,
                })
                .collect()
        };
        Summary {
            outcomes: self.outcomes(),
            not_met: musts("No"),
            not_applicable: musts("N/A"),
            decisions: self.decisions(),
        }
    }

    fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for line in outcome_lines(self.framework, self.deployment) {
            let Some(value) = line.strict.clone() else { continue };
            outcomes.differs_from_sheet |= line.differs();
            let view = OutcomeView {
                id: line.id.clone(),
                title: line.title.clone(),
                tone: tone(&value),
                sheet: line.sheet.clone().filter(|_| line.differs()),
                is_in_sheet: line.sheet.is_some(),
                role: line.role.as_ref().map(|role| self.framework.label(role).to_owned()),
                value,
            };
            let is_flag = !matches!(line.kind, OutcomeKind::Result | OutcomeKind::Level);
            if is_flag && !line.is_called_for() {
                if view.value == INCOMPLETE && line.kind != OutcomeKind::Notice {
                    outcomes.unknown.push(view);
                } else if view.sheet.as_deref() == Some(YES) {
                    outcomes.sheet_only.push(view);
                }
                continue;
            }
            match line.kind {
                OutcomeKind::Result | OutcomeKind::Level => outcomes.results.push(view),
                OutcomeKind::Document => outcomes.documents.push(view),
                OutcomeKind::Signatory => outcomes.signatories.push(view),
                OutcomeKind::Action => outcomes.actions.push(view),
                OutcomeKind::Notice => outcomes.notices.push(view),
            }
        }
        outcomes
    }
}

/// What is wrong, where the place and its name stand beside it.
fn said_of(gap: &Gap) -> String {
    let place = gap.address.as_ref().map(|address| format!("`{address}` is ")).unwrap_or_default();
    let what = gap.what.strip_prefix("the risk ").unwrap_or(&gap.what);
    let what = what.strip_prefix(&place).unwrap_or(&gap.what).replace('`', "");
    if gap.why.is_empty() { what } else { format!("{what}: {}", gap.why) }
}

fn tone(value: &str) -> &'static str {
    match value {
        "PASS" | "SUBMIT_FOR_AUDIT" => "good",
        "FAIL" | "CHECK" | "SUBMIT_FOR_APPROVAL" => "bad",
        INCOMPLETE => "open",
        _ => "plain",
    }
}
