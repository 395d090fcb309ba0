//! Every way a call can fail: a stable code, who is to blame, and what to do about it.
//!
//! Codes are a promise: they are never renamed or reused, so that scripts and agents may match on them. Each has a
//! page, `docs/errors/<code>.md`; a test holds the list and the pages together.

mod blame;
mod table;
#[cfg(test)]
mod tests;

pub use blame::Blame;
pub use table::{Code, UnknownCode};
