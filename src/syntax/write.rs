//! Whole files from values: framework order, one item one table, the same bytes for the same values.

use super::literal;
use crate::model::{
    Acceptance, Answer, BlockId, Confirmation, Framework, FrameworkRef, Item, ItemType, Key, Meta, PartyId,
    Policy, Rating, Received, Revision, Risk, Section, Settings, Slot,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Text that grows table by table.
#[derive(Default)]
pub(super) struct Out {
    pub(super) text: String,
}

impl Out {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    pub(super) fn header(&mut self, path: &str) {
        self.line("");
        self.line(format!("[{path}]"));
    }

    pub(super) fn key(&mut self, key: &str, value: impl AsRef<str>) {
        self.line(format!("{key} = {}", value.as_ref()));
    }

    pub(super) fn text_of(&mut self, key: &str, text: &str) {
        self.key(key, literal::text(text));
    }

    pub(super) fn text_if(&mut self, key: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.text_of(key, text);
        }
    }

    pub(super) fn number_if(&mut self, key: &str, number: Option<u32>) {
        if let Some(number) = number {
            self.key(key, number.to_string());
        }
    }

    pub(super) fn list_if(&mut self, key: &str, texts: &[String]) {
        if !texts.is_empty() {
            self.key(key, literal::list(texts));
        }
    }
}

/// The file of a section, with a table for every item, so that the file is its own form.
pub fn write_section(section: &Section, answers: &BTreeMap<Slot, Answer>) -> String {
    let mut out = Out::default();
    out.line(format!("# {}", section.title));
    out.line(format!("# {}", section.about));
    for group in section.groups() {
        let items: Vec<&Item> = group.items.into_iter().filter(|item| item.is_answered()).collect();
        let Some(first) = items.first() else { continue };
        out.line("");
        out.line(format!("# ── {} ──", group.title));
        match &first.repeats {
            None => items.iter().for_each(|item| write_item(&mut out, item, None, answers)),
            Some(block) => write_block(&mut out, block, &items, answers),
        }
    }
    out.text
}

fn write_block(out: &mut Out, block: &BlockId, items: &[&Item], answers: &BTreeMap<Slot, Answer>) {
    let rows: std::collections::BTreeSet<&Key> = answers
        .keys()
        .filter_map(|slot| slot.row.as_ref())
        .filter(|(b, _)| b == block)
        .map(|(_, key)| key)
        .collect();
    if rows.is_empty() {
        out.line("# None yet. One set of tables for each, under a key of your choosing:");
        for item in items {
            out.line(format!("#   [{block}.KEY.{}]  {}: {}", item.id, item.title, form(item)));
        }
    }
    for key in rows {
        items.iter().for_each(|item| write_item(out, item, Some((block, key)), answers));
    }
}

fn write_item(out: &mut Out, item: &Item, row: Option<(&BlockId, &Key)>, answers: &BTreeMap<Slot, Answer>) {
    let slot = Slot { item: item.id.clone(), row: row.map(|(block, key)| (block.clone(), key.clone())) };
    let answer = answers.get(&slot);
    out.line("");
    out.line(format!("# {}", item.title));
    if answer.is_none_or(Answer::is_unanswered) {
        out.line(format!("# {}", form(item)));
    }
    out.line(format!("[{slot}]"));
    if let Some(answer) = answer {
        write_answer(out, &slot.to_string(), answer);
    }
}

/// What an empty answer expects, in a comment.
fn form(item: &Item) -> String {
    match item.kind_of_answer {
        ItemType::Choice => item.options.join(" | "),
        ItemType::Text => "a line of text".to_owned(),
        ItemType::Texts => "one or more texts: answer = [\"…\"]".to_owned(),
        ItemType::Prose | ItemType::Note => "in your own words".to_owned(),
        ItemType::Date => "a date, as in 2026-11-20".to_owned(),
        ItemType::Number => "a whole number".to_owned(),
        ItemType::OdsCode => "an ODS code".to_owned(),
        ItemType::People | ItemType::Dates | ItemType::Table => {
            let columns: Vec<&str> = item.columns.iter().map(|column| column.id.as_str()).collect();
            let key = if item.kind_of_answer == ItemType::People { "ROLE" } else { "KEY" };
            format!("one table each: [{}.rows.{key}] with {}", item.id, columns.join(", "))
        }
        ItemType::Decision | ItemType::Computed => String::new(),
    }
}

pub(super) fn write_answer(out: &mut Out, path: &str, answer: &Answer) {
    if let Some(value) = &answer.value {
        out.key("answer", literal::value(value));
    }
    out.text_if("notes", answer.notes.as_ref());
    out.list_if("evidence", &answer.evidence);
    for (key, row) in &answer.rows {
        out.header(&format!("{path}.rows.{key}"));
        for (column, value) in row {
            out.key(column, literal::value(value));
        }
    }
    write_confirmed(out, path, &answer.confirmed);
}

fn write_confirmed(out: &mut Out, path: &str, confirmed: &BTreeMap<PartyId, Confirmation>) {
    for (party, confirmation) in confirmed {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
        out.header(&format!("{prefix}confirmed.{party}"));
        write_confirmation(out, confirmation);
    }
}

fn write_confirmation(out: &mut Out, confirmation: &Confirmation) {
    out.text_of("by", &confirmation.by);
    out.key("on", confirmation.on.to_string());
    out.text_of("digest", &confirmation.digest);
    if !confirmation.given.is_empty() {
        let facts: Vec<String> = confirmation
            .given
            .iter()
            .map(|(id, digest)| format!("{id} = {}", literal::line(digest)))
            .collect();
        out.key("given", format!("{{ {} }}", facts.join(", ")));
    }
    out.text_if("note", confirmation.note.as_ref());
}

/// The file of a risk.
pub fn write_risk(risk: &Risk) -> String {
    let mut out = Out::default();
    risk_into(&mut out, "", risk);
    out.text
}

fn risk_into(out: &mut Out, path: &str, risk: &Risk) {
    let at = |rest: &str| if path.is_empty() { rest.to_owned() } else { format!("{path}.{rest}") };
    out.text_of("title", &risk.title);
    out.text_of("section", risk.section.as_str());
    out.text_of("owner", risk.owner.as_str());
    out.text_of("status", risk.status.as_str());
    out.text_of("hazard", &risk.hazard);
    out.text_of("effect", &risk.effect);
    let facts: Vec<String> = risk.depends_on.iter().map(ToString::to_string).collect();
    out.list_if("depends-on", &facts);
    for (key, cause) in &risk.causes {
        out.header(&at(&format!("causes.{key}")));
        out.text_of("text", &cause.text);
    }
    for (name, rating) in [("initial", &risk.initial), ("residual", &risk.residual)] {
        if let Some(Rating { severity, likelihood }) = rating {
            out.header(&at(name));
            out.text_of("severity", severity);
            out.text_of("likelihood", likelihood);
        }
    }
    for (key, mitigation) in &risk.mitigations {
        let path = at(&format!("mitigations.{key}"));
        out.header(&path);
        out.text_of("kind", mitigation.kind.as_str());
        out.text_of("owner", mitigation.owner.as_str());
        let causes: Vec<String> = mitigation.causes.iter().map(ToString::to_string).collect();
        out.list_if("causes", &causes);
        out.text_of("text", &mitigation.text);
        out.text_of("status", mitigation.status.as_str());
        out.text_if("reason", mitigation.reason.as_ref());
        out.list_if("evidence", &mitigation.evidence);
        write_confirmed(out, &path, &mitigation.confirmed);
    }
    write_confirmed(out, path, &risk.confirmed);
    if let Some(acceptance) = &risk.acceptance {
        out.header(&at("acceptance"));
        write_acceptance(out, acceptance);
    }
    if let Some(transfer) = &risk.transfer {
        out.header(&at("transfer"));
        out.text_of("to", transfer.to.as_str());
        out.text_if("duty", transfer.duty.as_ref());
        if let Some(receipt) = &transfer.receipt {
            out.header(&at("transfer.receipt"));
            out.text_of("says", receipt.says.as_str());
            out.text_of("by", &receipt.by);
            out.key("on", receipt.on.to_string());
            out.text_of("digest", &receipt.digest);
            out.text_if("reason", receipt.reason.as_ref());
        }
    }
}

fn write_acceptance(out: &mut Out, acceptance: &Acceptance) {
    out.text_of("by", &acceptance.by);
    out.text_of("role", &acceptance.role);
    out.key("class", acceptance.class.to_string());
    out.text_of("digest", &acceptance.digest);
    out.key("on", acceptance.on.to_string());
    if let Some(until) = acceptance.until {
        out.key("until", until.to_string());
    }
    out.text_of("reason", &acceptance.reason);
}

/// An acceptance's table, with the blank line before it.
pub(super) fn acceptance_table(acceptance: &Acceptance) -> String {
    let mut out = Out::default();
    out.header("acceptance");
    write_acceptance(&mut out, acceptance);
    out.text
}

/// `deployment.toml`.
pub fn write_meta(meta: &Meta) -> String {
    let mut out = Out::default();
    out.line(format!("id = {} # for life: statements bind to it", literal::line(meta.id.as_str())));
    out.text_of("title", &meta.title);
    out.text_of("kind", meta.kind.as_str());
    out.key("framework", framework_ref(&meta.framework));
    out.text_of("risk-prefix", &meta.risk_prefix);
    if let Some(lineage) = &meta.derived_from {
        out.header("derived-from");
        out.text_of("deployment", lineage.deployment.as_str());
        out.text_of("id", lineage.id.as_str());
        out.text_of("received", &lineage.received);
        out.text_if("confirmations", lineage.confirmations.as_ref());
        out.text_if("commit", lineage.commit.as_ref());
        for (address, refusal) in &lineage.refused {
            out.header(&format!("derived-from.refused.{}", key(address)));
            out.text_of("digest", &refusal.digest);
            out.text_of("reason", &refusal.reason);
            out.text_of("by", &refusal.by);
            out.key("on", refusal.on.to_string());
        }
    }
    history_into(&mut out, &meta.history);
    out.text
}

/// The entries of a document's history.
pub(super) fn history_into(out: &mut Out, history: &BTreeMap<Key, Revision>) {
    for (name, revision) in history {
        out.header(&format!("history.{name}"));
        out.key("on", revision.on.to_string());
        out.text_of("by", &revision.by);
        out.text_of("text", &revision.text);
    }
}

/// A key as it is written: bare, or in quotes where it has to be.
pub(super) fn key(text: &str) -> String {
    let bare = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare && !text.is_empty() { text.to_owned() } else { literal::line(text) }
}

pub(super) fn framework_ref(framework: &FrameworkRef) -> String {
    let mut text =
        format!("{{ id = {}, version = {}", literal::line(&framework.id), literal::line(&framework.version));
    if let Some(digest) = &framework.digest {
        let _ = write!(text, ", digest = {}", literal::line(digest));
    }
    text + " }"
}

/// `received.toml`, in framework order.
pub fn write_received(received: &Received, framework: &Framework) -> String {
    let mut out = Out::default();
    out.line(
        "# What came from the parent, as it came. Written by tom, and only by tom: the base of later merges.",
    );
    received_into(&mut out, "", received, framework);
    out.text
}

/// `imported.toml`, in framework order.
pub fn write_imported(imported: &Received, framework: &Framework) -> String {
    let mut out = Out::default();
    out.line(
        "# What the last checklist said, as it came. Written by tom, and only by tom: the base of the next import.",
    );
    received_into(&mut out, "", imported, framework);
    out.text
}

/// Answers and risks under `answers` and `risks`, after what the tables' names begin with.
pub(super) fn received_into(out: &mut Out, start: &str, received: &Received, framework: &Framework) {
    for item in framework.items() {
        for (slot, answer) in received.answers.iter().filter(|(slot, _)| slot.item == item.id) {
            let path = format!("{start}answers.{slot}");
            out.header(&path);
            write_answer(out, &path, answer);
        }
    }
    for (id, risk) in &received.risks {
        let path = format!("{start}risks.{id}");
        out.header(&path);
        risk_into(out, &path, risk);
    }
}

/// `tom.toml`.
pub fn write_settings(settings: &Settings) -> String {
    let mut out = Out::default();
    out.line("# Settings of this repository: the framework of new deployments, and who may speak for whom.");
    out.key("framework", framework_ref(&settings.framework));
    for (key, person) in settings.people.iter() {
        out.header(&format!("people.{key}"));
        out.text_of("name", &person.name);
        out.text_if("email", person.email.as_ref());
        out.text_of("party", person.party.as_str());
        out.text_if("organisation", person.organisation.as_ref());
        out.list_if("roles", &person.roles);
        out.list_if("keys", &person.keys);
    }
    write_policy(&mut out, &settings.policy);
    if !settings.fail_on.is_empty() {
        out.line("");
        out.line("# The kinds of change that a review does not let pass.");
        out.line("[review]");
        out.list_if("fail-on", &settings.fail_on);
    }
    out.text
}

fn write_policy(out: &mut Out, policy: &Policy) {
    if policy.signatures_required || !policy.signed_hand_overs.is_empty() {
        out.header("policy");
    }
    if policy.signatures_required {
        out.line("# Only decisions that a listed key signed count: a name in a file shows nothing. With \"optional\" those count too");
        out.line("# that were recorded for people without tom, or only claimed, and wherever one counts it is said which it is.");
        out.text_of("signatures", super::settings::signatures(true));
    }
    let signed: Vec<String> = policy.signed_hand_overs.iter().map(ToString::to_string).collect();
    out.list_if("signed-hand-overs", &signed);
    if !policy.accept.is_empty() {
        out.line("");
        out.line("# The highest residual class that a role may accept.");
        out.line("[policy.accept]");
        for (role, class) in &policy.accept {
            out.key(&key(role), class.to_string());
        }
    }
    if policy.phases_apart || policy.author_apart {
        out.header("policy.apart");
        for (name, apart) in [("phases", policy.phases_apart), ("author", policy.author_apart)] {
            if apart {
                out.key(name, "true");
            }
        }
    }
    for (number, phase) in &policy.phases {
        out.header(&format!("policy.phases.{number}"));
        let list = |roles: &BTreeSet<String>| literal::list(&roles.iter().cloned().collect::<Vec<_>>());
        if !phase.all_of.is_empty() {
            out.key("all-of", list(&phase.all_of));
        }
        if !phase.any_of.is_empty() {
            out.key("any-of", format!("[{}]", phase.any_of.iter().map(list).collect::<Vec<_>>().join(", ")));
        }
        if phase.people > 0 {
            out.key("people", phase.people.to_string());
        }
    }
}

/// A confirmation's table, with the blank line before it.
pub(super) fn confirmation_table(path: &str, confirmation: &Confirmation) -> String {
    let mut out = Out::default();
    out.header(path);
    write_confirmation(&mut out, confirmation);
    out.text
}
