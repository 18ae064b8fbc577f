//! A deployment: one assessment of one product at one organisation.

use super::canon::{Sink, map};
use super::risk::words;
use super::{
    Address, Answer, Aside, BlockId, Canonical, Confirmation, Date, DeploymentName, Digest, FrameworkRef,
    ItemId, Key, PartyId, PermanentId, Risk, RiskId,
};
use std::collections::BTreeMap;

words! {
    /// What sort of deployment it is.
    Kind {
        /// At an organisation.
        Deployment = "deployment",
        /// The supplier's own, for one product version, without an organisation.
        Baseline = "baseline",
    }
}

/// Where an answer stands: an item, in a row of its block where the item repeats.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The item.
    pub item: ItemId,
    /// Block and key, for an item that repeats.
    pub row: Option<(BlockId, Key)>,
}

impl Slot {
    /// The slot of an item that does not repeat.
    pub fn of(item: &ItemId) -> Self {
        Self { item: item.clone(), row: None }
    }

    /// The address of the whole answer.
    pub fn address(&self) -> Address {
        match &self.row {
            Some((block, key)) => Address::in_row(block, key, &self.item),
            None => Address::of(&self.item),
        }
    }
}

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address().fmt(f)
    }
}

/// An entry of the document history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// When.
    pub on: Date,
    /// By whom.
    pub by: String,
    /// What was done.
    pub text: String,
}

/// Something that the parent offered and that was refused, until the parent changes it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Short digest of what was refused.
    pub digest: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// When.
    pub on: Date,
}

/// What a deployment was derived from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The parent's name when it was derived.
    pub deployment: DeploymentName,
    /// The parent's permanent id.
    pub id: PermanentId,
    /// Digest of what was received.
    pub received: String,
    /// Digest of the confirmations that came along; none where an earlier tom wrote this.
    pub confirmations: Option<String>,
    /// Where the parent was seen; a locator, nothing depends on it.
    pub commit: Option<String>,
    /// What was refused, by address.
    pub refused: BTreeMap<String, Refusal>,
}

/// What a deployment is, apart from its answers and risks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Its id for life.
    pub id: PermanentId,
    /// What it is called.
    pub title: String,
    /// Deployment or baseline.
    pub kind: Kind,
    /// The framework that it follows.
    pub framework: FrameworkRef,
    /// The prefix of risks that are found here.
    pub risk_prefix: String,
    /// What it was derived from.
    pub derived_from: Option<Lineage>,
    /// The document's history.
    pub history: BTreeMap<Key, Revision>,
}

/// What came from the parent, as it came: the base of later merges, and what differences are shown against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// Answers by slot.
    pub answers: BTreeMap<Slot, Answer>,
    /// Risks by id.
    pub risks: BTreeMap<RiskId, Risk>,
}

impl Received {
    /// The digest of everything that somebody says in it, as it stands: confirmations, and acceptances and replies to transfers, which a parent
    /// never hands over.
    pub fn confirmations(&self) -> Digest {
        let mut all = BTreeMap::<String, &dyn Canonical>::new();
        self.answers.iter().for_each(|(slot, answer)| put(&mut all, &slot.address(), &answer.confirmed));
        for (id, risk) in &self.risks {
            let at = Address::of(id);
            put(&mut all, &at, &risk.confirmed);
            for (key, mitigation) in &risk.mitigations {
                put(&mut all, &at.clone().then("mitigations").then(key.as_str()), &mitigation.confirmed);
            }
            if let Some(acceptance) = &risk.acceptance {
                all.insert(at.clone().then("acceptance").to_string(), acceptance);
            }
            if let Some(receipt) = risk.transfer.as_ref().and_then(|transfer| transfer.receipt.as_ref()) {
                all.insert(at.then("transfer").then("receipt").to_string(), receipt);
            }
        }
        all.digest()
    }
}

fn put<'a>(
    all: &mut BTreeMap<String, &'a dyn Canonical>,
    at: &Address,
    confirmed: &'a BTreeMap<PartyId, Confirmation>,
) {
    for (party, confirmation) in confirmed {
        all.insert(at.clone().then("confirmed").then(party.as_str()).to_string(), confirmation);
    }
}

/// The content of every answer and risk; confirmations that came along are not in it.
impl Canonical for Received {
    fn write(&self, out: &mut dyn Sink) {
        // Slots are ordered by item; the encoding orders them by their text.
        let answers: BTreeMap<String, &Answer> =
            self.answers.iter().map(|(slot, answer)| (slot.to_string(), answer)).collect();
        map(out, [("answers", Some(&answers)), ("risks", Some(&self.risks))]);
    }
}

/// One assessment: its meta data, answers, risks, and what it received.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its folder's name.
    pub name: DeploymentName,
    /// What it is.
    pub meta: Meta,
    /// Answers by slot; an item that nobody has touched is not in it.
    pub answers: BTreeMap<Slot, Answer>,
    /// Risks by id.
    pub risks: BTreeMap<RiskId, Risk>,
    /// What came from the parent. Siblings share it.
    pub received: Option<std::sync::Arc<Received>>,
    /// What the last checklist that was imported said, as it came: the base of the next import.
    pub imported: Option<std::sync::Arc<Received>>,
    /// Answers of earlier framework versions that have no place in this one, in the order of their file.
    pub asides: Vec<Aside>,
    /// Sections and risks whose file could not be read: nobody knows what they say.
    pub unread: Vec<String>,
    /// Whether what was received is there as it came, where something was: else nobody can tell what is local, and what went.
    pub is_received_intact: bool,
    /// What an update or import waits for.
    pub waiting: Option<super::Waiting>,
}

impl Deployment {
    /// A deployment that says nothing yet, and received nothing.
    pub fn empty(name: DeploymentName, meta: Meta) -> Self {
        Self {
            name,
            meta,
            answers: BTreeMap::new(),
            risks: BTreeMap::new(),
            received: None,
            imported: None,
            asides: Vec::new(),
            unread: Vec::new(),
            is_received_intact: true,
            waiting: None,
        }
    }

    /// The answer to an item that does not repeat.
    pub fn answer(&self, item: &ItemId) -> Option<&Answer> {
        self.answers.get(&Slot::of(item))
    }

    /// The text of an answer, empty where there is none.
    pub fn text(&self, item: &ItemId) -> String {
        self.answer(item)
            .and_then(|answer| answer.value.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    /// The keys of a block's rows, each once, in order.
    pub fn rows_of(&self, block: &BlockId) -> Vec<Key> {
        let keys: std::collections::BTreeSet<_> = self
            .answers
            .keys()
            .filter_map(|slot| slot.row.as_ref())
            .filter(|(b, _)| b == block)
            .map(|(_, key)| key.clone())
            .collect();
        keys.into_iter().collect()
    }

    /// Every slot that an item has here: one for each row of its block, or the one that it is.
    /// A block without rows has no slot.
    pub fn slots(&self, item: &super::Item) -> Vec<Slot> {
        match &item.repeats {
            None => vec![Slot::of(&item.id)],
            Some(block) => self
                .rows_of(block)
                .into_iter()
                .map(|key| Slot { item: item.id.clone(), row: Some((block.clone(), key)) })
                .collect(),
        }
    }
}
