#![expect(clippy::panic, reason = "tests")]

use serde_json::json;

use super::*;
use crate::bindings::metier::skill::types::Denial;

fn response(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: vec![("Retry-After".to_owned(), " 30 ".to_owned())],
        body: body.as_bytes().to_vec(),
        url: String::new(),
    }
}

#[test]
fn every_status_has_its_error() {
    let of = |status| of_answer(&response(status, "no"));
    let text = |status| format!("the service answered with status {status}: no");
    for status in [400, 402, 405, 413, 422] {
        assert_eq!(of(status), Error::InvalidInput(text(status)));
    }
    assert_eq!(of(401), Error::Unauthorized(text(401)));
    assert_eq!(of(403), Error::Denied(text(403)));
    for status in [404, 410] {
        assert_eq!(of(status), Error::NotFound(text(status)));
    }
    for status in [409, 412, 423] {
        assert_eq!(of(status), Error::Conflict(text(status)));
    }
    for status in [408, 425, 500, 502, 503, 504, 599] {
        assert_eq!(of(status), Error::Unavailable(text(status)));
    }
    let limited = RateLimit {
        message: text(429),
        retry_after_seconds: Some(30),
    };
    assert_eq!(of(429), Error::RateLimited(limited));
    assert!(matches!(of(302), Error::Unavailable(why) if why.contains("redirect")));
}

#[test]
fn the_services_words_are_found_where_services_put_them() {
    for (body, words) in [
        (
            json!({"message": "Not Found", "documentation_url": "https://docs"}),
            "Not Found",
        ),
        (
            json!({"error": {"code": 400, "message": "Invalid value"}}),
            "Invalid value",
        ),
        (
            json!({"error": "invalid_grant", "error_description": "expired"}),
            "expired",
        ),
        (
            json!({"type": "about:blank", "title": "Bad", "detail": "The id is no id."}),
            "The id is no id.",
        ),
        (
            json!({"errorMessages": ["No project."], "errors": {"summary": "is required", "due": ["a", "b"]}}),
            "No project.; summary: is required; due: a, b",
        ),
        (
            json!({"errorMessages": [], "errors": {"summary": "is required"}}),
            "summary: is required",
        ),
        (
            json!({"errors": [{"message": "a"}, {"message": "b"}]}),
            "a; b",
        ),
        (
            json!({"ok": false, "error": "channel_not_found"}),
            "channel_not_found",
        ),
        (json!({"fault": {"faultstring": "down"}}), "down"),
        (json!({"strange": 1}), "{\"strange\":1}"),
    ] {
        assert_eq!(super::words(body.to_string().as_bytes()), words, "{body}");
    }
    assert_eq!(words(b"plain\r\n  words\x07"), "plain words");
    assert_eq!(words(b"<html>An error page</html>"), "");
    assert_eq!(words(b"\xff\xfe"), "");
    assert_eq!(
        words("é".repeat(5_000).as_bytes()).chars().count(),
        MAX_WORDS
    );
}

#[test]
fn a_request_without_an_answer_has_its_error() {
    let denial = Denial {
        code: "http-not-granted".to_owned(),
        message: "The grant has no rule.".to_owned(),
    };
    assert_eq!(
        of_fetch(FetchError::Denied(denial)),
        Error::Denied("The grant has no rule.".to_owned())
    );
    assert_eq!(
        of_fetch(FetchError::Timeout("slow".to_owned())),
        Error::Unavailable("slow".to_owned())
    );
    assert_eq!(
        of_fetch(FetchError::Unreachable("off".to_owned())),
        Error::Unavailable("off".to_owned())
    );
    match of_fetch(FetchError::TooLarge(7)) {
        Error::InvalidInput(why) => assert!(why.contains("7 bytes")),
        other => panic!("{other:?}"),
    }
}
