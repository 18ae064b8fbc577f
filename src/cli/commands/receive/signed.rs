//! Whether something that came is taken in as it is signed, and how that is told.

use crate::cli::report::one_line;
use crate::cli::words::{OPEN, styled, wrapped};
use crate::diag::Error;
use crate::model::{Purpose, Settings};
use crate::ops::handover::{CANNOT_RECEIVE, Claim, Signed};

/// Refuses what the policy takes in only if it is signed.
///
/// # Errors
///
/// Where it is not signed, or its signature does not show who sent it.
pub(super) fn demand(claim: Claim<'_>, settings: Option<&Settings>, signed: &Signed) -> Result<(), Error> {
    if claim.is_enough(settings, signed) {
        return Ok(());
    }
    let what = if claim.purpose == Purpose::Receipt { "receipt" } else { "hand-over" };
    let message = format!("the policy takes in a {what} from the {} only if it is signed", claim.of.party);
    let why = match signed {
        Signed::NotKnown(why) => {
            format!("its signature does not show that {} sent it: {why}", one_line(claim.by))
        }
        _ => "it is not signed".to_owned(),
    };
    Err(Error::new(&CANNOT_RECEIVE, message).note(why).help(format!(
        "ask for a signed one, and list the sender's key in `tom.toml`; `signed-hand-overs` there asks for it. Nothing of this {what} was taken in"
    )))
}

/// One or two lines, each with its end.
pub(in crate::cli::commands) fn in_words(claim: Claim<'_>, signed: &Signed, width: usize) -> String {
    let by = one_line(claim.by);
    match signed {
        Signed::By(key) => format!("  verified: signed by {by} with {key}\n"),
        Signed::No => format!("  {by} is said to have sent it; it is not signed\n"),
        Signed::NotKnown(why) => {
            let head = format!("{by} is said to have sent it, and the signature does not show it:");
            format!("  {}\n{}\n", styled(OPEN, head), wrapped(&one_line(why), 4, width))
        }
    }
}
