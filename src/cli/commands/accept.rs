use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::words::wrapped;
use crate::diag::Error;
use crate::model::{Acceptance, Date, Risk, RiskId};
use crate::ops::accept::{Accepting, CANNOT_ACCEPT, accept, holds};
use crate::ops::state::may_act;
use crate::project::folder_of;
use crate::syntax::{Edit, edit};

/// Accept a residual risk, in a role that may
///
/// Records that somebody lives with the residual risk as it is rated now, until a day, and why. `[policy.accept]` in `tom.toml` says which role may accept
/// up to which class. The acceptance is void as soon as the risk's class or content changes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  tom accept acme-eastmoor HAZ-006 --role siro --until 2027-11-20 \\\n      --reason \"No further measure is practicable before 5.2\" --by \"Rajan Pillai\""
)]
pub struct Args {
    /// The deployment
    deployment: String,

    /// The risk
    risk: RiskId,

    /// The role in which it is accepted
    #[arg(long)]
    role: String,

    /// The last day on which the acceptance holds
    #[arg(long, value_name = "DATE")]
    until: Date,

    /// Why the residual risk can be lived with
    #[arg(long)]
    reason: String,

    /// Who accepts; git's user name if not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Replace an acceptance that holds by that of somebody whom `tom.toml` does not list in the role
    #[arg(long)]
    again: bool,

    /// Say what would be accepted, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let writer = context.writer(&repo)?;
    let project = context.sound_project(&repo, None)?;
    let (deployment, framework) = super::sound(&project, &name)?;
    let by = super::speaker(args.by.as_ref(), &repo)?;
    let (role, reason) = (super::plain("role", &args.role)?, super::plain("reason", &args.reason)?);
    let who = Accepting { by, role, on: context.today(), until: args.until, reason };
    let acceptance = accept(&deployment, &framework, project.settings(), &args.risk, &who)?;
    let listed = may_act(project.settings(), &deployment, &framework, &who.role, &who.by);
    let risk = deployment.risks.get(&args.risk);
    let stands = |risk: &Risk, old: &Acceptance| {
        let is_theirs = may_act(project.settings(), &deployment, &framework, &old.role, &old.by);
        is_theirs && old.until.is_some_and(|until| until >= who.on) && holds(risk, &framework)
    };
    let old = risk.and_then(|risk| Some((risk, risk.acceptance.as_ref()?)));
    let old = old.map(|(risk, old)| (old, stands(risk, old)));
    if let (Some((old, true)), false, false) = (old, listed, args.again) {
        let what = format!("`{}` is accepted already, by {}", args.risk, in_words(old));
        return Err(Error::new(&CANNOT_ACCEPT, what)
            .note(format!(
                "`{}` is not listed in tom.toml as {}: theirs would only be claimed",
                who.by, who.role
            ))
            .help("list them in that role, or replace it all the same with `--again`"));
    }
    if !listed {
        context.tell(format!(
            "note: `{}` is not listed in tom.toml as {}: the acceptance is only claimed",
            who.by, who.role
        ));
    }
    let rule = framework
        .matrix
        .acceptability
        .get(&acceptance.class)
        .map(|a| format!("{}: {}", a.label, a.rule))
        .unwrap_or_default();
    let title = risk.map(|risk| risk.title.clone()).unwrap_or_default();
    let verb = if args.dry_run { "would accept" } else { "accepted" };
    if !args.dry_run {
        let file = format!("{}/risks/{}.toml", folder_of(&name), args.risk);
        let bytes =
            project.store().read(&file)?.ok_or_else(|| Error::new(&USAGE, format!("`{file}` is gone")))?;
        writer.write(&file, &edit(&file, &bytes, &Edit::Accept(acceptance.clone()))?)?;
    }
    context.print(format!(
        "{}\n{}\n",
        wrapped(
            &format!("{verb} {} ({title}) in class {}, until {}", args.risk, acceptance.class, args.until),
            0,
            context.width
        ),
        wrapped(&rule, 2, context.width)
    ));
    if let Some((old, stands)) = old {
        let replaces = if args.dry_run { "it would replace" } else { "it replaces" };
        let which = if stands { "the one" } else { "the one, which did not count any more," };
        let line = format!("{replaces} {which} by {}", in_words(old));
        context.print(wrapped(&line, 2, context.width) + "\n");
    }
    Ok(Outcome::Clean)
}

/// `Rajan Pillai as siro in class 3 on 2026-11-01, until 2027-11-01`
fn in_words(acceptance: &Acceptance) -> String {
    let Acceptance { by, role, class, on, until, .. } = acceptance;
    let until = until.map(|until| format!(", until {until}")).unwrap_or_default();
    format!("{by} as {role} in class {class} on {on}{until}")
}
