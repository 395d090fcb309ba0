//! Errors in Salesforce's own shape: a status and `[{"message":…,"errorCode":…,"fields":[…]}]`.

use serde_json::{Value as Json, json};

/// One answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The `errorCode`.
    pub code: &'static str,
    /// The `message`.
    pub message: String,
    /// The fields to blame; only written when there are some.
    pub fields: Vec<String>,
}

impl ApiError {
    /// An error without fields.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: Vec::new(),
        }
    }

    /// A 400.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// What an address that leads nowhere gets.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// What a missing, unknown, expired or revoked token gets.
    #[must_use]
    pub fn invalid_session() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    /// What an org that used up its day gets.
    #[must_use]
    pub fn request_limit() -> Self {
        Self::new(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded.",
        )
    }

    /// The same error, blaming these fields.
    #[must_use]
    pub fn with_fields(mut self, fields: impl IntoIterator<Item = String>) -> Self {
        self.fields = fields.into_iter().collect();
        self
    }

    /// The body.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut error = json!({ "message": self.message, "errorCode": self.code });
        if !self.fields.is_empty()
            && let Some(object) = error.as_object_mut()
        {
            object.insert("fields".to_owned(), json!(self.fields));
        }
        Json::Array(vec![error])
    }
}
