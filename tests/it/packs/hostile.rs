//! Hostile text in every field of the pack model, as HTML and as PDF: it comes out as text, and the layout holds.

use super::json;
use crate::support::{Sandbox, root};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tom::render::{PackFormat, Templates, layout};

/// Text that would be a program, markup or a page break somewhere.
pub(super) const HOSTILE: &[&str] = &[
    "#panic(1)",
    "#read(\"/etc/passwd\")",
    "#import \"@preview/x:0.1.0\": *",
    "#{while true {}}",
    "]",
    "[",
    "#[",
    "$x$",
    "*b*",
    "_i_",
    "`r`",
    "``` raw",
    "@ref",
    "<lbl>",
    "= H",
    "- l",
    "+ e",
    "/ t: d",
    "\\",
    "\\u{1F600}",
    "//c",
    "/*c",
    "*/",
    "~",
    "---",
    "#set page(width: 1pt)",
    "#show: none",
    "#pagebreak()",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# c #}",
    "</style>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"onmouseover=\"x",
    "'",
    "&amp;",
    "&#60;",
    "<!--",
    "-->",
    "]]>",
    "javascript:alert(1)",
    "%PDF-1.7",
    "endobj",
    "(x)Tj",
    "tom-pack-1 x",
    "=1+1",
    "|cell",
    "![x](y)",
    "[x](javascript:y)",
    "**x**",
    "# H",
    "> q",
    "1. one",
    "#eval(\"1\")",
    "#sys.inputs",
    "#include \"/pack.json\"",
    "#plugin(\"/x.wasm\")",
    "#let words(x) = none",
    "#context here()",
    "#link(\"file:///\")[x]",
    "#image(\"/x.png\")",
    "#text(size: 0pt)[x]",
    "#metadata(1) <tom-running-head>",
    "#h(-9em)",
    "#place(top, x)",
    "\\#",
    "$ sum_(i=0)^n $",
    "```typ #panic() ```",
    "https://a.example/?q=<b>",
    "{% include 'cover.html' %}",
    "{{ self }}",
    "{{ ''.__class__ }}",
    "${7*7}",
    "<svg/onload=alert(1)>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "</title><h1>x",
    "<template><style>*{display:none}",
    "@import url(//evil.example)",
    "expression(alert(1))",
    "data:text/html,<b>",
    "\u{fe}\u{ff}",
    "%n%s%x",
    "'; DROP TABLE",
    "¡½Ω€",
];

/// Fields with words that tom chooses from a short list, or computes: digests, dates, states. Nobody writes them.
const COMPUTED: &[&str] = &[
    "as_of",
    "audience",
    "commit",
    "date",
    "digest",
    "framework_digest",
    "kind",
    "on",
    "own_templates",
    "received",
    "stamp",
    "tag",
    "tone",
    "until",
    "way",
];

/// Ids, which are read strictly and are short, and the framework's own words.
const STRICT: &[&str] = &[
    ".deployment",
    ".id",
    ".answers[].id",
    ".words.effect",
    ".words.mitigation",
    ".words.risk",
    ".matrix.severity[]",
    ".matrix.rows[].likelihood",
    ".register[].causes[].key",
    ".register[].causes[].mitigations[]",
    ".register[].mitigations[].causes[]",
    ".register[].mitigations[].key",
];

/// A pack with all parts that there are, and every field of each.
fn whole_pack() -> Value {
    let sandbox = Sandbox::example();
    let args =
        ["render", "acme-northfield", "--to", "packs", "--pack", "phase-2,lineage", "--format", "json"];
    sandbox.tom(&[&args[..], &["--audience", "full"]].concat()).code(0);
    let mut pack = json(&sandbox, "packs/acme-northfield-phase-2-full.json");
    pack["lineage"] = json(&sandbox, "packs/acme-northfield-lineage-full.json")["lineage"].take();
    let schema = tom::render::schema().to_value();
    fill(&mut pack, &schema, &schema["$defs"], "");
    pack["own_templates"] = json!([]);
    pack["changes"]["is_local"] = json!(false);
    pack
}

/// Puts something into everything that is empty.
fn fill(value: &mut Value, schema: &Value, defs: &Value, key: &str) {
    let schema = match schema["anyOf"].as_array() {
        Some(ways) => ways.iter().find(|way| way["type"] != "null").unwrap(),
        None => schema,
    };
    let schema = match schema["$ref"].as_str() {
        Some(name) => &defs[name.rsplit('/').next().unwrap()],
        None => schema,
    };
    if let Some(fields) = schema["properties"].as_object() {
        if value.is_null() {
            *value = json!({});
        }
        for (name, field) in fields {
            fill(&mut value[name.as_str()], field, defs, name);
        }
    } else if let Some(items) = schema.get("items") {
        match value.as_array_mut() {
            Some(list) if !list.is_empty() => {
                // Two of everything are enough, and laid out in no time.
                list.truncate(2);
                list.iter_mut().for_each(|item| fill(item, items, defs, key));
            }
            _ => {
                let mut item = Value::Null;
                fill(&mut item, items, defs, key);
                *value = json!([item]);
            }
        }
    } else if value.is_null() || *value == "" {
        let types = schema["type"].to_string();
        *value = match key {
            _ if types.contains("integer") || key == "class" => json!(1),
            _ if types.contains("boolean") => json!(false),
            "state" => json!("stale"),
            "tone" => json!("plain"),
            "tag" => json!("added"),
            "on" | "until" | "as_of" | "date" => json!("2026-11-01"),
            _ => json!("Some text"),
        };
    }
}

/// Calls `each` with every text that somebody writes, and with its place in the model: `.register[].title`.
fn texts(value: &mut Value, place: &str, each: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::String(_) if STRICT.contains(&place) => {}
        Value::String(text) => each(place, text),
        Value::Array(list) => list.iter_mut().for_each(|item| texts(item, &format!("{place}[]"), each)),
        Value::Object(fields) => {
            // The states of the annex are sentences; all others are words that templates look up.
            let is_computed = |key: &str| {
                COMPUTED.contains(&key) && place != ".register[]"
                    || key == "state" && place != ".annex.items[]"
            };
            let written = fields.iter_mut().filter(|(key, value)| !is_computed(key) || !value.is_string());
            written.for_each(|(key, value)| texts(value, &format!("{place}.{key}"), each));
        }
        _ => {}
    }
}

fn templates() -> Templates {
    let mut templates = Templates::default();
    for entry in std::fs::read_dir(root().join("templates")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        templates.add(name, std::fs::read_to_string(&path).unwrap());
    }
    templates
}

fn html(pack: &Value) -> String {
    String::from_utf8(layout(pack, PackFormat::Html, &templates()).unwrap()).unwrap()
}

/// The text within the margins of a PDF's pages, and how many pages there are; none where the machine has no `pdftotext`.
fn body_of(pack: &Value) -> Option<(String, usize)> {
    let sandbox = Sandbox::empty();
    sandbox.write("pack.pdf", layout(pack, PackFormat::Pdf, &templates()).unwrap());
    let mut command = std::process::Command::new("pdftotext");
    let margins = ["-raw", "-x", "50", "-W", "496", "-y", "70", "-H", "712"];
    let ran = command.args(margins).arg(sandbox.path("pack.pdf")).arg("-").output().ok()?;
    let text = String::from_utf8(ran.stdout).unwrap();
    Some((bare(&text), text.matches('\u{c}').count()))
}

/// Without what a layout may change: spaces, ends of lines, capitals, and the lines of words like MUST_NOT.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}

/// The pack with a text in one instance of every field, between marks that tell which, and the marks by place.
fn planted(pack: &Value, text: &str) -> (Value, BTreeMap<String, String>) {
    let mut pack = pack.clone();
    let mut marks: BTreeMap<String, String> = BTreeMap::new();
    texts(&mut pack, "", &mut |place, value| {
        let next = marks.len();
        marks.entry(place.to_owned()).or_insert_with(|| {
            let mark = format!("¶{next}¶");
            *value = format!("{mark}{text}¶{next}¶");
            mark
        });
    });
    (pack, marks)
}

/// What the page says in other words, or only machines read.
fn is_not_shown(place: &str) -> bool {
    let is_computed = place.starts_with(".summary.outcomes.")
        && [".id", ".value", ".role"].iter().any(|end| place.ends_with(end));
    let others = [".texts[].address", ".cells[].severity", ".progress[].label"];
    // A rating as it was received is shown where it is another.
    is_computed || place.contains(".received.") || others.iter().any(|end| place.ends_with(end))
}

#[test]
fn d11_d15_eighty_texts_in_every_field_of_the_model_come_out_as_text() {
    assert!(HOSTILE.len() >= 80);
    let pack = whole_pack();
    let text = HOSTILE.join("¶");
    let (hostile, marks) = planted(&pack, &text);
    let (plain, _) = planted(&pack, "Plain.");
    assert!(marks.len() >= 110, "{marks:?}");

    let (page, twin) = (html(&hostile), html(&plain));
    assert_eq!(page.matches('<').count(), twin.matches('<').count(), "text became an element");
    let (bare_page, bare_twin) = (bare(&page), bare(&twin));
    let escaped = bare(&minijinja::HtmlEscape(&text).to_string());
    let shown = marks.iter().filter(|(_, mark)| bare_twin.contains(mark.as_str()));
    for (place, mark) in &marks {
        assert!(bare_twin.contains(mark.as_str()) || is_not_shown(place), "{place} is not in the page");
    }
    for (place, mark) in shown {
        assert!(bare_page.contains(&format!("{mark}{escaped}{mark}")), "{place} is not whole in the page");
    }

    let Some((body, pages)) = body_of(&hostile) else { return };
    let shown: Vec<&String> =
        marks.iter().filter(|(_, mark)| body.contains(mark.as_str())).map(|(place, _)| place).collect();
    let hidden: Vec<&String> =
        marks.keys().filter(|place| !shown.contains(place) && !is_not_shown(place)).collect();
    assert!(hidden.is_empty(), "not in the PDF: {hidden:?}");
    let shown = shown.len();
    let mut cut = 0;
    for text in HOSTILE {
        let found = body.matches(&format!("¶{}¶", bare(text))).count();
        assert!(found > shown / 2, "{text} stands {found} times in the PDF, not {shown} times");
        cut += shown.saturating_sub(found);
    }
    // A page ends within a text here and there; nothing else tears one.
    assert!(cut <= 3 * pages, "{cut} of {} texts are not whole on {pages} pages", shown * HOSTILE.len());
}

#[test]
fn d16_a_word_of_ten_thousand_letters_stays_within_the_margins_of_the_narrowest_columns() {
    const PLACES: &[&str] = &[
        ".annex.items[].answer",
        ".answers[].groups[].answers[].rows[][]",
        ".changes.answers[].pieces[].text",
        ".lineage.tree[].name",
        ".matrix.moves[].owner",
        ".register[].mitigations[].text",
    ];
    let mut pack = whole_pack();
    let mut planted = Vec::new();
    texts(&mut pack, "", &mut |place, value| {
        if PLACES.contains(&place) && !planted.contains(&place.to_owned()) {
            planted.push(place.to_owned());
            *value = "w".repeat(10_000);
        }
    });
    assert_eq!(planted.len(), PLACES.len(), "{planted:?}");
    let others = html(&pack).matches('w').count() - html(&whole_pack()).matches('w').count();
    assert!(others >= PLACES.len() * 9_900, "{others}");
    let Some((body, _)) = body_of(&pack) else { return };
    assert!(
        body.matches('w').count() >= PLACES.len() * 10_000,
        "{} letters: the others are beyond the margins",
        body.matches('w').count()
    );
}

/// A cell of 200 kB, of words with one letter that nothing else in a pack has much of.
fn cell() -> String {
    "wwwwwww ".repeat(25_000)
}

#[test]
fn d16_cells_of_200_kb_in_every_field_are_whole_in_the_page() {
    let (pack, marks) = planted(&whole_pack(), &cell());
    let page = html(&pack);
    let bare = bare(&page);
    let whole = "w".repeat(175_000);
    for (place, mark) in marks.iter().filter(|(place, _)| !is_not_shown(place)) {
        assert!(bare.contains(&format!("{mark}{whole}{mark}")), "{place} is not whole in the page");
    }
    assert!(page.len() < 60 << 20, "{} bytes", page.len());
}

#[test]
fn d16_cells_of_200_kb_are_whole_within_the_margins_of_a_pdf() {
    // A column of a table, a paragraph of its own, something in a list.
    const PLACES: &[&str] =
        &[".register[].mitigations[].text", ".register[].hazard", ".answers[].groups[].answers[].rows[][]"];
    let mut pack = whole_pack();
    let mut planted = Vec::new();
    texts(&mut pack, "", &mut |place, value| {
        if PLACES.contains(&place) && !planted.contains(&place.to_owned()) {
            planted.push(place.to_owned());
            *value = cell();
        }
    });
    assert_eq!(planted.len(), PLACES.len(), "{planted:?}");
    let Some((body, pages)) = body_of(&pack) else { return };
    let found = body.matches('w').count();
    assert!(
        found >= PLACES.len() * 175_000,
        "{found} letters on {pages} pages: the others are beyond the margins"
    );
}
