//! What must not be lost: journals of runs, leases on them, the ledger, the catalog, blobs and memories.
//!
//! *Architecture invariant*: this is the only crate that names a database, and nothing here knows what an event means, runs a
//! guest, asks a model or prints.

pub mod limits;
pub mod types;

mod error;
mod traits;
mod url;

pub use error::{Refusal, Source, StoreError};
pub use traits::{
    Blobs, Catalog, Health, Hints, Journal, Leases, Ledger, Memory, Query, Result, Store, WakeHint,
};
pub use url::StoreUrl;
