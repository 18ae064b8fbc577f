//! The approval sheet: who decided what, and when.

use super::super::approvals::Approval;
use super::super::dates::day;
use super::super::grid::{Place, Sheet};
use super::cells::Cells;
use super::place::{Columns, Found, heading, rows};
use super::words::{has, words};
use crate::model::{Date, Framework, Item, PhaseRole, Section, SheetPlan, Verdict};
use crate::ops::policy::APPROVED;
use std::collections::{BTreeMap, BTreeSet};

/// A row in which somebody approves.
struct Row<'s> {
    number: usize,
    sheet: &'s Sheet,
    columns: &'s Columns,
    row: u32,
}

/// A cell that says something, with where it stands.
type Said<T> = Option<(T, Place)>;

/// What approvers wrote. In a table of people a name with a day is an approval; where the role gives verdicts, they and the outcome stand in
/// rows of their own. What is not whole is no decision, and its cells say why.
pub(super) fn approvals(
    cells: &mut Cells<'_>,
    number: usize,
    section: &Section,
    plan: &SheetPlan,
) -> Vec<Approval> {
    let book = cells.book;
    let Some(sheet) = book.sheets.get(number) else { return Vec::new() };
    let Some((head, columns)) = heading(sheet, &plan.columns) else { return Vec::new() };
    let found = rows(sheet, head, &columns, section, plan);
    let mut all = Vec::new();
    for row in &found {
        let Some(item) = cells.framework.item(row.item.as_str()) else { continue };
        let roles = roles(cells.framework, item);
        if item.options.is_empty() {
            for at in row.row..=row.last {
                let own = Row { number, sheet, columns: &columns, row: at };
                if at == row.row || own.is_filled() {
                    all.extend(person(cells, &own, item, &roles, &found));
                }
            }
        }
    }
    all
}

/// The roles whose decision an item shows.
fn roles<'f>(framework: &'f Framework, item: &Item) -> Vec<&'f PhaseRole> {
    let phase = framework.phase(item.phase);
    phase.map(|phase| phase.roles.iter().filter(|role| role.item == item.id).collect()).unwrap_or_default()
}

impl Row<'_> {
    fn is_filled(&self) -> bool {
        let places =
            ["organisation", "name", "job-title", "date"].into_iter().filter_map(|name| self.at(name));
        places.into_iter().any(|place| !self.sheet.text(place).is_empty())
    }

    fn at(&self, column: &str) -> Option<Place> {
        self.columns.get(column).map(|column| Place::new(self.row, *column))
    }

    /// The cell that stands so many columns to the right of the row's label.
    fn beside(&self, steps: u32) -> Option<Place> {
        self.columns.get("label").map(|label| Place::new(self.row, label + steps))
    }

    fn text(&self, cells: &mut Cells<'_>, place: Option<Place>) -> Said<String> {
        let place = place?;
        let (text, _) = cells.written(self.number, self.sheet, place, false)?;
        Some((text, place))
    }

    /// The day in a cell; one that cannot be read is said of the cell.
    fn day(&self, cells: &mut Cells<'_>) -> Said<Date> {
        let (_, place) = self.text(cells, self.at("date"))?;
        match day(&self.sheet.cells.get(&place)?.content, cells.book.from_1904) {
            Ok((date, _)) => Some((date, place)),
            Err(why) => {
                cells.fates.refuse(self.number, place, why);
                None
            }
        }
    }
}

/// Somebody in a table of approvers.
fn person(
    cells: &mut Cells<'_>,
    row: &Row<'_>,
    item: &Item,
    roles: &[&PhaseRole],
    found: &[Found],
) -> Option<Approval> {
    let beside = [row.text(cells, row.at("organisation")), row.text(cells, row.at("job-title"))];
    let (name, on) = (row.text(cells, row.at("name")), row.day(cells));
    let mut places: Vec<Place> = beside.into_iter().flatten().map(|(_, place)| place).collect();
    places.extend(name.iter().map(|(_, place)| *place).chain(on.iter().map(|(_, place)| *place)));
    let gives_verdicts = roles.iter().any(|role| !role.verdicts.is_empty());
    let verdicts =
        if gives_verdicts { verdicts(cells, row, item, roles, found) } else { Verdicts::default() };
    places.extend(&verdicts.places);
    let days = verdicts.days.iter().copied().chain(on.map(|(on, _)| on));
    // A decision is whole on the day on which its last part was given.
    let on = days.max();
    let outcome = if gives_verdicts { verdicts.outcome } else { Some(APPROVED.to_owned()) };
    let why = match (&name, &outcome, on) {
        _ if places.is_empty() => return None,
        (None, ..) => "nobody is named who decided it",
        _ if roles.is_empty() => "the framework has no role that decides so",
        (_, None, _) => "no outcome is chosen, so nothing is decided",
        (.., None) => "it does not say on which day it was decided",
        (Some((by, _)), Some(outcome), Some(on)) => {
            return Some(Approval {
                phase: item.phase,
                roles: roles.iter().map(|role| role.role.clone()).collect(),
                by: by.clone(),
                on,
                outcome: outcome.clone(),
                verdicts: verdicts.by_item,
                conditions: BTreeMap::new(),
                queries: BTreeMap::new(),
                expires: None,
                reason: None,
                over: None,
                cells: places.into_iter().map(|place| (row.number, place)).collect(),
            });
        }
    };
    for place in places {
        if !cells.fates.is_refused(row.number, place) {
            cells.fates.refuse(row.number, place, why);
        }
    }
    None
}

/// The verdicts of a phase and its outcome.
#[derive(Default)]
struct Verdicts {
    by_item: BTreeMap<crate::model::ItemId, Verdict>,
    outcome: Option<String>,
    days: BTreeSet<Date>,
    places: Vec<Place>,
}

fn verdicts(
    cells: &mut Cells<'_>,
    of: &Row<'_>,
    item: &Item,
    roles: &[&PhaseRole],
    found: &[Found],
) -> Verdicts {
    let mut all = Verdicts::default();
    let framework = cells.framework;
    for found in found {
        let Some(other) = framework.item(found.item.as_str()) else { continue };
        if other.phase != item.phase || other.options.is_empty() {
            continue;
        }
        let row = Row { row: found.row, ..*of };
        let Some((text, place)) = row.text(cells, row.beside(1)) else { continue };
        all.places.push(place);
        if let Some((on, place)) = row.day(cells) {
            all.days.insert(on);
            all.places.push(place);
        }
        if !roles.iter().any(|role| role.verdicts.contains(&other.id)) {
            all.outcome = outcome(cells, &text);
            if all.outcome.is_none() {
                cells.fates.refuse(row.number, place, "it is none of the outcomes that there are");
            }
            continue;
        }
        let reason = row.text(cells, row.beside(2));
        all.places.extend(reason.iter().map(|(_, place)| *place));
        let verdict = other.options.iter().find(|option| option.eq_ignore_ascii_case(&text)).unwrap_or(&text);
        let reason = reason.map(|(text, _)| text);
        all.by_item.insert(other.id.clone(), Verdict { verdict: verdict.clone(), reason });
    }
    all
}

/// The outcome that a text stands for: the one with the most words in it.
fn outcome(cells: &Cells<'_>, text: &str) -> Option<String> {
    let there = words(text);
    let fitting = cells.map.phase_outcomes.iter().filter(|(_, wanted)| has(&there, wanted));
    fitting.max_by_key(|(_, wanted)| wanted.split(' ').count()).map(|(value, _)| value.clone())
}
