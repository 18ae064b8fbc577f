//! What a difference says, and what it must not say.

use super::*;

fn deployments() -> impl Strategy<Value = Deployment> {
    let answers = prop::collection::vec(random::slot_and_answer(answered()), 0..20);
    let risks = prop::collection::vec((random::risk_id(), random::risk()), 0..4);
    (select(vec!["acme-northfield", "acme-southmere"]), answers, risks).prop_map(|(name, answers, risks)| {
        let mut deployment = example(name).clone();
        deployment.answers.extend(answers);
        deployment.risks.extend(risks);
        deployment
    })
}

fn differences(left: &Deployment, right: &Deployment) -> Difference {
    diff(framework(), &Side::of(left), &Side::of(right))
}

/// How risks differ on their own.
fn risk_differences(left: &BTreeMap<RiskId, Risk>, right: &BTreeMap<RiskId, Risk>) -> Difference {
    let answers = BTreeMap::new();
    let side = |risks| Side { name: String::new(), answers: &answers, risks, meta: None };
    diff(framework(), &side(left), &side(right))
}

/// The same meaning in other words: lists turned round, with something said twice, and CRLF.
fn turned_round(deployment: &Deployment) -> Deployment {
    fn turn<T: Clone>(list: &mut Vec<T>) {
        list.reverse();
        list.extend(list.first().cloned());
    }
    let mut turned = deployment.clone();
    for answer in turned.answers.values_mut() {
        turn(&mut answer.evidence);
        if let Some(Value::Texts(texts)) = &mut answer.value {
            turn(texts);
        }
    }
    for risk in turned.risks.values_mut() {
        turn(&mut risk.depends_on);
        for mitigation in risk.mitigations.values_mut() {
            turn(&mut mitigation.causes);
            turn(&mut mitigation.evidence);
        }
    }
    written_and_read(&turned)
}

/// A deployment after its files were written anew with CRLF, and read.
fn written_and_read(deployment: &Deployment) -> Deployment {
    let crlf = |text: String| text.replace('\n', "\r\n");
    let mut again = deployment.clone();
    again.answers.clear();
    for section in framework().sections.iter().filter(|section| section.is_answered()) {
        let text = crlf(write_section(section, &deployment.answers));
        let document = Document::parse("f", text.as_bytes()).unwrap();
        again.answers.extend(read_section(&document, framework(), section).0);
    }
    for (id, risk) in &deployment.risks {
        let text = crlf(write_risk(risk));
        let document = Document::parse("f", text.as_bytes()).unwrap();
        again.risks.insert(id.clone(), read_risk(&document, framework()).0.unwrap());
    }
    again
}

fn outcomes(difference: &Difference) -> BTreeMap<String, (String, String)> {
    let outcomes = difference.outcomes.iter();
    outcomes.map(|o| (o.id.clone(), (o.before.clone(), o.after.clone()))).collect()
}

/// Every place that a difference names, with what stood there and what stands there now.
fn places(difference: &Difference) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let mut all = BTreeMap::new();
    let answers = difference.context.iter().chain(&difference.answers).flat_map(|change| &change.fields);
    let risks = difference.risks.iter();
    let fields =
        risks.clone().flat_map(|r| r.fields.iter().chain(r.mitigations.iter().flat_map(|m| &m.fields)));
    for change in answers.chain(fields) {
        all.insert(change.address.to_string(), (change.before.clone(), change.after.clone()));
    }
    for risk in risks {
        for (name, moved) in [("initial", &risk.initial), ("residual", &risk.residual)] {
            if risk.way == Way::Changed && moved.is_change() {
                let shown = |rating: &Option<Rating>| rating.as_ref().map(|rating| format!("{rating:?}"));
                all.insert(format!("{}.{name}", risk.id), (shown(&moved.before), shown(&moved.after)));
            }
        }
        let added_or_removed = risk.mitigations.iter().filter(|m| m.way != Way::Changed);
        let whole = (risk.way != Way::Changed).then(|| (risk.id.to_string(), risk.way));
        let parts = added_or_removed.map(|m| (format!("{}.mitigations.{}", risk.id, m.key), m.way));
        for (place, way) in whole.into_iter().chain(parts) {
            let there = Some("there".to_owned());
            all.insert(place, if way == Way::Added { (None, there) } else { (there, None) });
        }
    }
    all
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn nothing_differs_from_itself(deployment in deployments()) {
        let difference = differences(&deployment, &deployment);
        prop_assert!(difference.is_empty() && !difference.has_risk_increase());
    }

    #[test]
    fn nothing_differs_after_writing_every_file_anew(deployment in deployments()) {
        let difference = differences(&deployment, &written_and_read(&deployment));
        prop_assert!(difference.is_empty(), "{:?}", difference);
    }

    #[test]
    fn nothing_differs_when_lists_whose_order_means_nothing_are_in_another(deployment in deployments()) {
        let difference = differences(&deployment, &turned_round(&deployment));
        let named = difference.context.iter().chain(&difference.answers).map(|c| c.address.to_string());
        let risks = difference.risks.iter().map(|risk| risk.id.to_string());
        prop_assert!(difference.is_empty(), "{:?}", named.chain(risks).collect::<Vec<_>>());
    }

    #[test]
    fn a_difference_read_from_the_other_side_is_the_same_turned_round(
        a in deployments(), b in deployments(),
    ) {
        let (there, back) = (differences(&a, &b), differences(&b, &a));
        let turned: BTreeMap<_, _> =
            places(&back).into_iter().map(|(place, (before, after))| (place, (after, before))).collect();
        prop_assert_eq!(places(&there), turned);
        let turned: BTreeMap<_, _> =
            outcomes(&back).into_iter().map(|(id, (before, after))| (id, (after, before))).collect();
        prop_assert_eq!(outcomes(&there), turned);
    }

    #[test]
    fn every_change_says_what_changed(a in deployments(), b in deployments()) {
        let difference = differences(&a, &b);
        for change in difference.context.iter().chain(&difference.answers) {
            prop_assert!(!change.fields.is_empty(), "{}", change.address);
        }
        for risk in difference.risks.iter().filter(|risk| risk.way == Way::Changed) {
            let rated = risk.initial.is_change() || risk.residual.is_change();
            prop_assert!(rated || !risk.fields.is_empty() || !risk.mitigations.is_empty(), "{}", risk.id);
            for mitigation in risk.mitigations.iter().filter(|m| m.way == Way::Changed) {
                prop_assert!(!mitigation.fields.is_empty(), "{}.{}", risk.id, mitigation.key);
            }
        }
    }

    #[test]
    fn confirmations_and_acceptances_are_no_content(deployment in deployments()) {
        let mut bare = deployment.clone();
        bare.answers.values_mut().for_each(|answer| answer.confirmed.clear());
        bare.risks.values_mut().for_each(|risk| *risk = risk.content());
        prop_assert!(differences(&deployment, &bare).is_empty());
    }
}

fn other(value: &Value, options: &[String]) -> Value {
    match value {
        Value::Text(text) => {
            let option = options.iter().find(|option| *option != text);
            Value::Text(option.cloned().unwrap_or_else(|| format!("{text}x")))
        }
        Value::Texts(texts) => Value::Texts(texts.iter().cloned().chain(["One more".into()]).collect()),
        Value::Date(date) => Value::Date(date.tomorrow().unwrap()),
        Value::Number(number) => Value::Number(number + 1),
    }
}

/// Every change of one field of one answer, with its place.
fn answer_mutations(slot: &Slot, answer: &Answer) -> Vec<(String, Answer)> {
    let item = framework().item(slot.item.as_str()).unwrap();
    let mut all = Vec::new();
    let mut with = |place: String, change: &dyn Fn(&mut Answer)| {
        let mut changed = answer.clone();
        change(&mut changed);
        all.push((place, changed));
    };
    if let Some(value) = &answer.value {
        with(slot.to_string(), &|a| a.value = Some(other(value, &item.options)));
        with(slot.to_string(), &|a| a.value = None);
    }
    for (key, row) in &answer.rows {
        for (column, value) in row {
            let options = &item.columns.iter().find(|known| known.id == *column).unwrap().options;
            with(format!("{slot}.rows.{key}.{column}"), &|a| {
                a.rows.get_mut(key).unwrap().insert(column.clone(), other(value, options));
            });
        }
    }
    with(format!("{slot}.notes"), &|a| a.notes = Some(a.notes.clone().unwrap_or_default() + "x"));
    with(format!("{slot}.evidence"), &|a| a.evidence.push("ref:One more".into()));
    all
}

/// Every change of one field of one risk, with its place.
fn risk_mutations(id: &RiskId, risk: &Risk) -> Vec<(String, Risk)> {
    let mut all = Vec::new();
    let mut with = |place: &str, change: &dyn Fn(&mut Risk)| {
        let mut changed = risk.clone();
        change(&mut changed);
        all.push((format!("{id}.{place}"), changed));
    };
    let add = |text: &mut String| text.push('x');
    let next = |rating: &mut Option<Rating>| {
        let severity = &mut rating.as_mut().unwrap().severity;
        *severity = if severity == "Minor" { "Major".to_owned() } else { "Minor".to_owned() };
    };
    with("title", &|r| add(&mut r.title));
    with("section", &|r| r.section = SectionId::new("contacts").unwrap());
    with("owner", &|r| r.owner = PartyId::new("authority").unwrap());
    with("status", &|r| r.status = RiskStatus::Closed);
    with("hazard", &|r| add(&mut r.hazard));
    with("effect", &|r| add(&mut r.effect));
    with("depends-on", &|r| r.depends_on.push(ItemId::new("GR-99").unwrap()));
    with("initial", &|r| next(&mut r.initial));
    with("residual", &|r| next(&mut r.residual));
    with("residual", &|r| r.residual = None);
    let supplier = || PartyId::new("supplier").unwrap();
    let transfer = || Transfer { to: supplier(), duty: Some("To test it".into()), receipt: None };
    with("transfer", &|r| r.transfer = Some(transfer()));
    with("causes.C9", &|r| drop(r.causes.insert(key("C9"), Cause { text: "New".into() })));
    for cause in risk.causes.keys() {
        with(&format!("causes.{cause}"), &|r| add(&mut r.causes.get_mut(cause).unwrap().text));
        with(&format!("causes.{cause}"), &|r| drop(r.causes.remove(cause)));
    }
    for m in risk.mitigations.keys() {
        let at = |field: &str| format!("mitigations.{m}{field}");
        let of =
            |risk: &mut Risk, change: &dyn Fn(&mut Mitigation)| change(risk.mitigations.get_mut(m).unwrap());
        with(&at(""), &|r| drop(r.mitigations.remove(m)));
        with(&at(".kind"), &|r| of(r, &|m| m.kind = MitigationKind::ALL[(m.kind as usize + 1) % 4]));
        with(&at(".owner"), &|r| of(r, &|m| m.owner = PartyId::new("authority").unwrap()));
        with(&at(".causes"), &|r| of(r, &|m| m.causes.push(key("C9"))));
        with(&at(".text"), &|r| of(r, &|m| add(&mut m.text)));
        with(&at(".status"), &|r| of(r, &|m| m.status = MitigationStatus::ALL[(m.status as usize + 1) % 4]));
        with(&at(".reason"), &|r| of(r, &|m| m.reason = Some(m.reason.clone().unwrap_or_default() + "x")));
        with(&at(".evidence"), &|r| of(r, &|m| m.evidence.push("ref:One more".into())));
    }
    all
}

/// Asserts that a difference names one place and nothing else, outcomes apart: they follow from answers.
fn names_only(difference: &Difference, place: &str) {
    assert_eq!(places(difference).keys().collect::<Vec<_>>(), [place]);
    let subjects = difference.context.len() + difference.answers.len() + difference.risks.len();
    assert_eq!((subjects, difference.meta.len()), (1, 0), "{place}: {difference:?}");
}

#[test]
fn every_changed_field_shows_as_one_change_at_its_address() {
    let before = example("acme-northfield");
    let mut seen = 0;
    for (slot, answer) in &before.answers {
        for (place, changed) in answer_mutations(slot, answer) {
            let mut after = before.clone();
            after.answers.insert(slot.clone(), changed);
            names_only(&differences(before, &after), &place);
            seen += 1;
        }
    }
    for (id, risk) in &before.risks {
        for (place, changed) in risk_mutations(id, risk) {
            let (left, right) =
                (BTreeMap::from([(id.clone(), risk.clone())]), BTreeMap::from([(id.clone(), changed)]));
            names_only(&risk_differences(&left, &right), &place);
            seen += 1;
        }
    }
    assert!(seen > 500, "{seen} changes");
}

#[test]
fn a_transfers_receipt_shows_at_the_transfer() {
    let mut before = example("acme-northfield").clone();
    let (id, risk) = before.risks.iter_mut().next().unwrap();
    let id = id.clone();
    risk.transfer = Some(Transfer { to: PartyId::new("supplier").unwrap(), duty: None, receipt: None });
    let mut after = before.clone();
    after.risks.get_mut(&id).unwrap().transfer.as_mut().unwrap().receipt = Some(TransferReceipt {
        says: TransferWord::Accepted,
        by: "Jo Marsh".into(),
        on: jiff::civil::date(2026, 11, 20),
        digest: "0123456789abcdef".into(),
        reason: None,
    });
    names_only(&differences(&before, &after), &format!("{id}.transfer"));
}

#[test]
fn an_item_or_risk_that_comes_or_goes_shows_as_that() {
    let before = example("acme-northfield");
    for slot in before.answers.keys() {
        let mut after = before.clone();
        after.answers.remove(slot);
        let difference = differences(before, &after);
        let changes: Vec<_> = difference.context.iter().chain(&difference.answers).collect();
        assert_eq!(changes.len(), 1, "{slot}");
        assert!(changes[0].address == slot.address() && changes[0].fields.iter().all(|f| f.after.is_none()));
    }
    for id in before.risks.keys() {
        let mut after = before.clone();
        after.risks.remove(id);
        let gone: Vec<RiskChange> = differences(before, &after).risks;
        assert!(gone.len() == 1 && gone[0].id == *id && gone[0].way == Way::Removed);
        let back: Vec<RiskChange> = differences(&after, before).risks;
        assert!(back.len() == 1 && back[0].id == *id && back[0].way == Way::Added);
    }
}

#[test]
fn a_rating_that_moves_up_in_class_is_an_increase_and_no_other_is() {
    let matrix = &framework().matrix;
    let ratings: Vec<Rating> = matrix
        .severity
        .iter()
        .flat_map(|severity| {
            let rating =
                |likelihood: &String| Rating { severity: severity.clone(), likelihood: likelihood.clone() };
            matrix.likelihood.iter().map(rating)
        })
        .collect();
    let id = RiskId::new("HAZ-004").unwrap();
    let risk = &example("acme-northfield").risks[&id];
    for (before, after) in ratings.iter().flat_map(|a| ratings.iter().map(move |b| (a, b))) {
        for is_initial in [true, false] {
            let with = |rating: &Rating| {
                let mut risk = risk.clone();
                *(if is_initial { &mut risk.initial } else { &mut risk.residual }) = Some(rating.clone());
                BTreeMap::from([(id.clone(), risk)])
            };
            let (left, right) = (with(before), with(after));
            let difference = risk_differences(&left, &right);
            let is_up = matrix.class(after) > matrix.class(before);
            assert_eq!(difference.has_risk_increase(), is_up, "{before:?} to {after:?}");
            assert_eq!(difference.is_empty(), before == after, "{before:?} to {after:?}");
        }
    }
}
