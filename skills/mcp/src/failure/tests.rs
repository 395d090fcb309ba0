#![expect(clippy::unwrap_used, reason = "tests")]

use metier_mcp_wire::{RpcError, Unreadable};
use serde_json::{Value as Json, json};

use super::{of_answer, of_protocol, of_tool, of_unreadable, unfinished};
use crate::bindings::exports::metier::skill::tools::Error;
use crate::bindings::metier::skill::fetch::Response;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Error {
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let response = Response {
        status,
        headers: headers.collect(),
        body: body.as_bytes().to_vec(),
        url: String::new(),
    };
    of_answer(&response, 2)
}

fn kind(error: &Error) -> (&'static str, String) {
    let (kind, text) = match error {
        Error::InvalidInput(text) => ("invalid-input", text),
        Error::Unauthorized(text) => ("unauthorized", text),
        Error::Denied(text) => ("denied", text),
        Error::NotFound(text) => ("not-found", text),
        Error::Conflict(text) => ("conflict", text),
        Error::RateLimited(limit) => ("rate-limited", &limit.message),
        Error::Unavailable(text) => ("unavailable", text),
        Error::Internal(text) => ("internal", text),
    };
    (kind, text.clone())
}

#[test]
fn a_status_becomes_an_error_with_the_servers_words() {
    let refused = |code: i64| {
        json!({"jsonrpc": "2.0", "id": 2, "error": {"code": code, "message": "the words"}})
            .to_string()
    };
    for (status, body, expected) in [
        (401, "the words".to_owned(), "unauthorized"),
        (
            401,
            r#"{"error":"invalid_token","error_description":"the words"}"#.to_owned(),
            "unauthorized",
        ),
        (403, refused(-32000), "denied"),
        (400, refused(-32602), "invalid-input"),
        (400, refused(-32020), "internal"),
        (404, refused(-32601), "not-found"),
        (404, "the words".to_owned(), "unavailable"),
        (405, "the words".to_owned(), "unavailable"),
        (409, "the words".to_owned(), "conflict"),
        (413, "the words".to_owned(), "invalid-input"),
        (429, refused(-32000), "rate-limited"),
        (500, r#"{"message":"the words"}"#.to_owned(), "unavailable"),
        (503, "the words".to_owned(), "unavailable"),
    ] {
        let error = answer(status, &[], &body);
        let (kind, text) = kind(&error);
        assert_eq!(kind, expected, "{status} {body}");
        assert!(text.contains("the words"), "{text}");
    }
    assert_eq!(
        kind(&answer(302, &[("location", "http://169.254.169.254/")], "")).0,
        "unavailable"
    );
    let page = answer(502, &[], "<html>secret</html>");
    assert_eq!(kind(&page).1, "the server answered with status 502");
}

#[test]
fn how_long_to_stay_away_is_handed_on() {
    let Error::RateLimited(limit) = answer(429, &[("Retry-After", "17")], "") else {
        panic!()
    };
    assert_eq!(limit.retry_after_seconds, Some(17));
    let Error::RateLimited(limit) = answer(429, &[("Retry-After", "tomorrow")], "") else {
        panic!()
    };
    assert_eq!(limit.retry_after_seconds, None);
}

#[test]
fn an_error_of_the_protocol_keeps_its_kind() {
    for (code, expected) in [
        (-32602, "invalid-input"),
        (-32601, "not-found"),
        (-32002, "not-found"),
        (-32021, "denied"),
        (-32042, "denied"),
        (-32022, "unavailable"),
        (-32603, "unavailable"),
        (-32000, "unavailable"),
        (-32700, "internal"),
    ] {
        let error = RpcError {
            code,
            message: "a\u{1b}[2J\nb".to_owned(),
            data: Json::Null,
        };
        let (kind, text) = kind(&of_protocol(&error));
        assert_eq!(kind, expected, "{code}");
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    let long = RpcError {
        code: 1,
        message: "x".repeat(100_000),
        data: Json::Null,
    };
    assert!(kind(&of_protocol(&long)).1.len() < 1_100);
}

#[test]
fn a_server_that_asks_back_is_told_apart() {
    let (said, text) = kind(&of_unreadable(Unreadable::Asks(
        "elicitation/create".to_owned(),
    )));
    assert_eq!(said, "denied");
    assert!(text.contains("asks a person for more"), "{text}");
    let result = json!({"resultType": "input_required", "inputRequests": {"a": {"method": "sampling/createMessage"}}});
    let (said, text) = kind(&unfinished("input_required", result.as_object().unwrap()));
    assert_eq!(said, "denied");
    assert!(text.contains("its client's model"), "{text}");
    let nothing = json!({});
    let nothing = nothing.as_object().unwrap();
    assert_eq!(kind(&unfinished("input_required", nothing)).0, "denied");
    assert_eq!(kind(&unfinished("task", nothing)).0, "unavailable");
    assert_eq!(kind(&unfinished("later", nothing)).0, "unavailable");
    for why in [Unreadable::Empty, Unreadable::CutOff, Unreadable::NoAnswer] {
        assert_eq!(kind(&of_unreadable(why)).0, "unavailable");
    }
}

#[test]
fn a_tool_that_failed_is_quoted_and_another_metiers_fault_keeps_its_kind() {
    let nothing = json!({});
    let (said, text) = kind(&of_tool("no such city", nothing.as_object().unwrap()));
    assert_eq!(said, "invalid-input");
    assert_eq!(text, "the server's tool failed: no such city");
    for (code, expected) in [
        ("http-not-granted", "denied"),
        ("policy-denied", "denied"),
        ("upstream-unauthorized", "unauthorized"),
        ("not-found", "not-found"),
        ("upstream-timeout", "unavailable"),
        ("busy", "unavailable"),
        ("invalid-arguments", "invalid-input"),
        ("something-new", "invalid-input"),
    ] {
        let result = json!({"_meta": {"metier/fault": {"code": code}}});
        assert_eq!(
            kind(&of_tool("x", result.as_object().unwrap())).0,
            expected,
            "{code}"
        );
    }
}
