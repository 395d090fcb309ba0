//! What an archive has to hold.

use std::{collections::BTreeMap, io};

use metier_core::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What it is called in the archive.
pub const NAME: &str = "manifest.json";

/// The only format there is.
pub const FORMAT: u32 = 1;

/// Most files of an archive.
pub const MAX_FILES: usize = 4_000_000;

/// Largest manifest, in bytes: those files, with long names.
pub const MAX_BYTES: u64 = 1 << 30;

/// The last file of an archive.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of `metier` that wrote it.
    pub metier: String,
    /// When, in milliseconds since 1970.
    pub made: u64,
    /// Each file by its name.
    pub entries: BTreeMap<String, Entry>,
}

/// One file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// In bytes.
    pub size: u64,
    /// Of its content.
    pub sha256: Digest,
}

/// Reads or writes something else, and knows what it was.
pub struct Hashed<I> {
    inner: I,
    hash: Sha256,
    size: u64,
}

impl<I> Hashed<I> {
    /// Nothing yet.
    pub fn new(inner: I) -> Self {
        Hashed {
            inner,
            hash: Sha256::new(),
            size: 0,
        }
    }

    /// What went through.
    pub fn entry(self) -> Entry {
        Entry {
            size: self.size,
            sha256: Digest::from_sha256(self.hash.finalize().into()),
        }
    }
}

impl<R: io::Read> io::Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.size += read as u64;
        Ok(read)
    }
}
