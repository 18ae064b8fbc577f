//! An upgrade as files: a section whose items changed is written anew, every other one keeps each byte that did not have to change.

use super::Upgraded;
use crate::diag::Error;
use crate::model::{Answer, Deployment, Framework, Section, Slot, Value};
use crate::ops::merge::{self, FileChange, Place, Subject};
use crate::ops::update::meta_edits;
use crate::project::{ASIDE, IMPORTED, folder_of};
use crate::syntax::{Edit, comments, edit, write_asides, write_imported, write_received, write_section};
use std::collections::{BTreeMap, BTreeSet};

const ABOUT_ASIDES: &str = "# What was answered in earlier versions of the framework and has no place in this one. Kept by tom, for people to read.\n";

/// Every file that an upgrade changes.
///
/// # Errors
///
/// Where a file cannot be read, or would not be TOML any more.
pub fn files(
    (from, to): (&Framework, &Framework),
    before: &Deployment,
    upgraded: &Upgraded,
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Vec<FileChange>, Error> {
    let folder = folder_of(&before.name);
    let after = &upgraded.deployment;
    let mut files = Vec::new();
    let mut remarks = Vec::new();
    let sections: BTreeSet<&str> =
        from.sections.iter().chain(&to.sections).filter(|s| s.is_answered()).map(|s| s.id.as_str()).collect();
    let answered = |framework: &'_ Framework, id: &str| -> Vec<(String, Option<String>)> {
        let items = framework.section(id).into_iter().flat_map(|section| &section.items);
        let items = items.filter(|item| item.is_answered());
        items.map(|item| (item.id.to_string(), item.repeats.as_ref().map(ToString::to_string))).collect()
    };
    let mut written = BTreeSet::new();
    for id in sections {
        if answered(from, id) == answered(to, id) {
            continue;
        }
        written.insert(id);
        let path = format!("{folder}/{id}.toml");
        let bytes = read(&path)?;
        let own =
            bytes.as_deref().map(|bytes| remarks_of(bytes, from.section(id), before)).unwrap_or_default();
        let later = to.section(id).filter(|section| section.is_answered());
        match later {
            Some(section) => {
                let text = with_remarks(&write_section(section, &after.answers), &own);
                files.push(FileChange { path, after: Some(text.into_bytes()) });
            }
            None => {
                remarks.extend(own);
                files.extend(bytes.map(|_| FileChange { path, after: None }));
            }
        }
    }
    let is_spliced = |place: &Place| match &place.subject {
        Subject::Risk(_) => true,
        Subject::Answer(slot) => {
            to.item(slot.item.as_str()).is_some_and(|item| !written.contains(item.section.as_str()))
        }
    };
    let mut changes = merge::differences(before.into(), after.into());
    changes.retain(|change| is_spliced(&change.place));
    files.extend(merge::files(&folder, to, &changes, &read)?);
    files.push(meta(&folder, before, after, &read)?);
    if let Some(received) = &after.received {
        let text = write_received(received, to);
        files.push(FileChange { path: format!("{folder}/received.toml"), after: Some(text.into_bytes()) });
    }
    if let Some(imported) = &after.imported {
        let text = write_imported(imported, to);
        files.push(FileChange { path: format!("{folder}/{IMPORTED}"), after: Some(text.into_bytes()) });
    }
    if !upgraded.asides.is_empty() || !remarks.is_empty() {
        let path = format!("{folder}/{ASIDE}");
        let mut text = read(&path)?.unwrap_or_else(|| ABOUT_ASIDES.as_bytes().to_vec());
        for remark in remarks {
            text.extend(format!("{remark}\n").into_bytes());
        }
        text.extend(write_asides(&upgraded.asides).into_bytes());
        files.push(FileChange { path, after: Some(text) });
    }
    Ok(files)
}

fn meta(
    folder: &str,
    before: &Deployment,
    after: &Deployment,
    read: &impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
) -> Result<FileChange, Error> {
    let path = format!("{folder}/deployment.toml");
    let pin = &after.meta.framework;
    let set = |key: &str, text: &str| {
        Edit::Set(vec!["framework".to_owned(), key.to_owned()], Value::Text(text.to_owned()))
    };
    let mut edits = vec![set("version", &pin.version)];
    edits.extend(pin.digest.as_ref().map(|digest| set("digest", digest)));
    if let (Some(before), Some(after)) = (&before.meta.derived_from, &after.meta.derived_from) {
        edits.extend(meta_edits(before, after));
    }
    let mut bytes = read(&path)?.unwrap_or_default();
    for change in edits {
        bytes = edit(&path, &bytes, &change)?;
    }
    Ok(FileChange { path, after: Some(bytes) })
}

/// The comments of a file that somebody wrote, rather than tom.
fn remarks_of(bytes: &[u8], section: Option<&Section>, deployment: &Deployment) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let forms = section.map(|section| {
        // With every answer and with none, so that each form and title counts as tom's.
        [&deployment.answers, &BTreeMap::<Slot, Answer>::new()].map(|answers| write_section(section, answers))
    });
    let toms: BTreeSet<&str> = forms.iter().flatten().flat_map(|form| comments(form)).collect();
    comments(&text).into_iter().filter(|line| !toms.contains(line)).map(str::to_owned).collect()
}

/// A section's file with remarks beneath its first lines.
fn with_remarks(text: &str, remarks: &[String]) -> String {
    if remarks.is_empty() {
        return text.to_owned();
    }
    let head: usize = text.split_inclusive('\n').take(2).map(str::len).sum();
    format!(
        "{}\n# Remarks of this file as it was before:\n{}\n{}",
        &text[..head],
        remarks.join("\n"),
        &text[head..]
    )
}
