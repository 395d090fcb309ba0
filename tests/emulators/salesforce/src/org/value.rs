//! A field's value, how it compares and how it is written.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use crate::calendar;

/// One field of one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Empty.
    Null,
    /// A check box.
    Bool(bool),
    /// Any number; Salesforce's are doubles, and whole ones print without a fraction where the
    /// field says so.
    Number(f64),
    /// Text, ids and picklist values.
    Text(String),
    /// Days since 1970-01-01.
    Date(i64),
    /// Seconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

impl Value {
    /// Text from anything that makes a string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Whether the field is empty.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number in it, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text in it, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The order SOQL sorts and compares by: text without regard to case; none across kinds.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Bool(left), Self::Bool(right)) => Some(left.cmp(right)),
            (Self::Number(left), Self::Number(right)) => left.partial_cmp(right),
            (Self::Text(left), Self::Text(right)) => Some(Iterator::cmp(fold(left), fold(right))),
            (Self::Date(left), Self::Date(right)) | (Self::Instant(left), Self::Instant(right)) => {
                Some(left.cmp(right))
            }
            _ => None,
        }
    }

    /// The JSON Salesforce's REST API writes; `whole` fields print without a fraction.
    #[must_use]
    pub fn to_json(&self, whole: bool) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(value) if whole => whole_number(*value),
            Self::Number(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Self::Text(value) => Json::String(value.clone()),
            Self::Date(value) => Json::String(calendar::format_date(*value)),
            Self::Instant(value) => Json::String(calendar::format_instant(*value)),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "counts and sizes, far below 2^53"
)]
fn whole_number(value: f64) -> Json {
    Json::from(value as i64)
}

/// Case-folded characters, without building a string.
fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}
