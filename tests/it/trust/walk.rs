//! The process of an assessment from first paper to live use: doing what comes next voids nothing that came before.

use super::record::{record, stages};
use super::*;

/// Makes sure that every statement there is stands.
#[track_caller]
fn stands(sandbox: &Sandbox, step: &str) {
    sandbox.commit(step);
    let verified = sandbox.verify(0, &[]);
    assert!(states(&verified).iter().all(|(_, state)| state == "valid"), "after {step}: {verified:#}");
}

#[track_caller]
fn set(sandbox: &Sandbox, item: &str, value: &str, party: &str, by: &str) {
    sandbox.tom(&["set", NORTHFIELD, item, value, "--party", party, "--by", by]).code(0);
}

/// Phase 1 is approved with an agreement to follow; then everything else, in the order of the published process.
fn walk(first_of_type: &str) {
    let sandbox = peopled();
    // Before anything is decided: the papers say which process it is, and no agreement is signed yet.
    for (item, value) in [("BD-14", first_of_type), ("CA-05", "No"), ("OG-04", "No")] {
        sandbox.tom(&["set", NORTHFIELD, item, value]).code(0);
    }
    for item in ["CA-06", "CA-07", "CA-08"] {
        let (file, text) = ("assessments/acme-northfield/contracts.toml", format!("[{item}]"));
        let was = sandbox.read(file);
        let (before, rest) = was.split_once(&text).unwrap();
        let next = rest.find("\n# ").unwrap();
        sandbox.write(file, format!("{before}{text}\n{}", &rest[next..]));
    }
    for (party, by) in [("supplier", "Jo Marsh"), ("deployer", "Ben Tarrant")] {
        sandbox.tom(&["confirm", NORTHFIELD, "--all", "--party", party, "--by", by]);
    }
    sandbox.commit("papers");
    assert_eq!(stages(&sandbox), ["assessing", "ready", "ready"]);
    // P1 to P3: usage and settings.
    record(&sandbox, &["submit", "--phase", "1"]);
    stands(&sandbox, "phase 1 papers in");
    assert_eq!(stages(&sandbox), ["assessing", "submitted", "ready"]);
    let mut yes = YES;
    yes[1] = "approved-dsa-needed";
    let ran = sandbox.decide("marian-holt", 1, &yes);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    stands(&sandbox, "phase 1 approved, an agreement to follow");
    assert_eq!(
        phase(&sandbox.verify(0, &[]), 1),
        "approved with conditions".replace(" with conditions", "").replace("approved", "conditional")
    );
    assert_eq!(stages(&sandbox), ["assessing", "conditional", "ready"]);
    // M3, M4: the deployer completes and signs, with those whom the outcomes ask for.
    for id in ["helen-okafor", "rajan-pillai", "esther-lyle", "petra-vale"] {
        let ran = sandbox.decide(id, 2, &["--outcome", "approved"]);
        assert_eq!(ran.code, Some(0), "{id}: {}", ran.all());
        stands(&sandbox, id);
    }
    assert_eq!(stages(&sandbox), ["assessing", "conditional", "signed"]);
    // It is sent off, comes back with a query, is answered and sent off again; then what is filled in after the deployer's signature.
    record(&sandbox, &["submit", "--phase", "2"]);
    stands(&sandbox, "phase 2 submitted");
    record(&sandbox, &["return", "--phase", "2", "--query", "IGA-16=Which system is it?"]);
    stands(&sandbox, "phase 2 returned");
    assert_eq!(stages(&sandbox)[2], "returned");
    record(&sandbox, &["reply", "IGA-16=None: see the flow diagram."]);
    stands(&sandbox, "answered");
    record(&sandbox, &["submit", "--phase", "2"]);
    stands(&sandbox, "phase 2 submitted again");
    assert_eq!(stages(&sandbox)[2], "submitted");
    set(&sandbox, "AS-01", "Yes", "supplier", "Jo Marsh");
    stands(&sandbox, "sent off for audit");
    // M5, M8: accepted. M6: the throughput is agreed, and who agreed it is filled in.
    sandbox.decide("owen-frith", 2, &["--outcome", "approved"]).code(0);
    stands(&sandbox, "throughput agreed");
    for (item, value) in [("CA-18", "2026-11-20"), ("CA-19", "Owen Frith"), ("CA-20", "Service owner")] {
        sandbox.tom(&["set", NORTHFIELD, item, value]).code(0);
    }
    stands(&sandbox, "throughput filled in");
    sandbox.decide("marian-holt", 2, &["--outcome", "approved"]).code(0);
    stands(&sandbox, "accepted");
    assert_eq!(stages(&sandbox), ["deploying", "conditional", "approved"]);
    let lacks = super::record::standing(&sandbox)["lacks"].to_string();
    assert!(lacks.contains("a condition of the approval is open"), "{lacks}");
    assert_eq!(lacks.contains("certificate"), first_of_type == "Yes", "{lacks}");
    // The agreement that stood open is signed.
    for (item, value) in [
        ("CA-05", "Yes"),
        ("CA-06", "DSA-2026-118"),
        ("CA-07", "2026-11-20"),
        ("CA-08", "2028-11-19"),
        ("OG-04", "Yes"),
    ] {
        sandbox.tom(&["set", NORTHFIELD, item, value]).code(0);
    }
    stands(&sandbox, "the agreement is signed");
    // JOIN, endpoint, deployment, live; a first of type is verified in use before it is assured.
    if first_of_type == "Yes" {
        record(&sandbox, &["certificate", "--status", "awaiting", "--reference", "TC-118"]);
    }
    for step in ["requested", "approved", "notified"] {
        record(&sandbox, &["endpoint", step]);
    }
    stands(&sandbox, "endpoint notified");
    record(&sandbox, &["live"]);
    stands(&sandbox, "live");
    let live = if first_of_type == "Yes" { "verifying" } else { "live" };
    assert_eq!(stages(&sandbox), [live, "conditional", "approved"]);
    record(&sandbox, &["verified", "--text", "Two weeks without a finding"]);
    stands(&sandbox, "verified");
    let live = if first_of_type == "Yes" { "assured" } else { "live" };
    assert_eq!(stages(&sandbox)[0], live);
    // The years after: renewals, new people, new confirmations.
    for (item, value) in [("BD-07", "2026-10-01"), ("BD-08", "2026-10-02"), ("BD-05", "2026-11-20")] {
        sandbox.tom(&["set", NORTHFIELD, item, value]).code(0);
    }
    sandbox.replace("assessments/acme-northfield/contacts.toml", "name = \"", "name = \"Dr ");
    sandbox.tom(&["confirm", NORTHFIELD, "--all", "--party", "deployer", "--by", "Ben Tarrant"]);
    stands(&sandbox, "renewed");
    // An agreement that nobody decided on is no renewal: it voids the decisions over the whole assessment, and which item did it is said.
    sandbox.tom(&["set", NORTHFIELD, "CA-02", "DSFC-XNF01-2030"]).code(0);
    let verified = sandbox.verify(1, &[]);
    for one in verified["statements"].as_array().unwrap() {
        let voids = one["phase"] == 2 && one["role"] != "service-owner";
        assert_eq!(one["state"] == "void", voids, "{one:#}");
        let leaves = serde_json::json!(["CA-02.answer"]);
        assert!(!voids || one["reasons"][0]["leaves"] == leaves, "{one:#}");
    }
    sandbox.tom(&["set", NORTHFIELD, "CA-02", "DSFC-XNF01-2026"]).code(0);
    stands(&sandbox, "the agreement that was decided on");
    // A changed use is none of these.
    sandbox.tom(&["set", NORTHFIELD, "BD-21", "For something else."]).code(0);
    let void = sandbox.states(1, &[]).into_iter().filter(|(_, state)| state == "void").count();
    assert_eq!(void, 6, "everything but the throughput");
    assert_eq!(stages(&sandbox)[0], "change-pending");
}

#[test]
fn doing_what_comes_next_voids_nothing_in_a_first_of_type() {
    walk("Yes");
}

#[test]
fn doing_what_comes_next_voids_nothing_after_a_first_of_type() {
    walk("No");
}
