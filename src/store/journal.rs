//! Several files as one step: written beside, synced, committed by one rename, and finished by whoever comes next.
//!
//! The journal stands in git's common directory, because linked work trees share the lock that guards it; it names the work tree that
//! it belongs to. It holds every new file whole and the digest of what each replaces, so that finishing needs nothing
//! else and overwrites nothing that somebody changed in between. Version 1 is text lines, each file's bytes after its line:
//!
//! ```text
//! tom-journal 1
//! root main                      (or the path of a linked work tree)
//! files 2
//! write 120 OLD-DIGEST PATH      (`-` where there was no file), then 120 bytes and a line end
//! remove OLD-DIGEST PATH
//! end
//! ```

use super::beneath::split;
use super::write::{Lock, Writer, write_beside};
use super::{Store, UNWRITABLE, WorkTree};
use crate::diag::{Code, Error, Label, Severity};
use crate::model::Digest;
use rustix::fs::{Mode, OFlags, fsync, open};
use std::path::{Path, PathBuf};

/// The journal's name in git's common directory.
const NAME: &str = "tom.journal";

/// One file of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Its path in the work tree.
    pub path: String,
    /// Its bytes as they are to be; none where it goes.
    pub after: Option<Vec<u8>>,
}

/// A change of several files that an earlier command left unfinished, and that was finished now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The files that the change is about.
    pub files: Vec<String>,
}

/// A journal could not be finished.
pub static STUCK: Code = Code {
    id: "TOM-0907",
    severity: Severity::Error,
    title: "an unfinished write cannot be finished",
    explain: "A command that changes several files was ended in the middle, after it had committed to the change, and the next one finishes it. A \
file that belongs to the change was changed by somebody else since, and tom overwrites nothing that it does not know. Put the file back \
as it was (`git checkout -- FILE`), and the next command finishes the change. To give the change up instead, restore the other files from git and \
remove `tom.journal` from the git directory.",
};

/// A replacement with the digest of what stands there now.
struct Entry<'a> {
    before: Option<String>,
    file: &'a Replacement,
}

fn digest(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|bytes| Digest::of_bytes(bytes).hex())
}

/// Whether an earlier command left something to finish.
pub fn is_unfinished(common_dir: &Path) -> bool {
    std::fs::symlink_metadata(common_dir.join(NAME)).is_ok()
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(&UNWRITABLE, format!("cannot write `{}`: {error}", path.display()))
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    open(folder, flags, Mode::empty())
        .and_then(|folder| fsync(&folder))
        .map_err(|error| unwritable(folder, &error))
}

/// Replaces files as one step: each is staged beside its target, the journal's rename commits, then the files move into place.
pub(super) fn replace_all(writer: &Writer, lock: &Lock, files: &[Replacement]) -> Result<(), Error> {
    let (root, common_dir) = (writer.root(), lock.common_dir());
    let there = WorkTree::new(root);
    let mut entries = Vec::new();
    for file in files {
        let before = there.read(&file.path)?;
        if before.as_deref() != file.after.as_deref() {
            entries.push(Entry { before: digest(before.as_deref()), file });
        }
    }
    if let [only] = &entries[..]
        && let Some(bytes) = &only.file.after
    {
        return writer.write(&only.file.path, bytes);
    }
    if entries.is_empty() {
        return Ok(());
    }
    let files: Vec<&Replacement> = entries.iter().map(|entry| entry.file).collect();
    let journal = common_dir.join(NAME);
    let committed = writer.stage(&files).and_then(|()| {
        write_beside(common_dir, NAME, &encode(&name_of(root, common_dir), &entries))
            .map_err(|error| unwritable(&journal, &error))?;
        // Renamed, but perhaps not on the disk: what is not sure is not done.
        sync_folder(common_dir).inspect_err(|_| drop(std::fs::remove_file(&journal)))
    });
    committed.inspect_err(|_| writer.unstage(&files))?;
    writer.move_staged(&files).and_then(|()| clear(common_dir)).map_err(|error| {
        error.help("the change is complete in tom's journal, and the next tom command finishes it")
    })
}

/// Takes the journal away once everything is in place.
fn clear(common_dir: &Path) -> Result<(), Error> {
    let journal = common_dir.join(NAME);
    std::fs::remove_file(&journal).map_err(|error| unwritable(&journal, &error))?;
    sync_folder(common_dir)
}

/// Finishes what an earlier command left. Only the holder of the lock calls it.
pub(super) fn finish(common_dir: &Path) -> Result<Option<Finished>, Error> {
    let journal = common_dir.join(NAME);
    let bytes = match std::fs::read(&journal) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::new(
                &super::UNREADABLE,
                format!("cannot read `{}`: {error}", journal.display()),
            ));
        }
    };
    let give_up = |what: String| {
        Error::new(&STUCK, what).help(format!("to give the change up, remove `{}`", journal.display()))
    };
    let Some((root, entries)) = decode(&bytes) else {
        return Err(give_up("the journal of an unfinished write is damaged".to_owned()));
    };
    let root = root_of(&root, common_dir);
    if !root.is_dir() {
        return Err(give_up(format!("the work tree `{}` of an unfinished write is gone", root.display())));
    }
    let there = WorkTree::new(&root);
    let mut open = Vec::new();
    for (before, file) in &entries {
        let now = digest(there.read(&file.path)?.as_deref());
        if now == digest(file.after.as_deref()) {
            continue;
        }
        if now != *before {
            let what = "was changed since a command that also changes it was ended in the middle";
            return Err(Error::new(&STUCK, format!("`{}` {what}", file.path))
                .at(Label::file(&file.path))
                .help(format!("put it back with `git checkout -- {}`, and run the command again", file.path))
                .help(format!(
                    "or give the change up: restore the others, and remove `{}`",
                    journal.display()
                )));
        }
        open.push(file);
    }
    let writer = Writer::unlocked(&root);
    writer.stage(&open)?;
    writer.move_staged(&open)?;
    // What was moved before the end came may not be on the disk yet.
    for (_, file) in &entries {
        sync_folder(&root.join(split(&file.path).0))?;
    }
    clear(common_dir)?;
    Ok(Some(Finished { files: entries.into_iter().map(|(_, file)| file.path).collect() }))
}

/// How the journal names a work tree: the main one moves with its repository, a linked one has a place of its own.
fn name_of(root: &Path, common_dir: &Path) -> String {
    let (root, common) = (canonical(root), canonical(common_dir));
    if common.parent() == Some(&*root) { "main".to_owned() } else { root.display().to_string() }
}

fn root_of(name: &str, common_dir: &Path) -> PathBuf {
    match (name, canonical(common_dir).parent()) {
        ("main", Some(parent)) => parent.to_path_buf(),
        _ => PathBuf::from(name),
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

fn encode(root: &str, entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = format!("tom-journal 1\nroot {root}\nfiles {}\n", entries.len()).into_bytes();
    for Entry { before, file } in entries {
        let before = before.as_deref().unwrap_or("-");
        match &file.after {
            Some(bytes) => {
                out.extend(format!("write {} {before} {}\n", bytes.len(), file.path).into_bytes());
                out.extend(bytes);
                out.push(b'\n');
            }
            None => out.extend(format!("remove {before} {}\n", file.path).into_bytes()),
        }
    }
    out.extend(b"end\n");
    out
}

/// What a journal says; none if it is not whole.
#[expect(clippy::type_complexity, reason = "a digest with its file, read once")]
fn decode(bytes: &[u8]) -> Option<(String, Vec<(Option<String>, Replacement)>)> {
    let mut rest = bytes;
    if take_line(&mut rest)? != "tom-journal 1" {
        return None;
    }
    let root = take_line(&mut rest)?.strip_prefix("root ")?.to_owned();
    let count: usize = take_line(&mut rest)?.strip_prefix("files ")?.parse().ok()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let head = take_line(&mut rest)?;
        let mut parts = head.splitn(if head.starts_with("write ") { 4 } else { 3 }, ' ');
        let after = match parts.next()? {
            "write" => {
                let length = parts.next()?.parse::<usize>().ok()?;
                let content = rest.get(..length)?.to_vec();
                rest = rest.get(length..)?.strip_prefix(b"\n")?;
                Some(content)
            }
            "remove" => None,
            _ => return None,
        };
        let (before, path) = (parts.next()?, parts.next()?);
        let before = (before != "-").then(|| before.to_owned());
        entries.push((before, Replacement { path: path.to_owned(), after }));
    }
    (rest == b"end\n").then_some((root, entries))
}

fn take_line(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = String::from_utf8(rest[..end].to_vec()).ok()?;
    *rest = &rest[end + 1..];
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_comes_back_whole_or_not_at_all() {
        let files = [
            Replacement { path: "a b.toml".to_owned(), after: Some(b"x = 1\nend\n".to_vec()) },
            Replacement { path: "gone.toml".to_owned(), after: None },
        ];
        let entries = [
            Entry { before: None, file: &files[0] },
            Entry { before: digest(Some(b"old")), file: &files[1] },
        ];
        let bytes = encode("main", &entries);
        let (root, read) = decode(&bytes).unwrap();
        assert_eq!(root, "main");
        let wanted: Vec<_> = entries.iter().map(|entry| (entry.before.clone(), entry.file.clone())).collect();
        assert_eq!(read, wanted);
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_none(), "{end}");
        }
    }
}
