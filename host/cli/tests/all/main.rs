//! The real binary in an empty home, with guests written as text.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod agents;
mod artifact;
mod attach;
mod authoring;
mod backup;
mod beside;
mod call;
mod dev;
mod docs;
mod errors;
mod help;
mod hooks;
mod inspect;
mod killed;
mod market;
mod market_killed;
mod models;
mod openapi;
mod pack;
mod policy;
mod queue;
mod readme;
mod reload;
mod runs;
mod sandbox;
mod secret;
mod service;
mod storage;
mod streams;
mod team;
mod telemetry;
mod test;
mod trusted;
mod updates;
mod vouched;
