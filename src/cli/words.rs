//! Small pieces of text output: styles, headings, wrapped prose. Never meaning by colour alone.

use super::report::visible;
pub(super) use crate::ops::words::counted;
use anstyle::{AnsiColor, Style};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const OPEN: Style = AnsiColor::Yellow.on_default();

/// A text in a style.
pub(super) fn styled(style: Style, text: impl AsRef<str>) -> String {
    format!("{style}{}{style:#}", visible(text.as_ref()))
}

/// A heading with a line beneath it.
pub(super) fn heading(text: &str) -> String {
    format!("{}\n{}\n", styled(BOLD, text), "─".repeat(text.chars().count()))
}

/// Prose that fits the width, indented.
pub(super) fn wrapped(text: &str, indent: usize, width: usize) -> String {
    filled(text, indent, width, true)
}

/// The same, for texts with paths: one that is longer than a line stays whole, to be copied.
pub(super) fn wrapped_whole(text: &str, indent: usize, width: usize) -> String {
    filled(text, indent, width, false)
}

fn filled(text: &str, indent: usize, width: usize, may_break: bool) -> String {
    let space = " ".repeat(indent);
    let options = textwrap::Options::new(width)
        .break_words(may_break)
        .initial_indent(&space)
        .subsequent_indent(&space)
        // An id or a date is not to be torn at its hyphen.
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    visible(text).split('\n').map(|line| textwrap::fill(line, &options)).collect::<Vec<_>>().join("\n")
}

/// How many are named before the rest is only counted.
const MOST_NAMED: usize = 8;

/// `IGA-03, IGA-04 and 12 more`.
pub(super) fn named(all: &[impl ToString]) -> String {
    let named: Vec<String> = all.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    match all.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// A text of at most so many characters.
pub(super) fn short(text: &str, length: usize) -> String {
    let line = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= length {
        line
    } else {
        line.chars().take(length.saturating_sub(2)).collect::<String>() + " …"
    }
}
