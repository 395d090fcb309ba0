//! Artifacts of a tenant, from outside a call.

use metier_core::{Code, Digest, Fault};
use metier_runtime::capabilities::artifacts::{ArtifactError, ArtifactReader, Blob};

use crate::{
    faults::sentence,
    identity::{Caller, Right},
    service::Service,
};

impl Service {
    /// Keeps a file, for a tool that is told its digest.
    ///
    /// # Errors
    /// `forbidden`, or the storage's.
    pub async fn keep_file(&self, caller: &Caller, bytes: Vec<u8>) -> Result<Blob, Fault> {
        self.needs(caller, Right::Call)?;
        let keep = async {
            let mut writer = self.artifacts().begin(&caller.tenant).await?;
            writer.write(bytes).await?;
            writer.finish().await
        };
        keep.await.map_err(|error| of_artifact(&error))
    }

    /// A file of the tenant's.
    ///
    /// # Errors
    /// `forbidden`; `not-found` also for another tenant's.
    pub async fn file(
        &self,
        caller: &Caller,
        digest: &Digest,
    ) -> Result<Box<dyn ArtifactReader>, Fault> {
        self.needs(caller, Right::See)?;
        let opened = self.artifacts().open(&caller.tenant, digest).await;
        let opened = opened.map_err(|error| of_artifact(&error))?;
        opened.ok_or_else(|| Fault::new(Code::NotFound, format!("There is no file {digest}.")))
    }
}

/// An error of the artifact storage as a fault.
pub fn of_artifact(error: &ArtifactError) -> Fault {
    let code = match error {
        ArtifactError::Full => Code::StorageFull,
        ArtifactError::Invalid(_) | ArtifactError::TooMany { .. } => Code::InvalidArguments,
        ArtifactError::Disabled
        | ArtifactError::Broken
        | ArtifactError::Damaged
        | ArtifactError::Unavailable(_) => Code::StorageUnavailable,
    };
    Fault::new(code, sentence(&error.to_string()))
}
