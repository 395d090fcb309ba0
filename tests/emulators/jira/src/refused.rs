//! An answer that is no success, with Jira's two kinds of messages.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Why not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    status: u16,
    messages: Vec<String>,
    errors: Map<String, Value>,
}

impl Refused {
    /// Of the whole request.
    pub(crate) fn whole(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            messages: vec![message.into()],
            errors: Map::new(),
        }
    }

    /// A 400 because of one field.
    pub(crate) fn field(name: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            messages: Vec::new(),
            errors: Map::from_iter([(name.to_owned(), Value::String(message.into()))]),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = json!({ "errorMessages": self.messages, "errors": self.errors });
        (status, Json(body)).into_response()
    }
}
