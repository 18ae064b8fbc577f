//! The published checklist, as somebody filled it in: found by the framework's sheet map, taken over into an assessment.

mod approvals;
mod cells;
mod outcomes;
mod place;
pub(super) mod words;

use super::approvals::{Approval, Lost};
use super::fate::{Fate, Fates};
use super::grid::{Book, Formulas, Place};
use super::keys;
use super::own::Stands;
use crate::model::{Date, Deployment, Framework, Key, Revision, SectionId, SheetHistory, SheetMap};
use cells::Cells;
use std::collections::{BTreeMap, BTreeSet};
use words::{Form, has, words};

pub use outcomes::Compared;

/// What a checklist says.
#[derive(Debug, Clone)]
pub struct Checklist {
    /// An assessment with nothing but what the checklist says; its name and its ids are those that it was read for.
    pub right: Deployment,
    /// Who stands by what.
    pub stands: Vec<Stands>,
    /// What approvers decided.
    pub approvals: Vec<Approval>,
    /// What could not be taken over: nobody's decision can be over it.
    pub lost: Lost,
    /// Formulas' results beside what tom computes.
    pub outcomes: Vec<Compared>,
    /// Sections whose sheet is not in the workbook.
    pub missing: Vec<SectionId>,
    /// What became of each cell.
    pub fates: Fates,
}

/// Reads a checklist into an empty deployment.
pub fn read_checklist(
    book: &Book,
    map: &SheetMap,
    framework: &Framework,
    empty: Deployment,
    formulas: Formulas,
) -> Checklist {
    let form = Form::new(map, framework);
    let mut cells = Cells::new(book, map, framework, empty, formulas);
    let (mut missing, mut approvals) = (Vec::new(), Vec::new());
    let mut sheets = BTreeMap::new();
    for section in &framework.sections {
        let Some(plan) = map.sections.get(section.id.as_str()) else { continue };
        match sheet(book, &plan.sheet) {
            Some(number) if section.is_answered() => {
                sheets.insert(section.id.clone(), number);
                cells.section(number, section, plan);
            }
            Some(number) => approvals.extend(approvals::approvals(&mut cells, number, section, plan)),
            None => missing.push(section.id.clone()),
        }
    }
    if let Some(history) = &map.history
        && let Some(number) = sheet(book, &history.sheet)
    {
        revisions(book, number, history, &form, &mut cells);
    }
    let outcomes = outcomes::compare(book, map, framework, &sheets, &mut cells);
    let lost = cells.lost.iter().filter_map(|id| framework.item(id.as_str()));
    let lost = lost.map(|item| (item.id.clone(), item.scope.iter().copied().collect())).collect();
    let Cells { right, stands, mut fates, .. } = cells;
    fates.rest(book, |_, _, cell| {
        if form.prints(&cell.content.text()) {
            Fate::Form
        } else if cell.is_formula {
            Fate::Computed
        } else if matches!(words::said(map, &cell.content.text(), false), words::Said::Placeholder) {
            Fate::Placeholder
        } else {
            Fate::NotImported { why: "it stands where the checklist keeps no answer".to_owned() }
        }
    });
    Checklist { right, stands, approvals, lost, outcomes, missing, fates }
}

/// The sheet whose name has these words. With several, the one with the shortest name.
fn sheet(book: &Book, wanted: &str) -> Option<usize> {
    let found = book.sheets.iter().enumerate().filter(|(_, sheet)| has(&words(&sheet.name), wanted));
    found.min_by_key(|(_, sheet)| sheet.name.len()).map(|(number, _)| number)
}

/// The rows of the document's history that the form does not bring along.
fn revisions(book: &Book, number: usize, plan: &SheetHistory, form: &Form, cells: &mut Cells<'_>) {
    let Some(sheet) = book.sheets.get(number) else { return };
    let Some((head, columns)) = place::heading(sheet, &plan.columns) else { return };
    let column = |name: &str| columns.get(name).copied();
    let (Some(on), Some(text)) = (column("on"), column("text")) else { return };
    for row in sheet.rows().into_iter().filter(|row| *row > head) {
        let what = sheet.text(Place::new(row, text));
        let Some(when) = sheet.cells.get(&Place::new(row, on)) else { continue };
        if what.is_empty() || form.prints(&what) {
            continue;
        }
        let day = super::dates::day(&when.content, book.from_1904);
        let by = column("by").map(|column| sheet.text(Place::new(row, column))).filter(|by| !by.is_empty());
        match day {
            Ok((date, _)) => {
                let version = column("version").map(|column| sheet.text(Place::new(row, column)));
                let key = revision(cells, version.as_deref().unwrap_or_default(), date, by, &what);
                for (place, _) in sheet.row(row) {
                    cells.fates.give(number, place, Fate::Recorded { what: format!("history.{key}") });
                }
            }
            Err(why) => cells.fates.refuse(number, Place::new(row, on), why),
        }
    }
}

fn revision(cells: &mut Cells<'_>, version: &str, on: Date, by: Option<String>, text: &str) -> Key {
    let history = &mut cells.right.meta.history;
    let taken: BTreeSet<Key> = history.keys().cloned().collect();
    let key = keys::free(&format!("v{version}"), "entry", &taken);
    let by = by.unwrap_or_else(|| "not named".to_owned());
    history.insert(key.clone(), Revision { on, by, text: text.to_owned() });
    key
}
