//! What holds for every deployment: frameworks, people, who may accept what, and which changes are not to pass.

use super::{Change, Kind, consequences::is_other, fingerprint};
use crate::diag::{Code, Finding, Label, Severity};
use crate::model::{Framework, Person, Policy, Settings, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A gate that nobody knows.
pub static BAD_GATE: Code = Code {
    id: "TOM-0701",
    severity: Severity::Error,
    title: "`fail-on` names a kind of change that there is not",
    explain: "`[review] fail-on` in `tom.toml` lists the kinds of change that a review does not let pass, such as `risk-increase` or \
`removed-mitigation`. A word that tom does not know would guard nothing. `tom diff --help` lists the kinds.",
};

/// Findings about the gates in the settings.
pub fn check_policy(settings: &Settings) -> Vec<Finding> {
    let wrong = settings.fail_on.iter().filter_map(|word| word.parse::<Kind>().err());
    wrong
        .map(|error| {
            Finding::new(&BAD_GATE, error).at(Label::value(crate::project::SETTINGS, ["review", "fail-on"]))
        })
        .collect()
}

/// One end's settings and frameworks.
pub type Holds<'a> = (Option<&'a Settings>, Vec<&'a Arc<Framework>>);

/// What differs in settings and frameworks by meaning, and in which templates. People are counted, not named.
pub fn repository(before: &Holds<'_>, after: &Holds<'_>, templates: &BTreeSet<String>) -> Vec<Change> {
    let mut changes = frameworks(&before.1, &after.1);
    if let (Some(old), Some(new)) = (before.0, after.0) {
        changes.extend(settings(old, new));
    } else if before.0.is_some() != after.0.is_some() {
        let text = |there: bool| there.then(|| "there".to_owned());
        let change = Change::new(Kind::Policy, None, "Settings of the repository");
        changes.push(change.with("", text(before.0.is_some()), text(after.0.is_some())));
    }
    if !templates.is_empty() {
        let names = templates.iter().cloned().collect::<Vec<_>>().join(", ");
        let change =
            Change::new(Kind::Policy, None, "Templates of packs").saying("what packs show can change");
        changes.push(change.with("", None, Some(names)));
    }
    changes.into_iter().map(|change| change.named("repository")).collect()
}

fn frameworks(before: &[&Arc<Framework>], after: &[&Arc<Framework>]) -> Vec<Change> {
    fn by_name<'a>(list: &[&'a Arc<Framework>]) -> BTreeMap<String, &'a Arc<Framework>> {
        list.iter().map(|framework| (format!("{} {}", framework.id, framework.version), *framework)).collect()
    }
    let (old, new) = (by_name(before), by_name(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (was, is) = (old.get(name), new.get(name));
        let says = match (was, is) {
            (Some(was), Some(is)) if is_other(was, is) => "its questions or rules changed",
            (None, Some(_)) => "it is new",
            (Some(_), None) => "it is gone",
            _ => continue,
        };
        let digest =
            |framework: Option<&&Arc<Framework>>| framework.map(|framework| framework.digest.to_string());
        changes.push(Change::new(Kind::Framework, None, name).saying(says).with("", digest(was), digest(is)));
    }
    changes
}

fn settings(old: &Settings, new: &Settings) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |title: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            changes.push(Change::new(Kind::Policy, None, title).with("", before, after));
        }
    };
    add("Framework of new deployments", Some(old.framework.to_string()), Some(new.framework.to_string()));
    let roles: BTreeSet<&String> = old.policy.accept.keys().chain(new.policy.accept.keys()).collect();
    for role in roles {
        let upto = |settings: &Settings| {
            settings.policy.accept.get(role).map(|class| format!("up to class {class}"))
        };
        add(&format!("What a {role} may accept"), upto(old), upto(new));
    }
    add("What decisions need", decisions(&old.policy), decisions(&new.policy));
    let signed = |settings: &Settings| {
        let parties: Vec<String> =
            settings.policy.signed_hand_overs.iter().map(ToString::to_string).collect();
        (!parties.is_empty()).then(|| format!("signed, from {}", parties.join(", ")))
    };
    add("Hand-overs that are taken in", signed(old), signed(new));
    let gates = |settings: &Settings| {
        let kinds: BTreeSet<&String> = settings.fail_on.iter().collect();
        (!kinds.is_empty()).then(|| kinds.into_iter().cloned().collect::<Vec<_>>().join(", "))
    };
    add("Changes that are not to pass", gates(old), gates(new));
    changes.extend(people(old, new));
    changes
}

/// What the policy asks of decisions, in words; none where it asks nothing.
fn decisions(policy: &Policy) -> Option<String> {
    let mut asks = Vec::new();
    let mut add = |asked: bool, what: &str| asks.extend(asked.then(|| what.to_owned()));
    add(policy.signatures_required, "signatures");
    add(policy.phases_apart, "other people in each phase");
    add(policy.author_apart, "somebody besides the last author");
    for (number, phase) in &policy.phases {
        let any_of = phase.any_of.iter().map(|roles| roles.iter().cloned().collect::<Vec<_>>().join(" or "));
        let roles: Vec<String> = phase.all_of.iter().cloned().chain(any_of).collect();
        if !roles.is_empty() {
            asks.push(format!("in phase {number}: {}", roles.join(", ")));
        }
        if phase.people > 0 {
            asks.push(format!("in phase {number}: {} people", phase.people));
        }
    }
    (!asks.is_empty()).then(|| asks.join("; "))
}

fn people(old: &Settings, new: &Settings) -> Option<Change> {
    let came: Vec<&Person> = new
        .people
        .iter()
        .filter(|(key, _)| !old.people.contains_key(*key))
        .map(|(_, person)| person)
        .collect();
    let went = old.people.keys().filter(|key| !new.people.contains_key(*key)).count();
    let otherwise = new
        .people
        .iter()
        .filter(|(key, person)| old.people.get(*key).is_some_and(|was| was != *person))
        .count();
    if came.len() + went + otherwise == 0 {
        return None;
    }
    let mut parts = Vec::new();
    for party in came.iter().map(|person| &person.party).collect::<BTreeSet<_>>() {
        let count = came.iter().filter(|person| person.party == *party).count();
        parts.push(format!("{count} more for the {party}"));
    }
    parts.extend((went > 0).then(|| format!("{went} fewer")));
    parts.extend((otherwise > 0).then(|| format!("{otherwise} with other details")));
    // Whoever they are, they may speak for a party now: two different people are two different changes.
    let digest = |settings: &Settings| {
        let all = settings.people.iter().map(|(key, person)| Tree::text(format!("{key} {person:?}")));
        Some(format!("list {}", fingerprint(&Tree::List(all.collect()))))
    };
    let change = Change::new(Kind::Policy, None, "People who may speak").saying(parts.join(", "));
    Some(change.with("", digest(old), digest(new)))
}
