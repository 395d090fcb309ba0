//! A folder of blobs, each in a file of its own: `ab/cdef…`. Blobs arrive here also where they are kept elsewhere.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use cap_std::{ambient_authority, fs::Dir};
use metier_core::ids::{Digest, shown};

use super::{Arrived, DepotError, DepotLimits, Reading, Result, Warehouse, blocking};

/// Where blobs are written before they have their names.
pub const UNFINISHED: &str = "unfinished";

/// The file that says where blobs are kept that arrived here.
const KEPT_IN: &str = "kept-in";

/// Longest name of a place, in bytes.
const MAX_PLACE: u64 = 4_096;

#[derive(Debug)]
pub struct Folder {
    pub dir: Dir,
    pub limits: DepotLimits,
    /// Bytes of all blobs, here or elsewhere, and of what is arriving.
    used: AtomicU64,
    /// Tells apart what this process writes at the same time.
    next: AtomicU64,
}

impl Folder {
    /// Makes it where it is not there, and removes what an earlier process left unfinished.
    pub fn open(path: &Path, limits: DepotLimits) -> Result<Folder> {
        Dir::create_ambient_dir_all(path, ambient_authority())?;
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        match dir.remove_dir_all(UNFINISHED) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => dir.create_dir(UNFINISHED)?,
        }
        Ok(Folder {
            dir,
            limits,
            used: AtomicU64::new(0),
            next: AtomicU64::new(0),
        })
    }

    /// Refuses blobs that are not where whoever opens the folder says: they would all be missing.
    pub fn must_be_in(&self, place: Option<&str>) -> Result<()> {
        let kept = match self.dir.open(KEPT_IN) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => io::read_to_string(other?.take(MAX_PLACE))?,
        };
        match place == Some(kept.trim()) {
            true => Ok(()),
            false => Err(DepotError::Elsewhere {
                place: shown(kept.trim()),
            }),
        }
    }

    /// Notes where blobs are kept from now on.
    pub fn is_in(&self, place: &str) -> Result<()> {
        let path = self.unfinished();
        let mut file = self.dir.create(&path)?;
        file.write_all(place.as_bytes())?;
        file.sync_all()?;
        self.dir.rename(&path, &self.dir, KEPT_IN)?;
        Ok(self.dir.open(".")?.sync_all()?)
    }

    /// A name nobody else has for what is not finished.
    pub fn unfinished(&self) -> PathBuf {
        Path::new(UNFINISHED).join(self.next.fetch_add(1, Relaxed).to_string())
    }

    /// Sets bytes aside, before they are written.
    pub fn take(&self, bytes: u64) -> Result<()> {
        let total = self.limits.total.unwrap_or(u64::MAX);
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= total);
        let taken = self.used.fetch_update(Relaxed, Relaxed, fits);
        taken.map(drop).map_err(|_| DepotError::Full)
    }

    pub fn give_back(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        let _ = self.used.fetch_update(Relaxed, Relaxed, less);
    }

    /// Counts what is there already, whether it fits or not.
    pub fn count(&self, bytes: u64) {
        let more = |used: u64| Some(used.saturating_add(bytes));
        let _ = self.used.fetch_update(Relaxed, Relaxed, more);
    }

    pub fn size_of(&self, path: &Path) -> Result<Option<u64>> {
        match self.dir.metadata(path) {
            Ok(told) => Ok(Some(told.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Every file that has its name.
    pub fn blobs(&self) -> Result<Vec<(Digest, u64)>> {
        let mut found = Vec::new();
        for folder in self.dir.entries()? {
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

    /// Gives a file that arrived its name, and brings both to the disk.
    fn name(&self, digest: &Digest, arrived: &Arrived) -> Result<()> {
        let path = place(digest);
        let Some(parent) = path.parent() else {
            return Ok(());
        };
        self.dir.create_dir_all(parent)?;
        // Bytes that are there already are replaced by the same, or mended.
        self.dir.rename(arrived.path(), &self.dir, &path)?;
        self.dir.open(parent)?.sync_all()?;
        Ok(self.dir.open(".")?.sync_all()?)
    }
}

/// The folder as the place where blobs stay.
#[derive(Debug)]
pub struct Here(pub Arc<Folder>);

#[async_trait]
impl Warehouse for Here {
    fn place(&self) -> &str {
        "the folder"
    }

    /// Whoever has the folder has taken it for themselves already.
    async fn own(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        let (folder, path) = (self.0.clone(), place(digest));
        blocking(move || folder.size_of(&path)).await
    }

    async fn read(&self, digest: &Digest, from: u64, length: u64) -> Result<Option<Reading>> {
        let (folder, digest) = (self.0.clone(), *digest);
        blocking(move || Reading::open(&folder, digest, from, length)).await
    }

    async fn keep(&self, digest: &Digest, arrived: &Arrived) -> Result<()> {
        let (folder, digest, arrived) = (self.0.clone(), *digest, arrived.clone());
        blocking(move || folder.name(&digest, &arrived)).await
    }

    /// Whoever reads it meanwhile reads it to its end.
    async fn remove(&self, digest: &Digest) -> Result<Option<String>> {
        let (folder, path) = (self.0.clone(), place(digest));
        blocking(move || match folder.dir.remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(None),
        })
        .await
    }

    async fn list(&self) -> Result<Vec<(Digest, u64)>> {
        let folder = self.0.clone();
        blocking(move || folder.blobs()).await
    }
}

/// `ab/cdef…`
pub fn place(digest: &Digest) -> PathBuf {
    let hex = digest.to_hex();
    let (folder, name) = hex.split_at(2);
    Path::new(folder).join(name)
}
