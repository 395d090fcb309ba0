//! What the state is asked: by the index, by clients, by the revocation list.

use std::ops::Bound;

use metier_core::{Digest, SkillName};
use semver::Version;

use super::{NamespaceKey, Owned, Publication, Published, State, namespace::Namespace};
use crate::{
    fixtures::Moment,
    revoked::{Entry, Revoked, Target},
    trust::Unusable,
};

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

    /// Those of one namespace.
    pub fn skills_of<'s>(
        &'s self,
        namespace: &'s Namespace,
    ) -> impl Iterator<Item = &'s SkillName> {
        // No name of the namespace is before this one.
        let first: Option<SkillName> = format!("{namespace}/0").parse().ok();
        let from = first.map_or(Bound::Unbounded, Bound::Included);
        let rest = self.skills.range((from, Bound::Unbounded));
        rest.map(|(name, _)| name)
            .take_while(|name| name.namespace() == namespace.as_str())
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
        let Publication {
            name,
            version,
            digest,
            ..
        } = &published.publication;
        if let Some(entry) = self.revoked.naming(name, version, digest) {
            return Standing::Revoked(entry.clone());
        }
        match self.void_because(published) {
            Some(why) => Standing::Void(why),
            None if published.yanked.is_some() => Standing::Yanked,
            None => Standing::Good,
        }
    }

    /// Everything that is revoked; what is void is beside it ([`State::listed`]).
    pub fn revoked(&self) -> &Revoked {
        &self.revoked
    }

    /// The skills a target is about, as far as names and digests tell.
    pub fn hit_by(&self, target: &Target) -> Vec<SkillName> {
        match target {
            Target::Digest { digest } => {
                let found = self.version_of(digest).into_iter();
                found.map(|found| found.publication.name.clone()).collect()
            }
            Target::Versions { name, .. } => {
                let known = self.skills.get_key_value(name).into_iter();
                known.map(|(name, _)| name.clone()).collect()
            }
            Target::Publisher { namespace } => self.skills_of(namespace).cloned().collect(),
            Target::Capability { .. } => Vec::new(),
        }
    }
}
