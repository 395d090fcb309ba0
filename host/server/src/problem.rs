//! Faults as answers of the HTTP API: problem details, RFC 9457.
//!
//! ```json
//! {"type": "urn:metier:error:not-found", "title": "Not Found", "status": 404, "detail": "There is no skill `x`.",
//!  "code": "not-found", "blame": "caller", "hint": "…", "request_id": "…"}
//! ```

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metier_core::{Code, Fault};
use serde::Serialize;
use utoipa::ToSchema;

use crate::status::status;

/// The media type.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not answered as asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// `urn:metier:error:CODE`.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What happened, in one sentence.
    detail: String,
    /// The stable code; `docs/errors` explains each.
    code: &'static str,
    /// Who can mend it: `caller`, `skill`, `operator`, `host` or `upstream`.
    blame: String,
    /// What to do next.
    hint: String,
    /// More facts by name.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    details: std::collections::BTreeMap<String, String>,
    /// Seconds to stay away.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// A fault on its way to a client.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    fault: Fault,
}

impl Problem {
    /// With the status HTTP has for it, which the fault's code does not tell.
    pub fn http(status: StatusCode, message: impl Into<String>, hint: &str) -> Problem {
        let fault = Fault::new(Code::RequestRefused, message).with_hint(hint);
        Problem { status, fault }
    }

    /// What cannot be read.
    pub fn unreadable(status: StatusCode, message: impl Into<String>, hint: &str) -> Problem {
        let fault = Fault::new(Code::InvalidArguments, message).with_hint(hint);
        Problem { status, fault }
    }

    /// A fault with another status than its code's.
    pub fn of(status: StatusCode, fault: Fault) -> Problem {
        Problem { status, fault }
    }

    /// The status it is told with.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        Problem {
            status: status(fault.code),
            fault,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem { status, fault } = self;
        let code = fault.code;
        let wait = fault.retry_after.map(|wait| wait.as_secs().max(1));
        // Whoever is busy now is not told to come back at once.
        let wait = wait.or_else(|| (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1));
        let details = ProblemDetails {
            kind: format!("urn:metier:error:{}", fault.code),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: fault.code.as_str(),
            blame: fault.blame().to_string(),
            hint: fault.hint().to_owned(),
            detail: fault.message,
            details: fault.details,
            retry_after: wait,
        };
        let body = serde_json::to_vec(&details).unwrap_or_default();
        let mut response = (status, body).into_response();
        // For whoever watches the request.
        response.extensions_mut().insert(code);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"metier\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
