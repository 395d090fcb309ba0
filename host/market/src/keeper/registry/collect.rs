//! What nothing names goes after a while.
//!
//! A file stays when a leaf of the log names it, when a published manifest or one that waits for a person leads to it, while somebody pushed it
//! not long ago, and while a publication or a push works with it. Everything else is removed: names first follow what is gone, so that
//! a kill in between leaves nothing but work for the next time.

use std::collections::HashSet;

use metier_core::{Digest, SkillName};

use super::{
    Record, Registry, RegistryError, Result, held::Taken, links::Leading, manifest::Manifest,
    of_referrer, tag,
};

/// What a collection did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Files that are gone.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Registry {
    /// Removes what nothing names. `waiting` are the manifests that wait for a person, looked up when the collection has begun.
    ///
    /// # Errors
    /// The disk's; what was removed until then is gone.
    pub async fn collect(
        &self,
        waiting: impl FnOnce() -> HashSet<Digest> + Send,
    ) -> Result<Collected> {
        // One at a time: the second would end what the first waits for.
        let _alone = self.collecting.lock().await;
        self.link_all().await?;
        self.held.begin();
        let collected = self.collect_all(&waiting()).await;
        self.held.end();
        collected
    }

    async fn collect_all(&self, waiting: &HashSet<Digest>) -> Result<Collected> {
        let mut collected = Collected::default();
        let all = self.depot.list().await?;
        self.unname_all(&all).await?;
        for (digest, size) in all {
            let is_named = {
                let is_one = |skill: &SkillName, manifest: &Digest| {
                    self.leaves.publish(skill, manifest) || waiting.contains(manifest)
                };
                self.leaves.name(&digest)
                    || waiting.contains(&digest)
                    || self.links.lead(&digest, &is_one)
            };
            match is_named {
                true => self.held.is_named(&digest).await?,
                false if self.take(digest).await? => {
                    collected.files += 1;
                    collected.bytes += size;
                }
                false => {}
            }
        }
        Ok(collected)
    }

    /// Removes a file, if nobody minds.
    async fn take(&self, digest: Digest) -> Result<bool> {
        // Whoever pushes a manifest meanwhile finds all of its files, or not.
        let _naming = self.naming.write().await;
        let parents = self.links.to(&digest).into_iter();
        let parents: Vec<Digest> = parents.map(|(_, manifest)| manifest).collect();
        let at = self.clock.now();
        let times = (at, at.before(self.limits.grace));
        let _going = match self.held.take(&digest, &parents, times) {
            Taken::Stays => return Ok(false),
            Taken::Noted => return self.held.note_nobodys(&digest, at).await.map(|()| false),
            Taken::Goes(going) => going,
        };
        self.depot.remove(&digest).await?;
        self.unname(&digest).await?;
        self.looks.forget(&digest).await?;
        self.held.forget(&digest).await.map(|()| true)
    }

    /// Removes the names of manifests that are gone: of a collection that was killed.
    async fn unname_all(&self, there: &[(Digest, u64)]) -> Result<()> {
        let there: HashSet<Digest> = there.iter().map(|(digest, _)| *digest).collect();
        for manifest in self.links.manifests() {
            let is_gone = !there.contains(&manifest) && !self.leaves.name(&manifest);
            if is_gone {
                let _naming = self.naming.write().await;
                // It may have been pushed again since.
                if self.depot.size(&manifest).await?.is_none() {
                    self.unname(&manifest).await?;
                }
            }
        }
        Ok(())
    }

    /// Removes every name of a manifest that is gone; the one by which it is found again comes last.
    async fn unname(&self, manifest: &Digest) -> Result<()> {
        let (skills, leading) = self.links.remove(manifest);
        let hex = manifest.to_hex();
        for skill in &skills {
            let (namespace, short) = (skill.namespace(), skill.short());
            if let Some(version) = &leading.version {
                let at = [namespace, short, "tags", &tag(version)];
                let there = self.names.get(&at).await?;
                let there = there.map(|bytes| Record::read(&bytes)).transpose()?;
                if there.is_some_and(|there| there.manifest == *manifest) {
                    self.names.remove(&at).await?;
                }
            }
            if let Some(subject) = leading.subject {
                let subject = subject.to_hex();
                self.names
                    .remove(&of_referrer(skill, &subject, &hex))
                    .await?;
            }
            for kind in ["records", "manifests"] {
                self.names.remove(&[namespace, short, kind, &hex]).await?;
            }
        }
        Ok(())
    }

    /// Notes where a manifest leads.
    pub(super) async fn lead(
        &self,
        skill: &SkillName,
        manifest: &Digest,
        leading: Leading,
    ) -> Result<()> {
        let hex = manifest.to_hex();
        let at = [skill.namespace(), skill.short(), "manifests", &hex];
        let bytes = serde_json::to_vec(&leading).map_err(std::io::Error::from)?;
        self.names.set(&at, bytes).await?;
        self.links.add(skill, manifest, leading);
        Ok(())
    }

    /// Notes where manifests lead that were pushed to an earlier release, or whose note a power cut took.
    ///
    /// # Errors
    /// The disk's.
    pub async fn link_all(&self) -> Result<()> {
        let mut unlinked = self.unlinked.lock().await;
        while let Some((skill, manifest)) = unlinked.last() {
            match self.leading(skill, manifest).await {
                Ok(leading) => self.lead(skill, manifest, leading).await?,
                // It was never whole.
                Err(RegistryError::ManifestUnknown | RegistryError::ManifestInvalid(_)) => {}
                Err(error) => return Err(error),
            }
            unlinked.pop();
        }
        Ok(())
    }

    async fn leading(&self, skill: &SkillName, manifest: &Digest) -> Result<Leading> {
        let stored = self.stored(skill, manifest).await?;
        let read = Manifest::read(None, &stored.bytes).map_err(RegistryError::ManifestInvalid)?;
        let version = match read.subject {
            Some(_) => None,
            None => Some(self.record_of(skill, manifest).await?.facts.version.clone()),
        };
        Ok(Leading {
            version,
            ..Leading::of(&read)
        })
    }
}
