//! `conflicts.toml`: an update or import that waits for decisions. Written by tom, deleted by tom when everything is decided.

use super::deployment::{received, revisions};
use super::document::Document;
use super::literal;
use super::reader::{Sink, Table};
use super::write::{Out, history_into, key, received_into};
use crate::diag::{Code, Finding, Severity};
use crate::model::{
    Canonical, Decision, DeploymentName, Framework, Origin, Pending, PermanentId, Reason, Refusal, Source,
    Undecided, Workbook,
};
use std::collections::BTreeMap;

/// What comes was edited.
pub static NOT_WHAT_CAME: Code = Code {
    id: "TOM-0517",
    severity: Severity::Error,
    title: "what an update or import waits with was changed",
    explain: "`conflicts.toml` holds the answers and risks that come with what people say to them, and a digest of each. They differ now: somebody edited the file, and deciding would bring in what nobody sent. \
The file is tom's own. Restore it from git, or delete it and run the update or import again.",
};

/// The forms of workbooks.
const CHECKLIST: &str = "checklist";
const OWN: &str = "tom";

/// Reads `conflicts.toml`.
pub fn read_conflicts(document: &Document<'_>, framework: &Framework) -> (Option<Pending>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let Some(from) = table.table("from") else {
        table.missing("from");
        return (None, sink.into_findings());
    };
    let left = from.needed_text("left");
    let (came, confirmations) = (from.text("came"), from.text("confirmations"));
    let source = if from.get("file").is_some() {
        workbook(&from, &table, framework)
    } else if let Some(digest) = from.text("hand-over") {
        let deployment = from.needed_id("deployment", |t| DeploymentName::new(t));
        deployment.map(|deployment| Source::HandOver { deployment, digest })
    } else {
        let deployment = from.needed_id("deployment", |t| DeploymentName::new(t));
        let id = from.needed_id("id", |t| PermanentId::new(t));
        let commit = from.text("commit");
        deployment.zip(id).map(|(deployment, id)| Source::Parent { deployment, id, commit })
    };
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
    let received = received(&table, framework);
    table.finish();
    let held = [
        ("came", &came, received.digest(), "what comes was changed in this file"),
        (
            "confirmations",
            &confirmations,
            received.confirmations(),
            "confirmations that come were changed in this file",
        ),
    ];
    for (key, said, digest, what) in held {
        if said.is_none() {
            let message = format!(
                "there is no digest `{key}` here: the line was removed, or an earlier tom wrote the file"
            );
            sink.add(
                Finding::new(&NOT_WHAT_CAME, message)
                    .at(sink.label(from.span.clone()))
                    .help("delete the file, and run the update or import again"),
            );
            return (None, sink.into_findings());
        }
        if *said != Some(digest.to_string()) {
            let span = from.get(key).map_or_else(|| from.span.clone(), |value| value.span());
            sink.add(
                Finding::new(&NOT_WHAT_CAME, what)
                    .at(sink.label(span))
                    .help("restore the file from git, or delete it and run the update or import again"),
            );
            return (None, sink.into_findings());
        }
    }
    let pending =
        source.zip(left).map(|(source, left)| Pending { source, left, conflicts, refused, received });
    (pending, sink.into_findings())
}

/// A workbook, with what its sender began with.
fn workbook(from: &Table<'_, '_>, table: &Table<'_, '_>, framework: &Framework) -> Option<Source> {
    let (file, digest, sender) = (from.needed_text("file"), from.needed_text("digest"), from.text("sender"));
    let (on, form) = (from.needed_date("on"), from.needed_text("form"));
    let base = table.table("base").map(|inner| {
        let base = received(&inner, framework);
        inner.finish();
        base
    });
    let workbook = Workbook {
        origin: Origin { file: file?, digest: digest?, sender, on: on? },
        is_checklist: form? == CHECKLIST,
        history: revisions(table),
        base: base.unwrap_or_default(),
    };
    Some(Source::Workbook(Box::new(workbook)))
}

fn reason(table: &Table<'_, '_>) -> Option<Reason> {
    let (reason, by, on) = (table.text("reason"), table.text("by"), table.date("on"));
    Some(Reason { reason: reason?, by: by?, on: on? })
}

/// `conflicts.toml`.
pub fn write_conflicts(pending: &Pending, name: &DeploymentName, framework: &Framework) -> String {
    let mut out = Out::default();
    let (work, does) = match pending.source {
        Source::Parent { .. } => ("an update", "makes the update"),
        Source::Workbook(_) => ("the import", "imports the workbook"),
        Source::HandOver { .. } => ("a hand-over", "lets `tom receive FILE` take it in"),
    };
    let from = pending.source.name();
    out.line(format!("# What {work} from {from} could not decide. Nothing else was changed."));
    out.line(format!(
        "# Decide with `tom resolve {name} ADDRESS --ours`, `--theirs` or `--value VALUE`: the last"
    ));
    out.line(format!("# decision {does} and removes this file. To drop it all, delete this file."));
    out.header("from");
    match &pending.source {
        Source::Parent { deployment, id, commit } => {
            out.text_of("deployment", deployment.as_str());
            out.text_of("id", id.as_str());
            out.text_if("commit", commit.as_ref());
        }
        Source::Workbook(workbook) => {
            let origin = &workbook.origin;
            out.text_of("file", &origin.file);
            out.text_of("digest", &origin.digest);
            out.text_if("sender", origin.sender.as_ref());
            out.key("on", origin.on.to_string());
            out.text_of("form", if workbook.is_checklist { CHECKLIST } else { OWN });
        }
        Source::HandOver { deployment, digest } => {
            out.text_of("deployment", deployment.as_str());
            out.text_of("hand-over", digest);
        }
    }
    out.text_of("left", &pending.left);
    out.text_of("came", &pending.received.digest().to_string());
    out.text_of("confirmations", &pending.received.confirmations().to_string());
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
    if let Source::Workbook(workbook) = &pending.source {
        history_into(&mut out, &workbook.history);
        out.line("");
        out.line("# ── What the workbook's sender began with ──");
        received_into(&mut out, "base.", &workbook.base, framework);
    }
    out.line("");
    out.line(match pending.source {
        Source::Parent { .. } => "# ── What the parent hands over now, as it came ──",
        Source::Workbook(_) => "# ── What the workbook says ──",
        Source::HandOver { .. } => "# ── What was handed over ──",
    });
    received_into(&mut out, "", &pending.received, framework);
    out.into_text()
}
