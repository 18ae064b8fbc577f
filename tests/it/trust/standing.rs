//! What is said of where a deployment stands: no more than is so, and in words that fit.

use super::leaving::but_one;
use super::record::{record, stages, standing};
use super::*;

/// Asks for the IG lead in phase 2 too, who has a key.
fn with_an_ig_lead() -> Sandbox {
    let sandbox = peopled();
    sandbox.keygen("ben-tarrant", "ed25519");
    let key = sandbox.public("ben-tarrant");
    let roles = "roles = [\"ig-lead\"]";
    sandbox.replace("tom.toml", roles, &format!("{roles}\nkeys = [{key:?}]"));
    sandbox.replace(
        "tom.toml",
        "[policy.accept]",
        "[policy.phases.2]\nall-of = [\"ig-lead\"]\n\n[policy.accept]",
    );
    sandbox.commit("the IG lead decides too");
    sandbox
}

#[test]
fn throughput_is_agreed_by_whoever_decides_over_it_and_not_by_whoever_asks_for_it() {
    let sandbox = with_an_ig_lead();
    let throughput = || standing(&sandbox)["throughput"].clone();
    let ben = ["--outcome", "approved"];
    sandbox.decide_as("Ben Tarrant", "ig-lead", "ben-tarrant", 2, &ben).code(0);
    sandbox.commit("the deployer's own");
    assert_eq!(throughput()["is-agreed"], false);
    assert!(standing(&sandbox)["lacks"].to_string().contains("the throughput is not agreed"));
    record(&sandbox, &["throughput", "--rate", "2"]);
    assert_eq!(throughput()["agreed"], 2);
    sandbox.decide("owen-frith", 2, &ben).code(0);
    assert_eq!(throughput()["is-agreed"], true);
}

#[test]
fn signed_by_the_deployer_is_said_when_all_of_theirs_have_and_nothing_is_in_doubt() {
    let sandbox = with_an_ig_lead();
    for id in ["helen-okafor", "rajan-pillai", "esther-lyle"] {
        sandbox.decide(id, 2, &["--outcome", "approved"]).code(0);
    }
    sandbox.commit("all but one of theirs");
    assert_eq!(stages(&sandbox)[2], "ready");
    sandbox.decide_as("Ben Tarrant", "ig-lead", "ben-tarrant", 2, &["--outcome", "approved"]).code(0);
    assert_eq!(stages(&sandbox)[2], "signed");
    let own = "assessments/acme-northfield";
    crate::support::copy(&sandbox.path(own), &sandbox.path("assessments/acme-copy"));
    assert_ne!(stages(&sandbox)[2], "signed", "nobody knows which of the two was signed");
}

#[test]
fn what_came_after_going_live_does_not_date_from_then() {
    let sandbox = but_one();
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved", "--expires", "2026-11-30"]).code(0);
    sandbox.commit("for ten days");
    record(&sandbox, &["live", "--despite", "The ward opened early", "--on", "2026-11-19"]);
    let says = |day: &str, stage: &str| {
        let status = sandbox.tom(&["status", NORTHFIELD, "--as-of", day]).code(0).out;
        assert!(status.contains(&format!("\nstage: {stage}\n")), "{status}");
    };
    says("2026-11-20", "live since 2026-11-19, being verified");
    record(&sandbox, &["verified"]);
    says("2026-11-20", "live, assured since 2026-11-20");
    says("2026-12-20", "live since 2026-11-19, change pending");
}

#[test]
fn a_decision_that_does_not_count_does_not_change_how_the_others_are_shown() {
    let sandbox = but_one();
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.nia(&["--outcome", "approved"]).code(0);
    let nia = sandbox.statements().into_iter().find(|file| sandbox.read(file).contains("by = \"Nia Rowe\""));
    std::fs::remove_file(sandbox.path(format!("{}.sig", nia.unwrap()))).unwrap();
    sandbox.commit("one of two signed");
    let cover = sandbox.cover();
    assert!(cover.ends_with("Every decision is verified by its signature."), "{cover}");
}

#[test]
fn a10_one_person_under_two_names_is_one_person() {
    let sandbox = peopled();
    sandbox.keygen("m-holt", "ed25519");
    let key = sandbox.public("m-holt");
    let name = "name = \"Marian Holt\"";
    sandbox.replace("tom.toml", name, &format!("{name}\nemail = \"Holt@authority.example\""));
    let second = format!(
        "[people.m-holt]\nname = \"M. Holt\"\nemail = \"holt@authority.example\"\nparty = \"authority\"\nroles = [\"asset-owner\"]\nkeys = [{key:?}]\n\n[policy]\n"
    );
    sandbox.replace("tom.toml", "[policy]\n", &second);
    let accept = "[policy.accept]";
    let policy = "[policy.phases.1]\npeople = 2\n\n[policy.apart]\nphases = true\n\n[policy.accept]";
    sandbox.replace("tom.toml", accept, policy);
    sandbox.commit("twice");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.decide_as("M. Holt", "asset-owner", "m-holt", 1, &YES).code(0);
    let verified = sandbox.verify(0, &[]);
    assert_eq!(phase(&verified, 1), "open");
    assert!(verified["phases"][0]["lacks"].to_string().contains("1 of 2 different people"), "{verified:#}");
    let again = sandbox.decide_as("M. Holt", "asset-owner", "m-holt", 2, &["--outcome", "approved"]);
    assert!(again.code(2).err.contains("keeps the phases apart"));
    let found = flat(&sandbox.tom(&["check", "--deny", "warnings"]).code(1).out);
    assert!(found.contains("TOM-0810") && found.contains("counts as the same person"), "{found}");
    // What is no need for somebody is not in the list of those who have to approve.
    let status = sandbox.tom(&["status", NORTHFIELD, "--phase", "1"]).code(0).out;
    assert!(status.contains("  lacks: 1 of 2 different people have approved\n"), "{status}");
    assert!(!status.contains("has to approve: 1 of"), "{status}");
}

#[test]
fn whoever_decides_sees_all_that_they_will_have_said_before_they_are_asked_for_the_digest() {
    let sandbox = peopled();
    let mut args = vec!["decide", NORTHFIELD, "--phase", "2", "--role", "executive", "--by", "Helen Okafor"];
    args.extend(["--outcome", "approved", "--condition", "The backup is tested", "--query", "IGA-16=Which?"]);
    args.extend(["--expires", "2027-01-31", "--reason", "It is needed", "--dry-run"]);
    let shown = sandbox.tom(&args).code(0).out;
    let (before, _) = shown.split_once("\ndigest ").unwrap();
    for said in [
        "condition: The backup is tested",
        "query about IGA-16: Which?",
        "it holds until 2027-01-31",
        "reason: It is needed",
    ] {
        assert!(before.contains(said), "{said}: {shown}");
    }
}

#[test]
fn what_is_verified_and_where_things_stand_fits_eighty_columns() {
    let sandbox = decided();
    sandbox.tom(&["set", NORTHFIELD, "BD-21", "For something else."]).code(0);
    sandbox.commit("void");
    for args in [&["verify", NORTHFIELD][..], &["verify", "--all", "--base", "HEAD~1"]] {
        let ran = sandbox.tom(args).code(1);
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
    let status = sandbox.tom(&["status"]).code(0).out;
    assert!(status.contains(" acme-northfield "), "{status}");
}
