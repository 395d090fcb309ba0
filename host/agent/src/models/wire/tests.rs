//! Answers as providers send them, decoded; questions, encoded. The files are in `tests/corpus/models`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod answers;
mod fixture;
mod hostile;
mod questions;
