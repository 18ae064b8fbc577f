//! One file a risk.

use super::answers::{read_confirmed, read_evidence};
use super::document::Document;
use super::reader::{Sink, Table};
use crate::diag::Finding;
use crate::model::{
    Acceptance, Cause, Framework, ItemId, Key, Mitigation, MitigationKind, MitigationStatus, PartyId, Rating,
    Risk, RiskStatus, SectionId, Transfer, TransferReceipt, TransferWord,
};

/// Reads a risk. What cannot be understood is a finding; without title, section, owner, status, hazard
/// or effect there is no risk.
pub fn read_risk(document: &Document<'_>, framework: &Framework) -> (Option<Risk>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let risk = risk(&Table::root(document, &sink), framework);
    (risk, sink.into_findings())
}

pub(super) fn risk(table: &Table<'_, '_>, framework: &Framework) -> Option<Risk> {
    let title = table.needed_text("title");
    let section = table.needed_id("section", |t| SectionId::new(t));
    let owner = table.needed_id("owner", |t| PartyId::new(t));
    let status = table.needed_word("status", RiskStatus::ALL, RiskStatus::as_str);
    let hazard = table.needed_text("hazard");
    let effect = table.needed_text("effect");
    let depends_on = table.ids("depends-on", |t| ItemId::new(t));
    let causes = keyed(table, "causes", |inner| Some(Cause { text: inner.needed_text("text")? }));
    let initial = table.table("initial").and_then(|inner| rating(&inner));
    let residual = table.table("residual").and_then(|inner| rating(&inner));
    let mitigations = keyed(table, "mitigations", |inner| mitigation(inner, framework));
    let confirmed = read_confirmed(table, framework);
    let acceptance = table.table("acceptance").and_then(|inner| acceptance(&inner));
    let transfer = table.table("transfer").and_then(|inner| {
        let to = inner.needed_id("to", |t| PartyId::new(t));
        let duty = inner.text("duty");
        let receipt = inner.table("receipt").and_then(|inner| receipt(&inner));
        inner.finish();
        Some(Transfer { to: to?, duty, receipt })
    });
    table.finish();
    Some(Risk {
        title: title?,
        section: section?,
        owner: owner?,
        status: status?,
        hazard: hazard?,
        effect: effect?,
        depends_on,
        causes,
        initial,
        residual,
        mitigations,
        confirmed,
        acceptance,
        transfer,
    })
}

fn keyed<T>(
    table: &Table<'_, '_>,
    key: &'static str,
    read: impl Fn(&Table<'_, '_>) -> Option<T>,
) -> std::collections::BTreeMap<Key, T> {
    let mut found = std::collections::BTreeMap::new();
    for (entry, inner) in table.tables(key) {
        match Key::new(entry.key) {
            Ok(key) => found.extend(read(&inner).map(|value| (key, value))),
            Err(error) => table.bad_id(&error, entry.key_span),
        }
        inner.finish();
    }
    found
}

fn rating(table: &Table<'_, '_>) -> Option<Rating> {
    let severity = table.needed_text("severity");
    let likelihood = table.needed_text("likelihood");
    table.finish();
    Some(Rating { severity: severity?, likelihood: likelihood? })
}

fn mitigation(table: &Table<'_, '_>, framework: &Framework) -> Option<Mitigation> {
    let kind = table.needed_word("kind", MitigationKind::ALL, MitigationKind::as_str);
    let owner = table.needed_id("owner", |t| PartyId::new(t));
    let causes = table.ids("causes", |t| Key::new(t));
    let text = table.needed_text("text");
    let status = table.needed_word("status", MitigationStatus::ALL, MitigationStatus::as_str);
    let reason = table.text("reason");
    let evidence = read_evidence(table);
    let confirmed = read_confirmed(table, framework);
    Some(Mitigation {
        kind: kind?,
        owner: owner?,
        causes,
        text: text?,
        status: status?,
        reason,
        evidence,
        confirmed,
    })
}

fn receipt(table: &Table<'_, '_>) -> Option<TransferReceipt> {
    let says = table.needed_word("says", TransferWord::ALL, TransferWord::as_str);
    let (by, on, digest) = (table.needed_text("by"), table.needed_date("on"), table.needed_text("digest"));
    let reason = table.text("reason");
    table.finish();
    Some(TransferReceipt { says: says?, by: by?, on: on?, digest: digest?, reason })
}

fn acceptance(table: &Table<'_, '_>) -> Option<Acceptance> {
    let by = table.needed_text("by");
    let role = table.needed_text("role");
    let class = table.needed_class("class");
    let digest = table.needed_text("digest");
    let on = table.needed_date("on");
    let until = table.date("until");
    let reason = table.needed_text("reason");
    table.finish();
    Some(Acceptance { by: by?, role: role?, class: class?, digest: digest?, on: on?, until, reason: reason? })
}
