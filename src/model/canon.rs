//! The one canonical encoding, and the digests over it.
//!
//! Version 1. A value is a tree; each node is a type letter, then, but for `i` and `b`, a length in bytes of UTF-8 or a
//! count as eight bytes, big end first, then its content: `t` text, `i` integer (eight bytes, two's complement), `d` date (as text,
//! `YYYY-MM-DD`), `b` truth (one byte), `l` list, `m` map (keys as text, ordered by code point). Line ends in text
//! are folded to LF. There are no floats. An absent value is not in its map, so absent and empty
//! differ. The digest is SHA-256 over `tom-c14n/1`, a zero byte, and the tree; the short form that confirmations hold
//! is its first sixteen hexadecimal digits. `tests/data/canon-vectors.json` freezes examples.

use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Where canonical bytes go: a digest, or a list of bytes.
pub trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Sha256 {
    fn put(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

fn head(out: &mut dyn Sink, kind: u8, length: usize) {
    let mut bytes = [kind; 9];
    bytes[1..].copy_from_slice(&(length as u64).to_be_bytes());
    out.put(&bytes);
}

/// A value with one canonical form: its meaning, and nothing of how it is written.
pub trait Canonical {
    /// Writes that form.
    fn write(&self, out: &mut dyn Sink);

    /// The digest of that form.
    fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"tom-c14n/1\0");
        self.write(&mut hash);
        Digest(hash.finalize().into())
    }

    /// The bytes of that form.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

impl Canonical for str {
    fn write(&self, out: &mut dyn Sink) {
        if self.contains('\r') {
            let folded = self.replace("\r\n", "\n");
            head(out, b't', folded.len());
            out.put(folded.as_bytes());
        } else {
            head(out, b't', self.len());
            out.put(self.as_bytes());
        }
    }
}

impl Canonical for String {
    fn write(&self, out: &mut dyn Sink) {
        self.as_str().write(out);
    }
}

impl<T: Canonical + ?Sized> Canonical for &T {
    fn write(&self, out: &mut dyn Sink) {
        (**self).write(out);
    }
}

impl Canonical for i64 {
    fn write(&self, out: &mut dyn Sink) {
        out.put(b"i");
        out.put(&self.to_be_bytes());
    }
}

impl Canonical for bool {
    fn write(&self, out: &mut dyn Sink) {
        out.put(&[b'b', u8::from(*self)]);
    }
}

impl Canonical for super::Date {
    fn write(&self, out: &mut dyn Sink) {
        let text = self.to_string();
        head(out, b'd', text.len());
        out.put(text.as_bytes());
    }
}

/// Values in an order that means something.
impl<T: Canonical> Canonical for [T] {
    fn write(&self, out: &mut dyn Sink) {
        head(out, b'l', self.len());
        self.iter().for_each(|item| item.write(out));
    }
}

/// Values by key. Keys are ordered as their texts are.
impl<K: std::borrow::Borrow<str>, V: Canonical> Canonical for BTreeMap<K, V> {
    fn write(&self, out: &mut dyn Sink) {
        head(out, b'm', self.len());
        for (key, value) in self {
            let key: &str = key.borrow();
            key.write(out);
            value.write(out);
        }
    }
}

/// Texts whose order means nothing: each once, by code point.
pub(super) struct Set<'a>(BTreeSet<&'a str>);

impl<'a> Set<'a> {
    /// The set of these texts, if there are any.
    pub(super) fn of<T: std::borrow::Borrow<str>>(texts: &'a [T]) -> Option<Self> {
        let sorted: BTreeSet<&str> = texts.iter().map(std::borrow::Borrow::borrow).collect();
        (!sorted.is_empty()).then_some(Self(sorted))
    }
}

impl Canonical for Set<'_> {
    fn write(&self, out: &mut dyn Sink) {
        head(out, b'l', self.0.len());
        self.0.iter().for_each(|text| text.write(out));
    }
}

/// A field of a [`map`]: its name, and its value if it has one.
pub(super) type Field<'a> = (&'static str, Option<&'a dyn Canonical>);

/// A field that may be absent.
pub(super) fn maybe<T: Canonical>(value: &Option<T>) -> Option<&dyn Canonical> {
    value.as_ref().map(|value| value as &dyn Canonical)
}

/// Writes a map of the fields that are there; absent ones leave no trace.
pub(super) fn map<const N: usize>(out: &mut dyn Sink, mut fields: [Field<'_>; N]) {
    fields.sort_unstable_by_key(|(name, _)| *name);
    head(out, b'm', fields.iter().filter(|(_, value)| value.is_some()).count());
    for (name, value) in fields {
        if let Some(value) = value {
            name.write(out);
            value.write(out);
        }
    }
}

/// A value of any shape, for what has no type of its own: the tables of a framework.
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
        let sorted: BTreeSet<_> = texts.into_iter().collect();
        if sorted.is_empty() { None } else { Some(Self::List(sorted.into_iter().map(Self::text).collect())) }
    }

    /// The tree of a value: all that its canonical form holds, so that nothing that is digested is left out.
    pub fn of(value: &dyn Canonical) -> Self {
        let bytes = value.encode();
        Self::decode(&bytes).unwrap_or_else(|| unreachable!("what was encoded here is well formed"))
    }

    /// The tree that canonical bytes hold; none where they hold none, or something besides.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        take(&mut rest).filter(|_| rest.is_empty())
    }
}

/// The next value of canonical bytes.
fn take(rest: &mut &[u8]) -> Option<Tree> {
    let (kind, after) = rest.split_first()?;
    *rest = after;
    match kind {
        b'b' => match split(rest, 1)? {
            [0] => Some(Tree::Truth(false)),
            [1] => Some(Tree::Truth(true)),
            _ => None,
        },
        b'i' => Some(Tree::Integer(i64::from_be_bytes(split(rest, 8)?.try_into().ok()?))),
        b't' => take_text(rest).map(Tree::Text),
        b'd' => take_text(rest)?.parse().ok().map(Tree::Date),
        b'l' => {
            let count = length(rest)?;
            (0..count).map(|_| take(rest)).collect::<Option<_>>().map(Tree::List)
        }
        b'm' => {
            let count = length(rest)?;
            let entry = |_| match take(rest)? {
                Tree::Text(key) => Some((key, take(rest)?)),
                _ => None,
            };
            (0..count).map(entry).collect::<Option<_>>().map(Tree::Map)
        }
        _ => None,
    }
}

fn split<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(u64::from_be_bytes(split(rest, 8)?.try_into().ok()?)).ok()
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let count = length(rest)?;
    String::from_utf8(split(rest, count)?.to_vec()).ok()
}

impl Canonical for Tree {
    fn write(&self, out: &mut dyn Sink) {
        match self {
            Self::Text(text) => text.write(out),
            Self::Integer(number) => number.write(out),
            Self::Date(date) => date.write(out),
            Self::Truth(truth) => truth.write(out),
            Self::List(items) => items.as_slice().write(out),
            Self::Map(entries) => entries.write(out),
        }
    }
}

/// A SHA-256 digest over a canonical tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a file's bytes as they are: whether it is still the same file, not what it means.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// In base64, as a page's policy names the hash of its styles.
    pub fn base64(&self) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digits = self.0.chunks(3).flat_map(|chunk| {
            let bits =
                chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..4).map(move |at| {
                if at > chunk.len() { '=' } else { char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]) }
            })
        });
        digits.collect()
    }

    /// In groups that a person can compare.
    pub fn grouped(&self) -> String {
        let hex = self.hex();
        let groups: Vec<&str> = (0..8).filter_map(|at| hex.get(at * 8..at * 8 + 8)).collect();
        groups.join(" ")
    }

    /// The first sixteen hexadecimal digits: what a confirmation holds.
    pub fn short(&self) -> String {
        hex(&self.0[..8])
    }

    /// Whether a text is [`Digest::short`] of this.
    pub fn is_short(&self, text: &str) -> bool {
        let pairs = text.as_bytes().chunks_exact(2);
        text.len() == 16
            && pairs.zip(self.0).all(|(pair, byte)| pair[0] == digit(byte >> 4) && pair[1] == digit(byte))
    }

    /// All sixty-four hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

fn digit(nibble: u8) -> u8 {
    b"0123456789abcdef"[usize::from(nibble & 15)]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [char::from(digit(byte >> 4)), char::from(digit(*byte))]).collect()
}

/// `sha256:` and sixty-four lower-case hexadecimal digits.
impl std::str::FromStr for Digest {
    type Err = super::IdError;

    fn from_str(text: &str) -> Result<Self, super::IdError> {
        let read = || {
            let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64)?.as_bytes();
            let value = |digit: u8| match digit {
                b'0'..=b'9' => Some(digit - b'0'),
                b'a'..=b'f' => Some(digit - b'a' + 10),
                _ => None,
            };
            let mut bytes = [0; 32];
            for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
                *byte = value(pair[0])? << 4 | value(pair[1])?;
            }
            Some(Self(bytes))
        };
        read().ok_or_else(|| super::IdError {
            wanted: "a digest: `sha256:` and 64 lower-case hexadecimal digits",
            got: text.to_owned(),
        })
    }
}

impl schemars::JsonSchema for Digest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" })
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
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
    fn a_short_digest_is_known_again() {
        let digest = Tree::text("a").digest();
        assert!(digest.is_short(&digest.short()));
        for other in
            [digest.hex(), digest.short().to_uppercase(), String::new(), Tree::text("b").digest().short()]
        {
            assert!(!digest.is_short(&other), "{other}");
        }
    }

    #[test]
    fn a_digest_is_read_as_it_is_written_and_in_no_other_form() {
        let digest = Tree::text("a").digest();
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        for bad in [digest.hex(), digest.to_string().to_uppercase(), format!("{digest}0"), "sha256:".into()] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_encoded_is_decoded_and_nothing_else_is() {
        let tree = Tree::map([
            ("text", Some(Tree::text("a\nb"))),
            ("list", Some(Tree::List(vec![Tree::Integer(-1), Tree::Truth(true)]))),
            ("date", Some(Tree::Date(jiff::civil::date(2026, 1, 1)))),
        ]);
        let bytes = tree.encode();
        assert_eq!(Tree::decode(&bytes), Some(tree));
        for end in 0..bytes.len() {
            assert_eq!(Tree::decode(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(Tree::decode(&[bytes, vec![0]].concat()), None);
    }

    #[test]
    fn absent_and_empty_differ_and_so_do_types() {
        let absent = Tree::Map(BTreeMap::new());
        let empty = Tree::Map(BTreeMap::from([("a".to_owned(), Tree::text(""))]));
        assert_ne!(absent.digest(), empty.digest());
        assert_ne!(Tree::text("1").digest(), Tree::Integer(1).digest());
        assert_ne!(Tree::text("2026-01-01").digest(), Tree::Date(jiff::civil::date(2026, 1, 1)).digest());
    }
}
