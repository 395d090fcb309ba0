//! What is void: versions that a key signed, or a workflow published, when it was in other hands. The revocation list tells them with what is revoked, since a receipt
//! of before shows them good for ever.
//!
//! Versions of a skill that are void and next to each other are one range, so that a year's work of a stolen key is an entry and not a
//! thousand. Where that is not enough, the whole namespace is named: nobody can fill the list so that it is not made any more.

use std::{cmp::Reverse, collections::BTreeMap};

use metier_core::SkillName;
use semver::Version;

use super::{Owned, Published, Reason, State, namespace::Namespace};
use crate::{
    fixtures::Moment,
    revoked::{Entry, Target},
    trust::Unusable,
};

/// Most entries for what is void.
pub const MAX_VOID: usize = 25_000;

/// Most of them for one namespace; it is named whole beyond that.
const MAX_VOID_EACH: usize = 1_000;

/// Void versions that are next to each other, and when that was said of the last of them.
type Stretch<'s> = Vec<(&'s Published, Moment)>;

impl State {
    /// What must not run: the entries of the list. What is revoked, in the order it was, and then what is void.
    pub fn listed(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.revoked.iter().cloned().collect();
        entries.extend(self.void());
        entries
    }

    /// The last leaf that can have changed [`State::listed`].
    pub fn list_changed(&self) -> u64 {
        self.listed
    }

    /// Why the publisher's signature of a version does not count any more.
    pub fn void_because(&self, published: &Published) -> Option<Unusable> {
        let namespace = Namespace::of(&published.publication.name);
        self.namespaces.get(&namespace)?.void(published)
    }

    fn void(&self) -> Vec<Entry> {
        let namespaces = self.namespaces.iter();
        let stolen = namespaces.filter(|(_, owned)| owned.was_in_other_hands());
        let each: Vec<(&Namespace, Vec<Entry>)> = stolen
            .map(|(namespace, owned)| (namespace, self.void_of(namespace, owned)))
            .collect();
        fitted(each, MAX_VOID_EACH, MAX_VOID)
    }

    fn void_of(&self, namespace: &Namespace, owned: &Owned) -> Vec<Entry> {
        let skills = self.skills_of(namespace);
        skills
            .filter_map(|name| Some((name, self.skills.get(name)?)))
            .flat_map(|(name, versions)| {
                let stretches = stretches(versions, owned).into_iter();
                stretches.flat_map(|stretch| entries(name, &stretch))
            })
            .collect()
    }
}

/// As many as there may be: a namespace with too many is named whole, and where all are too many, those with the most of them are.
fn fitted(mut each: Vec<(&Namespace, Vec<Entry>)>, most_each: usize, most: usize) -> Vec<Entry> {
    let mut all: usize = each.iter().map(|(_, entries)| entries.len()).sum();
    let mut largest: Vec<usize> = (0..each.len()).collect();
    largest.sort_by_key(|at| Reverse(each.get(*at).map_or(0, |(_, entries)| entries.len())));
    for at in largest {
        let Some((namespace, entries)) = each.get_mut(at) else {
            continue;
        };
        if entries.len() <= most_each && all <= most {
            break;
        }
        all = all.saturating_sub(entries.len()).saturating_add(1);
        *entries = whole(namespace, entries);
    }
    each.into_iter().flat_map(|(_, entries)| entries).collect()
}

/// When a version was said to be void, if it was.
fn voided(published: &Published, owned: &Owned) -> Option<Moment> {
    owned.void(published)?;
    Some(owned.void_said(published).unwrap_or(published.at))
}

fn stretches<'s>(versions: &'s BTreeMap<Version, Published>, owned: &Owned) -> Vec<Stretch<'s>> {
    let mut stretches: Vec<Stretch<'s>> = Vec::new();
    let mut goes_on = false;
    for published in versions.values() {
        let Some(at) = voided(published, owned) else {
            goes_on = false;
            continue;
        };
        match stretches.last_mut().filter(|_| goes_on) {
            Some(stretch) => stretch.push((published, at)),
            None => stretches.push(vec![(published, at)]),
        }
        goes_on = true;
    }
    stretches
}

fn entries(name: &SkillName, stretch: &Stretch<'_>) -> Vec<Entry> {
    let range = match stretch.as_slice() {
        [(first, _), .., (last, _)] => {
            let (first, last) = (&first.publication.version, &last.publication.version);
            // Two long names of pre-releases are too long for a range.
            format!(">={first}, <={last}").parse().ok()
        }
        _ => None,
    };
    if let Some(versions) = range {
        let name = name.clone();
        let last = stretch.iter().map(|(_, at)| *at).max();
        return vec![entry(
            Target::Versions { name, versions },
            last.unwrap_or_default(),
        )];
    }
    let each = stretch.iter().map(|(published, at)| {
        let digest = published.publication.digest;
        entry(Target::Digest { digest }, *at)
    });
    each.collect()
}

fn whole(namespace: &Namespace, entries: &[Entry]) -> Vec<Entry> {
    let last = entries.iter().map(|entry| entry.at).max();
    let namespace = namespace.clone();
    vec![entry(
        Target::Publisher { namespace },
        last.unwrap_or_default(),
    )]
}

fn entry(target: Target, at: Moment) -> Entry {
    let why = Reason::of_void();
    Entry { target, why, at }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use metier_core::Digest;

    use super::{Namespace, Target, entry, fitted};
    use crate::{revoked::Entry, trust::tests::day};

    fn digests(name: &str, count: usize) -> Vec<Entry> {
        let each = (0..count).map(|at| Target::Digest {
            digest: Digest::of(format!("{name} {at}").as_bytes()),
        });
        each.map(|target| entry(target, day(2))).collect()
    }

    /// How many entries each of four namespaces has, where none has more than 10 and all not more than 20.
    fn lengths(counts: [usize; 4]) -> Vec<(bool, usize)> {
        let names: Vec<Namespace> = ["org.a", "org.b", "org.c", "org.d"]
            .map(|name| name.parse().unwrap())
            .to_vec();
        let each = names.iter().zip(counts);
        let each = each.map(|(name, count)| (name, digests(name.as_str(), count)));
        let entries = fitted(each.collect(), 10, 20);
        let mut left = entries.as_slice();
        let each = names.iter().zip(counts).map(|(name, count)| {
            let whole = Target::Publisher {
                namespace: name.clone(),
            };
            let is_whole = left.first().is_some_and(|entry| entry.target == whole);
            let taken = if is_whole { 1 } else { count };
            let here = left.split_off(..taken).unwrap();
            assert!(is_whole || here == digests(name.as_str(), count));
            (is_whole, taken)
        });
        each.collect()
    }

    #[test]
    fn who_has_the_most_is_named_whole_and_others_are_not() {
        assert_eq!(
            lengths([10, 0, 6, 4]),
            [(false, 10), (false, 0), (false, 6), (false, 4)]
        );
        assert_eq!(
            lengths([2, 11, 3, 4]),
            [(false, 2), (true, 1), (false, 3), (false, 4)]
        );
        assert_eq!(
            lengths([7, 10, 9, 8]),
            [(false, 7), (true, 1), (true, 1), (false, 8)]
        );
    }
}
