//! A store and its files as values: settings, frameworks and deployments, each with the findings of reading it.
//!
//! Readers give what could be read, and findings for the rest: a broken file never hides the others.

mod approvals;
mod by_base;
mod compare;
mod exchanges;
mod load;
mod papers;
mod past;
mod record;

use crate::diag::{Code, Error, Finding, Label, Severity};
use crate::model::{DeploymentName, Framework, FrameworkRef, Meta, PartyId, PermanentId, Settings};
use crate::store::{EntryKind, Store};
use crate::syntax::{Document, FrameworkFile, read_framework, read_meta, read_settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

pub use approvals::{APPROVALS, BROKEN_STATEMENT, EvidenceFiles, Held, STRAY, evidence_digest, statements};
pub use by_base::ByBase;
pub use compare::{Pair, load_pair, pairs};
pub use exchanges::{
    EXCHANGES, LEDGER, MANIFEST, SIGNATURE, SignedManifest, came_from, exchange_of, ledgers, manifest_of,
};
pub use load::{ASIDE, CONFLICTS, IMPORTED, Loaded, Loader, UNKNOWN_FILE, WRONG_PIN};
pub use papers::{Papers, Seen, papers};
pub use past::{Before, Files, Folder, Past, Said, Step, Steps};
pub use record::{RECORD, record};

/// The folder of deployments.
pub const ASSESSMENTS: &str = "assessments";
/// Where vendored frameworks stand.
pub const FRAMEWORKS: &str = "frameworks";
/// The settings file.
pub const SETTINGS: &str = "tom.toml";

/// The repository is none of tom's.
pub static NOT_A_PROJECT: Code = Code {
    id: "TOM-0911",
    severity: Severity::Error,
    title: "the repository has no `tom.toml`",
    explain: "tom looks for `tom.toml` at the top of the git repository. `tom init` makes one, with the framework beside it; it overwrites \
nothing.",
};

/// There is no such deployment.
pub static NO_DEPLOYMENT: Code = Code {
    id: "TOM-0912",
    severity: Severity::Error,
    title: "there is no such deployment",
    explain: "A deployment is a folder in `assessments/` with a `deployment.toml` in it. `tom list` shows those that there are. At \
another revision there may be others.",
};

/// A deployment's framework is not in the repository.
pub static NO_FRAMEWORK: Code = Code {
    id: "TOM-0121",
    severity: Severity::Error,
    title: "a framework is not in the repository",
    explain: "A deployment is read with the framework that it pins, from `frameworks/ID/VERSION/`; the one inside tom is only for \
`tom init`, so that an assessment means the same whatever tom reads it. Put the framework's folder back, or mend the pin.",
};

/// Something in `assessments/` is no deployment.
pub static NOT_A_DEPLOYMENT: Code = Code {
    id: "TOM-0130",
    severity: Severity::Error,
    title: "something in `assessments/` is no deployment",
    explain: "Only folders stand in `assessments/`, each with a name of lower-case letters, digits and hyphens, and a \
`deployment.toml`. Links are not followed. Move other things elsewhere.",
};

/// The policy asks something of a party that there is not.
pub static NO_PARTY: Code = Code {
    id: "TOM-1107",
    severity: Severity::Error,
    title: "the policy names a party that no framework has",
    explain: "`signed-hand-overs` in `tom.toml` lists the parties whose hand-overs and receipts are taken in only if they are signed. A name that no framework of this repository has \
would ask it of nobody, so it is refused and never passed over. The parties stand in `frameworks/ID/VERSION/framework.toml`.",
};

/// Every code of this room.
pub const CODES: &[&Code] = &[
    &NOT_A_PROJECT,
    &NO_DEPLOYMENT,
    &NO_FRAMEWORK,
    &NOT_A_DEPLOYMENT,
    &NO_PARTY,
    &UNKNOWN_FILE,
    &WRONG_PIN,
    &BROKEN_STATEMENT,
    &STRAY,
];

/// Frameworks that were read, by id and version.
type Frameworks = BTreeMap<(String, String), Arc<Framework>>;

/// A repository's settings and frameworks. Deployments are loaded one at a time.
pub struct Project {
    store: Box<dyn Store>,
    settings: Arc<Settings>,
    frameworks: Frameworks,
    shared: load::Shared,
    ids: OnceLock<BTreeMap<PermanentId, Vec<DeploymentName>>>,
}

impl Project {
    /// Reads settings and frameworks. A framework that cannot be read is among the findings, and is missing.
    pub fn open(store: Box<dyn Store>) -> Result<(Self, Vec<Finding>), Error> {
        Self::read(store, None)
    }

    /// The same project at another place. What stands there byte for byte as here is not read again, and has no findings again.
    pub fn reopen(&self, store: Box<dyn Store>) -> Result<(Self, Vec<Finding>), Error> {
        Self::read(store, Some(self))
    }

    fn read(store: Box<dyn Store>, other: Option<&Self>) -> Result<(Self, Vec<Finding>), Error> {
        let Some(bytes) = store.read(SETTINGS)? else {
            return Err(Error::new(&NOT_A_PROJECT, "there is no `tom.toml` at the top of this repository")
                .help("make one with `tom init`"));
        };
        let same = other.filter(|other| other.store.read(SETTINGS).is_ok_and(|b| b.as_ref() == Some(&bytes)));
        let (settings, mut findings) = match same {
            Some(other) => (Some(other.settings.clone()), Vec::new()),
            None => {
                let (settings, findings) = read_settings(&Document::parse(SETTINGS, &bytes)?);
                (settings.map(Arc::new), findings)
            }
        };
        let is_read_again = same.is_none();
        drop(bytes);
        let Some(settings) = settings else {
            return Err(findings
                .into_iter()
                .next()
                .map_or_else(|| Error::new(&NOT_A_PROJECT, "`tom.toml` names no framework"), Error::from));
        };
        let mut frameworks = Frameworks::new();
        for id in folders(&*store, FRAMEWORKS)? {
            for version in folders(&*store, &format!("frameworks/{id}"))? {
                let folder = format!("frameworks/{id}/{version}");
                let files = framework_files(&*store, &folder)?;
                let key = (id.clone(), version);
                let same = other
                    .filter(|other| framework_files(&*other.store, &folder).is_ok_and(|there| there == files))
                    .and_then(|other| other.frameworks.get(&key).cloned());
                let framework = same.or_else(|| {
                    let (framework, found) = read_framework(&folder, &files);
                    findings.extend(found);
                    framework.map(Arc::new)
                });
                frameworks.extend(framework.map(|framework| (key, framework)));
            }
        }
        if is_read_again {
            findings.extend(unknown_parties(&settings, &frameworks));
        }
        Ok((
            Self { store, settings, frameworks, shared: load::Shared::default(), ids: OnceLock::new() },
            findings,
        ))
    }

    /// What `tom.toml` says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The store that everything is read from.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The frameworks that could be read.
    pub fn frameworks(&self) -> impl Iterator<Item = &Arc<Framework>> {
        self.frameworks.values()
    }

    /// The framework of a reference.
    pub fn framework(&self, wanted: &FrameworkRef) -> Result<Arc<Framework>, Error> {
        self.frameworks.get(&(wanted.id.clone(), wanted.version.clone())).cloned().ok_or_else(|| {
            let known: Vec<String> =
                self.frameworks.keys().map(|(id, version)| format!("{id} {version}")).collect();
            let error = Error::new(&NO_FRAMEWORK, format!("the framework {wanted} cannot be used"));
            let folder = format!("frameworks/{}/{}", wanted.id, wanted.version);
            let is_there =
                self.store.read(&format!("{folder}/framework.toml")).is_ok_and(|file| file.is_some());
            match (is_there, known.is_empty()) {
                (true, _) => {
                    error.help(format!("mend the findings about `{folder}`, or restore it from git"))
                }
                (false, true) => error.help("run `tom init`, which puts it into `frameworks/`"),
                (false, false) => {
                    error.note(format!("usable frameworks in this repository: {}", known.join(", ")))
                }
            }
        })
    }

    /// What is the same for siblings that received the same, found without reading it.
    pub fn likeness(&self, name: &DeploymentName) -> Option<u64> {
        self.store.likeness(&format!("{}/received.toml", folder_of(name)))
    }

    /// The names of all deployments, in order, and findings for what else stands among them.
    pub fn deployments(&self) -> Result<(Vec<DeploymentName>, Vec<Finding>), Error> {
        let mut names = Vec::new();
        let mut findings = Vec::new();
        for entry in self.store.entries(ASSESSMENTS)? {
            let path = format!("{ASSESSMENTS}/{}", entry.name);
            if entry.name.starts_with('.') {
                continue; // what a killed command left, or a file of the operating system's
            }
            let wrong = |what: String| Finding::new(&NOT_A_DEPLOYMENT, what).at(Label::file(&path));
            match (entry.kind, DeploymentName::new(&entry.name)) {
                (EntryKind::Folder, Ok(name)) => names.push(name),
                (EntryKind::Folder, Err(error)) => findings.push(wrong(error.to_string())),
                (EntryKind::Link, _) => findings.push(wrong(format!("`{path}` is a symbolic link"))),
                (EntryKind::File, _) if entry.name.ends_with(".md") => {}
                _ => findings.push(wrong(format!("`{path}` is not a folder"))),
            }
        }
        Ok((names, findings))
    }

    /// The deployment of a name, which has to exist; what it holds may still be wrong.
    pub fn load(&self, name: &DeploymentName) -> Result<Loaded, Error> {
        self.loader()?.load(name)
    }

    /// Whether there is a deployment of a name.
    pub fn has(&self, name: &DeploymentName) -> Result<bool, Error> {
        Ok(!self.store.entries(&folder_of(name))?.is_empty())
    }

    /// What a deployment is, without its answers.
    pub fn meta(&self, name: &DeploymentName) -> Result<Meta, Error> {
        let path = format!("{}/deployment.toml", folder_of(name));
        let bytes = self.store.read(&path)?.ok_or_else(|| {
            let message = format!("`{}` has no `deployment.toml`", folder_of(name));
            Error::new(&NOT_A_DEPLOYMENT, message).at(Label::file(&path))
        })?;
        let (meta, findings) = read_meta(&Document::parse(&path, &bytes)?);
        meta.ok_or_else(|| match findings.into_iter().next() {
            Some(finding) => finding.into(),
            None => Error::new(&NOT_A_DEPLOYMENT, format!("`{path}` cannot be understood")),
        })
    }

    /// The deployments with a permanent id. There is one, unless somebody copied a folder. One that cannot be read is for `tom check` to report.
    pub fn of_id(&self, id: &PermanentId) -> &[DeploymentName] {
        let all = self.ids.get_or_init(|| {
            let mut ids = BTreeMap::<PermanentId, Vec<DeploymentName>>::new();
            for name in self.deployments().map(|(names, _)| names).unwrap_or_default() {
                if let Ok(meta) = self.meta(&name) {
                    ids.entry(meta.id).or_default().push(name);
                }
            }
            ids
        });
        all.get(id).map_or(&[], Vec::as_slice)
    }

    /// The risk prefixes of deployments that begin with a stem. A deployment that cannot be read is for `tom check` to report.
    pub fn prefixes(&self, stem: &str) -> Result<Vec<String>, Error> {
        let store = self.store.fork()?;
        let mut prefixes = Vec::new();
        for name in self.deployments()?.0 {
            let path = format!("{}/deployment.toml", folder_of(&name));
            let Ok(Some(bytes)) = store.read(&path) else { continue };
            // Where neither the stem nor an escape stands, parsing would find no such prefix.
            let may_have = |text: &str| text.contains(stem) || text.contains('\\');
            if std::str::from_utf8(&bytes).is_ok_and(may_have)
                && let Ok(document) = Document::parse(&path, &bytes)
            {
                prefixes.extend(read_meta(&document).0.map(|meta| meta.risk_prefix));
            }
        }
        Ok(prefixes)
    }

    /// Something that loads deployments, one for each thread.
    pub fn loader(&self) -> Result<Loader<'_>, Error> {
        Ok(Loader::new(self, self.store.fork()?))
    }

    /// The error for a deployment that is not there, with the nearest that is.
    pub fn unknown(&self, name: &str) -> Error {
        let error = Error::new(&NO_DEPLOYMENT, format!("there is no deployment `{}`", name.escape_debug()));
        let known = self.deployments().map(|(names, _)| names).unwrap_or_default();
        match crate::diag::nearest(name, known.iter().map(DeploymentName::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.help("make one with `tom new`"),
            None => error.help("`tom list` shows those that there are"),
        }
    }
}

/// The folder of a deployment.
pub fn folder_of(name: &DeploymentName) -> String {
    format!("{ASSESSMENTS}/{name}")
}

fn folders(store: &dyn Store, folder: &str) -> Result<Vec<String>, Error> {
    let entries = store.entries(folder)?;
    Ok(entries
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::Folder && !entry.name.starts_with('.'))
        .map(|entry| entry.name)
        .collect())
}

/// The files of a framework in a store.
pub fn framework_files(store: &dyn Store, folder: &str) -> Result<Vec<FrameworkFile>, Error> {
    let mut names = vec!["framework.toml".to_owned()];
    for part in ["sections", "rules"] {
        let entries = store.entries(&format!("{folder}/{part}"))?;
        names.extend(
            entries.into_iter().filter(|e| e.name.ends_with(".toml")).map(|e| format!("{part}/{}", e.name)),
        );
    }
    let mut files = Vec::new();
    for name in names {
        let path = format!("{folder}/{name}");
        files.extend(store.read(&path)?.map(|bytes| FrameworkFile { name, path, bytes }));
    }
    Ok(files)
}

/// Parties in the policy that no framework has. Where no framework can be read, nobody knows.
fn unknown_parties(settings: &Settings, frameworks: &Frameworks) -> Vec<Finding> {
    let known: BTreeSet<&str> = frameworks
        .values()
        .flat_map(|framework| framework.parties.iter().map(|party| party.id.as_str()))
        .collect();
    let is_unknown = |party: &&PartyId| !known.is_empty() && !known.contains(party.as_str());
    let finding = |party: &PartyId| {
        let all: Vec<&str> = known.iter().copied().collect();
        Finding::new(&NO_PARTY, format!("there is no party `{party}`"))
            .at(Label::value(SETTINGS, ["policy", "signed-hand-overs"]))
            .help(format!("the parties are {}", all.join(", ")))
    };
    settings.policy.signed_hand_overs.iter().filter(is_unknown).map(finding).collect()
}
