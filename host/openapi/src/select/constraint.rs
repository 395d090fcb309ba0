//! The grammar of constraints: `PATH OPERATOR VALUE`.
//!
//! | written | holds when |
//! |---|---|
//! | `project == "ABC"` | equal, as JSON |
//! | `status != "closed"` | not equal, or not given |
//! | `amount <= 100`, `<`, `>=`, `>` | a number in that order |
//! | `region in ["eu", "us"]`, `not in` | one of, none of |
//! | `jql starts-with "project = ABC"` | text with this beginning |
//!
//! A path is as in the plan: `fields.project.key`, `issues[].key`. The value is JSON.

use metier_openapi_plan::{Constraint, Operator, Path};
use serde_json::Value;

/// The operators, longer ones before those they begin with.
const OPERATORS: [(&str, Operator); 9] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("not in", Operator::NotIn),
    ("in", Operator::In),
    ("starts-with", Operator::StartsWith),
];

/// A text is no constraint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// Nothing before the operator, or no path.
    #[error("`{0}` names no argument before the operator; write for instance `project == \"ABC\"`")]
    Path(String),
    /// No operator.
    #[error("`{0}` has none of the operators ==, !=, <, <=, >, >=, in, not in, starts-with")]
    Operator(String),
    /// A value that is no JSON.
    #[error("`{0}` is no JSON value; texts are in double quotes, lists in brackets")]
    Value(String),
    /// A value of the wrong kind for the operator.
    #[error("`{operator}` compares with {wanted}")]
    Kind {
        /// Which.
        operator: &'static str,
        /// With what.
        wanted: &'static str,
    },
}

/// Reads one constraint.
///
/// # Errors
/// [`ConstraintError`].
pub fn parse(text: &str) -> Result<Constraint, ConstraintError> {
    let shown = |text: &str| crate::text::line(text, 80);
    let text = text.trim();
    let end = end_of_path(text);
    let (path, rest) = text.split_at(end);
    let path: Path = path
        .parse()
        .map_err(|_| ConstraintError::Path(shown(text)))?;
    let rest = rest.trim_start();
    let found = OPERATORS.iter().find_map(|(word, operator)| {
        let value = rest.strip_prefix(word)?;
        let is_symbol = !word.as_bytes()[0].is_ascii_alphabetic();
        let ends = is_symbol || value.starts_with([' ', '\t', '"', '[']);
        ends.then_some((*operator, value.trim()))
    });
    let (op, value) = found.ok_or_else(|| ConstraintError::Operator(shown(text)))?;
    let value: Value =
        serde_json::from_str(value).map_err(|_| ConstraintError::Value(shown(value)))?;
    check(op, &value)?;
    Ok(Constraint { path, op, value })
}

/// Where the path stops: at a space or an operator outside quotes.
fn end_of_path(text: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if !quoted && (character.is_whitespace() || "=!<>".contains(character)) => return at,
            _ => {}
        }
    }
    text.len()
}

fn check(op: Operator, value: &Value) -> Result<(), ConstraintError> {
    let (fits, wanted) = match op {
        Operator::Equal | Operator::NotEqual => (true, ""),
        Operator::In | Operator::NotIn => (value.is_array(), "a list such as [\"a\", \"b\"]"),
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
            (value.is_number(), "a number")
        }
        Operator::StartsWith => (value.is_string(), "a text"),
    };
    let operator = op.as_str();
    if fits {
        Ok(())
    } else {
        Err(ConstraintError::Kind { operator, wanted })
    }
}
