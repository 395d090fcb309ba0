//! Reading beside the writer, each time from one consistent state.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::{sync::Semaphore, task};

use crate::{error::StoreError, traits::Result};

/// Read-only connections, each used by one thread at a time.
#[derive(Debug)]
pub struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    /// As many readers as connections.
    pub fn new(connections: Vec<Connection>) -> Self {
        let permits = Semaphore::new(connections.len());
        Readers {
            idle: Mutex::new(connections),
            permits,
        }
    }

    /// Runs `work` on a thread that may block.
    pub async fn read<T, W>(self: &Arc<Self>, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let _permit = self.permits.acquire().await.map_err(unavailable)?;
        let readers = self.clone();
        task::spawn_blocking(move || readers.on_one(work))
            .await
            .map_err(unavailable)?
    }

    fn on_one<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let conn =
            idle.ok_or_else(|| unavailable(std::io::Error::other("every reader has stopped")))?;
        let result = snapshot(&conn, work);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(conn);
        result
    }
}

fn snapshot<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let transaction = conn.unchecked_transaction()?;
    let result = work(&transaction);
    transaction.finish()?;
    result
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Arc::new(error))
}
