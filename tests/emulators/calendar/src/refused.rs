//! An answer that is no success, in the shape of Google's APIs.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub status: u16,
    pub reason: &'static str,
    pub message: String,
}

impl Refused {
    pub(crate) fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            reason,
            message: message.into(),
        }
    }

    /// A 400.
    pub(crate) fn bad(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, reason, message)
    }

    /// A 404.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "notFound", "Not Found")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let error = json!({ "domain": "global", "reason": self.reason, "message": self.message });
        let body =
            json!({ "error": { "errors": [error], "code": self.status, "message": self.message } });
        (status, Json(body)).into_response()
    }
}
