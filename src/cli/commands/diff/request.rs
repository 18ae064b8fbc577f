//! What is to be compared, made sure of before anything is read.

use super::Args;
use crate::cli::codes::USAGE;
use crate::cli::commands::name;
use crate::diag::Error;
use crate::model::DeploymentName;

/// What `tom diff` is asked for.
pub(super) enum Request {
    /// A deployment with what it received.
    Local(DeploymentName),
    /// Two deployments.
    Two(DeploymentName, DeploymentName),
    /// Two states of the repository; of these deployments only, where some are named.
    States(Range, Vec<DeploymentName>),
}

/// Two states of the repository.
pub(super) enum Range {
    /// `A..B`
    Between(String, String),
    /// `A...B`: B with where it left A
    SinceFork(String, String),
    /// A revision with the work tree
    WorkTree(String),
    /// HEAD with the index
    Staged,
}

/// Understands the arguments. A word with `..` in it is a range: no deployment's name has a full stop.
pub(super) fn request(args: &Args) -> Result<Request, Error> {
    let refuse = |message: &str, help: &str| Err(Error::new(&USAGE, message).help(help));
    let (ranges, names): (Vec<&String>, Vec<&String>) =
        args.what.iter().partition(|word| word.contains(".."));
    let names = names.into_iter().map(|text| name(text)).collect::<Result<Vec<_>, _>>()?;
    let asked = ranges.len() + usize::from(args.rev.is_some()) + usize::from(args.staged);
    if asked > 1 {
        return refuse("two ranges are named", "one of `A..B`, `A...B`, `--rev` and `--staged` at a time");
    }
    if asked > 0 && args.at.is_some() {
        return refuse("`--at` reads deployments at one revision", "a range names its revisions itself");
    }
    let range = match (ranges.first(), &args.rev, args.staged) {
        (Some(range), ..) => Some(split(range)),
        (None, Some(rev), _) => Some(Range::WorkTree(rev.clone())),
        (None, None, true) => Some(Range::Staged),
        (None, None, false) => None,
    };
    match (range, &names[..]) {
        (Some(range), _) => Ok(Request::States(range, names)),
        (None, []) if args.at.is_some() => refuse("no deployment is named", "`--at` needs one or two"),
        (None, []) => Ok(Request::States(Range::WorkTree("HEAD".to_owned()), names)),
        (None, [one]) => Ok(Request::Local(one.clone())),
        (None, [one, two]) => Ok(Request::Two(one.clone(), two.clone())),
        (None, _) => refuse(
            "more than two deployments are named",
            "with a range, any number: `tom diff main... D E F`",
        ),
    }
}

/// As git reads ranges: an end that is left out is HEAD.
fn split(range: &str) -> Range {
    let or_head = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    match range.split_once("...") {
        Some((left, right)) => Range::SinceFork(or_head(left), or_head(right)),
        None => {
            let (left, right) = range.split_once("..").unwrap_or((range, ""));
            Range::Between(or_head(left), or_head(right))
        }
    }
}
