//! The annex: every item of the framework and every risk, whatever the templates show.

use super::words::brief;
use super::{Audience, Line, Source};
use crate::model::{ItemId, ItemKind, OutcomeKind, ProfileName, Rating};
use crate::ops::show::outcome_lines;
use crate::ops::state::AnswerState;
use schemars::JsonSchema;
use serde::Serialize;

/// A line of the annex.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AnnexLine {
    /// The item.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its section's title.
    pub section: String,
    /// The phase that needs it.
    pub phase: u8,
    /// Its answer in a few words.
    pub answer: String,
    /// Its state, or what it is instead of an answer.
    pub state: String,
}

/// Everything that there is, in brief.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Annex {
    /// Every item of the framework.
    pub items: Vec<AnnexLine>,
    /// Every risk.
    pub risks: Vec<Line>,
    /// Answers of earlier framework versions that have no place in this one.
    pub asides: Vec<AsideLine>,
}

/// An answer of an earlier framework version that has no place in this one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AsideLine {
    /// Where it stood.
    pub id: String,
    /// The version that it was given under.
    pub version: String,
    /// The item's title then.
    pub title: String,
    /// Why it was set aside.
    pub why: String,
    /// What was said.
    pub said: String,
}

impl Source<'_> {
    pub(super) fn annex(&self) -> Annex {
        let class = |rating: &Option<Rating>| {
            let class = rating.as_ref().and_then(|rating| self.framework.matrix.class(rating));
            class.map_or_else(|| "no class".to_owned(), |class| format!("class {class}"))
        };
        let risks = self.deployment.risks.iter().map(|(id, risk)| Line {
            label: id.to_string(),
            text: format!(
                "{} ({}; {} to {})",
                brief(&self.text(&risk.title)),
                risk.status,
                class(&risk.initial),
                class(&risk.residual)
            ),
        });
        Annex { items: self.annex_items(), risks: risks.collect(), asides: self.asides() }
    }

    /// Whether statements say something to an item that shows decisions.
    fn decided_on(&self, item: &crate::model::Item) -> String {
        let has = self.decided.statements.iter().any(|one| one.held.statement.phase == item.phase);
        let says = if has { "decision: see the decisions of its phase" } else { "decision: none recorded" };
        says.to_owned()
    }

    fn annex_items(&self) -> Vec<AnnexLine> {
        let strict = outcome_lines(self.framework, self.deployment);
        let mut lines = Vec::new();
        for section in &self.framework.sections {
            for item in &section.items {
                let line = |id: String, answer: String, state: String| AnnexLine {
                    id,
                    title: item.title.clone(),
                    section: section.title.clone(),
                    phase: item.phase,
                    answer,
                    state,
                };
                match item.kind {
                    ItemKind::Decision => {
                        lines.push(line(item.id.to_string(), String::new(), self.decided_on(item)))
                    }
                    ItemKind::Outcome => {
                        let values: Vec<String> = strict
                            .iter()
                            .filter(|outcome| self.outcome_item(&outcome.id) == Some(&item.id))
                            .filter(|outcome| {
                                matches!(outcome.kind, OutcomeKind::Result | OutcomeKind::Level)
                                    || outcome.is_called_for()
                            })
                            .map(|outcome| match outcome.kind {
                                OutcomeKind::Result | OutcomeKind::Level => {
                                    outcome.strict.clone().unwrap_or_default()
                                }
                                _ => outcome.title.clone(),
                            })
                            .collect();
                        lines.push(line(item.id.to_string(), values.join("; "), "computed".to_owned()));
                    }
                    _ => {
                        for state in self.states.answers.iter().filter(|state| state.item.id == item.id) {
                            lines.push(line(
                                state.slot.to_string(),
                                self.in_brief(state),
                                state.state.to_string(),
                            ));
                        }
                    }
                }
            }
        }
        lines
    }

    fn asides(&self) -> Vec<AsideLine> {
        let line = |aside: &crate::model::Aside| AsideLine {
            id: aside.slot.to_string(),
            version: aside.version.clone(),
            title: aside.title.clone(),
            why: aside.why.to_string(),
            // Rows are people and their details more often than not; a reader of the pack has no use for old ones.
            said: if aside.personal {
                "left out: personal data".to_owned()
            } else {
                let texts = crate::ops::derive::texts_of(&aside.slot, &aside.said);
                self.text(&texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n"))
            },
        };
        self.deployment.asides.iter().map(line).collect()
    }

    fn outcome_item(&self, id: &str) -> Option<&ItemId> {
        let outcomes = self.framework.outcomes(ProfileName::Strict);
        outcomes.iter().find(|outcome| outcome.id.as_str() == id)?.item.as_ref()
    }

    fn in_brief(&self, state: &AnswerState<'_>) -> String {
        let Some(answer) = state.answer else { return String::new() };
        if state.item.personal && self.audience == Audience::Public {
            return if answer.is_empty() { String::new() } else { "left out".to_owned() };
        }
        match &answer.value {
            Some(value) => brief(&self.text(&value.to_string())),
            None if answer.rows.is_empty() => String::new(),
            None if answer.rows.len() == 1 => "1 entry".to_owned(),
            None => format!("{} entries", answer.rows.len()),
        }
    }
}
