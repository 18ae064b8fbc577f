//! Packs in every format: what they say, what they leave out, what they may not do.

mod hostile;
mod many;
mod order;
mod personal;
mod verify;

use crate::support::{Sandbox, has_tool, root};
use hostile::HOSTILE;

const PHASE_2: &str = "packs/acme-northfield-phase-2";

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The text of a PDF as `pdftotext` reads it; none where the machine has no `pdftotext`, as CI has.
fn text_of(sandbox: &Sandbox, path: &str) -> Option<String> {
    let ran = std::process::Command::new("pdftotext").arg("-raw").arg(sandbox.path(path)).arg("-").output();
    match ran {
        Ok(ran) if ran.status.success() => Some(String::from_utf8(ran.stdout).unwrap()),
        _ => {
            has_tool("pdftotext", false);
            None
        }
    }
}

fn json(sandbox: &Sandbox, path: &str) -> serde_json::Value {
    serde_json::from_str(&sandbox.read(path)).unwrap()
}

#[test]
fn every_pack_is_there_in_every_format_with_its_stamp() {
    let sandbox = Sandbox::example();
    sandbox
        .tom(&["render", "acme-northfield", "--to", "packs", "--pack", "all", "--format", "html,json,pdf"])
        .code(0);
    let files = sandbox.files("packs");
    assert_eq!(files.len(), 16, "{:?}", files.keys());
    for (name, bytes) in files.iter().filter(|(name, _)| *name != "index.html") {
        let stamp = tom::render::stamp::find(bytes).unwrap_or_else(|| panic!("{name} has no stamp"));
        assert_eq!(stamp.deployment, "acme-northfield");
        assert!(name.contains(stamp.kind.name()) && !stamp.is_draft && stamp.commit.is_some());
        let data = json(&sandbox, &format!("packs/acme-northfield-{}.json", stamp.kind.name()));
        assert_eq!(data["digest"], stamp.digest.as_str());
    }
    let pdf = &files["acme-northfield-phase-2.pdf"];
    for part in ["pdfaid:part>2<", "pdfaid:conformance>A<", "pdfuaid:part>1<"] {
        assert!(contains(pdf, part), "the PDF does not say {part}");
    }
    assert!(String::from_utf8_lossy(&files["index.html"]).contains("acme-northfield-hazard-log.pdf"));
}

#[test]
fn packs_have_the_same_bytes_wherever_and_however_they_are_rendered() {
    let args = ["render", "acme-northfield", "--pack", "hazard-log", "--to", "packs"];
    let first = Sandbox::example();
    first.tom(&args).code(0);
    let second = Sandbox::example();
    let mut command = second.tom_command(&args);
    command.env("TZ", "Pacific/Kiritimati").env("LC_ALL", "de_DE.UTF-8").env("RAYON_NUM_THREADS", "1");
    crate::support::run(command).code(0);
    assert!(first.files("packs") == second.files("packs"));
}

#[test]
fn what_has_not_changed_is_left_alone_and_what_was_meddled_with_is_not() {
    let sandbox = Sandbox::example();
    let args = ["render", "acme-northfield", "--pack", "lineage", "--to", "packs"];
    sandbox.tom(&args).code(0);
    let again = sandbox.tom(&args).code(0);
    assert!(
        again.out.contains("unchanged packs/acme-northfield-lineage.pdf") && !again.out.contains("wrote")
    );
    let pdf = sandbox.files("packs")["acme-northfield-lineage.pdf"].clone();
    sandbox.write("packs/acme-northfield-lineage.pdf", "meddled with");
    sandbox.tom(&args).code(0);
    assert!(sandbox.files("packs")["acme-northfield-lineage.pdf"] == pdf);
    std::fs::remove_dir_all(sandbox.path(".git/tom")).unwrap();
    sandbox.tom(&args).code(0);
    assert!(sandbox.files("packs")["acme-northfield-lineage.pdf"] == pdf);
}

#[test]
fn only_what_differs_from_a_revision_is_rendered() {
    let sandbox = Sandbox::example();
    let args = ["render", "--changed", "HEAD", "--to", "packs", "--pack", "lineage", "--format", "json"];
    assert!(sandbox.tom(&args).code(0).err.contains("no deployment differs from `HEAD`"));
    sandbox.tom(&["set", "acme-southmere", "HAZ-004.residual.likelihood", "Low"]).code(0);
    assert!(
        sandbox
            .tom(&args)
            .code(0)
            .out
            .starts_with("wrote packs/acme-southmere-lineage.json\nwrote packs/index")
    );
    sandbox.replace("tom.toml", "[", "# shared by all\n[");
    assert!(sandbox.tom(&args).code(0).out.contains("acme-northfield-lineage.json"));
}

#[test]
fn changes_are_against_what_was_received_or_an_earlier_state() {
    let sandbox = Sandbox::example();
    let tom = |args: &[&str]| {
        sandbox
            .tom(&[&["render"], args, &["--pack", "changes", "--format", "json", "--to", "packs"]].concat())
    };
    let refused = tom(&["acme-5-1"]).code(2).err;
    assert!(refused.contains("TOM-0956") && refused.contains("--since REV"), "{refused}");
    sandbox.tom(&["set", "acme-northfield", "BD-22", "In a cellar."]).code(0);
    tom(&["acme-northfield", "--since", "HEAD"]).code(0);
    let changes = &json(&sandbox, "packs/acme-northfield-changes.json")["changes"];
    let against = changes["against"].as_str().unwrap();
    assert!(against.starts_with("its state of 20 November 2026 (commit "), "{against}");
    assert!(changes.to_string().contains("cellar"), "{changes}");
    assert!(!changes["in_doubt"].as_array().unwrap().is_empty());
}

#[test]
fn the_lineage_draws_the_whole_tree() {
    let sandbox = Sandbox::example();
    sandbox
        .tom(&["render", "acme-northfield", "--pack", "lineage", "--format", "json", "--to", "packs"])
        .code(0);
    let tree = json(&sandbox, "packs/acme-northfield-lineage.json")["lineage"]["tree"].clone();
    let tree: Vec<String> = tree
        .as_array()
        .unwrap()
        .iter()
        .map(|line| format!("{} {} {}", line["depth"], line["name"].as_str().unwrap(), line["is_this"]))
        .collect();
    assert_eq!(tree, ["0 acme-5-1 false", "1 acme-northfield true", "2 acme-southmere false"]);
}

#[test]
fn d09_a_character_that_no_font_has_is_an_error_that_names_field_and_character() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", "acme-northfield", "BD-22", "In a data centre \u{4f60}."]).code(0);
    let refused =
        sandbox.tom(&["render", "acme-northfield", "--to", "packs", "--pack", "phase-1"]).code(2).err;
    assert!(refused.contains("`BD-22`, answer, has a character") && refused.contains("U+4F60"), "{refused}");
    sandbox.tom(&["render", "acme-northfield", "--to", "packs", "--format", "html"]).code(0);
}

/// The fields of a deployment that people write freely, as far as a register and its cover show them.
const FIELDS: &[&str] = &[
    "BD-15",
    "HAZ-004.title",
    "HAZ-004.hazard",
    "HAZ-004.effect",
    "HAZ-004.causes.C1.text",
    "HAZ-004.mitigations.M1.text",
    "HAZ-004.mitigations.M2.text",
];

/// The hazard log with this text in every field, as HTML and, where it can be read, the text of the PDF.
fn hazard_log_of(text: &str, formats: &str) -> (String, Option<String>) {
    let sandbox = Sandbox::example();
    for field in FIELDS {
        sandbox.tom(&["set", "acme-northfield", field, text]).code(0);
    }
    let args = ["render", "acme-northfield", "--to", "packs", "--pack", "hazard-log", "--format", formats];
    sandbox.tom(&args).code(0);
    let pack = json(&sandbox, "packs/acme-northfield-hazard-log.json");
    assert_eq!(pack["matrix"]["moves"][3]["title"], text.trim_end());
    let path = "packs/acme-northfield-hazard-log";
    for ending in formats.split(',').filter(|ending| *ending != "json") {
        // A text that looks like a stamp is no stamp.
        let bytes = std::fs::read(sandbox.path(format!("{path}.{ending}"))).unwrap();
        assert_eq!(tom::render::stamp::find(&bytes).unwrap().deployment, "acme-northfield");
    }
    let pdf = formats.contains("pdf").then(|| text_of(&sandbox, &format!("{path}.pdf"))).flatten();
    (sandbox.read(&format!("{path}.html")), pdf)
}

#[test]
fn d11_d15_what_people_wrote_is_text_and_nothing_else() {
    assert!(HOSTILE.len() >= 80);
    let text = format!("¶{}¶ {}", HOSTILE.join("¶"), "W".repeat(10_000));
    let (html, pdf) = hazard_log_of(&text, "html,pdf,json");
    // As many elements as with a text that holds no markup, and no instruction of a template was followed.
    let (plain, _) = hazard_log_of("Plain.", "html,json");
    assert_eq!(html.matches('<').count(), plain.matches('<').count());
    for text in HOSTILE {
        let escaped = minijinja::HtmlEscape(text).to_string();
        assert!(html.matches(&escaped).count() >= FIELDS.len(), "{text}");
    }
    // Lines of a PDF end anywhere, and a page may end within one of the fields.
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for (pdf, text) in pdf.iter().flat_map(|pdf| HOSTILE.iter().map(|text| (bare(pdf), text))) {
        let found = pdf.matches(&format!("¶{}¶", bare(text))).count();
        assert!(found + 1 >= FIELDS.len(), "{text} stands {found} times in the PDF");
    }
}

#[test]
fn d11_the_only_script_of_a_page_is_the_one_that_its_policy_names() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", "acme-northfield", "BD-15", "<script>alert(1)</script>"]).code(0);
    sandbox.tom(&["render", "acme-northfield", "--to", "packs", "--pack", "all", "--format", "html"]).code(0);
    for (name, bytes) in sandbox.files("packs").into_iter().filter(|(name, _)| name != "index.html") {
        let page = String::from_utf8(bytes).unwrap();
        assert_eq!(page.matches("<script").count(), 1, "{name}");
        let script = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        let hash = tom::model::Digest::of_bytes(script.as_bytes()).base64();
        assert!(page.contains(&format!("script-src 'sha256-{hash}';")), "{name}");
        // Nothing is hidden unless the script does it, and nothing is on paper.
        assert!(
            !page.contains("class=\"filtered") && page.contains("@media screen {\n  .filtered,"),
            "{name}"
        );
    }
}

#[test]
fn d07_what_cannot_be_seen_gets_into_no_pack() {
    let sandbox = Sandbox::example();
    sandbox.replace(
        "assessments/acme-northfield/risks/HAZ-004.toml",
        "title = \"Wrong patient",
        "title = \"Wrong \u{202e}patient",
    );
    let refused = sandbox.tom(&["render", "acme-northfield", "--to", "packs"]).code(2).err;
    assert!(refused.contains("TOM-0104") && refused.contains("U+202E"), "{refused}");
    assert!(!sandbox.path("packs").exists());
}

#[test]
fn d17_templates_of_ones_own_are_limited_and_say_where_they_fail() {
    let sandbox = Sandbox::example();
    let tom = |format: &str| {
        sandbox.tom(&["render", "acme-northfield", "--to", "packs", "--pack", "lineage", "--format", format])
    };
    for (template, says) in [
        ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "fuel"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
        ("{% include 'pack.html' %}", "recursion"),
        ("{% include '../../../etc/passwd' %}", "template not found"),
        ("\n\n{{ risk.sevrity }}", "line 3"),
        ("{{ rsik }}", "a pack has: about"),
    ] {
        sandbox.write("templates/pack.html", template);
        let refused = tom("html").code(2).err;
        assert!(refused.contains(says) && refused.contains("pack.html"), "{template}: {refused}");
    }
    for (template, says) in [
        ("#read(\"/etc/passwd\")", "access denied"),
        ("#read(\"../../etc/passwd\")", "escape"),
        ("#import \"@preview/x:0.1.0\": y", "access denied"),
        ("#datetime.today()", "date"),
        ("\n\n#pack.nothing", "line 3"),
        ("#let grow = \"a\" * 5000000000", "memory"),
    ] {
        sandbox.write("templates/pack.typ", template);
        let refused = tom("pdf").code(2).err;
        assert!(refused.to_lowercase().contains(says), "{template}: {refused}");
    }
    assert!(!sandbox.path("packs").exists(), "nothing is written beside an error");
}

#[test]
fn a04_a_pack_from_changed_templates_says_so_and_ends_with_the_built_in_annex() {
    let sandbox = Sandbox::example();
    sandbox.write("templates/pack.html", "<html><body><p>All is well.</p></body></html>");
    sandbox.write("templates/pack.typ", "All is well.");
    sandbox
        .tom(&["render", "acme-northfield", "--to", "packs", "--pack", "hazard-log", "--format", "html,pdf"])
        .code(0);
    let html = sandbox.read("packs/acme-northfield-hazard-log.html");
    let digest = tom::model::Digest::of_bytes(b"<html><body><p>All is well.</p></body></html>").short();
    assert!(
        html.contains(&format!("Changed templates laid this pack out: pack.html (digest {digest}).")),
        "{html}"
    );
    if let Some(text) = text_of(&sandbox, "packs/acme-northfield-hazard-log.pdf") {
        assert!(text.contains("laid out by changed templates (pack.typ (digest"), "{text}");
        assert!(text.contains("All is well.") && text.contains("IGA-03") && text.contains("NFD-002"));
    }
    sandbox.write("templates/pack.typ", "#set page(header: none)\nAll is well.");
    let args = ["render", "acme-northfield", "--to", "packs", "--pack", "lineage", "--format", "pdf"];
    let refused = sandbox.tom(&args).code(2).err;
    assert!(refused.contains("takes the running head away"), "{refused}");
    for risk in std::fs::read_dir(sandbox.path("assessments/acme-northfield/risks")).unwrap() {
        let name = risk.unwrap().file_name().into_string().unwrap();
        assert!(html.contains(&format!("<strong>{}</strong>", name.trim_end_matches(".toml"))), "{name}");
    }
    assert!(html.contains("id=\"item-IGA-03\""));
    // What is ejected and not changed is tom's own.
    sandbox.git(&["clean", "-qfd", "templates", "packs"]);
    sandbox.tom(&["render", "--eject", "templates"]).code(0);
    sandbox.tom(&["render", "acme-northfield", "--to", "packs", "--pack", "lineage"]).code(0);
    assert!(!sandbox.read("packs/acme-northfield-lineage.html").contains("changed templates"));
}

/// Each byte as a letter: the search for texts is much faster than that for bytes.
fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[test]
fn what_is_the_parents_own_gets_into_no_pack_of_a_descendant() {
    let sandbox = Sandbox::example();
    // Items that are asked anew, and items that start anew.
    let own = ["BD-02", "BD-22", "BD-23", "CA-02", "CA-13", "OG-01", "IGA-09", "CSQ-5-1"];
    for item in own {
        let address = format!("{item}.notes");
        sandbox.tom(&["set", "acme-northfield", &address, &format!("Only Northfield says {item}.")]).code(0);
    }
    sandbox.commit("notes of the parent's own");
    let child =
        ["derive", "acme-northfield", "child", "--title", "A clinic elsewhere", "--risk-prefix", "CHD"];
    sandbox.tom(&[&child[..], &["--set", "BD-02=Elsewhere", "--keep-notes"]].concat()).code(0);
    let render = |name: &str| {
        let args =
            ["render", name, "--to", name, "--pack", "all", "--format", "html,json", "--audience", "full"];
        sandbox.tom(&args).code(0);
        letters(&sandbox.files(name).into_values().flatten().collect::<Vec<u8>>())
    };
    let (parent, child) = (render("acme-northfield"), render("child"));
    for item in own {
        let said = format!("Only Northfield says {item}.");
        assert!(parent.contains(&said) && !child.contains(&said), "{said}");
    }
}

#[test]
fn the_pack_schema_is_that_of_the_model_and_packs_keep_to_it() {
    let schema = tom::render::schema();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = root().join("docs/schemas/pack.schema.json");
    snapbox::Assert::new()
        .action_env("SNAPSHOTS")
        .eq(snapbox::Data::text(text).raw(), snapbox::Data::read_from(&path, None).raw());
    let sandbox = Sandbox::example();
    sandbox.tom(&["render", "--all", "--to", "packs", "--pack", "all", "--format", "json"]).code(0);
    let validator = jsonschema::draft202012::new(schema.as_value()).unwrap();
    let packs = sandbox.files("packs");
    for (name, bytes) in packs.iter().filter(|(name, _)| name.ends_with(".json")) {
        let value = serde_json::from_slice(bytes).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}
