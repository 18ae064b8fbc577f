//! A workbook that arrives: base is what its sender began with, left the deployment, right what the workbook says.

use super::merge::{self, Change, Side};
use super::update::{Applied, Updated, decisions, digest_of, offered, undecided, waits_for};
use crate::diag::Error;
use crate::model::{Deployment, Framework, Pending, Received, Source, Workbook};
use crate::syntax::Edit;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Merges a workbook into a deployment. `before` is an import of it that still waits: its decisions are kept where they fit.
///
/// # Errors
///
/// Where something else waits for decisions.
pub fn arrive(
    deployment: &Deployment,
    framework: &Framework,
    workbook: Workbook,
    says: Received,
    before: Option<&Pending>,
) -> Result<Updated, Error> {
    match before.map(|before| &before.source) {
        Some(Source::Workbook(known)) if known.origin.digest == workbook.origin.digest => {}
        Some(other) => return Err(waits_for(deployment, other.name())),
        None => {}
    }
    let merged = offered(framework, (&workbook.base).into(), deployment.into(), (&says).into());
    if merged.is_clean() {
        return Ok(Updated::Applied(Box::new(applied(deployment, merged.changes, &workbook, says))));
    }
    let pending = Pending {
        left: digest_of(deployment),
        conflicts: undecided(&merged, before),
        refused: BTreeMap::new(),
        received: says,
        source: Source::Workbook(Box::new(workbook)),
    };
    Ok(Updated::Waits(Box::new(pending), merged))
}

/// The import, once every conflict is decided; none where it is an update from a parent that waits.
pub(super) fn finish(
    deployment: &Deployment,
    framework: &Framework,
    pending: &Pending,
) -> Result<Option<Applied>, Error> {
    let Source::Workbook(workbook) = &pending.source else { return Ok(None) };
    let sides = (Side::from(&workbook.base), Side::from(deployment), Side::from(&pending.received));
    let decisions = decisions((deployment, framework), pending, sides, &mut BTreeMap::new())?;
    let changes = merge::decided(framework, sides, decisions);
    Ok(Some(applied(deployment, changes, workbook, pending.received.clone())))
}

fn applied(deployment: &Deployment, changes: Vec<Change>, workbook: &Workbook, says: Received) -> Applied {
    let content = merge::apply(deployment.into(), &changes);
    let mut after = Deployment { answers: content.answers, risks: content.risks, ..deployment.clone() };
    after.meta.history.extend(workbook.history.clone());
    if workbook.is_checklist {
        after.imported = Some(Arc::new(without_evidence(says)));
    }
    Applied { deployment: after, changes, refused: Vec::new() }
}

/// What a checklist says of answers: it has no place for their evidence, so that what is here stays.
pub fn with_evidence(mut says: Received, left: &Deployment) -> Received {
    for (slot, answer) in &mut says.answers {
        answer.evidence = left.answers.get(slot).map(|here| here.evidence.clone()).unwrap_or_default();
    }
    says
}

fn without_evidence(mut says: Received) -> Received {
    says.answers.values_mut().for_each(|answer| answer.evidence.clear());
    says
}

/// The edits of `deployment.toml` that new entries of the document's history make.
pub fn history_edits(before: &Deployment, after: &Deployment) -> Vec<Edit> {
    let text = |text: &str| crate::model::Value::Text(text.to_owned());
    let new = after.meta.history.iter().filter(|(key, _)| !before.meta.history.contains_key(*key));
    new.flat_map(|(key, entry)| {
        let route = |name: &str| vec!["history".to_owned(), key.to_string(), name.to_owned()];
        [
            Edit::Set(route("on"), crate::model::Value::Date(entry.on)),
            Edit::Set(route("by"), text(&entry.by)),
            Edit::Set(route("text"), text(&entry.text)),
        ]
    })
    .collect()
}
