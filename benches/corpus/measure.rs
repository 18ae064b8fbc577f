//! What a child process costs: its own CPU time and peak memory, as the kernel counted them, and pairs of
//! such measurements.

use super::Failure;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What one run cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// User and system time of all threads.
    pub cpu: Duration,
    /// From start to end.
    pub wall: Duration,
    /// The largest resident set, in bytes.
    pub peak: u64,
}

/// Runs a command to its end with its output in a file. An exit code of 2 or more means that nothing was
/// measured.
pub fn cost(command: &mut Command, output: &Path) -> Result<Cost, Failure> {
    let file = std::fs::File::create(output)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let used = child.wait4()?;
    let wall = start.elapsed();
    if used.status.code().is_none_or(|code| code > 1) {
        let text = std::fs::read_to_string(output).unwrap_or_default();
        let tail: Vec<&str> = text.lines().rev().take(12).collect();
        return Err(format!(
            "{command:?} failed:\n{}",
            tail.into_iter().rev().collect::<Vec<_>>().join("\n")
        )
        .into());
    }
    Ok(Cost { cpu: used.rusage.utime + used.rusage.stime, wall, peak: used.rusage.maxrss })
}

/// The medians of two commands that ran in turn, and of the ratio within each turn.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// The first command.
    pub ours: Cost,
    /// What it is compared with.
    pub theirs: Cost,
    /// CPU time of the first over that of the other, pair by pair; the median.
    pub ratio: f64,
    /// The lowest and the highest of those ratios.
    pub range: (f64, f64),
}

/// Measures two things in turn, after one turn that does not count.
pub fn pairs(
    count: usize,
    mut ours: impl FnMut() -> Result<Cost, Failure>,
    mut theirs: impl FnMut() -> Result<Cost, Failure>,
) -> Result<Pair, Failure> {
    ours()?;
    theirs()?;
    let mut runs = Vec::new();
    for _ in 0..count.max(1) {
        runs.push((ours()?, theirs()?));
    }
    let ratios: Vec<f64> =
        runs.iter().map(|(a, b)| a.cpu.as_secs_f64() / b.cpu.as_secs_f64().max(1e-6)).collect();
    let (first, second): (Vec<Cost>, Vec<Cost>) = runs.into_iter().unzip();
    let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ratios.iter().copied().fold(0.0, f64::max);
    Ok(Pair { ours: middle(&first), theirs: middle(&second), ratio: median(ratios), range: (low, high) })
}

fn middle(costs: &[Cost]) -> Cost {
    let of = |pick: fn(&Cost) -> f64| median(costs.iter().map(pick).collect());
    Cost {
        cpu: Duration::from_secs_f64(of(|cost| cost.cpu.as_secs_f64())),
        wall: Duration::from_secs_f64(of(|cost| cost.wall.as_secs_f64())),
        // Memory is promised, not averaged.
        peak: costs.iter().map(|cost| cost.peak).max().unwrap_or_default(),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

/// How cost grows with size: 1 is in proportion.
pub fn exponent(small: (usize, Duration), large: (usize, Duration)) -> f64 {
    (large.1.as_secs_f64() / small.1.as_secs_f64()).ln() / (large.0 as f64 / small.0 as f64).ln()
}
