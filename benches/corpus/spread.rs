//! One new mitigation of a root, and how it reaches a thousand descendants over three generations.

use super::generate::{Plan, generate};
use super::measure::{cost, pairs};
use super::run::{Line, table};
use super::{Failure, git, said};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root's risk that gains a mitigation.
const RISK: &str = "HAZ-001";
/// The mitigation's key.
const KEY: &str = "M90";

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many descendants
    #[arg(long, default_value_t = 1000)]
    descendants: usize,
    /// Pairs of runs for each comparison
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// The seed of the repository
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the repository here, and use the one that is there
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Measures, and says how many descendants have the mitigation afterwards.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub fn run(args: &Args) -> Result<(), Failure> {
    let scratch = tempfile::tempdir()?;
    let plan = Plan { baselines: Some(1), ..Plan::new(args.descendants + 1, args.seed) };
    let top = args.keep.as_deref().unwrap_or(scratch.path());
    let folder = top.join(format!("lineage-{}-{}", plan.deployments, plan.seed));
    if !folder.exists() {
        std::fs::create_dir_all(top)?;
        generate(plan, &folder)?;
        add_mitigation(&folder, &plan.root())?;
    }
    let output = scratch.path().join("output");
    let root = plan.root();
    let tom = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tom"));
        command.current_dir(&folder).args(args).env("SOURCE_DATE_EPOCH", "1795132800");
        command
    };
    let read = || {
        let mut read = Command::new("sh");
        read.current_dir(&folder).args(["-c", "find assessments -name '*.toml' -exec cat {} + | wc -c"]);
        cost(&mut read, &output)
    };
    let mut lines = Vec::new();
    for words in [
        &["update", "--from", &root, "--all", "--dry-run"][..],
        &["update", "--from", &root, "--all"],
        &["status", "--behind"],
        &["lineage", &root, "--of", &format!("{RISK}.mitigations.{KEY}")],
    ] {
        let ours = || {
            said(git(&folder, &["checkout", "-q", "--", "assessments"]))?;
            cost(&mut tom(words), &output)
        };
        let pair = pairs(args.pairs, ours, read)?;
        lines.push(Line {
            what: format!("tom {}", words.join(" ")),
            beside: "cat all files".to_owned(),
            pair,
        });
    }
    println!(
        "{} descendants of {root} in three generations; the root gained one mitigation\n",
        args.descendants
    );
    println!("{}\n", table(&lines));
    said(git(&folder, &["checkout", "-q", "--", "assessments"]))?;
    said(tom(&["update", "--from", &root, "--all"]))?;
    let has = said(git(
        &folder,
        &["grep", "--count", "-F", &format!("mitigations.{KEY}]"), "--", "assessments/*/risks/*"],
    ))?;
    println!("{} deployments have it now; `tom check` says: {}", has.lines().count(), {
        let checked = said(tom(&["check"]))?;
        checked.lines().last().unwrap_or_default().to_owned()
    });
    said(git(&folder, &["checkout", "-q", "--", "assessments"])).map(drop)
}

/// Gives a risk of the root one more mitigation, in a commit.
fn add_mitigation(folder: &Path, root: &str) -> Result<(), Failure> {
    let path = folder.join(format!("assessments/{root}/risks/{RISK}.toml"));
    let text = std::fs::read_to_string(&path)?;
    let new = format!(
        "\n[mitigations.{KEY}]\ntext = \"The screen shows the date of birth beside the name.\"\nowner = \"supplier\"\nkind = \"design\"\nstatus = \"proposed\"\n"
    );
    std::fs::write(&path, text + &new)?;
    let mut commit = git(folder, &["commit", "-qam", "Show the date of birth too"]);
    for who in ["AUTHOR", "COMMITTER"] {
        commit
            .env(format!("GIT_{who}_NAME"), "Jo Marsh")
            .env(format!("GIT_{who}_EMAIL"), "jo.marsh@acme.example");
    }
    said(commit).map(drop)
}
