//! A blob on its way in.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
};

use cap_std::fs::File;
use metier_core::ids::Digest;
use sha2::{Digest as _, Sha256};

use super::{DepotError, Folder, Result, UNFINISHED, blocking, place};

/// A blob that is being written. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub struct Upload(Arc<Mutex<Work>>);

/// What is there so far. A piece that was begun is written to its end, also when whoever sent it does not wait.
#[derive(Debug)]
struct Work {
    folder: Arc<Folder>,
    file: File,
    path: PathBuf,
    hash: Sha256,
    size: u64,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Open,
    /// A piece could not be written: nobody knows how much of it is there.
    Broken,
    /// It has its name.
    Kept,
}

impl Upload {
    pub(super) fn begin(folder: Arc<Folder>) -> Result<Upload> {
        let number = folder.next.fetch_add(1, Relaxed).to_string();
        let path = Path::new(UNFINISHED).join(number);
        let file = folder.dir.create(&path)?;
        Ok(Upload(Arc::new(Mutex::new(Work {
            folder,
            file,
            path,
            hash: Sha256::new(),
            size: 0,
            state: State::Open,
        }))))
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        work(&self.0).size
    }

    /// Writes the next piece.
    ///
    /// # Errors
    /// [`DepotError::TooLarge`] and [`DepotError::Full`] before anything of the piece is written. After any error nothing more can
    /// be written.
    pub async fn write(&mut self, piece: Vec<u8>) -> Result<()> {
        let shared = self.0.clone();
        blocking(move || work(&shared).write(&piece)).await
    }

    /// Gives the blob its name; it is durable when this returns. How many bytes it has.
    ///
    /// # Errors
    /// [`DepotError::OtherDigest`] where the bytes are others, and the system's. Nothing is left then.
    pub async fn finish(self, digest: &Digest) -> Result<u64> {
        let digest = *digest;
        blocking(move || work(&self.0).finish(&digest)).await
    }
}

fn work(shared: &Mutex<Work>) -> MutexGuard<'_, Work> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Work {
    fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.must_be_open()?;
        // Whatever ends this early leaves it broken.
        self.state = State::Broken;
        let length = piece.len() as u64;
        let max = self.folder.limits.blob;
        if self.size.saturating_add(length) > max {
            return Err(DepotError::TooLarge { max });
        }
        self.folder.take(length)?;
        self.size += length;
        self.file.write_all(piece)?;
        self.hash.update(piece);
        self.state = State::Open;
        Ok(())
    }

    fn finish(&mut self, digest: &Digest) -> Result<u64> {
        self.must_be_open()?;
        let found = Digest::from_sha256(self.hash.clone().finalize().into());
        if found != *digest {
            return Err(DepotError::OtherDigest { found });
        }
        self.file.sync_all()?;
        let (folder, path) = (self.folder.clone(), place(digest));
        let dir = &folder.dir;
        if let Some(parent) = path.parent() {
            dir.create_dir_all(parent)?;
            // Bytes that are there already are replaced by the same, or mended.
            let before = folder.size(&path)?;
            dir.rename(&self.path, dir, &path)?;
            self.state = State::Kept;
            folder.give_back(before.unwrap_or_default());
            dir.open(parent)?.sync_all()?;
            dir.open(".")?.sync_all()?;
        }
        Ok(self.size)
    }

    fn must_be_open(&self) -> Result<()> {
        match self.state {
            State::Open => Ok(()),
            State::Broken | State::Kept => Err(DepotError::Broken),
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.state != State::Kept {
            // A full disk is not made fuller.
            let _ = self.folder.dir.remove_file(&self.path);
            self.folder.give_back(self.size);
        }
    }
}
