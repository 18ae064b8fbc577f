//! A risk, or a duty in it, passes to another party, which takes it on or refuses.

use crate::diag::{Code, Error, Severity};
use crate::model::{
    Date, Deployment, Framework, PartyId, Risk, RiskId, RiskStatus, Settings, Transfer, TransferReceipt,
    TransferWord,
};
use crate::ops::state::Speakers;

/// It cannot pass so.
pub static CANNOT_TRANSFER: Code = Code {
    id: "TOM-1105",
    severity: Severity::Error,
    title: "a risk cannot be transferred so",
    explain: "A risk, or a duty in it, passes to another party with what that party has to do. Nobody can take it on for them: `tom transfer D RISK --accept` and `--refuse` are for somebody \
whom `tom.toml` lists for the party that it passes to. What they say holds for the risk as it was then: where the risk or the duty changes, they are asked again. Until they have accepted, the assessment is not ready. Nothing was written.",
};

/// Whether what a party said is still about the risk as it is.
pub fn receipt_holds(risk: &Risk, receipt: &TransferReceipt) -> bool {
    receipt.digest == risk.content_digest().short()
}

/// What keeps a transfer from being settled, and whose turn it is; none where it is taken on, or there is none.
pub fn open_transfer(id: &RiskId, risk: &Risk) -> Option<(String, String)> {
    let Some(transfer) = &risk.transfer else {
        let is_unsaid = risk.status == RiskStatus::Transferred;
        let what = format!("`{id}` is transferred, and it is not said to whom");
        return is_unsaid.then(|| (what, "say it with `tom transfer`".to_owned()));
    };
    let to = &transfer.to;
    let (what, turn) = match &transfer.receipt {
        _ if risk.status == RiskStatus::Closed => return None,
        None => (
            format!("the {to} has not accepted the transfer of `{id}`"),
            format!("the {to} takes it on or refuses: `tom transfer`"),
        ),
        Some(receipt) if !receipt_holds(risk, receipt) => (
            format!("`{id}` has changed since the {to} {} its transfer", receipt.says),
            format!("the {to} takes it on or refuses anew: `tom transfer`"),
        ),
        Some(TransferReceipt { says: TransferWord::Refused, reason, .. }) => (
            format!(
                "the {to} refused the transfer of `{id}`: {}",
                reason.as_deref().unwrap_or("no reason given")
            ),
            "take it back with `tom transfer --take-back`, or change what they have to do".to_owned(),
        ),
        Some(_) => return None,
    };
    Some((what, turn))
}

fn refuse(id: &RiskId, why: impl std::fmt::Display) -> Error {
    Error::new(&CANNOT_TRANSFER, format!("`{id}` cannot be transferred so: {why}"))
}

/// A risk that passes to a party, or a duty in it while the risk itself stays.
///
/// # Errors
///
/// Where the risk is closed, or the party has it already.
pub fn transfer(
    deployment: &Deployment,
    id: &RiskId,
    to: &PartyId,
    duty: &str,
    is_duty_only: bool,
) -> Result<(RiskStatus, Transfer), Error> {
    let risk = risk(deployment, id)?;
    if risk.status == RiskStatus::Closed {
        return Err(refuse(id, "it is closed"));
    }
    if *to == risk.owner && !is_duty_only {
        return Err(refuse(id, format!("the {to} owns it already"))
            .help("a duty alone passes with `--duty-only`; `tom set` changes the owner"));
    }
    let status = if is_duty_only { RiskStatus::Open } else { RiskStatus::Transferred };
    Ok((status, Transfer { to: to.clone(), duty: Some(duty.to_owned()), receipt: None }))
}

fn risk<'d>(deployment: &'d Deployment, id: &RiskId) -> Result<&'d Risk, Error> {
    deployment.risks.get(id).ok_or_else(|| refuse(id, "there is no such risk"))
}

/// What the party says to which a risk passes: that it takes it on, or why not.
///
/// # Errors
///
/// Where nothing passes, or whoever speaks is not listed for that party.
pub fn answer(
    (deployment, framework, settings): (&Deployment, &Framework, &Settings),
    id: &RiskId,
    by: &str,
    on: Date,
    refusal: Option<&str>,
) -> Result<TransferReceipt, Error> {
    let risk = risk(deployment, id)?;
    let Some(transfer) = &risk.transfer else { return Err(refuse(id, "nobody is asked to take it on")) };
    if !Speakers::of(settings, deployment, framework).may(&transfer.to, by) {
        return Err(refuse(
            id,
            format!("it passes to the {}, and `{by}` is not listed for them", transfer.to),
        )
        .help("list them under `[people]` in `tom.toml`, or say who speaks with `--by`"));
    }
    Ok(TransferReceipt {
        says: if refusal.is_some() { TransferWord::Refused } else { TransferWord::Accepted },
        by: by.to_owned(),
        on,
        digest: risk.content_digest().short(),
        reason: refusal.map(str::to_owned),
    })
}
