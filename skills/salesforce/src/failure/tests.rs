#![expect(clippy::panic, reason = "tests")]

use super::*;
use crate::bindings::metier::skill::types::Denial;

fn answer(status: u16, body: &str) -> Error {
    answer_with(status, body, &[])
}

fn answer_with(status: u16, body: &str, headers: &[(&str, &str)]) -> Error {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    of_answer(&Response {
        status,
        headers,
        body: body.as_bytes().to_vec(),
        url: String::new(),
    })
}

fn salesforce(status: u16, code: &str) -> Error {
    answer(
        status,
        &format!(r#"[{{"message":"words of theirs","errorCode":"{code}"}}]"#),
    )
}

/// The name of the case and its text.
fn told(error: Error) -> (&'static str, String) {
    match error {
        Error::InvalidInput(text) => ("invalid-input", text),
        Error::Unauthorized(text) => ("unauthorized", text),
        Error::Denied(text) => ("denied", text),
        Error::NotFound(text) => ("not-found", text),
        Error::Conflict(text) => ("conflict", text),
        Error::RateLimited(limit) => ("rate-limited", limit.message),
        Error::Unavailable(text) => ("unavailable", text),
        Error::Internal(text) => ("internal", text),
    }
}

#[test]
fn each_code_has_its_case_and_keeps_salesforces_words() {
    for (status, code, case) in [
        (400, "MALFORMED_QUERY", "invalid-input"),
        (400, "INVALID_FIELD", "invalid-input"),
        (400, "INVALID_TYPE", "invalid-input"),
        (400, "REQUIRED_FIELD_MISSING", "invalid-input"),
        (401, "INVALID_SESSION_ID", "unauthorized"),
        (403, "INVALID_SESSION_ID", "unauthorized"),
        (403, "REQUEST_LIMIT_EXCEEDED", "rate-limited"),
        (403, "API_DISABLED_FOR_ORG", "denied"),
        (
            400,
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "denied",
        ),
        (404, "NOT_FOUND", "not-found"),
        (404, "ENTITY_IS_DELETED", "conflict"),
        (400, "DUPLICATES_DETECTED", "conflict"),
        (400, "DUPLICATE_VALUE", "conflict"),
        (400, "UNABLE_TO_LOCK_ROW", "conflict"),
        (400, "QUERY_TIMEOUT", "unavailable"),
        (500, "UNKNOWN_EXCEPTION", "unavailable"),
        (503, "SERVER_UNAVAILABLE", "unavailable"),
    ] {
        assert_eq!(
            told(salesforce(status, code)),
            (case, format!("{code}: words of theirs")),
            "{status} {code}"
        );
    }
}

#[test]
fn a_status_alone_is_enough() {
    for (status, case) in [
        (400, "invalid-input"),
        (401, "unauthorized"),
        (403, "denied"),
        (404, "not-found"),
        (409, "conflict"),
        (429, "rate-limited"),
        (502, "unavailable"),
    ] {
        let (got, text) = told(answer(status, "<html>not json</html>"));
        assert_eq!(
            (got, text.contains(&status.to_string())),
            (case, true),
            "{status}"
        );
    }
    let (case, text) = told(answer(302, ""));
    assert!(case == "unavailable" && text.contains("redirect"));
    let oauth = answer(
        400,
        r#"{"error":"invalid_grant","error_description":"expired"}"#,
    );
    assert_eq!(
        told(oauth),
        ("invalid-input", "invalid_grant: expired".to_owned())
    );
}

#[test]
fn the_wait_is_passed_on_when_there_is_one() {
    let body = r#"[{"message":"m","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
    for (headers, wanted) in [
        (&[("retry-after", "17")][..], Some(17)),
        (&[("retry-after", "soon")], None),
        (&[], None),
    ] {
        let Error::RateLimited(limit) = answer_with(403, body, headers) else {
            panic!("not rate-limited")
        };
        assert_eq!(limit.retry_after_seconds, wanted);
    }
}

#[test]
fn long_words_are_cut() {
    let (_, text) = told(answer(
        400,
        &format!(r#"[{{"message":"{}","errorCode":"X"}}]"#, "ü".repeat(9_000)),
    ));
    assert_eq!(text.chars().count(), "X: ".len() + MAX_WORDS);
}

#[test]
fn no_answer_is_sorted_by_who_can_mend_it() {
    let denial = Denial {
        code: "http-not-granted".to_owned(),
        message: "no rule".to_owned(),
    };
    for (error, case) in [
        (FetchError::Denied(denial), "denied"),
        (FetchError::InvalidRequest("x".to_owned()), "internal"),
        (FetchError::Timeout("x".to_owned()), "unavailable"),
        (FetchError::Unreachable("x".to_owned()), "unavailable"),
        (FetchError::TooLarge(9), "invalid-input"),
    ] {
        assert_eq!(told(of_fetch(error)).0, case);
    }
}
