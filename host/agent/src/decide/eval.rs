//! Expressions and templates of a definition, evaluated where they stand. They were parsed once when the file was checked; a
//! run evaluates each a few times, so nothing is kept.

use serde_json::Value;

use crate::expression::{Expression, ExpressionError, Scope, Template};

/// Whether a condition holds.
pub(super) fn holds(text: &str, scope: &Scope) -> Result<bool, ExpressionError> {
    Expression::parse(text)?.holds(scope)
}

/// The value of an expression.
pub(super) fn evaluate(text: &str, scope: &Scope) -> Result<Value, ExpressionError> {
    Expression::parse(text)?.evaluate(scope)
}

/// JSON whose texts may have `${…}`.
pub(super) fn fill(value: &Value, scope: &Scope) -> Result<Value, ExpressionError> {
    Template::parse(value)?.fill(scope)
}

/// A text that may have `${…}`; what is no text becomes JSON.
pub(super) fn text(text: &str, scope: &Scope) -> Result<String, ExpressionError> {
    Ok(match Template::text(text)?.fill(scope)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}
