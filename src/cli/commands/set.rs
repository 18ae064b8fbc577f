use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::diag::{Error, Finding};
use crate::model::{Address, Framework, PartyId};
use crate::ops::confirm::{self, Voice};
use crate::ops::set::{Assignment, apply, edit_of, is_item, risk_edits, slot, understand};
use crate::project::folder_of;
use crate::syntax::{Document, Edit, edit, read_risk, read_section, route_of};

/// Answer an item, or change a field of a risk
///
/// Changes that one entry; comments, order and every other byte of the file stay. Confirmations of what changed turn stale by themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom set acme-eastmoor IGA-02 Yes
  tom set acme-eastmoor IGA-02.notes \"Certified to ISO 27001 until 2028\"
  tom set acme-eastmoor BD-24.rows.go-live.date 2027-09-01
  tom set acme-eastmoor other-systems.pas.BD-25 \"Eastmoor PAS\"
  tom set acme-eastmoor HAZ-004.residual.likelihood \"Very Low\"
  tom set acme-eastmoor BD-23 \"About 200 users\" --party deployer --by \"Ann Lee\"")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// The item, or a field of an item or risk
    address: Address,

    /// The value
    value: String,

    /// Confirm the answer for this party too
    #[arg(long, requires = "by")]
    party: Option<PartyId>,

    /// Who confirms
    #[arg(long, value_name = "NAME", requires = "party")]
    by: Option<String>,

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
    let mut understood = None;
    let (file, changes) = if is_item(&framework, &args.address) {
        let assignment = Assignment { address: args.address.clone(), value: args.value.clone() };
        let change = understand(&framework, &assignment)?;
        let section =
            framework.item(&args.address.subject).map(|item| item.section.to_string()).unwrap_or_default();
        let change_of_file = edit_of(&change, &deployment.answers);
        understood = Some(change);
        (format!("{}/{section}.toml", folder_of(&name)), vec![change_of_file])
    } else {
        let (id, risk) = super::risk_of(&deployment, &framework, &args.address)?;
        (
            format!("{}/risks/{id}.toml", folder_of(&name)),
            risk_edits(&framework, risk, &args.address, &args.value)?,
        )
    };
    let before = project.store().read(&file)?.unwrap_or_default();
    if changes.iter().any(|change| matches!(change, Edit::SetTexts(..)))
        && let Some(finding) = loaded
            .findings
            .iter()
            .find(|f| f.is_error() && f.primary.as_ref().is_some_and(|at| at.file == file))
    {
        // The list is written anew, so everything in it has to have been read.
        return Err(finding.clone().into());
    }
    let mut after = before.clone();
    for change in &changes {
        after = edit(&file, &after, change)?;
    }
    if let (Some(party), Some(by)) = (&args.party, &args.by) {
        let Some(understood) = understood else {
            return Err(Error::new(&USAGE, "a field of a risk is not confirmed by itself")
                .help("use `tom confirm` for the risk"));
        };
        let slot = slot(&understood).clone();
        let mut changed = deployment.clone();
        apply(&mut changed.answers, understood);
        let voice =
            Voice { party: party.clone(), by: super::plain("name", by)?, on: context.today(), note: None };
        let confirmation = confirm::answer(&changed, &framework, &slot, &voice)?;
        let address = slot.address().then("confirmed").then(party.as_str());
        after = edit(&file, &after, &Edit::Confirm(route_of(&address, false), confirmation))?;
    }
    refuse_new_errors(&file, &framework, (&before, &after))?;
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
    if let (Some(party), Some(by)) = (&args.party, &args.by) {
        context.print(format!("confirmed it for the {party}, by {by}\n"));
        super::tell_if_claimed(context, project.settings(), &deployment, &framework, (party, by));
    }
    Ok(Outcome::Clean)
}

/// What `tom check` would refuse is not written in the first place.
fn refuse_new_errors(
    file: &str,
    framework: &Framework,
    (before, after): (&[u8], &[u8]),
) -> Result<(), Error> {
    let errors = |bytes: &[u8]| -> Vec<Finding> {
        let Ok(document) = Document::parse(file, bytes) else { return Vec::new() };
        let name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml")).unwrap_or_default();
        let findings = match framework.section(name) {
            Some(section) => read_section(&document, framework, section).1,
            None => read_risk(&document, framework).1,
        };
        findings.into_iter().filter(Finding::is_error).collect()
    };
    let known: Vec<String> = errors(before).into_iter().map(|finding| finding.message).collect();
    match errors(after).into_iter().find(|finding| !known.contains(&finding.message)) {
        // Its place is in a file that was not written, so it is told without.
        Some(finding) => Err(Finding { primary: None, ..finding }.into()),
        None => Ok(()),
    }
}
