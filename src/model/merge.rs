//! Three-way merges of values, without knowing what they are values of.
//!
//! A value on three sides (`base`, `left`, `right`) is decided by who changed it: nobody or only left, and left's stays; only
//! right, and right's is taken; both in the same way, and that stays; both differently, and somebody has to decide. Absent is a
//! value like any other, so that adding and deleting need no rules of their own. `tests/it/merge_laws.rs` holds the laws:
//! `merge(b, x, b) = x`, `merge(b, b, x) = x`, `merge(b, x, x) = x`, mirror symmetry, different keys never conflict,
//! idempotence.

use std::collections::{BTreeMap, BTreeSet};

/// One value on the three sides of a merge; none where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge3<T> {
    /// As it was.
    pub base: Option<T>,
    /// As one side has it: the side that is written to.
    pub left: Option<T>,
    /// As the other side has it.
    pub right: Option<T>,
}

/// Whose value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Left's, which may be right's too.
    Left,
    /// Right's: left did not change it.
    Right,
    /// Neither: both changed it, and differently.
    Neither,
}

impl<T: PartialEq> Merge3<T> {
    /// Whose value holds.
    pub fn holds(&self) -> Holds {
        if self.left == self.right || self.right == self.base {
            Holds::Left
        } else if self.left == self.base {
            Holds::Right
        } else {
            Holds::Neither
        }
    }
}

/// Every key of three maps with its value on each side.
pub fn keyed<K: Ord, T>(
    base: BTreeMap<K, T>,
    left: BTreeMap<K, T>,
    right: BTreeMap<K, T>,
) -> BTreeMap<K, Merge3<T>> {
    let mut all: BTreeMap<K, Merge3<T>> = BTreeMap::new();
    fn at<K: Ord, T>(all: &mut BTreeMap<K, Merge3<T>>, key: K) -> &mut Merge3<T> {
        all.entry(key).or_insert_with(|| Merge3 { base: None, left: None, right: None })
    }
    base.into_iter().for_each(|(key, value)| at(&mut all, key).base = Some(value));
    left.into_iter().for_each(|(key, value)| at(&mut all, key).left = Some(value));
    right.into_iter().for_each(|(key, value)| at(&mut all, key).right = Some(value));
    all
}

/// Merges sets: what either side added is in it, what either side took away is not. Sets never conflict.
pub fn merge_sets<T: Ord + Clone>(
    base: &BTreeSet<T>,
    left: &BTreeSet<T>,
    right: &BTreeSet<T>,
) -> BTreeSet<T> {
    let is_in =
        |one: &&T| if base.contains(*one) { left.contains(*one) && right.contains(*one) } else { true };
    left.union(right).filter(is_in).cloned().collect()
}
