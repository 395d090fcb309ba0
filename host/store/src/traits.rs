//! What a store does, one small trait per concern; [`Store`] is all of them, handed around as `Arc<dyn Store>`.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use metier_core::ids::{Digest, TenantId};
use tokio::sync::broadcast;

use crate::{error::StoreError, types::*};

/// The answer of every operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Everything. Implemented by both engines; use it through `Arc<dyn Store>` from [`open`](crate::open).
pub trait Store:
    Journal
    + Leases
    + Ledger
    + Catalog
    + Blobs
    + Query
    + Memory
    + WakeHint
    + Health
    + fmt::Debug
    + Send
    + Sync
{
}

impl<T> Store for T where
    T: Journal
        + Leases
        + Ledger
        + Catalog
        + Blobs
        + Query
        + Memory
        + WakeHint
        + Health
        + fmt::Debug
        + Send
        + Sync
{
}

/// Append-only histories of runs.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Makes a run with its first events. The same run again is a success; another run under its id is [`StoreError::Exists`].
    async fn create(&self, run: &NewRun) -> Result<Head>;

    /// Writes a batch behind `expect`, in one transaction, and gives back the new head.
    ///
    /// In this order: the same `op` already there is a success, even when the lease is lost or the run has ended
    /// ([`StoreError::Mismatch`] when its events are others); a lost, given up or stale lease is [`StoreError::Fenced`]; a journal shorter
    /// than `expect`, or another history up to there, is [`StoreError::Rewound`]; a longer one is [`StoreError::Conflict`]. A lease that ran
    /// out without anybody claiming the run still writes. Budgets: [`StoreError::OverBudget`], and nothing is applied.
    async fn append(&self, lease: &Lease, expect: &Head, batch: &Batch) -> Result<Head>;

    /// Events from `from` on, at most `max`, the hash chain checked ([`StoreError::Corrupt`]). Empty behind the end.
    async fn read(&self, run: &RunId, from: Seq, max: usize) -> Result<Vec<Event>>;
}

/// Who works on which run, and what wakes runs. The clock is the store's, never a host's.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes due runs of the pools served, oldest first, for `ttl`; each gets the next epoch. A pool with an age is one whose runs
    /// are left to others for that long: fail-over is claiming by age.
    async fn claim(
        &self,
        host: &HostId,
        serve: &[(PoolId, Duration)],
        max: usize,
        ttl: Duration,
    ) -> Result<Vec<Claim>>;

    /// Makes leases last `ttl` from now. What is missing in the answer is lost.
    async fn renew(&self, host: &HostId, leases: &[Lease], ttl: Duration) -> Result<Vec<RunId>>;

    /// Gives a run back; it is due at once. Without effect when the lease is lost.
    async fn release(&self, lease: &Lease) -> Result<()>;

    /// Leaves something in a run's inbox and wakes it if it is parked. `false` when it was there already, consumed or not;
    /// [`StoreError::Mismatch`] with another body. A run that has ended keeps what arrives.
    async fn signal(&self, run: &RunId, key: &SignalKey, body: &[u8]) -> Result<bool>;

    /// What arrived and was not consumed, oldest first, at most [`MAX_PAGE`](crate::limits::MAX_PAGE).
    async fn inbox(&self, run: &RunId) -> Result<Vec<Signal>>;

    /// The store's clock.
    async fn now(&self) -> Result<Time>;
}

/// Money used and money set aside.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Books a line outside a run, once per key: `false` when it was there, [`StoreError::Mismatch`] with other content.
    async fn post(&self, tenant: &TenantId, key: &Key, line: &LedgerLine) -> Result<bool>;

    /// The sum of all lines of a tenant.
    async fn total(&self, tenant: &TenantId) -> Result<NanoDollars>;

    /// Sets or lifts an account's cap. Lowering it below what is used takes nothing back: it only stops further reservations.
    async fn set_cap(
        &self,
        tenant: &TenantId,
        account: &AccountName,
        cap: Option<NanoDollars>,
    ) -> Result<()>;

    /// How an account stands; one never used is empty and without a cap.
    async fn budget(&self, tenant: &TenantId, account: &AccountName) -> Result<Budget>;
}

/// Small shared facts with revisions: agents, approvals, routes. Linearizable.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// The entry, unless it is absent, deleted or expired.
    async fn get(&self, kind: &Kind, key: &Key) -> Result<Option<Entry>>;

    /// Writes, or deletes with no value. [`StoreError::Conflict`] with the entry's revision when `expect` is not so.
    async fn put(
        &self,
        kind: &Kind,
        key: &Key,
        expect: Expect,
        value: Option<&[u8]>,
        ttl: Option<Duration>,
    ) -> Result<Rev>;

    /// The newest state of each entry of a kind written after `since`, in order of revision, tombstones included. Whoever goes on
    /// from the last revision seen misses nothing. Expiry shows as a tombstone from the first look after it.
    async fn changes(&self, kind: &Kind, since: Rev, max: usize) -> Result<Vec<Entry>>;
}

/// Large immutable bytes, by their digest.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Keeps bytes; durable when it returns. [`StoreError::Mismatch`] when the digest is not theirs.
    async fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<()>;

    /// The bytes, checked against the digest ([`StoreError::CorruptBlob`]), or nothing.
    async fn get_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>>;
}

/// Listings.
#[async_trait]
pub trait Query: Send + Sync {
    /// Runs, newest first by their ids.
    async fn runs(&self, filter: &RunFilter, page: Page) -> Result<Vec<RunRow>>;

    /// One run.
    async fn run(&self, run: &RunId) -> Result<Option<RunRow>>;

    /// Sums of ledger lines by tenant and account, in that order.
    async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Usage>>;

    /// The same by spans of time so long as well, counted from 1970 in UTC, and by agent; the newest first, at most
    /// [`MAX_SPENDING`](crate::limits::MAX_SPENDING).
    async fn spending(&self, filter: &UsageFilter, every: Duration) -> Result<Vec<Spending>>;

    /// The audit entries of a run written after event `after`, in order.
    async fn audit(&self, run: &RunId, after: Seq, max: usize) -> Result<Vec<AuditEntry>>;
}

/// What agents remember across runs, found by words. A scope is an agent's, or an agent's and a user's; none sees another's.
#[async_trait]
pub trait Memory: Send + Sync {
    /// Saves, or replaces what has the same id in this scope.
    async fn save(&self, tenant: &TenantId, scope: &Key, memo: &Memo) -> Result<()>;

    /// Memories with any of the query's words, or words that begin so, best first. Any text is a query.
    async fn search(
        &self,
        tenant: &TenantId,
        scope: &Key,
        query: &str,
        max: usize,
    ) -> Result<Vec<Memo>>;

    /// Forgets; `false` when there was nothing.
    async fn forget(&self, tenant: &TenantId, scope: &Key, id: &Key) -> Result<bool>;
}

/// Hints that a pool has something due. They may be lost or come twice: poll at least every second anyway.
pub trait WakeHint: Send + Sync {
    /// The hints from now on.
    fn hints(&self) -> Hints;
}

/// A stream of hints.
#[derive(Debug)]
pub struct Hints(pub(crate) broadcast::Receiver<PoolId>);

impl Hints {
    /// The next pool with something due; nothing when the store is closed. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<PoolId> {
        loop {
            match self.0.recv().await {
                Ok(pool) => return Some(pool),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// Whether the store can be trusted with a write now.
#[async_trait]
pub trait Health: Send + Sync {
    /// Reads, and looks at everything that was checked at the start again. SQLite reads every page when `thorough`.
    async fn check(&self, thorough: bool) -> Result<()>;
}
