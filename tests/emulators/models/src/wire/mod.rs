//! How each provider writes questions and answers. Each format is one file.

mod anthropic;
mod bedrock;
mod frames;
mod gemini;
mod openai_chat;
mod openai_responses;

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::Value;

use crate::answer::Said;
use crate::question::Question;

pub(crate) use anthropic::Anthropic;
pub(crate) use bedrock::Bedrock;
pub(crate) use gemini::Gemini;
pub(crate) use openai_chat::OpenaiChat;
pub(crate) use openai_responses::OpenaiResponses;

/// Bytes of words in a piece of a stream.
const WORDS: usize = 24;

/// Bytes of arguments in a piece of a stream.
const ARGUMENTS: usize = 256;

/// A character nobody writes (private use, three bytes), in whose place bytes go out that are not UTF-8.
pub(crate) const SPOILED: char = '\u{e000}';

/// A format.
pub(crate) trait Wire: Send + Sync {
    /// What the head of a question lacks, in a sentence for whoever asked.
    fn lacks(&self, _: &HeaderMap) -> Option<String> {
        None
    }

    /// What was asked. An error is a sentence for whoever asked.
    fn question(&self, body: &Value) -> Result<Question, String>;

    /// An answer in one.
    fn whole(&self, said: &Said) -> Value;

    /// An answer in pieces, as they go out.
    fn pieces(&self, said: &Said) -> Vec<Bytes>;

    /// How many of those come before the first words.
    fn before_words(&self) -> usize;

    /// The body of a refusal.
    fn refusal(&self, refused: &Refused) -> Value;

    /// A refusal in the middle of a stream.
    fn refusal_piece(&self, refused: &Refused) -> Bytes;

    /// A piece of a stream whose content is no JSON.
    fn nonsense(&self) -> Bytes;

    /// The content type of a stream.
    fn stream_type(&self) -> &'static str {
        "text/event-stream"
    }

    /// The status of a refusal.
    fn status(&self, why: Why) -> u16 {
        match why {
            Why::Unauthorized => 401,
            Why::Invalid => 400,
            Why::RateLimited => 429,
            Why::Overloaded => 503,
        }
    }

    /// Whether a refusal's head says how long to wait.
    fn has_retry_after(&self) -> bool {
        true
    }

    /// What else a refusal says in its head.
    fn refusal_header(&self, _: &Refused) -> Option<(&'static str, &'static str)> {
        None
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Unauthorized,
    Invalid,
    RateLimited,
    Overloaded,
}

/// No answer.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub why: Why,
    pub message: String,
    /// Seconds to wait, where that is told.
    pub wait: Option<u32>,
}

impl Refused {
    pub(crate) fn new(why: Why, message: impl Into<String>) -> Self {
        Self {
            why,
            message: message.into(),
            wait: None,
        }
    }
}

/// JSON as it goes out, with what is to be spoiled spoiled.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    let text = value.to_string();
    let marks: Vec<usize> = text.match_indices(SPOILED).map(|(at, _)| at).collect();
    let mut bytes = text.into_bytes();
    for at in marks {
        bytes[at..at + SPOILED.len_utf8()].fill(0xff);
    }
    bytes
}

/// One server-sent event, with a name where the provider gives one.
fn event(name: Option<&str>, data: &Value) -> Bytes {
    let mut out = match name {
        Some(name) => format!("event: {name}\n").into_bytes(),
        None => Vec::new(),
    };
    out.extend_from_slice(b"data: ");
    out.extend(bytes(data));
    out.extend_from_slice(b"\n\n");
    Bytes::from(out)
}

/// A text in pieces of about `most` bytes; a longer text in larger ones, so that there are not too many.
fn cut(text: &str, most: usize) -> impl Iterator<Item = &str> {
    let most = most.max(text.len() / MOST_PIECES);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, more) = rest.split_at(rest.ceil_char_boundary(most));
        rest = more;
        Some(piece)
    })
}

/// Pieces of one text.
const MOST_PIECES: usize = 4_096;

/// What a field says; nothing where it is not there.
fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn items<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    value[field].as_array().into_iter().flatten()
}

/// The texts of a content: itself, or those of its parts.
fn words(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<String> = parts.iter().map(|part| text(part, "text")).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// Arguments as an object, or as the text they are where they are none.
fn object(arguments: &str) -> Value {
    serde_json::from_str(arguments).unwrap_or_else(|_| Value::from(arguments))
}
