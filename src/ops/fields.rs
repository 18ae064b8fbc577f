//! Every field of an answer or a risk by its address, with what it says: one line of history each.

use super::derive::texts_of;
use crate::model::{
    Acceptance, Address, Answer, Canonical, Confirmation, Matrix, PartyId, Rating, Risk, RiskId, Slot, Value,
};
use std::collections::BTreeMap;

/// Fields by address. Two of them that are equal say the same.
pub type Fields = BTreeMap<Address, String>;

/// The fields of an answer, with who stands by it. What has no order is sorted.
pub fn of_answer(slot: &Slot, answer: &Answer) -> Fields {
    let mut sorted = answer.clone();
    sorted.evidence.sort();
    if let Some(Value::Texts(texts)) = &mut sorted.value {
        texts.sort();
    }
    let mut fields: Fields = texts_of(slot, &sorted).into_iter().collect();
    fields.extend(confirmed(&slot.address(), &answer.confirmed));
    fields
}

/// The fields of a risk, with classes, who stands by it and who accepted it.
pub fn of_risk(id: &RiskId, risk: &Risk, matrix: &Matrix) -> Fields {
    let at = Address::of(id);
    let mut fields = Fields::new();
    let mut put = |address: Address, text: String| {
        if !text.is_empty() {
            fields.insert(address, text);
        }
    };
    let joined = |texts: Vec<String>, by: &str| {
        let mut texts = texts;
        texts.sort();
        texts.join(by)
    };
    put(at.clone().then("title"), risk.title.clone());
    put(at.clone().then("section"), risk.section.to_string());
    put(at.clone().then("owner"), risk.owner.to_string());
    put(at.clone().then("status"), risk.status.to_string());
    put(at.clone().then("hazard"), risk.hazard.clone());
    put(at.clone().then("effect"), risk.effect.clone());
    put(
        at.clone().then("depends-on"),
        joined(risk.depends_on.iter().map(ToString::to_string).collect(), ", "),
    );
    for (key, cause) in &risk.causes {
        put(at.clone().then("causes").then(key.as_str()).then("text"), cause.text.clone());
    }
    for (name, rated) in [("initial", &risk.initial), ("residual", &risk.residual)] {
        put(at.clone().then(name), rated.as_ref().map(|rated| rating(rated, matrix)).unwrap_or_default());
    }
    for (key, mitigation) in &risk.mitigations {
        let at = at.clone().then("mitigations").then(key.as_str());
        put(at.clone().then("kind"), mitigation.kind.to_string());
        put(at.clone().then("owner"), mitigation.owner.to_string());
        let causes = mitigation.causes.iter().map(ToString::to_string).collect();
        put(at.clone().then("causes"), joined(causes, ", "));
        put(at.clone().then("text"), mitigation.text.clone());
        put(at.clone().then("status"), mitigation.status.to_string());
        put(at.clone().then("reason"), mitigation.reason.clone().unwrap_or_default());
        put(at.clone().then("evidence"), joined(mitigation.evidence.clone(), "\n"));
    }
    if let Some(transfer) = &risk.transfer {
        put(at.clone().then("transfer"), transfer.to_string());
    }
    put(at.clone().then("acceptance"), risk.acceptance.as_ref().map(acceptance).unwrap_or_default());
    fields.extend(confirmed(&at, &risk.confirmed));
    for (key, mitigation) in &risk.mitigations {
        fields.extend(confirmed(&at.clone().then("mitigations").then(key.as_str()), &mitigation.confirmed));
    }
    fields
}

/// `class 2 (Major, Very Low)`
fn rating(rating: &Rating, matrix: &Matrix) -> String {
    let words = format!("{}, {}", rating.severity, rating.likelihood);
    match matrix.class(rating) {
        Some(class) => format!("class {class} ({words})"),
        None => format!("no class ({words})"),
    }
}

fn confirmed(at: &Address, confirmed: &BTreeMap<PartyId, Confirmation>) -> Fields {
    let fields = confirmed.iter().map(|(party, confirmation)| {
        (at.clone().then("confirmed").then(party.as_str()), spoken(confirmation))
    });
    fields.collect()
}

/// `Jo Marsh on 2026-11-01 [5f0c6a1b]`: the digits tell one confirmation of the same person and day from another.
fn spoken(confirmation: &Confirmation) -> String {
    let Confirmation { by, on, digest, given, note } = confirmation;
    let facts = given.iter().map(|(fact, digest)| (fact.as_str(), digest.as_str()));
    // An item's id has no lower-case letters, so it cannot be taken for this.
    let of: BTreeMap<&str, &str> = facts.chain([("digest", digest.as_str())]).collect();
    let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    format!("{by} on {on} [{}]{note}", &of.digest().short()[..8])
}

fn acceptance(acceptance: &Acceptance) -> String {
    let Acceptance { by, role, class, digest, on, until, reason } = acceptance;
    let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
    format!(
        "class {class} by {by} as {role} on {on}{until} [{}]: {reason}",
        digest.get(..8).unwrap_or(digest)
    )
}
