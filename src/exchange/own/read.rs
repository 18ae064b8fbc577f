//! tom's own workbook, as it comes back: what was exported, what it says now, and who stands by what.

use super::super::approvals::Approval;
use super::super::fate::{Fate, Fates};
use super::super::fields::{Fields, fields, is_whole, put, value_of};
use super::super::grid::{Book, Cell, Content, Formulas, Place};
use super::super::keys;
use super::asked::{self, DECISION, QUERIES, Reply};
use super::form::line_of;
use super::write::digest;
use super::{CARRIED, LISTS, NEW, VERSION, field};
use crate::diag::{Code, Error, Severity};
use crate::model::{
    Address, Deployment, Framework, Item, ItemId, ItemType, Key, Mitigation, MitigationKind,
    MitigationStatus, PartyId, Risk, RiskId, RiskStatus, SectionId, Slot,
};
use std::collections::{BTreeMap, BTreeSet};

/// The workbook is not one that can be merged.
pub static NOT_OURS: Code = Code {
    id: "TOM-1004",
    severity: Severity::Error,
    title: "a workbook does not belong to this assessment",
    explain: "A workbook that tom exported carries the permanent id of its assessment, the framework, and everything as it was when it was exported. This one is \
of another assessment or framework, or what it carries was edited, so that nobody can tell what its sender changed. Export it anew, and \
copy the answers over.",
};

/// Whether a workbook is one of tom's own.
pub fn is_own(book: &Book) -> bool {
    book.sheet(CARRIED).is_some_and(|sheet| sheet.text(Place::new(1, 1)) == "tom-workbook")
}

/// The assessment that a workbook says it is of.
pub fn deployment_of(book: &Book) -> Option<String> {
    let sheet = book.sheet(CARRIED)?;
    let row = sheet.rows().into_iter().find(|row| sheet.text(Place::new(*row, 1)) == "deployment")?;
    Some(sheet.text(Place::new(row, 2)))
}

/// Somebody stands by something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// What.
    pub address: Address,
    /// For whom.
    pub party: PartyId,
    /// Who.
    pub by: String,
    pub(in crate::exchange) cell: (usize, Place),
}

/// Somebody accepts a residual risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepts {
    /// The risk.
    pub risk: RiskId,
    /// Who.
    pub by: String,
    /// In which role.
    pub role: String,
    /// Until when.
    pub until: crate::model::Date,
    /// Why.
    pub reason: String,
    pub(in crate::exchange) cell: (usize, Place),
}

/// What a workbook says.
#[derive(Debug, Clone)]
pub struct Returned {
    /// The assessment as it was exported; what was not exported is as it is now.
    pub base: Deployment,
    /// The assessment as the workbook has it.
    pub right: Deployment,
    /// Who stands by what.
    pub stands: Vec<Stands>,
    /// Who accepts what.
    pub accepts: Vec<Accepts>,
    /// The facts that the lines rest on, as the workbook showed them.
    pub facts: BTreeMap<ItemId, String>,
    /// Lines that were exported and that the workbook has no more; what they say stays.
    pub gone: Vec<Address>,
    /// Answers to queries.
    pub replies: Vec<Reply>,
    /// Decisions.
    pub approvals: Vec<Approval>,
    /// What became of each cell.
    pub fates: Fates,
}

/// What the hidden sheet holds.
struct Carried {
    meta: BTreeMap<String, String>,
    fields: Fields,
    lines: BTreeSet<Address>,
    facts: BTreeMap<ItemId, String>,
    asked: BTreeMap<String, String>,
}

fn carried(book: &Book) -> Result<Carried, Error> {
    let edited = || {
        Error::new(&NOT_OURS, "what the workbook carries of its export was edited or is damaged")
            .help("export it anew, and copy the answers over")
    };
    let sheet = book.sheet(CARRIED).ok_or_else(edited)?;
    let (mut meta, mut fields) = (BTreeMap::new(), Fields::new());
    let (mut lines, mut facts, mut asked) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    for row in sheet.rows() {
        let cell = |column| sheet.text(Place::new(row, column));
        match cell(1).as_str() {
            "field" => {
                let address = cell(2).parse().map_err(|_| edited())?;
                fields.insert(address, cell(3));
            }
            "line" => drop(lines.insert(cell(2).parse().map_err(|_| edited())?)),
            "fact" => drop(facts.insert(ItemId::new(cell(2)).map_err(|_| edited())?, cell(3))),
            "asked" => drop(asked.insert(cell(2), cell(3))),
            name => drop(meta.insert(name.to_owned(), cell(2))),
        }
    }
    if meta.get("tom-workbook").map(String::as_str) != Some(VERSION) {
        return Err(Error::new(&NOT_OURS, "the workbook was made by another version of tom")
            .help("export it anew with this one"));
    }
    if meta.get("base").is_none_or(|wanted| *wanted != digest(&fields, &lines, &asked)) {
        return Err(edited());
    }
    Ok(Carried { meta, fields, lines, facts, asked })
}

/// Reads a workbook that was exported from a deployment.
pub fn read_own(
    book: &Book,
    framework: &Framework,
    left: &Deployment,
    formulas: Formulas,
) -> Result<Returned, Error> {
    let Carried { meta, fields: was, lines, facts, asked } = carried(book)?;
    let said = |name: &str| meta.get(name).cloned().unwrap_or_default();
    if said("id") != left.meta.id.as_str() {
        return Err(Error::new(
            &NOT_OURS,
            format!("the workbook is of the assessment `{}`, not of `{}`", said("deployment"), left.name),
        )
        .help(format!("import it as `{}`", said("deployment"))));
    }
    if said("framework-digest") != framework.digest.to_string() {
        return Err(Error::new(
            &NOT_OURS,
            format!(
                "the workbook asks the questions of another {} {}",
                said("framework"),
                said("framework-version")
            ),
        )
        .note("the framework has changed since the workbook was exported")
        .help("export it anew, and copy the answers over"));
    }
    let base = as_exported(framework, left, &was, &lines)?;
    let mut reading = Reading {
        book,
        framework,
        formulas,
        right: base.clone(),
        was,
        now: Fields::new(),
        cells: BTreeMap::new(),
        seen: BTreeSet::new(),
        fresh: Vec::new(),
        stands: Vec::new(),
        accepts: Vec::new(),
        fates: Fates::default(),
    };
    for (number, sheet) in book.sheets.iter().enumerate() {
        if ![CARRIED, LISTS, QUERIES, DECISION, "About", "Outcomes"].contains(&sheet.name.as_str()) {
            reading.sheet(number);
        }
    }
    reading.change();
    reading.fresh(left);
    let replies = asked::replies(book, &asked, formulas, &mut reading.fates);
    let approvals = asked::decisions(book, framework, &asked, formulas, &mut reading.fates);
    reading.fates.rest(book, |_, _, cell| if cell.is_formula { Fate::Computed } else { Fate::Form });
    let gone = lines.into_iter().filter(|line| !is_new(line) && !reading.seen.contains(line)).collect();
    let Reading { right, stands, accepts, fates, .. } = reading;
    Ok(Returned { base, right, stands, accepts, facts, gone, replies, approvals, fates })
}

/// The deployment as it was exported: every exported line as it was then, everything else as it is now.
fn as_exported(
    framework: &Framework,
    left: &Deployment,
    was: &Fields,
    lines: &BTreeSet<Address>,
) -> Result<Deployment, Error> {
    let mut base = left.clone();
    for line in lines.iter().filter(|line| framework.item(&line.subject).is_none()) {
        let Ok(id) = RiskId::new(line.subject.clone()) else { continue };
        // A risk or mitigation that is gone here since: what the workbook says of it is for somebody to decide.
        let risk = base.risks.entry(id).or_insert_with(|| empty_risk(framework, left));
        if let [group, key] = &line.field[..]
            && group == "mitigations"
            && let Ok(key) = Key::new(key.clone())
        {
            risk.mitigations.entry(key).or_insert_with(|| empty_mitigation(left));
        }
    }
    for address in fields(left).keys().filter(|address| lines.contains(&line_of(address))) {
        if !was.contains_key(address) && is_optional(address) {
            let _ = put(framework, &mut base, address, None);
        }
    }
    for (address, text) in was {
        put(framework, &mut base, address, Some(text)).map_err(|why| {
            Error::new(&NOT_OURS, format!("the workbook carries `{address}`, which cannot be read: {why}"))
        })?;
    }
    Ok(base)
}

/// Whether a field can be empty.
fn is_optional(address: &Address) -> bool {
    let field: Vec<&str> = address.field.iter().map(String::as_str).collect();
    !matches!(
        field[..],
        ["title" | "hazard" | "effect" | "status"]
            | ["causes", ..]
            | ["mitigations", _, "kind" | "owner" | "text" | "status"]
    )
}

fn empty_risk(framework: &Framework, deployment: &Deployment) -> Risk {
    let section = framework.section("clinical-safety").or_else(|| framework.sections.first());
    let section = section.map_or_else(|| SectionId::new("risks"), |section| Ok(section.id.clone()));
    Risk {
        title: String::new(),
        section: section.unwrap_or_else(|_| unreachable!("the name of a section is well formed")),
        owner: crate::ops::state::risk_owner(deployment),
        status: RiskStatus::Open,
        hazard: String::new(),
        effect: String::new(),
        depends_on: Vec::new(),
        causes: BTreeMap::new(),
        initial: None,
        residual: None,
        mitigations: BTreeMap::new(),
        confirmed: BTreeMap::new(),
        acceptance: None,
        transfer: None,
    }
}

fn empty_mitigation(deployment: &Deployment) -> Mitigation {
    Mitigation {
        kind: MitigationKind::Process,
        owner: crate::ops::state::risk_owner(deployment),
        causes: Vec::new(),
        text: String::new(),
        status: MitigationStatus::Proposed,
        reason: None,
        evidence: Vec::new(),
        confirmed: BTreeMap::new(),
    }
}

/// A row that does not exist yet: fields by what they are, and where they stand.
#[derive(Debug, Clone)]
struct Fresh {
    /// The address of the line, with a key that means "new".
    address: Address,
    cells: Vec<(Address, String, (usize, Place))>,
}

struct Reading<'b> {
    book: &'b Book,
    framework: &'b Framework,
    formulas: Formulas,
    right: Deployment,
    was: Fields,
    now: Fields,
    cells: BTreeMap<Address, (usize, Place)>,
    seen: BTreeSet<Address>,
    fresh: Vec<Fresh>,
    stands: Vec<Stands>,
    accepts: Vec<Accepts>,
    fates: Fates,
}

impl<'b> Reading<'b> {
    fn sheet(&mut self, number: usize) {
        let book = self.book;
        let Some(sheet) = book.sheets.get(number) else { return };
        let head: BTreeMap<u32, String> =
            sheet.row(1).map(|(at, cell)| (at.column, cell.content.text())).collect();
        if head.get(&1).map(String::as_str) != Some(field::ADDRESS) {
            for place in sheet.cells.keys() {
                self.fates.refuse(number, *place, "the sheet is none of those that were exported");
            }
            return;
        }
        for row in sheet.rows().into_iter().filter(|row| *row > 2) {
            let address = sheet.text(Place::new(row, 1));
            if address.is_empty() {
                self.nameless(number, row);
                continue;
            }
            match address.parse::<Address>() {
                Ok(address) => self.line(number, row, &address, &head),
                Err(error) => self.refuse_row(number, row, &format!("its address cannot be read: {error}")),
            }
        }
    }

    /// A line without an address: a heading of ours, or a row that somebody inserted.
    fn nameless(&mut self, number: usize, row: u32) {
        let Some(sheet) = self.book.sheets.get(number) else { return };
        let is_heading = sheet.row(row).all(|(at, _)| at.column == 2);
        if !is_heading && sheet.text(Place::new(row, 4)) != "Rows of the answer" {
            self.refuse_row(
                number,
                row,
                "the line has no address; copy one of the rows that are kept free, and fill that in",
            );
        }
    }

    fn refuse_row(&mut self, number: usize, row: u32, why: &str) {
        let Some(sheet) = self.book.sheets.get(number) else { return };
        for (place, _) in sheet.row(row) {
            self.fates.refuse(number, place, why);
        }
    }

    fn line(&mut self, number: usize, row: u32, address: &Address, head: &BTreeMap<u32, String>) {
        let is_new = is_new(address);
        if !is_new && !self.seen.insert(address.clone()) {
            if self.is_row_of_answer(address) {
                // A copied row is one more of its kind.
                let mut copy = address.clone();
                if let Some(key) = copy.field.get_mut(1) {
                    *key = format!("{NEW}-copy");
                }
                return self.line(number, row, &copy, head);
            }
            return self.refuse_row(number, row, &format!("`{address}` stands twice; the first is read"));
        }
        let mut cells = Vec::new();
        let Some(sheet) = self.book.sheets.get(number) else { return };
        for (column, name) in head.iter().filter(|(column, _)| **column > 1) {
            let place = Place::new(row, *column);
            let cell = sheet.cells.get(&place);
            if let Some(target) = self.target(address, name, *column, head) {
                match self.text(&target, cell) {
                    Ok(text) => cells.push((target, text, (number, place))),
                    Err(why) => {
                        self.fates.refuse(number, place, why);
                        self.seen.insert(target);
                    }
                }
            } else if let Some(cell) = cell {
                self.voice(address, name, cell, (number, place));
            }
        }
        if head.values().any(|name| name == "accept.by") {
            self.acceptance(number, row, address, head);
        }
        if is_new {
            if cells.iter().any(|(_, text, _)| !text.is_empty()) {
                self.fresh.push(Fresh { address: address.clone(), cells });
            }
            return;
        }
        for (target, text, cell) in cells {
            self.seen.insert(target.clone());
            self.cells.insert(target.clone(), cell);
            if !text.is_empty() {
                self.now.insert(target, text);
            }
        }
    }

    fn is_row_of_answer(&self, address: &Address) -> bool {
        address.field.len() == 2 && address.field.first().is_some_and(|part| part == "rows")
    }

    /// The field that a cell holds; none for what is not filled in.
    fn target(
        &self,
        address: &Address,
        name: &str,
        column: u32,
        head: &BTreeMap<u32, String>,
    ) -> Option<Address> {
        let item = self.framework.item(&address.subject);
        let first = head.iter().find(|(_, name)| *name == field::ANSWER).map(|(column, _)| *column);
        match (item, address.field.first().map(String::as_str)) {
            (Some(item), Some("rows")) => {
                let at = usize::try_from(column.checked_sub(first?)?).ok()?;
                Some(address.clone().then(&item.columns.get(at)?.id))
            }
            (Some(item), None) => match name {
                field::ANSWER => (!item.has_rows()).then(|| address.clone()),
                field::NOTES | field::EVIDENCE => Some(address.clone().then(name)),
                _ => None,
            },
            (None, None) => {
                let parts: Vec<&str> = name.split('.').collect();
                let known = matches!(
                    parts[..],
                    ["title" | "status" | "hazard" | "effect"]
                        | ["initial" | "residual", "severity" | "likelihood"]
                );
                known.then(|| parts.iter().fold(address.clone(), |address, part| address.then(*part)))
            }
            (None, Some("causes")) => (name == "text").then(|| address.clone().then(name)),
            (None, Some("mitigations")) => {
                ["text", "causes", "kind", "owner", "status", "reason", "evidence"]
                    .contains(&name)
                    .then(|| address.clone().then(name))
            }
            _ => None,
        }
    }

    /// What a cell says, in the spelling that a value has.
    fn text(&self, target: &Address, cell: Option<&Cell>) -> Result<String, String> {
        let Some(cell) = cell else { return Ok(String::new()) };
        if let Content::Failure(name) = &cell.content {
            return Err(format!("the cell holds a formula that failed: {name}"));
        }
        self.formulas.look_at(cell)?;
        let Some(item) = self.framework.item(&target.subject) else {
            return Ok(cell.content.text());
        };
        let text = cell.content.text();
        if target.field.last().is_some_and(|part| part == field::NOTES || part == field::EVIDENCE) {
            return Ok(text);
        }
        let (kind, options) = form_of(item, target);
        if kind == ItemType::Date {
            let day = super::super::dates::day(&cell.content, self.book.from_1904);
            return day.map(|(date, _)| date.to_string());
        }
        value_of(item, kind, options, &text).map(|value| super::super::fields::text_of(&value))
    }

    /// How a cell was read, where that is not plain.
    fn remark(&self, (number, place): (usize, Place)) -> Option<String> {
        let cell = self.book.sheets.get(number)?.cells.get(&place)?;
        self.formulas.look_at(cell).ok().flatten()
    }

    /// Somebody's name in a column for confirming.
    fn voice(&mut self, address: &Address, name: &str, cell: &Cell, at: (usize, Place)) {
        let Some(party) = name.strip_prefix(field::CONFIRM) else { return };
        let by = cell.content.text();
        let is_item = self.framework.item(&address.subject).is_some();
        if is_item && by == "not asked" {
            return;
        }
        let owner = || {
            let risk = self.right.risks.get(address.subject.as_str())?;
            Some(risk.mitigations.get(address.field.get(1)?.as_str())?.owner.clone())
        };
        let party = if party == "owner" { owner() } else { PartyId::new(party).ok() };
        match party {
            Some(party) => self.stands.push(Stands { address: address.clone(), party, by, cell: at }),
            None => self.fates.refuse(at.0, at.1, "nobody can tell for which party this is"),
        }
    }

    fn acceptance(&mut self, number: usize, row: u32, address: &Address, head: &BTreeMap<u32, String>) {
        let Some(sheet) = self.book.sheets.get(number) else { return };
        let cell = |name: &str| {
            let (column, _) = head.iter().find(|(_, known)| known.as_str() == name)?;
            let place = Place::new(row, *column);
            Some((place, sheet.cells.get(&place)?))
        };
        let parts = ["accept.by", "accept.role", "accept.until", "accept.reason"].map(cell);
        let given: Vec<Place> = parts.iter().flatten().map(|(place, _)| *place).collect();
        let [Some((place, by)), Some((_, role)), Some((_, until)), Some((_, reason))] = parts else {
            for place in given {
                self.fates.refuse(
                    number,
                    place,
                    "an acceptance needs a name, a role, a last day and a reason",
                );
            }
            return;
        };
        let until = super::super::dates::day(&until.content, self.book.from_1904).map(|(date, _)| date);
        match (RiskId::new(address.subject.clone()), until) {
            (Ok(risk), Ok(until)) => {
                for place in given {
                    self.fates.give(
                        number,
                        place,
                        Fate::Recorded { what: format!("the acceptance of {risk}") },
                    );
                }
                self.accepts.push(Accepts {
                    risk,
                    by: by.content.text(),
                    role: role.content.text(),
                    until,
                    reason: reason.content.text(),
                    cell: (number, place),
                });
            }
            (_, Err(why)) => self.fates.refuse(number, place, why),
            (Err(error), _) => self.fates.refuse(number, place, error.to_string()),
        }
    }

    /// Puts every field that the workbook changed into the right side.
    fn change(&mut self) {
        let addresses: BTreeSet<Address> =
            self.was.keys().chain(self.now.keys()).filter(|a| self.cells.contains_key(*a)).cloned().collect();
        for address in addresses {
            let (was, now) = (self.was.get(&address), self.now.get(&address).cloned());
            let cell = self.cells.get(&address).copied();
            let fate = if was == now.as_ref() {
                Fate::Unchanged
            } else {
                match put(self.framework, &mut self.right, &address, now.as_deref()) {
                    Ok(()) => Fate::Imported {
                        address: address.clone(),
                        remark: cell.and_then(|at| self.remark(at)),
                    },
                    Err(why) => Fate::NotImported { why },
                }
            };
            if let Some((number, place)) = cell {
                self.fates.give(number, place, fate);
            }
        }
        let ids: Vec<RiskId> = self.right.risks.keys().cloned().collect();
        for id in ids {
            self.whole_ratings(&id);
        }
    }

    /// A rating of one word is none: what it was stays.
    fn whole_ratings(&mut self, id: &RiskId) {
        let Some(risk) = self.right.risks.get_mut(id) else { return };
        for (name, rating) in [("initial", &mut risk.initial), ("residual", &mut risk.residual)] {
            if is_whole(rating.as_ref()) {
                continue;
            }
            *rating = None;
            for part in ["severity", "likelihood"] {
                let address = Address::of(id).then(name).then(part);
                if let Some((number, place)) = self.cells.get(&address) {
                    self.fates.refuse(*number, *place, "a rating needs both a severity and a likelihood");
                }
            }
        }
    }

    /// Rows, blocks and risks that are new.
    fn fresh(&mut self, left: &Deployment) {
        let fresh = std::mem::take(&mut self.fresh);
        let mut blocks: BTreeMap<String, Key> = BTreeMap::new();
        // A new block's key comes from its first text, so those are made first.
        for line in fresh.iter().filter(|line| line.address.row.is_some()) {
            let Some((block, key)) = &line.address.row else { continue };
            if key.as_str() != NEW || blocks.contains_key(block.as_str()) {
                continue;
            }
            let words = line.cells.iter().map(|(_, text, _)| text.as_str()).find(|text| !text.is_empty());
            let is_text = self
                .framework
                .item(&line.address.subject)
                .is_some_and(|item| item.kind_of_answer == ItemType::Text);
            let taken: BTreeSet<Key> =
                left.rows_of(block).into_iter().chain(self.right.rows_of(block)).collect();
            let single = block.as_str().trim_end_matches('s');
            let key = keys::free(words.filter(|_| is_text).unwrap_or_default(), single, &taken);
            blocks.insert(block.to_string(), key);
        }
        for line in fresh {
            if RiskId::new(line.address.subject.clone()).is_ok()
                && self.framework.item(&line.address.subject).is_none()
            {
                self.fresh_risk(left, &line);
            } else {
                self.fresh_row(left, &line, &blocks);
            }
        }
    }

    fn fresh_row(&mut self, left: &Deployment, line: &Fresh, blocks: &BTreeMap<String, Key>) {
        let Some(item) = self.framework.item(&line.address.subject) else { return };
        let row = line.address.row.clone().map(|(block, key)| {
            let key =
                if key.as_str() == NEW { blocks.get(block.as_str()).cloned().unwrap_or(key) } else { key };
            (block, key)
        });
        let slot = Slot { item: item.id.clone(), row: row.clone() };
        let key = if line.address.field.is_empty() {
            None
        } else {
            let rows = |d: &Deployment| {
                d.answers.get(&slot).map(|a| a.rows.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
            };
            let taken: BTreeSet<Key> = rows(left).into_iter().chain(rows(&self.right)).collect();
            Some(keys::of_row(item, |column| text_in(line, column), &taken))
        };
        for (address, text, cell) in &line.cells {
            if text.is_empty() {
                continue;
            }
            let mut address = Address { row: row.clone(), ..address.clone() };
            if let (Some(key), Some(part)) = (&key, address.field.get_mut(1)) {
                *part = key.to_string();
            }
            let fate = match put(self.framework, &mut self.right, &address, Some(text)) {
                Ok(()) => Fate::Imported { address, remark: self.remark(*cell) },
                Err(why) => Fate::NotImported { why },
            };
            self.fates.give(cell.0, cell.1, fate);
        }
    }

    fn fresh_risk(&mut self, left: &Deployment, line: &Fresh) {
        let id = keys::free_risk(&self.right, left);
        let mut made = self.right.clone();
        made.risks.insert(id.clone(), empty_risk(self.framework, left));
        let mut fates = Vec::new();
        for (address, text, cell) in line.cells.iter().filter(|(_, text, _)| !text.is_empty()) {
            let address = Address { subject: id.to_string(), ..address.clone() };
            let fate = match put(self.framework, &mut made, &address, Some(text)) {
                Ok(()) => Fate::Imported { address, remark: self.remark(*cell) },
                Err(why) => Fate::NotImported { why },
            };
            fates.push((*cell, fate));
        }
        let is_there = made.risks.get(&id).is_some_and(|risk| {
            [&risk.title, &risk.hazard, &risk.effect].iter().all(|text| !text.is_empty())
        });
        for ((number, place), fate) in fates {
            if is_there {
                self.fates.give(number, place, fate);
            } else {
                self.fates.refuse(
                    number,
                    place,
                    "a new risk needs a title, what can go wrong, and what that would do",
                );
            }
        }
        if is_there {
            self.right = made;
            for (address, _, cell) in &line.cells {
                self.cells.insert(Address { subject: id.to_string(), ..address.clone() }, *cell);
            }
            self.whole_ratings(&id);
        }
    }
}

fn text_in<'l>(line: &'l Fresh, column: &str) -> &'l str {
    let found =
        line.cells.iter().find(|(address, _, _)| address.field.last().is_some_and(|part| part == column));
    found.map_or("", |(_, text, _)| text)
}

fn is_new(address: &Address) -> bool {
    let in_block = address.row.as_ref().is_some_and(|(_, key)| key.as_str() == NEW);
    let in_rows = address.field.get(1).is_some_and(|key| key.starts_with(&format!("{NEW}-")));
    in_block || in_rows || address.subject.starts_with(&format!("{}-", NEW.to_uppercase()))
}

/// The form of an answer's cell: the item's, or its column's.
fn form_of<'i>(item: &'i Item, target: &Address) -> (ItemType, &'i [String]) {
    match target.field.first().map(String::as_str) {
        Some("rows") => target
            .field
            .last()
            .and_then(|id| item.columns.iter().find(|column| column.id == *id))
            .map_or((ItemType::Text, &[]), |column| (column.kind, &column.options)),
        _ => (item.kind_of_answer, &item.options),
    }
}
