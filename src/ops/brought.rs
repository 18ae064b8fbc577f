//! Who brought in what somebody is said to have said, and whether it may have come from them.

use super::handover::{Exchanged, Signed, exchanged};
use super::past::{Past, Place};
use super::spoken::{self, Said, Spoken};
use crate::model::{Deployment, Settings};
use crate::store::{Origin, Store};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How something came that its bringer may not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// By a commit.
    Commit(Origin),
    /// By a hand-over, which some commit took in.
    HandOver {
        /// Its number.
        number: u32,
        /// Who is said to have sent it.
        by: String,
        /// For whom they are said to speak.
        party: String,
        /// Whether it is signed, and what that is worth here.
        signed: Signed,
        /// The commit.
        origin: Origin,
    },
}

impl Brought {
    /// The commit that it came in with.
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Commit(origin) | Self::HandOver { origin, .. } => origin,
        }
    }

    /// The number of the hand-over that it came with.
    pub fn hand_over(&self) -> Option<u32> {
        if let Self::HandOver { number, .. } = self { Some(*number) } else { None }
    }

    /// Whether it came with a hand-over that somebody signed who may not say it.
    pub fn is_signed(&self) -> bool {
        matches!(self, Self::HandOver { signed: Signed::By(_), .. })
    }

    /// How it came, for the readers of a pack: without names.
    pub fn in_brief(&self, spoken: &Spoken) -> &'static str {
        match (self, spoken) {
            (Self::Commit(_), Spoken::Acceptance(_)) => {
                "somebody who is not listed in that role entered that"
            }
            (Self::Commit(_), _) => "somebody of another party entered that",
            (Self::HandOver { signed: Signed::No, .. }, _) => "it came with a hand-over that nobody signed",
            (Self::HandOver { signed: Signed::NotKnown(_), .. }, _) => {
                "it came with a hand-over whose signature does not show who sent it"
            }
            (Self::HandOver { signed: Signed::By(_), .. }, Spoken::Acceptance(_)) => {
                "it came with a hand-over of somebody who is not listed in that role"
            }
            (Self::HandOver { signed: Signed::By(_), .. }, _) => "it came with a hand-over of another party",
        }
    }

    /// `commit 4be1… of Carys Nunn brought it in, who does not speak for the supplier`; `it` is what came.
    pub fn in_words(&self, deployment: &Deployment, spoken: &Spoken, it: &str) -> String {
        let who = match spoken.said(deployment.into()) {
            Some(Said::Acceptance(acceptance)) => format!("who is not listed as {} here", acceptance.role),
            Some(said) => format!("who does not speak for the {}", said.voice()),
            None => "who may not say it".to_owned(),
        };
        match self {
            Self::Commit(origin) => {
                let commit: String = origin.commit.chars().take(12).collect();
                format!("commit {commit} of {} brought {it} in, {who}", origin.author.name)
            }
            Self::HandOver { number, by, party, signed, .. } => {
                let signed = match signed {
                    Signed::No => "which nobody signed".to_owned(),
                    Signed::NotKnown(why) => format!("and its signature does not show that: {why}"),
                    Signed::By(_) => who,
                };
                format!("{it} came with hand-over {number} from {by} for the {party}, {signed}")
            }
        }
    }
}

/// What was brought in that its bringer may not say, with how.
type Foreign = BTreeMap<Spoken, Brought>;

/// What is foreign in those that a deployment comes from, by where that was asked; none while it is being asked, so that a circle ends.
pub(super) type Parents = Rc<RefCell<BTreeMap<Place, Option<Rc<Foreign>>>>>;

impl Past<'_> {
    /// What somebody brought in who may not have said it, with how it came. An author whom the settings do not list is nobody's person. What
    /// came along from the parent is as good as it is there, if the parent said it. A hand-over that its sender signed vouches for what they
    /// may say; what was exchanged stands in the store.
    pub fn foreign(&self, settings: &Settings, store: &dyn Store) -> BTreeMap<Spoken, Brought> {
        let (carried, mut foreign) = self.carried(settings);
        let mut own = BTreeSet::new();
        spoken::each(self.deployment.into(), |_, at| {
            own.extend(Some(at()).filter(|spoken| !carried.contains(spoken)));
        });
        let mut origins = self.origins(own);
        origins.retain(|spoken, origin| self.is_foreign(settings, spoken, origin));
        if origins.is_empty() {
            return foreign;
        }
        // What cannot be understood vouches for nothing.
        let mut exchanged = exchanged(store, settings, self.deployment, self.framework).unwrap_or_default();
        for one in &mut exchanged {
            // The sender took back what only an older one still says, whoever brought that one back.
            if let Some(last) =
                self.last_from(&one.from).filter(|last| *last > one.number && one.signed != Signed::No)
            {
                one.signed = Signed::NotKnown(format!("hand-over {last} came after it"));
            }
        }
        foreign.extend(origins.into_iter().filter_map(|(spoken, origin)| {
            let brought = self.brought(settings, &spoken, origin, &exchanged)?;
            Some((spoken, brought))
        }));
        foreign
    }

    /// The confirmations that came along from the parent, and what is foreign of them there. Where the parent cannot be looked at, nothing came
    /// along that anybody knows of, and whoever brought it in is asked; only in a shallow clone nobody can be asked.
    fn carried(&self, settings: &Settings) -> (BTreeSet<Spoken>, Foreign) {
        let deployment = self.deployment;
        let mut carried = BTreeSet::new();
        spoken::each(deployment.into(), |said, at| {
            if let (Said::Confirmation(..), Spoken::Confirmation(entry, party)) = (said, at())
                && entry.is_carried(deployment, &party)
            {
                carried.insert(Spoken::Confirmation(entry, party));
            }
        });
        if carried.is_empty() {
            return (carried, Foreign::new());
        }
        let unknown = if self.repo.is_shallow() { carried.clone() } else { BTreeSet::new() };
        let Some(said) = self.said_by_parent(&carried) else { return (unknown, Foreign::new()) };
        let (mut came, mut foreign) = (BTreeSet::new(), Foreign::new());
        for (place, there) in said {
            let Some(known) = self.foreign_at(settings, place) else { continue };
            let theirs = there.iter().filter_map(|spoken| Some((spoken.clone(), known.get(spoken)?.clone())));
            foreign.extend(theirs);
            came.extend(there);
        }
        (came, foreign)
    }

    /// What is foreign in a parent at a commit; none where that cannot be looked at.
    fn foreign_at(&self, settings: &Settings, place: Place) -> Option<Rc<Foreign>> {
        if let Some(known) = self.parents.borrow().get(&place) {
            return known.clone();
        }
        self.parents.borrow_mut().insert(place.clone(), None);
        let project = self.project_at(&place.commit)?;
        let loaded = project.load(&place.name).ok()?;
        let (parent, framework) = (loaded.deployment?, loaded.framework?);
        let mut past = Past::of(self.repo, &place.commit, &parent, &framework).ok()?;
        past.parents = self.parents.clone();
        let foreign = Rc::new(past.foreign(settings, project.store()));
        self.parents.borrow_mut().insert(place, Some(foreign.clone()));
        Some(foreign)
    }

    fn is_foreign(&self, settings: &Settings, spoken: &Spoken, origin: &Origin) -> bool {
        let mut authors = settings.people.with_email(&origin.author.email).peekable();
        authors.peek().is_some()
            && !authors.any(|(_, person)| spoken.may_come_from(person, self.deployment, self.framework))
    }

    /// How something came that whoever committed it may not say; none where a hand-over vouches for it.
    fn brought(
        &self,
        settings: &Settings,
        spoken: &Spoken,
        origin: Origin,
        exchanged: &[Exchanged],
    ) -> Option<Brought> {
        let here = spoken.said(self.deployment.into());
        let with: Vec<&Exchanged> =
            exchanged.iter().filter(|one| spoken.said((&one.content).into()) == here).collect();
        if with.iter().any(|one| one.vouches_for(spoken, settings, self.deployment, self.framework)) {
            return None;
        }
        Some(match with.first() {
            None => Brought::Commit(origin),
            Some(one) => Brought::HandOver {
                number: one.number,
                by: one.by.clone(),
                party: one.from.party.to_string(),
                signed: one.signed.clone(),
                origin,
            },
        })
    }
}
