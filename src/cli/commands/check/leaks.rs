//! Other organisations in a hand-over's file, whoever made it.

use crate::cli::commands::{hand_over, receive};
use crate::cli::context::Context;
use crate::diag::{Error, Finding, Label};
use crate::exchange::{NOT_WHOLE, workbook_texts};
use crate::model::{Deployment, Framework};
use crate::ops::handover::leaks;
use crate::project::Project;
use std::path::Path;
use std::sync::Arc;

/// Whether an argument names a hand-over's file and no deployment, whose names have no full stop.
pub(super) fn is_file(argument: &str) -> bool {
    Path::new(argument).extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"))
}

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
    let mut found = Vec::new();
    for (name, bytes) in &over.parts {
        let place = format!("{file}/{name}");
        if name.ends_with(".xlsx") {
            let texts = workbook_texts(bytes)?;
            let inner = texts.iter().map(|(inner, text)| (format!("{place}/{inner}"), text.as_slice()));
            found.extend(leaks(&names, inner).into_iter().map(within));
        } else {
            found.extend(leaks(&names, [(place, bytes.as_slice())]).into_iter().map(within));
        }
    }
    Ok(found)
}

/// A finding about a part: there is no file to show a line of.
fn within(mut finding: Finding) -> Finding {
    finding.primary = finding.primary.map(|label| Label::file(label.file));
    finding
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
