//! What approvers write into workbooks, answers to queries, and in whose name an import is committed.

use super::*;
use crate::trust::{NORTHFIELD, peopled};

/// A repository with people who decide about Eastmoor.
fn with_approvers() -> Sandbox {
    let sandbox = Sandbox::init();
    let settings = sandbox.read("tom.toml");
    let person = |id: &str, name: &str, party: &str, role: &str| {
        format!(
            "\n[people.{id}]\nname = \"{name}\"\nparty = \"{party}\"\norganisation = \"XEM01\"\nroles = [{role}]\n"
        )
    };
    let people = [
        person("marian-holt", "Marian Holt", "authority", "\"asset-owner\"")
            .replace("organisation = \"XEM01\"\n", ""),
        person("ann-lee", "Ann Lee", "deployer", "\"executive\""),
        person("omar-finch", "Omar Finch", "deployer", "\"siro\""),
        person("iris-moss", "Iris Moss", "deployer", "\"siro\", \"clinical-safety-officer\""),
    ];
    sandbox.write("tom.toml", settings + &people.concat());
    named(&sandbox);
    sandbox.commit("people who decide");
    sandbox
}

/// A checklist with an approval sheet: what stands there in our own words.
fn approved(answers: &[(&str, &str)], approvals: &[(&str, &str)]) -> Cells {
    let mut cells =
        checklist(&[&[("1 - Basic Details!E6", "XEM01"), ("7 - IG!F23", "Yes")], answers].concat());
    cells.get_mut("5 - Accountability").unwrap().remove(&(41, 2));
    let sheet = cells.entry("Approval".to_owned()).or_default();
    let form = [
        ("B7", "Category"),
        ("C7", "Role"),
        ("D7", "Guidance"),
        ("E7", "Organisation"),
        ("F7", "Name"),
        ("G7", "Job Title"),
        ("H7", "Approval Date"),
        ("B8", "NHS Digital Approver"),
        ("C9", "Asset owner"),
        ("B11", "Category"),
        ("C11", "Area"),
        ("D11", "Approved/Rejected"),
        ("E11", "Reason"),
        ("H11", "Date"),
        ("B12", "Approval/Rejection"),
        ("C13", "System usage"),
        ("C14", "System setting"),
        ("C15", "Data user organisation"),
        ("B18", "Outcome of the statement"),
        ("C19", "Action"),
        ("B30", "NHS Digital Approver"),
        ("C31", "Asset owner"),
        ("C32", "Other individuals"),
        ("B33", "Care Organisation Approver"),
        ("C34", "Organisation owner"),
        ("C35", "Other individuals"),
        ("B37", "Client Supplier Stakeholders"),
        ("C38", "Supplier representative"),
        ("C39", "Other individuals"),
    ];
    for (cell, text) in form.iter().chain(approvals) {
        let at = Place::parse(cell).unwrap();
        sheet.insert((at.row, at.column), (*text).to_owned());
    }
    cells
}

/// Git knows who works here.
fn named(sandbox: &Sandbox) {
    sandbox.git(&["config", "user.name", "Jo Marsh"]);
    sandbox.git(&["config", "user.email", "jo.marsh@acme.example"]);
}

const PHASE_1: [(&str, &str); 9] = [
    ("F9", "Marian Holt"),
    ("G9", "Head of demographics"),
    ("H9", "4/3/2026"),
    ("D13", "Approved"),
    ("E13", "Look-up only"),
    ("D14", "approved"),
    ("D15", "Approved"),
    ("D19", "It is approved, but a DSA is needed first"),
    ("H19", "5/3/2026"),
];

fn saved(sandbox: &Sandbox, file: &str, cells: &Cells) {
    sandbox.write(file, save(cells));
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn statements(sandbox: &Sandbox, name: &str) -> Vec<String> {
    let files = sandbox.files(&format!("assessments/{name}"));
    files.into_keys().filter(|file| file.starts_with("approvals/")).collect()
}

#[test]
fn what_fills_the_approval_sheet_is_recorded_and_never_verified() {
    let sandbox = with_approvers();
    let phase_2 = [("F34", "Ann Lee"), ("H34", "2026-04-01"), ("F35", "Omar Finch"), ("H35", "2026-03-30")];
    let cells = approved(&[], &[&PHASE_1[..], &phase_2].concat());
    saved(&sandbox, "docs/evidence/eastmoor.xlsx", &cells);
    let ran =
        sandbox.tom(&["import", "docs/evidence/eastmoor.xlsx", "--as", "eastmoor", "--sender", "Ann Lee"]);
    let out = flat(&ran.code(1).out);
    for said in [
        "phase 1, asset-owner: approved-dsa-needed, by Marian Holt on 2026-03-05",
        "phase 2, siro: approved, by Omar Finch on 2026-03-30",
        "phase 2, executive: approved, by Ann Lee on 2026-04-01",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let files = statements(&sandbox, "eastmoor");
    assert_eq!(files.len(), 3, "{files:?}");
    let first = sandbox.read(&format!("assessments/eastmoor/{}", files[0]));
    for said in [
        "by = \"Marian Holt\"",
        "time = 2026-03-05T00:00:00Z",
        "evidence = \"docs/evidence/eastmoor.xlsx\"",
        "reason = \"Look-up only\"",
    ] {
        assert!(
            first.replace("\"2026-03-05T00:00:00Z\"", "2026-03-05T00:00:00Z").contains(said),
            "{said}: {first}"
        );
    }
    let verify = sandbox.tom(&["verify", "eastmoor"]);
    assert!(verify.out.contains("recorded") && !verify.out.contains("verified"), "{}", verify.out);
    sandbox.commit("moved in");
    sandbox.tom(&["check", "eastmoor"]).code(0);

    // The same names over another answer decide nothing anew, and what was decided over has changed.
    let before = statements(&sandbox, "eastmoor");
    let changed = approved(&[("7 - IG!F29", "No")], &[&PHASE_1[..], &phase_2].concat());
    saved(&sandbox, "docs/evidence/eastmoor-2.xlsx", &changed);
    let ran = sandbox.tom(&["import", "docs/evidence/eastmoor-2.xlsx", "--as", "eastmoor"]).code(1);
    assert!(!ran.out.contains("recorded, with"), "{}", ran.out);
    assert_eq!(statements(&sandbox, "eastmoor"), before);
    let verify = sandbox.tom(&["verify", "eastmoor"]);
    assert!(verify.out.contains("void") && verify.out.contains("IGA-03"), "{}", verify.out);
}

#[test]
fn an_approval_that_the_sheet_does_not_say_whole_is_listed_with_the_reason() {
    let sandbox = with_approvers();
    let without =
        |cell: &str| -> Vec<(&str, &str)> { PHASE_1.into_iter().filter(|(at, _)| *at != cell).collect() };
    let with = |cell, text| [&without(cell)[..], &[(cell, text)]].concat();
    let cases: [(Vec<(&str, &str)>, &str); 11] = [
        (without("F9"), "nobody is named who decided it"),
        (without("D19"), "no outcome is chosen, so nothing is decided"),
        (with("D19", "Select"), "no outcome is chosen, so nothing is decided"),
        (with("D19", "As we agreed"), "it is none of the outcomes that there are"),
        ([&without("H9")[..]].concat().into_iter().filter(|(at, _)| *at != "H19").collect(), "on which day"),
        (with("D14", "Rejected"), "means that every verdict is `Approved`"),
        (with("F9", "Somebody Else"), "`Somebody Else` is not listed in `tom.toml` as asset-owner"),
        (with("H19", "5/3/2031"), "2031-03-05 is still to come"),
        (vec![("F35", "Iris Moss"), ("H35", "2026-03-30")], "does not say as which"),
        (vec![("F39", "Ann Lee"), ("H39", "2026-03-30")], "the framework has no role that decides so"),
        (vec![("F34", "Ann Lee"), ("H34", "in spring")], "is no day"),
    ];
    for (approvals, why) in cases {
        saved(&sandbox, "in.xlsx", &approved(&[], &approvals));
        let ran = sandbox.tom(&["import", "in.xlsx", "--as", "eastmoor", "--dry-run"]).code(1);
        assert!(flat(&ran.out).contains(why), "{why}: {}", ran.out);
        assert!(!ran.out.contains("would record"), "{}", ran.out);
    }
    // A rejection is recorded, with or without a reason.
    let rejected = [&with("D19", "Rejected")[..], &[("D13", "Rejected")]].concat();
    saved(&sandbox, "in.xlsx", &approved(&[], &rejected));
    let ran = sandbox.tom(&["import", "in.xlsx", "--as", "eastmoor", "--dry-run"]).code(1);
    assert!(flat(&ran.out).contains("phase 1, asset-owner: rejected, by Marian Holt"), "{}", ran.out);
    assert!(ran.out.contains("commit `in.xlsx` too"), "{}", ran.out);
    // An answer in what they decided over could not be read.
    saved(
        &sandbox,
        "in.xlsx",
        &approved(&[("7 - IG!F29", "Perhaps")], &[("F34", "Ann Lee"), ("H34", "2026-04-01")]),
    );
    let ran = sandbox.tom(&["import", "in.xlsx", "--as", "eastmoor", "--dry-run"]).code(1);
    assert!(flat(&ran.out).contains("over answers that could not be imported: IGA-03"), "{}", ran.out);
    // The document says itself that it was changed afterwards.
    let mut cells = approved(&[], &[("F34", "Ann Lee"), ("H34", "2026-04-01")]);
    let cover = cells.entry("Cover".to_owned()).or_default();
    let history = [
        (1, ["Version", "Date of Production", "Version Description", "Change Id", "Author"]),
        (2, ["1.0", "2026-04-01", "Signed", "C-1", "Jo Marsh"]),
        (3, ["1.1", "2026-04-09", "Another answer", "C-2", "Jo Marsh"]),
    ];
    for (row, texts) in history {
        (2..).zip(texts).for_each(|(column, text)| drop(cover.insert((row, column), text.to_owned())));
    }
    saved(&sandbox, "in.xlsx", &cells);
    let ran = sandbox.tom(&["import", "in.xlsx", "--as", "eastmoor", "--dry-run"]).code(1);
    assert!(flat(&ran.out).contains("history goes on until 2026-04-09"), "{}", ran.out);
    // The file is nowhere in the repository.
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("in.xlsx");
    std::fs::write(&file, save(&approved(&[], &PHASE_1))).unwrap();
    let ran = sandbox.tom(&["import", file.to_str().unwrap(), "--as", "eastmoor"]).code(1);
    assert!(flat(&ran.out).contains("put the file into the repository"), "{}", ran.out);
    assert!(statements(&sandbox, "eastmoor").is_empty());
}

#[test]
fn a_phase_that_is_not_ready_is_not_approved_in_a_workbook() {
    let sandbox = peopled();
    named(&sandbox);
    sandbox.tom(&["export", "acme-southmere", "--party", "authority", "--to", "party.xlsx"]).code(0);
    let bytes = std::fs::read(sandbox.path("party.xlsx")).unwrap();
    let decide = |outcome, more: &[(&str, &str, &str, &str)]| {
        let decision = [
            ("Decision", "2/asset-owner", "outcome", outcome),
            ("Decision", "2/asset-owner", "by", "Marian Holt"),
            ("Decision", "2/asset-owner", "on", "2026-11-19"),
        ];
        sandbox.write("docs/evidence/back.xlsx", edited(&bytes, &[&decision[..], more].concat()));
        sandbox.tom(&["import", "docs/evidence/back.xlsx"])
    };
    let ran = decide("approved", &[]).code(1);
    assert!(flat(&ran.out).contains("phase 2 is not ready"), "{}", ran.out);
    assert!(statements(&sandbox, "acme-southmere").is_empty());
    decide("returned", &[("Decision", "2/asset-owner", "reason", "Half of it is empty")]).code(0);
    assert_eq!(statements(&sandbox, "acme-southmere").len(), 1);
}

#[test]
fn a_decision_over_evidence_that_is_not_there_is_refused() {
    let sandbox = peopled();
    named(&sandbox);
    std::fs::remove_file(sandbox.path("docs/evidence/northfield-data-flow.md")).unwrap();
    sandbox.commit("gone");
    let decision = [
        ("Decision", "2/asset-owner", "outcome", "returned"),
        ("Decision", "2/asset-owner", "by", "Marian Holt"),
        ("Decision", "2/asset-owner", "on", "2026-11-19"),
        ("Decision", "2/asset-owner", "reason", "Show the flows"),
    ];
    sandbox.write("docs/evidence/back.xlsx", edited(&for_party(&sandbox, "authority"), &decision));
    let ran = sandbox.tom(&["import", "docs/evidence/back.xlsx"]).code(1);
    assert!(flat(&ran.out).contains("`docs/evidence/northfield-data-flow.md` is not here"), "{}", ran.out);
    assert!(statements(&sandbox, NORTHFIELD).is_empty());
}

/// The example's workbook for a party, with something asked and something to decide.
fn for_party(sandbox: &Sandbox, party: &str) -> Vec<u8> {
    sandbox.tom(&["export", NORTHFIELD, "--party", party, "--to", "party.xlsx"]).code(0);
    std::fs::read(sandbox.path("party.xlsx")).unwrap()
}

fn returned(sandbox: &Sandbox) {
    let record = |rest: &[&str]| {
        sandbox.tom(&[&["record", NORTHFIELD], rest, &["--by", "Marian Holt"]].concat()).code(0);
    };
    record(&["submit", "--phase", "2"]);
    record(&[
        "return",
        "--phase",
        "2",
        "--query",
        "IGA-16=Which system is it?",
        "--query",
        "HAZ-004=Who checks?",
    ]);
    sandbox.commit("returned with queries");
}

#[test]
fn queries_stand_in_the_workbook_and_their_answers_come_back() {
    let sandbox = peopled();
    named(&sandbox);
    returned(&sandbox);
    let bytes = for_party(&sandbox, "deployer");
    let answered =
        edited(&bytes, &[("Queries", "IGA-16", "reply", "The pathology system.\nSee the diagram.")]);
    sandbox.write("back.xlsx", &answered);
    let ran = sandbox.tom(&["import", "back.xlsx", "--sender", "Ben Tarrant"]).code(0);
    assert!(ran.out.contains("imported 1 of "), "{}", ran.out);
    let record = sandbox.read("assessments/acme-northfield/record.toml");
    assert!(
        record.contains("The pathology system.\nSee the diagram.") && record.contains("sent by Ben Tarrant)")
    );
    let todo = sandbox.tom(&["todo", NORTHFIELD, "--party", "deployer"]).out;
    assert!(todo.contains("Who checks?") && !todo.contains("Which system"), "{todo}");
    assert_eq!(sandbox.git(&["status", "--porcelain", "assessments"]).lines().count(), 1);
    sandbox.commit("answered");
    // Once more says nothing new; another answer to what nobody asks any more is refused.
    let ran = sandbox.tom(&["import", "back.xlsx"]).code(0);
    assert!(ran.out.contains("imported 0 of "), "{}", ran.out);
    sandbox.write("late.xlsx", edited(&bytes, &[("Queries", "IGA-16", "reply", "Another one")]));
    let ran = sandbox.tom(&["import", "late.xlsx"]).code(1);
    assert!(ran.out.contains("it has been answered since"), "{}", ran.out);
    assert_eq!(sandbox.git(&["status", "--porcelain", "assessments"]), "");
    sandbox.tom(&["check", NORTHFIELD]).code(0);
}

#[test]
fn an_approver_decides_in_the_workbook_over_what_it_was_exported_from() {
    let sandbox = peopled();
    named(&sandbox);
    let bytes = for_party(&sandbox, "authority");
    let decision = [
        ("Decision", "1/asset-owner", "outcome", "Approved; a data sharing agreement has to follow"),
        ("Decision", "1/asset-owner", "by", "Marian Holt"),
        ("Decision", "1/asset-owner", "on", "2026-11-19"),
        ("Decision", "1/asset-owner", "conditions", "Send the agreement"),
        ("Decision", "1/asset-owner/AP1-02", "outcome", "Approved"),
        ("Decision", "1/asset-owner/AP1-03", "outcome", "Approved"),
        ("Decision", "1/asset-owner/AP1-03", "reason", "A clinic"),
        ("Decision", "1/asset-owner/AP1-04", "outcome", "Approved"),
    ];
    sandbox.write("docs/evidence/decided.xlsx", edited(&bytes, &decision));
    sandbox.write("docs/evidence/half.xlsx", edited(&bytes, &decision[..5]));
    let unread = edited(
        &bytes,
        &[
            &decision[..],
            &[
                ("Decision", "2/asset-owner", "outcome", "returned"),
                ("Decision", "2/asset-owner", "by", "Marian Holt"),
                ("Decision", "2/asset-owner", "on", "2026-11-19"),
                ("Decision", "2/asset-owner", "queries", "IGA-16: Which system is it?"),
            ],
        ]
        .concat(),
    );
    sandbox.write("docs/evidence/both.xlsx", unread);
    sandbox.commit("workbooks");
    let ran = sandbox.tom(&["import", "docs/evidence/half.xlsx", "--dry-run"]).code(1);
    assert!(ran.out.contains("`AP1-03` has no verdict"), "{}", ran.out);
    let ran = sandbox.tom(&[
        "import",
        "docs/evidence/decided.xlsx",
        "--author",
        "Marian Holt <mh@authority.example>",
    ]);
    assert!(
        flat(&ran.code(0).out)
            .contains("phase 1, asset-owner: approved-dsa-needed, by Marian Holt on 2026-11-19")
    );
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%an <%ae> by %cn"]).trim(),
        "Marian Holt <mh@authority.example> by Jo Marsh"
    );
    assert_eq!(statements(&sandbox, NORTHFIELD).len(), 1);
    let says = sandbox.read(&format!("assessments/{NORTHFIELD}/{}", statements(&sandbox, NORTHFIELD)[0]));
    assert!(says.contains("Send the agreement") && says.contains("reason = \"A clinic\""), "{says}");
    let ran = sandbox.tom(&["import", "docs/evidence/both.xlsx"]).code(0);
    assert!(flat(&ran.out).contains("phase 2, asset-owner: returned"), "{}", ran.out);
    assert_eq!(statements(&sandbox, NORTHFIELD).len(), 2, "what was decided before is not decided anew");
    sandbox.tom(&["check", NORTHFIELD]).code(0);
}

#[test]
fn a_decision_over_what_has_changed_since_the_export_is_refused() {
    let sandbox = peopled();
    named(&sandbox);
    let bytes = for_party(&sandbox, "authority");
    let decision = [
        ("Decision", "2/asset-owner", "outcome", "approved"),
        ("Decision", "2/asset-owner", "by", "Marian Holt"),
        ("Decision", "2/asset-owner", "on", "2026-11-19"),
    ];
    sandbox.write("docs/evidence/decided.xlsx", edited(&bytes, &decision));
    sandbox.tom(&["set", NORTHFIELD, "HAZ-004.effect", "Far worse than was thought"]).code(0);
    sandbox.tom(&["confirm", NORTHFIELD, "HAZ-004", "--party", "deployer", "--by", "Dr Esther Lyle"]).code(0);
    sandbox.commit("worse");
    let ran = sandbox.tom(&["import", "docs/evidence/decided.xlsx"]).code(1);
    assert!(
        flat(&ran.out).contains("what it is over has changed since the workbook was exported"),
        "{}",
        ran.out
    );
    assert!(statements(&sandbox, NORTHFIELD).is_empty());
}

#[test]
fn an_import_is_committed_in_the_senders_name_and_nothing_else_with_it() {
    let sandbox = Sandbox::example();
    let back = |notes: &str| edited(&exported(&sandbox), &[("7 - IG", "IGA-03", "notes", notes)]);
    sandbox.write("back.xlsx", back("Looked at again"));
    sandbox.write("other.txt", "not part of it");
    let ann = ["--author", "Ann Lee <ann.lee@northfield.example>"];
    let import = |rest: &[&str]| sandbox.tom(&[&["import", "back.xlsx"], &ann[..], rest].concat());
    let head = || sandbox.git(&["rev-parse", "HEAD"]);
    let before = head();
    let ran = import(&["--dry-run"]).code(0);
    assert!(ran.out.contains("would commit that in the name of Ann Lee"), "{}", ran.out);
    assert_eq!(head(), before);
    sandbox.git(&["add", "other.txt"]);
    let ran = import(&[]).code(2);
    assert!(ran.err.contains("`other.txt` is staged already"), "{}", ran.err);
    sandbox.git(&["rm", "-q", "--cached", "other.txt"]);
    let ran = import(&[]).code(0);
    assert!(ran.out.contains(&format!("committed {} in the name of Ann Lee", &head()[..12])), "{}", ran.out);
    let changed = sandbox.git(&["show", "--name-only", "--format=%an, %cn%n%B", "HEAD"]);
    assert_eq!(
        flat(&changed),
        format!(
            "Ann Lee, Jo Marsh Import back.xlsx into acme-northfield From back.xlsx (sha256:{}, sent by Ann Lee). assessments/acme-northfield/ig.toml",
            tom::model::Digest::of_bytes(&std::fs::read(sandbox.path("back.xlsx")).unwrap()).hex()
        )
    );
    assert!(sandbox.git(&["status", "--porcelain"]).contains("?? other.txt"));
    let ran = import(&[]).code(0);
    assert!(ran.out.contains("nothing is committed"), "{}", ran.out);
    let ran = sandbox.tom(&["import", "back.xlsx", "--author", "Ann Lee"]).code(2);
    assert!(ran.err.contains("write it as in"), "{}", ran.err);
    let mut nobody = sandbox.tom_command(&["import", "back.xlsx", ann[0], ann[1]]);
    for key in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        nobody.env_remove(key);
    }
    let ran = crate::support::run(nobody).code(2);
    assert!(ran.err.contains("git does not know who commits"), "{}", ran.err);
}

#[test]
fn people_confirm_rate_and_accept_in_the_workbook() {
    let sandbox = Sandbox::example();
    let edits = [
        ("Risks", "HAZ-004", "residual.likelihood", "Low"),
        ("Risks", "HAZ-004", "confirm.deployer", "Dr Esther Lyle"),
        ("Risks", "HAZ-004", "accept.by", "Rajan Pillai"),
        ("Risks", "HAZ-004", "accept.role", "siro"),
        ("Risks", "HAZ-004", "accept.until", "2027-05-05"),
        ("Risks", "HAZ-004", "accept.reason", "The clinic is small"),
        ("Risks", "HAZ-007", "accept.by", "Dr Esther Lyle"),
        ("Risks", "HAZ-007", "accept.role", "clinical-safety-officer"),
        ("Mitigations", "HAZ-004.mitigations.M1", "confirm.owner", "Jo Marsh"),
        ("7 - IG", "IGA-02", "answer", "No"),
        ("7 - IG", "IGA-02", "confirm.deployer", "Ben Tarrant"),
    ];
    sandbox.write("back.xlsx", edited(&exported(&sandbox), &edits));
    let ran = sandbox.tom(&["import", "back.xlsx", "--sender", "Ben Tarrant"]).code(1);
    assert!(
        flat(&ran.out).contains("an acceptance needs a name, a role, a last day and a reason"),
        "{}",
        ran.out
    );
    let risk = sandbox.read("assessments/acme-northfield/risks/HAZ-004.toml");
    let (_, acceptance) = risk.split_once("[acceptance]\n").unwrap();
    assert!(acceptance.starts_with("by = \"Rajan Pillai\"\nrole = \"siro\"\nclass = 3\n"), "{risk}");
    let (_, confirmed) = risk.split_once("[confirmed.deployer]\n").unwrap();
    assert!(confirmed.starts_with("by = \"Dr Esther Lyle\"\non = 2026-11-20\n"), "{risk}");
    assert!(!sandbox.read("assessments/acme-northfield/risks/HAZ-007.toml").contains("[acceptance]"));
    let ig = sandbox.read("assessments/acme-northfield/ig.toml");
    assert!(ig.contains("[IGA-02.confirmed.deployer]\nby = \"Ben Tarrant\"\n"), "{ig}");
    let show = sandbox.tom(&["show", NORTHFIELD, "HAZ-004"]).code(0).out;
    assert!(show.contains("confirmed") && !show.contains("stale"), "{show}");
    sandbox.tom(&["check", NORTHFIELD]).code(0);
}

#[test]
fn several_workbooks_go_into_a_folder() {
    let sandbox = Sandbox::example();
    let ran = sandbox.tom(&["export", "--all", "--party", "deployer", "--todo", "--to", "out"]).code(0);
    assert_eq!(ran.out.lines().count(), 3, "{}", ran.out);
    sandbox.tom(&["export", "acme-southmere", "--party", "deployer", "--todo", "--to", "one.xlsx"]).code(0);
    assert_eq!(sandbox.files("out")["acme-southmere.xlsx"], std::fs::read(sandbox.path("one.xlsx")).unwrap());
}
