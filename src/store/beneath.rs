//! Folders beneath a root, opened part by part, so that no link on the way is followed.

use super::{EntryKind, NOT_A_FILE};
use crate::diag::{Error, Label};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, fsync, mkdirat, open, openat, statat};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};

/// How a folder is opened. Nothing that is not one is waited for.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Why a folder could not be opened, or nothing be done there.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// A folder of the path is not there.
    Missing,
    /// This folder of the path is a symbolic link.
    Link(String),
    /// This folder of the path is something else; the root where it is empty.
    NotAFolder(String),
    /// The operating system refused.
    Refused(std::io::Error),
}

impl From<Errno> for Obstacle {
    fn from(error: Errno) -> Self {
        Self::Refused(error.into())
    }
}

impl From<std::io::Error> for Obstacle {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(error)
    }
}

/// The error for a folder that is a link.
pub(super) fn linked(folder: &str) -> Error {
    Error::new(&NOT_A_FILE, format!("`{folder}` is a symbolic link, not a folder")).at(Label::file(folder))
}

/// What is done where a folder is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// The folder is made.
    Make,
    /// That is an obstacle.
    Leave,
}

/// The folders on the way to the last one that was wanted. The next way shares as many of them as it can.
#[derive(Debug)]
pub(super) struct Trail {
    root: PathBuf,
    // Each with its name; the first is the root.
    opened: Vec<(String, OwnedFd)>,
}

impl Trail {
    /// The way into a root, which is opened when it is first needed. Links up to the root itself are followed.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), opened: Vec::new() }
    }

    /// The way into a folder that is open.
    pub(super) fn within(folder: OwnedFd) -> Self {
        Self { root: PathBuf::new(), opened: vec![(String::new(), folder)] }
    }

    /// Opens a folder beneath the root.
    pub(super) fn to(&mut self, path: &str, absent: Absent) -> Result<BorrowedFd<'_>, Obstacle> {
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        let wanted: Vec<&str> = std::iter::once("").chain(parts).collect();
        let known = wanted.iter().zip(&self.opened).take_while(|(part, (name, _))| *part == name).count();
        self.opened.truncate(known);
        for (index, part) in wanted.iter().enumerate().skip(known) {
            let folder = match self.opened.last() {
                None => open_root(&self.root, absent)?,
                Some((_, above)) => {
                    let folder = match open_folder(above, part) {
                        Err(Obstacle::Missing) if absent == Absent::Make => make_folder(above, part),
                        done => done,
                    };
                    folder.map_err(|obstacle| named(obstacle, &wanted[1..=index].join("/")))?
                }
            };
            self.opened.push(((*part).to_owned(), folder));
        }
        self.opened.last().map(|(_, folder)| folder.as_fd()).ok_or(Obstacle::Missing)
    }
}

fn open_root(root: &Path, absent: Absent) -> Result<OwnedFd, Obstacle> {
    let not_a_folder = || Obstacle::NotAFolder(String::new());
    match open(root, FOLDER, Mode::empty()) {
        Err(Errno::NOENT) if absent == Absent::Make => {}
        Err(Errno::NOENT) => return Err(Obstacle::Missing),
        Err(Errno::NOTDIR) => return Err(not_a_folder()),
        done => return Ok(done?),
    }
    match std::fs::create_dir_all(root) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(not_a_folder()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(open(root, FOLDER, Mode::empty())?),
    }
}

/// Opens a folder in another one. Its name stands for its path in what goes wrong.
pub(super) fn open_folder(above: impl AsFd, name: &str) -> Result<OwnedFd, Obstacle> {
    if name == ".." {
        return Err(Obstacle::NotAFolder(name.to_owned()));
    }
    match openat(&above, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
        Err(Errno::NOENT) => Err(Obstacle::Missing),
        // Which of the two a link gives depends on the operating system.
        Err(Errno::NOTDIR | Errno::LOOP) => match kind_at(&above, name)? {
            EntryKind::Link => Err(Obstacle::Link(name.to_owned())),
            _ => Err(Obstacle::NotAFolder(name.to_owned())),
        },
        done => Ok(done?),
    }
}

/// Makes a folder in another one and opens it.
fn make_folder(above: impl AsFd, name: &str) -> Result<OwnedFd, Obstacle> {
    match mkdirat(&above, name, Mode::from_raw_mode(0o777)) {
        Err(Errno::EXIST) => {}
        done => {
            done?;
            fsync(&above)?;
        }
    }
    open_folder(above, name)
}

fn named(obstacle: Obstacle, path: &str) -> Obstacle {
    match obstacle {
        Obstacle::Link(_) => Obstacle::Link(path.to_owned()),
        Obstacle::NotAFolder(_) => Obstacle::NotAFolder(path.to_owned()),
        other => other,
    }
}

fn kind_of(kind: FileType) -> EntryKind {
    match kind {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Folder,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

fn kind_at(folder: impl AsFd, name: impl rustix::path::Arg) -> Result<EntryKind, Errno> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(kind_of(FileType::from_raw_mode(stat.st_mode)))
}

/// Everything in a folder, in no order.
pub(super) fn list(folder: impl AsFd) -> Result<Vec<(CString, EntryKind)>, Errno> {
    let mut entries = Vec::new();
    let mut add = |name: &CStr, kind: FileType| -> Result<(), Errno> {
        if matches!(name.to_bytes(), b"." | b"..") {
            return Ok(());
        }
        // Not every file system tells the kind in its listing.
        let kind = match kind {
            FileType::Unknown => kind_at(&folder, name)?,
            known => kind_of(known),
        };
        entries.push((name.to_owned(), kind));
        Ok(())
    };
    each_entry(&folder, &mut add)?;
    Ok(entries)
}

/// Goes through a folder with a buffer on the stack: `Dir` clears a large one for each folder, however small that is.
#[cfg(target_os = "linux")]
fn each_entry(
    folder: impl AsFd,
    see: &mut impl FnMut(&CStr, FileType) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let mut buffer = [std::mem::MaybeUninit::uninit(); 8192];
    let mut dir = rustix::fs::RawDir::new(openat(&folder, ".", FOLDER, Mode::empty())?, &mut buffer);
    while let Some(entry) = dir.next() {
        let entry = entry?;
        see(entry.file_name(), entry.file_type())?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn each_entry(
    folder: impl AsFd,
    see: &mut impl FnMut(&CStr, FileType) -> Result<(), Errno>,
) -> Result<(), Errno> {
    for entry in rustix::fs::Dir::read_from(&folder)? {
        let entry = entry?;
        see(entry.file_name(), entry.file_type())?;
    }
    Ok(())
}

/// The folder and the last part of a path.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
