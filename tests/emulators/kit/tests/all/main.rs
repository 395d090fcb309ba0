//! What every emulator has, tried on a service that counts.

#![expect(clippy::unwrap_used, reason = "tests")]

mod client;
mod held;
mod once;
