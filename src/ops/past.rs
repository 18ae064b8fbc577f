//! What git remembers of a deployment: what something said when it was confirmed, and whose commit brought in what somebody is said to have
//! said.
//!
//! History is read only where one deployment is asked for, and only as far back as the question needs. What it does not show, as in a
//! shallow clone, is not said.

use super::brought::Parents;
use super::confirm::Entry;
use super::diff::{FieldChange, answer_changes, mitigation_changes, risk_changes};
use super::merge::Side;
use super::spoken::Spoken;
use super::state::{Stand, fact_digest};
use crate::diag::Error;
use crate::model::{
    Address, Answer, Canonical, Confirmation, Deployment, DeploymentName, End, Framework, ItemId, Received,
    RiskId, Slot,
};
use crate::project::{LEDGER, Project, exchange_of, folder_of};
use crate::store::{History, Moment, Origin, Repo, Version};
use crate::syntax::{Document, read_ledger, read_risk, read_section};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a field said when something that rests on it was confirmed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// The field.
    pub address: Address,
    /// What it said then; none where it said nothing.
    pub said: Option<String>,
    /// The commit that still has it.
    pub commit: String,
}

/// A file of a deployment as it was: the answers of a section, or a risk.
type Page = Received;

/// A version of a file, and its path: the same bytes say something else of another risk.
type Leaf = (Version, String);

/// A deployment at a commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub name: DeploymentName,
    pub commit: String,
}

/// The past of one deployment.
pub struct Past<'a> {
    pub(super) repo: &'a Repo,
    history: History<'a>,
    now: Moment,
    pub(super) deployment: &'a Deployment,
    pub(super) framework: &'a Framework,
    pages: RefCell<BTreeMap<Leaf, Arc<Page>>>,
    /// What is known of those that it comes from.
    pub(super) parents: Parents,
}

impl<'a> Past<'a> {
    /// The past of a deployment before a revision.
    pub fn of(
        repo: &'a Repo,
        revision: &str,
        deployment: &'a Deployment,
        framework: &'a Framework,
    ) -> Result<Self, Error> {
        Self::in_folder(repo, folder_of(&deployment.name), revision, deployment, framework)
    }

    fn in_folder(
        repo: &'a Repo,
        folder: String,
        revision: &str,
        deployment: &'a Deployment,
        framework: &'a Framework,
    ) -> Result<Self, Error> {
        let history = History::of(repo, folder);
        let now = history.at(revision)?;
        let (pages, parents) = (RefCell::default(), Parents::default());
        Ok(Self { repo, history, now, deployment, framework, pages, parents })
    }

    /// What has changed since a confirmation was given, as it was when it was given.
    pub fn told(&self, entry: &Entry, confirmation: &Confirmation, stand: &Stand) -> Vec<Told> {
        match stand {
            Stand::ContentChanged => self.content(entry, &confirmation.digest),
            Stand::FactsChanged(facts) => facts
                .iter()
                .filter_map(|fact| Some((fact, confirmation.given.get(fact)?)))
                .flat_map(|(fact, digest)| self.fact(fact, digest))
                .collect(),
            Stand::Stands | Stand::Missing => Vec::new(),
        }
    }

    fn content(&self, entry: &Entry, digest: &str) -> Vec<Told> {
        match entry {
            Entry::Answer(slot) => {
                let Some(item) = self.framework.item(slot.item.as_str()) else { return Vec::new() };
                let then = |page: &Page| {
                    page.answers.get(slot).filter(|answer| answer.content_digest().short() == digest).cloned()
                };
                let now = self.deployment.answers.get(slot).cloned().unwrap_or_default();
                self.search(&format!("{}.toml", item.section), then, |then| answer_changes(slot, then, &now))
            }
            Entry::Risk(id) => {
                let Some(now) = self.deployment.risks.get(id) else { return Vec::new() };
                let then = |page: &Page| {
                    page.risks.get(id).filter(|risk| risk.content_digest().short() == digest).cloned()
                };
                self.search(&risk_file(id), then, |then| risk_changes(id, then, now))
            }
            Entry::Mitigation(id, key) => {
                let now = self.deployment.risks.get(id).and_then(|risk| risk.mitigations.get(key));
                let Some(now) = now else { return Vec::new() };
                let then = |page: &Page| {
                    let mitigation = page.risks.get(id)?.mitigations.get(key);
                    mitigation.filter(|m| m.digest().short() == digest).cloned()
                };
                self.search(&risk_file(id), then, |then| mitigation_changes(id, key, then, now))
            }
        }
    }

    fn fact(&self, fact: &ItemId, digest: &str) -> Vec<Told> {
        let Some(item) = self.framework.item(fact.as_str()) else { return Vec::new() };
        let of_fact = |answers: &BTreeMap<Slot, Answer>| -> BTreeMap<Slot, Answer> {
            let own = answers.iter().filter(|(slot, _)| slot.item == *fact);
            own.map(|(slot, answer)| (slot.clone(), answer.clone())).collect()
        };
        let then = |page: &Page| {
            let answers = of_fact(&page.answers);
            let meta = self.deployment.meta.clone();
            let then = Deployment { answers, ..Deployment::empty(self.deployment.name.clone(), meta) };
            (fact_digest(&then, self.framework, fact).short() == digest).then_some(then.answers)
        };
        let now = of_fact(&self.deployment.answers);
        let nothing = Answer::default();
        self.search(&format!("{}.toml", item.section), then, |then| {
            let slots: BTreeSet<&Slot> = then.keys().chain(now.keys()).collect();
            let of = |slot: &Slot| {
                answer_changes(slot, then.get(slot).unwrap_or(&nothing), now.get(slot).unwrap_or(&nothing))
            };
            slots.into_iter().flat_map(of).collect()
        })
    }

    /// The newest version of a file in which something was found, told by what has changed in it since.
    fn search<T>(
        &self,
        file: &str,
        find: impl Fn(&Page) -> Option<T>,
        changes: impl FnOnce(&T) -> Vec<FieldChange>,
    ) -> Vec<Told> {
        let mut tried = BTreeSet::new();
        for moment in self.history.changes(self.now) {
            let Some(version) = self.history.version(moment, file).filter(|version| tried.insert(*version))
            else {
                continue;
            };
            if let Some(then) = self.page(&self.history, file, version).and_then(|page| find(&page)) {
                let commit = moment.short();
                let told = |change: FieldChange| Told {
                    address: change.address,
                    said: change.before,
                    commit: commit.clone(),
                };
                return changes(&then).into_iter().map(told).collect();
            }
        }
        Vec::new()
    }

    /// A file as it was; none where it cannot be understood with the framework as it is.
    fn page(&self, history: &History<'_>, file: &str, version: Version) -> Option<Arc<Page>> {
        let leaf = (version, file.to_owned());
        if let Some(page) = self.pages.borrow().get(&leaf) {
            return Some(page.clone());
        }
        let bytes = history.read(version)?;
        let document = Document::parse(file, &bytes).ok()?;
        let stem = file.strip_suffix(".toml")?;
        let mut page = Page::default();
        match stem.strip_prefix("risks/") {
            Some(id) => {
                let id = RiskId::new(id).ok()?;
                page.risks.extend(read_risk(&document, self.framework).0.map(|risk| (id, risk)));
            }
            None => page.answers = read_section(&document, self.framework, self.framework.section(stem)?).0,
        }
        let page = Arc::new(page);
        self.pages.borrow_mut().insert(leaf, page.clone());
        Some(page)
    }

    /// Whether a folder said at a moment what this deployment says.
    fn said(&self, history: &History<'_>, moment: Moment, spoken: &Spoken) -> bool {
        let here = spoken.said(self.deployment.into());
        let Some(file) = self.file_of(spoken) else { return false };
        let page = history.version(moment, &file).and_then(|version| self.page(history, &file, version));
        here.is_some() && page.is_some_and(|page| spoken.said(Side::from(&*page)) == here)
    }

    fn file_of(&self, spoken: &Spoken) -> Option<String> {
        Some(match spoken.entry() {
            Entry::Answer(slot) => format!("{}.toml", self.framework.item(slot.item.as_str())?.section),
            Entry::Risk(id) | Entry::Mitigation(id, _) => risk_file(&id),
        })
    }

    /// The commits that brought these in, as far as history shows, under whatever name the folder had.
    pub(super) fn origins(&self, wanted: BTreeSet<Spoken>) -> BTreeMap<Spoken, Origin> {
        let said = |moment, spoken: &Spoken| self.said(&self.history, moment, spoken);
        let mut found = self.history.origins(self.now, wanted, said);
        let mut alike = BTreeMap::<String, BTreeSet<Spoken>>::new();
        for (spoken, origin) in &found {
            alike.entry(origin.commit.clone()).or_default().insert(spoken.clone());
        }
        for (commit, mut all) in alike {
            for earlier in self.before_it_was_called_so(&commit) {
                let older = earlier.origins(all.clone());
                all.retain(|spoken| !older.contains_key(spoken));
                found.extend(older);
            }
        }
        found
    }

    /// The deployment just before a commit that gave its folder the name that it has: by its id. None where the folder was there before.
    fn before_it_was_called_so(&self, commit: &str) -> Vec<Self> {
        let before = self.history.of_commit(commit).and_then(|moment| self.history.before(moment));
        let before = before.filter(|before| before.iter().all(|moment| !moment.has_folder()));
        let earlier = |moment: Moment| {
            let project = self.project_at(&moment.id())?;
            let name = project.of_id(&self.deployment.meta.id).first()?;
            Self::in_folder(self.repo, folder_of(name), &moment.id(), self.deployment, self.framework).ok()
        };
        before.into_iter().flatten().filter_map(earlier).collect()
    }

    /// The highest number of the hand-overs that ever came from an end.
    pub(super) fn last_from(&self, end: &End) -> Option<u32> {
        let folder = exchange_of(&self.deployment.meta.id, &end.key());
        let history = History::of(self.repo, folder);
        let now = history.of_commit(&self.now.id())?;
        let number = |moment| {
            let bytes = history.read(history.version(moment, LEDGER)?)?;
            Some(read_ledger(&Document::parse(LEDGER, &bytes).ok()?).0?.came?.link.number)
        };
        history.changes(now).filter_map(number).max()
    }

    /// Where the parent said which of these: at the commit that the lineage names, or, where that is not here or followed another version of
    /// the framework, when it last did. None where the parent cannot be looked at.
    pub(super) fn said_by_parent(&self, wanted: &BTreeSet<Spoken>) -> Option<Vec<(Place, BTreeSet<Spoken>)>> {
        let lineage = self.deployment.meta.derived_from.as_ref()?;
        let said = |place: &Place, moment| {
            let history = History::of(self.repo, folder_of(&place.name));
            let all = wanted.iter().filter(|spoken| self.said(&history, moment, spoken));
            all.cloned().collect::<BTreeSet<Spoken>>()
        };
        let named = lineage.commit.as_deref().and_then(|commit| self.history.of_commit(commit));
        if let Some((moment, place)) = named.and_then(|moment| Some((moment, self.parent_at(&moment.id())?)))
        {
            let moment = History::of(self.repo, folder_of(&place.name)).of_commit(&moment.id())?;
            let asked = said(&place, moment);
            return Some(vec![(place, asked)]);
        }
        if self.repo.is_shallow() {
            return None;
        }
        let Place { name, .. } = self.parent_at(&self.now.id())?;
        let history = History::of(self.repo, folder_of(&name));
        let (mut left, mut found) = (wanted.clone(), Vec::new());
        for moment in history.changes(history.of_commit(&self.now.id())?) {
            if left.is_empty() {
                break;
            }
            let (there, rest) = left.into_iter().partition(|spoken| self.said(&history, moment, spoken));
            left = rest;
            found.push((Place { name: name.clone(), commit: moment.id() }, there));
        }
        found.retain(|(_, there): &(Place, BTreeSet<Spoken>)| !there.is_empty());
        Some(found)
    }

    /// The parent at a commit, found by its id, whatever it is called; none where it is not there, or follows another version of the framework.
    fn parent_at(&self, commit: &str) -> Option<Place> {
        let lineage = self.deployment.meta.derived_from.as_ref()?;
        let project = self.project_at(commit)?;
        let names = project.of_id(&lineage.id);
        let name = names.iter().find(|name| **name == lineage.deployment).or(names.first())?;
        let (own, theirs) = (&self.deployment.meta.framework, project.meta(name).ok()?.framework);
        let is_same = (&theirs.id, &theirs.version) == (&own.id, &own.version);
        is_same.then(|| Place { name: name.clone(), commit: commit.to_owned() })
    }

    /// The repository as it was at a commit; none where nobody can tell.
    pub(super) fn project_at(&self, commit: &str) -> Option<Project> {
        Some(Project::open(Box::new(self.repo.at(commit).ok()?)).ok()?.0)
    }
}

fn risk_file(id: &RiskId) -> String {
    format!("risks/{id}.toml")
}
