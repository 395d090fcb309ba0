//! Manifests on their way in: whole, as they say, and of files whoever pushes may use.

use metier_core::{Digest, SkillName};
use metier_store::{depot::Depot, types::Time};
use semver::Version;

use super::{
    Pushed, Reader, Record, Reference, Registry, RegistryError, Result,
    held::Held,
    links::Leading,
    manifest::{self, Descriptor, Manifest},
    of_referrer,
    reference::tag,
};
use crate::keeper::{accounts::PublisherId, describe::Facts};

/// Largest config, in bytes: it names a component's exports.
const MAX_CONFIG: u64 = 1 << 20;

/// What refers to one manifest: signatures of some keys, reviews of some rules.
pub(super) const MAX_REFERRERS: usize = 256;

/// A manifest that was sent.
struct Sent<'s> {
    skill: &'s SkillName,
    by: &'s PublisherId,
    read: Manifest,
    digest: Digest,
    bytes: Vec<u8>,
}

impl Registry {
    /// Pushes a manifest. Whoever pushes may write to the skill's namespace: the caller has made sure.
    ///
    /// # Errors
    /// [`RegistryError`], in words. Nothing is changed then.
    pub async fn put_manifest(
        &self,
        skill: &SkillName,
        by: &PublisherId,
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
                return Ok(Pushed::only(digest));
            }
            Reference::Digest(said) if *said != digest => {
                return Err(RegistryError::OtherDigest { found: digest });
            }
            Reference::Digest(_) | Reference::Version(_) => {}
        }
        let read = Manifest::read(media_type, &bytes).map_err(RegistryError::ManifestInvalid)?;
        // Nothing it names begins to be collected before it leads there; what is on its way out already is waited for, one by one.
        let _naming = self.naming.read().await;
        let is_referrer = read.subject.is_some() && matches!(reference, Reference::Digest(_));
        let sent = Sent {
            skill,
            by,
            read,
            digest,
            bytes,
        };
        match is_referrer {
            true => self.put_referrer(sent).await,
            false => self.put_skill(sent, reference).await,
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

    async fn put_referrer(&self, sent: Sent<'_>) -> Result<Pushed> {
        let subject = sent.read.as_referrer();
        let subject = subject.map_err(RegistryError::ManifestInvalid)?.digest;
        self.check_blobs(&sent).await?;
        let told = sent.read.described(&sent.digest, sent.bytes.len());
        let (subject_hex, hex) = (subject.to_hex(), sent.digest.to_hex());
        let at = of_referrer(sent.skill, &subject_hex, &hex);
        let (below, _) = at.split_at(at.len() - 1);
        let there = self.names.list(below, None, MAX_REFERRERS).await?;
        if there.len() == MAX_REFERRERS && !there.contains(&hex) {
            return Err(RegistryError::TooMany("manifests that refer to this one"));
        }
        let digest = sent.digest;
        let at = of_referrer(sent.skill, &subject_hex, &hex);
        let leading = Leading::of(&sent.read);
        self.keep(&sent, leading).await?;
        self.names.first(&at, told.to_string().into_bytes()).await?;
        Ok(Pushed {
            subject: Some(subject),
            ..Pushed::only(digest)
        })
    }

    async fn put_skill(&self, sent: Sent<'_>, reference: &Reference) -> Result<Pushed> {
        let (skill, digest) = (sent.skill, sent.digest);
        if let Reference::Version(version) = reference
            && let Some(there) = self.standing(skill, version).await?
        {
            // The same again is held from now on.
            unchanged(version, there.manifest, digest)?;
        }
        let layer = sent.read.as_version();
        let layer = layer.map_err(RegistryError::ManifestInvalid)?;
        self.check_blobs(&sent).await?;
        let config = &sent.read.config.digest;
        let config = self.whole(config, MAX_CONFIG).await?;
        let checked = sent.read.check_config(&config);
        checked.map_err(RegistryError::ManifestInvalid)?;
        let facts = self.facts(skill, &sent.read, layer).await?;
        if let Reference::Version(said) = reference
            && *said != facts.version
        {
            let version = &facts.version;
            let message = format!("the skill's own manifest says it is version {version}");
            return Err(RegistryError::ManifestInvalid(message));
        }
        let leading = Leading {
            version: Some(facts.version.clone()),
            ..Leading::of(&sent.read)
        };
        self.keep(&sent, leading).await?;
        let Reference::Version(version) = reference else {
            return Ok(Pushed::only(digest));
        };
        let record = Record {
            manifest: digest,
            component: layer.digest,
            size: layer.size,
            at: self.clock.now().0,
            facts,
        };
        self.name(skill, version, record).await
    }

    /// What is known of a version. Of one that is on its way out it is waited until it is gone.
    async fn standing(&self, skill: &SkillName, version: &Version) -> Result<Option<Record>> {
        if let Some(there) = self.find(skill, version).await? {
            self.held.settled(&there.manifest).await;
        }
        self.find(skill, version).await
    }

    /// Names a version. Of two at once one is first.
    async fn name(&self, skill: &SkillName, version: &Version, record: Record) -> Result<Pushed> {
        let at = [skill.namespace(), skill.short(), "tags", &tag(version)];
        let there = self.names.first(&at, record.write()?).await?;
        match there {
            Some(there) => unchanged(version, Record::read(&there)?.manifest, record.manifest),
            None => Ok(Pushed::only(record.manifest)),
        }
    }

    /// Keeps a manifest, that it is this skill's, and whose it is.
    async fn keep(&self, sent: &Sent<'_>, leading: Leading) -> Result<()> {
        let (skill, digest) = (sent.skill, &sent.digest);
        let now = self.clock.now();
        let (held, depot) = (self.held.clone(), self.depot.clone());
        let (by, bytes) = (sent.by.clone(), sent.bytes.clone());
        // To its end, also where its client does not wait: else it would be held, and not there.
        let kept = tokio::spawn(async move { kept(&held, &depot, &by, bytes, now).await });
        kept.await.map_err(std::io::Error::other)??;
        self.lead(skill, digest, leading).await
    }

    /// Every blob is there, is theirs to use, and is as large as it is said to be.
    async fn check_blobs(&self, sent: &Sent<'_>) -> Result<()> {
        let reader = Reader::Publisher(sent.by.clone());
        for said in sent.read.layers.iter().chain([&sent.read.config]) {
            let digest = &said.digest;
            let unknown = || RegistryError::ManifestBlobUnknown(*digest);
            self.held.settled(digest).await;
            let size = self.blob_size(digest, &reader).await;
            let size = size.map_err(|error| match error {
                RegistryError::BlobUnknown(_) => unknown(),
                other => other,
            })?;
            if size != said.size {
                let message = format!(
                    "the manifest says {digest} has {} bytes, and it has {size}",
                    said.size
                );
                return Err(RegistryError::ManifestInvalid(message));
            }
            self.hold_on(sent.by, digest, size).await?;
        }
        Ok(())
    }

    /// What the layer of a manifest says, which has to be what the manifest says it is.
    pub(super) async fn facts(
        &self,
        skill: &SkillName,
        manifest: &Manifest,
        layer: &Descriptor,
    ) -> Result<Facts> {
        let described = self.described(&layer.digest).await?;
        if described.facts.kind != manifest.kind() {
            let kind = manifest.kind();
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
        Ok(described.facts.clone())
    }
}

async fn kept(
    held: &Held,
    depot: &Depot,
    by: &PublisherId,
    bytes: Vec<u8>,
    now: Time,
) -> Result<()> {
    let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
    let is_new = held.claim(by, &digest, size, now, None).await?;
    let put = depot.put(bytes).await;
    if put.is_err() && is_new {
        held.unclaim(by, &digest).await;
    }
    put?;
    Ok(())
}

/// The same again is fine; anything else is refused.
fn unchanged(version: &Version, there: Digest, pushed: Digest) -> Result<Pushed> {
    match there == pushed {
        true => Ok(Pushed::only(there)),
        false => {
            let version = version.to_string();
            Err(RegistryError::Taken { version, there })
        }
    }
}
