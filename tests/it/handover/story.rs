//! The whole way of an assessment through three organisations that share no repository.

use super::*;
use crate::trust::{YES, phase, states};

const SECOND: &str = "acme-southmere";

/// What a side computes of an assessment: states, statements with their digests, phases.
fn computed(sandbox: &Sandbox, name: &str) -> (Value, Value) {
    let json = |args: &[&str]| -> Value {
        let out = sandbox.tom(&[args, &["--format", "json"]].concat()).out;
        serde_json::from_str::<Value>(&out).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}"))
    };
    let mut status = json(&["status", name]);
    // Who committed something, and where, is each repository's own history.
    status["deployments"][0].as_object_mut().unwrap().remove("brought-in").unwrap();
    let mut verified = json(&["verify", name])["deployments"][0].clone();
    verified["unknown"]
        .as_array_mut()
        .unwrap()
        .retain(|what| !what.to_string().contains("not in this history"));
    for statement in verified["statements"].as_array_mut().unwrap() {
        for own in ["first-commit", "commit", "first-seen", "seen"] {
            statement.as_object_mut().unwrap().remove(own);
        }
    }
    (status, verified)
}

/// Fails with the lines that differ: the whole of it is long.
#[track_caller]
fn alike(one: &(Value, Value), other: &(Value, Value)) {
    let [one, other] = [one, other].map(|(status, verified)| format!("{status:#}\n{verified:#}"));
    let differing: Vec<_> =
        one.lines().zip(other.lines()).filter(|(one, other)| one != other).take(5).collect();
    assert!(one == other, "{differing:#?}");
}

/// Without where a content came from, which only the supplier knows of everything.
fn without_reasons((mut status, mut verified): (Value, Value)) -> (Value, Value) {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.remove("why");
                map.values_mut().for_each(strip);
            }
            Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut status);
    strip(&mut verified);
    (status, verified)
}

#[test]
fn from_baseline_to_second_deployment_without_a_shared_repository() {
    let (supplier, first, authority, second) =
        (super::supplier(), organisation(), organisation(), organisation());
    // The supplier has the baseline alone.
    for name in [NORTHFIELD, SECOND] {
        supplier.git(&["rm", "-rq", &format!("assessments/{name}")]);
    }
    supplier.commit("the baseline");

    // The first deployer receives it, and derives.
    let baseline = send_of(&supplier, "acme-5-1", SUPPLIER, "deployer", &[]);
    assert_eq!(take(&first, DEPLOYER, &baseline, 0)["result"], "new");
    first.commit("the supplier's baseline");
    first.tom(&["derive", "acme-5-1", NORTHFIELD, "--no-input"]).code(0);
    // What the deployer worked out meanwhile is the worked example's.
    for (file, bytes) in SUPPLIERS.files(&format!("assessments/{NORTHFIELD}")) {
        first.write(&format!("assessments/{NORTHFIELD}/{file}"), bytes);
    }
    for (file, bytes) in SUPPLIERS.files("docs/evidence") {
        first.write(&format!("docs/evidence/{file}"), bytes);
    }
    first.commit("our assessment");
    first.tom(&["check", NORTHFIELD]).code(0);
    let lineage = first.tom(&["lineage"]).code(0).out;
    assert!(lineage.contains("acme-5-1") && lineage.contains(NORTHFIELD), "{lineage}");

    // It goes to the authority, which sends it back once, and approves it then.
    pass(&first, DEPLOYER, "authority", &authority, AUTHORITY);
    let mut no = YES.to_vec();
    no[1] = "rejected";
    no[7] = "AP1-04=Rejected";
    no.extend(["--because", "AP1-04=Which records?", "--reason", "The use is not plain."]);
    let ran = authority.decide("marian-holt", 1, &no);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    authority.commit("rejected");
    pass(&authority, AUTHORITY, "deployer", &first, DEPLOYER);
    assert_eq!(phase(&first.verify(0, &[]), 1), "rejected");
    set(&first, NORTHFIELD, "BD-21", "Outpatient clinics look up demographics before each appointment.");
    first.tom(&["confirm", NORTHFIELD, "--all", "--party", "deployer", "--by", "Ben Tarrant"]).code(0);
    first.commit("plain now");
    pass(&first, DEPLOYER, "supplier", &supplier, SUPPLIER);
    supplier.tom(&["confirm", NORTHFIELD, "--all", "--party", "supplier", "--by", SUPPLIER]).code(0);
    supplier.commit("the supplier stands by it");
    pass(&supplier, SUPPLIER, "deployer", &first, DEPLOYER);
    pass(&first, DEPLOYER, "authority", &authority, AUTHORITY);
    let ran = authority.decide("marian-holt", 1, &YES);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    authority.commit("approved");
    pass(&authority, AUTHORITY, "deployer", &first, DEPLOYER);
    assert_eq!(phase(&first.verify(0, &[]), 1), "approved");

    // Phase 2: the deployer signs, the authority accepts.
    for id in ["helen-okafor", "rajan-pillai", "esther-lyle"] {
        let ran = first.decide(id, 2, &["--outcome", "approved"]);
        assert_eq!(ran.code, Some(0), "{id}: {}", ran.all());
        first.commit("signed");
    }
    pass(&first, DEPLOYER, "supplier", &supplier, SUPPLIER);
    let ran = supplier.decide("petra-vale", 2, &["--outcome", "approved"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    supplier.commit("the supplier's representative");
    pass(&supplier, SUPPLIER, "deployer", &first, DEPLOYER);
    pass(&first, DEPLOYER, "authority", &authority, AUTHORITY);
    for id in ["owen-frith", "marian-holt"] {
        let ran = authority.decide(id, 2, &["--outcome", "approved"]);
        assert_eq!(ran.code, Some(0), "{id}: {}", ran.all());
        authority.commit("accepted");
    }
    pass(&authority, AUTHORITY, "deployer", &first, DEPLOYER);
    let taken = pass(&first, DEPLOYER, "supplier", &supplier, SUPPLIER);
    assert_eq!(taken["conflicts"], serde_json::json!([]));

    assert_eq!(phase(&first.verify(0, &[]), 2), "approved");

    // All three compute the same, and every statement stands on every side.
    let all = [&supplier, &first, &authority].map(|side| computed(side, NORTHFIELD));
    assert!(states(&all[0].1).iter().filter(|(_, state)| state == "valid").count() >= 5, "{:#}", all[0].1);
    alike(&all[0], &all[1]);
    alike(&all[1], &all[2]);
    let contents = [&supplier, &first, &authority]
        .map(|side| side.files(&format!("assessments/{NORTHFIELD}/approvals")));
    assert!(
        contents[0] == contents[1] && contents[1] == contents[2],
        "statements are the same bytes everywhere"
    );

    // The second deployer's is derived from the first's by the supplier, and handed over.
    let own = [
        "--set",
        "BD-02=Southmere Community Trust",
        "--set",
        "BD-03=XSM02",
        "--set",
        "BD-01=Acme Clinic in the community",
    ];
    supplier
        .tom(
            &[&["derive", NORTHFIELD, SECOND, "--title", "Acme Clinic at Southmere", "--no-input"][..], &own]
                .concat(),
        )
        .code(0);
    supplier.commit("a second deployer");
    let sent = send_of(&supplier, SECOND, SUPPLIER, "deployer", &["--allow-names"]);
    assert_eq!(take(&second, "Nadia Fenn", &sent, 0)["result"], "new");
    second.commit("ours");
    assert!(second.files(&format!("assessments/{SECOND}")).keys().all(|file| !file.starts_with("approvals")));

    // The supplier finds a better measure: it reaches both, each through the file.
    let risk = "assessments/acme-5-1/risks/HAZ-009.toml";
    let new = "\n[mitigations.M9]\nkind = \"design\"\nowner = \"supplier\"\ncauses = [\"C1\"]\ntext = \"A new guard.\"\nstatus = \"in place\"\n";
    supplier.write(risk, supplier.read(risk) + new);
    supplier.commit("a new measure");
    let baseline = send_of(&supplier, "acme-5-1", SUPPLIER, "deployer", &[]);
    let taken = take(&first, DEPLOYER, &baseline, 0);
    assert_eq!(changed(&taken), ["HAZ-009.mitigations.M9"]);
    first.commit("the supplier's news");
    first.tom(&["update", NORTHFIELD]).code(0);
    first.commit("updated");
    let taken = pass(&first, DEPLOYER, "supplier", &supplier, SUPPLIER);
    assert_eq!(changed(&taken), ["HAZ-009.mitigations.M9"]);
    supplier.tom(&["update", SECOND]).code(0);
    supplier.commit("updated");
    let sent = send_of(&supplier, SECOND, SUPPLIER, "deployer", &["--allow-names"]);
    assert_eq!(changed(&take(&second, "Nadia Fenn", &sent, 0)), ["HAZ-009.mitigations.M9"]);
    second.commit("updated");

    // The second deployer finds a risk, which the supplier offers upward.
    let found = second.read("assessments/acme-southmere/risks/HAZ-001.toml");
    let found =
        found.split("\n[mitigations.").next().unwrap().replacen("title = \"", "title = \"Found here: ", 1);
    second.write("assessments/acme-southmere/risks/SOU-001.toml", found);
    second.commit("a risk of ours");
    let back = send_of(&second, SECOND, "Nadia Fenn", "supplier", &["--allow-names"]);
    assert_eq!(changed(&take(&supplier, SUPPLIER, &back, 0)), ["SOU-001"]);
    supplier.commit("received");
    supplier.tom(&["offer", SECOND, "SOU-001", "--allow-names"]).code(0);
    assert!(supplier.path(format!("assessments/{NORTHFIELD}/risks/SOU-001.toml")).exists());
    // The second deployer is not told whose assessment its own was derived from.
    let (at_supplier, at_second) = (computed(&supplier, SECOND), computed(&second, SECOND));
    let known = at_second.0.to_string();
    assert!(!known.contains(NORTHFIELD) && known.contains("withheld"));
    alike(&without_reasons(at_supplier), &without_reasons(at_second));
}
