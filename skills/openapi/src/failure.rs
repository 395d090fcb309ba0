//! From what went wrong to the error variant every skill uses.

use serde_json::Value as Json;

use crate::bindings::metier::skill::fetch::{FetchError, Response};
use crate::bindings::metier::skill::types::{Error, RateLimit};

/// How much of the service's words is passed on, in characters.
const MAX_WORDS: usize = 1_000;

/// Most messages taken from one answer.
const MAX_MESSAGES: usize = 5;

/// How deep a message is looked for.
const MAX_DEPTH: usize = 4;

/// Members that hold a message, or something that does, in the order they are looked at.
const TELLING: [&str; 16] = [
    "message",
    "error_description",
    "detail",
    "errorMessages",
    "errors",
    "error",
    "error_message",
    "errorMessage",
    "Message",
    "description",
    "reason",
    "fault",
    "faultstring",
    "msg",
    "title",
    "code",
];

/// The error of an answer whose status is not a success.
pub fn of_answer(response: &Response) -> Error {
    let status = response.status;
    let words = words(&response.body);
    let text = match words.is_empty() {
        true => format!("the service answered with status {status}"),
        false => format!("the service answered with status {status}: {words}"),
    };
    match status {
        401 => Error::Unauthorized(text),
        403 => Error::Denied(text),
        404 | 410 => Error::NotFound(text),
        409 | 412 | 423 => Error::Conflict(text),
        408 | 425 => Error::Unavailable(text),
        429 => Error::RateLimited(RateLimit {
            message: text,
            retry_after_seconds: retry_after(response),
        }),
        400..=499 => Error::InvalidInput(text),
        304 => Error::Conflict(format!(
            "the service answered that nothing has changed (status {status})"
        )),
        300..=399 => Error::Unavailable(format!(
            "the service answered with a redirect (status {status}) that is not followed: the address it is called at may be an old one"
        )),
        _ => Error::Unavailable(text),
    }
}

/// The error of a request without an answer.
pub fn of_fetch(error: FetchError) -> Error {
    match error {
        FetchError::Denied(denial) => Error::Denied(denial.message),
        FetchError::InvalidRequest(why) => Error::InvalidInput(format!(
            "the arguments make a request that cannot be sent: {why}"
        )),
        FetchError::Timeout(why) | FetchError::Unreachable(why) => Error::Unavailable(why),
        FetchError::TooLarge(limit) => Error::InvalidInput(format!(
            "the answer is larger than the {limit} bytes allowed; ask for less"
        )),
    }
}

/// The messages in an answer, or its text; empty when there is nothing to read.
fn words(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Json>(body) {
        Ok(json) => {
            let mut messages = Vec::new();
            collect(&json, MAX_DEPTH, &mut messages);
            match messages.is_empty() {
                true => json.to_string(),
                false => messages.join("; "),
            }
        }
        Err(_) => match std::str::from_utf8(body) {
            Ok(text) if !text.trim_start().starts_with('<') => text.to_owned(),
            // A page for people, or bytes: nothing a sentence could quote.
            _ => String::new(),
        },
    };
    let plain = |char: char| if char.is_control() { ' ' } else { char };
    let words: String = text.chars().map(plain).collect();
    words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(MAX_WORDS)
        .collect()
}

/// Looks where services put their messages: RFC 9457, OAuth, Google, Microsoft, Atlassian and those who follow them.
fn collect(json: &Json, depth: usize, messages: &mut Vec<String>) {
    if depth == 0 || messages.len() >= MAX_MESSAGES {
        return;
    }
    match json {
        Json::String(text) if !text.trim().is_empty() => messages.push(text.trim().to_owned()),
        Json::Array(elements) => elements
            .iter()
            .for_each(|element| collect(element, depth - 1, messages)),
        Json::Object(members) => {
            let before = messages.len();
            for name in TELLING {
                match members.get(name) {
                    Some(Json::Object(named))
                        if !TELLING.iter().any(|name| named.contains_key(*name)) =>
                    {
                        by_name(named, messages);
                    }
                    Some(value) => collect(value, depth - 1, messages),
                    None => {}
                }
                // Atlassian's two lists complete each other; of the rest, the first that says something is enough.
                if messages.len() > before && name != "errorMessages" {
                    break;
                }
            }
        }
        _ => {}
    }
}

/// `{"summary": "is required"}`: messages by the field they are about.
fn by_name(named: &serde_json::Map<String, Json>, messages: &mut Vec<String>) {
    for (field, value) in named {
        let mut about = Vec::new();
        collect(value, 2, &mut about);
        if messages.len() < MAX_MESSAGES && !about.is_empty() {
            messages.push(format!("{field}: {}", about.join(", ")));
        }
    }
}

fn retry_after(response: &Response) -> Option<u32> {
    let mut headers = response.headers.iter();
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests;
