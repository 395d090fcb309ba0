//! Large bytes by their digest, which come and go in pieces: a market's blobs.
//!
//! Guarantees: there is never half a blob under a digest, and never other bytes than the digest's. A blob is written under another
//! name while its digest is computed, brought to the disk and renamed; what was not finished goes with its [`Upload`], and what
//! a killed process left goes when the folder is opened. A [`Dir`] cannot be left, whatever the name.
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
mod read;
mod upload;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use cap_std::{ambient_authority, fs::Dir};
use metier_core::ids::Digest;
use tokio::task;

pub use self::{error::DepotError, read::Reading, upload::Upload};

/// The answer of every operation.
pub type Result<T, E = DepotError> = std::result::Result<T, E>;

/// Where blobs are written before they have their names.
const UNFINISHED: &str = "unfinished";

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

/// A folder of blobs. Clones are the same folder.
#[derive(Clone, Debug)]
pub struct Depot(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    dir: Dir,
    limits: DepotLimits,
    /// Bytes of all files.
    used: AtomicU64,
    /// Tells apart what this process writes at the same time.
    next: AtomicU64,
}

impl Depot {
    /// Blobs in a folder, made when it is not there. What an earlier process left unfinished is removed. One process at a time.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path, limits: DepotLimits) -> Result<Depot> {
        Dir::create_ambient_dir_all(path, ambient_authority())?;
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        match dir.remove_dir_all(UNFINISHED) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => dir.create_dir(UNFINISHED)?,
        }
        let used = match limits.total {
            Some(_) => bytes_in(&dir)?,
            None => 0,
        };
        Ok(Depot(Arc::new(Folder {
            dir,
            limits,
            used: AtomicU64::new(used),
            next: AtomicU64::new(0),
        })))
    }

    /// Begins a blob.
    ///
    /// # Errors
    /// The system's.
    pub async fn begin(&self) -> Result<Upload> {
        let folder = self.0.clone();
        blocking(move || Upload::begin(folder)).await
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
        let (folder, path) = (self.0.clone(), place(digest));
        blocking(move || folder.size(&path)).await
    }

    /// The blob from byte `from` on, at most `length` bytes of it; nothing where it is not there.
    ///
    /// # Errors
    /// The system's.
    pub async fn read(&self, digest: &Digest, from: u64, length: u64) -> Result<Option<Reading>> {
        let (folder, digest) = (self.0.clone(), *digest);
        blocking(move || Reading::open(&folder, digest, from, length)).await
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

    /// Removes a blob; nothing happens where it is not there. Whoever reads it meanwhile reads it to its end.
    ///
    /// # Errors
    /// The system's.
    pub async fn remove(&self, digest: &Digest) -> Result<()> {
        let (depot, digest) = (self.clone(), *digest);
        blocking(move || depot.remove_now(&digest)).await
    }

    /// The same for whoever may wait for the disk where they are.
    ///
    /// # Errors
    /// The system's.
    pub fn remove_now(&self, digest: &Digest) -> Result<()> {
        let path = place(digest);
        let Some(size) = self.0.size(&path)? else {
            return Ok(());
        };
        self.0.dir.remove_file(&path)?;
        self.0.give_back(size);
        Ok(())
    }

    /// Every blob there is, in no order, and its bytes.
    ///
    /// # Errors
    /// The system's.
    pub async fn list(&self) -> Result<Vec<(Digest, u64)>> {
        let depot = self.clone();
        blocking(move || depot.list_now()).await
    }

    /// The same for whoever may wait for the disk where they are.
    ///
    /// # Errors
    /// The system's.
    pub fn list_now(&self) -> Result<Vec<(Digest, u64)>> {
        Ok(blobs_in(&self.0.dir)?)
    }
}

impl Folder {
    fn size(&self, path: &Path) -> Result<Option<u64>> {
        match self.dir.metadata(path) {
            Ok(told) => Ok(Some(told.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets bytes aside, before they are written.
    fn take(&self, bytes: u64) -> Result<()> {
        let total = self.limits.total.unwrap_or(u64::MAX);
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= total);
        let taken = self.used.fetch_update(Relaxed, Relaxed, fits);
        taken.map(drop).map_err(|_| DepotError::Full)
    }

    fn give_back(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        let _ = self.used.fetch_update(Relaxed, Relaxed, less);
    }
}

/// `ab/cdef…`
fn place(digest: &Digest) -> PathBuf {
    let hex = digest.to_hex();
    let (folder, name) = hex.split_at(2);
    Path::new(folder).join(name)
}

/// Every file's bytes, two folders deep: there is nothing deeper.
fn bytes_in(dir: &Dir) -> io::Result<u64> {
    let mut sum = 0;
    for folder in dir.entries()? {
        let folder = folder?;
        if folder.file_type()?.is_dir() {
            for file in folder.open_dir()?.entries()? {
                sum += file?.metadata()?.len();
            }
        }
    }
    Ok(sum)
}

/// Every file that has its name.
fn blobs_in(dir: &Dir) -> io::Result<Vec<(Digest, u64)>> {
    let mut found = Vec::new();
    for folder in dir.entries()? {
        let folder = folder?;
        let above = folder.file_name().into_string().unwrap_or_default();
        if !folder.file_type()?.is_dir() || above == UNFINISHED {
            continue;
        }
        for file in folder.open_dir()?.entries()? {
            let file = file?;
            let below = file.file_name().into_string().unwrap_or_default();
            if let Ok(digest) = format!("sha256:{above}{below}").parse() {
                found.push((digest, file.metadata()?.len()));
            }
        }
    }
    Ok(found)
}

/// Does what waits for the disk where waiting is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error).into()))
}
