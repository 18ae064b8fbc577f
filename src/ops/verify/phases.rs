//! What a phase has and what it still needs.

use super::{Case, Judged, Judgement, Problem, Trust};
use crate::model::{Act, Date, Effect, PhasePolicy, Record};
use crate::ops::policy::{self, needs};
use crate::store::Signature;
use std::collections::BTreeSet;

/// Where a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseStatus {
    /// Approvals are missing.
    Open,
    /// Everything that it needs has been approved.
    Approved,
    /// The same, and something has to follow.
    Conditional,
    /// Somebody who decides has sent it back.
    Returned,
    /// Somebody who decides has rejected it.
    Rejected,
}

impl PhaseStatus {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Conditional => "approved with conditions",
            Self::Returned => "returned",
            Self::Rejected => "rejected",
        }
    }
}

/// An approval that counts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Met {
    /// Who approved.
    pub by: String,
    /// In which role.
    pub role: String,
    /// How it is shown.
    pub trust: Trust,
}

/// Something that a phase needs, and whether it has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct NeedReport {
    /// One of these roles.
    pub roles: Vec<String>,
    /// Who asks for it.
    pub because: String,
    /// The approval; none while it is missing.
    pub met: Option<Met>,
    /// Who could give it, by name.
    pub people: Vec<String>,
}

/// A phase, as its decisions leave it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct PhaseReport {
    /// Its number.
    pub phase: u8,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub status: PhaseStatus,
    /// The weakest way in which one of its approvals is shown; none while there is none.
    pub trust: Option<Trust>,
    /// What it needs.
    pub needs: Vec<NeedReport>,
    /// What else keeps it open: too few people, one person where there have to be two.
    pub lacks: Vec<String>,
    /// What the policy allows, and a reader should know all the same.
    pub notes: Vec<String>,
    /// Whether there may be a refusal that nobody can tell.
    #[serde(skip)]
    pub is_in_doubt: bool,
}

/// Where each phase stands. `author` is who last changed the content, where that is known.
pub fn phases(case: &Case<'_>, judgement: &Judgement<'_>, author: Option<&Signature>) -> Vec<PhaseReport> {
    let phases = &case.rules.phases;
    let record = judgement.record.until(case.as_of);
    phases.iter().map(|phase| report(case, judgement, &record, author, phase)).collect()
}

fn approvers<'j>(judged: &'j [Judged<'_>], phase: u8) -> Vec<&'j Judged<'j>> {
    let all = judged.iter().filter(|one| one.held.statement.phase == phase && one.counts());
    all.filter(|one| one.effect.is_some_and(Effect::approves)).collect()
}

/// Refusals and withdrawals that nothing shows well enough, or whose authors hold the role no more. Less is asked of a No than of a Yes: they keep the
/// phase open until somebody who may takes them back.
fn unshown(judged: &[Judged<'_>], phase: u8) -> Vec<String> {
    let is_doubtful = |one: &Judged<'_>| {
        let only = |problem: Problem| {
            (problem.is_grave() && problem != Problem::Replayed) || problem == Problem::NotAsked
        };
        one.reasons.iter().all(|reason| only(reason.problem))
    };
    // A withdrawal that took nothing back. Whether what it names counts is not asked: that may have been taken from it.
    let is_open = |one: &Judged<'_>| {
        let named = judged.iter().find(|other| Some(other.held.id) == one.held.statement.withdraws);
        named.is_some_and(|other| {
            let has_ended = |problem| matches!(problem, Problem::NotAsked | Problem::Void | Problem::Expired);
            let has_ended = other.reasons.iter().any(|reason| has_ended(reason.problem));
            other.effect.is_some_and(Effect::approves) && !other.is_over() && !has_ended
        })
    };
    let here = judged.iter().filter(|one| one.held.statement.phase == phase && is_doubtful(one));
    here.filter_map(|one| {
        let says = &one.held.statement;
        let what = match says.act {
            Act::Withdraw if is_open(one) => "withdrawal",
            Act::Decide if !one.counts() => one.effect?.refusal()?,
            _ => return None,
        };
        let there = format!("there is a {what} by {} as {}", says.by, says.role);
        Some(match one.reasons.first().map(|reason| reason.problem) {
            _ if one.is_unasked() => format!(
                "{there}, a role that is not asked any more: they, or somebody who decides in the phase, can take it back"
            ),
            Some(Problem::WrongRole) => {
                format!(
                    "{there}, who is not listed so: somebody who holds the role can take it back"
                )
            }
            Some(problem) => format!("{there}, although nothing shows it: {}", problem.as_str()),
            None => format!("{there}, although nothing shows it: {}", one.trust.as_str()),
        })
    })
    .collect()
}

fn report(
    case: &Case<'_>,
    judgement: &Judgement<'_>,
    record: &Record,
    author: Option<&Signature>,
    phase: &crate::model::Phase,
) -> PhaseReport {
    let judged = &judgement.statements[..];
    let policy = &case.settings.policy;
    let asked: Option<&PhasePolicy> = policy.phases.get(&phase.number);
    let approving = approvers(judged, phase.number);
    let needs: Vec<NeedReport> = needs(case.deployment, case.rules, phase, asked)
        .into_iter()
        .map(|need| {
            let met = approving.iter().find(|one| need.roles.contains(&one.held.statement.role));
            let met = met.map(|one| Met {
                by: one.held.statement.by.clone(),
                role: one.held.statement.role.clone(),
                trust: one.trust,
            });
            let offices = need.roles.iter().filter_map(|role| policy::office(phase, case.settings, role));
            let people: BTreeSet<String> = offices
                .flat_map(|office| policy::electors(case.settings, case.deployment, case.framework, &office))
                .map(|(_, person)| person.name.clone())
                .collect();
            NeedReport { roles: need.roles, because: need.because, met, people: people.into_iter().collect() }
        })
        .collect();
    let known = &case.settings.people;
    let people: BTreeSet<&str> = approving.iter().map(|one| known.one_of(&one.held.statement.by)).collect();
    let (mut lacks, mut notes) = (Vec::new(), Vec::new());
    if let Some(wanted) = asked.map(|asked| asked.people).filter(|wanted| people.len() < *wanted) {
        lacks.push(format!("{} of {wanted} different people have approved", people.len()));
    }
    for other in case.rules.phases.iter().filter(|other| other.number < phase.number) {
        for one in approvers(judged, other.number) {
            let by = &one.held.statement.by;
            if people.contains(known.one_of(by)) {
                let what =
                    format!("{by} has approved in phase {} and in phase {}", other.number, phase.number);
                if policy.phases_apart { lacks.push(what) } else { notes.push(what) }
            }
        }
    }
    let unshown = unshown(judged, phase.number);
    let is_in_doubt = !unshown.is_empty() || !judgement.doubts.is_empty();
    lacks.extend(unshown);
    lacks.extend(judgement.doubts.iter().cloned());
    if let Some(what) = only_the_author(case, &people, author) {
        if policy.author_apart { lacks.push(what) } else { notes.push(what) }
    }
    let here = judged.iter().filter(|one| one.held.statement.phase == phase.number && one.counts());
    let effects: BTreeSet<Effect> = here.filter_map(|one| one.effect).collect();
    let sent_back = sent_back(record, phase.number, &needs, &approving);
    let status = if effects.contains(&Effect::Rejects) {
        PhaseStatus::Rejected
    } else if effects.contains(&Effect::Returns) {
        PhaseStatus::Returned
    } else if !lacks.is_empty() || needs.iter().any(|need| need.met.is_none()) {
        PhaseStatus::Open
    } else if let Some(on) = sent_back {
        lacks.push(format!(
            "it was sent back on {on}, and neither sent off again nor approved anew by all since"
        ));
        PhaseStatus::Returned
    } else if effects.contains(&Effect::Conditional) {
        PhaseStatus::Conditional
    } else {
        PhaseStatus::Approved
    };
    lacks.extend(refusals(judged, phase.number, case.as_of));
    lacks.dedup();
    notes.dedup();
    PhaseReport {
        phase: phase.number,
        title: phase.title.clone(),
        status,
        trust: approving.iter().map(|one| one.trust).min(),
        needs,
        lacks,
        notes,
        is_in_doubt,
    }
}

/// The day on which a phase was sent back. It stays so until it is sent off again, or everything that it needs was approved since: an approval that the
/// return did not wait for answers nothing.
fn sent_back(record: &Record, phase: u8, needs: &[NeedReport], approving: &[&Judged<'_>]) -> Option<Date> {
    let back = record.sent_back(phase)?;
    let is_since = |one: &&&Judged<'_>| {
        let time = one.held.statement.time;
        (time.day(), time) > (back.on, back.time)
    };
    let since: BTreeSet<&str> =
        approving.iter().filter(is_since).map(|one| one.held.statement.role.as_str()).collect();
    let is_lifted = needs.iter().all(|need| need.roles.iter().any(|role| since.contains(role.as_str())));
    (!is_lifted || since.is_empty()).then_some(back.on)
}

/// Refusals that count.
fn refusals(judged: &[Judged<'_>], phase: u8, today: Date) -> impl Iterator<Item = String> {
    let here = judged.iter().filter(move |one| one.held.statement.phase == phase && one.counts());
    here.filter_map(move |one| {
        let what = one.effect?.refusal()?;
        let says = &one.held.statement;
        let until = one.stands_until(today);
        Some(format!("the {what} by {} as {} stands until {until}", says.by, says.role))
    })
}

/// What is to be said where nobody besides the last author of the content has approved, or nobody knows who that is although the policy asks.
fn only_the_author(case: &Case<'_>, people: &BTreeSet<&str>, author: Option<&Signature>) -> Option<String> {
    let settings = case.settings;
    if people.is_empty() {
        return None;
    }
    let Some(author) = author else {
        let what = "who changed the content last cannot be known here";
        return settings.policy.author_apart.then(|| what.to_owned());
    };
    let known = &settings.people;
    let listed: BTreeSet<&str> =
        known.with_email(&author.email).map(|(_, person)| known.one_of(&person.name)).collect();
    let authors: BTreeSet<&str> = listed.iter().copied().chain([known.one_of(&author.name)]).collect();
    // Somebody who approves is named as they are listed, whatever git calls them.
    if let (Some(by), true) = (people.iter().find(|name| authors.contains(*name)), people.is_subset(&authors))
    {
        return Some(format!("only {by}, who changed the content last, has approved"));
    }
    // Under another address anybody could be somebody else.
    (settings.policy.author_apart && listed.is_empty()).then(|| {
        format!("{}, who changed the content last, is nobody whose e-mail address is listed", author.name)
    })
}

/// What a phase would lack because of the last author of the content, had somebody approved besides those who have.
pub fn author_would_lack(
    case: &Case<'_>,
    judgement: &Judgement<'_>,
    author: Option<&Signature>,
    (phase, by): (u8, &str),
) -> Option<String> {
    let approving = approvers(&judgement.statements, phase);
    let known = &case.settings.people;
    let people = approving.iter().map(|one| one.held.statement.by.as_str()).chain([by]);
    let people = people.map(|name| known.one_of(name)).collect();
    only_the_author(case, &people, author).filter(|_| case.settings.policy.author_apart)
}
