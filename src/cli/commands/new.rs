use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::diag::Error;
use crate::model::{Deployment, DeploymentName, Framework, Kind, Meta, PermanentId};
use crate::ops::derive::{free_prefix, prefix_stem};
use crate::project::{Held, IMPORTED, Project, folder_of};
use crate::store::Writer;
use crate::syntax::{write_imported, write_meta, write_received, write_risk, write_section};
use std::collections::BTreeMap;

/// Start an empty deployment, or a supplier's baseline
///
/// The new folder has a file a section with every item in it, each under its title and the form of its answer.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom new acme-5-2 --baseline --title \"Acme Clinic 5.2\"\n  tom new northfield --title \"Acme Clinic at Northfield Hospitals\""
)]
pub struct Args {
    /// The new folder's name in `assessments/`
    name: String,

    /// What the assessment is called
    #[arg(long)]
    title: Option<String>,

    /// The supplier's own assessment of one product version, without an organisation
    #[arg(long)]
    baseline: bool,

    /// The prefix of risks that are found here
    #[arg(long, value_name = "PREFIX")]
    risk_prefix: Option<String>,

    /// The permanent id, to make the same repository again; made at random if not given
    #[arg(long, value_name = "ID", hide_short_help = true)]
    id: Option<PermanentId>,

    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, None)?;
    let framework = project.framework(&project.settings().framework)?;
    let name = new_name(&project, &args.name)?;
    let prefix = match &args.risk_prefix {
        Some(prefix) => checked_prefix(prefix)?,
        None => free_prefix(&name, &project.prefixes(&prefix_stem(&name))?),
    };
    let meta = Meta {
        id: free_id(&project, args.id.as_ref(), context)?,
        title: super::plain("title", args.title.as_deref().unwrap_or(name.as_str()))?,
        kind: if args.baseline { Kind::Baseline } else { Kind::Deployment },
        framework: framework.reference(),
        risk_prefix: prefix,
        derived_from: None,
        history: BTreeMap::new(),
    };
    let deployment = Deployment::empty(name, meta);
    if args.dry_run {
        for (path, _) in files_of(&deployment, &framework) {
            context.print(format!("would write {}/{path}\n", folder_of(&deployment.name)));
        }
        return Ok(Outcome::Clean);
    }
    create(&context.writer(&repo)?, &deployment, &framework, &[])?;
    context.print(format!("wrote {}/\n", folder_of(&deployment.name)));
    context.tell(format!(
        "next: answer the items in its files, or with `tom set {} ITEM VALUE`",
        deployment.name
    ));
    Ok(Outcome::Clean)
}

/// Refuses a name that something has already.
/// A name that no deployment has yet.
pub(super) fn new_name(project: &Project, text: &str) -> Result<DeploymentName, Error> {
    let name = DeploymentName::new(text).map_err(|error| Error::new(&USAGE, error.to_string()))?;
    if project.has(&name)? {
        return Err(Error::new(&crate::store::EXISTS, format!("there is already a deployment `{name}`"))
            .help("choose another name"));
    }
    Ok(name)
}

/// The permanent id that was asked for, which no deployment here may have, or a new one.
pub(super) fn free_id(
    project: &Project,
    asked: Option<&PermanentId>,
    context: &Context,
) -> Result<PermanentId, Error> {
    let Some(id) = asked else { return context.new_id() };
    for name in project.deployments()?.0 {
        if project.meta(&name).is_ok_and(|meta| meta.id == *id) {
            return Err(Error::new(&USAGE, format!("`{name}` has the id `{id}` already"))
                .help("leave `--id` out, and tom makes one"));
        }
    }
    Ok(id.clone())
}

/// A prefix that makes well-formed risk ids.
pub(super) fn checked_prefix(prefix: &str) -> Result<String, Error> {
    match crate::model::RiskId::new(format!("{prefix}-001")) {
        Ok(_) => Ok(prefix.to_owned()),
        Err(_) => Err(Error::new(&USAGE, format!("`{prefix}` is no risk prefix"))
            .help("use capitals and digits, as in `NFD`")),
    }
}

/// The files of a deployment, by name in its folder.
pub(super) fn files_of(deployment: &Deployment, framework: &Framework) -> Vec<(String, String)> {
    let mut files = vec![("deployment.toml".to_owned(), write_meta(&deployment.meta))];
    for section in framework.sections.iter().filter(|section| section.is_answered()) {
        files.push((format!("{}.toml", section.id), write_section(section, &deployment.answers)));
    }
    files.extend(deployment.risks.iter().map(|(id, risk)| (format!("risks/{id}.toml"), write_risk(risk))));
    files.extend(
        deployment
            .received
            .as_ref()
            .map(|received| ("received.toml".to_owned(), write_received(received, framework))),
    );
    let imported = deployment.imported.iter();
    files.extend(imported.map(|imported| (IMPORTED.to_owned(), write_imported(imported, framework))));
    files
}

/// Makes the folder of a deployment, with its statements if it has some: all of it at once, or none of it.
pub(super) fn create(
    writer: &Writer,
    deployment: &Deployment,
    framework: &Framework,
    statements: &[Held],
) -> Result<(), Error> {
    let folder = folder_of(&deployment.name);
    let files = files_of(deployment, framework);
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
    let statements = statements.iter().filter_map(|held| {
        Some((held.path.strip_prefix(&folder)?.strip_prefix('/')?, held.bytes.as_slice()))
    });
    writer.create_folder(&folder, files.chain(statements))
}
