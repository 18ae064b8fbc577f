//! Edits of one entry that leave every other byte as it was: comments, order, quotes, line ends, byte-order mark.

use super::document::Document;
use super::literal;
use super::tree::Node;
use crate::diag::{Error, Finding};
use crate::model::{Acceptance, Address, Confirmation, Value};
use std::ops::Range;

/// A change of one key of one table.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Puts a value at the end of a route.
    Set(Vec<String>, Value),
    /// Puts a value there as it is written elsewhere.
    Literal(Vec<String>, String),
    /// Puts a list of texts there.
    SetTexts(Vec<String>, Vec<String>),
    /// Puts a confirmation's table there.
    Confirm(Vec<String>, Confirmation),
    /// Puts a risk's acceptance into its file.
    Accept(Acceptance),
    /// Takes a key or a table away, if it is there.
    Remove(Vec<String>),
}

/// The route in a section's or risk's file of an address's field. A risk's own file leaves out its id.
pub fn route_of(address: &Address, is_risk: bool) -> Vec<String> {
    let mut route = Vec::new();
    if let Some((block, key)) = &address.row {
        route.extend([block.to_string(), key.to_string()]);
    }
    if !is_risk {
        route.push(address.subject.clone());
    }
    route.extend(address.field.iter().cloned());
    route
}

/// The file with the edit made. The result is parsed again before it is given out.
pub fn edit(file: &str, bytes: &[u8], edit: &Edit) -> Result<Vec<u8>, Error> {
    let document = Document::parse(file, bytes)?;
    let text = document.text;
    let edited = match edit {
        Edit::Set(route, value) => set(&document, route, &literal::value(value)),
        Edit::Literal(route, literal) => set(&document, route, literal),
        Edit::SetTexts(route, texts) => set(&document, route, &literal::list(texts)),
        Edit::Confirm(route, confirmation) => {
            let subject = &route[..route.len().saturating_sub(2)];
            let table = super::write::confirmation_table(&route.join("."), confirmation);
            put_table(text, subject, route, &table)
        }
        Edit::Accept(acceptance) => {
            put_table(text, &[], &["acceptance".to_owned()], &super::write::acceptance_table(acceptance))
        }
        Edit::Remove(route) => Some(remove(text, route)),
    };
    let edited = edited.unwrap_or_else(|| rewrite(text, edit));
    let mut whole = bytes[..document.offset].to_vec();
    whole.extend(edited.into_bytes());
    Document::parse(file, &whole).map_err(|finding: Finding| Error::from(finding))?;
    Ok(whole)
}

/// New text with the line ends that the file has.
fn like(text: &str, new: &str) -> String {
    if text.contains("\r\n") { new.replace('\n', "\r\n") } else { new.to_owned() }
}

/// What goes before a new table or line so that it begins on a line of its own.
fn gap(text: &str, before: &str) -> String {
    if before.is_empty() || before.ends_with('\n') { String::new() } else { like(text, "\n") }
}

/// A header line: the table that it opens, and its bytes with the line end.
struct Header {
    name: Vec<String>,
    line: Range<usize>,
}

/// Every header of the text, in order. What looks like one inside a multi-line text or list is none.
fn headers(text: &str) -> Vec<Header> {
    let mut values = Vec::new();
    if let Ok(document) = Document::parse("", text.as_bytes()) {
        values_of(document.tree.root(), &mut values);
    }
    values.sort_by_key(|span| span.start);
    let mut values = values.into_iter().peekable();
    let mut headers = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        while values.next_if(|value| value.end <= start).is_some() {}
        if values.peek().is_some_and(|value| value.start < start) {
            continue;
        }
        let name =
            line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| !name.starts_with('[')) {
            headers.push(Header { name: keys_of(name), line: start..at });
        }
    }
    headers
}

/// The keys of a header's name; a key in quotes may have full stops in it.
fn keys_of(name: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut quote = None;
    for c in name.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('.', None) => keys.push(String::new()),
            (c, _) => keys.last_mut().into_iter().for_each(|key| key.push(c)),
        }
    }
    keys.into_iter().map(|key| key.trim().to_owned()).collect()
}

/// Where values stand that are no tables with a header of their own.
fn values_of(table: Node<'_, '_>, spans: &mut Vec<Range<usize>>) {
    for entry in table.children() {
        match entry.as_table() {
            Some(inner) => values_of(inner, spans),
            None => spans.push(entry.span()),
        }
    }
}

/// The header of a table, and the byte after the last entry that stands under it.
fn table(text: &str, headers: &[Header], route: &[String]) -> Option<(Range<usize>, usize)> {
    let at = headers.iter().position(|header| header.name == route)?;
    Some((headers[at].line.clone(), end_of_entries(text, headers, at)))
}

/// The byte after the last entry under a header: blank lines and comments after it belong to what follows.
fn end_of_entries(text: &str, headers: &[Header], at: usize) -> usize {
    let from = headers[at].line.end;
    let to = headers.get(at + 1).map_or(text.len(), |next| next.line.start);
    let mut end = from;
    let mut here = from;
    for line in text[from..to].split_inclusive('\n') {
        here += line.len();
        let trimmed = line.trim();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            end = here;
        }
    }
    end
}

/// Where the value at a route stands.
fn value_span(table: Node<'_, '_>, route: &[String]) -> Option<Range<usize>> {
    let value = route.iter().try_fold(table, |table, part| table.get(part))?;
    value.as_table().is_none().then(|| value.span())
}

/// Whether there is something at a route, however it is written.
fn exists(table: Node<'_, '_>, route: &[String]) -> bool {
    route.iter().try_fold(table, |table, part| table.get(part)).is_some()
}

/// Whether a table can be opened by a header of its own: no table on the way is written inline or with dotted keys.
fn can_have_header(document: &Document<'_>, headers: &[Header], route: &[String]) -> bool {
    (1..=route.len()).all(|depth| {
        let part = &route[..depth];
        !exists(document.tree.root(), part) || headers.iter().any(|header| header.name.starts_with(part))
    })
}

/// Splices a value in: over the old one, or as a line of its own after the table's last entry.
fn set(document: &Document<'_>, route: &[String], literal: &str) -> Option<String> {
    let text = document.text;
    let literal = &like(text, literal);
    if let Some(span) = value_span(document.tree.root(), route) {
        return Some(format!("{}{literal}{}", &text[..span.start], &text[span.end..]));
    }
    let (key, parents) = route.split_last()?;
    let headers = headers(text);
    let line = format!("{} = {literal}{}", super::write::key(key), like(text, "\n"));
    let at = match table(text, &headers, parents) {
        Some((header, end)) => {
            line_of_later(document, parents, key).filter(|at| (header.end..end).contains(at)).unwrap_or(end)
        }
        // The top of the file is the table without a header.
        None if parents.is_empty() => {
            let end = headers.first().map_or(text.len(), |header| header.line.start);
            let entries = text[..end].split_inclusive('\n').scan(0, |at, line| {
                *at += line.len();
                Some((*at, line.trim().to_owned()))
            });
            entries
                .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
                .map(|(at, _)| at)
                .last()
                .unwrap_or(0)
        }
        None if !can_have_header(document, &headers, parents) => return None,
        None => {
            // After the nearest table that it belongs to: a row's after its item's.
            let above = (1..parents.len()).rev();
            let at = above.filter_map(|depth| end_of_subject(text, &headers, &parents[..depth])).next();
            let at = at.or_else(|| end_of_subject(text, &headers, &[])).unwrap_or(text.len());
            let blank = if text[..at].trim().is_empty() { "" } else { "\n" };
            let keys: Vec<String> = parents.iter().map(|key| super::write::key(key)).collect();
            let header = like(text, &format!("{blank}[{}]\n", keys.join(".")));
            return Some(format!("{}{}{header}{line}{}", &text[..at], gap(text, &text[..at]), &text[at..]));
        }
    };
    Some(format!("{}{}{line}{}", &text[..at], gap(text, &text[..at]), &text[at..]))
}

/// Keys that stand in this order in every table that has several of them.
const IN_ORDER: [&str; 11] = [
    "answer",
    "notes",
    "severity",
    "likelihood",
    "kind",
    "owner",
    "causes",
    "text",
    "status",
    "reason",
    "evidence",
];

/// The line, with the comments above it, of the first entry of a table that comes after a key in order.
fn line_of_later(document: &Document<'_>, route: &[String], key: &str) -> Option<usize> {
    let rank = |key: &str| IN_ORDER.iter().position(|known| *known == key);
    let table = route.iter().try_fold(document.tree.root(), |table, part| table.get(part))?;
    // The columns of a row stand in the order of their names.
    let is_row = matches!(route, [.., rows, _] if rows == "rows");
    let mine = rank(key);
    let is_later = |name: &str| match is_row {
        true => name > key,
        false => mine.is_some_and(|mine| rank(name).is_some_and(|theirs| theirs > mine)),
    };
    let later = table.children().filter(|entry| entry.as_table().is_none() && is_later(entry.key()));
    let first = later.map(|entry| entry.key_span().start).min()?;
    let text = document.text;
    let mut start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    while let Some(above) = text[..start].trim_end_matches('\n').rfind('\n').map(|at| at + 1)
        && text[above..start].trim_start().starts_with('#')
        && above < start
    {
        start = above;
    }
    Some(start)
}

/// The text with a table in the place of the one at a route, or after the other tables of its subject.
fn put_table(text: &str, subject: &[String], route: &[String], table: &str) -> Option<String> {
    let text = remove(text, route);
    let document = Document::parse("", text.as_bytes()).ok()?;
    let headers = headers(&text);
    if !can_have_header(&document, &headers, route) {
        return None;
    }
    let at = end_of_subject(&text, &headers, subject).unwrap_or(text.len());
    let (before, after) = text.split_at(at);
    Some(format!("{before}{}{}{after}", gap(&text, before), like(&text, table)))
}

/// The byte after everything that stands under a subject's headers; for the whole file, after its last entry.
fn end_of_subject(text: &str, headers: &[Header], subject: &[String]) -> Option<usize> {
    if subject.is_empty() {
        let kept = text.trim_end().len();
        let rest = &text[kept..];
        return Some(kept + rest.find('\n').map_or(rest.len(), |at| at + 1));
    }
    let last = headers.iter().rposition(|header| header.name.starts_with(subject))?;
    Some(end_of_entries(text, headers, last))
}

/// The text without the table or key at a route and all that is in it; the text as it is where there is none.
fn remove(text: &str, route: &[String]) -> String {
    let found = headers(text);
    let mut kept = text.to_owned();
    for at in (0..found.len()).rev().filter(|at| found[*at].name.starts_with(route)) {
        let start = found[at].line.start;
        let end = end_of_entries(text, &found, at);
        // The blank line before the table goes with it.
        let before = &kept[..start];
        let blank = ["\r\n\r\n", "\n\n"].into_iter().find(|blank| before.ends_with(blank));
        let start = blank.map_or(start, |blank| start - blank.len() / 2);
        kept.replace_range(start..end, "");
    }
    remove_key(&kept, route).unwrap_or(kept)
}

/// The text without a key that is written inline or dotted; none where there is no such key.
fn remove_key(text: &str, route: &[String]) -> Option<String> {
    let parsed = Document::parse("", text.as_bytes()).ok()?;
    if !exists(parsed.tree.root(), route) {
        return None;
    }
    let mut document = text.parse::<toml_edit::DocumentMut>().ok()?;
    let (last, parents) = route.split_last()?;
    let mut table: &mut dyn toml_edit::TableLike = document.as_table_mut();
    for part in parents {
        table = table.get_mut(part)?.as_table_like_mut()?;
    }
    table.remove(last)?;
    Some(like(text, &document.to_string().replace("\r\n", "\n")))
}

/// The edit where splicing cannot reach, as in inline tables: everything else stays, but its spacing may change.
fn rewrite(text: &str, edit: &Edit) -> String {
    try_rewrite(text, edit).map_or_else(|| text.to_owned(), |new| like(text, &new.replace("\r\n", "\n")))
}

fn try_rewrite(text: &str, edit: &Edit) -> Option<String> {
    let (route, value) = match edit {
        Edit::Set(route, value) => (route.clone(), literal::value(value).parse().ok()?),
        Edit::Literal(route, literal) => (route.clone(), literal.parse().ok()?),
        Edit::SetTexts(route, texts) => (route.clone(), literal::list(texts).parse().ok()?),
        Edit::Confirm(route, confirmation) => {
            let lines = super::write::confirmation_table("x", confirmation);
            (route.clone(), inline_table(&lines, "x")?)
        }
        Edit::Accept(acceptance) => {
            let lines = super::write::acceptance_table(acceptance);
            (vec!["acceptance".to_owned()], inline_table(&lines, "acceptance")?)
        }
        Edit::Remove(_) => return None,
    };
    let mut document = text.parse::<toml_edit::DocumentMut>().ok()?;
    let (last, parents) = route.split_last()?;
    let mut table: &mut dyn toml_edit::TableLike = document.as_table_mut();
    for part in parents {
        if !table.contains_key(part) {
            table.insert(part, toml_edit::value(toml_edit::InlineTable::new()));
        }
        table = table.get_mut(part)?.as_table_like_mut()?;
    }
    table.insert(last, toml_edit::Item::Value(value));
    Some(document.to_string())
}

/// The entries of a written table as an inline table.
fn inline_table(lines: &str, name: &str) -> Option<toml_edit::Value> {
    let document = lines.parse::<toml_edit::DocumentMut>().ok()?;
    let table = document.get(name)?.as_table()?.clone();
    Some(toml_edit::Value::InlineTable(table.into_inline_table()))
}
