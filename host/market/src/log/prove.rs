//! Making proofs, from wherever the hashes are.

use super::{
    hash::{EMPTY, Hash, node_hash},
    proof::{Consistency, Inclusion},
};

/// The hashes of a log's whole subtrees.
pub(super) trait Hashes {
    /// The hash over the leaves from `index * 2^level` up to `(index + 1) * 2^level`; nothing when they are not all there.
    fn subtree(&self, level: u32, index: u64) -> Option<Hash>;
}

/// The root of the tree of this size.
pub(super) fn root(hashes: &impl Hashes, size: u64) -> Option<Hash> {
    match size {
        0 => Some(EMPTY),
        size => range(hashes, 0, size),
    }
}

/// RFC 6962, 2.1.1: everything beside the way from the root to a leaf.
pub(super) fn inclusion(hashes: &impl Hashes, index: u64, size: u64) -> Option<Inclusion> {
    if index >= size {
        return None;
    }
    let mut path = Vec::new();
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range(hashes, middle, high)?);
            high = middle;
        } else {
            path.push(range(hashes, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Some(Inclusion { index, size, path })
}

/// RFC 6962, 2.1.2: everything beside the way from the root to where the old tree ends.
pub(super) fn consistency(hashes: &impl Hashes, old: u64, new: u64) -> Option<Consistency> {
    if old > new {
        return None;
    }
    let mut path = Vec::new();
    let (mut low, mut high) = (0, new);
    while old > 0 && old != high {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(range(hashes, middle, high)?);
            high = middle;
        } else {
            path.push(range(hashes, low, middle)?);
            low = middle;
        }
    }
    if low > 0 {
        path.push(range(hashes, low, high)?);
    }
    path.reverse();
    Some(Consistency { old, new, path })
}

/// The hash over the leaves from `low` up to `high`, which are a subtree of some tree: `low` is a multiple of the power of two that is
/// not below their number. Nothing when there are none, or not so many.
fn range(hashes: &impl Hashes, low: u64, high: u64) -> Option<Hash> {
    let count = high.checked_sub(low).filter(|count| *count > 0)?;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return hashes.subtree(level, low >> level);
    }
    let middle = low + split(count);
    let (left, right) = (range(hashes, low, middle)?, range(hashes, middle, high)?);
    Some(node_hash(&left, &right))
}

/// Where a tree of `count` leaves, two or more, has its halves: the largest power of two below.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}
