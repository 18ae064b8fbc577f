//! Two states of the repository: reads what differs, and has it reviewed.

use super::request::Range;
use crate::cli::beside::alike_together;
use crate::cli::context::Context;
use crate::diag::{Error, Finding, Label};
use crate::model::{Canonical, Date, DeploymentName, Settings};
use crate::ops::check::RECEIVED_CHANGED;
use crate::ops::policy::{Keys, keys};
use crate::ops::review::{
    Authors, Base, Change, End, Kind, Problem, Review, Reviewed, Said, Told, added, changed, check_policy,
    decisions, descendant, gone, removed, repository,
};
use crate::ops::verify::{Case, judge};
use crate::project::{
    self, ASSESSMENTS, EvidenceFiles, FRAMEWORKS, Held, Loaded, Loader, NOT_A_PROJECT, Pair, Papers, Project,
    SETTINGS, folder_of, load_pair, pairs, papers, statements,
};
use crate::store::{Commit, GitStore, Home, Repo, Right, Store, Touch, WorkTree};
use crate::syntax::{Document, read_section};
use std::collections::{BTreeMap, BTreeSet};

/// Descendants are looked for in every deployment's `deployment.toml`; beyond so many deployments only when asked, so that
/// the cost follows the change.
const MOST_SEARCHED: usize = 500;

/// The two states, opened.
struct Ends {
    /// The left end's commit; none where nothing has been committed.
    left: Option<GitStore>,
    right: Option<GitStore>,
    names: (End, End),
    /// The branch that a range since a fork is held against: it may have gained gates after the fork.
    against: Option<GitStore>,
    /// Other commits that the two have in common, where branches were merged crosswise: what they decided is not to be lost either.
    others: Vec<Commit>,
    /// What the range leaves behind it, to tell whose commits are in it.
    since: Vec<Commit>,
    range: Range,
}

impl Ends {
    /// The history that tells when statements were there: that of whose people decide.
    fn history(&self) -> String {
        let commit = self.left.as_ref().or(self.right.as_ref()).map(GitStore::commit);
        commit.map_or_else(|| "HEAD".to_owned(), |commit| commit.id.clone())
    }

    /// The history that goes with the right side's own people, where two commits are compared as they are. A branch says nothing of its own history.
    fn own_history(&self) -> Option<&str> {
        let right = self.right.as_ref().filter(|_| matches!(self.range, Range::Between(..)))?;
        Some(&right.commit().id)
    }
}

/// Reviews what lies between two states.
pub(super) fn review(
    context: &Context,
    repo: &Repo,
    range: Range,
    only: &[DeploymentName],
    gates: &[Kind],
    descendants: bool,
) -> Result<Review, Error> {
    let ends = open(repo, range)?;
    let (before, mut problems) = project_of(ends.left.as_ref(), &ends.names.0.name, None)?;
    // Findings of what is equal are not told twice, so only what has none is taken over.
    let sound = before.as_ref().filter(|_| problems.is_empty());
    let (after, found) = opened(right_store(context, repo, &ends)?, sound)?;
    problems.extend(of_findings(&ends.names.1.name, &found));
    let right = match (&ends.right, &ends.range) {
        (Some(right), _) => Right::Revision(right),
        (None, Range::Staged) => Right::Index,
        (None, _) => Right::WorkTree,
    };
    let beneath = [ASSESSMENTS, FRAMEWORKS, "templates", SETTINGS];
    let paths = repo.differing(ends.left.as_ref(), right, &beneath)?;
    let settings = before.as_ref().map(Project::settings);
    let against = project_of(ends.against.as_ref(), &ends.names.0.name, sound)?.0;
    let policies = settings.into_iter().chain(against.as_ref().map(Project::settings));
    let gates = all_gates(policies, gates)?;
    let templates =
        paths.iter().filter(|path| path.starts_with("templates")).cloned().collect::<BTreeSet<String>>();
    let frameworks = |project: &'_ Project| project.frameworks().cloned().collect::<Vec<_>>();
    let (old, new) = (before.as_ref().map(frameworks).unwrap_or_default(), frameworks(&after));
    let holds = (
        (settings, old.iter().collect::<Vec<_>>()),
        (Some(after.settings()), new.iter().collect::<Vec<_>>()),
    );
    let whole = repository(&holds.0, &holds.1, &templates);

    let (mut pairs, found) = pairs(before.as_ref(), &after, &paths)?;
    problems.extend(of_findings(&ends.names.1.name, &found));
    let is_policy = paths.contains(SETTINGS);
    if is_policy || repo.differs_beside(ends.left.as_ref(), right, &beneath)? {
        decided_over_other_files(&mut pairs, before.as_ref(), &after, is_policy)?;
    }
    known(&pairs, only, before.as_ref(), &after)?;
    if !only.is_empty() {
        let is_asked = |name: &Option<DeploymentName>| name.as_ref().is_some_and(|name| only.contains(name));
        pairs.retain(|pair| is_asked(&pair.left) || is_asked(&pair.right));
    }
    let history = History::of(repo, &ends, &pairs, &paths)?;
    // Equal files are equal settings, and a digest is over everybody in them.
    let is_other = is_policy
        && before.as_ref().is_some_and(|before| before.settings().digest() != after.settings().digest());
    let reader = Reader {
        own_keys: is_other.then(|| keys(after.settings()).unwrap_or_default()),
        ends: &ends,
        before: before.as_ref(),
        after: &after,
        history: &history,
        today: context.today(),
        // A key that cannot be used is for `tom check` to say; what it signed is then not verified.
        keys: keys(before.as_ref().unwrap_or(&after).settings()).unwrap_or_default(),
        home: repo.home(),
        context,
    };
    let mut deployments = reader.all(&pairs)?;
    if let Range::SinceFork(_, b) = &ends.range {
        for other in &ends.others {
            let range = Range::Between(other.id.clone(), b.clone());
            // What is asked for need not have been there yet.
            let mut others = review(context, repo, range, &[], &[], false)?.deployments;
            others.retain(|reviewed| only.is_empty() || only.contains(&reviewed.name));
            gone(&mut deployments, others);
        }
    }
    let (names, _) = after.deployments()?;
    let searched = descendants || names.len() <= MOST_SEARCHED;
    if searched {
        reader.descendants(&pairs, &names, &mut deployments)?;
    }
    let mut review = Review::of(ends.names.clone(), whole, deployments, problems, &gates);
    review.descendants_searched = searched;
    Ok(review)
}

/// The gates of the command line, and of the settings that the right side is held against: a branch cannot switch them off.
fn all_gates<'s>(policies: impl Iterator<Item = &'s Settings>, gates: &[Kind]) -> Result<Vec<Kind>, Error> {
    let mut all = gates.to_vec();
    for settings in policies {
        if let Some(finding) = check_policy(settings).into_iter().next() {
            return Err(finding.into());
        }
        all.extend(settings.fail_on.iter().filter_map(|word| word.parse::<Kind>().ok()));
    }
    Ok(all)
}

fn open(repo: &Repo, range: Range) -> Result<Ends, Error> {
    let end = |name: &str, store: Option<&GitStore>| End {
        name: name.to_owned(),
        commit: store.map(|store| store.commit().id.clone()),
    };
    let (mut against, mut others) = (None, Vec::new());
    let (left, right, names, since) = match &range {
        Range::Between(a, b) => {
            let (left, right) = (repo.at(a)?, repo.at(b)?);
            let names = (end(a, Some(&left)), end(b, Some(&right)));
            let since = vec![left.commit().clone()];
            (Some(left), Some(right), names, since)
        }
        Range::SinceFork(a, b) => {
            others = repo.merge_bases(a, b)?;
            let base = others.remove(0);
            let (left, right) = (repo.at(&base.id)?, repo.at(b)?);
            let names = (end(a, Some(&left)), end(b, Some(&right)));
            let tip = repo.at(a)?;
            let since = vec![base, tip.commit().clone()];
            against = Some(tip);
            (Some(left), Some(right), names, since)
        }
        Range::WorkTree(rev) => {
            let left = repo.at(rev)?;
            let names = (end(rev, Some(&left)), end("work tree", None));
            let since = vec![left.commit().clone()];
            (Some(left), None, names, since)
        }
        Range::Staged => {
            let left = if repo.is_unborn() { None } else { Some(repo.at("HEAD")?) };
            let names = (end("HEAD", left.as_ref()), end("index", None));
            let since = left.iter().map(|left| left.commit().clone()).collect();
            (left, None, names, since)
        }
    };
    Ok(Ends { left, right, names, against, others, since, range })
}

fn right_store(context: &Context, repo: &Repo, ends: &Ends) -> Result<Box<dyn Store>, Error> {
    match (&ends.right, &ends.range) {
        (Some(right), _) => right.fork(),
        (None, Range::Staged) => Ok(Box::new(repo.index()?)),
        (None, _) => Ok(Box::new(WorkTree::new(context.work_tree(repo)?))),
    }
}

/// The project of a store; what is there byte for byte as in another is not parsed again.
fn opened(store: Box<dyn Store>, other: Option<&Project>) -> Result<(Project, Vec<Finding>), Error> {
    match other {
        Some(other) => other.reopen(store),
        None => Project::open(store),
    }
}

/// The left side's project; none where it had no `tom.toml` yet, so that everything is new.
fn project_of(
    store: Option<&GitStore>,
    side: &str,
    other: Option<&Project>,
) -> Result<(Option<Project>, Vec<Problem>), Error> {
    let Some(store) = store else { return Ok((None, Vec::new())) };
    match opened(store.fork()?, other) {
        Ok((project, findings)) => Ok((Some(project), of_findings(side, &findings))),
        Err(error) if error.finding().code.id == NOT_A_PROJECT.id && store.read(SETTINGS)?.is_none() => {
            Ok((None, Vec::new()))
        }
        Err(error) => Err(error),
    }
}

fn of_findings(side: &str, findings: &[Finding]) -> Vec<Problem> {
    findings.iter().filter(|finding| finding.is_error()).map(|finding| Problem::of(side, finding)).collect()
}

/// A deployment that is asked for has to be on one of the sides at least.
fn known(
    pairs: &[Pair],
    only: &[DeploymentName],
    before: Option<&Project>,
    after: &Project,
) -> Result<(), Error> {
    for name in only {
        let is_paired = pairs.iter().any(|pair| [&pair.left, &pair.right].contains(&&Some(name.clone())));
        let was = before.map(|project| project.has(name)).transpose()?.unwrap_or(false);
        if !is_paired && !was && !after.has(name)? {
            return Err(after.unknown(name.as_str()));
        }
    }
    Ok(())
}

/// Adds deployments whose own files are the same, and whose decisions rest on something that is not: files that they name as evidence, or the
/// people who may decide.
fn decided_over_other_files(
    pairs: &mut Vec<Pair>,
    before: Option<&Project>,
    after: &Project,
    is_policy: bool,
) -> Result<(), Error> {
    let Some(before) = before else { return Ok(()) };
    let known: BTreeSet<DeploymentName> =
        pairs.iter().flat_map(|pair| [&pair.left, &pair.right]).flatten().cloned().collect();
    let (was, is) = (EvidenceFiles::of(before.store()), EvidenceFiles::of(after.store()));
    for name in after.deployments()?.0 {
        if known.contains(&name) || !before.has(&name)? {
            continue;
        }
        let held = statements(before.store(), &name)?.0;
        let differs = held.iter().flat_map(Held::evidence).any(|path| was.digest(path) != is.digest(path));
        if differs || (is_policy && !held.is_empty()) {
            let differing = Some(BTreeSet::new());
            pairs.push(Pair { left: Some(name.clone()), right: Some(name), differing });
        }
    }
    match was.errors().into_iter().chain(is.errors()).next() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// What commits in the range changed, by file.
struct History {
    touches: Option<BTreeMap<String, Vec<Touch>>>,
    uncommitted: BTreeSet<String>,
    nobody: Settings,
}

impl History {
    fn of(repo: &Repo, ends: &Ends, pairs: &[Pair], paths: &BTreeSet<String>) -> Result<Self, Error> {
        let head = match (&ends.right, repo.is_unborn()) {
            (Some(right), _) => Some(right.commit().clone()),
            (None, false) => Some(repo.at("HEAD")?.commit().clone()),
            (None, true) => None,
        };
        let touches = match head {
            Some(head) if !pairs.is_empty() => {
                let since: Vec<&Commit> = ends.since.iter().collect();
                repo.touches(&since, &head, ASSESSMENTS)?.map(|touches| {
                    let mut by_file = BTreeMap::<String, Vec<Touch>>::new();
                    touches
                        .into_iter()
                        .for_each(|touch| by_file.entry(touch.path.clone()).or_default().push(touch));
                    by_file
                })
            }
            _ => None,
        };
        // What differs between HEAD and the work tree or the index is nobody's yet.
        let uncommitted = match (&ends.right, repo.is_unborn()) {
            (Some(_), _) => BTreeSet::new(),
            (None, true) => paths.clone(),
            (None, false) => {
                let right = if matches!(ends.range, Range::Staged) { Right::Index } else { Right::WorkTree };
                repo.differing(Some(&repo.at("HEAD")?), right, &[ASSESSMENTS])?
            }
        };
        let framework =
            crate::model::FrameworkRef { id: String::new(), version: String::new(), digest: None };
        let nobody = Settings {
            framework,
            people: BTreeMap::new().into(),
            policy: crate::model::Policy::default(),
            fail_on: Vec::new(),
        };
        Ok(Self { touches, uncommitted, nobody })
    }
}

/// Reads pairs of deployments and has them reviewed.
struct Reader<'a> {
    ends: &'a Ends,
    before: Option<&'a Project>,
    after: &'a Project,
    history: &'a History,
    today: Date,
    /// Of whoever decides: a branch cannot say that itself, unless there was nothing before it.
    keys: Keys,
    /// Of the right side's own people, where they are others.
    own_keys: Option<Keys>,
    home: Home,
    context: &'a Context,
}

impl Reader<'_> {
    fn all(&self, pairs: &[Pair]) -> Result<Vec<Reviewed>, Error> {
        let begin = || {
            let left = self.before.map(Project::loader).transpose()?;
            Ok((left, self.after.loader()?, self.home.open()?))
        };
        let alike = |pair: &Pair| pair.name().and_then(|name| self.after.likeness(name));
        let done = alike_together(self.context, pairs, alike, begin, |(left, right, repo), pair| {
            self.one(pair, left.as_mut(), right, repo)
        })?;
        Ok(done.into_iter().flatten().collect())
    }

    fn one(
        &self,
        pair: &Pair,
        mut left: Option<&mut Loader<'_>>,
        right: &mut Loader<'_>,
        repo: &Repo,
    ) -> Result<Option<Reviewed>, Error> {
        let Some(name) = pair.name() else { return Ok(None) };
        let (before, after) = load_pair(pair, left.as_deref_mut(), right)?;
        let names = (&*self.ends.names.0.name, &*self.ends.names.1.name);
        let problems: Vec<Problem> = [(names.0, &before), (names.1, &after)]
            .into_iter()
            .flat_map(|(side, loaded)| {
                of_findings(side, loaded.as_ref().map(|loaded| &loaded.findings[..]).unwrap_or_default())
            })
            .collect();
        if !problems.is_empty() {
            return Ok(Some(Reviewed::unread(name.clone(), problems)));
        }
        let is_edited = |loaded: &Option<Loaded>| loaded.as_ref().is_some_and(is_received_edited);
        let edited = is_edited(&after) && !is_edited(&before);
        let read = |touch: &Touch| answers_of(repo, touch, before.as_ref()?, after.as_ref()?);
        let authors = Authors {
            settings: self.before.map_or(&self.history.nobody, Project::settings),
            touches: self.history.touches.as_ref(),
            uncommitted: &self.history.uncommitted,
            read: &read,
        };
        let mut reviewed = match (before.as_ref().and_then(base), after.as_ref().and_then(base)) {
            (Some(before), Some(after)) => Some(changed(before, after, names, Some(&authors))),
            (None, Some(after)) => Some(added(after, names.1, true)),
            (Some(before), None) => Some(removed(before, names.0)),
            (None, None) => None,
        };
        if let Some(reviewed) = &mut reviewed {
            let (was, broken) =
                self.said(before.as_ref(), (left.as_deref().map(Loader::store), repo), names.0)?;
            reviewed.problems.extend(broken);
            let (is, broken) = self.said(after.as_ref(), (Some(right.store()), repo), names.1)?;
            reviewed.problems.extend(broken);
            if edited {
                let message =
                    "`received.toml` is not what was received: somebody edited it, and updates rest on it";
                let file = format!("{}/received.toml", folder_of(name));
                let finding = Finding::new(&RECEIVED_CHANGED, message).at(Label::file(file));
                reviewed.problems.push(Problem::of(names.1, &finding));
            }
            decisions(reviewed, &was, &is);
        }
        Ok(reviewed)
    }

    /// What one side has decided and recorded, and what of that cannot be read.
    fn said(
        &self,
        loaded: Option<&Loaded>,
        (store, repo): (Option<&dyn Store>, &Repo),
        side: &str,
    ) -> Result<(Said, Vec<Problem>), Error> {
        let (Some(Base { deployment, framework }), Some(store)) = (loaded.and_then(base), store) else {
            return Ok(Default::default());
        };
        let papers = papers(store, Some((repo, &self.ends.history())), &deployment.name)?;
        let by = |settings: &Settings, keys: &Keys, papers: &Papers<'_>| -> Result<_, Error> {
            let case = Case::of(deployment, framework, settings, keys, &papers.evidence, self.today);
            Ok(Told::of(&judge(&case, papers)?.statements))
        };
        let statements = by(self.before.unwrap_or(self.after).settings(), &self.keys, &papers)?;
        let own = match (&self.own_keys, self.ends.own_history()) {
            (Some(keys), Some(history)) => {
                let own = project::papers(store, Some((repo, history)), &deployment.name)?;
                Some(by(self.after.settings(), keys, &own)?)
            }
            (Some(keys), None) => Some(by(self.after.settings(), keys, &papers)?),
            (None, _) => None,
        };
        let mut problems = of_findings(side, &papers.broken);
        problems.extend(of_findings(side, &papers.unrecorded));
        Ok((Said { statements, own, record: papers.record }, problems))
    }

    /// Tells which deployments would have to take over what changed in one that they were derived from.
    fn descendants(
        &self,
        pairs: &[Pair],
        names: &[DeploymentName],
        deployments: &mut [Reviewed],
    ) -> Result<(), Error> {
        if deployments.iter().all(|reviewed| reviewed.id.is_none()) {
            return Ok(());
        }
        let mut children = BTreeMap::<_, Vec<&DeploymentName>>::new();
        for name in names {
            if let Some(lineage) = self.after.meta(name).ok().and_then(|meta| meta.derived_from) {
                children.entry(lineage.id).or_default().push(name);
            }
        }
        for reviewed in deployments {
            let Some(children) = reviewed.id.as_ref().and_then(|id| children.get(id)) else { continue };
            let Some(pair) = pairs.iter().find(|pair| pair.right.as_ref() == Some(&reviewed.name)) else {
                continue;
            };
            let mut left = self.before.map(Project::loader).transpose()?;
            let (before, after) = load_pair(pair, left.as_mut(), &mut self.after.loader()?)?;
            let Some(after) = after.as_ref().and_then(base) else { continue };
            for child in children {
                // What is wrong with a child is for `tom check` to say.
                let Ok((child, _)) = self.after.load(child)?.sound() else { continue };
                let found: Option<Change> = descendant(before.as_ref().and_then(base), after, &child);
                reviewed.changes.extend(found);
            }
        }
        Ok(())
    }
}

/// Whether `received.toml` is there, and is another than the one that the lineage names.
fn is_received_edited(loaded: &Loaded) -> bool {
    loaded.deployment.as_ref().is_some_and(|deployment| {
        deployment.meta.derived_from.is_some()
            && deployment.received.is_some()
            && !deployment.is_received_intact
    })
}

fn base(loaded: &Loaded) -> Option<Base<'_>> {
    Some(Base { deployment: loaded.deployment.as_ref()?, framework: loaded.framework.as_deref()? })
}

/// The answers of a section's file before and after a commit; none where they cannot be read.
fn answers_of(
    repo: &Repo,
    touch: &Touch,
    before: &Loaded,
    after: &Loaded,
) -> Option<(crate::ops::review::Answers, crate::ops::review::Answers)> {
    let framework = after.framework.as_deref().or(before.framework.as_deref())?;
    let file = touch.path.rsplit('/').next()?;
    let section = framework.section(file.strip_suffix(".toml")?)?;
    let read = |blob: Option<crate::store::Blob>| {
        let Some(blob) = blob else { return Some(BTreeMap::new()) };
        let bytes = repo.blob(blob, &touch.path).ok()?;
        let document = Document::parse(&touch.path, &bytes).ok()?;
        let (answers, findings) = read_section(&document, framework, section);
        (!findings.iter().any(Finding::is_error)).then_some(answers)
    };
    Some((read(touch.before)?, read(touch.after)?))
}
