//! Making a run.

use rusqlite::{Connection, OptionalExtension, params};

use super::{append, budget, writer::Tx};
use crate::{
    chain,
    error::StoreError,
    labels, rules,
    traits::Result,
    types::{Head, NewRun, Seq},
};

/// Makes a run; the same one again is a success.
pub fn create(tx: &mut Tx<'_>, run: &NewRun) -> Result<Head> {
    let chain = chain::extend(&chain::genesis(run.run, &run.tenant), &run.events);
    let Some(head) = chain.last() else {
        return Err(StoreError::Invalid("it carries no event".into()));
    };
    let id = run.run.to_string();
    if exists(tx.conn, &id)? {
        return if is_same(tx.conn, &id, head)? {
            Ok(*head)
        } else {
            Err(StoreError::Exists)
        };
    }
    insert(tx, run, head)?;
    append::insert_events(tx, &id, None, &run.events, &chain)?;
    for (account, cap) in &run.caps {
        budget::set_cap(tx.conn, run.tenant.as_str(), account, Some(*cap))?;
    }
    Ok(*head)
}

fn exists(conn: &Connection, run: &str) -> Result<bool> {
    let mut select = conn.prepare_cached("SELECT 1 FROM runs WHERE run = ?1")?;
    Ok(select.exists([run])?)
}

/// Whether the run there began with the same events, for the same tenant.
fn is_same(conn: &Connection, run: &str, head: &Head) -> Result<bool> {
    let mut select =
        conn.prepare_cached("SELECT hash FROM events WHERE run = ?1 AND seq = ?2 AND op IS NULL")?;
    let hash = select
        .query_row(params![run, head.seq.to_row()], |row| row.get(0))
        .optional()?;
    Ok(hash == Some(head.hash) && !has_more(conn, run, head.seq)?)
}

fn has_more(conn: &Connection, run: &str, seq: Seq) -> Result<bool> {
    let mut select =
        conn.prepare_cached("SELECT 1 FROM events WHERE run = ?1 AND seq = ?2 AND op IS NULL")?;
    Ok(select.exists(params![run, seq.to_row() + 1])?)
}

fn insert(tx: &mut Tx<'_>, run: &NewRun, head: &Head) -> Result<()> {
    let due = rules::resolve(run.due, tx.now);
    let sql = "INSERT INTO runs (run, tenant, pool, labels, live, epoch, due, head, head_hash, arrived, consumed, created, updated)
               VALUES (?1, ?2, ?3, ?4, 1, 0, ?5, ?6, ?7, 0, 0, ?8, ?8)";
    let (id, tenant) = (run.run.to_string(), run.tenant.as_str());
    let due_at = due.map(|due| due.0);
    tx.conn.prepare_cached(sql)?.execute(params![
        id,
        tenant,
        run.pool.as_str(),
        labels::to_text(&run.labels),
        due_at,
        head.seq.to_row(),
        head.hash,
        tx.now.0
    ])?;
    let mut insert = tx
        .conn
        .prepare_cached("INSERT INTO run_labels (name, value, run) VALUES (?1, ?2, ?3)")?;
    for (name, value) in &run.labels {
        insert.execute(params![name.as_str(), value, id])?;
    }
    if due.is_some_and(|due| due <= tx.now) {
        tx.hint(run.pool.clone());
    }
    Ok(())
}
