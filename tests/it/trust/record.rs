//! The record around the decisions, the stages that follow from both, and what diff and packs tell of them.

use super::*;

/// Where the deployment stands.
#[track_caller]
pub fn standing(sandbox: &Sandbox) -> Value {
    let ran = sandbox.tom(&["status", NORTHFIELD, "--format", "json"]).code(0);
    serde_json::from_str::<Value>(&ran.out).unwrap()["deployments"][0]["standing"].clone()
}

/// The stage of the whole and of each phase.
#[track_caller]
pub fn stages(sandbox: &Sandbox) -> Vec<String> {
    let standing = standing(sandbox);
    let phases = standing["phases"].as_array().unwrap().iter().map(|phase| phase["stage"].clone());
    let all = [standing["stage"].clone()].into_iter().chain(phases);
    all.map(|stage| stage.as_str().unwrap().to_owned()).collect()
}

/// Records an event.
#[track_caller]
pub fn record(sandbox: &Sandbox, rest: &[&str]) -> Ran {
    sandbox.tom(&[&["record", NORTHFIELD], rest, &["--by", "Jo Marsh"]].concat()).code(0)
}

#[track_caller]
fn refused(sandbox: &Sandbox, rest: &[&str], why: &str) {
    let before = sandbox.files("assessments");
    let ran = sandbox.tom(&[&["record", NORTHFIELD], rest, &["--by", "Jo Marsh"]].concat()).code(2);
    assert!(ran.err.contains(why), "{}", ran.err);
    assert_eq!(sandbox.files("assessments"), before, "nothing was written");
}

#[test]
fn a_submission_freezes_a_version_with_the_digest_that_its_pack_shows() {
    let sandbox = peopled();
    refused(&sandbox, &["return", "--phase", "1", "--text", "Too early"], "was never submitted");
    let ran = record(&sandbox, &["submit", "--phase", "1", "--to", "packs"]);
    assert!(ran.out.contains("phase 1 submitted, version 1"), "{}", ran.out);
    let file = "assessments/acme-northfield/record.toml";
    let text = sandbox.read(file);
    let digest =
        text.lines().find_map(|line| line.strip_prefix("digest = \"")).unwrap().trim_end_matches('"');
    assert!(sandbox.read("packs/acme-northfield-phase-1.html").contains(digest), "{digest}");
    // It is the one that the approver is asked for.
    let ran = sandbox.tom(
        &[
            &["decide", NORTHFIELD, "--phase", "1", "--role", "asset-owner", "--by", "Marian Holt"],
            &YES[..],
            &["--dry-run"],
        ]
        .concat(),
    );
    let shown = ran.out.lines().find_map(|line| line.strip_prefix("digest ")).unwrap().replace(' ', "");
    assert_eq!(format!("sha256:{shown}"), digest);
    assert_eq!(stages(&sandbox), ["assessing", "submitted", "ready"]);
    // Whatever stood in the file stays, byte for byte.
    record(&sandbox, &["return", "--phase", "1", "--query", "BD-21=For which patients?"]);
    assert!(sandbox.read(file).starts_with(&text));
    assert_eq!(stages(&sandbox), ["assessing", "returned", "ready"]);
    sandbox.tom(&["check", NORTHFIELD]).code(0);
    sandbox.replace("assessments/acme-northfield/basic-details.toml", "[BD-21]\n", "[BD-21]\n# a remark\n");
    refused(&sandbox, &["submit", "--phase", "2"], "not committed");
}

#[test]
fn queries_are_listed_until_they_are_answered_and_keep_a_phase_from_being_sent_off_again() {
    let sandbox = peopled();
    record(&sandbox, &["submit", "--phase", "2"]);
    refused(&sandbox, &["return", "--phase", "2", "--query", "XX-99=What?"], "no item or risk `XX-99`");
    record(
        &sandbox,
        &[
            "return",
            "--phase",
            "2",
            "--query",
            "IGA-16=Which system is it?",
            "--query",
            "HAZ-004=Who checks?",
        ],
    );
    sandbox.commit("returned");
    let todo = sandbox.tom(&["todo", NORTHFIELD]).code(0).out;
    assert!(todo.contains("to reply to: queries") && todo.contains("Which system is it?"), "{todo}");
    refused(&sandbox, &["submit", "--phase", "2"], "2 queries are not answered in phase 2");
    refused(&sandbox, &["reply", "IGA-03=Yes"], "nobody has an open query about `IGA-03`");
    record(&sandbox, &["reply", "IGA-16=The pathology system.", "HAZ-004=The lead nurse."]);
    assert!(!sandbox.tom(&["todo", NORTHFIELD]).code(0).out.contains("queries"));
    sandbox.commit("answered");
    assert!(record(&sandbox, &["submit", "--phase", "2"]).out.contains("version 2"));
    // A decision's own queries are listed too, until that role decides anew.
    sandbox.decide("rajan-pillai", 2, &["--outcome", "returned", "--query", "IGA-17=Still unclear."]).code(0);
    assert!(sandbox.tom(&["todo", NORTHFIELD]).code(0).out.contains("Still unclear."));
    sandbox.commit("returned");
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    assert!(!sandbox.tom(&["todo", NORTHFIELD]).code(0).out.contains("Still unclear."));
}

#[test]
fn rejected_has_a_way_on() {
    let sandbox = peopled();
    let no = [
        "--outcome",
        "rejected",
        "--verdict",
        "AP1-02=Rejected",
        "--verdict",
        "AP1-03=Approved",
        "--verdict",
        "AP1-04=Approved",
        "--reason",
        "Not this use",
    ];
    sandbox.decide("marian-holt", 1, &no).code(0);
    sandbox.commit("rejected");
    assert_eq!(stages(&sandbox)[1], "rejected");
    // Changing what was rejected does not undo the rejection; sending it off again does.
    sandbox
        .tom(&["set", NORTHFIELD, "BD-06", "NHS Trust", "--party", "deployer", "--by", "Ben Tarrant"])
        .code(0);
    sandbox.commit("changed");
    assert_eq!(stages(&sandbox)[1], "rejected");
    record(&sandbox, &["submit", "--phase", "1"]);
    assert_eq!(stages(&sandbox)[1], "submitted");
    sandbox.commit("sent off again");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    assert_eq!(stages(&sandbox)[1], "approved");
}

#[test]
fn going_live_names_every_guard_that_is_missing() {
    let sandbox = decided();
    refused(&sandbox, &["live"], "going live lacks");
    refused(&sandbox, &["verified"], "is not live");
    refused(&sandbox, &["live", "--on", "2027-01-01"], "is still to come");
    let lacks = standing(&sandbox)["lacks"].to_string();
    for guard in
        ["phase 2 is not approved", "throughput is not agreed", "endpoint was notified", "Rajan Pillai"]
    {
        assert!(lacks.contains(guard), "{guard}: {lacks}");
    }
    let ran = record(&sandbox, &["live", "--despite", "The ward opened early"]);
    assert!(ran.err.contains("goes on naming them"), "{}", ran.err);
    // Live without an approval is never shown as anything better.
    assert_eq!(stages(&sandbox)[0], "change-pending");
    assert!(standing(&sandbox)["lacks"].to_string().contains("phase 2 is not approved"));
    let shown = sandbox.tom(&["record", NORTHFIELD]).code(0).out;
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("although something was missing: The ward opened early"), "{shown}");
    record(&sandbox, &["incident", "--text", "Wrong patient shown once", "--reference", "INC-7"]);
    record(&sandbox, &["end", "--text", "Replaced"]);
    assert_eq!(stages(&sandbox)[0], "ended");
}

#[test]
fn throughput_is_summed_by_product_and_only_what_was_agreed_is_called_agreed() {
    let sandbox = peopled();
    let sum = |code: i32| -> Value {
        let ran = sandbox.tom(&["status", "--throughput", "--format", "json"]).code(code);
        serde_json::from_str::<Value>(&ran.out).unwrap()["products"].clone()
    };
    let before = sum(0);
    let (product, sums) = before.as_object().unwrap().iter().next().unwrap();
    assert_eq!((&sums["deployments"], &sums["agreed"]), (&Value::from(2), &Value::from(0)), "{before}");
    record(&sandbox, &["throughput", "--rate", "3", "--reference", "TPS-9"]);
    assert_eq!(sum(0)[product]["agreed"], 3);
    sandbox.decide("owen-frith", 2, &["--outcome", "approved"]).code(0);
    record(&sandbox, &["withdraw", "--text", "Another product was chosen"]);
    assert_eq!(
        (sum(0)[product]["deployments"].clone(), sum(0)[product]["agreed"].clone()),
        (1.into(), 0.into())
    );
}

#[test]
fn a_record_that_cannot_be_understood_is_an_error_and_never_an_empty_one() {
    let sandbox = peopled();
    sandbox.write("assessments/acme-northfield/record.toml", "[2026-11-20-alive]\nby = \"Jo\"\n");
    assert!(sandbox.tom(&["check", NORTHFIELD]).code(1).all().contains("record.toml:1"));
    sandbox.tom(&["status", NORTHFIELD]).code(2);
    assert!(
        sandbox
            .tom(&["record", NORTHFIELD, "incident", "--text", "x", "--by", "Jo"])
            .code(2)
            .err
            .contains("record.toml")
    );
    let table = sandbox.tom(&["status"]).code(0).out;
    assert!(table.contains("cannot be read"), "{table}");
}

#[test]
fn diff_tells_which_decision_a_change_voids_and_by_which_leaf() {
    let sandbox = decided();
    sandbox.tom(&["set", NORTHFIELD, "HAZ-004.residual.likelihood", "Low"]).code(0);
    let diff = |args: &[&str]| -> Value {
        let ran = sandbox.tom(&[&["diff", "--format", "json"], args].concat());
        serde_json::from_str::<Value>(&ran.out).unwrap()["deployments"][0]["changes"].clone()
    };
    let of = |changes: &Value, kind: &str| -> Vec<Value> {
        changes.as_array().unwrap().iter().filter(|change| change["kind"] == kind).cloned().collect()
    };
    let void = of(&diff(&[]), "approval-void");
    assert_eq!(void.len(), 1, "only the decision over the assessment: {void:?}");
    assert_eq!(void[0]["title"], "phase 2 executive: approved");
    assert!(void[0]["says"].as_str().unwrap().contains("HAZ-004.residual.likelihood"), "{void:?}");
    sandbox.tom(&["diff", "--fail-on", "approval-void"]).code(1);
    // A removed statement is told, and so is a new one, which counts only by the left side's people.
    sandbox.git(&["checkout", "-q", "--", "."]);
    std::fs::remove_file(sandbox.path(sandbox.statement("executive"))).unwrap();
    assert!(of(&diff(&[]), "approval-void")[0]["says"].as_str().unwrap().contains("is gone"));
    sandbox.git(&["checkout", "-q", "--", "."]);
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    record(&sandbox, &["endpoint", "requested"]);
    let changes = diff(&[]);
    assert_eq!(of(&changes, "decision")[0]["says"].as_str().unwrap().split(' ').next(), Some("verified"));
    assert_eq!(of(&changes, "event").len(), 1);
    let comment = sandbox.tom(&["diff", "--format", "markdown"]).out;
    assert!(!comment.contains("Rajan Pillai") && comment.contains("phase 2 siro&#58; approved"), "{comment}");
}

#[test]
fn what_changed_since_a_role_decided_is_found_by_content_and_not_by_the_commit_that_it_names() {
    let sandbox = decided();
    sandbox.tom(&["set", NORTHFIELD, "HAZ-004.residual.likelihood", "Low"]).code(0);
    sandbox.commit("a risk");
    let args = ["diff", NORTHFIELD, "--since-decision", "executive"];
    let ran = sandbox.tom(&args).code(0);
    assert!(ran.out.contains("HAZ-004") && ran.out.contains("class 2 → class 3"), "{}", ran.out);
    assert!(
        sandbox
            .tom(&["diff", NORTHFIELD, "--since-decision", "siro"])
            .code(2)
            .err
            .contains("has decided nothing")
    );
    // A statement whose commit holds something else is not believed.
    let file = sandbox.statement("executive");
    let text = sandbox.read(&file);
    let line = text.lines().find(|line| line.starts_with("commit = ")).unwrap();
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let forged = text.replace(line, &format!("commit = \"{}\"", head.trim()));
    std::fs::remove_file(sandbox.path(&file)).unwrap();
    sandbox.forge(&format!("{APPROVALS}/2"), "executive", &forged, Some("helen-okafor"));
    assert!(sandbox.tom(&args).code(2).err.contains("not found in the history"));
}

#[test]
fn packs_tell_verified_recorded_and_claimed_apart() {
    let sandbox = decided();
    sandbox.replace("tom.toml", "signatures = \"required\"", "signatures = \"optional\"");
    sandbox.write("docs/evidence/approval.txt", "I approve. Owen Frith\n");
    sandbox.commit("lax");
    let recorded =
        ["--outcome", "approved", "--recorded-for", "Owen Frith", "--evidence", "docs/evidence/approval.txt"];
    let mut args = vec!["decide", NORTHFIELD, "--phase", "2", "--role", "service-owner", "--by", "Jo Marsh"];
    args.extend(recorded);
    let shown = sandbox.tom(&[&args[..], &["--dry-run"]].concat()).out;
    let digest = shown.lines().find_map(|line| line.strip_prefix("digest ")).unwrap().replace(' ', "");
    sandbox.tom(&[&args[..], &["--digest", &digest]].concat()).code(0);
    let claimed =
        sandbox.read(&sandbox.statement("executive")).replace("\"Helen Okafor\"", "\"Rajan Pillai\"");
    let claimed = claimed.replace("role = \"executive\"", "role = \"siro\"");
    sandbox.forge(&format!("{APPROVALS}/2"), "siro", &claimed, None);
    sandbox.commit("decisions");
    sandbox.tom(&["render", NORTHFIELD, "--to", "packs", "--format", "json,html"]).code(0);
    let pack: Value = serde_json::from_str(&sandbox.read("packs/acme-northfield-phase-2.json")).unwrap();
    let lines = pack["summary"]["decisions"].as_array().unwrap();
    let of = |label: &str| -> &str {
        lines.iter().find(|line| line["label"].as_str().unwrap().starts_with(label)).unwrap()["text"]
            .as_str()
            .unwrap()
    };
    assert!(of("Executive").contains("Verified: signed with a listed key"), "{lines:#?}");
    assert!(of("Service owner").contains("Recorded for somebody"), "{lines:#?}");
    assert!(of("SIRO").contains("Claimed: the file says so"), "{lines:#?}");
    assert!(of("This phase").contains("Approvals that are missing"), "{lines:#?}");
    // Nobody is named to the public, and everybody else may know.
    let html = sandbox.read("packs/acme-northfield-phase-2.html");
    for name in ["Helen Okafor", "Owen Frith", "Rajan Pillai"] {
        assert!(!html.contains(name), "{name}");
    }
    let first = sandbox.read("packs/acme-northfield-phase-1.html");
    assert!(
        first.contains("Approved since 20 November 2026. Every decision is verified"),
        "the cover says where it stands"
    );
    sandbox
        .tom(&["render", NORTHFIELD, "--to", "packs", "--audience", "internal", "--format", "html"])
        .code(0);
    assert!(sandbox.read("packs/acme-northfield-phase-2-internal.html").contains("By Helen Okafor"));
    // What is void is said with its leaf.
    sandbox.tom(&["set", NORTHFIELD, "HAZ-004.residual.likelihood", "Low"]).code(0);
    sandbox.commit("a risk");
    sandbox.tom(&["render", NORTHFIELD, "--to", "packs", "--format", "html"]).code(0);
    let html = sandbox.read("packs/acme-northfield-phase-2.html");
    assert!(html.contains("It does not hold: void: HAZ-004.residual.likelihood"));
}

#[test]
fn a_condition_of_an_approval_is_said_everywhere_and_keeps_it_from_going_live() {
    let sandbox = peopled();
    let condition = ["--outcome", "approved", "--condition", "Penetration test before live"];
    sandbox.decide("rajan-pillai", 2, &condition).code(0);
    sandbox.commit("under a condition");
    let verified = sandbox.verify(0, &[]);
    assert_eq!(verified["statements"][0]["effect"], "approves with conditions", "{verified:#}");
    assert!(sandbox.tom(&["verify", NORTHFIELD]).code(0).out.contains("condition: Penetration test"));
    assert!(standing(&sandbox)["lacks"].to_string().contains("Penetration test before live"));
    assert!(sandbox.tom(&["status", NORTHFIELD]).code(0).out.contains("Penetration test before live"));
    let diff = sandbox.tom(&["diff", "HEAD~1..HEAD"]).code(0).out;
    assert!(diff.contains("under 1 condition"), "{diff}");
    refused(&sandbox, &["live"], "Penetration test before live");
    // Decided anew without it, it is met.
    sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(0);
    assert!(!standing(&sandbox)["lacks"].to_string().contains("Penetration"));
}

#[test]
fn what_ended_or_was_withdrawn_begins_anew_and_is_not_live_by_what_was_before() {
    let sandbox = decided();
    record(&sandbox, &["live", "--despite", "The ward opened early"]);
    record(&sandbox, &["end", "--text", "Replaced"]);
    record(&sandbox, &["submit", "--phase", "1"]);
    assert_eq!(stages(&sandbox)[0], "assessing");
    let sandbox = decided();
    record(&sandbox, &["withdraw", "--text", "Another product was chosen"]);
    assert_eq!(stages(&sandbox)[0], "withdrawn");
    refused(&sandbox, &["live"], "the application was withdrawn");
}

#[test]
fn what_comes_back_after_it_was_approved_is_returned_and_its_queries_keep_it_from_going_live() {
    let sandbox = decided();
    assert_eq!(stages(&sandbox)[1], "approved");
    record(&sandbox, &["submit", "--phase", "1"]);
    record(&sandbox, &["return", "--phase", "1", "--query", "BD-21=For which patients?"]);
    assert_eq!(stages(&sandbox)[1], "returned");
    refused(&sandbox, &["live"], "a query of phase 1 is not answered: BD-21");
}

#[test]
fn nothing_is_recorded_for_a_day_on_which_it_cannot_have_been() {
    let sandbox = decided();
    refused(
        &sandbox,
        &["submit", "--phase", "1", "--on", "2020-01-01"],
        "so it was not sent off on 2020-01-01",
    );
    record(&sandbox, &["submit", "--phase", "1"]);
    let early = ["return", "--phase", "1", "--text", "Too early", "--on", "2019-01-01"];
    refused(&sandbox, &early, "before what it follows");
    // On that day nothing was approved yet.
    refused(&sandbox, &["live", "--on", "2020-01-01"], "phase 1 is not approved");
}

#[test]
fn more_than_was_agreed_is_a_guard_and_the_later_word_holds() {
    let sandbox = peopled();
    record(&sandbox, &["throughput", "--rate", "1"]);
    let throughput = |sandbox: &Sandbox| standing(sandbox)["throughput"].clone();
    assert_eq!(throughput(&sandbox)["agreed"], 1);
    let asked = throughput(&sandbox)["asked"].as_i64().unwrap();
    assert!(asked > 1);
    assert!(standing(&sandbox)["lacks"].to_string().contains("were agreed"));
    // Whoever decides over the capacity has the last word if theirs is the later one.
    sandbox.commit("agreed");
    let digest = sandbox.decide("owen-frith", 2, &["--outcome", "approved"]);
    digest.code(0);
    record(&sandbox, &["throughput", "--rate", "2", "--on", "2026-11-19"]);
    assert_eq!(throughput(&sandbox)["agreed"], 1, "of the same day, and written down before");
}

#[test]
fn what_is_only_claimed_is_never_called_approved_without_saying_so() {
    let sandbox = peopled();
    sandbox.replace("tom.toml", "signatures = \"required\"", "signatures = \"optional\"");
    sandbox.commit("lax");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    let file = sandbox.statement("asset-owner");
    std::fs::remove_file(sandbox.path(format!("{file}.sig"))).unwrap();
    sandbox.commit("claimed");
    assert_eq!(standing(&sandbox)["phases"][0]["trust"], "claimed");
    for args in [&["status", NORTHFIELD][..], &["status"], &["record", NORTHFIELD]] {
        let out = sandbox.tom(args).code(0).out;
        assert!(out.contains("approved") && out.contains("claimed"), "{args:?}: {out}");
    }
    sandbox.tom(&["render", NORTHFIELD, "--to", "packs", "--format", "json"]).code(0);
    let pack = sandbox.read("packs/acme-northfield-phase-1.json");
    assert!(!pack.contains("Approved since") && pack.contains("Approved, only claimed since"), "{pack}");
}

/// What is in the list of things to do under a heading.
fn to_do(sandbox: &Sandbox, deed: &str) -> Vec<(String, String)> {
    let ran = sandbox.tom(&["todo", NORTHFIELD, "--format", "json"]).code(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let tasks = json["deployments"][0]["tasks"].as_array().unwrap().clone();
    let text = |task: &Value, key: &str| task[key].as_str().unwrap().to_owned();
    let own = tasks.iter().map(|task| &task["task"]).filter(|task| task["deed"] == deed);
    own.map(|task| (text(task, "title"), text(task, "why"))).collect()
}

#[test]
fn decisions_that_wait_or_fell_and_conditions_that_are_open_are_things_to_do() {
    let sandbox = decided();
    let wait = |role: &str, who: &str| (format!("phase 2, as {role}"), who.to_owned());
    let others = [wait("asset-owner", "Marian Holt"), wait("service-owner", "Owen Frith")];
    let decide = to_do(&sandbox, "decide");
    assert!(others.iter().all(|task| decide.contains(task)), "{decide:?}");
    assert!(
        !decide.iter().any(|(title, _)| title.contains("phase 1") || title.contains("executive")),
        "{decide:?}"
    );
    sandbox
        .decide("owen-frith", 2, &["--outcome", "approved", "--condition", "Penetration test before live"])
        .code(0);
    let open = to_do(&sandbox, "meet");
    assert!(
        matches!(&open[..], [(title, why)] if title.contains("Penetration") && why.contains("Owen Frith")),
        "{open:?}"
    );
    sandbox.tom(&["set", NORTHFIELD, "BD-21", "For something else."]).code(0);
    let decide = to_do(&sandbox, "decide");
    let fell = decide.iter().filter(|(_, why)| why.contains("void") && why.contains("BD-21"));
    assert_eq!(fell.count(), 2, "the asset owner's and the executive's: {decide:?}");
    let mine = sandbox.tom(&["todo", NORTHFIELD, "--role", "asset-owner"]).code(0).out;
    assert!(mine.contains("phase 1, as asset-owner"), "{mine}");
}

#[test]
fn an_approval_with_every_agreement_is_held_against_the_agreements() {
    let sandbox = peopled();
    for (item, value) in [("CA-05", "No"), ("OG-04", "No")] {
        sandbox.tom(&["set", NORTHFIELD, item, value]).code(0);
    }
    sandbox.tom(&["confirm", NORTHFIELD, "--all", "--party", "deployer", "--by", "Ben Tarrant"]);
    sandbox.commit("no agreement yet");
    let decided = sandbox.decide("marian-holt", 1, &YES).code(0);
    let says = "`fully-approved` says that every agreement is there, and no answer says it of the data sharing agreement";
    assert!(decided.out.contains(&format!("note: {says}")), "{}", decided.all());
    assert!(standing(&sandbox)["lacks"].to_string().contains(says));
    // Whoever says that none is asked for is believed, and so is one that is there.
    sandbox.tom(&["set", NORTHFIELD, "OG-04", "N/A"]).code(0);
    assert!(!standing(&sandbox)["lacks"].to_string().contains(says));
    sandbox.tom(&["set", NORTHFIELD, "OG-04", "No"]).code(0);
    sandbox.tom(&["set", NORTHFIELD, "CA-05", "Yes"]).code(0);
    assert!(!standing(&sandbox)["lacks"].to_string().contains(says));
}

#[test]
fn what_changed_is_asked_of_a_role_in_one_phase() {
    let sandbox = decided();
    sandbox.tom(&["set", NORTHFIELD, "IGA-03", "No"]).code(0);
    sandbox.tom(&["set", NORTHFIELD, "IGA-03", "Yes"]).code(0);
    sandbox.tom(&["confirm", NORTHFIELD, "--all", "--party", "deployer", "--by", "Ben Tarrant"]);
    sandbox.tom(&["set", NORTHFIELD, "BD-22", "With a cloud provider in London."]).code(0);
    sandbox.tom(&["confirm", NORTHFIELD, "--all", "--party", "deployer", "--by", "Ben Tarrant"]);
    sandbox.tom(&["confirm", NORTHFIELD, "--all", "--party", "supplier", "--by", "Jo Marsh"]);
    sandbox.commit("cloud");
    sandbox.decide("marian-holt", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("phase 2");
    let since = |role: &str| sandbox.tom(&["diff", NORTHFIELD, "--since-decision", role]);
    assert!(since("asset-owner@1").code(0).out.contains("BD-22"));
    assert!(!since("asset-owner@2").code(0).out.contains("BD-22"));
    let ran = since("executive@1").code(2);
    assert!(ran.err.contains("asset-owner@1, asset-owner@2, executive@2"), "{}", ran.err);
    let pack = [
        "render",
        NORTHFIELD,
        "--to",
        "out",
        "--format",
        "html",
        "--pack",
        "changes",
        "--since-decision",
        "asset-owner@1",
    ];
    sandbox.tom(&pack).code(0);
    assert!(sandbox.read("out/acme-northfield-changes.html").contains("cloud provider"));
}

/// Somebody writes down an approval that the policy does not count, because nobody signed it.
fn write_down(sandbox: &Sandbox, phase: &str, role: &str, name: &str, rest: &[&str]) -> Ran {
    sandbox.write("docs/evidence/approval.txt", "I approve.\n");
    sandbox.commit("a letter");
    let mut args = vec!["decide", NORTHFIELD, "--phase", phase, "--role", role, "--by", "Jo Marsh"];
    args.extend(["--recorded-for", name, "--evidence", "docs/evidence/approval.txt"]);
    args.extend(rest);
    let shown = sandbox.tom(&[&args[..], &["--dry-run"]].concat()).out;
    let digest = shown.lines().find_map(|line| line.strip_prefix("digest ")).unwrap().replace(' ', "");
    sandbox.tom(&[&args[..], &["--digest", &digest]].concat()).code(0)
}

#[test]
fn an_approval_that_does_not_count_changes_nothing_of_where_a_deployment_stands() {
    let sandbox = decided();
    record(&sandbox, &["submit", "--phase", "1"]);
    record(&sandbox, &["return", "--phase", "1", "--query", "BD-21=For which patients?"]);
    sandbox.commit("returned");
    let verified = sandbox.verify(0, &[]);
    assert_eq!(verified["phases"][0]["status"], "returned");
    assert!(verified["phases"][0]["lacks"].to_string().contains("sent back"), "{verified:#}");
    let more: Vec<&str> = YES.iter().copied().chain(["--condition", "Buy a drink"]).collect();
    let ran = write_down(&sandbox, "1", "asset-owner", "Marian Holt", &more);
    assert!(ran.all().contains("counts only decisions that are signed"), "{}", ran.all());
    sandbox.commit("written down");
    assert_eq!(stages(&sandbox)[1], "returned");
    assert_eq!(to_do(&sandbox, "meet"), []);
    assert!(!standing(&sandbox)["lacks"].to_string().contains("drink"));
}

#[test]
fn what_changed_since_a_role_decided_is_measured_from_a_decision_that_counted() {
    let sandbox = decided();
    sandbox.tom(&["set", NORTHFIELD, "HAZ-004.effect", "Another harm."]).code(0);
    sandbox.commit("another harm");
    sandbox.tom(&["confirm", NORTHFIELD, "HAZ-004", "--party", "deployer", "--by", "Ben Tarrant"]).code(0);
    sandbox.commit("confirmed");
    let args = ["decide", NORTHFIELD, "--phase", "2", "--role", "executive", "--by", "Helen Okafor"];
    let since = || sandbox.tom(&[&args[..], &["--outcome", "approved", "--dry-run"]].concat()).all();
    assert!(since().contains("HAZ-004.effect"), "{}", since());
    write_down(&sandbox, "2", "executive", "Helen Okafor", &["--outcome", "approved"]);
    sandbox.commit("written down");
    assert!(since().contains("HAZ-004.effect"), "{}", since());
    let diff = sandbox.tom(&["diff", NORTHFIELD, "--since-decision", "executive"]).code(0);
    assert!(diff.out.contains("HAZ-004"), "{}", diff.out);
}

#[test]
fn nothing_goes_live_on_the_day_before_it_was_approved() {
    let sandbox = decided();
    let since = standing(&sandbox)["phases"][0]["since"].as_str().unwrap().to_owned();
    let day: tom::model::Date = since.parse().unwrap();
    let before = day.yesterday().unwrap().to_string();
    let early = |day: &str| {
        let ran = sandbox.tom(&["status", NORTHFIELD, "--as-of", day, "--format", "json"]).code(0);
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        json["deployments"][0]["standing"]["lacks"].to_string().contains("approved on 2026-11-20 only")
    };
    assert!(early(&before) && !early(&since));
}

#[test]
fn after_a_refusal_somebody_is_named_whose_turn_it_is() {
    let sandbox = peopled();
    let no = [&["--outcome", "rejected", "--reason", "Not this use"], &YES[2..]].concat();
    let no: Vec<&str> =
        no.into_iter().map(|word| if word == "AP1-02=Approved" { "AP1-02=Rejected" } else { word }).collect();
    sandbox.decide("marian-holt", 1, &no).code(0);
    sandbox.commit("rejected");
    let settle = to_do(&sandbox, "settle");
    assert!(
        settle.iter().any(|(title, why)| title == "phase 1 was rejected" && why.contains("submit")),
        "{settle:?}"
    );
    record(&sandbox, &["submit", "--phase", "1"]);
    let decide = to_do(&sandbox, "decide");
    assert!(decide.iter().any(|(_, why)| why.contains("Marian Holt refused")), "{decide:?}");
    assert!(standing(&sandbox)["phases"][0]["lacks"].to_string().contains("rejection by Marian Holt"));
}
