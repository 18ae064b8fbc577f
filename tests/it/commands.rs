//! The main job end to end, as a user does it.

use crate::support::{Sandbox, run};

#[test]
fn init_new_check_in_an_empty_folder() {
    let sandbox = Sandbox::empty();
    sandbox.tom(&["init"]).code(0);
    assert!(sandbox.path("frameworks/smsp-tom/0.10/framework.toml").is_file());
    let before = sandbox.files("");
    assert!(sandbox.tom(&["init"]).code(0).out.contains("already there"));
    assert_eq!(sandbox.files(""), before, "a second init changes nothing");
    sandbox.tom(&["new", "acme-5-1", "--baseline"]).code(0);
    let ran = sandbox.tom(&["check"]).code(0);
    assert!(ran.out.contains("no errors: 1 deployment checked"), "{}", ran.out);
}

#[test]
fn init_keeps_what_is_there() {
    let sandbox = Sandbox::empty();
    sandbox.write("tom.toml", "framework = { id = \"smsp-tom\", version = \"0.10\" }\n");
    sandbox.write(".gitattributes", "*.png binary");
    sandbox.tom(&["init"]).code(0);
    assert_eq!(sandbox.read("tom.toml"), "framework = { id = \"smsp-tom\", version = \"0.10\" }\n");
    assert_eq!(
        sandbox.read(".gitattributes"),
        "*.png binary\n*.toml text eol=lf\nassessments/*/approvals/** -text\n"
    );
}

#[test]
fn derive_then_diff_lists_context_and_no_risk() {
    let sandbox = Sandbox::example();
    let args = [
        "derive",
        "acme-northfield",
        "acme-eastmoor",
        "--set",
        "BD-02=Eastmoor Hospitals",
        "--set",
        "BD-03=XEM03",
    ];
    sandbox.tom(&args).code(0);
    let diff = sandbox.tom(&["diff", "acme-eastmoor"]).code(0).out;
    assert!(diff.contains("Organisation and local context (2)"), "{diff}");
    assert!(diff.contains("Eastmoor Hospitals"));
    assert!(diff.contains("not yet answered"));
    assert!(!diff.contains("Risks"), "{diff}");
    assert!(!diff.contains("Carried answers"), "{diff}");
}

#[test]
fn a_mended_typo_shows_as_exactly_that() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor"]).code(0);
    sandbox.commit("derive");
    let file = "assessments/acme-eastmoor/ig.toml";
    sandbox.replace(file, "notes = \"Mutual TLS", "notes = \"Mutual  TLS");
    let diff = sandbox.tom(&["diff", "acme-eastmoor"]).code(0).out;
    assert!(diff.contains("Carried answers that changed (1)"), "{diff}");
    assert_eq!(diff.matches("notes:").count(), 1, "{diff}");
    assert!(!diff.contains("Organisation and local context"), "{diff}");
}

#[test]
fn derive_refuses_what_is_not_committed_and_says_how_to_go_on() {
    let sandbox = Sandbox::example();
    sandbox.replace("assessments/acme-northfield/ig.toml", "answer = \"Yes\"", "answer = \"No\"");
    let before = sandbox.files("");
    let ran = sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor"]).code(2);
    assert!(ran.err.contains("TOM-0941") && ran.err.contains("--at HEAD"), "{}", ran.err);
    assert_eq!(sandbox.files(""), before);
    sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor", "--at", "HEAD"]).code(0);
}

#[test]
fn derive_refuses_bad_parents_and_names_and_writes_nothing() {
    let sandbox = Sandbox::example();
    sandbox.write("assessments/broken/deployment.toml", "id = \"d-000000000000\"\ntitle = \n");
    sandbox.commit("a broken one");
    let before = sandbox.files("");
    let derive = ["derive", "acme-northfield", "x"];
    let with = |words: &[&'static str]| [&derive[..], words].concat();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (with(&["--id", "d-7f3a9c0d41b2"]), "`acme-northfield` has the id `d-7f3a9c0d41b2` already"),
        (with(&["--set", "BD-03=XEM09", "--set", "BD-03=XEM10"]), "`BD-03` is set twice"),
        (with(&["--set", "BD-17=2026-01-01", "--party", "supplier", "--by", ""]), "the name is empty"),
        (with(&["--set", "BD-17=2026-01-01", "--party", "supplier", "--by", "Jo\u{200b}Marsh"]), "U+200B"),
        (vec!["derive", "acme-northfeld", "x"], "did you mean `acme-northfield`"),
        (vec!["derive", "acme-northfield", "acme-southmere"], "already a deployment"),
        (vec!["derive", "acme-northfield", "../x"], "is not a deployment name"),
        (vec!["derive", "acme-northfield", "x", "--at", "no-such-rev"], "cannot read revision"),
        (vec!["derive", "broken", "x"], "not TOML"),
        (vec!["derive", "acme-northfield", "x", "--set", "BD-99=y"], "has no item `BD-99`"),
    ];
    for (args, message) in cases {
        let ran = sandbox.tom(&args).code(2);
        assert!(ran.err.contains(message), "{args:?}\n{}", ran.err);
        assert_eq!(sandbox.files(""), before, "{args:?} wrote something");
    }
}

#[test]
fn packs_are_rendered_before_anything_is_committed_and_with_the_clock_as_it_is() {
    let new = Sandbox::empty();
    let second = Sandbox::example();
    let stories: [(&Sandbox, &[&[&str]]); 2] = [
        (&new, &[&["init"], &["new", "ward"], &["render", "ward", "--to", "packs"]]),
        (
            &second,
            &[
                &["derive", "acme-northfield", "ward", "--set", "BD-03=XEM03", "--no-input"],
                &["render", "ward", "--to", "packs"],
            ],
        ),
    ];
    for (sandbox, story) in stories {
        for words in story {
            let mut command = sandbox.tom_command(words);
            command.env_remove("SOURCE_DATE_EPOCH");
            run(command).code(0);
        }
        for phase in [1, 2] {
            let page = sandbox.read(&format!("packs/ward-phase-{phase}.html"));
            assert!(page.contains("DRAFT") && page.contains("Not committed"), "phase {phase}");
            assert!(sandbox.path(format!("packs/ward-phase-{phase}.pdf")).is_file());
        }
    }
}

#[test]
fn results_are_not_written_among_what_is_assessed() {
    let sandbox = Sandbox::example();
    let before = sandbox.files("");
    let within = "assessments/acme-northfield/risks";
    for args in [
        &["render", "acme-northfield", "--to", within][..],
        &["render", "acme-northfield", "--to", "frameworks/packs"],
        &["export", "acme-northfield", "--to", "assessments/book.xlsx"],
        &["-C", within, "render", "acme-northfield", "--to", "new/folder"],
    ] {
        let ran = sandbox.tom(args).code(2);
        assert!(ran.err.contains("write somewhere else"), "{args:?}\n{}", ran.err);
        assert_eq!(sandbox.files(""), before, "{args:?}");
    }
}

#[test]
fn a_risk_is_rated_as_a_whole_and_its_words_are_known() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/risks/HAZ-004.toml";
    let rating = "[residual]\nseverity = \"Major\"\nlikelihood = \"Very Low\"\n";
    sandbox.replace(file, rating, "");
    let set = |field: &str, value: &str| {
        sandbox.tom(&["set", "acme-northfield", &format!("HAZ-004.{field}"), value])
    };
    let before = sandbox.read(file);
    assert!(set("residual", "Major").code(2).err.contains("`SEVERITY, LIKELIHOOD`"));
    assert!(set("residual", "Major, Lowly").code(2).err.contains("it is one of: "));
    assert!(set("owner", "nobody").code(2).err.contains("it is one of: supplier"));
    assert!(set("mitigations.M1.kind", "wish").code(2).err.contains("design, test"));
    assert!(set("depends-on", "BD-21, BD-99").code(2).err.contains("BD-99"));
    assert_eq!(sandbox.read(file), before);
    set("residual", "Considerable, Low").code(0);
    set("depends-on", "BD-21, BD-22").code(0);
    let after = sandbox.read(file);
    assert!(after.contains("[residual]\nseverity = \"Considerable\"\nlikelihood = \"Low\""), "{after}");
    assert!(after.contains("depends-on = [\"BD-21\", \"BD-22\"]"), "{after}");
    let unknown = sandbox.tom(&["set", "acme-northfield", "NFD-099.title", "x"]).code(2).err;
    assert!(unknown.contains("assessments/acme-northfield/risks/NFD-099.toml"), "{unknown}");
}

#[test]
fn init_says_when_what_it_keeps_cannot_be_used() {
    let sandbox = Sandbox::empty();
    sandbox.write("tom.toml", "framework = 1\n");
    let ran = sandbox.tom(&["init"]).code(1);
    assert!(ran.err.contains("is kept") && ran.err.contains("tom.toml:1"), "{}", ran.err);
    assert_eq!(sandbox.read("tom.toml"), "framework = 1\n");
}

#[test]
fn no_phase_is_ready_while_an_answer_lacks_the_note_that_it_needs() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/generic-requirements.toml";
    let notes = "notes = \"The trail is append-only, chained by checksums, and readable only by privacy officers.\"\n";
    sandbox.replace(
        file,
        &format!("[MSCA-AUD-01]\nanswer = \"Yes\"\n{notes}"),
        "[MSCA-AUD-01]\nanswer = \"N/A\"\n",
    );
    for (party, by) in [("supplier", "Jo Marsh"), ("deployer", "Carys Nunn")] {
        sandbox.tom(&["confirm", "acme-northfield", "MSCA-AUD-01", "--party", party, "--by", by]).code(0);
    }
    let wanted = "`MSCA-AUD-01` lacks the note that its answer needs";
    let ran = sandbox.tom(&["check", "acme-northfield", "--ready", "2"]).code(1);
    assert!(ran.out.contains(wanted), "{}", ran.out);
    let page = sandbox.tom(&["status", "acme-northfield", "--phase", "2", "--check"]).code(1).out;
    assert!(page.contains("lacks the note"), "{page}");
    sandbox.tom(&["render", "acme-northfield", "--to", "packs", "--format", "html"]).code(0);
    let pack = sandbox.read("packs/acme-northfield-phase-2.html");
    assert!(pack.contains("(no explanation is given)") && !pack.contains("Ready for phase 2"));
    sandbox.tom(&["set", "acme-northfield", "MSCA-AUD-01.notes", "Nothing is recorded here."]).code(0);
    for (party, by) in [("supplier", "Jo Marsh"), ("deployer", "Carys Nunn")] {
        sandbox.tom(&["confirm", "acme-northfield", "MSCA-AUD-01", "--party", party, "--by", by]).code(0);
    }
    assert!(!sandbox.tom(&["check", "acme-northfield", "--ready", "2"]).out.contains(wanted));
}

#[test]
fn what_could_not_be_read_is_not_counted_as_settled() {
    let sandbox = Sandbox::example();
    sandbox.write(
        "assessments/acme-southmere/ig.toml",
        sandbox.read("assessments/acme-southmere/ig.toml") + "\nx = \n",
    );
    let ran = sandbox.tom(&["check", "acme-southmere"]).code(1);
    assert!(ran.out.contains("is still open, in what could be read:"), "{}", ran.out);
}

#[test]
fn derive_at_a_revision_that_lacks_the_parent_says_so() {
    let sandbox = Sandbox::init();
    sandbox.git(&["tag", "empty"]);
    sandbox.add_example();
    let ran = sandbox.tom(&["derive", "acme-northfield", "x", "--at", "empty"]).code(2);
    assert!(ran.err.contains("at revision `empty`"), "{}", ran.err);
}

#[test]
fn the_same_derivation_gives_the_same_bytes() {
    let (one, two) = (Sandbox::example(), Sandbox::example());
    for sandbox in [&one, &two] {
        sandbox.tom(&["derive", "acme-northfield", "x", "--id", "d-00000000000a"]).code(0);
    }
    assert_eq!(one.files("assessments/x"), two.files("assessments/x"));
}

#[test]
fn set_changes_one_entry_and_no_other_byte() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-southmere/ig.toml";
    let crlf = format!("\u{feff}# a remark\r\n{}", sandbox.read(file).replace('\n', "\r\n"));
    sandbox.write(file, &crlf);
    sandbox.tom(&["set", "acme-southmere", "IGA-03.notes", "Checked again."]).code(0);
    let after = sandbox.read(file);
    let changed: Vec<_> = crlf.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
    assert!(changed.len() <= 1 || after.lines().count() == crlf.lines().count() + 1, "{changed:?}");
    assert!(after.starts_with("\u{feff}# a remark\r\n"));
    assert!(!after.replace("\r\n", "").contains('\n'), "every line still ends as it did");
    assert!(after.contains("notes = \"Checked again.\"\r\n"));
}

#[test]
fn dry_runs_write_nothing() {
    let sandbox = Sandbox::example();
    let before = sandbox.files("");
    let commands: [&[&str]; 6] = [
        &["init", "--dry-run"],
        &["new", "x", "--dry-run"],
        &["derive", "acme-northfield", "x", "--dry-run"],
        &["set", "acme-southmere", "IGA-02", "No", "--dry-run"],
        &["confirm", "acme-southmere", "--all", "--party", "supplier", "--by", "Jo Marsh", "--dry-run"],
        &["render", "acme-northfield", "--to", "packs", "--dry-run"],
    ];
    for args in commands {
        sandbox.tom(args).code(0);
        assert_eq!(sandbox.files(""), before, "{args:?}");
    }
}

#[test]
fn packs_are_the_same_bytes_and_say_draft_when_they_are() {
    let sandbox = Sandbox::example();
    let render =
        |to: &str| sandbox.tom(&["render", "acme-northfield", "--to", to, "--format", "html"]).code(0);
    render("one");
    render("two");
    assert_eq!(sandbox.files("one"), sandbox.files("two"));
    assert_eq!(sandbox.files("one").len(), 3, "two packs, and the page that lists them");
    assert!(!sandbox.read("one/acme-northfield-phase-2.html").contains("DRAFT"));
    sandbox.replace("assessments/acme-northfield/ig.toml", "answer = \"Yes\"", "answer = \"No\"");
    render("three");
    assert!(sandbox.read("three/acme-northfield-phase-2.html").contains("DRAFT"));
}

#[test]
fn the_demo_tells_its_story() {
    let sandbox = Sandbox::empty();
    let ran = sandbox.tom(&["demo", "story"]).code(0);
    for part in ["derived acme-eastmoor", "▲ higher", "no errors", "wrote packs/acme-northfield-phase-2.html"]
    {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
    assert!(sandbox.path("story/packs/acme-northfield-phase-2.html").is_file());
    assert!(sandbox.tom(&["demo", "story"]).code(2).err.contains("is not empty"));
}

#[test]
fn json_says_its_version() {
    let sandbox = Sandbox::example();
    for args in [&["check"][..], &["diff", "acme-southmere"], &["show", "acme-northfield"], &["list"]] {
        let out = sandbox.tom(&[args, &["--format", "json"]].concat()).code(0).out;
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["schema-version"], 1, "{args:?}");
    }
}

#[test]
fn a_revision_is_read_without_checking_it_out() {
    let sandbox = Sandbox::example();
    sandbox.git(&["rm", "-rq", "assessments"]);
    sandbox.git(&["commit", "-qm", "all gone"]);
    assert!(sandbox.tom(&["check"]).code(2).err.contains("TOM-0912"));
    sandbox.tom(&["check", "--rev", "HEAD~1"]).code(0);
    sandbox.tom(&["show", "acme-northfield", "--rev", "HEAD~1"]).code(0);
}

#[test]
fn an_acceptance_holds_until_the_risk_changes() {
    let sandbox = Sandbox::example();
    let accept = |until: &str| {
        let reason = "Nothing more is practicable before 5.2.";
        let who = ["--role", "siro", "--by", "Rajan Pillai", "--until", until, "--reason", reason];
        sandbox.tom(&[&["accept", "acme-northfield", "HAZ-004"], &who[..]].concat())
    };
    assert!(accept("2026-01-01").code(2).err.contains("is past"));
    assert!(accept("2027-06-30").code(0).out.replace('\n', " ").contains("in class 2, until 2027-06-30"));
    let check = |args: &[&str]| sandbox.tom(&[&["check", "acme-northfield"], args].concat()).code(0).out;
    assert!(!check(&[]).contains("TOM-0605"), "an acceptance is no change of the risk");
    assert!(check(&["--as-of", "2027-07-01"]).contains("`HAZ-004.acceptance` ran out on 2027-06-30"));
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.likelihood", "Low"]).code(0);
    assert!(check(&[]).contains("TOM-0605"));
}

#[test]
fn impact_says_beforehand_what_a_change_then_does() {
    let sandbox = Sandbox::example();
    let said = sandbox.tom(&["impact", "acme-northfield", "IGA-10=None", "--format", "json"]).code(0).out;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let doubts = said["impact"]["doubts"].as_array().unwrap();
    let named: Vec<&str> = doubts.iter().map(|doubt| doubt["address"].as_str().unwrap()).collect();
    assert_eq!(named, ["IGA-10", "MSCA-IG-02", "HAZ-007"]);
    let outcomes = said["impact"]["outcomes"].as_array().unwrap();
    assert!(
        outcomes.iter().any(|o| o["id"] == "ig.baseline" && o["before"] == "PASS" && o["after"] == "FAIL")
    );
    sandbox.tom(&["set", "acme-northfield", "IGA-10", "None"]).code(0);
    let todo = sandbox.tom(&["todo", "acme-northfield", "--format", "json"]).code(0).out;
    for address in named {
        assert!(todo.contains(&format!("\"address\": \"{address}\"")), "{address} is to be looked at again");
    }
    assert!(todo.contains("IGA-10 changed since"), "with the fact that changed");
}

#[test]
fn an_answer_can_be_given_and_confirmed_in_one_step() {
    let sandbox = Sandbox::example();
    let args = ["set", "acme-southmere", "OR-01", "Yes", "--party", "deployer", "--by", "Nadia Fenn"];
    sandbox.tom(&args).code(0);
    let file = sandbox.read("assessments/acme-southmere/accountability.toml");
    assert!(file.contains("[OR-01.confirmed.deployer]\nby = \"Nadia Fenn\"\non = 2026-11-20\n"), "{file}");
    let wrong = ["set", "acme-southmere", "OR-01", "No", "--party", "supplier", "--by", "Jo Marsh"];
    assert!(sandbox.tom(&wrong).code(2).err.contains("confirmed by deployer, not by supplier"));
    assert_eq!(sandbox.read("assessments/acme-southmere/accountability.toml"), file, "nothing was written");
}

#[test]
fn status_says_ready_only_of_a_phase_that_lacks_nothing() {
    let sandbox = Sandbox::example();
    // What is filled in once a phase has been decided keeps nobody from deciding.
    assert!(!sandbox.read("assessments/acme-northfield/contracts.toml").contains("[CA-18.confirmed"));
    sandbox.tom(&["status", "acme-northfield", "--check"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "CA-15", "12"]).code(0);
    let page = sandbox.tom(&["status", "acme-northfield", "--check"]).code(1).out;
    assert!(
        page.contains("ready: every answer and risk that it needs is settled")
            && page.contains("not ready: "),
        "{page}"
    );
    let table = sandbox.tom(&["status"]).code(0).out;
    assert!(table.contains("acme-northfield") && table.contains("ready"), "{table}");
    sandbox.tom(&["set", "acme-northfield", "BD-21", "Something else."]).code(0);
    let page = sandbox.tom(&["status", "acme-northfield", "--phase", "1", "--check"]).code(1).out;
    assert!(page.contains("the answer changed since"), "{page}");
}

#[test]
fn todo_names_whose_turn_it_is_with_file_and_line() {
    let sandbox = Sandbox::example();
    let todo = sandbox.tom(&["todo", "acme-southmere", "--party", "supplier"]).code(0).out;
    assert!(todo.contains("supplier to answer") && !todo.contains("deployer to"), "{todo}");
    let line = todo.lines().find(|line| line.contains("acme-southmere/contracts.toml:")).unwrap();
    let number: usize = line.rsplit(':').next().unwrap().trim().parse().unwrap();
    let file = sandbox.read("assessments/acme-southmere/contracts.toml");
    assert!(file.lines().nth(number - 1).unwrap().starts_with('['), "{line}");
}

#[test]
fn a_file_that_is_changed_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::example();
    let file = sandbox.path("assessments/acme-northfield/ig.toml");
    for mode in [0o640, 0o664, 0o600] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        sandbox.tom(&["set", "acme-northfield", "IGA-03.notes", &format!("Written with {mode:o}.")]).code(0);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn a_result_that_could_not_be_written_is_never_a_clean_one() {
    let sandbox = Sandbox::example();
    for args in
        [&["check"][..], &["list"], &["check", "--format", "json"], &["--help"], &["show", "acme-northfield"]]
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = sandbox.tom_command(args);
        command.stdout(full).stderr(std::process::Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("could not be"), "{args:?}: {said}");
    }
}

#[test]
fn a_demo_can_be_looked_at_before_anything_is_written() {
    let sandbox = Sandbox::empty();
    let ran = sandbox.tom(&["demo", "here", "--dry-run"]).code(0);
    assert!(
        ran.out.contains("would make a git repository in") && ran.out.contains("$ tom derive"),
        "{}",
        ran.out
    );
    assert!(!sandbox.path("here").exists());
}
