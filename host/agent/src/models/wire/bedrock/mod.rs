//! Amazon Bedrock, Converse and ConverseStream.
//!
//! The stream is Amazon's binary one; usage comes in `metadata`, after `messageStop`. `inputTokens` leaves out what was
//! cached. Requests are signed at egress, for the candidate's region; the body's digest travels in
//! `x-amz-content-sha256`, so that nobody has to hold the body to sign it.

mod decode;
mod encode;

pub use decode::Reader;
pub use encode::encode;
