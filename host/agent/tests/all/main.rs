//! Durable runs over a real store: everything a host's death can interrupt.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod budget;
mod crash;
mod full;
mod long;
mod within;
mod world;
mod zombies;
