//! What goes with a hand-over and stays behind it: the manifest, the ledger of what was exchanged, and receipts.

use super::deployment::framework_ref;
use super::document::Document;
use super::reader::{Sink, Table};
use super::write::{Out, framework_ref as framework_text, key};
use crate::diag::Finding;
use crate::model::{
    Arrival, Came, DeploymentName, End, Kind, Ledger, Link, Manifest, PartyId, PermanentId, Reader, Receipt,
    Sent,
};
use std::collections::BTreeMap;

/// The version of the form of a hand-over.
const FORMAT: i64 = 1;

/// Reads a manifest.
pub fn read_manifest(document: &Document<'_>) -> (Option<Manifest>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let version = format(&table, "hand-over");
    let number = number(&table, "number");
    let on = table.needed_date("on");
    let reader = table.needed_word("audience", Reader::ALL, Reader::as_str);
    let left_out = table.texts("left-out");
    let said = table.text("said");
    let framework = framework_ref(&table);
    let inner = needed(&table, "deployment");
    let deployment = inner.and_then(|inner| {
        let id = inner.needed_id("id", |t| PermanentId::new(t));
        let name = inner.needed_id("name", |t| DeploymentName::new(t));
        let title = inner.needed_text("title");
        let kind = inner.needed_word("kind", Kind::ALL, Kind::as_str);
        inner.finish();
        Some((id?, name?, title?, kind?))
    });
    let from = needed(&table, "from").and_then(|inner| {
        let by = inner.needed_text("by");
        Some((end(&inner)?, by?))
    });
    let to = needed(&table, "to").and_then(|inner| end(&inner));
    let base = table.table("base").map(|inner| link(&inner));
    let parts = texts(&table, "parts");
    table.finish();
    let manifest = (|| {
        version?;
        let (id, name, title, kind) = deployment?;
        let (from, by) = from?;
        let base = match base {
            Some(base) => Some(base?),
            None => None,
        };
        let (number, on, to, reader) = (number?, on?, to?, reader?);
        let framework = framework?;
        Some(Manifest {
            number,
            on,
            id,
            name,
            title,
            kind,
            framework,
            from,
            by,
            to,
            reader,
            base,
            left_out,
            said,
            parts,
        })
    })();
    (manifest, sink.into_findings())
}

/// A manifest, the same bytes for the same values.
pub fn write_manifest(manifest: &Manifest) -> String {
    let mut out = Out::default();
    out.line("# What is in this hand-over. The digest of this file names all of it.");
    out.key("hand-over", FORMAT.to_string());
    out.key("number", manifest.number.to_string());
    out.key("on", manifest.on.to_string());
    out.text_of("audience", manifest.reader.as_str());
    out.list_if("left-out", &manifest.left_out);
    out.text_if("said", manifest.said.as_ref());
    out.key("framework", framework_text(&manifest.framework));
    out.header("deployment");
    out.text_of("id", manifest.id.as_str());
    out.text_of("name", manifest.name.as_str());
    out.text_of("title", &manifest.title);
    out.text_of("kind", manifest.kind.as_str());
    end_into(&mut out, "from", &manifest.from);
    out.text_of("by", &manifest.by);
    end_into(&mut out, "to", &manifest.to);
    if let Some(base) = &manifest.base {
        out.header("base");
        link_into(&mut out, base);
    }
    out.header("parts");
    for (name, digest) in &manifest.parts {
        out.text_of(&key(name), digest);
    }
    out.into_text()
}

/// Reads a ledger.
pub fn read_ledger(document: &Document<'_>) -> (Option<Ledger>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let with = needed(&table, "with").and_then(|inner| end(&inner));
    let came = table.table("came").and_then(|inner| {
        let link = link_of(&inner);
        let (by, on) = (inner.needed_text("by"), inner.needed_date("on"));
        let received_by = inner.needed_text("received-by");
        let to = needed(&inner, "to").and_then(|inner| end(&inner));
        let built_on = optional(&inner, "built-on");
        let (title, received) = (inner.needed_text("title"), inner.text("received"));
        let confirmations = inner.text("confirmations");
        let evidence = texts(&inner, "evidence");
        inner.finish();
        Some(Came {
            link: link?,
            by: by?,
            on: on?,
            to: to?,
            received_by: received_by?,
            built_on,
            title: title?,
            received,
            confirmations,
            evidence,
        })
    });
    let mut sent = BTreeMap::new();
    for (entry, inner) in table.tables("sent") {
        let Ok(number) = entry.key.parse::<u32>() else {
            table.wrong_type(entry.key, "named after a number", entry.value);
            continue;
        };
        let (digest, content) = (inner.needed_text("digest"), inner.text("content"));
        let built_on = optional(&inner, "built-on");
        let (on, by) = (inner.needed_date("on"), inner.needed_text("by"));
        let (title, received) = (inner.needed_text("title"), inner.text("received"));
        let confirmations = inner.text("confirmations");
        let receipts = inner.tables("receipts").into_iter().filter_map(|(entry, inner)| {
            let (by, on) = (inner.needed_text("by"), inner.needed_date("on"));
            inner.finish();
            Some((entry.key.to_owned(), Arrival { by: by?, on: on? }))
        });
        let receipts = receipts.collect();
        inner.finish();
        let one = (|| {
            let (digest, on, by, title) = (digest?, on?, by?, title?);
            Some(Sent { digest, content, built_on, on, by, title, received, confirmations, receipts })
        })();
        sent.extend(one.map(|one| (number, one)));
    }
    table.finish();
    (with.map(|with| Ledger { with, came, sent }), sink.into_findings())
}

/// A ledger.
pub fn write_ledger(ledger: &Ledger, name: &DeploymentName) -> String {
    let mut out = Out::default();
    out.line(format!(
        "# What of `{name}` was exchanged with {}. Written by tom, and only by tom.",
        ledger.with
    ));
    end_into(&mut out, "with", &ledger.with);
    if let Some(came) = &ledger.came {
        out.header("came");
        link_into(&mut out, &came.link);
        out.text_of("by", &came.by);
        out.key("on", came.on.to_string());
        out.text_of("received-by", &came.received_by);
        out.number_if("built-on", came.built_on);
        out.text_of("title", &came.title);
        out.text_if("received", came.received.as_ref());
        out.text_if("confirmations", came.confirmations.as_ref());
        end_into(&mut out, "came.to", &came.to);
        if !came.evidence.is_empty() {
            out.header("came.evidence");
            came.evidence.iter().for_each(|(path, digest)| out.text_of(&key(path), digest));
        }
    }
    for (number, sent) in &ledger.sent {
        out.header(&format!("sent.{number}"));
        out.text_of("digest", &sent.digest);
        out.text_if("content", sent.content.as_ref());
        out.number_if("built-on", sent.built_on);
        out.key("on", sent.on.to_string());
        out.text_of("by", &sent.by);
        out.text_of("title", &sent.title);
        out.text_if("received", sent.received.as_ref());
        out.text_if("confirmations", sent.confirmations.as_ref());
        for (end, arrival) in &sent.receipts {
            out.header(&format!("sent.{number}.receipts.{}", key(end)));
            out.text_of("by", &arrival.by);
            out.key("on", arrival.on.to_string());
        }
    }
    out.into_text()
}

/// Reads a receipt.
pub fn read_receipt(document: &Document<'_>) -> (Option<Receipt>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let version = format(&table, "receipt");
    let id = table.needed_id("id", |t| PermanentId::new(t));
    let of = needed(&table, "hand-over").and_then(|inner| link(&inner));
    let from = needed(&table, "from").and_then(|inner| end(&inner));
    let to = needed(&table, "to").and_then(|inner| {
        let (by, on) = (inner.needed_text("by"), inner.needed_date("on"));
        Some((end(&inner)?, by?, on?))
    });
    table.finish();
    let receipt = (|| {
        version?;
        let (to, by, on) = to?;
        Some(Receipt { id: id?, link: of?, from: from?, to, by, on })
    })();
    (receipt, sink.into_findings())
}

/// A receipt.
pub fn write_receipt(receipt: &Receipt) -> String {
    let mut out = Out::default();
    out.line("# A hand-over arrived whole. Its sender records this with `tom receive`.");
    out.key("receipt", FORMAT.to_string());
    out.text_of("id", receipt.id.as_str());
    out.header("hand-over");
    link_into(&mut out, &receipt.link);
    end_into(&mut out, "from", &receipt.from);
    end_into(&mut out, "to", &receipt.to);
    out.text_of("by", &receipt.by);
    out.key("on", receipt.on.to_string());
    out.into_text()
}

/// The version of the form, if it is the one that is known.
fn format<'d>(table: &Table<'d, '_>, what: &'d str) -> Option<()> {
    let Some(node) = table.get(what) else {
        table.missing(what);
        return None;
    };
    let version = table.integer(what)?;
    if version != FORMAT {
        table.wrong_type(what, "1: another version of tom wrote it", node);
        return None;
    }
    Some(())
}

fn needed<'d, 'i>(table: &Table<'d, 'i>, key: &'d str) -> Option<Table<'d, 'i>> {
    let inner = table.table(key);
    if inner.is_none() {
        table.missing(key);
    }
    inner
}

fn number<'d>(table: &Table<'d, '_>, key: &'d str) -> Option<u32> {
    let Some(node) = table.get(key) else {
        table.missing(key);
        return None;
    };
    let number = u32::try_from(table.integer(key)?).ok().filter(|number| *number > 0);
    if number.is_none() {
        table.wrong_type(key, "a whole number from 1", node);
    }
    number
}

fn optional<'d>(table: &Table<'d, '_>, key: &'d str) -> Option<u32> {
    table.get(key).and_then(|_| number(table, key))
}

fn end(table: &Table<'_, '_>) -> Option<End> {
    let party = table.needed_id("party", |t| PartyId::new(t));
    let organisation = table.text("organisation");
    table.finish();
    Some(End { party: party?, organisation })
}

fn end_into(out: &mut Out, header: &str, end: &End) {
    out.header(header);
    out.text_of("party", end.party.as_str());
    out.text_if("organisation", end.organisation.as_ref());
}

fn link(table: &Table<'_, '_>) -> Option<Link> {
    let link = link_of(table);
    table.finish();
    link
}

fn link_of(table: &Table<'_, '_>) -> Option<Link> {
    let (number, digest) = (number(table, "number"), table.needed_text("digest"));
    Some(Link { number: number?, digest: digest? })
}

fn link_into(out: &mut Out, link: &Link) {
    out.key("number", link.number.to_string());
    out.text_of("digest", &link.digest);
}

/// Texts by key.
fn texts<'d>(table: &Table<'d, '_>, key: &'d str) -> BTreeMap<String, String> {
    let Some(inner) = table.table(key) else { return BTreeMap::new() };
    let mut texts = BTreeMap::new();
    for entry in inner.entries() {
        texts.extend(inner.needed_text(entry.key).map(|text| (entry.key.to_owned(), text)));
    }
    texts
}
