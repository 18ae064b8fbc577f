//! From deployments to the files of their packs: in parallel, and only what changed.

use super::beside::{alike_together, side_by_side};
use super::child::{self, Limits};
use super::commands::past;
use super::context::Context;
use super::decided::{self, Judging};
use super::embedded;
use super::since::{DecidedOver, decided_over};
use crate::diag::{Code, Error, Severity};
use crate::model::{Date, Deployment, DeploymentName, Digest, Framework, date_of};
use crate::ops::brought::Brought;
use crate::ops::policy::{Keys, keys};
use crate::ops::spoken::Spoken;
use crate::ops::state::states;
use crate::project::{ASSESSMENTS, Loader, Project, folder_of};
use crate::render::stamp::Since;
use crate::render::{
    Audience, BAD_TEMPLATE, Decided, Earlier, Job, Listed, Member, Pack, PackFormat, PackKind, Provenance,
    Request, Templates, index, layout, layout_job, pack,
};
use crate::store::{Commit, Home, Repo, Writer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// A pack cannot be made of what is there.
pub static NO_PACK: Code = Code {
    id: "TOM-0956",
    severity: Severity::Error,
    title: "there is nothing for a pack to show",
    explain: "The pack `changes` compares an assessment with what it received from its parent, or with its own earlier state: `--since REV`, or \
`--since-decision ROLE` for what that role decided over last. An assessment that was not derived has received nothing, and one that was not there at the \
revision has no earlier state.",
};

/// What the limited child is asked for.
const TASK: &str = "laying out a pack";
/// What it does.
pub(super) const CHILD_TASK: child::Task = (TASK, layout_job);

/// Enough for a pack ten times as long as the longest that is of use.
const LIMITS: Limits = Limits { time: Duration::from_secs(120), memory: 4 << 30, output: 128 << 20 };

/// A text of more bytes is laid out within limits, too.
const LONG_TEXT: usize = 20_000;

/// What is to be rendered.
pub(super) struct Asked {
    pub(super) names: Vec<DeploymentName>,
    pub(super) kinds: Vec<PackKind>,
    /// Whether packs or an earlier state were named: then each has to have something to show.
    pub(super) is_chosen: bool,
    pub(super) formats: Vec<PackFormat>,
    pub(super) audience: Audience,
    pub(super) revision: Option<String>,
    pub(super) since: Option<Since>,
    pub(super) to: PathBuf,
    pub(super) is_rehearsal: bool,
}

/// A deployment as it was.
struct Before {
    deployment: Deployment,
    commit: String,
    day: Date,
    role: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Written,
    Unchanged,
}

/// A file of a pack.
pub(super) struct Rendered {
    pub(super) path: String,
    pub(super) done: Done,
}

/// What people say that was brought in by somebody who may not say it, as far as history shows.
type Foreign = BTreeMap<Spoken, Brought>;

/// What is the same for every pack of a run.
struct Run<'a> {
    asked: &'a Asked,
    project: &'a Project,
    context: &'a Context,
    earlier: Option<(Project, Commit)>,
    provenances: BTreeMap<&'a DeploymentName, Provenance>,
    templates: Templates,
    templates_digest: Digest,
    family: Vec<Member>,
    listed: Listed,
    writer: Writer,
    memory: Writer,
    memory_folder: PathBuf,
    home: Home,
    keys: Keys,
    today: Date,
}

/// Renders packs, and a page that lists them. One deployment that fails keeps no other from being rendered; the errors come second.
pub(super) fn render(
    context: &Context,
    repo: &Repo,
    project: &Project,
    asked: &Asked,
) -> Result<(Vec<Rendered>, Vec<Error>), Error> {
    let run = Run::new(context, repo, project, asked)?;
    let all = alike_together(
        context,
        &asked.names,
        |name| project.likeness(name),
        || run.hand(),
        |hand, name| Ok(run.deployment(hand, name)),
    )?;
    let (mut listed, mut files, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for done in all {
        match done {
            Ok(packs) => packs.into_iter().for_each(|(entry, rendered)| {
                listed.push(entry);
                files.extend(rendered);
            }),
            Err(error) => failed.push(error),
        }
    }
    if !listed.is_empty() {
        let page = serde_json::json!({ "packs": listed });
        files.push(run.put("index.html".to_owned(), &index(&page, &run.templates)?)?);
    }
    Ok((files, failed))
}

/// The packs of one deployment by file name, written nowhere.
pub(super) fn in_memory(
    context: &Context,
    repo: &Repo,
    project: &Project,
    asked: &Asked,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let run = Run::new(context, repo, project, asked)?;
    let mut jobs = Vec::new();
    let mut hand = run.hand()?;
    for name in &asked.names {
        for (kind, pack) in run.drawn(&mut hand, name)? {
            for format in &asked.formats {
                jobs.push((run.path(name, kind, *format), run.job(&pack, *format)?));
            }
        }
    }
    side_by_side(context, &jobs, || Ok(()), |(), (path, work)| Ok((path.clone(), run.laid_out(work)?)))
}

/// What one thread reads with, pack after pack: a repository belongs to one thread at a time.
struct Hand<'a> {
    loader: Loader<'a>,
    repo: Repo,
}

/// What is laid out, and whether a child has to do it.
struct Work {
    pack: serde_json::Value,
    format: PackFormat,
    is_limited: bool,
}

impl<'a> Run<'a> {
    fn new(context: &'a Context, repo: &Repo, project: &'a Project, asked: &'a Asked) -> Result<Self, Error> {
        let templates = templates(project)?;
        let memory_folder = repo.common_dir().join("tom").join("packs");
        Ok(Self {
            asked,
            project,
            context,
            earlier: match &asked.since {
                Some(Since::Revision(since)) => {
                    Some((context.sound_project(repo, Some(since))?, repo.at(since)?.commit().clone()))
                }
                _ => None,
            },
            provenances: provenances(context, repo, asked)?,
            templates_digest: Digest::of_bytes(&json(&templates)?),
            templates,
            family: if asked.kinds.contains(&PackKind::Lineage) { family(project)? } else { Vec::new() },
            listed: Listed::of(project.settings()),
            writer: Writer::unlocked(&asked.to),
            memory: Writer::unlocked(&memory_folder),
            memory_folder,
            home: repo.home(),
            keys: keys(project.settings())?,
            today: context.today(),
        })
    }
}

impl Run<'_> {
    fn hand(&self) -> Result<Hand<'_>, Error> {
        Ok(Hand { loader: self.project.loader()?, repo: self.home.open()? })
    }

    /// The files of a deployment's packs, each pack with its entry for the page that lists them.
    fn deployment(
        &self,
        hand: &mut Hand<'_>,
        name: &DeploymentName,
    ) -> Result<Vec<(serde_json::Value, Vec<Rendered>)>, Error> {
        let mut packs = Vec::new();
        for (kind, pack) in self.drawn(hand, name)? {
            let files: Result<Vec<_>, Error> =
                self.asked.formats.iter().map(|format| self.file(name, kind, &pack, *format)).collect();
            let files = files?;
            packs.push((listing(&pack, &files), files));
        }
        Ok(packs)
    }

    /// The packs of a deployment as data.
    fn drawn(&self, hand: &mut Hand<'_>, name: &DeploymentName) -> Result<Vec<(PackKind, Pack)>, Error> {
        let (deployment, framework) = hand.loader.load(name)?.sound()?;
        let repo = &hand.repo;
        let before = self.before(repo, name)?;
        if let (Err(error), Some(_), true) = (&before, &self.asked.since, self.asked.is_chosen) {
            return Err(error.clone());
        }
        let earlier = before.as_ref().ok().map(|before| Earlier {
            deployment: &before.deployment,
            commit: &before.commit,
            day: before.day,
            role: before.role.as_deref(),
        });
        let foreign = past(repo, &deployment, &framework, self.asked.revision.as_deref())
            .map(|past| past.foreign(self.project.settings(), self.project.store()))
            .unwrap_or_default();
        let mut packs = Vec::new();
        let states = states(&deployment, &framework);
        let loaded = (&deployment, &*framework, &states);
        // What has run out is told as of the day of the content, so that the same content gives the same bytes.
        let from = self.provenances.get(name).filter(|from| !from.is_draft);
        let date = from.and_then(|from| from.date.parse().ok());
        let judging = Judging { project: self.project, keys: &self.keys, as_of: date.unwrap_or(self.today) };
        let revision = self.asked.revision.as_deref();
        let kinds = |given: &decided::Decided<'_>| -> Result<Vec<Pack>, Error> {
            let given = Decided {
                statements: &given.judgement.statements,
                standing: &given.standing,
                broken: given.judgement.missing.len()
                    + given.judgement.broken.iter().filter(|f| f.is_error()).count(),
                has_twin: !given.judgement.twins.is_empty(),
                files: given.case.files,
            };
            let of = |kind: &PackKind| self.pack(*kind, &deployment, &framework, earlier, &foreign, given);
            Ok(self.asked.kinds.iter().map(of).collect())
        };
        let all = decided::decided(judging, (repo, revision), hand.loader.store(), loaded, kinds)?;
        for (kind, pack) in self.asked.kinds.iter().zip(all) {
            if *kind == PackKind::Changes && pack.changes.is_none() {
                if self.asked.is_chosen {
                    return Err(before.err().unwrap_or_else(|| nothing_received(name)));
                }
                continue;
            }
            packs.push((*kind, pack));
        }
        Ok(packs)
    }

    /// The earlier state that is asked for, or why there is none.
    fn before(&self, repo: &Repo, name: &DeploymentName) -> Result<Result<Before, Error>, Error> {
        let loaded =
            |project: &Project| project.loader()?.load(name)?.sound().map(|(deployment, _)| deployment);
        match (&self.asked.since, &self.earlier) {
            (Some(Since::Decision(role)), _) => {
                let project = self.context.sound_project(repo, self.asked.revision.as_deref())?;
                let decided = match decided_over(self.context, repo, &project, name, role) {
                    Ok(decided) => decided,
                    Err(error) => return Ok(Err(error)),
                };
                let earlier = self.context.sound_project(repo, Some(&decided.commit))?;
                let DecidedOver { commit, day, role } = decided;
                Ok(Ok(Before { deployment: loaded(&earlier)?, commit, day, role: Some(role) }))
            }
            (_, Some((project, commit))) if project.has(name)? => {
                let (id, day) = (commit.id.clone(), date_of(commit.seconds));
                Ok(Ok(Before { deployment: loaded(project)?, commit: id, day, role: None }))
            }
            (_, Some((_, commit))) => {
                let at = &commit.id[..12];
                Ok(Err(Error::new(&NO_PACK, format!("`{name}` was not there at commit {at}"))))
            }
            (_, None) => Ok(Err(nothing_received(name))),
        }
    }

    fn pack(
        &self,
        kind: PackKind,
        deployment: &Deployment,
        framework: &Framework,
        earlier: Option<Earlier<'_>>,
        foreign: &Foreign,
        decided: Decided<'_>,
    ) -> Pack {
        let request = Request {
            kind,
            audience: self.asked.audience,
            provenance: Provenance { foreign: foreign.clone(), ..self.provenances[&deployment.name].clone() },
            since: earlier,
            needs_since: self.asked.since.is_some(),
            listed: &self.listed,
            family: &self.family,
            decided,
        };
        pack(framework, self.project.settings(), deployment, &request)
    }

    fn file(
        &self,
        name: &DeploymentName,
        kind: PackKind,
        pack: &Pack,
        format: PackFormat,
    ) -> Result<Rendered, Error> {
        let path = self.path(name, kind, format);
        let work = self.job(pack, format)?;
        let key = self.key(&work)?;
        if self.is_there(&key, &path) {
            return Ok(Rendered { path, done: Done::Unchanged });
        }
        let bytes = self.laid_out(&work)?;
        let rendered = self.put(path, &bytes)?;
        if !self.asked.is_rehearsal {
            // Only spares work: without it the next run renders again.
            let _ = self.memory.write(&key, Digest::of_bytes(&bytes).hex().as_bytes());
        }
        Ok(rendered)
    }

    fn path(&self, name: &DeploymentName, kind: PackKind, format: PackFormat) -> String {
        let audience = match self.asked.audience {
            Audience::Public => String::new(),
            audience => format!("-{}", audience.as_str()),
        };
        format!("{name}-{}{audience}.{}", kind.name(), format.ending())
    }

    fn job(&self, pack: &Pack, format: PackFormat) -> Result<Work, Error> {
        let own = self.templates.own(format.templates());
        let is_own = !own.is_empty();
        let data = serde_json::to_value(pack.laid_out_by(own))
            .map_err(|error| Error::new(&BAD_TEMPLATE, format!("the pack cannot be written: {error}")))?;
        // Templates that are not tom's are programs of somebody else's, and a text as long as a book can keep a layout busy for hours.
        let is_limited = is_own || longest(&data) > LONG_TEXT;
        Ok(Work { pack: data, format, is_limited })
    }

    /// What stands for everything that a file depends on, tom's own version included in the pack.
    fn key(&self, work: &Work) -> Result<String, Error> {
        let mut all = format!("{}\n{}\n", work.format.ending(), self.templates_digest).into_bytes();
        all.extend(json(&work.pack)?);
        Ok(Digest::of_bytes(&all).hex())
    }

    fn laid_out(&self, work: &Work) -> Result<Vec<u8>, Error> {
        if work.is_limited {
            let job = Job { pack: work.pack.clone(), format: work.format, templates: self.templates.clone() };
            child::run(TASK, &json(&job)?, LIMITS)
        } else {
            layout(&work.pack, work.format, &self.templates)
        }
    }

    /// Whether the file that stands there is the one that was made of exactly this.
    fn is_there(&self, key: &str, path: &str) -> bool {
        let known = std::fs::read_to_string(self.memory_folder.join(key));
        let there = std::fs::read(self.asked.to.join(path));
        matches!((known, there), (Ok(known), Ok(there)) if known == Digest::of_bytes(&there).hex())
    }

    fn put(&self, path: String, bytes: &[u8]) -> Result<Rendered, Error> {
        if std::fs::read(self.asked.to.join(&path)).is_ok_and(|there| there == bytes) {
            return Ok(Rendered { path, done: Done::Unchanged });
        }
        if !self.asked.is_rehearsal {
            self.writer.write(&path, bytes)?;
        }
        Ok(Rendered { path, done: Done::Written })
    }
}

/// A pack and its files, for the page that lists them.
fn listing(pack: &Pack, files: &[Rendered]) -> serde_json::Value {
    let entry = |file: &Rendered| {
        let format = file.path.rsplit('.').next().unwrap_or_default();
        serde_json::json!({ "path": file.path, "format": format })
    };
    serde_json::json!({
        "name": pack.name, "deployment": pack.deployment, "title": pack.title,
        "digest": pack.digest, "audience": pack.audience, "is_draft": pack.provenance.is_draft,
        "files": files.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value)
        .map_err(|error| Error::new(&BAD_TEMPLATE, format!("the pack cannot be written: {error}")))
}

/// The bytes of the longest text.
fn longest(data: &serde_json::Value) -> usize {
    match data {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(values) => values.iter().map(longest).max().unwrap_or_default(),
        serde_json::Value::Object(fields) => fields.values().map(longest).max().unwrap_or_default(),
        _ => 0,
    }
}

fn nothing_received(name: &DeploymentName) -> Error {
    Error::new(&NO_PACK, format!("`{name}` received nothing from a parent"))
        .help("compare it with its own earlier state: `--since REV`, `--since-decision ROLE`")
}

/// Where the content of each deployment comes from.
fn provenances<'a>(
    context: &Context,
    repo: &Repo,
    asked: &'a Asked,
) -> Result<BTreeMap<&'a DeploymentName, Provenance>, Error> {
    let revision = asked.revision.as_deref().unwrap_or("HEAD");
    let commits: BTreeMap<String, Commit> = match asked.names.as_slice() {
        _ if repo.is_unborn() => BTreeMap::new(),
        [name] => {
            let commit = repo.last_change(revision, &folder_of(name))?;
            commit.map(|commit| (name.to_string(), commit)).into_iter().collect()
        }
        _ => repo.last_changes(revision, ASSESSMENTS)?,
    };
    let loose = match (asked.revision.is_some(), asked.names.as_slice()) {
        (true, _) => Vec::new(),
        (false, [name]) => repo.uncommitted(&folder_of(name))?,
        (false, _) => repo.uncommitted(ASSESSMENTS)?,
    };
    let loose: BTreeSet<&str> = loose.iter().filter_map(|path| path.split('/').nth(1)).collect();
    let provenance = |name: &DeploymentName| {
        let commit = commits.get(name.as_str());
        // What stands in no commit is as it was found today.
        let found = || commit.map_or_else(|| context.now(), |commit| commit.seconds);
        let seconds = context.source_date().unwrap_or_else(found);
        Provenance {
            date: date_of(seconds).to_string(),
            commit: commit.map(|commit| commit.id.clone()),
            is_draft: commit.is_none() || loose.contains(name.as_str()),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            foreign: BTreeMap::new(),
        }
    };
    Ok(asked.names.iter().map(|name| (name, provenance(name))).collect())
}

/// Every deployment of the repository, as its family sees it.
fn family(project: &Project) -> Result<Vec<Member>, Error> {
    let (names, _) = project.deployments()?;
    // A deployment that cannot be read has no place in the tree; its own check says why.
    let known = names.into_iter().filter_map(|name| Some(Member { meta: project.meta(&name).ok()?, name }));
    Ok(known.collect())
}

/// tom's own templates, whatever a repository has.
pub(super) fn builtin_templates() -> Templates {
    let mut templates = Templates::default();
    for file in embedded::templates() {
        templates.add(file.path, String::from_utf8_lossy(file.bytes));
    }
    templates
}

/// The built-in templates, with the repository's own in their place, and its fonts.
fn templates(project: &Project) -> Result<Templates, Error> {
    let mut templates = builtin_templates();
    for entry in project.store().entries("templates")? {
        let path = format!("templates/{}", entry.name);
        if [".html", ".css", ".typ"].iter().any(|ending| entry.name.ends_with(ending))
            && let Some(bytes) = project.store().read(&path)?
        {
            let source = String::from_utf8(bytes)
                .map_err(|_| Error::new(&BAD_TEMPLATE, format!("`{path}` is not UTF-8 text")))?;
            templates.add_own(entry.name, source);
        }
    }
    for entry in project.store().entries("templates/fonts")? {
        if [".ttf", ".otf"].iter().any(|ending| entry.name.ends_with(ending))
            && let Some(bytes) = project.store().read(&format!("templates/fonts/{}", entry.name))?
        {
            templates.add_font(entry.name, bytes);
        }
    }
    Ok(templates)
}
