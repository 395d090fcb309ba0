//! The list and what it hits.

use std::time::Duration;

use metier_core::{Digest, SkillName};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    places::Places,
    target::{Capability, Target},
};
use crate::{fixtures::Moment, state::Reason};

/// Most entries of a list. More than that is a market that should be closed.
pub const MAX_ENTRIES: usize = 100_000;

/// Longest time between issue and expiry: a market that lost its key can keep clients on an old list that long.
pub const MAX_LIFE: Duration = Duration::from_secs(30 * 86_400);

/// One thing that must not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What.
    pub target: Target,
    /// Why, for whoever is hit.
    pub why: Reason,
    /// When it was revoked.
    pub at: Moment,
}

/// Everything that must not run, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub(super) version: u64,
    pub(super) issued: Moment,
    pub(super) expires: Moment,
    pub(super) entries: Vec<Entry>,
    places: Places,
}

/// A list that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Expires before it is issued.
    #[error("the list expires before it is issued")]
    Backwards,
    /// Relied on for too long.
    #[error("the list is to be relied on for more than {} days", MAX_LIFE.as_secs() / 86_400)]
    TooLong,
    /// Too many entries.
    #[error("the list has more than {MAX_ENTRIES} entries")]
    TooMany,
}

/// What a list is asked about: one installed skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: SkillName,
    /// Its version.
    pub version: Version,
    /// The digest of its component.
    pub digest: Digest,
    /// What its manifest asks for.
    pub capabilities: Vec<Capability>,
}

impl List {
    /// Puts one together. `version` is higher than that of every list before; the number of leaves in the log will do.
    ///
    /// # Errors
    /// When the times are wrong, or there are too many entries.
    pub fn new(
        version: u64,
        issued: Moment,
        expires: Moment,
        entries: Vec<Entry>,
    ) -> Result<Self, ListError> {
        let life = expires.since(issued).ok_or(ListError::Backwards)?;
        if life > MAX_LIFE {
            return Err(ListError::TooLong);
        }
        if entries.len() > MAX_ENTRIES {
            return Err(ListError::TooMany);
        }
        let mut places = Places::default();
        for (place, entry) in (0..).zip(&entries) {
            places.insert(&entry.target, place);
        }
        Ok(List {
            version,
            issued,
            expires,
            entries,
            places,
        })
    }

    /// Which version of the list.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When it was made.
    pub fn issued(&self) -> Moment {
        self.issued
    }

    /// Until when it can be relied on.
    pub fn expires(&self) -> Moment {
        self.expires
    }

    /// What is revoked.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries that hit this skill; none means that it may run.
    pub fn hits(&self, installed: &Installed) -> Vec<&Entry> {
        let Installed {
            name,
            version,
            digest,
            capabilities,
        } = installed;
        let mut places = self.places.naming(name, version, digest);
        places.extend(self.places.asking(capabilities));
        let places = places.into_iter();
        places.filter_map(|place| self.entry(place)).collect()
    }

    /// The first entry that names a version, as far as its name and digest tell.
    pub fn naming(&self, name: &SkillName, version: &Version, digest: &Digest) -> Option<&Entry> {
        let place = self.places.naming(name, version, digest).pop_first()?;
        self.entry(place)
    }

    /// The entry that names a file, whatever it is called.
    pub fn naming_file(&self, digest: &Digest) -> Option<&Entry> {
        let target = Target::Digest { digest: *digest };
        self.entry(self.places.get(&target)?)
    }

    fn entry(&self, place: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(place).ok()?)
    }
}
