//! Whoever owns something has to say so themselves: the states of answers and risks, over every item.
//!
//! The parent here is the worked example with every open item answered and everything confirmed, so that what
//! a derivation or an edit brings about can be told apart from what was there before.

use crate::support::{Sandbox, data, root};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use tom::diag::{Finding, Severity};
use tom::model::*;
use tom::ops::check::{Subject, check};
use tom::ops::confirm::{self, Voice};
use tom::ops::derive::{Request, derive};
use tom::ops::state::{Stand, State, States, states};
use tom::project::Project;
use tom::store::WorkTree;

/// The worked example's Northfield, full; with its framework and settings.
struct Full {
    framework: Arc<Framework>,
    settings: Settings,
    deployment: Deployment,
}

static FULL: LazyLock<Full> = LazyLock::new(|| {
    let (project, _) = Project::open(Box::new(WorkTree::new(root()))).unwrap();
    let name = DeploymentName::new("acme-northfield").unwrap();
    let (mut deployment, framework) = project.load(&name).unwrap().sound().unwrap();
    for item in framework.items().filter(|item| item.is_answered()) {
        let mut slots = deployment.slots(item);
        if slots.is_empty() {
            slots.push(Slot {
                item: item.id.clone(),
                row: item.repeats.clone().map(|block| (block, key("pas"))),
            });
        }
        for slot in slots {
            let answer = deployment.answers.entry(slot).or_default();
            if answer.is_unanswered() {
                fill(answer, item);
            }
        }
    }
    confirm_everything(&mut deployment, &framework);
    Full { framework, settings: project.settings().clone(), deployment }
});

fn framework() -> &'static Framework {
    &FULL.framework
}

fn full() -> Deployment {
    FULL.deployment.clone()
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn party(text: &str) -> PartyId {
    PartyId::new(text).unwrap()
}

fn value(kind: ItemType, options: &[String]) -> Value {
    match kind {
        ItemType::Date => Value::Date(Date::new(2027, 9, 1).unwrap()),
        ItemType::Number => Value::Number(3),
        ItemType::Texts => Value::Texts(vec!["Something".into()]),
        ItemType::Choice => Value::Text(options[0].clone()),
        ItemType::OdsCode => Value::Text("XEM03".into()),
        _ => Value::Text("Something".into()),
    }
}

/// Gives an item an answer of its type.
fn fill(answer: &mut Answer, item: &Item) {
    if item.has_rows() {
        let cells = item.columns.iter().map(|c| (c.id.clone(), value(c.kind, &c.options)));
        answer.rows.insert(key("first"), cells.collect());
    } else {
        answer.value = Some(value(item.kind_of_answer, &item.options));
    }
}

fn voice(of: &PartyId) -> Voice {
    Voice { party: of.clone(), by: "Somebody".into(), on: Date::new(2026, 11, 20).unwrap(), note: None }
}

/// Confirms every answer, mitigation and risk for each party that is asked.
fn confirm_everything(deployment: &mut Deployment, framework: &Framework) {
    for slot in deployment.answers.keys().cloned().collect::<Vec<_>>() {
        for of in &framework.item(slot.item.as_str()).unwrap().confirmed_by {
            let confirmation = confirm::answer(deployment, framework, &slot, &voice(of)).unwrap();
            deployment.answers.get_mut(&slot).unwrap().confirmed.insert(of.clone(), confirmation);
        }
    }
    for id in deployment.risks.keys().cloned().collect::<Vec<_>>() {
        for (key, owner) in owners(&deployment.risks[&id]) {
            let confirmation = confirm::mitigation(deployment, framework, &id, &key, &voice(&owner)).unwrap();
            let mitigations = &mut deployment.risks.get_mut(&id).unwrap().mitigations;
            mitigations.get_mut(&key).unwrap().confirmed.insert(owner, confirmation);
        }
        let owner = party("deployer");
        let confirmation = confirm::risk(deployment, framework, &id, &voice(&owner)).unwrap();
        deployment.risks.get_mut(&id).unwrap().confirmed.insert(owner, confirmation);
    }
}

fn owners(risk: &Risk) -> Vec<(Key, PartyId)> {
    risk.mitigations.iter().map(|(key, m)| (key.clone(), m.owner.clone())).collect()
}

/// A deployment at another organisation, derived from the full one.
fn fresh() -> Deployment {
    let request = Request {
        name: DeploymentName::new("acme-eastmoor").unwrap(),
        id: PermanentId::new("d-0123456789ab").unwrap(),
        title: None,
        risk_prefix: None,
        commit: None,
        keep_notes: false,
        taken_prefixes: Vec::new(),
    };
    derive(&FULL.deployment, framework(), &FULL.settings, request).deployment
}

/// State and stands of everything, by address.
type Snapshot = BTreeMap<String, (State, Vec<(String, Stand)>)>;

fn snapshot(deployment: &Deployment) -> Snapshot {
    let States { answers, risks } = states(deployment, framework());
    let answers = answers.into_iter().map(|a| {
        let parties = a.parties.into_iter().map(|(party, stand)| (party.to_string(), stand)).collect();
        (a.slot.to_string(), (a.state, parties))
    });
    let risks = risks.into_iter().map(|r| {
        let mitigations = r.mitigations.into_iter().map(|(key, (_, stand))| (key.to_string(), stand));
        let stands = std::iter::once((r.whole.0.to_string(), r.whole.1)).chain(mitigations).collect();
        (r.id.to_string(), (r.state, stands))
    });
    answers.chain(risks).collect()
}

/// The addresses at which two snapshots differ.
fn changed(before: &Snapshot, after: &Snapshot) -> BTreeSet<String> {
    let all = before.keys().chain(after.keys());
    all.filter(|address| before.get(*address) != after.get(*address)).cloned().collect()
}

/// Another value of the same item.
fn other(value: &Value, options: &[String]) -> Value {
    match value {
        Value::Text(text) => {
            let option = options.iter().find(|option| *option != text);
            Value::Text(option.cloned().unwrap_or_else(|| format!("{text}X")))
        }
        Value::Texts(texts) => Value::Texts(texts.iter().map(|text| format!("{text}x")).collect()),
        Value::Date(date) => Value::Date(date.tomorrow().unwrap()),
        Value::Number(number) => Value::Number(number + 1),
    }
}

/// Changes what an answer says, as little as can be.
fn change(answer: &mut Answer, item: &Item) {
    if let Some(value) = &mut answer.value {
        *value = other(value, &item.options);
    }
    for row in answer.rows.values_mut() {
        for (column, value) in row {
            let options = &item.columns.iter().find(|known| known.id == *column).unwrap().options;
            *value = other(value, options);
        }
    }
}

/// The rows of a CSV file with quoted cells, by the names in its head.
fn csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut rows = vec![vec![String::new()]];
    let mut is_quoted = false;
    for c in text.chars() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(String::new()),
            '\n' if !is_quoted => rows.push(vec![String::new()]),
            '\r' if !is_quoted => {}
            c => row.last_mut().unwrap().push(c),
        }
    }
    rows.retain(|row| row.len() > 1);
    let mut rows = rows.into_iter();
    let head = rows.next().unwrap();
    rows.map(|row| head.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn in_a_full_deployment_everything_is_settled() {
    let full = full();
    let states = states(&full, framework());
    for answer in &states.answers {
        assert!(answer.state.is_settled(), "{} is {}", answer.slot, answer.state);
        let is_asked = answer.parties.iter().any(|_| true);
        let wanted = if is_asked { State::Confirmed } else { State::Answered };
        assert!(answer.state == wanted || answer.state == State::NotApplicable, "{}", answer.slot);
    }
    assert!(states.risks.iter().all(|risk| risk.state == State::Confirmed));
}

/// The counts follow from the list of items alone, for topology A, derived from a full parent. What applies
/// to topology B only is not applicable. Of the rest, what is not kept is unanswered. What is kept is
/// answered where nobody confirms it, or only an aggregator would, who takes no part in A; confirmed where
/// the supplier alone confirms it, for theirs came along; proposed where a deployer has to. Every risk is
/// proposed, for the deployer has to confirm each as a whole.
#[test]
fn a_fresh_derivation_has_the_states_that_the_list_of_items_gives() {
    let mut wanted: BTreeMap<State, usize> = BTreeMap::new();
    let rows = csv(&data("tom-items.csv"));
    for row in &rows {
        if ["decision", "outcome"].contains(&row["kind"].as_str()) {
            continue;
        }
        let state = match (row["applies"].as_str(), row["on_derive"].as_str(), row["confirmed_by"].as_str()) {
            ("topology B", ..) => State::NotApplicable,
            (_, "ask" | "reset", _) => State::Unanswered,
            (_, "keep", "" | "aggregator-supplier") => State::Answered,
            (_, "keep", "supplier") => State::Confirmed,
            (_, "keep", "deployer" | "deployer+supplier") => State::Proposed,
            other => panic!("{}: {other:?}", row["id"]),
        };
        *wanted.entry(state).or_default() += 1;
    }
    *wanted.entry(State::Proposed).or_default() += FULL.deployment.risks.len();
    assert!(wanted.len() == 5 && wanted.values().sum::<usize>() > 170, "{wanted:?}");
    let child = fresh();
    let states = states(&child, framework());
    let counts: BTreeMap<State, usize> = states.counts().into_iter().collect();
    assert_eq!(counts, wanted);
    // By party: whoever has to stand by what was kept, and those who do.
    let mut wanted: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["on_derive"] == "keep" && row["applies"] != "topology B") {
        for party in row["confirmed_by"].split('+').filter(|party| ["supplier", "deployer"].contains(party)) {
            let (asked, standing) = wanted.entry(party.to_owned()).or_default();
            *asked += 1;
            *standing += usize::from(party == "supplier");
        }
    }
    let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (party, stand) in states.answers.iter().flat_map(|answer| &answer.parties) {
        let (asked, standing) = found.entry(party.to_string()).or_default();
        *asked += 1;
        *standing += usize::from(*stand == Stand::Stands);
    }
    assert_eq!(found, wanted);
}

#[test]
fn nothing_that_somebody_must_stand_by_is_settled_while_nobody_has_spoken() {
    let mut child = fresh();
    for item in framework().items().filter(|item| item.is_answered()) {
        let slot = Slot { item: item.id.clone(), row: item.repeats.clone().map(|block| (block, key("pas"))) };
        match child.answers.get_mut(&slot) {
            Some(answer) => change(answer, item),
            None => fill(child.answers.entry(slot).or_default(), item),
        }
    }
    for risk in child.risks.values_mut() {
        risk.hazard.push('x');
        risk.mitigations.values_mut().for_each(|mitigation| mitigation.text.push('x'));
    }
    assert_nothing_is_ready(&child);
    let states = states(&child, framework());
    let asked = states.answers.iter().filter(|a| a.is_needed && !a.item.confirmed_by.is_empty());
    let asked: Vec<_> = asked.collect();
    assert!(asked.len() > 80, "{}", asked.len());
    for answer in asked {
        assert!(
            matches!(answer.state, State::Stale | State::Proposed),
            "{} is {}",
            answer.slot,
            answer.state
        );
    }
    for risk in &states.risks {
        assert!(!risk.state.is_settled() && risk.mitigations.values().all(|(_, s)| *s != Stand::Stands));
    }
}

/// No phase is ready, and none of its gaps is the throughput that only the authority fills in.
fn assert_nothing_is_ready(deployment: &Deployment) {
    let states = states(deployment, framework());
    for phase in &framework().phases {
        let grounds =
            tom::ops::ready::Grounds { settings: &FULL.settings, approved: &Default::default(), as_of: None };
        let gaps = tom::ops::ready::gaps(deployment, framework(), &states, phase.number, grounds);
        let asked = |gap: &&tom::ops::ready::Gap| gap.turn.contains("confirm");
        assert!(gaps.iter().filter(asked).count() > 10, "phase {}: {gaps:?}", phase.number);
    }
}

/// What nobody was asked for counts for nothing, though its digests are right: written by hand, for `tom confirm` refuses it.
#[test]
fn confirmations_of_the_wrong_party_make_nothing_ready() {
    let mut child = fresh();
    for item in framework().items().filter(|item| item.is_answered()) {
        let slot = Slot { item: item.id.clone(), row: item.repeats.clone().map(|block| (block, key("pas"))) };
        if child.answers.get(&slot).is_none_or(Answer::is_unanswered) {
            fill(child.answers.entry(slot).or_default(), item);
        }
    }
    let before = snapshot(&child);
    let said = |digest: String, given| Confirmation {
        by: "Somebody".into(),
        on: Date::new(2026, 11, 20).unwrap(),
        digest,
        given,
        note: None,
    };
    let everybody: Vec<PartyId> = framework().parties.iter().map(|party| party.id.clone()).collect();
    for slot in child.answers.keys().cloned().collect::<Vec<_>>() {
        let item = framework().item(slot.item.as_str()).unwrap();
        let given = tom::ops::state::given(&child, framework(), &item.depends_on);
        let answer = child.answers.get_mut(&slot).unwrap();
        for wrong in everybody.iter().filter(|party| !item.confirmed_by.contains(party)) {
            answer.confirmed.insert(wrong.clone(), said(answer.content_digest().short(), given.clone()));
        }
    }
    for id in child.risks.keys().cloned().collect::<Vec<_>>() {
        let given = tom::ops::state::given(&child, framework(), &child.risks[&id].depends_on.clone());
        let risk = child.risks.get_mut(&id).unwrap();
        let digest = risk.content_digest().short();
        for wrong in everybody.iter().filter(|party| party.as_str() != "deployer") {
            risk.confirmed.insert(wrong.clone(), said(digest.clone(), given.clone()));
        }
        for mitigation in risk.mitigations.values_mut() {
            let digest = mitigation.digest().short();
            for wrong in everybody.iter().filter(|party| **party != mitigation.owner) {
                mitigation.confirmed.insert(wrong.clone(), said(digest.clone(), BTreeMap::new()));
            }
        }
    }
    assert_eq!(snapshot(&child), before);
    assert_nothing_is_ready(&child);
}

#[test]
fn only_those_who_are_asked_can_confirm() {
    let full = full();
    let refused = |confirmation: Result<Confirmation, tom::diag::Error>, of: &PartyId| {
        let error = confirmation.unwrap_err();
        assert_eq!(error.finding().code.id, "TOM-0931");
        assert!(error.finding().message.contains(of.as_str()), "{error}");
    };
    let parties: Vec<&PartyId> = framework().parties.iter().map(|party| &party.id).collect();
    for slot in full.answers.keys() {
        let asked = &framework().item(slot.item.as_str()).unwrap().confirmed_by;
        for of in &parties {
            let confirmation = confirm::answer(&full, framework(), slot, &voice(of));
            if asked.contains(of) {
                assert_eq!(confirmation.unwrap().digest, full.answers[slot].content_digest().short());
            } else {
                refused(confirmation, of);
            }
        }
    }
    for (id, risk) in &full.risks {
        for of in parties.iter().filter(|of| of.as_str() != "deployer") {
            refused(confirm::risk(&full, framework(), id, &voice(of)), of);
        }
        for (key, owner) in owners(risk) {
            for of in parties.iter().filter(|of| ***of != owner) {
                refused(confirm::mitigation(&full, framework(), id, &key, &voice(of)), of);
            }
        }
    }
    let mut baseline = full.clone();
    baseline.meta.kind = Kind::Baseline;
    let id = baseline.risks.keys().next().unwrap().clone();
    refused(confirm::risk(&baseline, framework(), &id, &voice(&party("deployer"))), &party("deployer"));
    confirm::risk(&baseline, framework(), &id, &voice(&party("supplier"))).unwrap();
}

#[test]
fn what_is_unanswered_or_rests_on_something_unanswered_cannot_be_confirmed() {
    let child = fresh();
    let states = states(&child, framework());
    let is_open = |fact: &ItemId| {
        states.answers.iter().any(|a| a.item.id == *fact && a.is_needed && a.state == State::Unanswered)
    };
    let mut rested = 0;
    for answer in &states.answers {
        for of in &answer.item.confirmed_by {
            let confirmation = confirm::answer(&child, framework(), &answer.slot, &voice(of));
            let open: Vec<&ItemId> = answer.item.depends_on.iter().filter(|fact| is_open(fact)).collect();
            let is_unanswered = answer.answer.is_none_or(Answer::is_unanswered);
            assert_eq!(confirmation.is_err(), is_unanswered || !open.is_empty(), "{}", answer.slot);
            if let (false, Err(error)) = (is_unanswered, confirmation) {
                rested += 1;
                assert!(open.iter().all(|fact| error.finding().message.contains(fact.as_str())), "{error}");
            }
        }
    }
    assert!(rested > 0, "some carried answers rest on what is the new organisation's own");
}

/// Every item that something rests on.
fn facts() -> BTreeSet<ItemId> {
    let items = framework().items().flat_map(|item| &item.depends_on);
    items.chain(FULL.deployment.risks.values().flat_map(|risk| &risk.depends_on)).cloned().collect()
}

#[test]
fn a_changed_fact_makes_stale_exactly_what_rests_on_it_and_undoing_it_mends_that() {
    let mut full = full();
    let before = snapshot(&full);
    let facts = facts();
    assert!(facts.len() > 15, "{facts:?}");
    for fact in &facts {
        let slot = full.answers.keys().find(|slot| slot.item == *fact).unwrap().clone();
        let old = full.answers[&slot].clone();
        // Notes are content, and no condition turns on their words: what applies stays the same.
        full.answers.get_mut(&slot).unwrap().notes = Some("Said in other words.".into());
        let after = snapshot(&full);
        for (address, (state, stands)) in &after {
            let (state_before, stands_before) = &before[address];
            let subject = address.rsplit('.').next().unwrap();
            let rests_on_it = match framework().item(subject) {
                Some(item) => item.depends_on.contains(fact),
                None => full.risks[subject].depends_on.contains(fact),
            };
            if *address == slot.to_string() && *state_before == State::Confirmed {
                assert!(*state == State::Stale && stands.iter().all(|(_, s)| *s == Stand::ContentChanged));
            } else if rests_on_it && *state_before == State::Confirmed {
                assert_eq!(*state, State::Stale, "{address} rests on {fact}");
                let named = Stand::FactsChanged(vec![fact.clone()]);
                // A mitigation rests on no fact: of a risk, only the whole turns stale.
                let count = if full.risks.contains_key(subject) { 1 } else { stands.len() };
                assert!(stands.iter().take(count).all(|(_, s)| *s == named), "{address}: {stands:?}");
                assert!(stands.iter().skip(count).all(|(_, s)| *s == Stand::Stands));
            } else {
                assert_eq!((state, stands), (state_before, stands_before), "{address} and {fact}");
            }
        }
        full.answers.insert(slot, old);
        assert_eq!(snapshot(&full), before, "{fact} is as it was");
    }
}

/// The items that a condition reads, through outcomes too.
fn reads(condition: &Condition) -> BTreeSet<ItemId> {
    let outcomes = framework().outcomes(ProfileName::Strict);
    let mut items = condition.items();
    for id in condition.outcomes() {
        let outcome = outcomes.iter().find(|outcome| outcome.id == id).unwrap();
        items.extend(outcome.cases.iter().flat_map(|case| reads(&case.when)));
    }
    items
}

/// The items whose answer has a say in the state of an item: its facts, and what decides whether it applies
/// and who takes part.
fn has_a_say(item: &Item) -> BTreeSet<ItemId> {
    let parties = item.confirmed_by.iter().filter_map(|party| framework().party(party.as_str()));
    let conditions = item.applies.iter().chain(parties.filter_map(|party| party.takes_part.as_ref()));
    conditions.flat_map(reads).chain(item.depends_on.iter().cloned()).collect()
}

/// Each answer with each of its fields changed, and with a field taken away.
fn edits(answer: &Answer, item: &Item) -> Vec<Answer> {
    let mut said = answer.clone();
    change(&mut said, item);
    let mut noted = answer.clone();
    noted.notes = Some(noted.notes.unwrap_or_default() + "x");
    let mut shown = answer.clone();
    shown.evidence.push("ref:One more".into());
    let mut bare = answer.clone();
    bare.notes = None;
    let mut less = answer.clone();
    less.evidence.clear();
    let silent = Answer { value: None, rows: BTreeMap::new(), ..answer.clone() };
    vec![said, noted, shown, bare, less, silent]
}

#[test]
fn an_edit_changes_the_state_of_that_item_and_its_dependants_and_of_nothing_else() {
    let mut full = full();
    let before = snapshot(&full);
    let says: BTreeMap<&str, BTreeSet<ItemId>> =
        framework().items().map(|item| (item.id.as_str(), has_a_say(item))).collect();
    for slot in full.answers.keys().cloned().collect::<Vec<_>>() {
        let item = framework().item(slot.item.as_str()).unwrap();
        let old = full.answers[&slot].clone();
        for edited in edits(&old, item).into_iter().filter(|edited| *edited != old) {
            full.answers.insert(slot.clone(), edited);
            let after = snapshot(&full);
            let changed = changed(&before, &after);
            for address in changed.iter().filter(|address| **address != slot.to_string()) {
                let subject = address.rsplit('.').next().unwrap();
                let has_a_say = match says.get(subject) {
                    Some(items) => items.contains(&slot.item),
                    None => full.risks[subject].depends_on.contains(&slot.item),
                };
                assert!(has_a_say, "{address} changed with {slot}");
            }
            let is_confirmed = |snapshot: &Snapshot| snapshot[&slot.to_string()].0 == State::Confirmed;
            assert!(!(is_confirmed(&before) && is_confirmed(&after)), "{slot} says something else now");
        }
        full.answers.insert(slot, old);
    }
    assert_eq!(snapshot(&full), before);
}

/// One edit of every field of a risk that is content: taken apart by name, so that a field that is added is not forgotten here.
fn risk_edits(risk: &Risk) -> Vec<(&'static str, Risk)> {
    let Risk {
        title,
        section,
        owner,
        status: _,
        hazard,
        effect,
        depends_on,
        causes,
        initial,
        residual,
        mitigations,
        confirmed: _,  // no content
        acceptance: _, // no content
        transfer: _,
    } = risk.clone();
    let same = || risk.clone();
    let other = |rating: &Option<Rating>| {
        let words = &framework().matrix.severity;
        rating.clone().map(|rating| Rating {
            severity: words.iter().find(|word| **word != rating.severity).unwrap().clone(),
            ..rating
        })
    };
    let more = |text: String| text + "x";
    let section = framework().sections.iter().map(|s| &s.id).find(|id| **id != section).unwrap().clone();
    let mut fewer = causes.clone();
    fewer.pop_first();
    let mut reworded = causes;
    reworded.values_mut().for_each(|cause| cause.text.push('x'));
    let fact = facts().into_iter().find(|fact| !depends_on.contains(fact)).unwrap();
    let to = party("supplier");
    let transfer = Transfer { to, duty: Some("Do it.".into()), receipt: None };
    let mut edits = vec![
        ("title", Risk { title: more(title), ..same() }),
        ("section", Risk { section, ..same() }),
        ("owner", Risk { owner: another(&owner), ..same() }),
        ("status", Risk { status: RiskStatus::Closed, ..same() }),
        ("hazard", Risk { hazard: more(hazard), ..same() }),
        ("effect", Risk { effect: more(effect), ..same() }),
        ("depends-on less", Risk { depends_on: Vec::new(), ..same() }),
        ("depends-on more", Risk { depends_on: [depends_on, vec![fact]].concat(), ..same() }),
        ("causes less", Risk { causes: fewer, ..same() }),
        ("causes", Risk { causes: reworded, ..same() }),
        ("initial", Risk { initial: other(&initial), ..same() }),
        ("initial gone", Risk { initial: None, ..same() }),
        ("residual", Risk { residual: other(&residual), ..same() }),
        ("residual gone", Risk { residual: None, ..same() }),
        ("transfer", Risk { transfer: Some(transfer), ..same() }),
    ];
    for (key, mitigation) in &mitigations {
        for (field, mitigation) in mitigation_edits(mitigation) {
            let mut risk = same();
            match mitigation {
                Some(mitigation) => drop(risk.mitigations.insert(key.clone(), mitigation)),
                None => drop(risk.mitigations.remove(key)),
            }
            edits.push((field, risk));
        }
    }
    edits.retain(|(_, edited)| edited != risk);
    edits
}

/// The same of a mitigation; none where it goes.
fn mitigation_edits(mitigation: &Mitigation) -> Vec<(&'static str, Option<Mitigation>)> {
    let Mitigation { kind, owner, causes, text, status, reason, evidence, confirmed: _ } = mitigation.clone();
    let same = || mitigation.clone();
    let kind = *MitigationKind::ALL.iter().find(|other| **other != kind).unwrap();
    let status = *MitigationStatus::ALL.iter().find(|other| **other != status).unwrap();
    let reason = Some(reason.unwrap_or_default() + "x");
    vec![
        ("mitigation's kind", Some(Mitigation { kind, ..same() })),
        ("mitigation's owner", Some(Mitigation { owner: another(&owner), ..same() })),
        ("mitigation's causes less", Some(Mitigation { causes: Vec::new(), ..same() })),
        ("mitigation's causes", Some(Mitigation { causes: [causes, vec![key("C99")]].concat(), ..same() })),
        ("mitigation's text", Some(Mitigation { text: text + "x", ..same() })),
        ("mitigation's status", Some(Mitigation { status, ..same() })),
        ("mitigation's reason", Some(Mitigation { reason, ..same() })),
        (
            "mitigation's evidence",
            Some(Mitigation { evidence: [evidence, vec!["ref:x".into()]].concat(), ..same() }),
        ),
        ("mitigation's evidence gone", Some(Mitigation { evidence: Vec::new(), ..same() })),
        ("mitigation gone", None),
    ]
}

fn another(of: &PartyId) -> PartyId {
    party(if of.as_str() == "supplier" { "deployer" } else { "supplier" })
}

#[test]
fn an_edit_of_a_risk_changes_the_state_of_that_risk_alone() {
    let mut full = full();
    let before = snapshot(&full);
    let mut tried = BTreeSet::new();
    for id in full.risks.keys().cloned().collect::<Vec<_>>() {
        let old = full.risks[&id].clone();
        for (field, edited) in risk_edits(&old) {
            tried.insert(field);
            full.risks.insert(id.clone(), edited);
            let after = snapshot(&full);
            assert_eq!(changed(&before, &after), BTreeSet::from([id.to_string()]), "{field}");
            assert_eq!(after[id.as_str()].0, State::Stale, "{field}");
        }
        full.risks.insert(id, old);
    }
    assert_eq!(tried.len(), 25, "{tried:?}");
    assert_eq!(snapshot(&full), before);
}

/// What the framework and what was confirmed in `full` say of a deployment that was edited since: worked out from values alone, without a
/// digest. Only what applies, and who takes part, is asked of the rules, which have tests of their own.
fn worked_out(full: &Deployment, now: &Deployment) -> Snapshot {
    let rules = tom::ops::outcome::Evaluator::new(framework(), now, ProfileName::Strict);
    type Said = (Option<Value>, BTreeMap<Key, BTreeMap<String, Value>>, Option<String>, Vec<String>);
    let said = |answer: &Answer| -> Said {
        (answer.value.clone(), answer.rows.clone(), answer.notes.clone(), answer.evidence.clone())
    };
    let empty: Said = Default::default();
    let fact = |of: &Deployment, fact: &ItemId| -> BTreeMap<String, Said> {
        let own = of.answers.iter().filter(|(slot, _)| slot.item == *fact);
        own.map(|(slot, answer)| (slot.to_string(), said(answer)))
            .filter(|(_, said)| *said != empty)
            .collect()
    };
    let stand = |is_same: bool, facts: &[ItemId]| {
        let moved: BTreeSet<&ItemId> = facts.iter().filter(|id| fact(full, id) != fact(now, id)).collect();
        match (is_same, moved.is_empty()) {
            (false, _) => Stand::ContentChanged,
            (true, false) => Stand::FactsChanged(moved.into_iter().cloned().collect()),
            (true, true) => Stand::Stands,
        }
    };
    let state = |stands: &[(String, Stand)]| {
        let open =
            |(_, stand): &(String, Stand)| matches!(stand, Stand::ContentChanged | Stand::FactsChanged(_));
        match stands {
            [] => State::Answered,
            stands if stands.iter().any(open) => State::Stale,
            stands if stands.iter().any(|(_, stand)| *stand == Stand::Missing) => State::Proposed,
            _ => State::Confirmed,
        }
    };
    let mut all = Snapshot::new();
    for item in framework().items().filter(|item| item.is_answered()) {
        let mut slots = now.slots(item);
        if slots.is_empty() {
            slots.push(Slot::of(&item.id));
        }
        for slot in slots {
            let answer = now.answers.get(&slot);
            let mut stands = Vec::new();
            for of in item.confirmed_by.iter().filter(|of| answer.is_some() && rules.takes_part(of)) {
                let same = answer.map(&said) == full.answers.get(&slot).map(&said);
                let has_spoken = answer.is_some_and(|answer| answer.confirmed.contains_key(of));
                let stand = if has_spoken { stand(same, &item.depends_on) } else { Stand::Missing };
                stands.push((of.to_string(), stand));
            }
            let is_silent = answer.is_none_or(|answer| answer.value.is_none() && answer.rows.is_empty());
            let state = match (rules.applies(item), is_silent) {
                (false, _) => State::NotApplicable,
                (true, true) => State::Unanswered,
                (true, false) => state(&stands),
            };
            all.insert(slot.to_string(), (state, stands));
        }
    }
    for (id, risk) in &now.risks {
        let bare = |mitigation: &Mitigation| Mitigation { confirmed: BTreeMap::new(), ..mitigation.clone() };
        let content = |risk: &Risk| Risk {
            confirmed: BTreeMap::new(),
            acceptance: None,
            mitigations: risk.mitigations.iter().map(|(key, m)| (key.clone(), bare(m))).collect(),
            ..risk.clone()
        };
        let was = &full.risks[id];
        let mut stands = vec![("deployer".to_owned(), stand(content(risk) == content(was), &was.depends_on))];
        for (key, mitigation) in &risk.mitigations {
            let stand = match mitigation.confirmed.contains_key(&mitigation.owner) {
                true => stand(Some(bare(mitigation)) == was.mitigations.get(key).map(bare), &[]),
                false => Stand::Missing,
            };
            stands.push((key.to_string(), stand));
        }
        all.insert(id.to_string(), (state(&stands), stands));
    }
    all
}

/// One edit of a sequence: of an answer (facts more often than others) or a risk, of one of its fields, or as it was.
fn edit_somewhere(full: &Deployment, now: &mut Deployment, (which, at, how): (u8, u16, u16)) {
    let facts = facts();
    let among: Vec<&Slot> = match which % 3 {
        0 => full.answers.keys().filter(|slot| facts.contains(&slot.item)).collect(),
        1 => full.answers.keys().collect(),
        _ => Vec::new(),
    };
    if among.is_empty() {
        let id = full.risks.keys().nth(usize::from(at) % full.risks.len()).unwrap();
        let edits = risk_edits(&now.risks[id]);
        let edited = edits.get(usize::from(how) % (edits.len() + 3)).map(|(_, risk)| risk.clone());
        now.risks.insert(id.clone(), edited.unwrap_or_else(|| full.risks[id].clone()));
        return;
    }
    let slot = among[usize::from(at) % among.len()];
    let item = framework().item(slot.item.as_str()).unwrap();
    let mut edits = edits(&now.answers[slot], item);
    edits.push(Answer { confirmed: now.answers[slot].confirmed.clone(), ..Answer::default() });
    let edited = edits.get(usize::from(how) % (edits.len() + 3)).cloned();
    now.answers.insert(slot.clone(), edited.unwrap_or_else(|| full.answers[slot].clone()));
}

proptest::proptest! {
    #![proptest_config(crate::merge_laws::seeded(crate::merge_laws::told(40), 7))]

    /// Exactly what the framework says rests on what was edited changes its state, after each edit of a sequence, and nothing else ever does.
    #[test]
    fn however_often_something_is_edited_exactly_that_and_what_rests_on_it_is_in_doubt(
        sequence in proptest::collection::vec((0u8..3, 0u16..999, 0u16..999), 1..10),
    ) {
        let full = &FULL.deployment;
        let mut now = full.clone();
        for edit in sequence {
            edit_somewhere(full, &mut now, edit);
            let (found, wanted) = (snapshot(&now), worked_out(full, &now));
            let differing = changed(&found, &wanted);
            proptest::prop_assert!(
                differing.is_empty(),
                "{:?}",
                differing.iter().map(|at| (at, found.get(at), wanted.get(at))).collect::<Vec<_>>()
            );
        }
        for (slot, answer) in &full.answers {
            now.answers.insert(slot.clone(), answer.clone());
        }
        now.risks.clone_from(&full.risks);
        proptest::prop_assert_eq!(snapshot(&now), snapshot(full));
    }
}

fn claims(deployment: &Deployment, settings: &Settings) -> Vec<Finding> {
    let exists = |_: &str| true;
    let framework = framework();
    let strict = tom::ops::outcome::Evaluator::new(framework, deployment, tom::model::ProfileName::Strict);
    let as_of = tom::model::Date::constant(2026, 11, 20);
    let (strict, received, ready) = (&strict, None, None);
    let subject = Subject {
        pending: None,
        approved: &Default::default(),
        deployment,
        framework,
        strict,
        settings,
        exists: &exists,
        received,
        left_over: &[],
        as_of,
        ready,
    };
    check(&subject).into_iter().filter(|finding| finding.code.id == "TOM-0601").collect()
}

#[test]
fn whoever_is_not_listed_for_a_party_here_is_reported_as_claiming() {
    let (project, _) = Project::open(Box::new(WorkTree::new(root()))).unwrap();
    let name = DeploymentName::new("acme-northfield").unwrap();
    let (mut deployment, _) = project.load(&name).unwrap().sound().unwrap();
    assert!(claims(&deployment, project.settings()).is_empty(), "in the worked example everyone is listed");
    let slot = Slot::of(&ItemId::new("IGA-03").unwrap());
    let cases = [
        ("deployer", "Nobody Known", true),
        ("deployer", "Jo Marsh", true),     // the supplier's
        ("deployer", "Lorna Whitby", true), // another deployer's
        ("deployer", "ben tarrant", true),  // names are compared as they stand
        ("deployer", "Ben Tarrant", false),
        ("supplier", "Ben Tarrant", true),
        ("supplier", "Jo Marsh", false),
    ];
    for (of, by, is_claimed) in cases {
        let before = deployment.clone();
        let answer = deployment.answers.get_mut(&slot).unwrap();
        answer.confirmed.get_mut(&party(of)).unwrap().by = by.to_owned();
        let found = claims(&deployment, project.settings());
        assert_eq!(found.len(), usize::from(is_claimed), "{by} for {of}: {found:?}");
        for finding in &found {
            assert_eq!(finding.severity, Severity::Note);
            assert!(finding.message.contains(by) && finding.message.contains(of), "{}", finding.message);
        }
        deployment = before;
    }
    let mut settings = project.settings().clone();
    let mut people = (*settings.people).clone();
    people.get_mut("jo-marsh").unwrap().organisation = None;
    settings.people = people.into();
    assert!(
        claims(&deployment, &settings).is_empty(),
        "who has no organisation speaks for their party anywhere"
    );
    deployment.answers.get_mut(&slot).unwrap().confirmed.get_mut("deployer").unwrap().by = "Jo Marsh".into();
    assert_eq!(claims(&deployment, &settings).len(), 1, "but for no other party");
    let strangers = claims(&FULL.deployment, &FULL.settings);
    assert_eq!(
        strangers.len(),
        framework().parties.iter().filter(|p| is_asked(&p.id)).count(),
        "one a party"
    );
}

/// Whether a party confirms anything in the full deployment.
fn is_asked(of: &PartyId) -> bool {
    let answers = FULL.deployment.answers.values().any(|answer| answer.confirmed.contains_key(of));
    answers || FULL.deployment.risks.values().any(|r| r.mitigations.values().any(|m| m.owner == *of))
}

#[test]
fn a_claimed_confirmation_is_shown_as_such_by_confirm_and_by_check() {
    let sandbox = Sandbox::example();
    let by = |name: &str| {
        sandbox
            .tom(&["confirm", "acme-northfield", "HAZ-004", "--again", "--party", "deployer", "--by", name])
            .code(0)
    };
    assert!(by("Nobody Known").err.contains("only claimed"));
    let found = sandbox.tom(&["check", "acme-northfield"]).code(0).all();
    assert!(found.contains("TOM-0601") && found.contains("Nobody Known"), "{found}");
    assert!(!by("Dr Esther Lyle").err.contains("claimed"));
    assert!(!sandbox.tom(&["check", "acme-northfield"]).code(0).all().contains("TOM-0601"));
}

#[test]
fn the_pack_names_outcomes_that_changed_and_what_is_in_doubt_through_which_fact() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", "acme-northfield", "BD-22", "Hosted by somebody else"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "IGA-16", "Yes"]).code(0);
    let differs = |audience: &str| {
        let out = format!("packs-{audience}");
        sandbox
            .tom(&[
                "render",
                "acme-northfield",
                "--pack",
                "phase-2",
                "--format",
                "html",
                "--audience",
                audience,
                "--to",
                &out,
            ])
            .code(0);
        let files = sandbox.files(&out);
        let page = String::from_utf8(files.into_values().next().unwrap()).unwrap();
        page.split("What differs from what came from acme-5-1</h2>")
            .nth(1)
            .unwrap()
            .split("</section>")
            .next()
            .unwrap()
            .to_owned()
    };
    let page = differs("internal");
    assert!(
        page.contains("<dt>End-to-end information flows</dt>") && page.contains("</span>Fail</ins>"),
        "{page}"
    );
    assert!(page.contains("BD-22 changed since then") && page.contains("(Jo Marsh)"), "{page}");
    assert!(page.contains("it has changed since"), "IGA-16 itself was confirmed: {page}");
    let page = differs("public");
    assert!(page.contains("BD-22 changed since then") && !page.contains("Jo Marsh"), "{page}");
}

/// What `tom todo` and readiness say of the documents that outcomes ask for.
fn open_documents(sandbox: &Sandbox) -> (Vec<String>, Vec<String>) {
    let lines = |args: &[&str], needle: &str| -> Vec<String> {
        let out = sandbox.tom(args).all();
        out.lines().filter(|line| line.contains(needle)).map(|line| line.trim().to_owned()).collect()
    };
    let todo = lines(&["todo", "acme-northfield"], "isk assessment");
    (todo, lines(&["check", "acme-northfield", "--ready", "2"], "a document is not attached"))
}

#[test]
fn a_document_that_outcomes_ask_for_is_open_until_the_evidence_names_it() {
    let sandbox = Sandbox::example();
    assert_eq!(open_documents(&sandbox), (vec![], vec![]), "the worked example has attached them all");
    sandbox.tom(&["set", "acme-northfield", "IGA-05", "No"]).code(0);
    let (todo, ready) = open_documents(&sandbox);
    assert!(todo[0].starts_with("IGA-02  Information risk assessment"), "{todo:?}");
    assert!(ready[0].contains("Information risk assessment"), "{ready:?}");
    sandbox.tom(&["set", "acme-northfield", "IGA-02.evidence", "ref:Certificate of the ISMS"]).code(0);
    assert_eq!(open_documents(&sandbox), (todo, ready), "a certificate is no risk assessment");
    let file = "path:docs/evidence/Information-Risk-Assessment.md";
    sandbox.write("docs/evidence/Information-Risk-Assessment.md", "# Assessment\n");
    sandbox.tom(&["set", "acme-northfield", "IGA-02.evidence", file]).code(0);
    assert_eq!(open_documents(&sandbox), (vec![], vec![]));
}

#[test]
fn words_that_are_not_known_are_refused_with_the_nearest_that_is() {
    let sandbox = Sandbox::example();
    let refused = |args: &[&str], says: &str| {
        let error = sandbox.tom(args).code(2).err;
        assert!(error.contains(says), "{error}");
    };
    refused(&["todo", "--role", "sirro"], "did you mean `siro`?");
    refused(&["todo", "--party", "deployr"], "did you mean `deployer`?");
    refused(&["todo", "--phase", "3"], "there are: 1, 2");
    refused(&["status", "--phase", "0"], "there are: 1, 2");
    refused(&["check", "--ready", "9"], "there is no phase 9");
    refused(&["confirm", "acme-northfield", "--all", "--party", "suplier"], "did you mean `supplier`?");
    assert!(sandbox.tom(&["todo", "--role", "cta"]).code(0).out.contains("nothing to do"));
}

#[test]
fn derive_diff_and_the_pack_count_alike_what_is_not_yet_answered() {
    let sandbox = Sandbox::example();
    let derived = sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor"]).code(0).out;
    let count = derived.split("to answer now: ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let diff = sandbox.tom(&["diff", "acme-eastmoor"]).code(0).out;
    assert!(diff.contains(&format!("{count} needed items are not yet answered")), "{count}: {diff}");
    sandbox.tom(&["render", "acme-eastmoor", "--to", "packs", "--pack", "phase-1"]).code(0);
    let page = sandbox.read("packs/acme-eastmoor-phase-1.html");
    assert!(page.contains(&format!("{count} needed answers are still missing")), "{count}");
}

#[test]
fn a_fact_that_is_emptied_puts_in_doubt_what_rested_on_it_here() {
    let mut full = full();
    let before = snapshot(&full);
    let fact = ItemId::new("BD-22").unwrap();
    let old = full.answers.remove(&Slot::of(&fact)).unwrap();
    let dependants = |full: &Deployment| {
        let mut changed = changed(&before, &snapshot(full));
        changed.remove(fact.as_str());
        changed
    };
    let emptied = dependants(&full);
    assert!(emptied.len() > 1, "{emptied:?}");
    full.answers.insert(Slot::of(&fact), Answer { notes: Some("Other".into()), ..old.clone() });
    assert_eq!(dependants(&full), emptied);
    full.answers.insert(Slot::of(&fact), old);
    assert_eq!(changed(&before, &snapshot(&full)), BTreeSet::new());
}

#[test]
fn a_fact_that_nobody_has_entered_yet_leaves_what_was_received_as_it_was() {
    let fresh = fresh();
    let states = states(&fresh, framework());
    let carried =
        states.answers.iter().filter(|a| a.answer.is_some_and(|answer| !answer.confirmed.is_empty()));
    for answer in carried {
        let stands = answer.parties.iter().filter(|(_, stand)| matches!(stand, Stand::FactsChanged(_)));
        assert_eq!(stands.count(), 0, "{}", answer.slot);
    }
}
