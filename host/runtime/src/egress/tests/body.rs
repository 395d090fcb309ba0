//! Bodies stream both ways; trailers do not.

use axum::{
    Router,
    body::Body as AxumBody,
    routing::{get, post},
};
use bytes::Bytes;
use futures::{SinkExt, channel::mpsc};
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use super::support::*;
use crate::egress::EgressError;

/// Each piece comes back before the next is sent: neither side waits for the whole.
#[tokio::test]
async fn bodies_stream_both_ways_at_once() {
    let echo = post(|body: AxumBody| async move { AxumBody::from_stream(body.into_data_stream()) });
    let server = serve(Router::new().route("/", echo)).await;
    let rig = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .rig();
    let (mut say, said) = mpsc::channel::<Result<Frame<Bytes>, EgressError>>(1);
    let request = Request::post(url(server, "/"))
        .body(StreamBody::new(said).boxed_unsync())
        .unwrap();
    say.send(Ok(Frame::data(Bytes::from_static(b"one"))))
        .await
        .unwrap();
    let mut answer = rig
        .egress
        .send(&rig.call, request)
        .await
        .unwrap()
        .into_body();
    for (next, expected) in [("two", "one"), ("three", "two"), ("four", "three")] {
        let frame = answer.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(frame, expected);
        say.send(Ok(Frame::data(Bytes::from_static(next.as_bytes()))))
            .await
            .unwrap();
    }
    drop(say);
    assert_eq!(answer.collect().await.unwrap().to_bytes(), "four");
    assert_eq!(rig.audit.last().request_bytes, 15);
    assert_eq!(rig.audit.last().response_bytes, 15);
}

#[tokio::test]
async fn trailers_are_dropped() {
    let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n4\r\ntext\r\n0\r\nx-t: canary\r\n\r\n";
    let server = serve_raw(answer, true).await;
    let rig = Setup::to(server, "http").rig();
    let request = Request::get(url(server, "/"))
        .body(crate::egress::whole(""))
        .unwrap();
    let response = rig.egress.send(&rig.call, request).await.unwrap();
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    let collected = response.into_body().collect().await.unwrap();
    assert!(collected.trailers().is_none());
    assert_eq!(collected.to_bytes(), "text");
}

#[tokio::test]
async fn head_and_empty_answers_end_at_once() {
    let server = serve(Router::new().route("/", get(|| async { "text" }))).await;
    let rig = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .rig();
    let request = Request::head(url(server, "/"))
        .body(crate::egress::whole(""))
        .unwrap();
    let seen = rig.send(request).await.unwrap();
    assert_eq!((seen.status.as_u16(), seen.body.len()), (200, 0));
    assert_eq!(seen.headers["content-length"], "4");
}
