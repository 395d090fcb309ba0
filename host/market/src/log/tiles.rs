//! Proofs from tiles alone, as a mirror of files serves them: nobody has to be asked for a proof.
//!
//! A tile is not believed: what is made from wrong ones is a proof that proves nothing ([`super::Witness`]).

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    hash::{EMPTY, HASH_BYTES, Hash, node_hash},
    proof::{Consistency, Inclusion},
    prove::{self, Hashes},
    tile::{TILE_HEIGHT, TILE_WIDTH, TilePath},
};

/// The tiles of a log of one size that somebody has fetched.
#[derive(Clone, Debug)]
pub struct Tiles {
    size: u64,
    tiles: BTreeMap<TilePath, Vec<Hash>>,
}

impl Tiles {
    /// The tiles that are needed to prove that the log of size `new` begins with that of size `old`.
    pub fn for_consistency(old: u64, new: u64) -> Vec<TilePath> {
        let asked = Asked::of(new);
        prove::consistency(&asked, old, new);
        asked.paths()
    }

    /// The tiles that are needed to prove that a leaf is in the log of this size.
    pub fn for_inclusion(index: u64, size: u64) -> Vec<TilePath> {
        let asked = Asked::of(size);
        prove::inclusion(&asked, index, size);
        asked.paths()
    }

    /// None yet, of a log of this size.
    pub fn of(size: u64) -> Self {
        let tiles = BTreeMap::new();
        Tiles { size, tiles }
    }

    /// Adds a tile; whether its bytes are as many as its path says. Others are not kept.
    pub fn add(&mut self, path: TilePath, bytes: &[u8]) -> bool {
        let TilePath::Hashes { width, .. } = path else {
            return false;
        };
        let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
        let fits = rest.is_empty() && hashes.len() == usize::from(width);
        if fits {
            let hashes = hashes.iter().copied().map(Hash).collect();
            self.tiles.insert(path, hashes);
        }
        fits
    }

    /// The proof of consistency these tiles make; nothing when one is missing.
    pub fn consistency(&self, old: u64) -> Option<Consistency> {
        prove::consistency(self, old, self.size)
    }

    /// The proof of inclusion these tiles make; nothing when one is missing.
    pub fn inclusion(&self, index: u64) -> Option<Inclusion> {
        prove::inclusion(self, index, self.size)
    }
}

impl Hashes for Tiles {
    fn subtree(&self, level: u32, index: u64) -> Option<Hash> {
        let (path, first, count) = place(self.size, level, index)?;
        let hashes = self.tiles.get(&path)?;
        let end = first.checked_add(count)?;
        fold(hashes.get(first..end)?)
    }
}

/// The root over hashes whose number is a power of two.
fn fold(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [] => None,
        [hash] => Some(*hash),
        hashes => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            Some(node_hash(&fold(left)?, &fold(right)?))
        }
    }
}

/// Which tile of a log of this size has the hashes that a subtree is over, the first of them, and how many.
fn place(size: u64, level: u32, index: u64) -> Option<(TilePath, usize, usize)> {
    let (tile_level, inside) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
    let first = index.checked_mul(1 << inside)?;
    let tile = first / TILE_WIDTH;
    let there = size.checked_shr(tile_level * TILE_HEIGHT)?;
    let width = there.checked_sub(tile * TILE_WIDTH)?.min(TILE_WIDTH);
    let path = TilePath::Hashes {
        level: u8::try_from(tile_level).ok()?,
        index: tile,
        width: u16::try_from(width).ok()?,
    };
    Some((path, usize::try_from(first % TILE_WIDTH).ok()?, 1 << inside))
}

/// Writes down what it is asked for, and answers anything.
struct Asked {
    size: u64,
    paths: RefCell<BTreeSet<TilePath>>,
}

impl Asked {
    fn of(size: u64) -> Self {
        let paths = RefCell::default();
        Asked { size, paths }
    }

    fn paths(self) -> Vec<TilePath> {
        self.paths.into_inner().into_iter().collect()
    }
}

impl Hashes for Asked {
    fn subtree(&self, level: u32, index: u64) -> Option<Hash> {
        let (path, ..) = place(self.size, level, index)?;
        self.paths.borrow_mut().insert(path);
        Some(EMPTY)
    }
}
