//! A branch that touches a hundred deployments, however many there are, and the least that a program has to read to tell what it changed.

use super::{Failure, git, said};
use git2::{ObjectType, Oid, Repository, Tree};
use std::path::Path;

/// The branch's name.
pub const BRANCH: &str = "touched";
/// How many deployments it touches, where there are so many.
const TOUCHED: usize = 100;

/// Makes the branch, where it is not there yet: in each of a hundred deployments one answer and one likelihood are others.
pub fn make(folder: &Path) -> Result<(), Failure> {
    if said(git(folder, &["rev-parse", "--verify", "-q", BRANCH])).is_ok() {
        return Ok(());
    }
    said(git(folder, &["switch", "-q", "-c", BRANCH]))?;
    let mut names: Vec<_> = std::fs::read_dir(folder.join("assessments"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    names.sort();
    let step = (names.len() / TOUCHED).max(1);
    for deployment in names.iter().step_by(step).take(TOUCHED) {
        replace(&deployment.join("ig.toml"), "answer = \"Yes\"", "answer = \"No\"")?;
        let mut risks: Vec<_> = std::fs::read_dir(deployment.join("risks"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_, std::io::Error>>()?;
        risks.sort();
        if let Some(risk) = risks.first() {
            replace(risk, "likelihood = \"Low\"", "likelihood = \"Medium\"")?;
        }
    }
    let who = ["-c", "user.name=Jo Marsh", "-c", "user.email=jo.marsh@acme.example"];
    said(git(folder, &[&who[..], &["commit", "-q", "-a", "-m", "Touch a hundred"]].concat()))?;
    said(git(folder, &["switch", "-q", "main"])).map(drop)
}

fn replace(file: &Path, find: &str, with: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file)?;
    std::fs::write(file, text.replacen(find, with, 1))?;
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
