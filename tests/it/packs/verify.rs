//! `tom verify PACK`: whether a file that somebody has is the pack that it says it is.

use crate::support::{Ran, Sandbox};
use crate::trust::decided;
use serde_json::Value;

const PACK: &str = "packs/acme-northfield-phase-2.html";

/// The example with this pack rendered.
fn rendered(sandbox: Sandbox, pack: &str, rest: &[&str]) -> Sandbox {
    let args = ["render", "acme-northfield", "--to", "packs", "--pack", pack, "--format", "html"];
    sandbox.tom(&[&args, rest].concat()).code(0);
    sandbox
}

#[track_caller]
fn verdict(sandbox: &Sandbox, file: &str) -> (Ran, String) {
    let ran = sandbox.tom(&["verify", file, "--format", "json"]);
    let said: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.all()));
    let verdict = said["packs"][0]["verdict"].as_str().unwrap().to_owned();
    assert_eq!(ran.code, Some(i32::from(verdict != "matches")), "{verdict}");
    (ran, verdict)
}

#[test]
fn a_pack_matches_in_every_format_and_for_every_audience_until_the_content_changes() {
    let sandbox = Sandbox::example();
    for (audience, packs, formats) in
        [("public", "lineage", "html,pdf,json"), ("internal", "phase-2", "html"), ("full", "changes", "html")]
    {
        let args = ["render", "acme-northfield", "--to", "packs", "--pack", packs, "--audience", audience];
        sandbox.tom(&[&args[..], &["--format", formats]].concat()).code(0);
    }
    let packs: Vec<String> = sandbox.files("packs").into_keys().filter(|name| name != "index.html").collect();
    assert_eq!(packs.len(), 5);
    for name in &packs {
        let ran = sandbox.tom(&["verify", &format!("packs/{name}")]).code(0);
        assert!(ran.out.contains(": matches\n") && ran.out.contains("every byte"), "{}", ran.out);
    }
    // Something that is not committed is not what the pack shows; what it names is.
    sandbox.tom(&["set", "acme-northfield", "IGA-03", "No"]).code(0);
    for name in &packs {
        assert_eq!(verdict(&sandbox, &format!("packs/{name}")).1, "outdated", "{name}");
    }
    sandbox.commit("another answer");
    let ran = sandbox.tom(&["verify", "packs/acme-northfield-lineage.pdf"]).code(1);
    assert!(ran.out.contains("the content has changed since"), "{}", ran.out);
    let rev = ["verify", "packs/acme-northfield-lineage.pdf", "--rev", "HEAD~1"];
    sandbox.tom(&rev).code(0);
}

#[test]
fn a_file_that_somebody_changed_is_never_said_to_match() {
    let sandbox = rendered(Sandbox::example(), "phase-2", &[]);
    let page = sandbox.read(PACK);
    for (find, with) in [
        // Another class beside the same digest, one more byte, another audience's name in the stamp.
        ("Very Low", "Low"),
        ("</html>", "</html> "),
        (" phase-2 public ", " phase-2 full "),
        (" committed ", " draft "),
    ] {
        assert!(page.contains(find), "{find}");
        sandbox.write("changed.html", page.replacen(find, with, 1));
        assert_eq!(verdict(&sandbox, "changed.html").1, "other-file", "{find}");
    }
    let stamp = tom::render::stamp::find(page.as_bytes()).unwrap();
    let digest = |with: &str| page.replace(&stamp.digest, with);
    sandbox.write("changed.html", digest(&format!("sha256:{}", "0".repeat(64))));
    assert_eq!(verdict(&sandbox, "changed.html").1, "differs");
    sandbox.write("changed.html", page.replace(&stamp.id, "d-000000000000"));
    assert_eq!(verdict(&sandbox, "changed.html").1, "unknown");
    // No stamp, two stamps, no such file: nothing is said of a pack.
    sandbox.write("changed.html", page.replace("tom-pack-1", "tom-pack-0"));
    let refused = sandbox.tom(&["verify", "changed.html"]).code(2).err;
    assert!(refused.contains("TOM-0957"), "{refused}");
    sandbox.write("changed.html", format!("{page}<i>{}</i>", stamp.to_string().replace("public", "full")));
    assert!(sandbox.tom(&["verify", "changed.html"]).code(2).err.contains("several that differ"));
    sandbox.tom(&["verify", "nothing.pdf"]).code(2);
}

#[test]
fn a_draft_matches_only_as_long_as_nothing_is_committed_and_says_that_it_is_one() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", "acme-northfield", "BD-22", "In a cellar."]).code(0);
    let sandbox = rendered(sandbox, "phase-2", &[]);
    let (ran, says) = verdict(&sandbox, PACK);
    assert!(says == "matches" && ran.out.contains("DRAFT"), "{}", ran.out);
    sandbox.commit("now it is committed");
    let (ran, says) = verdict(&sandbox, PACK);
    assert!(says == "other-file" && ran.out.contains("DRAFT"), "{}", ran.out);
    sandbox.tom(&["set", "acme-northfield", "BD-22", "In an attic."]).code(0);
    assert_eq!(verdict(&sandbox, PACK).1, "differs");
}

#[test]
fn a_decision_that_came_later_leaves_the_digest_and_is_told() {
    let sandbox = rendered(crate::trust::peopled(), "phase-1", &[]);
    let pack = "packs/acme-northfield-phase-1.html";
    assert_eq!(verdict(&sandbox, pack).1, "matches");
    sandbox.decide("marian-holt", 1, &crate::trust::YES).code(0);
    sandbox.commit("a decision");
    let (ran, says) = verdict(&sandbox, pack);
    assert!(says == "matches" && ran.out.contains("other things have, such as decisions"), "{}", ran.out);
    // The folder may move; it is found by its id.
    sandbox.git(&["mv", "assessments/acme-northfield", "assessments/northfield"]);
    sandbox.commit("a shorter name");
    let (ran, says) = verdict(&sandbox, pack);
    assert!(says == "matches" && ran.out.contains("the commit that it names"), "{}", ran.out);
}

#[test]
fn the_pack_of_changes_since_a_decision_shows_those_alone_and_can_be_verified() {
    let sandbox = decided();
    let pack = "packs/acme-northfield-changes.html";
    let since = |role: &'static str| ["--since-decision", role];
    let sandbox = rendered(sandbox, "changes", &since("executive"));
    let page = sandbox.read(pack);
    let against =
        "what was decided over on 20 November 2026 (role: Executive who owns the assessment; commit ";
    assert!(page.contains(against) && page.contains("No hazard differs."), "{page}");
    for heading in ["Outcomes that changed</h3>", "In doubt since something changed</h3>"] {
        assert_eq!(page.matches(heading).count(), 1, "{heading}");
    }
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.residual.likelihood", "Low"]).code(0);
    sandbox.tom(&["set", "acme-northfield", "BD-22", "In a cellar."]).code(0);
    sandbox.commit("a risk and an answer");
    let sandbox = rendered(sandbox, "changes", &since("executive"));
    let page = sandbox.read(pack);
    assert!(page.contains("HAZ-004") && page.contains("class 2 to class 3") && page.contains("cellar"));
    // What differs from the parent, and did already when they decided, is not among the changes.
    assert!(!page.contains("NFD-001"));
    assert_eq!(verdict(&sandbox, pack).1, "matches");
    let refused = |rest: &[&str]| {
        let args = ["render", "acme-northfield", "--to", "packs", "--since-decision", "siro"];
        sandbox.tom(&[&args, rest].concat()).code(2).err
    };
    assert!(refused(&["--pack", "changes"]).contains("has decided nothing"));
    assert!(refused(&[]).contains("there are decisions of: asset-owner@1, executive@2"));
    let all = ["render", "--all", "--to", "packs", "--pack", "all", "--format", "json"];
    sandbox.tom(&[&all[..], &since("executive")].concat()).code(0);
    assert!(!sandbox.path("packs/acme-southmere-changes.json").exists());
}
