//! Laws: what must hold for every value, file and deployment, not only for the worked example.
//!
//! Values are random (proptest, with a fixed seed, so that a run says the same tomorrow) or every one of a
//! small set. A law that fails prints the smallest case that proptest can find.
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use crate::support::{data, root};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::{Arc, LazyLock};
use tom::model::*;
use tom::ops::derive::{Derived, Fate, Request, derive, fields_of, risk_texts};
use tom::ops::diff::{Difference, RiskChange, Side, Way, diff};
use tom::project::Project;
use tom::store::WorkTree;
use tom::syntax::*;

/// The worked example, read once.
struct Example {
    framework: Arc<Framework>,
    settings: Settings,
    deployments: Vec<Deployment>,
}

static EXAMPLE: LazyLock<Example> = LazyLock::new(|| {
    let (project, findings) = Project::open(Box::new(WorkTree::new(root()))).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let load = |name: &DeploymentName| project.load(name).unwrap().sound().unwrap();
    let loaded: Vec<_> = project.deployments().unwrap().0.iter().map(load).collect();
    Example {
        framework: loaded[0].1.clone(),
        settings: project.settings().clone(),
        deployments: loaded.into_iter().map(|(deployment, _)| deployment).collect(),
    }
});

fn framework() -> &'static Framework {
    &EXAMPLE.framework
}

/// A deployment of the worked example.
fn example(name: &str) -> &'static Deployment {
    EXAMPLE.deployments.iter().find(|deployment| deployment.name.as_str() == name).unwrap()
}

fn answered() -> Vec<&'static Item> {
    framework().items().filter(|item| item.is_answered()).collect()
}

/// Many cases, always the same ones; failures are not kept in files.
fn cases(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_261_120);
    ProptestConfig {
        cases,
        rng_seed,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

/// Values of a strategy, always the same ones.
fn some<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: u32) -> Vec<T> {
    let mut runner = TestRunner::new(cases(count));
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// Random values of the domain, as a reader gives them: no white space at the end, nothing empty.
mod random {
    use super::*;

    /// Parts of texts that are awkward somewhere: in quotes, over lines, in comments, in headers.
    const AWKWARD: [&str; 31] = [
        "a",
        "Yes",
        "two words",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\"",
        "\"\"\"",
        "'",
        "'''",
        "\\",
        "\\n",
        "\\u0041",
        "\\\n",
        "\t",
        "#",
        " # ",
        "[IGA-03]",
        "\n[IGA-03]\nanswer = \"No\"\n",
        "=",
        "{",
        "}",
        ",",
        "é",
        "漢字",
        "🩺",
        "5 µg",
        "10 kΩ",
        "\u{a0}",
        "—",
    ];

    pub fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(select(&AWKWARD[..]), 1..9)
            .prop_map(|parts| parts.concat().trim_end().to_owned())
            .prop_filter("a text says something", |text| !text.is_empty())
    }

    pub fn date() -> impl Strategy<Value = Date> {
        (1i16..=9999, 1i8..=12, 1i8..=31)
            .prop_filter_map("a date that exists", |(year, month, day)| Date::new(year, month, day).ok())
    }

    pub fn any_key() -> impl Strategy<Value = Key> {
        "[a-zA-Z0-9][a-zA-Z0-9-]{0,6}".prop_map(|text| key(&text))
    }

    pub fn party() -> impl Strategy<Value = PartyId> {
        let parties: Vec<PartyId> = framework().parties.iter().map(|party| party.id.clone()).collect();
        select(parties)
    }

    fn item_id() -> impl Strategy<Value = ItemId> {
        select(answered()).prop_map(|item| item.id.clone())
    }

    pub fn digest() -> impl Strategy<Value = String> {
        "[0-9a-f]{16}"
    }

    pub fn confirmation() -> impl Strategy<Value = Confirmation> {
        let given = prop::collection::btree_map(item_id(), digest(), 0..3);
        (text(), date(), digest(), given, prop::option::of(text()))
            .prop_map(|(by, on, digest, given, note)| Confirmation { by, on, digest, given, note })
    }

    pub fn confirmed() -> impl Strategy<Value = BTreeMap<PartyId, Confirmation>> {
        prop::collection::btree_map(party(), confirmation(), 0..3)
    }

    pub fn evidence() -> impl Strategy<Value = Vec<String>> {
        let one = prop_oneof![
            text().prop_filter("some words", |text| !text.trim().is_empty()).prop_map(|t| format!("ref:{t}")),
            "https://[a-z]{1,9}\\.example/[a-z\"\\\\#]{0,9}",
            "path:[a-z \"'#é]{0,5}[a-z](/[a-z.]{0,5}[a-z]){0,2}",
        ];
        prop::collection::vec(one, 0..4)
    }

    fn value(kind: ItemType, options: &[String], column: &str) -> BoxedStrategy<Value> {
        match (kind, column) {
            (ItemType::Choice, _) => select(options.to_vec()).prop_map(Value::Text).boxed(),
            (ItemType::Date, _) => date().prop_map(Value::Date).boxed(),
            (ItemType::Number, _) => (0..=i64::MAX).prop_map(Value::Number).boxed(),
            (ItemType::OdsCode, _) => "[A-Z0-9]{3,12}".prop_map(Value::Text).boxed(),
            (ItemType::Texts, _) => prop::collection::vec(text(), 1..4).prop_map(Value::Texts).boxed(),
            (_, "email") => "[a-z\"'\\\\#é]{1,6}@[a-z.]{1,9}".prop_map(Value::Text).boxed(),
            (_, "phone") => "[0-9+(][0-9 ()-]{0,9}[0-9]".prop_map(Value::Text).boxed(),
            _ => text().prop_map(Value::Text).boxed(),
        }
    }

    fn row(item: &Item) -> BoxedStrategy<Row> {
        let cells = |row: &mut Vec<(String, BoxedStrategy<Value>)>| {
            row.extend(item.columns.iter().map(|c| (c.id.clone(), value(c.kind, &c.options, &c.id))));
        };
        let mut columns = Vec::new();
        cells(&mut columns);
        let cells: Vec<_> = columns
            .into_iter()
            .map(|(id, value)| prop::option::of(value).prop_map(move |value| (id.clone(), value)).boxed())
            .collect();
        cells
            .prop_map(|cells| cells.into_iter().filter_map(|(id, value)| Some((id, value?))).collect())
            .prop_filter("a row says something", |row: &Row| !row.is_empty())
            .boxed()
    }

    /// An answer that fits its item; never the empty one.
    pub fn answer(item: &'static Item) -> impl Strategy<Value = Answer> {
        let said = if item.has_rows() {
            prop::collection::btree_map(any_key(), row(item), 0..3).prop_map(|rows| (None, rows)).boxed()
        } else {
            let value = value(item.kind_of_answer, &item.options, "");
            prop::option::of(value).prop_map(|value| (value, BTreeMap::new())).boxed()
        };
        (said, prop::option::of(text()), evidence(), confirmed())
            .prop_map(|((value, rows), notes, evidence, confirmed)| Answer {
                value,
                rows,
                notes,
                evidence,
                confirmed,
            })
            .prop_filter("an answer says something", |answer| *answer != Answer::default())
    }

    pub fn slot(item: &'static Item) -> impl Strategy<Value = Slot> {
        select(vec!["pas", "K1", "0"]).prop_map(move |row| Slot {
            item: item.id.clone(),
            row: item.repeats.clone().map(|block| (block, key(row))),
        })
    }

    pub fn slot_and_answer(items: Vec<&'static Item>) -> impl Strategy<Value = (Slot, Answer)> {
        select(items).prop_flat_map(|item| (slot(item), answer(item)))
    }

    pub fn answers(items: Vec<&'static Item>) -> impl Strategy<Value = BTreeMap<Slot, Answer>> {
        prop::collection::vec(slot_and_answer(items), 0..9).prop_map(|all| all.into_iter().collect())
    }

    pub fn rating() -> impl Strategy<Value = Rating> {
        let matrix = &framework().matrix;
        (select(matrix.severity.clone()), select(matrix.likelihood.clone()))
            .prop_map(|(severity, likelihood)| Rating { severity, likelihood })
    }

    pub fn mitigation() -> impl Strategy<Value = Mitigation> {
        let causes = prop::collection::vec(select(vec![key("C1"), key("C2"), key("C3")]), 0..3);
        let words = (select(MitigationKind::ALL), select(MitigationStatus::ALL));
        (words, party(), causes, text(), prop::option::of(text()), evidence(), confirmed()).prop_map(
            |((kind, status), owner, causes, text, reason, evidence, confirmed)| Mitigation {
                kind,
                owner,
                causes,
                text,
                status,
                reason,
                evidence,
                confirmed,
            },
        )
    }

    fn acceptance() -> impl Strategy<Value = Acceptance> {
        let words = (text(), text(), digest(), text());
        (words, 1u8..=5, date(), prop::option::of(date())).prop_map(
            |((by, role, digest, reason), class, on, until)| Acceptance {
                by,
                role,
                class,
                digest,
                on,
                until,
                reason,
            },
        )
    }

    fn transfer() -> impl Strategy<Value = Transfer> {
        (party(), prop::option::of(text()), prop::option::of(text()))
            .prop_map(|(to, duty, receipt)| Transfer { to, duty, receipt })
    }

    pub fn risk() -> impl Strategy<Value = Risk> {
        let sections: Vec<SectionId> =
            framework().sections.iter().map(|section| section.id.clone()).collect();
        let words = (text(), text(), text(), select(sections), party(), select(RiskStatus::ALL));
        let facts = prop::collection::vec(item_id(), 0..4);
        let causes = prop::collection::btree_map(any_key(), text().prop_map(|text| Cause { text }), 0..3);
        let ratings = (prop::option::of(rating()), prop::option::of(rating()));
        let mitigations = prop::collection::btree_map(any_key(), mitigation(), 0..3);
        let theirs = (confirmed(), prop::option::of(acceptance()), prop::option::of(transfer()));
        (words, facts, causes, ratings, mitigations, theirs).prop_map(
            |(words, depends_on, causes, (initial, residual), mitigations, theirs)| {
                let (title, hazard, effect, section, owner, status) = words;
                let (confirmed, acceptance, transfer) = theirs;
                Risk {
                    title,
                    section,
                    owner,
                    status,
                    hazard,
                    effect,
                    depends_on,
                    causes,
                    initial,
                    residual,
                    mitigations,
                    confirmed,
                    acceptance,
                    transfer,
                }
            },
        )
    }

    pub fn risk_id() -> impl Strategy<Value = RiskId> {
        select(vec!["HAZ-001", "HAZ-004", "HAZ-014", "NFD-001", "XYZ-9"])
            .prop_map(|id| RiskId::new(id).unwrap())
    }

    pub fn received() -> impl Strategy<Value = Received> {
        let risks = prop::collection::btree_map(risk_id(), risk(), 0..3);
        (answers(answered()), risks).prop_map(|(answers, risks)| Received { answers, risks })
    }

    pub fn framework_ref() -> impl Strategy<Value = FrameworkRef> {
        ("[a-z][a-z-]{0,8}", text(), prop::option::of(text()))
            .prop_map(|(id, version, digest)| FrameworkRef { id, version, digest })
    }

    fn lineage() -> impl Strategy<Value = Lineage> {
        let refusal = (digest(), text(), text(), date()).prop_map(|(digest, reason, by, on)| Refusal {
            digest,
            reason,
            by,
            on,
        });
        let places = select(vec!["HAZ-009", "IGA-03.notes", "other-systems.pas.BD-25", "a \"quoted\" one"]);
        let refused = prop::collection::btree_map(places.prop_map(str::to_owned), refusal, 0..3);
        ("[a-z0-9][a-z0-9-]{0,9}-x", "d-[0-9a-f]{12}", text(), prop::option::of(text()), refused).prop_map(
            |(deployment, id, received, commit, refused)| Lineage {
                deployment: DeploymentName::new(deployment).unwrap(),
                id: PermanentId::new(id).unwrap(),
                received,
                commit,
                refused,
            },
        )
    }

    pub fn meta() -> impl Strategy<Value = Meta> {
        let revision = (date(), text(), text()).prop_map(|(on, by, text)| Revision { on, by, text });
        let history = prop::collection::btree_map(any_key(), revision, 0..3);
        let head = ("d-[0-9a-f]{12}", text(), select(Kind::ALL), "[A-Z][A-Z0-9]{0,4}");
        (head, framework_ref(), prop::option::of(lineage()), history).prop_map(
            |((id, title, kind, risk_prefix), framework, derived_from, history)| Meta {
                id: PermanentId::new(id).unwrap(),
                title,
                kind,
                framework,
                risk_prefix,
                derived_from,
                history,
            },
        )
    }

    pub fn settings() -> impl Strategy<Value = Settings> {
        let words = (text(), prop::option::of(text()), prop::option::of(text()));
        let person = (words, party(), prop::collection::vec(text(), 0..3)).prop_map(
            |((name, email, organisation), party, roles)| Person { name, email, party, organisation, roles },
        );
        let people = prop::collection::btree_map(any_key(), person, 0..3);
        let accept = prop::collection::btree_map("[a-z][a-z-]{0,8}", 1u8..=5, 0..3);
        (framework_ref(), people, accept).prop_map(|(framework, people, accept)| Settings {
            framework,
            people: people.into(),
            accept,
        })
    }
}

/// What is written is read again as it was.
mod reading {
    use super::*;

    /// What a reader makes of a text, with nothing to say about it.
    fn read<T>(text: &str, reader: impl Fn(&Document<'_>) -> (T, Vec<tom::diag::Finding>)) -> T {
        let document =
            Document::parse("file.toml", text.as_bytes()).unwrap_or_else(|f| panic!("{f:?}\n{text}"));
        let (value, findings) = reader(&document);
        assert!(findings.is_empty(), "{findings:?}\n{text}");
        value
    }

    fn section_and_answers() -> impl Strategy<Value = (&'static Section, BTreeMap<Slot, Answer>)> {
        let sections: Vec<&'static Section> =
            framework().sections.iter().filter(|section| section.is_answered()).collect();
        select(sections).prop_flat_map(|section| {
            let items = section.items.iter().filter(|item| item.is_answered()).collect();
            (Just(section), random::answers(items))
        })
    }

    proptest! {
        #![proptest_config(cases(300))]

        #[test]
        fn a_section_comes_back_as_it_was((section, answers) in section_and_answers()) {
            let text = write_section(section, &answers);
            prop_assert_eq!(read(&text, |d| read_section(d, framework(), section)), answers);
        }

        #[test]
        fn a_risk_comes_back_as_it_was(risk in random::risk()) {
            prop_assert_eq!(read(&write_risk(&risk), |d| read_risk(d, framework())), Some(risk));
        }

        #[test]
        fn a_deployments_head_comes_back_as_it_was(meta in random::meta()) {
            prop_assert_eq!(read(&write_meta(&meta), read_meta), Some(meta));
        }

        #[test]
        fn what_was_received_comes_back_as_it_was(received in random::received()) {
            let text = write_received(&received, framework());
            prop_assert_eq!(read(&text, |d| read_received(d, framework())), received);
        }

        #[test]
        fn settings_come_back_as_they_were(settings in random::settings()) {
            prop_assert_eq!(read(&write_settings(&settings), read_settings), Some(settings));
        }

        #[test]
        fn a_byte_order_mark_and_crlf_change_nothing((section, answers) in section_and_answers()) {
            let text = format!("\u{feff}{}", write_section(section, &answers).replace('\n', "\r\n"));
            prop_assert_eq!(read(&text, |d| read_section(d, framework(), section)), answers);
        }
    }

    #[test]
    fn digests_and_roles_of_any_text_come_back() {
        let given = BTreeMap::from([(ItemId::new("BD-22").unwrap(), "a \"quoted\" \\ one".to_owned())]);
        let on = Date::new(2026, 11, 20).unwrap();
        let confirmation = Confirmation { by: "Jo Marsh".into(), on, digest: "\"".into(), given, note: None };
        let slot = Slot::of(&ItemId::new("IGA-03").unwrap());
        let confirmed = BTreeMap::from([(PartyId::new("supplier").unwrap(), confirmation)]);
        let answers = BTreeMap::from([(slot, Answer { confirmed, ..Answer::default() })]);
        let section = framework().section("ig").unwrap();
        let text = write_section(section, &answers);
        assert_eq!(read(&text, |d| read_section(d, framework(), section)), answers);
    }

    #[test]
    fn policies_for_roles_of_any_name_come_back() {
        let framework = EXAMPLE.settings.framework.clone();
        let accept = BTreeMap::from([("a role with spaces".to_owned(), 2)]);
        let settings = Settings { framework, people: BTreeMap::new().into(), accept };
        assert_eq!(read(&write_settings(&settings), read_settings), Some(settings));
    }

    #[test]
    fn a_line_that_looks_like_a_merge_marker_comes_back() {
        let notes = Some("As quoted:\n<<<<<<< HEAD".to_owned());
        let slot = Slot::of(&ItemId::new("IGA-03").unwrap());
        let answers = BTreeMap::from([(slot, Answer { notes, ..Answer::default() })]);
        let section = framework().section("ig").unwrap();
        let text = write_section(section, &answers);
        assert_eq!(read(&text, |d| read_section(d, framework(), section)), answers);
    }

    /// Parses each text of a JSON list with Python's own TOML 1.0 reader and gives back what it found.
    const TOMLLIB: &str = "
import datetime, json, sys, tomllib
def plain(value):
    if isinstance(value, dict): return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list): return [plain(inner) for inner in value]
    if isinstance(value, datetime.date): return {'date': value.isoformat()}
    return value
sys.stdin.reconfigure(encoding='utf-8')
texts = json.load(sys.stdin)
json.dump([plain(tomllib.loads(text)) for text in texts], sys.stdout)
";

    fn plain(value: &toml::Value) -> serde_json::Value {
        match value {
            toml::Value::Table(table) => {
                table.iter().map(|(key, value)| (key.clone(), plain(value))).collect()
            }
            toml::Value::Array(list) => list.iter().map(plain).collect(),
            toml::Value::Datetime(date) => serde_json::json!({ "date": date.to_string() }),
            toml::Value::String(text) => serde_json::json!(text),
            toml::Value::Integer(number) => serde_json::json!(number),
            toml::Value::Boolean(truth) => serde_json::json!(truth),
            toml::Value::Float(number) => serde_json::json!(number),
        }
    }

    #[test]
    fn another_reader_of_toml_1_0_finds_the_same_in_what_is_written() {
        if !super::python("import tomllib") {
            return;
        }
        let mut texts = Vec::new();
        let sections = some(section_and_answers(), 100);
        texts.extend(sections.iter().map(|(section, answers)| write_section(section, answers)));
        texts.extend(some(random::risk(), 100).iter().map(write_risk));
        texts.extend(some(random::meta(), 100).iter().map(write_meta));
        texts.extend(some(random::settings(), 100).iter().map(write_settings));
        texts.extend(some(random::received(), 50).iter().map(|r| write_received(r, framework())));
        let input = serde_json::to_string(&texts).unwrap();
        let output = super::piped(&["-c", TOMLLIB], &input);
        let theirs: Vec<serde_json::Value> = serde_json::from_str(&output).unwrap();
        assert_eq!(theirs.len(), texts.len());
        for (text, theirs) in texts.iter().zip(theirs) {
            let ours = plain(&toml::Value::Table(text.parse().unwrap()));
            assert_eq!(ours, theirs, "{text}");
        }
    }
}

/// Whether Python is there and does this; says so if not.
fn python(program: &str) -> bool {
    let found = std::process::Command::new("python3").args(["-c", program]).output();
    let is_there = found.is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("skipped: there is no python3 here that can `{program}`");
    }
    is_there
}

/// What Python prints, given a text.
fn piped(args: &[&str], input: &str) -> String {
    let mut child = std::process::Command::new("python3")
        .args(args)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// An edit of one entry leaves everything else as it was.
mod editing {
    use super::*;
    use std::fmt::Write as _;

    /// Values as somebody may have typed them, those on one line first. Some hold what looks like a header.
    const TYPED: [&str; 9] = [
        "\"Yes\"",
        "'No'",
        "\"a # [IGA-03] \\\" é\"",
        "2026-11-20",
        "[\"a\", 'b']",
        "\"\"\"\n[IGA-03]\nanswer = \"No\"\n\"\"\"",
        "'''\n\n# no comment\n[IGA-04.confirmed.supplier]\nby = \"x\"\n'''",
        "\"\"\"x \\\n   [IGA-02]\n\"\"\"",
        "[\n  \"a\", # [IGA-03]\n  \"\"\"\n[IGA-03]\n\"\"\",\n]",
    ];

    /// How an item's table is written.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Form {
        /// `[IGA-03]`, with these around the id.
        Header(&'static str, &'static str),
        /// `IGA-03.answer = …` above all headers.
        Dotted,
        /// `IGA-03 = { answer = … }` above all headers.
        Inline,
    }

    /// How a confirmation is written.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Confirmed {
        None,
        Table,
        TableFarAway,
        TableWithGivenTable,
        Dotted,
        Inline,
    }

    #[derive(Debug, Clone)]
    struct Part {
        id: &'static str,
        form: Form,
        before: &'static str,
        /// Key, space, value, what follows on the line.
        entries: BTreeMap<&'static str, (&'static str, &'static str, &'static str)>,
        confirmed: Confirmed,
    }

    #[derive(Debug, Clone)]
    struct Doc {
        bom: bool,
        crlf: bool,
        ends: bool,
        parts: Vec<Part>,
    }

    const IDS: [&str; 4] = ["IGA-02", "IGA-03", "IGA-04", "IGA-05"];
    const KEYS: [&str; 3] = ["answer", "notes", "extra"];
    const INLINE: &str = "{ supplier = { by = \"Jo Marsh\", on = 2026-11-01, digest = \"00\" } }";
    const CONFIRMATION: &str = "by = \"Jo Marsh\"\non = 2026-11-01\ndigest = \"00\"\n";

    /// Headers as tom and most people write them.
    const PLAIN: [Form; 1] = [Form::Header("", "")];
    /// Headers as TOML allows them too.
    const ODD: [Form; 4] =
        [Form::Header("", ""), Form::Header(" ", " \t"), Form::Header("\"", "\""), Form::Header("'", "'")];
    const NONE_OR_TABLE: [Confirmed; 2] = [Confirmed::None, Confirmed::Table];
    const ANY_BUT_TABLE: [Confirmed; 4] =
        [Confirmed::TableFarAway, Confirmed::TableWithGivenTable, Confirmed::Dotted, Confirmed::Inline];

    fn part(forms: &'static [Form], confirmed: &'static [Confirmed]) -> impl Strategy<Value = Part> {
        let after = select(vec!["", " ", " # [IGA-03] é"]);
        let entry = (select(vec![" = ", "=", "  =\t"]), select(&TYPED[..]), after);
        let entries = prop::collection::btree_map(select(&KEYS[..]), entry, 0..4);
        let before = select(vec!["", "\n", "# a remark\n", "\n# [IGA-03] in a remark\n\n"]);
        (select(&IDS[..]), select(forms), before, entries, select(confirmed))
            .prop_map(|(id, form, before, entries, confirmed)| Part { id, form, before, entries, confirmed })
    }

    fn doc(forms: &'static [Form], confirmed: &'static [Confirmed]) -> impl Strategy<Value = Doc> {
        let parts = prop::collection::vec(part(forms, confirmed), 0..5).prop_map(|mut parts| {
            let mut seen = BTreeSet::new();
            parts.retain(|part: &Part| seen.insert(part.id));
            // Headers end what can be dotted or inline.
            parts.sort_by_key(|part| matches!(part.form, Form::Header(..)));
            parts
        });
        (any::<bool>(), any::<bool>(), any::<bool>(), parts).prop_map(|(bom, crlf, ends, parts)| Doc {
            bom,
            crlf,
            ends,
            parts,
        })
    }

    fn plain() -> impl Strategy<Value = Doc> {
        doc(&PLAIN, &NONE_OR_TABLE)
    }

    impl Part {
        fn inline(&self) -> String {
            let one_line = |value: &&str| !value.contains('\n') || !value.starts_with('[');
            let entries = self.entries.iter().filter(|(_, (_, value, _))| one_line(value));
            let mut all: Vec<_> =
                entries.map(|(key, (space, value, _))| format!("{key}{space}{value}")).collect();
            if self.confirmed != Confirmed::None {
                all.push(
                    "confirmed = { supplier = { by = \"Jo Marsh\", on = 2026-11-01, digest = \"00\" } }"
                        .into(),
                );
            }
            format!("{}{} = {{ {} }}\n", self.before, self.id, all.join(", "))
        }

        fn lines(&self, prefix: &str) -> String {
            let mut out = String::new();
            for (key, (space, value, after)) in &self.entries {
                let _ = writeln!(out, "{prefix}{key}{space}{value}{after}");
            }
            match self.confirmed {
                Confirmed::Dotted => {
                    for line in CONFIRMATION.lines() {
                        let _ = writeln!(out, "{prefix}confirmed.supplier.{line}");
                    }
                }
                Confirmed::Inline => {
                    let _ = writeln!(out, "{prefix}confirmed = {INLINE}");
                }
                _ => {}
            }
            out
        }

        fn confirmation_table(&self) -> String {
            let given = match self.confirmed {
                Confirmed::TableWithGivenTable => {
                    format!("\n[{}.confirmed.supplier.given]\nBD-15 = \"00\"\n", self.id)
                }
                _ => String::new(),
            };
            format!("\n[{}.confirmed.supplier]\n{CONFIRMATION}{given}", self.id)
        }
    }

    impl Doc {
        fn bytes(&self) -> Vec<u8> {
            let mut out = "# A section\n".to_owned();
            let mut far = String::new();
            for part in &self.parts {
                match part.form {
                    Form::Inline => out += &part.inline(),
                    Form::Dotted => {
                        out += &format!("{}{}", part.before, part.lines(&format!("{}.", part.id)))
                    }
                    Form::Header(open, close) => {
                        let lines = part.lines("");
                        out += &format!("{}[{open}{}{close}]\n{lines}", part.before, part.id);
                        match part.confirmed {
                            Confirmed::Table | Confirmed::TableWithGivenTable => {
                                out += &part.confirmation_table()
                            }
                            Confirmed::TableFarAway => far += &part.confirmation_table(),
                            _ => {}
                        }
                    }
                }
            }
            out += &far;
            if !self.ends {
                out.truncate(out.trim_end().len());
            }
            let out = if self.crlf { out.replace('\n', "\r\n") } else { out };
            format!("{}{out}", if self.bom { "\u{feff}" } else { "" }).into_bytes()
        }
    }

    fn text_of(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}')
    }

    /// What a file means to Rust's TOML reader, line ends in texts folded.
    fn meaning(bytes: &[u8]) -> toml::Table {
        let text = text_of(bytes).replace("\r\n", "\n");
        text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn put(table: &mut toml::Table, route: &[String], value: Option<toml::Value>) {
        let (first, rest) = route.split_first().unwrap();
        if rest.is_empty() {
            match value {
                Some(value) => drop(table.insert(first.clone(), value)),
                None => drop(table.remove(first)),
            }
        } else if value.is_some() || table.contains_key(first) {
            let inner = table.entry(first).or_insert_with(|| toml::Table::new().into());
            put(inner.as_table_mut().unwrap(), rest, value);
        }
    }

    fn trimmed(value: &mut toml::Value) {
        match value {
            toml::Value::String(text) => text.truncate(text.trim_end().len()),
            toml::Value::Array(list) => list.iter_mut().for_each(trimmed),
            toml::Value::Table(table) => table.iter_mut().for_each(|(_, value)| trimmed(value)),
            _ => {}
        }
    }

    /// White space at the end of a text means nothing, and an empty table is the same as none.
    fn pruned(mut table: toml::Table) -> toml::Table {
        fn prune(table: &mut toml::Table) {
            table.iter_mut().for_each(|(_, value)| value.as_table_mut().into_iter().for_each(prune));
            table.retain(|_, value| value.as_table().is_none_or(|table| !table.is_empty()));
        }
        table.iter_mut().for_each(|(_, value)| trimmed(value));
        prune(&mut table);
        table
    }

    fn route(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    fn routes() -> impl Strategy<Value = Vec<String>> {
        let tails = vec![&["answer"][..], &["notes"], &["rows", "x", "email"], &["rows", "x", "name"]];
        (select(&IDS[..]), select(tails)).prop_map(|(id, tail)| route(&[&[id], tail].concat()))
    }

    fn new_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            random::text().prop_map(Value::Text),
            random::date().prop_map(Value::Date),
            any::<i64>().prop_map(Value::Number),
            prop::collection::vec(random::text(), 1..9).prop_map(Value::Texts),
        ]
    }

    fn as_toml(value: &Value) -> toml::Value {
        match value {
            Value::Text(text) => text.clone().into(),
            Value::Texts(texts) => texts.clone().into(),
            Value::Number(number) => (*number).into(),
            Value::Date(date) => toml::Value::Datetime(date.to_string().parse().unwrap()),
        }
    }

    /// The file with the edit made, which has to be possible.
    fn edited(bytes: &[u8], change: &Edit) -> Result<Vec<u8>, TestCaseError> {
        edit("f", bytes, change).map_err(|error| {
            TestCaseError::fail(format!("{error}\n{change:?}\n{}", String::from_utf8_lossy(bytes)))
        })
    }

    /// What stands between the longest common beginning and the longest common end: taken out, and put in.
    fn splice<'a>(before: &'a str, after: &'a str) -> (&'a str, &'a str) {
        let shorter = before.len().min(after.len());
        let same = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let head = same(before.as_bytes(), after.as_bytes());
        let tail = before.bytes().rev().zip(after.bytes().rev()).take_while(|(a, b)| a == b).count();
        let mut tail = tail.min(shorter - head);
        let mut head = head;
        while !before.is_char_boundary(head) || !after.is_char_boundary(head) {
            head -= 1;
        }
        while !before.is_char_boundary(before.len() - tail) || !after.is_char_boundary(after.len() - tail) {
            tail -= 1;
        }
        (&before[head..before.len() - tail], &after[head..after.len() - tail])
    }

    /// The text of an entry's value as it was typed, none where there is none.
    fn typed(doc: &Doc, route: &[String]) -> Option<String> {
        let part = doc.parts.iter().find(|part| part.id == route[0])?;
        let (_, value, _) = part.entries.get(route[1].as_str())?;
        Some(if doc.crlf { value.replace('\n', "\r\n") } else { (*value).to_owned() })
    }

    fn confirmation() -> Confirmation {
        let given = BTreeMap::from([(ItemId::new("BD-15").unwrap(), "0123456789abcdef".to_owned())]);
        let on = Date::new(2026, 11, 20).unwrap();
        Confirmation { by: "Ann Lee".into(), on, digest: "fedcba9876543210".into(), given, note: None }
    }

    fn confirmation_as_toml() -> toml::Value {
        let text = "by = \"Ann Lee\"\non = 2026-11-20\ndigest = \"fedcba9876543210\"\n\
            [given]\nBD-15 = \"0123456789abcdef\"\n";
        toml::Value::Table(text.parse().unwrap())
    }

    fn lines(bytes: &[u8]) -> Vec<&str> {
        text_of(bytes).lines().filter(|line| !line.trim().is_empty()).collect()
    }

    fn set_means_that(doc: &Doc, route: &[String], value: &Value) -> Result<(), TestCaseError> {
        let before = doc.bytes();
        let after = edited(&before, &Edit::Set(route.to_vec(), value.clone()))?;
        let mut wanted = meaning(&before);
        put(&mut wanted, route, Some(as_toml(value)));
        prop_assert_eq!(pruned(meaning(&after)), pruned(wanted), "{}", String::from_utf8_lossy(&before));
        prop_assert_eq!(after.starts_with("\u{feff}".as_bytes()), doc.bom);
        Ok(())
    }

    fn confirm_means_that(doc: &Doc, id: &str) -> Result<(), TestCaseError> {
        let before = doc.bytes();
        let route = route(&[id, "confirmed", "supplier"]);
        let after = edited(&before, &Edit::Confirm(route.clone(), confirmation()))?;
        let mut wanted = meaning(&before);
        put(&mut wanted, &route, Some(confirmation_as_toml()));
        prop_assert_eq!(pruned(meaning(&after)), pruned(wanted), "{}", String::from_utf8_lossy(&before));
        Ok(())
    }

    fn remove_means_that(doc: &Doc, id: &str) -> Result<(), TestCaseError> {
        let before = doc.bytes();
        let route = route(&[id, "confirmed", "supplier"]);
        let after = edited(&before, &Edit::Remove(route.clone()))?;
        let mut wanted = meaning(&before);
        put(&mut wanted, &route, None);
        prop_assert_eq!(pruned(meaning(&after)), pruned(wanted), "{}", String::from_utf8_lossy(&before));
        Ok(())
    }

    /// Whether each text was spliced as asked: nothing was taken out but `old`, if there was that.
    fn only_takes(before: &[u8], after: &[u8], old: Option<&str>) -> Result<(), TestCaseError> {
        let (before, after) = (std::str::from_utf8(before).unwrap(), std::str::from_utf8(after).unwrap());
        let (taken, put_in) = splice(before, after);
        prop_assert!(old.unwrap_or_default().contains(taken), "`{}` was taken, `{}` put in", taken, put_in);
        Ok(())
    }

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn setting_a_key_takes_out_no_more_than_its_old_value(
            doc in plain(), route in routes(), value in new_value(),
        ) {
            let before = doc.bytes();
            let after = edited(&before, &Edit::Set(route.clone(), value))?;
            only_takes(&before, &after, typed(&doc, &route).as_deref())?;
        }

        #[test]
        fn setting_a_key_under_an_odd_header_takes_out_no_more_than_its_old_value(
            doc in doc(&ODD[..3], &NONE_OR_TABLE), route in routes(), value in new_value(),
        ) {
            let before = doc.bytes();
            let after = edited(&before, &Edit::Set(route.clone(), value))?;
            only_takes(&before, &after, typed(&doc, &route).as_deref())?;
        }

        #[test]
        fn setting_a_key_changes_the_meaning_of_that_key_alone(
            doc in plain(), route in routes(), value in new_value(),
        ) {
            set_means_that(&doc, &route, &value)?;
        }

        #[test]
        fn setting_a_key_under_odd_headers_changes_the_meaning_of_that_key_alone(
            doc in doc(&ODD, &[Confirmed::TableFarAway, Confirmed::TableWithGivenTable, Confirmed::Dotted]),
            route in routes(), value in new_value(),
        ) {
            set_means_that(&doc, &route, &value)?;
        }

        #[test]
        fn setting_a_key_among_dotted_keys_changes_the_meaning_of_that_key_alone(
            doc in doc(&[Form::Dotted, Form::Header("", "")], &[Confirmed::None, Confirmed::Dotted]),
            route in routes(), value in new_value(),
        ) {
            set_means_that(&doc, &route, &value)?;
        }

        #[test]
        fn setting_a_key_in_an_inline_table_changes_the_meaning_of_that_key_alone(
            doc in doc(&[Form::Inline, Form::Header("", "")], &[Confirmed::None, Confirmed::Inline]),
            route in routes(), value in new_value(),
        ) {
            set_means_that(&doc, &route, &value)?;
        }

        #[test]
        fn setting_twice_is_setting_once(doc in plain(), route in routes(), value in new_value()) {
            let change = Edit::Set(route, value);
            let once = edited(&doc.bytes(), &change)?;
            prop_assert_eq!(&edited(&once, &change)?, &once, "{}", String::from_utf8_lossy(&once));
        }

        #[test]
        fn line_ends_stay_what_they_were(doc in plain(), route in routes(), value in new_value()) {
            let before = doc.bytes();
            let after = edited(&before, &Edit::Set(route, value))?;
            let (has_crlf, text) = (text_of(&before).contains("\r\n"), text_of(&after));
            let has_bare = text.replace("\r\n", "").contains('\n');
            prop_assert!(if has_crlf { !has_bare } else { !text.contains('\r') }, "{:?}", text);
        }

        #[test]
        fn a_list_is_set_like_a_value(doc in plain(), list in prop::collection::vec(random::text(), 1..5)) {
            let before = doc.bytes();
            let route = route(&["IGA-03", "evidence"]);
            let after = edited(&before, &Edit::SetTexts(route.clone(), list.clone()))?;
            let mut wanted = meaning(&before);
            put(&mut wanted, &route, Some(list.into()));
            prop_assert_eq!(pruned(meaning(&after)), pruned(wanted));
            only_takes(&before, &after, None)?;
        }

        #[test]
        fn confirming_changes_the_meaning_of_that_confirmation_alone(doc in plain(), id in select(&IDS[..])) {
            confirm_means_that(&doc, id)?;
        }

        #[test]
        fn confirming_under_odd_headers_changes_the_meaning_of_that_confirmation_alone(
            doc in doc(&ODD, &[Confirmed::None, Confirmed::Table, Confirmed::TableFarAway]),
            id in select(&IDS[..]),
        ) {
            confirm_means_that(&doc, id)?;
        }

        #[test]
        fn confirming_over_a_confirmation_with_a_table_of_facts_replaces_all_of_it(
            doc in doc(&PLAIN, &[Confirmed::TableWithGivenTable]), id in select(&IDS[..]),
        ) {
            confirm_means_that(&doc, id)?;
        }

        #[test]
        fn confirming_among_dotted_keys_changes_the_meaning_of_that_confirmation_alone(
            doc in doc(&[Form::Dotted, Form::Header("", "")], &[Confirmed::None, Confirmed::Dotted]),
            id in select(&IDS[..]),
        ) {
            confirm_means_that(&doc, id)?;
        }

        #[test]
        fn confirming_in_an_inline_table_changes_the_meaning_of_that_confirmation_alone(
            doc in doc(&[Form::Inline, Form::Header("", "")], &[Confirmed::None, Confirmed::Inline]),
            id in select(&IDS[..]),
        ) {
            confirm_means_that(&doc, id)?;
        }

        #[test]
        fn confirming_twice_is_confirming_once(doc in plain(), id in select(&IDS[..])) {
            let change = Edit::Confirm(route(&[id, "confirmed", "supplier"]), confirmation());
            let once = edited(&doc.bytes(), &change)?;
            let twice = edited(&once, &change)?;
            prop_assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once));
        }

        #[test]
        fn a_confirmation_stands_under_its_subject_and_no_other_line_changes(
            doc in plain(), id in select(&IDS[..]),
        ) {
            stands_under_its_subject(&doc, id)?;
        }

        #[test]
        fn a_confirmation_stands_under_a_subject_with_an_odd_header_too(
            doc in doc(&ODD, &[Confirmed::None]), id in select(&IDS[..]),
        ) {
            stands_under_its_subject(&doc, id)?;
        }

        #[test]
        fn removing_takes_that_and_nothing_else(doc in plain(), id in select(&IDS[..])) {
            remove_means_that(&doc, id)?;
            let before = doc.bytes();
            let after = edited(&before, &Edit::Remove(route(&[id, "confirmed", "supplier"])))?;
            let mut kept = lines(&before).into_iter();
            prop_assert!(lines(&after).into_iter().all(|line| kept.any(|old| old == line)), "a line moved");
        }

        #[test]
        fn removing_takes_all_of_that_however_it_is_written(
            doc in doc(&ODD, &ANY_BUT_TABLE),
            id in select(&IDS[..]),
        ) {
            remove_means_that(&doc, id)?;
        }
    }

    /// The lines that a parser takes for headers, not those that look like one within a text.
    fn headers(lines: &[&str]) -> Vec<usize> {
        let mut so_far = String::new();
        let mut found = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with('[') && so_far.parse::<toml::Table>().is_ok() {
                found.push(at);
            }
            so_far = format!("{so_far}{line}\n");
        }
        found
    }

    /// The header above a confirmation is one of its subject's, and the lines of both files are the same
    /// without the old and the new table.
    fn stands_under_its_subject(doc: &Doc, id: &str) -> Result<(), TestCaseError> {
        let before = doc.bytes();
        let after = edited(&before, &Edit::Confirm(route(&[id, "confirmed", "supplier"]), confirmation()))?;
        let lines_after = lines(&after);
        let header = format!("[{id}.confirmed.supplier]");
        let headers = headers(&lines_after);
        let nth = headers.iter().position(|at| lines_after[*at] == header).unwrap();
        let at = headers[nth];
        let part = doc.parts.iter().find(|part| part.id == id);
        if part.is_some() {
            let above = lines_after[headers[nth - 1]];
            let subject = above.trim_start_matches(['[', ' ', '"', '\'']);
            prop_assert!(subject.starts_with(id), "it stands under {above}\n{}", text_of(&after));
        }
        let old = part.filter(|part| part.confirmed == Confirmed::Table).map(Part::confirmation_table);
        let old: Vec<&str> =
            old.iter().flat_map(|table| table.lines()).filter(|line| !line.is_empty()).collect();
        let mut rest = lines(&before);
        let start = rest.windows(old.len().max(1)).rposition(|window| window == old);
        rest.drain(start.map_or(0..0, |start| start..start + old.len()));
        let mut rest_after = lines_after.clone();
        rest_after.drain(at..at + 5);
        prop_assert_eq!(rest, rest_after);
        Ok(())
    }

    #[test]
    fn a_confirmation_whose_header_ends_the_file_can_be_replaced() {
        for remark in ["", " # é", " # 🩺"] {
            let text = format!("[IGA-03]\nanswer = \"Yes\"\n\n[IGA-03.confirmed.supplier]{remark}");
            let change = Edit::Confirm(route(&["IGA-03", "confirmed", "supplier"]), confirmation());
            let after = edit("f", text.as_bytes(), &change).unwrap();
            assert_eq!(meaning(&after)["IGA-03"]["confirmed"]["supplier"], confirmation_as_toml());
        }
    }

    #[test]
    fn a_whole_risk_is_confirmed_at_the_end_of_its_file_and_line_ends_stay() {
        let text = write_risk(&example("acme-5-1").risks["HAZ-004"]).replace('\n', "\r\n");
        let change = Edit::Confirm(route(&["confirmed", "deployer"]), confirmation());
        let after = edit("f", text.as_bytes(), &change).unwrap();
        let after = String::from_utf8(after).unwrap();
        assert!(after.starts_with(&text), "everything that was there stays");
        assert!(!after.replace("\r\n", "").contains('\n'), "every line still ends as it did: {after:?}");
    }
}

/// What a derivation carries, and what it does not.
mod deriving {
    use super::*;

    /// A parent as the worked example has it, with random answers, risks and marks in it.
    fn parents() -> impl Strategy<Value = Deployment> {
        let answers = prop::collection::vec(random::slot_and_answer(answered()), 0..40);
        let risks = prop::collection::vec((random::risk_id(), random::risk()), 0..4);
        let gone = prop::collection::vec(any::<Index>(), 0..20);
        (select(vec!["acme-5-1", "acme-northfield", "acme-southmere"]), answers, risks, gone).prop_map(
            |(name, answers, risks, gone)| {
                let mut parent = example(name).clone();
                for index in gone {
                    let slot = index.get(&parent.answers.keys().cloned().collect::<Vec<_>>()).clone();
                    parent.answers.remove(&slot);
                }
                parent.answers.extend(answers);
                parent.risks.extend(risks);
                mark(&mut parent);
                parent
            },
        )
    }

    /// Words that must not travel: each stands in one place only.
    #[derive(Default)]
    struct Marks(usize);

    impl Marks {
        fn word(&mut self) -> String {
            self.0 += 1;
            format!("CANARY{:05}", self.0)
        }

        fn value(&mut self, value: &mut Value) {
            match value {
                Value::Text(text) => *text = self.word(),
                Value::Texts(texts) => texts.iter_mut().for_each(|text| *text = self.word()),
                Value::Date(_) | Value::Number(_) => {}
            }
        }

        fn confirmations(
            &mut self,
            all: &mut BTreeMap<PartyId, Confirmation>,
            of: impl Fn(&PartyId) -> bool,
        ) {
            for (_, confirmation) in all.iter_mut().filter(|(party, _)| of(party)) {
                confirmation.by = self.word();
                confirmation.note = Some(self.word());
            }
        }

        fn answer(&mut self, answer: &mut Answer) {
            answer.value.iter_mut().for_each(|value| self.value(value));
            answer.rows.values_mut().flat_map(BTreeMap::values_mut).for_each(|value| self.value(value));
            answer.notes.iter_mut().for_each(|notes| *notes = self.word());
            answer.evidence.iter_mut().for_each(|evidence| *evidence = format!("ref:{}", self.word()));
            self.confirmations(&mut answer.confirmed, |_| true);
        }
    }

    fn is_deployer(party: &PartyId) -> bool {
        party.as_str() == "deployer"
    }

    fn is_supplier(party: &PartyId) -> bool {
        party.as_str() == "supplier"
    }

    fn on_derive(slot: &Slot) -> OnDerive {
        framework().item(slot.item.as_str()).unwrap().on_derive
    }

    /// Marks what is the parent's own: local answers, its deployer's confirmations, acceptances, history.
    fn mark(parent: &mut Deployment) {
        let mut marks = Marks::default();
        for (slot, answer) in &mut parent.answers {
            if on_derive(slot) == OnDerive::Keep {
                marks.confirmations(&mut answer.confirmed, is_deployer);
            } else {
                marks.answer(answer);
            }
        }
        for risk in parent.risks.values_mut() {
            marks.confirmations(&mut risk.confirmed, |_| true);
            for mitigation in risk.mitigations.values_mut() {
                marks.confirmations(&mut mitigation.confirmed, is_deployer);
                if !is_supplier(&mitigation.owner) {
                    mitigation.reason.iter_mut().for_each(|reason| *reason = marks.word());
                }
            }
            if let Some(acceptance) = &mut risk.acceptance {
                acceptance.by = marks.word();
                acceptance.reason = marks.word();
            }
            if let Some(transfer) = &mut risk.transfer {
                transfer.duty = Some(marks.word());
                transfer.receipt = Some(marks.word());
            }
        }
        parent.meta.title = marks.word();
        let revision = Revision { on: date(), by: marks.word(), text: marks.word() };
        parent.meta.history.insert(key("r1"), revision);
    }

    fn date() -> Date {
        Date::new(2026, 11, 20).unwrap()
    }

    fn child_of(parent: &Deployment, keep_notes: bool) -> Derived {
        let request = Request {
            name: DeploymentName::new("acme-eastmoor").unwrap(),
            id: PermanentId::new("d-0123456789ab").unwrap(),
            title: None,
            risk_prefix: None,
            commit: None,
            keep_notes,
            taken_prefixes: Vec::new(),
        };
        derive(parent, framework(), &EXAMPLE.settings, request)
    }

    /// Every file of a deployment, in one text.
    fn files_of(deployment: &Deployment) -> String {
        let mut text = write_meta(&deployment.meta);
        for section in framework().sections.iter().filter(|section| section.is_answered()) {
            text += &write_section(section, &deployment.answers);
        }
        deployment.risks.values().for_each(|risk| text += &write_risk(risk));
        text += &write_received(deployment.received.as_ref().unwrap(), framework());
        text
    }

    /// What stands at an answer's field, in words that differ where the values do.
    fn field(answer: &Answer, field: &[String]) -> Option<String> {
        let parts: Vec<&str> = field.iter().map(String::as_str).collect();
        match parts[..] {
            ["answer"] => answer.value.as_ref().map(|value| format!("{value:?}")),
            ["rows", key, column] => answer.rows.get(key)?.get(column).map(|value| format!("{value:?}")),
            ["notes"] => answer.notes.clone(),
            ["evidence"] => (!answer.evidence.is_empty()).then(|| format!("{:?}", answer.evidence)),
            ["confirmed", party] => {
                answer.confirmed.get(party).map(|confirmation| format!("{confirmation:?}"))
            }
            _ => panic!("{parts:?} is no field of an answer"),
        }
    }

    /// Every field of a risk with what stands there.
    fn risk_fields(id: &RiskId, risk: &Risk) -> BTreeMap<Address, String> {
        let at = Address::of(id);
        let mut fields = BTreeMap::new();
        let mut put = |address: Address, shown: String| drop(fields.insert(address, shown));
        let whole = (&risk.title, &risk.section, &risk.owner, &risk.hazard, &risk.effect, &risk.depends_on);
        put(at.clone(), format!("{whole:?} {:?} {:?} {:?}", risk.causes, risk.initial, risk.residual));
        put(at.clone().then("status"), risk.status.to_string());
        let confirmed = |at: &Address, all: &BTreeMap<PartyId, Confirmation>| {
            let at = at.clone().then("confirmed");
            all.iter().map(|(p, c)| (at.clone().then(p.as_str()), format!("{c:?}"))).collect::<Vec<_>>()
        };
        confirmed(&at, &risk.confirmed).into_iter().for_each(|(address, shown)| put(address, shown));
        risk.acceptance.iter().for_each(|a| put(at.clone().then("acceptance"), format!("{a:?}")));
        risk.transfer.iter().for_each(|t| put(at.clone().then("transfer"), format!("{t:?}")));
        for (key, m) in &risk.mitigations {
            let at = at.clone().then("mitigations").then(key.as_str());
            put(at.clone(), format!("{:?} {:?} {:?} {:?}", m.kind, m.owner, m.causes, m.text));
            put(at.clone().then("status"), m.status.to_string());
            m.reason.iter().for_each(|reason| put(at.clone().then("reason"), reason.clone()));
            if !m.evidence.is_empty() {
                put(at.clone().then("evidence"), format!("{:?}", m.evidence));
            }
            confirmed(&at, &m.confirmed).into_iter().for_each(|(address, shown)| put(address, shown));
        }
        fields
    }

    /// The fate of a field: its own, or that of the nearest thing around it.
    fn fate(derived: &Derived, address: &Address) -> Option<Fate> {
        let mut at = address.clone();
        loop {
            if let Some(fate) = derived.fates.get(&at) {
                return Some(*fate);
            }
            at.field.pop()?;
        }
    }

    proptest! {
        #![proptest_config(cases(80))]

        #[test]
        fn every_field_of_an_answer_has_a_fate_and_it_is_true(
            parent in parents(), keep_notes in any::<bool>(),
        ) {
            let derived = child_of(&parent, keep_notes);
            let empty = Answer::default();
            for (slot, answer) in &parent.answers {
                let here = derived.deployment.answers.get(slot).unwrap_or(&empty);
                for address in fields_of(slot, answer) {
                    let (before, after) = (field(answer, &address.field), field(here, &address.field));
                    let fate = derived.fates.get(&address);
                    prop_assert!(before.is_some() && fate.is_some(), "{} has no fate", address);
                    let wanted = if fate == Some(&Fate::Kept) { before } else { None };
                    prop_assert_eq!(after, wanted, "{}: {:?}", address, fate);
                    match on_derive(slot) {
                        OnDerive::Ask => prop_assert_eq!(fate, Some(&Fate::Ask)),
                        OnDerive::Reset => prop_assert_eq!(fate, Some(&Fate::Reset)),
                        _ => {}
                    }
                }
            }
        }

        #[test]
        fn nothing_is_there_that_was_not_carried(parent in parents(), keep_notes in any::<bool>()) {
            let child = child_of(&parent, keep_notes).deployment;
            for (slot, answer) in &child.answers {
                prop_assert_eq!(on_derive(slot), OnDerive::Keep);
                let before = &parent.answers[slot];
                for address in fields_of(slot, answer) {
                    prop_assert_eq!(field(before, &address.field), field(answer, &address.field));
                }
            }
            prop_assert!(child.risks.keys().eq(parent.risks.keys()), "every risk is carried, and no other");
            let received = child.received.as_ref().unwrap();
            prop_assert_eq!(&received.answers, &child.answers);
            prop_assert_eq!(&received.risks, &child.risks);
            let lineage = child.meta.derived_from.as_ref().unwrap();
            prop_assert_eq!(&lineage.received, &received.digest().to_string());
            prop_assert_eq!((&lineage.id, &lineage.deployment), (&parent.meta.id, &parent.name));
        }

        #[test]
        fn every_field_of_a_risk_has_a_fate_and_it_is_true(parent in parents(), keep_notes in any::<bool>()) {
            let derived = child_of(&parent, keep_notes);
            for (id, risk) in &parent.risks {
                let after = risk_fields(id, &derived.deployment.risks[id]);
                let before = risk_fields(id, risk);
                prop_assert!(after.keys().all(|address| before.contains_key(address)), "{:?}", after);
                for (address, shown) in before {
                    let now = after.get(&address).map(String::as_str);
                    let fate = fate(&derived, &address);
                    match fate {
                        Some(Fate::Kept) => prop_assert_eq!(now, Some(shown.as_str()), "{}", address),
                        Some(Fate::Reopened) => prop_assert_eq!(now, Some("open"), "{}", address),
                        Some(Fate::OnlyProposed) => prop_assert_eq!(now, Some("proposed"), "{}", address),
                        Some(_) => prop_assert_eq!(now, None, "{}: {:?}", address, fate),
                        None => prop_assert!(false, "{} has no fate", address),
                    }
                }
            }
        }

        #[test]
        fn nothing_that_is_the_parents_own_stands_in_a_file_of_the_child(
            parent in parents(), keep_notes in any::<bool>(),
        ) {
            let text = files_of(&child_of(&parent, keep_notes).deployment);
            let found = text.lines().find(|line| line.contains("CANARY"));
            prop_assert_eq!(found, None);
        }

        #[test]
        fn a_carried_text_that_names_the_parents_organisation_is_listed(
            parent in parents(), keep_notes in any::<bool>(), which in any::<Index>(),
        ) {
            let mut parent = parent;
            let organisation = Value::Texts(vec!["Quarrington Vale Hospitals".to_owned()]);
            let slot = Slot::of(&framework().headline.organisation);
            parent.answers.entry(slot).or_default().value = Some(organisation);
            let risks: Vec<RiskId> = parent.risks.keys().cloned().collect();
            let id = which.get(&risks);
            parent.risks.get_mut(id).unwrap().effect = "Staff of quarrington vale hospitals wait.".to_owned();
            let derived = child_of(&parent, keep_notes);
            let address = Address::of(id).then("effect");
            prop_assert!(derived.left_over.iter().any(|over| over.address == address));
            // Whatever names it anywhere is listed, and the names in the list do stand there.
            let texts = derived.deployment.risks.iter().flat_map(|(id, risk)| risk_texts(id, risk));
            let named = |text: &str| text.to_lowercase().contains("quarrington vale hospitals");
            for (address, _) in texts.filter(|(_, text)| named(text)) {
                prop_assert!(derived.left_over.iter().any(|over| over.address == address));
            }
        }

        #[test]
        fn confirmations_travel_only_if_the_supplier_made_them_and_the_content_came_whole(
            parent in parents(), keep_notes in any::<bool>(),
        ) {
            let child = child_of(&parent, keep_notes).deployment;
            for (slot, answer) in &child.answers {
                let came_whole = answer.content() == parent.answers[slot].content();
                prop_assert!(!answer.confirmed.keys().any(is_deployer), "{}", slot);
                let travelled = answer.confirmed.keys().any(is_supplier);
                let had = parent.answers[slot].confirmed.keys().any(is_supplier);
                prop_assert_eq!(travelled, had && came_whole, "{}", slot);
            }
            for (id, risk) in &child.risks {
                prop_assert!(risk.confirmed.is_empty());
                for (key, mitigation) in &risk.mitigations {
                    let before = &parent.risks[id].mitigations[key];
                    let came_whole = mitigation.digest() == before.digest();
                    prop_assert!(!mitigation.confirmed.keys().any(is_deployer));
                    let travelled = mitigation.confirmed.keys().any(is_supplier);
                    prop_assert_eq!(travelled, before.confirmed.keys().any(is_supplier) && came_whole);
                }
            }
        }

        #[test]
        fn nobody_but_supplier_and_authority_is_known_to_be_the_same_organisation(parent in parents()) {
            let child = child_of(&parent, false).deployment;
            let answers = child.answers.values().flat_map(|answer| answer.confirmed.keys());
            let mitigations = child.risks.values().flat_map(|risk| risk.mitigations.values());
            let same = |party: &&PartyId| is_supplier(party) || party.as_str() == "authority";
            let mut parties = answers.chain(mitigations.flat_map(|m| m.confirmed.keys()));
            prop_assert_eq!(parties.find(|party| !same(party)), None);
        }

        #[test]
        fn notes_that_only_a_deployer_wrote_stay_behind_unless_asked_for(
            parent in parents(), keep_notes in any::<bool>(),
        ) {
            let child = child_of(&parent, keep_notes).deployment;
            let is_baseline = parent.meta.kind == Kind::Baseline;
            let kept = parent.answers.iter().filter(|(slot, _)| on_derive(slot) == OnDerive::Keep);
            for (slot, answer) in kept {
                let item = framework().item(slot.item.as_str()).unwrap();
                let only_deployers = item.parties.iter().chain(&item.confirmed_by).all(is_deployer);
                let stay_behind = only_deployers && !keep_notes && !is_baseline;
                let empty = Answer::default();
                let here = child.answers.get(slot).unwrap_or(&empty);
                prop_assert_eq!(here.notes.is_some(), answer.notes.is_some() && !stay_behind, "{}", slot);
                let is_empty = answer.evidence.is_empty() || stay_behind;
                prop_assert_eq!(here.evidence.is_empty(), is_empty, "{}", slot);
            }
        }

        #[test]
        fn right_after_a_derivation_nothing_differs_from_what_was_received(parent in parents()) {
            let child = child_of(&parent, false).deployment;
            let left = Side::received("parent", child.received.as_ref().unwrap());
            prop_assert!(diff(framework(), &left, &Side::of(&child)).is_empty());
        }
    }
}

/// What a difference says, and what it must not say.
mod differing {
    use super::*;

    fn deployments() -> impl Strategy<Value = Deployment> {
        let answers = prop::collection::vec(random::slot_and_answer(answered()), 0..20);
        let risks = prop::collection::vec((random::risk_id(), random::risk()), 0..4);
        (select(vec!["acme-northfield", "acme-southmere"]), answers, risks).prop_map(
            |(name, answers, risks)| {
                let mut deployment = example(name).clone();
                deployment.answers.extend(answers);
                deployment.risks.extend(risks);
                deployment
            },
        )
    }

    fn differences(left: &Deployment, right: &Deployment) -> Difference {
        diff(framework(), &Side::of(left), &Side::of(right))
    }

    /// How risks differ on their own.
    fn risk_differences(left: &BTreeMap<RiskId, Risk>, right: &BTreeMap<RiskId, Risk>) -> Difference {
        let answers = BTreeMap::new();
        let side = |risks| Side { name: String::new(), answers: &answers, risks, meta: None };
        diff(framework(), &side(left), &side(right))
    }

    /// The same meaning in other words: lists turned round, with something said twice, and CRLF.
    fn turned_round(deployment: &Deployment) -> Deployment {
        fn turn<T: Clone>(list: &mut Vec<T>) {
            list.reverse();
            list.extend(list.first().cloned());
        }
        let mut turned = deployment.clone();
        for answer in turned.answers.values_mut() {
            turn(&mut answer.evidence);
            if let Some(Value::Texts(texts)) = &mut answer.value {
                turn(texts);
            }
        }
        for risk in turned.risks.values_mut() {
            turn(&mut risk.depends_on);
            for mitigation in risk.mitigations.values_mut() {
                turn(&mut mitigation.causes);
                turn(&mut mitigation.evidence);
            }
        }
        written_and_read(&turned)
    }

    /// A deployment after its files were written anew with CRLF, and read.
    fn written_and_read(deployment: &Deployment) -> Deployment {
        let crlf = |text: String| text.replace('\n', "\r\n");
        let mut again = deployment.clone();
        again.answers.clear();
        for section in framework().sections.iter().filter(|section| section.is_answered()) {
            let text = crlf(write_section(section, &deployment.answers));
            let document = Document::parse("f", text.as_bytes()).unwrap();
            again.answers.extend(read_section(&document, framework(), section).0);
        }
        for (id, risk) in &deployment.risks {
            let text = crlf(write_risk(risk));
            let document = Document::parse("f", text.as_bytes()).unwrap();
            again.risks.insert(id.clone(), read_risk(&document, framework()).0.unwrap());
        }
        again
    }

    fn outcomes(difference: &Difference) -> BTreeMap<String, (String, String)> {
        let outcomes = difference.outcomes.iter();
        outcomes.map(|o| (o.id.clone(), (o.before.clone(), o.after.clone()))).collect()
    }

    /// Every place that a difference names, with what stood there and what stands there now.
    fn places(difference: &Difference) -> BTreeMap<String, (Option<String>, Option<String>)> {
        let mut all = BTreeMap::new();
        let answers = difference.context.iter().chain(&difference.answers).flat_map(|change| &change.fields);
        let risks = difference.risks.iter();
        let fields =
            risks.clone().flat_map(|r| r.fields.iter().chain(r.mitigations.iter().flat_map(|m| &m.fields)));
        for change in answers.chain(fields) {
            all.insert(change.address.to_string(), (change.before.clone(), change.after.clone()));
        }
        for risk in risks {
            for (name, moved) in [("initial", &risk.initial), ("residual", &risk.residual)] {
                if risk.way == Way::Changed && moved.is_change() {
                    let shown = |rating: &Option<Rating>| rating.as_ref().map(|rating| format!("{rating:?}"));
                    all.insert(format!("{}.{name}", risk.id), (shown(&moved.before), shown(&moved.after)));
                }
            }
            let added_or_removed = risk.mitigations.iter().filter(|m| m.way != Way::Changed);
            let whole = (risk.way != Way::Changed).then(|| (risk.id.to_string(), risk.way));
            let parts = added_or_removed.map(|m| (format!("{}.mitigations.{}", risk.id, m.key), m.way));
            for (place, way) in whole.into_iter().chain(parts) {
                let there = Some("there".to_owned());
                all.insert(place, if way == Way::Added { (None, there) } else { (there, None) });
            }
        }
        all
    }

    proptest! {
        #![proptest_config(cases(60))]

        #[test]
        fn nothing_differs_from_itself(deployment in deployments()) {
            let difference = differences(&deployment, &deployment);
            prop_assert!(difference.is_empty() && !difference.has_risk_increase());
        }

        #[test]
        fn nothing_differs_after_writing_every_file_anew(deployment in deployments()) {
            let difference = differences(&deployment, &written_and_read(&deployment));
            prop_assert!(difference.is_empty(), "{:?}", difference);
        }

        #[test]
        fn nothing_differs_when_lists_whose_order_means_nothing_are_in_another(deployment in deployments()) {
            let difference = differences(&deployment, &turned_round(&deployment));
            let named = difference.context.iter().chain(&difference.answers).map(|c| c.address.to_string());
            let risks = difference.risks.iter().map(|risk| risk.id.to_string());
            prop_assert!(difference.is_empty(), "{:?}", named.chain(risks).collect::<Vec<_>>());
        }

        #[test]
        fn a_difference_read_from_the_other_side_is_the_same_turned_round(
            a in deployments(), b in deployments(),
        ) {
            let (there, back) = (differences(&a, &b), differences(&b, &a));
            let turned: BTreeMap<_, _> =
                places(&back).into_iter().map(|(place, (before, after))| (place, (after, before))).collect();
            prop_assert_eq!(places(&there), turned);
            let turned: BTreeMap<_, _> =
                outcomes(&back).into_iter().map(|(id, (before, after))| (id, (after, before))).collect();
            prop_assert_eq!(outcomes(&there), turned);
        }

        #[test]
        fn every_change_says_what_changed(a in deployments(), b in deployments()) {
            let difference = differences(&a, &b);
            for change in difference.context.iter().chain(&difference.answers) {
                prop_assert!(!change.fields.is_empty(), "{}", change.address);
            }
            for risk in difference.risks.iter().filter(|risk| risk.way == Way::Changed) {
                let rated = risk.initial.is_change() || risk.residual.is_change();
                prop_assert!(rated || !risk.fields.is_empty() || !risk.mitigations.is_empty(), "{}", risk.id);
                for mitigation in risk.mitigations.iter().filter(|m| m.way == Way::Changed) {
                    prop_assert!(!mitigation.fields.is_empty(), "{}.{}", risk.id, mitigation.key);
                }
            }
        }

        #[test]
        fn confirmations_and_acceptances_are_no_content(deployment in deployments()) {
            let mut bare = deployment.clone();
            bare.answers.values_mut().for_each(|answer| answer.confirmed.clear());
            bare.risks.values_mut().for_each(|risk| *risk = risk.content());
            prop_assert!(differences(&deployment, &bare).is_empty());
        }
    }

    fn other(value: &Value, options: &[String]) -> Value {
        match value {
            Value::Text(text) => {
                let option = options.iter().find(|option| *option != text);
                Value::Text(option.cloned().unwrap_or_else(|| format!("{text}x")))
            }
            Value::Texts(texts) => Value::Texts(texts.iter().cloned().chain(["One more".into()]).collect()),
            Value::Date(date) => Value::Date(date.tomorrow().unwrap()),
            Value::Number(number) => Value::Number(number + 1),
        }
    }

    /// Every change of one field of one answer, with its place.
    fn answer_mutations(slot: &Slot, answer: &Answer) -> Vec<(String, Answer)> {
        let item = framework().item(slot.item.as_str()).unwrap();
        let mut all = Vec::new();
        let mut with = |place: String, change: &dyn Fn(&mut Answer)| {
            let mut changed = answer.clone();
            change(&mut changed);
            all.push((place, changed));
        };
        if let Some(value) = &answer.value {
            with(slot.to_string(), &|a| a.value = Some(other(value, &item.options)));
            with(slot.to_string(), &|a| a.value = None);
        }
        for (key, row) in &answer.rows {
            for (column, value) in row {
                let options = &item.columns.iter().find(|known| known.id == *column).unwrap().options;
                with(format!("{slot}.rows.{key}.{column}"), &|a| {
                    a.rows.get_mut(key).unwrap().insert(column.clone(), other(value, options));
                });
            }
        }
        with(format!("{slot}.notes"), &|a| a.notes = Some(a.notes.clone().unwrap_or_default() + "x"));
        with(format!("{slot}.evidence"), &|a| a.evidence.push("ref:One more".into()));
        all
    }

    /// Every change of one field of one risk, with its place.
    fn risk_mutations(id: &RiskId, risk: &Risk) -> Vec<(String, Risk)> {
        let mut all = Vec::new();
        let mut with = |place: &str, change: &dyn Fn(&mut Risk)| {
            let mut changed = risk.clone();
            change(&mut changed);
            all.push((format!("{id}.{place}"), changed));
        };
        let add = |text: &mut String| text.push('x');
        let next = |rating: &mut Option<Rating>| {
            let severity = &mut rating.as_mut().unwrap().severity;
            *severity = if severity == "Minor" { "Major".to_owned() } else { "Minor".to_owned() };
        };
        with("title", &|r| add(&mut r.title));
        with("section", &|r| r.section = SectionId::new("contacts").unwrap());
        with("owner", &|r| r.owner = PartyId::new("authority").unwrap());
        with("status", &|r| r.status = RiskStatus::Closed);
        with("hazard", &|r| add(&mut r.hazard));
        with("effect", &|r| add(&mut r.effect));
        with("depends-on", &|r| r.depends_on.push(ItemId::new("GR-99").unwrap()));
        with("initial", &|r| next(&mut r.initial));
        with("residual", &|r| next(&mut r.residual));
        with("residual", &|r| r.residual = None);
        let transfer = |receipt: Option<&str>| Transfer {
            to: PartyId::new("supplier").unwrap(),
            duty: Some("To test it".into()),
            receipt: receipt.map(str::to_owned),
        };
        with("transfer", &|r| r.transfer = Some(transfer(None)));
        with("causes.C9", &|r| drop(r.causes.insert(key("C9"), Cause { text: "New".into() })));
        for cause in risk.causes.keys() {
            with(&format!("causes.{cause}"), &|r| add(&mut r.causes.get_mut(cause).unwrap().text));
            with(&format!("causes.{cause}"), &|r| drop(r.causes.remove(cause)));
        }
        for m in risk.mitigations.keys() {
            let at = |field: &str| format!("mitigations.{m}{field}");
            let of = |risk: &mut Risk, change: &dyn Fn(&mut Mitigation)| {
                change(risk.mitigations.get_mut(m).unwrap())
            };
            with(&at(""), &|r| drop(r.mitigations.remove(m)));
            with(&at(".kind"), &|r| of(r, &|m| m.kind = MitigationKind::ALL[(m.kind as usize + 1) % 4]));
            with(&at(".owner"), &|r| of(r, &|m| m.owner = PartyId::new("authority").unwrap()));
            with(&at(".causes"), &|r| of(r, &|m| m.causes.push(key("C9"))));
            with(&at(".text"), &|r| of(r, &|m| add(&mut m.text)));
            with(&at(".status"), &|r| {
                of(r, &|m| m.status = MitigationStatus::ALL[(m.status as usize + 1) % 4])
            });
            with(&at(".reason"), &|r| {
                of(r, &|m| m.reason = Some(m.reason.clone().unwrap_or_default() + "x"))
            });
            with(&at(".evidence"), &|r| of(r, &|m| m.evidence.push("ref:One more".into())));
        }
        all
    }

    /// Asserts that a difference names one place and nothing else, outcomes apart: they follow from answers.
    fn names_only(difference: &Difference, place: &str) {
        assert_eq!(places(difference).keys().collect::<Vec<_>>(), [place]);
        let subjects = difference.context.len() + difference.answers.len() + difference.risks.len();
        assert_eq!((subjects, difference.meta.len()), (1, 0), "{place}: {difference:?}");
    }

    #[test]
    fn every_changed_field_shows_as_one_change_at_its_address() {
        let before = example("acme-northfield");
        let mut seen = 0;
        for (slot, answer) in &before.answers {
            for (place, changed) in answer_mutations(slot, answer) {
                let mut after = before.clone();
                after.answers.insert(slot.clone(), changed);
                names_only(&differences(before, &after), &place);
                seen += 1;
            }
        }
        for (id, risk) in &before.risks {
            for (place, changed) in risk_mutations(id, risk) {
                let (left, right) =
                    (BTreeMap::from([(id.clone(), risk.clone())]), BTreeMap::from([(id.clone(), changed)]));
                names_only(&risk_differences(&left, &right), &place);
                seen += 1;
            }
        }
        assert!(seen > 500, "{seen} changes");
    }

    #[test]
    fn a_transfers_receipt_shows_at_the_transfer() {
        let mut before = example("acme-northfield").clone();
        let (id, risk) = before.risks.iter_mut().next().unwrap();
        let id = id.clone();
        risk.transfer = Some(Transfer { to: PartyId::new("supplier").unwrap(), duty: None, receipt: None });
        let mut after = before.clone();
        after.risks.get_mut(&id).unwrap().transfer.as_mut().unwrap().receipt = Some("Taken on".into());
        names_only(&differences(&before, &after), &format!("{id}.transfer"));
    }

    #[test]
    fn an_item_or_risk_that_comes_or_goes_shows_as_that() {
        let before = example("acme-northfield");
        for slot in before.answers.keys() {
            let mut after = before.clone();
            after.answers.remove(slot);
            let difference = differences(before, &after);
            let changes: Vec<_> = difference.context.iter().chain(&difference.answers).collect();
            assert_eq!(changes.len(), 1, "{slot}");
            assert!(
                changes[0].address == slot.address() && changes[0].fields.iter().all(|f| f.after.is_none())
            );
        }
        for id in before.risks.keys() {
            let mut after = before.clone();
            after.risks.remove(id);
            let gone: Vec<RiskChange> = differences(before, &after).risks;
            assert!(gone.len() == 1 && gone[0].id == *id && gone[0].way == Way::Removed);
            let back: Vec<RiskChange> = differences(&after, before).risks;
            assert!(back.len() == 1 && back[0].id == *id && back[0].way == Way::Added);
        }
    }

    #[test]
    fn a_rating_that_moves_up_in_class_is_an_increase_and_no_other_is() {
        let matrix = &framework().matrix;
        let ratings: Vec<Rating> = matrix
            .severity
            .iter()
            .flat_map(|severity| {
                let rating = |likelihood: &String| Rating {
                    severity: severity.clone(),
                    likelihood: likelihood.clone(),
                };
                matrix.likelihood.iter().map(rating)
            })
            .collect();
        let id = RiskId::new("HAZ-004").unwrap();
        let risk = &example("acme-northfield").risks[&id];
        for (before, after) in ratings.iter().flat_map(|a| ratings.iter().map(move |b| (a, b))) {
            for is_initial in [true, false] {
                let with = |rating: &Rating| {
                    let mut risk = risk.clone();
                    *(if is_initial { &mut risk.initial } else { &mut risk.residual }) = Some(rating.clone());
                    BTreeMap::from([(id.clone(), risk)])
                };
                let (left, right) = (with(before), with(after));
                let difference = risk_differences(&left, &right);
                let is_up = matrix.class(after) > matrix.class(before);
                assert_eq!(difference.has_risk_increase(), is_up, "{before:?} to {after:?}");
                assert_eq!(difference.is_empty(), before == after, "{before:?} to {after:?}");
            }
        }
    }
}

/// The canonical encoding: frozen, and the same whatever form a file has.
mod encoding {
    use super::*;
    use serde_json::{Value as Json, json};

    /// How many random spellings of answers are tried: `TOM_SPELLINGS`, with which `ci.sh` asks for a hundred thousand.
    fn spellings() -> usize {
        let asked = std::env::var_os("TOM_SPELLINGS").map(|text| text.to_str().unwrap().parse().unwrap());
        asked.unwrap_or(10_000)
    }

    fn tree_of(json: &Json) -> Tree {
        let (letter, value) = json.as_object().unwrap().iter().next().unwrap();
        match letter.as_str() {
            "t" => Tree::text(value.as_str().unwrap()),
            "i" => Tree::Integer(value.as_str().unwrap().parse().unwrap()),
            "d" => Tree::Date(value.as_str().unwrap().parse().unwrap()),
            "b" => Tree::Truth(value.as_bool().unwrap()),
            "l" => Tree::List(value.as_array().unwrap().iter().map(tree_of).collect()),
            "m" => Tree::Map(
                value.as_object().unwrap().iter().map(|(key, inner)| (key.clone(), tree_of(inner))).collect(),
            ),
            other => panic!("no type has the letter {other}"),
        }
    }

    fn json_of(tree: &Tree) -> Json {
        match tree {
            Tree::Text(text) => json!({ "t": text }),
            Tree::Integer(number) => json!({ "i": number.to_string() }),
            Tree::Date(date) => json!({ "d": date.to_string() }),
            Tree::Truth(truth) => json!({ "b": truth }),
            Tree::List(items) => json!({ "l": items.iter().map(json_of).collect::<Vec<_>>() }),
            Tree::Map(map) => {
                let map: serde_json::Map<_, _> = map.iter().map(|(k, v)| (k.clone(), json_of(v))).collect();
                json!({ "m": map })
            }
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn vectors() -> Vec<Json> {
        let file: Json = serde_json::from_str(&data("canon-vectors.json")).unwrap();
        assert_eq!(file["version"], 1);
        file["vectors"].as_array().unwrap().clone()
    }

    /// What the Python implementation makes of trees: encoding and digest of each.
    fn by_python(trees: &[Json]) -> Vec<(String, String)> {
        let program = root().join("tests/data/canon.py");
        let output = super::piped(&[program.to_str().unwrap()], &serde_json::to_string(trees).unwrap());
        serde_json::from_str(&output).unwrap()
    }

    fn trees() -> impl Strategy<Value = Tree> {
        let texts = prop_oneof![random::text(), any::<String>(), Just("a\r\nb\rc".to_owned())];
        let leaf = prop_oneof![
            texts.prop_map(Tree::Text),
            any::<i64>().prop_map(Tree::Integer),
            random::date().prop_map(Tree::Date),
            any::<bool>().prop_map(Tree::Truth),
        ];
        let keys = prop_oneof!["[a-zA-Z0-9-]{0,9}", "[^\r\n]{0,5}"];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
                prop::collection::btree_map(keys.clone(), inner, 0..4).prop_map(Tree::Map),
            ]
        })
    }

    #[test]
    fn the_encoding_is_what_it_was_when_it_was_frozen() {
        let vectors = vectors();
        assert!(vectors.len() >= 25);
        for vector in vectors {
            let tree = tree_of(&vector["tree"]);
            assert_eq!(hex(&tree.encode()), vector["encoding"], "{vector}");
            assert_eq!(tree.digest().hex(), vector["digest"], "{vector}");
        }
    }

    #[test]
    fn a_second_implementation_agrees() {
        if !super::python("import hashlib, json") {
            return;
        }
        let vectors = vectors();
        let mut json: Vec<Json> = vectors.iter().map(|vector| vector["tree"].clone()).collect();
        json.extend(some(trees(), 1000).iter().map(json_of));
        let theirs = by_python(&json);
        assert_eq!(theirs.len(), json.len());
        for (json, (encoding, digest)) in json.iter().zip(theirs) {
            let tree = tree_of(json);
            assert_eq!((hex(&tree.encode()), tree.digest().hex()), (encoding, digest), "{json}");
        }
    }

    /// A tree with its line ends folded: the one difference that is none.
    fn folded(tree: &Tree) -> Tree {
        match tree {
            Tree::Text(text) => Tree::Text(text.replace("\r\n", "\n")),
            Tree::List(items) => Tree::List(items.iter().map(folded).collect()),
            Tree::Map(map) => Tree::Map(map.iter().map(|(key, tree)| (key.clone(), folded(tree))).collect()),
            other => other.clone(),
        }
    }

    #[test]
    fn no_two_trees_have_one_encoding() {
        let frozen = vectors().into_iter().map(|vector| tree_of(&vector["tree"]));
        let mut seen: BTreeMap<Vec<u8>, Tree> = BTreeMap::new();
        for tree in frozen.chain(some(trees(), 3000)) {
            if let Some(other) = seen.insert(tree.encode(), folded(&tree)) {
                assert_eq!(other, folded(&tree));
            }
        }
        assert!(seen.len() > 1500);
    }

    /// How one spelling of an answer is chosen: SplitMix64, which costs nothing beside the parsing.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
        }

        fn pick<T: Copy>(&mut self, from: &[T]) -> T {
            from[self.roll(from.len())]
        }

        fn shuffled<T>(&mut self, mut list: Vec<T>) -> Vec<T> {
            for last in (1..list.len()).rev() {
                list.swap(last, self.roll(last + 1));
            }
            list
        }

        /// A text in one of TOML's four quotings, with or without escapes that are not needed.
        fn text(&mut self, text: &str) -> String {
            let is_literal = !text.contains(|c: char| c == '\'' || (c.is_control() && c != '\t'));
            match self.roll(5) {
                0 if is_literal => format!("'{text}'"),
                1 if !text.contains("'''") && !text.ends_with('\'') => format!("'''\n{text}'''"),
                2 => format!("\"\"\"{}\"\"\"", self.escaped(text, true)),
                3 => format!("\"\"\"\n{}\\\n   \n  \"\"\"", self.escaped(text, true)),
                _ => format!("\"{}\"", self.escaped(text, false)),
            }
        }

        fn escaped(&mut self, text: &str, lines: bool) -> String {
            let mut out = String::new();
            for c in text.chars() {
                let needs = matches!(c, '"' | '\\') || (c == '\n' && !lines) || out.is_empty() && c == '\n';
                match (c, self.roll(9)) {
                    ('"', roll) if roll > 4 => out += "\\\"",
                    ('\\', roll) if roll > 4 => out += "\\\\",
                    ('\n', roll) if needs && roll > 4 => out += "\\n",
                    ('\t', 1) => out += "\\t",
                    (c, roll) if needs || roll == 0 => out += &format!("\\U{:08X}", u32::from(c)),
                    _ => out.push(c),
                }
            }
            out
        }

        fn value(&mut self, value: &Value) -> String {
            match value {
                Value::Text(text) => self.text(text),
                Value::Texts(texts) => self.list(texts),
                Value::Date(date) => date.to_string(),
                Value::Number(number) => match self.roll(3) {
                    0 => format!("+{number}"),
                    1 => format!("0x{number:x}"),
                    _ => number.to_string(),
                },
            }
        }

        /// A list whose order means nothing, perhaps over lines, with remarks, with one said twice.
        fn list(&mut self, texts: &[String]) -> String {
            let again = texts.iter().take(self.roll(2));
            let all: Vec<&String> = texts.iter().chain(again).collect();
            let parts: Vec<String> = self.shuffled(all).into_iter().map(|text| self.text(text)).collect();
            let (open, between) =
                self.pick(&[("[", ", "), ("[ ", " ,\t"), ("[\n  # a remark\n  ", ",\n\n  ")]);
            let close = self.pick(&["]", " ]", ",]", ", # last\n]"]);
            format!("{open}{}{close}", parts.join(between))
        }

        fn lines(&mut self, prefix: &str, entries: Vec<(String, String)>) -> String {
            let mut out = String::new();
            for (key, value) in self.shuffled(entries) {
                let key = match self.roll(3) {
                    0 => format!("\"{key}\""),
                    _ => key,
                };
                out += self.pick(&["", "\n", "# a remark [IGA-03]\n", "  "]);
                out += &format!("{prefix}{key}{}{value}", self.pick(&[" = ", "=", "\t=  "]));
                out += self.pick(&["\n", " # a remark\n", "  \n"]);
            }
            out
        }

        /// The file of one answer, spelt at random: inline, dotted or under headers.
        fn spell(&mut self, slot: &Slot, answer: &Answer) -> String {
            let mut entries = Vec::new();
            entries.extend(answer.value.as_ref().map(|value| ("answer".to_owned(), self.value(value))));
            entries.extend(answer.notes.as_ref().map(|notes| ("notes".to_owned(), self.text(notes))));
            if !answer.evidence.is_empty() {
                entries.push(("evidence".to_owned(), self.list(&answer.evidence)));
            }
            let rows: Vec<(String, Vec<(String, String)>)> = answer
                .rows
                .iter()
                .map(|(key, row)| {
                    let cells = row.iter().map(|(column, value)| (column.clone(), self.value(value)));
                    (key.to_string(), cells.collect())
                })
                .collect();
            let rows = self.shuffled(rows);
            let text = match self.roll(4) {
                0 => {
                    entries.extend(self.rows_inline(&rows));
                    let parts: Vec<String> =
                        entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                    format!("{slot} = {{ {} }}\n", self.shuffled(parts).join(", "))
                }
                1 => {
                    let mut text = self.lines(&format!("{slot}."), entries);
                    for (key, cells) in rows {
                        text += &self.lines(&format!("{slot}.rows.{key}."), cells);
                    }
                    text
                }
                2 => {
                    entries.extend(self.rows_inline(&rows));
                    format!("[ {slot}\t]# a remark\n{}", self.lines("", entries))
                }
                _ => {
                    let mut text = format!("# a remark\n\n[{slot}]\n{}", self.lines("", entries));
                    for (key, cells) in rows {
                        text += &format!("[{slot}.rows.\"{key}\"]\n{}", self.lines("", cells));
                    }
                    text
                }
            };
            if self.roll(2) == 0 { text.replace('\n', "\r\n") } else { text }
        }

        fn rows_inline(&mut self, rows: &[(String, Vec<(String, String)>)]) -> Option<(String, String)> {
            let row = |(key, cells): &(String, Vec<(String, String)>)| {
                let cells: Vec<String> =
                    cells.iter().map(|(column, value)| format!("{column} = {value}")).collect();
                format!("{key} = {{ {} }}", cells.join(", "))
            };
            let rows: Vec<String> = rows.iter().map(row).collect();
            (!rows.is_empty()).then(|| ("rows".to_owned(), format!("{{ {} }}", rows.join(", "))))
        }
    }

    /// The answer that a file of a section holds.
    fn read(slot: &Slot, text: &str) -> Answer {
        let item = framework().item(slot.item.as_str()).unwrap();
        let document =
            Document::parse("f", text.as_bytes()).unwrap_or_else(|f| panic!("{}\n{text}", f.message));
        let (answers, findings) =
            read_section(&document, framework(), framework().section(item.section.as_str()).unwrap());
        assert!(findings.is_empty(), "{findings:?}\n{text}");
        answers.get(slot).cloned().unwrap_or_default()
    }

    fn contents() -> impl Strategy<Value = (Slot, Answer)> {
        random::slot_and_answer(answered())
            .prop_map(|(slot, answer)| (slot, answer.content()))
            .prop_filter("something is said", |(_, answer)| *answer != Answer::default())
    }

    /// Each answer in many spellings, on every core: making answers at random costs more than spelling them.
    #[test]
    fn another_spelling_of_an_answer_has_the_same_digest() {
        let answers = some(contents(), 1000);
        let digests: Vec<Digest> = answers.iter().map(|(_, answer)| answer.content_digest()).collect();
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let try_each = |from: usize| {
            for number in (from..spellings()).step_by(threads) {
                let (slot, answer) = &answers[number % answers.len()];
                let text = Dice(number as u64).spell(slot, answer);
                assert_eq!(read(slot, &text).content_digest(), digests[number % answers.len()], "{text}");
            }
        };
        std::thread::scope(|scope| (0..threads).for_each(|from| drop(scope.spawn(move || try_each(from)))));
    }

    /// What an answer means: its lists as sets.
    fn meaning(answer: &Answer) -> impl PartialEq + use<> {
        let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<_>>();
        let value = answer.value.clone().map(|value| match value {
            Value::Texts(texts) => (None, set(&texts)),
            other => (Some(other), BTreeSet::new()),
        });
        (value, answer.rows.clone(), answer.notes.clone(), set(&answer.evidence))
    }

    proptest! {
        #![proptest_config(cases(2000))]

        #[test]
        fn answers_that_mean_different_things_have_different_digests(
            (_, a) in contents(), (_, b) in contents(), which in 0..4,
        ) {
            let mut mixed = a.clone();
            match which {
                0 => mixed.value = b.value,
                1 => mixed.notes = b.notes,
                2 => mixed.evidence = b.evidence,
                _ => mixed.rows = b.rows,
            }
            prop_assert_eq!(meaning(&mixed) == meaning(&a), mixed.content_digest() == a.content_digest());
        }
    }
}
