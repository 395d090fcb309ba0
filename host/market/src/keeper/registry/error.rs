//! Why a registry did not do as asked: each variant is one answer of the distribution specification.

use std::{io, sync::Arc};

use metier_core::Digest;
use metier_store::depot::DepotError;

use crate::keeper::accounts::PublisherId;

/// What is told, and nothing of it done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RegistryError {
    /// No such blob.
    #[error("there is no blob {0}")]
    BlobUnknown(Digest),
    /// A manifest names a blob that was not pushed.
    #[error("the manifest names the blob {0}, which was not pushed: push blobs first")]
    ManifestBlobUnknown(Digest),
    /// No such upload, or somebody else's.
    #[error(
        "there is no such upload: it ended, took too long or was begun by somebody else; begin again"
    )]
    UploadUnknown,
    /// Another request writes to the upload.
    #[error("another request is writing to this upload: wait for it")]
    UploadBusy,
    /// A piece does not begin where the last one ended.
    #[error("the next piece begins at byte {at}")]
    OutOfOrder {
        /// Bytes that are there.
        at: u64,
    },
    /// A piece had another length than it said.
    #[error("the piece said it has {said} bytes and had {had}: begin again")]
    OtherLength {
        /// What was said.
        said: u64,
        /// What came.
        had: u64,
    },
    /// The bytes have another digest than was said.
    #[error("the bytes are {found}, and not what was said: nothing was kept")]
    OtherDigest {
        /// What they are.
        found: Digest,
    },
    /// The manifest cannot be kept as it is.
    #[error("{0}")]
    ManifestInvalid(String),
    /// No such manifest.
    #[error("there is no such version or manifest")]
    ManifestUnknown,
    /// No such skill.
    #[error("there is no skill of this name")]
    NameUnknown,
    /// What is no version is no tag here.
    #[error("tags are versions here, such as `1.2.0`: `{0}` is none")]
    TagInvalid(String),
    /// The version is there, and is something else.
    #[error("version {version} is {there} already and stays it: publish another version")]
    Taken {
        /// Which.
        version: String,
        /// Its manifest.
        there: Digest,
    },
    /// It is larger than it may be.
    #[error("it is too large: at most {max} bytes are possible")]
    TooLarge {
        /// Most bytes.
        max: u64,
    },
    /// There are too many.
    #[error("there are too many {0}: end some, or wait")]
    TooMany(&'static str),
    /// One publisher has as much as one may.
    #[error(
        "`{by}` has {used} bytes here, and {max} are the share of one publisher: what was pushed and is not published goes by itself after a while; who keeps the market can make shares larger"
    )]
    ShareFull {
        /// Who.
        by: PublisherId,
        /// Bytes that are there.
        used: u64,
        /// Most bytes.
        max: u64,
    },
    /// No room.
    #[error("the registry has no room left: its operator has to make some")]
    Full,
    /// Files are kept elsewhere, and not to be had now.
    #[error(transparent)]
    Elsewhere(DepotError),
    /// The disk's.
    #[error("the registry's files cannot be used now: {0}")]
    Unavailable(Arc<dyn std::error::Error + Send + Sync>),
}

impl From<DepotError> for RegistryError {
    fn from(error: DepotError) -> Self {
        match error {
            DepotError::TooLarge { max } => RegistryError::TooLarge { max },
            DepotError::OtherDigest { found } => RegistryError::OtherDigest { found },
            DepotError::Full => RegistryError::Full,
            DepotError::Broken => RegistryError::UploadUnknown,
            DepotError::Unavailable(error) => RegistryError::Unavailable(error),
            DepotError::Damaged { .. } => RegistryError::Unavailable(Arc::new(error)),
            error @ (DepotError::Away { .. }
            | DepotError::Elsewhere { .. }
            | DepotError::Foreign { .. }) => RegistryError::Elsewhere(error),
        }
    }
}

impl From<io::Error> for RegistryError {
    fn from(error: io::Error) -> Self {
        DepotError::from(error).into()
    }
}
