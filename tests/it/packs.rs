//! Packs in every format: what they say, what they leave out, what they may not do.

use crate::support::{Sandbox, root};

const PHASE_2: &str = "packs/acme-northfield-phase-2";

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
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
    assert_eq!(changes["against"], "its state at HEAD");
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

/// Text that would be a program, markup or a page break somewhere.
const HOSTILE: &[&str] = &[
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
    "\t tab",
];

#[test]
fn d15_what_people_wrote_is_text_and_nothing_else() {
    let sandbox = Sandbox::example();
    let text = HOSTILE.join(" ¶ ") + " ¶ " + &"W".repeat(10_000);
    let quoted = serde_json::to_string(&text).unwrap();
    sandbox.replace("assessments/acme-northfield/risks/HAZ-004.toml", "title = \"Wrong", "# ");
    let risk = sandbox.read("assessments/acme-northfield/risks/HAZ-004.toml");
    let risk = risk.replacen("# ", &format!("title = {quoted}\n# "), 1);
    sandbox.write("assessments/acme-northfield/risks/HAZ-004.toml", risk);
    sandbox.tom(&["set", "acme-northfield", "BD-22", &text]).code(0);
    sandbox
        .tom(&[
            "render",
            "acme-northfield",
            "--to",
            "packs",
            "--pack",
            "phase-2",
            "--format",
            "html,pdf,json",
        ])
        .code(0);
    let html = sandbox.read(&format!("{PHASE_2}.html"));
    let escaped = minijinja::HtmlEscape("<script>alert(1)</script>").to_string();
    assert!(html.contains(&escaped) && !html.contains("<script") && !html.contains("<img"));
    assert!(html.contains("{{ 7*7 }}") && !html.contains("> 49 <"));
    assert_eq!(json(&sandbox, &format!("{PHASE_2}.json"))["matrix"]["moves"][3]["title"], text.as_str());
    // A text that looks like a stamp is no stamp.
    for ending in ["html", "pdf"] {
        let bytes = std::fs::read(sandbox.path(format!("{PHASE_2}.{ending}"))).unwrap();
        assert_eq!(tom::render::stamp::find(&bytes).unwrap().deployment, "acme-northfield");
    }
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
    assert!(html.contains("Changed templates laid this pack out: pack.html, pack.typ"));
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

/// Personal data in every place that holds some.
fn plant(sandbox: &Sandbox) -> (Vec<String>, Vec<String>) {
    let folder = "assessments/acme-northfield";
    let names: Vec<String> = (0..12).map(|n| format!("Plantname{n:02} Zzyx")).collect();
    let contacts: Vec<String> = (0..6)
        .map(|n| format!("plantmail{n:02}@zzyx.example"))
        .chain((0..6).map(|n| format!("0163299{n:04}")))
        .collect();
    let mut file = sandbox.read(&format!("{folder}/contacts.toml"));
    for (n, (find, with)) in [
        ("Helen Okafor", &names[0]),
        ("helen.okafor@northfield.example", &contacts[0]),
        ("01632 960201", &contacts[6]),
        ("Carys Nunn", &names[1]),
        ("carys.nunn@northfield.example", &contacts[1]),
        ("01632 960203", &contacts[7]),
        ("Piotr Wren", &names[2]),
        ("piotr.wren@northfield.example", &contacts[2]),
        ("01632 960207", &contacts[8]),
        ("Yvonne Castell", &names[3]),
        ("yvonne.castell@northfield.example", &contacts[3]),
        ("01632 960208", &contacts[9]),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(file.contains(find), "{n}: {find}");
        file = file.replacen(find, with, 1);
    }
    sandbox.write(&format!("{folder}/contacts.toml"), file);
    let risk = format!("{folder}/risks/HAZ-004.toml");
    let text = sandbox.read(&risk).replacen("by = \"Dr Esther Lyle\"", &format!("by = \"{}\"", names[4]), 1);
    sandbox.write(&risk, text.replacen("by = \"Jo Marsh\"", &format!("by = \"{}\"", names[5]), 1));
    // And in what people write freely: everybody who is known, and addresses of anybody.
    let prose = format!("Ask {}.", [&names[..6], &contacts[..6], &contacts[6..10]].concat().join(", or "));
    sandbox.tom(&["set", "acme-northfield", "BD-22", &prose]).code(0);
    sandbox.commit("plant");
    ([&names[..6]].concat(), [&contacts[..10]].concat())
}

#[test]
fn e11_personal_data_is_left_out_of_what_the_audience_may_not_see() {
    let sandbox = Sandbox::example();
    let (names, contacts) = plant(&sandbox);
    let render = |audience: &str| {
        let to = format!("packs-{audience}");
        sandbox
            .tom(&[
                "render",
                "acme-northfield",
                "--to",
                &to,
                "--pack",
                "all",
                "--audience",
                audience,
                "--format",
                "html,json",
            ])
            .code(0);
        sandbox.files(&to).into_values().flatten().collect::<Vec<u8>>()
    };
    let (public, internal, full) = (render("public"), render("internal"), render("full"));
    for name in &names {
        assert!(!contains(&public, name), "{name} is public");
        assert!(contains(&internal, name) && contains(&full, name), "{name} is left out of what may have it");
    }
    for contact in &contacts {
        assert!(!contains(&public, contact) && !contains(&internal, contact), "{contact} is not for them");
        assert!(contains(&full, contact), "{contact} is left out of the full pack");
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
