//! The artifacts of one call.

use metier_core::call::Artifact;
use metier_core::ids::TenantId;

use super::{ArtifactError, ArtifactStore, ArtifactWriter, FileName, MAX_READERS, MediaType};

/// Files one call may be writing at once: each has a buffer and an open file in the host.
pub const MAX_OPEN_WRITERS: usize = 8;
/// Files one call may hand back: a person looks through fewer, and each costs the host a flush of its disk.
pub const MAX_ARTIFACTS: usize = 100;

/// What one call has finished, how many files it is writing and how many it has opened to read.
#[derive(Debug, Default)]
pub struct ArtifactsCtx {
    done: Vec<Artifact>,
    open: usize,
    readers: usize,
}

/// What a guest's handle stands for. Dropped unfinished, it leaves nothing behind.
pub struct Writer {
    name: FileName,
    media_type: MediaType,
    bytes: Box<dyn ArtifactWriter>,
}

impl Writer {
    /// Append.
    pub async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ArtifactError> {
        self.bytes.write(bytes).await
    }
}

impl ArtifactsCtx {
    /// What was finished, in that order, taken out.
    pub fn take(&mut self) -> Vec<Artifact> {
        std::mem::take(&mut self.done)
    }

    /// Begin a file for `tenant` in `store`.
    pub async fn create(
        &mut self,
        store: &dyn ArtifactStore,
        tenant: &TenantId,
        name: String,
        media_type: String,
    ) -> Result<Writer, ArtifactError> {
        let (name, media_type) = (name.try_into()?, media_type.try_into()?);
        if self.open >= MAX_OPEN_WRITERS {
            return Err(ArtifactError::TooMany {
                limit: MAX_OPEN_WRITERS,
                what: "open at once; finish one first",
            });
        }
        if self.done.len() + self.open >= MAX_ARTIFACTS {
            return Err(ArtifactError::TooMany {
                limit: MAX_ARTIFACTS,
                what: "in all",
            });
        }
        let bytes = store.begin(tenant).await?;
        self.open += 1;
        Ok(Writer {
            name,
            media_type,
            bytes,
        })
    }

    /// Keep a file and remember it for the outcome.
    pub async fn finish(&mut self, writer: Writer) -> Result<Artifact, ArtifactError> {
        let Writer {
            name,
            media_type,
            bytes,
        } = writer;
        self.open = self.open.saturating_sub(1);
        let blob = bytes.finish().await?;
        let artifact = Artifact {
            digest: blob.digest,
            name: name.into(),
            media_type: media_type.into(),
            size: blob.size,
        };
        self.done.push(artifact.clone());
        Ok(artifact)
    }

    /// Count one more file opened to read.
    pub(super) fn take_reader(&mut self) -> Result<(), ArtifactError> {
        if self.readers >= MAX_READERS {
            return Err(ArtifactError::TooMany {
                limit: MAX_READERS,
                what: "opened to read",
            });
        }
        self.readers += 1;
        Ok(())
    }

    /// Throw a file away.
    pub fn discard(&mut self, writer: Writer) {
        drop(writer);
        self.open = self.open.saturating_sub(1);
    }
}
