//! How much of an answer is taken. A model, or whoever sits between, may send anything for ever.

/// Most bytes of one answer on the wire. The longest real answers, 128,000 tokens in events of 300 bytes, are 40 MB.
pub const MAX_WIRE_BYTES: usize = 64 << 20;

/// Longest event or line. OpenAI Responses repeats the whole answer in its last event.
pub const MAX_EVENT_BYTES: usize = 8 << 20;

/// Most bytes of words, arguments and thoughts together: eight times the longest answer a model of today gives.
pub const MAX_CONTENT_BYTES: usize = 4 << 20;

/// Most tool calls in one answer. Models are trained on a handful; a thousand is a loop.
pub const MAX_TOOL_CALLS: usize = 128;

/// Most parts in one answer.
pub const MAX_PARTS: usize = 1024;

/// Most bytes of an error's body that are read: its sentence is at its beginning.
pub const MAX_ERROR_BYTES: usize = 64 << 10;

/// Longest id or name taken from a provider, in bytes; longer ones are replaced or cut.
pub const MAX_NAME_BYTES: usize = 256;

/// Longest sentence of a provider that is quoted, in characters.
pub const MAX_QUOTED_CHARACTERS: usize = 500;

/// Longest wait a provider can ask for, in milliseconds: a day. More is a mistake of theirs.
pub const MAX_RETRY_AFTER_MS: u64 = 24 * 60 * 60 * 1000;
