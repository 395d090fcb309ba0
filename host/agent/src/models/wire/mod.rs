//! Adapters: a question becomes a request on the wire, bytes of an answer become events. Pure, both ways.
//!
//! [`encode`] makes the request; a [`Decoder`] takes the answer in pieces of any size and gives the same events however it
//! was cut. Each format is a folder with `encode` and `decode`. What is common is here: framing (`sse`, `frames`), putting
//! an answer together within limits (`assemble`, `limits`), and what errors mean (`refused`).

mod assemble;
mod broken;
mod decoder;
mod frames;
mod json;
mod limits;
mod media;
mod names;
mod refused;
mod schema;
mod sse;
mod turns;

mod anthropic;
mod bedrock;
mod gemini;
mod openai_chat;
mod openai_responses;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use broken::Broken;
pub use decoder::Decoder;
pub use limits::{MAX_CONTENT_BYTES, MAX_TOOL_CALLS, MAX_WIRE_BYTES};
use limits::{MAX_EVENT_BYTES, MAX_PARTS};

use super::{FailureKind, ModelFailure, ModelRequest, WireRequest};
use crate::routes::{Candidate, Format};

/// The key under which arguments that are no JSON object go back to a model whose format wants an object.
const RAW_ARGUMENTS: &str = "unparsed_arguments";

/// Why a question cannot be put to this candidate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The conversation still holds a blob's digest in place of its bytes.
    #[error("The conversation refers to a blob; its bytes are needed before a model can be asked.")]
    Blob,
    /// The format has no way to carry this.
    #[error("The format of this candidate cannot carry {0}.")]
    Media(String),
    /// The bytes are no Base64.
    #[error("A picture or document in the conversation is not Base64.")]
    NotBase64,
    /// The base URL and the model make no URL.
    #[error("The candidate's base URL and model make no URL.")]
    Url,
}

impl From<Unfit> for ModelFailure {
    fn from(unfit: Unfit) -> Self {
        ModelFailure::new(FailureKind::InvalidRequest, unfit.to_string())
    }
}

/// A request's place and body, before what all formats share.
struct Encoded {
    /// What follows the base URL, with its `/`.
    path: String,
    /// The body, without the candidate's options.
    body: Value,
}

/// The request that asks a candidate.
///
/// # Errors
/// [`Unfit`] when the conversation cannot be put in the candidate's format.
pub fn encode(request: &ModelRequest, candidate: &Candidate) -> Result<WireRequest, Unfit> {
    let Encoded { path, mut body } = match candidate.format {
        Format::OpenaiChat | Format::AzureOpenai => openai_chat::encode(request, candidate)?,
        Format::Anthropic => anthropic::encode(request, candidate)?,
        Format::OpenaiResponses => openai_responses::encode(request, candidate)?,
        Format::Bedrock => bedrock::encode(request, candidate)?,
        Format::Gemini => gemini::encode(request, candidate)?,
    };
    if let Value::Object(body) = &mut body {
        merge(body, &candidate.options);
    }
    let body = serde_json::to_vec(&body).unwrap_or_default();
    Ok(WireRequest {
        method: Method::POST,
        url: format!("{}{path}", candidate.base_url.trim_end_matches('/')),
        headers: headers(candidate, &body)?,
        body: Bytes::from(body),
        candidate: candidate.name.clone(),
    })
}

/// The candidate's options win; objects are merged, so that one field of `generationConfig` can be set.
fn merge(body: &mut Map<String, Value>, options: &Map<String, Value>) {
    for (key, option) in options {
        match (body.get_mut(key), option) {
            (Some(Value::Object(inner)), Value::Object(option)) => merge(inner, option),
            _ => {
                body.insert(key.clone(), option.clone());
            }
        }
    }
}

fn headers(candidate: &Candidate, body: &[u8]) -> Result<HeaderMap, Unfit> {
    let json = HeaderValue::from_static("application/json");
    let accept = match (candidate.stream, candidate.format) {
        (false, _) => "application/json",
        (true, Format::Bedrock) => "application/vnd.amazon.eventstream",
        (true, _) => "text/event-stream",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    if candidate.format == Format::Anthropic {
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    }
    if candidate.format == Format::Bedrock {
        let digest = names::hex(&Sha256::digest(body));
        headers.insert(
            "x-amz-content-sha256",
            HeaderValue::from_str(&digest).map_err(|_| Unfit::Url)?,
        );
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
