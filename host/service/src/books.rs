//! Lines of the ledger that are written after an answer: what a question outside runs cost, what a skill's publisher asks for a call.
//!
//! Booking begins when the answer is there and does not hold it up. Every line that was not written yet holds one of [`AT_ONCE`]
//! places, so a store that does not keep up makes what costs something be refused instead of lines pile up, and [`Books::written`]
//! waits for all of them at the end. A process that is killed loses the lines of its last moment. What must be accounted for to the
//! last cent is asked for in a run, whose journal and ledger are one.

use std::{sync::Arc, time::Duration};

use metier_agent::naming::sales_account;
use metier_core::{Code, Fault, NanoDollars, SkillName, TenantId};
use metier_store::{
    Store, StoreError,
    types::{Key, LedgerLine, NanoDollars as Booked},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Answers that are under way, or there and not booked yet, at once.
pub const AT_ONCE: u32 = 4_096;

/// How long whoever finds all places taken is told to stay away.
const STAY_AWAY: Duration = Duration::from_secs(1);

/// The waits between attempts to book a line.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(500),
    Duration::from_secs(5),
    Duration::from_secs(30),
];

/// Where lines are written.
pub struct Books {
    store: Arc<dyn Store>,
    places: Arc<Semaphore>,
}

/// The place of one line. Dropping it gives it up.
pub struct Place {
    store: Arc<dyn Store>,
    held: OwnedSemaphorePermit,
}

impl Books {
    pub(crate) fn of(store: Arc<dyn Store>) -> Books {
        Books {
            store,
            places: Arc::new(Semaphore::new(AT_ONCE as usize)),
        }
    }

    /// A place for the line of what is about to be asked for.
    ///
    /// # Errors
    /// `busy` when all are taken; `what` is how many there are of.
    pub(crate) fn place(&self, what: &str) -> Result<Place, Fault> {
        let held = self.places.clone().try_acquire_owned();
        let held = held.map_err(|_| {
            Fault::new(Code::Busy, format!("Too many {what} are under way."))
                .with_retry_after(STAY_AWAY)
        })?;
        Ok(Place {
            store: self.store.clone(),
            held,
        })
    }

    /// Waits until every line is written: at the end of the process.
    pub(crate) async fn written(&self) {
        // The semaphore is never closed.
        drop(self.places.acquire_many(AT_ONCE).await);
    }
}

impl Place {
    /// Has the line written. The same key twice is one line.
    pub(crate) fn book(self, tenant: TenantId, key: Key, line: LedgerLine) {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                post(&*self.store, &tenant, &key, &line).await;
                drop(self.held);
            })),
            Err(_) => tracing::error!(%tenant, %key, "an answer is not booked: the process ends"),
        }
    }
}

/// What a skill's publisher asks for one call.
pub(crate) fn line_of_call(
    skill: Option<&SkillName>,
    tool: &str,
    price: NanoDollars,
) -> Option<LedgerLine> {
    Some(LedgerLine {
        account: sales_account(skill).parse().ok()?,
        amount: amount(price),
        memo: tool.to_owned(),
    })
}

/// As the ledger counts.
pub(crate) fn amount(cost: NanoDollars) -> Booked {
    Booked(i64::try_from(cost.0).unwrap_or(i64::MAX))
}

/// Writes a line; a store that fails for a while is tried again.
async fn post(store: &dyn Store, tenant: &TenantId, key: &Key, line: &LedgerLine) {
    let mut pauses = PAUSES.into_iter();
    loop {
        let error = match store.post(tenant, key, line).await {
            Ok(_) => return,
            Err(error) => error,
        };
        let is_final = matches!(
            error,
            StoreError::Invalid(_) | StoreError::Mismatch { .. } | StoreError::Refused(_)
        );
        match pauses.next().filter(|_| !is_final) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => {
                tracing::error!(%tenant, %key, account = %line.account, amount = line.amount.0, %error, "an answer is not booked");
                return;
            }
        }
    }
}
