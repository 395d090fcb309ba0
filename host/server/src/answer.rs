//! Faults as HTTP answers.
//!
//! | status | when |
//! |---|---|
//! | 400, 404, 409 | the caller's: arguments, a name, a conflict |
//! | 403 | the operator's: something is not granted, or the service refuses the credential |
//! | 429, 502 | the service behind the skill |
//! | 500 | the skill's or the host's own fault |
//! | 503, 507 | the host is busy, or full |
//! | 504 | it took too long |
//!
//! What HTTP itself forbids has the statuses of HTTP: 403, 404, 405, 415, with the code `request-refused`, and 413 for arguments.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metier_core::{Blame, CallId, Code, Fault};
use serde_json::json;

/// The status of a fault.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::UnknownTool | Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::UpstreamRateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Code::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::DeadlineExceeded | Code::SkillWallExceeded | Code::UpstreamTimeout => {
            StatusCode::GATEWAY_TIMEOUT
        }
        _ => match code.blame() {
            Blame::Caller => StatusCode::BAD_REQUEST,
            Blame::Operator => StatusCode::FORBIDDEN,
            Blame::Skill | Blame::Host => StatusCode::INTERNAL_SERVER_ERROR,
            Blame::Upstream => StatusCode::BAD_GATEWAY,
        },
    }
}

/// Why a request is not answered: a status of its own where HTTP has one, the fault's otherwise.
#[derive(Debug)]
pub(crate) struct Refusal(Option<StatusCode>, Fault);

impl Refusal {
    /// The request is none of ours, whatever its arguments say; HTTP has a status for it.
    pub(crate) fn http(status: StatusCode, message: &str, hint: &str) -> Refusal {
        let fault = Fault::new(Code::RequestRefused, message).with_hint(hint);
        Refusal(Some(status), fault)
    }

    /// The arguments cannot be read; HTTP has a status for it.
    pub(crate) fn arguments(status: StatusCode, message: &str, hint: &str) -> Refusal {
        let fault = Fault::new(Code::InvalidArguments, message).with_hint(hint);
        Refusal(Some(status), fault)
    }

    pub(crate) fn answer(self, id: &CallId) -> Response {
        let Refusal(told, fault) = self;
        let wait = fault.retry_after;
        let status = told.unwrap_or_else(|| status(fault.code));
        let hint = fault.hint().to_owned();
        let body = json!({"error": fault.with_hint(hint), "request_id": id});
        let mut response = (status, Json(body)).into_response();
        if let Some(wait) = wait {
            let seconds = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal(None, fault)
    }
}
