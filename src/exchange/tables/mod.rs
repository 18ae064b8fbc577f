//! Assessments as tables for analysis: documented columns, stable order, one row a fact.

mod csv;
mod json;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;

use crate::diag::Error;

pub use json::Description;
pub use rows::{Context, tables};

/// The form of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// A day.
    Date,
    /// True or false.
    Truth,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its form.
    pub kind: ColumnType,
    /// What it means.
    pub about: &'static str,
}

/// A value in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// Nothing.
    None,
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A day.
    Date(crate::model::Date),
    /// True or false.
    Truth(bool),
}

impl Datum {
    fn text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Truth(truth) => truth.to_string(),
        }
    }
}

/// A table with its rows.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name, and its file's.
    pub name: &'static str,
    /// What a row is.
    pub about: &'static str,
    /// Its columns; the first is the permanent id of the deployment.
    pub columns: &'static [Column],
    /// Its rows, in order.
    pub rows: Vec<Vec<Datum>>,
}

/// The form of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// RFC 4180, every field quoted, with texts that could run as formulas guarded by an apostrophe.
    Csv {
        /// Without guards.
        raw: bool,
    },
    /// An array of objects.
    Json,
    /// A file for each deployment, in folders that DuckDB and pandas read as a partition.
    Parquet,
}

/// The files of tables, by path, with a description of their columns beside them.
pub fn files(tables: &[Table], form: Form) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = vec![("schema.json".to_owned(), json::schema(tables).into_bytes())];
    for table in tables {
        match form {
            Form::Csv { raw } => {
                files.push((format!("{}.csv", table.name), csv::write(table, raw).into_bytes()))
            }
            Form::Json => files.push((format!("{}.json", table.name), json::write(table).into_bytes())),
            Form::Parquet => files.extend(partitions(table)?),
        }
    }
    Ok(files)
}

#[cfg(feature = "parquet")]
fn partitions(table: &Table) -> Result<Vec<(String, Vec<u8>)>, Error> {
    parquet::partitions(table)
}

#[cfg(not(feature = "parquet"))]
fn partitions(_: &Table) -> Result<Vec<(String, Vec<u8>)>, Error> {
    Err(Error::new(&super::text::CANNOT_EXPORT, "this tom was built without Parquet")
        .help("export to csv or json"))
}
