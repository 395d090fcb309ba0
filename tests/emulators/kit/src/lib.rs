//! What every emulator has: listening, counting writes, and being held still.
//!
//! A service that is asked twice to do one thing does it once if both requests carry the same `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header), and a test sees how often it was asked and how often it did something
//! ([`Book`]). A test can stop the service before a request is applied, and after it was applied but before the answer goes out,
//! to kill whoever waits for that answer there ([`Book::watch`], `PUT /__hold` for another process, `--log` for its traces).
//!
//! *Architecture invariant:* nothing here is used by the host; an emulator never knows who calls.

mod asked;
mod book;
pub mod client;
mod control;
mod hold;
mod key;
mod observe;
mod place;
pub mod program;
mod server;
mod tls;

pub use asked::{Asked, Moment, Trace};
pub use book::{Book, Counts, Write};
pub use control::routes;
pub use hold::{Held, Verdict};
pub use observe::{MAX_REQUEST, observe};
pub use place::{Place, Served};
pub use server::ResetHandle;
