//! What says No, or may say it, is never lost: statements that are missing, damaged, moved or not shown.

use super::record::stages;
use super::*;
use std::fs;

/// Phase 1, rejected by one asset owner and approved by another.
fn torn() -> Sandbox {
    let sandbox = peopled();
    let roles = "roles = [\"service-owner\"]";
    sandbox.replace("tom.toml", roles, "roles = [\"service-owner\", \"asset-owner\"]");
    sandbox.commit("two asset owners");
    let verdicts = ["AP1-02=Rejected", "AP1-03=Approved", "AP1-04=Approved"];
    let mut no = vec!["--outcome", "rejected", "--reason", "Not this use"];
    verdicts.iter().for_each(|verdict| no.extend(["--verdict", verdict]));
    sandbox.decide_as("Owen Frith", "asset-owner", "owen-frith", 1, &no).code(0);
    sandbox.commit("a rejection");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.commit("an approval");
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "rejected");
    sandbox
}

/// The file of the statement that says so.
fn that_says(sandbox: &Sandbox, text: &str) -> String {
    let found = sandbox.statements().into_iter().find(|file| sandbox.read(file).contains(text));
    found.unwrap_or_else(|| panic!("no statement says {text}"))
}

#[test]
fn a12_a_refusal_that_is_removed_damaged_or_stripped_leaves_no_approval_anywhere() {
    type Harm = fn(&Sandbox, &str);
    let remove: Harm = |sandbox, file| {
        fs::remove_file(sandbox.path(file)).unwrap();
        fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
    };
    let edit: Harm = |sandbox, file| sandbox.write(file, sandbox.read(file) + "\n");
    let strip: Harm = |sandbox, file| fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
    let flip: Harm = |sandbox, file| {
        let file = format!("{file}.sig");
        sandbox.write(&file, sandbox.read(&file).replacen('B', "C", 3));
    };
    let link: Harm = |sandbox, file| {
        let path = sandbox.path(file);
        fs::rename(&path, path.with_extension("away")).unwrap();
        std::os::unix::fs::symlink(path.with_extension("away"), path).unwrap();
    };
    let whole = torn();
    for (what, harm, check) in [
        ("removed", remove, "TOM-0807"),
        ("edited", edit, "TOM-0802"),
        ("stripped", strip, "TOM-0808"),
        ("flipped", flip, "TOM-0804"),
        ("linked", link, "TOM-0802"),
    ] {
        let sandbox = whole.copied();
        harm(&sandbox, &that_says(&sandbox, "outcome = \"rejected\""));
        sandbox.commit(what);
        let verified = sandbox.verify(1, &[]);
        assert_eq!(phase(&verified, 1), "open", "{what}: {verified:#}");
        assert!(!["approved", "conditional"].contains(&&*stages(&sandbox)[1]), "{what}");
        let found = sandbox.tom(&["check", NORTHFIELD, "--deny", "warnings"]).code(1).out;
        assert!(found.contains(check), "{what}: {found}");
        sandbox
            .tom(&["render", NORTHFIELD, "--to", "packs", "--format", "json", "--pack", "phase-1"])
            .code(0);
        let pack: Value = serde_json::from_str(&sandbox.read("packs/acme-northfield-phase-1.json")).unwrap();
        let decided = pack["cover"]["decided"].as_str().unwrap();
        assert!(!decided.starts_with("Approved"), "{what}: {decided}");
        let live = sandbox.tom(&["record", NORTHFIELD, "live", "--by", "Jo Marsh"]).code(2).err;
        assert!(live.contains("phase 1 is not approved"), "{what}: {live}");
    }
}

#[test]
fn a12_a_withdrawal_that_is_not_shown_lets_nothing_be_approved_again() {
    let sandbox = decided();
    let approval = that_says(&sandbox, "fully-approved");
    let id = tom::model::Digest::of_bytes(sandbox.read(&approval).as_bytes()).hex();
    let withdraw = ["--withdraw", &id[..12], "--reason", "Signed by mistake"];
    sandbox.decide("marian-holt", 1, &withdraw).code(0);
    sandbox.commit("withdrawn");
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "open");
    fs::remove_file(sandbox.path(format!("{}.sig", that_says(&sandbox, "act = \"withdraw\"")))).unwrap();
    let verified = sandbox.verify(1, &[]);
    assert_eq!(phase(&verified, 1), "open");
    assert!(verified["phases"][0]["lacks"].to_string().contains("withdrawal by Marian Holt"), "{verified:#}");
}

#[test]
fn only_its_own_author_takes_a_refusal_back() {
    let sandbox = torn();
    let no = that_says(&sandbox, "outcome = \"rejected\"");
    let id = tom::model::Digest::of_bytes(sandbox.read(&no).as_bytes()).hex();
    let withdraw = ["--withdraw", &id[..12], "--reason", "I see it otherwise"];
    let ran = sandbox.decide("marian-holt", 1, &withdraw).code(2);
    assert!(ran.err.contains("Owen Frith"), "{}", ran.err);
    sandbox.decide_as("Owen Frith", "asset-owner", "owen-frith", 1, &withdraw).code(0);
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "approved");
    // Written by hand, it counts no more.
    let own = that_says(&sandbox, "act = \"withdraw\"");
    let forged = sandbox.read(&own).replace("Owen Frith", "Marian Holt");
    fs::remove_file(sandbox.path(&own)).unwrap();
    fs::remove_file(sandbox.path(format!("{own}.sig"))).unwrap();
    sandbox.forge(&format!("{APPROVALS}/1"), "asset-owner", &forged, Some("marian-holt"));
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "rejected");
}

#[test]
fn b05_a_statement_that_git_cannot_read_or_has_under_another_id_is_an_error() {
    let sandbox = torn();
    let no = that_says(&sandbox, "outcome = \"rejected\"");
    let id = sandbox.git(&["rev-parse", &format!("HEAD:{no}")]).trim().to_owned();
    let object = |id: &str| sandbox.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    let bytes = fs::read(object(&id)).unwrap();
    let put = |bytes: &[u8]| {
        fs::remove_file(object(&id)).unwrap();
        fs::write(object(&id), bytes).unwrap();
    };
    put(b"not an object");
    for command in [
        &["verify", NORTHFIELD, "--rev", "HEAD"][..],
        &["render", NORTHFIELD, "--rev", "HEAD", "--to", "packs"],
    ] {
        assert!(sandbox.tom(command).code(2).err.contains("error[TOM-0"), "{command:?}");
    }
    // Sound in itself, and another one than its name says.
    sandbox.write("other", "type = \"nothing\"\n");
    let other = sandbox.git(&["hash-object", "-w", "other"]).trim().to_owned();
    put(&fs::read(object(&other)).unwrap());
    sandbox.tom(&["verify", NORTHFIELD, "--rev", "HEAD"]).code(2);
    put(&bytes);
    assert_eq!(phase(&sandbox.verify(0, &["--rev", "HEAD"]), 1), "rejected");
}

#[test]
fn a12_removal_is_found_wherever_it_is_looked_for() {
    let whole = decided();
    let base = whole.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let last = whole.statement("executive");
    let id = tom::model::Digest::of_bytes(whole.read(&last).as_bytes()).to_string();
    let says = |sandbox: &Sandbox, args: &[&str], what: &str| {
        let ran = sandbox.tom(&[&["verify"], args].concat()).code(1);
        assert!(flat(&ran.out).contains(what), "{args:?}: {}", ran.all());
    };
    // All statements of a deployment.
    let sandbox = whole.copied();
    fs::remove_dir_all(sandbox.path(APPROVALS)).unwrap();
    sandbox.commit("none");
    says(&sandbox, &["--all", "--since", &base], "was removed");
    says(&sandbox, &["--all", "--anchor", &id], "names a statement that is not here");
    // Through a new name of the folder.
    let sandbox = whole.copied();
    sandbox.git(&["mv", "assessments/acme-northfield", "assessments/northfield-2"]);
    let moved = last.replace("acme-northfield", "northfield-2");
    sandbox.git(&["rm", "-qf", &moved, &format!("{moved}.sig")]);
    sandbox.commit("renamed");
    says(&sandbox, &["northfield-2", "--since", &base], "was removed");
    // With the deployment.
    let sandbox = whole.copied();
    sandbox.git(&["rm", "-rq", "assessments/acme-northfield"]);
    sandbox.commit("gone");
    says(&sandbox, &["--all", "--since", &base], "with its deployment");
    // In a folder that no command would look into.
    let sandbox = whole.copied();
    sandbox.git(&["mv", "assessments/acme-northfield", "assessments/Acme Northfield"]);
    sandbox.commit("hidden");
    says(&sandbox, &["--all"], "Acme Northfield");
    // An anchor of one deployment is not asked of the others.
    whole.tom(&["verify", "--all", "--anchor", &id]).code(0);
    whole.tom(&["verify", "--all", "--since", &base]).code(0);
}

#[test]
fn b06_grafts_hide_no_removal() {
    let sandbox = decided();
    let base = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let older = sandbox.git(&["rev-parse", "HEAD~1"]).trim().to_owned();
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("one more");
    let file = sandbox.statement("siro");
    sandbox.git(&["rm", "-q", &file, &format!("{file}.sig")]);
    sandbox.commit("taken away");
    let head = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    for graft in [format!("{head} {base}\n"), format!("{head} {older}\n"), format!("{head}\n")] {
        sandbox.write(".git/info/grafts", &graft);
        let verified = sandbox.verify(1, &["--since", &base]);
        assert!(verified["wrong"].to_string().contains("was removed"), "{graft}: {verified:#}");
        assert!(verified["unknown"].to_string().contains("grafts, which were not followed"));
    }
}

#[test]
fn b01_what_a_shallow_clone_cannot_answer_is_no_answer() {
    let sandbox = decided();
    let base = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    ["one", "two", "three"].iter().for_each(|message| sandbox.commit(message));
    let shallow = Sandbox::empty();
    let from = format!("file://{}", sandbox.path("").display());
    shallow.git(&["clone", "-q", "--depth", "2", &from, "."]);
    // The commit itself is here, and what lies between is not.
    shallow.git(&["fetch", "-q", "--depth", "1", "origin", &base]);
    let ran = shallow.tom(&["verify", NORTHFIELD, "--since", &base]).code(2);
    assert!(ran.err.contains("TOM-0902"), "{}", ran.all());
}

#[test]
fn a08_a_framework_that_the_base_lacks_decides_nothing() {
    let sandbox = peopled();
    sandbox.git(&["checkout", "-q", "-b", "branch"]);
    crate::support::copy(
        &sandbox.path("frameworks/smsp-tom/0.10"),
        &sandbox.path("frameworks/smsp-tom/0.11"),
    );
    sandbox.replace("frameworks/smsp-tom/0.11/framework.toml", "version = \"0.10\"", "version = \"0.11\"");
    let file = "assessments/acme-northfield/deployment.toml";
    let text = sandbox.read(file);
    let line = text.lines().find(|line| line.starts_with("framework = ")).unwrap();
    sandbox.write(file, text.replace(line, "framework = { id = \"smsp-tom\", version = \"0.11\" }"));
    sandbox.commit("my own rules");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.commit("approved");
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "approved");
    let verified = sandbox.verify(1, &["--base", "main"]);
    assert_eq!(phase(&verified, 1), "open");
    assert!(verified["wrong"].to_string().contains("the base does not have the framework"), "{verified:#}");
}

#[test]
fn a11_a_backdated_commit_shows_no_earlier_time_than_what_it_is_built_on() {
    let sandbox = peopled();
    let own = sandbox.public("marian-holt");
    sandbox.replace(
        "tom.toml",
        &format!("keys = [{own:?}]"),
        &format!("keys = ['valid-before=\"20261101\" {own}']"),
    );
    sandbox.commit("a key that has run out");
    // Whoever has the key writes what they like: an hour in October, and no commit, which would be younger.
    sandbox.decide("marian-holt", 1, &YES).code(0);
    let file = sandbox.statement("asset-owner");
    let text = sandbox.read(&file).replace("time = \"2026-11-20T", "time = \"2026-10-20T");
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("commit = "))
        .map(|line| line.to_owned() + "\n")
        .collect();
    std::fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
    std::fs::remove_file(sandbox.path(&file)).unwrap();
    sandbox.forge(&format!("{APPROVALS}/1"), "asset-owner", &text, Some("marian-holt"));
    let october = "1792500000 +0000";
    let line = format!(
        "git add -A && GIT_AUTHOR_DATE='{october}' GIT_COMMITTER_DATE='{october}' git commit -qm october"
    );
    crate::support::run(sandbox.shell_command(&line)).code(0);
    let verified = sandbox.verify(1, &["--base", "HEAD"]);
    assert_eq!(states(&verified)[0].1, "unproven time", "{verified:#}");
    assert_eq!(phase(&verified, 1), "open");
}

#[test]
fn b03_two_deployments_of_one_permanent_id_are_both_in_doubt() {
    let sandbox = decided();
    crate::support::copy(
        &sandbox.path("assessments/acme-northfield"),
        &sandbox.path("assessments/acme-copy"),
    );
    let verified = sandbox.verify(1, &[]);
    assert_eq!(phase(&verified, 1), "open");
    assert!(verified["wrong"].to_string().contains("the same permanent id"), "{verified:#}");
    let status = sandbox.tom(&["status", NORTHFIELD]).code(0).out;
    assert!(status.contains("the same permanent id") && !status.contains("approved since"), "{status}");
    sandbox.tom(&["render", NORTHFIELD, "--to", "out", "--format", "html", "--pack", "phase-1"]).code(0);
    let pack = sandbox.read("out/acme-northfield-phase-1.html");
    assert!(pack.contains("Another deployment has the same permanent id"));
    assert!(!pack.contains("Approved since"));
    sandbox.commit("a copy");
    let refused = sandbox.decide("owen-frith", 2, &["--outcome", "approved"]).code(2);
    assert!(refused.err.contains("the same permanent id"), "{}", refused.err);
}

#[test]
fn what_could_not_be_done_ends_in_a_status_for_machines_too() {
    let sandbox = decided();
    for args in [
        &["verify", "no-such-deployment"][..],
        &["verify", NORTHFIELD, "--base", "no-such-revision"],
        &["verify", NORTHFIELD, "--anchor", "x"],
        &["check", "no-such-deployment"],
        &["check", "--rev", "no-such-revision"],
        &["check", "--merges", "no-such-revision"],
    ] {
        let ran = sandbox.tom(&[args, &["--format", "json"]].concat()).code(2);
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["status"], "error", "{args:?}");
        assert!(ran.out.contains("no") && ran.err.contains("error[TOM-"), "{args:?}: {}", ran.all());
    }
}

#[test]
fn one_deployment_that_cannot_be_read_hides_no_verdict_of_the_others() {
    let sandbox = decided();
    sandbox.write("assessments/acme-eastmoor/deployment.toml", "nothing\n");
    let ran = sandbox.tom(&["verify", "--all", "--format", "json"]).code(2);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["status"], "error");
    assert_eq!(json["unverified"][0]["deployment"], "acme-eastmoor");
    assert_eq!(json["deployments"][0]["phases"][0]["status"], "approved", "{json:#}");
}
