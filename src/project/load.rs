//! One deployment from its files.

use super::{NO_DEPLOYMENT, NOT_A_DEPLOYMENT, Project, folder_of};
use crate::diag::{Code, Error, Finding, Label, Severity};
use crate::model::{
    Canonical, Deployment, DeploymentName, Digest, Framework, Pending, Received, RiskId, Section,
};
use crate::store::{EntryKind, NOT_A_FILE, Store};
use crate::syntax::{
    Document, read_asides, read_conflicts, read_meta, read_received, read_risk, read_section,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The file of an update that waits for decisions.
pub const CONFLICTS: &str = "conflicts.toml";

/// The file of answers that an upgrade of the framework set aside.
pub const ASIDE: &str = "aside.toml";

/// The file of what the last checklist said that was imported.
pub const IMPORTED: &str = "imported.toml";

/// A file that tom does not know.
pub static UNKNOWN_FILE: Code = Code {
    id: "TOM-0131",
    severity: Severity::Error,
    title: "a file is not one that a deployment has",
    explain: "A deployment's folder has one file a section, one a risk in `risks/`, and a few of tom's own. A file of another name would \
be read by nobody, and what is in it lost. Rename it, or move it elsewhere, for instance to `docs/`.",
};

/// The framework is not the one that was pinned.
pub static WRONG_PIN: Code = Code {
    id: "TOM-0122",
    severity: Severity::Error,
    title: "a framework is not the one that a deployment pins",
    explain: "The digest in `deployment.toml` and the framework's files differ: somebody edited the framework after the assessment was made. \
The answers may now stand beside other questions than those that were asked. Put the framework back, or make a new version of it.",
};

/// A deployment as it was read, with the findings of reading it.
#[derive(Debug)]
pub struct Loaded {
    /// The deployment; none when `deployment.toml` or its framework could not be read.
    pub deployment: Option<Deployment>,
    /// Its framework.
    pub framework: Option<Arc<Framework>>,
    /// The digest of what it received.
    pub received: Option<Digest>,
    /// The digest of the confirmations that came along with it.
    pub confirmations: Option<Digest>,
    /// An update that waits for decisions.
    pub pending: Option<Box<Pending>>,
    /// What is wrong with its files.
    pub findings: Vec<Finding>,
}

impl Loaded {
    /// Deployment and framework, if nothing is wrong with them; otherwise the first thing that is.
    pub fn sound(self) -> Result<(Deployment, Arc<Framework>), Error> {
        if let Some(finding) = self.findings.into_iter().find(Finding::is_error) {
            return Err(finding.into());
        }
        match (self.deployment, self.framework) {
            (Some(deployment), Some(framework)) => Ok((deployment, framework)),
            _ => Err(Error::new(&NO_DEPLOYMENT, "the deployment cannot be read")),
        }
    }
}

/// What deployments received. Siblings share it, so it is parsed and digested once.
pub(super) type Shared = Mutex<Vec<Arc<Known>>>;

/// How many are kept: siblings stand together where many deployments are read, on as many threads as there are cores.
const MOST_KNOWN: usize = 16;

/// A `received.toml` that was read without a finding.
pub(super) struct Known {
    bytes: Vec<u8>,
    received: Arc<Received>,
    digest: Digest,
    confirmations: Digest,
}

fn digests(known: Option<&Known>) -> [Option<Digest>; 2] {
    [known.map(|known| known.digest), known.map(|known| known.confirmations)]
}

/// Whether what a deployment says it received is what it has, with the confirmations that came along.
fn is_intact(deployment: &Deployment, [received, confirmations]: [Option<Digest>; 2]) -> bool {
    let lineage = deployment.meta.derived_from.as_ref();
    let text = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
    let said = lineage.and_then(|lineage| lineage.confirmations.as_ref());
    lineage.map(|lineage| &lineage.received) == text(received).as_ref()
        && (said.is_none() || said == text(confirmations).as_ref())
}

/// Reads deployments, one after the other.
pub struct Loader<'p> {
    project: &'p Project,
    store: Box<dyn Store>,
}

impl<'p> Loader<'p> {
    pub(super) fn new(project: &'p Project, store: Box<dyn Store>) -> Self {
        Self { project, store }
    }

    /// The store that this loader reads from.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Reads the deployment of a name.
    pub fn load(&mut self, name: &DeploymentName) -> Result<Loaded, Error> {
        let folder = folder_of(name);
        let entries = self.store.entries(&folder)?;
        if entries.is_empty() && !self.is_there(name)? {
            return Err(self.project.unknown(name.as_str()));
        }
        let mut findings = Vec::new();
        let Some((meta, framework)) = self.head(&folder, &mut findings) else {
            let (deployment, framework, received, confirmations, pending) = (None, None, None, None, None);
            return Ok(Loaded { deployment, framework, received, confirmations, pending, findings });
        };
        let mut deployment = Deployment::empty(name.clone(), meta);
        let mut received = [None; 2];
        let mut pending = None;
        for entry in entries {
            let path = format!("{folder}/{}", entry.name);
            match (entry.name.as_str(), entry.kind) {
                ("deployment.toml", _) => {}
                (hidden, _) if hidden.starts_with('.') => {}
                // Decisions and the record are read by whoever asks for them.
                (super::APPROVALS, EntryKind::Folder) | (super::RECORD, EntryKind::File) => {}
                ("risks", EntryKind::Folder) => self.risks(&path, &framework, &mut deployment, &mut findings),
                ("risks" | "received.toml", kind) if kind != wanted(&entry.name) => {
                    findings.push(wrong_kind(&path, kind));
                    deployment.unread.push(entry.name.trim_end_matches(".toml").to_owned());
                }
                (CONFLICTS, EntryKind::File) => {
                    self.document(&path, &mut findings, |document, findings| {
                        let (read, found) = read_conflicts(document, &framework);
                        pending = read.map(Box::new);
                        findings.extend(found);
                    });
                    match &pending {
                        Some(pending) => deployment.waiting = Some(pending.waiting()),
                        None => deployment.unread.push("conflicts".to_owned()),
                    }
                }
                (ASIDE, EntryKind::File) => {
                    self.document(&path, &mut findings, |document, findings| {
                        let (asides, found) = read_asides(document);
                        deployment.asides = asides;
                        findings.extend(found);
                    });
                }
                (IMPORTED, EntryKind::File) => {
                    self.document(&path, &mut findings, |document, findings| {
                        let (imported, found) = read_received(document, &framework);
                        deployment.imported = Some(Arc::new(imported));
                        findings.extend(found);
                    });
                }
                ("received.toml", _) => {
                    let known = self.received(&path, &framework, &mut findings);
                    received = digests(known.as_deref());
                    deployment.received = known.map(|known| known.received.clone());
                    if deployment.received.is_none() {
                        deployment.unread.push("received".to_owned());
                    }
                }
                (name, kind) => {
                    let section = name.strip_suffix(".toml").and_then(|id| framework.section(id));
                    match section.filter(|section| section.is_answered()) {
                        Some(section) if kind != EntryKind::File => {
                            findings.push(wrong_kind(&path, kind));
                            deployment.unread.push(section.id.to_string());
                        }
                        None => findings.push(unknown_file(&path, &framework)),
                        Some(section) => {
                            self.section(&path, &framework, section, &mut deployment, &mut findings);
                        }
                    }
                }
            }
        }
        deployment.is_received_intact = is_intact(&deployment, received);
        let (deployment, framework, [received, confirmations]) =
            (Some(deployment), Some(framework), received);
        Ok(Loaded { deployment, framework, received, confirmations, pending, findings })
    }

    /// Reads the deployment of a name beside one that was read at another revision and differs in these files only, beneath its folder. What
    /// is equal is taken over, so that it is parsed once. Anything out of the ordinary is read anew.
    pub fn load_beside(
        &mut self,
        name: &DeploymentName,
        twin: &Loaded,
        differing: &BTreeSet<String>,
    ) -> Result<Loaded, Error> {
        let folder = folder_of(name);
        let (Some(other), Some(framework), true) =
            (&twin.deployment, &twin.framework, twin.findings.is_empty())
        else {
            return self.load(name);
        };
        let mut findings = Vec::new();
        let mut deployment = other.clone();
        deployment.name = name.clone();
        if differing.contains("deployment.toml") {
            match self.head(&folder, &mut findings) {
                Some((meta, own)) if own.digest == framework.digest => deployment.meta = meta,
                _ => return self.load(name),
            }
        }
        // The framework's folder may differ although nothing in the deployment's does.
        let own = self.project.framework(&deployment.meta.framework);
        if !own.is_ok_and(|own| own.digest == framework.digest) {
            return self.load(name);
        }
        let mut received = [twin.received, twin.confirmations];
        for file in differing.iter().filter(|file| *file != "deployment.toml") {
            let path = format!("{folder}/{file}");
            let section = file.strip_suffix(".toml").and_then(|id| framework.section(id));
            let risk = file.strip_prefix("risks/").and_then(|file| file.strip_suffix(".toml"));
            match (section.filter(|section| section.is_answered()), risk.map(RiskId::new)) {
                (Some(section), _) => {
                    let of_section = |slot: &crate::model::Slot| {
                        framework.item(slot.item.as_str()).is_some_and(|item| item.section == section.id)
                    };
                    deployment.answers.retain(|slot, _| !of_section(slot));
                    self.section(&path, framework, section, &mut deployment, &mut findings);
                }
                (None, Some(Ok(id))) => {
                    deployment.risks.remove(&id);
                    self.risk(&path, &id, framework, &mut deployment, &mut findings);
                }
                _ if file == "received.toml" => {
                    let Some(known) = self.received(&path, framework, &mut findings) else {
                        return self.load(name);
                    };
                    received = digests(Some(&known));
                    deployment.received = Some(known.received.clone());
                }
                _ => return self.load(name),
            }
        }
        if findings.iter().any(Finding::is_error) {
            return self.load(name);
        }
        deployment.is_received_intact = is_intact(&deployment, received);
        let (framework, pending) = (Some(framework.clone()), twin.pending.clone());
        let (deployment, [received, confirmations]) = (Some(deployment), received);
        Ok(Loaded { deployment, framework, received, confirmations, pending, findings })
    }

    /// Reads the answers of a section.
    fn section(
        &self,
        path: &str,
        framework: &Framework,
        section: &Section,
        deployment: &mut Deployment,
        findings: &mut Vec<Finding>,
    ) {
        let mut is_read = false;
        let is_there = self.document(path, findings, |document, findings| {
            is_read = true;
            let (answers, found) = read_section(document, framework, section);
            deployment.answers.extend(answers);
            findings.extend(found);
        });
        if is_there && !is_read {
            deployment.unread.push(section.id.to_string());
        }
    }

    /// Reads a risk.
    fn risk(
        &self,
        path: &str,
        id: &RiskId,
        framework: &Framework,
        deployment: &mut Deployment,
        findings: &mut Vec<Finding>,
    ) {
        let mut is_read = false;
        let is_there = self.document(path, findings, |document, findings| {
            let (risk, found) = read_risk(document, framework);
            is_read = risk.is_some();
            deployment.risks.extend(risk.map(|risk| (id.clone(), risk)));
            findings.extend(found);
        });
        if is_there && !is_read {
            deployment.unread.push(id.to_string());
        }
    }

    /// Whether a folder of the name is there, empty or not.
    fn is_there(&self, name: &DeploymentName) -> Result<bool, Error> {
        Ok(self.store.entries(super::ASSESSMENTS)?.iter().any(|entry| entry.name == name.as_str()))
    }

    fn head(
        &self,
        folder: &str,
        findings: &mut Vec<Finding>,
    ) -> Option<(crate::model::Meta, Arc<Framework>)> {
        let path = format!("{folder}/deployment.toml");
        let mut meta = None;
        if !self.document(&path, findings, |document, findings| {
            let (read, found) = read_meta(document);
            meta = read;
            findings.extend(found);
        }) {
            let message = format!("`{folder}` has no `deployment.toml`");
            findings.push(Finding::new(&NOT_A_DEPLOYMENT, message).at(Label::file(folder)));
        }
        let meta = meta?;
        match self.project.framework(&meta.framework) {
            Ok(framework) => {
                let pinned = meta.framework.digest.as_ref();
                if pinned.is_some_and(|digest| *digest != framework.digest.to_string()) {
                    findings.push(
                        Finding::new(
                            &WRONG_PIN,
                            format!("the framework {} is not the one that is pinned here", meta.framework),
                        )
                        .at(Label::value(&path, ["framework", "digest"]))
                        .note(format!("the framework in this repository has {}", framework.digest)),
                    );
                }
                Some((meta, framework))
            }
            Err(error) => {
                findings.push(error.finding().clone().at(Label::value(&path, ["framework"])));
                None
            }
        }
    }

    /// Reads and parses one file; false when there is none. What goes wrong is a finding.
    fn document(
        &self,
        path: &str,
        findings: &mut Vec<Finding>,
        mut read: impl FnMut(&Document<'_>, &mut Vec<Finding>),
    ) -> bool {
        match self.store.read(path) {
            Ok(None) => return false,
            Err(error) => findings.push(error.finding().clone()),
            Ok(Some(bytes)) => match Document::parse(path, &bytes) {
                Ok(document) => read(&document, findings),
                Err(finding) => findings.push(finding),
            },
        }
        true
    }

    fn risks(
        &self,
        folder: &str,
        framework: &Framework,
        deployment: &mut Deployment,
        findings: &mut Vec<Finding>,
    ) {
        let entries = match self.store.entries(folder) {
            Ok(entries) => entries,
            Err(error) => return findings.push(error.finding().clone()),
        };
        for entry in entries.into_iter().filter(|entry| !entry.name.starts_with('.')) {
            let path = format!("{folder}/{}", entry.name);
            let id = entry.name.strip_suffix(".toml").map(RiskId::new);
            let Some(Ok(id)) = id else {
                let message = format!("`{path}` is not the file of a risk");
                findings.push(
                    Finding::new(&UNKNOWN_FILE, message)
                        .at(Label::file(&path))
                        .help("a risk's file is its id and `.toml`, as in `HAZ-004.toml`"),
                );
                continue;
            };
            self.risk(&path, &id, framework, deployment, findings);
        }
    }

    fn received(&self, path: &str, framework: &Framework, findings: &mut Vec<Finding>) -> Option<Arc<Known>> {
        let bytes = match self.store.read(path) {
            Ok(bytes) => bytes?,
            Err(error) => {
                findings.push(error.finding().clone());
                return None;
            }
        };
        let shared = || self.project.shared.lock().unwrap_or_else(PoisonError::into_inner);
        // Others differ in length or early on, so looking through them costs less than a hash would.
        if let Some(known) = shared().iter().find(|known| known.bytes == bytes) {
            return Some(known.clone());
        }
        let (received, found) = match Document::parse(path, &bytes) {
            Ok(document) => read_received(&document, framework),
            Err(finding) => {
                findings.push(finding);
                return None;
            }
        };
        let (digest, confirmations) = (received.digest(), received.confirmations());
        let known = Arc::new(Known { bytes, received: Arc::new(received), digest, confirmations });
        if found.is_empty() {
            let mut shared = shared();
            if shared.len() >= MOST_KNOWN {
                shared.remove(0);
            }
            shared.push(known.clone());
        }
        findings.extend(found);
        Some(known)
    }
}

/// What a known name has to be.
fn wanted(name: &str) -> EntryKind {
    if name == "risks" { EntryKind::Folder } else { EntryKind::File }
}

fn wrong_kind(path: &str, kind: EntryKind) -> Finding {
    let what = match kind {
        EntryKind::Folder => "a folder",
        EntryKind::Link => "a symbolic link",
        EntryKind::File => "a file",
        EntryKind::Other => "a pipe or device",
    };
    let is_risks = path.ends_with("/risks");
    let wanted = if is_risks { "a folder" } else { "a regular file" };
    Finding::new(&NOT_A_FILE, format!("`{path}` is {what}, not {wanted}"))
        .at(Label::file(path))
        .help("restore it from git")
}

fn unknown_file(path: &str, framework: &Framework) -> Finding {
    let name = path.rsplit('/').next().unwrap_or(path);
    let known: Vec<String> = framework
        .sections
        .iter()
        .filter(|section| section.is_answered())
        .map(|section| format!("{}.toml", section.id))
        .chain(["deployment.toml", "received.toml", IMPORTED, "risks"].map(str::to_owned))
        .collect();
    let finding =
        Finding::new(&UNKNOWN_FILE, format!("`{name}` is not a file of a deployment")).at(Label::file(path));
    match crate::diag::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.note(format!("a deployment has: {}", known.join(", "))),
    }
}
