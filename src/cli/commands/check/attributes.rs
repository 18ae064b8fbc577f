//! The attributes that git applies to the files of a project.

use crate::diag::{Error, Finding};
use crate::model::DeploymentName;
use crate::ops::check::{WATCHED, attributes, could_hide};
use crate::project::{Project, SETTINGS, folder_of};
use crate::store::Repo;

/// What git is told and must not be. Where no line could say it of some files alone, the first deployment stands for all of them.
pub(in crate::cli::commands) fn findings(
    project: &Project,
    repo: &Repo,
    names: &[DeploymentName],
) -> Result<Vec<Finding>, Error> {
    let all = repo.attribute_lines().iter().any(|line| could_hide(line));
    let looked_at = if all { names } else { &names[..names.len().min(1)] };
    let mut paths = vec![SETTINGS.to_owned()];
    let frameworks = project.frameworks();
    paths.extend(frameworks.map(|f| format!("frameworks/{}/{}/framework.toml", f.id, f.version)));
    for name in looked_at {
        let folder = folder_of(name);
        paths.extend(project.store().files(&folder)?);
        // Whether or not it has one yet.
        paths.push(format!("{folder}/approvals/phase-1/deployer.toml"));
    }
    let read = repo.attributes()?;
    let mut applied = Vec::new();
    for path in paths {
        for name in WATCHED {
            applied.push((path.clone(), name, read.of(&path, name)?));
        }
    }
    Ok(attributes(&applied))
}
