//! A deployment's section files: answers of every type.

use super::document::Document;
use super::reader::{BAD_ID, Entry, Sink, Table, clean, date, integer, type_name};
use super::tree::Node;
use crate::diag::{Code, Finding, Severity, nearest};
use crate::model::{
    Answer, BlockId, Column, Confirmation, Framework, Item, ItemId, ItemKind, ItemType, Key, PartyId, Row,
    Section, Slot, Value,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// An id that the framework does not have.
pub static UNKNOWN_ITEM: Code = Code {
    id: "TOM-0201",
    severity: Severity::Error,
    title: "an id matches nothing in the framework",
    explain: "The framework has no item, block or party of this name. An answer under a wrong id would be lost, so it is an error. \
The finding names the nearest id that there is; `tom explain ID` shows what an item asks.",
};

/// An item in another section's file.
pub static WRONG_FILE: Code = Code {
    id: "TOM-0202",
    severity: Severity::Error,
    title: "an item stands in the wrong place",
    explain: "Each section has a file of its own, and items of a repeating block stand under the block and a key \
(`[other-systems.pas.BD-25]`). Move the table to where the finding says.",
};

/// A decision or an outcome, typed as if it were an answer.
pub static NOT_AN_ANSWER: Code = Code {
    id: "TOM-0203",
    severity: Severity::Error,
    title: "something is typed that is decided or computed",
    explain: "Decisions are statements of the approvers, kept apart; outcomes are computed from the answers each time. Neither is \
ever typed into an assessment, because a typed approval or result would be worth nothing. Remove the table.",
};

/// A choice outside the options.
pub static NOT_AN_OPTION: Code = Code {
    id: "TOM-0204",
    severity: Severity::Error,
    title: "an answer is not one of its options",
    explain: "The item offers a list of options, and the rules compare with exactly those. An answer outside the list counts as \
no answer. The finding lists the options.",
};

/// A text that cannot be an ODS code.
pub static NOT_AN_ODS_CODE: Code = Code {
    id: "TOM-0205",
    severity: Severity::Error,
    title: "a text cannot be an ODS code",
    explain: "The Organisation Data Service identifies organisations by codes of 3 to 12 capital letters and digits. tom \
checks the form only: it has no network, so it cannot know whether a code is in use.",
};

/// Evidence of no known form.
pub static BAD_EVIDENCE: Code = Code {
    id: "TOM-0206",
    severity: Severity::Error,
    title: "evidence has no known form",
    explain: "Evidence is named as `path:` and a file in this repository, as `https:` and an address, or as `ref:` and words that \
identify a document. A path stays inside the repository: no `..`, no leading slash, no backslash.",
};

/// A contact's detail of the wrong form.
pub static BAD_CONTACT: Code = Code {
    id: "TOM-0207",
    severity: Severity::Error,
    title: "a contact's detail has the wrong form",
    explain: "An e-mail address has one `@` with something on both sides and no spaces; a telephone number has digits, \
spaces, `+`, `-` and brackets. tom checks the form only.",
};

/// Reads the file of one section. What cannot be understood is a finding and is left out.
pub fn read_section(
    document: &Document<'_>,
    framework: &Framework,
    section: &Section,
) -> (BTreeMap<Slot, Answer>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let answers = read_slots(&Table::root(document, &sink), framework, Some(section));
    (answers, sink.into_findings())
}

/// Reads answers of any section from one file, as `--answers` takes them.
pub fn read_answers_file(
    document: &Document<'_>,
    framework: &Framework,
) -> (BTreeMap<Slot, Answer>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let answers = read_slots(&Table::root(document, &sink), framework, None);
    (answers, sink.into_findings())
}

/// Answers under items and blocks; a section, where one is given, has to be theirs.
pub(super) fn read_slots(
    root: &Table<'_, '_>,
    framework: &Framework,
    section: Option<&Section>,
) -> BTreeMap<Slot, Answer> {
    let mut answers = BTreeMap::new();
    for (entry, table) in root.children() {
        if entry.key.starts_with(|c: char| c.is_ascii_lowercase()) {
            read_block(root.sink, framework, section, &entry, &table, &mut answers);
        } else if let Some(item) = find_item(root.sink, framework, section, None, &entry) {
            answers.insert(Slot::of(&item.id), read_answer(&table, framework, item));
        }
    }
    answers.retain(|_, answer| *answer != Answer::default());
    answers
}

fn read_block(
    sink: &Sink<'_>,
    framework: &Framework,
    section: Option<&Section>,
    entry: &Entry<'_, '_>,
    table: &Table<'_, '_>,
    answers: &mut BTreeMap<Slot, Answer>,
) {
    let blocks: std::collections::BTreeSet<&str> =
        framework.items().filter_map(|item| item.repeats.as_ref()).map(BlockId::as_str).collect();
    let Some(block) = blocks.get(entry.key).and_then(|_| BlockId::new(entry.key).ok()) else {
        unknown(sink, "block", entry, blocks);
        return;
    };
    for (row, table) in table.children() {
        let key = match Key::new(row.key) {
            Ok(key) => key,
            Err(error) => {
                sink.add(Finding::new(&BAD_ID, error.to_string()).at(sink.label(row.key_span)));
                continue;
            }
        };
        for (entry, table) in table.children() {
            if let Some(item) = find_item(sink, framework, section, Some(&block), &entry) {
                let slot = Slot { item: item.id.clone(), row: Some((block.clone(), key.clone())) };
                answers.insert(slot, read_answer(&table, framework, item));
            }
        }
    }
}

fn unknown<'k>(sink: &Sink<'_>, what: &str, entry: &Entry<'_, '_>, known: impl IntoIterator<Item = &'k str>) {
    let mut finding =
        Finding::new(&UNKNOWN_ITEM, format!("the framework has no {what} `{}`", entry.key.escape_debug()))
            .at(sink.label(entry.key_span.clone()));
    if let Some(near) = nearest(entry.key, known) {
        finding = finding.help(format!("did you mean `{near}`?"));
    }
    sink.add(finding);
}

fn find_item<'f>(
    sink: &Sink<'_>,
    framework: &'f Framework,
    section: Option<&Section>,
    block: Option<&BlockId>,
    entry: &Entry<'_, '_>,
) -> Option<&'f Item> {
    let Some(item) = framework.item(entry.key) else {
        unknown(sink, "item", entry, framework.items().map(|item| item.id.as_str()));
        return None;
    };
    let at = || sink.label(entry.key_span.clone());
    if !item.is_answered() {
        let what = if item.kind == ItemKind::Decision {
            "decided by approvers"
        } else {
            "computed from other answers"
        };
        sink.add(
            Finding::new(&NOT_AN_ANSWER, format!("`{}` is {what}, never typed", item.id))
                .at(at())
                .help("remove this table"),
        );
        return None;
    }
    if section.is_some_and(|section| section.id != item.section) {
        sink.add(
            Finding::new(&WRONG_FILE, format!("`{}` belongs to the section `{}`", item.id, item.section))
                .at(at())
                .help(format!("move it to `{}.toml`", item.section)),
        );
        return None;
    }
    if item.repeats.as_ref() != block {
        let place = match &item.repeats {
            Some(block) => format!("`[{block}.KEY.{}]`", item.id),
            None => format!("`[{}]`", item.id),
        };
        sink.add(
            Finding::new(&WRONG_FILE, format!("`{}` does not stand here", item.id))
                .at(at())
                .help(format!("write it as {place}")),
        );
        return None;
    }
    Some(item)
}

fn read_answer(table: &Table<'_, '_>, framework: &Framework, item: &Item) -> Answer {
    if table.is_empty() {
        return Answer::default();
    }
    let (value, rows) = if item.has_rows() {
        (None, read_rows(table, item))
    } else {
        let value = table
            .get("answer")
            .and_then(|value| read_typed(table.sink, value, "answer", item.kind_of_answer, &item.options));
        (value, BTreeMap::new())
    };
    let answer = Answer {
        value,
        rows,
        notes: table.text("notes"),
        evidence: read_evidence(table),
        confirmed: read_confirmed(table, framework),
    };
    table.finish();
    answer
}

fn read_rows(table: &Table<'_, '_>, item: &Item) -> BTreeMap<Key, Row> {
    let mut rows = BTreeMap::new();
    for (entry, inner) in table.tables("rows") {
        let key = match Key::new(entry.key) {
            Ok(key) => key,
            Err(error) => {
                table.bad_id(&error, entry.key_span);
                continue;
            }
        };
        let mut row = Row::new();
        for cell in inner.entries() {
            match item.columns.iter().find(|column| column.id == cell.key) {
                Some(column) => {
                    let value = read_cell(table.sink, cell.value, column);
                    row.extend(value.map(|value| (column.id.clone(), value)));
                }
                None => {
                    let known: Vec<&str> = item.columns.iter().map(|column| column.id.as_str()).collect();
                    inner.unknown(&cell, &known);
                }
            }
        }
        if !row.is_empty() {
            rows.insert(key, row);
        }
    }
    rows
}

fn read_cell(sink: &Sink<'_>, value: Node<'_, '_>, column: &Column) -> Option<Value> {
    let read = read_typed(sink, value, &column.id, column.kind, &column.options)?;
    let bad = match (&read, column.id.as_str()) {
        (Value::Text(text), "email") => !is_email(text),
        (Value::Text(text), "phone") => !is_phone(text),
        _ => false,
    };
    if bad {
        sink.add(
            Finding::new(
                &BAD_CONTACT,
                format!(
                    "`{read}` cannot be {}",
                    if column.id == "email" { "an e-mail address" } else { "a telephone number" }
                ),
            )
            .at(sink.label(value.span())),
        );
        return None;
    }
    Some(read)
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

fn is_phone(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c))
}

/// A value of an item's type from its text in TOML, as `tom set` and `--set` take it.
pub fn read_value(item: &Item, value: &str) -> Result<Value, Vec<Finding>> {
    let document = format!("answer = {value}\n");
    let parsed = Document::parse("the value", document.as_bytes()).map_err(|finding| vec![finding])?;
    let sink = Sink::new("the value");
    let table = Table::root(&parsed, &sink);
    let read =
        table.get("answer").and_then(|v| read_typed(&sink, v, "answer", item.kind_of_answer, &item.options));
    match read {
        Some(value) => Ok(value),
        None => Err(sink.into_findings()),
    }
}

fn read_typed(
    sink: &Sink<'_>,
    value: Node<'_, '_>,
    key: &str,
    kind: ItemType,
    options: &[String],
) -> Option<Value> {
    let span = value.span();
    match kind {
        ItemType::Date => date(sink, value, key).map(Value::Date),
        ItemType::Number => {
            let number = integer(sink, value, key)?;
            if number < 0 {
                wrong(sink, span, format!("`{key}` cannot be negative"));
                return None;
            }
            Some(Value::Number(number))
        }
        ItemType::Texts => {
            let Some(list) = value.as_list() else {
                wrong_type(sink, value, key, "a list of texts");
                return None;
            };
            let mut texts = Vec::new();
            for part in list.children() {
                match part.as_text() {
                    Some(text) => texts.extend(clean(sink, text, part, key)),
                    None => wrong_type(sink, part, key, "a list of texts"),
                }
            }
            if list.is_empty() {
                sink.add(
                    Finding::new(&super::reader::EMPTY_VALUE, format!("`{key}` is empty"))
                        .at(sink.label(span)),
                );
            }
            (!texts.is_empty()).then_some(Value::Texts(texts))
        }
        _ => {
            let Some(text) = value.as_text() else {
                wrong_type(sink, value, key, "a text");
                return None;
            };
            let text = clean(sink, text, value, key)?;
            match kind {
                ItemType::Choice if !options.contains(&text) => {
                    not_an_option(sink, span, &text, options);
                    None
                }
                ItemType::OdsCode if !is_ods_code(&text) => {
                    sink.add(
                        Finding::new(&NOT_AN_ODS_CODE, format!("`{text}` cannot be an ODS code"))
                            .at(sink.label(span))
                            .help("an ODS code has 3 to 12 capital letters and digits"),
                    );
                    None
                }
                _ => Some(Value::Text(text)),
            }
        }
    }
}

fn not_an_option(sink: &Sink<'_>, span: Range<usize>, text: &str, options: &[String]) {
    let mut finding =
        Finding::new(&NOT_AN_OPTION, format!("`{}` is not one of the options", text.escape_debug()))
            .at(sink.label(span))
            .note(format!("the options are: {}", options.join(", ")));
    if let Some(near) = nearest(text, options.iter().map(String::as_str)) {
        finding = finding.help(format!("did you mean `{near}`?"));
    }
    sink.add(finding);
}

fn is_ods_code(text: &str) -> bool {
    (3..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn wrong(sink: &Sink<'_>, span: Range<usize>, message: String) {
    sink.add(Finding::new(&super::reader::WRONG_TYPE, message).at(sink.label(span)));
}

fn wrong_type(sink: &Sink<'_>, value: Node<'_, '_>, key: &str, wanted: &str) {
    sink.add(
        Finding::new(&super::reader::WRONG_TYPE, format!("`{key}` has to be {wanted}"))
            .at(sink.label(value.span()).saying(format!("this is {}", type_name(value)))),
    );
}

pub(super) fn read_evidence(table: &Table<'_, '_>) -> Vec<String> {
    let mut good = Vec::new();
    for (text, span) in table.spanned_texts("evidence") {
        let fine = match text.split_once(':') {
            Some(("path", path)) => {
                !path.is_empty()
                    && !path.starts_with('/')
                    && !path.contains('\\')
                    && path.split('/').all(|part| !part.is_empty() && part != ".." && part != ".")
            }
            Some(("https", rest)) => {
                rest.starts_with("//") && rest.len() > 2 && !rest.contains(char::is_whitespace)
            }
            Some(("ref", words)) => !words.trim().is_empty(),
            _ => false,
        };
        if fine {
            good.push(text);
        } else {
            table.sink.add(
                Finding::new(&BAD_EVIDENCE, format!("`{}` names no evidence", text.escape_debug()))
                    .at(table.sink.label(span))
                    .help("write `path:FILE`, `https://…` or `ref:WORDS`"),
            );
        }
    }
    good
}

pub(super) fn read_confirmed(
    table: &Table<'_, '_>,
    framework: &Framework,
) -> BTreeMap<PartyId, Confirmation> {
    let mut confirmed = BTreeMap::new();
    for (entry, inner) in table.tables("confirmed") {
        let Some(party) = framework.party(entry.key).map(|party| party.id.clone()) else {
            unknown(table.sink, "party", &entry, framework.parties.iter().map(|party| party.id.as_str()));
            continue;
        };
        let mut given = BTreeMap::new();
        for fact in inner.table("given").iter().flat_map(Table::entries) {
            let Ok(id) = ItemId::new(fact.key) else {
                unknown(table.sink, "item", &fact, framework.items().map(|item| item.id.as_str()));
                continue;
            };
            match fact.value.as_text() {
                Some(digest) => drop(given.insert(id, digest.to_owned())),
                None => wrong_type(table.sink, fact.value, fact.key, "a digest"),
            }
        }
        let by = inner.needed_text("by");
        let on = inner.needed_date("on");
        let digest = inner.needed_text("digest");
        let note = inner.text("note");
        inner.finish();
        if let (Some(by), Some(on), Some(digest)) = (by, on, digest) {
            confirmed.insert(party, Confirmation { by, on, digest, given, note });
        }
    }
    confirmed
}
