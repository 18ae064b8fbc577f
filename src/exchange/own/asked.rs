//! What is asked of a workbook's readers beside the form: to answer queries, and of a party that decides, to decide.
//!
//! What was asked, and over what, is carried with the export, so that an answer to another question, or a decision over other content, is noticed.

use super::super::approvals::Approval;
use super::super::dates::day;
use super::super::fate::{Fate, Fates};
use super::super::grid::{Book, Content, Formulas, Place, Sheet};
use super::draw::Page;
use super::form::{Choice, Entry};
use crate::diag::Error;
use crate::model::{Address, Deployment, Digest, Framework, Key, PhaseOutcome, Verdict};
use crate::ops::policy::{Office, outcomes};
use crate::ops::stage::Query;
use std::collections::BTreeMap;

/// The sheet of open queries.
pub(super) const QUERIES: &str = "Queries";
/// The sheet of decisions.
pub(super) const DECISION: &str = "Decision";

/// What is asked beside the form.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Queries that nobody has answered yet.
    pub queries: Vec<Query>,
    /// The roles in which somebody may decide, with their phase and the digest of what that is over.
    pub seats: Vec<Seat>,
}

/// A role that decides in a phase.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The phase.
    pub phase: u8,
    /// The role.
    pub office: Office,
    /// The digest that is on the cover of the phase's pack.
    pub digest: Digest,
}

impl Seat {
    fn key(&self) -> String {
        format!("{}/{}", self.phase, self.office.role)
    }
}

/// An answer to what was asked about something.
#[derive(Debug, Clone)]
pub struct Reply {
    /// About what.
    pub address: Address,
    /// What was asked when the workbook was exported.
    pub asked: String,
    /// The answer.
    pub text: String,
    pub(in crate::exchange) cell: (usize, Place),
}

impl Fates {
    /// Says of a reply that it goes to the record.
    pub fn replied(&mut self, reply: &Reply) {
        let what = format!("the record, as an answer to what is asked about {}", reply.address);
        self.change(reply.cell.0, reply.cell.1, Fate::Recorded { what });
    }

    /// Says of a reply that it was given before.
    pub fn replied_before(&mut self, reply: &Reply) {
        self.change(reply.cell.0, reply.cell.1, Fate::Unchanged);
    }

    /// Says why a reply is not taken.
    pub fn refuse_reply(&mut self, reply: &Reply, why: &str) {
        self.refuse(reply.cell.0, reply.cell.1, why);
    }
}

/// Everything that is open about something, in one text.
pub fn question(queries: &[Query], address: &Address) -> String {
    let about = queries.iter().filter(|query| query.address == *address);
    about.map(|query| query.text.as_str()).collect::<Vec<_>>().join("\n")
}

impl Asked {
    fn by_address(&self) -> BTreeMap<&Address, Vec<&Query>> {
        let mut all: BTreeMap<&Address, Vec<&Query>> = BTreeMap::new();
        self.queries.iter().for_each(|query| all.entry(&query.address).or_default().push(query));
        all
    }

    /// What the workbook carries of it: questions by address, digests by phase and role.
    pub(super) fn carried(&self) -> BTreeMap<String, String> {
        let queries = self.by_address().into_keys();
        let queries = queries.map(|address| (address.to_string(), question(&self.queries, address)));
        let digests = self.seats.iter().map(|seat| (seat.key(), seat.digest.to_string()));
        queries.chain(digests).collect()
    }

    pub(super) fn draw_queries(
        &self,
        page: &mut Page<'_>,
        framework: &Framework,
        deployment: &Deployment,
    ) -> Result<(), Error> {
        page.head(
            &["query", "id", "title", "asked", "by", "reply"],
            &["", "About", "Item", "What is asked", "Who asked, and when", "Your answer"],
            &[4.0, 16.0, 40.0, 60.0, 26.0, 60.0],
        )?;
        for (address, queries) in self.by_address() {
            let styles = page.styles;
            let title = match framework.item(&address.subject) {
                Some(item) => item.title.as_str(),
                None => deployment.risks.get(address.subject.as_str()).map_or("", |risk| risk.title.as_str()),
            };
            let by: Vec<String> = queries.iter().map(|query| format!("{}, {}", query.by, query.on)).collect();
            page.text(0, &address.to_string(), &styles.small)?;
            page.text(1, &address.to_string(), &styles.locked)?;
            page.text(2, title, &styles.locked)?;
            page.text(3, &question(&self.queries, address), &styles.locked)?;
            page.text(4, &by.join("\n"), &styles.locked)?;
            page.entry(5, &Entry { text: String::new(), choice: Choice::Free })?;
            page.next()?;
        }
        Ok(())
    }

    pub(super) fn draw_decision(&self, page: &mut Page<'_>, framework: &Framework) -> Result<(), Error> {
        page.head(&COLUMNS, &TITLES, &[4.0, 24.0, 34.0, 40.0, 40.0, 22.0, 12.0, 40.0, 30.0, 30.0, 12.0])?;
        for seat in &self.seats {
            let styles = page.styles;
            let phase = framework.phase(seat.phase).map_or("", |phase| &phase.title);
            let key = seat.key();
            let choice = |words: Vec<String>| Entry { text: String::new(), choice: Choice::Words(words) };
            let free = Entry { text: String::new(), choice: Choice::Free };
            let a_day = Entry { text: String::new(), choice: Choice::Day };
            page.text(0, &key, &styles.small)?;
            page.text(1, &format!("{} {phase}", seat.phase), &styles.locked)?;
            page.text(2, framework.label(&seat.office.role), &styles.locked)?;
            page.text(3, &seat.digest.grouped(), &styles.locked)?;
            page.entry(4, &choice(outcome_words(framework, &seat.office)))?;
            for (column, entry) in [(5, &free), (6, &a_day), (7, &free), (8, &free), (9, &free), (10, &a_day)]
            {
                page.entry(column, entry)?;
            }
            page.next()?;
            for item in seat.office.verdicts.iter().filter_map(|id| framework.item(id.as_str())) {
                page.text(0, &format!("{key}/{}", item.id), &styles.small)?;
                page.text(1, item.id.as_str(), &styles.locked)?;
                page.text(2, &item.title, &styles.locked)?;
                page.text(3, "", &styles.not_asked)?;
                page.entry(4, &choice(item.options.clone()))?;
                [5, 6, 8, 9, 10]
                    .into_iter()
                    .try_for_each(|column| page.text(column, "", &styles.not_asked))?;
                page.entry(7, &free)?;
                page.next()?;
            }
        }
        Ok(())
    }
}

const COLUMNS: [&str; 11] = [
    "decision",
    "phase",
    "role",
    "over",
    "outcome",
    "by",
    "on",
    "reason",
    "conditions",
    "queries",
    "expires",
];
const TITLES: [&str; 11] = [
    "",
    "Phase",
    "You decide as",
    "Over what: the digest on the cover of the phase's pack",
    "What you decide",
    "Your name",
    "Day",
    "Why",
    "Conditions, a line each",
    "Questions, a line each, as in IGA-16: Which system is it?",
    "Holds until",
];

/// The outcomes that a role can give, in words.
fn outcome_words(framework: &Framework, office: &Office) -> Vec<String> {
    let title = |value: String| match phase_outcome(framework, &value).filter(|_| !office.verdicts.is_empty())
    {
        Some(outcome) => outcome.title.clone(),
        None => value,
    };
    outcomes(framework, office).into_iter().map(title).collect()
}

fn phase_outcome<'f>(framework: &'f Framework, value: &str) -> Option<&'f PhaseOutcome> {
    framework.phase_outcomes.iter().find(|outcome| outcome.value == value)
}

/// A sheet that comes back, by the names of its hidden first row.
struct Lines<'b> {
    number: usize,
    sheet: &'b Sheet,
    head: BTreeMap<String, u32>,
    formulas: Formulas,
}

impl<'b> Lines<'b> {
    fn of(book: &'b Book, name: &str, first: &str, formulas: Formulas) -> Option<Self> {
        let number = book.sheets.iter().position(|sheet| sheet.name == name)?;
        let sheet = book.sheets.get(number)?;
        let head = sheet.row(1).map(|(at, cell)| (cell.content.text(), at.column)).collect();
        let lines = Self { number, sheet, head, formulas };
        (sheet.text(Place::new(1, 1)) == first).then_some(lines)
    }

    /// The rows below the headings that have a key.
    fn rows(&self) -> impl Iterator<Item = (u32, String)> {
        let rows = self.sheet.rows().into_iter().filter(|row| *row > 2);
        rows.map(|row| (row, self.sheet.text(Place::new(row, 1)))).filter(|(_, key)| !key.is_empty())
    }

    fn place(&self, row: u32, name: &str) -> Option<Place> {
        self.head.get(name).map(|column| Place::new(row, *column))
    }

    /// What stands in a cell to be filled in, and where; what cannot be taken is said of the cell.
    fn said(&self, row: u32, name: &str, fates: &mut Fates) -> Option<(String, Place)> {
        let place = self.place(row, name)?;
        let cell = self.sheet.cells.get(&place)?;
        let failed = match &cell.content {
            Content::Failure(name) => Err(format!("the cell holds a formula that failed: {name}")),
            _ => Ok(()),
        };
        if let Err(why) = failed.and_then(|()| self.formulas.look_at(cell)) {
            fates.refuse(self.number, place, why);
            return None;
        }
        Some((cell.content.text(), place)).filter(|(text, _)| !text.is_empty())
    }
}

/// The answers to queries.
pub(super) fn replies(
    book: &Book,
    carried: &BTreeMap<String, String>,
    formulas: Formulas,
    fates: &mut Fates,
) -> Vec<Reply> {
    let Some(lines) = Lines::of(book, QUERIES, "query", formulas) else { return Vec::new() };
    let mut all: Vec<Reply> = Vec::new();
    for (row, key) in lines.rows() {
        let Some((text, place)) = lines.said(row, "reply", fates) else { continue };
        let cell = (lines.number, place);
        let asked = carried.get(&key).zip(key.parse().ok());
        match asked {
            Some((_, address)) if all.iter().any(|reply| reply.address == address) => {
                fates.refuse(cell.0, cell.1, format!("`{address}` stands twice; the first is read"));
            }
            Some((asked, address)) => all.push(Reply { address, asked: asked.clone(), text, cell }),
            None => fates.refuse(cell.0, cell.1, format!("nothing was asked about `{key}`")),
        }
    }
    all
}

/// The decisions that are whole; of others their cells say what is missing.
pub(super) fn decisions(
    book: &Book,
    framework: &Framework,
    carried: &BTreeMap<String, String>,
    formulas: Formulas,
    fates: &mut Fates,
) -> Vec<Approval> {
    let Some(lines) = Lines::of(book, DECISION, "decision", formulas) else { return Vec::new() };
    let rows: BTreeMap<String, u32> = lines.rows().map(|(row, key)| (key, row)).collect();
    let whole = rows.keys().filter(|key| key.split('/').count() == 2);
    let mut all = Vec::new();
    for key in whole {
        let mut read = Reading { lines: &lines, fates, places: Vec::new() };
        let decision = read.decision(book, framework, &rows, key);
        let places = read.places;
        let over = carried.get(key).and_then(|digest| digest.parse().ok());
        match decision {
            _ if places.is_empty() => {}
            Ok(mut approval) if over.is_some() => {
                approval.over = over;
                approval.cells = places.into_iter().map(|place| (lines.number, place)).collect();
                all.push(approval);
            }
            other => {
                let why = other.err().unwrap_or_else(|| "nobody was asked to decide so".to_owned());
                for place in places {
                    if !fates.is_refused(lines.number, place) {
                        fates.refuse(lines.number, place, why.clone());
                    }
                }
            }
        }
    }
    all
}

/// A decision being read.
struct Reading<'l, 'b, 'f> {
    lines: &'l Lines<'b>,
    fates: &'f mut Fates,
    places: Vec<Place>,
}

impl Reading<'_, '_, '_> {
    fn text(&mut self, row: u32, name: &str) -> Option<String> {
        let (text, place) = self.lines.said(row, name, self.fates)?;
        self.places.push(place);
        Some(text)
    }

    fn day(&mut self, book: &Book, row: u32, name: &str) -> Result<Option<crate::model::Date>, String> {
        let Some((_, place)) = self.lines.said(row, name, self.fates) else { return Ok(None) };
        self.places.push(place);
        let Some(cell) = self.lines.sheet.cells.get(&place) else { return Ok(None) };
        day(&cell.content, book.from_1904).map(|(date, _)| Some(date))
    }

    fn decision(
        &mut self,
        book: &Book,
        framework: &Framework,
        rows: &BTreeMap<String, u32>,
        key: &str,
    ) -> Result<Approval, String> {
        let (phase, role) =
            key.split_once('/').ok_or("its line has another key than it was exported with")?;
        let phase: u8 = phase.parse().map_err(|_| "its line has another key than it was exported with")?;
        let row = *rows.get(key).ok_or("its line is gone")?;
        // Everything is read before anything is refused, so that each cell has a fate.
        let (outcome, by) = (self.text(row, "outcome"), self.text(row, "by"));
        let (on, expires) = (self.day(book, row, "on"), self.day(book, row, "expires"));
        let reason = self.text(row, "reason");
        let (conditions, queries) = (self.text(row, "conditions"), self.text(row, "queries"));
        let mut verdicts = BTreeMap::new();
        let of = |item: &crate::model::Item| rows.get(&format!("{key}/{}", item.id)).copied();
        for (item, row) in framework.items().filter_map(|item| Some((item, of(item)?))) {
            let (verdict, reason) = (self.text(row, "outcome"), self.text(row, "reason"));
            match (verdict, &reason) {
                (Some(verdict), _) => drop(verdicts.insert(item.id.clone(), Verdict { verdict, reason })),
                (None, Some(_)) => return Err(format!("`{}` has a reason and no verdict", item.id)),
                (None, None) => {}
            }
        }
        let outcome = outcome.ok_or("nothing is decided: choose what")?;
        let known = framework.phase_outcomes.iter().find(|known| known.title == outcome);
        Ok(Approval {
            phase,
            roles: vec![role.to_owned()],
            by: by.ok_or("nobody is named who decides")?,
            on: on?.ok_or("it does not say on which day it was decided")?,
            outcome: known.map_or(outcome, |known| known.value.clone()),
            verdicts,
            conditions: numbered(&conditions.unwrap_or_default())?,
            queries: questions(&queries.unwrap_or_default())?,
            expires: expires?,
            reason,
            over: None,
            cells: Vec::new(),
        })
    }
}

/// Conditions, a line each.
fn numbered(text: &str) -> Result<BTreeMap<Key, String>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keyed = (1..).zip(lines).map(|(number, line)| {
        let key = Key::new(format!("C{number}")).map_err(|error| error.to_string())?;
        Ok((key, line.to_owned()))
    });
    keyed.collect()
}

/// Questions, a line each: what it is about, a colon, and what is asked.
fn questions(text: &str) -> Result<BTreeMap<Address, String>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let parted = lines.map(|line| {
        let (address, question) = line.split_once(':').ok_or_else(|| {
            format!("`{line}` does not say what it is about; write it as in IGA-16: Which?")
        })?;
        let address =
            address.trim().parse().map_err(|error: crate::model::AddressError| error.to_string())?;
        Ok((address, question.trim().to_owned()))
    });
    parted.collect()
}
