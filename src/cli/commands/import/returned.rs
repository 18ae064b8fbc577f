//! A workbook of tom's own that comes back.

use super::report::Conflict;
use super::{Args, Body, show};
use crate::cli::Outcome;
use crate::cli::codes::{UNCOMMITTED, USAGE};
use crate::cli::context::Context;
use crate::diag::{Error, Label};
use crate::exchange::{
    Accepts, Book, Origin, Returned, Seen, changed_facts, confirm, deployment_of, merge_own, read_own,
};
use crate::model::{Address, Deployment, Framework, Settings};
use crate::ops::accept::{Accepting, accept};
use crate::ops::merge::{Merged, files as merge_files};
use crate::project::{Project, folder_of};
use crate::store::{Replacement, Repo};
use crate::syntax::{Edit, edit, route_of};
use std::collections::BTreeMap;

pub(super) fn run(
    args: &Args,
    context: &Context,
    repo: &Repo,
    book: &Book,
    origin: &Origin,
) -> Result<Outcome, Error> {
    let name = args.deployment.clone().or_else(|| deployment_of(book));
    let name = name
        .ok_or_else(|| Error::new(&USAGE, "the workbook names no assessment").help("name one with `--as`"))?;
    let name = super::super::name(&name)?;
    // The lock is taken before anything is read, so that nothing can change between reading and writing.
    let writer = context.writer(repo)?;
    let project = context.sound_project(repo, None)?;
    let (left, framework) = super::super::sound(&project, &name)?;
    let changed = repo.uncommitted(&folder_of(&name))?;
    if let Some(first) = changed.first().filter(|_| !args.allow_dirty && !args.dry_run) {
        return Err(Error::new(&UNCOMMITTED, format!("`{name}` has changes that are not committed"))
            .at(Label::file(first))
            .help("commit them first, so that git can undo the import, or say `--allow-dirty`"));
    }
    let mut returned = read_own(book, &framework, &left, args.formulas)?;
    let (merged, mut deployment) = merge_own(&framework, &left, &returned);
    if merged.is_clean() {
        let changed = deployment.clone();
        voices(&framework, project.settings(), &mut deployment, &mut returned, origin);
        let files = files(&project, &framework, &left, &merged, &said(&changed, &deployment))?;
        if !args.dry_run {
            writer.replace_all(&files)?;
        }
    }
    let mut report = Body::new(&left.name, origin, returned.fates.told(book), book.hides_unknown);
    report.dry_run = args.dry_run || !merged.is_clean();
    report.conflicts = conflicts(&merged);
    report.gone_lines = returned.gone;
    Ok(show(report, args, context))
}

fn conflicts(merged: &Merged) -> Vec<Conflict> {
    let each = merged.conflicts.iter();
    each.map(|c| Conflict { address: c.place.address().to_string(), why: c.why.as_str().to_owned() })
        .collect()
}

/// Confirmations and acceptances that the workbook gives, as far as they can hold over what it says.
fn voices(
    framework: &Framework,
    settings: &Settings,
    deployment: &mut Deployment,
    returned: &mut Returned,
    origin: &Origin,
) {
    let mut facts = returned.facts.clone();
    facts.extend(changed_facts(&returned.base, &returned.right, framework));
    let seen = Seen { sent: &returned.right, facts };
    confirm(framework, deployment, &returned.stands, Some(&seen), origin, &mut returned.fates);
    for wish in &returned.accepts {
        let Accepts { risk, by, role, until, reason, .. } = wish;
        let who = Accepting {
            by: by.clone(),
            role: role.clone(),
            on: origin.on,
            until: *until,
            reason: reason.clone(),
        };
        match accept(deployment, framework, settings, risk, &who) {
            Ok(acceptance) => {
                if let Some(risk) = deployment.risks.get_mut(risk) {
                    risk.acceptance = Some(acceptance);
                }
            }
            Err(error) => returned.fates.refuse_acceptance(wish, error.finding().message.clone()),
        }
    }
}

/// The files as they are to be: what the merge changes, then what the workbook's givers say.
fn files(
    project: &Project,
    framework: &Framework,
    left: &Deployment,
    merged: &Merged,
    said: &[(Address, Edit)],
) -> Result<Vec<Replacement>, Error> {
    let folder = folder_of(&left.name);
    let read = |path: &str| project.store().read(path);
    let mut files: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    for change in merge_files(&folder, framework, &merged.changes, read)? {
        files.insert(change.path, change.after);
    }
    for (address, change) in said {
        let file = match framework.item(&address.subject) {
            Some(item) => format!("{folder}/{}.toml", item.section),
            None => format!("{folder}/risks/{}.toml", address.subject),
        };
        let bytes = match files.remove(&file) {
            Some(bytes) => bytes,
            None => read(&file)?,
        };
        files.insert(file.clone(), Some(edit(&file, &bytes.unwrap_or_default(), change)?));
    }
    Ok(files.into_iter().map(|(path, after)| Replacement { path, after }).collect())
}

/// Confirmations and acceptances that are new.
fn said(left: &Deployment, merged: &Deployment) -> Vec<(Address, Edit)> {
    let mut edits = Vec::new();
    let mut put = |at: Address,
                   is_risk: bool,
                   old: Option<&BTreeMap<_, _>>,
                   new: &BTreeMap<crate::model::PartyId, crate::model::Confirmation>| {
        for (party, confirmation) in new {
            if old.and_then(|old| old.get(party)) != Some(confirmation) {
                let route = route_of(&at.clone().then("confirmed").then(party.as_str()), is_risk);
                edits.push((at.clone(), Edit::Confirm(route, confirmation.clone())));
            }
        }
    };
    for (slot, answer) in &merged.answers {
        put(slot.address(), false, left.answers.get(slot).map(|old| &old.confirmed), &answer.confirmed);
    }
    for (id, risk) in &merged.risks {
        let Some(old) = left.risks.get(id) else { continue };
        put(Address::of(id), true, Some(&old.confirmed), &risk.confirmed);
        for (key, m) in &risk.mitigations {
            let at = Address::of(id).then("mitigations").then(key.as_str());
            put(at, true, old.mitigations.get(key).map(|old| &old.confirmed), &m.confirmed);
        }
    }
    for (id, risk) in &merged.risks {
        let is_new = left.risks.get(id).is_some_and(|old| old.acceptance != risk.acceptance);
        if let Some(acceptance) = risk.acceptance.clone().filter(|_| is_new) {
            edits.push((Address::of(id), Edit::Accept(acceptance)));
        }
    }
    edits
}
