//! What a role decided over last, found again in the history.

use super::codes::USAGE;
use super::context::Context;
use crate::diag::Error;
use crate::model::{Act, Date, DeploymentName};
use crate::ops::scope::seal;
use crate::project::{EvidenceFiles, Held, Project, statements};
use crate::store::Repo;

/// Content that a role decided over.
pub(super) struct DecidedOver {
    /// A commit that holds it.
    pub(super) commit: String,
    /// The day of the decision.
    pub(super) day: Date,
}

/// What a role decided over last. The commit that a statement names is only where its content was seen, so it is made sure that the content there is
/// what was decided over.
pub(super) fn decided_over(
    context: &Context,
    repo: &Repo,
    project: &Project,
    name: &DeploymentName,
    role: &str,
) -> Result<DecidedOver, Error> {
    project.load(name)?.sound()?;
    let (held, _) = statements(project.store(), name)?;
    let decided = held.iter().filter(|held| held.statement.act == Act::Decide && held.statement.role == role);
    let Some(last) = decided.max_by_key(|held| (held.statement.time, held.id)) else {
        let error =
            Error::new(&USAGE, format!("the role `{}` has decided nothing in `{name}`", role.escape_debug()));
        let mut roles: Vec<&str> = held.iter().map(|held| held.statement.role.as_str()).collect();
        roles.sort_unstable();
        roles.dedup();
        let note = format!("there are decisions of: {}", roles.join(", "));
        return Err(if roles.is_empty() { error } else { error.note(note) });
    };
    let day = last.statement.time.day();
    match last.statement.commit.as_ref().filter(|commit| holds(context, repo, last, commit, name)) {
        Some(commit) => Ok(DecidedOver { commit: commit.clone(), day }),
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
