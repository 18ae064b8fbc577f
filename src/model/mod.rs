//! Values of the domain: what a framework, a deployment, an answer and a risk *are*.
//!
//! Nothing here does I/O, reads a clock, or knows where in a file a value stood. Every other room
//! imports this one; it imports none.

mod address;
mod answer;
mod approval;
mod aside;
mod canon;
mod condition;
mod deployment;
mod framework;
mod handover;
mod hazard_map;
mod ids;
mod matrix;
mod merge;
mod pending;
mod record;
mod risk;
mod settings;
mod sheet;

pub use address::{Address, AddressError};
pub use answer::{Answer, Confirmation, Row, Value};
pub use approval::{
    Act, ENCODING, Effect, Moment, Purpose, Recording, STATEMENT_TYPE, Seal, Statement, Verdict,
    statement_name,
};
pub use aside::{Aside, AsideWhy};
pub use canon::{Canonical, Digest, Sink, Tree};
pub use condition::{Condition, DateRef, Subject, Test};
pub use deployment::{Deployment, Kind, Lineage, Meta, Received, Refusal, Revision, Slot};
pub use framework::{
    Agreement, Attached, Cells, Column, Constraint, DEPLOYER, Framework, FrameworkRef, Group, Headline, Item,
    ItemKind, ItemType, Level, Needed, OnDerive, Outcome, OutcomeCase, OutcomeKind, Party, Phase,
    PhaseOutcome, PhaseRole, Process, Profile, ProfileName, SUPPLIER, Scope, Section, Sections, VerdictRule,
};
pub use handover::{Arrival, Came, End, Ledger, Link, Manifest, Reader, Receipt, Sent};
pub use hazard_map::{HazardMap, MeasureColumn, MeasureRows, RatingColumns};
pub use ids::{
    BlockId, DeploymentName, IdError, ItemId, Key, OutcomeId, PartyId, PermanentId, RiskId, SectionId,
};
pub use jiff::civil::Date;
pub use matrix::{Acceptability, Class, Matrix, Rating};
pub use merge::{Holds, Merge3, keyed, merge_sets};
pub use pending::{Decision, Origin, Pending, Reason, Source, Undecided, Waiting, Workbook};
pub use record::{CertificateStatus, Event, EventKind, Record, event_of_key};
pub use risk::{
    Acceptance, Cause, Mitigation, MitigationKind, MitigationStatus, Risk, RiskStatus, Transfer,
    TransferReceipt, TransferWord,
};
pub use settings::{People, Person, PhasePolicy, Policy, Settings};
pub use sheet::{Beside, SheetGroup, SheetHistory, SheetMap, SheetOutcome, SheetPlan, SheetTable};

/// A span of days.
pub fn days(count: i64) -> jiff::Span {
    use jiff::ToSpan;
    count.days()
}

/// The UTC day of a moment in seconds since 1970.
pub fn date_of(seconds: i64) -> Date {
    let epoch = Date::new(1970, 1, 1).and_then(|epoch| epoch.checked_add(days(seconds.div_euclid(86_400))));
    epoch.unwrap_or(Date::MIN)
}
