//! An OCI registry of skills: the distribution specification 1.1 without its HTTP.
//!
//! - Blobs are kept once, whichever skill they were pushed for. Everybody may read everything; who may write is asked before.
//! - A version's tag is there once and for ever: another manifest under it is [`RegistryError::Taken`], and of two at once one is first.
//! - A version is a skill in the layout Wasm tools agree on, whole and as it says ([`manifest`]), with the name and version under which it
//!   is pushed in its own manifest ([`describe`](crate::keeper::describe)). What refers to it (signatures) may be added later.
//! - What refers to a manifest is known from the `subject` of each. The fallback tag tells the same.
//! - Nothing is half there: blobs come first, then the manifest by digest, then the tag.

mod error;
mod kept;
pub mod manifest;
mod record;
mod reference;
mod uploads;

use std::{path::Path, sync::Arc, time::Duration};

use metier_core::{Digest, SkillName};
use metier_store::{
    Clock,
    depot::{Depot, DepotLimits, Reading},
    names::Names,
};
use semver::Version;
use serde_json::Value;

pub use self::{
    error::RegistryError,
    record::Record,
    reference::{Reference, tag},
    uploads::{UploadId, Writing},
};
use self::{
    manifest::{Descriptor, INDEX, MANIFEST, Manifest},
    uploads::Uploads,
};
use crate::kind::Kind;

use super::{
    accounts::PublisherId,
    describe::{Described, describe},
};

/// The answer of every operation.
pub type Result<T, E = RegistryError> = std::result::Result<T, E>;

/// Largest config, in bytes: it names a component's exports.
const MAX_CONFIG: u64 = 1 << 20;

/// What refers to one manifest: signatures of some keys, reviews of some rules.
const MAX_REFERRERS: usize = 256;

/// What a registry takes on.
#[derive(Clone, Copy, Debug)]
pub struct RegistryLimits {
    /// Bytes of a component, or of another blob.
    pub blob: u64,
    /// Bytes of everything; as much as the disk has where nothing is said.
    pub total: Option<u64>,
    /// Bytes of a manifest.
    pub manifest: usize,
    /// Uploads at once.
    pub uploads: usize,
    /// Uploads of one publisher at once.
    pub uploads_each: usize,
    /// How long an upload is kept that nobody goes on with.
    pub patience: Duration,
}

impl Default for RegistryLimits {
    fn default() -> Self {
        RegistryLimits {
            blob: 128 << 20,
            total: None,
            manifest: 1 << 20,
            uploads: 1_024,
            uploads_each: 64,
            patience: Duration::from_secs(3_600),
        }
    }
}

/// A manifest as it was pushed.
#[derive(Debug)]
pub struct Stored {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
    /// What they are.
    pub media_type: &'static str,
}

/// What a push did.
#[derive(Debug)]
pub struct Pushed {
    /// The manifest's digest.
    pub digest: Digest,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// The version that is there now, and was not before.
    pub published: Option<Box<Record>>,
}

/// A registry in a folder.
#[derive(Debug)]
pub struct Registry {
    depot: Depot,
    names: Names,
    uploads: Uploads,
    limits: RegistryLimits,
    clock: Arc<dyn Clock>,
}

impl Registry {
    /// Opens the folder, and makes it where it is not there. One process at a time. What an earlier process left unfinished is removed.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, limits: RegistryLimits, clock: Arc<dyn Clock>) -> Result<Registry> {
        let of_blobs = DepotLimits {
            blob: limits.blob,
            total: limits.total,
        };
        let depot = Depot::open(&folder.join("blobs"), of_blobs)?;
        Ok(Registry {
            names: Names::open(&folder.join("names"))?,
            uploads: Uploads::new(depot.clone(), limits, clock.clone()),
            depot,
            limits,
            clock,
        })
    }

    /// Bytes of a manifest at most.
    pub fn max_manifest(&self) -> usize {
        self.limits.manifest
    }

    /// Bytes of a blob.
    ///
    /// # Errors
    /// [`RegistryError::BlobUnknown`], and the disk's.
    pub async fn blob_size(&self, digest: &Digest) -> Result<u64> {
        let size = self.depot.size(digest).await?;
        size.ok_or(RegistryError::BlobUnknown(*digest))
    }

    /// A blob from a byte on, so many bytes at most.
    ///
    /// # Errors
    /// As [`Registry::blob_size`].
    pub async fn blob(&self, digest: &Digest, from: u64, length: u64) -> Result<Reading> {
        let reading = self.depot.read(digest, from, length).await?;
        reading.ok_or(RegistryError::BlobUnknown(*digest))
    }

    /// Begins to push a blob.
    ///
    /// # Errors
    /// [`RegistryError::TooMany`], and the disk's.
    pub async fn begin(&self, skill: &SkillName, by: &PublisherId) -> Result<UploadId> {
        self.uploads.begin(skill, by).await
    }

    /// Goes on with a push.
    ///
    /// # Errors
    /// [`RegistryError::UploadUnknown`], [`RegistryError::UploadBusy`].
    pub fn resume(&self, skill: &SkillName, by: &PublisherId, id: UploadId) -> Result<Writing<'_>> {
        self.uploads.resume(skill, by, id)
    }

    /// Ends pushes nobody goes on with. Whoever keeps a registry calls it now and then.
    pub fn sweep(&self) {
        self.uploads.sweep();
    }

    /// A manifest.
    ///
    /// # Errors
    /// [`RegistryError::ManifestUnknown`], and the disk's.
    pub async fn manifest(&self, skill: &SkillName, reference: &Reference) -> Result<Stored> {
        let digest = match reference {
            Reference::Digest(digest) => *digest,
            Reference::Version(version) => self.record(skill, version).await?.manifest,
            Reference::Referrers(subject) => return self.referring(skill, subject).await,
        };
        let at = [
            skill.namespace(),
            skill.short(),
            "manifests",
            &digest.to_hex(),
        ];
        if self.names.get(&at).await?.is_none() {
            return Err(RegistryError::ManifestUnknown);
        }
        let bytes = self.depot.read_all(&digest, self.limits.blob).await?;
        Ok(Stored {
            bytes: bytes.ok_or(RegistryError::ManifestUnknown)?,
            digest,
            media_type: MANIFEST,
        })
    }

    /// The index of what refers to a manifest, as the fallback tag has it.
    async fn referring(&self, skill: &SkillName, subject: &Digest) -> Result<Stored> {
        let referrers = self.referrers(skill, subject).await?;
        if referrers.is_empty() {
            return Err(RegistryError::ManifestUnknown);
        }
        let bytes = manifest::index(&referrers).to_string().into_bytes();
        Ok(Stored {
            digest: Digest::of(&bytes),
            bytes,
            media_type: INDEX,
        })
    }

    /// Pushes a manifest. Whoever pushes may write to the skill's namespace: the caller has made sure.
    ///
    /// # Errors
    /// [`RegistryError`], in words. Nothing is changed then.
    pub async fn put_manifest(
        &self,
        skill: &SkillName,
        reference: &Reference,
        media_type: Option<&str>,
        bytes: Vec<u8>,
    ) -> Result<Pushed> {
        if bytes.len() > self.limits.manifest {
            let max = self.limits.manifest as u64;
            return Err(RegistryError::TooLarge { max });
        }
        let digest = Digest::of(&bytes);
        match reference {
            Reference::Referrers(subject) => {
                self.check_fallback(skill, subject, media_type, &bytes)
                    .await?;
                return Ok(Pushed {
                    digest,
                    subject: None,
                    published: None,
                });
            }
            Reference::Digest(said) if *said != digest => {
                return Err(RegistryError::OtherDigest { found: digest });
            }
            Reference::Digest(_) | Reference::Version(_) => {}
        }
        let read = Manifest::read(media_type, &bytes).map_err(RegistryError::ManifestInvalid)?;
        match (&read.subject, reference) {
            (Some(_), Reference::Digest(_)) => self.put_referrer(skill, &read, digest, bytes).await,
            _ => self.put_skill(skill, reference, &read, digest, bytes).await,
        }
    }

    /// What refers to a manifest is known already, and told in our own words: of an index that is pushed it is only asked that it
    /// names nothing else.
    async fn check_fallback(
        &self,
        skill: &SkillName,
        subject: &Digest,
        media_type: Option<&str>,
        bytes: &[u8],
    ) -> Result<()> {
        let named = manifest::read_index(media_type, bytes);
        for digest in named.map_err(RegistryError::ManifestInvalid)? {
            let (subject, digest) = (subject.to_hex(), digest.to_hex());
            let at = of_referrer(skill, &subject, &digest);
            if self.names.get(&at).await?.is_none() {
                let message = format!(
                    "sha256:{digest} was not pushed with this `subject`: a fallback tag names what refers to the manifest"
                );
                return Err(RegistryError::ManifestInvalid(message));
            }
        }
        Ok(())
    }

    async fn put_referrer(
        &self,
        skill: &SkillName,
        manifest: &Manifest,
        digest: Digest,
        bytes: Vec<u8>,
    ) -> Result<Pushed> {
        let subject = manifest.as_referrer();
        let subject = subject.map_err(RegistryError::ManifestInvalid)?.digest;
        self.check_blobs(manifest).await?;
        let told = manifest.described(&digest, bytes.len());
        let (subject_hex, hex) = (subject.to_hex(), digest.to_hex());
        let at = of_referrer(skill, &subject_hex, &hex);
        let (below, _) = at.split_at(at.len() - 1);
        let there = self.names.list(below, None, MAX_REFERRERS).await?;
        if there.len() == MAX_REFERRERS && !there.contains(&hex) {
            return Err(RegistryError::TooMany("manifests that refer to this one"));
        }
        self.keep(skill, bytes, &hex).await?;
        self.names.first(&at, told.to_string().into_bytes()).await?;
        Ok(Pushed {
            digest,
            subject: Some(subject),
            published: None,
        })
    }

    async fn put_skill(
        &self,
        skill: &SkillName,
        reference: &Reference,
        manifest: &Manifest,
        digest: Digest,
        bytes: Vec<u8>,
    ) -> Result<Pushed> {
        if let Reference::Version(version) = reference
            && let Some(there) = self.find(skill, version).await?
        {
            return unchanged(version, there.manifest, digest);
        }
        let layer = manifest.as_version();
        let layer = layer.map_err(RegistryError::ManifestInvalid)?;
        self.check_blobs(manifest).await?;
        let config = self.read(&manifest.config, MAX_CONFIG).await?;
        let checked = manifest.check_config(&config);
        checked.map_err(RegistryError::ManifestInvalid)?;
        let described = self.described(skill, manifest.kind(), layer).await?;
        let version = described.facts.version.clone();
        if let Reference::Version(said) = reference
            && *said != version
        {
            let message = format!("the skill's own manifest says it is version {version}");
            return Err(RegistryError::ManifestInvalid(message));
        }
        self.keep(skill, bytes, &digest.to_hex()).await?;
        let Reference::Version(_) = reference else {
            return Ok(Pushed {
                digest,
                subject: None,
                published: None,
            });
        };
        let record = Record {
            manifest: digest,
            component: layer.digest,
            size: layer.size,
            at: self.clock.now().0,
            facts: described.facts,
        };
        self.publish(skill, &version, record).await
    }

    /// Names a version. Of two at once one is first.
    async fn publish(
        &self,
        skill: &SkillName,
        version: &Version,
        record: Record,
    ) -> Result<Pushed> {
        let at = [skill.namespace(), skill.short(), "tags", &tag(version)];
        let there = self.names.first(&at, record.write()?).await?;
        match there {
            Some(there) => unchanged(version, Record::read(&there)?.manifest, record.manifest),
            None => Ok(Pushed {
                digest: record.manifest,
                subject: None,
                published: Some(Box::new(record)),
            }),
        }
    }

    /// Keeps a manifest, and that it is this skill's.
    async fn keep(&self, skill: &SkillName, bytes: Vec<u8>, hex: &str) -> Result<()> {
        self.depot.put(bytes).await?;
        let at = [skill.namespace(), skill.short(), "manifests", hex];
        self.names.first(&at, MANIFEST.into()).await?;
        Ok(())
    }

    /// Every blob is there, and as large as it is said to be.
    async fn check_blobs(&self, manifest: &Manifest) -> Result<()> {
        for said in manifest.layers.iter().chain([&manifest.config]) {
            let size = self.depot.size(&said.digest).await?;
            let size = size.ok_or(RegistryError::ManifestBlobUnknown(said.digest))?;
            if size != said.size {
                let message = format!(
                    "the manifest says {} has {} bytes, and it has {size}",
                    said.digest, said.size
                );
                return Err(RegistryError::ManifestInvalid(message));
            }
        }
        Ok(())
    }

    async fn described(
        &self,
        skill: &SkillName,
        kind: Kind,
        layer: &Descriptor,
    ) -> Result<Described> {
        let component = self.read(layer, self.limits.blob).await?;
        let described = describe(&component)
            .map_err(|error| RegistryError::ManifestInvalid(error.to_string()))?;
        if described.facts.kind != kind {
            let message = format!("the layer is said to be {kind}'s, and is not");
            return Err(RegistryError::ManifestInvalid(message));
        }
        if described.facts.name != *skill {
            let message = format!(
                "the skill's own manifest says it is `{}`",
                described.facts.name
            );
            return Err(RegistryError::ManifestInvalid(message));
        }
        Ok(described)
    }

    async fn read(&self, descriptor: &Descriptor, max: u64) -> Result<Vec<u8>> {
        let bytes = self.depot.read_all(&descriptor.digest, max).await?;
        bytes.ok_or(RegistryError::ManifestBlobUnknown(descriptor.digest))
    }

    /// Everything the component itself says.
    ///
    /// # Errors
    /// [`RegistryError::BlobUnknown`], and the disk's.
    pub async fn look_into(&self, record: &Record) -> Result<Described> {
        let bytes = self.depot.read_all(&record.component, self.limits.blob);
        let bytes = bytes
            .await?
            .ok_or(RegistryError::BlobUnknown(record.component))?;
        describe(&bytes).map_err(|error| RegistryError::Unavailable(Arc::new(error)))
    }

    /// What refers to a manifest, as an index tells it.
    ///
    /// # Errors
    /// The disk's.
    pub async fn referrers(&self, skill: &SkillName, subject: &Digest) -> Result<Vec<Value>> {
        let subject = subject.to_hex();
        let below = [skill.namespace(), skill.short(), "referrers", &subject];
        let mut told = Vec::new();
        for hex in self.names.list(&below, None, MAX_REFERRERS).await? {
            let at = of_referrer(skill, &subject, &hex);
            if let Some(bytes) = self.names.get(&at).await? {
                let read = serde_json::from_slice(&bytes);
                told.push(read.map_err(|error| RegistryError::Unavailable(Arc::new(error)))?);
            }
        }
        Ok(told)
    }

    /// Tags of a skill in their order, after `after`, at most `max`.
    ///
    /// # Errors
    /// [`RegistryError::NameUnknown`] where it has none, and the disk's.
    pub async fn tags(
        &self,
        skill: &SkillName,
        after: Option<&str>,
        max: usize,
    ) -> Result<Vec<String>> {
        let below = [skill.namespace(), skill.short(), "tags"];
        if self.names.list(&below, None, 1).await?.is_empty() {
            return Err(RegistryError::NameUnknown);
        }
        Ok(self.names.list(&below, after, max).await?)
    }

    /// What is known of a version.
    ///
    /// # Errors
    /// [`RegistryError::ManifestUnknown`], and the disk's.
    pub async fn record(&self, skill: &SkillName, version: &Version) -> Result<Record> {
        let found = self.find(skill, version).await?;
        found.ok_or(RegistryError::ManifestUnknown)
    }

    async fn find(&self, skill: &SkillName, version: &Version) -> Result<Option<Record>> {
        let at = [skill.namespace(), skill.short(), "tags", &tag(version)];
        let bytes = self.names.get(&at).await?;
        bytes.map(|bytes| Record::read(&bytes)).transpose()
    }

    /// Namespaces in their order, after `after`, at most `max`.
    ///
    /// # Errors
    /// The disk's.
    pub async fn namespaces(&self, after: Option<&str>, max: usize) -> Result<Vec<String>> {
        Ok(self.names.list(&[], after, max).await?)
    }

    /// Skills of a namespace in their order.
    ///
    /// # Errors
    /// The disk's.
    pub async fn skills_of(&self, namespace: &str) -> Result<Vec<SkillName>> {
        if format!("{namespace}/x").parse::<SkillName>().is_err() {
            return Ok(Vec::new());
        }
        let shorts = self.names.list(&[namespace], None, usize::MAX).await?;
        let names = shorts.iter();
        Ok(names
            .filter_map(|short| format!("{namespace}/{short}").parse().ok())
            .collect())
    }
}

fn of_referrer<'p>(skill: &'p SkillName, subject: &'p str, digest: &'p str) -> [&'p str; 5] {
    [
        skill.namespace(),
        skill.short(),
        "referrers",
        subject,
        digest,
    ]
}

/// The same again is fine; anything else is refused.
fn unchanged(version: &Version, there: Digest, pushed: Digest) -> Result<Pushed> {
    if there != pushed {
        let version = version.to_string();
        return Err(RegistryError::Taken { version, there });
    }
    Ok(Pushed {
        digest: there,
        subject: None,
        published: None,
    })
}
