//! The repository's invariants, as tests.
//!
//! What ARCHITECTURE.md and STYLE promise about the whole tree and no single crate can hold:
//! who may depend on what, what every member inherits, how long files get, and that the
//! documents name things that exist. They read the checkout and `cargo metadata`, nothing else.

#![expect(clippy::unwrap_used, reason = "tests")]

mod architecture;
mod decisions;
mod dependencies;
mod documents;
mod graph;
mod guests;
mod length;
mod members;
mod printing;
mod tree;
mod vendored;
