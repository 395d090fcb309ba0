//! Blobs on their way out.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use metier_core::Digest;
use metier_market::keeper::registry::Reader;
use metier_store::depot::Reading;

use super::{
    OciError, OciResult,
    wire::{Asks, At, text},
};
use crate::market::{
    MarketApp,
    cached::{self, FOR_EVER, NOT_AT_ALL},
};

/// What a part of a blob is asked for by.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// All of it, also where the range is one we do not read.
    Whole,
    /// So many bytes from here.
    Part(u64, u64),
    /// Nothing that is there.
    Nothing,
}

pub async fn head(
    State(app): State<Arc<MarketApp>>,
    at: At,
    Asks(reader): Asks,
) -> OciResult<Response> {
    let digest = digest(&at)?;
    let registry = app.market.registry();
    let size = registry.blob_size(&digest, &reader).await?;
    let mut response = StatusCode::OK.into_response();
    mark(&mut response, &digest, size, how_long(&reader));
    Ok(response)
}

pub async fn get(
    State(app): State<Arc<MarketApp>>,
    at: At,
    Asks(reader): Asks,
    headers: HeaderMap,
) -> OciResult<Response> {
    let digest = digest(&at)?;
    let registry = app.market.registry();
    let size = registry.blob_size(&digest, &reader).await?;
    if cached::is_known(&headers, &cached::tag(&digest)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        cached::mark(&mut response, &cached::tag(&digest), how_long(&reader));
        return Ok(response);
    }
    let (from, length) = match asked(&headers, size) {
        Asked::Whole => (0, size),
        Asked::Part(from, length) => (from, length),
        Asked::Nothing => {
            let message = format!("the blob has {size} bytes");
            let error = OciError::new(StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", message);
            return Err(error.with(header::CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let reading = registry.blob(&digest, from, length).await?;
    let mut response = Body::from_stream(pieces(reading)).into_response();
    mark(&mut response, &digest, length, how_long(&reader));
    if length != size {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-{}/{size}", from + length - 1);
        if let Ok(range) = HeaderValue::try_from(range) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
    }
    Ok(response)
}

/// What breaks off in the middle ends the connection: the client sees that bytes are missing.
fn pieces(
    reading: Reading,
) -> impl futures::Stream<Item = Result<Vec<u8>, metier_store::depot::DepotError>> {
    stream::try_unfold(reading, |mut reading| async move {
        let piece = reading.next().await.inspect_err(|error| {
            tracing::error!(%error, "a blob could not be read to its end");
        })?;
        Ok(piece.map(|piece| (piece, reading)))
    })
}

fn digest(at: &At) -> OciResult<Digest> {
    at.rest.parse().map_err(|_| OciError::no_digest())
}

/// What is read with a token may be somebody's alone: a cache in front keeps only what everybody may read.
pub(super) fn how_long(reader: &Reader) -> &'static str {
    match reader {
        Reader::Anybody => FOR_EVER,
        Reader::Publisher(_) | Reader::Keeper => NOT_AT_ALL,
    }
}

fn mark(response: &mut Response, digest: &Digest, length: u64, how_long: &'static str) {
    cached::mark(response, &cached::tag(digest), how_long);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, octets);
    if let Ok(digest) = HeaderValue::try_from(digest.to_string()) {
        headers.insert("docker-content-digest", digest);
    }
}

/// One range; of several the whole is the answer (RFC 9110).
fn asked(headers: &HeaderMap, size: u64) -> Asked {
    let told = text(headers, header::RANGE).and_then(|told| told.strip_prefix("bytes="));
    let Some((first, last)) = told.and_then(|told| told.trim().split_once('-')) else {
        return Asked::Whole;
    };
    let number = |text: &str| text.parse::<u64>().ok();
    match (
        first.is_empty(),
        number(first),
        last.is_empty(),
        number(last),
    ) {
        // The last so many.
        (true, _, _, Some(length)) => match length.min(size) {
            0 => Asked::Nothing,
            length => Asked::Part(size - length, length),
        },
        (_, Some(first), true, _) if first < size => Asked::Part(first, size - first),
        (_, Some(first), _, Some(last)) if first > last => Asked::Whole,
        (_, Some(first), _, Some(last)) if first < size => {
            Asked::Part(first, last.min(size - 1) - first + 1)
        }
        (_, Some(_), true, _) | (_, Some(_), _, Some(_)) => Asked::Nothing,
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use axum::http::{HeaderMap, header};

    use super::{Asked, asked};

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        for (told, size, part) in [
            ("bytes=0-0", 10, Asked::Part(0, 1)),
            ("bytes=2-5", 10, Asked::Part(2, 4)),
            ("bytes=5-", 10, Asked::Part(5, 5)),
            ("bytes=5-999", 10, Asked::Part(5, 5)),
            ("bytes=-3", 10, Asked::Part(7, 3)),
            ("bytes=-99", 10, Asked::Part(0, 10)),
            ("bytes=10-", 10, Asked::Nothing),
            ("bytes=10-12", 10, Asked::Nothing),
            ("bytes=-0", 10, Asked::Nothing),
            ("bytes=0-", 0, Asked::Nothing),
            ("bytes=5-2", 10, Asked::Whole),
            ("bytes=0-1,3-4", 10, Asked::Whole),
            ("bytes=-", 10, Asked::Whole),
            ("bytes=x-1", 10, Asked::Whole),
            ("lines=1-2", 10, Asked::Whole),
            ("bytes=0-18446744073709551615", 10, Asked::Part(0, 10)),
        ] {
            let headers = HeaderMap::from_iter([(header::RANGE, told.parse().unwrap())]);
            assert_eq!(asked(&headers, size), part, "{told}");
        }
    }
}
