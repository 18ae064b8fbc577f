//! Who may take back what: the one rule by which a statement ends, asked by everything that tells what a decision is worth.
//!
//! Less is asked of a No than of a Yes, so more is asked of whatever takes a No back. A *No* is a decision that refuses, and a withdrawal: it says
//! that what it names does not hold.
//!
//! | what ends | by a new decision | by a withdrawal |
//! |---|---|---|
//! | an approval | its author's that comes after it | of anybody who holds the role |
//! | a refusal | its author's that comes after it | its author's; once they have left, with a reason, of anybody who holds the role |
//! | a withdrawal | never | once its author has left, with a reason, of anybody who holds the role |
//!
//! All of it within a role of a phase. What was said in a role that the phase does not ask any more, somebody who decides in the phase can take back as if
//! its author had left: nobody can be listed in that role anew.
//!
//! Whoever *has left* holds the role no more, or none of their keys could sign any more when the withdrawal was made.
//!
//! What takes something back has to be good itself, whatever could be done to files by somebody without a key:
//!
//! - nothing grave speaks against it, it was not taken back itself, and the policy counts what is shown as it is;
//! - it is shown at least as well as what it takes back, and as well as its author can: a signature is asked of whoever has a key, and evidence where
//!   there was evidence. Taking a signature or a file away lowers neither;
//! - a No that something speaks against besides that its author left (a broken signature, evidence that changed) ends only by a signature.

use super::{Judged, Problem, Reason, Trust};
use crate::model::{Act, Date, Digest, Effect, Moment, Purpose};
use crate::ops::signature::SigningKey;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of whoever made a statement, besides what it says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Author {
    /// Whether they hold the role here.
    pub(super) holds: bool,
    /// Whether a key of theirs is listed, so that they can sign.
    pub(super) has_key: bool,
    /// The moment from which none of their keys may sign; none while one may, and of somebody without keys.
    pub(super) ends: Option<Moment>,
}

impl Author {
    pub(super) fn of(holds: bool, keys: &[&SigningKey]) -> Self {
        let signing = || keys.iter().filter(|key| key.signs(Purpose::Statement));
        let ends: Option<Vec<Moment>> = signing().map(|key| key.ends()).collect();
        Self {
            holds,
            has_key: signing().next().is_some(),
            ends: ends.and_then(|ends| ends.into_iter().max()),
        }
    }
}

impl Judged<'_> {
    /// Whether it says that something does not hold: a refusal, or a withdrawal.
    pub fn is_no(&self) -> bool {
        self.held.statement.act == Act::Withdraw || self.effect.and_then(Effect::refusal).is_some()
    }

    /// Whether its author had left by a moment: they hold the role no more, or none of their keys could sign any more.
    pub fn has_left(&self, by: Moment) -> bool {
        !self.author.holds || self.author.ends.is_some_and(|end| end <= by)
    }

    /// Until when a refusal stands, in words.
    pub fn stands_until(&self, today: Date) -> &'static str {
        match self.has_left(Moment::start_of(today)) {
            true => "somebody else who holds the role takes it back and says why",
            false => "they decide anew",
        }
    }

    /// Whether it may be taken back by what is said in a role of a phase.
    pub fn is_of(&self, phase: u8, role: &str, is_asked: bool) -> bool {
        let says = &self.held.statement;
        says.phase == phase && (says.role == role || (self.is_unasked() && is_asked))
    }

    /// Whether somebody may take it back by a withdrawal, whatever that is shown by: see the table of this room.
    pub fn may_be_withdrawn(&self, by: &str, at: Moment, says_why: bool) -> bool {
        let says = &self.held.statement;
        match (says.act, self.is_no()) {
            (Act::Decide, false) => true,
            (Act::Decide, true) if says.by == by => true,
            _ => says_why && (self.is_unasked() || self.has_left(at)),
        }
    }
}

/// What later statements did to each.
pub(super) fn replaced(
    statements: &[Judged<'_>],
    before: &BTreeMap<Digest, BTreeSet<Digest>>,
) -> Vec<Option<Reason>> {
    let all = Statements { statements, before };
    statements.iter().map(|one| all.withdrawn(one).or_else(|| all.superseded(one))).collect()
}

struct Statements<'j, 'a> {
    statements: &'j [Judged<'a>],
    /// For each statement those that it comes after.
    before: &'j BTreeMap<Digest, BTreeSet<Digest>>,
}

impl<'j, 'a> Statements<'j, 'a> {
    /// The withdrawal that takes a statement back. None names itself through others: each is named by the digest of its bytes.
    fn withdrawal(&self, one: &Judged<'_>) -> Option<&'j Judged<'a>> {
        self.statements.iter().find(|later| {
            let other = &later.held.statement;
            other.act == Act::Withdraw
                && other.withdraws == Some(one.held.id)
                && one.is_of(other.phase, &other.role, !later.is_unasked())
                && one.may_be_withdrawn(&other.by, other.time, other.reason.is_some())
                && takes_place(later, one)
                && self.withdrawal(later).is_none()
        })
    }

    fn withdrawn(&self, one: &Judged<'_>) -> Option<Reason> {
        self.withdrawal(one).map(|later| {
            let says = &one.held.statement;
            let is_for = one.is_no() && later.held.statement.by != says.by;
            let is_for = if is_for && one.is_unasked() {
                ", because the phase does not ask that role any more".to_owned()
            } else if is_for {
                format!(", because {} has left", says.by)
            } else {
                String::new()
            };
            reason(Problem::Withdrawn, later, &is_for)
        })
    }

    fn superseded(&self, one: &Judged<'_>) -> Option<Reason> {
        let says = &one.held.statement;
        let later = self.statements.iter().find(|later| {
            let other = &later.held.statement;
            (other.act, says.act) == (Act::Decide, Act::Decide)
                && other.by == says.by
                && (other.phase, &other.role) == (says.phase, &says.role)
                && self.before.get(&later.held.id).is_some_and(|ids| ids.contains(&one.held.id))
                && takes_place(later, one)
                && self.withdrawal(later).is_none()
        });
        later.map(|later| reason(Problem::Superseded, later, ""))
    }
}

/// Whether a statement is good enough to take another's place, whoever made the two.
fn takes_place(later: &Judged<'_>, one: &Judged<'_>) -> bool {
    let is_grave = |one: &Judged<'_>| one.reasons.iter().any(|reason| reason.problem.is_grave());
    later.held.id != one.held.id && !is_grave(later) && later.is_enough && later.trust >= asked(later, one)
}

/// How what takes a statement back has to be shown.
fn asked(later: &Judged<'_>, one: &Judged<'_>) -> Trust {
    let (other, says) = (&later.held.statement, &one.held.statement);
    let is_doubtful = one.is_no()
        && one.reasons.iter().any(|reason| reason.problem.is_grave() && reason.problem != Problem::WrongRole);
    let are_written_down = other.recorded.is_some() && says.recorded.is_some();
    let least = match (says.recorded.is_some(), later.author.has_key && !are_written_down) {
        _ if is_doubtful => Trust::Verified,
        (_, true) => Trust::Verified,
        (true, false) => Trust::Recorded,
        (false, false) => Trust::Claimed,
    };
    least.max(one.trust)
}

fn reason(problem: Problem, later: &Judged<'_>, is_for: &str) -> Reason {
    let says = &later.held.statement;
    let reason = says.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let id = &later.held.id.hex()[..12];
    let why = format!("by {} on {} ({id}){is_for}{reason}", says.by, says.time.day());
    Reason { problem, why, leaves: Vec::new() }
}
