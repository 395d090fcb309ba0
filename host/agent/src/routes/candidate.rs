//! A candidate: one model at one provider.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Price;
use crate::models::Origin;

/// How a provider's requests and answers look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// OpenAI Chat Completions, and everybody who speaks it: Ollama, vLLM, OpenRouter …
    OpenaiChat,
    /// OpenAI Responses.
    OpenaiResponses,
    /// Anthropic Messages.
    Anthropic,
    /// Amazon Bedrock, Converse.
    Bedrock,
    /// Azure OpenAI v1, Chat Completions; the model is the deployment's name.
    AzureOpenai,
    /// Gemini, and Gemini on Vertex AI.
    Gemini,
}

/// What a model can do beyond words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Asks for tools.
    Tools,
    /// Looks at pictures.
    Vision,
    /// Reads documents.
    Documents,
    /// Answers in a given shape.
    Schema,
    /// Thinks first, and gives its thoughts to be sent back.
    Reasoning,
}

/// One model at one provider, as `[candidates.NAME]` in the routes file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Candidate {
    /// Its name in the file; set when the file is read.
    #[serde(default)]
    pub name: String,
    /// How it is spoken to.
    pub format: Format,
    /// The model as the provider calls it; for Azure the deployment.
    pub model: String,
    /// Where requests go: everything before the part that is the format's own.
    pub base_url: String,
    /// The credential that is attached on the way out; none for a server that wants none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The provider's region, for display and for signing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The jurisdiction its answers are computed in: `eu`, `us`. Unknown is none: it fits no rule about residency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residency: Option<String>,
    /// Longest conversation with its answer, in tokens.
    pub context: u64,
    /// Longest answer, in tokens; asked for where the request does not say.
    pub max_output: u32,
    /// What it can do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
    /// What it is good for: `drafting`, `code`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Its price, where the price table has none: a local model's zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Longest wait for the first byte, in seconds.
    #[serde(default = "first_byte_seconds")]
    pub first_byte_seconds: u32,
    /// Longest wait for the whole answer, in seconds.
    #[serde(default = "answer_seconds")]
    pub answer_seconds: u32,
    /// The provider streams; switch off for a server that cannot.
    #[serde(default = "streams", skip_serializing_if = "Clone::clone")]
    pub stream: bool,
    /// Networks its host may lead to although they are not public, `10.0.0.0/8`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// A file of extra root certificates (PEM) for its host, relative to the routes file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// Put into the top level of every request's body, for what the request form has no word for: `thinking`, `reasoning`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}

/// A minute: models that think first are slow to begin.
const fn first_byte_seconds() -> u32 {
    60
}

/// Ten minutes: the longest answers of today's models take five.
const fn answer_seconds() -> u32 {
    600
}

const fn streams() -> bool {
    true
}

impl Feature {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Feature::Tools => "tools",
            Feature::Vision => "vision",
            Feature::Documents => "documents",
            Feature::Schema => "schema",
            Feature::Reasoning => "reasoning",
        }
    }
}

impl Format {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::OpenaiChat => "openai-chat",
            Format::OpenaiResponses => "openai-responses",
            Format::Anthropic => "anthropic",
            Format::Bedrock => "bedrock",
            Format::AzureOpenai => "azure-openai",
            Format::Gemini => "gemini",
        }
    }
}

impl Candidate {
    /// Who it is to opaque blocks.
    pub fn origin(&self) -> Origin {
        let rest = self
            .base_url
            .split_once("://")
            .map_or(self.base_url.as_str(), |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or(rest);
        Origin {
            provider: format!("{}@{authority}", self.format.as_str()),
            model: self.model.clone(),
        }
    }

    /// Whether it can do all of these.
    pub fn has(&self, features: &[Feature]) -> bool {
        features
            .iter()
            .all(|feature| self.features.contains(feature))
    }

    /// Longest wait for the first byte.
    pub fn first_byte(&self) -> Duration {
        Duration::from_secs(self.first_byte_seconds.into())
    }

    /// Longest wait for the whole answer.
    pub fn whole_answer(&self) -> Duration {
        Duration::from_secs(self.answer_seconds.into())
    }
}
