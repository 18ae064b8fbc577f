//! The one way in which tom writes: under one lock, beside the target, synced, then moved into place.

use super::{BUSY, EXISTS, UNWRITABLE};
use crate::diag::{Error, Label};
use rustix::fs::{RenameFlags, renameat_with};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The prefix of files and folders that a killed command may leave beside its target. They are nobody's
/// content; the next command that writes removes them.
const UNFINISHED: &str = ".tom-unfinished-";

/// The right to write in a repository. The operating system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, waiting up to ten seconds for another command to finish.
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
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(100)),
                Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
            }
        }
        Err(Error::new(&BUSY, "another tom has been writing in this repository for ten seconds")
            .help("wait for it to finish, then try again"))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(&UNWRITABLE, format!("cannot write `{}`: {error}", path.display()))
}

/// Writes beneath one root.
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

    fn put(&self, path: &str, bytes: &[u8], flags: RenameFlags) -> Result<(), Error> {
        let target = self.root.join(path);
        let folder = target.parent().unwrap_or(&self.root).to_path_buf();
        let put = || -> std::io::Result<()> {
            self.prepare(&folder)?;
            let beside = unfinished(&target);
            write_synced(&beside, bytes)?;
            rename(&beside, &target, flags).inspect_err(|_| drop(std::fs::remove_file(&beside)))?;
            sync_folder(&folder)
        };
        put().map_err(|error| refuse(path, &target, &error))
    }

    /// Makes the folder, and removes what killed commands left in it. Only the holder of the lock may do
    /// that: nobody else is building there.
    fn prepare(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        if self.lock.is_some() { remove_unfinished(folder) } else { Ok(()) }
    }

    /// Makes a folder with its files: all of it appears at once, or none of it.
    pub fn create_folder<'a>(
        &self,
        path: &str,
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), Error> {
        let target = self.root.join(path);
        let beside = unfinished(&target);
        let parent = target.parent().unwrap_or(&self.root).to_path_buf();
        let build = || -> std::io::Result<()> {
            self.prepare(&parent)?;
            std::fs::create_dir(&beside)?;
            for (name, bytes) in files {
                let file = beside.join(name);
                std::fs::create_dir_all(file.parent().unwrap_or(&beside))?;
                write_synced(&file, bytes)?;
            }
            for folder in
                walkdir::WalkDir::new(&beside).into_iter().flatten().filter(|e| e.file_type().is_dir())
            {
                sync_folder(folder.path())?;
            }
            rename(&beside, &target, RenameFlags::NOREPLACE)?;
            sync_folder(&parent)
        };
        build().map_err(|error| {
            // What is half built goes; should that fail too, the next writer does it.
            drop(std::fs::remove_dir_all(&beside));
            refuse(path, &target, &error)
        })
    }
}

fn refuse(path: &str, target: &Path, error: &std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return Error::new(&EXISTS, format!("`{path}` exists already")).at(Label::file(path));
    }
    unwritable(target, error)
}

/// The name beside a target under which it is built.
fn unfinished(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!("{UNFINISHED}{}-{name}", std::process::id()))
}

fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            if entry.file_type()?.is_dir() {
                std::fs::remove_dir_all(entry.path())?;
            } else {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn rename(from: &Path, to: &Path, flags: RenameFlags) -> std::io::Result<()> {
    use rustix::fs::CWD;
    match renameat_with(CWD, from, CWD, to, flags) {
        // Some file systems cannot refuse to replace. Nobody else writes here, so looking first is as good.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) if to.symlink_metadata().is_ok() => {
            Err(std::io::ErrorKind::AlreadyExists.into())
        }
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => std::fs::rename(from, to),
        done => Ok(done?),
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
