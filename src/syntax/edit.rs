//! Edits of one entry that leave every other byte as it was: comments, order, quotes, line ends, byte-order mark.

use super::document::Document;
use super::literal;
use crate::diag::{Error, Finding};
use crate::model::{Address, Confirmation, Value};
use toml::de::{DeTable, DeValue};

/// A change of one key of one table.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Puts a value at the end of a route.
    Set(Vec<String>, Value),
    /// Puts a list of texts there.
    SetTexts(Vec<String>, Vec<String>),
    /// Puts a confirmation's table there.
    Confirm(Vec<String>, Confirmation),
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
        Edit::SetTexts(route, texts) => set(&document, route, &literal::list(texts)),
        Edit::Confirm(route, confirmation) => {
            let without = remove(text, route);
            Some(append_table(&without, route, confirmation))
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

/// Where the value at a route stands, if each table on the way is written with headers or inline.
fn value_span(table: &DeTable<'_>, route: &[String]) -> Option<std::ops::Range<usize>> {
    let (first, rest) = route.split_first()?;
    let (_, value) = table.get_key_value(first.as_str())?;
    match (value.get_ref(), rest) {
        (DeValue::Table(inner), [_, ..]) => value_span(inner, rest),
        (DeValue::Table(_), []) => None,
        (_, []) => Some(value.span()),
        _ => None,
    }
}

/// Splices a value in: over the old one, or as a line of its own at the end of the table's plain keys.
fn set(document: &Document<'_>, route: &[String], literal: &str) -> Option<String> {
    let text = document.text;
    let literal = &like(text, literal);
    if let Some(span) = value_span(document.root.get_ref(), route) {
        return Some(format!("{}{literal}{}", &text[..span.start], &text[span.end..]));
    }
    let (key, parents) = route.split_last()?;
    let line = format!("{key} = {literal}{}", like(text, "\n"));
    let Some(header) = header_line(text, parents) else {
        if parents.is_empty() {
            return Some(format!("{line}{text}"));
        }
        if exists(document.root.get_ref(), parents) {
            return None; // inline or dotted: not a matter of splicing
        }
        let gap = if text.is_empty() || text.ends_with("\n\n") {
            ""
        } else if text.ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        let header = like(text, &format!("{gap}[{}]\n", parents.join(".")));
        return Some(format!("{text}{header}{line}"));
    };
    let at = end_of_plain_keys(text, header);
    let gap = if text[..at].ends_with('\n') || at == 0 { "" } else { "\n" };
    Some(format!("{}{gap}{line}{}", &text[..at], &text[at..]))
}

fn exists(table: &DeTable<'_>, route: &[String]) -> bool {
    match route.split_first() {
        None => true,
        Some((first, rest)) => match table.get(first.as_str()).map(toml::Spanned::get_ref) {
            Some(DeValue::Table(inner)) => exists(inner, rest),
            Some(_) => rest.is_empty(),
            None => false,
        },
    }
}

/// The byte after the header line of a table.
fn header_line(text: &str, route: &[String]) -> Option<usize> {
    let wanted = route.join(".");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let trimmed = line.trim_start();
        if let Some(name) =
            trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name)
            && name.split('.').map(|part| part.trim().trim_matches('"')).eq(wanted.split('.'))
            && in_plain_text(text, at - line.len())
        {
            return Some(at);
        }
    }
    None
}

/// Whether a byte is outside every multi-line text: a parser would see a header there.
fn in_plain_text(text: &str, at: usize) -> bool {
    Document::parse("", &text.as_bytes()[..at]).is_ok()
}

/// The byte after the last plain key of the table whose header ends at `from`.
fn end_of_plain_keys(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let mut end = from;
    let mut at = from;
    for line in rest.split_inclusive('\n') {
        if line.trim_start().starts_with('[') && in_plain_text(text, at) {
            break;
        }
        at += line.len();
        let trimmed = line.trim();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            end = at;
        }
    }
    end
}

/// The text without the table or key at a route; the text as it is where there is none.
fn remove(text: &str, route: &[String]) -> String {
    if let Some(start_of_body) = header_line(text, route) {
        let start = text[..start_of_body - 1].rfind('\n').map_or(0, |at| at + 1);
        let end = end_of_plain_keys(text, start_of_body);
        // The blank line before the table goes with it.
        let before =
            text[..start].strip_suffix("\n\n").map_or(&text[..start], |kept| &text[..kept.len() + 1]);
        return format!("{before}{}", &text[end..]);
    }
    match text.parse::<toml_edit::DocumentMut>() {
        Ok(mut document) => {
            let Some((last, parents)) = route.split_last() else { return text.to_owned() };
            let mut table: Option<&mut dyn toml_edit::TableLike> = Some(document.as_table_mut());
            for part in parents {
                table = table.and_then(|t| t.get_mut(part)).and_then(toml_edit::Item::as_table_like_mut);
            }
            match table.and_then(|t| t.remove(last)) {
                Some(_) => document.to_string(),
                None => text.to_owned(),
            }
        }
        Err(_) => text.to_owned(),
    }
}

/// The text with a confirmation's table after the other tables of its subject.
fn append_table(text: &str, route: &[String], confirmation: &Confirmation) -> String {
    let table = like(text, &super::write::confirmation_table(&route.join("."), confirmation));
    let subject = &route[..route.len().saturating_sub(2)];
    let at = end_of_subject(text, subject).unwrap_or(text.len());
    let (before, after) = text.split_at(at);
    let gap = if before.ends_with('\n') || before.is_empty() { "" } else { "\n" };
    format!("{before}{gap}{table}{after}")
}

/// The byte after everything that stands under a subject's headers.
fn end_of_subject(text: &str, subject: &[String]) -> Option<usize> {
    if subject.is_empty() {
        return Some(text.trim_end().len() + usize::from(text.trim_end().len() < text.len()));
    }
    let wanted = subject.join(".");
    let mut end = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if let Some(name) =
            line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name)
            && (name == wanted || name.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('.')))
            && in_plain_text(text, at - line.len())
        {
            end = Some(end_of_plain_keys(text, at));
        }
    }
    end
}

/// The edit where splicing cannot reach, as in inline tables: everything else stays, but its spacing may change.
fn rewrite(text: &str, edit: &Edit) -> String {
    let (Edit::Set(route, _) | Edit::SetTexts(route, _) | Edit::Confirm(route, _) | Edit::Remove(route)) =
        edit;
    let literal = match edit {
        Edit::Set(_, value) => literal::value(value),
        Edit::SetTexts(_, texts) => literal::list(texts),
        Edit::Confirm(..) | Edit::Remove(_) => return text.to_owned(),
    };
    let (Ok(mut document), Ok(value)) =
        (text.parse::<toml_edit::DocumentMut>(), literal.parse::<toml_edit::Value>())
    else {
        return text.to_owned();
    };
    let mut item = document.as_item_mut();
    for part in route {
        item = &mut item[part.as_str()];
    }
    *item = toml_edit::value(value);
    document.to_string()
}
