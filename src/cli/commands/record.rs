mod timeline;

use crate::cli::context::Context;
use crate::cli::decided::{Judging, decided};
use crate::cli::packs::{self, Asked};
use crate::cli::report::one_line;
use crate::cli::words::counted;
use crate::cli::{Outcome, args::Format};
use crate::diag::Error;
use crate::model::{Address, CertificateStatus, Date, Event, EventKind, Moment};
use crate::ops::policy::keys;
use crate::ops::record::{in_words, propose};
use crate::ops::stage::Stage;
use crate::ops::state::states;
use crate::project::{RECORD, folder_of};
use crate::render::{Audience, PackFormat, PackKind};
use crate::store::Repo;
use crate::syntax::add_event;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(in crate::cli) use timeline::Body;

/// Record what happened, or show what did
///
/// Without an event: everything that happened to a deployment, decisions among it, in order. With one: adds it to `record.toml`. Decisions are taken with
/// `tom decide`; the record holds what happens around them. `tom status` computes from both where a deployment stands and what going live lacks.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_value_name = "EVENT",
    subcommand_help_heading = "Events",
    disable_help_subcommand = true,
    after_help = "Examples:
  tom record acme-eastmoor                                   what happened
  tom record acme-eastmoor submit --phase 1 --to packs       freeze a version, and render it
  tom record acme-eastmoor return --phase 2 --query IGA-16=\"Which system is it?\"
  tom record acme-eastmoor reply IGA-16=\"The pathology system; see the flow diagram\"
  tom record acme-eastmoor certificate --status assured --reference TC-118
  tom record acme-eastmoor endpoint notified --on 2026-11-20
  tom record acme-eastmoor live"
)]
pub struct Args {
    /// The deployment
    deployment: String,

    #[command(subcommand)]
    what: Option<What>,

    /// The day on which it happened; today if not given
    #[arg(long, value_name = "DATE", global = true)]
    on: Option<Date>,

    /// Who writes it down; git's user name if not given
    #[arg(long, value_name = "NAME", global = true)]
    by: Option<String>,

    /// Say what would be recorded, and write nothing
    #[arg(long, global = true)]
    dry_run: bool,

    /// How to write what happened
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

/// What happened.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// A phase was sent off: freezes a version of what is committed
    Submit {
        /// The phase
        #[arg(long)]
        phase: u8,
        /// Render its pack into this folder
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// Who will read the pack
        #[arg(long, value_enum, default_value_t = Audience::Public)]
        audience: Audience,
        /// The number or name that it has elsewhere
        #[arg(long)]
        reference: Option<String>,
    },
    /// A phase came back, with queries
    Return {
        /// The phase
        #[arg(long)]
        phase: u8,
        /// A question about an item or a risk
        #[arg(long = "query", value_name = "ITEM=TEXT")]
        queries: Vec<String>,
        /// Why it came back
        #[arg(long)]
        text: Option<String>,
    },
    /// Queries were answered
    Reply {
        /// The answers
        #[arg(value_name = "ITEM=TEXT", required = true)]
        replies: Vec<String>,
    },
    /// The product got its technical certificate
    Certificate {
        /// What it says
        #[arg(long, value_parser = certificate_status)]
        status: CertificateStatus,
        /// Its number
        #[arg(long)]
        reference: String,
        /// The product version that it is for; the assessed one if not given
        #[arg(long, value_name = "VERSION")]
        product_version: Option<String>,
    },
    /// The throughput was agreed, by somebody who takes no decision with tom
    Throughput {
        /// Transactions a second
        #[arg(long)]
        rate: i64,
        /// What shows it
        #[arg(long)]
        reference: Option<String>,
    },
    /// An endpoint was requested or approved, or everybody was notified of it
    Endpoint {
        /// Which of the three
        #[arg(value_enum)]
        step: Step,
        /// The number of the request, or the endpoint's name
        #[arg(long)]
        reference: Option<String>,
    },
    /// It went live
    Live {
        /// Why it went live although something was missing
        #[arg(long, value_name = "TEXT")]
        despite: Option<String>,
    },
    /// It was verified in live use
    Verified {
        /// How
        #[arg(long)]
        text: Option<String>,
    },
    /// Something went wrong in live use
    Incident {
        /// What
        #[arg(long)]
        text: String,
        /// Its number
        #[arg(long)]
        reference: Option<String>,
    },
    /// The application was taken back before it went live
    Withdraw {
        /// Why
        #[arg(long)]
        text: String,
    },
    /// It is not used any more
    End {
        /// Why
        #[arg(long)]
        text: String,
    },
}

/// A step towards an endpoint.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Step {
    Requested,
    Approved,
    Notified,
}

fn certificate_status(word: &str) -> Result<CertificateStatus, String> {
    match word {
        "awaiting" => Ok(CertificateStatus::Awaiting),
        "assured" => Ok(CertificateStatus::Assured),
        _ => Err("it is `awaiting` (a first of type) or `assured`".to_owned()),
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let Some(what) = &args.what else { return timeline::show(&name, args.format, context, &repo) };
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let here = context.sound_project(&repo, None)?;
    let event = event(args, what, context, &repo)?;
    // What is sent off is what is committed; everything else is about the day and not about the content.
    let committed = match event.kind {
        EventKind::Submitted => {
            let commit = repo.at("HEAD")?.commit().id.clone();
            let project = context.sound_project(&repo, Some(&commit))?;
            super::committed(&repo, &project, &name)?;
            let changed = repo.last_change(&commit, &folder_of(&name))?;
            let day = changed.map(|changed| Moment(changed.seconds).day());
            if let Some(day) = day.filter(|day| event.on < *day) {
                let what =
                    format!("what would be frozen is of {day}, so it was not sent off on {}", event.on);
                return Err(Error::new(&crate::syntax::CANNOT_RECORD, what)
                    .help("record the day on which this content was sent off"));
            }
            Some((commit, project))
        }
        _ => None,
    };
    let project = committed.as_ref().map_or(&here, |(_, project)| project);
    let (deployment, framework) = super::sound(project, &name)?;
    let states = states(&deployment, &framework);
    let keys = keys(project.settings())?;
    // Whether it could go live is asked of the day on which it did.
    let as_of = match event.kind {
        EventKind::Live => event.on.min(context.today()),
        _ => context.today(),
    };
    let judging = Judging { project, keys: &keys, as_of };
    // Decisions and events of the work tree count too: several may wait for one commit.
    let (event, before) =
        decided(judging, (&repo, None), here.store(), (&deployment, &framework, &states), |decided| {
            let event = propose(
                decided.case,
                &decided.judgement.statements,
                &decided.standing,
                decided.judgement.record,
                event.clone(),
            )?;
            Ok((event, decided.standing.clone()))
        })?;
    let event = Event { commit: committed.as_ref().map(|(commit, _)| commit.clone()), ..event };
    let file = format!("{}/{RECORD}", folder_of(&name));
    let bytes = here.store().read(&file)?.unwrap_or_default();
    let bytes = add_event(&file, &bytes, &event)?;
    if let (What::Submit { phase, to: Some(to), audience, .. }, Some((commit, project))) = (what, &committed)
    {
        let asked = Asked {
            names: vec![name.clone()],
            kinds: PackKind::ALL.into_iter().filter(|kind| kind.phase() == Some(*phase)).collect(),
            is_chosen: true,
            formats: PackFormat::usual(),
            audience: *audience,
            revision: Some(commit.clone()),
            since: None,
            to: context.folder.join(to),
            is_rehearsal: args.dry_run,
        };
        let (files, errors) = packs::render(context, &repo, project, &asked)?;
        if let Some(error) = errors.into_iter().next() {
            return Err(error);
        }
        let verb = if args.dry_run { "would write" } else { "wrote" };
        files.iter().for_each(|file| context.print(format!("{verb} {}\n", to.join(&file.path).display())));
    }
    let verb = if writer.is_some() { "recorded" } else { "would record" };
    if let Some(writer) = &writer {
        writer.write(&file, &bytes)?;
    }
    context.print(format!("{verb} in {file}: {}\n", one_line(&in_words(&event))));
    if event.kind == EventKind::Live && event.despite.is_some() {
        let count = counted(before.lacks.len(), "thing is", "things are");
        context.tell(format!("note: {count} missing; `tom status {name}` goes on naming them"));
    }
    if before.stage == Stage::Assessing && event.kind == EventKind::Submitted {
        context.tell("next: commit it");
    }
    Ok(Outcome::Clean)
}

fn event(args: &Args, what: &What, context: &Context, repo: &Repo) -> Result<Event, Error> {
    let plain =
        |what: &str, text: &Option<String>| text.as_deref().map(|text| super::plain(what, text)).transpose();
    let new = |kind| -> Result<Event, Error> {
        let by = super::speaker(args.by.as_ref(), repo)?;
        Ok(Event::new(kind, args.on.unwrap_or_else(|| context.today()), by, Moment(context.now())))
    };
    let by_address = |option: &str, texts: &[String]| -> Result<BTreeMap<Address, String>, Error> {
        super::by_address(option, texts)
    };
    Ok(match what {
        What::Submit { phase, reference, .. } => {
            let reference = plain("reference", reference)?;
            Event { phase: Some(*phase), reference, ..new(EventKind::Submitted)? }
        }
        What::Return { phase, queries, text } => Event {
            phase: Some(*phase),
            queries: by_address("query", queries)?,
            text: plain("text", text)?,
            ..new(EventKind::Returned)?
        },
        What::Reply { replies } => {
            Event { replies: by_address("reply", replies)?, ..new(EventKind::Replied)? }
        }
        What::Certificate { status, reference, product_version } => Event {
            status: Some(*status),
            reference: Some(super::plain("reference", reference)?),
            product_version: plain("product version", product_version)?,
            ..new(EventKind::Certificate)?
        },
        What::Throughput { rate, reference } => {
            let reference = plain("reference", reference)?;
            Event { rate: Some(*rate), reference, ..new(EventKind::Throughput)? }
        }
        What::Endpoint { step, reference } => {
            let kind = match step {
                Step::Requested => EventKind::EndpointRequested,
                Step::Approved => EventKind::EndpointApproved,
                Step::Notified => EventKind::EndpointNotified,
            };
            Event { reference: plain("reference", reference)?, ..new(kind)? }
        }
        What::Live { despite } => Event { despite: plain("reason", despite)?, ..new(EventKind::Live)? },
        What::Verified { text } => Event { text: plain("text", text)?, ..new(EventKind::Verified)? },
        What::Incident { text, reference } => Event {
            text: Some(super::plain("text", text)?),
            reference: plain("reference", reference)?,
            ..new(EventKind::Incident)?
        },
        What::Withdraw { text } => {
            Event { text: Some(super::plain("text", text)?), ..new(EventKind::Withdrawn)? }
        }
        What::End { text } => Event { text: Some(super::plain("text", text)?), ..new(EventKind::Ended)? },
    })
}
