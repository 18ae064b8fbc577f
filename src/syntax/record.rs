//! `record.toml`: what happened, one table an event. Events are only ever added, at the end.

use super::approval::{address, digest, texts, write_texts};
use super::document::Document;
use super::reader::{Sink, Table};
use super::write::Out;
use crate::diag::{Code, Error, Finding, Label, Severity};
use crate::model::{CertificateStatus, Event, IdError, Key, Moment, Record, event_of_key};

/// An event cannot be added to a record.
pub static CANNOT_RECORD: Code = Code {
    id: "TOM-0935",
    severity: Severity::Error,
    title: "an event cannot be recorded",
    explain: "An event is recorded after those that it follows: a phase comes back after it was submitted, and a deployment goes live when everything is there that going live \
needs. What is missing is named. A submission is refused while its phase is not ready, what it is over is not committed, or queries are not answered. What went live although something was missing \
is recorded with `--despite`, and why. Nothing was written.",
};

/// Reads `record.toml`.
pub fn read_record(document: &Document<'_>) -> (Record, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let mut record = Record::default();
    for (entry, inner) in table.children() {
        let key = Key::new(entry.key).ok().zip(event_of_key(entry.key));
        if key.is_none() {
            let wanted = "the day and what happened, such as `2026-11-20-submitted`";
            table.bad_id(&IdError { wanted, got: entry.key.to_owned() }, entry.key_span);
        }
        let event = event(&inner, key.as_ref());
        inner.finish();
        record.events.extend(key.map(|(key, _)| key).zip(event));
    }
    (record, sink.into_findings())
}

fn event(
    table: &Table<'_, '_>,
    key: Option<&(Key, (crate::model::Date, crate::model::EventKind))>,
) -> Option<Event> {
    let (by, time) = (table.needed_text("by"), table.needed_id("time", |t| t.parse::<Moment>()));
    let number = |key: &'static str| table.integer(key).and_then(|number| u32::try_from(number).ok());
    let phase = number("phase").and_then(|number| u8::try_from(number).ok());
    let version = number("version");
    let digest = table.id("digest", digest);
    let commit = table.text("commit");
    let queries = texts(table, "queries", address);
    let replies = texts(table, "replies", address);
    let reference = table.text("reference");
    let product_version = table.text("product-version");
    let status = table.word("status", CertificateStatus::ALL, CertificateStatus::as_str);
    let rate = table.integer("rate");
    let (text, despite) = (table.text("text"), table.text("despite"));
    let (_, (on, kind)) = key?;
    let plain = Event::new(*kind, *on, by?, time?);
    Some(Event {
        phase,
        version,
        digest,
        commit,
        queries,
        replies,
        reference,
        product_version,
        status,
        rate,
        text,
        despite,
        ..plain
    })
}

/// The record's bytes with an event more, every byte before it as it was.
///
/// # Errors
/// [`CANNOT_RECORD`] where the file cannot be read as a record, or would not say the same and this event besides.
pub fn add_event(file: &str, bytes: &[u8], event: &Event) -> Result<Vec<u8>, Error> {
    let read = |bytes: &[u8]| -> Result<Record, Error> {
        let (record, findings) = read_record(&Document::parse(file, bytes)?);
        findings.into_iter().find(Finding::is_error).map_or(Ok(record), |finding| Err(finding.into()))
    };
    let mut record = read(bytes)?;
    let refuse =
        || Error::new(&CANNOT_RECORD, format!("the event cannot be added to `{file}`")).at(Label::file(file));
    let key = record.key_for(event).ok_or_else(refuse)?;
    let mut text = String::from_utf8(bytes.to_vec()).map_err(|_| refuse())?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if text.is_empty() {
        text = "# What happened, and when. Written by `tom record`; events are only added.\n".to_owned();
    } else if !text.ends_with('\n') {
        text += end;
    }
    text += &write_event(&key, event).replace('\n', end);
    record.events.insert(key, event.clone());
    if read(text.as_bytes())? != record {
        return Err(refuse());
    }
    Ok(text.into_bytes())
}

fn write_event(key: &Key, event: &Event) -> String {
    let mut out = Out::default();
    out.header(key.as_str());
    out.text_of("by", &event.by);
    out.text_of("time", &event.time.to_string());
    let numbers = [
        ("phase", event.phase.map(i64::from)),
        ("version", event.version.map(i64::from)),
        ("rate", event.rate),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            out.key(name, number.to_string());
        }
    }
    out.text_if("digest", event.digest.map(|digest| digest.to_string()).as_ref());
    out.text_if("commit", event.commit.as_ref());
    out.text_if("reference", event.reference.as_ref());
    out.text_if("product-version", event.product_version.as_ref());
    out.text_if("status", event.status.map(|status| status.to_string()).as_ref());
    out.text_if("text", event.text.as_ref());
    out.text_if("despite", event.despite.as_ref());
    let of = |map: &std::collections::BTreeMap<_, String>| -> Vec<(String, String)> {
        map.iter()
            .map(|(address, text): (&crate::model::Address, _)| (address.to_string(), text.clone()))
            .collect()
    };
    for (name, texts) in [("queries", of(&event.queries)), ("replies", of(&event.replies))] {
        write_texts(
            &mut out,
            &format!("{key}.{name}"),
            texts.iter().map(|(address, text)| (address.clone(), text)),
        );
    }
    out.into_text()
}
