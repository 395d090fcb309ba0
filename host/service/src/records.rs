//! Small facts in the store's catalog, and what this process knows of them.
//!
//! A [`Mirror`] holds all entries of one kind. What this process writes it knows at once; what another host wrote it knows after the
//! next [`look`](Mirror::look), which the service takes every half second. So a key that was revoked anywhere opens nothing a moment later,
//! and looking one up costs no round trip.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use metier_core::{Code, Fault};
use metier_store::{
    Store, StoreError,
    types::{Entry, Expect, Key, Kind, Rev},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::faults::{of_store, sentence};

/// Entries read at a time.
const PAGE: usize = 500;

/// One sort of facts.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What the catalog calls it.
    const KIND: &'static str;
}

/// An entry with its revision.
#[derive(Debug)]
pub struct Kept<T> {
    /// What to expect of it when it is changed.
    pub rev: Rev,
    /// The fact.
    pub value: Arc<T>,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Kept {
            rev: self.rev,
            value: self.value.clone(),
        }
    }
}

struct Known<T> {
    rev: Rev,
    entries: BTreeMap<String, Kept<T>>,
}

/// All entries of one kind.
pub struct Mirror<T> {
    store: Arc<dyn Store>,
    kind: Kind,
    known: RwLock<Known<T>>,
    looking: tokio::sync::Mutex<()>,
}

impl<T: Record> Mirror<T> {
    /// What is in `store` now.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, Fault> {
        let mirror = Mirror {
            store,
            kind: T::KIND.parse().map_err(|error| no_key(&error))?,
            known: RwLock::new(Known {
                rev: Rev(0),
                entries: BTreeMap::new(),
            }),
            looking: tokio::sync::Mutex::default(),
        };
        mirror.look().await?;
        Ok(mirror)
    }

    /// Learns what was written since the last look.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&self) -> Result<(), Fault> {
        let _one_at_a_time = self.looking.lock().await;
        loop {
            let since = self.known().rev;
            let changes = self.store.changes(&self.kind, since, PAGE).await;
            let changes = changes.map_err(|error| of_store(&error))?;
            let is_last = changes.len() < PAGE;
            self.learn(changes);
            if is_last {
                return Ok(());
            }
        }
    }

    fn learn(&self, changes: Vec<Entry>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for entry in changes {
            known.rev = known.rev.max(entry.rev);
            let key = entry.key.as_str().to_owned();
            match entry.value.as_deref().map(serde_json::from_slice) {
                None => drop(known.entries.remove(&key)),
                Some(Ok(value)) => {
                    let (rev, value) = (entry.rev, Arc::new(value));
                    known.entries.insert(key, Kept { rev, value });
                }
                // Of a newer release, or not ours. Without it the thing is not there, which denies.
                Some(Err(error)) => {
                    tracing::error!(kind = T::KIND, key, %error, "an entry cannot be read");
                    known.entries.remove(&key);
                }
            }
        }
    }

    /// What is known under a key.
    pub fn get(&self, key: &str) -> Option<Kept<T>> {
        self.known().entries.get(key).cloned()
    }

    /// What is known under keys that begin so, in order, without the prefix.
    pub fn below(&self, prefix: &str) -> Vec<(String, Kept<T>)> {
        let known = self.known();
        let from = known.entries.range(prefix.to_owned()..);
        let these = from.take_while(|(key, _)| key.starts_with(prefix));
        these
            .map(|(key, kept)| (key[prefix.len()..].to_owned(), kept.clone()))
            .collect()
    }

    /// Writes a fact, if the entry is as expected.
    ///
    /// # Errors
    /// `conflict` when it is not, or the store's.
    pub async fn put(&self, key: &str, expect: Expect, value: &T) -> Result<(), Fault> {
        let bytes = serde_json::to_vec(value).map_err(|error| no_key(&error))?;
        self.write(key, expect, Some(&bytes)).await
    }

    /// Forgets a fact.
    ///
    /// # Errors
    /// As [`Mirror::put`].
    pub async fn remove(&self, key: &str, expect: Expect) -> Result<(), Fault> {
        self.write(key, expect, None).await
    }

    async fn write(&self, key: &str, expect: Expect, value: Option<&[u8]>) -> Result<(), Fault> {
        let key = Key::try_from(key).map_err(|error| no_key(&error))?;
        let put = self.store.put(&self.kind, &key, expect, value, None).await;
        // Also after a conflict: whoever tries again should see why.
        self.look().await?;
        put.map_err(|error| of_put(&key, &error))?;
        Ok(())
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known<T>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_put(key: &Key, error: &StoreError) -> Fault {
    match error {
        StoreError::Conflict { head: 0 } => {
            Fault::new(Code::Conflict, format!("`{key}` is not there any more."))
        }
        StoreError::Conflict { .. } => Fault::new(
            Code::Conflict,
            format!("`{key}` is there already, or was changed meanwhile."),
        ),
        other => of_store(other),
    }
}

fn no_key(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(Code::InvalidArguments, sentence(&error.to_string()))
}

/// A name that the catalog takes, written in our own code.
pub(crate) fn name<T: for<'t> TryFrom<&'t str>>(text: &str) -> Result<T, Fault> {
    T::try_from(text).map_err(|_| Fault::new(Code::HostInternal, "A name of the catalog is none."))
}
