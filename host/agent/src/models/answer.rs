//! What a model answered, and what it used.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Message;

/// What one provider answered once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Completion {
    /// What it said.
    pub message: Message,
    /// Why it stopped.
    pub stop: StopReason,
    /// What it used.
    pub usage: Usage,
    /// The model that answered, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The provider's id of the answer, for questions to its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// It was done, or met a stop text.
    End,
    /// It wants tools called.
    ToolUse,
    /// It ran into its limit of tokens or its context.
    MaxTokens,
    /// It would not.
    Refusal,
    /// The provider would not let it.
    ContentFilter,
    /// Something else, in the provider's word.
    Other(String),
}

/// What an answer used, in tokens.
///
/// The same meaning for every provider: `input` includes what was read from and written to a cache, `output` includes
/// reasoning. What the provider itself said is in `raw`, because it is money.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Usage {
    /// All input, cached or not.
    pub input: u64,
    /// Of the input: read from a cache.
    #[serde(default)]
    pub cached_read: u64,
    /// Of the input: written to a cache.
    #[serde(default)]
    pub cache_write: u64,
    /// All output, reasoning included.
    pub output: u64,
    /// Of the output: reasoning.
    #[serde(default)]
    pub reasoning: u64,
    /// The provider did not say; these are our own upper bounds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// The provider's own words, null where it said nothing.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub raw: Value,
}

impl Usage {
    /// Of the input: neither read from a cache nor written to one.
    pub fn plain_input(&self) -> u64 {
        self.input
            .saturating_sub(self.cached_read)
            .saturating_sub(self.cache_write)
    }
}
