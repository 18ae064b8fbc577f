//! What git remembers: what something said when it was confirmed, and whose commit brought a confirmation in.

use crate::support::{Sandbox, run};

const D: &str = "acme-northfield";

/// Commits everything as somebody.
fn commit_as(sandbox: &Sandbox, name: &str, email: &str) {
    sandbox.git(&["add", "-A"]);
    let author = format!("{name} <{email}>");
    sandbox.git(&["commit", "-q", "-m", "work", "--author", &author]);
}

/// The output without its line breaks, which depend on the width.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn show(sandbox: &Sandbox, address: &str) -> String {
    words(&sandbox.tom(&["show", D, address]).code(0).out)
}

#[test]
fn what_a_fact_and_an_answer_said_when_they_were_confirmed_is_found_by_digest() {
    let sandbox = Sandbox::example();
    let before = show(&sandbox, "IGA-04");
    assert!(!before.contains("said:"), "nothing changed: {before}");
    let hosting = sandbox.read("assessments/acme-northfield/basic-details.toml");
    let was =
        words(hosting.split("[BD-22]\nanswer = \"\"\"\n").nth(1).unwrap().split("\"\"\"").next().unwrap());
    for text in ["Somewhere else.", "Yet somewhere else."] {
        sandbox.tom(&["set", D, "BD-22", text]).code(0);
        sandbox.commit("moved");
    }
    let shown = show(&sandbox, "IGA-04");
    assert!(shown.contains("BD-22 changed since Jo Marsh confirmed for the supplier"), "{shown}");
    assert!(shown.contains(&format!("BD-22 said: {was}")), "{was}\n{shown}");
    assert!(!shown.contains("said: Somewhere else."), "{shown}");
    // The answer itself, changed and not even committed; and a rating.
    sandbox.tom(&["set", D, "IGA-03.notes", "In other words."]).code(0);
    let shown = show(&sandbox, "IGA-03");
    assert!(shown.contains("the answer changed since") && shown.contains("IGA-03.notes said: "), "{shown}");
    sandbox.tom(&["set", D, "HAZ-004.residual.likelihood", "High"]).code(0);
    let shown = show(&sandbox, "HAZ-004");
    assert!(shown.contains("the risk changed since") && shown.contains("HAZ-004.residual said: "), "{shown}");
    sandbox.tom(&["set", D, "HAZ-004.mitigations.M1.text", "Something weaker."]).code(0);
    let shown = show(&sandbox, "HAZ-004.mitigations.M1");
    assert!(shown.contains("HAZ-004.mitigations.M1.text said: "), "{shown}");
    // confirm says the same before it writes.
    let said = sandbox
        .tom(&["confirm", D, "IGA-04", "--party", "supplier", "--by", "Jo Marsh", "--dry-run"])
        .code(0)
        .out;
    assert!(words(&said).contains(&format!("BD-22 said: {was}")), "{said}");
}

#[test]
fn what_history_does_not_show_is_not_said() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", D, "BD-22", "Somewhere else."]).code(0);
    sandbox.commit("moved");
    let shallow = Sandbox::empty();
    let from = format!("file://{}", sandbox.path("").display());
    shallow.git(&["clone", "-q", "--depth", "1", &from, "."]);
    let shown = show(&shallow, "IGA-04");
    assert!(shown.contains("BD-22 changed since") && !shown.contains("said"), "{shown}");
    // Confirmed over something that was never committed.
    let sandbox = Sandbox::example();
    sandbox.tom(&["set", D, "BD-22", "Never committed."]).code(0);
    sandbox.tom(&["confirm", D, "IGA-04", "--party", "supplier", "--by", "Jo Marsh"]).code(0);
    sandbox.tom(&["set", D, "BD-22", "Somewhere else."]).code(0);
    sandbox.commit("moved");
    let shown = show(&sandbox, "IGA-04");
    assert!(shown.contains("BD-22 changed since Jo Marsh") && !shown.contains("Never"), "{shown}");
    // Without any commit there is nothing to look at, and nothing fails.
    let fresh = Sandbox::empty();
    fresh.git(&["init", "-q"]);
    fresh.tom(&["init"]).code(0);
    fresh.tom(&["new", "x"]).code(0);
    assert!(fresh.tom(&["show", "x", "IGA-03"]).code(0).out.contains("unanswered"));
}

#[test]
fn a_confirmation_that_another_partys_person_committed_is_claimed() {
    let sandbox = Sandbox::example();
    let confirm = |by: &str| {
        let note = format!("Confirmed by {by}");
        sandbox
            .tom(&[
                "confirm",
                D,
                "IGA-03",
                "--party",
                "deployer",
                "--by",
                "Ben Tarrant",
                "--note",
                &note,
                "--again",
            ])
            .code(0);
    };
    confirm("nobody known");
    commit_as(&sandbox, "A Stranger", "stranger@elsewhere.example");
    assert!(!show(&sandbox, "IGA-03").contains("claimed"), "whoever is not listed is nobody's person");
    confirm("himself");
    commit_as(&sandbox, "Ben Tarrant", "Ben.Tarrant@northfield.example");
    assert!(!show(&sandbox, "IGA-03").contains("claimed"));
    confirm("a colleague");
    commit_as(&sandbox, "Carys Nunn", "carys.nunn@northfield.example");
    assert!(!show(&sandbox, "IGA-03").contains("claimed"), "of the same party and organisation");
    confirm("the supplier");
    assert!(!show(&sandbox, "IGA-03").contains("claimed"), "it is not committed yet");
    commit_as(&sandbox, "Jo Marsh", "jo.marsh@acme.example");
    let why = "of Jo Marsh brought it in, who does not speak for the deployer";
    assert!(show(&sandbox, "IGA-03").contains(why), "{}", show(&sandbox, "IGA-03"));
    // Wherever claimed ones are counted in what history was read for, it is among them.
    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(&sandbox.tom(&[args, &["--format", "json"]].concat()).out).unwrap()
    };
    assert_eq!(json(&["status", D])["deployments"][0]["phases"][1]["claimed"], 1);
    let line = sandbox.tom(&["status", D]).out;
    assert!(line.contains("ready, 1 only claimed"), "{line}");
    assert_eq!(json(&["todo", D])["deployments"][0]["claimed"], 1);
    assert!(sandbox.tom(&["todo", D]).out.contains("1 confirmation is only claimed"));
    let table = sandbox.tom(&["status"]);
    assert!(table.err.contains("whose commits brought in what people say is not looked at"), "{}", table.err);
    sandbox.tom(&["render", D, "--to", "p", "--format", "json", "--pack", "phase-2"]).code(0);
    let pack: serde_json::Value =
        serde_json::from_str(&sandbox.read("p/acme-northfield-phase-2.json")).unwrap();
    assert_eq!(pack["readiness"]["claimed"], 1);
    // Later commits, by whomever, do not change whose it was: not over the same file, nor through a merge.
    sandbox.tom(&["set", D, "IGA-04.notes", "Other."]).code(0);
    commit_as(&sandbox, "Ben Tarrant", "ben.tarrant@northfield.example");
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.tom(&["set", D, "CSQ-4.notes", "Other."]).code(0);
    commit_as(&sandbox, "Ben Tarrant", "ben.tarrant@northfield.example");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.tom(&["set", D, "IGA-05.notes", "Other."]).code(0);
    commit_as(&sandbox, "Ben Tarrant", "ben.tarrant@northfield.example");
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert!(show(&sandbox, "IGA-03").contains(why));
    let status = words(&sandbox.tom(&["status", D]).code(0).out);
    assert!(status.contains("claimed only: IGA-03") && status.contains(why), "{status}");
    sandbox.tom(&["render", D, "--to", "packs", "--pack", "phase-2"]).code(0);
    let page = sandbox.read("packs/acme-northfield-phase-2.html");
    assert_eq!(page.matches("somebody of another party entered that (claimed)").count(), 1);
    // In a shallow clone it cannot be known, and is not said.
    let shallow = Sandbox::empty();
    let from = format!("file://{}", sandbox.path("").display());
    shallow.git(&["clone", "-q", "--depth", "1", &from, "."]);
    assert!(!show(&shallow, "IGA-03").contains("claimed"));
    // Another deployer's person speaks for another organisation; and confirming anew mends it.
    confirm("Southmere");
    commit_as(&sandbox, "Nadia Fenn", "nadia.fenn@southmere.example");
    assert!(show(&sandbox, "IGA-03").contains("of Nadia Fenn brought it in"));
    confirm("himself again");
    commit_as(&sandbox, "Ben Tarrant", "ben.tarrant@northfield.example");
    assert!(!show(&sandbox, "IGA-03").contains("claimed"));
}

#[test]
fn what_a_derivation_carries_is_not_the_deed_of_whoever_derived() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["derive", D, "acme-eastmoor"]).code(0);
    commit_as(&sandbox, "Ben Tarrant", "ben.tarrant@northfield.example");
    let shown = words(&sandbox.tom(&["show", "acme-eastmoor", "MSCA-AUD-01"]).code(0).out);
    assert!(shown.contains("confirmed for the supplier") && !shown.contains("claimed"), "{shown}");
}

/// What came along is the parent's to answer for, and what came along is what the lineage names.
#[test]
fn a_confirmation_that_somebody_wrote_into_what_was_received_did_not_come_along() {
    let sandbox = Sandbox::example();
    let name = "acme-southmere";
    sandbox.tom(&["confirm", name, "IGA-04", "--party", "supplier", "--by", "Jo Marsh", "--again"]).code(0);
    let nadia = || commit_as(&sandbox, "Nadia Fenn", "nadia.fenn@southmere.example");
    nadia();
    let is_claimed = || sandbox.tom(&["show", name, "IGA-04"]).code(0).out.contains("claimed only");
    assert!(is_claimed());
    let table = |path: &str, head: &str| {
        let text = sandbox.read(path);
        let start = text.find(head).unwrap() + head.len();
        let end = text[start..].find("\n\n").map_or(text.len(), |end| start + end);
        (text[..start].to_owned(), text[start..end].to_owned(), text[end..].to_owned())
    };
    let (_, forged, _) = table("assessments/acme-southmere/ig.toml", "[IGA-04.confirmed.supplier]");
    let received = "assessments/acme-southmere/received.toml";
    let (before, _, after) = table(received, "[answers.IGA-04.confirmed.supplier]");
    sandbox.write(received, format!("{before}{forged}{after}"));
    nadia();
    assert!(is_claimed(), "{}", sandbox.tom(&["show", name, "IGA-04"]).out);
    assert!(sandbox.tom(&["status", name]).out.contains("only claimed"));
    assert!(sandbox.tom(&["todo", name]).out.contains("only claimed"));
    let check = sandbox.tom(&["check", name]).code(1).out;
    assert!(check.contains("TOM-0502") && check.contains("are not those that came along"), "{check}");
    assert!(sandbox.tom(&["update", name]).code(2).err.contains("is not what was received"));
    // Every way in which something comes along names them.
    for derived in ["first", "second"] {
        let parent = if derived == "first" { "acme-5-1" } else { "first" };
        sandbox.git(&["checkout", "-q", "-f", "HEAD"]);
        sandbox.tom(&["derive", parent, derived]).code(0);
        assert!(
            sandbox
                .read(&format!("assessments/{derived}/deployment.toml"))
                .contains("confirmations = \"sha256:")
        );
        sandbox.commit("derived");
    }
}

/// However many reasons there are, it is one; and an acceptance is no confirmation.
#[test]
fn status_and_todo_count_each_claim_once_and_by_its_kind() {
    let sandbox = Sandbox::example();
    sandbox
        .tom(&["confirm", D, "IGA-03", "IGA-04", "--party", "deployer", "--by", "Ann Lee", "--again"])
        .code(0);
    commit_as(&sandbox, "Jo Marsh", "jo.marsh@acme.example");
    for command in ["status", "todo"] {
        let out = words(&sandbox.tom(&[command, D]).out);
        assert!(out.contains("2 confirmations are only claimed"), "{out}");
    }
    let risk = "assessments/acme-northfield/risks/HAZ-006.toml";
    sandbox.write(risk, sandbox.read(risk).replace("by = \"Rajan Pillai\"", "by = \"Ann Lee\""));
    for command in ["status", "todo"] {
        let out = words(&sandbox.tom(&[command, D]).out);
        assert!(out.contains(" and 1 acceptance are only claimed"), "{out}");
    }
}

#[test]
fn confirm_shows_in_full_what_it_confirms() {
    let sandbox = Sandbox::example();
    let ran = |address: &str, party: &str| {
        let mut command = sandbox.tom_command(&[
            "confirm",
            D,
            address,
            "--party",
            party,
            "--by",
            "Ann Lee",
            "--again",
            "--dry-run",
        ]);
        let out = run({
            command.env("COLUMNS", "80");
            command
        })
        .code(0)
        .out;
        assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
        words(&out)
    };
    let answer = ran("IGA-09", "deployer");
    for part in
        ["IGA-09 Security test", "answer: Yes", "notes: ", "evidence: ", "rests on BD-15", "rests on BD-22"]
    {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    let risk = ran("HAZ-004", "deployer");
    for part in [
        "hazard: ",
        "effect: ",
        "cause C1: ",
        "initial: Major, Medium: class 3",
        "residual: ",
        "M1 measure: ",
        "rests on BD-21",
    ] {
        assert!(risk.contains(part), "{part}: {risk}");
    }
    let rows = words(&sandbox.tom(&["show", D, "BD-24"]).code(0).out);
    assert!(rows.contains("rows.go-live.date: 2"), "{rows}");
}

/// Whoever enters a word of somebody else claims it, an acceptance like a confirmation.
#[test]
fn an_acceptance_that_another_partys_person_committed_is_claimed() {
    let sandbox = Sandbox::example();
    let accept = |reason: &str| {
        let args =
            ["accept", D, "HAZ-006", "--role", "siro", "--until", "2027-11-20", "--by", "Rajan Pillai"];
        sandbox.tom(&[&args[..], &["--again", "--reason", reason]].concat()).code(0);
    };
    accept("The supplier says so.");
    commit_as(&sandbox, "Jo Marsh", "jo.marsh@acme.example");
    let why = "of Jo Marsh brought it in, who is not listed as siro here";
    let status = words(&sandbox.tom(&["status", D]).code(0).out);
    assert!(status.contains("1 acceptance is only claimed") && status.contains(why), "{status}");
    assert!(status.contains("claimed only: HAZ-006.acceptance"), "{status}");
    assert!(status.contains("ready, 1 only claimed"), "{status}");
    assert!(show(&sandbox, "HAZ-006").contains(why));
    assert!(words(&sandbox.tom(&["todo", D]).out).contains("1 acceptance is only claimed"));
    let verified = words(&sandbox.tom(&["verify", D]).all());
    assert!(verified.contains("claimed"), "{verified}");
    sandbox.tom(&["render", D, "--to", "p", "--pack", "phase-2"]).code(0);
    let page = words(&sandbox.read("p/acme-northfield-phase-2.html"));
    assert!(
        page.contains(
            "Only claimed: 1 of these; who confirmed, accepted or replied is not listed for it, or"
        )
    );
    assert!(page.contains("It is only claimed: somebody who is not listed in that role entered that."));
    // Nobody but the one who accepts: a colleague is not listed in the role. And entering it oneself mends it.
    accept("A colleague says so.");
    commit_as(&sandbox, "Carys Nunn", "carys.nunn@northfield.example");
    assert!(show(&sandbox, "HAZ-006").contains("of Carys Nunn brought it in"));
    accept("I say so.");
    commit_as(&sandbox, "Rajan Pillai", "rajan.pillai@northfield.example");
    assert!(!show(&sandbox, "HAZ-006").contains("claimed"));
}

/// The reply to a transfer is a word of the party that a risk passes to.
#[test]
fn a_reply_that_another_partys_person_committed_is_claimed() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["transfer", D, "HAZ-011", "--to", "supplier", "--duty", "Ship an alert"]).code(0);
    sandbox.tom(&["transfer", D, "HAZ-011", "--accept", "--by", "Jo Marsh"]).code(0);
    commit_as(&sandbox, "Carys Nunn", "carys.nunn@northfield.example");
    let status = words(&sandbox.tom(&["status", D]).code(0).out);
    let why = "of Carys Nunn brought it in, who does not speak for the supplier";
    assert!(status.contains("1 reply to a transfer is only claimed") && status.contains(why), "{status}");
}

/// A confirmation by the supplier of southmere's own, written into what was received, with the digest that this then has.
fn forged(sandbox: &Sandbox) {
    let name = "acme-southmere";
    sandbox.tom(&["confirm", name, "IGA-04", "--party", "supplier", "--by", "Jo Marsh", "--again"]).code(0);
    let folder = format!("assessments/{name}");
    let head = "[IGA-04.confirmed.supplier]";
    let table = |text: &str, head: &str| {
        let start = text.find(head).unwrap() + head.len();
        (start, text[start..].find("\n\n").map_or(text.len(), |end| start + end))
    };
    let text = sandbox.read(&format!("{folder}/ig.toml"));
    let (start, end) = table(&text, head);
    let received = sandbox.read(&format!("{folder}/received.toml"));
    let (from, to) = table(&received, "[answers.IGA-04.confirmed.supplier]");
    let received = format!("{}{}{}", &received[..from], &text[start..end], &received[to..]);
    sandbox.write(&format!("{folder}/received.toml"), &received);
    let store = tom::store::WorkTree::new(sandbox.path(""));
    let (project, _) = tom::project::Project::open(Box::new(store)).unwrap();
    let loaded = project.load(&tom::model::DeploymentName::new(name).unwrap()).unwrap();
    let lineage = loaded.deployment.unwrap().meta.derived_from.unwrap();
    let (old, new) = (lineage.confirmations.unwrap(), loaded.confirmations.unwrap().to_string());
    assert_ne!(old, new);
    sandbox.replace(&format!("{folder}/deployment.toml"), &old, &new);
}

/// Whoever can write the one file can write the other: the parent is asked what it said.
#[test]
fn a_digest_that_stands_beside_what_was_received_proves_nothing() {
    let name = "acme-southmere";
    let sandbox = Sandbox::example();
    let is_claimed = |sandbox: &Sandbox| {
        let shown = sandbox.tom(&["show", name, "IGA-04"]).code(0).out;
        words(&shown).contains("of Nadia Fenn brought it in, who does not speak for the supplier")
    };
    let nadia = |sandbox: &Sandbox| commit_as(sandbox, "Nadia Fenn", "nadia.fenn@southmere.example");
    forged(&sandbox);
    nadia(&sandbox);
    assert!(!sandbox.tom(&["check", name]).out.contains("TOM-0502"), "the files agree with one another");
    assert!(is_claimed(&sandbox));
    assert!(sandbox.tom(&["status", name]).out.contains("1 confirmation is only claimed"));
    // Without the line nothing is held against anything.
    let file = "assessments/acme-southmere/deployment.toml";
    let without = |sandbox: &Sandbox| {
        let text = sandbox.read(file);
        let kept = text.lines().filter(|line| !line.starts_with("confirmations = "));
        sandbox.write(file, kept.collect::<Vec<_>>().join("\n") + "\n");
    };
    without(&sandbox);
    nadia(&sandbox);
    assert!(is_claimed(&sandbox));
    // What really came along is carried still, and the next update writes the line again.
    assert!(sandbox.tom(&["status", name]).out.contains("1 confirmation is only claimed"));
    sandbox.tom(&["update", name]).code(0);
    assert!(sandbox.read(file).contains("confirmations = \"sha256:"));
    assert!(!sandbox.read("assessments/acme-southmere/received.toml").contains("on = 2026-11-20"));
    // The finding gives nobody the digest to paste.
    sandbox.replace(file, "confirmations = \"sha256:", "confirmations = \"sha256:0");
    let finding = sandbox.tom(&["check", name]).code(1).out;
    assert!(finding.contains("TOM-0502") && !finding.contains("the file now has"), "{finding}");
    // A commit that the lineage names decides, whatever the parent says later.
    let sandbox = Sandbox::example();
    let head = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    forged(&sandbox);
    let text = sandbox.read(file);
    let commit = text.lines().find(|line| line.starts_with("commit = ")).unwrap();
    sandbox.replace(file, commit, &format!("commit = \"{head}\""));
    nadia(&sandbox);
    let parent = "assessments/acme-northfield/ig.toml";
    let forged_in = sandbox.read("assessments/acme-southmere/ig.toml");
    sandbox.write(parent, forged_in);
    sandbox.commit("the parent says it now");
    assert!(is_claimed(&sandbox));
    // Without a parent to ask, it is the word of whoever brought it in, whatever the files say of one another.
    let alone = Sandbox::example();
    alone.git(&["rm", "-rqf", "assessments/acme-northfield", "assessments/acme-5-1"]);
    alone.git(&["checkout", "-q", "--orphan", "new"]);
    alone.git(&[
        "-c",
        "user.name=x",
        "commit",
        "-qm",
        "anew",
        "--author",
        "Nadia Fenn <nadia.fenn@southmere.example>",
    ]);
    let status = words(&alone.tom(&["status", name]).out);
    assert!(
        status.contains("confirmations are only claimed") && status.contains("of Nadia Fenn brought"),
        "{status}"
    );
}

/// The parent is known by its id: what it is called where it is named decides nothing.
#[test]
fn a_parent_that_is_called_otherwise_is_asked_all_the_same() {
    let name = "acme-southmere";
    let sandbox = Sandbox::example();
    forged(&sandbox);
    let file = "assessments/acme-southmere/deployment.toml";
    sandbox.replace(file, "deployment = \"acme-northfield\"", "deployment = \"gone\"");
    commit_as(&sandbox, "Nadia Fenn", "nadia.fenn@southmere.example");
    let status = words(&sandbox.tom(&["status", name]).code(0).out);
    assert!(status.contains("1 confirmation is only claimed"), "{status}");
    assert!(status.contains("claimed only: IGA-04 commit"), "{status}");
}

/// What a parent says is as good as it is there, however far it has come since.
#[test]
fn a_confirmation_that_is_claimed_in_the_parent_is_claimed_in_all_that_come_from_it() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["derive", D, "acme-eastmoor"]).code(0);
    let ben = || commit_as(&sandbox, "Ben Tarrant", "ben.tarrant@northfield.example");
    ben();
    let file = "assessments/acme-northfield/ig.toml";
    let before = sandbox.read(file);
    sandbox.tom(&["confirm", D, "IGA-04", "--party", "supplier", "--by", "Jo Marsh", "--again"]).code(0);
    commit_as(&sandbox, "Helen Okafor", "helen.okafor@northfield.example");
    sandbox.tom(&["update", "acme-eastmoor"]).code(0);
    ben();
    sandbox.tom(&["derive", "acme-eastmoor", "third"]).code(0);
    ben();
    let is_claimed = |name: &str| {
        let shown = words(&sandbox.tom(&["show", name, "IGA-04"]).code(0).out);
        shown.contains("of Helen Okafor brought it in, who does not speak for the supplier")
    };
    for name in [D, "acme-eastmoor", "third"] {
        assert!(is_claimed(name), "{name}");
        let status = words(&sandbox.tom(&["status", name]).code(0).out);
        assert!(status.contains("1 confirmation is only claimed"), "{name}: {status}");
    }
    // What the parent took back since was claimed when it came along; and where it is confirmed rightly, it is so after an update.
    sandbox.write(file, before);
    ben();
    assert!(!is_claimed(D) && is_claimed("acme-eastmoor") && is_claimed("third"));
    let args =
        ["confirm", D, "IGA-04", "--party", "supplier", "--by", "Jo Marsh", "--again", "--note", "Mine."];
    sandbox.tom(&args).code(0);
    commit_as(&sandbox, "Jo Marsh", "jo.marsh@acme.example");
    for name in ["acme-eastmoor", "third"] {
        sandbox.tom(&["update", name]).code(0);
        ben();
        assert!(!is_claimed(name), "{name}");
    }
}

/// A folder is followed by the id in it: calling it otherwise says nothing.
#[test]
fn what_stood_in_a_folder_of_another_name_is_not_the_deed_of_whoever_renamed_it() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["confirm", D, "IGA-04", "--party", "supplier", "--by", "Jo Marsh", "--again"]).code(0);
    commit_as(&sandbox, "Ben Tarrant", "ben.tarrant@northfield.example");
    for (from, to) in [(D, "nf"), ("nf", "north")] {
        sandbox.git(&["mv", &format!("assessments/{from}"), &format!("assessments/{to}")]);
        commit_as(&sandbox, "Helen Okafor", "helen.okafor@northfield.example");
    }
    let status = words(&sandbox.tom(&["status", "north"]).code(0).out);
    assert!(status.contains("1 confirmation is only claimed"), "{status}");
    assert!(status.contains("claimed only: IGA-04 commit") && status.contains("of Ben Tarrant"), "{status}");
}
