//! What both engines decide alike: whether an operation is possible at all, and who may write.

use crate::{
    error::StoreError,
    limits::{
        MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_BATCH_LINES, MAX_ENTRY_BYTES, MAX_EVENT_BYTES,
        MAX_FIRST_BYTES, MAX_FIRST_EVENTS, MAX_LABEL_BYTES, MAX_LABELS, MAX_MEMO_BYTES,
        MAX_MEMORY_BYTES, MAX_TAGS,
    },
    types::{
        AccountName, Batch, BudgetMove, Due, Epoch, Head, Key, Lease, LedgerLine, Memo, NewEvent,
        NewRun, Next, Time,
    },
};

type Checked = Result<(), StoreError>;

/// What decides whether a batch may be written: the run as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// How often it was claimed.
    pub epoch: Epoch,
    /// Whether the lease of that epoch was not given up, and the run has not ended.
    pub held: bool,
    /// Where its journal stands.
    pub head: Head,
}

/// Whether this lease may write behind `expect`. The order of the checks is that of [`append`](crate::Journal::append).
pub fn may_append(standing: &Standing, lease: &Lease, expect: &Head) -> Checked {
    let head = standing.head;
    if lease.epoch > standing.epoch {
        return Err(StoreError::Rewound { head: head.seq });
    }
    if lease.epoch < standing.epoch || !standing.held {
        return Err(StoreError::Fenced {
            epoch: standing.epoch,
        });
    }
    if head.seq > expect.seq {
        return Err(StoreError::Conflict { head: head.seq.0 });
    }
    if head != *expect {
        return Err(StoreError::Rewound { head: head.seq });
    }
    Ok(())
}

/// When a run may be claimed, on the store's clock; nothing is never.
pub fn resolve(due: Due, now: Time) -> Option<Time> {
    match due {
        Due::Now => Some(now),
        Due::After(wait) => Some(now.after(wait)),
        Due::At(time) => Some(time),
        Due::OnSignal => None,
    }
}

/// Checks a new run.
pub fn check_run(run: &NewRun) -> Checked {
    at_most("events of a new run", run.events.len(), MAX_FIRST_EVENTS)?;
    check_events(&run.events, 0, MAX_FIRST_BYTES)?;
    at_most("labels of a run", run.labels.len(), MAX_LABELS)?;
    at_most("caps of a run", run.caps.len(), MAX_LABELS)?;
    for value in run.labels.values() {
        at_most("bytes of a label", value.len(), MAX_LABEL_BYTES)?;
        plain(value)?;
    }
    run.caps.iter().try_for_each(|(_, cap)| not_negative(cap.0))
}

/// Checks a batch.
pub fn check_batch(batch: &Batch) -> Checked {
    let lines = [
        batch.ledger.len(),
        batch.budget.len(),
        batch.audit.len(),
        batch.consume.len(),
    ];
    for count in lines {
        at_most("lines of one sort in a batch", count, MAX_BATCH_LINES)?;
    }
    at_most("events in a batch", batch.events.len(), MAX_BATCH_EVENTS)?;
    let audited = batch.audit.iter().map(Vec::len).sum();
    check_events(&batch.events, audited, MAX_BATCH_BYTES)?;
    batch.ledger.iter().try_for_each(check_line)?;
    unique("signal in a batch", batch.consume.iter())?;
    check_moves(batch)
}

fn check_events(events: &[NewEvent], more: usize, most: usize) -> Checked {
    if events.is_empty() {
        return Err(StoreError::Invalid("it carries no event".into()));
    }
    let mut bytes = more;
    for event in events {
        at_most("bytes of an event", event.body.len(), MAX_EVENT_BYTES)?;
        bytes += event.body.len();
    }
    at_most("bytes of all events", bytes, most)
}

/// Checks a ledger line.
pub fn check_line(line: &LedgerLine) -> Checked {
    at_most("bytes of a memo", line.memo.len(), MAX_MEMO_BYTES)?;
    plain(&line.memo)
}

fn check_moves(batch: &Batch) -> Checked {
    unique("reservation in a batch", batch.budget.iter().map(place))?;
    for change in &batch.budget {
        match change {
            BudgetMove::Reserve { .. } if matches!(batch.next, Next::Done { .. }) => {
                return Err(StoreError::Invalid(
                    "it reserves for a run that it ends".into(),
                ));
            }
            BudgetMove::Reserve { amount, .. } => not_negative(amount.0)?,
            BudgetMove::Settle { actual, .. } => not_negative(actual.0)?,
            BudgetMove::Release { .. } => {}
        }
    }
    Ok(())
}

/// Which reservation a move is about.
pub fn place(change: &BudgetMove) -> (&AccountName, &Key) {
    match change {
        BudgetMove::Reserve { account, key, .. }
        | BudgetMove::Settle { account, key, .. }
        | BudgetMove::Release { account, key } => (account, key),
    }
}

/// Checks a catalog value.
pub fn check_value(value: Option<&[u8]>) -> Checked {
    at_most(
        "bytes of a catalog entry",
        value.map_or(0, <[u8]>::len),
        MAX_ENTRY_BYTES,
    )
}

/// Checks a memory.
pub fn check_memo(memo: &Memo) -> Checked {
    at_most("bytes of a memory", memo.text.len(), MAX_MEMORY_BYTES)?;
    at_most("tags of a memory", memo.tags.len(), MAX_TAGS)?;
    plain(&memo.text)?;
    for tag in &memo.tags {
        at_most("bytes of a tag", tag.len(), MAX_LABEL_BYTES)?;
        plain(tag)?;
    }
    Ok(())
}

/// Refuses more than `max` of something.
pub fn at_most(what: &str, count: usize, max: usize) -> Checked {
    if count <= max {
        return Ok(());
    }
    Err(StoreError::Invalid(format!(
        "{count} {what}, and at most {max} are possible"
    )))
}

/// Refuses what a text column of PostgreSQL cannot hold.
fn plain(text: &str) -> Checked {
    if text.contains('\0') {
        return Err(StoreError::Invalid("a text holds a NUL".into()));
    }
    Ok(())
}

/// Refuses negative money where none can be.
pub fn not_negative(amount: i64) -> Checked {
    if amount < 0 {
        return Err(StoreError::Invalid(format!(
            "{amount} nano-dollars, and less than nothing is not possible"
        )));
    }
    Ok(())
}

fn unique<T: Ord>(what: &str, items: impl Iterator<Item = T>) -> Checked {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    if items.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(StoreError::Invalid(format!("the same {what} twice")));
    }
    Ok(())
}

/// The error of a batch that ends or consumes what is not there.
pub fn no_such(what: impl std::fmt::Display) -> StoreError {
    StoreError::Invalid(format!("there is no open {what}"))
}

/// The error of a sum that leaves 64 bits.
pub fn too_much(account: &AccountName) -> StoreError {
    StoreError::Invalid(format!(
        "the sum of {account} is beyond what can be counted"
    ))
}
