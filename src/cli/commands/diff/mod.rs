mod request;
mod since;
mod states;
mod text;

use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::packs::builtin_templates;
use crate::cli::words::counted;
use crate::cli::{Outcome, output::Output};
use crate::diag::Error;
use crate::ops::review::{Base, End, Kind, Problem, Review, Reviewed, Status, added, changed};
use crate::project::Project;
use crate::render::{review_html, review_markdown};
use crate::store::Repo;
use request::{Request, request};
pub(super) use text::field_lines;

/// Show what differs, by meaning
///
/// With one deployment: what is local, compared with what it received from its parent. With two: what differs between them. With a range of revisions:
/// every deployment that it touches, and what follows from it for risks, outcomes, confirmations and decisions. Without anything: what is not committed
/// yet. Reformatting, reordering and comments show nothing; what is not answered yet is one line, never a removal.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// Deployments, or a range of revisions: `A..B`, `A...B` (since B left A), `A..` (to HEAD)
    #[arg(value_name = "D|RANGE")]
    what: Vec<String>,

    /// Compare this revision with the work tree
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Compare HEAD with what would be committed
    #[arg(long)]
    staged: bool,

    /// Read the one or two deployments at this revision
    #[arg(long, value_name = "REV")]
    at: Option<String>,

    /// Compare with what this role decided over last, in any phase or in one
    #[arg(long, value_name = "ROLE[@PHASE]", conflicts_with_all = ["rev", "staged", "at"])]
    since_decision: Option<String>,

    /// Exit with 1 if a change of one of these kinds is there; besides those that `[review] fail-on` in `tom.toml` lists at the left end of a range
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    fail_on: Vec<Kind>,

    /// Exit with 1 if anything differs
    #[arg(long)]
    exit_code: bool,

    /// Look for deployments that were derived from those that changed however many there are (otherwise among 500 at most)
    #[arg(long)]
    descendants: bool,

    /// How to write the differences
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

fn after_help() -> String {
    let kinds: String =
        Kind::ALL.iter().map(|kind| format!("  {:<20} {}\n", kind.as_str(), kind.title())).collect();
    format!(
        "Examples:
  tom diff acme-eastmoor                    what is local
  tom diff acme-northfield acme-eastmoor    two deployments
  tom diff                                  what is not committed yet
  tom diff main...                          what this branch changes
  tom diff main...HEAD --format markdown    the comment for a pull request
  tom diff main... --fail-on risk-increase,removed-mitigation
  tom diff acme-eastmoor --since-decision siro

Kinds of change:
{kinds}
Exit codes: 0 nothing that was to be reported, 1 differences (with --exit-code) or a kind that is not to pass,
2 something could not be read: what is shown is not all."
    )
}

/// How differences are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For a comment on a pull request: at most 60,000 bytes, without personal data.
    Markdown,
    /// One page with its styles inside, without personal data.
    Html,
    /// For machines, with a version.
    Json,
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// What changed and what follows from it.
    #[serde(flatten)]
    review: Review,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let review = match review(args, context) {
        Ok(review) => review,
        Err(error) => {
            // Whoever reads only the report must not take an empty one for "nothing changed".
            if args.format != Format::Text {
                show(args, context, &failed(args, &error))?;
            }
            return Err(error);
        }
    };
    show(args, context, &review)?;
    let is_found = review.is_stopped() || (args.exit_code && review.status != Status::Unchanged);
    Ok(match review.status {
        Status::Error => Outcome::NotAll,
        _ if is_found => Outcome::Found,
        _ => Outcome::Clean,
    })
}

/// The report of a review that could not be made.
fn failed(args: &Args, error: &Error) -> Review {
    let end = |name: String| End { name, commit: None };
    let problems = vec![Problem::of("", error.finding())];
    Review::of((end(command(args)), end(String::new())), Vec::new(), Vec::new(), problems, &args.fail_on)
}

fn review(args: &Args, context: &Context) -> Result<Review, Error> {
    let repo = context.repo()?;
    reviewed(args, context, &repo).map_err(|error| {
        // A word alone is a deployment; whoever writes `tom diff main` means the branch.
        let is_meant = |word: &&String| error.finding().message.contains(&format!("`{word}`"));
        let is_revision = |word: &&String| !word.contains("..") && repo.at(word).is_ok();
        match args.what.iter().filter(is_meant).find(is_revision) {
            Some(word) => error.help(format!("for a revision: `tom diff {word}..`, or `--rev {word}`")),
            None => error,
        }
    })
}

fn reviewed(args: &Args, context: &Context, repo: &Repo) -> Result<Review, Error> {
    let request = match &args.since_decision {
        Some(role) => since::request(args, role, context, repo)?,
        None => request(args)?,
    };
    Ok(match request {
        Request::Local(name) => {
            let project = project(args, context, repo)?;
            let (deployment, framework) = super::sound(&project, &name)?;
            if deployment.received.is_none() {
                if deployment.meta.derived_from.is_some() {
                    let message =
                        format!("what `{name}` received is missing, so there is nothing to compare it with");
                    return Err(Error::new(&USAGE, message).help("restore its `received.toml` from git"));
                }
                let message = format!("`{name}` was not derived, so there is nothing to compare it with");
                return Err(
                    Error::new(&USAGE, message).help("name a second deployment, or a range of revisions")
                );
            }
            let base = Base { deployment: &deployment, framework: &framework };
            of_one(added(base, name.as_str(), false), args, repo)
        }
        Request::Two(first, second) => {
            let project = project(args, context, repo)?;
            let (left, old) = super::sound(&project, &first)?;
            let (right, new) = super::sound(&project, &second)?;
            if old.id != new.id {
                let message =
                    "the two deployments follow different frameworks, whose items cannot be compared";
                return Err(Error::new(&USAGE, message));
            }
            let left = Base { deployment: &left, framework: &old };
            let right = Base { deployment: &right, framework: &new };
            of_one(changed(left, right, (first.as_str(), second.as_str()), None), args, repo)
        }
        Request::States(range, only) => {
            states::review(context, repo, range, &only, &args.fail_on, args.descendants)?
        }
    })
}

fn project(args: &Args, context: &Context, repo: &Repo) -> Result<Project, Error> {
    context.sound_project(repo, args.at.as_deref())
}

/// The review of one comparison within one state of the repository.
fn of_one(reviewed: Reviewed, args: &Args, repo: &Repo) -> Review {
    let commit = args.at.as_ref().and_then(|at| Some(repo.at(at).ok()?.commit().id.clone()));
    let end = |name: &str| End { name: name.to_owned(), commit: commit.clone() };
    let ends = (end(&reviewed.left), end(&reviewed.right));
    let unanswered = reviewed.unanswered;
    let mut review = Review::of(ends, Vec::new(), vec![reviewed], Vec::new(), &args.fail_on);
    if review.deployments.is_empty() && unanswered > 0 {
        let items = counted(unanswered, "needed item is", "needed items are");
        review.notes.push(format!("{items} not yet answered"));
    }
    review
}

/// Everything is written before the exit code is decided.
fn show(args: &Args, context: &Context, review: &Review) -> Result<(), Error> {
    match args.format {
        Format::Json => context.print_json(&Output::of(Body { review: review.clone() })),
        Format::Text => context.print(text::text(review, context)),
        Format::Markdown => context.print(review_markdown(review, &command(args))),
        Format::Html => {
            // Only the built-in template: one of the branch under review could show what it likes.
            context.print(review_html(review, &builtin_templates())?);
        }
    }
    Ok(())
}

/// The command that shows everything in a terminal.
fn command(args: &Args) -> String {
    let flag = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!("--{name} {value}")).into_iter().collect::<Vec<_>>()
    };
    let since = flag("since-decision", &args.since_decision);
    let staged = args.staged.then(|| "--staged".to_owned());
    let words = args
        .what
        .iter()
        .cloned()
        .chain(flag("rev", &args.rev))
        .chain(flag("at", &args.at))
        .chain(since)
        .chain(staged);
    format!("tom diff {}", words.collect::<Vec<_>>().join(" ")).trim_end().to_owned()
}
