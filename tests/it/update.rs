//! `tom update` and `tom resolve`: what a parent gained reaches its descendants, and nothing of theirs is lost on the way.

use crate::support::Sandbox;

const PARENT: &str = "assessments/acme-5-1";
const CHILD: &str = "assessments/acme-northfield";
const GRANDCHILD: &str = "assessments/acme-southmere";

fn changed_parent(edits: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::example();
    for (address, value) in edits {
        sandbox.tom(&["set", "acme-5-1", address, value]).code(0);
    }
    sandbox.commit("the parent gains");
    sandbox
}

/// The output without its line breaks, which depend on the width.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn add_mitigation(sandbox: &Sandbox) {
    let file = format!("{PARENT}/risks/HAZ-009.toml");
    let new = "\n[mitigations.M9]\nkind = \"design\"\nowner = \"supplier\"\ncauses = [\"C1\"]\ntext = \"A new guard.\"\nstatus = \"in place\"\n";
    sandbox.write(&file, sandbox.read(&file) + new);
    sandbox.commit("a new mitigation");
}

#[test]
fn one_new_mitigation_reaches_three_generations_in_one_command() {
    let sandbox = Sandbox::example();
    add_mitigation(&sandbox);
    let before = sandbox.read(&format!("{GRANDCHILD}/risks/HAZ-009.toml"));
    let dry = sandbox.tom(&["update", "--from", "acme-5-1", "--all", "--dry-run"]).code(0).out;
    assert!(
        dry.contains("would take 1 change") && sandbox.git(&["status", "--porcelain"]).is_empty(),
        "{dry}"
    );
    let ran = sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    assert!(ran.out.contains("HAZ-009.mitigations.M9  new mitigation: A new guard."), "{}", ran.out);
    for folder in [CHILD, GRANDCHILD] {
        assert!(sandbox.read(&format!("{folder}/risks/HAZ-009.toml")).contains("A new guard."));
        assert!(sandbox.read(&format!("{folder}/received.toml")).contains("A new guard."));
    }
    let after = sandbox.read(&format!("{GRANDCHILD}/risks/HAZ-009.toml"));
    let lines: Vec<&str> = after.lines().collect();
    assert!(before.lines().all(|line| lines.contains(&line)), "every line of the left file stays");
    sandbox.tom(&["check"]).code(0);
    sandbox.commit("updated");
    let again = sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0).out;
    assert!(again.contains("2 up to date"), "{again}");
    // Nobody has confirmed the risk as it is now.
    let status = sandbox.tom(&["show", "acme-northfield", "--format", "json"]).code(0).out;
    let todo = sandbox.tom(&["todo", "acme-northfield"]).all();
    assert!(todo.contains("HAZ-009"), "{todo}\n{status}");
}

#[test]
fn a_reformatted_parent_and_a_new_confirmation_there_make_nobody_behind() {
    let sandbox = Sandbox::example();
    let file = format!("{PARENT}/ig.toml");
    sandbox.write(&file, format!("# A remark.\n\n{}\n\n", sandbox.read(&file)));
    sandbox.tom(&["confirm", "acme-5-1", "HAZ-004", "--party", "supplier", "--by", "Jo Marsh"]).code(0);
    sandbox.commit("form only");
    let before = sandbox.files("assessments");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(0);
    assert!(ran.out.contains("up to date"), "{}", ran.out);
    assert_eq!(sandbox.files("assessments"), before);
}

#[test]
fn what_both_changed_is_asked_and_nothing_but_the_questions_is_written() {
    let sandbox =
        changed_parent(&[("HAZ-004.residual.likelihood", "Low"), ("HAZ-006.title", "Reworded there")]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.severity", "Minor"]).code(0);
    sandbox.commit("rated here");
    let before = sandbox.files("assessments");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(1);
    assert!(ran.out.contains("nothing was changed") && ran.out.contains("HAZ-004.residual"), "{}", ran.out);
    let mut after = sandbox.files("assessments");
    let conflicts = after.remove("acme-northfield/conflicts.toml").unwrap();
    assert_eq!(after, before);
    assert!(String::from_utf8(conflicts).unwrap().contains("[conflicts.\"HAZ-004.residual\"]"));
    let check = sandbox.tom(&["check"]).code(1);
    assert!(check.out.contains("TOM-0510"), "{}", check.out);
    let status = sandbox.tom(&["status", "acme-northfield", "--check", "--phase", "1"]).code(1);
    assert!(status.all().contains("waits for a decision at `HAZ-004.residual`"), "{}", status.all());
    assert!(sandbox.tom(&["todo", "acme-northfield"]).all().contains("tom resolve acme-northfield"));
    for reader in [["status", "acme-northfield"], ["show", "acme-northfield"], ["diff", "acme-northfield"]] {
        sandbox.tom(&reader).code(0);
    }
    sandbox.tom(&["render", "acme-northfield", "--to", "packs"]);

    assert!(sandbox.tom(&["resolve", "acme-northfield"]).code(1).out.contains("1 undecided"));
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.residual", "--value", "Major"]).code(2);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.title", "--ours"]).code(2);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.residual", "--value", "Major, Low"]).code(0);
    let risk = sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml"));
    assert!(risk.contains("[residual]\nseverity = \"Major\"\nlikelihood = \"Low\"\n"), "{risk}");
    assert!(
        sandbox.read(&format!("{CHILD}/risks/HAZ-006.toml")).contains("Reworded there"),
        "the rest came too"
    );
    assert!(!sandbox.path(format!("{CHILD}/conflicts.toml")).exists());
    sandbox.tom(&["check"]).code(0);
    sandbox.commit("decided");
    assert!(sandbox.tom(&["update", "acme-northfield"]).code(0).out.contains("up to date"));
}

#[test]
fn decisions_are_kept_until_the_last_and_ours_and_theirs_do_what_they_say() {
    let sandbox = changed_parent(&[("HAZ-004.title", "Theirs four"), ("HAZ-006.title", "Theirs six")]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Ours four"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "HAZ-006.title", "Ours six"]).code(0);
    sandbox.commit("here too");
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.title", "--ours"]).code(1);
    assert!(sandbox.read(&format!("{CHILD}/conflicts.toml")).contains("decided = \"ours\""));
    // Asking again keeps what was decided.
    let again = sandbox.tom(&["update", "acme-northfield"]).code(1).out;
    assert!(again.contains("decided: ours"), "{again}");
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-006.title", "--theirs"]).code(0);
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml")).contains("Ours four"));
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-006.toml")).contains("Theirs six"));
    sandbox.tom(&["check"]).code(0);
}

#[test]
fn a_decision_for_a_deployment_that_was_changed_since_is_refused() {
    let sandbox = changed_parent(&[("HAZ-004.title", "Theirs")]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Ours"]).code(0);
    sandbox.commit("here too");
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Ours again"]).code(0);
    let ran = sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.title", "--theirs"]).code(2);
    assert!(ran.err.contains("TOM-0512") && ran.err.contains("changed since"), "{}", ran.err);
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml")).contains("Ours again"));
}

#[test]
fn what_is_refused_is_remembered_and_asked_again_only_when_the_parent_changes_it() {
    let sandbox = Sandbox::example();
    let new = sandbox.read(&format!("{PARENT}/risks/HAZ-009.toml"));
    let id = format!("{PARENT}/risks/HAZ-020.toml");
    sandbox.write(&id, new.split("\n[mitigations.").next().unwrap());
    sandbox.commit("a new risk");
    let refuse =
        ["update", "acme-northfield", "--refuse", "HAZ-020", "--reason", "No kiosks here", "--by", "Ann Lee"];
    sandbox.tom(&refuse).code(0);
    let meta = sandbox.read(&format!("{CHILD}/deployment.toml"));
    assert!(
        meta.contains("[derived-from.refused.HAZ-020]\n") && meta.contains("reason = \"No kiosks here\""),
        "{meta}"
    );
    assert!(!sandbox.path(format!("{CHILD}/risks/HAZ-020.toml")).exists());
    let check = sandbox.tom(&["check", "acme-northfield"]);
    assert!(!check.out.contains("TOM-0507"), "a refused risk is not gone: {}", check.out);
    sandbox.commit("refused");
    assert!(sandbox.tom(&["update", "acme-northfield"]).code(0).out.contains("up to date"));
    // The parent changes it once more.
    sandbox.tom(&["set", "acme-5-1", "HAZ-020.title", "It can happen on tablets too"]).code(0);
    sandbox.commit("changed");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(1);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("HAZ-020 refused here by Ann Lee on 2026-11-20 (No kiosks here)"), "{said}");
    let ran = sandbox.tom(&["resolve", "acme-northfield", "HAZ-020", "--ours"]).code(2);
    assert!(ran.err.contains("needs a reason"), "{}", ran.err);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-020", "--theirs"]).code(0);
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-020.toml")).contains("tablets"));
    assert!(!sandbox.read(&format!("{CHILD}/deployment.toml")).contains("refused"));
}

/// Whoever is offered it refuses it; those beneath are never offered it, and have nothing to refuse.
#[test]
fn a_refusal_over_several_deployments_is_everybodys_whom_it_is_offered_to() {
    let sandbox = Sandbox::example();
    add_mitigation(&sandbox);
    let all = ["update", "--from", "acme-5-1", "--all", "--refuse", "HAZ-009.mitigations.M9"];
    let ran = sandbox.tom(&[&all[..], &REFUSING[..]].concat()).code(0);
    assert!(ran.out.contains("refused, and remembered: HAZ-009.mitigations.M9"), "{}", ran.out);
    assert!(ran.out.contains("acme-southmere: up to date"), "{}", ran.out);
    for folder in [CHILD, GRANDCHILD] {
        assert!(!sandbox.read(&format!("{folder}/risks/HAZ-009.toml")).contains("A new guard."));
    }
    let nothing = ["update", "--from", "acme-5-1", "--all", "--refuse", "HAZ-002.title"];
    sandbox.commit("refused");
    let ran = sandbox.tom(&[&nothing[..], &REFUSING[..]].concat()).code(2);
    assert!(ran.err.contains("nobody is offered anything new at `HAZ-002.title`"), "{}", ran.err);
}

#[test]
fn a_risk_that_the_parent_has_no_more_is_never_taken_away_unasked() {
    let sandbox = Sandbox::example();
    std::fs::remove_file(sandbox.path(format!("{PARENT}/risks/HAZ-012.toml"))).unwrap();
    sandbox.commit("withdrawn");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(1);
    // What was done about it here is a change of it.
    assert!(ran.out.contains("HAZ-012  changed here, taken away there"), "{}", ran.out);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-012", "--theirs"]).code(0);
    assert!(!sandbox.path(format!("{CHILD}/risks/HAZ-012.toml")).exists());
}

#[test]
fn who_confirmed_a_mitigation_that_the_parent_withdraws_is_no_change_of_it() {
    let sandbox = Sandbox::example();
    let file = format!("{PARENT}/risks/HAZ-009.toml");
    let text = sandbox.read(&file);
    let (before, after) = text.split_once("[mitigations.M1]").unwrap();
    let rest = &after[after.find("[mitigations.M2]").unwrap()..];
    sandbox.write(&file, format!("{before}{rest}"));
    let child = format!("{CHILD}/risks/HAZ-009.toml");
    sandbox.write(&child, sandbox.read(&child).replacen("by = \"Jo Marsh\"", "by = \"Joanna Marsh\"", 1));
    sandbox.commit("withdrawn there, and confirmed here");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(1);
    assert!(ran.out.contains("HAZ-009.mitigations.M1  the other side has it no more"), "{}", ran.out);
    assert!(!ran.out.contains("changed here"), "{}", ran.out);
}

/// Whose word is replaced by another, or goes, is said by name.
#[test]
fn a_confirmation_that_gives_way_is_named() {
    let sandbox = Sandbox::example();
    let again = ["confirm", "acme-5-1", "IGA-03", "--party", "supplier", "--by", "Jo Marsh", "--again"];
    sandbox.tom(&["set", "acme-5-1", "IGA-03.notes", "In other words."]).code(0);
    sandbox.tom(&again).code(0);
    let file = format!("{PARENT}/ig.toml");
    let text = sandbox.read(&file);
    let (before, after) = text.split_once("[IGA-06.confirmed.supplier]").unwrap();
    let rest = after.split_once("\n[").unwrap().1;
    sandbox.write(&file, format!("{before}[{rest}"));
    sandbox.commit("confirmed again, and one taken back");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(0);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let way = "1 confirmation gave way to another: IGA-03 (supplier, by Jo Marsh on 2026-11-01)";
    assert!(said.contains(way), "{said}");
    assert!(said.contains("1 confirmation went: IGA-06 (supplier, by Jo Marsh on 2026-11-01)"), "{said}");
}

/// Nobody is behind for it, and an update brings it all the same.
#[test]
fn a_confirmation_that_the_parent_gains_or_takes_back_is_brought_by_the_next_update() {
    let sandbox = changed_parent(&[("IGA-03.notes", "In other words.")]);
    sandbox.tom(&["update", "acme-northfield"]).code(0);
    sandbox.commit("updated");
    let state = || sandbox.tom(&["show", "acme-northfield", "IGA-03"]).code(0).out;
    assert!(state().contains("stale"), "{}", state());
    sandbox.tom(&["confirm", "acme-5-1", "IGA-03", "--party", "supplier", "--by", "Jo Marsh"]).code(0);
    sandbox.commit("confirmed there");
    sandbox.tom(&["status", "acme-northfield", "--behind"]).code(0);
    let dry = sandbox.tom(&["update", "acme-northfield", "--dry-run"]).code(0).out;
    assert!(
        dry.contains("would take nothing but 1 change of a confirmation from acme-5-1")
            && dry.contains("would give way"),
        "{dry}"
    );
    let out = sandbox.tom(&["update", "acme-northfield"]).code(0).out;
    assert!(out.contains("took nothing but 1 change of a confirmation from acme-5-1"), "{out}");
    let shown = words(&state());
    // It stands by the notes as they are. The fact beneath it was another here all the time.
    let other =
        "BD-15 was changed here, and Jo Marsh confirmed for the supplier on 2026-11-20 over what came";
    assert!(shown.contains(other) && !shown.contains("BD-15 changed"), "{shown}");
    sandbox.tom(&["check", "acme-northfield"]).code(0);
    sandbox.commit("updated again");
    assert!(sandbox.tom(&["update", "acme-northfield"]).code(0).out.contains("up to date"));
    // Taken back: it goes here, too.
    let file = format!("{PARENT}/ig.toml");
    let text = sandbox.read(&file);
    let (before, after) = text.split_once("[IGA-06.confirmed.supplier]").unwrap();
    sandbox.write(&file, format!("{before}[{}", after.split_once("\n[").unwrap().1));
    sandbox.commit("taken back");
    let out = sandbox.tom(&["update", "acme-northfield"]).code(0).out;
    assert!(out.contains("1 confirmation went: IGA-06 (supplier, by Jo Marsh"), "{out}");
    let shown = words(&sandbox.tom(&["show", "acme-northfield", "IGA-06"]).code(0).out);
    assert!(shown.contains("the supplier has not confirmed"), "{shown}");
}

/// Many are a wall: by party and person, and no more of each than can be read.
#[test]
fn many_confirmations_that_give_way_are_grouped_by_who_gave_them() {
    let sandbox = Sandbox::example();
    let dry = sandbox.tom(&["update", "acme-southmere", "--onto", "acme-5-1", "--dry-run"]).all();
    let said = dry.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(" more (") && !said.contains(" went: ") && !said.contains("gave way"), "{dry}");
    assert!(dry.lines().all(|line| line.chars().count() <= 80), "{dry}");
}

#[test]
fn nothing_that_arrives_is_confirmed_for_its_new_owner() {
    let sandbox = changed_parent(&[("HAZ-004.effect", "Worse than we thought.")]);
    sandbox.tom(&["confirm", "acme-5-1", "HAZ-004", "--party", "supplier", "--by", "Jo Marsh"]).code(0);
    sandbox.commit("confirmed there");
    sandbox.tom(&["update", "acme-northfield"]).code(0);
    let risk = sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml"));
    assert!(!risk.contains("[confirmed.supplier]"), "{risk}");
    let todo = sandbox.tom(&["todo", "acme-northfield"]).all();
    assert!(todo.contains("HAZ-004"), "{todo}");
}

#[test]
fn uncommitted_changes_are_refused_unless_allowed() {
    let sandbox = changed_parent(&[("HAZ-004.effect", "Worse than we thought.")]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-006.title", "Ours"]).code(0);
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(2);
    assert!(ran.err.contains("TOM-0511") && ran.err.contains("--allow-dirty"), "{}", ran.err);
    sandbox.tom(&["update", "acme-northfield", "--allow-dirty"]).code(0);
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-006.toml")).contains("Ours"));
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml")).contains("Worse than we thought."));
    sandbox.tom(&["set", "acme-5-1", "HAZ-006.effect", "Uncommitted there"]).code(0);
    assert!(sandbox.tom(&["update", "acme-northfield", "--allow-dirty"]).code(2).err.contains("TOM-0941"));
    sandbox.tom(&["update", "acme-northfield", "--allow-dirty", "--at", "HEAD"]).code(0);
}

#[test]
fn a_deployment_moves_to_another_baseline() {
    let sandbox = Sandbox::example();
    let copy = sandbox.files(PARENT);
    for (path, bytes) in copy {
        let text = String::from_utf8(bytes).unwrap().replace("d-0b1e5a7c93d4", "d-0b1e5a7c93d5");
        let text = text.replace("risk-prefix = \"HAZ\"", "risk-prefix = \"HZZ\"");
        sandbox.write(&format!("assessments/acme-6-0/{path}"), text);
    }
    sandbox.tom(&["set", "acme-6-0", "HAZ-004.title", "In the new version"]).code(0);
    sandbox.commit("a newer baseline");
    sandbox.tom(&["update", "acme-northfield", "--onto", "acme-6-0"]).code(0);
    let meta = sandbox.read(&format!("{CHILD}/deployment.toml"));
    assert!(meta.contains("deployment = \"acme-6-0\"") && meta.contains("d-0b1e5a7c93d5"), "{meta}");
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml")).contains("In the new version"));
    sandbox.commit("moved");
    assert!(sandbox.tom(&["update", "acme-northfield"]).code(0).out.contains("up to date with acme-6-0"));
}

#[test]
fn an_edited_base_is_no_base() {
    let sandbox = changed_parent(&[("HAZ-004.effect", "Worse than we thought.")]);
    sandbox.replace(&format!("{CHILD}/received.toml"), "answer = \"Yes\"", "answer = \"No\"");
    sandbox.commit("edited");
    assert!(sandbox.tom(&["update", "acme-northfield"]).code(2).err.contains("is not what was received"));
}

#[test]
fn machines_read_what_an_update_does() {
    let sandbox = changed_parent(&[("HAZ-004.title", "Theirs")]);
    let out = sandbox.tom(&["update", "acme-northfield", "--dry-run", "--format", "json"]).code(0).out;
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["schema-version"], 1);
    assert_eq!(json["deployments"][0]["result"], "applied");
    assert_eq!(json["deployments"][0]["changes"][0]["address"], "HAZ-004.title");
    assert_eq!(json["deployments"][0]["changes"][0]["safety"], true);
}

/// The parent changes three titles; two of them were changed here too, so two conflicts and one change wait.
fn waiting() -> Sandbox {
    let sandbox = changed_parent(&[
        ("HAZ-004.title", "Theirs four"),
        ("HAZ-006.title", "Theirs six"),
        ("HAZ-012.title", "Theirs twelve"),
    ]);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Ours four"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "HAZ-006.title", "Ours six"]).code(0);
    sandbox.commit("here too");
    sandbox
}

const REFUSING: [&str; 4] = ["--reason", "Not so here", "--by", "Ann Lee"];

#[test]
fn a_refusal_outlives_every_further_update_until_the_last_conflict_is_decided() {
    let sandbox = waiting();
    let refuse = [&["update", "acme-northfield", "--refuse", "HAZ-012.title"], &REFUSING[..]].concat();
    sandbox.tom(&refuse).code(1);
    let waits = format!("{CHILD}/conflicts.toml");
    assert!(sandbox.read(&waits).contains("[refused.\"HAZ-012.title\"]"));
    let again = sandbox.tom(&["update", "acme-northfield"]).code(1).out;
    assert!(sandbox.read(&waits).contains("[refused.\"HAZ-012.title\"]"), "{again}");
    assert!(!again.contains("Theirs twelve"), "{again}");
    // Saying it twice is no error.
    sandbox.tom(&refuse).code(1);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.title", "--ours"]).code(1);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-006.title", "--ours"]).code(0);
    assert!(!sandbox.read(&format!("{CHILD}/risks/HAZ-012.toml")).contains("Theirs twelve"));
    assert!(
        sandbox
            .read(&format!("{CHILD}/deployment.toml"))
            .contains("[derived-from.refused.\"HAZ-012.title\"]")
    );
}

#[test]
fn a_refusal_that_waits_is_asked_anew_where_the_parent_changed_it_again() {
    let sandbox = waiting();
    sandbox
        .tom(&[&["update", "acme-northfield", "--refuse", "HAZ-012.title"], &REFUSING[..]].concat())
        .code(1);
    sandbox.tom(&["set", "acme-5-1", "HAZ-012.title", "Theirs twelve, and worse"]).code(0);
    sandbox.commit("once more");
    let again = sandbox.tom(&["update", "acme-northfield"]).code(1).out;
    assert!(again.contains("Theirs twelve, and worse"), "{again}");
    assert!(!sandbox.read(&format!("{CHILD}/conflicts.toml")).contains("[refused."));
}

#[test]
fn a_conflict_that_was_refused_stays_refused_when_it_is_none_any_more() {
    let sandbox = waiting();
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    let refuse = [&["resolve", "acme-northfield", "HAZ-004.title", "--ours"], &REFUSING[..]].concat();
    sandbox.tom(&refuse).code(1);
    // The edit that made it a conflict is taken back: what comes would now apply by itself.
    sandbox.git(&["checkout", "-q", "HEAD~1", "--", &format!("{CHILD}/risks/HAZ-004.toml")]);
    sandbox.git(&["commit", "-q", "-m", "not so"]);
    let again = sandbox.tom(&["update", "acme-northfield"]).code(1).out;
    assert!(!again.contains("Theirs four"), "{again}");
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-006.title", "--theirs"]).code(0);
    assert!(!sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml")).contains("Theirs four"));
    assert!(
        sandbox
            .read(&format!("{CHILD}/deployment.toml"))
            .contains("[derived-from.refused.\"HAZ-004.title\"]")
    );
}

#[test]
fn what_the_parent_offers_no_more_waits_no_more() {
    let sandbox = Sandbox::example();
    sandbox.git(&["tag", "before"]);
    sandbox.tom(&["set", "acme-5-1", "HAZ-004.title", "Theirs four"]).code(0);
    sandbox.commit("the parent gains");
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Ours four"]).code(0);
    sandbox.commit("here too");
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    sandbox.git(&["checkout", "-q", "before", "--", PARENT]);
    sandbox.git(&["commit", "-q", "-m", "the parent takes it back"]);
    let dry = sandbox.tom(&["update", "acme-northfield", "--dry-run"]).code(0).out;
    assert!(dry.contains("would be removed"), "{dry}");
    let json = sandbox.tom(&["update", "acme-northfield", "--dry-run", "--format", "json"]).code(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["deployments"][0]["withdrawn"][0], "HAZ-004.title");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(0).out;
    assert!(ran.contains("conflicts.toml was removed") && ran.contains("HAZ-004.title"), "{ran}");
    assert!(!sandbox.path(format!("{CHILD}/conflicts.toml")).exists());
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.title", "--theirs"]).code(2);
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-004.toml")).contains("Ours four"));
    sandbox.tom(&["check"]).code(0);
}

#[test]
fn an_update_from_another_parent_that_waits_is_not_lost_to_a_plain_one() {
    let sandbox = changed_parent(&[]);
    for (path, bytes) in sandbox.files(PARENT) {
        let text = String::from_utf8(bytes).unwrap().replace("d-0b1e5a7c93d4", "d-0b1e5a7c93d5");
        let text = text.replace("risk-prefix = \"HAZ\"", "risk-prefix = \"HZZ\"");
        sandbox.write(&format!("assessments/acme-6-0/{path}"), text);
    }
    sandbox.tom(&["set", "acme-6-0", "HAZ-004.title", "In the new version"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.title", "Ours"]).code(0);
    sandbox.commit("a newer baseline");
    sandbox.tom(&["update", "acme-northfield", "--onto", "acme-6-0"]).code(1);
    let waits = sandbox.read(&format!("{CHILD}/conflicts.toml"));
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(2);
    assert!(ran.err.contains("from `acme-6-0` waits") && ran.err.contains("--onto acme-6-0"), "{}", ran.err);
    assert_eq!(sandbox.read(&format!("{CHILD}/conflicts.toml")), waits);
    sandbox.tom(&["update", "acme-northfield", "--onto", "acme-6-0"]).code(1);
}

#[test]
fn nothing_is_moved_onto_itself_or_onto_what_comes_from_it() {
    let sandbox = Sandbox::example();
    let before = sandbox.files("assessments");
    for (name, onto) in [
        ("acme-northfield", "acme-northfield"),
        ("acme-northfield", "acme-southmere"),
        ("acme-southmere", "acme-southmere"),
    ] {
        for more in [&[][..], &["--dry-run"], &["--at", "HEAD"]] {
            let ran = sandbox.tom(&[&["update", name, "--onto", onto], more].concat()).code(2);
            assert!(ran.err.contains("TOM-0511"), "{}", ran.err);
            assert!(ran.err.contains("own parent") || ran.err.contains("circle"), "{}", ran.err);
        }
    }
    assert_eq!(sandbox.files("assessments"), before);
    // A sibling's folder under another name at an older revision is still the deployment itself.
    sandbox.git(&["mv", CHILD, "assessments/renamed"]);
    sandbox.commit("renamed");
    let ran = sandbox.tom(&["update", "renamed", "--onto", "acme-northfield", "--at", "HEAD~1"]).code(2);
    assert!(ran.err.contains("acme-northfield"), "{}", ran.err);
}

#[test]
fn a_mitigation_that_the_parent_has_no_more_is_never_taken_away_unasked() {
    let sandbox = Sandbox::example();
    add_mitigation(&sandbox);
    sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    sandbox.commit("updated");
    sandbox.git(&["checkout", "-q", "HEAD~2", "--", &format!("{PARENT}/risks/HAZ-009.toml")]);
    sandbox.commit("withdrawn");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(1);
    assert!(ran.out.contains("HAZ-009.mitigations.M9"), "{}", ran.out);
    sandbox.tom(&["resolve", "acme-northfield", "HAZ-009.mitigations.M9", "--ours"]).code(0);
    assert!(sandbox.read(&format!("{CHILD}/risks/HAZ-009.toml")).contains("A new guard."));
}

#[test]
fn a_received_mitigation_that_went_is_missed_and_leaving_it_out_needs_a_reason() {
    let sandbox = Sandbox::example();
    add_mitigation(&sandbox);
    sandbox.tom(&["update", "acme-northfield"]).code(0);
    sandbox.commit("updated");
    sandbox.git(&["checkout", "-q", "HEAD~1", "--", &format!("{CHILD}/risks/HAZ-009.toml")]);
    sandbox.commit("by hand");
    let check = sandbox.tom(&["check", "acme-northfield"]).code(1);
    assert!(check.out.contains("TOM-0507") && check.out.contains("`M9` of `HAZ-009`"), "{}", check.out);
    let status = sandbox.tom(&["status", "acme-northfield", "--check", "--phase", "2"]).code(1);
    assert!(status.out.contains("`M9` of `HAZ-009` was received and is gone"), "{}", status.out);
    sandbox.replace(&format!("{PARENT}/risks/HAZ-009.toml"), "A new guard.", "A better guard.");
    sandbox.commit("better");
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    let resolve = ["resolve", "acme-northfield", "HAZ-009.mitigations.M9", "--ours"];
    assert!(sandbox.tom(&resolve).code(2).err.contains("leaving it out needs a reason"));
    sandbox.tom(&[&resolve[..], &["--reason", "No such module", "--by", "Ann Lee"]].concat()).code(0);
    sandbox.commit("refused");
    assert!(!sandbox.tom(&["check", "acme-northfield"]).out.contains("TOM-0507"));
}

#[test]
fn what_waits_is_brought_in_as_it_came_or_not_at_all() {
    let sandbox = waiting();
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    sandbox.replace(&format!("{CHILD}/conflicts.toml"), "Theirs twelve", "Nobody's twelve");
    let ran = sandbox.tom(&["resolve", "acme-northfield"]).code(2);
    assert!(ran.err.contains("TOM-0517"), "{}", ran.err);
    sandbox.tom(&["status", "acme-northfield", "--check"]).code(2);
    // Nor what somebody is said to have said of it, with or without its digest.
    let conflicts = format!("{CHILD}/conflicts.toml");
    sandbox.git(&["checkout", "-q", "--", "."]);
    std::fs::remove_file(sandbox.path(&conflicts)).unwrap();
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    sandbox.replace(&conflicts, "by = \"Jo Marsh\"", "by = \"Amira Sethi\"");
    let ran = sandbox.tom(&["resolve", "acme-northfield"]).code(2);
    assert!(
        ran.err.contains("TOM-0517") && ran.err.contains("confirmations that come were changed"),
        "{}",
        ran.err
    );
    let text = sandbox.read(&conflicts);
    let line = text.lines().find(|line| line.starts_with("confirmations = ")).unwrap();
    sandbox.replace(&conflicts, &format!("{line}\n"), "");
    let missing = sandbox.tom(&["resolve", "acme-northfield"]).code(2).err;
    assert!(missing.contains("there is no digest `confirmations` here"), "{missing}");
}

/// A confirmation changes no risk, and is counted as what it is.
#[test]
fn confirmations_are_counted_beside_changes_and_not_among_risks() {
    let sandbox = Sandbox::example();
    let confirm = ["confirm", "acme-5-1", "HAZ-001.mitigations.M1", "HAZ-003.mitigations.M1", "IGA-06"];
    let by = ["--party", "supplier", "--by", "Jo Marsh", "--again", "--note", "Looked at anew"];
    sandbox.tom(&[&confirm[..], &by].concat()).code(0);
    sandbox.commit("confirmed anew");
    let out = sandbox.tom(&["update", "acme-northfield", "--dry-run"]).code(0).out;
    assert!(out.contains("would take nothing but 2 changes of confirmations"), "{out}");
    assert!(!out.contains("safety"), "{out}");
    sandbox.tom(&["set", "acme-5-1", "MSCA-DQ-01.notes", "Reworded."]).code(0);
    sandbox.commit("one more note");
    let out = sandbox.tom(&["update", "acme-northfield"]).code(0).out;
    assert!(out.contains("took 1 change and 2 changes of confirmations from acme-5-1"), "{out}");
}

/// Nothing else is as sure of what the parent says as what it hands over: the base is that, also where nothing comes of it.
#[test]
fn the_base_moves_with_the_confirmations_also_where_nothing_comes_of_it() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    sandbox.commit("level");
    let head = "[IGA-06.confirmed.supplier]";
    let cut = |text: &str, head: &str| {
        let start = text.find(head).unwrap();
        let end = text[start..].find("\n\n").map_or(text.len(), |end| start + end + 2);
        format!("{}{}", &text[..start], &text[end..])
    };
    for file in [format!("{PARENT}/ig.toml"), format!("{CHILD}/ig.toml")] {
        let text = sandbox.read(&file);
        sandbox.write(&file, cut(&text, head));
    }
    sandbox.commit("taken back on both");
    let received = format!("{CHILD}/received.toml");
    let base = "[answers.IGA-06.confirmed.supplier]";
    assert!(sandbox.read(&received).contains(base));
    let out = sandbox.tom(&["update", "acme-northfield"]).code(0).out;
    assert!(!out.contains("up to date"), "{out}");
    assert!(!sandbox.read(&received).contains(base));
    sandbox.commit("updated");
    sandbox.tom(&["check", "acme-northfield"]).code(0);
    assert!(sandbox.tom(&["update", "acme-northfield"]).code(0).out.contains("up to date"));
}

#[test]
fn what_was_decided_is_told_as_a_decision() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    sandbox.commit("level");
    let file = format!("{PARENT}/ig.toml");
    let text = sandbox.read(&file);
    let start = text.find("[IGA-06.confirmed.supplier]").unwrap();
    let end = start + text[start..].find("\n\n").unwrap() + 2;
    sandbox.write(&file, format!("{}{}", &text[..start], &text[end..]));
    sandbox.tom(&["set", "acme-5-1", "HAZ-004.residual.severity", "Significant"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.severity", "Considerable"]).code(0);
    sandbox.commit("both");
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    let value = ["--value", "Considerable, Low", "--dry-run"];
    let typed = [&["resolve", "acme-northfield", "HAZ-004.residual"][..], &value].concat();
    let out = sandbox.tom(&typed).code(0).out;
    assert!(out.contains("would be decided: HAZ-004.residual as you said\n"), "{out}");
    let out = words(&sandbox.tom(&["resolve", "acme-northfield", "HAZ-004.residual", "--ours"]).code(0).out);
    assert!(out.contains("acme-northfield: decided: ours stays 1 confirmation went: IGA-06"), "{out}");
}
