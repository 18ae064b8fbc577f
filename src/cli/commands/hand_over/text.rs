//! What is in a hand-over, for people.

use super::Body;
use crate::cli::words::{BOLD, styled, wrapped};
use crate::model::{Manifest, Reader};
use std::fmt::Write;

pub(super) fn show(body: &Body, manifest: &Manifest, digest: &str, width: usize, is_dry: bool) -> String {
    let verb = if is_dry { "would write" } else { "wrote" };
    let mut out = format!("{verb} {}\n", styled(BOLD, body.file.as_deref().unwrap_or_default()));
    let _ = writeln!(
        out,
        "  hand-over {} of {}, from {} to {}",
        manifest.number, manifest.name, manifest.from, manifest.to
    );
    let _ = writeln!(out, "  {digest}");
    match &manifest.base {
        Some(base) => {
            let _ = writeln!(out, "  builds on their hand-over {}", base.number);
        }
        None if manifest.reader == Reader::Public => {}
        None => {
            let _ = writeln!(out, "  builds on nothing of theirs: none has come yet");
        }
    }
    let groups = [
        ("packs/", "to read"),
        ("forms/", "to fill in"),
        ("assessment/", "the assessment"),
        ("framework/", "its framework"),
        ("evidence/", "evidence"),
    ];
    for (folder, what) in groups {
        let sizes: Vec<usize> =
            body.parts.iter().filter(|(name, _)| name.starts_with(folder)).map(|(_, size)| *size).collect();
        if !sizes.is_empty() {
            let total = sizes.iter().sum::<usize>().div_ceil(1024);
            let _ = writeln!(
                out,
                "  {folder:<12} {:>3} {:<6}{total:>6} KiB  {what}",
                sizes.len(),
                if sizes.len() == 1 { "file" } else { "files" }
            );
        }
    }
    if !body.left_out.is_empty() {
        let _ = writeln!(out, "  left out:");
        for what in &body.left_out {
            let _ = writeln!(out, "{}", wrapped(&format!("- {what}"), 4, width));
        }
    }
    out
}
