//! What `tom check` writes for machines: each format is what its readers expect, whatever the files say.

use crate::support::{Sandbox, data};
use serde_json::Value;

/// Texts that would be something else in a sink that forgot to escape them.
const HOSTILE: [&str; 14] = [
    "::error::x",
    "\\n::add-mask::secret",
    "\\r\\n::set-output name=a::b",
    "##[add-mask]secret",
    "%0A::stop-commands::x",
    "a,line=1::b",
    "]]> <failure/>",
    "\\\"/><testcase name=\\\"x\\\"/>",
    "&lt;&#10;",
    "<script>alert(1)</script>",
    "\\u0007\\u001b[31m",
    "\\uFFFE",
    "\\u202Eltr",
    "::endgroup::",
];

/// The example with an error in it that quotes a text: an option that there is not.
fn saying(texts: &[&str]) -> Sandbox {
    let sandbox = Sandbox::example();
    let files: [(&str, &str); 3] =
        [("ig.toml", "IGA-02"), ("architecture.toml", "IA-01"), ("clinical-safety.toml", "CSQ-3-1")];
    for (deployment, texts) in ["acme-northfield", "acme-southmere", "acme-5-1"].iter().zip(texts.chunks(5)) {
        for (at, text) in texts.iter().enumerate() {
            let (file, _) = files[at % files.len()];
            let path = format!("assessments/{deployment}/{file}");
            let before = sandbox.read(&path);
            sandbox.write(&path, format!("{before}\n[\"X-{at} {text}\"]\nanswer = \"{text}\"\n"));
        }
    }
    sandbox
}

fn check(sandbox: &Sandbox, format: &str, code: i32) -> String {
    sandbox.tom(&["check", "--format", format]).code(code).out
}

/// The commands in a log, as the runner finds them: lines that begin with `::` and a name, or hold `##[`.
fn commands(log: &str) -> Vec<&str> {
    let is_command = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
    log.split(['\n', '\r']).filter(is_command).collect()
}

#[test]
fn sarif_is_valid_against_the_official_schema() {
    let mut schema: Value = serde_json::from_str(&data("sarif/sarif-schema-2.1.0.json")).unwrap();
    // The official pattern of a language has a stray bracket, which strict readers refuse. tom writes no language.
    for holder in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][holder]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (sandbox, code) in [(Sandbox::example(), 0), (saying(&HOSTILE), 1)] {
        let log: Value = serde_json::from_str(&check(&sandbox, "sarif", code)).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let results = log["runs"][0]["results"].as_array().unwrap();
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert!(!results.is_empty());
        for result in results {
            let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(rule["help"]["text"].as_str().unwrap().len() > 60);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
            assert!(sandbox.path(place["artifactLocation"]["uri"].as_str().unwrap()).is_file());
        }
        let mut prints: Vec<String> =
            results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), results.len(), "each result has a fingerprint of its own");
    }
    let broken = serde_json::json!({ "version": "2.1.0", "runs": [{ "results": [{ "level": "bad" }] }] });
    assert!(!validator.is_valid(&broken), "the schema is one that refuses something");
}

#[test]
fn a_fingerprint_stays_when_the_file_around_it_changes() {
    let sandbox = saying(&["Perhaps", "Perhaps not"]);
    let prints = |sandbox: &Sandbox| {
        let json: Value = serde_json::from_str(&check(sandbox, "json", 1)).unwrap();
        let findings = json["findings"].as_array().unwrap().clone();
        let mut prints: Vec<(String, String)> =
            findings.iter().map(|f| (f["fingerprint"].to_string(), f["message"].to_string())).collect();
        prints.sort();
        prints
    };
    let before = prints(&sandbox);
    let path = "assessments/acme-northfield/ig.toml";
    sandbox.write(path, format!("# one line\n# and another\n\n{}", sandbox.read(path)));
    assert_eq!(prints(&sandbox), before);
    sandbox.replace(path, "Perhaps", "Maybe");
    assert_ne!(prints(&sandbox), before);
}

#[test]
fn e04_no_text_of_a_file_becomes_a_workflow_command() {
    let sandbox = saying(&HOSTILE);
    let log = check(&sandbox, "github", 1);
    let ours = ["::error ", "::warning ", "::notice "];
    for line in commands(&log) {
        assert!(ours.iter().any(|ours| line.starts_with(ours)), "{line}");
        let (properties, _) = line[2..].split_once("::").unwrap();
        for property in properties.split_once(' ').unwrap().1.split(',') {
            let name = property.split_once('=').unwrap().0;
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            assert!(known.contains(&name), "{line}");
        }
    }
    let plain: Vec<&str> = log.lines().filter(|line| !line.starts_with("::")).collect();
    assert_eq!(plain.len(), 1, "{plain:?}");
    assert!(plain[0].starts_with("tom check: 3 deployments checked, "), "{plain:?}");
}

#[test]
fn annotations_stay_under_the_runners_cap_and_say_how_many_are_left() {
    let many: Vec<String> = (0..14).map(|at| format!("text {at}")).collect();
    let sandbox = saying(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let json: Value = serde_json::from_str(&check(&sandbox, "json", 1)).unwrap();
    let errors = json["errors"].as_u64().unwrap();
    assert!(errors > 10);
    let log = check(&sandbox, "github", 1);
    let annotations: Vec<&str> = log.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(annotations.len(), 10);
    assert!(annotations[9].contains(&format!("::{} more of this sort", errors - 9)), "{}", annotations[9]);
}

#[test]
fn junit_has_a_case_a_deployment_and_fails_those_with_errors() {
    let sandbox = saying(&HOSTILE[..5]);
    let xml = check(&sandbox, "junit", 1);
    let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let names: Vec<_> = cases.iter().map(|case| case.attribute("name").unwrap()).collect();
    assert_eq!(names, ["repository", "acme-5-1", "acme-northfield", "acme-southmere"]);
    let failed: Vec<_> = cases
        .iter()
        .filter(|case| case.children().any(|node| node.has_tag_name("failure")))
        .map(|case| case.attribute("name").unwrap())
        .collect();
    assert_eq!(failed, ["acme-northfield"]);
    let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("4"), Some("1")));
    let known = ["testsuites", "testsuite", "testcase", "failure", "system-out"];
    let elements = document.descendants().filter(roxmltree::Node::is_element);
    assert!(elements.into_iter().all(|node| known.contains(&node.tag_name().name())), "{xml}");
    let all = check(&saying(&HOSTILE), "junit", 1);
    roxmltree::Document::parse(&all).unwrap_or_else(|error| panic!("{error}\n{all}"));
}

#[test]
fn denied_warnings_fail_in_every_format() {
    let sandbox = Sandbox::example();
    for format in ["text", "json", "sarif", "github", "junit"] {
        sandbox.tom(&["check", "--deny", "warnings", "--format", format]).code(1);
    }
    let json: Value =
        serde_json::from_str(&sandbox.tom(&["check", "--deny", "warnings", "--format", "json"]).out).unwrap();
    assert_eq!((json["status"].as_str(), json["errors"].as_u64()), (Some("found"), Some(0)));
}

#[test]
fn a_check_that_was_not_done_writes_no_result_and_in_json_that_it_was_not() {
    let sandbox = Sandbox::init();
    let ran = sandbox.tom(&["check", "--format", "json"]).code(2);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (json["status"].as_str(), json["findings"][0]["code"].as_str()),
        (Some("error"), Some("TOM-0912"))
    );
    for format in ["sarif", "github", "junit"] {
        let ran = sandbox.tom(&["check", "--format", format]).code(2);
        assert!(ran.out.is_empty() && ran.err.contains("TOM-0912"), "{}", ran.all());
    }
}
