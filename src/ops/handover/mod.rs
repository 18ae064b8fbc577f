//! Assessments on their way between organisations that share no repository.
//!
//! A hand-over carries a whole deployment, and what its receiver's side had said when both last had the same. Receiving is the merge of
//! [`super::merge`] with that as its base. Each side keeps two small files for every other end: a ledger, and the content that came last.

mod leaks;
mod readme;
mod receive;
mod signed;
mod transfer;
mod vouched;

use crate::diag::{Code, Error, Severity};
use crate::model::{Address, Answer, Deployment, End, Ledger, Risk, Sent, Settings};
use std::collections::{BTreeMap, BTreeSet};

pub use leaks::{LEAK, NOT_LOOKED_INTO, Names, Wanted, leaks, others, wanted};
pub use readme::readme;
pub use receive::{Incoming, Place, Received, Settled, place, receive};
pub use signed::{Claim, Signed};
pub use transfer::{CANNOT_TRANSFER, answer, open_transfer, receipt_holds, transfer};
pub use vouched::{Exchanged, exchanged};

/// It cannot be handed over so.
pub static CANNOT_HAND_OVER: Code = Code {
    id: "TOM-1102",
    severity: Severity::Error,
    title: "a deployment cannot be handed over so",
    explain: "A hand-over is made of what is committed, by a person that `tom.toml` lists, for another party than their own. The evidence that the assessment names as \
`path:` travels with it, so it has to be there, below a folder that tom writes evidence into at the other end. The message says what is missing. Nothing was written.",
};

/// It cannot be received so.
pub static CANNOT_RECEIVE: Code = Code {
    id: "TOM-1103",
    severity: Severity::Error,
    title: "a hand-over cannot be received so",
    explain: "A hand-over is taken in the order in which it was sent, by those for whom it was made, into the deployment with its permanent id. An older one than the last is refused, \
because it would bring back what was changed since; so is one that builds on something that never went from here, because then nobody knows what both sides had. Both sides have to follow the same \
version of the framework. Nothing was written.",
};

/// Every code of hand-overs.
pub const CODES: &[&Code] = &[&CANNOT_HAND_OVER, &CANNOT_RECEIVE, &LEAK, &CANNOT_TRANSFER, &NOT_LOOKED_INTO];

/// Folders that evidence is never written into: what stands there is tom's own, or is run.
const KEPT: [&str; 7] = ["assessments", "frameworks", "templates", "exchanges", "action", "scripts", "src"];

/// Whether a file of evidence may travel: below a folder, and in none that tom or a machine reads.
pub fn may_travel(path: &str) -> bool {
    path.split_once('/').is_some_and(|(top, _)| !KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(top)))
}

/// The files that a deployment names as evidence.
pub fn evidence_of(deployment: &Deployment) -> BTreeSet<&str> {
    let answers = deployment.answers.values().flat_map(|answer: &Answer| &answer.evidence);
    let risks = deployment.risks.values();
    let mitigations = risks.flat_map(|risk: &Risk| risk.mitigations.values()).flat_map(|m| &m.evidence);
    answers.chain(mitigations).filter_map(|text| text.strip_prefix("path:")).collect()
}

/// The end that a party of a deployment is: its supplier, its deployer, or another.
pub fn end_of(
    deployment: &Deployment,
    framework: &crate::model::Framework,
    party: &crate::model::PartyId,
) -> End {
    let headline = &framework.headline;
    let code = match party.as_str() {
        "supplier" => deployment.text(&headline.supplier_code),
        "deployer" => deployment.text(&headline.organisation_code),
        _ => String::new(),
    };
    End { party: party.clone(), organisation: Some(code).filter(|code| !code.is_empty()) }
}

/// The end that a person speaks for, if the settings list exactly one for their name.
///
/// # Errors
///
/// Where nobody of the name is listed, or two who speak for different ends.
pub fn end_of_person(settings: &Settings, name: &str) -> Result<End, Error> {
    let ends: BTreeSet<End> = settings
        .people
        .named(name)
        .map(|(_, person)| End {
            party: person.party.clone(),
            organisation: match person.party.as_str() {
                "supplier" | "deployer" => person.organisation.clone(),
                _ => None,
            },
        })
        .collect();
    let mut ends = ends.into_iter();
    match (ends.next(), ends.next()) {
        (Some(end), None) => Ok(end),
        (None, _) => Err(Error::new(&CANNOT_HAND_OVER, format!("`{name}` is nobody that `tom.toml` lists"))
            .note("the other side has to know which party and organisation it comes from")
            .help("list them under `[people]` with party and organisation, or name somebody with `--by`")),
        _ => Err(Error::new(
            &CANNOT_HAND_OVER,
            format!("`{name}` speaks for several organisations in `tom.toml`"),
        )
        .help("name somebody who speaks for one with `--by`")),
    }
}

/// The hand-over that went from here under a number and a digest, to whomever.
pub fn sent<'l>(
    ledgers: &'l BTreeMap<String, Ledger>,
    number: u32,
    digest: &str,
) -> Option<(&'l String, &'l Sent)> {
    ledgers.iter().find_map(|(key, ledger)| {
        ledger.sent.get(&number).filter(|sent| sent.digest == digest).map(|sent| (key, sent))
    })
}

/// The number of the next hand-over of a deployment, to whomever: so that every receiver sees them rise.
pub fn next_number(ledgers: &BTreeMap<String, Ledger>) -> u32 {
    ledgers.values().flat_map(|ledger| ledger.sent.keys()).max().map_or(1, |last| last + 1)
}

/// Fields of a deployment as a report names them.
fn addresses(all: impl IntoIterator<Item = Address>) -> Vec<String> {
    all.into_iter().map(|address| address.to_string()).collect()
}
