//! Somebody who has decided leaves: what they said goes on as it was, or is taken back by somebody who may, and nothing is called approved meanwhile that
//! is not.

use super::record::{stages, standing};
use super::*;
use crate::action;

/// Phase 2 approved by everybody but the SIRO, of whom there are two; committed.
static BUT_ONE: LazyLock<Sandbox> = LazyLock::new(|| {
    let sandbox = peopled();
    sandbox.keygen("nia-rowe", "ed25519");
    let key = sandbox.public("nia-rowe");
    let person = format!(
        "[people.nia-rowe]\nname = \"Nia Rowe\"\nemail = \"nia.rowe@northfield.example\"\nparty = \"deployer\"\norganisation = \"XNF01\"\nroles = [\"siro\"]\nkeys = [{key:?}]\n\n[policy]\n"
    );
    sandbox.replace("tom.toml", "[policy]\n", &person);
    sandbox.commit("a second SIRO");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.commit("phase 1");
    for id in ["helen-okafor", "petra-vale", "esther-lyle", "owen-frith", "marian-holt"] {
        sandbox.decide(id, 2, &["--outcome", "approved"]).code(0);
    }
    sandbox.commit("phase 2 but for one");
    sandbox
});

/// The same, as a copy.
pub fn but_one() -> Sandbox {
    BUT_ONE.copied()
}

impl Sandbox {
    /// Nia decides as SIRO.
    #[track_caller]
    pub fn nia(&self, rest: &[&str]) -> Ran {
        self.decide_as("Nia Rowe", "siro", "nia-rowe", 2, rest)
    }

    /// Somebody decides an hour later.
    fn an_hour_later(&self, args: &[&str]) -> Ran {
        let mut command = self.tom_command(args);
        command.env("SOURCE_DATE_EPOCH", (crate::support::TODAY.parse::<i64>().unwrap() + 3600).to_string());
        crate::support::run(command)
    }

    /// From a minute past midnight on, a key may sign no more.
    fn leaves(&self, id: &str) {
        let key = self.public(id);
        let ended = format!("keys = ['valid-before=\"202611200001Z\" {key}']");
        self.replace("tom.toml", &format!("keys = [{key:?}]"), &ended);
    }

    /// What the cover of the pack of phase 2 says.
    #[track_caller]
    pub fn cover(&self) -> String {
        self.tom(&["render", NORTHFIELD, "--to", "packs", "--format", "json", "--pack", "phase-2"]).code(0);
        let pack: Value = serde_json::from_str(&self.read("packs/acme-northfield-phase-2.json")).unwrap();
        std::fs::remove_dir_all(self.path("packs")).unwrap();
        pack["cover"]["decided"].as_str().unwrap().to_owned()
    }
}

/// Makes sure that every command says the same of phase 2, and that no gate stops because of decisions.
#[track_caller]
fn all_say(sandbox: &Sandbox, stage: &str, cover: &str) {
    for args in [
        &["verify", "--all"][..],
        &["verify", "--all", "--base", "main"],
        &["verify", "--all", "--base", "main", "--allow-void"],
        &["check"],
        &["check", "--base", "main"],
    ] {
        let ran = sandbox.tom(args);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.all());
        assert!(!ran.out.contains("TOM-0804"), "{args:?}: {}", ran.out);
    }
    assert_eq!(stages(sandbox)[2], stage);
    assert!(sandbox.cover().starts_with(cover), "{}", sandbox.cover());
    let lacks = standing(sandbox)["lacks"].to_string();
    let live = sandbox.tom(&["record", NORTHFIELD, "live", "--by", "Jo Marsh"]).code(2).err;
    for lacks in [lacks, live] {
        assert_eq!(lacks.contains("phase 2 is not approved"), stage != "approved", "{lacks}");
    }
    let since = sandbox.tom(&["diff", NORTHFIELD, "--since-decision", "siro"]);
    assert_eq!(since.code, Some(0), "{}", since.all());
}

/// Commits on a branch, has both forges' scripts look at it, and makes it the base.
#[track_caller]
fn merged(sandbox: &Sandbox, what: &str) {
    sandbox.git(&["switch", "-q", "-C", "branch"]);
    sandbox.commit(what);
    let ran = action::gitlab(sandbox);
    assert_eq!(ran.code, Some(0), "{what}: {}", ran.all());
    if action::has_jq() {
        let ran = action::review(sandbox, &[("PACKS", "0")]);
        assert_eq!(action::output(sandbox, "result"), "0", "{what}: {}", ran.all());
    }
    sandbox.git(&["switch", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--ff-only", "branch"]);
}

#[test]
fn a11_somebody_who_has_decided_leaves_and_every_command_and_gate_goes_on() {
    let sandbox = but_one();
    sandbox.write(".git/info/exclude", "runner\nforge\ntom-review\npacks\n");
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    merged(&sandbox, "the SIRO approves");
    all_say(&sandbox, "approved", "Approved since");
    sandbox.leaves("rajan-pillai");
    merged(&sandbox, "he leaves");
    all_say(&sandbox, "approved", "Approved since");
    // What he would sign now counts for nothing, whatever time it says.
    let late = sandbox.decide("rajan-pillai", 2, &["--outcome", "returned", "--reason", "Late"]);
    assert_eq!(late.code, Some(0), "{}", late.all());
    assert_eq!(phase(&sandbox.verify(1, &["--base", "main"]), 2), "open");
    assert_ne!(stages(&sandbox)[2], "approved");
}

#[test]
fn a22_a_refusal_outlives_its_author_until_somebody_else_in_the_role_takes_it_back_and_says_why() {
    let whole = but_one();
    whole.write(".git/info/exclude", "runner\nforge\ntom-review\npacks\n");
    whole.nia(&["--outcome", "rejected", "--reason", "Not so"]).code(0);
    merged(&whole, "a SIRO refuses");
    whole.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    merged(&whole, "the other approves");
    all_say(&whole, "rejected", "Rejected since");
    let text = "outcome = \"rejected\"";
    let file = whole.statements().into_iter().find(|file| whole.read(file).contains(text)).unwrap();
    let digest = tom::model::Digest::of_bytes(whole.read(&file).as_bytes()).hex();
    let back = |rest: &[&'static str]| {
        let mut args = vec!["decide", NORTHFIELD, "--phase", "2", "--role", "siro", "--by", "Rajan Pillai"];
        args.extend(["--key", "keys/rajan-pillai", "--withdraw", &digest]);
        args.extend_from_slice(rest);
        args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<String>>()
    };
    let take_back = |sandbox: &Sandbox, rest: &[&'static str]| {
        let args = back(rest);
        sandbox.an_hour_later(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let why = ["--reason", "It was seen to"];
    let refused = take_back(&whole, &why).code(2);
    assert!(refused.err.contains("only Nia Rowe takes that back, while"), "{}", refused.err);
    // Her key has run out, as the guide says.
    let sandbox = whole.copied();
    sandbox.leaves("nia-rowe");
    merged(&sandbox, "she leaves");
    all_say(&sandbox, "rejected", "Rejected since");
    let told = flat(&sandbox.tom(&["status", NORTHFIELD, "--as-of", "2026-11-21"]).code(0).out);
    assert!(told.contains("stands until somebody else who holds the role takes it back"), "{told}");
    take_back(&sandbox, &[]).code(2);
    take_back(&sandbox, &why).code(0);
    merged(&sandbox, "taken back");
    all_say(&sandbox, "approved", "Approved since");
    let told = flat(&sandbox.tom(&["verify", NORTHFIELD]).code(0).out);
    assert!(told.contains("because Nia Rowe has left: It was seen to"), "{told}");
    // Or she is not listed any more: her No is not lost with her.
    let sandbox = whole.copied();
    let toml = sandbox.read("tom.toml");
    let (before, rest) = toml.split_once("[people.nia-rowe]").unwrap();
    sandbox.write("tom.toml", format!("{before}[policy]{}", rest.split_once("[policy]").unwrap().1));
    sandbox.commit("she is taken out");
    let verified = sandbox.verify(1, &[]);
    assert_eq!(phase(&verified, 2), "open", "{verified:#}");
    assert!(verified["phases"][1]["lacks"].to_string().contains("who is not listed so"));
    assert_ne!(stages(&sandbox)[2], "approved");
    assert!(!sandbox.cover().starts_with("Approved"), "{}", sandbox.cover());
    let found = flat(&sandbox.tom(&["check", NORTHFIELD]).code(1).out);
    assert!(found.contains("it says No, and keeps its phase open"), "{found}");
    take_back(&sandbox, &why).code(0);
    sandbox.commit("taken back");
    all_say(&sandbox, "approved", "Approved since");
}

#[test]
fn a22_the_withdrawal_of_somebody_who_is_not_listed_any_more_lets_nothing_be_approved_again() {
    let sandbox = but_one();
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("approved");
    let file = sandbox.statement("siro");
    let digest = tom::model::Digest::of_bytes(sandbox.read(&file).as_bytes()).hex();
    sandbox.nia(&["--withdraw", &digest, "--reason", "Too early"]).code(0);
    sandbox.commit("taken back");
    assert_eq!(phase(&sandbox.verify(0, &[]), 2), "open");
    // It is told beside what is void, and so is what to do.
    let withdrawn = standing(&sandbox)["phases"][1]["withdrawn"].to_string();
    assert!(withdrawn.contains("Rajan Pillai as siro is withdrawn by Nia Rowe"), "{withdrawn}");
    let status = flat(&sandbox.tom(&["status", NORTHFIELD]).code(0).out);
    assert!(status.contains("is withdrawn by Nia Rowe") && status.contains(": Too early"), "{status}");
    let todo = flat(&sandbox.tom(&["todo", NORTHFIELD]).code(0).out);
    assert!(todo.contains("the approval of Rajan Pillai as siro is withdrawn"), "{todo}");
    sandbox.replace("tom.toml", "name = \"Nia Rowe\"", "name = \"Nia Other\"");
    sandbox.commit("another name");
    let verified = sandbox.verify(1, &[]);
    assert_eq!(phase(&verified, 2), "open", "{verified:#}");
    assert!(verified["phases"][1]["lacks"].to_string().contains("withdrawal by Nia Rowe"), "{verified:#}");
}
