//! Why an expression has no value.

use metier_core::nearest::nearest;
use serde_json::Value;

use super::{Path, Scope};

/// Names of a list in a message.
const MAX_LISTED: usize = 12;

/// Why an expression cannot be read or has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// The text is too long, too deep or no CEL.
    #[error("this is no expression: {0}")]
    Syntax(String),
    /// `${` without its `}`.
    #[error("`${{` is not closed in {0:?}; write `$${{` for the two characters themselves")]
    Unclosed(String),
    /// It reads something that is not there.
    #[error("there is no `{path}`{hint}")]
    Missing {
        /// The first part of the path that is not there.
        path: String,
        /// What is, or what was probably meant.
        hint: String,
    },
    /// It has no value, in the words of the evaluator.
    #[error("`{expression}` has no value: {reason}")]
    NoValue {
        /// The expression.
        expression: String,
        /// What happened.
        reason: String,
    },
    /// It would do more than one may.
    #[error("`{0}` does too much: it copies or visits more than {max} values and bytes", max = super::MAX_WORK)]
    TooMuch(String),
    /// A condition that is neither true nor false.
    #[error("`{expression}` is {found}, neither true nor false")]
    NotACondition {
        /// The expression.
        expression: String,
        /// What it is.
        found: &'static str,
    },
}

impl ExpressionError {
    /// The same error, saying which path is missing where one is.
    pub(super) fn explained(self, text: &str, paths: &[Path], scope: &Scope) -> Self {
        match self {
            ExpressionError::NoValue { reason, .. } => {
                let missing = reason
                    .starts_with("No such key")
                    .then(|| paths.iter().find_map(|path| missing(path, scope)))
                    .flatten();
                let undeclared = reason.starts_with("Undeclared reference");
                let missing = missing.or_else(|| {
                    undeclared
                        .then(|| paths.iter().find_map(|path| missing_root(path, scope)))
                        .flatten()
                });
                missing.unwrap_or(ExpressionError::NoValue {
                    expression: text.to_owned(),
                    reason,
                })
            }
            ExpressionError::TooMuch(_) => ExpressionError::TooMuch(text.to_owned()),
            other => other,
        }
    }
}

fn missing_root(path: &Path, scope: &Scope) -> Option<ExpressionError> {
    let (root, _) = path.split_first()?;
    scope
        .get(root)
        .is_none()
        .then(|| absent(root, root, scope.names().collect()))
}

/// The first part of the path that is not there.
fn missing(path: &Path, scope: &Scope) -> Option<ExpressionError> {
    let (root, fields) = path.split_first()?;
    let mut at = scope.get(root)?;
    let mut walked = root.clone();
    for field in fields {
        let Value::Object(object) = at else {
            return None;
        };
        walked = format!("{walked}.{field}");
        match object.get(field) {
            Some(inner) => at = inner,
            None => {
                let known = object.keys().map(String::as_str).collect();
                return Some(absent(&walked, field, known));
            }
        }
    }
    None
}

fn absent(path: &str, word: &str, known: Vec<&str>) -> ExpressionError {
    let hint = match nearest(word, known.iter().copied()) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None if known.is_empty() => "; nothing is there".to_owned(),
        None => {
            let more = if known.len() > MAX_LISTED {
                ", …"
            } else {
                ""
            };
            let listed: Vec<&str> = known.into_iter().take(MAX_LISTED).collect();
            format!("; there are: {}{more}", listed.join(", "))
        }
    };
    let path = path.to_owned();
    ExpressionError::Missing { path, hint }
}

/// What a value is, as the end of a sentence.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
