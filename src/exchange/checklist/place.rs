//! Where things stand in a sheet: its heading, its groups, its items' rows.

use super::super::grid::{Place, Sheet};
use super::words::{has, words};
use crate::model::{Item, ItemId, Section, SheetGroup, SheetPlan};
use std::collections::{BTreeMap, BTreeSet};

/// The columns of a sheet by what they hold.
pub(super) type Columns = BTreeMap<String, u32>;

/// The first row that has the headings of all columns, and where they stand. One heading may be missing in a row of many.
pub(super) fn heading(sheet: &Sheet, wanted: &BTreeMap<String, String>) -> Option<(u32, Columns)> {
    let most = usize::from(wanted.len() > 3);
    sheet.rows().into_iter().take(200).find_map(|row| {
        let mut columns = Columns::new();
        for (name, heading) in wanted {
            let found = sheet.row(row).find(|(place, cell)| {
                has(&words(&cell.content.text()), heading)
                    && !columns.values().any(|column| *column == place.column)
            });
            columns.extend(found.map(|(place, _)| (name.clone(), place.column)));
        }
        let is_heading = columns.len() + most >= wanted.len() && columns.len() > 1;
        is_heading.then_some((row, columns))
    })
}

/// A row of an item, and the instance of the block that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub item: ItemId,
    pub row: u32,
    /// The last row that belongs to it.
    pub last: u32,
    /// Counted from 0; only blocks have more than one.
    pub instance: usize,
}

/// The rows of a section's items.
pub(super) fn rows(
    sheet: &Sheet,
    head: u32,
    columns: &Columns,
    section: &Section,
    plan: &SheetPlan,
) -> Vec<Found> {
    let mut found = printed(sheet, head, section);
    if let (Some(group), Some(label)) = (columns.get("group"), columns.get("label")) {
        found.extend(labelled(sheet, head, (*group, *label), section, plan));
    }
    found.sort_by_key(|found| found.row);
    let ends: Vec<u32> = found.iter().skip(1).map(|next| next.row - 1).chain([u32::MAX]).collect();
    let label = columns.get("label").copied();
    for (found, end) in found.iter_mut().zip(ends) {
        // What follows without a label of its own, and without a heading, belongs to the row above.
        let own = |row: &u32| {
            let named = label.is_some_and(|label| !sheet.text(Place::new(*row, label)).is_empty());
            let headed =
                columns.get("group").is_some_and(|group| !sheet.text(Place::new(*row, *group)).is_empty());
            named || headed
        };
        let next = sheet
            .rows()
            .into_iter()
            .filter(|row| *row > found.row)
            .take_while(|row| *row <= end && !own(row));
        found.last = next.last().unwrap_or(found.row);
    }
    found
}

/// Items that print their ids.
fn printed(sheet: &Sheet, head: u32, section: &Section) -> Vec<Found> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for row in sheet.rows().into_iter().filter(|row| *row > head) {
        let item = sheet.row(row).take(3).find_map(|(_, cell)| {
            let text = cell.content.text().to_uppercase();
            section.items.iter().find(|item| item.printed_id && item.id.as_str() == text)
        });
        if let Some(item) = item
            && seen.insert(&item.id)
        {
            found.push(Found { item: item.id.clone(), row, last: row, instance: 0 });
        }
    }
    found
}

fn labelled(
    sheet: &Sheet,
    head: u32,
    (group, label): (u32, u32),
    section: &Section,
    plan: &SheetPlan,
) -> Vec<Found> {
    let rows: Vec<u32> = sheet.rows().into_iter().filter(|row| *row > head).collect();
    let starts = starts(sheet, &rows, group, section, plan);
    let mut found = Vec::new();
    for (at, (start, plan)) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(u32::MAX, |(next, _)| *next);
        let items: Vec<&Item> =
            section.items.iter().filter(|item| plan.rows.contains_key(&item.id)).collect();
        let is_block = items.first().is_some_and(|item| item.repeats.is_some());
        let (mut instance, mut used) = (0, BTreeSet::new());
        for row in rows.iter().filter(|row| **row >= *start && **row < end) {
            let text = words(&sheet.text(Place::new(*row, label)));
            if text.is_empty() {
                continue;
            }
            let fits = |item: &&&Item| {
                words(&item.title) == text || plan.rows.get(&item.id).is_some_and(|wanted| has(&text, wanted))
            };
            let exact = items.iter().find(|item| words(&item.title) == text);
            let free = items.iter().filter(|item| !used.contains(&item.id)).find(fits);
            let again = items.iter().find(fits).filter(|_| is_block && free.is_none());
            let Some(item) = exact.or(free).or(again) else { continue };
            if !used.insert(item.id.clone()) {
                if !is_block {
                    continue;
                }
                instance += 1;
                used = BTreeSet::from([item.id.clone()]);
            }
            found.push(Found { item: item.id.clone(), row: *row, last: *row, instance });
        }
    }
    found
}

/// Where groups begin, in the order of the map; one that stands elsewhere is looked for from the top.
fn starts<'p>(
    sheet: &Sheet,
    rows: &[u32],
    column: u32,
    section: &Section,
    plan: &'p SheetPlan,
) -> Vec<(u32, &'p SheetGroup)> {
    let mut starts: Vec<(u32, &SheetGroup)> = Vec::new();
    let mut after = 0;
    for group in &plan.groups {
        let title = section
            .items
            .iter()
            .find(|item| group.rows.contains_key(&item.id))
            .map(|item| words(&item.group));
        let fits = |row: &&u32| {
            let text = words(&sheet.text(Place::new(**row, column)));
            let taken = starts.iter().any(|(start, _)| start == *row);
            !taken && !text.is_empty() && (has(&text, &group.words) || Some(&text) == title.as_ref())
        };
        let below = rows.iter().filter(|row| **row > after).find(fits);
        if let Some(row) = below.or_else(|| rows.iter().find(fits)) {
            starts.push((*row, group));
            after = *row;
        }
    }
    starts.sort_by_key(|(row, _)| *row);
    starts
}
