//! Answers that go wrong; [`crate::faults`] says which and when.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures::{StreamExt as _, stream};
use metier_emulator_kit::ResetHandle;
use serde_json::json;

use super::json as json_answer;
use crate::error::ApiError;
use crate::faults::Fault;
use crate::gzip;
use crate::state::State;

/// How much of a huge body is made at a time, in bytes.
const HUGE_PIECE: u64 = 64 * 1024;

/// The largest true body that can be dripped or cut, in bytes; pages are smaller.
const MAX_TRUE_BODY: usize = 64 * 1024 * 1024;

/// Answer with `fault`; `truth` gives the true answer where the fault needs it.
pub(super) async fn run(
    state: &State,
    fault: Fault,
    request: Request,
    truth: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    match fault {
        Fault::Slow {
            first_byte_ms,
            drop_bytes,
            drop_ms,
        } => {
            tokio::time::sleep(Duration::from_millis(first_byte_ms)).await;
            drip(truth(request).await, drop_bytes, drop_ms).await
        }
        Fault::Hold => {
            state.faults.held().await;
            truth(request).await
        }
        Fault::ServerError => server_error(),
        Fault::Unavailable { retry_after_s } => {
            let error = ApiError::new(
                503,
                "SERVER_UNAVAILABLE",
                "Server is too busy. Please try again later.",
            );
            retry_after(error, retry_after_s)
        }
        Fault::Reset { after_bytes } => reset(request, after_bytes, truth).await,
        Fault::HugeBody { bytes } => huge(bytes),
        Fault::Redirect { to, status } => redirect(&to, status),
        Fault::SecretEcho => echo(&request),
        Fault::SessionExpired => ApiError::invalid_session().into_response(),
        Fault::RequestLimit { retry_after_s } => {
            retry_after(ApiError::request_limit(), retry_after_s)
        }
        Fault::MalformedJson => {
            let mut response = json_answer(200, &"");
            *response.body_mut() =
                Body::from(r#"{"totalSize":1,"done":true,"records":[{"attributes":{"ty"#);
            response
        }
        Fault::Gzip => compress(truth(request).await).await,
    }
}

fn server_error() -> Response {
    let page = Html(
        "<html><head><title>Error</title></head><body>An unexpected error has occurred.</body></html>",
    );
    (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
}

fn retry_after(error: ApiError, seconds: Option<u32>) -> Response {
    let mut response = error.into_response();
    if let Some(seconds) = seconds {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn redirect(to: &str, status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    match HeaderValue::from_str(to) {
        Ok(to) => (status, [(header::LOCATION, to)]).into_response(),
        Err(_) => ApiError::new(
            500,
            "BAD_FAULT",
            "the redirect's address is no header value",
        )
        .into_response(),
    }
}

/// What a logging proxy in front of a real org has been seen to do.
fn echo(request: &Request) -> Response {
    let secret = request
        .headers()
        .get(header::AUTHORIZATION)
        .cloned()
        .unwrap_or(HeaderValue::from_static(""));
    let text = String::from_utf8_lossy(secret.as_bytes()).into_owned();
    let record = json!({ "attributes": { "type": "Account" }, "Id": null, "Name": text });
    let mut response = json_answer(
        200,
        &json!({ "totalSize": 1, "done": true, "records": [record] }),
    );
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-echo-authorization"), secret);
    response
}

/// Reset the connection instead of answering, or in the middle of the true body.
async fn reset(
    request: Request,
    after_bytes: Option<usize>,
    truth: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let handle = request
        .extensions()
        .get::<ResetHandle>()
        .cloned()
        .unwrap_or_default();
    let Some(after) = after_bytes else {
        handle.reset();
        // The connection goes away under this future.
        return std::future::pending().await;
    };
    let (parts, body) = split(truth(request).await).await;
    let head = body.slice(..after.min(body.len()));
    let pieces = stream::unfold(Some(head), move |piece| {
        let handle = handle.clone();
        async move {
            match piece {
                Some(piece) => Some((Ok::<_, Infallible>(piece), None)),
                None => {
                    handle.reset();
                    std::future::pending().await
                }
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

fn huge(bytes: u64) -> Response {
    let quote = || stream::iter([Bytes::from_static(b"\"")]);
    let filling = stream::unfold(bytes.saturating_sub(2), |rest| async move {
        let length = usize::try_from(rest.min(HUGE_PIECE)).unwrap_or(0);
        (rest > 0).then(|| {
            (
                Bytes::from(vec![b'x'; length]),
                rest.saturating_sub(HUGE_PIECE),
            )
        })
    });
    let pieces = quote()
        .chain(filling)
        .chain(quote())
        .map(Ok::<_, Infallible>);
    let mut response = json_answer(200, &"");
    *response.body_mut() = Body::from_stream(pieces);
    response
}

async fn drip(response: Response, drop_bytes: usize, drop_ms: u64) -> Response {
    if drop_bytes == 0 {
        return response;
    }
    let (parts, body) = split(response).await;
    let drops = stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(drop_ms)).await;
        let piece = rest.split_to(drop_bytes.min(rest.len()));
        Some((Ok::<_, Infallible>(piece), rest))
    });
    Response::from_parts(parts, Body::from_stream(drops))
}

async fn compress(response: Response) -> Response {
    let (mut parts, body) = split(response).await;
    parts
        .headers
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(parts, Body::from(gzip::store(&body)))
}

/// A response's head, without a length that may no longer be true, and its whole body.
async fn split(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    (
        parts,
        to_bytes(body, MAX_TRUE_BODY).await.unwrap_or_default(),
    )
}
