//! The page that lies on top: what this is and what to do with it, for somebody who has never heard of tom.

use crate::model::{Manifest, Reader};
use std::fmt::Write;

/// The text of `README.txt`. It is made before the manifest, which names it.
pub fn readme(manifest: &Manifest) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    let has = |start: &str| manifest.parts.keys().any(|name| name.starts_with(start));
    line(&manifest.title);
    line(&"=".repeat(manifest.title.chars().count()));
    line("");
    line(&format!("A Target Operating Model assessment, handed over by {} for", manifest.by));
    line(&format!("{} to {}.", manifest.from, manifest.to));
    line(&format!("Hand-over {} of {}, {}.", manifest.number, manifest.name, manifest.on));
    line("");
    line("To read it");
    line("----------");
    line("Unpack this file, then open a page in the folder packs/ with a double-click. It needs");
    line("no other program than a browser, and no network.");
    for name in manifest.parts.keys().filter(|name| name.starts_with("packs/")) {
        line(&format!("  {name}"));
    }
    if has("forms/") {
        line("");
        line("To fill in your part");
        line("--------------------");
        line("Open the workbook in the folder forms/, fill in the white cells, save it, and send it");
        line("back to whoever sent you this.");
        for name in manifest.parts.keys().filter(|name| name.starts_with("forms/")) {
            line(&format!("  {name}"));
        }
    }
    if manifest.reader != Reader::Public {
        line("");
        line("To work on it with tom");
        line("----------------------");
        line("In a git repository, or in an empty folder, with this file as it came, not unpacked:");
        line("  tom receive FILE --dry-run     shows what it brings, and writes nothing");
        line("  tom receive FILE               takes it in");
        line("  tom hand-over NAME --to PARTY  sends yours back");
    }
    line("");
    line("What is in it");
    line("-------------");
    let parts = [
        ("packs/", "the assessment, to read"),
        ("forms/", "a workbook for what you have to fill in"),
        ("assessment/", "the answers, risks, decisions and signatures, as files"),
        ("framework/", "the questions and rules that they follow"),
        ("evidence/", "files that the assessment names as evidence"),
        ("base.toml", "what you sent last, which this builds on"),
        ("manifest.toml", "the SHA-256 digest of every part"),
    ];
    for (name, what) in parts.into_iter().filter(|(name, _)| *name == "manifest.toml" || has(name)) {
        line(&format!("  {name:<15}{what}"));
    }
    line("");
    line("What was left out");
    line("-----------------");
    if manifest.left_out.is_empty() {
        line("Nothing.");
    }
    for what in &manifest.left_out {
        line(&format!("  - {what}"));
    }
    out
}
