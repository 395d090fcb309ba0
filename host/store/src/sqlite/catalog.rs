//! Small shared facts. Every write takes the next number of one counter, inside its transaction.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{error::parsed, writer::Tx};
use crate::{
    error::StoreError,
    traits::Result,
    types::{Entry, Expect, Key, Kind, Rev, Time},
};

const COLUMNS: &str = "key, rev, value, expires FROM catalog";

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let expires = row.get::<_, Option<i64>>(3)?.map(Time);
    Ok(Entry {
        key: parsed(row, 0)?,
        rev: Rev::from_row(row.get(1)?),
        value: row.get(2)?,
        expires,
    })
}

/// The entry if it is there at `now`.
pub fn get(conn: &Connection, kind: &Kind, key: &Key, now: Time) -> Result<Option<Entry>> {
    let entry = find(conn, kind, key)?;
    Ok(entry.filter(|entry| is_there(entry, now)))
}

fn find(conn: &Connection, kind: &Kind, key: &Key) -> Result<Option<Entry>> {
    let mut select =
        conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE kind = ?1 AND key = ?2"))?;
    Ok(select
        .query_row(params![kind.as_str(), key.as_str()], entry)
        .optional()?)
}

fn is_there(entry: &Entry, now: Time) -> bool {
    entry.value.is_some() && entry.expires.is_none_or(|expires| expires > now)
}

/// Writes or deletes an entry if it is as expected.
pub fn put(
    tx: &Tx<'_>,
    kind: &Kind,
    key: &Key,
    expect: Expect,
    value: Option<&[u8]>,
    ttl: Option<Duration>,
) -> Result<Rev> {
    let found = get(tx.conn, kind, key, tx.now)?.map(|entry| entry.rev);
    let is_expected = match expect {
        Expect::Any => true,
        Expect::Absent => found.is_none(),
        Expect::Rev(rev) => found == Some(rev),
    };
    if !is_expected {
        return Err(StoreError::Conflict {
            head: found.unwrap_or_default().0,
        });
    }
    let expires = ttl.filter(|_| value.is_some()).map(|ttl| tx.now.after(ttl));
    write(tx.conn, kind, key, value, expires)
}

fn write(
    conn: &Connection,
    kind: &Kind,
    key: &Key,
    value: Option<&[u8]>,
    expires: Option<Time>,
) -> Result<Rev> {
    let mut count = conn.prepare_cached("UPDATE revision SET rev = rev + 1 RETURNING rev")?;
    let rev: i64 = count.query_row([], |row| row.get(0))?;
    let sql = "INSERT INTO catalog (kind, key, rev, value, expires) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO UPDATE SET rev = excluded.rev, value = excluded.value, expires = excluded.expires";
    let row = params![
        kind.as_str(),
        key.as_str(),
        rev,
        value,
        expires.map(|expires| expires.0)
    ];
    conn.prepare_cached(sql)?.execute(row)?;
    Ok(Rev::from_row(rev))
}

/// Whether entries of a kind have expired without a tombstone yet.
pub fn has_expired(conn: &Connection, kind: &Kind, now: Time) -> Result<bool> {
    let sql =
        "SELECT 1 FROM catalog WHERE kind = ?1 AND expires <= ?2 AND value IS NOT NULL LIMIT 1";
    Ok(conn
        .prepare_cached(sql)?
        .exists(params![kind.as_str(), now.0])?)
}

/// Writes the tombstones of what has expired.
pub fn bury(tx: &Tx<'_>, kind: &Kind) -> Result<()> {
    let sql = "SELECT key FROM catalog WHERE kind = ?1 AND expires <= ?2 AND value IS NOT NULL ORDER BY expires, key";
    let mut select = tx.conn.prepare_cached(sql)?;
    let rows = select.query_map(params![kind.as_str(), tx.now.0], |row| parsed(row, 0))?;
    let keys = rows.collect::<rusqlite::Result<Vec<Key>>>()?;
    keys.iter()
        .try_for_each(|key| write(tx.conn, kind, key, None, None).map(drop))
}

/// Entries of a kind written after `since`, in that order.
pub fn changes(conn: &Connection, kind: &Kind, since: Rev, max: usize) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {COLUMNS} WHERE kind = ?1 AND rev > ?2 ORDER BY rev LIMIT ?3");
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(params![kind.as_str(), since.to_row(), max], entry)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
