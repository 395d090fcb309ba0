//! Events of runs, told to whoever a tenant wants to hear them: webhooks.
//!
//! What happened is found in the journals ([`follow`]), kept in an outbox for each endpoint ([`outbox`]), signed as
//! [Standard Webhooks](https://www.standardwebhooks.com) say, and sent until it arrived ([`courier`], [`retry`]). One host does this at a
//! time; everything it needs is in the store, so that another goes on where it stopped.
//!
//! - **At least once**: an event that was sent and not noted is sent again, under the same `webhook-id`.
//! - **In no order**: what failed comes later than what came after it. `timestamp` in the body says when it was.
//! - **No content**: ids and states ([`event`]).
//! - **Only outwards**: an endpoint is reached through egress, at public addresses ([`outlet`]).

pub mod event;
pub mod manage;
pub mod outbox;
pub mod outlet;
pub mod record;
pub mod retry;

mod courier;
mod follow;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use metier_core::Fault;
use metier_store::{Store, types::RunId};

use crate::{duty::Duty, records::Mirror};
use outlet::Outlet;
use record::{Delivery, Endpoint, Followed};

/// The endpoints of all tenants, and what is on its way to them.
pub struct Hooks {
    endpoints: Mirror<Endpoint>,
    deliveries: Mirror<Delivery>,
    followed: Mirror<Followed>,
    duty: Duty,
    outlet: OnceLock<Arc<Outlet>>,
    /// How far runs were looked at where there was nothing to tell.
    seen: Mutex<HashMap<RunId, u64>>,
}

impl Hooks {
    /// Those of `store`.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, Fault> {
        Ok(Hooks {
            endpoints: Mirror::open(store.clone()).await?,
            deliveries: Mirror::open(store.clone()).await?,
            followed: Mirror::open(store.clone()).await?,
            duty: Duty::of(store, "courier")?,
            outlet: OnceLock::new(),
            seen: Mutex::default(),
        })
    }

    pub(crate) async fn look(&self) -> Result<(), Fault> {
        self.endpoints.look().await
    }

    fn seen(&self, run: RunId) -> u64 {
        self.all_seen().get(&run).copied().unwrap_or(0)
    }

    fn saw(&self, run: RunId, seq: u64) {
        self.all_seen().insert(run, seq);
    }

    fn forget(&self, run: RunId) {
        self.all_seen().remove(&run);
    }

    fn all_seen(&self) -> MutexGuard<'_, HashMap<RunId, u64>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
