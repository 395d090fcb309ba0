//! A hermetic host for end-to-end tests: real guests, loopback services, everything in its own folder.
//!
//! [`TestHost`] is a host with in-memory storage, a resolver the test writes ([`Names`]) and an audit that keeps
//! every record. [`Guest`] finds what `cargo xtask guests` built; one that is missing is a failure with the command
//! that mends it. [`Upstream`] is a service on loopback that remembers what it was asked. A call ends as an
//! [`Ended`]: the outcome together with what the audit wrote about it.
//!
//! *Architecture invariant*: no test here reaches anything but loopback, reads the user's folders, or waits for time to
//! pass where it can wait for something to happen.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use it, and failing is what they do"
)]

pub mod audit;
pub mod ended;
pub mod guests;
pub mod host;
pub mod names;
pub mod upstream;

pub use ended::Ended;
pub use guests::Guest;
pub use host::{Builder, Installed, TestHost};
pub use names::Names;
pub use upstream::{Seen, Upstream};
