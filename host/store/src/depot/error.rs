//! Why a blob was not kept or given: each variant is something the caller tells or does differently.

use std::{io, sync::Arc};

use metier_core::ids::Digest;

/// Why a depot did not do as asked. Nothing half is left.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DepotError {
    /// The blob is larger than it may be.
    #[error("a blob may have {max} bytes, and this one has more")]
    TooLarge {
        /// Most bytes.
        max: u64,
    },
    /// The bytes have another digest than was said.
    #[error("the bytes are {found}, and not what was said")]
    OtherDigest {
        /// The digest they have.
        found: Digest,
    },
    /// There is no room: on the disk, or in what the operator set aside.
    #[error("there is no room for it: the disk, or what was set aside for blobs, is full")]
    Full,
    /// An earlier piece could not be written: begin again.
    #[error("an earlier piece of it could not be written: begin again")]
    Broken,
    /// The bytes on the disk are others than were written.
    #[error("the bytes kept as {digest} are not those that were written: put them there again")]
    Damaged {
        /// Which blob.
        digest: Digest,
    },
    /// Blobs are kept elsewhere, and it does not do as asked.
    #[error("blobs are kept in `{place}`, which does not do as asked: {why}")]
    Away {
        /// Where.
        place: String,
        /// Why, as the end of a sentence.
        why: String,
    },
    /// Blobs are kept in another place than the one that is said.
    #[error(
        "blobs are kept in `{place}`: name that place; or, where they were copied to another, remove the file `kept-in` in the folder of blobs"
    )]
    Elsewhere {
        /// Where.
        place: String,
    },
    /// The place is somebody else's.
    #[error(
        "`{place}` has the blobs of {owner} already: two would remove each other's, so give this one a bucket or a prefix of its own"
    )]
    Foreign {
        /// Where.
        place: String,
        /// Whose.
        owner: String,
    },
    /// The system's, in words.
    #[error("the folder of blobs cannot be used: {0}")]
    Unavailable(Arc<io::Error>),
}

impl From<io::Error> for DepotError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DepotError::Full,
            _ => DepotError::Unavailable(Arc::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::DepotError;

    /// What Linux says of a full disk and a full quota.
    #[test]
    fn a_full_disk_is_told_apart() {
        for (number, is_full) in [(28, true), (122, true), (5, false)] {
            let error = DepotError::from(Error::from_raw_os_error(number));
            assert_eq!(matches!(error, DepotError::Full), is_full, "{number}");
        }
        let denied = DepotError::from(Error::from(ErrorKind::PermissionDenied));
        assert!(matches!(denied, DepotError::Unavailable(_)));
    }
}
