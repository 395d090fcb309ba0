//! From what went wrong to the error variant every skill uses.
//!
//! | what | becomes |
//! |---|---|
//! | a tool that says it failed (`isError`) | `invalid-input`; another Metier's fault keeps its kind |
//! | -32602, and other refusals of the arguments | `invalid-input` |
//! | -32601, -32002 | `not-found` |
//! | -32021, -32042, a question to a person or a model | `denied` |
//! | -32700, -32600, -32020 | `internal` |
//! | -32022, any other error of the protocol, what is no answer | `unavailable` |
//! | 401 / 403 / 409 / 429 / another 4xx / 5xx without such an error | `unauthorized` / `denied` / `conflict` / `rate-limited` / `invalid-input` / `unavailable` |
//! | 404 and 405 without such an error, redirects | `unavailable`: the server is not there any more |

use metier_mcp_wire::{Reply, RpcError, Unreadable, reply};
use serde_json::{Map, Value as Json};

use crate::bindings::exports::metier::skill::tools::Error;
use crate::bindings::metier::skill::fetch::{FetchError, Response};
use crate::bindings::metier::skill::types::RateLimit;

/// How much of the server's words is passed on, in characters.
const MAX_WORDS: usize = 1_000;

/// How another Metier says which fault is behind an error, in `_meta`.
const FAULT: &str = "metier/fault";

/// The first value of a header.
pub fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    let mut headers = response.headers.iter();
    let (_, value) = headers.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

/// The media type of an answer; empty where it has none.
pub fn media_type(response: &Response) -> &str {
    header(response, "content-type").unwrap_or_default()
}

/// The error of an answer whose status is not a success.
pub fn of_answer(response: &Response, id: u64) -> Error {
    let status = response.status;
    let error = match reply::read(media_type(response), &response.body, id) {
        Ok(Reply::Error(error)) => Some(error),
        _ => None,
    };
    let words = match &error {
        Some(error) => words(&error.message),
        None => plain(response),
    };
    let text = match words.is_empty() {
        true => format!("the server answered with status {status}"),
        false => format!("the server answered with status {status}: {words}"),
    };
    match (status, error) {
        (401, _) => Error::Unauthorized(text),
        (403, _) => Error::Denied(text),
        (429, _) => Error::RateLimited(RateLimit {
            message: text,
            retry_after_seconds: retry_after(response),
        }),
        (400..=499, Some(error)) => of_protocol(&error),
        (404 | 405 | 410, None) => Error::Unavailable(format!(
            "{text}: it may have moved; an operator attaches it again"
        )),
        (408 | 425, None) => Error::Unavailable(text),
        (409, None) => Error::Conflict(text),
        (400..=499, None) => Error::InvalidInput(text),
        (300..=399, _) => Error::Unavailable(format!(
            "the server answered with a redirect (status {status}), which is not followed: it may have moved; an operator attaches it again"
        )),
        _ => Error::Unavailable(text),
    }
}

/// An error of the protocol.
pub fn of_protocol(error: &RpcError) -> Error {
    let code = error.code;
    let text = match words(&error.message) {
        words if words.is_empty() => format!("the server answered with the error {code}"),
        words => format!("the server answered with the error {code}: {words}"),
    };
    match code {
        -32602 => Error::InvalidInput(text),
        -32601 | -32002 => Error::NotFound(text),
        -32021 => Error::Denied(format!(
            "{text}. A skill offers a server nothing but its arguments"
        )),
        -32042 => asks("a person to open a page"),
        -32022 => another_revision(),
        -32700 | -32600 | -32020 => Error::Internal(text),
        _ => Error::Unavailable(text),
    }
}

/// A server that speaks otherwise than when it was attached.
pub fn another_revision() -> Error {
    Error::Unavailable(
        "the server speaks another revision of the protocol than when it was attached; an operator attaches it again"
            .to_owned(),
    )
}

/// An answer that is none.
pub fn of_unreadable(why: Unreadable) -> Error {
    let text = match why {
        Unreadable::Empty => "the server answered with nothing",
        Unreadable::CutOff => "the server's stream ended before the tool's answer",
        Unreadable::NoAnswer => {
            "the server's answer was not understood: it is no answer to the call"
        }
        Unreadable::Asks(method) => return asks(&question(&method)),
    };
    Error::Unavailable(text.to_owned())
}

fn question(method: &str) -> String {
    match method {
        "elicitation/create" => "a person for more".to_owned(),
        "sampling/createMessage" => "its client's model".to_owned(),
        "roots/list" => "for its client's folders".to_owned(),
        other => format!("`{}`", words(other)),
    }
}

fn asks(what: &str) -> Error {
    Error::Denied(format!(
        "the server asks {what} before it goes on, which a skill cannot answer; call it with all it needs in the arguments"
    ))
}

/// A result that is no end: the server wants something first.
pub fn unfinished(kind: &str, result: &Map<String, Json>) -> Error {
    let method = |request: &Json| request.get("method")?.as_str().map(question);
    match kind {
        "input_required" => {
            let requests = result.get("inputRequests").and_then(Json::as_object);
            let mut methods = requests.into_iter().flat_map(Map::values).filter_map(method);
            asks(&methods.next().unwrap_or_else(|| "for more".to_owned()))
        }
        "task" => Error::Unavailable(
            "the server made a task of the call, though it was not told that its answer would be waited for"
                .to_owned(),
        ),
        other => Error::Unavailable(format!(
            "the server's answer was not understood: its kind is `{}`",
            words(other)
        )),
    }
}

/// A tool that says it failed, in these words.
pub fn of_tool(said: &str, result: &Map<String, Json>) -> Error {
    let text = match words(said) {
        words if words.is_empty() => "the server's tool failed and does not say why".to_owned(),
        words => format!("the server's tool failed: {words}"),
    };
    let fault = result.get("_meta").and_then(|meta| meta.get(FAULT));
    let code = fault.and_then(|fault| fault.get("code")?.as_str());
    match code.unwrap_or_default() {
        "upstream-unauthorized"
        | "credential-missing"
        | "credential-expired"
        | "credential-rejected" => Error::Unauthorized(text),
        "not-found" => Error::NotFound(text),
        "conflict" => Error::Conflict(text),
        "rate-limited" | "upstream-rate-limited" => Error::RateLimited(RateLimit {
            message: text,
            retry_after_seconds: None,
        }),
        "busy" | "upstream-unavailable" | "upstream-unreachable" | "upstream-timeout" => {
            Error::Unavailable(text)
        }
        "forbidden" => Error::Denied(text),
        code if code.ends_with("-denied") || code.ends_with("-not-granted") => Error::Denied(text),
        _ => Error::InvalidInput(text),
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

/// A body for people: its text, but for pages.
fn plain(response: &Response) -> String {
    match std::str::from_utf8(&response.body) {
        Ok(text) if !text.trim_start().starts_with('<') => match serde_json::from_str::<Json>(text)
        {
            Ok(json) => words(message(&json).unwrap_or(text)),
            Err(_) => words(text),
        },
        _ => String::new(),
    }
}

fn message(json: &Json) -> Option<&str> {
    let found = ["error_description", "message", "detail", "error"];
    let mut found = found.iter().filter_map(|name| json.get(name));
    found.find_map(|value| value.as_str().or_else(|| value.get("message")?.as_str()))
}

/// One line of at most [`MAX_WORDS`] characters, without control characters.
pub fn words(text: &str) -> String {
    // Far more than is kept, far less than a server could send.
    let head: String = text.chars().take(MAX_WORDS * 8).collect();
    let visible = head.replace(char::is_control, " ");
    let line: Vec<&str> = visible.split_whitespace().collect();
    line.join(" ").chars().take(MAX_WORDS).collect()
}

fn retry_after(response: &Response) -> Option<u32> {
    header(response, "retry-after")?.parse().ok()
}

#[cfg(test)]
mod tests;
