//! How the columns of a hazard log are read.

use super::{MitigationKind, MitigationStatus, PartyId};

/// The columns of a rating, by words of their headings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RatingColumns {
    /// How bad.
    pub severity: Option<String>,
    /// How likely.
    pub likelihood: Option<String>,
    /// The class as somebody typed it, which is compared and never taken.
    pub class: Option<String>,
}

/// A column that holds mitigations of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureColumn {
    /// Words of its heading.
    pub heading: String,
    /// Their sort.
    pub kind: MitigationKind,
    /// How far they have got.
    pub status: MitigationStatus,
    /// Who has to do them; the owner of the risk where none is said.
    pub owner: Option<PartyId>,
}

/// The columns of a log with a row for each mitigation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeasureRows {
    /// The mitigation's own number.
    pub key: Option<String>,
    /// The mitigation.
    pub text: Option<String>,
    /// Its sort, in words.
    pub kind: Option<String>,
    /// Who has to do it.
    pub owner: Option<String>,
    /// How far it has got.
    pub status: Option<String>,
    /// The number of the cause that it acts on.
    pub cause_key: Option<String>,
    /// The cause.
    pub cause: Option<String>,
}

/// How a hazard log is read: columns by words of their headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HazardMap {
    /// What it is for.
    pub about: String,
    /// Words of the sheet's name.
    pub sheet: Option<String>,
    /// The hazard's number, which stays for life.
    pub number: String,
    /// Its name.
    pub title: String,
    /// What can go wrong.
    pub hazard: String,
    /// What that would do.
    pub effect: String,
    /// How it can come about.
    pub causes: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Where it stands.
    pub status: Option<String>,
    /// Where mitigations can be seen.
    pub evidence: Option<String>,
    /// Columns that are known and left out.
    pub ignore: Vec<String>,
    /// Before mitigation.
    pub initial: RatingColumns,
    /// After mitigation.
    pub residual: RatingColumns,
    /// Columns of mitigations, where a row is a hazard.
    pub measures: Vec<MeasureColumn>,
    /// Columns of a mitigation, where a row is one.
    pub rows: Option<MeasureRows>,
}
