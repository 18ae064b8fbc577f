//! The rooms of the library import downwards only, and each outside crate has one home.

use std::path::{Path, PathBuf};

/// The rooms, lowest first, each with the rooms that it may import.
const ROOMS: [(&str, &[&str]); 9] = [
    ("model", &[]),
    ("diag", &["model"]),
    ("syntax", &["model", "diag"]),
    ("store", &["model", "diag"]),
    ("project", &["model", "diag", "syntax", "store"]),
    ("ops", &["model", "diag", "syntax", "store", "project"]),
    ("render", &["model", "diag", "syntax", "store", "project", "ops"]),
    ("exchange", &["model", "diag", "syntax", "store", "project", "ops"]),
    ("cli", &["model", "diag", "syntax", "store", "project", "ops", "render", "exchange"]),
];

/// Outside crates that only one room names.
const HOMES: [(&str, &str); 30] = [
    ("annotate_snippets", "cli"),
    ("anstream", "cli"),
    ("anstyle", "cli"),
    ("calamine", "exchange"),
    ("cfb", "exchange"),
    ("comfy_table", "cli"),
    ("getrandom", "cli"),
    ("git2", "store"),
    ("hayro_interpret", "exchange"),
    ("include_dir", "cli"),
    ("indicatif", "cli"),
    ("jiff", "model"),
    ("kurbo", "exchange"),
    ("minijinja", "render"),
    ("rayon", "render"),
    ("quick_xml", "exchange"),
    ("rust_xlsxwriter", "exchange"),
    ("rustix", "store"),
    ("sha1", "store"),
    ("sha2", "model"),
    ("similar", "ops"),
    ("ssh_key", "ops"),
    ("strsim", "diag"),
    ("toml", "syntax"),
    ("unicode_normalization", "syntax"),
    ("zip", "exchange"),
    ("typst", "render"),
    ("typst_kit", "render"),
    ("typst_layout", "render"),
    ("typst_pdf", "render"),
];

fn sources(room: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    files.map(|entry| entry.into_path()).filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

/// The code of a file without its comments and texts.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn names(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + path.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '"')
            && after.is_some_and(|c| c == ':' || c == ';')
    })
}

#[test]
fn imports_point_down() {
    for (room, below) in ROOMS {
        for file in sources(room) {
            let code = code(&file);
            for (other, _) in ROOMS.iter().filter(|(other, _)| *other != room && !below.contains(other)) {
                assert!(
                    !names(&code, &format!("crate::{other}")),
                    "{} imports {other}, which is above {room}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn each_outside_crate_has_one_home() {
    for (name, home) in HOMES {
        for (room, _) in ROOMS.iter().filter(|(room, _)| *room != home) {
            for file in sources(room) {
                assert!(!names(&code(&file), name), "{} names {name}, whose home is {home}", file.display());
            }
        }
    }
}

#[test]
fn the_binary_is_three_lines() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs");
    let code = code(&main);
    assert!(code.lines().filter(|line| !line.trim().is_empty()).count() <= 3, "{code}");
}
