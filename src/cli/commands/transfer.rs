use crate::cli::Outcome;
use crate::cli::context::Context;
use crate::cli::words::wrapped;
use crate::diag::Error;
use crate::model::{PartyId, RiskId, RiskStatus, Value};
use crate::ops::handover::{CANNOT_TRANSFER, answer, transfer};
use crate::ops::merge::receipt_edits;
use crate::project::folder_of;
use crate::syntax::{Edit, edit};

/// Pass a risk or a duty to another party, or say whether it is taken on
///
/// A risk passes to another party with what they have to do; it stays theirs to take on or refuse, and until they have accepted the assessment is not ready.
/// The request and the answer travel with the assessment, in `tom hand-over` as in git. Where the risk changes afterwards, they are asked again.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("what").required(true),
    after_help = "Examples:
  tom transfer acme-northfield HAZ-009 --to supplier --duty \"Ship the address check in 5.2\"
  tom transfer acme-northfield HAZ-009 --to deployer --duty \"Train every clerk\" --duty-only
  tom transfer acme-northfield HAZ-009 --accept --by \"Petra Vale\"
  tom transfer acme-northfield HAZ-009 --refuse \"Not ours to fix: the feed is the trust's\"
  tom transfer acme-northfield HAZ-009 --take-back"
)]
pub struct Args {
    /// The deployment
    deployment: String,

    /// The risk
    risk: RiskId,

    /// The party that it passes to
    #[arg(long, value_name = "PARTY", group = "what", requires = "duty")]
    to: Option<PartyId>,

    /// What they have to do
    #[arg(long, value_name = "TEXT", requires = "to")]
    duty: Option<String>,

    /// Pass the duty alone; the risk stays open here
    #[arg(long, requires = "to")]
    duty_only: bool,

    /// Take it on, for the party that it passes to
    #[arg(long, group = "what")]
    accept: bool,

    /// Refuse it, for the party that it passes to, with the reason
    #[arg(long, value_name = "REASON", group = "what")]
    refuse: Option<String>,

    /// Take the transfer back: the risk is open here again
    #[arg(long, group = "what")]
    take_back: bool,

    /// Who accepts or refuses; git's user name if not given
    #[arg(long, value_name = "NAME", conflicts_with_all = ["to", "take_back"])]
    by: Option<String>,

    /// Say what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let project = context.sound_project(&repo, None)?;
    let (deployment, framework) = super::sound(&project, &name)?;
    let id = &args.risk;
    let at =
        |rest: &[&str]| std::iter::once("transfer").chain(rest.iter().copied()).map(str::to_owned).collect();
    let status =
        |status: RiskStatus| Edit::Set(vec!["status".to_owned()], Value::Text(status.as_str().to_owned()));
    let (edits, said) = if let (Some(to), Some(duty)) = (&args.to, &args.duty) {
        let parties = framework.parties.iter().map(|party| party.id.as_str());
        super::known("party", to.as_str(), parties)?;
        let duty = super::plain("duty", duty)?;
        let (to_be, new) = transfer(&deployment, id, to, &duty, args.duty_only)?;
        let edits = vec![
            Edit::Remove(at(&[])),
            status(to_be),
            Edit::Set(at(&["to"]), Value::Text(to.to_string())),
            Edit::Set(at(&["duty"]), Value::Text(duty)),
        ];
        let what = if args.duty_only { "a duty in it" } else { "it" };
        (
            edits,
            format!("{what} passes {new}\nthe {to} has to accept it: until then the assessment is not ready"),
        )
    } else if args.take_back {
        if deployment.risks.get(id).is_none_or(|risk| risk.transfer.is_none()) {
            return Err(Error::new(&CANNOT_TRANSFER, format!("nothing of `{id}` was transferred")));
        }
        let is_closed = deployment.risks.get(id).is_some_and(|risk| risk.status == RiskStatus::Closed);
        let opened = (!is_closed).then(|| status(RiskStatus::Open));
        (
            std::iter::once(Edit::Remove(at(&[]))).chain(opened).collect(),
            "the transfer is taken back".to_owned(),
        )
    } else {
        let by = super::speaker(args.by.as_ref(), &repo)?;
        let reason = args.refuse.as_deref().map(|reason| super::plain("reason", reason)).transpose()?;
        let asked = (&deployment, &*framework, project.settings());
        let receipt = answer(asked, id, &by, context.today(), reason.as_deref())?;
        let route: Vec<String> = at(&["receipt"]);
        let edits =
            std::iter::once(Edit::Remove(route.clone())).chain(receipt_edits(&route, &receipt)).collect();
        (edits, format!("the transfer is {receipt}"))
    };
    let file = format!("{}/risks/{id}.toml", folder_of(&name));
    let mut bytes = project
        .store()
        .read(&file)?
        .ok_or_else(|| Error::new(&CANNOT_TRANSFER, format!("`{name}` has no risk `{id}`")))?;
    for one in &edits {
        bytes = edit(&file, &bytes, one)?;
    }
    let verb = if writer.is_some() { "wrote" } else { "would write" };
    if let Some(writer) = &writer {
        writer.write(&file, &bytes)?;
    }
    let lines: Vec<String> = said.lines().map(|line| wrapped(line, 2, context.width)).collect();
    context.print(format!("{verb} {file}\n{}\n", lines.join("\n")));
    Ok(Outcome::Clean)
}
