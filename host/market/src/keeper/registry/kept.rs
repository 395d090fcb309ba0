//! What is kept beside what was pushed: descriptions, signatures, reviews.

use metier_core::{Digest, SkillName};

use super::{
    Record, Reference, Registry, RegistryError, Result, manifest::Manifest, reference::tag,
};

impl Registry {
    /// What is known of a manifest that was pushed for a skill, read from the component when nothing is written down yet.
    ///
    /// # Errors
    /// [`RegistryError::ManifestUnknown`], what is wrong with it, and the disk's.
    pub async fn record_of(&self, skill: &SkillName, manifest: &Digest) -> Result<Record> {
        let hex = manifest.to_hex();
        let at = [skill.namespace(), skill.short(), "records", &hex];
        if let Some(bytes) = self.names.get(&at).await? {
            return Record::read(&bytes);
        }
        let stored = self.manifest(skill, &Reference::Digest(*manifest)).await?;
        let read = Manifest::read(None, &stored.bytes).map_err(RegistryError::ManifestInvalid)?;
        let layer = read.as_version().map_err(RegistryError::ManifestInvalid)?;
        let described = self.described(skill, read.kind(), layer).await?;
        let record = Record {
            manifest: *manifest,
            component: layer.digest,
            size: layer.size,
            at: self.clock.now().0,
            facts: described.facts,
        };
        self.names.first(&at, record.write()?).await?;
        Ok(record)
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

    /// Keeps a file that is known by its digest: a signature, a review.
    ///
    /// # Errors
    /// The disk's.
    pub async fn keep_file(&self, bytes: Vec<u8>) -> Result<Digest> {
        Ok(self.depot.put(bytes).await?)
    }

    /// A file, whole, where it has at most so many bytes.
    ///
    /// # Errors
    /// [`RegistryError::BlobUnknown`], and the disk's.
    pub async fn file(&self, digest: &Digest, max: u64) -> Result<Vec<u8>> {
        let bytes = self
            .depot
            .read_all(digest, max.min(self.limits.blob))
            .await?;
        bytes.ok_or(RegistryError::BlobUnknown(*digest))
    }
}
