//! Every code that tom can give, in one list. `tom explain` reads it, and a test holds it against the sources.

use crate::diag::{Code, Severity};

/// The command line asks for two things that do not go together, or for something that is not there.
pub static USAGE: Code = Code {
    id: "TOM-0999",
    severity: Severity::Error,
    title: "the command cannot be done as it was asked",
    explain: "What was asked for contradicts itself, or names something that is not there. The message says what; `tom COMMAND --help` shows what the \
command takes, with examples. Nothing was changed.",
};

/// The vendored framework is not the published one.
pub static EDITED_FRAMEWORK: Code = Code {
    id: "TOM-0123",
    severity: Severity::Warning,
    title: "a framework differs from the published one of its version",
    explain: "The framework in `frameworks/` has the id and version of one that tom ships, and says something else. Readers of a pack would believe that they \
see the published questions and rules. Give the edited framework a version of its own, or put the published one back: remove the folder and run `tom init`.",
};

/// The parent has changes that are not committed.
pub static UNCOMMITTED: Code = Code {
    id: "TOM-0941",
    severity: Severity::Error,
    title: "there are changes that are not committed",
    explain: "A derivation reads what is committed, so that the new deployment can say what it was derived from. The parent's folder differs from \
the last commit. Commit the changes, or name a revision with `--at`: `--at HEAD` derives from what is committed and leaves the rest alone. Commands that \
rewrite many files at once stop for the same reason: what they did could not be told from your own changes. Commit first, or say `--allow-dirty`.",
};

/// A statement could not be signed.
pub static NOT_SIGNED: Code = Code {
    id: "TOM-0942",
    severity: Severity::Error,
    title: "something was not signed",
    explain: "Statements, hand-overs and receipts are signed with an SSH key by `ssh-keygen`, which asks your agent, your passphrase or your hardware key. The signature is checked before anything is written: \
the key has to be listed in `tom.toml` under `keys` of the person who decides or sends, and its `namespaces`, if it has any, have to name what is signed. Nothing was written.",
};

/// Standard output took no more.
pub static UNWRITTEN: Code = Code {
    id: "TOM-0998",
    severity: Severity::Error,
    title: "the result could not be shown in full",
    explain: "Standard output did not take all of the result, because a disk is full or a device fails. An empty or half report must not look like a clean one, so the \
exit code is 2 whatever was found. Files that the command writes are written. A reader that has seen enough, as `head` does, is no error.",
};

/// Every code, in the order of the ids.
pub fn all() -> Vec<&'static Code> {
    let mut codes: Vec<&Code> = [
        crate::store::CODES,
        crate::syntax::CODES,
        crate::project::CODES,
        crate::render::CODES,
        crate::exchange::CODES,
        &[
            &USAGE,
            &UNWRITTEN,
            &UNCOMMITTED,
            &NOT_SIGNED,
            &EDITED_FRAMEWORK,
            &super::child::LIMITED,
            &super::packs::NO_PACK,
            &super::commands::verify::NO_STAMP,
        ],
    ]
    .into_iter()
    .chain(crate::ops::CODES.iter().copied())
    .flatten()
    .copied()
    .collect();
    codes.sort_by_key(|code| code.id);
    codes
}

/// The code of an id, whatever its case.
pub fn find(id: &str) -> Option<&'static Code> {
    all().into_iter().find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_unique_and_explained() {
        let codes = super::all();
        for pair in codes.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for code in codes {
            assert!(code.id.len() == 8 && code.id.starts_with("TOM-"), "{}", code.id);
            assert!(code.explain.len() > 60, "{} explains too little", code.id);
        }
    }
}
