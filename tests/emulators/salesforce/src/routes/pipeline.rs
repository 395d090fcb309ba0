//! What every request goes through: record, break on purpose, authenticate, count.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::faulty;
use super::version;
use crate::error::ApiError;
use crate::recorder::Recorded;
use crate::state::State;

/// The largest request body taken, in bytes; Salesforce takes 6 MB.
const MAX_REQUEST: usize = 6 * 1024 * 1024;

pub(super) async fn run(
    Shared(state): Shared<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, MAX_REQUEST).await {
        Ok(body) => body,
        Err(_) => {
            return ApiError::new(413, "REQUEST_TOO_LARGE", "the request is larger than 6 MB")
                .into_response();
        }
    };
    let path = parts.uri.path().to_owned();
    let request = Request::from_parts(parts, Body::from(body.clone()));
    if path.starts_with("/__") {
        return next.run(request).await;
    }
    record(&state, &request, &body);
    let _in_flight = state.recorder.enter();
    match state.faults.take(&path) {
        Some(fault) => {
            faulty::run(&state, fault, request, async |request| {
                admit(&state, request, next).await
            })
            .await
        }
        None => admit(&state, request, next).await,
    }
}

fn record(state: &State, request: &Request, body: &Bytes) {
    state.recorder.add(Recorded::new(
        request.method(),
        request.uri(),
        request.headers(),
        body,
    ));
}

/// Let API calls with a good token and a known version through, and everything that is no API call.
async fn admit(state: &State, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(rest) = path
        .strip_prefix("/services/data/")
        .filter(|rest| !rest.is_empty())
    else {
        return next.run(request).await;
    };
    let checked = authorised(state, request.headers())
        .and_then(|()| version::known(rest.split('/').next().unwrap_or_default()))
        .and_then(|()| state.spend());
    let mut response = match checked {
        Ok(_) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    let used = state.used.load(Ordering::SeqCst).min(state.daily_limit);
    if let Ok(usage) = HeaderValue::from_str(&format!("api-usage={used}/{}", state.daily_limit)) {
        response.headers_mut().insert("sforce-limit-info", usage);
    }
    response
}

fn authorised(state: &State, headers: &HeaderMap) -> Result<(), ApiError> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| {
        value
            .strip_prefix("Bearer ")
            .or_else(|| value.strip_prefix("OAuth "))
    });
    match token {
        Some(token) if state.authority.book.accepts(token, state.clock.now()) => Ok(()),
        _ => Err(ApiError::invalid_session()),
    }
}
