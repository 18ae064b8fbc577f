//! Comma-separated values: RFC 4180, every field quoted.

use super::super::text::guarded;
use super::{Datum, Table};

/// A table as CSV.
pub(super) fn write(table: &Table, raw: bool) -> String {
    let names: Vec<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
    let mut out = line(&names);
    for row in &table.rows {
        let fields: Vec<String> = row
            .iter()
            .map(|datum| match datum {
                Datum::Text(text) if !raw => guarded(text),
                other => other.text(),
            })
            .collect();
        out += &line(&fields);
    }
    out
}

fn line(fields: &[String]) -> String {
    let quoted: Vec<String> =
        fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
    quoted.join(",") + "\r\n"
}
