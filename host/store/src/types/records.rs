//! Catalog entries, budgets, listings, usage and memories.

use metier_core::ids::TenantId;

use super::{
    AccountName, Epoch, HostId, Key, Kind, Labels, NanoDollars, PoolId, Rev, RunId, Seq, Time,
};

/// What a catalog entry must be like for a `put` to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Anything.
    Any,
    /// Absent, deleted or expired.
    Absent,
    /// At this revision.
    Rev(Rev),
}

/// A catalog entry, or the tombstone of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// When it was last written, in the order of all writes.
    pub rev: Rev,
    /// Its content; nothing when it was deleted or has expired.
    pub value: Option<Vec<u8>>,
    /// When it expires, if ever.
    pub expires: Option<Time>,
}

/// What an account of a tenant has used and set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// The most that may be settled and reserved together; unlimited when nothing.
    pub cap: Option<NanoDollars>,
    /// Used for good.
    pub settled: NanoDollars,
    /// Set aside by runs that have not ended.
    pub reserved: NanoDollars,
}

impl Budget {
    /// What can still be reserved; nothing when there is no cap. Negative after a cap was lowered.
    pub fn available(&self) -> Option<NanoDollars> {
        let used = self.settled.0.saturating_add(self.reserved.0);
        self.cap.map(|cap| NanoDollars(cap.0.saturating_sub(used)))
    }
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A host works on it, or did until its lease ran out.
    Held {
        /// Who.
        host: HostId,
        /// When the lease runs out.
        until: Time,
    },
    /// It waits for its time, or for a host when that has come.
    Due {
        /// Since when, or from when on.
        at: Time,
    },
    /// It waits for a signal.
    Waiting,
    /// It has ended.
    Done {
        /// How.
        outcome: Kind,
    },
}

/// A run as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub tenant: TenantId,
    /// Where it waits.
    pub pool: PoolId,
    /// As it was created.
    pub labels: Labels,
    /// How it stands.
    pub state: RunState,
    /// How often it was claimed.
    pub epoch: Epoch,
    /// Its last event.
    pub head: Seq,
    /// Signals that were not consumed yet.
    pub unread: u64,
    /// When it was created.
    pub created: Time,
    /// When its journal last grew.
    pub updated: Time,
}

/// Which runs to list: all conditions together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// In this state.
    pub state: Option<StateFilter>,
    /// With all of these labels.
    pub labels: Labels,
}

/// A state without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Not ended.
    Live,
    /// Held by a host.
    Held,
    /// Held by nobody: due, waiting for a time or for a signal.
    Parked,
    /// Ended.
    Done,
}

/// Which part of a listing, newest run first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The last run of the page before.
    pub after: Option<RunId>,
    /// At most so many, and at most [`MAX_PAGE`](crate::limits::MAX_PAGE).
    pub max: usize,
}

/// Which ledger lines to add up: all conditions together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageFilter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// Of this run.
    pub run: Option<RunId>,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
}

/// The sum of an account's ledger lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub account: AccountName,
    /// The sum.
    pub amount: NanoDollars,
    /// Of how many lines.
    pub lines: u64,
}

/// The sum of the ledger lines of one span of time, one account and one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// When the span begins.
    pub from: Time,
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub account: AccountName,
    /// The label `name` of the runs that booked them; nothing for what was booked outside of runs.
    pub agent: Option<String>,
    /// The sum.
    pub amount: NanoDollars,
    /// Of how many lines.
    pub lines: u64,
}

/// An entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The run it is about.
    pub run: RunId,
    /// Last event of the batch it was written with.
    pub seq: Seq,
    /// Its place among that batch's entries.
    pub index: u32,
    /// When, by the store's clock.
    pub at: Time,
    /// As it was written.
    pub body: Vec<u8>,
}

/// Something an agent wanted to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memo {
    /// Unique within its scope; saving again replaces.
    pub id: Key,
    /// What to remember, at most [`MAX_MEMORY_BYTES`](crate::limits::MAX_MEMORY_BYTES).
    pub text: String,
    /// Words it is found by, too.
    pub tags: Vec<String>,
    /// When it was saved, by the store's clock; ignored when saving.
    pub at: Time,
}
