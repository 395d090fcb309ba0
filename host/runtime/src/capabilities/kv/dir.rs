//! Key-value data in a directory: `<tenant>/<namespace>/<skill>/<bucket>/<hash of the key>`.
//!
//! Several processes may share one directory. The parts of the path are names that core has checked (lower-case letters,
//! digits, `.`, `_`, `-`, never beginning with a dot), the file's name is a hash: no guest text reaches the file system.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cap_std::fs::Dir;
use wasmtime_wasi::async_trait;

use super::shelf::{self, Shelf};
use super::{Key, KvError, KvLimits, KvStore, Namespace, Page, key, totals};
use crate::disk;

/// How long a change waits for other changes of the same bucket: some thousand of them.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// A store on disk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DirKv(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: Dir,
    limits: KvLimits,
    patience: Duration,
    /// Buckets whose totals this process has counted itself; never more than there are grants.
    counted: Mutex<HashSet<Namespace>>,
}

impl DirKv {
    /// The store in `path`, made for its owner alone when it is missing. Blocks for a moment.
    ///
    /// # Errors
    /// [`KvError::Full`] or [`KvError::Unavailable`].
    pub fn open(path: &Path, limits: KvLimits) -> Result<DirKv, KvError> {
        DirKv::with_patience(path, limits, LOCK_PATIENCE)
    }

    pub(super) fn with_patience(
        path: &Path,
        limits: KvLimits,
        patience: Duration,
    ) -> Result<DirKv, KvError> {
        let root = disk::open_root(path)?;
        Ok(DirKv(Arc::new(Inner {
            root,
            limits,
            patience,
            counted: Mutex::default(),
        })))
    }

    async fn run<T: Send + 'static>(
        &self,
        space: &Namespace,
        work: impl FnOnce(&Inner, &Namespace) -> Result<T, KvError> + Send + 'static,
    ) -> Result<T, KvError> {
        let (inner, space) = (self.0.clone(), space.clone());
        disk::off_executor(move || work(&inner, &space)).await?
    }
}

impl Inner {
    /// The bucket's directory, unless nothing was ever written to it.
    fn find(&self, space: &Namespace) -> Result<Option<Dir>, KvError> {
        Ok(disk::open_below(&self.root, &parts(space))?)
    }

    /// Do something with the bucket that nobody may disturb.
    fn change<T>(
        &self,
        space: &Namespace,
        act: impl FnOnce(&Dir, &mut Shelf<'_>) -> Result<T, KvError>,
    ) -> Result<T, KvError> {
        let dir = disk::make_below(&self.root, &parts(space))?;
        let recount = !self.counted().contains(space);
        let mut shelf = Shelf::lock(&dir, &self.limits, self.patience, recount)?;
        let done = act(&dir, &mut shelf)?;
        if recount {
            self.counted().insert(space.clone());
        }
        Ok(done)
    }

    fn counted(&self) -> MutexGuard<'_, HashSet<Namespace>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self, space: &Namespace, cursor: Option<u64>) -> Result<Page, KvError> {
        let Some(dir) = self.find(space)? else {
            return Ok(Page::default());
        };
        let hashes = shelf::hashes(&dir)?;
        let start = cursor.map_or(0, |cursor| {
            hashes.partition_point(|hash| key::cursor_of(hash) <= cursor)
        });
        let rest = &hashes[start..];
        let (length, cursor) = key::page(rest, self.limits.page_keys);
        let keys = rest[..length]
            .iter()
            .filter_map(|hash| shelf::read_key(&dir, hash).transpose());
        Ok(Page {
            keys: keys.collect::<Result<_, _>>()?,
            cursor,
        })
    }

    fn increment(&self, space: &Namespace, key: &Key, delta: u64) -> Result<u64, KvError> {
        self.change(space, |dir, shelf| {
            let value = shelf::read(dir, key, &self.limits)?;
            let sum = totals::sum(value.as_deref(), delta)?;
            shelf.put(key, sum.to_string().as_bytes())?;
            Ok(sum)
        })
    }
}

fn parts(space: &Namespace) -> [&str; 4] {
    [
        space.tenant.as_str(),
        space.skill.namespace(),
        space.skill.short(),
        space.bucket.as_str(),
    ]
}

#[async_trait]
impl KvStore for DirKv {
    async fn get(&self, space: &Namespace, key: &Key) -> Result<Option<Vec<u8>>, KvError> {
        let key = key.clone();
        self.run(space, move |inner, space| match inner.find(space)? {
            Some(dir) => shelf::read(&dir, &key, &inner.limits),
            None => Ok(None),
        })
        .await
    }

    async fn set(&self, space: &Namespace, key: &Key, value: Vec<u8>) -> Result<(), KvError> {
        let key = key.clone();
        self.run(space, move |inner, space| {
            inner.change(space, |_, shelf| shelf.put(&key, &value))
        })
        .await
    }

    async fn delete(&self, space: &Namespace, key: &Key) -> Result<(), KvError> {
        let key = key.clone();
        self.run(space, move |inner, space| match inner.find(space)? {
            Some(_) => inner.change(space, |_, shelf| shelf.remove(&key)),
            None => Ok(()),
        })
        .await
    }

    async fn exists(&self, space: &Namespace, key: &Key) -> Result<bool, KvError> {
        let key = key.clone();
        self.run(space, move |inner, space| {
            inner
                .find(space)?
                .map_or(Ok(false), |dir| shelf::exists(&dir, &key))
        })
        .await
    }

    async fn list(&self, space: &Namespace, cursor: Option<u64>) -> Result<Page, KvError> {
        self.run(space, move |inner, space| inner.list(space, cursor))
            .await
    }

    async fn increment(&self, space: &Namespace, key: &Key, delta: u64) -> Result<u64, KvError> {
        let key = key.clone();
        self.run(space, move |inner, space| {
            inner.increment(space, &key, delta)
        })
        .await
    }
}
