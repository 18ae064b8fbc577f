//! Who changed the content of a deployment last: what decisions are over, by meaning.

use super::scope::leaves;
use crate::diag::Error;
use crate::model::{Deployment, DeploymentName, Framework, Meta, Scope, Tree};
use crate::project::{Files, Past, Project, Said};
use crate::store::{ObjectId, Repo, Signature};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The author of the newest commit up to a revision that changed what a deployment says, in any scope that is decided on, or a file that it names there as
/// evidence. A comment, another form, a
/// confirmation and a renamed folder change nothing of that; a merge is nobody's change where a side of it says the same. None where it cannot be known:
/// the deployment is not committed, or the clone is shallow.
pub fn last_author(
    repo: &Repo,
    project: &Project,
    revision: &str,
    name: &DeploymentName,
) -> Result<Option<Signature>, Error> {
    let past = Past::new(repo, project);
    let says_the_same = |before: ObjectId, after: ObjectId| -> Result<bool, Error> {
        let (Some(was), Some(is)) = (past.framework(before)?, past.framework(after)?) else {
            return Ok(false);
        };
        let (left, right) = past.both(before, after, &Files::All)?;
        let is_read = left.unread.is_empty() && right.unread.is_empty();
        let Some(meta) = past.meta(after)?.filter(|_| is_read && was.digest == is.digest) else {
            return Ok(false);
        };
        Ok(content(name, &meta, &is, left) == content(name, &meta, &is, right))
    };
    // The same at every commit that is looked at: those before it say the same.
    let evidence = OnceCell::new();
    let is_same = |before: (ObjectId, ObjectId), after: (ObjectId, ObjectId)| -> Result<bool, Error> {
        if before.1 != after.1 && !says_the_same(before.1, after.1)? {
            return Ok(false);
        }
        let known = match evidence.get() {
            Some(known) => known,
            None => {
                let found = evidence_of(&past, name, after.1)?;
                evidence.get_or_init(|| found)
            }
        };
        for path in known {
            if past.file(before.0, path)? != past.file(after.0, path)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    past.last_change(past.commit_of(revision)?, name, &is_same)
}

/// The files that a state of a deployment names as evidence of what is decided on.
fn evidence_of(past: &Past<'_>, name: &DeploymentName, tree: ObjectId) -> Result<Vec<String>, Error> {
    let (Some(meta), Some(framework)) = (past.meta(tree)?, past.framework(tree)?) else {
        return Ok(Vec::new());
    };
    let said = content(name, &meta, &framework, past.said(tree, &Files::All)?);
    let paths = said.values().flatten().filter_map(|(leaf, _)| leaf.strip_prefix("path:"));
    Ok(paths.map(str::to_owned).collect())
}

/// What is said in each scope.
fn content(
    name: &DeploymentName,
    meta: &Meta,
    framework: &Framework,
    said: Said,
) -> BTreeMap<&'static str, BTreeMap<String, Tree>> {
    let Said { answers, risks, .. } = said;
    let deployment = Deployment { answers, risks, ..Deployment::empty(name.clone(), meta.clone()) };
    // What is in a file of evidence is held against another commit's by its name in git.
    let of = |scope: &Scope| (scope.as_str(), leaves(&deployment, framework, *scope, &[], &|_: &str| None));
    Scope::ALL.iter().map(of).collect()
}
