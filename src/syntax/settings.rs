//! `tom.toml`.

use super::deployment::framework_ref;
use super::document::Document;
use super::reader::{Sink, Table};
use crate::diag::Finding;
use crate::model::{Key, PartyId, Person, Settings};
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
    let mut accept = BTreeMap::new();
    if let Some(policy) = table.table("policy") {
        if let Some(roles) = policy.table("accept") {
            for entry in roles.entries() {
                let class = super::reader::class(&sink, entry.value, entry.key);
                accept.extend(class.map(|class| (entry.key.to_owned(), class)));
            }
        }
        policy.finish();
    }
    let mut fail_on = Vec::new();
    if let Some(review) = table.table("review") {
        fail_on = review.texts("fail-on");
        review.finish();
    }
    table.finish();
    let settings = framework.map(|framework| Settings { framework, people: people.into(), accept, fail_on });
    (settings, sink.into_findings())
}

fn person(table: &Table<'_, '_>) -> Option<Person> {
    let name = table.needed_text("name");
    let email = table.text("email");
    let party = table.needed_id("party", |t| PartyId::new(t));
    let organisation = table.text("organisation");
    let roles = table.texts("roles");
    Some(Person { name: name?, email, party: party?, organisation, roles })
}
