//! Writing a batch: with others in one statement, and finding out afterwards why it did nothing.

use std::{sync::Arc, time::Duration};

use tokio_postgres::Row;

use super::{
    PostgresStore,
    error::{column, hash, parsed},
    group::{self, Outcome, Piece},
    settings, why,
};
use crate::{
    chain,
    error::StoreError,
    rules::{self, Standing},
    traits::Result,
    types::{Batch, ChainHash, Due, Epoch, Event, Head, Lease, OpId, RunId, Seq, Time, micros},
};

/// How often a statement is tried that another's transaction got in the way of.
const TRIES: u32 = 8;

/// How long to stay away after that, at first.
const PAUSE: Duration = Duration::from_millis(2);

/// Appends `batch` behind `expect`: together with what else is waiting, and alone where company was in the way.
pub async fn append(
    store: &PostgresStore,
    lease: &Lease,
    expect: &Head,
    batch: &Batch,
) -> Result<Head> {
    let piece = Arc::new(Piece::new(lease, expect, batch));
    let mut outcome = store.writers.write(Arc::clone(&piece)).await?;
    for attempt in 0..TRIES {
        match outcome {
            Outcome::Written(None) => return Ok(piece.end),
            Outcome::Written(Some(pool)) => {
                store.hint(pool);
                return Ok(piece.end);
            }
            Outcome::Nothing => {
                if let Some(done) = explain(store, lease, expect, batch, piece.end).await? {
                    return Ok(done);
                }
            }
            Outcome::TooMuch => {
                return Err(StoreError::Invalid(
                    "a sum is beyond what can be counted".into(),
                ));
            }
            Outcome::Undone => {}
            Outcome::Again => tokio::time::sleep(PAUSE * 2u32.pow(attempt)).await,
        }
        outcome = group::alone(&store.client, &piece).await?;
    }
    let busy = std::io::Error::other("other transactions were in the way every time");
    Err(StoreError::Unavailable(Arc::new(busy)))
}

/// At a time, or after a while, in microseconds; neither is never.
pub fn as_columns(due: Due) -> (Option<i64>, Option<i64>) {
    match due {
        Due::Now => (None, Some(0)),
        // Far enough away for ever, and the sum with today fits.
        Due::After(wait) => (None, Some(micros(wait).min(i64::MAX / 4))),
        Due::At(time) => (Some(time.0), None),
        Due::OnSignal => (None, None),
    }
}

/// Why nothing was written: an error, or the head when the operation is there already. Nothing when it may be tried again.
async fn explain(
    store: &PostgresStore,
    lease: &Lease,
    expect: &Head,
    batch: &Batch,
    end: Head,
) -> Result<Option<Head>> {
    if let Some(done) = done_before(store, lease.run, batch.op, expect, end).await? {
        return done.map(Some);
    }
    let standing = standing(store, lease.run).await?;
    rules::may_append(&standing, lease, expect)?;
    settings::check(&store.client).await?;
    why::batch_does_not_fit(store, lease.run, batch).await?;
    Ok(None)
}

async fn done_before(
    store: &PostgresStore,
    run: RunId,
    op: OpId,
    expect: &Head,
    end: Head,
) -> Result<Option<Result<Head>>> {
    let sql = "SELECT seq, op, hash FROM events WHERE run = $1 AND seq IN ($2, $3)";
    let (first, last) = (expect.seq.to_row() + 1, end.seq.to_row());
    let rows = store
        .client
        .read(sql, &[&run.to_string(), &first, &last])
        .await?;
    let mut at_first = false;
    let mut at_last: Option<ChainHash> = None;
    for row in &rows {
        if column::<Option<&str>>(row, 1)? == Some(&*op.to_string()) {
            let seq: i64 = column(row, 0)?;
            at_first |= seq == first;
            if seq == last {
                at_last = Some(hash(row, 2)?);
            }
        }
    }
    Ok(match (at_first, at_last == Some(end.hash)) {
        (false, _) => None,
        (true, true) => Some(Ok(end)),
        (true, false) => Some(Err(StoreError::mismatch(format!("operation {op}")))),
    })
}

async fn standing(store: &PostgresStore, run: RunId) -> Result<Standing> {
    let sql = "SELECT epoch, host IS NOT NULL AND live, head, head_hash FROM runs WHERE run = $1";
    let rows = store.client.read(sql, &[&run.to_string()]).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::not_found(format!("run {run}")))?;
    let head = Head {
        seq: Seq::from_row(column(row, 2)?),
        hash: hash(row, 3)?,
    };
    Ok(Standing {
        epoch: Epoch::from_row(column(row, 0)?),
        held: column(row, 1)?,
        head,
    })
}

/// Events of a run from `from` on, checked. One statement, so the end of the journal is that of the same moment.
pub async fn read(store: &PostgresStore, run: RunId, from: Seq, max: usize) -> Result<Vec<Event>> {
    let from = Seq(from.0.max(1));
    let sql = "SELECT e.seq, e.kind, e.body, e.at, e.hash, r.tenant, r.head, r.head_hash
        FROM runs r LEFT JOIN events e ON e.run = r.run AND e.seq >= $2 AND e.seq <= $3
        WHERE r.run = $1 ORDER BY e.seq";
    let before = from.to_row() - 1;
    let rows = store
        .client
        .read(
            sql,
            &[
                &run.to_string(),
                &before,
                &before.saturating_add(max as i64),
            ],
        )
        .await?;
    let first = rows
        .first()
        .ok_or_else(|| StoreError::not_found(format!("run {run}")))?;
    let end = Head {
        seq: Seq::from_row(column(first, 6)?),
        hash: hash(first, 7)?,
    };
    let mut events = Vec::new();
    let mut start = (before == 0).then_some(chain::genesis(run, &parsed(first, 5)?));
    for row in &rows {
        match column::<Option<i64>>(row, 0)? {
            None => {}
            Some(seq) if seq == before => {
                start = Some(Head {
                    seq: Seq::from_row(seq),
                    hash: hash(row, 4)?,
                })
            }
            Some(seq) => events.push(event(row, seq)?),
        }
    }
    let start = match start {
        Some(start) => start,
        None if before > end.seq.to_row() => return Ok(events),
        None => {
            return Err(StoreError::Corrupt {
                run,
                seq: Seq::from_row(before),
            });
        }
    };
    let is_all = events.len() < max;
    chain::verify(run, start, &events, is_all.then_some(end))?;
    Ok(events)
}

fn event(row: &Row, seq: i64) -> Result<Event> {
    Ok(Event {
        seq: Seq::from_row(seq),
        kind: parsed(row, 1)?,
        body: column(row, 2)?,
        at: Time(column(row, 3)?),
        hash: hash(row, 4)?,
    })
}
