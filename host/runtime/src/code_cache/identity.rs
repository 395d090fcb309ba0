//! What a whole file is: its digest, and the hash of what of it is compiled.
//!
//! A skill's identity is a SHA-256, which takes three times as long as BLAKE3. So the directory keeps, for a large file that was hashed
//! once, both hashes under the file's own BLAKE3 hash, with a MAC: who else's word it was would not be believed, and every
//! byte of the file is still read and hashed at each start.

use std::path::{Path, PathBuf};
use std::{fs, io};

use blake3::{Hash, Hasher, OUT_LEN};
use metier_core::Digest;

use super::entry::replace;
use super::key::MacKey;
use crate::skill::{Code, SectionError};

pub(super) const EXTENSION: &str = "id";

/// Smaller files are hashed in less than a millisecond, in bytes.
pub(super) const WORTH_KEEPING: usize = 1 << 20;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 of all of it.
    pub digest: Digest,
    /// BLAKE3 of what is compiled.
    pub code: Hash,
}

impl Identity {
    /// Computed from the bytes.
    ///
    /// # Errors
    /// [`SectionError::Damaged`] when they are no whole component.
    pub fn of(bytes: &[u8]) -> Result<Identity, SectionError> {
        Ok(Identity {
            code: Code::of(bytes)?.hash(),
            digest: Digest::of(bytes),
        })
    }

    fn to_bytes(self) -> [u8; 2 * OUT_LEN] {
        let mut bytes = [0; 2 * OUT_LEN];
        bytes[..OUT_LEN].copy_from_slice(self.digest.as_bytes());
        bytes[OUT_LEN..].copy_from_slice(self.code.as_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Identity> {
        let (digest, code) = bytes.split_first_chunk()?;
        Some(Identity {
            digest: Digest::from_sha256(*digest),
            code: Hash::from_slice(code).ok()?,
        })
    }
}

/// One file of the directory: both hashes, and the MAC behind them.
pub(super) struct Kept {
    name: String,
    path: PathBuf,
}

impl Kept {
    /// Of the file with these bytes.
    pub(super) fn of(directory: &Path, bytes: &[u8]) -> Kept {
        let hash = Hasher::new().update_rayon(bytes).finalize();
        let name = hash.to_hex().to_string();
        Kept {
            path: directory.join(&name).with_extension(EXTENSION),
            name,
        }
    }

    /// What was kept, when its MAC is right.
    pub(super) fn verified(&self, key: &MacKey) -> Option<Identity> {
        let file = fs::read(&self.path).ok()?;
        let (hashes, tag) = file.split_at_checked(2 * OUT_LEN)?;
        let is_ours = key.verifies(&self.signed_name(), hashes, tag);
        Identity::from_bytes(hashes).filter(|_| is_ours)
    }

    pub(super) fn write(&self, key: &MacKey, identity: Identity) -> io::Result<()> {
        let hashes = identity.to_bytes();
        let tag = key.sign(&self.signed_name(), &hashes);
        replace(&self.path, &[&hashes[..], tag.as_bytes()].concat())
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Never the name of compiled code: neither passes for the other.
    fn signed_name(&self) -> String {
        format!("{}.{EXTENSION}", self.name)
    }
}
