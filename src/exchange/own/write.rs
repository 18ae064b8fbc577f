//! A deployment as a workbook.

use super::super::Fields;
use super::super::text::CANNOT_EXPORT;
use super::asked::{Asked, DECISION, QUERIES};
use super::draw::{Lists, Page, at, refused};
use super::form::{Choice, Entry, ItemLine, Line, Selection, base, lines};
use super::styles::Styles;
use super::{CARRIED, LISTS, VERSION, field};
use crate::diag::Error;
use crate::model::{
    Address, Canonical, Deployment, Framework, ItemId, Level, MitigationKind, MitigationStatus, PartyId,
    RiskId, RiskStatus, Section, Settings, Tree,
};
use crate::ops::show::outcome_lines;
use crate::ops::state::{Stand, States, given, states};
use rust_xlsxwriter::{
    ConditionalFormatFormula, DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet,
};
use std::collections::{BTreeMap, BTreeSet};

/// Where a workbook comes from.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    /// The commit that last changed the deployment.
    pub commit: Option<String>,
    /// Seconds since 1970 of that commit.
    pub seconds: i64,
    /// Whether something in the folder is not committed.
    pub is_draft: bool,
    /// tom's version.
    pub tool: String,
}

struct Book<'f> {
    framework: &'f Framework,
    settings: &'f Settings,
    deployment: &'f Deployment,
    selection: &'f Selection,
    asked: &'f Asked,
    states: States<'f>,
    styles: Styles,
    lists: Lists,
    /// The lines that were drawn, for the base of the merge.
    lines: BTreeSet<Address>,
    footer: String,
}

/// A deployment as the bytes of an `.xlsx`. The same input gives the same bytes.
pub fn write_workbook(
    framework: &Framework,
    settings: &Settings,
    deployment: &Deployment,
    selection: &Selection,
    asked: &Asked,
    provenance: &Provenance,
) -> Result<Vec<u8>, Error> {
    let commit = provenance.commit.as_deref().map_or("no commit", |commit| &commit[..commit.len().min(12)]);
    let draft = if provenance.is_draft { ", with changes that are not committed" } else { "" };
    // An ampersand begins a command in a footer; doubled it is one.
    let title = deployment.meta.title.replace('&', "&&");
    let mut book = Book {
        framework,
        settings,
        deployment,
        selection,
        asked,
        states: states(deployment, framework),
        styles: Styles::new(),
        lists: Lists::default(),
        lines: BTreeSet::new(),
        footer: format!("&L{title}&C{commit}{draft}&R&A, page &P of &N"),
    };
    let mut sheets = vec![book.about(provenance)?];
    sheets.extend(book.queries()?);
    sheets.extend(book.decision()?);
    for section in &framework.sections {
        sheets.extend(book.section(section)?);
    }
    sheets.extend(book.risks()?);
    sheets.extend(book.causes()?);
    sheets.extend(book.mitigations()?);
    sheets.push(book.outcomes()?);
    sheets.push(book.carried(provenance)?);
    sheets.push(book.lists()?);
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(provenance.seconds).map_err(|error| refused(&error))?;
    let about = format!("{} {}", framework.title, framework.version);
    workbook.set_properties(
        &DocProperties::new()
            .set_title(&deployment.meta.title)
            .set_subject(about)
            .set_creation_datetime(&created),
    );
    for sheet in sheets {
        workbook.push_worksheet(sheet);
    }
    workbook.save_to_buffer().map_err(|error| refused(&error))
}

fn sheet(name: &str) -> Result<Worksheet, Error> {
    let mut sheet = Worksheet::new();
    sheet.set_name(name).map_err(|error| {
        Error::new(&CANNOT_EXPORT, format!("`{name}` cannot be the name of a sheet: {error}"))
    })?;
    Ok(sheet)
}

/// The name of a section's sheet: the checklist's own, which its users know.
fn sheet_name(section: &Section) -> &str {
    let known = section.items.iter().map(|item| item.cells.sheet.as_str()).find(|name| !name.is_empty());
    known.unwrap_or(&section.title)
}

impl<'f> Book<'f> {
    fn page<'p>(&'p mut self, sheet: &'p mut Worksheet) -> Page<'p> {
        Page::new(sheet, &self.styles, &mut self.lists)
    }

    fn about(&mut self, provenance: &Provenance) -> Result<Worksheet, Error> {
        let mut drawn = sheet("About")?;
        let framework = self.framework;
        let deployment = self.deployment;
        let whose = match &self.selection.party {
            Some(party) => format!("What {} has to answer, confirm or own", framework.party_label(party)),
            None => "The whole assessment".to_owned(),
        };
        let what =
            if self.selection.todo { format!("{whose}: only what is still to be done") } else { whose };
        let commit = match (&provenance.commit, provenance.is_draft) {
            (Some(commit), false) => commit.clone(),
            (Some(commit), true) => format!("{commit}, and changes since that are not committed"),
            (None, _) => "not committed yet".to_owned(),
        };
        let facts = [
            ("Assessment", deployment.name.to_string()),
            ("Framework", format!("{}, version {}", framework.title, framework.version)),
            ("Holds", what),
            ("Commit", commit),
            ("Made by", format!("tom {}", provenance.tool)),
        ];
        let mut guide = vec![
            "Fill in the cells with a light yellow ground; everything else is locked and is not read back.",
            "An empty cell means that nobody has said anything. Clear a cell to take an answer back.",
            "To stand by an answer for your party, put your own name into its column \"Confirm\". Leave the column empty for what you do not confirm.",
            "Lines may be sorted and moved. Some rows are kept free for one more; insert further rows by copying one of those.",
            "Evidence is named a line each: path: and a file, https: and an address, or ref: and words that identify a document.",
            "Send the file back as it is, all of it. What you changed is put in, what somebody else changed meanwhile stays, and where both did a person decides.",
        ];
        if !self.asked.queries.is_empty() {
            guide.insert(0, "Questions wait for an answer: see the sheet \"Queries\".");
        }
        if !self.asked.seats.is_empty() {
            guide.push("To decide, read the phase's pack, make sure that the digest on its cover is the one in the sheet \"Decision\", and fill in what you decide, your name and the day. It is recorded with this file as what shows it.");
        }
        let footer = self.footer.clone();
        let mut page = self.page(&mut drawn);
        let styles = page.styles;
        page.done(|sheet, _| {
            sheet.set_column_width(0, 22)?;
            sheet.set_column_width(1, 90).map(drop)
        })?;
        page.widths = vec![90.0, 90.0];
        page.text(0, &deployment.meta.title, &styles.title)?;
        page.next()?;
        page.next()?;
        for (name, value) in facts {
            page.text(0, name, &styles.columns)?;
            page.text(1, &value, &styles.locked)?;
            page.next()?;
        }
        page.next()?;
        page.heading(0, 2, "How to fill it in")?;
        page.next()?;
        for (number, line) in guide.iter().enumerate() {
            page.text(0, &(number + 1).to_string(), &styles.columns)?;
            page.text(1, line, &styles.locked)?;
            page.next()?;
        }
        page.finish(&footer);
        Ok(drawn)
    }

    fn queries(&mut self) -> Result<Option<Worksheet>, Error> {
        if self.asked.queries.is_empty() {
            return Ok(None);
        }
        let mut drawn = sheet(QUERIES)?;
        let (framework, deployment, footer) = (self.framework, self.deployment, self.footer.clone());
        let asked = self.asked;
        let mut page = self.page(&mut drawn);
        asked.draw_queries(&mut page, framework, deployment)?;
        page.finish(&footer);
        Ok(Some(drawn))
    }

    fn decision(&mut self) -> Result<Option<Worksheet>, Error> {
        if self.asked.seats.is_empty() {
            return Ok(None);
        }
        let mut drawn = sheet(DECISION)?;
        let (asked, framework, footer) = (self.asked, self.framework, self.footer.clone());
        let mut page = self.page(&mut drawn);
        asked.draw_decision(&mut page, framework)?;
        page.finish(&footer);
        Ok(Some(drawn))
    }

    fn section(&mut self, section: &'f Section) -> Result<Option<Worksheet>, Error> {
        let lines = lines(self.framework, self.deployment, &self.states, section, self.selection);
        if lines.is_empty() {
            return Ok(None);
        }
        let asked: BTreeSet<&PartyId> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Item(item) => Some(item.confirm.iter().copied()),
                _ => None,
            })
            .flatten()
            .collect();
        let asked: Vec<&PartyId> =
            self.framework.parties.iter().map(|p| &p.id).filter(|id| asked.contains(id)).collect();
        let mut drawn = sheet(sheet_name(section))?;
        let framework = self.framework;
        let footer = self.footer.clone();
        for line in &lines {
            if let Line::Item(item) = line {
                self.lines.insert(item.address.clone());
            }
        }
        let mut page = self.page(&mut drawn);
        let mut fields = vec![
            field::ADDRESS.to_owned(),
            "id".into(),
            "title".into(),
            "guidance".into(),
            field::ANSWER.into(),
            field::NOTES.into(),
            field::EVIDENCE.into(),
            "asked".into(),
            "state".into(),
            "confirmed".into(),
        ];
        let mut titles: Vec<String> = [
            "",
            "Id",
            "Item",
            "What is asked",
            "Answer",
            "Notes",
            "Evidence",
            "Who",
            "State",
            "Confirmed by",
        ]
        .map(str::to_owned)
        .into();
        let mut widths = vec![4.0, 13.0, 26.0, 46.0, 26.0, 32.0, 22.0, 18.0, 13.0, 22.0];
        for party in &asked {
            fields.push(format!("{}{party}", field::CONFIRM));
            titles.push(format!("Confirm for {}: your name", framework.party_label(party)));
            widths.push(16.0);
        }
        page.head(&fields, &titles, &widths)?;
        let first = page.row;
        for line in &lines {
            draw_line(&mut page, framework, line, &asked, titles.len())?;
            page.next()?;
        }
        let last = page.row;
        colour_answers(&mut page, first, last)?;
        page.finish(&footer);
        Ok(Some(drawn))
    }

    fn risks(&mut self) -> Result<Option<Worksheet>, Error> {
        let owner = crate::ops::state::risk_owner(self.deployment);
        let selection = self.selection;
        let chosen: Vec<RiskId> = self
            .states
            .risks
            .iter()
            .filter(|risk| selection.takes(&owner, risk.whole.1 == Stand::Stands))
            .map(|risk| risk.id.clone())
            .collect();
        if chosen.is_empty()
            && (selection.todo || selection.party.as_ref().is_some_and(|party| *party != owner))
        {
            return Ok(None);
        }
        self.lines.extend(chosen.iter().map(Address::of));
        let mut drawn = sheet("Risks")?;
        let confirm = format!("{}{owner}", field::CONFIRM);
        let (framework, deployment, settings) = (self.framework, self.deployment, self.settings);
        let risk_word = capital(framework.label("risk"));
        let effect_word = capital(framework.label("effect"));
        let confirm_title = format!("Confirm for {}: your name", framework.party_label(&owner));
        let state_of: BTreeMap<RiskId, (String, String)> = self
            .states
            .risks
            .iter()
            .map(|risk| {
                let by: Vec<String> = risk
                    .risk
                    .confirmed
                    .iter()
                    .map(|(p, c)| format!("{}: {}, {}", framework.party_label(p), c.by, c.on))
                    .collect();
                (risk.id.clone(), (risk.state.to_string(), by.join("\n")))
            })
            .collect();
        let footer = self.footer.clone();
        let mut page = self.page(&mut drawn);
        page.head(
            &[
                field::ADDRESS,
                "id",
                "title",
                "status",
                "hazard",
                "effect",
                "initial.severity",
                "initial.likelihood",
                "initial.class",
                "residual.severity",
                "residual.likelihood",
                "residual.class",
                "state",
                "confirmed",
                &confirm,
                "accepted",
                "accept.by",
                "accept.role",
                "accept.until",
                "accept.reason",
            ],
            &[
                "",
                "Id",
                &risk_word,
                "Status",
                "What can go wrong",
                &effect_word,
                "Severity before",
                "Likelihood before",
                "Class before",
                "Severity after",
                "Likelihood after",
                "Class after",
                "State",
                "Confirmed by",
                &confirm_title,
                "Accepted",
                "Accept: your name",
                "Accept: your role",
                "Accept: until",
                "Accept: why",
            ],
            &[
                4.0, 10.0, 26.0, 10.0, 40.0, 34.0, 13.0, 11.0, 14.0, 13.0, 11.0, 14.0, 11.0, 20.0, 15.0,
                20.0, 14.0, 16.0, 11.0, 22.0,
            ],
        )?;
        let first = page.row;
        let roles: Vec<String> = settings.policy.accept.keys().cloned().collect();
        let word = |words: &[String], text: &str| Entry {
            text: text.to_owned(),
            choice: Choice::Words(words.to_vec()),
        };
        let statuses: Vec<String> = RiskStatus::ALL.iter().map(ToString::to_string).collect();
        let free = |text: &str| Entry { text: text.to_owned(), choice: Choice::Free };
        let news = (1..=3).map(|n| format!("{}-{n}", super::NEW.to_uppercase()));
        let lines = chosen
            .iter()
            .map(|id| (id.to_string(), deployment.risks.get(id)))
            .chain(news.map(|id| (id, None)));
        for (id, risk) in lines {
            let styles = page.styles;
            let text = |of: fn(&crate::model::Risk) -> String| risk.map(of).unwrap_or_default();
            page.text(0, &id, &styles.small)?;
            page.text(1, if risk.is_some() { &id } else { "one more" }, &styles.locked)?;
            page.entry(2, &free(&text(|r| r.title.clone())))?;
            page.entry(3, &word(&statuses, &text(|r| r.status.to_string())))?;
            page.entry(4, &free(&text(|r| r.hazard.clone())))?;
            page.entry(5, &free(&text(|r| r.effect.clone())))?;
            for (column, rating) in
                [(6, risk.and_then(|r| r.initial.as_ref())), (9, risk.and_then(|r| r.residual.as_ref()))]
            {
                let matrix = &framework.matrix;
                page.entry(column, &word(&matrix.severity, rating.map_or("", |r| &r.severity)))?;
                page.entry(column + 1, &word(&matrix.likelihood, rating.map_or("", |r| &r.likelihood)))?;
                class(&mut page, framework, column, rating)?;
            }
            let known = risk.and_then(|_| state_of.get(id.as_str()));
            page.text(12, known.map_or("", |(state, _)| state), &styles.locked)?;
            page.text(13, known.map_or("", |(_, by)| by), &styles.locked)?;
            page.entry(14, &free(""))?;
            let accepted = risk
                .and_then(|r| r.acceptance.as_ref())
                .map(|a| format!("{} ({}), class {}, {}", a.by, a.role, a.class, a.on));
            page.text(15, &accepted.unwrap_or_default(), &styles.locked)?;
            page.entry(16, &free(""))?;
            page.entry(17, &if roles.is_empty() { free("") } else { word(&roles, "") })?;
            page.entry(18, &Entry { text: String::new(), choice: Choice::Day })?;
            page.entry(19, &free(""))?;
            page.next()?;
        }
        colour_classes(&mut page, first, [8, 11])?;
        page.finish(&footer);
        Ok(Some(drawn))
    }

    fn causes(&mut self) -> Result<Option<Worksheet>, Error> {
        let rows: Vec<(Address, String, String)> = self
            .deployment
            .risks
            .iter()
            .filter(|(id, _)| self.lines.contains(&Address::of(id)))
            .flat_map(|(id, risk)| {
                risk.causes.iter().map(move |(key, cause)| {
                    (Address::of(id).then("causes").then(key.as_str()), id.to_string(), cause.text.clone())
                })
            })
            .collect();
        if rows.is_empty() {
            return Ok(None);
        }
        self.lines.extend(rows.iter().map(|(address, ..)| address.clone()));
        let mut drawn = sheet("Causes")?;
        let footer = self.footer.clone();
        let mut page = self.page(&mut drawn);
        page.head(
            &[field::ADDRESS, "id", "key", "text"],
            &["", "Id", "Cause", "How it can come about"],
            &[4.0, 13.0, 10.0, 110.0],
        )?;
        for (address, id, text) in rows {
            let styles = page.styles;
            page.text(0, &address.to_string(), &styles.small)?;
            page.text(1, &id, &styles.locked)?;
            page.text(2, address.field.last().map_or("", String::as_str), &styles.locked)?;
            page.entry(3, &Entry { text, choice: Choice::Free })?;
            page.next()?;
        }
        page.finish(&footer);
        Ok(Some(drawn))
    }

    fn mitigations(&mut self) -> Result<Option<Worksheet>, Error> {
        let selection = self.selection;
        let mut chosen = Vec::new();
        for risk in &self.states.risks {
            for (key, mitigation) in &risk.risk.mitigations {
                let stands = risk.mitigations.get(key).is_none_or(|(_, stand)| *stand == Stand::Stands);
                if selection.takes(&mitigation.owner, stands) {
                    chosen.push((risk.id.clone(), key.clone(), mitigation));
                }
            }
        }
        if chosen.is_empty() {
            return Ok(None);
        }
        let mut drawn = sheet("Mitigations")?;
        let framework = self.framework;
        let footer = self.footer.clone();
        let kinds: Vec<String> = MitigationKind::ALL.iter().map(ToString::to_string).collect();
        let statuses: Vec<String> = MitigationStatus::ALL.iter().map(ToString::to_string).collect();
        let parties: Vec<String> = framework.parties.iter().map(|party| party.id.to_string()).collect();
        let addresses =
            chosen.iter().map(|(id, key, _)| Address::of(id).then("mitigations").then(key.as_str()));
        self.lines.extend(addresses);
        let title = capital(framework.label("mitigation"));
        let mut page = self.page(&mut drawn);
        page.head(
            &[
                field::ADDRESS,
                "id",
                "key",
                "text",
                "causes",
                "kind",
                "owner",
                "status",
                "reason",
                "evidence",
                "confirmed",
                "confirm.owner",
            ],
            &[
                "",
                "Id",
                "Key",
                &title,
                "Causes",
                "Kind",
                "Owner",
                "Status",
                "Why it was not adopted",
                "Evidence",
                "Confirmed by",
                "Confirm for the owner: your name",
            ],
            &[4.0, 13.0, 8.0, 60.0, 10.0, 12.0, 14.0, 14.0, 30.0, 30.0, 26.0, 24.0],
        )?;
        for (id, key, m) in chosen {
            let styles = page.styles;
            let free = |text: String| Entry { text, choice: Choice::Free };
            let word = |words: &[String], text: &str| Entry {
                text: text.to_owned(),
                choice: Choice::Words(words.to_vec()),
            };
            let causes: Vec<&str> = m.causes.iter().map(crate::model::Key::as_str).collect();
            let by: Vec<String> = m
                .confirmed
                .iter()
                .map(|(p, c)| format!("{}: {}, {}", framework.party_label(p), c.by, c.on))
                .collect();
            page.text(
                0,
                &Address::of(&id).then("mitigations").then(key.as_str()).to_string(),
                &styles.small,
            )?;
            page.text(1, id.as_str(), &styles.locked)?;
            page.text(2, key.as_str(), &styles.locked)?;
            page.entry(3, &free(m.text.clone()))?;
            page.entry(4, &free(causes.join("\n")))?;
            page.entry(5, &word(&kinds, m.kind.as_str()))?;
            page.entry(6, &word(&parties, m.owner.as_str()))?;
            page.entry(7, &word(&statuses, m.status.as_str()))?;
            page.entry(8, &free(m.reason.clone().unwrap_or_default()))?;
            page.entry(9, &free(m.evidence.join("\n")))?;
            page.text(10, &by.join("\n"), &styles.locked)?;
            page.entry(11, &free(String::new()))?;
            page.next()?;
        }
        page.finish(&footer);
        Ok(Some(drawn))
    }

    fn outcomes(&mut self) -> Result<Worksheet, Error> {
        let mut drawn = sheet("Outcomes")?;
        let lines = outcome_lines(self.framework, self.deployment);
        let footer = self.footer.clone();
        let mut page = self.page(&mut drawn);
        page.head(
            &[field::ADDRESS, "id", "title", "strict", "sheet", "remark"],
            &["", "Id", "Outcome", "What the guidance means", "What the checklist's formulas give", "Remark"],
            &[4.0, 34.0, 60.0, 26.0, 34.0, 26.0],
        )?;
        for line in lines {
            let styles = page.styles;
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
            page.text(1, &line.id, &styles.locked)?;
            page.text(2, &line.title, &styles.locked)?;
            page.text(3, &text(&line.strict), &styles.locked)?;
            page.text(4, &text(&line.sheet), &styles.locked)?;
            page.text(5, if line.differs() { "the two readings differ" } else { "" }, &styles.locked)?;
            page.next()?;
        }
        page.finish(&footer);
        Ok(drawn)
    }

    /// What was exported, for the merge when the workbook comes back.
    fn carried(&mut self, provenance: &Provenance) -> Result<Worksheet, Error> {
        let mut drawn = sheet(CARRIED)?;
        let fields = base(self.deployment, &self.lines);
        let meta = &self.deployment.meta;
        let selection = self.selection;
        let rows = [
            ("tom-workbook", VERSION.to_owned()),
            ("deployment", self.deployment.name.to_string()),
            ("id", meta.id.to_string()),
            ("framework", self.framework.id.clone()),
            ("framework-version", self.framework.version.clone()),
            ("framework-digest", self.framework.digest.to_string()),
            ("commit", provenance.commit.clone().unwrap_or_default()),
            ("party", selection.party.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("base", digest(&fields, &self.lines, &self.asked.carried())),
        ];
        let asked = self.asked.carried();
        let lines = self.lines.clone();
        let facts = facts(self.framework, self.deployment, &lines);
        let mut page = self.page(&mut drawn);
        let plain = Format::new();
        for (name, value) in rows.iter().map(|(name, value)| (*name, value)) {
            page.text(0, name, &plain)?;
            page.text(1, value, &plain)?;
            page.next()?;
        }
        for (what, text) in &asked {
            page.text(0, "asked", &plain)?;
            page.text(1, what, &plain)?;
            page.text(2, text, &plain)?;
            page.next()?;
        }
        for (fact, short) in &facts {
            page.text(0, "fact", &plain)?;
            page.text(1, fact.as_str(), &plain)?;
            page.text(2, short, &plain)?;
            page.next()?;
        }
        for address in &lines {
            page.text(0, "line", &plain)?;
            page.text(1, &address.to_string(), &plain)?;
            page.next()?;
        }
        for (address, text) in &fields {
            page.text(0, "field", &plain)?;
            page.text(1, &address.to_string(), &plain)?;
            page.text(2, text, &plain)?;
            page.next()?;
        }
        drawn.set_hidden(true).protect();
        Ok(drawn)
    }

    fn lists(&mut self) -> Result<Worksheet, Error> {
        let mut drawn = sheet(LISTS)?;
        self.lists.write(&mut drawn).map_err(|error| refused(&error))?;
        matrix(&mut drawn, self.framework).map_err(|error| refused(&error))?;
        drawn.set_hidden(true).protect();
        Ok(drawn)
    }
}

/// The digest of what was exported, so that a base that somebody edited is noticed.
pub(super) fn digest(fields: &Fields, lines: &BTreeSet<Address>, asked: &BTreeMap<String, String>) -> String {
    let texts = fields.iter().map(|(address, text)| (address.to_string(), Tree::text(text)));
    let lines = lines.iter().map(|address| Tree::text(address.to_string()));
    let asked = asked.iter().map(|(what, text)| (what.clone(), Tree::text(text)));
    let all = vec![Tree::Map(texts.collect()), Tree::List(lines.collect()), Tree::Map(asked.collect())];
    Tree::List(all).digest().to_string()
}

/// The facts that the lines rest on, as they were shown: who confirms in the workbook confirms given these.
fn facts(
    framework: &Framework,
    deployment: &Deployment,
    lines: &BTreeSet<Address>,
) -> BTreeMap<ItemId, String> {
    let of_items = lines.iter().filter_map(|line| framework.item(&line.subject)).map(|item| &item.depends_on);
    let of_risks = lines
        .iter()
        .filter_map(|line| deployment.risks.get(line.subject.as_str()))
        .map(|risk| &risk.depends_on);
    let facts: BTreeSet<ItemId> = of_items.chain(of_risks).flatten().cloned().collect();
    given(deployment, framework, &facts.into_iter().collect::<Vec<_>>())
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn draw_line(
    page: &mut Page<'_>,
    framework: &Framework,
    line: &Line<'_>,
    asked: &[&PartyId],
    width: usize,
) -> Result<(), Error> {
    let styles = page.styles;
    match line {
        Line::Heading(title) => page.heading(1, width, title),
        Line::Item(item) => draw_item(page, framework, item, asked),
        Line::Columns(titles) => {
            page.text(3, "Rows of the answer", &styles.columns)?;
            titles.iter().enumerate().try_for_each(|(n, title)| page.text(at(4 + n), title, &styles.columns))
        }
        Line::Row { address, label, cells } => {
            page.text(0, &address.to_string(), &styles.small)?;
            page.text(3, label, &styles.locked)?;
            cells.iter().enumerate().try_for_each(|(n, cell)| page.entry(at(4 + n), cell))
        }
    }
}

fn draw_item(
    page: &mut Page<'_>,
    framework: &Framework,
    line: &ItemLine<'_>,
    asked: &[&PartyId],
) -> Result<(), Error> {
    let styles = page.styles;
    let free = |text: &str| Entry { text: text.to_owned(), choice: Choice::Free };
    let item = line.item;
    let level = match item.level {
        Some(Level::Must) => "MUST: ",
        Some(Level::Should) => "SHOULD: ",
        None => "",
    };
    let who: Vec<&str> = item.parties.iter().map(|party| framework.party_label(party)).collect();
    page.text(0, &line.address.to_string(), &styles.small)?;
    page.text(1, item.id.as_str(), &styles.locked)?;
    page.text(2, &item.title, &styles.locked)?;
    page.text(
        3,
        &format!("{}\nWhy: {}\nGood evidence: {}", item.asks, item.why, item.good_evidence),
        &styles.locked,
    )?;
    match &line.answer {
        Some(entry) => page.entry(4, entry)?,
        None => page.text(4, "in the rows below", &styles.not_asked)?,
    }
    page.entry(5, &free(&line.notes))?;
    page.entry(6, &free(&line.evidence))?;
    page.text(7, &format!("{level}{}", who.join(" and ")), &styles.locked)?;
    page.text(8, &line.state, &styles.locked)?;
    page.text(9, &line.confirmed, &styles.locked)?;
    for (n, party) in asked.iter().enumerate() {
        let column = at(10 + n);
        if line.confirm.contains(party) {
            page.entry(column, &free(""))?;
        } else {
            page.text(column, "not asked", &styles.not_asked)?;
        }
    }
    Ok(())
}

/// Colours beside words: what is open, what is confirmed, what is answered No where it must not be.
fn colour_answers(page: &mut Page<'_>, first: u32, last: u32) -> Result<(), Error> {
    if last <= first {
        return Ok(());
    }
    let styles = page.styles;
    let top = first + 1;
    let rules = [
        (4, format!("=AND($I{top}=\"unanswered, needed\",$E{top}=\"\")"), &styles.open),
        (4, format!("=AND(LEFT($H{top},5)=\"MUST:\",$E{top}=\"No\")"), &styles.bad),
        (8, format!("=LEFT($I{top},10)=\"unanswered\""), &styles.open),
        (8, format!("=$I{top}=\"stale\""), &styles.bad),
        (8, format!("=OR($I{top}=\"confirmed\",$I{top}=\"answered\")"), &styles.good),
    ];
    for (column, rule, format) in rules {
        let rule = ConditionalFormatFormula::new().set_rule(rule.as_str()).set_format(format.clone());
        page.done(|sheet, _| sheet.add_conditional_format(first, column, last - 1, column, &rule).map(drop))?;
    }
    Ok(())
}

/// Where the matrix stands in the sheet of lists: far from what drop-downs offer.
const MATRIX: u16 = 100;

fn matrix(sheet: &mut Worksheet, framework: &Framework) -> Result<(), rust_xlsxwriter::XlsxError> {
    let matrix = &framework.matrix;
    for (column, severity) in matrix.severity.iter().enumerate() {
        sheet.write_string(0, MATRIX + 1 + at(column), severity)?;
    }
    for (row, likelihood) in (1u32..).zip(&matrix.likelihood) {
        sheet.write_string(row, MATRIX, likelihood)?;
        for (column, severity) in matrix.severity.iter().enumerate() {
            let class = matrix.class.get(&(likelihood.clone(), severity.clone())).copied();
            let label = class.map(|class| class_text(framework, class)).unwrap_or_default();
            sheet.write_string(row, MATRIX + 1 + at(column), label)?;
        }
    }
    Ok(())
}

fn class_text(framework: &Framework, class: u8) -> String {
    let label = framework.matrix.acceptability.get(&class).map(|a| a.label.as_str()).unwrap_or_default();
    format!("{class} {label}")
}

/// The class of a rating, as a formula over the two cells before it, with the result that holds now.
fn class(
    page: &mut Page<'_>,
    framework: &Framework,
    column: u16,
    rating: Option<&crate::model::Rating>,
) -> Result<(), Error> {
    let matrix = &framework.matrix;
    let letters = |column: u16| super::super::grid::column_letters(u32::from(column) + 1);
    let row = page.row + 1;
    let (rows, columns) = (matrix.likelihood.len() + 1, matrix.severity.len());
    let (left, right) = (letters(MATRIX + 1), letters(MATRIX + at(columns)));
    let formula = format!(
        "=IFERROR(INDEX({LISTS}!${left}$2:${right}${rows},MATCH({likelihood}{row},{LISTS}!${head}$2:${head}${rows},0),MATCH({severity}{row},{LISTS}!${left}$1:${right}$1,0)),\"not rated\")",
        severity = letters(column),
        likelihood = letters(column + 1),
        head = letters(MATRIX),
    );
    let now = rating.and_then(|rating| matrix.class(rating)).map(|class| class_text(framework, class));
    let formula = Formula::new(formula).set_result(now.as_deref().unwrap_or("not rated"));
    let format = &page.styles.locked;
    page.done(|sheet, row| sheet.write_formula_with_format(row, column + 2, formula, format).map(drop))
}

fn colour_classes(page: &mut Page<'_>, first: u32, columns: [u16; 2]) -> Result<(), Error> {
    let (styles, last) = (page.styles, page.row.max(first + 1) - 1);
    for column in columns {
        let letters = super::super::grid::column_letters(u32::from(column) + 1);
        for (class, format) in (1..).zip(&styles.classes) {
            let rule = format!("=LEFT(${letters}{},1)=\"{class}\"", first + 1);
            let rule = ConditionalFormatFormula::new().set_rule(rule.as_str()).set_format(format.clone());
            page.done(|sheet, _| sheet.add_conditional_format(first, column, last, column, &rule).map(drop))?;
        }
    }
    Ok(())
}
