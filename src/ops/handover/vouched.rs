//! What the last hand-over of each other end said, and who vouches for that.
//!
//! Whoever receives a hand-over commits what other parties said, and may say none of it. A signature over the manifest, which names the digest
//! of everything that is said in the assessment, vouches for it; so both are kept beside what came. Nothing else there is believed.

use super::signed::is_at;
use super::{Claim, Signed, end_of};
use crate::diag::{Error, Finding};
use crate::model::{Deployment, End, Framework, Ledger, Manifest, Purpose, Received, Settings};
use crate::ops::spoken::Spoken;
use crate::project::{MANIFEST, SignedManifest, came_from, ledgers, manifest_of};
use crate::store::Store;
use crate::syntax::{Document, read_manifest};

/// The last hand-over that came from an end.
#[derive(Debug, Clone)]
pub struct Exchanged {
    /// Its number.
    pub number: u32,
    /// Who is said to have sent it.
    pub by: String,
    /// For whom they are said to speak.
    pub from: End,
    /// Whether it is signed, and what that is worth here.
    pub signed: Signed,
    /// What was in it.
    pub content: Received,
}

impl Exchanged {
    /// Whether it shows that somebody said something: whoever signed it may say it, and speaks for the party that does.
    pub fn vouches_for(
        &self,
        spoken: &Spoken,
        settings: &Settings,
        deployment: &Deployment,
        framework: &Framework,
    ) -> bool {
        let is_theirs = |party| {
            party == self.from.party && end_of(deployment, framework, &self.from.party).means(&self.from)
        };
        // Of two of one name at that end, nobody knows here which of them signed.
        let mut signers = settings.people.named(&self.by).filter(|(_, person)| is_at(person, &self.from));
        matches!(self.signed, Signed::By(_))
            && spoken.party(deployment).is_some_and(is_theirs)
            && signers.all(|(_, person)| spoken.may_come_from(person, deployment, framework))
    }
}

/// What came last from every end of a deployment.
///
/// # Errors
///
/// Where a file of what was exchanged cannot be read or understood, or a key in the settings.
pub fn exchanged(
    store: &dyn Store,
    settings: &Settings,
    deployment: &Deployment,
    framework: &Framework,
) -> Result<Vec<Exchanged>, Error> {
    let id = &deployment.meta.id;
    let mut all = Vec::new();
    for (key, Ledger { with, came, .. }) in ledgers(store, id)? {
        let (Some(came), Some(content)) = (came, came_from(store, id, &with, framework)?) else { continue };
        let signed = match manifest_of(store, id, &key)? {
            None => Signed::No,
            Some(SignedManifest { bytes, signature }) => {
                let (manifest, findings) = read_manifest(&Document::parse(MANIFEST, &bytes)?);
                let manifest = manifest.filter(|_| !findings.iter().any(Finding::is_error));
                let is_it = |manifest: &Manifest| {
                    manifest.id == *id
                        && manifest.from == with
                        && manifest.by == came.by
                        && manifest.number == came.link.number
                        && manifest.said.as_ref() == Some(&content.confirmations().to_string())
                };
                match manifest.filter(is_it) {
                    None => Signed::NotKnown("the manifest that was signed is not of what came".to_owned()),
                    Some(manifest) => {
                        let (purpose, on) = (Purpose::HandOver, manifest.on);
                        let claim = Claim { purpose, by: &manifest.by, of: &manifest.from, on };
                        claim.signed(Some(settings), &bytes, Some(&signature))?
                    }
                }
            }
        };
        all.push(Exchanged { number: came.link.number, by: came.by, from: with, signed, content });
    }
    Ok(all)
}
