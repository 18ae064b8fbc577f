//! A file as a plain list of what it says, for tools that compare lines: one address a line, sorted, without comments
//! or any choice of form. Two files that mean the same give the same list.

use super::document::Document;
use super::tree::{Content, Node};
use crate::model::RiskId;
use std::collections::BTreeMap;

/// What a file says, line by line; none where it is no TOML. A risk's lines begin with its id, which is in the name of the file.
pub fn listing(name: &str, bytes: &[u8]) -> Option<String> {
    let document = Document::parse(name, bytes).ok()?;
    let stem = name.strip_suffix(".toml").filter(|stem| RiskId::new(*stem).is_ok());
    let mut lines = BTreeMap::new();
    walk(document.tree.root(), &mut stem.into_iter().map(str::to_owned).collect(), &mut lines);
    Some(lines.into_values().collect())
}

fn walk(table: Node<'_, '_>, route: &mut Vec<String>, lines: &mut BTreeMap<Vec<String>, String>) {
    for entry in table.children() {
        route.push(entry.key().to_owned());
        match entry.content() {
            Content::Table(_) => walk(entry, route, lines),
            _ => drop(lines.insert(route.clone(), line(&route.join("."), entry))),
        }
        route.pop();
    }
}

fn line(address: &str, value: Node<'_, '_>) -> String {
    if let Content::List(_) = value.content() {
        // The order of a list means nothing anywhere in the format.
        let mut parts: Vec<String> = value.children().map(text).collect();
        parts.sort();
        let parts: String = parts
            .iter()
            .map(|part| format!("    - {}\n", part.trim_end().replace('\n', "\n      ")))
            .collect();
        return format!("{address}:\n{parts}");
    }
    let text = text(value);
    match text.trim_end() {
        text if text.contains('\n') => format!("{address}:\n    {}\n", text.replace('\n', "\n    ")),
        text => format!("{address} = {text}\n"),
    }
}

fn text(value: Node<'_, '_>) -> String {
    match value.content() {
        Content::Text(text) => text.replace("\r\n", "\n"),
        Content::Integer(digits, 10) => digits.to_string(),
        Content::Integer(digits, base) => i64::from_str_radix(digits, *base)
            .map_or_else(|_| digits.to_string(), |number| number.to_string()),
        Content::Float(digits) => digits.to_string(),
        Content::Truth(truth) => truth.to_string(),
        Content::Date(date) => date.to_string(),
        Content::List(_) | Content::Table(_) => {
            let inner: Vec<String> = value
                .children()
                .map(|part| format!("{} {}", part.key(), text(part)).trim().to_owned())
                .collect();
            inner.join(", ")
        }
    }
}
