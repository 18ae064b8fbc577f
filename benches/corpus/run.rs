//! What is measured, and the tables of it.

use super::generate::{Plan, generate};
use super::measure::{Cost, Pair, cost, exponent, pairs};
use super::{Failure, branch, git};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many deployments, several sizes separated by commas
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1000])]
    deployments: Vec<usize>,
    /// Measure 10,000 deployments too; the repository needs about 2 GiB
    #[arg(long)]
    large: bool,
    /// Pairs of runs for each comparison
    #[arg(long, default_value_t = 9)]
    pairs: usize,
    /// The seed of the repositories
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the repositories here, and use those that are there
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// One comparison, with what was done.
pub struct Line {
    /// The command.
    pub what: String,
    /// What it is measured beside.
    pub beside: String,
    /// What both cost.
    pub pair: Pair,
}

/// One repository to measure in.
struct Bench<'a> {
    folder: &'a Path,
    output: PathBuf,
    pairs: usize,
}

/// Measures everything.
#[expect(clippy::print_stdout, reason = "the tables are what this program is for")]
pub fn run(args: &Args) -> Result<(), Failure> {
    let scratch = tempfile::tempdir()?;
    let top = args.keep.as_deref().unwrap_or(scratch.path());
    std::fs::create_dir_all(top)?;
    let mut sizes = args.deployments.clone();
    sizes.extend(args.large.then_some(10_000));
    sizes.sort_unstable();
    sizes.dedup();
    println!(
        "CPU is user and system time of all threads; the ratio is the median over {} pairs.\n",
        args.pairs
    );
    let mut checks = Vec::new();
    for (round, size) in sizes.into_iter().enumerate() {
        let plan = Plan::new(size, args.seed);
        let folder = top.join(format!("corpus-{}-{}", plan.deployments, plan.seed));
        if !folder.exists() {
            generate(plan, &folder)?;
        }
        let bench = Bench { folder: &folder, output: scratch.path().join("output"), pairs: args.pairs };
        println!("{} deployments, {}", plan.deployments, bench.size_of_files()?);
        let lines = bench.all(plan, round == 0)?;
        println!("{}\n", table(&lines));
        checks.extend(lines.first().map(|line| (plan.deployments, line.pair)));
    }
    if let [first, .., last] = &checks[..] {
        let of = |pick: fn(&Pair) -> Duration| exponent((first.0, pick(&first.1)), (last.0, pick(&last.1)));
        println!(
            "growth of check from {} to {}: exponent {:.3} (git grep {:.3})",
            first.0,
            last.0,
            of(|pair| pair.ours.cpu),
            of(|pair| pair.theirs.cpu)
        );
    }
    Ok(())
}

impl Bench<'_> {
    fn all(&self, plan: Plan, with_start: bool) -> Result<Vec<Line>, Failure> {
        let sibling = plan.some_sibling();
        let folder = format!("assessments/{sibling}");
        let received = format!("{folder}/received.toml");
        let grep = ["grep", "-c", "answer", "--", "assessments"];
        let mut lines = vec![
            self.against_git(&["check"], &grep, self.pairs)?,
            self.against_git(
                &["check", "--rev", "HEAD"],
                &["grep", "-c", "answer", "HEAD", "--", "assessments"],
                self.pairs,
            )?,
            self.against_check(&["status"])?,
            self.against_git(&["check", &sibling], &["grep", "-c", "answer", "--", &folder], self.pairs * 3)?,
            self.derive(plan, &sibling)?,
            self.against_git(
                &["diff", &sibling],
                &["diff", "--no-index", "--stat", &received, &format!("{folder}/ig.toml")],
                self.pairs * 3,
            )?,
        ];
        lines.extend(self.branch()?);
        if with_start {
            lines.push(self.against_git(&["--version"], &["--version"], self.pairs * 5)?);
        }
        for text in lines.iter_mut().flat_map(|line| [&mut line.what, &mut line.beside]) {
            *text = text.replace(&format!("{folder}/"), "").replace(&sibling, "D");
        }
        Ok(lines)
    }

    fn tom(&self, args: &[&str]) -> Result<Cost, Failure> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tom"));
        command.current_dir(self.folder).args(args).env("SOURCE_DATE_EPOCH", "1795132800");
        cost(&mut command, &self.output)
    }

    fn against_git(&self, ours: &[&str], theirs: &[&str], count: usize) -> Result<Line, Failure> {
        let pair = pairs(count, || self.tom(ours), || cost(&mut git(self.folder, theirs), &self.output))?;
        Ok(Line {
            what: format!("tom {}", ours.join(" ")),
            beside: format!("git {}", theirs.join(" ")),
            pair,
        })
    }

    /// What takes no longer than `tom check`.
    fn against_check(&self, ours: &[&str]) -> Result<Line, Failure> {
        let pair = pairs(self.pairs, || self.tom(ours), || self.tom(&["check"]))?;
        Ok(Line { what: format!("tom {}", ours.join(" ")), beside: "tom check".to_owned(), pair })
    }

    /// What a branch changes, beside git and beside the least that has to be read.
    fn branch(&self) -> Result<[Line; 2], Failure> {
        branch::make(self.folder)?;
        let range = format!("main...{}", branch::BRANCH);
        let ours = ["diff", &range, "--format", "json"];
        let beside_git = self.against_git(&ours, &["diff", "--stat", &range], self.pairs)?;
        let reader = std::env::current_exe()?;
        let pair = pairs(
            self.pairs,
            || self.tom(&ours),
            || {
                let mut command = Command::new(&reader);
                command.arg("read").arg(self.folder).args(["main", branch::BRANCH]);
                cost(&mut command, &self.output)
            },
        )?;
        let beside = "reader of what is touched".to_owned();
        Ok([beside_git, Line { what: format!("tom {}", ours.join(" ")), beside, pair }])
    }

    /// A new folder each time, taken away again after each run.
    fn derive(&self, plan: Plan, parent: &str) -> Result<Line, Failure> {
        let assessments = self.folder.join("assessments");
        let new = format!("acme-bench-{}", plan.seed);
        let target = assessments.join(&new);
        let gone = |done: Result<Cost, Failure>| -> Result<Cost, Failure> {
            if target.exists() {
                std::fs::remove_dir_all(&target)?;
            }
            done
        };
        let pair = pairs(
            self.pairs * 2,
            || gone(self.tom(&["derive", parent, &new, "--no-input"])),
            || {
                let mut copy = Command::new("cp");
                copy.arg("-r").arg(assessments.join(parent)).arg(&target);
                gone(cost(&mut copy, &self.output))
            },
        )?;
        Ok(Line { what: format!("tom derive {parent} NEW"), beside: "cp -r PARENT NEW".to_owned(), pair })
    }

    fn size_of_files(&self) -> Result<String, Failure> {
        let (mut files, mut bytes) = (0usize, 0u64);
        for entry in walkdir::WalkDir::new(self.folder.join("assessments")) {
            let entry = entry?;
            if entry.file_type().is_file() {
                files += 1;
                bytes += entry.metadata()?.len();
            }
        }
        Ok(format!("{files} files, {:.1} MiB", bytes as f64 / f64::from(1 << 20)))
    }
}

/// The lines as a table.
pub fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header([
        "what",
        "CPU ms",
        "wall ms",
        "peak MiB",
        "beside",
        "CPU ms",
        "wall ms",
        "peak MiB",
        "ratio",
        "lowest to highest",
    ]);
    let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
    let mib = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
    for Line { what, beside, pair: Pair { ours, theirs, ratio, range } } in lines {
        table.add_row([
            what.clone(),
            ms(ours.cpu),
            ms(ours.wall),
            mib(ours.peak),
            beside.clone(),
            ms(theirs.cpu),
            ms(theirs.wall),
            mib(theirs.peak),
            format!("{ratio:.2}"),
            format!("{:.2} to {:.2}", range.0, range.1),
        ]);
    }
    for index in [1, 2, 3, 5, 6, 7, 8] {
        table
            .column_mut(index)
            .into_iter()
            .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    }
    table
}
