//! What must not be lost: journals of runs, leases on them, the ledger, the catalog and blobs.
//!
//! *Architecture invariant*: this is the only crate that names a database, and nothing here knows what an event means, runs a
//! guest, asks a model or prints.
