//! `tom fmt`: one form for every file, and nothing lost on the way.

use crate::support::Sandbox;

const RISK: &str = "assessments/acme-northfield/risks/NFD-001.toml";

/// A risk's file as no writer of ours would leave it.
fn untidy(sandbox: &Sandbox) {
    let tidy = sandbox.read(RISK);
    let (_, rest) = tidy.split_once("\n[mitigations.M1]").unwrap();
    let head = "# about the file\n\n# the effect\neffect = 'One patient'\nstatus=\"open\"\n\
                hazard = \"a\\nb\" # in two lines\nowner = 'deployer'\nsection = \"architecture\"\n\
                depends-on = [ \"CSQ-3-1\",   # why\n \"IA-01\" ]\ntitle = \"Wrong link\"\n\
                initial = { likelihood = \"Medium\", severity = \"Major\" } # rated\n\
                # dotted\nresidual.likelihood = \"Very Low\"\nresidual.severity = \"Major\"\n\
                causes.C2.text = \"second\"\ncauses.C1.text = \"first\"\n";
    let text = format!("{head}[mitigations.M1]{rest}\n# the end\n");
    sandbox.write(RISK, text.replace('\n', "\r\n"));
}

#[test]
fn an_untidy_file_is_put_in_order_with_its_comments_and_its_meaning() {
    let sandbox = Sandbox::example();
    untidy(&sandbox);
    sandbox.commit("untidy");
    let before = sandbox.tom(&["show", "acme-northfield", "--format", "json"]).code(0).out;
    assert_eq!(sandbox.tom(&["fmt", "--check"]).code(1).out, format!("would format {RISK}\n"));
    assert_eq!(sandbox.tom(&["fmt", "acme-northfield"]).code(0).out, format!("formatted {RISK}\n"));
    let text = sandbox.read(RISK);
    let wanted = "# about the file\n\n";
    assert!(text.starts_with(wanted), "{text}");
    for part in [
        "hazard = \"\"\"\na\nb\n\"\"\" # in two lines\n# the effect\neffect = \"One patient\"\n",
        "depends-on = [ \"CSQ-3-1\",   # why\n \"IA-01\" ]\n\n[causes.C1]\ntext = \"first\"\n\n[causes.C2]\n",
        "\n[initial] # rated\nseverity = \"Major\"\nlikelihood = \"Medium\"\n",
        "\n[residual]\nseverity = \"Major\"\n# dotted\nlikelihood = \"Very Low\"\n",
        "\n\n# the end\n",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    assert!(!text.contains('\r'));
    assert_eq!(sandbox.tom(&["show", "acme-northfield", "--format", "json"]).code(0).out, before);
    sandbox.tom(&["diff", "acme-northfield"]).code(0);
    sandbox.tom(&["fmt", "--check"]).code(0);
}

#[test]
fn changes_that_are_not_committed_are_not_mixed_with_formatting() {
    let sandbox = Sandbox::example();
    untidy(&sandbox);
    let before = sandbox.files("");
    let ran = sandbox.tom(&["fmt"]).code(2);
    assert!(ran.err.contains("TOM-0941") && ran.err.contains("--allow-dirty"), "{}", ran.err);
    sandbox.tom(&["fmt", "--dry-run"]).code(0);
    assert_eq!(sandbox.files(""), before);
    sandbox.tom(&["fmt", "--allow-dirty", RISK]).code(0);
    assert_ne!(sandbox.files(""), before);
}

#[test]
fn what_tom_writes_is_in_form_already() {
    let sandbox = Sandbox::example();
    let check = || sandbox.tom(&["fmt", "--check"]).code(0);
    check();
    let args = [
        "derive",
        "acme-northfield",
        "acme-eastmoor",
        "--set",
        "BD-02=Eastmoor Hospitals",
        "--set",
        "BD-03=XEM03",
    ];
    sandbox.tom(&args).code(0);
    sandbox.tom(&["new", "acme-6-0", "--baseline"]).code(0);
    check();
    let sets = [
        ("IGA-16", "Yes"),
        ("IGA-16.notes", "See the plan."),
        ("IGA-16.evidence", "ref:A plan"),
        ("IGA-18.evidence", "ref:A plan"),
        ("IGA-18.notes", "Over\nlines"),
        ("IGA-18", "Yes"),
        ("HAZ-004.residual.likelihood", "Low"),
        ("HAZ-004.mitigations.M1.status", "planned"),
        ("HAZ-004.mitigations.M1.reason", "Later"),
        ("CO-04.rows.interface-lead.name", "Ann Lee"),
        ("CO-04.rows.interface-lead.email", "ann.lee@eastmoor.example"),
    ];
    for (address, value) in sets {
        let ran = sandbox.tom(&["set", "acme-eastmoor", address, value]);
        assert!(ran.code == Some(0) || ran.err.contains("TOM-"), "{}", ran.all());
        let checked = sandbox.tom(&["fmt", "--check"]);
        assert_eq!(checked.code, Some(0), "{address}\n{}", checked.all());
    }
    sandbox.tom(&["confirm", "acme-eastmoor", "--all", "--party", "supplier", "--by", "Jo Marsh"]);
    check();
}

#[test]
fn statements_and_what_was_received_are_never_touched() {
    let sandbox = Sandbox::example();
    let received = "assessments/acme-northfield/received.toml";
    let text = sandbox.read(received).replace("answer = ", "answer   =   ");
    sandbox.write(received, &text);
    sandbox.write("assessments/acme-northfield/approvals/phase-1/siro-000000000000.toml", "a   =   1\r\n");
    sandbox.commit("odd");
    let before = sandbox.files("");
    sandbox.tom(&["fmt"]).code(0);
    sandbox.tom(&["fmt", "assessments/acme-northfield/approvals", received]).code(0);
    assert_eq!(sandbox.files(""), before);
}

#[test]
fn a_broken_file_is_named_and_the_others_are_done() {
    let sandbox = Sandbox::example();
    untidy(&sandbox);
    sandbox.write("assessments/acme-northfield/ig.toml", "[IGA-01\n");
    sandbox.commit("odd");
    let ran = sandbox.tom(&["fmt"]).code(2);
    assert!(ran.err.contains("TOM-0102") && ran.out.contains(RISK), "{}", ran.all());
    assert_eq!(sandbox.read("assessments/acme-northfield/ig.toml"), "[IGA-01\n");
    assert!(sandbox.tom(&["fmt", "nowhere.toml"]).code(2).err.contains("not in this repository"));
    assert!(sandbox.tom(&["fmt", "/etc/hostname"]).code(2).err.contains("not in this repository"));
}
