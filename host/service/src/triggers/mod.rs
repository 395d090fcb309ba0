//! What starts runs by itself: schedules, and what others send.
//!
//! A trigger is a record of the catalog, known to every host. Its runs are started as `trigger/NAME`, with the role of a caller and the tools of
//! the key it was made with.
//!
//! - A **schedule** ([`schedule`]) is worked on by one host at a time ([`ticker`]). A run's idempotency key is the trigger and the
//!   tick, so that a tick that two hosts handle is one run all the same. How far it has come is kept beside it; what was missed is handled as
//!   it says ([`due`]).
//! - A **webhook** is accepted when it is signed ([`signature`]), once ([`receive`]). Its runs count as having read text from outside.

pub mod due;
pub mod manage;

pub mod receive;
pub mod record;
pub mod schedule;
pub mod signature;
pub mod ticker;

pub(crate) mod secret;

mod input;

use std::{collections::HashMap, sync::Arc, sync::Mutex};

use metier_core::Fault;
use metier_store::{Store, types::Rev};

use crate::{
    audit::pace::Pace,
    duty::Duty,
    limits::{Buckets, MAX_SUBJECTS},
    records::Mirror,
};
use record::{Ticked, Trigger};
use schedule::Schedule;

/// Refusals of messages that are written down in a second.
const REFUSED_NOTED: u32 = 10;

/// The triggers of all tenants.
pub struct Triggers {
    pub(crate) all: Mirror<Trigger>,
    pub(crate) ticked: Mirror<Ticked>,
    pub(crate) duty: Duty,
    /// When each schedule comes next, so that nothing is worked out every second.
    pub(crate) planned: Mutex<HashMap<String, Planned>>,
    pub(crate) rates: Buckets,
    pub(crate) refused: Pace,
}

/// What is known of a schedule.
#[derive(Clone)]
pub(crate) struct Planned {
    pub rev: Rev,
    pub schedule: Arc<Schedule>,
    /// When it is to be looked at again, in milliseconds since 1970; never when absent.
    pub next: Option<u64>,
}

impl Triggers {
    /// Those of `store`.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, Fault> {
        Ok(Triggers {
            all: Mirror::open(store.clone()).await?,
            ticked: Mirror::open(store.clone()).await?,
            duty: Duty::of(store, "ticker")?,
            planned: Mutex::default(),
            rates: Buckets::new(MAX_SUBJECTS),
            refused: Pace::of(REFUSED_NOTED),
        })
    }

    pub(crate) async fn look(&self) -> Result<(), Fault> {
        self.all.look().await
    }
}
