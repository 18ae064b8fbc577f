//! Derives a new deployment from a prior one, and says what became of every field of the prior one.

use super::state::states;
use crate::model::{
    Address, Answer, Canonical, DEPLOYER, Deployment, DeploymentName, Framework, Item, Kind, Lineage, Meta,
    MitigationStatus, OnDerive, PartyId, PermanentId, Received, Risk, RiskId, RiskStatus, SUPPLIER, Settings,
    Slot,
};
use std::collections::BTreeMap;

/// What became of a field of the parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It was carried as it is.
    Kept,
    /// The organisation answers for itself: it starts empty.
    Ask,
    /// It belongs to the parent's own process: it starts empty.
    Reset,
    /// The parent's deployer wrote it, and the new one is another: it was left behind.
    LeftBehind,
    /// The confirmation was the parent's deployer's, or what it stood for was not carried whole.
    ConfirmationDropped,
    /// The risk was closed or transferred there; here it is open.
    Reopened,
    /// The mitigation is not the supplier's: here it is only proposed.
    OnlyProposed,
    /// An acceptance or transfer is the parent's own.
    NotCarried,
}

/// What a parent hands over, with the fate of each of its fields.
#[derive(Debug, Clone, Default)]
pub struct HandOver {
    /// What is carried, with the confirmations that hold.
    pub received: Received,
    /// What became of every field of the parent.
    pub fates: BTreeMap<Address, Fate>,
}

/// A carried text that still names the parent's organisation or its people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct LeftOver {
    /// Where it stands in the new deployment.
    pub address: Address,
    /// What it names.
    pub name: String,
}

/// What the parent hands over to another deployer.
pub fn hand_over(parent: &Deployment, framework: &Framework, keep_notes: bool) -> HandOver {
    let mut over = HandOver::default();
    for (slot, answer) in &parent.answers {
        let Some(item) = framework.item(slot.item.as_str()) else { continue };
        match item.on_derive {
            OnDerive::Keep => {
                let leave_notes = parent.meta.kind == Kind::Deployment && !keep_notes && only_deployers(item);
                keep_answer(&mut over, slot, answer, leave_notes);
            }
            fate => {
                let fate = if fate == OnDerive::Ask { Fate::Ask } else { Fate::Reset };
                over.fates.extend(fields_of(slot, answer).into_iter().map(|field| (field, fate)));
            }
        }
    }
    for (id, risk) in &parent.risks {
        let leave_evidence = parent.meta.kind == Kind::Deployment && !keep_notes;
        let kept = keep_risk(&mut over.fates, id, risk, leave_evidence);
        over.received.risks.insert(id.clone(), kept);
    }
    over
}

/// Whether a deployer alone answers an item and stands by it, so that nobody else can have written its notes.
pub(super) fn only_deployers(item: &Item) -> bool {
    item.parties.iter().chain(&item.confirmed_by).all(|party| party.as_str() == DEPLOYER)
}

/// Whether a confirmation travels: the supplier and the authority are the same organisation there and here. The deployer never is,
/// and of others nobody knows.
fn travels(party: &PartyId) -> bool {
    matches!(party.as_str(), SUPPLIER | "authority")
}

fn keep_answer(over: &mut HandOver, slot: &Slot, answer: &Answer, leave_notes: bool) {
    let mut kept = answer.clone();
    if leave_notes {
        kept.notes = None;
        kept.evidence.clear();
    }
    let unchanged = kept.content() == answer.content();
    kept.confirmed.retain(|party, _| unchanged && travels(party));
    for field in fields_of(slot, answer) {
        let fate = match field.field.first().map(String::as_str) {
            Some("notes" | "evidence") if leave_notes => Fate::LeftBehind,
            Some("confirmed")
                if !kept
                    .confirmed
                    .keys()
                    .any(|party| field.field.get(1).is_some_and(|f| f == party.as_str())) =>
            {
                Fate::ConfirmationDropped
            }
            _ => Fate::Kept,
        };
        over.fates.insert(field, fate);
    }
    if kept != Answer::default() {
        over.received.answers.insert(slot.clone(), kept);
    }
}

fn keep_risk(fates: &mut BTreeMap<Address, Fate>, id: &RiskId, risk: &Risk, leave_evidence: bool) -> Risk {
    let whole = Address::of(id);
    let mut kept = Risk {
        status: RiskStatus::Open,
        confirmed: BTreeMap::new(),
        acceptance: None,
        transfer: None,
        ..risk.clone()
    };
    fates.insert(whole.clone(), Fate::Kept);
    if risk.status != RiskStatus::Open {
        fates.insert(whole.clone().then("status"), Fate::Reopened);
    }
    for party in risk.confirmed.keys() {
        fates.insert(whole.clone().then("confirmed").then(party.as_str()), Fate::ConfirmationDropped);
    }
    for (name, there) in [("acceptance", risk.acceptance.is_some()), ("transfer", risk.transfer.is_some())] {
        if there {
            fates.insert(whole.clone().then(name), Fate::NotCarried);
        }
    }
    for (key, mitigation) in &mut kept.mitigations {
        let at = whole.clone().then("mitigations").then(key.as_str());
        let before = mitigation.clone();
        if mitigation.owner.as_str() != SUPPLIER {
            // Not adopted is a decision of the parent's own; here the measure is open again.
            if mitigation.status != MitigationStatus::Proposed {
                mitigation.status = MitigationStatus::Proposed;
                fates.insert(at.clone().then("status"), Fate::OnlyProposed);
            }
            if mitigation.reason.take().is_some() {
                fates.insert(at.clone().then("reason"), Fate::LeftBehind);
            }
            if leave_evidence && !mitigation.evidence.is_empty() {
                mitigation.evidence.clear();
                fates.insert(at.clone().then("evidence"), Fate::LeftBehind);
            }
        }
        let unchanged = mitigation.digest() == before.digest();
        mitigation.confirmed.retain(|party, _| unchanged && travels(party));
        for party in before.confirmed.keys() {
            let fate =
                if mitigation.confirmed.contains_key(party) { Fate::Kept } else { Fate::ConfirmationDropped };
            fates.insert(at.clone().then("confirmed").then(party.as_str()), fate);
        }
    }
    kept
}

/// The address of every field that an answer has.
pub fn fields_of(slot: &Slot, answer: &Answer) -> Vec<Address> {
    let at = slot.address();
    let mut fields = Vec::new();
    if answer.value.is_some() {
        fields.push(at.clone().then("answer"));
    }
    for (key, row) in &answer.rows {
        let row_at = at.clone().then("rows").then(key.as_str());
        fields.extend(row.keys().map(|column| row_at.clone().then(column)));
    }
    if answer.notes.is_some() {
        fields.push(at.clone().then("notes"));
    }
    if !answer.evidence.is_empty() {
        fields.push(at.clone().then("evidence"));
    }
    fields.extend(answer.confirmed.keys().map(|party| at.clone().then("confirmed").then(party.as_str())));
    fields
}

/// What a new deployment is called and where it comes from.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its folder's name.
    pub name: DeploymentName,
    /// Its id for life.
    pub id: PermanentId,
    /// Its title, where one is given.
    pub title: Option<String>,
    /// The prefix of its own risks, where one is given.
    pub risk_prefix: Option<String>,
    /// The commit that the parent was read from.
    pub commit: Option<String>,
    /// Whether notes that only a deployer wrote come along.
    pub keep_notes: bool,
    /// Prefixes that are taken.
    pub taken_prefixes: Vec<String>,
}

/// A new deployment with everything that there is to say about how it came about.
#[derive(Debug, Clone)]
pub struct Derived {
    /// The new deployment.
    pub deployment: Deployment,
    /// What became of every field of the parent.
    pub fates: BTreeMap<Address, Fate>,
    /// Carried texts that name the parent's organisation or people.
    pub left_over: Vec<LeftOver>,
    /// What is not settled in the parent itself: address and state.
    pub open_in_parent: Vec<(Address, super::state::State)>,
}

/// Derives a new deployment.
pub fn derive(parent: &Deployment, framework: &Framework, settings: &Settings, request: Request) -> Derived {
    let over = hand_over(parent, framework, request.keep_notes);
    let left_over =
        left_over(&names_of(parent, framework, settings), &over.received.answers, &over.received.risks);
    let product = parent.text(&framework.headline.product);
    let title = request.title.unwrap_or_else(|| match product.as_str() {
        "" => request.name.to_string(),
        product => format!("{product} at {}", request.name),
    });
    let mut taken = request.taken_prefixes;
    taken.extend(parent.risks.keys().map(|id| id.prefix().to_owned()));
    taken.extend(framework.items().map(|item| prefix_of(item.id.as_str()).to_owned()));
    let risk_prefix = request.risk_prefix.unwrap_or_else(|| free_prefix(&request.name, &taken));
    let meta = Meta {
        id: request.id,
        title,
        kind: Kind::Deployment,
        framework: parent.meta.framework.clone(),
        risk_prefix,
        derived_from: Some(Lineage {
            deployment: parent.name.clone(),
            id: parent.meta.id.clone(),
            received: over.received.digest().to_string(),
            confirmations: Some(over.received.confirmations().to_string()),
            commit: request.commit,
            refused: BTreeMap::new(),
        }),
        history: BTreeMap::new(),
    };
    let deployment = Deployment {
        answers: over.received.answers.clone(),
        risks: over.received.risks.clone(),
        received: Some(std::sync::Arc::new(over.received)),
        ..Deployment::empty(request.name, meta)
    };
    let there = states(parent, framework);
    let open_in_parent = if parent.meta.kind == Kind::Baseline {
        // A baseline leaves to its deployments what is theirs to answer.
        there
            .risks
            .iter()
            .filter(|risk| !risk.state.is_settled())
            .map(|risk| (Address::of(risk.id), risk.state))
            .collect()
    } else {
        let answers = there
            .answers
            .iter()
            .filter(|a| a.is_needed && !a.state.is_settled())
            .map(|a| (a.slot.address(), a.state));
        let risks =
            there.risks.iter().filter(|r| !r.state.is_settled()).map(|r| (Address::of(r.id), r.state));
        answers.chain(risks).collect()
    };
    Derived { deployment, fates: over.fates, left_over, open_in_parent }
}

/// Drops the supplier's confirmations where another supplier was entered: what the old one said, the new one has not.
pub fn drop_of_other_supplier(derived: &mut Derived, parent: &Deployment, framework: &Framework) {
    let code = &framework.headline.supplier_code;
    if derived.deployment.text(code) == parent.text(code) {
        return;
    }
    let is_supplier = |party: &PartyId| party.as_str() == SUPPLIER;
    for (slot, answer) in &mut derived.deployment.answers {
        answer.confirmed.retain(|party, _| !is_supplier(party));
        let at = slot.address().then("confirmed").then(SUPPLIER);
        if let Some(fate) = derived.fates.get_mut(&at) {
            *fate = Fate::ConfirmationDropped;
        }
    }
    for (id, risk) in &mut derived.deployment.risks {
        for (key, mitigation) in &mut risk.mitigations {
            mitigation.confirmed.retain(|party, _| !is_supplier(party));
            let at = Address::of(id).then("mitigations").then(key.as_str()).then("confirmed").then(SUPPLIER);
            if let Some(fate) = derived.fates.get_mut(&at) {
                *fate = Fate::ConfirmationDropped;
            }
        }
    }
}

fn prefix_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(prefix, _)| prefix)
}

/// Three letters of the name's last word: what the prefix of its risks begins with.
pub fn prefix_stem(name: &DeploymentName) -> String {
    let word = name
        .as_str()
        .rsplit('-')
        .find(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()))
        .unwrap_or("loc");
    word.chars().filter(char::is_ascii_alphanumeric).take(3).collect::<String>().to_uppercase()
}

/// The stem of a name where no other risk has it, with a number where one has.
pub fn free_prefix(name: &DeploymentName, taken: &[String]) -> String {
    let stem = prefix_stem(name);
    std::iter::once(stem.clone())
        .chain((2..).map(|number| format!("{stem}{number}")))
        .find(|prefix| !taken.contains(prefix))
        .unwrap_or(stem)
}

/// What identifies a deployment's organisation and its people: names, codes, addresses.
pub fn names_of(deployment: &Deployment, framework: &Framework, settings: &Settings) -> Vec<String> {
    let mut names = Vec::new();
    let organisation = &framework.headline.organisation;
    if let Some(value) = deployment.answer(organisation).and_then(|answer| answer.value.as_ref()) {
        match value {
            crate::model::Value::Texts(texts) => names.extend(texts.iter().cloned()),
            other => names.push(other.to_string()),
        }
    }
    let code = deployment.text(&framework.headline.organisation_code);
    names.extend((!code.is_empty()).then(|| code.clone()));
    for (slot, answer) in &deployment.answers {
        let is_local = framework
            .item(slot.item.as_str())
            .is_some_and(|item| item.personal && item.on_derive != OnDerive::Keep);
        if is_local {
            for row in answer.rows.values() {
                names.extend(
                    ["name", "email"].iter().filter_map(|column| row.get(*column)).map(ToString::to_string),
                );
            }
        }
    }
    names.extend(settings.people.of_organisation(&code).map(|(_, person)| person.name.clone()));
    // The first words of a long name are how people write it: "Northfield" for "Northfield Hospitals".
    let short: Vec<String> = names
        .iter()
        .filter_map(|name| name.strip_suffix(" NHS Trust").or(name.strip_suffix(" NHS Foundation Trust")))
        .map(str::to_owned)
        .collect();
    names.extend(short);
    let first_words: Vec<String> = deployment
        .answer(organisation)
        .and_then(|answer| answer.value.as_ref())
        .map(ToString::to_string)
        .into_iter()
        .flat_map(|text| {
            text.split("; ")
                .filter_map(|name| name.split_whitespace().next().map(str::to_owned))
                .collect::<Vec<_>>()
        })
        .filter(|word| word.len() >= 5)
        .collect();
    names.extend(first_words);
    names.retain(|name| name.len() >= 4);
    names.sort();
    names.dedup();
    names
}

/// Texts that name one of the names, as whole words, whatever their case.
pub fn left_over(
    names: &[String],
    answers: &BTreeMap<Slot, Answer>,
    risks: &BTreeMap<RiskId, Risk>,
) -> Vec<LeftOver> {
    let mut found = Vec::new();
    let names: Vec<(String, &String)> = names.iter().map(|name| (one_spaced(name), name)).collect();
    let mut look = |address: Address, text: &str| {
        let text = one_spaced(text);
        // The longest name that stands there says most.
        let hit =
            names.iter().filter(|(folded, _)| has_word(&text, folded)).max_by_key(|(folded, _)| folded.len());
        found.extend(hit.map(|(_, name)| LeftOver { address, name: (*name).clone() }));
    };
    for (slot, answer) in answers {
        for (address, text) in texts_of(slot, answer) {
            look(address, &text);
        }
    }
    for (id, risk) in risks {
        for (address, text) in risk_texts(id, risk) {
            look(address, &text);
        }
    }
    found
}

/// Whether a text has a name in it as whole words, whatever their case.
pub fn names_it(text: &str, name: &str) -> bool {
    has_word(&one_spaced(text), &one_spaced(name))
}

/// A text in small letters, with one space for every white space: a name may be broken over two lines.
pub(super) fn one_spaced(text: &str) -> String {
    let small = text.to_lowercase();
    let is_odd = |byte: u8| !byte.is_ascii() || (byte.is_ascii_whitespace() && byte != b' ');
    if small.trim() == small && !small.contains("  ") && !small.bytes().any(is_odd) {
        return small;
    }
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text in small letters has a name in small letters in it as whole words.
fn has_word(text: &str, name: &str) -> bool {
    words_at(text, name).next().is_some()
}

/// Where a text in small letters has a name in small letters in it as whole words.
pub(super) fn words_at<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + use<'t> {
    text.match_indices(name).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The text at an address, as [`left_over`] looks at it.
pub fn text_at(deployment: &Deployment, address: &Address) -> Option<String> {
    let texts =
        match RiskId::new(address.subject.clone()).ok().and_then(|id| Some((deployment.risks.get(&id)?, id)))
        {
            Some((risk, id)) => risk_texts(&id, risk),
            None => {
                let slot = Slot {
                    item: crate::model::ItemId::new(address.subject.clone()).ok()?,
                    row: address.row.clone(),
                };
                texts_of(&slot, deployment.answers.get(&slot)?)
            }
        };
    texts.into_iter().find(|(at, _)| at == address).map(|(_, text)| text)
}

/// Every text of an answer with its address.
pub fn texts_of(slot: &Slot, answer: &Answer) -> Vec<(Address, String)> {
    let at = slot.address();
    let mut texts = Vec::new();
    texts.extend(answer.value.as_ref().map(|value| (at.clone(), value.to_string())));
    for (key, row) in &answer.rows {
        for (column, value) in row {
            texts.push((at.clone().then("rows").then(key.as_str()).then(column), value.to_string()));
        }
    }
    texts.extend(answer.notes.as_ref().map(|notes| (at.clone().then("notes"), notes.clone())));
    if !answer.evidence.is_empty() {
        texts.push((at.then("evidence"), answer.evidence.join("\n")));
    }
    texts
}

/// Every text of a risk with its address.
pub fn risk_texts(id: &RiskId, risk: &Risk) -> Vec<(Address, String)> {
    let at = Address::of(id);
    let mut texts = vec![
        (at.clone().then("title"), risk.title.clone()),
        (at.clone().then("hazard"), risk.hazard.clone()),
        (at.clone().then("effect"), risk.effect.clone()),
    ];
    for (key, cause) in &risk.causes {
        texts.push((at.clone().then("causes").then(key.as_str()).then("text"), cause.text.clone()));
    }
    for (key, mitigation) in &risk.mitigations {
        let at = at.clone().then("mitigations").then(key.as_str());
        texts.push((at.clone().then("text"), mitigation.text.clone()));
        texts.extend(mitigation.reason.as_ref().map(|reason| (at.clone().then("reason"), reason.clone())));
        if !mitigation.evidence.is_empty() {
            texts.push((at.then("evidence"), mitigation.evidence.join("\n")));
        }
    }
    texts
}
