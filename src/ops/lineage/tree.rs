//! The tree of derivations, by permanent ids: a renamed folder is still the parent.

use crate::model::{DeploymentName, Meta, PermanentId};
use std::collections::{BTreeMap, BTreeSet};

/// What a deployment was derived from, as far as this repository knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// It was not derived.
    None,
    /// The parent, whatever it was called then.
    Here(DeploymentName),
    /// It is not in this repository: its name then, and its id.
    Elsewhere(DeploymentName, PermanentId),
    /// More than one deployment has the parent's permanent id.
    Ambiguous(DeploymentName, PermanentId),
}

/// The deployments of a repository by name, each with its parent and children.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: BTreeMap<DeploymentName, (Meta, Parent)>,
    children: BTreeMap<DeploymentName, Vec<DeploymentName>>,
}

impl Tree {
    /// The tree of deployments whose heads could be read.
    pub fn of(metas: BTreeMap<DeploymentName, Meta>) -> Self {
        let mut by_id: BTreeMap<PermanentId, Vec<DeploymentName>> = BTreeMap::new();
        for (name, meta) in &metas {
            by_id.entry(meta.id.clone()).or_default().push(name.clone());
        }
        let mut tree = Self::default();
        for (name, meta) in metas {
            let parent = match &meta.derived_from {
                None => Parent::None,
                Some(lineage) => match by_id.get(&lineage.id).map(Vec::as_slice) {
                    Some([parent]) => Parent::Here(parent.clone()),
                    Some([_, ..]) => Parent::Ambiguous(lineage.deployment.clone(), lineage.id.clone()),
                    _ => Parent::Elsewhere(lineage.deployment.clone(), lineage.id.clone()),
                },
            };
            if let Parent::Here(parent) = &parent {
                tree.children.entry(parent.clone()).or_default().push(name.clone());
            }
            tree.nodes.insert(name, (meta, parent));
        }
        tree
    }

    /// What a deployment is.
    pub fn meta(&self, name: &DeploymentName) -> Option<&Meta> {
        self.nodes.get(name).map(|(meta, _)| meta)
    }

    /// What it was derived from.
    pub fn parent(&self, name: &DeploymentName) -> &Parent {
        self.nodes.get(name).map_or(&Parent::None, |(_, parent)| parent)
    }

    /// The name of its parent, where that is here.
    pub fn parent_here(&self, name: &DeploymentName) -> Option<&DeploymentName> {
        match self.parent(name) {
            Parent::Here(parent) => Some(parent),
            _ => None,
        }
    }

    /// Whether something is derived from it.
    pub fn has_children(&self, name: &DeploymentName) -> bool {
        self.children.contains_key(name)
    }

    /// Its ancestors, nearest first; each once, even in a circle.
    pub fn above(&self, name: &DeploymentName) -> Vec<&DeploymentName> {
        let mut above: Vec<&DeploymentName> = Vec::new();
        let mut at = name;
        while let Some(parent) = self.parent_here(at) {
            if parent == name || above.contains(&parent) {
                break; // a circle, which `tom check` reports
            }
            above.push(parent);
            at = parent;
        }
        above
    }

    /// Whether one deployment is another or comes from it, so that it cannot be its parent.
    pub fn comes_from(&self, name: &DeploymentName, other: &DeploymentName) -> bool {
        name == other || self.above(name).contains(&other)
    }

    /// A deployment and all that come from it, with their depth, parents before children.
    pub fn beneath(&self, top: &DeploymentName) -> Vec<(usize, &DeploymentName)> {
        let mut seen = BTreeSet::new();
        self.walk(top, &mut seen)
    }

    /// Every deployment with its depth, parents before children. In a circle the first by name stands for its top.
    pub fn all(&self) -> Vec<(usize, &DeploymentName)> {
        let mut seen = BTreeSet::new();
        let tops = self.nodes.keys().filter(|name| self.parent_here(name).is_none());
        let mut all: Vec<_> = tops.flat_map(|top| self.walk(top, &mut seen)).collect();
        for name in self.nodes.keys() {
            all.extend(self.walk(name, &mut seen));
        }
        all
    }

    fn walk<'t>(
        &'t self,
        top: &DeploymentName,
        seen: &mut BTreeSet<&'t DeploymentName>,
    ) -> Vec<(usize, &'t DeploymentName)> {
        let mut order = Vec::new();
        let top = self.nodes.get_key_value(top).map(|(name, _)| (0, name));
        let mut open: Vec<(usize, &DeploymentName)> = top.into_iter().collect();
        while let Some((depth, name)) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            order.push((depth, name));
            let children = self.children.get(name).into_iter().flatten().rev();
            open.extend(children.map(|child| (depth + 1, child)));
        }
        order
    }
}
