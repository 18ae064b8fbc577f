//! Speed and memory over many deployments, beside git on the same files. Nothing here fails for being
//! slow: it prints what it measured, and a person judges.
//!
//! ```text
//! cargo bench --bench corpus -- generate DIR --deployments 1000 --seed 1
//! cargo bench --bench corpus -- run
//! cargo bench --bench corpus -- run --deployments 100,1000,10000 --keep DIR
//! cargo bench --bench corpus -- spread
//! ```

mod branch;
mod generate;
mod invent;
mod measure;
mod run;
mod spread;

use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Anything that went wrong; it is shown, and the benchmark ends.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Makes and measures repositories of many deployments.
#[derive(Debug, Parser)]
#[command(name = "corpus")]
enum Cli {
    /// Make a repository
    Generate {
        /// Its folder, which must not exist yet
        dir: PathBuf,
        /// How many deployments
        #[arg(long, default_value_t = 1000)]
        deployments: usize,
        /// The same seed gives the same bytes
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Read what a branch touches, and nothing more: what `tom diff` is measured beside
    Read {
        /// The repository
        dir: PathBuf,
        /// The left revision
        left: String,
        /// The right revision
        right: String,
    },
    /// Measure, and print tables
    Run(run::Args),
    /// Measure how one new mitigation reaches every descendant
    Spread(spread::Args),
}

fn main() -> Result<(), Failure> {
    // Cargo adds `--bench`; without anything else, as in `cargo test --all-targets`, there is nothing to do.
    let words: Vec<String> = std::env::args().filter(|word| word != "--bench").collect();
    if words.len() < 2 {
        return Ok(());
    }
    match Cli::parse_from(words) {
        Cli::Generate { dir, deployments, seed } => {
            refuse_existing(&dir)?;
            generate::generate(generate::Plan::new(deployments, seed), &dir)
        }
        Cli::Read { dir, left, right } => branch::read(&dir, &left, &right),
        Cli::Run(args) => run::run(&args),
        Cli::Spread(args) => spread::run(&args),
    }
}

fn refuse_existing(dir: &Path) -> Result<(), Failure> {
    if dir.exists() {
        return Err(format!("{} exists already", dir.display()).into());
    }
    Ok(())
}

/// Git in a folder, with nobody's configuration.
pub fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.args(args);
    command
}

/// Runs a command, which has to succeed, and gives what it said.
pub fn said(mut command: Command) -> Result<String, Failure> {
    let done = command.output()?;
    if !done.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
