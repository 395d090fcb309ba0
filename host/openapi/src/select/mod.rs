//! What an author changes: which operations, under which names, and what of them a caller may say.
//!
//! ```toml
//! name = "com.acme/jira"
//! server = "https://acme.atlassian.net"
//!
//! [tools.find-issues]
//! operation = "searchForIssuesUsingJql"        # or its route: "GET /rest/api/3/search"
//! description = "Find issues of project ABC."
//! effect = "read"
//! hide = ["expand", "properties"]               # no argument any more
//! fixed = { maxResults = 50 }                   # always sent, no argument any more
//! headers = { X-Atlassian-Token = "no-check" }  # always sent, described or not
//! constraints = ['jql starts-with "project = ABC AND "']
//! keep = ["issues[].key", "issues[].fields.summary"]
//! ```
//!
//! Everything is enforced by the component with the plan it gets; what a JSON Schema can say of it is in the tool's schema, too, so
//! that a model knows before it tries. Unknown keys, operations and arguments are errors that name the nearest one.

mod apply;
mod constraint;
mod file;
mod headers;
mod prune;
mod reflect;
#[cfg(test)]
mod tests;

use metier_core::toml_text::TextError;
use metier_core::{Effect, ToolName};
use metier_openapi_plan::{Constraint, Path};
use serde_json::Value;

pub use constraint::{ConstraintError, parse as parse_constraint};

use crate::convert::Conversion;
use crate::document::Document;
use crate::operation::{Finder, Listed, Listing, MAX_TOOL_NAME, Unfound};
use crate::server::{Server, ServerError};

/// What an author chose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The skill's name, whole or without a namespace.
    pub name: Option<String>,
    /// Where the API is.
    pub server: Option<String>,
    /// The tools, in the order wanted; every operation when empty.
    pub tools: Vec<Pick>,
}

/// One tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pick {
    /// The operation, by its tool's name, its `operationId` or its route.
    pub operation: String,
    /// Another name for the tool.
    pub tool: Option<ToolName>,
    /// Another description.
    pub description: Option<String>,
    /// Another effect than the method's.
    pub effect: Option<Effect>,
    /// Arguments that are none any more.
    pub hide: Vec<String>,
    /// Values set whatever the caller says.
    pub fixed: Vec<(Path, Value)>,
    /// Headers sent whatever the caller says, described or not: name and value.
    pub headers: Vec<(String, String)>,
    /// What must be true of the arguments.
    pub constraints: Vec<Constraint>,
    /// The fields of the answer that are kept.
    pub keep: Vec<Path>,
    /// The line of the selection file, for errors.
    pub line: Option<usize>,
}

/// A selection that cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SelectError {
    /// The file says something it cannot.
    #[error("{0}")]
    File(#[from] TextError),
    /// No such operation.
    #[error("{}{error}", at(*.line))]
    Operation {
        /// Where it was asked for.
        line: Option<usize>,
        /// Which.
        error: Unfound,
    },
    /// Two tools of one name.
    #[error("two tools would be called `{0}`; give one of them another name")]
    Twice(String),
    /// A name that is none.
    #[error("`{0}` is no name of a tool: 1 to {MAX_TOOL_NAME} of a-z A-Z 0-9 _ -")]
    Name(String),
    /// An operation cannot be changed so.
    #[error("{}the tool `{tool}` {why}", at(*.line))]
    Change {
        /// Where it was asked for.
        line: Option<usize>,
        /// Which tool.
        tool: String,
        /// Why not.
        why: String,
    },
    /// The server is none.
    #[error(transparent)]
    Server(#[from] ServerError),
}

fn at(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

impl Selection {
    /// Reads a selection file.
    ///
    /// # Errors
    /// [`TextError`], with line, column and the nearest known key.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        file::read(text)
    }

    /// The selection of `--tools a,b,c`.
    pub fn of_words(words: &str) -> Self {
        let words = words
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        let pick = |word: &str| Pick {
            operation: word.to_owned(),
            ..Pick::default()
        };
        Selection {
            tools: words.map(pick).collect(),
            ..Selection::default()
        }
    }

    /// Converts what was chosen.
    ///
    /// # Errors
    /// [`SelectError`] for what cannot be chosen or changed so; an operation that cannot be a tool is left out and told of.
    pub fn convert(
        &self,
        document: &Document,
        listing: &Listing<'_>,
    ) -> Result<Conversion, SelectError> {
        let server = match &self.server {
            Some(url) => Ok(Server::at(url)?),
            None => Server::of(document),
        };
        if self.tools.is_empty() {
            return Ok(crate::convert_at(document, &listing.operations, server));
        }
        let chosen = self.choose(listing)?;
        let mut conversion = crate::convert_at(document, &chosen, server);
        for (pick, listed) in self.tools.iter().zip(&chosen) {
            let mut made = conversion.operations.iter_mut();
            // One that was left out is told of already.
            if let Some(made) = made.find(|made| made.operation.tool == listed.tool) {
                apply::pick(made, pick)?;
            }
        }
        Ok(conversion)
    }

    /// The operations chosen, under their tools' names.
    fn choose<'d>(&self, listing: &Listing<'d>) -> Result<Vec<Listed<'d>>, SelectError> {
        let finder = Finder::new(listing);
        let mut chosen: Vec<Listed<'d>> = Vec::with_capacity(self.tools.len());
        for pick in &self.tools {
            let found = finder.find(&pick.operation);
            let mut listed = found
                .map_err(|error| SelectError::Operation {
                    line: pick.line,
                    error,
                })?
                .clone();
            if let Some(tool) = &pick.tool {
                listed.tool = named(tool)?;
                listed.named = true;
            }
            if chosen.iter().any(|other| other.tool == listed.tool) {
                return Err(SelectError::Twice(listed.tool));
            }
            chosen.push(listed);
        }
        Ok(chosen)
    }
}

fn named(tool: &ToolName) -> Result<String, SelectError> {
    let name = tool.as_str();
    match name.len() <= MAX_TOOL_NAME && !name.contains('.') {
        true => Ok(name.to_owned()),
        false => Err(SelectError::Name(crate::text::line(name, 80))),
    }
}
