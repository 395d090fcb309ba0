//! Things that are given out to anybody, for a while: there is an end of all of them, and of those of one address, so that one address locks
//! out nobody but itself.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use crate::fixtures::Moment;

/// How often what is over is looked for where everything is full.
const SWEEP: Duration = Duration::from_secs(1);

/// Where a request comes from: an address, and of IPv6 the network that one household is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl Source {
    /// Where nobody knows.
    pub const UNKNOWN: Source = Source(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Source(address.into()),
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Source(Ipv6Addr::from_bits(network).into())
            }
        }
    }
}

/// What to do with one more of a source that has as many as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::keeper) enum Most {
    /// It is not taken.
    Refuses,
    /// The source's oldest goes.
    Forgets,
}

/// Values by keys, each of a source and good for a while.
#[derive(Debug)]
pub(in crate::keeper) struct Room<K, V> {
    all: usize,
    each: usize,
    then: Most,
    there: HashMap<K, Kept<V>>,
    /// Keys of each source in the order they came.
    sources: HashMap<Source, BTreeMap<u64, K>>,
    next: u64,
    swept: Moment,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    source: Source,
    number: u64,
    expires: Moment,
}

impl<K: Clone + Eq + Hash, V> Room<K, V> {
    /// For so many, and so many of each source.
    pub fn new(all: usize, each: usize, then: Most) -> Self {
        Room {
            all,
            each,
            then,
            there: HashMap::new(),
            sources: HashMap::new(),
            next: 0,
            swept: Moment::default(),
        }
    }

    /// Takes one more; whether it did.
    pub fn insert(
        &mut self,
        key: K,
        value: V,
        source: Source,
        (now, expires): (Moment, Moment),
    ) -> bool {
        self.sweep_of(source, now);
        if self.count(source) >= self.each {
            match self.then {
                Most::Refuses => return false,
                Most::Forgets => self.forget_oldest(source),
            }
        }
        self.make_room(now);
        let number = self.next;
        self.next += 1;
        let kept = Kept {
            value,
            source,
            number,
            expires,
        };
        self.there.insert(key.clone(), kept);
        self.sources.entry(source).or_default().insert(number, key);
        true
    }

    /// One that is good.
    pub fn get(&self, key: &K, now: Moment) -> Option<&V> {
        let kept = self.there.get(key)?;
        (kept.expires > now).then_some(&kept.value)
    }

    /// Takes one out; nothing where it is not good any more.
    pub fn remove(&mut self, key: &K, now: Moment) -> Option<V> {
        let kept = self.there.remove(key)?;
        if let Some(keys) = self.sources.get_mut(&kept.source) {
            keys.remove(&kept.number);
            if keys.is_empty() {
                self.sources.remove(&kept.source);
            }
        }
        (kept.expires > now).then_some(kept.value)
    }

    fn count(&self, source: Source) -> usize {
        self.sources.get(&source).map_or(0, BTreeMap::len)
    }

    /// Forgets what is over of a source: all live equally long, so the oldest is the first that is.
    fn sweep_of(&mut self, source: Source, now: Moment) {
        while let Some(oldest) = self.oldest(source) {
            let is_over = |kept: &Kept<V>| kept.expires <= now;
            if !self.there.get(&oldest).is_none_or(is_over) {
                return;
            }
            self.forget_oldest(source);
        }
    }

    /// Where all are taken: what is over goes, and else the oldest of whoever has most.
    fn make_room(&mut self, now: Moment) {
        if self.there.len() < self.all {
            return;
        }
        if now.since(self.swept).is_none_or(|gone| gone >= SWEEP) {
            self.swept = now;
            let sources: Vec<Source> = self.sources.keys().copied().collect();
            for source in sources {
                self.sweep_of(source, now);
            }
        }
        if self.there.len() >= self.all {
            let sources = self.sources.iter();
            let most = sources.max_by_key(|(_, keys)| keys.len());
            if let Some(source) = most.map(|(source, _)| *source) {
                self.forget_oldest(source);
            }
        }
    }

    fn oldest(&self, source: Source) -> Option<K> {
        let keys = self.sources.get(&source)?;
        keys.first_key_value().map(|(_, key)| key.clone())
    }

    fn forget_oldest(&mut self, source: Source) {
        let Some(keys) = self.sources.get_mut(&source) else {
            return;
        };
        if let Some((_, key)) = keys.pop_first() {
            self.there.remove(&key);
        }
        if keys.is_empty() {
            self.sources.remove(&source);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::Duration;

    use super::{Most, Room, Source};
    use crate::fixtures::Moment;

    fn from(address: &str) -> Source {
        address.parse::<std::net::IpAddr>().unwrap().into()
    }

    #[test]
    fn one_source_takes_only_its_own_room() {
        let now = Moment::default();
        let until = now.plus(Duration::from_secs(300));
        let (loud, quiet) = (from("192.0.2.1"), from("192.0.2.2"));
        let mut refusing = Room::new(100, 2, Most::Refuses);
        let mut forgetting = Room::new(100, 2, Most::Forgets);
        let taken: Vec<bool> = (0..3)
            .map(|key| refusing.insert(key, (), loud, (now, until)))
            .collect();
        assert_eq!(taken, [true, true, false]);
        assert!(refusing.insert(9, (), quiet, (now, until)));
        for key in 0..3 {
            assert!(forgetting.insert(key, (), loud, (now, until)));
        }
        assert_eq!(
            (forgetting.get(&0, now), forgetting.get(&2, now)),
            (None, Some(&()))
        );
        // What is over makes room.
        assert!(refusing.insert(3, (), loud, (until, until.plus(Duration::from_secs(1)))));
        assert_eq!(refusing.get(&1, until), None);
    }

    #[test]
    fn where_all_is_taken_whoever_has_most_gives_way() {
        let now = Moment::default();
        let until = now.plus(Duration::from_secs(300));
        let mut room = Room::new(4, 3, Most::Refuses);
        assert!(room.insert("first", (), from("192.0.2.1"), (now, until)));
        for key in ["a", "b", "c"] {
            assert!(room.insert(key, (), from("192.0.2.2"), (now, until)));
        }
        assert!(room.insert("new", (), from("192.0.2.3"), (now, until)));
        assert!(room.get(&"first", now).is_some() && room.get(&"new", now).is_some());
        assert_eq!(room.get(&"a", now), None);
        assert_eq!(room.remove(&"b", now), Some(()));
        assert_eq!(room.remove(&"b", now), None);
        assert_eq!(room.remove(&"c", until), None, "it is over");
    }

    #[test]
    fn a_household_of_ipv6_is_one_source() {
        assert_eq!(from("2001:db8::1"), from("2001:db8::ffff:1"));
        assert_ne!(from("2001:db8::1"), from("2001:db8:0:1::1"));
        assert_eq!(from("::ffff:192.0.2.1"), from("192.0.2.1"));
    }
}
