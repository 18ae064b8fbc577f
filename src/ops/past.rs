//! What git remembers of a deployment: what something said when it was confirmed, and whose commit brought a confirmation in.
//!
//! History is read only where one deployment is asked for, and only as far back as the question needs. What it does not show, as in a
//! shallow clone, is not said.

use super::confirm::Entry;
use super::diff::{FieldChange, answer_changes, mitigation_changes, risk_changes};
use super::state::{Stand, fact_digest, speaks_for};
use crate::diag::Error;
use crate::model::{
    Address, Answer, Canonical, Confirmation, Deployment, Framework, ItemId, PartyId, Risk, RiskId, Settings,
    Slot,
};
use crate::project::folder_of;
use crate::store::{History, Moment, Origin, Repo, Version};
use crate::syntax::{Document, read_risk, read_section};
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

/// A file of a deployment as it was.
enum Page {
    Section(BTreeMap<Slot, Answer>),
    Risk(Option<Box<Risk>>),
}

/// The past of one deployment.
pub struct Past<'a> {
    history: History<'a>,
    now: Moment,
    deployment: &'a Deployment,
    framework: &'a Framework,
    pages: RefCell<BTreeMap<Version, Arc<Page>>>,
}

impl<'a> Past<'a> {
    /// The past of a deployment before a revision.
    pub fn of(
        repo: &'a Repo,
        revision: &str,
        deployment: &'a Deployment,
        framework: &'a Framework,
    ) -> Result<Self, Error> {
        let history = History::of(repo, folder_of(&deployment.name));
        let now = history.at(revision)?;
        Ok(Self { history, now, deployment, framework, pages: RefCell::default() })
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
                let then = |page: &Page| match page {
                    Page::Section(answers) => {
                        answers.get(slot).filter(|answer| answer.content_digest().short() == digest).cloned()
                    }
                    Page::Risk(_) => None,
                };
                let now = self.deployment.answers.get(slot).cloned().unwrap_or_default();
                self.search(&format!("{}.toml", item.section), then, |then| answer_changes(slot, then, &now))
            }
            Entry::Risk(id) => {
                let Some(now) = self.deployment.risks.get(id) else { return Vec::new() };
                let then = |page: &Page| {
                    risk_of(page).filter(|risk| risk.content_digest().short() == digest).cloned()
                };
                self.search(&risk_file(id), then, |then| risk_changes(id, then, now))
            }
            Entry::Mitigation(id, key) => {
                let now = self.deployment.risks.get(id).and_then(|risk| risk.mitigations.get(key));
                let Some(now) = now else { return Vec::new() };
                let then = |page: &Page| {
                    risk_of(page)?.mitigations.get(key).filter(|m| m.digest().short() == digest).cloned()
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
            let Page::Section(answers) = page else { return None };
            let answers = of_fact(answers);
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
            if let Some(then) = self.page(file, version).and_then(|page| find(&page)) {
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
    fn page(&self, file: &str, version: Version) -> Option<Arc<Page>> {
        if let Some(page) = self.pages.borrow().get(&version) {
            return Some(page.clone());
        }
        let bytes = self.history.read(version)?;
        let document = Document::parse(file, &bytes).ok()?;
        let page = match file.strip_prefix("risks/") {
            Some(_) => Page::Risk(read_risk(&document, self.framework).0.map(Box::new)),
            None => {
                let section = self.framework.section(file.strip_suffix(".toml")?)?;
                Page::Section(read_section(&document, self.framework, section).0)
            }
        };
        let page = Arc::new(page);
        self.pages.borrow_mut().insert(version, page.clone());
        Some(page)
    }

    /// The commits that brought in these confirmations, as far as history shows.
    fn origins(&self, wanted: BTreeSet<(Entry, PartyId)>) -> BTreeMap<(Entry, PartyId), Origin> {
        self.history.origins(self.now, wanted, |moment, (entry, party)| {
            let file = match entry {
                Entry::Answer(slot) => match self.framework.item(slot.item.as_str()) {
                    Some(item) => format!("{}.toml", item.section),
                    None => return false,
                },
                Entry::Risk(id) | Entry::Mitigation(id, _) => risk_file(id),
            };
            let page = self.history.version(moment, &file).and_then(|version| self.page(&file, version));
            let then = page.as_deref().and_then(|page| confirmation_on(page, entry, party).cloned());
            then.is_some() && then.as_ref() == entry.confirmation(self.deployment, party)
        })
    }

    /// Confirmations for one party that a commit of somebody brought in who may not speak for it: each with the commit. An author whom the
    /// settings do not list is nobody's person. What came along from the parent is the parent's to answer for.
    pub fn foreign(&self, settings: &Settings) -> BTreeMap<(Entry, PartyId), Origin> {
        let own = confirmations(self.deployment)
            .into_iter()
            .filter(|(entry, party)| !entry.is_carried(self.deployment, party));
        let mut origins = self.origins(own.collect());
        origins.retain(|(_, party), origin| self.is_foreign(settings, party, origin));
        origins
    }

    fn is_foreign(&self, settings: &Settings, party: &PartyId, origin: &Origin) -> bool {
        let mut authors = settings.people.with_email(&origin.author.email).peekable();
        authors.peek().is_some()
            && !authors.any(|(_, person)| speaks_for(person, self.deployment, self.framework, party))
    }
}

fn risk_file(id: &RiskId) -> String {
    format!("risks/{id}.toml")
}

fn risk_of(page: &Page) -> Option<&Risk> {
    match page {
        Page::Risk(risk) => risk.as_deref(),
        Page::Section(_) => None,
    }
}

fn confirmation_on<'p>(page: &'p Page, entry: &Entry, party: &PartyId) -> Option<&'p Confirmation> {
    match (entry, page) {
        (Entry::Answer(slot), Page::Section(answers)) => answers.get(slot)?.confirmed.get(party),
        (Entry::Risk(_), Page::Risk(risk)) => risk.as_ref()?.confirmed.get(party),
        (Entry::Mitigation(_, key), Page::Risk(risk)) => {
            risk.as_ref()?.mitigations.get(key)?.confirmed.get(party)
        }
        _ => None,
    }
}

/// Everything that somebody confirmed, with the party.
pub fn confirmations(deployment: &Deployment) -> BTreeSet<(Entry, PartyId)> {
    let mut all = BTreeSet::new();
    for (slot, answer) in &deployment.answers {
        all.extend(answer.confirmed.keys().map(|party| (Entry::Answer(slot.clone()), party.clone())));
    }
    for (id, risk) in &deployment.risks {
        all.extend(risk.confirmed.keys().map(|party| (Entry::Risk(id.clone()), party.clone())));
        for (key, mitigation) in &risk.mitigations {
            let entry = Entry::Mitigation(id.clone(), key.clone());
            all.extend(mitigation.confirmed.keys().map(|party| (entry.clone(), party.clone())));
        }
    }
    all
}
