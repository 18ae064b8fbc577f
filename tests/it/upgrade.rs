//! `tom update --framework`: answers move to another version of the checklist, and none is lost or made to say more.

use crate::support::{Sandbox, data, root};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tom::model::*;
use tom::ops::state::{State, states};
use tom::ops::upgrade::{Fate, Upgrade, Upgraded};
use tom::project::Project;
use tom::store::MemoryStore;

const CHILD: &str = "assessments/acme-northfield";
const UP: [&str; 4] = ["update", "--framework", "smsp-tom@0.10", "smsp-tom@0.11"];

#[derive(serde::Deserialize)]
struct Recipe {
    renamed: BTreeMap<String, String>,
    edit: Vec<Edit>,
}

#[derive(serde::Deserialize)]
struct Edit {
    file: String,
    find: String,
    with: String,
}

/// The files of the later version, by their name in its folder.
fn later() -> BTreeMap<String, String> {
    let recipe: Recipe = toml::from_str(&data("frameworks/smsp-tom-0.11.toml")).unwrap();
    let top = root().join("frameworks/smsp-tom/0.10");
    let files =
        walkdir::WalkDir::new(&top).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    let mut files: BTreeMap<String, String> = files
        .map(|entry| {
            let name = entry.path().strip_prefix(&top).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    for text in files.values_mut() {
        for (old, new) in &recipe.renamed {
            let item = format!("[items.{old}]");
            *text = text.replace(&item, &format!("[items.{new}]\nreplaces = [\"OLD\"]"));
            *text = text.replace(old.as_str(), new).replace("OLD", old);
        }
    }
    for Edit { file, find, with } in &recipe.edit {
        let text = files.get_mut(file).unwrap();
        assert!(text.contains(find.as_str()), "`{find}` does not stand in {file}");
        *text = text.replacen(find, with.trim_start(), 1);
    }
    files
}

/// The worked example, with both versions of the checklist.
pub fn example() -> Sandbox {
    let sandbox = Sandbox::example();
    for (name, text) in later() {
        sandbox.write(&format!("frameworks/smsp-tom/0.11/{name}"), text);
    }
    sandbox.commit("a later version of the framework");
    sandbox
}

fn up(sandbox: &Sandbox, more: &[&str]) -> crate::support::Ran {
    sandbox.tom(&[&UP, more].concat())
}

#[test]
fn every_kind_of_change_is_told_and_files_mean_what_is_said() {
    let sandbox = example();
    let before = sandbox.files("assessments");
    let dry = up(&sandbox, &["--all", "--dry-run"]).code(1).out;
    assert_eq!(sandbox.files("assessments"), before);
    for told in ["BD-21 → BD-51", "other-systems.", "IN-01 → IN-11, IN-12", "IN-02", "CS-02 does not fit"]
    {
        assert!(dry.contains(told), "{told} is not in\n{dry}");
    }
    up(&sandbox, &["--all"]).code(1);
    let meta = sandbox.read(&format!("{CHILD}/deployment.toml"));
    assert!(meta.contains("version = \"0.11\""), "{meta}");
    let aside = sandbox.read(&format!("{CHILD}/aside.toml"));
    for kept in [
        "[\"0.10\".IO-01]",
        "[\"0.10\".IO-02]",
        "for = [\"IO-05\"]",
        "[\"0.10\".IN-02]",
        "Two application servers",
    ] {
        assert!(aside.contains(kept), "{kept} is not in\n{aside}");
    }
    let check = sandbox.tom(&["check"]).code(0).out;
    assert!(check.contains("TOM-0541") && check.contains("IO-05"), "{check}");
    assert!(
        sandbox.read(&format!("{CHILD}/architecture.toml")).contains("[IN-13]"),
        "the form of the new item"
    );
    // Only one of two answers was there: it moves, and nothing has to be settled.
    let other = sandbox.read("assessments/acme-southmere/architecture.toml");
    assert!(other.contains("[IO-05]\nanswer = \"\"\"\nHosted by the regional"), "{other}");
    // An answer settles what was set aside for it.
    sandbox.tom(&["set", "acme-northfield", "IO-05", "Both: see the plan."]).code(0);
    let check = sandbox.tom(&["check", "acme-northfield"]).code(0).out;
    assert!(!check.contains("IO-05"), "{check}");
    for reader in [["show", "acme-northfield"], ["status", "acme-northfield"], ["diff", "acme-northfield"]] {
        sandbox.tom(&reader).code(0);
    }
    sandbox.tom(&["render", "acme-northfield", "--to", "packs"]).code(0);
    let packs = sandbox.files("packs").into_values().map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(packs.into_iter().any(|pack| pack.contains("Two application servers")), "the annex has it");
}

#[test]
fn confirmations_stay_where_the_question_did_and_nowhere_else() {
    let sandbox = example();
    up(&sandbox, &["--all"]).code(1);
    let details = sandbox.read(&format!("{CHILD}/basic-details.toml"));
    assert!(details.contains("[BD-51.confirmed.supplier]"), "a pure renaming keeps it");
    assert!(!details.contains("BD-21"), "{details}");
    let duties = sandbox.read(&format!("{CHILD}/accountability.toml"));
    assert!(
        duties.contains("[OR-02]") && !duties.contains("[OR-02.confirmed"),
        "a reworded question drops it"
    );
    let safety = sandbox.read(&format!("{CHILD}/clinical-safety.toml"));
    assert!(safety.contains("BD-51 = ") && !safety.contains("BD-21"), "what it rests on follows");
    // A risk that rests on a renamed fact is still confirmed, one that rests on a split one is not.
    let risk = |id: &str| sandbox.read(&format!("{CHILD}/risks/{id}.toml"));
    let ids =
        ["HAZ-001", "HAZ-002", "HAZ-003", "HAZ-004", "HAZ-005", "HAZ-006", "HAZ-007", "HAZ-008", "HAZ-009"];
    let there: Vec<String> = ids
        .iter()
        .filter(|id| sandbox.path(format!("{CHILD}/risks/{id}.toml")).exists())
        .map(|id| risk(id))
        .collect();
    assert!(there.iter().any(|risk| risk.contains("\"BD-51\"") && risk.contains("[confirmed.deployer]")));
    assert!(there.iter().all(|risk| !risk.contains("\"IN-11\"") || !risk.contains("[confirmed.deployer]")));
}

#[test]
fn an_update_from_the_parent_goes_on_as_if_nothing_had_been_renamed() {
    let sandbox = example();
    up(&sandbox, &["--all"]).code(1);
    sandbox.commit("another version");
    let again = sandbox.tom(&["update", "--from", "acme-5-1", "--all"]).code(0).out;
    assert!(again.contains("2 up to date"), "{again}");
    sandbox.tom(&["set", "acme-5-1", "BD-51", "Reworded by the parent."]).code(0);
    sandbox.commit("the parent gains");
    let gained = sandbox.tom(&["update", "acme-northfield"]).all();
    assert!(gained.contains("BD-51"), "{gained}");
}

#[test]
fn relatives_on_two_versions_are_told_apart() {
    let sandbox = example();
    let ran = up(&sandbox, &["acme-northfield"]).code(1);
    assert!(ran.err.contains("still on smsp-tom 0.10") && ran.err.contains("acme-5-1"), "{}", ran.err);
    sandbox.commit("one of them");
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(2);
    assert!(ran.err.contains("different frameworks") && ran.err.contains("--framework"), "{}", ran.err);
    let ran = up(&sandbox, &["acme-northfield"]).code(2);
    assert!(ran.err.contains("follows smsp-tom 0.11"), "{}", ran.err);
    up(&sandbox, &["--all", "acme-5-1"]).code(2);
    sandbox.tom(&["update", "--all"]).code(2);
    sandbox.tom(&["update", "--framework", "smsp-tom", "smsp-tom@0.11", "--all"]).code(2);
}

#[test]
fn changes_that_are_not_committed_and_conflicts_stop_it() {
    let sandbox = example();
    sandbox.tom(&["set", "acme-northfield", "IGA-01.notes", "Changed."]).code(0);
    assert!(up(&sandbox, &["acme-northfield"]).code(2).err.contains("not committed"));
    up(&sandbox, &["acme-northfield", "--allow-dirty"]).code(1);
}

#[test]
fn remarks_of_people_are_kept_when_a_section_is_written_anew() {
    let sandbox = example();
    sandbox.replace(
        &format!("{CHILD}/architecture.toml"),
        "[IO-01]",
        "# Ask Ben before changing this.\n[IO-01]",
    );
    sandbox.commit("a remark");
    up(&sandbox, &["acme-northfield"]).code(1);
    assert!(sandbox.read(&format!("{CHILD}/architecture.toml")).contains("# Ask Ben before changing this."));
}

#[test]
fn a_framework_that_replaces_what_nobody_knows_is_refused() {
    let sandbox = example();
    let file = "frameworks/smsp-tom/0.11/sections/architecture.toml";
    let text = sandbox.read(file);
    sandbox
        .write(file, text.replace("replaces = [\"IO-01\", \"IO-02\"]", "replaces = [\"IO-01\", \"IO-99\"]"));
    assert!(up(&sandbox, &["acme-northfield", "--dry-run"]).code(2).err.contains("`IO-99`"));
    for (bad, said) in [("\"IO-01\", \"IO-01\"", "twice"), ("\"IO-05\"", "in a circle"), ("\"IO-06\"", "")] {
        sandbox.write(file, text.replace("\"IO-01\", \"IO-02\"", bad));
        let ran = up(&sandbox, &["acme-northfield", "--dry-run"]).all();
        assert!(ran.contains(said), "{bad}: {ran}");
    }
}

static VERSIONS: LazyLock<(Framework, Framework, Deployment)> = LazyLock::new(|| {
    let sandbox = example();
    let files = sandbox.files("").into_iter().filter(|(path, _)| path.ends_with(".toml"));
    let project = Project::open(Box::new(files.collect::<MemoryStore>())).unwrap().0;
    let version = |version: &str| {
        let reference = FrameworkRef { id: "smsp-tom".to_owned(), version: version.to_owned(), digest: None };
        (*project.framework(&reference).unwrap()).clone()
    };
    let name = DeploymentName::new("acme-northfield").unwrap();
    (version("0.10"), version("0.11"), project.load(&name).unwrap().sound().unwrap().0)
});

/// Whether every answer stands somewhere with all that it says.
fn nothing_is_lost(before: &Deployment, after: &Upgraded) {
    for (slot, answer) in before.answers.iter().filter(|(_, answer)| !answer.is_empty()) {
        let there = match after.fates.get(slot) {
            None => vec![slot.clone()],
            Some(Fate::Moved(there)) => there.clone(),
            Some(Fate::SetAside(_)) => Vec::new(),
        };
        let is_there = there.iter().any(|slot| {
            after.deployment.answers.get(slot).is_some_and(|now| now.content() == answer.content())
        });
        let is_aside = after.asides.iter().any(|aside| aside.slot == *slot && aside.said == answer.content());
        assert!(is_there || is_aside, "{slot} is lost");
    }
    assert_eq!(before.risks.len(), after.deployment.risks.len());
}

fn nothing_is_newly_confirmed(before: &Deployment, after: &Upgraded) {
    let (from, to, _) = &*VERSIONS;
    let was = states(before, from);
    let known: Vec<String> =
        was.answers.iter().filter(|s| s.state == State::Confirmed).map(|s| s.slot.to_string()).collect();
    for state in states(&after.deployment, to).answers.iter().filter(|s| s.state == State::Confirmed) {
        let old = state.slot.to_string().replace("BD-51", "BD-21").replace("BD-55", "BD-25");
        assert!(known.contains(&old), "{old} was not confirmed");
    }
    let known: Vec<&RiskId> =
        was.risks.iter().filter(|r| r.state == State::Confirmed).map(|r| r.id).collect();
    for risk in states(&after.deployment, to).risks.iter().filter(|r| r.state == State::Confirmed) {
        assert!(known.contains(&risk.id), "{} was not confirmed", risk.id);
    }
}

#[test]
fn some_confirmations_survive_in_the_worked_example() {
    let (from, to, deployment) = &*VERSIONS;
    let after = Upgrade::new(from, to, &[]).unwrap().apply(deployment).unwrap();
    let confirmed = |d: &Deployment, f: &Framework| {
        states(d, f).answers.iter().filter(|s| s.state == State::Confirmed).count()
    };
    assert!(confirmed(&after.deployment, to) > confirmed(deployment, from) / 2);
    nothing_is_lost(deployment, &after);
    nothing_is_newly_confirmed(deployment, &after);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_note_evidence_or_row_is_lost(edits in prop::collection::vec((0usize..400, 0u8..5, "[a-z]{1,6}"), 0..40)) {
        let (from, to, example) = &*VERSIONS;
        let mut before = example.clone();
        let special = ["IO-01", "IO-02", "IN-01", "IN-02", "BD-21", "CS-02", "OR-02"];
        for (place, what, text) in edits {
            let items: Vec<&Item> = from.items().filter(|item| item.is_answered()).collect();
            let item = match special.get(place % 14) {
                Some(id) => from.item(id).unwrap(),
                None => items[place % items.len()],
            };
            let row = item.repeats.clone().map(|block| (block, Key::new(text.clone()).unwrap()));
            let answer = before.answers.entry(Slot { item: item.id.clone(), row }).or_default();
            match what {
                0 => *answer = Answer::default(),
                1 => answer.notes = Some(text),
                2 => answer.evidence.push(format!("ref:{text}")),
                _ if item.has_rows() => {
                    let column = item.columns[0].id.clone();
                    answer.rows.insert(Key::new(text.clone()).unwrap(), [(column, Value::Text(text))].into());
                }
                _ if item.kind_of_answer == ItemType::Choice => {
                    answer.value = Some(Value::Text(item.options[0].clone()));
                }
                _ => answer.value = Some(Value::Text(text)),
            }
        }
        before.answers.retain(|_, answer| *answer != Answer::default());
        let after = Upgrade::new(from, to, &[]).unwrap().apply(&before).unwrap();
        nothing_is_lost(&before, &after);
        nothing_is_newly_confirmed(&before, &after);
    }
}
