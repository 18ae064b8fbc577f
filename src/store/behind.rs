//! What commits are built on, by the parents that their own bytes name. libgit2's own walks follow grafts, which anybody who can write to `.git` can lay.

use super::commits::parents;
use git2::{Commit, ErrorCode, Oid, Repository};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// A commit, if it is here.
fn found(git: &Repository, id: Oid) -> Result<Option<Commit<'_>>, git2::Error> {
    match git.find_commit(id) {
        Ok(commit) => Ok(Some(commit)),
        // A shallow clone ends here.
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Those of some commits that are neither a commit nor one that it is built on, as far as the history is here.
pub(super) fn not_behind(
    git: &Repository,
    tip: Oid,
    mut wanted: BTreeSet<Oid>,
) -> Result<BTreeSet<Oid>, git2::Error> {
    let (mut open, mut seen) = (vec![tip], BTreeSet::from([tip]));
    while let Some(id) = open.pop().filter(|_| !wanted.is_empty()) {
        let Some(commit) = found(git, id)? else { continue };
        wanted.remove(&id);
        open.extend(parents(&commit).filter(|parent| seen.insert(*parent)));
    }
    Ok(wanted)
}

const LEFT: u8 = 1;
const RIGHT: u8 = 2;
/// Behind a commit that both have.
const BENEATH: u8 = 4;

/// The newest commit that two have in common and that is behind no other such; none where there is none here.
pub(super) fn merge_base(git: &Repository, left: Oid, right: Oid) -> Result<Option<Oid>, git2::Error> {
    Ok(merge_bases(git, left, right)?.into_iter().next())
}

/// The commits that two have in common and that are behind no other such, the newest first: more than one where branches were merged crosswise.
pub(super) fn merge_bases(git: &Repository, left: Oid, right: Oid) -> Result<Vec<Oid>, git2::Error> {
    let mut marks = BTreeMap::<Oid, u8>::new();
    let mut open = BinaryHeap::new();
    for (id, side) in [(left, LEFT), (right, RIGHT)] {
        *marks.entry(id).or_default() |= side;
        open.push((git.find_commit(id)?.time().seconds(), id));
    }
    let mut common = BTreeSet::new();
    // Younger ones first, only so that little is walked: what is found does not depend on clocks.
    while open.iter().any(|(_, id)| marks.get(id).is_some_and(|mark| mark & BENEATH == 0)) {
        let Some((seconds, id)) = open.pop() else { break };
        let mut mark = marks.get(&id).copied().unwrap_or_default();
        if mark == LEFT | RIGHT {
            common.insert((seconds, id));
            mark |= BENEATH;
        }
        let Some(commit) = found(git, id)? else { continue };
        for parent in parents(&commit) {
            let known = marks.entry(parent).or_default();
            if *known | mark != *known
                && let Some(parent) = found(git, parent)?
            {
                *known |= mark;
                open.push((parent.time().seconds(), parent.id()));
            }
        }
    }
    common.retain(|(_, id)| marks.get(id).is_some_and(|mark| mark & BENEATH == 0));
    // Where a clock ran wrong, one may be behind another all the same.
    let ids: BTreeSet<Oid> = common.iter().map(|(_, id)| *id).collect();
    let mut best = ids.clone();
    for tip in ids.iter().filter(|_| ids.len() > 1) {
        let others = ids.iter().copied().filter(|id| id != tip).collect();
        let apart = not_behind(git, *tip, others)?;
        best.retain(|id| id == tip || apart.contains(id));
    }
    Ok(common.into_iter().rev().map(|(_, id)| id).filter(|id| best.contains(id)).collect())
}
