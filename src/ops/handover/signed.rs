//! What the signature on something that came is worth here.

use crate::diag::Error;
use crate::model::{Date, End, Moment, Person, Purpose, Settings};
use crate::ops::policy::keys;
use crate::ops::signature;

/// What is known of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// There is none.
    No,
    /// By a key that is listed here for the sender, with its fingerprint.
    By(String),
    /// It does not count here, and why.
    NotKnown(String),
}

impl Signed {
    /// The fingerprint of the key that it is verified with.
    pub fn key(&self) -> Option<String> {
        if let Self::By(key) = self { Some(key.clone()) } else { None }
    }

    /// Why the signature that there is does not count.
    pub fn doubt(&self) -> Option<String> {
        if let Self::NotKnown(why) = self { Some(why.clone()) } else { None }
    }
}

/// Who is said to have sent something.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// What it is.
    pub purpose: Purpose,
    /// The person.
    pub by: &'a str,
    /// For whom they speak.
    pub of: &'a End,
    /// The day that it names.
    pub on: Date,
}

impl Claim<'_> {
    /// A signature counts if its key is listed for the person at that end, and might sign on that day.
    ///
    /// # Errors
    ///
    /// Where a key in the settings cannot be understood.
    pub fn signed(
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
        let senders = settings.people.named(self.by).filter(|(_, person)| is_at(person, self.of));
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
    pub fn is_enough(&self, settings: Option<&Settings>, signed: &Signed) -> bool {
        let demands = |settings: &Settings| settings.policy.signed_hand_overs.contains(&self.of.party);
        matches!(signed, Signed::By(_)) || !settings.is_some_and(demands)
    }
}

/// Whether a person speaks for an end.
pub(super) fn is_at(person: &Person, end: &End) -> bool {
    let own = End { party: person.party.clone(), organisation: person.organisation.clone() };
    own.means(end)
}
