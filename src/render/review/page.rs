//! A review as a page.

use super::{changed_by, columns, counts, movement, of_mitigations, public, trimmed};
use crate::diag::Error;
use crate::ops::diff::Piece;
use crate::ops::review::{Change, Part, Review, Reviewed};
use crate::render::Templates;
use crate::render::html::page;

/// What the template `diff.html` reads.
#[derive(serde::Serialize)]
struct Page {
    tool: &'static str,
    review: Review,
    repository: Vec<Entry>,
    columns: Vec<&'static str>,
    deployments: Vec<Deployment>,
}

#[derive(serde::Serialize)]
struct Deployment {
    reviewed: Reviewed,
    cells: Vec<String>,
    moves: Vec<Move>,
    parts: Vec<(&'static str, Vec<Entry>)>,
}

#[derive(serde::Serialize)]
struct Move {
    id: String,
    title: String,
    initial: String,
    residual: String,
    mitigations: String,
}

#[derive(serde::Serialize)]
struct Entry {
    change: Change,
    kind_title: &'static str,
    by: Option<String>,
    texts: Vec<TextView>,
}

#[derive(serde::Serialize)]
struct TextView {
    label: String,
    pieces: Vec<(&'static str, String)>,
}

/// The review as one HTML file.
pub fn review_html(review: &Review, templates: &Templates) -> Result<String, Error> {
    let review = public(review);
    let used = columns(&review.deployments.iter().collect::<Vec<_>>());
    let deployments = review
        .deployments
        .iter()
        .map(|reviewed| Deployment {
            cells: used.iter().map(|(_, kinds)| counts(reviewed, kinds)).collect(),
            moves: reviewed
                .risks
                .iter()
                .map(|risk| Move {
                    id: risk.id.to_string(),
                    title: risk.title.clone(),
                    initial: movement(risk, true),
                    residual: movement(risk, false),
                    mitigations: of_mitigations(risk),
                })
                .collect(),
            parts: Part::ALL
                .into_iter()
                .map(|part| (part.title(), reviewed.part(part).into_iter().map(entry).collect::<Vec<_>>()))
                .filter(|(_, entries)| !entries.is_empty())
                .collect(),
            reviewed: reviewed.clone(),
        })
        .collect();
    let view = Page {
        tool: env!("CARGO_PKG_VERSION"),
        repository: review.repository.iter().map(entry).collect(),
        columns: used.iter().map(|(title, _)| *title).collect(),
        deployments,
        review,
    };
    page("diff.html", &view, templates)
}

fn entry(change: &Change) -> Entry {
    let texts = change.texts.iter().map(|text| {
        let pieces = if text.is_mixed() {
            trimmed(&text.words)
        } else {
            let removed = text.before.iter().cloned().map(Piece::Removed);
            removed.chain(text.after.iter().cloned().map(Piece::Added)).collect()
        };
        let piece = |piece: Piece| match piece {
            Piece::Same(text) => ("same", text),
            Piece::Removed(text) => ("removed", text),
            Piece::Added(text) => ("added", text),
        };
        TextView { label: text.label.clone(), pieces: pieces.into_iter().map(piece).collect() }
    });
    Entry {
        kind_title: change.kind.title(),
        by: changed_by(change),
        texts: texts.collect(),
        change: change.clone(),
    }
}
