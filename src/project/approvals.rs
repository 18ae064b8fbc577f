//! The statements of a deployment, from the bytes that were digested.

use super::folder_of;
use crate::diag::{Code, Error, Finding, Label, Severity};
use crate::model::{DeploymentName, Digest, Statement, statement_name};
use crate::store::{EntryKind, MAX_EVIDENCE, Store};
use crate::syntax::{Document, read_statement};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A statement cannot be relied on as a file.
pub static BROKEN_STATEMENT: Code = Code {
    id: "TOM-0802",
    severity: Severity::Error,
    title: "a statement's file is not what it was when it was made",
    explain: "A statement is named by the digest of its bytes and never rewritten. This file has other bytes than its name says, stands elsewhere than it says, \
or cannot be understood whole, so nothing in it counts. Restore it from git. If line ends were changed on checkout, `.gitattributes` lacks the line `**/approvals/** -text`, which \
`tom init` adds as `assessments/*/approvals/** -text`. To change a decision, decide anew or withdraw it: both make new files.",
};

/// Something in `approvals/` is no statement.
pub static STRAY: Code = Code {
    id: "TOM-0803",
    severity: Severity::Warning,
    title: "something in `approvals/` belongs to no statement",
    explain: "In `approvals/PHASE/` stand statements, `ROLE-DIGEST.toml`, and their signatures beside them, `ROLE-DIGEST.toml.sig`. A signature without its statement is what a \
command leaves that was killed before it was done: it can be removed. Anything else should stand elsewhere.",
};

/// The folder of a deployment's statements.
pub const APPROVALS: &str = "approvals";

/// A statement with the bytes that it was read from.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its file.
    pub path: String,
    /// The digest of its bytes.
    pub id: Digest,
    /// What is signed.
    pub bytes: Vec<u8>,
    /// What it says.
    pub statement: Statement,
    /// The bytes of the signature beside it.
    pub signature: Option<Vec<u8>>,
}

impl Held {
    /// The files of the repository that it rests on: evidence in what it is over, and what shows it where it was written down for somebody.
    pub fn evidence(&self) -> impl Iterator<Item = &str> {
        let leaves = self.statement.scopes.values().flat_map(|seal| seal.leaves.keys());
        let over = leaves.filter_map(|leaf| leaf.strip_prefix("path:"));
        over.chain(self.statement.recorded.iter().map(|recording| recording.evidence.as_str()))
    }
}

/// The statements of a deployment in the order of their files, and findings for those that are broken. Whoever judges the first needs the
/// second too.
///
/// # Errors
/// What the store cannot read: nobody knows then what was decided.
pub fn statements(store: &dyn Store, name: &DeploymentName) -> Result<(Vec<Held>, Vec<Finding>), Error> {
    let folder = format!("{}/{APPROVALS}", folder_of(name));
    let (mut held, mut findings) = (Vec::new(), Vec::new());
    for phase in store.entries(&folder)?.into_iter().filter(|entry| !entry.name.starts_with('.')) {
        let inner = format!("{folder}/{}", phase.name);
        if phase.kind != EntryKind::Folder {
            let is_phase = phase.name.parse::<u8>().is_ok();
            findings.push(if is_phase { no_file(&inner, "folder") } else { stray(&inner) });
            continue;
        }
        let entries = store.entries(&inner)?;
        for entry in entries.iter().filter(|entry| !entry.name.starts_with('.')) {
            let path = format!("{inner}/{}", entry.name);
            if let Some(of) = entry.name.strip_suffix(".sig") {
                if entries.iter().all(|other| other.name != of) {
                    findings.push(stray(&path));
                }
            } else if !entry.name.ends_with(".toml") {
                findings.push(stray(&path));
            } else if entry.kind != EntryKind::File {
                findings.push(no_file(&path, "regular file"));
            } else {
                match read(store, &path, &phase.name, &entry.name)? {
                    Ok(read) => held.push(read),
                    Err(found) => findings.extend(found),
                }
            }
        }
    }
    Ok((held, findings))
}

fn stray(path: &str) -> Finding {
    Finding::new(&STRAY, format!("`{path}` belongs to no statement")).at(Label::file(path))
}

fn no_file(path: &str, wanted: &str) -> Finding {
    broken(path, format!("`{path}` is no {wanted}"))
}

fn broken(path: &str, what: String) -> Finding {
    Finding::new(&BROKEN_STATEMENT, what).at(Label::file(path)).help("restore the file from git")
}

/// Reads a file once: the bytes that are digested are the bytes that are parsed.
fn read(store: &dyn Store, path: &str, phase: &str, name: &str) -> Result<Result<Held, Vec<Finding>>, Error> {
    let Some(bytes) = store.read(path)? else {
        return Ok(Err(vec![broken(path, format!("`{path}` went away while it was read"))]));
    };
    let id = Digest::of_bytes(&bytes);
    let (statement, findings) = match Document::parse(path, &bytes) {
        Ok(document) => read_statement(&document),
        Err(finding) => (None, vec![finding]),
    };
    let named =
        name.rsplit_once('-').is_some_and(|(_, digits)| digits == format!("{}.toml", &id.hex()[..12]));
    if !named {
        let mut all = vec![broken(path, format!("`{name}` is not named by its bytes, whose digest is {id}"))];
        all.extend(findings);
        return Ok(Err(all));
    }
    let Some(statement) = statement else { return Ok(Err(findings)) };
    let wanted = (statement.phase.to_string(), statement_name(&statement.role, id));
    if (phase, name) != (wanted.0.as_str(), wanted.1.as_str()) {
        let says = format!("`{path}` says that it is `{}/{}`", wanted.0, wanted.1);
        return Ok(Err(vec![broken(path, says)]));
    }
    let signature = store.read(&format!("{path}.sig"))?;
    Ok(Ok(Held { path: path.to_owned(), id, bytes, statement, signature }))
}

/// The digest of a file that is named as evidence: of its bytes, in a text with line ends folded, so that it is the same in every
/// checkout. None where there is no such file.
pub fn evidence_digest(store: &dyn Store, path: &str) -> Result<Option<Digest>, Error> {
    let Some(bytes) = store.read_up_to(path, MAX_EVIDENCE)? else { return Ok(None) };
    // What has a zero byte is no text, and git changes nothing in it.
    if bytes.contains(&0) || !bytes.contains(&b'\r') {
        return Ok(Some(Digest::of_bytes(&bytes)));
    }
    let mut folded = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            folded.push(*byte);
        }
    }
    Ok(Some(Digest::of_bytes(&folded)))
}

/// The files of a store as evidence: each is read once, and one that cannot be read is remembered.
pub struct EvidenceFiles<'s> {
    store: &'s dyn Store,
    known: RefCell<BTreeMap<String, Option<Digest>>>,
    errors: RefCell<Vec<Error>>,
}

impl<'s> EvidenceFiles<'s> {
    /// The files of a store.
    pub fn of(store: &'s dyn Store) -> Self {
        Self { store, known: RefCell::default(), errors: RefCell::default() }
    }

    /// The digest of a file; none where it is missing or cannot be read.
    pub fn digest(&self, path: &str) -> Option<Digest> {
        if let Some(known) = self.known.borrow().get(path) {
            return *known;
        }
        let digest = evidence_digest(self.store, path).unwrap_or_else(|error| {
            self.errors.borrow_mut().push(error);
            None
        });
        self.known.borrow_mut().insert(path.to_owned(), digest);
        digest
    }

    /// The files that were asked for and are not there.
    pub fn missing(&self) -> Vec<String> {
        let known = self.known.borrow();
        known.iter().filter(|(_, digest)| digest.is_none()).map(|(path, _)| path.clone()).collect()
    }

    /// The files that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.known.borrow().keys().cloned().collect()
    }

    /// What kept files from being read.
    pub fn errors(&self) -> Vec<Error> {
        self.errors.borrow().clone()
    }
}
