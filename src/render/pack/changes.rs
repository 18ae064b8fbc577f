//! What differs: from what was received, or since an earlier state.

use super::words::{brief, capital, day, paragraphs};
use super::{Audience, Earlier, Source};
use crate::model::{Address, Class, Risk, RiskId};
use crate::ops::confirm::Entry;
use crate::ops::diff::{AnswerChange, Difference, FieldChange, Piece, RiskChange, Side, Way, diff, words};
use crate::ops::state::{Stand, State};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A stretch of a changed text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PieceView {
    /// `same`, `removed` or `added`.
    pub tag: &'static str,
    /// The text.
    pub text: String,
}

/// A change for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangeView {
    /// Where.
    pub address: String,
    /// What it is called.
    pub title: String,
    /// The text, word by word.
    pub pieces: Vec<PieceView>,
}

/// A risk's change for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RiskChangeView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// added, removed or changed.
    pub way: &'static str,
    /// Sentences that say what happened.
    pub says: Vec<String>,
    /// Its texts, word by word.
    pub texts: Vec<ChangeView>,
}

/// An outcome that changed, for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutcomeChangeView {
    /// In words.
    pub title: String,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub after: String,
}

/// Something that was confirmed and is in doubt now, for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InDoubt {
    /// Where.
    pub address: String,
    /// What it is called.
    pub title: String,
    /// Who confirmed it, and what changed since.
    pub why: String,
}

/// What differs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangesView {
    /// What it is compared with: `what came from acme-5-1`.
    pub against: String,
    /// Whether that is what was received.
    pub is_local: bool,
    /// How many of the organisation's own items are answered.
    pub context: usize,
    /// How many needed answers nobody has given yet.
    pub unanswered: usize,
    /// Risks.
    pub risks: Vec<RiskChangeView>,
    /// Carried answers.
    pub answers: Vec<ChangeView>,
    /// The organisation's own answers, where it is compared with an earlier state.
    pub own: Vec<ChangeView>,
    /// Outcomes.
    pub outcomes: Vec<OutcomeChangeView>,
    /// What was confirmed and is in doubt now.
    pub in_doubt: Vec<InDoubt>,
}

impl Source<'_> {
    /// What differs from an earlier state, or from what was received; none where nothing was.
    pub(super) fn changes(&self, since: Option<Earlier<'_>>) -> Option<ChangesView> {
        let right = Side::of(self.deployment);
        if let Some(Earlier { deployment, commit, day: on, role }) = since {
            let difference = diff(self.framework, &Side::of(deployment), &right);
            let commit = &commit[..commit.len().min(12)];
            let against = match role {
                Some(role) => {
                    let role = self.framework.label(role);
                    format!("what was decided over on {} (role: {role}; commit {commit})", day(on))
                }
                None => format!("its state of {} (commit {commit})", day(on)),
            };
            return Some(self.changes_view(against, false, &difference, &deployment.risks));
        }
        let lineage = self.deployment.meta.derived_from.as_ref()?;
        let received = self.deployment.received.as_deref()?;
        let left = Side::received(lineage.deployment.as_str(), received);
        let difference = diff(self.framework, &left, &right);
        Some(self.changes_view(
            format!("what came from {}", lineage.deployment),
            true,
            &difference,
            &received.risks,
        ))
    }

    fn changes_view(
        &self,
        against: String,
        is_local: bool,
        difference: &Difference,
        before: &BTreeMap<RiskId, Risk>,
    ) -> ChangesView {
        let own: &[AnswerChange] = if is_local { &[] } else { &difference.context };
        let outcomes = difference.outcomes.iter().map(|change| OutcomeChangeView {
            title: change.title.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        });
        ChangesView {
            against,
            is_local,
            context: difference.context.len(),
            unanswered: self.states.to_answer(),
            risks: difference.risks.iter().map(|risk| self.risk_change(risk, before)).collect(),
            answers: self.answer_changes(&difference.answers),
            own: self.answer_changes(own),
            outcomes: outcomes.collect(),
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
            InDoubt { address: r.id.to_string(), title: self.text(&r.risk.title), why: why.join("; ") }
        });
        answers.chain(risks).collect()
    }

    fn answer_changes(&self, changes: &[AnswerChange]) -> Vec<ChangeView> {
        let hidden = |address: &Address| {
            self.audience != Audience::Full
                && self.framework.item(&address.subject).is_some_and(|item| item.personal)
        };
        let shown = changes.iter().filter(|change| !hidden(&change.address));
        let fields =
            shown.flat_map(|change| change.fields.iter().map(|field| (field, change.title.as_str())));
        fields.map(|(field, title)| self.change(field, title)).collect()
    }

    fn risk_change(&self, risk: &RiskChange, before: &BTreeMap<RiskId, Risk>) -> RiskChangeView {
        let whole = match risk.way {
            Way::Added => self.deployment.risks.get(&risk.id),
            Way::Removed => before.get(&risk.id),
            Way::Changed => None,
        };
        let mut fields: Vec<&FieldChange> = risk.fields.iter().collect();
        // What happens stands before what comes of it, as in the register.
        fields.sort_by_key(|field| field.address.field.first().is_none_or(|field| field != "hazard"));
        let inner = risk.mitigations.iter().flat_map(|m| &m.fields);
        let parts = fields.into_iter().chain(inner).map(|field| self.change(field, ""));
        RiskChangeView {
            id: risk.id.to_string(),
            title: self.text(&risk.title),
            way: risk.way.as_str(),
            says: self.risk_sentences(risk),
            texts: parts.chain(whole.into_iter().flat_map(|whole| self.whole(risk, whole))).collect(),
        }
    }

    /// What a risk says that came or went as a whole.
    fn whole(&self, change: &RiskChange, risk: &Risk) -> Vec<ChangeView> {
        let mitigations = risk.mitigations.iter().map(|(key, one)| {
            (format!("mitigations.{key}"), format!("{} ({})", one.text.trim(), one.status))
        });
        let texts = [("hazard".to_owned(), risk.hazard.clone()), ("effect".to_owned(), risk.effect.clone())];
        let texts = texts.into_iter().chain(mitigations).filter(|(_, text)| !text.is_empty());
        let view = |(field, text): (String, String)| {
            let text = paragraphs(&self.text(&text)).join("\n\n");
            let is_gone = change.way == Way::Removed;
            ChangeView {
                address: format!("{}.{field}", change.id),
                title: String::new(),
                pieces: vec![piece(if is_gone { Piece::Removed(text) } else { Piece::Added(text) })],
            }
        };
        texts.map(view).collect()
    }

    fn change(&self, field: &FieldChange, title: &str) -> ChangeView {
        let is_evidence = field.address.field.last().is_some_and(|field| field == "evidence");
        let text = |text: &Option<String>| self.text(text.as_deref().unwrap_or_default());
        let (before, after) = (text(&field.before), text(&field.after));
        let pieces = if is_evidence {
            by_lines(&before, &after)
        } else {
            // Where a line of the file ends says nothing.
            readable(&paragraphs(&before).join("\n\n"), &paragraphs(&after).join("\n\n"))
        };
        ChangeView {
            address: field.address.to_string(),
            title: title.to_owned(),
            pieces: pieces.into_iter().map(piece).collect(),
        }
    }

    fn risk_sentences(&self, change: &RiskChange) -> Vec<String> {
        let mitigation = capital(self.framework.label("mitigation"));
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
                mitigation,
                change.key,
                change.way.as_str(),
                brief(&self.text(&change.text))
            ));
        }
        says
    }
}

/// The change of a text by words, or as a whole where less than half of its letters stayed: an approver reads it, and scattered words that
/// happen to be the same make no sentence.
fn readable(before: &str, after: &str) -> Vec<Piece> {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let pieces = words(before, after);
    let same: usize =
        pieces.iter().map(|piece| if let Piece::Same(text) = piece { letters(text) } else { 0 }).sum();
    if before.is_empty() || after.is_empty() || same * 2 >= letters(before).max(letters(after)) {
        return pieces;
    }
    vec![Piece::Removed(before.to_owned()), Piece::Added(after.to_owned())]
}

/// Evidence, one a line: what stayed, what went, what came.
fn by_lines(before: &str, after: &str) -> Vec<Piece> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let said = |line: &str| {
        let kind = ["ref:", "path:"].into_iter().find_map(|kind| line.strip_prefix(kind));
        kind.unwrap_or(line).trim().to_owned()
    };
    let old = before.iter().map(|line| match after.contains(line) {
        true => Piece::Same(said(line)),
        false => Piece::Removed(said(line)),
    });
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| Piece::Added(said(line)));
    let mut pieces: Vec<Piece> = Vec::new();
    for piece in old.chain(new) {
        if !pieces.is_empty() {
            pieces.push(Piece::Same("; ".to_owned()));
        }
        pieces.push(piece);
    }
    pieces
}

fn piece(piece: Piece) -> PieceView {
    match piece {
        Piece::Same(text) => PieceView { tag: "same", text },
        Piece::Removed(text) => PieceView { tag: "removed", text },
        Piece::Added(text) => PieceView { tag: "added", text },
    }
}
