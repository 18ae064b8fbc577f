//! A branch that touches a hundred deployments, however many there are, and the least that a program has to read to tell what it changed.

use super::Failure;
use git2::build::TreeUpdateBuilder;
use git2::{ObjectType, Oid, Repository, Tree, TreeEntry};
use std::path::Path;

/// The branch's name.
pub const BRANCH: &str = "touched";
/// How many deployments it touches, where there are so many.
const TOUCHED: usize = 100;

/// Makes the branch, where it is not there yet: in each of a hundred deployments one answer and one likelihood are others. Nothing is checked
/// out.
pub fn make(folder: &Path) -> Result<(), Failure> {
    let git = Repository::open(folder)?;
    if git.find_branch(BRANCH, git2::BranchType::Local).is_ok() {
        return Ok(());
    }
    let main = git.revparse_single("main")?.peel_to_commit()?;
    let tree = main.tree()?;
    let assessments = git.find_tree(tree.get_path(Path::new("assessments"))?.id())?;
    let step = (assessments.len() / TOUCHED).max(1);
    let mut update = TreeUpdateBuilder::new();
    for deployment in assessments.iter().step_by(step).take(TOUCHED) {
        let files = git.find_tree(deployment.id())?;
        let at = format!("assessments/{}", String::from_utf8_lossy(deployment.name_bytes()));
        let mut replace = |path: String, file: Option<TreeEntry<'_>>, find: &str, with: &str| {
            let Some(file) = file else { return Ok(()) };
            let text = String::from_utf8_lossy(git.find_blob(file.id())?.content()).replacen(find, with, 1);
            update.upsert(path, git.blob(text.as_bytes())?, git2::FileMode::Blob);
            Ok::<(), git2::Error>(())
        };
        let answers = files.get_name("ig.toml").map(|entry| entry.to_owned());
        replace(format!("{at}/ig.toml"), answers, "answer = \"Yes\"", "answer = \"No\"")?;
        if let Some(risks) = files.get_name("risks") {
            let risks = git.find_tree(risks.id())?;
            let first = risks.get(0).map(|entry| entry.to_owned());
            let name = first.as_ref().map(|entry| String::from_utf8_lossy(entry.name_bytes()).into_owned());
            let path = format!("{at}/risks/{}", name.unwrap_or_default());
            replace(path, first, "likelihood = \"Low\"", "likelihood = \"Medium\"")?;
        }
    }
    let changed = git.find_tree(update.create_updated(&git, &tree)?)?;
    let who = git2::Signature::new("Jo Marsh", "jo.marsh@acme.example", &main.time())?;
    let reference = format!("refs/heads/{BRANCH}");
    git.commit(Some(&reference), &who, &who, "Touch a hundred", &changed, &[&main])?;
    Ok(())
}

/// Reads and parses every file of the deployments that a branch touches, on both sides: what a diff by meaning can hardly do without.
/// Prints how many bytes that were.
#[expect(clippy::print_stdout, reason = "the number is the result")]
pub fn read(folder: &Path, left: &str, right: &str) -> Result<(), Failure> {
    let git = Repository::open(folder)?;
    let commit = |name: &str| git.revparse_single(name)?.peel_to_commit();
    let (left, right) = (commit(left)?, commit(right)?);
    let base = git.find_commit(git.merge_base(left.id(), right.id())?)?;
    let assessments =
        |tree: Tree<'_>| git.find_tree(tree.get_name("assessments").map_or(Oid::ZERO_SHA1, |e| e.id()));
    let (old, new) = (assessments(base.tree()?)?, assessments(right.tree()?)?);
    let mut bytes = 0;
    for entry in &new {
        let before = old.get_name_bytes(entry.name_bytes()).map(|entry| entry.id());
        if before != Some(entry.id()) {
            for side in [before, Some(entry.id())].into_iter().flatten() {
                bytes += read_tree(&git, side)?;
            }
        }
    }
    println!("{bytes} bytes");
    Ok(())
}

fn read_tree(git: &Repository, id: Oid) -> Result<usize, Failure> {
    let mut bytes = 0;
    for entry in &git.find_tree(id)? {
        match entry.kind() {
            Some(ObjectType::Tree) => bytes += read_tree(git, entry.id())?,
            Some(ObjectType::Blob) => {
                let blob = git.find_blob(entry.id())?;
                let text = std::str::from_utf8(blob.content())?;
                let table: toml::Table = toml::from_str(text)?;
                bytes += if table.is_empty() { 0 } else { text.len() };
            }
            _ => {}
        }
    }
    Ok(bytes)
}
