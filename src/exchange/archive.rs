//! A first look into a zip file, before anything is taken out of it: how many parts, how large, how much they swell.

use super::reader::refuse;
use crate::diag::Error;
use std::io::{Cursor, Read};

/// More parts than any workbook has.
const MOST_PARTS: usize = 2_000;
/// The most that all parts may hold together once they are unpacked.
const MOST_BYTES: u64 = 256 << 20;
/// How much a part over a mebibyte may swell.
const MOST_SWELLING: u64 = 200;

/// Refuses what no workbook is: too many parts, too large, swelling too much, encrypted, or not what it declares.
/// Gives the names of the parts.
pub(super) fn look_into(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let broken = |error: zip::result::ZipError| {
        refuse(format!("the file is damaged or cut short: {error}")).help("ask the sender for the file again")
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MOST_PARTS {
        return Err(refuse(format!(
            "the file has {} parts; a workbook has at most {MOST_PARTS}",
            archive.len()
        )));
    }
    let mut names = Vec::new();
    let mut declared = 0u64;
    for at in 0..archive.len() {
        let part = archive.by_index_raw(at).map_err(broken)?;
        let name = part.name().map_err(broken)?.into_owned();
        if part.encrypted() {
            return Err(encrypted());
        }
        declared = declared.saturating_add(part.size());
        if part.size() > 1 << 20 && part.size() / part.compressed_size().max(1) > MOST_SWELLING {
            return Err(refuse(format!(
                "the part `{name}` swells from {} to {} bytes: this is no ordinary workbook",
                part.compressed_size(),
                part.size()
            )));
        }
        if declared > MOST_BYTES {
            return Err(refuse(format!(
                "the file holds more than {} MiB once it is unpacked",
                MOST_BYTES >> 20
            )));
        }
        names.push(name);
    }
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(broken)?;
        let (size, name) = (part.size(), part.name().map_err(broken)?.into_owned());
        let real = std::io::copy(&mut part.take(size + 1), &mut std::io::sink())
            .map_err(|error| refuse(format!("the part `{name}` is damaged: {error}")))?;
        if real != size {
            return Err(refuse(format!("the part `{name}` is not as long as the file says")));
        }
    }
    Ok(names)
}

/// The texts in a workbook's parts, as they stand there.
///
/// # Errors
///
/// Where it is no workbook.
pub fn workbook_texts(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let names = look_into(bytes)?;
    let broken = |error: &dyn std::fmt::Display| refuse(format!("the file is damaged or cut short: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut texts = Vec::new();
    for (at, name) in names.into_iter().enumerate() {
        let mut part = archive.by_index(at).map_err(|error| broken(&error))?;
        let mut content = Vec::new();
        part.read_to_end(&mut content).map_err(|error| broken(&error))?;
        texts.push((name, content));
    }
    Ok(texts)
}

/// The refusal of a file that asks for a password.
pub(super) fn encrypted() -> Error {
    refuse("the workbook is protected with a password").help("save it without one and send that")
}
