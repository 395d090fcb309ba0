//! What goes wrong behind a route, and what clients are told.

use metier_agent::models::{Delta, FailureKind};
use metier_agent::routes::NanoDollars;
use serde_json::json;

use super::{
    events, hello, scene,
    script::{Script, Turn, word},
};

#[tokio::test]
async fn every_kind_of_failure_has_its_status_and_code() {
    for (kind, status, code) in [
        (FailureKind::RateLimited, 429, "rate_limit_exceeded"),
        (FailureKind::Exhausted, 429, "insufficient_quota"),
        (FailureKind::Overloaded, 503, "upstream-unavailable"),
        (FailureKind::Unreachable, 502, "upstream-unreachable"),
        (FailureKind::Timeout, 504, "upstream-timeout"),
        (FailureKind::BrokenOff, 502, "upstream-invalid-answer"),
        (FailureKind::Malformed, 502, "upstream-invalid-answer"),
        (FailureKind::TooLarge, 502, "upstream-invalid-answer"),
        (FailureKind::InvalidRequest, 400, "model-request-invalid"),
        (FailureKind::Auth, 403, "upstream-unauthorized"),
        (FailureKind::NoSuchModel, 404, "model_not_found"),
        (FailureKind::ContextTooLong, 400, "context_length_exceeded"),
        (FailureKind::ContentFilter, 400, "content_filter"),
        (FailureKind::Denied, 403, "http-not-granted"),
        (FailureKind::NoCandidate, 400, "model-no-candidate"),
        (FailureKind::NotRecorded, 404, "not-found"),
    ] {
        let turn = || Turn::fails(kind, &[]);
        let scene = scene(&Script::new([turn(), turn(), turn()])).await;
        let mut body = hello("quick");
        let whole = scene.chat(body.clone()).await;
        assert_eq!(
            (whole.status, whole.code()),
            (status, code),
            "{kind}: {}",
            whole.body
        );
        let class = &whole.json["error"]["type"];
        let expected = match status {
            429 => "requests",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        assert_eq!(class, expected, "{kind}");
        // Before the first word, a stream has the same answer.
        body["stream"] = json!(true);
        let stream = scene.chat(body).await;
        assert_eq!((stream.status, stream.code()), (status, code), "{kind}");
        let body = json!({ "model": "quick", "input": "Hello", "stream": true });
        let other = scene.respond(body).await;
        assert_eq!((other.status, other.code()), (status, code), "{kind}");
    }
}

#[tokio::test]
async fn whoever_is_too_fast_is_told_how_long_to_wait() {
    let turn = Turn::fails(FailureKind::RateLimited, &[]);
    let limited = turn.failing(|failure| failure.retry_after_ms = Some(7_000));
    let rests = Turn::fails(FailureKind::NoCandidate, &[]);
    let rests = rests.failing(|failure| failure.retry_after_ms = Some(2_010));
    let exhausted = Turn::fails(FailureKind::Exhausted, &[]);
    let scene = scene(&Script::new([limited, rests, exhausted])).await;
    let limited = scene.chat(hello("quick")).await;
    assert_eq!(
        (limited.status, limited.header("retry-after")),
        (429, Some("7"))
    );
    assert_eq!(limited.header("x-should-retry"), None);
    let rests = scene.chat(hello("quick")).await;
    assert_eq!(
        (rests.status, rests.header("retry-after")),
        (503, Some("3"))
    );
    let exhausted = scene.chat(hello("quick")).await;
    assert_eq!(
        (exhausted.status, exhausted.header("x-should-retry")),
        (429, Some("false"))
    );
}

#[tokio::test]
async fn after_the_first_word_a_failure_is_an_event_and_the_end() {
    let turn = Turn::fails(FailureKind::BrokenOff, &["Hel"]);
    let scene = scene(&Script::new([turn])).await;
    let mut body = hello("quick");
    body["stream"] = json!(true);
    let reply = scene.chat(body).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("event: error\n"), "{}", reply.body);
    let events = events(&reply);
    let error = &events.last().unwrap()["error"];
    assert_eq!(
        (&error["type"], &error["code"]),
        (&"server_error".into(), &"upstream-invalid-answer".into())
    );
    assert!(!reply.body.contains("[DONE]"));
}

/// Another candidate would begin anew, and what was told cannot be taken back.
#[tokio::test]
async fn an_answer_that_is_begun_anew_ends_the_stream_and_is_given_up() {
    let retrying = || Delta::Retrying {
        candidate: "one".into(),
        why: "It broke off.".into(),
        wait_ms: 1,
    };
    let anew = || Turn::says(&["Hel"]).and(retrying()).and(word("Hello"));
    let early = Turn::says(&[]).and(retrying()).and(word("Hello"));
    let script = Script::new([anew(), early, anew()]);
    let scene = scene(&script).await;
    let mut body = hello("quick");
    body["stream"] = json!(true);
    let late = scene.chat(body.clone()).await;
    let last = events(&late).pop().unwrap();
    assert_eq!(last["error"]["message"], "It broke off.", "{}", late.body);
    script.is_given_up().await;
    // Before the first word nobody notices, nor does whoever waits for the whole.
    let early = scene.chat(body).await;
    assert!(
        early.body.contains("Hello") && early.body.contains("[DONE]"),
        "{}",
        early.body
    );
    assert_eq!(scene.chat(hello("quick")).await.status, 200);
}

#[tokio::test]
async fn failed_attempts_are_booked_at_what_they_may_have_cost() {
    let turn = Turn::fails(FailureKind::BrokenOff, &["Hel"]);
    let turn = turn.failing(|failure| failure.spent = NanoDollars(900));
    let scene = scene(&Script::new([turn])).await;
    assert_eq!(scene.chat(hello("quick")).await.status, 502);
    assert_eq!(scene.booked().await, [("model/one".to_owned(), 900)]);
}
