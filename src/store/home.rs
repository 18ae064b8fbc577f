//! Where a repository is: found from a folder, or said by git itself to what it calls, as in a hook.

use super::Repo;
use crate::diag::Error;
use git2::Repository;
use std::path::{Path, PathBuf};

/// What git's environment says to a program that it calls. It is true of one repository, and of no other.
#[derive(Debug, Clone, Default)]
pub struct GitSays {
    /// `GIT_DIR`
    pub dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: what is about to be committed, where that is not everything that was added.
    pub index: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: where what is being pushed waits until it is accepted.
    pub objects: Option<PathBuf>,
}

/// Where a repository is, so that another thread can open it again.
#[derive(Debug, Clone)]
pub struct Home {
    dir: PathBuf,
    says: GitSays,
}

impl Home {
    pub(super) fn of(git: &Repository) -> Self {
        Self { dir: git.path().to_path_buf(), says: GitSays::default() }
    }

    /// Opens it.
    pub fn open(&self) -> Result<Repo, Error> {
        let git = self.git().map_err(|error| super::git::not_opened(&self.dir, &error))?;
        Ok(Repo { git, home: self.clone() })
    }

    pub(super) fn git(&self) -> Result<Repository, git2::Error> {
        let git = Repository::open(&self.dir)?;
        if let Some(tree) = &self.says.work_tree {
            git.set_workdir(tree, false)?;
        }
        if let Some(index) = &self.says.index {
            // git says it from the top of the work tree, where it begins its hooks.
            let top = git.workdir().unwrap_or_else(|| Path::new("")).to_path_buf();
            git.set_index(&mut git2::Index::open(&top.join(index))?)?;
        }
        if let Some(objects) = self.says.objects.as_ref().and_then(|objects| objects.to_str()) {
            git.odb()?.add_disk_alternate(objects)?;
        }
        Ok(git)
    }
}

impl Repo {
    /// The repository that a folder is in, as git's environment says it where that is the same one.
    pub fn called(folder: &Path, says: &GitSays) -> Result<Self, Error> {
        let found = Self::discover(folder);
        let dir = match &says.dir {
            Some(dir) => dir.clone(),
            None if says.index.is_none() && says.work_tree.is_none() && says.objects.is_none() => {
                return found;
            }
            None => Self::discover(Path::new("."))?.home.dir,
        };
        let home = Home { dir, says: says.clone() };
        let theirs = home.open()?;
        let is_here = folder == Path::new(".");
        match found {
            Ok(found) if !is_here && found.git.path() != theirs.git.path() => Ok(found),
            Err(error) if !is_here => Err(error),
            _ => Ok(theirs),
        }
    }

    /// Where it is.
    pub fn home(&self) -> Home {
        self.home.clone()
    }
}
