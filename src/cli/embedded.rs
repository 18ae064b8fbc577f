//! What is inside the binary: the framework, the templates, the worked example.

use crate::syntax::FrameworkFile;
use include_dir::{Dir, include_dir};

static FRAMEWORKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/frameworks");
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static ASSESSMENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assessments");
static EVIDENCE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/evidence");

/// The settings of the worked example.
pub(super) static EXAMPLE_SETTINGS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tom.toml"));

/// The workflows that `tom init --ci` writes; `TOM-REPOSITORY` and `TOM-COMMIT` stand for what they build.
pub(super) const GITHUB_REVIEW: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/action/init/github/tom.yml"));
/// The second of them, which comments.
pub(super) const GITHUB_COMMENT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/action/init/github/tom-comment.yml"));
/// The one for GitLab.
pub(super) const GITLAB_REVIEW: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/action/init/gitlab/tom.yml"));

/// A file inside the binary.
pub(super) struct Embedded {
    /// Its path beneath its folder.
    pub(super) path: String,
    /// What is in it.
    pub(super) bytes: &'static [u8],
}

fn files(dir: &'static Dir<'static>, found: &mut Vec<Embedded>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        found.push(Embedded { path, bytes: file.contents() });
    }
    dir.dirs().for_each(|inner| files(inner, found));
}

fn all(dir: &'static Dir<'static>) -> Vec<Embedded> {
    let mut found = Vec::new();
    files(dir, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The frameworks: `smsp-tom/0.10/sections/ig.toml` …
pub(super) fn frameworks() -> Vec<Embedded> {
    all(&FRAMEWORKS)
}

/// The files of one framework, as they are inside the binary; empty where it is not there.
pub(super) fn framework(id: &str, version: &str) -> Vec<FrameworkFile> {
    let prefix = format!("{id}/{version}/");
    let files = frameworks().into_iter().filter_map(|file| {
        let name = file.path.strip_prefix(&prefix)?.to_owned();
        Some(FrameworkFile { name, path: format!("frameworks/{}", file.path), bytes: file.bytes.to_vec() })
    });
    files.collect()
}

/// The pack templates.
pub(super) fn templates() -> Vec<Embedded> {
    all(&TEMPLATES)
}

/// The worked example's deployments: `acme-5-1/deployment.toml` …
pub(super) fn assessments() -> Vec<Embedded> {
    all(&ASSESSMENTS)
}

/// The worked example's evidence.
pub(super) fn evidence() -> Vec<Embedded> {
    all(&EVIDENCE)
}
