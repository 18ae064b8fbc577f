//! A workbook that somebody sent, read in a limited child.

use crate::cli::child::{LIMITED, Limits, Task, run};
use crate::cli::context::Context;
use crate::diag::{Error, Label};
use crate::exchange::{Book, MOST_FILE, read_book};
use crate::model::{Digest, Origin};
use crate::store::read_outside_up_to;
use std::path::Path;
use std::time::Duration;

/// What the child does.
pub(super) const TASK: Task = ("reading a workbook", read);

/// An ordinary workbook needs a hundredth of it.
const LIMITS: Limits = Limits { time: Duration::from_secs(2), memory: 512 << 20, output: 128 << 20 };

fn read(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&read_book(bytes)?).map_err(|error| Error::new(&LIMITED, error.to_string()))
}

/// The workbook of a file, and where it came from.
pub(super) fn open(context: &Context, file: &Path, sender: Option<&str>) -> Result<(Book, Origin), Error> {
    let shown = file.display().to_string();
    let bytes = read_outside_up_to(&context.folder.join(file), &shown, MOST_FILE)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let origin = Origin {
        file: super::plain("file's name", &name)?,
        digest: Digest::of_bytes(&bytes).to_string(),
        sender: sender.map(|sender| super::plain("sender", sender)).transpose()?,
        on: context.today(),
    };
    let read = run(TASK.0, &bytes, LIMITS).map_err(|error| error.at(Label::file(&shown)))?;
    let book = serde_json::from_slice(&read)
        .map_err(|error| Error::new(&LIMITED, format!("the child's answer cannot be understood: {error}")))?;
    Ok((book, origin))
}
