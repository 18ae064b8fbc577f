//! Who may decide what: roles, keys, people, and the policy of a base that is trusted.

use super::*;

/// `tom.toml` with a text added to the policy.
fn with_policy(sandbox: &Sandbox, find: &str, with: &str) {
    sandbox.replace("tom.toml", find, with);
    sandbox.commit("policy");
}

#[test]
fn a08_a_role_or_key_that_the_branch_itself_added_counts_for_nothing() {
    let sandbox = peopled();
    sandbox.git(&["checkout", "-q", "-b", "branch"]);
    self_approved(&sandbox);
    let verified = sandbox.verify(1, &["--base", "main"]);
    assert_eq!(states(&verified)[0].1, "wrong role");
    assert_eq!(phase(&verified, 1), "open");
    // A key that the branch put beside a name that may decide.
    let sandbox = peopled();
    sandbox.git(&["checkout", "-q", "-b", "branch"]);
    sandbox.keygen("mallory", "ed25519");
    let (own, mallory) = (sandbox.public("marian-holt"), sandbox.public("mallory"));
    with_policy(&sandbox, &format!("{own:?}"), &format!("{mallory:?}"));
    sandbox.decide_as("Marian Holt", "asset-owner", "mallory", 1, &YES).code(0);
    sandbox.commit("approved with my key");
    assert_eq!(sandbox.states(1, &["--base", "main"])[0].1, "wrong key");
    assert_eq!(
        sandbox.states(0, &[])[0].1,
        "valid",
        "without a base the files at hand are believed, and that is said"
    );
    assert!(sandbox.verify(0, &[])["unknown"].to_string().contains("--base"));
    // Once the base has it, it counts.
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-edit", "branch"]);
    assert_eq!(sandbox.states(0, &["--base", "main"])[0].1, "valid");
}

#[test]
fn a08_a_branch_cannot_lower_what_a_phase_needs() {
    let sandbox = decided();
    sandbox.git(&["checkout", "-q", "-b", "branch"]);
    let framework = "frameworks/smsp-tom/0.10/framework.toml";
    let text = sandbox.read(framework);
    let (before, rest) = text.split_once("[phases.2.roles.service-owner]").unwrap();
    let after = rest.split_once("[phases.2.roles.siro]").unwrap().1;
    sandbox.write(framework, format!("{before}[phases.2.roles.siro]{after}"));
    with_policy(&sandbox, "signatures = \"required\"", "signatures = \"optional\"");
    let needs = |rest: &[&str], code: i32| {
        let ran = sandbox.tom(&[&["verify", NORTHFIELD, "--format", "json"], rest].concat());
        assert_eq!(ran.code, Some(code), "{}", ran.all());
        ran.out.contains("service-owner")
    };
    // The framework is pinned, so that an edit is seen before anything else is said.
    assert!(!needs(&["--base", "main"], 2));
    sandbox.git(&["checkout", "-q", "main", "--", "frameworks"]);
    assert!(needs(&["--base", "main"], 0));
}

#[test]
fn a10_two_keys_of_one_person_are_one_person() {
    let sandbox = peopled();
    sandbox.keygen("marian-2", "ed25519");
    let second = sandbox.public("marian-2");
    let own = sandbox.public("marian-holt");
    with_policy(&sandbox, &format!("keys = [{own:?}]"), &format!("keys = [{own:?}, {second:?}]"));
    with_policy(&sandbox, "[policy.accept]", "[policy.phases.1]\npeople = 2\n\n[policy.accept]");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.decide_as("Marian Holt", "asset-owner", "marian-2", 1, &YES).code(0);
    let verified = sandbox.verify(0, &[]);
    assert_eq!(phase(&verified, 1), "open");
    assert!(verified["phases"][0]["lacks"].to_string().contains("1 of 2 different people"), "{verified:#}");
}

#[test]
fn a10_the_policy_keeps_phases_and_authors_apart_and_says_so_where_it_does_not() {
    let sandbox = peopled();
    let others =
        "[people.ed-moss]\nname = \"Ed Moss\"\nemail = \"ed.moss@example.example\"\nparty = \"supplier\"\n\n";
    with_policy(
        &sandbox,
        "[policy]",
        &format!("{others}[policy.apart]\nphases = true\nauthor = true\n\n[policy]"),
    );
    sandbox.decide("marian-holt", 1, &YES).code(0);
    let again = sandbox.decide("marian-holt", 2, &["--outcome", "approved"]).code(2);
    assert!(again.err.contains("keeps the phases apart"), "{}", again.err);
    // Whoever changed the content last is not the only one who approves it, and somebody whom nobody knows may be anybody.
    sandbox.commit("phase 1");
    let by = |name: &str, what: &str| {
        let address = name.to_lowercase().replace(' ', ".");
        sandbox.git(&["add", "-A"]);
        let author = format!("{name} <{address}@example.example>");
        sandbox.git(&["commit", "-q", "--author", &author, "-m", what]);
    };
    let unlisted = |who: &str| {
        let verified = sandbox.verify(0, &[]);
        assert_eq!(phase(&verified, 1), "open", "{verified:#}");
        let lacks = verified["phases"][0]["lacks"].to_string();
        assert!(
            lacks.contains(&format!("{who}, who changed the content last, is nobody whose e-mail")),
            "{lacks}"
        );
    };
    unlisted("The Programme");
    let use_of = "assessments/acme-northfield/basic-details.toml";
    let was = sandbox.read(use_of);
    sandbox.tom(&["set", NORTHFIELD, "BD-21", "For something else."]).code(0);
    by("A Bot", "a typo");
    sandbox.write(use_of, &was);
    by("A Bot", "and its revert");
    unlisted("A Bot");
    sandbox.tom(&["set", NORTHFIELD, "IGA-03", "No"]).code(0);
    by("Ed Moss", "by somebody who is listed");
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "approved");
    sandbox.tom(&["set", NORTHFIELD, "IGA-03", "Yes"]).code(0);
    by("Ed Moss", "as it was");
    sandbox.tom(&["set", NORTHFIELD, "IGA-03", "No"]).code(0);
    sandbox.tom(&["set", NORTHFIELD, "OG-01", "Yes"]).code(0);
    by("Marian Holt", "an answer of phase 2");
    let is_own = || {
        let verified = sandbox.verify(0, &[]);
        assert_eq!(phase(&verified, 1), "open", "{verified:#}");
        assert!(verified["phases"][0]["lacks"].to_string().contains("changed the content last"));
    };
    is_own();
    let check = sandbox.tom(&["check", NORTHFIELD, "--ready", "2"]);
    assert!(check.out.contains("`OG-01` says that phase 1 was approved"), "{}", check.all());
    // Nobody becomes its author by what changes nothing that is decided on: a comment, a confirmation, another name of the folder.
    let comment = sandbox.read("assessments/acme-northfield/ig.toml");
    sandbox.write("assessments/acme-northfield/ig.toml", format!("# Looks fine.\n{comment}"));
    by("Ed Moss", "a comment");
    is_own();
    sandbox.tom(&["confirm", NORTHFIELD, "IGA-03", "--party", "deployer", "--by", "Ben Tarrant"]).code(0);
    by("Ed Moss", "a confirmation");
    is_own();
    sandbox.git(&["mv", "assessments/acme-northfield", "assessments/acme-elsewhere"]);
    by("Ed Moss", "another name");
    sandbox.git(&["mv", "assessments/acme-elsewhere", "assessments/acme-northfield"]);
    by("Ed Moss", "the old name");
    is_own();
    // Nor by a merge that changes nothing either.
    sandbox.git(&["switch", "-q", "-c", "side", "HEAD~1"]);
    sandbox.write("README.md", "Something else.\n");
    by("Ed Moss", "beside");
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "merged", "main"]);
    is_own();
    // Somebody else's change is, and then it counts.
    sandbox.git(&["switch", "-q", "main"]);
    sandbox.tom(&["set", NORTHFIELD, "IGA-03", "Yes"]).code(0);
    by("Ed Moss", "and back");
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "approved");
    let check = sandbox.tom(&["check", NORTHFIELD, "--ready", "2"]);
    assert!(!check.out.contains("says that phase 1 was approved"), "{}", check.all());
    // What a file of evidence says is decided on too, and whoever writes it is known by their address, and named as they are listed.
    sandbox.replace(
        "tom.toml",
        "name = \"Marian Holt\"",
        "name = \"Marian Holt\"\nemail = \"holt@authority.example\"",
    );
    sandbox.write("docs/evidence/northfield-data-flow.md", "Another flow.\n");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-q", "--author", "mholt <holt@authority.example>", "-m", "another flow"]);
    is_own();
    let lacks = sandbox.verify(0, &[])["phases"][0]["lacks"].to_string();
    assert!(lacks.contains("only Marian Holt, who changed the content last"), "{lacks}");
    // Whoever decides is told before, also where it is the first decision.
    std::fs::remove_dir_all(sandbox.path(APPROVALS)).unwrap();
    sandbox.tom(&["set", NORTHFIELD, "OG-01", "No"]).code(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-q", "--author", "mholt <holt@authority.example>", "-m", "anew"]);
    let mut args = vec![
        "decide",
        NORTHFIELD,
        "--phase",
        "1",
        "--role",
        "asset-owner",
        "--by",
        "Marian Holt",
        "--dry-run",
    ];
    args.extend(YES);
    let told = sandbox.tom(&args).code(0).all().split_whitespace().collect::<Vec<_>>().join(" ");
    let says = "only Marian Holt, who changed the content last, has approved, and the phase stays open";
    assert!(told.contains(says), "{told}");
    // Under a lax policy it counts, and is said.
    let sandbox = peopled();
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.decide("marian-holt", 2, &["--outcome", "approved"]).code(0);
    let verified = sandbox.verify(0, &[]);
    assert!(verified["phases"][1]["notes"].to_string().contains("in phase 1 and in phase 2"), "{verified:#}");
}

#[test]
fn who_has_left_is_taken_out_once_their_statement_was_taken_back() {
    let sandbox = decided();
    sandbox.keygen("nia-rowe", "ed25519");
    let (helen, nia) = (sandbox.public("helen-okafor"), sandbox.public("nia-rowe"));
    sandbox.replace("tom.toml", "name = \"Helen Okafor\"", "name = \"Nia Rowe\"");
    sandbox.replace("tom.toml", &helen, &nia);
    sandbox.replace("tom.toml", "[people.helen-okafor]", "[people.nia-rowe]");
    sandbox.commit("Nia follows Helen");
    let (all, check) = (["verify", "--all", "--base", "HEAD", "--allow-void"], ["check", NORTHFIELD]);
    sandbox.tom(&all).code(1);
    let found = sandbox.tom(&check).code(1).out;
    assert!(found.contains("TOM-0804") && found.contains("--withdraw"), "{found}");
    let file = sandbox.statement("executive");
    let digest = tom::model::Digest::of_bytes(sandbox.read(&file).as_bytes()).hex();
    let back = ["--withdraw", &digest, "--reason", "She has left."];
    sandbox.decide_as("Nia Rowe", "executive", "nia-rowe", 2, &back).code(0);
    sandbox.commit("taken back");
    sandbox.decide_as("Nia Rowe", "executive", "nia-rowe", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("anew");
    let ran = sandbox.tom(&all).code(0);
    assert!(ran.out.contains("wrong role: `Helen Okafor` is not listed"), "it stays told: {}", ran.out);
    assert!(!sandbox.tom(&check).code(0).out.contains("TOM-0804"));
    // A withdrawal that its signature does not show takes nothing back.
    sandbox.replace("tom.toml", &nia, &helen);
    sandbox.commit("not her key");
    sandbox.tom(&all).code(1);
}

#[test]
fn a11_a_key_that_ran_out_proves_nothing_by_its_own_word() {
    let sandbox = decided();
    let own = sandbox.public("helen-okafor");
    for option in ["valid-before", "revoked-at"] {
        // It runs out after the decision says that it was made, and before today.
        let line = format!("{option}=\"20261201\" {own}");
        let was = sandbox.read("tom.toml");
        with_policy(&sandbox, &format!("keys = [{own:?}]"), &format!("keys = ['{line}']"));
        let later = ["--as-of", "2026-12-24"];
        // A history shows when it was there; without one nothing does.
        assert_eq!(sandbox.states(0, &later), both("valid", "valid"));
        let git = sandbox.path(".git");
        std::fs::rename(&git, sandbox.path("git")).unwrap();
        sandbox.git(&["init", "-q"]);
        assert_eq!(sandbox.states(1, &later), both("valid", "unproven time"));
        std::fs::remove_dir_all(&git).unwrap();
        std::fs::rename(sandbox.path("git"), &git).unwrap();
        assert_eq!(
            sandbox.states(0, &["--as-of", "2026-11-21"]),
            both("valid", "valid"),
            "it is valid today"
        );
        // A history that is trusted had the statement while the key was still good.
        let seen = sandbox.verify(0, &["--as-of", "2026-12-24", "--base", "HEAD"]);
        assert_eq!(states(&seen), both("valid", "valid"));
        assert_eq!(seen["statements"][1]["time-source"], "observed");
        // Run out already when it says that it was made.
        sandbox.write(
            "tom.toml",
            was.replace(&format!("keys = [{own:?}]"), &format!("keys = ['{option}=\"20261119\" {own}']")),
        );
        sandbox.commit("run out");
        assert_eq!(sandbox.states(1, &["--base", "HEAD"]), both("valid", "wrong key"));
        sandbox.write("tom.toml", was);
        sandbox.commit("as it was");
    }
}

#[test]
fn a21_a_time_that_is_still_to_come_or_runs_backwards_is_not_believed() {
    let sandbox = decided();
    let text = sandbox.read(&sandbox.statement("executive"));
    let folder = format!("{APPROVALS}/2");
    for (time, state) in [
        ("2026-11-20T00:00:00Z", "valid"),
        ("2026-11-21T10:00:00Z", "valid"),
        ("2026-11-23T00:00:00Z", "unproven time"),
        ("2026-11-18T23:00:00Z", "unproven time"),
        ("1999-01-01T00:00:00Z", "unproven time"),
    ] {
        let text = text.replace("time = \"2026-11-20T00:00:00Z\"", &format!("time = \"{time}\""));
        for file in sandbox.statements().iter().filter(|file| file.contains("executive")) {
            std::fs::remove_file(sandbox.path(file)).unwrap();
            std::fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
        }
        sandbox.forge(&folder, "executive", &text, Some("helen-okafor"));
        let code = i32::from(state != "valid");
        assert_eq!(sandbox.states(code, &[]), both("valid", state), "{time}");
    }
    // Before the commit that it says it is over.
    let sandbox = peopled();
    let before = |days: i64| (1_795_132_800 - days * 86_400).to_string();
    let decide = |days: i64| {
        let mut args =
            vec!["decide", NORTHFIELD, "--phase", "1", "--role", "asset-owner", "--by", "Marian Holt"];
        args.extend(YES);
        let clock = |args: &[&str]| {
            let mut command = sandbox.tom_command(args);
            command.env("SOURCE_DATE_EPOCH", before(days));
            crate::support::run(command)
        };
        let shown = clock(&[&args[..], &["--dry-run"]].concat());
        let Some(digest) = shown.out.lines().find_map(|line| line.strip_prefix("digest ")) else {
            return shown;
        };
        clock(&[&args[..], &["--key", "keys/marian-holt", "--digest", &digest.replace(' ', "")]].concat())
    };
    let refused = decide(30).code(2);
    assert!(refused.err.contains("the clock says"), "{}", refused.err);
    decide(0).code(0);
    let file = sandbox.statement("asset-owner");
    let text = sandbox.read(&file).replace("time = \"2026-11-20T", "time = \"2026-10-20T");
    std::fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
    std::fs::remove_file(sandbox.path(&file)).unwrap();
    sandbox.forge(&format!("{APPROVALS}/1"), "asset-owner", &text, Some("marian-holt"));
    let verified = sandbox.verify(1, &[]);
    assert_eq!(states(&verified)[0].1, "unproven time");
    assert!(verified.to_string().contains("and names the commit"), "{verified:#}");
    let sandbox = decided();
    // Without any clock or environment the answer is the same for a day that is named.
    let mut command = sandbox.tom_command(&["verify", NORTHFIELD, "--as-of", "2027-01-01"]);
    command.env("SOURCE_DATE_EPOCH", "0");
    let first = crate::support::run(command).out;
    assert_eq!(first, sandbox.tom(&["verify", NORTHFIELD, "--as-of", "2027-01-01"]).out);
}

#[test]
fn every_sort_of_key_that_is_supported_verifies_and_others_are_refused() {
    let sandbox = peopled();
    let own = sandbox.public("helen-okafor");
    for (kind, name) in [("ecdsa", "e"), ("rsa", "r")] {
        sandbox.keygen(name, kind);
        let was = sandbox.read("tom.toml");
        with_policy(&sandbox, &format!("{own:?}"), &format!("{:?}", sandbox.public(name)));
        sandbox.decide_as("Helen Okafor", "executive", name, 2, &["--outcome", "approved"]).code(0);
        assert!(sandbox.states(0, &[]).iter().all(|(_, state)| state == "valid" || state == "superseded"));
        std::fs::remove_dir_all(sandbox.path(APPROVALS)).unwrap();
        sandbox.write("tom.toml", was);
        sandbox.commit("as it was");
    }
    for (line, why) in [
        ("ssh-dss AAAAB3NzaC1kc3MAAACBAP", "key"),
        (&format!("cert-authority {own}"), "cert-authority"),
        (&format!("no-touch-required {own}"), "no-touch-required"),
        (&format!("namespaces=\"git\" {own}"), "leave out"),
        (&format!("valid-before=\"soon\" {own}"), "no time"),
        (&format!("valid-before=\"20261301\" {own}"), "no time"),
        ("ssh-ed25519 AAAA", "key"),
        ("nonsense", "nonsense"),
    ] {
        let was = sandbox.read("tom.toml");
        sandbox.write("tom.toml", was.replace(&format!("[{own:?}]"), &format!("['{line}']")));
        for command in ["verify", "check"] {
            let ran = sandbox.tom(&[command, NORTHFIELD]);
            let code = if command == "verify" { 2 } else { 1 };
            assert_eq!(ran.code, Some(code), "{line}: {}", ran.all());
            assert!(ran.all().contains("TOM-0801") && ran.all().contains(why), "{line}: {}", ran.all());
        }
        sandbox.write("tom.toml", was);
    }
}

#[test]
fn unknown_keys_of_a_policy_are_errors() {
    let sandbox = peopled();
    for (find, with) in [
        ("signatures = \"required\"", "signature = \"required\""),
        ("signatures = \"required\"", "signatures = \"sometimes\""),
        ("[policy.accept]", "[policy.phases.1]\nall = [\"siro\"]\n\n[policy.accept]"),
        ("[policy.accept]", "[policy.phases.first]\nall-of = [\"siro\"]\n\n[policy.accept]"),
        ("[policy.accept]", "[policy.phases.1]\npeople = 0\n\n[policy.accept]"),
        ("[policy.accept]", "[policy.apart]\nphase = true\n\n[policy.accept]"),
    ] {
        let was = sandbox.read("tom.toml");
        sandbox.replace("tom.toml", find, with);
        let ran = sandbox.tom(&["verify", NORTHFIELD]);
        assert_eq!(ran.code, Some(2), "{with}: {}", ran.all());
        sandbox.write("tom.toml", was);
    }
}

#[test]
fn the_policy_adds_to_what_a_phase_needs_and_takes_nothing_away() {
    let sandbox = peopled();
    let added =
        "[policy.phases.1]\nall-of = [\"ig-lead\"]\nany-of = [[\"siro\", \"executive\"]]\n\n[policy.accept]";
    with_policy(&sandbox, "[policy.accept]", added);
    sandbox.decide("marian-holt", 1, &YES).code(0);
    let verified = sandbox.verify(0, &[]);
    assert_eq!(phase(&verified, 1), "open");
    let needs = verified["phases"][0]["needs"].as_array().unwrap();
    let missing: Vec<String> =
        needs.iter().filter(|need| need["met"].is_null()).map(|need| need["roles"].to_string()).collect();
    assert_eq!(missing, ["[\"ig-lead\"]", "[\"executive\",\"siro\"]"]);
    sandbox.decide("helen-okafor", 1, &["--outcome", "approved"]).code(0);
    let refused = sandbox.decide("owen-frith", 1, &["--outcome", "approved"]).code(2);
    assert!(refused.err.contains("decides nothing in phase 1"), "{}", refused.err);
}

#[test]
fn one_role_of_a_group_that_somebody_can_have_is_enough() {
    let sandbox = peopled();
    let group = |roles: &str| format!("[policy.phases.2]\nany-of = [[{roles}]]\n\n[policy.accept]");
    sandbox.replace("tom.toml", "[policy.accept]", &group("\"siro\", \"deputy-siro\""));
    assert!(!sandbox.tom(&["check", NORTHFIELD]).code(0).out.contains("TOM-0809"));
    sandbox.replace("tom.toml", "\"siro\", \"deputy-siro\"", "\"caretaker\", \"deputy-siro\"");
    let found = sandbox.tom(&["check", NORTHFIELD]).code(1).out;
    assert_eq!(found.matches("TOM-0809").count(), 2, "{found}");
}

#[test]
fn outcome_and_verdicts_have_to_agree() {
    let sandbox = peopled();
    let verdicts = |words: [&str; 3]| -> Vec<String> {
        let ids = ["AP1-02", "AP1-03", "AP1-04"];
        let pairs = ids.iter().zip(words).filter(|(_, word)| !word.is_empty());
        pairs.flat_map(|(id, word)| ["--verdict".to_owned(), format!("{id}={word}")]).collect()
    };
    let (yes, one, none) =
        (["Approved"; 3], ["Approved", "Rejected", "Approved"], ["Approved", "Approved", ""]);
    for (outcome, words, fits) in [
        ("fully-approved", yes, true),
        ("fully-approved", one, false),
        ("fully-approved", none, false),
        ("fully-approved", ["Approved", "Perhaps", "Approved"], false),
        ("approved-dsfc-and-dsa-needed", yes, true),
        ("approved-dsa-needed", one, false),
        ("provisional-pending-daag", yes, true),
        ("provisional-pending-daag", one, false),
        ("rejected", one, true),
        ("rejected", yes, false),
        ("returned", ["", "", ""], true),
        ("returned", one, true),
        ("approved", yes, false),
        ("perhaps", yes, false),
    ] {
        let words = verdicts(words);
        let mut args =
            vec!["decide", NORTHFIELD, "--phase", "1", "--role", "asset-owner", "--by", "Marian Holt"];
        args.extend(["--outcome", outcome, "--reason", "Because.", "--dry-run"]);
        args.extend(words.iter().map(String::as_str));
        let ran = sandbox.tom(&args);
        assert_eq!(ran.code, Some(if fits { 0 } else { 2 }), "{outcome} {words:?}: {}", ran.all());
    }
    assert!(sandbox.statements().is_empty());
}

#[test]
fn a_phase_that_is_not_ready_can_only_be_sent_back() {
    let sandbox = peopled();
    sandbox.tom(&["set", NORTHFIELD, "BD-21", "For something else."]).code(0);
    sandbox.commit("a new use");
    let ran = sandbox.decide("marian-holt", 1, &YES).code(2);
    assert!(ran.err.contains("phase 1 is not ready") && ran.err.contains("BD-21"), "{}", ran.err);
    let back = ["--outcome", "returned", "--query", "BD-21=Which patients?", "--query", "BD-20=And why?"];
    sandbox.decide("marian-holt", 1, &back).code(0);
    assert_eq!(phase(&sandbox.verify(0, &[]), 1), "returned");
    let silent = sandbox.decide("marian-holt", 1, &["--outcome", "returned"]).code(2);
    assert!(silent.err.contains("says why"), "{}", silent.err);
}

#[test]
fn a_recorded_decision_is_recorded_and_never_verified() {
    let sandbox = peopled();
    sandbox.write("docs/evidence/approval.eml", "From: Marian Holt\n\nApproved.\n");
    sandbox.commit("the message");
    let mut args = vec!["decide", NORTHFIELD, "--phase", "1", "--role", "asset-owner", "--by", "Jo Marsh"];
    args.extend(["--recorded-for", "Marian Holt", "--evidence", "docs/evidence/approval.eml"]);
    args.extend(YES);
    let digest = sandbox.digest(&args).unwrap();
    args.extend(["--digest", &digest]);
    let ran = sandbox.tom(&args).code(0);
    assert!(ran.out.contains("(recorded)") && !ran.out.contains("verified"), "{}", ran.out);
    let verified = sandbox.verify(1, &[]);
    assert_eq!(states(&verified)[0].1, "recorded");
    assert_eq!(phase(&verified, 1), "open", "the policy asks for signatures");
    with_policy(&sandbox, "signatures = \"required\"", "signatures = \"optional\"");
    let verified = sandbox.verify(0, &[]);
    assert_eq!(
        (phase(&verified, 1).as_str(), &verified["phases"][0]["trust"]),
        ("approved", &"recorded".into())
    );
    let shown = sandbox.tom(&["verify", NORTHFIELD]).code(0).out;
    assert!(shown.contains("Marian Holt, recorded") && !shown.contains("verified"), "{shown}");
    sandbox.write("docs/evidence/approval.eml", "From: Marian Holt\n\nRejected.\n");
    let verified = sandbox.verify(1, &[]);
    assert_eq!(states(&verified)[0].1, "contradictory");
    assert_eq!(phase(&verified, 1), "open");
}

#[test]
fn a10_one_key_is_one_persons_and_stands_there_once() {
    let sandbox = peopled();
    let own = sandbox.public("marian-holt");
    let twice = format!("keys = ['{own}', 'revoked-at=\"20200101\" {own}']");
    for (find, with, why) in [
        (format!("keys = [{:?}]", sandbox.public("owen-frith")), format!("keys = [{own:?}]"), "is a key of"),
        (format!("keys = [{own:?}]"), twice, "it stands twice"),
    ] {
        let was = sandbox.read("tom.toml");
        sandbox.replace("tom.toml", &find, &with);
        let ran = sandbox.tom(&["verify", NORTHFIELD]).code(2);
        assert!(ran.err.contains("TOM-0801") && ran.err.contains(why), "{}", ran.err);
        sandbox.write("tom.toml", was);
    }
}

#[test]
fn what_shows_a_recorded_decision_is_committed_and_its_recorder_is_listed() {
    let sandbox = peopled();
    sandbox.replace("tom.toml", "signatures = \"required\"", "signatures = \"optional\"");
    sandbox.commit("lax");
    sandbox.write("docs/evidence/approval.eml", "From: Marian Holt\n\nApproved.\n");
    let record = |by: &str| {
        let mut args = vec!["decide", NORTHFIELD, "--phase", "1", "--role", "asset-owner", "--by", by];
        args.extend(["--recorded-for", "Marian Holt", "--evidence", "docs/evidence/approval.eml"]);
        args.extend(YES);
        let digest = sandbox.digest(&args);
        args.extend(digest.iter().flat_map(|digest| ["--digest", digest]));
        sandbox.tom(&args)
    };
    assert!(record("Jo Marsh").code(2).err.contains("in the commit"));
    sandbox.commit("the message");
    record("Nobody Known").code(0);
    assert_eq!(states(&sandbox.verify(0, &[]))[0].1, "claimed");
}
