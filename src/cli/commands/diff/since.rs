//! What changed since a role decided.

use super::Args;
use super::request::{Range, Request};
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::since::decided_over;
use crate::diag::Error;
use crate::store::Repo;

/// The comparison with what a role decided over last.
pub(super) fn request(args: &Args, role: &str, context: &Context, repo: &Repo) -> Result<Request, Error> {
    let [name] = &args.what[..] else {
        return Err(Error::new(&USAGE, "`--since-decision` needs one deployment"));
    };
    let name = super::super::name(name)?;
    let project = context.sound_project(repo, None)?;
    let decided = decided_over(context, repo, &project, &name, role)?;
    Ok(Request::States(Range::WorkTree(decided.commit), vec![name]))
}
