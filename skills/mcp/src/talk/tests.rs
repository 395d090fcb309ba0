#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;

use metier_mcp_wire::Plan;
use serde_json::{Map, Value as Json, json};

use super::call;
use crate::bindings::exports::metier::skill::tools::Error;
use crate::bindings::metier::skill::fetch::{FetchError, Request, Response};

/// A server that says these answers in turn, and remembers what it was asked.
struct Server {
    answers: RefCell<Vec<Result<Response, FetchError>>>,
    asked: RefCell<Vec<Request>>,
}

impl Server {
    fn new(mut answers: Vec<Result<Response, FetchError>>) -> Server {
        answers.reverse();
        Server {
            answers: answers.into(),
            asked: RefCell::default(),
        }
    }

    fn call(&self, revision: &str, session: bool) -> Result<Map<String, Json>, Error> {
        let plan = json!({
            "version": 1, "url": "https://a.example/mcp", "revision": revision, "session": session,
            "tools": [{"name": "add", "tool": "math.add", "description": "", "input-schema": {}}],
        })
        .to_string();
        let plan = Plan::for_a_call(plan.as_bytes()).unwrap();
        let arguments = json!({"a": 1}).as_object().unwrap().clone();
        call(&plan, &plan.tools[0], &arguments, |request| {
            self.asked.borrow_mut().push(request.clone());
            self.answers.borrow_mut().pop().expect("an answer")
        })
    }

    /// Method, what the body calls, and the session, of each request.
    fn asked(&self) -> Vec<(String, String, Option<String>)> {
        let asked = self.asked.borrow();
        let told = asked.iter().map(|request| {
            assert_eq!(request.url, "https://a.example/mcp");
            assert_eq!(request.follow_redirects, 0);
            let body = request.body.as_deref().unwrap_or(b"null");
            let body: Json = serde_json::from_slice(body).unwrap();
            let mut headers = request.headers.iter();
            let session = headers.find(|(name, _)| name == "mcp-session-id");
            (
                request.method.clone(),
                body["method"].as_str().unwrap_or_default().to_owned(),
                session.map(|(_, value)| value.clone()),
            )
        });
        told.collect()
    }
}

fn said(status: u16, session: Option<&str>, body: &str) -> Result<Response, FetchError> {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    headers.extend(session.map(|session| ("Mcp-Session-Id".to_owned(), session.to_owned())));
    Ok(Response {
        status,
        headers,
        body: body.as_bytes().to_vec(),
        url: "https://a.example/mcp".to_owned(),
    })
}

fn greeted(session: Option<&str>) -> Result<Response, FetchError> {
    said(
        200,
        session,
        r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}"#,
    )
}

fn noted() -> Result<Response, FetchError> {
    said(202, None, "")
}

fn added() -> Result<Response, FetchError> {
    said(
        200,
        None,
        r#"{"jsonrpc":"2.0","id":2,"result":{"content":[]}}"#,
    )
}

fn step(method: &str, calls: &str, session: Option<&str>) -> (String, String, Option<String>) {
    (
        method.to_owned(),
        calls.to_owned(),
        session.map(str::to_owned),
    )
}

#[test]
fn a_server_that_keeps_nothing_is_asked_once() {
    let server = Server::new(vec![added()]);
    server.call("2026-07-28", false).unwrap();
    assert_eq!(server.asked(), [step("POST", "tools/call", None)]);
    let asked = server.asked.borrow();
    let body: Json = serde_json::from_slice(asked[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body["params"]["name"], "math.add");
    assert_eq!(body["params"]["arguments"], json!({"a": 1}));
}

#[test]
fn a_session_is_begun_and_ended_for_the_call_alone() {
    let server = Server::new(vec![
        greeted(Some("s1")),
        noted(),
        added(),
        said(405, None, "no"),
    ]);
    server.call("2025-11-25", true).unwrap();
    let expected = [
        step("POST", "initialize", None),
        step("POST", "notifications/initialized", Some("s1")),
        step("POST", "tools/call", Some("s1")),
        step("DELETE", "", Some("s1")),
    ];
    assert_eq!(server.asked(), expected);
    // Without a session, or where ending one is not granted, nothing is ended.
    let server = Server::new(vec![greeted(None), noted(), added()]);
    server.call("2025-06-18", true).unwrap();
    let server = Server::new(vec![greeted(Some("s1")), noted(), added()]);
    server.call("2025-11-25", false).unwrap();
}

#[test]
fn a_lost_session_is_begun_once_more_and_not_again() {
    let lost = || {
        said(
            404,
            None,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#,
        )
    };
    let server = Server::new(vec![
        greeted(Some("s1")),
        noted(),
        lost(),
        greeted(Some("s2")),
        noted(),
        added(),
    ]);
    server.call("2025-11-25", false).unwrap();
    assert_eq!(server.asked()[5], step("POST", "tools/call", Some("s2")));
    let server = Server::new(vec![
        greeted(Some("s1")),
        lost(),
        greeted(Some("s2")),
        noted(),
        lost(),
    ]);
    let error = server.call("2025-11-25", false).unwrap_err();
    assert!(matches!(error, Error::Unavailable(why) if why.contains("session")));
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn a_call_that_may_have_been_made_is_not_made_again() {
    for failed in [
        said(500, None, "oops"),
        said(502, None, "<html>"),
        Err(FetchError::Unreachable("reset".to_owned())),
        Err(FetchError::Timeout("late".to_owned())),
        said(200, None, r#"{"jsonrpc":"2.0","id":7,"result":{}}"#),
    ] {
        let server = Server::new(vec![greeted(Some("s1")), noted(), failed.clone()]);
        let error = server.call("2025-11-25", false).unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        let server = Server::new(vec![failed]);
        assert!(server.call("2026-07-28", false).is_err());
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_greeting_that_cannot_be_kept_to_ends_the_call() {
    let version = |version: &str| {
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"protocolVersion":"{version}"}}}}"#);
        said(200, None, &body)
    };
    for greeting in [
        version("2024-11-05"),
        version("2026-07-28"),
        version("x\\r\\ny: z"),
        greeted(Some("s\r\nx: y")),
        greeted(Some(&"s".repeat(1_025))),
        said(200, None, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
    ] {
        let server = Server::new(vec![greeting]);
        let error = server.call("2025-11-25", true).unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert_eq!(server.asked().len(), 1);
    }
    let server = Server::new(vec![said(401, None, "")]);
    let error = server.call("2025-11-25", true).unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
}
