//! The pack model: plain data, with everything that a reader may see, and nothing else.
//!
//! What the audience may not see is left out here, before any template runs; it is never hidden by one.

mod build;

use crate::model::{Class, PartyId};
use crate::ops::confirm::Entry;
use crate::ops::state::State;
use serde::Serialize;
use std::collections::BTreeSet;

pub use build::pack;

/// Which pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackKind {
    /// Usage and settings.
    Phase1,
    /// The whole assessment.
    Phase2,
}

impl PackKind {
    /// Every pack.
    pub const ALL: [Self; 2] = [Self::Phase1, Self::Phase2];

    /// The pack's name, and its file's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phase1 => "phase-1",
            Self::Phase2 => "phase-2",
        }
    }

    /// The phase that it is for.
    pub fn phase(self) -> u8 {
        match self {
            Self::Phase1 => 1,
            Self::Phase2 => 2,
        }
    }
}

/// Who will read the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Anybody: no personal data.
    Public,
    /// People inside the organisations: names and roles too.
    Internal,
    /// The parties themselves: contact details too.
    Full,
}

/// Where the content comes from.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    /// The commit that last changed the folder.
    pub commit: Option<String>,
    /// The day of that commit, or the one that was asked for.
    pub date: Option<String>,
    /// Whether something in the folder is not committed.
    pub is_draft: bool,
    /// tom's version.
    pub tool: String,
    /// Confirmations that a commit of another party's person brought in, as far as history shows.
    #[serde(skip)]
    pub foreign: BTreeSet<(Entry, PartyId)>,
}

/// A label with a text.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// What it says.
    pub text: String,
}

/// An outcome.
#[derive(Debug, Clone, Serialize)]
pub struct OutcomeView {
    /// Its id.
    pub id: String,
    /// In words.
    pub title: String,
    /// Its value in the strict reading.
    pub value: String,
    /// Good, bad, or neither, for the sign that stands beside the value.
    pub tone: &'static str,
    /// What the spreadsheet says, where it differs.
    pub sheet: Option<String>,
    /// The role, for a signatory.
    pub role: Option<String>,
}

/// Outcomes by what they say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcomes {
    /// Results of groups of answers, and levels.
    pub results: Vec<OutcomeView>,
    /// Documents that are needed.
    pub documents: Vec<OutcomeView>,
    /// People who have to sign.
    pub signatories: Vec<OutcomeView>,
    /// What is still to be done.
    pub actions: Vec<OutcomeView>,
    /// What the reader is told.
    pub notices: Vec<OutcomeView>,
    /// Documents, signatories and actions that cannot be known yet.
    pub unknown: Vec<OutcomeView>,
    /// What only the spreadsheet calls for.
    pub sheet_only: Vec<OutcomeView>,
    /// Whether the spreadsheet would say something else somewhere.
    pub differs_from_sheet: bool,
}

/// A rating for readers.
#[derive(Debug, Clone, Serialize)]
pub struct RatingView {
    /// The word.
    pub severity: String,
    /// The word.
    pub likelihood: String,
    /// The class; none where the matrix does not know a word.
    pub class: Option<Class>,
    /// What the class is called.
    pub label: String,
}

/// A mitigation for readers.
#[derive(Debug, Clone, Serialize)]
pub struct MitigationView {
    /// `M1`
    pub key: String,
    /// design, test, training or process.
    pub kind: String,
    /// Who does it.
    pub owner: String,
    /// What it is.
    pub text: String,
    /// How far it has got.
    pub status: String,
    /// Why it was not adopted.
    pub reason: Option<String>,
    /// The causes that it acts on.
    pub causes: Vec<String>,
    /// Where it can be seen.
    pub evidence: Vec<String>,
    /// Whether its owner stands by it, in words.
    pub stands: String,
}

/// A risk for readers.
#[derive(Debug, Clone, Serialize)]
pub struct RiskView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The title of its section.
    pub section: String,
    /// Who owns it.
    pub owner: String,
    /// open, closed, transferred.
    pub status: String,
    /// What can go wrong.
    pub hazard: String,
    /// What that would do.
    pub effect: String,
    /// Causes by key.
    pub causes: Vec<Line>,
    /// Before mitigation.
    pub initial: Option<RatingView>,
    /// After mitigation.
    pub residual: Option<RatingView>,
    /// What the parent's rating was after mitigation, where it differs.
    pub received_residual: Option<RatingView>,
    /// `carried`, `local`, or `carried, changed here`.
    pub origin: &'static str,
    /// Its mitigations.
    pub mitigations: Vec<MitigationView>,
    /// Who has spoken for it.
    pub state: State,
    /// The same in words.
    pub stands: String,
}

/// A cell of the heat map.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// The column.
    pub severity: String,
    /// Its class.
    pub class: Class,
    /// Ids of open risks rated so before mitigation.
    pub initial: Vec<String>,
    /// Ids of open risks rated so after mitigation.
    pub residual: Vec<String>,
}

/// A row of the heat map.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixRow {
    /// The row.
    pub likelihood: String,
    /// From least to most severe.
    pub cells: Vec<Cell>,
}

/// What a class asks for.
#[derive(Debug, Clone, Serialize)]
pub struct ClassView {
    /// 1 to 5.
    pub class: Class,
    /// What it is called.
    pub label: String,
    /// What has to happen.
    pub rule: String,
    /// How many open risks have it before mitigation.
    pub initial: usize,
    /// How many open risks have it after mitigation.
    pub residual: usize,
}

/// The risk matrix with the risks in it.
#[derive(Debug, Clone, Serialize)]
pub struct HeatMap {
    /// From least to most severe.
    pub severity: Vec<String>,
    /// From most to least likely.
    pub rows: Vec<MatrixRow>,
    /// From 5 to 1.
    pub classes: Vec<ClassView>,
}

/// An answer for readers.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// The address.
    pub address: String,
    /// The item's title.
    pub title: String,
    /// What it asks.
    pub asks: String,
    /// must, should or nothing.
    pub level: Option<String>,
    /// The phase that needs it.
    pub phase: u8,
    /// Paragraphs of the answer.
    pub text: Vec<String>,
    /// Column titles, where the answer is a table.
    pub columns: Vec<String>,
    /// Cells by row, where the answer is a table.
    pub rows: Vec<Vec<String>>,
    /// Paragraphs of the notes.
    pub notes: Vec<String>,
    /// Where it can be seen.
    pub evidence: Vec<String>,
    /// Where it stands.
    pub state: State,
    /// Whose it is and who stands by it, in words.
    pub stands: String,
    /// Whether it was carried and is unchanged, was carried and changed, or is local.
    pub origin: &'static str,
    /// Whether it is left out for this audience.
    pub is_left_out: bool,
}

/// A heading with its answers.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// The heading.
    pub title: String,
    /// The answers under it.
    pub answers: Vec<AnswerView>,
}

/// A section for readers.
#[derive(Debug, Clone, Serialize)]
pub struct SectionView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// Its headings.
    pub groups: Vec<GroupView>,
}

/// A stretch of a changed text.
#[derive(Debug, Clone, Serialize)]
pub struct PieceView {
    /// `same`, `removed` or `added`.
    pub tag: &'static str,
    /// The text.
    pub text: String,
}

/// A change for readers.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    /// Where.
    pub address: String,
    /// What it is called.
    pub title: String,
    /// The text, word by word.
    pub pieces: Vec<PieceView>,
}

/// A risk's change for readers.
#[derive(Debug, Clone, Serialize)]
pub struct RiskChangeView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// added, removed or changed.
    pub way: &'static str,
    /// Sentences that say what happened.
    pub says: Vec<String>,
    /// Its texts, word by word.
    pub texts: Vec<ChangeView>,
}

/// An outcome that changed, for readers.
#[derive(Debug, Clone, Serialize)]
pub struct OutcomeChangeView {
    /// What it is called.
    pub title: String,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub after: String,
}

/// Something that was confirmed and is in doubt now, for readers.
#[derive(Debug, Clone, Serialize)]
pub struct InDoubt {
    /// Where.
    pub address: String,
    /// What it is called.
    pub title: String,
    /// Who confirmed it, and what changed since.
    pub why: String,
}

/// What differs from what was received.
#[derive(Debug, Clone, Serialize)]
pub struct ChangesView {
    /// The parent's name.
    pub parent: String,
    /// How many of the organisation's own items are answered.
    pub context: usize,
    /// How many needed answers nobody has given yet.
    pub unanswered: usize,
    /// Risks.
    pub risks: Vec<RiskChangeView>,
    /// Carried answers.
    pub answers: Vec<ChangeView>,
    /// What the rules say otherwise than before.
    pub outcomes: Vec<OutcomeChangeView>,
    /// What somebody stood by and has to look at again.
    pub in_doubt: Vec<InDoubt>,
}

/// An answer of an earlier framework version that has no place in this one.
#[derive(Debug, Clone, Serialize)]
pub struct AsideLine {
    /// Where it stood.
    pub id: String,
    /// The version that it was given under.
    pub version: String,
    /// The item's title then.
    pub title: String,
    /// Why it was set aside.
    pub why: String,
    /// What was said.
    pub said: String,
}

/// A line of the annex.
#[derive(Debug, Clone, Serialize)]
pub struct AnnexLine {
    /// The item.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its section's title.
    pub section: String,
    /// The phase that needs it.
    pub phase: u8,
    /// Its answer in a few words.
    pub answer: String,
    /// Its state, or what it is instead of an answer.
    pub state: String,
}

/// Everything that a pack shows.
#[derive(Debug, Clone, Serialize)]
pub struct Pack {
    /// Version of this model.
    pub schema_version: u32,
    /// `phase-1` or `phase-2`.
    pub kind: &'static str,
    /// The phase's number.
    pub phase: u8,
    /// What the phase is called.
    pub title: String,
    /// What the phase decides.
    pub about: String,
    /// The deployment's folder.
    pub deployment: String,
    /// Its id for life.
    pub id: String,
    /// Its title.
    pub name: String,
    /// Whether it is a baseline.
    pub is_baseline: bool,
    /// The framework's title, id and version.
    pub framework: String,
    /// The framework's digest, short.
    pub framework_digest: String,
    /// Where the content comes from.
    pub provenance: Provenance,
    /// Who it is for.
    pub audience: Audience,
    /// What is left out, in sentences.
    pub left_out: Vec<String>,
    /// The headline's facts.
    pub cover: Vec<Line>,
    /// The parent's name.
    pub parent: Option<String>,
    /// What readers call a risk and a mitigation.
    pub words: Words,
    /// Whether the phase has everything that it needs.
    pub is_ready: bool,
    /// What keeps the phase from being ready: where, and what.
    pub gaps: Vec<Line>,
    /// How many needed answers of this phase, and risks, have each state.
    pub progress: Vec<Progress>,
    /// What the phase's decisions are; none is recorded yet.
    pub decisions: Vec<Line>,
    /// What the rules say.
    pub outcomes: Outcomes,
    /// MUST items answered No.
    pub not_met: Vec<Line>,
    /// MUST items answered N/A.
    pub not_applicable: Vec<Line>,
    /// The risk matrix.
    pub heat_map: HeatMap,
    /// The risk register; empty in phase 1.
    pub risks: Vec<RiskView>,
    /// Whether this pack has the risk register.
    pub has_register: bool,
    /// The answers.
    pub sections: Vec<SectionView>,
    /// What differs from what was received.
    pub changes: Option<ChangesView>,
    /// Every item of the framework.
    pub annex: Vec<AnnexLine>,
    /// Answers of earlier framework versions that have no place in this one.
    pub asides: Vec<AsideLine>,
}

/// What the checklist's readers call things.
#[derive(Debug, Clone, Serialize)]
pub struct Words {
    /// A risk.
    pub risk: String,
    /// A mitigation.
    pub mitigation: String,
    /// A risk's effect.
    pub effect: String,
}

/// How many have a state.
#[derive(Debug, Clone, Serialize)]
pub struct Progress {
    /// The state.
    pub state: State,
    /// The same in words.
    pub label: &'static str,
    /// How many.
    pub count: usize,
}
