//! Names that are taken for others.
//!
//! A name of ours is plain ASCII, so letters of other scripts cannot be in it; what remains is digits that look like letters, `rn` and
//! `m`, hyphens, the order of parts, and slips of a finger. Names of the same namespace are its owner's own business.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use metier_core::SkillName;

use super::{fold::looks, report::Findings};

/// Shortest part that a slip is looked for in: shorter ones are all near each other.
const MIN_LETTERS: usize = 5;

/// From this length on, two slips.
const LONG: usize = 10;
const MAX_SLIPS: usize = 2;

/// Most neighbours told of one name.
const MAX_TOLD: usize = 5;

/// The names there are in a market, but for those of some namespaces. Clones share what they know, also what is added later: a publication
/// costs no walk over all names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: Arc<RwLock<Known>>,
    /// Whose names do not count.
    own: BTreeSet<String>,
}

/// Every name by everything it could be taken for another by.
#[derive(Debug, Default)]
struct Known {
    by_namespace: BTreeMap<String, BTreeSet<SkillName>>,
    /// Namespaces by how they look.
    looks: BTreeMap<String, BTreeSet<String>>,
    /// Names without dots and hyphens.
    joined: BTreeMap<String, BTreeSet<SkillName>>,
    /// Short names by how they look.
    shorts: BTreeMap<String, BTreeSet<SkillName>>,
    /// Short names without hyphens.
    plain: BTreeMap<String, BTreeSet<SkillName>>,
    /// Short names by their lengths: a slip changes that by two at most.
    by_length: BTreeMap<usize, BTreeMap<String, BTreeSet<SkillName>>>,
}

/// A name that another could be taken for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Neighbour {
    /// The two look the same, or are the same parts in another order.
    Confusable {
        /// Which.
        name: SkillName,
        /// In what way, as the end of a sentence.
        how: &'static str,
    },
    /// They differ in a slip or two.
    Similar {
        /// Which.
        name: SkillName,
        /// In what way, as the end of a sentence.
        how: &'static str,
    },
}

impl FromIterator<SkillName> for Names {
    fn from_iter<I: IntoIterator<Item = SkillName>>(names: I) -> Self {
        let mut all = Names::default();
        for name in names {
            all.add(name);
        }
        all
    }
}

impl Names {
    /// And another one.
    pub fn add(&mut self, name: SkillName) {
        let known = self.known.write();
        known.unwrap_or_else(PoisonError::into_inner).add(name);
    }

    /// The same names without those of these namespaces, which are their owner's own business.
    #[must_use]
    pub fn beside(&self, own: impl IntoIterator<Item = String>) -> Names {
        Names {
            known: self.known.clone(),
            own: own.into_iter().collect(),
        }
    }

    /// The names of other namespaces that `name` could be taken for, or they for it: the worst first.
    pub fn near(&self, name: &SkillName) -> Vec<Neighbour> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let counts = |other: &SkillName| {
            let namespace = other.namespace();
            namespace != name.namespace() && !self.own.contains(namespace)
        };
        let confusable = known.confusable(name).into_iter();
        let confusable = confusable.filter(|(other, _)| counts(other));
        let confusable: BTreeSet<_> = confusable.collect();
        let named: BTreeSet<&SkillName> = confusable.iter().map(|(other, _)| *other).collect();
        let similar = known.maybe_similar(name).filter(|other| counts(other));
        let similar = similar.filter(|other| !named.contains(other));
        let similar: BTreeSet<_> = similar
            .filter_map(|other| Some((other, similar_to(name, other)?)))
            .collect();
        let confusable = confusable.into_iter().map(|(name, how)| {
            let name = name.clone();
            Neighbour::Confusable { name, how }
        });
        let similar = similar.into_iter().map(|(name, how)| {
            let name = name.clone();
            Neighbour::Similar { name, how }
        });
        confusable.chain(similar).collect()
    }
}

impl Known {
    fn add(&mut self, name: SkillName) {
        let namespace = name.namespace().to_owned();
        let alike = self.looks.entry(looks(&namespace)).or_default();
        alike.insert(namespace.clone());
        let short = name.short().to_owned();
        let of_length = self.by_length.entry(short.len()).or_default();
        for names in [
            self.by_namespace.entry(namespace).or_default(),
            self.joined.entry(joined(&name)).or_default(),
            self.shorts.entry(looks(&short)).or_default(),
            self.plain.entry(plain(&short)).or_default(),
            of_length.entry(short).or_default(),
        ] {
            names.insert(name.clone());
        }
    }

    /// Those that look the same, and in what way.
    fn confusable(&self, name: &SkillName) -> Vec<(&SkillName, &'static str)> {
        let mut found = Vec::new();
        let twins = self.looks.get(&looks(name.namespace()));
        for twin in twins.into_iter().flatten() {
            let names = self.by_namespace.get(twin).into_iter().flatten();
            found.extend(names.map(|other| (other, "its namespace looks the same")));
        }
        let swapped: Vec<&str> = name.namespace().rsplit('.').collect();
        let swapped = self.by_namespace.get(&swapped.join("."));
        let swapped = swapped.into_iter().flatten();
        found.extend(swapped.map(|other| (other, "its namespace is the same backwards")));
        let joined = self.joined.get(&joined(name)).into_iter().flatten();
        found.extend(joined.map(|other| (other, "it differs in dots and hyphens only")));
        let shorts = self.shorts.get(&looks(name.short())).into_iter().flatten();
        let shorts = shorts.filter(|other| other.short() != name.short());
        let how = "it is called by letters that look the same";
        found.extend(shorts.map(|other| (other, how)));
        found
    }

    /// All that [`similar_to`] could find, and others.
    fn maybe_similar(&self, name: &SkillName) -> impl Iterator<Item = &SkillName> {
        let short = name.short();
        let lengths = short.len().saturating_sub(MAX_SLIPS)..=short.len() + MAX_SLIPS;
        let near = self.by_length.range(lengths).flat_map(|(_, names)| names);
        let near = near.filter(move |(other, _)| *other == short || is_slip(short, other));
        let plain = self.plain.get(&plain(short)).into_iter().flatten();
        near.flat_map(|(_, names)| names).chain(plain)
    }
}

impl Neighbour {
    /// The name.
    pub fn name(&self) -> &SkillName {
        match self {
            Neighbour::Confusable { name, .. } | Neighbour::Similar { name, .. } => name,
        }
    }
}

pub(super) fn check(name: &SkillName, names: &Names, findings: &mut Findings) {
    for neighbour in names.near(name).into_iter().take(MAX_TOLD) {
        let (rule, other, how) = match &neighbour {
            Neighbour::Confusable { name, how } => ("name/confusable", name, how),
            Neighbour::Similar { name, how } => ("name/similar", name, how),
        };
        findings.add(
            rule,
            "skill.toml",
            &format!("{name} and {other}, which another publisher has: {how}"),
        );
    }
}

fn joined(name: &SkillName) -> String {
    looks(&name.as_str().replace(['.', '-', '/'], ""))
}

fn plain(text: &str) -> String {
    text.replace('-', "")
}

fn similar_to(name: &SkillName, other: &SkillName) -> Option<&'static str> {
    let (short, theirs) = (name.short(), other.short());
    if short != theirs && plain(short) == plain(theirs) {
        return Some("it differs in hyphens");
    }
    if short != theirs && is_slip(short, theirs) {
        return Some("it is a slip away");
    }
    let (mine, their) = (name.namespace(), other.namespace());
    let owner = |namespace: &str| namespace.split_once('.').map(|(_, owner)| owner.to_owned());
    if short == theirs && owner(mine) == owner(their) {
        return Some("its namespace differs in the top-level domain only");
    }
    (short == theirs && is_slip(mine, their)).then_some("its namespace is a slip away")
}

fn is_slip(one: &str, other: &str) -> bool {
    let (short, long) = match one.len() <= other.len() {
        true => (one, other),
        false => (other, one),
    };
    let most = match short.len() {
        0..MIN_LETTERS => return false,
        MIN_LETTERS..LONG => 1,
        _ => MAX_SLIPS,
    };
    long.len() - short.len() <= most && strsim::osa_distance(short, long) <= most
}
