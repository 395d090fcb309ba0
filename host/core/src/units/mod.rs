//! Sizes and spans of time as people write them.

mod bytes;
mod span;
#[cfg(test)]
mod tests;

pub use bytes::{ByteSize, InvalidByteSize};
pub use span::{InvalidSpan, Span};
