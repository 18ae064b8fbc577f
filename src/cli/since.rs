//! What a role decided over last, found again in the history.

use super::codes::USAGE;
use super::context::Context;
use crate::diag::Error;
use crate::model::{Date, DeploymentName};
use crate::ops::decide::decided_once;
use crate::ops::policy::keys;
use crate::ops::scope::seal;
use crate::ops::verify::{Case, judge};
use crate::project::{EvidenceFiles, Held, Project, papers};
use crate::store::Repo;
use std::collections::BTreeSet;

/// Content that a role decided over.
pub(super) struct DecidedOver {
    /// A commit that holds it.
    pub(super) commit: String,
    /// The day of the decision.
    pub(super) day: Date,
    /// The role.
    pub(super) role: String,
}

/// What a role decided over last, in any phase or, as `ROLE@PHASE`, in one. The commit that a statement names is only where its content was seen, so it is made sure that the content there is
/// what was decided over.
pub(super) fn decided_over(
    context: &Context,
    repo: &Repo,
    project: &Project,
    name: &DeploymentName,
    asked: &str,
) -> Result<DecidedOver, Error> {
    let (role, phase) = match asked.split_once('@') {
        Some((role, phase)) => (role, Some(phase)),
        None => (asked, None),
    };
    let (deployment, framework) = project.load(name)?.sound()?;
    let keys = keys(project.settings())?;
    let papers = papers(project.store(), Some((repo, "HEAD")), name)?;
    let settings = project.settings();
    let case = Case::of(&deployment, &framework, settings, &keys, &papers.evidence, context.today());
    let judgement = judge(&case, &papers)?;
    // What never counted was not decided over by the role.
    let held: Vec<&Held> =
        judgement.statements.iter().filter(|one| decided_once(one)).map(|one| one.held).collect();
    let decided = held.iter().filter(|held| {
        let says = &held.statement;
        says.role == role && phase.is_none_or(|phase| *phase == says.phase.to_string())
    });
    let Some(last) = decided.max_by_key(|held| (held.statement.time, held.id)) else {
        let error = Error::new(&USAGE, format!("`{}` has decided nothing in `{name}`", asked.escape_debug()));
        let roles: BTreeSet<String> =
            held.iter().map(|held| format!("{}@{}", held.statement.role, held.statement.phase)).collect();
        let note = format!("there are decisions of: {}", Vec::from_iter(roles.iter().cloned()).join(", "));
        return Err(if roles.is_empty() { error } else { error.note(note) });
    };
    let day = last.statement.time.day();
    match last.statement.commit.as_ref().filter(|commit| holds(context, repo, last, commit, name)) {
        Some(commit) => Ok(DecidedOver { commit: commit.clone(), day, role: role.to_owned() }),
        None => {
            Err(Error::new(&USAGE, format!("what {role} decided over on {day} is not found in the history"))
                .note("the history was rewritten, or the clone is shallow")
                .help(format!("`tom verify {name}` names what changed since, from the statement itself")))
        }
    }
}

/// Whether the deployment at a commit is what a statement is over.
fn holds(context: &Context, repo: &Repo, held: &Held, commit: &str, name: &DeploymentName) -> bool {
    let Ok(project) = context.sound_project(repo, Some(commit)) else { return false };
    let Ok((deployment, framework)) = project.load(name).and_then(|loaded| loaded.sound()) else {
        return false;
    };
    let evidence = EvidenceFiles::of(project.store());
    let says = &held.statement;
    says.deployment == deployment.meta.id
        && says.scopes.iter().all(|(scope, sealed)| {
            seal(&deployment, &framework, *scope, &says.leaves_open, &evidence).digest == sealed.digest
        })
}
