//! The way of every request: told of, done at most once per key, told of again, answered.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::asked::{Asked, Moment};
use crate::book::{Book, Turn};
use crate::hold::Verdict;
use crate::server::ResetHandle;

/// The largest request body taken, in bytes; the services' own limits are about that.
pub const MAX_REQUEST: usize = 64 << 20;

/// The largest answer remembered, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// A middleware for `axum::middleware::from_fn_with_state`, inside whatever checks credentials.
///
/// A request is worked on even when its client has gone, as services do: that is what makes an unanswered request one of
/// which nobody knows whether it was done.
pub async fn observe(State(book): State<Arc<Book>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/__") {
        return next.run(request).await;
    }
    let reset = request.extensions().get::<ResetHandle>().cloned();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST).await else {
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
    };
    let working = tokio::spawn(async move { work(&book, parts, body, next).await });
    match working.await {
        Ok(Some(response)) => response,
        Ok(None) => {
            if let Some(reset) = reset {
                reset.reset();
            }
            // The connection goes away under this future.
            std::future::pending().await
        }
        Err(_panicked) => problem(StatusCode::INTERNAL_SERVER_ERROR, "The emulator failed."),
    }
}

/// The answer; none when the request or its answer is lost.
async fn work(book: &Book, parts: Parts, body: Bytes, next: Next) -> Option<Response> {
    let asked = book.asked(&parts);
    if book.holds.pass(Moment::Arrived, &asked, None).await == Verdict::Lose {
        return None;
    }
    let (moment, response) = answer(book, &asked, parts, body, next).await;
    let status = Some(response.status().as_u16());
    match book.holds.pass(moment, &asked, status).await {
        Verdict::Go => Some(response),
        Verdict::Lose => None,
    }
}

async fn answer(
    book: &Book,
    asked: &Asked,
    parts: Parts,
    body: Bytes,
    next: Next,
) -> (Moment, Response) {
    let request = |body: Bytes| Request::from_parts(parts, Body::from(body));
    if !asked.write {
        return (Moment::Answered, next.run(request(body)).await);
    }
    match book.turn(asked, &body) {
        Turn::Again(response) => (Moment::Replayed, response),
        Turn::Refused(status, why) => (Moment::Answered, problem(status, why)),
        Turn::First => {
            let (head, body) = next.run(request(body)).await.into_parts();
            let body = to_bytes(body, MAX_ANSWER).await.unwrap_or_default();
            book.done(asked, head.status, &head.headers, &body);
            let moment = match head.status.is_success() {
                true => Moment::Applied,
                false => Moment::Answered,
            };
            (moment, Response::from_parts(head, Body::from(body)))
        }
    }
}

/// RFC 9457.
fn problem(status: StatusCode, title: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, json!({ "title": title }).to_string()).into_response()
}
