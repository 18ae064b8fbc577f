//! `aside.toml`: answers of earlier framework versions that have no place in this one. Written by tom, read by people.

use super::answers::read_evidence;
use super::document::Document;
use super::reader::{self, Sink, Table, clean};
use super::tree::{Content, Node};
use super::write::{Out, key, write_answer};
use crate::diag::Finding;
use crate::model::{Address, Answer, Aside, AsideWhy, ItemId, Key, Slot, Value};
use std::collections::BTreeMap;

/// Reads `aside.toml`.
pub fn read_asides(document: &Document<'_>) -> (Vec<Aside>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let root = Table::root(document, &sink);
    let mut asides = Vec::new();
    for (version, inner) in root.children() {
        for (entry, table) in inner.children() {
            match slot(entry.key) {
                Some(slot) => asides.extend(aside(version.key, slot, &table)),
                None => root.wrong_type(entry.key, "named after an answer", entry.value),
            }
        }
    }
    (asides, sink.into_findings())
}

fn slot(text: &str) -> Option<Slot> {
    let address: Address = text.parse().ok()?;
    let is_whole = address.field.is_empty() && address.deployment.is_none();
    is_whole.then_some(())?;
    Some(Slot { item: ItemId::new(address.subject).ok()?, row: address.row })
}

fn aside(version: &str, slot_of: Slot, table: &Table<'_, '_>) -> Option<Aside> {
    let title = table.needed_text("title");
    let asks = table.needed_text("asks");
    let personal = table.truth("personal").unwrap_or(false);
    let why = table.needed_word("why", AsideWhy::ALL, AsideWhy::as_str);
    let answers = table.texts("for").iter().filter_map(|text| slot(text)).collect();
    let value = table.get("answer").and_then(|node| value(table.sink, node, "answer"));
    let mut rows = BTreeMap::new();
    for (entry, row) in table.tables("rows") {
        let cells = row.entries();
        let cells = cells.filter_map(|cell| Some((cell.key.to_owned(), value_of(table.sink, &cell)?)));
        let cells = cells.collect();
        match Key::new(entry.key) {
            Ok(key) => drop(rows.insert(key, cells)),
            Err(error) => table.bad_id(&error, entry.key_span),
        }
    }
    let said = Answer {
        value,
        rows,
        notes: table.text("notes"),
        evidence: read_evidence(table),
        confirmed: BTreeMap::new(),
    };
    table.finish();
    Some(Aside {
        version: version.to_owned(),
        slot: slot_of,
        title: title?,
        asks: asks?,
        personal,
        why: why?,
        answers,
        said,
    })
}

fn value_of(sink: &Sink<'_>, cell: &reader::Entry<'_, '_>) -> Option<Value> {
    value(sink, cell.value, cell.key)
}

/// A value of whatever type: what the question was, no framework may say any more.
fn value(sink: &Sink<'_>, node: Node<'_, '_>, key: &str) -> Option<Value> {
    match node.content() {
        Content::Date(_) => reader::date(sink, node, key).map(Value::Date),
        Content::List(_) => {
            let texts = node.children().filter_map(|part| clean(sink, part.as_text()?, part, key));
            Some(Value::Texts(texts.collect()))
        }
        Content::Text(text) => clean(sink, text, node, key).map(Value::Text),
        _ => reader::integer(sink, node, key).map(Value::Number),
    }
}

/// The tables of answers that are set aside, as they are added to `aside.toml`.
pub fn write_asides(asides: &[Aside]) -> String {
    let mut out = Out::default();
    for aside in asides {
        let path = format!("{}.{}", key(&aside.version), key(&aside.slot.to_string()));
        out.header(&path);
        out.text_of("title", &aside.title);
        out.text_of("asks", &aside.asks);
        if aside.personal {
            out.key("personal", "true");
        }
        out.text_of("why", aside.why.as_str());
        let wanted: Vec<String> = aside.answers.iter().map(ToString::to_string).collect();
        out.list_if("for", &wanted);
        write_answer(&mut out, &path, &aside.said);
    }
    out.into_text()
}
