//! A hazard log beside the risks that an assessment has: what is new, what it words differently, what it has no more.

use super::Log;
use crate::exchange::fields::{of_risk, plain};
use crate::model::{Address, Risk, RiskId};
use std::collections::{BTreeMap, BTreeSet};

/// What a log brings.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// Risks that the assessment does not have.
    pub added: BTreeMap<RiskId, Risk>,
    /// Texts that the log words differently: before and after. Confirmations of what changes turn stale by themselves.
    pub changed: BTreeMap<Address, (Option<String>, String)>,
    /// Ratings and states of mitigations that differ: what the assessment says stays, because somebody here said it.
    pub kept: BTreeMap<Address, (String, String)>,
    /// Risks of the log's prefixes that it has no more. They stay until somebody closes them.
    pub gone: Vec<RiskId>,
}

impl Brought {
    /// The risks of which something changes.
    pub fn changed_risks(&self) -> BTreeSet<&str> {
        self.changed.keys().map(|address| address.subject.as_str()).collect()
    }
}

/// Compares a log with the risks of an assessment.
pub fn bring(risks: &BTreeMap<RiskId, Risk>, log: &Log) -> Brought {
    let mut brought = Brought::default();
    for (id, there) in &log.risks {
        let Some(here) = risks.get(id) else {
            brought.added.insert(id.clone(), there.clone());
            continue;
        };
        let known = of_risk(id, here);
        for (address, text) in of_risk(id, there) {
            let before = known.get(&address);
            if before.is_some_and(|before| plain(before) == plain(&text)) {
                continue;
            }
            match before {
                Some(before) if !is_wording(&address) => {
                    brought.kept.insert(address, (before.clone(), text));
                }
                before => drop(brought.changed.insert(address, (before.cloned(), text))),
            }
        }
    }
    let prefixes: BTreeSet<&str> = log.risks.keys().map(RiskId::prefix).collect();
    let gone = risks.keys().filter(|id| prefixes.contains(id.prefix()) && !log.risks.contains_key(*id));
    brought.gone = gone.cloned().collect();
    brought
}

/// Whether a field is the log's to word. Ratings, states and owners are for those who answer for them here.
fn is_wording(address: &Address) -> bool {
    let field: Vec<&str> = address.field.iter().map(String::as_str).collect();
    matches!(
        field[..],
        ["title" | "hazard" | "effect"] | ["causes", _, "text"] | ["mitigations", _, "text" | "evidence"]
    )
}
