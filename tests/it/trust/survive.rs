//! What a decision survives, what voids it, and that exactly that is named.

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use tom::model::*;
use tom::ops::policy::keys;
use tom::ops::scope::leaves;
use tom::ops::verify::{Case, Judged, Problem, Reason, judge};
use tom::project::{Project, papers};
use tom::store::WorkTree;

#[test]
fn a18_every_leaf_voids_exactly_the_decisions_over_it() {
    let sandbox = decided();
    sandbox.decide("owen-frith", 2, &["--outcome", "approved"]).code(0);
    let (project, _) = Project::open(Box::new(WorkTree::new(sandbox.path("")))).unwrap();
    let name = DeploymentName::new(NORTHFIELD).unwrap();
    let (deployment, framework) = project.load(&name).unwrap().sound().unwrap();
    let mut said = papers(project.store(), None, &name).unwrap();
    // Who signed it is another row's question, and costs much more.
    said.held.iter_mut().for_each(|held| held.signature = None);
    let keys = keys(project.settings()).unwrap();
    // What is void, by scope, and the leaves that are named.
    let void = |changed: &Deployment| -> BTreeMap<Scope, Vec<String>> {
        let today = "2026-11-20".parse().unwrap();
        let case = Case::of(changed, &framework, project.settings(), &keys, &said.evidence, today);
        let judgement = judge(&case, &said).unwrap();
        let of = |one: &Judged<'_>| {
            // Another organisation has other people too.
            let is_known = |reason: &Reason| matches!(reason.problem, Problem::Void | Problem::WrongRole);
            assert!(one.reasons.iter().all(is_known), "{:?}", one.reasons);
            let leaves: Vec<String> = one.changed().map(str::to_owned).collect();
            one.held.statement.scopes.keys().map(|scope| (*scope, leaves.clone())).collect::<Vec<_>>()
        };
        let all: BTreeMap<Scope, Vec<String>> = judgement.statements.iter().flat_map(of).collect();
        assert_eq!(all.len(), 3, "each scope has been decided on by one role");
        all.into_iter().filter(|(_, leaves)| !leaves.is_empty()).collect()
    };
    assert!(void(&deployment).is_empty());
    let mut seen = BTreeSet::new();
    let mut edits = 0;
    let mut hold = |changed: &Deployment, expected: &[Scope], leaf: &str| {
        let wanted = expected.iter().map(|scope| (*scope, vec![leaf.to_owned()]));
        assert_eq!(void(changed), wanted.collect(), "{leaf}");
        seen.insert(leaf.to_owned());
        edits += 1;
    };
    for (slot, answer) in &deployment.answers {
        let scopes = &framework.item(slot.item.as_str()).unwrap().scope;
        let mut change = |field: &str, edit: &dyn Fn(&mut Answer)| {
            let mut changed = deployment.clone();
            edit(changed.answers.get_mut(slot).unwrap());
            hold(&changed, scopes, &format!("{slot}.{field}"));
        };
        if answer.value.is_some() {
            change("answer", &|answer| {
                answer.value = Some(tom::model::Value::Text("Something else.".into()))
            });
        }
        if answer.notes.is_some() {
            change("notes", &|answer| answer.notes = Some("Something else.".into()));
        }
        if !answer.evidence.is_empty() {
            change("evidence", &|answer| answer.evidence.push("ref:Something else".into()));
        }
        for (key, row) in &answer.rows {
            for column in row.keys() {
                change(&format!("rows.{key}.{column}"), &|answer| {
                    let value = tom::model::Value::Text("Something else.".into());
                    answer.rows.get_mut(key).unwrap().insert(column.clone(), value);
                });
            }
        }
        // Who stands by it is not in a decision: confirming anew voids nothing.
        let mut changed = deployment.clone();
        changed.answers.get_mut(slot).unwrap().confirmed.clear();
        assert!(void(&changed).is_empty());
    }
    // Evidence that an answer does not name any more is gone from the leaves too, so the texts of risks are edited here.
    for id in deployment.risks.keys() {
        let mut change = |field: &str, edit: &dyn Fn(&mut Risk)| {
            let mut changed = deployment.clone();
            edit(changed.risks.get_mut(id).unwrap());
            hold(&changed, &[Scope::Assessment], &format!("{id}.{field}"));
        };
        let risk = &deployment.risks[id];
        change("title", &|risk| risk.title += "!");
        change("section", &|risk| risk.section = SectionId::new("contacts").unwrap());
        change("owner", &|risk| risk.owner = PartyId::new("authority").unwrap());
        change("status", &|risk| risk.status = RiskStatus::Transferred);
        change("hazard", &|risk| risk.hazard += "!");
        change("effect", &|risk| risk.effect += "!");
        change("depends-on", &|risk| risk.depends_on.push(ItemId::new("BD-01").unwrap()));
        if risk.initial.is_some() {
            change("initial.severity", &|risk| risk.initial.as_mut().unwrap().severity += "!");
            change("initial.likelihood", &|risk| risk.initial.as_mut().unwrap().likelihood += "!");
        }
        if risk.residual.is_some() {
            change("residual.severity", &|risk| risk.residual.as_mut().unwrap().severity += "!");
            change("residual.likelihood", &|risk| risk.residual.as_mut().unwrap().likelihood += "!");
        }
        for key in risk.causes.keys() {
            change(&format!("causes.{key}"), &|risk| risk.causes.get_mut(key).unwrap().text += "!");
        }
        for key in risk.mitigations.keys() {
            let at = |field: &str| format!("mitigations.{key}.{field}");
            change(&at("text"), &|risk| risk.mitigations.get_mut(key).unwrap().text += "!");
            change(&at("owner"), &|risk| {
                risk.mitigations.get_mut(key).unwrap().owner = PartyId::new("authority").unwrap();
            });
            change(&at("kind"), &|risk| {
                let mitigation = risk.mitigations.get_mut(key).unwrap();
                mitigation.kind = match mitigation.kind {
                    MitigationKind::Design => MitigationKind::Training,
                    _ => MitigationKind::Design,
                };
            });
            change(&at("reason"), &|risk| {
                risk.mitigations.get_mut(key).unwrap().reason = Some("Something else.".into());
            });
            change(&at("evidence"), &|risk| {
                risk.mitigations.get_mut(key).unwrap().evidence.push("ref:Something else".into());
            });
            change(&at("causes"), &|risk| risk.mitigations.get_mut(key).unwrap().causes.clear());
            change(&at("status"), &|risk| {
                risk.mitigations.get_mut(key).unwrap().status = MitigationStatus::NotAdopted;
            });
        }
        let mut changed = deployment.clone();
        let risk = changed.risks.get_mut(id).unwrap();
        risk.acceptance = None;
        risk.confirmed.clear();
        assert!(void(&changed).is_empty());
    }
    let scoped: BTreeSet<String> = Scope::ALL
        .iter()
        .flat_map(|scope| leaves(&deployment, &framework, *scope, &[], &said.evidence).into_keys())
        .filter(|leaf| !leaf.starts_with("path:") && leaf != "framework")
        .collect();
    let missed: Vec<&String> = scoped.difference(&seen).collect();
    assert!(edits > 300 && missed.is_empty(), "{edits} edits; never edited: {missed:?}");
}

#[test]
fn a17_form_changes_nothing_and_meaning_does() {
    let sandbox = decided();
    let file = "assessments/acme-northfield/basic-details.toml";
    let was = sandbox.read(file);
    // Another writer: keys in another order, texts in other quotes, no comment.
    let other = was.parse::<toml::Table>().unwrap().to_string();
    assert!(other != was && !other.contains("# "));
    for text in [
        was.replace('\n', "\r\n"),
        format!("\u{feff}{was}"),
        was.replace("\nanswer = ", "\n\n  answer   =  "),
        other,
    ] {
        sandbox.write(file, text);
        assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
    }
}

#[test]
fn decisions_survive_rebase_squash_clone_and_a_checkout_with_other_line_ends() {
    let sandbox = decided();
    // Rebase: a decision on a branch, put on top of unrelated work.
    sandbox.git(&["checkout", "-q", "-b", "branch", "HEAD~1"]);
    sandbox.git(&["checkout", "-q", "main", "--", APPROVALS]);
    sandbox.commit("decisions on a branch");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["reset", "-q", "--hard", "HEAD~1"]);
    sandbox.write("README.md", "unrelated\n");
    sandbox.commit("unrelated");
    sandbox.git(&["checkout", "-q", "branch"]);
    sandbox.git(&["rebase", "-q", "main"]);
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
    // Squash.
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--squash", "branch"]);
    sandbox.commit("squashed");
    sandbox.git(&["branch", "-D", "branch"]);
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
    // A clone whose git writes CRLF.
    let clone = Sandbox::empty();
    let from = format!("file://{}", sandbox.path("").display());
    clone.git(&["clone", "-q", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", &from, "."]);
    assert!(
        clone.read("docs/evidence/northfield-data-flow.md").contains('\r'),
        "the checkout has other line ends"
    );
    assert_eq!(clone.states(0, &[]), both("valid", "valid"));
    // A folder of another name.
    sandbox.git(&["mv", "assessments/acme-northfield", "assessments/northfield"]);
    let ran = sandbox.tom(&["verify", "northfield", "--format", "json"]).code(0);
    let verified: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(states(&verified["deployments"][0]), both("valid", "valid"));
}

#[test]
fn derived_deployments_inherit_no_decision() {
    let sandbox = decided();
    let args = ["derive", NORTHFIELD, "acme-eastmoor", "--set", "BD-02=Eastmoor", "--set", "BD-03=XEM03"];
    sandbox.tom(&args).code(0);
    assert!(sandbox.files("assessments/acme-eastmoor").keys().all(|file| !file.contains("approvals")));
    let ran = sandbox.tom(&["verify", "acme-eastmoor", "--format", "json"]).code(0);
    let verified: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(verified["deployments"][0]["statements"].as_array().unwrap().is_empty());
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
}
