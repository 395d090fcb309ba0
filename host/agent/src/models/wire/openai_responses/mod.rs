//! OpenAI Responses.
//!
//! The whole conversation travels each time, with `store: false`: nothing depends on what the provider keeps. Thoughts are
//! items of their own and go back verbatim. A message's `phase` goes back with it: it is kept as a thought,
//! `{"next": {"phase": …}}`, right before the message's words.

mod decode;
mod encode;

pub use decode::Reader;
pub use encode::encode;
