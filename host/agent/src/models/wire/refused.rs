//! What a provider's error means, whatever shape it has.
//!
//! Providers agree on little: OpenAI and Anthropic say `{"error":{"type","code","message"}}`, Gemini
//! `{"error":{"code","status","message"}}` (Vertex in a list), Bedrock `{"message"}` and a header, Ollama `{"error":"…"}`,
//! vLLM `{"object":"error","message"}` or `{"detail":…}`. The words are looked at first, then the status: a 429 may be an
//! empty purse and a 400 a conversation too long.

use http::HeaderMap;
use serde_json::Value;

use super::{
    broken::sentence,
    json::{items, text},
    limits::MAX_RETRY_AFTER_MS,
};
use crate::models::{FailureKind, ModelFailure};

/// What an answer with an error status means.
pub fn refused(status: u16, headers: &HeaderMap, body: &[u8]) -> ModelFailure {
    let parsed: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let by_header = headers
        .get("x-amzn-errortype")
        .and_then(|value| value.to_str().ok());
    let by_header = by_header.and_then(|text| text.split(':').next());
    let mut failure = said(&parsed, by_header, Some(status));
    if failure.message.is_empty() {
        failure.message = sentence(&format!("the provider answered {status}"));
    }
    failure.retry_after_ms = failure.retry_after_ms.or_else(|| retry_after(headers));
    failure
}

/// What an error inside an answer means, with status 200 or in the middle of a stream.
pub fn said(body: &Value, more: Option<&str>, status: Option<u16>) -> ModelFailure {
    let body = body.get(0).unwrap_or(body);
    let error = body
        .get("error")
        .or_else(|| body.get("detail"))
        .unwrap_or(body);
    let words = error
        .as_str()
        .or_else(|| text(error, "message"))
        .or_else(|| text(error, "Message"))
        .unwrap_or_default();
    let status = status
        .filter(|status| *status >= 300)
        .or_else(|| number(error));
    let inner = error.get("error").or_else(|| error.get("innererror"));
    let codes = ["code", "type", "status", "param"].map(|key| text(error, key).unwrap_or_default());
    let inner = inner
        .and_then(|inner| text(inner, "code"))
        .unwrap_or_default();
    let reason = items(error, "details").find_map(|detail| text(detail, "reason"));
    let named = [
        &codes.join(" "),
        inner,
        reason.unwrap_or_default(),
        more.unwrap_or_default(),
    ]
    .join(" ");
    let kind = kind(
        &named.to_ascii_lowercase(),
        &words.to_ascii_lowercase(),
        status,
    );
    let message = if words.is_empty() {
        String::new()
    } else {
        quote(kind, words)
    };
    ModelFailure {
        status,
        retry_after_ms: retry_delay(error),
        ..ModelFailure::new(kind, message)
    }
}

fn quote(kind: FailureKind, words: &str) -> String {
    sentence(&format!("the provider says ({kind}): {}", words.trim()))
}

fn number(error: &Value) -> Option<u16> {
    let code = error.get("code").or_else(|| error.get("status"))?;
    let number = code.as_u64().or_else(|| code.as_str()?.parse().ok());
    number
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
}

/// Names first, in lower case; then telling words; then the status.
fn kind(named: &str, words: &str, status: Option<u16>) -> FailureKind {
    let table = NAMES
        .iter()
        .find(|(name, _)| named.contains(name))
        .map(|(_, kind)| *kind);
    let is_too_long = TOO_LONG.iter().any(|telling| words.contains(telling));
    match (table, status) {
        (Some(FailureKind::InvalidRequest) | None, None | Some(400 | 413 | 422)) if is_too_long => {
            FailureKind::ContextTooLong
        }
        (Some(FailureKind::InvalidRequest) | None, _) if words.contains("credit balance") => {
            FailureKind::Exhausted
        }
        // "Invalid request" is said of everything that is the caller's fault.
        (Some(FailureKind::InvalidRequest) | None, Some(status)) => by_status(status),
        (Some(kind), _) => kind,
        (None, None) => FailureKind::Overloaded,
    }
}

/// What names in errors mean; the first that is found counts.
const NAMES: [(&str, FailureKind); 40] = [
    ("context_length_exceeded", FailureKind::ContextTooLong),
    ("model_context_window_exceeded", FailureKind::ContextTooLong),
    ("insufficient_quota", FailureKind::Exhausted),
    ("billing", FailureKind::Exhausted),
    ("credit", FailureKind::Exhausted),
    ("servicequotaexceeded", FailureKind::Exhausted),
    ("content_filter", FailureKind::ContentFilter),
    ("content_policy_violation", FailureKind::ContentFilter),
    ("responsibleaipolicyviolation", FailureKind::ContentFilter),
    ("overloaded_error", FailureKind::Overloaded),
    ("rate_limit", FailureKind::RateLimited),
    ("tokens_exceeded", FailureKind::RateLimited),
    ("too_many_requests", FailureKind::RateLimited),
    ("throttling", FailureKind::RateLimited),
    ("resource_exhausted", FailureKind::RateLimited),
    ("overloaded", FailureKind::Overloaded),
    ("modelnotready", FailureKind::Overloaded),
    ("serviceunavailable", FailureKind::Overloaded),
    ("unavailable", FailureKind::Overloaded),
    ("internalserver", FailureKind::Overloaded),
    ("modelstreamerror", FailureKind::Overloaded),
    ("modelerror", FailureKind::Overloaded),
    ("server_error", FailureKind::Overloaded),
    ("api_error", FailureKind::Overloaded),
    ("internal", FailureKind::Overloaded),
    ("modeltimeout", FailureKind::Timeout),
    ("timeout", FailureKind::Timeout),
    ("deadline_exceeded", FailureKind::Timeout),
    ("authentication", FailureKind::Auth),
    ("invalid_api_key", FailureKind::Auth),
    ("api_key_invalid", FailureKind::Auth),
    ("unauthenticated", FailureKind::Auth),
    ("permission", FailureKind::Auth),
    ("accessdenied", FailureKind::Auth),
    ("model_not_found", FailureKind::NoSuchModel),
    ("deploymentnotfound", FailureKind::NoSuchModel),
    ("not_found", FailureKind::NoSuchModel),
    ("resourcenotfound", FailureKind::NoSuchModel),
    ("invalid_request", FailureKind::InvalidRequest),
    ("validationexception", FailureKind::InvalidRequest),
];

/// How providers say that a conversation is too long.
const TOO_LONG: [&str; 9] = [
    "context length",
    "context window",
    "maximum context",
    "prompt is too long",
    "input is too long",
    "too many input tokens",
    "input token count",
    "exceeds the maximum number of tokens",
    "exceed context limit",
];

fn by_status(status: u16) -> FailureKind {
    match status {
        401 | 403 => FailureKind::Auth,
        402 => FailureKind::Exhausted,
        404 => FailureKind::NoSuchModel,
        408 => FailureKind::Timeout,
        429 => FailureKind::RateLimited,
        500.. => FailureKind::Overloaded,
        400.. => FailureKind::InvalidRequest,
        _ => FailureKind::Malformed,
    }
}

/// `retry-after-ms` (OpenAI, Azure), or `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), which is
/// measured against the answer's own `Date`.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let date = |name: &str| header(name).and_then(|text| httpdate::parse_http_date(text).ok());
    if let Some(ms) = header("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return milliseconds(ms / 1000.0);
    }
    match header("retry-after")?.parse::<f64>() {
        Ok(seconds) => milliseconds(seconds),
        Err(_) => {
            let wait = date("retry-after")?.duration_since(date("date")?).ok()?;
            milliseconds(wait.as_secs_f64())
        }
    }
}

/// Gemini: a detail of type `RetryInfo` with `"retryDelay": "17s"`.
fn retry_delay(error: &Value) -> Option<u64> {
    let mut delays = items(error, "details").filter_map(|detail| text(detail, "retryDelay"));
    milliseconds(delays.next()?.strip_suffix('s')?.parse().ok()?)
}

/// Rounded up; none when it is no time at all.
fn milliseconds(seconds: f64) -> Option<u64> {
    let ms = (seconds * 1000.0).ceil();
    (ms >= 0.0).then(|| (ms as u64).min(MAX_RETRY_AFTER_MS))
}

#[cfg(test)]
mod tests;
