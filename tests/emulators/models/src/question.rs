//! What was asked, the same for every provider.

use serde::Serialize;
use serde_json::Value;

/// One question with the whole conversation before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Question {
    /// The model, in the words of whoever asks.
    pub model: String,
    /// All instructions, one after the other.
    pub system: String,
    /// What was said since, in order.
    pub turns: Vec<Turn>,
    /// The tools that are offered.
    pub tools: Vec<Tool>,
    /// The shape the answer has to have.
    pub schema: Option<Value>,
    /// The most tokens of an answer.
    pub max_tokens: Option<u64>,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Whether a stream is to end with what was used, where the provider does not do so anyway.
    pub usage: bool,
}

/// A tool that is offered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// The JSON Schema of its arguments.
    pub schema: Value,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// By whoever asks.
    User(String),
    /// By the model.
    Model(String),
    /// The model wanted a tool called.
    Called {
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// A tool answered.
    Result {
        /// The call it answers.
        id: String,
        /// The answer, a text for each of its parts.
        parts: Vec<String>,
        /// Whether it is an error.
        is_error: bool,
    },
}

impl Question {
    /// What whoever asks said last.
    #[must_use]
    pub fn prompt(&self) -> &str {
        let said = self.turns.iter().rev().find_map(|turn| match turn {
            Turn::User(text) => Some(text.as_str()),
            _ => None,
        });
        said.unwrap_or_default()
    }

    /// How many tools the model has called so far.
    #[must_use]
    pub fn calls(&self) -> usize {
        let calls = self.turns.iter();
        calls
            .filter(|turn| matches!(turn, Turn::Called { .. }))
            .count()
    }

    /// Whether there was a call of this id.
    #[must_use]
    pub fn was_called(&self, wanted: &str) -> bool {
        let mut turns = self.turns.iter();
        turns.any(|turn| matches!(turn, Turn::Called { id, .. } if id == wanted))
    }

    /// The results of one tool, in order.
    pub fn results<'q>(&'q self, tool: &'q str) -> impl Iterator<Item = (&'q [String], bool)> {
        let ids: Vec<&str> = self
            .turns
            .iter()
            .filter_map(|turn| called(turn, tool))
            .collect();
        self.turns.iter().filter_map(move |turn| match turn {
            Turn::Result {
                id,
                parts,
                is_error,
            } if ids.contains(&id.as_str()) => Some((parts.as_slice(), *is_error)),
            _ => None,
        })
    }

    /// Bytes of all that was said and offered.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let turn = |turn: &Turn| match turn {
            Turn::User(text) | Turn::Model(text) => text.len(),
            Turn::Called { id, name } => id.len() + name.len(),
            Turn::Result { parts, .. } => parts.iter().map(String::len).sum(),
        };
        let tool = |tool: &Tool| tool.name.len() + tool.schema.to_string().len();
        self.system.len()
            + self.turns.iter().map(turn).sum::<usize>()
            + self.tools.iter().map(tool).sum::<usize>()
    }
}

fn called<'t>(turn: &'t Turn, tool: &str) -> Option<&'t str> {
    match turn {
        Turn::Called { id, name } if name == tool => Some(id),
        _ => None,
    }
}
