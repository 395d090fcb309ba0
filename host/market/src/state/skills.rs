//! Versions: published, yanked, revoked.

use metier_core::SkillName;
use semver::{BuildMetadata, Version};

use super::{
    Published, State,
    leaf::{Publication, Revoke, Unrevoke, Unyank, Yank},
    namespace::Namespace,
    refused::Refused,
};
use crate::{fixtures::Moment, revoked::Entry};

/// Most things that are revoked at once: with their reasons, and with what is void, they are a list that clients still take.
pub const MAX_REVOKED: usize = 25_000;

impl State {
    pub(super) fn publish(&mut self, publication: &Publication, at: Moment) -> Result<(), Refused> {
        self.check_publication(publication, at)?;
        let Publication {
            name,
            version,
            digest,
            ..
        } = publication;
        let published = Published {
            publication: publication.clone(),
            at,
            leaf: self.size,
            yanked: None,
        };
        let versions = self.skills.entry(name.clone()).or_default();
        versions.insert(version.clone(), published);
        self.digests
            .insert(*digest, (name.clone(), version.clone()));
        Ok(())
    }

    fn check_publication(&self, publication: &Publication, at: Moment) -> Result<(), Refused> {
        self.check_signed(publication, at)?;
        let Publication {
            name,
            version,
            digest,
            ..
        } = publication;
        if version.build != BuildMetadata::EMPTY {
            return Err(Refused::BuildMetadata(name.clone(), version.clone()));
        }
        let kind = self.versions(name).next().map(|one| one.publication.kind);
        if let Some(kind) = kind.filter(|kind| *kind != publication.kind) {
            return Err(Refused::OtherKind(name.clone(), kind));
        }
        if self.version(name, version).is_some() {
            return Err(Refused::VersionThere(name.clone(), version.clone()));
        }
        if let Some((name, version)) = self.digests.get(digest) {
            return Err(Refused::DigestThere {
                digest: *digest,
                name: name.clone(),
                version: version.clone(),
            });
        }
        match self.is_named_revoked(publication) {
            true => Err(Refused::PublishedRevoked(name.clone(), version.clone())),
            false => Ok(()),
        }
    }

    /// Whether whoever signs for a version may, next in this namespace's history: its publisher, and who approves of it where somebody has to.
    /// What signatures are worth by now is asked of a later state.
    pub(crate) fn check_signed(
        &self,
        publication: &Publication,
        at: Moment,
    ) -> Result<(), Refused> {
        let namespace = Namespace::of(&publication.name);
        let owned = self.owned(&namespace)?;
        if owned.frozen.is_some() {
            return Err(Refused::Frozen(namespace));
        }
        let hint = publication.key;
        let keys = owned.keys_for(publication, at)?;
        let signer = keys.iter().find(|record| record.key.hint() == hint);
        let signer = signer.ok_or_else(|| Refused::ForeignKey(hint, namespace))?;
        let usable = signer.usable_at(at);
        usable.map_err(|why| Refused::KeyNotGood(hint, why))?;
        owned.check_people(publication, at)
    }

    fn is_named_revoked(&self, publication: &Publication) -> bool {
        let Publication {
            name,
            version,
            digest,
            ..
        } = publication;
        self.revoked.naming(name, version, digest).is_some()
    }

    fn version_mut(
        &mut self,
        name: &SkillName,
        version: &Version,
    ) -> Result<&mut Published, Refused> {
        let versions = self.skills.get_mut(name);
        let published = versions.and_then(|versions| versions.get_mut(version));
        published.ok_or_else(|| Refused::NoVersion(name.clone(), version.clone()))
    }

    pub(super) fn yank(&mut self, yank: &Yank) -> Result<(), Refused> {
        let published = self.version_mut(&yank.name, &yank.version)?;
        if published.yanked.is_some() {
            return Err(Refused::Yanked(yank.name.clone(), yank.version.clone()));
        }
        published.yanked = Some(yank.why.clone());
        Ok(())
    }

    pub(super) fn unyank(&mut self, unyank: &Unyank) -> Result<(), Refused> {
        let Unyank { name, version, .. } = unyank;
        let published = self.version_mut(name, version)?;
        if published.yanked.is_none() {
            return Err(Refused::NotYanked(name.clone(), version.clone()));
        }
        published.yanked = None;
        Ok(())
    }

    pub(super) fn revoke(&mut self, revoke: &Revoke, at: Moment) -> Result<(), Refused> {
        if self.revoked.contains(&revoke.target) {
            return Err(Refused::Revoked(revoke.target.to_string()));
        }
        if self.revoked.len() >= MAX_REVOKED {
            return Err(Refused::TooManyRevoked);
        }
        let entry = Entry {
            target: revoke.target.clone(),
            why: revoke.why.clone(),
            at,
        };
        self.revoked.insert(self.size, entry);
        Ok(())
    }

    pub(super) fn unrevoke(&mut self, unrevoke: &Unrevoke) -> Result<(), Refused> {
        match self.revoked.remove(&unrevoke.target) {
            Some(_) => Ok(()),
            None => Err(Refused::NotRevoked(unrevoke.target.to_string())),
        }
    }
}
