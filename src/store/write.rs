//! The one way in which tom writes: under one lock, beside the target, synced, then moved into place.

use super::beneath::{Absent, Obstacle, Trail, linked, list, open_folder, split};
use super::journal::{self, Finished, Replacement};
use super::{BUSY, EXISTS, EntryKind, UNWRITABLE};
use crate::diag::{Error, Label};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, fchmod, fsync, mkdirat, openat, renameat, renameat_with,
    statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The prefix of files and folders that a killed command may leave beside its target. They are nobody's
/// content; the next command that writes removes them.
pub(super) const UNFINISHED: &str = ".tom-unfinished-";

/// The right to write in a repository. The operating system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    common_dir: PathBuf,
    finished: Option<Finished>,
}

impl Lock {
    /// Takes the lock, waiting up to ten seconds for another command to finish. What an earlier one left unfinished is
    /// finished first.
    pub fn take(common_dir: &Path) -> Result<Self, Error> {
        let path = common_dir.join("tom.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| unwritable(&path, &error))?;
        for _ in 0..100 {
            match file.try_lock() {
                Ok(()) => {
                    let finished = journal::finish(common_dir)?;
                    return Ok(Self { _file: file, common_dir: common_dir.to_path_buf(), finished });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(100)),
                Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
            }
        }
        Err(Error::new(&BUSY, "another tom has been writing in this repository for ten seconds")
            .help("wait for it to finish, then try again"))
    }

    /// What an earlier command had left unfinished, and was finished when the lock was taken.
    pub fn finished(&self) -> Option<&Finished> {
        self.finished.as_ref()
    }

    pub(super) fn common_dir(&self) -> &Path {
        &self.common_dir
    }
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(&UNWRITABLE, format!("cannot write `{}`: {error}", path.display()))
}

/// Writes beneath one root. Links up to the root are followed, and none beneath it.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    lock: Option<Lock>,
}

impl Writer {
    /// A writer in a repository's work tree, which nobody else writes in meanwhile.
    pub fn locked(root: impl Into<PathBuf>, lock: Lock) -> Self {
        Self { root: root.into(), lock: Some(lock) }
    }

    /// A writer into a folder that is not a repository's, such as the one for packs.
    pub fn unlocked(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), lock: None }
    }

    /// Replaces a file, or makes it, with everything up to its folder.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.put(path, bytes, RenameFlags::empty())
    }

    /// Makes a file where there is none.
    pub fn create(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.put(path, bytes, RenameFlags::NOREPLACE)
    }

    /// Changes several files as one step: all of them, or none, whenever the process ends. Files that say what they are to say
    /// already are left alone.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or written; then nothing was changed. A failure after the step was committed to says so, and
    /// the next command finishes it.
    pub fn replace_all(&self, files: &[Replacement]) -> Result<(), Error> {
        match &self.lock {
            Some(lock) => journal::replace_all(self, lock, files),
            None => {
                Err(unwritable(&self.root, &"several files are only changed under the repository's lock"))
            }
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Builds files beside their targets, synced; takes them away again where one cannot be.
    pub(super) fn stage(&self, files: &[&Replacement]) -> Result<(), Error> {
        let folders: BTreeSet<&str> = files.iter().map(|file| split(&file.path).0).collect();
        let mut trail = Trail::new(&self.root);
        for folder in folders {
            // Whoever stages holds the lock, or finishes the journal for its holder.
            let cleared = trail.to(folder, Absent::Make).and_then(remove_unfinished);
            cleared.map_err(|obstacle| self.refuse(folder, obstacle))?;
        }
        let staged = files.iter().try_for_each(|file| {
            let Some(bytes) = &file.after else { return Ok(()) };
            let (folder, name) = split(&file.path);
            trail
                .to(folder, Absent::Make)
                .and_then(|folder| Ok(write_synced(folder, &unfinished(name), bytes, mode_of(folder, name))?))
                .map_err(|obstacle| self.refuse(&file.path, obstacle))
        });
        staged.inspect_err(|_| self.unstage(files))
    }

    /// Takes away what was built beside targets.
    pub(super) fn unstage(&self, files: &[&Replacement]) {
        let mut trail = Trail::new(&self.root);
        for file in files {
            let (folder, name) = split(&file.path);
            if let Ok(folder) = trail.to(folder, Absent::Leave) {
                let _ = unlinkat(folder, unfinished(name), AtFlags::empty());
            }
        }
    }

    /// Moves what was built beside targets into place, and takes away what is to go.
    pub(super) fn move_staged(&self, files: &[&Replacement]) -> Result<(), Error> {
        let mut trail = Trail::new(&self.root);
        for file in files {
            let (folder, name) = split(&file.path);
            let moved = trail.to(folder, Absent::Leave).and_then(|folder| match &file.after {
                Some(_) => Ok(renameat(folder, &*unfinished(name), folder, name)?),
                None => match unlinkat(folder, name, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => Ok(()),
                    Err(error) => Err(error.into()),
                },
            });
            moved.map_err(|obstacle| self.refuse(&file.path, obstacle))?;
        }
        let folders: BTreeSet<&str> = files.iter().map(|file| split(&file.path).0).collect();
        for folder in folders {
            let synced = trail.to(folder, Absent::Leave).and_then(|open| Ok(fsync(open)?));
            synced.map_err(|obstacle| self.refuse(folder, obstacle))?;
        }
        Ok(())
    }

    fn put(&self, path: &str, bytes: &[u8], flags: RenameFlags) -> Result<(), Error> {
        self.within(path, |folder, name| {
            let beside = unfinished(name);
            let put = || -> Result<(), Obstacle> {
                write_synced(folder, &beside, bytes, mode_of(folder, name))?;
                Ok(rename(folder, &beside, name, flags)?)
            };
            // What is half written goes; should that fail too, the next writer does it.
            put().inspect_err(|_| {
                let _ = unlinkat(folder, &beside, AtFlags::empty());
            })?;
            Ok(fsync(folder)?)
        })
    }

    /// Makes a folder with its files: all of it appears at once, or none of it.
    pub fn create_folder<'a>(
        &self,
        path: &str,
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), Error> {
        self.within(path, |folder, name| {
            let beside = unfinished(name);
            let build = || -> Result<(), Obstacle> {
                mkdirat(folder, &*beside, Mode::from_raw_mode(0o777))?;
                let mut trail = Trail::within(open_folder(folder, &beside)?);
                for (path, bytes) in files {
                    let (inner, file) = split(path);
                    write_synced(trail.to(inner, Absent::Make)?, file, bytes, None)?;
                }
                sync_all(trail.to("", Absent::Leave)?)?;
                Ok(rename(folder, &beside, name, RenameFlags::NOREPLACE)?)
            };
            build().inspect_err(|_| drop(remove_folder(folder, &beside)))?;
            Ok(fsync(folder)?)
        })
    }

    /// Does something in the folder of a path, which is made where it is missing, with the path's last part.
    fn within(
        &self,
        path: &str,
        act: impl FnOnce(BorrowedFd<'_>, &str) -> Result<(), Obstacle>,
    ) -> Result<(), Error> {
        let (folder, name) = split(path);
        let mut trail = Trail::new(&self.root);
        let done = trail.to(folder, Absent::Make).and_then(|folder| {
            // The holder of the lock knows that nobody else is building there.
            if self.lock.is_some() {
                remove_unfinished(folder)?;
            } else {
                remove_abandoned(folder)?;
            }
            act(folder, name)
        });
        done.map_err(|obstacle| self.refuse(path, obstacle))
    }

    fn refuse(&self, path: &str, obstacle: Obstacle) -> Error {
        let target = self.root.join(path);
        match obstacle {
            Obstacle::Refused(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Error::new(&EXISTS, format!("`{path}` exists already")).at(Label::file(path))
            }
            Obstacle::Refused(error) => unwritable(&target, &error),
            Obstacle::Link(folder) => linked(&folder),
            Obstacle::NotAFolder(folder) => {
                let folder = if folder.is_empty() { self.root.clone() } else { self.root.join(folder) };
                unwritable(&target, &format!("`{}` is not a folder", folder.display()))
            }
            Obstacle::Missing => unwritable(&target, &"its folder is gone"),
        }
    }
}

/// The name beside a target under which it is built.
fn unfinished(name: &str) -> String {
    format!("{UNFINISHED}{}-{name}", std::process::id())
}

/// Writes a file beside its target and moves it there, in git's own folder.
pub(super) fn write_beside(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty())?;
    let beside = format!("{name}.new");
    let written = write_synced(folder.as_fd(), &beside, bytes, None)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
        .and_then(|()| renameat(&folder, &*beside, &folder, name));
    written.inspect_err(|_| {
        let _ = unlinkat(&folder, &*beside, AtFlags::empty());
    })
}

fn remove_unfinished(folder: BorrowedFd<'_>) -> Result<(), Obstacle> {
    for (name, kind) in list(folder)? {
        if name.to_bytes().starts_with(UNFINISHED.as_bytes()) {
            remove(folder, &name, kind)?;
        }
    }
    Ok(())
}

/// Removes what commands left that run no more, in a folder that no lock guards.
fn remove_abandoned(folder: BorrowedFd<'_>) -> Result<(), Obstacle> {
    for (name, kind) in list(folder)? {
        let builder = name.to_str().ok().and_then(|name| name.strip_prefix(UNFINISHED)?.split('-').next());
        let builder = builder.and_then(|id| Pid::from_raw(id.parse().ok()?));
        if builder.is_some_and(|id| test_kill_process(id) == Err(Errno::SRCH)) {
            remove(folder, &name, kind)?;
        }
    }
    Ok(())
}

/// Removes an entry of a folder, with all that it holds.
fn remove(folder: BorrowedFd<'_>, name: &CStr, kind: EntryKind) -> Result<(), Obstacle> {
    match (kind, name.to_str()) {
        (EntryKind::Folder, Ok(name)) => remove_folder(folder, name),
        _ => Ok(unlinkat(folder, name, AtFlags::empty())?),
    }
}

fn remove_folder(above: BorrowedFd<'_>, name: &str) -> Result<(), Obstacle> {
    let folder = open_folder(above, name)?;
    for (name, kind) in list(&folder)? {
        remove(folder.as_fd(), &name, kind)?;
    }
    Ok(unlinkat(above, name, AtFlags::REMOVEDIR)?)
}

/// The permissions of a file that is about to be replaced: its successor keeps them.
fn mode_of(folder: BorrowedFd<'_>, name: &str) -> Option<Mode> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
        .then(|| Mode::from_raw_mode(stat.st_mode))
}

fn write_synced(folder: BorrowedFd<'_>, name: &str, bytes: &[u8], mode: Option<Mode>) -> std::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, Mode::from_raw_mode(0o666))?);
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        fchmod(&file, mode)?;
    }
    file.sync_all()
}

fn rename(folder: BorrowedFd<'_>, from: &str, to: &str, flags: RenameFlags) -> Result<(), Errno> {
    if flags.is_empty() {
        return renameat(folder, from, folder, to);
    }
    match renameat_with(folder, from, folder, to, flags) {
        // Some file systems cannot refuse to replace. Nobody else writes here, so looking first is as good.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            match statat(folder, to, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Err(Errno::EXIST),
                Err(_) => renameat(folder, from, folder, to),
            }
        }
        done => done,
    }
}

/// Syncs a folder and the folders in it.
fn sync_all(folder: BorrowedFd<'_>) -> Result<(), Obstacle> {
    for (name, kind) in list(folder)? {
        if let (EntryKind::Folder, Ok(name)) = (kind, name.to_str()) {
            sync_all(open_folder(folder, name)?.as_fd())?;
        }
    }
    Ok(fsync(folder)?)
}
