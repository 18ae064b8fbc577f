//! What is in a hand-over, and whether it holds together.

use super::container::{NOT_WHOLE, Parts, is_plain_path, pack, unpack};
use crate::diag::{Error, Finding};
use crate::model::{Deployment, Digest, Framework, FrameworkRef, Manifest, Reader, Received};
use crate::ops::handover::{evidence_of, may_travel};
use crate::project::{ASSESSMENTS, CONFLICTS, Held, Project, SETTINGS, record, statements};
pub use crate::project::{MANIFEST, SIGNATURE};
use crate::store::{EntryKind, MemoryStore, Store};
use crate::syntax::{Document, quoted, read_manifest, read_received, write_manifest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The page on top.
pub const README: &str = "README.txt";
/// What the receiver's side said last.
pub const BASE: &str = "base.toml";
/// Where parts stand by what they are.
pub const PACKS: &str = "packs/";
/// Workbooks to fill in.
pub const FORMS: &str = "forms/";
/// The deployment's folder.
pub const ASSESSMENT: &str = "assessment/";
/// The framework's folder.
pub const FRAMEWORK: &str = "framework/";
/// Files that are named as evidence, by their paths.
pub const EVIDENCE: &str = "evidence/";

/// A hand-over that was opened and found whole.
pub struct HandOver {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The digest of that, which names everything in it.
    pub digest: String,
    /// The bytes of the manifest, which are what is signed.
    pub signed: Vec<u8>,
    /// The signature beside it.
    pub signature: Option<Vec<u8>>,
    /// Its parts by name.
    pub parts: Parts,
    /// The assessment; none in one that is only to read.
    pub carried: Option<Carried>,
}

/// The assessment in a hand-over.
pub struct Carried {
    /// The deployment.
    pub deployment: Deployment,
    /// Its framework.
    pub framework: Arc<Framework>,
    /// What the hand-over builds on.
    pub base: Option<Received>,
}

/// The bytes of a hand-over, and its digest: names every part in the manifest first.
///
/// # Errors
///
/// Where a part cannot be named so, or all of them are too large.
pub fn seal(
    manifest: &mut Manifest,
    mut parts: Parts,
    sign: impl FnOnce(&[u8]) -> Result<Option<Vec<u8>>, Error>,
) -> Result<(Vec<u8>, String), Error> {
    manifest.parts =
        parts.iter().map(|(name, bytes)| (name.clone(), Digest::of_bytes(bytes).to_string())).collect();
    let text = write_manifest(manifest).into_bytes();
    let digest = Digest::of_bytes(&text).to_string();
    if let Some(signature) = sign(&text)? {
        parts.insert(SIGNATURE.to_owned(), signature);
    }
    parts.insert(MANIFEST.to_owned(), text);
    Ok((pack(&parts)?, digest))
}

impl HandOver {
    /// The assessment in it, as a repository of its own with the settings of nobody.
    ///
    /// # Errors
    ///
    /// Where a part stands where none may. One that was opened has none.
    pub fn project(&self) -> Result<Project, Error> {
        Project::open(Box::new(store_of(&self.manifest, &self.parts)?)).map(|(project, _)| project)
    }
}

fn refuse(why: impl Into<String>) -> Error {
    Error::new(&NOT_WHOLE, why)
}

/// Opens a hand-over, and makes sure of everything in it before anybody looks at it.
///
/// # Errors
///
/// Where one byte is not as it was sent, or what is in it does not hold together.
pub fn open(bytes: &[u8]) -> Result<HandOver, Error> {
    let mut parts = unpack(bytes)?;
    let signed =
        parts.remove(MANIFEST).ok_or_else(|| refuse("it has no manifest: it is some other zip file"))?;
    let signature = parts.remove(SIGNATURE);
    let manifest = {
        let (manifest, findings) = read_manifest(&Document::parse(MANIFEST, &signed)?);
        match (manifest, findings.into_iter().next()) {
            (Some(manifest), None) => manifest,
            (_, Some(finding)) => return Err(finding.into()),
            (None, None) => return Err(refuse("its manifest cannot be understood")),
        }
    };
    for (name, wanted) in &manifest.parts {
        let part = parts.get(name).ok_or_else(|| refuse(format!("the part `{name}` is missing")))?;
        if Digest::of_bytes(part).to_string() != *wanted {
            return Err(refuse(format!("the part `{name}` is not the one that was sent")));
        }
    }
    for name in parts.keys() {
        if !manifest.parts.contains_key(name) {
            return Err(refuse(format!("the part `{name}` is not in its manifest")));
        }
        let folders = [PACKS, FORMS, ASSESSMENT, FRAMEWORK, EVIDENCE];
        if name != README && name != BASE && !folders.iter().any(|folder| name.starts_with(folder)) {
            return Err(refuse(format!("the part `{name}` is of no sort that a hand-over has")));
        }
    }
    let digest = Digest::of_bytes(&signed).to_string();
    let carried = carried(&manifest, &parts)?;
    Ok(HandOver { manifest, digest, signed, signature, parts, carried })
}

/// The assessment, if it is what the manifest says and nothing is wrong with its files.
fn carried(manifest: &Manifest, parts: &Parts) -> Result<Option<Carried>, Error> {
    let is_read_only = manifest.reader == Reader::Public;
    let of_assessment = |name: &String| {
        name == BASE || [ASSESSMENT, FRAMEWORK, EVIDENCE].iter().any(|folder| name.starts_with(folder))
    };
    if is_read_only {
        return match parts.keys().find(|name| of_assessment(name)) {
            Some(name) => Err(refuse(format!("it is for everybody to read, and carries `{name}`"))),
            None => Ok(None),
        };
    }
    let store = store_of(manifest, parts)?;
    let (project, findings) = Project::open(Box::new(store))?;
    if let Some(finding) = findings.into_iter().find(Finding::is_error) {
        return Err(within(finding));
    }
    let loaded = project.load(&manifest.name)?;
    if loaded.pending.is_some() {
        return Err(refuse("it carries conflicts that nobody has decided"));
    }
    if let Some(finding) = loaded.findings.into_iter().find(Finding::is_error) {
        return Err(within(finding));
    }
    let (Some(deployment), Some(framework)) = (loaded.deployment, loaded.framework) else {
        return Err(refuse("the assessment in it cannot be read"));
    };
    let meta = &deployment.meta;
    let is_said = meta.id == manifest.id
        && meta.title == manifest.title
        && meta.kind == manifest.kind
        && meta.framework == manifest.framework;
    if !is_said {
        return Err(refuse("the assessment in it is another than its manifest says"));
    }
    let content = Received { answers: deployment.answers.clone(), risks: deployment.risks.clone() };
    if manifest.said.as_ref().is_some_and(|said| *said != content.confirmations().to_string()) {
        return Err(refuse("what people say in the assessment in it is not what its manifest says"));
    }
    if !deployment.is_received_intact {
        return Err(refuse("`received.toml` in it is not what its lineage says"));
    }
    let (held, broken) = statements(project.store(), &manifest.name)?;
    if let Some(finding) = broken.into_iter().find(Finding::is_error) {
        return Err(within(finding));
    }
    if let Some(finding) = record(project.store(), &manifest.name)?.1.into_iter().find(Finding::is_error) {
        return Err(within(finding));
    }
    let mut evidence = evidence_of(&deployment);
    evidence.extend(recorded(&held));
    for path in parts.keys().filter_map(|name| name.strip_prefix(EVIDENCE)) {
        if !evidence.contains(path) {
            return Err(refuse(format!(
                "it carries `{path}`, which the assessment does not name as evidence"
            )));
        }
    }
    let base = match (&manifest.base, parts.get(BASE)) {
        (Some(_), Some(bytes)) => {
            let (base, findings) = read_received(&Document::parse(BASE, bytes)?, &framework);
            match findings.into_iter().find(Finding::is_error) {
                Some(finding) => return Err(within(finding)),
                None => Some(base),
            }
        }
        (None, None) => None,
        _ => return Err(refuse("it names a base and carries none, or carries one that it does not name")),
    };
    Ok(Some(Carried { deployment, framework, base }))
}

/// The files that show recorded decisions.
pub fn recorded(held: &[Held]) -> impl Iterator<Item = &str> {
    held.iter().filter_map(|held| held.statement.recorded.as_ref()).map(|recorded| recorded.evidence.as_str())
}

/// A finding about a part, as a reason to refuse the whole.
fn within(finding: Finding) -> Error {
    let place = finding.primary.as_ref().map(|label| format!(" in `{}`", label.file)).unwrap_or_default();
    refuse(format!("the assessment in it is not sound{place}: {}", finding.message))
        .note(format!("{}: {}", finding.code.id, finding.code.title))
        .help("nothing can be received that `tom check` would refuse: ask the sender to mend it and to hand over anew")
}

/// The parts as a repository of their own.
fn store_of(manifest: &Manifest, parts: &Parts) -> Result<MemoryStore, Error> {
    let FrameworkRef { id, version, .. } = &manifest.framework;
    let settings = format!("framework = {{ id = {}, version = {} }}\n", quoted(id), quoted(version));
    let mut files = BTreeMap::from([(SETTINGS.to_owned(), settings.into_bytes())]);
    let framework = format!("{FRAMEWORK}{id}/{version}/");
    for (name, bytes) in parts {
        let path = if let Some(rest) = name.strip_prefix(ASSESSMENT) {
            if rest == CONFLICTS || name.len() as u64 + bytes.len() as u64 > crate::store::MAX_FILE {
                return Err(refuse(format!("`{name}` is not to be in a hand-over, or too large")));
            }
            format!("{ASSESSMENTS}/{}/{rest}", manifest.name)
        } else if let Some(rest) = name.strip_prefix(EVIDENCE) {
            if !may_travel(rest) {
                return Err(refuse(format!(
                    "it carries `{rest}` as evidence, which stands where tom or a machine reads"
                )));
            }
            rest.to_owned()
        } else if let Some(rest) = name.strip_prefix(FRAMEWORK) {
            if !name.starts_with(&framework) || bytes.len() as u64 > crate::store::MAX_FILE {
                return Err(refuse(format!("`{name}` is no part of {}", manifest.framework)));
            }
            format!("frameworks/{rest}")
        } else {
            continue;
        };
        files.insert(path, bytes.clone());
    }
    Ok(files.into_iter().collect())
}

/// Every file beneath a folder of a store, by its path beneath it. What is hidden stays.
///
/// # Errors
///
/// Where one cannot be read, is no file, or has a name that no part may have.
pub fn files_beneath(store: &dyn Store, folder: &str) -> Result<Parts, Error> {
    let mut files = Parts::new();
    let mut open = vec![String::new()];
    while let Some(inner) = open.pop() {
        let at = if inner.is_empty() {
            folder.to_owned()
        } else {
            format!("{folder}/{}", inner.trim_end_matches('/'))
        };
        for entry in store.entries(&at)?.into_iter().filter(|entry| !entry.name.starts_with('.')) {
            let path = format!("{inner}{}", entry.name);
            match entry.kind {
                EntryKind::Folder => open.push(format!("{path}/")),
                EntryKind::File if is_plain_path(&path) => {
                    files.extend(store.read(&format!("{folder}/{path}"))?.map(|bytes| (path, bytes)));
                }
                _ => {
                    return Err(Error::new(&crate::ops::handover::CANNOT_HAND_OVER, format!("`{folder}/{path}` cannot travel"))
                        .help("name it in letters, digits, spaces, hyphens, underscores and full stops; links do not travel"));
                }
            }
        }
    }
    Ok(files)
}
