//! The outside world, read once: clock, environment, terminal, working folder.

use super::args::{Cli, Colour};
use super::codes::{UNWRITTEN, USAGE};
use super::report;
use crate::diag::{Error, Finding};
use crate::model::{Date, PermanentId, date_of};
use crate::project::{ByBase, Project};
use crate::store::{GitSays, Lock, Repo, Store, WorkTree, Writer};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// What a command may know of the world.
pub(super) struct Context {
    /// Where tom was started, or told to work.
    pub(super) folder: PathBuf,
    /// Whether a person can be asked.
    pub(super) can_ask: bool,
    /// The width of the terminal in columns.
    pub(super) width: usize,
    source_date: Option<i64>,
    /// What git said, where it called tom.
    git: GitSays,
    /// Why a result could not be written.
    unwritten: Arc<OnceLock<std::io::Error>>,
}

impl Context {
    /// Reads the process's world.
    #[expect(clippy::disallowed_methods, reason = "this is the place where the environment is read")]
    pub(super) fn of_process(cli: &Cli) -> Self {
        let folder = cli.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        let path = |key: &str| std::env::var_os(key).filter(|text| !text.is_empty()).map(PathBuf::from);
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        match cli.color {
            Colour::Always => anstream::ColorChoice::Always.write_global(),
            Colour::Never => anstream::ColorChoice::Never.write_global(),
            Colour::Auto => {}
        }
        Self {
            folder,
            can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            width: columns.unwrap_or(80).clamp(40, 100),
            source_date: std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok()),
            git: GitSays {
                dir: path("GIT_DIR"),
                work_tree: path("GIT_WORK_TREE"),
                index: path("GIT_INDEX_FILE"),
                objects: path("GIT_OBJECT_DIRECTORY"),
            },
            unwritten: Arc::default(),
        }
    }

    /// The same world, seen from another folder.
    pub(super) fn within(&self, folder: &Path) -> Self {
        let unwritten = Arc::clone(&self.unwritten);
        Self { folder: folder.to_path_buf(), can_ask: false, unwritten, git: GitSays::default(), ..*self }
    }

    /// Seconds since 1970: `SOURCE_DATE_EPOCH` where it is set, otherwise the clock.
    #[expect(clippy::disallowed_methods, reason = "this is the place where the clock is read")]
    pub(super) fn now(&self) -> i64 {
        self.source_date.unwrap_or_else(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
        })
    }

    /// The date that was asked for with `SOURCE_DATE_EPOCH`, in seconds.
    pub(super) fn source_date(&self) -> Option<i64> {
        self.source_date
    }

    /// Today, in UTC.
    pub(super) fn today(&self) -> Date {
        date_of(self.now())
    }

    /// A permanent id that nobody else has.
    pub(super) fn new_id(&self) -> Result<PermanentId, Error> {
        let mut bytes = [0u8; 6];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::new(&USAGE, format!("the operating system gives no random numbers: {error}"))
        })?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        PermanentId::new(format!("d-{text}")).map_err(|error| Error::new(&USAGE, error.to_string()))
    }

    /// The repository that tom works in.
    pub(super) fn repo(&self) -> Result<Repo, Error> {
        Repo::called(&self.folder, &self.git)
    }

    /// The top of the repository's work tree.
    pub(super) fn work_tree(&self, repo: &Repo) -> Result<PathBuf, Error> {
        repo.work_tree().ok_or_else(|| {
            Error::new(&USAGE, "this is a bare repository: there are no files to work on").help(
                "work in a clone; commands that only read take a revision, as in `tom check --rev main`",
            )
        })
    }

    /// The project in the work tree, or at a revision where one is named.
    pub(super) fn project(
        &self,
        repo: &Repo,
        revision: Option<&str>,
    ) -> Result<(Project, Vec<Finding>), Error> {
        let store: Box<dyn Store> = match revision {
            Some(revision) => Box::new(repo.at(revision)?),
            None => {
                // Half of a change is nothing to read: it is finished first, as whoever began it had committed to.
                if crate::store::is_unfinished(&repo.common_dir()) {
                    self.lock(repo)?;
                }
                Box::new(WorkTree::new(self.work_tree(repo)?))
            }
        };
        Project::open(store)
    }

    /// The same, with people, policy and frameworks as a trusted revision has them.
    pub(super) fn project_by(
        &self,
        repo: &Repo,
        revision: Option<&str>,
        base: &str,
    ) -> Result<(Project, Vec<Finding>), Error> {
        let (base, (here, _)) = (self.sound_project(repo, Some(base))?, self.project(repo, revision)?);
        Project::open(Box::new(ByBase::new(base.store().fork()?, here.store().fork()?)))
    }

    /// A project whose settings and frameworks can be relied on.
    pub(super) fn sound_project(&self, repo: &Repo, revision: Option<&str>) -> Result<Project, Error> {
        let (project, findings) = self.project(repo, revision)?;
        match findings.into_iter().find(Finding::is_error) {
            Some(finding) => Err(finding.into()),
            None => Ok(project),
        }
    }

    /// The right to write in the work tree.
    pub(super) fn writer(&self, repo: &Repo) -> Result<Writer, Error> {
        Ok(Writer::locked(self.work_tree(repo)?, self.lock(repo)?))
    }

    /// The repository's lock. What an earlier command left unfinished is finished, and said.
    pub(super) fn lock(&self, repo: &Repo) -> Result<Lock, Error> {
        let lock = Lock::take(&repo.common_dir())?;
        if let Some(finished) = lock.finished() {
            self.tell(format!(
                "finished what an earlier command was ended in the middle of: {}",
                super::words::counted(finished.files.len(), "file", "files")
            ));
            for file in &finished.files {
                self.tell(format!("  {}", report::one_line(file)));
            }
        }
        Ok(lock)
    }

    /// Writes a result to standard output. A reader that has gone away is no error; any other is kept for the end of the command.
    pub(super) fn print(&self, text: impl AsRef<str>) {
        let mut out = anstream::stdout().lock();
        if let Err(error) = out.write_all(text.as_ref().as_bytes()).and_then(|()| out.flush()) {
            let _ = self.unwritten.set(error);
        }
    }

    /// Why not all of the result was written.
    pub(super) fn unwritten(&self) -> Option<Error> {
        let error = self.unwritten.get().filter(|error| error.kind() != ErrorKind::BrokenPipe)?;
        Some(
            Error::new(&UNWRITTEN, format!("the result could not be written to standard output: {error}"))
                .help("what was to be written to files was written; only what was to be shown is missing"),
        )
    }

    /// Tells the person something that is no result.
    pub(super) fn tell(&self, text: impl AsRef<str>) {
        let _ = writeln!(anstream::stderr().lock(), "{}", text.as_ref());
    }

    /// Writes a result as JSON.
    pub(super) fn print_json(&self, value: &impl serde::Serialize) {
        let text =
            serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
        self.print(text + "\n");
    }

    /// Asks a person for a line; none at the end of input.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        let mut error = anstream::stderr().lock();
        let _ = write!(error, "{question} ");
        let _ = error.flush();
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    }

    /// Shows an error that ended a command.
    pub(super) fn say_error(&self, error: &Error) {
        let root = self.repo().ok().and_then(|repo| repo.work_tree());
        let text = report::draw(error.finding(), &|file| source(root.as_deref(), file), self.width);
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }
}

/// The text of a file, to draw a line of it: one of the repository, or one that was named on the command line.
fn source(root: Option<&Path>, file: &str) -> Option<String> {
    let path = Path::new(file);
    let bytes = if path.is_absolute() || path.starts_with("..") {
        crate::store::read_outside(path, file).ok()?
    } else {
        WorkTree::new(root?).read(file).ok()??
    };
    String::from_utf8(bytes).ok()
}
