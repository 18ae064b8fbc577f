//! Builds the pack model from a deployment.

use super::*;
use crate::model::{
    Address, Answer, Class, Deployment, Framework, Item, ItemKind, OutcomeKind, PartyId, Rating, Risk,
    Settings, Value,
};
use crate::ops::confirm::Entry;
use crate::ops::diff::{Difference, Piece, Side, Way, diff, words};
use crate::ops::show::{musts_answered, outcome_lines};
use crate::ops::state::{AnswerState, Stand, State, States, states};
use crate::ops::words::and;

/// Builds a pack.
pub fn pack(
    framework: &Framework,
    settings: &Settings,
    deployment: &Deployment,
    kind: PackKind,
    audience: Audience,
    provenance: Provenance,
) -> Pack {
    let (states, foreign) = (states(deployment, framework), provenance.foreign.clone());
    let builder = Builder { framework, settings, deployment, kind, audience, states, foreign };
    builder.build(provenance)
}

struct Builder<'a> {
    framework: &'a Framework,
    settings: &'a Settings,
    deployment: &'a Deployment,
    kind: PackKind,
    audience: Audience,
    states: States<'a>,
    foreign: BTreeSet<(Entry, PartyId)>,
}

impl Builder<'_> {
    fn build(&self, provenance: Provenance) -> Pack {
        let (framework, deployment) = (self.framework, self.deployment);
        let phase = framework.phases.iter().find(|phase| phase.number == self.kind.phase());
        let has_register = phase.is_some_and(|phase| phase.needs_risks);
        let progress = self.progress(has_register);
        let mut gaps =
            crate::ops::ready::gaps(deployment, framework, self.settings, &self.states, self.kind.phase());
        if self.audience == Audience::Public {
            // Why something is open names those who spoke.
            gaps.iter_mut().for_each(|gap| gap.why.clear());
        }
        let lines = |pairs: Vec<(String, String)>| {
            pairs.into_iter().map(|(label, text)| Line { label, text }).collect()
        };
        Pack {
            schema_version: 1,
            kind: self.kind.name(),
            phase: self.kind.phase(),
            title: phase.map(|phase| phase.title.clone()).unwrap_or_default(),
            about: phase.map(|phase| phase.about.clone()).unwrap_or_default(),
            deployment: deployment.name.to_string(),
            id: deployment.meta.id.to_string(),
            name: deployment.meta.title.clone(),
            is_baseline: deployment.meta.kind == crate::model::Kind::Baseline,
            framework: format!("{} ({} {})", framework.title, framework.id, framework.version),
            framework_digest: framework.digest.short(),
            provenance,
            audience: self.audience,
            left_out: self.left_out(),
            cover: self.cover(),
            parent: deployment.meta.derived_from.as_ref().map(|lineage| lineage.deployment.to_string()),
            words: Words {
                risk: framework.label("risk").to_owned(),
                mitigation: framework.label("mitigation").to_owned(),
                effect: framework.label("effect").to_owned(),
            },
            is_ready: gaps.is_empty(),
            gaps: gaps
                .into_iter()
                .map(|gap| Line {
                    label: gap.address.map(|a| a.to_string()).unwrap_or_default(),
                    text: if gap.why.is_empty() { gap.what } else { format!("{}: {}", gap.what, gap.why) },
                })
                .collect(),
            progress,
            decisions: self.decisions(),
            outcomes: self.outcomes(),
            not_met: lines(musts_answered(framework, deployment, "No")),
            not_applicable: lines(musts_answered(framework, deployment, "N/A")),
            heat_map: self.heat_map(),
            risks: if has_register { self.risks() } else { Vec::new() },
            has_register,
            sections: self.sections(),
            changes: self.changes(),
            annex: self.annex(),
            asides: self.asides(),
        }
    }

    fn label(&self, party: &PartyId) -> String {
        self.framework.party_label(party).to_owned()
    }

    fn labels(&self, parties: &[PartyId]) -> String {
        let labels: Vec<String> = parties.iter().map(|party| self.label(party)).collect();
        if labels.is_empty() { "nobody".to_owned() } else { and(&labels) }
    }

    fn left_out(&self) -> Vec<String> {
        match self.audience {
            Audience::Public => vec![
                "Personal data is left out: names of people, their roles and contact details, and who confirmed what by name. \
                 Texts that somebody wrote freely may still name people."
                    .to_owned(),
            ],
            Audience::Internal => vec!["Contact details (e-mail addresses and telephone numbers) are left out.".to_owned()],
            Audience::Full => Vec::new(),
        }
    }

    fn cover(&self) -> Vec<Line> {
        let head = &self.framework.headline;
        [
            &head.application,
            &head.organisation,
            &head.organisation_code,
            &head.product,
            &head.product_version,
            &head.supplier,
            &head.supplier_code,
        ]
        .into_iter()
        .filter_map(|id| {
            let text = self.deployment.text(id);
            let label = self.framework.item(id.as_str())?.title.clone();
            (!text.is_empty()).then_some(Line { label, text })
        })
        .collect()
    }

    /// The needed answers up to this phase, and the risks where the phase needs them.
    fn progress(&self, with_risks: bool) -> Vec<Progress> {
        let answers = self
            .states
            .answers
            .iter()
            .filter(|a| a.is_needed && a.item.phase <= self.kind.phase())
            .map(|a| a.state);
        let risks = self.states.risks.iter().filter(|_| with_risks).map(|risk| risk.state);
        let all: Vec<State> = answers.chain(risks).collect();
        State::ALL
            .into_iter()
            .map(|state| Progress {
                state,
                label: state.as_str(),
                count: all.iter().filter(|s| **s == state).count(),
            })
            .filter(|progress| progress.count > 0)
            .collect()
    }

    fn decisions(&self) -> Vec<Line> {
        self.framework
            .items()
            .filter(|item| item.kind == ItemKind::Decision && item.phase == self.kind.phase())
            .map(|item| Line {
                label: format!("{} {}", item.id, item.title),
                text: "No decision is recorded.".to_owned(),
            })
            .collect()
    }

    fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for line in outcome_lines(self.framework, self.deployment) {
            let Some(value) = line.strict.clone() else { continue };
            outcomes.differs_from_sheet |= line.differs();
            let view = OutcomeView {
                id: line.id.clone(),
                title: line.title.clone(),
                tone: tone(&value),
                sheet: line.sheet.clone().filter(|_| line.differs()),
                role: line.role.as_ref().map(|role| self.framework.label(role).to_owned()),
                value,
            };
            let is_flag = !matches!(line.kind, OutcomeKind::Result | OutcomeKind::Level);
            if is_flag && !line.is_called_for() {
                if view.value == crate::ops::outcome::INCOMPLETE && line.kind != OutcomeKind::Notice {
                    outcomes.unknown.push(view);
                } else if view.sheet.as_deref() == Some(crate::ops::outcome::YES) {
                    outcomes.sheet_only.push(view);
                }
                continue;
            }
            match line.kind {
                OutcomeKind::Result | OutcomeKind::Level => outcomes.results.push(view),
                OutcomeKind::Document => outcomes.documents.push(view),
                OutcomeKind::Signatory => outcomes.signatories.push(view),
                OutcomeKind::Action => outcomes.actions.push(view),
                OutcomeKind::Notice => outcomes.notices.push(view),
            }
        }
        outcomes
    }

    fn rating(&self, rating: &Rating) -> RatingView {
        let class = self.framework.matrix.class(rating);
        let label =
            class.and_then(|class| self.framework.matrix.acceptability.get(&class)).map(|a| a.label.clone());
        RatingView {
            severity: rating.severity.clone(),
            likelihood: rating.likelihood.clone(),
            class,
            label: label.unwrap_or_else(|| "no class".to_owned()),
        }
    }

    fn heat_map(&self) -> HeatMap {
        let matrix = &self.framework.matrix;
        let open: Vec<_> = self
            .deployment
            .risks
            .iter()
            .filter(|(_, risk)| risk.status == crate::model::RiskStatus::Open)
            .collect();
        let ids = |pick: fn(&Risk) -> Option<&Rating>, likelihood: &str, severity: &str| -> Vec<String> {
            open.iter()
                .filter(|(_, risk)| {
                    pick(risk).is_some_and(|r| r.likelihood == likelihood && r.severity == severity)
                })
                .map(|(id, _)| id.to_string())
                .collect()
        };
        let rows: Vec<MatrixRow> = matrix
            .likelihood
            .iter()
            .map(|likelihood| MatrixRow {
                likelihood: likelihood.clone(),
                cells: matrix
                    .severity
                    .iter()
                    .map(|severity| Cell {
                        severity: severity.clone(),
                        class: matrix
                            .class
                            .get(&(likelihood.clone(), severity.clone()))
                            .copied()
                            .unwrap_or_default(),
                        initial: ids(|risk| risk.initial.as_ref(), likelihood, severity),
                        residual: ids(|risk| risk.residual.as_ref(), likelihood, severity),
                    })
                    .collect(),
            })
            .collect();
        let count = |class: Class, pick: fn(&Cell) -> usize| {
            rows.iter().flat_map(|row| &row.cells).filter(|cell| cell.class == class).map(pick).sum()
        };
        let classes = matrix
            .acceptability
            .iter()
            .rev()
            .map(|(class, a)| ClassView {
                class: *class,
                label: a.label.clone(),
                rule: a.rule.clone(),
                initial: count(*class, |cell| cell.initial.len()),
                residual: count(*class, |cell| cell.residual.len()),
            })
            .collect();
        HeatMap { severity: matrix.severity.clone(), rows, classes }
    }

    fn risks(&self) -> Vec<RiskView> {
        let received = self.deployment.received.as_deref();
        self.states
            .risks
            .iter()
            .map(|state| {
                let risk = state.risk;
                let before = received.and_then(|received| received.risks.get(state.id));
                let origin = match before {
                    None if received.is_some() => "found here",
                    Some(before) if before.content() != risk.content() => "carried, changed here",
                    Some(_) => "carried",
                    None => "its own",
                };
                RiskView {
                    id: state.id.to_string(),
                    title: risk.title.clone(),
                    section: self
                        .framework
                        .section(risk.section.as_str())
                        .map_or_else(|| risk.section.to_string(), |s| s.title.clone()),
                    owner: self.label(&risk.owner),
                    status: risk.status.to_string(),
                    hazard: risk.hazard.clone(),
                    effect: risk.effect.clone(),
                    causes: risk
                        .causes
                        .iter()
                        .map(|(key, cause)| Line { label: key.to_string(), text: cause.text.clone() })
                        .collect(),
                    initial: risk.initial.as_ref().map(|rating| self.rating(rating)),
                    residual: risk.residual.as_ref().map(|rating| self.rating(rating)),
                    received_residual: before
                        .and_then(|before| before.residual.as_ref())
                        .filter(|rating| risk.residual.as_ref() != Some(*rating))
                        .map(|rating| self.rating(rating)),
                    origin,
                    mitigations: risk
                        .mitigations
                        .iter()
                        .map(|(key, m)| MitigationView {
                            key: key.to_string(),
                            kind: m.kind.to_string(),
                            owner: self.label(&m.owner),
                            text: m.text.clone(),
                            status: m.status.to_string(),
                            reason: m.reason.clone(),
                            causes: m.causes.iter().map(ToString::to_string).collect(),
                            evidence: m.evidence.clone(),
                            stands: match state.mitigations.get(key) {
                                Some((party, stand)) => {
                                    let entry = Entry::Mitigation(state.id.clone(), (*key).clone());
                                    self.stand(&entry, party, stand)
                                }
                                None => String::new(),
                            },
                        })
                        .collect(),
                    state: state.state,
                    stands: self.stand(&Entry::Risk(state.id.clone()), &state.whole.0, &state.whole.1),
                }
            })
            .collect()
    }

    /// How a party stands to something, in words that fit the audience.
    fn stand(&self, entry: &Entry, party: &PartyId, stand: &Stand) -> String {
        let confirmation = entry.confirmation(self.deployment, party);
        let label = self.label(party);
        let spoke = confirmation.map(|c| match self.audience {
            Audience::Public => format!("on {}", c.on),
            _ => format!("({}) on {}", c.by, c.on),
        });
        match (stand, spoke) {
            (Stand::Stands, Some(spoke)) if !self.is_listed(party, confirmation) => {
                format!(
                    "{label} is said to have confirmed it {spoke}, by somebody who is not listed for it (claimed)"
                )
            }
            (Stand::Stands, Some(spoke)) if self.foreign.contains(&(entry.clone(), party.clone())) => {
                format!(
                    "{label} is said to have confirmed it {spoke}; somebody of another party entered that (claimed)"
                )
            }
            (Stand::Stands, Some(spoke)) => format!("{label} confirmed it {spoke}"),
            (Stand::ContentChanged, Some(spoke)) => {
                format!("{label} confirmed it {spoke}; it has changed since")
            }
            (Stand::FactsChanged(facts), Some(spoke)) => {
                let facts: Vec<String> = facts.iter().map(ToString::to_string).collect();
                format!("{label} confirmed it {spoke}; since then {} changed", and(&facts))
            }
            _ => format!("{label} has not confirmed it"),
        }
    }

    fn is_listed(&self, party: &PartyId, confirmation: Option<&crate::model::Confirmation>) -> bool {
        let by = confirmation.map_or("", |confirmation| confirmation.by.as_str());
        crate::ops::state::may_speak(self.settings, self.deployment, self.framework, party, by)
    }

    fn sections(&self) -> Vec<SectionView> {
        let mut sections = Vec::new();
        for section in &self.framework.sections {
            let groups: Vec<GroupView> = section
                .groups()
                .into_iter()
                .filter_map(|group| {
                    let answers: Vec<AnswerView> = self
                        .states
                        .answers
                        .iter()
                        .filter(|a| {
                            group.items.iter().any(|item| item.id == a.item.id)
                                && a.item.phase <= self.kind.phase()
                        })
                        .filter(|a| a.item.repeats.is_none() || a.slot.row.is_some())
                        .map(|a| self.answer(a))
                        .collect();
                    (!answers.is_empty()).then(|| GroupView { title: group.title.to_owned(), answers })
                })
                .collect();
            if !groups.is_empty() {
                sections.push(SectionView {
                    id: section.id.to_string(),
                    title: section.title.clone(),
                    about: section.about.clone(),
                    groups,
                });
            }
        }
        sections
    }

    fn answer(&self, state: &AnswerState<'_>) -> AnswerView {
        let item = state.item;
        let empty = Answer::default();
        let answer = state.answer.unwrap_or(&empty);
        let is_left_out = item.personal && self.audience == Audience::Public && !answer.is_empty();
        let shown = if is_left_out { &empty } else { answer };
        let columns: Vec<&crate::model::Column> =
            item.columns.iter().filter(|c| self.sees(item, &c.id)).collect();
        let rows = shown
            .rows
            .values()
            .map(|row| {
                columns.iter().map(|c| row.get(&c.id).map(ToString::to_string).unwrap_or_default()).collect()
            })
            .collect();
        let stands: Vec<String> = state
            .parties
            .iter()
            .map(|(party, stand)| self.stand(&Entry::Answer(state.slot.clone()), party, stand))
            .collect();
        let received = self.deployment.received.as_ref();
        let origin = match received.map(|received| received.answers.get(&state.slot)) {
            Some(Some(before)) if before.content() != answer.content() => "carried, changed here",
            Some(Some(_)) => "carried",
            _ => "local",
        };
        AnswerView {
            address: state.slot.to_string(),
            title: item.title.clone(),
            asks: item.asks.clone(),
            level: item.level.map(|level| level.to_string()),
            phase: item.phase,
            text: match &shown.value {
                Some(Value::Texts(texts)) => texts.clone(),
                Some(value) => paragraphs(&value.to_string()),
                None => Vec::new(),
            },
            columns: if shown.rows.is_empty() {
                Vec::new()
            } else {
                columns.iter().map(|c| c.title.clone()).collect()
            },
            rows,
            notes: shown.notes.as_deref().map(paragraphs).unwrap_or_default(),
            evidence: shown.evidence.clone(),
            state: state.state,
            stands: if stands.is_empty() {
                let verb = if answer.is_unanswered() { "to be answered by" } else { "answered by" };
                format!("{verb} {}", self.labels(&item.parties))
            } else {
                stands.join("; ")
            },
            origin,
            is_left_out,
        }
    }

    /// Whether this audience sees a column of an item's rows.
    fn sees(&self, item: &Item, column: &str) -> bool {
        !item.personal || self.audience == Audience::Full || !matches!(column, "email" | "phone")
    }

    fn changes(&self) -> Option<ChangesView> {
        let lineage = self.deployment.meta.derived_from.as_ref()?;
        let received = self.deployment.received.as_deref()?;
        let left = Side::received(lineage.deployment.as_str(), received);
        let difference = diff(self.framework, &left, &Side::of(self.deployment));
        Some(self.changes_view(lineage.deployment.to_string(), &difference))
    }

    fn changes_view(&self, parent: String, difference: &Difference) -> ChangesView {
        let hidden = |address: &Address| {
            self.audience != Audience::Full
                && self.framework.item(&address.subject).is_some_and(|item| item.personal)
        };
        let view =
            |address: &Address, title: &str, before: Option<&String>, after: Option<&String>| ChangeView {
                address: address.to_string(),
                title: title.to_owned(),
                pieces: words(before.map_or("", String::as_str), after.map_or("", String::as_str))
                    .into_iter()
                    .map(piece)
                    .collect(),
            };
        let answers = difference
            .answers
            .iter()
            .filter(|change| !hidden(&change.address))
            .flat_map(|change| {
                change.fields.iter().map(|field| {
                    view(&field.address, &change.title, field.before.as_ref(), field.after.as_ref())
                })
            })
            .collect();
        let risks = difference
            .risks
            .iter()
            .map(|risk| RiskChangeView {
                id: risk.id.to_string(),
                title: risk.title.clone(),
                way: risk.way.as_str(),
                says: risk_sentences(risk, self.framework.label("mitigation")),
                texts: risk
                    .fields
                    .iter()
                    .chain(risk.mitigations.iter().flat_map(|m| &m.fields))
                    .map(|field| view(&field.address, "", field.before.as_ref(), field.after.as_ref()))
                    .collect(),
            })
            .collect();
        ChangesView {
            parent,
            context: difference.context.len(),
            unanswered: self.states.to_answer(),
            risks,
            answers,
            outcomes: difference
                .outcomes
                .iter()
                .map(|change| OutcomeChangeView {
                    title: change.title.clone(),
                    before: change.before.clone(),
                    after: change.after.clone(),
                })
                .collect(),
            in_doubt: self.in_doubt(),
        }
    }

    /// What is stale, with who stood by it and what changed since, in words that fit the audience.
    fn in_doubt(&self) -> Vec<InDoubt> {
        let is_open = |stand: &Stand| matches!(stand, Stand::ContentChanged | Stand::FactsChanged(_));
        let answers = self.states.answers.iter().filter(|a| a.state == State::Stale).map(|a| {
            let entry = Entry::Answer(a.slot.clone());
            let parties = a.parties.iter().filter(|(_, stand)| is_open(stand));
            let why: Vec<String> = parties.map(|(party, stand)| self.stand(&entry, party, stand)).collect();
            InDoubt { address: a.slot.to_string(), title: a.item.title.clone(), why: why.join("; ") }
        });
        let risks = self.states.risks.iter().filter(|r| r.state == State::Stale).map(|r| {
            let (party, stand) = &r.whole;
            let whole = is_open(stand).then(|| self.stand(&Entry::Risk(r.id.clone()), party, stand));
            let mitigation = capital(self.framework.label("mitigation"));
            let parts =
                r.mitigations.iter().filter(|(_, (_, stand))| is_open(stand)).map(|(key, (owner, stand))| {
                    let entry = Entry::Mitigation(r.id.clone(), (*key).clone());
                    format!("{mitigation} {key}: {}", self.stand(&entry, owner, stand))
                });
            let why: Vec<String> = whole.into_iter().chain(parts).collect();
            InDoubt { address: r.id.to_string(), title: r.risk.title.clone(), why: why.join("; ") }
        });
        answers.chain(risks).collect()
    }

    fn annex(&self) -> Vec<AnnexLine> {
        let strict = outcome_lines(self.framework, self.deployment);
        let mut lines = Vec::new();
        for section in &self.framework.sections {
            for item in &section.items {
                let line = |id: String, answer: String, state: String| AnnexLine {
                    id,
                    title: item.title.clone(),
                    section: section.title.clone(),
                    phase: item.phase,
                    answer,
                    state,
                };
                match item.kind {
                    ItemKind::Decision => lines.push(line(
                        item.id.to_string(),
                        String::new(),
                        "decision: none recorded".to_owned(),
                    )),
                    ItemKind::Outcome => {
                        let values: Vec<String> = strict
                            .iter()
                            .filter(|outcome| self.outcome_item(&outcome.id) == Some(&item.id))
                            .filter(|outcome| {
                                matches!(outcome.kind, OutcomeKind::Result | OutcomeKind::Level)
                                    || outcome.is_called_for()
                            })
                            .map(|outcome| match outcome.kind {
                                OutcomeKind::Result | OutcomeKind::Level => {
                                    outcome.strict.clone().unwrap_or_default()
                                }
                                _ => outcome.title.clone(),
                            })
                            .collect();
                        lines.push(line(item.id.to_string(), values.join("; "), "computed".to_owned()));
                    }
                    _ => {
                        for state in self.states.answers.iter().filter(|state| state.item.id == item.id) {
                            lines.push(line(
                                state.slot.to_string(),
                                self.in_brief(state),
                                state.state.to_string(),
                            ));
                        }
                    }
                }
            }
        }
        lines
    }

    fn asides(&self) -> Vec<AsideLine> {
        let line = |aside: &crate::model::Aside| AsideLine {
            id: aside.slot.to_string(),
            version: aside.version.clone(),
            title: aside.title.clone(),
            why: aside.why.to_string(),
            // Rows are people and their details more often than not; a reader of the pack has no use for old ones.
            said: if aside.personal {
                "left out: personal data".to_owned()
            } else {
                let texts = crate::ops::derive::texts_of(&aside.slot, &aside.said);
                texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
            },
        };
        self.deployment.asides.iter().map(line).collect()
    }

    fn outcome_item(&self, id: &str) -> Option<&crate::model::ItemId> {
        let outcomes = self.framework.outcomes(crate::model::ProfileName::Strict);
        outcomes.iter().find(|outcome| outcome.id.as_str() == id)?.item.as_ref()
    }

    fn in_brief(&self, state: &AnswerState<'_>) -> String {
        let Some(answer) = state.answer else { return String::new() };
        if state.item.personal && self.audience == Audience::Public {
            return if answer.is_empty() { String::new() } else { "left out".to_owned() };
        }
        match &answer.value {
            Some(value) => brief(&value.to_string()),
            None if answer.rows.is_empty() => String::new(),
            None if answer.rows.len() == 1 => "1 entry".to_owned(),
            None => format!("{} entries", answer.rows.len()),
        }
    }
}

fn risk_sentences(change: &crate::ops::diff::RiskChange, mitigation: &str) -> Vec<String> {
    let mut says = Vec::new();
    for (name, moved) in [("Initial", &change.initial), ("Residual", &change.residual)] {
        let class = |class: Option<Class>| {
            class.map_or_else(|| "no class".to_owned(), |class| format!("class {class}"))
        };
        match change.way {
            Way::Changed if moved.is_change() => {
                says.push(format!(
                    "{name} rating: {} to {}.",
                    class(moved.class_before),
                    class(moved.class_after)
                ));
            }
            Way::Added => says.push(format!("{name} rating: {}.", class(moved.class_after))),
            _ => {}
        }
    }
    for change in &change.mitigations {
        let weaker = if change.is_weakened { ", weakened" } else { "" };
        says.push(format!(
            "{} {} {}{weaker}: {}",
            capital(mitigation),
            change.key,
            change.way.as_str(),
            brief(&change.text)
        ));
    }
    says
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn piece(piece: Piece) -> PieceView {
    match piece {
        Piece::Same(text) => PieceView { tag: "same", text },
        Piece::Removed(text) => PieceView { tag: "removed", text },
        Piece::Added(text) => PieceView { tag: "added", text },
    }
}

fn tone(value: &str) -> &'static str {
    match value {
        "PASS" | "SUBMIT_FOR_AUDIT" => "good",
        "FAIL" | "CHECK" | "SUBMIT_FOR_APPROVAL" => "bad",
        crate::ops::outcome::INCOMPLETE => "open",
        _ => "plain",
    }
}

fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n")
        .map(|paragraph| paragraph.trim().replace('\n', " "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}

fn brief(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 80 { line } else { line.chars().take(78).collect::<String>() + " …" }
}
