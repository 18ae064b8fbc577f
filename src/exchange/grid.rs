//! A workbook as plain values: sheets, cells, what stands in them. Nothing here knows a file format.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The last row of a sheet, counted from 1.
pub const LAST_ROW: u32 = 1_048_576;
/// The last column, `XFD`, counted from 1.
pub const LAST_COLUMN: u32 = 16_384;

/// The place of a cell, counted from 1: `E9` is row 9, column 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The row.
    pub row: u32,
    /// The column.
    pub column: u32,
}

impl Place {
    /// A place by its row and column.
    pub fn new(row: u32, column: u32) -> Self {
        Self { row, column }
    }

    /// The first cell of `E9`, `E9:H9`: a range stands for where it begins.
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.split(':').next()?;
        let digits = first.find(|c: char| c.is_ascii_digit())?;
        let (letters, row) = first.split_at(digits);
        let column = column_number(letters)?;
        let row: u32 = row.parse().ok()?;
        ((1..=LAST_ROW).contains(&row)).then_some(Self { row, column })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", column_letters(self.column), self.row)
    }
}

/// The number of a column by its letters: `A` is 1, `XFD` is 16,384.
pub fn column_number(letters: &str) -> Option<u32> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let number = letters.bytes().try_fold(0u32, |sum, byte| {
        byte.is_ascii_uppercase().then(|| sum * 26 + u32::from(byte - b'A') + 1)
    })?;
    (number <= LAST_COLUMN).then_some(number)
}

/// The letters of a column.
pub fn column_letters(mut number: u32) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(char::from(b'A' + u8::try_from(number % 26).unwrap_or_default()));
        number /= 26;
    }
    letters.iter().rev().collect()
}

/// What stands in a cell. An empty cell is in no sheet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Text as it was typed.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Truth(bool),
    /// A day, as in `2026-11-20`; with a time of day as in `2026-11-20T09:30:00`.
    Moment(String),
    /// A formula that failed, by its name: `#REF!`.
    Failure(String),
}

impl Content {
    /// The text that a reader sees, without the spaces at its ends and with line feeds for line ends.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned(),
            Self::Number(number) => plain_number(*number),
            Self::Truth(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
            Self::Moment(moment) => moment.clone(),
            Self::Failure(name) => name.clone(),
        }
    }
}

/// A number as one would type it: `42`, `0.7`.
fn plain_number(number: f64) -> String {
    format!("{number}")
}

/// A cell that is not empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// What stands there; for a formula, the result that the file holds.
    pub content: Content,
    /// Whether it is the result of a formula, which may be out of date.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_formula: bool,
    /// Whether its row, its column or its sheet does not show.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_hidden: bool,
}

/// What becomes of an answer that a formula gives. Its result may be out of date, and rests on cells that nobody sees here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Formulas {
    /// The result that the file holds is taken, and said to be one.
    #[default]
    Cached,
    /// It is not taken.
    Reject,
}

impl Formulas {
    /// Refuses a cell that a formula fills, or says how it was read.
    pub(super) fn look_at(self, cell: &Cell) -> Result<Option<String>, String> {
        match self {
            _ if !cell.is_formula => Ok(None),
            Self::Cached => Ok(Some("a formula's result, as the file holds it".to_owned())),
            Self::Reject => Err("a formula gives it, and `--formulas reject` takes none".to_owned()),
        }
    }
}

/// A sheet with its cells that are not empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// By place, row by row.
    pub cells: BTreeMap<Place, Cell>,
}

impl Sheet {
    /// The text of a cell, empty where there is none.
    pub fn text(&self, place: Place) -> String {
        self.cells.get(&place).map(|cell| cell.content.text()).unwrap_or_default()
    }

    /// The cells of a row, by column.
    pub fn row(&self, row: u32) -> impl Iterator<Item = (Place, &Cell)> {
        self.cells.range(Place::new(row, 0)..Place::new(row + 1, 0)).map(|(place, cell)| (*place, cell))
    }

    /// Its rows and columns of which nothing shows, in words; both empty where all of it shows.
    pub fn hidden(&self) -> Vec<String> {
        let all = |of: &dyn Fn(&Place) -> u32| {
            let mut hidden: BTreeMap<u32, bool> = BTreeMap::new();
            for (place, cell) in &self.cells {
                let all = hidden.entry(of(place)).or_insert(true);
                *all = *all && cell.is_hidden;
            }
            hidden.into_iter().filter(|(_, all)| *all).map(|(at, _)| at).collect::<Vec<_>>()
        };
        if !self.cells.is_empty() && self.cells.values().all(|cell| cell.is_hidden) {
            return vec!["all of it".to_owned()];
        }
        let rows = all(&|place| place.row).into_iter().map(|row| format!("row {row}"));
        let columns =
            all(&|place| place.column).into_iter().map(|at| format!("column {}", column_letters(at)));
        rows.chain(columns).collect()
    }

    /// The rows that have something in them, in order.
    pub fn rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.cells.keys().map(|place| place.row).collect();
        rows.dedup();
        rows
    }
}

/// A workbook.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Book {
    /// Whether its days are counted from 1904.
    pub from_1904: bool,
    /// Whether nobody can tell which rows and columns it hides.
    #[serde(default)]
    pub hides_unknown: bool,
    /// In the workbook's order.
    pub sheets: Vec<Sheet>,
}

impl Book {
    /// The sheet of a name, whatever its case and the spaces around it.
    pub fn sheet(&self, name: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.name.trim().eq_ignore_ascii_case(name.trim()))
    }
}

/// Cells travel between processes as a list, because JSON's keys are texts.
#[derive(Serialize, Deserialize)]
struct Flat {
    name: String,
    cells: Vec<(u32, u32, Cell)>,
}

impl Serialize for Sheet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.cells.iter().map(|(place, cell)| (place.row, place.column, cell.clone())).collect();
        Flat { name: self.name.clone(), cells }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sheet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let flat = Flat::deserialize(deserializer)?;
        let cells = flat.cells.into_iter().map(|(row, column, cell)| (Place { row, column }, cell));
        Ok(Self { name: flat.name, cells: cells.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_and_print_as_in_a_spreadsheet() {
        for (text, row, column) in
            [("A1", 1, 1), ("Z28", 28, 26), ("AA1", 1, 27), ("XFD1048576", LAST_ROW, LAST_COLUMN)]
        {
            assert_eq!(Place::parse(text), Some(Place { row, column }));
            assert_eq!(Place { row, column }.to_string(), text);
        }
        assert_eq!(Place::parse("E9:H9"), Place::parse("E9"));
        for bad in ["", "9", "E", "XFE1", "A0", "a1", "AAAA1"] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }
}
