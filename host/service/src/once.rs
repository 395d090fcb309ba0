//! What a client asks twice is done once: idempotency keys.

use std::{sync::Arc, time::Duration};

use metier_core::{Code, Digest, Fault};
use metier_store::{
    Store, StoreError,
    types::{Expect, Key, Kind},
};
use serde::{Deserialize, Serialize};

use crate::{faults::of_store, identity::Caller, records::name};

/// How long a key is remembered: longer than any client tries again.
pub const REMEMBERED: Duration = Duration::from_secs(48 * 60 * 60);

/// Longest key, in bytes.
const MAX_KEY: usize = 255;

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The id of what is made: the first request's.
    pub id: String,
    /// Whether a request with this key came before.
    pub is_repeated: bool,
}

impl Once {
    /// Of a request without a key.
    pub fn new(id: String) -> Self {
        Once {
            id,
            is_repeated: false,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Claimed {
    id: String,
    request: Digest,
}

/// The keys of all tenants.
pub struct Repeated {
    store: Arc<dyn Store>,
}

impl Repeated {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Repeated { store }
    }

    /// Claims a key for a request that will make something called `id`. Who comes later with the key is told the first one's id.
    ///
    /// # Errors
    /// `conflict` when it was claimed for another request.
    pub async fn claim(
        &self,
        caller: &Caller,
        what: &str,
        key: &str,
        request: &str,
        id: String,
    ) -> Result<Once, Fault> {
        check(key)?;
        let named = format!("{}\n{}\n{what}\n{key}", caller.tenant, caller.principal);
        let entry = Digest::of(named.as_bytes()).to_hex();
        let (kind, entry) = (name::<Kind>("idempotency")?, name::<Key>(&entry)?);
        let request = Digest::of(request.as_bytes());
        let claimed = Claimed { id, request };
        let bytes = serde_json::to_vec(&claimed)
            .map_err(|error| Fault::new(Code::HostInternal, error.to_string()))?;
        let ttl = Some(REMEMBERED);
        let put = self
            .store
            .put(&kind, &entry, Expect::Absent, Some(&bytes), ttl)
            .await;
        match put {
            Ok(_) => return Ok(Once::new(claimed.id)),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(of_store(&error)),
        }
        let found = self.store.get(&kind, &entry).await;
        let found = found.map_err(|error| of_store(&error))?;
        let found = found.and_then(|found| found.value);
        let first: Option<Claimed> = found.and_then(|value| serde_json::from_slice(&value).ok());
        match first {
            Some(first) if first.request == request => Ok(Once {
                id: first.id,
                is_repeated: true,
            }),
            _ => Err(Fault::new(
                Code::Conflict,
                "The idempotency key came with another request before.",
            )
            .with_hint("Use a new key for a new request; repeat a request word for word.")),
        }
    }
}

/// Whether a text can be a key.
///
/// # Errors
/// `invalid-arguments`.
pub fn check(key: &str) -> Result<(), Fault> {
    match (1..=MAX_KEY).contains(&key.len()) {
        true => Ok(()),
        false => {
            let message = format!("An idempotency key has 1 to {MAX_KEY} bytes.");
            Err(Fault::new(Code::InvalidArguments, message))
        }
    }
}
