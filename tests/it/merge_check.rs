//! `tom check --merges`: merges by lines that say something else than their two sides, wherever git leaves a trace of them or none.

use crate::merge_driver::{RISK, branches, git, set};
use crate::support::{Ran, Sandbox, run};

/// The two halves of a rating, far enough apart that git sees no conflict.
fn apart() -> Sandbox {
    let sandbox = Sandbox::example();
    let head = "[residual]\nseverity = \"Major\"\n";
    sandbox.replace(RISK, head, &format!("{head}# one\n# two\n# three\n# four\n"));
    sandbox.commit("comments");
    sandbox
}

const HERE: (&str, &str) = ("HAZ-004.residual.severity", "Minor");
const THERE: (&str, &str) = ("HAZ-004.residual.likelihood", "Low");

fn check(sandbox: &Sandbox, range: &str) -> Ran {
    sandbox.tom(&["check", "--merges", range])
}

#[test]
fn b19_a_merge_that_mixes_a_rating_is_found_though_a_side_renamed_the_deployment() {
    for renames_here in [true, false] {
        let sandbox = apart();
        let rename = |sandbox: &Sandbox| {
            sandbox.git(&["mv", "assessments/acme-northfield", "assessments/north"]);
        };
        branches(
            &sandbox,
            |sandbox| {
                set(HERE.0, HERE.1)(sandbox);
                if renames_here {
                    rename(sandbox);
                }
            },
            |sandbox| {
                set(THERE.0, THERE.1)(sandbox);
                if !renames_here {
                    rename(sandbox);
                }
            },
        );
        let before = check(&sandbox, "main...other").code(1);
        assert!(before.out.contains("HAZ-004.residual"), "{}", before.out);
        assert_eq!(git(&sandbox, &["merge", "-q", "other", "-m", "merge"]).code, Some(0));
        let text = sandbox.read(&RISK.replace("acme-northfield", "north"));
        assert!(text.contains("\"Minor\"\n# one") && text.contains("likelihood = \"Low\""), "git mixed them");
        let found = check(&sandbox, "HEAD~1..HEAD").code(1);
        assert!(found.out.contains("TOM-0514") && found.out.contains("HAZ-004.residual"), "{}", found.out);
        assert!(found.out.contains("1 merge looked at"), "{}", found.out);
        // Whoever looked at it set it, or said that it is right as it is.
        let risk = RISK.replace("acme-northfield", "north");
        sandbox.tom(&["set", "north", "HAZ-004.residual.severity", "Major"]).code(0);
        sandbox.commit("looked at");
        assert!(!check(&sandbox, "HEAD~2..HEAD").code(0).out.contains("TOM-0514"));
        sandbox.git(&["checkout", "-q", "HEAD~1", "--", &risk]);
        sandbox.commit("as the merge had it");
        check(&sandbox, "HEAD~3..HEAD").code(1);
        sandbox
            .tom(&["confirm", "north", "HAZ-004", "--party", "deployer", "--by", "Dr Esther Lyle"])
            .code(0);
        sandbox.commit("confirmed");
        check(&sandbox, "HEAD~4..HEAD").code(0);
    }
}

#[test]
fn b17_what_a_squash_would_mix_is_found_before_it() {
    let sandbox = apart();
    branches(&sandbox, set(HERE.0, HERE.1), set(THERE.0, THERE.1));
    let found = check(&sandbox, "main...other").code(1);
    assert!(
        found.out.contains("HAZ-004.residual") && found.out.contains("as git would make it by lines"),
        "{}",
        found.out
    );
    // Afterwards there is nothing to see.
    sandbox.git(&["merge", "-q", "--squash", "other"]);
    sandbox.commit("squashed");
    let after = check(&sandbox, "HEAD~1..HEAD").code(0);
    assert!(after.out.contains("0 merges looked at"), "{}", after.out);
    let json = sandbox.tom(&["check", "--merges", "main...other", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["merges"], 1);
}

#[test]
fn a_merge_to_come_that_git_would_stop_at_or_that_mixes_nothing_is_no_finding() {
    let sandbox = Sandbox::example();
    branches(&sandbox, set("HAZ-004.title", "Ours"), set("HAZ-004.title", "Theirs"));
    let ran = check(&sandbox, "main...other").code(0);
    assert!(ran.out.contains("1 merge looked at, 1 deployment changed by both sides"), "{}", ran.out);
    assert!(check(&sandbox, "main...main").code(0).out.contains("0 merges looked at"));
    sandbox.git(&["merge", "-q", "-s", "ours", "other", "-m", "merge"]);
    assert!(
        check(&sandbox, "other...main").code(0).out.contains("1 merge looked at"),
        "the commit, and none to come"
    );
}

#[test]
fn a_shallow_clone_says_what_to_fetch_and_never_that_all_is_well() {
    let sandbox = apart();
    branches(&sandbox, set(HERE.0, HERE.1), set(THERE.0, THERE.1));
    assert_eq!(git(&sandbox, &["merge", "-q", "other", "-m", "merge"]).code, Some(0));
    let from = format!("file://{}", sandbox.path("").display());
    for (depth, range) in [("1", "HEAD"), ("2", "HEAD"), ("2", "HEAD~1..HEAD")] {
        let clone = format!("clone-{depth}-{}", range.len());
        sandbox.git(&["clone", "-q", "--depth", depth, &from, &clone]);
        for format in ["text", "json"] {
            let args = ["-C", &clone, "check", "--merges", range, "--format", format];
            let ran = sandbox.tom(&args).code(2);
            assert!(ran.err.contains("git fetch --unshallow"), "{}", ran.all());
            match format {
                "json" => assert!(ran.out.contains("\"status\": \"error\""), "{}", ran.all()),
                _ => assert_eq!(ran.out, "", "{}", ran.all()),
            }
        }
    }
    sandbox.git(&["clone", "-q", "--depth", "5", &from, "deep"]);
    sandbox.tom(&["-C", "deep", "check", "--merges", "HEAD~1..HEAD"]).code(1);
}

#[test]
fn a_merge_of_three_sides_is_not_passed_over() {
    let sandbox = Sandbox::example();
    for (branch, address) in [("one", "HAZ-004.title"), ("two", "HAZ-006.title"), ("docs", "")] {
        sandbox.git(&["checkout", "-q", "-b", branch, "main"]);
        if address.is_empty() {
            sandbox.write("docs/a.md", "a\n");
        } else {
            sandbox.tom(&["set", "acme-northfield", address, "Reworded"]).code(0);
        }
        sandbox.commit(branch);
    }
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "one", "two", "docs", "-m", "all of them"]);
    let ran = check(&sandbox, "HEAD").code(1);
    assert!(ran.out.contains("TOM-0516") && ran.out.contains("more than two parents"), "{}", ran.out);
}

/// git merges file by file, and each of these two files is fine by itself.
#[test]
fn a15_a_confirmation_that_wakes_up_across_files_is_found() {
    let sandbox = Sandbox::example();
    sandbox.git(&["tag", "confirmed"]);
    set("BD-22", "With a cloud provider.")(&sandbox);
    set("IGA-04.notes", "Reworded.")(&sandbox);
    sandbox.commit("both are stale");
    let back = |file: &'static str| {
        move |sandbox: &Sandbox| {
            let path = format!("assessments/acme-northfield/{file}");
            sandbox.git(&["checkout", "-q", "confirmed", "--", &path]);
        }
    };
    branches(&sandbox, back("basic-details.toml"), back("ig.toml"));
    let before = check(&sandbox, "main...other").code(1);
    assert_eq!(git(&sandbox, &["merge", "-q", "other", "-m", "merge"]).code, Some(0));
    let found = check(&sandbox, "HEAD~1..HEAD").code(1);
    for out in [&before.out, &found.out] {
        assert!(out.contains("what held on neither side holds at `IGA-04.confirmed.deployer`"), "{out}");
        assert!(out.contains("what it confirms differs") && out.contains("BD-22 differs"), "{out}");
    }
}

#[test]
fn e06_a_finding_about_a_merge_tells_no_personal_data() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/contacts.toml";
    let text = sandbox.read(file);
    let phone = text.lines().find(|line| line.starts_with("email = ")).unwrap().to_owned();
    let edit = |new: &'static str| {
        let phone = phone.clone();
        move |sandbox: &Sandbox| sandbox.replace(file, &phone, &format!("email = \"{new}\""))
    };
    branches(&sandbox, edit("ada@private.example"), |sandbox| {
        sandbox.replace(file, &phone, "email = \"bob@private.example\"");
    });
    git(&sandbox, &["merge", "-q", "other"]);
    sandbox.git(&["checkout", "-q", "--ours", file]);
    sandbox.replace(file, "ada@private.example", "eve@private.example");
    sandbox.replace(file, "job-title = \"", "job-title = \"Acting ");
    sandbox.commit("merged");
    let ran = sandbox.tom(&["check", "--merges", "HEAD~1..HEAD", "--deny", "warnings"]);
    assert!(!ran.all().contains("private.example"), "{}", ran.all());
    drop(run(sandbox.tom_command(&["check"])));
}
