//! Work that could run wild, in a child process with limits on time and memory: the same binary, started again.
//!
//! The child limits itself before it reads anything, takes the task from standard input, and gives the result on standard output. The
//! parent ends it when its time is over. Nothing else goes between them: no arguments, no environment, no files.

use crate::diag::{Code, Error, Label, Severity};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Work in the limited child did not come to an end.
pub static LIMITED: Code = Code {
    id: "TOM-0955",
    severity: Severity::Error,
    title: "work on files that are not trusted was ended",
    explain: "Templates of a repository's own are programs, and a spreadsheet can be made to exhaust a machine. tom works on them in a process of its own with limits on \
time and memory, and ended it, or could not start it. Nothing was written. Look for a loop or for something far too large in what was being worked on. \
On Windows there are no such limits, so tom refuses the work there.",
};

/// What the hidden command is called.
pub(super) const COMMAND: &str = "limited-child";

/// What a child may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long it may run.
    pub(super) time: Duration,
    /// How many bytes of memory it may map.
    pub(super) memory: u64,
    /// How many bytes it may give out.
    pub(super) output: u64,
}

/// A piece of work that a child does: its name, and a function from bytes to bytes.
pub(super) type Task = (&'static str, fn(&[u8]) -> Result<Vec<u8>, Error>);

/// An error on its way from the child.
#[derive(serde::Serialize, serde::Deserialize)]
struct Told {
    code: String,
    message: String,
    file: Option<String>,
    notes: Vec<String>,
    help: Vec<String>,
}

/// Does a task in a child.
pub(super) fn run(task: &str, input: &[u8], limits: Limits) -> Result<Vec<u8>, Error> {
    if cfg!(not(unix)) {
        let message = "templates and spreadsheets that are not tom's own are not worked on here";
        return Err(Error::new(&LIMITED, message).note("this system has no limits for a process"));
    }
    let fail = |what: &str, error: &dyn std::fmt::Display| Error::new(&LIMITED, format!("{what}: {error}"));
    let program = std::env::current_exe().map_err(|error| fail("tom cannot find itself", &error))?;
    let mut child = Command::new(program)
        .args([COMMAND, task, &limits.memory.to_string(), &limits.time.as_secs().to_string()])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fail("the limited process cannot be started", &error))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (sender, receiver) = std::sync::mpsc::channel();
    let answer = std::thread::scope(|scope| {
        // A child that ends early closes its end; the answer says why.
        scope.spawn(|| stdin.map(|mut pipe| pipe.write_all(input)));
        scope.spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.map(|pipe| pipe.take(limits.output + 2).read_to_end(&mut bytes));
            let _ = sender.send(read.transpose().map(|_| bytes));
        });
        let answer = receiver.recv_timeout(limits.time + Duration::from_secs(2));
        let _ = child.kill(); // it has answered, or its time is over
        answer
    });
    let status = child.wait().map_err(|error| fail("the limited process cannot be waited for", &error))?;
    let Ok(answer) = answer else {
        return Err(Error::new(&LIMITED, format!("{task} took more than {} seconds", limits.time.as_secs())));
    };
    let bytes = answer.map_err(|error| fail("the limited process cannot be read", &error))?;
    match bytes.split_first() {
        Some((b'=', result)) if result.len() as u64 <= limits.output => Ok(result.to_vec()),
        Some((b'=', _)) => {
            Err(Error::new(&LIMITED, format!("{task} gives out more than {} MiB", limits.output >> 20)))
        }
        Some((b'!', told)) => Err(serde_json::from_slice(told).map_or_else(
            |error| fail("the limited process said what cannot be understood", &error),
            |told: Told| told.into_error(),
        )),
        _ => Err(Error::new(
            &LIMITED,
            format!(
                "{task} needed more than {} MiB of memory or {} seconds",
                limits.memory >> 20,
                limits.time.as_secs()
            ),
        )
        .note(format!("the process ended with {status}"))),
    }
}

impl Told {
    fn of(error: &Error) -> Self {
        let finding = error.finding();
        Self {
            code: finding.code.id.to_owned(),
            message: finding.message.clone(),
            file: finding.primary.as_ref().map(|label| label.file.clone()),
            notes: finding.notes.clone(),
            help: finding.help.clone(),
        }
    }

    fn into_error(self) -> Error {
        let mut error = Error::new(super::codes::find(&self.code).unwrap_or(&LIMITED), self.message);
        if let Some(file) = self.file {
            error = error.at(Label::file(file));
        }
        let error = self.notes.into_iter().fold(error, Error::note);
        self.help.into_iter().fold(error, Error::help)
    }
}

/// The child's side. Gives the exit code.
pub(super) fn serve(arguments: &[String], tasks: &[Task]) -> u8 {
    let [task, memory, seconds] = arguments else { return 2 };
    let (Ok(memory), Ok(seconds)) = (memory.parse(), seconds.parse()) else { return 2 };
    let Some((_, work)) = tasks.iter().find(|(name, _)| name == task) else { return 2 };
    if crate::store::limit_process(memory, seconds).is_err() {
        return 2;
    }
    let mut input = Vec::new();
    if std::io::stdin().lock().read_to_end(&mut input).is_err() {
        return 2;
    }
    let answer = match work(&input) {
        Ok(result) => [b"=".as_slice(), &result].concat(),
        Err(error) => [b"!".to_vec(), serde_json::to_vec(&Told::of(&error)).unwrap_or_default()].concat(),
    };
    let mut out = std::io::stdout().lock();
    u8::from(out.write_all(&answer).and_then(|()| out.flush()).is_err())
}
