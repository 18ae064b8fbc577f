//! What became of a deployment, or of one risk or answer of it, commit by commit: when, who, what moved by meaning, and
//! in which ancestor it began.

use super::diff::FieldChange;
use super::fields::{Fields, of_answer, of_risk};
use crate::diag::{Code, Error, Severity};
use crate::model::{Address, DeploymentName, Framework, Lineage, OnDerive, date_of};
use crate::project::{Files, Folder, Past, Said, Step};
use crate::store::{ObjectId, PastCommit};
use std::collections::{BTreeMap, BTreeSet};

/// There is nothing of this name to tell a history of.
pub static NO_HISTORY: Code = Code {
    id: "TOM-0906",
    severity: Severity::Error,
    title: "there is no history of this",
    explain: "History is read from commits. The item, risk or field is not in the deployment at the commit that was asked for: it may be \
uncommitted, gone, or spelt differently. `tom show D` and `tom list` show what there is; `--rev` names an earlier commit.",
};

/// A commit, as history names it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// The UTC day on which it was written.
    pub date: String,
    /// Who wrote it.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

impl From<&PastCommit> for Commit {
    fn from(commit: &PastCommit) -> Self {
        Self {
            id: commit.id.to_string(),
            date: date_of(commit.seconds).to_string(),
            author: commit.author.clone(),
            subject: commit.subject.clone(),
        }
    }
}

/// What sort of entry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The deployment was made, from nothing.
    Created,
    /// The oldest commit that is here, as in a shallow clone: what is told may be older.
    Oldest,
    /// The deployment was derived; what differs from its parent then is told.
    Derived,
    /// Something changed.
    Changed,
    /// Something changed, with what a parent or another hand sent.
    Updated,
    /// A merge says something that its sides do not lead to by themselves.
    Merged,
}

/// One commit's part in the history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The deployment, as it was called then.
    pub deployment: DeploymentName,
    /// The commit.
    pub commit: Commit,
    /// What sort of entry it is.
    pub what: What,
    /// What the folder was called before, where this commit renamed it.
    pub renamed_from: Option<DeploymentName>,
    /// What moved.
    pub fields: Vec<FieldChange>,
    /// Files that could not be read in whole at this commit or before it: what moved in them is not known in whole.
    pub unread: Vec<String>,
}

/// Why a history goes back no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndKind {
    /// It began there.
    Began,
    /// Each deployment answers it anew.
    AskedAnew,
    /// Earlier commits are not here, as in a shallow clone.
    Shallow,
    /// The parent is not in this repository.
    Elsewhere,
    /// The parent's own history goes on, under its own name.
    Parent,
}

/// The end of a history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct End {
    /// Why it ends.
    pub kind: EndKind,
    /// The deployment in which it ends.
    pub deployment: DeploymentName,
    /// In words.
    pub text: String,
}

/// A history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Log {
    /// What each commit did.
    pub entries: Vec<Entry>,
    /// Why it goes back no further.
    pub ends: Vec<End>,
}

/// A field with the commit that last changed what it means.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Blamed {
    /// The field.
    pub address: Address,
    /// What it says.
    pub value: String,
    /// The deployment in which it was last changed, as it was called then.
    pub deployment: DeploymentName,
    /// The commit that did.
    pub commit: Commit,
    /// Whether what came before that commit is not here or cannot be read, so that it may be older.
    pub is_cut: bool,
}

/// Something that a history is asked of.
#[derive(Debug, Clone)]
pub struct Question {
    /// A risk, an answer or a field of one; the whole deployment if there is none.
    pub address: Option<Address>,
    files: Files,
    is_own: bool,
}

impl Question {
    /// A question about a deployment or something in it.
    pub fn new(framework: &Framework, address: Option<Address>) -> Self {
        let item = address.as_ref().and_then(|address| framework.item(&address.subject));
        let files = match (&address, item) {
            (None, _) => Files::All,
            (Some(_), Some(item)) => Files::One(format!("{}.toml", item.section)),
            (Some(address), None) => Files::One(format!("risks/{}.toml", address.subject)),
        };
        let is_own = item.is_some_and(|item| item.on_derive != OnDerive::Keep);
        Self { address, files, is_own }
    }

    /// Whether a field is asked about.
    fn covers(&self, address: &Address) -> bool {
        self.address.as_ref().is_none_or(|asked| {
            asked.subject == address.subject
                && (asked.row.is_none() || asked.row == address.row)
                && address.field.starts_with(&asked.field)
        })
    }

    fn fields(&self, said: &Said, framework: &Framework) -> Fields {
        let answers = said.answers.iter().flat_map(|(slot, answer)| of_answer(slot, answer));
        let risks = said.risks.iter().flat_map(|(id, risk)| of_risk(id, risk, &framework.matrix));
        answers.chain(risks).filter(|(address, _)| self.covers(address)).collect()
    }
}

/// Where the history of a derived deployment goes on, or why it does not.
enum Beyond {
    Parent(ObjectId, DeploymentName),
    End(EndKind, String),
}

/// The history of what is asked, from a commit back.
pub fn log(past: &Past<'_>, from: ObjectId, name: &DeploymentName, asked: &Question) -> Result<Log, Error> {
    let mut log = Log { entries: Vec::new(), ends: Vec::new() };
    let mut next = Some((from, name.clone()));
    let mut seen = BTreeSet::new();
    while let Some((from, name)) = next.take() {
        let steps = past.steps(from, &name)?;
        for step in &steps.all {
            if !step.before.is_empty() {
                log.entries.extend(entry(past, step, asked)?);
                continue;
            }
            let (entry, beyond) = first(past, step, asked)?;
            log.entries.extend(entry);
            match beyond {
                Beyond::End(kind, text) => {
                    log.ends.push(End { kind, deployment: step.folder.name.clone(), text });
                }
                // A circle of lineages cannot come about by deriving, and would not end.
                Beyond::Parent(at, parent) => {
                    if seen.insert((at, parent.clone())) {
                        next = Some((at, parent));
                    }
                }
            }
        }
    }
    Ok(log)
}

fn moved(before: &Fields, after: &Fields) -> Vec<FieldChange> {
    let addresses: BTreeSet<&Address> = before.keys().chain(after.keys()).collect();
    addresses
        .into_iter()
        .filter(|address| before.get(*address) != after.get(*address))
        .map(|address| FieldChange {
            address: address.clone(),
            before: before.get(address).cloned(),
            after: after.get(address).cloned(),
        })
        .collect()
}

/// Fields before and after, of the files that differ.
fn both(
    past: &Past<'_>,
    before: &Folder,
    after: &Folder,
    asked: &Question,
) -> Result<(Fields, Fields, Vec<String>), Error> {
    let (left, right) = past.both(before.tree, after.tree, &asked.files)?;
    let mut unread: Vec<String> = left.unread.iter().chain(&right.unread).cloned().collect();
    unread.sort();
    unread.dedup();
    let fields = |said: &Said, tree: ObjectId| -> Result<Fields, Error> {
        if !unread.is_empty() && asked.address.is_some() {
            return Ok(Fields::new());
        }
        Ok(past.framework(tree)?.map(|framework| asked.fields(said, &framework)).unwrap_or_default())
    };
    Ok((fields(&left, before.tree)?, fields(&right, after.tree)?, unread))
}

/// What a commit after the first did to what is asked; none where that is nothing.
fn entry(past: &Past<'_>, step: &Step, asked: &Question) -> Result<Option<Entry>, Error> {
    let renamed_from =
        step.before.iter().map(|before| &before.folder.name).find(|name| **name != step.folder.name);
    let mut entry = Entry {
        deployment: step.folder.name.clone(),
        commit: Commit::from(&step.commit),
        what: What::Changed,
        renamed_from: renamed_from.cloned(),
        fields: Vec::new(),
        unread: Vec::new(),
    };
    if let [before] = &step.before[..] {
        let (left, right, unread) = both(past, &before.folder, &step.folder, asked)?;
        entry.fields = moved(&left, &right);
        entry.unread = unread;
        if past.received_again(before.folder.tree, step.folder.tree)? {
            entry.what = What::Updated;
        }
    } else {
        entry.what = What::Merged;
        (entry.fields, entry.unread) = settled(past, step, asked)?;
    }
    let is_something = !entry.fields.is_empty() || !entry.unread.is_empty() || entry.renamed_from.is_some();
    Ok(is_something.then_some(entry))
}

/// What a merge says that does not follow from its sides: where they agree, that; where one alone changed something
/// since they parted, the change; where both did, nothing follows, and what was chosen is told.
fn settled(past: &Past<'_>, step: &Step, asked: &Question) -> Result<(Vec<FieldChange>, Vec<String>), Error> {
    let mut unread = Vec::new();
    let mut read = |tree: ObjectId| -> Result<Fields, Error> {
        let said = past.said(tree, &asked.files)?;
        unread.extend(said.unread.clone());
        Ok(past.framework(tree)?.map(|framework| asked.fields(&said, &framework)).unwrap_or_default())
    };
    let after = read(step.folder.tree)?;
    let sides: Vec<Fields> =
        step.before.iter().map(|before| read(before.folder.tree)).collect::<Result<_, _>>()?;
    let base = match past.base(&step.commit, &step.folder)? {
        Some(tree) => Some(read(tree)?),
        None => None,
    };
    let addresses: BTreeSet<&Address> = sides.iter().flat_map(Fields::keys).chain(after.keys()).collect();
    let first = sides.first().cloned().unwrap_or_default();
    let mut moved = Vec::new();
    for address in addresses {
        let said: BTreeSet<Option<&String>> = sides.iter().map(|side| side.get(address)).collect();
        let old = base.as_ref().map(|base| base.get(address));
        let new: Vec<Option<&String>> = said.iter().copied().filter(|text| Some(*text) != old).collect();
        let follows = match (&said.iter().collect::<Vec<_>>()[..], &new[..]) {
            ([only], _) => Some(**only),
            (_, [only]) => Some(*only),
            _ => None,
        };
        if follows != Some(after.get(address)) {
            moved.push(FieldChange {
                address: address.clone(),
                before: first.get(address).cloned(),
                after: after.get(address).cloned(),
            });
        }
    }
    // A change that the merge took from elsewhere than its first side is that side's, and told there.
    unread.sort();
    unread.dedup();
    Ok((moved, unread))
}

/// The first commit of a deployment: what it says there that its parent did not, and where its history goes on.
fn first(past: &Past<'_>, step: &Step, asked: &Question) -> Result<(Option<Entry>, Beyond), Error> {
    let (said, framework) = (past.said(step.folder.tree, &asked.files)?, past.framework(step.folder.tree)?);
    let here = framework.map(|framework| asked.fields(&said, &framework)).unwrap_or_default();
    let lineage = past.meta(step.folder.tree)?.and_then(|meta| meta.derived_from.clone());
    let mut entry = Entry {
        deployment: step.folder.name.clone(),
        commit: Commit::from(&step.commit),
        what: if lineage.is_some() { What::Derived } else { What::Created },
        renamed_from: None,
        fields: Vec::new(),
        unread: said.unread.clone(),
    };
    let short = entry.commit.id[..12].to_owned();
    let name = &step.folder.name;
    if step.commit.is_cut {
        entry.what = What::Oldest;
        let text = format!("commits before {short} are not here: `git fetch --unshallow` gets them");
        entry.fields = moved(&Fields::new(), &here);
        return Ok((Some(entry), Beyond::End(EndKind::Shallow, text)));
    }
    let Some(lineage) = lineage else {
        entry.fields = moved(&Fields::new(), &here);
        let is_there = asked.address.is_none() || !here.is_empty();
        return Ok((
            is_there.then_some(entry),
            Beyond::End(EndKind::Began, format!("`{name}` was made in {short}, from no other deployment")),
        ));
    };
    let beyond = beyond(past, step, &lineage, asked)?;
    let before = match &beyond {
        Beyond::Parent(at, parent) => at_commit(past, *at, parent, asked)?,
        Beyond::End(..) => None,
    };
    let (kept, beyond) = match before {
        // It is the parent's too, so its history goes on there.
        Some(before) if !before.is_empty() => (before, beyond),
        Some(_) => {
            let text = format!("it began in `{name}`: its parent `{}` does not have it", lineage.deployment);
            (Fields::new(), Beyond::End(EndKind::Began, text))
        }
        None => (Fields::new(), beyond),
    };
    entry.fields = moved(&kept, &here);
    let is_there = asked.address.is_none() || !here.is_empty() || !kept.is_empty();
    Ok((is_there.then_some(entry), beyond))
}

/// What is asked, as a commit has it; none where the deployment is not there.
fn at_commit(
    past: &Past<'_>,
    at: ObjectId,
    name: &DeploymentName,
    asked: &Question,
) -> Result<Option<Fields>, Error> {
    let Some(tree) = past.tree(at, name)? else { return Ok(None) };
    let said = past.said(tree, &asked.files)?;
    Ok(past.framework(tree)?.map(|framework| asked.fields(&said, &framework)))
}

/// Where the history of a derived deployment goes on.
fn beyond(past: &Past<'_>, step: &Step, lineage: &Lineage, asked: &Question) -> Result<Beyond, Error> {
    let parent = &lineage.deployment;
    if asked.is_own {
        let text = format!("each deployment answers it anew, so what `{parent}` said is not its history");
        return Ok(Beyond::End(EndKind::AskedAnew, text));
    }
    // A squash or a rebase gives commits new names; the parent as it stood when its child was made is as good.
    let recorded = lineage.commit.as_deref().and_then(|commit| past.find(commit));
    let places = recorded.into_iter().chain([step.commit.id]).chain(step.commit.parents.iter().copied());
    for at in places {
        if let Some(name) = past.name_of(at, parent, &lineage.id)? {
            if asked.address.is_none() {
                let text = format!(
                    "derived from `{name}`, whose own history is: `tom log {name} --rev {}`",
                    &at.to_string()[..12]
                );
                return Ok(Beyond::End(EndKind::Parent, text));
            }
            return Ok(Beyond::Parent(at, name));
        }
    }
    let commit = lineage.commit.as_deref().map(|commit| commit.get(..12).unwrap_or(commit));
    let seen = commit.map(|commit| format!(" at {commit}")).unwrap_or_default();
    let text = format!(
        "derived from `{parent}`, seen{seen}, which is not in this repository: what came from there is in `received.toml`"
    );
    Ok(Beyond::End(EndKind::Elsewhere, text))
}

/// What stands at a commit that could be asked for, and whether the file of what was asked cannot be read there.
pub fn askable(
    past: &Past<'_>,
    at: ObjectId,
    name: &DeploymentName,
    asked: &Question,
) -> Result<(BTreeSet<String>, bool), Error> {
    let Some(tree) = past.tree(at, name)? else { return Ok((BTreeSet::new(), false)) };
    let Some(framework) = past.framework(tree)? else { return Ok((BTreeSet::new(), false)) };
    let is_unread = !past.said(tree, &asked.files)?.unread.is_empty();
    let everything = Question { address: None, files: Files::All, is_own: false };
    let fields = everything.fields(&past.said(tree, &Files::All)?, &framework);
    let subjects = fields.keys().map(|address| address.subject.clone());
    let addresses = fields.keys().map(ToString::to_string).chain(subjects).collect();
    Ok((addresses, is_unread))
}

/// For each field that is asked, the commit that last changed what it means; those of newer commits first.
pub fn blame(
    past: &Past<'_>,
    from: ObjectId,
    name: &DeploymentName,
    asked: &Question,
) -> Result<Vec<Blamed>, Error> {
    let values = at_commit(past, from, name, asked)?.unwrap_or_default();
    let mut blamed = Vec::new();
    let mut next = Some((from, name.clone(), values.keys().cloned().collect::<BTreeSet<Address>>()));
    let mut seen = BTreeSet::new();
    while let Some((from, name, open)) = next.take().filter(|(.., open)| !open.is_empty()) {
        let steps = past.steps(from, &name)?;
        // The fields that a step has to answer for. Steps come before those that they follow.
        let mut pending: BTreeMap<usize, BTreeSet<Address>> = BTreeMap::from([(steps.newest, open)]);
        for (number, step) in steps.all.iter().enumerate() {
            let Some(mut open) = pending.remove(&number) else { continue };
            let mut is_cut = step.before.is_empty() && step.commit.is_cut;
            for before in &step.before {
                let (left, right, unread) = both(past, &before.folder, &step.folder, asked)?;
                // Beyond a file that cannot be read, nobody knows whether it said the same.
                is_cut |= !unread.is_empty();
                let changed: BTreeSet<Address> = match unread.is_empty() {
                    true => moved(&left, &right).into_iter().map(|moved| moved.address).collect(),
                    false => open.clone(),
                };
                let kept: BTreeSet<Address> = open.difference(&changed).cloned().collect();
                open.retain(|address| changed.contains(address));
                pending.entry(before.step).or_default().extend(kept);
            }
            if step.before.is_empty() && !step.commit.is_cut {
                let lineage = past.meta(step.folder.tree)?.and_then(|meta| meta.derived_from.clone());
                let beyond = lineage.map(|lineage| beyond(past, step, &lineage, asked)).transpose()?;
                if let Some(Beyond::Parent(at, parent)) = beyond
                    && seen.insert((at, parent.clone()))
                {
                    let there = at_commit(past, at, &parent, asked)?.unwrap_or_default();
                    let (older, here) = open.into_iter().partition(|a| there.get(a) == values.get(a));
                    open = here;
                    next = Some((at, parent, older));
                }
            }
            blamed.extend(open.into_iter().map(|address| Blamed {
                value: values.get(&address).cloned().unwrap_or_default(),
                address,
                deployment: step.folder.name.clone(),
                commit: Commit::from(&step.commit),
                is_cut,
            }));
        }
    }
    Ok(blamed)
}
