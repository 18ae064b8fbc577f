//! What a change to a repository does to its assessments: to risks, answers, outcomes, confirmations and decisions. Plain values, built
//! once; every format shows the same.

mod authors;
mod build;
mod confirmations;
mod consequences;
mod decisions;
mod kind;
mod policy;

use super::diff::{ClassMove, FieldChange, Piece, Way, Words, words};
use crate::model::{Address, Canonical, DeploymentName, PartyId, PermanentId, RiskId, SectionId, Tree};

pub use authors::{Answers, Authors, ChangedBy};
pub use build::{Base, added, changed, removed};
pub use consequences::descendant;
pub use decisions::{Said, Told, decisions, gone};
pub use kind::{Kind, Part};
pub use policy::{BAD_GATE, check_policy, repository};

/// Every code of this module.
pub const CODES: &[&crate::diag::Code] = &[&BAD_GATE];

/// A text that changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Text {
    /// Which text: `notes`, `rows.lead.email`. Empty where the change has only one.
    pub label: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is now.
    pub after: Option<String>,
    /// Word by word, where it is on both sides.
    pub words: Words,
}

impl Text {
    /// A value on both sides, or on one: a word or two that nobody reads as a text.
    pub fn value(label: impl Into<String>, before: Option<String>, after: Option<String>) -> Self {
        Self { label: label.into(), before, after, words: Vec::new() }
    }

    /// A text on both sides, or on one.
    pub fn new(label: impl Into<String>, before: Option<String>, after: Option<String>) -> Self {
        let words = match (&before, &after) {
            (Some(before), Some(after)) => words(before, after),
            _ => Vec::new(),
        };
        Self { label: label.into(), before, after, words }
    }

    /// A field that changed, named from what it belongs to.
    pub fn of(whole: &Address, field: &FieldChange) -> Self {
        let name = field.address.to_string();
        let label = name.strip_prefix(&whole.to_string()).unwrap_or(&name).trim_start_matches('.');
        Self::new(label, field.before.clone(), field.after.clone())
    }

    /// Whether its words have so much in common that they are easier to read as one text.
    pub fn is_mixed(&self) -> bool {
        self.words.iter().any(|piece| matches!(piece, Piece::Same(text) if !text.trim().is_empty()))
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Its name: the same over pushes, rebases and unrelated edits, another one as soon as the change itself is another one.
    pub fingerprint: String,
    /// What sort of change.
    pub kind: Kind,
    /// Where, in the deployment.
    pub address: Option<Address>,
    /// What it is about, in the words of the framework or of the risk.
    pub title: String,
    /// The section of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<SectionId>,
    /// Whose it is.
    pub parties: Vec<PartyId>,
    /// What happened, in tom's own words; may be empty.
    pub says: String,
    /// The texts that changed.
    pub texts: Vec<Text>,
    /// Whether the texts are personal data, which a report for everybody leaves out.
    pub is_personal: bool,
    /// Who changed it, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<ChangedBy>,
}

impl Change {
    /// A change of a sort.
    pub fn new(kind: Kind, address: Option<Address>, title: impl Into<String>) -> Self {
        Self {
            fingerprint: String::new(),
            kind,
            address,
            title: title.into(),
            section: None,
            parties: Vec::new(),
            says: String::new(),
            texts: Vec::new(),
            is_personal: false,
            changed_by: None,
        }
    }

    /// The same, saying what happened.
    #[must_use]
    pub fn saying(mut self, says: impl Into<String>) -> Self {
        self.says = says.into();
        self
    }

    /// The same, with a value that changed.
    #[must_use]
    pub fn with(mut self, label: &str, before: Option<String>, after: Option<String>) -> Self {
        self.texts.push(Text::value(label, before, after));
        self
    }

    /// The same, whose it is.
    #[must_use]
    pub fn of(mut self, parties: Vec<PartyId>) -> Self {
        self.parties = parties;
        self
    }

    /// Gives it its name. What it belongs to is named by its permanent id, so that a renamed folder changes nothing; titles and who made the change
    /// are not in it.
    fn named(mut self, whole: &str) -> Self {
        fn map<const N: usize>(entries: [(&str, Option<Tree>); N]) -> Tree {
            let there = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            Tree::Map(there.collect())
        }
        let texts = self.texts.iter().map(|text| {
            map([
                ("label", Some(Tree::text(&text.label))),
                ("before", text.before.as_ref().map(Tree::text)),
                ("after", text.after.as_ref().map(Tree::text)),
            ])
        });
        let tree = map([
            ("of", Some(Tree::text(whole))),
            ("kind", Some(Tree::text(self.kind.as_str()))),
            ("address", self.address.as_ref().map(|address| Tree::text(address.to_string()))),
            ("says", Some(Tree::text(&self.says))),
            // Two events of a day are told apart by nothing else.
            ("event", (self.kind == Kind::Event).then(|| Tree::text(&self.title))),
            ("texts", Some(Tree::List(texts.collect()))),
        ]);
        self.fingerprint = fingerprint(&tree);
        self
    }
}

/// The short name of a change or a finding: ten hexadecimal digits of the digest of what it is.
pub fn fingerprint(tree: &Tree) -> String {
    let mut hex = tree.digest().hex();
    hex.truncate(10);
    hex
}

/// Where a risk stood and stands, and what became of its mitigations.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RiskMove {
    /// The risk.
    pub id: RiskId,
    /// Its title.
    pub title: String,
    /// Whether it is new, gone, or on both sides.
    pub way: Way,
    /// The rating before mitigation.
    pub initial: ClassMove,
    /// The rating after mitigation.
    pub residual: ClassMove,
    /// How many mitigations are new.
    pub added: usize,
    /// How many are gone.
    pub removed: usize,
    /// How many are weaker than they were.
    pub weakened: usize,
}

/// What changed in one deployment, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Reviewed {
    /// Its folder now or, where it is gone, before.
    pub name: DeploymentName,
    /// Its id for life; none where it cannot be read.
    pub id: Option<PermanentId>,
    /// Its title.
    pub title: String,
    /// Whether it is new, gone, or on both sides.
    pub way: Way,
    /// What it is compared with.
    pub left: String,
    /// What is compared.
    pub right: String,
    /// Risks that moved: added, removed, rated otherwise, or with other mitigations.
    pub risks: Vec<RiskMove>,
    /// Every change and what follows from it, in the order of the kinds; within one kind in the framework's.
    pub changes: Vec<Change>,
    /// How many needed answers nobody has given yet: never a removal.
    pub unanswered: usize,
    /// Why it could not be read; then nothing is known of its changes.
    pub problems: Vec<Problem>,
}

impl Reviewed {
    /// A deployment that could not be read on one of the sides.
    pub fn unread(name: DeploymentName, problems: Vec<Problem>) -> Self {
        Self {
            name,
            id: None,
            title: String::new(),
            way: Way::Changed,
            left: String::new(),
            right: String::new(),
            risks: Vec::new(),
            changes: Vec::new(),
            unanswered: 0,
            problems,
        }
    }

    /// The changes of a part, those of one subject side by side.
    pub fn part(&self, part: Part) -> Vec<&Change> {
        let mut changes: Vec<&Change> =
            self.changes.iter().filter(|change| change.kind.part() == part).collect();
        if part == Part::Risks {
            changes.sort_by_key(|change| change.address.as_ref().map(|address| address.subject.clone()));
        }
        changes
    }

    /// What is in doubt, by the reason why.
    pub fn doubts(&self) -> Vec<(&str, Vec<&Change>)> {
        let mut reasons: Vec<(&str, Vec<&Change>)> = Vec::new();
        for change in self.part(Part::Doubt) {
            match reasons.iter_mut().find(|(says, _)| *says == change.says) {
                Some((_, list)) => list.push(change),
                None => reasons.push((&change.says, vec![change])),
            }
        }
        reasons
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.problems.is_empty()
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Problem {
    /// The side: a revision, or the work tree.
    pub side: String,
    /// The finding's code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// In which file.
    pub file: Option<String>,
}

impl Problem {
    /// A finding about one side.
    pub fn of(side: &str, finding: &crate::diag::Finding) -> Self {
        Self {
            side: side.to_owned(),
            code: finding.code.id.to_owned(),
            message: finding.message.clone(),
            file: finding.primary.as_ref().map(|label| label.file.clone()),
        }
    }
}

/// One end of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct End {
    /// What it was called on the command line, or what it is.
    pub name: String,
    /// Its commit; none for a work tree, the index, or what was received.
    pub commit: Option<String>,
}

/// In a word, what a review found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything was read, and something differs.
    Changed,
    /// Everything was read, and nothing differs by meaning.
    Unchanged,
    /// Something could not be read: what is told is not all.
    Error,
}

impl Status {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Error => "error",
        }
    }
}

/// A kind of change that is not to pass, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Gate {
    /// The kind.
    pub kind: Kind,
    /// How many changes of it there are; none lets the review pass.
    pub count: usize,
}

/// What a change to a repository does.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Review {
    /// In a word.
    pub status: Status,
    /// The left end.
    pub left: End,
    /// The right end.
    pub right: End,
    /// A digest of everything that is told.
    pub digest: String,
    /// The kinds that are not to pass.
    pub gates: Vec<Gate>,
    /// What holds for all deployments: frameworks, policy, templates.
    pub repository: Vec<Change>,
    /// The deployments that differ or could not be read.
    pub deployments: Vec<Reviewed>,
    /// Problems that belong to no deployment.
    pub problems: Vec<Problem>,
    /// Whether deployments that were derived from the changed ones were looked for.
    pub descendants_searched: bool,
    /// What a reader has to know besides.
    pub notes: Vec<String>,
}

impl Review {
    /// A review of what was found. Deployments in which nothing differs are left out.
    pub fn of(
        (left, right): (End, End),
        repository: Vec<Change>,
        mut deployments: Vec<Reviewed>,
        problems: Vec<Problem>,
        gates: &[Kind],
    ) -> Self {
        deployments.retain(|reviewed| !reviewed.is_empty());
        let is_unread =
            !problems.is_empty() || deployments.iter().any(|reviewed| !reviewed.problems.is_empty());
        let is_empty = repository.is_empty() && deployments.is_empty();
        let status = match (is_unread, is_empty) {
            (true, _) => Status::Error,
            (false, true) => Status::Unchanged,
            (false, false) => Status::Changed,
        };
        let mut review = Self {
            status,
            left,
            right,
            digest: String::new(),
            gates: Vec::new(),
            repository,
            deployments,
            problems,
            descendants_searched: false,
            notes: Vec::new(),
        };
        let names = review.changes().map(|change| change.fingerprint.clone());
        let problems = review.all_problems().map(|problem| format!("{} {}", problem.code, problem.message));
        let all = Tree::List(
            std::iter::once(status.as_str().to_owned())
                .chain(names)
                .chain(problems)
                .map(Tree::text)
                .collect(),
        );
        review.digest = fingerprint(&all);
        let mut kinds = gates.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        review.gates = kinds.into_iter().map(|kind| Gate { kind, count: review.count(kind) }).collect();
        review
    }

    /// Every change, the repository's own first.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.repository.iter().chain(self.deployments.iter().flat_map(|reviewed| &reviewed.changes))
    }

    /// Everything that could not be read.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(self.deployments.iter().flat_map(|reviewed| &reviewed.problems))
    }

    /// How many changes of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.changes().filter(|change| change.kind == kind).count()
    }

    /// Whether some kind that is not to pass is there.
    pub fn is_stopped(&self) -> bool {
        self.gates.iter().any(|gate| gate.count > 0)
    }
}
