//! What a change to a repository does, as a reviewer is told.

use crate::support::{Ran, Sandbox};
use serde_json::Value;

const NORTHFIELD: &str = "assessments/acme-northfield";

/// The worked example on `main`, and a branch to work on.
fn branch() -> Sandbox {
    let sandbox = Sandbox::example();
    sandbox.git(&["switch", "-qc", "change"]);
    sandbox
}

fn set(sandbox: &Sandbox, address: &str, value: &str) {
    sandbox.tom(&["set", "acme-northfield", address, value]).code(0);
}

/// Takes a table out of a file, with those beneath it.
fn remove_table(sandbox: &Sandbox, file: &str, table: &str) {
    let text = sandbox.read(file);
    let mut is_in = false;
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| {
            if line.starts_with('[') {
                is_in = line.starts_with(&format!("[{table}]")) || line.starts_with(&format!("[{table}."));
            }
            !is_in
        })
        .collect();
    sandbox.write(file, kept.join("\n") + "\n");
}

/// The example branch: a lower likelihood, a mitigation gone, two facts, everything reformatted.
fn example_branch() -> Sandbox {
    let sandbox = branch();
    set(&sandbox, "HAZ-011.initial.likelihood", "High");
    remove_table(&sandbox, &format!("{NORTHFIELD}/risks/HAZ-001.toml"), "mitigations.M2");
    set(&sandbox, "BD-22", "With a cloud provider in London.");
    set(&sandbox, "IGA-10", "None");
    reformat(&sandbox);
    sandbox.commit("Move to the cloud");
    sandbox
}

/// A comment on top of every file, and none of the others.
fn reformat(sandbox: &Sandbox) {
    for (name, bytes) in sandbox.files("assessments") {
        let text = String::from_utf8(bytes).unwrap();
        let mended: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        sandbox.write(&format!("assessments/{name}"), format!("# formatted\n\n{}\n", mended.join("\n")));
    }
}

fn json(sandbox: &Sandbox, args: &[&str], code: i32) -> Value {
    let ran = sandbox.tom(&[&["diff"], args, &["--format", "json"]].concat()).code(code);
    serde_json::from_str(&ran.out).unwrap()
}

/// Every change as `kind address`.
fn changes(review: &Value) -> Vec<String> {
    let deployments = review["deployments"].as_array().unwrap();
    let all = deployments.iter().flat_map(|deployment| deployment["changes"].as_array().unwrap());
    let repository = review["repository"].as_array().unwrap().iter();
    repository
        .chain(all)
        .map(|change| {
            let address = change["address"].as_str().or(change["title"].as_str()).unwrap_or_default();
            format!("{} {address}", change["kind"].as_str().unwrap())
        })
        .collect()
}

fn has(review: &Value, change: &str) -> bool {
    changes(review).iter().any(|known| known == change)
}

#[test]
fn a_branch_shows_what_it_does_to_risks_answers_outcomes_and_states() {
    let sandbox = example_branch();
    let review = json(&sandbox, &["main...HEAD"], 0);
    assert_eq!(review["status"], "changed");
    let mut found = changes(&review);
    found.retain(|change| !change.starts_with("stale"));
    assert_eq!(
        found,
        [
            "risk-decrease HAZ-011.initial",
            "removed-mitigation HAZ-001.mitigations.M2",
            "context BD-22",
            "answer IGA-10",
            "outcome-worse IGO-03",
            "needed IGO-05",
            "descendant acme-southmere",
        ]
    );
    for stale in ["BD-22", "IGA-04", "IGA-10", "HAZ-001", "HAZ-002", "HAZ-007", "HAZ-011"] {
        assert!(has(&review, &format!("stale {stale}")), "{stale}: {:?}", changes(&review));
    }
    assert_eq!(review["deployments"].as_array().unwrap().len(), 1, "reformatting the others is no change");
    assert_eq!(review["left"]["commit"], sandbox.git(&["rev-parse", "main"]).trim());
}

#[test]
fn reformatting_everything_is_no_change() {
    let sandbox = branch();
    reformat(&sandbox);
    sandbox.commit("format");
    let review = json(&sandbox, &["main..", "--exit-code"], 0);
    assert_eq!(review["status"], "unchanged");
    let ran = sandbox.tom(&["diff", "main..", "--format", "markdown"]).code(0);
    assert!(ran.out.starts_with("**tom: unchanged**"), "{}", ran.out);
}

#[test]
fn every_way_to_name_two_states_gives_the_same_change() {
    let sandbox = branch();
    set(&sandbox, "IGA-10", "None");
    let names = |review: &Value| review["deployments"][0]["changes"][0]["fingerprint"].clone();
    let open = [json(&sandbox, &[], 0), json(&sandbox, &["--rev", "HEAD"], 0)];
    assert_eq!(json(&sandbox, &["--staged"], 0)["status"], "unchanged");
    sandbox.git(&["add", "-A"]);
    let staged = json(&sandbox, &["--staged"], 0);
    sandbox.commit("None");
    sandbox.git(&["tag", "-a", "-m", "a tag", "v1"]);
    sandbox.git(&["checkout", "-q", "--detach"]);
    let done = [
        json(&sandbox, &["main..change"], 0),
        json(&sandbox, &["main...v1"], 0),
        json(&sandbox, &["main.."], 0),
        json(&sandbox, &["main...", "acme-northfield"], 0),
        json(&sandbox, &["--rev", "main"], 0),
    ];
    for review in open.iter().chain([&staged]).chain(&done) {
        assert_eq!(review["status"], "changed");
        assert_eq!(names(review), names(&staged));
        assert!(names(review).as_str().is_some_and(|name| name.len() == 10));
    }
    assert_eq!(json(&sandbox, &["main...", "acme-southmere"], 0)["status"], "unchanged");
    assert_eq!(json(&sandbox, &["change..main"], 0)["deployments"][0]["changes"][0]["kind"], "answer");
}

#[test]
fn b09_an_unborn_branch_can_show_what_would_be_committed() {
    let sandbox = Sandbox::empty();
    sandbox.git(&["init", "-q", "-b", "main"]);
    sandbox.tom(&["init"]).code(0);
    sandbox.tom(&["new", "acme-5-1", "--baseline"]).code(0);
    sandbox.git(&["add", "-A"]);
    let review = json(&sandbox, &["--staged"], 0);
    assert!(has(&review, "added-deployment acme-5-1") || !changes(&review).is_empty(), "{review}");
    let ran = sandbox.tom(&["diff"]).code(2);
    assert!(ran.err.contains("nothing has been committed"), "{}", ran.err);
}

#[test]
fn b10_a_bare_repository_is_read_by_its_revisions() {
    let sandbox = example_branch();
    sandbox.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    let ran =
        sandbox.tom(&["-C", "bare.git", "diff", "main...change", "--fail-on", "removed-mitigation"]).code(1);
    assert!(ran.out.contains("mitigation M2 removed"), "{}", ran.out);
    let ran = sandbox.tom(&["-C", "bare.git", "diff", "--rev", "main"]).code(2);
    assert!(ran.err.contains("bare repository"), "{}", ran.err);
}

#[test]
fn b01_a_shallow_clone_says_what_to_fetch() {
    let sandbox = branch();
    for count in 0..3 {
        set(&sandbox, "BD-22", &format!("Place {count}"));
        sandbox.commit("move");
    }
    sandbox.git(&["switch", "-q", "main"]);
    sandbox.replace("tom.toml", "siro = 3", "siro = 2");
    sandbox.commit("main goes on");
    sandbox.git(&["switch", "-q", "change"]);
    let from = format!("file://{}", sandbox.path("").display());
    sandbox.git(&["clone", "-q", "--depth", "1", &from, "shallow"]);
    let ran = sandbox.tom(&["-C", "shallow", "diff", "origin/main...HEAD", "--format", "json"]).code(2);
    assert!(ran.err.contains("git fetch origin +main:refs/remotes/origin/main"), "{}", ran.err);
    assert!(ran.out.contains("\"status\": \"error\""), "an error is never an empty report\n{}", ran.out);
    sandbox.git(&[
        "-C",
        "shallow",
        "fetch",
        "-q",
        "--depth",
        "1",
        "origin",
        "+main:refs/remotes/origin/main",
    ]);
    let ran = sandbox.tom(&["-C", "shallow", "diff", "origin/main...HEAD"]).code(2);
    assert!(ran.err.contains("git fetch --deepen=100 origin main"), "{}", ran.err);
    assert!(ran.err.contains("git fetch --unshallow origin"), "{}", ran.err);
    sandbox.git(&["-C", "shallow", "fetch", "-q", "--deepen=100", "origin", "main", "change"]);
    let ran = sandbox.tom(&["-C", "shallow", "diff", "origin/main...HEAD"]).code(0);
    assert!(ran.out.contains("Place 2") && !ran.out.contains("policy"), "{}", ran.out);
}

#[test]
fn b15_a_revision_that_looks_like_an_option_is_only_a_revision() {
    let sandbox = Sandbox::example();
    for rev in ["--rev=--upload-pack=x", "--rev=a\nb", "--rev=\u{1b}[31m"] {
        let ran = sandbox.tom(&["diff", rev]).code(2);
        assert!(ran.err.contains("TOM-0902") && !ran.err.contains('\u{1b}'), "{}", ran.err);
    }
}

#[test]
fn a_renamed_folder_is_the_same_deployment() {
    let sandbox = branch();
    sandbox.git(&["mv", NORTHFIELD, "assessments/acme-north"]);
    sandbox.commit("rename");
    let review = json(&sandbox, &["main..."], 0);
    let found = changes(&review);
    assert_eq!(found[0], "renamed-deployment Folder", "{found:?}");
    assert!(!found.iter().any(|change| change.contains("removed") || change.contains("added")), "{found:?}");
    sandbox.tom(&["set", "acme-north", "IGA-10", "None"]).code(0);
    sandbox.commit("change");
    let renamed = json(&sandbox, &["main..."], 0);
    assert!(has(&renamed, "answer IGA-10") && has(&renamed, "outcome-worse IGO-03"), "{renamed}");
    let only = json(&sandbox, &["HEAD~1.."], 0);
    let name = |review: &Value| {
        let all = review["deployments"][0]["changes"].as_array().unwrap().clone();
        all.into_iter().find(|change| change["address"] == "IGA-10").unwrap()["fingerprint"].clone()
    };
    assert_eq!(name(&renamed), name(&only), "a name does not depend on the folder's");
}

#[test]
fn an_added_deployment_is_compared_with_what_it_received_and_a_removed_one_is_named() {
    let sandbox = branch();
    sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor", "--set", "BD-02=Eastmoor"]).code(0);
    sandbox.git(&["rm", "-rq", "assessments/acme-southmere"]);
    sandbox.commit("one comes, one goes");
    let review = json(&sandbox, &["main..."], 0);
    let [added, gone] = &review["deployments"].as_array().unwrap()[..] else { panic!("{review}") };
    assert_eq!((&added["way"], &added["left"]), (&"added".into(), &"received from acme-northfield".into()));
    assert!(has(&review, "context BD-02") && !has(&review, "answer IGA-03"), "{:?}", changes(&review));
    assert!(added["unanswered"].as_u64().unwrap() > 20);
    assert_eq!(gone["way"], "removed");
    assert!(gone["changes"][0]["says"].as_str().unwrap().contains("risks go with it"), "{gone}");
    let out = sandbox.tom(&["diff", "main...", "--fail-on", "removed-deployment"]).code(1).out;
    assert!(out.contains("stopped by 1 removed-deployment"), "{out}");
}

#[test]
fn risks_are_told_from_class_to_class_with_what_became_of_their_mitigations() {
    let sandbox = branch();
    let risk = format!("{NORTHFIELD}/risks/HAZ-004.toml");
    set(&sandbox, "HAZ-004.residual.likelihood", "High");
    let text = sandbox.read(&risk);
    let weaker = text.replacen("status = \"in place\"", "status = \"planned\"", 1);
    assert_ne!(text, weaker);
    sandbox.write(&risk, weaker);
    sandbox.git(&["rm", "-q", &format!("{NORTHFIELD}/risks/HAZ-012.toml")]);
    sandbox.replace(&format!("{NORTHFIELD}/risks/HAZ-002.toml"), "status = \"open\"", "status = \"closed\"");
    sandbox.commit("risks");
    let review = json(&sandbox, &["main..."], 0);
    for change in ["risk-increase HAZ-004.residual", "removed-risk HAZ-012", "closed-risk HAZ-002.status"] {
        assert!(has(&review, change), "{change}: {:?}", changes(&review));
    }
    let all = review["deployments"][0]["changes"].as_array().unwrap();
    let weakened = all.iter().find(|change| change["kind"] == "weakened-mitigation").unwrap();
    assert_eq!(weakened["says"], "less in place");
    let moved = &review["deployments"][0]["risks"].as_array().unwrap();
    let of = |id: &str| moved.iter().find(|risk| risk["id"] == id).unwrap_or_else(|| panic!("{id}"));
    assert!(
        of("HAZ-004")["residual"]["class-after"].as_u64()
            > of("HAZ-004")["residual"]["class-before"].as_u64()
    );
    assert_eq!(of("HAZ-012")["way"], "removed");
}

#[test]
fn an_acceptance_that_comes_or_goes_is_a_change() {
    let sandbox = branch();
    let who =
        ["--role", "siro", "--by", "Rajan Pillai", "--until", "2027-06-30", "--reason", "Not before 5.2."];
    sandbox.tom(&[&["accept", "acme-northfield", "HAZ-004"], &who[..]].concat()).code(0);
    sandbox.commit("accept");
    let review = json(&sandbox, &["main..."], 0);
    assert_eq!(changes(&review), ["acceptance HAZ-004.acceptance"]);
    for format in ["markdown", "html", "text"] {
        let out = sandbox.tom(&["diff", "main...", "--format", format]).code(0).out;
        assert!(out.contains("siro") && !out.contains("Pillai"), "{out}");
    }
}

#[test]
fn an_answer_changed_by_another_party_is_told_and_unknown_is_unknown() {
    let sandbox = branch();
    set(&sandbox, "IGA-16", "Yes"); // the deployer's; Jo Marsh is the supplier's
    let by = |email: &str| {
        sandbox.git(&["add", "-A"]);
        let author = format!("--author=Somebody <{email}>");
        sandbox.git(&["commit", "-q", "--amend", "-m", "change", &author]);
        json(&sandbox, &["main..."], 0)
    };
    sandbox.commit("change");
    let of_item = |review: &Value| {
        let all = review["deployments"][0]["changes"].as_array().unwrap().clone();
        all.into_iter()
            .find(|c| c["address"] == "IGA-16" && c["section"] == "ig" && c["kind"] != "stale")
            .unwrap()
    };
    let review = by("JO.MARSH@acme.example");
    let parties: Vec<&str> = of_item(&review)["parties"].as_array().unwrap().iter().map(|_| "").collect();
    assert!(!parties.is_empty());
    if of_item(&review)["parties"] == serde_json::json!(["deployer"]) {
        assert!(has(&review, "other-party IGA-16"), "{:?}", changes(&review));
    }
    let review = by("ben.tarrant@northfield.example");
    assert_eq!(of_item(&review)["changed-by"]["parties"], serde_json::json!(["deployer"]));
    assert_eq!(
        has(&review, "other-party IGA-16"),
        of_item(&review)["parties"] == serde_json::json!(["supplier"])
    );
    let review = by("nobody@elsewhere.example");
    assert_eq!(of_item(&review)["changed-by"]["has-unknown"], true);
    assert!(!has(&review, "other-party IGA-16"), "nobody knows");
    // Enrolling oneself in the same branch changes nothing: the left side's list counts, and the change is told.
    let person =
        "\n[people.new]\nname = \"New\"\nemail = \"nobody@elsewhere.example\"\nparty = \"deployer\"\n";
    sandbox.write(
        "tom.toml",
        sandbox.read("tom.toml").replace("\n# The highest", &format!("{person}\n# The highest")),
    );
    let review = by("nobody@elsewhere.example");
    assert_eq!(of_item(&review)["changed-by"]["has-unknown"], true);
    assert!(has(&review, "policy People who may speak"), "{:?}", changes(&review));
}

#[test]
fn with_several_authors_each_answer_is_its_authors() {
    let sandbox = branch();
    set(&sandbox, "IGA-10", "None");
    sandbox.commit("by the supplier");
    set(&sandbox, "IGA-16", "Yes");
    sandbox.git(&["commit", "-qam", "by the deployer", "--author=Ben <ben.tarrant@northfield.example>"]);
    let review = json(&sandbox, &["main..."], 0);
    let all = review["deployments"][0]["changes"].as_array().unwrap();
    let by = |address: &str| {
        let change = all.iter().find(|c| c["address"] == address && !c["changed-by"].is_null()).unwrap();
        change["changed-by"]["parties"].clone()
    };
    assert_eq!(by("IGA-10"), serde_json::json!(["supplier"]));
    assert_eq!(by("IGA-16"), serde_json::json!(["deployer"]));
}

#[test]
fn e05_gates_come_from_the_left_side_so_a_branch_cannot_switch_them_off() {
    let sandbox = Sandbox::example();
    let settings = sandbox.read("tom.toml");
    sandbox
        .write("tom.toml", format!("{settings}\n[review]\nfail-on = [\"removed-mitigation\", \"policy\"]\n"));
    sandbox.commit("gates");
    sandbox.git(&["switch", "-qc", "change"]);
    sandbox.write("tom.toml", &settings);
    remove_table(&sandbox, &format!("{NORTHFIELD}/risks/HAZ-001.toml"), "mitigations.M2");
    sandbox.commit("quietly");
    let review = json(&sandbox, &["main..."], 1);
    assert_eq!(review["gates"][0], serde_json::json!({ "kind": "policy", "count": 1 }));
    assert_eq!(review["gates"][1]["kind"], "removed-mitigation");
    assert!(has(&review, "policy Changes that are not to pass"), "{:?}", changes(&review));
    for format in ["text", "markdown", "html"] {
        let ran = sandbox.tom(&["diff", "main...", "--format", format]).code(1);
        assert!(
            ran.out.contains("removed-mitigation"),
            "output is complete before the exit code\n{}",
            ran.out
        );
    }
    sandbox.tom(&["diff", "HEAD..HEAD"]).code(0);
}

#[test]
fn e05_gates_that_the_target_branch_gained_after_the_fork_hold_too() {
    let sandbox = Sandbox::example();
    sandbox.git(&["switch", "-qc", "change"]);
    remove_table(&sandbox, &format!("{NORTHFIELD}/risks/HAZ-001.toml"), "mitigations.M2");
    sandbox.commit("quietly");
    sandbox.git(&["switch", "-q", "main"]);
    let settings = sandbox.read("tom.toml");
    sandbox.write("tom.toml", format!("{settings}\n[review]\nfail-on = [\"removed-mitigation\"]\n"));
    sandbox.commit("gates");
    sandbox.tom(&["diff", "main...change"]).code(1);
}

#[test]
fn every_kind_can_be_a_gate_and_another_word_cannot() {
    let sandbox = Sandbox::init();
    for kind in tom::ops::review::Kind::ALL {
        sandbox.tom(&["diff", "HEAD..", "--fail-on", kind.as_str()]).code(0);
    }
    let ran = sandbox.tom(&["diff", "HEAD..", "--fail-on", "risk-increse"]).code(2);
    assert!(ran.err.contains("did you mean `risk-increase`"), "{}", ran.err);
}

#[test]
fn framework_and_templates_are_called_out_first() {
    let sandbox = branch();
    let rules = "frameworks/smsp-tom/0.10/rules/strict.toml";
    sandbox.replace(rules, "value = \"FAIL\", item = \"IGA-02\"", "value = \"CHECK\", item = \"IGA-02\"");
    sandbox.write("templates/cover.html", "Approved");
    sandbox.commit("rules");
    let review = json(&sandbox, &["main..."], 0);
    assert_eq!(changes(&review)[..2], ["framework smsp-tom 0.10", "policy Templates of packs"]);
    let out = sandbox.tom(&["diff", "main...", "--format", "markdown"]).code(0).out;
    assert!(out.contains("**Framework and policy**\n\n- <code>smsp-tom 0&#46;10</code>"), "{out}");
}

#[test]
fn what_cannot_be_read_is_an_error_and_never_unchanged() {
    let sandbox = branch();
    set(&sandbox, "IGA-10", "None");
    sandbox.write("assessments/acme-southmere/ig.toml", "[IGA-03\n");
    sandbox.commit("broken");
    for (format, word) in [
        ("text", "error: something could not be read"),
        ("markdown", "**tom: error**"),
        ("json", "\"status\": \"error\""),
        ("html", "Something could not be read"),
    ] {
        let ran = sandbox.tom(&["diff", "main...", "--format", format]).code(2);
        assert!(ran.out.contains(word) && ran.out.contains("TOM-0102"), "{format}\n{}", ran.out);
        assert!(ran.out.contains("IGA-10"), "the others are told all the same\n{}", ran.out);
        assert!(ran.out.contains("acme-southmere"), "{}", ran.out);
    }
}

#[test]
fn names_of_changes_survive_rebases_and_unrelated_edits_and_follow_the_change() {
    let sandbox = branch();
    set(&sandbox, "IGA-10", "None");
    set(&sandbox, "HAZ-004.residual.likelihood", "Low");
    sandbox.commit("change");
    let names = |review: &Value, kinds: &[&str]| -> Vec<(String, String)> {
        let all = review["deployments"][0]["changes"].as_array().unwrap();
        let of = |c: &Value| {
            (c["kind"].as_str().unwrap().to_owned(), c["fingerprint"].as_str().unwrap().to_owned())
        };
        all.iter().map(of).filter(|(kind, _)| kinds.contains(&kind.as_str())).collect()
    };
    let kinds = ["answer", "risk-increase", "outcome-worse", "stale"];
    let first = names(&json(&sandbox, &["main..."], 0), &kinds);
    assert!(first.len() > 3);
    sandbox.git(&["switch", "-q", "main"]);
    set(&sandbox, "BD-01", "Another title");
    sandbox.commit("main goes on");
    sandbox.git(&["switch", "-q", "change"]);
    sandbox.git(&["rebase", "-q", "main"]);
    set(&sandbox, "IGA-02", "No");
    reformat(&sandbox);
    sandbox.commit("more");
    let second = names(&json(&sandbox, &["main..."], 0), &kinds);
    for name in &first {
        assert!(second.contains(name), "{name:?} is gone from {second:?}");
    }
    set(&sandbox, "IGA-10", "Other");
    sandbox.commit("otherwise");
    let third = names(&json(&sandbox, &["main..."], 0), &["answer"]);
    let before = first.iter().find(|(kind, _)| kind == "answer").unwrap();
    assert!(!third.contains(before), "another value is another change");
}

#[test]
fn e06_a_comment_and_a_page_leave_personal_data_out() {
    let sandbox = branch();
    sandbox.replace(
        &format!("{NORTHFIELD}/contacts.toml"),
        "carys.nunn@northfield.example",
        "canary@northfield.example",
    );
    sandbox.commit("new address");
    for (format, shows) in [("markdown", false), ("html", false), ("json", true), ("text", true)] {
        let out = sandbox.tom(&["diff", "main...", "--format", format]).code(0).out;
        assert_eq!(out.contains("canary"), shows, "{format}\n{out}");
        assert!(out.contains("CO-"), "that it changed is told\n{out}");
    }
}

#[test]
fn d14_a_comment_fits_and_says_what_it_left_out() {
    let sandbox = branch();
    for (name, bytes) in sandbox.files("assessments/acme-northfield/risks") {
        if name != "HAZ-004.toml" {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        for number in 0..400 {
            let title = format!("title = \"Number {number}: {}", "a long title ".repeat(8));
            let risk = text.replacen("title = \"", &title, 1);
            sandbox.write(&format!("{NORTHFIELD}/risks/NFD-{}.toml", 100 + number), risk);
        }
    }
    set(&sandbox, "BD-22", &"word@example.org #1 | ".repeat(2000));
    sandbox.commit("many");
    let out = sandbox.tom(&["diff", "main...HEAD", "--format", "markdown"]).code(0).out;
    assert!(out.len() < tom::render::MOST_BYTES && out.len() > 20_000, "{} bytes", out.len());
    assert!(out.contains("Left out, because a comment can hold no more"), "{}", &out[out.len() - 900..]);
    assert!(out.contains("<code>tom diff main&#46;&#46;&#46;HEAD</code> shows everything"));
    assert_eq!(out.matches("<details>").count(), out.matches("</details>").count());
}

#[test]
fn text_fits_into_eighty_columns() {
    let sandbox = example_branch();
    let out = sandbox.tom(&["diff", "main...HEAD"]).code(0).out;
    for line in out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn nothing_is_written() {
    let sandbox = example_branch();
    let state = |sandbox: &Sandbox| {
        let all = walkdir::WalkDir::new(sandbox.path("")).sort_by_file_name().into_iter().map(|e| e.unwrap());
        all.filter(|entry| entry.file_type().is_file())
            .map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap()))
            .collect::<Vec<_>>()
    };
    set(&sandbox, "IGA-16", "Yes");
    let before = state(&sandbox);
    for args in [&["main...HEAD"][..], &["--staged"], &["--rev", "main"], &["main..", "--format", "html"]] {
        let ran: Ran = sandbox.tom(&[&["diff"], args].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }
    assert!(state(&sandbox) == before);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let sandbox = Sandbox::example();
    let cases: [(&[&str], &str); 5] = [
        (&["main..", "--staged"], "two ranges"),
        (&["main..", "--at", "HEAD"], "`--at` reads deployments"),
        (&["a", "b", "c"], "more than two"),
        (&["main", "acme-northfield"], "no deployment `main`"),
        (&["HEAD..", "acme-northfeld"], "did you mean `acme-northfield`"),
    ];
    for (args, message) in cases {
        let ran = sandbox.tom(&[&["diff"], args].concat()).code(2);
        assert!(ran.err.contains(message), "{args:?}\n{}", ran.err);
    }
}

#[test]
fn the_summary_of_a_comment_counts_what_was_only_reworded_or_renamed() {
    let sandbox = branch();
    sandbox.replace(
        &format!("{NORTHFIELD}/risks/HAZ-001.toml"),
        "effect = \"\"\"\n",
        "effect = \"\"\"\nLess than it was.\n",
    );
    sandbox.replace(&format!("{NORTHFIELD}/deployment.toml"), "title = \"", "title = \"Another ");
    sandbox.commit("words");
    let out = sandbox.tom(&["diff", "main...", "--format", "markdown"]).code(0).out;
    let heading = out.lines().find(|line| line.contains("| Risks |")).unwrap_or_else(|| panic!("{out}"));
    assert!(heading.contains("| Deployment |"), "{heading}");
    let row = out.lines().skip_while(|line| *line != heading).nth(2).unwrap();
    assert!(row.contains("1 reworded") && row.contains("1 identity"), "{row}");
}
