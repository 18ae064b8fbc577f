//! What the signature on something that came is worth here.

use crate::cli::report::one_line;
use crate::cli::words::{OPEN, styled, wrapped};
use crate::diag::Error;
use crate::model::{Date, End, Moment, Person, Purpose, Settings};
use crate::ops::handover::CANNOT_RECEIVE;
use crate::ops::policy::keys;
use crate::ops::signature;

/// What is known of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::commands) enum Signed {
    /// There is none.
    No,
    /// By a key that is listed here for the sender, with its fingerprint.
    By(String),
    /// It does not count here, and why.
    NotKnown(String),
}

/// Who is said to have sent something.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli::commands) struct Claim<'a> {
    /// What it is.
    pub(in crate::cli::commands) purpose: Purpose,
    /// The person.
    pub(in crate::cli::commands) by: &'a str,
    /// For whom they speak.
    pub(in crate::cli::commands) of: &'a End,
    /// The day that it names.
    pub(in crate::cli::commands) on: Date,
}

impl Claim<'_> {
    /// A signature counts if its key is listed for the person at that end, and might sign on that day.
    ///
    /// # Errors
    ///
    /// Where a key in the settings cannot be understood.
    pub(in crate::cli::commands) fn signed(
        &self,
        settings: Option<&Settings>,
        bytes: &[u8],
        signature: Option<&[u8]>,
    ) -> Result<Signed, Error> {
        let Some(signature) = signature else { return Ok(Signed::No) };
        let Some(settings) = settings else {
            return Ok(Signed::NotKnown("no keys are listed here yet".to_owned()));
        };
        let all = keys(settings)?;
        let is_sender = |person: &Person| {
            let end = End { party: person.party.clone(), organisation: person.organisation.clone() };
            end.means(self.of)
        };
        let senders = settings.people.named(self.by).filter(|(_, person)| is_sender(person));
        let theirs: Vec<_> = senders.filter_map(|(key, _)| all.get(key)).flatten().collect();
        let moment = Moment::start_of(self.on);
        Ok(match signature::verify(self.purpose, bytes, signature, theirs) {
            Ok(verified) if verified.limits().is_none_or(|limits| limits.hold(moment)) => {
                Signed::By(verified.fingerprint().to_owned())
            }
            Ok(_) => Signed::NotKnown("the key might not sign on that day".to_owned()),
            Err(why) => Signed::NotKnown(why),
        })
    }

    /// Whether the policy lets it in as it is signed.
    pub(in crate::cli::commands) fn is_enough(&self, settings: Option<&Settings>, signed: &Signed) -> bool {
        let demands = |settings: &Settings| settings.policy.signed_hand_overs.contains(&self.of.party);
        matches!(signed, Signed::By(_)) || !settings.is_some_and(demands)
    }

    /// Refuses what the policy takes in only if it is signed.
    ///
    /// # Errors
    ///
    /// Where it is not signed, or its signature does not show who sent it.
    pub(in crate::cli::commands) fn demand(
        &self,
        settings: Option<&Settings>,
        signed: &Signed,
    ) -> Result<(), Error> {
        if self.is_enough(settings, signed) {
            return Ok(());
        }
        let what = if self.purpose == Purpose::Receipt { "receipt" } else { "hand-over" };
        let message = format!("the policy takes in a {what} from the {} only if it is signed", self.of.party);
        let why = match signed {
            Signed::NotKnown(why) => {
                format!("its signature does not show that {} sent it: {why}", one_line(self.by))
            }
            _ => "it is not signed".to_owned(),
        };
        Err(Error::new(&CANNOT_RECEIVE, message).note(why).help(format!(
            "ask for a signed one, and list the sender's key in `tom.toml`; `signed-hand-overs` there asks for it. Nothing of this {what} was taken in"
        )))
    }

    /// One or two lines, each with its end.
    pub(in crate::cli::commands) fn in_words(&self, signed: &Signed, width: usize) -> String {
        let by = one_line(self.by);
        match signed {
            Signed::By(key) => format!("  verified: signed by {by} with {key}\n"),
            Signed::No => format!("  {by} is said to have sent it; it is not signed\n"),
            Signed::NotKnown(why) => {
                let head = format!("{by} is said to have sent it, and the signature does not show it:");
                format!("  {}\n{}\n", styled(OPEN, head), wrapped(&one_line(why), 4, width))
            }
        }
    }
}

impl Signed {
    /// The fingerprint of the key that it is verified with.
    pub(in crate::cli::commands) fn key(&self) -> Option<String> {
        if let Self::By(key) = self { Some(key.clone()) } else { None }
    }

    /// Why the signature that there is does not count.
    pub(in crate::cli::commands) fn doubt(&self) -> Option<String> {
        if let Self::NotKnown(why) = self { Some(why.clone()) } else { None }
    }
}
