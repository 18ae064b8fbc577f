//! Whose hand changed an answer: the authors of the commits, by their e-mail address in `tom.toml`. A commit says itself who its author is, so
//! this tells slips from intentions, and proves nothing.

use crate::model::{Answer, DeploymentName, PartyId, SectionId, Settings, Slot};
use crate::project::folder_of;
use crate::store::Touch;
use std::collections::{BTreeMap, BTreeSet};

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ChangedBy {
    /// The parties of those who are known.
    pub parties: BTreeSet<PartyId>,
    /// Whether somebody took part whom the settings do not list, or a change is not committed.
    pub has_unknown: bool,
}

/// The answers of a file as one side of a commit has them.
pub type Answers = BTreeMap<Slot, Answer>;

/// The answers of a section's file before and after a commit; none where they cannot be read.
pub type Read<'a> = dyn Fn(&Touch) -> Option<(Answers, Answers)> + 'a;

/// What is known of who changed what.
pub struct Authors<'a> {
    /// The settings that say who is of which party: those of the left side, so that a branch cannot enrol its own author.
    pub settings: &'a Settings,
    /// What each commit changed, by file; none where nobody can tell.
    pub touches: Option<&'a BTreeMap<String, Vec<Touch>>>,
    /// Files with changes that are not committed.
    pub uncommitted: &'a BTreeSet<String>,
    /// Reads a section's file before and after a commit.
    pub read: &'a Read<'a>,
}

impl Authors<'_> {
    /// Who changed an answer, in a deployment whose folder may have had another name.
    pub fn of(&self, folders: &[&DeploymentName], section: &SectionId, slot: &Slot) -> ChangedBy {
        let unknown = ChangedBy { parties: BTreeSet::new(), has_unknown: true };
        let Some(touches) = self.touches else { return unknown };
        let names: BTreeSet<&DeploymentName> = folders.iter().copied().collect();
        let paths: Vec<String> =
            names.iter().map(|name| format!("{}/{section}.toml", folder_of(name))).collect();
        let on_file: Vec<&Touch> = paths.iter().filter_map(|path| touches.get(path)).flatten().collect();
        let mut by = ChangedBy {
            has_unknown: paths.iter().any(|path| self.uncommitted.contains(path)),
            ..ChangedBy::default()
        };
        let parties: BTreeSet<Option<&PartyId>> = on_file.iter().map(|touch| self.party(touch)).collect();
        // With one author there is no need to look whose commit it was.
        let is_one = parties.len() == 1;
        for touch in on_file {
            let is_theirs = is_one
                || (self.read)(touch).is_none_or(|(before, after)| {
                    before.get(slot).map(Answer::content) != after.get(slot).map(Answer::content)
                });
            if !is_theirs {
                continue;
            }
            match self.party(touch) {
                Some(party) => {
                    by.parties.insert(party.clone());
                }
                None => by.has_unknown = true,
            }
        }
        if by.parties.is_empty() { ChangedBy { has_unknown: true, ..by } } else { by }
    }

    /// Who changed files, as a whole.
    pub fn on(&self, files: &BTreeSet<String>) -> ChangedBy {
        let mut by = ChangedBy {
            has_unknown: self.touches.is_none() || files.iter().any(|path| self.uncommitted.contains(path)),
            ..ChangedBy::default()
        };
        for touch in
            self.touches.into_iter().flat_map(|all| files.iter().filter_map(|path| all.get(path))).flatten()
        {
            match self.party(touch) {
                Some(party) => {
                    by.parties.insert(party.clone());
                }
                None => by.has_unknown = true,
            }
        }
        by
    }

    /// The party of a commit's author; none where nobody, or people of several parties, have that address.
    fn party(&self, touch: &Touch) -> Option<&PartyId> {
        let people = self.settings.people.with_email(&touch.author.email);
        let parties: BTreeSet<&PartyId> = people.map(|(_, person)| &person.party).collect();
        match parties.len() {
            1 => parties.into_iter().next(),
            _ => None,
        }
    }
}
