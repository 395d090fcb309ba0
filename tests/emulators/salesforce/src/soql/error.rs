//! What is wrong with a query, and where.

use crate::error::ApiError;

/// Why a query was refused, in Salesforce's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SoqlError {
    /// The `errorCode`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The byte the trouble starts at, when it starts somewhere.
    pub at: Option<usize>,
}

impl SoqlError {
    /// The text is no query.
    pub fn malformed(at: usize, message: impl Into<String>) -> Self {
        Self {
            code: "MALFORMED_QUERY",
            message: message.into(),
            at: Some(at),
        }
    }

    /// A field does not exist or cannot be used so.
    pub fn field(at: usize, message: impl Into<String>) -> Self {
        Self {
            code: "INVALID_FIELD",
            message: message.into(),
            at: Some(at),
        }
    }

    /// An object has no such field.
    pub fn unknown_column(at: usize, field: &str, object: &str) -> Self {
        Self::field(
            at,
            format!(
                "No such column '{field}' on entity '{}'. If you are attempting to use a custom field, be sure to append \
                 the '__c' after the custom field name. Please reference your WSDL or the describe call for the \
                 appropriate names.",
                object
            ),
        )
    }

    /// A name goes through a relationship that is none.
    pub fn unknown_relationship(at: usize, part: &str) -> Self {
        Self::field(
            at,
            format!(
                "Didn't understand relationship '{part}' in field path. If you are attempting to use a custom \
                 relationship, be sure to append the '__r' after the custom relationship name. Please reference your \
                 WSDL or the describe call for the appropriate names."
            ),
        )
    }

    /// An object does not exist.
    pub fn unknown_object(at: usize, name: &str) -> Self {
        let message = format!(
            "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to \
             append the '__c' after the entity name. Please reference your WSDL or the describe call for the \
             appropriate names."
        );
        Self {
            code: "INVALID_TYPE",
            message,
            at: Some(at),
        }
    }

    /// A number is out of range.
    pub fn range(message: impl Into<String>) -> Self {
        Self {
            code: "NUMBER_OUTSIDE_VALID_RANGE",
            message: message.into(),
            at: None,
        }
    }

    /// The REST answer: the query's line, a caret under the place, and the message.
    #[must_use]
    pub fn to_api(&self, query: &str) -> ApiError {
        let Some(at) = self.at else {
            return ApiError::bad(self.code, self.message.clone());
        };
        let before = query.get(..at).unwrap_or(query);
        let row = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        let line = query.split('\n').nth(row - 1).unwrap_or_default();
        let caret = format!("{:>column$}", "^");
        ApiError::bad(
            self.code,
            format!(
                "\n{line}\n{caret}\nERROR at Row:{row}:Column:{column}\n{}",
                self.message
            ),
        )
    }
}
