//! `tom adopt` and `tom baseline`: deployments that were made without `tom derive` find their family.

use crate::support::Sandbox;

const CHILD: &str = "assessments/acme-northfield";

/// The worked example with Northfield's link cut, as if it had been copied by hand.
pub fn orphan() -> Sandbox {
    let sandbox = Sandbox::example();
    let meta = sandbox.read(&format!("{CHILD}/deployment.toml"));
    let mut kept = String::new();
    let mut is_lineage = false;
    for line in meta.lines() {
        if line.starts_with('[') {
            is_lineage = line.starts_with("[derived-from");
        }
        if !is_lineage {
            kept += &format!("{line}\n");
        }
    }
    sandbox.write(&format!("{CHILD}/deployment.toml"), kept);
    std::fs::remove_file(sandbox.path(format!("{CHILD}/received.toml"))).unwrap();
    sandbox.commit("copied by hand");
    sandbox
}

#[test]
fn what_is_equal_counts_as_received_and_what_differs_stays_local() {
    let sandbox = orphan();
    std::fs::remove_file(sandbox.path(format!("{CHILD}/risks/HAZ-009.toml"))).unwrap();
    sandbox.commit("never had it");
    let before = sandbox.files("assessments");
    let dry = sandbox.tom(&["adopt", "acme-northfield", "--parent", "acme-5-1", "--dry-run"]).code(0).out;
    assert_eq!(sandbox.files("assessments"), before);
    assert!(
        dry.contains("would come from acme-5-1") && dry.contains("carried") && dry.contains("HAZ-009"),
        "{dry}"
    );
    sandbox.tom(&["adopt", "acme-northfield", "--parent", "acme-5-1"]).code(0);
    let mut after = sandbox.files("assessments");
    after.remove("acme-northfield/received.toml").unwrap();
    for (path, bytes) in before.iter().filter(|(path, _)| !path.ends_with("northfield/deployment.toml")) {
        assert_eq!(after.get(path), Some(bytes), "{path} is not touched");
    }
    sandbox.tom(&["check"]).code(0);
    sandbox.commit("adopted");
    // What only the parent has comes by the next update, without a question.
    let update = sandbox.tom(&["update", "acme-northfield"]).code(0).out;
    assert!(update.contains("HAZ-009"), "{update}");
    assert!(sandbox.path(format!("{CHILD}/risks/HAZ-009.toml")).exists());
    sandbox.commit("updated");
    sandbox.tom(&["set", "acme-5-1", "HAZ-004.title", "Reworded there"]).code(0);
    sandbox.commit("the parent gains");
    assert!(sandbox.tom(&["update", "acme-northfield"]).all().contains("HAZ-004.title"));
}

#[test]
fn circles_other_versions_and_second_parents_are_refused() {
    let sandbox = Sandbox::example();
    let refused = |args: &[&str], why: &str| {
        let ran = sandbox.tom(args).code(2);
        assert!(ran.err.contains("TOM-0550") && ran.err.contains(why), "{}", ran.err);
    };
    refused(&["adopt", "acme-northfield", "--parent", "acme-5-1"], "already");
    refused(&["adopt", "acme-5-1", "--parent", "acme-southmere"], "circle");
    refused(&["adopt", "acme-5-1", "--parent", "acme-5-1"], "circle");
}

#[test]
fn a_baseline_has_what_all_agree_on_and_nothing_of_anyones_own() {
    let sandbox = Sandbox::example();
    let ran =
        sandbox.tom(&["baseline", "acme-northfield", "acme-southmere", "acme-drafted", "--dry-run"]).code(0);
    assert!(!sandbox.path("assessments/acme-drafted").exists(), "{}", ran.out);
    let ran = sandbox.tom(&["baseline", "acme-northfield", "acme-southmere", "acme-drafted"]).code(0).out;
    assert!(ran.contains("left open"), "{ran}");
    let all: String = sandbox
        .files("assessments/acme-drafted")
        .into_values()
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect();
    for own in ["Northfield", "Southmere", ".confirmed.", "[confirmed.", "[acceptance]"] {
        assert!(!all.contains(own), "{own} is in the draft");
    }
    assert!(all.contains("kind = \"baseline\"") && all.contains("[BD-10]\nanswer = "), "{all}");
    assert!(sandbox.path("assessments/acme-drafted/risks").exists());
    // Where a measure was left out, nobody has rated what remains.
    let check = sandbox.tom(&["check", "acme-drafted"]).all();
    assert!(!check.contains("TOM-0304") && !check.contains("TOM-0306"), "{check}");
    let ran = sandbox.tom(&["baseline", "acme-northfield", "other"]).code(2);
    assert!(ran.err.contains("TOM-0560"), "{}", ran.err);
}
