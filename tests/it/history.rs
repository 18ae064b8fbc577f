//! `tom log` and `tom blame`: who moved what, when, and in which ancestor it began.

use crate::support::Sandbox;
use serde_json::Value;
use std::collections::BTreeSet;

const FILE: &str = "assessments/acme-northfield/risks/HAZ-004.toml";

/// Commits at a time of its own, so that the order of commits is theirs.
fn commit(sandbox: &Sandbox, day: u32, author: &str, message: &str) {
    sandbox.git(&["add", "-A"]);
    let date = format!("--date=2026-12-{day:02}T09:00:00Z");
    let author = format!("--author={author} <nobody@acme.example>");
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", message, &date, &author]);
}

fn set(sandbox: &Sandbox, deployment: &str, address: &str, value: &str) {
    sandbox.tom(&["set", deployment, address, value]).code(0);
}

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    let out = sandbox.tom(&[args, &["--format", "json"]].concat()).code(0).out;
    serde_json::from_str(&out).unwrap()
}

/// `subject of the commit: the fields that moved`
fn entries(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let log = json(sandbox, &[&["log"], args].concat());
    let entries = log["log"]["entries"].as_array().unwrap().clone();
    let told = entries.iter().map(|entry| {
        let fields = entry["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["address"].as_str().unwrap()).collect();
        let shown = if names.len() > 3 { format!("{} fields", names.len()) } else { names.join(" ") };
        format!(
            "{} {}: {shown}",
            entry["deployment"].as_str().unwrap(),
            entry["commit"]["subject"].as_str().unwrap()
        )
    });
    told.collect()
}

fn end(sandbox: &Sandbox, args: &[&str]) -> String {
    let log = json(sandbox, &[&["log"], args].concat());
    log["log"]["ends"][0]["kind"].as_str().unwrap().to_owned()
}

#[test]
fn a_risk_is_followed_through_a_rename_and_a_derivation_to_the_ancestor_in_which_it_began() {
    let sandbox = Sandbox::example();
    set(&sandbox, "acme-northfield", "HAZ-004.residual.likelihood", "Low");
    commit(&sandbox, 1, "Esther Lyle", "raise");
    sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor"]).code(0);
    commit(&sandbox, 2, "Jo Marsh", "derive");
    sandbox.git(&["mv", "assessments/acme-eastmoor", "assessments/acme-east"]);
    commit(&sandbox, 3, "Jo Marsh", "rename");
    set(&sandbox, "acme-east", "HAZ-004.residual.likelihood", "Very Low");
    commit(&sandbox, 4, "Ann Lee", "lower");
    let told = entries(&sandbox, &["acme-east", "HAZ-004.residual"]);
    let wanted = [
        "acme-east lower: HAZ-004.residual",
        "acme-east rename: ",
        "acme-eastmoor derive: ",
        "acme-northfield raise: HAZ-004.residual",
        "acme-northfield the worked example: ",
        "acme-5-1 the worked example: HAZ-004.residual",
    ];
    assert_eq!(told, wanted);
    assert_eq!(end(&sandbox, &["acme-east", "HAZ-004.residual"]), "began");
    let text = sandbox.tom(&["log", "acme-east", "HAZ-004.residual"]).code(0).out;
    for part in [
        "2026-12-04  Ann Lee  lower",
        "residual: class 3 (Major, Low) → class 2 (Major, Very Low)",
        "HAZ-004.residual in acme-5-1",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let blamed = json(&sandbox, &["blame", "acme-east", "HAZ-004"]);
    let of = |address: &str| {
        let fields = blamed["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["address"] == address).unwrap();
        format!(
            "{} in {}",
            field["commit"]["author"].as_str().unwrap(),
            field["deployment"].as_str().unwrap()
        )
    };
    assert_eq!(of("HAZ-004.residual"), "Ann Lee in acme-east");
    assert_eq!(of("HAZ-004.hazard"), "The Programme in acme-5-1");
    assert_eq!(of("HAZ-004.mitigations.M4.status"), "Jo Marsh in acme-eastmoor");
}

#[test]
fn reformatting_is_no_history() {
    let sandbox = Sandbox::example();
    let before = entries(&sandbox, &["acme-northfield", "HAZ-004"]);
    let text = sandbox.read(FILE).replace("severity = \"Major\"", "severity='Major'   # as it was");
    sandbox.write(FILE, format!("# a remark\n\n{text}"));
    commit(&sandbox, 1, "Ann Lee", "reformat");
    assert_eq!(entries(&sandbox, &["acme-northfield", "HAZ-004"]), before);
    assert!(!sandbox.tom(&["blame", "acme-northfield", "HAZ-004"]).code(0).out.contains("Ann Lee"));
}

#[test]
fn a_merge_adds_nothing_of_its_own_unless_it_decides_something() {
    let sandbox = Sandbox::example();
    sandbox.git(&["checkout", "-qb", "side"]);
    set(&sandbox, "acme-northfield", "HAZ-004.residual.likelihood", "Low");
    commit(&sandbox, 1, "Ann Lee", "on the side");
    sandbox.git(&["checkout", "-q", "main"]);
    set(&sandbox, "acme-northfield", "HAZ-004.title", "Another title");
    commit(&sandbox, 2, "Jo Marsh", "on main");
    sandbox.git(&["merge", "-q", "-m", "merge", "side"]);
    let told = entries(&sandbox, &["acme-northfield", "HAZ-004"]);
    let newest: BTreeSet<&str> = told[..2].iter().map(String::as_str).collect();
    assert_eq!(
        newest,
        ["acme-northfield on main: HAZ-004.title", "acme-northfield on the side: HAZ-004.residual"].into()
    );
    assert!(!told.iter().any(|entry| entry.contains(" merge:")), "{told:?}");

    // A merge that throws the side's change away says something that no side says by itself.
    sandbox.git(&["checkout", "-qb", "other", "HEAD~1"]);
    set(&sandbox, "acme-northfield", "HAZ-004.hazard", "Something else.");
    commit(&sandbox, 3, "Ann Lee", "lost work");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "-s", "ours", "-m", "merge and drop", "other"]);
    let told = entries(&sandbox, &["acme-northfield", "HAZ-004.hazard"]);
    assert_eq!(
        told[..2],
        ["acme-northfield merge and drop: HAZ-004.hazard", "acme-northfield lost work: HAZ-004.hazard"]
    );
    let blamed = sandbox.tom(&["blame", "acme-northfield", "HAZ-004.hazard"]).code(0).out;
    assert!(!blamed.contains("lost work"), "{blamed}");
}

#[test]
fn a_history_says_plainly_where_it_ends() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor"]).code(0);
    commit(&sandbox, 1, "Jo Marsh", "derive");
    assert_eq!(end(&sandbox, &["acme-northfield", "NFD-001"]), "began");
    assert_eq!(end(&sandbox, &["acme-eastmoor", "BD-02"]), "asked-anew");
    assert_eq!(end(&sandbox, &["acme-eastmoor"]), "parent");
    sandbox.git(&[
        "rm",
        "-rqf",
        "assessments/acme-northfield",
        "assessments/acme-southmere",
        "assessments/acme-5-1",
    ]);
    let orphan = Sandbox::empty();
    let from = format!("file://{}", sandbox.path("").display());
    orphan.git(&["clone", "-q", "--depth", "1", &from, "."]);
    assert_eq!(end(&orphan, &["acme-eastmoor", "HAZ-004"]), "shallow");
    let text = orphan.tom(&["log", "acme-eastmoor", "HAZ-004"]).code(0).out;
    assert!(text.contains("git fetch --unshallow"), "{text}");
    assert!(orphan.tom(&["blame", "acme-eastmoor", "HAZ-004"]).code(0).out.contains("or earlier"));
    // Alone in a repository of its own, the deployment still names its parent.
    let alone = Sandbox::init();
    for (path, bytes) in sandbox.files("assessments/acme-eastmoor") {
        alone.write(&format!("assessments/acme-eastmoor/{path}"), bytes);
    }
    alone.commit("received");
    assert_eq!(end(&alone, &["acme-eastmoor", "HAZ-004"]), "elsewhere");
    let text = alone.tom(&["log", "acme-eastmoor", "HAZ-004"]).code(0).out.replace('\n', " ");
    assert!(
        text.contains("derived from `acme-northfield`") && text.contains("not in this repository"),
        "{text}"
    );
}

#[test]
fn a_file_that_was_broken_at_a_commit_is_told_as_unread_and_not_as_emptied() {
    let sandbox = Sandbox::example();
    let sound = sandbox.read(FILE);
    sandbox.write(FILE, format!("{sound}\n= broken"));
    commit(&sandbox, 1, "Jo Marsh", "break");
    sandbox.write(FILE, sound);
    commit(&sandbox, 2, "Jo Marsh", "mend");
    let log = json(&sandbox, &["log", "acme-northfield", "HAZ-004"]);
    for entry in &log["log"]["entries"].as_array().unwrap()[..2] {
        assert_eq!(entry["unread"][0], "risks/HAZ-004.toml");
        assert_eq!(entry["fields"].as_array().unwrap().len(), 0, "{entry}");
    }
    let blamed = sandbox.tom(&["blame", "acme-northfield", "HAZ-004.hazard"]).code(0).out;
    assert!(blamed.contains("mend") && blamed.contains("or earlier"), "{blamed}");
}

#[test]
fn what_is_not_there_has_no_history() {
    let sandbox = Sandbox::example();
    for args in [&["log", "acme-northfield", "HAZ-999"][..], &["blame", "acme-northfield", "HAZ-999"]] {
        assert!(sandbox.tom(args).code(2).err.contains("TOM-0906"));
    }
    assert!(sandbox.tom(&["log", "acme-northfeld"]).code(2).err.contains("did you mean `acme-northfield`"));
    assert!(sandbox.tom(&["log", "acme-northfield", "--rev", "nowhere"]).code(2).err.contains("TOM-0902"));
}

#[test]
fn an_update_is_told_by_what_was_received_and_not_by_its_form() {
    let sandbox = Sandbox::example();
    let received = "assessments/acme-northfield/received.toml";
    sandbox.write(received, format!("# a remark\n{}", sandbox.read(received)));
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Another"]).code(0);
    commit(&sandbox, 1, "Jo Marsh", "remark");
    let what = |at: usize| {
        let log = json(&sandbox, &["log", "acme-northfield"]);
        log["log"]["entries"][at]["what"].as_str().unwrap().to_owned()
    };
    assert_eq!(what(0), "changed");
    sandbox.tom(&["set", "acme-5-1", "HAZ-012.title", "From above"]).code(0);
    commit(&sandbox, 2, "Jo Marsh", "above");
    sandbox.tom(&["update", "acme-northfield"]).code(0);
    commit(&sandbox, 3, "Jo Marsh", "update");
    assert_eq!(what(0), "updated");
}

#[test]
fn a_shallow_clone_does_not_tell_its_oldest_commit_as_the_beginning() {
    let sandbox = Sandbox::example();
    commit(&sandbox, 1, "Jo Marsh", "later");
    let from = format!("file://{}", sandbox.path("").display());
    sandbox.git(&["clone", "-q", "--depth", "1", &from, "clone"]);
    let clone = sandbox.path("clone").display().to_string();
    let told = sandbox.tom(&["-C", &clone, "log", "acme-5-1"]).code(0).out;
    assert!(
        told.contains("the oldest commit that is here") && told.contains("git fetch --unshallow"),
        "{told}"
    );
    assert!(!told.contains("made, from no other") && !told.contains("begins here"), "{told}");
}

#[test]
fn what_has_no_history_is_said_with_the_reason_and_the_nearest_name() {
    let sandbox = Sandbox::example();
    for (address, near) in
        [("HAZ-004.resdual", "HAZ-004.residual"), ("HAZ-0O4", "HAZ-004"), ("IGA-0E", "IGA-0")]
    {
        for command in ["log", "blame"] {
            let said = sandbox.tom(&[command, "acme-northfield", address]).code(2).err;
            assert!(said.contains(&format!("did you mean `{near}")), "{command} {address}: {said}");
        }
    }
    sandbox.write(FILE, "<<<<<<< ours\n=======\n>>>>>>> theirs\n");
    let said = sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Another"]).code(2).err;
    assert!(!said.contains("did you mean"), "{said}");
    commit(&sandbox, 1, "Jo Marsh", "broken");
    let said = sandbox.tom(&["blame", "acme-northfield", "HAZ-004"]).code(2).err;
    assert!(said.contains("cannot be read") && said.contains("--rev"), "{said}");
}
