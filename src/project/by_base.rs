//! The files of a branch, with those that decide from the base that it is held against.

use super::{FRAMEWORKS, SETTINGS};
use crate::diag::Error;
use crate::store::{Entry, Store};
use std::collections::BTreeMap;

/// A store whose settings, and whose frameworks as far as the base has them, are the base's. A version of a framework that the base does not have
/// stays: what rests on it can be read, and is told to be new.
pub struct ByBase {
    base: Box<dyn Store>,
    here: Box<dyn Store>,
}

impl ByBase {
    /// What stands `here`, held against a base.
    pub fn new(base: Box<dyn Store>, here: Box<dyn Store>) -> Self {
        Self { base, here }
    }

    /// The side that a path is read from.
    fn side(&self, path: &str) -> Result<&dyn Store, Error> {
        let mut parts = path.splitn(4, '/');
        let is_base = match (parts.next(), parts.next(), parts.next()) {
            (Some(SETTINGS), None, None) => true,
            (Some(FRAMEWORKS), Some(id), Some(version)) => {
                let versions = self.base.entries(&format!("{FRAMEWORKS}/{id}"))?;
                versions.iter().any(|entry| entry.name == version)
            }
            _ => false,
        };
        Ok(if is_base { &*self.base } else { &*self.here })
    }
}

impl Store for ByBase {
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let is_above_versions =
            folder.strip_prefix(FRAMEWORKS).is_some_and(|rest| rest.rfind('/').unwrap_or(0) == 0);
        if !is_above_versions {
            return self.side(folder)?.entries(folder);
        }
        let both = self.here.entries(folder)?.into_iter().chain(self.base.entries(folder)?);
        let by_name: BTreeMap<String, Entry> = both.map(|entry| (entry.name.clone(), entry)).collect();
        Ok(by_name.into_values().collect())
    }

    fn read_up_to(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        self.side(file)?.read_up_to(file, most)
    }

    fn likeness(&self, file: &str) -> Option<u64> {
        self.side(file).ok()?.likeness(file)
    }

    fn fork(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(Self::new(self.base.fork()?, self.here.fork()?)))
    }
}
