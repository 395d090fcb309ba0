//! The tree of a log's keeper: every hash of a whole subtree is kept, none is computed twice.

use super::{
    hash::{EMPTY, HASH_BYTES, Hash, leaf_hash, node_hash},
    proof::{Consistency, Inclusion},
    prove::{self, Hashes},
    tile::{TILE_HEIGHT, TILE_WIDTH},
};

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
        prove::root(self, self.size()).unwrap_or(EMPTY)
    }

    /// The root as it was with this many leaves; nothing when there were never so many.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        prove::root(self, size).filter(|_| size <= self.size())
    }

    /// The proof that a leaf is in the tree of this size; nothing when it is not, or there is no such tree.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Inclusion> {
        prove::inclusion(self, index, size).filter(|_| size <= self.size())
    }

    /// The proof that the tree of size `new` begins with that of size `old`; nothing when there are no such trees.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Consistency> {
        prove::consistency(self, old, new).filter(|_| new <= self.size())
    }

    /// The bytes of a tile of hashes: so many from its beginning. Nothing when they are not there yet.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Option<Vec<u8>> {
        let hashes = self.levels.get(usize::from(level) * TILE_HEIGHT as usize)?;
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
}

impl Hashes for Tree {
    fn subtree(&self, level: u32, index: u64) -> Option<Hash> {
        let hashes = self.levels.get(usize::try_from(level).ok()?)?;
        hashes.get(usize::try_from(index).ok()?).copied()
    }
}
