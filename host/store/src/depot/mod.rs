//! Large bytes by their digest, which come and go in pieces: a market's blobs.
//!
//! Guarantees: there is never half a blob under a digest, and never other bytes than the digest's. A blob is written under another
//! name while its digest is computed, and then kept whole: renamed in the same folder, or sent to another [`Warehouse`] ([`Depot::over`]).
//! What was not finished goes with its [`Upload`], and what a killed process left goes when the folder is opened. A directory cannot be
//! left, whatever the name.
//!
//! ```
//! # async fn run() -> Result<(), metier_store::depot::DepotError> {
//! # let folder = std::path::Path::new("blobs");
//! use metier_core::Digest;
//! use metier_store::depot::{Depot, DepotLimits};
//! let depot = Depot::open(folder, DepotLimits::default())?;
//! let mut upload = depot.begin().await?;
//! upload.write(b"component".to_vec()).await?;
//! upload.finish(&Digest::of(b"component")).await?;
//! # Ok(()) }
//! ```

mod error;
mod folder;
mod read;
mod upload;
mod warehouse;

use std::{collections::HashMap, io, path::Path, sync::Arc};

use metier_core::ids::Digest;
use tokio::task;

use self::folder::{Folder, Here, place};
pub use self::{
    error::DepotError,
    read::{Reading, Source},
    upload::{Arrived, Upload},
    warehouse::Warehouse,
};

/// The answer of every operation.
pub type Result<T, E = DepotError> = std::result::Result<T, E>;

/// What a depot holds at most, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct DepotLimits {
    /// Of one blob.
    pub blob: u64,
    /// Of everything, unfinished blobs included; as much as the disk has where nothing is said.
    pub total: Option<u64>,
}

impl Default for DepotLimits {
    fn default() -> Self {
        DepotLimits {
            blob: 256 << 20,
            total: None,
        }
    }
}

/// Blobs, and the folder in which they arrive. Clones are the same.
#[derive(Clone, Debug)]
pub struct Depot {
    folder: Arc<Folder>,
    warehouse: Arc<dyn Warehouse>,
}

impl Depot {
    /// Blobs in a folder, made when it is not there. What an earlier process left unfinished is removed. One process at a time.
    ///
    /// # Errors
    /// [`DepotError::Elsewhere`], and the system's.
    pub fn open(path: &Path, limits: DepotLimits) -> Result<Depot> {
        let folder = Arc::new(Folder::open(path, limits)?);
        folder.must_be_in(None)?;
        if limits.total.is_some() {
            folder.count(sum(&folder.blobs()?));
        }
        Ok(Depot {
            warehouse: Arc::new(Here(folder.clone())),
            folder,
        })
    }

    /// Blobs that arrive in a folder and are kept elsewhere, by this owner alone. What the folder has is sent there first, each blob held
    /// against its digest, and then removed from the folder; what is there already is held against it too. Gives back every blob there is, too.
    ///
    /// # Errors
    /// Those of both places.
    pub async fn over(
        path: &Path,
        limits: DepotLimits,
        warehouse: Arc<dyn Warehouse>,
        owner: &str,
    ) -> Result<(Depot, Vec<(Digest, u64)>)> {
        let path = path.to_owned();
        let folder = blocking(move || Folder::open(&path, limits)).await?;
        let folder = Arc::new(folder);
        folder.must_be_in(Some(warehouse.place()))?;
        warehouse.own(owner).await?;
        folder.is_in(warehouse.place())?;
        let here = Here(folder.clone());
        let mut known: HashMap<Digest, u64> = warehouse.list().await?.into_iter().collect();
        for (digest, size) in here.list().await? {
            let is_there = known.get(&digest) == Some(&size);
            if !(is_there && is_sound(&*warehouse, &digest, size).await?) {
                // Damaged here, it is nowhere: whoever keeps it is told.
                whole(here.read(&digest, 0, u64::MAX).await?).await?;
                let arrived = Arrived::named(folder.clone(), &digest, size);
                warehouse.keep(&digest, &arrived).await?;
                known.insert(digest, size);
            }
            here.remove(&digest).await?;
        }
        let there: Vec<_> = known.into_iter().collect();
        folder.count(sum(&there));
        Ok((Depot { folder, warehouse }, there))
    }

    /// Begins a blob.
    ///
    /// # Errors
    /// The system's.
    pub async fn begin(&self) -> Result<Upload> {
        let (folder, warehouse) = (self.folder.clone(), self.warehouse.clone());
        blocking(move || Upload::begin(folder, warehouse)).await
    }

    /// Keeps a blob that is in memory already, and gives back its digest.
    ///
    /// # Errors
    /// As [`Upload::write`] and [`Upload::finish`].
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Digest> {
        let digest = Digest::of(&bytes);
        if self.size(&digest).await? == Some(bytes.len() as u64) {
            return Ok(digest);
        }
        let mut upload = self.begin().await?;
        upload.write(bytes).await?;
        upload.finish(&digest).await?;
        Ok(digest)
    }

    /// How many bytes the blob has; nothing where it is not there.
    ///
    /// # Errors
    /// The system's.
    pub async fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        self.warehouse.size(digest).await
    }

    /// The blob from byte `from` on, at most `length` bytes of it; nothing where it is not there.
    ///
    /// # Errors
    /// The system's.
    pub async fn read(&self, digest: &Digest, from: u64, length: u64) -> Result<Option<Reading>> {
        self.warehouse.read(digest, from, length).await
    }

    /// The whole blob, in memory; nothing where it is not there.
    ///
    /// # Errors
    /// [`DepotError::TooLarge`] where it has more than `max` bytes, [`DepotError::Damaged`] where they are others than were written.
    pub async fn read_all(&self, digest: &Digest, max: u64) -> Result<Option<Vec<u8>>> {
        let Some(mut reading) = self.read(digest, 0, u64::MAX).await? else {
            return Ok(None);
        };
        if reading.left() > max {
            return Err(DepotError::TooLarge { max });
        }
        // Grown piece by piece, it would be twice as large at times.
        let mut bytes = Vec::with_capacity(usize::try_from(reading.left()).unwrap_or_default());
        while let Some(piece) = reading.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes))
    }

    /// Removes a blob; nothing happens where it is not there. What of it stays all the same, in words.
    ///
    /// # Errors
    /// The place's.
    pub async fn remove(&self, digest: &Digest) -> Result<Option<String>> {
        let size = match self.folder.limits.total {
            Some(_) => self.warehouse.size(digest).await?,
            None => None,
        };
        let left = self.warehouse.remove(digest).await?;
        self.folder.give_back(size.unwrap_or_default());
        Ok(left)
    }

    /// Every blob there is, in no order, and its bytes.
    ///
    /// # Errors
    /// The place's.
    pub async fn list(&self) -> Result<Vec<(Digest, u64)>> {
        self.warehouse.list().await
    }
}

/// Every blob in a folder that is none of a running process's, for whoever may wait for the disk.
///
/// # Errors
/// The system's.
pub fn blobs_in(path: &Path) -> Result<Vec<(Digest, u64)>> {
    Folder::open(path, DepotLimits::default())?.blobs()
}

fn sum(blobs: &[(Digest, u64)]) -> u64 {
    blobs.iter().map(|(_, size)| size).sum()
}

/// Whether another place has all bytes of a blob, and the right ones: as many others are not it, and here may be the last that are.
async fn is_sound(place: &dyn Warehouse, digest: &Digest, size: u64) -> Result<bool> {
    let Some(reading) = place.read(digest, 0, u64::MAX).await? else {
        return Ok(false);
    };
    let is_whole = reading.size() == size;
    match whole(Some(reading)).await {
        Ok(()) => Ok(is_whole),
        Err(DepotError::Damaged { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a blob to its end, which is where it is held against its digest.
async fn whole(reading: Option<Reading>) -> Result<()> {
    let Some(mut reading) = reading else {
        return Ok(());
    };
    while reading.next().await?.is_some() {}
    Ok(())
}

/// Does what waits for the disk where waiting is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error).into()))
}
