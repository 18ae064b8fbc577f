//! The one escaper for Markdown that others render: comments, job summaries. What people wrote is shown as code, whole and as it is; it can
//! neither mention anybody, nor refer to an issue, nor make a link, a table, a list or a tag.
//!
//! Renderers look for mentions and references in the text that Markdown made, so an escaped `@` alone would not help; none of them looks into code.

use crate::syntax::visible;
use std::fmt::Write;

/// A text within a line, wherever it stands: in a paragraph, a cell of a table, a summary. All that could mean something is a character
/// reference, so nothing in it is Markdown or HTML.
pub fn inline(text: &str) -> String {
    let line = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::from("<code>");
    for c in line.chars() {
        if c == '@' {
            // Addresses are looked for after references are resolved; none begins at its `@`.
            out.push_str("<wbr>");
        }
        if c.is_ascii_alphanumeric() || !c.is_ascii() || " ,'()-".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", u32::from(c));
        }
    }
    out + "</code>"
}

/// Lines of text in a fence that is longer than any run of backticks in them.
pub fn fenced(text: &str, language: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_means_something() {
        assert_eq!(inline("@team #1"), "<code><wbr>&#64;team &#35;1</code>");
        assert_eq!(inline("a\n\n| b"), "<code>a &#124; b</code>");
        assert!(fenced("````\nx", "").starts_with("`````\n"));
    }
}
