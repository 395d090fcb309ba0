//! Claims, renewals, releases and signals, each one statement.

use std::time::Duration;

use tokio_postgres::Row;

use super::{
    PostgresStore,
    error::{column, hash, labels_of, parsed},
    settings,
};
use crate::{
    error::StoreError,
    limits::MAX_PAGE,
    traits::Result,
    types::{
        Claim, Epoch, Head, HostId, Lease, PoolId, RunId, Seq, Signal, SignalKey, Time, micros,
    },
};

/// One pool column: a list of pools, or a join, makes the planner leave the index.
const CLAIM: &str = "
WITH due AS MATERIALIZED (
    SELECT run, due FROM runs WHERE pool = $1 AND live AND due <= {now} - $2::bigint
    ORDER BY due LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE runs r SET epoch = r.epoch + 1, host = $4, due = {now} + $5::bigint FROM due WHERE r.run = due.run
RETURNING r.run, r.epoch, r.tenant, r.pool, r.head, r.head_hash, r.labels, due.due, {now}";

/// Longest lease and age, in microseconds: sums with today fit.
const FOR_EVER: i64 = i64::MAX / 4;

fn bounded(span: Duration) -> i64 {
    micros(span).min(FOR_EVER)
}

/// Takes due runs, pool by pool.
pub async fn claim(
    store: &PostgresStore,
    host: &HostId,
    serve: &[(PoolId, Duration)],
    max: usize,
    ttl: Duration,
) -> Result<Vec<Claim>> {
    let mut claims: Vec<Claim> = Vec::new();
    for (pool, age) in serve {
        let room = (max - claims.len()) as i64;
        if room == 0 {
            break;
        }
        let (age, ttl) = (bounded(*age), bounded(ttl));
        let taken = store
            .client
            .write(CLAIM, &[&pool.as_str(), &age, &room, &host.as_str(), &ttl])
            .await;
        match taken {
            Ok(rows) => {
                let mut taken = rows.iter().map(claimed).collect::<Result<Vec<_>>>()?;
                taken.sort_by_key(|claim| claim.due);
                claims.append(&mut taken);
            }
            // What is taken already is worth more than the error, which comes back next time.
            Err(_) if !claims.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(claims)
}

fn claimed(row: &Row) -> Result<Claim> {
    Ok(Claim {
        lease: Lease {
            run: parsed(row, 0)?,
            epoch: Epoch::from_row(column(row, 1)?),
        },
        tenant: parsed(row, 2)?,
        pool: parsed(row, 3)?,
        head: Head {
            seq: Seq::from_row(column(row, 4)?),
            hash: hash(row, 5)?,
        },
        labels: labels_of(row, 6)?,
        due: Time(column(row, 7)?),
        now: Time(column(row, 8)?),
    })
}

/// Makes leases last; the answer is those still held by this host.
pub async fn renew(
    store: &PostgresStore,
    host: &HostId,
    leases: &[Lease],
    ttl: Duration,
) -> Result<Vec<RunId>> {
    let runs: Vec<String> = leases.iter().map(|lease| lease.run.to_string()).collect();
    let epochs: Vec<i64> = leases.iter().map(|lease| lease.epoch.to_row()).collect();
    let sql = "UPDATE runs r SET due = {now} + $4::bigint FROM unnest($1::text[], $2::bigint[]) AS l (run, epoch)
        WHERE r.run = l.run AND r.epoch = l.epoch AND r.host = $3 AND r.live RETURNING r.run";
    let rows = store
        .client
        .write(sql, &[&runs, &epochs, &host.as_str(), &bounded(ttl)])
        .await?;
    let held = rows
        .iter()
        .map(|row| parsed(row, 0))
        .collect::<Result<std::collections::HashSet<RunId>>>()?;
    Ok(leases
        .iter()
        .map(|lease| lease.run)
        .filter(|run| held.contains(run))
        .collect())
}

/// Gives a run back.
pub async fn release(store: &PostgresStore, lease: &Lease) -> Result<()> {
    let sql = "UPDATE runs SET host = NULL, due = {now} WHERE run = $1 AND epoch = $2 AND host IS NOT NULL AND live RETURNING pool";
    let rows = store
        .client
        .write(sql, &[&lease.run.to_string(), &lease.epoch.to_row()])
        .await?;
    for row in &rows {
        store.hint(parsed(row, 0)?);
    }
    Ok(())
}

/// The inbox's row first, then the run's: whoever parks at the same time has the run's row locked, and what is decided here is
/// decided on the row as that left it.
const SIGNAL: &str = "
WITH arrived AS (
    INSERT INTO signals (run, key, body, at) SELECT run, $2, $3, {now} FROM runs WHERE run = $1 AND {durable}
    ON CONFLICT DO NOTHING
    RETURNING run
)
UPDATE runs r SET
    arrived = r.arrived + 1,
    due = CASE WHEN r.host IS NULL AND r.live THEN least(coalesce(r.due, {now}), {now}) ELSE r.due END
FROM arrived WHERE r.run = arrived.run
RETURNING r.pool, r.host IS NULL AND r.live";

/// Puts something into an inbox; `false` when it was there.
pub async fn signal(
    store: &PostgresStore,
    run: RunId,
    key: &SignalKey,
    body: &[u8],
) -> Result<bool> {
    let id = run.to_string();
    let rows = store
        .client
        .write(SIGNAL, &[&id, &key.as_str(), &body])
        .await?;
    if let Some(row) = rows.first() {
        if column(row, 1)? {
            store.hint(parsed(row, 0)?);
        }
        return Ok(true);
    }
    let sql = "SELECT s.body FROM runs r LEFT JOIN signals s ON s.run = r.run AND s.key = $2 WHERE r.run = $1";
    let rows = store.client.read(sql, &[&id, &key.as_str()]).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::not_found(format!("run {run}")))?;
    match column::<Option<&[u8]>>(row, 0)? {
        Some(there) if there == body => Ok(false),
        Some(_) => Err(StoreError::mismatch(format!("signal {key}"))),
        None => Err(refused(store).await),
    }
}

/// The error of a write that the server's settings kept out.
pub async fn refused(store: &PostgresStore) -> StoreError {
    let changed = || {
        StoreError::Unavailable(std::sync::Arc::new(std::io::Error::other(
            "the database was being reconfigured",
        )))
    };
    settings::check(&store.client)
        .await
        .err()
        .unwrap_or_else(changed)
}

/// What arrived and was not consumed, oldest first.
pub async fn inbox(store: &PostgresStore, run: RunId) -> Result<Vec<Signal>> {
    let sql = "SELECT key, body, at FROM signals WHERE run = $1 AND consumed IS NULL ORDER BY at, key LIMIT $2";
    let rows = store
        .client
        .read(sql, &[&run.to_string(), &(MAX_PAGE as i64)])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Signal {
                key: parsed(row, 0)?,
                body: column(row, 1)?,
                at: Time(column(row, 2)?),
            })
        })
        .collect()
}
