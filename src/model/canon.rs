//! The one canonical encoding, and the digests over it.
//!
//! Version 1. A value is a tree; each node is a type letter, then, but for `i` and `b`, a length in bytes of UTF-8 or a
//! count as eight bytes, big end first, then its content: `t` text, `i` integer (eight bytes, two's complement), `d` date (as text,
//! `YYYY-MM-DD`), `b` truth (one byte), `l` list, `m` map (keys as text, ordered by code point). Line ends in text
//! are folded to LF. There are no floats. An absent value is not in its map, so absent and empty
//! differ. The digest is SHA-256 over `tom-c14n/1`, a zero byte, and the tree; the short form that confirmations hold
//! is its first sixteen hexadecimal digits. `tests/data/canon-vectors.json` freezes examples.

use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// What is digested: meaning, without form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// Text; line ends are folded when encoded.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A calendar date.
    Date(super::Date),
    /// True or false.
    Truth(bool),
    /// Values in an order that means something.
    List(Vec<Tree>),
    /// Values by key.
    Map(BTreeMap<String, Tree>),
}

impl Tree {
    /// A text node.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A map of the entries that are there; absent ones leave no trace.
    pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Option<Tree>)>) -> Self {
        Self::Map(entries.into_iter().filter_map(|(k, v)| v.map(|v| (k.to_owned(), v))).collect())
    }

    /// Texts whose order means nothing: sorted, each once.
    pub fn set<'a>(texts: impl IntoIterator<Item = &'a String>) -> Option<Self> {
        let sorted: std::collections::BTreeSet<_> = texts.into_iter().collect();
        if sorted.is_empty() { None } else { Some(Self::List(sorted.into_iter().map(Self::text).collect())) }
    }

    /// The tree's canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => write_text(out, text),
            Self::Integer(number) => {
                out.push(b'i');
                out.extend(number.to_be_bytes());
            }
            Self::Date(date) => {
                let text = date.to_string();
                write_head(out, b'd', text.len());
                out.extend(text.as_bytes());
            }
            Self::Truth(truth) => out.extend([b'b', u8::from(*truth)]),
            Self::List(items) => {
                write_head(out, b'l', items.len());
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                write_head(out, b'm', entries.len());
                for (key, value) in entries {
                    write_text(out, key);
                    value.write(out);
                }
            }
        }
    }

    /// The digest of this tree.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"tom-c14n/1\0");
        hash.update(self.encode());
        Digest(hash.finalize().into())
    }
}

fn write_head(out: &mut Vec<u8>, kind: u8, length: usize) {
    out.push(kind);
    out.extend((length as u64).to_be_bytes());
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    let folded: Cow<'_, str> =
        if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text.into() };
    write_head(out, b't', folded.len());
    out.extend(folded.as_bytes());
}

/// A value with one canonical tree.
pub trait Canonical {
    /// The meaning of this value, and nothing of its form.
    fn tree(&self) -> Tree;

    /// The digest of that meaning.
    fn digest(&self) -> Digest {
        self.tree().digest()
    }
}

/// A SHA-256 digest over a canonical tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The first sixteen hexadecimal digits: what a confirmation holds.
    pub fn short(&self) -> String {
        hex(&self.0[..8])
    }

    /// All sixty-four hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_folded_and_nothing_else() {
        assert_eq!(Tree::text("a\r\nb").digest(), Tree::text("a\nb").digest());
        assert_ne!(Tree::text("a\rb").digest(), Tree::text("a\nb").digest());
        assert_ne!(Tree::text("a ").digest(), Tree::text("a").digest());
    }

    #[test]
    fn absent_and_empty_differ_and_so_do_types() {
        let absent = Tree::map([("a", None)]);
        let empty = Tree::map([("a", Some(Tree::text("")))]);
        assert_ne!(absent.digest(), empty.digest());
        assert_ne!(Tree::text("1").digest(), Tree::Integer(1).digest());
        assert_ne!(Tree::text("2026-01-01").digest(), Tree::Date(jiff::civil::date(2026, 1, 1)).digest());
    }
}
