//! A service in memory, over a trail on the disk.
#![expect(clippy::unwrap_used, reason = "tests")]

mod checker;
mod scene;

mod admitted;
mod events;
mod exported;
mod killed;
mod policed;
mod searched;
