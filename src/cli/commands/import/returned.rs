//! A workbook of tom's own that comes back.

use super::{Args, Arrived, Existing};
use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::diag::Error;
use crate::exchange::{Accepts, Book, Lost, Returned, Seen, changed_facts, confirm, deployment_of, read_own};
use crate::model::{Canonical, Deployment, Framework, Origin, Received, Settings, Workbook};
use crate::ops::accept::{Accepting, accept};
use crate::ops::merge::{Side, merge};
use crate::store::Repo;
use std::collections::BTreeMap;

pub(super) fn run(
    args: &Args,
    context: &Context,
    repo: &Repo,
    book: &Book,
    origin: Origin,
) -> Result<Outcome, Error> {
    let name = args.deployment.clone().or_else(|| deployment_of(book));
    let name = name
        .ok_or_else(|| Error::new(&USAGE, "the workbook names no assessment").help("name one with `--as`"))?;
    let existing = Existing::open(args, context, repo, &super::super::name(&name)?)?;
    let (left, framework) = (&existing.left, &*existing.framework);
    let mut returned = read_own(book, framework, left, args.formulas)?;
    voices(framework, existing.project.settings(), left, &mut returned, &origin);
    let Returned { base, right, gone, fates, replies, approvals, .. } = returned;
    let mut report = super::Body::new(&left.name, &origin, book.hides_unknown);
    report.gone_lines = gone;
    let workbook = Workbook {
        origin,
        is_checklist: false,
        history: BTreeMap::new(),
        base: Received { answers: base.answers, risks: base.risks },
    };
    let says = Received { answers: right.answers, risks: right.risks };
    let (lost, over, changed) = (Lost::new(), None, None);
    existing.take(
        args,
        context,
        Arrived { workbook, says, report, book, fates, replies, approvals, lost, over, changed },
    )
}

/// Puts confirmations and acceptances that the workbook gives into what it says, as far as they can hold over what it says here too.
fn voices(
    framework: &Framework,
    settings: &Settings,
    left: &Deployment,
    returned: &mut Returned,
    origin: &Origin,
) {
    let content = merge(framework, (&returned.base).into(), left.into(), (&returned.right).into())
        .applied_to(Side::from(left));
    let here = Deployment { answers: content.answers, risks: content.risks, ..left.clone() };
    let mut facts = returned.facts.clone();
    facts.extend(changed_facts(&returned.base, &returned.right, framework));
    let seen = Seen { here: &here, facts };
    let Returned { right, stands, accepts, fates, .. } = returned;
    confirm(framework, right, stands, Some(&seen), origin, fates);
    for wish in accepts.iter() {
        match acceptance(framework, settings, &here, right, wish, origin) {
            Ok(()) => {}
            Err(why) => fates.refuse_acceptance(wish, why),
        }
    }
}

fn acceptance(
    framework: &Framework,
    settings: &Settings,
    here: &Deployment,
    right: &mut Deployment,
    Accepts { risk, by, role, until, reason, .. }: &Accepts,
    origin: &Origin,
) -> Result<(), String> {
    let digest = |d: &Deployment| d.risks.get(risk).map(Canonical::digest);
    if digest(here) != digest(right) {
        return Err("the risk says something else here now; somebody has to look at it again".to_owned());
    }
    let (by, role, reason) = (by.clone(), role.clone(), reason.clone());
    let who = Accepting { by, role, on: origin.on, until: *until, reason };
    let given = accept(right, framework, settings, risk, &who);
    let acceptance = given.map_err(|error| error.finding().message.clone())?;
    if let Some(risk) = right.risks.get_mut(risk) {
        risk.acceptance = Some(acceptance);
    }
    Ok(())
}
