//! Whose path a path is.

use percent_encoding::percent_decode_str;

use crate::question::Question;
use crate::wire::{Anthropic, Bedrock, Gemini, OpenaiChat, OpenaiResponses, Wire};

/// How a provider wants its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyPlace {
    /// A header of its own.
    Header(&'static str),
    /// `Authorization: Bearer`.
    Bearer,
    /// Either.
    HeaderOrBearer(&'static str),
    /// `Authorization: AWS4-HMAC-SHA256`, or a bearer.
    Signature,
}

/// What a path says.
pub(super) struct Provider {
    pub wire: &'static dyn Wire,
    pub key: KeyPlace,
    /// The model, where the path names it.
    model: Option<String>,
    /// Whether a stream is wanted, where the path says it.
    stream: Option<bool>,
}

impl Provider {
    /// None for a path of nobody.
    pub(super) fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let plain = |wire: &'static dyn Wire, key| Self {
            wire,
            key,
            model: None,
            stream: None,
        };
        Some(match parts.as_slice() {
            ["v1", "messages"] => plain(&Anthropic, KeyPlace::HeaderOrBearer("x-api-key")),
            ["v1", "chat", "completions"] => plain(&OpenaiChat, KeyPlace::Bearer),
            ["v1", "responses"] => plain(&OpenaiResponses, KeyPlace::Bearer),
            ["openai", "v1", "chat", "completions"] => plain(&OpenaiChat, AZURE),
            ["openai", "v1", "responses"] => plain(&OpenaiResponses, AZURE),
            ["openai", "deployments", deployment, "chat", "completions"] => Self {
                model: Some((*deployment).to_owned()),
                ..plain(&OpenaiChat, AZURE)
            },
            ["v1" | "v1beta", "models", last] => {
                Self::gemini(last, KeyPlace::Header("x-goog-api-key"))?
            }
            [
                "v1" | "v1beta1",
                "projects",
                _,
                "locations",
                _,
                "publishers",
                "google",
                "models",
                last,
            ] => Self::gemini(last, KeyPlace::Bearer)?,
            ["model", model, last @ ("converse" | "converse-stream")] => Self {
                wire: &Bedrock,
                key: KeyPlace::Signature,
                model: Some(percent_decode_str(model).decode_utf8_lossy().into_owned()),
                stream: Some(*last == "converse-stream"),
            },
            _ => return None,
        })
    }

    /// `MODEL:generateContent`
    fn gemini(last: &str, key: KeyPlace) -> Option<Self> {
        let (model, operation) = last.split_once(':')?;
        let stream = match operation {
            "generateContent" => false,
            "streamGenerateContent" => true,
            _ => return None,
        };
        Some(Self {
            wire: &Gemini,
            key,
            model: Some(model.to_owned()),
            stream: Some(stream),
        })
    }

    /// Adds what the path says.
    pub(super) fn complete(&self, question: &mut Question) {
        if let Some(model) = &self.model {
            question.model.clone_from(model);
        }
        question.stream = self.stream.unwrap_or(question.stream);
    }
}

const AZURE: KeyPlace = KeyPlace::HeaderOrBearer("api-key");
