//! What a model is asked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Message, Origin, Part, Role};

/// One question to a model, the same for every provider.
///
/// The whole conversation travels each time: nothing depends on what a provider remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ModelRequest {
    /// The conversation. System messages come first; where a provider has one system text they are joined.
    pub messages: Vec<Message>,
    /// The tools the model may ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDefinition>,
    /// Whether it may, must, or must not ask for one.
    #[serde(default)]
    pub tool_choice: ToolChoice,
    /// At most one tool call per answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_call_at_a_time: bool,
    /// The shape the answer has to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseSchema>,
    /// Most tokens of output, thoughts included. None: the candidate's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Randomness, 0 to 2; some models refuse any but their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// For repeatable answers, where the provider offers them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// The answer ends before any of these texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ToolDefinition {
    /// `A-Z a-z 0-9 _ -`, at most 64 characters: what every provider accepts.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments; the root is an object.
    pub input_schema: Value,
}

/// Whether the model may ask for a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// It must not.
    None,
    /// It must ask for one.
    Any,
    /// It must ask for this one.
    Tool(String),
}

/// The shape an answer has to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ResponseSchema {
    /// A name for it, `A-Z a-z 0-9 _ -`.
    pub name: String,
    /// JSON Schema.
    pub schema: Value,
}

impl ModelRequest {
    /// The messages since the last thing a user said: what the model is in the middle of.
    pub fn open_turn(&self) -> &[Message] {
        let said = self
            .messages
            .iter()
            .rposition(|message| message.role == Role::User);
        &self.messages[said.map_or(0, |at| at + 1)..]
    }

    /// Whose thoughts the model is in the middle of; within a tool turn nobody else can go on with them.
    pub fn bound_to(&self) -> Option<&Origin> {
        let in_tools = self
            .messages
            .last()
            .is_some_and(|message| message.role == Role::Tool);
        let parts = self.open_turn().iter().flat_map(|message| &message.parts);
        let mut origins = parts.filter_map(|part| match part {
            Part::Reasoning(reasoning) => Some(&reasoning.origin),
            _ => None,
        });
        origins.next_back().filter(|_| in_tools)
    }
}
