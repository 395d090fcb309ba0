//! Durable runs: a pure reducer over an append-only journal, a driver that acts on what it says, and the models it asks.
//!
//! *Architecture invariant*: nothing here names wasmtime or a database, opens a connection or prints. Tools and models
//! are reached through traits that a surface implements over `Host::call` and over egress.

pub mod definition;
pub mod expression;

pub mod journal;
pub mod state;

pub mod ask;
pub mod check;
pub mod decide;
pub mod defaults;
pub mod naming;

pub mod driver;
pub mod trace;

#[cfg(test)]
mod testing;

pub mod models;
pub mod routes;
