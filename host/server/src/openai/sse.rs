//! An answer as server-sent events.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::{FutureExt, StreamExt, stream};
use serde::Serialize;

use super::{
    failure::Failure,
    said::{Said, Saying},
};

/// A stream in which nothing happens says so that often: whoever sits between does not close it.
const ALIVE: Duration = Duration::from_secs(15);

/// Writes pieces of an answer in a client's words.
pub trait Writer: Send + 'static {
    /// One piece. The last one ends the stream.
    fn write(&mut self, said: Said, out: &mut Vec<u8>);
}

/// The head as soon as somebody begins to answer, or why nobody does; then the rest as it comes.
///
/// # Errors
/// What failed before the first word.
pub async fn answer(mut saying: Saying, writer: impl Writer) -> Result<Response, Failure> {
    let first = match saying.next().await {
        Some(Said::Failed(failure)) => return Err(failure),
        first => first,
    };
    let saying = stream::iter(first).chain(saying).fuse().boxed();
    let frames = stream::unfold((saying, writer), |(mut saying, mut writer)| async move {
        let frame = next(&mut saying, &mut writer).await?;
        Some((Ok::<_, std::convert::Infallible>(frame), (saying, writer)))
    });
    let mut response = Body::from_stream(frames).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    let now = HeaderValue::from_static("no-cache");
    headers.insert(header::CACHE_CONTROL, now);
    Ok(response)
}

/// Everything that is there, as one piece of the body.
async fn next(saying: &mut Saying, writer: &mut impl Writer) -> Option<Bytes> {
    let mut out = Vec::with_capacity(512);
    while out.is_empty() {
        match tokio::time::timeout(ALIVE, saying.next()).await {
            Ok(said) => writer.write(said?, &mut out),
            Err(_) => out.extend_from_slice(b": alive\n\n"),
        }
    }
    while let Some(Some(said)) = saying.next().now_or_never() {
        writer.write(said, &mut out);
    }
    Some(out.into())
}

/// One event.
pub fn event(out: &mut Vec<u8>, name: Option<&str>, data: &impl Serialize) {
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    let start = out.len();
    if serde_json::to_writer(&mut *out, data).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"{}");
    }
    out.extend_from_slice(b"\n\n");
}
