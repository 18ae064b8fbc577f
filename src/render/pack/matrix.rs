//! The risk matrix with the risks in it, and how each moved in it.

use super::Source;
use crate::model::{Class, Rating, Risk, RiskStatus};
use crate::ops::state::State;
use schemars::JsonSchema;
use serde::Serialize;

/// A cell of the heat map.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Cell {
    /// The column.
    pub severity: String,
    /// Its class.
    pub class: Class,
    /// Ids of open risks rated so before mitigation.
    pub initial: Vec<String>,
    /// Ids of open risks rated so after mitigation.
    pub residual: Vec<String>,
}

/// A row of the heat map.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MatrixRow {
    /// The row.
    pub likelihood: String,
    /// From least to most severe.
    pub cells: Vec<Cell>,
}

/// What a class asks for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClassView {
    /// 1 to 5.
    pub class: Class,
    /// What it is called.
    pub label: String,
    /// What has to happen.
    pub rule: String,
    /// How many open risks have it before mitigation.
    pub initial: usize,
    /// How many open risks have it after mitigation.
    pub residual: usize,
}

/// How a risk moved through its mitigations.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MoveView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Who owns it.
    pub owner: String,
    /// open, closed, transferred.
    pub status: String,
    /// Its class before mitigation.
    pub from: Option<Class>,
    /// Its class after mitigation.
    pub to: Option<Class>,
    /// Who has spoken for it.
    pub state: State,
}

/// The risk matrix with the risks in it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HeatMap {
    /// From least to most severe.
    pub severity: Vec<String>,
    /// From most to least likely.
    pub rows: Vec<MatrixRow>,
    /// From 5 to 1.
    pub classes: Vec<ClassView>,
    /// Every risk, where the pack has the register.
    pub moves: Vec<MoveView>,
    /// How many risks are in the matrix on neither side: closed, transferred or not rated.
    pub outside: usize,
}

impl Source<'_> {
    pub(super) fn heat_map(&self, with_moves: bool) -> HeatMap {
        let matrix = &self.framework.matrix;
        let open: Vec<_> =
            self.deployment.risks.iter().filter(|(_, risk)| risk.status == RiskStatus::Open).collect();
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
        let moves = if with_moves { self.moves() } else { Vec::new() };
        let is_outside = |risk: &Risk| {
            risk.status != RiskStatus::Open || (risk.initial.is_none() && risk.residual.is_none())
        };
        let outside = self.deployment.risks.values().filter(|risk| is_outside(risk)).count();
        HeatMap { severity: matrix.severity.clone(), rows, classes, moves, outside }
    }

    fn moves(&self) -> Vec<MoveView> {
        let class = |rating: &Option<Rating>| rating.as_ref().and_then(|r| self.framework.matrix.class(r));
        self.states
            .risks
            .iter()
            .map(|state| MoveView {
                id: state.id.to_string(),
                title: self.text(&state.risk.title),
                owner: self.label(&state.risk.owner),
                status: state.risk.status.to_string(),
                from: class(&state.risk.initial),
                to: class(&state.risk.residual),
                state: state.state,
            })
            .collect()
    }
}
