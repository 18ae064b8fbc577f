//! What machines read has a published schema, and keeps to it.

use crate::support::{Sandbox, root};

/// A command for each schema, on the worked example.
const REAL: &[(&str, &[&str])] = &[
    ("blame", &["blame", "acme-northfield", "HAZ-004"]),
    ("check", &["check"]),
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
    let sandbox = Sandbox::example();
    sandbox.tom(&["export", "acme-northfield", "--to", "back.xlsx"]).code(0);
    sandbox.tom(&["export", "acme-northfield", "--format", "hazard-log-xlsx", "--to", "log.xlsx"]).code(0);
    for (command, schema) in tom::cli::schemas() {
        let validator = jsonschema::draft202012::new(schema.as_value()).unwrap();
        let mut real = REAL.iter().filter(|(of, _)| *of == command).peekable();
        assert!(real.peek().is_some(), "`{command}` has a schema and no command that is tried");
        for (_, args) in real {
            let mut out = sandbox.tom(&[args, &["--format", "json"][..]].concat()).out;
            if command == "export" {
                out = sandbox.read("tables/schema.json");
            }
            let value: serde_json::Value = serde_json::from_str(&out).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            assert!(errors.is_empty(), "{args:?}: {errors:#?}");
            let mut broken = value;
            broken.as_object_mut().unwrap().remove("schema-version");
            assert!(!validator.is_valid(&broken), "a schema that takes anything says nothing");
        }
    }
}
