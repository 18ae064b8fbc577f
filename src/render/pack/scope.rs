//! The digest of what a pack speaks of that is none of a phase's: those have the digest that approvers compare (`ops::scope`).

use super::PackKind;
use crate::model::{Canonical, Deployment, Digest, Framework, Tree};

/// Digest of the answers up to the pack's phase, and of the risks where it shows them. Personal data is in no digest:
/// a list of addresses could be guessed from one.
pub(super) fn digest(deployment: &Deployment, framework: &Framework, kind: PackKind) -> Digest {
    let reach = kind.reach();
    let is_in = |item: &str| framework.item(item).is_some_and(|item| item.phase <= reach && !item.personal);
    let answers = deployment
        .answers
        .iter()
        .filter(|(slot, answer)| is_in(slot.item.as_str()) && !answer.is_empty())
        .map(|(slot, answer)| (slot.to_string(), content(answer)));
    let answers = (kind != PackKind::HazardLog).then(|| Tree::Map(answers.collect()));
    let risks = deployment.risks.iter().map(|(id, risk)| (id.to_string(), content(risk)));
    let risks = (kind != PackKind::Phase1).then(|| Tree::Map(risks.collect()));
    let parts = [
        ("deployment", Some(Tree::text(deployment.meta.id.as_str()))),
        ("framework", Some(Tree::text(framework.digest.to_string()))),
        ("answers", answers),
        ("risks", risks),
    ];
    let parts = parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?)));
    Tree::Map(parts.collect()).digest()
}

fn content(of: &impl Canonical) -> Tree {
    Tree::text(of.digest().to_string())
}
