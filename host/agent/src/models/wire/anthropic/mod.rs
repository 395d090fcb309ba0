//! Anthropic Messages.
//!
//! Usage comes as snapshots, of which the last counts field by field; its `input_tokens` leaves out what was cached.

mod decode;
mod encode;

pub use decode::Reader;
pub use encode::encode;
