//! What keeps a phase from being ready, and what people see and do about it.

use crate::support::Sandbox;

const NORTHFIELD: &str = "acme-northfield";

/// Northfield with `HAZ-011` rated so that it stays in a class that somebody has to accept, confirmed as it is.
fn with_a_class(likelihood: &str) -> Sandbox {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", NORTHFIELD, "HAZ-011.residual.severity", "Major"]).code(0);
    sandbox.tom(&["set", NORTHFIELD, "HAZ-011.residual.likelihood", likelihood]).code(0);
    sandbox.tom(&["confirm", NORTHFIELD, "HAZ-011", "--party", "deployer", "--by", "Dr Esther Lyle"]).code(0);
    sandbox
}

#[test]
fn a_class_that_has_to_be_accepted_keeps_a_phase_from_being_ready_until_somebody_who_may_accepts_it() {
    let sandbox = with_a_class("Medium");
    let ready = ["status", NORTHFIELD, "--check", "--as-of", "2026-11-20"];
    let ran = sandbox.tom(&ready).code(1);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("nobody has accepted `HAZ-011`, which stays in class 3"), "{said}");
    assert!(said.contains("a siro accepts it"), "{said}");
    let accept = ["accept", NORTHFIELD, "HAZ-011", "--role", "siro", "--by", "Rajan Pillai"];
    sandbox.tom(&[&accept[..], &["--until", "2027-06-30", "--reason", "No other way"]].concat()).code(0);
    sandbox.tom(&ready).code(0);
    // It holds until its day, and no longer.
    let late = sandbox.tom(&["status", NORTHFIELD, "--check", "--as-of", "2027-07-01"]).code(1);
    assert!(late.out.contains("`HAZ-011.acceptance` ran out on 2027-06-30"), "{}", late.out);
    let higher = with_a_class("High");
    let ran = higher.tom(&ready).code(1);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("the policy lets no role accept class 4"), "{said}");
}

#[test]
fn whatever_keeps_a_phase_from_being_ready_is_something_to_do() {
    let sandbox = with_a_class("High");
    sandbox.tom(&["set", NORTHFIELD, "HAZ-006.hazard", "Something else"]).code(0);
    sandbox.tom(&["set", NORTHFIELD, "BD-22.notes", "Moved"]).code(0);
    std::fs::remove_file(sandbox.path("assessments/acme-northfield/risks/HAZ-002.toml")).unwrap();
    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(&sandbox.tom(&[args, &["--format", "json"]].concat()).out).unwrap()
    };
    let status = json(&["status", NORTHFIELD]);
    let todo = json(&["todo", NORTHFIELD]);
    let tasks = todo["deployments"][0]["tasks"].as_array().unwrap();
    let phases = status["deployments"][0]["phases"].as_array().unwrap();
    let gaps: Vec<&serde_json::Value> =
        phases.iter().flat_map(|phase| phase["gaps"].as_array().unwrap()).collect();
    assert!(gaps.len() > 10);
    for gap in gaps.into_iter().filter(|gap| !gap["address"].is_null()) {
        let address = gap["address"].as_str().unwrap();
        let is_about = |task: &serde_json::Value| {
            task["task"]["address"]
                .as_str()
                .is_some_and(|at| at == address || at.starts_with(&format!("{address}.")))
        };
        assert!(tasks.iter().any(is_about), "{gap}");
    }
}

#[test]
fn only_an_open_risk_can_be_accepted() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", NORTHFIELD, "HAZ-006.status", "closed"]).code(0);
    let accept = ["accept", NORTHFIELD, "HAZ-006", "--role", "siro", "--by", "Rajan Pillai"];
    let ran = sandbox.tom(&[&accept[..], &["--until", "2027-06-30", "--reason", "Why not"]].concat()).code(2);
    assert!(ran.err.contains("it is closed"), "{}", ran.err);
}

#[test]
fn status_counts_what_rests_on_confirmations_that_are_only_claimed() {
    let sandbox = Sandbox::example();
    assert!(!sandbox.tom(&["status", NORTHFIELD]).code(0).out.contains("only claimed"));
    let file = "assessments/acme-northfield/ig.toml";
    sandbox.write(file, sandbox.read(file).replace("by = \"Ben Tarrant\"", "by = \"Nobody Here\""));
    let ran = sandbox.tom(&["status", NORTHFIELD, "--phase", "2"]).code(0);
    assert!(ran.out.contains("ready, ") && ran.out.contains(" only claimed\n"), "{}", ran.out);
    let ran = sandbox.tom(&["status", NORTHFIELD, "--format", "json"]).code(0);
    let status: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(status["deployments"][0]["phases"][1]["claimed"].as_u64().unwrap() > 5, "{}", ran.out);
}

#[test]
fn a_confirmation_that_stands_is_replaced_only_when_that_is_asked_for() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/ig.toml";
    let before = sandbox.read(file);
    let confirm = ["confirm", NORTHFIELD, "IGA-03", "--party", "supplier", "--by", "Nobody Here"];
    let ran = sandbox.tom(&confirm).code(0);
    assert!(ran.err.contains("confirmed already, by Jo Marsh"), "{}", ran.err);
    assert_eq!(sandbox.read(file), before);
    sandbox.tom(&[&confirm[..], &["--again"]].concat()).code(0);
    assert!(sandbox.read(file).contains("by = \"Nobody Here\""));
}

#[test]
fn a_section_and_all_risks_are_confirmed_by_their_names() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", NORTHFIELD, "BD-22.notes", "Moved"]).code(0);
    sandbox.tom(&["set", NORTHFIELD, "HAZ-001.hazard", "Something else"]).code(0);
    let confirm =
        ["confirm", NORTHFIELD, "ig", "risks", "--party", "deployer", "--by", "Ben Tarrant", "--dry-run"];
    let ran = sandbox.tom(&confirm).code(0);
    assert!(ran.out.contains("IGA-04") && ran.out.contains("HAZ-001"), "{}", ran.out);
    assert!(!ran.out.contains("MSCA-AUD-01\n"), "{}", ran.out);
    let wrong =
        sandbox.tom(&["confirm", NORTHFIELD, "igg!", "--party", "deployer", "--by", "Ann Lee"]).code(2);
    assert!(wrong.err.contains("neither a section nor an address"), "{}", wrong.err);
}

#[test]
fn impact_tells_what_another_rating_would_do() {
    let sandbox = Sandbox::example();
    let ran = sandbox.tom(&["impact", NORTHFIELD, "HAZ-004.residual.likelihood=High"]).code(0);
    assert!(ran.out.contains("HAZ-004.residual: class 2 → class 4"), "{}", ran.out);
    assert!(ran.out.contains("confirmed → stale"), "{}", ran.out);
    let ran = sandbox.tom(&["impact", NORTHFIELD, "HAZ-400"]).code(2);
    assert!(ran.err.contains("did you mean"), "{}", ran.err);
}

#[test]
fn dates_and_numbers_that_are_none_are_refused_in_plain_words() {
    let sandbox = Sandbox::example();
    for (item, value, help) in [("BD-05", "31/12/2026", "2026-12-31"), ("CA-15", "many", "in digits")] {
        let ran = sandbox.tom(&["set", NORTHFIELD, item, value]).code(2);
        assert!(ran.err.contains(help) && !ran.err.contains("TOML"), "{}", ran.err);
    }
}

#[test]
fn a_pack_counts_what_its_phase_waits_for_as_status_does() {
    let sandbox = Sandbox::example();
    let ran = sandbox.tom(&["status", NORTHFIELD, "--format", "json"]).code(0);
    let status: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    sandbox.tom(&["render", NORTHFIELD, "--pack", "phase-2", "--format", "json", "--to", "packs"]).code(0);
    let pack: serde_json::Value =
        serde_json::from_str(&sandbox.read("packs/acme-northfield-phase-2.json")).unwrap();
    let progress = pack["readiness"]["progress"].as_array().unwrap();
    let count = |line: &serde_json::Value| line["count"].as_u64().unwrap();
    let phase = &status["deployments"][0]["phases"][1];
    assert_eq!(progress.iter().map(count).sum::<u64>(), phase["needed"].as_u64().unwrap());
    let open = progress
        .iter()
        .filter(|line| ["unanswered", "proposed", "stale"].contains(&line["state"].as_str().unwrap()));
    assert_eq!(open.map(count).sum::<u64>(), 0, "a phase that is ready waits for nothing");
}

#[test]
fn a_baseline_is_measured_by_what_its_supplier_has_to_say() {
    let sandbox = Sandbox::example();
    let status = sandbox.tom(&["status", "acme-5-1"]).code(0).out;
    assert!(status.contains("a baseline: deployments derive from it"), "{status}");
    for of_somebody_who_deploys in
        ["Before going live", "has to approve", "deployer", "BD-01", "nobody has accepted"]
    {
        assert!(!status.contains(of_somebody_who_deploys), "{of_somebody_who_deploys}:\n{status}");
    }
    let todo = sandbox.tom(&["todo", "acme-5-1"]).code(0).out;
    assert!(todo.contains("supplier to confirm") && !todo.contains("deployer"), "{todo}");
    // What the deployment derived from it has to say is not less for that.
    let name = ["--set", "BD-02=Invented Trust", "--set", "BD-03=XEM77"];
    sandbox.tom(&[&["derive", "acme-5-1", "acme-invented"][..], &name].concat()).code(0);
    let status = sandbox.tom(&["status", "acme-invented"]).code(0).out;
    assert!(status.contains("`BD-01` is unanswered; deployer answers it"), "{status}");
    // A fact that only a deployer knows does not keep the supplier from standing by what rests on it.
    let confirm = ["confirm", "acme-5-1", "IGA-04", "--party", "supplier", "--by", "Jo Marsh"];
    sandbox.tom(&confirm).code(0);
    sandbox.tom(&["check", "acme-5-1", "--ready", "1"]).code(0);
}

#[test]
fn something_in_full_says_where_it_came_from_and_how_it_was_rated_there() {
    let sandbox = Sandbox::example();
    let show = |what: &str| {
        let out = sandbox.tom(&["show", NORTHFIELD, what]).code(0).out;
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(show("HAZ-004").contains("received from acme-5-1, and changed here"));
    assert!(!show("BD-02").contains("acme-5-1"), "the organisation is its own");
    assert!(show("IGA-03").contains("carried from acme-5-1, as it is"), "{}", show("IGA-03"));
    sandbox.tom(&["set", NORTHFIELD, "HAZ-004.residual.likelihood", "High"]).code(0);
    let said = show("HAZ-004");
    assert!(said.contains("residual: Major, High: class 4 (received: Major, Very Low: class 2)"), "{said}");
    assert!(!said.contains("initial: Major, Medium: class 3 (received"), "{said}");
}

#[test]
fn without_what_was_received_nothing_is_ready_and_nothing_is_called_its_own() {
    const RECEIVED: &str = "assessments/acme-northfield/received.toml";
    let missing: fn(&Sandbox) = |sandbox| std::fs::remove_file(sandbox.path(RECEIVED)).unwrap();
    let edited: fn(&Sandbox) =
        |sandbox| sandbox.write(RECEIVED, sandbox.read(RECEIVED).replace("[risks.HAZ-014", "[risks.HAZ-114"));
    for harm in [missing, edited] {
        let sandbox = Sandbox::example();
        sandbox.tom(&["status", NORTHFIELD, "--check", "--as-of", "2026-11-20"]).code(0);
        harm(&sandbox);
        std::fs::remove_file(sandbox.path("assessments/acme-northfield/risks/HAZ-014.toml")).unwrap();
        sandbox.commit("a hazard goes");
        for phase in ["1", "2"] {
            let ran = sandbox.tom(&["status", NORTHFIELD, "--check", "--phase", phase]).code(1);
            let said = ran.all().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains("what was received is missing or was edited"), "{said}");
        }
        assert!(sandbox.tom(&["todo", NORTHFIELD]).all().contains("restore `received.toml`"));
    }
    let sandbox = Sandbox::example();
    missing(&sandbox);
    let said = sandbox.tom(&["diff", NORTHFIELD]).code(2).err;
    assert!(said.contains("received is missing"), "{said}");
}

#[test]
fn an_acceptance_counts_when_whoever_gave_it_is_listed_and_a_day_ends_it() {
    let accepted = |by: &str| {
        let sandbox = with_a_class("Medium");
        let accept = ["accept", NORTHFIELD, "HAZ-011", "--role", "siro", "--by", by];
        sandbox.tom(&[&accept[..], &["--until", "2027-06-30", "--reason", "No other way"]].concat()).code(0);
        sandbox
    };
    let ready = ["status", NORTHFIELD, "--check", "--as-of", "2026-11-20"];
    let mallory = accepted("Mallory Grey");
    let said = mallory.tom(&ready).code(1).all().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("`tom.toml` does not list them as siro"), "{said}");
    let shown = mallory.tom(&["show", NORTHFIELD, "HAZ-011"]).code(0).out;
    assert!(shown.contains("accepted: class 3 by Mallory Grey") && shown.contains("claimed only"), "{shown}");
    mallory.tom(&[
        "render",
        NORTHFIELD,
        "--pack",
        "hazard-log",
        "--format",
        "html",
        "--audience",
        "full",
        "--to",
        "packs",
    ]);
    assert!(
        mallory
            .read("packs/acme-northfield-hazard-log-full.html")
            .contains("It is only claimed: nobody of that name")
    );
    let listed = accepted("Rajan Pillai");
    listed.tom(&ready).code(0);
    listed.replace("assessments/acme-northfield/risks/HAZ-011.toml", "until = 2027-06-30\n", "");
    let said = listed.tom(&ready).code(1).all().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("does not say until when it holds"), "{said}");
}

#[test]
fn nobody_confirms_for_a_party_that_takes_no_part_or_over_a_fact_without_an_answer() {
    let sandbox = Sandbox::example();
    for what in ["BD-20", "HAZ-001.mitigations.M3"] {
        sandbox.tom(&["confirm", "acme-5-1", what, "--party", "deployer", "--by", "Ann Lee"]).code(2);
    }
    let file = "assessments/acme-northfield/basic-details.toml";
    let text = sandbox.read(file);
    let start = text.find("[BD-22]\n").unwrap();
    let end = text[start + 1..].find("\n[BD").map_or(text.len(), |end| start + 1 + end + 1);
    sandbox.write(file, format!("{}[BD-22]\nnotes = \"Not known yet\"\n\n{}", &text[..start], &text[end..]));
    let confirm = ["confirm", NORTHFIELD, "IGA-04", "--party", "supplier", "--by", "Jo Marsh", "--again"];
    let said = sandbox.tom(&confirm).code(2).err;
    assert!(said.contains("BD-22") && said.contains("unanswered"), "{said}");
}

/// What `check --ready` refuses, everybody refuses, and it ends when the phase was decided.
#[test]
fn an_answer_that_says_that_a_phase_was_approved_is_believed_when_decisions_show_it() {
    let sandbox = Sandbox::example();
    let said = "`OG-01` says that phase 1 was approved, and no decisions here show it";
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let check = ["check", NORTHFIELD, "--ready", "2", "--as-of", "2026-11-20"];
    let status = ["status", NORTHFIELD, "--check", "--as-of", "2026-11-20"];
    sandbox.tom(&check).code(0);
    sandbox.tom(&status).code(0);
    let yes = ["set", NORTHFIELD, "OG-01", "Yes", "--party", "supplier", "--by", "Jo Marsh"];
    sandbox.tom(&yes).code(0);
    sandbox.commit("said to be approved");
    for args in [&check[..], &status[..]] {
        let ran = sandbox.tom(args).code(1);
        assert!(words(&ran.out).contains(said), "{}", ran.out);
    }
    let table: serde_json::Value =
        serde_json::from_str(&sandbox.tom(&["status", "--format", "json", "--as-of", "2026-11-20"]).out)
            .unwrap();
    let of = table["deployments"].as_array().unwrap().iter().find(|of| of["deployment"] == NORTHFIELD);
    assert_eq!(of.unwrap()["phases"][1]["ready"], false);
    assert_eq!(of.unwrap()["phases"][0]["ready"], true);
    let todo = words(&sandbox.tom(&["todo", NORTHFIELD, "--party", "supplier"]).out);
    assert!(todo.contains("supplier to settle (1) OG-01"), "{todo}");
    sandbox.tom(&["render", NORTHFIELD, "--to", "p", "--format", "json", "--pack", "phase-2"]).code(0);
    let pack = |sandbox: &Sandbox| -> serde_json::Value {
        serde_json::from_str(&sandbox.read("p/acme-northfield-phase-2.json")).unwrap()
    };
    assert_eq!(pack(&sandbox)["readiness"]["is_ready"], false);
    assert!(sandbox.tom(&["verify", NORTHFIELD]).all().contains(said));
    let submit = ["record", NORTHFIELD, "submit", "--phase", "2", "--by", "Carys Nunn", "--dry-run"];
    assert!(sandbox.tom(&submit).code(2).err.contains(said));
}

#[test]
fn whom_a_phase_always_needs_and_nobody_is_listed_for_is_to_be_found() {
    let sandbox = Sandbox::example();
    let tasks = |args: &[&str]| -> Vec<(String, String)> {
        let ran = sandbox.tom(&[&["todo", NORTHFIELD, "--format", "json"], args].concat()).code(0);
        let all: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let tasks = all["deployments"][0]["tasks"].as_array().unwrap();
        let find = tasks.iter().map(|task| &task["task"]).filter(|task| task["deed"] == "find-signatory");
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        find.map(|task| (text(&task["party"]), text(&task["role"]))).collect()
    };
    let of = |party: &str, role: &str| (party.to_owned(), role.to_owned());
    let (asset, service) = (of("authority", "asset-owner"), of("authority", "service-owner"));
    let supplier = of("supplier", "supplier-representative");
    assert_eq!(tasks(&[]), [asset.clone(), service.clone(), supplier.clone()]);
    assert_eq!(tasks(&["--phase", "1"]), std::slice::from_ref(&asset));
    assert_eq!(tasks(&["--role", "service-owner"]), std::slice::from_ref(&service));
    let person = "[people.sam-field]\nname = \"Sam Field\"\nparty = \"authority\"\nroles = [\"asset-owner\"]\n\n[people.";
    sandbox.write("tom.toml", sandbox.read("tom.toml").replacen("[people.", person, 1));
    assert_eq!(tasks(&[]), [service, supplier]);
}

#[test]
fn a_risk_without_a_class_keeps_a_phase_from_being_ready() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/risks/HAZ-004.toml";
    let text = sandbox.read(file);
    let (before, after) = text.split_once("[residual]").unwrap();
    let rest = after.split_once("\n[").unwrap().1;
    sandbox.write(file, format!("{before}[{rest}"));
    sandbox.tom(&["confirm", NORTHFIELD, "HAZ-004", "--party", "deployer", "--by", "Dr Esther Lyle"]);
    let ran = sandbox.tom(&["status", NORTHFIELD, "--check", "--phase", "2"]).code(1);
    assert!(ran.out.contains("`HAZ-004` has no class after its mitigations"), "{}", ran.out);
}

/// What `impact` says of what was accepted and decided, and of what hangs on a condition.
#[test]
fn impact_tells_what_would_be_void_and_what_hangs_on_a_condition() {
    let sandbox = crate::trust::decided();
    let impact = |changes: &[&str]| -> serde_json::Value {
        let ran = sandbox.tom(&[&["impact", NORTHFIELD, "--format", "json"], changes].concat()).code(0);
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()["impact"].clone()
    };
    let list = |of: &serde_json::Value, key: &str| of[key].as_array().unwrap().clone();
    // A rating voids what was decided over the assessment, and the acceptance of that risk; so would any change of it.
    let known = impact(&["HAZ-006.residual.likelihood=Low"]);
    let any = impact(&["HAZ-006"]);
    for impact in [&known, &any] {
        let accepted = list(impact, "acceptances");
        assert_eq!(accepted.len(), 1, "{impact}");
        assert_eq!(accepted[0]["address"], "HAZ-006.acceptance");
        assert_eq!(accepted[0]["by"], "Rajan Pillai");
        let decided = list(impact, "decisions");
        assert!(!decided.is_empty() && decided.iter().all(|one| one["phase"] == 2), "{impact}");
    }
    let changed = &list(&known, "decisions")[0]["changed"];
    assert!(changed.to_string().contains("HAZ-006"), "{changed}");
    // Usage is decided in phase 1 too; a yearly date is in no decision.
    let usage = impact(&["BD-21"]);
    assert!(list(&usage, "decisions").iter().any(|one| one["phase"] == 1), "{usage}");
    assert_eq!(list(&impact(&["BD-05"]), "decisions"), Vec::<serde_json::Value>::new());
    // What a condition asks for.
    let aggregator = impact(&["TO-02=Y"]);
    let needed = list(&aggregator, "conditions");
    assert!(
        needed.iter().any(|one| one["address"] == "AS-02" && one["change"] == "needed then"),
        "{needed:?}"
    );
    let may = list(&impact(&["TO-02"]), "conditions");
    assert!(may.iter().any(|one| one["address"] == "TO-04"), "{may:?}");
    assert!(may.iter().any(|one| one["address"].is_null()), "a party takes part or not: {may:?}");
    let said = sandbox.tom(&["impact", NORTHFIELD, "HAZ-006"]).code(0).out;
    for heading in
        ["States that would change", "Acceptances that would be void (1)", "Decisions that would be void"]
    {
        assert!(said.contains(heading), "{said}");
    }
    assert!(!said.contains("In doubt"), "{said}");
}

#[test]
fn a_fact_that_a_confirmation_does_not_name_is_not_said_to_have_changed() {
    let sandbox = Sandbox::example();
    let file = "assessments/acme-northfield/accountability.toml";
    sandbox.write(file, sandbox.read(file).replace("given = { BD-15 = \"2067d8e2307fc774\" }\n", ""));
    let ran = sandbox.tom(&["status", NORTHFIELD, "--phase", "2"]).code(0);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("it rests on BD-15 now, which Jo Marsh did not name when confirming"), "{said}");
    assert!(!said.contains("BD-15 changed"), "{said}");
}

#[test]
fn what_is_no_entry_is_named_as_what_it_nearly_is() {
    let sandbox = Sandbox::example();
    let confirm = |what: &str| {
        let by = ["--party", "supplier", "--by", "Jo Marsh"];
        sandbox.tom(&[&["confirm", NORTHFIELD, what], &by[..]].concat()).code(2).err
    };
    assert!(confirm("HAZ-0004").contains("did you mean `HAZ-004`?"), "{}", confirm("HAZ-0004"));
    assert!(confirm("contact").contains("did you mean `contacts`?"), "{}", confirm("contact"));
    assert!(confirm("nonsection").contains("neither a section nor an address"), "{}", confirm("nonsection"));
}

/// A fact that came along was there: emptied, it is not one that is still to be entered.
#[test]
fn a_fact_that_came_along_and_was_emptied_puts_in_doubt_what_came_along_over_it() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["derive", NORTHFIELD, "acme-eastmoor"]).code(0);
    let shown = || {
        let out = sandbox.tom(&["show", "acme-eastmoor", "MSCA-PDS-07"]).code(0).out;
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let stands = "✓ the answer: Jo Marsh confirmed for the supplier";
    assert!(shown().contains(stands), "{}", shown());
    let file = "assessments/acme-eastmoor/basic-details.toml";
    let text = sandbox.read(file);
    let (before, after) = text.split_once("[BD-21]\n").unwrap();
    let rest = after.split_once("\n[BD-22").unwrap().1;
    sandbox.write(file, format!("{before}[BD-21]\n\n[BD-22{rest}"));
    assert!(!shown().contains(stands), "{}", shown());
    let why = "BD-21 was changed here, and Jo Marsh confirmed for the supplier";
    assert!(shown().contains(why), "{}", shown());
}

#[test]
fn an_unanswered_item_says_who_will_have_to_confirm_it() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["derive", NORTHFIELD, "acme-eastmoor"]).code(0);
    let shown = sandbox.tom(&["show", "acme-eastmoor", "IGA-09"]).code(0).out;
    assert!(shown.contains("unanswered"), "{shown}");
    assert!(shown.contains("to be confirmed by: ") && !shown.contains("nobody has to confirm it"), "{shown}");
}

#[test]
fn impact_tells_of_new_rows_notes_and_other_people_and_refuses_what_people_say() {
    let sandbox = Sandbox::example();
    let impact = |change: &str| sandbox.tom(&["impact", NORTHFIELD, change]);
    let row = impact("other-systems.new.BD-25=Lab").code(0).out;
    assert!(row.contains("other-systems.new.BD-26") && row.contains("needed then"), "{row}");
    assert!(row.lines().all(|line| line.chars().count() <= 80), "{row}");
    let file = "assessments/acme-northfield/pds-requirements.toml";
    let text = sandbox.read(file);
    let (before, after) = text.split_once("[MSCA-PDS-06]\nanswer = \"Yes\"\n").unwrap();
    let rest = after.splitn(3, "\"\"\"\n").last().unwrap();
    sandbox.write(file, format!("{before}[MSCA-PDS-06]\nanswer = \"Yes\"\n{rest}"));
    let note = impact("MSCA-PDS-06=No").code(0).out;
    assert!(note.contains("needs a note then"), "{note}");
    let people = impact("BD-03=XOTHER").code(0).out;
    assert!(people.contains("Only claimed then") && people.contains("would not be listed"), "{people}");
    for said in
        ["IGA-03.confirmed.supplier", "HAZ-004.mitigations.M1.confirmed.supplier", "HAZ-006.acceptance"]
    {
        let ran = impact(said).code(2);
        assert!(ran.err.contains("TOM-0932") && ran.err.contains("somebody's word"), "{}", ran.err);
    }
}

#[test]
fn a_role_is_looked_for_where_it_has_something_to_do_and_told_what() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["derive", NORTHFIELD, "acme-eastmoor"]).code(0);
    let all = sandbox.tom(&["todo", "--role", "siro"]).code(0).out;
    assert!(!all.contains(": 0 things to do"), "{all}");
    assert!(sandbox.tom(&["todo", "acme-5-1", "--role", "siro"]).code(0).out.contains("0 things to do"));
    let explained = sandbox.tom(&["explain", "TOM-0806"]).code(0).out;
    assert!(explained.contains("TOM-0603"), "{explained}");
}

#[test]
fn an_acceptance_that_holds_gives_way_to_a_claim_only_when_that_is_asked_for() {
    let sandbox = Sandbox::example();
    let risk = "assessments/acme-northfield/risks/HAZ-006.toml";
    let before = sandbox.read(risk);
    let accept = |by: &str, rest: &[&str]| {
        let args = ["accept", "acme-northfield", "HAZ-006", "--role", "siro", "--until", "2027-11-20"];
        sandbox.tom(&[&args[..], &["--reason", "x", "--by", by], rest].concat())
    };
    let refused = accept("Jo Marsh", &[]).code(2).err;
    assert!(
        refused.contains("accepted already, by Rajan Pillai as siro") && refused.contains("--again"),
        "{refused}"
    );
    assert_eq!(sandbox.read(risk), before);
    // Whoever may accept renews it, and is told what gives way.
    let out = accept("Rajan Pillai", &["--dry-run"]).code(0).out;
    assert!(
        out.contains("it would replace the one by Rajan Pillai as siro in class 3 on 2026-11-01"),
        "{out}"
    );
    let out = accept("Jo Marsh", &["--again"]).code(0).out;
    assert!(out.contains("it replaces the one by Rajan Pillai"), "{out}");
    // An acceptance is none of a party, and is not called a confirmation.
    let found = sandbox.tom(&["check", "acme-northfield"]).out;
    assert!(found.contains("`Jo Marsh` accepts 1 risk as siro, and is not listed for it"), "{found}");
    // What holds no longer has nobody's word to lose.
    sandbox.tom(&["set", "acme-northfield", "HAZ-006.effect", "Worse than we thought."]).code(0);
    let out = accept("Ann Lee", &[]).code(0).out;
    assert!(out.contains("which did not count any more, by Jo Marsh"), "{out}");
}

#[test]
fn an_acceptance_that_ran_out_or_is_only_claimed_stands_in_nobodys_way() {
    let sandbox = Sandbox::example();
    let risk = "assessments/acme-northfield/risks/HAZ-006.toml";
    let accept = |by: &str| {
        let args = ["accept", "acme-northfield", "HAZ-006", "--role", "siro", "--until", "2027-11-20"];
        sandbox.tom(&[&args[..], &["--reason", "x", "--by", by]].concat())
    };
    sandbox.replace(risk, "until = 2027-11-01", "until = 2026-11-10");
    assert!(accept("Jo Marsh").code(0).out.contains("did not count any more"));
    assert!(accept("Ann Lee").code(0).out.contains("by Jo Marsh"), "Jo Marsh is no SIRO");
}

#[test]
fn a_reason_tells_what_was_changed_here_from_what_never_was_that_here() {
    let sandbox = Sandbox::example();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    sandbox.tom(&["derive", "acme-northfield", "acme-eastmoor"]).code(0);
    sandbox.commit("derived");
    sandbox.tom(&["set", "acme-eastmoor", "BD-21", "New use"]).code(0);
    let shown = words(&sandbox.tom(&["show", "acme-eastmoor", "MSCA-PDS-07"]).code(0).out);
    let changed = "BD-21 was changed here, and Jo Marsh confirmed for the supplier on";
    assert!(shown.contains(changed) && shown.contains("over what came"), "{shown}");
    // What each organisation enters for itself never was here what it was there.
    sandbox.tom(&["set", "acme-eastmoor", "BD-22", "Elsewhere"]).code(0);
    let shown = words(&sandbox.tom(&["show", "acme-eastmoor", "IGA-04"]).code(0).out);
    assert!(shown.contains("BD-22 is another here than where Jo Marsh confirmed"), "{shown}");
    let todo = sandbox.tom(&["todo", "acme-eastmoor"]).out;
    assert!(
        todo.contains("to look at again (") && !todo.contains("changed since it was confirmed"),
        "{todo}"
    );
    sandbox.commit("local");
    // A confirmation that comes later does not make the local change a later one, in the diff either.
    sandbox.tom(&["set", "acme-5-1", "IGA-03.notes", "New note"]).code(0);
    sandbox.commit("noted");
    sandbox.tom(&["confirm", "acme-5-1", "IGA-03", "--party", "supplier", "--by", "Jo Marsh"]).code(0);
    sandbox.commit("confirmed");
    sandbox.tom(&["update", "acme-northfield"]).code(0);
    sandbox.commit("updated");
    let diff = words(&sandbox.tom(&["diff", "HEAD~1..HEAD", "acme-northfield"]).all());
    assert!(diff.contains("IGA-03") && !diff.contains("changed after the supplier confirmed"), "{diff}");
    assert!(
        diff.contains("here than where the supplier confirmed") || diff.contains("over what came"),
        "{diff}"
    );
}

#[test]
fn impact_names_what_would_be_missing_and_counts_what_it_lists() {
    let sandbox = Sandbox::example();
    let impact = |changes: &[&str]| {
        let out = sandbox.tom(&[&["impact", "acme-northfield"], changes].concat()).code(0).out;
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let worse = impact(&["HAZ-004.residual.severity=Catastrophic", "HAZ-004.residual.likelihood=Medium"]);
    assert!(worse.contains("Missing then (2)"), "{worse}");
    assert!(worse.contains("nobody has accepted `HAZ-004`, which stays in class 4"), "{worse}");
    assert!(worse.contains("the policy lets no role accept class 4"), "{worse}");
    // Who may accept what is worse is said also where somebody had accepted what was.
    let fallen = impact(&["HAZ-006.residual.likelihood=Low"]);
    assert!(fallen.contains("class 3 → class 4") && fallen.contains("Missing then"), "{fallen}");
    assert!(fallen.contains("the policy lets no role accept class 4"), "{fallen}");
    let other = impact(&["BD-03=XOTHER"]);
    let claimed = other.split("Only claimed then (").nth(1).unwrap();
    let count: usize = claimed.split(')').next().unwrap().parse().unwrap();
    assert!(count > 8 && claimed.contains(&format!("and {} more", count - 8)), "{other}");
    assert!(other.contains("nobody is named who can sign: "), "{other}");
}

#[test]
fn what_nobody_asked_for_is_not_said_and_what_was_not_looked_at_is() {
    let sandbox = Sandbox::example();
    let note = "whose commits brought in what people say is not looked at";
    assert!(sandbox.tom(&["todo"]).err.contains(note));
    assert!(!sandbox.tom(&["todo", "acme-northfield"]).err.contains(note));
    let risk = "assessments/acme-northfield/risks/HAZ-006.toml";
    sandbox.replace(risk, "by = \"Rajan Pillai\"", "by = \"Ann Lee\"");
    assert!(sandbox.tom(&["todo", "acme-northfield"]).out.contains("only claimed"));
    assert!(!sandbox.tom(&["todo", "acme-northfield", "--role", "siro"]).out.contains("only claimed"));
}

#[test]
fn the_help_for_a_risk_names_a_mitigation_that_the_party_can_confirm_or_none() {
    let sandbox = Sandbox::example();
    let refused = |name: &str, risk: &str, party: &str, by: &str| {
        sandbox.tom(&["confirm", name, risk, "--party", party, "--by", by]).code(2).err
    };
    let baseline = refused("acme-5-1", "HAZ-004", "deployer", "Helen Okafor");
    assert!(baseline.contains("confirmed by supplier") && !baseline.contains("mitigations"), "{baseline}");
    let own = refused("acme-northfield", "HAZ-006", "supplier", "Jo Marsh");
    let key = own.split("`HAZ-006.mitigations.").nth(1).unwrap().split('`').next().unwrap().to_owned();
    let address = format!("HAZ-006.mitigations.{key}");
    sandbox
        .tom(&["confirm", "acme-northfield", &address, "--party", "supplier", "--by", "Jo Marsh", "--again"])
        .code(0);
}
