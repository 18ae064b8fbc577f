//! What the checklist's formulas say, beside what tom computes from the same answers.

use super::super::fate::Fate;
use super::super::grid::{Book, Content, Place, Sheet};
use super::cells::Cells;
use super::place::heading;
use super::words::{has, words};
use crate::model::{Framework, OutcomeId, OutcomeKind, ProfileName, SectionId, SheetMap, SheetOutcome};
use crate::ops::outcome::Evaluator;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An outcome in the workbook and in tom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Compared {
    /// Which.
    pub id: OutcomeId,
    /// What it is called.
    pub title: String,
    /// The cell.
    pub cell: String,
    /// What the workbook holds.
    pub workbook: String,
    /// What the checklist's own rules give.
    pub sheet: String,
    /// What its guidance means.
    pub strict: Option<String>,
    /// Why workbook and rules differ, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Compares every formula's result that the map knows.
pub(super) fn compare(
    book: &Book,
    map: &SheetMap,
    framework: &Framework,
    sheets: &BTreeMap<SectionId, usize>,
    cells: &mut Cells<'_>,
) -> Vec<Compared> {
    let mut compared = Vec::new();
    let calculated = calculated(book, map, framework, sheets);
    for plan in map.outcomes.iter().filter(|plan| calculated.contains(&plan.section)) {
        let Some(number) = sheets.get(&plan.section) else { continue };
        let Some(sheet) = book.sheets.get(*number) else { continue };
        let Some(place) = place(sheet, map, plan) else { continue };
        let Some(outcome) = framework.outcomes(ProfileName::Sheet).iter().find(|o| o.id == plan.id) else {
            continue;
        };
        let text = result(sheet, place);
        let Some(workbook) = value(plan, outcome, &text) else { continue };
        cells.fates.give(*number, place, Fate::Computed);
        let evaluate = |profile| {
            Evaluator::new(framework, &cells.right, profile).value(plan.id.as_str()).map(str::to_owned)
        };
        let ours = evaluate(ProfileName::Sheet).unwrap_or_default();
        let strict = evaluate(ProfileName::Strict);
        let lost: Vec<String> =
            outcome.items().iter().filter(|id| cells.lost.contains(*id)).map(ToString::to_string).collect();
        let why = (ours != workbook).then(|| {
            if lost.is_empty() {
                "the file holds a result that its answers no longer give: it was not calculated again before it was saved, or somebody typed over the formula".to_owned()
            } else {
                format!("it rests on what was not imported: {}", lost.join(", "))
            }
        });
        compared.push(Compared {
            id: plan.id.clone(),
            title: outcome.title.clone(),
            cell: format!("{}!{place}", sheet.name),
            workbook,
            sheet: ours,
            strict,
            why,
        });
    }
    compared
}

/// The sections whose formulas have results in the file. Where a program saved them without, an empty cell says nothing.
fn calculated<'m>(
    book: &Book,
    map: &'m SheetMap,
    framework: &Framework,
    sheets: &BTreeMap<SectionId, usize>,
) -> BTreeSet<&'m SectionId> {
    let has_result = |plan: &&SheetOutcome| {
        let sheet = sheets.get(&plan.section).and_then(|number| book.sheets.get(*number));
        let outcome = framework.outcomes(ProfileName::Sheet).iter().find(|o| o.id == plan.id);
        let is_result = outcome.is_some_and(|o| matches!(o.kind, OutcomeKind::Result | OutcomeKind::Level));
        let place = sheet.and_then(|sheet| Some((sheet, place(sheet, map, plan)?)));
        is_result && place.is_some_and(|(sheet, place)| !result(sheet, place).is_empty())
    };
    map.outcomes.iter().filter(has_result).map(|plan| &plan.section).collect()
}

fn place(sheet: &Sheet, map: &SheetMap, plan: &SheetOutcome) -> Option<Place> {
    let (head, columns) = heading(sheet, &map.sections.get(plan.section.as_str())?.columns)?;
    let below = |place: &Place| place.row > head;
    let (found, _) = sheet
        .cells
        .iter()
        .filter(|(place, _)| below(place))
        .find(|(_, cell)| has(&words(&cell.content.text()), &plan.words))?;
    let column = match plan.column.as_str() {
        "here" => found.column,
        "beside" => found.column + 1,
        name => *columns.get(name)?,
    };
    Some(Place::new(found.row + plan.below, column))
}

/// What a formula gives; nothing where it failed or was saved without.
fn result(sheet: &Sheet, place: Place) -> String {
    match sheet.cells.get(&place).map(|cell| &cell.content) {
        None | Some(Content::Failure(_)) => String::new(),
        Some(content) => content.text(),
    }
}

/// The value that a text stands for; none where it stands for none.
fn value(plan: &SheetOutcome, outcome: &crate::model::Outcome, text: &str) -> Option<String> {
    let there = words(text);
    if !plan.values.is_empty() {
        return plan.values.iter().find(|(_, wanted)| has(&there, wanted)).map(|(value, _)| value.clone());
    }
    if matches!(outcome.kind, OutcomeKind::Result | OutcomeKind::Level) {
        return there.split(' ').next().filter(|first| !first.is_empty()).map(str::to_uppercase);
    }
    Some(if there.is_empty() { "NO" } else { "YES" }.to_owned())
}
