//! The bytes of a workbook as values. Runs in a process of its own with little memory and time: see `cli::child`.
//!
//! calamine reads cell by cell; no range of a size that the file chooses is ever built from an `.xlsx`. What an `.xls` asks
//! for is bounded by the process's memory.

use super::archive;
use super::grid::{Book, Cell, Content, LAST_COLUMN, LAST_ROW, Place, Sheet};
use super::hidden;
use crate::diag::{Code, Error, Severity};
use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetVisible, Xls, Xlsx};
use std::io::Cursor;

/// The largest workbook that is read.
pub const MOST_FILE: u64 = 32 << 20;
/// More sheets than any checklist has.
const MOST_SHEETS: usize = 200;
/// More filled rows than any checklist or hazard log has.
const MOST_ROWS: usize = 50_000;
/// More filled cells.
const MOST_CELLS: usize = 1_000_000;
/// The most characters that a cell can hold.
pub const MOST_TEXT: usize = 32_767;

/// What a formula says that was saved without what it gives.
const NO_RESULT: &str = "a formula without a result";

/// The file is no workbook that can be read.
pub static NOT_A_WORKBOOK: Code = Code {
    id: "TOM-1001",
    severity: Severity::Error,
    title: "a file is no workbook that can be read",
    explain: "tom reads `.xlsx` and `.xls` workbooks. The file is something else, damaged, protected with a password, or larger than any checklist. \
It is looked into in a process of its own with little memory and time, so that a hostile file can do no harm; nothing of it was imported. Open it in a \
spreadsheet program and save it as `.xlsx`, or ask the sender for it again.",
};

/// The error for a workbook that is not read.
pub(super) fn refuse(message: impl Into<String>) -> Error {
    Error::new(&NOT_A_WORKBOOK, message)
}

/// What a file is, by its first bytes.
enum Sort {
    Xlsx,
    Xls,
}

fn sort(bytes: &[u8]) -> Result<Sort, Error> {
    const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    let as_xlsx = "open it in a spreadsheet program and save it as `.xlsx`";
    if bytes.starts_with(b"PK") {
        let names = archive::look_into(bytes)?;
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        return match () {
            () if has("xl/workbook.xml") => Ok(Sort::Xlsx),
            () if has("xl/workbook.bin") => {
                Err(refuse("the file is a binary workbook (.xlsb)").help(as_xlsx))
            }
            () if has("content.xml") => Err(refuse("the file is an OpenDocument file").help(as_xlsx)),
            () => Err(refuse("the file is a zip archive without a workbook in it")),
        };
    }
    if bytes.starts_with(COMPOUND) {
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_encrypted = bytes.windows(name.len()).any(|window| window == name);
        return if is_encrypted { Err(archive::encrypted()) } else { Ok(Sort::Xls) };
    }
    if bytes.is_empty() {
        return Err(refuse("the file is empty"));
    }
    let what =
        if std::str::from_utf8(bytes).is_ok() { "a text, whatever its name says" } else { "something else" };
    Err(refuse(format!("the file is no workbook: it is {what}")).help(as_xlsx))
}

/// Reads a workbook.
pub fn read_book(bytes: &[u8]) -> Result<Book, Error> {
    match sort(bytes)? {
        Sort::Xlsx => xlsx(bytes),
        Sort::Xls => xls(bytes),
    }
}

fn damaged(error: impl std::fmt::Display) -> Error {
    let text = error.to_string();
    if text.to_lowercase().contains("password") {
        return archive::encrypted();
    }
    refuse(format!("the workbook is damaged or cut short: {text}")).help("ask the sender for the file again")
}

/// Counts what is taken over, and stops where it becomes too much.
#[derive(Default)]
struct Budget {
    rows: usize,
    cells: usize,
}

impl Budget {
    fn put(
        &mut self,
        sheet: &mut Sheet,
        at: (u32, u32),
        content: Option<Content>,
        is_formula: bool,
        is_hidden: bool,
    ) -> Result<(), Error> {
        let Some(content) = content else { return Ok(()) };
        if at.0 >= LAST_ROW || at.1 >= LAST_COLUMN {
            return Err(refuse(format!("a cell of `{}` stands outside the sheet", sheet.name)));
        }
        if let Content::Text(text) = &content
            && text.chars().count() > MOST_TEXT
        {
            return Err(refuse(format!("a cell of `{}` holds more than {MOST_TEXT} characters", sheet.name)));
        }
        let place = Place::new(at.0 + 1, at.1 + 1);
        let is_new_row = sheet.cells.last_key_value().is_none_or(|(last, _)| last.row != place.row);
        self.rows += usize::from(is_new_row);
        self.cells += 1;
        if self.rows > MOST_ROWS || self.cells > MOST_CELLS {
            return Err(refuse(format!("the workbook has more than {MOST_ROWS} rows or {MOST_CELLS} cells")));
        }
        sheet.cells.insert(place, Cell { content, is_formula, is_hidden });
        Ok(())
    }
}

fn xlsx(bytes: &[u8]) -> Result<Book, Error> {
    let mut file: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let hidden = hidden::of_xlsx(bytes);
    let mut book =
        Book { from_1904: file.has_1904_epoch(), hides_unknown: hidden.is_none(), sheets: Vec::new() };
    let mut budget = Budget::default();
    for (_, name, is_hidden) in sheets(file.sheets_metadata())? {
        let hidden = hidden.as_ref().and_then(|all| all.get(&name));
        let hides = |row, column| is_hidden || hidden.is_some_and(|hidden| hidden.hides(row, column));
        let mut sheet = Sheet { name: name.clone(), ..Sheet::default() };
        let mut cells = file.worksheet_cells_reader(&name).map_err(damaged)?;
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(damaged)? {
            let is_formula = cell.formula.is_some();
            // Some programs save formulas without what they give. That is not the same as an empty cell.
            let lacking =
                (is_formula && cell.value == DataRef::Empty).then(|| Content::Failure(NO_RESULT.to_owned()));
            let is_hidden = hides(cell.pos.0.saturating_add(1), cell.pos.1.saturating_add(1));
            budget.put(&mut sheet, cell.pos, of_ref(&cell.value).or(lacking), is_formula, is_hidden)?;
        }
        book.sheets.push(sheet);
    }
    Ok(book)
}

fn xls(bytes: &[u8]) -> Result<Book, Error> {
    let mut file: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(damaged)?;
    let hidden = hidden::of_xls(bytes);
    let mut book =
        Book { from_1904: file.has_1904_epoch(), hides_unknown: hidden.is_none(), sheets: Vec::new() };
    let mut budget = Budget::default();
    for (number, name, is_hidden) in sheets(file.sheets_metadata())? {
        let hidden = hidden.as_ref().and_then(|all| all.get(number));
        let hides = |row, column| is_hidden || hidden.is_some_and(|hidden| hidden.hides(row, column));
        let mut sheet = Sheet { name: name.clone(), ..Sheet::default() };
        let range = file.worksheet_range(&name).map_err(damaged)?;
        let formulas = file.worksheet_formula(&name).map_err(damaged)?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let to_u32 = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let at = (top.saturating_add(to_u32(row)), left.saturating_add(to_u32(column)));
            let is_formula = formulas.get_value(at).is_some_and(|formula| !formula.is_empty());
            let is_hidden = hides(at.0.saturating_add(1), at.1.saturating_add(1));
            budget.put(&mut sheet, at, of_data(data), is_formula, is_hidden)?;
        }
        book.sheets.push(sheet);
    }
    Ok(book)
}

/// The worksheets: their number among all sheets, their name, and whether they do not show.
fn sheets(metadata: &[calamine::Sheet]) -> Result<Vec<(usize, String, bool)>, Error> {
    if metadata.len() > MOST_SHEETS {
        return Err(refuse(format!(
            "the workbook has {} sheets; at most {MOST_SHEETS} are read",
            metadata.len()
        )));
    }
    let work = metadata.iter().enumerate().filter(|(_, sheet)| sheet.typ == calamine::SheetType::WorkSheet);
    Ok(work
        .map(|(number, sheet)| (number, sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect())
}

fn text(text: &str) -> Option<Content> {
    (!text.trim().is_empty()).then(|| Content::Text(text.to_owned()))
}

fn of_ref(value: &DataRef<'_>) -> Option<Content> {
    match value {
        DataRef::SharedString(shared) => text(shared),
        other => of_data(&Data::from(other.clone())),
    }
}

fn of_data(value: &Data) -> Option<Content> {
    match value {
        Data::Empty => None,
        Data::String(string) | Data::DateTimeIso(string) | Data::DurationIso(string) => text(string),
        #[expect(clippy::cast_precision_loss, reason = "a spreadsheet's numbers are floats")]
        Data::Int(number) => Some(Content::Number(*number as f64)),
        Data::Float(number) => Some(Content::Number(*number)),
        Data::Bool(truth) => Some(Content::Truth(*truth)),
        Data::DateTime(moment) => Some(of_moment(moment)),
        Data::Error(error) => Some(Content::Failure(error.to_string())),
    }
}

/// A day; a duration, and a day that does not exist, stay the number that they are.
fn of_moment(moment: &ExcelDateTime) -> Content {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let exists = crate::model::Date::new(
        i16::try_from(year).unwrap_or_default(),
        i8::try_from(month).unwrap_or_default(),
        i8::try_from(day).unwrap_or_default(),
    )
    .is_ok();
    if !moment.is_datetime() || !exists || moment.as_f64() < 1.0 {
        return Content::Number(moment.as_f64());
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let has_time = (hour, minute, second) != (0, 0, 0);
    Content::Moment(if has_time { format!("{date}T{hour:02}:{minute:02}:{second:02}") } else { date })
}
