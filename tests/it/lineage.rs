//! `tom lineage`, `tom status --behind` and `tom offer`: who comes from whom, who lags, and how an improvement travels up.

use crate::support::Sandbox;
use serde_json::Value;

const PARENT: &str = "assessments/acme-5-1";
const CHILD: &str = "assessments/acme-northfield";
const NEW: &str = "HAZ-009.mitigations.M9";

fn with_new_mitigation() -> Sandbox {
    let sandbox = Sandbox::example();
    add_mitigation(&sandbox);
    sandbox
}

fn add_mitigation(sandbox: &Sandbox) {
    let file = format!("{PARENT}/risks/HAZ-009.toml");
    let new = "\n[mitigations.M9]\nkind = \"design\"\nowner = \"supplier\"\ncauses = [\"C1\"]\ntext = \"A new guard.\"\nstatus = \"in place\"\n";
    sandbox.write(&file, sandbox.read(&file) + new);
    sandbox.commit("a new mitigation");
}

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    let out = sandbox.tom(&[args, &["--format", "json"]].concat()).out;
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

/// How each descendant stands, in the order of the tree.
fn told<'v>(json: &'v Value, list: &str, key: &str) -> Vec<(&'v str, &'v str)> {
    let rows = json[list].as_array().unwrap().iter();
    rows.map(|row| (row["deployment"].as_str().unwrap(), row[key].as_str().unwrap())).collect()
}

#[test]
fn the_tree_says_who_is_behind_and_by_what() {
    let sandbox = Sandbox::example();
    let level = sandbox.tom(&["lineage"]).code(0).out;
    assert!(level.contains("\n   └─ acme-southmere  level with its parent\n"), "{level}");
    sandbox.tom(&["status", "--behind"]).code(0);
    sandbox.tom(&["set", "acme-5-1", "IGA-03.notes", "Reworded there."]).code(0);
    add_mitigation(&sandbox);
    let ran = sandbox.tom(&["status", "--behind"]).code(1);
    let (risk, answer) = (ran.out.find(NEW).unwrap(), ran.out.find("IGA-03").unwrap());
    assert!(risk < answer, "safety first: {}", ran.out);
    assert!(ran.out.contains("acme-northfield: behind by 1 in risks, 1 in answers"), "{}", ran.out);
    // The grandchild does not have it either, although its parent has nothing new for it.
    let rows = json(&sandbox, &["lineage"]);
    assert_eq!(
        told(&rows, "deployments", "level"),
        [("acme-5-1", "root"), ("acme-northfield", "behind"), ("acme-southmere", "parent-behind")]
    );
    let only = sandbox.tom(&["status", "acme-southmere", "--behind"]).code(1).out;
    assert!(only.contains("acme-northfield comes first") && !only.contains(NEW), "{only}");
    for text in [sandbox.tom(&["lineage"]).out, ran.out] {
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    sandbox.tom(&["status", "--behind"]).code(0);
}

#[test]
fn approvals_and_form_make_nobody_behind() {
    let sandbox = Sandbox::example();
    let file = format!("{PARENT}/ig.toml");
    sandbox.write(&file, format!("# A remark.\n\n{}\n\n", sandbox.read(&file)));
    sandbox.tom(&["confirm", "acme-5-1", "HAZ-004", "--party", "supplier", "--by", "Jo Marsh"]).code(0);
    sandbox.tom(&["status", "--behind"]).code(0);
}

#[test]
fn a_renamed_parent_is_found_and_one_that_is_not_here_is_said() {
    let sandbox = Sandbox::example();
    sandbox.git(&["mv", PARENT, "assessments/acme-renamed"]);
    sandbox.commit("renamed");
    let tree = sandbox.tom(&["lineage"]).code(0).out;
    assert!(tree.starts_with("acme-renamed  not derived\n└─ acme-northfield  level"), "{tree}");
    sandbox.git(&["rm", "-rq", "assessments/acme-renamed"]);
    sandbox.commit("gone");
    let tree = sandbox.tom(&["lineage"]).code(0).out;
    assert!(tree.contains("acme-northfield  from acme-5-1 (d-0b1e5a7c93d4), not here"), "{tree}");
    let behind = sandbox.tom(&["status", "--behind"]).code(0).out;
    assert!(behind.contains("from a parent that is not here"), "{behind}");
}

#[test]
fn what_cannot_be_known_is_never_called_level() {
    let sandbox = Sandbox::example();
    let copy = sandbox.read(&format!("{PARENT}/deployment.toml"));
    sandbox.write("assessments/copied/deployment.toml", copy);
    let ran = sandbox.tom(&["status", "--behind"]).code(1);
    assert!(ran.out.contains("more than one deployment has its parent's id"), "{}", ran.out);
    std::fs::remove_dir_all(sandbox.path("assessments/copied")).unwrap();
    sandbox.replace(&format!("{CHILD}/received.toml"), "answer = \"Yes\"", "answer = \"No\"");
    let ran = sandbox.tom(&["status", "--behind"]).code(1);
    assert!(ran.out.contains("is not what was received"), "{}", ran.out);
    sandbox.git(&["checkout", "-q", "--", "."]);
    sandbox.write(&format!("{PARENT}/ig.toml"), "[IGA-03\n");
    let ran = sandbox.tom(&["status", "--behind"]).code(1);
    assert!(ran.out.contains("acme-northfield: not known"), "{}", ran.out);
    sandbox.write(&format!("{CHILD}/deployment.toml"), "id = \n");
    let rows = json(&sandbox, &["lineage"]);
    assert!(told(&rows, "deployments", "level").contains(&("acme-northfield", "unknown")), "{rows}");
}

#[test]
fn a_circle_is_shown_and_ends() {
    let sandbox = Sandbox::example();
    sandbox.replace(&format!("{CHILD}/deployment.toml"), "d-0b1e5a7c93d4", "d-c2e86b15f07a");
    let tree = sandbox.tom(&["lineage"]).code(0).out;
    assert_eq!(tree.matches("acme-southmere").count(), 1, "{tree}");
}

#[test]
fn refusals_and_conflicts_are_told_with_their_reason() {
    let sandbox = with_new_mitigation();
    let refuse =
        ["update", "acme-northfield", "--refuse", NEW, "--reason", "No kiosks here", "--by", "Ann Lee"];
    sandbox.tom(&refuse).code(0);
    sandbox.commit("refused");
    let tree = sandbox.tom(&["lineage"]).code(0).out;
    assert!(tree.contains("1 refused") && tree.contains("No kiosks here (Ann Lee, 2026-11-20)"), "{tree}");
    sandbox.tom(&["status", "--behind"]).code(0);
    let reach = json(&sandbox, &["lineage", "acme-5-1", "--of", NEW]);
    assert_eq!(
        told(&reach, "descendants", "reach"),
        [("acme-northfield", "refused"), ("acme-southmere", "stopped")]
    );
    assert_eq!(reach["descendants"][0]["refused"]["reason"], "No kiosks here");
    // The parent changes it once more: whoever refused has to look again.
    sandbox.tom(&["set", "acme-5-1", &format!("{NEW}.text"), "A better guard."]).code(0);
    let reach = json(&sandbox, &["lineage", "acme-5-1", "--of", NEW]);
    assert_eq!(told(&reach, "descendants", "reach")[0].1, "not-looked");

    for (name, title) in [("acme-5-1", "Theirs"), ("acme-northfield", "Ours")] {
        sandbox.tom(&["set", name, "HAZ-004.title", title]).code(0);
    }
    sandbox.commit("both");
    sandbox.tom(&["update", "acme-northfield"]).code(1);
    let behind = sandbox.tom(&["status", "--behind"]).code(1).out;
    assert!(
        behind.contains("has to decide 2 conflicts") && behind.contains("to decide: HAZ-004.title"),
        "{behind}"
    );
    let reach = json(&sandbox, &["lineage", "acme-5-1", "--of", NEW]);
    assert_eq!(told(&reach, "descendants", "reach")[0].1, "undecided");
}

#[test]
fn one_report_says_who_has_it_who_adapted_it_and_who_did_away_with_it() {
    let sandbox = with_new_mitigation();
    let reach = |sandbox: &Sandbox| {
        let json = json(sandbox, &["lineage", "acme-5-1", "--of", NEW]);
        let all = told(&json, "descendants", "reach");
        format!("{} {}", all[0].1, all[1].1)
    };
    assert_eq!(reach(&sandbox), "not-looked stopped");
    sandbox.tom(&["update", "acme-northfield"]).code(0);
    assert_eq!(reach(&sandbox), "has not-looked");
    sandbox.commit("updated");
    sandbox.tom(&["update", "acme-southmere"]).code(0);
    assert_eq!(reach(&sandbox), "has has");
    sandbox.tom(&["set", "acme-northfield", &format!("{NEW}.text"), "A guard of ours."]).code(0);
    assert_eq!(reach(&sandbox), "adapted has");
    let text = sandbox.tom(&["lineage", "acme-5-1", "--of", NEW]).code(0).out;
    assert!(text.contains(&format!("acme-northfield: differs in {NEW}.text")), "{text}");
    let file = format!("{CHILD}/risks/HAZ-009.toml");
    let not_adopted = "status = \"not adopted\"\nreason = \"We have no kiosks.\"";
    let risk = sandbox.read(&file);
    let (before, mine) = risk.split_at(risk.find("[mitigations.M9]").unwrap());
    sandbox.write(&file, format!("{before}{}", mine.replace("status = \"in place\"", not_adopted)));
    let text = sandbox.tom(&["lineage", "acme-5-1", "--of", NEW]).code(0).out;
    assert!(text.contains(&format!("acme-northfield: refused {NEW}: We have no kiosks.")), "{text}");
    sandbox.write(&file, before);
    assert_eq!(reach(&sandbox), "taken-away has");
    // A confirmation and a local measure's progress are no adaptation.
    let whole = json(&sandbox, &["lineage", "acme-5-1", "--of", "HAZ-004"]);
    assert_eq!(told(&whole, "descendants", "reach")[0].1, "has", "{whole}");
    sandbox.tom(&["lineage", "acme-5-1", "--of", "HAZ-999"]).code(2);
    sandbox.tom(&["lineage", "acme-5-1", "--of", "BD-02"]).code(2);
}

#[test]
fn a_page_and_a_picture_can_be_read_without_colour_and_hold_text_as_data() {
    let sandbox = with_new_mitigation();
    sandbox.replace(&format!("{CHILD}/deployment.toml"), "title = \"", "title = \"<script>&amp; ");
    let svg = sandbox.tom(&["lineage", "--format", "svg"]).code(0).out;
    let read = roxmltree::Document::parse(&svg).unwrap();
    let of = |name: &str| read.root_element().children().find(|n| n.has_tag_name(name)).unwrap();
    assert!(of("title").text().is_some() && of("desc").text().unwrap().contains("1 behind"), "{svg}");
    assert!(svg.contains("behind by 1 in risks") && svg.contains('▲') && !svg.contains("<script>"), "{svg}");
    let html = sandbox.tom(&["lineage", "--format", "html"]).code(0).out;
    assert!(
        html.contains("Content-Security-Policy")
            && html.contains("A new guard.")
            && !html.contains("<script>")
    );
}

#[test]
fn an_offer_travels_up_without_names_and_down_to_the_siblings_and_its_giver_knows_it() {
    let sandbox = Sandbox::example();
    let before = sandbox.files("assessments");
    let dry = sandbox.tom(&["offer", "acme-northfield", "NFD-001", "--dry-run"]).code(0).out;
    assert!(dry.contains("would offer to acme-5-1"), "{dry}");
    let named = sandbox.tom(&["offer", "acme-northfield", "NFD-002"]).code(2);
    assert!(named.out.contains("names `Northfield`: NFD-002.hazard"), "{}", named.all());
    assert_eq!(sandbox.files("assessments"), before, "nothing was written");

    let mine = sandbox.read(&format!("{CHILD}/risks/NFD-001.toml"));
    sandbox.tom(&["offer", "acme-northfield", "NFD-001"]).code(0);
    assert_eq!(sandbox.read(&format!("{CHILD}/risks/NFD-001.toml")), mine);
    let offered = sandbox.read(&format!("{PARENT}/risks/NFD-001.toml"));
    for own in ["confirmed", "acceptance", "evidence", "in place", "Northfield"] {
        assert!(!offered.contains(own), "{own}: {offered}");
    }
    assert!(offered.contains("status = \"proposed\""), "{offered}");
    sandbox.tom(&["check"]).code(0);
    sandbox.commit("an offer");
    // Its own hazard is not one that it adapted.
    let reach = json(&sandbox, &["lineage", "acme-5-1", "--of", "NFD-001"]);
    let reach: Vec<_> = told(&reach, "descendants", "reach");
    assert_eq!(reach, [("acme-northfield", "found"), ("acme-southmere", "adapted")]);
    let said = sandbox.tom(&["lineage", "acme-5-1", "--of", "NFD-001"]).code(0).out;
    assert!(said.contains("Found it: 1") && said.contains("as acme-northfield has it"), "{said}");
    let again = sandbox.tom(&["offer", "acme-northfield", "NFD-001"]).code(0).out;
    assert!(again.contains("has it already"), "{again}");
    let update = sandbox.tom(&["update", "acme-northfield"]).code(0).out;
    assert!(update.contains("up to date"), "{update}");
    // The reviewers reword it; that comes back, and the giver's own measures stay as they are.
    sandbox.tom(&["set", "acme-5-1", "NFD-001.title", "Reworded in review"]).code(0);
    sandbox.tom(&["derive", "acme-5-1", "acme-sibling", "--at", "HEAD", "--no-input"]).code(0);
    sandbox.commit("reviewed");
    sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    for name in ["acme-northfield", "acme-sibling"] {
        let risk = sandbox.read(&format!("assessments/{name}/risks/NFD-001.toml"));
        assert!(risk.contains("Reworded in review"), "{name}: {risk}");
        assert_eq!(risk.contains("in place"), name == "acme-northfield");
    }
    sandbox.tom(&["check"]).code(0);
    // A mitigation that the parent added to it was found by nobody here.
    let file = format!("{PARENT}/risks/NFD-001.toml");
    let new = "\n[mitigations.M9]\nkind = \"design\"\nowner = \"supplier\"\ntext = \"A guard of theirs.\"\nstatus = \"in place\"\n";
    sandbox.write(&file, sandbox.read(&file) + new);
    sandbox.commit("added there");
    sandbox.tom(&["update", "acme-northfield", "--allow-dirty"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "NFD-001.mitigations.M9.text", "A guard of ours."]).code(0);
    let reach = json(&sandbox, &["lineage", "acme-5-1", "--of", "NFD-001.mitigations.M9"]);
    let of = told(&reach, "descendants", "reach").into_iter().find(|(name, _)| *name == "acme-northfield");
    assert_eq!(of.map(|(_, reach)| reach), Some("adapted"), "{reach}");
    // Who confirmed something is no difference of it.
    let whole = sandbox.tom(&["lineage", "acme-5-1", "--of", "NFD-001"]).code(0).out;
    assert!(!whole.contains(".confirmed."), "{whole}");
}

#[test]
fn one_mitigation_is_offered_with_the_cause_that_it_acts_on() {
    let sandbox = Sandbox::example();
    let file = format!("{CHILD}/risks/HAZ-009.toml");
    let own = "\n[causes.C8]\ntext = \"A kiosk is left open.\"\n\n[mitigations.M8]\nkind = \"process\"\nowner = \"deployer\"\ncauses = [\"C8\"]\ntext = \"Kiosks lock themselves.\"\nstatus = \"in place\"\nevidence = [\"ref:KIOSK-1\"]\n";
    sandbox.write(&file, sandbox.read(&file) + own);
    sandbox.commit("found here");
    let whole = sandbox.tom(&["offer", "acme-northfield", "HAZ-009"]).code(2);
    assert!(whole.err.contains("local ones: M8"), "{}", whole.err);
    sandbox.tom(&["offer", "acme-northfield", "HAZ-009", "--mitigation", "M8"]).code(0);
    let there = sandbox.read(&format!("{PARENT}/risks/HAZ-009.toml"));
    assert!(there.contains("A kiosk is left open.") && there.contains("Kiosks lock themselves."), "{there}");
    assert!(!there.contains("KIOSK-1"), "{there}");
    sandbox.tom(&["check"]).code(0);
    sandbox.commit("offered");
    assert!(sandbox.tom(&["update", "acme-northfield"]).code(0).out.contains("up to date"));
    assert!(sandbox.read(&file).contains("status = \"in place\"\nevidence = [\"ref:KIOSK-1\"]"));
    let other = sandbox.tom(&["offer", "acme-northfield", "HAZ-009", "--mitigation", "M77"]).code(2);
    assert!(other.err.contains("TOM-0519"), "{}", other.err);
    sandbox.tom(&["offer", "acme-5-1", "HAZ-009"]).code(2);
}

/// Copies a deployment's folder under another name, id and prefix; beneath another parent where one is given.
fn clone(sandbox: &Sandbox, from: &str, to: &str, ids: &[(&str, &str)]) {
    for (path, bytes) in sandbox.files(&format!("assessments/{from}")) {
        let text = String::from_utf8(bytes).unwrap();
        let text = if path == "deployment.toml" {
            ids.iter().fold(text, |text, (old, new)| text.replace(old, new))
        } else {
            text
        };
        sandbox.write(&format!("assessments/{to}/{path}"), text);
    }
}

#[test]
fn one_command_brings_a_mitigation_to_every_descendant_of_three_generations() {
    let sandbox = Sandbox::example();
    for child in 0..4 {
        let id = format!("d-00000000{child:04}");
        let name = format!("acme-child-{child}");
        let prefix = format!("\"NF{child}\"");
        clone(&sandbox, "acme-northfield", &name, &[("d-7f3a9c0d41b2", &id), ("\"NFD\"", &prefix)]);
        for grandchild in 0..8 {
            let own = format!("d-00000001{child:02}{grandchild:02}");
            let prefix = format!("\"G{child}{grandchild}\"");
            let ids = [("d-c2e86b15f07a", own.as_str()), ("d-7f3a9c0d41b2", &id), ("\"SMC\"", &prefix)];
            clone(&sandbox, "acme-southmere", &format!("acme-grand-{child}-{grandchild}"), &ids);
        }
    }
    sandbox.commit("a family");
    add_mitigation(&sandbox);
    let count = |reach: &str| {
        json(&sandbox, &["lineage", "acme-5-1", "--of", NEW])["counts"][reach].as_u64().unwrap_or_default()
    };
    assert_eq!((count("not-looked"), count("stopped"), count("has")), (5, 33, 0));
    let ran = sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0).out;
    assert!(ran.contains("38 deployments: 38 updated"), "{ran}");
    assert_eq!((count("not-looked"), count("stopped"), count("has")), (0, 0, 38));
    for (path, bytes) in sandbox.files("assessments") {
        if path.ends_with("risks/HAZ-009.toml") {
            assert_eq!(String::from_utf8(bytes).unwrap().matches("A new guard.").count(), 1, "{path}");
        }
    }
    sandbox.tom(&["status", "--behind"]).code(0);
    sandbox.commit("updated");
    sandbox.tom(&["check"]).code(0);
}

/// A thousand descendants with `TOM_THOUSAND=1`, otherwise as many as a test may take.
fn how_many() -> usize {
    if std::env::var_os("TOM_THOUSAND").is_some() { 1_000 } else { 30 }
}

/// Three generations from one root: children that are copies of Northfield, each with an equal share of copies of Southmere.
/// The names of each child's children, by child.
fn family(sandbox: &Sandbox, count: usize) -> std::collections::BTreeMap<String, Vec<String>> {
    let children = (count / 100).max(5);
    let mut family = std::collections::BTreeMap::new();
    for number in 0..children {
        let (name, id) = (format!("child-{number:02}"), format!("d-{number:012x}"));
        clone(sandbox, "acme-northfield", &name, &[("d-7f3a9c0d41b2", &id)]);
        let share = (count - children) / children + usize::from(number < (count - children) % children);
        let own: Vec<String> = (0..share).map(|nth| format!("grandchild-{number:02}-{nth:03}")).collect();
        for (nth, name) in own.iter().enumerate() {
            let own_id = format!("d-{:012x}", 1_000 + number * 1_000 + nth);
            let parent = format!("deployment = \"child-{number:02}\"");
            let changes = [
                ("d-c2e86b15f07a", own_id.as_str()),
                ("d-7f3a9c0d41b2", id.as_str()),
                ("deployment = \"acme-northfield\"", parent.as_str()),
            ];
            clone(sandbox, "acme-southmere", name, &changes);
        }
        family.insert(name, own);
    }
    for name in ["acme-southmere", "acme-northfield"] {
        std::fs::remove_dir_all(sandbox.path(format!("assessments/{name}"))).unwrap();
    }
    family
}

/// One command brings one new mitigation of the root to all its descendants over three generations; whoever refused it, or has to decide, keeps
/// what they have, and so does everybody beneath them.
#[test]
fn one_new_mitigation_reaches_every_descendant_that_is_to_have_it_and_no_other() {
    let sandbox = Sandbox::example();
    let family = family(&sandbox, how_many());
    let (refuses, decides) = ("child-01", "child-03");
    let m9 = |text: &str| {
        format!(
            "\n[mitigations.M9]\nkind = \"design\"\nowner = \"supplier\"\ncauses = [\"C1\"]\ntext = \"{text}\"\nstatus = \"in place\"\n"
        )
    };
    let own = format!("assessments/{decides}/risks/HAZ-009.toml");
    sandbox.write(&own, sandbox.read(&own) + &m9("A guard of our own."));
    sandbox.commit("a family");
    add_mitigation(&sandbox);
    let refuse = ["update", refuses, "--refuse", NEW, "--reason", "Done otherwise here", "--by", "Ann Lee"];
    sandbox.tom(&refuse).code(0);
    sandbox.commit("refused");
    let before = sandbox.files("assessments");
    let ran = sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(1);
    let after = sandbox.files("assessments");
    let reach = json(&sandbox, &["lineage", "acme-5-1", "--of", NEW]);
    let reached: std::collections::BTreeMap<_, _> =
        told(&reach, "descendants", "reach").into_iter().collect();
    assert_eq!(reached.len(), how_many());
    let of = |files: &std::collections::BTreeMap<String, Vec<u8>>, name: &str| {
        let own = files.iter().filter(|(path, _)| path.starts_with(&format!("{name}/")));
        own.map(|(path, bytes)| (path[name.len() + 1..].to_owned(), bytes.clone()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let has_it = |name: &str| {
        let (mut was, mut now) = (of(&before, name), of(&after, name));
        assert_eq!(reached[name], "has", "{name}");
        let mut text = |file: &str| {
            let [was, now] =
                [&mut was, &mut now].map(|files| String::from_utf8(files.remove(file).unwrap()).unwrap());
            let lines: Vec<&str> = now.lines().collect();
            (was.lines().all(|line| lines.contains(&line)), now)
        };
        let (all, risk) = text("risks/HAZ-009.toml");
        assert!(all && risk.matches("A new guard.").count() == 1, "{name}: {risk}");
        assert_eq!(text("received.toml").1.matches("A new guard.").count(), 1, "{name}");
        // A wrong digest of it would be refused below.
        assert!(text("deployment.toml").1.contains("received = \"sha256:"), "{name}");
        assert_eq!(was, now, "nothing else of {name} changed");
    };
    let stays = |name: &str, reach: &str| {
        assert_eq!(reached[name], reach, "{name}");
        assert_eq!(of(&before, name), of(&after, name), "{name}");
    };
    for (child, grandchildren) in &family {
        if child == refuses {
            stays(child, "refused");
            grandchildren.iter().for_each(|name| stays(name, "stopped"));
        } else if child == decides {
            let (was, mut now) = (of(&before, child), of(&after, child));
            assert!(now.remove("conflicts.toml").is_some());
            assert_eq!(was, now);
            assert_eq!(reached[child.as_str()], "undecided");
            grandchildren.iter().for_each(|name| stays(name, reached[name.as_str()]));
            assert!(grandchildren.iter().all(|name| reached[name.as_str()] != "has"));
        } else {
            has_it(child);
            grandchildren.iter().for_each(|name| has_it(name));
        }
    }
    assert!(ran.out.contains("1 with conflicts"), "{}", ran.out);
    // Whoever has it has everything, and is not behind; said again, nothing more comes.
    sandbox.commit("updated");
    let again = sandbox.tom(&["update", "--from", "acme-5-1", "--all", "--dry-run"]).code(1).out;
    assert!(again.contains(": 0 would be updated"), "{again}");
}
