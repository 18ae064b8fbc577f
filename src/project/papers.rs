//! What was decided and recorded of a deployment, read together: whoever judges the one has to know what is wrong with the other.

use super::{EvidenceFiles, Held, Project, record, statements};
use crate::diag::{Error, Finding};
use crate::model::{Deployment, DeploymentName, Moment, Record};
use crate::store::{Repo, Store};
use std::collections::{BTreeMap, BTreeSet};

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
    /// When the commits were made that statements name, as far as they are here.
    pub commits: BTreeMap<String, Moment>,
    /// Other deployments of the same permanent id, by which statements bind.
    pub twins: Vec<DeploymentName>,
}

impl Papers<'_> {
    /// The same, knowing which other deployments of a project statements could be of.
    pub fn among(mut self, project: &Project, own: &Deployment) -> Self {
        if !self.held.is_empty() {
            let same = project.of_id(&own.meta.id).iter();
            self.twins = same.filter(|name| **name != own.name).cloned().collect();
        }
        self
    }

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

/// Reads what was decided and recorded of a deployment. The repository tells when the commits were made that statements name.
///
/// # Errors
/// What the store cannot read: nobody knows then what was decided.
pub fn papers<'s>(
    store: &'s dyn Store,
    repo: Option<&Repo>,
    name: &DeploymentName,
) -> Result<Papers<'s>, Error> {
    let (held, broken) = statements(store, name)?;
    let (record, unrecorded) = record(store, name)?;
    let named: BTreeSet<&String> = held.iter().filter_map(|held| held.statement.commit.as_ref()).collect();
    let made = |id: &String| Some((id.clone(), Moment(repo?.made(id)?)));
    let commits = named.into_iter().filter_map(made).collect();
    Ok(Papers {
        held,
        broken,
        record,
        unrecorded,
        evidence: EvidenceFiles::of(store),
        commits,
        twins: Vec::new(),
    })
}
