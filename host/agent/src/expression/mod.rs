//! CEL expressions over JSON: what a chain computes between its steps, and when a consent rule applies.
//!
//! An expression is pure: it reads its [`Scope`] and nothing else, neither clock nor chance. Everything about it is
//! bounded: the text ([`MAX_SOURCE_BYTES`], [`MAX_NESTING`], [`MAX_DEPTH`]) before it is evaluated, and what it may do
//! ([`MAX_WORK`]) while it is.
//!
//! ```
//! use metier_agent::expression::{Scope, Template};
//! use serde_json::json;
//! let scope = Scope::new().with("input", json!({ "quarter": "2026-Q3", "deals": [1, 2] }));
//! let template = Template::parse(&json!({ "title": "Review ${input.quarter}", "count": "${size(input.deals)}" }))?;
//! assert_eq!(template.fill(&scope)?, json!({ "title": "Review 2026-Q3", "count": 2 }));
//! # Ok::<(), metier_agent::expression::ExpressionError>(())
//! ```
//!
//! **Numbers.** A JSON number that is whole and fits is a CEL `int` (64 bits, signed), one up to 2⁶⁴−1 a `uint`, and any
//! other a `double`. Comparing crosses the three (`1 < 1.5`); arithmetic does not (`1 + 1.5` is an error, `double(1) + 1.5`
//! is not), and overflow is an error. What comes out of a `double` stays one: `3.0`, not `3`.
//!
//! **Not there.** Regular expressions (`matches`): a pattern from a file may cost any amount of work to compile.

mod error;
mod meter;
mod paths;
mod scope;
mod source;
mod template;
#[cfg(test)]
mod tests;

pub use error::ExpressionError;
pub use meter::MAX_WORK;
pub use paths::Path;
pub use scope::Scope;
pub use source::{MAX_DEPTH, MAX_NESTING, MAX_SOURCE_BYTES};
pub use template::Template;

use cel::common::ast::IdedExpr;
use serde_json::Value;

/// One CEL expression, parsed and within its bounds.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    /// With a charge around everything that can grow; see [`meter`].
    metered: IdedExpr,
    paths: Vec<Path>,
}

impl Expression {
    /// Parses a text.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let parsed = source::parse(text)?;
        Ok(Expression {
            text: text.to_owned(),
            paths: paths::of(&parsed),
            metered: meter::metered(parsed),
        })
    }

    /// Its value where the names of `scope` are known.
    pub fn evaluate(&self, scope: &Scope) -> Result<Value, ExpressionError> {
        meter::evaluate(&self.metered, scope)
            .map_err(|error| error.explained(&self.text, &self.paths, scope))
    }

    /// Whether it holds; an error where it is neither true nor false.
    pub fn holds(&self, scope: &Scope) -> Result<bool, ExpressionError> {
        match self.evaluate(scope)? {
            Value::Bool(answer) => Ok(answer),
            other => Err(ExpressionError::NotACondition {
                expression: self.text.clone(),
                found: error::kind(&other),
            }),
        }
    }

    /// What it reads from the scope, such as `steps.deals.output`.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
