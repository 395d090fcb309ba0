//! Faults in OpenAI's form.
//!
//! ```json
//! {"error": {"message": "…", "type": "invalid_request_error", "param": "temperature", "code": null}}
//! ```
//!
//! `code` is OpenAI's where it has one, else the stable code of this host. Whoever asks again in vain is told not to, by
//! `x-should-retry: false`, which OpenAI's libraries obey.

use std::{borrow::Cow, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metier_agent::models::{FailureKind, ModelFailure};
use metier_core::{Blame, Code, Fault};
use metier_store::types::RunId;
use serde::Serialize;

use crate::{problem::Problem, status::status};

/// Names the run, in every answer of an agent.
pub const RUN: HeaderName = HeaderName::from_static("x-metier-run");

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Failure(Box<Why>);

#[derive(Clone, Debug)]
struct Why {
    status: StatusCode,
    said: Said,
    /// Seconds to stay away.
    wait: Option<u64>,
    /// Asking the same again is in vain.
    is_final: bool,
    run: Option<RunId>,
}

/// The error as clients read it.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    /// What happened, and what to do.
    pub message: String,
    /// The kind.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The part of the request it is about.
    pub param: Option<String>,
    /// The code.
    pub code: Option<Cow<'static, str>>,
}

#[derive(Serialize)]
struct Body<'f> {
    error: &'f Said,
}

impl Failure {
    /// A mistake in the request.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        let failure = Failure::request(StatusCode::BAD_REQUEST, message);
        failure.about(param)
    }

    /// A parameter that is known, and that this host cannot do.
    pub fn unsupported(param: impl Into<String>, message: impl Into<String>) -> Self {
        Failure::invalid(param, message).coded("unsupported_parameter")
    }

    /// A request that HTTP itself forbids, or that cannot be read.
    pub fn request(status: StatusCode, message: impl Into<String>) -> Self {
        Failure(Box::new(Why {
            status,
            said: Said {
                message: message.into(),
                kind: kind(status),
                param: None,
                code: None,
            },
            wait: None,
            is_final: false,
            run: None,
        }))
    }

    /// An answer that has no end. It always has one.
    pub fn nothing() -> Self {
        Failure::from(Fault::new(Code::HostInternal, "The answer has no end."))
    }

    /// With a code.
    #[must_use]
    pub fn coded(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.said.code = Some(code.into());
        self
    }

    /// About this part of the request.
    #[must_use]
    pub fn about(mut self, param: impl Into<String>) -> Self {
        self.0.said.param = Some(param.into());
        self
    }

    /// Of this run.
    #[must_use]
    pub fn of_run(mut self, run: RunId) -> Self {
        self.0.run = Some(run);
        self
    }

    /// The error itself.
    pub fn said(&self) -> &Said {
        &self.0.said
    }

    fn of(status: StatusCode, fault: Fault) -> Self {
        let code = match fault.code {
            Code::Unauthenticated => "invalid_api_key",
            Code::Forbidden => "insufficient_permissions",
            Code::RateLimited | Code::UpstreamRateLimited => "rate_limit_exceeded",
            Code::ModelContextExceeded => "context_length_exceeded",
            Code::ModelContentFiltered => "content_filter",
            other => other.as_str(),
        };
        let message = match fault.hint() {
            "" => fault.message.clone(),
            hint => format!("{} {hint}", fault.message),
        };
        let wait = fault.retry_after.map(whole_seconds);
        // Whoever is busy now is not told to come back at once.
        let wait = wait.or_else(|| (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1));
        let mut failure = Failure::request(status, message).coded(code);
        failure.0.wait = wait;
        let is_theirs = matches!(fault.blame(), Blame::Operator | Blame::Caller);
        let may_pass = wait.is_some() || status == StatusCode::TOO_MANY_REQUESTS;
        failure.0.is_final = is_theirs && !may_pass;
        failure
    }

    /// There is no model of this name, or not for this caller.
    #[must_use]
    pub fn no_model(self) -> Self {
        match self.0.status {
            StatusCode::NOT_FOUND => self.coded("model_not_found").about("model"),
            _ => self,
        }
    }
}

/// Rounded up: coming back too early is in vain.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

fn kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::TOO_MANY_REQUESTS => "requests",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::of(status(fault.code), fault)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure::of(problem.status(), problem.fault().clone())
    }
}

impl From<ModelFailure> for Failure {
    fn from(failure: ModelFailure) -> Self {
        let fault = failure.fault();
        let status = match failure.kind {
            FailureKind::RateLimited | FailureKind::Exhausted => StatusCode::TOO_MANY_REQUESTS,
            FailureKind::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            FailureKind::NoSuchModel => StatusCode::NOT_FOUND,
            FailureKind::NoCandidate if failure.may_pass() => StatusCode::SERVICE_UNAVAILABLE,
            FailureKind::NoCandidate => StatusCode::BAD_REQUEST,
            _ => status(fault.code),
        };
        let mut answer = Failure::of(status, fault);
        match failure.kind {
            FailureKind::Exhausted => {
                answer.0.is_final = true;
                answer.coded("insufficient_quota")
            }
            FailureKind::NoSuchModel => answer.no_model(),
            _ => answer,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Why {
            status,
            said,
            wait,
            is_final,
            run,
        } = *self.0;
        let body = Body { error: &said };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if is_final {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"metier\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(run) = run {
            name_run(&mut response, run);
        }
        response
    }
}

/// Names the run in an answer's head.
pub fn name_run(response: &mut Response, run: RunId) {
    if let Ok(run) = HeaderValue::try_from(run.to_string()) {
        response.headers_mut().insert(RUN, run);
    }
}
