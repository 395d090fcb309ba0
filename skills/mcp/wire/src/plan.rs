//! The plan: a server and its tools as they were when it was attached.
//!
//! The format is strict: unknown members are errors, `version` is 1, and every list is bounded. A server that changes what it says
//! of a tool changes nothing here.

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use serde_json::Value as Json;

use crate::Revision;

/// Where a skill keeps its plan among its packed files.
pub const RESOURCE: &str = "assets/server.json";

/// The version of the format.
pub const VERSION: u32 = 1;

/// Largest plan, in bytes: a skill's tools take as much.
pub const MAX_PLAN_BYTES: usize = 4 << 20;

/// Most tools.
pub const MAX_TOOLS: usize = 512;

/// Most arguments of a tool that travel as headers as well.
pub const MAX_PROMOTED: usize = 16;

/// An attached server. `S` is what schemas are read as: nothing, where a tool is only called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plan<S = Json> {
    /// [`VERSION`].
    pub version: u32,
    /// Where messages are posted: absolute.
    pub url: String,
    /// The revision it was attached with.
    pub revision: Revision,
    /// Whether it gave a session, which is ended after each call.
    #[serde(default, skip_serializing_if = "is_false")]
    pub session: bool,
    /// What it calls itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// Its tools, in the order they are listed in.
    #[serde(bound(deserialize = "S: Deserialize<'de>"))]
    pub tools: Vec<Tool<S>>,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tool<S = Json> {
    /// What it is called here.
    pub name: String,
    /// What it is called on the server.
    pub tool: String,
    /// What a model reads.
    pub description: String,
    /// JSON Schema of the arguments.
    #[serde(bound(deserialize = "S: Deserialize<'de>"))]
    pub input_schema: S,
    /// JSON Schema of the structured answer.
    #[serde(
        default = "none",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some",
        bound(deserialize = "S: Deserialize<'de>")
    )]
    pub output_schema: Option<S>,
    /// Arguments that travel as headers as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Promoted>,
}

/// An argument that travels as a header as well (`x-mcp-header`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promoted {
    /// The header's name, behind `Mcp-Param-`.
    pub header: String,
    /// The members that lead to the argument.
    pub path: Vec<String>,
}

/// A plan cannot be used.
#[derive(Debug)]
pub enum PlanError {
    /// Larger than [`MAX_PLAN_BYTES`].
    TooLarge,
    /// Not the JSON it should be.
    Json(serde_json::Error),
    /// Of another version.
    Version(u32),
    /// More tools, or more of their headers, than there may be.
    TooMany,
    /// The same name twice.
    Twice(String),
    /// The address is none.
    Url(String),
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PlanError::TooLarge => write!(f, "it is larger than {MAX_PLAN_BYTES} bytes"),
            PlanError::Json(error) => write!(f, "{error}"),
            PlanError::Version(version) => {
                write!(
                    f,
                    "its version is {version} and this is for version {VERSION}"
                )
            }
            PlanError::TooMany => write!(
                f,
                "it has more than {MAX_TOOLS} tools, or a tool with more than {MAX_PROMOTED} headers"
            ),
            PlanError::Twice(name) => write!(f, "the tool `{name}` is there twice"),
            PlanError::Url(url) => write!(f, "`{url}` is no address of a server"),
        }
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// The one text of the plan.
    ///
    /// # Errors
    /// Where it could not be read again.
    pub fn to_json(&self) -> Result<String, PlanError> {
        self.check()?;
        let mut text = serde_json::to_string_pretty(self).map_err(PlanError::Json)?;
        text.push('\n');
        match text.len() > MAX_PLAN_BYTES {
            true => Err(PlanError::TooLarge),
            false => Ok(text),
        }
    }

    /// Reads and checks.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn from_json(bytes: &[u8]) -> Result<Plan, PlanError> {
        read(bytes)
    }
}

impl Plan<IgnoredAny> {
    /// Reads and checks, but for the schemas.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn for_a_call(bytes: &[u8]) -> Result<Plan<IgnoredAny>, PlanError> {
        read(bytes)
    }
}

fn read<'b, S: Deserialize<'b>>(bytes: &'b [u8]) -> Result<Plan<S>, PlanError> {
    if bytes.len() > MAX_PLAN_BYTES {
        return Err(PlanError::TooLarge);
    }
    let plan: Plan<S> = serde_json::from_slice(bytes).map_err(PlanError::Json)?;
    plan.check()?;
    Ok(plan)
}

impl<S> Plan<S> {
    fn check(&self) -> Result<(), PlanError> {
        if self.version != VERSION {
            return Err(PlanError::Version(self.version));
        }
        if !self.url.starts_with("https://") && !self.url.starts_with("http://") {
            return Err(PlanError::Url(self.url.clone()));
        }
        let crowded = |tool: &Tool<S>| tool.headers.len() > MAX_PROMOTED;
        if self.tools.len() > MAX_TOOLS || self.tools.iter().any(crowded) {
            return Err(PlanError::TooMany);
        }
        let mut seen = std::collections::BTreeSet::new();
        match self.tools.iter().find(|tool| !seen.insert(&tool.name)) {
            Some(twice) => Err(PlanError::Twice(twice.name.clone())),
            None => Ok(()),
        }
    }
}

fn is_false(it: &bool) -> bool {
    !*it
}

fn none<S>() -> Option<S> {
    None
}

fn some<'de, S: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<S>, D::Error> {
    S::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value as Json, json};

    use super::Plan;

    fn plan() -> Json {
        json!({"version": 1, "url": "https://a.example/mcp", "revision": "2026-07-28", "tools": [
            {"name": "add", "tool": "math.add", "description": "Adds.", "input-schema": {"type": "object"}},
            {"name": "sub", "tool": "sub", "description": "", "input-schema": {"type": "object"},
             "output-schema": {"type": "object"}, "headers": [{"header": "X", "path": ["a"]}]},
        ]})
    }

    fn read(json: &Json) -> Result<Plan, String> {
        Plan::from_json(json.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_again_with_its_schemas_or_without() {
        let read = read(&plan()).unwrap();
        let text = read.to_json().unwrap();
        assert_eq!(Plan::from_json(text.as_bytes()).unwrap(), read);
        let light = Plan::for_a_call(text.as_bytes()).unwrap();
        assert_eq!(light.tools[0].tool, "math.add");
        assert!(light.tools[1].output_schema.is_some());
        assert!(light.tools[0].output_schema.is_none());
    }

    #[test]
    fn what_a_plan_may_not_be_is_refused() {
        let changed = |pointer: &str, to: Json| {
            let mut plan = plan();
            *plan.pointer_mut(pointer).unwrap() = to;
            read(&plan).unwrap_err()
        };
        assert!(changed("/version", json!(2)).contains("version"));
        assert!(changed("/url", json!("file:///etc")).contains("no address"));
        assert!(changed("/revision", json!("2024-11-05")).contains("2024-11-05"));
        assert!(changed("/tools/1/name", json!("add")).contains("twice"));
        let header = json!({"header": "X", "path": ["a"]});
        assert!(changed("/tools/1/headers", json!(vec![header; 17])).contains("more than"));
        let tool = plan()["tools"][0].clone();
        assert!(changed("/tools", json!(vec![tool; 513])).contains("more than 512"));
        let mut unknown = plan();
        unknown["password"] = json!("x");
        assert!(read(&unknown).unwrap_err().contains("password"));
        let huge = vec![b' '; super::MAX_PLAN_BYTES + 1];
        assert!(
            Plan::from_json(&huge)
                .unwrap_err()
                .to_string()
                .contains("larger")
        );
    }
}
