//! What was read before, as much of it as fits: what was not asked for longest goes first.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Values by keys, which together weigh so many bytes at most.
#[derive(Debug)]
pub struct Bounded<K, V> {
    most: usize,
    kept: Mutex<Kept<K, V>>,
}

#[derive(Debug)]
struct Kept<K, V> {
    values: HashMap<K, Value<V>>,
    /// Keys by when they were asked for last.
    order: BTreeMap<u64, K>,
    next: u64,
    weight: usize,
}

#[derive(Debug)]
struct Value<V> {
    value: V,
    weight: usize,
    asked: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Bounded<K, V> {
    /// With room for so many bytes.
    pub fn new(most: usize) -> Self {
        let kept = Kept {
            values: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
            weight: 0,
        };
        Bounded {
            most,
            kept: Mutex::new(kept),
        }
    }

    /// What is kept under this key.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut kept = self.kept();
        let kept = &mut *kept;
        let found = kept.values.get_mut(key)?;
        kept.order.remove(&found.asked);
        found.asked = kept.next;
        kept.order.insert(kept.next, key.clone());
        kept.next += 1;
        Some(found.value.clone())
    }

    /// Keeps a value that weighs so many bytes; not one that is heavier than everything may be.
    pub fn put(&self, key: K, value: V, weight: usize) {
        let mut kept = self.kept();
        kept.forget(&key);
        if weight > self.most {
            return;
        }
        while kept.weight + weight > self.most {
            let Some((_, oldest)) = kept.order.pop_first() else {
                break;
            };
            kept.forget(&oldest);
        }
        let asked = kept.next;
        kept.next += 1;
        kept.weight += weight;
        kept.order.insert(asked, key.clone());
        let value = Value {
            value,
            weight,
            asked,
        };
        kept.values.insert(key, value);
    }

    fn kept(&self) -> MutexGuard<'_, Kept<K, V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    fn forget(&mut self, key: &K) {
        if let Some(gone) = self.values.remove(key) {
            self.order.remove(&gone.asked);
            self.weight -= gone.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    #[test]
    fn what_was_not_asked_for_longest_goes_first_and_the_weight_has_an_end() {
        let cache = Bounded::new(10);
        cache.put("a", 1, 4);
        cache.put("b", 2, 4);
        assert_eq!(cache.get(&"a"), Some(1));
        cache.put("c", 3, 4);
        assert_eq!(
            [cache.get(&"a"), cache.get(&"b"), cache.get(&"c")],
            [Some(1), None, Some(3)]
        );
        cache.put("too heavy", 4, 11);
        assert_eq!(cache.get(&"too heavy"), None);
        cache.put("a", 5, 1);
        cache.put("d", 6, 5);
        assert_eq!(
            [cache.get(&"a"), cache.get(&"c"), cache.get(&"d")],
            [Some(5), Some(3), Some(6)]
        );
    }
}
