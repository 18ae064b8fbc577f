//! Typed reading of a parsed table: each key is asked for once, and what nobody asked for is a finding.

use super::document::Document;
use super::text;
use super::tree::{Content, Node};
use crate::diag::{Code, Finding, Label, Severity, nearest};
use crate::model::{Date, IdError};
use std::cell::{Cell, RefCell};
use std::ops::Range;

/// A key that the format does not have.
pub static UNKNOWN_KEY: Code = Code {
    id: "TOM-0111",
    severity: Severity::Error,
    title: "a key is not one that the format has",
    explain: "Nothing in a file is ignored: a misspelt key would lose what stands behind it. The finding names the nearest key \
that there is.",
};

/// A key that has to be there.
pub static MISSING_KEY: Code = Code {
    id: "TOM-0112",
    severity: Severity::Error,
    title: "a key is missing",
    explain: "The table cannot be understood without this key. The finding names it.",
};

/// A value of another type than the key has.
pub static WRONG_TYPE: Code = Code {
    id: "TOM-0113",
    severity: Severity::Error,
    title: "a value has the wrong type",
    explain: "Dates are written bare (`2026-11-20`), numbers without quotes, texts in quotes, lists in brackets. A date that does \
not exist, such as 30 February, is no date.",
};

/// `""` or `[]`.
pub static EMPTY_VALUE: Code = Code {
    id: "TOM-0114",
    severity: Severity::Error,
    title: "a value is empty",
    explain: "An empty text or list says neither yes nor no. Leave the key out where there is no answer yet; an empty table is the same \
as no table.",
};

/// A text that is no id where one is wanted.
pub static BAD_ID: Code = Code {
    id: "TOM-0115",
    severity: Severity::Error,
    title: "an id has not the form that it must have",
    explain: "Ids become file names, addresses and links, so their form is narrow. The finding says which form is wanted.",
};

/// The findings of one file, shared by every table of it.
pub(super) struct Sink<'a> {
    pub(super) file: &'a str,
    findings: RefCell<Vec<Finding>>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self { file, findings: RefCell::default() }
    }

    pub(super) fn add(&self, finding: Finding) {
        self.findings.borrow_mut().push(finding);
    }

    pub(super) fn label(&self, span: Range<usize>) -> Label {
        Label::bytes(self.file, span)
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings.into_inner()
    }
}

/// A table that is being read.
pub(super) struct Table<'d, 'i> {
    pub(super) sink: &'d Sink<'i>,
    table: Node<'d, 'i>,
    /// The header or the inline table.
    pub(super) span: Range<usize>,
    known: RefCell<Vec<&'d str>>,
    /// Which of the first entries were asked for, as bits.
    found: Cell<u64>,
}

/// A key with its value, as they stand in the file.
pub(super) struct Entry<'d, 'i> {
    pub(super) key: &'d str,
    pub(super) key_span: Range<usize>,
    pub(super) value: Node<'d, 'i>,
}

pub(super) fn type_name(value: Node<'_, '_>) -> &'static str {
    match value.content() {
        Content::Text(_) => "a text",
        Content::Integer(..) => "a whole number",
        Content::Float(_) => "a fraction",
        Content::Truth(_) => "true or false",
        Content::Date(_) => "a date",
        Content::List(_) => "a list",
        Content::Table(_) => "a table",
    }
}

impl<'d, 'i> Table<'d, 'i> {
    pub(super) fn root(document: &'d Document<'i>, sink: &'d Sink<'i>) -> Self {
        Self { sink, table: document.tree.root(), span: 0..0, known: RefCell::default(), found: Cell::new(0) }
    }

    pub(super) fn inner(&self, table: Node<'d, 'i>) -> Self {
        Self { sink: self.sink, table, span: table.span(), known: RefCell::default(), found: Cell::new(0) }
    }

    /// The entries in the order of the file; the caller judges every key itself.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'d, 'i>> + use<'d, 'i> {
        self.table.children().map(|value| Entry { key: value.key(), key_span: value.key_span(), value })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The value of a key, which is known from now on.
    pub(super) fn get(&self, key: &'d str) -> Option<Node<'d, 'i>> {
        let mut known = self.known.borrow_mut();
        if known.capacity() == 0 {
            known.reserve(12); // most tables ask for no more
        }
        known.push(key);
        let (place, value) = self.table.children().enumerate().find(|(_, child)| child.key() == key)?;
        if place < 64 {
            self.found.set(self.found.get() | 1 << place);
        }
        Some(value)
    }

    pub(super) fn wrong_type(&self, key: &str, wanted: &str, got: Node<'_, '_>) {
        self.sink.add(
            Finding::new(&WRONG_TYPE, format!("`{key}` has to be {wanted}"))
                .at(self.sink.label(got.span()).saying(format!("this is {}", type_name(got)))),
        );
    }

    fn of_type<T>(
        &self,
        key: &'d str,
        wanted: &str,
        pick: impl Fn(Node<'d, 'i>) -> Option<T>,
    ) -> Option<(T, Node<'d, 'i>)> {
        let value = self.get(key)?;
        let picked = pick(value);
        if picked.is_none() {
            self.wrong_type(key, wanted, value);
        }
        picked.map(|picked| (picked, value))
    }

    /// A text, without white space at its end, with line ends folded.
    pub(super) fn text(&self, key: &'d str) -> Option<String> {
        let (text, value) = self.of_type(key, "a text", Node::as_text)?;
        clean(self.sink, text, value, key)
    }

    /// A text that has to be there.
    pub(super) fn needed_text(&self, key: &'d str) -> Option<String> {
        self.demand(key)?;
        self.text(key)
    }

    /// A text that is an id of some sort.
    pub(super) fn id<T>(&self, key: &'d str, make: impl Fn(&str) -> Result<T, IdError>) -> Option<T> {
        let (text, value) = self.of_type(key, "a text", Node::as_text)?;
        make(text).map_err(|error| self.bad_id(&error, value.span())).ok()
    }

    /// An id that has to be there.
    pub(super) fn needed_id<T>(&self, key: &'d str, make: impl Fn(&str) -> Result<T, IdError>) -> Option<T> {
        self.demand(key)?;
        self.id(key, make)
    }

    pub(super) fn bad_id(&self, error: &IdError, span: Range<usize>) {
        self.sink.add(Finding::new(&BAD_ID, error.to_string()).at(self.sink.label(span)));
    }

    /// Ids in a list, those that are well formed.
    pub(super) fn ids<T>(&self, key: &'d str, make: impl Fn(&str) -> Result<T, IdError>) -> Vec<T> {
        self.spanned_texts(key)
            .into_iter()
            .filter_map(|(text, span)| make(&text).map_err(|error| self.bad_id(&error, span)).ok())
            .collect()
    }

    /// One of a closed set of words.
    pub(super) fn word<T: Copy + 'd>(
        &self,
        key: &'d str,
        all: &'static [T],
        word: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let (text, value) = self.of_type(key, "a text", Node::as_text)?;
        let found = all.iter().copied().find(|value| word(*value) == text);
        if found.is_none() {
            let words: Vec<_> = all.iter().map(|value| word(*value)).collect();
            let mut finding =
                Finding::new(&WRONG_TYPE, format!("`{key}` cannot be `{}`", text.escape_debug()))
                    .at(self.sink.label(value.span()))
                    .note(format!("it is one of: {}", words.join(", ")));
            if let Some(near) = nearest(text, words) {
                finding = finding.help(format!("did you mean `{near}`?"));
            }
            self.sink.add(finding);
        }
        found
    }

    /// A word that has to be there.
    pub(super) fn needed_word<T: Copy + 'd>(
        &self,
        key: &'d str,
        all: &'static [T],
        word: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        self.demand(key)?;
        self.word(key, all, word)
    }

    /// Reports a key that has to be there and is not.
    fn demand(&self, key: &'d str) -> Option<()> {
        if self.get(key).is_none() {
            self.missing(key);
            return None;
        }
        Some(())
    }

    pub(super) fn missing(&self, key: &str) {
        self.sink.add(
            Finding::new(&MISSING_KEY, format!("`{key}` is missing")).at(self.sink.label(self.span.clone())),
        );
    }

    /// A list of lists of texts.
    pub(super) fn text_lists(&self, key: &'d str) -> Vec<Vec<String>> {
        let Some((list, _)) = self.of_type(key, "a list of lists of texts", Node::as_list) else {
            return Vec::new();
        };
        let mut lists = Vec::new();
        for value in list.children() {
            match value.as_list() {
                Some(inner) => lists.push(self.texts_of(key, inner)),
                None => self.wrong_type(key, "a list of lists of texts", value),
            }
        }
        lists.into_iter().map(|list| list.into_iter().map(|(text, _)| text).collect()).collect()
    }

    /// A list of texts with where each stands.
    pub(super) fn spanned_texts(&self, key: &'d str) -> Vec<(String, Range<usize>)> {
        let Some((list, _)) = self.of_type(key, "a list of texts", Node::as_list) else {
            return Vec::new();
        };
        self.texts_of(key, list)
    }

    fn texts_of(&self, key: &str, list: Node<'d, 'i>) -> Vec<(String, Range<usize>)> {
        if list.is_empty() {
            self.empty(key, list.span());
        }
        let mut texts = Vec::new();
        for value in list.children() {
            match value.as_text() {
                Some(text) => {
                    texts.extend(clean(self.sink, text, value, key).map(|text| (text, value.span())))
                }
                None => self.wrong_type(key, "a list of texts", value),
            }
        }
        texts
    }

    pub(super) fn empty(&self, key: &str, span: Range<usize>) {
        self.sink.add(
            Finding::new(&EMPTY_VALUE, format!("`{key}` is empty"))
                .at(self.sink.label(span))
                .help("leave the key out while there is no answer"),
        );
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &'d str) -> Vec<String> {
        self.spanned_texts(key).into_iter().map(|(text, _)| text).collect()
    }

    /// A whole number.
    pub(super) fn integer(&self, key: &'d str) -> Option<i64> {
        let value = self.get(key)?;
        integer(self.sink, value, key)
    }

    /// A risk class, which has to be there.
    pub(super) fn needed_class(&self, key: &'d str) -> Option<u8> {
        self.demand(key)?;
        let value = self.get(key)?;
        class(self.sink, value, key)
    }

    /// True or false.
    pub(super) fn truth(&self, key: &'d str) -> Option<bool> {
        self.of_type(key, "true or false", Node::as_truth).map(|(truth, _)| truth)
    }

    /// A calendar date.
    pub(super) fn date(&self, key: &'d str) -> Option<Date> {
        let value = self.get(key)?;
        date(self.sink, value, key)
    }

    /// A calendar date that has to be there.
    pub(super) fn needed_date(&self, key: &'d str) -> Option<Date> {
        self.demand(key)?;
        self.date(key)
    }

    /// A table within this one.
    pub(super) fn table(&self, key: &'d str) -> Option<Table<'d, 'i>> {
        let (table, _) = self.of_type(key, "a table", Node::as_table)?;
        Some(self.inner(table))
    }

    /// A table within this one, of tables by key.
    pub(super) fn tables(&self, key: &'d str) -> Vec<(Entry<'d, 'i>, Table<'d, 'i>)> {
        self.table(key).map(|table| table.children()).unwrap_or_default()
    }

    /// The tables that this one consists of.
    pub(super) fn children(&self) -> Vec<(Entry<'d, 'i>, Table<'d, 'i>)> {
        let mut children = Vec::new();
        for entry in self.entries() {
            match entry.value.as_table() {
                Some(table) => children.push((entry, self.inner(table))),
                None => self.wrong_type(entry.key, "a table", entry.value),
            }
        }
        children
    }

    /// An array of tables.
    pub(super) fn list(&self, key: &'d str) -> Vec<Table<'d, 'i>> {
        let Some((list, _)) = self.of_type(key, "a list of tables", Node::as_list) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in list.children() {
            match value.as_table() {
                Some(table) => tables.push(self.inner(table)),
                None => self.wrong_type(key, "a list of tables", value),
            }
        }
        tables
    }

    /// Reports every key that nobody asked for, with the nearest that was.
    pub(super) fn finish(&self) {
        let known = self.known.borrow();
        for (place, entry) in self.entries().enumerate() {
            let is_found = place < 64 && self.found.get() & (1 << place) != 0;
            if !is_found && !known.contains(&entry.key) {
                self.unknown(&entry, &known);
            }
        }
    }

    /// Reports a key that is none of the known ones.
    pub(super) fn unknown(&self, entry: &Entry<'d, 'i>, known: &[&str]) {
        let mut finding = Finding::new(&UNKNOWN_KEY, format!("unknown key `{}`", entry.key.escape_debug()))
            .at(self.sink.label(entry.key_span.clone()));
        if let Some(near) = nearest(entry.key, known.iter().copied()) {
            finding = finding.help(format!("did you mean `{near}`?"));
        } else if !known.is_empty() {
            let known: std::collections::BTreeSet<&str> = known.iter().copied().collect();
            finding =
                finding.note(format!("known here: {}", known.into_iter().collect::<Vec<_>>().join(", ")));
        }
        self.sink.add(finding);
    }
}

/// A text as it means: line ends folded, white space at the end gone. Hidden characters and emptiness are findings.
pub(super) fn clean(sink: &Sink<'_>, text: &str, value: Node<'_, '_>, key: &str) -> Option<String> {
    let label = || sink.label(value.span());
    // What stands in the file as it is was looked at with the file.
    if !value.is_verbatim()
        && let Some(finding) = text::hidden_in_value(label, text)
    {
        sink.add(finding);
        return None;
    }
    if let Some(finding) = text::lookalike_in_value(label, text) {
        sink.add(finding);
    }
    let text = text.trim_end();
    if text.is_empty() {
        sink.add(
            Finding::new(&EMPTY_VALUE, format!("`{key}` is empty"))
                .at(label())
                .help("leave the key out while there is no answer"),
        );
        return None;
    }
    Some(if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() })
}

pub(super) fn integer(sink: &Sink<'_>, value: Node<'_, '_>, key: &str) -> Option<i64> {
    let number = match value.content() {
        Content::Integer(digits, base) => i64::from_str_radix(digits, *base).ok(),
        _ => None,
    };
    if number.is_none() {
        let says = match value.content() {
            Content::Integer(..) => "this is too large".to_owned(),
            _ => format!("this is {}", type_name(value)),
        };
        sink.add(
            Finding::new(&WRONG_TYPE, format!("`{key}` has to be a whole number"))
                .at(sink.label(value.span()).saying(says)),
        );
    }
    number
}

/// A risk class: a whole number from 1 to 5.
pub(super) fn class(sink: &Sink<'_>, value: Node<'_, '_>, key: &str) -> Option<u8> {
    let number = integer(sink, value, key)?;
    let class = u8::try_from(number).ok().filter(|class| (1..=5).contains(class));
    if class.is_none() {
        sink.add(
            Finding::new(&WRONG_TYPE, format!("`{key}` has to be a class from 1 to 5"))
                .at(sink.label(value.span()).saying(format!("this is {number}"))),
        );
    }
    class
}

pub(super) fn date(sink: &Sink<'_>, value: Node<'_, '_>, key: &str) -> Option<Date> {
    let written = match value.content() {
        Content::Date(when) => Some(when),
        _ => None,
    };
    let read = written.filter(|when| when.time.is_none() && when.offset.is_none()).and_then(|when| when.date);
    let found = read.and_then(|d| {
        Date::new(i16::try_from(d.year).ok()?, i8::try_from(d.month).ok()?, i8::try_from(d.day).ok()?).ok()
    });
    if found.is_none() {
        let says = match written {
            Some(when) if when.time.is_some() => "this has a time of day".to_owned(),
            Some(_) => "there is no such day".to_owned(),
            None => format!("this is {}", type_name(value)),
        };
        sink.add(
            Finding::new(&WRONG_TYPE, format!("`{key}` has to be a date"))
                .at(sink.label(value.span()).saying(says))
                .help("write it bare, as in `2026-11-20`"),
        );
    }
    found
}
