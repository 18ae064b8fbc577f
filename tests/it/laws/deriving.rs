//! What a derivation carries, and what it does not.

use super::*;

/// A parent as the worked example has it, with random answers, risks and marks in it.
fn parents() -> impl Strategy<Value = Deployment> {
    let answers = prop::collection::vec(random::slot_and_answer(answered()), 0..40);
    let risks = prop::collection::vec((random::risk_id(), random::risk()), 0..4);
    let gone = prop::collection::vec(any::<Index>(), 0..20);
    (select(vec!["acme-5-1", "acme-northfield", "acme-southmere"]), answers, risks, gone).prop_map(
        |(name, answers, risks, gone)| {
            let mut parent = example(name).clone();
            for index in gone {
                let slot = index.get(&parent.answers.keys().cloned().collect::<Vec<_>>()).clone();
                parent.answers.remove(&slot);
            }
            parent.answers.extend(answers);
            parent.risks.extend(risks);
            mark(&mut parent);
            parent
        },
    )
}

/// Words that must not travel: each stands in one place only.
#[derive(Default)]
struct Marks(usize);

impl Marks {
    fn word(&mut self) -> String {
        self.0 += 1;
        format!("CANARY{:05}", self.0)
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Text(text) => *text = self.word(),
            Value::Texts(texts) => texts.iter_mut().for_each(|text| *text = self.word()),
            Value::Date(_) | Value::Number(_) => {}
        }
    }

    fn confirmations(&mut self, all: &mut BTreeMap<PartyId, Confirmation>, of: impl Fn(&PartyId) -> bool) {
        for (_, confirmation) in all.iter_mut().filter(|(party, _)| of(party)) {
            confirmation.by = self.word();
            confirmation.note = Some(self.word());
        }
    }

    fn answer(&mut self, answer: &mut Answer) {
        answer.value.iter_mut().for_each(|value| self.value(value));
        answer.rows.values_mut().flat_map(BTreeMap::values_mut).for_each(|value| self.value(value));
        answer.notes.iter_mut().for_each(|notes| *notes = self.word());
        answer.evidence.iter_mut().for_each(|evidence| *evidence = format!("ref:{}", self.word()));
        self.confirmations(&mut answer.confirmed, |_| true);
    }
}

fn is_deployer(party: &PartyId) -> bool {
    party.as_str() == "deployer"
}

fn is_supplier(party: &PartyId) -> bool {
    party.as_str() == "supplier"
}

fn on_derive(slot: &Slot) -> OnDerive {
    framework().item(slot.item.as_str()).unwrap().on_derive
}

/// Marks what is the parent's own: local answers, its deployer's confirmations, acceptances, history.
fn mark(parent: &mut Deployment) {
    let mut marks = Marks::default();
    for (slot, answer) in &mut parent.answers {
        if on_derive(slot) == OnDerive::Keep {
            marks.confirmations(&mut answer.confirmed, is_deployer);
        } else {
            marks.answer(answer);
        }
    }
    for risk in parent.risks.values_mut() {
        marks.confirmations(&mut risk.confirmed, |_| true);
        for mitigation in risk.mitigations.values_mut() {
            marks.confirmations(&mut mitigation.confirmed, is_deployer);
            if !is_supplier(&mitigation.owner) {
                mitigation.reason.iter_mut().for_each(|reason| *reason = marks.word());
            }
        }
        if let Some(acceptance) = &mut risk.acceptance {
            acceptance.by = marks.word();
            acceptance.reason = marks.word();
        }
        if let Some(transfer) = &mut risk.transfer {
            transfer.duty = Some(marks.word());
            transfer.receipt = Some(TransferReceipt {
                says: TransferWord::Refused,
                by: marks.word(),
                on: date(),
                digest: marks.word(),
                reason: Some(marks.word()),
            });
        }
    }
    parent.meta.title = marks.word();
    let revision = Revision { on: date(), by: marks.word(), text: marks.word() };
    parent.meta.history.insert(key("r1"), revision);
}

fn date() -> Date {
    Date::new(2026, 11, 20).unwrap()
}

fn child_of(parent: &Deployment, keep_notes: bool) -> Derived {
    let request = Request {
        name: DeploymentName::new("acme-eastmoor").unwrap(),
        id: PermanentId::new("d-0123456789ab").unwrap(),
        title: None,
        risk_prefix: None,
        commit: None,
        keep_notes,
        taken_prefixes: Vec::new(),
    };
    derive(parent, framework(), &EXAMPLE.settings, request)
}

/// Every file of a deployment, in one text.
fn files_of(deployment: &Deployment) -> String {
    let mut text = write_meta(&deployment.meta);
    for section in framework().sections.iter().filter(|section| section.is_answered()) {
        text += &write_section(section, &deployment.answers);
    }
    deployment.risks.values().for_each(|risk| text += &write_risk(risk));
    text += &write_received(deployment.received.as_ref().unwrap(), framework());
    text
}

/// What stands at an answer's field, in words that differ where the values do.
fn field(answer: &Answer, field: &[String]) -> Option<String> {
    let parts: Vec<&str> = field.iter().map(String::as_str).collect();
    match parts[..] {
        ["answer"] => answer.value.as_ref().map(|value| format!("{value:?}")),
        ["rows", key, column] => answer.rows.get(key)?.get(column).map(|value| format!("{value:?}")),
        ["notes"] => answer.notes.clone(),
        ["evidence"] => (!answer.evidence.is_empty()).then(|| format!("{:?}", answer.evidence)),
        ["confirmed", party] => answer.confirmed.get(party).map(|confirmation| format!("{confirmation:?}")),
        _ => panic!("{parts:?} is no field of an answer"),
    }
}

/// Every field of a risk with what stands there.
fn risk_fields(id: &RiskId, risk: &Risk) -> BTreeMap<Address, String> {
    let at = Address::of(id);
    let mut fields = BTreeMap::new();
    let mut put = |address: Address, shown: String| drop(fields.insert(address, shown));
    let whole = (&risk.title, &risk.section, &risk.owner, &risk.hazard, &risk.effect, &risk.depends_on);
    put(at.clone(), format!("{whole:?} {:?} {:?} {:?}", risk.causes, risk.initial, risk.residual));
    put(at.clone().then("status"), risk.status.to_string());
    let confirmed = |at: &Address, all: &BTreeMap<PartyId, Confirmation>| {
        let at = at.clone().then("confirmed");
        all.iter().map(|(p, c)| (at.clone().then(p.as_str()), format!("{c:?}"))).collect::<Vec<_>>()
    };
    confirmed(&at, &risk.confirmed).into_iter().for_each(|(address, shown)| put(address, shown));
    risk.acceptance.iter().for_each(|a| put(at.clone().then("acceptance"), format!("{a:?}")));
    risk.transfer.iter().for_each(|t| put(at.clone().then("transfer"), format!("{t:?}")));
    for (key, m) in &risk.mitigations {
        let at = at.clone().then("mitigations").then(key.as_str());
        put(at.clone(), format!("{:?} {:?} {:?} {:?}", m.kind, m.owner, m.causes, m.text));
        put(at.clone().then("status"), m.status.to_string());
        m.reason.iter().for_each(|reason| put(at.clone().then("reason"), reason.clone()));
        if !m.evidence.is_empty() {
            put(at.clone().then("evidence"), format!("{:?}", m.evidence));
        }
        confirmed(&at, &m.confirmed).into_iter().for_each(|(address, shown)| put(address, shown));
    }
    fields
}

/// The fate of a field: its own, or that of the nearest thing around it.
fn fate(derived: &Derived, address: &Address) -> Option<Fate> {
    let mut at = address.clone();
    loop {
        if let Some(fate) = derived.fates.get(&at) {
            return Some(*fate);
        }
        at.field.pop()?;
    }
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn every_field_of_an_answer_has_a_fate_and_it_is_true(
        parent in parents(), keep_notes in any::<bool>(),
    ) {
        let derived = child_of(&parent, keep_notes);
        let empty = Answer::default();
        for (slot, answer) in &parent.answers {
            let here = derived.deployment.answers.get(slot).unwrap_or(&empty);
            for address in fields_of(slot, answer) {
                let (before, after) = (field(answer, &address.field), field(here, &address.field));
                let fate = derived.fates.get(&address);
                prop_assert!(before.is_some() && fate.is_some(), "{} has no fate", address);
                let wanted = if fate == Some(&Fate::Kept) { before } else { None };
                prop_assert_eq!(after, wanted, "{}: {:?}", address, fate);
                match on_derive(slot) {
                    OnDerive::Ask => prop_assert_eq!(fate, Some(&Fate::Ask)),
                    OnDerive::Reset => prop_assert_eq!(fate, Some(&Fate::Reset)),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn nothing_is_there_that_was_not_carried(parent in parents(), keep_notes in any::<bool>()) {
        let child = child_of(&parent, keep_notes).deployment;
        for (slot, answer) in &child.answers {
            prop_assert_eq!(on_derive(slot), OnDerive::Keep);
            let before = &parent.answers[slot];
            for address in fields_of(slot, answer) {
                prop_assert_eq!(field(before, &address.field), field(answer, &address.field));
            }
        }
        prop_assert!(child.risks.keys().eq(parent.risks.keys()), "every risk is carried, and no other");
        let received = child.received.as_ref().unwrap();
        prop_assert_eq!(&received.answers, &child.answers);
        prop_assert_eq!(&received.risks, &child.risks);
        let lineage = child.meta.derived_from.as_ref().unwrap();
        prop_assert_eq!(&lineage.received, &received.digest().to_string());
        prop_assert_eq!((&lineage.id, &lineage.deployment), (&parent.meta.id, &parent.name));
    }

    #[test]
    fn every_field_of_a_risk_has_a_fate_and_it_is_true(parent in parents(), keep_notes in any::<bool>()) {
        let derived = child_of(&parent, keep_notes);
        for (id, risk) in &parent.risks {
            let after = risk_fields(id, &derived.deployment.risks[id]);
            let before = risk_fields(id, risk);
            prop_assert!(after.keys().all(|address| before.contains_key(address)), "{:?}", after);
            for (address, shown) in before {
                let now = after.get(&address).map(String::as_str);
                let fate = fate(&derived, &address);
                match fate {
                    Some(Fate::Kept) => prop_assert_eq!(now, Some(shown.as_str()), "{}", address),
                    Some(Fate::Reopened) => prop_assert_eq!(now, Some("open"), "{}", address),
                    Some(Fate::OnlyProposed) => prop_assert_eq!(now, Some("proposed"), "{}", address),
                    Some(_) => prop_assert_eq!(now, None, "{}: {:?}", address, fate),
                    None => prop_assert!(false, "{} has no fate", address),
                }
            }
        }
    }

    #[test]
    fn nothing_that_is_the_parents_own_stands_in_a_file_of_the_child(
        parent in parents(), keep_notes in any::<bool>(),
    ) {
        let text = files_of(&child_of(&parent, keep_notes).deployment);
        let found = text.lines().find(|line| line.contains("CANARY"));
        prop_assert_eq!(found, None);
    }

    #[test]
    fn a_carried_text_that_names_the_parents_organisation_is_listed(
        parent in parents(), keep_notes in any::<bool>(), which in any::<Index>(),
    ) {
        let mut parent = parent;
        let organisation = Value::Texts(vec!["Quarrington Vale Hospitals".to_owned()]);
        let slot = Slot::of(&framework().headline.organisation);
        parent.answers.entry(slot).or_default().value = Some(organisation);
        let risks: Vec<RiskId> = parent.risks.keys().cloned().collect();
        let id = which.get(&risks);
        parent.risks.get_mut(id).unwrap().effect = "Staff of quarrington vale hospitals wait.".to_owned();
        let derived = child_of(&parent, keep_notes);
        let address = Address::of(id).then("effect");
        prop_assert!(derived.left_over.iter().any(|over| over.address == address));
        // Whatever names it anywhere is listed, and the names in the list do stand there.
        let texts = derived.deployment.risks.iter().flat_map(|(id, risk)| risk_texts(id, risk));
        let named = |text: &str| text.to_lowercase().contains("quarrington vale hospitals");
        for (address, _) in texts.filter(|(_, text)| named(text)) {
            prop_assert!(derived.left_over.iter().any(|over| over.address == address));
        }
    }

    #[test]
    fn confirmations_travel_only_if_the_supplier_made_them_and_the_content_came_whole(
        parent in parents(), keep_notes in any::<bool>(),
    ) {
        let child = child_of(&parent, keep_notes).deployment;
        for (slot, answer) in &child.answers {
            let came_whole = answer.content() == parent.answers[slot].content();
            prop_assert!(!answer.confirmed.keys().any(is_deployer), "{}", slot);
            let travelled = answer.confirmed.keys().any(is_supplier);
            let had = parent.answers[slot].confirmed.keys().any(is_supplier);
            prop_assert_eq!(travelled, had && came_whole, "{}", slot);
        }
        for (id, risk) in &child.risks {
            prop_assert!(risk.confirmed.is_empty());
            for (key, mitigation) in &risk.mitigations {
                let before = &parent.risks[id].mitigations[key];
                let came_whole = mitigation.digest() == before.digest();
                prop_assert!(!mitigation.confirmed.keys().any(is_deployer));
                let travelled = mitigation.confirmed.keys().any(is_supplier);
                prop_assert_eq!(travelled, before.confirmed.keys().any(is_supplier) && came_whole);
            }
        }
    }

    #[test]
    fn nobody_but_supplier_and_authority_is_known_to_be_the_same_organisation(parent in parents()) {
        let child = child_of(&parent, false).deployment;
        let answers = child.answers.values().flat_map(|answer| answer.confirmed.keys());
        let mitigations = child.risks.values().flat_map(|risk| risk.mitigations.values());
        let same = |party: &&PartyId| is_supplier(party) || party.as_str() == "authority";
        let mut parties = answers.chain(mitigations.flat_map(|m| m.confirmed.keys()));
        prop_assert_eq!(parties.find(|party| !same(party)), None);
    }

    #[test]
    fn notes_that_only_a_deployer_wrote_stay_behind_unless_asked_for(
        parent in parents(), keep_notes in any::<bool>(),
    ) {
        let child = child_of(&parent, keep_notes).deployment;
        let is_baseline = parent.meta.kind == Kind::Baseline;
        let kept = parent.answers.iter().filter(|(slot, _)| on_derive(slot) == OnDerive::Keep);
        for (slot, answer) in kept {
            let item = framework().item(slot.item.as_str()).unwrap();
            let only_deployers = item.parties.iter().chain(&item.confirmed_by).all(is_deployer);
            let stay_behind = only_deployers && !keep_notes && !is_baseline;
            let empty = Answer::default();
            let here = child.answers.get(slot).unwrap_or(&empty);
            prop_assert_eq!(here.notes.is_some(), answer.notes.is_some() && !stay_behind, "{}", slot);
            let is_empty = answer.evidence.is_empty() || stay_behind;
            prop_assert_eq!(here.evidence.is_empty(), is_empty, "{}", slot);
        }
    }

    #[test]
    fn right_after_a_derivation_nothing_differs_from_what_was_received(parent in parents()) {
        let child = child_of(&parent, false).deployment;
        let left = Side::received("parent", child.received.as_ref().unwrap());
        prop_assert!(diff(framework(), &left, &Side::of(&child)).is_empty());
    }
}
