//! What was exchanged so far, and receipts for it.

use super::{Args, Body, Exchanged, signature, write};
use crate::cli::commands::receive::SIGNATURE;
use crate::cli::context::Context;
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Came, Deployment, End, Ledger, Purpose, Receipt};
use crate::ops::handover::CANNOT_HAND_OVER;
use crate::syntax::write_receipt;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// A receipt for the last that came from an end.
pub(super) fn receipt(
    args: &Args,
    context: &Context,
    deployment: &Deployment,
    known: &BTreeMap<String, Ledger>,
    to: &End,
) -> Result<Outcome, Error> {
    let name = &deployment.name;
    let came = known.get(&to.key()).and_then(|ledger| ledger.came.as_ref());
    let came = came.ok_or_else(|| {
        Error::new(
            &CANNOT_HAND_OVER,
            format!("nothing of `{name}` has come from {to}, so there is nothing to say that it arrived"),
        )
    })?;
    let receipt = Receipt {
        id: deployment.meta.id.clone(),
        link: came.link.clone(),
        from: to.clone(),
        to: came.to.clone(),
        by: came.received_by.clone(),
        on: came.on,
    };
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{name}-receipt-{}.toml", came.link.number)));
    let text = write_receipt(&receipt);
    let mut beside = out.clone().into_os_string();
    beside.push(SIGNATURE);
    let beside = PathBuf::from(beside);
    if !args.dry_run {
        let signature = signature(args, context, Purpose::Receipt, text.as_bytes())?;
        write(context, &out, text.as_bytes())?;
        if let Some(signature) = signature {
            write(context, &beside, &signature)?;
        }
    }
    let body = Body {
        deployment: name.clone(),
        file: Some(out.display().to_string()),
        exchanged: vec![of_came(to, came)],
        parts: BTreeMap::new(),
        left_out: Vec::new(),
    };
    match args.format {
        Format::Json => context.print_json(&Output::of(body)),
        Format::Text => {
            let verb = if args.dry_run { "would write" } else { "wrote" };
            context.print(format!(
                "{verb} {}: hand-over {} from {to} arrived on {}, received by {}\n",
                out.display(),
                came.link.number,
                came.on,
                came.received_by
            ));
            if args.sign.is_some() {
                context.print(format!("{verb} {}: its signature; send both\n", beside.display()));
            }
        }
    }
    Ok(Outcome::Clean)
}

/// One that came, and so arrived.
fn of_came(with: &End, came: &Came) -> Exchanged {
    Exchanged {
        direction: "came",
        with: with.to_string(),
        number: came.link.number,
        on: came.on.to_string(),
        by: came.by.clone(),
        digest: came.link.digest.clone(),
        received: true,
    }
}

/// What was exchanged so far.
pub(super) fn list(
    args: &Args,
    context: &Context,
    deployment: &Deployment,
    known: &BTreeMap<String, Ledger>,
) -> Result<Outcome, Error> {
    let mut all = Vec::new();
    for ledger in known.values() {
        for (number, sent) in &ledger.sent {
            let is_received = !sent.receipts.is_empty()
                || known.values().filter(|other| ledger.with.means(&other.with)).any(|other| {
                    other.came.as_ref().and_then(|came| came.built_on).is_some_and(|on| on >= *number)
                });
            all.push(Exchanged {
                direction: "sent",
                with: ledger.with.to_string(),
                number: *number,
                on: sent.on.to_string(),
                by: sent.by.clone(),
                digest: sent.digest.clone(),
                received: is_received,
            });
        }
        all.extend(ledger.came.iter().map(|came| of_came(&ledger.with, came)));
    }
    let body = Body {
        deployment: deployment.name.clone(),
        file: None,
        exchanged: all,
        parts: BTreeMap::new(),
        left_out: Vec::new(),
    };
    match args.format {
        Format::Json => context.print_json(&Output::of(body)),
        Format::Text => {
            let mut out = String::new();
            if body.exchanged.is_empty() {
                let _ =
                    writeln!(out, "{} was never handed over, and never came from elsewhere", body.deployment);
            }
            for one in &body.exchanged {
                let (verb, end) = if one.direction == "sent" {
                    ("sent to", if one.received { ", received" } else { ", no receipt yet" })
                } else {
                    ("came from", "")
                };
                let _ = writeln!(
                    out,
                    "{}  {verb} {}: number {} by {}{end}",
                    one.on, one.with, one.number, one.by
                );
                let _ = writeln!(out, "            {}", one.digest);
            }
            context.print(out);
        }
    }
    Ok(Outcome::Clean)
}
