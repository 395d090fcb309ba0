//! Key-value data in memory, gone with the process.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use metier_core::ids::Digest;
use wasmtime_wasi::async_trait;

use super::totals::{self, Totals};
use super::{Key, KvError, KvLimits, KvStore, Namespace, Page, key};

/// Room of a store in bytes over all buckets: 256 MiB, a few full buckets.
pub const MEMORY_BYTES: u64 = 256 << 20;

/// Bounded, and as strict as the store on disk, so that what works in a test works there.
#[derive(Debug)]
pub struct MemoryKv {
    limits: KvLimits,
    room: u64,
    data: Mutex<Data>,
}

#[derive(Debug, Default)]
struct Data {
    buckets: HashMap<Namespace, Bucket>,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Bucket {
    entries: BTreeMap<Digest, (Key, Vec<u8>)>,
    totals: Totals,
}

impl Default for MemoryKv {
    fn default() -> Self {
        MemoryKv::new(KvLimits::default(), MEMORY_BYTES)
    }
}

impl MemoryKv {
    /// An empty store that holds `room` bytes of keys and values.
    pub fn new(limits: KvLimits, room: u64) -> MemoryKv {
        MemoryKv {
            limits,
            room,
            data: Mutex::default(),
        }
    }

    /// Nothing panics while it holds the lock, and a half-done change would only miscount.
    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Data {
    fn value(&self, space: &Namespace, key: &Key) -> Option<&Vec<u8>> {
        let (_, value) = self.buckets.get(space)?.entries.get(key.hash())?;
        Some(value)
    }

    fn put(
        &mut self,
        store: &MemoryKv,
        space: &Namespace,
        key: &Key,
        value: Vec<u8>,
    ) -> Result<(), KvError> {
        totals::check_value(&value, &store.limits)?;
        let old = self.value(space, key).map(|value| totals::size(key, value));
        let new = totals::size(key, &value);
        let before = self
            .buckets
            .get(space)
            .map(|bucket| bucket.totals)
            .unwrap_or_default();
        let after = before.replacing(old, Some(new));
        before.may_become(after, &store.limits)?;
        let bytes = self.bytes - before.bytes + after.bytes;
        if bytes > store.room {
            return Err(KvError::Full);
        }
        self.bytes = bytes;
        let bucket = self.buckets.entry(space.clone()).or_default();
        bucket.totals = after;
        bucket.entries.insert(*key.hash(), (key.clone(), value));
        Ok(())
    }

    fn remove(&mut self, space: &Namespace, key: &Key) {
        let Some(bucket) = self.buckets.get_mut(space) else {
            return;
        };
        let Some((_, value)) = bucket.entries.remove(key.hash()) else {
            return;
        };
        let size = totals::size(key, &value);
        bucket.totals = bucket.totals.replacing(Some(size), None);
        self.bytes -= size;
        if bucket.entries.is_empty() {
            self.buckets.remove(space);
        }
    }
}

impl Bucket {
    fn page(&self, cursor: Option<u64>, size: usize) -> Page {
        let beyond = cursor.map_or(Bound::Unbounded, |cursor| {
            Bound::Excluded(last_under(cursor))
        });
        let found: Vec<(&Digest, &Key)> = self
            .entries
            .range((beyond, Bound::Unbounded))
            .map(|(hash, (key, _))| (hash, key))
            .collect();
        let hashes: Vec<Digest> = found.iter().map(|(hash, _)| **hash).collect();
        let (length, cursor) = key::page(&hashes, size);
        Page {
            keys: found[..length]
                .iter()
                .map(|(_, key)| key.as_str().to_owned())
                .collect(),
            cursor,
        }
    }
}

/// The greatest hash that begins with the cursor.
fn last_under(cursor: u64) -> Digest {
    let mut hash = [u8::MAX; 32];
    hash[..8].copy_from_slice(&cursor.to_be_bytes());
    Digest::from_sha256(hash)
}

#[async_trait]
impl KvStore for MemoryKv {
    async fn get(&self, space: &Namespace, key: &Key) -> Result<Option<Vec<u8>>, KvError> {
        Ok(self.data().value(space, key).cloned())
    }

    async fn set(&self, space: &Namespace, key: &Key, value: Vec<u8>) -> Result<(), KvError> {
        self.data().put(self, space, key, value)
    }

    async fn delete(&self, space: &Namespace, key: &Key) -> Result<(), KvError> {
        self.data().remove(space, key);
        Ok(())
    }

    async fn exists(&self, space: &Namespace, key: &Key) -> Result<bool, KvError> {
        Ok(self.data().value(space, key).is_some())
    }

    async fn list(&self, space: &Namespace, cursor: Option<u64>) -> Result<Page, KvError> {
        let data = self.data();
        Ok(data
            .buckets
            .get(space)
            .map(|bucket| bucket.page(cursor, self.limits.page_keys))
            .unwrap_or_default())
    }

    async fn increment(&self, space: &Namespace, key: &Key, delta: u64) -> Result<u64, KvError> {
        let mut data = self.data();
        let sum = totals::sum(data.value(space, key).map(Vec::as_slice), delta)?;
        data.put(self, space, key, sum.to_string().into_bytes())?;
        Ok(sum)
    }
}
