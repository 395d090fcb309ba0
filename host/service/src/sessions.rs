//! Sessions of the console that were ended before their time.
//!
//! A session is a sealed text that its browser keeps; the service keeps nothing of it until somebody logs out. From then on, until it would
//! have run out by itself, its name is in the catalog, and no host of the store takes it any more.

use std::time::Duration;

use metier_core::{Digest, Fault};
use metier_store::{
    StoreError,
    types::{Expect, Key, Kind},
};

use crate::{faults::of_store, records::name, service::Service};

/// What the catalog calls them.
const KIND: &str = "ended-session";

impl Service {
    /// Ends the session of this name, which would last for `left` longer.
    ///
    /// # Errors
    /// The store's: it goes on then.
    pub async fn end_session(&self, session: &str, left: Duration) -> Result<(), Fault> {
        let (kind, entry) = (name::<Kind>(KIND)?, entry(session)?);
        let put = self
            .store()
            .put(&kind, &entry, Expect::Absent, Some(b"{}"), Some(left))
            .await;
        match put {
            // It was ended before.
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(of_store(&error)),
        }
    }

    /// Whether the session of this name was ended.
    ///
    /// # Errors
    /// The store's: nobody can know then.
    pub async fn is_ended(&self, session: &str) -> Result<bool, Fault> {
        let (kind, entry) = (name::<Kind>(KIND)?, entry(session)?);
        let found = self.store().get(&kind, &entry).await;
        let found = found.map_err(|error| of_store(&error))?;
        Ok(found.is_some_and(|entry| entry.value.is_some()))
    }
}

/// Names are kept as digests: whoever reads the store learns no token of a form.
fn entry(session: &str) -> Result<Key, Fault> {
    name(&Digest::of(session.as_bytes()).to_hex())
}
