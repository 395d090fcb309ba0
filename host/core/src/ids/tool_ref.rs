//! A tool of another skill, by name.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{SkillName, ToolName};

/// `com.acme/jira#addComment`: a tool, with the skill it belongs to.
///
/// ```
/// use metier_core::ids::ToolRef;
/// let tool: ToolRef = "com.acme/jira#addComment".parse()?;
/// assert_eq!((tool.skill.short(), tool.tool.as_str()), ("jira", "addComment"));
/// # Ok::<(), metier_core::ids::InvalidToolRef>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToolRef {
    /// The skill's name.
    pub skill: SkillName,
    /// The tool's name in it.
    pub tool: ToolName,
}

/// The text names no tool of a skill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no tool of a skill; write the skill's name, `#` and the tool, such as `com.acme/jira#addComment`"
)]
pub struct InvalidToolRef(String);

impl FromStr for ToolRef {
    type Err = InvalidToolRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('#').and_then(|(skill, tool)| {
            Some(ToolRef {
                skill: skill.parse().ok()?,
                tool: tool.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| InvalidToolRef(super::shown(text)))
    }
}

impl TryFrom<String> for ToolRef {
    type Error = InvalidToolRef;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ToolRef> for String {
    fn from(tool: ToolRef) -> Self {
        tool.to_string()
    }
}

impl fmt::Display for ToolRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.skill, self.tool)
    }
}
