//! Which manifests lead to a file: those that have it as a layer or a config, and for one that refers to another, that other.
//!
//! A file is everybody's to read when a leaf of the log names it, or when what leads to it is published.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
    sync::{PoisonError, RwLock},
};

use metier_core::{Digest, SkillName};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use crate::keeper::ledger::Ledger;

/// How far up is looked: a file, a signature over a manifest, a signature over that.
const MAX_STEPS: usize = 4;

/// What the leaves of a log name.
pub trait Leaves: fmt::Debug + Send + Sync {
    /// Whether one names the file.
    fn name(&self, digest: &Digest) -> bool;

    /// Whether one publishes this manifest as a version of the skill.
    fn publish(&self, skill: &SkillName, manifest: &Digest) -> bool;
}

impl Leaves for Ledger {
    fn name(&self, digest: &Digest) -> bool {
        self.look(|view| view.names_file(digest))
    }

    fn publish(&self, skill: &SkillName, manifest: &Digest) -> bool {
        self.look(|view| view.is_published(skill, manifest))
    }
}

/// What is kept under the name of a manifest: where it leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leading {
    /// Its layers and its config.
    pub blobs: BTreeSet<Digest>,
    /// The manifest it refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Digest>,
    /// The version it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
}

impl Leading {
    pub fn of(manifest: &Manifest) -> Leading {
        let blobs = manifest.layers.iter().chain([&manifest.config]);
        Leading {
            blobs: blobs.map(|blob| blob.digest).collect(),
            subject: manifest.subject.as_ref().map(|subject| subject.digest),
            version: None,
        }
    }
}

/// A manifest of a skill.
pub type Place = (SkillName, Digest);

/// All of them, by what they lead to.
#[derive(Debug, Default)]
pub struct Links(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    to: HashMap<Digest, BTreeSet<Place>>,
    /// Every manifest, whose it is and where it leads.
    manifests: HashMap<Digest, (BTreeSet<SkillName>, Leading)>,
}

impl Links {
    /// A manifest was pushed.
    pub fn add(&self, skill: &SkillName, manifest: &Digest, leading: Leading) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for blob in &leading.blobs {
            let place = (skill.clone(), *manifest);
            known.to.entry(*blob).or_default().insert(place);
        }
        if let Some(subject) = leading.subject {
            let place = (skill.clone(), subject);
            known.to.entry(*manifest).or_default().insert(place);
        }
        let there = known.manifests.entry(*manifest);
        let (skills, there) = there.or_default();
        skills.insert(skill.clone());
        *there = leading;
    }

    /// A manifest is gone: whose it was, and where it led.
    pub fn remove(&self, manifest: &Digest) -> (BTreeSet<SkillName>, Leading) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (skills, leading) = known.manifests.remove(manifest).unwrap_or_default();
        for skill in &skills {
            for blob in &leading.blobs {
                known.forget(blob, (skill.clone(), *manifest));
            }
            if let Some(subject) = leading.subject {
                known.forget(manifest, (skill.clone(), subject));
            }
        }
        (skills, leading)
    }

    /// Every manifest there is.
    pub fn manifests(&self) -> Vec<Digest> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.manifests.keys().copied().collect()
    }

    /// The manifests that lead to a file.
    pub fn to(&self, digest: &Digest) -> Vec<Place> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let places = known.to.get(digest).into_iter().flatten();
        places.cloned().collect()
    }

    /// Whether one that leads to the file, in so many steps, is one of those. Each is looked at once, by however many ways it leads there.
    pub fn lead(&self, digest: &Digest, is_one: &dyn Fn(&SkillName, &Digest) -> bool) -> bool {
        let mut seen = HashSet::new();
        let mut files = vec![*digest];
        for _ in 0..MAX_STEPS {
            let mut further = Vec::new();
            for (skill, manifest) in files.iter().flat_map(|file| self.to(file)) {
                if is_one(&skill, &manifest) {
                    return true;
                }
                if seen.insert(manifest) {
                    further.push(manifest);
                }
            }
            files = further;
        }
        false
    }
}

impl Known {
    fn forget(&mut self, to: &Digest, place: Place) {
        if let Some(places) = self.to.get_mut(to) {
            places.remove(&place);
            if places.is_empty() {
                self.to.remove(to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::BTreeSet};

    use metier_core::{Digest, SkillName};

    use super::{Leading, Links};

    fn named(layer: u8, number: u8) -> Digest {
        Digest::of(&[layer, number])
    }

    /// Ten manifests, each of which has all ten of the layer below: a thousand ways lead through three of them.
    fn woven() -> Links {
        let links = Links::default();
        for layer in 1..=3_u8 {
            let below: BTreeSet<Digest> = match layer {
                1 => [named(0, 0)].into(),
                _ => (0..10).map(|number| named(layer - 1, number)).collect(),
            };
            for number in 0..10 {
                let leading = Leading {
                    blobs: below.clone(),
                    ..Leading::default()
                };
                links.add(&skill(), &named(layer, number), leading);
            }
        }
        links
    }

    fn skill() -> SkillName {
        #[expect(clippy::unwrap_used, reason = "tests")]
        "com.acme/weather".parse().unwrap()
    }

    #[test]
    fn what_many_ways_lead_to_is_looked_at_once() {
        let looks = Cell::new(0);
        let nothing = |_: &SkillName, _: &Digest| {
            looks.set(looks.get() + 1);
            false
        };
        assert!(!woven().lead(&named(0, 0), &nothing));
        assert_eq!(looks.get(), 10 + 100 + 100, "once for each link");
        let last = named(3, 9);
        assert!(woven().lead(&named(0, 0), &|_, manifest| *manifest == last));
    }
}
