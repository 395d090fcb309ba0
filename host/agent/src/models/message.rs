//! What is said, in one form for every provider.
//!
//! The form is what the journal keeps, so it only grows: [`FORM_VERSION`] counts the changes that an older reader would
//! misread. JSON with kebab-case keys; an unknown key is an error, because it may be what a newer version relied on.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Origin;

/// Version of the message form. Written beside journaled conversations.
pub const FORM_VERSION: u32 = 1;

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Whoever wrote the agent: instructions.
    System,
    /// Whoever asks.
    User,
    /// The model.
    Assistant,
    /// The tools: results only.
    Tool,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Part {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// A picture.
    Image(Media),
    /// A document, such as a PDF.
    Document(Media),
    /// The model wants a tool called.
    ToolCall(ToolCall),
    /// What a tool answered.
    ToolResult(ToolResult),
    /// What the model thought: opaque, kept verbatim and in order for the provider that wrote it.
    Reasoning(Reasoning),
    /// The model's own words of refusal.
    Refusal {
        /// The words.
        text: String,
    },
}

/// A picture or a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Media {
    /// Its media type, `image/png`.
    pub media_type: String,
    /// Its file name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its bytes, or where they are.
    pub source: MediaSource,
}

/// The bytes of a picture or document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaSource {
    /// Standard Base64, RFC 4648 section 4, with padding.
    Base64(String),
    /// The provider fetches it from there.
    Url(String),
    /// In the blob store under this digest. Whoever asks a model resolves it first; no adapter can send it.
    Blob(String),
}

/// The model wants a tool called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ToolCall {
    /// Unique in its answer; the result carries the same. Made up by the adapter where the provider gives none.
    pub id: String,
    /// The tool, as the request named it; a model may also name one that is not there.
    pub name: String,
    /// The arguments.
    pub arguments: Arguments,
    /// The answer ended before this call did: its arguments may lack their end, even where they parse.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_off: bool,
}

/// Arguments as the model wrote them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arguments {
    /// A JSON object.
    Parsed(Map<String, Value>),
    /// Text that is no JSON object, verbatim.
    Raw(String),
}

/// Why a tool call is not carried out. The sentence is for the model, as the result of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRunnable {
    /// The answer was cut off in the middle of the call.
    #[error(
        "Not called: your answer reached its length limit inside this call. Make the call again, with shorter arguments."
    )]
    CutOff,
    /// The arguments are no JSON object.
    #[error(
        "Not called: the arguments are not a JSON object. Make the call again with valid JSON."
    )]
    NotJson,
}

impl ToolCall {
    /// The arguments, if the call may be carried out.
    ///
    /// # Errors
    /// [`NotRunnable`], whose text goes back to the model as the call's result.
    pub fn runnable(&self) -> Result<&Map<String, Value>, NotRunnable> {
        match &self.arguments {
            _ if self.cut_off => Err(NotRunnable::CutOff),
            Arguments::Raw(_) => Err(NotRunnable::NotJson),
            Arguments::Parsed(arguments) => Ok(arguments),
        }
    }
}

impl Arguments {
    /// Parses what a model wrote. No text at all means no arguments; anything but one object stays text.
    pub fn from_text(text: &str) -> Self {
        if text.trim().is_empty() {
            return Arguments::Parsed(Map::new());
        }
        serde_json::from_str(text)
            .map_or_else(|_| Arguments::Raw(text.to_owned()), Arguments::Parsed)
    }

    /// As JSON text: the text itself where it did not parse.
    pub fn to_text(&self) -> String {
        match self {
            Arguments::Parsed(map) => serde_json::to_string(map).unwrap_or_default(),
            Arguments::Raw(text) => text.clone(),
        }
    }
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ToolResult {
    /// The call it answers.
    pub id: String,
    /// The tool that was called; some providers want it again.
    pub name: String,
    /// The answer.
    pub content: Vec<ResultPart>,
    /// The answer is an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

/// A piece of a tool's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ResultPart {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// Data.
    Json {
        /// The data.
        value: Value,
    },
    /// A picture. Formats whose tool results are text get a sentence that says one was left out.
    Image(Media),
    /// A document; the same holds.
    Document(Media),
}

impl ResultPart {
    /// Whether it is a picture or a document.
    pub const fn is_media(&self) -> bool {
        matches!(self, ResultPart::Image(_) | ResultPart::Document(_))
    }

    /// Bytes of text, of data as JSON, and none of anything else.
    pub fn text_bytes(&self) -> usize {
        match self {
            ResultPart::Text { text } => text.len(),
            ResultPart::Json { value } => value.to_string().len(),
            ResultPart::Image(_) | ResultPart::Document(_) => 0,
        }
    }
}

/// What a model thought, in a form only its provider understands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reasoning {
    /// Who wrote it, and so the only one it may be sent back to.
    pub origin: Origin,
    /// Exactly what the provider sent, and what it gets back.
    pub data: Value,
    /// A part of it fit for people, where the provider gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

impl Message {
    /// A message of words alone.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Message {
            role,
            parts: vec![Part::Text { text: text.into() }],
        }
    }

    /// All its words, one after the other.
    pub fn words(&self) -> String {
        let words = self.parts.iter().filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            _ => None,
        });
        words.collect()
    }

    /// The tools it wants called, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.parts.iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        })
    }
}
