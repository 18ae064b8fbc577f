//! The one way to write a file: order, quotes, blank lines and line ends. Meaning and comments stay, and that is checked
//! before the text is given out.

mod comments;
mod order;

use super::document::Document;
use super::literal;
use super::write::key as written_key;
use super::{read_meta, read_risk, read_section, read_settings};
use crate::diag::{Code, Error, Label, Severity};
use crate::model::{Framework, Section};
pub use comments::comments;
use order::Order;
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

/// A file that has no canonical form.
pub static CANNOT_FORMAT: Code = Code {
    id: "TOM-0106",
    severity: Severity::Error,
    title: "a file cannot be formatted",
    explain: "Formatting must not change what a file means, nor lose a comment, and tom makes sure of both before it writes. Here it could not: \
the file uses a form that an assessment does not have, such as `[[lists of tables]]`. The file was left as it is; write that part as tables with keys, \
and format again.",
};

/// What sort of file it is, which decides on the order of its keys.
#[derive(Debug, Clone, Copy)]
pub enum Form<'f> {
    /// The answers of a section.
    Section(&'f Framework, &'f Section),
    /// A risk.
    Risk(&'f Framework),
    /// `deployment.toml`
    Meta,
    /// `tom.toml`
    Settings,
}

/// The file in its canonical form. It means the same and has the same comments, or it is an error.
pub fn format(file: &str, bytes: &[u8], form: Form<'_>) -> Result<String, Error> {
    let text = Document::parse(file, bytes)?.text.replace("\r\n", "\n");
    let refuse = |why: &str| {
        Error::new(&CANNOT_FORMAT, format!("`{file}` cannot be formatted: {why}")).at(Label::file(file))
    };
    let parsed: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| refuse(error.message()))?;
    if has_list_of_tables(parsed.as_table()) {
        return Err(refuse("it has a list of tables"));
    }
    let mut root = node("", parsed.as_table(), true);
    let mut out = Out::default();
    // The first lines of a file are about the file, so they stay first.
    if let Some(first) = first_in(&mut root)
        && let Some(end) = first.above.iter().position(String::is_empty)
    {
        out.lines(&first.above.drain(..end).collect::<Vec<_>>());
        first.above.drain(..1);
        if first.value.is_some() {
            out.blank();
        }
    }
    sort(&mut root, &mut Vec::new(), form);
    table(&mut out, &root, &mut Vec::new());
    let trailing = lines_of(parsed.trailing().as_str().unwrap_or_default());
    if !trailing.is_empty() {
        out.blank();
        out.lines(&trailing);
    }
    let formatted = out.text;
    if sorted(comments(&text)) != sorted(comments(&formatted)) {
        return Err(refuse("a comment would be lost"));
    }
    if meaning(&text) != meaning(&formatted) || !reads_the_same(file, &text, &formatted, form) {
        return Err(refuse("its meaning would change"));
    }
    Ok(formatted)
}

fn sorted(mut comments: Vec<&str>) -> Vec<&str> {
    comments.sort_unstable();
    comments
}

/// The values of a file as every reader of TOML takes them, white space at the end of a text apart.
fn meaning(text: &str) -> Option<toml::Table> {
    fn trimmed(value: &mut toml::Value) {
        match value {
            toml::Value::String(text) => text.truncate(text.trim_end().len()),
            toml::Value::Array(list) => list.iter_mut().for_each(trimmed),
            toml::Value::Table(table) => table.iter_mut().for_each(|(_, value)| trimmed(value)),
            _ => {}
        }
    }
    let mut table: toml::Table = text.parse().ok()?;
    table.iter_mut().for_each(|(_, value)| trimmed(value));
    Some(table)
}

/// Whether tom itself reads the same values from both, with as many findings.
fn reads_the_same(file: &str, before: &str, after: &str, form: Form<'_>) -> bool {
    let (Ok(before), Ok(after)) =
        (Document::parse(file, before.as_bytes()), Document::parse(file, after.as_bytes()))
    else {
        return false;
    };
    fn same<T: PartialEq, F>((a, x): (T, Vec<F>), (b, y): (T, Vec<F>)) -> bool {
        a == b && x.len() == y.len()
    }
    match form {
        Form::Section(framework, section) => {
            same(read_section(&before, framework, section), read_section(&after, framework, section))
        }
        Form::Risk(framework) => same(read_risk(&before, framework), read_risk(&after, framework)),
        Form::Meta => same(read_meta(&before), read_meta(&after)),
        Form::Settings => same(read_settings(&before), read_settings(&after)),
    }
}

/// A key with its comments: a value, or a table with what is in it.
#[derive(Debug, Default)]
struct Node {
    key: String,
    above: Vec<String>,
    beside: Option<String>,
    /// The value as it is written; none for a table.
    value: Option<String>,
    /// Whether a table has a header of its own.
    has_header: bool,
    children: Vec<Node>,
}

impl Node {
    fn has_values(&self) -> bool {
        self.children.iter().any(|child| child.value.is_some())
    }
}

fn has_list_of_tables(table: &Table) -> bool {
    table.iter().any(|(_, item)| match item {
        Item::ArrayOfTables(_) => true,
        Item::Table(inner) => has_list_of_tables(inner),
        _ => false,
    })
}

/// The comment lines of what stands between two entries, with one blank line where some were.
fn lines_of(between: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in between.split('\n').map(str::trim) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line.to_owned());
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// The same, keeping a blank line before what follows.
fn lines_before(between: &str) -> Vec<String> {
    let mut lines = lines_of(between);
    let is_apart = between.trim_end_matches([' ', '\t']).ends_with("\n\n");
    if !lines.is_empty() && is_apart {
        lines.push(String::new());
    }
    lines
}

fn raw(raw: Option<&toml_edit::RawString>) -> &str {
    raw.and_then(toml_edit::RawString::as_str).unwrap_or_default()
}

fn beside(decor: &toml_edit::Decor) -> Option<String> {
    lines_of(raw(decor.suffix())).into_iter().next()
}

fn node(key: &str, source: &Table, is_root: bool) -> Node {
    let mut node = Node {
        key: key.to_owned(),
        above: if is_root || source.is_dotted() {
            Vec::new()
        } else {
            lines_before(raw(source.decor().prefix()))
        },
        beside: if source.is_dotted() { None } else { beside(source.decor()) },
        value: None,
        has_header: !source.is_implicit() && !source.is_dotted(),
        children: Vec::new(),
    };
    for (name, item) in source.iter() {
        let above = source.key(name).map(above_key).unwrap_or_default();
        match item {
            Item::Table(inner) => {
                let mut child = self::node(name, inner, false);
                // What stands above a dotted key belongs to the first value that it leads to.
                if inner.is_dotted() && !above.is_empty() {
                    match first_in(&mut child) {
                        Some(first) => drop(first.above.splice(0..0, above)),
                        None => child.above = above,
                    }
                }
                node.children.push(child);
            }
            Item::Value(value) => node.children.push(entry(name, above, value)),
            _ => {}
        }
    }
    node
}

fn above_key(key: &toml_edit::Key) -> Vec<String> {
    let mut lines = lines_before(raw(key.dotted_decor().prefix()));
    lines.extend(lines_before(raw(key.leaf_decor().prefix())));
    lines
}

/// Keys whose tables are written on one line.
const INLINE: [&str; 2] = ["given", "framework"];

fn entry(name: &str, above: Vec<String>, source: &Value) -> Node {
    let mut bare = source.clone();
    bare.decor_mut().clear();
    let raw = bare.to_string();
    let plain = Node {
        key: name.to_owned(),
        above,
        beside: beside(source.decor()),
        value: None,
        has_header: false,
        children: Vec::new(),
    };
    // A comment inside of a value belongs to its place there, so such a value stays as it is.
    if !comments(&format!("k = {raw}")).is_empty() {
        return Node { value: Some(raw), ..plain };
    }
    match &bare {
        Value::InlineTable(inner) if !INLINE.contains(&name) => {
            let children: Vec<Node> =
                inner.iter().map(|(key, value)| entry(key, Vec::new(), value)).collect();
            let has_header = children.is_empty() || children.iter().any(|child| child.value.is_some());
            Node { has_header, children, ..plain }
        }
        Value::InlineTable(inner) => Node { value: Some(inline(name, inner)), ..plain },
        _ => Node { value: Some(scalar(&bare, raw)), ..plain },
    }
}

/// A value as tom writes it; what it would not write stays as it is.
fn scalar(value: &Value, raw: String) -> String {
    match value {
        Value::String(text) => literal::text(text.value().trim_end()),
        Value::Integer(number) => number.value().to_string(),
        Value::Datetime(date) => date.value().to_string(),
        Value::Array(list) => {
            let texts: Option<Vec<String>> =
                list.iter().map(|part| part.as_str().map(str::to_owned)).collect();
            texts.map_or(raw, |texts| literal::list(&texts))
        }
        _ => raw,
    }
}

/// `{ id = "…", version = "…" }`
fn inline(name: &str, source: &InlineTable) -> String {
    let mut entries: Vec<(String, String)> = source
        .iter()
        .map(|(key, value)| {
            let mut bare = value.clone();
            bare.decor_mut().clear();
            let raw = bare.to_string();
            let text = match &bare {
                Value::InlineTable(inner) => inline(key, inner),
                Value::String(text) => literal::line(text.value().trim_end()),
                _ => scalar(&bare, raw),
            };
            (key.to_owned(), text)
        })
        .collect();
    let order = if name == "framework" { order::FRAMEWORK } else { Order::Sorted };
    entries.sort_by_key(|(key, _)| order.rank(key));
    let entries: Vec<String> =
        entries.iter().map(|(key, value)| format!("{} = {value}", written_key(key))).collect();
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}

/// The entry that stands first in the file.
fn first_in(node: &mut Node) -> Option<&mut Node> {
    let first = node.children.first_mut()?;
    if first.value.is_some() || first.has_header { Some(first) } else { first_in(first) }
}

fn sort(node: &mut Node, path: &mut Vec<String>, form: Form<'_>) {
    let order = Order::of(form, &path.iter().map(String::as_str).collect::<Vec<_>>());
    // A table of facts that carries no comment is written on one line.
    for child in &mut node.children {
        let is_flat = child.children.iter().all(|inner| inner.value.is_some() && inner.is_uncommented());
        if INLINE.contains(&child.key.as_str()) && child.value.is_none() && child.is_uncommented() && is_flat
        {
            let order = if child.key == "framework" { order::FRAMEWORK } else { Order::Sorted };
            child.children.sort_by_key(|inner| order.rank(&inner.key));
            let entries = child
                .children
                .drain(..)
                .map(|inner| format!("{} = {}", written_key(&inner.key), inner.value.unwrap_or_default()));
            let entries = entries.collect::<Vec<_>>().join(", ");
            if !entries.contains('\n') {
                child.value = Some(format!("{{ {entries} }}"));
            }
        }
    }
    node.children.sort_by_key(|child| (child.value.is_none(), order.rank(&child.key)));
    for child in &mut node.children {
        path.push(child.key.clone());
        sort(child, path, form);
        path.pop();
    }
}

impl Node {
    fn is_uncommented(&self) -> bool {
        self.above.is_empty() && self.beside.is_none()
    }
}

#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    fn lines(&mut self, lines: &[String]) {
        for line in lines {
            self.text += line;
            self.text.push('\n');
        }
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn line(&mut self, line: &str, beside: Option<&String>) {
        self.text += line;
        if let Some(comment) = beside {
            self.text.push(' ');
            self.text += comment;
        }
        self.text.push('\n');
    }
}

fn table(out: &mut Out, node: &Node, path: &mut Vec<String>) {
    let has_header = node.has_header || node.has_values() || !node.is_uncommented();
    if !path.is_empty() && has_header {
        out.blank();
        out.lines(&node.above);
        out.line(&format!("[{}]", path.join(".")), node.beside.as_ref());
    }
    for child in &node.children {
        match &child.value {
            Some(value) => {
                // Between a comment and its key stands nothing.
                let above = child.above.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
                out.lines(&child.above[..above]);
                out.line(&format!("{} = {value}", written_key(&child.key)), child.beside.as_ref());
            }
            None => {
                path.push(written_key(&child.key));
                table(out, child, path);
                path.pop();
            }
        }
    }
}
