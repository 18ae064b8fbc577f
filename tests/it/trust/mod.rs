//! Decisions under attack: each test begins with the row of the threat table that it shows.
//!
//! `TRUST` rows that have no test here are in `ELSEWHERE`, with the reason. A test holds that no row is in neither.

mod approvals;
mod gates;
mod leaving;
mod policy;
mod record;
mod refusals;
mod repository;
mod standing;
mod survive;
mod taking_back;
mod walk;

use crate::support::{Ran, Sandbox};
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// The deployment that is decided on: it is ready for both phases.
pub const NORTHFIELD: &str = "acme-northfield";
/// Its statements.
pub const APPROVALS: &str = "assessments/acme-northfield/approvals";

/// Everybody who decides: key, name, party, organisation, role. Those without an entry in the example are added.
const PEOPLE: &[(&str, &str, &str, Option<&str>, &str)] = &[
    ("marian-holt", "Marian Holt", "authority", None, "asset-owner"),
    ("owen-frith", "Owen Frith", "authority", None, "service-owner"),
    ("petra-vale", "Petra Vale", "supplier", Some("XAC99"), "supplier-representative"),
    ("helen-okafor", "Helen Okafor", "deployer", Some("XNF01"), "executive"),
    ("rajan-pillai", "Rajan Pillai", "deployer", Some("XNF01"), "siro"),
    ("esther-lyle", "Dr Esther Lyle", "deployer", Some("XNF01"), "clinical-safety-officer"),
];

/// The verdicts and the outcome of an approval in phase 1.
pub const YES: [&str; 8] = [
    "--outcome",
    "fully-approved",
    "--verdict",
    "AP1-02=Approved",
    "--verdict",
    "AP1-03=Approved",
    "--verdict",
    "AP1-04=Approved",
];

/// The worked example with people who decide and their keys in `keys/`, which git ignores.
static PEOPLED: LazyLock<Sandbox> = LazyLock::new(|| {
    let sandbox = Sandbox::example();
    sandbox.write(".gitignore", "keys/\n");
    for (id, ..) in PEOPLE {
        sandbox.keygen(id, "ed25519");
    }
    let text = sandbox.read("tom.toml");
    let (people, policy) = text.split_once("# The highest residual").unwrap();
    let mut people = people.to_owned();
    for (id, name, party, organisation, role) in PEOPLE {
        let keys = format!("keys = [{:?}]\n", sandbox.public(id));
        match people.find(&format!("[people.{id}]\n")) {
            Some(at) => {
                let end = at + people[at..].find("\n\n").unwrap() + 1;
                people.insert_str(end, &keys);
            }
            None => {
                let organisation =
                    organisation.map(|code| format!("organisation = \"{code}\"\n")).unwrap_or_default();
                people += &format!(
                    "[people.{id}]\nname = \"{name}\"\nparty = \"{party}\"\n{organisation}roles = [\"{role}\"]\n{keys}\n"
                );
            }
        }
    }
    let policy = format!("[policy]\nsignatures = \"required\"\n\n# The highest residual{policy}");
    sandbox.write("tom.toml", people + &policy);
    sandbox.commit("people who decide");
    sandbox
});

/// The same, with phase 1 approved and phase 2 signed by the executive, committed.
static DECIDED: LazyLock<Sandbox> = LazyLock::new(|| {
    let sandbox = peopled();
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.decide("helen-okafor", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("decisions");
    sandbox
});

/// A copy of the example with people who decide.
pub fn peopled() -> Sandbox {
    PEOPLED.copied()
}

/// A copy of the example with two decisions.
pub fn decided() -> Sandbox {
    DECIDED.copied()
}

/// Lists somebody who may decide and has them decide, in one commit.
pub fn self_approved(sandbox: &Sandbox) {
    sandbox.keygen("mallory", "ed25519");
    let key = sandbox.public("mallory");
    let person = format!(
        "[people.mallory]\nname = \"Mallory Stone\"\nparty = \"authority\"\nroles = [\"asset-owner\"]\nkeys = [{key:?}]\n\n[policy]"
    );
    sandbox.replace("tom.toml", "[policy]", &person);
    sandbox.commit("people");
    sandbox.decide_as("Mallory Stone", "asset-owner", "mallory", 1, &YES).code(0);
    sandbox.commit("approved by whom I like");
}

impl Sandbox {
    /// Makes a key pair in `keys/`.
    pub fn keygen(&self, id: &str, kind: &str) {
        std::fs::create_dir_all(self.path("keys")).unwrap();
        let file = self.path(format!("keys/{id}"));
        let mut command = std::process::Command::new("ssh-keygen");
        command.args(["-q", "-t", kind, "-N", "", "-C", id, "-f"]).arg(file);
        crate::support::run(command).code(0);
    }

    /// The public key of a pair.
    pub fn public(&self, id: &str) -> String {
        self.read(&format!("keys/{id}.pub")).trim().to_owned()
    }

    /// A sandbox with the same files and history.
    pub fn copied(&self) -> Sandbox {
        let copy = Sandbox::empty();
        crate::support::copy(&self.path(""), &copy.path(""));
        // git looks at times to see what changed; those of copies are new.
        copy.git(&["update-index", "-q", "--refresh"]);
        copy
    }

    /// Somebody decides, signing with their key, over whatever the digest is.
    pub fn decide(&self, id: &str, phase: u8, rest: &[&str]) -> Ran {
        let (_, name, .., role) = PEOPLE.iter().find(|person| person.0 == id).unwrap();
        self.decide_as(name, role, id, phase, rest)
    }

    /// The same, as anybody with any key.
    pub fn decide_as(&self, name: &str, role: &str, key: &str, phase: u8, rest: &[&str]) -> Ran {
        let key = format!("keys/{key}");
        let phase = phase.to_string();
        let mut args = vec!["decide", NORTHFIELD, "--phase", &phase, "--role", role, "--by", name];
        args.extend_from_slice(rest);
        let digest = self.digest(&args);
        args.extend(["--key", &key]);
        if let Some(digest) = &digest {
            args.extend(["--digest", digest]);
        }
        self.tom(&args)
    }

    /// The digest that a decision would be over.
    pub fn digest(&self, args: &[&str]) -> Option<String> {
        let mut args = args.to_vec();
        args.push("--dry-run");
        let shown = self.tom(&args).out;
        let line = shown.lines().find_map(|line| line.strip_prefix("digest "))?.replace(' ', "");
        Some(line)
    }

    /// What `tom verify` says, as JSON, having made sure of the exit code.
    #[track_caller]
    pub fn verify(&self, code: i32, rest: &[&str]) -> Value {
        let mut args = vec!["verify", NORTHFIELD, "--format", "json"];
        args.extend_from_slice(rest);
        let ran = self.tom(&args).code(code);
        serde_json::from_str::<Value>(&ran.out).unwrap()["deployments"][0].clone()
    }

    /// The state of each statement by role.
    #[track_caller]
    pub fn states(&self, code: i32, rest: &[&str]) -> Vec<(String, String)> {
        states(&self.verify(code, rest))
    }

    /// The files of statements, without signatures.
    pub fn statements(&self) -> Vec<String> {
        let files = self.files(APPROVALS).into_keys().filter(|file| file.ends_with(".toml"));
        files.map(|file| format!("{APPROVALS}/{file}")).collect()
    }

    /// The file of the statement of a role.
    #[track_caller]
    pub fn statement(&self, role: &str) -> String {
        let found = self.statements().into_iter().find(|file| file.contains(&format!("/{role}-")));
        found.unwrap_or_else(|| panic!("no statement of {role}"))
    }

    /// Writes a statement by hand, named by its bytes, with a signature by a key if one is named; gives its file.
    pub fn forge(&self, folder: &str, role: &str, text: &str, key: Option<&str>) -> String {
        let digest = tom::model::Digest::of_bytes(text.as_bytes());
        let file = format!("{folder}/{}", tom::model::statement_name(role, digest));
        self.write(&file, text);
        if let Some(key) = key {
            self.sign(&file, key, tom::model::Purpose::Statement.namespace());
        }
        file
    }

    /// Signs a file as `ssh-keygen` does.
    pub fn sign(&self, file: &str, key: &str, namespace: &str) {
        let mut command = std::process::Command::new("ssh-keygen");
        let _ = std::fs::remove_file(self.path(format!("{file}.sig")));
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(self.path(format!("keys/{key}")));
        command.arg(self.path(file)).stderr(std::process::Stdio::null());
        crate::support::run(command).code(0);
    }
}

/// A text without its line breaks: where a line ends says nothing.
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The state of each statement by role.
pub fn states(verified: &Value) -> Vec<(String, String)> {
    let statements = verified["statements"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    statements.iter().map(|one| (text(&one["role"]), text(&one["state"]))).collect()
}

/// The states that two standing decisions have.
pub fn both(first: &str, second: &str) -> Vec<(String, String)> {
    vec![("asset-owner".to_owned(), first.to_owned()), ("executive".to_owned(), second.to_owned())]
}

/// Where a phase stands.
pub fn phase(verified: &Value, number: usize) -> String {
    verified["phases"][number - 1]["status"].as_str().unwrap().to_owned()
}

/// Rows that no test here is named by, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "a09",
        "there are no policy versions: `--base` takes the whole policy from a revision that the caller trusts",
    ),
    ("a13", "there are no sequence numbers: `prev` names statements by digest, see a12 and a14"),
    ("a25", "statements are not signed with GPG, so there is no status text to be fooled by"),
    ("a26", "statements do not bind to tags"),
];

/// The rows that have to be shown.
const ROWS: &[&str] = &[
    "a01", "a02", "a03", "a04", "a05", "a06", "a07", "a08", "a09", "a10", "a11", "a12", "a13", "a14", "a15",
    "a16", "a17", "a18", "a19", "a20", "a21", "a22", "a23", "a24", "a25", "a26", "a27", "b01", "b02", "b03",
    "b04", "b05", "b06", "b07", "b08", "b09", "b10", "b11", "b12",
];

#[test]
fn every_row_has_a_test_or_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let sources: String = files
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "rs"))
        .map(|entry| std::fs::read_to_string(entry.path()).unwrap())
        .collect();
    for row in ROWS {
        let is_tested = sources.contains(&format!("\n#[test]\nfn {row}_"));
        let is_elsewhere = ELSEWHERE.iter().any(|(other, _)| other == row);
        assert!(is_tested != is_elsewhere, "{row} has to have a test or a reason, and not both");
    }
}
