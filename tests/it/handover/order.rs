//! What is merged against what, in which order, and what is refused.

use super::hostile::{entries, packed};
use super::*;

const RECORD: &str = "assessments/acme-northfield/record.toml";

#[test]
fn the_same_assessment_gives_the_same_file_and_receiving_it_twice_changes_nothing() {
    let (supplier, deployer) = (supplier(), organisation());
    let bytes = send(&supplier, SUPPLIER, "deployer");
    assert_eq!(send(&supplier, SUPPLIER, "deployer"), bytes);
    assert_eq!(take(&deployer, DEPLOYER, &bytes, 0)["result"], "new");
    deployer.commit("received");
    let before = deployer.files("");
    assert_eq!(take(&deployer, DEPLOYER, &bytes, 0)["result"], "again");
    assert_eq!(deployer.files(""), before);
    // Every byte of the folder is what was sent.
    assert_eq!(deployer.files("assessments/acme-northfield"), supplier.files("assessments/acme-northfield"));
    deployer.tom(&["check"]).code(0);
}

#[test]
fn a_rehearsal_writes_nothing_anywhere() {
    let (supplier, deployer) = both();
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "Longer than we thought.");
    let before = (supplier.files(""), deployer.files(""));
    supplier.tom(&["hand-over", NORTHFIELD, "--to", "deployer", "--by", SUPPLIER, "--dry-run"]).code(0);
    assert_eq!(supplier.files(""), before.0);
    let bytes = send(&supplier, SUPPLIER, "deployer");
    std::fs::write(deployer.path(".git/in.zip"), bytes).unwrap();
    let ran = deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER, "--dry-run"]).code(0);
    assert!(ran.out.contains("would take 1 change") && ran.out.contains("HAZ-009.effect"), "{}", ran.out);
    assert_eq!(deployer.files(""), before.1);
}

#[test]
fn into_an_empty_folder_it_comes_whole() {
    let supplier = supplier();
    let bytes = send(&supplier, SUPPLIER, "deployer");
    let empty = Sandbox::empty();
    empty.write("in.zip", &bytes);
    let dry = empty.tom(&["receive", "in.zip", "--by", DEPLOYER, "--dry-run"]).code(0);
    assert!(dry.out.contains("would be made") && !empty.path(".git").exists(), "{}", dry.out);
    empty.tom(&["receive", "in.zip", "--by", DEPLOYER]).code(0);
    std::fs::remove_file(empty.path("in.zip")).unwrap();
    empty.commit("received");
    assert!(empty.read(".gitattributes").contains("approvals"));
    let listed = empty.tom(&["list"]).code(0).out;
    assert!(listed.contains(NORTHFIELD), "{listed}");
    // A folder with something in it is no place to make a repository in.
    let other = Sandbox::empty();
    other.write("in.zip", &bytes);
    other.write("thesis.txt", "mine");
    assert!(other.tom(&["receive", "in.zip", "--by", DEPLOYER]).code(2).err.contains("TOM-0901"));
}

#[test]
fn what_each_side_changed_comes_together_without_a_shared_history() {
    let (supplier, deployer) = both();
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "Longer than we thought.");
    set(&deployer, NORTHFIELD, "HAZ-004.title", "The wrong patient, in our clinics");
    let taken = pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    assert_eq!(changed(&taken), ["HAZ-009.effect"]);
    let back = pass(&deployer, DEPLOYER, "supplier", &supplier, SUPPLIER);
    assert_eq!(changed(&back), ["HAZ-004.title"]);
    let folder = "assessments/acme-northfield";
    assert_eq!(supplier.files(folder), deployer.files(folder));
}

#[test]
fn what_one_side_takes_back_is_taken_back_on_the_other() {
    let (supplier, deployer) = both();
    set(&deployer, NORTHFIELD, "HAZ-009.effect", "Mended here.");
    pass(&deployer, DEPLOYER, "supplier", &supplier, SUPPLIER);
    let was = both().0.read(RISK);
    supplier.write(RISK, &was);
    supplier.commit("no, as it was");
    // The base is what the deployer sent, not what the supplier had sent before: there it would look untouched.
    let taken = pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    assert_eq!(changed(&taken), ["HAZ-009.effect"]);
    assert_eq!(deployer.read(RISK), was);
}

#[test]
fn hand_overs_that_cross_lose_nothing() {
    let (supplier, deployer) = both();
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "From the supplier.");
    set(&deployer, NORTHFIELD, "HAZ-004.title", "From the deployer");
    // Both send before either has received.
    let (there, back) = (send(&supplier, SUPPLIER, "deployer"), send(&deployer, DEPLOYER, "supplier"));
    take(&deployer, DEPLOYER, &there, 0);
    deployer.commit("received");
    take(&supplier, SUPPLIER, &back, 0);
    supplier.commit("received");
    // Each takes back what the other had sent: no state that both had says which is later, so it comes or is asked, and is never dropped.
    supplier.write(
        "assessments/acme-northfield/risks/HAZ-004.toml",
        both().0.read("assessments/acme-northfield/risks/HAZ-004.toml"),
    );
    supplier.commit("taken back");
    let taken = take(&deployer, DEPLOYER, &send(&supplier, SUPPLIER, "deployer"), 1);
    assert_eq!(taken["conflicts"][0]["address"], "HAZ-004", "{taken:#}");
}

#[test]
fn what_both_changed_is_asked_and_nothing_but_the_questions_is_written() {
    let (supplier, deployer) = both();
    set(&supplier, NORTHFIELD, "HAZ-004.residual.likelihood", "Low");
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "From the supplier.");
    set(&deployer, NORTHFIELD, "HAZ-004.residual.severity", "Minor");
    let bytes = send(&supplier, SUPPLIER, "deployer");
    let before = deployer.files("");
    let taken = take(&deployer, DEPLOYER, &bytes, 1);
    assert_eq!(taken["conflicts"][0]["address"], "HAZ-004.residual");
    let mut after = deployer.files("");
    assert!(after.remove("assessments/acme-northfield/conflicts.toml").is_some());
    assert_eq!(after, before);
    deployer.tom(&["check"]).code(1);
    let refused = deployer.tom(&["hand-over", NORTHFIELD, "--to", "supplier", "--by", DEPLOYER]).code(2);
    assert!(refused.err.contains("TOM-1102"), "{}", refused.err);
    let decided =
        deployer.tom(&["resolve", NORTHFIELD, "HAZ-004.residual", "--value", "Significant, Low"]).code(0);
    assert!(decided.out.contains("tom receive FILE"), "{}", decided.out);
    // Another hand-over has to wait; this one is taken in.
    let ran = take(&deployer, DEPLOYER, &bytes, 0);
    assert_eq!(changed(&ran), ["HAZ-004.residual", "HAZ-009.effect"]);
    assert!(!deployer.path("assessments/acme-northfield/conflicts.toml").exists());
    deployer.commit("received");
    assert_eq!(take(&deployer, DEPLOYER, &bytes, 0)["result"], "again");
    // What was decided here is what the supplier gets, and is asked by nobody again.
    let back = pass(&deployer, DEPLOYER, "supplier", &supplier, SUPPLIER);
    assert_eq!(changed(&back), ["HAZ-004.residual"]);
}

#[test]
fn an_older_one_is_refused_with_what_is_newer_and_a_lost_one_is_no_matter() {
    let (supplier, deployer) = both();
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "Once.");
    let older = send(&supplier, SUPPLIER, "deployer");
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "Twice.");
    let newer = send(&supplier, SUPPLIER, "deployer");
    take(&deployer, DEPLOYER, &newer, 0);
    deployer.commit("received");
    let before = deployer.files("");
    std::fs::write(deployer.path(".git/in.zip"), older).unwrap();
    let ran = deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER]).code(2);
    assert!(
        ran.err.contains("TOM-1103") && ran.err.contains("hand-over 2") && ran.err.contains("3 was received"),
        "{}",
        ran.err
    );
    assert_eq!(deployer.files(""), before);
    assert!(deployer.read(RISK).contains("Twice."));
}

#[test]
fn one_that_went_astray_is_refused() {
    let supplier = supplier();
    let bytes = send(&supplier, SUPPLIER, "deployer");
    let other = organisation();
    std::fs::write(other.path(".git/in.zip"), bytes).unwrap();
    let ran = other.tom(&["receive", ".git/in.zip", "--by", "Nadia Fenn"]).code(2);
    assert!(
        ran.err.contains("TOM-1103") && ran.err.contains("XSM02") && ran.err.contains("XNF01"),
        "{}",
        ran.err
    );
    assert!(!other.path("assessments").exists());
}

#[test]
fn nobody_confirms_or_withdraws_in_the_receivers_own_name() {
    let (supplier, deployer) = both();
    let gone = "assessments/acme-northfield/risks/HAZ-004.toml";
    let text = supplier.read(gone);
    let (before, rest) = text.split_once("\n[confirmed.deployer]").unwrap();
    let next = rest.find("\n[").map_or("", |at| &rest[at..]);
    supplier.write(gone, format!("{before}{next}"));
    supplier.tom(&["set", NORTHFIELD, "HAZ-009.effect", "Something else."]).code(0);
    supplier
        .tom(&["confirm", NORTHFIELD, "HAZ-009", "--party", "deployer", "--by", "Dr Esther Lyle"])
        .code(0);
    supplier.commit("spoken for others");
    let taken = pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    assert_eq!(taken["own-voices"], serde_json::json!(["HAZ-009.confirmed.deployer"]));
    assert_eq!(deployer.read(gone), text, "what the deployer said stays said");
    let shown = deployer.tom(&["todo", NORTHFIELD]).all();
    assert!(shown.contains("HAZ-009"), "{shown}");
}

#[test]
fn a_receipt_says_that_it_arrived_and_to_nobody_else() {
    let (supplier, deployer) = both();
    let listed = supplier.tom(&["hand-over", NORTHFIELD]).code(0).out;
    assert!(listed.contains("no receipt yet"), "{listed}");
    deployer
        .tom(&[
            "hand-over",
            NORTHFIELD,
            "--to",
            "supplier",
            "--by",
            DEPLOYER,
            "--receipt",
            "--out",
            "receipt.toml",
        ])
        .code(0);
    let receipt = deployer.read("receipt.toml");
    supplier.write("receipt.toml", &receipt);
    let ran = supplier.tom(&["receive", "receipt.toml", "--by", SUPPLIER, "--dry-run"]).code(0);
    assert!(ran.out.contains("would be recorded"), "{}", ran.out);
    assert!(!supplier.path("docs/receipts").exists() && !supplier.path(RECORD).exists());
    let ran = supplier.tom(&["receive", "receipt.toml", "--by", SUPPLIER]).code(0);
    assert!(
        ran.out.contains("arrived at the deployer (XNF01)") && ran.out.contains("Carys Nunn"),
        "{}",
        ran.out
    );
    let (evidence, record) = ("docs/receipts/acme-northfield-1-deployer-xnf01.toml", supplier.read(RECORD));
    assert_eq!(supplier.read(evidence), receipt);
    assert!(record.contains("-received]") && record.contains("received by Carys Nunn"), "{record}");
    assert!(
        supplier.tom(&["receive", "receipt.toml", "--by", SUPPLIER]).code(0).out.contains("known already")
    );
    assert_eq!(supplier.read(RECORD), record);
    // It is what CS-01 can be answered with, and travels as evidence.
    supplier.tom(&["set", NORTHFIELD, "CS-01", "Yes"]).code(0);
    supplier.tom(&["set", NORTHFIELD, "CS-01.evidence", &format!("path:{evidence}")]).code(0);
    supplier.tom(&["check", NORTHFIELD]).code(0);
    supplier.commit("the hazard log reached them");
    pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    assert_eq!(deployer.read(evidence), receipt);
    assert!(deployer.tom(&["record", NORTHFIELD]).code(0).out.contains("hand-over received"));
    let listed = supplier.tom(&["hand-over", NORTHFIELD]).code(0).out;
    assert!(listed.contains(", received"), "{listed}");
    let digest = receipt.lines().find(|line| line.starts_with("digest")).unwrap();
    supplier
        .write("receipt.toml", receipt.replace(digest, &format!("digest = \"sha256:{}\"", "0".repeat(64))));
    assert!(supplier.tom(&["receive", "receipt.toml", "--by", SUPPLIER]).code(2).err.contains("TOM-1103"));
    supplier.write("receipt.toml", receipt.replace("party = \"deployer\"", "party = \"authority\""));
    assert!(supplier.tom(&["receive", "receipt.toml", "--by", SUPPLIER]).code(2).err.contains("TOM-1103"));
}

#[test]
fn a_signature_shows_who_sent_it_and_only_if_the_key_is_theirs() {
    let (supplier, deployer) = (supplier(), organisation());
    let said = |key: &str, by: &str| {
        let bytes = send_of(&supplier, NORTHFIELD, by, "deployer", &["--sign", key]);
        std::fs::write(deployer.path(".git/in.zip"), bytes).unwrap();
        deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER, "--dry-run"]).code(0).out
    };
    let good = said("keys/petra-vale", "Petra Vale");
    assert!(good.contains("verified: signed by Petra Vale with SHA256:"), "{good}");
    for bad in [said("keys/helen-okafor", "Petra Vale"), said("keys/petra-vale", SUPPLIER)] {
        assert!(bad.contains("does not show it") && !bad.contains("verified"), "{bad}");
    }
}

/// Has the policy take in what these parties send only if it is signed.
fn demand(sandbox: &Sandbox, parties: &str) {
    let settings = sandbox.read("tom.toml");
    let policy = format!("\n[policy]\nsigned-hand-overs = [{parties}]\n");
    assert!(settings.contains("\n[policy]\n"));
    sandbox.write("tom.toml", settings.replacen("\n[policy]\n", &policy, 1));
    sandbox.commit("only signed");
}

#[test]
fn a07_a_signature_made_for_one_kind_is_none_of_another() {
    use tom::model::Purpose;
    let (supplier, deployer) = (supplier(), organisation());
    // The same bytes, signed by the right person for something else.
    let bytes = send_of(&supplier, NORTHFIELD, "Petra Vale", "deployer", &["--sign", "keys/petra-vale"]);
    let said = |bytes: &[u8]| {
        std::fs::write(deployer.path(".git/in.zip"), bytes).unwrap();
        deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER, "--dry-run"]).code(0).out
    };
    assert!(said(&bytes).contains("verified: signed by Petra Vale"));
    let mut entries = entries(&bytes);
    let manifest = entries.iter().find(|(name, _)| name == "manifest.toml").unwrap().1.clone();
    let signature = entries.iter().position(|(name, _)| name == "manifest.toml.sig").unwrap();
    supplier.write(".git/manifest.toml", manifest);
    for purpose in Purpose::ALL {
        supplier.sign(".git/manifest.toml", "petra-vale", purpose.namespace());
        entries[signature].1 = std::fs::read(supplier.path(".git/manifest.toml.sig")).unwrap();
        let out = said(&packed(&entries));
        let is_meant = purpose == Purpose::HandOver;
        assert_eq!(out.contains("verified: signed by Petra Vale"), is_meant, "{purpose:?}: {out}");
        assert_eq!(out.contains("was made for"), !is_meant, "{purpose:?}: {out}");
    }
}

#[test]
fn what_the_policy_wants_signed_is_taken_in_only_if_it_is() {
    let (supplier, deployer) = (supplier(), organisation());
    demand(&deployer, "\"supplier\"");
    let before = deployer.files("");
    let take = |sign: &[&str]| {
        let bytes = send_of(&supplier, NORTHFIELD, "Petra Vale", "deployer", sign);
        std::fs::write(deployer.path(".git/in.zip"), bytes).unwrap();
        deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER])
    };
    for sign in [&[][..], &["--sign", "keys/helen-okafor"]] {
        let ran = take(sign).code(2);
        assert!(ran.err.contains("TOM-1103") && ran.err.contains("only if it is signed"), "{}", ran.err);
        assert!(deployer.files("") == before, "something was written");
        // Looking at it says the same, and writes nothing either.
        let ran = deployer.tom(&["verify", ".git/in.zip"]).code(1);
        assert!(ran.out.contains("asks for a signature"), "{}", ran.out);
    }
    let ran = take(&["--sign", "keys/petra-vale"]).code(0);
    assert!(ran.out.contains("verified: signed by Petra Vale"), "{}", ran.out);
}

#[test]
fn a_receipt_can_be_signed_and_a_policy_can_ask_for_it() {
    let (supplier, deployer) = (supplier(), organisation());
    take(&deployer, "Helen Okafor", &send(&supplier, SUPPLIER, "deployer"), 0);
    deployer.commit("received");
    let receipt = |sign: &[&str]| {
        let args = ["hand-over", NORTHFIELD, "--to", "supplier", "--receipt", "--out", "r.toml", "--by"];
        deployer.tom(&[&args[..], &["Helen Okafor"], sign].concat()).code(0);
        for file in ["r.toml", "r.toml.sig"] {
            let _ = std::fs::remove_file(supplier.path(file));
            if deployer.path(file).exists() {
                supplier.write(file, deployer.files("")[file].clone());
                std::fs::remove_file(deployer.path(file)).unwrap();
            }
        }
        supplier.tom(&["receive", "r.toml", "--by", SUPPLIER])
    };
    demand(&supplier, "\"deployer\"");
    for sign in [&[][..], &["--sign", "keys/petra-vale"]] {
        let ran = receipt(sign).code(2);
        assert!(ran.err.contains("only if it is signed"), "{}", ran.err);
        assert!(!supplier.path("docs/receipts").exists());
    }
    let ran = receipt(&["--sign", "keys/helen-okafor"]).code(0);
    assert!(ran.out.contains("verified: signed by Helen Okafor"), "{}", ran.out);
    // Both files are kept, and say the same again later.
    let kept = "docs/receipts/acme-northfield-1-deployer-xnf01.toml";
    let ran = supplier.tom(&["receive", kept, "--by", SUPPLIER]).code(0);
    assert!(ran.out.contains("known already") && ran.out.contains("verified"), "{}", ran.out);
    supplier.write(kept, supplier.read(kept).replace("on = 2026-11-20", "on = 2026-11-19"));
    let ran = supplier.tom(&["receive", kept, "--by", SUPPLIER]).code(2);
    assert!(ran.err.contains("not over these bytes"), "{}", ran.err);
}

#[test]
fn another_trust_does_not_speak_for_this_one_whatever_it_signs() {
    let (supplier, other) = (supplier(), organisation());
    // Somebody at Southmere has Northfield's files, and hands them over as theirs.
    for folder in ["assessments/acme-northfield", "docs/evidence"] {
        for (file, bytes) in SUPPLIERS.files(folder) {
            other.write(&format!("{folder}/{file}"), bytes);
        }
    }
    other.commit("not ours");
    set(&other, NORTHFIELD, "BD-22", "At Southmere.");
    let sent = send_of(&other, NORTHFIELD, "Nadia Fenn", "supplier", &["--allow-names"]);
    let before = supplier.files("");
    std::fs::write(supplier.path(".git/in.zip"), sent).unwrap();
    let ran = supplier.tom(&["receive", ".git/in.zip", "--by", SUPPLIER]).code(2);
    assert!(ran.err.contains("it comes from the deployer (XSM02)"), "{}", ran.err);
    assert!(ran.err.contains("of the deployer (XNF01)"), "{}", ran.err);
    assert!(supplier.files("") == before, "something was written");
}

#[test]
fn a_hand_over_is_verified_without_taking_it_in() {
    let (supplier, deployer) = (supplier(), organisation());
    let first = send(&supplier, SUPPLIER, "deployer");
    let before = deployer.files("");
    let verify = |at: &Sandbox, bytes: &[u8], code: i32| {
        std::fs::write(at.path(".git/in.zip"), bytes).unwrap();
        at.tom(&["verify", ".git/in.zip"]).code(code)
    };
    assert!(verify(&deployer, &first, 0).out.contains("not received here yet"));
    assert!(verify(&supplier, &first, 0).out.contains("it was sent from here on 2026-11-20 by Jo Marsh"));
    assert!(deployer.files("") == before, "something was written");
    // A folder in which nothing is yet.
    let nobody = Sandbox::empty();
    nobody.write("in.zip", &first);
    let ran = nobody.tom(&["verify", "in.zip"]).code(0);
    assert!(ran.out.contains("whole") && ran.out.contains("no repository of tom's"), "{}", ran.out);
    // One byte off, one that is older, one that came already.
    let mut off = first.clone();
    let middle = off.len() / 2;
    off[middle] ^= 1;
    assert!(verify(&deployer, &off, 2).err.contains("TOM-1101"));
    take(&deployer, DEPLOYER, &first, 0);
    deployer.commit("received");
    assert!(verify(&deployer, &first, 0).out.contains("received here already"));
    set(&supplier, NORTHFIELD, "BD-22", "Somewhere else.");
    let second = send(&supplier, SUPPLIER, "deployer");
    take(&deployer, DEPLOYER, &second, 0);
    let ran = verify(&deployer, &first, 1);
    assert!(
        ran.out.contains("not to be received") && ran.out.contains("2 was received already"),
        "{}",
        ran.out
    );
    let json = deployer.tom(&["verify", ".git/in.zip", "--format", "json"]).code(1);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["hand-overs"][0]["number"], 1);
    // Decisions in it are judged by what is known here.
    let decided = crate::trust::decided();
    let sent = send(&decided, SUPPLIER, "deployer");
    let here = organisation();
    let out = verify(&here, &sent, 0).out;
    assert!(out.contains("statements") && out.contains("carries no history"), "{out}");
}

#[test]
fn one_for_everybody_is_to_read_and_carries_no_assessment() {
    let supplier = supplier();
    let bytes = send_of(&supplier, NORTHFIELD, SUPPLIER, "authority", &["--audience", "public"]);
    for name in ["Helen Okafor", "helen.okafor@northfield.example", "Esther Lyle"] {
        assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
    }
    let authority = organisation();
    std::fs::write(authority.path(".git/in.zip"), bytes).unwrap();
    let ran = authority.tom(&["receive", ".git/in.zip", "--by", AUTHORITY]).code(2);
    assert!(ran.err.contains("for everybody to read"), "{}", ran.err);
}

#[test]
fn what_is_not_committed_is_not_handed_over() {
    let supplier = supplier();
    supplier.tom(&["set", NORTHFIELD, "HAZ-009.effect", "Not committed."]).code(0);
    let ran = supplier.tom(&["hand-over", NORTHFIELD, "--to", "deployer", "--by", SUPPLIER]).code(2);
    assert!(ran.err.contains("TOM-0941"), "{}", ran.err);
    assert!(!supplier.path("exchanges").exists());
    let ran = supplier.tom(&["hand-over", NORTHFIELD, "--to", "supplier", "--by", SUPPLIER]).code(2);
    assert!(ran.err.contains("no other party"), "{}", ran.err);
    let ran = supplier.tom(&["hand-over", NORTHFIELD, "--to", "deployer", "--by", "Nobody Known"]).code(2);
    assert!(ran.err.contains("TOM-1102") && ran.err.contains("[people]"), "{}", ran.err);
}

#[test]
fn a_file_of_ours_is_never_replaced_by_evidence_that_comes() {
    let supplier = supplier();
    let bytes = send(&supplier, SUPPLIER, "deployer");
    let deployer = organisation();
    let path = "docs/evidence/northfield-data-flow.md";
    deployer.write(path, "our own of that name");
    deployer.commit("ours");
    std::fs::write(deployer.path(".git/in.zip"), &bytes).unwrap();
    let ran = deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER]).code(2);
    assert!(ran.err.contains("TOM-1103") && ran.err.contains(path), "{}", ran.err);
    assert_eq!(deployer.read(path), "our own of that name");
    assert!(!deployer.path("assessments").exists());
}
