//! A risk: a hazard with its causes and effect, rated before and after its mitigations.

use super::canon::{Set, Sink, map, maybe};
use super::{Canonical, Confirmation, Date, Digest, ItemId, Key, PartyId, Rating, SectionId};
use std::collections::BTreeMap;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the order of its definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that files and output use.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($text),+] })
            }
        }
    };
}
pub(super) use words;

words! {
    /// Where a risk stands.
    RiskStatus {
        /// It has to be lived with or worked on.
        Open = "open",
        /// It can no longer arise.
        Closed = "closed",
        /// Another party carries it.
        Transferred = "transferred",
    }
}

words! {
    /// What sort of measure a mitigation is, from the strongest to the weakest.
    MitigationKind {
        /// The product makes the hazard harder to reach.
        Design = "design",
        /// Shown by testing.
        Test = "test",
        /// People are taught.
        Training = "training",
        /// People follow a procedure.
        Process = "process",
    }
}

words! {
    /// How far a mitigation has got, from least to most.
    MitigationStatus {
        /// It was decided against, with a reason.
        NotAdopted = "not adopted",
        /// Somebody suggests it.
        Proposed = "proposed",
        /// Somebody undertook to do it.
        Planned = "planned",
        /// It works today.
        InPlace = "in place",
    }
}

/// One way in which the hazard can come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The cause in words.
    pub text: String,
}

/// A measure against one or more causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mitigation {
    /// What sort of measure it is.
    pub kind: MitigationKind,
    /// Who has to do it, and to say that it is done.
    pub owner: PartyId,
    /// The causes that it acts on.
    pub causes: Vec<Key>,
    /// The measure in words.
    pub text: String,
    /// How far it has got.
    pub status: MitigationStatus,
    /// Why it was not adopted.
    pub reason: Option<String>,
    /// Where it can be seen.
    pub evidence: Vec<String>,
    /// Who stands by it.
    pub confirmed: BTreeMap<PartyId, Confirmation>,
}

/// Everything but the confirmations.
impl Canonical for Mitigation {
    fn write(&self, out: &mut dyn Sink) {
        let (causes, evidence) = (Set::of(&self.causes), Set::of(&self.evidence));
        map(
            out,
            [
                ("causes", maybe(&causes)),
                ("evidence", maybe(&evidence)),
                ("kind", Some(&self.kind.as_str())),
                ("owner", Some(&self.owner.as_str())),
                ("reason", maybe(&self.reason)),
                ("status", Some(&self.status.as_str())),
                ("text", Some(&self.text)),
            ],
        );
    }
}

/// Somebody accepted the residual risk, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Who accepted it.
    pub by: String,
    /// In which role.
    pub role: String,
    /// The residual class that they accepted.
    pub class: super::Class,
    /// Short digest of the risk as it was.
    pub digest: String,
    /// When.
    pub on: Date,
    /// Until when.
    pub until: Option<Date>,
    /// Why.
    pub reason: String,
}

words! {
    /// What a party says to a risk or duty that passes to it.
    TransferWord {
        /// It takes it on.
        Accepted = "accepted",
        /// It does not.
        Refused = "refused",
    }
}

/// What the party says to which a risk or a duty passes, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferReceipt {
    /// Whether it takes it on.
    pub says: TransferWord,
    /// Who said so.
    pub by: String,
    /// When.
    pub on: Date,
    /// Short digest of the risk as it was, with what they were asked to do.
    pub digest: String,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// The risk, or a duty in it, passes to another party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// To whom.
    pub to: PartyId,
    /// What they have to do.
    pub duty: Option<String>,
    /// What they said to it; none while they have said nothing.
    pub receipt: Option<TransferReceipt>,
}

/// `accepted by Jo Marsh on 2026-11-20`, with the reason of a refusal.
impl std::fmt::Display for TransferReceipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {} on {}", self.says, self.by, self.on)?;
        self.reason.iter().try_for_each(|reason| write!(f, ": {reason}"))
    }
}

/// `to supplier; what they have to do; accepted by Jo Marsh on 2026-11-20`
impl std::fmt::Display for Transfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "to {}", self.to)?;
        self.duty.iter().try_for_each(|duty| write!(f, "; {duty}"))?;
        self.receipt.iter().try_for_each(|receipt| write!(f, "; {receipt}"))
    }
}

impl Canonical for Acceptance {
    fn write(&self, out: &mut dyn Sink) {
        map(
            out,
            [
                ("by", Some(&self.by)),
                ("class", Some(&i64::from(self.class))),
                ("digest", Some(&self.digest)),
                ("on", Some(&self.on)),
                ("reason", Some(&self.reason)),
                ("role", Some(&self.role)),
                ("until", maybe(&self.until)),
            ],
        );
    }
}

impl Canonical for TransferReceipt {
    fn write(&self, out: &mut dyn Sink) {
        map(
            out,
            [
                ("by", Some(&self.by)),
                ("digest", Some(&self.digest)),
                ("on", Some(&self.on)),
                ("reason", maybe(&self.reason)),
                ("says", Some(&self.says.as_str())),
            ],
        );
    }
}

/// A hazard with causes, effect, ratings and mitigations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// A line that names it.
    pub title: String,
    /// The section that it belongs to.
    pub section: SectionId,
    /// Who owns it.
    pub owner: PartyId,
    /// Where it stands.
    pub status: RiskStatus,
    /// What can go wrong.
    pub hazard: String,
    /// What that would do.
    pub effect: String,
    /// The answers that it rests on.
    pub depends_on: Vec<ItemId>,
    /// How it can come about.
    pub causes: BTreeMap<Key, Cause>,
    /// The rating before mitigation; none while nobody has rated it.
    pub initial: Option<Rating>,
    /// The rating after mitigation.
    pub residual: Option<Rating>,
    /// The measures against it.
    pub mitigations: BTreeMap<Key, Mitigation>,
    /// Who stands by the risk as a whole.
    pub confirmed: BTreeMap<PartyId, Confirmation>,
    /// Who accepted the residual risk.
    pub acceptance: Option<Acceptance>,
    /// To whom it passed.
    pub transfer: Option<Transfer>,
}

impl Risk {
    /// The risk without confirmations and acceptance: what a derivation carries and a difference compares.
    #[must_use]
    pub fn content(&self) -> Self {
        let mut content = Self { confirmed: BTreeMap::new(), acceptance: None, ..self.clone() };
        content.mitigations.values_mut().for_each(|m| m.confirmed.clear());
        content
    }

    /// The digest of the content; confirmations and acceptances hold its short form.
    pub fn content_digest(&self) -> Digest {
        self.digest()
    }
}

/// Text, causes, ratings, mitigations, status and transfer; never confirmations, acceptance or what was said to a transfer.
impl Canonical for Risk {
    fn write(&self, out: &mut dyn Sink) {
        let depends_on = Set::of(&self.depends_on);
        map(
            out,
            [
                ("causes", Some(&self.causes)),
                ("depends-on", maybe(&depends_on)),
                ("effect", Some(&self.effect)),
                ("hazard", Some(&self.hazard)),
                ("initial", maybe(&self.initial)),
                ("mitigations", Some(&self.mitigations)),
                ("owner", Some(&self.owner.as_str())),
                ("residual", maybe(&self.residual)),
                ("section", Some(&self.section.as_str())),
                ("status", Some(&self.status.as_str())),
                ("title", Some(&self.title)),
                ("transfer", maybe(&self.transfer)),
            ],
        );
    }
}

impl Canonical for Cause {
    fn write(&self, out: &mut dyn Sink) {
        self.text.write(out);
    }
}

/// To whom and what; never what they said to it, which holds the digest of this.
impl Canonical for Transfer {
    fn write(&self, out: &mut dyn Sink) {
        map(out, [("duty", maybe(&self.duty)), ("to", Some(&self.to.as_str()))]);
    }
}
