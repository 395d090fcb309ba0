//! Connections: a pool of them, statements prepared once each, and a limit to how long one is waited for.

use std::{borrow::Cow, future::Future, io, sync::Arc, time::Duration};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::{Config, Error, Row, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{of_read, of_write};
use crate::{error::StoreError, traits::Result};

/// Connections per process. Each is one transaction at a time; the server's default allows a hundred to all hosts together.
const CONNECTIONS: usize = 20;

/// How long a free connection is waited for, and a new one.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an answer is waited for, until the server counts as gone.
const ANSWER: Duration = Duration::from_secs(30);

/// Microseconds since 1970 when the statement began, by the server's clock.
const NOW: &str = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint";

/// What a server that may lose acknowledged writes is not given any: the settings as this session sees them now.
const DURABLE: &str = "coalesce(current_setting('synchronous_commit', true), 'on') <> 'off'
    AND coalesce(current_setting('fsync', true), 'on') <> 'off'
    AND coalesce(current_setting('full_page_writes', true), 'on') <> 'off'";

/// Values of a statement.
pub type Values<'v> = &'v [&'v (dyn ToSql + Sync)];

/// The pool.
#[derive(Clone, Debug)]
pub struct Client {
    pool: Pool,
}

impl Client {
    /// Connects when first used.
    pub fn new(config: Config, tls: MakeRustlsConnect) -> Result<Self> {
        let manager = Manager::from_config(
            config,
            tls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .runtime(Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|error| StoreError::Unavailable(Arc::new(error)))?;
        Ok(Client { pool })
    }

    /// A connection of the pool.
    pub async fn connection(&self) -> Result<Object> {
        self.pool.get().await.map_err(unavailable)
    }

    /// Runs a statement that only reads; once more on another connection when the first has gone.
    pub async fn read(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>> {
        let result = match self.run(sql, values).await {
            Err(Failure::Server(error)) if error.code().is_none() => self.run(sql, values).await,
            other => other,
        };
        result.map_err(Failure::of_read)
    }

    /// Runs a statement that writes.
    pub async fn write(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>> {
        self.run(sql, values).await.map_err(Failure::of_write)
    }

    /// Runs a statement; what a failure means is the caller's to say.
    pub async fn run(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Failure> {
        let connection = self.connection().await.map_err(Failure::Unsent)?;
        let sql = filled(sql);
        let prepared = within(connection.prepare_cached(&sql)).await;
        let answer = match prepared {
            Some(Ok(statement)) => within(connection.query(&statement, values)).await,
            Some(Err(error)) => return Err(Failure::Unsent(of_read(error))),
            None => None,
        };
        let Some(rows) = answer else {
            // A connection that does not answer is not used again.
            drop(Object::take(connection));
            return Err(Failure::Silent);
        };
        rows.map_err(Failure::Server)
    }

    /// Closes every connection.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// Why a statement gave no rows.
#[derive(Debug)]
pub enum Failure {
    /// The server's own answer, or the end of the connection.
    Server(Error),
    /// It was sent, and nothing came for a long time.
    Silent,
    /// It was not sent.
    Unsent(StoreError),
}

impl Failure {
    /// What it means for a statement that writes.
    pub fn of_write(self) -> StoreError {
        match self {
            Failure::Server(error) => of_write(error),
            Failure::Silent => StoreError::Unknown(Arc::new(silence())),
            Failure::Unsent(error) => error,
        }
    }

    /// What it means for a statement that only reads.
    pub fn of_read(self) -> StoreError {
        match self {
            Failure::Server(error) => of_read(error),
            Failure::Silent => StoreError::Unavailable(Arc::new(silence())),
            Failure::Unsent(error) => error,
        }
    }
}

fn silence() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the database did not answer")
}

async fn within<T>(answer: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(ANSWER, answer).await.ok()
}

fn unavailable(error: PoolError) -> StoreError {
    StoreError::Unavailable(Arc::new(error))
}

/// The statement with its times and checks written out.
fn filled(sql: &str) -> Cow<'_, str> {
    if sql.contains('{') {
        sql.replace("{now}", NOW)
            .replace("{durable}", DURABLE)
            .into()
    } else {
        sql.into()
    }
}
