//! A sandbox with a clock and a git configuration of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// 20 November 2026: today, in every test.
pub const TODAY: &str = "1795132800";

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The same, having made sure of the exit code.
    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }

    /// Both streams, results first.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// A folder that goes when the test ends.
pub struct Sandbox {
    folder: TempDir,
}

/// The project's own root, where the example and the framework are.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `tests/data`.
pub fn data(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/data").join(name)).unwrap()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Sandbox {
    /// An empty folder, in no repository.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A repository after `tom init`, committed.
    pub fn init() -> Self {
        let sandbox = Self::empty();
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.tom(&["init"]).code(0);
        sandbox.commit("init");
        sandbox
    }

    /// A repository with the worked example, committed.
    pub fn example() -> Self {
        let sandbox = Self::empty();
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.add_example();
        sandbox
    }

    /// Puts the worked example into a repository, and commits it.
    pub fn add_example(&self) {
        for part in ["frameworks", "assessments", "docs/evidence"] {
            copy(&root().join(part), &self.path(part));
        }
        for file in ["tom.toml", ".gitattributes"] {
            std::fs::copy(root().join(file), self.path(file)).unwrap();
        }
        // Whoever put the example together speaks for no party.
        self.git(&["add", "-A"]);
        let author = "The Programme <programme@elsewhere.example>";
        self.git(&["commit", "-q", "--allow-empty", "-m", "the worked example", "--author", author]);
    }

    /// A path in the sandbox.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.current_dir(self.folder.path()).env_clear().env("PATH", path).env("HOME", self.folder.path());
        command
            .env("SOURCE_DATE_EPOCH", TODAY)
            .env("COLUMNS", "80")
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for (key, value) in
            [("NAME", "Jo Marsh"), ("EMAIL", "jo.marsh@acme.example"), ("DATE", "1795132800 +0000")]
        {
            command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
        }
        command.stdin(std::process::Stdio::null());
        command
    }

    /// tom's own command, ready to be changed before it runs.
    pub fn tom_command(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_tom"));
        command.args(args);
        command
    }

    /// A line of shell that finds tom on its path; both streams in one, as on a terminal.
    pub fn shell_command(&self, line: &str) -> Command {
        let mut command = self.command("sh");
        let mut path = std::ffi::OsString::from(Path::new(env!("CARGO_BIN_EXE_tom")).parent().unwrap());
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command.arg("-c").arg(format!("exec 2>&1\n{line}")).env("PATH", path);
        // A chapter that needs the network could not be followed on the train.
        command.env("GIT_ALLOW_PROTOCOL", "file");
        command
    }

    /// Runs tom.
    pub fn tom(&self, args: &[&str]) -> Ran {
        run(self.tom_command(args))
    }

    /// Runs git, which has to succeed; gives its output.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let mut command = self.command("git");
        command.args(args);
        run(command).code(0).out
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// A file's text.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes a file, with its folder.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Replaces the one place where a text stands in a file.
    #[track_caller]
    pub fn replace(&self, path: &str, find: &str, with: &str) {
        let text = self.read(path);
        assert!(text.contains(find), "`{find}` does not stand in {path}");
        self.write(path, text.replacen(find, with, 1));
    }

    /// Every file beneath a folder with its bytes, git's own apart.
    pub fn files(&self, folder: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
        let top = self.path(folder);
        walkdir::WalkDir::new(&top)
            .into_iter()
            .filter_entry(|entry| entry.file_name() != ".git")
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let name = entry.path().strip_prefix(&top).unwrap().to_string_lossy().into_owned();
                (name, std::fs::read(entry.path()).unwrap())
            })
            .collect()
    }
}

/// Runs a command to its end.
pub fn run(mut command: Command) -> Ran {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Whether a tool is there that a test needs. Where everything has to be tested (`CI` is set) it has to be, unless `ci.sh` said in
/// `TOM_WITHOUT` that this machine cannot have it; otherwise a test that is skipped says so.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub fn has_tool(tool: &str, is_there: bool) -> bool {
    if !is_there {
        let without = std::env::var_os("TOM_WITHOUT").unwrap_or_default().into_string().unwrap_or_default();
        let may_skip = std::env::var_os("CI").is_none() || without.split_whitespace().any(|one| one == tool);
        assert!(may_skip, "`{tool}` is missing or cannot be used, and with CI set nothing is skipped");
        eprintln!("skipped: `{tool}` is missing or cannot be used here");
    }
    is_there
}
