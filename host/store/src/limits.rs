//! What one operation may carry. Beyond is [`StoreError::Invalid`](crate::StoreError::Invalid).

/// Bytes of one event's body. Larger payloads are blobs: a journal is replayed whole.
pub const MAX_EVENT_BYTES: usize = 1 << 20;

/// Events in one batch.
pub const MAX_BATCH_EVENTS: usize = 256;

/// Events a new run begins with: a fork has those of its original. They are written in one transaction, so that nobody takes up half a run.
pub const MAX_FIRST_EVENTS: usize = 10_000;

/// Bytes of their bodies together.
pub const MAX_FIRST_BYTES: usize = 64 << 20;

/// Bytes of all bodies in one batch, audit entries included: what one transaction may hold up others for.
pub const MAX_BATCH_BYTES: usize = 8 << 20;

/// Ledger lines, budget moves, audit entries and consumed signals in one batch, each.
pub const MAX_BATCH_LINES: usize = 256;

/// Bytes of a ledger line's memo.
pub const MAX_MEMO_BYTES: usize = 512;

/// Labels of a run.
pub const MAX_LABELS: usize = 16;

/// Bytes of a label's value.
pub const MAX_LABEL_BYTES: usize = 256;

/// Bytes of a signal's body.
pub const MAX_SIGNAL_BYTES: usize = 256 << 10;

/// Bytes of a catalog entry's value.
pub const MAX_ENTRY_BYTES: usize = 1 << 20;

/// Bytes of one blob: it is held in memory while it is checked.
pub const MAX_BLOB_BYTES: usize = 256 << 20;

/// Bytes of one memory.
pub const MAX_MEMORY_BYTES: usize = 64 << 10;

/// Tags of one memory.
pub const MAX_TAGS: usize = 32;

/// Words of a memory search that count.
pub const MAX_SEARCH_WORDS: usize = 32;

/// Rows in one answer.
pub const MAX_PAGE: usize = 1_000;

/// Sums of money in one answer: a quarter by day, of dozens of agents and models.
pub const MAX_SPENDING: usize = 20_000;

/// Runs claimed or renewed in one go.
pub const MAX_LEASES: usize = 10_000;
