//! Idempotency keys of the HTTP API: each request that changes something may carry one, and is made once.
//!
//! What the key stands for is kept by the [service](metier_service::answered). Here a request is read to its end and made in a task of its
//! own: a client that goes away does not end it, and hears what came of it when it comes again. Starting a run keeps keys by itself, since a
//! run is known by its key for as long as it is there.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metier_core::{Code, Digest, Fault};
use metier_runtime::skill::MAX_FILE;
use metier_service::answered::{Begun, Ticket};
use tracing::Instrument;

use crate::{
    app::App,
    gate::{IDEMPOTENCY_KEY, Idempotency, Who, bearer},
    problem::Problem,
};

/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What keeps keys by itself.
const OWN: &str = "/api/v1/runs";

/// Calls of tools: one that failed may have done what it was to do.
const TOOLS: &str = "/api/v1/tools/";

/// Makes a request with a key once.
pub async fn once(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let is_keyed = request.headers().contains_key(IDEMPOTENCY_KEY);
    if !changes || !is_keyed || request.uri().path() == OWN {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // The route itself tells whoever is not let in.
    let Ok(Who(caller)) = Who::from_request_parts(&mut parts, &app).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let begun = async {
        let secret = bearer(&parts.headers)?.to_owned();
        let Idempotency(key) = Idempotency::from_request_parts(&mut parts, &app).await?;
        let key = key.unwrap_or_default();
        let bytes = read(body, most(&app, parts.uri.path())).await?;
        let (request, lasts) = (digest(&parts, &bytes), app.settings.get().timeout);
        let begun = app
            .service
            .begin_once(&caller, &key, &secret, request, lasts);
        Ok::<_, Problem>((begun.await?, bytes))
    };
    match begun.await {
        Err(problem) => problem.into_response(),
        Ok((Begun::Again(kept), _)) => given_again(&kept),
        Ok((Begun::First(ticket), bytes)) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            made(app, ticket, request, next).await
        }
    }
}

/// Largest body of a route, in bytes: those that take a file take a large one.
fn most(app: &App, path: &str) -> usize {
    let takes_files = ["/api/v1/skills", "/api/v1/artifacts"];
    let is_below = |route: &&str| path.starts_with(*route);
    let max = app.settings.get().max_body;
    match takes_files.iter().any(is_below) {
        true => max.max(MAX_FILE),
        false => max,
    }
}

async fn read(body: Body, max: usize) -> Result<Bytes, Problem> {
    to_bytes(body, max).await.map_err(|_| {
        Problem::unreadable(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body could not be read, or is larger than it may be.",
            "Send less, or in several requests.",
        )
    })
}

/// What is the same in a request and its repetitions.
fn digest(parts: &Parts, body: &Bytes) -> Digest {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.map(HeaderValue::as_bytes).unwrap_or_default();
    let head = format!("{}\n{}\n", parts.method, parts.uri);
    let body = format!("\n{}", Digest::of(body));
    Digest::of(&[head.as_bytes(), kind, body.as_bytes()].concat())
}

async fn made(app: Arc<App>, ticket: Ticket, request: Request, next: Next) -> Response {
    let timeout = app.settings.get().timeout;
    let is_call = request.uri().path().starts_with(TOOLS);
    let making = async move {
        let answer = tokio::time::timeout(timeout, next.run(request)).await;
        let answer = answer.unwrap_or_else(|_| too_long(timeout));
        remembered(&app, ticket, answer, is_call).await
    };
    let made = tokio::spawn(making.in_current_span()).await;
    made.unwrap_or_else(|_| {
        let fault = Fault::new(Code::HostInternal, "The request could not be made.");
        Problem::from(fault).into_response()
    })
}

fn too_long(timeout: Duration) -> Response {
    let message = format!("The request took more than {} s.", timeout.as_secs());
    Problem::from(Fault::new(Code::DeadlineExceeded, message)).into_response()
}

/// Whether a call that was answered so may have had its effect: it was begun, and failed somewhere on its way.
fn may_have_done(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Keeps an answer, when it says that the request was made, or may have been.
async fn remembered(app: &App, ticket: Ticket, answer: Response, is_call: bool) -> Response {
    let status = answer.status();
    let is_kept = status.is_success() || (is_call && may_have_done(status));
    let (parts, body) = answer.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).cloned();
    let is_stream = kind
        .as_ref()
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !is_kept || is_stream {
        app.service.free_once(ticket).await;
        return Response::from_parts(parts, body);
    }
    // Answers of these routes are in memory as a whole.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        app.service.free_once(ticket).await;
        let fault = Fault::new(Code::HostInternal, "The answer could not be made.");
        return Problem::from(fault).into_response();
    };
    app.service
        .answer_once(ticket, &kept(status, kind.as_ref(), &bytes))
        .await;
    Response::from_parts(parts, Body::from(bytes))
}

/// `STATUS CONTENT-TYPE`, a line break, the body.
fn kept(status: StatusCode, kind: Option<&HeaderValue>, body: &Bytes) -> Vec<u8> {
    let kind = kind.map(HeaderValue::as_bytes).unwrap_or_default();
    let head = format!("{} ", status.as_u16());
    [head.as_bytes(), kind, b"\n", body].concat()
}

fn given_again(kept: &[u8]) -> Response {
    let read = || {
        let end = kept.iter().position(|byte| *byte == b'\n')?;
        let (status, kind) = std::str::from_utf8(&kept[..end]).ok()?.split_once(' ')?;
        let status = StatusCode::from_bytes(status.as_bytes()).ok()?;
        let body = Bytes::copy_from_slice(&kept[end + 1..]);
        Some((status, HeaderValue::from_str(kind).ok()?, body))
    };
    let Some((status, kind, body)) = read() else {
        let fault = Fault::new(Code::HostInternal, "The answer that was kept is damaged.");
        return Problem::from(fault).into_response();
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if !kind.is_empty() {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
