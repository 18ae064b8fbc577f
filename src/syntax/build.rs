//! The ordinary document, from the events of `toml_parser`. What is out of the ordinary is refused, not judged.

use super::tree::{Children, Content, Tree};
use std::borrow::Cow;
use std::cell::RefCell;
use toml::value::Datetime;
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::lexer::Token;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

/// How deep lists and inline tables may stand in one another here. `toml` allows a few more.
const DEEPEST: usize = 64;

/// How many tokens are room for the files of a deployment.
const MOST_KEPT: usize = 1 << 15;

std::thread_local! {
    static TOKENS: RefCell<Vec<Token>> = const { RefCell::new(Vec::new()) };
}

/// The document; none where `toml` has to look at it.
pub(super) fn build(text: &str) -> Option<Tree<'_>> {
    u32::try_from(text.len()).ok()?;
    let source = Source::new(text);
    // One list serves all files of a thread, unless one was out of proportion.
    let mut tokens = TOKENS.take();
    tokens.clear();
    tokens.extend(source.lex());
    let mut builder = Builder {
        source,
        tree: Tree::new(tokens.len() / 4),
        table: 0,
        open: Vec::new(),
        key: None,
        header: None,
        is_ordinary: true,
    };
    let mut error = None::<ParseError>;
    parse_document(&tokens, &mut builder, &mut error);
    if tokens.capacity() <= MOST_KEPT {
        TOKENS.set(tokens);
    }
    let is_whole = builder.is_ordinary && error.is_none() && builder.open.is_empty();
    (is_whole && !builder.tree.has_duplicates()).then_some(builder.tree)
}

type Key<'i> = (Cow<'i, str>, (u32, u32));

/// A header that is being read.
struct Header<'i> {
    start: u32,
    is_list: bool,
    path: Vec<Key<'i>>,
}

struct Builder<'i> {
    source: Source<'i>,
    tree: Tree<'i>,
    /// The table that keys go into.
    table: u32,
    /// Lists and inline tables that are open.
    open: Vec<u32>,
    key: Option<Key<'i>>,
    header: Option<Header<'i>>,
    is_ordinary: bool,
}

fn place(span: Span) -> (u32, u32) {
    super::tree::place(&(span.start()..span.end()))
}

/// A text without escapes, as it stands between its quotes.
fn plain_text(raw: &str, kind: Option<Encoding>) -> Option<&str> {
    let inner = match kind? {
        Encoding::BasicString => raw.strip_prefix('"')?.strip_suffix('"')?,
        Encoding::MlBasicString => raw.strip_prefix("\"\"\"\n")?.strip_suffix("\"\"\"")?,
        _ => return None,
    };
    // Only one of several lines has line feeds at all.
    let is_odd = |byte: u8| byte == b'\\' || byte == 0x7f || (byte < b' ' && byte != b'\n' && byte != b'\t');
    let has_odd = inner.bytes().fold(false, |odd, byte| odd | is_odd(byte));
    (!has_odd).then_some(inner)
}

fn decode<'i>(raw: Raw<'i>, error: &mut dyn ErrorSink) -> Option<Content<'i>> {
    let mut text = Cow::Borrowed("");
    Some(match raw.decode_scalar(&mut text, error) {
        ScalarKind::String => Content::Text(text),
        ScalarKind::Boolean(truth) => Content::Truth(truth),
        ScalarKind::DateTime => Content::Date(text.parse::<Datetime>().ok()?),
        ScalarKind::Float => Content::Float(text),
        ScalarKind::Integer(base) => Content::Integer(text, base.value()),
    })
}

impl<'i> Builder<'i> {
    fn raw(&self, span: Span, kind: Option<Encoding>) -> Option<Raw<'i>> {
        let text = self.source.input().get(span.start()..span.end())?;
        Some(Raw::new_unchecked(text, kind, span))
    }

    fn refuse(&mut self) {
        self.is_ordinary = false;
    }

    /// Puts a value where it belongs.
    fn put(&mut self, span: Span, content: Content<'i>) -> Option<u32> {
        let parent = self.open.last().copied().unwrap_or(self.table);
        let is_list = self.tree.node(parent).as_list().is_some();
        let key = match self.key.take() {
            Some(key) if !is_list => key,
            None if is_list => (Cow::Borrowed(""), (0, 0)),
            _ => {
                self.refuse();
                return None;
            }
        };
        Some(self.tree.push(parent, key, place(span), content))
    }

    fn open(&mut self, span: Span, content: Content<'i>) -> bool {
        let at = (self.is_ordinary && self.open.len() < DEEPEST).then(|| self.put(span, content)).flatten();
        match at {
            Some(at) => self.open.push(at),
            None => self.refuse(),
        }
        at.is_some()
    }

    fn close(&mut self, span: Span) {
        match self.open.pop() {
            Some(at) => self.tree.ends(at, place(span).1),
            None => self.refuse(),
        }
    }

    fn open_header(&mut self, span: Span, is_list: bool) {
        self.header = Some(Header { start: place(span).0, is_list, path: Vec::new() });
    }

    /// Opens the table of a header. Only the newest table of each level can be continued.
    fn close_header(&mut self, span: Span) {
        let Some(Header { start, is_list, mut path }) = self.header.take() else { return self.refuse() };
        let Some(last) = path.pop().filter(|_| path.len() < DEEPEST) else { return self.refuse() };
        let mut at = 0;
        for (name, name_span) in path {
            at = match self.newest(at, &name) {
                None => self.by_header(at, (name, name_span), name_span, false),
                Some(newest) => match self.to_continue(newest) {
                    Some(table) => table,
                    None => return self.refuse(),
                },
            };
        }
        let span = (start, place(span).1);
        let no_key = (Cow::Borrowed(""), (0, 0));
        self.table = match (self.newest(at, &last.0), is_list) {
            (None, false) => self.by_header(at, last, span, false),
            (None, true) => {
                let list = self.by_header(at, last, span, true);
                self.by_header(list, no_key, span, false)
            }
            (Some(list), true)
                if self.tree.is_by_header(list) && self.tree.node(list).as_list().is_some() =>
            {
                self.by_header(list, no_key, span, false)
            }
            _ => return self.refuse(),
        };
    }

    /// Puts a table, or a list of tables, that a header opens.
    fn by_header(&mut self, parent: u32, key: Key<'i>, span: (u32, u32), is_list: bool) -> u32 {
        let content = if is_list { Content::List } else { Content::Table };
        let at = self.tree.push(parent, key, span, content(Children::default()));
        self.tree.set_by_header(at);
        at
    }

    /// The newest entry of a table, if it has this key.
    fn newest(&self, table: u32, key: &str) -> Option<u32> {
        self.tree.last(table).filter(|last| self.tree.node(*last).key() == key)
    }

    /// The table that a longer header continues: one that a header opened, or the newest of a list of such.
    fn to_continue(&self, at: u32) -> Option<u32> {
        let table = match self.tree.node(at).content() {
            Content::Table(_) => at,
            Content::List(_) => self.tree.last(at)?,
            _ => return None,
        };
        (self.tree.is_by_header(at) && self.tree.is_by_header(table)).then_some(table)
    }
}

impl EventReceiver for Builder<'_> {
    fn std_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.open_header(span, false);
    }

    fn std_table_close(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.close_header(span);
    }

    fn array_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.open_header(span, true);
    }

    fn array_table_close(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.close_header(span);
    }

    fn inline_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.open(span, Content::Table(Children::default()))
    }

    fn inline_table_close(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.close(span);
    }

    fn array_open(&mut self, span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.open(span, Content::List(Children::default()))
    }

    fn array_close(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.close(span);
    }

    fn simple_key(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.raw(span, kind) else { return self.refuse() };
        let mut key = Cow::Borrowed("");
        raw.decode_key(&mut key, error);
        match &mut self.header {
            Some(header) => header.path.push((key, place(span))),
            None if self.key.is_none() => self.key = Some((key, place(span))),
            None => self.refuse(),
        }
    }

    fn scalar(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.raw(span, kind) else { return self.refuse() };
        let content = match plain_text(raw.as_str(), kind) {
            Some(text) => Some(Content::Text(Cow::Borrowed(text))),
            None => decode(raw, error),
        };
        match content {
            Some(content) => drop(self.put(span, content)),
            None => self.refuse(),
        }
    }

    fn comment(&mut self, span: Span, error: &mut dyn ErrorSink) {
        match self.source.get(span) {
            Some(raw) => raw.decode_comment(error),
            None => self.refuse(),
        }
    }

    fn newline(&mut self, span: Span, error: &mut dyn ErrorSink) {
        match self.source.get(span) {
            Some(raw) => raw.decode_newline(error),
            None => self.refuse(),
        }
    }

    fn error(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.refuse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::tree::Node;
    use proptest::prelude::*;
    use std::fmt::Write;

    /// Everything that readers can see of a document.
    fn seen(node: Node<'_, '_>, out: &mut String) {
        let _ = write!(out, "{:?} {:?} {:?} ", node.key(), node.key_span(), node.span());
        match node.content() {
            Content::List(_) | Content::Table(_) => {
                out.push(if node.as_list().is_some() { '[' } else { '{' });
                node.children().for_each(|child| seen(child, out));
                out.push(']');
            }
            content => drop(writeln!(out, "{content:?}")),
        }
    }

    fn all(tree: &Tree<'_>) -> String {
        let mut out = String::new();
        seen(tree.root(), &mut out);
        out
    }

    /// What is taken here `toml` takes too, and as the same.
    fn agrees(text: &str) -> bool {
        let Some(built) = build(text) else { return false };
        let known = Tree::of_toml(text).unwrap_or_else(|error| panic!("{error}\nin\n{text}"));
        assert_eq!(all(&built), all(&known), "{text}");
        true
    }

    /// Every TOML file of the project.
    fn fixtures() -> Vec<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["assessments", "frameworks", "tests", "src"].map(|folder| root.join(folder));
        let files = folders.iter().flat_map(walkdir::WalkDir::new).filter_map(Result::ok);
        let toml = files.filter(|file| file.path().extension().is_some_and(|end| end == "toml"));
        let mut texts: Vec<String> =
            toml.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
        texts.push(std::fs::read_to_string(root.join("tom.toml")).unwrap());
        texts
    }

    #[test]
    fn what_tom_writes_is_in_order_and_read_as_toml_reads_it() {
        let files = fixtures();
        let in_order = files.iter().filter(|text| agrees(text)).count();
        assert!(files.len() > 60 && in_order * 20 > files.len() * 19, "{in_order} of {}", files.len());
    }

    #[test]
    fn documents_in_order_are_read_as_toml_reads_them() {
        for text in [
            "",
            "a = 1\nb = 0x1F\n",
            "a = 'x'\nb = '''\n\\n\n'''\nc = \"\"\"\"q\"\"\"\"\"\n",
            "a = \"\\u00e9\\t\"\nb = \"\"\"\\\n  x\n\"\"\"\n",
            "[a.b.c]\nx = [1, [2.5, true], {y = {}}] # c\n[a.b.d]\n[a.e]\nd = 2026-11-20T10:00:00Z\n",
            "[[a]]\n[[a]]\nx = 1\n[a.b]\ny = 2\n[[a.c]]\n[[a.c]]\n[z]\n",
            "\"quoted key\" = 1\n'literal' = 2\n[\"a.b\".'c']\n",
            "a = [\n  \"x\", # one\n  \"y\",\n]\r\nb = \"\"\"\r\nx\r\n\"\"\"\r\n",
        ] {
            assert!(agrees(text), "{text}");
        }
    }

    #[test]
    fn what_is_out_of_order_is_left_to_toml() {
        for text in [
            "a = 1\na = 2\n",
            "[a]\n[b]\n[a]\n",
            "[a.b]\n[a]\n",
            "[a]\n[b]\n[a.c]\n",
            "a.b = 1\n",
            "a = { b.c = 1 }\n",
            "a = {}\n[a.b]\n",
            "a = [{}]\n[[a]]\n",
            "a = [[1]]\n[[a]]\n",
            "[[a]]\n[a]\n",
            "[a]\n[[a]]\n",
            "a = 1\n[a.b]\n",
            "a = 2026-02-30x\n",
            "a = \"\u{1}\"\n",
            "a = \"\"\"\u{7f}\"\"\"\n",
            "a = \"x\n",
            "a = \"\"\"x\"\n",
            "a\n",
            "= 1\n",
            "[]\n",
            "[a\n",
            "a = 1 b = 2\n",
            "a = [1\n",
            "a = {x = 1\n",
            "a = 1\r",
            "# \u{1}\n",
        ] {
            assert!(build(text).is_none(), "{text}");
        }
        let deep = format!("a = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
        assert!(build(&deep).is_none());
        assert!(build(&format!("[{}a]\n", "a.".repeat(100_000))).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn soup_is_read_as_toml_reads_it(parts in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "\"a\"", "'b'", ".", "=", " = ", "1", "-1", "0x1", "1.5", "true", "2026-11-20", "\"x\"",
            "\"\"\"\nx\n\"\"\"", "'''y'''", "\"\\n\"", "[", "]", "[[", "]]", "{", "}", ",", "\n", "\r\n", " ", "# c\n",
            "[a]\n", "[b]\n", "[a.b]\n", "[[a]]\n", "[[b.a]]\n", "a = 1\n", "b = {a = 1}\n", "b = [1, {a = 2}]\n", "a.b = 1\n",
        ]), 0..14)) {
            agrees(&parts.concat());
        }

        #[test]
        fn damaged_files_are_read_as_toml_reads_them(
            file in 0usize..1000, from in 0usize..100_000, length in 0usize..40, to in 0usize..100_000,
        ) {
            // A piece of a file is cut out, and put in elsewhere.
            static FILES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(fixtures);
            let text: Vec<char> = FILES[file % FILES.len()].chars().collect();
            let from = from % (text.len() + 1);
            let (cut, rest) = text[from..].split_at(length.min(text.len() - from));
            let mut left: Vec<char> = text[..from].iter().chain(rest).copied().collect();
            let to = to % (left.len() + 1);
            left.splice(to..to, cut.iter().copied());
            agrees(&left.into_iter().collect::<String>());
        }
    }
}
