//! `/artifacts`: files that tools handed back, and files for tools.
//!
//! A file is known by its SHA-256 and by nothing else: there is no path in a request, and what a skill calls it is only told.

use std::{ops::RangeInclusive, sync::Arc};

use axum::{
    Json as Answer,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt, stream};
use metier_core::Digest;
use metier_runtime::capabilities::artifacts::{ArtifactError, ArtifactReader};
use metier_service::Caller;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    body::{Named, Raw},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

/// Largest file that is taken.
const MAX_FILE: usize = 64 << 20;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(keep))
        .routes(routes!(read))
        .layer(DefaultBodyLimit::max(MAX_FILE))
}

/// A file that is kept.
#[derive(Serialize, ToSchema)]
struct Kept {
    /// Its SHA-256: give it to a tool, or ask for it here.
    digest: String,
    /// In bytes.
    size: u64,
}

/// Keep a file
#[utoipa::path(post, path = "/artifacts", tag = "artifacts", request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 201, body = Kept),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn keep(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Raw(bytes): Raw,
) -> Result<(StatusCode, Answer<Kept>), Problem> {
    let blob = app.service.keep_file(&caller, bytes.into()).await?;
    let kept = Kept {
        digest: blob.digest.to_string(),
        size: blob.size,
    };
    Ok((StatusCode::CREATED, Answer(kept)))
}

/// Read a file, or a part of it
#[utoipa::path(get, path = "/artifacts/{digest}", tag = "artifacts", params(
    ("digest" = String, Path, description = "`sha256:…`"), ("range" = Option<String>, Header, description = "`bytes=0-1023`"),
), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn read(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(digest): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    whole_or_part(&app, &caller, &digest, &headers).await
}

/// A file of the tenant's, or the part of it that the headers ask for, to be saved.
///
/// # Errors
/// `forbidden`; `not-found` also for another tenant's.
pub async fn whole_or_part(
    app: &App,
    caller: &Caller,
    digest: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let digest: Digest = digest.parse().map_err(|_| super::nothing_there())?;
    let reader = app.service.file(caller, &digest).await?;
    let size = reader.size();
    let told = headers
        .get(header::RANGE)
        .and_then(|told| told.to_str().ok());
    let range = match told.map_or(Wanted::Whole, |told| wanted(told, size)) {
        Wanted::Whole => None,
        Wanted::Part(range) => Some(range),
        Wanted::Nothing => return Ok(beyond(size)),
    };
    let (first, last) = match &range {
        None => (0, size.saturating_sub(1)),
        Some(range) => (*range.start(), *range.end()),
    };
    let length = if size == 0 { 0 } else { last - first + 1 };
    let mut response = Body::from_stream(part(reader, first, length)).into_response();
    let headers = response.headers_mut();
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, octets);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Somebody else's bytes are saved, never shown as a page of ours.
    let attachment = HeaderValue::from_static("attachment");
    headers.insert(header::CONTENT_DISPOSITION, attachment);
    let for_ever = HeaderValue::from_static("private, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, for_ever);
    if let Ok(tag) = HeaderValue::try_from(format!("\"{digest}\"")) {
        headers.insert(header::ETAG, tag);
    }
    if range.is_some() {
        let told = format!("bytes {first}-{last}/{size}");
        if let Ok(told) = HeaderValue::try_from(told) {
            headers.insert(header::CONTENT_RANGE, told);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(RangeInclusive<u64>),
    Nothing,
}

/// One range of bytes. Several at once, other units and nonsense are the whole file, as RFC 9110 allows.
fn wanted(told: &str, size: u64) -> Wanted {
    let Some((first, last)) = told
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), _) if first >= size => Wanted::Nothing,
        (Some(first), None) if last.is_empty() => Wanted::Part(first..=size - 1),
        (Some(first), Some(last)) if first <= last => Wanted::Part(first..=last.min(size - 1)),
        (None, Some(0)) if first.is_empty() => Wanted::Nothing,
        (None, Some(_)) if first.is_empty() && size == 0 => Wanted::Nothing,
        (None, Some(last)) if first.is_empty() => {
            Wanted::Part(size.saturating_sub(last)..=size - 1)
        }
        _ => Wanted::Whole,
    }
}

fn beyond(size: u64) -> Response {
    let problem = Problem::http(
        StatusCode::RANGE_NOT_SATISFIABLE,
        format!("The file has {size} bytes, and the range lies behind them."),
        "Ask for a range within the file.",
    );
    let mut response = problem.into_response();
    if let Ok(told) = HeaderValue::try_from(format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, told);
    }
    response
}

/// `length` bytes from `first` on. The whole file is read up to there, so that its digest is checked where its end is reached.
fn part(
    reader: Box<dyn ArtifactReader>,
    first: u64,
    length: u64,
) -> impl Stream<Item = Result<Vec<u8>, ArtifactError>> {
    let state = (reader, first, length);
    stream::unfold(state, |(mut reader, mut skip, mut left)| async move {
        while left > 0 {
            match reader.next().await {
                Err(error) => return Some((Err(error), (reader, 0, 0))),
                Ok(None) => return None,
                Ok(Some(bytes)) => {
                    let from = usize::try_from(skip).unwrap_or(usize::MAX).min(bytes.len());
                    skip -= from as u64;
                    let piece = &bytes[from..];
                    let most = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
                    if most > 0 {
                        let piece = piece[..most].to_vec();
                        left -= most as u64;
                        return Some((Ok(piece), (reader, skip, left)));
                    }
                }
            }
        }
        None
    })
    .fuse()
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};

    #[test]
    fn ranges_are_those_of_http() {
        for (told, size, expected) in [
            ("bytes=0-0", 10, Wanted::Part(0..=0)),
            ("bytes=2-", 10, Wanted::Part(2..=9)),
            ("bytes=2-99", 10, Wanted::Part(2..=9)),
            ("bytes=-3", 10, Wanted::Part(7..=9)),
            ("bytes=-99", 10, Wanted::Part(0..=9)),
            ("bytes=10-", 10, Wanted::Nothing),
            ("bytes=-0", 10, Wanted::Nothing),
            ("bytes=0-", 0, Wanted::Nothing),
            ("bytes=-1", 0, Wanted::Nothing),
            ("bytes=3-2", 10, Wanted::Whole),
            ("bytes=0-1,4-5", 10, Wanted::Whole),
            ("lines=0-1", 10, Wanted::Whole),
            ("bytes=-", 10, Wanted::Whole),
            ("bytes=x-y", 10, Wanted::Whole),
        ] {
            assert_eq!(wanted(told, size), expected, "{told} of {size}");
        }
    }
}
