//! Decisions that a workbook gives: recorded with the workbook as their evidence, and never verified.

use crate::cli::commands::fmt::within;
use crate::cli::commands::{plain, speaker};
use crate::cli::context::Context;
use crate::cli::decided::author_where_asked;
use crate::diag::Error;
use crate::exchange::{Approval, Fates, Lost};
use crate::model::{
    Act, Date, Deployment, Digest, Framework, Moment, Origin, Recording, Statement, statement_name,
};
use crate::ops::decide::{Decision, Voice, Wish, propose, transcribe};
use crate::ops::policy::{Keys, Office, electors, keys, office};
use crate::ops::verify::{Case, judge};
use crate::project::{APPROVALS, Held, Papers, Project, evidence_digest, folder_of, papers};
use crate::store::{Repo, Store, WorkTree};
use crate::syntax::{is_hidden, write_statement};
use std::path::Path;

/// A decision that was recorded.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Recorded {
    /// The phase.
    pub(super) phase: u8,
    /// In which role.
    pub(super) role: String,
    /// Who decided.
    pub(super) by: String,
    /// On which day.
    pub(super) on: String,
    /// What.
    pub(super) outcome: String,
    /// The statement's file.
    pub(super) file: String,
    /// The workbook, as what shows it.
    pub(super) evidence: String,
    /// Whether the workbook is committed as it is: without it, nobody can see what shows the decision.
    pub(super) is_kept: bool,
    /// What it is worth over the assessment as it is after the import.
    pub(super) now: String,
}

/// What approvers wrote, and over what.
pub(super) struct Given<'g> {
    pub(super) approvals: Vec<Approval>,
    /// What the workbook says, where that is what they decided over; otherwise the assessment as it is then.
    pub(super) over: Option<Deployment>,
    pub(super) lost: Lost,
    /// The last day on which the document says that it was changed.
    pub(super) changed: Option<Date>,
    pub(super) fates: &'g mut Fates,
}

/// Where a workbook is, and who imports it.
#[derive(Clone, Copy)]
pub(super) struct Desk<'d> {
    pub(super) context: &'d Context,
    pub(super) repo: &'d Repo,
    pub(super) project: &'d Project,
    pub(super) file: &'d Path,
    pub(super) origin: &'d Origin,
}

impl Desk<'_> {
    /// Makes statements of decisions; why one cannot be recorded is said of its cells. `after` is the assessment as it will be.
    ///
    /// # Errors
    /// Statements that are there already and cannot be relied on.
    pub(super) fn record(
        self,
        after: &Deployment,
        framework: &Framework,
        given: Given<'_>,
    ) -> Result<(Vec<Held>, Vec<Recorded>), Error> {
        let Given { mut approvals, over, lost, changed, fates } = given;
        if approvals.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let tree = WorkTree::new(self.context.work_tree(self.repo)?);
        let mut papers = papers(&tree, Some((self.repo, "HEAD")), &after.name)?;
        papers.sound()?;
        let before = papers.held.len();
        let keys = keys(self.project.settings())?;
        let over = over.as_ref().unwrap_or(after);
        let case =
            Case::of(over, framework, self.project.settings(), &keys, &papers.evidence, self.context.today());
        // Whoever decided first comes first.
        approvals.sort_by_key(|approval| approval.on);
        for approval in &approvals {
            let whole = |office: &Office| content_is_theirs(office, approval, &lost, changed);
            match self.statement(&case, &papers, approval, &whole, &tree) {
                Ok(Some(made)) => {
                    fates.decided(approval, &made.statement.role);
                    papers.held.push(made);
                }
                Ok(None) => fates.decided_before(approval),
                Err(why) => fates.refuse_decision(approval, &why),
            }
        }
        let told = self.told(after, framework, &keys, (&papers, before))?;
        Ok((papers.held.split_off(before), told))
    }

    /// What the new ones among statements are worth.
    fn told(
        self,
        after: &Deployment,
        framework: &Framework,
        keys: &Keys,
        (papers, before): (&Papers<'_>, usize),
    ) -> Result<Vec<Recorded>, Error> {
        let case =
            Case::of(after, framework, self.project.settings(), keys, &papers.evidence, self.context.today());
        let judgement = judge(&case, papers)?;
        let new = judgement.statements.iter().skip(before).map(|one| {
            let says = &one.held.statement;
            let evidence = says.recorded.as_ref().map(|recording| recording.evidence.clone());
            let evidence = evidence.unwrap_or_default();
            Recorded {
                phase: says.phase,
                role: says.role.clone(),
                by: says.by.clone(),
                on: says.time.day().to_string(),
                outcome: says.outcome.clone().unwrap_or_default(),
                file: one.held.path.clone(),
                is_kept: self.repo.uncommitted(&evidence).is_ok_and(|changed| changed.is_empty()),
                evidence,
                now: one.word().to_owned(),
            }
        });
        Ok(new.collect())
    }

    /// The statement of a decision; none where it was recorded before.
    fn statement(
        self,
        case: &Case<'_>,
        papers: &Papers<'_>,
        approval: &Approval,
        whole: &dyn Fn(&Office) -> Result<(), String>,
        tree: &dyn Store,
    ) -> Result<Option<Held>, String> {
        let by = plain("name", &approval.by).map_err(message)?;
        let office = seat(case, approval)?;
        let same = papers.held.iter().map(|held| &held.statement).filter(|says| {
            (says.act, says.phase, &says.role, &says.by)
                == (Act::Decide, approval.phase, &office.role, &approval.by)
        });
        let same: Vec<_> = same.collect();
        if same.iter().any(|says| is_this(says, approval)) {
            return Ok(None);
        }
        if let Some(later) = same.iter().find(|says| says.time.day() >= approval.on) {
            return Err(format!("a decision of theirs of {} is recorded already", later.time.day()));
        }
        whole(&office)?;
        if texts(approval).any(|text| text.chars().any(|c| c != '\n' && is_hidden(c))) {
            return Err("it has a character that cannot be seen".to_owned());
        }
        if approval.on > self.context.today() {
            return Err(format!("{} is still to come", approval.on));
        }
        let recording = self.recording(tree)?;
        let voice = Voice {
            phase: approval.phase,
            role: office.role.clone(),
            by,
            time: Moment::start_of(approval.on),
            commit: None,
            reason: approval.reason.clone(),
            recorded: Some(recording),
        };
        let wish = Wish::Decide(Decision {
            outcome: approval.outcome.clone(),
            verdicts: approval.verdicts.clone(),
            conditions: approval.conditions.clone(),
            queries: approval.queries.clone(),
            expires: approval.expires,
        });
        let judgement = judge(case, papers).map_err(message)?;
        let proposal = match approval.over {
            Some(_) => {
                let (at, name) = ((self.repo, None), &case.deployment.name);
                let author = author_where_asked(self.project, at, name, false);
                propose(case, &judgement, author.map_err(message)?.as_ref(), &voice, &wish)
            }
            None => transcribe(case, &judgement, &voice, &wish),
        };
        let proposal = proposal.map_err(message)?;
        if approval.over.is_some_and(|over| proposal.digest != Some(over)) {
            return Err("what it is over has changed since the workbook was exported, here or in the workbook itself; export it anew, and let them look again".to_owned());
        }
        if let Some(path) = papers.evidence.missing().first().filter(|_| approval.over.is_some()) {
            return Err(format!("a decision covers what its evidence says, and `{path}` is not here"));
        }
        let statement = proposal.statement;
        let bytes = write_statement(&statement).into_bytes();
        let id = Digest::of_bytes(&bytes);
        let name = statement_name(&statement.role, id);
        let path = format!("{}/{APPROVALS}/{}/{name}", folder_of(&case.deployment.name), statement.phase);
        Ok(Some(Held { path, id, bytes, statement, signature: None }))
    }

    /// Who writes it down, and the workbook as what shows it.
    fn recording(self, tree: &dyn Store) -> Result<Recording, String> {
        let by = speaker(None, self.repo).map_err(message)?;
        let outside = || {
            "the workbook is what shows it: put the file into the repository, and import it from there"
                .to_owned()
        };
        let root = self.context.work_tree(self.repo).map_err(message)?;
        let file = self.file.to_str().ok_or_else(outside)?;
        let evidence = within(&root, &self.context.folder, file).map_err(|_| outside())?;
        let evidence = plain("evidence", &evidence).map_err(message)?;
        let digest = evidence_digest(tree, &evidence).map_err(message)?.ok_or_else(outside)?;
        if digest.to_string() != self.origin.digest {
            return Err("the workbook was changed while it was read".to_owned());
        }
        Ok(Recording { by, evidence, digest })
    }
}

/// Makes sure that what is here is what was decided over: nothing of it could not be read, and the document does not say that it was changed
/// afterwards.
fn content_is_theirs(
    office: &Office,
    approval: &Approval,
    lost: &Lost,
    changed: Option<Date>,
) -> Result<(), String> {
    let covered = lost.iter().filter(|(_, scopes)| scopes.iter().any(|one| office.scope.contains(one)));
    let covered: Vec<&str> = covered.map(|(id, _)| id.as_str()).collect();
    if !covered.is_empty() {
        return Err(format!("it was over answers that could not be imported: {}", covered.join(", ")));
    }
    match changed.filter(|day| *day > approval.on) {
        Some(day) => Err(format!(
            "the document's history goes on until {day}, after the decision of {}: nobody can tell whether they decided over what it says now",
            approval.on
        )),
        None => Ok(()),
    }
}

/// Whether a statement says what a workbook says.
fn is_this(says: &Statement, approval: &Approval) -> bool {
    says.time.day() == approval.on
        && says.outcome.as_ref() == Some(&approval.outcome)
        && says.verdicts == approval.verdicts
        && (&says.conditions, &says.queries, &says.expires, &says.reason)
            == (&approval.conditions, &approval.queries, &approval.expires, &approval.reason)
}

/// What somebody wrote freely.
fn texts(approval: &Approval) -> impl Iterator<Item = &String> {
    let reasons = approval.verdicts.values().filter_map(|verdict| verdict.reason.as_ref());
    reasons.chain(&approval.reason).chain(approval.conditions.values()).chain(approval.queries.values())
}

fn message(error: Error) -> String {
    let finding = error.finding();
    let help: String = finding.help.iter().map(|help| format!("; {help}")).collect();
    format!("{}{help}", finding.message)
}

/// The role in which somebody decides: the one of those that they hold here.
fn seat(case: &Case<'_>, approval: &Approval) -> Result<Office, String> {
    let phase = case.rules.phase(approval.phase).ok_or("there is no such phase")?;
    let offices = approval.roles.iter().filter_map(|role| office(phase, case.settings, role));
    let mut held = offices.filter(|office| {
        let electors = electors(case.settings, case.deployment, case.framework, office);
        electors.iter().any(|(_, person)| person.name == approval.by)
    });
    match (held.next(), held.next()) {
        (Some(office), None) => Ok(office),
        (Some(one), Some(other)) => Err(format!(
            "`{}` is {} and {} in `tom.toml`, and the sheet does not say as which; `tom decide --recorded-for` does",
            approval.by, one.role, other.role
        )),
        (None, _) => Err(format!(
            "`{}` is not listed in `tom.toml` as {} here; list them, and import the workbook again",
            approval.by,
            approval.roles.join(" or ")
        )),
    }
}
