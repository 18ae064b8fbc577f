//! A hand-over: a deployment on its way from one organisation to another, and what each side remembers of it.
//!
//! Each side numbers what it hands over of a deployment. A hand-over names the last one of the other side that is merged in it, its
//! *base*, and carries what that said. So two repositories that share no history always know a state that both had.

use super::risk::words;
use super::{Date, DeploymentName, FrameworkRef, Kind, PartyId, PermanentId};
use std::collections::BTreeMap;
use std::fmt;

words! {
    /// Who may see what is in a hand-over.
    Reader {
        /// The supplier.
        Supplier = "supplier",
        /// The deployer.
        Deployer = "deployer",
        /// The authority.
        Authority = "authority",
        /// Anybody: something to read, without the assessment itself.
        Public = "public",
    }
}

/// One of the two ends of a hand-over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The party.
    pub party: PartyId,
    /// The code of the organisation; none where any of the party is meant, and for the authority.
    pub organisation: Option<String>,
}

impl End {
    /// The name of the folder that remembers what is exchanged with this end.
    pub fn key(&self) -> String {
        match &self.organisation {
            Some(code) => format!("{}-{}", self.party, code.to_ascii_lowercase()),
            None => self.party.to_string(),
        }
    }

    /// Whether somebody of `other` is meant by this.
    pub fn means(&self, other: &Self) -> bool {
        let either = |(mine, theirs): (&String, &String)| mine.eq_ignore_ascii_case(theirs);
        self.party == other.party
            && self.organisation.as_ref().zip(other.organisation.as_ref()).is_none_or(either)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.organisation {
            Some(code) => write!(f, "the {} ({code})", self.party),
            None => write!(f, "the {}", self.party),
        }
    }
}

/// An earlier hand-over, named for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub number: u32,
    /// The digest of its manifest.
    pub digest: String,
}

/// What a hand-over is: everything in it is named by its digest here, so that the digest of this names it all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The sender's count of what was handed over of this deployment.
    pub number: u32,
    /// When.
    pub on: Date,
    /// The permanent id.
    pub id: PermanentId,
    /// What the sender calls it.
    pub name: DeploymentName,
    /// Its title.
    pub title: String,
    /// Deployment or baseline.
    pub kind: Kind,
    /// The framework that it follows.
    pub framework: FrameworkRef,
    /// Who sends it.
    pub from: End,
    /// Who says so.
    pub by: String,
    /// For whom.
    pub to: End,
    /// Who may see it.
    pub reader: Reader,
    /// The last hand-over of the other side that is merged in this one.
    pub base: Option<Link>,
    /// What the reader may not see, in words.
    pub left_out: Vec<String>,
    /// The digest of what people say in the assessment in it: see [`Received::confirmations`](super::Received::confirmations). None in one that
    /// is only to read.
    pub said: Option<String>,
    /// The digest of every part by its name.
    pub parts: BTreeMap<String, String>,
}

/// A hand-over that came, as its receiver remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// Which.
    pub link: Link,
    /// Who sent it.
    pub by: String,
    /// When it came.
    pub on: Date,
    /// For whom it came.
    pub to: End,
    /// Who received it.
    pub received_by: String,
    /// The number of ours that was merged in it.
    pub built_on: Option<u32>,
    /// The title that it had.
    pub title: String,
    /// The digest of what the deployment had received from its parent.
    pub received: Option<String>,
    /// The digest of the confirmations that had come along with that.
    pub confirmations: Option<String>,
    /// The digest of every file of evidence that came along.
    pub evidence: BTreeMap<String, String>,
}

/// A hand-over that was sent, as its sender remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The digest of its manifest.
    pub digest: String,
    /// The digest of the answers and risks in it; none where it was only to read.
    pub content: Option<String>,
    /// The number of theirs that was merged in it.
    pub built_on: Option<u32>,
    /// When.
    pub on: Date,
    /// Who sent it.
    pub by: String,
    /// The title that it had.
    pub title: String,
    /// The digest of what the deployment had received from its parent.
    pub received: Option<String>,
    /// The digest of the confirmations that had come along with that.
    pub confirmations: Option<String>,
    /// Who said that it arrived, by the name of their end's folder.
    pub receipts: BTreeMap<String, Arrival>,
}

/// Somebody's word that a hand-over arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Who received it.
    pub by: String,
    /// When.
    pub on: Date,
}

/// What is remembered of the exchange with one other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The other end.
    pub with: End,
    /// The last hand-over that came from there.
    pub came: Option<Came>,
    /// What was sent there, by number.
    pub sent: BTreeMap<u32, Sent>,
}

impl Ledger {
    /// Nothing exchanged yet.
    pub fn new(with: End) -> Self {
        Self { with, came: None, sent: BTreeMap::new() }
    }
}

/// Somebody says that a hand-over arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The deployment's permanent id.
    pub id: PermanentId,
    /// Which hand-over.
    pub link: Link,
    /// Who had sent it.
    pub from: End,
    /// Who received it.
    pub to: End,
    /// The person.
    pub by: String,
    /// When.
    pub on: Date,
}
