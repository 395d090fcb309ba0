//! Runs, their events, and what is written in one go.

use std::{collections::BTreeMap, time::Duration};

use metier_core::ids::TenantId;

use super::{
    AccountName, Epoch, Key, Kind, NanoDollars, OpId, PoolId, RunId, Seq, SignalKey, Time,
};

/// A link of the hash chain: SHA-256 over everything the journal says up to an event.
pub type ChainHash = [u8; 32];

/// Where a journal stands: its last event and the hash of everything up to there.
///
/// A claim hands it out, [`append`](crate::Journal::append) takes the one expected and gives back the new one. The hash is
/// why a store that lost some history, and got other history since, is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of the last event.
    pub seq: Seq,
    /// Of the last event.
    pub hash: ChainHash,
}

/// One fact in a journal, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place.
    pub seq: Seq,
    /// What sort of event; means nothing to the store.
    pub kind: Kind,
    /// Its content, as it was appended; means nothing to the store.
    pub body: Vec<u8>,
    /// When it was written, by the store's clock.
    pub at: Time,
    /// SHA-256 over the previous event's hash, `seq`, `kind` and `body`; checked by every read.
    pub hash: ChainHash,
}

/// One fact to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// What sort of event.
    pub kind: Kind,
    /// Its content, at most [`MAX_EVENT_BYTES`](crate::limits::MAX_EVENT_BYTES); what is larger is a blob.
    pub body: Vec<u8>,
}

/// What a run is called and sorted by, at most [`MAX_LABELS`](crate::limits::MAX_LABELS): `agent` → `account-review`.
pub type Labels = BTreeMap<Kind, String>;

/// A run that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Chosen by the caller. Creating the same run again is a success.
    pub run: RunId,
    /// Whose run it is.
    pub tenant: TenantId,
    /// Where it waits for a host.
    pub pool: PoolId,
    /// For people and listings.
    pub labels: Labels,
    /// Its first events; at least one.
    pub events: Vec<NewEvent>,
    /// Caps of accounts, set in the same transaction: `run/01J…` → $2.
    pub caps: Vec<(AccountName, NanoDollars)>,
    /// When it may first be claimed.
    pub due: Due,
}

/// When a run that nobody holds may be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At once.
    Now,
    /// That long after the commit, by the store's clock.
    After(Duration),
    /// At a time read from the store: an event's, or [`now`](crate::Leases::now), plus something.
    At(Time),
    /// When a signal arrives.
    OnSignal,
}

/// The right to write to a run's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// As the claim said.
    pub epoch: Epoch,
}

/// A run that was just claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What to write with.
    pub lease: Lease,
    /// Whose run it is.
    pub tenant: TenantId,
    /// Where it waited.
    pub pool: PoolId,
    /// Where its journal stands.
    pub head: Head,
    /// As it was created.
    pub labels: Labels,
    /// When it had become due: now minus this is how long it waited.
    pub due: Time,
    /// The store's clock at the claim.
    pub now: Time,
}

/// What is written to a journal in one transaction. All of it happens, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Repeating the append with the same id is a success without a second effect.
    pub op: OpId,
    /// At least one, at most [`MAX_BATCH_EVENTS`](crate::limits::MAX_BATCH_EVENTS).
    pub events: Vec<NewEvent>,
    /// Money used; line `i` gets the key `RUN/SEQ/i`, where `SEQ` is the batch's last event.
    pub ledger: Vec<LedgerLine>,
    /// Reservations made, settled and given back. One batch cannot open and close the same one.
    pub budget: Vec<BudgetMove>,
    /// For the audit trail: JSON, as the caller versions it.
    pub audit: Vec<Vec<u8>>,
    /// Signals from the inbox that these events account for.
    pub consume: Vec<SignalKey>,
    /// What becomes of the run.
    pub next: Next,
}

impl Batch {
    /// Events only; the run stays held.
    pub fn of(op: OpId, events: Vec<NewEvent>) -> Self {
        Batch {
            op,
            events,
            ledger: vec![],
            budget: vec![],
            audit: vec![],
            consume: vec![],
            next: Next::Hold,
        }
    }
}

/// What becomes of a run after a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The lease stays as it is.
    Hold,
    /// The lease is given up until the run is due. With an unread inbox that is at once.
    Park {
        /// When the run may be claimed again.
        due: Due,
    },
    /// The run has ended: nothing can be appended, every open reservation is given back.
    Done {
        /// How it ended, for listings: `succeeded`, `failed`, `cancelled`.
        outcome: Kind,
    },
}

/// A line of the ledger: money used, or given back where negative. The tenant is the run's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// Where it is booked.
    pub account: AccountName,
    /// How much.
    pub amount: NanoDollars,
    /// What for; at most [`MAX_MEMO_BYTES`](crate::limits::MAX_MEMO_BYTES).
    pub memo: String,
}

/// A change to what a run has reserved on an account of its tenant. A key names one open reservation of its run and account.
///
/// In PostgreSQL appends that touch the same account wait for each other's commit. Where many runs share one, let each reserve there once
/// (its own cap, settled by its last batch) and step by step on an account of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetMove {
    /// Sets the worst case aside: settled + reserved never exceeds the account's cap.
    Reserve {
        /// Where.
        account: AccountName,
        /// What for.
        key: Key,
        /// Zero or more.
        amount: NanoDollars,
    },
    /// Ends a reservation with what it really cost. More than was reserved has to fit under the cap, too.
    Settle {
        /// Where.
        account: AccountName,
        /// Which reservation.
        key: Key,
        /// Zero or more.
        actual: NanoDollars,
    },
    /// Ends a reservation that cost nothing.
    Release {
        /// Where.
        account: AccountName,
        /// Which reservation.
        key: Key,
    },
}

/// Something that arrived for a run and was not consumed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Unique within the run.
    pub key: SignalKey,
    /// Its content; means nothing to the store.
    pub body: Vec<u8>,
    /// When it arrived, by the store's clock.
    pub at: Time,
}
