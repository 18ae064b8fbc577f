//! The rows of a hazard log as risks.

use super::super::checklist::words::{has, words};
use super::super::grid::{Book, Content, Place, Sheet};
use super::FAULTY_LOG;
use super::faults::{Typed, classes, undragged};
use crate::diag::{Error, Finding};
use crate::model::{
    Cause, Framework, HazardMap, Key, MeasureRows, Mitigation, MitigationKind, MitigationStatus, PartyId,
    RatingColumns, Risk, RiskId, RiskStatus, SectionId,
};
use crate::syntax::is_hidden;
use std::collections::{BTreeMap, BTreeSet};

/// What a hazard log says.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Risks by id.
    pub risks: BTreeMap<RiskId, Risk>,
    /// Mistakes, with their rows.
    pub faults: Vec<Finding>,
    /// Cells in rows of hazards that the map does not name, and rows that are no hazards.
    pub left_out: Vec<String>,
    /// Sheets that hold no hazards.
    pub other_sheets: Vec<String>,
}

/// What risks get that a log does not say.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The prefix of the ids, where the log has bare numbers.
    pub prefix: String,
    /// The owner of the risks.
    pub owner: PartyId,
    /// The section that they belong to.
    pub section: SectionId,
}

const NOT_STATED: &str = "Not stated in the hazard log.";

/// Where a column stands, by the words of its heading; two rows of headings are read as one.
struct Table<'s> {
    sheet: &'s Sheet,
    head: u32,
    headings: BTreeMap<u32, String>,
}

impl<'s> Table<'s> {
    /// The table whose headings have these words.
    fn find(sheet: &'s Sheet, wanted: &[&str]) -> Option<Self> {
        sheet.rows().into_iter().take(100).find_map(|head| {
            let headings = headings(sheet, head);
            let fits = |words: &&str| headings.values().any(|heading| has(heading, words));
            wanted.iter().all(fits).then_some(Self { sheet, head, headings })
        })
    }

    /// The column of a heading; of several the one with the fewest words.
    fn column(&self, heading: &str) -> Option<u32> {
        let found = self.headings.iter().filter(|(_, text)| has(text, heading));
        found.min_by_key(|(_, text)| text.split(' ').count()).map(|(column, _)| *column)
    }

    fn text(&self, row: u32, heading: Option<&String>) -> String {
        heading
            .and_then(|heading| self.column(heading))
            .map(|column| self.sheet.text(Place::new(row, column)))
            .unwrap_or_default()
    }
}

/// Headings by column, with what stands over them in the row above.
fn headings(sheet: &Sheet, head: u32) -> BTreeMap<u32, String> {
    let mut headings = BTreeMap::new();
    let mut above = String::new();
    let over: BTreeMap<u32, String> = if head > 1 {
        sheet.row(head - 1).map(|(place, cell)| (place.column, words(&cell.content.text()))).collect()
    } else {
        BTreeMap::new()
    };
    for (place, cell) in sheet.row(head) {
        if let Some((_, text)) = over.range(..=place.column).next_back() {
            above.clone_from(text);
        }
        let own = words(&cell.content.text());
        headings.insert(place.column, format!("{above} {own}").trim().to_owned());
    }
    headings
}

/// The sheet without characters that cannot be seen, and the cells that had some: texts copied from word processors do.
fn seen(sheet: &Sheet) -> (Sheet, Vec<String>) {
    let mut sheet = sheet.clone();
    let mut unseen = Vec::new();
    for (place, cell) in &mut sheet.cells {
        let Content::Text(text) = &mut cell.content else { continue };
        let dropped = |c: char| c != '\r' && is_hidden(c);
        let Some(first) = text.chars().find(|c| dropped(*c)) else { continue };
        text.retain(|c| !dropped(c));
        unseen.push(format!(
            "{}, cell {place}: characters that cannot be seen are left out, the first is U+{:04X}",
            sheet.name,
            u32::from(first)
        ));
    }
    (sheet, unseen)
}

/// Reads a log.
///
/// # Errors
///
/// Where no sheet has the headings that the map names.
pub fn read_log(
    book: &Book,
    map: &HazardMap,
    framework: &Framework,
    defaults: &Defaults,
) -> Result<Log, Error> {
    let wanted = [map.number.as_str(), &map.title, &map.hazard, &map.effect];
    let in_sheet = |sheet: &&Sheet| map.sheet.as_ref().is_none_or(|name| has(&words(&sheet.name), name));
    let sheets: Vec<(Sheet, Vec<String>)> = book.sheets.iter().filter(in_sheet).map(seen).collect();
    let found = sheets
        .iter()
        .find_map(|(sheet, unseen)| Table::find(sheet, &wanted).map(|table| (table, unseen.as_slice())));
    let (table, unseen) = found.ok_or_else(|| {
        Error::new(&FAULTY_LOG, "no sheet has the headings that the map names")
            .note(format!("the map is for {}", map.about))
            .help(format!(
                "choose another with `--map`: {}, or a file of your own",
                super::map_names().join(", ")
            ))
    })?;
    let mut reading = Reading {
        table: &table,
        map,
        framework,
        defaults,
        log: Log {
            faults: unseen.iter().map(|text| Finding::new(&FAULTY_LOG, text.as_str())).collect(),
            ..Log::default()
        },
        dragged: BTreeSet::new(),
        last: None,
    };
    for row in table.sheet.rows().into_iter().filter(|row| *row > table.head) {
        reading.row(row);
    }
    let mut log = reading.log;
    let others = book.sheets.iter().filter(|sheet| sheet.name != table.sheet.name && !sheet.cells.is_empty());
    log.other_sheets = others.map(|sheet| sheet.name.clone()).collect();
    for risk in log.risks.values_mut() {
        risk.title = risk.title.split('\n').next().unwrap_or_default().trim().to_owned();
    }
    Ok(log)
}

/// An entry of tom's own log: its key, what stands in brackets, its words.
type Entry<T> = (Key, T, String);

/// The entries of a cell that tom's own log wrote, a line each; none where the first line does not begin one.
fn entries<T>(text: &str, begin: impl Fn(&str) -> Option<((Key, String), T)>) -> Option<Vec<Entry<T>>> {
    let mut entries: Vec<Entry<T>> = Vec::new();
    for line in text.split('\n') {
        match (begin(line), entries.last_mut()) {
            (Some(((key, words), inner)), _) => entries.push((key, inner, words)),
            (None, Some((_, _, words))) => {
                words.push('\n');
                words.push_str(line);
            }
            (None, None) => return None,
        }
    }
    (!entries.is_empty()).then_some(entries)
}

/// `C1: words`
fn keyed_line(line: &str) -> Option<(Key, String)> {
    let (key, words) = line.split_once(": ")?;
    let is_key = key.starts_with('C') && key.len() <= 4 && key.chars().skip(1).all(|c| c.is_ascii_digit());
    Some((Key::new(key).ok().filter(|_| is_key)?, words.to_owned()))
}

/// `M1 (in place, supplier, C1 C2): words`
#[expect(clippy::type_complexity, reason = "the parts of one line")]
fn measure_line(line: &str) -> Option<((Key, String), (MitigationStatus, PartyId, Vec<Key>))> {
    let (key, rest) = line.split_once(" (")?;
    let (inner, words) = rest.split_once("): ")?;
    let mut parts = inner.split(", ");
    let status =
        parts.next().and_then(|text| MitigationStatus::ALL.iter().copied().find(|s| s.as_str() == text))?;
    let owner = PartyId::new(parts.next()?).ok()?;
    let causes = parts.next().unwrap_or_default().split(' ').filter_map(|key| Key::new(key).ok()).collect();
    Some(((Key::new(key).ok()?, words.to_owned()), (status, owner, causes)))
}

struct Reading<'t> {
    table: &'t Table<'t>,
    map: &'t HazardMap,
    framework: &'t Framework,
    defaults: &'t Defaults,
    log: Log,
    /// Texts of earlier rows without their digits.
    dragged: BTreeSet<(String, String, String)>,
    /// The hazard of the row before, for logs with a row for each mitigation.
    last: Option<RiskId>,
}

impl Reading<'_> {
    fn fault(&mut self, row: u32, message: impl Into<String>) {
        let place = format!("{}, row {row}: {}", self.table.sheet.name, message.into());
        self.log.faults.push(Finding::new(&FAULTY_LOG, place));
    }

    fn row(&mut self, row: u32) {
        let number = self.table.text(row, Some(&self.map.number));
        let id = match self.id(&number) {
            Some(id) => id,
            None if self.map.rows.is_some() && number.is_empty() && self.last.is_some() => {
                self.measure_row(row);
                return;
            }
            None => {
                let words: Vec<String> =
                    self.table.sheet.row(row).map(|(_, cell)| cell.content.text()).collect();
                let why = if number.is_empty() {
                    "no number".to_owned()
                } else {
                    format!("`{number}` is no number of a hazard")
                };
                self.log.left_out.push(format!("row {row}: {why}: {}", words.join(" | ")));
                return;
            }
        };
        if self.log.risks.contains_key(&id) {
            if self.map.rows.is_some() {
                self.last = Some(id);
                self.measure_row(row);
            } else {
                self.fault(row, format!("the number {number} stands twice; the first row counts"));
            }
            return;
        }
        if let Some(risk) = self.hazard(row, &number) {
            self.log.risks.insert(id.clone(), risk);
            self.last = Some(id);
            if self.map.rows.is_some() {
                self.measure_row(row);
            }
        }
        self.rest(row);
    }

    /// The id of a number: `4` is `HAZ-004`; an id stays as it is.
    fn id(&self, number: &str) -> Option<RiskId> {
        if let Ok(id) = RiskId::new(number.to_uppercase()) {
            return Some(id);
        }
        let digits: String =
            number.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        let number: u32 = digits.parse().ok()?;
        RiskId::new(format!("{}-{number:03}", self.defaults.prefix)).ok()
    }

    fn hazard(&mut self, row: u32, number: &str) -> Option<Risk> {
        let map = self.map;
        let [title, hazard, effect] =
            [&map.title, &map.hazard, &map.effect].map(|heading| self.table.text(row, Some(heading)));
        let stem = (undragged(&title), undragged(&hazard), undragged(&effect));
        if !stem.1.is_empty() && !self.dragged.insert(stem) {
            self.fault(row, format!("hazard {number} says the same as an earlier row: it looks copied by dragging, and is left out"));
            return None;
        }
        let mut needed = |what: &str, text: String| {
            if text.is_empty() {
                self.fault(row, format!("hazard {number} has no {what}"));
                return NOT_STATED.to_owned();
            }
            text
        };
        let (hazard, effect) = (needed("description", hazard), needed("effect", effect));
        let title = needed("name", title);
        let mut risk = Risk {
            title,
            section: self.defaults.section.clone(),
            owner: self.defaults.owner.clone(),
            status: self.status(row),
            hazard,
            effect,
            depends_on: Vec::new(),
            causes: BTreeMap::new(),
            initial: None,
            residual: None,
            mitigations: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            acceptance: None,
            transfer: None,
        };
        self.ratings(row, number, &mut risk);
        if let Some(owner) = &map.owner {
            self.owner(row, number, Some(owner));
        }
        if map.rows.is_none() {
            self.causes_and_measures(row, &mut risk);
        }
        Some(risk)
    }

    fn status(&self, row: u32) -> RiskStatus {
        let text = words(&self.table.text(row, self.map.status.as_ref()));
        RiskStatus::ALL.iter().copied().find(|status| has(&text, status.as_str())).unwrap_or(RiskStatus::Open)
    }

    fn ratings(&mut self, row: u32, number: &str, risk: &mut Risk) {
        let typed = |columns: &RatingColumns| Typed {
            severity: self.table.text(row, columns.severity.as_ref()),
            likelihood: self.table.text(row, columns.likelihood.as_ref()),
            class: self.table.text(row, columns.class.as_ref()),
        };
        let (initial, residual) = (typed(&self.map.initial), typed(&self.map.residual));
        for (name, typed, rating) in
            [("initial", &initial, &mut risk.initial), ("residual", &residual, &mut risk.residual)]
        {
            match typed.rating(&self.framework.matrix) {
                Ok(known) => *rating = known,
                Err(why) => self.fault(row, format!("hazard {number}, {name} rating: {why}; it is left out")),
            }
        }
        for fault in classes(&self.framework.matrix, &initial, &residual) {
            self.fault(row, format!("hazard {number}: {fault}"));
        }
    }

    /// The party that a cell names.
    fn owner(&mut self, row: u32, number: &str, heading: Option<&String>) -> Option<PartyId> {
        let text = self.table.text(row, heading);
        let named = super::super::fields::party(self.framework, &text).ok();
        if heading.is_some() && named.is_none() {
            let what = if text.is_empty() {
                "no owner".to_owned()
            } else {
                format!("the owner `{text}`, who is no party")
            };
            self.fault(row, format!("hazard {number} has {what}"));
        }
        named
    }

    fn causes_and_measures(&mut self, row: u32, risk: &mut Risk) {
        let causes = self.table.text(row, self.map.causes.as_ref());
        if let Some(own) = entries(&causes, |line| Some((keyed_line(line)?, ()))) {
            risk.causes.extend(own.into_iter().map(|(key, (), text)| (key, Cause { text })));
        } else if let (Ok(key), false) = (Key::new("C1"), causes.is_empty()) {
            risk.causes.insert(key, Cause { text: causes });
        }
        let all: Vec<Key> = risk.causes.keys().cloned().collect();
        let evidence = self.evidence(row);
        for measure in &self.map.measures {
            let text = self.table.text(row, Some(&measure.heading));
            let owner = measure.owner.clone().unwrap_or_else(|| self.defaults.owner.clone());
            let make = |text: String, status, owner, causes: Vec<Key>| Mitigation {
                kind: measure.kind,
                owner,
                causes,
                text,
                status,
                reason: None,
                evidence: evidence.clone(),
                confirmed: BTreeMap::new(),
            };
            if let Some(own) = entries(&text, measure_line) {
                for (key, (status, owner, causes), text) in own {
                    risk.mitigations.insert(key, make(text, status, owner, causes));
                }
            } else if let (Ok(key), false) =
                (Key::new(format!("M{}", risk.mitigations.len() + 1)), text.is_empty())
            {
                risk.mitigations.insert(key, make(text, measure.status, owner, all.clone()));
            }
        }
    }

    /// The cells of the column of evidence, and those after it that have no heading.
    fn evidence(&self, row: u32) -> Vec<String> {
        let Some(first) = self.map.evidence.as_ref().and_then(|heading| self.table.column(heading)) else {
            return Vec::new();
        };
        let columns = (first..)
            .take_while(|column| *column == first || !self.table.headings.contains_key(column))
            .take(20);
        let texts = columns.map(|column| self.table.sheet.text(Place::new(row, column)));
        texts
            .filter(|text| !text.is_empty())
            .map(|text| format!("ref:{}", text.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect()
    }

    fn measure_row(&mut self, row: u32) {
        let (Some(rows), Some(id)) = (self.map.rows.clone(), self.last.clone()) else { return };
        let MeasureRows { key, text, kind, owner, status, cause_key, cause } = rows;
        let said = |heading: &Option<String>| self.table.text(row, heading.as_ref());
        let (text, cause_text, kind_text, status_text) =
            (said(&text), said(&cause), words(&said(&kind)), words(&said(&status)));
        let (key_text, cause_key) = (said(&key), said(&cause_key));
        let keyed = |prefix: &str, text: &str, count: usize| {
            let plain: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            let plain = if plain.starts_with(|c: char| c.is_ascii_digit()) {
                format!("{prefix}{plain}")
            } else {
                plain
            };
            Key::new(plain).or_else(|_| Key::new(format!("{prefix}{}", count + 1))).ok()
        };
        let known = self
            .log
            .risks
            .get(&id)
            .map(|risk| (risk.causes.len(), risk.mitigations.len()))
            .unwrap_or_default();
        let cause =
            keyed("C", &cause_key, known.0).filter(|_| !cause_text.is_empty() || !cause_key.is_empty());
        let measure = keyed("M", &key_text, known.1);
        if text.is_empty() {
            if !cause_text.is_empty() {
                self.fault(row, format!("{id}: a cause without a control"));
            }
        } else if owner.is_some() {
            let number = id.to_string();
            let named = self.owner(row, &number, owner.as_ref());
            let kind = MitigationKind::ALL.iter().copied().find(|kind| has(&kind_text, kind.as_str()));
            let status =
                MitigationStatus::ALL.iter().copied().find(|status| has(&status_text, status.as_str()));
            if status.is_none() {
                self.fault(
                    row,
                    format!("{id}: a control has no status that is known; it counts as proposed"),
                );
            }
            let mitigation = Mitigation {
                kind: kind.unwrap_or(MitigationKind::Process),
                owner: named.unwrap_or_else(|| self.defaults.owner.clone()),
                causes: cause.iter().cloned().collect(),
                text,
                status: status.unwrap_or(MitigationStatus::Proposed),
                reason: None,
                evidence: Vec::new(),
                confirmed: BTreeMap::new(),
            };
            let is_twice = measure.as_ref().is_some_and(|key| {
                self.log.risks.get(&id).is_some_and(|risk| risk.mitigations.contains_key(key))
            });
            if is_twice {
                self.fault(row, format!("{id}: the control {key_text} stands twice; the first counts"));
            } else if let (Some(key), Some(risk)) = (measure, self.log.risks.get_mut(&id)) {
                risk.mitigations.insert(key, mitigation);
            }
        }
        if let (Some(key), Some(risk)) = (cause, self.log.risks.get_mut(&id))
            && !cause_text.is_empty()
        {
            risk.causes.entry(key).or_insert(Cause { text: cause_text });
        }
    }

    /// Cells of the row in columns that the map does not name.
    fn rest(&mut self, row: u32) {
        let map = self.map;
        let mut known: Vec<&String> = vec![&map.number, &map.title, &map.hazard, &map.effect];
        known.extend([&map.causes, &map.owner, &map.status, &map.evidence].into_iter().flatten());
        known.extend(&map.ignore);
        known.extend(map.measures.iter().map(|measure| &measure.heading));
        for columns in [&map.initial, &map.residual] {
            known.extend([&columns.severity, &columns.likelihood, &columns.class].into_iter().flatten());
        }
        if let Some(rows) = &map.rows {
            known.extend(
                [&rows.key, &rows.text, &rows.kind, &rows.owner, &rows.status, &rows.cause_key, &rows.cause]
                    .into_iter()
                    .flatten(),
            );
        }
        let known: BTreeSet<u32> =
            known.into_iter().filter_map(|heading| self.table.column(heading)).collect();
        let evidence = self.map.evidence.as_ref().and_then(|heading| self.table.column(heading));
        for (place, cell) in self.table.sheet.row(row) {
            let is_more_evidence = evidence.is_some_and(|first| {
                place.column > first
                    && !(first + 1..=place.column).any(|c| self.table.headings.contains_key(&c))
            });
            if !known.contains(&place.column) && !is_more_evidence {
                let heading = self
                    .table
                    .headings
                    .get(&place.column)
                    .map_or("a column without a heading", String::as_str);
                self.log.left_out.push(format!("{place} ({heading}): {}", cell.content.text()));
            }
        }
    }
}
