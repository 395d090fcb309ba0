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

/// So many files in a row that cannot be removed end a collection: the place where they are is away.
const MAX_FAILED: usize = 3;

/// Most that is told of what went wrong.
const MAX_TOLD: usize = 16;

/// What a collection did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Files that are gone.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that could not be removed, and are tried again the next time.
    pub failed: usize,
    /// What did not go well, in words.
    pub told: Vec<String>,
}

impl Registry {
    /// Removes what nothing names. `waiting` are the manifests that wait for a person, looked up when the collection has begun.
    ///
    /// # Errors
    /// The disk's; what was removed until then is gone. One file that cannot be removed keeps no other from it, and is told.
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
        let mut in_a_row = 0;
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
                false => match self.take(digest, &mut collected.told).await {
                    Ok(is_gone) => {
                        in_a_row = 0;
                        collected.files += usize::from(is_gone);
                        collected.bytes += if is_gone { size } else { 0 };
                    }
                    Err(error) => {
                        in_a_row += 1;
                        if in_a_row == MAX_FAILED {
                            return Err(error);
                        }
                        collected.failed += 1;
                        tell(&mut collected.told, format!("{digest} stays: {error}"));
                    }
                },
            }
        }
        Ok(collected)
    }

    /// Removes a file, if nobody minds. What does not go well and keeps it from nothing is told.
    async fn take(&self, digest: Digest, told: &mut Vec<String>) -> Result<bool> {
        let at = self.clock.now();
        let taken = {
            // Whoever pushes a manifest has found all of its files, or waits for each that goes.
            let _naming = self.naming.write().await;
            let parents = self.links.to(&digest).into_iter();
            let parents: Vec<Digest> = parents.map(|(_, manifest)| manifest).collect();
            let times = (at, at.before(self.limits.grace));
            self.held.take(&digest, &parents, times)
        };
        let _going = match taken {
            Taken::Stays => return Ok(false),
            Taken::Noted => return self.held.note_nobodys(&digest, at).await.map(|()| false),
            Taken::Goes(going) => going,
        };
        // It may be far away, and slow: nobody who pushes something else waits for it.
        if let Some(left) = self.depot.remove(&digest).await? {
            tell(told, left);
        }
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
                let _going = {
                    let _naming = self.naming.write().await;
                    self.held.going(&manifest)
                };
                // It may have been pushed again since.
                if self.depot.size(&manifest).await?.is_none() {
                    self.unname(&manifest).await?;
                }
            }
        }
        Ok(())
    }

    /// Removes every name of a manifest that is gone, and is [`Going`](super::held::Going); the one by which it is found again comes last.
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

fn tell(told: &mut Vec<String>, what: String) {
    if told.len() < MAX_TOLD {
        told.push(what);
    }
}
