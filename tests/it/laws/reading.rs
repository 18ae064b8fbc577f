//! What is written is read again as it was.

use super::*;

/// What a reader makes of a text, with nothing to say about it.
fn read<T>(text: &str, reader: impl Fn(&Document<'_>) -> (T, Vec<tom::diag::Finding>)) -> T {
    let document = Document::parse("file.toml", text.as_bytes()).unwrap_or_else(|f| panic!("{f:?}\n{text}"));
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
    #![proptest_config(cases(150))]

    #[test]
    fn what_tom_writes_is_in_form((section, answers) in section_and_answers(), risk in random::risk()) {
        let text = write_section(section, &answers);
        let form = Form::Section(framework(), section);
        prop_assert_eq!(format("f", text.as_bytes(), form).unwrap(), text);
        let text = write_risk(&risk);
        prop_assert_eq!(format("f", text.as_bytes(), Form::Risk(framework())).unwrap(), text);
    }
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
    fn a_statement_comes_back_as_it_was(statement in random::statement()) {
        prop_assert_eq!(read(&write_statement(&statement), read_statement), Some(statement));
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
    let policy = Policy { accept, ..Policy::default() };
    let settings = Settings { framework, people: BTreeMap::new().into(), policy, fail_on: Vec::new() };
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
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
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
    texts.extend(some(random::statement(), 100).iter().map(write_statement));
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
