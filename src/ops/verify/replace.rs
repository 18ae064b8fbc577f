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
//! Whoever *has left* holds the role no more, or none of their keys could sign any more when the withdrawal was made. The withdrawal says so itself,
//! under its signature, so that whoever comes back brings no No back. That is believed where the settings at hand still say so, or those did of the
//! commit with which the history that is relied on first had the withdrawal.
//!
//! What takes something back has to be good itself, whatever could be done to files by somebody without a key:
//!
//! - nothing grave speaks against it, it was not taken back itself, and the policy counts what is shown as it is;
//! - it is shown at least as well as what it takes back: a signature is asked of whoever has a key where one stands or the history had one, and evidence
//!   where there was evidence. Taking a signature or a file away lowers neither, and a key that is listed later asks nothing of what was said before;
//! - a No that something speaks against besides that its author left (a broken signature, evidence that changed) ends only by a signature.

use super::{Judge, Judged, Problem, Reason, Trust, end_of};
use crate::model::{Act, Date, Digest, Effect, Moment, Purpose, Statement};
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

    pub(super) fn has_left(self, by: Moment) -> bool {
        !self.holds || self.ends.is_some_and(|end| end <= by)
    }
}

impl Judged<'_> {
    /// Whether it says that something does not hold: a refusal, or a withdrawal.
    pub fn is_no(&self) -> bool {
        self.held.statement.act == Act::Withdraw || self.effect.and_then(Effect::refusal).is_some()
    }

    /// Whether its author had left by a moment: they hold the role no more, or none of their keys could sign any more.
    pub fn has_left(&self, by: Moment) -> bool {
        self.author.has_left(by)
    }

    /// Until when a refusal stands, in words.
    pub fn stands_until(&self, today: Date) -> &'static str {
        match self.has_left(end_of(today)) {
            true => "somebody else who holds the role takes it back and says why",
            false => "they decide anew",
        }
    }

    /// Whether it may be taken back by what is said in a role of a phase.
    pub fn is_of(&self, phase: u8, role: &str, is_asked: bool) -> bool {
        let says = &self.held.statement;
        says.phase == phase && (says.role == role || (self.is_unasked() && is_asked))
    }

    /// Whether a withdrawal may take it back, whatever that is shown by: see the table of this room.
    pub fn may_be_withdrawn(&self, by: &Statement, had_left: impl FnOnce() -> bool) -> bool {
        let says = &self.held.statement;
        match (says.act, self.is_no()) {
            (Act::Decide, false) => true,
            (Act::Decide, true) if says.by == by.by => true,
            _ => by.reason.is_some() && (self.is_unasked() || had_left()),
        }
    }
}

/// What later statements did to each.
pub(super) fn replaced(
    judge: &Judge<'_>,
    statements: &[Judged<'_>],
    before: &BTreeMap<Digest, BTreeSet<Digest>>,
) -> Vec<Option<Reason>> {
    let all = Statements { judge, statements, before };
    statements.iter().map(|one| all.withdrawn(one).or_else(|| all.superseded(one))).collect()
}

struct Statements<'j, 'a> {
    judge: &'j Judge<'j>,
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
                && one.may_be_withdrawn(other, || other.has_left && self.judge.had_left(one, later))
                && self.takes_place(later, one)
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
                && self.takes_place(later, one)
                && self.withdrawal(later).is_none()
        });
        later.map(|later| reason(Problem::Superseded, later, ""))
    }

    /// Whether a statement is good enough to take another's place, whoever made the two.
    fn takes_place(&self, later: &Judged<'_>, one: &Judged<'_>) -> bool {
        let is_grave = |one: &Judged<'_>| one.reasons.iter().any(|reason| reason.problem.is_grave());
        later.held.id != one.held.id
            && !is_grave(later)
            && later.is_enough
            && (later.trust == Trust::Verified || later.trust >= self.asked(later, one))
    }

    /// How what takes a statement back has to be shown.
    fn asked(&self, later: &Judged<'_>, one: &Judged<'_>) -> Trust {
        let (other, says) = (&later.held.statement, &one.held.statement);
        let is_against = |problem: Problem| problem.is_grave() && problem != Problem::WrongRole;
        let is_doubtful = one.is_no() && one.reasons.iter().any(|reason| is_against(reason.problem));
        let are_written_down = other.recorded.is_some() && says.recorded.is_some();
        let can_sign = later.author.has_key && !are_written_down;
        let least = match says.recorded.is_some() {
            _ if is_doubtful || (can_sign && self.judge.was_signed(one)) => Trust::Verified,
            true => Trust::Recorded,
            false => Trust::Claimed,
        };
        least.max(one.trust)
    }
}

fn reason(problem: Problem, later: &Judged<'_>, is_for: &str) -> Reason {
    let says = &later.held.statement;
    let reason = says.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let id = &later.held.id.hex()[..12];
    let why = format!("by {} on {} ({id}){is_for}{reason}", says.by, says.time.day());
    Reason { problem, why, leaves: Vec::new() }
}
