//! Hand-overs between repositories that share no history: three organisations, each with its own.

mod hostile;
mod order;
mod secrets;
mod story;
mod transfer;
mod vouched;

use crate::support::Sandbox;
use crate::trust::{NORTHFIELD, peopled};
use serde_json::Value;
use std::sync::LazyLock;

/// People who may speak for the three parties.
pub const SUPPLIER: &str = "Jo Marsh";
pub const DEPLOYER: &str = "Carys Nunn";
pub const AUTHORITY: &str = "Marian Holt";
pub const RISK: &str = "assessments/acme-northfield/risks/HAZ-009.toml";

/// The supplier's repository: baseline, Northfield's assessment, and a third.
static SUPPLIERS: LazyLock<Sandbox> = LazyLock::new(peopled);

/// Northfield's repository after it received its assessment from the supplier, committed, and the supplier's then.
static BOTH: LazyLock<(Sandbox, Sandbox)> = LazyLock::new(|| {
    let (supplier, deployer) = (SUPPLIERS.copied(), organisation());
    pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    (supplier, deployer)
});

/// A repository of an organisation of its own, with the same list of people and keys, and no assessment.
pub fn organisation() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.git(&["init", "-q", "-b", "main"]);
    for file in ["tom.toml", ".gitignore"] {
        sandbox.write(file, SUPPLIERS.read(file));
    }
    for (file, bytes) in SUPPLIERS.files("keys") {
        sandbox.write(&format!("keys/{file}"), bytes);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(sandbox.path(format!("keys/{file}")), mode).unwrap();
    }
    sandbox.tom(&["init"]).code(0);
    sandbox.commit("our own");
    sandbox
}

pub fn supplier() -> Sandbox {
    SUPPLIERS.copied()
}

/// Supplier and deployer, both with Northfield's assessment.
pub fn both() -> (Sandbox, Sandbox) {
    (BOTH.0.copied(), BOTH.1.copied())
}

/// Hands Northfield's assessment over, commits what is remembered of it, and gives the file's bytes.
#[track_caller]
pub fn send(from: &Sandbox, by: &str, to: &str) -> Vec<u8> {
    send_of(from, NORTHFIELD, by, to, &[])
}

#[track_caller]
pub fn send_of(from: &Sandbox, name: &str, by: &str, to: &str, rest: &[&str]) -> Vec<u8> {
    let args = ["hand-over", name, "--to", to, "--by", by, "--no-pdf", "--out", "../out.zip"];
    let file = from.path(".git/out.zip");
    let mut args = args.to_vec();
    args[8] = file.to_str().unwrap();
    args.extend_from_slice(rest);
    from.tom(&args).code(0);
    from.commit("handed over");
    std::fs::read(file).unwrap()
}

/// Receives a file; gives what tom says as JSON, and its exit code.
#[track_caller]
pub fn take(at: &Sandbox, by: &str, bytes: &[u8], code: i32) -> Value {
    std::fs::write(at.path(".git/in.zip"), bytes).unwrap();
    let ran = at.tom(&["receive", ".git/in.zip", "--by", by, "--format", "json"]).code(code);
    serde_json::from_str(&ran.out).unwrap()
}

/// Hands Northfield's assessment over and has it received and committed.
#[track_caller]
pub fn pass(from: &Sandbox, by: &str, to: &str, at: &Sandbox, who: &str) -> Value {
    let taken = take(at, who, &send(from, by, to), 0);
    at.commit("received");
    taken
}

/// Changes a field and commits it.
#[track_caller]
pub fn set(sandbox: &Sandbox, name: &str, address: &str, value: &str) {
    sandbox.tom(&["set", name, address, value]).code(0);
    sandbox.commit("changed");
}

/// The addresses that a report says change.
pub fn changed(report: &Value) -> Vec<&str> {
    report["changes"].as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap()).collect()
}
