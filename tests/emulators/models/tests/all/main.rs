//! The emulated providers, from outside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod anthropic;
mod faults;
mod program;
mod providers;
