//! tom where git calls it, and where it must not call git: hooks, attributes, configuration, signals.

use crate::crash::{can_trace, ended, is_unfinished, moments};
use crate::merge_driver::git_command;
use crate::support::{Ran, Sandbox, run};

const IG: &str = "assessments/acme-northfield/ig.toml";
const RISK: &str = "assessments/acme-northfield/risks/HAZ-004.toml";

fn shell(sandbox: &Sandbox, line: &str) -> Ran {
    run(sandbox.shell_command(line))
}

/// A repository whose hook keeps what a line of tom said.
fn hooked(line: &str) -> Sandbox {
    let sandbox = Sandbox::example();
    hook(&sandbox, ".git/hooks/pre-commit", line);
    sandbox
}

fn hook(sandbox: &Sandbox, path: &str, line: &str) {
    let said = sandbox.path("said").display().to_string();
    sandbox.write(path, format!("#!/bin/sh\n{{ {line}; }} > '{said}' 2>&1\n"));
    sandbox.write(".git/info/exclude", "said\nlinked\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(sandbox.path(path), mode).unwrap();
}

fn edit_two(sandbox: &Sandbox) {
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Another title"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "IGA-03.notes", "Other notes."]).code(0);
}

#[test]
fn b13_a_hook_sees_what_is_about_to_be_committed_and_not_the_rest() {
    let sandbox = hooked("tom diff --staged");
    edit_two(&sandbox);
    sandbox.git(&["add", IG]);
    shell(&sandbox, &format!("git commit -q -m one {RISK}")).code(0);
    let said = sandbox.read("said");
    assert!(said.contains("Another title") && !said.contains("Other notes."), "{said}");
    // The rest is still to be committed, also from another folder.
    shell(&sandbox, "cd assessments/acme-northfield && git commit -q -m two").code(0);
    let said = sandbox.read("said");
    assert!(said.contains("Other notes.") && !said.contains("Another title"), "{said}");
}

#[test]
fn b13_a_hook_sees_the_hunks_that_were_picked() {
    let sandbox = hooked("tom diff --staged");
    let text = sandbox.read(RISK);
    let text = text.replacen("title = \"", "title = \"Picked ", 1);
    let end = text.trim_end().len();
    sandbox.write(RISK, text[..end].to_owned() + "\n\n[causes.C9]\ntext = \"Left for later.\"\n");
    shell(&sandbox, "printf 'y\\nn\\n' | git commit -q -p -m picked").code(0);
    let said = sandbox.read("said");
    assert!(said.contains("Picked") && !said.contains("Left for later."), "{said}");
}

#[test]
fn b13_a_hook_of_a_linked_work_tree_and_a_look_at_another_repository() {
    let other = Sandbox::example();
    let elsewhere = other.path("").display().to_string();
    let sandbox = hooked(&format!("tom diff --staged; tom -C '{elsewhere}' diff --staged"));
    sandbox.git(&["worktree", "add", "-q", "linked", "-b", "other"]);
    let linked = sandbox.path("linked").display().to_string();
    sandbox.tom(&["-C", &linked, "set", "acme-northfield", "HAZ-004.title", "Linked title"]).code(0);
    other.tom(&["set", "acme-northfield", "HAZ-004.title", "Elsewhere"]).code(0);
    other.git(&["add", "-A"]);
    shell(&sandbox, "cd linked && git commit -q -a -m linked").code(0);
    let said = sandbox.read("said");
    let (first, second) = said.split_at(said.find("Elsewhere").unwrap());
    assert!(first.contains("Linked title") && !second.contains("Linked title"), "{said}");
    // Called by hand with git's own words for where things are.
    assert!(shell(&sandbox, "GIT_DIR=nowhere tom list").code(2).out.contains("`nowhere`"));
    let tree = sandbox.path("").display().to_string();
    let line = format!("cd / && GIT_DIR='{tree}/.git' GIT_WORK_TREE='{tree}' tom list");
    assert!(shell(&sandbox, &line).code(0).out.contains("acme-northfield"));
}

#[test]
fn b13_what_is_pushed_is_seen_before_it_is_accepted() {
    let sandbox = Sandbox::example();
    sandbox.git(&["init", "-q", "--bare", "bare"]);
    sandbox.git(&["push", "-q", "bare", "main"]);
    hook(&sandbox, "bare/hooks/pre-receive", "read old new ref; tom diff \"$old..$new\"");
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Pushed title"]).code(0);
    sandbox.git(&["commit", "-q", "-a", "-m", "retitle"]);
    let pushed = shell(&sandbox, "git push -q bare main");
    assert_eq!(pushed.code, Some(0), "{}{}", pushed.out, sandbox.read("said"));
    assert!(sandbox.read("said").contains("Pushed title"), "{}", sandbox.read("said"));
}

#[test]
fn b14_nothing_that_git_is_configured_to_run_is_run() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["git", "install"]).code(0);
    sandbox.commit("install");
    let marker = sandbox.path("ran").display().to_string();
    let touch = format!("touch '{marker}'; false");
    sandbox.write("touch.sh", format!("#!/bin/sh\n{touch}\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(sandbox.path("touch.sh"), mode).unwrap();
    let script = sandbox.path("touch.sh").display().to_string();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.tom.textconv",
        "diff.tom.command",
        "core.sshCommand",
        "core.editor",
        "sequence.editor",
        "gpg.program",
        "credential.helper",
        "filter.x.clean",
        "filter.x.smudge",
        "merge.tom.driver",
        "pager.diff",
        "core.askPass",
        "uploadpack.packObjectsHook",
        "protocol.ext.allow",
    ] {
        sandbox.git(&["config", key, if key.starts_with("protocol") { "always" } else { &script }]);
    }
    sandbox.write(".git/info/attributes", "*.toml filter=x\n");
    for name in ["pre-commit", "post-checkout", "post-index-change", "reference-transaction"] {
        sandbox.write(&format!(".git/hooks/{name}"), format!("#!/bin/sh\n{touch}\n"));
        std::fs::set_permissions(
            sandbox.path(format!(".git/hooks/{name}")),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
    }
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Another"]).code(0);
    for args in [
        &["check"][..],
        &["check", "--merges", "HEAD~1..HEAD"],
        &["status"],
        &["todo"],
        &["diff"],
        &["diff", "HEAD~1..HEAD"],
        &["diff", "--staged"],
        &["log", "acme-northfield"],
        &["blame", "acme-northfield", "HAZ-004"],
        &["lineage"],
        &["update", "--from", "acme-5-1", "--all", "--dry-run"],
        &["update", "--from", "acme-5-1", "--all", "--allow-dirty"],
        &["fmt", "--check"],
        &["git", "install"],
        &["git", "uninstall"],
        &["render", "acme-northfield", "--to", "packs"],
    ] {
        sandbox.tom(args);
        assert!(!sandbox.path("ran").exists(), "{args:?} ran something");
    }
    // The trap works: git itself falls into it.
    let _ = run(git_command(&sandbox, &["status"]));
    assert!(sandbox.path("ran").exists());
}

#[test]
fn b16_attributes_that_hide_or_change_what_git_holds_are_found() {
    let hides = |attributes: &str| {
        let sandbox = Sandbox::example();
        sandbox.tom(&["git", "install"]).code(0);
        sandbox.write(".gitattributes", sandbox.read(".gitattributes") + attributes + "\n");
        let told = sandbox.tom(&["git", "install"]).code(0);
        assert!(told.err.contains(".gitattributes"), "{attributes}: {}", told.all());
        sandbox.tom(&["check"])
    };
    for attributes in [
        "assessments/**/*.toml -diff",
        "assessments/**/*.toml binary",
        "assessments/acme-southmere/risks/HAZ-002.toml linguist-generated",
        "assessments/**/*.toml filter=x",
        "*.toml ident",
        "*.toml working-tree-encoding=UTF-16",
        "assessments/**/*.toml merge=union",
        "assessments/**/*.toml -merge",
        "[attr]quiet -diff\ntom.toml quiet",
        "frameworks/** -diff",
        "assessments/*/approvals/** text",
    ] {
        let found = hides(attributes).code(1);
        assert!(found.out.contains("TOM-0107"), "{attributes}: {}", found.out);
    }
    for attributes in ["# -diff", "assessments/*/*.toml text eol=crlf", "docs/** -diff", "*.rs filter=x"] {
        let sandbox = Sandbox::example();
        sandbox.write(".gitattributes", sandbox.read(".gitattributes") + attributes + "\n");
        let found = sandbox.tom(&["check"]).code(0);
        assert!(!found.out.contains("TOM-0107"), "{attributes}: {}", found.out);
    }
}

#[test]
fn git_is_taught_only_where_tom_can_work() {
    let sandbox = Sandbox::empty();
    sandbox.git(&["init", "-q"]);
    let config = sandbox.read(".git/config");
    let ran = sandbox.tom(&["git", "install"]).code(2);
    assert!(ran.err.contains("tom init"), "{}", ran.err);
    assert_eq!(sandbox.read(".git/config"), config);
    assert!(!sandbox.path(".gitattributes").exists());
}

#[test]
fn c10_a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::example();
    for line in [
        "tom log acme-northfield --format json | head -c 1",
        "tom show acme-northfield --format json | head -c 1",
        "tom check --format json | head -c 1",
        "tom diff acme-northfield --format html | head -c 1",
        "tom --help | head -c 1",
    ] {
        let ran = shell(&sandbox, line).code(0);
        assert_eq!(ran.out.chars().count(), 1, "{line}: {}", ran.out);
    }
}

#[test]
fn c10_a_render_that_is_interrupted_leaves_no_half_file() {
    if !can_trace() {
        return;
    }
    let args = ["render", "acme-northfield", "--format", "html", "--to", "packs"];
    let whole = Sandbox::example();
    let moments = moments(&whole, &args);
    let wanted = whole.files("packs");
    assert!(!wanted.is_empty());
    // As INT does: but a shell that puts the tests into the background has them ignore that.
    let signal = "TERM";
    for call in ["write", "fsync", "rename"] {
        let moment = moments.iter().find(|moment| moment.call.starts_with(call)).unwrap();
        let sandbox = Sandbox::example();
        ended(&sandbox, moment, signal, &args);
        for (path, bytes) in sandbox.files("packs").iter().filter(|(path, _)| !is_unfinished(path)) {
            assert_eq!(wanted.get(path), Some(bytes), "{signal} at {moment:?}: {path} is half a file");
        }
        sandbox.tom(&args).code(0);
        let now = sandbox.files("packs");
        assert!(now == wanted, "{signal} at {moment:?}: {:?} {:?}", now.keys(), wanted.keys());
    }
}
