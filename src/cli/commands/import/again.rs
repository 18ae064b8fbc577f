//! A checklist that is imported into an assessment that is there already.

use super::{Args, Arrived, Body, Existing, empty, last_change, recorded, sheet_map};
use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::diag::Error;
use crate::exchange::{Book, confirm_again, fields, read_checklist};
use crate::model::{Deployment, DeploymentName, Key, Origin, Received, Revision, Workbook};
use crate::ops::arrival::with_evidence;
use crate::store::Repo;
use std::collections::BTreeMap;

pub(super) fn run(
    args: &Args,
    context: &Context,
    repo: &Repo,
    book: &Book,
    origin: Origin,
    name: &DeploymentName,
) -> Result<Outcome, Error> {
    if args.title.is_some() || args.risk_prefix.is_some() || args.id.is_some() {
        let message = format!("`{name}` is there already, with its own title, prefix and id");
        return Err(Error::new(&USAGE, message)
            .help("leave `--title`, `--risk-prefix` and `--id` out, or choose another name"));
    }
    let existing = Existing::open(args, context, repo, name)?;
    let left = &existing.left;
    let map = sheet_map(&existing.project, &existing.framework.reference())?;
    let read = read_checklist(book, &map, &existing.framework, empty(left.meta.clone(), name), args.formulas);
    let (mut says, mut fates) = (read.right, read.fates);
    let history = std::mem::take(&mut says.meta.history);
    let changed = last_change(&history);
    let came = left.imported.as_deref().cloned().unwrap_or_default();
    confirm_again(&existing.framework, &mut says, (&came, left), &read.stands, &origin, &mut fates);
    let (before, here, now) = (fields(&with(&came, left)), fields(left), fields(&says));
    fates.settle(|at| now.get(at) != here.get(at) && now.get(at) != before.get(at));
    let mut report = Body::new(name, &origin, book.hides_unknown);
    report.outcomes = read.outcomes;
    report.missing_sheets = read.missing;
    let says = Received { answers: says.answers, risks: says.risks };
    let workbook = Workbook {
        history: news(left, history, &origin, came != says),
        base: with_evidence(came, left),
        is_checklist: true,
        origin,
    };
    let over = Some(with(&says, left));
    let says = with_evidence(says, left);
    let (approvals, lost) = (read.approvals, read.lost);
    let replies = Vec::new();
    existing.take(
        args,
        context,
        Arrived { workbook, says, report, book, fates, replies, approvals, lost, over, changed },
    )
}

fn with(content: &Received, left: &Deployment) -> Deployment {
    Deployment { answers: content.answers.clone(), risks: content.risks.clone(), ..left.clone() }
}

/// The entries of the checklist's history that are not here yet, and one for the import where it says something new.
fn news(
    left: &Deployment,
    history: BTreeMap<Key, Revision>,
    origin: &Origin,
    is_new: bool,
) -> BTreeMap<Key, Revision> {
    let mut all = left.meta.history.clone();
    let mut news = BTreeMap::new();
    for (key, entry) in history {
        if !all.values().any(|known| *known == entry) && !all.contains_key(&key) {
            all.insert(key.clone(), entry.clone());
            news.insert(key, entry);
        }
    }
    if is_new {
        news.extend(recorded(&all, origin));
    }
    news
}
