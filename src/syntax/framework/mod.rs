//! A framework's files: `framework.toml`, `sections/*.toml`, `rules/*.toml`.

mod checks;

use super::condition::{condition, condition_in};
use super::document::Document;
use super::reader::{self, Sink, Table};
use super::tree::{Content, Node};
use crate::diag::{Code, Finding, Label, Severity, nearest};
use crate::model::{
    Acceptability, Agreement, Attached, Canonical, Cells, Column, Constraint, Framework, Headline, IdError,
    Item, ItemId, ItemKind, ItemType, Key, Level, Matrix, Needed, OnDerive, Outcome, OutcomeCase, OutcomeId,
    OutcomeKind, Party, PartyId, Phase, PhaseOutcome, PhaseRole, Process, Profile, ProfileName, Scope,
    Section, SectionId, Tree, VerdictRule,
};
use checks::{Origin, contradictions};
use std::collections::BTreeMap;

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
#[derive(Debug, PartialEq, Eq)]
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
    // Where a spreadsheet keeps answers is not what the framework means; `tom import` reads it.
    for file in files.iter().filter(|file| file.name != crate::syntax::SHEET_MAP) {
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

type Documents<'n, 'i> = BTreeMap<&'n str, Document<'i>>;

fn assemble(
    head: &Document<'_>,
    documents: &Documents<'_, '_>,
    findings: &mut Vec<Finding>,
) -> Option<Framework> {
    let mut origin = Origin {
        head: head.file,
        sections: BTreeMap::new(),
        profiles: BTreeMap::new(),
        constraints: documents.get(CONSTRAINTS).map(|document| document.file),
    };
    let Head { ids, labels, headline, parties, phases, phase_outcomes, process, matrix, section_ids } =
        read_head(head, findings);
    let sections = sections(section_ids, documents, &mut origin, findings);
    let (profiles, constraints) = rules(documents, &mut origin, findings);
    findings.extend(strays(documents, &origin));
    let files = documents.iter().map(|(name, document)| ((*name).to_owned(), tree_of(document.tree.root())));
    let digest = Tree::Map(files.collect()).digest();
    let [id, version, title] = ids;
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
        sections: sections.into(),
        profiles,
        constraints,
        phase_outcomes,
        process,
    };
    findings.extend(contradictions(&framework, &origin));
    Some(framework)
}

const CONSTRAINTS: &str = "rules/constraints.toml";

/// What `framework.toml` holds.
struct Head {
    ids: [Option<String>; 3],
    section_ids: Vec<SectionId>,
    labels: BTreeMap<String, String>,
    headline: Option<Headline>,
    parties: Vec<Party>,
    phases: Vec<Phase>,
    phase_outcomes: Vec<PhaseOutcome>,
    process: Process,
    matrix: Option<Matrix>,
}

fn read_head(document: &Document<'_>, findings: &mut Vec<Finding>) -> Head {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    for key in ["sections", "headline", "parties", "phases", "phase-1-outcomes", "matrix"] {
        require(&table, key);
    }
    let head = Head {
        ids: ["id", "version", "title"].map(|key| table.needed_text(key)),
        section_ids: table.ids("sections", |t| SectionId::new(t)),
        labels: table.table("labels").map(|t| labels(&t)).unwrap_or_default(),
        headline: table.table("headline").and_then(|t| headline(&t)),
        parties: table.tables("parties").iter().filter_map(|(entry, t)| party(entry.key, t)).collect(),
        phases: table.tables("phases").iter().filter_map(|(entry, t)| phase(entry.key, t)).collect(),
        phase_outcomes: table.list("phase-1-outcomes").iter().filter_map(phase_outcome).collect(),
        process: table.table("process").map(|t| process(&t)).unwrap_or_default(),
        matrix: table.table("matrix").and_then(|t| matrix(&t)),
    };
    table.finish();
    findings.extend(sink.into_findings());
    head
}

/// The sections in the order of the list, with the files that they stand in.
fn sections<'i>(
    ids: Vec<SectionId>,
    documents: &Documents<'_, 'i>,
    origin: &mut Origin<'i>,
    findings: &mut Vec<Finding>,
) -> Vec<Section> {
    let mut sections = Vec::new();
    for id in ids {
        let name = format!("sections/{id}.toml");
        match documents.get(name.as_str()) {
            Some(document) => {
                origin.sections.insert(id.clone(), document.file);
                sections.extend(section(id, document, findings));
            }
            None => findings.push(wrong(origin.head, format!("`{name}` is missing"))),
        }
    }
    sections
}

/// The profiles with the files that they stand in, and the constraints.
fn rules<'i>(
    documents: &Documents<'_, 'i>,
    origin: &mut Origin<'i>,
    findings: &mut Vec<Finding>,
) -> (BTreeMap<ProfileName, Profile>, Vec<Constraint>) {
    let mut profiles = BTreeMap::new();
    let mut constraints = Vec::new();
    for (name, document) in documents.iter().filter(|(name, _)| name.starts_with("rules/")) {
        let sink = Sink::new(document.file);
        let table = Table::root(document, &sink);
        if *name == CONSTRAINTS {
            constraints = table.list("constraint").iter().filter_map(constraint).collect();
        } else if let Some(name) = table.needed_word("profile", ProfileName::ALL, ProfileName::as_str) {
            require(&table, "outcome");
            let about = table.needed_text("about").unwrap_or_default();
            let outcomes = table.list("outcome").iter().filter_map(outcome).collect();
            profiles.insert(name, Profile { about, outcomes });
            if let Some(other) = origin.profiles.insert(name, document.file) {
                sink.add(wrong(document.file, format!("`{other}` has the profile `{name}` too")));
            }
        }
        table.finish();
        findings.extend(sink.into_findings());
    }
    (profiles, constraints)
}

/// Files that nobody reads, and that count in the digest all the same.
fn strays(documents: &Documents<'_, '_>, origin: &Origin<'_>) -> Vec<Finding> {
    let is_read = |name: &str, file: &str| {
        name == "framework.toml"
            || name.starts_with("rules/")
            || origin.sections.values().any(|section| *section == file)
    };
    let strays = documents.iter().filter(|(name, document)| !is_read(name, document.file));
    strays
        .map(|(name, document)| {
            wrong(document.file, format!("`{name}` is not among the `sections` of `framework.toml`"))
        })
        .collect()
}

fn wrong(file: &str, message: String) -> Finding {
    Finding::new(&BAD_FRAMEWORK, message).at(Label::file(file))
}

/// Reports a key that has to be there and is not.
fn require<'d>(table: &Table<'d, '_>, key: &'d str) {
    if table.get(key).is_none() {
        table.missing(key);
    }
}

/// A whole number of a narrower range than the file's.
fn number<'d, T: TryFrom<i64>>(table: &Table<'d, '_>, key: &'d str) -> Option<T> {
    let number = table.integer(key)?;
    let narrow = T::try_from(number).ok();
    if narrow.is_none() {
        let span = table.get(key).map_or_else(|| table.span.clone(), Node::span);
        let message = format!("`{key}` cannot be {number}");
        table.sink.add(Finding::new(&reader::WRONG_TYPE, message).at(table.sink.label(span)));
    }
    narrow
}

/// A key that is a number, written as numbers are.
fn number_key(key: &str, wanted: &'static str, table: &Table<'_, '_>) -> Option<u8> {
    let number = key.parse::<u8>().ok().filter(|number| number.to_string() == key);
    if number.is_none() {
        table.bad_id(&IdError { wanted, got: key.to_owned() }, table.span.clone());
    }
    number
}

/// The meaning of a TOML value, for the digest of the whole framework: everything that is in it.
fn tree_of(value: Node<'_, '_>) -> Tree {
    match value.content() {
        Content::Text(text) => Tree::text(text.as_ref()),
        Content::Integer(digits, base) => {
            i64::from_str_radix(digits, *base).map_or_else(|_| Tree::text(digits.as_ref()), Tree::Integer)
        }
        Content::Float(number) => Tree::text(number.as_ref()),
        Content::Truth(truth) => Tree::Truth(*truth),
        Content::Date(when) => Tree::text(when.to_string()),
        Content::List(_) => Tree::List(value.children().map(tree_of).collect()),
        Content::Table(_) => {
            Tree::Map(value.children().map(|child| (child.key().to_owned(), tree_of(child))).collect())
        }
    }
}

fn labels(table: &Table<'_, '_>) -> BTreeMap<String, String> {
    table.entries().filter_map(|entry| Some((entry.key.to_owned(), table.needed_text(entry.key)?))).collect()
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
    let takes_part = condition_in(table, "takes-part");
    let id = PartyId::new(id).map_err(|error| table.bad_id(&error, table.span.clone())).ok();
    table.finish();
    Some(Party { id: id?, label: label?, takes_part })
}

fn phase(key: &str, table: &Table<'_, '_>) -> Option<Phase> {
    let number = number_key(key, "the number of a phase, such as `1`", table);
    require(table, "scope");
    let title = table.needed_text("title");
    let about = table.needed_text("about");
    let scope = scopes(table);
    let needs_risks = table.truth("needs-risks").unwrap_or(false);
    let roles =
        table.tables("roles").iter().filter_map(|(entry, t)| phase_role(entry.key, t, &scope)).collect();
    let afterwards = table.ids("afterwards", |t| ItemId::new(t));
    let says_approved = table.table("says-approved").map(|t| says_approved(&t)).unwrap_or_default();
    table.finish();
    Some(Phase {
        number: number?,
        title: title?,
        about: about?,
        scope,
        needs_risks,
        roles,
        afterwards,
        says_approved,
    })
}

fn says_approved(table: &Table<'_, '_>) -> BTreeMap<ItemId, u8> {
    let entries = table.entries();
    entries
        .filter_map(|entry| {
            let id = ItemId::new(entry.key).map_err(|error| table.bad_id(&error, entry.key_span)).ok();
            id.zip(number(table, entry.key))
        })
        .collect()
}

/// Who decides in a phase. A role without a scope of its own covers the phase's.
fn phase_role(key: &str, table: &Table<'_, '_>, phase: &[Scope]) -> Option<PhaseRole> {
    let role = Key::new(key).map_err(|error| table.bad_id(&error, table.span.clone())).ok();
    let party = table.needed_id("party", |t| PartyId::new(t));
    let item = table.needed_id("item", |t| ItemId::new(t));
    let always = !table.truth("when-asked").unwrap_or(false);
    let verdicts = table.ids("verdicts", |t| ItemId::new(t));
    let has_scope = table.get("scope").is_some();
    let scope = if has_scope { scopes(table) } else { phase.to_vec() };
    table.finish();
    Some(PhaseRole { role: role?.to_string(), party: party?, item: item?, always, verdicts, scope })
}

fn scopes(table: &Table<'_, '_>) -> Vec<Scope> {
    let texts = table.spanned_texts("scope").into_iter();
    texts
        .filter_map(|(text, span)| {
            let scope = Scope::ALL.iter().copied().find(|scope| scope.as_str() == text);
            if scope.is_none() {
                table.sink.add(unknown_scope(&text).at(table.sink.label(span)));
            }
            scope
        })
        .collect()
}

fn unknown_scope(text: &str) -> Finding {
    let words = Scope::ALL.iter().map(|scope| scope.as_str());
    let message = format!("`scope` cannot have `{}`", text.escape_debug());
    let finding = Finding::new(&reader::WRONG_TYPE, message)
        .note(format!("it has some of: {}", words.clone().collect::<Vec<_>>().join(", ")));
    match nearest(text, words) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    }
}

fn phase_outcome(table: &Table<'_, '_>) -> Option<PhaseOutcome> {
    let value = table.needed_text("value");
    let title = table.needed_text("title");
    require(table, "verdicts");
    let verdicts = table.table("verdicts").and_then(|t| verdicts(&t));
    let before_live = condition_in(table, "before-live");
    let leaves_open = table.ids("leaves-open", |t| ItemId::new(t));
    table.finish();
    Some(PhaseOutcome { value: value?, title: title?, verdicts: verdicts?, before_live, leaves_open })
}

fn process(table: &Table<'_, '_>) -> Process {
    let first_of_type = condition_in(table, "first-of-type");
    let throughput = table.id("throughput", |t| ItemId::new(t));
    let agreement = |t: &Table<'_, '_>| {
        let title = t.needed_text("title");
        let [in_place, from, until] =
            ["in-place", "from", "until"].map(|key| t.needed_id(key, |t| ItemId::new(t)));
        t.finish();
        Some(Agreement { title: title?, in_place: in_place?, from: from?, until: until? })
    };
    let agreements = table.tables("agreements").iter().filter_map(|(_, t)| agreement(t)).collect();
    table.finish();
    Process { first_of_type, throughput, agreements }
}

fn verdicts(table: &Table<'_, '_>) -> Option<VerdictRule> {
    let rules = [
        table.text("all").map(VerdictRule::All),
        table.text("any").map(VerdictRule::Any),
        table.text("none").map(VerdictRule::None),
    ];
    table.finish();
    let mut rules = rules.into_iter().flatten();
    let rule = rules.next();
    if rule.is_none() || rules.next().is_some() {
        let message = "`verdicts` has exactly one of `all`, `any` and `none`".to_owned();
        table.sink.add(Finding::new(&reader::MISSING_KEY, message).at(table.sink.label(table.span.clone())));
    }
    rule
}

fn matrix(table: &Table<'_, '_>) -> Option<Matrix> {
    for key in ["severity", "likelihood", "class", "acceptability"] {
        require(table, key);
    }
    let severity = table.texts("severity");
    let likelihood = table.texts("likelihood");
    let class = table.table("class").map(|rows| classes(&rows, &severity, &likelihood));
    let mut acceptability = BTreeMap::new();
    for (entry, t) in table.tables("acceptability") {
        let (label, rule) = (t.needed_text("label"), t.needed_text("rule"));
        let needs_acceptance = t.truth("needs-acceptance").unwrap_or(false);
        t.finish();
        let number = number_key(entry.key, "the number of a class, 1 to 5", &t);
        if let (Some(number), Some(label), Some(rule)) = (number, label, rule) {
            acceptability.insert(number, Acceptability { label, rule, needs_acceptance });
        }
    }
    table.finish();
    Some(Matrix { severity, likelihood, class: class?, acceptability })
}

/// The classes by likelihood and severity; a row or a cell that the words do not have is a finding.
fn classes(
    rows: &Table<'_, '_>,
    severity: &[String],
    likelihood: &[String],
) -> BTreeMap<(String, String), u8> {
    let mut class = BTreeMap::new();
    for entry in rows.entries() {
        if !likelihood.iter().any(|row| row == entry.key) {
            rows.unknown(&entry, &likelihood.iter().map(String::as_str).collect::<Vec<_>>());
            continue;
        }
        let Some(cells) = entry.value.as_list() else {
            rows.wrong_type(entry.key, "a list of classes", entry.value);
            continue;
        };
        if cells.children().count() > severity.len() {
            let message = format!("the matrix has more classes for {} than severities", entry.key);
            rows.sink.add(Finding::new(&BAD_FRAMEWORK, message).at(rows.sink.label(entry.value.span())));
        }
        for (cell, column) in cells.children().zip(severity) {
            let value = reader::integer(rows.sink, cell, entry.key);
            let value = value.and_then(|value| u8::try_from(value).ok());
            class.extend(value.map(|value| ((entry.key.to_owned(), column.clone()), value)));
        }
    }
    class
}

fn section(id: SectionId, document: &Document<'_>, findings: &mut Vec<Finding>) -> Option<Section> {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let title = table.needed_text("title");
    let about = table.needed_text("about");
    let sheet = table.needed_text("sheet").unwrap_or_default();
    require(&table, "items");
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
    require(table, "phase");
    let phase = number(table, "phase");
    let parties = table.ids("parties", |t| PartyId::new(t));
    let confirmed_by = table.ids("confirmed-by", |t| PartyId::new(t));
    let kind_of_answer = table.needed_word("type", ItemType::ALL, ItemType::as_str);
    let options = table.texts("options");
    let columns = columns(table, kind_of_answer);
    let applies = condition_in(table, "applies");
    let needed = needed(table);
    let needs_note = condition_in(table, "needs-note");
    let on_derive = table.needed_word("on-derive", OnDerive::ALL, OnDerive::as_str);
    let scope = scopes(table);
    let depends_on = table.ids("depends-on", |t| ItemId::new(t));
    let replaces = table.ids("replaces", |t| ItemId::new(t));
    let valid_for = number(table, "valid-for");
    let personal = table.truth("personal").unwrap_or(false);
    let read_from = table.text("read-from");
    let printed_id = table.truth("printed-id").unwrap_or(false);
    let cells = table.table("cells").map(|t| cells(sheet, &t));
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
        replaces,
        valid_for,
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

fn cells(sheet: &str, table: &Table<'_, '_>) -> Cells {
    require(table, "row");
    let row = number(table, "row").unwrap_or_default();
    let [actioned_by, answer, notes] = ["actioned-by", "answer", "notes"].map(|key| table.text(key));
    table.finish();
    Cells { sheet: sheet.to_owned(), row, actioned_by, answer, notes }
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
    const WORDS: &[&str] = &["always", "optional", "never"];
    match table.get("needed").and_then(Node::as_table) {
        Some(_) => condition_in(table, "needed").map(Needed::If),
        _ => Some(match table.needed_word("needed", WORDS, |word| word)? {
            "always" => Needed::Always,
            "optional" => Needed::Optional,
            _ => Needed::Never,
        }),
    }
}

fn outcome(table: &Table<'_, '_>) -> Option<Outcome> {
    let id = table.needed_id("id", |t| OutcomeId::new(t));
    let kind = table.needed_word("kind", OutcomeKind::ALL, OutcomeKind::as_str);
    let item = table.id("item", |t| ItemId::new(t));
    let title = table.needed_text("title");
    let role = table.text("role");
    let evidence = table.table("evidence").and_then(|t| {
        let item = t.needed_id("item", |t| ItemId::new(t));
        let naming = t.text("naming");
        t.finish();
        Some(Attached { item: item?, naming })
    });
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
    Some(Outcome { id: id?, kind: kind?, item, title: title?, role, evidence, cases, otherwise: otherwise? })
}

fn constraint(table: &Table<'_, '_>) -> Option<Constraint> {
    let id = table.needed_id("id", |t| OutcomeId::new(t));
    let item = table.needed_id("item", |t| ItemId::new(t));
    let message = table.needed_text("message");
    let help = table.needed_text("help");
    let severity = table.word("severity", &["error", "warning"], |word| word);
    require(table, "must");
    let must = condition_in(table, "must");
    table.finish();
    Some(Constraint {
        id: id?,
        item: item?,
        message: message?,
        help: help?,
        is_error: severity != Some("warning"),
        must: must?,
    })
}
