//! What a store answers when it does not do as asked: each variant is something the caller does differently.

use std::{error::Error, sync::Arc};

use metier_core::ids::Digest;

use crate::types::{AccountName, Epoch, NanoDollars, RunId, Seq};

/// What went wrong underneath: the database's or the file system's own error.
pub type Source = Arc<dyn Error + Send + Sync + 'static>;

/// Why an operation was not done, or may not have been done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The run belongs to somebody else, or to nobody: drop all state of it and never retry.
    #[error(
        "this host no longer holds the run (its epoch is {epoch} now): drop what is in memory, another host goes on"
    )]
    Fenced {
        /// The run's epoch now.
        epoch: Epoch,
    },
    /// Another operation is already where this one was to go, or an entry's revision is not the one expected.
    #[error(
        "something else was written there first (the head is {head}): read again and decide anew"
    )]
    Conflict {
        /// The sequence number of the journal's last event, or the entry's revision; 0 where there is none.
        head: u64,
    },
    /// The store knows less than it once acknowledged: a bad fail-over or a restored backup. Halt the run, alarm.
    #[error(
        "the store lost acknowledged history (its head is {head}): halt the run and find out which backup or fail-over did it"
    )]
    Rewound {
        /// Where the store believes the journal ends.
        head: Seq,
    },
    /// The id is taken by something else.
    #[error("that id is taken by something with other content: choose another")]
    Exists,
    /// There is no such run, account, entry or blob.
    #[error("there is no {what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The same idempotency key came back with other content, or bytes do not have the digest they came under.
    #[error(
        "{what} came back with other content than the first time: the caller mixed up two operations"
    )]
    Mismatch {
        /// What was repeated.
        what: String,
    },
    /// A reservation, or a settlement beyond its reservation, does not fit under the cap. Nothing of the batch was applied.
    #[error("{account} has {available} left under its cap: raise the cap, or do less")]
    OverBudget {
        /// The account that is too small.
        account: AccountName,
        /// What can still be reserved there.
        available: NanoDollars,
    },
    /// The caller asked for something that can never be: a mistake in the program. Nothing was applied.
    #[error("not a possible operation: {0}")]
    Invalid(String),
    /// The store must not be used as it stands; the sentence says what to change.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It may have been applied or not: retry with the *same* operation id, run id, signal key or revision.
    #[error("the store did not say whether it was written: {0}")]
    Unknown(Source),
    /// Surely not applied: wait and retry.
    #[error("the store cannot be reached or cannot write: {0}")]
    Unavailable(Source),
    /// The journal's hash chain breaks at this event: halt the run, restore from a backup.
    #[error("event {seq} of run {run} is not what was written: restore the store from a backup")]
    Corrupt {
        /// The damaged journal.
        run: RunId,
        /// The first event whose hash is wrong.
        seq: Seq,
    },
    /// A blob's bytes do not have its digest any more.
    #[error(
        "the bytes kept as {digest} are not those that were written: restore them from a backup"
    )]
    CorruptBlob {
        /// Which blob.
        digest: Digest,
    },
}

impl StoreError {
    /// Whether the same operation, with the same id, may succeed later.
    pub fn is_worth_retrying(&self) -> bool {
        matches!(self, StoreError::Unknown(_) | StoreError::Unavailable(_))
    }

    pub(crate) fn not_found(what: impl ToString) -> Self {
        let what = what.to_string();
        StoreError::NotFound { what }
    }

    pub(crate) fn mismatch(what: impl ToString) -> Self {
        let what = what.to_string();
        StoreError::Mismatch { what }
    }
}

/// Why a store is not opened, or not written to any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The address of a store is not one.
    #[error("`{text}` is no store: {rule}")]
    Url {
        /// As it was written, without a password.
        text: String,
        /// What to write instead.
        rule: &'static str,
    },
    /// Another process has the file open.
    #[error("{path} is in use by {holder}: end that process, or give this one a file of its own")]
    InUse {
        /// The database file.
        path: String,
        /// Process id, host and since when, as the other process wrote them.
        holder: String,
    },
    /// It was opened to be looked at.
    #[error("{path} was opened to look at it, and not to write to it")]
    OnlyLooked {
        /// The database file.
        path: String,
    },
    /// The tables were made by a newer release.
    #[error(
        "the store has version {found} of its tables and this release knows up to {known}: use a release at least as new as the one that wrote it"
    )]
    Newer {
        /// The version of the tables.
        found: i64,
        /// The newest version this release can use.
        known: i64,
    },
    /// The database may lose acknowledged writes as it is set up.
    #[error(
        "the database could lose what it acknowledged: `{setting}` is `{value}`; set `{line}` and reload"
    )]
    NotDurable {
        /// The setting.
        setting: String,
        /// What it is.
        value: String,
        /// The line to put into the configuration.
        line: String,
    },
    /// The database is older than the oldest supported.
    #[error("this is {found}; use {needed} or newer")]
    TooOld {
        /// What answered.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// The file is no database, or a damaged one.
    #[error("{path} is damaged: {what}; restore it from a backup")]
    Damaged {
        /// The database file.
        path: String,
        /// What the check found first.
        what: String,
    },
}
