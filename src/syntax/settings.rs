//! `tom.toml`.

use super::deployment::framework_ref;
use super::document::Document;
use super::reader::{Sink, Table, WRONG_TYPE, class};
use crate::diag::Finding;
use crate::model::{IdError, Key, PartyId, Person, PhasePolicy, Policy, Settings};
use std::collections::BTreeMap;

/// Reads `tom.toml`.
pub fn read_settings(document: &Document<'_>) -> (Option<Settings>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let framework = framework_ref(&table);
    let mut people = BTreeMap::new();
    for (entry, inner) in table.tables("people") {
        let key = Key::new(entry.key).map_err(|error| table.bad_id(&error, entry.key_span)).ok();
        let person = person(&inner);
        inner.finish();
        people.extend(key.zip(person));
    }
    let policy = table.table("policy").map(|inner| policy(&inner)).unwrap_or_default();
    let mut fail_on = Vec::new();
    if let Some(review) = table.table("review") {
        fail_on = review.texts("fail-on");
        review.finish();
    }
    table.finish();
    let settings = framework.map(|framework| Settings { framework, people: people.into(), policy, fail_on });
    (settings, sink.into_findings())
}

fn person(table: &Table<'_, '_>) -> Option<Person> {
    let name = table.needed_text("name");
    let email = table.text("email");
    let party = table.needed_id("party", |t| PartyId::new(t));
    let organisation = table.text("organisation");
    let roles = table.texts("roles");
    let keys = table.texts("keys");
    Some(Person { name: name?, email, party: party?, organisation, roles, keys })
}

fn policy(table: &Table<'_, '_>) -> Policy {
    let mut policy = Policy::default();
    if let Some(roles) = table.table("accept") {
        for entry in roles.entries() {
            let class = class(table.sink, entry.value, entry.key);
            policy.accept.extend(class.map(|class| (entry.key.to_owned(), class)));
        }
    }
    policy.signatures_required = table.word("signatures", &[true, false], signatures).unwrap_or(false);
    policy.signed_hand_overs = table.ids("signed-hand-overs", |t| PartyId::new(t)).into_iter().collect();
    if let Some(apart) = table.table("apart") {
        policy.phases_apart = apart.truth("phases").unwrap_or(false);
        policy.author_apart = apart.truth("author").unwrap_or(false);
        apart.finish();
    }
    for (entry, inner) in table.tables("phases") {
        match entry.key.parse::<u8>().ok().filter(|number| number.to_string() == entry.key) {
            Some(number) => drop(policy.phases.insert(number, phase(&inner))),
            None => {
                let got = entry.key.to_owned();
                table.bad_id(&IdError { wanted: "the number of a phase, such as `1`", got }, entry.key_span);
            }
        }
        inner.finish();
    }
    table.finish();
    policy
}

/// How `signatures` is written.
pub(super) fn signatures(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

fn phase(table: &Table<'_, '_>) -> PhasePolicy {
    let all_of = table.texts("all-of").into_iter().collect();
    let any_of = table.text_lists("any-of").into_iter().map(|roles| roles.into_iter().collect()).collect();
    let people = table.integer("people").and_then(|number| {
        let people = usize::try_from(number).ok().filter(|people| (1..=100).contains(people));
        if people.is_none() {
            let span = table.get("people").map_or_else(|| table.span.clone(), |value| value.span());
            let message = format!("`people` has to be a number of people from 1 to 100, not {number}");
            table.sink.add(Finding::new(&WRONG_TYPE, message).at(table.sink.label(span)));
        }
        people
    });
    PhasePolicy { all_of, any_of, people: people.unwrap_or(0) }
}
