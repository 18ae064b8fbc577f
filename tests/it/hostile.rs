//! Bad input of every kind, each with what it has to say: a clear error or a true result, never a panic, a hang, a
//! control sequence on the terminal, or one broken file that hides the others.
//!
//! Every command here goes through [`tom`], which holds it to an exit code, to a time, and to clean output.

use crate::support::{Ran, Sandbox};
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The deployment that most tests break.
const FOLDER: &str = "assessments/acme-northfield";
/// A section's file of it.
const IG: &str = "assessments/acme-northfield/ig.toml";
/// Longer than any of these commands takes; one that is not back by then hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// Clears the screen, where it reaches a terminal.
const ESCAPE: &str = "a\u{1b}[2Jb";

/// Runs tom to its end, or ends it; whatever it was given, it did not crash and its output is clean.
#[track_caller]
fn tom(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let mut command = sandbox.tom_command(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (said, heard) = mpsc::channel();
    let said_too = said.clone();
    std::thread::spawn(move || said.send((false, read(&mut out))));
    std::thread::spawn(move || said_too.send((true, read(&mut err))));
    let mut ran = Ran { code: None, out: String::new(), err: String::new() };
    for _ in 0..2 {
        match heard.recv_timeout(PATIENCE) {
            Ok((true, text)) => ran.err = text,
            Ok((false, text)) => ran.out = text,
            Err(_) => {
                child.kill().unwrap();
                panic!("{args:?} hangs");
            }
        }
    }
    ran.code = child.wait().unwrap().code();
    assert!(matches!(ran.code, Some(0..=2)), "{args:?}: {:?}\n{}", ran.code, ran.all());
    assert!(!ran.all().contains("panicked"), "{args:?}\n{}", ran.all());
    assert_eq!(controls(&ran.all()), Vec::<char>::new(), "{args:?}\n{:?}", ran.all());
    ran
}

fn read(stream: &mut impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Everything in an output that acts on a terminal, tom's own colours apart.
fn controls(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(tom::syntax::is_hidden) {
        let (c, after) = (rest[at..].chars().next().unwrap(), &rest[at..]);
        let colour = after.strip_prefix("\u{1b}[").and_then(|codes| {
            let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            codes[end..].strip_prefix('m')
        });
        rest = colour.unwrap_or(&after[c.len_utf8()..]);
        if colour.is_none() {
            found.push(c);
        }
    }
    found
}

/// What `check` says of the example with one file of it written anew.
#[track_caller]
fn check_with(file: &str, bytes: impl AsRef<[u8]>) -> Ran {
    rewritten(&Sandbox::example(), file, bytes)
}

/// What `check` says once one file is written anew.
#[track_caller]
fn rewritten(sandbox: &Sandbox, file: &str, bytes: impl AsRef<[u8]>) -> Ran {
    sandbox.write(file, bytes);
    check(sandbox)
}

#[track_caller]
fn check(sandbox: &Sandbox) -> Ran {
    tom(sandbox, &["check", "acme-northfield"])
}

/// What a command said has each of these texts.
#[track_caller]
fn says(ran: &Ran, texts: &[&str]) {
    for text in texts {
        assert!(ran.all().contains(text), "`{text}` is not in\n{}", ran.all());
    }
}

/// What a command said has none of these texts.
#[track_caller]
fn does_not_say(ran: &Ran, texts: &[&str]) {
    for text in texts {
        assert!(!ran.all().contains(text), "`{text}` is in\n{}", ran.all());
    }
}

/// A text of the example's section with an item's answer put in another way.
fn ig_with(answer: &str) -> String {
    let text = std::fs::read_to_string(crate::support::root().join(IG)).unwrap();
    let (before, after) = text.split_once("[IGA-03]\nanswer = \"Yes\"\n").unwrap();
    format!("{before}[IGA-03]\n{answer}\n{after}")
}

/// No file of the sandbox is other than before.
#[track_caller]
fn wrote_nothing(sandbox: &Sandbox, before: &BTreeMap<String, Vec<u8>>, ran: &Ran) {
    assert!(sandbox.files("") == *before, "something was written\n{}", ran.all());
}

fn fifo(sandbox: &Sandbox, path: &str) {
    let _ = std::fs::remove_file(sandbox.path(path));
    assert!(Command::new("mkfifo").arg(sandbox.path(path)).status().unwrap().success());
}

// ── Files that are not what they should be ──

#[test]
fn an_empty_section_is_no_error() {
    says(&check_with(IG, "").code(0), &["no errors"]);
}

#[test]
fn an_empty_deployment_file_names_every_key_that_is_missing() {
    let ran = check_with(&format!("{FOLDER}/deployment.toml"), "").code(1);
    says(&ran, &["TOM-0112", "`id` is missing", "`title` is missing", "`framework` is missing"]);
}

#[test]
fn empty_settings_stop_the_check() {
    says(&check_with("tom.toml", "").code(2), &["TOM-0112", "`framework` is missing", "tom.toml"]);
}

#[test]
fn a_folder_in_place_of_a_file_is_said_to_be_one() {
    for (file, code) in [("tom.toml", 2), (&*format!("{FOLDER}/deployment.toml"), 1), (IG, 1)] {
        let sandbox = Sandbox::example();
        std::fs::remove_file(sandbox.path(file)).unwrap();
        std::fs::create_dir(sandbox.path(file)).unwrap();
        says(
            &check(&sandbox).code(code),
            &["TOM-0003", &format!("`{file}` is a folder, not a regular file")],
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_given_with_their_place() {
    let ran = check_with(IG, b"# caf\xe9\n").code(1);
    says(
        &ran,
        &["TOM-0101", &format!("`{IG}` is not UTF-8 text"), "byte 5 is 0xe9", "save the file as UTF-8"],
    );
    says(
        &check_with("tom.toml", b"\xff").code(2),
        &["TOM-0101", "`tom.toml` is not UTF-8 text", "byte 0 is 0xff"],
    );
}

#[test]
fn utf_16_is_refused_with_and_without_its_mark() {
    let utf16: Vec<u8> = "[IGA-03]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xff\xfe", &*utf16].concat();
    says(&check_with(IG, marked).code(1), &["TOM-0101", "byte 0 is 0xff", "save the file as UTF-8"]);
    says(&check_with(IG, utf16).code(1), &["TOM-0104", "U+0000"]);
}

#[test]
fn a_mark_and_windows_line_ends_are_accepted_and_lines_still_count() {
    let sandbox = Sandbox::example();
    let clean = check(&sandbox).code(0);
    for file in
        ["tom.toml", IG, &format!("{FOLDER}/deployment.toml"), &format!("{FOLDER}/risks/HAZ-012.toml")]
    {
        sandbox.write(file, format!("\u{feff}{}", sandbox.read(file).replace('\n', "\r\n")));
    }
    assert_eq!(check(&sandbox).code(0).out, clean.out);
    let line = 1 + sandbox.read(IG).lines().position(|line| line.starts_with("[IGA-03]")).unwrap();
    sandbox.write(
        IG,
        sandbox.read(IG).replacen("[IGA-03]\r\nanswer = \"Yes\"", "[IGA-03]\r\nanswer = \"Oui\"", 1),
    );
    says(&check(&sandbox).code(1), &["TOM-0204", &format!("{IG}:{}:10", line + 1)]);
}

#[test]
fn a_second_mark_is_an_invisible_character() {
    says(&check_with(IG, "\u{feff}\u{feff}[IGA-03]\n").code(1), &["TOM-0104", "U+FEFF", "⟨U+FEFF⟩"]);
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_unread() {
    let sandbox = Sandbox::example();
    let grow = |path: &str| {
        std::fs::File::create(sandbox.path(path)).unwrap().set_len(100_000_000).unwrap();
    };
    grow(IG);
    says(
        &check(&sandbox).code(1),
        &["TOM-0002", &format!("`{IG}` has 100000000 bytes, more than the 4 MiB")],
    );
    says(&tom(&sandbox, &["set", "acme-northfield", "IGA-03", "No"]).code(2), &["TOM-0002"]);
    grow("tom.toml");
    says(&check(&sandbox).code(2), &["TOM-0002", "`tom.toml` has 100000000 bytes"]);
}

#[test]
fn an_answers_file_of_a_hundred_megabytes_is_refused_unread() {
    let sandbox = Sandbox::example();
    std::fs::File::create(sandbox.path("answers.toml")).unwrap().set_len(100_000_000).unwrap();
    let ran = tom(&sandbox, &["derive", "acme-northfield", "x", "--answers", "answers.toml"]).code(2);
    says(&ran, &["TOM-0002", "`answers.toml` has 100000000 bytes"]);
}

#[test]
fn ten_thousand_levels_of_nesting_are_refused() {
    let n = 10_000;
    let texts = [
        format!("a={}{}", "[".repeat(n), "]".repeat(n)),
        format!("a={}", "[".repeat(n)),
        format!("a={}1{}", "{a=".repeat(n), "}".repeat(n)),
        format!("a={}", "{a=".repeat(n)),
        format!("a{} = 1", ".a".repeat(n)),
        format!("[a{}]\nb = 1", ".a".repeat(n)),
        format!("[[a{}]]\nb = 1", ".a".repeat(n)),
    ];
    let sandbox = Sandbox::example();
    for text in texts {
        let ran = rewritten(&sandbox, IG, &text).code(1);
        says(&ran, &["TOM-0102", "recur", &format!("{IG}:1:")]);
        assert!(ran.out.len() < 5_000, "the line is cut");
    }
}

#[test]
fn a_link_in_place_of_a_file_is_never_followed() {
    let outside = Sandbox::empty();
    for (file, code) in [("tom.toml", 2), (&*format!("{FOLDER}/deployment.toml"), 1), (IG, 1)] {
        let sandbox = Sandbox::example();
        std::fs::rename(sandbox.path(file), outside.path("file.toml")).unwrap();
        symlink(outside.path("file.toml"), sandbox.path(file)).unwrap();
        says(&check(&sandbox).code(code), &["TOM-0003", &format!("`{file}` is a symbolic link")]);
        sandbox.commit("a link");
        says(&tom(&sandbox, &["check", "acme-northfield", "--rev", "HEAD"]).code(code), &["TOM-0003"]);
    }
}

#[test]
fn what_was_received_is_called_broken_or_no_file_and_never_missing() {
    let file = format!("{FOLDER}/received.toml");
    let sandbox = Sandbox::example();
    sandbox.write(&file, sandbox.read(&file) + "\nx = \n");
    let broken = check(&sandbox).code(1);
    says(&broken, &["TOM-0102", &file]);
    does_not_say(&broken, &["TOM-0501", "is missing"]);
    std::fs::remove_file(sandbox.path(&file)).unwrap();
    symlink("../../tom.toml", sandbox.path(&file)).unwrap();
    let link = check(&sandbox).code(1);
    says(&link, &["TOM-0003", &format!("`{file}` is a symbolic link")]);
    fifo(&sandbox, &file);
    let pipe = check(&sandbox).code(1);
    says(&pipe, &["TOM-0003", &format!("`{file}` is a pipe")]);
    does_not_say(&pipe, &["TOM-0501", "did you mean `received.toml`"]);
}

/// Moves a folder out of the repository and leaves a link in its place.
fn lead_out(sandbox: Sandbox, folder: &str) -> (Sandbox, Sandbox) {
    let outside = Sandbox::empty();
    std::fs::rename(sandbox.path(folder), outside.path("moved")).unwrap();
    symlink(outside.path("moved"), sandbox.path(folder)).unwrap();
    (sandbox, outside)
}

#[test]
fn a_link_in_place_of_a_deployments_folder_is_never_read_through() {
    let (sandbox, outside) = lead_out(Sandbox::example(), FOLDER);
    says(
        &tom(&sandbox, &["check"]).code(1),
        &["TOM-0130", "`assessments/acme-northfield` is a symbolic link"],
    );
    let ran = check(&sandbox);
    assert_ne!(ran.code, Some(0), "{}", ran.all());
    let before = outside.files("");
    let ran = tom(&sandbox, &["set", "acme-northfield", "IGA-03", "No"]);
    wrote_nothing(&outside, &before, &ran);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn a_link_in_place_of_any_other_folder_is_never_read_through() {
    let folders =
        ["assessments", "frameworks", "frameworks/smsp-tom", "frameworks/smsp-tom/0.10/rules", "templates"];
    let is_read_through = |folder: &&str| {
        let sandbox = Sandbox::example();
        sandbox.write("templates/pack.html", "from outside");
        let (sandbox, _outside) = lead_out(sandbox, folder);
        tom(&sandbox, &["render", "acme-northfield", "--to", "packs"]).code == Some(0)
    };
    let read_through: Vec<_> = folders.into_iter().filter(is_read_through).collect();
    assert_eq!(read_through, Vec::<&str>::new());
}

#[test]
fn a_link_in_place_of_the_folder_of_risks_is_called_a_link() {
    let (sandbox, _outside) = lead_out(Sandbox::example(), &format!("{FOLDER}/risks"));
    let ran = check(&sandbox).code(1);
    says(&ran, &["`assessments/acme-northfield/risks` is a symbolic link"]);
    does_not_say(&ran, &["did you mean `risks`"]);
}

#[test]
fn evidence_behind_a_link_is_no_evidence() {
    let sandbox = Sandbox::example();
    let outside = Sandbox::empty();
    outside.write("report.md", "somewhere else\n");
    symlink(outside.path(""), sandbox.path("docs/elsewhere")).unwrap();
    sandbox.write(
        IG,
        ig_with("answer = \"Yes\"").replacen(
            "path:docs/evidence/acme-interface-summary.md",
            "path:docs/elsewhere/report.md",
            1,
        ),
    );
    says(&check(&sandbox).code(1), &["TOM-0211", "docs/elsewhere/report.md"]);
}

#[test]
fn a_pipe_in_place_of_a_file_does_not_hang_anything() {
    let files = ["tom.toml", IG, "frameworks/smsp-tom/0.10/sections/ig.toml"];
    let more = ["deployment.toml", "risks/HAZ-012.toml"].map(|file| format!("{FOLDER}/{file}"));
    for file in files.into_iter().chain(more.iter().map(String::as_str)) {
        let sandbox = Sandbox::example();
        fifo(&sandbox, file);
        let ran = check(&sandbox);
        says(&ran, &["TOM-0003", &format!("`{file}` is a pipe")]);
        assert_ne!(ran.code, Some(0));
        for args in [&["list"][..], &["show", "acme-northfield"], &["set", "acme-northfield", "IGA-03", "No"]]
        {
            tom(&sandbox, args);
        }
    }
}

#[test]
fn a_pipe_in_place_of_a_template_does_not_hang() {
    let sandbox = Sandbox::example();
    sandbox.write("templates/other.html", "");
    fifo(&sandbox, "templates/pack.html");
    let ran = tom(&sandbox, &["render", "acme-northfield", "--to", "packs"]).code(2);
    says(&ran, &["TOM-0003", "`templates/pack.html` is a pipe"]);
}

#[test]
fn a_pipe_in_place_of_an_answers_file_does_not_hang() {
    let sandbox = Sandbox::example();
    fifo(&sandbox, "answers.toml");
    let ran = tom(&sandbox, &["derive", "acme-northfield", "x", "--answers", "answers.toml"]).code(2);
    says(&ran, &["`answers.toml`"]);
}

// ── Repositories ──

#[test]
fn without_a_repository_every_command_says_so() {
    let sandbox = Sandbox::example();
    std::fs::remove_dir_all(sandbox.path(".git")).unwrap();
    let commands: [&[&str]; 5] = [
        &["check"],
        &["list"],
        &["show", "acme-northfield"],
        &["derive", "acme-northfield", "x"],
        &["render", "acme-northfield", "--to", "packs"],
    ];
    for args in commands {
        says(&tom(&sandbox, args).code(2), &["TOM-0901", "is in no git repository", "tom init"]);
    }
}

/// The example in a repository without a commit, of a form of its own.
fn uncommitted(form: &[&str]) -> Option<Sandbox> {
    let sandbox = Sandbox::example();
    std::fs::remove_dir_all(sandbox.path(".git")).unwrap();
    let mut git = Command::new("git");
    git.args(["init", "-q", "-b", "main"]).args(form).arg(sandbox.path("")).stderr(Stdio::null());
    git.status().unwrap().success().then_some(sandbox)
}

#[test]
fn a_repository_without_commits_is_checked_and_not_derived_from() {
    let sandbox = uncommitted(&[]).unwrap();
    says(&check(&sandbox).code(0), &["no errors"]);
    let before = sandbox.files("");
    says(&tom(&sandbox, &["check", "--rev", "HEAD"]).code(2), &["TOM-0902", "nothing has been committed"]);
    let ran = tom(&sandbox, &["derive", "acme-northfield", "x", "--at", "HEAD"]).code(2);
    says(&ran, &["nothing has been committed in this repository yet"]);
    let ran = tom(&sandbox, &["derive", "acme-northfield", "x"]).code(2);
    says(&ran, &["commit"]);
    does_not_say(&ran, &["take what is committed with `--at HEAD`"]);
    wrote_nothing(&sandbox, &before, &ran);
}

#[test]
fn a_bare_repository_needs_a_revision_and_says_so() {
    let sandbox = Sandbox::example();
    sandbox.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    let bare = |args: &[&str]| tom(&sandbox, &[&["-C", "bare.git"], args].concat());
    for args in [&["check"][..], &["list"], &["show", "acme-northfield"]] {
        says(&bare(args).code(2), &["bare repository", "--rev main"]);
        says(&bare(&[args, &["--rev", "main"]].concat()).code(0), &["acme-northfield"]);
    }
    bare(&["derive", "acme-northfield", "x"]).code(2);
    bare(&["set", "acme-northfield", "IGA-03", "No"]).code(2);
}

#[test]
fn repositories_of_other_formats_are_refused_with_the_reason() {
    let forms = [("--object-format=sha256", "SHA-256"), ("--ref-format=reftable", "reftable")];
    for (form, word) in forms {
        let Some(sandbox) = uncommitted(&[form]) else {
            skipped(form);
            continue;
        };
        for args in [&["check"][..], &["list"], &["set", "acme-northfield", "IGA-03", "No"]] {
            let ran = tom(&sandbox, args).code(2);
            says(&ran, &["TOM-0901", &format!("{word} repositories are not supported: use `git init")]);
        }
        // Nor is a repository made inside one, or of one.
        std::fs::create_dir(sandbox.path("within")).unwrap();
        for args in [&["init"][..], &["init", "."], &["init", "--dry-run"], &["-C", "within", "init"]] {
            says(
                &tom(&sandbox, args).code(2),
                &["TOM-0901", &format!("{word} repositories are not supported")],
            );
        }
        assert!(!sandbox.path("within/.git").exists());
    }
}

#[expect(clippy::print_stderr, reason = "a test that did not run says so")]
fn skipped(form: &str) {
    eprintln!("skipped: this git has no `git init {form}`");
}

// ── TOML ──

#[test]
fn merge_markers_are_named_as_such() {
    let sandbox = Sandbox::example();
    for marker in ["<<<<<<< HEAD", ">>>>>>> theirs"] {
        let ran = rewritten(&sandbox, IG, ig_with(&format!("answer = \"Yes\"\n{marker}"))).code(1);
        says(&ran, &["TOM-0103", "an unfinished merge stands in the file", marker, "left by git"]);
    }
    let merge = "<<<<<<< HEAD\nanswer = \"Yes\"\n=======\nanswer = \"No\"\n>>>>>>> theirs";
    let ran = rewritten(&sandbox, IG, ig_with(merge)).code(1);
    says(&ran, &["TOM-0103", "<<<<<<< HEAD", "remove the marker lines"]);
}

#[test]
fn duplicate_keys_and_tables_are_pointed_at() {
    for text in [ig_with("answer = \"Yes\"\nanswer = \"No\""), ig_with("answer = \"Yes\"") + "\n[IGA-03]\n"] {
        says(&check_with(IG, text).code(1), &["TOM-0102", "duplicate key", &format!("--> {IG}:")]);
    }
}

/// What `check` says when a date or a number of the contracts reads so.
#[track_caller]
fn check_answer(sandbox: &Sandbox, item: &str, value: &str) -> Ran {
    let file = format!("{FOLDER}/contracts.toml");
    sandbox.git(&["checkout", "-q", "."]);
    sandbox.replace(&file, &format!("[{item}]\nanswer = "), &format!("[{item}]\nanswer = {value} # "));
    check(sandbox).code(1)
}

#[test]
fn dates_that_do_not_exist_are_refused() {
    let sandbox = Sandbox::example();
    for date in ["2026-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31", "26-11-20"] {
        let ran = check_answer(&sandbox, "CA-03", date);
        says(&ran, &[&format!("answer = {date}"), "^^^"]);
        assert!(ran.all().contains("TOM-0102") || ran.all().contains("TOM-0113"), "{}", ran.all());
    }
}

#[test]
fn what_is_no_date_is_called_what_it_is() {
    let sandbox = Sandbox::example();
    for (value, word) in [("\"2026-11-20\"", "a text"), ("20261120", "a whole number"), ("1.5", "a fraction")]
    {
        says(
            &check_answer(&sandbox, "CA-03", value),
            &["TOM-0113", "`answer` has to be a date", &format!("this is {word}")],
        );
    }
    for value in ["2026-11-20T10:00:00Z", "10:00:00"] {
        let ran = check_answer(&sandbox, "CA-03", value);
        says(&ran, &["TOM-0113", "has to be a date"]);
        does_not_say(&ran, &["this is a date"]);
    }
}

#[test]
fn numbers_that_are_no_count_are_refused_and_called_what_they_are() {
    let sandbox = Sandbox::example();
    for value in ["1.5", "1e3", "nan", "inf"] {
        says(
            &check_answer(&sandbox, "CA-15", value),
            &["TOM-0113", "has to be a whole number", "this is a fraction"],
        );
    }
    says(&check_answer(&sandbox, "CA-15", "-1"), &["TOM-0113", "cannot be negative"]);
    for value in ["9223372036854775808", "99999999999999999999"] {
        let ran = check_answer(&sandbox, "CA-15", value);
        says(&ran, &["TOM-0113"]);
        does_not_say(&ran, &["this is a whole number"]);
    }
}

#[test]
fn an_acceptance_without_a_class_is_never_dropped_in_silence() {
    let file = format!("{FOLDER}/risks/HAZ-012.toml");
    for class in ["class = 300", "class = -1", ""] {
        let sandbox = Sandbox::example();
        let acceptance =
            "by = \"Rajan Pillai\"\nrole = \"siro\"\ndigest = \"x\"\non = 2026-11-20\nreason = \"r\"\n";
        sandbox.write(&file, format!("{}\n[acceptance]\n{acceptance}{class}\n", sandbox.read(&file)));
        says(&check(&sandbox).code(1), &["class"]);
    }
}

#[test]
fn a_class_in_the_policy_that_does_not_exist_is_a_finding() {
    let sandbox = Sandbox::example();
    sandbox.write("tom.toml", sandbox.read("tom.toml") + "\n[policy.accept]\nsiro = 999\n");
    let ran = check(&sandbox);
    assert_ne!(ran.code, Some(0), "{}", ran.all());
}

// ── Text that hides something ──

#[test]
fn invisible_characters_are_found_in_values_comments_and_keys_and_shown_as_what_they_are() {
    let sandbox = Sandbox::example();
    for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{ad}', '\u{2028}', '\u{e0041}', '\u{9b}'] {
        let lines =
            [format!("answer = \"Yes\" # a{c}b"), format!("notes = \"a{c}b\""), format!("\"a{c}b\" = 1")];
        for line in lines {
            let ran = rewritten(&sandbox, IG, ig_with(&line)).code(1);
            let code_point = format!("U+{:04X}", u32::from(c));
            says(&ran, &["TOM-0104", &format!("the character {code_point} cannot be seen")]);
            says(&ran, &[&format!("a⟨{code_point}⟩b"), "remove it"]);
        }
    }
}

#[test]
fn control_characters_by_escape_are_found_and_never_printed() {
    let escapes = ["\\u0000", "\\u001b]8;;http://x.example\\u0007", "\\u009b2J", "\\u007f", "\\u202e", "\\b"];
    let meta = format!("{FOLDER}/deployment.toml");
    let sandbox = Sandbox::example();
    for (file, key) in [(IG, "notes"), (&*meta, "title"), ("tom.toml", "name")] {
        let text = sandbox.read(file);
        for escape in escapes {
            sandbox.replace(file, &format!("\n{key} = \""), &format!("\n{key} = \"a{escape}b\" # "));
            let ran = tom(&sandbox, &["check", "acme-northfield", "--color", "always"]).code(1);
            says(&ran, &["TOM-0104", "cannot be seen", escape]);
            for args in [&["show", "acme-northfield"][..], &["list"], &["diff", "acme-northfield"]] {
                tom(&sandbox, &[args, &["--color", "always"]].concat());
            }
            sandbox.write(file, &text);
        }
    }
}

#[test]
fn a_return_that_ends_no_line_is_found_in_a_file_and_shown() {
    says(&check_with(IG, "# a\rb\n").code(1), &["TOM-0104", "U+000D", "a⟨U+000D⟩b"]);
}

#[test]
fn a_return_by_escape_that_ends_no_line_is_found() {
    let text = ig_with("answer = \"Yes\"").replacen("notes = \"", "notes = \"good\\rbad", 1);
    says(&check_with(IG, text).code(1), &["TOM-0104", "U+000D"]);
}

#[test]
fn names_of_files_are_shown_as_what_they_are() {
    let sandbox = Sandbox::example();
    for name in ["\u{1b}]8;;http:x\u{7}.toml", "a\u{202e}b.toml", "a\nb.toml"] {
        sandbox.write(&format!("{FOLDER}/{name}"), "");
        sandbox.write(&format!("{FOLDER}/risks/{name}"), "");
        sandbox.write(&format!("assessments/{name}/deployment.toml"), "");
    }
    for colour in ["always", "never"] {
        let ran = tom(&sandbox, &["check", "--color", colour]).code(1);
        says(&ran, &["TOM-0131", "TOM-0130", "⟨U+202E⟩"]);
        assert!(!ran.out.contains("a\nb.toml"), "a name stands on one line\n{}", ran.out);
    }
}

#[test]
fn hidden_characters_on_the_command_line_are_neither_written_nor_printed() {
    let commands: [&[&str]; 8] = [
        &["set", "acme-northfield", "IGA-03.notes", ESCAPE],
        &["set", "acme-northfield", "IGA-03", ESCAPE],
        &["set", "acme-northfield", "HAZ-004.title", ESCAPE],
        &["confirm", "acme-southmere", "IGA-03", "--party", "supplier", "--by", ESCAPE],
        &["confirm", "acme-southmere", "IGA-03", "--party", "supplier", "--by", "Jo Marsh", "--note", ESCAPE],
        &["new", "x", "--title", ESCAPE],
        &["derive", "acme-northfield", "x", "--title", ESCAPE],
        &["check", "--rev", ESCAPE],
    ];
    let sandbox = Sandbox::example();
    let before = sandbox.files("");
    let mut wrong = Vec::new();
    for args in commands {
        let ran = sandbox.tom(&[args, &["--color", "always"]].concat());
        if ran.code != Some(2) || !controls(&ran.all()).is_empty() || sandbox.files("") != before {
            wrong.push(format!("{args:?}: {:?}\n{:?}", ran.code, ran.all()));
        }
        sandbox.git(&["clean", "-fdq"]);
        sandbox.git(&["checkout", "-q", "."]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn evidence_on_the_command_line_is_held_to_its_form() {
    let sandbox = Sandbox::example();
    let before = sandbox.files("");
    let ran = tom(&sandbox, &["set", "acme-northfield", "IGA-03.evidence", "../../etc/passwd"]);
    wrote_nothing(&sandbox, &before, &ran);
    ran.code(2);
}

// ── One broken file, and many ──

#[test]
fn two_broken_files_in_two_deployments_are_both_reported() {
    let sandbox = Sandbox::example();
    sandbox.write(IG, "[IGA-03\n");
    sandbox.write("assessments/acme-southmere/topology.toml", b"\xff");
    sandbox.replace(&format!("{FOLDER}/contracts.toml"), "answer = 2026-04-01", "answer = \"soon\"");
    let ran = tom(&sandbox, &["check"]).code(1);
    says(
        &ran,
        &["TOM-0102", &format!("--> {IG}:1:"), "TOM-0101", "acme-southmere/topology.toml", "TOM-0113"],
    );
    says(&ran, &["TOM-0503", "3 deployments checked, 3 errors"]);
}

#[test]
fn what_was_not_read_is_not_called_unanswered() {
    let sandbox = Sandbox::example();
    sandbox.write(IG, sandbox.read(IG) + "\nx = \n");
    let ran = tom(&sandbox, &["check", "acme-northfield", "--ready", "2"]).code(1);
    says(&ran, &["TOM-0102"]);
    does_not_say(&ran, &["phase 2 needs `IGA-03`, which is unanswered"]);
}

#[test]
fn a_deployment_that_cannot_be_read_does_not_hide_the_others() {
    let sandbox = Sandbox::example();
    std::fs::create_dir(sandbox.path("assessments/ghost")).unwrap();
    let ran = tom(&sandbox, &["check"]).code(1);
    says(&ran, &["TOM-0130", "assessments/ghost", "TOM-0503"]);
    does_not_say(&ran, &["did you mean `ghost`"]);
    says(&tom(&sandbox, &["list"]).code(0), &["acme-northfield", "cannot be read"]);
}

#[test]
fn a_framework_without_a_matrix_is_told_to_lack_it() {
    let file = "frameworks/smsp-tom/0.10/framework.toml";
    let sandbox = Sandbox::example();
    let text = sandbox.read(file);
    sandbox.write(file, &text[..text.find("[matrix]").unwrap()]);
    says(&check(&sandbox).code(1), &[file, "`matrix` is missing"]);
}

#[test]
fn a_rule_that_reads_nothing_is_pointed_at_and_init_is_no_help() {
    let rules = "frameworks/smsp-tom/0.10/rules/strict.toml";
    let sandbox = Sandbox::example();
    sandbox.replace(rules, "item = \"IGA-02\"", "item = \"IGA-99\"");
    let ran = check(&sandbox).code(1);
    says(&ran, &["TOM-0120", "`IGA-99`", rules]);
    does_not_say(&ran, &["run `tom init`"]);
}

// ── Names ──

#[test]
fn odd_names_in_assessments_are_findings() {
    let names = ["a b", "ünïcode", "CON", "...", "..x", "-rf", "a..b", "A", "a_b", "x:y", "a\\b"];
    let sandbox = Sandbox::example();
    for name in names {
        sandbox.write(&format!("assessments/{name}/deployment.toml"), "");
    }
    sandbox.write("assessments/notes.txt", "");
    sandbox.write("assessments/README.md", "fine\n");
    let ran = tom(&sandbox, &["check"]).code(1);
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        says(&ran, &[&format!("--> assessments/{name}\n")]);
    }
    says(&ran, &["TOM-0130", "is not a deployment name", "`assessments/notes.txt` is not a folder"]);
    does_not_say(&ran, &["README"]);
}

#[test]
fn odd_names_on_the_command_line_lead_nowhere() {
    let sandbox = Sandbox::example();
    let before = sandbox.files("");
    for name in ["..", "../x", "/elsewhere", "a b", "ünï", "CON", "", ".", "a\\b", ESCAPE, &"a".repeat(64)]
    {
        for args in [&["check", name][..], &["new", name], &["derive", "acme-northfield", name]] {
            let ran = tom(&sandbox, args).code(2);
            says(&ran, &["is not a deployment name"]);
            wrote_nothing(&sandbox, &before, &ran);
        }
    }
}

#[test]
fn names_that_windows_reserves_are_refused() {
    let sandbox = Sandbox::example();
    let names = ["con", "aux", "nul", "prn", "com1", "lpt9"];
    let is_taken = |name: &&str| tom(&sandbox, &["new", name, "--dry-run"]).code != Some(2);
    assert_eq!(names.into_iter().filter(is_taken).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_folder_for_packs_that_is_a_file_is_called_that() {
    let sandbox = Sandbox::example();
    let before = sandbox.files("");
    let ran = tom(&sandbox, &["render", "acme-northfield", "--to", "tom.toml"]).code(2);
    wrote_nothing(&sandbox, &before, &ran);
    says(&ran, &["tom.toml"]);
    does_not_say(&ran, &["`acme-northfield-phase-1.html` exists already"]);
}
