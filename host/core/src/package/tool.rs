//! The tools of a skill as data, frozen into the file when it is packed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{effect::Effect, ids::ToolName};

/// Most tools in one skill: a model reads them all.
pub const MAX_TOOLS: usize = 512;

/// Largest `metier:tools` section, in bytes: the largest real tool lists are a tenth of it.
pub const MAX_TOOLS_BYTES: usize = 4 << 20;

/// One tool. The JSON has the names MCP gives a tool, and `effect`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tool {
    /// The name it is called by.
    pub name: ToolName,
    /// A short title for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What a model reads to decide whether to call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON Schema 2020-12 of the arguments; its root is an object.
    pub input_schema: Value,
    /// JSON Schema 2020-12 of the answer, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// What calling it does to the world; the worst when the file does not say.
    #[serde(default)]
    pub effect: Effect,
}

/// A `metier:tools` section cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// Larger than [`MAX_TOOLS_BYTES`].
    #[error("the list of tools is larger than {MAX_TOOLS_BYTES} bytes")]
    TooLarge,
    /// More than [`MAX_TOOLS`].
    #[error("the skill has more than {MAX_TOOLS} tools")]
    TooMany,
    /// The same name twice.
    #[error("the tool `{0}` is listed twice")]
    Duplicate(ToolName),
    /// A schema whose root is no object.
    #[error("the input schema of the tool `{0}` does not describe an object")]
    NotAnObject(ToolName),
    /// Not the JSON it should be.
    #[error("the list of tools cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// The bytes of a `metier:tools` section: a JSON array of [`Tool`].
pub fn encode_tools(tools: &[Tool]) -> Result<Vec<u8>, ToolsError> {
    check(tools)?;
    let bytes = serde_json::to_vec(tools)?;
    if bytes.len() > MAX_TOOLS_BYTES {
        Err(ToolsError::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// Reads a `metier:tools` section.
pub fn decode_tools(bytes: &[u8]) -> Result<Vec<Tool>, ToolsError> {
    if bytes.len() > MAX_TOOLS_BYTES {
        return Err(ToolsError::TooLarge);
    }
    let tools: Vec<Tool> = serde_json::from_slice(bytes)?;
    check(&tools)?;
    Ok(tools)
}

fn check(tools: &[Tool]) -> Result<(), ToolsError> {
    if tools.len() > MAX_TOOLS {
        return Err(ToolsError::TooMany);
    }
    let mut seen = std::collections::BTreeSet::new();
    for tool in tools {
        if !seen.insert(&tool.name) {
            return Err(ToolsError::Duplicate(tool.name.clone()));
        }
        let is_object = tool.input_schema.get("type").and_then(Value::as_str) == Some("object");
        if !is_object {
            return Err(ToolsError::NotAnObject(tool.name.clone()));
        }
    }
    Ok(())
}
