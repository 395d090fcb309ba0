//! Faults as answers; [`status`] says with which status.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metier_core::{CallId, Code, Fault};
use serde_json::json;

use crate::status::status;

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
