//! A service in memory, over a trail on the disk.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod checker;
mod scene;
mod signed;

mod admitted;
mod events;
mod exported;
mod hooked;
mod killed;
mod making;
mod policed;
mod priced;
mod searched;
mod ticked;
mod triggered;
mod vouched;
