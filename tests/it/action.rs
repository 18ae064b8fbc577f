//! The GitHub Action: its scripts run with the runner's environment and a forge that is a folder, and its workflows are read.

use crate::support::{Ran, Sandbox, has_tool, root, run};
use comrak::nodes::NodeValue;
use std::path::Path;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const RISK: &str = "assessments/acme-northfield/risks/HAZ-001.toml";

/// A forge that is a folder: what it is asked goes to `calls`, what is written to `body`, its answers are files.
const FORGE: &str = r#"#!/bin/sh
printf '%s\n' "$*" >> forge/calls
case "$*" in
  *"-X PATCH"* | *"-X POST"*) for last; do :; done; cp "$last" forge/body; echo '{}' ;;
  *"-X GET"*) cat forge/search ;;
  */files*) cat forge/files ;;
  */comments*) cat forge/comments ;;
  *) cat forge/pull ;;
esac
"#;

/// Whether the scripts can run here: they need `jq`, which every runner has and not every machine.
pub fn has_jq() -> bool {
    has_tool("jq", std::process::Command::new("jq").arg("--version").output().is_ok())
}

/// What the runner would take for commands in a log.
fn commands(log: &str) -> Vec<&str> {
    let mut stopped: Option<&str> = None;
    let mut found = Vec::new();
    for line in log.lines().map(str::trim) {
        let command =
            line.strip_prefix("::").and_then(|line| line.split_once("::")).map(|(command, _)| command);
        match (stopped, command) {
            (Some(token), Some(command)) if command == token => stopped = None,
            (Some(_), _) => {}
            (None, Some("stop-commands")) => stopped = line.strip_prefix("::stop-commands::"),
            (None, Some(command)) => found.push(command.split(' ').next().unwrap()),
            (None, None) => assert!(!line.contains("##["), "an old command: {line}"),
        }
    }
    assert_eq!(stopped, None, "commands go on after the text");
    found
}

/// Runs a script as a step of a job.
fn step(sandbox: &Sandbox, script: &str, settings: &[(&str, &str)]) -> Ran {
    for file in ["runner/summary", "runner/output"] {
        sandbox.write(file, "");
    }
    let script = root().join("action").join(script);
    let mut command =
        sandbox.shell_command(&format!("PATH=$PWD/forge/bin:$PATH exec bash '{}'", script.display()));
    command
        .env("RUNNER_TEMP", sandbox.path("runner"))
        .env("GITHUB_STEP_SUMMARY", sandbox.path("runner/summary"))
        .env("GITHUB_OUTPUT", sandbox.path("runner/output"))
        .env("GITHUB_EVENT_PATH", sandbox.path("runner/event.json"))
        .env("GITHUB_REPOSITORY", "acme/assessments")
        .env("GITHUB_SERVER_URL", "https://forge.example")
        .envs(settings.iter().copied());
    run(command)
}

/// An output of the last step, read as the runner reads it.
pub fn output(sandbox: &Sandbox, wanted: &str) -> String {
    let text = sandbox.read("runner/output");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (name, end) = line.split_once("<<").expect("an output begins");
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        if name == wanted {
            return value.join("\n");
        }
    }
    panic!("no output {wanted} in {text}");
}

/// The example on `main`, and a branch of it; `runner/` and `forge/` are the machine's, not the repository's.
fn branch() -> Sandbox {
    let sandbox = Sandbox::example();
    sandbox.write(".git/info/exclude", "runner\nforge\n");
    sandbox.git(&["switch", "-q", "-c", "branch"]);
    sandbox
}

pub fn review(sandbox: &Sandbox, more: &[(&str, &str)]) -> Ran {
    let (base, head) = (sandbox.git(&["rev-parse", "main"]), sandbox.git(&["rev-parse", "branch"]));
    let mut settings = vec![("TOM", env!("CARGO_BIN_EXE_tom")), ("BASE", base.trim()), ("HEAD", head.trim())];
    settings.extend(more);
    step(sandbox, "review.sh", &settings).code(0)
}

#[test]
fn e04_a_run_checks_compares_and_renders_and_no_text_is_a_command() {
    if !has_jq() {
        return;
    }
    let sandbox = branch();
    sandbox.replace(
        RISK,
        "[causes.C1]\ntext = \"",
        "[causes.C1]\ntext = \"\\n::add-mask::a\\n##[add-mask]b ",
    );
    sandbox.write("assessments/acme-southmere/::add-mask::c\n::error::d.toml", "= no TOML");
    sandbox.replace("assessments/acme-southmere/ig.toml", "[IGA-03]", "[IGA-03]\n\"\\n::add-mask::e\" = 1");
    sandbox.commit("hostile");
    let ran = review(&sandbox, &[]);
    let found = commands(&ran.out);
    assert!(
        found.contains(&"error") && found.iter().all(|word| ["error", "warning", "notice"].contains(word)),
        "{found:?}"
    );
    assert_eq!(output(&sandbox, "result"), "2", "a deployment could not be read: {}", ran.out);
    assert_eq!(output(&sandbox, "status"), "error");
    let summary = sandbox.read("runner/summary");
    assert!(summary.contains("| check | ✗ errors") && summary.contains("\n**tom: error** · "), "{summary}");
}

#[test]
fn e04_what_a_tool_says_besides_gives_the_runner_no_command_either() {
    if !has_jq() {
        return;
    }
    let sandbox = branch();
    sandbox.write(
        "runner/tom",
        "#!/bin/sh\nprintf '::add-mask::a\\n::stop-commands::b\\n::b::\\n' >&2\nexit 1\n",
    );
    assert_eq!(run(sandbox.shell_command("chmod +x runner/tom")).code, Some(0));
    let tom = sandbox.path("runner/tom");
    let ran = review(&sandbox, &[("TOM", tom.to_str().unwrap())]);
    assert!(ran.out.contains("::add-mask::a"), "it is shown");
    assert_eq!(commands(&ran.out), Vec::<&str>::new());
}

#[test]
fn a_clean_branch_gives_a_report_and_packs_for_the_public() {
    if !has_jq() {
        return;
    }
    let sandbox = branch();
    sandbox.tom(&["set", "acme-northfield", "BD-22", "With a cloud provider in London."]).code(0);
    sandbox.commit("cloud");
    let ran = review(&sandbox, &[]);
    assert_eq!(output(&sandbox, "result"), "0", "{}\n{}", ran.out, sandbox.read("runner/summary"));
    assert_eq!(output(&sandbox, "status"), "changed");
    let files: Vec<String> = sandbox.files("runner/tom-review/packs").into_keys().collect();
    let packs = ["1.html", "1.pdf", "2.html", "2.pdf"].map(|end| format!("acme-northfield-phase-{end}"));
    assert_eq!(files, [&packs[..], &["index.html".to_owned(), "review.html".to_owned()]].concat());
    assert!(sandbox.read("runner/summary").contains(&sandbox.read("runner/tom-review/review.md")));
    review(&sandbox, &[("FAIL_ON", "context")]);
    assert_eq!(output(&sandbox, "result"), "1");
    review(&sandbox, &[("PACKS", "0")]);
    assert_eq!(sandbox.files("runner/tom-review/packs").len(), 1);
}

#[test]
fn b17_a_branch_that_git_would_merge_into_a_mixed_rating_fails_the_run() {
    if !has_jq() {
        return;
    }
    let sandbox = Sandbox::example();
    let head = "[residual]\nseverity = \"Major\"\n";
    let file = "assessments/acme-northfield/risks/HAZ-004.toml";
    sandbox.replace(file, head, &format!("{head}# one\n# two\n# three\n# four\n"));
    sandbox.write(".git/info/exclude", "runner\nforge\n");
    sandbox.commit("comments");
    sandbox.git(&["switch", "-q", "-c", "branch"]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.likelihood", "Low"]).code(0);
    sandbox.commit("there");
    review(&sandbox, &[("PACKS", "0")]);
    let summary = sandbox.read("runner/summary");
    assert!(summary.contains("| merges | ✓ say what their two sides say |"), "{summary}");
    sandbox.git(&["switch", "-q", "main"]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.severity", "Minor"]).code(0);
    sandbox.commit("here");
    sandbox.git(&["switch", "-q", "branch"]);
    let ran = review(&sandbox, &[("PACKS", "0")]);
    let summary = sandbox.read("runner/summary");
    assert!(summary.contains("| merges | ✗ something else than both sides say"), "{summary}");
    assert!(ran.out.contains("HAZ-004.residual"), "{}", ran.out);
    assert_eq!(output(&sandbox, "result"), "1");
}

#[test]
fn e06_a_report_holds_no_personal_data() {
    if !has_jq() {
        return;
    }
    let sandbox = branch();
    let address = "ada.canary@private.example";
    let contacts = sandbox.read("assessments/acme-northfield/contacts.toml");
    let email = contacts.lines().find(|line| line.starts_with("email = ")).expect("the example has contacts");
    sandbox.replace("assessments/acme-northfield/contacts.toml", email, &format!("email = \"{address}\""));
    sandbox.commit("contacts");
    review(&sandbox, &[]);
    let review = sandbox.read("runner/tom-review/review.md");
    assert!(review.contains("personal data, not shown"), "{review}");
    for (path, bytes) in sandbox.files("runner/tom-review") {
        let is_kept = path == "review.md" || path.starts_with("packs/");
        assert!(!is_kept || !String::from_utf8_lossy(&bytes).contains("ada.canary"), "{path}");
    }
}

#[test]
fn e05_policy_gates_and_templates_come_from_the_base() {
    if !has_jq() {
        return;
    }
    let sandbox = branch();
    let settings = sandbox.read("tom.toml");
    sandbox.write("tom.toml", format!("{settings}\n[review]\nfail-on = [\"removed-mitigation\"]\n"));
    sandbox.commit("policy");
    sandbox.git(&["branch", "-f", "main"]);
    sandbox.write("tom.toml", &settings);
    sandbox.write("templates/pack.html", "<p>OWNED");
    let risk = sandbox.read(RISK);
    let at = (risk.find("[mitigations.M2]").unwrap(), risk.find("[mitigations.M3]").unwrap());
    sandbox.write(RISK, format!("{}{}", &risk[..at.0], &risk[at.1..]));
    sandbox.commit("switch the gate off, and do what it forbids");
    review(&sandbox, &[]);
    assert_eq!(output(&sandbox, "result"), "1");
    let summary = sandbox.read("runner/summary");
    assert!(summary.contains("not to pass:** 1 × removed-mitigation"), "{summary}");
    assert!(summary.contains("check by the base's people, policy and frameworks, which this"), "{summary}");
    for (path, bytes) in sandbox.files("runner/tom-review/packs") {
        assert!(!String::from_utf8_lossy(&bytes).contains("OWNED"), "{path}");
    }
    assert_eq!(sandbox.read("tom.toml"), settings, "the branch's own settings are back");
}

/// Runs GitLab's job as its runner does: line by line in one shell that ends at the first error.
pub fn gitlab(sandbox: &Sandbox) -> Ran {
    let from = format!("https://git.example/acme/tom@{COMMIT}");
    let job = Sandbox::empty();
    job.tom(&["init", "--ci", "gitlab", "--from", &from]).code(0);
    let text = job.read(".gitlab/tom.yml");
    let script = text.split_once("  script:\n").unwrap().1.split_once("  artifacts:\n").unwrap().0;
    let lines = script.lines().filter_map(|line| line.trim_start().strip_prefix("- "));
    sandbox.write("runner/script", format!("set -eo pipefail\n{}\n", lines.collect::<Vec<_>>().join("\n")));
    std::fs::create_dir_all(sandbox.path("forge/bin")).unwrap();
    let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tom"), sandbox.path("forge/bin/tom"));
    let mut command = sandbox.shell_command("PATH=$PWD/forge/bin:$PATH exec bash runner/script");
    let base = sandbox.git(&["merge-base", "main", "HEAD"]);
    command.env("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.trim());
    command.env("CI_COMMIT_SHA", sandbox.git(&["rev-parse", "HEAD"]).trim());
    run(command)
}

#[test]
fn e05_on_gitlab_too_what_decides_comes_from_the_base() {
    let sandbox = crate::trust::decided();
    sandbox.write(".git/info/exclude", "runner\nforge\ntom-review\n");
    sandbox.git(&["switch", "-q", "-c", "branch"]);
    sandbox.tom(&["set", "acme-northfield", "BD-22", "With a cloud provider in London."]).code(0);
    sandbox.commit("cloud");
    let ran = gitlab(&sandbox);
    assert_eq!(ran.code, Some(0), "a decision that falls is no error by itself: {}", ran.all());
    assert!(sandbox.read("tom-review/decisions.txt").contains("void"));
    sandbox.git(&["reset", "-q", "--hard", "main"]);
    crate::trust::self_approved(&sandbox);
    gitlab(&sandbox).code(1);
    assert!(sandbox.read("tom-review/base.xml").contains("TOM-0804"));
    assert!(!sandbox.read("tom-review/check.xml").contains("TOM-0804"), "by its own people it is good");
    assert!(sandbox.read("tom-review/decisions.txt").contains("wrong role"));
}

#[test]
fn e05_a_branch_does_not_decide_by_its_own_people_or_frameworks_nor_take_a_decision_away() {
    if !has_jq() {
        return;
    }
    let sandbox = crate::trust::decided();
    sandbox.write(".git/info/exclude", "runner\nforge\n");
    sandbox.git(&["switch", "-q", "-c", "branch"]);
    let decisions = |ends: &str| {
        let summary = sandbox.read("runner/summary");
        assert!(
            summary.contains(&format!("| decisions, by the base's people, policy and frameworks | {ends}")),
            "{summary}"
        );
    };
    sandbox.tom(&["set", "acme-northfield", "BD-22", "With a cloud provider in London."]).code(0);
    sandbox.commit("cloud");
    let ran = review(&sandbox, &[("PACKS", "0")]);
    decisions("✓");
    assert!(ran.out.contains("void"), "{}", ran.out);
    assert_eq!(output(&sandbox, "result"), "0");
    sandbox.git(&["reset", "-q", "--hard", "main"]);
    crate::trust::self_approved(&sandbox);
    let ran = review(&sandbox, &[("PACKS", "0")]);
    decisions("✗");
    let by_base = sandbox.read("runner/summary");
    assert!(by_base.contains("which this branch changes | ✗"), "{by_base}");
    assert!(ran.out.contains("wrong role"), "{}", ran.out);
    assert_eq!(output(&sandbox, "result"), "1");
    // The base's framework asks something that the branch's does not any more.
    sandbox.git(&["reset", "-q", "--hard", "main"]);
    let framework = "frameworks/smsp-tom/0.10/sections/ig.toml";
    sandbox.replace(framework, "options = [", "options = [\"Perhaps\", ");
    sandbox.tom(&["check"]).code(1);
    sandbox.commit("another answer is allowed");
    review(&sandbox, &[("PACKS", "0")]);
    let summary = sandbox.read("runner/summary");
    assert!(
        summary.contains("| check | ✗") && summary.contains("which this branch changes | ✓"),
        "{summary}"
    );
    // The newest decision, which no other names.
    sandbox.git(&["reset", "-q", "--hard", "main"]);
    sandbox.git(&[
        "rm",
        "-q",
        &sandbox.statement("executive"),
        &format!("{}.sig", sandbox.statement("executive")),
    ]);
    sandbox.commit("it never was");
    let ran = review(&sandbox, &[("PACKS", "0")]);
    decisions("✗");
    assert!(crate::trust::flat(&ran.out).contains("was removed"), "{}", ran.out);
}

#[test]
fn a_branch_that_brings_tom_has_no_base_to_be_held_against() {
    let sandbox = Sandbox::example();
    sandbox.git(&["switch", "-q", "--orphan", "old"]);
    sandbox.write("README.md", "nothing yet\n");
    sandbox.git(&["add", "README.md"]);
    sandbox.git(&["commit", "-q", "-m", "before tom"]);
    sandbox.git(&["switch", "-q", "-C", "branch"]);
    sandbox.git(&["checkout", "-q", "main", "--", "."]);
    sandbox.write(".git/info/exclude", "runner\nforge\ntom-review\n");
    sandbox.commit("tom");
    sandbox.git(&["branch", "-f", "main", "old"]);
    let ran = gitlab(&sandbox);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    if has_jq() {
        review(&sandbox, &[("PACKS", "0")]);
        let summary = sandbox.read("runner/summary");
        assert!(!summary.contains("base's people"), "{summary}");
        assert_eq!(output(&sandbox, "result"), "0", "{summary}");
    }
}

#[test]
fn what_could_not_be_compared_is_never_no_change() {
    if !has_jq() {
        return;
    }
    let sandbox = branch();
    review(&sandbox, &[("BASE", COMMIT)]);
    assert_eq!((output(&sandbox, "status").as_str(), output(&sandbox, "result").as_str()), ("error", "2"));
    review(&sandbox, &[("TOM", "no-such-tom")]);
    assert_eq!((output(&sandbox, "status").as_str(), output(&sandbox, "result").as_str()), ("error", "2"));
}

/// A forge with one open pull request, number 7, whose head is [`COMMIT`], and a run with this report.
fn posted(report: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("forge/bin/gh", FORGE);
    assert!(run(sandbox.shell_command("chmod +x forge/bin/gh")).code == Some(0));
    sandbox.write("forge/calls", "");
    sandbox.write("forge/comments", "[]");
    sandbox.write("forge/files", r#"[{"filename": "assessments/a/ig.toml"}]"#);
    sandbox.write("forge/search", r#"[{"number": 7}]"#);
    sandbox.write("forge/pull", pull(COMMIT));
    sandbox.write("runner/event.json", event(r#"[{"number": 7}]"#));
    sandbox.write("runner/tom-comment/review.md", report);
    sandbox
}

fn pull(head: &str) -> String {
    format!(r#"{{"number": 7, "state": "open", "head": {{"sha": "{head}", "repo": {{"id": 5}}}}}}"#)
}

fn event(pulls: &str) -> String {
    format!(
        r#"{{"workflow_run": {{"id": 99, "event": "pull_request", "head_sha": "{COMMIT}", "head_branch": "b; touch owned",
"head_repository": {{"id": 5, "owner": {{"login": "fork"}}}}, "pull_requests": {pulls}}}}}"#
    )
}

const WITH_TOKEN: &[(&str, &str)] = &[("GH_TOKEN", "t"), ("AUTHOR", "github-actions[bot]")];

fn comment(sandbox: &Sandbox) -> Ran {
    let ran = step(sandbox, "comment.sh", WITH_TOKEN);
    assert_eq!(commands(&ran.out), Vec::<&str>::new());
    ran
}

/// The body that was written.
fn body(sandbox: &Sandbox) -> String {
    let json: serde_json::Value = serde_json::from_str(&sandbox.read("forge/body")).unwrap();
    json["body"].as_str().unwrap().to_owned()
}

/// What the filter makes of a report, without the rest of the script.
fn let_through(report: &str) -> String {
    let sandbox = posted(report);
    let filter = root().join("action/comment.jq");
    let settings =
        format!("--arg head {COMMIT} --arg link https://forge.example/runs/99 --argjson own false");
    let line = format!("exec jq -Rrs {settings} -f '{}' runner/tom-comment/review.md", filter.display());
    run(sandbox.shell_command(&line)).code(0).out.trim_end().to_owned()
}

/// A true report about [`COMMIT`].
fn report() -> String {
    let sandbox = branch();
    sandbox
        .tom(&["set", "acme-northfield", "BD-22", "Mail @team, see https://cloud.example\n\nfixes #1"])
        .code(0);
    sandbox.tom(&["set", "acme-northfield", "HAZ-011.initial.likelihood", "High"]).code(0);
    sandbox.commit("cloud");
    let report = sandbox
        .tom(&["diff", "main...branch", "--format", "markdown", "--fail-on", "stale,policy,context"])
        .code(1)
        .out;
    let head = sandbox.git(&["rev-parse", "branch"]);
    report.replace(&head[..12], &COMMIT[..12])
}

#[test]
fn a_true_report_is_posted_as_it_is_and_once() {
    if !has_jq() {
        return;
    }
    let report = report();
    let sandbox = posted(&report);
    comment(&sandbox).code(0);
    let first = body(&sandbox);
    assert!(first.starts_with(report.trim_end()), "not taken for tom's own:\n{first}");
    assert!(first.contains("actions/runs/99") && first.ends_with("<!-- tom-review -->"));
    assert!(sandbox.read("forge/calls").contains("-X POST repos/acme/assessments/issues/7/comments"));
    // Somebody else's comment with our mark, and our own.
    let other = |id: u32, login: &str| serde_json::json!({"id": id, "user": {"login": login}, "body": first});
    sandbox.write(
        "forge/comments",
        serde_json::json!([other(1, "mallory"), other(2, "github-actions[bot]")]).to_string(),
    );
    sandbox.write("forge/calls", "");
    sandbox.write("runner/tom-comment/review.md", report.replace("**tom: changed**", "**tom: unchanged**"));
    comment(&sandbox).code(0);
    let calls = sandbox.read("forge/calls");
    assert!(calls.contains("-X PATCH repos/acme/assessments/issues/comments/2 "), "{calls}");
    assert!(!calls.contains("-X POST") && !calls.contains("comments/1 "), "{calls}");
}

#[test]
fn e02_a_forged_report_is_shown_in_a_fence_and_nothing_of_it_means_anything() {
    if !has_jq() {
        return;
    }
    let report = report();
    let after = |line: &str| report.replacen("\n\n", &format!("\n\n{line}\n\n"), 1);
    let forged = [
        "# APPROVED by @acme/safety".to_owned(),
        report.replace(&COMMIT[..12], "ffffffffffff"),
        after("APPROVED by the authority"),
        after("- fixes #1"),
        after("- ask @team"),
        after("- see https://evil.example"),
        after("- see www.evil.example"),
        after("- closes GH-1"),
        after("- ![x](y)"),
        after("- [x](y)"),
        after("- <img src=x>"),
        after("- <code>a</code>&#64;team"),
        after("- <code>@team</code>"),
        after("- <code><b>x</code>"),
        after("<!-- tom-review -->"),
        after("<!-- hidden"),
        after("</details>"),
        after("<details><summary><code>x</code>: 1 change, compared with <code>y</code></summary>"),
        after("text\n    ```diff\n    x\n\n    @team\n    ```"),
        after("- x\n  - y:\n    ```diff\n    ```\n    @team"),
        after("- x\n  - y:\n    ```diff\n@team\n    ```"),
        after("````\n@team\n"),
        after("::add-mask::a\n::error::b"),
        after(&"`".repeat(5000)),
        "x".repeat(150_000),
        format!("{report}{}", "- <code>x</code>\n".repeat(4000)),
    ];
    for text in forged {
        let body = let_through(&text);
        assert!(
            body.starts_with("**tom: error** · the run left something that is not a report"),
            "passed:\n{text}\n{body}"
        );
        assert!(body.len() <= 60_000, "{}", body.len());
        let mut options = comrak::Options::default();
        options.extension.autolink = true;
        options.extension.table = true;
        let arena = comrak::Arena::new();
        let document = comrak::parse_document(&arena, &body, &options);
        let links = document
            .descendants()
            .filter(|node| matches!(node.data.borrow().value, NodeValue::Link(_)))
            .count();
        assert_eq!(links, 1, "only the run's own:\n{body}");
        for node in document.children() {
            let value = &node.data.borrow().value;
            let is_ours =
                matches!(value, NodeValue::Paragraph | NodeValue::CodeBlock(_) | NodeValue::HtmlBlock(_));
            assert!(is_ours, "{value:?} in\n{body}");
        }
        assert_eq!(
            body.matches("\n<!-- tom-review -->").count(),
            1 + text.matches("\n<!-- tom-review -->").count()
        );
        assert_eq!(document.children().count(), if body.contains("text\n") { 4 } else { 3 }, "{body}");
    }
}

#[test]
fn e02_bytes_that_are_no_text_and_no_report_at_all_are_said_to_be_that() {
    if !has_jq() {
        return;
    }
    let sandbox =
        posted([b"**tom: changed** \xff\xfe\x00\x1b[31m\xe2\x80\xae".as_slice(), b"\n".as_slice()].concat());
    comment(&sandbox).code(0);
    let hostile = body(&sandbox);
    assert!(
        hostile.contains("**tom: error**") && !hostile.contains(['\0', '\u{1b}', '\u{202e}']),
        "{hostile}"
    );
    std::fs::remove_file(sandbox.path("runner/tom-comment/review.md")).unwrap();
    sandbox.write("secret", "secret");
    std::os::unix::fs::symlink(sandbox.path("secret"), sandbox.path("runner/tom-comment/review.md")).unwrap();
    comment(&sandbox).code(0);
    assert!(body(&sandbox).starts_with("**tom: error** · the run left no report"), "a link is no report");
}

#[test]
fn e02_only_the_pull_request_with_the_very_head_gets_the_report() {
    if !has_jq() {
        return;
    }
    let sandbox = posted(report());
    sandbox.write("forge/pull", pull("fedcba9876543210fedcba9876543210fedcba98"));
    let ran = comment(&sandbox).code(0);
    assert!(ran.out.contains("No open pull request has the head"), "{}", ran.out);
    sandbox.write("forge/pull", pull(COMMIT).replace("\"id\": 5", "\"id\": 6"));
    comment(&sandbox).code(0);
    sandbox.write("forge/pull", pull(COMMIT).replace("open", "closed"));
    comment(&sandbox).code(0);
    sandbox.write("forge/pull", pull(COMMIT));
    sandbox.write("runner/event.json", event(r#"[{"number": "7/../8"}]"#));
    comment(&sandbox).code(0);
    assert!(!sandbox.path("forge/body").exists());
    // For a fork the event names none, so it is looked for by its branch, whatever that is called.
    sandbox.write("runner/event.json", event("[]"));
    comment(&sandbox).code(0);
    assert!(
        sandbox.read("forge/calls").contains("head=fork:b; touch owned") && !sandbox.path("owned").exists()
    );
    assert!(sandbox.path("forge/body").exists());
}

#[test]
fn who_changes_the_workflow_is_said_to_have_changed_it() {
    if !has_jq() {
        return;
    }
    let sandbox = posted(report());
    sandbox.write("forge/files", r#"[{"filename": "a"}][{"filename": ".github/workflows/tom.yml"}]"#);
    comment(&sandbox).code(0);
    assert!(body(&sandbox).contains("**This pull request changes files in `.github`"));
}

#[test]
fn without_a_token_the_report_is_in_the_summary() {
    if !has_jq() {
        return;
    }
    let sandbox = posted(report());
    step(&sandbox, "comment.sh", &[("GH_TOKEN", ""), ("AUTHOR", "x")]).code(0);
    let summary = sandbox.read("runner/summary");
    assert!(summary.starts_with("**tom: changed** · ") && summary.contains("There is no token"), "{summary}");
    assert_eq!(sandbox.read("forge/calls"), "");
}

#[test]
fn nothing_is_said_on_a_pull_request_that_changes_nothing() {
    if !has_jq() {
        return;
    }
    let sandbox = branch();
    let same = sandbox.tom(&["diff", "main...branch", "--format", "markdown"]).code(0).out;
    let head = sandbox.git(&["rev-parse", "branch"]);
    let sandbox = posted(same.replace(&head[..12], &COMMIT[..12]));
    let ran = comment(&sandbox).code(0);
    assert!(
        ran.out.contains("Nothing differs by meaning") && !sandbox.path("forge/body").exists(),
        "{}",
        ran.out
    );
}

/// Every workflow and action: the project's own, and those that `tom init` writes.
fn workflows() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in ["action.yml", "action/comment/action.yml", ".github/workflows/ci.yml"] {
        found.push((path.to_owned(), std::fs::read_to_string(root().join(path)).unwrap()));
    }
    let sandbox = Sandbox::empty();
    sandbox.tom(&["init", "--ci", "github", "--from", &format!("acme/tom@{COMMIT}")]).code(0);
    for path in [".github/workflows/tom.yml", ".github/workflows/tom-comment.yml"] {
        found.push((path.to_owned(), sandbox.read(path)));
    }
    found
}

#[test]
fn e03_nothing_is_interpolated_into_a_script_and_e07_everything_is_pinned() {
    for (path, text) in workflows() {
        let mut script_beneath: Option<usize> = None;
        for line in text.lines() {
            let depth = line.len() - line.trim_start().len();
            let line = line.trim_start().trim_start_matches("- ");
            if script_beneath.is_some_and(|beneath| depth <= beneath) {
                script_beneath = None;
            }
            if line.starts_with("run:") {
                script_beneath = Some(depth);
            }
            assert!(script_beneath.is_none() || !line.contains("${{"), "{path}: {line}");
            assert!(!line.contains("pull_request_target") && !line.contains("secrets."), "{path}: {line}");
            if let Some(uses) = line.strip_prefix("uses: ") {
                let commit = uses.split(' ').next().unwrap().rsplit_once('@').unwrap().1;
                assert!(
                    commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()),
                    "{path}: {line}"
                );
            }
        }
    }
    for entry in std::fs::read_dir(root().join("action")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "sh") {
            let text = std::fs::read_to_string(&path).unwrap();
            let is_strict = text.contains("\nset -euo pipefail\n") || path.ends_with("common.sh");
            assert!(
                is_strict && !text.contains("GITHUB_ENV") && !text.contains("GITHUB_PATH"),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn e01_only_the_workflow_that_checks_nothing_out_may_write() {
    for (path, text) in workflows() {
        let may_write = text.contains(": write");
        assert_eq!(may_write, path.ends_with("tom-comment.yml"), "{path}");
        assert!(!may_write || !text.contains("actions/checkout"), "{path}");
        assert!(Path::new(&path).ends_with("action.yml") || text.contains("\npermissions:"), "{path}");
    }
}

#[test]
fn init_writes_workflows_that_are_pinned_and_keeps_those_that_are_there() {
    let sandbox = Sandbox::empty();
    let from = format!("acme/tom@{COMMIT}");
    let refused = |args: &[&str]| {
        let ran = sandbox.tom(args).code(2);
        assert!(ran.err.contains("40 hexadecimal digits"), "{}", ran.err);
    };
    refused(&["init", "--ci", "github"]);
    for from in [
        "acme/tom",
        "acme/tom@main",
        "acme/tom@0123456",
        &format!("a b/c@{COMMIT}"),
        &format!("../c@{COMMIT}"),
    ] {
        refused(&["init", "--ci", "github", "--from", from]);
    }
    refused(&["init", "--ci", "gitlab", "--from", &from]);
    assert!(sandbox.files("").is_empty(), "nothing was written");
    let ran = sandbox.tom(&["init", "--ci", "github", "--from", &from, "--dry-run"]).code(0);
    assert!(
        ran.out.contains("would write .github/workflows/tom-comment.yml") && sandbox.files("").is_empty()
    );
    sandbox.tom(&["init", "--ci", "github", "--from", &from]).code(0);
    assert!(sandbox.read(".github/workflows/tom.yml").ends_with(&format!("- uses: acme/tom@{COMMIT}\n")));
    let ran = sandbox.tom(&["init", "--ci", "github", "--from", &from]).code(0);
    assert!(ran.out.contains("already there"), "{}", ran.all());
    sandbox.write(".github/workflows/tom.yml", "mine\n");
    let ran = sandbox.tom(&["init", "--ci", "github", "--from", &from]).code(0);
    assert!(ran.err.contains("kept .github/workflows/tom.yml"), "{}", ran.all());
    assert_eq!(sandbox.read(".github/workflows/tom.yml"), "mine\n");
    let ran = sandbox
        .tom(&["init", "--ci", "gitlab", "--from", &format!("https://git.example/acme/tom@{COMMIT}")])
        .code(0);
    assert!(ran.err.contains("include:"), "{}", ran.all());
    assert!(sandbox.read(".gitlab/tom.yml").contains("TOM_REPOSITORY: \"https://git.example/acme/tom\"\n"));
}
