//! Tokens are fetched once, renewed early, and never leak.
#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod canary;
mod issuer;
mod renewal;
mod sources;
