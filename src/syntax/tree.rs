//! A parsed TOML document as one flat list: every key and value with its place, texts borrowed from the file.
//!
//! Documents are built straight from the events of `toml_parser`, the parser beneath the `toml` crate. Whatever is out of the
//! ordinary there (an error, a table that is reopened, a key given twice, dotted keys) is left to `toml`, which either explains
//! the error or gives the document, so that there is one meaning and one wording. A test holds both ways against each other.

use super::build::build;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

/// What a key has.
#[derive(Debug)]
pub(super) enum Content<'i> {
    /// A text, without quotes and escapes.
    Text(Cow<'i, str>),
    /// The digits of a whole number, with their base.
    Integer(Cow<'i, str>, u32),
    /// A fraction, as it is written.
    Float(Cow<'i, str>),
    /// True or false.
    Truth(bool),
    /// A date, a time, or both.
    Date(Datetime),
    /// A list of values.
    List(Children),
    /// Values by key.
    Table(Children),
}

/// The first and the last entry of a list or table.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Children(Option<(u32, u32)>);

/// One entry: an element of a list has an empty key.
#[derive(Debug)]
struct Entry<'i> {
    key: Cow<'i, str>,
    key_span: (u32, u32),
    span: (u32, u32),
    content: Content<'i>,
    next: Option<u32>,
    by_header: bool,
}

/// A document.
#[derive(Debug)]
pub(super) struct Tree<'i> {
    /// The first is the root.
    entries: Vec<Entry<'i>>,
}

/// A place in the text.
pub(super) fn place(span: &Range<usize>) -> (u32, u32) {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (narrow(span.start), narrow(span.end))
}

impl<'i> Tree<'i> {
    /// Parses a text; the error is the first one in it.
    pub(super) fn parse(text: &'i str) -> Result<Self, toml::de::Error> {
        match build(text) {
            Some(tree) => Ok(tree),
            None => Self::of_toml(text),
        }
    }

    /// The document as the `toml` crate reads it.
    pub(super) fn of_toml(text: &'i str) -> Result<Self, toml::de::Error> {
        let mut tree = Self::new(0);
        tree.copy(0, &DeTable::parse(text)?.into_inner());
        Ok(tree)
    }

    /// A document with an empty root, and room for so many entries.
    pub(super) fn new(capacity: usize) -> Self {
        let mut entries = Vec::with_capacity(capacity + 1);
        let content = Content::Table(Children::default());
        entries.push(Entry {
            key: Cow::Borrowed(""),
            key_span: (0, 0),
            span: (0, 0),
            content,
            next: None,
            by_header: false,
        });
        Self { entries }
    }

    /// The root table.
    pub(super) fn root(&self) -> Node<'_, 'i> {
        Node { tree: self, at: 0 }
    }

    /// Puts an entry at the end of a list or table.
    pub(super) fn push(
        &mut self,
        parent: u32,
        key: (Cow<'i, str>, (u32, u32)),
        span: (u32, u32),
        content: Content<'i>,
    ) -> u32 {
        let at = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry { key: key.0, key_span: key.1, span, content, next: None, by_header: false });
        let before = match &mut self.entries[parent as usize].content {
            Content::List(Children(ends)) | Content::Table(Children(ends)) => {
                let before = ends.map(|(_, last)| last);
                *ends = Some((ends.map_or(at, |(first, _)| first), at));
                before
            }
            _ => None,
        };
        if let Some(before) = before {
            self.entries[before as usize].next = Some(at);
        }
        at
    }

    /// The last entry of a list or table.
    pub(super) fn last(&self, parent: u32) -> Option<u32> {
        match self.entries[parent as usize].content {
            Content::List(Children(ends)) | Content::Table(Children(ends)) => ends.map(|(_, last)| last),
            _ => None,
        }
    }

    /// The entry of a number.
    pub(super) fn node(&self, at: u32) -> Node<'_, 'i> {
        Node { tree: self, at }
    }

    /// Moves the end of an entry's value.
    pub(super) fn ends(&mut self, at: u32, end: u32) {
        self.entries[at as usize].span.1 = end;
    }

    /// Notes that a header opened a table, or the list that it is in.
    pub(super) fn set_by_header(&mut self, at: u32) {
        self.entries[at as usize].by_header = true;
    }

    /// Whether a header opened it, so that a longer header can continue it.
    pub(super) fn is_by_header(&self, at: u32) -> bool {
        self.entries[at as usize].by_header
    }

    /// Whether a key stands twice in a table.
    pub(super) fn has_duplicates(&self) -> bool {
        let mut keys: Vec<&str> = Vec::new();
        self.entries.iter().any(|entry| {
            let Content::Table(children) = &entry.content else { return false };
            keys.clear();
            keys.extend(Nodes::of(self, *children).map(Node::key));
            if keys.len() > 8 {
                keys.sort_unstable();
                return keys.windows(2).any(|pair| pair[0] == pair[1]);
            }
            keys.iter().enumerate().any(|(at, key)| keys[..at].contains(key))
        })
    }

    fn copy(&mut self, parent: u32, table: &DeTable<'i>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            self.copy_value(parent, (key.get_ref().clone(), place(&key.span())), value);
        }
    }

    fn copy_value(&mut self, parent: u32, key: (Cow<'i, str>, (u32, u32)), value: &Spanned<DeValue<'i>>) {
        let content = match value.get_ref() {
            DeValue::String(text) => Content::Text(text.clone()),
            DeValue::Integer(number) => Content::Integer(number.as_str().to_owned().into(), number.radix()),
            DeValue::Float(number) => Content::Float(number.as_str().to_owned().into()),
            DeValue::Boolean(truth) => Content::Truth(*truth),
            DeValue::Datetime(when) => Content::Date(*when),
            DeValue::Array(_) => Content::List(Children::default()),
            DeValue::Table(_) => Content::Table(Children::default()),
        };
        let at = self.push(parent, key, place(&value.span()), content);
        match value.get_ref() {
            DeValue::Array(list) => {
                for part in list.iter() {
                    self.copy_value(at, (Cow::Borrowed(""), (0, 0)), part);
                }
            }
            DeValue::Table(table) => self.copy(at, table),
            _ => {}
        }
    }
}

/// An entry of a document.
#[derive(Clone, Copy)]
pub(super) struct Node<'d, 'i> {
    tree: &'d Tree<'i>,
    at: u32,
}

impl<'d, 'i> Node<'d, 'i> {
    fn entry(self) -> &'d Entry<'i> {
        &self.tree.entries[self.at as usize]
    }

    /// Its key; empty for an element of a list.
    pub(super) fn key(self) -> &'d str {
        &self.entry().key
    }

    /// Where its key stands.
    pub(super) fn key_span(self) -> Range<usize> {
        let (start, end) = self.entry().key_span;
        start as usize..end as usize
    }

    /// Where its value stands: of a table, the header or the inline table; of one that only longer headers imply, its key there.
    pub(super) fn span(self) -> Range<usize> {
        let (start, end) = self.entry().span;
        start as usize..end as usize
    }

    /// Its value.
    pub(super) fn content(self) -> &'d Content<'i> {
        &self.entry().content
    }

    /// The text, if it is one.
    pub(super) fn as_text(self) -> Option<&'d str> {
        match self.content() {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the text stands in the file as it is, without escapes.
    pub(super) fn is_verbatim(self) -> bool {
        matches!(self.content(), Content::Text(Cow::Borrowed(_)))
    }

    /// True or false, if it is that.
    pub(super) fn as_truth(self) -> Option<bool> {
        match self.content() {
            Content::Truth(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The list itself, if it is one.
    pub(super) fn as_list(self) -> Option<Self> {
        matches!(self.content(), Content::List(_)).then_some(self)
    }

    /// The table itself, if it is one.
    pub(super) fn as_table(self) -> Option<Self> {
        matches!(self.content(), Content::Table(_)).then_some(self)
    }

    /// The entries of a list or table, in the order of the file.
    pub(super) fn children(self) -> Nodes<'d, 'i> {
        match self.content() {
            Content::List(children) | Content::Table(children) => Nodes::of(self.tree, *children),
            _ => Nodes { tree: self.tree, next: None },
        }
    }

    /// Whether a list or table has no entry.
    pub(super) fn is_empty(self) -> bool {
        self.children().next().is_none()
    }

    /// The entry of a key.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.as_table()?.children().find(|child| child.key() == key)
    }
}

/// The entries of a list or table.
pub(super) struct Nodes<'d, 'i> {
    tree: &'d Tree<'i>,
    next: Option<u32>,
}

impl<'d, 'i> Nodes<'d, 'i> {
    fn of(tree: &'d Tree<'i>, children: Children) -> Self {
        Self { tree, next: children.0.map(|(first, _)| first) }
    }
}

impl<'d, 'i> Iterator for Nodes<'d, 'i> {
    type Item = Node<'d, 'i>;

    fn next(&mut self) -> Option<Self::Item> {
        let node = Node { tree: self.tree, at: self.next? };
        self.next = node.entry().next;
        Some(node)
    }
}
