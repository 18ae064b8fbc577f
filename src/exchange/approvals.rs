//! What approvers write into a workbook, before it becomes statements.

use super::fate::{Fate, Fates};
use super::grid::Place;
use crate::model::{Address, Date, Digest, ItemId, Key, Scope, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// A decision, as a workbook gives it.
#[derive(Debug, Clone)]
pub struct Approval {
    /// The phase.
    pub phase: u8,
    /// The roles in one of which it can have been taken: a checklist does not always say which.
    pub roles: Vec<String>,
    /// Who decided.
    pub by: String,
    /// On which day.
    pub on: Date,
    /// What was decided.
    pub outcome: String,
    /// Verdicts by item.
    pub verdicts: BTreeMap<ItemId, Verdict>,
    /// What has to be seen to.
    pub conditions: BTreeMap<Key, String>,
    /// Questions, by what they are about.
    pub queries: BTreeMap<Address, String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// Why.
    pub reason: Option<String>,
    /// The digest of what it is over; a checklist does not say it.
    pub over: Option<Digest>,
    pub(super) cells: Vec<(usize, Place)>,
}

/// Items whose answers a workbook holds and that could not be taken over, by the scopes that cover them.
pub type Lost = BTreeMap<ItemId, BTreeSet<Scope>>;

impl Fates {
    /// Says of the cells of a decision that it is recorded.
    pub fn decided(&mut self, approval: &Approval, role: &str) {
        let fate = Fate::Decided { phase: approval.phase, role: role.to_owned() };
        approval.cells.iter().for_each(|(sheet, place)| self.change(*sheet, *place, fate.clone()));
    }

    /// Says of the cells of a decision that it was recorded before.
    pub fn decided_before(&mut self, approval: &Approval) {
        approval.cells.iter().for_each(|(sheet, place)| self.change(*sheet, *place, Fate::Unchanged));
    }

    /// Says why a decision is not recorded.
    pub fn refuse_decision(&mut self, approval: &Approval, why: &str) {
        approval.cells.iter().for_each(|(sheet, place)| self.refuse(*sheet, *place, why));
    }
}
