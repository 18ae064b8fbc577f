//! `tom git install`: git's own commands speak in meaning, and go on working without tom.

use crate::support::{Ran, Sandbox, run};

const RISK: &str = "assessments/acme-northfield/risks/HAZ-004.toml";

fn shell(sandbox: &Sandbox, line: &str) -> Ran {
    run(sandbox.shell_command(line)).code(0)
}

fn installed() -> Sandbox {
    let sandbox = Sandbox::example();
    sandbox.tom(&["git", "install"]).code(0);
    sandbox.commit("install");
    sandbox
}

/// The lines that a difference takes away and puts in.
fn changed(diff: &str) -> Vec<&str> {
    let is_change =
        |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---");
    diff.lines().filter(is_change).collect()
}

#[test]
fn git_diff_log_and_show_speak_in_meaning() {
    let sandbox = installed();
    let text = sandbox.read(RISK).replace("severity = \"Major\"", "severity='Major' # as it was");
    sandbox.write(
        RISK,
        format!("# a remark\n{}", text.replacen("likelihood = \"Very Low\"", "likelihood = 'Low'", 1)),
    );
    let wanted = ["-HAZ-004.residual.likelihood = Very Low", "+HAZ-004.residual.likelihood = Low"];
    assert_eq!(changed(&shell(&sandbox, "git diff").out), wanted);
    sandbox.commit("raise");
    for command in ["git show", "git log -p -1"] {
        assert_eq!(changed(&shell(&sandbox, command).out), wanted, "{command}");
    }
    assert!(
        changed(&shell(&sandbox, "git show --no-textconv").out).len() > 2,
        "the file itself is there to be seen"
    );
}

#[test]
fn git_goes_on_without_tom_and_shows_what_is_no_toml_as_it_is() {
    let sandbox = installed();
    sandbox.replace(RISK, "likelihood = \"Very Low\"", "likelihood = \"Low\"");
    let without = shell(&sandbox, "PATH=/usr/bin:/bin git diff").out;
    assert_eq!(changed(&without), ["-likelihood = \"Very Low\"", "+likelihood = \"Low\""]);
    sandbox.write(RISK, "= not TOML\n");
    assert!(shell(&sandbox, "git diff").out.contains("+= not TOML"));
}

#[test]
fn install_adds_only_what_is_missing_and_uninstall_takes_only_its_own() {
    let sandbox = Sandbox::example();
    let config = sandbox.read(".git/config");
    sandbox.tom(&["git", "install", "--dry-run"]).code(0);
    assert_eq!(sandbox.read(".git/config"), config);
    sandbox.tom(&["git", "install"]).code(0);
    let attributes = sandbox.read(".gitattributes");
    assert!(
        attributes.contains("*.toml text eol=lf\n")
            && attributes.ends_with("assessments/**/*.toml merge=tom\ntom.toml merge=tom\n")
    );
    assert!(sandbox.tom(&["git", "install"]).code(0).out.contains("already there"));
    assert_eq!(sandbox.read(".gitattributes"), attributes);
    assert!(!sandbox.path(".gitconfig").exists(), "nothing is written outside of the repository");
    sandbox.tom(&["git", "uninstall"]).code(0);
    assert!(!sandbox.read(".git/config").contains("textconv"));
    sandbox.git(&["config", "diff.tom.textconv", "mine"]);
    let ran = sandbox.tom(&["git", "install"]).code(0);
    assert!(ran.err.contains("kept"), "{}", ran.all());
    sandbox.tom(&["git", "uninstall"]).code(0);
    assert!(sandbox.read(".git/config").contains("textconv = mine"));
}

#[test]
fn a_text_conversion_lists_what_a_file_says_in_one_way() {
    let sandbox = Sandbox::empty();
    let list = |text: &str| {
        sandbox.write("IG.toml", text);
        sandbox.tom(&["git", "textconv", "IG.toml"]).code(0).out
    };
    let one =
        list("# c\n[IGA-03]\nanswer = 'Yes'\nevidence = ['ref:b', 'ref:a']\nnotes = \"\"\"\na\nb\n\"\"\"\n");
    assert_eq!(
        one,
        "IGA-03.answer = Yes\nIGA-03.evidence:\n    - ref:a\n    - ref:b\nIGA-03.notes:\n    a\n    b\n"
    );
    let two =
        "IGA-03.notes = \"a\\nb\"\r\nIGA-03.evidence = [ \"ref:a\", \"ref:b\" ]\r\nIGA-03.answer = \"Yes\"";
    assert_eq!(list(two), one);
    assert!(list("k = \"\\u001b[31m\"").contains("⟨U+001B⟩"), "no control sequence reaches a terminal");
}
