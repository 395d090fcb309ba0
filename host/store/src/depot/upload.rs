//! A blob on its way in.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cap_std::fs::File;
use metier_core::ids::Digest;
use sha2::{Digest as _, Sha256};

use super::{DepotError, Folder, Result, Warehouse, blocking};

/// A blob that is being written. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub struct Upload {
    /// Nothing in it once it is finished.
    work: Arc<Mutex<Option<Work>>>,
    warehouse: Arc<dyn Warehouse>,
}

/// What is there so far. A piece that was begun is written to its end, also when whoever sent it does not wait.
#[derive(Debug)]
struct Work {
    file: File,
    left: Unnamed,
    hash: Sha256,
    is_broken: bool,
}

/// A file without a name, and the bytes set aside for it. Dropped, both are free again.
#[derive(Debug)]
struct Unnamed {
    folder: Arc<Folder>,
    path: PathBuf,
    size: u64,
    /// The bytes are a blob's now.
    is_kept: bool,
    /// It has a name all the same, and goes by that alone.
    is_named: bool,
}

/// A blob that came whole, in the folder where blobs arrive. Its bytes had the digest it is kept by.
#[derive(Clone, Debug)]
pub struct Arrived(Arc<Mutex<Unnamed>>);

impl Upload {
    pub(super) fn begin(folder: Arc<Folder>, warehouse: Arc<dyn Warehouse>) -> Result<Upload> {
        let path = folder.unfinished();
        let file = folder.dir.create(&path)?;
        let left = Unnamed {
            folder,
            path,
            size: 0,
            is_kept: false,
            is_named: false,
        };
        let work = Work {
            file,
            left,
            hash: Sha256::new(),
            is_broken: false,
        };
        Ok(Upload {
            work: Arc::new(Mutex::new(Some(work))),
            warehouse,
        })
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        locked(&self.work).as_ref().map_or(0, |work| work.left.size)
    }

    /// Writes the next piece.
    ///
    /// # Errors
    /// [`DepotError::TooLarge`] and [`DepotError::Full`] before anything of the piece is written. After any error nothing more can
    /// be written.
    pub async fn write(&mut self, piece: Vec<u8>) -> Result<()> {
        let shared = self.work.clone();
        blocking(move || match &mut *locked(&shared) {
            Some(work) => work.write(&piece),
            None => Err(DepotError::Broken),
        })
        .await
    }

    /// Makes it a blob; it is durable when this returns. How many bytes it has.
    ///
    /// # Errors
    /// [`DepotError::OtherDigest`] where the bytes are others, and those of the place where it is kept. Nothing is left then.
    pub async fn finish(self, digest: &Digest) -> Result<u64> {
        let Upload { work, warehouse } = self;
        let said = *digest;
        let arrived = blocking(move || {
            let work = locked(&work).take();
            work.ok_or(DepotError::Broken)?.arrive(&said)
        });
        let arrived = arrived.await?;
        arrived.stay(digest, &*warehouse).await
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Work {
    fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.must_be_open()?;
        // Whatever ends this early leaves it broken.
        self.is_broken = true;
        let length = piece.len() as u64;
        let max = self.left.folder.limits.blob;
        if self.left.size.saturating_add(length) > max {
            return Err(DepotError::TooLarge { max });
        }
        self.left.folder.take(length)?;
        self.left.size += length;
        self.file.write_all(piece)?;
        self.hash.update(piece);
        self.is_broken = false;
        Ok(())
    }

    fn arrive(self, digest: &Digest) -> Result<Arrived> {
        self.must_be_open()?;
        let found = Digest::from_sha256(self.hash.finalize().into());
        if found != *digest {
            return Err(DepotError::OtherDigest { found });
        }
        self.file.sync_all()?;
        Ok(Arrived(Arc::new(Mutex::new(self.left))))
    }

    fn must_be_open(&self) -> Result<()> {
        match self.is_broken {
            false => Ok(()),
            // A piece could not be written: nobody knows how much of it is there.
            true => Err(DepotError::Broken),
        }
    }
}

impl Arrived {
    /// A blob that the folder has under its name, to be kept elsewhere too.
    pub(super) fn named(folder: Arc<Folder>, digest: &Digest, size: u64) -> Arrived {
        Arrived(Arc::new(Mutex::new(Unnamed {
            folder,
            path: super::folder::place(digest),
            size,
            is_kept: true,
            is_named: true,
        })))
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        locked(&self.0).size
    }

    /// So many bytes of it from one on.
    ///
    /// # Errors
    /// The disk's, also where it has not so many.
    pub async fn piece(&self, from: u64, length: usize) -> Result<Vec<u8>> {
        let arrived = self.0.clone();
        blocking(move || {
            let mut file = {
                let arrived = locked(&arrived);
                arrived.folder.dir.open(&arrived.path)?
            };
            file.seek(SeekFrom::Start(from))?;
            let mut piece = vec![0; length];
            file.read_exact(&mut piece)?;
            Ok(piece)
        })
        .await
    }

    pub(super) fn path(&self) -> PathBuf {
        locked(&self.0).path.clone()
    }

    async fn stay(self, digest: &Digest, warehouse: &dyn Warehouse) -> Result<u64> {
        let limits = locked(&self.0).folder.limits;
        // Only where bytes are counted: it may cost a request.
        let before = match limits.total {
            Some(_) => warehouse.size(digest).await?,
            None => None,
        };
        warehouse.keep(digest, &self).await?;
        let mut left = locked(&self.0);
        left.is_kept = true;
        left.folder.give_back(before.unwrap_or_default());
        Ok(left.size)
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.is_named {
            // A full disk is not made fuller. What is kept here has another name by now; what is kept elsewhere is not needed here.
            let _ = self.folder.dir.remove_file(&self.path);
        }
        if !self.is_kept {
            self.folder.give_back(self.size);
        }
    }
}
