//! The record: what happened to a deployment, and when. Events are only ever added.

use super::risk::words;
use super::{Address, Date, Digest, Key, Moment};
use std::collections::BTreeMap;

words! {
    /// What happened.
    EventKind {
        /// A phase was sent off: one version of it, frozen by its digest.
        Submitted = "submitted",
        /// A phase came back, with queries.
        Returned = "returned",
        /// Queries were answered.
        Replied = "replied",
        /// The product got its technical certificate.
        Certificate = "certificate",
        /// The throughput was agreed.
        Throughput = "throughput",
        /// An endpoint was asked for.
        EndpointRequested = "endpoint-requested",
        /// The endpoint was approved.
        EndpointApproved = "endpoint-approved",
        /// A hand-over arrived, as its receiver's receipt says.
        Received = "received",
        /// Everybody who has to know was told of the endpoint.
        EndpointNotified = "endpoint-notified",
        /// It went live.
        Live = "live",
        /// It was verified in live use.
        Verified = "verified",
        /// Something went wrong in live use.
        Incident = "incident",
        /// The application was taken back before it went live.
        Withdrawn = "withdrawn",
        /// It is not used any more.
        Ended = "ended",
    }
}

words! {
    /// What a certificate says.
    CertificateStatus {
        /// The product has no live deployment yet.
        Awaiting = "awaiting first of type",
        /// The product is fully assured.
        Assured = "assured",
    }
}

/// Something that happened. Which of the values it has depends on what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// On which day.
    pub on: Date,
    /// What.
    pub kind: EventKind,
    /// Who wrote it down.
    pub by: String,
    /// When they wrote it down: what orders the events of one day.
    pub time: Moment,
    /// The phase that was submitted or returned.
    pub phase: Option<u8>,
    /// Which submission of the phase it was, from 1.
    pub version: Option<u32>,
    /// The digest of what was submitted, as its pack shows it.
    pub digest: Option<Digest>,
    /// Where that stood; a locator, nothing depends on it.
    pub commit: Option<String>,
    /// What was asked, by what it is about.
    pub queries: BTreeMap<Address, String>,
    /// What was answered to earlier queries.
    pub replies: BTreeMap<Address, String>,
    /// The number or name that it has elsewhere.
    pub reference: Option<String>,
    /// The product version that a certificate is for.
    pub product_version: Option<String>,
    /// What a certificate says.
    pub status: Option<CertificateStatus>,
    /// The throughput that was agreed.
    pub rate: Option<i64>,
    /// In words.
    pub text: Option<String>,
    /// Why it happened although something was missing.
    pub despite: Option<String>,
}

impl Event {
    /// An event without anything but what, when and by whom.
    pub fn new(kind: EventKind, on: Date, by: impl Into<String>, time: Moment) -> Self {
        Self {
            on,
            kind,
            by: by.into(),
            time,
            phase: None,
            version: None,
            digest: None,
            commit: None,
            queries: BTreeMap::new(),
            replies: BTreeMap::new(),
            reference: None,
            product_version: None,
            status: None,
            rate: None,
            text: None,
            despite: None,
        }
    }
}

/// Everything that happened, by key: the day and what it was, with a number from the second of a day on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Events by key: `2026-11-20-submitted`, `2026-11-20-submitted-2`.
    pub events: BTreeMap<Key, Event>,
}

impl Record {
    /// The events in the order in which they happened.
    pub fn in_order(&self) -> Vec<&Event> {
        let mut events: Vec<(&Key, &Event)> = self.events.iter().collect();
        events.sort_by_key(|(key, event)| (event.on, event.time, *key));
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// The last event of some kinds.
    pub fn last(&self, kinds: &[EventKind]) -> Option<&Event> {
        self.in_order().into_iter().rev().find(|event| kinds.contains(&event.kind))
    }

    /// The last event of some kinds in a phase.
    pub fn last_in(&self, phase: u8, kinds: &[EventKind]) -> Option<&Event> {
        let events = self.in_order().into_iter().rev();
        events.filter(|event| event.phase == Some(phase)).find(|event| kinds.contains(&event.kind))
    }

    /// The event that sent a phase back, where it was not sent off again since.
    pub fn sent_back(&self, phase: u8) -> Option<&Event> {
        let last = self.last_in(phase, &[EventKind::Submitted, EventKind::Returned]);
        last.filter(|event| event.kind == EventKind::Returned)
    }

    /// What had happened by a day.
    pub fn until(&self, day: Date) -> Self {
        let mut record = self.clone();
        record.events.retain(|_, event| event.on <= day);
        record
    }

    /// The key of an event that is new.
    pub fn key_for(&self, event: &Event) -> Option<Key> {
        let first = format!("{}-{}", event.on, event.kind);
        let later = (2..).map(|number| format!("{first}-{number}"));
        let mut keys = std::iter::once(first.clone()).chain(later).filter_map(|text| Key::new(text).ok());
        keys.find(|key| !self.events.contains_key(key))
    }
}

/// The day and the kind that an event's key says.
pub fn event_of_key(key: &str) -> Option<(Date, EventKind)> {
    let on: Date = key.get(..10)?.parse().ok()?;
    let rest = key.get(10..)?.strip_prefix('-')?;
    let of = |kind: &EventKind| match rest.strip_prefix(kind.as_str()) {
        Some("") => true,
        Some(number) => number.strip_prefix('-').and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| n > 1),
        None => false,
    };
    EventKind::ALL.iter().copied().find(of).map(|kind| (on, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_day_and_kind() {
        let day = jiff::civil::date(2026, 11, 20);
        assert_eq!(event_of_key("2026-11-20-live"), Some((day, EventKind::Live)));
        assert_eq!(event_of_key("2026-11-20-endpoint-notified-2"), Some((day, EventKind::EndpointNotified)));
        for bad in [
            "2026-11-20",
            "2026-11-20-gone",
            "2026-11-31-live",
            "2026-11-20-live-1",
            "live",
            "2026-11-20live",
        ] {
            assert_eq!(event_of_key(bad), None, "{bad}");
        }
    }

    #[test]
    fn events_are_in_the_order_of_days_and_of_writing() {
        let day = jiff::civil::date(2026, 11, 20);
        let mut record = Record::default();
        for (kind, time) in [(EventKind::Submitted, 1), (EventKind::Returned, 2), (EventKind::Submitted, 3)] {
            let event = Event::new(kind, day, "Jo", Moment(time));
            record.events.insert(record.key_for(&event).unwrap(), event);
        }
        let keys: Vec<&str> = record.events.keys().map(Key::as_str).collect();
        assert_eq!(keys, ["2026-11-20-returned", "2026-11-20-submitted", "2026-11-20-submitted-2"]);
        let kinds: Vec<EventKind> = record.in_order().into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Submitted, EventKind::Returned, EventKind::Submitted]);
    }
}
