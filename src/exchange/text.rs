//! Texts that a spreadsheet would run as formulas, and what its formats do not allow.

use crate::diag::{Code, Severity};

/// Something does not fit into the format.
pub static CANNOT_EXPORT: Code = Code {
    id: "TOM-1003",
    severity: Severity::Error,
    title: "something does not fit into the format of an export",
    explain: "A cell of a workbook holds 32,767 characters and a sheet's name 31. tom never cuts a text short to make it fit, because a reader could not see \
that something is missing; it says what does not fit and writes nothing. Shorten the text, or export to csv, json or parquet, which have no such limit.",
};

/// Whether a spreadsheet could take a text for a formula or a command.
pub fn could_run(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠', '\''])
}

/// A text for CSV that no spreadsheet runs: one apostrophe before what could run.
pub fn guarded(text: &str) -> String {
    if could_run(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text without the one apostrophe that [`guarded`] put there.
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if could_run(rest) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d27_every_text_comes_back_from_its_guard() {
        for text in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "'=1", "''", "'", "'tis", "plain", "", "''=1"]
        {
            let safe = guarded(text);
            assert!(!safe.starts_with(['=', '+', '-', '@', '\t', '＝']), "{text}");
            assert_eq!(unguarded(&safe), text);
        }
    }
}
