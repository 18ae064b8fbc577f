//! The canonical encoding: frozen, and the same whatever form a file has.

use super::*;
use serde_json::{Value as Json, json};

/// How many random spellings of answers, and of risks, are tried: `TOM_SPELLINGS`, with which `ci.sh` asks for a hundred thousand.
fn spellings() -> usize {
    let asked = std::env::var_os("TOM_SPELLINGS").map(|text| text.to_str().unwrap().parse().unwrap());
    asked.unwrap_or(10_000)
}

fn tree_of(json: &Json) -> Tree {
    let (letter, value) = json.as_object().unwrap().iter().next().unwrap();
    match letter.as_str() {
        "t" => Tree::text(value.as_str().unwrap()),
        "i" => Tree::Integer(value.as_str().unwrap().parse().unwrap()),
        "d" => Tree::Date(value.as_str().unwrap().parse().unwrap()),
        "b" => Tree::Truth(value.as_bool().unwrap()),
        "l" => Tree::List(value.as_array().unwrap().iter().map(tree_of).collect()),
        "m" => Tree::Map(
            value.as_object().unwrap().iter().map(|(key, inner)| (key.clone(), tree_of(inner))).collect(),
        ),
        other => panic!("no type has the letter {other}"),
    }
}

fn json_of(tree: &Tree) -> Json {
    match tree {
        Tree::Text(text) => json!({ "t": text }),
        Tree::Integer(number) => json!({ "i": number.to_string() }),
        Tree::Date(date) => json!({ "d": date.to_string() }),
        Tree::Truth(truth) => json!({ "b": truth }),
        Tree::List(items) => json!({ "l": items.iter().map(json_of).collect::<Vec<_>>() }),
        Tree::Map(map) => {
            let map: serde_json::Map<_, _> = map.iter().map(|(k, v)| (k.clone(), json_of(v))).collect();
            json!({ "m": map })
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn vectors() -> Vec<Json> {
    let file: Json = serde_json::from_str(&data("canon-vectors.json")).unwrap();
    assert_eq!(file["version"], 1);
    file["vectors"].as_array().unwrap().clone()
}

/// What the Python implementation makes of trees: encoding and digest of each.
fn by_python(trees: &[Json]) -> Vec<(String, String)> {
    let program = root().join("tests/data/canon.py");
    let output = super::piped(&[program.to_str().unwrap()], &serde_json::to_string(trees).unwrap());
    serde_json::from_str(&output).unwrap()
}

fn trees() -> impl Strategy<Value = Tree> {
    let texts = prop_oneof![random::text(), any::<String>(), Just("a\r\nb\rc".to_owned())];
    let leaf = prop_oneof![
        texts.prop_map(Tree::Text),
        any::<i64>().prop_map(Tree::Integer),
        random::date().prop_map(Tree::Date),
        any::<bool>().prop_map(Tree::Truth),
    ];
    let keys = prop_oneof!["[a-zA-Z0-9-]{0,9}", "[^\r\n]{0,5}"];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
            prop::collection::btree_map(keys.clone(), inner, 0..4).prop_map(Tree::Map),
        ]
    })
}

#[test]
fn the_encoding_is_what_it_was_when_it_was_frozen() {
    let vectors = vectors();
    assert!(vectors.len() >= 25);
    for vector in vectors {
        let tree = tree_of(&vector["tree"]);
        assert_eq!(hex(&tree.encode()), vector["encoding"], "{vector}");
        assert_eq!(tree.digest().hex(), vector["digest"], "{vector}");
    }
}

#[test]
fn a_second_implementation_agrees() {
    if !super::python("import hashlib, json") {
        return;
    }
    let vectors = vectors();
    let mut json: Vec<Json> = vectors.iter().map(|vector| vector["tree"].clone()).collect();
    json.extend(some(trees(), 1000).iter().map(json_of));
    let theirs = by_python(&json);
    assert_eq!(theirs.len(), json.len());
    for (json, (encoding, digest)) in json.iter().zip(theirs) {
        let tree = tree_of(json);
        assert_eq!((hex(&tree.encode()), tree.digest().hex()), (encoding, digest), "{json}");
    }
}

/// A tree with its line ends folded: the one difference that is none.
fn folded(tree: &Tree) -> Tree {
    match tree {
        Tree::Text(text) => Tree::Text(text.replace("\r\n", "\n")),
        Tree::List(items) => Tree::List(items.iter().map(folded).collect()),
        Tree::Map(map) => Tree::Map(map.iter().map(|(key, tree)| (key.clone(), folded(tree))).collect()),
        other => other.clone(),
    }
}

#[test]
fn no_two_trees_have_one_encoding() {
    let frozen = vectors().into_iter().map(|vector| tree_of(&vector["tree"]));
    let mut seen: BTreeMap<Vec<u8>, Tree> = BTreeMap::new();
    for tree in frozen.chain(some(trees(), 3000)) {
        if let Some(other) = seen.insert(tree.encode(), folded(&tree)) {
            assert_eq!(other, folded(&tree));
        }
    }
    assert!(seen.len() > 1500);
}

/// How one spelling of an answer is chosen: SplitMix64, which costs nothing beside the parsing.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    fn shuffled<T>(&mut self, mut list: Vec<T>) -> Vec<T> {
        for last in (1..list.len()).rev() {
            list.swap(last, self.roll(last + 1));
        }
        list
    }

    /// A text in one of TOML's four quotings, with or without escapes that are not needed.
    fn text(&mut self, text: &str) -> String {
        let is_literal = !text.contains(|c: char| c == '\'' || (c.is_control() && c != '\t'));
        match self.roll(5) {
            0 if is_literal => format!("'{text}'"),
            1 if !text.contains("'''") && !text.ends_with('\'') => format!("'''\n{text}'''"),
            2 => format!("\"\"\"{}\"\"\"", self.escaped(text, true)),
            3 => format!("\"\"\"\n{}\\\n   \n  \"\"\"", self.escaped(text, true)),
            _ => format!("\"{}\"", self.escaped(text, false)),
        }
    }

    fn escaped(&mut self, text: &str, lines: bool) -> String {
        let mut out = String::new();
        for c in text.chars() {
            let needs = matches!(c, '"' | '\\') || (c == '\n' && !lines) || out.is_empty() && c == '\n';
            match (c, self.roll(9)) {
                ('"', roll) if roll > 4 => out += "\\\"",
                ('\\', roll) if roll > 4 => out += "\\\\",
                ('\n', roll) if needs && roll > 4 => out += "\\n",
                ('\t', 1) => out += "\\t",
                (c, roll) if needs || roll == 0 => out += &format!("\\U{:08X}", u32::from(c)),
                _ => out.push(c),
            }
        }
        out
    }

    fn value(&mut self, value: &Value) -> String {
        match value {
            Value::Text(text) => self.text(text),
            Value::Texts(texts) => self.list(texts),
            Value::Date(date) => date.to_string(),
            Value::Number(number) => match self.roll(3) {
                0 => format!("+{number}"),
                1 => format!("0x{number:x}"),
                _ => number.to_string(),
            },
        }
    }

    /// A list whose order means nothing, perhaps over lines, with remarks, with one said twice.
    fn list(&mut self, texts: &[String]) -> String {
        let again = texts.iter().take(self.roll(2));
        let all: Vec<&String> = texts.iter().chain(again).collect();
        let parts: Vec<String> = self.shuffled(all).into_iter().map(|text| self.text(text)).collect();
        let (open, between) = self.pick(&[("[", ", "), ("[ ", " ,\t"), ("[\n  # a remark\n  ", ",\n\n  ")]);
        let close = self.pick(&["]", " ]", ",]", ", # last\n]"]);
        format!("{open}{}{close}", parts.join(between))
    }

    fn lines(&mut self, prefix: &str, entries: Vec<(String, String)>) -> String {
        let mut out = String::new();
        for (key, value) in self.shuffled(entries) {
            let key = match self.roll(3) {
                0 if !key.contains('.') => format!("\"{key}\""),
                _ => key,
            };
            out += self.pick(&["", "\n", "# a remark [IGA-03]\n", "  "]);
            out += &format!("{prefix}{key}{}{value}", self.pick(&[" = ", "=", "\t=  "]));
            out += self.pick(&["\n", " # a remark\n", "  \n"]);
        }
        out
    }

    /// The file of one answer, spelt at random: inline, dotted or under headers.
    fn spell(&mut self, slot: &Slot, answer: &Answer) -> String {
        let mut entries = Vec::new();
        entries.extend(answer.value.as_ref().map(|value| ("answer".to_owned(), self.value(value))));
        entries.extend(answer.notes.as_ref().map(|notes| ("notes".to_owned(), self.text(notes))));
        if !answer.evidence.is_empty() {
            entries.push(("evidence".to_owned(), self.list(&answer.evidence)));
        }
        let rows: Vec<(String, Vec<(String, String)>)> = answer
            .rows
            .iter()
            .map(|(key, row)| {
                let cells = row.iter().map(|(column, value)| (column.clone(), self.value(value)));
                (key.to_string(), cells.collect())
            })
            .collect();
        let rows = self.shuffled(rows);
        let text = match self.roll(4) {
            0 => {
                entries.extend(self.rows_inline(&rows));
                let parts: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{slot} = {{ {} }}\n", self.shuffled(parts).join(", "))
            }
            1 => {
                let mut text = self.lines(&format!("{slot}."), entries);
                for (key, cells) in rows {
                    text += &self.lines(&format!("{slot}.rows.{key}."), cells);
                }
                text
            }
            2 => {
                entries.extend(self.rows_inline(&rows));
                format!("[ {slot}\t]# a remark\n{}", self.lines("", entries))
            }
            _ => {
                let mut text = format!("# a remark\n\n[{slot}]\n{}", self.lines("", entries));
                for (key, cells) in rows {
                    text += &format!("[{slot}.rows.\"{key}\"]\n{}", self.lines("", cells));
                }
                text
            }
        };
        if self.roll(2) == 0 { text.replace('\n', "\r\n") } else { text }
    }

    fn rows_inline(&mut self, rows: &[(String, Vec<(String, String)>)]) -> Option<(String, String)> {
        let row = |(key, cells): &(String, Vec<(String, String)>)| {
            let cells: Vec<String> =
                cells.iter().map(|(column, value)| format!("{column} = {value}")).collect();
            format!("{key} = {{ {} }}", cells.join(", "))
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        (!rows.is_empty()).then(|| ("rows".to_owned(), format!("{{ {} }}", rows.join(", "))))
    }
}

/// A whole file, spelt at random: each table in it inline, dotted or under a header.
impl Dice {
    fn file(&mut self, table: &toml::Table) -> String {
        let text = self.table("", table);
        if self.roll(2) == 0 { text.replace('\n', "\r\n") } else { text }
    }

    fn table(&mut self, path: &str, table: &toml::Table) -> String {
        let mut entries = Vec::new();
        let mut under_headers = Vec::new();
        for (key, value) in table {
            match (value, self.roll(3)) {
                (toml::Value::Table(inner), 0) => under_headers.push((key, inner)),
                (toml::Value::Table(inner), 1) => self.dotted(key, inner, &mut entries),
                _ => entries.push((key.clone(), self.inline(value))),
            }
        }
        let mut text = self.lines("", entries);
        for (key, inner) in self.shuffled(under_headers) {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            text += &format!("[{path}]\n{}", self.table(&path, inner));
        }
        text
    }

    fn dotted(&mut self, path: &str, table: &toml::Table, entries: &mut Vec<(String, String)>) {
        for (key, value) in table {
            entries.push((format!("{path}.{key}"), self.inline(value)));
        }
    }

    fn inline(&mut self, value: &toml::Value) -> String {
        match value {
            toml::Value::String(text) => self.text(text),
            toml::Value::Array(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect();
                self.list(&texts)
            }
            toml::Value::Table(inner) => {
                let parts = inner.iter().map(|(key, value)| format!("{key} = {}", self.inline(value)));
                let parts: Vec<String> = parts.collect();
                format!("{{ {} }}", self.shuffled(parts).join(", "))
            }
            other => other.to_string(),
        }
    }
}

/// The answer that a file of a section holds.
fn read(slot: &Slot, text: &str) -> Answer {
    let item = framework().item(slot.item.as_str()).unwrap();
    let document = Document::parse("f", text.as_bytes()).unwrap_or_else(|f| panic!("{}\n{text}", f.message));
    let (answers, findings) =
        read_section(&document, framework(), framework().section(item.section.as_str()).unwrap());
    assert!(findings.is_empty(), "{findings:?}\n{text}");
    answers.get(slot).cloned().unwrap_or_default()
}

fn contents() -> impl Strategy<Value = (Slot, Answer)> {
    random::slot_and_answer(answered())
        .prop_map(|(slot, answer)| (slot, answer.content()))
        .prop_filter("something is said", |(_, answer)| *answer != Answer::default())
}

/// Each answer in many spellings, on every core: making answers at random costs more than spelling them.
#[test]
fn another_spelling_of_an_answer_has_the_same_digest() {
    let answers = some(contents(), 1000);
    let digests: Vec<Digest> = answers.iter().map(|(_, answer)| answer.content_digest()).collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let try_each = |from: usize| {
        for number in (from..spellings()).step_by(threads) {
            let (slot, answer) = &answers[number % answers.len()];
            let text = Dice(number as u64).spell(slot, answer);
            assert_eq!(read(slot, &text).content_digest(), digests[number % answers.len()], "{text}");
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|from| drop(scope.spawn(move || try_each(from)))));
}

/// The digests that people stand by: of a risk as a whole, and of each mitigation.
fn digests(risk: &Risk) -> Vec<Digest> {
    std::iter::once(risk.content_digest()).chain(risk.mitigations.values().map(Canonical::digest)).collect()
}

#[test]
fn another_spelling_of_a_risk_has_the_same_digests() {
    let risks: Vec<(toml::Table, Vec<Digest>)> = some(random::risk(), 300)
        .iter()
        .map(|risk| (toml::from_str(&write_risk(risk)).unwrap(), digests(risk)))
        .collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let try_each = |from: usize| {
        for number in (from..spellings() / 10).step_by(threads) {
            let (table, wanted) = &risks[number % risks.len()];
            let text = Dice(number as u64).file(table);
            let document =
                Document::parse("f", text.as_bytes()).unwrap_or_else(|f| panic!("{}\n{text}", f.message));
            let (risk, findings) = read_risk(&document, framework());
            assert!(findings.is_empty(), "{findings:?}\n{text}");
            assert_eq!(digests(&risk.unwrap()), *wanted, "{text}");
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|from| drop(scope.spawn(move || try_each(from)))));
}

/// What an answer means: its lists as sets.
fn meaning(answer: &Answer) -> impl PartialEq + use<> {
    let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<_>>();
    let value = answer.value.clone().map(|value| match value {
        Value::Texts(texts) => (None, set(&texts)),
        other => (Some(other), BTreeSet::new()),
    });
    (value, answer.rows.clone(), answer.notes.clone(), set(&answer.evidence))
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn answers_that_mean_different_things_have_different_digests(
        (_, a) in contents(), (_, b) in contents(), which in 0..4,
    ) {
        let mut mixed = a.clone();
        match which {
            0 => mixed.value = b.value,
            1 => mixed.notes = b.notes,
            2 => mixed.evidence = b.evidence,
            _ => mixed.rows = b.rows,
        }
        prop_assert_eq!(meaning(&mixed) == meaning(&a), mixed.content_digest() == a.content_digest());
    }
}
