//! Names that are taken for others.
//!
//! A name of ours is plain ASCII, so letters of other scripts cannot be in it; what remains is digits that look like letters, `rn` and
//! `m`, hyphens, the order of parts, and slips of a finger. Names of the same namespace are its owner's own business.

use std::collections::{BTreeMap, BTreeSet};

use metier_core::SkillName;

use super::{fold::looks, report::Findings};

/// Shortest part that a slip is looked for in: shorter ones are all near each other.
const MIN_LETTERS: usize = 5;

/// From this length on, two slips.
const LONG: usize = 10;

/// Most neighbours told of one name.
const MAX_TOLD: usize = 5;

/// The names there are in a market.
#[derive(Clone, Debug, Default)]
pub struct Names {
    all: BTreeSet<SkillName>,
    /// Namespaces by how they look.
    namespaces: BTreeMap<String, BTreeSet<String>>,
    /// Names without dots and hyphens.
    joined: BTreeMap<String, BTreeSet<SkillName>>,
    /// Short names by how they look.
    shorts: BTreeMap<String, BTreeSet<SkillName>>,
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
        let namespace = name.namespace().to_owned();
        self.namespaces
            .entry(looks(&namespace))
            .or_default()
            .insert(namespace);
        self.joined
            .entry(joined(&name))
            .or_default()
            .insert(name.clone());
        self.shorts
            .entry(looks(name.short()))
            .or_default()
            .insert(name.clone());
        self.all.insert(name);
    }

    /// The names of other namespaces that `name` could be taken for, or they for it: the worst first.
    pub fn near(&self, name: &SkillName) -> Vec<Neighbour> {
        let mut found: BTreeSet<Neighbour> = self.confusable(name).collect();
        let known: BTreeSet<SkillName> = found
            .iter()
            .map(|neighbour| neighbour.name().clone())
            .collect();
        let others = self
            .all
            .iter()
            .filter(|other| other.namespace() != name.namespace() && !known.contains(*other));
        found.extend(others.filter_map(|other| {
            let how = similar(name, other)?;
            Some(Neighbour::Similar {
                name: other.clone(),
                how,
            })
        }));
        found.into_iter().collect()
    }

    fn confusable(&self, name: &SkillName) -> impl Iterator<Item = Neighbour> {
        let foreign = |other: &&SkillName| other.namespace() != name.namespace();
        let tell = |how| {
            move |other: &SkillName| Neighbour::Confusable {
                name: other.clone(),
                how,
            }
        };
        let twins = self
            .namespaces
            .get(&looks(name.namespace()))
            .into_iter()
            .flatten();
        let twins: BTreeSet<&str> = twins
            .map(String::as_str)
            .filter(|twin| *twin != name.namespace())
            .collect();
        let swapped: String = name.namespace().rsplit('.').collect::<Vec<_>>().join(".");
        let by_namespace = self.all.iter().filter(foreign).filter_map(move |other| {
            if twins.contains(other.namespace()) {
                return Some(tell("its namespace looks the same")(other));
            }
            (other.namespace() == swapped)
                .then(|| tell("its namespace is the same backwards")(other))
        });
        let joined = self
            .joined
            .get(&joined(name))
            .into_iter()
            .flatten()
            .filter(foreign);
        let short = self.shorts.get(&looks(name.short())).into_iter().flatten();
        let short = short
            .filter(foreign)
            .filter(|other| other.short() != name.short());
        by_namespace
            .chain(joined.map(tell("it differs in dots and hyphens only")))
            .chain(short.map(tell("it is called by letters that look the same")))
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

fn similar(name: &SkillName, other: &SkillName) -> Option<&'static str> {
    let (short, theirs) = (name.short(), other.short());
    let plain = |text: &str| text.replace('-', "");
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
        _ => 2,
    };
    long.len() - short.len() <= most && strsim::osa_distance(short, long) <= most
}
