//! Where each target is among others, so that what names a version is found without looking at all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use metier_core::{Digest, SkillName};
use semver::Version;

use super::{Capability, Entry, Range, Target};
use crate::state::Namespace;

/// Targets by their places: numbers in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    all: HashMap<Target, u64>,
    ranges: HashMap<SkillName, BTreeMap<u64, Range>>,
}

impl Places {
    /// Notes a target; one that is there keeps its place.
    pub fn insert(&mut self, target: &Target, place: u64) {
        if self.all.contains_key(target) {
            return;
        }
        self.all.insert(target.clone(), place);
        if let Target::Versions { name, versions } = target {
            let ranges = self.ranges.entry(name.clone()).or_default();
            ranges.insert(place, versions.clone());
        }
    }

    /// Forgets a target.
    pub fn remove(&mut self, target: &Target) -> Option<u64> {
        let place = self.all.remove(target)?;
        if let Target::Versions { name, .. } = target
            && let Some(ranges) = self.ranges.get_mut(name)
        {
            ranges.remove(&place);
            if ranges.is_empty() {
                self.ranges.remove(name);
            }
        }
        Some(place)
    }

    /// Where a target is.
    pub fn get(&self, target: &Target) -> Option<u64> {
        self.all.get(target).copied()
    }

    /// Those that name this version, as far as its name and digest tell.
    pub fn naming(&self, name: &SkillName, version: &Version, digest: &Digest) -> BTreeSet<u64> {
        let namespace = Namespace::of(name);
        let ranges = self.ranges.get(name).into_iter().flatten();
        let covering = ranges.filter(|(_, range)| range.covers(version));
        let mut naming: BTreeSet<u64> = covering.map(|(place, _)| *place).collect();
        naming.extend(self.get(&Target::Digest { digest: *digest }));
        naming.extend(self.get(&Target::Publisher { namespace }));
        naming
    }

    /// Those that name one of these.
    pub fn asking(&self, capabilities: &[Capability]) -> impl Iterator<Item = u64> {
        let capabilities = capabilities.iter().copied();
        capabilities.filter_map(|capability| self.get(&Target::Capability { capability }))
    }
}

/// What is revoked now, in the order it was; things come and go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    entries: BTreeMap<u64, Entry>,
    places: Places,
}

impl Revoked {
    /// Adds an entry of a leaf; the caller has made sure that its target is not there.
    pub(crate) fn insert(&mut self, leaf: u64, entry: Entry) {
        self.places.insert(&entry.target, leaf);
        self.entries.insert(leaf, entry);
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, target: &Target) -> Option<Entry> {
        let place = self.places.remove(target)?;
        self.entries.remove(&place)
    }

    /// Whether this very target is there.
    pub fn contains(&self, target: &Target) -> bool {
        self.places.get(target).is_some()
    }

    /// The first entry that names this version, as far as its name and digest tell.
    pub fn naming(&self, name: &SkillName, version: &Version, digest: &Digest) -> Option<&Entry> {
        let place = self.places.naming(name, version, digest).pop_first()?;
        self.entries.get(&place)
    }

    /// Every entry, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
