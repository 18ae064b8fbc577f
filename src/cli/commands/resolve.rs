use super::update::{conflict_in_words, replacements_of, took, voices};
use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::words::{BOLD, styled};
use crate::diag::Error;
use crate::model::{Address, Decision, Deployment, Framework, Pending, Reason};
use crate::ops::merge::{Change, Place};
use crate::ops::update::{CANNOT_RESOLVE, decide, finish};
use crate::project::{CONFLICTS, folder_of};
use crate::store::{Replacement, Repo};
use crate::syntax::write_conflicts;

/// Decide what an update or import could not
///
/// `ours` is what stands in the deployment, `theirs` what the parent hands over or the workbook says. A decision is remembered in `conflicts.toml`; the last one makes the whole update or import in
/// one step and removes that file. Without an address, on a terminal, it asks; otherwise it lists what is undecided.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom resolve acme-northfield
  tom resolve acme-northfield HAZ-004.residual --ours
  tom resolve acme-northfield IGA-03 --theirs
  tom resolve acme-northfield HAZ-004.residual --value \"Major, Low\"
  tom resolve acme-northfield HAZ-009 --ours --reason \"No kiosks here\" --by \"Ann Lee\"

Exit codes: 0 the update is done, 1 something is still undecided, 2 the work was not done.")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// The field, as `conflicts.toml` names it
    #[arg(requires = "side")]
    address: Option<Address>,

    #[command(flatten)]
    side: Chosen,

    /// Why what was offered is refused; remembered until the parent changes it again
    #[arg(long, requires = "ours", conflicts_with_all = ["theirs", "value"])]
    reason: Option<String>,

    /// Who refuses it; git's user name if not given
    #[arg(long, value_name = "NAME", requires = "reason")]
    by: Option<String>,

    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Which value holds.
#[derive(Debug, clap::Args)]
#[group(id = "side", multiple = false)]
struct Chosen {
    /// Keep what stands here
    #[arg(long, requires = "address")]
    ours: bool,

    /// Take what comes
    #[arg(long, requires = "address")]
    theirs: bool,

    /// Neither: this value. Of an answer, its notes and evidence stay as they are here
    #[arg(long, value_name = "VALUE", requires = "address")]
    value: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let writer = context.writer(&repo)?;
    let project = context.sound_project(&repo, None)?;
    let loaded = project.load(&name)?;
    let pending = loaded.pending.clone();
    let (deployment, framework) = loaded.sound()?;
    let Some(mut pending) = pending else {
        return Err(Error::new(&CANNOT_RESOLVE, format!("`{name}` has nothing to decide")).note(
            "`conflicts.toml` is written by `tom update`, `import` and `receive` where both sides changed a field",
        ));
    };
    let before = pending.clone();
    match &args.address {
        Some(address) => {
            let place = Place::of(&framework, address)
                .ok_or_else(|| Error::new(&USAGE, format!("`{address}` names no risk or answer")))?;
            decide(&deployment, &framework, &mut pending, &place, decision(args, context, &repo)?)?;
        }
        None if context.can_ask => ask(context, &repo, &deployment, &framework, &mut pending)?,
        None => {}
    }
    if let Some(applied) = finish(&deployment, &framework, &pending)? {
        if !args.dry_run {
            writer.replace_all(&replacements_of(project.store(), &deployment, &applied, &framework)?)?;
        }
        let done = if args.dry_run { "would be decided" } else { "decided" };
        let is_given = |change: &Change| {
            let known = pending.conflicts.get(&change.place.address().to_string());
            matches!(known.and_then(|known| known.decision.as_ref()), Some(Decision::Value(_)))
        };
        let (given, came): (Vec<Change>, Vec<Change>) =
            applied.changes.iter().cloned().partition(|change| is_given(change));
        let mut said: Vec<String> =
            given.iter().map(|change| format!("{} as you said", change.place.address())).collect();
        if !came.iter().all(Change::is_voice) {
            said.push(took(&came, pending.source.name(), args.dry_run));
        } else if said.is_empty() {
            said.push("ours stays".to_owned());
        }
        context.print(format!("{}: {done}: {}\n", styled(BOLD, name.as_str()), said.join("; ")));
        context.print(voices(&applied.changes, !args.dry_run, context.width));
        return Ok(Outcome::Clean);
    }
    if pending != before && !args.dry_run {
        let path = format!("{}/{CONFLICTS}", folder_of(&name));
        let text = write_conflicts(&pending, &name, &framework);
        writer.replace_all(&[Replacement { path, after: Some(text.into_bytes()) }])?;
    }
    let open: Vec<_> = pending.open().collect();
    context.print(format!("{}: {} undecided\n", styled(BOLD, name.as_str()), open.len()));
    for (address, conflict) in &open {
        context.print(conflict_in_words(address, conflict, context.width));
    }
    if open.is_empty() {
        // A hand-over brings more than answers and risks, and is taken in from its file.
        context.print("  everything is decided: `tom receive FILE` with the same file takes it in\n");
        return Ok(Outcome::Clean);
    }
    Ok(Outcome::Found)
}

fn decision(args: &Args, context: &Context, repo: &Repo) -> Result<Decision, Error> {
    if let Some(value) = &args.side.value {
        return Ok(Decision::Value(value.clone()));
    }
    if args.side.theirs {
        return Ok(Decision::Theirs);
    }
    let reason = args.reason.as_deref().map(|reason| super::plain("reason", reason)).transpose()?;
    Ok(Decision::Ours(match reason {
        Some(reason) => {
            Some(Reason { reason, by: super::speaker(args.by.as_ref(), repo)?, on: context.today() })
        }
        None => None,
    }))
}

/// What can be answered to the question.
const HELP: &str = "  o  ours: what stands here stays\n  t  theirs: what comes is taken\n  v  value: neither, and you type what is to stand here\n  \
r  refuse: what stands here stays, with a reason that is remembered, and it is not asked again until it changes\n  \
Enter  leave it undecided; nothing is written to the deployment until everything is decided";

/// Asks for every conflict that is undecided. An empty line leaves one open, the end of input all that follow.
fn ask(
    context: &Context,
    repo: &Repo,
    deployment: &Deployment,
    framework: &Framework,
    pending: &mut Pending,
) -> Result<(), Error> {
    for address in pending.waiting().open {
        let Some(place) = address.parse().ok().and_then(|address| Place::of(framework, &address)) else {
            continue;
        };
        if let Some(conflict) = pending.conflicts.get(&address) {
            context.tell(conflict_in_words(&address, conflict, context.width));
        }
        loop {
            let Some(line) =
                context.ask("[o]urs, [t]heirs, [v]alue, [r]efuse with a reason, [?], or Enter to leave it:")
            else {
                return Ok(());
            };
            let decision = match line.as_str() {
                "" => break,
                "o" | "ours" => Decision::Ours(None),
                "t" | "theirs" => Decision::Theirs,
                "v" | "value" => Decision::Value(context.ask("value:").unwrap_or_default()),
                "r" | "refuse" => {
                    let reason = super::plain("reason", &context.ask("why:").unwrap_or_default());
                    match reason {
                        Ok(reason) => Decision::Ours(Some(Reason {
                            reason,
                            by: super::speaker(None, repo)?,
                            on: context.today(),
                        })),
                        Err(error) => {
                            context.say_error(&error);
                            continue;
                        }
                    }
                }
                _ => {
                    context.tell(HELP);
                    continue;
                }
            };
            match decide(deployment, framework, pending, &place, decision) {
                Ok(()) => break,
                Err(error) => context.say_error(&error),
            }
        }
    }
    Ok(())
}
