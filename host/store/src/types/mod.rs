//! The words of the store: identifiers, numbers, runs and their events, records.

mod ids;
mod journal;
mod numbers;
mod records;

pub use ids::{AccountName, HostId, InvalidId, Key, Kind, OpId, PoolId, RunId, SignalKey};
pub use journal::{
    Batch, BudgetMove, ChainHash, Claim, Due, Event, Head, Labels, Lease, LedgerLine, NewEvent,
    NewRun, Next, Signal,
};
pub(crate) use numbers::micros;
pub use numbers::{Epoch, NanoDollars, Rev, Seq, Time};
pub use records::{
    AuditEntry, Budget, Entry, Expect, Memo, Page, RunFilter, RunRow, RunState, Spending,
    StateFilter, Usage, UsageFilter,
};
