//! What the README and the guide show is run, and has to come out as they show it.
//!
//! A `console` block holds commands after `$ ` and what they print. All blocks of a file are one story in one fresh repository
//! with the worked example. A line after a command that begins with `> ` continues it. In output, a line `…` stands for any lines and
//! a `…` within a line for any text; a command that is shown without output may print anything. Its exit code is 0, or N where
//! the command ends in `# exit N`. Blocks in other languages (`sh`, `toml`) are not run.

use crate::support::{Sandbox, root, run};

/// A command as a chapter shows it.
#[derive(Debug)]
struct Step {
    line: usize,
    command: String,
    shown: Vec<String>,
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_console = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if is_console {
            let more = line.strip_prefix("> ").or((line == ">").then_some(""));
            match (line.strip_prefix("$ "), more, steps.last_mut()) {
                (Some(command), ..) => {
                    steps.push(Step { line: index + 1, command: command.to_owned(), shown: Vec::new() });
                }
                (None, Some(more), Some(step)) if step.shown.is_empty() => {
                    step.command += "\n";
                    step.command += more;
                }
                (_, _, Some(step)) => step.shown.push(line.trim_end().to_owned()),
                _ => panic!("line {}: output without a command", index + 1),
            }
        }
    }
    steps
}

/// Whether a line is what is shown: `…` stands for any text.
fn is_line(shown: &str, line: &str) -> bool {
    let parts: Vec<&str> = shown.split('…').collect();
    let [first, .., last] = &parts[..] else { return shown == line };
    let Some(mut rest) = line.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    parts[1..parts.len() - 1].iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Whether lines are what is shown: a line `…` stands for any lines.
fn are_lines(shown: &[String], lines: &[&str]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=lines.len()).any(|skip| are_lines(rest, &lines[skip..]))
        }
        Some((first, rest)) => {
            lines.first().is_some_and(|line| is_line(first, line)) && are_lines(rest, &lines[1..])
        }
    }
}

fn tell(chapter: &str) {
    let text = std::fs::read_to_string(root().join(chapter)).unwrap();
    let sandbox = Sandbox::example();
    for step in steps(&text) {
        let place = format!("{chapter}:{}", step.line);
        let wanted = step.command.rsplit_once("# exit ").map_or(0, |(_, code)| code.trim().parse().unwrap());
        let ran = run(sandbox.shell_command(&step.command));
        let out = ran.out.trim_end();
        assert_eq!(ran.code, Some(wanted), "{place}: `{}` printed\n{out}", step.command);
        let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
        assert!(
            step.shown.is_empty() || are_lines(&step.shown, &lines),
            "{place}: `{}` shows\n{}\nand prints\n{out}",
            step.command,
            step.shown.join("\n"),
        );
    }
}

#[test]
fn the_readme_comes_true() {
    tell("README.md");
}

#[test]
fn every_chapter_of_the_guide_comes_true() {
    let folder = root().join("docs/guide");
    let Ok(entries) = std::fs::read_dir(&folder) else { return };
    let mut chapters: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md"))
        .map(|name| format!("docs/guide/{name}"))
        .collect();
    chapters.sort();
    std::thread::scope(|scope| {
        for chapter in &chapters {
            scope.spawn(move || tell(chapter));
        }
    });
}

#[test]
fn a_line_that_differs_is_seen() {
    assert!(is_line("    72  carried: …", "    72  carried: answers"));
    assert!(!is_line("71 …", "72 carried"));
    assert!(!is_line("same", "other"));
    let shown = ["a".to_owned(), "…".to_owned(), "b".to_owned()];
    assert!(are_lines(&shown, &["a", "x", "y", "b"]) && are_lines(&shown, &["a", "b"]));
    assert!(!are_lines(&shown, &["a", "x"]) && !are_lines(&shown, &["x", "b"]));
}
