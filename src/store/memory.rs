//! Files that are not on a disk: the framework and templates inside the binary, and tests.

use super::{Entry, EntryKind, Store};
use crate::diag::Error;
use std::collections::BTreeMap;

/// Files by path.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    files: BTreeMap<String, Vec<u8>>,
}

impl FromIterator<(String, Vec<u8>)> for MemoryStore {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(files: I) -> Self {
        Self { files: files.into_iter().collect() }
    }
}

impl Store for MemoryStore {
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries: Vec<Entry> = Vec::new();
        for rest in self.files.keys().filter_map(|path| path.strip_prefix(&prefix)) {
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, EntryKind::Folder),
                None => (rest, EntryKind::File),
            };
            if entries.last().is_none_or(|last| last.name != name) {
                entries.push(Entry { name: name.to_owned(), kind });
            }
        }
        Ok(entries)
    }

    fn read_up_to(&self, file: &str, _most: u64) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.files.get(file).cloned())
    }

    fn likeness(&self, file: &str) -> Option<u64> {
        self.files.get(file).map(|bytes| bytes.len() as u64)
    }

    fn fork(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.clone()))
    }
}
