//! A sheet being drawn: texts that stay texts, cells that can be filled in, choices, columns that do not show.

use super::super::text;
use super::form::{Choice, Entry};
use super::styles::Styles;
use crate::diag::Error;
use crate::exchange::reader::MOST_TEXT;
use rust_xlsxwriter::{
    ColNum, DataValidation, DataValidationErrorStyle, DataValidationRule, ExcelDateTime, Format, Formula,
    ProtectionOptions, RowNum, Worksheet, XlsxError,
};
use std::collections::BTreeMap;

/// What a spreadsheet's limits do not allow is said before a file is written.
pub(in crate::exchange) fn refused(error: &XlsxError) -> Error {
    Error::new(&text::CANNOT_EXPORT, format!("the workbook cannot be written: {error}"))
}

/// Lists that drop-downs offer, a column each in a sheet that does not show.
#[derive(Default)]
pub(in crate::exchange) struct Lists {
    columns: BTreeMap<Vec<String>, ColNum>,
}

impl Lists {
    /// Where a list stands; it is put there the first time that it is asked for.
    pub(in crate::exchange) fn place(&mut self, words: &[String]) -> String {
        let next = ColNum::try_from(self.columns.len()).unwrap_or(ColNum::MAX);
        let column = *self.columns.entry(words.to_vec()).or_insert(next);
        let letters = super::super::grid::column_letters(u32::from(column) + 1);
        format!("={}!${letters}$1:${letters}${}", super::LISTS, words.len())
    }

    /// Writes every list.
    pub(in crate::exchange) fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        for (words, column) in &self.columns {
            for (row, word) in words.iter().enumerate() {
                sheet.write_string(RowNum::try_from(row).unwrap_or(RowNum::MAX), *column, word)?;
            }
        }
        Ok(())
    }
}

/// A sheet being drawn, line after line.
pub(in crate::exchange) struct Page<'w> {
    pub sheet: &'w mut Worksheet,
    pub styles: &'w Styles,
    pub lists: &'w mut Lists,
    pub row: RowNum,
    /// How wide the columns are, in characters.
    pub widths: Vec<f64>,
    /// How many lines the tallest cell of the row takes.
    tall: usize,
}

impl<'w> Page<'w> {
    /// An empty sheet.
    pub(in crate::exchange) fn new(
        sheet: &'w mut Worksheet,
        styles: &'w Styles,
        lists: &'w mut Lists,
    ) -> Self {
        Self { sheet, styles, lists, row: 0, widths: Vec::new(), tall: 0 }
    }
}

impl Page<'_> {
    /// Writes a text as text, whatever it begins with.
    pub(in crate::exchange) fn text(
        &mut self,
        column: ColNum,
        words: &str,
        format: &Format,
    ) -> Result<(), Error> {
        let units = words.encode_utf16().count();
        if units > MOST_TEXT {
            let start: String = words.chars().take(40).collect();
            return Err(Error::new(
                &text::CANNOT_EXPORT,
                format!("a text of {units} characters does not fit into a cell, which holds {MOST_TEXT}: `{start}…`"),
            )
            .help("shorten it, or export to csv or json"));
        }
        if words.is_empty() {
            return self.done(|sheet, row| sheet.write_blank(row, column, format).map(drop));
        }
        self.tall = self.tall.max(self.lines(column, words));
        let quoted;
        let format = if text::could_run(words) {
            quoted = format.clone().set_quote_prefix();
            &quoted
        } else {
            format
        };
        self.done(|sheet, row| sheet.write_string_with_format(row, column, words, format).map(drop))
    }

    /// A heading that runs over the cells beside it, and makes its row no taller.
    pub(super) fn heading(&mut self, first: usize, width: usize, words: &str) -> Result<(), Error> {
        let styles = self.styles;
        self.text(at(first), words, &styles.group)?;
        self.tall = 1;
        (first + 1..width).try_for_each(|column| self.text(at(column), "", &styles.group))
    }

    /// How many lines a text takes in a column. Programs that open a workbook do not work out the height of its rows.
    fn lines(&self, column: ColNum, words: &str) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a width is a small number of characters"
        )]
        let width = match (column, self.widths.get(usize::from(column))) {
            // The first column does not show.
            (0, Some(width)) if *width < 5.0 => return 1,
            (_, width) => width.map_or(10, |width| (width * 1.25) as usize).max(4),
        };
        words.split('\n').map(|line| line.chars().count().div_ceil(width).max(1)).sum()
    }

    /// Ends a line: its row is as tall as its tallest cell.
    pub(in crate::exchange) fn next(&mut self) -> Result<(), Error> {
        // 409 points are the most that a row can have.
        let points =
            (12.75 * f64::from(u16::try_from(self.tall.max(1)).unwrap_or(u16::MAX)) + 2.0).min(409.0);
        self.done(|sheet, row| sheet.set_row_height(row, points).map(drop))?;
        self.row += 1;
        self.tall = 0;
        Ok(())
    }

    /// A cell to fill in.
    pub(super) fn entry(&mut self, column: ColNum, entry: &Entry) -> Result<(), Error> {
        let styles = self.styles;
        match &entry.choice {
            Choice::Day => self.day(column, &entry.text)?,
            Choice::Number => match entry.text.parse::<u32>() {
                Ok(number) => {
                    let format = &styles.entry;
                    self.done(|sheet, row| {
                        sheet.write_number_with_format(row, column, number, format).map(drop)
                    })?;
                }
                Err(_) => self.text(column, &entry.text, &styles.entry)?,
            },
            Choice::Words(_) | Choice::Free => self.text(column, &entry.text, &styles.text_entry)?,
        }
        self.validate(column, &entry.choice)
    }

    fn day(&mut self, column: ColNum, words: &str) -> Result<(), Error> {
        let format = &self.styles.day_entry;
        let parts: Vec<&str> = words.split('-').collect();
        let day = match parts[..] {
            [year, month, day] => match (year.parse(), month.parse(), day.parse()) {
                (Ok(year), Ok(month), Ok(day)) => ExcelDateTime::from_ymd(year, month, day).ok(),
                _ => None,
            },
            _ => None,
        };
        match day {
            Some(day) => {
                self.done(|sheet, row| sheet.write_datetime_with_format(row, column, &day, format).map(drop))
            }
            None => self.text(column, words, format),
        }
    }

    fn validate(&mut self, column: ColNum, choice: &Choice) -> Result<(), Error> {
        let rule = DataValidation::new().set_error_style(DataValidationErrorStyle::Stop);
        let first = ExcelDateTime::from_ymd(1990, 1, 1).map_err(|error| refused(&error))?;
        let (rule, help) = match choice {
            Choice::Words(words) => {
                let place = self.lists.place(words);
                (rule.allow_list_formula(Formula::new(place)), "Choose one of the list, or leave it empty.")
            }
            Choice::Day => (
                rule.allow_date(DataValidationRule::GreaterThan(first)),
                "A day, as in 2026-11-20, or leave it empty.",
            ),
            Choice::Number => {
                (rule.allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0)), "A whole number.")
            }
            Choice::Free => return Ok(()),
        };
        let rule = rule.set_error_message(help).map_err(|error| refused(&error))?;
        self.done(|sheet, row| sheet.add_data_validation(row, column, row, column, &rule).map(drop))
    }

    /// Does something to the sheet at the line that is being drawn.
    pub(in crate::exchange) fn done(
        &mut self,
        act: impl FnOnce(&mut Worksheet, RowNum) -> Result<(), XlsxError>,
    ) -> Result<(), Error> {
        act(self.sheet, self.row).map_err(|error| refused(&error))
    }

    /// The hidden fields and the headings of a table of lines; the next line is the first of the table.
    pub(in crate::exchange) fn head(
        &mut self,
        fields: &[impl AsRef<str>],
        titles: &[impl AsRef<str>],
        widths: &[f64],
    ) -> Result<(), Error> {
        let styles = self.styles;
        for (column, name) in fields.iter().enumerate() {
            self.text(at(column), name.as_ref(), &styles.small)?;
        }
        self.done(|sheet, row| sheet.set_row_hidden(row).map(drop))?;
        self.row += 1;
        self.tall = 0;
        self.done(|sheet, _| sheet.set_column_hidden(0).map(drop))?;
        self.table(titles, widths)
    }

    /// The headings of a table, which stay in sight and are printed on every page.
    pub(in crate::exchange) fn table(
        &mut self,
        titles: &[impl AsRef<str>],
        widths: &[f64],
    ) -> Result<(), Error> {
        self.widths = widths.to_vec();
        let styles = self.styles;
        for (column, width) in widths.iter().enumerate() {
            self.done(|sheet, _| sheet.set_column_width(at(column), *width).map(drop))?;
        }
        for (column, title) in titles.iter().enumerate() {
            self.text(at(column), title.as_ref(), &styles.heading)?;
        }
        self.done(|sheet, row| {
            sheet.set_freeze_panes(row + 1, 3)?;
            sheet.set_repeat_rows(row, row).map(drop)
        })?;
        self.next()
    }

    /// Locks what is not to be filled in, and says how it is printed.
    pub(in crate::exchange) fn finish(&mut self, footer: &str) {
        let allowed = ProtectionOptions {
            format_columns: true,
            format_rows: true,
            insert_rows: true,
            sort: true,
            use_autofilter: true,
            ..ProtectionOptions::new()
        };
        self.sheet.protect_with_options(&allowed);
        self.print(footer);
    }

    /// Says how it is printed: across, a page wide, with what it is of at the foot.
    pub(in crate::exchange) fn print(&mut self, footer: &str) {
        self.sheet.set_landscape().set_paper_size(8).set_print_fit_to_pages(1, 0).set_footer(footer);
    }
}

/// A column's number.
pub(super) fn at(column: usize) -> ColNum {
    ColNum::try_from(column).unwrap_or(ColNum::MAX)
}
