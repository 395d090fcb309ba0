//! The WIT side of artifacts.

use metier_core::Artifact;
use metier_core::policy::Request;
use wasmtime::component::Resource;

use super::{ArtifactError, ArtifactsView, Writer};
use crate::bindings::artifacts::{self, ArtifactError as Error, Host, HostWriter};

pub(super) type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl HostWriter for ArtifactsView<'_> {
    async fn create(&mut self, name: String, media_type: String) -> Answer<Resource<Writer>> {
        Ok(match self.begin(name, media_type).await {
            Ok(writer) => Ok(self.table.push(writer)?),
            Err(error) => Err(error),
        })
    }

    async fn write(&mut self, writer: Resource<Writer>, bytes: Vec<u8>) -> Answer<()> {
        if let Err(error) = self.take(bytes.len()) {
            return Ok(Err(error));
        }
        Ok(self
            .table
            .get_mut(&writer)?
            .write(bytes)
            .await
            .map_err(refuse))
    }

    async fn finish(&mut self, writer: Resource<Writer>) -> Answer<artifacts::Artifact> {
        let writer = self.table.delete(writer)?;
        Ok(self
            .ctx
            .finish(writer)
            .await
            .map(artifacts::Artifact::from)
            .map_err(refuse))
    }

    async fn drop(&mut self, writer: Resource<Writer>) -> wasmtime::Result<()> {
        let writer = self.table.delete(writer)?;
        self.ctx.discard(writer);
        Ok(())
    }
}

impl Host for ArtifactsView<'_> {
    async fn put(
        &mut self,
        name: String,
        media_type: String,
        body: Vec<u8>,
    ) -> Answer<artifacts::Artifact> {
        Ok(self.whole(name, media_type, body).await)
    }
}

impl ArtifactsView<'_> {
    async fn begin(&mut self, name: String, media_type: String) -> Result<Writer, Error> {
        let bytes = self.call.meter().artifact_bytes();
        self.call.asks(&Request::Artifacts { bytes });
        self.call
            .allow(|authority| authority.artifacts(bytes))
            .map_err(|denial| Error::Denied(denial.message().to_owned()))?;
        let (store, tenant) = (self.call.artifacts(), &self.call.call().tenant);
        self.ctx
            .create(&**store, tenant, name, media_type)
            .await
            .map_err(refuse)
    }

    async fn whole(
        &mut self,
        name: String,
        media_type: String,
        body: Vec<u8>,
    ) -> Result<artifacts::Artifact, Error> {
        let mut writer = self.begin(name, media_type).await?;
        let written = match self.take(body.len()) {
            Ok(()) => writer.write(body).await.map_err(refuse),
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => self
                .ctx
                .finish(writer)
                .await
                .map(artifacts::Artifact::from)
                .map_err(refuse),
            Err(error) => {
                self.ctx.discard(writer);
                Err(error)
            }
        }
    }

    /// Count bytes against the grant and the call's limit before they are written.
    fn take(&self, bytes: usize) -> Result<(), Error> {
        let meter = self.call.meter();
        meter
            .take_artifact_bytes(bytes as u64)
            .map_err(|_| Error::TooLarge(meter.limits().artifact_bytes))?;
        let bytes = meter.artifact_bytes();
        self.call.asks(&Request::Artifacts { bytes });
        self.call
            .allow(|authority| authority.artifacts(bytes))
            .map(drop)
            .map_err(|denial| Error::Denied(denial.message().to_owned()))
    }
}

pub(super) fn refuse(error: ArtifactError) -> Error {
    let text = error.to_string();
    match error {
        ArtifactError::Invalid(_) | ArtifactError::TooMany { .. } => Error::Invalid(text),
        ArtifactError::Unavailable(source) => {
            tracing::error!(%source, "artifact storage failed");
            Error::Unavailable(text)
        }
        _ => Error::Unavailable(text),
    }
}

impl From<Artifact> for artifacts::Artifact {
    fn from(artifact: Artifact) -> artifacts::Artifact {
        artifacts::Artifact {
            digest: artifact.digest.to_string(),
            size: artifact.size,
            name: artifact.name,
            media_type: artifact.media_type,
        }
    }
}
