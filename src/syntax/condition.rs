//! Conditions of the framework, from TOML tables.

use super::reader::{BAD_ID, MISSING_KEY, Table};
use super::tree::Node;
use crate::diag::Finding;
use crate::model::{Address, Condition, DateRef, ItemId, OutcomeId, Subject, Test};

/// The keys that a condition can have besides its subject.
const TESTS: [&str; 10] =
    ["is", "is-not", "in", "blank", "noted", "evidenced", "at-least", "before", "after", "covers"];

/// The tests of an answer that an outcome has none of: they could never be known.
const OF_ANSWERS: [&str; 6] = ["blank", "noted", "evidenced", "before", "after", "covers"];

/// Reads the condition that stands behind a key.
pub(super) fn condition_in<'d>(table: &Table<'d, '_>, key: &'d str) -> Option<Condition> {
    let inner = table.table(key)?;
    let read = condition(&inner);
    inner.finish();
    read
}

/// Reads a condition from a table that may hold other keys too; the caller finishes it.
pub(super) fn condition(table: &Table<'_, '_>) -> Option<Condition> {
    let single = |key| condition_in(table, key).map(Box::new);
    if table.get("any").is_some() {
        return parts(table, "any").map(Condition::Any);
    }
    if table.get("all").is_some() {
        return parts(table, "all").map(Condition::All);
    }
    if table.get("not").is_some() {
        return single("not").map(Condition::Not);
    }
    if table.get("any-row").is_some() {
        return single("any-row").map(Condition::AnyRow);
    }
    if table.get("all-rows").is_some() {
        return single("all-rows").map(Condition::AllRows);
    }
    let subject = subject(table)?;
    test(table, &subject).map(|test| Condition::Is(subject, test))
}

/// The parts of `any` or `all`, of which there has to be one.
fn parts<'d>(table: &Table<'d, '_>, key: &'d str) -> Option<Vec<Condition>> {
    let value = table.get(key)?;
    if value.as_list().is_some_and(Node::is_empty) {
        table.empty(key, value.span());
        return None;
    }
    let read = |part: &Table<'_, '_>| {
        let read = condition(part);
        part.finish();
        read
    };
    // Each part is read, so that each has its findings.
    let parts: Vec<Option<Condition>> = table.list(key).iter().map(read).collect();
    parts.into_iter().collect()
}

fn subject(table: &Table<'_, '_>) -> Option<Subject> {
    let item = table.id("item", |t| ItemId::new(t)).map(Subject::Item);
    let outcome = table.id("outcome", |t| OutcomeId::new(t)).map(Subject::Outcome);
    match (item, outcome) {
        (Some(_), Some(_)) => complain(table, "a condition has both `item` and `outcome`"),
        (None, None) => complain(table, "a condition has neither `any`, `all`, `not`, `item` nor `outcome`"),
        (item, outcome) => return item.or(outcome),
    }
    None
}

fn complain(table: &Table<'_, '_>, message: &str) {
    table.sink.add(Finding::new(&MISSING_KEY, message).at(table.sink.label(table.span.clone())));
}

fn test(table: &Table<'_, '_>, subject: &Subject) -> Option<Test> {
    let present: Vec<_> = TESTS.into_iter().filter(|key| table.get(key).is_some()).collect();
    let [key] = present[..] else {
        table.sink.add(
            Finding::new(&MISSING_KEY, "a condition has exactly one test")
                .at(table.sink.label(table.span.clone()))
                .note(format!("the tests are: {}", TESTS.join(", "))),
        );
        return None;
    };
    if matches!(subject, Subject::Outcome(_)) && OF_ANSWERS.contains(&key) {
        complain(
            table,
            &format!("`{key}` is a test of an item, and an outcome can never be known to pass it"),
        );
        return None;
    }
    match key {
        "is" => table.text(key).map(Test::Is),
        "is-not" => table.text(key).map(Test::IsNot),
        "in" => Some(Test::In(table.texts(key))),
        "blank" => table.truth(key).map(Test::Blank),
        "noted" => table.truth(key).map(Test::Noted),
        "evidenced" => table.truth(key).map(Test::Evidenced),
        "at-least" => table.integer(key).map(Test::AtLeast),
        "before" => date_ref(table, key).map(Test::Before),
        "after" => date_ref(table, key).map(Test::After),
        _ => {
            let inner = table.table(key)?;
            let until = inner.needed_id("until", |t| ItemId::new(t));
            let date = date_ref(&inner, "date");
            inner.finish();
            Some(Test::Covers(until?, date?))
        }
    }
}

fn date_ref<'d>(table: &Table<'d, '_>, key: &'d str) -> Option<DateRef> {
    let Some(value) = table.get(key) else {
        table.missing(key);
        return None;
    };
    let Some(text) = value.as_text() else { return table.date(key).map(DateRef::On) };
    let complain = |message| {
        table.sink.add(Finding::new(&BAD_ID, message).at(table.sink.label(value.span())));
    };
    let address = text.parse::<Address>().map_err(|error| complain(error.to_string())).ok()?;
    ItemId::new(address.subject.clone()).map_err(|error| complain(error.to_string())).ok()?;
    Some(DateRef::At(address))
}
