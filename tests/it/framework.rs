//! The framework that ships is the checklist: each of its 188 items with the values of `tom-items.csv`, the
//! standard's risk matrix, guidance of its own, and rules and dependencies that lead somewhere. It is data,
//! so no compiler looks after it; and a copy that somebody broke has to be refused, not half understood.

use crate::support::{Sandbox, data, root};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tom::diag::Finding;
use tom::model::{
    Condition, Framework, Item, ItemId, ItemType, Needed, OnDerive, OutcomeId, OutcomeKind, ProfileName,
    Subject, Test, VerdictRule,
};
use tom::project::Project;
use tom::store::WorkTree;

/// Where the framework stands, from a repository's root.
const FOLDER: &str = "frameworks/smsp-tom/0.10";

/// The framework that ships.
pub fn shipped() -> Arc<Framework> {
    let (project, findings) = Project::open(Box::new(WorkTree::new(root()))).unwrap();
    assert!(findings.is_empty(), "{findings:#?}");
    project.frameworks().find(|framework| framework.id == "smsp-tom").unwrap().clone()
}

// ── The csv ──────────────────────────────────────────────────────────────────────────────────────

/// A row of a csv file by the names of its columns.
pub type Row = BTreeMap<String, String>;

/// The rows of `tom-items.csv`, in order.
pub fn csv_items() -> Vec<Row> {
    let mut records = csv(&data("tom-items.csv")).into_iter();
    let head = records.next().unwrap();
    records
        .map(|record| {
            assert_eq!(record.len(), head.len(), "{record:?}");
            head.iter().cloned().zip(record).collect()
        })
        .collect()
}

/// Records of fields, as RFC 4180 has them: a quoted field holds commas, line ends and doubled quotes.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.trim_end_matches(['\r', '\n']).chars().peekable();
    while let Some(c) = chars.next() {
        let record = records.last_mut().unwrap();
        let field = record.last_mut().unwrap();
        match c {
            '"' if !quoted => quoted = true,
            '"' if chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = false,
            ',' if !quoted => record.push(String::new()),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => records.push(vec![String::new()]),
            other => field.push(other),
        }
    }
    assert!(!quoted, "a quoted field does not end");
    records
}

#[test]
fn the_csv_reader_reads_quoted_fields() {
    let read = csv("a,\"b, c\",\"say \"\"so\"\"\"\r\n,\"two\nlines\",\"\"\n");
    assert_eq!(read, [["a", "b, c", "say \"so\""], ["", "two\nlines", ""]]);
}

// ── Conditions in words ──────────────────────────────────────────────────────────────────────────

fn item_test(id: &str, test: Test) -> Condition {
    Condition::Is(Subject::Item(ItemId::new(id).unwrap()), test)
}

fn is(id: &str, text: &str) -> Condition {
    item_test(id, Test::Is(text.to_owned()))
}

/// What the csv's words for `needed` and `applies` mean. `AP1-05` is the outcome of phase 1, and what was
/// provisional until the advisory group has spoken is the one that asks for advice.
fn condition_of(words: &str) -> Condition {
    let level = Subject::Outcome(OutcomeId::new("cs.level").unwrap());
    match words {
        "topology A" | "if topology A" => is("TO-01", "Y"),
        "topology B" | "if topology B" => is("TO-02", "Y"),
        "if a row of BD-25 exists" => Condition::AnyRow(Box::new(item_test("BD-25", Test::Blank(false)))),
        "if CA-01 is Yes" => is("CA-01", "Yes"),
        "if CA-05 is Yes" => is("CA-05", "Yes"),
        "if CA-09 is Yes" => is("CA-09", "Yes"),
        "if CSQ-4 is Yes" => is("CSQ-4", "Yes"),
        "if IGA-16 or IGA-17 is Yes" => Condition::Any(vec![is("IGA-16", "Yes"), is("IGA-17", "Yes")]),
        "if safety level 3 or more" => Condition::Is(level, Test::AtLeast(3)),
        "if phase 1 outcome asks for advice" => is("AP1-05", "provisional-pending-daag"),
        other => panic!("the csv has a condition that this table does not know: {other}"),
    }
}

fn needed_of(words: &str) -> Needed {
    match words {
        "always" => Needed::Always,
        "optional" => Needed::Optional,
        "never" => Needed::Never,
        condition => Needed::If(condition_of(condition)),
    }
}

/// The design's words win: what the csv calls `nhs-digital` is the `authority`, and `aggregator-supplier` the
/// `aggregator`.
fn party_of(csv: &str) -> &str {
    match csv {
        "nhs-digital" => "authority",
        "aggregator-supplier" => "aggregator",
        other => other,
    }
}

fn split(text: &str, by: char) -> Vec<&str> {
    text.split(by).filter(|part| !part.is_empty()).collect()
}

/// The columns that are compared as text: name of the column and what the framework says there.
fn text_columns(item: &Item) -> [(&'static str, String); 15] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let scope: Vec<&str> = item.scope.iter().map(|scope| scope.as_str()).collect();
    [
        ("id_from", if item.printed_id { "sheet" } else { "ours" }.to_owned()),
        ("section", item.section.to_string()),
        ("group", item.group.clone()),
        ("repeats", item.repeats.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("kind", item.kind.to_string()),
        ("level", item.level.map(|level| level.to_string()).unwrap_or_default()),
        ("phase", item.phase.to_string()),
        ("type", item.kind_of_answer.to_string()),
        ("options", item.options.join("|")),
        ("on_derive", item.on_derive.to_string()),
        ("scope", scope.join("+")),
        ("personal", if item.personal { "yes" } else { "" }.to_owned()),
        ("read_from", text(&item.read_from)),
        ("sheet", item.cells.sheet.clone()),
        ("row", item.cells.row.to_string()),
    ]
}

#[test]
fn the_framework_has_exactly_the_items_of_the_checklist_in_its_order() {
    let framework = shipped();
    let ours: Vec<&str> = framework.items().map(|item| item.id.as_str()).collect();
    let rows = csv_items();
    let theirs: Vec<&str> = rows.iter().map(|row| row["id"].as_str()).collect();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 188);
    assert_eq!(ours.iter().collect::<BTreeSet<_>>().len(), 188);
}

#[test]
fn the_framework_has_the_eleven_sections_in_the_order_of_the_csv() {
    let framework = shipped();
    let mut theirs: Vec<String> = csv_items().into_iter().map(|row| row["section"].clone()).collect();
    theirs.dedup();
    let ours: Vec<String> = framework.sections.iter().map(|section| section.id.to_string()).collect();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 11);
}

#[test]
fn every_column_of_every_item_is_as_in_the_csv() {
    let framework = shipped();
    let mut wrong = Vec::new();
    for row in csv_items() {
        let id = &row["id"];
        let Some(item) = framework.item(id) else { panic!("{id} is missing") };
        for (column, ours) in text_columns(item) {
            if ours != row[column] {
                wrong.push(format!("{id} {column}: `{ours}`, and in the csv `{}`", row[column]));
            }
        }
        let cells = [
            ("actioned_by_cell", &item.cells.actioned_by),
            ("answer_cell", &item.cells.answer),
            ("notes_cell", &item.cells.notes),
        ];
        for (column, ours) in cells {
            let ours = ours.clone().unwrap_or_default();
            if ours != row[column] {
                wrong.push(format!("{id} {column}: `{ours}`, and in the csv `{}`", row[column]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn parties_and_those_who_confirm_are_as_in_the_csv() {
    let framework = shipped();
    for row in csv_items() {
        let item = framework.item(&row["id"]).unwrap();
        for (column, ours) in [("parties", &item.parties), ("confirmed_by", &item.confirmed_by)] {
            let ours: Vec<&str> = ours.iter().map(|party| party.as_str()).collect();
            let theirs: Vec<&str> = split(&row[column], '+').into_iter().map(party_of).collect();
            assert_eq!(ours, theirs, "{} {column}", item.id);
        }
    }
}

#[test]
fn what_is_needed_and_what_applies_means_what_the_csv_says() {
    let framework = shipped();
    for row in csv_items() {
        let item = framework.item(&row["id"]).unwrap();
        assert_eq!(item.needed, needed_of(&row["needed"]), "{} needed", item.id);
        let applies = Some(row["applies"].as_str()).filter(|words| !words.is_empty()).map(condition_of);
        assert_eq!(item.applies, applies, "{} applies", item.id);
    }
}

// ── Guidance ─────────────────────────────────────────────────────────────────────────────────────

#[test]
fn every_item_has_guidance_of_its_own() {
    let framework = shipped();
    let mut seen = BTreeMap::<String, String>::new();
    for item in framework.items() {
        let texts = [
            ("title", &item.title),
            ("asks", &item.asks),
            ("why", &item.why),
            ("good-evidence", &item.good_evidence),
        ];
        for (name, text) in texts {
            let place = format!("{}.{name}", item.id);
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            assert!(!words.is_empty(), "{place} is empty");
            if let Some(other) = seen.insert(words, place.clone()) {
                panic!("{place} says the same as {other}: {text}");
            }
        }
    }
    assert_eq!(seen.len(), 188 * 4);
}

#[test]
fn titles_fit_in_a_line() {
    for item in shipped().items() {
        let length = item.title.chars().count();
        assert!(length <= 70 && !item.title.contains('\n'), "{} has {length}: {}", item.id, item.title);
    }
}

#[test]
fn every_section_and_phase_says_what_it_is_about() {
    let framework = shipped();
    for section in &framework.sections {
        assert!(!section.title.trim().is_empty() && !section.about.trim().is_empty(), "{}", section.id);
    }
    let phases: Vec<u8> = framework.phases.iter().map(|phase| phase.number).collect();
    assert_eq!(phases, [1, 2]);
    let covered = |number: u8| {
        let phase = framework.phases.iter().find(|phase| phase.number == number).unwrap();
        phase.scope.iter().map(|scope| scope.as_str()).collect::<BTreeSet<_>>()
    };
    assert_eq!(covered(1), BTreeSet::from(["usage"]));
    assert_eq!(covered(2), BTreeSet::from(["assessment", "capacity"]));
    assert!(framework.phases.iter().all(|phase| phase.needs_risks == (phase.number == 2)));
}

#[test]
fn readers_get_the_checklists_own_words() {
    let framework = shipped();
    for (word, label) in [("authority", "NHS Digital"), ("mitigation", "control"), ("risk", "hazard")] {
        assert_eq!(framework.labels.get(word).map(String::as_str), Some(label), "{word}");
    }
    assert!(framework.label("throughput").contains("TPS"));
    let parties: BTreeSet<&str> = framework.parties.iter().map(|party| party.id.as_str()).collect();
    assert_eq!(
        parties,
        BTreeSet::from(["supplier", "deployer", "authority", "aggregator", "other-supplier"])
    );
    assert!(framework.parties.iter().all(|party| !party.label.trim().is_empty()));
}

// ── The matrix ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_risk_matrix_is_the_standards_cell_by_cell() {
    let framework = shipped();
    let json: serde_json::Value = serde_json::from_str(&data("risk-matrix.json")).unwrap();
    let words = |key: &str| -> Vec<String> { serde_json::from_value(json[key].clone()).unwrap() };
    let matrix = &framework.matrix;
    assert_eq!(matrix.severity, words("severity"));
    assert_eq!(matrix.likelihood, words("likelihood"));
    for likelihood in &matrix.likelihood {
        for severity in &matrix.severity {
            let ours = matrix.class.get(&(likelihood.clone(), severity.clone())).copied().map(u64::from);
            assert!(ours.is_some(), "{severity}, {likelihood}");
            assert_eq!(ours, json["rating"][likelihood][severity].as_u64(), "{severity}, {likelihood}");
        }
    }
    assert_eq!(matrix.class.len(), 25);
}

#[test]
fn each_class_has_a_rule_of_its_own() {
    let acceptability = shipped().matrix.acceptability.clone();
    assert_eq!(acceptability.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let labels: BTreeSet<&str> = acceptability.values().map(|rule| rule.label.as_str()).collect();
    let rules: BTreeSet<&str> = acceptability.values().map(|rule| rule.rule.as_str()).collect();
    assert_eq!((labels.len(), rules.len()), (5, 5));
    assert!(labels.iter().chain(&rules).all(|text| !text.trim().is_empty()));
}

// ── Phase 1 ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn phase_one_has_five_outcomes_with_the_verdicts_that_agree_with_each() {
    let framework = shipped();
    let all = || VerdictRule::All("Approved".to_owned());
    let agreement = || is("CA-05", "Yes");
    let both = || Condition::All(vec![is("CA-01", "Yes"), agreement()]);
    let wanted = [
        ("fully-approved", all(), None),
        ("approved-dsfc-and-dsa-needed", all(), Some(both())),
        ("approved-dsa-needed", all(), Some(agreement())),
        ("provisional-pending-daag", VerdictRule::None("Rejected".to_owned()), Some(is("OG-02", "Yes"))),
        ("rejected", VerdictRule::Any("Rejected".to_owned()), None),
    ];
    assert_eq!(framework.phase_outcomes.len(), wanted.len());
    for (ours, (value, verdicts, before_live)) in framework.phase_outcomes.iter().zip(wanted) {
        assert_eq!(ours.value, value);
        assert_eq!(ours.verdicts, verdicts, "{value}");
        assert_eq!(ours.before_live, before_live, "{value}");
        assert!(!ours.title.trim().is_empty());
    }
    let values: Vec<&str> = framework.phase_outcomes.iter().map(|outcome| outcome.value.as_str()).collect();
    assert_eq!(framework.item("AP1-05").unwrap().options, values);
}

#[test]
fn what_phase_one_leaves_open_is_what_has_to_hold_before_going_live() {
    let framework = shipped();
    for outcome in &framework.phase_outcomes {
        let open: BTreeSet<&ItemId> = outcome.leaves_open.iter().collect();
        for id in outcome.before_live.iter().flat_map(Condition::items) {
            assert!(open.contains(&id), "{} waits for {id} and does not leave it open", outcome.value);
        }
        for id in open {
            assert!(framework.item(id.as_str()).is_some_and(Item::is_answered), "{}: {id}", outcome.value);
            assert!(outcome.before_live.is_some(), "{} leaves {id} open for good", outcome.value);
        }
    }
}

// ── Rules ────────────────────────────────────────────────────────────────────────────────────────

/// Every condition of the framework with the place where it stands.
fn conditions(framework: &Framework) -> Vec<(String, &Condition)> {
    let mut all = Vec::new();
    for (name, profile) in &framework.profiles {
        for outcome in &profile.outcomes {
            let place = format!("{name} {}", outcome.id);
            all.extend(outcome.cases.iter().map(|case| (place.clone(), &case.when)));
        }
    }
    for item in framework.items() {
        let needed = if let Needed::If(condition) = &item.needed { Some(condition) } else { None };
        let own = item.applies.iter().chain(&item.needs_note).chain(needed);
        all.extend(own.map(|condition| (item.id.to_string(), condition)));
    }
    all.extend(framework.constraints.iter().map(|c| (c.id.to_string(), &c.must)));
    all.extend(framework.parties.iter().filter_map(|p| Some((p.id.to_string(), p.takes_part.as_ref()?))));
    all.extend(
        framework.phase_outcomes.iter().filter_map(|o| Some((o.value.clone(), o.before_live.as_ref()?))),
    );
    all
}

/// Every test of an item's text in a condition: the item, and the texts that it is compared with.
fn compared(condition: &Condition, found: &mut Vec<(ItemId, Vec<String>)>) {
    match condition {
        Condition::Any(parts) | Condition::All(parts) => parts.iter().for_each(|part| compared(part, found)),
        Condition::Not(part) | Condition::AnyRow(part) | Condition::AllRows(part) => compared(part, found),
        Condition::Is(Subject::Item(id), Test::Is(text) | Test::IsNot(text)) => {
            found.push((id.clone(), vec![text.clone()]));
        }
        Condition::Is(Subject::Item(id), Test::In(texts)) => found.push((id.clone(), texts.clone())),
        Condition::Is(..) => {}
    }
}

#[test]
fn every_rule_reads_only_items_that_somebody_answers() {
    let framework = shipped();
    let conditions = conditions(&framework);
    assert!(conditions.len() > 100, "only {} conditions were looked at", conditions.len());
    for (place, condition) in conditions {
        for id in condition.items() {
            let item = framework.item(id.as_str());
            // The outcome of phase 1 is an approver's; what waits for it waits for a statement.
            let decided = place == "OG-02" && id.as_str() == "AP1-05";
            assert!(decided || item.is_some_and(Item::is_answered), "{place} reads {id}");
        }
    }
}

#[test]
fn outcomes_read_only_outcomes_before_them_and_show_in_an_item_for_outcomes() {
    let framework = shipped();
    for (name, profile) in &framework.profiles {
        let mut before = BTreeSet::new();
        for outcome in &profile.outcomes {
            for read in outcome.outcomes() {
                assert!(before.contains(&read), "{name}: {} reads {read}", outcome.id);
            }
            if let Some(item) = &outcome.item {
                let kind = framework.item(item.as_str()).map(|item| item.kind_of_answer);
                assert_eq!(kind, Some(ItemType::Computed), "{name}: {} shows in {item}", outcome.id);
            }
            let signs = outcome.kind == OutcomeKind::Signatory;
            assert_eq!(outcome.role.is_some(), signs, "{name}: {}", outcome.id);
            assert!(before.insert(outcome.id.clone()), "{name}: {} stands twice", outcome.id);
        }
    }
    assert_eq!(framework.profiles.len(), 2);
}

#[test]
fn rules_compare_choices_only_with_values_that_can_be_chosen() {
    let framework = shipped();
    // The sheet's own defect: its technical controls look for None and Other, which nobody can choose.
    let defect = "sheet ig.technical";
    let mut seen = 0;
    for (place, condition) in conditions(&framework).into_iter().filter(|(place, _)| place != defect) {
        let mut tests = Vec::new();
        compared(condition, &mut tests);
        for (id, texts) in tests {
            let options = &framework.item(id.as_str()).unwrap().options;
            for text in texts {
                seen += 1;
                assert!(options.contains(&text), "{place} compares {id} with `{text}`, not in {options:?}");
            }
        }
    }
    assert!(seen > 150, "only {seen} comparisons were looked at");
}

#[test]
fn every_must_and_no_should_counts_in_the_results_of_the_requirements() {
    let framework = shipped();
    let pairs =
        [("generic-requirements", "requirements.generic", 14), ("pds-requirements", "requirements.pds", 6)];
    for profile in [ProfileName::Sheet, ProfileName::Strict] {
        for (section, outcome, count) in pairs {
            let outcome = framework.outcomes(profile).iter().find(|o| o.id.as_str() == outcome).unwrap();
            let musts: BTreeSet<ItemId> = csv_items()
                .iter()
                .filter(|row| row["section"] == section && row["level"] == "must")
                .map(|row| ItemId::new(row["id"].as_str()).unwrap())
                .collect();
            assert_eq!(outcome.items(), musts, "{profile} {}", outcome.id);
            assert_eq!(musts.len(), count);
        }
    }
}

// ── Dependencies ─────────────────────────────────────────────────────────────────────────────────

#[track_caller]
fn rests_on(framework: &Framework, items: &[&str], facts: &[&str]) {
    for id in items {
        let item = framework.item(id).unwrap_or_else(|| panic!("{id} is missing"));
        for fact in facts {
            assert!(item.depends_on.iter().any(|f| f.as_str() == *fact), "{id} does not rest on {fact}");
        }
    }
}

#[test]
fn answers_rest_on_the_facts_that_can_make_them_stale() {
    let framework = shipped();
    let pairs: [(&[&str], &[&str]); 18] = [
        (&["OG-03"], &["CA-01", "CA-02", "CA-03", "CA-04"]),
        (&["OG-04"], &["CA-05", "CA-06", "CA-07", "CA-08"]),
        (&["OG-05"], &["CA-09"]),
        (&["DE-02", "DE-03"], &["CA-15"]),
        (&["DE-04"], &["CA-13"]),
        (&["MSCA-PDS-07", "CSQ-4"], &["BD-21"]),
        (&["IGA-04", "IGA-14", "MSCA-IG-005", "MSCA-AUD-01"], &["BD-22"]),
        (&["IGA-09"], &["BD-15", "BD-22"]),
        (&["MSCA-IG-02"], &["IGA-10"]),
        (&["MSCA-IG-01"], &["IGA-11"]),
        (&["MSCA-AUD-01", "MSCA-AUD-02"], &["IGA-13"]),
        (&["MSCA-AUD-03", "MSCA-AUD-04", "MSCA-AUD-05"], &["IGA-13"]),
        (&["MSCA-AUD-06"], &["IGA-05"]),
        (&["MSCA-DQ-01", "MSCA-DQ-03", "MSCA-DQ-04", "MSCA-DQ-06"], &["MSCA-ORG-02"]),
        (&["CS-02"], &["BD-25", "BD-26", "BD-27", "BD-28", "BD-29", "BD-30"]),
        (&["IGA-16", "IGA-17"], &["BD-25", "BD-27", "BD-28"]),
        (&["CSQ-4"], &["CL-01"]),
        (&["TO-01"], &["BD-15"]),
    ];
    for (items, facts) in pairs {
        rests_on(&framework, items, facts);
    }
}

#[test]
fn every_kept_answer_that_the_supplier_confirms_rests_on_the_products_version() {
    let framework = shipped();
    let version = framework.headline.product_version.clone();
    assert_eq!(version.as_str(), "BD-15");
    let kept: Vec<&Item> = framework
        .items()
        .filter(|item| item.on_derive == OnDerive::Keep && item.id != version)
        .filter(|item| item.confirmed_by.iter().any(|party| party.as_str() == "supplier"))
        .collect();
    assert!(kept.len() > 40, "only {} were looked at", kept.len());
    let without: Vec<&str> =
        kept.iter().filter(|i| !i.depends_on.contains(&version)).map(|i| i.id.as_str()).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn nothing_rests_on_itself_on_nothing_or_on_what_is_no_answer() {
    let framework = shipped();
    for item in framework.items() {
        for fact in &item.depends_on {
            let fact_item = framework.item(fact.as_str());
            assert!(fact_item.is_some_and(Item::is_answered), "{} rests on {fact}", item.id);
        }
        let mut reached: BTreeSet<&ItemId> = BTreeSet::new();
        let mut next: Vec<&ItemId> = item.depends_on.iter().collect();
        while let Some(id) = next.pop() {
            assert_ne!(id, &item.id, "{} rests on itself", item.id);
            if reached.insert(id) {
                next.extend(&framework.item(id.as_str()).unwrap().depends_on);
            }
        }
    }
}

// ── Broken copies ────────────────────────────────────────────────────────────────────────────────

/// A repository with nothing but settings and a copy of the framework.
fn copied() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("tom.toml", "framework = { id = \"smsp-tom\", version = \"0.10\" }\n");
    for entry in walkdir::WalkDir::new(root().join(FOLDER)).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            sandbox.write(&path, std::fs::read(entry.path()).unwrap());
        }
    }
    sandbox
}

/// What is found in the frameworks of a sandbox, and how many of them can be used.
fn opened(sandbox: &Sandbox) -> (Vec<Finding>, usize) {
    let (project, findings) = Project::open(Box::new(WorkTree::new(sandbox.path("")))).unwrap();
    let usable = project.frameworks().count();
    (findings, usable)
}

/// Changes one place of a copy: it has to give an error of that code which names that, and no framework.
#[track_caller]
fn refused(file: &str, find: &str, with: &str, code: &str, names: &str) {
    let sandbox = copied();
    sandbox.replace(&format!("{FOLDER}/{file}"), find, with);
    let (findings, usable) = opened(&sandbox);
    let found = findings.iter().any(|f| f.code.id == code && f.is_error() && f.message.contains(names));
    assert!(found, "no {code} about {names}, only {findings:#?}");
    assert_eq!(usable, 0, "a broken framework was used");
}

#[test]
fn a_copy_that_nobody_changed_is_read_and_is_the_same() {
    let sandbox = copied();
    let (project, findings) = Project::open(Box::new(WorkTree::new(sandbox.path("")))).unwrap();
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!(project.frameworks().next().unwrap().digest, shipped().digest);
}

#[test]
fn a_rule_that_reads_an_unknown_item_is_found() {
    for (file, find) in [
        ("rules/strict.toml", "{ item = \"IGA-03\", is = \"No\" }"),
        ("rules/sheet.toml", "{ item = \"IGA-03\", is = \"None\" }"),
        ("rules/constraints.toml", "{ item = \"OG-03\", is = \"Yes\" }"),
    ] {
        let with = "{ item = \"IGA-99\", is = \"No\" }";
        refused(file, find, with, "TOM-0120", "`IGA-99`");
    }
    let needs = "needs-note = { item = \"IGA-03\"";
    refused("sections/ig.toml", needs, "needs-note = { item = \"IGA-99\"", "TOM-0120", "`IGA-99`");
    let date = "date = \"BD-24.rows.go-live.date\"";
    refused("rules/constraints.toml", date, "date = \"BD-99.rows.x.date\"", "TOM-0120", "`BD-99`");
}

#[test]
fn an_outcome_that_reads_a_later_or_an_unknown_one_is_found() {
    let file = "rules/strict.toml";
    let find = "{ value = \"FAIL\", item = \"IGA-02\", is = \"No\" }";
    for other in ["ig.flows", "ig.process", "ig.nowhere"] {
        let with = format!("{{ value = \"FAIL\", outcome = \"{other}\", is = \"FAIL\" }}");
        refused(file, find, &with, "TOM-0120", &format!("outcome `{other}`"));
    }
}

#[test]
fn a_circle_in_depends_on_is_found() {
    let find = "depends-on = [\"BD-15\", \"IGA-10\"]";
    let file = "sections/generic-requirements.toml";
    let with = "depends-on = [\"BD-15\", \"IGA-10\", \"MSCA-IG-02\"]";
    refused(file, find, with, "TOM-0120", "circle");
    let sandbox = copied();
    let file = format!("{FOLDER}/sections/accountability.toml");
    sandbox.replace(&file, "depends-on = [\"CA-09\"]", "depends-on = [\"CA-09\", \"DE-04\"]");
    sandbox.replace(&file, "depends-on = [\"CA-13\"]", "depends-on = [\"OG-05\", \"CA-13\"]");
    let (findings, usable) = opened(&sandbox);
    let circle = findings.iter().find(|f| f.code.id == "TOM-0120" && f.message.contains("circle")).unwrap();
    assert!(circle.message.contains("OG-05") && circle.message.contains("DE-04"), "{}", circle.message);
    assert_eq!(usable, 0);
}

#[test]
fn a_dependency_on_nothing_is_found() {
    let with = "depends-on = [\"CA-99\"]";
    refused("sections/accountability.toml", "depends-on = [\"CA-13\"]", with, "TOM-0120", "`CA-99`");
}

#[test]
fn a_dependency_on_nothing_is_not_called_a_circle() {
    let sandbox = copied();
    let file = format!("{FOLDER}/sections/accountability.toml");
    sandbox.replace(&file, "depends-on = [\"CA-09\"]", "depends-on = [\"CA-99\", \"DE-04\"]");
    sandbox.replace(&file, "depends-on = [\"CA-13\"]", "depends-on = [\"CA-99\"]");
    let (findings, _) = opened(&sandbox);
    let said: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(said.iter().filter(|message| message.contains("`CA-99`")).count(), said.len(), "{said:#?}");
    assert!(said.iter().all(|message| !message.contains("circle")), "{said:#?}");
}

#[test]
fn a_gap_in_the_matrix_is_found() {
    let file = "framework.toml";
    refused(file, "\"Low\" = [1, 2, 2, 3, 4]", "\"Low\" = [1, 2, 2, 3]", "TOM-0120", "Catastrophic and Low");
    refused(file, "\"Low\" = [1, 2, 2, 3, 4]\n", "", "TOM-0120", "Minor and Low");
    refused(
        file,
        "\"Low\" = [1, 2, 2, 3, 4]",
        "\"Low\" = [1, 2, 2, 3, 6]",
        "TOM-0120",
        "Catastrophic and Low",
    );
    refused(file, "\"Low\" = [1, 2, 2, 3, 4]", "\"Low\" = [0, 2, 2, 3, 4]", "TOM-0120", "Minor and Low");
}

#[test]
fn an_item_that_stands_twice_is_found() {
    // In one file TOML itself refuses it; in two files the reader has to.
    let item = "\n[items.IGA-03]\ntitle = \"Again\"\n";
    let sandbox = copied();
    let path = format!("{FOLDER}/sections/ig.toml");
    sandbox.write(&path, format!("{}{item}", sandbox.read(&path)));
    let (findings, usable) = opened(&sandbox);
    assert!(findings.iter().any(|f| f.is_error() && f.code.id.starts_with("TOM-01")), "{findings:#?}");
    assert_eq!(usable, 0);
    refused("sections/contacts.toml", "[items.CO-02]", "[items.IGA-03]", "TOM-0120", "`IGA-03` stands twice");
}

#[test]
fn an_unknown_key_is_found_with_the_nearest_known_name() {
    let file = "sections/ig.toml";
    for (file, find, with, key) in [
        (file, "good-evidence = ", "good-evidense = ", "`good-evidense`"),
        ("framework.toml", "leaves-open = [\"OG-02\"]", "leave-open = [\"OG-02\"]", "`leave-open`"),
        ("rules/strict.toml", "otherwise = \"PASS\"", "otherwize = \"PASS\"", "`otherwize`"),
        ("rules/constraints.toml", "help = ", "halp = ", "`halp`"),
    ] {
        refused(file, find, with, "TOM-0111", key);
    }
    refused(file, "is = \"No\" }", "iz = \"No\" }", "TOM-0112", "exactly one test");
}

#[test]
fn a_party_or_a_section_that_does_not_exist_is_found() {
    let party = "confirmed-by = [\"deployer\"]";
    refused("sections/ig.toml", party, "confirmed-by = [\"deploier\"]", "TOM-0120", "`deploier`");
    refused("framework.toml", "  \"ig\",\n", "  \"igg\",\n", "TOM-0120", "sections/igg.toml");
}

#[test]
fn a_broken_framework_is_an_error_of_check_that_names_the_file() {
    let sandbox = Sandbox::example();
    let file = format!("{FOLDER}/rules/strict.toml");
    sandbox.replace(&file, "item = \"IGA-02\"", "item = \"IGA-99\"");
    let ran = sandbox.tom(&["check"]);
    assert!(matches!(ran.code, Some(1 | 2)), "{}", ran.all());
    assert!(ran.all().contains("TOM-0120") && ran.all().contains("IGA-99"), "{}", ran.all());
    assert!(!ran.all().contains("no errors"), "{}", ran.all());
}

/// Changes one place of a copy at a time; each has to be refused. Lists those that were read without a word.
#[track_caller]
fn all_refused(damage: &[(&str, &str, &str)]) {
    let mut unnoticed = Vec::new();
    for (file, find, with) in damage {
        let sandbox = copied();
        sandbox.replace(&format!("{FOLDER}/{file}"), find, with);
        let (findings, usable) = opened(&sandbox);
        if usable > 0 || !findings.iter().any(Finding::is_error) {
            unnoticed.push(format!("{file}: {with}"));
        }
    }
    assert!(unnoticed.is_empty(), "read without a word: {unnoticed:#?}");
}

/// A misspelt scope would take an item out of the decisions that cover it, and nobody would see it.
#[test]
fn a_misspelt_word_of_a_scope_phase_or_severity_is_refused() {
    all_refused(&[
        ("sections/ig.toml", "scope = [\"assessment\"]", "scope = [\"assesment\"]"),
        ("framework.toml", "scope = [\"usage\"]", "scope = [\"usge\"]"),
        ("framework.toml", "[phases.2]", "[phases.two]"),
        ("framework.toml", "authority = \"NHS Digital\"", "authority = 3"),
        ("framework.toml", "verdicts = { none = \"Rejected\" }", "verdicts = { none = \"Rejcted\" }"),
        ("rules/constraints.toml", "severity = \"warning\"", "severity = \"warnin\""),
    ]);
}

#[test]
fn an_id_of_nothing_is_refused_wherever_it_stands() {
    all_refused(&[
        ("framework.toml", "application = \"BD-01\"", "application = \"BD-99\""),
        ("framework.toml", "leaves-open = [\"OG-02\"]", "leaves-open = [\"OG-99\"]"),
        ("framework.toml", "before-live = { item = \"OG-02\"", "before-live = { item = \"OG-99\""),
        ("framework.toml", "takes-part = { item = \"TO-02\"", "takes-part = { item = \"TO-99\""),
        ("rules/strict.toml", "item = \"IGO-04\"", "item = \"IGO-99\""),
        ("rules/constraints.toml", "item = \"CA-04\"\nmust", "item = \"CA-99\"\nmust"),
    ]);
}

#[test]
fn what_stands_twice_or_says_two_things_is_refused() {
    let item = "{ value = \"FAIL\", item = \"IGA-02\"";
    all_refused(&[
        ("rules/strict.toml", "id = \"cs.signatory.mhra\"", "id = \"cs.signatory.csg-signoff\""),
        ("rules/constraints.toml", "id = \"topology.b-refused\"", "id = \"topology.one\""),
        ("rules/strict.toml", item, "{ value = \"FAIL\", outcome = \"ig.nowhere\", item = \"IGA-02\""),
        ("framework.toml", "{ none = \"Rejected\" }", "{ none = \"Rejected\", all = \"Approved\" }"),
        ("rules/strict.toml", "profile = \"strict\"", "profile = \"sheet\""),
    ]);
}

#[test]
fn a_matrix_that_says_more_or_less_than_its_words_is_refused() {
    let row = "\"Low\" = [1, 2, 2, 3, 4]";
    all_refused(&[
        ("framework.toml", row, "\"Low\" = [1, 2, 2, 3, 4, 5]"),
        ("framework.toml", row, "\"Low\" = [1, 2, 2, 3, 4]\n\"Lower\" = [1, 2, 2, 3, 4]"),
        ("framework.toml", "[matrix.acceptability.3]", "[matrix.acceptability.6]"),
    ]);
}

#[test]
fn a_choice_without_options_and_a_test_that_can_never_be_known_are_refused() {
    let unknowable = "{ outcome = \"ig.process\", blank = true }";
    all_refused(&[
        ("sections/ig.toml", "options = [\"Yes\", \"No\"]\nneeded", "needed"),
        ("rules/strict.toml", "{ outcome = \"ig.process\", in = [\"FAIL\", \"CHECK\"] }", unknowable),
    ]);
}

#[test]
fn a_section_that_the_framework_does_not_list_is_found() {
    let sandbox = copied();
    sandbox.write(&format!("{FOLDER}/sections/stray.toml"), "title = \"Nobody reads this\"\n");
    assert!(!opened(&sandbox).0.is_empty(), "a file that counts in the digest is read by nobody");
}
