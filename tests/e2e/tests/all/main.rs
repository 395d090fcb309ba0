//! Real guests in a real host, everything else on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod concurrent;
mod data;
mod delegate;
mod dynamic;
mod files;
mod fixtures;
mod grants;
mod hostile;
mod learn;
mod lint;
mod models;
mod openapi;
mod output;
mod review;
mod salesforce;
mod storage;
mod system;
mod typed;
mod web;
