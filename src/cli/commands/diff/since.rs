//! What changed since a role decided: the content that it decided over, found again in the history.

use super::Args;
use super::request::{Range, Request};
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::diag::Error;
use crate::model::{Act, DeploymentName};
use crate::ops::scope::seal;
use crate::project::{EvidenceFiles, Held, statements};
use crate::store::Repo;

/// The comparison with what a role decided over last. The commit that a statement names is only where its content was seen, so it is made sure
/// that the content there is what was decided over.
pub(super) fn request(args: &Args, role: &str, context: &Context, repo: &Repo) -> Result<Request, Error> {
    let [name] = &args.what[..] else {
        return Err(Error::new(&USAGE, "`--since-decision` needs one deployment"));
    };
    let name = super::super::name(name)?;
    let project = context.sound_project(repo, None)?;
    super::super::sound(&project, &name)?;
    let (held, _) = statements(project.store(), &name)?;
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
    let Some(commit) =
        last.statement.commit.as_ref().filter(|commit| holds(context, repo, last, commit, &name))
    else {
        let message =
            format!("what {role} decided over on {} is not found in the history", last.statement.time.day());
        return Err(Error::new(&USAGE, message)
            .note("the history was rewritten, or the clone is shallow")
            .help(format!("`tom verify {name}` names what changed since, from the statement itself")));
    };
    Ok(Request::States(Range::WorkTree(commit.clone()), vec![name]))
}

/// Whether the deployment at a commit is what a statement is over.
fn holds(context: &Context, repo: &Repo, held: &Held, commit: &str, name: &DeploymentName) -> bool {
    let Ok(project) = context.sound_project(repo, Some(commit)) else { return false };
    let Ok((deployment, framework)) = super::super::sound(&project, name) else { return false };
    let evidence = EvidenceFiles::of(project.store());
    let files = |path: &str| evidence.digest(path);
    let says = &held.statement;
    says.deployment == deployment.meta.id
        && says.scopes.iter().all(|(scope, sealed)| {
            seal(&deployment, &framework, *scope, &says.leaves_open, &files).digest == sealed.digest
        })
}
