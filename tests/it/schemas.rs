//! What machines read has a published schema, and keeps to it.

use crate::support::{Sandbox, root};
use std::collections::BTreeSet;

/// A command for each schema, on the worked example.
const REAL: &[(&str, &[&str])] = &[
    ("adopt", &["adopt", "acme-northfield", "--parent", "acme-5-1", "--dry-run"]),
    ("baseline", &["baseline", "acme-northfield", "acme-southmere", "acme-6-0", "--dry-run"]),
    ("blame", &["blame", "acme-northfield", "HAZ-004"]),
    ("check", &["check"]),
    ("derive", &["derive", "acme-northfield", "acme-eastmoor", "--dry-run"]),
    ("diff", &["diff", "acme-southmere"]),
    ("diff", &["diff", "acme-northfield", "acme-southmere"]),
    ("diff", &["diff", "nothing...HEAD"]),
    ("export", &["export", "--all", "--to", "tables"]),
    ("import", &["import", "back.xlsx", "--dry-run"]),
    ("import-risks", &["import-risks", "log.xlsx", "--as", "acme-northfield", "--dry-run"]),
    (
        "hand-over",
        &[
            "hand-over",
            "acme-northfield",
            "--to",
            "deployer",
            "--by",
            "Jo Marsh",
            "--no-pdf",
            "--out",
            "over.zip",
        ],
    ),
    ("hand-over", &["hand-over", "acme-northfield"]),
    ("receive", &["receive", "over.zip", "--by", "Carys Nunn", "--dry-run"]),
    ("impact", &["impact", "acme-northfield", "IGA-10=None"]),
    ("lineage", &["lineage"]),
    ("lineage", &["lineage", "acme-5-1", "--of", "HAZ-009.mitigations.M1"]),
    ("lineage", &["status", "--behind"]),
    ("list", &["list"]),
    ("log", &["log", "acme-northfield"]),
    ("record", &["record", "acme-northfield"]),
    ("show", &["show", "acme-northfield"]),
    ("show", &["show", "acme-southmere", "HAZ-004"]),
    ("status", &["status"]),
    ("status", &["status", "acme-southmere"]),
    ("status-throughput", &["status", "--throughput"]),
    ("todo", &["todo"]),
    ("update", &["update", "--from", "acme-5-1", "--all", "--dry-run"]),
    ("update-framework", &["update", "--framework", "smsp-tom@0.10", "smsp-tom@0.11", "--all", "--dry-run"]),
    ("verify", &["verify", "acme-northfield"]),
];

#[test]
fn published_schemas_are_those_of_the_types() {
    for (command, schema) in tom::cli::schemas() {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = root().join(format!("docs/schemas/{command}.schema.json"));
        snapbox::Assert::new()
            .action_env("SNAPSHOTS")
            .eq(snapbox::Data::text(text).raw(), snapbox::Data::read_from(&path, None).raw());
    }
    let there = std::fs::read_dir(root().join("docs/schemas")).unwrap();
    let files = there.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "json"));
    // The pack has a schema of its own, which `packs.rs` holds.
    assert_eq!(files.count(), tom::cli::schemas().len() + 1, "a schema that no command has");
}

#[test]
fn real_output_keeps_to_its_schema() {
    let (sandbox, orphan) = (crate::upgrade::example(), crate::adopt::orphan());
    for (name, title) in [("acme-5-1", "One"), ("acme-northfield", "Another")] {
        sandbox.tom(&["set", name, "HAZ-012.title", title]).code(0);
    }
    sandbox.commit("both");
    sandbox.tom(&["export", "acme-northfield", "--to", "back.xlsx"]).code(0);
    sandbox.tom(&["export", "acme-northfield", "--format", "hazard-log-xlsx", "--to", "log.xlsx"]).code(0);
    for (command, schema) in tom::cli::schemas() {
        let validator = jsonschema::draft202012::new(schema.as_value()).unwrap();
        let mut real = REAL.iter().filter(|(of, _)| *of == command).peekable();
        assert!(real.peek().is_some(), "`{command}` has a schema and no command that is tried");
        for (_, args) in real {
            let sandbox = if command == "adopt" { &orphan } else { &sandbox };
            let mut out = sandbox.tom(&[args, &["--format", "json"][..]].concat()).out;
            if command == "export" {
                out = sandbox.read("tables/schema.json");
            }
            let value: serde_json::Value =
                serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}"));
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            assert!(errors.is_empty(), "{args:?}: {errors:#?}");
            let mut broken = value;
            broken.as_object_mut().unwrap().remove("schema-version");
            assert!(!validator.is_valid(&broken), "a schema that takes anything says nothing");
        }
    }
}

#[test]
fn every_command_that_writes_json_has_a_schema_that_is_listed() {
    let sandbox = Sandbox::empty();
    let names = |text: &str| -> Vec<String> {
        let commands = text.lines().skip_while(|line| *line != "Commands:").skip(1);
        let lines = commands.take_while(|line| !line.is_empty());
        lines
            .filter_map(|line| {
                Some(
                    line.strip_prefix("  ")
                        .filter(|line| !line.starts_with(' '))?
                        .split_whitespace()
                        .next()?
                        .to_owned(),
                )
            })
            .collect()
    };
    let known: BTreeSet<&str> = tom::cli::schemas().iter().map(|(command, _)| *command).collect();
    let list = std::fs::read_to_string(root().join("docs/schemas/README.md")).unwrap();
    let mut with_json = 0;
    let commands = names(&sandbox.tom(&["--help"]).code(0).out);
    for command in commands.into_iter().filter(|command| command != "help") {
        let help = sandbox.tom(&[&command, "--help"]).code(0).out;
        let format = help.split("--format <").nth(1).unwrap_or_default();
        let format = format.split("[default").next().unwrap_or_default();
        if !format.contains("json") {
            continue;
        }
        with_json += 1;
        // The pack's own schema is held by `packs.rs`.
        let schema = if command == "render" { "pack" } else { &command };
        assert!(command == "render" || known.contains(schema), "`tom {command} --format json` has no schema");
        assert!(list.contains(&format!("({schema}.schema.json)")), "docs/schemas/README.md lacks {schema}");
    }
    assert!(with_json > 15, "{with_json}");
    assert!(known.iter().all(|schema| list.contains(&format!("({schema}.schema.json)"))), "{known:?}");
}
