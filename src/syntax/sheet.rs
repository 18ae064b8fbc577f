//! A framework's `sheet.toml`: where the published checklist keeps its answers.

use super::document::Document;
use super::reader::{Sink, Table};
use crate::diag::Finding;
use crate::model::{
    Beside, IdError, ItemId, OutcomeId, PartyId, SectionId, SheetGroup, SheetHistory, SheetMap, SheetOutcome,
    SheetPlan, SheetTable,
};
use std::collections::BTreeMap;

/// Its name in the framework's folder. It is in no digest: it says nothing about what an assessment means.
pub const SHEET_MAP: &str = "sheet.toml";

/// Reads the map.
pub fn read_sheet_map(document: &Document<'_>) -> (SheetMap, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let map = SheetMap {
        placeholders: table.texts("placeholders"),
        on_behalf_of: table.needed_text("on-behalf-of").unwrap_or_default(),
        parties: words(&table, "parties", |t| PartyId::new(t)),
        presets: words(&table, "presets", |t| ItemId::new(t)),
        history: table.table("history").and_then(|inner| history(&inner)),
        sections: keyed(&table, "sections", |t| SectionId::new(t), plan),
        phase_outcomes: columns(&table, "phase-outcomes"),
        outcomes: table.list("outcomes").iter().filter_map(outcome).collect(),
        form: table.table("form").map(|inner| form(&inner)).unwrap_or_default(),
    };
    table.finish();
    (map, sink.into_findings())
}

fn form(table: &Table<'_, '_>) -> std::collections::BTreeSet<String> {
    let known = table.texts("known").into_iter().collect();
    table.finish();
    known
}

/// Texts by id.
fn words<K: Ord>(
    table: &Table<'_, '_>,
    key: &'static str,
    make: impl Fn(&str) -> Result<K, IdError>,
) -> BTreeMap<K, String> {
    let Some(inner) = table.table(key) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for entry in inner.entries() {
        match (make(entry.key), inner.text(entry.key)) {
            (Ok(id), Some(text)) => drop(found.insert(id, text)),
            (Err(error), _) => inner.bad_id(&error, entry.key_span),
            (Ok(_), None) => {}
        }
    }
    inner.finish();
    found
}

/// Tables by id.
fn keyed<K: Ord, T>(
    table: &Table<'_, '_>,
    key: &'static str,
    make: impl Fn(&str) -> Result<K, IdError>,
    read: impl Fn(&Table<'_, '_>) -> Option<T>,
) -> BTreeMap<K, T> {
    let mut found = BTreeMap::new();
    for (entry, inner) in table.tables(key) {
        match make(entry.key) {
            Ok(id) => found.extend(read(&inner).map(|value| (id, value))),
            Err(error) => table.bad_id(&error, entry.key_span),
        }
        inner.finish();
    }
    found
}

fn columns(table: &Table<'_, '_>, key: &'static str) -> BTreeMap<String, String> {
    words(table, key, |t| Ok(t.to_owned()))
}

fn plan(table: &Table<'_, '_>) -> Option<SheetPlan> {
    let groups = table.list("groups");
    let groups = groups.iter().filter_map(|inner| {
        let words = inner.needed_text("words");
        let rows = self::words(inner, "rows", |t| ItemId::new(t));
        inner.finish();
        Some(SheetGroup { words: words?, rows })
    });
    Some(SheetPlan {
        groups: groups.collect(),
        sheet: table.needed_text("sheet")?,
        columns: columns(table, "columns"),
        beside: keyed(
            table,
            "beside",
            |t| ItemId::new(t),
            |inner| Some(Beside { words: inner.needed_text("words")?, nth: nth(inner) }),
        ),
        tables: keyed(
            table,
            "tables",
            |t| ItemId::new(t),
            |inner| Some(SheetTable { nth: nth(inner), columns: columns(inner, "columns") }),
        ),
    })
}

fn nth(table: &Table<'_, '_>) -> usize {
    table.integer("nth").and_then(|number| usize::try_from(number).ok()).unwrap_or(1).max(1)
}

fn history(table: &Table<'_, '_>) -> Option<SheetHistory> {
    let (sheet, columns) = (table.needed_text("sheet"), columns(table, "columns"));
    table.finish();
    Some(SheetHistory { sheet: sheet?, columns })
}

fn outcome(table: &Table<'_, '_>) -> Option<SheetOutcome> {
    let id = table.needed_id("id", |t| OutcomeId::new(t));
    let section = table.needed_id("section", |t| SectionId::new(t));
    let (words, column) = (table.needed_text("words"), table.needed_text("column"));
    let below = table.integer("below").and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let values = columns(table, "values");
    table.finish();
    Some(SheetOutcome { id: id?, section: section?, words: words?, column: column?, below, values })
}
