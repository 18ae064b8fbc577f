//! The file that a hand-over travels in: a zip with nothing compressed, so that nothing in it can swell, and the same bytes for the same
//! parts. A file that comes is only taken if writing its parts again gives exactly its bytes: then no byte of it means anything else.

use crate::diag::{Code, Error, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

/// The file is no hand-over, or not as it was written.
pub static NOT_WHOLE: Code = Code {
    id: "TOM-1101",
    severity: Severity::Error,
    title: "a file is no hand-over, or not as it was sent",
    explain: "A hand-over is one file, and every byte of it counts: each part is named in its manifest with its SHA-256 digest, and nothing else is in the file. This one was \
damaged on its way, changed, packed anew by another program, or is no hand-over at all. Nothing was taken from it and nothing was written. Ask the sender for the file again, and compare the \
digest that `tom hand-over` printed with the one that `tom receive --dry-run` prints.",
};

/// The largest hand-over.
pub const MOST_BYTES: u64 = 64 << 20;
/// More parts than any hand-over has.
const MOST_PARTS: usize = 5_000;
/// The length of a zip's end without a comment.
const END: usize = 22;
/// The longest name of a part.
const MOST_NAME: usize = 240;

/// A file's parts by their names.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// Whether a part may have this name: a path of plain ASCII that is the same file on every system, stays beneath where it is put, and is hidden nowhere.
pub fn is_plain_path(path: &str) -> bool {
    let is_device = |name: &str| {
        let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
        let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
        matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
            || port.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_.,()+=&@".contains(c);
    path.len() <= MOST_NAME
        && path.split('/').all(|name| {
            !name.is_empty()
                && name.chars().all(is_plain)
                && !name.starts_with(['.', ' '])
                && !name.ends_with(['.', ' '])
                && !is_device(name)
        })
}

/// The file of parts. The same parts give the same bytes.
///
/// # Errors
///
/// Where a part cannot be named so, or all of them are too large.
pub fn pack(parts: &Parts) -> Result<Vec<u8>, Error> {
    check_names(parts.keys().map(String::as_str))?;
    let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(&NOT_WHOLE, format!("the hand-over cannot be put together: {error}"))
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .system(System::Unix)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(name.as_str(), options).map_err(|error| failed(&error))?;
        writer.write_all(bytes).map_err(|error| failed(&error))?;
    }
    let bytes = writer.finish().map_err(|error| failed(&error))?.into_inner();
    if bytes.len() > most {
        let largest = parts.iter().max_by_key(|(_, bytes)| bytes.len());
        let largest =
            largest.map(|(name, bytes)| format!("the largest part is `{name}`, {} MiB", bytes.len() >> 20));
        return Err(failed(&format!("it would have {} MiB, and may have {}", bytes.len() >> 20, most >> 20))
            .note(largest.unwrap_or_default()));
    }
    Ok(bytes)
}

fn check_names<'n>(names: impl Iterator<Item = &'n str>) -> Result<(), Error> {
    let refuse = |why: String| Error::new(&NOT_WHOLE, why);
    let mut known = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for (count, name) in names.enumerate() {
        if count >= MOST_PARTS {
            return Err(refuse(format!("the file has more than {MOST_PARTS} parts")));
        }
        if !is_plain_path(name) {
            let shown = name.escape_debug();
            return Err(refuse(format!("a part has a name that no hand-over has: `{shown}`")));
        }
        let folded = name.to_ascii_lowercase();
        for (at, _) in folded.match_indices('/') {
            folders.insert(folded[..at].to_owned());
        }
        if !known.insert(folded) {
            return Err(refuse(format!("two parts have the name `{name}`, in capitals or not")));
        }
    }
    match known.intersection(&folders).next() {
        Some(both) => Err(refuse(format!("`{both}` is a part and a folder of parts"))),
        None => Ok(()),
    }
}

/// The parts of a file, if it is exactly what [`pack`] makes of them.
///
/// # Errors
///
/// [`NOT_WHOLE`], whatever is wrong with it. It takes no more memory than twice the file's own size.
pub fn unpack(bytes: &[u8]) -> Result<Parts, Error> {
    let refuse = |why: String| {
        Error::new(&NOT_WHOLE, why)
            .help("ask the sender for the file again; send it as it is, not unpacked and packed anew")
    };
    let broken =
        |error: zip::result::ZipError| refuse(format!("the file is no zip, damaged, or cut short: {error}"));
    // The end says how many parts there are, and nothing stands behind it: that is looked at before any of them.
    let end =
        bytes.len().checked_sub(END).map(|at| &bytes[at..]).filter(|end| end.starts_with(b"PK\x05\x06"));
    let Some(count) = end.map(|end| usize::from(u16::from_le_bytes([end[10], end[11]]))) else {
        return Err(refuse("the file is no zip, damaged, or cut short: its end is missing".to_owned()));
    };
    if count > MOST_PARTS {
        return Err(refuse(format!(
            "the file has {count} parts or more; a hand-over has at most {MOST_PARTS}"
        )));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut names = Vec::new();
    let mut declared = 0u64;
    for at in 0..archive.len() {
        let part = archive.by_index_raw(at).map_err(broken)?;
        let name = part.name().map_err(broken)?.into_owned();
        let shown = name.escape_debug();
        if part.encrypted() {
            return Err(refuse(format!("the part `{shown}` is encrypted; no hand-over is")));
        }
        if part.compression() != CompressionMethod::Stored || part.size() != part.compressed_size() {
            return Err(refuse(format!("the part `{shown}` is compressed; nothing in a hand-over is")));
        }
        declared = declared.saturating_add(part.size());
        if declared > bytes.len() as u64 {
            return Err(refuse("the parts claim to be larger than the file".to_owned()));
        }
        names.push(name);
    }
    check_names(names.iter().map(String::as_str))?;
    let mut parts = Parts::new();
    for (at, name) in names.into_iter().enumerate() {
        let mut part = archive.by_index(at).map_err(broken)?;
        let mut content = Vec::new();
        part.read_to_end(&mut content)
            .map_err(|error| refuse(format!("the part `{name}` is damaged: {error}")))?;
        drop(part);
        parts.insert(name, content);
    }
    if pack(&parts)? != bytes {
        return Err(refuse(
            "the file is not as tom writes a hand-over: something in it was changed, added or moved"
                .to_owned(),
        ));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        [("README.txt", "read"), ("assessment/a.toml", "x = 1\n"), ("manifest.toml", "m = 1\n")]
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .into()
    }

    #[test]
    fn what_is_packed_comes_back_and_is_the_same_twice() {
        let bytes = pack(&parts()).unwrap();
        assert_eq!(unpack(&bytes).unwrap(), parts());
        assert_eq!(pack(&unpack(&bytes).unwrap()).unwrap(), bytes);
    }

    #[test]
    fn every_bit_counts() {
        let bytes = pack(&parts()).unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                // The digests in the manifest are held one level up; here a part may only come back as it was never sent.
                if let Ok(parts) = unpack(&other) {
                    assert_ne!(parts, self::parts(), "byte {at}, bit {bit}");
                }
            }
            assert!(unpack(&bytes[..at]).is_err(), "cut at {at}");
        }
        let longer = [&bytes[..], b"x"].concat();
        assert!(unpack(&longer).is_err() && unpack(&[b"x", &bytes[..]].concat()).is_err());
    }

    #[test]
    fn names_that_lead_elsewhere_are_none() {
        let bad = [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/../b",
            "./a",
            ".git/config",
            "a/.git",
            "a\\b",
            "C:a",
            "a:b",
            "a ",
            "a.",
            " a",
            "con",
            "a/COM1.toml",
            "aux.toml",
            "NUL",
            "lpt9.x.y",
            "a\0b",
            "a\nb",
            "\u{202e}a",
            "ä",
            "a~1",
            "%2e",
            "a*",
        ];
        for name in bad {
            assert!(!is_plain_path(name), "{name:?}");
        }
        assert!(!is_plain_path(&"a".repeat(300)));
        for name in ["README.txt", "a/b-c_d.toml", "docs/evidence/Pen test (PT-12).pdf", "console.toml"] {
            assert!(is_plain_path(name), "{name}");
        }
    }

    #[test]
    fn names_that_are_one_file_somewhere_are_refused() {
        for pair in [["a.toml", "A.toml"], ["a", "a/b"], ["A/x", "a"]] {
            let parts: Parts = pair.map(|name| (name.to_owned(), Vec::new())).into();
            assert!(pack(&parts).is_err(), "{pair:?}");
        }
    }
}
