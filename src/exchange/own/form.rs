//! What a workbook shows, line by line, before it is drawn.

use super::super::fields::{Fields, fields, of_answer, plain, text_of};
use super::NEW;
use crate::model::{
    Address, Answer, BlockId, Deployment, Framework, Item, ItemType, Key, PartyId, Section, Slot,
};
use crate::ops::outcome::Evaluator;
use crate::ops::state::{Stand, State, States};
use std::collections::{BTreeMap, BTreeSet};

/// What is exported.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only what this party answers, confirms or owns.
    pub party: Option<PartyId>,
    /// Only what is still to be done.
    pub todo: bool,
}

/// What a cell offers to choose from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// These words.
    Words(Vec<String>),
    /// A day.
    Day,
    /// A whole number.
    Number,
    /// Anything.
    Free,
}

/// A cell that can be filled in.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub text: String,
    pub choice: Choice,
}

/// A line of a section's sheet.
pub(super) enum Line<'f> {
    /// A heading over items.
    Heading(String),
    /// An item with its answer.
    Item(Box<ItemLine<'f>>),
    /// The titles of an answer's columns.
    Columns(Vec<&'f str>),
    /// A row of an answer.
    Row { address: Address, label: String, cells: Vec<Entry> },
}

/// An item with its answer.
pub(super) struct ItemLine<'f> {
    pub address: Address,
    pub item: &'f Item,
    /// None where the answer is rows.
    pub answer: Option<Entry>,
    pub notes: String,
    pub evidence: String,
    pub state: String,
    pub confirmed: String,
    /// The parties that can confirm it here.
    pub confirm: BTreeSet<&'f PartyId>,
}

impl Selection {
    fn has_party(&self, parties: &[PartyId]) -> bool {
        self.party.as_ref().is_none_or(|party| parties.contains(party))
    }

    /// Whether a mitigation of an owner, or with none a risk as a whole, is exported.
    pub(super) fn takes(&self, owner: &PartyId, stands: bool) -> bool {
        self.party.as_ref().is_none_or(|party| party == owner) && !(self.todo && stands)
    }
}

/// The lines of a section; none where nothing of it is exported.
pub(super) fn lines<'f>(
    framework: &'f Framework,
    deployment: &'f Deployment,
    states: &States<'f>,
    section: &'f Section,
    selection: &Selection,
) -> Vec<Line<'f>> {
    let view = View {
        framework,
        deployment,
        states,
        selection,
        evaluator: Evaluator::new(framework, deployment, crate::model::ProfileName::Strict),
    };
    let mut lines = Vec::new();
    for group in section.groups() {
        let items: Vec<&Item> = group.items.into_iter().filter(|item| view.takes(item)).collect();
        let Some(first) = items.first() else { continue };
        match &first.repeats {
            None => {
                lines.push(Line::Heading(group.title.to_owned()));
                items.iter().for_each(|item| view.item(item, Slot::of(&item.id), &mut lines));
            }
            Some(block) => view.block(group.title, block, &items, &mut lines),
        }
    }
    lines
}

struct View<'f, 's> {
    framework: &'f Framework,
    deployment: &'f Deployment,
    states: &'s States<'f>,
    selection: &'s Selection,
    evaluator: Evaluator<'f>,
}

impl<'f> View<'f, '_> {
    fn takes(&self, item: &Item) -> bool {
        if !item.is_answered() {
            return false;
        }
        let is_theirs =
            self.selection.has_party(&item.parties) || self.selection.has_party(&item.confirmed_by);
        is_theirs && (!self.selection.todo || self.is_open(item))
    }

    /// Whether something about an item is still to be done, by the party if one is chosen.
    fn is_open(&self, item: &Item) -> bool {
        self.states.answers.iter().filter(|a| a.item.id == item.id).any(|a| {
            let waits = |(party, stand): &(&PartyId, Stand)| {
                self.selection.party.as_ref().is_none_or(|wanted| wanted == *party) && *stand != Stand::Stands
            };
            match a.state {
                State::NotApplicable => false,
                State::Unanswered => a.is_needed,
                _ => a.parties.iter().any(waits) || self.evaluator.lacks_note(a.item, &a.slot),
            }
        })
    }

    fn block(&self, title: &str, block: &BlockId, items: &[&'f Item], lines: &mut Vec<Line<'f>>) {
        for key in self.deployment.rows_of(block) {
            lines.push(Line::Heading(format!("{title}: {key}")));
            for item in items {
                let slot = Slot { item: item.id.clone(), row: Some((block.clone(), key.clone())) };
                self.item(item, slot, lines);
            }
        }
        let Ok(new) = Key::new(NEW) else { return };
        lines.push(Line::Heading(format!("{title}: one more, if there is one")));
        for item in items {
            self.item(item, Slot { item: item.id.clone(), row: Some((block.clone(), new.clone())) }, lines);
        }
    }

    fn item(&self, item: &'f Item, slot: Slot, lines: &mut Vec<Line<'f>>) {
        let empty = Answer::default();
        let answer = self.deployment.answers.get(&slot).unwrap_or(&empty);
        let state = self.states.answers.iter().find(|a| a.slot == slot);
        let choice = choice(item.kind_of_answer, &item.options);
        let entry = Entry { text: answer.value.as_ref().map(text_of).unwrap_or_default(), choice };
        let confirm = item
            .confirmed_by
            .iter()
            .filter(|party| self.selection.party.as_ref().is_none_or(|p| p == *party));
        lines.push(Line::Item(Box::new(ItemLine {
            address: slot.address(),
            item,
            answer: (!item.has_rows()).then_some(entry),
            notes: answer.notes.clone().unwrap_or_default(),
            evidence: answer.evidence.join("\n"),
            state: state.map(|a| state_text(a.state, a.is_needed)).unwrap_or_default(),
            confirmed: confirmed(
                self.framework,
                answer,
                state.map(|a| a.parties.as_slice()).unwrap_or_default(),
            ),
            confirm: confirm.collect(),
        })));
        if item.has_rows() {
            self.rows(item, &slot, answer, lines);
        }
    }

    /// The rows of an answer, and two empty ones.
    fn rows(&self, item: &'f Item, slot: &Slot, answer: &Answer, lines: &mut Vec<Line<'f>>) {
        lines.push(Line::Columns(item.columns.iter().map(|column| column.title.as_str()).collect()));
        let at = slot.address().then("rows");
        let fields = of_answer(slot, answer);
        let mut row = |key: &str, label: String| {
            let address = at.clone().then(key);
            let cells = item.columns.iter().map(|column| Entry {
                text: fields.get(&address.clone().then(&column.id)).cloned().unwrap_or_default(),
                choice: choice(column.kind, &column.options),
            });
            let cells = cells.collect();
            lines.push(Line::Row { address, label, cells });
        };
        for key in answer.rows.keys() {
            row(key.as_str(), key.to_string());
        }
        for number in 1..=2 {
            row(&format!("{NEW}-{number}"), "one more, if there is one".to_owned());
        }
    }
}

/// What a cell of that form offers.
pub(super) fn choice(kind: ItemType, options: &[String]) -> Choice {
    match kind {
        ItemType::Choice => Choice::Words(options.to_vec()),
        ItemType::Date => Choice::Day,
        ItemType::Number => Choice::Number,
        _ => Choice::Free,
    }
}

fn state_text(state: State, is_needed: bool) -> String {
    match state {
        State::Unanswered if is_needed => "unanswered, needed".to_owned(),
        State::Unanswered => "unanswered, optional".to_owned(),
        other => other.to_string(),
    }
}

/// Who stands by an answer, a line each, and who does no longer.
fn confirmed(framework: &Framework, answer: &Answer, stands: &[(&PartyId, Stand)]) -> String {
    let stands: BTreeMap<&PartyId, &Stand> = stands.iter().map(|(party, stand)| (*party, stand)).collect();
    let lines: Vec<String> = answer
        .confirmed
        .iter()
        .map(|(party, c)| {
            let old = stands.get(party).is_some_and(|stand| **stand != Stand::Stands);
            let what = if old { " (for what it said before)" } else { "" };
            format!("{}: {}, {}{what}", framework.party_label(party), c.by, c.on)
        })
        .collect();
    lines.join("\n")
}

/// Every field that the lines of a workbook show: the base of the merge when it comes back.
pub(super) fn base(deployment: &Deployment, lines: &BTreeSet<Address>) -> Fields {
    let all = fields(deployment).into_iter();
    all.filter(|(address, _)| lines.contains(&line_of(address)))
        .map(|(address, text)| (address, plain(&text)))
        .collect()
}

/// The line of a workbook that a field stands on: an answer, a risk, or a cause or mitigation of one.
pub(super) fn line_of(address: &Address) -> Address {
    let depth = match address.field.first().map(String::as_str) {
        Some("causes" | "mitigations") => 2,
        _ => 0,
    };
    Address { field: address.field.iter().take(depth).cloned().collect(), ..address.clone() }
}
