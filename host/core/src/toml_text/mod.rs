//! Reading TOML so that every mistake is told by line, column and nearest known key.
//!
//! Manifest and grant are both read through `Section`: a table from which each known key is taken once. Whatever
//! is left when the section is finished is unknown, and unknown is an error.

mod error;
mod item;
mod locate;
mod position;
mod section;
mod source;
#[cfg(test)]
mod tests;

pub use error::TextError;
pub use position::{Located, Position};

pub use item::Item;
pub use locate::{Part, locate};
pub use section::{Section, parse};
use source::Source;

/// Largest manifest or grant, in bytes: a hundred times what a real one needs, and quick to refuse.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;
