//! What seems to take a No back, or takes away what shows it: every command and every gate sees through it.

use super::leaving::but_one;
use super::record::{record, stages, standing};
use super::*;
use std::fs;
use tom::model::{Digest, Moment, Statement};
use tom::syntax::{Document, read_statement, write_statement};

/// The file of the statement that says so.
#[track_caller]
fn that_says(sandbox: &Sandbox, text: &str) -> String {
    let found = sandbox.statements().into_iter().find(|file| sandbox.read(file).contains(text));
    found.unwrap_or_else(|| panic!("no statement says {text}"))
}

fn digest_of(sandbox: &Sandbox, file: &str) -> Digest {
    Digest::of_bytes(sandbox.read(file).as_bytes())
}

/// Writes a statement that follows another, as somebody without a key can.
fn forged(sandbox: &Sandbox, after: &str, change: impl Fn(&mut Statement)) -> String {
    let text = sandbox.read(after);
    let document = Document::parse(after, text.as_bytes()).unwrap();
    let mut statement = read_statement(&document).0.unwrap();
    statement.prev = vec![digest_of(sandbox, after)];
    statement.time = Moment(statement.time.0 + 60);
    change(&mut statement);
    let folder = format!("{APPROVALS}/{}", statement.phase);
    sandbox.forge(&folder, &statement.role, &write_statement(&statement), None)
}

fn yes(statement: &mut Statement) {
    statement.outcome = Some("approved".to_owned());
    statement.reason = None;
}

/// Makes sure that neither a command nor a gate takes phase 2 for approved on a branch of `main`.
#[track_caller]
fn nothing_passes(sandbox: &Sandbox, what: &str) {
    sandbox.commit(what);
    let verified = sandbox.verify(1, &["--base", "main"]);
    assert!(!["approved", "conditional"].contains(&&*phase(&verified, 2)), "{what}: {verified:#}");
    assert!(!["approved", "conditional"].contains(&&*stages(sandbox)[2]), "{what}");
    assert!(!sandbox.cover().starts_with("Approved"), "{what}: {}", sandbox.cover());
    for args in [
        &["verify", "--all", "--base", "main", "--allow-void"][..],
        &["diff", "main...", "--fail-on", "approval-void"],
    ] {
        let ran = sandbox.tom(args);
        assert_eq!(ran.code, Some(1), "{what}, {args:?}: {}", ran.all());
    }
}

#[test]
fn a12_a22_a_refusal_is_not_erased_by_taking_its_signature_and_adding_what_seems_to_follow_it() {
    let whole = but_one();
    whole.write(".git/info/exclude", "packs\n");
    whole.nia(&["--outcome", "rejected", "--reason", "Not so"]).code(0);
    whole.commit("a refusal");
    whole.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    whole.commit("an approval");
    assert_eq!(phase(&whole.verify(0, &[]), 2), "rejected");
    let no = that_says(&whole, "outcome = \"rejected\"");
    let optional = |sandbox: &Sandbox| {
        sandbox.replace("tom.toml", "signatures = \"required\"", "signatures = \"optional\"");
        sandbox.commit("optional");
    };
    for is_optional in [false, true] {
        let sandbox = whole.copied();
        if is_optional {
            optional(&sandbox);
        }
        sandbox.git(&["switch", "-q", "-c", "branch"]);
        fs::remove_file(sandbox.path(format!("{no}.sig"))).unwrap();
        nothing_passes(&sandbox, "stripped");
        let forged = forged(&sandbox, &no, yes);
        nothing_passes(&sandbox, "and approved by hand");
        let id = digest_of(&sandbox, &forged).hex();
        sandbox.decide("rajan-pillai", 2, &["--withdraw", &id, "--reason", "A mistake"]).code(0);
        nothing_passes(&sandbox, "and that taken back");
        // Another signature is no better than none.
        sandbox.write(
            format!("{no}.sig").as_str(),
            sandbox.read(&format!("{}.sig", that_says(&sandbox, "withdraws"))),
        );
        nothing_passes(&sandbox, "or with another signature");
        let words = flat(&sandbox.tom(&["verify", NORTHFIELD, "--base", "main"]).code(1).out);
        assert!(words.contains(".sig is not the signature that commit"), "{words}");
    }
}

#[test]
fn a12_a22_a_recorded_refusal_is_not_erased_by_changing_its_evidence() {
    let sandbox = but_one();
    sandbox.write(".git/info/exclude", "packs\n");
    let key = sandbox.public("nia-rowe");
    sandbox.replace("tom.toml", &format!("keys = [{key:?}]\n"), "");
    sandbox.replace("tom.toml", "signatures = \"required\"", "signatures = \"optional\"");
    sandbox.write("docs/evidence/no.eml", "No.\n");
    sandbox.commit("evidence");
    let mut args = vec!["decide", NORTHFIELD, "--phase", "2", "--role", "siro", "--by", "Jo Marsh"];
    args.extend(["--recorded-for", "Nia Rowe", "--evidence", "docs/evidence/no.eml"]);
    args.extend(["--outcome", "rejected", "--reason", "Not so"]);
    let digest = sandbox.digest(&args).unwrap();
    args.extend(["--digest", &digest]);
    sandbox.tom(&args).code(0);
    sandbox.commit("a refusal");
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("an approval");
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "rejected");
    let no = that_says(&sandbox, "outcome = \"rejected\"");
    sandbox.git(&["switch", "-q", "-c", "branch"]);
    sandbox.write("docs/evidence/no.eml", "No!\n");
    forged(&sandbox, &no, |statement| {
        yes(statement);
        statement.recorded = None;
    });
    nothing_passes(&sandbox, "changed");
    let words = flat(&sandbox.tom(&["verify", NORTHFIELD, "--base", "main"]).code(1).out);
    assert!(words.contains("docs/evidence/no.eml, which shows"), "{words}");
}

#[test]
fn a12_what_a_crosswise_merge_brought_is_not_lost_behind_the_newest_common_commit() {
    // The newer of the two commits that both have would be taken for where they parted.
    for date in ["1795132700 +0000", "1795132900 +0000"] {
        let sandbox = but_one();
        sandbox.git(&["branch", "y"]);
        let x = format!("GIT_COMMITTER_DATE='{date}' git commit -q --allow-empty -m x");
        crate::support::run(sandbox.shell_command(&x)).code(0);
        sandbox.git(&["branch", "x"]);
        sandbox.git(&["switch", "-q", "y"]);
        sandbox.nia(&["--outcome", "rejected", "--reason", "Not so"]).code(0);
        sandbox.commit("y: a decision");
        sandbox.git(&["switch", "-q", "main"]);
        sandbox.git(&["merge", "-q", "--no-ff", "-m", "main", "y"]);
        sandbox.git(&["switch", "-q", "-c", "evil", "x"]);
        sandbox.git(&["merge", "-q", "--no-ff", "-m", "evil", "y"]);
        let file = that_says(&sandbox, "outcome = \"rejected\"");
        sandbox.git(&["rm", "-q", &file, &format!("{file}.sig")]);
        sandbox.commit("it never was");
        assert_eq!(sandbox.git(&["merge-base", "--all", "main", "evil"]).lines().count(), 2);
        let ran = sandbox.tom(&["verify", "--all", "--base", "main"]).code(1);
        assert!(flat(&ran.out).contains("was removed; commit"), "{}", ran.out);
        let ran = sandbox.tom(&["diff", "main...evil", "--fail-on", "approval-void"]).code(1);
        assert!(flat(&ran.out).contains("its statement is gone"), "{}", ran.out);
        // Without the removal nothing is told.
        sandbox.git(&["reset", "-q", "--hard", "evil~1"]);
        sandbox.tom(&["diff", "main...HEAD", "--fail-on", "approval-void"]).code(0);
        sandbox.tom(&["verify", "--all", "--base", "main"]).code(0);
    }
}

#[test]
fn a12_an_event_that_is_gone_or_says_something_else_is_told_and_so_is_what_since_would_hide() {
    let sandbox = but_one();
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("approved");
    record(&sandbox, &["submit", "--phase", "2"]);
    sandbox.commit("sent off");
    let file = "assessments/acme-northfield/record.toml";
    let before = sandbox.read(file);
    record(&sandbox, &["return", "--phase", "2", "--query", "IGA-16=Which system is it?"]);
    sandbox.commit("returned");
    let (base, with) = (sandbox.git(&["rev-parse", "HEAD~2"]).trim().to_owned(), sandbox.read(file));
    assert_eq!(phase(&sandbox.verify(0, &["--base", "HEAD"]), 2), "returned");
    sandbox.git(&["switch", "-q", "-c", "branch"]);
    for (record, says) in [
        (before, "2026-11-20-returned was removed from"),
        (with.replace("Which system is it?", "Is it?"), "2026-11-20-returned of"),
    ] {
        sandbox.write(file, record);
        sandbox.commit("another record");
        for since in [&[][..], &["--since", &base]] {
            let args = [&["verify", "--all", "--base", "main"][..], since].concat();
            let ran = sandbox.tom(&args).code(1);
            assert!(flat(&ran.out).contains(says), "{args:?}: {}", ran.out);
        }
    }
    // A merge that numbers events anew takes none away.
    sandbox.write(
        file,
        with.replace("[2026-11-20-returned]", "[2026-11-20-returned-2]")
            .replace("[2026-11-20-returned.", "[2026-11-20-returned-2."),
    );
    sandbox.commit("numbered anew");
    sandbox.tom(&["verify", "--all", "--base", "main"]).code(0);
    // What stood only where the branch parted, and was never among the first parents that are looked through.
    let gone = that_says(&sandbox, "Rajan Pillai");
    sandbox.git(&["rm", "-q", &gone, &format!("{gone}.sig")]);
    sandbox.commit("gone");
    let ran = sandbox.tom(&["verify", "--all", "--base", "main", "--since", "HEAD"]).code(1);
    assert!(flat(&ran.out).contains("was removed"), "{}", ran.out);
}

#[test]
fn a_return_is_lifted_by_sending_off_again_or_by_everybody_and_not_by_anybody() {
    let sandbox = but_one();
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("approved");
    record(&sandbox, &["submit", "--phase", "2"]);
    record(&sandbox, &["return", "--phase", "2", "--query", "IGA-16=Which system is it?"]);
    sandbox.commit("returned");
    let later = |sandbox: &Sandbox, id: &str, name: &str, role: &str| {
        let text = format!("by = {name:?}");
        let document = sandbox.statements().into_iter().map(|file| (sandbox.read(&file), file));
        let mut own = document.filter(|(said, file)| said.contains(&text) && file.contains("approvals/2/"));
        let (_, after) = own.next().unwrap();
        let made = forged(sandbox, &after, |statement| statement.time = Moment(statement.time.0 + 3600));
        assert!(made.contains(role));
        sandbox.sign(&made, id, tom::model::Purpose::Statement.namespace());
    };
    sandbox.nia(&["--outcome", "approved"]).code(0);
    later(&sandbox, "nia-rowe", "Nia Rowe", "siro");
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "returned");
    assert_eq!(stages(&sandbox)[2], "returned");
    let others = [
        ("helen-okafor", "Helen Okafor", "executive"),
        ("petra-vale", "Petra Vale", "supplier-representative"),
        ("esther-lyle", "Dr Esther Lyle", "clinical-safety-officer"),
        ("owen-frith", "Owen Frith", "service-owner"),
    ];
    others.iter().for_each(|(id, name, role)| later(&sandbox, id, name, role));
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "returned", "one of those whom it needs has not");
    later(&sandbox, "marian-holt", "Marian Holt", "asset-owner");
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "approved");
    assert!(standing(&sandbox)["lacks"].to_string().contains("a query of phase 2 is not answered"));
}

/// The IG lead is asked in phase 2, and says something; then the policy does not ask them any more.
fn unasked(outcome: &[&str]) -> Sandbox {
    let sandbox = but_one();
    sandbox.write(".git/info/exclude", "packs\n");
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.keygen("ben-tarrant", "ed25519");
    let key = sandbox.public("ben-tarrant");
    let roles = "roles = [\"ig-lead\"]";
    sandbox.replace("tom.toml", roles, &format!("{roles}\nkeys = [{key:?}]"));
    let asked = "[policy.phases.2]\nall-of = [\"ig-lead\"]\n\n";
    sandbox.replace("tom.toml", "[policy.accept]", &format!("{asked}[policy.accept]"));
    sandbox.commit("the IG lead decides too");
    sandbox.decide_as("Ben Tarrant", "ig-lead", "ben-tarrant", 2, outcome).code(0);
    sandbox.commit("he has");
    sandbox.replace("tom.toml", asked, "");
    sandbox.commit("and does not decide any more");
    sandbox
}

#[test]
fn a22_a_refusal_outlives_the_line_of_the_policy_that_asked_for_it_and_an_approval_asks_nothing_of_anybody() {
    let sandbox = unasked(&["--outcome", "approved"]);
    let verified = sandbox.verify(0, &[]);
    assert_eq!(phase(&verified, 2), "approved", "{verified:#}");
    assert!(states(&verified).contains(&("ig-lead".to_owned(), "role not asked".to_owned())), "{verified:#}");
    sandbox.tom(&["check", NORTHFIELD]).code(0);

    let whole = unasked(&["--outcome", "rejected", "--reason", "Not so"]);
    let verified = whole.verify(1, &[]);
    assert_eq!(phase(&verified, 2), "open", "{verified:#}");
    assert!(verified["phases"][1]["lacks"].to_string().contains("not asked any more"), "{verified:#}");
    assert_ne!(stages(&whole)[2], "approved");
    assert!(!whole.cover().starts_with("Approved"), "{}", whole.cover());
    let found = flat(&whole.tom(&["check", NORTHFIELD]).code(1).out);
    assert!(found.contains("let them take it back, or somebody who decides in the phase"), "{found}");
    let id = digest_of(&whole, &that_says(&whole, "outcome = \"rejected\"")).hex();
    let back = ["--withdraw", &id, "--reason", "It was seen to"];
    // Whoever holds nothing in the phase takes nothing back, and nobody decides in a role that is not asked.
    whole.decide_as("Marian Holt", "ig-lead", "marian-holt", 2, &back).code(2);
    whole.decide_as("Ben Tarrant", "ig-lead", "ben-tarrant", 2, &["--outcome", "approved"]).code(2);
    for (name, role, key) in
        [("Ben Tarrant", "ig-lead", "ben-tarrant"), ("Rajan Pillai", "siro", "rajan-pillai")]
    {
        let sandbox = whole.copied();
        let ran = sandbox.decide_as(name, role, key, 2, &back);
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        sandbox.commit("taken back");
        let verified = sandbox.verify(0, &[]);
        assert_eq!(phase(&verified, 2), "approved", "{verified:#}");
        assert_eq!(stages(&sandbox)[2], "approved");
        sandbox.tom(&["check", NORTHFIELD]).code(0);
    }
    // Nor does a signature that is taken away make it easier.
    let no = that_says(&whole, "outcome = \"rejected\"");
    fs::remove_file(whole.path(format!("{no}.sig"))).unwrap();
    whole.commit("stripped");
    assert_eq!(phase(&whole.verify(1, &[]), 2), "open");
}

#[test]
fn a22_a_key_that_is_listed_later_brings_nothing_back_that_was_taken_back_without_one() {
    let whole = but_one();
    whole.write(".git/info/exclude", "packs\n");
    let key = whole.public("nia-rowe");
    whole.replace("tom.toml", &format!("keys = [{key:?}]\n"), "");
    whole.replace("tom.toml", "signatures = \"required\"", "signatures = \"optional\"");
    whole.commit("she has no key yet");
    let listed = |sandbox: &Sandbox| {
        let roles = "organisation = \"XNF01\"\nroles = [\"siro\"]\n";
        let nia = sandbox.read("tom.toml").replacen("name = \"Nia Rowe\"", "name = \"Nia Rowe\" # here", 1);
        let (before, after) = nia.split_once(" # here").unwrap();
        let after = after.replacen(roles, &format!("{roles}keys = [{key:?}]\n"), 1);
        sandbox.write("tom.toml", format!("{before}{after}"));
        sandbox.commit("her key");
    };
    let says = |sandbox: &Sandbox, rest: &[&str]| {
        let args = ["decide", NORTHFIELD, "--phase", "2", "--role", "siro", "--by", "Nia Rowe"];
        let args = [&args[..], rest].concat();
        let digest = sandbox.digest(&args);
        let digest = digest.iter().flat_map(|digest| ["--digest", digest]);
        sandbox.tom(&args.iter().copied().chain(digest).collect::<Vec<_>>()).code(0);
        sandbox.commit("she has said something");
    };
    // She rejects, and then approves.
    let sandbox = whole.copied();
    says(&sandbox, &["--outcome", "rejected", "--reason", "Not so"]);
    says(&sandbox, &["--outcome", "approved"]);
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "approved");
    listed(&sandbox);
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "approved");
    // She approves, and takes that back.
    let sandbox = whole.copied();
    says(&sandbox, &["--outcome", "approved"]);
    let id = digest_of(&sandbox, &sandbox.statement("siro")).hex();
    says(&sandbox, &["--withdraw", &id, "--reason", "Too early"]);
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "open");
    listed(&sandbox);
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "open");
}

#[test]
fn a22_whoever_comes_back_brings_no_refusal_back_and_a_withdrawal_that_lies_about_it_does_nothing() {
    let sandbox = but_one();
    sandbox.write(".git/info/exclude", "packs\n");
    sandbox.nia(&["--outcome", "rejected", "--reason", "Not so"]).code(0);
    sandbox.commit("a refusal");
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("an approval");
    let no = that_says(&sandbox, "outcome = \"rejected\"");
    let id = digest_of(&sandbox, &no);
    // He says that she has left, and signs it; she is listed in the very commit that brings it.
    let lying = sandbox.copied();
    let mut after = lying.statements().into_iter().filter(|file| lying.read(file).contains("Rajan Pillai"));
    let lie = forged(&lying, &after.next().unwrap(), |statement| {
        statement.act = tom::model::Act::Withdraw;
        statement.outcome = None;
        statement.scopes.clear();
        (statement.withdraws, statement.has_left) = (Some(id), true);
        statement.reason = Some("It was seen to".to_owned());
    });
    lying.sign(&lie, "rajan-pillai", tom::model::Purpose::Statement.namespace());
    for _ in ["uncommitted", "committed"] {
        assert_eq!(phase(&lying.verify(0, &[]), 2), "rejected");
        lying.commit("a lie");
    }
    let with = sandbox.read("tom.toml");
    let (before, rest) = with.split_once("[people.nia-rowe]").unwrap();
    sandbox.write("tom.toml", format!("{before}[policy]{}", rest.split_once("[policy]").unwrap().1));
    sandbox.commit("she is taken out");
    let back = ["--withdraw", &id.hex(), "--reason", "It was seen to"];
    sandbox.decide("rajan-pillai", 2, &back).code(0);
    assert!(sandbox.read(&that_says(&sandbox, "withdraws")).contains("has-left = true"));
    sandbox.commit("taken back");
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "approved");
    sandbox.write("tom.toml", with);
    sandbox.commit("she is back");
    for rest in [&[][..], &["--base", "main"], &["--base", "main~1"]] {
        let verified = sandbox.verify(0, rest);
        assert_eq!(phase(&verified, 2), "approved", "{rest:?}: {verified:#}");
    }
    assert_eq!(stages(&sandbox)[2], "approved");
}
