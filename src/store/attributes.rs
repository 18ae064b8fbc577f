//! The attributes that git applies to a file.

use super::{Repo, UNREADABLE};
use crate::diag::{Error, Label};
use git2::{AttrCheckFlags, Repository};
use std::path::Path;

/// What git holds of an attribute of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// Nothing says anything.
    Unspecified,
    /// `name`
    Set,
    /// `-name`
    Unset,
    /// `name=value`
    Value(String),
}

/// The attributes of a work tree's files. A `.gitattributes` that is in git's index and not in the work tree is not looked at: reading the index
/// costs time and memory by every file of the repository.
pub struct Attributes {
    git: Repository,
}

impl Attributes {
    /// An attribute of a file, whatever file of attributes says it.
    pub fn of(&self, path: &str, name: &str) -> Result<Attribute, Error> {
        let flags = AttrCheckFlags::FILE_THEN_INDEX;
        let fail = |error| unreadable(&format!("the attributes of `{path}`"), &error);
        let value = self.git.get_attr_bytes(Path::new(path), name, flags).map_err(fail)?;
        Ok(match git2::AttrValue::from_bytes(value) {
            git2::AttrValue::Unspecified => Attribute::Unspecified,
            git2::AttrValue::True => Attribute::Set,
            git2::AttrValue::False => Attribute::Unset,
            git2::AttrValue::String(text) => Attribute::Value(text.to_owned()),
            git2::AttrValue::Bytes(bytes) => Attribute::Value(String::from_utf8_lossy(bytes).into_owned()),
        })
    }
}

fn unreadable(what: &str, error: &git2::Error) -> Error {
    Error::new(&UNREADABLE, format!("cannot read {what}: {}", error.message()))
        .at(Label::file(".gitattributes"))
}

impl Repo {
    /// The attributes of the files in its work tree.
    pub fn attributes(&self) -> Result<Attributes, Error> {
        let open = || -> Result<Repository, git2::Error> {
            let git = self.home.git()?;
            git.set_index(&mut git2::Index::new()?)?;
            Ok(git)
        };
        Ok(Attributes { git: open().map_err(|error| unreadable("git's attributes", &error))? })
    }

    /// The lines of the files of attributes at the top of the work tree and in git's own folder.
    pub fn attribute_lines(&self) -> Vec<String> {
        let top = self.git().workdir().map(|top| top.join(".gitattributes"));
        let files = top.into_iter().chain([self.git().commondir().join("info/attributes")]);
        let texts = files.filter_map(|file| std::fs::read(file).ok());
        texts
            .flat_map(|bytes| String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}
