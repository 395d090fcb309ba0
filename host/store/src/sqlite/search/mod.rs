//! [`Search`] in a SQLite file of its own, with FTS5.
//!
//! The file is derived: one of another version, or a damaged one, is made anew, empty.
//!
//! - A skill's row number begins with its standing, so that FTS5, which finds in the order of numbers, finds the best standing
//!   first and can stop early.
//! - The index keeps nothing but which skill has which word, each marked with where it is ([`marks`]), facets alike: finding is
//!   walking through lists of numbers. BM25 would have to look at every skill that has a word before it knows the first.
//! - Typing mistakes are mended from the words there are ([`mend`]): trigrams would find nothing for the short names services
//!   have (`jira` and `jria` have none in common), and comparing with every word costs more than the whole search.

mod find;
mod marks;
mod mend;
mod put;

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use metier_core::ids::SkillName;
use rusqlite::Connection;
use tokio::task;

use super::{lock::FileLock, readers::Readers};
use crate::{
    error::StoreError,
    search::{Found, Search, SearchEntry, SearchQuery},
    traits::Result,
};

/// The version of the tables.
const VERSION: i64 = 1;

/// Connections that look beside the one that writes.
const READERS: usize = 4;

/// Statements kept ready per connection.
const STATEMENTS: usize = 64;

/// Pages kept in memory per connection, in KiB.
const CACHE_KIB: u32 = 32 << 10;

/// An index in a file, or in memory for tests.
#[derive(Clone, Debug)]
pub struct SqliteSearch {
    writer: Arc<Mutex<Connection>>,
    /// None in memory.
    readers: Option<Arc<Readers>>,
    /// Held as long as any clone lives.
    _lock: Option<Arc<FileLock>>,
}

impl SqliteSearch {
    /// Opens the file, and makes it where it is not there or cannot be used. Whether it was made: then it is empty. Takes the file for
    /// this process alone.
    ///
    /// # Errors
    /// Where it can be neither opened nor made.
    pub fn open(path: &Path) -> Result<(Self, bool)> {
        let lock = FileLock::take(path)?;
        if let Ok(writer) = opened(path)
            && version(&writer).is_ok_and(|found| found == VERSION)
        {
            return Ok((Self::over(writer, path, lock)?, false));
        }
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(suffix);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unavailable(error));
                }
                _ => {}
            }
        }
        let writer = opened(path)?;
        writer.execute_batch(include_str!("schema.sql"))?;
        Ok((Self::over(writer, path, lock)?, true))
    }

    /// An index that is gone with the process.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_memory() -> Result<Self> {
        let writer = Connection::open_in_memory()?;
        writer.execute_batch(include_str!("schema.sql"))?;
        Ok(SqliteSearch {
            writer: Arc::new(Mutex::new(writer)),
            readers: None,
            _lock: None,
        })
    }

    fn over(writer: Connection, path: &Path, lock: FileLock) -> Result<Self> {
        let reader = |_| {
            let reader = super::schema::reader(path)?;
            reader.execute_batch(&format!("PRAGMA cache_size = -{CACHE_KIB};"))?;
            Ok(reader)
        };
        let readers = (0..READERS).map(reader).collect::<Result<_>>()?;
        Ok(SqliteSearch {
            writer: Arc::new(Mutex::new(writer)),
            readers: Some(Arc::new(Readers::new(readers))),
            _lock: Some(Arc::new(lock)),
        })
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let writer = self.writer.clone();
        let done = task::spawn_blocking(move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = writer.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        });
        done.await.map_err(unavailable)?
    }
}

#[async_trait]
impl Search for SqliteSearch {
    async fn put(&self, entries: Vec<SearchEntry>) -> Result<()> {
        let put =
            move |conn: &Connection| entries.iter().try_for_each(|entry| put::put(conn, entry));
        self.write(put).await
    }

    async fn remove(&self, name: &SkillName) -> Result<bool> {
        let name = name.clone();
        self.write(move |conn| put::remove(conn, &name)).await
    }

    async fn clear(&self) -> Result<()> {
        self.write(put::clear).await
    }

    async fn query(&self, query: &SearchQuery) -> Result<Found> {
        let query = query.clone();
        let find = move |conn: &Connection| find::find(conn, &query);
        match &self.readers {
            Some(readers) => readers.read(find).await,
            None => self.write(find).await,
        }
    }
}

fn opened(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // What a power cut takes is derived again.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 10000;",
    )?;
    Ok(conn)
}

fn version(conn: &Connection) -> Result<i64> {
    conn.query_row("SELECT count(*) FROM skills WHERE number < 0", [], |_| {
        Ok(())
    })?;
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Arc::new(error))
}
