use super::new::{checked_prefix, create, files_of, free_id, new_name};
use crate::cli::context::Context;
use crate::cli::words::{BOLD, OPEN, counted, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Address, DeploymentName, PermanentId};
use crate::ops::baseline::{Draft, Naming, draft};
use crate::ops::derive::{LeftOver, free_prefix, prefix_stem};
use crate::project::folder_of;
use std::fmt::Write;

/// Draft a supplier's baseline from what several deployments agree on
///
/// Takes answers and risks that a derivation would carry and that all of the deployments have alike. Nothing of one organisation's own, no text that names one,
/// and no confirmation comes along. What they disagree on is listed, for the supplier to decide.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom baseline northfield southmere acme-5-1 --dry-run
  tom baseline northfield southmere acme-5-1 --title \"Acme Clinic 5.1\"")]
pub struct Args {
    /// Two deployments or more, and the name of the new baseline last
    #[arg(required = true, num_args = 2.., value_names = ["DEPLOYMENT", "NEW"])]
    names: Vec<String>,

    /// What the baseline is called
    #[arg(long)]
    title: Option<String>,

    /// The prefix of risks that are found in it
    #[arg(long, value_name = "PREFIX")]
    risk_prefix: Option<String>,

    /// The permanent id, to make the same repository again; made at random if not given
    #[arg(long, value_name = "ID", hide_short_help = true)]
    id: Option<PermanentId>,

    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let project = context.sound_project(&repo, None)?;
    let (new, of) = args.names.split_last().map_or(("", &[][..]), |(new, of)| (new.as_str(), of));
    let name = new_name(&project, new)?;
    let mut deployments = Vec::new();
    for text in of {
        deployments.push(super::sound(&project, &super::name(text)?)?.0);
    }
    let framework = match deployments.first() {
        Some(first) => project.framework(&first.meta.framework)?,
        None => project.framework(&project.settings().framework)?,
    };
    let risk_prefix = match &args.risk_prefix {
        Some(prefix) => checked_prefix(prefix)?,
        None => {
            let mut taken = project.prefixes(&prefix_stem(&name))?;
            taken.extend(deployments.iter().flat_map(|d| d.risks.keys()).map(|id| id.prefix().to_owned()));
            free_prefix(&name, &taken)
        }
    };
    let naming = Naming {
        id: free_id(&project, args.id.as_ref(), context)?,
        title: super::plain("title", args.title.as_deref().unwrap_or(name.as_str()))?,
        name,
        risk_prefix,
    };
    let draft = draft(&deployments, &framework, project.settings(), naming)?;
    if let Some(writer) = writer {
        create(&writer, &draft.deployment, &framework, &[])?;
    }
    match args.format {
        Format::Json => context.print_json(&Output::of(Body::from(draft))),
        Format::Text => {
            if args.dry_run {
                for (path, _) in files_of(&draft.deployment, &framework) {
                    context.print(format!("would write {}/{path}\n", folder_of(&draft.deployment.name)));
                }
            }
            context.print(show(&draft, of.len(), context.width, args.dry_run));
        }
    }
    Ok(Outcome::Clean)
}

fn show(draft: &Draft, count: usize, width: usize, is_dry: bool) -> String {
    let verb = if is_dry { "would draft" } else { "drafted" };
    let name = styled(BOLD, draft.deployment.name.as_str());
    let mut out = format!("{verb} {name} from what {count} deployments agree on\n");
    let _ = writeln!(out, "  {:>4}  answers, none of them confirmed", draft.deployment.answers.len());
    let _ = writeln!(out, "  {:>4}  risks, none of them confirmed", draft.deployment.risks.len());
    let differ: Vec<String> = draft.differ.iter().map(ToString::to_string).collect();
    let _ = writeln!(out, "  {:>4}  left open, because they differ or not all have it", differ.len());
    if !differ.is_empty() {
        out += &(wrapped(&differ.join(", "), 8, width) + "\n");
    }
    if !draft.left_out.is_empty() {
        let head = counted(draft.left_out.len(), "text names", "texts name");
        let _ = writeln!(
            out,
            "\n{}",
            styled(OPEN, format!("{head} an organisation or its people, and was left out:"))
        );
        for over in &draft.left_out {
            let _ = writeln!(out, "  {}  names `{}`", over.address, over.name);
        }
    }
    if !is_dry {
        let next = format!(
            "next: read it, rate what is open, confirm it for the supplier; `tom adopt D --parent {}` links deployments to it",
            draft.deployment.name
        );
        let _ = writeln!(out, "\n{}", wrapped(&next, 0, width));
    }
    out
}

/// What several deployments agree on.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    /// The baseline.
    deployment: DeploymentName,
    /// How many answers it has, none of them confirmed.
    answers: usize,
    /// How many risks it has, none of them confirmed.
    risks: usize,
    /// Where the deployments differ, or not all of them say something.
    differ: Vec<Address>,
    /// Texts that name an organisation or its people.
    left_out: Vec<LeftOver>,
}

impl From<Draft> for Body {
    fn from(Draft { deployment, differ, left_out }: Draft) -> Self {
        let (answers, risks) = (deployment.answers.len(), deployment.risks.len());
        Self { deployment: deployment.name, answers, risks, differ, left_out }
    }
}
