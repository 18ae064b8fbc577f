//! How risks changed: from class to class, and what became of their mitigations.

use super::FieldChange;
use crate::model::{Address, Canonical, Class, Key, Matrix, Mitigation, Rating, Risk, RiskId};
use std::collections::{BTreeMap, BTreeSet};

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there on both sides and differs.
    Changed,
}

impl Way {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// A rating before and after, with its class.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ClassMove {
    /// The rating before; none where it was not rated.
    pub before: Option<Rating>,
    /// The rating now.
    pub after: Option<Rating>,
    /// Its class before.
    pub class_before: Option<Class>,
    /// Its class now.
    pub class_after: Option<Class>,
}

impl ClassMove {
    fn of(matrices: (&Matrix, &Matrix), before: Option<&Rating>, after: Option<&Rating>) -> Self {
        Self {
            before: before.cloned(),
            after: after.cloned(),
            class_before: before.and_then(|rating| matrices.0.class(rating)),
            class_after: after.and_then(|rating| matrices.1.class(rating)),
        }
    }

    /// Whether the rating itself differs.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }

    /// Whether the class went up.
    pub fn is_increase(&self) -> bool {
        matches!((self.class_before, self.class_after), (Some(before), Some(after)) if after > before)
    }
}

/// A mitigation that was added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MitigationChange {
    /// Its key in the risk.
    pub key: Key,
    /// Which way.
    pub way: Way,
    /// What it says, now or, when it is gone, before.
    pub text: String,
    /// Whether it does less than before, or another has to do it.
    pub is_weakened: bool,
    /// In what it is weakened: less in place, further from design, a cause dropped, another owner.
    pub weaker: Vec<&'static str>,
    /// What changed in it.
    pub fields: Vec<FieldChange>,
}

/// A risk that was added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RiskChange {
    /// Its id.
    pub id: RiskId,
    /// Its title, now or, when it is gone, before.
    pub title: String,
    /// Which way.
    pub way: Way,
    /// The rating before mitigation.
    pub initial: ClassMove,
    /// The rating after mitigation.
    pub residual: ClassMove,
    /// Its mitigations.
    pub mitigations: Vec<MitigationChange>,
    /// Everything else that changed in it.
    pub fields: Vec<FieldChange>,
}

impl RiskChange {
    /// Whether it is rated higher than before.
    pub fn is_increase(&self) -> bool {
        self.initial.is_increase() || self.residual.is_increase()
    }
}

pub(super) fn changes(
    matrices: (&Matrix, &Matrix),
    left: &BTreeMap<RiskId, Risk>,
    right: &BTreeMap<RiskId, Risk>,
) -> Vec<RiskChange> {
    let ids: BTreeSet<&RiskId> = left.keys().chain(right.keys()).collect();
    ids.into_iter()
        // Most are equal in every word; only the others are worth a look at what they mean.
        .filter(|id| left.get(*id) != right.get(*id))
        .filter(|id| {
            let said = |risks: &BTreeMap<RiskId, Risk>| {
                let receipt =
                    |risk: &Risk| risk.transfer.as_ref().and_then(|transfer| transfer.receipt.clone());
                risks.get(*id).map(|risk| (risk.encode(), receipt(risk)))
            };
            said(left) != said(right)
        })
        .map(|id| change(matrices, id, left.get(id), right.get(id)))
        .collect()
}

fn change(
    matrices: (&Matrix, &Matrix),
    id: &RiskId,
    before: Option<&Risk>,
    after: Option<&Risk>,
) -> RiskChange {
    let way = match (before, after) {
        (None, _) => Way::Added,
        (_, None) => Way::Removed,
        _ => Way::Changed,
    };
    let title = after.or(before).map(|risk| risk.title.clone()).unwrap_or_default();
    let rating = |pick: fn(&Risk) -> Option<&Rating>| {
        ClassMove::of(matrices, before.and_then(pick), after.and_then(pick))
    };
    let (initial, residual) = (rating(|risk| risk.initial.as_ref()), rating(|risk| risk.residual.as_ref()));
    let (mitigations, fields) = match (before, after) {
        (Some(before), Some(after)) => (mitigations(id, before, after), fields(id, before, after)),
        _ => Default::default(),
    };
    RiskChange { id: id.clone(), title, way, initial, residual, mitigations, fields }
}

fn mitigations(id: &RiskId, before: &Risk, after: &Risk) -> Vec<MitigationChange> {
    let plain = |m: &Mitigation| Mitigation { confirmed: BTreeMap::new(), ..m.clone() };
    let keys: BTreeSet<&Key> = before.mitigations.keys().chain(after.mitigations.keys()).collect();
    let mut changes = Vec::new();
    for key in keys {
        let at = Address::of(id).then("mitigations").then(key.as_str());
        let (old, new) = (before.mitigations.get(key).map(plain), after.mitigations.get(key).map(plain));
        if old.as_ref().map(Canonical::encode) == new.as_ref().map(Canonical::encode) {
            continue;
        }
        let way = match (&old, &new) {
            (None, _) => Way::Added,
            (_, None) => Way::Removed,
            _ => Way::Changed,
        };
        let (weaker, fields) = match (&old, &new) {
            (Some(old), Some(new)) => (weaker(old, new), field_changes(&at, &texts(old), &texts(new))),
            _ => Default::default(),
        };
        let is_weakened = !weaker.is_empty();
        let text = new.or(old).map(|m| m.text).unwrap_or_default();
        changes.push(MitigationChange { key: key.clone(), way, text, is_weakened, weaker, fields });
    }
    changes
}

/// Every field of a risk that differs, its ratings and mitigations among them.
pub(in crate::ops) fn risk_changes(id: &RiskId, before: &Risk, after: &Risk) -> Vec<FieldChange> {
    let at = Address::of(id);
    let rating =
        |rating: &Option<Rating>| rating.as_ref().map(|r| format!("{}, {}", r.severity, r.likelihood));
    let ratings =
        [("initial", &before.initial, &after.initial), ("residual", &before.residual, &after.residual)];
    let mut changes = fields(id, before, after);
    changes.extend(ratings.into_iter().filter(|(_, old, new)| old != new).map(|(name, old, new)| {
        FieldChange { address: at.clone().then(name), before: rating(old), after: rating(new) }
    }));
    for change in mitigations(id, before, after) {
        let text = Some(change.text);
        let address = at.clone().then("mitigations").then(change.key.as_str());
        match change.way {
            Way::Added => changes.push(FieldChange { address, before: None, after: text }),
            Way::Removed => changes.push(FieldChange { address, before: text, after: None }),
            Way::Changed => changes.extend(change.fields),
        }
    }
    changes
}

/// The fields of a mitigation that differ.
pub(in crate::ops) fn mitigation_changes(
    id: &RiskId,
    key: &Key,
    before: &Mitigation,
    after: &Mitigation,
) -> Vec<FieldChange> {
    let at = Address::of(id).then("mitigations").then(key.as_str());
    field_changes(&at, &texts(before), &texts(after))
}

/// Whether a mitigation is weaker than it was.
pub(in crate::ops) fn is_weaker(old: &Mitigation, new: &Mitigation) -> bool {
    !weaker(old, new).is_empty()
}

/// In what a mitigation is weaker than it was. Kinds and statuses are ordered in the model.
fn weaker(old: &Mitigation, new: &Mitigation) -> Vec<&'static str> {
    let ways = [
        (new.status < old.status, "less in place"),
        (new.kind > old.kind, "further from design"),
        (old.causes.iter().any(|cause| !new.causes.contains(cause)), "a cause dropped"),
        (new.owner != old.owner, "another owner"),
    ];
    ways.into_iter().filter(|(is_so, _)| *is_so).map(|(_, way)| way).collect()
}

/// An acceptance that was given, changed or taken back. Whose name it bears is not told; its role is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AcceptanceChange {
    /// The risk.
    pub id: RiskId,
    /// Its title.
    pub title: String,
    /// What was accepted before.
    pub before: Option<String>,
    /// What is accepted now.
    pub after: Option<String>,
}

/// The acceptances that differ, which are no content; a risk that came or went takes its acceptance along.
pub fn acceptances(left: &BTreeMap<RiskId, Risk>, right: &BTreeMap<RiskId, Risk>) -> Vec<AcceptanceChange> {
    let both = right.iter().filter_map(|(id, after)| Some((id, left.get(id)?, after)));
    let differ = both.filter(|(_, before, after)| before.acceptance != after.acceptance);
    let text = |risk: &Risk| {
        risk.acceptance.as_ref().map(|a| {
            let until = a.until.map(|until| format!(" until {until}")).unwrap_or_default();
            format!("class {} by a {} on {}{until}: {}", a.class, a.role, a.on, a.reason)
        })
    };
    differ
        .map(|(id, before, after)| AcceptanceChange {
            id: id.clone(),
            title: after.title.clone(),
            before: text(before),
            after: text(after),
        })
        .collect()
}

fn texts(mitigation: &Mitigation) -> BTreeMap<&'static str, String> {
    let causes: BTreeSet<String> = mitigation.causes.iter().map(ToString::to_string).collect();
    let evidence: BTreeSet<&String> = mitigation.evidence.iter().collect();
    let mut texts = BTreeMap::from([
        ("kind", mitigation.kind.to_string()),
        ("owner", mitigation.owner.to_string()),
        ("status", mitigation.status.to_string()),
        ("text", mitigation.text.clone()),
        ("causes", causes.into_iter().collect::<Vec<_>>().join(", ")),
    ]);
    texts.extend(mitigation.reason.as_ref().map(|reason| ("reason", reason.clone())));
    if !evidence.is_empty() {
        texts.insert("evidence", evidence.into_iter().cloned().collect::<Vec<_>>().join("\n"));
    }
    texts
}

fn fields(id: &RiskId, before: &Risk, after: &Risk) -> Vec<FieldChange> {
    let at = Address::of(id);
    let mut changes = field_changes(&at, &risk_texts(before), &risk_texts(after));
    let keys: BTreeSet<&Key> = before.causes.keys().chain(after.causes.keys()).collect();
    for key in keys {
        let text = |risk: &Risk| risk.causes.get(key).map(|cause| cause.text.clone());
        let (old, new) = (text(before), text(after));
        if old != new {
            changes.push(FieldChange {
                address: at.clone().then("causes").then(key.as_str()),
                before: old,
                after: new,
            });
        }
    }
    changes
}

fn risk_texts(risk: &Risk) -> BTreeMap<&'static str, String> {
    let facts: BTreeSet<String> = risk.depends_on.iter().map(ToString::to_string).collect();
    let mut texts = BTreeMap::from([
        ("title", risk.title.clone()),
        ("section", risk.section.to_string()),
        ("owner", risk.owner.to_string()),
        ("status", risk.status.to_string()),
        ("hazard", risk.hazard.clone()),
        ("effect", risk.effect.clone()),
    ]);
    if !facts.is_empty() {
        texts.insert("depends-on", facts.into_iter().collect::<Vec<_>>().join(", "));
    }
    if let Some(transfer) = &risk.transfer {
        texts.insert("transfer", transfer.to_string());
    }
    texts
}

fn field_changes(
    at: &Address,
    before: &BTreeMap<&'static str, String>,
    after: &BTreeMap<&'static str, String>,
) -> Vec<FieldChange> {
    let names: BTreeSet<&'static str> = before.keys().chain(after.keys()).copied().collect();
    names
        .iter()
        .filter(|name| before.get(**name) != after.get(**name))
        .map(|name| FieldChange {
            address: at.clone().then(*name),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}
