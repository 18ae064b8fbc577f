//! A deployment's record.

use super::folder_of;
use crate::diag::{Error, Finding};
use crate::model::{DeploymentName, Record};
use crate::store::Store;
use crate::syntax::{Document, read_record};

/// The file of a deployment's record.
pub const RECORD: &str = "record.toml";

/// What happened to a deployment, with findings for what cannot be understood; nothing where there is no record.
pub fn record(store: &dyn Store, name: &DeploymentName) -> Result<(Record, Vec<Finding>), Error> {
    let path = format!("{}/{RECORD}", folder_of(name));
    let Some(bytes) = store.read(&path)? else { return Ok((Record::default(), Vec::new())) };
    Ok(match Document::parse(&path, &bytes) {
        Ok(document) => read_record(&document),
        Err(finding) => (Record::default(), vec![finding]),
    })
}
