//! What was decided, in words that keep apart what is verified, recorded and claimed.

use super::words::{capital, day};
use super::{Audience, Line, Source};
use crate::model::{Act, Statement};
use crate::ops::scope::Files;
use crate::ops::stage::{PhaseStanding, Standing};
use crate::ops::verify::{Judged, Trust};
use crate::ops::words::counted;

/// The decisions of a deployment, judged, and where they leave it.
#[derive(Clone, Copy)]
pub struct Decided<'a> {
    /// Every statement that can be read, with what it is worth.
    pub statements: &'a [Judged<'a>],
    /// Where the deployment stands.
    pub standing: &'a Standing,
    /// How many statements are missing or cannot be relied on as files.
    pub broken: usize,
    /// Whether another deployment has the same permanent id, so that nobody knows which was decided on.
    pub has_twin: bool,
    /// The files of the repository: evidence is in what is decided over.
    pub files: &'a dyn Files,
}

impl std::fmt::Debug for Decided<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decided").field("statements", &self.statements).field("broken", &self.broken).finish()
    }
}

impl Source<'_> {
    /// The phase as its decisions and its record leave it.
    fn stands(&self) -> Option<&PhaseStanding> {
        let mut phases = self.decided.standing.phases.iter();
        phases.find(|phase| Some(phase.phase) == self.kind.phase())
    }

    /// In a line, for the cover: where the phase stands, and how that is shown.
    pub(super) fn decided_in_brief(&self) -> Option<String> {
        let stands = self.stands()?;
        let since = stands.since.as_ref().map(|since| format!(" since {}", day(since))).unwrap_or_default();
        let counting = self.decided.statements.iter().filter(|one| {
            Some(one.held.statement.phase) == self.kind.phase() && one.counts() && one.effect.is_some()
        });
        let how = match (stands.stage.is_approved(), counting.map(|one| one.trust).min()) {
            (true, Some(Trust::Verified)) => ". Every decision is verified by its signature.",
            (true, Some(Trust::Claimed)) => {
                ". Nothing shows some of the decisions: see the decisions of this phase."
            }
            (true, _) => ". Not every decision is verified: see the decisions of this phase.",
            _ => ".",
        };
        Some(format!("{}{since}{how}", capital(&stands.in_words())))
    }

    /// Every decision of the phase in the order of time, taken back ones among them, and who has not decided.
    pub(super) fn decisions(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut add = |label: String, text: String| lines.push(Line { label, text });
        if let Some(stands) = self.stands() {
            add("This phase".to_owned(), self.phase_in_words(stands));
        }
        let mut here: Vec<&Judged<'_>> = self.decided.statements.iter().collect();
        here.retain(|one| Some(one.held.statement.phase) == self.kind.phase());
        here.sort_by_key(|one| (one.held.statement.time, one.held.id));
        for one in &here {
            let label = self.framework.label(&one.held.statement.role).to_owned();
            add(label, self.decision(one));
        }
        if here.is_empty() {
            add("Decisions".to_owned(), "No decision is recorded.".to_owned());
        }
        if self.decided.broken > 0 {
            let text = counted(
                self.decided.broken,
                "decision is missing or not what it was. Until it is back, nothing is approved.",
                "decisions are missing or not what they were. Until they are back, nothing is approved.",
            );
            add("Not readable".to_owned(), text);
        }
        if self.decided.has_twin {
            let text = "Another deployment has the same permanent id, so which of the two was decided on is not known. Until it has one of its own, nothing is approved.";
            add("Not unique".to_owned(), text.to_owned());
        }
        lines
    }

    fn with_labels(&self, waits: &str) -> String {
        let (roles, people) =
            waits.split_once(" (").map_or((waits, None), |(roles, rest)| (roles, Some(rest)));
        let roles: Vec<&str> = roles.split(" or ").map(|role| self.framework.label(role)).collect();
        let people = people.map(|people| format!(": {}", people.trim_end_matches(')'))).unwrap_or_default();
        format!("{}{people}", roles.join(" or "))
    }

    fn phase_in_words(&self, stands: &PhaseStanding) -> String {
        let since = stands.since.as_ref().map(|since| format!(" since {}", day(since))).unwrap_or_default();
        let version = stands.version.map(|version| format!(" Version {version} was sent off last."));
        let waits = match (&stands.waits_for[..], self.audience) {
            ([], _) => String::new(),
            // Who could decide is named in no public pack.
            (some, Audience::Public) => format!(" Approvals that are missing: {}.", some.len()),
            (some, _) => {
                let some: Vec<String> = some.iter().map(|one| self.with_labels(one)).collect();
                format!(" Has to approve: {}.", some.join("; "))
            }
        };
        let lacks = match (&stands.lacks[..], self.audience) {
            ([], _) => String::new(),
            (some, Audience::Public) => {
                format!(
                    " {}.",
                    counted(some.len(), "thing keeps it open besides", "things keep it open besides")
                )
            }
            (some, _) => format!(" Keeps it open: {}.", some.join("; ")),
        };
        format!("{}{since}.{}{waits}{lacks}", capital(&stands.in_words()), version.unwrap_or_default())
    }

    fn decision(&self, one: &Judged<'_>) -> String {
        let says = &one.held.statement;
        let by = match self.audience {
            Audience::Public => String::new(),
            _ => format!("by {} ", says.by),
        };
        let time = if one.observed.is_some() { "seen by then in the trusted history" } else { "as stated" };
        let given = capital(&format!("{by}on {} ({time}).", day(says.time.day())));
        let mut parts = vec![format!("{}. {given}", self.what(says)), self.shown(one)];
        if let Some(reason) = one.reasons.first() {
            parts.push(format!("It does not hold: {}{}.", reason.problem.as_str(), some_of(one.changed())));
        }
        let mut said: Vec<String> =
            says.verdicts.iter().map(|(item, verdict)| format!("{item}: {}.", verdict.verdict)).collect();
        said.extend(says.reason.iter().map(|reason| format!("Reason: {}", self.text(reason))));
        said.extend(says.conditions.values().map(|condition| format!("Condition: {}", self.text(condition))));
        let queries = says.queries.iter();
        said.extend(queries.map(|(address, query)| format!("Query about {address}: {}", self.text(query))));
        said.extend(says.expires.map(|expires| format!("It holds until {}.", day(expires))));
        parts.push(said.join(" "));
        let over = says.scopes.iter().map(|(scope, seal)| format!("{scope} {}", seal.digest.grouped()));
        let over: Vec<String> = over.collect();
        let over = if over.is_empty() { String::new() } else { format!("Over: {}. ", over.join("; ")) };
        parts.push(format!("{over}Statement {}.", &one.held.id.hex()[..12]));
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }

    fn what(&self, says: &Statement) -> String {
        match (says.act, &says.outcome, &says.withdraws) {
            (Act::Withdraw, _, Some(other)) => format!("Took back the statement {}", &other.hex()[..12]),
            (_, Some(outcome), _) => {
                let known = crate::ops::policy::phase_outcome(self.framework, outcome);
                capital(known.map_or(outcome.as_str(), |known| known.title.as_str()))
            }
            _ => "Nothing".to_owned(),
        }
    }

    /// How a decision is shown to be its author's.
    fn shown(&self, one: &Judged<'_>) -> String {
        match (one.trust, &one.verified, &one.held.statement.recorded) {
            (Trust::Verified, Some(known), _) => {
                format!("Verified: signed with a listed key of theirs, {}.", known.fingerprint())
            }
            (Trust::Recorded, _, Some(recording)) => {
                let by = match self.audience {
                    Audience::Public => String::new(),
                    _ => format!(" by {}", recording.by),
                };
                format!(
                    "Recorded{by} for somebody without tom, with evidence; no signature of theirs shows it."
                )
            }
            _ => "Claimed: the file says so, and nothing else does.".to_owned(),
        }
    }
}

/// The first of what changed, and how many more.
fn some_of<'a>(all: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let all: Vec<&str> = all.collect();
    let more = all.len().saturating_sub(MOST);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    match &all[..all.len() - more] {
        [] => String::new(),
        some => format!(": {}{rest}", some.join(", ")),
    }
}
