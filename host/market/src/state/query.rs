//! What the state is asked: by the index, by clients, by the revocation list.

use metier_core::{Digest, SkillName};
use semver::Version;

use super::{NamespaceKey, Owned, Published, State, namespace::Namespace};
use crate::{fixtures::Moment, revoked::Entry, trust::Unusable};

/// How things stand with a published version, the gravest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It must not run.
    Revoked(Entry),
    /// Its publisher's signature does not count any more: the key was in other hands when it signed.
    Void(Unusable),
    /// Nobody should begin to use it; whoever has it locked keeps it.
    Yanked,
    /// Nothing against it.
    Good,
}

impl State {
    /// How many leaves it is the fold of.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When the last leaf was written: the state is as of then.
    pub fn last(&self) -> Option<Moment> {
        self.last
    }

    /// Every namespace and whose it is.
    pub fn namespaces(&self) -> impl Iterator<Item = (&Namespace, &Owned)> {
        self.namespaces.iter()
    }

    /// A namespace, if somebody has it.
    pub fn namespace(&self, namespace: &Namespace) -> Option<&Owned> {
        self.namespaces.get(namespace)
    }

    /// The keys of a namespace that are good at a time.
    pub fn keys_at(
        &self,
        namespace: &Namespace,
        at: Moment,
    ) -> impl Iterator<Item = &NamespaceKey> {
        let owned = self.namespaces.get(namespace).into_iter();
        owned.flat_map(move |owned| owned.keys_at(at))
    }

    /// Every skill that has a version, in the order of names.
    pub fn skills(&self) -> impl Iterator<Item = &SkillName> {
        self.skills.keys()
    }

    /// The versions of a skill, the lowest first; yanked and revoked ones too.
    pub fn versions(&self, name: &SkillName) -> impl Iterator<Item = &Published> {
        let versions = self.skills.get(name).into_iter();
        versions.flat_map(|versions| versions.values())
    }

    /// One version.
    pub fn version(&self, name: &SkillName, version: &Version) -> Option<&Published> {
        self.skills.get(name)?.get(version)
    }

    /// The version whose component this is.
    pub fn version_of(&self, digest: &Digest) -> Option<&Published> {
        let (name, version) = self.digests.get(digest)?;
        self.version(name, version)
    }

    /// How things stand with a version, as far as names and digests tell: whether a capability it asks for is revoked, the list tells whoever
    /// knows its manifest.
    pub fn standing(&self, published: &Published) -> Standing {
        let publication = &published.publication;
        let mut entries = self.revoked.iter();
        let revoked = entries.find(|entry| {
            let target = &entry.target;
            target.names(&publication.name, &publication.version, &publication.digest)
        });
        if let Some(entry) = revoked {
            return Standing::Revoked(entry.clone());
        }
        let owned = self.namespaces.get(&Namespace::of(&publication.name));
        match owned.and_then(|owned| owned.void(published)) {
            Some(why) => Standing::Void(why),
            None if published.yanked.is_some() => Standing::Yanked,
            None => Standing::Good,
        }
    }

    /// Everything that is revoked, in the order it was: the entries of the list.
    pub fn revoked(&self) -> &[Entry] {
        &self.revoked
    }
}
