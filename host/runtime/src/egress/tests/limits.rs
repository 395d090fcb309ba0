//! Step 8: bytes and time, both ways.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    body::Body as AxumBody,
    routing::{any, get, post},
};
use bytes::Bytes;
use futures::stream;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use metier_core::{audit::EgressOutcome, code::Code, limits::Limits};

use super::support::*;
use crate::egress::{Body, EgressError, Waiting, whole};

/// A body that says its pieces and then, perhaps, nothing more for ever.
fn pieces(count: usize, size: usize, then_stall: bool) -> Body {
    let pieces = (0..count).map(move |_| Ok(Frame::data(Bytes::from(vec![b'x'; size]))));
    let stall = stream::iter(then_stall.then_some(()));
    use futures::StreamExt;
    let stall = stall.then(|()| std::future::pending());
    StreamBody::new(stream::iter(pieces).chain(stall)).boxed_unsync()
}

fn short(server: std::net::SocketAddr) -> Setup {
    let mut setup = Setup::to(server, "http");
    setup.config.first_byte_timeout = Duration::from_millis(150);
    setup.config.idle_timeout = Duration::from_millis(150);
    setup
}

#[tokio::test]
async fn requests_are_counted_refused_ones_too() {
    let server = serve(Router::new()).await;
    let mut setup = Setup::to(server, "http");
    setup.limits = Limits {
        requests: 2,
        ..Limits::default()
    };
    let rig = setup.rig();
    assert!(rig.get(&url(server, "/")).await.is_ok());
    assert_eq!(
        rig.get("http://other.example/").await.unwrap_err().code(),
        Code::HttpNotDeclared
    );
    let error = rig.get(&url(server, "/")).await.unwrap_err();
    assert_eq!(error.code(), Code::SkillRequestsExceeded);
    assert_eq!(
        rig.audit.last().outcome,
        EgressOutcome::Denied {
            code: Code::SkillRequestsExceeded
        }
    );
}

#[tokio::test]
async fn a_request_body_past_its_limit_is_cut_off() {
    let server = serve(Router::new().route(
        "/",
        post(|body: Bytes| async move { body.len().to_string() }),
    ))
    .await;
    let mut setup = Setup::to(server, "http");
    setup.limits = Limits {
        request_bytes: 1_000_000,
        ..Limits::default()
    };
    let rig = setup.rig();
    let post = |count| {
        Request::post(url(server, "/"))
            .body(pieces(count, 10_000, false))
            .unwrap()
    };
    let error = rig.send(post(1_000)).await.unwrap_err();
    assert_eq!(error.code(), Code::SkillRequestBytesExceeded, "{error:?}");
    assert_eq!(
        rig.call.meter.exceeded(),
        Some(Code::SkillRequestBytesExceeded)
    );
    assert!(rig.audit.last().request_bytes <= 1_000_000);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_while_it_streams() {
    let endless = || async {
        let piece = Bytes::from(vec![b'x'; 16 << 10]);
        AxumBody::from_stream(stream::repeat_with(move || {
            Ok::<_, Infallible>(piece.clone())
        }))
    };
    let server = serve(Router::new().route("/", get(endless))).await;
    let mut setup = Setup::to(server, "http");
    setup.limits = Limits {
        response_bytes: 1_000_000,
        ..Limits::default()
    };
    let rig = setup.rig();
    let error = rig.get(&url(server, "/")).await.unwrap_err();
    assert_eq!(error.code(), Code::SkillResponseBytesExceeded);
    assert_eq!(
        rig.audit.last().outcome,
        EgressOutcome::Failed {
            code: Code::SkillResponseBytesExceeded
        }
    );
}

#[tokio::test]
async fn a_silent_service_times_out() {
    let server = serve_raw(b"", false).await;
    let rig = short(server).rig();
    let error = rig.get(&url(server, "/")).await.unwrap_err();
    assert!(
        matches!(error, EgressError::Timeout(Waiting::FirstByte)),
        "{error:?}"
    );
    assert_eq!(error.code(), Code::UpstreamTimeout);
}

#[tokio::test]
async fn a_service_that_stops_in_the_middle_times_out() {
    let server = serve_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", false).await;
    let rig = short(server).rig();
    let error = rig.get(&url(server, "/")).await.unwrap_err();
    assert!(
        matches!(error, EgressError::Timeout(Waiting::NextByte)),
        "{error:?}"
    );
    assert_eq!(
        rig.audit.last().outcome,
        EgressOutcome::Failed {
            code: Code::UpstreamTimeout
        }
    );
    assert_eq!(rig.audit.last().response_bytes, 4);
}

#[tokio::test]
async fn a_skill_that_stops_in_the_middle_of_its_body_is_to_blame_itself() {
    let server = serve(Router::new().route(
        "/",
        post(|body: Bytes| async move { body.len().to_string() }),
    ))
    .await;
    let rig = short(server).rig();
    let request = Request::post(url(server, "/"))
        .body(pieces(3, 10, true))
        .unwrap();
    let error = rig.send(request).await.unwrap_err();
    assert!(
        matches!(error, EgressError::Timeout(Waiting::RequestBody)),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_calls_own_time_ends_head_and_body() {
    let silent = serve_raw(b"", false).await;
    let rig = Setup::to(silent, "http")
        .rig()
        .with_deadline(Duration::from_millis(100));
    assert!(matches!(
        rig.get(&url(silent, "/")).await.unwrap_err(),
        EgressError::Deadline
    ));
    let half = serve_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", false).await;
    let rig = Setup::to(half, "http")
        .rig()
        .with_deadline(Duration::from_millis(300));
    assert!(matches!(
        rig.get(&url(half, "/")).await.unwrap_err(),
        EgressError::Deadline
    ));
}

#[tokio::test]
async fn broken_answers_are_the_services_fault() {
    let cases: [(&'static [u8], Code); 5] = [
        (b"", Code::UpstreamUnreachable),
        (b"SSH-2.0-OpenSSH\r\n\r\n", Code::UpstreamInvalidAnswer),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
            Code::UpstreamInvalidAnswer,
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
            Code::UpstreamUnreachable,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            Code::UpstreamUnreachable,
        ),
    ];
    for (answer, code) in cases {
        let server = serve_raw(answer, true).await;
        let rig = Setup::to(server, "http").rig();
        let error = rig.get(&url(server, "/")).await.unwrap_err();
        assert_eq!(
            error.code(),
            code,
            "{}: {error:?}",
            String::from_utf8_lossy(answer)
        );
        assert_eq!(rig.audit.last().outcome, EgressOutcome::Failed { code });
    }
}

#[tokio::test]
async fn a_head_larger_than_a_head_may_be_is_refused() {
    let head = |lines: usize| {
        let line = format!("x-large: {}\r\n", "y".repeat(1_000));
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{}\r\n",
            line.repeat(lines)
        );
        Box::leak(answer.into_boxed_str()).as_bytes()
    };
    for (lines, fits) in [(60, true), (70, false), (127, false), (1_000, false)] {
        let server = serve_raw(head(lines), true).await;
        let rig = Setup::to(server, "http").rig();
        let outcome = rig
            .get(&url(server, "/"))
            .await
            .map(drop)
            .map_err(|error| error.code());
        let expected = if fits {
            Ok(())
        } else {
            Err(Code::UpstreamInvalidAnswer)
        };
        assert_eq!(outcome, expected, "{lines}");
    }
}

#[tokio::test]
async fn when_every_connection_is_taken_the_host_says_busy() {
    let server = serve_raw(b"", false).await;
    let mut setup = Setup::to(server, "http");
    setup.config.max_connections = 1;
    setup.config.connect_timeout = Duration::from_millis(100);
    let rig = setup.rig();
    let target = url(server, "/");
    let first = rig.get(&target);
    tokio::pin!(first);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), &mut first)
            .await
            .is_err()
    );
    assert_eq!(rig.get(&target).await.unwrap_err().code(), Code::Busy);
}

#[tokio::test]
async fn a_thousand_requests_wait_on_a_slow_service_at_once() {
    let gate = std::sync::Arc::new(tokio::sync::Barrier::new(1_000));
    let slow = get(move || {
        let gate = gate.clone();
        async move { gate.wait().await.is_leader().to_string() }
    });
    let server = serve(Router::new().route("/", slow)).await;
    let mut setup = Setup::to(server, "http");
    setup.limits = Limits {
        requests: 1_000,
        ..Limits::default()
    };
    let rig = setup.rig();
    let target = url(server, "/");
    let answers = futures::future::join_all((0..1_000).map(|_| rig.get(&target))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().is_ok_and(|seen| seen.status == 200))
    );
}

#[tokio::test]
async fn a_request_given_up_is_recorded_as_cancelled() {
    let server = serve_raw(b"", false).await;
    let rig = Setup::to(server, "http").rig();
    let target = url(server, "/");
    assert!(
        tokio::time::timeout(Duration::from_millis(50), rig.get(&target))
            .await
            .is_err()
    );
    assert_eq!(
        rig.audit.last().outcome,
        EgressOutcome::Failed {
            code: Code::Cancelled
        }
    );
}

#[tokio::test]
async fn an_answer_whose_body_nobody_reads_is_still_recorded() {
    let server = serve(Router::new().fallback(any(|| async { "text" }))).await;
    let rig = Setup::to(server, "http").rig();
    let request = Request::get(url(server, "/")).body(whole("")).unwrap();
    drop(rig.egress.send(&rig.call, request).await.unwrap());
    assert_eq!(
        rig.audit.last().outcome,
        EgressOutcome::Answered { status: 200 }
    );
}
