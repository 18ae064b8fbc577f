//! Risks and duties that pass to another party.

use super::*;

/// Whether phase 2 lacks something that says so.
fn lacks(sandbox: &Sandbox, words: &str) -> bool {
    let out = sandbox.tom(&["status", NORTHFIELD, "--format", "json"]).out;
    let status: Value = serde_json::from_str(&out).unwrap();
    let phases = status["deployments"][0]["phases"].as_array().unwrap();
    let says = |phase: &Value| {
        phase["gaps"].as_array().unwrap().iter().any(|gap| gap["what"].as_str().unwrap().contains(words))
    };
    assert!(!says(&phases[0]), "phase 1 asks for no risk");
    says(&phases[1])
}

#[track_caller]
fn transfer(sandbox: &Sandbox, rest: &[&str]) {
    sandbox.tom(&[&["transfer", NORTHFIELD, "HAZ-011"], rest].concat()).code(0);
    sandbox.commit("transferred");
}

const LOOK_UP: &str = "assessments/acme-northfield/risks/HAZ-011.toml";
const DUTY: &str = "Ship an audit alert for look-ups without an appointment";

#[test]
fn a_transfer_that_is_not_accepted_keeps_phase_2_from_being_ready() {
    let (supplier, deployer) = both();
    assert!(!lacks(&deployer, "HAZ-011"));
    transfer(&deployer, &["--to", "supplier", "--duty", DUTY]);
    assert!(lacks(&deployer, "the supplier has not accepted the transfer of `HAZ-011`"));
    let todo = deployer.tom(&["todo", NORTHFIELD, "--party", "supplier"]).all();
    assert!(todo.contains("HAZ-011.transfer"), "{todo}");
    // It travels, and so does the answer.
    let taken = pass(&deployer, DEPLOYER, "supplier", &supplier, SUPPLIER);
    assert_eq!(changed(&taken), ["HAZ-011.status", "HAZ-011.transfer"]);
    assert!(lacks(&supplier, "has not accepted"));
    supplier.tom(&["confirm", NORTHFIELD, "HAZ-011", "--party", "supplier", "--by", SUPPLIER]);
    transfer(&supplier, &["--accept", "--by", "Petra Vale"]);
    let taken = pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    assert!(changed(&taken).contains(&"HAZ-011.transfer"), "{taken:#}");
    assert!(!lacks(&deployer, "transfer of `HAZ-011`"));
    assert!(deployer.read(LOOK_UP).contains("says = \"accepted\""));
    // What they took on is what they were asked: another duty is asked anew.
    set(&deployer, NORTHFIELD, "HAZ-011.effect", "Trust is lost.");
    assert!(lacks(&deployer, "`HAZ-011` has changed since the supplier accepted its transfer"));
    transfer(&deployer, &["--take-back"]);
    assert!(!lacks(&deployer, "transfer") && !deployer.read(LOOK_UP).contains("[transfer"));
    deployer.tom(&["check", NORTHFIELD]).code(0);
}

#[test]
fn a_refusal_travels_back_with_its_reason() {
    let (supplier, deployer) = both();
    transfer(&deployer, &["--to", "supplier", "--duty", DUTY, "--duty-only"]);
    assert!(deployer.read(LOOK_UP).contains("status = \"open\""));
    pass(&deployer, DEPLOYER, "supplier", &supplier, SUPPLIER);
    transfer(&supplier, &["--refuse", "Northfield reads the audit trail", "--by", "Petra Vale"]);
    pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    assert!(lacks(
        &deployer,
        "the supplier refused the transfer of `HAZ-011`: Northfield reads the audit trail"
    ));
    let todo = deployer.tom(&["todo", NORTHFIELD, "--party", "deployer"]).all();
    assert!(todo.contains("HAZ-011.transfer"), "{todo}");
    let pack =
        deployer.tom(&["render", NORTHFIELD, "--pack", "hazard-log", "--format", "json", "--to", "out"]);
    assert_eq!(pack.code, Some(0), "{}", pack.all());
    let packs = deployer.files("out");
    let said =
        packs.values().any(|bytes| String::from_utf8_lossy(bytes).contains("refused on 20 November 2026"));
    assert!(said, "{:?}", packs.keys());
}

#[test]
fn nobody_takes_a_risk_on_for_another() {
    let (supplier, deployer) = both();
    transfer(&deployer, &["--to", "supplier", "--duty", DUTY]);
    let ran = deployer.tom(&["transfer", NORTHFIELD, "HAZ-011", "--accept", "--by", DEPLOYER]).code(2);
    assert!(ran.err.contains("TOM-1105") && ran.err.contains("not listed for them"), "{}", ran.err);
    pass(&deployer, DEPLOYER, "supplier", &supplier, SUPPLIER);
    // Written by hand at the deployer's, in the supplier's name: it does not come in.
    transfer(&deployer, &["--accept", "--by", "Petra Vale"]);
    let taken = pass(&deployer, DEPLOYER, "supplier", &supplier, SUPPLIER);
    assert_eq!(taken["own-voices"], serde_json::json!(["HAZ-011.transfer.receipt"]));
    assert!(!supplier.read(LOOK_UP).contains("accepted") && lacks(&supplier, "has not accepted"));
    // A name that nobody lists is only claimed.
    let text = deployer.read(LOOK_UP).replace("by = \"Petra Vale\"", "by = \"Mallory\"");
    deployer.write(LOOK_UP, text);
    let found = deployer.tom(&["check", NORTHFIELD]).all();
    assert!(found.contains("Mallory"), "{found}");
}
