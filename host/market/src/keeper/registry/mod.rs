//! An OCI registry of skills: the distribution specification 1.1 without its HTTP.
//!
//! - Blobs are kept once, whichever skill they were pushed for. Everybody may read what is published; who may write is asked before.
//! - A version's tag is there once and for ever: another manifest under it is [`RegistryError::Taken`], and of two at once one is first.
//! - A version is a skill in the layout Wasm tools agree on, whole and as it says ([`manifest`]), with the name and version under which it
//!   is pushed in its own manifest ([`describe`](crate::keeper::describe)). What refers to it (signatures) may be added later.
//! - What refers to a manifest is known from the `subject` of each. The fallback tag tells the same.
//! - Nothing is half there: blobs come first, then the manifest by digest, then the tag.
//! - What no leaf of the market's log leads to is nobody's to read but who pushed it and who keeps the market ([`Reader`]), counts in
//!   the share of the disk of who pushed it, and is removed after a while ([`Registry::collect`]).

mod bounded;
mod collect;
mod error;
mod held;
mod kept;
mod links;
mod look;
pub mod manifest;
mod push;
mod record;
mod reference;
#[cfg(test)]
mod tests;
mod uploads;

use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};

use metier_core::{Digest, SkillName};
use metier_store::{
    Clock,
    depot::{Depot, DepotLimits, Reading, Warehouse, blobs_in},
    names::Names,
};
use semver::Version;
use serde_json::Value;
use tokio::sync::{Mutex, RwLock};

pub use self::{
    bounded::Bounded,
    collect::Collected,
    error::RegistryError,
    held::Pin,
    links::Leaves,
    look::Component,
    record::Record,
    reference::{Reference, tag},
    uploads::{UploadId, Writing},
};
use self::{
    held::Held,
    links::{Leading, Links, Place},
    look::Looks,
    manifest::{INDEX, MANIFEST, Manifest},
    push::MAX_REFERRERS,
    uploads::Uploads,
};
use super::accounts::PublisherId;

/// The answer of every operation.
pub type Result<T, E = RegistryError> = std::result::Result<T, E>;

/// Bytes of records in memory.
const MAX_RECORDS: usize = 64 << 20;

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
    /// Bytes of one publisher, published or not; as many as there is room for where nothing is said.
    pub each: Option<u64>,
    /// How long a file is kept that was pushed, and nothing that is published leads to.
    pub grace: Duration,
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
            each: Some(4 << 30),
            grace: Duration::from_secs(24 * 3_600),
        }
    }
}

impl RegistryLimits {
    fn of_blobs(&self) -> DepotLimits {
        DepotLimits {
            blob: self.blob,
            total: self.total,
        }
    }
}

/// What a registry works with.
pub type With = (RegistryLimits, Arc<dyn Clock>, Arc<dyn Leaves>);

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
}

impl Pushed {
    fn only(digest: Digest) -> Pushed {
        Pushed {
            digest,
            subject: None,
        }
    }
}

/// Who reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Anybody: what is published.
    Anybody,
    /// A publisher: also what they pushed.
    Publisher(PublisherId),
    /// Who keeps the market: everything.
    Keeper,
}

/// A registry in a folder.
#[derive(Debug)]
pub struct Registry {
    depot: Depot,
    names: Names,
    uploads: Uploads,
    looks: Looks,
    held: Arc<Held>,
    links: Links,
    leaves: Arc<dyn Leaves>,
    /// Manifests of which it is not known where they lead.
    unlinked: Mutex<Vec<Place>>,
    /// Held to be read while a manifest is pushed, and to be written while a file is collected.
    naming: RwLock<()>,
    collecting: Mutex<()>,
    records: Bounded<Place, Arc<Record>>,
    limits: RegistryLimits,
    clock: Arc<dyn Clock>,
}

impl Registry {
    /// Opens the folder, and makes it where it is not there. One process at a time. What an earlier process left unfinished is removed.
    /// `leaves` say what is published.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(
        folder: &Path,
        limits: RegistryLimits,
        clock: Arc<dyn Clock>,
        leaves: Arc<dyn Leaves>,
    ) -> Result<Registry> {
        let blobs = folder.join("blobs");
        let there = blobs_in(&blobs)?;
        let depot = Depot::open(&blobs, limits.of_blobs())?;
        Registry::on(folder, depot, &there, (limits, clock, leaves))
    }

    /// The same with blobs that are kept elsewhere, by this owner alone; they arrive in the folder all the same.
    ///
    /// # Errors
    /// Those of both places.
    pub async fn open_over(
        folder: &Path,
        warehouse: Arc<dyn Warehouse>,
        owner: &str,
        with: With,
    ) -> Result<Registry> {
        let (blobs, limits) = (folder.join("blobs"), with.0.of_blobs());
        let (depot, there) = Depot::over(&blobs, limits, warehouse, owner).await?;
        Registry::on(folder, depot, &there, with)
    }

    fn on(folder: &Path, depot: Depot, there: &[(Digest, u64)], with: With) -> Result<Registry> {
        let (limits, clock, leaves) = with;
        let names = Names::open(&folder.join("names"))?;
        let there: HashSet<Digest> = there.iter().map(|(one, _)| *one).collect();
        let is_there = |digest: &Digest| there.contains(digest);
        let held = Held::open(Names::open(&folder.join("held"))?, limits.each, is_there)?;
        let (links, held) = (Links::default(), Arc::new(held));
        let unlinked = read_links(&names, &links)?;
        Ok(Registry {
            uploads: Uploads::new(depot.clone(), held.clone(), limits, clock.clone()),
            looks: Looks::new(Names::open(&folder.join("described"))?),
            names,
            depot,
            held,
            links,
            leaves,
            unlinked: Mutex::new(unlinked),
            naming: RwLock::default(),
            collecting: Mutex::default(),
            records: Bounded::new(MAX_RECORDS),
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
    /// [`RegistryError::BlobUnknown`], also where it is not theirs to see, and the disk's.
    pub async fn blob_size(&self, digest: &Digest, reader: &Reader) -> Result<u64> {
        let unknown = RegistryError::BlobUnknown(*digest);
        if !self.may_read(digest, reader) {
            return Err(unknown);
        }
        self.depot.size(digest).await?.ok_or(unknown)
    }

    /// A blob from a byte on, so many bytes at most. Whoever asks has asked for its size.
    ///
    /// # Errors
    /// As [`Registry::blob_size`].
    pub async fn blob(&self, digest: &Digest, from: u64, length: u64) -> Result<Reading> {
        let reading = self.depot.read(digest, from, length).await?;
        reading.ok_or(RegistryError::BlobUnknown(*digest))
    }

    /// A file, whole, where it has at most so many bytes.
    ///
    /// # Errors
    /// [`RegistryError::BlobUnknown`], and the disk's.
    pub(super) async fn whole(&self, digest: &Digest, max: u64) -> Result<Vec<u8>> {
        let bytes = self.depot.read_all(digest, max).await?;
        bytes.ok_or(RegistryError::BlobUnknown(*digest))
    }

    /// Whether the file is published, or theirs.
    fn may_read(&self, digest: &Digest, reader: &Reader) -> bool {
        let is_one = |skill: &SkillName, manifest: &Digest| self.leaves.publish(skill, manifest);
        self.leaves.name(digest)
            || self.links.lead(digest, &is_one)
            || self.is_theirs(digest, reader)
    }

    fn is_theirs(&self, digest: &Digest, reader: &Reader) -> bool {
        match reader {
            Reader::Anybody => false,
            Reader::Publisher(by) => self.held.is_of(by, digest),
            Reader::Keeper => true,
        }
    }

    /// Takes a blob that is there already, where it is theirs to read. Whether it was.
    ///
    /// # Errors
    /// The disk's.
    pub async fn mount(&self, by: &PublisherId, digest: &Digest) -> Result<bool> {
        let reader = Reader::Publisher(by.clone());
        match self.blob_size(digest, &reader).await {
            Ok(size) => self.hold_on(by, digest, size).await.map(|()| true),
            Err(RegistryError::BlobUnknown(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What they hold already they hold from now on; what is published stays by itself.
    async fn hold_on(&self, by: &PublisherId, digest: &Digest, size: u64) -> Result<()> {
        if self.held.is_of(by, digest) {
            let now = self.clock.now();
            self.held.claim(by, digest, size, now, None).await?;
        }
        Ok(())
    }

    /// Keeps a manifest, and what it leads to, while something is done with it.
    pub fn pin(&self, digest: &Digest) -> Pin {
        self.held.pin(digest)
    }

    /// The same for one that is to be published, with all of its files: a part may have been collected before.
    ///
    /// # Errors
    /// [`RegistryError::ManifestUnknown`], [`RegistryError::ManifestBlobUnknown`], and the disk's.
    pub(super) async fn pin_whole(&self, skill: &SkillName, digest: &Digest) -> Result<Pin> {
        let pin = self.pin(digest);
        self.held.settled(digest).await;
        let stored = self.stored(skill, digest).await?;
        let read = Manifest::read(None, &stored.bytes).map_err(RegistryError::ManifestInvalid)?;
        for blob in Leading::of(&read).blobs {
            self.held.settled(&blob).await;
            if self.depot.size(&blob).await?.is_none() {
                return Err(RegistryError::ManifestBlobUnknown(blob));
            }
        }
        Ok(pin)
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
    /// [`RegistryError::ManifestUnknown`], also where it is not theirs to see, and the disk's.
    pub async fn manifest(
        &self,
        skill: &SkillName,
        reference: &Reference,
        reader: &Reader,
    ) -> Result<Stored> {
        let digest = match reference {
            Reference::Digest(digest) => *digest,
            Reference::Version(version) => self.record(skill, version).await?.manifest,
            Reference::Referrers(subject) => return self.referring(skill, subject, reader).await,
        };
        match self.may_read(&digest, reader) {
            true => self.stored(skill, &digest).await,
            false => Err(RegistryError::ManifestUnknown),
        }
    }

    /// A manifest that was pushed for a skill, whoever asks.
    pub(super) async fn stored(&self, skill: &SkillName, digest: &Digest) -> Result<Stored> {
        let hex = digest.to_hex();
        let at = [skill.namespace(), skill.short(), "manifests", &hex];
        if self.names.get(&at).await?.is_none() {
            return Err(RegistryError::ManifestUnknown);
        }
        let bytes = self.whole(digest, self.limits.manifest as u64).await;
        Ok(Stored {
            bytes: bytes.map_err(|error| match error {
                RegistryError::BlobUnknown(_) => RegistryError::ManifestUnknown,
                other => other,
            })?,
            digest: *digest,
            media_type: MANIFEST,
        })
    }

    /// The index of what refers to a manifest, as the fallback tag has it.
    async fn referring(
        &self,
        skill: &SkillName,
        subject: &Digest,
        reader: &Reader,
    ) -> Result<Stored> {
        let referrers = self.referrers(skill, subject, reader).await?;
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

    /// What refers to a manifest, as an index tells it, as far as it is theirs to see.
    ///
    /// # Errors
    /// The disk's.
    pub async fn referrers(
        &self,
        skill: &SkillName,
        subject: &Digest,
        reader: &Reader,
    ) -> Result<Vec<Value>> {
        let subject = subject.to_hex();
        let below = [skill.namespace(), skill.short(), "referrers", &subject];
        let mut told = Vec::new();
        for hex in self.names.list(&below, None, MAX_REFERRERS).await? {
            let digest = format!("sha256:{hex}").parse();
            if !digest.is_ok_and(|digest| self.may_read(&digest, reader)) {
                continue;
            }
            let at = of_referrer(skill, &subject, &hex);
            if let Some(bytes) = self.names.get(&at).await? {
                let read = serde_json::from_slice(&bytes);
                told.push(read.map_err(|error| RegistryError::Unavailable(Arc::new(error)))?);
            }
        }
        Ok(told)
    }

    /// Tags of versions that were pushed, and are theirs to see though they may not be published.
    ///
    /// # Errors
    /// The disk's.
    pub async fn pushed_tags(&self, skill: &SkillName, reader: &Reader) -> Result<Vec<String>> {
        let below = [skill.namespace(), skill.short(), "tags"];
        let mut theirs = Vec::new();
        for tag in self.names.list(&below, None, usize::MAX).await? {
            let at = [skill.namespace(), skill.short(), "tags", &tag];
            let Some(bytes) = self.names.get(&at).await? else {
                continue;
            };
            if self.is_theirs(&Record::read(&bytes)?.manifest, reader) {
                theirs.push(tag);
            }
        }
        Ok(theirs)
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

/// Reads where the manifests lead, and which do not say.
fn read_links(names: &Names, links: &Links) -> Result<Vec<Place>> {
    let mut unlinked = Vec::new();
    let wanted = |name: &[String]| name.get(2).is_none_or(|kind| kind == "manifests");
    names.walk_now(&[], &wanted, &mut |name, bytes| {
        let [namespace, short, kind, hex] = name else {
            return;
        };
        let skill = format!("{namespace}/{short}").parse::<SkillName>();
        let digest = format!("sha256:{hex}").parse::<Digest>();
        if let ("manifests", Ok(skill), Ok(digest)) = (kind.as_str(), skill, digest) {
            match serde_json::from_slice::<Leading>(&bytes) {
                Ok(leading) => links.add(&skill, &digest, leading),
                Err(_) => unlinked.push((skill, digest)),
            }
        }
    })?;
    Ok(unlinked)
}
