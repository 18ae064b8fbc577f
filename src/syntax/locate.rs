//! Keys to places: the only moment at which a finding learns its line.

use super::document::Document;
use crate::diag::At;
use std::ops::Range;

/// A place in a text. Lines and columns count from one; a column is a character.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Bytes in the text, a byte-order mark not counted.
    #[serde(skip)]
    pub bytes: Range<usize>,
}

/// Where a label stands in a file's text; none for a file as a whole. A route that is not there leads to the
/// nearest thing above it that is.
pub fn locate(text: &str, at: &At) -> Option<Position> {
    let bytes = match at {
        At::File => return None,
        At::Bytes(bytes) => bytes.start.min(text.len())..bytes.end.min(text.len()),
        At::Key(route) => find(text, route, true)?,
        At::Value(route) => find(text, route, false)?,
    };
    let before = text.get(..bytes.start)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Some(Position {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        bytes,
    })
}

fn find(text: &str, route: &[String], key: bool) -> Option<Range<usize>> {
    let document = Document::parse("", text.as_bytes()).ok()?;
    let mut table = document.tree.root();
    let mut found = None;
    for (depth, part) in route.iter().enumerate() {
        let Some(entry) = table.get(part) else { break };
        // A table's own span is its header; one that only dotted headers imply has its key.
        let is_last = depth + 1 == route.len();
        let by_key = (key && is_last) || entry.as_table().is_some();
        found = Some(if by_key { entry.key_span() } else { entry.span() });
        table = entry;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, route: &[&str]) -> (usize, usize, String) {
        let route = At::Value(route.iter().map(|part| (*part).to_owned()).collect());
        let position = locate(text, &route).unwrap();
        (position.line, position.column, text[position.bytes].to_owned())
    }

    #[test]
    fn routes_lead_to_lines_and_columns() {
        let text = "# é\n[IGA-03]\nanswer = \"Yes\"\n\n[IGA-03.confirmed.supplier]\nby = \"Jo\"\n";
        assert_eq!(at(text, &["IGA-03", "answer"]), (3, 10, "\"Yes\"".to_owned()));
        assert_eq!(at(text, &["IGA-03", "confirmed", "supplier", "by"]), (6, 6, "\"Jo\"".to_owned()));
        assert_eq!(at(text, &["IGA-03", "notes"]), (2, 2, "IGA-03".to_owned()));
        assert_eq!(at("k = { \"é\" = \"x\" }", &["k", "é"]), (1, 13, "\"x\"".to_owned()));
    }
}
