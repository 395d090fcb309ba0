//! What an artifact store does, whoever keeps the bytes.

use metier_core::ids::{Digest, TenantId};
use wasmtime_wasi::async_trait;

/// Bytes that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the bytes, and their only name.
    pub digest: Digest,
    /// How many.
    pub size: u64,
}

/// Keeps bytes under their digest, for each tenant apart.
///
/// Who knows the digest of another tenant's artifact can neither read it nor learn that it exists.
#[async_trait]
pub trait ArtifactStore: Send + Sync {
    /// Begin a new one.
    async fn begin(&self, tenant: &TenantId) -> Result<Box<dyn ArtifactWriter>, ArtifactError>;

    /// Read one, when it is there.
    async fn open(
        &self,
        tenant: &TenantId,
        digest: &Digest,
    ) -> Result<Option<Box<dyn ArtifactReader>>, ArtifactError>;
}

/// Bytes on their way into a store. Dropping it leaves nothing behind.
#[async_trait]
pub trait ArtifactWriter: Send {
    /// Append. After an error, or when the future was dropped, the writer only fails.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ArtifactError>;

    /// Keep what was written. It survives the process from here on; the same bytes again take no more room.
    async fn finish(self: Box<Self>) -> Result<Blob, ArtifactError>;
}

/// Bytes on their way out of a store.
#[async_trait]
pub trait ArtifactReader: Send {
    /// How many bytes there are in all.
    fn size(&self) -> u64;

    /// The next piece; none at the end. The bytes are only proven right when the end came without
    /// [`ArtifactError::Damaged`].
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ArtifactError>;
}

/// Why there is no artifact. The texts are for the guest: no paths.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The name or the media type will not do; says why.
    #[error("{0}")]
    Invalid(&'static str),
    /// More of them than one call may have.
    #[error("a call may have {limit} artifacts {what}")]
    TooMany {
        /// How many.
        limit: usize,
        /// How, as the end of the sentence.
        what: &'static str,
    },
    /// The host was set up without a place for them.
    #[error("this host keeps no artifacts; its operator can name a directory for them")]
    Disabled,
    /// An earlier write failed or was given up.
    #[error("an earlier write to the artifact failed")]
    Broken,
    /// What was stored is not what is there now.
    #[error("the artifact is damaged")]
    Damaged,
    /// No room on the host.
    #[error("the host has no room left for artifacts")]
    Full,
    /// The host's storage failed; the source is for its log.
    #[error("the host's artifact storage failed")]
    Unavailable(#[source] std::io::Error),
}

impl From<std::io::Error> for ArtifactError {
    fn from(error: std::io::Error) -> Self {
        match crate::disk::is_full(&error) {
            true => ArtifactError::Full,
            false => ArtifactError::Unavailable(error),
        }
    }
}

/// A store that keeps nothing and says so: what a host has until somebody names a better one.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoArtifacts;

#[async_trait]
impl ArtifactStore for NoArtifacts {
    async fn begin(&self, _: &TenantId) -> Result<Box<dyn ArtifactWriter>, ArtifactError> {
        Err(ArtifactError::Disabled)
    }

    async fn open(
        &self,
        _: &TenantId,
        _: &Digest,
    ) -> Result<Option<Box<dyn ArtifactReader>>, ArtifactError> {
        Err(ArtifactError::Disabled)
    }
}
