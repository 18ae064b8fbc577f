//! What may be recorded, and when: an event follows those that it needs, and says nothing that does not hold.

use super::decide::{can_be_asked_about, things};
use super::ready::{Grounds, gaps};
use super::scope::phase_digest;
use super::stage::Standing;
use super::state::states;
use super::verify::{Case, Judged};
use crate::diag::Error;
use crate::model::{Event, EventKind, Kind, Moment, Record};
use crate::syntax::CANNOT_RECORD;

fn refuse(why: impl Into<String>) -> Error {
    Error::new(&CANNOT_RECORD, why)
}

/// The event as it is written, with what tom computes itself.
///
/// # Errors
/// [`CANNOT_RECORD`] with what is missing.
pub fn propose(
    case: &Case<'_>,
    judged: &[Judged<'_>],
    standing: &Standing,
    record: &Record,
    mut event: Event,
) -> Result<Event, Error> {
    // The moment orders what happened on one day, so no two have the same.
    let is_taken = |time: Moment| {
        record.events.values().any(|other| other.time == time)
            || judged.iter().any(|one| one.held.statement.time == time)
    };
    while is_taken(event.time) {
        event.time.0 += 1;
    }
    if event.on > case.as_of {
        return Err(refuse(format!(
            "{} is still to come: an event is recorded once it has happened",
            event.on
        )));
    }
    if let Some(before) = follows(record, &event).filter(|before| event.on < before.on) {
        let why =
            format!("it cannot be on {}, before what it follows: {} on {}", event.on, before.kind, before.on);
        return Err(refuse(why));
    }
    match event.kind {
        EventKind::Submitted => submitted(case, standing, record, event),
        EventKind::Returned => returned(case, record, event),
        EventKind::Replied => replied(standing, event),
        EventKind::Certificate => Ok(certificate(case, event)),
        EventKind::Throughput => match event.rate {
            Some(rate) if rate <= 0 => Err(refuse("the throughput is at least one a second")),
            _ => Ok(event),
        },
        EventKind::Live => live(case, standing, record, event),
        EventKind::Verified | EventKind::Incident | EventKind::Ended if !standing.stage.is_live() => {
            Err(refuse(format!("`{}` is not live: it is {}", case.deployment.name, standing.in_brief())))
        }
        EventKind::Withdrawn if standing.stage.is_live() => {
            Err(refuse(format!("`{}` is live", case.deployment.name))
                .help(format!("record its end: `tom record {} end`", case.deployment.name)))
        }
        _ => Ok(event),
    }
}

/// The last event that one comes after: of its phase, or of whether it is in use.
fn follows<'r>(record: &'r Record, event: &Event) -> Option<&'r Event> {
    use EventKind::{Ended, Incident, Live, Replied, Returned, Submitted, Verified, Withdrawn};
    match event.kind {
        Submitted | Returned => record.last_in(event.phase.unwrap_or_default(), &[Submitted, Returned]),
        Replied => {
            let asked = record.in_order().into_iter().rev();
            let is_asked = |other: &&Event| event.replies.keys().any(|key| other.queries.contains_key(key));
            asked.filter(is_asked).max_by_key(|other| other.on)
        }
        Live | Verified | Incident | Ended | Withdrawn => record.last(&[Live, Ended, Withdrawn]),
        _ => None,
    }
}

/// How many gaps or queries an error names.
const SHOWN: usize = 5;

fn submitted(
    case: &Case<'_>,
    standing: &Standing,
    record: &Record,
    mut event: Event,
) -> Result<Event, Error> {
    let number = event.phase.unwrap_or_default();
    let Some(phase) = case.framework.phase(number) else {
        return Err(refuse(format!("there is no phase {number}")));
    };
    let states = states(case.deployment, case.framework);
    let grounds = Grounds { settings: case.settings, approved: &standing.approved, as_of: Some(case.as_of) };
    let gaps = gaps(case.deployment, case.framework, &states, number, grounds);
    // A supplier without a customer sends in what it has: there is nobody yet who could answer the rest.
    if !gaps.is_empty() && case.deployment.meta.kind != Kind::Baseline {
        let mut error = refuse(format!("phase {number} is not ready: {} left", things(gaps.len())));
        for gap in gaps.iter().take(SHOWN) {
            error = error.note(format!("{} ({})", gap.what, gap.turn));
        }
        let name = &case.deployment.name;
        return Err(
            error.help(format!("`tom check {name} --ready {number}` shows everything that is missing"))
        );
    }
    let open: Vec<_> = standing.queries.iter().filter(|query| query.phase == number).collect();
    if !open.is_empty() {
        let mut error = refuse(format!("{} not answered in phase {number}", queries(open.len())));
        for query in open.iter().take(SHOWN) {
            error = error.note(format!("{}: {}", query.address, query.text));
        }
        return Err(error.help(format!("`tom record {} reply ITEM=TEXT` answers one", case.deployment.name)));
    }
    let before = record.events.values();
    let versions = before.filter(|other| other.kind == EventKind::Submitted && other.phase == Some(number));
    event.version = Some(versions.filter_map(|other| other.version).max().unwrap_or(0) + 1);
    event.digest = Some(phase_digest(case.deployment, case.framework, phase, case.files));
    Ok(event)
}

fn queries(count: usize) -> String {
    if count == 1 { "1 query is".to_owned() } else { format!("{count} queries are") }
}

fn returned(case: &Case<'_>, record: &Record, event: Event) -> Result<Event, Error> {
    let number = event.phase.unwrap_or_default();
    let last = record.last_in(number, &[EventKind::Submitted, EventKind::Returned]);
    match last.map(|last| last.kind) {
        None => return Err(refuse(format!("phase {number} was never submitted, so it cannot come back"))),
        Some(EventKind::Returned) => {
            let why = format!("phase {number} came back already, and was not submitted again since");
            return Err(refuse(why));
        }
        _ => {}
    }
    if let Some(unknown) = event.queries.keys().find(|address| !can_be_asked_about(case, address)) {
        return Err(refuse(format!("there is no item or risk `{}` to ask about", unknown.subject)));
    }
    if event.queries.is_empty() && event.text.is_none() {
        return Err(refuse("nothing says why it came back").help("add `--query ITEM=TEXT`, or `--text`"));
    }
    Ok(event)
}

fn replied(standing: &Standing, event: Event) -> Result<Event, Error> {
    for address in event.replies.keys() {
        if !standing.queries.iter().any(|query| query.address == *address) {
            let open: Vec<String> = standing.queries.iter().map(|query| query.address.to_string()).collect();
            let error = refuse(format!("nobody has an open query about `{address}`"));
            return Err(if open.is_empty() {
                error
            } else {
                error.note(format!("open: {}", open.join(", ")))
            });
        }
    }
    Ok(event)
}

/// A certificate is for the product version that is assessed, unless another is named.
fn certificate(case: &Case<'_>, mut event: Event) -> Event {
    if event.product_version.is_none() {
        let version = case.deployment.text(&case.framework.headline.product_version);
        event.product_version = Some(version).filter(|version| !version.is_empty());
    }
    event
}

fn live(case: &Case<'_>, standing: &Standing, record: &Record, event: Event) -> Result<Event, Error> {
    if case.deployment.meta.kind == Kind::Baseline {
        return Err(refuse("a baseline has no organisation that could go live"));
    }
    let last = record.last(&[EventKind::Live, EventKind::Ended, EventKind::Withdrawn]);
    if last.is_some_and(|last| last.kind == EventKind::Live) {
        return Err(refuse("it is live already"));
    }
    if standing.lacks.is_empty() || event.despite.is_some() {
        return Ok(event);
    }
    let mut error = refuse(format!("going live lacks {}", some(standing.lacks.len())));
    for guard in &standing.lacks {
        error = error.note(format!("{} ({})", guard.what, guard.turn));
    }
    Err(error.help("if it went live all the same, say why with `--despite`"))
}

fn some(count: usize) -> String {
    if count == 1 { "one thing".to_owned() } else { format!("{count} things") }
}

/// An event in a line.
pub fn in_words(event: &Event) -> String {
    let phase = event.phase.map(|phase| format!("phase {phase} ")).unwrap_or_default();
    let mut words = match event.kind {
        EventKind::Submitted => {
            let version = event.version.unwrap_or_default();
            let digest = event.digest.map(|digest| format!(", digest {}", &digest.hex()[..12]));
            format!("{phase}submitted, version {version}{}", digest.unwrap_or_default())
        }
        EventKind::Returned => format!("{phase}returned"),
        EventKind::Replied => "queries answered".to_owned(),
        EventKind::Certificate => {
            let status = event.status.map(|status| format!(": {status}")).unwrap_or_default();
            let of = event.product_version.as_ref().map(|version| format!(", for {version}"));
            format!("certificate{status}{}", of.unwrap_or_default())
        }
        EventKind::Throughput => {
            let rate = event.rate.map(|rate| format!(": {rate} a second")).unwrap_or_default();
            format!("throughput agreed{rate}")
        }
        EventKind::EndpointRequested => "endpoint requested".to_owned(),
        EventKind::EndpointApproved => "endpoint approved".to_owned(),
        EventKind::EndpointNotified => "endpoint notified".to_owned(),
        EventKind::Received => "hand-over received".to_owned(),
        EventKind::Live => "live".to_owned(),
        EventKind::Verified => "verified in live use".to_owned(),
        EventKind::Incident => "incident".to_owned(),
        EventKind::Withdrawn => "withdrawn".to_owned(),
        EventKind::Ended => "ended".to_owned(),
    };
    if let Some(reference) = &event.reference {
        words += &format!(" ({reference})");
    }
    for (address, text) in event.queries.iter().chain(&event.replies) {
        words += &format!("; {address}: {text}");
    }
    if let Some(text) = &event.text {
        words += &format!("; {text}");
    }
    if let Some(why) = &event.despite {
        words += &format!("; although something was missing: {why}");
    }
    words
}
