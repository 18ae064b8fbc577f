//! Other organisations in a hand-over's file, whoever made it.

use crate::cli::commands::{hand_over, receive};
use crate::cli::context::Context;
use crate::diag::{Error, Finding, Label};
use crate::exchange::NOT_WHOLE;
use crate::model::{Deployment, Framework};
use crate::ops::handover::wanted;
use crate::project::Project;
use std::path::Path;
use std::sync::Arc;

/// Every place in a hand-over that names another organisation of this repository than the one that it is about.
pub(super) fn of_file(project: &Project, context: &Context, file: &str) -> Result<Vec<Finding>, Error> {
    let over = receive::open_file(context, Path::new(file))?;
    let (deployment, framework): (Deployment, Arc<Framework>) = match over.carried {
        Some(carried) => (carried.deployment, carried.framework),
        None => of_id(project, &over.manifest.id)?.ok_or_else(|| {
            Error::new(
                &NOT_WHOLE,
                format!("nothing here has the id {}, so nobody knows whom it is about", over.manifest.id),
            )
            .at(Label::file(file))
            .help("look at it in the repository that it was made in")
        })?,
    };
    let names = hand_over::names_of_others(project, (&deployment, &framework))?;
    let names = wanted(&names);
    let mut looker = hand_over::Looker::default();
    let parts = over.parts.iter();
    Ok(parts.flat_map(|(name, bytes)| looker.look(&names, &format!("{file}/{name}"), bytes)).collect())
}

fn of_id(
    project: &Project,
    id: &crate::model::PermanentId,
) -> Result<Option<(Deployment, Arc<Framework>)>, Error> {
    for name in project.deployments()?.0 {
        if project.meta(&name).is_ok_and(|meta| meta.id == *id) {
            return crate::cli::commands::sound(project, &name).map(Some);
        }
    }
    Ok(None)
}
