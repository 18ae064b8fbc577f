//! Laws: what must hold for every value, file and deployment, not only for the worked example.
//!
//! Values are random (proptest, with a fixed seed, so that a run says the same tomorrow) or every one of a
//! small set. A law that fails prints the smallest case that proptest can find.

mod deciding;
mod deriving;
mod differing;
mod editing;
mod encoding;
mod random;
mod reading;

use crate::support::{data, has_tool, root};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::{Arc, LazyLock};
use tom::model::*;
use tom::ops::derive::{Derived, Fate, Request, derive, fields_of, risk_texts};
use tom::ops::diff::{Difference, RiskChange, Side, Way, diff};
use tom::project::Project;
use tom::store::WorkTree;
use tom::syntax::*;

/// The worked example, read once.
struct Example {
    framework: Arc<Framework>,
    settings: Settings,
    deployments: Vec<Deployment>,
}

static EXAMPLE: LazyLock<Example> = LazyLock::new(|| {
    let (project, findings) = Project::open(Box::new(WorkTree::new(root()))).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let load = |name: &DeploymentName| project.load(name).unwrap().sound().unwrap();
    let loaded: Vec<_> = project.deployments().unwrap().0.iter().map(load).collect();
    Example {
        framework: loaded[0].1.clone(),
        settings: project.settings().clone(),
        deployments: loaded.into_iter().map(|(deployment, _)| deployment).collect(),
    }
});

fn framework() -> &'static Framework {
    &EXAMPLE.framework
}

/// A deployment of the worked example.
fn example(name: &str) -> &'static Deployment {
    EXAMPLE.deployments.iter().find(|deployment| deployment.name.as_str() == name).unwrap()
}

fn answered() -> Vec<&'static Item> {
    framework().items().filter(|item| item.is_answered()).collect()
}

/// Many cases, always the same ones; failures are not kept in files.
fn cases(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_261_120);
    ProptestConfig {
        cases,
        rng_seed,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

/// Values of a strategy, always the same ones.
fn some<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: u32) -> Vec<T> {
    let mut runner = TestRunner::new(cases(count));
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// Whether Python is there and does this.
fn python(program: &str) -> bool {
    let found = std::process::Command::new("python3").args(["-c", program]).output();
    has_tool("python3", found.is_ok_and(|output| output.status.success()))
}

/// What Python prints, given a text.
fn piped(args: &[&str], input: &str) -> String {
    let mut child = std::process::Command::new("python3")
        .args(args)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
