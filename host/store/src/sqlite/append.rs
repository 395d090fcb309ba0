//! Writing a batch: one savepoint, so all or nothing.

use rusqlite::{Connection, OptionalExtension, params};

use super::{budget, error::parsed, writer::Tx};
use crate::{
    chain,
    error::StoreError,
    rules::{self, Standing},
    traits::Result,
    types::{
        Batch, Due, Epoch, Event, Head, Lease, NewEvent, Next, OpId, PoolId, RunId, Seq, Time,
    },
};

/// A run as an append needs it.
struct Held {
    standing: Standing,
    tenant: String,
    pool: PoolId,
    unread: i64,
}

/// Appends `batch` behind `expect`.
pub fn append(tx: &mut Tx<'_>, lease: &Lease, expect: &Head, batch: &Batch) -> Result<Head> {
    let chain = chain::extend(expect, &batch.events);
    let end = chain.last().copied().unwrap_or(*expect);
    if let Some(done) = done_before(tx.conn, lease.run, batch.op, expect, end)? {
        return done;
    }
    let run = lease.run.to_string();
    let held = held(tx.conn, &run)?;
    rules::may_append(&held.standing, lease, expect)?;
    insert_events(tx, &run, Some(batch.op), &batch.events, &chain)?;
    insert_lines(tx, &run, &held.tenant, end.seq, batch)?;
    budget::apply(tx.conn, &run, &held.tenant, batch)?;
    let unread = held.unread - consume(tx, &run, end.seq, batch)?;
    advance(tx, &run, end, batch)?;
    pass_on(tx, &run, held.pool, unread, &batch.next)?;
    Ok(end)
}

/// The answer to an operation that is in the journal already; nothing when none is there.
fn done_before(
    conn: &Connection,
    run: RunId,
    op: OpId,
    expect: &Head,
    end: Head,
) -> Result<Option<Result<Head>>> {
    let mut select =
        conn.prepare_cached("SELECT op, hash FROM events WHERE run = ?1 AND seq = ?2")?;
    let mut at = |seq: Seq| {
        let row = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Vec<u8>>(1)?))
        };
        select
            .query_row(params![run.to_string(), seq.to_row()], row)
            .optional()
    };
    let is_ours = |row: &Option<(Option<String>, Vec<u8>)>| {
        row.as_ref()
            .is_some_and(|(found, _)| found.as_deref() == Some(&*op.to_string()))
    };
    if !is_ours(&at(Seq(expect.seq.0 + 1))?) {
        return Ok(None);
    }
    let last = at(end.seq)?;
    let same = is_ours(&last) && last.is_some_and(|(_, hash)| hash == end.hash);
    Ok(Some(if same {
        Ok(end)
    } else {
        Err(StoreError::mismatch(format!("operation {op}")))
    }))
}

fn held(conn: &Connection, run: &str) -> Result<Held> {
    let mut select = conn.prepare_cached(
        "SELECT epoch, live = 1 AND host IS NOT NULL, head, head_hash, tenant, pool, arrived - consumed FROM runs WHERE run = ?1",
    )?;
    let row = select.query_row([run], |row| {
        let head = Head {
            seq: Seq::from_row(row.get(2)?),
            hash: row.get(3)?,
        };
        let standing = Standing {
            epoch: Epoch::from_row(row.get(0)?),
            held: row.get(1)?,
            head,
        };
        Ok(Held {
            standing,
            tenant: row.get(4)?,
            pool: parsed(row, 5)?,
            unread: row.get(6)?,
        })
    });
    row.optional()?
        .ok_or_else(|| StoreError::not_found(format!("run {run}")))
}

/// Inserts events with the places and hashes of `chain`.
pub fn insert_events(
    tx: &Tx<'_>,
    run: &str,
    op: Option<OpId>,
    events: &[NewEvent],
    chain: &[Head],
) -> Result<()> {
    let sql = "INSERT INTO events (run, seq, op, kind, body, at, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut insert = tx.conn.prepare_cached(sql)?;
    let op = op.map(|op| op.to_string());
    for (event, head) in events.iter().zip(chain) {
        insert.execute(params![
            run,
            head.seq.to_row(),
            op,
            event.kind.as_str(),
            event.body,
            tx.now.0,
            head.hash
        ])?;
    }
    Ok(())
}

fn insert_lines(tx: &Tx<'_>, run: &str, tenant: &str, seq: Seq, batch: &Batch) -> Result<()> {
    let sql = "INSERT INTO ledger (tenant, key, account, amount, memo, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = tx.conn.prepare_cached(sql)?;
    for (i, line) in batch.ledger.iter().enumerate() {
        let key = format!("{run}/{seq}/{i}");
        insert.execute(params![
            tenant,
            key,
            line.account.as_str(),
            line.amount.0,
            line.memo,
            tx.now.0
        ])?;
    }
    let sql = "INSERT INTO audit (run, seq, i, tenant, at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = tx.conn.prepare_cached(sql)?;
    for (i, body) in batch.audit.iter().enumerate() {
        insert.execute(params![run, seq.to_row(), i, tenant, tx.now.0, body])?;
    }
    Ok(())
}

fn consume(tx: &Tx<'_>, run: &str, seq: Seq, batch: &Batch) -> Result<i64> {
    let sql = "UPDATE signals SET consumed = ?3 WHERE run = ?1 AND key = ?2 AND consumed IS NULL";
    let mut update = tx.conn.prepare_cached(sql)?;
    for key in &batch.consume {
        if update.execute(params![run, key.as_str(), seq.to_row()])? == 0 {
            return Err(rules::no_such(format!("signal {key}")));
        }
    }
    Ok(batch.consume.len() as i64)
}

fn advance(tx: &Tx<'_>, run: &str, end: Head, batch: &Batch) -> Result<()> {
    let sql = "UPDATE runs SET head = ?2, head_hash = ?3, consumed = consumed + ?4, updated = ?5 WHERE run = ?1";
    let mut update = tx.conn.prepare_cached(sql)?;
    update.execute(params![
        run,
        end.seq.to_row(),
        end.hash,
        batch.consume.len(),
        tx.now.0
    ])?;
    Ok(())
}

/// Holds, parks or ends the run.
fn pass_on(tx: &mut Tx<'_>, run: &str, pool: PoolId, unread: i64, next: &Next) -> Result<()> {
    match next {
        Next::Hold => {}
        Next::Park { due } => {
            let due = if unread > 0 { Due::Now } else { *due };
            let at = rules::resolve(due, tx.now);
            let mut update = tx
                .conn
                .prepare_cached("UPDATE runs SET host = NULL, due = ?2 WHERE run = ?1")?;
            update.execute(params![run, at.map(|at| at.0)])?;
            if at.is_some_and(|at| at <= tx.now) {
                tx.hint(pool);
            }
        }
        Next::Done { outcome } => {
            let sql =
                "UPDATE runs SET host = NULL, due = NULL, live = 0, outcome = ?2 WHERE run = ?1";
            tx.conn
                .prepare_cached(sql)?
                .execute(params![run, outcome.as_str()])?;
        }
    }
    Ok(())
}

/// Events of a run from `from` on, checked.
pub fn read(conn: &Connection, run: RunId, from: Seq, max: usize) -> Result<Vec<Event>> {
    let from = Seq(from.0.max(1));
    let (end, start) = ends(conn, run, from)?;
    let sql = "SELECT seq, kind, body, at, hash FROM events WHERE run = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(params![run.to_string(), from.to_row(), max], |row| {
        Ok(Event {
            seq: Seq::from_row(row.get(0)?),
            kind: parsed(row, 1)?,
            body: row.get(2)?,
            at: Time(row.get(3)?),
            hash: row.get(4)?,
        })
    })?;
    let events = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    if from.0 > end.seq.0 + 1 && events.is_empty() {
        return Ok(events);
    }
    let is_all = events.len() < max;
    chain::verify(run, start, &events, is_all.then_some(end))?;
    Ok(events)
}

/// Where a run's journal ends, and where it stands just before `from`.
fn ends(conn: &Connection, run: RunId, from: Seq) -> Result<(Head, Head)> {
    let text = run.to_string();
    let mut select =
        conn.prepare_cached("SELECT tenant, head, head_hash FROM runs WHERE run = ?1")?;
    let row = select.query_row([&text], |row| {
        let head = Head {
            seq: Seq::from_row(row.get(1)?),
            hash: row.get(2)?,
        };
        Ok((parsed(row, 0)?, head))
    });
    let Some((tenant, end)) = row.optional()? else {
        return Err(StoreError::not_found(format!("run {run}")));
    };
    let before = Seq(from.0 - 1);
    if before.0 == 0 {
        return Ok((end, chain::genesis(run, &tenant)));
    }
    let mut select = conn.prepare_cached("SELECT hash FROM events WHERE run = ?1 AND seq = ?2")?;
    let hash = select
        .query_row(params![text, before.to_row()], |row| row.get(0))
        .optional()?;
    match hash {
        Some(hash) => Ok((end, Head { seq: before, hash })),
        None if before > end.seq => Ok((end, end)),
        None => Err(StoreError::Corrupt { run, seq: before }),
    }
}
