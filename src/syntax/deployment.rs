//! `deployment.toml` and `received.toml`.

use super::answers::read_slots;
use super::document::Document;
use super::reader::{Sink, Table};
use super::risk::risk;
use crate::diag::Finding;
use crate::model::{
    DeploymentName, Framework, FrameworkRef, Key, Kind, Lineage, Meta, PermanentId, Received, Refusal,
    Revision, RiskId,
};
use std::collections::BTreeMap;

/// Reads `deployment.toml`.
pub fn read_meta(document: &Document<'_>) -> (Option<Meta>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let id = table.needed_id("id", |t| PermanentId::new(t));
    let title = table.needed_text("title");
    let kind = table.needed_word("kind", Kind::ALL, Kind::as_str);
    let framework = framework_ref(&table);
    // A prefix is what an id has before its number, so it is checked with one.
    let risk_prefix = table.needed_id("risk-prefix", |t| RiskId::new(format!("{t}-1")).map(|_| t.to_owned()));
    let derived_from = table.table("derived-from").and_then(|inner| lineage(&inner));
    let history = revisions(&table);
    table.finish();
    let meta = (|| {
        Some(Meta {
            id: id?,
            title: title?,
            kind: kind?,
            framework: framework?,
            risk_prefix: risk_prefix?,
            derived_from,
            history,
        })
    })();
    (meta, sink.into_findings())
}

/// The entries of a document's history.
pub(super) fn revisions(table: &Table<'_, '_>) -> BTreeMap<Key, Revision> {
    let each = table.tables("history").into_iter().filter_map(|(entry, inner)| {
        let key = Key::new(entry.key).map_err(|error| table.bad_id(&error, entry.key_span)).ok();
        let (on, by, text) = (inner.needed_date("on"), inner.needed_text("by"), inner.needed_text("text"));
        inner.finish();
        Some((key?, Revision { on: on?, by: by?, text: text? }))
    });
    each.collect()
}

pub(super) fn framework_ref(table: &Table<'_, '_>) -> Option<FrameworkRef> {
    let Some(inner) = table.table("framework") else {
        table.missing("framework");
        return None;
    };
    let id = inner.needed_id("id", |t| Key::new(t));
    let version = inner.needed_text("version");
    let digest = inner.text("digest");
    inner.finish();
    Some(FrameworkRef { id: id?.to_string(), version: version?, digest })
}

fn lineage(table: &Table<'_, '_>) -> Option<Lineage> {
    let deployment = table.needed_id("deployment", |t| DeploymentName::new(t));
    let id = table.needed_id("id", |t| PermanentId::new(t));
    let received = table.needed_text("received");
    let confirmations = table.text("confirmations");
    let commit = table.text("commit");
    let mut refused = BTreeMap::new();
    for (entry, inner) in table.tables("refused") {
        let (digest, reason, by, on) = (
            inner.needed_text("digest"),
            inner.needed_text("reason"),
            inner.needed_text("by"),
            inner.needed_date("on"),
        );
        inner.finish();
        if let (Some(digest), Some(reason), Some(by), Some(on)) = (digest, reason, by, on) {
            refused.insert(entry.key.to_owned(), Refusal { digest, reason, by, on });
        }
    }
    table.finish();
    Some(Lineage { deployment: deployment?, id: id?, received: received?, confirmations, commit, refused })
}

/// Reads `received.toml` or `imported.toml`.
pub fn read_received(document: &Document<'_>, framework: &Framework) -> (Received, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let received = received(&table, framework);
    table.finish();
    (received, sink.into_findings())
}

/// Answers and risks under `answers` and `risks`.
pub(super) fn received(table: &Table<'_, '_>, framework: &Framework) -> Received {
    let answers = table.table("answers").map(|inner| read_slots(&inner, framework, None)).unwrap_or_default();
    let mut risks = BTreeMap::new();
    for (entry, inner) in table.tables("risks") {
        match RiskId::new(entry.key) {
            Ok(id) => risks.extend(risk(&inner, framework).map(|risk| (id, risk))),
            Err(error) => table.bad_id(&error, entry.key_span),
        }
    }
    Received { answers, risks }
}
