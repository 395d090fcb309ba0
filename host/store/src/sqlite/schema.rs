//! Opening a database file: settings that keep what was acknowledged, and the version of the tables.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::{
    clock::Clock,
    error::{Refusal, StoreError},
    traits::Result,
};

/// From nothing to version 1, from 1 to 2 …: never changed, only added to.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// Statements kept ready per connection: more than this crate has.
const STATEMENTS: usize = 128;

/// How long to wait for another connection of this process, in milliseconds: a checkpoint after a long read.
const BUSY_MS: u32 = 10_000;

/// Bytes to which the log is cut back after a checkpoint.
const LOG_BYTES: u32 = 64 << 20;

/// The connection that writes, with the tables of this release.
pub fn writer(path: Option<&Path>, clock: &dyn Clock) -> Result<Connection> {
    let conn = match path {
        Some(path) => Connection::open(path),
        None => Connection::open_in_memory(),
    };
    let conn = conn.map_err(|error| named(error, path))?;
    let ready = set_up(&conn, path.is_some()).and_then(|()| migrate(&conn, path, clock));
    ready.map_err(|error| match error {
        StoreError::Refused(Refusal::Damaged { what, .. }) => refuse(path, what),
        other => other,
    })?;
    Ok(conn)
}

/// A connection that only reads.
pub fn reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn =
        Connection::open_with_flags(path, flags).map_err(|error| named(error, Some(path)))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_MS}; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;"
    ))?;
    Ok(conn)
}

fn set_up(conn: &Connection, on_disk: bool) -> Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_MS}; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
         PRAGMA synchronous = FULL; PRAGMA journal_size_limit = {LOG_BYTES};"
    ))?;
    if !on_disk {
        return Ok(());
    }
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    let level: i64 = conn.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    durable("journal_mode", &mode, "wal")?;
    durable("synchronous", &level.to_string(), "2")
}

/// WAL needs shared memory, which network file systems do not have.
fn durable(setting: &str, value: &str, needed: &str) -> Result<()> {
    if value == needed {
        return Ok(());
    }
    let line = format!("the file on a local disk, where {setting} can be {needed}");
    Err(Refusal::NotDurable {
        setting: setting.into(),
        value: value.into(),
        line,
    }
    .into())
}

fn migrate(conn: &Connection, path: Option<&Path>, clock: &dyn Clock) -> Result<()> {
    let found = version(conn)?;
    let known = MIGRATIONS.len() as i64;
    if found.is_none() && conn.prepare("SELECT 1 FROM sqlite_schema")?.exists([])? {
        return Err(refuse(path, "it is a database of something else".into()));
    }
    let found = found.unwrap_or_default();
    if found > known {
        return Err(Refusal::Newer { found, known }.into());
    }
    for version in found + 1..=known {
        let step = MIGRATIONS
            .get(version as usize - 1)
            .copied()
            .unwrap_or_default();
        let now = clock.now().0;
        conn.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS metier_schema (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT;
             {step}
             INSERT INTO metier_schema VALUES ({version}, {now});
             COMMIT;"
        ))?;
    }
    Ok(())
}

/// Refuses tables that are not those of this release.
pub fn known(conn: &Connection, path: &Path) -> Result<()> {
    let known = MIGRATIONS.len() as i64;
    match version(conn)? {
        Some(found) if found == known => Ok(()),
        Some(found) if found > known => Err(Refusal::Newer { found, known }.into()),
        _ => Err(refuse(
            Some(path),
            "it has no tables of this release; whatever writes to it makes them".into(),
        )),
    }
}

fn version(conn: &Connection) -> Result<Option<i64>> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'metier_schema'";
    if !conn.prepare(sql)?.exists([])? {
        return Ok(None);
    }
    Ok(conn
        .query_row("SELECT max(version) FROM metier_schema", [], |row| {
            row.get(0)
        })
        .optional()?
        .flatten())
}

/// Reads from the file; every page and every index when `thorough`.
pub fn check(conn: &Connection, path: Option<&Path>, thorough: bool) -> Result<()> {
    if !thorough {
        conn.query_row("SELECT max(version) FROM metier_schema", [], |_| Ok(()))?;
        return Ok(());
    }
    let found: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    Err(refuse(path, found))
}

fn named(error: rusqlite::Error, path: Option<&Path>) -> StoreError {
    match error.into() {
        StoreError::Refused(Refusal::Damaged { what, .. }) => refuse(path, what),
        other => other,
    }
}

/// The refusal of a damaged file, or of one that is not ours.
pub fn refuse(path: Option<&Path>, what: String) -> StoreError {
    let path = path.map_or_else(
        || "the store in memory".into(),
        |path| path.display().to_string(),
    );
    Refusal::Damaged { path, what }.into()
}
