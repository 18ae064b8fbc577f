//! What a user sees for every code, held as text: one case a folder, `tests/golden/CODE-WORDS/`.
//!
//! `case.toml` says how the worked example is changed and which command runs; `expected.txt` is its exit code, what
//! it printed as a result, and what else it said. `SNAPSHOTS=overwrite cargo test --test it golden` renews them: read
//! the difference as a user would before it is committed.

use crate::support::{Ran, Sandbox, root};
use rayon::prelude::*;
use snapbox::{Assert, Data};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Codes whose case cannot be told as changed files, with the test that holds them and why it needs to be one.
const IN_CODE: &[(&str, &str)] = &[
    (
        "TOM-0905",
        "another process has to hold the lock: see `the_lock_of_another_command_is_waited_for_and_then_reported`",
    ),
    (
        "TOM-0955",
        "a child has to be ended: see `d22_a_count_that_asks_for_gigabytes_ends_the_child_and_nothing_else`",
    ),
    (
        "TOM-1003",
        "a text of 32,768 characters: see `d28_what_does_not_fit_into_a_cell_is_an_error_before_writing`",
    ),
    (
        "TOM-1004",
        "a workbook is made: see `a_workbook_of_another_assessment_or_with_an_edited_base_is_refused`",
    ),
    ("TOM-1010", "a workbook is made: see `a_workbook_without_hazards_is_no_hazard_log`"),
    ("TOM-0998", "a full device: see `a_result_that_could_not_be_written_is_never_a_clean_one`"),
    ("TOM-0516", "git has to have merged three sides: see `a_merge_of_three_sides_is_not_passed_over`"),
    ("TOM-0514", "git has to have merged: see `a_merge_by_lines_that_mixed_two_ratings_is_told`"),
];

/// How the worked example is changed, in this order: removed, written, edited, committed.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows.
    about: String,
    /// The command; `check` of the edited deployment if none is given.
    run: Option<Vec<String>>,
    #[serde(default)]
    remove: Vec<Remove>,
    #[serde(default)]
    write: Vec<Write>,
    #[serde(default)]
    edit: Vec<Edit>,
    #[serde(default)]
    commit: bool,
}

/// A file or folder to take away.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    file: String,
}

/// A file to write: its text, its bytes in hexadecimal digits, or only its size.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Write {
    file: String,
    text: Option<String>,
    bytes: Option<String>,
    size: Option<u64>,
}

/// A text to replace where it first stands.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    find: String,
    with: String,
}

/// The cases with their folders, by name.
fn cases() -> Vec<(String, PathBuf)> {
    let mut found: Vec<_> = std::fs::read_dir(root().join("tests/golden"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    found.sort();
    found
}

/// The code that a case's folder names: `TOM-0204` of `TOM-0204-not-an-option`.
fn code_of(name: &str) -> &str {
    name.get(..8).unwrap_or(name)
}

fn bytes_of(write: &Write) -> Vec<u8> {
    match (&write.text, &write.bytes) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(hex)) => {
            let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
            let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
        }
        (None, None) if write.size.is_some() => Vec::new(),
        _ => panic!("{}: write either text or bytes or size", write.file),
    }
}

/// The example, changed as a case says.
fn prepare(case: &Case) -> Sandbox {
    let sandbox = Sandbox::example();
    for Remove { file } in &case.remove {
        let path = sandbox.path(file);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }
    for write in &case.write {
        sandbox.write(&write.file, bytes_of(write));
        if let Some(size) = write.size {
            let file = std::fs::OpenOptions::new().write(true).open(sandbox.path(&write.file)).unwrap();
            file.set_len(size).unwrap();
        }
    }
    for edit in &case.edit {
        sandbox.replace(&edit.file, &edit.find, &edit.with);
    }
    if case.commit {
        sandbox.commit("the case");
    }
    sandbox
}

/// The command of a case.
fn command(case: &Case) -> Vec<String> {
    if let Some(run) = &case.run {
        return run.clone();
    }
    let files = case.edit.iter().map(|edit| &edit.file).chain(case.write.iter().map(|write| &write.file));
    let names: BTreeSet<&str> = files
        .chain(case.remove.iter().map(|remove| &remove.file))
        .map(|file| file.strip_prefix("assessments/").and_then(|file| file.split('/').next()))
        .map(|name| name.unwrap_or_else(|| panic!("a case outside assessments/ says what to run")))
        .collect();
    std::iter::once("check").chain(names).map(str::to_owned).collect()
}

/// What a command did as text, without what differs from run to run or with every change of the example.
fn told(sandbox: &Sandbox, ran: &Ran) -> String {
    let text = format!("exit code {}\n--- stdout\n{}--- stderr\n{}", ran.code.unwrap(), ran.out, ran.err);
    let folder = std::fs::canonicalize(sandbox.path("")).unwrap();
    let text = text.replace(folder.to_str().unwrap(), "[FOLDER]");
    without_digests(&text.replace(sandbox.path("").to_str().unwrap().trim_end_matches('/'), "[FOLDER]"))
}

/// The text with each long run of hexadecimal digits, a digest or a commit, as `[DIGEST]`.
fn without_digests(text: &str) -> String {
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_hex) {
        let length = rest[start..].find(|c| !is_hex(c)).unwrap_or(rest.len() - start);
        out += &rest[..start];
        out += if length < 32 { &rest[start..start + length] } else { "[DIGEST]" };
        rest = &rest[start + length..];
    }
    out + rest
}

/// Compares what a case told with what is held, and gives the difference.
fn compare(name: &str, folder: &Path, told: &str) -> Result<(), String> {
    if !told.contains(&format!("[{}]", code_of(name))) {
        return Err(format!("{name}: {} is not in the output\n{told}", code_of(name)));
    }
    let expected = Data::read_from(&folder.join("expected.txt"), None).raw();
    let assert = Assert::new().action_env("SNAPSHOTS");
    let compared = assert.try_eq(Some(&name), Data::text(told), expected);
    compared.map_err(|error| format!("{name}\n{error}"))
}

/// Compares what a test in code told with the case of its code.
#[track_caller]
pub fn holds(code: &str, sandbox: &Sandbox, ran: &Ran) {
    let (name, folder) = cases().into_iter().find(|(name, _)| code_of(name) == code).unwrap();
    compare(&name, &folder, &told(sandbox, ran)).unwrap_or_else(|wrong| panic!("{wrong}"));
}

fn hold(name: &str, folder: &Path) -> Result<(), String> {
    let text =
        std::fs::read_to_string(folder.join("case.toml")).map_err(|error| format!("{name}: {error}"))?;
    let case: Case = toml::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    assert!(!case.about.is_empty());
    let sandbox = prepare(&case);
    let args = command(&case);
    let ran = sandbox.tom(&args.iter().map(String::as_str).collect::<Vec<_>>());
    compare(name, folder, &told(&sandbox, &ran))
}

#[test]
fn every_finding_is_told_as_it_is_held() {
    let cases = cases();
    let is_told = |name: &str| IN_CODE.iter().all(|(code, _)| *code != code_of(name));
    let wrong: Vec<String> = cases
        .par_iter()
        .filter(|(name, _)| is_told(name))
        .filter_map(|(name, folder)| hold(name, folder).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_golden_case_and_an_explanation() {
    let codes: BTreeSet<&str> = tom::cli::codes::all().iter().map(|code| code.id).collect();
    let cases = cases();
    let held: BTreeSet<&str> = cases.iter().map(|(name, _)| code_of(name)).collect();
    let missing: Vec<_> = codes.difference(&held).collect();
    assert!(missing.is_empty(), "no folder in tests/golden for: {missing:?}");
    let stray: Vec<_> = held.difference(&codes).collect();
    assert!(stray.is_empty(), "no code for these folders of tests/golden: {stray:?}");
    for (name, folder) in &cases {
        let words = name.strip_prefix(code_of(name)).unwrap();
        assert!(words.len() > 2 && words.starts_with('-'), "`{name}` says after the code what it shows");
        assert!(folder.join("expected.txt").is_file(), "{name} has no expected.txt");
    }
    let sandbox = Sandbox::empty();
    for code in tom::cli::codes::all() {
        let page = sandbox.tom(&["explain", code.id]).code(0).out;
        let head = format!("{} ({}): ", code.id, code.severity.as_str());
        assert!(page.starts_with(&head) && page.contains("\n\n"), "{page}");
    }
}

/// TOM-0905. The lock is waited for, so this test takes as long as `tom` waits.
#[test]
fn the_lock_of_another_command_is_waited_for_and_then_reported() {
    let sandbox = Sandbox::example();
    let lock = std::fs::File::create(sandbox.path(".git/tom.lock")).unwrap();
    lock.lock().unwrap();
    let before = sandbox.files("");
    let ran = sandbox.tom(&["set", "acme-northfield", "IGA-03", "No"]);
    assert_eq!(sandbox.files(""), before, "nothing is written without the lock");
    holds("TOM-0905", &sandbox, &ran);
    lock.unlock().unwrap();
    sandbox.tom(&["set", "acme-northfield", "IGA-03", "No"]).code(0);
}

/// TOM-0514. Without tom's driver, git takes the severity of one side and the likelihood of the other.
#[test]
fn a_merge_by_lines_that_mixed_two_ratings_is_told() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/risks/HAZ-004.toml";
    let apart = "[residual]\nseverity = \"Major\"\n";
    sandbox.replace(file, apart, &format!("{apart}# one\n# two\n# three\n# four\n"));
    sandbox.commit("comments");
    sandbox.git(&["checkout", "-q", "-b", "other"]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.likelihood", "Low"]).code(0);
    sandbox.commit("there");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.severity", "Minor"]).code(0);
    sandbox.commit("here");
    sandbox.git(&["merge", "-q", "other", "-m", "merge"]);
    let ran = sandbox.tom(&["check", "--merges", "HEAD~1..HEAD"]);
    let (name, folder) = cases().into_iter().find(|(name, _)| code_of(name) == "TOM-0514").unwrap();
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    compare(&name, &folder, &told(&sandbox, &ran).replace(&commit[..12], "[COMMIT]"))
        .unwrap_or_else(|wrong| panic!("{wrong}"));
}
