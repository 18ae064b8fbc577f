//! A review for those who read it elsewhere: a comment on a pull request, a page. Both are for everybody, so personal data is left out.

mod markdown;
mod page;

pub use markdown::{MOST_BYTES, review_markdown};
pub use page::review_html;

use crate::ops::diff::Piece;
use crate::ops::review::{Change, Kind, Review, Reviewed, RiskMove};

/// The review without personal data: which entry changed stays, what it says goes.
fn public(review: &Review) -> Review {
    let mut review = review.clone();
    let personal = review.deployments.iter_mut().flat_map(|reviewed| &mut reviewed.changes);
    personal.filter(|change| change.is_personal).for_each(|change| change.texts.clear());
    review
}

/// `1 higher, 2 gone`; a dash for nothing.
fn counts(reviewed: &Reviewed, kinds: &[(Kind, &str)]) -> String {
    let of = |kind: Kind| reviewed.changes.iter().filter(|change| change.kind == kind).count();
    let parts: Vec<String> = kinds
        .iter()
        .filter_map(|(kind, word)| {
            Some(of(*kind)).filter(|count| *count > 0).map(|count| format!("{count} {word}"))
        })
        .collect();
    if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }
}

/// A column of the summary: its heading, and the kinds that it counts with the word for each.
type Column = (&'static str, &'static [(Kind, &'static str)]);

/// The columns of the summary.
const COLUMNS: &[Column] = &[
    ("Deployment", &[(Kind::RenamedDeployment, "renamed"), (Kind::Identity, "identity")]),
    (
        "Risks",
        &[
            (Kind::RiskIncrease, "higher"),
            (Kind::LostRating, "unrated"),
            (Kind::RiskDecrease, "lower"),
            (Kind::RemovedRisk, "gone"),
            (Kind::ClosedRisk, "closed"),
            (Kind::AddedRisk, "new"),
            (Kind::Rating, "other rating"),
            (Kind::ChangedRisk, "reworded"),
            (Kind::Acceptance, "acceptance"),
        ],
    ),
    (
        "Mitigations",
        &[
            (Kind::RemovedMitigation, "gone"),
            (Kind::WeakenedMitigation, "weaker"),
            (Kind::AddedMitigation, "new"),
            (Kind::ChangedMitigation, "changed"),
        ],
    ),
    (
        "Answers",
        &[(Kind::Context, "local"), (Kind::Answer, "carried"), (Kind::OtherParty, "by another party")],
    ),
    ("Outcomes", &[(Kind::OutcomeWorse, "worse"), (Kind::Needed, "newly needed"), (Kind::Outcome, "other")]),
    ("In doubt", &[(Kind::Stale, "stale"), (Kind::Unconfirmed, "unconfirmed")]),
    ("Decisions", &[(Kind::ApprovalVoid, "void"), (Kind::Decision, "new")]),
    ("Record", &[(Kind::Confirmed, "confirmed"), (Kind::Event, "recorded")]),
];

/// The columns that have something to count.
fn columns(read: &[&Reviewed]) -> Vec<&'static Column> {
    let counts = |kind: Kind| read.iter().any(|r| r.changes.iter().any(|change| change.kind == kind));
    COLUMNS.iter().filter(|(_, kinds)| kinds.iter().any(|(kind, _)| counts(*kind))).collect()
}

/// A class before and after, with a sign and a word for the direction.
fn movement(risk: &RiskMove, is_initial: bool) -> String {
    use crate::ops::diff::Way;
    let moved = if is_initial { &risk.initial } else { &risk.residual };
    let class =
        |class: Option<u8>| class.map_or_else(|| "no class".to_owned(), |class| format!("class {class}"));
    let (before, after) = (class(moved.class_before), class(moved.class_after));
    match risk.way {
        Way::Added => after,
        Way::Removed => format!("{before} → gone"),
        Way::Changed if !moved.is_change() => after,
        Way::Changed => {
            let sign = match (moved.class_before, moved.class_after) {
                (Some(before), Some(after)) if after > before => " ▲ higher",
                (Some(before), Some(after)) if after < before => " ▼ lower",
                (Some(_), None) => " ! no rating",
                (Some(_), Some(_)) => " = within its class",
                _ => "",
            };
            format!("{before} → {after}{sign}")
        }
    }
}

/// What became of a risk's mitigations; a dash for nothing.
fn of_mitigations(risk: &RiskMove) -> String {
    let parts = [(risk.removed, "gone"), (risk.weakened, "weaker"), (risk.added, "new")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }
}

/// Who changed it, where that is known or asked.
fn changed_by(change: &Change) -> Option<String> {
    let by = change.changed_by.as_ref()?;
    let mut who: Vec<String> = by.parties.iter().map(|party| format!("the {party}")).collect();
    who.extend(by.has_unknown.then(|| "somebody whom `tom.toml` does not list".to_owned()));
    Some(format!("changed by {}", who.join(" and ")))
}

/// A long stretch that stayed, cut in its middle.
fn trimmed(pieces: &[Piece]) -> Vec<Piece> {
    const KEEP: usize = 60;
    let last = pieces.len().saturating_sub(1);
    let cut = |text: &str, at: usize| {
        let count = text.chars().count();
        if count <= 3 * KEEP {
            return text.to_owned();
        }
        let head: String = if at == 0 { String::new() } else { text.chars().take(KEEP).collect() };
        let tail: String = if at == last { String::new() } else { text.chars().skip(count - KEEP).collect() };
        format!("{head} … {tail}")
    };
    let piece = |(at, piece): (usize, &Piece)| match piece {
        Piece::Same(text) => Piece::Same(cut(text, at)),
        other => other.clone(),
    };
    pieces.iter().enumerate().map(piece).collect()
}
