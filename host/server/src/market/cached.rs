//! Answers that are known by a tag, so that nobody loads twice what they have.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metier_core::Digest;
use metier_market::keeper::acts::Told;
use serde::Serialize;

/// For what never changes: it is named by its digest.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// For what not everybody may read.
pub const NOT_AT_ALL: &str = "private, no-store";

/// For what changes with the next publication: it is asked each time whether it did.
pub const ASK_AGAIN: &str = "public, no-cache";

/// For lists that may be a minute old.
pub const A_MINUTE: &str = "public, max-age=60";

/// The tag of bytes with this digest.
pub fn tag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Whether whoever asks has what has this tag.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let told = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut told = told.filter_map(|told| told.to_str().ok());
    told.any(|told| {
        let mut tags = told.split(',').map(str::trim);
        tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
    })
}

/// Says how long an answer may be kept, and by which tag it is known.
pub fn mark(response: &mut Response, tag: &str, how_long: &'static str) {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(how_long));
}

/// Bytes of this type, or word that whoever asks has them.
pub fn answer(
    asked: &HeaderMap,
    media_type: &'static str,
    bytes: Vec<u8>,
    how_long: &'static str,
) -> Response {
    let digest = Digest::of(&bytes);
    known(asked, media_type, bytes.into(), &digest, how_long)
}

/// The same for bytes whose digest is known.
pub fn known(
    asked: &HeaderMap,
    media_type: &'static str,
    bytes: Bytes,
    digest: &Digest,
    how_long: &'static str,
) -> Response {
    let tag = tag(digest);
    let mut response = match is_known(asked, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, media_type)], Body::from(bytes)).into_response(),
    };
    mark(&mut response, &tag, how_long);
    // What was made with the name the market was called by is nobody else's.
    let vary = HeaderValue::from_static("host");
    response.headers_mut().insert(header::VARY, vary);
    response
}

/// The same of a text whose digest is known: nothing of it is copied for whoever has it.
pub fn kept(
    asked: &HeaderMap,
    media_type: &'static str,
    told: &Told,
    how_long: &'static str,
) -> Response {
    let tag = tag(&told.digest);
    let mut response = match is_known(asked, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            let body = Body::from(told.text.as_bytes().to_vec());
            ([(header::CONTENT_TYPE, media_type)], body).into_response()
        }
    };
    mark(&mut response, &tag, how_long);
    response
}

/// The same as JSON.
pub fn json(asked: &HeaderMap, value: &impl Serialize, how_long: &'static str) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => answer(asked, "application/json", bytes, how_long),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
