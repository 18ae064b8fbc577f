//! Statements that were tampered with, moved, forged, replayed or removed.

use super::*;
use std::fs;

#[test]
fn a01_a_changed_answer_voids_the_decisions_over_it_and_names_the_leaf() {
    let sandbox = decided();
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
    sandbox.tom(&["set", NORTHFIELD, "BD-21", "For something else."]).code(0);
    let verified = sandbox.verify(1, &[]);
    assert_eq!(states(&verified), both("void", "void"));
    let leaves = &verified["statements"][0]["reasons"][0]["leaves"];
    assert_eq!(leaves, &serde_json::json!(["BD-21.answer"]));
    assert_eq!((phase(&verified, 1), phase(&verified, 2)), ("open".into(), "open".into()));
}

#[test]
fn a01_a_lower_grade_voids_and_taking_it_back_restores() {
    let sandbox = decided();
    let was = sandbox.read("assessments/acme-northfield/basic-details.toml");
    sandbox.tom(&["set", NORTHFIELD, "BD-09", "1 - Not Satisfactory"]).code(0);
    assert_eq!(sandbox.states(1, &[]), both("void", "void"));
    sandbox.write("assessments/acme-northfield/basic-details.toml", was);
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
}

#[test]
fn a02_a_parents_change_leaves_the_decision_valid_until_it_is_taken_over() {
    let sandbox = decided();
    sandbox.replace("assessments/acme-5-1/risks/HAZ-001.toml", "title = \"", "title = \"Changed: ");
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
    sandbox.replace("assessments/acme-northfield/risks/HAZ-001.toml", "title = \"", "title = \"Changed: ");
    let verified = sandbox.verify(1, &[]);
    assert_eq!(states(&verified), both("valid", "void"), "phase 1 is not over risks");
    assert_eq!(verified["statements"][1]["reasons"][0]["leaves"], serde_json::json!(["HAZ-001.title"]));
}

#[test]
fn a03_what_is_decided_over_is_one_commit_and_nothing_else() {
    let sandbox = peopled();
    let args = |rest: &[&'static str]| {
        let mut args = vec!["--outcome", "approved"];
        args.extend_from_slice(rest);
        args
    };
    // What is not committed is refused: content, evidence, policy.
    for (file, find) in [
        ("assessments/acme-northfield/ig.toml", "answer"),
        ("docs/evidence/northfield-data-flow.md", "\n"),
        ("tom.toml", "name"),
    ] {
        let was = sandbox.read(file);
        if !was.contains(find) {
            continue;
        }
        sandbox.write(file, format!("{was}\n# more\n"));
        let ran = sandbox.decide("helen-okafor", 2, &args(&[])).code(2);
        assert!(ran.err.contains("committed"), "{file}: {}", ran.err);
        sandbox.write(file, was);
    }
    // A digest that is not the one that is decided over is refused, and so is one that is too short to mean anything.
    for wrong in ["00000000", "abc"] {
        let args = ["decide", NORTHFIELD, "--phase", "2", "--role", "executive", "--by", "Helen Okafor"];
        let rest = ["--outcome", "approved", "--key", "keys/helen-okafor", "--digest", wrong];
        let ran = sandbox.tom(&[&args[..], &rest].concat()).code(2);
        assert!(ran.err.contains("TOM-0934"), "{}", ran.err);
    }
    assert!(sandbox.statements().is_empty());
    // The commit that is named holds what the digest is over.
    sandbox.decide("helen-okafor", 2, &args(&[])).code(0);
    let text = sandbox.read(&sandbox.statement("executive"));
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert!(text.contains(&format!("commit = \"{}\"", head.trim())), "{text}");
}

#[test]
fn a05_a_forged_or_broken_signature_is_never_valid() {
    let sandbox = decided();
    let file = sandbox.statement("executive");
    let good = fs::read(sandbox.path(format!("{file}.sig"))).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let state = |bytes: Option<&[u8]>| {
        match bytes {
            Some(bytes) => sandbox.write(&format!("{file}.sig"), bytes),
            None => fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap(),
        }
        let verified = sandbox.verify(1, &[]);
        assert_eq!(phase(&verified, 1), "approved");
        assert!(verified["phases"][1]["needs"][0]["met"].is_null(), "{verified:#}");
        states(&verified)[1].1.clone()
    };
    assert_eq!(state(None), "claimed");
    let body = text.find("AAAA").unwrap() + 150;
    let mut flipped = good.clone();
    flipped[body] = if flipped[body] == b'A' { b'B' } else { b'A' };
    assert_eq!(state(Some(&flipped)), "wrong key");
    assert_eq!(state(Some(&good[..good.len() / 2])), "wrong key");
    assert_eq!(state(Some(text.replace("SSH SIGNATURE", "PGP SIGNATURE").as_bytes())), "wrong key");
    assert_eq!(state(Some(format!("{text}{text}").as_bytes())), "wrong key");
    assert_eq!(state(Some(b"")), "wrong key");
    assert_eq!(state(Some(&[0xff, 0xfe, 0])), "wrong key");
    sandbox.keygen("stranger", "ed25519");
    fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
    sandbox.sign(&file, "stranger", tom::model::Purpose::Statement.namespace());
    assert_eq!(sandbox.states(1, &[])[1].1, "wrong key");
    // Somebody else who may decide, but is not the one who is named.
    sandbox.sign(&file, "marian-holt", tom::model::Purpose::Statement.namespace());
    assert_eq!(sandbox.states(1, &[])[1].1, "wrong key");
    sandbox.write(&format!("{file}.sig"), good);
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
}

#[test]
fn a05_a_statement_written_by_hand_is_claimed_and_counts_for_nothing() {
    let sandbox = decided();
    let file = sandbox.statement("executive");
    let text = sandbox.read(&file).replace("by = \"Helen Okafor\"", "by = \"Rajan Pillai\"");
    let text = text.replace("role = \"executive\"", "role = \"siro\"");
    sandbox.forge(&format!("{APPROVALS}/2"), "siro", &text, None);
    let verified = sandbox.verify(1, &[]);
    assert!(states(&verified).contains(&("siro".into(), "claimed".into())), "{verified:#}");
    let needs = verified["phases"][1]["needs"].as_array().unwrap();
    let siro = needs.iter().find(|need| need["roles"][0] == "siro").unwrap();
    assert!(siro["met"].is_null(), "{siro}");
    let shown = sandbox.tom(&["verify", NORTHFIELD]).code(1).out;
    assert!(shown.contains("does not count: the policy asks for a signature"), "{shown}");
}

#[test]
fn a05_any_changed_byte_of_a_statement_is_seen() {
    let sandbox = decided();
    let file = sandbox.statement("executive");
    let good = fs::read(sandbox.path(&file)).unwrap();
    for at in (0..good.len()).step_by(good.len() / 12) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        sandbox.write(&file, &bad);
        let verified = sandbox.verify(1, &[]);
        assert_eq!(states(&verified), [("asset-owner".to_owned(), "valid".to_owned())]);
        assert_eq!(verified["broken"].as_array().unwrap()[0]["code"], "TOM-0802", "byte {at}");
    }
    let checked = sandbox.tom(&["check", NORTHFIELD]).code(1).out;
    assert!(checked.contains("TOM-0802"), "{checked}");
}

#[test]
fn a06_a_statement_counts_nowhere_but_where_it_was_made() {
    let sandbox = decided();
    let file = sandbox.statement("asset-owner");
    let (text, signature) = (sandbox.read(&file), sandbox.read(&format!("{file}.sig")));
    let name = file.rsplit('/').next().unwrap().to_owned();
    let put = |folder: &str, name: &str| {
        sandbox.write(&format!("{folder}/{name}"), &text);
        sandbox.write(&format!("{folder}/{name}.sig"), &signature);
    };
    // Another deployment.
    put("assessments/acme-southmere/approvals/1", &name);
    let ran = sandbox.tom(&["verify", "acme-southmere", "--format", "json"]).code(1);
    let other: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(states(&other["deployments"][0])[0].1, "replayed");
    // Another phase, another name.
    put(&format!("{APPROVALS}/2"), &name);
    put(&format!("{APPROVALS}/1"), &name.replace("asset-owner", "siro"));
    let verified = sandbox.verify(1, &[]);
    assert_eq!(verified["broken"].as_array().unwrap().len(), 2, "{verified:#}");
    assert_eq!(states(&verified), both("valid", "valid"));
    // A fork with an id of its own.
    let fork = decided();
    let meta = fork.read("assessments/acme-northfield/deployment.toml");
    let id = meta.split("id = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    fork.replace("assessments/acme-northfield/deployment.toml", &id, "d-000000000000");
    assert_eq!(fork.states(1, &[]), both("replayed", "replayed"));
}

#[test]
fn a07_a_signature_made_for_something_else_is_none() {
    let sandbox = decided();
    let file = sandbox.statement("executive");
    for namespace in ["git", "file", "tom-approval-v2"] {
        sandbox.sign(&file, "helen-okafor", namespace);
        let verified = sandbox.verify(1, &[]);
        assert_eq!(states(&verified), both("valid", "wrong key"));
        let why = verified["statements"][1]["reasons"][0]["why"].as_str().unwrap();
        assert!(why.contains(namespace), "{why}");
    }
}

#[test]
fn a07_another_type_of_statement_is_not_read() {
    let sandbox = decided();
    let text = sandbox.read(&sandbox.statement("executive"));
    let folder = format!("{APPROVALS}/2");
    for (find, with) in [("tom-approval/v1", "tom-approval/v2"), ("tom-c14n/1", "tom-c14n/2")] {
        let file = sandbox.forge(&folder, "executive", &text.replace(find, with), Some("helen-okafor"));
        let verified = sandbox.verify(1, &[]);
        assert_eq!(verified["statements"].as_array().unwrap().len(), 2);
        assert!(verified["broken"][0]["message"].as_str().unwrap().contains(with), "{verified:#}");
        fs::remove_file(sandbox.path(&file)).unwrap();
        fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
    }
}

#[test]
fn a12_a_statement_that_was_removed_is_missed() {
    // In the middle: the next one names it.
    let sandbox = decided();
    let first = sandbox.statement("asset-owner");
    for file in [first.clone(), format!("{first}.sig")] {
        fs::remove_file(sandbox.path(file)).unwrap();
    }
    let verified = sandbox.verify(1, &[]);
    assert_eq!(verified["missing"].as_array().unwrap().len(), 1);
    // The last one: only an anchor or the history tells, and what is not looked at is said.
    let sandbox = decided();
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let verified = sandbox.verify(0, &[]);
    let head = verified["heads"][0].as_str().unwrap().to_owned();
    assert!(verified["unknown"].to_string().contains("later decisions could be missing"));
    let last = sandbox.statement("executive");
    fs::remove_file(sandbox.path(&last)).unwrap();
    fs::remove_file(sandbox.path(format!("{last}.sig"))).unwrap();
    sandbox.commit("remove");
    let verified = sandbox.verify(0, &[]);
    assert!(verified["unknown"].to_string().contains("later decisions could be missing"));
    let verified = sandbox.verify(1, &["--anchor", &head]);
    assert!(verified["wrong"].to_string().contains("anchor"), "{verified:#}");
    let verified = sandbox.verify(1, &["--since", before.trim()]);
    assert!(verified["wrong"].to_string().contains("was removed"), "{verified:#}");
}

#[test]
fn a14_decisions_of_two_branches_stand_side_by_side() {
    let sandbox = decided();
    sandbox.git(&["checkout", "-q", "-b", "one"]);
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("one");
    sandbox.git(&["checkout", "-q", "-b", "two", "main"]);
    sandbox.decide("esther-lyle", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("two");
    sandbox.git(&["merge", "-q", "--no-edit", "one"]);
    let verified = sandbox.verify(0, &[]);
    assert_eq!(verified["heads"].as_array().unwrap().len(), 2);
    assert!(states(&verified).iter().all(|(_, state)| state == "valid"), "{verified:#}");
    // The next one joins them.
    sandbox.decide("owen-frith", 2, &["--outcome", "approved"]).code(0);
    assert_eq!(sandbox.verify(0, &[])["heads"].as_array().unwrap().len(), 1);
}

#[test]
fn a15_a_clean_merge_of_an_edit_voids_the_decision_of_the_other_side() {
    let sandbox = peopled();
    sandbox.git(&["checkout", "-q", "-b", "edit"]);
    sandbox.tom(&["set", NORTHFIELD, "BD-21", "For something else."]).code(0);
    sandbox.commit("edit");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.decide("helen-okafor", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("decide");
    sandbox.git(&["merge", "-q", "--no-edit", "edit"]);
    assert_eq!(sandbox.states(1, &[]), [("executive".to_owned(), "void".to_owned())]);
}

#[test]
fn a16_texts_that_look_alike_have_digests_of_their_own() {
    let sandbox = decided();
    let file = "assessments/acme-northfield/basic-details.toml";
    let was = sandbox.read(file);
    let organisation = was.split("[BD-21]").nth(1).unwrap().split("answer = ").nth(1).unwrap().to_owned();
    let line = organisation.lines().find(|line| line.contains('e')).unwrap();
    let alikes = [
        // Letters of other scripts, and accents that stand apart or are empty.
        "\u{435}",
        "e\u{301}",
        "e\u{300}",
        "e\u{302}",
        "e\u{308}",
        "e\u{327}",
        "e\u{328}",
        "e\u{304}",
        "e\u{430}",
        "e\u{3bf}",
        "e\u{34f}",
        "e\u{200b}",
        "e\u{200d}",
        "e\u{2060}",
        "e\u{feff}",
        "e\u{ad}",
        "e\u{fe0f}",
        "\u{202e}e",
        "\u{2066}e",
        "\u{200f}e",
        "e\u{e0065}",
        "e\u{3164}",
        "e\u{212b}",
    ];
    for alike in alikes {
        let bent = line.replacen('e', alike, 1);
        sandbox.write(file, was.replacen(line, &bent, 1));
        let ran = sandbox.tom(&["verify", NORTHFIELD, "--format", "json"]);
        // Hidden characters are not read at all; others read as what they are.
        assert!(matches!(ran.code, Some(1 | 2)), "{alike:?}: {}", ran.all());
        let checked = sandbox.tom(&["check", NORTHFIELD]);
        let is_flagged = ["TOM-0104", "TOM-0105"].iter().any(|code| checked.out.contains(code));
        assert!(is_flagged, "{alike:?}: {}", checked.out);
    }
}

#[test]
fn a19_a_key_that_stands_twice_is_refused() {
    let sandbox = decided();
    let text = sandbox.read(&sandbox.statement("executive"));
    let twice = text.replacen("phase = 2\n", "phase = 2\nphase = 1\n", 1);
    sandbox.forge(&format!("{APPROVALS}/2"), "executive", &twice, Some("helen-okafor"));
    let verified = sandbox.verify(1, &[]);
    assert_eq!(verified["statements"].as_array().unwrap().len(), 2);
    assert!(verified["broken"].to_string().contains("duplicate"), "{verified:#}");
    let unknown = text.replacen("phase = 2\n", "phase = 2\nphases = 1\n", 1);
    sandbox.forge(&format!("{APPROVALS}/2"), "executive", &unknown, Some("helen-okafor"));
    assert!(sandbox.verify(1, &[])["broken"].to_string().contains("unknown key"));
}

#[test]
fn a20_evidence_is_held_by_its_own_sha_256_never_by_gits_ids() {
    let sandbox = decided();
    let text = sandbox.read(&sandbox.statement("executive"));
    let leaf = text.lines().find(|line| line.starts_with("\"path:")).expect("the example has evidence");
    let path = leaf.split('"').nth(1).unwrap().strip_prefix("path:").unwrap().to_owned();
    let was = fs::read(sandbox.path(&path)).unwrap();
    sandbox.write(&path, [&was[..], b"more"].concat());
    let verified = sandbox.verify(1, &[]);
    assert_eq!(states(&verified), both("valid", "void"));
    assert_eq!(
        verified["statements"][1]["reasons"][0]["leaves"],
        serde_json::json!([format!("path:{path}")])
    );
    fs::remove_file(sandbox.path(&path)).unwrap();
    assert_eq!(sandbox.states(1, &[]), both("valid", "void"));
}

#[test]
fn a22_withdrawing_and_deciding_anew_keep_what_was() {
    let sandbox = decided();
    let id = sandbox.verify(0, &[])["statements"][1]["digest"].as_str().unwrap().to_owned();
    let withdraw = ["--withdraw", &id[7..19], "--reason", "Signed the wrong version."];
    sandbox.decide("helen-okafor", 2, &withdraw).code(0);
    let verified = sandbox.verify(0, &[]);
    let mut found: Vec<String> = states(&verified).into_iter().map(|(_, state)| state).collect();
    found.sort();
    assert_eq!(found, ["valid", "valid", "withdrawn"]);
    assert!(verified["phases"][1]["needs"][0]["met"].is_null());
    sandbox.decide("helen-okafor", 2, &["--outcome", "approved"]).code(0);
    let verified = sandbox.verify(0, &[]);
    assert_eq!(verified["statements"].as_array().unwrap().len(), 4, "nothing was removed");
    assert_eq!(verified["phases"][1]["needs"][0]["met"]["by"], "Helen Okafor");
    // All three are in the pack.
    sandbox.commit("three");
    let render = [
        "render",
        NORTHFIELD,
        "--to",
        "out",
        "--format",
        "html",
        "--pack",
        "phase-2",
        "--audience",
        "internal",
    ];
    sandbox.tom(&render).code(0);
    let page =
        sandbox.files("out").into_keys().find(|file| file.ends_with(".html") && file.contains("phase-2"));
    let pack = sandbox.read(&format!("out/{}", page.unwrap()));
    let own: Vec<&str> =
        pack.split("y Helen Okafor on ").skip(1).map(|rest| &rest[..rest.len().min(200)]).collect();
    assert_eq!(own.len(), 3, "{own:#?}");
    assert_eq!(pack.matches("Reason: Signed the wrong version.").count(), 1, "{own:#?}");
    assert_eq!(pack.matches("It does not hold: withdrawn.").count(), 1, "{own:#?}");
    // Deciding anew takes the place of what was decided before.
    sandbox.decide("helen-okafor", 2, &["--outcome", "returned", "--reason", "A question."]).code(0);
    let verified = sandbox.verify(0, &[]);
    assert_eq!(phase(&verified, 2), "returned");
    assert_eq!(states(&verified).iter().filter(|(_, state)| state == "superseded").count(), 1);
}

#[test]
fn a22_an_unsigned_statement_takes_nothing_back() {
    let sandbox = decided();
    let signed = sandbox.verify(0, &[]);
    let id = signed["statements"][1]["digest"].as_str().unwrap().to_owned();
    sandbox.decide("helen-okafor", 2, &["--withdraw", &id[7..19], "--reason", "No."]).code(0);
    let withdrawal =
        sandbox.statements().into_iter().find(|f| sandbox.read(f).contains("withdraws")).unwrap();
    fs::remove_file(sandbox.path(format!("{withdrawal}.sig"))).unwrap();
    let verified = sandbox.verify(1, &[]);
    assert_eq!(verified["phases"][1]["needs"][0]["met"]["by"], "Helen Okafor", "{verified:#}");
}

#[test]
fn a23_a_decision_holds_until_its_day() {
    let sandbox = peopled();
    sandbox.decide("helen-okafor", 2, &["--outcome", "approved", "--expires", "2027-11-20"]).code(0);
    let states = |day: &str, code: i32| sandbox.states(code, &["--as-of", day])[0].1.clone();
    assert_eq!(states("2027-11-20", 0), "valid");
    assert_eq!(states("2027-11-21", 1), "expired");
    let past = sandbox.decide("rajan-pillai", 2, &["--outcome", "approved", "--expires", "2026-11-19"]);
    assert!(past.code(2).err.contains("passed"));
}

#[test]
fn a24_nothing_else_is_needed_to_verify() {
    let sandbox = decided();
    let mut command = sandbox.tom_command(&["verify", NORTHFIELD]);
    command.env("PATH", "").env_remove("HOME");
    let ran = crate::support::run(command).code(0);
    assert!(ran.out.contains("verified"), "{}", ran.out);
    // Signing does need a program, and says so.
    let digest = "--digest=00000000";
    let mut command = sandbox.tom_command(&["decide", NORTHFIELD, "--phase", "2", "--role", "siro", "--by"]);
    command
        .args(["Rajan Pillai", "--outcome", "approved", "--key", "keys/rajan-pillai", digest])
        .env("PATH", "");
    assert_eq!(crate::support::run(command).code, Some(2));
}

#[test]
fn a24_openssh_accepts_the_signature_too_and_tom_accepts_openssh_s() {
    let sandbox = decided();
    let file = sandbox.statement("executive");
    sandbox.write("keys/allowed", format!("helen {}\n", sandbox.public("helen-okafor")));
    let mut command = std::process::Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-n", tom::model::Purpose::Statement.namespace(), "-I", "helen", "-f"]);
    command.arg(sandbox.path("keys/allowed")).arg("-s").arg(sandbox.path(format!("{file}.sig")));
    command.stdin(fs::File::open(sandbox.path(&file)).unwrap());
    crate::support::run(command).code(0);
    sandbox.sign(&file, "helen-okafor", tom::model::Purpose::Statement.namespace());
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
}

#[test]
fn a27_a_statement_names_the_encoding_that_its_digests_are_over() {
    let sandbox = decided();
    let text = sandbox.read(&sandbox.statement("executive"));
    assert!(text.contains("encoding = \"tom-c14n/1\""));
    // `canon-vectors.json` freezes that encoding; a statement of today is read for ever.
    assert!(text.contains("type = \"tom-approval/v1\""));
}
