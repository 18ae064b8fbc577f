//! Somebody says that what was sent from here arrived.

use super::{Args, Body, signed};
use crate::cli::context::Context;
use crate::cli::report::one_line;
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::{Error, Finding, Label};
use crate::exchange::NOT_WHOLE;
use crate::model::{Arrival, DeploymentName, End, Event, EventKind, Ledger, Moment, Purpose, Receipt};
use crate::ops::handover::{CANNOT_RECEIVE, sent};
use crate::ops::handover::{Claim, Signed};
use crate::project::{Project, RECORD, exchange_of, folder_of, ledgers, record, statements};
use crate::store::{Replacement, Store, WorkTree, read_outside_up_to};
use crate::syntax::{Document, add_event, read_receipt, write_ledger};

/// What the file of a receipt's signature ends with.
pub(in crate::cli::commands) const SIGNATURE: &str = ".sig";
/// The largest signature that is read.
const MOST_SIGNATURE: u64 = 16 << 10;

/// Records somebody's receipt: in the ledger, as an event, and as a file that can be named as evidence.
pub(super) fn receive(args: &Args, context: &Context, shown: &str, bytes: &[u8]) -> Result<Outcome, Error> {
    let receipt = read(shown, bytes)?;
    let repo = context.repo()?;
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let store = WorkTree::new(context.work_tree(&repo)?);
    let (project, name) = project_of(&store, &receipt)?;
    let claim = said_by(&receipt);
    let signature = signature(args, context, shown)?;
    let signed = claim.signed(Some(project.settings()), bytes, signature.as_deref())?;
    signed::demand(claim, Some(project.settings()), &signed)?;
    let by = crate::cli::commands::speaker(args.by.as_ref(), &repo)?;
    let known = ledgers(&store, &receipt.id)?;
    let (key, ledger) = ledger_of(&known, &receipt)?;
    let file = format!("docs/receipts/{name}-{}-{}.toml", receipt.link.number, receipt.to.key());
    let arrival = Arrival { by: receipt.by.clone(), on: receipt.on };
    let before = ledger.sent.get(&receipt.link.number).and_then(|sent| sent.receipts.get(&receipt.to.key()));
    let is_known = match before {
        Some(before) if *before != arrival => {
            let (to, number) = (&receipt.to, receipt.link.number);
            return Err(Error::new(
                &CANNOT_RECEIVE,
                format!("another receipt of {to} for hand-over {number} is known already"),
            )
            .note(format!(
                "that one says that {} received it on {}",
                one_line(&before.by),
                before.on
            )));
        }
        before => before.is_some(),
    };
    let mut ledger = ledger.clone();
    if let Some(sent) = ledger.sent.get_mut(&receipt.link.number) {
        sent.receipts.insert(receipt.to.key(), arrival);
    }
    let path = format!("{}/{RECORD}", folder_of(&name));
    let there = store.read(&path)?.unwrap_or_default();
    let event = event(&store, &name, &receipt, by, context)?;
    let mut kept = vec![(file.clone(), bytes.to_vec())];
    kept.extend(signature.map(|signature| (format!("{file}{SIGNATURE}"), signature)));
    for (file, bytes) in &kept {
        if store.read(file)?.is_some_and(|there| there != *bytes) {
            return Err(Error::new(&CANNOT_RECEIVE, format!("another file stands here as `{file}`"))
                .at(Label::file(file))
                .help("move it elsewhere"));
        }
    }
    let file_of = |path: &str, after: Vec<u8>| Replacement { path: path.to_owned(), after: Some(after) };
    let mut files = Vec::new();
    if !is_known {
        let known = format!("{}/ledger.toml", exchange_of(&receipt.id, key));
        files.push(file_of(&known, write_ledger(&ledger, &name).into_bytes()));
        files.push(file_of(&path, add_event(&path, &there, &event)?));
    }
    // A signature may come after the receipt itself is known.
    for (file, bytes) in kept {
        if store.read(&file)?.is_none() {
            files.push(file_of(&file, bytes));
        }
    }
    if let Some(writer) = &writer {
        writer.replace_all(&files)?;
    }
    show(args, context, &name, &receipt, &signed, &file, &files);
    Ok(Outcome::Clean)
}

/// Who is said to have written a receipt.
fn said_by(receipt: &Receipt) -> Claim<'_> {
    Claim { purpose: Purpose::Receipt, by: &receipt.by, of: &receipt.to, on: receipt.on }
}

/// The signature beside a receipt's file; none where there is none.
fn signature(args: &Args, context: &Context, shown: &str) -> Result<Option<Vec<u8>>, Error> {
    let mut path = context.folder.join(&args.file).into_os_string();
    path.push(SIGNATURE);
    if !std::fs::exists(&path).unwrap_or(false) {
        return Ok(None);
    }
    read_outside_up_to(path.as_ref(), &format!("{shown}{SIGNATURE}"), MOST_SIGNATURE).map(Some)
}

fn show(
    args: &Args,
    context: &Context,
    name: &DeploymentName,
    receipt: &Receipt,
    signed: &Signed,
    file: &str,
    files: &[Replacement],
) {
    let link = &receipt.link;
    match args.format {
        Format::Json => context.print_json(&Output::of(Body {
            deployment: name.clone(),
            from: receipt.to.to_string(),
            number: link.number,
            digest: link.digest.clone(),
            verified: signed.key(),
            unverified: signed.doubt(),
            result: "receipt",
            changes: Vec::new(),
            conflicts: Vec::new(),
            own_voices: Vec::new(),
            kept: Vec::new(),
            files: files.iter().map(|file| file.path.clone()).collect(),
        })),
        Format::Text => {
            let says = match (files.is_empty(), args.dry_run) {
                (true, _) => "that is known already",
                (false, true) => "that would be recorded",
                (false, false) => "that is recorded",
            };
            let words = signed::in_words(said_by(receipt), signed, context.width);
            context.print(format!(
                "{name}: hand-over {} arrived at {}, received by {} on {}; {says}\n{words}  the receipt can be named as evidence: path:{file}\n",
                link.number, receipt.to, one_line(&receipt.by), receipt.on
            ));
        }
    }
}

fn read(shown: &str, bytes: &[u8]) -> Result<Receipt, Error> {
    let neither = || {
        Error::new(&NOT_WHOLE, "the file is neither a hand-over nor a receipt")
            .at(Label::file(shown))
            .help("a hand-over is the `.zip` that `tom hand-over` wrote, as it is")
    };
    if bytes.len() as u64 > crate::store::MAX_FILE {
        return Err(neither());
    }
    let document = Document::parse(shown, bytes).map_err(|_| neither())?;
    let (receipt, findings) = read_receipt(&document);
    match (receipt, findings.into_iter().find(Finding::is_error)) {
        (Some(receipt), None) => Ok(receipt),
        (_, Some(finding)) => Err(finding.into()),
        (None, None) => Err(neither()),
    }
}

/// The ledger of the hand-over that a receipt is for, and the name of its folder.
fn ledger_of<'l>(
    known: &'l std::collections::BTreeMap<String, Ledger>,
    receipt: &Receipt,
) -> Result<(&'l String, &'l Ledger), Error> {
    let link = &receipt.link;
    let (key, _) = sent(known, link.number, &link.digest).ok_or_else(|| {
        Error::new(
            &CANNOT_RECEIVE,
            format!("no hand-over {} of {} with this digest was sent from here", link.number, receipt.id),
        )
        .note(format!("the receipt is for {}", link.digest))
    })?;
    let with: &End = &known[key].with;
    if !with.means(&receipt.to) {
        return Err(Error::new(
            &CANNOT_RECEIVE,
            format!("hand-over {} went to {with}, and the receipt is from {}", link.number, receipt.to),
        ));
    }
    Ok((key, &known[key]))
}

/// What the record says of it. The moment orders the events of a day, so no two have the same.
fn event(
    store: &dyn Store,
    name: &DeploymentName,
    receipt: &Receipt,
    by: String,
    context: &Context,
) -> Result<Event, Error> {
    let (known, (held, _)) = (record(store, name)?.0, statements(store, name)?);
    let mut time = Moment(context.now());
    while known.events.values().any(|event| event.time == time)
        || held.iter().any(|one| one.statement.time == time)
    {
        time.0 += 1;
    }
    let text =
        format!("hand-over {} arrived at {}, received by {}", receipt.link.number, receipt.to, receipt.by);
    // A clock that runs ahead elsewhere makes nothing happen in the future.
    let on = receipt.on.min(context.today());
    Ok(Event {
        reference: Some(receipt.link.digest.clone()),
        text: Some(text),
        ..Event::new(EventKind::Received, on, by, time)
    })
}

fn project_of(store: &dyn Store, receipt: &Receipt) -> Result<(Project, DeploymentName), Error> {
    let (project, _) = Project::open(store.fork()?)?;
    for name in project.deployments()?.0 {
        if project.meta(&name).is_ok_and(|meta| meta.id == receipt.id) {
            return Ok((project, name));
        }
    }
    Err(Error::new(&CANNOT_RECEIVE, format!("no deployment here has the id {}", receipt.id)))
}
