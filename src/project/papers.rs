//! What was decided and recorded of a deployment, read together: whoever judges the one has to know what is wrong with the other.

use super::{APPROVALS, EvidenceFiles, Held, Project, SETTINGS, folder_of, record, statements};
use crate::diag::{Error, Finding};
use crate::model::{Deployment, DeploymentName, Moment, Record, Settings};
use crate::store::{Introduced, Repo, Store};
use crate::syntax::{Document, read_settings};
use std::cell::OnceCell;
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
    /// When a history had each statement.
    pub seen: Seen<'s>,
    /// Other deployments of the same permanent id, by which statements bind.
    pub twins: Vec<DeploymentName>,
}

/// When a history that is relied on had statements: that of the base, or else of the state that is read, whose people and keys are relied on as well.
/// The history is walked when that is first asked for, which only a key that runs out makes necessary.
pub struct Seen<'s> {
    history: Option<(&'s Repo, String)>,
    folder: String,
    known: OnceCell<Result<Option<BTreeMap<String, Introduced>>, Error>>,
}

impl Seen<'_> {
    /// The moment by which the file of a statement was there; none where no history tells.
    pub fn by(&self, path: &str) -> Option<Moment> {
        self.introduced(path).map(|since| Moment(since.seconds))
    }

    /// The settings of the commit that brought the file of a statement; none where no history tells.
    pub fn settings_then(&self, path: &str) -> Option<Settings> {
        let then = self.introduced(path)?;
        let bytes = self.history()?.0.at(&then.commit).ok()?.read(SETTINGS).ok()??;
        read_settings(&Document::parse(SETTINGS, &bytes).ok()?).0
    }

    /// Whether the file ever stood there; none where no history tells.
    pub fn ever_had(&self, path: &str) -> Option<bool> {
        let (repo, revision) = self.history()?;
        repo.ever_had(revision, path).ok()?
    }

    /// Whether the history was asked for and is not all here, as in a shallow clone.
    pub fn is_cut_off(&self) -> bool {
        matches!(self.known.get(), Some(Ok(None)))
    }

    /// What kept the history from being read.
    pub fn error(&self) -> Option<Error> {
        self.known.get().and_then(|known| known.as_ref().err().cloned())
    }

    fn introduced(&self, path: &str) -> Option<&Introduced> {
        let known = self.known.get_or_init(|| self.walk()).as_ref().ok()?.as_ref()?;
        known.get(path.strip_prefix(&self.folder)?.strip_prefix('/')?)
    }

    fn history(&self) -> Option<&(&Repo, String)> {
        self.history.as_ref().filter(|(repo, revision)| revision != "HEAD" || !repo.is_unborn())
    }

    fn walk(&self) -> Result<Option<BTreeMap<String, Introduced>>, Error> {
        match self.history() {
            Some((repo, revision)) => repo.introduced(revision, &self.folder),
            None => Ok(Some(BTreeMap::new())),
        }
    }
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

/// Reads what was decided and recorded of a deployment. The repository tells when the commits were made that statements name, and the history of the
/// revision when statements were there.
///
/// # Errors
/// What the store cannot read: nobody knows then what was decided.
pub fn papers<'s>(
    store: &'s dyn Store,
    history: Option<(&'s Repo, &str)>,
    name: &DeploymentName,
) -> Result<Papers<'s>, Error> {
    let (held, broken) = statements(store, name)?;
    let (record, unrecorded) = record(store, name)?;
    let named: BTreeSet<&String> = held.iter().filter_map(|held| held.statement.commit.as_ref()).collect();
    let made = |id: &String| Some((id.clone(), Moment(history?.0.made(id)?)));
    let commits = named.into_iter().filter_map(made).collect();
    Ok(Papers {
        held,
        broken,
        record,
        unrecorded,
        evidence: EvidenceFiles::of(store),
        commits,
        seen: Seen {
            history: history.map(|(repo, revision)| (repo, revision.to_owned())),
            folder: format!("{}/{APPROVALS}", folder_of(name)),
            known: OnceCell::new(),
        },
        twins: Vec::new(),
    })
}
