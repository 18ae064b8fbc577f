//! JSON: an array of objects, one a line; and the description of all tables.

use super::{Datum, Table};
use serde_json::{Map, Value, json};

/// A table as an array of objects.
pub(super) fn write(table: &Table) -> String {
    let lines: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let object: Map<String, Value> = table
                .columns
                .iter()
                .zip(row)
                .map(|(column, datum)| (column.name.to_owned(), value(datum)))
                .collect();
            Value::Object(object).to_string()
        })
        .collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

fn value(datum: &Datum) -> Value {
    match datum {
        Datum::None => Value::Null,
        Datum::Number(number) => json!(number),
        Datum::Truth(truth) => json!(truth),
        other => json!(other.text()),
    }
}

/// What each table and column means.
pub(super) fn schema(tables: &[Table]) -> String {
    let of_table = |table: &Table| {
        let columns: Vec<Value> = table
            .columns
            .iter()
            .map(|column| json!({ "name": column.name, "type": column.kind.as_str(), "about": column.about }))
            .collect();
        json!({ "name": table.name, "about": table.about, "columns": columns })
    };
    let all: Vec<Value> = tables.iter().map(of_table).collect();
    let whole = json!({ "schema-version": 1, "tables": all });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}
