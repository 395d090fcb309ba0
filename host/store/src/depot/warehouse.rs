//! Where blobs are once they came whole.

use std::fmt;

use async_trait::async_trait;
use metier_core::ids::Digest;

use super::{Arrived, Reading, Result};

/// A place for whole blobs: a folder, a bucket, another registry.
///
/// Guarantees that everyone gives: a blob is there whole or not at all, also where the process is killed or the connection breaks in the
/// middle; to keep one again mends it. What nobody can promise who does not own the disk: that the bytes are still the same. So whoever reads
/// a whole blob holds it against its digest ([`Reading`]).
#[async_trait]
pub trait Warehouse: fmt::Debug + Send + Sync {
    /// Where it is, as it is told and kept: without anything secret.
    fn place(&self) -> &str;

    /// Takes the place for one owner, for good: who removes what nobody names must not share it.
    ///
    /// # Errors
    /// [`DepotError::Foreign`](super::DepotError::Foreign) where it is somebody else's, and the place's.
    async fn own(&self, owner: &str) -> Result<()>;

    /// How many bytes the blob has; nothing where it is not there.
    ///
    /// # Errors
    /// The place's.
    async fn size(&self, digest: &Digest) -> Result<Option<u64>>;

    /// The blob from byte `from` on, at most `length` bytes of it; nothing where it is not there.
    ///
    /// # Errors
    /// The place's.
    async fn read(&self, digest: &Digest, from: u64, length: u64) -> Result<Option<Reading>>;

    /// Keeps a blob that arrived; it is durable when this returns.
    ///
    /// # Errors
    /// The place's. Nothing is there then, or what was there before.
    async fn keep(&self, digest: &Digest, arrived: &Arrived) -> Result<()>;

    /// Removes a blob; nothing happens where it is not there. It is not there afterwards: where some of its bytes are, which nothing leads to
    /// and the place's owner may collect, that is told in words.
    ///
    /// # Errors
    /// The place's.
    async fn remove(&self, digest: &Digest) -> Result<Option<String>>;

    /// Every blob there is, in no order, and its bytes.
    ///
    /// # Errors
    /// The place's.
    async fn list(&self) -> Result<Vec<(Digest, u64)>>;
}
