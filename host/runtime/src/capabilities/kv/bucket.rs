//! An open bucket: a store, and whose bucket in it. Every key is checked here, every batch bounded.

use std::sync::Arc;

use super::{Key, KvError, KvStore, Namespace, Page};

/// Keys in one batch call: as many as a page of a listing.
pub const MAX_BATCH_KEYS: usize = 1_000;
/// Bytes of all values one batch returns: 8 MiB, which the host holds in memory meanwhile.
pub const MAX_BATCH_BYTES: usize = 8 << 20;

/// What a guest's handle stands for. Made only after authority said yes; cheap to clone.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<dyn KvStore>,
    space: Arc<Namespace>,
}

impl Bucket {
    /// The bucket `space` in `store`. Who calls this has asked authority.
    pub fn new(store: Arc<dyn KvStore>, space: Namespace) -> Bucket {
        Bucket {
            store,
            space: Arc::new(space),
        }
    }

    /// As [`KvStore::get`].
    pub async fn get(&self, key: String) -> Result<Option<Vec<u8>>, KvError> {
        self.store.get(&self.space, &key.try_into()?).await
    }

    /// As [`KvStore::set`].
    pub async fn set(&self, key: String, value: Vec<u8>) -> Result<(), KvError> {
        self.store.set(&self.space, &key.try_into()?, value).await
    }

    /// As [`KvStore::delete`].
    pub async fn delete(&self, key: String) -> Result<(), KvError> {
        self.store.delete(&self.space, &key.try_into()?).await
    }

    /// As [`KvStore::exists`].
    pub async fn exists(&self, key: String) -> Result<bool, KvError> {
        self.store.exists(&self.space, &key.try_into()?).await
    }

    /// As [`KvStore::list`].
    pub async fn list(&self, cursor: Option<u64>) -> Result<Page, KvError> {
        self.store.list(&self.space, cursor).await
    }

    /// As [`KvStore::increment`].
    pub async fn increment(&self, key: String, delta: u64) -> Result<u64, KvError> {
        self.store
            .increment(&self.space, &key.try_into()?, delta)
            .await
    }

    /// The pairs that are there, in the order asked.
    pub async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<Option<(String, Vec<u8>)>>, KvError> {
        check_batch(keys.len())?;
        let (mut found, mut bytes) = (Vec::with_capacity(keys.len()), 0);
        for key in keys {
            let value = self.get(key.clone()).await?;
            bytes += value.as_ref().map_or(0, Vec::len);
            if bytes > MAX_BATCH_BYTES {
                return Err(KvError::BatchTooLarge {
                    limit: MAX_BATCH_BYTES,
                    unit: "bytes",
                });
            }
            found.push(value.map(|value| (key, value)));
        }
        Ok(found)
    }

    /// Put all pairs. Every key is checked before the first value is put: what can be refused whole is.
    pub async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), KvError> {
        check_batch(pairs.len())?;
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| Ok((Key::try_from(key)?, value)));
        for (key, value) in pairs.collect::<Result<Vec<_>, KvError>>()? {
            self.store.set(&self.space, &key, value).await?;
        }
        Ok(())
    }

    /// Remove the keys that are there. As with [`Bucket::set_many`], all keys are checked first.
    pub async fn delete_many(&self, keys: Vec<String>) -> Result<(), KvError> {
        check_batch(keys.len())?;
        let keys = keys.into_iter().map(Key::try_from);
        for key in keys.collect::<Result<Vec<_>, _>>()? {
            self.store.delete(&self.space, &key).await?;
        }
        Ok(())
    }
}

fn check_batch(keys: usize) -> Result<(), KvError> {
    match keys <= MAX_BATCH_KEYS {
        true => Ok(()),
        false => Err(KvError::BatchTooLarge {
            limit: MAX_BATCH_KEYS,
            unit: "keys",
        }),
    }
}
