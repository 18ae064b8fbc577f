//! What the rules compute. Profile `sheet` has to agree with the spreadsheet: with every answer set that was
//! recalculated from its own formulas, and with those formulas written out by hand. Profile `strict` has to
//! do what the guidance plainly means: the ten points of the analysis as data (`strict-cases.toml`), and laws
//! for every answer set, because a pass on something that nobody answered is the worst thing to say.

use crate::framework::{csv_items, shipped};
use crate::support::data;
use proptest::prelude::*;
use proptest::sample::select;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use tom::diag::{At, Finding};
use tom::model::{
    Answer, Date, Deployment, DeploymentName, Framework, ItemId, ItemType, Key, Kind, Meta, Outcome,
    OutcomeKind, PermanentId, Policy, ProfileName, Settings, Slot, Value, VerdictRule,
};
use tom::ops::check::{Subject, check};
use tom::ops::outcome::{Evaluator, INCOMPLETE};
use tom::ops::show::{outcome_lines, overview};

type Answers = BTreeMap<Slot, Answer>;

static FRAMEWORK: LazyLock<Arc<Framework>> = LazyLock::new(shipped);

fn slot(id: &str) -> Slot {
    Slot::of(&ItemId::new(id).unwrap())
}

fn text(value: &str) -> Answer {
    Answer { value: Some(Value::Text(value.to_owned())), ..Answer::default() }
}

/// Every outcome of a profile with its value.
fn values(answers: &Answers, profile: ProfileName) -> BTreeMap<String, String> {
    let evaluator = Evaluator::of_answers(&FRAMEWORK, answers, profile);
    evaluator.outcomes().map(|(outcome, value)| (outcome.id.to_string(), value.to_owned())).collect()
}

// ── Profile sheet: the spreadsheet's own results ─────────────────────────────────────────────────

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "source")]
    _source: String,
    vectors: Vec<Vector>,
}

/// An answer set by cell, and what the spreadsheet made of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    tab: String,
    answers: BTreeMap<String, String>,
    expect: serde_json::Value,
}

/// The vectors' names: worksheet, name, word in the list that stands under the name, and the outcome.
/// A worksheet with a single result has no names.
const NAMES: [(&str, &str, &str, &str); 25] = [
    ("7 - IG", "process", "", "ig.process"),
    ("7 - IG", "technical", "", "ig.technical"),
    ("7 - IG", "baseline", "", "ig.baseline"),
    ("7 - IG", "flows", "", "ig.flows"),
    ("7 - IG", "process_level", "", "ig.process.level"),
    ("7 - IG", "technical_level", "", "ig.technical.level"),
    ("7 - IG", "baseline_level", "", "ig.baseline.level"),
    ("7 - IG", "flows_level", "", "ig.flows.level"),
    ("7 - IG", "warning", "", "ig.warning"),
    ("7 - IG", "shielding_note", "", "ig.shielding"),
    ("7 - IG", "info", "RISK_ASSESSMENT", "ig.document.risk-assessment"),
    ("7 - IG", "stakeholders", "SIRO", "ig.signatory.siro"),
    ("7 - IG", "stakeholders", "EXTERNAL_SIROS", "ig.signatory.external-siros"),
    ("7 - IG", "stakeholders", "CTA", "ig.signatory.cta"),
    ("8 - Clinical Safety", "level", "", "cs.level"),
    ("8 - Clinical Safety", "info", "RISK_ASSESSMENT", "cs.document.risk-assessment"),
    ("8 - Clinical Safety", "info", "DOCUMENTARY_EVIDENCE", "cs.document.documentary-evidence"),
    ("8 - Clinical Safety", "info", "SAFETY_ISSUES", "cs.document.safety-issues"),
    ("8 - Clinical Safety", "info", "SAFETY_CASE_AND_HAZARD_LOG", "cs.document.safety-case-and-hazard-log"),
    ("8 - Clinical Safety", "stakeholders", "NONE", "cs.notice.none"),
    ("8 - Clinical Safety", "stakeholders", "CSO_SIGNOFF", "cs.signatory.cso-signoff"),
    ("8 - Clinical Safety", "stakeholders", "CSG_ASSISTANCE_AVAILABLE", "cs.notice.csg-assistance-available"),
    ("8 - Clinical Safety", "stakeholders", "CSG_SIGNOFF", "cs.signatory.csg-signoff"),
    ("9a - SMS Generic Client Reqs", "", "", "requirements.generic"),
    ("9b - SMS PDS Client Reqs", "", "", "requirements.pds"),
];

/// Items by worksheet and answer cell, from the csv, for every cell of the checklist that takes an answer.
fn items_by_cell() -> BTreeMap<(String, String), ItemId> {
    let cells = csv_items().into_iter().filter(|row| !row["answer_cell"].is_empty());
    cells
        .map(|row| {
            let cell = (row["sheet"].clone(), row["answer_cell"].clone());
            (cell, ItemId::new(row["id"].as_str()).unwrap())
        })
        .collect()
}

/// The answers of a vector by item; an empty cell is no answer.
fn answers_of(vector: &Vector, cells: &BTreeMap<(String, String), ItemId>) -> Answers {
    let given = vector.answers.iter().filter(|(_, value)| !value.is_empty());
    given
        .map(|(cell, value)| {
            let item = cells.get(&(vector.tab.clone(), cell.clone()));
            let item = item.unwrap_or_else(|| panic!("{} has no item in {cell}", vector.tab));
            (Slot::of(item), text(value))
        })
        .collect()
}

/// A JSON value as outcomes write it.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Bool(truth) => yes(*truth).to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn yes(truth: bool) -> &'static str {
    if truth { "YES" } else { "NO" }
}

/// What a vector expects, by outcome; every name and word in it has to be in the table.
fn expected(vector: &Vector) -> BTreeMap<&'static str, String> {
    let table: Vec<_> = NAMES.iter().filter(|(tab, ..)| *tab == vector.tab).collect();
    assert!(!table.is_empty(), "no names for the worksheet {}", vector.tab);
    let Some(fields) = vector.expect.as_object() else {
        return table.iter().map(|(.., outcome)| (*outcome, plain(&vector.expect))).collect();
    };
    let mut all = BTreeMap::new();
    for (name, value) in fields {
        let rows: Vec<_> = table.iter().filter(|(_, n, ..)| n == name).collect();
        assert!(!rows.is_empty(), "the table has no name `{name}` for {}", vector.tab);
        let Some(words) = value.as_array() else {
            all.extend(rows.iter().map(|(.., outcome)| (*outcome, plain(value))));
            continue;
        };
        for word in words {
            assert!(rows.iter().any(|(_, _, w, _)| Some(*w) == word.as_str()), "the table has no {word}");
        }
        let listed = |word: &str| words.iter().any(|w| w.as_str() == Some(word));
        all.extend(rows.iter().map(|(_, _, word, outcome)| (*outcome, yes(listed(word)).to_owned())));
    }
    all
}

#[test]
fn sheet_agrees_with_every_result_that_the_spreadsheet_computed() {
    let vectors: Vectors = serde_json::from_str(&data("outcome-vectors.json")).unwrap();
    let cells = items_by_cell();
    let mut compared = 0;
    for (number, vector) in vectors.vectors.iter().enumerate() {
        let ours = values(&answers_of(vector, &cells), ProfileName::Sheet);
        for (outcome, expected) in expected(vector) {
            let tab = &vector.tab;
            assert_eq!(ours[outcome], expected, "vector {number}, {tab}, {outcome}: {:?}", vector.answers);
            compared += 1;
        }
    }
    assert_eq!(vectors.vectors.len(), 204);
    assert_eq!(compared, 60 * 14 + 73 * 9 + 38 + 33, "some results were not compared");
}

#[test]
fn the_published_checklist_filled_with_each_vector_gives_what_the_spreadsheet_computed() {
    let Some(path) = crate::sheets::real("smsp-tom-v0.10.xls") else { return };
    let blank = tom::exchange::read_book(&std::fs::read(path).unwrap()).unwrap();
    let file = "frameworks/smsp-tom/0.10/sheet.toml";
    let bytes = std::fs::read(crate::support::root().join(file)).unwrap();
    let map = tom::syntax::read_sheet_map(&tom::syntax::Document::parse(file, &bytes).unwrap()).0;
    let vectors: Vectors = serde_json::from_str(&data("outcome-vectors.json")).unwrap();
    vectors.vectors.par_iter().enumerate().for_each(|(number, vector)| {
        let mut book = blank.clone();
        let sheet = book.sheets.iter_mut().find(|sheet| sheet.name.trim() == vector.tab).unwrap();
        for (cell, text) in &vector.answers {
            let place = tom::exchange::Place::parse(cell).unwrap();
            let content = tom::exchange::Content::Text(text.clone());
            let filled = tom::exchange::Cell { content, is_formula: false, is_hidden: false };
            sheet.cells.insert(place, filled);
        }
        let how = tom::exchange::Formulas::Cached;
        let read = tom::exchange::read_checklist(&book, &map, &FRAMEWORK, deployment(Answers::new()), how);
        let ours = values(&read.right.answers, ProfileName::Sheet);
        for (outcome, expected) in expected(vector) {
            assert_eq!(ours[outcome], expected, "vector {number}, {}, {outcome}", vector.tab);
        }
    });
}

#[test]
fn the_vectors_reach_every_outcome_of_the_sheet() {
    let outcomes = FRAMEWORK.outcomes(ProfileName::Sheet).iter().map(|outcome| outcome.id.as_str());
    // What Q5.1 says is an answer in the sheet, and has no cell of its own as a result.
    let ours: BTreeSet<&str> = outcomes.filter(|id| *id != "cs.more-assurance").collect();
    assert_eq!(ours, NAMES.iter().map(|(.., outcome)| *outcome).collect());
}

/// The formulas of tabs 7, 8, 9a and 9b, written out by hand from the analysis, cell for item.
fn by_hand(answers: &Answers) -> BTreeMap<&'static str, String> {
    let is = |id: &str, wanted: &str| {
        let answer = answers.get(&slot(id)).and_then(|answer| answer.value.as_ref()?.as_text());
        answer.unwrap_or_default().eq_ignore_ascii_case(wanted)
    };
    let any = |ids: &[&str], wanted: &str| ids.iter().any(|id| is(id, wanted));
    let graded = |ids: &[&str]| match () {
        () if any(ids, "None") => "FAIL",
        () if any(ids, "Other") => "CHECK",
        () => "PASS",
    };
    let pass = |fails: bool| if fails { "FAIL" } else { "PASS" };
    let process = pass(is("IGA-02", "No"));
    let technical = graded(&["IGA-03", "IGA-04", "IGA-05", "IGA-06", "IGA-07", "IGA-08", "IGA-09"]);
    let baseline = graded(&["IGA-10", "IGA-11", "IGA-12", "IGA-13", "IGA-14"]);
    let flows = pass(any(&["IGA-16", "IGA-17"], "Yes"));
    let results = [process, technical, baseline, flows];
    let informed = results.iter().any(|result| *result != "PASS");
    let level = match () {
        () if is("CSQ-1", "Yes") => 5,
        () if is("CSQ-2", "Yes") => 4,
        () if any(&["CSQ-3-1", "CSQ-3-3", "CSQ-3-4"], "Yes") => 3,
        () if is("CSQ-3-2", "Yes") => 2,
        () => 1,
    };
    let musts = |section: &str| {
        let items = FRAMEWORK.items().filter(|item| item.section.as_str() == section);
        let mut musts = items.filter(|item| item.level == Some(tom::model::Level::Must));
        if musts.any(|item| is(item.id.as_str(), "No")) { "SUBMIT_FOR_APPROVAL" } else { "SUBMIT_FOR_AUDIT" }
    };
    BTreeMap::from([
        ("ig.process", process.to_owned()),
        ("ig.technical", technical.to_owned()),
        ("ig.baseline", baseline.to_owned()),
        ("ig.flows", flows.to_owned()),
        ("ig.process.level", "MUST".to_owned()),
        ("ig.technical.level", "MUST".to_owned()),
        ("ig.baseline.level", "MUST".to_owned()),
        ("ig.flows.level", "MUST".to_owned()),
        ("ig.warning", yes(results.contains(&"FAIL")).to_owned()),
        ("ig.shielding", yes(is("IGA-12", "n/a")).to_owned()),
        ("ig.document.risk-assessment", yes(informed).to_owned()),
        ("ig.signatory.siro", "YES".to_owned()),
        ("ig.signatory.external-siros", yes(is("IGA-20", "Yes") && informed).to_owned()),
        ("ig.signatory.cta", yes(is("IGA-21", "Yes") && informed).to_owned()),
        ("cs.level", level.to_string()),
        ("cs.more-assurance", yes(is("CSQ-5-1", "Yes")).to_owned()),
        ("cs.document.risk-assessment", yes(level > 2).to_owned()),
        ("cs.document.documentary-evidence", yes(level > 2).to_owned()),
        ("cs.document.safety-issues", yes(is("CSQ-4", "Yes")).to_owned()),
        (
            "cs.document.safety-case-and-hazard-log",
            yes(is("CSQ-5-1", "Yes") && is("CSQ-5-3", "No")).to_owned(),
        ),
        ("cs.notice.none", yes(level == 1).to_owned()),
        ("cs.signatory.cso-signoff", yes(level > 1).to_owned()),
        ("cs.notice.csg-assistance-available", yes(level > 2).to_owned()),
        ("cs.signatory.csg-signoff", yes(level > 3).to_owned()),
        ("requirements.generic", musts("generic-requirements").to_owned()),
        ("requirements.pds", musts("pds-requirements").to_owned()),
    ])
}

// ── Profile strict: the ten points, as data ──────────────────────────────────────────────────────

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    good: Good,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Good {
    answers: BTreeMap<String, String>,
}

/// An answer set with what has to come out. `strict-cases.toml` says what the keys mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    point: u8,
    what: String,
    #[serde(default)]
    from: From,
    #[serde(default)]
    blank: Vec<String>,
    #[serde(default)]
    answers: BTreeMap<String, String>,
    #[serde(default)]
    dates: BTreeMap<String, toml::value::Datetime>,
    go_live: Option<toml::value::Datetime>,
    #[serde(default)]
    notes: BTreeMap<String, String>,
    #[serde(default)]
    evidence: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    expect: BTreeMap<String, String>,
    #[serde(default)]
    never: BTreeMap<String, String>,
    #[serde(default)]
    finds: Vec<Found>,
    #[serde(default)]
    quiet: Vec<Found>,
    listed: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum From {
    #[default]
    Good,
    Nothing,
}

/// A code, and the items of which the finding points at one; no items means anywhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    code: String,
    #[serde(default)]
    at: Vec<String>,
}

impl Found {
    fn is(&self, finding: &Finding) -> bool {
        let here = |route: &Vec<String>| self.at.iter().any(|item| Some(item) == route.first());
        let at = finding.primary.as_ref().is_some_and(|label| match &label.at {
            At::Value(route) | At::Key(route) => here(route),
            _ => false,
        });
        finding.code.id == self.code && (self.at.is_empty() || at)
    }
}

fn cases() -> Cases {
    toml::from_str(&data("strict-cases.toml")).unwrap()
}

fn day(date: &toml::value::Datetime) -> Date {
    date.to_string().parse().unwrap()
}

impl Case {
    fn answers(&self, good: &Good) -> Answers {
        let mut answers = Answers::new();
        if matches!(self.from, From::Good) {
            answers.extend(good.answers.iter().map(|(id, value)| (slot(id), text(value))));
        }
        for id in &self.blank {
            assert!(answers.remove(&slot(id)).is_some(), "{}: {id} was blank", self.what);
        }
        answers.extend(self.answers.iter().map(|(id, value)| (slot(id), text(value))));
        for (id, date) in &self.dates {
            let answer = Answer { value: Some(Value::Date(day(date))), ..Answer::default() };
            answers.insert(slot(id), answer);
        }
        if let Some(date) = &self.go_live {
            let row = BTreeMap::from([("date".to_owned(), Value::Date(day(date)))]);
            let rows = BTreeMap::from([(Key::new("go-live").unwrap(), row)]);
            answers.insert(slot("BD-24"), Answer { rows, ..Answer::default() });
        }
        for (id, notes) in &self.notes {
            answers.entry(slot(id)).or_default().notes = Some(notes.clone());
        }
        for (id, evidence) in &self.evidence {
            answers.entry(slot(id)).or_default().evidence = evidence.clone();
        }
        answers
    }
}

/// A deployment that has these answers and nothing else.
fn deployment(answers: Answers) -> Deployment {
    let meta = Meta {
        id: PermanentId::new("d-7f3a9c0d41b2").unwrap(),
        title: "Acme Clinic at Northfield Hospitals".to_owned(),
        kind: Kind::Deployment,
        framework: FRAMEWORK.reference(),
        risk_prefix: "NFD".to_owned(),
        derived_from: None,
        history: BTreeMap::new(),
    };
    let name = DeploymentName::new("acme-northfield").unwrap();
    Deployment { answers, ..Deployment::empty(name, meta) }
}

fn findings(deployment: &Deployment) -> Vec<Finding> {
    let framework = &FRAMEWORK;
    let (people, policy) = (BTreeMap::new().into(), Policy::default());
    let settings = &Settings { framework: framework.reference(), people, policy, fail_on: Vec::new() };
    let exists = |_: &str| true;
    let strict = Evaluator::new(framework, deployment, ProfileName::Strict);
    let as_of = tom::model::Date::constant(2026, 11, 20);
    let (strict, received, ready) = (&strict, None, None);
    check(&Subject {
        pending: None,
        approved: &Default::default(),
        deployment,
        framework,
        strict,
        settings,
        exists: &exists,
        received,
        left_over: &[],
        as_of,
        ready,
    })
}

/// What is wrong with a case, in words.
fn disagreements(case: &Case, good: &Good) -> Vec<String> {
    let answers = case.answers(good);
    let ours = values(&answers, ProfileName::Strict);
    let mut wrong = Vec::new();
    let said = |id: &String| ours.get(id).map_or("no such outcome", String::as_str);
    for (id, value) in case.expect.iter().filter(|(id, value)| said(id) != value.as_str()) {
        wrong.push(format!("{id} is {}, not {value}", said(id)));
    }
    for (id, value) in &case.never {
        if !ours.contains_key(id) || said(id) == value {
            wrong.push(format!("{id} is {}", said(id)));
        }
    }
    if case.finds.is_empty() && case.quiet.is_empty() && case.listed.is_none() {
        return wrong;
    }
    let deployment = deployment(answers);
    let findings = findings(&deployment);
    for found in case.finds.iter().filter(|found| !findings.iter().any(|f| found.is(f))) {
        wrong.push(format!("no {} at {:?}", found.code, found.at));
    }
    for finding in findings.iter().filter(|f| case.quiet.iter().any(|quiet| quiet.is(f))) {
        wrong.push(format!("{} {}", finding.code.id, finding.message));
    }
    let listed = overview(&FRAMEWORK, &deployment).not_applicable;
    let listed: BTreeSet<&String> = listed.iter().map(|(id, _)| id).collect();
    if case.listed.as_ref().is_some_and(|wanted| wanted.iter().collect::<BTreeSet<_>>() != listed) {
        wrong.push(format!("the approver is shown {listed:?}"));
    }
    wrong
}

#[test]
fn strict_does_what_the_guidance_plainly_means() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases.case {
        let found = disagreements(case, &cases.good);
        wrong.extend(found.iter().map(|what| format!("point {}, {}: {what}", case.point, case.what)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_cases_cover_the_ten_points_with_answers_that_can_be_chosen_and_expect_something() {
    let cases = cases();
    for point in 1..=10 {
        assert!(cases.case.iter().filter(|case| case.point == point).count() >= 2, "point {point}");
    }
    let given = cases.case.iter().flat_map(|case| &case.answers).chain(&cases.good.answers);
    for (id, value) in given {
        let item = FRAMEWORK.item(id).unwrap_or_else(|| panic!("there is no {id}"));
        assert!(item.options.contains(value), "{id} has no option {value}");
    }
    for case in &cases.case {
        let expects = case.expect.len() + case.never.len() + case.finds.len() + case.quiet.len();
        assert!(expects > 0, "{} expects nothing", case.what);
    }
}

// ── Points that are not about one answer set ─────────────────────────────────────────────────────

fn agree(rule: &VerdictRule, verdicts: &[&str; 3]) -> bool {
    match rule {
        VerdictRule::All(word) => verdicts.iter().all(|verdict| verdict == word),
        VerdictRule::Any(word) => verdicts.iter().any(|verdict| verdict == word),
        VerdictRule::None(word) => verdicts.iter().all(|verdict| verdict != word),
    }
}

#[test]
fn a_rejected_verdict_agrees_with_a_rejected_outcome_alone_and_three_approved_with_every_other() {
    let words = ["Approved", "Rejected"];
    for number in 0..8_usize {
        let verdicts = [0, 1, 2].map(|bit| words[number >> bit & 1]);
        let outcomes = FRAMEWORK.phase_outcomes.iter();
        let agreeing: Vec<&str> =
            outcomes.filter(|o| agree(&o.verdicts, &verdicts)).map(|o| o.value.as_str()).collect();
        if verdicts.contains(&"Rejected") {
            assert_eq!(agreeing, ["rejected"], "{verdicts:?}");
        } else {
            assert_eq!(agreeing.len(), 4, "{verdicts:?}: {agreeing:?}");
            assert!(!agreeing.contains(&"rejected"));
        }
    }
    for id in ["AP1-02", "AP1-03", "AP1-04"] {
        assert_eq!(FRAMEWORK.item(id).unwrap().options, words);
    }
}

#[test]
fn going_live_waits_for_the_agreements_that_the_outcome_of_phase_one_asks_for() {
    let wanted = [
        ("approved-dsfc-and-dsa-needed", vec!["CA-01", "CA-05"]),
        ("approved-dsa-needed", vec!["CA-05"]),
        ("provisional-pending-daag", vec!["OG-02"]),
    ];
    for (value, items) in wanted {
        let outcome = FRAMEWORK.phase_outcomes.iter().find(|outcome| outcome.value == value).unwrap();
        let condition = outcome.before_live.as_ref().unwrap();
        let holds = |answers: &Answers| {
            Evaluator::of_answers(&FRAMEWORK, answers, ProfileName::Strict).test(condition)
        };
        let all: Answers = items.iter().map(|id| (slot(id), text("Yes"))).collect();
        assert_eq!(holds(&all), Some(true), "{value}");
        for id in items {
            let mut without = all.clone();
            without.remove(&slot(id));
            assert_eq!(holds(&without), None, "{value} without {id}");
            without.insert(slot(id), text("No"));
            assert_eq!(holds(&without), Some(false), "{value} with No to {id}");
        }
    }
}

#[test]
fn every_not_applicable_and_every_no_that_is_a_shortfall_needs_a_note() {
    // A No to these is the good answer, or a plain fact: it says all that there is to say.
    let plain_no = [
        "BD-13", "BD-14", "BD-27", "BD-29", "CA-01", "CA-05", "CA-09", "CA-16", "IGA-16", "IGA-17", "IGA-18",
        "IGA-19", "IGA-20", "IGA-21", "CSQ-1", "CSQ-2", "CSQ-3-1", "CSQ-3-2", "CSQ-3-3", "CSQ-3-4", "CSQ-4",
        "CSQ-5-1",
    ];
    let mut without = Vec::new();
    for item in FRAMEWORK.items().filter(|item| item.kind_of_answer == ItemType::Choice) {
        let plain = plain_no.contains(&item.id.as_str());
        for option in item.options.iter().filter(|o| matches!(o.to_lowercase().as_str(), "no" | "n/a")) {
            let answers = Answers::from([(slot(item.id.as_str()), text(option))]);
            let evaluator = Evaluator::of_answers(&FRAMEWORK, &answers, ProfileName::Strict);
            let noted = evaluator.lacks_note(item, &slot(item.id.as_str())) || (plain && option == "No");
            if !noted {
                without.push(format!("{} = {option}", item.id));
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn show_reports_where_the_two_readings_differ() {
    let differing = |answers: Answers| -> BTreeSet<String> {
        let lines = outcome_lines(&FRAMEWORK, &deployment(answers));
        lines.into_iter().filter(|line| line.differs()).map(|line| line.id).collect()
    };
    let levels = ["ig.baseline.level", "ig.flows.level", "ig.process.level", "ig.technical.level"];
    let set = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let cases = cases();
    let good: Answers = cases.good.answers.iter().map(|(id, value)| (slot(id), text(value))).collect();
    assert_eq!(differing(good.clone()), set(&levels));
    let untouched = differing(Answers::new());
    let results = ["ig.process", "ig.technical", "ig.baseline", "ig.flows", "cs.level"];
    for id in results.into_iter().chain(["requirements.generic", "requirements.pds"]).chain(levels) {
        assert!(untouched.contains(id), "{id}");
    }
    let mut one = good;
    one.insert(slot("IGA-05"), text("No"));
    let technical = ["ig.technical", "ig.document.risk-assessment"];
    assert_eq!(differing(one), set(&[&levels[..], &technical].concat()));
}

#[test]
fn an_agreement_of_one_day_does_not_end_before_it_starts() {
    let date = || Answer { value: Some(Value::Date("2026-12-01".parse().unwrap())), ..Answer::default() };
    for (start, end) in [("CA-03", "CA-04"), ("CA-07", "CA-08"), ("CA-11", "CA-12")] {
        let findings = findings(&deployment(Answers::from([(slot(start), date()), (slot(end), date())])));
        let said = findings.iter().find(|finding| finding.code.id == "TOM-0401");
        assert!(said.is_none(), "{start}, {end}: {}", said.unwrap().message);
    }
}

// ── Laws ─────────────────────────────────────────────────────────────────────────────────────────

/// Every item that an outcome reads, itself or through the outcomes that it reads.
fn reads(outcome: &Outcome, profile: ProfileName) -> BTreeSet<ItemId> {
    let mut items = outcome.items();
    for id in outcome.outcomes() {
        let inner = FRAMEWORK.outcomes(profile).iter().find(|outcome| outcome.id == id).unwrap();
        items.extend(reads(inner, profile));
    }
    items
}

/// The items that some outcome reads, with the values to choose from.
static READ: LazyLock<Vec<(Slot, Vec<String>)>> = LazyLock::new(|| {
    let profiles = [ProfileName::Sheet, ProfileName::Strict];
    let outcomes = profiles.iter().flat_map(|p| FRAMEWORK.outcomes(*p).iter().map(move |o| reads(o, *p)));
    let items: BTreeSet<ItemId> = outcomes.flatten().collect();
    items.iter().map(|id| (Slot::of(id), FRAMEWORK.item(id.as_str()).unwrap().options.clone())).collect()
});

/// The value that gives the best result, from the answer set in which everything passes.
fn good_value(slot: &Slot, options: &[String]) -> String {
    static GOOD: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| cases().good.answers);
    GOOD.get(slot.item.as_str()).unwrap_or(&options[0]).clone()
}

/// An answer that can be chosen: mostly a good one, so that results pass often enough to be worth looking at.
fn chosen(slot: &Slot, options: &[String]) -> BoxedStrategy<Answer> {
    let value = prop_oneof![12 => Just(good_value(slot, options)), 1 => select(options.to_vec())];
    (value, any::<bool>(), any::<bool>())
        .prop_map(|(value, noted, evidenced)| Answer {
            notes: noted.then(|| "A note.".to_owned()),
            evidence: evidenced.then(|| "ref:A".to_owned()).into_iter().collect(),
            ..text(&value)
        })
        .boxed()
}

/// Answers to every item that is read, with some blanks: none in a third of the sets.
fn answer_sets() -> impl Strategy<Value = (Answers, BTreeSet<Slot>)> {
    let all: Vec<_> = READ.iter().map(|(slot, options)| chosen(slot, options)).collect();
    let slots: Vec<Slot> = READ.iter().map(|(slot, _)| slot.clone()).collect();
    let few = proptest::sample::subsequence(slots.clone(), 1..=3);
    let many = proptest::sample::subsequence(slots, 0..=READ.len());
    let blank = prop_oneof![Just(Vec::new()), few, many];
    (all, blank).prop_map(|(answers, blank)| {
        let slots = READ.iter().map(|(slot, _)| slot.clone());
        (slots.zip(answers).collect(), blank.into_iter().collect())
    })
}

/// The answers without those that are blank.
fn without(all: &Answers, blank: &BTreeSet<Slot>) -> Answers {
    all.iter().filter(|(slot, _)| !blank.contains(*slot)).map(|(s, a)| (s.clone(), a.clone())).collect()
}

/// Any text, and often one that a formula looks for, in any case.
fn any_text() -> impl Strategy<Value = Value> {
    let words = select(vec!["yes", "NO", "None", "other", "N/A", "", " Yes", "5", "DEMO_READ_ONLY"]);
    prop_oneof![any::<String>(), words.prop_map(str::to_owned)].prop_map(Value::Text)
}

/// Any value at all, also of types that the items do not have.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => any_text(),
        1 => any::<i64>().prop_map(Value::Number),
        1 => proptest::collection::vec(any::<String>(), 0..3).prop_map(Value::Texts),
        1 => (1_i16..9999, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| Value::Date(Date::constant(y, m, d))),
    ]
}

/// Such answers to any items of the framework, in the rows of their blocks too.
fn any_answers(value: BoxedStrategy<Value>) -> impl Strategy<Value = Answers> {
    let slots: Vec<Slot> = FRAMEWORK
        .items()
        .map(|item| {
            let row = item.repeats.clone().map(|block| (block, Key::new("pas").unwrap()));
            Slot { item: item.id.clone(), row }
        })
        .collect();
    proptest::collection::btree_map(select(slots), value, 0..80).prop_map(|values| {
        let answer = |value| Answer { value: Some(value), ..Answer::default() };
        values.into_iter().map(|(slot, value)| (slot, answer(value))).collect()
    })
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn strict_passes_nothing_that_rests_on_a_blank((all, blank) in answer_sets()) {
        let answers = without(&all, &blank);
        let values = values(&answers, ProfileName::Strict);
        for outcome in FRAMEWORK.outcomes(ProfileName::Strict) {
            let value = values[outcome.id.as_str()].as_str();
            let open = reads(outcome, ProfileName::Strict).iter().any(|id| blank.contains(&Slot::of(id)));
            let passes = matches!(value, "PASS" | "SUBMIT_FOR_AUDIT");
            prop_assert!(!(open && passes), "{} is {value} on a blank", outcome.id);
            let is_level = outcome.id.as_str() == "cs.level";
            prop_assert!(!(open && is_level) || value == INCOMPLETE, "level {value} on a blank");
            let closed = blank.is_empty() && outcome.kind != OutcomeKind::Action;
            let unnoted = all[&slot("IGA-08")].notes.is_none();
            prop_assert!(!closed || unnoted || value != INCOMPLETE, "{} is open without a blank", outcome.id);
        }
    }

    #[test]
    fn an_answer_to_a_blank_changes_nothing_that_was_decided(
        (all, blank) in answer_sets(),
        more: prop::sample::Index,
    ) {
        prop_assume!(!blank.is_empty());
        let filled = more.get(&blank.iter().cloned().collect::<Vec<_>>()).clone();
        let before = values(&without(&all, &blank), ProfileName::Strict);
        let mut left = blank;
        left.remove(&filled);
        let after = values(&without(&all, &left), ProfileName::Strict);
        for outcome in FRAMEWORK.outcomes(ProfileName::Strict) {
            let (was, is) = (&before[outcome.id.as_str()], &after[outcome.id.as_str()]);
            // What is still to be done is done by exactly the answer that it asks for.
            let done = outcome.kind == OutcomeKind::Action && outcome.items().contains(&filled.item);
            prop_assert!(was == INCOMPLETE || was == is || done, "{}: {was} became {is}", outcome.id);
        }
    }

    #[test]
    fn what_fails_with_blanks_fails_whatever_the_blanks_become((all, blank) in answer_sets()) {
        let before = values(&without(&all, &blank), ProfileName::Strict);
        let after = values(&all, ProfileName::Strict);
        for (id, was) in before {
            if matches!(was.as_str(), "FAIL" | "SUBMIT_FOR_APPROVAL") {
                prop_assert_eq!(&was, &after[&id], "{}", id);
            }
        }
    }

    #[test]
    fn sheet_agrees_with_its_formulas_written_out_by_hand(
        (all, blank) in answer_sets(),
        odd in any_answers(any_text().boxed()),
    ) {
        for answers in [without(&all, &blank), all, odd] {
            let ours = values(&answers, ProfileName::Sheet);
            for (id, value) in by_hand(&answers) {
                prop_assert_eq!(&ours[id], &value, "{}", id);
            }
        }
    }

    #[test]
    fn sheet_is_never_incomplete(answers in any_answers(any_value().boxed())) {
        for (id, value) in values(&answers, ProfileName::Sheet) {
            prop_assert!(value != INCOMPLETE, "{id}");
        }
    }

    #[test]
    fn any_answers_at_all_give_values_that_the_rules_name(answers in any_answers(any_value().boxed())) {
        for profile in [ProfileName::Sheet, ProfileName::Strict] {
            let evaluator = Evaluator::of_answers(&FRAMEWORK, &answers, profile);
            for (outcome, value) in evaluator.outcomes() {
                let mut named = outcome.cases.iter().map(|case| &case.value).chain([&outcome.otherwise]);
                let named = named.any(|name| name == value);
                let open = profile == ProfileName::Strict && value == INCOMPLETE;
                prop_assert!(named || open, "{profile} {}: {value}", outcome.id);
            }
            for item in FRAMEWORK.items() {
                let (needed, applies) = (evaluator.needed(item), evaluator.applies(item));
                prop_assert!(item.is_answered() || !needed, "{} is needed", item.id);
                prop_assert!(item.applies.is_some() || applies, "{} does not apply", item.id);
            }
            let constraints = FRAMEWORK.constraints.iter().map(|c| evaluator.test(&c.must));
            prop_assert_eq!(constraints.count(), FRAMEWORK.constraints.len());
        }
    }

    #[test]
    fn an_outcome_reads_nothing_but_the_items_that_it_names((all, blank) in answer_sets()) {
        let answers = without(&all, &blank);
        for profile in [ProfileName::Sheet, ProfileName::Strict] {
            let whole = values(&answers, profile);
            for outcome in FRAMEWORK.outcomes(profile) {
                let read = reads(outcome, profile);
                let only = answers.iter().filter(|(slot, _)| read.contains(&slot.item));
                let only: Answers = only.map(|(slot, answer)| (slot.clone(), answer.clone())).collect();
                let alone = values(&only, profile);
                prop_assert_eq!(&whole[outcome.id.as_str()], &alone[outcome.id.as_str()], "{}", outcome.id);
            }
        }
    }
}

/// The laws above say something only if the answer sets that they look at both pass and fail.
#[test]
fn the_answer_sets_of_the_laws_reach_every_value_of_every_outcome() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..4000 {
        let (all, blank) = answer_sets().new_tree(&mut runner).unwrap().current();
        seen.extend(values(&without(&all, &blank), ProfileName::Strict));
    }
    for outcome in FRAMEWORK.outcomes(ProfileName::Strict) {
        // No control of this service is a MUST, so nothing can warn of one that is not met.
        let cases = outcome.cases.iter().filter(|_| outcome.id.as_str() != "ig.warning");
        for value in cases.map(|case| &case.value).chain([&outcome.otherwise]) {
            let pair = (outcome.id.to_string(), value.clone());
            assert!(seen.contains(&pair), "{} is never {value}", outcome.id);
        }
    }
}
