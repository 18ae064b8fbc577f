//! The indexes of git's packs, held against their own checksums before libgit2 maps them: it follows their offsets as they are, so that a damaged
//! one could end the process or give another object.

use super::UNREADABLE;
use crate::diag::{Error, Label};
use git2::{ObjectType, Odb, Oid};
use sha1::{Digest, Sha1};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

/// How many bytes a checksum has.
const SUM: usize = 20;

/// Holds every index of a repository's objects, those of alternates with them, against its checksum. Each folder once in a process.
///
/// # Errors
/// The first one that is not as git wrote it.
pub(super) fn sound(common: &Path) -> Result<(), Error> {
    static KNOWN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut open = vec![common.join("objects")];
    while let Some(objects) = open.pop() {
        if !KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(objects.clone()) {
            continue;
        }
        let checked = folder(&objects);
        if checked.is_err() {
            KNOWN.lock().unwrap_or_else(PoisonError::into_inner).remove(&objects);
        }
        checked?;
        let alternates = std::fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
        open.extend(alternates.lines().filter(|line| !line.starts_with('#')).map(|line| objects.join(line)));
    }
    Ok(())
}

fn folder(objects: &Path) -> Result<(), Error> {
    let graphs = [objects.join("info/commit-graph"), objects.join("pack/multi-pack-index")];
    graphs.iter().filter(|file| file.exists()).try_for_each(|file| summed(file).map(drop))?;
    let entries = std::fs::read_dir(objects.join("pack")).into_iter().flatten().filter_map(Result::ok);
    for index in entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "idx"))
    {
        let before = summed(&index)?;
        // The pack that it is of ends with the checksum that stands before its own.
        let pack = index.with_extension("pack");
        if pack.exists() && ends(&pack)? != before {
            return Err(damaged(&pack, "it is not the one that its index is of"));
        }
    }
    Ok(())
}

fn damaged(file: &Path, why: &str) -> Error {
    let shown = file.display();
    Error::new(&UNREADABLE, format!("`{shown}` is damaged: {why}"))
        .at(Label::file(shown.to_string()))
        .help("`git fsck --full` says what is lost; `git index-pack` makes an index anew, and a clone has all of it")
}

/// What stands before a file's checksum, having held the checksum against everything before it.
fn summed(file: &Path) -> Result<[u8; SUM], Error> {
    let read = || -> std::io::Result<Option<[u8; SUM]>> {
        let mut input = File::open(file)?;
        let (mut sum, mut held) = (Sha1::new(), Vec::new());
        let mut part = vec![0; 1 << 16];
        loop {
            let count = input.read(&mut part)?;
            held.extend_from_slice(&part[..count]);
            if count == 0 {
                break;
            }
            // The last two checksums are kept back.
            let known = held.len().saturating_sub(2 * SUM);
            sum.update(&held[..known]);
            held.drain(..known);
        }
        let Some((before, last)) = held.split_last_chunk::<SUM>() else { return Ok(None) };
        sum.update(before);
        let is_whole = sum.finalize()[..] == last[..];
        Ok(before.last_chunk().copied().filter(|_| is_whole))
    };
    match read() {
        Ok(Some(before)) => Ok(before),
        Ok(None) => Err(damaged(file, "its checksum is another")),
        Err(error) => Err(damaged(file, &error.to_string())),
    }
}

/// The checksum at the end of a file.
fn ends(file: &Path) -> Result<[u8; SUM], Error> {
    let read = || -> std::io::Result<[u8; SUM]> {
        let (mut input, mut last) = (File::open(file)?, [0; SUM]);
        input.seek(SeekFrom::End(-20))?;
        input.read_exact(&mut last)?;
        Ok(last)
    };
    read().map_err(|error| damaged(file, &error.to_string()))
}

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// The size and the kind of an object. git2 panics at a kind that there is not, which damaged bytes of a pack can say: that is an error like any other.
pub(super) fn header(odb: &Odb<'_>, id: Oid) -> Result<(usize, ObjectType), git2::Error> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                before(info);
            }
        }));
    });
    IS_GUARDED.set(true);
    let read = catch_unwind(AssertUnwindSafe(|| odb.read_header(id)));
    IS_GUARDED.set(false);
    read.unwrap_or_else(|_| {
        Err(git2::Error::from_str(&format!("the object {id} is of no kind that there is")))
    })
}
