//! Artifacts in a directory: `kept/<tenant>/<64 hexadecimal digits>`, and `incoming/` for those not yet finished.
//!
//! Several processes may share one directory.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use cap_std::fs::Dir;
use metier_core::ids::{Digest, TenantId};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;
use wasmtime_wasi::async_trait;

use super::incoming::{self, Incoming};
use super::{ArtifactError, ArtifactReader, ArtifactStore, ArtifactWriter, Blob};
use crate::disk;

/// Bytes gathered before they are written: guests write lines, disks like blocks.
const BUFFER_BYTES: usize = 64 << 10;
/// Bytes read at a time.
const PIECE_BYTES: u64 = 64 << 10;

/// A store on disk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DirArtifacts {
    incoming: Arc<Dir>,
    kept: Arc<Dir>,
}

impl DirArtifacts {
    /// The store in `path`, made for its owner alone when it is missing. Removes what killed processes left half-written.
    /// Blocks for a moment.
    ///
    /// # Errors
    /// [`ArtifactError::Full`] or [`ArtifactError::Unavailable`].
    pub fn open(path: &Path) -> Result<DirArtifacts, ArtifactError> {
        let root = disk::open_root(path)?;
        let incoming = disk::make_below(&root, &["incoming"])?;
        incoming::sweep(&incoming)?;
        Ok(DirArtifacts {
            incoming: Arc::new(incoming),
            kept: Arc::new(disk::make_below(&root, &["kept"])?),
        })
    }
}

#[async_trait]
impl ArtifactStore for DirArtifacts {
    async fn begin(&self, tenant: &TenantId) -> Result<Box<dyn ArtifactWriter>, ArtifactError> {
        let incoming = self.incoming.clone();
        let file = disk::off_executor(move || Incoming::create(incoming)).await??;
        let kept = self.kept.clone();
        Ok(Box::new(Writing {
            kept,
            tenant: tenant.clone(),
            buffer: Vec::new(),
            file: Some(file),
        }))
    }

    async fn open(
        &self,
        tenant: &TenantId,
        digest: &Digest,
    ) -> Result<Option<Box<dyn ArtifactReader>>, ArtifactError> {
        let (kept, tenant, digest) = (self.kept.clone(), tenant.clone(), *digest);
        let open = move || match disk::open_below(&kept, &[tenant.as_str()])? {
            Some(dir) => disk::open(&dir, &digest.to_hex())?
                .map(|file| File::new(file.into_std(), digest))
                .transpose(),
            None => Ok(None),
        };
        let file = disk::off_executor(open).await??;
        Ok(file.map(|file| {
            Box::new(Reading {
                size: file.rest,
                file: Some(file),
            }) as Box<_>
        }))
    }
}

struct Writing {
    kept: Arc<Dir>,
    tenant: TenantId,
    buffer: Vec<u8>,
    /// Away while it is written, and for ever after a failure.
    file: Option<Incoming>,
}

impl Writing {
    async fn flush(&mut self) -> Result<(), ArtifactError> {
        let mut file = self.file.take().ok_or(ArtifactError::Broken)?;
        let bytes = std::mem::take(&mut self.buffer);
        let file = disk::off_executor(move || file.write(&bytes).map(|()| file)).await??;
        self.file = Some(file);
        Ok(())
    }
}

#[async_trait]
impl ArtifactWriter for Writing {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ArtifactError> {
        if self.file.is_none() {
            return Err(ArtifactError::Broken);
        }
        self.buffer.extend_from_slice(&bytes);
        match self.buffer.len() < BUFFER_BYTES {
            true => Ok(()),
            false => self.flush().await,
        }
    }

    async fn finish(mut self: Box<Self>) -> Result<Blob, ArtifactError> {
        self.flush().await?;
        let file = self.file.take().ok_or(ArtifactError::Broken)?;
        let (kept, tenant) = (self.kept.clone(), self.tenant.clone());
        let keep = move || file.keep(&disk::make_below(&kept, &[tenant.as_str()])?);
        Ok(disk::off_executor(keep).await??)
    }
}

/// Removing a large file takes the disk a while: not on the executor.
impl Drop for Writing {
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(file))),
            Err(_) => drop(file),
        }
    }
}

/// A file being read and checked.
struct File {
    file: std::fs::File,
    rest: u64,
    hash: Sha256,
    digest: Digest,
}

impl File {
    fn new(file: std::fs::File, digest: Digest) -> std::io::Result<File> {
        Ok(File {
            rest: file.metadata()?.len(),
            file,
            hash: Sha256::new(),
            digest,
        })
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, ArtifactError> {
        let mut piece = Vec::new();
        self.rest -= (&self.file)
            .take(self.rest.min(PIECE_BYTES))
            .read_to_end(&mut piece)? as u64;
        self.hash.update(&piece);
        if !piece.is_empty() {
            return Ok(Some(piece));
        }
        let right = self.hash.clone().finalize()[..] == self.digest.as_bytes()[..];
        if right {
            Ok(None)
        } else {
            Err(ArtifactError::Damaged)
        }
    }
}

struct Reading {
    size: u64,
    file: Option<File>,
}

#[async_trait]
impl ArtifactReader for Reading {
    fn size(&self) -> u64 {
        self.size
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ArtifactError> {
        let mut file = self.file.take().ok_or(ArtifactError::Broken)?;
        let (piece, file) = disk::off_executor(move || (file.next(), file)).await?;
        self.file = Some(file);
        piece
    }
}
