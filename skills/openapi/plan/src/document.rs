//! The text of a plan, and how one operation is found in it without reading the rest.
//!
//! ```text
//! {"version":1,"base_url":"https://…","base_url_config":"fixed","index":[["getIssue",0,812],["addComment",813,640]],"operations":[
//! {"tool":"getIssue","method":"GET",…},
//! {"tool":"addComment","method":"POST",…}
//! ],"tools":[
//! {"title":"Get issue","description":"…","input_schema":{…},"output_schema":{…}},
//! {"description":"…","input_schema":{…}}
//! ]}
//! ```
//!
//! `operations` is what a call needs, `tools` (in the same order) what a model reads. `index` says where an operation's
//! line begins, in bytes behind the first line, and how long it is: a call reads the first line and that one. It is a
//! shortcut and nothing more: whoever edits the file may leave it out, and a reader whom it leads astray reads everything.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BaseUrlConfig, Operation, Plan, PlanError, VERSION, check};

/// Largest plan, in bytes: all files of a skill together may have as many.
pub const MAX_PLAN_BYTES: usize = 16 << 20;

/// The first line's end.
const OPERATIONS: &str = "\"operations\":[";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    base_url: String,
    base_url_config: BaseUrlConfig,
    #[serde(default)]
    index: Vec<(String, usize, usize)>,
    operations: Vec<Operation>,
    #[serde(default)]
    tools: Option<Vec<Tool>>,
}

/// What a model reads of an operation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    description: String,
    input_schema: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_schema: Option<Value>,
}

impl Plan {
    /// Reads a plan and checks it.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn from_json(text: &str) -> Result<Plan, PlanError> {
        if text.len() > MAX_PLAN_BYTES {
            return Err(PlanError::TooLarge);
        }
        let document: Document = parse(text)?;
        check_version(document.version)?;
        let tools = document.tools.unwrap_or_default();
        if tools.len() != document.operations.len() {
            return Err(PlanError::Unpaired {
                operations: document.operations.len(),
                tools: tools.len(),
            });
        }
        let mut operations = document.operations;
        for (operation, tool) in operations.iter_mut().zip(tools) {
            operation.title = tool.title;
            operation.description = tool.description;
            operation.input_schema = tool.input_schema;
            operation.output_schema = tool.output_schema;
        }
        let plan = Plan {
            base_url: document.base_url,
            base_url_config: document.base_url_config,
            operations,
        };
        check::plan(&plan)?;
        Ok(plan)
    }

    /// The one canonical text of the plan: equal plans have equal texts.
    ///
    /// # Errors
    /// When it is not a plan that [`Plan::from_json`] would accept.
    pub fn to_json(&self) -> Result<String, PlanError> {
        check::plan(self)?;
        let mut lines = Vec::with_capacity(self.operations.len());
        let mut tools = Vec::with_capacity(self.operations.len());
        let mut index = Vec::with_capacity(self.operations.len());
        let mut start = 0;
        for operation in &self.operations {
            let line = text(operation)?;
            index.push((operation.tool.as_str(), start, line.len()));
            // The comma and the end of the line.
            start += line.len() + 2;
            lines.push(line);
            tools.push(text(&Tool {
                title: operation.title.clone(),
                description: operation.description.clone(),
                input_schema: operation.input_schema.clone(),
                output_schema: operation.output_schema.clone(),
            })?);
        }
        let json = format!(
            "{{\"version\":{VERSION},\"base_url\":{},\"base_url_config\":{},\"index\":{},{OPERATIONS}\n{}\n],\"tools\":[\n{}\n]}}\n",
            text(&self.base_url)?,
            text(&self.base_url_config)?,
            text(&index)?,
            lines.join(",\n"),
            tools.join(",\n"),
        );
        match json.len() > MAX_PLAN_BYTES {
            true => Err(PlanError::TooLarge),
            false => Ok(json),
        }
    }
}

/// The first line of a canonical text: what is said of all operations, and where each is.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// See [`Plan::base_url`].
    pub base_url: String,
    /// See [`Plan::base_url_config`].
    pub base_url_config: BaseUrlConfig,
    index: Vec<(String, usize, usize)>,
    /// Where the second line begins.
    behind: usize,
}

impl Head {
    /// Reads the head from the beginning of a text; `None` when its first line is not all there or is no head.
    pub fn read(beginning: &[u8]) -> Option<Head> {
        let end = beginning.iter().position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(beginning.get(..end)?).ok()?;
        line.strip_suffix(OPERATIONS)?;
        let document: Document = serde_json::from_str(&format!("{line}]}}")).ok()?;
        (document.version == VERSION).then_some(Head {
            base_url: document.base_url,
            base_url_config: document.base_url_config,
            index: document.index,
            behind: end + 1,
        })
    }

    /// Where the text of the operation of this tool begins, and its length, both in bytes.
    pub fn find(&self, tool: &str) -> Option<(usize, usize)> {
        let (_, start, length) = self.index.iter().find(|(name, _, _)| name == tool)?;
        Some((self.behind.checked_add(*start)?, *length))
    }

    /// The operation in the text [`Head::find`] points to, without its title, description and schemas; `None` when the
    /// index was wrong.
    pub fn operation(&self, tool: &str, line: &[u8]) -> Option<Operation> {
        let operation: Operation = serde_json::from_slice(line).ok()?;
        (operation.tool == tool && check::operation(&operation).is_ok()).then_some(operation)
    }
}

fn check_version(version: u32) -> Result<(), PlanError> {
    match version {
        VERSION => Ok(()),
        other => Err(PlanError::Version(other)),
    }
}

/// A text of another version is said to be one, whatever else is strange about it.
fn parse(text: &str) -> Result<Document, PlanError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    serde_json::from_str(text).map_err(|error| match serde_json::from_str::<Versioned>(text) {
        Ok(Versioned { version }) if version != VERSION => PlanError::Version(version),
        _ => PlanError::Json(error.to_string()),
    })
}

fn text(value: &impl Serialize) -> Result<String, PlanError> {
    serde_json::to_string(value).map_err(|error| PlanError::Json(error.to_string()))
}
