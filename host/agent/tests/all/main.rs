//! Durable runs over a real store: everything a host's death can interrupt.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

#[path = "../../../store/tests/all/cluster.rs"]
#[expect(dead_code, reason = "the store's own tests use all of it")]
mod cluster;

mod broken;
mod budget;
mod corpus;
mod crash;
mod full;
mod hosts;
mod long;
mod memory;
mod schemas;
mod traced;
mod within;
mod world;
mod zombies;
