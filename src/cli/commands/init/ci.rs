//! Workflows for a forge: pull requests are checked and told by meaning.

use crate::cli::codes::USAGE;
use crate::cli::embedded::{GITHUB_COMMENT, GITHUB_REVIEW, GITLAB_REVIEW};
use crate::diag::Error;

/// Whose workflows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Forge {
    /// GitHub: a review of each pull request, and a second workflow that comments.
    Github,
    /// GitLab: a job for merge requests, to be included.
    Gitlab,
}

/// The workflows by path, with tom pinned to the commit that `from` names.
pub(super) fn workflows(forge: Forge, from: Option<&str>) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let (repository, commit) =
        from.and_then(|from| pinned(forge, from)).ok_or_else(|| refused(forge, from))?;
    let files = match forge {
        Forge::Github => [
            (".github/workflows/tom.yml", GITHUB_REVIEW),
            (".github/workflows/tom-comment.yml", GITHUB_COMMENT),
        ]
        .to_vec(),
        Forge::Gitlab => [(".gitlab/tom.yml", GITLAB_REVIEW)].to_vec(),
    };
    let fill =
        |text: &str| text.replace("TOM-REPOSITORY", repository).replace("TOM-COMMIT", commit).into_bytes();
    Ok(files.into_iter().map(|(path, text)| (path, fill(text))).collect())
}

/// A repository and a whole commit id. Both end in YAML, so only plain characters are taken.
fn pinned(forge: Forge, from: &str) -> Option<(&str, &str)> {
    let (repository, commit) = from.rsplit_once('@')?;
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    let path = match forge {
        Forge::Github => repository,
        Forge::Gitlab => repository.strip_prefix("https://")?,
    };
    let parts: Vec<&str> = path.split('/').collect();
    let is_repository = parts.iter().all(|part| is_name(part))
        && if forge == Forge::Github { parts.len() == 2 } else { parts.len() >= 3 };
    let is_commit = commit.len() == 40 && commit.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (is_repository && is_commit).then_some((repository, commit))
}

fn refused(forge: Forge, from: Option<&str>) -> Error {
    let form = match forge {
        Forge::Github => "OWNER/REPOSITORY@COMMIT",
        Forge::Gitlab => "https://HOST/PATH@COMMIT",
    };
    let message = match from {
        None => "`--ci` needs `--from`: tom works offline and does not know which repository it came from"
            .to_owned(),
        Some(from) => format!("`--from {from}` is not of the form `{form}`"),
    };
    Error::new(&USAGE, message).help(format!(
        "`--from {form}` names the repository of tom that you trust and the 40 hexadecimal digits of the commit to build; \
a branch or a tag could be moved to something else"
    ))
}
