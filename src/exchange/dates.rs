//! Days as people type them into spreadsheets.

use super::grid::Content;
use crate::model::{Date, days};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A day, and how it was read where that is not plain. The checklist is British: days come before months.
pub(super) fn day(content: &Content, from_1904: bool) -> Result<(Date, Option<String>), String> {
    match content {
        Content::Moment(moment) => {
            let (date, time) = moment.split_once('T').map_or((moment.as_str(), None), |(d, t)| (d, Some(t)));
            let date = date.parse().map_err(|_| format!("`{moment}` is no day"))?;
            Ok((date, time.map(|time| format!("the time of day, {time}, is left out"))))
        }
        Content::Number(number) => serial(*number, from_1904),
        Content::Text(text) => words(text),
        other => Err(format!("`{}` is no day", other.text())),
    }
}

fn serial(number: f64, from_1904: bool) -> Result<(Date, Option<String>), String> {
    let first = if from_1904 { Date::new(1904, 1, 1) } else { Date::new(1899, 12, 30) };
    // The years from 1990 to 2099; anything else is rather a count than a day.
    let whole = number.trunc();
    #[expect(clippy::cast_possible_truncation, reason = "the value is between 30,000 and 80,000")]
    let date = (30_000.0..80_000.0)
        .contains(&whole)
        .then(|| first.ok()?.checked_add(days(whole as i64)).ok())
        .flatten()
        .filter(|date| (1990..2100).contains(&date.year()));
    date.map(|date| (date, Some(format!("the number {number}, read as the day {date}"))))
        .ok_or_else(|| format!("the number {number} is no day"))
}

fn words(text: &str) -> Result<(Date, Option<String>), String> {
    let text = text.trim();
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        return Ok((date, None));
    }
    let none = || format!("`{text}` is no day that can be read; write it as in 2026-11-20");
    let parts: Vec<&str> = text.split(['/', '.', '-', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let [first, second, year] = parts[..] else { return Err(none()) };
    let number = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<i8>().ok();
    let month_of = |text: &str| -> Option<i8> {
        if let Ok(number) = text.parse() {
            return Some(number);
        }
        let short: String = text.to_lowercase().chars().take(3).collect();
        let at = MONTHS.iter().position(|month| *month == short)?;
        i8::try_from(at + 1).ok()
    };
    let year: i16 = year.parse().map_err(|_| none())?;
    if year < 1000 {
        return Err(format!("`{text}` has a year of two figures; write it as in 2026-11-20"));
    }
    let (day, month) = (number(first).ok_or_else(none)?, month_of(second).ok_or_else(none)?);
    let date = Date::new(year, month, day).map_err(|_| none())?;
    let remark =
        second.parse::<i8>().is_ok().then(|| format!("`{text}`, read as {date}: the day before the month"));
    Ok((date, remark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: Content) -> Option<String> {
        day(&content, false).ok().map(|(date, _)| date.to_string())
    }

    #[test]
    fn d26_days_are_read_as_british_people_write_them() {
        for (text, wanted) in [
            ("2026-11-20", "2026-11-20"),
            ("20/11/2026", "2026-11-20"),
            ("9.8.2016", "2016-08-09"),
            ("20 November 2026", "2026-11-20"),
            ("1st Sept 2027", "2027-09-01"),
        ] {
            assert_eq!(read(Content::Text(text.to_owned())).as_deref(), Some(wanted), "{text}");
        }
        for text in ["soon", "31/02/2026", "1/2/26", "2026", "20/13/2026"] {
            assert_eq!(read(Content::Text(text.to_owned())), None, "{text}");
        }
    }

    #[test]
    fn d26_the_same_number_is_another_day_from_1904() {
        assert_eq!(read(Content::Number(42_466.0)).as_deref(), Some("2016-04-06"));
        let later = day(&Content::Number(42_466.0), true).map(|(date, _)| date.to_string());
        assert_eq!(later.as_deref(), Ok("2020-04-07"));
        assert_eq!(read(Content::Number(7.0)), None);
    }
}
