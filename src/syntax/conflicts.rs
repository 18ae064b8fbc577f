//! `conflicts.toml`: an update that waits for decisions. Written by tom, deleted by tom when everything is decided.

use super::answers::read_slots;
use super::document::Document;
use super::literal;
use super::reader::{Sink, Table};
use super::risk::risk;
use super::write::{Out, key, received_into};
use crate::diag::Finding;
use crate::model::{
    Decision, DeploymentName, Framework, Pending, PermanentId, Reason, Received, Refusal, RiskId, Undecided,
};
use std::collections::BTreeMap;

/// Reads `conflicts.toml`.
pub fn read_conflicts(document: &Document<'_>, framework: &Framework) -> (Option<Pending>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let Some(from) = table.table("from") else {
        table.missing("from");
        return (None, sink.into_findings());
    };
    let parent = from.needed_id("deployment", |t| DeploymentName::new(t));
    let id = from.needed_id("id", |t| PermanentId::new(t));
    let commit = from.text("commit");
    let left = from.needed_text("left");
    from.finish();
    let mut conflicts = BTreeMap::new();
    for (entry, inner) in table.tables("conflicts") {
        let why = inner.needed_text("why");
        let (base, left, right) = (inner.text("base"), inner.text("ours"), inner.text("theirs"));
        let decision = match inner.text("decided").as_deref() {
            Some("ours") => Some(Decision::Ours(reason(&inner))),
            Some("theirs") => Some(Decision::Theirs),
            Some("value") => inner.needed_text("value").map(Decision::Value),
            _ => None,
        };
        inner.finish();
        if let Some(why) = why {
            conflicts.insert(entry.key.to_owned(), Undecided { why, base, left, right, decision });
        }
    }
    let mut refused = BTreeMap::new();
    for (entry, inner) in table.tables("refused") {
        let digest = inner.needed_text("digest");
        let said = reason(&inner);
        inner.finish();
        if let (Some(digest), Some(Reason { reason, by, on })) = (digest, said) {
            refused.insert(entry.key.to_owned(), Refusal { digest, reason, by, on });
        }
    }
    let answers = table.table("answers").map(|inner| read_slots(&inner, framework, None)).unwrap_or_default();
    let mut risks = BTreeMap::new();
    for (entry, inner) in table.tables("risks") {
        match RiskId::new(entry.key) {
            Ok(id) => risks.extend(risk(&inner, framework).map(|risk| (id, risk))),
            Err(error) => table.bad_id(&error, entry.key_span),
        }
    }
    table.finish();
    let pending = (|| {
        let received = Received { answers, risks };
        Some(Pending { parent: parent?, id: id?, commit, left: left?, conflicts, refused, received })
    })();
    (pending, sink.into_findings())
}

fn reason(table: &Table<'_, '_>) -> Option<Reason> {
    let (reason, by, on) = (table.text("reason"), table.text("by"), table.date("on"));
    Some(Reason { reason: reason?, by: by?, on: on? })
}

/// `conflicts.toml`.
pub fn write_conflicts(pending: &Pending, name: &DeploymentName, framework: &Framework) -> String {
    let mut out = Out::default();
    out.line(format!("# What an update from {} could not decide. Nothing else was changed.", pending.parent));
    out.line(format!(
        "# Decide with `tom resolve {name} ADDRESS --ours`, `--theirs` or `--value VALUE`: the last"
    ));
    out.line("# decision makes the update and removes this file.");
    out.header("from");
    out.text_of("deployment", pending.parent.as_str());
    out.text_of("id", pending.id.as_str());
    out.text_if("commit", pending.commit.as_ref());
    out.text_of("left", &pending.left);
    for (address, conflict) in &pending.conflicts {
        out.header(&format!("conflicts.{}", key(address)));
        out.text_of("why", &conflict.why);
        out.text_if("base", conflict.base.as_ref());
        out.text_if("ours", conflict.left.as_ref());
        out.text_if("theirs", conflict.right.as_ref());
        match &conflict.decision {
            None => {}
            Some(Decision::Ours(said)) => {
                out.text_of("decided", "ours");
                if let Some(Reason { reason, by, on }) = said {
                    out.text_of("reason", reason);
                    out.text_of("by", by);
                    out.key("on", on.to_string());
                }
            }
            Some(Decision::Theirs) => out.text_of("decided", "theirs"),
            Some(Decision::Value(value)) => {
                out.text_of("decided", "value");
                out.key("value", literal::text(value));
            }
        }
    }
    for (address, refusal) in &pending.refused {
        out.header(&format!("refused.{}", key(address)));
        out.text_of("digest", &refusal.digest);
        out.text_of("reason", &refusal.reason);
        out.text_of("by", &refusal.by);
        out.key("on", refusal.on.to_string());
    }
    out.line("");
    out.line("# ── What the parent hands over now, as it came ──");
    received_into(&mut out, &pending.received, framework);
    out.into_text()
}
