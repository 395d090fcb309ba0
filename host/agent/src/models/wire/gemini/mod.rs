//! Gemini, by Google's own API or on Vertex AI.
//!
//! A `thoughtSignature` belongs to the part it stands on, and that part must go back with it and unmerged. It is kept as a
//! thought of its own, `{"next": {"thoughtSignature": …}}`, right before the part; summaries of thoughts are kept as the
//! parts they are. There is no event for the end: the stream is whole when a reason to finish was told.

mod decode;
mod encode;

pub use decode::Reader;
pub use encode::encode;
