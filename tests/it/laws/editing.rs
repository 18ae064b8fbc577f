//! An edit of one entry leaves everything else as it was.

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
                "confirmed = { supplier = { by = \"Jo Marsh\", on = 2026-11-01, digest = \"00\" } }".into(),
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
                Form::Dotted => out += &format!("{}{}", part.before, part.lines(&format!("{}.", part.id))),
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

/// Headers, dotted keys and inline tables, side by side.
const EVERY_FORM: [Form; 5] =
    [Form::Header("", ""), Form::Header(" ", " \t"), Form::Header("'", "'"), Form::Dotted, Form::Inline];
const EVERY_CONFIRMED: [Confirmed; 6] = [
    Confirmed::None,
    Confirmed::Table,
    Confirmed::TableFarAway,
    Confirmed::TableWithGivenTable,
    Confirmed::Dotted,
    Confirmed::Inline,
];

fn formatted(bytes: &[u8]) -> Result<String, TestCaseError> {
    let section = framework().section("ig").unwrap();
    format("assessments/x/ig.toml", bytes, tom::syntax::Form::Section(framework(), section))
        .map_err(|error| TestCaseError::fail(error.to_string()))
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn formatting_keeps_the_meaning_and_is_done_once(doc in doc(&EVERY_FORM, &EVERY_CONFIRMED)) {
        let before = doc.bytes();
        let after = formatted(&before)?;
        prop_assert_eq!(pruned(meaning(after.as_bytes())), pruned(meaning(&before)));
        prop_assert_eq!(after.matches("# a remark").count(), text_of(&before).matches("# a remark").count());
        prop_assert!(!after.contains(['\r', '\u{feff}']), "line ends and mark");
        prop_assert_eq!(formatted(after.as_bytes())?, after);
    }
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
    let old: Vec<&str> = old.iter().flat_map(|table| table.lines()).filter(|line| !line.is_empty()).collect();
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
