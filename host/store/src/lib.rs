//! What must not be lost: journals of runs, leases on them, the ledger, the catalog, blobs and memories.
//!
//! *Architecture invariant*: this is the only crate that names a database, and nothing here knows what an event means, runs a
//! guest, asks a model or prints.

//! # Reading order
//! [`types`] are the words; the traits say what is guaranteed ([`Journal`] first); `rules` and `chain` are what both engines decide
//! alike; [`sqlite`] is the embedded engine, `postgres` the one for more than one machine.
//!
//! ```
//! # async fn run() -> Result<(), metier_store::StoreError> {
//! let store = metier_store::open(&"sqlite:runs.db".parse()?).await?;
//! let page = metier_store::types::Page { after: None, max: 20 };
//! for run in store.runs(&Default::default(), page).await? {
//!     assert!(run.head.0 >= 1);
//! }
//! # Ok(()) }
//! ```

pub mod depot;
pub mod limits;
pub mod names;
pub mod search;
pub mod types;

mod error;
mod traits;
mod url;

mod chain;
mod clock;
mod labels;
mod rules;
mod words;

mod blobs;
mod postgres;
pub mod sqlite;

use std::sync::Arc;

pub use chain::{extend, genesis};
pub use clock::{Clock, HeldClock, SystemClock};
pub use error::{Refusal, Source, StoreError};
pub use traits::{
    Blobs, Catalog, Health, Hints, Journal, Leases, Ledger, Memory, Query, Result, Store, WakeHint,
};
pub use url::StoreUrl;

/// Opens a store; the address is the whole configuration.
pub async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>> {
    let options = sqlite::Options::default();
    match url {
        StoreUrl::SqliteFile(path) => Ok(Arc::new(sqlite::SqliteStore::open(path, options)?)),
        StoreUrl::SqliteMemory => Ok(Arc::new(sqlite::SqliteStore::in_memory(options)?)),
        StoreUrl::Postgres(url) => Ok(Arc::new(postgres::PostgresStore::open(url).await?)),
    }
}

/// Opens a store to look at it: also a file that another process has, to which nothing can be written then.
pub async fn look(url: &StoreUrl) -> Result<Arc<dyn Store>> {
    match url {
        StoreUrl::SqliteFile(path) => {
            let options = sqlite::Options::default();
            Ok(Arc::new(sqlite::SqliteStore::look(path, options)?))
        }
        StoreUrl::SqliteMemory | StoreUrl::Postgres(_) => open(url).await,
    }
}
