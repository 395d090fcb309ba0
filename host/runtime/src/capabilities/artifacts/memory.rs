//! Artifacts in memory, gone with the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metier_core::ids::{Digest, TenantId};
use wasmtime_wasi::async_trait;

use super::{ArtifactError, ArtifactReader, ArtifactStore, ArtifactWriter, Blob};

/// Room of a store in bytes: 256 MiB, what is finished and what is being written together.
pub const MEMORY_BYTES: u64 = 256 << 20;

/// Bounded; full is full as on disk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MemoryArtifacts(Arc<Mutex<Data>>);

#[derive(Debug)]
struct Data {
    kept: HashMap<(TenantId, Digest), Vec<u8>>,
    room: u64,
}

impl Default for MemoryArtifacts {
    fn default() -> Self {
        MemoryArtifacts::new(MEMORY_BYTES)
    }
}

impl MemoryArtifacts {
    /// An empty store that holds `room` bytes.
    pub fn new(room: u64) -> MemoryArtifacts {
        MemoryArtifacts(Arc::new(Mutex::new(Data {
            kept: HashMap::new(),
            room,
        })))
    }

    /// Nothing panics while it holds the lock.
    fn data(&self) -> MutexGuard<'_, Data> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ArtifactStore for MemoryArtifacts {
    async fn begin(&self, tenant: &TenantId) -> Result<Box<dyn ArtifactWriter>, ArtifactError> {
        Ok(Box::new(Writing {
            store: self.clone(),
            tenant: tenant.clone(),
            bytes: Vec::new(),
        }))
    }

    async fn open(
        &self,
        tenant: &TenantId,
        digest: &Digest,
    ) -> Result<Option<Box<dyn ArtifactReader>>, ArtifactError> {
        let found = self.data().kept.get(&(tenant.clone(), *digest)).cloned();
        Ok(found.map(|bytes| {
            Box::new(Reading {
                size: bytes.len() as u64,
                rest: Some(bytes),
            }) as Box<_>
        }))
    }
}

/// Holds the room its bytes take until they are kept or dropped.
struct Writing {
    store: MemoryArtifacts,
    tenant: TenantId,
    bytes: Vec<u8>,
}

#[async_trait]
impl ArtifactWriter for Writing {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ArtifactError> {
        let mut data = self.store.data();
        data.room = data
            .room
            .checked_sub(bytes.len() as u64)
            .ok_or(ArtifactError::Full)?;
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Blob, ArtifactError> {
        let bytes = std::mem::take(&mut self.bytes);
        let blob = Blob {
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
        };
        let mut data = self.store.data();
        if data
            .kept
            .insert((self.tenant.clone(), blob.digest), bytes)
            .is_some()
        {
            data.room += blob.size;
        }
        Ok(blob)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.store.data().room += self.bytes.len() as u64;
    }
}

struct Reading {
    size: u64,
    rest: Option<Vec<u8>>,
}

#[async_trait]
impl ArtifactReader for Reading {
    fn size(&self) -> u64 {
        self.size
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ArtifactError> {
        Ok(self.rest.take().filter(|bytes| !bytes.is_empty()))
    }
}
