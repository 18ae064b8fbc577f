//! Who has spoken for what. Every answer and every risk has exactly one state, computed each time, never stored.

use super::confirm::Entry;
use super::outcome::Evaluator;
use super::spoken::{self, Said, Spoken};
use crate::model::{
    Answer, Canonical, Confirmation, DEPLOYER, Deployment, Digest, Framework, Item, ItemId, Key, Kind,
    PartyId, Person, ProfileName, Risk, RiskId, SUPPLIER, Settings, Slot,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Where an answer or a risk stands. The first that fits, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its condition is false.
    NotApplicable,
    /// It is empty.
    Unanswered,
    /// A party's confirmation no longer matches the content, or a fact beneath it.
    Stale,
    /// Every party that has to stand by it does.
    Confirmed,
    /// Nobody has to confirm it.
    Answered,
    /// It has content, and somebody who must stand by it has not said so.
    Proposed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Confirmed, Self::Answered, Self::Proposed, Self::Stale, Self::Unanswered, Self::NotApplicable];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            Self::Unanswered => "unanswered",
            Self::Stale => "stale",
            Self::Confirmed => "confirmed",
            Self::Answered => "answered",
            Self::Proposed => "proposed",
        }
    }

    /// Whether nothing more has to be done about it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Confirmed | Self::Answered | Self::NotApplicable)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How one party stands to one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// They stand by it as it is.
    Stands,
    /// The content changed since.
    ContentChanged,
    /// These facts changed since.
    FactsChanged(Vec<ItemId>),
    /// They have not said so.
    Missing,
}

/// The state of an answer, with what it comes from.
#[derive(Debug, Clone)]
pub struct AnswerState<'a> {
    /// The item.
    pub item: &'a Item,
    /// Where its answer stands; a block without rows has a slot without a row.
    pub slot: Slot,
    /// The answer, if there is one.
    pub answer: Option<&'a Answer>,
    /// Where it stands.
    pub state: State,
    /// Whether it is needed here.
    pub is_needed: bool,
    /// How each party stands to it that has to confirm it and takes part.
    pub parties: Vec<(&'a PartyId, Stand)>,
}

/// The state of a risk, with what it comes from.
#[derive(Debug, Clone)]
pub struct RiskState<'a> {
    /// Its id.
    pub id: &'a RiskId,
    /// The risk.
    pub risk: &'a Risk,
    /// Where it stands.
    pub state: State,
    /// The party that confirms it as a whole, and how they stand to it.
    pub whole: (PartyId, Stand),
    /// How the owner of each mitigation stands to it.
    pub mitigations: BTreeMap<&'a Key, (&'a PartyId, Stand)>,
}

/// The digest of a fact: the content of the answer, or of every row's where the item repeats.
pub fn fact_digest(deployment: &Deployment, framework: &Framework, fact: &ItemId) -> Digest {
    filled_fact(deployment, framework, fact).unwrap_or(*NOTHING)
}

/// The digest of a fact; none where it says nothing here.
fn filled_fact(deployment: &Deployment, framework: &Framework, fact: &ItemId) -> Option<Digest> {
    fact_among(&deployment.answers, framework, fact)
}

/// The digest of a fact among answers; none where it says nothing there.
pub(super) fn fact_among(
    answers: &BTreeMap<Slot, Answer>,
    framework: &Framework,
    fact: &ItemId,
) -> Option<Digest> {
    match framework.item(fact.as_str()) {
        Some(item) if item.repeats.is_some() => {
            let of_fact = answers.iter().filter(|(slot, _)| slot.item == item.id);
            // A row that says nothing here is a row of another item.
            let rows: BTreeMap<String, &Answer> = of_fact
                .filter(|(_, answer)| !answer.is_empty())
                .filter_map(|(slot, answer)| Some((slot.row.as_ref()?.1.to_string(), answer)))
                .collect();
            (!rows.is_empty()).then(|| rows.digest())
        }
        _ => answers.get(&Slot::of(fact)).filter(|answer| !answer.is_empty()).map(Canonical::digest),
    }
}

/// Whether a fact has changed since a confirmation. `was` is what the confirmation names, `now` is nothing while the fact says nothing, and
/// `is_excused` tells whether a fact that said something then may say nothing now.
pub(super) fn has_changed(
    was: Option<&String>,
    now: Option<Digest>,
    is_excused: impl FnOnce() -> bool,
) -> bool {
    match (was, now) {
        (was, Some(now)) => !was.is_some_and(|was| now.is_short(was)),
        (Some(was), None) => !NOTHING.is_short(was) && !is_excused(),
        (None, None) => false,
    }
}

/// The digest of a fact that says nothing.
static NOTHING: LazyLock<Digest> = LazyLock::new(|| Answer::default().digest());

/// The facts that something rests on, as they are now: what goes under `given`.
pub fn given(deployment: &Deployment, framework: &Framework, facts: &[ItemId]) -> BTreeMap<ItemId, String> {
    facts.iter().map(|fact| (fact.clone(), fact_digest(deployment, framework, fact).short())).collect()
}

/// Digests of facts, each computed once for a deployment.
struct Facts<'a> {
    deployment: &'a Deployment,
    framework: &'a Framework,
    known: std::cell::RefCell<BTreeMap<ItemId, Option<Digest>>>,
}

impl Facts<'_> {
    /// The digest of a fact; none while it is empty.
    fn digest(&self, fact: &ItemId) -> Option<Digest> {
        if let Some(known) = self.known.borrow().get(fact) {
            return *known;
        }
        let digest = filled_fact(self.deployment, self.framework, fact);
        self.known.borrow_mut().insert(fact.clone(), digest);
        digest
    }

    /// Whether a fact came along with what was received.
    fn came(&self, fact: &ItemId) -> bool {
        let received = self.deployment.received.as_ref();
        received.is_some_and(|received| fact_among(&received.answers, self.framework, fact).is_some())
    }

    /// `is_carried` tells whether the confirmation came with what was received: a fact that each organisation enters for itself did not, is empty
    /// until it is entered here, and puts nothing in doubt before that. Anything else that was emptied has changed.
    fn stand(
        &self,
        confirmation: Option<&Confirmation>,
        is_carried: impl Fn() -> bool,
        content: impl FnOnce() -> Digest,
        facts: &[ItemId],
    ) -> Stand {
        let Some(confirmation) = confirmation else { return Stand::Missing };
        if !content().is_short(&confirmation.digest) {
            return Stand::ContentChanged;
        }
        // Exactly the facts that were given, and those it rests on by now.
        let given = &confirmation.given;
        let is_to_enter = |fact: &ItemId| !self.came(fact) && is_carried();
        let has_changed =
            |fact: &&ItemId| has_changed(given.get(*fact), self.digest(fact), || is_to_enter(fact));
        let rests_on = || given.keys().chain(facts);
        if !rests_on().any(|fact| has_changed(&fact)) {
            return Stand::Stands;
        }
        let changed: std::collections::BTreeSet<&ItemId> = rests_on().filter(has_changed).collect();
        Stand::FactsChanged(changed.into_iter().cloned().collect())
    }
}

/// The state of everything in a deployment.
pub struct States<'a> {
    /// Every answered item in framework order, one entry for each row of a block.
    pub answers: Vec<AnswerState<'a>>,
    /// Every risk by id.
    pub risks: Vec<RiskState<'a>>,
}

/// Computes the state of every answer and risk.
pub fn states<'a>(deployment: &'a Deployment, framework: &'a Framework) -> States<'a> {
    states_under(deployment, framework, &Evaluator::new(framework, deployment, ProfileName::Strict))
}

/// The same, where the strict outcomes are computed already.
pub fn states_under<'a>(
    deployment: &'a Deployment,
    framework: &'a Framework,
    evaluator: &Evaluator<'_>,
) -> States<'a> {
    let facts = Facts { deployment, framework, known: std::cell::RefCell::default() };
    let taking_part: BTreeMap<&PartyId, bool> =
        framework.parties.iter().map(|party| (&party.id, evaluator.takes_part(&party.id))).collect();
    let mut answers = Vec::new();
    // What could not be read has no state: calling it unanswered would be untrue.
    let is_read = |item: &&Item| !deployment.unread.iter().any(|id| id == item.section.as_str());
    for item in framework.items().filter(|item| item.is_answered()).filter(is_read) {
        let applies = evaluator.applies(item);
        let is_needed = applies && evaluator.needed(item);
        let mut slots = deployment.slots(item);
        if slots.is_empty() {
            slots.push(Slot::of(&item.id));
        }
        for slot in slots {
            let answer = deployment.answers.get(&slot);
            let mut parties = Vec::new();
            if let Some(answer) = answer
                && !item.confirmed_by.is_empty()
            {
                let content = std::cell::OnceCell::new();
                let content = || *content.get_or_init(|| answer.content_digest());
                for party in
                    item.confirmed_by.iter().filter(|party| taking_part.get(party).copied().unwrap_or(true))
                {
                    let is_carried = || Entry::Answer(slot.clone()).is_carried(deployment, party);
                    let confirmation = answer.confirmed.get(party);
                    let stand = facts.stand(confirmation, is_carried, content, &item.depends_on);
                    parties.push((party, stand));
                }
            }
            let state = if !applies {
                State::NotApplicable
            } else if answer.is_none_or(Answer::is_unanswered) {
                State::Unanswered
            } else {
                of_stands(parties.iter().map(|(_, stand)| stand))
            };
            answers.push(AnswerState { item, slot, answer, state, is_needed, parties });
        }
    }
    let owner = risk_owner(deployment);
    let risks = deployment
        .risks
        .iter()
        .map(|(id, risk)| {
            // Nobody carries a confirmation of a risk as a whole to another organisation.
            let own = || false;
            let content = || risk.content_digest();
            let whole = facts.stand(risk.confirmed.get(&owner), own, content, &risk.depends_on);
            let mitigations: BTreeMap<_, _> = risk
                .mitigations
                .iter()
                .filter(|(_, m)| deployment.meta.kind == Kind::Deployment || m.owner == owner)
                .map(|(key, m)| {
                    let stand = facts.stand(m.confirmed.get(&m.owner), own, || m.digest(), &[]);
                    (key, (&m.owner, stand))
                })
                .collect();
            let state =
                of_stands(std::iter::once(&whole).chain(mitigations.values().map(|(_, stand)| stand)));
            RiskState { id, risk, state, whole: (owner.clone(), whole), mitigations }
        })
        .collect();
    States { answers, risks }
}

/// The party that confirms risks as a whole: the deployer, in a baseline the supplier.
pub fn risk_owner(deployment: &Deployment) -> PartyId {
    let party = if deployment.meta.kind == Kind::Baseline { SUPPLIER } else { DEPLOYER };
    PartyId::new(party).unwrap_or_else(|_| unreachable!("the name of a party is well formed"))
}

fn of_stands<'s>(stands: impl Iterator<Item = &'s Stand>) -> State {
    let mut state = State::Answered;
    for stand in stands {
        match stand {
            Stand::ContentChanged | Stand::FactsChanged(_) => return State::Stale,
            Stand::Missing => state = State::Proposed,
            Stand::Stands if state == State::Answered => state = State::Confirmed,
            Stand::Stands => {}
        }
    }
    state
}

impl States<'_> {
    /// How many needed answers nobody has given yet: the one count of what is not yet answered.
    pub fn to_answer(&self) -> usize {
        self.answers.iter().filter(|a| a.is_needed && a.state == State::Unanswered).count()
    }

    /// What is left to do, by state: as [`Self::counts`] without what is settled and what may stay empty.
    pub fn open(&self) -> Vec<(State, usize)> {
        let counts = self.counts().into_iter().map(|(state, count)| match state {
            State::Unanswered => (state, self.to_answer()),
            _ => (state, count),
        });
        counts.filter(|(state, count)| !state.is_settled() && *count > 0).collect()
    }

    /// How many answers and risks have each state, in the order of [`State::ALL`], empty ones left out.
    pub fn counts(&self) -> Vec<(State, usize)> {
        let all = self.answers.iter().map(|a| a.state).chain(self.risks.iter().map(|r| r.state));
        let mut counts: BTreeMap<State, usize> = BTreeMap::new();
        all.for_each(|state| *counts.entry(state).or_default() += 1);
        State::ALL.iter().filter_map(|state| Some((*state, *counts.get(state)?))).collect()
    }
}

/// Whether the settings list somebody who may speak for a party here. Somebody of an organisation speaks for that one's deployments only;
/// while it is not known whose a deployment is, nobody of an organisation does.
pub fn may_speak(
    settings: &Settings,
    deployment: &Deployment,
    framework: &Framework,
    party: &PartyId,
    by: &str,
) -> bool {
    settings.people.named(by).any(|(_, person)| speaks_for(person, deployment, framework, party))
}

/// Whether a person whom the settings list speaks for a party here.
pub fn speaks_for(person: &Person, deployment: &Deployment, framework: &Framework, party: &PartyId) -> bool {
    let code = match party.as_str() {
        DEPLOYER => Some(deployment.text(&framework.headline.organisation_code)),
        SUPPLIER => Some(deployment.text(&framework.headline.supplier_code)),
        _ => None,
    };
    let is_theirs = |own: &String| code.as_ref().is_none_or(|code| code == own);
    person.party == *party && person.organisation.as_ref().is_none_or(is_theirs)
}

/// Whether the settings list those who confirm, each looked up once.
pub struct Speakers<'a> {
    settings: &'a Settings,
    deployment: &'a Deployment,
    framework: &'a Framework,
    known: std::cell::RefCell<BTreeMap<(PartyId, String), bool>>,
    foreign: Option<&'a BTreeSet<Spoken>>,
}

impl<'a> Speakers<'a> {
    /// Those who confirm in a deployment.
    pub fn of(settings: &'a Settings, deployment: &'a Deployment, framework: &'a Framework) -> Self {
        Self { settings, deployment, framework, known: std::cell::RefCell::default(), foreign: None }
    }

    /// The same, where it is known what somebody brought in who may not have said it.
    pub fn knowing(self, foreign: &'a BTreeSet<Spoken>) -> Self {
        Self { foreign: Some(foreign), ..self }
    }

    /// Whether what is said shows only that somebody claims it.
    fn only_claims(&self, spoken: &Spoken) -> bool {
        spoken.said(self.deployment.into()).is_some_and(|said| !self.may_say(said))
            || self.foreign.is_some_and(|foreign| foreign.contains(spoken))
    }

    /// Whether somebody is listed for what they say here.
    fn may_say(&self, said: Said<'_>) -> bool {
        match said {
            Said::Confirmation(party, _) | Said::Reply(party, _) => self.may(party, said.by()),
            Said::Acceptance(acceptance) => {
                may_act(self.settings, self.deployment, self.framework, &acceptance.role, &acceptance.by)
            }
        }
    }

    /// Whether somebody is listed for a party here.
    pub fn may(&self, party: &PartyId, by: &str) -> bool {
        let key = (party.clone(), by.to_owned());
        let known = self.known.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let may = may_speak(self.settings, self.deployment, self.framework, party, by);
            self.known.borrow_mut().insert(key, may);
            may
        })
    }

    /// Whether an answer rests on a confirmation that is only claimed.
    pub fn is_claimed(&self, answer: &AnswerState<'_>) -> bool {
        let mut standing = answer.parties.iter().filter(|(_, stand)| *stand == Stand::Stands);
        standing.any(|(party, _)| {
            let entry = Entry::Answer(answer.slot.clone());
            self.only_claims(&Spoken::Confirmation(entry, (*party).clone()))
        })
    }

    /// The same of a risk: of what is said to it or one of its mitigations, of its acceptance, and of the reply to its transfer.
    pub fn is_risk_claimed(&self, risk: &RiskState<'_>) -> bool {
        let (owner, stand) = &risk.whole;
        let whole = (*stand == Stand::Stands).then(|| (Entry::Risk(risk.id.clone()), owner));
        let parts = risk.mitigations.iter().filter(|(_, (_, stand))| *stand == Stand::Stands);
        let parts =
            parts.map(|(key, (owner, _))| (Entry::Mitigation(risk.id.clone(), (*key).clone()), *owner));
        let confirmed =
            whole.into_iter().chain(parts).map(|(entry, party)| Spoken::Confirmation(entry, party.clone()));
        let others = [Spoken::Acceptance(risk.id.clone()), Spoken::Reply(risk.id.clone())];
        confirmed.chain(others).any(|spoken| self.only_claims(&spoken))
    }
}

/// What is said by people whom the settings do not list for it: by party (or role) and name.
pub fn claimed(
    settings: &Settings,
    deployment: &Deployment,
    framework: &Framework,
) -> BTreeMap<(String, String), Vec<Spoken>> {
    let speakers = Speakers::of(settings, deployment, framework);
    let mut claimed = BTreeMap::<(String, String), Vec<Spoken>>::new();
    spoken::each(deployment.into(), |said, at| {
        if !speakers.may_say(said) {
            claimed.entry((said.voice().to_owned(), said.by().to_owned())).or_default().push(at());
        }
    });
    claimed
}

/// Everybody whom the settings list in a role, of the deploying organisation where they belong to one.
pub fn holders<'s>(
    settings: &'s Settings,
    deployment: &Deployment,
    framework: &Framework,
    role: &str,
) -> impl Iterator<Item = (&'s Key, &'s Person)> {
    let code = deployment.text(&framework.headline.organisation_code);
    let role = role.to_owned();
    settings.people.around(&code).filter(move |(_, person)| person.roles.contains(&role))
}

/// Whether a person whom the settings list acts in a role here.
pub fn acts_as(person: &Person, deployment: &Deployment, framework: &Framework, role: &str) -> bool {
    let code = deployment.text(&framework.headline.organisation_code);
    person.acts_around(&code) && person.roles.iter().any(|one| one == role)
}

/// Whether the settings list this person in a role.
pub fn may_act(
    settings: &Settings,
    deployment: &Deployment,
    framework: &Framework,
    role: &str,
    by: &str,
) -> bool {
    holders(settings, deployment, framework, role).any(|(_, person)| person.name == by)
}
