//! The files that a hand-over changes.

use super::Here;
use crate::cli::commands::init;
use crate::diag::{Error, Label};
use crate::exchange::handover::{ASSESSMENT, Carried, EVIDENCE, FRAMEWORK, HandOver};
use crate::model::{
    Came, Date, Digest, End, FrameworkRef, Ledger, Link, Pending, People, Policy, Received as Content,
    Settings, Value,
};
use crate::ops::handover::{CANNOT_RECEIVE, Received};
use crate::ops::merge::files as merge_files;
use crate::ops::update::meta_edits;
use crate::project::{ASIDE, CONFLICTS, MANIFEST, RECORD, SETTINGS, SIGNATURE, exchange_of, folder_of};
use crate::store::{Replacement, Store};
use crate::syntax::{
    Document, Edit, add_event, edit, read_asides, read_record, write_asides, write_conflicts, write_ledger,
    write_received, write_settings,
};
use std::collections::BTreeMap;

/// Those that are not so already.
pub(super) fn that_differ(here: &Here, files: Vec<Replacement>) -> Result<Vec<Replacement>, Error> {
    let mut differing = Vec::new();
    for file in files {
        if here.store.read(&file.path)?.as_deref() != file.after.as_deref() {
            differing.push(file);
        }
    }
    Ok(differing)
}

fn file(path: String, bytes: impl Into<Vec<u8>>) -> Replacement {
    Replacement { path, after: Some(bytes.into()) }
}

/// What waits for decisions.
pub(super) fn conflicts(here: &Here, carried: &Carried, pending: &Pending) -> Replacement {
    let path = format!("{}/{CONFLICTS}", folder_of(&here.name));
    file(path, write_conflicts(pending, &here.name, &carried.framework))
}

/// A deployment that was not here: every file as it came.
pub(super) fn of_new(
    here: &Here,
    over: &HandOver,
    carried: &Carried,
    today: Date,
) -> Result<Vec<Replacement>, Error> {
    let folder = folder_of(&here.name);
    let mut files = around(here, over, carried, today)?;
    for (name, bytes) in beneath(over, ASSESSMENT) {
        files.push(file(format!("{folder}/{name}"), bytes.clone()));
    }
    Ok(files)
}

/// A deployment that was here: what the merge changes, and what only ever grows.
pub(super) fn of_merged(
    here: &Here,
    over: &HandOver,
    carried: &Carried,
    received: &Received,
    today: Date,
) -> Result<Vec<Replacement>, Error> {
    let folder = folder_of(&here.name);
    let read = |path: &str| here.store.read(path);
    let mut files = around(here, over, carried, today)?;
    for change in merge_files(&folder, &carried.framework, &received.changes, read)? {
        files.push(Replacement { path: change.path, after: change.after });
    }
    files.extend(head(here, received)?);
    if let (true, Some(base)) = (received.takes_lineage, &received.deployment.received) {
        files.push(file(format!("{folder}/received.toml"), write_received(base, &carried.framework)));
    }
    for (name, bytes) in beneath(over, ASSESSMENT) {
        let path = format!("{folder}/{name}");
        let there = read(&path)?;
        if name.starts_with("approvals/") {
            // Statements are never rewritten: the same name is the same file, or something is wrong.
            if there.as_deref().is_some_and(|there| there != bytes) {
                return Err(Error::new(
                    &CANNOT_RECEIVE,
                    format!("the statement `{name}` here has other bytes than the one that came"),
                )
                .at(Label::file(&path))
                .note("a statement is never rewritten, so one of the two was changed")
                .help("`tom verify` says which; nothing was taken in"));
            }
            files.push(file(path, bytes.clone()));
        } else if name == RECORD {
            files.extend(events(&path, there, bytes)?);
        } else if name == ASIDE {
            files.extend(asides(&path, there, bytes)?);
        }
    }
    let conflicts = format!("{folder}/{CONFLICTS}");
    if read(&conflicts)?.is_some() {
        files.push(Replacement { path: conflicts, after: None });
    }
    Ok(files)
}

fn beneath<'o>(over: &'o HandOver, folder: &'static str) -> impl Iterator<Item = (&'o str, &'o Vec<u8>)> {
    over.parts.iter().filter_map(move |(name, bytes)| Some((name.strip_prefix(folder)?, bytes)))
}

/// `deployment.toml`, where its title, history or lineage changes.
fn head(here: &Here, received: &Received) -> Result<Option<Replacement>, Error> {
    let Some(before) = &here.deployment else { return Ok(None) };
    let path = format!("{}/deployment.toml", folder_of(&here.name));
    let after = &received.deployment.meta;
    let mut edits = Vec::new();
    if let Some(title) = &received.title {
        edits.push(Edit::Set(vec!["title".to_owned()], Value::Text(title.clone())));
    }
    for key in &received.history {
        let Some(entry) = after.history.get(key) else { continue };
        let route = |field: &str| vec!["history".to_owned(), key.to_string(), field.to_owned()];
        edits.push(Edit::Set(route("on"), Value::Date(entry.on)));
        edits.push(Edit::Set(route("by"), Value::Text(entry.by.clone())));
        edits.push(Edit::Set(route("text"), Value::Text(entry.text.clone())));
    }
    if let (true, Some(old), Some(new)) =
        (received.takes_lineage, &before.meta.derived_from, &after.derived_from)
    {
        edits.extend(meta_edits(old, new));
    }
    let mut bytes = here.store.read(&path)?.unwrap_or_default();
    for one in &edits {
        bytes = edit(&path, &bytes, one)?;
    }
    Ok((!edits.is_empty()).then(|| file(path, bytes)))
}

/// Events that are recorded there and not here are added: a record only grows.
fn events(path: &str, there: Option<Vec<u8>>, came: &[u8]) -> Result<Option<Replacement>, Error> {
    let Some(before) = there else { return Ok(Some(file(path.to_owned(), came))) };
    let read = |bytes: &[u8]| Ok::<_, Error>(read_record(&Document::parse(path, bytes)?).0);
    let known = read(&before)?;
    let mut bytes = before.clone();
    for event in
        read(came)?.events.values().filter(|event| !known.events.values().any(|other| other == *event))
    {
        bytes = add_event(path, &bytes, event)?;
    }
    Ok((bytes != before).then(|| file(path.to_owned(), bytes)))
}

/// Answers that were set aside there and not here are added: none of them is lost.
fn asides(path: &str, there: Option<Vec<u8>>, came: &[u8]) -> Result<Option<Replacement>, Error> {
    let Some(mut bytes) = there else { return Ok(Some(file(path.to_owned(), came))) };
    let known: Vec<_> = {
        let (known, _) = read_asides(&Document::parse(path, &bytes)?);
        known.into_iter().map(|aside| (aside.version, aside.slot)).collect()
    };
    let (mut new, _) = read_asides(&Document::parse(path, came)?);
    new.retain(|aside| !known.contains(&(aside.version.clone(), aside.slot.clone())));
    if new.is_empty() {
        return Ok(None);
    }
    bytes.extend(write_asides(&new).into_bytes());
    Ok(Some(file(path.to_owned(), bytes)))
}

/// What goes with every hand-over: the framework, evidence, and what is remembered of the exchange.
fn around(here: &Here, over: &HandOver, carried: &Carried, today: Date) -> Result<Vec<Replacement>, Error> {
    let manifest = &over.manifest;
    let mut files = Vec::new();
    if here.project.is_none() {
        let FrameworkRef { id, version, .. } = manifest.framework.clone();
        let settings = Settings {
            framework: FrameworkRef { id, version, digest: None },
            people: People::default(),
            policy: Policy::default(),
            fail_on: Vec::new(),
        };
        files.push(file(SETTINGS.to_owned(), write_settings(&settings)));
        files.extend(init::attributes(&here.store)?.map(|bytes| file(".gitattributes".to_owned(), bytes)));
    }
    let is_known =
        here.project.as_ref().is_some_and(|project| project.framework(&manifest.framework).is_ok());
    if !is_known {
        for (name, bytes) in beneath(over, FRAMEWORK) {
            files.push(file(format!("frameworks/{name}"), bytes.clone()));
        }
    }
    let key = manifest.from.key();
    let mut ledger = here.ledgers.get(&key).cloned().unwrap_or_else(|| Ledger::new(manifest.from.clone()));
    let evidence = evidence(here, over, &ledger, &mut files)?;
    let lineage = carried.deployment.meta.derived_from.as_ref();
    ledger.came = Some(Came {
        link: Link { number: manifest.number, digest: over.digest.clone() },
        by: manifest.by.clone(),
        on: today,
        to: receiver(here, &manifest.to),
        received_by: here.by.clone(),
        built_on: manifest.base.as_ref().map(|base| base.number),
        title: manifest.title.clone(),
        received: lineage.map(|lineage| lineage.received.clone()),
        confirmations: lineage.and_then(|lineage| lineage.confirmations.clone()),
        evidence,
    });
    let exchange = exchange_of(&manifest.id, &key);
    files.push(file(format!("{exchange}/ledger.toml"), write_ledger(&ledger, &here.name)));
    let content =
        Content { answers: carried.deployment.answers.clone(), risks: carried.deployment.risks.clone() };
    files.push(file(format!("{exchange}/received.toml"), write_received(&content, &carried.framework)));
    files.extend(signature(over));
    Ok(files)
}

/// What is signed, and the signature: with them, whose word it is can be made sure of later.
pub(super) fn signature(over: &HandOver) -> impl Iterator<Item = Replacement> {
    let exchange = exchange_of(&over.manifest.id, &over.manifest.from.key());
    let signed = over.signature.as_ref().map(|signature| (&over.signed, signature)).unzip();
    [(MANIFEST, signed.0), (SIGNATURE, signed.1)]
        .map(|(name, after)| Replacement { path: format!("{exchange}/{name}"), after: after.cloned() })
        .into_iter()
}

/// For whom it came, as narrow as is known.
fn receiver(here: &Here, to: &End) -> End {
    let me = here
        .project
        .as_ref()
        .and_then(|project| crate::ops::handover::end_of_person(project.settings(), &here.by).ok());
    me.filter(|me| to.means(me)).unwrap_or_else(|| to.clone())
}

/// The files of evidence that come, each with its digest. None takes the place of a file that did not come the same way.
fn evidence(
    here: &Here,
    over: &HandOver,
    ledger: &Ledger,
    files: &mut Vec<Replacement>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut digests = BTreeMap::new();
    for (path, bytes) in beneath(over, EVIDENCE) {
        let digest = Digest::of_bytes(bytes).to_string();
        let there = here.store.read(path)?.map(|bytes| Digest::of_bytes(&bytes).to_string());
        let was = ledger.came.as_ref().and_then(|came| came.evidence.get(path));
        let is_ours = there.as_ref().is_some_and(|there| *there != digest && Some(there) != was);
        if is_ours && was != Some(&digest) {
            return Err(Error::new(
                &CANNOT_RECEIVE,
                format!("another file stands here as `{path}`, which the assessment names as evidence"),
            )
            .at(Label::file(path))
            .help("move it elsewhere, or take over the one that came by hand; nothing was taken in"));
        }
        if !is_ours {
            files.push(file(path.to_owned(), bytes.clone()));
        }
        digests.insert(path.to_owned(), digest);
    }
    Ok(digests)
}
