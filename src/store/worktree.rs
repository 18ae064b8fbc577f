//! The files as they lie in a folder.

use super::beneath::{Absent, Obstacle, Trail, linked, list, split};
use super::{Entry, MAX_FILE, NOT_A_FILE, Store, TOO_LARGE, UNREADABLE};
use crate::diag::{Error, Label};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, open, openat, statat};
use rustix::io::Errno;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Not blocking on a pipe, so that what is opened can be looked at first.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// A folder's files, as they are now.
#[derive(Debug)]
pub struct WorkTree {
    root: PathBuf,
    // A view for one thread, which reads file after file, keeps the folders open that it came through.
    kept: Option<Mutex<Trail>>,
}

impl WorkTree {
    /// The files beneath a folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), kept: None }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Does something with a folder beneath the root.
    fn within<T>(
        &self,
        folder: &str,
        act: impl FnOnce(BorrowedFd<'_>) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, Obstacle> {
        match &self.kept {
            None => Ok(act(Trail::new(&self.root).to(folder, Absent::Leave)?)),
            Some(kept) => {
                let mut trail = kept.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(act(trail.to(folder, Absent::Leave)?))
            }
        }
    }
}

/// Reads a file anywhere, which a person named: links to it are followed, and nothing but a file of a sensible
/// size is read.
pub fn read_outside(path: &Path, shown: &str) -> Result<Vec<u8>, Error> {
    read_outside_up_to(path, shown, MAX_FILE)
}

/// The same for a file of another kind, which may have more bytes or fewer.
pub fn read_outside_up_to(path: &Path, shown: &str, most: u64) -> Result<Vec<u8>, Error> {
    content(open(path, FILE, Mode::empty()).map_err(|error| refused(shown, error))?, shown, most)
}

fn unreadable(path: &str, cause: impl std::fmt::Display) -> Error {
    Error::new(&UNREADABLE, format!("cannot read `{path}`: {cause}")).at(Label::file(path))
}

fn not_a_file(path: &str, what: &str) -> Error {
    Error::new(&NOT_A_FILE, format!("`{path}` is {what}, not a regular file")).at(Label::file(path))
}

fn refused(path: &str, error: Errno) -> Error {
    match error {
        Errno::LOOP => not_a_file(path, "a symbolic link"),
        Errno::NXIO => not_a_file(path, "a socket or pipe"),
        error => unreadable(path, error),
    }
}

/// The bytes of a file that is open, if it is a regular one and not too large.
fn content(fd: OwnedFd, path: &str, most: u64) -> Result<Vec<u8>, Error> {
    let stat = fstat(&fd).map_err(|error| unreadable(path, error))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(not_a_file(path, "a folder")),
        _ => return Err(not_a_file(path, "a pipe or device")),
    }
    let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
    if size > most {
        return Err(too_large(path, size, most));
    }
    // A file that grows meanwhile is read as it was. Some file systems do not know a size before they are asked.
    let limit = if size == 0 { most + 1 } else { size };
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let read = std::fs::File::from(fd).take(limit).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > most {
        return Err(too_large(path, bytes.len() as u64, most));
    }
    Ok(bytes)
}

impl Store for WorkTree {
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let listing = self.within(folder, |open| list(open).map_err(|error| unreadable(folder, error)));
        let listing = match listing {
            Ok(listing) => listing?,
            Err(Obstacle::Missing) => return Ok(Vec::new()),
            Err(Obstacle::Link(at)) => return Err(linked(&at)),
            Err(Obstacle::NotAFolder(at)) => {
                return Err(unreadable(folder, format!("`{at}` is not a folder")));
            }
            Err(Obstacle::Refused(error)) => return Err(unreadable(folder, error)),
        };
        let mut entries: Vec<Entry> = listing
            .into_iter()
            .map(|(name, kind)| Entry { name: name.to_string_lossy().into_owned(), kind })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read_up_to(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let (folder, name) = split(file);
        let read =
            self.within(folder, |open| match openat(open, name, FILE | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(fd) => content(fd, file, most).map(Some),
                Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
                Err(error) => Err(refused(file, error)),
            });
        match read {
            Ok(bytes) => bytes,
            Err(Obstacle::Missing | Obstacle::NotAFolder(_)) => Ok(None),
            Err(Obstacle::Link(at)) => Err(linked(&at)),
            Err(Obstacle::Refused(error)) => Err(unreadable(file, error)),
        }
    }

    fn likeness(&self, file: &str) -> Option<u64> {
        let (folder, name) = split(file);
        let stat = self.within(folder, |open| {
            statat(open, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| refused(file, error))
        });
        u64::try_from(stat.ok()?.ok()?.st_size).ok()
    }

    fn fork(&self) -> Result<Box<dyn Store>, Error> {
        let kept = Some(Mutex::new(Trail::new(&self.root)));
        Ok(Box::new(Self { root: self.root.clone(), kept }))
    }
}

pub(super) fn too_large(path: &str, size: u64, most: u64) -> Error {
    let mib = most >> 20;
    Error::new(&TOO_LARGE, format!("`{path}` has {size} bytes, more than the {mib} MiB that are read"))
        .at(Label::file(path))
}
