//! What came back, as JSON of a size a model can read.
//!
//! An answer that is JSON, of at most [`MAX_ANSWER`] bytes and the only page is handed on as it is (after `keep`). Whatever
//! more there is to say makes it an object:
//!
//! | member | when |
//! |---|---|
//! | `body` | always, but for files: the answer, or what is left of it |
//! | `next` | the service's `Link` header names a next page: its URL, whose query says what to ask for |
//! | `truncated` | the body was cut: what was left out, in words |
//! | `artifact` | the whole body was kept: `name`, `digest`, `size`, `media_type` |
//! | `status`, `headers` | there is no body and the headers are what was asked for (`HEAD`, `Location`) |

mod cut;
mod keep;
mod link;
mod schema;

use metier_openapi_plan::Operation;
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json, json};

use crate::bindings::metier::skill::artifacts::{Artifact, ArtifactError};
use crate::bindings::metier::skill::fetch::Response;
use crate::bindings::metier::skill::types::Error;
pub use schema::widened;

/// The most of an answer that is handed on, in bytes of JSON text: some sixteen thousand tokens, as much as a model reads
/// with attention. The whole is kept as an artifact.
pub const MAX_ANSWER: usize = 64 << 10;

/// Headers that are the answer when there is no body.
const TELLING: [&str; 7] = [
    "location",
    "content-location",
    "content-type",
    "content-length",
    "etag",
    "last-modified",
    "retry-after",
];

/// Keeps bytes under a name and with a media type.
pub trait Keep: Fn(&str, &str, &[u8]) -> Result<Artifact, ArtifactError> {}

impl<F: Fn(&str, &str, &[u8]) -> Result<Artifact, ArtifactError>> Keep for F {}

/// The JSON text a call answers with.
pub fn read(operation: &Operation, response: &Response, keep: impl Keep) -> Result<String, Error> {
    if response.body.is_empty() {
        return Ok(without_body(operation, response));
    }
    let next = link::next(header_values(response, "link"), &response.url);
    let media_type = header_values(response, "content-type")
        .next()
        .unwrap_or_default();
    let body = match Body::of(media_type, &response.body) {
        Body::Json(text)
            if operation.keep.is_empty() && next.is_none() && text.len() <= MAX_ANSWER =>
        {
            return Ok(text.to_owned());
        }
        Body::Json(text) => parsed(text)?,
        Body::Text(text) => Json::String(text.to_owned()),
        Body::Bytes => return file(operation, media_type, &response.body, next, &keep),
    };
    let body = match body.is_string() {
        true => body,
        false => keep::filter(body, &operation.keep),
    };
    Ok(fitted(operation, media_type, body, next, &keep))
}

fn parsed(text: &str) -> Result<Json, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::Unavailable(format!("the service's answer was not understood: {error}"))
    })
}

enum Body<'b> {
    Json(&'b str),
    Text(&'b str),
    Bytes,
}

impl<'b> Body<'b> {
    /// By its media type, and by what it is: a service that calls JSON text, or text JSON, is understood.
    fn of(media_type: &str, bytes: &'b [u8]) -> Body<'b> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Body::Bytes;
        };
        // A byte order mark is none of JSON's.
        let text = text.trim_start_matches('\u{FEFF}').trim();
        let essence = media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let is_json = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
        let says_text = essence.starts_with("text/") && essence != "text/json";
        if text.starts_with(['{', '[']) && is_json(text) || !says_text && is_json(text) {
            return Body::Json(text);
        }
        let strange = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t');
        match text.chars().any(strange) {
            true => Body::Bytes,
            false => Body::Text(text),
        }
    }
}

fn header_values<'r>(response: &'r Response, name: &str) -> impl Iterator<Item = &'r str> {
    let named = response
        .headers
        .iter()
        .filter(move |(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str())
}

fn without_body(operation: &Operation, response: &Response) -> String {
    let headers: Map<String, Json> = TELLING
        .iter()
        .filter_map(|name| {
            let value = header_values(response, name).next()?;
            Some(((*name).to_owned(), Json::from(value)))
        })
        .collect();
    let asked = operation.method == "HEAD" || headers.contains_key("location");
    match asked {
        true => json!({"status": response.status, "headers": headers}).to_string(),
        false => "null".to_owned(),
    }
}

/// The body whole, or cut and kept.
fn fitted(
    operation: &Operation,
    media_type: &str,
    body: Json,
    next: Option<String>,
    keep: &impl Keep,
) -> String {
    let text = body.to_string();
    let mut answer = Map::new();
    if text.len() <= MAX_ANSWER {
        if next.is_none() {
            return text;
        }
        answer.insert("body".to_owned(), body);
    } else {
        let (name, media_type, whole) = match body.as_str() {
            Some(text) => (
                format!("{}.txt", operation.tool),
                plain(media_type),
                text.to_owned(),
            ),
            None => (
                format!("{}.json", operation.tool),
                "application/json".to_owned(),
                text,
            ),
        };
        let kept = keep(&name, &media_type, whole.as_bytes());
        let cut = cut::to_fit(body, MAX_ANSWER);
        answer.insert("body".to_owned(), cut.value);
        answer.insert(
            "truncated".to_owned(),
            Json::from(note(whole.len(), &cut.left_out, &kept)),
        );
        if let Ok(artifact) = &kept {
            answer.insert("artifact".to_owned(), described(artifact));
        }
    }
    if let Some(next) = next {
        answer.insert("next".to_owned(), Json::from(next));
    }
    Json::Object(answer).to_string()
}

fn note(bytes: usize, left_out: &str, kept: &Result<Artifact, ArtifactError>) -> String {
    let whole = match kept {
        Ok(_) => "the whole answer is kept as the artifact".to_owned(),
        Err(error) => format!("the whole answer is not kept: {}", why(error)),
    };
    format!(
        "the answer has {bytes} bytes and was cut: {left_out}; {whole}. Ask for less to see all of it here."
    )
}

fn file(
    operation: &Operation,
    media_type: &str,
    bytes: &[u8],
    next: Option<String>,
    keep: &impl Keep,
) -> Result<String, Error> {
    let media_type = if media_type.is_empty() {
        "application/octet-stream"
    } else {
        media_type
    };
    let artifact = keep(&operation.tool, media_type, bytes).map_err(|error| {
        Error::Denied(format!(
            "the answer is a file ({}, {} bytes), which can only be handed on as an artifact: {}",
            crate::arguments::shown(media_type),
            bytes.len(),
            why(&error)
        ))
    })?;
    let mut answer = Map::from_iter([("artifact".to_owned(), described(&artifact))]);
    if let Some(next) = next {
        answer.insert("next".to_owned(), Json::from(next));
    }
    Ok(Json::Object(answer).to_string())
}

/// A media type that an artifact can have: the service's when it is a plain one.
fn plain(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match metier_openapi_plan::check::is_media_type(essence) {
        true => essence.to_owned(),
        false => "text/plain".to_owned(),
    }
}

fn described(artifact: &Artifact) -> Json {
    json!({
        "name": artifact.name,
        "digest": artifact.digest,
        "size": artifact.size,
        "media_type": artifact.media_type,
    })
}

/// What an artifact error says.
pub fn why(error: &ArtifactError) -> String {
    match error {
        ArtifactError::Denied(why)
        | ArtifactError::Invalid(why)
        | ArtifactError::Unavailable(why) => why.clone(),
        ArtifactError::TooLarge(limit) => {
            format!("it is larger than the {limit} bytes a call may hand back")
        }
    }
}

#[cfg(test)]
mod tests;
