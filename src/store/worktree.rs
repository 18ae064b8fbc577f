//! The files as they lie in a folder.

use super::{Entry, EntryKind, MAX_FILE, NOT_A_FILE, Store, TOO_LARGE, UNREADABLE};
use crate::diag::{Error, Label};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A folder's files, as they are now.
#[derive(Debug, Clone)]
pub struct WorkTree {
    root: PathBuf,
}

impl WorkTree {
    /// The files beneath a folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

fn unreadable(path: &str, cause: impl std::fmt::Display) -> Error {
    Error::new(&UNREADABLE, format!("cannot read `{path}`: {cause}")).at(Label::file(path))
}

fn not_a_file(path: &str, what: &str) -> Error {
    Error::new(&NOT_A_FILE, format!("`{path}` is {what}, not a regular file")).at(Label::file(path))
}

impl Store for WorkTree {
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let listing = match std::fs::read_dir(self.root.join(folder)) {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(folder, error)),
        };
        let mut entries = Vec::new();
        for entry in listing {
            let entry = entry.map_err(|error| unreadable(folder, error))?;
            let kind = entry.file_type().map_err(|error| unreadable(folder, error))?;
            let kind = match () {
                () if kind.is_file() => EntryKind::File,
                () if kind.is_dir() => EntryKind::Folder,
                () if kind.is_symlink() => EntryKind::Link,
                () => EntryKind::Other,
            };
            entries.push(Entry { name: entry.file_name().to_string_lossy().into_owned(), kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        use rustix::io::Errno;
        // Not following a link and not blocking on a pipe, so that what is opened can be looked at first.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match open(self.root.join(file), flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(Errno::LOOP) => return Err(not_a_file(file, "a symbolic link")),
            Err(Errno::NXIO) => return Err(not_a_file(file, "a socket or pipe")),
            Err(error) => return Err(unreadable(file, error)),
        };
        let stat = fstat(&fd).map_err(|error| unreadable(file, error))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            FileType::Directory => return Err(not_a_file(file, "a folder")),
            _ => return Err(not_a_file(file, "a pipe or device")),
        }
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        if size > MAX_FILE {
            return Err(too_large(file, size));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
        // The file may grow while it is read; the limit holds all the same.
        let read = std::fs::File::from(fd).take(MAX_FILE + 1).read_to_end(&mut bytes);
        read.map_err(|error| unreadable(file, error))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(too_large(file, bytes.len() as u64));
        }
        Ok(Some(bytes))
    }

    fn fork(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.clone()))
    }
}

pub(super) fn too_large(path: &str, size: u64) -> Error {
    let mib = MAX_FILE >> 20;
    Error::new(&TOO_LARGE, format!("`{path}` has {size} bytes, more than the {mib} MiB that are read"))
        .at(Label::file(path))
}
