//! Reading an artifact the caller named.

use metier_core::ids::Digest;
use wasmtime::component::Resource;

use super::host::{Answer, refuse};
use super::{ArtifactReader, ArtifactsView};
use crate::bindings::artifacts::{ArtifactError as Error, HostReader};

/// Artifacts one call may open to read, the same one again included: each is an open file of the host, and a call
/// that joins more tables than this is no single question.
pub const MAX_READERS: usize = 32;

/// What a guest's handle stands for.
pub struct Reader(Box<dyn ArtifactReader>);

impl HostReader for ArtifactsView<'_> {
    async fn open(&mut self, digest: String) -> Answer<Resource<Reader>> {
        Ok(match self.find(&digest).await {
            Ok(reader) => Ok(self.table.push(reader)?),
            Err(error) => Err(error),
        })
    }

    async fn size(&mut self, reader: Resource<Reader>) -> wasmtime::Result<u64> {
        Ok(self.table.get(&reader)?.0.size())
    }

    async fn read(&mut self, reader: Resource<Reader>) -> Answer<Vec<u8>> {
        let piece = self.table.get_mut(&reader)?.0.next().await;
        Ok(piece.map(Option::unwrap_or_default).map_err(refuse))
    }

    async fn drop(&mut self, reader: Resource<Reader>) -> wasmtime::Result<()> {
        self.table.delete(reader)?;
        Ok(())
    }
}

impl ArtifactsView<'_> {
    async fn find(&mut self, digest: &str) -> Result<Reader, Error> {
        self.call
            .allow(|authority| authority.artifacts(0))
            .map_err(|denial| Error::Denied(denial.message().to_owned()))?;
        let parsed: Digest = digest.parse().map_err(|_| {
            Error::Invalid(
                "an artifact's digest is `sha256:` and 64 lowercase hexadecimal digits".to_owned(),
            )
        })?;
        self.named(&parsed)?;
        self.ctx.take_reader().map_err(refuse)?;
        let (store, tenant) = (self.call.artifacts(), &self.call.call().tenant);
        let found = store.open(tenant, &parsed).await.map_err(refuse)?;
        found
            .map(Reader)
            .ok_or_else(|| Error::Invalid(format!("there is no artifact {parsed}")))
    }

    /// The caller decides what a skill sees: the digest stands in the arguments as it is written everywhere.
    fn named(&self, digest: &Digest) -> Result<(), Error> {
        if self.call.call().arguments.contains(&digest.to_string()) {
            return Ok(());
        }
        Err(Error::Denied(format!(
            "the call's arguments do not name the artifact {digest}; a skill reads only what its caller hands it"
        )))
    }
}
