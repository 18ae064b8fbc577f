//! A statement's file: `approvals/PHASE/ROLE-DIGEST.toml`.
//!
//! Its bytes are signed and named by their digest, so it is parsed from the very buffer that was digested, and never rewritten.

use super::deployment::framework_ref;
use super::document::Document;
use super::literal;
use super::reader::{Sink, Table, WRONG_TYPE};
use super::write::{Out, framework_ref as write_framework, key};
use crate::diag::Finding;
use crate::model::{
    Act, Address, AddressError, Digest, ENCODING, IdError, ItemId, Key, Moment, PartyId, PermanentId,
    Recording, STATEMENT_TYPE, Scope, Seal, Statement, Verdict,
};
use std::collections::BTreeMap;

/// Reads a statement.
pub fn read_statement(document: &Document<'_>) -> (Option<Statement>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let read = statement(&table);
    table.finish();
    let findings = sink.into_findings();
    // What cannot be understood as a whole says nothing: an unknown key could turn its meaning round.
    (read.filter(|_| !findings.iter().any(Finding::is_error)), findings)
}

fn statement(table: &Table<'_, '_>) -> Option<Statement> {
    exactly(table, "type", STATEMENT_TYPE, "a statement that this tom can read");
    exactly(table, "encoding", ENCODING, "an encoding that this tom can compute");
    let deployment = table.needed_id("deployment", |t| PermanentId::new(t));
    let phase = table.integer("phase").and_then(|number| u8::try_from(number).ok());
    if phase.is_none() {
        table.missing("phase");
    }
    let role = table.needed_id("role", |t| Key::new(t));
    let party = table.needed_id("party", |t| PartyId::new(t));
    let by = table.needed_text("by");
    let act = table.needed_word("act", Act::ALL, Act::as_str);
    let outcome = table.text("outcome");
    let withdraws = table.id("withdraws", digest);
    let has_left = table.truth("has-left").unwrap_or_default();
    let reason = table.text("reason");
    let expires = table.date("expires");
    let leaves_open = table.ids("leaves-open", |t| ItemId::new(t));
    let prev = table.ids("prev", digest);
    let framework = framework_ref(table);
    let policy = table.needed_id("policy", digest);
    let time = table.needed_id("time", |t| t.parse::<Moment>());
    let commit = table.text("commit");
    let mut verdicts = BTreeMap::new();
    for (entry, inner) in table.tables("verdicts") {
        let id = ItemId::new(entry.key).map_err(|error| table.bad_id(&error, entry.key_span)).ok();
        let (verdict, reason) = (inner.needed_text("verdict"), inner.text("reason"));
        inner.finish();
        verdicts.extend(id.zip(verdict).map(|(id, verdict)| (id, Verdict { verdict, reason })));
    }
    let conditions = texts(table, "conditions", |text| Key::new(text));
    let queries = texts(table, "queries", address);
    let recorded = table.table("recorded").and_then(|inner| {
        let (by, evidence) = (inner.needed_text("by"), inner.needed_text("evidence"));
        let digest = inner.needed_id("digest", digest);
        inner.finish();
        Some(Recording { by: by?, evidence: evidence?, digest: digest? })
    });
    let scopes = seals(table);
    Some(Statement {
        deployment: deployment?,
        phase: phase?,
        role: role?.to_string(),
        party: party?,
        by: by?,
        act: act?,
        outcome,
        withdraws,
        has_left,
        reason,
        verdicts,
        conditions,
        queries,
        expires,
        leaves_open,
        prev,
        framework: framework?,
        policy: policy?,
        time: time?,
        commit,
        recorded,
        scopes,
    })
}

pub(super) fn digest(text: &str) -> Result<Digest, IdError> {
    text.parse()
}

/// An address as the key of a text about it.
pub(super) fn address(text: &str) -> Result<Address, IdError> {
    text.parse::<Address>().map_err(|error| match error {
        AddressError::Id(error) => error,
        _ => IdError { wanted: "the address of an item or risk", got: text.to_owned() },
    })
}

/// A key that can have one value only.
fn exactly<'d>(table: &Table<'d, '_>, key: &'d str, wanted: &str, what: &str) {
    if let Some(text) = table.needed_text(key)
        && text != wanted
    {
        let message = format!("`{key}` is `{}`, which is not {what}", text.escape_debug());
        let span = table.get(key).map_or_else(|| table.span.clone(), |value| value.span());
        table.sink.add(
            Finding::new(&WRONG_TYPE, message)
                .at(table.sink.label(span))
                .help(format!("this tom knows `{wanted}`; a newer one may know more")),
        );
    }
}

/// A table of texts whose keys have a form of their own.
pub(super) fn texts<'d, K: Ord>(
    table: &Table<'d, '_>,
    name: &'d str,
    make: impl Fn(&str) -> Result<K, IdError>,
) -> BTreeMap<K, String> {
    let mut texts = BTreeMap::new();
    let Some(inner) = table.table(name) else { return texts };
    for entry in inner.entries() {
        let key = make(entry.key).map_err(|error| table.bad_id(&error, entry.key_span.clone())).ok();
        texts.extend(key.zip(inner.text(entry.key)));
    }
    texts
}

fn seals(table: &Table<'_, '_>) -> BTreeMap<Scope, Seal> {
    let mut seals = BTreeMap::new();
    for (entry, inner) in table.tables("scopes") {
        let scope = Scope::ALL.iter().copied().find(|scope| scope.as_str() == entry.key);
        if scope.is_none() {
            let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
            table.unknown(&entry, &words);
        }
        let (digest, content) = (inner.needed_id("digest", digest), inner.needed_id("content", digest));
        let leaves = texts(&inner, "leaves", |text| Ok(text.to_owned()));
        inner.finish();
        if let (Some(scope), Some(digest), Some(content)) = (scope, digest, content) {
            seals.insert(scope, Seal { digest, content, leaves });
        }
    }
    seals
}

/// A statement's file.
pub fn write_statement(statement: &Statement) -> String {
    let mut out = Out::default();
    out.line("# A decision. Written by tom and never changed: withdrawing and deciding anew make new files.");
    out.text_of("type", STATEMENT_TYPE);
    out.text_of("encoding", ENCODING);
    out.text_of("deployment", statement.deployment.as_str());
    out.key("phase", statement.phase.to_string());
    out.text_of("role", &statement.role);
    out.text_of("party", statement.party.as_str());
    out.text_of("by", &statement.by);
    out.text_of("act", statement.act.as_str());
    out.text_if("outcome", statement.outcome.as_ref());
    if let Some(withdraws) = statement.withdraws {
        out.text_of("withdraws", &withdraws.to_string());
    }
    if statement.has_left {
        out.key("has-left", "true");
    }
    out.text_if("reason", statement.reason.as_ref());
    if let Some(expires) = statement.expires {
        out.key("expires", expires.to_string());
    }
    out.list_if("leaves-open", &texts_of(&statement.leaves_open));
    out.list_if("prev", &texts_of(&statement.prev));
    out.key("framework", write_framework(&statement.framework));
    out.text_of("policy", &statement.policy.to_string());
    out.text_of("time", &statement.time.to_string());
    out.text_if("commit", statement.commit.as_ref());
    for (item, verdict) in &statement.verdicts {
        out.header(&format!("verdicts.{item}"));
        out.text_of("verdict", &verdict.verdict);
        out.text_if("reason", verdict.reason.as_ref());
    }
    write_texts(&mut out, "conditions", statement.conditions.iter().map(|(k, t)| (k.to_string(), t)));
    write_texts(&mut out, "queries", statement.queries.iter().map(|(k, t)| (k.to_string(), t)));
    if let Some(recording) = &statement.recorded {
        out.header("recorded");
        out.text_of("by", &recording.by);
        out.text_of("evidence", &recording.evidence);
        out.text_of("digest", &recording.digest.to_string());
    }
    for (scope, seal) in &statement.scopes {
        out.header(&format!("scopes.{scope}"));
        out.text_of("digest", &seal.digest.to_string());
        out.text_of("content", &seal.content.to_string());
        let leaves = seal.leaves.iter().map(|(address, short)| (address.clone(), short));
        write_texts(&mut out, &format!("scopes.{scope}.leaves"), leaves);
    }
    out.text
}

pub(super) fn write_texts<'t>(out: &mut Out, name: &str, texts: impl Iterator<Item = (String, &'t String)>) {
    let mut texts = texts.peekable();
    if texts.peek().is_some() {
        out.header(name);
    }
    for (name, text) in texts {
        out.key(&key(&name), literal::text(text));
    }
}

fn texts_of<T: std::fmt::Display>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
