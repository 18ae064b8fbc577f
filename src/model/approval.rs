//! Decisions: what an approver said, over exactly which content.
//!
//! A decision is a *statement*, a file that is never rewritten: superseding and withdrawing are new statements. What it covers is
//! *sealed*: the digest of a scope's whole content, and a short digest of each leaf of it, so that a changed leaf can be named without
//! history.

use super::framework::Scope;
use super::risk::words;
use super::{Address, Canonical, Date, Digest, FrameworkRef, ItemId, Key, PartyId, PermanentId, Tree};
use std::collections::BTreeMap;
use std::fmt;

words! {
    /// What a statement does.
    Act {
        /// It decides, and takes the place of what the same person decided before in this phase and role.
        Decide = "decide",
        /// It takes an earlier statement back.
        Withdraw = "withdraw",
    }
}

words! {
    /// What an outcome does to the phase.
    Effect {
        /// It approves without reserve.
        Approves = "approves",
        /// It approves, and something has to follow before going live.
        Conditional = "approves with conditions",
        /// It sends the assessment back with queries.
        Returns = "returns",
        /// It rejects.
        Rejects = "rejects",
    }
}

impl Effect {
    /// Whether the phase may go on.
    pub fn approves(self) -> bool {
        matches!(self, Self::Approves | Self::Conditional)
    }

    /// The word for what keeps the phase from going on; none for an approval.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Rejects => Some("rejection"),
            Self::Returns => Some("return"),
            Self::Approves | Self::Conditional => None,
        }
    }

    /// The same, with what its author has asked for besides: an approval under conditions is without reserve no more.
    #[must_use]
    pub fn under(self, conditions: &BTreeMap<Key, String>) -> Self {
        match self {
            Self::Approves if !conditions.is_empty() => Self::Conditional,
            other => other,
        }
    }
}

/// A moment, in seconds since 1970; written `2026-11-20T09:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// The UTC day.
    pub fn day(self) -> Date {
        jiff::Timestamp::from_second(self.0)
            .map_or(Date::MIN, |time| jiff::tz::TimeZone::UTC.to_datetime(time).date())
    }

    /// The first moment of a UTC day.
    pub fn start_of(day: Date) -> Self {
        let start = jiff::tz::TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
        Self(start.map_or(i64::MIN, |time| time.as_second()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl std::str::FromStr for Moment {
    type Err = super::IdError;

    fn from_str(text: &str) -> Result<Self, super::IdError> {
        text.parse::<jiff::Timestamp>().map(|time| Self(time.as_second())).map_err(|_| super::IdError {
            wanted: "a moment such as `2026-11-20T09:00:00Z`",
            got: text.to_owned(),
        })
    }
}

impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A scope's content as it was: what a decision is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Over scope, content and leaves: what an approver compares and a statement holds. See [`Seal::digest`].
    pub digest: Digest,
    /// Over the whole content.
    pub content: Digest,
    /// A short digest of each leaf, by address.
    pub leaves: BTreeMap<String, String>,
}

impl Seal {
    /// Seals the leaves of a scope.
    pub fn of(scope: Scope, leaves: &BTreeMap<String, Tree>) -> Self {
        let content = leaves.digest();
        let leaves = leaves.iter().map(|(address, tree)| (address.clone(), tree.digest().short())).collect();
        Self { digest: Self::digest(scope, content, &leaves), content, leaves }
    }

    /// The digest over a scope's name, its content's digest and its leaves. A leaf's short digest alone would be too weak to bind to;
    /// with the content's own digest beside it, it only names what changed.
    pub fn digest(scope: Scope, content: Digest, leaves: &BTreeMap<String, String>) -> Digest {
        let leaves = leaves.iter().map(|(address, short)| (address.clone(), Tree::text(short)));
        Tree::map([
            ("type", Some(Tree::text("tom-scope/v1"))),
            ("scope", Some(Tree::text(scope.as_str()))),
            ("content", Some(Tree::text(content.to_string()))),
            ("leaves", Some(Tree::Map(leaves.collect()))),
        ])
        .digest()
    }

    /// Whether content and leaves are those of the digest.
    pub fn is_whole(&self, scope: Scope) -> bool {
        self.digest == Self::digest(scope, self.content, &self.leaves)
    }

    /// The addresses of leaves that differ, came or went.
    pub fn changed(&self, now: &Self) -> Vec<String> {
        let all: std::collections::BTreeSet<&String> = self.leaves.keys().chain(now.leaves.keys()).collect();
        all.into_iter().filter(|leaf| self.leaves.get(*leaf) != now.leaves.get(*leaf)).cloned().collect()
    }
}

/// What an approver says to one item that asks for a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// One of the item's options.
    pub verdict: String,
    /// Why.
    pub reason: Option<String>,
}

/// A decision that somebody without tom took, as it was written down for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Who wrote it down.
    pub by: String,
    /// The path of what shows it: a scanned form, a message.
    pub evidence: String,
    /// The digest of that file's bytes.
    pub digest: Digest,
}

/// What an approver said. Everything that matters is in the bytes of its file, and so under its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The deployment's id for life.
    pub deployment: PermanentId,
    /// The phase.
    pub phase: u8,
    /// The role in which they decide.
    pub role: String,
    /// The party that the role belongs to.
    pub party: PartyId,
    /// Who decided.
    pub by: String,
    /// Deciding or withdrawing.
    pub act: Act,
    /// What was decided; none in a withdrawal.
    pub outcome: Option<String>,
    /// The statement that is withdrawn.
    pub withdraws: Option<Digest>,
    /// Set in the withdrawal of a No by somebody else: its author had left when this was made. They may come back, and nothing with them.
    pub has_left: bool,
    /// Why.
    pub reason: Option<String>,
    /// Verdicts by item, where the role gives some.
    pub verdicts: BTreeMap<ItemId, Verdict>,
    /// What has to be seen to.
    pub conditions: BTreeMap<Key, String>,
    /// Questions, by what they are about.
    pub queries: BTreeMap<Address, String>,
    /// The last day on which the decision holds.
    pub expires: Option<Date>,
    /// Items that stood open and may be filled in afterwards: they are in no digest.
    pub leaves_open: Vec<ItemId>,
    /// The statements of this deployment that no other named yet: by its bytes' digest each.
    pub prev: Vec<Digest>,
    /// The framework that it was decided under, with its digest.
    pub framework: FrameworkRef,
    /// The digest of the policy that it was decided under.
    pub policy: Digest,
    /// When, as the approver's machine has it.
    pub time: Moment,
    /// Where the content was seen; a locator, nothing depends on it.
    pub commit: Option<String>,
    /// Set where somebody else wrote it down for them.
    pub recorded: Option<Recording>,
    /// What it is over, by scope; empty in a withdrawal.
    pub scopes: BTreeMap<Scope, Seal>,
}

/// The form of a statement; a reader takes no other.
pub const STATEMENT_TYPE: &str = "tom-approval/v1";
/// The canonical encoding that its digests are over.
pub const ENCODING: &str = "tom-c14n/1";

/// What a signature is made for. Its namespace is in what is signed, so that a signature over one kind is none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A statement: somebody decides.
    Statement,
    /// The manifest of a hand-over: somebody sends it.
    HandOver,
    /// A receipt: somebody says that a hand-over arrived.
    Receipt,
}

impl Purpose {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Statement, Self::HandOver, Self::Receipt];

    /// As `ssh-keygen -n` takes it.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Statement => "tom-approval-v1",
            Self::HandOver => "tom-hand-over-v1",
            Self::Receipt => "tom-receipt-v1",
        }
    }
}

/// The name of a statement's file in its phase's folder.
pub fn statement_name(role: &str, id: Digest) -> String {
    format!("{role}-{}.toml", &id.hex()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        let moment: Moment = "2026-11-20T00:00:00Z".parse().unwrap();
        assert_eq!(moment, Moment(1_795_132_800));
        assert_eq!(moment.to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(moment.day(), jiff::civil::date(2026, 11, 20));
        assert_eq!(Moment::start_of(moment.day()), moment);
    }

    #[test]
    fn a_seal_holds_together_and_names_what_differs() {
        let leaf = |text: &str| Tree::text(text);
        let was = BTreeMap::from([("A-1".to_owned(), leaf("a")), ("A-2".to_owned(), leaf("b"))]);
        let mut now = was.clone();
        now.insert("A-2".to_owned(), leaf("c"));
        let (was, now) = (Seal::of(Scope::Usage, &was), Seal::of(Scope::Usage, &now));
        assert!(was.is_whole(Scope::Usage) && !was.is_whole(Scope::Capacity));
        assert_eq!(was.changed(&now), ["A-2"]);
        let swapped = Seal { leaves: now.leaves.clone(), ..was.clone() };
        assert!(!swapped.is_whole(Scope::Usage));
    }
}
