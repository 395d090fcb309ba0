//! Blobs beside a SQLite file: one file each, named by its digest, `ab/cdef…`.
//!
//! A blob is written under another name, brought to the disk and renamed, so there is never half a file under a digest. Bytes are
//! checked on the way in and on the way out. A `Dir` cannot be left, whatever the name.

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use cap_std::{ambient_authority, fs::Dir};
use metier_core::ids::Digest;
use tokio::task;

use crate::{
    error::{Refusal, StoreError},
    limits::MAX_BLOB_BYTES,
    rules,
    traits::Result,
};

/// Where blobs are written before they have their names.
const UNFINISHED: &str = "unfinished";

/// A folder of blobs, or a map of them for tests.
#[derive(Clone, Debug)]
pub struct BlobStore(Place);

#[derive(Clone, Debug)]
enum Place {
    Disk(Arc<Folder>),
    /// Another process writes there: its folder, where it has one, and why nothing is written here.
    Looked(Option<Arc<Folder>>, Refusal),
    Memory(Arc<Mutex<HashMap<Digest, Vec<u8>>>>),
}

#[derive(Debug)]
struct Folder {
    dir: Dir,
    /// Tells apart what this process writes at the same time.
    next: AtomicU64,
}

impl BlobStore {
    /// Blobs in a folder, made when it is not there. What an earlier process left unfinished is removed.
    pub fn on_disk(path: &Path) -> Result<Self> {
        let open = || {
            Dir::create_ambient_dir_all(path, ambient_authority())?;
            let dir = Dir::open_ambient_dir(path, ambient_authority())?;
            dir.remove_dir_all(UNFINISHED).or_else(missing_is_fine)?;
            dir.create_dir(UNFINISHED)?;
            Ok(Folder {
                dir,
                next: AtomicU64::new(0),
            })
        };
        let folder = open().map_err(unavailable)?;
        Ok(BlobStore(Place::Disk(Arc::new(folder))))
    }

    /// Blobs in a folder that may be another process's. Nothing of it is touched.
    pub fn to_look(path: &Path, why: Refusal) -> Result<Self> {
        let folder = match Dir::open_ambient_dir(path, ambient_authority()) {
            Ok(dir) => Some(Arc::new(Folder {
                dir,
                next: AtomicU64::new(0),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unavailable(error)),
        };
        Ok(BlobStore(Place::Looked(folder, why)))
    }

    /// Blobs in memory.
    pub fn in_memory() -> Self {
        BlobStore(Place::Memory(Arc::default()))
    }

    /// Keeps bytes that have this digest.
    pub async fn put(&self, digest: &Digest, bytes: &[u8]) -> Result<()> {
        check(digest, bytes)?;
        match &self.0 {
            Place::Memory(map) => {
                map.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(*digest, bytes.to_vec());
                Ok(())
            }
            Place::Disk(folder) => {
                let (folder, digest, bytes) = (folder.clone(), *digest, bytes.to_vec());
                blocking(move || folder.put(&digest, &bytes)).await
            }
            Place::Looked(_, why) => Err(why.clone().into()),
        }
    }

    /// The bytes with this digest.
    pub async fn get(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let bytes = match &self.0 {
            Place::Memory(map) => map
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(digest)
                .cloned(),
            Place::Disk(folder) | Place::Looked(Some(folder), _) => {
                let (folder, digest) = (folder.clone(), *digest);
                blocking(move || folder.get(&digest)).await?
            }
            Place::Looked(None, _) => None,
        };
        verified(digest, bytes)
    }
}

/// Refuses bytes that are too many or do not have the digest.
pub fn check(digest: &Digest, bytes: &[u8]) -> Result<()> {
    rules::at_most("bytes of a blob", bytes.len(), MAX_BLOB_BYTES)?;
    if Digest::of(bytes) == *digest {
        Ok(())
    } else {
        Err(StoreError::mismatch(digest))
    }
}

/// Refuses bytes that were kept and are not the same any more.
pub fn verified(digest: &Digest, bytes: Option<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    match bytes {
        Some(bytes) if Digest::of(&bytes) != *digest => {
            Err(StoreError::CorruptBlob { digest: *digest })
        }
        other => Ok(other),
    }
}

impl Folder {
    fn put(&self, digest: &Digest, bytes: &[u8]) -> io::Result<()> {
        let hex = digest.to_hex();
        let (folder, name) = hex.split_at(2);
        let path = Path::new(folder).join(name);
        // Damaged bytes are replaced: putting again is how a blob is mended.
        if self.get(digest)?.is_some_and(|kept| kept == bytes) {
            return Ok(());
        }
        let temporary =
            Path::new(UNFINISHED).join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let mut file = self.dir.create(&temporary)?;
        io::Write::write_all(&mut file, bytes)
            .and_then(|()| file.sync_all())
            .inspect_err(|_| {
                // A full disk is not made fuller.
                let _ = self.dir.remove_file(&temporary);
            })?;
        self.dir.create_dir_all(folder)?;
        self.dir.rename(&temporary, &self.dir, &path)?;
        self.dir.open(folder)?.sync_all()?;
        self.dir.open(".")?.sync_all()
    }

    fn get(&self, digest: &Digest) -> io::Result<Option<Vec<u8>>> {
        let hex = digest.to_hex();
        let (folder, name) = hex.split_at(2);
        match self.dir.read(Path::new(folder).join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Copies every blob of one folder to another, for a backup. Each is checked on the way.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let BlobStore(Place::Disk(target)) = BlobStore::on_disk(to)? else {
        return Ok(());
    };
    let source = match Dir::open_ambient_dir(from, ambient_authority()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(unavailable)?,
    };
    for folder in source.entries().map_err(unavailable)? {
        let folder = folder.map_err(unavailable)?;
        let prefix = folder.file_name();
        if prefix != UNFINISHED && folder.file_type().map_err(unavailable)?.is_dir() {
            copy_folder(
                &folder.open_dir().map_err(unavailable)?,
                &prefix.to_string_lossy(),
                &target,
            )?;
        }
    }
    Ok(())
}

fn copy_folder(source: &Dir, prefix: &str, target: &Folder) -> Result<()> {
    for file in source.entries().map_err(unavailable)? {
        let name = file.map_err(unavailable)?.file_name();
        let Ok(digest) = format!("sha256:{prefix}{}", name.to_string_lossy()).parse::<Digest>()
        else {
            continue;
        };
        let bytes = source.read(&name).map_err(unavailable)?;
        if let Some(bytes) = verified(&digest, Some(bytes))? {
            target.put(&digest, &bytes).map_err(unavailable)?;
        }
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = task::spawn_blocking(work).await;
    done.map_err(|error| unavailable(io::Error::other(error)))?
        .map_err(unavailable)
}

fn missing_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound {
        Ok(())
    } else {
        Err(error)
    }
}

fn unavailable(error: io::Error) -> StoreError {
    StoreError::Unavailable(Arc::new(error))
}
