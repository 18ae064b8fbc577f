//! Bytes to a parsed document, or to a finding that says why not.

use super::text;
use super::tree::Tree;
use crate::diag::{Code, Finding, Label, Severity};

/// A file that is no UTF-8 text.
pub static NOT_UTF8: Code = Code {
    id: "TOM-0101",
    severity: Severity::Error,
    title: "a file is not UTF-8 text",
    explain: "Every file of an assessment is UTF-8. The finding names the first byte that is not. It is often a \
file saved as UTF-16 or in an old Windows code page: open it in an editor and save it as UTF-8.",
};

/// A file that is no TOML.
pub static NOT_TOML: Code = Code {
    id: "TOM-0102",
    severity: Severity::Error,
    title: "a file is not TOML",
    explain: "The file breaks the rules of TOML 1.0 (https://toml.io). Only the first mistake of a file is shown, because those \
after it often follow from it. Nothing is taken from a file with such a mistake; other files are read all the same.",
};

/// A file with merge conflict markers.
pub static MERGE_MARKERS: Code = Code {
    id: "TOM-0103",
    severity: Severity::Error,
    title: "a file holds an unfinished merge",
    explain: "Lines such as `<<<<<<<` stand in the file: git could not merge two edits and left both. `git diff --no-textconv` shows them as they are. Decide between them, \
remove the three marker lines, and check again. `received.toml` and what `deployment.toml` says under `derived-from` belong together, and tom alone writes them: two branches that each ran `tom update` \
conflict there. Take both from one side, keep the refusals of both, commit, and run `tom update`: what the other side had is there already or comes again.",
};

/// A parsed file, with the text that it was parsed from.
#[derive(Debug)]
pub struct Document<'a> {
    /// Path from the repository's root.
    pub file: &'a str,
    /// The text without a byte-order mark.
    pub text: &'a str,
    /// Bytes of the byte-order mark that stood before the text.
    pub offset: usize,
    pub(super) tree: Tree<'a>,
}

const BOM: &str = "\u{feff}";

impl<'a> Document<'a> {
    /// Parses a file. A byte-order mark is skipped; anything else that is not TOML is a finding, and no document.
    #[expect(
        clippy::result_large_err,
        reason = "a finding is made once a broken file, never on the way of a sound one"
    )]
    pub fn parse(file: &'a str, bytes: &'a [u8]) -> Result<Self, Finding> {
        let whole = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            Finding::new(&NOT_UTF8, format!("`{file}` is not UTF-8 text"))
                .at(Label::file(file))
                .note(format!("byte {at} is {:#04x}", bytes[at]))
                .help("save the file as UTF-8")
        })?;
        let text = whole.strip_prefix(BOM).unwrap_or(whole);
        let offset = whole.len() - text.len();
        if let Some(marker) = merge_marker(text) {
            return Err(Finding::new(&MERGE_MARKERS, "an unfinished merge stands in the file")
                .at(Label::bytes(file, marker).saying("left by git"))
                .help(marker_help(file)));
        }
        if let Some(finding) = text::hidden_in(file, text) {
            return Err(finding);
        }
        let tree = Tree::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let span = error.span().unwrap_or(0..0);
            Finding::new(&NOT_TOML, format!("not TOML: {message}")).at(Label::bytes(file, span))
        })?;
        Ok(Self { file, text, offset, tree })
    }
}

/// What to do about the markers of a file.
fn marker_help(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    match name {
        "received.toml" | "deployment.toml" => format!(
            "decide between the two sides and remove the marker lines; `[derived-from]` in `deployment.toml` and \
`received.toml` are tom's own and belong together: take both from one side (`git checkout --ours -- {folder}/received.toml`), \
keep the refusals of both, commit, and run `tom update`"
        ),
        _ => "decide between the two sides and remove the marker lines; `git diff --no-textconv` shows both"
            .to_owned(),
    }
}

fn merge_marker(text: &str) -> Option<std::ops::Range<usize>> {
    // Prose has hardly ever one of these characters, and looking for one is quicker than for seven.
    if !text.bytes().fold(false, |found, byte| found | matches!(byte, b'<' | b'>'))
        || !(text.contains("<<<<<<<") || text.contains(">>>>>>>"))
    {
        return None;
    }
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let here = start;
        start += line.len();
        let marks = ["<<<<<<< ", ">>>>>>> ", "||||||| "];
        marks.iter().any(|mark| line.starts_with(mark)).then(|| here..here + line.trim_end().len())
    })
}
