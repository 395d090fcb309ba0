//! A file on its way into the store: temporary, hashed as it grows, gone unless it is kept.
//!
//! Its writer holds the file's lock. A file nobody holds is what a killed process left, and [`sweep`] removes it; the files of
//! other living processes on the same directory stay.

use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::fs::Dir;
use metier_core::ids::Digest;
use sha2::{Digest as _, Sha256};

use super::Blob;
use crate::disk;

/// Numbers this process's files; other processes' are told apart by their id, and by trying again.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Names tried before giving up: taken ones are rare, and each is tried once.
const MAX_TRIES: usize = 100;

/// An open temporary file.
pub(super) struct Incoming {
    dir: Arc<Dir>,
    name: String,
    file: std::fs::File,
    hash: Sha256,
    size: u64,
}

impl Incoming {
    /// A new file in `dir`.
    pub fn create(dir: Arc<Dir>) -> io::Result<Incoming> {
        for _ in 0..MAX_TRIES {
            let name = format!(
                "{}-{}",
                std::process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            if let Some(file) = claim(&dir, &name)? {
                return Ok(Incoming {
                    dir,
                    name,
                    file,
                    hash: Sha256::new(),
                    size: 0,
                });
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Append.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Make it durable under its digest in `kept`. Whatever has that name there is replaced: it is the same, or damaged.
    pub fn keep(self, kept: &Dir) -> io::Result<Blob> {
        let digest = Digest::from_sha256(self.hash.clone().finalize().into());
        self.file.sync_all()?;
        self.dir.rename(&self.name, kept, digest.to_hex())?;
        disk::sync(kept)?;
        Ok(Blob {
            digest,
            size: self.size,
        })
    }
}

/// After [`Incoming::keep`] the name is gone already.
impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = self.dir.remove_file(&self.name);
    }
}

/// A new locked file, unless the name is taken or a sweep came between making and locking.
fn claim(dir: &Dir, name: &str) -> io::Result<Option<std::fs::File>> {
    let file = match disk::create_new(dir, name) {
        Ok(file) => file.into_std(),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(error),
    };
    let ours = file.try_lock().is_ok() && file.metadata()?.nlink() > 0;
    Ok(ours.then_some(file))
}

/// Remove what killed processes left.
pub(super) fn sweep(dir: &Dir) -> io::Result<()> {
    for entry in dir.entries()? {
        let entry = entry?;
        let Some(file) = disk::missing(entry.open())? else {
            continue;
        };
        if file.into_std().try_lock().is_ok() {
            disk::missing(entry.remove_file())?;
        }
    }
    Ok(())
}
