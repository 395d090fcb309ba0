//! From what went wrong to the error variant every skill uses.

use serde_json::Value as Json;

use crate::bindings::metier::skill::fetch::{FetchError, Response};
use crate::bindings::metier::skill::types::{Error, RateLimit};

/// How much of Salesforce's words is passed on, in characters.
const MAX_WORDS: usize = 2_000;

/// The error of an answer whose status is not a success.
pub fn of_answer(response: &Response) -> Error {
    let (code, message) = words(&response.body);
    let text = match (code.is_empty(), message.is_empty()) {
        (false, false) => format!("{code}: {message}"),
        (false, true) => code.clone(),
        (true, false) => message,
        (true, true) => format!("Salesforce answered with status {}", response.status),
    };
    match (code.as_str(), response.status) {
        ("REQUEST_LIMIT_EXCEEDED", _) | (_, 429) => Error::RateLimited(RateLimit {
            message: text,
            retry_after_seconds: retry_after(response),
        }),
        ("INVALID_SESSION_ID", _) | (_, 401) => Error::Unauthorized(text),
        ("ENTITY_IS_DELETED" | "UNABLE_TO_LOCK_ROW", _) | (_, 409 | 412) => Error::Conflict(text),
        (code, _) if code.starts_with("DUPLICATE") => Error::Conflict(text),
        (code, _) if code.starts_with("INSUFFICIENT_ACCESS") => Error::Denied(text),
        ("QUERY_TIMEOUT" | "SERVER_UNAVAILABLE", _) => Error::Unavailable(text),
        (_, 403) => Error::Denied(text),
        (_, 404) => Error::NotFound(text),
        (_, 400..=499) => Error::InvalidInput(text),
        (_, 300..=399) => Error::Unavailable(format!(
            "Salesforce answered with a redirect (status {}), which is not followed: `instance-url` may name the wrong address",
            response.status
        )),
        _ => Error::Unavailable(text),
    }
}

/// The error of a request without an answer.
pub fn of_fetch(error: FetchError) -> Error {
    match error {
        FetchError::Denied(denial) => Error::Denied(denial.message),
        FetchError::InvalidRequest(why) => Error::Internal(why),
        FetchError::Timeout(why) | FetchError::Unreachable(why) => Error::Unavailable(why),
        FetchError::TooLarge(limit) => Error::InvalidInput(format!(
            "the answer is larger than the {limit} bytes allowed; ask for fewer fields or rows"
        )),
    }
}

/// The error of a success that is not what Salesforce documents.
pub fn not_understood(what: &str) -> Error {
    Error::Unavailable(format!("Salesforce's answer was not understood: {what}"))
}

/// The first error's code and message; both empty when the body is something else.
fn words(body: &[u8]) -> (String, String) {
    let Ok(json) = serde_json::from_slice::<Json>(body) else {
        return (String::new(), String::new());
    };
    let first = json.get(0).unwrap_or(&json);
    let text = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| first.get(name)?.as_str());
        found
            .unwrap_or_default()
            .trim()
            .chars()
            .take(MAX_WORDS)
            .collect()
    };
    (
        text(["errorCode", "error"]),
        text(["message", "error_description"]),
    )
}

fn retry_after(response: &Response) -> Option<u32> {
    let header = response
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    header.and_then(|(_, value)| value.trim().parse().ok())
}

#[cfg(test)]
mod tests;
