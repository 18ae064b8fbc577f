//! Where a deployment stands in its process, computed from statements, events and answers, and what it lacks to go live.

use super::outcome::Evaluator;
use super::policy::{electors, office, phase_outcome};
use super::verify::{Case, Judged, NeedReport, PhaseReport, PhaseStatus, Problem, Trust};
use crate::model::{
    Address, Agreement, Condition, DEPLOYER, Date, Effect, Event, EventKind, ItemId, Moment, PhaseOutcome,
    ProfileName, Record, Scope, Statement, Value, VerdictRule,
};
use std::collections::BTreeSet;

/// Where a whole deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its phases are worked on: see each.
    Assessing,
    /// Every phase is approved, and it is not live yet.
    Deploying,
    /// It is in use.
    Live,
    /// The product's first: in use, and being verified in it.
    Verifying,
    /// The product's first, verified in use.
    Assured,
    /// It is in use, and a phase's approval does not hold any more.
    ChangePending,
    /// The application was taken back.
    Withdrawn,
    /// It is not used any more.
    Ended,
}

impl Stage {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assessing => "assessing",
            Self::Deploying => "deploying",
            Self::Live => "live",
            Self::Verifying => "live, being verified",
            Self::Assured => "live, assured",
            Self::ChangePending => "live, change pending",
            Self::Withdrawn => "withdrawn",
            Self::Ended => "ended",
        }
    }

    /// Whether it is in use.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::Verifying | Self::Assured | Self::ChangePending)
    }
}

/// Where one phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseStage {
    /// It is worked on.
    Draft,
    /// It has everything that it needs before somebody decides.
    Ready,
    /// Everybody at the deployer who has to has approved; others have not.
    Signed,
    /// It was sent off, and nobody has sent it back since.
    Submitted,
    /// It came back with queries, and was not sent off again since.
    Returned,
    /// It was rejected, and was not sent off again since.
    Rejected,
    /// It is approved, and something has to follow before going live.
    Conditional,
    /// It is approved.
    Approved,
}

impl PhaseStage {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Ready => "ready to be decided",
            Self::Signed => "signed by the deployer",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Rejected => "rejected",
            Self::Conditional => "approved with conditions",
            Self::Approved => "approved",
        }
    }

    /// The same in one word, for tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Signed => "signed",
            Self::Conditional => "conditional",
            other => other.as_str(),
        }
    }

    /// Whether going on does not wait for it.
    pub fn is_approved(self) -> bool {
        matches!(self, Self::Approved | Self::Conditional)
    }
}

/// A phase with where it stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PhaseStanding {
    /// Its number.
    pub phase: u8,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub stage: PhaseStage,
    /// Since when; none where nothing happened yet.
    pub since: Option<String>,
    /// Which submission that was, or how many there were.
    pub version: Option<u32>,
    /// Approvals that do not hold any more, and why.
    pub void: Vec<String>,
    /// Approvals that were taken back and not given anew since, by whom and why.
    pub withdrawn: Vec<String>,
    /// Who still has to approve, by role and name.
    pub waits_for: Vec<String>,
    /// What else keeps it open.
    pub lacks: Vec<String>,
    /// The weakest way in which one of its approvals is shown; none while it is not approved.
    pub trust: Option<Trust>,
}

impl PhaseStanding {
    /// Where it stands, in words that never leave out that an approval is not verified.
    pub fn in_words(&self) -> String {
        format!("{}{}", self.stage.as_str(), how(self.trust))
    }
}

/// How an approval is shown, where it is not verified.
fn how(trust: Option<Trust>) -> &'static str {
    match trust {
        Some(Trust::Claimed) => ", only claimed",
        Some(Trust::Recorded) => ", recorded",
        _ => "",
    }
}

/// Something that going live, or staying live, lacks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Guard {
    /// What is missing.
    pub what: String,
    /// What to do.
    pub turn: String,
}

/// How many requests a second a deployment may make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Throughput {
    /// What was asked for.
    pub asked: Option<i64>,
    /// Whether it was agreed.
    pub is_agreed: bool,
    /// What was agreed, where a number is known.
    pub agreed: Option<i64>,
}

/// A question that nobody has answered yet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Query {
    /// What it is about.
    pub address: Address,
    /// What is asked.
    pub text: String,
    /// Who asked.
    pub by: String,
    /// When.
    pub on: String,
    /// In which phase.
    pub phase: u8,
}

/// Where a deployment stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Standing {
    /// The whole.
    pub stage: Stage,
    /// Since when it has been live, verified in live use, withdrawn or ended.
    pub since: Option<String>,
    /// Whether it is the product's first live deployment; none while that is not known.
    pub first_of_type: Option<bool>,
    /// Each phase.
    pub phases: Vec<PhaseStanding>,
    /// What going live, or staying live, lacks.
    pub lacks: Vec<Guard>,
    /// How many requests a second.
    pub throughput: Throughput,
    /// Questions that are not answered.
    pub queries: Vec<Query>,
    /// The phases that decisions approve: what readiness goes by.
    #[serde(skip)]
    pub approved: BTreeSet<u8>,
}

impl Standing {
    /// In a line, with the day since when: what came after going live does not date from then.
    pub fn in_full(&self) -> String {
        let brief = self.in_brief();
        let Some(since) = &self.since else { return brief };
        match (self.stage, brief.strip_prefix("live, ")) {
            (Stage::ChangePending | Stage::Verifying, Some(rest)) => format!("live since {since}, {rest}"),
            _ => format!("{brief} since {since}"),
        }
    }

    /// In a line: the stage, or while it is assessed its phases', each where they differ.
    pub fn in_brief(&self) -> String {
        if self.stage != Stage::Assessing {
            let approved = self.phases.iter().filter(|phase| phase.stage.is_approved());
            return format!("{}{}", self.stage.as_str(), how(approved.filter_map(|phase| phase.trust).min()));
        }
        if let [first, others @ ..] = &self.phases[..]
            && others.iter().all(|phase| phase.stage == first.stage)
        {
            let trust = self.phases.iter().filter_map(|phase| phase.trust).min();
            return format!("{}{}", first.stage.word(), how(trust));
        }
        let phases = self.phases.iter().map(|phase| {
            let how = how(phase.trust).trim_start_matches(", ");
            let how = if how.is_empty() { String::new() } else { format!(" ({how})") };
            format!("{} {}{how}", phase.phase, phase.stage.word())
        });
        phases.collect::<Vec<_>>().join(", ")
    }
}

/// Where a deployment stands. `is_ready` tells whether a phase has everything that it needs.
pub fn standing(
    case: &Case<'_>,
    judged: &[Judged<'_>],
    reports: &[PhaseReport],
    record: &Record,
    is_ready: &dyn Fn(u8) -> bool,
) -> Standing {
    // What happens after the day as of which all of this is told has not happened yet.
    let record = &record.until(case.as_of);
    let process = Process { case, judged, record };
    let phases: Vec<PhaseStanding> = reports.iter().map(|report| process.phase(report, is_ready)).collect();
    let throughput = process.throughput();
    let evaluator = Evaluator::new(case.framework, case.deployment, ProfileName::Strict);
    let first_of_type = match &case.framework.process.first_of_type {
        Some(condition) => evaluator.test(condition),
        None => Some(false),
    };
    let (stage, since) = process.stage(&phases, first_of_type);
    let queries = queries(judged, record);
    let mut lacks = process.guards(&phases, throughput, first_of_type, &evaluator);
    lacks.extend(process.unfinished(stage, since, &queries));
    Standing {
        stage,
        since: since.map(|on| on.to_string()),
        first_of_type,
        phases,
        lacks,
        throughput,
        queries,
        approved: super::ready::approved(reports),
    }
}

/// What a deployment's stage is computed from.
pub(super) struct Process<'p> {
    pub(super) case: &'p Case<'p>,
    pub(super) judged: &'p [Judged<'p>],
    pub(super) record: &'p Record,
}

/// When something happened: its day, and the moment that orders those of one day.
type When = (Date, Moment);

fn when(event: &Event) -> When {
    (event.on, event.time)
}

impl Process<'_> {
    fn stage(&self, phases: &[PhaseStanding], first_of_type: Option<bool>) -> (Stage, Option<Date>) {
        use EventKind::{Ended, Live, Submitted, Verified, Withdrawn};
        let last = self.record.last(&[Ended, Withdrawn, Live]);
        // What ended or was withdrawn begins anew when it is sent off again.
        let is_reopened = self.record.last(&[Submitted]).zip(last).is_some_and(|(a, b)| when(a) > when(b));
        match last {
            Some(event) if event.kind == Ended && !is_reopened => return (Stage::Ended, Some(event.on)),
            Some(event) if event.kind == Withdrawn && !is_reopened => {
                return (Stage::Withdrawn, Some(event.on));
            }
            _ => {}
        }
        let is_approved = phases.iter().all(|phase| phase.stage.is_approved());
        let Some(live) = last.filter(|event| event.kind == Live) else {
            return (if is_approved { Stage::Deploying } else { Stage::Assessing }, None);
        };
        let verified = self.record.last(&[Verified]).filter(|event| when(event) > when(live));
        match (is_approved, first_of_type, verified) {
            (false, ..) => (Stage::ChangePending, Some(live.on)),
            (true, Some(true), Some(verified)) => (Stage::Assured, Some(verified.on)),
            (true, Some(true), None) => (Stage::Verifying, Some(live.on)),
            _ => (Stage::Live, Some(live.on)),
        }
    }

    fn phase(&self, report: &PhaseReport, is_ready: &dyn Fn(u8) -> bool) -> PhaseStanding {
        let number = report.phase;
        let here = || self.judged.iter().filter(move |one| one.held.statement.phase == number);
        let of = |one: &Judged<'_>| (one.held.statement.time.day(), one.held.statement.time);
        let submitted = self.record.last_in(number, &[EventKind::Submitted]);
        let version = submitted.and_then(|event| event.version);
        let returned = self.record.sent_back(number);
        let approving = here().filter(|one| one.counts() && one.effect.is_some_and(Effect::approves));
        let approved = approving.map(of).max();
        let (stage, since) = match report.status {
            PhaseStatus::Approved | PhaseStatus::Conditional => {
                let stage = match report.status {
                    PhaseStatus::Conditional => PhaseStage::Conditional,
                    _ => PhaseStage::Approved,
                };
                (stage, approved.map(|(day, _)| day))
            }
            _ => {
                let refusals = here().filter(|one| one.counted()).filter_map(|one| match one.effect? {
                    Effect::Rejects => Some((of(one), PhaseStage::Rejected)),
                    Effect::Returns => Some((of(one), PhaseStage::Returned)),
                    _ => None,
                });
                let events = [(submitted, PhaseStage::Submitted), (returned, PhaseStage::Returned)];
                let events = events.into_iter().filter_map(|(event, stage)| Some((when(event?), stage)));
                match refusals.chain(events).max_by_key(|(when, _)| *when) {
                    Some(((on, _), stage)) => (stage, Some(on)),
                    None if self.is_signed(report) => (PhaseStage::Signed, None),
                    None if is_ready(number) => (PhaseStage::Ready, None),
                    None => (PhaseStage::Draft, None),
                }
            }
        };
        let void =
            here().filter(|one| one.effect.is_some_and(Effect::approves) && !one.stands() && one.counted());
        // A role that has approved since has taken up again what was taken back: whoever had approved, or anybody after it was taken back.
        let is_again = |one: &Judged<'_>| {
            let says = &one.held.statement;
            let withdrawals = here().filter(|other| other.held.statement.withdraws == Some(one.held.id));
            let taken_back = withdrawals.map(|other| other.held.statement.time).max();
            let again = |other: &Judged<'_>| {
                let new = &other.held.statement;
                new.role == says.role && (new.by == says.by || Some(new.time) > taken_back)
            };
            here().any(|other| other.counts() && other.effect.is_some_and(Effect::approves) && again(other))
        };
        let withdrawn = here().filter(|one| one.is_withdrawn_approval() && !is_again(one));
        PhaseStanding {
            phase: number,
            title: report.title.clone(),
            stage,
            since: since.map(|on| on.to_string()),
            version,
            void: void.map(in_words).collect(),
            withdrawn: withdrawn.map(in_words).collect(),
            waits_for: waits_for(report),
            lacks: report.lacks.clone(),
            trust: report.trust.filter(|_| stage.is_approved()),
        }
    }

    /// Whether everybody at the deployer who has to has approved, and somebody had to. What may be refused is signed by nobody.
    fn is_signed(&self, report: &PhaseReport) -> bool {
        let is_deployers =
            |need: &&NeedReport| need.roles.iter().any(|role| self.is_deployers(report.phase, role));
        let mut own = report.needs.iter().filter(is_deployers).peekable();
        !report.is_in_doubt && own.peek().is_some() && own.all(|need| need.met.is_some())
    }

    /// Whether a role decides for the deployer: as the framework has it, or where only the policy names it, as the people do who hold it. Of nobody
    /// it is not known that they are not.
    fn is_deployers(&self, phase: u8, role: &str) -> bool {
        let Case { rules, settings, deployment, framework, .. } = self.case;
        let office = rules.phase(phase).and_then(|phase| office(phase, settings, role));
        let Some(office) = office else { return true };
        match &office.party {
            Some(party) => party.as_str() == DEPLOYER,
            None => {
                let people = electors(settings, deployment, framework, &office);
                people.is_empty() || people.iter().any(|(_, person)| person.party.as_str() == DEPLOYER)
            }
        }
    }

    /// Whether a statement says how much may be asked of the service: by a role that the framework has decide over the capacity, and not for the deployer,
    /// who asks. What only the policy names decides over the whole phase, and agrees to nothing of it.
    fn decides_capacity(&self, says: &Statement) -> bool {
        let roles = self.case.rules.phase(says.phase).map(|phase| &phase.roles[..]).unwrap_or_default();
        roles.iter().any(|role| {
            role.role == says.role && role.party.as_str() != DEPLOYER && role.scope.contains(&Scope::Capacity)
        })
    }

    fn throughput(&self) -> Throughput {
        let item = self.case.framework.process.throughput.as_ref();
        let answer = item.and_then(|item| self.case.deployment.answer(item)).and_then(|a| a.value.as_ref());
        let asked = match answer {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        };
        let deciding = self.judged.iter().filter(|one| {
            one.counts()
                && one.effect.is_some_and(Effect::approves)
                && self.decides_capacity(&one.held.statement)
        });
        let decided = deciding.map(|one| (one.held.statement.time.day(), one.held.statement.time)).max();
        let recorded = self.record.last(&[EventKind::Throughput]);
        // The later of the two holds. A decision is over what is asked for now.
        let agreed = match (decided, recorded) {
            (Some(decided), Some(event)) if decided > when(event) => asked,
            (Some(_), None) => asked,
            (_, event) => event.and_then(|event| event.rate),
        };
        Throughput { asked, is_agreed: decided.is_some() || recorded.is_some(), agreed }
    }

    /// What is open whatever the phases say: questions, and an application that was taken back.
    fn unfinished(&self, stage: Stage, since: Option<Date>, queries: &[Query]) -> Vec<Guard> {
        let name = &self.case.deployment.name;
        let on = since.map(|on| format!(" on {on}")).unwrap_or_default();
        let anew = || format!("begin anew: `tom record {name} submit`");
        let gone = match stage {
            Stage::Withdrawn => {
                Some(Guard { what: format!("the application was withdrawn{on}"), turn: anew() })
            }
            Stage::Ended => Some(Guard { what: format!("its use ended{on}"), turn: anew() }),
            _ => None,
        };
        let open = queries.iter().map(|query| Guard {
            what: format!("a query of phase {} is not answered: {}", query.phase, query.address),
            turn: format!("`tom record {name} reply {}=TEXT`", query.address),
        });
        gone.into_iter().chain(open).collect()
    }

    /// What going live lacks, or what staying live does.
    fn guards(
        &self,
        phases: &[PhaseStanding],
        throughput: Throughput,
        first_of_type: Option<bool>,
        evaluator: &Evaluator<'_>,
    ) -> Vec<Guard> {
        let name = &self.case.deployment.name;
        let mut lacks = Vec::new();
        let mut lack = |what: String, turn: String| lacks.push(Guard { what, turn });
        for phase in phases.iter().filter(|phase| !phase.stage.is_approved()) {
            let what = format!("phase {} is not approved: it is {}", phase.phase, phase.stage.as_str());
            let turn = match (&phase.waits_for[..], &phase.lacks[..]) {
                ([], []) => format!("`tom verify {}` says why", self.case.deployment.name),
                ([], lacks) => lacks.join("; "),
                (people, _) => format!("to approve: {}", people.join("; ")),
            };
            lack(what, turn);
        }
        // A decision counts a day ahead of its time, because clocks differ; nothing goes live on that.
        let day = self.case.as_of.to_string();
        for phase in phases.iter().filter(|phase| phase.stage.is_approved()) {
            if let Some(since) = phase.since.as_ref().filter(|since| **since > day) {
                let what = format!("phase {} was approved on {since} only", phase.phase);
                lack(what, "it cannot have gone live before that day".to_owned());
            }
        }
        for (_, title, condition) in self.conditions() {
            if evaluator.test(condition) != Some(true) {
                let items: Vec<String> = condition.items().iter().map(ToString::to_string).collect();
                lack(
                    format!("a condition of the approval is open: {title}"),
                    format!("see to {}", items.join(", ")),
                );
            }
        }
        for (says, condition) in self.own_conditions() {
            lack(
                format!("a condition of the approval by {} is open: {condition}", says.role),
                "once it is met, they decide anew without it".to_owned(),
            );
        }
        self.unfounded(&mut lack);
        self.agreements(&mut lack);
        if !throughput.is_agreed {
            let turn = format!(
                "whoever decides over the capacity decides, or `tom record {name} throughput` says so"
            );
            lack("the throughput is not agreed".to_owned(), turn);
        } else if let (Some(asked), Some(agreed)) = (throughput.asked, throughput.agreed)
            && asked > agreed
        {
            let what = format!("{asked} requests a second are asked for, and {agreed} were agreed");
            lack(what, format!("have it agreed anew: `tom record {name} throughput`"));
        }
        if self.record.last(&[EventKind::EndpointNotified]).is_none() {
            let turn = format!("`tom record {name} endpoint notified`, once everybody was told");
            lack("nobody recorded that the endpoint was notified".to_owned(), turn);
        }
        match first_of_type {
            Some(false) => {}
            None => lack("nobody says whether it is a first of type".to_owned(), self.see_first_of_type()),
            Some(true) => self.certificate(&mut lack),
        }
        lacks
    }

    fn see_first_of_type(&self) -> String {
        let items = self.case.framework.process.first_of_type.iter().flat_map(Condition::items);
        format!("answer {}", items.map(|item| item.to_string()).collect::<Vec<_>>().join(", "))
    }

    /// What approvals that stand ask for before going live.
    pub(super) fn conditions(&self) -> Vec<(&Statement, &str, &Condition)> {
        let standing =
            self.judged.iter().filter(|one| one.counts() && one.effect == Some(Effect::Conditional));
        let says = standing.map(|one| &one.held.statement);
        let asked = says.filter_map(|says| {
            let outcome = phase_outcome(self.case.rules, says.outcome.as_deref()?)?;
            Some((says, outcome.title.as_str(), outcome.before_live.as_ref()?))
        });
        asked.collect()
    }

    /// What people wrote as conditions of approvals that stand.
    pub(super) fn own_conditions(&self) -> impl Iterator<Item = (&Statement, &str)> {
        let standing =
            self.judged.iter().filter(|one| one.counts() && one.effect.is_some_and(Effect::approves));
        standing.flat_map(|one| {
            let says = &one.held.statement;
            says.conditions.values().map(move |condition| (says, condition.as_str()))
        })
    }

    /// Agreements that an approval says are there, and that no answer does.
    fn unfounded(&self, lack: &mut impl FnMut(String, String)) {
        let standing =
            self.judged.iter().filter(|one| one.counts() && one.effect.is_some_and(Effect::approves));
        let outcomes = standing.filter_map(|one| one.held.statement.outcome.as_deref());
        let outcomes: BTreeSet<&str> = outcomes.collect();
        for outcome in outcomes.into_iter().filter_map(|outcome| phase_outcome(self.case.rules, outcome)) {
            for agreement in not_in_place(self.case, outcome) {
                let turn = format!("see to {}, or have it decided that it may follow", agreement.in_place);
                lack(no_agreement(outcome, agreement), turn);
            }
        }
    }

    fn agreements(&self, lack: &mut impl FnMut(String, String)) {
        let deployment = self.case.deployment;
        let day = self.case.as_of;
        for agreement in &self.case.framework.process.agreements {
            if deployment.text(&agreement.in_place) != "Yes" {
                continue; // Whether it has to be in place is for the approval to say.
            }
            let date =
                |id| deployment.answer(id).and_then(|answer| answer.value.as_ref()).and_then(Value::as_date);
            let (from, until) = (date(&agreement.from), date(&agreement.until));
            let what = match (from, until) {
                (Some(from), _) if from > day => format!("the {} begins only on {from}", agreement.title),
                (_, Some(until)) if until < day => format!("the {} ended on {until}", agreement.title),
                (Some(_), Some(_)) => continue,
                _ => format!("from when until when the {} holds is not known", agreement.title),
            };
            lack(what, format!("see {} and {}", agreement.from, agreement.until));
        }
    }

    fn certificate(&self, lack: &mut impl FnMut(String, String)) {
        let version = self.case.deployment.text(&self.case.framework.headline.product_version);
        match self.record.last(&[EventKind::Certificate]) {
            None => {
                lack(
                    "a first of type has no certificate yet".to_owned(),
                    format!("`tom record {} certificate`", self.case.deployment.name),
                );
            }
            Some(event) if event.product_version.as_ref().is_some_and(|other| *other != version) => {
                let of = event.product_version.as_deref().unwrap_or_default();
                let what = format!("the certificate is for another product version: {of}");
                lack(what, format!("see {}", self.case.framework.headline.product_version));
            }
            Some(_) => {}
        }
    }
}

/// The agreements that an outcome says are in place, and that no answer says are: one without conditions says it of each that another outcome lets
/// follow. An agreement is not asked for where an answer that rests on it says that it does not apply.
pub(super) fn not_in_place<'c>(
    case: &'c Case<'_>,
    outcome: &PhaseOutcome,
) -> impl Iterator<Item = &'c Agreement> {
    let approves = outcome.before_live.is_none() && !matches!(outcome.verdicts, VerdictRule::Any(_));
    let (framework, deployment) = (case.framework, case.deployment);
    let may_follow: BTreeSet<_> = case
        .rules
        .phase_outcomes
        .iter()
        .filter_map(|other| other.before_live.as_ref())
        .flat_map(Condition::items)
        .collect();
    let applies = |id: &ItemId| {
        let mut resting = framework.items().filter(|item| item.depends_on.contains(id));
        !resting.any(|item| deployment.text(&item.id) == "N/A")
    };
    framework.process.agreements.iter().filter(move |agreement| {
        approves
            && may_follow.contains(&agreement.in_place)
            && deployment.text(&agreement.in_place) != "Yes"
            && applies(&agreement.in_place)
    })
}

/// That an outcome says more than the answers do.
pub(super) fn no_agreement(outcome: &PhaseOutcome, agreement: &Agreement) -> String {
    format!(
        "`{}` says that every agreement is there, and no answer says it of the {}",
        outcome.value, agreement.title
    )
}

/// A decision that does not hold any more, in words.
pub(super) fn in_words(one: &Judged<'_>) -> String {
    let says = &one.held.statement;
    let leaves: Vec<&str> = one.changed().take(3).collect();
    let more = if one.changed().count() > leaves.len() { " …" } else { "" };
    let about = if leaves.is_empty() { String::new() } else { format!(": {}{more}", leaves.join(", ")) };
    // Whoever took it back said why.
    let by = one.reasons.iter().find(|reason| reason.problem == Problem::Withdrawn);
    let by = by.map(|reason| format!(" {}", reason.why)).unwrap_or_default();
    format!("the approval of {} as {} is {}{by}{about}", says.by, says.role, one.word())
}

/// Who still has to approve: roles, with the people who could.
fn waits_for(report: &PhaseReport) -> Vec<String> {
    let open = report.needs.iter().filter(|need| need.met.is_none());
    let needs = open.map(|need| match &need.people[..] {
        [] => format!("{} (nobody is listed)", need.roles.join(" or ")),
        people => format!("{} ({})", need.roles.join(" or "), people.join(" or ")),
    });
    needs.collect()
}

/// Questions of statements that are neither withdrawn nor superseded, and of events, that nobody has answered since.
pub fn queries(judged: &[Judged<'_>], record: &Record) -> Vec<Query> {
    let events = record.in_order();
    let is_open = |address: &Address, asked: When| {
        !events.iter().any(|event| when(event) > asked && event.replies.contains_key(address))
    };
    let mut queries = Vec::new();
    let mut add = |address: &Address, text: &str, by: &str, asked: When, phase: u8| {
        if is_open(address, asked) {
            let on = asked.0.to_string();
            queries.push(Query {
                address: address.clone(),
                text: text.to_owned(),
                by: by.to_owned(),
                on,
                phase,
            });
        }
    };
    for one in judged.iter().filter(|one| one.was_good()) {
        let says = &one.held.statement;
        for (address, text) in &says.queries {
            add(address, text, &says.by, (says.time.day(), says.time), says.phase);
        }
    }
    for event in &events {
        for (address, text) in &event.queries {
            add(address, text, &event.by, when(event), event.phase.unwrap_or_default());
        }
    }
    queries
}
