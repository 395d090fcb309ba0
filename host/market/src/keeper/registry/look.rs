//! What a component says of itself, without opening it for everybody who looks.
//!
//! A component is read whole to be described, so how many are at the same time has an end, whoever asks. What was read is a function of the
//! bytes: it is kept beside them, and the last of it in memory.

use std::{ops::Deref, sync::Arc};

use metier_core::{Digest, Manifest, Tool};
use metier_store::names::Names;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Record, Registry, RegistryError, Result, bounded::Bounded};
use crate::keeper::describe::{Described, Facts, describe};

/// Components that are read whole at once to be described.
const DESCRIBED_AT_ONCE: usize = 2;

/// Components that are held whole at once, while they are reviewed.
pub(super) const HELD_AT_ONCE: usize = 4;

/// Bytes of descriptions in memory.
const MAX_IN_MEMORY: usize = 32 << 20;

/// What a description weighs for each byte of its text: it is parsed as well.
const WEIGHT: usize = 3;

/// Largest description that is kept on the disk, in bytes. A larger one is read from the component each time it fell out of memory.
const MAX_KEPT: usize = 4 << 20;

/// How descriptions are written and made: kept ones of another form are made again.
const FORM: u32 = 1;

/// Descriptions of components.
#[derive(Debug)]
pub struct Looks {
    describing: Semaphore,
    holding: Arc<Semaphore>,
    kept: Names,
    known: Bounded<Digest, Arc<Described>>,
}

/// A component in memory. Only so many are at the same time.
#[derive(Debug)]
pub struct Component {
    bytes: Vec<u8>,
    _held: OwnedSemaphorePermit,
}

impl Deref for Component {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A description as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kept {
    form: u32,
    facts: Facts,
    manifest: String,
    skill_md: Option<String>,
    tools: Vec<Tool>,
}

impl Looks {
    pub fn new(kept: Names) -> Looks {
        Looks {
            describing: Semaphore::new(DESCRIBED_AT_ONCE),
            holding: Arc::new(Semaphore::new(HELD_AT_ONCE)),
            kept,
            known: Bounded::new(MAX_IN_MEMORY),
        }
    }

    /// Takes all the room there is to describe in.
    #[cfg(test)]
    pub async fn fill(&self) -> tokio::sync::SemaphorePermit<'_> {
        let all = u32::try_from(DESCRIBED_AT_ONCE).unwrap_or(u32::MAX);
        let room = self.describing.acquire_many(all).await;
        room.unwrap_or_else(|_| unreachable!("it is never closed"))
    }

    /// Forgets what is on the disk of a component that is gone.
    pub async fn forget(&self, component: &Digest) -> Result<()> {
        Ok(self.kept.remove(&[&component.to_hex()]).await?)
    }

    fn keep_in_memory(
        &self,
        component: &Digest,
        described: Described,
        bytes: usize,
    ) -> Arc<Described> {
        let described = Arc::new(described);
        let weight = bytes.saturating_mul(WEIGHT);
        self.known.put(*component, described.clone(), weight);
        described
    }

    /// What is on the disk; nothing where there is none, or it is of another form.
    async fn kept(&self, component: &Digest) -> Result<Option<Arc<Described>>> {
        let Some(bytes) = self.kept.get(&[&component.to_hex()]).await? else {
            return Ok(None);
        };
        let read = read(&bytes);
        Ok(read.map(|described| self.keep_in_memory(component, described, bytes.len())))
    }

    /// Keeps it. That the disk is full is no reason not to show what was read.
    async fn keep(&self, component: &Digest, described: Described) -> Arc<Described> {
        let bytes = write(&described);
        let length = bytes.len();
        // An agent's package is small, and read again as fast as what was read of it.
        if described.agent.is_none() && (1..=MAX_KEPT).contains(&length) {
            let _ = self.kept.set(&[&component.to_hex()], bytes).await;
        }
        self.keep_in_memory(component, described, length)
    }
}

impl Registry {
    /// Everything the component itself says.
    ///
    /// # Errors
    /// [`RegistryError::BlobUnknown`], and the disk's.
    pub async fn look_into(&self, record: &Record) -> Result<Arc<Described>> {
        let looked = self.described(&record.component).await;
        looked.map_err(|error| match error {
            // It was sound when it was taken.
            RegistryError::ManifestInvalid(_) => RegistryError::Unavailable(Arc::new(error)),
            other => other,
        })
    }

    /// What a component says, or why it is none that can be published.
    pub(super) async fn described(&self, component: &Digest) -> Result<Arc<Described>> {
        let looks = &self.looks;
        if let Some(known) = looks.known.get(component) {
            return Ok(known);
        }
        let _room = looks.describing.acquire().await;
        // Whoever waited may find that somebody else has read it.
        if let Some(known) = looks.known.get(component) {
            return Ok(known);
        }
        if let Some(kept) = looks.kept(component).await? {
            return Ok(kept);
        }
        let bytes = self.whole(component, self.limits.blob).await?;
        let described = tokio::task::spawn_blocking(move || describe(&bytes)).await;
        let described = described.map_err(|error| RegistryError::Unavailable(Arc::new(error)))?;
        let described =
            described.map_err(|error| RegistryError::ManifestInvalid(error.to_string()))?;
        Ok(looks.keep(component, described).await)
    }

    /// The component, whole. Whoever asks while many are held waits until one is let go.
    ///
    /// # Errors
    /// [`RegistryError::BlobUnknown`], and the disk's.
    pub async fn component(&self, digest: &Digest) -> Result<Component> {
        let held = self.looks.holding.clone().acquire_owned().await;
        let held = held.map_err(|error| RegistryError::Unavailable(Arc::new(error)))?;
        Ok(Component {
            bytes: self.whole(digest, self.limits.blob).await?,
            _held: held,
        })
    }
}

fn write(described: &Described) -> Vec<u8> {
    let kept = Kept {
        form: FORM,
        facts: described.facts.clone(),
        manifest: described.manifest_text.clone(),
        skill_md: described.skill_md.clone(),
        tools: described.tools.clone(),
    };
    serde_json::to_vec(&kept).unwrap_or_default()
}

fn read(bytes: &[u8]) -> Option<Described> {
    let kept: Kept = serde_json::from_slice(bytes).ok()?;
    let is_of_ours = kept.form == FORM;
    is_of_ours.then_some(())?;
    Some(Described {
        manifest: Manifest::parse(&kept.manifest).ok()?,
        facts: kept.facts,
        manifest_text: kept.manifest,
        skill_md: kept.skill_md,
        tools: kept.tools,
        agent: None,
    })
}
