//! The cells of a section: answers, notes, names, rows.

use super::super::dates::day;
use super::super::fate::{Fate, Fates};
use super::super::fields::{put, text_of, value_of};
use super::super::grid::{Book, Cell, Content, Formulas, Place, Sheet};
use super::super::keys;
use super::super::own::Stands;
use super::place::{Columns, Found, heading, rows};
use super::words::{Said, has, said, words};
use crate::diag::nearest;
use crate::model::{
    Address, BlockId, Deployment, Framework, Item, ItemId, ItemType, Key, PartyId, RiskId, Section, SheetMap,
    SheetPlan, SheetTable, Slot,
};
use std::collections::{BTreeMap, BTreeSet};

/// A checklist being read, cell by cell.
pub(super) struct Cells<'b> {
    pub book: &'b Book,
    pub map: &'b SheetMap,
    pub framework: &'b Framework,
    pub formulas: Formulas,
    pub right: Deployment,
    pub stands: Vec<Stands>,
    pub fates: Fates,
    /// Cells that hold an answer which could not be taken over, by item.
    pub lost: BTreeSet<ItemId>,
}

impl<'b> Cells<'b> {
    pub(super) fn new(
        book: &'b Book,
        map: &'b SheetMap,
        framework: &'b Framework,
        right: Deployment,
        formulas: Formulas,
    ) -> Self {
        Self {
            book,
            map,
            framework,
            formulas,
            right,
            stands: Vec::new(),
            fates: Fates::default(),
            lost: BTreeSet::new(),
        }
    }

    /// Reads the sheet of a section.
    pub(super) fn section(&mut self, number: usize, section: &Section, plan: &SheetPlan) {
        let Some(sheet) = self.book.sheets.get(number) else { return };
        if let Some((head, columns)) = heading(sheet, &plan.columns) {
            let found = rows(sheet, head, &columns, section, plan);
            let keys = self.blocks(sheet, &columns, &found);
            for found in &found {
                self.item(number, sheet, &columns, found, &keys);
            }
            self.unknown(number, sheet, head, section, &found);
        }
        self.beside(number, sheet, plan);
        for (id, table) in &plan.tables {
            self.table(number, sheet, id, table);
        }
    }

    /// The key of each instance of a block: what its first answer says, otherwise what its first label says.
    fn blocks(&self, sheet: &Sheet, columns: &Columns, found: &[Found]) -> BTreeMap<(BlockId, usize), Key> {
        let mut keys: BTreeMap<(BlockId, usize), Key> = BTreeMap::new();
        for found in found {
            let Some(item) = self.framework.item(found.item.as_str()) else { continue };
            let Some(block) = &item.repeats else { continue };
            let place = (block.clone(), found.instance);
            if keys.contains_key(&place) {
                continue;
            }
            let column = if item.has_rows() { "label" } else { "answer" };
            let name = columns
                .get(column)
                .map(|column| sheet.text(Place::new(found.row, *column)))
                .unwrap_or_default();
            let taken =
                keys.iter().filter(|((known, _), _)| known == block).map(|(_, key)| key.clone()).collect();
            let key = keys::free(&name, block.as_str().trim_end_matches('s'), &taken);
            keys.insert(place, key);
        }
        keys
    }

    fn item(
        &mut self,
        number: usize,
        sheet: &Sheet,
        columns: &Columns,
        found: &Found,
        keys: &BTreeMap<(BlockId, usize), Key>,
    ) {
        let Some(item) = self.framework.item(found.item.as_str()) else { return };
        let row = item.repeats.as_ref().and_then(|block| {
            let key = keys.get(&(block.clone(), found.instance))?;
            Some((block.clone(), key.clone()))
        });
        let slot = Slot { item: item.id.clone(), row };
        let at = |name: &str| columns.get(name).map(|column| Place::new(found.row, *column));
        if let Some(place) = at("answer") {
            match item.kind_of_answer {
                ItemType::People => self.people(number, sheet, item, &slot, place),
                ItemType::Dates => self.dates(number, sheet, item, &slot, place),
                _ => self.answer(number, sheet, item, &slot.address(), place),
            }
        } else if item.kind_of_answer == ItemType::People {
            (found.row..=found.last).for_each(|row| self.person(number, sheet, columns, item, &slot, row));
        }
        if let Some(place) = at("notes")
            && let Some((text, _)) = self.written(number, sheet, place, false)
            && !self.is_forms(number, place, &text)
        {
            self.put(number, place, item, &slot.address().then("notes"), &text, None);
        }
        if [at("answer"), at("notes")].into_iter().flatten().any(|place| self.fates.is_refused(number, place))
        {
            self.lost.insert(item.id.clone());
        }
        if let Some(place) = at("actioned-by") {
            self.name(number, sheet, item, &slot, place);
        }
    }

    /// What somebody wrote into a cell; the form's own texts and placeholders get their fate here.
    pub(super) fn written(
        &mut self,
        number: usize,
        sheet: &Sheet,
        place: Place,
        is_name: bool,
    ) -> Option<(String, Option<String>)> {
        let cell = sheet.cells.get(&place)?;
        let text = cell.content.text();
        if let Content::Failure(name) = &cell.content {
            self.fates.refuse(number, place, format!("the cell holds a formula that failed: {name}"));
            return None;
        }
        if let Err(why) = self.formulas.look_at(cell) {
            self.fates.refuse(number, place, why);
            return None;
        }
        match said(self.map, &text, is_name) {
            Said::Placeholder => {
                self.fates.give(number, place, Fate::Placeholder);
                None
            }
            Said::Text(text, party) => Some((text, party)),
        }
    }

    /// Whether a text of some length is the form's own, which nobody wrote; a choice of one of its options is somebody's.
    fn is_forms(&mut self, number: usize, place: Place, text: &str) -> bool {
        let is_forms = words(text).split(' ').count() > 3 && self.prints(text);
        if is_forms {
            self.fates.give(number, place, Fate::Form);
        }
        is_forms
    }

    fn prints(&self, text: &str) -> bool {
        let digest = crate::model::Digest::of_bytes(words(text).as_bytes()).hex();
        self.map.form.contains(&digest[..12])
    }

    fn put(
        &mut self,
        number: usize,
        place: Place,
        item: &Item,
        address: &Address,
        text: &str,
        remark: Option<String>,
    ) {
        match put(self.framework, &mut self.right, address, Some(text)) {
            Ok(()) => self.fates.give(number, place, Fate::Imported { address: address.clone(), remark }),
            Err(why) => {
                self.lost.insert(item.id.clone());
                self.fates.refuse(number, place, format!("{address}: {why}"));
            }
        }
    }

    fn answer(&mut self, number: usize, sheet: &Sheet, item: &Item, address: &Address, place: Place) {
        let Some((text, _)) = self.written(number, sheet, place, false) else { return };
        let Some(cell) = sheet.cells.get(&place) else { return };
        if item.kind_of_answer != ItemType::Choice && self.is_forms(number, place, &text) {
            return;
        }
        match self.typed(item, item.kind_of_answer, &item.options, cell, &text) {
            Ok((text, remark)) => self.put(number, place, item, address, &text, remark),
            Err(why) => {
                self.lost.insert(item.id.clone());
                self.fates.refuse(number, place, format!("{address}: {why}"));
            }
        }
    }

    /// A cell's text in the spelling of a value, and how it was read.
    fn typed(
        &self,
        item: &Item,
        kind: ItemType,
        options: &[String],
        cell: &Cell,
        text: &str,
    ) -> Result<(String, Option<String>), String> {
        let formula = self.formulas.look_at(cell)?;
        if kind == ItemType::Date {
            let (date, remark) = day(&cell.content, self.book.from_1904)?;
            return Ok((date.to_string(), remark.or(formula)));
        }
        let first: Vec<&String> = options
            .iter()
            .filter(|o| o.len() > 1 && o.to_lowercase().starts_with(&text.to_lowercase()))
            .collect();
        let (text, remark) = match (kind, &first[..]) {
            (ItemType::Choice, [only])
                if text.len() == 1 && !options.iter().any(|o| o.eq_ignore_ascii_case(text)) =>
            {
                ((*only).clone(), Some(format!("`{text}`, read as `{only}`")))
            }
            _ => (text.to_owned(), formula),
        };
        let is_text = matches!(kind, ItemType::Text | ItemType::Prose | ItemType::Texts | ItemType::OdsCode);
        let remark = match &cell.content {
            Content::Number(_) if is_text => {
                Some("a number; the file does not hold how it was written".to_owned())
            }
            _ => remark,
        };
        Ok((text_of(&value_of(item, kind, options, &text)?), remark))
    }

    /// A name in the column that says who acted: that party's confirmation.
    fn name(&mut self, number: usize, sheet: &Sheet, item: &Item, slot: &Slot, place: Place) {
        let Some((name, whom)) = self.written(number, sheet, place, true) else { return };
        let named = whom.and_then(|whom| {
            self.map.parties.iter().find(|(_, words)| has(&whom, words)).map(|(party, _)| party.clone())
        });
        let asked = item.parties.iter().find(|party| item.confirmed_by.contains(party));
        let party: Option<PartyId> = named.or_else(|| asked.or(item.confirmed_by.first()).cloned());
        match party {
            Some(party) if item.confirmed_by.contains(&party) => {
                self.stands.push(Stands { address: slot.address(), party, by: name, cell: (number, place) });
            }
            Some(party) => {
                self.fates.refuse(number, place, format!("`{}` is not for the {party} to confirm", item.id))
            }
            None => self.fates.refuse(number, place, format!("nobody has to confirm `{}`", item.id)),
        }
    }

    /// A person in a row of cells.
    fn person(
        &mut self,
        number: usize,
        sheet: &Sheet,
        columns: &Columns,
        item: &Item,
        slot: &Slot,
        row: u32,
    ) {
        let places: Vec<(&str, Place)> = item
            .columns
            .iter()
            .filter_map(|column| Some((column.id.as_str(), Place::new(row, *columns.get(&column.id)?))))
            .collect();
        let said: Vec<(&str, Place, String)> = places
            .into_iter()
            .filter_map(|(id, place)| Some((id, place, self.written(number, sheet, place, false)?.0)))
            .collect();
        if said.is_empty() {
            return;
        }
        let of = |wanted: &str| said.iter().find(|(id, ..)| *id == wanted).map_or("", |(_, _, text)| text);
        let key = keys::of_row(item, of, &self.taken(slot));
        for (id, place, text) in &said {
            let address = slot.address().then("rows").then(key.as_str()).then(*id);
            self.put(number, *place, item, &address, text, None);
        }
    }

    fn taken(&self, slot: &Slot) -> BTreeSet<Key> {
        self.right.answers.get(slot).map(|answer| answer.rows.keys().cloned().collect()).unwrap_or_default()
    }

    /// People in one cell: a name, what they do, an address, a number.
    fn people(&mut self, number: usize, sheet: &Sheet, item: &Item, slot: &Slot, place: Place) {
        let Some((text, _)) = self.written(number, sheet, place, false) else { return };
        let lines: Vec<&str> = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
        let each: Vec<String> = if lines.iter().filter(|line| line.contains('@')).count() > 1 {
            lines.iter().map(|line| (*line).to_owned()).collect()
        } else {
            vec![lines.join(", ")]
        };
        for line in each {
            match person_in(&line) {
                Ok(parts) => {
                    let of = |wanted: &str| {
                        parts.iter().find(|(id, _)| *id == wanted).map_or("", |(_, text)| text.as_str())
                    };
                    let key = keys::of_row(item, of, &self.taken(slot));
                    for (id, part) in &parts {
                        let address = slot.address().then("rows").then(key.as_str()).then(*id);
                        let remark = format!("`{part}` of `{line}`");
                        self.put(number, place, item, &address, part, Some(remark));
                    }
                }
                Err(why) => {
                    self.lost.insert(item.id.clone());
                    self.fates.refuse(number, place, format!("{slot}: {why}"));
                }
            }
        }
    }

    /// Days in one cell, a line each: what happens and when. A text in which they cannot be found is kept as notes.
    fn dates(&mut self, number: usize, sheet: &Sheet, item: &Item, slot: &Slot, place: Place) {
        let Some((text, _)) = self.written(number, sheet, place, false) else { return };
        let lines: Vec<&str> =
            text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty()).collect();
        let found: Option<Vec<(String, String)>> = lines.iter().map(|line| day_in(line)).collect();
        let Some(found) = found else {
            let remark = Some("kept as notes: no day could be read from every line".to_owned());
            return self.put(number, place, item, &slot.address().then("notes"), &text, remark);
        };
        for (what, date) in found {
            let key = keys::of_row(item, |id| if id == "what" { &what } else { "" }, &self.taken(slot));
            let row = slot.address().then("rows").then(key.as_str());
            if !what.is_empty() {
                self.put(
                    number,
                    place,
                    item,
                    &row.clone().then("what"),
                    &what,
                    Some("days, a line each; in figures, the day stands before the month".to_owned()),
                );
            }
            self.put(
                number,
                place,
                item,
                &row.then("date"),
                &date,
                Some("days, a line each; in figures, the day stands before the month".to_owned()),
            );
        }
    }

    /// Choices to the right of a word. Where all of them are as the form presets them, nobody has chosen.
    fn beside(&mut self, number: usize, sheet: &Sheet, plan: &SheetPlan) {
        let cells: Vec<(&ItemId, Place)> = plan
            .beside
            .iter()
            .filter_map(|(id, beside)| {
                let mut with =
                    sheet.cells.iter().filter(|(_, cell)| words(&cell.content.text()) == beside.words);
                let (place, _) = with.nth(beside.nth - 1)?;
                Some((id, Place::new(place.row, place.column + 1)))
            })
            .collect();
        let is_preset = |(id, place): &(&ItemId, Place)| {
            self.map.presets.get(*id).is_some_and(|preset| sheet.text(*place) == *preset)
        };
        if !cells.is_empty() && cells.iter().all(is_preset) {
            for (_, place) in cells {
                self.fates.give(number, place, Fate::Placeholder);
            }
            return;
        }
        for (id, place) in cells {
            if let Some(item) = self.framework.item(id.as_str()) {
                self.answer(number, sheet, item, &Address::of(id), place);
            }
        }
    }

    fn table(&mut self, number: usize, sheet: &Sheet, id: &ItemId, plan: &SheetTable) {
        let Some(item) = self.framework.item(id.as_str()) else { return };
        let Some((head, columns)) = table_heading(sheet, item, plan) else { return };
        let slot = Slot::of(id);
        for row in sheet.rows().into_iter().filter(|row| *row > head) {
            let mut cells = Vec::new();
            for (column, at) in &columns {
                let place = Place::new(row, *at);
                if let Some((text, _)) = self.written(number, sheet, place, false) {
                    cells.push((*column, place, text));
                }
            }
            // A remark of the form's may stand alone where rows begin.
            let alone = cells.len() == 1 && cells.iter().all(|(_, _, text)| self.prints(text));
            if cells.is_empty() {
                continue;
            }
            if alone {
                cells.iter().for_each(|(_, place, _)| self.fates.give(number, *place, Fate::Form));
                continue;
            }
            let of = |wanted: &str| {
                cells.iter().find(|(column, ..)| column.id == wanted).map_or("", |(_, _, text)| text)
            };
            let key = keys::of_row(item, of, &self.taken(&slot));
            for (column, place, text) in &cells {
                let address = slot.address().then("rows").then(key.as_str()).then(&column.id);
                let Some(cell) = sheet.cells.get(place) else { continue };
                match self.typed(item, column.kind, &column.options, cell, text) {
                    Ok((text, remark)) => self.put(number, *place, item, &address, &text, remark),
                    Err(why) => {
                        self.lost.insert(item.id.clone());
                        self.fates.refuse(number, *place, format!("{address}: {why}"));
                    }
                }
            }
        }
    }

    /// Rows that print an id which the framework does not have: every cell of theirs is listed.
    fn unknown(&mut self, number: usize, sheet: &Sheet, head: u32, section: &Section, found: &[Found]) {
        for row in sheet.rows().into_iter().filter(|row| *row > head && !found.iter().any(|f| f.row == *row))
        {
            let id = sheet.row(row).take(3).find_map(|(_, cell)| RiskId::new(cell.content.text()).ok());
            let Some(id) = id.filter(|_| section.items.iter().any(|item| item.printed_id)) else { continue };
            let why = if self.framework.item(id.as_str()).is_some() {
                format!("`{id}` stands twice, or in another section's sheet")
            } else {
                match nearest(id.as_str(), self.framework.items().map(|item| item.id.as_str())) {
                    Some(near) => format!("the framework has no item `{id}`; the nearest is `{near}`"),
                    None => format!("the framework has no item `{id}`"),
                }
            };
            for (place, cell) in sheet.row(row) {
                if !self.prints(&cell.content.text()) {
                    self.fates.refuse(number, place, why.clone());
                }
            }
        }
    }
}

/// The row of a table's headings, and its columns. Where two tables share a row, each heading is the nth of its words.
fn table_heading<'i>(
    sheet: &Sheet,
    item: &'i Item,
    plan: &SheetTable,
) -> Option<(u32, Vec<(&'i crate::model::Column, u32)>)> {
    sheet.rows().into_iter().find_map(|row| {
        let nth = |wanted: &str| {
            let mut found = sheet.row(row).filter(|(_, cell)| has(&words(&cell.content.text()), wanted));
            // A heading that only one of the tables has is its own, whichever of the two that is.
            let places: Vec<u32> = found.by_ref().map(|(place, _)| place.column).collect();
            places.get(plan.nth - 1).or(places.last()).copied()
        };
        let columns: Vec<_> = item
            .columns
            .iter()
            .filter_map(|column| Some((column, nth(plan.columns.get(&column.id)?)?)))
            .collect();
        (columns.len() == plan.columns.len()).then_some((row, columns))
    })
}

/// The parts of a person's details in one text.
fn person_in(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    let mut parts: Vec<(&'static str, String)> = Vec::new();
    for part in text.split([',', ';', '\n', '|']).map(str::trim).filter(|part| !part.is_empty()) {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        let has = |wanted: &str| parts.iter().any(|(id, _)| *id == wanted);
        let id = match () {
            () if part.contains('@') => "email",
            () if digits >= 6 && digits * 2 >= part.chars().count() => "phone",
            () if !has("name") => "name",
            () => "job-title",
        };
        if has(id) {
            return Err(format!(
                "`{text}` is more than a name, a job title, an e-mail address and a telephone number"
            ));
        }
        parts.push((id, part.to_owned()));
    }
    Ok(parts)
}

/// What happens, and the day, in one line.
fn day_in(line: &str) -> Option<(String, String)> {
    let read = |text: &str| {
        day(&Content::Text(text.trim().to_owned()), false).ok().map(|(date, _)| date.to_string())
    };
    if let Some(date) = read(line) {
        return Some((String::new(), date));
    }
    for separator in [": ", " - ", " – ", "\t", ", "] {
        let Some((left, right)) = line.split_once(separator) else { continue };
        if let Some(date) = read(right) {
            return Some((left.trim().to_owned(), date));
        }
        if let Some(date) = read(left) {
            return Some((right.trim().to_owned(), date));
        }
    }
    let (what, last) = line.rsplit_once(' ')?;
    read(last).map(|date| (what.trim().to_owned(), date))
}
