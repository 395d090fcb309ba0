//! Writing a batch: one statement, and finding out afterwards why it did nothing.

use std::time::Duration;

use tokio_postgres::{Row, error::SqlState};

use super::{
    PostgresStore,
    client::Failure,
    error::{column, hash, is, is_transient, parsed},
    settings, why,
};
use crate::{
    chain,
    error::StoreError,
    rules::{self, Standing},
    traits::Result,
    types::{
        Batch, BudgetMove, ChainHash, Due, Epoch, Event, Head, Lease, Next, OpId, RunId, Seq, Time,
        micros,
    },
};

/// How often a statement is tried that another's transaction got in the way of.
const TRIES: u32 = 8;

/// How long to stay away after that, at first.
const PAUSE: Duration = Duration::from_millis(2);

/// What a statement came to.
enum Outcome {
    Written(Row),
    /// The guard let nothing through, or the batch does not fit.
    Nothing,
    /// A sum leaves 64 bits.
    TooMuch,
    Again,
}

/// Appends `batch` behind `expect`.
pub async fn append(
    store: &PostgresStore,
    lease: &Lease,
    expect: &Head,
    batch: &Batch,
) -> Result<Head> {
    let chain = chain::extend(expect, &batch.events);
    let end = chain.last().copied().unwrap_or(*expect);
    for attempt in 0..TRIES {
        match once(store, lease, expect, batch, &chain).await? {
            Outcome::Written(row) => {
                if column(&row, 1)? {
                    store.hint(parsed(&row, 0)?);
                }
                return Ok(end);
            }
            Outcome::Nothing => {
                if let Some(done) = explain(store, lease, expect, batch, end).await? {
                    return Ok(done);
                }
            }
            Outcome::TooMuch => {
                return Err(StoreError::Invalid(
                    "a sum is beyond what can be counted".into(),
                ));
            }
            Outcome::Again => tokio::time::sleep(PAUSE * 2u32.pow(attempt)).await,
        }
    }
    let busy = std::io::Error::other("other transactions were in the way every time");
    Err(StoreError::Unavailable(std::sync::Arc::new(busy)))
}

async fn once(
    store: &PostgresStore,
    lease: &Lease,
    expect: &Head,
    batch: &Batch,
    chain: &[Head],
) -> Result<Outcome> {
    let (run, op) = (lease.run.to_string(), batch.op.to_string());
    let end = chain.last().copied().unwrap_or(*expect);
    let kinds: Vec<&str> = batch
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    let bodies: Vec<&[u8]> = batch.events.iter().map(|event| &*event.body).collect();
    let hashes: Vec<&[u8]> = chain.iter().map(|head| &head.hash[..]).collect();
    let accounts: Vec<&str> = batch
        .ledger
        .iter()
        .map(|line| line.account.as_str())
        .collect();
    let amounts: Vec<i64> = batch.ledger.iter().map(|line| line.amount.0).collect();
    let memos: Vec<&str> = batch.ledger.iter().map(|line| line.memo.as_str()).collect();
    let audit: Vec<&[u8]> = batch.audit.iter().map(|body| &**body).collect();
    let consume: Vec<&str> = batch.consume.iter().map(|key| key.as_str()).collect();
    let (opened, closed) = (Moves::opened(batch), Moves::closed(batch));
    let (next, outcome) = next(&batch.next);
    let (at, after) = due(&batch.next);
    let result = store
        .client
        .run(
            include_str!("append.sql"),
            &[
                &run,
                &lease.epoch.to_row(),
                &expect.seq.to_row(),
                &&expect.hash[..],
                &op,
                &end.seq.to_row(),
                &&end.hash[..],
                &kinds,
                &bodies,
                &hashes,
                &accounts,
                &amounts,
                &memos,
                &audit,
                &consume,
                &opened.accounts,
                &opened.keys,
                &opened.amounts,
                &closed.accounts,
                &closed.keys,
                &closed.amounts,
                &next,
                &at,
                &after,
                &outcome,
            ],
        )
        .await;
    match result {
        Ok(rows) => Ok(rows
            .into_iter()
            .next()
            .map_or(Outcome::Nothing, Outcome::Written)),
        // The head became NULL: the batch does not fit. Or somebody was at that place already.
        Err(Failure::Server(error)) if is(&error, &SqlState::NOT_NULL_VIOLATION) => {
            Ok(Outcome::Nothing)
        }
        Err(Failure::Server(error)) if is(&error, &SqlState::UNIQUE_VIOLATION) => {
            Ok(Outcome::Nothing)
        }
        Err(Failure::Server(error)) if is(&error, &SqlState::NUMERIC_VALUE_OUT_OF_RANGE) => {
            Ok(Outcome::TooMuch)
        }
        Err(Failure::Server(error)) if is_transient(&error) => Ok(Outcome::Again),
        Err(failure) => Err(failure.of_write()),
    }
}

/// Budget moves as columns.
#[derive(Default)]
struct Moves<'b> {
    accounts: Vec<&'b str>,
    keys: Vec<&'b str>,
    amounts: Vec<i64>,
}

impl<'b> Moves<'b> {
    fn opened(batch: &'b Batch) -> Self {
        Self::with(batch, |change| match change {
            BudgetMove::Reserve { amount, .. } => Some(amount.0),
            _ => None,
        })
    }

    fn closed(batch: &'b Batch) -> Self {
        Self::with(batch, |change| match change {
            BudgetMove::Settle { actual, .. } => Some(actual.0),
            BudgetMove::Release { .. } => Some(0),
            BudgetMove::Reserve { .. } => None,
        })
    }

    fn with(batch: &'b Batch, amount: fn(&BudgetMove) -> Option<i64>) -> Self {
        let mut moves = Moves::default();
        for change in &batch.budget {
            let Some(amount) = amount(change) else {
                continue;
            };
            let (account, key) = rules::place(change);
            moves.accounts.push(account.as_str());
            moves.keys.push(key.as_str());
            moves.amounts.push(amount);
        }
        moves
    }
}

fn next(next: &Next) -> (i32, Option<&str>) {
    match next {
        Next::Hold => (0, None),
        Next::Park { .. } => (1, None),
        Next::Done { outcome } => (2, Some(outcome.as_str())),
    }
}

/// When a parked run is due: at a time, or after a while, in microseconds.
fn due(next: &Next) -> (Option<i64>, Option<i64>) {
    match next {
        Next::Park { due } => as_columns(*due),
        Next::Hold | Next::Done { .. } => (None, None),
    }
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
