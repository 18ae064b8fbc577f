//! Arguments in, exit codes out. The only room that knows the clock, the environment and the terminal.
//!
//! Exit codes: 0 clean; 1 errors found, conflicts or, with `--exit-code`, differences; 2 the work was not done; 101 a defect in tom.
//! The merge driver: 0 merged, 1 conflicts are in the file, 129 everything else. Git takes every code up to 128 for a conflict
//! and goes on with our side alone.

mod args;
mod beside;
mod child;
pub mod codes;
mod commands;
mod commit;
mod context;
mod decided;
mod detail;
mod embedded;
mod late;
mod output;
mod packs;
mod report;
mod sign;
mod since;
mod words;

pub use args::Cli;
pub use output::schemas;

use clap::Parser;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// What a command that did its work says about what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is wrong.
    Clean,
    /// Errors were found, or differences when they were asked for.
    Found,
    /// Something could not be read: what was shown says so, and is not all.
    NotAll,
}

/// Runs tom on the process's arguments.
pub fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    if let Some((child::COMMAND, rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return ExitCode::from(child::serve(rest, commands::TASKS));
    }
    if is_driver(&arguments) { driver(|| run(NOT_DRIVEN)) } else { run(2) }
}

/// Whether the verb is the merge driver's; options that every command has may stand before it.
fn is_driver(arguments: &[String]) -> bool {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            // Their value is a word of its own.
            "-C" | "--color" => drop(words.next()),
            option if option.starts_with('-') => {}
            verb => return verb == "merge-driver",
        }
    }
    false
}

/// What the merge driver exits with when it did not do its work.
const NOT_DRIVEN: u8 = 129;

/// Runs the merge driver, which never ends as if git had a conflict on its hands when it has none.
fn driver(run: impl FnOnce() -> ExitCode + std::panic::UnwindSafe) -> ExitCode {
    std::panic::catch_unwind(run).unwrap_or_else(|_| ExitCode::from(NOT_DRIVEN))
}

fn run(failed: u8) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let is_shown = match error.print().and_then(|()| std::io::stdout().flush()) {
                Err(why) if why.kind() != ErrorKind::BrokenPipe => {
                    let _ = writeln!(std::io::stderr(), "the help could not be written: {why}");
                    false
                }
                _ => true,
            };
            return ExitCode::from(if error.use_stderr() || !is_shown { failed } else { 0 });
        }
    };
    let context = context::Context::of_process(&cli);
    let outcome = commands::run(cli.command, &context).and_then(|outcome| match context.unwritten() {
        // Whoever reads less than the result must not take it for all.
        Some(error) => Err(error),
        None => Ok(outcome),
    });
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::NotAll) => ExitCode::from(failed),
        Err(error) => {
            context.say_error(&error);
            ExitCode::from(failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_merge_driver_is_known_behind_options_and_nothing_else_is_taken_for_it() {
        let is_driver = |line: &str| is_driver(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for line in [
            "merge-driver a",
            "-C dir merge-driver a",
            "--color never -Cdir merge-driver",
            "--color=never merge-driver",
        ] {
            assert!(is_driver(line), "{line}");
        }
        for line in ["", "-C merge-driver check", "show merge-driver", "-C dir set a b merge-driver"] {
            assert!(!is_driver(line), "{line}");
        }
    }

    #[test]
    fn c14_a_merge_driver_that_panics_is_no_conflict() {
        let code = driver(|| panic!("a defect"));
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(129)));
        let code = driver(|| ExitCode::from(1));
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(1)));
    }
}
