//! A framework's files: `framework.toml`, `sections/*.toml`, `rules/*.toml`.

use super::condition::condition;
use super::document::Document;
use super::reader::{Sink, Table};
use crate::diag::{Code, Finding, Label, Severity};
use crate::model::{
    Acceptability, Cells, Column, Condition, Constraint, Framework, Headline, Item, ItemId, ItemKind,
    ItemType, Level, Matrix, Needed, OnDerive, Outcome, OutcomeCase, OutcomeId, OutcomeKind, Party, PartyId,
    Phase, PhaseOutcome, Profile, ProfileName, Scope, Section, SectionId, Subject, Test, Tree, VerdictRule,
};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeValue;

/// The framework contradicts itself.
pub static BAD_FRAMEWORK: Code = Code {
    id: "TOM-0120",
    severity: Severity::Error,
    title: "a framework contradicts itself",
    explain: "A rule names an item or outcome that does not exist, outcomes read one another in a circle, an id stands \
twice, or the matrix has a gap. A framework has to be whole before anything is computed from it. Put the vendored copy back \
(`tom init` in an empty folder shows what it should be), or mend the edit.",
};

/// A file of a framework.
#[derive(Debug)]
pub struct FrameworkFile {
    /// Its path within the framework: `sections/ig.toml`.
    pub name: String,
    /// Its path from the repository's root.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Reads a framework from its files. It is there only if nothing is wrong with it.
pub fn read_framework(folder: &str, files: &[FrameworkFile]) -> (Option<Framework>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut documents = BTreeMap::new();
    for file in files {
        match Document::parse(&file.path, &file.bytes) {
            Ok(document) => drop(documents.insert(file.name.as_str(), document)),
            Err(finding) => findings.push(finding),
        }
    }
    let Some(head) = documents.get("framework.toml") else {
        if findings.is_empty() {
            let path = format!("{folder}/framework.toml");
            findings.push(Finding::new(&BAD_FRAMEWORK, format!("`{path}` is missing")).at(Label::file(path)));
        }
        return (None, findings);
    };
    let framework = assemble(head, &documents, &mut findings);
    (framework.filter(|_| !findings.iter().any(Finding::is_error)), findings)
}

fn assemble<'d, 'i>(
    head: &'d Document<'i>,
    documents: &'d BTreeMap<&str, Document<'i>>,
    findings: &mut Vec<Finding>,
) -> Option<Framework> {
    let sink = Sink::new(head.file);
    let table = Table::root(head, &sink);
    let id = table.needed_text("id");
    let version = table.needed_text("version");
    let title = table.needed_text("title");
    let section_ids = table.ids("sections", |t| SectionId::new(t));
    let labels = table
        .table("labels")
        .map(|t| {
            t.entries()
                .iter()
                .filter_map(|e| Some((e.key.to_owned(), e.value.get_ref().as_str()?.to_owned())))
                .collect()
        })
        .unwrap_or_default();
    let headline = table.table("headline").and_then(|t| headline(&t));
    let parties: Vec<Party> =
        table.tables("parties").iter().filter_map(|(entry, t)| party(entry.key, t)).collect();
    let phases: Vec<Phase> =
        table.tables("phases").iter().filter_map(|(entry, t)| phase(entry.key, t)).collect();
    let phase_outcomes = table.list("phase-1-outcomes").iter().filter_map(phase_outcome).collect();
    let matrix = table.table("matrix").and_then(|t| matrix(&t));
    table.finish();
    findings.extend(sink.into_findings());

    let mut sections = Vec::new();
    for id in section_ids {
        let name = format!("sections/{id}.toml");
        match documents.get(name.as_str()) {
            Some(document) => sections.extend(section(id, document, findings)),
            None => findings.push(
                Finding::new(&BAD_FRAMEWORK, format!("`{name}` is missing")).at(Label::file(head.file)),
            ),
        }
    }
    let mut profiles = BTreeMap::new();
    let mut constraints = Vec::new();
    for (name, document) in documents.iter().filter(|(name, _)| name.starts_with("rules/")) {
        let sink = Sink::new(document.file);
        let table = Table::root(document, &sink);
        if *name == "rules/constraints.toml" {
            constraints = table.list("constraint").iter().filter_map(constraint).collect();
        } else if let Some(profile) = table.needed_word("profile", ProfileName::ALL, ProfileName::as_str) {
            let about = table.needed_text("about").unwrap_or_default();
            let outcomes = table.list("outcome").iter().filter_map(outcome).collect();
            profiles.insert(profile, Profile { about, outcomes });
        }
        table.finish();
        findings.extend(sink.into_findings());
    }
    let files =
        documents.iter().map(|(name, document)| ((*name).to_owned(), tree_of_table(document.root.get_ref())));
    let digest = Tree::Map(files.collect()).digest();
    let framework = Framework {
        id: id?,
        version: version?,
        title: title?,
        digest,
        parties,
        phases,
        labels,
        headline: headline?,
        matrix: matrix?,
        sections,
        profiles,
        constraints,
        phase_outcomes,
    };
    findings.extend(
        contradictions(&framework)
            .into_iter()
            .map(|message| Finding::new(&BAD_FRAMEWORK, message).at(Label::file(head.file))),
    );
    Some(framework)
}

/// The meaning of a TOML table, for the digest of the whole framework: everything that is in it.
fn tree_of_table(table: &toml::de::DeTable<'_>) -> Tree {
    Tree::Map(
        table.iter().map(|(key, value)| (key.get_ref().to_string(), tree_of(value.get_ref()))).collect(),
    )
}

fn tree_of(value: &DeValue<'_>) -> Tree {
    match value {
        DeValue::String(text) => Tree::text(text.as_ref()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Tree::text(number.as_str()), Tree::Integer),
        DeValue::Float(number) => Tree::text(number.as_str()),
        DeValue::Boolean(truth) => Tree::Truth(*truth),
        DeValue::Datetime(when) => Tree::text(when.to_string()),
        DeValue::Array(list) => Tree::List(list.iter().map(|value| tree_of(value.get_ref())).collect()),
        DeValue::Table(table) => tree_of_table(table),
    }
}

fn headline(table: &Table<'_, '_>) -> Option<Headline> {
    let get = |key| table.needed_id(key, |t| ItemId::new(t));
    let (application, organisation, organisation_code) =
        (get("application"), get("organisation"), get("organisation-code"));
    let (product, product_version) = (get("product"), get("product-version"));
    let (supplier, supplier_code, dates) = (get("supplier"), get("supplier-code"), get("dates"));
    table.finish();
    Some(Headline {
        application: application?,
        organisation: organisation?,
        organisation_code: organisation_code?,
        product: product?,
        product_version: product_version?,
        supplier: supplier?,
        supplier_code: supplier_code?,
        dates: dates?,
    })
}

fn party(id: &str, table: &Table<'_, '_>) -> Option<Party> {
    let label = table.needed_text("label");
    let takes_part = table.table("takes-part").and_then(|t| {
        let read = condition(&t);
        t.finish();
        read
    });
    table.finish();
    Some(Party { id: PartyId::new(id).ok()?, label: label?, takes_part })
}

fn phase(number: &str, table: &Table<'_, '_>) -> Option<Phase> {
    let title = table.needed_text("title");
    let about = table.needed_text("about");
    let scope = scopes(table);
    let needs_risks = table.truth("needs-risks").unwrap_or(false);
    table.finish();
    Some(Phase { number: number.parse().ok()?, title: title?, about: about?, scope, needs_risks })
}

fn scopes(table: &Table<'_, '_>) -> Vec<Scope> {
    table
        .texts("scope")
        .iter()
        .filter_map(|text| Scope::ALL.iter().copied().find(|scope| scope.as_str() == text))
        .collect()
}

fn phase_outcome(table: &Table<'_, '_>) -> Option<PhaseOutcome> {
    let value = table.needed_text("value");
    let title = table.needed_text("title");
    let verdicts = table.table("verdicts").and_then(|t| {
        let all = t.text("all").map(VerdictRule::All);
        let any = t.text("any").map(VerdictRule::Any);
        let none = t.text("none").map(VerdictRule::None);
        t.finish();
        all.or(any).or(none)
    });
    let before_live = table.table("before-live").and_then(|t| {
        let read = condition(&t);
        t.finish();
        read
    });
    let leaves_open =
        table.get("leaves-open").map(|_| table.ids("leaves-open", |t| ItemId::new(t))).unwrap_or_default();
    table.finish();
    Some(PhaseOutcome { value: value?, title: title?, verdicts: verdicts?, before_live, leaves_open })
}

fn matrix(table: &Table<'_, '_>) -> Option<Matrix> {
    let severity = table.texts("severity");
    let likelihood = table.texts("likelihood");
    let mut class = BTreeMap::new();
    let rows = table.table("class")?;
    for row in &likelihood {
        let cells = rows.entries().into_iter().find(|entry| entry.key == row);
        let cells = cells.and_then(|entry| entry.value.get_ref().as_array());
        for (cell, column) in cells.into_iter().flat_map(|list| list.iter()).zip(&severity) {
            let value =
                super::reader::integer(table.sink, cell, row).and_then(|value| u8::try_from(value).ok());
            class.extend(value.map(|value| ((row.clone(), column.clone()), value)));
        }
    }
    let mut acceptability = BTreeMap::new();
    for (entry, t) in table.tables("acceptability") {
        let (label, rule) = (t.needed_text("label"), t.needed_text("rule"));
        t.finish();
        if let (Ok(number), Some(label), Some(rule)) = (entry.key.parse(), label, rule) {
            acceptability.insert(number, Acceptability { label, rule });
        }
    }
    table.finish();
    Some(Matrix { severity, likelihood, class, acceptability })
}

fn section(id: SectionId, document: &Document<'_>, findings: &mut Vec<Finding>) -> Option<Section> {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let title = table.needed_text("title");
    let about = table.needed_text("about");
    let sheet = table.needed_text("sheet").unwrap_or_default();
    let items =
        table.tables("items").iter().filter_map(|(entry, t)| item(entry.key, &id, &sheet, t)).collect();
    table.finish();
    findings.extend(sink.into_findings());
    Some(Section { id, title: title?, about: about?, items })
}

fn item(id: &str, section: &SectionId, sheet: &str, table: &Table<'_, '_>) -> Option<Item> {
    let id = ItemId::new(id).map_err(|error| table.bad_id(&error, table.span.clone())).ok();
    let guidance = ["title", "asks", "why", "good-evidence"].map(|key| table.needed_text(key));
    let group = table.needed_text("group");
    let repeats = table.id("repeats", |t| crate::model::BlockId::new(t));
    let kind = table.needed_word("kind", ItemKind::ALL, ItemKind::as_str);
    let level = table.word("level", Level::ALL, Level::as_str);
    let phase = table.integer("phase").and_then(|phase| u8::try_from(phase).ok());
    let parties = table.ids("parties", |t| PartyId::new(t));
    let confirmed_by = table.ids("confirmed-by", |t| PartyId::new(t));
    let kind_of_answer = table.needed_word("type", ItemType::ALL, ItemType::as_str);
    let options = table.texts("options");
    let columns = columns(table, kind_of_answer);
    let applies = table.table("applies").and_then(|t| {
        let read = condition(&t);
        t.finish();
        read
    });
    let needed = needed(table);
    let needs_note = table.table("needs-note").and_then(|t| {
        let read = condition(&t);
        t.finish();
        read
    });
    let on_derive = table.needed_word("on-derive", OnDerive::ALL, OnDerive::as_str);
    let scope = scopes(table);
    let depends_on = table.ids("depends-on", |t| ItemId::new(t));
    let personal = table.truth("personal").unwrap_or(false);
    let read_from = table.text("read-from");
    let printed_id = table.truth("printed-id").unwrap_or(false);
    let cells = table.table("cells").map(|t| {
        let row = t.integer("row").and_then(|row| u32::try_from(row).ok()).unwrap_or_default();
        let (actioned_by, answer, notes) = (t.text("actioned-by"), t.text("answer"), t.text("notes"));
        t.finish();
        Cells { sheet: sheet.to_owned(), row, actioned_by, answer, notes }
    });
    table.finish();
    let [title, asks, why, good_evidence] = guidance;
    Some(Item {
        id: id?,
        section: section.clone(),
        group: group?,
        repeats,
        kind: kind?,
        level,
        phase: phase?,
        parties,
        confirmed_by,
        kind_of_answer: kind_of_answer?,
        options,
        columns,
        applies,
        needed: needed?,
        needs_note,
        on_derive: on_derive?,
        scope,
        depends_on,
        personal,
        read_from,
        printed_id,
        cells: cells.unwrap_or_default(),
        title: title?,
        asks: asks?,
        why: why?,
        good_evidence: good_evidence?,
    })
}

/// People and dates have the same columns everywhere; a table has its own.
fn columns(table: &Table<'_, '_>, kind: Option<ItemType>) -> Vec<Column> {
    let fixed = |columns: &[(&str, &str, ItemType)]| {
        columns
            .iter()
            .map(|(id, title, kind)| Column {
                id: (*id).to_owned(),
                title: (*title).to_owned(),
                kind: *kind,
                options: Vec::new(),
            })
            .collect()
    };
    match kind {
        Some(ItemType::People) => fixed(&[
            ("name", "Name", ItemType::Text),
            ("job-title", "Job title", ItemType::Text),
            ("email", "E-mail", ItemType::Text),
            ("phone", "Telephone", ItemType::Text),
        ]),
        Some(ItemType::Dates) => fixed(&[("what", "What", ItemType::Text), ("date", "Date", ItemType::Date)]),
        Some(ItemType::Table) => table
            .list("columns")
            .iter()
            .filter_map(|t| {
                let (id, title) = (t.needed_text("id"), t.needed_text("title"));
                let kind = t.needed_word("type", ItemType::ALL, ItemType::as_str);
                let options = t.texts("options");
                t.finish();
                Some(Column { id: id?, title: title?, kind: kind?, options })
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn needed(table: &Table<'_, '_>) -> Option<Needed> {
    match table.get("needed").map(toml::Spanned::get_ref) {
        None => {
            table.missing("needed");
            None
        }
        Some(DeValue::String(text)) if text == "always" => Some(Needed::Always),
        Some(DeValue::String(text)) if text == "optional" => Some(Needed::Optional),
        Some(DeValue::String(text)) if text == "never" => Some(Needed::Never),
        Some(_) => table.table("needed").and_then(|t| {
            let read = condition(&t);
            t.finish();
            read.map(Needed::If)
        }),
    }
}

fn outcome(table: &Table<'_, '_>) -> Option<Outcome> {
    let id = table.needed_id("id", |t| OutcomeId::new(t));
    let kind = table.needed_word("kind", OutcomeKind::ALL, OutcomeKind::as_str);
    let item = table.id("item", |t| ItemId::new(t));
    let title = table.needed_text("title");
    let role = table.text("role");
    let cases = table
        .list("cases")
        .iter()
        .filter_map(|t| {
            let value = t.needed_text("value");
            let when = condition(t);
            t.finish();
            Some(OutcomeCase { value: value?, when: when? })
        })
        .collect();
    let otherwise = table.needed_text("otherwise");
    table.finish();
    Some(Outcome { id: id?, kind: kind?, item, title: title?, role, cases, otherwise: otherwise? })
}

fn constraint(table: &Table<'_, '_>) -> Option<Constraint> {
    let id = table.needed_id("id", |t| OutcomeId::new(t));
    let item = table.needed_id("item", |t| ItemId::new(t));
    let message = table.needed_text("message");
    let help = table.needed_text("help");
    let severity = table.text("severity");
    let must = table.table("must").and_then(|t| {
        let read = condition(&t);
        t.finish();
        read
    });
    table.finish();
    Some(Constraint {
        id: id?,
        item: item?,
        message: message?,
        help: help?,
        is_error: severity.as_deref() != Some("warning"),
        must: must?,
    })
}

/// What a framework must not have: ids twice, names of nothing, circles, gaps in the matrix.
fn contradictions(framework: &Framework) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for item in framework.items() {
        if !ids.insert(&item.id) {
            wrong.push(format!("the item `{}` stands twice", item.id));
        }
    }
    let mut check = |place: &str, condition: &Condition, outcomes: &BTreeSet<&OutcomeId>| {
        let dangling =
            condition.items().into_iter().filter(|id| !ids.contains(id)).map(|id| format!("item `{id}`"));
        let unknown = condition
            .outcomes()
            .into_iter()
            .filter(|id| !outcomes.contains(id))
            .map(|id| format!("outcome `{id}`"));
        wrong.extend(
            dangling
                .chain(unknown)
                .map(|name| format!("{place} reads the {name}, which does not stand before it")),
        );
        visit(condition, &mut |subject, test| {
            if let (Subject::Item(id), Test::Is(text)) = (subject, test)
                && let Some(item) = framework.item(id.as_str())
                && item.kind_of_answer == ItemType::Choice
                && place.contains("needs")
                && !item.options.contains(text)
            {
                wrong.push(format!("{place} compares `{id}` with `{text}`, which is not one of its options"));
            }
        });
    };
    for (name, profile) in &framework.profiles {
        // Outcomes read only those before them, so they cannot form a circle.
        let mut seen = BTreeSet::new();
        for outcome in &profile.outcomes {
            for case in &outcome.cases {
                check(&format!("the outcome `{}` of `{name}`", outcome.id), &case.when, &seen);
            }
            seen.insert(&outcome.id);
        }
    }
    let all: BTreeSet<&OutcomeId> =
        framework.outcomes(ProfileName::Strict).iter().map(|outcome| &outcome.id).collect();
    for item in framework.items() {
        let conditional = if let Needed::If(condition) = &item.needed { Some(condition) } else { None };
        for condition in item.applies.iter().chain(&item.needs_note).chain(conditional) {
            check(&format!("what `{}` needs", item.id), condition, &all);
        }
    }
    for constraint in &framework.constraints {
        check(&format!("the constraint `{}`", constraint.id), &constraint.must, &all);
    }
    for item in framework.items() {
        for fact in item.depends_on.iter().filter(|id| !ids.contains(id)) {
            wrong.push(format!("`{}` depends on `{fact}`, which does not exist", item.id));
        }
        for party in
            item.parties.iter().chain(&item.confirmed_by).filter(|id| framework.party(id.as_str()).is_none())
        {
            wrong.push(format!("`{}` names the party `{party}`, which does not exist", item.id));
        }
    }
    wrong
        .extend(circle(framework).map(|circle| format!("items depend on one another in a circle: {circle}")));
    let matrix = &framework.matrix;
    for likelihood in &matrix.likelihood {
        for severity in &matrix.severity {
            match matrix.class.get(&(likelihood.clone(), severity.clone())) {
                Some(1..=5) => {}
                _ => {
                    wrong.push(format!("the matrix has no class from 1 to 5 for {severity} and {likelihood}"))
                }
            }
        }
    }
    wrong
}

fn visit(condition: &Condition, see: &mut impl FnMut(&Subject, &Test)) {
    match condition {
        Condition::Any(parts) | Condition::All(parts) => parts.iter().for_each(|part| visit(part, see)),
        Condition::Not(part) | Condition::AnyRow(part) | Condition::AllRows(part) => visit(part, see),
        Condition::Is(subject, test) => see(subject, test),
    }
}

/// A circle in `depends-on`, as the ids along it.
fn circle(framework: &Framework) -> Option<String> {
    fn walk<'f>(
        framework: &'f Framework,
        id: &'f ItemId,
        path: &mut Vec<&'f ItemId>,
        done: &mut BTreeSet<&'f ItemId>,
    ) -> Option<String> {
        if let Some(start) = path.iter().position(|seen| *seen == id) {
            let mut ids: Vec<String> = path[start..].iter().map(|id| format!("`{id}`")).collect();
            ids.push(format!("`{id}`"));
            return Some(ids.join(", "));
        }
        if !done.insert(id) {
            return None;
        }
        path.push(id);
        let found =
            framework.item(id.as_str())?.depends_on.iter().find_map(|fact| walk(framework, fact, path, done));
        path.pop();
        found
    }
    let mut done = BTreeSet::new();
    framework.items().find_map(|item| walk(framework, &item.id, &mut Vec::new(), &mut done))
}
