//! The embedded engine: one file, no set-up.
//!
//! WAL with `synchronous = FULL`: what was acknowledged survives `kill -9` and a power cut. One thread writes, in groups
//! ([`writer`]); others read beside it ([`readers`]). Blobs are files in `PATH.blobs`. One process at a time ([`lock`]); others may look.
//!
//! ```
//! # async fn run() -> Result<(), metier_store::StoreError> {
//! use metier_store::{Leases, sqlite::{Options, SqliteStore}};
//! let store = SqliteStore::in_memory(Options::default())?;
//! store.now().await?;
//! # Ok(()) }
//! ```

mod schema;

mod lock;
mod readers;
mod writer;

mod append;
mod budget;
mod catalog;
mod create;
mod leases;
mod ledger;
mod memory;
mod query;
mod search;

mod backup;
mod error;
mod serve;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;

pub use self::{
    backup::{backup, restore},
    search::SqliteSearch,
};
use self::{
    lock::{FileLock, beside},
    readers::Readers,
    writer::{Tx, Writer},
};
use crate::{
    blobs::BlobStore,
    clock::{Clock, SystemClock},
    error::Refusal,
    traits::Result,
};

/// Connections that read beside the writer: reads are short, and the machine's cores are the limit.
const READERS: usize = 4;

/// What a program may set; none of it is needed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Most pages of 4 KiB the file may have; beyond, writing is [`Unavailable`](crate::StoreError::Unavailable).
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            clock: Arc::new(SystemClock::default()),
            max_pages: None,
        }
    }
}

/// A store in a file, or in memory for tests.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    /// None in memory: there the writer reads, too.
    readers: Option<Arc<Readers>>,
    clock: Arc<dyn Clock>,
    blobs: BlobStore,
    path: Option<PathBuf>,
}

impl SqliteStore {
    /// Opens the file, and makes it when it is not there. Takes the file for this process alone.
    pub fn open(path: &Path, options: Options) -> Result<Self> {
        let lock = FileLock::take(path)?;
        let conn = schema::writer(Some(path), &*options.clock)?;
        limit(&conn, options.max_pages)?;
        leases::end_all(&conn, options.clock.now())?;
        let readers = (0..READERS)
            .map(|_| schema::reader(path))
            .collect::<Result<_>>()?;
        let blobs = BlobStore::on_disk(&beside(path, ".blobs"))?;
        let writer = Writer::start(conn, options.clock.clone(), lock)?;
        let readers = Some(Arc::new(Readers::new(readers)));
        Ok(SqliteStore {
            writer,
            readers,
            clock: options.clock,
            blobs,
            path: Some(path.to_owned()),
        })
    }

    /// Opens a file to look at it, beside the process that has it if there is one. Whatever would write is refused.
    pub fn look(path: &Path, options: Options) -> Result<Self> {
        schema::known(&schema::reader(path)?, path)?;
        let readers = (0..READERS)
            .map(|_| schema::reader(path))
            .collect::<Result<_>>()?;
        let why = Refusal::OnlyLooked {
            path: path.display().to_string(),
        };
        Ok(SqliteStore {
            writer: Writer::refusing(why.clone()),
            readers: Some(Arc::new(Readers::new(readers))),
            clock: options.clock,
            blobs: BlobStore::to_look(&beside(path, ".blobs"), why)?,
            path: Some(path.to_owned()),
        })
    }

    /// A store that is gone with the process.
    pub fn in_memory(options: Options) -> Result<Self> {
        let conn = schema::writer(None, &*options.clock)?;
        limit(&conn, options.max_pages)?;
        let writer = Writer::start(conn, options.clock.clone(), ())?;
        Ok(SqliteStore {
            writer,
            readers: None,
            clock: options.clock,
            blobs: BlobStore::in_memory(),
            path: None,
        })
    }

    /// Sets how large the file may get, in pages of 4 KiB.
    pub async fn set_max_pages(&self, pages: u32) -> Result<()> {
        // The pragma takes effect outside as inside a transaction.
        self.writer
            .write(move |tx| limit(tx.conn, Some(pages)))
            .await
    }

    async fn write<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.writer.write(work).await
    }

    async fn read<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        match &self.readers {
            Some(readers) => readers.read(work).await,
            None => self.writer.write(move |tx| work(tx.conn)).await,
        }
    }
}

fn limit(conn: &Connection, pages: Option<u32>) -> Result<()> {
    if let Some(pages) = pages {
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    Ok(())
}
