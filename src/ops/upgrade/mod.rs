//! Brings a deployment from one version of its framework to another: answers move by id, and none is lost.
//!
//! An item of the later version takes the answers of the item with its own id and of those that it `replaces`. What is said
//! of a confirmation: it is kept only where the question is the same, which is to say that one item became one item, with equal wording (`asks`),
//! type, options, columns, parties and repetition, and that the facts it rests on became one fact each in the same way. Anything else is for
//! its owner to confirm again. What has no place in the later version is set aside, never dropped.

mod files;
mod risks;

pub use files::files;

use super::merge::{Content, Place, Side};
use crate::diag::{Code, Error, Severity};
use crate::model::{
    Address, Answer, Aside, AsideWhy, Canonical, Confirmation, Deployment, Framework, Item, ItemId, ItemType,
    Lineage, OnDerive, PartyId, Received, Refusal, RiskId, Slot, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The upgrade cannot be done.
pub static CANNOT_UPGRADE: Code = Code {
    id: "TOM-0540",
    severity: Severity::Error,
    title: "a deployment cannot be brought to another framework version so",
    explain: "`tom update --framework FROM TO` moves the answers of deployments that follow FROM to the items of TO, another version of the same framework. Items say by \
`replaces` what they take the place of; each id in it has to be known to the earlier version, or to another one in `frameworks/`. An update that waits for decisions has to be \
finished first, and risks must not use a section, party or word of the matrix that the later version does not have.",
};

/// An answer that was set aside waits for somebody.
pub static UNSETTLED: Code = Code {
    id: "TOM-0541",
    severity: Severity::Warning,
    title: "an answer was set aside, and its question is not answered yet",
    explain: "In an upgrade of the framework, several answers became one and differ, or an answer does not fit the later form of its question. None was chosen: all are kept \
in `aside.toml`, and the later item is empty. Read what was said there, and answer the item.",
};

/// Every code of upgrades.
pub const CODES: &[&Code] = &[&CANNOT_UPGRADE, &UNSETTLED];

/// How the items of one version become those of another.
pub struct Upgrade<'f> {
    from: &'f Framework,
    to: &'f Framework,
    /// The later items that take an earlier one's answers; none or empty where nothing does.
    homes: BTreeMap<&'f ItemId, Vec<&'f Item>>,
    /// The earlier items whose answers a later one takes.
    sources: BTreeMap<&'f ItemId, BTreeSet<&'f ItemId>>,
}

/// What became of an answer that did not simply stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It stands at these slots now.
    Moved(Vec<Slot>),
    /// It is kept in `aside.toml`.
    SetAside(AsideWhy),
}

/// A deployment in the later version, with everything that there is to say about how it got there.
#[derive(Debug, Clone)]
pub struct Upgraded {
    /// The deployment.
    pub deployment: Deployment,
    /// What was set aside now.
    pub asides: Vec<Aside>,
    /// Answers that did not simply stay under their id.
    pub fates: BTreeMap<Slot, Fate>,
    /// How many answers stayed under their id.
    pub stayed: usize,
    /// Confirmations that do not speak for the later question.
    pub dropped: Vec<Address>,
    /// Facts that a risk named and that are asked no more.
    pub facts_gone: Vec<(RiskId, ItemId)>,
    /// Refusals whose place is no more.
    pub refusals_gone: Vec<String>,
    /// Items that nothing answered before.
    pub new_items: Vec<ItemId>,
}

impl Upgraded {
    /// Whether somebody has to choose between answers, or to put one in another form.
    pub fn has_open(&self) -> bool {
        self.asides.iter().any(|aside| is_unsettled(aside, &self.deployment.answers))
    }
}

/// Whether an answer that was set aside still waits for another in its place.
pub fn is_unsettled(aside: &Aside, answers: &BTreeMap<Slot, Answer>) -> bool {
    aside.answers.iter().any(|slot| answers.get(slot).is_none_or(Answer::is_empty))
}

/// Answers and risks in the later version.
#[derive(Default)]
struct Moved {
    content: Content,
    asides: Vec<Aside>,
    fates: BTreeMap<Slot, Fate>,
    stayed: usize,
    dropped: Vec<Address>,
    facts_gone: Vec<(RiskId, ItemId)>,
}

impl<'f> Upgrade<'f> {
    /// How `from` becomes `to`. `others` are further versions whose ids may be replaced too.
    ///
    /// # Errors
    ///
    /// Where they are not versions of one framework, or something replaces an id that nobody knows.
    pub fn new(from: &'f Framework, to: &'f Framework, others: &[&Framework]) -> Result<Self, Error> {
        let refuse = |why: String| Error::new(&CANNOT_UPGRADE, why);
        if from.id != to.id {
            let why = format!("`{}` and `{}` are different frameworks, not versions of one", from.id, to.id);
            return Err(refuse(why));
        }
        if from.version == to.version {
            return Err(refuse(format!("`{} {}` is the same version twice", from.id, from.version)));
        }
        let mut upgrade = Self { from, to, homes: BTreeMap::new(), sources: BTreeMap::new() };
        for item in to.items() {
            for id in [&item.id].into_iter().chain(&item.replaces) {
                let Some(old) = from.item(id.as_str()) else {
                    let is_known =
                        *id == item.id || others.iter().any(|other| other.item(id.as_str()).is_some());
                    if !is_known {
                        let why = format!("`{}` replaces `{id}`, which no earlier version here has", item.id);
                        return Err(refuse(why).help(format!(
                            "mend `replaces` in `frameworks/{}/{}/sections/{}.toml`",
                            to.id, to.version, item.section
                        )));
                    }
                    continue;
                };
                if old.is_answered() && item.is_answered() {
                    upgrade.homes.entry(&old.id).or_default().push(item);
                    upgrade.sources.entry(&item.id).or_default().insert(&old.id);
                }
            }
        }
        Ok(upgrade)
    }

    fn homes(&self, old: &ItemId) -> &[&'f Item] {
        self.homes.get(old).map_or(&[], Vec::as_slice)
    }

    /// The one item that an earlier one became, where it asks the same: equal wording, type, options, columns, parties, repetition.
    fn same(&self, old: &ItemId) -> Option<&'f Item> {
        let &[home] = self.homes(old) else { return None };
        let before = self.from.item(old.as_str())?;
        let is_only = self.sources.get(&home.id).is_some_and(|sources| sources.len() == 1);
        let is_same = before.asks == home.asks
            && before.kind == home.kind
            && before.kind_of_answer == home.kind_of_answer
            && before.options == home.options
            && before.columns == home.columns
            && before.parties == home.parties
            && before.confirmed_by == home.confirmed_by
            && before.repeats.is_some() == home.repeats.is_some();
        (is_only && is_same).then_some(home)
    }

    /// Whether what is said of an earlier item is said of a later one: the same question, resting on the same facts.
    fn is_same_question(&self, old: &ItemId) -> bool {
        let Some((home, before)) = self.same(old).zip(self.from.item(old.as_str())) else { return false };
        let facts: Option<BTreeSet<&ItemId>> =
            before.depends_on.iter().map(|fact| self.same(fact).map(|fact| &fact.id)).collect();
        facts.is_some_and(|facts| facts == home.depends_on.iter().collect())
    }

    /// A confirmation with its facts under their later ids; none where one of them is another fact now.
    fn confirmation(&self, said: &Confirmation) -> Option<Confirmation> {
        let given = said.given.iter().map(|(fact, was)| Some((self.same(fact)?.id.clone(), was.clone())));
        Some(Confirmation { given: given.collect::<Option<_>>()?, ..said.clone() })
    }

    fn confirmations(&self, said: &BTreeMap<PartyId, Confirmation>) -> BTreeMap<PartyId, Confirmation> {
        let known = said.iter().filter(|(party, _)| self.to.party(party.as_str()).is_some());
        known.filter_map(|(party, said)| Some((party.clone(), self.confirmation(said)?))).collect()
    }

    /// Answers and risks in the later version.
    fn moved(&self, side: Side<'_>) -> Moved {
        let mut moved = Moved::default();
        let mut coming: BTreeMap<Slot, Vec<(&Slot, &Answer)>> = BTreeMap::new();
        for (slot, answer) in side.answers {
            let mut is_placed = false;
            // What the same question took, it takes.
            let is_same = self.same(&slot.item).is_some();
            for home in self.homes(&slot.item) {
                if let Some(there) = slot_in(home, slot).filter(|_| is_same || fits(answer, home)) {
                    coming.entry(there).or_default().push((slot, answer));
                    is_placed = true;
                }
            }
            if !is_placed {
                let why = if self.homes(&slot.item).is_empty() {
                    AsideWhy::Withdrawn
                } else {
                    AsideWhy::DoesNotFit
                };
                let later = self.homes(&slot.item).iter().filter_map(|home| slot_in(home, slot)).collect();
                moved.set_aside(self.from, slot, answer, why, later);
            }
        }
        let mut placed: BTreeMap<&Slot, Vec<Slot>> = BTreeMap::new();
        let mut kept: BTreeSet<(&Slot, &PartyId)> = BTreeSet::new();
        for (there, sources) in &coming {
            let said: Vec<_> = sources.iter().filter(|(_, answer)| !answer.is_empty()).collect();
            let differ = said.windows(2).any(|pair| pair[0].1.content() != pair[1].1.content());
            if differ {
                for (slot, answer) in said {
                    moved.set_aside(self.from, slot, answer, AsideWhy::Differs, vec![there.clone()]);
                }
                continue;
            }
            let Some((slot, answer)) = said.first().copied().or(sources.first()) else { continue };
            let confirmed = if self.is_same_question(&slot.item) {
                self.confirmations(&answer.confirmed)
            } else {
                BTreeMap::new()
            };
            let parties = answer.confirmed.keys().filter(|party| confirmed.contains_key(*party));
            kept.extend(parties.map(|party| (*slot, party)));
            moved.content.answers.insert(there.clone(), Answer { confirmed, ..answer.content() });
            for (slot, _) in sources {
                placed.entry(slot).or_default().push(there.clone());
            }
        }
        for (slot, there) in placed {
            if there == [slot.clone()] {
                moved.stayed += 1;
            } else {
                moved.fates.entry(slot.clone()).or_insert(Fate::Moved(there));
            }
        }
        moved.content.answers.retain(|_, answer| *answer != Answer::default());
        for (slot, answer) in side.answers {
            let gone = answer.confirmed.keys().filter(|party| !kept.contains(&(slot, *party)));
            moved.dropped.extend(gone.map(|party| slot.address().then("confirmed").then(party.as_str())));
        }
        for (id, risk) in side.risks {
            let risk = self.risk(id, risk, &mut moved);
            moved.content.risks.insert(id.clone(), risk);
        }
        moved
    }

    /// What was received, in the later version. What is carried no more is no base any longer, so that no update takes it away.
    fn received(&self, received: &Received) -> Received {
        let mut content = self.moved(received.into()).content;
        content.answers.retain(|slot, _| {
            self.to.item(slot.item.as_str()).is_some_and(|item| item.on_derive == OnDerive::Keep)
        });
        Received { answers: content.answers, risks: content.risks }
    }

    /// A deployment in the later version.
    ///
    /// # Errors
    ///
    /// Where a risk uses what the later version does not have, or `aside.toml` holds another answer of the same place already.
    pub fn apply(&self, deployment: &Deployment) -> Result<Upgraded, Error> {
        self.refuse_unfit_risks(deployment)?;
        let moved = self.moved(deployment.into());
        for aside in &moved.asides {
            if deployment
                .asides
                .iter()
                .any(|known| known.version == aside.version && known.slot == aside.slot)
            {
                let (slot, version) = (&aside.slot, &aside.version);
                let what =
                    format!("`aside.toml` of `{}` holds `{slot}` of {version} already", deployment.name);
                return Err(Error::new(&CANNOT_UPGRADE, what)
                    .help("give the older one another home, and take it out"));
            }
        }
        let mut after = Deployment {
            answers: moved.content.answers,
            risks: moved.content.risks,
            asides: deployment.asides.iter().chain(&moved.asides).cloned().collect(),
            ..deployment.clone()
        };
        after.meta.framework = self.to.reference();
        let mut refusals_gone = Vec::new();
        if let (Some(lineage), Some(received)) = (&deployment.meta.derived_from, &deployment.received) {
            let base = self.received(received);
            let refused = self.refusals(lineage, received, &base, &mut refusals_gone);
            after.meta.derived_from = Some(Lineage {
                received: base.digest().to_string(),
                confirmations: Some(base.confirmations().to_string()),
                refused,
                ..lineage.clone()
            });
            after.received = Some(Arc::new(base));
            after.is_received_intact = true;
        }
        after.imported = deployment.imported.as_deref().map(|imported| {
            let content = self.moved(imported.into()).content;
            Arc::new(Received { answers: content.answers, risks: content.risks })
        });
        let new_items =
            self.to.items().filter(|item| item.is_answered() && !self.sources.contains_key(&item.id));
        let new_items = new_items.map(|item| item.id.clone()).collect();
        Ok(Upgraded {
            deployment: after,
            asides: moved.asides,
            fates: moved.fates,
            stayed: moved.stayed,
            dropped: moved.dropped,
            facts_gone: moved.facts_gone,
            refusals_gone,
            new_items,
        })
    }

    /// Refusals under the later ids. One is of what the parent offered, so it goes where that went.
    fn refusals(
        &self,
        lineage: &Lineage,
        before: &Received,
        after: &Received,
        gone: &mut Vec<String>,
    ) -> BTreeMap<String, Refusal> {
        let mut refused = BTreeMap::new();
        for (text, refusal) in &lineage.refused {
            let place = text.parse().ok().and_then(|address| Place::of(self.from, &address));
            let later = place.as_ref().map(|place| self.places(place)).unwrap_or_default();
            if later.is_empty() {
                gone.push(text.clone());
            }
            for there in later {
                let was = place.as_ref().map(|place| super::update::digest_at(before.into(), place));
                let is_current = was.as_ref() == Some(&refusal.digest);
                let digest = if is_current {
                    super::update::digest_at(after.into(), &there)
                } else {
                    refusal.digest.clone()
                };
                refused.insert(there.address().to_string(), Refusal { digest, ..refusal.clone() });
            }
        }
        refused
    }

    fn places(&self, place: &Place) -> Vec<Place> {
        match &place.subject {
            super::merge::Subject::Risk(_) => vec![place.clone()],
            super::merge::Subject::Answer(slot) => {
                let there = self.homes(&slot.item).iter().filter_map(|home| slot_in(home, slot));
                there
                    .map(|slot| Place {
                        subject: super::merge::Subject::Answer(slot),
                        field: place.field.clone(),
                    })
                    .collect()
            }
        }
    }
}

impl Moved {
    fn set_aside(
        &mut self,
        from: &Framework,
        slot: &Slot,
        answer: &Answer,
        why: AsideWhy,
        answers: Vec<Slot>,
    ) {
        if answer.is_empty() {
            return;
        }
        self.fates.insert(slot.clone(), Fate::SetAside(why));
        // One answer may differ from others in several places; it is kept once.
        if let Some(known) = self.asides.iter_mut().find(|aside| aside.slot == *slot) {
            return known.answers.extend(answers);
        }
        let item = from.item(slot.item.as_str());
        self.asides.push(Aside {
            version: from.version.clone(),
            slot: slot.clone(),
            title: item.map(|item| item.title.clone()).unwrap_or_default(),
            asks: item.map(|item| item.asks.clone()).unwrap_or_default(),
            personal: item.is_some_and(|item| item.personal),
            why,
            answers,
            said: answer.content(),
        });
    }
}

/// Where an answer of a slot would stand under a later item; none where only one of them repeats.
fn slot_in(home: &Item, slot: &Slot) -> Option<Slot> {
    let row = match (&home.repeats, &slot.row) {
        (None, None) => None,
        (Some(block), Some((_, key))) => Some((block.clone(), key.clone())),
        _ => return None,
    };
    Some(Slot { item: home.id.clone(), row })
}

/// Whether an answer can be one of an item.
fn fits(answer: &Answer, item: &Item) -> bool {
    let in_rows = |row: &crate::model::Row| {
        row.iter()
            .all(|(id, value)| item.columns.iter().any(|c| c.id == *id && is_of(value, c.kind, &c.options)))
    };
    let value = answer.value.as_ref();
    value.is_none_or(|value| !item.has_rows() && is_of(value, item.kind_of_answer, &item.options))
        && (answer.rows.is_empty() || item.has_rows())
        && answer.rows.values().all(in_rows)
}

fn is_of(value: &Value, kind: ItemType, options: &[String]) -> bool {
    match (value, kind) {
        (Value::Text(text), ItemType::Choice) => options.contains(text),
        (Value::Text(_), ItemType::Text | ItemType::Prose | ItemType::Note | ItemType::OdsCode) => true,
        (Value::Texts(_), ItemType::Texts) => true,
        (Value::Date(_), ItemType::Date) => true,
        (Value::Number(_), ItemType::Number) => true,
        _ => false,
    }
}
