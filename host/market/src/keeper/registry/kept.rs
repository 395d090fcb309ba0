//! What is kept beside what was pushed: records, signatures, reviews.

use std::sync::Arc;

use metier_core::{Digest, SkillName};

use super::{Record, Registry, RegistryError, Result, manifest::Manifest, reference::tag};

/// What a record weighs in memory for each byte of its text.
const WEIGHT: usize = 2;

impl Registry {
    /// What is known of a manifest that was pushed for a skill, read from the component when nothing is written down yet.
    ///
    /// # Errors
    /// [`RegistryError::ManifestUnknown`], what is wrong with it, and the disk's.
    pub async fn record_of(&self, skill: &SkillName, manifest: &Digest) -> Result<Arc<Record>> {
        let place = (skill.clone(), *manifest);
        if let Some(known) = self.records.get(&place) {
            return Ok(known);
        }
        let hex = manifest.to_hex();
        let at = [skill.namespace(), skill.short(), "records", &hex];
        let bytes = match self.names.get(&at).await? {
            Some(bytes) => bytes,
            None => {
                let bytes = self.read_record(skill, manifest).await?.write()?;
                let there = self.names.first(&at, bytes.clone()).await?;
                there.unwrap_or(bytes)
            }
        };
        let record = Arc::new(Record::read(&bytes)?);
        let weight = bytes.len().saturating_mul(WEIGHT);
        self.records.put(place, record.clone(), weight);
        Ok(record)
    }

    async fn read_record(&self, skill: &SkillName, manifest: &Digest) -> Result<Record> {
        let stored = self.stored(skill, manifest).await?;
        let read = Manifest::read(None, &stored.bytes).map_err(RegistryError::ManifestInvalid)?;
        let layer = read.as_version().map_err(RegistryError::ManifestInvalid)?;
        Ok(Record {
            manifest: *manifest,
            component: layer.digest,
            size: layer.size,
            at: self.clock.now().0,
            facts: self.facts(skill, &read, layer).await?,
        })
    }

    /// Gives a version its tag, unless that is another manifest's.
    ///
    /// # Errors
    /// The disk's.
    pub async fn tag(&self, skill: &SkillName, record: &Record) -> Result<()> {
        let tag = tag(&record.facts.version);
        let at = [skill.namespace(), skill.short(), "tags", &tag];
        self.names.first(&at, record.write()?).await?;
        Ok(())
    }

    /// Keeps a file that a leaf will name: a signature, a review.
    ///
    /// # Errors
    /// The disk's.
    pub async fn keep_file(&self, bytes: Vec<u8>) -> Result<Digest> {
        // From now on it is not too old to stay, also where it was there before.
        let digest = Digest::of(&bytes);
        self.held.touch(&digest, self.clock.now());
        self.held.settled(&digest).await;
        Ok(self.depot.put(bytes).await?)
    }

    /// A file, whole, where it has at most so many bytes.
    ///
    /// # Errors
    /// [`RegistryError::BlobUnknown`], and the disk's.
    pub async fn file(&self, digest: &Digest, max: u64) -> Result<Vec<u8>> {
        self.whole(digest, max.min(self.limits.blob)).await
    }
}
