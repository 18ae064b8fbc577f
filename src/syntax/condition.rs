//! Conditions of the framework, from TOML tables.

use super::reader::{MISSING_KEY, Table};
use crate::diag::Finding;
use crate::model::{Address, Condition, DateRef, ItemId, OutcomeId, Subject, Test};
use toml::de::DeValue;

/// The keys that a condition can have besides its subject.
const TESTS: [&str; 10] =
    ["is", "is-not", "in", "blank", "noted", "evidenced", "at-least", "before", "after", "covers"];

/// Reads a condition from a table that may hold other keys too; the caller finishes it.
pub(super) fn condition(table: &Table<'_, '_>) -> Option<Condition> {
    let parts = |key| -> Option<Vec<Condition>> {
        table
            .list(key)
            .iter()
            .map(|part| {
                let read = condition(part);
                part.finish();
                read
            })
            .collect()
    };
    let single = |key| {
        table.table(key).and_then(|part| {
            let read = condition(&part);
            part.finish();
            read.map(Box::new)
        })
    };
    if table.get("any").is_some() {
        return parts("any").map(Condition::Any);
    }
    if table.get("all").is_some() {
        return parts("all").map(Condition::All);
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
    let item = table.id("item", |t| ItemId::new(t)).map(Subject::Item);
    let outcome = table.id("outcome", |t| OutcomeId::new(t)).map(Subject::Outcome);
    let Some(subject) = item.or(outcome) else {
        table.sink.add(
            Finding::new(&MISSING_KEY, "a condition has neither `any`, `all`, `not`, `item` nor `outcome`")
                .at(table.sink.label(table.span.clone())),
        );
        return None;
    };
    test(table).map(|test| Condition::Is(subject, test))
}

fn test(table: &Table<'_, '_>) -> Option<Test> {
    let present: Vec<_> = TESTS.into_iter().filter(|key| table.get(key).is_some()).collect();
    let [key] = present[..] else {
        table.sink.add(
            Finding::new(&MISSING_KEY, "a condition has exactly one test")
                .at(table.sink.label(table.span.clone()))
                .note(format!("the tests are: {}", TESTS.join(", "))),
        );
        return None;
    };
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

fn date_ref(table: &Table<'_, '_>, key: &'static str) -> Option<DateRef> {
    match table.get(key).map(toml::Spanned::get_ref)? {
        DeValue::String(text) => match text.parse::<Address>() {
            Ok(address) => Some(DateRef::At(address)),
            Err(error) => {
                table.sink.add(
                    Finding::new(&super::reader::BAD_ID, error.to_string())
                        .at(table.sink.label(table.span.clone())),
                );
                None
            }
        },
        _ => table.date(key).map(DateRef::On),
    }
}
