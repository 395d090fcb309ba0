//! An agent: instructions, a model, tools.

use serde::{Deserialize, Serialize};

use super::terms::{MemoryUse, Terms};

/// An agent, as its file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Agent {
    /// With what, for how much, with whose consent.
    pub terms: Terms,
    /// What it is told before anything else. `${…}` are CEL expressions over `input`.
    pub instructions: String,
    /// What opens the conversation: text with `${…}`; the input when absent, as JSON unless it is text.
    pub prompt: Option<String>,
    /// The route its model calls take.
    pub model: String,
    /// Most tokens of one answer.
    pub max_tokens: u32,
    /// Sampling temperature; the model's own when absent.
    pub temperature: Option<f64>,
    /// What it remembers.
    pub memory: MemoryUse,
    /// Tokens of conversation from which on it is shortened by a summary; the route's context length decides when absent.
    pub compact_from: Option<u32>,
}
