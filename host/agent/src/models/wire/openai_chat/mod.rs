//! OpenAI Chat Completions, and everybody who speaks it; Azure OpenAI v1 is the same with the deployment as model.
//!
//! OpenAI and Azure get `max_completion_tokens` and `store: false`; others get `max_tokens`, which all of them know.

mod decode;
mod encode;

pub use decode::Reader;
pub use encode::encode;
