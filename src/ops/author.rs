//! Who changed the content of a deployment last: what decisions are over, by meaning.

use super::scope::leaves;
use crate::diag::Error;
use crate::model::{Deployment, DeploymentName, Framework, Meta, Scope, Tree};
use crate::project::{Files, Past, Project, Said};
use crate::store::{ObjectId, Repo, Signature};
use std::collections::BTreeMap;

/// The author of the newest commit up to a revision that changed what a deployment says, in any scope that is decided on. A comment, another form, a
/// confirmation and a renamed folder change nothing of that; a merge is nobody's change where a side of it says the same. None where it cannot be known:
/// the deployment is not committed, or the clone is shallow.
pub fn last_author(
    repo: &Repo,
    project: &Project,
    revision: &str,
    name: &DeploymentName,
) -> Result<Option<Signature>, Error> {
    let past = Past::new(repo, project);
    let is_same = |before: ObjectId, after: ObjectId| -> Result<bool, Error> {
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
    past.last_change(past.commit_of(revision)?, name, &is_same)
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
    // A file of evidence is no part of the folder.
    let of = |scope: &Scope| (scope.as_str(), leaves(&deployment, framework, *scope, &[], &|_: &str| None));
    Scope::ALL.iter().map(of).collect()
}
