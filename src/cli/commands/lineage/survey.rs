//! Reads deployments side by side, each file once, and asks each a question beside its parent.

use crate::cli::beside::{alike_together, side_by_side};
use crate::cli::context::Context;
use crate::diag::Error;
use crate::model::{DeploymentName, Digest, Pending};
use crate::ops::lineage::{Level, Parent, Read, Standing, Tree, standing};
use crate::ops::update::Giver;
use crate::project::{Loader, Project};
use std::collections::{BTreeMap, BTreeSet};

/// A deployment that could be read.
pub(super) struct Sound {
    giver: Giver,
    received: Option<Digest>,
    pending: Option<Box<Pending>>,
}

impl Sound {
    fn load(loader: &mut Loader<'_>, name: &DeploymentName) -> Result<Self, String> {
        let loaded = loader.load(name).map_err(|error| error.finding().message.clone())?;
        let (received, pending) = (loaded.received, loaded.pending.clone());
        // What is wrong with it is for `tom check` to say; here it is only not known.
        let (deployment, framework) = loaded
            .sound()
            .map_err(|_| format!("`{name}` has errors in its files; see `tom check {name}`"))?;
        Ok(Self { giver: Giver::new(deployment, framework, None), received, pending })
    }

    pub(super) fn read(&self) -> Read<'_> {
        Read {
            deployment: self.giver.deployment(),
            framework: self.giver.framework(),
            received: self.received,
            pending: self.pending.as_deref(),
        }
    }

    /// The same, as the one who hands over.
    pub(super) fn giver(&self) -> &Giver {
        &self.giver
    }
}

/// Every deployment's head, as a tree; and the names of those whose head cannot be read.
pub(in crate::cli::commands) fn tree(project: &Project) -> Result<(Tree, BTreeSet<DeploymentName>), Error> {
    let mut metas = BTreeMap::new();
    let mut unread = BTreeSet::new();
    for name in project.deployments()?.0 {
        match project.meta(&name) {
            Ok(meta) => drop(metas.insert(name, meta)),
            Err(_) => drop(unread.insert(name)),
        }
    }
    Ok((Tree::of(metas), unread))
}

/// Asks each deployment a question, beside its parent where that is here.
pub(super) fn ask<T: Send>(
    context: &Context,
    project: &Project,
    tree: &Tree,
    names: &[&DeploymentName],
    question: impl Fn(&Sound, Option<Result<&Sound, &String>>) -> T + Sync,
) -> Result<BTreeMap<DeploymentName, Result<T, String>>, Error> {
    let above: BTreeSet<&DeploymentName> = names.iter().filter_map(|name| tree.parent_here(name)).collect();
    let above: Vec<&DeploymentName> = above.into_iter().collect();
    let begin = || project.loader();
    let givers = side_by_side(context, &above, begin, |loader, name| Ok(Sound::load(loader, name)))?;
    let parents: BTreeMap<&DeploymentName, _> = above.into_iter().zip(givers).collect();
    let answers = alike_together(
        context,
        names,
        |name| project.likeness(name),
        begin,
        |loader, name| {
            let parent = tree.parent_here(name).and_then(|parent| parents.get(parent)).map(Result::as_ref);
            Ok(match parents.get(*name) {
                Some(known) => known.as_ref().map(|sound| question(sound, parent)).map_err(String::clone),
                None => Sound::load(loader, name).map(|sound| question(&sound, parent)),
            })
        },
    )?;
    Ok(names.iter().map(|name| (*name).clone()).zip(answers).collect())
}

/// How each deployment stands.
pub(super) fn standings(
    context: &Context,
    project: &Project,
    tree: &Tree,
    names: &[&DeploymentName],
) -> Result<BTreeMap<DeploymentName, Standing>, Error> {
    let found = ask(context, project, tree, names, |sound, parent| {
        let read = sound.read();
        match (parent, &sound.giver.deployment().received) {
            (None, _) => match tree.parent(&read.deployment.name) {
                Parent::Ambiguous(_, id) => {
                    Standing::unknown(format!("more than one deployment has its parent's id, {id}"))
                }
                Parent::None => Standing::of(Level::Root),
                _ => Standing::of(Level::ParentElsewhere),
            },
            (Some(Err(why)), _) => Standing::unknown(why.clone()),
            (Some(Ok(_)), None) => Standing::unknown("`received.toml` is missing; see `tom check`"),
            (Some(Ok(parent)), Some(base)) => standing(read, parent.giver(), base),
        }
    })?;
    let mut standings: BTreeMap<DeploymentName, Standing> =
        found.into_iter().map(|(name, found)| (name, found.unwrap_or_else(Standing::unknown))).collect();
    // Whoever is level with a parent that is behind does not have what the ancestors gained; of one that cannot be read nobody knows.
    for name in names {
        let level_of = |above: &&DeploymentName| standings.get(*above).map(|standing| standing.level);
        let above = tree.above(name);
        let late = above
            .iter()
            .find(|above| level_of(above).is_some_and(|level| level.is_behind() && level != Level::Unknown));
        let unknown = above.iter().find(|above| level_of(above) == Some(Level::Unknown));
        let through = match (late, unknown) {
            (Some(late), _) => Some((Level::ParentBehind, format!("{late} comes first"))),
            (None, Some(unknown)) => Some((Level::ParentUnknown, format!("of {unknown} it is not known"))),
            (None, None) => None,
        };
        if let (Some((level, why)), Some(standing)) = (through, standings.get_mut(*name))
            && standing.level == Level::Level
        {
            standing.level = level;
            standing.why = Some(why);
        }
    }
    Ok(standings)
}
