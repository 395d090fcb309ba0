//! What is kept of a version: everything that is told of it without opening its component.

use std::sync::Arc;

use metier_core::Digest;
use serde::{Deserialize, Serialize};

use super::{RegistryError, Result};
use crate::keeper::describe::Facts;

/// A version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The digest of its OCI manifest.
    pub manifest: Digest,
    /// The digest of its component: of its one layer.
    pub component: Digest,
    /// Bytes of the component.
    pub size: u64,
    /// When it was pushed: microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// What it says of itself.
    pub facts: Facts,
}

impl Record {
    pub(super) fn write(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(unreadable)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Record> {
        serde_json::from_slice(bytes).map_err(unreadable)
    }
}

fn unreadable(error: serde_json::Error) -> RegistryError {
    RegistryError::Unavailable(Arc::new(error))
}
