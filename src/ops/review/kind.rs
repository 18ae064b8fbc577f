//! The kinds of change that a review tells apart. Their words are what `--fail-on` takes, so they never change their meaning.

macro_rules! kinds {
    ($($variant:ident = $word:literal: $title:literal),+ $(,)?) => {
        /// What sort of change something is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $(#[doc = $title] $variant),+ }

        impl Kind {
            /// Every kind, in the order in which a review tells them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What it means.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }

        impl schemars::JsonSchema for Kind {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Kind".into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($word),+] })
            }
        }
    };
}

kinds! {
    Framework = "framework": "a framework changed, or a deployment follows another one",
    Policy = "policy": "`tom.toml` or a template changed",
    AddedDeployment = "added-deployment": "a deployment is new",
    RemovedDeployment = "removed-deployment": "a deployment is gone",
    RenamedDeployment = "renamed-deployment": "a deployment's folder has another name",
    Identity = "identity": "the title, kind, permanent id or parent of a deployment changed",
    RiskIncrease = "risk-increase": "a risk is in a higher class, before or after its mitigations",
    LostRating = "lost-rating": "a risk was in a class and is in none",
    RiskDecrease = "risk-decrease": "a risk is in a lower class, before or after its mitigations",
    Rating = "rating": "a rating changed within its class, or is new",
    RemovedRisk = "removed-risk": "a risk is gone",
    ClosedRisk = "closed-risk": "a risk is no longer open",
    AddedRisk = "added-risk": "a risk is new",
    RemovedMitigation = "removed-mitigation": "a mitigation is gone",
    WeakenedMitigation = "weakened-mitigation": "a mitigation is less in place, further from design, lost a cause, or has another owner",
    AddedMitigation = "added-mitigation": "a mitigation is new",
    ChangedMitigation = "changed-mitigation": "a mitigation says something else",
    Acceptance = "acceptance": "a risk was accepted, or its acceptance changed or is gone",
    ChangedRisk = "changed-risk": "a risk says something else",
    Context = "context": "an answer of the organisation's own changed",
    Answer = "answer": "a carried answer changed",
    OtherParty = "other-party": "an answer was changed by somebody of a party whose answer it is not",
    OutcomeWorse = "outcome-worse": "an outcome is worse, or can no longer be computed",
    Needed = "needed": "a document, a signatory or an action is newly needed",
    Outcome = "outcome": "an outcome changed otherwise",
    Stale = "stale": "a confirmation no longer holds",
    Unconfirmed = "unconfirmed": "something was settled and is not any more",
    Confirmed = "confirmed": "something was confirmed that was not, or anew",
    ApprovalVoid = "approval-void": "a decision no longer holds",
    Decision = "decision": "a decision was taken or withdrawn",
    Event = "event": "something was recorded, or a recorded event changed",
    Descendant = "descendant": "a deployment that was derived from this one has something to take over",
}

/// Where in a report a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The deployment itself.
    Deployment,
    /// Organisation and local context.
    Context,
    /// Risks, mitigations, acceptances.
    Risks,
    /// Carried answers.
    Answers,
    /// Who changed what.
    OtherParty,
    /// What the rules say.
    Outcomes,
    /// States.
    Doubt,
    /// Decisions, and what else was recorded.
    Decisions,
    /// Other deployments.
    Descendants,
}

impl Part {
    /// Every part, in the order of a report.
    pub const ALL: [Self; 9] = [
        Self::Deployment,
        Self::Context,
        Self::Risks,
        Self::Answers,
        Self::OtherParty,
        Self::Outcomes,
        Self::Doubt,
        Self::Decisions,
        Self::Descendants,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::Context => "Organisation and local context",
            Self::Risks => "Risks",
            Self::Answers => "Carried answers that changed",
            Self::OtherParty => "Changed by somebody of another party",
            Self::Outcomes => "Outcomes",
            Self::Doubt => "In doubt",
            Self::Decisions => "Confirmations, decisions and record",
            Self::Descendants => "Derived deployments that have something to take over",
        }
    }
}

impl Kind {
    /// Where it stands in a report.
    pub fn part(self) -> Part {
        match self {
            Self::Framework
            | Self::Policy
            | Self::AddedDeployment
            | Self::RemovedDeployment
            | Self::RenamedDeployment
            | Self::Identity => Part::Deployment,
            Self::Context => Part::Context,
            Self::Answer => Part::Answers,
            Self::OtherParty => Part::OtherParty,
            Self::OutcomeWorse | Self::Needed | Self::Outcome => Part::Outcomes,
            Self::Stale | Self::Unconfirmed => Part::Doubt,
            Self::Confirmed | Self::ApprovalVoid | Self::Decision | Self::Event => Part::Decisions,
            Self::Descendant => Part::Descendants,
            _ => Part::Risks,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.iter().map(|kind| kind.as_str());
            let near = crate::diag::nearest(text, known.clone());
            match near {
                Some(near) => {
                    format!("there is no kind of change `{}`: did you mean `{near}`?", text.escape_debug())
                }
                None => {
                    let known: Vec<&str> = known.collect();
                    let lines: Vec<String> = known.chunks(4).map(|words| words.join(", ")).collect();
                    format!(
                        "there is no kind of change `{}`; there are:\n  {}",
                        text.escape_debug(),
                        lines.join(",\n  ")
                    )
                }
            }
        })
    }
}
