//! What was decided and recorded of a deployment, read together: whoever judges the one has to know what is wrong with the other.

use super::{EvidenceFiles, Held, record, statements};
use crate::diag::{Error, Finding};
use crate::model::{DeploymentName, Record};
use crate::store::Store;

/// The statements and the record of a deployment, as their files are.
pub struct Papers<'s> {
    /// The statements that can be read, in the order of their files.
    pub held: Vec<Held>,
    /// What is wrong with files of statements. One that cannot be relied on may be a refusal.
    pub broken: Vec<Finding>,
    /// What happened; nothing where it could not be read.
    pub record: Record,
    /// What is wrong with the record.
    pub unrecorded: Vec<Finding>,
    /// The files that statements may rest on.
    pub evidence: EvidenceFiles<'s>,
}

impl Papers<'_> {
    /// Nothing, if everything could be relied on.
    ///
    /// # Errors
    /// The first thing that cannot.
    pub fn sound(&self) -> Result<(), Error> {
        match self.broken.iter().chain(&self.unrecorded).find(|finding| finding.is_error()) {
            Some(finding) => Err(finding.clone().into()),
            None => Ok(()),
        }
    }
}

/// Reads what was decided and recorded of a deployment.
///
/// # Errors
/// What the store cannot read: nobody knows then what was decided.
pub fn papers<'s>(store: &'s dyn Store, name: &DeploymentName) -> Result<Papers<'s>, Error> {
    let (held, broken) = statements(store, name)?;
    let (record, unrecorded) = record(store, name)?;
    Ok(Papers { held, broken, record, unrecorded, evidence: EvidenceFiles::of(store) })
}
