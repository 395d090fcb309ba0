//! Proofs: that a leaf is in a tree, and that a tree begins with an older one.

use serde::{Deserialize, Serialize};

use super::hash::{EMPTY, Hash, node_hash};

/// The proof that a leaf is in a tree (RFC 9162, 2.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// Which leaf, from 0 on.
    pub index: u64,
    /// Of a tree of how many leaves. The proof does not bind it: whoever checks compares it with a checkpoint.
    pub size: u64,
    /// The hashes beside the way from the leaf to the root.
    pub path: Vec<Hash>,
}

impl Inclusion {
    /// Whether the leaf with this hash is in the tree with this size and root, at the place the proof says.
    #[must_use]
    pub fn proves(&self, leaf: Hash, size: u64, root: Hash) -> bool {
        self.size == size && self.computed(leaf) == Some(root)
    }

    fn computed(&self, leaf: Hash) -> Option<Hash> {
        if self.index >= self.size {
            return None;
        }
        // `last` loses a bit with each hash, so a path that is too long ends here after 64.
        let (mut node, mut last) = (self.index, self.size - 1);
        let mut hash = leaf;
        for beside in &self.path {
            if last == 0 {
                return None;
            }
            if node % 2 == 1 || node == last {
                hash = node_hash(beside, &hash);
                while node.is_multiple_of(2) && node != 0 {
                    (node, last) = (node >> 1, last >> 1);
                }
            } else {
                hash = node_hash(&hash, beside);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        (last == 0).then_some(hash)
    }
}

/// The proof that a tree begins with all of an older one (RFC 9162, 2.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// Leaves of the older tree.
    pub old: u64,
    /// Leaves of the newer one.
    pub new: u64,
    /// The hashes both roots are computed from.
    pub path: Vec<Hash>,
}

impl Consistency {
    /// Whether the tree of `new.0` leaves with the root `new.1` begins with that of `old`.
    #[must_use]
    pub fn proves(&self, old: (u64, Hash), new: (u64, Hash)) -> bool {
        if (self.old, self.new) != (old.0, new.0) {
            return false;
        }
        match old.0 {
            0 => self.path.is_empty() && old.1 == EMPTY,
            size if size == new.0 => self.path.is_empty() && old.1 == new.1,
            size if size > new.0 => false,
            _ => self.computed(old.1) == Some((old.1, new.1)),
        }
    }

    /// Both roots, computed from the path; 0 < old < new here.
    fn computed(&self, old_root: Hash) -> Option<(Hash, Hash)> {
        let (mut node, mut last) = (self.old - 1, self.new - 1);
        while node % 2 == 1 {
            (node, last) = (node >> 1, last >> 1);
        }
        let mut path = self.path.iter();
        // The old tree is whole: its root is itself the first hash, and nobody sends it.
        let first = match self.old.is_power_of_two() {
            true => old_root,
            false => *path.next()?,
        };
        let (mut old, mut new) = (first, first);
        for beside in path {
            if last == 0 {
                return None;
            }
            if node % 2 == 1 || node == last {
                old = node_hash(beside, &old);
                new = node_hash(beside, &new);
                while node.is_multiple_of(2) && node != 0 {
                    (node, last) = (node >> 1, last >> 1);
                }
            } else {
                new = node_hash(&new, beside);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        (last == 0).then_some((old, new))
    }
}
