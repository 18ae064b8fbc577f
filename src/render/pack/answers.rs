//! The answers, section by section.

use super::words::paragraphs;
use super::{Audience, Source};
use crate::model::{Answer, Column, Value};
use crate::ops::confirm::Entry;
use crate::ops::state::{AnswerState, State};
use schemars::JsonSchema;
use serde::Serialize;

/// An answer for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AnswerView {
    /// The address.
    pub address: String,
    /// The item's title.
    pub title: String,
    /// What it asks.
    pub asks: String,
    /// must, should or nothing.
    pub level: Option<String>,
    /// The phase that needs it.
    pub phase: u8,
    /// Paragraphs of the answer.
    pub text: Vec<String>,
    /// Column titles, where the answer is a table.
    pub columns: Vec<String>,
    /// Cells by row, where the answer is a table.
    pub rows: Vec<Vec<String>>,
    /// Paragraphs of the notes.
    pub notes: Vec<String>,
    /// Where it can be seen.
    pub evidence: Vec<String>,
    /// Where it stands.
    pub state: State,
    /// Whose it is and who stands by it, in words.
    pub stands: String,
    /// Whether it was carried and is unchanged, was carried and changed, or is local.
    pub origin: &'static str,
    /// Whether it is left out for this audience.
    pub is_left_out: bool,
}

/// A heading with its answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GroupView {
    /// The heading.
    pub title: String,
    /// The answers under it.
    pub answers: Vec<AnswerView>,
}

/// A section for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SectionView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// Its headings.
    pub groups: Vec<GroupView>,
}

impl Source<'_> {
    pub(super) fn answers(&self) -> Vec<SectionView> {
        let mut sections = Vec::new();
        for section in &self.framework.sections {
            let groups: Vec<GroupView> = section
                .groups()
                .into_iter()
                .filter_map(|group| {
                    let answers: Vec<AnswerView> = self
                        .states
                        .answers
                        .iter()
                        .filter(|a| {
                            group.items.iter().any(|item| item.id == a.item.id)
                                && a.item.phase <= self.kind.reach()
                        })
                        .filter(|a| a.item.repeats.is_none() || a.slot.row.is_some())
                        .map(|a| self.answer(a))
                        .collect();
                    (!answers.is_empty()).then(|| GroupView { title: group.title.to_owned(), answers })
                })
                .collect();
            if !groups.is_empty() {
                sections.push(SectionView {
                    id: section.id.to_string(),
                    title: section.title.clone(),
                    about: section.about.clone(),
                    groups,
                });
            }
        }
        sections
    }

    fn answer(&self, state: &AnswerState<'_>) -> AnswerView {
        let item = state.item;
        let empty = Answer::default();
        let answer = state.answer.unwrap_or(&empty);
        let is_left_out = item.personal && self.audience == Audience::Public && !answer.is_empty();
        let shown = if is_left_out { &empty } else { answer };
        let columns: Vec<&Column> = item.columns.iter().filter(|c| self.sees(item, &c.id)).collect();
        let rows = shown
            .rows
            .values()
            .map(|row| {
                columns
                    .iter()
                    .map(|c| row.get(&c.id).map(|value| self.text(&value.to_string())).unwrap_or_default())
                    .collect()
            })
            .collect();
        let stands: Vec<String> = state
            .parties
            .iter()
            .map(|(party, stand)| self.stand(&Entry::Answer(state.slot.clone()), party, stand))
            .collect();
        let received = self.deployment.received.as_ref();
        let origin = match received.map(|received| received.answers.get(&state.slot)) {
            _ if !self.deployment.is_received_intact => "not known",
            Some(Some(before)) if before.content() != answer.content() => "carried, changed here",
            Some(Some(_)) => "carried",
            _ => "given here",
        };
        AnswerView {
            address: state.slot.to_string(),
            title: item.title.clone(),
            asks: item.asks.replace('`', ""),
            level: item.level.map(|level| level.to_string()),
            phase: item.phase,
            text: match &shown.value {
                Some(Value::Texts(texts)) => self.texts(texts),
                Some(value) => paragraphs(&self.text(&value.to_string())),
                None => Vec::new(),
            },
            columns: if shown.rows.is_empty() {
                Vec::new()
            } else {
                columns.iter().map(|c| c.title.clone()).collect()
            },
            rows,
            notes: shown.notes.as_deref().map(|notes| paragraphs(&self.text(notes))).unwrap_or_default(),
            evidence: self.texts(&shown.evidence),
            state: state.state,
            stands: if stands.is_empty() {
                let verb = if answer.is_unanswered() { "to be answered by" } else { "answered by" };
                format!("{verb} {}", self.labels(&item.parties))
            } else {
                stands.join("; ")
            },
            origin,
            is_left_out,
        }
    }
}
