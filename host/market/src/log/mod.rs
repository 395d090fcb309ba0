//! A log that everybody can check: an append-only Merkle tree (RFC 6962), served as tiles, with signed checkpoints.
//!
//! The forms are those of [C2SP tlog-tiles](https://c2sp.org/tlog-tiles), [tlog-checkpoint](https://c2sp.org/tlog-checkpoint) and
//! [signed-note](https://c2sp.org/signed-note), so monitors and witnesses that were not made for Metier can read it:
//!
//! | at | is |
//! |---|---|
//! | `/log/checkpoint` | origin, size and root, signed ([`Checkpoint`]) |
//! | `/log/tile/0/x001/234` | 256 hashes of the tree ([`TilePath`], [`Tree::tile`]) |
//! | `/log/tile/0/x001/234.p/7` | a tile that is not full yet |
//! | `/log/tile/entries/x001/234` | the leaves themselves ([`bundle`]) |
//!
//! A [`Tree`] keeps every hash once it is computed, 64 bytes a leaf, so appending costs one or two hashes and a proof none but the right
//! edge's. A client keeps a [`Witness`] of each log it has seen: 32 bytes that make it impossible to show it another past. Where nobody serves proofs, it makes
//! them from [`Tiles`].
//!
//! Written here rather than taken from `tlog_tiles` 0.2 and `signed_note` 0.2, see decision 0004.
//!
//! ```
//! use metier_market::{log::{Checkpoint, LogSigner, Tree, Witness}, trust::{Algorithm, KeyPair}};
//! let signer = LogSigner::new("market.example/log", KeyPair::generate(Algorithm::Ed25519)?)?;
//! let mut tree = Tree::default();
//! tree.push(b"the first leaf");
//! let seen = Witness::first(signer.key(), Checkpoint::of(&tree, signer.key()).sign(&signer)?.as_bytes())?;
//! tree.push(b"the second");
//! let note = Checkpoint::of(&tree, signer.key()).sign(&signer)?;
//! let proof = tree.consistency(seen.size(), tree.size());
//! let seen = seen.advance(note.as_bytes(), proof.as_ref())?;
//! let proof = tree.inclusion(1, tree.size()).ok_or("no such leaf")?;
//! seen.check(b"the second", &proof)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint;
mod entries;
mod fault;
mod hash;
mod note;
mod proof;
mod prove;
mod tile;
mod tiles;
mod tree;
mod witness;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tile_tests;

pub use checkpoint::Checkpoint;
pub use entries::{MAX_LEAF, bundle, unbundle};
pub use fault::LogFault;
pub use hash::{EMPTY, Hash, leaf_hash};
pub use note::{LogKey, LogKeyError, LogSigner};
pub use proof::{Consistency, Inclusion};
pub use tile::{TILE_WIDTH, TilePath, TilePathError, grown};
pub use tiles::Tiles;
pub use tree::Tree;
pub use witness::Witness;
