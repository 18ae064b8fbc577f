//! What a gate of `tom diff` has to see: everything that a decision rests on, wherever it stands.

use super::*;

/// Phase 1 decided, and phase 2 signed by one, committed; then what is done to it, which has to be seen as a void approval.
#[track_caller]
fn voids(harm: impl Fn(&Sandbox), says: &str) {
    let sandbox = decided();
    harm(&sandbox);
    let ran = sandbox.tom(&["diff", "--fail-on", "approval-void"]).code(1);
    let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains(says), "{}", ran.out);
    sandbox.commit("harm");
    let ran =
        sandbox.tom(&["diff", "HEAD~1..HEAD", "--fail-on", "approval-void", "--format", "json"]).code(1);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(json["gates"][0]["count"].as_u64().unwrap() > 0, "{}", ran.out);
}

#[test]
fn changed_evidence_outside_of_the_assessments_is_seen() {
    let file = "docs/evidence/northfield-data-flow.md";
    voids(|sandbox| sandbox.write(file, "Something else.\n"), "void");
    voids(|sandbox| std::fs::remove_file(sandbox.path(file)).unwrap(), "void");
}

#[test]
fn a_signature_that_is_taken_away_is_seen() {
    let strip = |sandbox: &Sandbox| {
        std::fs::remove_file(sandbox.path(format!("{}.sig", sandbox.statement("executive")))).unwrap();
    };
    voids(strip, "it was verified, and is only claimed, and the policy asks for a signature");
}

#[test]
fn people_who_are_taken_away_are_seen() {
    let harm = |sandbox: &Sandbox| sandbox.replace("tom.toml", "\"Helen Okafor\"", "\"Helen Other\"");
    voids(harm, "by the people and the policy that this change brings");
}

#[test]
fn a_deployment_that_is_removed_takes_its_decisions_with_it() {
    let harm =
        |sandbox: &Sandbox| std::fs::remove_dir_all(sandbox.path("assessments/acme-northfield")).unwrap();
    voids(harm, "its statement is gone");
}

#[test]
fn a_record_or_a_statement_that_cannot_be_read_is_never_no_change() {
    let sandbox = decided();
    sandbox.write("assessments/acme-northfield/record.toml", "[2026-11-20-alive]\nby = \"Jo\"\n");
    let ran = sandbox.tom(&["diff"]).code(2);
    assert!(ran.out.contains("error") && !ran.out.contains("Nothing differs"), "{}", ran.out);
    let sandbox = decided();
    let file = sandbox.statement("executive");
    sandbox.write(&file, sandbox.read(&file) + "\n");
    assert!(sandbox.tom(&["diff"]).code(2).out.contains("not named by its bytes"));
}

#[test]
fn two_events_of_one_day_have_two_names() {
    let sandbox = peopled();
    super::record::record(&sandbox, &["submit", "--phase", "1"]);
    super::record::record(&sandbox, &["return", "--phase", "1", "--text", "Too early"]);
    let ran = sandbox.tom(&["diff", "--format", "json"]).code(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let changes = json["deployments"][0]["changes"].as_array().unwrap();
    let names: Vec<&Value> =
        changes.iter().filter(|c| c["kind"] == "event").map(|change| &change["fingerprint"]).collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[test]
fn a_confirmation_by_another_hand_is_a_change() {
    let sandbox = Sandbox::example();
    let set = ["set", NORTHFIELD, "BD-22", "Cloud in London"];
    sandbox.tom(&set).code(0);
    sandbox.commit("an answer");
    for (party, by) in [("supplier", "Jo Marsh"), ("deployer", "Ann Lee")] {
        sandbox.tom(&["confirm", NORTHFIELD, "BD-22", "--party", party, "--by", by]);
    }
    sandbox.commit("confirmed");
    let ran = sandbox.tom(&["diff", "HEAD~1..HEAD", "--fail-on", "confirmed", "--format", "json"]).code(1);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let changes = json["deployments"][0]["changes"].as_array().unwrap();
    let says: Vec<&str> = changes
        .iter()
        .filter(|change| change["kind"] == "confirmed")
        .map(|change| change["says"].as_str().unwrap())
        .collect();
    assert!(says.iter().any(|says| says.contains("by somebody who is not listed for it")), "{says:?}");
    assert!(says.iter().any(|says| says.contains("brought in by the supplier")), "{says:?}");
}

#[test]
fn an_edited_received_toml_is_an_error_and_never_no_change() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/received.toml";
    sandbox.replace(file, "answer = \"", "answer = \"Not ");
    let ran = sandbox.tom(&["diff"]).code(2);
    assert!(ran.out.contains("received.toml"), "{}", ran.all());
}

#[test]
fn a_decision_that_a_change_voids_is_told_as_such_in_a_terminal_too() {
    let sandbox = decided();
    sandbox.tom(&["set", NORTHFIELD, "IGA-03", "No"]).code(0);
    let out = sandbox.tom(&["diff"]).code(0).out;
    assert!(out.contains("✗ holds no longer: phase 2 executive"), "{out}");
}
