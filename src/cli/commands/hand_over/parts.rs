//! What goes into a hand-over, as far as its reader may see it.

use crate::cli::context::Context;
use crate::cli::packs;
use crate::cli::words::counted;
use crate::diag::{Error, Finding, Label};
use crate::exchange::handover::{
    ASSESSMENT, BASE, EVIDENCE, FORMS, FRAMEWORK, PACKS, files_beneath, recorded,
};
use crate::exchange::{Asked as AskedBeside, Parts, Provenance, Selection, is_plain_path, write_workbook};
use crate::model::{Canonical, Deployment, End, Framework, Kind, Reader, Received, Value};
use crate::ops::derive::names_it;
use crate::ops::handover::{CANNOT_HAND_OVER, Names, evidence_of, may_travel};
use crate::project::{CONFLICTS, EXCHANGES, Project, SETTINGS, exchange_of, folder_of, statements};
use crate::render::{Audience, PackFormat, PackKind};
use crate::store::{MemoryStore, Repo};
use crate::syntax::{Edit, edit, write_received};
use std::collections::BTreeMap;

/// The parts but for the page on top, and what was left out.
pub(super) struct Built {
    pub(super) parts: Parts,
    pub(super) left_out: Vec<String>,
    /// The digest of what it received from its parent, as it is handed over.
    pub(super) received: Option<String>,
}

/// Instead of the name of a parent that the reader may not know.
const WITHHELD: &str = "withheld";

/// What is handed over, and to whom.
pub(super) struct Asked<'a> {
    pub(super) context: &'a Context,
    pub(super) repo: &'a Repo,
    pub(super) project: &'a Project,
    pub(super) deployment: &'a Deployment,
    pub(super) framework: &'a Framework,
    pub(super) to: &'a End,
    pub(super) reader: Reader,
    pub(super) with_base: bool,
    pub(super) with_pdf: bool,
    /// What belongs to other organisations, and is not for this reader.
    pub(super) names: &'a Names,
}

pub(super) fn build(asked: &Asked<'_>) -> Result<Built, Error> {
    let Asked { project, deployment, framework, to, .. } = asked;
    let is_public = asked.reader == Reader::Public;
    let mut built = Built { parts: Parts::new(), left_out: Vec::new(), received: None };
    assessment(asked, &mut built)?;
    for (name, bytes) in files_beneath(project.store(), &folder_of_framework(deployment))? {
        let (id, version) = (&deployment.meta.framework.id, &deployment.meta.framework.version);
        built.parts.insert(format!("{FRAMEWORK}{id}/{version}/{name}"), bytes);
    }
    evidence(project, deployment, &mut built)?;
    // Pages and workbook show what is handed over, and nothing that the sender knows besides.
    let seen = seen(project, &built.parts, deployment)?;
    let formats =
        PackFormat::usual().into_iter().filter(|format| asked.with_pdf || *format == PackFormat::Html);
    let packs = packs::Asked {
        names: vec![deployment.name.clone()],
        kinds: PackKind::ALL.into_iter().filter(|kind| kind.phase().is_some()).collect(),
        is_chosen: false,
        formats: formats.collect(),
        audience: if is_public { Audience::Public } else { Audience::Full },
        revision: None,
        since: None,
        to: asked.context.folder.clone(),
        is_rehearsal: true,
    };
    let pages = packs::in_memory(asked.context, asked.repo, &seen, &packs)?;
    let pages = pages.into_iter().map(|(name, bytes)| (format!("{PACKS}{name}"), bytes));
    if is_public {
        built.parts = pages.collect();
        built.left_out = vec![
            "the assessment itself, its statements and its evidence: this is to read".to_owned(),
            "names, roles, contact details and other personal data".to_owned(),
        ];
        return Ok(built);
    }
    built.parts.extend(pages);
    if asked.with_base {
        let path = format!("{}/received.toml", exchange_of(&deployment.meta.id, &to.key()));
        let bytes = project.store().read(&path)?.ok_or_else(|| {
            Error::new(&CANNOT_HAND_OVER, format!("`{path}` is missing: what came last from {to}"))
                .at(Label::file(&path))
                .help("restore it from git")
        })?;
        built.parts.insert(BASE.to_owned(), bytes);
    }
    let commit = asked.repo.last_change("HEAD", &folder_of(&deployment.name))?;
    let provenance = Provenance {
        seconds: commit.as_ref().map(|commit| commit.seconds).unwrap_or_default(),
        commit: commit.map(|commit| commit.id),
        is_draft: false,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let selection = Selection { party: Some(to.party.clone()), todo: false };
    let (handed, _) = seen.load(&deployment.name)?.sound()?;
    let form = write_workbook(
        framework,
        project.settings(),
        &handed,
        &selection,
        &AskedBeside::default(),
        &provenance,
    )?;
    built.parts.insert(format!("{FORMS}{}-{}.xlsx", deployment.name, to.party), form);
    let settings = "people, keys and policy of the sender (`tom.toml`): every organisation keeps its own";
    built.left_out.push(settings.to_owned());
    Ok(built)
}

/// The repository as the reader will have it, with the sender's people and templates, and what came of this deployment.
fn seen(project: &Project, parts: &Parts, deployment: &Deployment) -> Result<Project, Error> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    files.extend(project.store().read(SETTINGS)?.map(|bytes| (SETTINGS.to_owned(), bytes)));
    // What came shows whose word is whose.
    let exchanges = format!("{EXCHANGES}/{}", deployment.meta.id);
    for folder in ["templates", &exchanges] {
        let beneath = files_beneath(project.store(), folder)?;
        files.extend(beneath.into_iter().map(|(name, bytes)| (format!("{folder}/{name}"), bytes)));
    }
    for (name, bytes) in parts {
        let path = if let Some(rest) = name.strip_prefix(ASSESSMENT) {
            format!("{}/{rest}", folder_of(&deployment.name))
        } else if let Some(rest) = name.strip_prefix(FRAMEWORK) {
            format!("frameworks/{rest}")
        } else if let Some(rest) = name.strip_prefix(EVIDENCE) {
            rest.to_owned()
        } else {
            continue;
        };
        files.push((path, bytes.clone()));
    }
    let (project, findings) = Project::open(Box::new(files.into_iter().collect::<MemoryStore>()))?;
    match findings.into_iter().find(Finding::is_error) {
        Some(finding) => Err(finding.into()),
        None => Ok(project),
    }
}

fn folder_of_framework(deployment: &Deployment) -> String {
    let framework = &deployment.meta.framework;
    format!("frameworks/{}/{}", framework.id, framework.version)
}

/// The deployment's folder, byte for byte but for what tells of another organisation that it comes from.
fn assessment(asked: &Asked<'_>, built: &mut Built) -> Result<(), Error> {
    let (project, deployment) = (asked.project, asked.deployment);
    let mut files = files_beneath(project.store(), &folder_of(&deployment.name))?;
    files.remove(CONFLICTS);
    if let Some(lineage) = &deployment.meta.derived_from {
        built.received = Some(lineage.received.clone());
        let head = files.entry("deployment.toml".to_owned()).or_default();
        withhold_parent(asked, head, built)?;
        if let Some(received) =
            deployment.received.as_ref().and_then(|received| redacted(received, asked.names, built))
        {
            let digest = received.digest().to_string();
            let confirmations = lineage.confirmations.as_ref().map(|_| received.confirmations().to_string());
            let head = files.entry("deployment.toml".to_owned()).or_default();
            for (key, text) in [("received", Some(digest.clone())), ("confirmations", confirmations)] {
                let Some(text) = text else { continue };
                let route = vec!["derived-from".to_owned(), key.to_owned()];
                *head = edit("deployment.toml", head, &Edit::Set(route, Value::Text(text)))?;
            }
            built.received = Some(digest);
            files.insert("received.toml".to_owned(), write_received(&received, asked.framework).into_bytes());
        }
    }
    built.parts.extend(files.into_iter().map(|(name, bytes)| (format!("{ASSESSMENT}{name}"), bytes)));
    Ok(())
}

/// Takes the name of a parent that belongs to another deployer out of `deployment.toml`: only the supplier has both.
fn withhold_parent(asked: &Asked<'_>, head: &mut Vec<u8>, built: &mut Built) -> Result<(), Error> {
    let Some(lineage) = &asked.deployment.meta.derived_from else { return Ok(()) };
    let names = asked.project.deployments()?.0;
    let metas = names.into_iter().filter_map(|name| asked.project.meta(&name).ok());
    let is_baseline = metas.into_iter().any(|meta| meta.id == lineage.id && meta.kind == Kind::Baseline);
    if is_baseline || asked.reader == Reader::Supplier {
        return Ok(());
    }
    let what = "the name of the deployment that it was derived from, which may be another organisation's";
    built.left_out.push(what.to_owned());
    let route = |key: &str| vec!["derived-from".to_owned(), key.to_owned()];
    *head = edit("deployment.toml", head, &Edit::Set(route("deployment"), Value::Text(WITHHELD.to_owned())))?;
    if lineage.commit.is_some() {
        *head = edit("deployment.toml", head, &Edit::Remove(route("commit")))?;
    }
    Ok(())
}

/// What came from the parent without the texts that name another organisation; none where nothing does. Everything else of an entry
/// stays, because states rest on which confirmations came.
fn redacted(received: &Received, names: &Names, built: &mut Built) -> Option<Received> {
    let mut count = 0;
    let mut left = received.clone();
    for_each_text(&mut left, &mut |text, instead| {
        if names.keys().any(|name| names_it(text, name)) {
            instead.clone_into(text);
            count += 1;
        }
    });
    if count == 0 {
        return None;
    }
    built.left_out.push(format!(
        "in `received.toml`, {} as they came from the parent, because they name another organisation",
        counted(count, "text", "texts")
    ));
    Some(left)
}

/// Every text that people wrote in what was received, and what may stand in its place.
fn for_each_text(received: &mut Received, change: &mut impl FnMut(&mut String, &str)) {
    let value = |value: &mut Value, change: &mut dyn FnMut(&mut String, &str)| match value {
        Value::Text(text) => change(text, WITHHELD),
        Value::Texts(texts) => texts.iter_mut().for_each(|text| change(text, WITHHELD)),
        Value::Date(_) | Value::Number(_) => {}
    };
    let evidence = |texts: &mut Vec<String>, change: &mut dyn FnMut(&mut String, &str)| {
        texts.iter_mut().for_each(|text| change(text, "ref:withheld"));
        texts.sort_unstable();
        texts.dedup();
    };
    for answer in received.answers.values_mut() {
        answer.value.iter_mut().for_each(|one| value(one, change));
        answer.rows.values_mut().flat_map(BTreeMap::values_mut).for_each(|one| value(one, change));
        answer.notes.iter_mut().for_each(|notes| change(notes, WITHHELD));
        evidence(&mut answer.evidence, change);
    }
    for risk in received.risks.values_mut() {
        [&mut risk.title, &mut risk.hazard, &mut risk.effect]
            .into_iter()
            .for_each(|text| change(text, WITHHELD));
        risk.causes.values_mut().for_each(|cause| change(&mut cause.text, WITHHELD));
        for mitigation in risk.mitigations.values_mut() {
            change(&mut mitigation.text, WITHHELD);
            mitigation.reason.iter_mut().for_each(|reason| change(reason, WITHHELD));
            evidence(&mut mitigation.evidence, change);
        }
    }
}

/// The files that are named as evidence.
fn evidence(project: &Project, deployment: &Deployment, built: &mut Built) -> Result<(), Error> {
    let (held, _) = statements(project.store(), &deployment.name)?;
    let mut paths = evidence_of(deployment);
    paths.extend(recorded(&held));
    for path in paths {
        let refuse = |what: &str| {
            Error::new(&CANNOT_HAND_OVER, format!("`{path}`, which is named as evidence, {what}"))
                .at(Label::file(path))
        };
        let bytes = project
            .store()
            .read(path)?
            .ok_or_else(|| refuse("is not there").help("put it back, or name it with `ref:`"))?;
        if !may_travel(path) || !is_plain_path(path) {
            return Err(refuse("cannot travel")
                .help("move it below a folder such as `docs/evidence/`, with a plain name"));
        }
        built.parts.insert(format!("{EVIDENCE}{path}"), bytes);
    }
    Ok(())
}
