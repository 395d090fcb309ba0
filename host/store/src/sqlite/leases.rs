//! Claims, renewals, releases and signals.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::{error::parsed, query, writer::Tx};
use crate::{
    error::StoreError,
    limits::MAX_PAGE,
    traits::Result,
    types::{Claim, Epoch, Head, HostId, Lease, PoolId, RunId, Seq, Signal, SignalKey, Time},
};

const DUE: &str = "FROM runs WHERE pool = ?1 AND live = 1 AND due <= ?2";

/// Whether any of the pools has something due: asked before the writer is.
pub fn is_due(conn: &Connection, serve: &[(PoolId, Duration)], now: Time) -> Result<bool> {
    let mut select = conn.prepare_cached(&format!("SELECT 1 {DUE} LIMIT 1"))?;
    for (pool, age) in serve {
        if select.exists(params![pool.as_str(), now.before(*age).0])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes due runs, pool by pool.
pub fn claim(
    tx: &mut Tx<'_>,
    host: &HostId,
    serve: &[(PoolId, Duration)],
    max: usize,
    ttl: Duration,
) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for (pool, age) in serve {
        for run in due(tx, pool, *age, max - claims.len())? {
            claims.push(take(tx, &run, host, ttl)?);
        }
    }
    Ok(claims)
}

fn due(tx: &Tx<'_>, pool: &PoolId, age: Duration, max: usize) -> Result<Vec<(String, i64)>> {
    let mut select = tx
        .conn
        .prepare_cached(&format!("SELECT run, due {DUE} ORDER BY due LIMIT ?3"))?;
    let bounds = params![pool.as_str(), tx.now.before(age).0, max];
    let rows = select.query_map(bounds, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn take(tx: &Tx<'_>, (run, due): &(String, i64), host: &HostId, ttl: Duration) -> Result<Claim> {
    let mut update = tx.conn.prepare_cached(
        "UPDATE runs SET epoch = epoch + 1, host = ?2, due = ?3 WHERE run = ?1
         RETURNING run, epoch, tenant, pool, head, head_hash, labels",
    )?;
    let claim = update.query_row(params![run, host.as_str(), tx.now.after(ttl).0], |row| {
        let lease = Lease {
            run: parsed(row, 0)?,
            epoch: Epoch::from_row(row.get(1)?),
        };
        let head = Head {
            seq: Seq::from_row(row.get(4)?),
            hash: row.get(5)?,
        };
        Ok(Claim {
            lease,
            tenant: parsed(row, 2)?,
            pool: parsed(row, 3)?,
            head,
            labels: query::labels(row, 6)?,
            due: Time(*due),
            now: tx.now,
        })
    })?;
    Ok(claim)
}

/// Makes leases last; the answer is those still held by this host.
pub fn renew(tx: &Tx<'_>, host: &HostId, leases: &[Lease], ttl: Duration) -> Result<Vec<RunId>> {
    let sql = "UPDATE runs SET due = ?4 WHERE run = ?1 AND epoch = ?2 AND host = ?3 AND live = 1";
    let mut update = tx.conn.prepare_cached(sql)?;
    let until = tx.now.after(ttl).0;
    let mut held = Vec::new();
    for lease in leases {
        let row = params![
            lease.run.to_string(),
            lease.epoch.to_row(),
            host.as_str(),
            until
        ];
        if update.execute(row)? == 1 {
            held.push(lease.run);
        }
    }
    Ok(held)
}

/// Gives a run back.
pub fn release(tx: &mut Tx<'_>, lease: &Lease) -> Result<()> {
    let pool = {
        let mut update = tx.conn.prepare_cached(
            "UPDATE runs SET host = NULL, due = ?3 WHERE run = ?1 AND epoch = ?2 AND host IS NOT NULL AND live = 1 RETURNING pool",
        )?;
        let row = params![lease.run.to_string(), lease.epoch.to_row(), tx.now.0];
        update.query_row(row, |row| parsed(row, 0)).optional()?
    };
    pool.into_iter().for_each(|pool| tx.hint(pool));
    Ok(())
}

/// Lets every lease run out now. For whoever has just taken the file for itself: those who held them are gone, and nobody waits for
/// them; one that comes back before another host claims its runs keeps them.
pub fn end_all(conn: &Connection, now: Time) -> Result<()> {
    conn.execute(
        "UPDATE runs SET due = min(due, ?1) WHERE host IS NOT NULL AND live = 1",
        params![now.0],
    )?;
    Ok(())
}

/// Puts something into an inbox; `false` when it was there.
pub fn signal(tx: &mut Tx<'_>, run: RunId, key: &SignalKey, body: &[u8]) -> Result<bool> {
    let run = run.to_string();
    if let Some(there) = signal_body(tx.conn, &run, key)? {
        return if there == body {
            Ok(false)
        } else {
            Err(StoreError::mismatch(format!("signal {key}")))
        };
    }
    let woken = {
        let mut update = tx.conn.prepare_cached(
            "UPDATE runs SET arrived = arrived + 1,
                 due = CASE WHEN host IS NULL AND live = 1 THEN min(coalesce(due, ?2), ?2) ELSE due END
             WHERE run = ?1 RETURNING pool, host IS NULL AND live = 1",
        )?;
        update
            .query_row(params![run, tx.now.0], |row| {
                Ok((parsed(row, 0)?, row.get::<_, bool>(1)?))
            })
            .optional()?
    };
    let Some((pool, is_woken)) = woken else {
        return Err(StoreError::not_found(format!("run {run}")));
    };
    let mut insert = tx
        .conn
        .prepare_cached("INSERT INTO signals (run, key, body, at) VALUES (?1, ?2, ?3, ?4)")?;
    insert.execute(params![run, key.as_str(), body, tx.now.0])?;
    if is_woken {
        tx.hint(pool);
    }
    Ok(true)
}

fn signal_body(conn: &Connection, run: &str, key: &SignalKey) -> Result<Option<Vec<u8>>> {
    let mut select = conn.prepare_cached("SELECT body FROM signals WHERE run = ?1 AND key = ?2")?;
    Ok(select
        .query_row(params![run, key.as_str()], |row| row.get(0))
        .optional()?)
}

/// What arrived and was not consumed, oldest first.
pub fn inbox(conn: &Connection, run: RunId) -> Result<Vec<Signal>> {
    let mut select = conn.prepare_cached(
        "SELECT key, body, at FROM signals WHERE run = ?1 AND consumed IS NULL ORDER BY at, key LIMIT ?2",
    )?;
    let rows = select.query_map(params![run.to_string(), MAX_PAGE], |row| {
        Ok(Signal {
            key: parsed(row, 0)?,
            body: row.get(1)?,
            at: Time(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
