//! JSON: an array of objects, one a line; and the description of all tables.

use super::{Column, ColumnType, Datum, Table};
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

/// What `schema.json` says: every table that an export writes, and what each column means.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Description {
    /// The version of this form and of the tables. It rises when a column goes or changes its meaning; a new column does not raise it.
    schema_version: u32,
    /// The tables, a file or folder each.
    tables: Vec<TableOf>,
}

/// A table.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct TableOf {
    /// Its name, and its file's.
    name: &'static str,
    /// What a row is.
    about: &'static str,
    /// Its columns in order; in JSON, the keys of each row.
    columns: Vec<ColumnOf>,
}

/// A column.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct ColumnOf {
    /// Its name.
    name: &'static str,
    /// The form of its values; any of them may be empty.
    #[serde(rename = "type")]
    kind: ColumnType,
    /// What it means.
    about: &'static str,
}

/// What each table and column means.
pub(super) fn schema(tables: &[Table]) -> String {
    let column = |column: &Column| ColumnOf { name: column.name, kind: column.kind, about: column.about };
    let table = |table: &Table| TableOf {
        name: table.name,
        about: table.about,
        columns: table.columns.iter().map(column).collect(),
    };
    let whole = Description { schema_version: 1, tables: tables.iter().map(table).collect() };
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}
