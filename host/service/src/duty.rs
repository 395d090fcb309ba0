//! Work that one host does for all: whoever has the duty does it, and another takes it over when that host is gone.
//!
//! A duty is an entry of the catalog that expires. Its holder renews it; nobody else can while it lasts. A host that was held up for so
//! long that its duty ran out may find itself doing the work beside the next one for a moment, so what is done has to bear being done
//! twice: runs have idempotency keys, and deliveries ids.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use metier_core::Fault;
use metier_store::{
    Store, StoreError,
    types::{Expect, Key, Kind, Rev},
};

use crate::{faults::of_store, random, records::name};

/// How long a duty lasts when it is not renewed: a dead host's work goes on elsewhere after that.
const LASTS: Duration = Duration::from_secs(15);

/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(5);

/// One duty, as one process sees it.
pub struct Duty {
    store: Arc<dyn Store>,
    kind: Kind,
    key: Key,
    /// Who this process is, for people who look into the store.
    who: String,
    held: Mutex<Option<(Rev, Instant)>>,
}

impl Duty {
    /// The duty of this name; nobody's yet.
    ///
    /// # Errors
    /// Never in practice.
    pub fn of(store: Arc<dyn Store>, called: &str) -> Result<Self, Fault> {
        Ok(Duty {
            store,
            kind: name("duty")?,
            key: name(called)?,
            who: random::name()?,
            held: Mutex::default(),
        })
    }

    /// Whether it is this process's now. Takes it when nobody has it.
    ///
    /// # Errors
    /// The store's. What is held is then held until it runs out.
    pub async fn is_ours(&self) -> Result<bool, Fault> {
        let (held, now) = (self.held(), Instant::now());
        if held.is_some_and(|(_, since)| now.duration_since(since) < RENEW) {
            return Ok(true);
        }
        let expect = held.map_or(Expect::Absent, |(rev, _)| Expect::Rev(rev));
        let value = Some(self.who.as_bytes());
        let put = self
            .store
            .put(&self.kind, &self.key, expect, value, Some(LASTS));
        match put.await {
            Ok(rev) => {
                // The time it was asked for, not the time it was heard of.
                self.set(Some((rev, now)));
                Ok(true)
            }
            Err(StoreError::Conflict { .. }) => {
                self.set(None);
                Ok(false)
            }
            Err(error) => Err(of_store(&error)),
        }
    }

    /// Gives it to whoever comes first.
    pub async fn give_up(&self) {
        let Some((rev, _)) = self.held() else {
            return;
        };
        self.set(None);
        let expect = Expect::Rev(rev);
        let given = self.store.put(&self.kind, &self.key, expect, None, None);
        if let Err(error) = given.await {
            tracing::debug!(%error, "a duty was not given up, and runs out");
        }
    }

    fn held(&self) -> Option<(Rev, Instant)> {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, held: Option<(Rev, Instant)>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::{sync::Arc, time::Duration};

    use metier_store::{
        HeldClock,
        sqlite::{Options, SqliteStore},
        types::Time,
    };

    use super::{Duty, LASTS};

    #[tokio::test]
    async fn a_duty_is_one_hosts_until_it_gives_it_up_or_is_gone() {
        let clock = Arc::new(HeldClock::at(Time(1_000_000_000)));
        let store = SqliteStore::in_memory(Options {
            clock: clock.clone(),
            ..Options::default()
        });
        let store = Arc::new(store.unwrap());
        let duty = || Duty::of(store.clone(), "test").unwrap();
        let (one, two, three) = (duty(), duty(), duty());
        assert!(one.is_ours().await.unwrap());
        assert!(!two.is_ours().await.unwrap());
        assert!(one.is_ours().await.unwrap());
        one.give_up().await;
        assert!(two.is_ours().await.unwrap());
        // It is gone without a word.
        drop(two);
        assert!(!three.is_ours().await.unwrap());
        clock.advance(LASTS + Duration::from_secs(1));
        assert!(three.is_ours().await.unwrap());
    }
}
