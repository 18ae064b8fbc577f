//! Where bytes come from: a work tree, a revision in git, or memory. The only room that knows git.
//!
//! Every reader sees the same narrow view: folders with their entries, and files with their bytes, beneath one root.
//! Nothing follows a link, nothing is read whose size was not looked at first.

mod attributes;
mod behind;
mod beneath;
mod changes;
mod commits;
mod compare;
mod git;
mod history;
mod home;
mod journal;
mod limits;
mod memory;
mod merges;
mod packs;
mod timeline;
mod worktree;
mod write;

use crate::diag::{Code, Error, Severity};
pub use attributes::{Attribute, Attributes};
pub use commits::{Commits, ObjectId, PastCommit};
pub use compare::{Blob, IndexStore, Right, Touch};
pub use git::{Commit, GitStore, Repo, Signature, hold_objects_against_ids};
pub use history::{History, Moment, Origin, Version};
pub use home::{GitSays, Home};
pub use journal::{Finished, Replacement, STUCK, is_unfinished};
pub use limits::limit_process;
pub use memory::MemoryStore;
pub use merges::{MergeCommit, Merges};
pub use timeline::{Introduced, Stood};
pub use worktree::{WorkTree, read_outside, read_outside_up_to};
pub use write::{Lock, Writer};

/// The largest TOML file that is read: 4 MiB. Parsing needs up to 140 times that in the worst case.
pub const MAX_FILE: u64 = 4 << 20;

/// The largest file that is digested as evidence: 64 MiB.
pub const MAX_EVIDENCE: u64 = 64 << 20;

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, which is never followed.
    Link,
    /// Anything else: a pipe, a socket, a device, a submodule.
    Other,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// Somewhere that files can be read from. Paths are relative to its root, with `/` between parts.
pub trait Store: Send + Sync {
    /// The entries of a folder by name; none when there is no such folder.
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error>;

    /// The bytes of a regular file of at most so many; none when there is no such file.
    fn read_up_to(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>, Error>;

    /// The bytes of a regular file as small as those of an assessment are; none when there is no such file.
    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        self.read_up_to(file, MAX_FILE)
    }

    /// A number that is the same for files of the same bytes, found without reading them; other files may share it. None when there is no such
    /// file, or when it cannot be looked at.
    fn likeness(&self, file: &str) -> Option<u64>;

    /// The paths of all regular files beneath a folder; nothing else is followed or named.
    fn files(&self, folder: &str) -> Result<Vec<String>, Error> {
        let mut files = Vec::new();
        for entry in self.entries(folder)? {
            let path = format!("{folder}/{}", entry.name);
            match entry.kind {
                EntryKind::Folder => files.extend(self.files(&path)?),
                EntryKind::File => files.push(path),
                _ => {}
            }
        }
        Ok(files)
    }

    /// Another view of the same thing, for another thread.
    fn fork(&self) -> Result<Box<dyn Store>, Error>;
}

/// A file or folder could not be read.
pub static UNREADABLE: Code = Code {
    id: "TOM-0001",
    severity: Severity::Error,
    title: "a file or folder cannot be read",
    explain: "The operating system or git refused to read it. Nothing was taken from it, and nothing is said \
about what it holds. Look at its permissions and at the reason that is given.",
};

/// A file is larger than what is read.
pub static TOO_LARGE: Code = Code {
    id: "TOM-0002",
    severity: Severity::Error,
    title: "a file is too large",
    explain: "A file of an assessment is a few kilobytes of text. A file over 4 MiB is not read at all, because \
parsing it could exhaust the machine. Keep attachments outside the assessment and name them under `evidence`.",
};

/// Something other than a regular file stands where a file should be.
pub static NOT_A_FILE: Code = Code {
    id: "TOM-0003",
    severity: Severity::Error,
    title: "something that is not a regular file stands where a file should be",
    explain: "Folders, symbolic links, pipes and devices are never read in place of a file: a link could lead \
out of the repository, and a pipe could hang the reader. Put a regular file there.",
};

/// The folder is in no git repository, or in one that cannot be opened.
pub static NO_REPOSITORY: Code = Code {
    id: "TOM-0901",
    severity: Severity::Error,
    title: "there is no git repository here that can be opened",
    explain: "tom keeps assessments in a git repository: derivations read what is committed, and packs name the \
commit that they show. Run `git init` or `tom init` in the folder that shall hold them, or call tom from inside a repository. \
Repositories with SHA-256 object names or reftable references are not supported yet and are refused.",
};

/// A revision does not exist, or is not what it has to be.
pub static NO_REVISION: Code = Code {
    id: "TOM-0902",
    severity: Severity::Error,
    title: "a revision cannot be read",
    explain: "The name given is no commit in this repository, or its objects are not here. In a shallow or partial clone, \
fetch what is missing (`git fetch --unshallow`), then try again.",
};

/// A file could not be written.
pub static UNWRITABLE: Code = Code {
    id: "TOM-0903",
    severity: Severity::Error,
    title: "a file cannot be written",
    explain: "The operating system refused. What stood there before still stands there: tom writes beside the target \
and moves the finished file into its place, so that a file is either the old one or the new one.",
};

/// Something stands where something new was to be made.
pub static EXISTS: Code = Code {
    id: "TOM-0904",
    severity: Severity::Error,
    title: "the target exists already",
    explain: "tom never writes over something that it did not read first. Choose another name, or remove what stands there \
if it is not needed.",
};

/// Another command holds the repository's lock.
pub static BUSY: Code = Code {
    id: "TOM-0905",
    severity: Severity::Error,
    title: "another tom is writing in this repository",
    explain: "One command writes at a time. The lock is held by the operating system for as long as the other command \
runs, so there is never a stale lock to remove: wait for it, or end it.",
};

/// Every code of this room.
pub const CODES: &[&Code] = &[
    &UNREADABLE,
    &TOO_LARGE,
    &NOT_A_FILE,
    &NO_REPOSITORY,
    &NO_REVISION,
    &UNWRITABLE,
    &EXISTS,
    &BUSY,
    &STUCK,
];
