//! Values as TOML 1.0 text.

use crate::model::Value;
use std::fmt::Write;

/// A text, over several lines if it has some.
pub(super) fn text(text: &str) -> String {
    if text.contains('\n') {
        let escaped = escape(text, true).replace("\"\"\"", "\"\"\\\"");
        let escaped = escaped.split('\n').map(unmarked).collect::<Vec<_>>().join("\n");
        format!("\"\"\"\n{escaped}\n\"\"\"")
    } else {
        line(text)
    }
}

/// A line that git could have left as a conflict marker, written so that nobody takes it for one.
fn unmarked(line: &str) -> String {
    let marks = [("<<<<<<< ", "\\u003C"), (">>>>>>> ", "\\u003E"), ("||||||| ", "\\u007C")];
    match marks.iter().find(|(mark, _)| line.starts_with(mark)) {
        Some((_, escape)) => format!("{escape}{}", &line[1..]),
        None => line.to_owned(),
    }
}

/// A text as a TOML string on one line.
pub fn line(text: &str) -> String {
    format!("\"{}\"", escape(text, false).replace('"', "\\\""))
}

fn escape(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' if lines => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if super::text::is_hidden(c) => drop(write!(out, "\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Texts in a list, on one line while it is short.
pub(super) fn list(texts: &[String]) -> String {
    let parts: Vec<String> = texts.iter().map(|t| line(t)).collect();
    let flat = format!("[{}]", parts.join(", "));
    if flat.chars().count() <= 90 || texts.len() < 2 {
        flat
    } else {
        format!("[\n  {},\n]", parts.join(",\n  "))
    }
}

/// An answer's value.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(content) => text(content),
        Value::Texts(texts) => list(texts),
        Value::Date(date) => date.to_string(),
        Value::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was() {
        for content in [
            "a",
            "a \"b\"",
            "a\\b",
            "a\nb",
            "\"\"\"\n\"\"\"\"",
            "tab\there",
            "ends with \\",
            "line\n\\\nline",
        ] {
            let document = format!("k = {}\n", text(content));
            let read: toml::Table = document.parse().unwrap();
            assert_eq!(read["k"].as_str().unwrap().trim_end(), content.trim_end(), "{document}");
        }
    }
}
