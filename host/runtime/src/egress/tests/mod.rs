//! Every step of the pipeline, each with a test that fails without it, against servers on this machine.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::panic, reason = "tests")]

mod address;
mod body;
mod credential;
mod head;
mod limits;
mod recorded;
mod redirect;
mod repeat;
pub mod support;
mod tls;
mod traced;
