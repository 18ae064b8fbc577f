//! What a repository remembers of hand-overs: a folder for each deployment, by its permanent id, and in it one for each other end.

use crate::diag::{Error, Finding};
use crate::model::{End, Framework, Ledger, PermanentId, Received};
use crate::store::{EntryKind, Store};
use crate::syntax::{Document, read_ledger, read_received};
use std::collections::BTreeMap;

/// The folder of what was exchanged, at the top of a repository.
pub const EXCHANGES: &str = "exchanges";

/// What a hand-over says of itself, in its file, and beside what came last where that was signed.
pub const MANIFEST: &str = "manifest.toml";

/// The signature over that.
pub const SIGNATURE: &str = "manifest.toml.sig";

/// What was sent to an end and came from it, in the folder of what was exchanged with it.
pub const LEDGER: &str = "ledger.toml";

/// The folder of what was exchanged with one end.
pub fn exchange_of(id: &PermanentId, with: &str) -> String {
    format!("{EXCHANGES}/{id}/{with}")
}

/// The ledgers of a deployment by the names of their folders.
///
/// # Errors
///
/// Where one cannot be understood: what was exchanged is not known then.
pub fn ledgers(store: &dyn Store, id: &PermanentId) -> Result<BTreeMap<String, Ledger>, Error> {
    let mut ledgers = BTreeMap::new();
    for entry in store.entries(&format!("{EXCHANGES}/{id}"))? {
        if entry.kind != EntryKind::Folder || entry.name.starts_with('.') {
            continue;
        }
        let path = format!("{}/{LEDGER}", exchange_of(id, &entry.name));
        let Some(bytes) = store.read(&path)? else { continue };
        let (ledger, findings) = read_ledger(&Document::parse(&path, &bytes)?);
        if let Some(finding) = findings.into_iter().find(Finding::is_error) {
            return Err(Error::from(finding).help("restore it from git"));
        }
        ledgers.extend(ledger.map(|ledger| (entry.name, ledger)));
    }
    Ok(ledgers)
}

/// What came last from an end, as it came; none where nothing did.
///
/// # Errors
///
/// Where it cannot be understood.
pub fn came_from(
    store: &dyn Store,
    id: &PermanentId,
    end: &End,
    framework: &Framework,
) -> Result<Option<Received>, Error> {
    let path = format!("{}/received.toml", exchange_of(id, &end.key()));
    let Some(bytes) = store.read(&path)? else { return Ok(None) };
    let (received, findings) = read_received(&Document::parse(&path, &bytes)?, framework);
    match findings.into_iter().find(Finding::is_error) {
        Some(finding) => Err(Error::from(finding).help("restore it from git")),
        None => Ok(Some(received)),
    }
}

/// A manifest with the signature over its bytes.
#[derive(Debug, Clone)]
pub struct SignedManifest {
    /// The manifest.
    pub bytes: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// The manifest of what came last from an end, and the signature over it; none where nobody signed it.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn manifest_of(store: &dyn Store, id: &PermanentId, with: &str) -> Result<Option<SignedManifest>, Error> {
    let read = |name: &str| store.read(&format!("{}/{name}", exchange_of(id, with)));
    let both = read(MANIFEST)?.zip(read(SIGNATURE)?);
    Ok(both.map(|(bytes, signature)| SignedManifest { bytes, signature }))
}
