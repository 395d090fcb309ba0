//! A recording in place of the network, and a tap on it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::{Router, http::HeaderMap, routing::post};
use http::{HeaderValue, Request, StatusCode};
use metier_core::{audit::EgressOutcome, code::Code, limits::Limits};

use super::support::*;
use crate::egress::{Answered, Asked, EgressError, Exchanges, Tap, Upstream, whole};

/// Answers everything, and remembers what was asked.
#[derive(Default)]
struct Parrot(Mutex<Vec<Asked>>);

impl Exchanges for Parrot {
    fn answer(&self, asked: Asked) -> Option<Answered> {
        let known = asked.url.ends_with("/known");
        self.0.lock().unwrap().push(asked);
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("session=1"));
        known.then(|| Answered {
            status: StatusCode::CREATED,
            headers,
            body: "from the recording".into(),
        })
    }
}

/// Nobody listens there: a connection would fail.
fn nowhere() -> std::net::SocketAddr {
    "127.0.0.1:9".parse().unwrap()
}

fn played(limits: Limits) -> (Arc<Parrot>, Rig) {
    let parrot = Arc::new(Parrot::default());
    let mut setup = Setup::to(nowhere(), "https")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .resolver(Names::of("another.example", &[]))
        .upstream(Upstream::Recorded(parrot.clone()));
    setup.env.clear();
    setup.limits = limits;
    (parrot, setup.rig())
}

fn to(path: &str) -> Request<crate::egress::Body> {
    let url = format!("https://{HOST}:9{path}");
    let request = Request::post(url).header("authorization", "Bearer mine");
    request.body(whole("hello")).unwrap()
}

/// No name is resolved, no secret read, no connection made: each of them would fail here.
#[tokio::test]
async fn a_recording_answers_and_nothing_leaves() {
    let (parrot, rig) = played(Limits::default());
    let seen = rig.send(to("/known")).await.unwrap();
    assert_eq!(
        (seen.status, seen.text().as_str()),
        (StatusCode::CREATED, "from the recording")
    );
    assert!(
        !seen.headers.contains_key("set-cookie"),
        "a credential would have been attached"
    );
    let asked = parrot.0.lock().unwrap().remove(0);
    assert_eq!(
        (asked.method.as_str(), &asked.body[..]),
        ("POST", &b"hello"[..])
    );
    assert!(
        !asked.headers.contains_key("authorization"),
        "it is not the skill's to say"
    );
    let record = rig.audit.last();
    assert_eq!(record.outcome, EgressOutcome::Answered { status: 201 });
    assert_eq!((record.address, record.credential), (None, None));
    assert_eq!((record.request_bytes, record.response_bytes), (5, 18));
}

#[tokio::test]
async fn authority_and_limits_come_first() {
    let (parrot, rig) = played(Limits {
        requests: 2,
        response_bytes: 4,
        ..Limits::default()
    });
    let denied = rig.get("https://another.example/known").await.unwrap_err();
    assert_eq!(denied.code(), Code::HttpNotDeclared);
    assert!(parrot.0.lock().unwrap().is_empty());
    let large = rig.send(to("/known")).await.unwrap_err();
    assert_eq!(large.code(), Code::SkillResponseBytesExceeded);
    let third = rig.send(to("/known")).await.unwrap_err();
    assert_eq!(third.code(), Code::SkillRequestsExceeded);
    assert_eq!(parrot.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_recorded_is_a_service_that_cannot_be_reached() {
    let (_, rig) = played(Limits::default());
    let error = rig.send(to("/unknown")).await.unwrap_err();
    assert!(matches!(error, EgressError::Unreachable(_)), "{error}");
}

#[derive(Default)]
struct Ear {
    next: AtomicU64,
    heard: Mutex<Vec<(u64, Asked, Answered)>>,
}

impl Tap for Ear {
    fn begin(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn exchanged(&self, number: u64, asked: Asked, answered: Answered) {
        self.heard.lock().unwrap().push((number, asked, answered));
    }
}

/// Before the credential is attached and after its echoes are blotted out: a recording never held it.
#[tokio::test]
async fn a_tap_hears_both_bodies_and_never_the_credential() {
    let echo = post(|headers: HeaderMap, body: String| async move {
        let sent = headers["authorization"].clone();
        ([("x-debug", sent.clone())], format!("{body} {sent:?}"))
    });
    let server = serve(Router::new().route("/", echo)).await;
    let ear = Arc::new(Ear::default());
    let rig = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .upstream(Upstream::Tapped(ear.clone()))
        .rig();
    for _ in 0..2 {
        let request = Request::post(url(server, "/?q=1"))
            .body(whole("hello"))
            .unwrap();
        let seen = rig.send(request).await.unwrap();
        assert!(seen.text().starts_with("hello"), "{}", seen.text());
    }
    let heard = ear.heard.lock().unwrap();
    assert_eq!(heard.len(), 2);
    let (number, asked, answered) = &heard[1];
    assert_eq!((*number, &asked.body[..]), (1, &b"hello"[..]));
    assert!(asked.url.ends_with("/?q=1") && answered.body.starts_with(b"hello"));
    assert!(!format!("{heard:?}").contains("canary"), "{heard:?}");
}
