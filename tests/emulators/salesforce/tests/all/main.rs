//! The emulator over its wire.
#![expect(clippy::unwrap_used, reason = "tests")]

mod api;
mod client;
mod faults;
mod oauth;
mod tls;
