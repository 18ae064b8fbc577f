use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::diag::Error;
use crate::model::{Address, RiskId};
use crate::ops::set::{Assignment, edit_of, is_item, risk_edit, understand};
use crate::project::folder_of;
use crate::syntax::edit;

/// Answer an item, or change a field of a risk
///
/// Changes that one entry; comments, order and every other byte of the file stay. Confirmations of what changed turn stale by themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom set acme-eastmoor IGA-02 Yes
  tom set acme-eastmoor IGA-02.notes \"Certified to ISO 27001 until 2028\"
  tom set acme-eastmoor BD-24.rows.go-live.date 2027-09-01
  tom set acme-eastmoor other-systems.pas.BD-25 \"Eastmoor PAS\"
  tom set acme-eastmoor HAZ-004.residual.likelihood \"Very Low\"")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// The item, or a field of an item or risk
    address: Address,

    /// The value
    value: String,

    /// Say what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    // The lock is taken before anything is read, so that nothing can change between reading and writing.
    let writer = context.writer(&repo)?;
    let project = context.sound_project(&repo, None)?;
    let loaded = project.load(&name)?;
    let (Some(deployment), Some(framework)) = (loaded.deployment, loaded.framework) else {
        return Err(loaded
            .findings
            .into_iter()
            .next()
            .map_or_else(|| project.unknown(name.as_str()), Error::from));
    };
    let (file, change) = if is_item(&framework, &args.address) {
        let assignment = Assignment { address: args.address.clone(), value: args.value.clone() };
        let change = understand(&framework, &assignment)?;
        let section =
            framework.item(&args.address.subject).map(|item| item.section.to_string()).unwrap_or_default();
        (format!("{}/{section}.toml", folder_of(&name)), edit_of(&change, &deployment.answers))
    } else {
        let id = RiskId::new(args.address.subject.clone())
            .map_err(|error| Error::new(&USAGE, error.to_string()))?;
        let Some(risk) = deployment.risks.get(&id) else {
            let known = framework
                .items()
                .map(|item| item.id.as_str())
                .chain(deployment.risks.keys().map(RiskId::as_str));
            let error = Error::new(&USAGE, format!("`{name}` has no item or risk `{id}`"));
            return Err(match crate::diag::nearest(id.as_str(), known) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        };
        (
            format!("{}/risks/{id}.toml", folder_of(&name)),
            risk_edit(&framework, risk, &args.address, &args.value)?,
        )
    };
    let before = project.store().read(&file)?.unwrap_or_default();
    let after = edit(&file, &before, &change)?;
    if before == after {
        context.print(format!("{} already says so\n", args.address));
        return Ok(Outcome::Clean);
    }
    if args.dry_run {
        context.print(format!("would change {} in {file}\n", args.address));
        return Ok(Outcome::Clean);
    }
    writer.write(&file, &after)?;
    context.print(format!("changed {} in {file}\n", args.address));
    Ok(Outcome::Clean)
}
