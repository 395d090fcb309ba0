//! The tree of a log's keeper: every hash of a whole subtree is kept, none is computed twice.

use super::{
    hash::{EMPTY, HASH_BYTES, Hash, leaf_hash, node_hash},
    proof::{Consistency, Inclusion},
    tile::TILE_WIDTH,
};

/// Levels of hashes in one tile.
const TILE_HEIGHT: usize = 8;

/// An append-only Merkle tree in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[k][n]` is the hash of the leaves from `n * 2^k` up to `(n + 1) * 2^k`, once all of them are there.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends a leaf, and says which it is.
    pub fn push(&mut self, leaf: &[u8]) -> u64 {
        self.push_hash(leaf_hash(leaf))
    }

    /// Appends a leaf of which only the hash is known.
    pub fn push_hash(&mut self, leaf: Hash) -> u64 {
        let index = self.size();
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            match hashes.as_slice() {
                [.., left, right] if hashes.len().is_multiple_of(2) => {
                    hash = node_hash(left, right)
                }
                _ => break,
            }
        }
        index
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        self.range(0, self.size()).unwrap_or(EMPTY)
    }

    /// The root as it was with this many leaves; nothing when there were never so many.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        match size {
            0 => Some(EMPTY),
            size if size <= self.size() => self.range(0, size),
            _ => None,
        }
    }

    /// The proof that a leaf is in the tree of this size; nothing when it is not, or there is no such tree.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Inclusion> {
        if index >= size || size > self.size() {
            return None;
        }
        let mut path = Vec::new();
        let (mut low, mut high) = (0, size);
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                path.push(self.range(middle, high)?);
                high = middle;
            } else {
                path.push(self.range(low, middle)?);
                low = middle;
            }
        }
        path.reverse();
        Some(Inclusion { index, size, path })
    }

    /// The proof that the tree of size `new` begins with that of size `old`; nothing when there are no such trees.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Consistency> {
        if old > new || new > self.size() {
            return None;
        }
        let mut path = Vec::new();
        let (mut low, mut high) = (0, new);
        // RFC 6962, 2.1.2: down to where the old tree ends, with everything beside the way.
        while old > 0 && old != high {
            let middle = low + split(high - low);
            if old <= middle {
                path.push(self.range(middle, high)?);
                high = middle;
            } else {
                path.push(self.range(low, middle)?);
                low = middle;
            }
        }
        if low > 0 {
            path.push(self.range(low, high)?);
        }
        path.reverse();
        Some(Consistency { old, new, path })
    }

    /// The bytes of a tile of hashes: so many from its beginning. Nothing when they are not there yet.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Option<Vec<u8>> {
        let hashes = self.levels.get(usize::from(level) * TILE_HEIGHT)?;
        let start = usize::try_from(index.checked_mul(TILE_WIDTH)?).ok()?;
        let end = start.checked_add(width.into())?;
        let fits = (1..=TILE_WIDTH).contains(&width.into());
        let hashes = hashes.get(start..end).filter(|_| fits)?;
        let mut bytes = Vec::with_capacity(hashes.len() * HASH_BYTES);
        hashes
            .iter()
            .for_each(|hash| bytes.extend_from_slice(&hash.0));
        Some(bytes)
    }

    /// The hash over the leaves from `low` up to `high`, which are a subtree of some tree: `low` is a multiple of the power of two that is
    /// not below their number. Nothing when there are none, or not so many.
    fn range(&self, low: u64, high: u64) -> Option<Hash> {
        let count = high.checked_sub(low).filter(|count| *count > 0)?;
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            let hashes = self.levels.get(usize::try_from(level).ok()?)?;
            return hashes.get(usize::try_from(low >> level).ok()?).copied();
        }
        let middle = low + split(count);
        Some(node_hash(
            &self.range(low, middle)?,
            &self.range(middle, high)?,
        ))
    }
}

/// Where a tree of `count` leaves, two or more, has its halves: the largest power of two below.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}
